"""Fastest first, by two choices over peak-EWMA."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from quantumlayer.errors import RouterConfigError
from quantumlayer.router._strategy import Candidate, Ranked, RoutingRequest

__all__ = ["DECAY_S", "LatencyBasedRouting", "load_s"]

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
        loads = {
            candidate.deployment: load_s(request, candidate, decay_s=self.decay_s)
            for candidate in candidates
        }
        order = sorted(loads, key=lambda name: (loads[name], name))
        if len(order) > 1:
            winner = min(_two(request.seed, len(order)))
            order.insert(0, order.pop(winner))
        return [Ranked(name, loads[name]) for name in order]


def load_s(request: RoutingRequest, candidate: Candidate, *, decay_s: float = DECAY_S) -> float:
    """Latency times the calls under way and one more, in seconds."""
    if candidate.latency_s is None:
        return candidate.in_flight and _UNMEASURED_S + candidate.in_flight
    idle_s = max(0.0, request.now_s - candidate.latency_at_s)
    return candidate.latency_s * math.exp(-idle_s / decay_s) * (candidate.in_flight + 1)


def _two(seed: int, count: int) -> tuple[int, int]:
    """Two different places among `count`, each pair equally likely."""
    rest, first = divmod(seed, count)
    second = rest % (count - 1)
    return first, second + (second >= first)
