"""What a wire format is to an adapter: bytes and documents on one side, values on the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from quantumlayer.messages import ModelReply, ModelRequest, TextDelta, ToolCallDelta
from quantumlayer.router.providers._fields import parse_object
from quantumlayer.router.providers._secret import Redactor
from quantumlayer.router.providers._sse import EventDecoder, ServerSentEvent

__all__ = ["Delta", "Documents", "EventDocuments", "Origin", "Refused", "ReplyStream", "Wire"]

Delta = TextDelta | ToolCallDelta

_DONE = b"[DONE]"


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose answers these are, for replies and errors.

    Attributes:
        deployment: Name of the deployment.
        provider: As in OpenTelemetry's `gen_ai.provider.name`.
        model: As the provider names it.
        secret: What must not be quoted.
    """

    deployment: str
    provider: str
    model: str
    secret: Redactor


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer whose status is not 200.

    Attributes:
        status: The HTTP status.
        headers: The headers, by lower-case name.
        body: The body, JSON or not.
        unix_s: When it came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    unix_s: float


class Documents(Protocol):
    """The JSON documents of a stream of bytes, however the bytes were cut.

    Attributes:
        done: Whether the stream has said that nothing follows.
    """

    done: bool

    def feed(self, chunk: bytes) -> Iterator[Mapping[str, Any]]:
        """Take a chunk in, and give the documents that it completes.

        Raises:
            ValueError: The bytes are not in the stream's format.
            ProviderError: The stream reports an error.
        """
        ...

    def finish(self) -> Iterator[Mapping[str, Any]]:
        """Give what is left at the end of the bytes; raises as `feed`."""
        ...


class ReplyStream(Protocol):
    """The reply that a stream of documents adds up to."""

    @property
    def done(self) -> bool:
        """Whether nothing of worth follows."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the provider has said that, or why, it stopped: only then the reply is whole."""
        ...

    def take(self, document: Mapping[str, Any]) -> Iterator[Delta]:
        """Take a document in, and give the events in it.

        Raises:
            ProviderError: The document reports an error.
        """
        ...

    def rest(self) -> Iterator[Delta]:
        """Give what was held back; the stream is over."""
        ...

    def reply(self) -> ModelReply:
        """The whole reply, as an answer that was not streamed would have had it."""
        ...


class Wire(Protocol):
    """A wire format as one deployment speaks it. It does no I/O."""

    def path(self, *, stream: bool) -> str:
        """Where requests go, behind the base URL."""
        ...

    def encode(self, request: ModelRequest, *, stream: bool) -> bytes:
        """Make the body of a request; options that are not set are left to the server.

        Raises:
            InvalidRequestError: The format has no way to say this.
        """
        ...

    def decode(self, document: Mapping[str, Any], request: ModelRequest) -> ModelReply:
        """Make a reply of the document of an answer that was not streamed.

        Raises:
            ValueError: The document is no answer; the text says what is missing.
            ProviderError: The document reports an error.
        """
        ...

    def refused(self, answer: Refused, request: ModelRequest) -> ModelReply:
        """Make an error of an answer whose status is not 200, or a reply where one is in it.

        Raises:
            ProviderError: There is none, as is the rule.
        """
        ...

    def documents(self) -> Documents:
        """Begin to read the bytes of a stream."""
        ...

    def begin(self, request: ModelRequest) -> ReplyStream:
        """Begin to put a streamed reply together."""
        ...


class EventDocuments:
    """The documents of server-sent events, up to `[DONE]`, which may be missing."""

    def __init__(self) -> None:
        self.done = False
        self._decoder = EventDecoder()

    def feed(self, chunk: bytes) -> Iterator[Mapping[str, Any]]:
        """Take a chunk in, and give the documents that it completes."""
        yield from self._parsed(self._decoder.feed(chunk))

    def finish(self) -> Iterator[Mapping[str, Any]]:
        """Give the last document where the stream ended without the blank line behind it."""
        yield from self._parsed(self._decoder.finish())

    def _parsed(self, events: Iterator[ServerSentEvent]) -> Iterator[Mapping[str, Any]]:
        for event in events:
            self.done = self.done or event.data == _DONE
            if self.done:
                return
            yield parse_object(event.data)
