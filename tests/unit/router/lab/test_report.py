import json
import struct
import sys
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

import anyio
import matplotlib as mpl
import numpy as np
import pytest

from quantumlayer.errors import LabError, MissingExtraError
from quantumlayer.router import (
    Candidate,
    CostBasedRouting,
    QualityBasedRouting,
    Ranked,
    RetryPolicy,
    RoutingRequest,
    RoutingStrategy,
)
from quantumlayer.router.lab import Bench, Outage, Outcomes, Point, Scenario, bench, cards

CALM = Scenario()
HOSTILE = "<script>alert('$\\frac{')</script>"

# As in test_bench: the small model is right on the short prompts, the large on all but the first.
TWO = Outcomes(
    ["a", "bb", "c" * 30, "d" * 40],
    ["small", "large"],
    np.array([[1, 0], [1, 1], [0, 1], [0, 1]]),
    np.array([[1, 10]] * 4),
    np.array([[1, 5]] * 4),
)
THREE = Outcomes(
    ["a", "bb"],
    ["small", "middle", "large"],
    np.array([[0, 0.5, 1], [0.2, 0.7, 1]]),
    np.array([[1, 2, 10]] * 2),
)


class ByLength:
    """The longer the prompt, the more for the large model: a threshold that can be varied."""

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        lacking = 20.0 - len(request.model_request.messages[0].text)
        scores = {"large": lacking, "small": 0.0}
        return [
            Ranked(name, scores[name]) for name in sorted(scores, key=lambda name: scores[name])
        ]


class Vetoes(ByLength):
    """Never the large model."""

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        return [Ranked("small", 0.0)]


