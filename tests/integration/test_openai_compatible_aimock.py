"""The adapter and the router against aimock, a server that behaves like OpenAI's."""

import json
from collections.abc import Callable

import anyio
import httpx
import pytest
from pydantic import BaseModel

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    AuthenticationError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    StreamInterruptedError,
)
from quantumlayer.messages import (
    Done,
    Message,
    ModelReply,
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolResult,
    ToolSpec,
)
from quantumlayer.router import CostBasedRouting, ModelCard, Price, RetryPolicy, Router
from quantumlayer.router.providers import OpenAICompatible
from quantumlayer.testing import VirtualClock, check_provider

pytestmark = pytest.mark.anyio

KEY = "sk-test-0123456789"
WEATHER = ToolSpec(
    "get_weather",
    "Current weather of a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


class City(BaseModel):
    name: str
    people: int


def _error(status: int, code: str, message: str = "because") -> dict[str, object]:
    return {"error": {"message": message, "type": "error", "code": code}, "status": status}


FIXTURES = [
    # Chunks of 4 UTF-16 units: the emoji is cut in two.
    {"match": {"userMessage": "hello"}, "response": {"content": "Hello! \U0001f600 How are you?"}},
    {
        "match": {"userMessage": "weather", "hasToolResult": True},
        "response": {"content": "It is sunny in Paris."},
    },
    {
        "match": {"userMessage": "weather", "toolName": "get_weather"},
        "response": {"toolCalls": [{"name": "get_weather", "arguments": {"city": "Paris"}}]},
    },
    {
        "match": {"userMessage": "no valid", "responseFormat": "json_schema"},
        "response": {"content": '{"name": "Paris", "people": 2100000}'},
    },
    {
        "match": {"userMessage": "describe", "responseFormat": "json_schema"},
        "response": {"content": '{"name": "Paris", "people": "many"}'},
    },
    *(
        {
            "match": {"userMessage": f"limited on {backend}", "sequenceIndex": 0},
            "response": _error(429, "rate_limit_exceeded"),
        }
        for backend in ("asyncio", "trio")
    ),
    {"match": {"userMessage": "limited"}, "response": {"content": "At last."}},
    {"match": {"userMessage": "quota"}, "response": _error(429, "insufficient_quota")},
    {"match": {"userMessage": "overloaded"}, "response": _error(503, "overloaded")},
    {
        "match": {"userMessage": "cut short"},
        "response": {"content": "This is a long answer that breaks off."},
        "truncateAfterChunks": 4,
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
    {
        "match": {"userMessage": "length"},
        "response": {"content": "cut off he", "finishReason": "length"},
    },
]


@pytest.fixture(scope="module")
def aimock(serve_aimock: Callable[..., str]) -> str:
    """The base URL of a running server; it cuts its streams into small pieces."""
    return serve_aimock(FIXTURES, "-c", "4")


def model_at(url: str, *, key: str = KEY, name: str | None = None) -> OpenAICompatible:
    return OpenAICompatible("gpt-4o", base_url=url, api_key=key, provider="openai", name=name)


async def test_it_keeps_the_contract_of_providers(aimock: str) -> None:
    await check_provider(
        lambda: model_at(aimock),
        failing=lambda: model_at("http://127.0.0.1:1/v1"),
        request=ModelRequest.of("hello"),
        secret=KEY,
    )


async def test_the_contract_holds_for_tool_calls_as_well(aimock: str) -> None:
    await check_provider(
        lambda: model_at(aimock),
        failing=lambda: model_at(aimock, key="sk-wrong"),
        request=ModelRequest((Message.user("weather in Paris?"),), tools=(WEATHER,)),
        secret="sk-wrong",
    )


async def test_a_reply_has_text_usage_and_the_catalog_s_price(aimock: str) -> None:
    async with Router([model_at(aimock)]) as router:
        reply = await router.complete("hello")

    assert reply.text == "Hello! \U0001f600 How are you?"
    assert (reply.provider, reply.stop_reason) == ("openai", "stop")
    assert reply.id.startswith("chatcmpl-")
    usage = reply.usage
    assert not usage.estimated
    assert reply.cost_nanousd == usage.input_tokens * 2_500 + usage.output_tokens * 10_000


async def test_a_stream_whose_emoji_was_cut_in_two_arrives_whole(aimock: str) -> None:
    texts = []
    async with Router([model_at(aimock)]) as router, router.stream("hello") as events:
        async for event in events:
            if isinstance(event, TextDelta):
                event.text.encode()  # no half of a surrogate pair
                texts.append(event.text)
            else:
                assert isinstance(event, Done)
                assert event.reply.text == "".join(texts) == "Hello! \U0001f600 How are you?"
                assert event.reply.usage.output_tokens > 0
    assert len(texts) > 3


async def test_a_tool_is_called_and_its_result_goes_back(aimock: str) -> None:
    question = Message.user("weather in Paris?")
    async with Router([model_at(aimock)]) as router:
        first = await router.complete([question], tools=[WEATHER])
        [call] = first.tool_calls
        result = Message("tool", (ToolResult(call.id, "sunny"),))
        messages = [question, Message("assistant", (call,)), result]
        second = await router.complete(messages, tools=[WEATHER])

    assert isinstance(call, ToolCall)
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Paris"})
    assert first.stop_reason == "tool_calls"
    assert second.text == "It is sunny in Paris."


async def test_a_streamed_tool_call_adds_up(aimock: str) -> None:
    pieces: list[ToolCallDelta] = []
    async with (
        Router([model_at(aimock)]) as router,
        router.stream("weather in Paris?", tools=[WEATHER]) as events,
    ):
        async for event in events:
            if isinstance(event, ToolCallDelta):
                pieces.append(event)
            if isinstance(event, Done):
                [call] = event.reply.tool_calls
                assert call.arguments == "".join(piece.arguments for piece in pieces)
                assert json.loads(call.arguments) == {"city": "Paris"}


async def test_a_typed_answer_is_mended_by_the_model(aimock: str) -> None:
    async with Router([model_at(aimock)]) as router:
        generated = await router.generate_traced(City, "describe Paris")

    assert generated.value == City(name="Paris", people=2_100_000)
    assert len(generated.exchanges) == 2


async def test_a_rate_limit_is_waited_for_as_the_server_asks(
    aimock: str, anyio_backend_name: str
) -> None:
    clock = VirtualClock()
    async with Router([model_at(aimock)], clock=clock) as router:
        reply = await router.complete(f"limited on {anyio_backend_name}")

    assert reply.text == "At last."
    assert clock.slept == [1.0]  # its Retry-After


async def test_an_answer_at_the_length_limit_says_so(aimock: str) -> None:
    async with Router([model_at(aimock)]) as router:
        assert (await router.complete("length")).stop_reason == "length"


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("quota", QuotaExhaustedError),
        ("overloaded", ProviderUnavailableError),
        ("dropped", ProviderUnavailableError),
        ("disconnected", ProviderUnavailableError),
    ],
)
async def test_faults_become_errors_and_another_deployment_serves(
    aimock: str, prompt: str, kind: type[Exception]
) -> None:
    async with Router([model_at(aimock)], retry=RetryPolicy(rounds=1)) as router:
        with pytest.raises(AllDeploymentsFailedError) as caught:
            await router.complete(prompt)

    assert type(caught.value.failures["openai/gpt-4o"]) is kind


