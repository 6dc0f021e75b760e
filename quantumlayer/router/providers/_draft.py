"""A reply in the making: pieces in, events out. No I/O."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from quantumlayer.messages import (
    Done,
    ModelReply,
    StopReason,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from quantumlayer.router.providers._fields import well_formed

__all__ = ["Draft", "at_once", "call_id"]


class Draft:
    """The text and the tool calls that a stream adds up to.

    Surrogate halves that come in two pieces are joined before they are shown.

    Attributes:
        id: The provider's id of the reply, empty until it is known.
    """

    def __init__(self) -> None:
        self.id = ""
        self._text = _Text()
        self._calls: dict[Hashable, _Call] = {}

    @property
    def text(self) -> str:
        """Everything that was shown."""
        return self._text.whole()

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tool calls, in the order in which they began."""
        return tuple(
            ToolCall(call.id, call.name, call.arguments.whole()) for call in self._calls.values()
        )

    def __contains__(self, key: Hashable) -> bool:
        """Whether a tool call has begun."""
        return key in self._calls

    def say(self, piece: str) -> Iterator[TextDelta]:
        """Take words in."""
        shown = self._text.add(piece)
        if shown:
            yield TextDelta(shown)

    def begin(
        self, key: Hashable, name: str, *, given_id: str = "", arguments: str = ""
    ) -> Iterator[ToolCallDelta]:
        """Begin a tool call.

        Args:
            key: What its further pieces are known by.
            name: The tool.
            given_id: The call's id; without one it gets one of its reply and place.
            arguments: The first piece of its arguments.
        """
        index = len(self._calls)
        call = self._calls[key] = _Call(index, given_id or call_id(self.id, index), name)
        yield ToolCallDelta(index, call.id, name, call.arguments.add(arguments))

    def argue(self, key: Hashable, piece: str) -> Iterator[ToolCallDelta]:
        """Take a further piece of a call's arguments in; of a call that never began, nothing."""
        call = self._calls.get(key)
        shown = call.arguments.add(piece) if call else ""
        if call and shown:
            yield ToolCallDelta(call.index, "", "", shown)

    def catch_up(self, key: Hashable, arguments: str) -> Iterator[ToolCallDelta]:
        """Give what is missing of a call's arguments, now that they are known as a whole."""
        shown = self._calls[key].arguments.whole()
        if arguments.startswith(shown):
            yield from self.argue(key, arguments[len(shown) :])

    def settle(self, key: Hashable) -> Iterator[ToolCallDelta]:
        """Take in that a call's arguments are whole: those that are nothing are an empty object."""
        if key in self._calls and not self._calls[key].arguments.whole():
            yield from self.argue(key, "{}")

    def rest(self) -> Iterator[TextDelta | ToolCallDelta]:
        """Give what was held back for want of its other half; the stream is over."""
        last = self._text.add("", end=True)
        if last:
            yield TextDelta(last)
        for call in self._calls.values():
            last = call.arguments.add("", end=True)
            if last:
                yield ToolCallDelta(call.index, "", "", last)

    def reply(
        self, *, provider: str, model: str, stop_reason: StopReason, usage: Usage
    ) -> ModelReply:
        """The whole reply, as an answer that was not streamed would have had it."""
        return ModelReply(self.text, provider, model, self.calls, stop_reason, usage, id=self.id)


def call_id(reply_id: str, index: int) -> str:
    """An id for a tool call whose server gave none: told apart by reply and place."""
    return f"call_{reply_id}_{index}" if reply_id else f"call_{index}"


def at_once(reply: ModelReply) -> Iterator[StreamEvent]:
    """The events of a reply that came whole although a stream was asked for."""
    if reply.text:
        yield TextDelta(reply.text)
    for index, call in enumerate(reply.tool_calls):
        yield ToolCallDelta(index, call.id, call.name, call.arguments)
    yield Done(reply)


class _Text:
    """A text from pieces. The first half of a surrogate pair waits for the second."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._half = ""

    def add(self, piece: str, *, end: bool = False) -> str:
        """Take a piece in, and give what can be shown by now."""
        text = self._half + piece
        self._half = ""
        if text and "\ud800" <= text[-1] <= "\udbff" and not end:
            text, self._half = text[:-1], text[-1]
        text = well_formed(text)
        self._pieces.append(text)
        return text

    def whole(self) -> str:
        """Everything that was shown."""
        return "".join(self._pieces)


@dataclass(slots=True)
class _Call:
    index: int
    id: str
    name: str
    arguments: _Text = field(default_factory=_Text)
