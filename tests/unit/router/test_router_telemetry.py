"""Spans and metrics, as a host with an OpenTelemetry SDK sees them."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from quantumlayer import telemetry
from quantumlayer.errors import AllDeploymentsFailedError, ProviderUnavailableError
from quantumlayer.messages import (
    CachePoint,
    Data,
    Embeddings,
    Image,
    Message,
    ModelReply,
    ModelRequest,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
)
from quantumlayer.router import Catalog, RetryPolicy, Router
from quantumlayer.testing import ScriptedModel, VirtualClock

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]
USAGE = Usage(10, 20, 5, 7, 3)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", lambda: provider.get_tracer("test"))
    return exporter


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], list[Any]]]:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    instruments = (telemetry.duration, telemetry.token_usage, telemetry.first_chunk)
    monkeypatch.setattr(metrics, "get_meter", provider.get_meter)
    for instrument in instruments:
        instrument.cache_clear()

    def read(name: str) -> list[Any]:
        data = reader.get_metrics_data()
        assert data is not None
        found = [
            metric
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
        ]
        return list(found[0].data.data_points) if found else []

    yield read
    for instrument in instruments:
        instrument.cache_clear()
    provider.shutdown()


def finished(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    return list(spans.get_finished_spans())


async def test_each_attempt_is_a_client_span_with_the_conventions_attributes(
    router_of: MakeRouter, spans: InMemorySpanExporter
) -> None:
    reply = ModelReply("Paris", "scripted", "model-1", usage=USAGE, id="r1", stop_reason="length")
    request = ModelRequest((Message.user("A secret prompt"),), agent="Architect", temperature=0.5)

    await router_of(ScriptedModel(reply)).complete(request, max_output_tokens=9)

    [span] = finished(spans)
    assert (span.name, span.kind, span.status.status_code) == (
        "chat model",
        SpanKind.CLIENT,
        StatusCode.UNSET,
    )
    assert dict(span.attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "scripted",
        "gen_ai.request.model": "model",
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.agent.name": "Architect",
        "gen_ai.output.type": "text",
        "gen_ai.response.id": "r1",
        "gen_ai.response.model": "model-1",
        "gen_ai.response.finish_reasons": ("length",),
        "gen_ai.usage.input_tokens": 35,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 20,
        "gen_ai.usage.cache_creation.input_tokens": 5,
        "gen_ai.usage.reasoning.output_tokens": 3,
    }


async def test_content_is_told_only_on_request(spans: InMemorySpanExporter) -> None:
    call = ToolCall("c1", "look", '{"n": 1}')
    reply = ModelReply("Paris", "scripted", "model", (call,), "tool_calls")
    request = ModelRequest(
        (
            Message.system("Be brief.", CachePoint()),
            Message.user("Where?", Data("Note", 1), Image("image/png", base64="AA==")),
            Message("assistant", (call,)),
            Message("tool", (ToolResult("c1", "there"),)),
            Message("user", (Image("image/png", url="https://x/1.png"),)),
        ),
        tools=(ToolSpec("look", "Look.", {"type": "object"}),),
    )
    for tells in (False, True):
        router = Router([ScriptedModel(reply)], catalog=Catalog({}), tells_content=tells)
        await router.complete(request)
        async with router.stream(request) as events:
            assert [event async for event in events]

    said = [
        {
            name: json.loads(str(value))
            for name, value in (span.attributes or {}).items()
            if name.endswith((".messages", ".definitions"))
        }
        for span in finished(spans)
    ]
    told = {"type": "tool_call", "id": "c1", "name": "look", "arguments": '{"n": 1}'}
    picture = {"modality": "image", "mime_type": "image/png"}
    assert said == [{}, {}] + 2 * [
        {
            "gen_ai.input.messages": [
                {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
                {
                    "role": "user",
                    "parts": [
                        {"type": "text", "content": "Where?"},
                        {"type": "blob", "content": "AA==", **picture},
                    ],
                },
                {"role": "assistant", "parts": [told]},
                {
                    "role": "tool",
                    "parts": [{"type": "tool_call_response", "id": "c1", "response": "there"}],
                },
                {
                    "role": "user",
                    "parts": [{"type": "uri", "uri": "https://x/1.png", **picture}],
                },
            ],
            "gen_ai.tool.definitions": [
                {
                    "type": "function",
                    "name": "look",
                    "description": "Look.",
                    "parameters": {"type": "object"},
                }
            ],
            "gen_ai.output.messages": [
                {
                    "role": "assistant",
                    "parts": [{"type": "text", "content": "Paris"}, told],
                    "finish_reason": "tool_calls",
                }
            ],
        }
    ]


async def test_content_of_a_request_without_tools_names_none(spans: InMemorySpanExporter) -> None:
    router = Router([ScriptedModel("")], catalog=Catalog({}), tells_content=True)
    await router.complete("Hi")

    [span] = finished(spans)
    told = {name for name in span.attributes or {} if name.endswith((".messages", ".definitions"))}
    assert told == {"gen_ai.input.messages", "gen_ai.output.messages"}
    output = json.loads(str((span.attributes or {})["gen_ai.output.messages"]))
    assert output == [{"role": "assistant", "parts": [], "finish_reason": "stop"}]


async def test_a_failed_attempt_is_a_failed_span_without_the_error_s_words(
    router_of: MakeRouter, spans: InMemorySpanExporter
) -> None:
    sick = ScriptedModel(ProviderUnavailableError("x", "you said: a secret prompt"), model="a")

    await router_of(sick, ScriptedModel("Rome", model="b")).complete("A secret prompt")

    failed, answered = finished(spans)
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.attributes is not None
    assert failed.attributes["error.type"] == "ProviderUnavailableError"
    assert answered.status.status_code is StatusCode.UNSET
    assert not failed.events
    assert "secret" not in failed.to_json() + answered.to_json()


async def test_attempts_are_children_of_the_caller_s_span(
    router_of: MakeRouter, spans: InMemorySpanExporter
) -> None:
    with telemetry.span("invoke_agent Architect") as parent:
        await router_of(ScriptedModel("ok")).complete("Hi")
        async with router_of(ScriptedModel("ok")).stream("Hi") as events:
            assert trace.get_current_span() is not parent
            assert [event async for event in events]
        assert trace.get_current_span() is parent

    first, second, outer = finished(spans)
    assert outer.context is not None
    for span in (first, second):
        assert span.parent is not None
        assert span.parent.span_id == outer.context.span_id


async def test_durations_tokens_and_first_chunks_are_measured(
    router_of: MakeRouter, clock: VirtualClock, points: Callable[[str], list[Any]]
) -> None:
    reply = ModelReply("Paris", "scripted", "model", usage=USAGE)
    router = router_of(ScriptedModel(reply, clock=clock, delay_s=2.0))

    await router.complete("Hi")
    async with router.stream("Hi") as events:
        assert [event async for event in events]

    [duration] = points("gen_ai.client.operation.duration")
    assert (duration.count, duration.sum) == (2, 4.0)
    assert duration.attributes["gen_ai.request.model"] == "model"
    [first_chunk] = points("gen_ai.client.operation.time_to_first_chunk")
    assert (first_chunk.count, first_chunk.sum) == (1, 2.0)
    tokens = {
        point.attributes["gen_ai.token.type"]: point.sum
        for point in points("gen_ai.client.token.usage")
    }
    assert tokens == {"input": 70, "output": 20}


async def test_a_failure_s_duration_is_told_apart_by_its_kind(
    router_of: MakeRouter, points: Callable[[str], list[Any]]
) -> None:
    sick = ScriptedModel(ProviderUnavailableError("x", "down"), model="a")

    await router_of(sick, ScriptedModel("Rome", model="b")).complete("Hi")

    kinds = {
        point.attributes["gen_ai.request.model"]: point.attributes.get("error.type")
        for point in points("gen_ai.client.operation.duration")
    }
    assert kinds == {"a": "ProviderUnavailableError", "b": None}


async def test_a_span_processor_s_fault_leaves_the_books_straight(
    router_of: MakeRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Faulty(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            raise LookupError(span.name)

    provider = TracerProvider()
    provider.add_span_processor(Faulty())
    monkeypatch.setattr(telemetry, "_tracer", lambda: provider.get_tracer("test"))
    router = router_of(ScriptedModel("Paris"), retry=RetryPolicy(rounds=1))

    with pytest.raises(AllDeploymentsFailedError):
        await router.complete("Hi")

    assert router._deployments["scripted/model"].in_flight == 0
    assert len(router.ledger.entries) == 1


async def test_embeddings_have_a_span_and_figures_of_their_own(
    router_of: MakeRouter,
    spans: InMemorySpanExporter,
    points: Callable[[str], list[Any]],
) -> None:
    class Embedding(ScriptedModel):
        async def embed(self, texts: Sequence[str], **_: object) -> Embeddings:
            return Embeddings(tuple((1.0,) for _ in texts), "scripted", "e-1", Usage(12))

    await router_of(Embedding(model="e")).embed(["a"])

    [span] = finished(spans)
    assert span.name == "embeddings e"
    assert dict(span.attributes or {}) == {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": "scripted",
        "gen_ai.request.model": "e",
        "gen_ai.response.model": "e-1",
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 0,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.cache_creation.input_tokens": 0,
        "gen_ai.usage.reasoning.output_tokens": 0,
    }
    [duration] = points("gen_ai.client.operation.duration")
    assert duration.attributes["gen_ai.operation.name"] == "embeddings"
