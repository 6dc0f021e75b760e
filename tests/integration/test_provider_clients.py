"""The HTTP clients that carry the adapters: httpx, httpx2, and aiohttp under httpx's surface."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from quantumlayer.errors import (
    MalformedReplyError,
    ProviderError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    RouterConfigError,
)
from quantumlayer.messages import Done, ModelRequest
from quantumlayer.router import Provider
from quantumlayer.router.providers import Anthropic, Bedrock, OpenAI

pytestmark = pytest.mark.anyio

KEY = "sk-test-0123456789"
HELLO = ModelRequest.of("hello")
FIXTURES = [
    {"match": {"userMessage": "hello"}, "response": {"content": "Hello, you."}},
    {
        "match": {"userMessage": "slow"},
        "response": {"content": "Too late."},
        "streamingProfile": {"ttft": 20_000},
    },
    {
        "match": {"userMessage": "cut"},
        "response": {"content": "This never comes to its end."},
        "truncateAfterChunks": 9,
        "latency": 10,
    },
]
MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"

Make = Callable[..., Provider]

PROVIDERS: dict[str, Callable[..., Any]] = {
    "openai": lambda url, **more: OpenAI("gpt-4o", base_url=f"{url}/v1", **more),
    "anthropic": lambda url, **more: Anthropic("claude-haiku-4-5", base_url=url, **more),
    "bedrock": lambda url, **more: Bedrock(MODEL, region="us-east-1", base_url=url, **more),
}


@pytest.fixture(scope="module")
def aimock(serve_aimock: Callable[..., str]) -> str:
    return serve_aimock(FIXTURES, "-c", "4").removesuffix("/v1")


@pytest.fixture(params=PROVIDERS)
def make(request: pytest.FixtureRequest) -> Make:
    def provider(url: str, **more: Any) -> Any:
        return PROVIDERS[request.param](url, api_key=KEY, **more)

    return provider


@asynccontextmanager
async def a_client(library: str) -> AsyncIterator[Any]:
    """A client of a library, which gives up after a second of silence."""
    found = pytest.importorskip(library, reason=f"no {library}")
    kind = found.HttpxAiohttpClient if library == "httpx_aiohttp" else found.AsyncClient
    timeouts = httpx if library == "httpx_aiohttp" else found
    async with kind(timeout=timeouts.Timeout(5.0, read=1.0)) as client:
        yield client
        assert not client.is_closed


@pytest.fixture(params=["httpx", "httpx2", "httpx_aiohttp"])
def library(request: pytest.FixtureRequest, anyio_backend_name: str) -> str:
    if request.param == "httpx_aiohttp" and anyio_backend_name != "asyncio":
        pytest.skip("aiohttp runs on asyncio only")
    return str(request.param)


async def failure(provider: Provider, prompt: str) -> ProviderError:
    async def read() -> None:
        async with provider.stream(ModelRequest.of(prompt)) as events:
            async for _ in events:
                pass

    with pytest.raises(ProviderError) as caught:
        await read()
    return caught.value


async def test_a_client_that_is_handed_in_carries_answers_and_streams(
    aimock: str, make: Make, library: str
) -> None:
    async with a_client(library) as client:
        provider: Any = make(aimock, client=client)
        reply = await provider.complete(HELLO)
        async with provider.stream(HELLO) as events:
            *_, last = [event async for event in events]
        await provider.aclose()  # which leaves the client open

    assert reply.text == "Hello, you."
    assert isinstance(last, Done)
    assert last.reply.text == reply.text


async def test_its_failures_are_ours(aimock: str, make: Make, library: str) -> None:
    async with a_client(library) as client:
        nobody = await failure(make("http://127.0.0.1:1", client=client), "hello")
        slow = await failure(make(aimock, client=client), "slow")
        cut = await failure(make(aimock, client=client), "cut")

    assert type(nobody) is ProviderUnavailableError
    assert type(slow) is ProviderTimeoutError
    assert type(cut) is ProviderUnavailableError


async def test_an_own_client_has_aiohttp_underneath_where_that_runs(
    aimock: str, make: Make, anyio_backend_name: str
) -> None:
    pytest.importorskip("aiohttp", reason="no aiohttp: the extra `fast` brings it")
    provider: Any = make(aimock)
    await provider.complete(HELLO)
    carrier = provider._endpoint._made
    cut = await failure(provider, "cut")
    lonely: Any = make("http://127.0.0.1:1")
    nobody = await failure(lonely, "hello")
    await lonely.aclose()
    await provider.aclose()

    wanted = "_AiohttpCarrier" if anyio_backend_name == "asyncio" else "HttpxCarrier"
    assert type(carrier).__name__ == wanted
    assert type(nobody) is ProviderUnavailableError
    assert type(cut) is ProviderUnavailableError


async def test_such_a_client_is_refused_where_requests_are_signed(anyio_backend_name: str) -> None:
    if anyio_backend_name != "asyncio":
        pytest.skip("aiohttp runs on asyncio only")
    async with a_client("httpx_aiohttp") as client:
        keys: Any = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "x"}
        with pytest.raises(RouterConfigError, match="pass a client of httpx"):
            Bedrock(MODEL, region="us-east-1", client=client, **keys)
        Bedrock(MODEL, region="us-east-1", client=client, api_key="a bearer token is not signed")


@pytest.mark.parametrize("headers", [{}, {"content-encoding": "gzip"}])
async def test_answers_that_a_client_has_read_already_are_read(headers: dict[str, str]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["accept-encoding"] == "identity"
        message = {"content": [{"type": "text", "text": "Hi."}], "stop_reason": "end_turn"}
        response = httpx.Response(200, json=message)
        response.headers.update(headers)
        return response

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        provider = Anthropic("claude", api_key=KEY, client=client)
        if headers:
            with pytest.raises(MalformedReplyError, match="compressed"):
                await provider.complete(HELLO)
        else:
            assert (await provider.complete(HELLO)).text == "Hi."
