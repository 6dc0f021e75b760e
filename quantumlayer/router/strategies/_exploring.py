"""Now and then another deployment, so that there is something to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from quantumlayer.errors import RouterConfigError
from quantumlayer.router._strategy import (
    Candidate,
    Outcome,
    Ranked,
    RoutingRequest,
    RoutingStrategy,
)

__all__ = ["Exploring"]


@dataclass(frozen=True, slots=True)
class Exploring:
    """Follow a strategy, but for a share of the requests put a deployment first at random.

    Each ranked deployment is drawn with the same probability, the strategy's own first one among
    them; the others follow in its order. Every place tells its propensity: with n deployments
    `share / n`, and `1 - share` more for the one that the strategy itself puts first. With them the
    ledger can say what another strategy would have been worth; see `quantumlayer.router.lab.judge`.

    Args:
        strategy: Whom to follow.
        share: The share of requests for which the first place is drawn, above 0, at most 1.

    Raises:
        RouterConfigError: The share is none.

    Source: epsilon-greedy exploration; Sutton and Barto, "Reinforcement Learning" (2018), 2.2.
    """

    strategy: RoutingStrategy
    share: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise RouterConfigError(
                f"share={self.share!r} explores nothing or more than everything: give more than "
                "0, at most 1."
            )

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Draw whether to explore, and whom to put first then."""
        ranking = list(self.strategy.rank(request, candidates))
        if not ranking:
            return ranking
        # A draw of its own: the strategy may have used the seed for its order.
        random = Random(f"explore {request.seed}")  # noqa: S311 -- a draw that can be repeated
        likely = self.share / len(ranking)
        order = [ranked._replace(propensity=likely) for ranked in ranking]
        order[0] = order[0]._replace(propensity=1 - self.share + likely)
        if random.random() < self.share:
            order.insert(0, order.pop(random.randrange(len(order))))
        return order

    def observe(self, outcome: Outcome) -> None:
        """Tell the strategy, if it learns."""
        observe = getattr(self.strategy, "observe", None)
        if observe is not None:
            observe(outcome)
