"""Any server that speaks OpenAI's chat completions: OpenAI, vLLM, Ollama, llama.cpp and others."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio

from quantumlayer.errors import MalformedReplyError, ProviderUnavailableError
from quantumlayer.messages import (
    Done,
    ModelReply,
    ModelRequest,
    StreamEvent,
    TextDelta,
    ToolCallDelta,
)
from quantumlayer.router._card import ModelCard
from quantumlayer.router.providers import _chat
from quantumlayer.router.providers._chat_stream import ChatStream, at_once
from quantumlayer.router.providers._refusals import refusal, reported_error
from quantumlayer.router.providers._secret import Secret
from quantumlayer.router.providers._sse import EventDecoder, ServerSentEvent

if TYPE_CHECKING:
    import httpx

    from quantumlayer.router.providers._http import Response

__all__ = ["OpenAICompatible"]

_OK = 200
_PATH = "/chat/completions"
_DONE = b"[DONE]"

# How long the end of a finished stream is waited for, so that its connection can be used again.
_DRAIN_S = 0.25


class OpenAICompatible:
    """One model at one server that speaks OpenAI's chat completions.

    Sends texts, images, tools and output schemas; leaves `Data` parts out. Errors become
    `ProviderError`s; nothing is retried here.

    Args:
        model: The model as the server names it.
        base_url: What `/chat/completions` is appended to, such as `http://127.0.0.1:11434/v1`.
        api_key: The bearer token; it never shows in a repr, an error or a log.
        provider: Whose server it is, for the catalog and for telemetry, such as `groq`.
        name: Name of the deployment, where `provider/model` would not be unique.
        card: Price and limits that the catalog does not know.
        client: An `httpx.AsyncClient`, or one with the same surface, to use instead of an own one.

    Raises:
        RouterConfigError: The URL is not plain http or https.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str | None = None,
        provider: str = "openai_compatible",
        name: str | None = None,
        card: ModelCard | None = None,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        from quantumlayer.router.providers._http import Endpoint  # noqa: PLC0415 -- loads httpx

        self.provider = provider
        self.model = model
        self.name = name or f"{provider}/{model}"
        self.card = card
        self._secret = Secret(api_key)
        self._endpoint = Endpoint(self.name, base_url=base_url, secret=self._secret, client=client)
        # OpenAI's newer models refuse the old name; most other servers know only that.
        self._limit_field = "max_completion_tokens" if provider == "openai" else "max_tokens"

    def __repr__(self) -> str:
        return f"OpenAICompatible({self.model!r}, name={self.name!r})"

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Ask, and wait for the whole answer. If cancelled, the connection is dropped.

        Raises:
            ProviderError: The server refused, failed, or answered something else.
        """
        body = self._encode(request, stream=False)
        async with self._endpoint.post(_PATH, body) as response:
            await self._check(response)
            return self._whole(request, await self._read(response))

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        """Ask, and read the answer as it comes. Leaving early drops the connection.

        Raises:
            ProviderError: As `complete`; also on asking for the next event.
        """
        body = self._encode(request, stream=True)
        async with self._endpoint.post(_PATH, body) as response:
            await self._check(response)
            chat = ChatStream(request, provider=self.provider, model=self.model)
            async with aclosing(self._events(chat, request, response)) as events:
                yield events
            if chat.finished:
                with anyio.move_on_after(_DRAIN_S):
                    await response.drain()

    async def aclose(self) -> None:
        """Close the HTTP client, unless it was handed in. The next request makes another one."""
        await self._endpoint.aclose()

    def _encode(self, request: ModelRequest, *, stream: bool) -> bytes:
        return _chat.encode(request, self.model, stream=stream, limit_field=self._limit_field)

    async def _check(self, response: Response) -> None:
        if response.status != _OK:
            raise refusal(
                self.name,
                status=response.status,
                headers=response.headers,
                body=await self._read(response),
                secret=self._secret,
                unix_s=time.time(),
            )

    async def _read(self, response: Response) -> bytes:
        try:
            return await response.read()
        except ValueError as error:
            raise MalformedReplyError(self.name, str(error)) from error

    def _whole(self, request: ModelRequest, body: bytes) -> ModelReply:
        try:
            document = self._parse(body)
            return _chat.decode(document, request, provider=self.provider, model=self.model)
        except ValueError as error:
            raise MalformedReplyError(self.name, str(error)) from error

    async def _events(
        self, chat: ChatStream, request: ModelRequest, response: Response
    ) -> AsyncGenerator[StreamEvent, None]:
        if response.media_type == "application/json":  # the server does not know `stream`
            for event in at_once(self._whole(request, await self._read(response))):
                yield event
            return
        decoder = EventDecoder()
        try:
            async for chunk in response.chunks():
                for delta in self._take(chat, decoder.feed(chunk)):
                    yield delta
                if chat.done:
                    break
            for delta in self._take(chat, decoder.finish()):
                yield delta
        except ValueError as error:
            raise MalformedReplyError(self.name, str(error)) from error
        for delta in chat.rest():
            yield delta
        if not chat.finished:
            raise ProviderUnavailableError(self.name, "the stream ended before the answer did")
        yield Done(chat.reply())

    def _take(
        self, chat: ChatStream, events: Iterator[ServerSentEvent]
    ) -> Iterator[TextDelta | ToolCallDelta]:
        """Give the pieces in some events; nothing behind `[DONE]`, which may be missing."""
        for event in events:
            chat.done = chat.done or event.data == _DONE
            if chat.done:
                return
            yield from chat.take(self._parse(event.data))

    def _parse(self, data: bytes) -> Mapping[str, Any]:
        """Parse a JSON object.

        Raises:
            ValueError: It is none.
            ProviderError: It is one, and reports an error.
        """
        try:
            document = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ValueError("the answer is not JSON") from error
        if not isinstance(document, dict):
            raise ValueError("the answer is no JSON object")  # noqa: TRY004 -- bad data, no bad type
        if document.get("error"):
            raise reported_error(self.name, document, secret=self._secret)
        return document
