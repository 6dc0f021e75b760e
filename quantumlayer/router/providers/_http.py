"""The one module that speaks HTTP.

It uses httpx, or a client handed in: httpx's own or one with the same surface, as httpx2 has. With
the extra `fast` the client it makes on asyncio has aiohttp underneath.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from importlib.util import find_spec
from types import ModuleType
from urllib.parse import urlsplit

import anyio
import httpx
from anyio.lowlevel import current_token

from quantumlayer.errors import (
    MalformedReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    RouterConfigError,
)
from quantumlayer.router.providers._credentials import Credential, Outgoing

__all__ = ["Endpoint", "Response"]

# Source: the defaults of OpenAI's Python client.
_TIMEOUT = httpx.Timeout(600.0, connect=5.0)
_LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=100)

# Longest time for closing a connection whose answer is not wanted any more.
_CLOSE_S = 1.0

# Longest body that is read into memory: far above any model's answer, far below the memory.
_MAX_BODY_BYTES = 64 * 1024 * 1024


class Response:
    """An answer whose body has not been read yet.

    Attributes:
        status: The HTTP status.
        headers: The headers, by lower-case name.
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

    async def read(self) -> bytes:
        """The whole body.

        Raises:
            ValueError: It is longer than 64 MiB.
        """
        body = bytearray()
        async for chunk in self._chunks:
            body += chunk
            if len(body) > _MAX_BODY_BYTES:
                raise ValueError(f"the body is longer than {_MAX_BODY_BYTES} bytes")
        return bytes(body)


class Endpoint:
    """One deployment's address, credential and HTTP client.

    The client is made on first use and belongs to the event loop it was made in; one handed in is
    used as it is, with its own timeouts and limits, and never closed.

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
        if credential.covers_target and _is_aiohttp(client):
            raise RouterConfigError(
                f"{deployment!r} signs its requests, and aiohttp sends paths otherwise than they "
                "were signed: pass a client of httpx, or none."
            )
        self._given = client
        self._made: httpx.AsyncClient | None = None
        self._loop: object = None
        self._library = _library(client)
        self._failures: tuple[type[Exception], ...] = (self._library.HTTPError,)

    @asynccontextmanager
    async def post(self, path: str, body: bytes) -> AsyncIterator[Response]:
        """Send a JSON document and open the answer.

        Raises:
            ProviderError: The endpoint did not answer; also while the body is being read.
        """
        client = self._given or self._own_client()
        request = client.build_request(
            "POST", self._base_url + path, content=body, headers=self._headers
        )
        target = request.url.raw_path.decode("ascii")
        outgoing = Outgoing("POST", request.headers["host"], target, self._headers, body)
        request.headers.update(await self._credential.headers(outgoing))
        with self._translated():
            # No redirects: a key must not follow one to another host.
            response = await client.send(request, stream=True, follow_redirects=False)
        # Not `aiter_raw`, which has nothing to give where a client has read the body already.
        body_chunks = response.aiter_bytes()
        try:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise MalformedReplyError(self._deployment, "the answer is compressed unasked")
            async with aclosing(self._read(body_chunks)) as chunks:
                yield Response(response.status_code, response.headers, chunks)
        finally:
            with anyio.move_on_after(_CLOSE_S, shield=True):
                await _finish(response, body_chunks)

    async def aclose(self) -> None:
        """Close the client, unless it was handed in. The next request makes another one."""
        made, self._made = self._made, None
        if made is not None:
            await made.aclose()

    async def _read(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        with self._translated():
            async for chunk in chunks:
                yield chunk

    def _own_client(self) -> httpx.AsyncClient:
        loop = current_token()
        if self._made is None or self._loop != loop:
            # Connections of another loop cannot be used in this one, nor closed from it.
            # aiohttp sends `%3A` in a path as `:`, which would break a signature over it.
            fast = (
                not self._credential.covers_target
                and _on_asyncio()
                and find_spec("httpx_aiohttp") is not None
            )
            self._made, self._loop = _new_client(fast=fast), loop
            if fast:  # its transport translates most of aiohttp's exceptions, not all
                self._failures = (httpx.HTTPError, importlib.import_module("aiohttp").ClientError)
        return self._made

    @contextmanager
    def _translated(self) -> Iterator[None]:
        library = self._library
        try:
            yield
        except library.ConnectTimeout as error:
            raise self._unavailable("no connection", error) from error
        except library.TimeoutException as error:
            raise ProviderTimeoutError(self._deployment, "no answer in time") from error
        except self._failures as error:
            raise self._unavailable(type(error).__name__, error) from error

    def _unavailable(self, what: str, error: Exception) -> ProviderUnavailableError:
        words = self._credential.redact(str(error))
        return ProviderUnavailableError(self._deployment, f"{what}: {words}" if words else what)


async def _finish(response: httpx.Response, chunks: AsyncIterator[bytes]) -> None:
    """Close the connection, then let the generators inside httpx run into its end.

    They are nested and do not close one another: left alone they would be closed by the garbage
    collector, which trio warns of.
    """
    await response.aclose()
    with suppress(Exception):
        async for _ in chunks:
            pass


def _new_client(*, fast: bool) -> httpx.AsyncClient:
    make = (
        importlib.import_module("httpx_aiohttp").HttpxAiohttpClient if fast else httpx.AsyncClient
    )
    client: httpx.AsyncClient = make(timeout=_TIMEOUT, limits=_LIMITS)
    return client


def _on_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _is_aiohttp(client: httpx.AsyncClient | None) -> bool:
    kinds = type(client).__mro__
    return any(kind.__module__.partition(".")[0] == "httpx_aiohttp" for kind in kinds)


def _library(client: httpx.AsyncClient | None) -> ModuleType:
    """The library whose exceptions a client raises: httpx, or the one that continues it."""
    for kind in type(client).__mro__:
        package = kind.__module__.partition(".")[0]
        if package.startswith("httpx") and package != "httpx_aiohttp":
            return importlib.import_module(package)
    return httpx


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
    return url.rstrip("/")
