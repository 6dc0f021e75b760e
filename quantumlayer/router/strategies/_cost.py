"""Cheapest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quantumlayer.messages import NANO_PER_USD
from quantumlayer.router._strategy import Candidate, Ranked, RoutingRequest

__all__ = ["CostBasedRouting", "costs_usd"]


@dataclass(frozen=True, slots=True)
class CostBasedRouting:
    """Prefer the lowest expected cost; equal costs go by name.

    The expected cost is that of the estimated prompt and the expected answer at the prices of the
    candidate's card, long-prompt prices included. What is expected to come from the provider's
    cache has its own price, and what the model mostly thinks before it answers is added: both as
    earlier answers have told. A deployment whose price is unknown counts as dear as the dearest
    known one and stands behind it. The score is in US dollars.
    """

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Sort by expected cost."""
        costs = costs_usd(request, candidates)
        order = [
            (cost, candidate.price is None, candidate.deployment)
            for cost, candidate in zip(costs, candidates, strict=True)
        ]
        return Ranked.by_score([(cost, name) for cost, _, name in sorted(order)])


def costs_usd(request: RoutingRequest, candidates: Sequence[Candidate]) -> list[float]:
    """Expected cost of each candidate in US dollars; the dearest one's where it is unknown."""
    if not candidates:
        return []
    prompt, answer, cached = request.prompt_tokens, request.output_tokens, request.cached_tokens
    caches = bool(cached)  # mostly nothing, and there may be many to ask for
    known = [
        price.expected_nanousd(
            prompt,
            answer,
            cached.get(candidate.deployment, 0) if caches else 0,
            candidate.reasoning_tokens,
            request.marked_tokens,
        )
        / NANO_PER_USD
        for candidate in candidates
        if (price := candidate.price) is not None
    ]
    if len(known) == len(candidates):
        return known
    costs, dearest = iter(known), max(known, default=0.0)
    return [dearest if candidate.price is None else next(costs) for candidate in candidates]