async def test_a_garbled_answer_hands_over(aimock: str) -> None:
    class Second:
        provider, model, card = "second", "model", ModelCard(price=Price(10**12, 10**12))

        async def complete(self, request: ModelRequest) -> ModelReply:
            return ModelReply(f"heard {request.messages[0].text}", "second", "model")

    first = model_at(aimock)
    async with Router([Second(), first], strategy=CostBasedRouting()) as router:  # type: ignore[list-item]
        reply = await router.complete("garbled")

    assert reply.text == "heard garbled"
    assert reply.route.attempts[0].error.startswith("MalformedReplyError")


async def test_a_stream_that_breaks_off_is_told_apart_from_one_that_ends(aimock: str) -> None:
    seen: list[str] = []

    async def read(router: Router) -> None:
        async with router.stream("cut short") as events:
            async for event in events:
                assert isinstance(event, TextDelta)
                seen.append(event.text)

    async with Router([model_at(aimock)]) as router:
        with pytest.raises(StreamInterruptedError) as caught:
            await read(router)

    assert caught.value.partial == "".join(seen)
    assert "This is a long answer that breaks off.".startswith(caught.value.partial)
    assert caught.value.partial


async def test_a_wrong_key_is_an_authentication_error_that_does_not_show_it(aimock: str) -> None:
    provider = model_at(aimock, key="sk-wrong")
    with pytest.raises(AuthenticationError) as caught:
        await provider.complete(ModelRequest.of("hello"))
    await provider.aclose()

    assert caught.value.status == 401
    assert "sk-wrong" not in f"{caught.value!r} {caught.value} {provider!r} {vars(provider)}"


async def test_a_client_that_was_handed_in_is_used_and_left_open(aimock: str) -> None:
    seen: list[str] = []

    async def note(request: httpx.Request) -> None:
        seen.append(request.url.path)

    async with httpx.AsyncClient(event_hooks={"request": [note]}) as client:
        provider = OpenAICompatible("gpt-4o", base_url=aimock, api_key=KEY, client=client)
        async with Router([provider]) as router:
            await router.complete("hello")
        assert not client.is_closed

    assert seen == ["/v1/chat/completions"]


async def test_many_calls_at_once_are_all_answered(aimock: str) -> None:
    texts: list[str] = []
    async with Router([model_at(aimock)]) as router:

        async def ask() -> None:
            texts.append((await router.complete("hello")).text)

        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(ask)

    assert texts == ["Hello! \U0001f600 How are you?"] * 50
