"""Chat completions as they come: chunks to events. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from quantumlayer.messages import (
    Done,
    ModelReply,
    ModelRequest,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from quantumlayer.router.providers._chat import (
    call_id,
    estimated,
    stop_reason,
    usage_of,
    well_formed,
)

__all__ = ["ChatStream", "at_once"]


class ChatStream:
    """The reply that a stream of chunks adds up to.

    Attributes:
        done: Whether the server has said that the stream is over.
    """

    def __init__(self, request: ModelRequest, *, provider: str, model: str) -> None:
        self.done = False
        self._request = request
        self._provider = provider
        self._model = model
        self._id = ""
        self._text = _Text()
        self._calls: list[_Call] = []
        self._refused = False
        self._reason: Any = None
        self._usage: Usage | None = None

    @property
    def finished(self) -> bool:
        """Whether the server has said that, or why, it stopped: only then the reply is whole."""
        return self.done or self._reason is not None

    def take(self, chunk: Mapping[str, Any]) -> Iterator[TextDelta | ToolCallDelta]:
        """Take a chunk in, and give the events in it."""
        self._id = self._id or _string(chunk.get("id"))
        self._model = _string(chunk.get("model")) or self._model
        self._usage = usage_of(chunk) or self._usage
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, Mapping):
            return
        delta = choice.get("delta")
        if isinstance(delta, Mapping):
            yield from self._words(delta)
            calls = delta.get("tool_calls")
            for piece in calls if isinstance(calls, list) else ():
                if isinstance(piece, Mapping):
                    yield from self._call(piece)
        if choice.get("finish_reason"):
            self._reason = choice["finish_reason"]

    def rest(self) -> Iterator[TextDelta | ToolCallDelta]:
        """Give what was held back for want of its other half; the stream is over."""
        last = self._text.add("", end=True)
        if last:
            yield TextDelta(last)
        for index, call in enumerate(self._calls):
            last = call.arguments.add("", end=True)
            if last:
                yield ToolCallDelta(index, "", "", last)

    def reply(self) -> ModelReply:
        """The whole reply, as an answer that was not streamed would have had it."""
        text = self._text.whole()
        calls = tuple(ToolCall(call.id, call.name, call.arguments.whole()) for call in self._calls)
        return ModelReply(
            text,
            self._provider,
            self._model,
            calls,
            stop_reason(self._reason, refused=self._refused, calls=bool(calls)),
            self._usage or estimated(self._request, text, *(call.arguments for call in calls)),
            id=self._id,
        )

    def _words(self, delta: Mapping[str, Any]) -> Iterator[TextDelta]:
        refusal = _string(delta.get("refusal"))
        self._refused = self._refused or bool(refusal)
        piece = self._text.add(_string(delta.get("content")) + refusal)
        if piece:
            yield TextDelta(piece)

    def _call(self, piece: Mapping[str, Any]) -> Iterator[ToolCallDelta]:
        function = piece.get("function")
        function = function if isinstance(function, Mapping) else {}
        index = self._place(piece)
        is_first = index == len(self._calls)
        if is_first:
            name_of_call = _string(piece.get("id")) or call_id(self._id, index)
            self._calls.append(_Call(name_of_call, _string(function.get("name"))))
        call = self._calls[index]
        arguments = call.arguments.add(_string(function.get("arguments")))
        if is_first:
            yield ToolCallDelta(index, call.id, call.name, arguments)
        elif arguments:
            yield ToolCallDelta(index, "", "", arguments)

    def _place(self, piece: Mapping[str, Any]) -> int:
        """Which call a piece belongs to: by its index, else by its id, else the latest."""
        index = piece.get("index")
        if isinstance(index, int):
            return min(max(index, 0), len(self._calls))
        ids = [call.id for call in self._calls]
        piece_id = _string(piece.get("id"))
        if piece_id:
            return ids.index(piece_id) if piece_id in ids else len(ids)
        return max(len(ids) - 1, 0)


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
    id: str
    name: str
    arguments: _Text = field(default_factory=_Text)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
