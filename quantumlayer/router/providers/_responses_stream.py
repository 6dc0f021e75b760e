"""OpenAI's Responses API as it comes: events to events. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quantumlayer.messages import ModelReply, ModelRequest
from quantumlayer.router.providers import _responses
from quantumlayer.router.providers._draft import Draft
from quantumlayer.router.providers._fields import integer, mapping, string
from quantumlayer.router.providers._refusals import check_reported, refusal, reported_error
from quantumlayer.router.providers._usage import estimated
from quantumlayer.router.providers._wire import (
    Delta,
    Documents,
    EventDocuments,
    Origin,
    Refused,
    ReplyStream,
)

__all__ = ["ResponsesStream", "ResponsesWire"]


class ResponsesWire:
    """OpenAI's Responses API."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def path(self, *, stream: bool) -> str:
        """The same for both."""
        del stream
        return "/responses"

    def encode(self, request: ModelRequest, *, stream: bool) -> bytes:
        """Make the body of a request."""
        return _responses.encode(request, self._origin.model, stream=stream)

    def decode(self, document: Mapping[str, Any], request: ModelRequest) -> ModelReply:
        """Make a reply of a whole response; one that failed carries its error."""
        check_reported(document, self._origin)
        return _responses.decode(document, request, self._origin)

    def refused(self, answer: Refused, request: ModelRequest) -> ModelReply:
        """Raise what the status and the error document mean."""
        del request
        raise refusal(answer, self._origin)

    def documents(self) -> Documents:
        """Server-sent events."""
        return EventDocuments()

    def begin(self, request: ModelRequest) -> ReplyStream:
        """Begin to put the events together."""
        return ResponsesStream(self._origin, request)


_LAST = frozenset({"response.completed", "response.incomplete", "response.failed"})


class ResponsesStream:
    """The reply that a stream of events adds up to; events of unknown types are passed over."""

    def __init__(self, origin: Origin, request: ModelRequest) -> None:
        self._origin = origin
        self._request = request
        self._draft = Draft()
        self._refused = False
        self._response: Mapping[str, Any] = {}
        self._ended = False

    @property
    def done(self) -> bool:
        """Whether the last event has come."""
        return self._ended

    @property
    def finished(self) -> bool:
        """Whether the last event has come, which says why the model stopped."""
        return self._ended

    def take(self, document: Mapping[str, Any]) -> Iterator[Delta]:
        """Take an event in, and give the events in it.

        Raises:
            ProviderError: The event reports an error.
        """
        check_reported(document, self._origin)
        kind = string(document.get("type"))
        if kind == "error":
            raise reported_error(document, self._origin)
        if isinstance(document.get("response"), Mapping):
            self._know(document["response"], last=kind in _LAST)
        if kind == "response.output_text.delta":
            yield from self._draft.say(string(document.get("delta")))
        elif kind == "response.refusal.delta":
            self._refused = True
            yield from self._draft.say(string(document.get("delta")))
        elif kind == "response.function_call_arguments.delta":
            key = integer(document.get("output_index"))
            yield from self._draft.argue(key, string(document.get("delta")))
        elif kind in {"response.output_item.added", "response.output_item.done"}:
            key = integer(document.get("output_index"))
            yield from self._item(key, mapping(document.get("item")))

    def rest(self) -> Iterator[Delta]:
        """Give what was held back for want of its other half; the stream is over."""
        yield from self._draft.rest()

    def reply(self) -> ModelReply:
        """The whole reply, as an answer that was not streamed would have had it."""
        text, calls = self._draft.text, self._draft.calls
        return self._draft.reply(
            provider=self._origin.provider,
            model=string(self._response.get("model")) or self._origin.model,
            stop_reason=_responses.stop_reason(
                self._response, refused=self._refused, calls=bool(calls)
            ),
            usage=_responses.usage_of(self._response)
            or estimated(self._request, text, *(call.arguments for call in calls)),
        )

    def _know(self, response: Mapping[str, Any], *, last: bool) -> None:
        check_reported(response, self._origin)
        self._response = response
        self._draft.id = self._draft.id or string(response.get("id"))
        self._ended = self._ended or last

    def _item(self, key: int, item: Mapping[str, Any]) -> Iterator[Delta]:
        """A call has begun, or is whole."""
        if item.get("type") != "function_call":
            return
        if key not in self._draft:
            given_id = string(item.get("call_id")) or string(item.get("id"))
            yield from self._draft.begin(key, string(item.get("name")), given_id=given_id)
        yield from self._draft.catch_up(key, string(item.get("arguments")))
