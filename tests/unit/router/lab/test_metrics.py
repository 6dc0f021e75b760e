import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import LabError
from quantumlayer.router.lab._metrics import (
    Curve,
    Point,
    aiq,
    hull,
    interval,
    pgr,
    threshold_curve,
)

# Ten requests: the weak model is right in 4, the strong one in 8, also wherever the weak one is.
WEAK = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
STRONG = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]
BEST_FIRST = [1, 2, 3, 4, 10, 9, 8, 7, 5, 6]
"""The four requests that only the strong model answers come first, then two that nobody does."""


def test_the_share_of_the_gap_between_two_models() -> None:
    assert pgr(0.6, 0.4, 0.8) == pytest.approx(0.5)
    assert pgr(0.4, 0.4, 0.8) == 0
    assert pgr(0.8, 0.4, 0.8) == pytest.approx(1)


def test_two_equal_models_have_no_gap() -> None:
    with pytest.raises(LabError, match="no gap"):
        pgr(0.5, 0.5, 0.5)
    with pytest.raises(LabError, match="no gap"):
        threshold_curve(BEST_FIRST, WEAK, WEAK).apgr()


def test_a_curve_has_a_point_for_each_tenth_of_the_requests() -> None:
    curve = threshold_curve(BEST_FIRST, WEAK, STRONG)
    assert curve.strong_share == pytest.approx(np.arange(11) / 10)
    assert curve.quality == pytest.approx([0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8])
    assert (curve.weak, curve.strong) == pytest.approx((0.4, 0.8))


def test_the_average_gap_recovered_is_the_area_over_the_weak_model() -> None:
    # By hand: four trapezoids to 0.8 over the first 0.4, a rectangle over the other 0.6.
    area = (0.45 + 0.55 + 0.65 + 0.75) * 0.1 + 0.8 * 0.6
    assert threshold_curve(BEST_FIRST, WEAK, STRONG).apgr() == pytest.approx((area - 0.4) / 0.4)


def test_the_strong_calls_that_recover_a_share_of_the_gap() -> None:
    curve = threshold_curve(BEST_FIRST, WEAK, STRONG)
    assert curve.cpt(0.5) == pytest.approx(0.2)
    assert curve.cpt(0.8) == pytest.approx(0.32)
    assert curve.cpt(0) == 0


def test_a_curve_that_falls_again_counts_from_where_it_first_got_there() -> None:
    curve = Curve(np.array([0.0, 0.5, 1.0]), np.array([0.0, 2.0, 1.0]), weak=0.0, strong=1.0)
    assert curve.cpt(1) == pytest.approx(0.25)


def test_a_routing_that_never_gets_there_needs_every_strong_call() -> None:
    curve = Curve(np.array([0.0, 1.0]), np.array([0.0, 0.5]), weak=0.0, strong=1.0)
    assert curve.cpt(0.8) == 1


@given(st.permutations(range(40)))
def test_the_ends_of_a_curve_are_the_two_models(scores: list[int]) -> None:
    generator = np.random.default_rng(1)
    weak, strong = generator.random(40), generator.random(40)
    curve = threshold_curve(scores, weak, strong)
    assert curve.quality[0] == pytest.approx(weak.mean())
    assert curve.quality[-1] == pytest.approx(strong.mean())


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_scores_with_many_ties_give_a_curve_as_well(scores: list[int]) -> None:
    weak = [0.0] * len(scores)
    curve = threshold_curve(scores, weak, [1.0] * len(scores))
    assert 0 <= curve.apgr() <= 1
    assert (np.diff(curve.strong_share) >= 0).all()


@pytest.mark.parametrize(
    "bad", [[], [1.0, 2.0], [float("nan")] * 10, [[1.0] * 10], [float("inf")] * 10]
)
def test_what_is_not_one_finite_number_a_request_is_refused(bad: list[float]) -> None:
    with pytest.raises(LabError):
        threshold_curve(bad, WEAK, STRONG)


def test_the_hull_leaves_out_what_mixing_others_reaches_too() -> None:
    points = [Point(3, 0.8), Point(1, 0.2), Point(2, 0.3), Point(2, 0.6), Point(4, 0.7)]
    assert hull(points) == [Point(1, 0.2), Point(2, 0.6), Point(3, 0.8)]
    assert hull([Point(1, 0.2), Point(2, 0.4), Point(3, 0.8)]) == [Point(1, 0.2), Point(3, 0.8)]


def test_the_area_under_the_hull_goes_on_flat_to_the_largest_cost() -> None:
    # By hand: (0.2 + 0.6) / 2 * 1 + (0.6 + 0.8) / 2 * 1 + 0.8 * 2 = 2.7, over 5.
    assert aiq([Point(1, 0.2), Point(2, 0.6), Point(3, 0.8)], 5) == pytest.approx(2.7 / 5)


@pytest.mark.parametrize("largest", [0, -1, 2.9])
def test_a_largest_cost_that_ends_before_the_hull_is_refused(largest: float) -> None:
    with pytest.raises(LabError, match="largest cost"):
        aiq([Point(1, 0.2), Point(3, 0.8)], largest)
    with pytest.raises(LabError, match="No points"):
        aiq([], 1)


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1)), min_size=1, max_size=20),
    st.tuples(st.floats(0, 10), st.floats(0, 1)),
)
def test_no_point_lies_above_the_hull_and_more_points_never_lower_it(
    pairs: list[tuple[float, float]], more: tuple[float, float]
) -> None:
    points = [Point(*pair) for pair in pairs]
    line = hull(points)
    for point in points:
        if point.cost >= line[0].cost:
            at = np.interp(point.cost, [one.cost for one in line], [one.quality for one in line])
            assert point.quality <= at + 1e-9
    if Point(*more).cost >= line[0].cost:
        assert aiq([*points, Point(*more)], 11) >= aiq(points, 11) - 1e-9


def test_an_interval_is_the_same_for_the_same_seed_and_holds_the_mean() -> None:
    low, high = interval(WEAK, seed=7)
    assert (low, high) == interval(WEAK, seed=7)
    assert low < 0.4 < high
