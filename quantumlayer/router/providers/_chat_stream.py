"""Chat completions as they come: chunks to events. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quantumlayer.messages import (
    ModelReply,
    ModelRequest,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from quantumlayer.router.providers import _chat
from quantumlayer.router.providers._draft import Draft
from quantumlayer.router.providers._fields import mapping, mappings, string
from quantumlayer.router.providers._refusals import check_reported, refusal
from quantumlayer.router.providers._usage import estimated
from quantumlayer.router.providers._wire import (
    Delta,
    Documents,
    EventDocuments,
    Origin,
    Refused,
    ReplyStream,
)

__all__ = ["ChatStream", "ChatWire"]


class ChatWire:
    """Chat completions, as OpenAI and many others speak them.

    Args:
        origin: Whose they are.
        limit_field: Where the longest answer goes: `max_completion_tokens` or `max_tokens`.
        strict_schemas: Whether the server may be asked to hold the model to an output schema.
    """

    def __init__(self, origin: Origin, *, limit_field: str, strict_schemas: bool = True) -> None:
        self._origin = origin
        self._limit_field = limit_field
        self._strict_schemas = strict_schemas

    def path(self, *, stream: bool) -> str:
        """The same for both."""
        del stream
        return "/chat/completions"

    def encode(self, request: ModelRequest, *, stream: bool) -> bytes:
        """Make the body of a request."""
        return _chat.encode(
            request,
            self._origin.model,
            stream=stream,
            limit_field=self._limit_field,
            strict_schemas=self._strict_schemas,
        )

    def decode(self, document: Mapping[str, Any], request: ModelRequest) -> ModelReply:
        """Make a reply of a whole completion."""
        check_reported(document, self._origin)
        return _chat.decode(document, request, self._origin)

    def refused(self, answer: Refused, request: ModelRequest) -> ModelReply:
        """Raise what the status and the error document mean."""
        del request
        raise refusal(answer, self._origin)

    def documents(self) -> Documents:
        """Server-sent events, up to `[DONE]`."""
        return EventDocuments()

    def begin(self, request: ModelRequest) -> ReplyStream:
        """Begin to put the chunks together."""
        return ChatStream(self._origin, request)


class ChatStream:
    """The reply that a stream of chunks adds up to.

    Attributes:
        done: Never: the usage may follow the reason why the model stopped.
    """

    done: bool = False

    def __init__(self, origin: Origin, request: ModelRequest) -> None:
        self._origin = origin
        self._request = request
        self._model = origin.model
        self._draft = Draft()
        self._ids: list[str] = []
        self._refused = False
        self._reason: Any = None
        self._usage: Usage | None = None

    @property
    def finished(self) -> bool:
        """Whether the server has said why the model stopped: only then the reply is whole."""
        return self._reason is not None

    def take(self, chunk: Mapping[str, Any]) -> Iterator[Delta]:
        """Take a chunk in, and give the events in it.

        Raises:
            ProviderError: The chunk reports an error.
        """
        check_reported(chunk, self._origin)
        self._draft.id = self._draft.id or string(chunk.get("id"))
        self._model = string(chunk.get("model")) or self._model
        self._usage = _chat.usage_of(chunk) or self._usage
        for choice in mappings(chunk.get("choices"))[:1]:
            delta = mapping(choice.get("delta"))
            yield from self._words(delta)
            for piece in mappings(delta.get("tool_calls")):
                yield from self._call(piece)
            if choice.get("finish_reason"):
                self._reason = choice["finish_reason"]

    def rest(self) -> Iterator[Delta]:
        """Give what was held back for want of its other half; the stream is over."""
        yield from self._draft.rest()

    def reply(self) -> ModelReply:
        """The whole reply, as an answer that was not streamed would have had it."""
        text, calls = self._draft.text, self._draft.calls
        return self._draft.reply(
            provider=self._origin.provider,
            model=self._model,
            stop_reason=_chat.stop_reason(self._reason, refused=self._refused, calls=bool(calls)),
            usage=self._usage
            or estimated(self._request, text, *(call.arguments for call in calls)),
        )

    def _words(self, delta: Mapping[str, Any]) -> Iterator[TextDelta]:
        refusal_text = string(delta.get("refusal"))
        self._refused = self._refused or bool(refusal_text)
        yield from self._draft.say(string(delta.get("content")) + refusal_text)

    def _call(self, piece: Mapping[str, Any]) -> Iterator[ToolCallDelta]:
        function = mapping(piece.get("function"))
        arguments = string(function.get("arguments"))
        index = self._place(piece)
        if index in self._draft:
            yield from self._draft.argue(index, arguments)
            return
        given_id = string(piece.get("id"))
        self._ids.append(given_id)
        name = string(function.get("name"))
        yield from self._draft.begin(index, name, given_id=given_id, arguments=arguments)

    def _place(self, piece: Mapping[str, Any]) -> int:
        """Which call a piece belongs to: by its index, else by its id, else the latest."""
        index = piece.get("index")
        if isinstance(index, int):
            return min(max(index, 0), len(self._ids))
        given_id = string(piece.get("id"))
        if given_id:
            return self._ids.index(given_id) if given_id in self._ids else len(self._ids)
        return max(len(self._ids) - 1, 0)
