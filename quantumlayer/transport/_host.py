"""What the groups of one transport share: tasks, codec, clock, events, a count of open work."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from quantumlayer import telemetry
from quantumlayer.errors import PayloadTooLargeError
from quantumlayer.transport import _codec
from quantumlayer.transport._envelope import Envelope
from quantumlayer.transport._protocol import Event, HandlerFailed

__all__ = ["Host"]

EVENTS_BUFFERED = 1_024
ID_BYTES = 16

_log = logging.getLogger("quantumlayer.transport")


class Host:
    """The inside of a transport.

    Args:
        tasks: Where handlers run.
        context: The context variables they start with. It is the context of whoever opened the
            transport, not of whoever happens to send the message that starts a worker: a span that
            is current there is no parent of the messages that come later.
        max_payload_bytes: Largest encoded envelope.
        clock: Seconds since 1970.
        random_bytes: Makes ids.
    """

    def __init__(
        self,
        tasks: TaskGroup,
        context: Context,
        *,
        max_payload_bytes: int,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.unfinished = 0
        self._tasks = tasks
        self._context = context
        self._max_payload_bytes = max_payload_bytes
        self._clock = clock
        self._random_bytes = random_bytes
        self._quiet = anyio.Event()
        self._closed = False
        self._readers: list[MemoryObjectSendStream[Event]] = []

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Start a task."""
        self._context.run(lambda: self._tasks.start_soon(work))

    def close(self) -> None:
        """End the streams of events, and the wait for quiet."""
        self._closed = True
        for reader in self._readers:
            reader.close()
        self._readers.clear()
        self._quiet.set()

    # --- open work -----------------------------------------------------------------------------

    def accepted(self) -> None:
        """Count a message that has to be finished before the transport has drained."""
        self.unfinished += 1

    def finished(self) -> None:
        """Count it off."""
        self.unfinished -= 1
        if not self.unfinished:
            self._quiet.set()

    async def until_quiet(self) -> None:
        """Wait until no message is waiting or being handled, or until `close`."""
        while self.unfinished and not self._closed:
            self._quiet = anyio.Event()
            await self._quiet.wait()

    # --- envelopes -----------------------------------------------------------------------------

    def encode(
        self,
        envelope: Envelope,
        *,
        correlation_id: bytes = b"",
        deadline_unix_us: int | None = None,
    ) -> bytes:
        """Turn an envelope into bytes, with the current span as its parent.

        Raises:
            EnvelopeError: A field has a value that its wire type cannot hold.
            PayloadTooLargeError: It is larger than the transport carries.
        """
        data = _codec.encode(
            envelope,
            self._random_bytes(ID_BYTES),
            correlation_id=correlation_id,
            trace_parent=telemetry.trace_context(),
            deadline_unix_us=deadline_unix_us,
        )
        if len(data) > self._max_payload_bytes:
            raise PayloadTooLargeError(len(data), self._max_payload_bytes)
        return data

    def decode(self, data: bytes, subject: str) -> Envelope:
        """Turn bytes into an envelope."""
        return _codec.decode(data, subject)

    def decode_reply(self, data: bytes) -> Envelope:
        """Turn the bytes of a reply into an envelope.

        Raises:
            RemoteError: The handler failed.
        """
        return _codec.decode_reply(data)

    def encode_failure(self, error: Exception, request: Envelope) -> bytes:
        """Turn a handler's exception into a reply."""
        return _codec.encode_failure(error, self._random_bytes(ID_BYTES), correlation_id=request.id)

    # --- deadlines -----------------------------------------------------------------------------

    def left_s(self, deadline_unix_us: int) -> float:
        """Return the seconds until a deadline."""
        return deadline_unix_us / 1e6 - self._clock()

    def scope_deadline_unix_us(self) -> int | None:
        """Return the deadline of the current cancel scope, in the time that travels."""
        deadline = anyio.current_effective_deadline()
        if math.isinf(deadline):
            return None
        return round((self._clock() + deadline - anyio.current_time()) * 1e6)

    # --- events --------------------------------------------------------------------------------

    def events(self) -> MemoryObjectReceiveStream[Event]:
        """Return a stream of what is emitted from now on."""
        send, receive = anyio.create_memory_object_stream[Event](EVENTS_BUFFERED)
        self._readers.append(send)
        return receive

    def emit(self, event: Event) -> None:
        """Put an event into the log and hand it to those who read `events`."""
        failed = event.error if isinstance(event, HandlerFailed) else None
        _log.warning("%s", event, exc_info=failed)
        for reader in [*self._readers]:
            try:
                reader.send_nowait(event)
            except anyio.WouldBlock:
                pass  # the log has it
            except anyio.BrokenResourceError:
                self._readers.remove(reader)
                reader.close()
