"""Every provider's adapter, and the router over it, against aimock: faults on every surface."""

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    AuthenticationError,
    MalformedReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    RateLimitedError,
    StreamInterruptedError,
)
from quantumlayer.messages import Done, Message, ModelRequest, TextDelta, ToolResult, ToolSpec
from quantumlayer.router import Provider, RetryPolicy, Router
from quantumlayer.router.providers import Anthropic, Bedrock, Groq, OpenAI, OpenAICompatible
from quantumlayer.testing import VirtualClock, check_provider

pytestmark = pytest.mark.anyio

KEY = "sk-test-0123456789"
SAID = "Hello! \U0001f600 How are you?"
LONG = "This is a long answer that never comes to its end, however long one waits for it."
WEATHER = ToolSpec(
    "get_weather",
    "Current weather of a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)

Make = Callable[..., Provider]

SURFACES: dict[str, Callable[..., Provider]] = {
    "responses": lambda url, **more: OpenAI("gpt-4o", base_url=f"{url}/v1", **more),
    "chat": lambda url, **more: OpenAI(
        "gpt-4o", base_url=f"{url}/v1", api="chat_completions", **more
    ),
    "compatible": lambda url, **more: OpenAICompatible("llama3", base_url=f"{url}/v1", **more),
    "anthropic": lambda url, **more: Anthropic("claude-haiku-4-5", base_url=url, **more),
    "bedrock": lambda url, **more: Bedrock(
        "anthropic.claude-sonnet-4-5-20250929-v1:0", region="us-east-1", base_url=url, **more
    ),
    "groq": lambda url, **more: Groq("openai/gpt-oss-20b", base_url=f"{url}/v1", **more),
}


class City(BaseModel):
    name: str
    people: int


def _error(status: int, code: str, **more: object) -> dict[str, object]:
    return {"error": {"message": "because", "type": code, "code": code}, "status": status, **more}


def _first(prompt: str, **answer: Any) -> Iterator[dict[str, Any]]:
    """An answer to the first request of each surface and event loop, and a good one to others."""
    for surface, backend in product(SURFACES, ("asyncio", "trio")):
        message = f"{prompt}: {surface}, {backend}"
        yield {"match": {"userMessage": message, "sequenceIndex": 0}, **answer}
    yield {"match": {"userMessage": prompt}, "response": {"content": "At last."}}


FIXTURES = [
    {"match": {"userMessage": "hello"}, "response": {"content": SAID}},
    {
        "match": {"userMessage": "weather", "hasToolResult": True},
        "response": {"content": "It is sunny in Paris."},
    },
    {
        "match": {"userMessage": "weather"},
        "response": {"toolCalls": [{"name": "get_weather", "arguments": {"city": "Paris"}}]},
    },
    {
        "match": {"userMessage": "describe"},
        "response": {"content": '{"name": "Paris", "people": 2100000}'},
    },
    *_first("limited", response=_error(429, "rate_limit_error", retryAfter=3)),
    *_first("down", response=_error(503, "api_error")),
    *_first("overloaded", response=_error(529, "overloaded_error")),
    *_first("slow", response={"content": LONG}, streamingProfile={"ttft": 30_000}),
    {"match": {"userMessage": "refused for ever"}, "response": _error(429, "rate_limit_error")},
    {
        "match": {"userMessage": "stall"},
        "response": {"content": LONG},
        "recordedTimings": {
            "ttftMs": 1,
            "interChunkDelaysMs": [1] * 6 + [30_000] * 30,
            "totalDurationMs": 900_000,
        },
    },
    {
        "match": {"userMessage": "cut"},
        "response": {"content": LONG},
        "truncateAfterChunks": 9,
        "latency": 10,
    },
    {"match": {"userMessage": "dropped"}, "response": {"content": "x"}, "chaos": {"dropRate": 1}},
    {
        "match": {"userMessage": "garbled"},
        "response": {"content": "x"},
        "chaos": {"malformedRate": 1},
    },
    {
        "match": {"userMessage": "disconnected"},
        "response": {"content": "x"},
        "chaos": {"disconnectRate": 1},
    },
    {"match": {"inputText": "a text"}, "response": {"embedding": [0.25, -0.5, 1.0]}},
]


@pytest.fixture(scope="module")
def aimock(serve_aimock: Callable[..., str]) -> str:
    """The address of a running server; it cuts its streams into pieces of 4 UTF-16 units."""
    return serve_aimock(FIXTURES, "-c", "4").removesuffix("/v1")


@pytest.fixture(params=SURFACES)
def surface(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(aimock: str, surface: str) -> Make:
    """Make the surface's provider."""

    def provider(url: str = aimock, *, key: str = KEY, **more: Any) -> Provider:
        return SURFACES[surface](url, api_key=key, **more)

    return provider


@pytest.fixture
def prompt(surface: str, anyio_backend_name: str) -> Callable[[str], str]:
    """The prompt that fails for the first time in this very test."""
    return lambda fault: f"{fault}: {surface}, {anyio_backend_name}"


async def test_it_keeps_the_contract_of_providers(make: Make) -> None:
    await check_provider(
        make,
        failing=lambda: make("http://127.0.0.1:1"),
        request=ModelRequest.of("hello"),
        secret=KEY,
    )


async def test_it_keeps_the_contract_where_tools_are_called(make: Make) -> None:
    await check_provider(
        make,
        failing=lambda: make(key="sk-wrong-key"),
        request=ModelRequest((Message.user("weather in Paris?"),), tools=(WEATHER,)),
        secret="sk-wrong-key",
    )


async def test_a_wrong_key_is_refused_and_shows_nowhere(make: Make) -> None:
    provider = make(key="sk-wrong-key")
    async with Router([provider]) as router:
        with pytest.raises(AllDeploymentsFailedError) as caught:
            await router.complete("hello")

    [failure] = caught.value.failures.values()
    assert isinstance(failure, AuthenticationError)
    assert "sk-wrong-key" not in f"{caught.value!r} {caught.value} {provider!r} {vars(provider)}"


async def test_a_key_shows_in_no_log(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with httpx.AsyncClient() as client:
        for provider in (make(), make(client=client)):
            async with Router([provider], retry=RetryPolicy(rounds=1)) as router:
                await router.complete("hello")
                with pytest.raises(AllDeploymentsFailedError):
                    await router.complete("garbled")

    assert caplog.records
    assert KEY not in caplog.text


async def test_characters_that_were_cut_in_two_arrive_whole(make: Make) -> None:
    texts: list[str] = []
    async with Router([make()]) as router, router.stream("hello") as events:
        async for event in events:
            if isinstance(event, TextDelta):
                texts.append(event.text)
            if isinstance(event, Done):
                assert event.reply.text == "".join(texts) == SAID
                assert not event.reply.usage.estimated
    assert len(texts) > 3
    assert "".join(texts).encode()


async def test_a_tool_is_called_and_its_result_goes_back(make: Make) -> None:
    question = Message.user("weather in Paris?")
    async with Router([make()]) as router:
        first = await router.complete([question], tools=[WEATHER])
        [call] = first.tool_calls
        messages = [
            question,
            Message("assistant", (call,)),
            Message("tool", (ToolResult(call.id, "sunny"),)),
        ]
        second = await router.complete(messages, tools=[WEATHER])

    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Paris"})
    assert (first.stop_reason, second.stop_reason) == ("tool_calls", "stop")
    assert second.text == "It is sunny in Paris."


async def test_an_answer_has_the_type_that_was_asked_for(make: Make) -> None:
    async with Router([make()]) as router:
        city = await router.generate(City, "describe Paris")

    assert city == City(name="Paris", people=2_100_000)


async def test_a_rate_limit_is_waited_for_as_the_server_asks(
    make: Make, prompt: Callable[[str], str]
) -> None:
    clock = VirtualClock()
    async with Router([make()], clock=clock) as router:
        reply = await router.complete(prompt("limited"))

    assert reply.text == "At last."
    assert clock.slept == [3.0]


async def test_a_rate_limit_without_a_time_is_waited_for_at_random(make: Make) -> None:
    async def forget(response: httpx.Response) -> None:
        del response.headers["retry-after"]

    clock = VirtualClock()
    async with httpx.AsyncClient(event_hooks={"response": [forget]}) as client:
        router = Router([make(client=client)], clock=clock)
        with pytest.raises(AllDeploymentsFailedError) as caught:
            await router.complete("refused for ever")

    [failure] = caught.value.failures.values()
    assert isinstance(failure, RateLimitedError)
    assert failure.retry_after_s is None
    assert clock.slept
    assert all(0 <= wait_s < 60 and wait_s != 1.0 for wait_s in clock.slept)


@pytest.mark.parametrize("fault", ["down", "overloaded"])
async def test_a_server_that_is_down_for_a_moment_is_asked_again(
    make: Make, prompt: Callable[[str], str], fault: str
) -> None:
    async with Router([make()], clock=VirtualClock()) as router:
        reply = await router.complete(prompt(fault))

    assert reply.text == "At last."
    [failed, answered] = reply.route.attempts
    assert failed.error.startswith("ProviderUnavailableError")
    assert not answered.error


async def test_a_first_token_that_does_not_come_in_time_is_an_error(
    make: Make, prompt: Callable[[str], str]
) -> None:
    async with Router([make()], retry=RetryPolicy(attempt_s=0.3, rounds=1)) as router:
        with pytest.raises(AllDeploymentsFailedError) as caught:
            async with router.stream(prompt("slow")):
                pass

    [failure] = caught.value.failures.values()
    assert isinstance(failure, ProviderTimeoutError)


async def _read(router: Router, prompt: str) -> str:
    """Read a stream that breaks; gives what had arrived."""
    texts: list[str] = []

    async def read() -> None:
        async with router.stream(prompt) as events:
            async for event in events:
                assert isinstance(event, TextDelta)
                texts.append(event.text)

    with pytest.raises(StreamInterruptedError) as caught:
        await read()
    assert caught.value.partial == "".join(texts)
    return caught.value.partial


async def test_a_stream_that_stalls_ends_with_what_had_arrived(make: Make) -> None:
    async with httpx.AsyncClient(timeout=httpx.Timeout(5.0, read=0.4)) as client:
        partial = await _read(Router([make(client=client)]), "stall")

    assert partial
    assert LONG.startswith(partial)


async def test_a_stream_that_is_cut_off_is_told_apart_from_one_that_ends(make: Make) -> None:
    async with Router([make()]) as router:
        partial = await _read(router, "cut")

    assert partial
    assert LONG.startswith(partial)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("garbled", MalformedReplyError),
        ("dropped", ProviderUnavailableError),
        ("disconnected", ProviderUnavailableError),
    ],
)
async def test_an_answer_that_is_none_is_an_error(
    make: Make, fault: str, kind: type[Exception]
) -> None:
    async with Router([make()], retry=RetryPolicy(rounds=1)) as router:
        with pytest.raises(AllDeploymentsFailedError) as caught:
            await router.complete(fault)
        with pytest.raises(AllDeploymentsFailedError):
            async with router.stream(fault):
                pass

    [failure] = caught.value.failures.values()
    assert type(failure) is kind


@pytest.mark.parametrize("model", ["text-embedding-3-small"])
async def test_texts_become_vectors(aimock: str, model: str) -> None:
    provider = OpenAI(model, api_key=KEY, base_url=f"{aimock}/v1")
    async with Router([provider]) as router:
        made = await router.embed(["a text", "a text and another"])

    assert made.vectors == ((0.25, -0.5, 1.0), (0.25, -0.5, 1.0))
    assert made.cost_nanousd == made.usage.input_tokens * 20
