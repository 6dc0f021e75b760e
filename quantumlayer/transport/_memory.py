"""The transport inside one process: no network, the same behaviour."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextvars import copy_context
from types import TracebackType
from typing import Literal, Self

import anyio
from anyio.abc import ObjectReceiveStream
from anyio.lowlevel import checkpoint

from quantumlayer.errors import (
    DrainingError,
    NoRespondersError,
    OverloadedError,
    RequestTimeoutError,
    TransportClosedError,
    TransportError,
)
from quantumlayer.transport._directory import Directory
from quantumlayer.transport._envelope import Envelope
from quantumlayer.transport._groups import Answer, Delivery, Group
from quantumlayer.transport._protocol import (
    Dropped,
    Event,
    Health,
    Listener,
    Overflow,
    Responder,
)
from quantumlayer.transport._workers import WORKER, Member

__all__ = ["Memory"]

LARGEST_PAYLOAD_BYTES = 64 * 2**20
"""Default limit: room for any artifact, and a mistake is noticed before it fills the memory."""


class Memory:
    """A transport for agents in one process, on asyncio and trio.

    It keeps every promise of `Transport` and takes nothing from the process that it does not give
    back when its block ends. Use it from the event loop that opened it. Request and reply take
    21 µs together, with both envelopes (benchmarks/transport_memory.py).

    Args:
        max_payload_bytes: Largest encoded envelope that it carries.
        clock: Seconds since 1970; deadlines that travel are told in it.
        random_bytes: Makes the ids of messages, from the number of bytes wanted.
    """

    def __init__(
        self,
        *,
        max_payload_bytes: int = LARGEST_PAYLOAD_BYTES,
        clock: Callable[[], float] = time.time,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._max_payload_bytes = max_payload_bytes
        self._clock = clock
        self._random_bytes = random_bytes
        self._state: Literal["new", "open", "draining", "closed"] = "new"

    async def __aenter__(self) -> Self:
        """Open it; a transport opens once."""
        from quantumlayer.transport._host import Host  # noqa: PLC0415 -- loads protobuf

        if self._state != "new":
            raise TransportClosedError("a transport opens once: make another `Memory()`")
        self._tasks = await anyio.create_task_group().__aenter__()
        self._host = Host(
            self._tasks,
            copy_context(),
            max_payload_bytes=self._max_payload_bytes,
            clock=self._clock,
            random_bytes=self._random_bytes,
        )
        self._subscribers = Directory(self._host)
        self._servers = Directory(self._host)
        self._state = "open"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Drain it, or close it at once if the block failed or was cancelled."""
        try:
            if error is None:
                await self.drain()
        finally:
            self._close()
            # Without the block's error, so that it leaves here as it is and in no group.
            await self._tasks.__aexit__(None, None, None)

    @property
    def max_payload_bytes(self) -> int:
        """Largest encoded envelope that it carries."""
        return self._max_payload_bytes

    # --- sending -----------------------------------------------------------------------------

    async def publish(self, subject: str, envelope: Envelope) -> None:
        """Hand one message to every current subscriber of a subject; see `Transport`."""
        await checkpoint()
        self._check_open()
        data = self._host.encode(envelope)
        while full := _full(groups := self._subscribers.matching(subject)):
            await full.room()
            self._check_open()
        for group in groups:
            if group.has_room:
                group.offer(Delivery(subject, data, group))
            else:
                self._host.emit(Dropped(subject, group.pattern, "overflow"))

    async def request(self, subject: str, envelope: Envelope) -> Envelope:
        """Ask the servers of a subject and return the first reply; see `Transport`."""
        self._check_open()
        if envelope.deadline_unix_us is None:
            return await self._ask(subject, envelope)
        wait_s = max(self._host.left_s(envelope.deadline_unix_us), 0.0)
        with anyio.move_on_after(wait_s):
            return await self._ask(subject, envelope)
        raise RequestTimeoutError(subject, wait_s)

    async def _ask(self, subject: str, envelope: Envelope) -> Envelope:
        deadline_unix_us = self._host.scope_deadline_unix_us()
        data = self._host.encode(envelope, deadline_unix_us=deadline_unix_us)
        groups = self._servers.matching(subject)
        servers = [group for group in groups if group.has_room]
        if not servers:
            await checkpoint()
            raise _overloaded(subject) if groups else NoRespondersError(subject)
        answer = Answer(len(servers))
        deliveries = [Delivery(subject, data, group, answer) for group in servers]
        for delivery in deliveries:
            delivery.group.offer(delivery)
        try:
            reply = await answer.wait()
        except BaseException:
            for delivery in deliveries:
                delivery.withdraw()
            raise
        return self._host.decode_reply(reply)

    async def subscribe(
        self,
        pattern: str,
        handler: Listener,
        *,
        group: str | None = None,
        max_in_flight: int = 1,
        max_waiting: int = 1_024,
        overflow: Overflow = "block",
    ) -> Member:
        """Hand every publication on a pattern to a handler; see `Transport`."""
        _check_bounds(max_in_flight=max_in_flight, max_waiting=max_waiting)
        self._check_open()
        joined = self._subscribers.group(pattern, group, max_waiting=max_waiting, overflow=overflow)
        return joined.join(handler, max_in_flight=max_in_flight)

    async def serve(
        self,
        pattern: str,
        handler: Responder,
        *,
        group: str | None = None,
        max_in_flight: int = 16,
        max_waiting: int = 1_024,
    ) -> Member:
        """Answer every request on a pattern; see `Transport`."""

        async def reply(request: Envelope) -> bytes:
            return self._host.encode(await handler(request), correlation_id=request.id)

        _check_bounds(max_in_flight=max_in_flight, max_waiting=max_waiting)
        self._check_open()
        joined = self._servers.group(pattern, group, max_waiting=max_waiting, overflow="raise")
        return joined.join(reply, max_in_flight=max_in_flight)

    def events(self) -> ObjectReceiveStream[Event]:
        """Return a stream of what happened without any caller being told; see `Transport`."""
        self._check_open()
        return self._host.events()

    async def drain(self) -> None:
        """Take no new work, finish what was taken, and close; see `Transport`."""
        if self._is_handling():
            raise TransportError(
                "a handler cannot drain its own transport: it would wait for itself"
            )
        if self._state == "open":
            self._state = "draining"
        if self._state == "draining":
            await self._host.until_quiet()
            self._close()

    async def health(self) -> Health:
        """Say how the transport is."""
        if self._state == "new":
            return Health("closed", 0, 0, 0)
        groups = [*self._subscribers, *self._servers]
        waiting = sum(len(group.waiting) for group in groups)
        return Health(
            self._state,
            subscriptions=sum(len(group.members) for group in groups),
            waiting=waiting,
            in_flight=self._host.unfinished - waiting,
        )

    def _is_handling(self) -> bool:
        """Whether the caller is one of this transport's own handlers."""
        worker = WORKER.get()
        return worker is not None and worker.member.group.host is self._host

    def _check_open(self) -> None:
        if self._state == "draining" and not self._is_handling():
            raise DrainingError("the transport drains: it finishes what it has and takes no more")
        if self._state in {"new", "closed"}:
            raise TransportClosedError(
                f"the transport is {self._state}: use it inside `async with`"
            )

    def _close(self) -> None:
        if self._state != "closed":
            self._state = "closed"
            for group in [*self._subscribers, *self._servers]:
                group.close(TransportClosedError("the transport was closed before the reply"))
            self._host.close()


def _check_bounds(**bounds: int) -> None:
    for name, bound in bounds.items():
        if bound < 1:
            msg = f"{name}={bound}: at least 1 is needed for a message to get through"
            raise ValueError(msg)


def _full(groups: tuple[Group, ...]) -> Group | None:
    """Return a group to wait for; nothing is sent to any before it has room."""
    blocking = None
    for group in groups:
        if not group.has_room:
            if group.overflow == "raise":
                raise _overloaded(group.pattern)
            if group.overflow == "block":
                blocking = group
    return blocking


def _overloaded(pattern: str) -> OverloadedError:
    return OverloadedError(
        f"the buffer of {pattern!r} is full: send more slowly, add members to its group, or raise "
        "its `max_waiting` or `max_in_flight`"
    )
