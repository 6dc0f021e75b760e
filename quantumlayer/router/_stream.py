"""A stream that has begun to reach its caller."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType

import anyio
from anyio.abc import TaskStatus
from anyio.streams.memory import MemoryObjectReceiveStream

from quantumlayer.errors import (
    MalformedReplyError,
    ProviderError,
    ProviderTimeoutError,
    StreamInterruptedError,
)
from quantumlayer.messages import Done, StreamEvent, TextDelta
from quantumlayer.router._attempt import Trial

__all__ = ["Opened", "RoutedStream", "open_stream", "piped"]


async def open_stream(
    trial: Trial, *, attempt_s: float | None, stall_s: float | None = None
) -> RoutedStream:
    """Open a provider's stream and wait for its first event.

    Args:
        trial: The attempt; ended if this fails.
        attempt_s: Longest wait for the first event, in seconds, or None.
        stall_s: Longest wait for each further one, in seconds, or None.

    Raises:
        ProviderError: The stream failed before its first event.
    """
    name = trial.deployment.name
    with trial:
        async with AsyncExitStack() as stack:
            # The scope stays open as long as the stream, so that whatever the provider opens is
            # nested in it; after the first event it has no deadline any more.
            scope = stack.enter_context(anyio.CancelScope())
            if attempt_s is not None:
                scope.deadline = anyio.current_time() + attempt_s
            stream = trial.deployment.provider.stream(trial.call.request)
            events = await stack.enter_async_context(stream)
            if hasattr(events, "aclose"):  # a generator that its provider does not close itself
                stack.push_async_callback(events.aclose)
            first = await anext(events, None)
            if first is None:
                raise MalformedReplyError(name, "the stream ended without an event")
            scope.deadline = float("inf")
            if not trial.began_to_answer():
                await anyio.sleep_forever()  # whoever was faster is going to have this cancelled
            return RoutedStream(stack.pop_all(), trial, events, first, stall_s=stall_s)
        raise ProviderTimeoutError(name, f"no event within {attempt_s} s")


class RoutedStream(AsyncIterator[StreamEvent]):
    """The events of a stream. Its context ends the attempt and closes the provider's stream."""

    def __init__(
        self,
        stack: AsyncExitStack,
        trial: Trial,
        events: AsyncIterator[StreamEvent],
        first: StreamEvent,
        *,
        stall_s: float | None,
    ) -> None:
        self._stack = stack
        self._trial = trial
        self._events = events
        self._first: StreamEvent | None = first
        self._stall_s = stall_s
        self._pieces: list[str] = []
        self._ended = False

    async def __anext__(self) -> StreamEvent:
        """Give the next event.

        Raises:
            StreamInterruptedError: The stream broke; it carries the text that had arrived.
        """
        if self._ended:
            raise StopAsyncIteration
        event, self._first = self._first, None
        try:
            if event is None:
                event = await self._next()
            if isinstance(event, Done):
                self._ended = True
                return Done(self._trial.answer(event.reply))
        except ProviderError as error:
            raise self._interrupted(error.reason) from error
        except Exception as error:
            raise self._interrupted(f"its provider raised {type(error).__qualname__}") from error
        if event is None:
            raise self._interrupted("it ended without its last event")
        if isinstance(event, TextDelta):
            self._pieces.append(event.text)
        return event

    async def _next(self) -> StreamEvent | None:
        if self._stall_s is None:
            return await anext(self._events, None)
        with anyio.move_on_after(self._stall_s):
            return await anext(self._events, None)
        raise ProviderTimeoutError(self._trial.deployment.name, f"silent for {self._stall_s} s")

    def _interrupted(self, reason: str) -> StreamInterruptedError:
        self._ended = True
        partial = "".join(self._pieces)
        error = StreamInterruptedError(partial, f"{self._trial.deployment.name!r}: {reason}")
        self._trial.fail(error, partial=partial)
        return error

    async def __aenter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._ended:
            self._ended = True
            partial = "".join(self._pieces)
            if error is None or isinstance(error, Exception):
                self._trial.abandon(partial=partial)
            else:
                self._trial.fail(error, partial=partial)
        await self._stack.__aexit__(kind, error, trace)


class PipedStream(AsyncIterator[StreamEvent]):
    """The events of a stream that another task reads, one at a time and not ahead."""

    def __init__(
        self,
        events: MemoryObjectReceiveStream[StreamEvent | StreamInterruptedError],
        reading: anyio.CancelScope,
    ) -> None:
        self._events = events
        self._reading = reading

    async def __anext__(self) -> StreamEvent:
        """Give the next event.

        Raises:
            StreamInterruptedError: As `RoutedStream`.
        """
        try:
            event = await self._events.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            raise StopAsyncIteration from None
        if isinstance(event, StreamInterruptedError):
            raise event
        return event

    async def __aenter__(self) -> AsyncIterator[StreamEvent]:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reading.cancel()


Opened = AbstractAsyncContextManager[AsyncIterator[StreamEvent]]
"""A stream that has begun; its context closes it."""

Opens = Callable[[], Awaitable[Opened | None]]
"""Open a stream, or give None where that fails."""


@asynccontextmanager
async def piped() -> AsyncIterator[Callable[[Opens], Awaitable[Opened | None]]]:
    """Have each stream opened and read in a task of its own, so that two can begin side by side.

    A stream belongs to the task in which it was opened: whatever its provider holds open has to be
    closed there. Leaving the context waits until all are closed.
    """
    failure: Exception | None = None
    async with anyio.create_task_group() as group:

        async def begin(opens: Opens) -> Opened | None:
            stream: Opened | None = await group.start(_read, opens)
            return stream

        try:
            yield begin
        except Exception as error:  # noqa: BLE001 -- the caller's own: the group would wrap it
            failure = error
    if failure is not None:
        raise failure


async def _read(opens: Opens, *, task_status: TaskStatus[PipedStream | None]) -> None:
    stream = await opens()
    if stream is None:
        task_status.started(None)
        return
    give, take = anyio.create_memory_object_stream[StreamEvent | StreamInterruptedError]()
    reading = anyio.CancelScope()
    async with stream as events:
        with give, take, reading:
            task_status.started(PipedStream(take, reading))
            try:
                async for event in events:
                    await give.send(event)
            except StreamInterruptedError as error:
                await give.send(error)
