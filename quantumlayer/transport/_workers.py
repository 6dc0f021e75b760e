"""The tasks that call handlers: a subscription is a member of a group, and has workers."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING

import anyio
from anyio.lowlevel import checkpoint

from quantumlayer import telemetry
from quantumlayer.errors import DisconnectedError, TransportError
from quantumlayer.transport._envelope import Envelope
from quantumlayer.transport._protocol import Dropped, HandlerFailed

if TYPE_CHECKING:
    from quantumlayer.transport._groups import Delivery, Group

__all__ = ["WORKER", "Handler", "Member", "Worker"]

BURST = 32
"""Messages that one worker handles in a row before it lets other tasks run."""

WORKER: ContextVar[Worker | None] = ContextVar("WORKER", default=None)
"""Whose handler runs here: while a transport drains, its own handlers may still send."""

Handler = Callable[[Envelope], Awaitable[bytes | None]]


class Member:
    """One subscription: its handler and the workers that call it."""

    def __init__(self, group: Group, handler: Handler, *, max_in_flight: int) -> None:
        self.group = group
        self.handler = handler
        self.max_in_flight = max_in_flight
        self.workers: set[Worker] = set()
        self.idle: list[Worker] = []
        self.leaving = False
        self._ended = anyio.Event()

    @property
    def pattern(self) -> str:
        """What it listens on."""
        return self.group.pattern

    @property
    def busy(self) -> int:
        """How many handlers run, or are about to."""
        return len(self.workers) - len(self.idle)

    @property
    def has_credit(self) -> bool:
        """Whether another handler may run."""
        return self.busy < self.max_in_flight

    def assign(self, delivery: Delivery) -> None:
        """Let a worker handle a message; there has to be credit."""
        if self.idle:
            self.idle.pop().wake(delivery)
        else:
            worker = Worker(self, delivery)
            self.workers.add(worker)
            self.group.host.start(worker.run)

    def next(self) -> Delivery | None:
        """Return what a worker should do now; what waits is left to the members that stay."""
        if self.leaving and self.group.members:
            return None
        return self.group.take()

    async def drain(self) -> None:
        """Take no new messages, handle those that were taken, and end."""
        worker = WORKER.get()
        if worker is not None and worker.member is self:
            raise TransportError(f"a handler of {self.pattern!r} cannot drain its own subscription")
        self._depart()
        await self._ended.wait()

    async def aclose(self) -> None:
        """End at once: handlers at work are cancelled."""
        self.end()
        await self._ended.wait()

    def end(self) -> None:
        """Begin to end at once."""
        self._depart()
        if not self.group.members:
            self.group.abandon()
        for worker in self.workers:
            worker.cancel()

    def worker_ended(self, worker: Worker) -> None:
        """Count a worker off; the last one ends the subscription."""
        self.workers.discard(worker)
        self.group.freed(self)
        if self.leaving and not self.workers:
            self._finish()

    def _depart(self) -> None:
        if self.leaving:
            return
        self.leaving = True
        self.group.leave(self)
        while self.idle:
            self.idle.pop().wake(None)
        if not self.workers:
            self._finish()

    def _finish(self) -> None:
        self.group.ended(self)
        self._ended.set()


class Worker:
    """A task that handles one message after the other.

    It keeps one cancel scope for as many messages as possible: cancelling a handler costs the
    worker its scope, and only then it makes another (a scope for each message would take 5 µs).
    """

    def __init__(self, member: Member, first: Delivery | None) -> None:
        self.member = member
        self._group = member.group
        self._host = member.group.host
        self._delivery = first
        self._woken = anyio.Event()
        self._scope = anyio.CancelScope()
        self._closed = False

    def wake(self, delivery: Delivery | None) -> None:
        """End its rest, with a message or to let it see that its member leaves."""
        self._delivery = delivery
        self._woken.set()

    def cancel(self) -> None:
        """Cancel its handler, and end."""
        self._closed = True
        self._scope.cancel()

    async def run(self) -> None:
        """Handle messages until the member leaves."""
        WORKER.set(self)
        try:
            while not self._closed:
                with self._scope:
                    await self._work()
                self._scope = anyio.CancelScope()
        finally:
            self._hand_back()
            self.member.worker_ended(self)

    async def _work(self) -> None:
        """Handle messages until the scope is cancelled or the member leaves."""
        handled = 0
        while not self._scope.cancel_called:
            if self._delivery is None:
                self._delivery = self.member.next()
            if self._delivery is not None:
                await self._handle(self._delivery)
                handled += 1
                if len(self._group.members) > 1 or handled >= BURST:
                    await checkpoint()
                    handled = 0
            elif self.member.leaving:
                self._closed = True
                return
            else:
                await self._rest()
                handled = 0

    async def _rest(self) -> None:
        self._woken = anyio.Event()
        self.member.idle.append(self)
        self._group.freed(self.member)
        try:
            await self._woken.wait()
        finally:
            if not self._woken.is_set():
                self.member.idle.remove(self)

    async def _handle(self, delivery: Delivery) -> None:
        settled = False
        try:
            if not delivery.withdrawn:
                await self._call(delivery)
            settled = True
        finally:
            if not settled and not delivery.withdrawn:
                self._interrupted(delivery)
            delivery.scope = None
            self._delivery = None
            if self._scope.deadline != math.inf:
                self._scope.deadline = math.inf
            self._host.finished()

    async def _call(self, delivery: Delivery) -> None:
        envelope = self._host.decode(delivery.data, delivery.subject)
        delivery.scope = self._scope
        if envelope.deadline_unix_us is not None:
            left_s = self._host.left_s(envelope.deadline_unix_us)
            if left_s <= 0:
                self._expired(delivery)
                return
            self._scope.deadline = anyio.current_time() + left_s
        try:
            if envelope.trace_parent:
                with telemetry.span(f"process {delivery.subject}", parent=envelope.trace_parent):
                    reply = await self.member.handler(envelope)
            else:
                reply = await self.member.handler(envelope)
        except Exception as error:  # noqa: BLE001 -- a handler is a stranger: its errors are reported
            if delivery.answer is None:
                self._host.emit(HandlerFailed(delivery.subject, self.member.pattern, error))
            else:
                delivery.answer.reply(self._host.encode_failure(error, envelope))
        else:
            if delivery.answer is not None and reply is not None:
                delivery.answer.reply(reply)

    def _interrupted(self, delivery: Delivery) -> None:
        """The handler was cancelled: by its deadline, or because somebody closes."""
        if self._scope.cancel_called and not self._closed:
            self._expired(delivery)
        else:
            self._group.lose(delivery, _gone(delivery))

    def _expired(self, delivery: Delivery) -> None:
        # A requester has the same deadline and knows by itself.
        if delivery.answer is None:
            self._host.emit(Dropped(delivery.subject, self.member.pattern, "expired"))

    def _hand_back(self) -> None:
        """Leave a message that was never begun to the other members."""
        delivery, self._delivery = self._delivery, None
        if delivery is None:
            return
        if self._group.members:
            self._group.offer(delivery)
        else:
            self._group.lose(delivery, _gone(delivery))
        self._host.finished()


def _gone(delivery: Delivery) -> DisconnectedError:
    return DisconnectedError(f"the server of {delivery.subject!r} went away while it had a request")
