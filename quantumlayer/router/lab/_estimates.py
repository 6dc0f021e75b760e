"""What another policy would have been worth, from what was drawn: estimators on plain arrays.

Throughout, a weight is how likely the policy in question is to do what was done, over how likely
the policy that did it was: pi(a|x) / p(a|x). Intervals are normal approximations.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from quantumlayer.errors import LabError
from quantumlayer.router.lab._metrics import Floats

__all__ = [
    "Estimate",
    "doubly_robust",
    "effective_size",
    "inverse_propensity",
    "self_normalised",
]

_LEAST = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and how sure it is.

    Attributes:
        value: The estimate.
        low: Lower end of its interval.
        high: Its upper end.
    """

    value: float
    low: float
    high: float


def inverse_propensity(
    weights: ArrayLike, rewards: ArrayLike, *, confidence: float = 0.95
) -> Estimate:
    """The mean of weight times reward. Unbiased where propensities are right; varies much.

    Args:
        weights: One for each request, zero or more.
        rewards: What came of it.
        confidence: Of the interval, from 0 to 1.

    Raises:
        LabError: There are fewer than two requests, other numbers of weights and rewards, or one is
            no finite number.

    Source: Horvitz and Thompson, "A Generalization of Sampling Without Replacement from a Finite
    Universe" (1952).
    """
    weight, reward = _checked(weights, rewards)
    return _mean(weight * reward, confidence)


def self_normalised(
    weights: ArrayLike, rewards: ArrayLike, *, confidence: float = 0.95
) -> Estimate | None:
    """The mean of the rewards by weight. A little biased, varies less, stays among the rewards.

    The interval is that of the ratio's linear approximation. None: there is no weight at all.

    Args:
        weights: As for `inverse_propensity`.
        rewards: Likewise.
        confidence: Likewise.

    Raises:
        LabError: As `inverse_propensity`.

    Source: Swaminathan and Joachims, "The Self-Normalized Estimator for Counterfactual Learning"
    (2015); the variance as in Owen, "Monte Carlo theory, methods and examples" (2013), 9.2.
    """
    weight, reward = _checked(weights, rewards)
    if not weight.any():
        return None
    weight = weight / weight.max()  # only proportions count, and products of tiny ones are zero
    total = weight.sum()
    value = float(weight @ reward / total)
    error = float(np.sqrt((weight**2 * (reward - value) ** 2).sum()) / total)
    return _around(value, error, confidence)


def doubly_robust(
    weights: ArrayLike,
    rewards: ArrayLike,
    expected: ArrayLike,
    wanted: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """What a model expects of the policy, mended by what it got wrong where the policy agrees.

    Right where either the propensities or the model are; the better the model, the narrower.

    Args:
        weights: As for `inverse_propensity`.
        rewards: Likewise.
        expected: What a model expects of what was done. It must not have seen this request.
        wanted: What it expects of what the policy would do.
        confidence: As for `inverse_propensity`.

    Raises:
        LabError: As `inverse_propensity`.

    Source: Dudik, Langford and Li, "Doubly Robust Policy Evaluation and Learning" (2011).
    """
    weight, reward = _checked(weights, rewards)
    _, guess = _checked(weights, expected)
    _, direct = _checked(weights, wanted)
    return _mean(direct + weight * (reward - guess), confidence)


def effective_size(weights: ArrayLike) -> float:
    """As how many requests, all of one weight, these are worth: (sum w)^2 / sum w^2.

    Source: Kish, "Survey Sampling" (1965).
    """
    weight, _ = _checked(weights, weights)
    if not weight.any():
        return 0.0
    weight = weight / weight.max()
    return float(weight.sum() ** 2 / (weight @ weight))


def _mean(values: Floats, confidence: float) -> Estimate:
    error = float(values.std(ddof=1) / np.sqrt(values.size))
    return _around(float(values.mean()), error, confidence)


def _around(value: float, error: float, confidence: float) -> Estimate:
    if not 0 < confidence < 1:
        raise LabError(f"confidence={confidence!r} has to lie between 0 and 1.")
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * error
    return Estimate(value, value - reach, value + reach)


def _checked(weights: ArrayLike, values: ArrayLike) -> tuple[Floats, Floats]:
    one, two = (np.asarray(each, dtype=np.float64) for each in (weights, values))
    if one.shape != two.shape or one.ndim != 1 or one.size < _LEAST:
        raise LabError(
            f"Weights of the shape {one.shape} and values of {two.shape}: give one number of each "
            "for every request, and two requests or more."
        )
    if not (np.isfinite(one) & np.isfinite(two) & (one >= 0)).all():
        raise LabError("A weight is negative, or a weight or value is no finite number.")
    return one, two
