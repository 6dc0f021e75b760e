"""Hedging: ask a second deployment when the first takes longer than it mostly does."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import anyio

from quantumlayer.errors import RouterConfigError
from quantumlayer.router._budget import Budget
from quantumlayer.router._call import Call
from quantumlayer.router._deployment import Deployment

__all__ = ["Hedges", "Hedging", "race"]

T = TypeVar("T")

# How many answers of a deployment are remembered: the p99, the highest that is taken, is then
# exceeded by two of them, and what was so some hundred calls ago is forgotten.
_WINDOW = 200
_MOST_QUANTILE = 0.99

# How many second calls may come in a row that the share would spread over a longer time.
_BURST = 10


@dataclass(frozen=True, slots=True)
class Hedging:
    """When a second deployment is asked beside a first one that is slow, and how often.

    The second is the next of the ranking. Who answers first is taken, the other one is cancelled;
    an answer is the whole of it, or the first event of a stream. A stream that has begun is never
    hedged. Both are in the ledger, and both are paid for by the call's budgets.

    The wait is the `quantile` of the latest 200 answers of the first deployment, or the upper fence
    of their quartiles where that is earlier: with one call in twenty stuck, the p95 itself may be
    the time of a stuck one. Until it has answered often enough for that quantile (20 times for the
    p95) nothing is hedged.

    Args:
        quantile: Which share of a deployment's answers is faster than the wait, from 0.5 to 0.99.
        max_share: Most second calls for each first one, above 0, at most 1. Of n calls in a row at
            most `max_share` · n + 10 get a second one.
        max_cost_ratio: A deployment that is expected to cost more than so many times what the first
            one does is not asked; where a price is unknown, nothing is compared.
        budget: What second calls may cost together, beside the budgets of the call.

    Raises:
        RouterConfigError: A number is out of its range.

    Source: Dean and Barroso, "The Tail at Scale" (2013), hedged requests; the fence is that of
    Tukey, "Exploratory Data Analysis" (1977): Q3 + 1.5 (Q3 - Q1).
    """

    quantile: float = 0.95
    max_share: float = 0.07
    max_cost_ratio: float = 2.0
    budget: Budget | None = None

    def __post_init__(self) -> None:
        if not 0.5 <= self.quantile <= _MOST_QUANTILE:  # noqa: PLR2004 -- the median
            raise RouterConfigError(
                f"quantile={self.quantile!r}: give 0.5 to {_MOST_QUANTILE}, such as 0.95."
            )
        if not 0 < self.max_share <= 1:
            raise RouterConfigError(
                f"max_share={self.max_share!r} is no share of the calls: give more than 0, at "
                "most 1; a router without `hedging` never hedges."
            )
        if not self.max_cost_ratio >= 0:
            raise RouterConfigError(f"max_cost_ratio={self.max_cost_ratio!r}: give zero or more.")
        if self.budget is not None and not self.budget.is_for(tenant="", agent=None):
            raise RouterConfigError(
                f"{self.budget!r} is some tenant's or agent's: the budget of second calls is for "
                "all of them; bound those of one by the router's `budgets`."
            )


class Hedges:
    """What a router has learned for hedging, and how much of it the policy still allows."""

    def __init__(self, policy: Hedging) -> None:
        self.budgets = () if policy.budget is None else (policy.budget,)
        self._policy = policy
        self._credit = float(_BURST)
        self._least = math.ceil(1 / (1 - policy.quantile) - 1e-9)
        self._answers: dict[tuple[str, str], _Answers] = {}

    def count(self, *, hedge: bool) -> None:
        """Take note of a call that begins; a second one uses up what first ones have brought."""
        if hedge:
            self._credit -= 1
        else:
            self._credit = min(_BURST, self._credit + self._policy.max_share)

    def learn(self, call: Call, name: str, waited_s: float) -> None:
        """Take note of how long an answer took, or had been waited for when it was given up."""
        answers = self._answers.setdefault((name, call.kind), _Answers())
        answers.add(waited_s)

    def wait_s(self, call: Call, name: str) -> float:
        """How long to wait for a deployment before another one is asked; infinite: for ever."""
        answers = self._answers.get((name, call.kind))
        if answers is None or len(answers) < self._least:
            return math.inf
        return min(answers.quantile(self._policy.quantile), answers.fence())

    def allow(self, call: Call, first: Deployment, second: Deployment) -> bool:
        """Whether the second may be asked now beside the first.

        One that has failed of late is not: the probe of its circuit is to come to an end.
        """
        if self._credit < 1 or second.breaker.state != "closed":
            return False
        if self.budgets and call.bound_nanousd(second.card) is None:
            return False
        usual = first.candidate().cost_nanousd(call.routing)
        cost = second.candidate().cost_nanousd(call.routing)
        return usual is None or cost is None or cost <= self._policy.max_cost_ratio * usual


class _Answers:
    """The latest times of answers, in the order in which they came and in that of their length."""

    def __init__(self) -> None:
        self._latest: deque[float] = deque()
        self._sorted: list[float] = []

    def __len__(self) -> int:
        return len(self._latest)

    def add(self, waited_s: float) -> None:
        if len(self._latest) == _WINDOW:
            oldest = self._latest.popleft()
            del self._sorted[bisect_left(self._sorted, oldest)]
        self._latest.append(waited_s)
        insort(self._sorted, waited_s)

    def quantile(self, share: float) -> float:
        """The least time that at least this share of the answers did not exceed."""
        return self._sorted[math.ceil(share * len(self._sorted) - 1e-9) - 1]

    def fence(self) -> float:
        """Tukey's upper fence: what lies beyond it is an outlier."""
        low, high = self.quantile(0.25), self.quantile(0.75)
        return high + 1.5 * (high - low)


async def race(
    first: Callable[[], Awaitable[T | None]],
    wait: Callable[[], Awaitable[None]],
    second: Callable[[], Awaitable[T | None]],
) -> T | None:
    """Do the first, and where it is not done after a wait the second too.

    Whatever comes first is the result, and the other one is cancelled; it has ended when this
    returns. None is nothing; both have to come to it before it is the result.
    """
    results: list[T] = []
    waiting = anyio.CancelScope()
    async with anyio.create_task_group() as group:

        def note(result: T | None) -> None:
            if result is not None:
                results.append(result)
                group.cancel_scope.cancel()

        async def late() -> None:
            with waiting:
                await wait()
            if not waiting.cancelled_caught:
                note(await second())

        group.start_soon(late)
        note(await first())
        waiting.cancel()
    return results[0] if results else None
