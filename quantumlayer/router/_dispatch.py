"""Who answers a call: rounds over the ranking, fallback, hedging, and the waits in between."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from random import Random
from typing import TYPE_CHECKING, TypeVar

import anyio

from quantumlayer.errors import ProviderError, RouterError
from quantumlayer.messages import Embeddings, ModelReply
from quantumlayer.router._attempt import Books, Trial
from quantumlayer.router._call import Call
from quantumlayer.router._deployment import Deployment
from quantumlayer.router._fleet import Fleet
from quantumlayer.router._hedging import race
from quantumlayer.router._retry import RetryPolicy
from quantumlayer.router._selection import select
from quantumlayer.router._strategy import RoutingStrategy

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = ["Dispatch"]

T = TypeVar("T")

Begin = Callable[[Trial], Awaitable[T]]
"""Make an attempt that was admitted."""

Run = Callable[[Callable[[], Awaitable[T | None]]], Awaitable[T | None]]
"""Run an attempt, and give what comes of it or None."""


class _RoundFailedError(Exception):
    """Nobody in this round has answered; the call knows why."""


class Dispatch:
    """Takes calls to deployments until one answers.

    Args:
        fleet: All deployments.
        strategy: Who goes first.
        retry: How often and how long a call is tried.
        books: Where attempts leave their traces.
        random: Where waits come from.
    """

    def __init__(
        self,
        fleet: Fleet,
        strategy: RoutingStrategy,
        retry: RetryPolicy,
        books: Books,
        random: Random,
    ) -> None:
        self._fleet = fleet
        self._strategy = strategy
        self._retry = retry
        self._books = books
        self._random = random
        self._numbers = count()

    async def serve(self, call: Call, begin: Begin[T], run: Run[T] | None = None) -> T:
        """Go through rounds until one deployment answers.

        Args:
            call: What is asked for.
            begin: Makes an attempt.
            run: Runs it, where that is not to be in the task of the caller.

        Raises:
            RouterError: None does.
        """
        try:
            return await self._round(call, begin, run)
        except _RoundFailedError as failure:
            first = failure
        return await self._again(call, begin, run, first)

    async def _again(
        self, call: Call, begin: Begin[T], run: Run[T] | None, failure: _RoundFailedError
    ) -> T:
        """Go through further rounds, after waits, until one deployment answers."""
        failures = [failure]

        async def next_round() -> T:
            if failures:
                raise failures.pop()
            return await self._round(call, begin, run)

        # Only now: tenacity's bookkeeping costs more than all the rest of a call that succeeds.
        from tenacity import AsyncRetrying, retry_if_exception_type  # noqa: PLC0415 -- ditto

        again = AsyncRetrying(
            sleep=self._books.clock.sleep,
            wait=lambda state: self._wait_s(call, state),
            stop=lambda state: self._gives_up(call, state),
            retry=retry_if_exception_type(_RoundFailedError),
            reraise=True,
        )
        try:
            return await again(next_round)
        except _RoundFailedError:
            verdict: RouterError = call.verdict(self._retry_after_s(call))
        raise verdict

    async def _round(self, call: Call, begin: Begin[T], run: Run[T] | None) -> T:
        """Try every deployment of the ranking once, in its order; wait for those that are busy."""
        fleet = self._fleet
        call.tried.clear()
        awaited: set[str] = set()
        number = next(self._numbers)
        try:
            while True:
                select(self._strategy, call, fleet, unix_s=self._books.clock.unix())
                for place, ranked in enumerate(call.ranking):
                    if ranked.deployment in call.tried:
                        continue
                    if self._books.hedges is None:
                        answer = await self._attempt(call, fleet[ranked.deployment], begin, run)
                    else:
                        ranking = [fleet[other.deployment] for other in call.ranking[place:]]
                        answer = await self._hedged(call, ranking, begin, run)
                    if answer is not None:
                        return answer
                busy = self._busy(call)
                still = {deployment.name for deployment in busy}
                self._hand_on(awaited - call.tried - still)
                awaited |= still
                if not await self._books.line.wait(call, number, busy):
                    raise _RoundFailedError
        finally:
            if awaited:
                self._hand_on(awaited - call.tried)

    async def _hedged(
        self, call: Call, ranking: Sequence[Deployment], begin: Begin[T], run: Run[T] | None
    ) -> T | None:
        """Ask the first deployment of a ranking, and another one beside it if it takes too long."""
        first, hedges = ranking[0], self._books.hedges
        wait_s = math.inf if hedges is None else hedges.wait_s(call, first.name)
        if hedges is None or wait_s == math.inf or len(ranking) == 1:
            return await self._attempt(call, first, begin, run)

        async def second() -> T | None:
            for other in ranking[1:]:
                if other.name not in call.tried and hedges.allow(call, first, other):
                    answer = await self._attempt(call, other, begin, run, hedge=True)
                    if other.name in call.tried:
                        return answer
            return None

        answer = await race(
            lambda: self._attempt(call, first, begin, run),
            lambda: self._books.clock.sleep(wait_s),
            second,
        )
        if isinstance(answer, (ModelReply, Embeddings)):  # who was outrun has ended only now
            return replace(answer, route=call.route(self._books.strategy))
        return answer

    async def _attempt(
        self,
        call: Call,
        deployment: Deployment,
        begin: Begin[T],
        run: Run[T] | None,
        *,
        hedge: bool = False,
    ) -> T | None:
        """Ask a deployment; None if it is not admitted, or fails."""
        if run is not None:
            return await run(partial(self._attempt, call, deployment, begin, None, hedge=hedge))
        trial = Trial.admit(self._books, call, deployment, hedge=hedge)
        if isinstance(trial, str):
            if not hedge:
                call.pass_over(deployment.name, trial)
            return None
        call.tried.add(deployment.name)
        try:
            return await begin(trial)
        except ProviderError as error:
            call.fail(deployment.name, error)
            if error.retryable and error.retry_after_s:
                deployment.rest(error.retry_after_s)
        return None

    def _hand_on(self, names: Iterable[str]) -> None:
        """Let others have the places that a call has waited for and does not take."""
        for name in names:
            self._books.line.freed(name)

    def _busy(self, call: Call) -> Sequence[Deployment]:
        """Who could serve the call and has no room for it now."""
        return [
            deployment
            for name, deployment in self._fleet.items()
            if name not in call.tried
            and name not in call.barred
            and not deployment.pause
            and deployment.is_busy(call.tokens)
        ]

    def _retry_after_s(self, call: Call) -> float | None:
        """When the first deployment may serve the call that may not now; None if none ever may."""
        waits = (
            deployment.wait_s(call.tokens)
            for name, deployment in self._fleet.items()
            if name not in call.barred and deployment.refusal(call.tokens)
        )
        return min(waits, default=None)

    def _wait_s(self, call: Call, state: RetryCallState) -> float:
        """How long until another round can do better; infinite where none can."""
        wait_s = self._retry.wait_s(state.attempt_number, self._random)
        waits = [math.inf]
        for name, deployment in self._fleet.items():
            if name in call.barred:
                continue
            rest_s = deployment.rest_s
            if rest_s > 0:
                if rest_s <= self._retry.retry_after_cap_s:
                    waits.append(rest_s)
            elif name in call.failures and not deployment.breaker.refusal:
                waits.append(wait_s)
        return min(waits)

    def _gives_up(self, call: Call, state: RetryCallState) -> bool:
        wait_s = state.upcoming_sleep
        if state.attempt_number >= self._retry.rounds or wait_s == math.inf:
            return True
        return anyio.current_time() + wait_s > call.deadline
