"""The adapter against recordings of real servers: OpenAI, Groq, Mistral, Gemini and others.

The streams among them are cut anew at random places, down to single bytes.
"""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantumlayer.errors import InvalidRequestError, MalformedReplyError, ProviderError
from quantumlayer.messages import (
    Done,
    ModelReply,
    ModelRequest,
    StreamEvent,
    TextDelta,
    ToolCallDelta,
)
from quantumlayer.router.providers import OpenAICompatible

pytestmark = pytest.mark.anyio

CASSETTES = Path(__file__).resolve().parents[3] / "shared" / "data" / "wire" / "cassettes" / "tests"
ASKED = ModelRequest.of("Whatever was asked in the recording.")


@dataclass(frozen=True)
class Recording:
    """One answer of a real server."""

    name: str
    status: int
    media_type: str
    body: bytes
    streamed: bool

    @property
    def document(self) -> Any:
        return json.loads(self.body)


def _recordings() -> Iterator[Recording]:
    for path in sorted(CASSETTES.rglob("*.yaml")):
        text = path.read_text("utf-8")
        if "/chat/completions" not in text:
            continue
        for number, item in enumerate(yaml.load(text, yaml.CSafeLoader)["interactions"]):
            request, response = item["request"], item["response"]
            if not request["uri"].endswith("/chat/completions"):
                continue
            parsed = response.get("parsed_body")
            body = json.dumps(parsed) if parsed is not None else response["body"]["string"]
            yield Recording(
                f"{path.stem}-{number}",
                response["status"]["code"],
                response["headers"]["content-type"][0],
                body.encode(),
                bool((request.get("parsed_body") or {}).get("stream")),
            )


RECORDINGS = list(_recordings())
WHOLE = [r for r in RECORDINGS if r.status == 200 and not r.streamed and "choices" in str(r.body)]
STREAMED = [r for r in RECORDINGS if r.streamed]
REFUSED = [r for r in RECORDINGS if r.status != 200]

if not RECORDINGS:
    pytest.skip(f"no recordings: {CASSETTES} is not there", allow_module_level=True)


def of(recordings: Sequence[Recording]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("recording", recordings, ids=lambda recording: recording.name)


class Chunks(httpx.AsyncByteStream):
    """A body that comes in the pieces given."""

    def __init__(self, body: bytes, sizes: Sequence[int]) -> None:
        self._body = body
        self._sizes = sizes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        start = turn = 0
        while start < len(self._body):
            size = self._sizes[turn % len(self._sizes)]
            yield self._body[start : start + size]
            start, turn = start + size, turn + 1


def player(recording: Recording, sizes: Sequence[int] = (1 << 20,)) -> OpenAICompatible:
    def answer(request: httpx.Request) -> httpx.Response:
        assert json.loads(request.content)["messages"]
        headers = {"content-type": recording.media_type}
        return httpx.Response(
            recording.status, headers=headers, stream=Chunks(recording.body, sizes)
        )

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return OpenAICompatible("m", base_url="http://recorded.test/v1", api_key="sk", client=client)


async def read(recording: Recording, sizes: Sequence[int] = (1 << 20,)) -> list[StreamEvent]:
    events: list[StreamEvent] = []
    async with player(recording, sizes).stream(ASKED) as stream:
        async for event in stream:
            events.append(event)  # noqa: PERF401 -- what came before an error is looked at too
    return events


def chunks_of(recording: Recording) -> list[Any]:
    lines = recording.body.decode().splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [json.loads(text) for text in data if text != "[DONE]"]


def ends_in_error(recording: Recording) -> bool:
    return any("error" in chunk for chunk in chunks_of(recording))


@of(WHOLE)
async def test_every_recorded_answer_is_read(recording: Recording) -> None:
    document = recording.document
    message = document["choices"][0]["message"]

    reply = await player(recording).complete(ASKED)

    assert reply.text == (message.get("content") or "")
    calls = [call["function"] for call in message.get("tool_calls") or []]
    assert [(call.name, call.arguments) for call in reply.tool_calls] == [
        (call["name"], call["arguments"]) for call in calls
    ]
    assert all(call.id for call in reply.tool_calls)
    assert (reply.model, reply.id) == (document["model"], document["id"])
    assert reply.stop_reason == ("tool_calls" if calls else document["choices"][0]["finish_reason"])
    assert not reply.usage.estimated
    assert reply.usage.total_tokens == document["usage"]["total_tokens"]


def test_the_recordings_cover_what_matters() -> None:
    def usage(name: str) -> dict[str, Any]:
        [recording] = [r for r in WHOLE if r.name == name]
        counts: dict[str, Any] = recording.document["usage"]
        return counts

    assert len(WHOLE) > 80
    assert len(STREAMED) >= 9
    assert usage("test_openai_chat_prompt_cache_e2e-1")["prompt_tokens_details"]["cached_tokens"]


@of([r for r in WHOLE if r.name.startswith("test_openai_chat_prompt_cache_e2e")])
async def test_cached_tokens_are_a_class_of_their_own(recording: Recording) -> None:
    details = recording.document["usage"]["prompt_tokens_details"]

    usage = (await player(recording).complete(ASKED)).usage

    assert usage.cache_read_tokens == details["cached_tokens"]
    assert usage.cache_write_tokens == details["cache_write_tokens"]
    assert usage.input_tokens == 4020 - 4012


@of([r for r in STREAMED if not ends_in_error(r)])
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=8))
async def test_a_stream_says_the_same_however_it_was_cut(
    recording: Recording, sizes: list[int]
) -> None:
    *deltas, last = await read(recording, sizes)

    assert isinstance(last, Done)
    assert_adds_up(recording, deltas, last.reply)


