"""What every transport promises, and the values that go with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias

from anyio.abc import ObjectReceiveStream

from quantumlayer.transport._envelope import Envelope

__all__ = [
    "Dropped",
    "Event",
    "HandlerFailed",
    "Health",
    "Listener",
    "Overflow",
    "Responder",
    "Subscription",
    "Transport",
]

Listener: TypeAlias = Callable[[Envelope], Awaitable[None]]
"""Handles a publication."""

Responder: TypeAlias = Callable[[Envelope], Awaitable[Envelope]]
"""Answers a request. The transport sets the reply's correlation id."""

Overflow: TypeAlias = Literal["block", "raise", "event"]
"""What happens to a publication that finds a subscriber's buffer full.

`block` lets the publisher wait for room, `raise` gives it an `OverloadedError`, and `event` leaves
this subscriber out and emits `Dropped`.
"""


@dataclass(frozen=True, slots=True)
class Health:
    """How a transport is, at one moment.

    Attributes:
        state: `open`; `draining` while it only finishes what it has; `closed` otherwise.
        subscriptions: How many subscribers and servers there are.
        waiting: Messages that no handler has taken yet.
        in_flight: Messages that handlers are working on.
    """

    state: Literal["open", "draining", "closed"]
    subscriptions: int
    waiting: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message that some handler should have had and did not get, where no caller was told.

    Attributes:
        subject: Where it was sent.
        pattern: Who should have had it.
        reason: `overflow` of a buffer; `expired` before a handler was free; `closed` while it
            waited.
    """

    subject: str
    pattern: str
    reason: Literal["overflow", "expired", "closed"]


@dataclass(frozen=True, slots=True)
class HandlerFailed:
    """A subscriber's handler raised; nobody waits for its answer.

    Attributes:
        subject: Where the message was sent.
        pattern: Whose handler it was.
        error: What it raised.
    """

    subject: str
    pattern: str
    error: Exception


Event: TypeAlias = Dropped | HandlerFailed


class Subscription(Protocol):
    """A subscriber or a server, from the moment `subscribe` or `serve` returned it."""

    @property
    def pattern(self) -> str:
        """What it listens on."""
        ...

    async def drain(self) -> None:
        """Take no new messages, handle those that were taken, and end.

        What waits in a group is left to its other members; the last member handles it all. If
        cancelled, the draining goes on.
        """
        ...

    async def aclose(self) -> None:
        """End at once: handlers at work are cancelled, and have ended when this returns.

        The requesters they worked for get a `DisconnectedError`. What waits is left to the other
        members of the group; without any, requesters get a `NoRespondersError`, and `Dropped` is
        emitted for each publication.
        """
        ...


class Transport(Protocol):
    """How agents talk: the same behaviour in one process and across machines.

    A transport is open inside its `async with` block. Leaving the block drains it first; leaving
    it by an exception closes it at once. Publications reach subscribers and requests reach
    servers: neither sees the other's messages. No method takes a timeout: write
    `with anyio.fail_after(seconds):` around the call.

    Every message is encoded and decoded on its way, so that nobody shares a mutable value with
    anybody. Messages of one publisher on one subject begin to be handled in the order in which
    they were sent.

    Why it is as it is: docs/explanation/transport.md.
    """

    async def __aenter__(self) -> Self:
        """Open it."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Drain it, or close it at once if the block failed or was cancelled."""
        ...

    @property
    def max_payload_bytes(self) -> int:
        """Largest encoded envelope that it carries."""
        ...

    async def publish(self, subject: str, envelope: Envelope) -> None:
        """Hand one message to every current subscriber of a subject; at most once.

        Returns when the message is accepted, not when it is read. If cancelled, the message was
        accepted whole or not at all. The caller's deadline holds for the acceptance only; a message
        that is of no use later says so in `deadline_unix_us`.

        Args:
            subject: Dot-separated address, such as `code.generated`; no wildcards.
            envelope: The message.

        Raises:
            SubjectError: The subject is malformed.
            EnvelopeError: The envelope cannot be encoded.
            PayloadTooLargeError: It is larger than `max_payload_bytes`, encoded.
            OverloadedError: A subscriber's buffer is full and it asked for this with
                `overflow="raise"`; then no subscriber got the message. Retryable.
            DrainingError: The transport takes no new work.
            TransportClosedError: It was closed, or never opened.
        """
        ...

    async def request(self, subject: str, envelope: Envelope) -> Envelope:
        """Ask the servers of a subject and return the first reply.

        The deadline of the caller's cancel scope, or `envelope.deadline_unix_us` if that is
        earlier, travels along: it holds for the handler and for every request that the handler
        makes. If cancelled, the handler is cancelled too, and a reply that comes later is
        discarded.

        Args:
            subject: Dot-separated address, such as `agents.Architect`; no wildcards.
            envelope: The question.

        Raises:
            NoRespondersError: Nobody serves the subject; known at once. Retryable.
            RemoteError: The handler raised; known at once.
            RequestTimeoutError: `envelope.deadline_unix_us` passed. Where the caller's own scope
                was earlier, that scope ends as always: `anyio.fail_after` raises TimeoutError.
                Retryable.
            DisconnectedError: The server went away while it worked on this. Retryable.
            OverloadedError: The buffers of all servers are full. Retryable.
            SubjectError: The subject is malformed.
            EnvelopeError: The envelope cannot be encoded.
            PayloadTooLargeError: It is larger than `max_payload_bytes`, encoded.
            DrainingError: The transport takes no new work.
            TransportClosedError: It was closed, or never opened.
        """
        ...

    async def subscribe(
        self,
        pattern: str,
        handler: Listener,
        *,
        group: str | None = None,
        max_in_flight: int = 1,
        max_waiting: int = 1_024,
        overflow: Overflow = "block",
    ) -> Subscription:
        """Hand every publication on a pattern to a handler, from the moment this returns.

        An exception of the handler is emitted as `HandlerFailed` and the next message comes. With
        `overflow="block"`, a handler that publishes to its own pattern can wait for itself.

        Args:
            pattern: A subject, or one with the wildcards `*` (one token) and `>` (all that follow).
            handler: Gets each message; messages wait while `max_in_flight` calls are running.
            group: Members of one group on one pattern share its messages: each goes to exactly one
                member, and a busy member takes no more. All of them name the same `max_waiting`
                and `overflow`.
            max_in_flight: Calls of the handler at one time; 1 keeps the order to the end.
            max_waiting: Messages that wait for a free handler, for the whole group.
            overflow: What happens beyond that.

        Raises:
            SubjectError: The pattern is malformed.
            ValueError: A bound is less than 1, or the group goes by other bounds.
            DrainingError: The transport takes no new work.
            TransportClosedError: It was closed, or never opened.
        """
        ...

    async def serve(
        self,
        pattern: str,
        handler: Responder,
        *,
        group: str | None = None,
        max_in_flight: int = 16,
        max_waiting: int = 1_024,
    ) -> Subscription:
        """Answer every request on a pattern, from the moment this returns.

        An exception of the handler reaches the requester as a `RemoteError`. The handler runs in a
        cancel scope with the request's deadline and is cancelled when the requester is. A request
        whose deadline has passed while it waited is not handled at all.

        Args:
            pattern: A subject, or one with the wildcards `*` (one token) and `>` (all that follow).
            handler: Gets each request and returns the reply.
            group: Members of one group on one pattern share its requests: each goes to exactly one
                member, and a busy member takes no more. Without a group a request goes to every
                server, and the first reply counts.
            max_in_flight: Calls of the handler at one time.
            max_waiting: Requests that wait for a free handler, for the whole group; beyond that
                requesters get an `OverloadedError`.

        Raises:
            SubjectError: The pattern is malformed.
            ValueError: A bound is less than 1, or the group goes by other bounds.
            DrainingError: The transport takes no new work.
            TransportClosedError: It was closed, or never opened.
        """
        ...

    def events(self) -> ObjectReceiveStream[Event]:
        """Return a stream of what happened without any caller being told.

        It begins with the call and ends when the transport closes. Use it in `async with`. Each
        event is a warning in the log `quantumlayer.transport` too: a reader that falls 1,024
        events behind misses some, the log has them all.
        """
        ...

    async def drain(self) -> None:
        """Take no new work, finish what was taken, and close.

        Handlers may publish and request until the last of them has ended; everybody else gets a
        `DrainingError`. If cancelled, the transport goes on draining and this may be called again.

        Raises:
            TransportError: A handler called it, which would wait for itself.
        """
        ...

    async def health(self) -> Health:
        """Say how the transport is."""
        ...
