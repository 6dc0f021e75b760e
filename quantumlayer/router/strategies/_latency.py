"""Fastest first, by two choices over peak-EWMA."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from quantumlayer.errors import RouterConfigError
from quantumlayer.router._strategy import Candidate, Ranked, RoutingRequest

__all__ = ["DECAY_S", "LatencyBasedRouting", "loads_s"]

# Time constant of the latency average. Source: Finagle's peak-EWMA balancer, `decayTime`.
DECAY_S = 10.0

# Load of a deployment that was called and has not answered yet for the first time: behind every
# measured one, so that an unmeasured one gets one call at a time. Source: Finagle's `Penalty`.
_UNMEASURED_S = 3600.0


@dataclass(frozen=True, slots=True)
class LatencyBasedRouting:
    """Take the less loaded of two deployments drawn at random; the others follow by load.

    The load is the peak-EWMA latency times the calls under way and one more. Two random choices
    keep concurrent callers from running to the same fastest deployment all at once. A deployment
    that was not called yet has no load and is tried; the average decays while a deployment is not
    called, so that a slow one is tried again. The score is the load in seconds.

    Args:
        decay_s: Time constant of the decay, in seconds.

    Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (2001); peak-EWMA
    as in Finagle's `p2c.PeakEwma`.
    """

    decay_s: float = DECAY_S

    def __post_init__(self) -> None:
        if not 0 < self.decay_s < math.inf:
            raise RouterConfigError(f"decay_s={self.decay_s!r} is no time: give seconds above 0.")

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Sort by load, then let the winner of two random ones go first."""
        loads = loads_s(request, candidates, decay_s=self.decay_s)
        pairs = zip(loads, candidates, strict=True)
        order = sorted([(load, candidate.deployment) for load, candidate in pairs])
        if len(order) > 1:
            winner = min(_two(request.seed, len(order)))
            order.insert(0, order.pop(winner))
        return Ranked.by_score(order)


def loads_s(
    request: RoutingRequest, candidates: Sequence[Candidate], *, decay_s: float = DECAY_S
) -> list[float]:
    """Latency times the calls under way and one more, in seconds, of each candidate."""
    exp, now_s = math.exp, request.now_s
    loads: list[float] = []
    for candidate in candidates:
        latency_s, calls = candidate.latency_s, candidate.in_flight
        if latency_s is None:
            loads.append(_UNMEASURED_S + calls if calls else 0.0)
            continue
        ahead_s = candidate.latency_at_s - now_s  # below 0: so long it was not called
        loads.append(latency_s * exp(ahead_s / decay_s if ahead_s < 0 else 0.0) * (calls + 1))
    return loads


def _two(seed: int, count: int) -> tuple[int, int]:
    """Two different places among `count`, each pair equally likely."""
    rest, first = divmod(seed, count)
    second = rest % (count - 1)
    return first, second + (second >= first)
