"""Decision trees that tell prompts apart by their signs, grown in numpy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantumlayer.router.strategies._learned import DEPTH

__all__ = ["Forest", "grow"]

Floats = NDArray[np.float64]
Small = NDArray[np.float32]
Numbers = NDArray[np.int64]

# These settings were chosen by three folds of the training part of MMLU's first fold (seed 0):
# half and twice of each were no better by more than the noise.
_TREES = 64
_FEWEST = 32
"""How many prompts there are at least on either side of a question; fewer where there are few."""
_SHARE = 0.3
"""The share of signs of which each question is the best one."""

# As many prompts of mean quality are added to each end of a tree.
_PRIOR_PROMPTS = 1.0

_NO_CUT = np.finfo(np.float32).max


class _Groups(NamedTuple):
    """Numbers of prompts, group after group, and how many there are in each."""

    rows: Numbers
    sizes: Numbers


class Forest(NamedTuple):
    """Trees, in the form that `Learned` describes."""

    sign: NDArray[np.uint16]
    cut: Small
    quality: Small


def grow(signs: Small, quality: Floats) -> Forest:
    """Grow trees that ask what tells apart prompts at which other models are better.

    Each question is the best of some signs drawn at random, each parted at the value of a prompt
    drawn at random: the one by which the differences between the models vary least on both sides.

    Args:
        signs: (prompts, signs).
        quality: What the models' answers are worth: (prompts, models).

    Source: extremely randomised trees, Geurts, Ernst and Wehenkel (2006).
    """
    random = np.random.default_rng(0)
    wanted = quality - quality.mean(axis=0)
    if wanted.shape[1] > 1:
        wanted = wanted - wanted.mean(axis=1, keepdims=True)
    fewest = min(_FEWEST, 4 + len(signs) // (2 * _FEWEST))
    trees = [_tree(signs, wanted, fewest, random) for _ in range(_TREES)]
    ends = [_worth(end, quality) for _, _, end in trees]
    return Forest(
        np.array([sign for sign, _, _ in trees], dtype=np.uint16),
        np.array([cut for _, cut, _ in trees], dtype=np.float32),
        np.array(ends, dtype=np.float32),
    )


def _worth(end: Numbers, quality: Floats) -> Floats:
    sums = np.array([np.bincount(end, column, 2**DEPTH) for column in quality.T]).T
    sizes = np.bincount(end, minlength=2**DEPTH)[:, None]
    return np.asarray(
        (sums + _PRIOR_PROMPTS * quality.mean(axis=0)) / (sizes + _PRIOR_PROMPTS), dtype=float
    )


def _tree(
    signs: Small, wanted: Floats, fewest: int, random: np.random.Generator
) -> tuple[Numbers, Small, Numbers]:
    """The signs asked for, their cuts, and the end at which each prompt comes out."""
    sign = np.zeros(2**DEPTH - 1, dtype=np.int64)
    cut = np.full(2**DEPTH - 1, _NO_CUT, dtype=np.float32)
    at = np.zeros(len(signs), dtype=np.int64)
    for level in range(DEPTH):
        first = 2**level - 1
        sizes = np.bincount(at - first, minlength=2**level)
        large = sizes >= 2 * fewest
        if large.any():
            rows = np.argsort(at, kind="stable")[np.repeat(large, sizes)]
            asked = first + np.flatnonzero(large)
            groups = _Groups(rows, sizes[large])
            sign[asked], cut[asked] = _best(signs, wanted, groups, fewest, random)
        at = 2 * at + 1 + (signs[np.arange(at.size), sign[at]] > cut[at])
    return sign, cut, at - sign.size


def _best(
    signs: Small, wanted: Floats, groups: _Groups, fewest: int, random: np.random.Generator
) -> tuple[Numbers, Small]:
    """The best question for each group of prompts, and its cut."""
    rows, sizes = groups
    starts, group = np.cumsum(sizes) - sizes, np.arange(sizes.size)
    count = max(1, round(_SHARE * signs.shape[1]))
    drawn = np.argsort(random.random((sizes.size, signs.shape[1])), axis=1)[:, :count]
    member = starts[:, None] + (random.random(drawn.shape) * sizes[:, None]).astype(np.int64)
    cuts = signs[rows[member], drawn]
    of = np.repeat(group, sizes)
    above = signs[rows[:, None], drawn[of]] > cuts[of]
    high = np.add.reduceat(above, starts, dtype=np.float64)
    low = sizes[:, None] - high
    gain = np.zeros(drawn.shape)
    for column in wanted[rows].T:
        total = np.add.reduceat(column, starts)[:, None]
        part = np.add.reduceat(above * column[:, None], starts)
        gain += part**2 / np.maximum(high, 1) + (total - part) ** 2 / np.maximum(low, 1)
    allowed = np.minimum(high, low) >= fewest
    best = np.where(allowed, gain, -1).argmax(axis=1)
    chosen = np.where(allowed[group, best], cuts[group, best], _NO_CUT)
    return drawn[group, best], chosen
