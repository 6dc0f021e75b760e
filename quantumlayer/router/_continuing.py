"""Going on with a stream that broke: its words are handed to a model that takes them up."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace

from quantumlayer.errors import RouterError, StreamInterruptedError
from quantumlayer.messages import Done, StreamEvent, TextDelta, ToolCallDelta
from quantumlayer.router._stream import Opened

__all__ = ["continued"]


async def continued(
    stream: Opened, go_on: Callable[[str], Awaitable[Opened]], *, times: int
) -> AsyncGenerator[StreamEvent, None]:
    """Hand a stream on, and where it breaks the one that goes on with it.

    Only words can be taken up: a stream that breaks after a piece of a tool call stays broken.

    Args:
        stream: The stream.
        go_on: Opens one whose answer goes on where a text ends.
        times: How often at most.

    Raises:
        StreamInterruptedError: It broke for good; carries all that had arrived.
    """
    told = ""
    while True:
        try:
            async with stream as events:
                seam = _Seam(told)
                async for event in events:
                    fitted = seam.fit(event)
                    if isinstance(fitted, TextDelta):
                        told += fitted.text
                    elif isinstance(fitted, ToolCallDelta):
                        times = 0
                    if fitted is not None:
                        yield fitted
        except StreamInterruptedError as error:
            broken = error
        else:
            return
        if not times:
            raise StreamInterruptedError(told, broken.reason) from broken
        times -= 1
        try:
            stream = await go_on(told)
        except RouterError as error:
            reason = f"{broken.reason}; and nobody goes on with it: {error}"
            raise StreamInterruptedError(told, reason) from broken


class _Seam:
    """Fits an answer that goes on with what was told to it, as if both were of one piece.

    The model was given the text without the white space at its end (`Call.continuation`), so it may
    say that once more.
    """

    def __init__(self, told: str) -> None:
        self._told = told
        self._due = told[len(told.rstrip()) :]

    def fit(self, event: StreamEvent) -> StreamEvent | None:
        """The event as the caller is to see it, or None."""
        if not self._told:
            return event
        if isinstance(event, Done):
            return Done(replace(event.reply, text=self._told))
        if isinstance(event, TextDelta):
            text = event.text
            while self._due and text and text[0] == self._due[0]:
                text, self._due = text[1:], self._due[1:]
            if not text:
                return None
            self._due = ""
            self._told += text
            return TextDelta(text)
        return event
