"""Amazon Bedrock's Converse as it comes: frames to events. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quantumlayer.messages import ModelReply, ModelRequest, Usage
from quantumlayer.router._card import ModelCard
from quantumlayer.router.providers import _converse
from quantumlayer.router.providers._amazon import amazon_refusal, reported_exception
from quantumlayer.router.providers._draft import Draft
from quantumlayer.router.providers._eventstream import EventStreamDecoder, StreamMessage
from quantumlayer.router.providers._fields import integer, mapping, parse_object, string
from quantumlayer.router.providers._usage import estimated
from quantumlayer.router.providers._wire import Delta, Documents, Origin, Refused, ReplyStream

__all__ = ["ConverseStream", "ConverseWire"]


class ConverseWire:
    """Amazon Bedrock's Converse.

    Args:
        origin: Whose answers these are.
        card: What is known of the model.
        path: The model's own path, percent-encoded.
    """

    def __init__(self, origin: Origin, card: ModelCard, path: str) -> None:
        self._origin = origin
        self._card = card
        self._path = path

    def path(self, *, stream: bool) -> str:
        """The model, and what is asked of it."""
        return f"{self._path}/{'converse-stream' if stream else 'converse'}"

    def encode(self, request: ModelRequest, *, stream: bool) -> bytes:
        """Make the body of a request, the same for both."""
        del stream
        return _converse.encode(request, self._card, self._origin)

    def decode(self, document: Mapping[str, Any], request: ModelRequest) -> ModelReply:
        """Make a reply of a whole answer."""
        return _converse.decode(document, request, self._origin)

    def refused(self, answer: Refused, request: ModelRequest) -> ModelReply:
        """Raise what the status and the exception mean."""
        del request
        raise amazon_refusal(answer, self._origin)

    def documents(self) -> Documents:
        """Frames of an event stream."""
        return FrameDocuments(self._origin)

    def begin(self, request: ModelRequest) -> ReplyStream:
        """Begin to put the events together."""
        return ConverseStream(self._origin, request)


class FrameDocuments:
    """The documents of an event stream, each under the name of its event.

    Attributes:
        done: Never: nothing but the end of the stream says that nothing follows.
    """

    done = False

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._decoder = EventStreamDecoder()

    def feed(self, chunk: bytes) -> Iterator[Mapping[str, Any]]:
        """Take a chunk in, and give the documents that it completes."""
        for message in self._decoder.feed(chunk):
            yield self._document(message)

    def finish(self) -> Iterator[Mapping[str, Any]]:
        """Nothing: a frame that is not whole is lost, and so is what was to follow."""
        return iter(())

    def _document(self, message: StreamMessage) -> Mapping[str, Any]:
        headers = {name: str(value) for name, value in message.headers.items()}
        kind = headers.get(":message-type", "event")
        if kind == "exception":
            name = headers.get(":exception-type", "")
            raise reported_exception(name, message.payload, self._origin)
        if kind == "error":
            name, reason = headers.get(":error-code", ""), headers.get(":error-message", "")
            raise reported_exception(name, reason.encode(), self._origin)
        return {headers.get(":event-type", ""): parse_object(message.payload)}


class ConverseStream:
    """The reply that a stream of events adds up to; events of unknown types are passed over."""

    def __init__(self, origin: Origin, request: ModelRequest) -> None:
        self._origin = origin
        self._request = request
        self._draft = Draft()
        self._reason: Any = None
        self._usage: Usage | None = None
        self._ended = False

    @property
    def done(self) -> bool:
        """Whether the usage has come, which follows the reason."""
        return self._ended

    @property
    def finished(self) -> bool:
        """Whether the server has said why the model stopped."""
        return self._reason is not None

    def take(self, document: Mapping[str, Any]) -> Iterator[Delta]:
        """Take an event in, and give the events in it."""
        for kind, value in document.items():
            event = mapping(value)
            key = integer(event.get("contentBlockIndex"))
            if kind == "contentBlockStart":
                yield from self._begin(key, mapping(mapping(event.get("start")).get("toolUse")))
            elif kind == "contentBlockDelta":
                delta = mapping(event.get("delta"))
                yield from self._draft.say(string(delta.get("text")))
                piece = string(mapping(delta.get("toolUse")).get("input"))
                yield from self._draft.argue(key, piece)
            elif kind == "contentBlockStop":
                yield from self._draft.settle(key)
            elif kind == "messageStop":
                self._reason = event.get("stopReason")
            elif kind == "metadata":
                self._usage = _converse.usage_of(event.get("usage"))
                self._ended = True

    def rest(self) -> Iterator[Delta]:
        """Give what was held back for want of its other half; the stream is over."""
        yield from self._draft.rest()

    def reply(self) -> ModelReply:
        """The whole reply, as an answer that was not streamed would have had it."""
        text, calls = self._draft.text, self._draft.calls
        return self._draft.reply(
            provider=self._origin.provider,
            model=self._origin.model,
            stop_reason=_converse.stop_reason(self._reason, calls=bool(calls)),
            usage=self._usage
            or estimated(self._request, text, *(call.arguments for call in calls)),
        )

    def _begin(self, key: int, use: Mapping[str, Any]) -> Iterator[Delta]:
        """A call has begun, unless it is one that Bedrock itself answers."""
        if use and use.get("type") != "server_tool_use":
            given_id = string(use.get("toolUseId"))
            yield from self._draft.begin(key, string(use.get("name")), given_id=given_id)
