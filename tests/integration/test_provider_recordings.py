"""Every provider's adapter against recordings of the provider itself.

What an answer says is read from the recording a second time here, in the plainest way, and has to
be what the adapter makes of it; streams are cut anew at random places, down to single bytes.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recordings import KEY, Recording, play, recordings

from quantumlayer.errors import (
    InvalidRequestError,
    MalformedReplyError,
    ProviderError,
    ProviderUnavailableError,
)
from quantumlayer.messages import (
    Done,
    ModelReply,
    ModelRequest,
    StopReason,
    StreamEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from quantumlayer.router.providers._eventstream import EventStreamDecoder

pytestmark = pytest.mark.anyio

RECORDINGS = recordings()
if not RECORDINGS:
    pytest.skip("no recordings: ../shared is not there", allow_module_level=True)

ASKED = ModelRequest.of("Whatever was asked in the recording.")
CHAT = [r for r in RECORDINGS if r.format in {"chat", "responses", "messages", "converse"}]
CUT = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
TABLE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "provider-recordings.md"


@dataclass(frozen=True)
class Said:
    """What a recorded answer says.

    Attributes:
        text: Its words, a refusal's too.
        calls: Id, name and arguments of each call of a tool of the caller.
        stop: Why it ended.
        tokens: All of its usage, and of that what was cached (read, written) and thought.
    """

    text: str
    calls: tuple[tuple[str, str, Any], ...]
    stop: StopReason
    tokens: tuple[int, int, int, int] | None


def said_by(reply: ModelReply) -> Said:
    usage = reply.usage
    tokens = (usage.cache_read_tokens, usage.cache_write_tokens, usage.reasoning_tokens)
    calls = ((call.id, call.name, json.loads(call.arguments)) for call in reply.tool_calls)
    return Said(
        reply.text,
        tuple(calls),
        reply.stop_reason,
        None if usage.estimated else (usage.total_tokens, *tokens),
    )


def number(value: Any, *path: str) -> int:
    for name in path:
        value = (value or {}).get(name)
    return value or 0


# --- the plainest reading of each format ---------------------------------------------------------


def chat(document: Any) -> Said:
    choice = document["choices"][0]
    message = choice.get("message") or choice["delta"]
    content = message.get("content") or ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content if part["type"] == "text")
    calls = tuple(
        (
            call["id"] or f"call_{document['id']}_{index}",
            call["function"]["name"],
            json.loads(call["function"]["arguments"]),
        )
        for index, call in enumerate(message.get("tool_calls") or [])
    )
    stops = {"length": "length", "content_filter": "filtered", "tool_calls": "tool_calls"}
    stop: Any = "tool_calls" if calls else stops.get(choice["finish_reason"], "stop")
    usage = document.get("usage") or (document.get("x_groq") or {}).get("usage")
    if not usage:
        return Said(content, calls, stop, None)
    thought = number(usage, "completion_tokens_details", "reasoning_tokens")
    on_top = usage["total_tokens"] - usage["prompt_tokens"] - usage["completion_tokens"]
    details = "prompt_tokens_details"
    tokens = (
        usage["total_tokens"],
        number(usage, details, "cached_tokens"),
        number(usage, details, "cache_write_tokens"),
        max(on_top, 0) or thought,
    )
    return Said(content, calls, stop, tokens)


def responses(document: Any) -> Said:
    parts = [
        part for item in document["output"] if item["type"] == "message" for part in item["content"]
    ]
    text = "".join(part.get("text", part.get("refusal", "")) for part in parts)
    calls = tuple(
        (item["call_id"], item["name"], json.loads(item["arguments"]))
        for item in document["output"]
        if item["type"] == "function_call"
    )
    stop: Any = {"queued": "paused", "in_progress": "paused", "incomplete": "length"}.get(
        document["status"], "tool_calls" if calls else "stop"
    )
    usage = document.get("usage")
    if not usage:
        return Said(text, calls, stop, None)
    tokens = (
        usage["total_tokens"],
        number(usage, "input_tokens_details", "cached_tokens"),
        number(usage, "input_tokens_details", "cache_write_tokens"),
        number(usage, "output_tokens_details", "reasoning_tokens"),
    )
    return Said(text, calls, stop, tokens)


def messages(document: Any) -> Said:
    blocks = document["content"]
    calls = tuple(
        (block["id"], block["name"], block["input"])
        for block in blocks
        if block["type"] == "tool_use"
    )
    stops: dict[str, Any] = {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "tool_use": "tool_calls",
        "pause_turn": "paused",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "refusal": "filtered",
    }
    usage = document["usage"]
    read = usage.get("cache_read_input_tokens") or 0
    written = usage.get("cache_creation_input_tokens") or 0
    return Said(
        "".join(block["text"] for block in blocks if block["type"] == "text"),
        calls,
        stops[document["stop_reason"]],
        (
            usage["input_tokens"] + read + written + usage["output_tokens"],
            read,
            written,
            number(usage, "output_tokens_details", "thinking_tokens"),
        ),
    )


def converse(document: Any) -> Said:
    blocks = document["output"]["message"]["content"]
    uses = [block["toolUse"] for block in blocks if "toolUse" in block]
    stops: dict[str, Any] = {"tool_use": "tool_calls", "max_tokens": "length"}
    usage = document["usage"]
    return Said(
        "".join(block.get("text", "") for block in blocks),
        tuple(
            (use["toolUseId"], use["name"], use["input"])
            for use in uses
            if use.get("type") != "server_tool_use"
        ),
        stops.get(document["stopReason"], "stop"),
        (
            usage["totalTokens"],
            usage.get("cacheReadInputTokens", 0),
            usage.get("cacheWriteInputTokens", 0),
            0,
        ),
    )


READ = {"chat": chat, "responses": responses, "messages": messages, "converse": converse}


# --- the plainest reading of each stream: the document that it would have been -------------------


def events_of(recording: Recording) -> list[Any]:
    lines = recording.body.decode().splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [json.loads(text) for text in data if text != "[DONE]"]


def whole_chat(events: Sequence[Any]) -> Any:
    choices = [event["choices"][0] for event in events if event.get("choices")]
    calls: dict[int, Any] = {}
    for piece in (p for c in choices for p in c["delta"].get("tool_calls") or []):
        call = calls.setdefault(piece["index"], {"function": {"name": "", "arguments": ""}})
        call["id"] = call.get("id") or piece.get("id")
        call["function"]["name"] += piece["function"].get("name") or ""
        call["function"]["arguments"] += piece["function"].get("arguments") or ""
    text = "".join(choice["delta"].get("content") or "" for choice in choices)
    usages = [event.get("usage") or (event.get("x_groq") or {}).get("usage") for event in events]
    reasons = [choice["finish_reason"] for choice in choices if choice.get("finish_reason")]
    message = {"content": text, "tool_calls": list(calls.values())}
    return {
        "choices": [{"message": message, "finish_reason": reasons[-1]}],
        "usage": next((usage for usage in reversed(usages) if usage), None),
    }


def whole_response(events: Sequence[Any]) -> Any:
    """The last event has all of it."""
    return events[-1]["response"]


def whole_message(events: Sequence[Any]) -> Any:
    blocks: dict[int, Any] = {}
    usage: dict[str, Any] = {}
    document: dict[str, Any] = {}
    for event in events:
        delta = event.get("delta", {})
        if event["type"] == "message_start":
            document = event["message"]
            usage = document["usage"]
        elif event["type"] == "content_block_start":
            blocks[event["index"]] = {**event["content_block"], "json": ""}
        elif event["type"] == "content_block_delta":
            block = blocks[event["index"]]
            block["text"] = block.get("text", "") + delta.get("text", "")
            block["json"] += delta.get("partial_json", "")
        elif event["type"] == "message_delta":
            document["stop_reason"] = delta["stop_reason"]
            usage.update({k: v for k, v in event["usage"].items() if v is not None})
    for block in blocks.values():
        block["input"] = json.loads(block["json"] or "{}")
    return {**document, "content": list(blocks.values()), "usage": usage}


def whole_converse(body: bytes) -> Any:
    blocks: dict[int, Any] = {}
    document: dict[str, Any] = {}
    for message in EventStreamDecoder().feed(body):
        event = json.loads(message.payload)
        kind = message.headers[":event-type"]
        if kind in {"contentBlockStart", "contentBlockDelta"}:
            block = blocks.setdefault(event["contentBlockIndex"], {})
            if "toolUse" in event.get("start", {}):
                block["toolUse"] = {**event["start"]["toolUse"], "input": ""}
            delta = event.get("delta", {})
            if "text" in delta:
                block["text"] = block.get("text", "") + delta["text"]
            if "toolUse" in delta:
                block["toolUse"]["input"] += delta["toolUse"]["input"]
        document |= {key: event[key] for key in ("stopReason", "usage") if key in event}
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    return {**document, "output": {"message": {"content": list(blocks.values())}}}


def whole(recording: Recording) -> Any:
    """The document of an answer, put together where it was streamed."""
    if not recording.streamed:
        return recording.document
    if recording.format == "converse":
        return whole_converse(recording.body)
    put_together = {"chat": whole_chat, "responses": whole_response, "messages": whole_message}
    return put_together[recording.format](events_of(recording))


# --- the tests -----------------------------------------------------------------------------------


def is_answer(recording: Recording) -> bool:
    marks = {
        "chat": b'"choices"',
        "responses": b'"output"',
        "messages": b'"content"',
        "converse": b'"output"',
    }
    if recording.streamed:
        return not reports_an_error(recording)
    return recording.status == 200 and marks[recording.format] in recording.body


def reports_an_error(recording: Recording) -> bool:
    if recording.format == "converse":
        return b":exception-type" in recording.body
    return any(event.get("error") or event.get("type") == "error" for event in events_of(recording))


ANSWERS = [r for r in CHAT if is_answer(r)]
WHOLE = [r for r in ANSWERS if not r.streamed]
STREAMS = [r for r in ANSWERS if r.streamed]
ERRORS = [r for r in CHAT if r not in ANSWERS]


def of(chosen: Sequence[Recording]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("recording", chosen, ids=lambda recording: recording.name)


async def read(recording: Recording, sizes: Sequence[int] = (1 << 20,)) -> list[StreamEvent]:
    events: list[StreamEvent] = []
    async with play(recording, sizes).adapter.stream(ASKED) as stream:
        async for event in stream:
            events.append(event)  # noqa: PERF401 -- what came before an error is looked at too
    return events


@of(WHOLE)
async def test_an_answer_says_what_the_recorded_one_says(recording: Recording) -> None:
    player = play(recording)

    reply = await player.adapter.complete(ASKED)

    assert said_by(reply) == READ[recording.format](recording.document)
    assert reply.provider == player.adapter.provider
    assert reply.model
    assert reply.id == recording.document.get("id", "")
    [request] = player.sent
    if not recording.path.endswith("/invoke"):  # Claude's own format, which we speak elsewhere
        assert request.url.raw_path.decode() == recording.path
    assert KEY in request.headers.get("authorization", request.headers.get("x-api-key", ""))


@of(STREAMS)
@CUT
@given(sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=8))
async def test_a_stream_says_what_the_recorded_one_says_however_it_was_cut(
    recording: Recording, sizes: list[int]
) -> None:
    *deltas, last = await read(recording, sizes)

    assert isinstance(last, Done)
    assert said_by(last.reply) == READ[recording.format](whole(recording))
    text = "".join(event.text for event in deltas if isinstance(event, TextDelta))
    assert text == last.reply.text
    for index, call in enumerate(last.reply.tool_calls):
        pieces = [e for e in deltas if isinstance(e, ToolCallDelta) and e.index == index]
        assert (pieces[0].id, pieces[0].name) == (call.id, call.name)
        assert "".join(piece.arguments for piece in pieces) == call.arguments


@of([recording for recording in STREAMS if len(recording.body) < 40_000])
async def test_a_stream_says_the_same_byte_by_byte(recording: Recording) -> None:
    assert await read(recording, [1]) == await read(recording)


@of(STREAMS)
@CUT
@given(share=st.floats(0, 1))
async def test_a_stream_that_is_cut_off_never_passes_for_a_whole_one(
    recording: Recording, share: float
) -> None:
    ends = {
        "chat": b'"finish_reason":"',
        "responses": b'"type":"response.completed"',
        "messages": b'"stop_reason":"',
        "converse": b"stopReason",
    }
    end = recording.body.index(ends[recording.format])

    with pytest.raises(ProviderError) as caught:
        await read(recording.with_body(recording.body[: int(share * end)]))

    assert caught.value.retryable


SMALLEST = [
    min((r for r in STREAMS if r.format == form), key=lambda r: len(r.body))
    for form in sorted({recording.format for recording in STREAMS})
]


@of(SMALLEST)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4))
async def test_damaged_bytes_are_an_error_or_another_answer_and_nothing_worse(
    recording: Recording, places: list[tuple[float, int]]
) -> None:
    body = bytearray(recording.body)
    for share, byte in places:
        body[int(share * (len(body) - 1))] = byte

    try:
        *_, last = await read(recording.with_body(bytes(body)), [100])
    except ProviderError:
        return
    assert isinstance(last, Done)
    last.reply.text.encode()


@of([recording for recording in STREAMS if b"data: [DONE]" in recording.body])
async def test_a_missing_done_is_no_error(recording: Recording) -> None:
    without = recording.with_body(recording.body.replace(b"data: [DONE]\n\n", b""))

    assert await read(without) == await read(recording)


QUOTED_BY_GROQ = [r for r in ERRORS if b"failed_generation" in r.body]


@of([recording for recording in ERRORS if recording not in QUOTED_BY_GROQ])
async def test_what_is_no_answer_is_an_error_that_says_why(recording: Recording) -> None:
    if recording.streamed:
        with pytest.raises(ProviderError):
            await read(recording)
        return
    with pytest.raises(ProviderError) as caught:
        await play(recording).adapter.complete(ASKED)

    if recording.status == 200:
        assert isinstance(caught.value, MalformedReplyError)
        return
    document = recording.document
    assert caught.value.status == recording.status
    assert caught.value.reason == (document.get("error") or document)["message"][:500]
    assert caught.value.retryable == (recording.status >= 429)
    assert isinstance(caught.value, InvalidRequestError | ProviderUnavailableError)


@of(QUOTED_BY_GROQ)
async def test_calls_that_groq_refuses_are_given_for_the_caller_to_mend(
    recording: Recording,
) -> None:
    if recording.streamed:
        [error] = [event["error"] for event in events_of(recording) if "error" in event]
    else:
        error = recording.document["error"]
    try:
        call = json.loads(error["failed_generation"])
    except ValueError:
        with pytest.raises(InvalidRequestError, match="Tool choice is required"):
            await (
                read(recording) if recording.streamed else play(recording).adapter.complete(ASKED)
            )
        return

    if recording.streamed:
        last = (await read(recording))[-1]
        assert isinstance(last, Done)
        reply = last.reply
    else:
        reply = await play(recording).adapter.complete(ASKED)

    [given_call] = reply.tool_calls
    assert (given_call.name, json.loads(given_call.arguments)) == (call["name"], call["arguments"])
    assert reply.stop_reason == "tool_calls"
    assert reply.usage.estimated


# --- embeddings ----------------------------------------------------------------------------------

EMBEDDED = [r for r in RECORDINGS if r.format in {"embeddings", "invoke"}]


def texts_of(asked: Any) -> list[str]:
    if "singleEmbeddingParams" in asked:
        return [asked["singleEmbeddingParams"]["text"]["value"]]
    texts: Any = asked.get("input") or asked.get("texts") or [asked["inputText"]]
    return [texts] if isinstance(texts, str) else texts


def dimensions_of(asked: Any) -> int | None:
    asked = asked.get("singleEmbeddingParams", asked)
    names = ("dimensions", "output_dimension", "embeddingDimension")
    return next((asked[name] for name in names if name in asked), None)


@of([recording for recording in EMBEDDED if recording.status == 200])
async def test_embeddings_are_the_recorded_ones(recording: Recording) -> None:
    player = play(recording)
    assert hasattr(player.adapter, "embed")
    texts = texts_of(recording.asked)

    made = await player.adapter.embed(texts, dimensions=dimensions_of(recording.asked))

    assert len(made.vectors) == len(texts)
    document = recording.document
    rows = document.get("embeddings", document.get("embedding"))
    if rows is not None:  # as numbers: those of OpenAI are base64
        rows = rows["float"] if isinstance(rows, dict) else rows
        rows = [row["embedding"] if isinstance(row, dict) else row for row in rows]
        assert made.vectors == tuple(map(tuple, rows if isinstance(rows[0], list) else [rows]))
    assert len({len(vector) for vector in made.vectors}) == 1
    assert dimensions_of(recording.asked) in {None, len(made.vectors[0])}
    counted = document.get("inputTextTokenCount") or number(document, "usage", "prompt_tokens")
    assert made.usage.estimated != bool(counted)
    assert not counted or made.usage == Usage(counted)
    [request] = player.sent
    assert request.url.raw_path.decode() == recording.path
    assert texts_of(json.loads(request.content)) == texts


@of([recording for recording in EMBEDDED if recording.status != 200])
async def test_embeddings_that_are_refused_are_an_error(recording: Recording) -> None:
    player = play(recording)
    assert hasattr(player.adapter, "embed")
    with pytest.raises(InvalidRequestError) as caught:
        await player.adapter.embed(texts_of(recording.asked))

    assert caught.value.status == recording.status


# --- the books -----------------------------------------------------------------------------------


_FORMATS = {
    "chat": "chat completions",
    "responses": "Responses",
    "messages": "Messages",
    "converse": "Converse",
    "embeddings": "embeddings",
    "invoke": "embeddings",
}


def rows() -> list[str]:
    """The table in the documentation: what was replayed, and why the rest was not."""
    replayed = Counter(
        (type(play(recording).adapter).__name__, _FORMATS[recording.format], _outcome(recording))
        for recording in RECORDINGS
        if recording.format
    )
    lines = [f"| `{who}` | {form} | {what} | {n} |" for (who, form, what), n in replayed.items()]
    left = Counter(recording.left_out for recording in RECORDINGS if not recording.format)
    return [*sorted(lines), *(f"| {reason} | {n} |" for reason, n in sorted(left.items()))]


def _outcome(recording: Recording) -> str:
    if recording.format in {"embeddings", "invoke"}:
        return "vectors" if recording.status == 200 else "no answer"
    if recording in ERRORS:
        return "no answer"
    return "stream" if recording.streamed else "whole"


def test_every_recording_is_replayed_or_left_out_for_a_reason() -> None:
    unexplained = [r.name for r in RECORDINGS if not r.format and not r.left_out]

    assert not unexplained
    replayed = len(ANSWERS) + len(ERRORS) + len(EMBEDDED)
    assert replayed + sum(not r.format for r in RECORDINGS) == len(RECORDINGS)


def test_the_documentation_has_the_figures() -> None:
    if len(RECORDINGS) != 577:
        pytest.skip("other recordings are there than those that the documentation counts")
    text = TABLE.read_text()

    assert [row for row in rows() if row not in text] == []
