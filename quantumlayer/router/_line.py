"""Where calls wait while every deployment that could serve them is busy."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio

from quantumlayer.router._call import Call
from quantumlayer.router._clock import Clock
from quantumlayer.router._deployment import Deployment

__all__ = ["Line"]

# Beyond this a call fails at once: who comes last would wait longer than anybody does.
_MOST_WAITING = 10_000


@dataclass(order=True, slots=True)
class _Waiter:
    number: int
    tokens: int = field(compare=False)
    names: frozenset[str] = field(compare=False)
    turn: anyio.Event = field(compare=False)


class Line:
    """Calls in the order in which they came.

    A place that comes free goes to the first call that can use it. A call that would not have its
    turn before its caller's deadline does not begin to wait.

    Args:
        clock: Where the filling of rate limits is waited for.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[_Waiter] = []

    async def wait(self, call: Call, number: int, busy: Sequence[Deployment]) -> bool:
        """Wait until one of these deployments may have a place; whether it is worth trying.

        Who then does not begin a call there, cancelled or not, has to hand it on with `freed`.

        Args:
            call: Who waits.
            number: Its place among all calls, by its coming.
            busy: The deployments that could serve it and have no room.
        """
        if not busy or len(self._waiting) >= _MOST_WAITING:
            return False
        expected_s = [self._expected_s(call, number, deployment) for deployment in busy]
        if anyio.current_time() + min(expected for _, expected in expected_s) > call.deadline:
            return False
        names = frozenset(deployment.name for deployment in busy)
        waiter = _Waiter(number, call.tokens, names, anyio.Event())
        insort(self._waiting, waiter)
        try:
            await self._turn(waiter, min(refilled for refilled, _ in expected_s))
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
        return True

    def freed(self, name: str) -> None:
        """Give a place at a deployment to the first call that waits for one there."""
        for place, waiter in enumerate(self._waiting):
            if name in waiter.names:
                del self._waiting[place]
                waiter.turn.set()
                return

    async def _turn(self, waiter: _Waiter, refilled_s: float) -> None:
        """Return when a place has come free, or the rate limit has room."""
        if refilled_s == math.inf:
            await waiter.turn.wait()
            return

        async with anyio.create_task_group() as group:

            async def refill() -> None:
                await self._clock.sleep(refilled_s)
                waiter.turn.set()

            group.start_soon(refill)
            await waiter.turn.wait()
            group.cancel_scope.cancel()

    def _expected_s(self, call: Call, number: int, deployment: Deployment) -> tuple[float, float]:
        """When the rate limit lets the call begin, or never if it is not what it waits for.

        And when it is going to begin, as far as can be told.
        """
        ahead = [
            waiter
            for waiter in self._waiting
            if waiter.number < number and deployment.name in waiter.names
        ]
        if deployment.is_full:
            return math.inf, deployment.place_s(len(ahead))
        refilled_s = deployment.limiter.wait_s(
            call.tokens, calls_ahead=len(ahead), tokens_ahead=sum(w.tokens for w in ahead)
        )
        return refilled_s, refilled_s
