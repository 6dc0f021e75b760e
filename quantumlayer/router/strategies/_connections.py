"""Least busy first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quantumlayer.router._strategy import Candidate, Ranked, RoutingRequest

__all__ = ["LeastConnections"]


@dataclass(frozen=True, slots=True)
class LeastConnections:
    """Prefer the deployment with the fewest calls under way; equal ones go at random.

    The score is the number of calls under way.
    """

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Sort by calls under way, beginning among equal ones where the seed falls."""
        order = sorted(candidates, key=lambda candidate: candidate.deployment)
        if order:
            first = request.seed % len(order)
            order = order[first:] + order[:first]
        order.sort(key=lambda candidate: candidate.in_flight)
        return [Ranked(candidate.deployment, candidate.in_flight) for candidate in order]