class Page(HTMLParser):
    """What a browser would load and run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        self.words += data


def benched(
    strategies: Mapping[str, RoutingStrategy | Mapping[str, RoutingStrategy]],
    outcomes: Outcomes = TWO,
    scenario: Scenario = CALM,
) -> Bench:
    return anyio.run(lambda: bench(strategies, outcomes, train=outcomes, scenario=scenario))


@pytest.fixture(scope="module")
def figures() -> Bench:
    return benched(
        {
            "by length": ByLength(),
            HOSTILE: Vetoes(),
            "_hidden": {"_1": ByLength(), "_2": ByLength()},
        }
    )


def test_two_models_have_a_gap_that_a_strategy_recovers(figures: Bench) -> None:
    # By hand: the large model is right in 3 of 4, the small one in 2; by length all 4 are right.
    # Longest first, 2, 3, 4, 4, 3 of 4 are right at 0, 1, 2, 3, 4 strong calls.
    gap = figures["by length"].gap
    assert gap is not None
    assert gap.recovered == pytest.approx((1 - 0.5) / (0.75 - 0.5))
    assert gap.strong_share == 0.5
    area = (0.5 + 0.75) / 8 + (0.75 + 1) / 8 + (1 + 1) / 8 + (1 + 0.75) / 8
    assert gap.apgr == pytest.approx((area - 0.5) / 0.25)
    assert gap.cpt50 == pytest.approx(0.125)
    assert gap.cpt80 == pytest.approx(0.2)
    assert gap.apgr_low is not None
    assert gap.apgr_high is not None
    assert gap.apgr_low <= gap.apgr_high


def test_a_strategy_without_a_threshold_has_no_curve(figures: Bench) -> None:
    for name in (HOSTILE, "cheapest", "best single"):
        gap = figures[name].gap
        assert gap is not None
        assert gap.apgr is gap.apgr_low is gap.cpt50 is None
    assert figures["cheapest"].gap.recovered == 0  # type: ignore[union-attr]  # seen above
    assert figures["best single"].gap.recovered == 1  # type: ignore[union-attr]  # seen above


def test_the_oracle_recovers_more_than_the_gap_and_prompt_length_what_it_can(
    figures: Bench,
) -> None:
    oracle, length = figures["oracle"].gap, figures["prompt length"].gap
    assert oracle is not None
    assert oracle.apgr is not None
    assert oracle.apgr > 1
    assert length is not None
    assert length.apgr == figures["by length"].gap.apgr  # type: ignore[union-attr]  # seen above


def test_equal_or_more_than_two_models_have_no_gap() -> None:
    equal = Outcomes(["a"], ["one", "two"], np.ones((1, 2)), np.ones((1, 2)))
    for outcomes in (equal, THREE):
        figures = benched({}, outcomes)
        assert {row.gap for row in figures.rows} == {None}
        assert "APGR" not in figures.table()


def test_a_strategy_is_compared_with_mixing_models_for_the_same_money(figures: Bench) -> None:
    assert figures.models == {"small": Point(1, 0.5), "large": Point(10, 0.75)}
    assert figures.mix.hull == (Point(1, 0.5), Point(10, 0.75))
    # By hand: half of the requests at the large model cost 5.5, and mixing gives 0.625 for that.
    assert figures["by length"].above_mix == pytest.approx(1 - 0.625)
    assert figures["cheapest"].above_mix == pytest.approx(0)
    # Area under the mix: 0.625 over a width of 9, over the largest cost of 10.
    assert figures.mix.aiq == pytest.approx(0.625 * 9 / 10)


def test_what_is_cheaper_than_every_model_has_no_mix_to_compare_with() -> None:
    outages = [Outage(model, start_s=0, end_s=2) for model in THREE.models]
    scenario = Scenario(outages=outages, arrivals_s=[0, 9], retry=RetryPolicy(rounds=1))
    figures = benched({"cost": CostBasedRouting()}, THREE, scenario)
    assert (figures["cost"].failed, figures["cost"].cost_usd) == (0.5, 0.5)
    assert figures["cost"].above_mix is None


def test_one_strategy_at_several_settings_has_a_hull() -> None:
    by_share = {f"{share}": QualityBasedRouting(share=share) for share in (0.4, 1.0)}
    scenario = Scenario(cards=cards(TWO))
    figures = benched({"quality": by_share}, TWO, scenario)
    assert [row.strategy for row in figures.rows[:2]] == ["quality 0.4", "quality 1.0"]
    sweep = figures.sweeps["quality"]
    assert sweep.rows == ("quality 0.4", "quality 1.0")
    assert sweep.hull == (Point(1, 0.5), Point(10, 0.75))
    assert sweep.aiq == figures.mix.aiq
    assert "AIQ" in figures.table()
    with pytest.raises(LabError, match="no setting"):
        benched({"quality": {}})
    with pytest.raises(LabError, match="'a b'"):
        benched({"a b": ByLength(), "a": {"b": ByLength()}})


def test_models_that_cost_nothing_can_be_compared_too() -> None:
    free = Outcomes(["a", "b"], ["one", "two"], np.array([[1, 0], [1, 1]]), np.zeros((2, 2)))
    figures = benched({"cost": CostBasedRouting()}, free)
    assert figures.mix.aiq == 1
    assert set(figures.plots()) == {"cost-quality", "latency", "budget"}


def test_what_was_spent_grows_with_time() -> None:
    scenario = Scenario(cards=cards(TWO), budget_usd=1_000, arrivals_s=[0, 10, 20, 30])
    figures = benched({"by length": ByLength()}, TWO, scenario)
    row = figures["by length"]
    assert [one.requests for one in row.spent] == [1, 2, 3, 4]
    assert [one.at_s for one in row.spent] == [1, 11, 25, 35]
    spent = [one.usd for one in row.spent]
    assert spent == sorted(spent)
    assert row.waited_s[50] == row.latency_s[0]
    assert len(row.waited_s) == 101


def test_json_has_everything_that_the_table_shows(figures: Bench) -> None:
    data = json.loads(figures.to_json())
    assert data["rows"][0]["gap"]["cpt50"] == pytest.approx(0.125)
    assert data["mix"]["aiq"] == pytest.approx(0.5625)
    assert data["models"]["large"] == {"cost": 10, "quality": 0.75}


def test_the_report_is_one_page_that_loads_and_runs_nothing(figures: Bench) -> None:
    text = figures.to_html()
    page = Page()
    page.feed(text)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert len(page.loaded) == 3
    assert all(value.startswith("data:image/png;base64,") for value in page.loaded)
    assert "default-src 'none'" in text
    assert page.words.count(HOSTILE) == 3  # once in each table
    for name in ("random", "cheapest", "best single", "prompt length", "oracle"):
        assert name in page.words


def test_plots_are_images_and_the_same_each_time(figures: Bench) -> None:
    plots = figures.plots()
    assert list(plots) == ["cost-quality", "latency", "budget"]
    for image in plots.values():
        assert image.startswith(b"\x89PNG")
        assert struct.unpack(">II", image[16:24]) == (1350, 810)
    assert figures.plots() == plots


def test_drawing_leaves_no_trace_in_matplotlib(figures: Bench) -> None:
    before = mpl.rcParams.copy()
    assert figures.plots()
    assert mpl.rcParams.copy() == before
    assert "matplotlib.pyplot" not in sys.modules


def test_without_the_extra_the_cure_is_named(
    figures: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("matplotlib.figure", "jinja2"):
        monkeypatch.setitem(sys.modules, module, None)
    for write in (figures.to_html, figures.plots):
        with pytest.raises(MissingExtraError, match=r"quantumlayer\[lab\]"):
            write()
    assert figures.table()