@of([r for r in STREAMED if len(r.body) < 10_000 and not ends_in_error(r)])
async def test_a_stream_says_the_same_byte_by_byte(recording: Recording) -> None:
    assert await read(recording, [1]) == await read(recording)


def assert_adds_up(recording: Recording, deltas: Sequence[StreamEvent], reply: ModelReply) -> None:
    chunks = chunks_of(recording)
    choices = [chunk["choices"][0] for chunk in chunks if chunk.get("choices")]
    text = "".join(choice["delta"].get("content") or "" for choice in choices)
    assert reply.text == text
    assert "".join(event.text for event in deltas if isinstance(event, TextDelta)) == text
    pieces = [call for choice in choices for call in choice["delta"].get("tool_calls") or []]
    names = [piece["function"]["name"] for piece in pieces if piece["function"].get("name")]
    assert [call.name for call in reply.tool_calls] == names
    for index, call in enumerate(reply.tool_calls):
        of_call = [e for e in deltas if isinstance(e, ToolCallDelta) and e.index == index]
        assert "".join(event.arguments for event in of_call) == call.arguments
        assert json.loads(call.arguments) is not None
    totals = [usage["total_tokens"] for chunk in chunks if (usage := _usage(chunk))]
    assert reply.usage.estimated == (not totals)
    assert not totals or reply.usage.total_tokens == totals[-1]


def _usage(chunk: dict[str, Any]) -> dict[str, Any] | None:
    return chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage")


@of([r for r in STREAMED if ends_in_error(r)])
async def test_an_error_in_mid_stream_is_an_error(recording: Recording) -> None:
    with pytest.raises(InvalidRequestError, match=r"[Tt]ool c"):
        await read(recording)


@of([r for r in STREAMED if not ends_in_error(r)])
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(share=st.floats(0, 1))
async def test_a_stream_cut_off_anywhere_never_passes_for_a_whole_one(
    recording: Recording, share: float
) -> None:
    finish = recording.body.index(b'"finish_reason":"')
    cut = Recording(
        recording.name,
        200,
        recording.media_type,
        recording.body[: int(share * finish)],
        streamed=True,
    )

    with pytest.raises(ProviderError):
        await read(cut)


@of([r for r in STREAMED if not ends_in_error(r)])
async def test_a_missing_done_is_no_error(recording: Recording) -> None:
    body = recording.body.replace(b"data: [DONE]\n\n", b"")
    assert body != recording.body
    without = Recording(recording.name, 200, recording.media_type, body, streamed=True)

    assert await read(without) == await read(recording)


@of(REFUSED)
async def test_every_recorded_refusal_is_an_error_that_is_not_retried(recording: Recording) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await player(recording).complete(ASKED)

    assert caught.value.status == recording.status
    assert caught.value.reason == recording.document["error"]["message"][:500]


@of([r for r in RECORDINGS if r.status == 200 and not r.streamed and r not in WHOLE])
async def test_what_is_no_chat_completion_is_malformed(recording: Recording) -> None:
    with pytest.raises(MalformedReplyError):
        await player(recording).complete(ASKED)
