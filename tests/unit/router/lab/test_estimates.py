import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import LabError
from quantumlayer.router.lab import (
    doubly_robust,
    effective_size,
    inverse_propensity,
    self_normalised,
)

# Four requests, two deployments drawn with 0.8 and 0.2. The policy in question always takes the
# second: it agrees with the third and fourth request, each of which counts 1 / 0.2 = 5 times.
WEIGHTS = [0.0, 0.0, 5.0, 5.0]
REWARDS = [1.0, 0.0, 1.0, 0.0]
Z = 1.959963984540054


def test_inverse_propensity_by_hand() -> None:
    # Values 0, 0, 5, 0: mean 1.25; squares about it 3 * 1.5625 + 14.0625 = 18.75, over 3 is 6.25.
    made = inverse_propensity(WEIGHTS, REWARDS)
    assert made.value == pytest.approx(1.25)
    assert made.high - made.value == pytest.approx(Z * math.sqrt(6.25 / 4))
    assert made.value - made.low == pytest.approx(Z * math.sqrt(6.25 / 4))


def test_self_normalised_by_hand() -> None:
    # (5 * 1 + 5 * 0) / 10, and the error sqrt(25 * 0.25 + 25 * 0.25) / 10.
    made = self_normalised(WEIGHTS, REWARDS)
    assert made is not None
    assert made.value == pytest.approx(0.5)
    assert made.high - made.value == pytest.approx(Z * math.sqrt(12.5) / 10)


def test_doubly_robust_by_hand() -> None:
    # 0.6 + w * (r - 0.4): 0.6, 0.6, 3.6, -1.4: mean 0.85.
    made = doubly_robust(WEIGHTS, REWARDS, [0.4] * 4, [0.6] * 4)
    assert made.value == pytest.approx(0.85)
    spread = (2 * 0.25**2 + 2.75**2 + 2.25**2) / 3
    assert made.high - made.value == pytest.approx(Z * math.sqrt(spread / 4))


def test_a_perfect_model_leaves_nothing_to_mend() -> None:
    made = doubly_robust(WEIGHTS, REWARDS, REWARDS, [1, 0, 1, 0])
    assert made.value == 0.5


def test_the_interval_is_as_wide_as_the_confidence_asks() -> None:
    narrow = inverse_propensity(WEIGHTS, REWARDS, confidence=0.5)
    wide = inverse_propensity(WEIGHTS, REWARDS, confidence=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_equal_weights_count_all_requests_and_one_alone_counts_one() -> None:
    assert effective_size([2, 2, 2]) == pytest.approx(3)
    assert effective_size(WEIGHTS) == pytest.approx(2)
    assert effective_size([0, 0, 7]) == pytest.approx(1)
    assert effective_size([0, 0]) == 0


def test_only_proportions_of_weights_count_however_small_they_are() -> None:
    made = self_normalised([0, 5e-324], [0, 0.75])
    assert made is not None
    assert made.value == 0.75
    assert effective_size([5e-324, 5e-324]) == 2


def test_a_policy_that_agrees_with_nothing_has_no_mean_by_weight() -> None:
    assert self_normalised([0, 0], [1, 1]) is None
    assert inverse_propensity([0, 0], [1, 1]).value == 0


@given(st.lists(st.tuples(st.floats(0, 1e3), st.floats(0, 1)), min_size=2, max_size=30))
def test_a_mean_by_weight_lies_among_the_rewards(pairs: list[tuple[float, float]]) -> None:
    weights, rewards = zip(*pairs, strict=True)
    made = self_normalised(weights, rewards)
    if made is not None:
        assert min(rewards) - 1e-9 <= made.value <= max(rewards) + 1e-9
        assert effective_size(weights) <= len(pairs) + 1e-6


@pytest.mark.parametrize(
    ("weights", "rewards"),
    [
        ([1.0], [1.0]),
        ([1.0, 1.0], [1.0]),
        ([1.0, -1.0], [1.0, 1.0]),
        ([1.0, math.nan], [1.0, 1.0]),
        ([1.0, 1.0], [1.0, math.inf]),
        ([[1.0, 1.0]], [[1.0, 1.0]]),
    ],
)
def test_what_is_no_weight_or_reward_is_refused(weights: list[float], rewards: list[float]) -> None:
    for estimate in (inverse_propensity, self_normalised):
        with pytest.raises(LabError):
            estimate(weights, rewards)
    with pytest.raises(LabError):
        doubly_robust(weights, rewards, rewards, rewards)


def test_a_confidence_that_is_none_is_refused() -> None:
    with pytest.raises(LabError, match="confidence"):
        inverse_propensity(WEIGHTS, REWARDS, confidence=1)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # A thousand logs of 400 requests, two deployments, the dear one drawn with 0.2; the policy in
    # question takes it for the upper half of x. Its true mean is that of 0.4 + 0.2 x below one half
    # and of 0.5 + 0.4 x above: (0.45 + 0.8) / 2. A wrong model of the rewards must not matter.
    generator = np.random.default_rng(5)
    held = dict.fromkeys(("ips", "snips", "dr"), 0)
    width = dict.fromkeys(held, 0.0)
    truth = (0.45 + 0.8) / 2
    for _ in range(1_000):
        x = generator.random(400)
        drawn = generator.random(400) < 0.2
        wanted = x > 0.5
        hope = np.where(drawn, 0.5 + 0.4 * x, 0.4 + 0.2 * x)
        rewards = generator.random(400) < hope
        weights = (drawn == wanted) / np.where(drawn, 0.2, 0.8)
        model = np.where(drawn, 0.7, 0.6), np.where(wanted, 0.7, 0.6)
        ratio = self_normalised(weights, rewards)
        assert ratio is not None
        made = {
            "ips": inverse_propensity(weights, rewards),
            "snips": ratio,
            "dr": doubly_robust(weights, rewards, *model),
        }
        for name, one in made.items():
            held[name] += one.low <= truth <= one.high
            width[name] += (one.high - one.low) / 1_000
    # Three standard errors of a share of 0.95 in a thousand are 0.021.
    for name, count in held.items():
        assert 0.95 - 0.021 <= count / 1_000 <= 0.95 + 0.021, (name, held)
    assert width["dr"] < width["ips"]
    assert width["snips"] < width["ips"]
