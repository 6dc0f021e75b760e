"""What carries a request: a client with httpx's surface, or aiohttp."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import anyio
import httpx

if TYPE_CHECKING:
    import aiohttp

__all__ = [
    "Carried",
    "Carrier",
    "Failures",
    "HttpxCarrier",
    "aiohttp_carrier",
    "has_aiohttp",
    "is_aiohttp",
]

# Source: the defaults of OpenAI's Python client.
_CONNECT_S = 5.0
_SILENCE_S = 600.0
_CONNECTIONS = 1000

# Longest time for closing a connection whose answer is not wanted any more.
_CLOSE_S = 1.0


class Carried(NamedTuple):
    """An answer whose body has not been read yet.

    Attributes:
        status: The HTTP status.
        headers: The headers, by name in any case.
        chunks: The body as it comes.
        close: Gives the connection back, or drops it where the body has not been read.
    """

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Failures:
    """What a library raises.

    Attributes:
        no_connection: No connection in time.
        too_late: No answer in time.
        any: Whatever has failed, these two included.
    """

    no_connection: tuple[type[Exception], ...]
    too_late: tuple[type[Exception], ...]
    any: tuple[type[Exception], ...]


Sign = Callable[[str, str], Awaitable[Mapping[str, str]]]
"""Makes the headers that say who sends a request, of its host and its path as they are sent."""


class Carrier(Protocol):
    """Sends requests, and knows how its library fails."""

    @property
    def failures(self) -> Failures:
        """What the library raises."""
        ...

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, sign: Sign | None
    ) -> Carried:
        """Send a request, signed where it has to be, and open the answer.

        Redirects are not followed.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class HttpxCarrier:
    """A client of httpx, or of a library that continues it.

    Args:
        client: One that was handed in, with timeouts and limits of its own; None: a new one.
    """

    def __init__(self, client: httpx.AsyncClient | None) -> None:
        library = _library(client)
        failures: tuple[type[Exception], ...] = (library.HTTPError,)
        if client is not None and is_aiohttp(client):
            # Its transport translates most of aiohttp's exceptions, not all.
            failures = (library.HTTPError, importlib.import_module("aiohttp").ClientError)
        self.failures = Failures((library.ConnectTimeout,), (library.TimeoutException,), failures)
        self._client = client or httpx.AsyncClient(
            timeout=httpx.Timeout(_SILENCE_S, connect=_CONNECT_S),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=100),
        )

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, sign: Sign | None
    ) -> Carried:
        """Send a request and open the answer."""
        request = self._client.build_request("POST", url, content=body, headers=headers)
        if sign is not None:
            target = request.url.raw_path.decode("ascii")
            request.headers.update(await sign(request.headers["host"], target))
        response = await self._client.send(request, stream=True, follow_redirects=False)
        # Not `aiter_raw`, which has nothing to give where a client has read the body already.
        chunks = response.aiter_bytes()

        async def close() -> None:
            # Then let the generators inside httpx run into the end: they are nested and do not
            # close one another, and left alone the garbage collector would, which trio warns of.
            with anyio.move_on_after(_CLOSE_S, shield=True):
                await response.aclose()
                with suppress(Exception):
                    async for _ in chunks:
                        pass

        return Carried(response.status_code, response.headers, chunks, close)

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()


def has_aiohttp() -> bool:
    """Whether the extra `fast` is installed."""
    return find_spec("aiohttp") is not None


def aiohttp_carrier(base_url: str) -> Carrier:
    """A carrier of aiohttp, which runs on asyncio only.

    Args:
        base_url: Where all requests go, which says what proxy of the environment they take.
    """
    parts = urlsplit(base_url)
    proxy = getproxies().get(parts.scheme)
    if proxy and proxy_bypass(parts.netloc):
        proxy = None
    return _AiohttpCarrier(proxy, encrypted=parts.scheme == "https")


class _AiohttpCarrier:
    """A session of aiohttp: no cookies, nothing decoded, URLs sent as they are."""

    def __init__(self, proxy: str | None, *, encrypted: bool) -> None:
        library = importlib.import_module("aiohttp")
        certificates = httpx.create_ssl_context() if encrypted or proxy else True
        self.failures = Failures(
            (library.ConnectionTimeoutError,), (library.ServerTimeoutError,), (library.ClientError,)
        )
        url = importlib.import_module("yarl").URL
        # Parsed once: an API has few paths.
        self._address = lru_cache(maxsize=64)(partial(url, encoded=True))
        self._proxy = proxy  # found once: `trust_env` would look for it in a thread each time
        self._session: aiohttp.ClientSession = library.ClientSession(
            connector=library.TCPConnector(limit=_CONNECTIONS, ssl=certificates),
            timeout=library.ClientTimeout(sock_connect=_CONNECT_S, sock_read=_SILENCE_S),
            cookie_jar=library.DummyCookieJar(),
            auto_decompress=False,
        )

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, sign: Sign | None
    ) -> Carried:
        """Send a request and open the answer."""
        address = self._address(url)
        if sign is not None:
            signature = await sign(address.host_port_subcomponent, address.raw_path_qs)
            headers = {**headers, **signature}
        response = await self._session.post(
            address, data=body, headers=headers, allow_redirects=False, proxy=self._proxy
        )

        async def close() -> None:
            response.close()

        return Carried(response.status, response.headers, response.content.iter_any(), close)

    async def aclose(self) -> None:
        """Close the session."""
        await self._session.close()


def is_aiohttp(client: httpx.AsyncClient) -> bool:
    """Whether a client with httpx's surface has aiohttp underneath."""
    kinds = type(client).__mro__
    return any(kind.__module__.partition(".")[0] == "httpx_aiohttp" for kind in kinds)


def _library(client: httpx.AsyncClient | None) -> ModuleType:
    """The library whose exceptions a client raises: httpx, or the one that continues it."""
    for kind in type(client).__mro__:
        package = kind.__module__.partition(".")[0]
        if package.startswith("httpx") and package != "httpx_aiohttp":
            return importlib.import_module(package)
    return httpx
