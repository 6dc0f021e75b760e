"""What all adapters have in common: one endpoint, one wire format, questions and answers."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from quantumlayer.errors import MalformedReplyError, ProviderUnavailableError
from quantumlayer.messages import Done, ModelReply, ModelRequest, StreamEvent
from quantumlayer.router._card import ModelCard
from quantumlayer.router._catalog import Catalog
from quantumlayer.router._limits import Headroom
from quantumlayer.router.providers._credentials import Credential
from quantumlayer.router.providers._draft import at_once
from quantumlayer.router.providers._fields import parse_object
from quantumlayer.router.providers._headroom import headroom
from quantumlayer.router.providers._wire import Origin, Refused, ReplyStream, Wire

if TYPE_CHECKING:
    import httpx

    from quantumlayer.router.providers._http import Answer, Response

__all__ = ["OK", "Adapter"]

OK = 200

# A server that does not know `stream` answers at once; a page is a proxy's that wants a sign-in.
_NO_STREAM = frozenset({"application/json", "text/html"})

# How long the end of a finished stream is waited for, so that its connection can be used again.
_DRAIN_S = 0.25


class Adapter(ABC):
    """One model at one endpoint with one credential. Nothing is retried here.

    Attributes:
        provider: Who serves the model, as in OpenTelemetry's `gen_ai.provider.name`.
        model: The model as the provider names it.
        name: Name of the deployment.
        card: Price and limits that the catalog does not know, or None.
        headroom: What the latest answer said about the provider's limits, or None.
    """

    def __init__(  # noqa: PLR0913 -- what its subclasses are given, and what they add
        self,
        model: str,
        *,
        provider: str,
        base_url: str,
        credential: Credential,
        name: str | None,
        card: ModelCard | None,
        client: httpx.AsyncClient | None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        from quantumlayer.router.providers._http import Endpoint  # noqa: PLC0415 -- loads httpx

        self.provider = provider
        self.model = model
        self.name = name or f"{provider}/{model}"
        self.card = card
        self.headroom: Headroom | None = None
        self._origin = Origin(self.name, provider, model, credential)
        self._endpoint = Endpoint(
            self.name, base_url=base_url, credential=credential, client=client, headers=headers
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.model!r}, name={self.name!r})"

    @abstractmethod
    def _wire(self, request: ModelRequest) -> Wire:
        """The wire format in which this request is asked."""

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Ask, and wait for the whole answer. If cancelled, the connection is dropped.

        Raises:
            ProviderError: The provider refused, failed, or answered something else.
        """
        wire = self._wire(request)
        body = wire.encode(request, stream=False)
        try:
            answer = await self._endpoint.fetch(wire.path(stream=False), body)
            self._listen(answer.headers)
            return self._reply(wire, request, answer)
        except ValueError as error:
            raise MalformedReplyError(self.name, str(error)) from error

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        """Ask, and read the answer as it comes. Leaving early drops the connection.

        Raises:
            ProviderError: As `complete`; also on asking for the next event.
        """
        wire = self._wire(request)
        body = wire.encode(request, stream=True)
        async with self._endpoint.post(wire.path(stream=True), body) as response:
            self._listen(response.headers)
            if response.status != OK or response.media_type in _NO_STREAM:
                try:
                    whole = self._reply(wire, request, await response.read())
                except ValueError as error:
                    raise MalformedReplyError(self.name, str(error)) from error
                async with aclosing(_replayed(whole)) as events:
                    yield events
                return
            reply = wire.begin(request)
            async with aclosing(self._events(wire, reply, response)) as events:
                yield events
            if reply.finished:
                with anyio.move_on_after(_DRAIN_S):
                    await response.drain()

    def _listen(self, headers: Mapping[str, str]) -> None:
        """Take in what an answer says about the provider's limits."""
        said = headroom(headers, unix_s=time.time())
        if said is not None:
            self.headroom = said

    async def _gathered(self, request: ModelRequest) -> ModelReply:
        """Wait for the whole answer, and read it as it comes."""
        async with self.stream(request) as events:
            [reply] = [event.reply async for event in events if isinstance(event, Done)]
        return reply

    def _known_card(self) -> ModelCard:
        """What is known of the model: what was given, else what the shipped catalog has."""
        known = self.card or Catalog.shipped().find(self.provider, self.model)
        return known or ModelCard()

    async def aclose(self) -> None:
        """Close the HTTP client, unless it was handed in. The next request makes another one."""
        await self._endpoint.aclose()

    def _reply(self, wire: Wire, request: ModelRequest, answer: Answer) -> ModelReply:
        """Read a whole answer.

        Raises:
            ValueError: It is none; the text says what is missing.
            ProviderError: It refuses, or reports an error.
        """
        if answer.status != OK:
            refused = Refused(answer.status, answer.headers, answer.body, time.time())
            return wire.refused(refused, request)
        return wire.decode(parse_object(answer.body), request)

    async def _events(
        self, wire: Wire, reply: ReplyStream, response: Response
    ) -> AsyncGenerator[StreamEvent, None]:
        documents = wire.documents()
        try:
            async for chunk in response.chunks():
                for document in documents.feed(chunk):
                    for delta in reply.take(document):
                        yield delta
                if documents.done or reply.done:
                    break
            else:
                for document in documents.finish():
                    for delta in reply.take(document):
                        yield delta
        except ValueError as error:
            raise MalformedReplyError(self.name, str(error)) from error
        for delta in reply.rest():
            yield delta
        if not (documents.done or reply.finished):
            raise ProviderUnavailableError(self.name, "the stream ended before the answer did")
        yield Done(reply.reply())


async def _replayed(reply: ModelReply) -> AsyncGenerator[StreamEvent, None]:
    for event in at_once(reply):
        yield event
