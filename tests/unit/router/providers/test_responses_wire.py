"""OpenAI's Responses API: requests to JSON, JSON and events to replies."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from quantumlayer.errors import ProviderError, ProviderUnavailableError, RateLimitedError
from quantumlayer.messages import (
    Data,
    Image,
    Message,
    ModelReply,
    ModelRequest,
    OutputSchema,
    StopReason,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolResult,
    ToolSpec,
    Usage,
)
from quantumlayer.router.providers import _responses
from quantumlayer.router.providers._responses_stream import ResponsesWire
from quantumlayer.router.providers._secret import Secret
from quantumlayer.router.providers._wire import Delta, Origin

HI = ModelRequest.of("Hi")
ORIGIN = Origin("openai/gpt", "openai", "gpt", Secret(None))
WIRE = ResponsesWire(ORIGIN)
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def body_of(request: ModelRequest, *, stream: bool = False) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(WIRE.encode(request, stream=stream))
    return body


def reply_of(*items: dict[str, Any], **more: Any) -> ModelReply:
    document = {"id": "resp_1", "model": "gpt-1", "status": "completed", "output": items, **more}
    return WIRE.decode({**document, "output": list(items)}, HI)


def read(events: Iterable[Mapping[str, Any]]) -> tuple[list[Delta], ModelReply, bool]:
    stream = WIRE.begin(HI)
    deltas = [delta for event in events for delta in stream.take(event)]
    deltas += stream.rest()
    return deltas, stream.reply(), stream.finished


def said(words: str, kind: str = "output_text") -> dict[str, Any]:
    name = "refusal" if kind == "refusal" else "text"
    return {"type": "message", "content": [{"type": kind, name: words}]}


# --- requests ------------------------------------------------------------------------------------


def test_a_plain_prompt_is_sent_and_nothing_is_stored() -> None:
    assert body_of(HI) == {
        "model": "gpt",
        "input": [{"role": "user", "content": "Hi"}],
        "store": False,
    }


def test_options_that_are_set_are_sent() -> None:
    request = ModelRequest(
        (Message.system("Be brief."), Message.user("Hi")),
        tools=(ToolSpec("look", "Look it up.", SCHEMA), ToolSpec("any", "", {"type": "object"})),
        output=OutputSchema("N", SCHEMA),
        max_output_tokens=99,
        temperature=0.5,
    )

    body = body_of(request, stream=True)

    closed = SCHEMA | {"additionalProperties": False}
    assert body["input"][0] == {"role": "system", "content": "Be brief."}
    look, anything = body["tools"]
    assert (look["type"], look["name"], look["description"]) == ("function", "look", "Look it up.")
    assert (look["parameters"], look["strict"]) == (closed, True)
    assert (anything["parameters"], anything["strict"]) == ({"type": "object"}, False)
    assert body["text"] == {
        "format": {"type": "json_schema", "name": "N", "schema": closed, "strict": True}
    }
    assert (body["max_output_tokens"], body["temperature"], body["stream"]) == (99, 0.5, True)


def test_words_calls_and_results_are_items() -> None:
    long = "x" * 90
    request = ModelRequest(
        (
            Message.user("Look.", Image("image/png", base64="AAAA"), Data("Note", 1)),
            Message("assistant", (Text("I do."), ToolCall(long, "look", '{"n": 1}'))),
            Message("tool", (ToolResult(long, "one"),)),
        )
    )

    user, words, call, result = body_of(request)["input"]

    assert user["content"] == [
        {"type": "input_text", "text": "Look."},
        {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,AAAA"},
    ]
    assert words == {"role": "assistant", "content": "I do."}
    assert (call["type"], call["name"], call["arguments"]) == ("function_call", "look", '{"n": 1}')
    assert len(call["call_id"]) <= 64
    assert result == {
        "type": "function_call_output",
        "call_id": call["call_id"],
        "output": "one",
    }


@pytest.mark.parametrize(
    ("request_", "fits"),
    [
        (HI, True),
        (ModelRequest(HI.messages, stop=("END",)), False),
        (ModelRequest(HI.messages, max_output_tokens=15), False),
        (ModelRequest(HI.messages, max_output_tokens=16), True),
    ],
)
def test_what_the_format_cannot_say_is_known(request_: ModelRequest, *, fits: bool) -> None:
    assert _responses.fits(request_) == fits


# --- replies -------------------------------------------------------------------------------------


def test_words_and_calls_are_read_and_other_items_passed_over() -> None:
    call = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}

    reply = reply_of({"type": "reasoning"}, said("Let me "), said("see."), call, {"type": "new"})

    assert (reply.text, reply.stop_reason) == ("Let me see.", "tool_calls")
    assert reply.tool_calls == (ToolCall("call_1", "look", "{}"),)
    assert (reply.id, reply.model, reply.usage.estimated) == ("resp_1", "gpt-1", True)


@pytest.mark.parametrize(
    ("document", "stop"),
    [
        ({"status": "completed"}, "stop"),
        ({"status": "incomplete"}, "length"),
        ({"incomplete_details": {"reason": "max_output_tokens"}, "status": "incomplete"}, "length"),
        ({"incomplete_details": {"reason": "content_filter"}, "status": "incomplete"}, "filtered"),
        ({"status": "in_progress"}, "paused"),
        ({"status": "cancelled"}, "error"),
    ],
)
def test_each_status_has_our_word(document: dict[str, Any], stop: StopReason) -> None:
    assert reply_of(said("a"), **document).stop_reason == stop


def test_a_refusal_is_given_in_its_words() -> None:
    reply = reply_of(said("I cannot.", "refusal"))

    assert (reply.text, reply.stop_reason) == ("I cannot.", "filtered")


def test_tokens_are_counted_in_classes_that_do_not_overlap() -> None:
    usage = {
        "input_tokens": 42,
        "input_tokens_details": {"cached_tokens": 30},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 12},
        "total_tokens": 62,
    }

    assert reply_of(said("a"), usage=usage).usage == Usage(12, 30, 0, 8, 12)


def test_what_is_no_response_is_malformed() -> None:
    with pytest.raises(ValueError, match="no output"):
        WIRE.decode({"id": "resp_1"}, HI)


def test_a_response_that_failed_is_an_error() -> None:
    error = {"code": "server_error", "message": "Something broke."}
    with pytest.raises(ProviderUnavailableError, match="Something broke"):
        WIRE.decode({"status": "failed", "error": error, "output": []}, HI)


# --- streams -------------------------------------------------------------------------------------


def finished(kind: str = "completed", **more: Any) -> dict[str, Any]:
    response = {"id": "resp_1", "model": "gpt-1", "status": kind, **more}
    return {"type": f"response.{kind}", "response": response}


def item(state: str, **more: Any) -> dict[str, Any]:
    call = {"type": "function_call", "call_id": "call_1", "name": "look", **more}
    return {"type": f"response.output_item.{state}", "output_index": 1, "item": call}


def piece(arguments: str) -> dict[str, Any]:
    kind = "response.function_call_arguments.delta"
    return {"type": kind, "output_index": 1, "delta": arguments}


def word(text: str) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "output_index": 0, "delta": text}


def test_a_stream_adds_up() -> None:
    usage = {"input_tokens": 9, "output_tokens": 7, "total_tokens": 16}
    deltas, reply, ended = read(
        [
            {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}},
            {"type": "response.brand_new"},
            word("Let me "),
            word("see."),
            item("added", arguments=""),
            piece('{"n":'),
            piece("1}"),
            item("done", arguments='{"n":1}'),
            finished(usage=usage),
        ]
    )

    assert ended
    assert reply == ModelReply(
        "Let me see.",
        "openai",
        "gpt-1",
        (ToolCall("call_1", "look", '{"n":1}'),),
        "tool_calls",
        Usage(9, output_tokens=7),
        id="resp_1",
    )
    assert deltas == [
        TextDelta("Let me "),
        TextDelta("see."),
        ToolCallDelta(0, "call_1", "look", ""),
        ToolCallDelta(0, "", "", '{"n":'),
        ToolCallDelta(0, "", "", "1}"),
    ]


@pytest.mark.parametrize(
    "events",
    [
        [item("added"), item("done", arguments='{"n":1}')],
        [item("done", arguments='{"n":1}')],
        [item("added", arguments='{"n":1}'), item("done", arguments='{"n":1}')],
        [item("added"), piece('{"n"'), item("done", arguments='{"n":1}')],
    ],
)
def test_a_call_is_whole_however_much_of_it_came_in_pieces(events: list[dict[str, Any]]) -> None:
    deltas, reply, _ = read([*events, finished()])

    assert reply.tool_calls == (ToolCall("call_1", "look", '{"n":1}'),)
    pieces = [delta.arguments for delta in deltas if isinstance(delta, ToolCallDelta)]
    assert "".join(pieces) == '{"n":1}'


def test_what_a_server_says_otherwise_at_the_end_comes_too_late() -> None:
    _, reply, _ = read([item("added"), piece('{"n":2}'), item("done", arguments='{"n":1}')])

    assert reply.tool_calls[0].arguments == '{"n":2}'


def test_a_refusal_in_a_stream_is_given_in_its_words() -> None:
    refusal = {"type": "response.refusal.delta", "output_index": 0, "delta": "I cannot."}
    _, reply, _ = read([refusal, finished()])

    assert (reply.text, reply.stop_reason) == ("I cannot.", "filtered")


def test_a_stream_that_reached_its_limit_says_so() -> None:
    _, reply, ended = read(
        [word("Once"), finished("incomplete", incomplete_details={"reason": "max_output_tokens"})]
    )

    assert ended
    assert reply.stop_reason == "length"


def test_a_stream_without_an_end_is_not_finished() -> None:
    assert not read([word("Once upon")])[2]


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (finished("failed", error={"code": "server_error", "message": "Broken"}), ProviderError),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "Broken"}, RateLimitedError),
        ({"error": {"type": "server_error", "message": "Broken"}}, ProviderUnavailableError),
    ],
)
def test_an_error_in_mid_stream_is_an_error(
    event: dict[str, Any], error: type[ProviderError]
) -> None:
    with pytest.raises(error, match="Broken"):
        read([word("Once"), event])
