"""The one module that speaks HTTP, by what `_carriers` carries.

It uses httpx, or a client handed in: httpx's own or one with the same surface, as httpx2 has. With
the extra `fast`, what no client was handed in for is carried by aiohttp on asyncio.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
from anyio.lowlevel import current_token

from quantumlayer.errors import (
    MalformedReplyError,
    ProviderError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    RouterConfigError,
)
from quantumlayer.router.providers._carriers import (
    Carried,
    Carrier,
    Failures,
    HttpxCarrier,
    aiohttp_carrier,
    has_aiohttp,
    is_aiohttp,
)
from quantumlayer.router.providers._credentials import Credential, Outgoing, Token

__all__ = ["Answer", "Endpoint", "Response"]

# Longest body that is read into memory: far above any model's answer, far below the memory.
_MAX_BODY_BYTES = 64 * 1024 * 1024


class Answer(NamedTuple):
    """An answer as a whole.

    Attributes:
        status: The HTTP status.
        headers: The headers, by name in any case.
        body: All of the body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Response:
    """An answer whose body has not been read yet.

    Attributes:
        status: The HTTP status.
        headers: The headers, by name in any case.
    """

    def __init__(
        self, status: int, headers: Mapping[str, str], chunks: AsyncIterator[bytes]
    ) -> None:
        self.status = status
        self.headers = headers
        self._chunks = chunks

    @property
    def media_type(self) -> str:
        """What the body is, such as `application/json`."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        return self._chunks

    async def drain(self) -> None:
        """Read what is left and forget it, so that the connection can be used again."""
        async for _ in self._chunks:
            pass

    async def read(self) -> Answer:
        """Read the whole body.

        Raises:
            ValueError: It is longer than 64 MiB.
        """
        return Answer(self.status, self.headers, await _whole(self._chunks))


class Endpoint:
    """One deployment's address and credential, and what carries its requests.

    Connections are made on first use and belong to the event loop they were made in. A client that
    was handed in is used as it is, with its own timeouts and limits, and never closed.

    Args:
        deployment: Whose endpoint it is, for errors.
        base_url: What paths are appended to, such as `https://api.openai.com/v1`.
        credential: What says who sends a request.
        client: The client to use, or None.
        headers: Further headers of every request, by lower-case name.

    Raises:
        RouterConfigError: The URL is not plain http or https, or the client cannot be used.
    """

    def __init__(
        self,
        deployment: str,
        *,
        base_url: str,
        credential: Credential,
        client: httpx.AsyncClient | None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._deployment = deployment
        self._base_url = _plain_url(base_url)
        self._credential = credential
        # Not compressed: a stream comes sooner, and a small body cannot unfold into a large one.
        self._headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            **(headers or {}),
        }
        if credential.covers_target and client is not None and is_aiohttp(client):
            raise RouterConfigError(
                f"{deployment!r} signs its requests, and a client of httpx_aiohttp sends paths "
                "otherwise than they were signed: pass a client of httpx, or none."
            )
        self._given = HttpxCarrier(client) if client is not None else None
        self._made: Carrier | None = None
        self._loop: object = None

    async def fetch(self, path: str, body: bytes) -> Answer:
        """Send a JSON document and wait for the whole answer.

        Raises:
            ProviderError: The endpoint did not answer.
            ValueError: The answer is longer than 64 MiB.
        """
        carrier = self._given or self._own_carrier()
        try:
            carried = await self._send(carrier, path, body)
            try:
                return Answer(carried.status, carried.headers, await _whole(carried.chunks))
            finally:
                await carried.close()
        except carrier.failures.any as error:
            raise self._translated(error, carrier.failures) from error

    @asynccontextmanager
    async def post(self, path: str, body: bytes) -> AsyncIterator[Response]:
        """Send a JSON document and open the answer.

        Raises:
            ProviderError: The endpoint did not answer; also while the body is being read.
        """
        carrier = self._given or self._own_carrier()
        try:
            carried = await self._send(carrier, path, body)
        except carrier.failures.any as error:
            raise self._translated(error, carrier.failures) from error
        try:
            async with aclosing(self._read(carried.chunks, carrier.failures)) as chunks:
                yield Response(carried.status, carried.headers, chunks)
        finally:
            await carried.close()

    async def aclose(self) -> None:
        """Close the connections, unless they are of a client that was handed in.

        The next request makes others.
        """
        made, self._made = self._made, None
        if made is not None:
            await made.aclose()

    async def _send(self, carrier: Carrier, path: str, body: bytes) -> Carried:
        async def sign(host: str, target: str) -> Mapping[str, str]:
            outgoing = Outgoing("POST", host, target, self._headers, body)
            return await self._credential.headers(outgoing)

        url = self._base_url + path
        # No redirects: a key must not follow one to another host.
        if isinstance(self._credential, Token):  # which is the same, whatever is sent
            headers = {**self._headers, **self._credential.header}
            carried = await carrier.post(url, headers, body, None)
        else:
            carried = await carrier.post(url, self._headers, body, sign)
        if carried.headers.get("content-encoding", "identity") != "identity":
            await carried.close()
            raise MalformedReplyError(self._deployment, "the answer is compressed unasked")
        return carried

    async def _read(
        self, chunks: AsyncIterator[bytes], failures: Failures
    ) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in chunks:
                yield chunk
        except failures.any as error:
            raise self._translated(error, failures) from error

    def _own_carrier(self) -> Carrier:
        loop = current_token()
        if self._made is None or self._loop != loop:
            # Connections of another loop cannot be used in this one, nor closed from it.
            fast = has_aiohttp() and _on_asyncio()
            self._made = aiohttp_carrier(self._base_url) if fast else HttpxCarrier(None)
            self._loop = loop
        return self._made

    def _translated(self, error: Exception, failures: Failures) -> ProviderError:
        if isinstance(error, failures.no_connection):
            return self._unavailable("no connection", error)
        if isinstance(error, failures.too_late):
            return ProviderTimeoutError(self._deployment, "no answer in time")
        return self._unavailable(type(error).__name__, error)

    def _unavailable(self, what: str, error: Exception) -> ProviderUnavailableError:
        words = self._credential.redact(str(error))
        return ProviderUnavailableError(self._deployment, f"{what}: {words}" if words else what)


async def _whole(chunks: AsyncIterator[bytes]) -> bytes:
    """The bytes of a body that is not too long."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise ValueError(f"the body is longer than {_MAX_BODY_BYTES} bytes")
    return bytes(body)


def _on_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _plain_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RouterConfigError(
            f"base_url={url!r} is no address: give one like 'https://api.openai.com/v1'."
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise RouterConfigError(
            f"The base_url of {parts.hostname!r} has a user, query or fragment: leave them out and "
            "pass the credential as `api_key`."
        )
    return str(httpx.URL(url)).rstrip("/")  # encoded as it is to be sent
