"""A weighted sum of cost, latency and quality."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from quantumlayer.errors import RouterConfigError
from quantumlayer.messages import NANO_PER_USD
from quantumlayer.router._strategy import Candidate, Ranked, RoutingRequest
from quantumlayer.router.strategies._cost import costs_usd
from quantumlayer.router.strategies._latency import loads_s
from quantumlayer.router.strategies._quality import CatalogQuality, QualityScorer, qualities

__all__ = ["HybridRouting", "is_weight"]

_LEAST_SPREAD = sys.float_info.min  # what is less has no reciprocal

_AIMS = ("cost", "latency", "quality")


def is_weight(value: object) -> bool:
    """Whether it is a finite number of zero or more."""
    return isinstance(value, (int, float)) and 0 <= value < math.inf


@dataclass(frozen=True, slots=True)
class HybridRouting:
    """Prefer the lowest weighted sum of cost, latency and lack of quality.

    Each aim is scaled to 0 for the best candidate and 1 for the worst; one that does not tell the
    candidates apart adds nothing. Weights are scaled to a sum of 1, so the score is from 0 to 1.
    Costs and loads are those of `CostBasedRouting` and `LatencyBasedRouting`; an unknown quality
    counts as the worst.

    The constraints are filters before the sum. What is unknown does not meet a constraint on it,
    but for the latency: a deployment that was never measured is let through, or it never would be.

    Args:
        weights: Weight of `cost`, `latency` and `quality`; one left out weighs nothing.
        scorer: Where the expected quality comes from.
        max_cost_usd: Highest expected cost of a request, in US dollars.
        max_latency_s: Longest expected answer, in seconds.
        min_quality: Lowest expected quality, from 0 to 1.

    Raises:
        RouterConfigError: A weight is unknown, negative or no number, or all are zero; or a
            constraint is negative or no number.
    """

    weights: Mapping[str, float] = field(
        default_factory=lambda: {"cost": 0.5, "latency": 0.3, "quality": 0.2}
    )
    scorer: QualityScorer = field(default_factory=CatalogQuality)
    max_cost_usd: float | None = None
    max_latency_s: float | None = None
    min_quality: float | None = None
    _shares: tuple[float, ...] = field(init=False, repr=False, compare=False)
    _is_constrained: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A copy: what the caller does to the mapping later must not change the strategy.
        object.__setattr__(self, "weights", MappingProxyType(dict(self.weights)))
        unknown = self.weights.keys() - set(_AIMS)
        if unknown:
            raise RouterConfigError(
                f"Nothing is known to weigh as {sorted(unknown)!r}: the weights are 'cost', "
                "'latency' and 'quality'."
            )
        if not all(is_weight(weight) for weight in self.weights.values()):
            raise RouterConfigError(
                f"The weights {dict(self.weights)!r} are not all numbers of zero or more: only "
                "their proportion counts, so scale them up instead."
            )
        if not 0 < sum(self.weights.values()) < math.inf:
            raise RouterConfigError(
                f"The weights {dict(self.weights)!r} have no sum to take shares of: let at least "
                "one be above zero, and none astronomical."
            )
        limits = (self.max_cost_usd, self.max_latency_s, self.min_quality)
        if not all(limit is None or is_weight(limit) for limit in limits):
            raise RouterConfigError(f"The constraints {limits!r} are not all zero or more.")
        constrained = any(limit is not None for limit in limits)
        object.__setattr__(self, "_is_constrained", constrained)
        total = sum(self.weights.values())
        shares = tuple(self.weights.get(aim, 0.0) / total for aim in _AIMS)
        object.__setattr__(self, "_shares", shares)

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Drop what breaks a constraint, sort the others by the weighted sum."""
        known = qualities(self.scorer, request, candidates)
        if self._is_constrained:
            pairs = zip(candidates, known, strict=True)
            kept = [pair for pair in pairs if self._allows(request, *pair)]
            candidates, known = [pair[0] for pair in kept], [pair[1] for pair in kept]
        if not candidates:
            return []
        costs = costs_usd(request, candidates)
        loads = loads_s(request, candidates)
        worths = [quality or 0.0 for quality in known]
        cost_share, load_share, worth_share = self._shares
        cost_0, _, cost_1 = _scale(costs, cost_share)
        load_0, _, load_1 = _scale(loads, load_share)
        _, best, worth_1 = _scale(worths, worth_share)
        scores = [
            (cost - cost_0) * cost_1 + (load - load_0) * load_1 + (best - worth) * worth_1
            for cost, load, worth in zip(costs, loads, worths, strict=True)
        ]
        names = [candidate.deployment for candidate in candidates]
        return Ranked.by_score(sorted(zip(scores, names, strict=True)))

    def _allows(self, request: RoutingRequest, candidate: Candidate, quality: float | None) -> bool:
        if self.min_quality is not None and (quality is None or quality < self.min_quality):
            return False
        if self.max_cost_usd is not None:
            cost = candidate.cost_nanousd(request)
            if cost is None or cost > self.max_cost_usd * NANO_PER_USD:
                return False
        if self.max_latency_s is not None:
            expected_s = _expected_s(request, candidate)
            return expected_s is None or expected_s <= self.max_latency_s
        return True


def _expected_s(request: RoutingRequest, candidate: Candidate) -> float | None:
    """How long the answer is going to take: from its parts where streams have shown them."""
    if candidate.first_token_s is not None and candidate.token_s is not None:
        return candidate.first_token_s + candidate.token_s * request.output_tokens
    return candidate.latency_s


def _scale(values: Sequence[float], share: float) -> tuple[float, float, float]:
    """The lowest value, the highest, and what makes a share of the way between them."""
    low, high = min(values), max(values)
    spread = high - low
    return low, high, share / spread if spread > _LEAST_SPREAD else 0.0
