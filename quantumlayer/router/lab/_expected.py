"""What reward to expect of each deployment for a request, from the other requests of a log."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quantumlayer.router.lab._log import Logged
from quantumlayer.router.lab._metrics import Floats
from quantumlayer.router.strategies._shape import shape

__all__ = ["expected_rewards"]

_FOLDS = 5

# How strongly the weights of scaled measures are drawn to zero: as if ten requests had said so.
_RIDGE = 10.0


def expected_rewards(
    requests: Sequence[Logged],
    chosen: NDArray[np.int64],
    rewards: Floats,
    deployments: int,
    seed: int,
) -> Floats:
    """Fit the rewards of each deployment by ridge regression, never on the fold that is predicted.

    The measures are the prompt's shape where all prompts are known, otherwise its length. So the
    model's faults do not depend on the rewards that mend them, as the doubly robust estimate needs.

    Args:
        requests: The log.
        chosen: The column of the deployment that was put first, for each request.
        rewards: What came of it.
        deployments: How many there are.
        seed: Of the folds.

    Returns:
        From 0 to 1: (requests, deployments).

    Source: cross-fitting, Chernozhukov and others, "Double/Debiased Machine Learning" (2018).
    """
    measures = _measures(requests)
    fold = np.random.default_rng(seed).permutation(len(requests)) % _FOLDS
    expected = np.zeros((len(requests), deployments))
    for part in range(_FOLDS):
        away, here = fold != part, fold == part
        mean = float(rewards[away].mean()) if away.any() else 0.5
        for column in range(deployments):
            rows = away & (chosen == column)
            expected[here, column] = _fitted(measures[rows], rewards[rows], measures[here], mean)
    return expected.clip(0, 1)


def _measures(requests: Sequence[Logged]) -> Floats:
    prompts = [each.prompt for each in requests]
    known = [prompt for prompt in prompts if prompt is not None]
    if len(known) == len(prompts):
        raw = np.array([shape(prompt) for prompt in known])
    else:
        raw = np.log1p([[each.prompt_tokens] for each in requests])
    spread = raw.std(axis=0)
    centred = raw - raw.mean(axis=0)
    scaled: Floats = np.divide(centred, spread, out=np.zeros_like(raw), where=spread > 0)
    return scaled


def _fitted(known: Floats, rewards: Floats, asked: Floats, mean: float) -> Floats:
    """Ridge regression around the mean; the mean of all where nothing is known."""
    if not rewards.size:
        return np.full(len(asked), mean)
    center, level = known.mean(axis=0), float(rewards.mean())
    moved = known - center
    gram = moved.T @ moved + _RIDGE * np.eye(known.shape[1])
    weights = np.linalg.solve(gram, moved.T @ (rewards - level))
    predicted: Floats = level + (asked - center) @ weights
    return predicted
