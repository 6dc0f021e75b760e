"""Anthropic's Messages API as it comes: events to events. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quantumlayer.messages import ModelReply, ModelRequest
from quantumlayer.router._card import ModelCard
from quantumlayer.router.providers import _messages
from quantumlayer.router.providers._draft import Draft
from quantumlayer.router.providers._fields import arguments_text, integer, mapping, string
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

__all__ = ["MessagesStream", "MessagesWire"]


class MessagesWire:
    """Anthropic's Messages API.

    Args:
        origin: Whose messages these are.
        card: What is known of the model.
    """

    def __init__(self, origin: Origin, card: ModelCard) -> None:
        self._origin = origin
        self._card = card

    def path(self, *, stream: bool) -> str:
        """The same for both."""
        del stream
        return "/v1/messages"

    def encode(self, request: ModelRequest, *, stream: bool) -> bytes:
        """Make the body of a request."""
        return _messages.encode(request, self._origin.model, self._card, stream=stream)

    def decode(self, document: Mapping[str, Any], request: ModelRequest) -> ModelReply:
        """Make a reply of a whole message."""
        check_reported(document, self._origin)
        return _messages.decode(document, request, self._origin)

    def refused(self, answer: Refused, request: ModelRequest) -> ModelReply:
        """Raise what the status and the error document mean."""
        del request
        raise refusal(answer, self._origin)

    def documents(self) -> Documents:
        """Server-sent events."""
        return EventDocuments()

    def begin(self, request: ModelRequest) -> ReplyStream:
        """Begin to put the events together."""
        return MessagesStream(self._origin, request)


class MessagesStream:
    """The reply that a stream of events adds up to; events of unknown types are passed over."""

    def __init__(self, origin: Origin, request: ModelRequest) -> None:
        self._origin = origin
        self._request = request
        self._model = origin.model
        self._draft = Draft()
        self._reason: Any = None
        self._counts: dict[str, Any] = {}
        self._ended = False

    @property
    def done(self) -> bool:
        """Whether `message_stop` has come."""
        return self._ended

    @property
    def finished(self) -> bool:
        """Whether the server has said that, or why, the model stopped."""
        return self._ended or self._reason is not None

    def take(self, document: Mapping[str, Any]) -> Iterator[Delta]:
        """Take an event in, and give the events in it.

        Raises:
            ProviderError: The event reports an error.
        """
        check_reported(document, self._origin)
        kind, key = document.get("type"), integer(document.get("index"))
        if kind == "message_start":
            self._start(mapping(document.get("message")))
        elif kind == "content_block_start":
            yield from self._block(key, mapping(document.get("content_block")))
        elif kind == "content_block_delta":
            delta = mapping(document.get("delta"))
            yield from self._draft.say(string(delta.get("text")))
            yield from self._draft.argue(key, string(delta.get("partial_json")))
        elif kind == "content_block_stop":
            yield from self._draft.settle(key)
        elif kind == "message_delta":
            self._reason = mapping(document.get("delta")).get("stop_reason") or self._reason
            self._count(document.get("usage"))
        elif kind == "message_stop":
            self._ended = True

    def rest(self) -> Iterator[Delta]:
        """Give what was held back for want of its other half; the stream is over."""
        yield from self._draft.rest()

    def reply(self) -> ModelReply:
        """The whole reply, as an answer that was not streamed would have had it."""
        text, calls = self._draft.text, self._draft.calls
        return self._draft.reply(
            provider=self._origin.provider,
            model=self._model,
            stop_reason=_messages.stop_reason(self._reason, calls=bool(calls)),
            usage=_messages.usage_of(self._counts)
            or estimated(self._request, text, *(call.arguments for call in calls)),
        )

    def _start(self, message: Mapping[str, Any]) -> None:
        self._draft.id = string(message.get("id"))
        self._model = string(message.get("model")) or self._model
        self._count(message.get("usage"))

    def _count(self, counts: Any) -> None:
        """Later counts stand for earlier ones, where they say something."""
        self._counts |= {key: value for key, value in mapping(counts).items() if value is not None}

    def _block(self, key: int, block: Mapping[str, Any]) -> Iterator[Delta]:
        if block.get("type") == "text":
            yield from self._draft.say(string(block.get("text")))
        elif block.get("type") == "tool_use":
            name, given_id = string(block.get("name")), string(block.get("id"))
            yield from self._draft.begin(key, name, given_id=given_id)
            arguments = mapping(block.get("input"))  # of some servers whole, of Anthropic's empty
            if arguments:
                yield from self._draft.argue(key, arguments_text(arguments))
