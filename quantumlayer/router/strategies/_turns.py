"""Everybody in turn, in equal shares or by weight."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from types import MappingProxyType

from quantumlayer.errors import RouterConfigError
from quantumlayer.router._strategy import Candidate, Outcome, Ranked, RoutingRequest
from quantumlayer.router.strategies._hybrid import is_weight

__all__ = ["RoundRobin", "WeightedRoundRobin"]

# 2^64 over the golden ratio. Its multiples modulo 2^64 fall evenly however many are taken.
# Source: Knuth, "The Art of Computer Programming", vol. 3, 6.4 (three-distance theorem).
_GOLDEN = 0x9E3779B97F4A7C15
_SPAN = 2**64


@dataclass(slots=True)
class RoundRobin:
    """Let each deployment go first in its turn; the others follow in the order of their turns.

    Turns are counted in attempts, those under way included, so that concurrent callers do not all
    begin with the same deployment, and a fallback takes the turn of the deployment it fell to. A
    deployment that comes back after an outage gets its share and no more. The order is that of the
    names; the score is how many turns a deployment is away from its own.
    """

    _ended: int = field(default=0, init=False, repr=False, compare=False)

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Go through the names from the one whose turn it is."""
        del request
        names = sorted(candidate.deployment for candidate in candidates)
        if names:
            turn = _turn(self._ended, candidates) % len(names)
            names = names[turn:] + names[:turn]
        return Ranked.by_score(enumerate(names))

    def observe(self, outcome: Outcome) -> None:
        """Count an attempt."""
        del outcome
        self._ended += 1


@dataclass(slots=True)
class WeightedRoundRobin:
    """Let each deployment go first as often as its weight says, spread evenly over the turns.

    Weights of 3 and 1 give three quarters and one, to within a few turns at any time, without long
    runs of one deployment. The others follow in a random order that is drawn by weight too. Turns
    are counted as `RoundRobin` counts them. The score is the place in the ranking.

    Args:
        weights: Weight by deployment name; only their proportion counts. One that is not named
            weighs 1, one of weight 0 is never tried.

    Raises:
        RouterConfigError: A weight is negative or no number, or all are zero.
    """

    weights: Mapping[str, float]
    _ended: int = field(default=0, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A copy: what the caller does to the mapping later must not change the strategy.
        self.weights = MappingProxyType(dict(self.weights))
        if not all(is_weight(weight) for weight in self.weights.values()):
            raise RouterConfigError(
                f"The weights {dict(self.weights)!r} are not all numbers of zero or more: only "
                "their proportion counts, so scale them up instead."
            )
        if self.weights and not 0 < sum(self.weights.values()) < math.inf:
            raise RouterConfigError(
                f"The weights {dict(self.weights)!r} have no sum to take shares of: let at least "
                "one be above zero, and none astronomical."
            )

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Find the turn's place among the weights; draw the order of the others by weight."""
        weights = {
            name: weight
            for name in sorted(candidate.deployment for candidate in candidates)
            if (weight := self.weights.get(name, 1.0)) > 0
        }
        if not weights:
            return []
        place = _turn(self._ended, candidates) * _GOLDEN % _SPAN / _SPAN
        first = _at(place, weights)
        random = Random(request.seed)  # noqa: S311 -- spreads load, protects nothing
        # Whose random time passes first, where a weight is a rate, is drawn by weight.
        times = {name: random.expovariate(weight) for name, weight in weights.items()}
        others = sorted((name for name in weights if name != first), key=times.__getitem__)
        return Ranked.by_score(enumerate((first, *others)))

    def observe(self, outcome: Outcome) -> None:
        """Count an attempt."""
        del outcome
        self._ended += 1


def _turn(ended: int, candidates: Sequence[Candidate]) -> int:
    """How many attempts have begun."""
    return ended + sum(candidate.in_flight for candidate in candidates)


def _at(place: float, weights: Mapping[str, float]) -> str:
    """Who lies at a place from 0 to 1 when all lie side by side, each as wide as its weight."""
    edges = list(accumulate(weights.values()))
    number = bisect_right(edges, place * edges[-1])
    return list(weights)[min(number, len(edges) - 1)]  # a rounding error leads past the last
