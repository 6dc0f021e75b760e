"""Claude's messages: requests to JSON, JSON and events to replies."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from quantumlayer.errors import ProviderError, ProviderUnavailableError, RateLimitedError
from quantumlayer.messages import (
    CachePoint,
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
from quantumlayer.router import ModelCard
from quantumlayer.router.providers import _messages
from quantumlayer.router.providers._messages_stream import MessagesWire
from quantumlayer.router.providers._secret import Secret
from quantumlayer.router.providers._wire import Delta, Origin

HI = ModelRequest.of("Hi")
ORIGIN = Origin("anthropic/claude", "anthropic", "claude", Secret(None))
WIRE = MessagesWire(ORIGIN, ModelCard())
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TOOL = ToolSpec("look", "Look it up.", SCHEMA)


def body_of(request: ModelRequest, card: ModelCard | None = None, **options: Any) -> dict[str, Any]:
    wire = MessagesWire(ORIGIN, card or ModelCard())
    body: dict[str, Any] = json.loads(wire.encode(request, **{"stream": False, **options}))
    return body


def read(events: Iterable[Mapping[str, Any]]) -> tuple[list[Delta], ModelReply, bool]:
    stream = WIRE.begin(HI)
    deltas = [delta for event in events for delta in stream.take(event)]
    deltas += stream.rest()
    return deltas, stream.reply(), stream.finished


def text(words: str) -> dict[str, Any]:
    delta = {"type": "text_delta", "text": words}
    return {"type": "content_block_delta", "index": 0, "delta": delta}


START = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "claude-1", "usage": {"input_tokens": 9}},
}
STOP = {"type": "message_stop"}


def ended(reason: str, **usage: int | None) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


# --- requests ------------------------------------------------------------------------------------


def test_a_plain_prompt_has_a_limit_and_nothing_else_beside() -> None:
    assert body_of(HI) == {
        "model": "claude",
        "max_tokens": 8192,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    }


@pytest.mark.parametrize(
    ("asked", "known", "limit"), [(5, 100, 5), (None, 100, 100), (None, None, 8192)]
)
def test_the_limit_is_the_request_s_else_the_model_s(
    asked: int | None, known: int | None, limit: int
) -> None:
    request = ModelRequest((Message.user("Hi"),), max_output_tokens=asked)

    assert body_of(request, ModelCard(max_output_tokens=known))["max_tokens"] == limit


def test_options_that_are_set_are_sent() -> None:
    request = ModelRequest(
        (Message.system("Be brief."), Message.system("Be kind."), Message.user("Hi")),
        tools=(TOOL,),
        temperature=1.5,
        stop=("END",),
    )

    body = body_of(request, stream=True)

    assert body["system"] == "Be brief.\n\nBe kind."
    assert body["tools"] == [{"name": "look", "description": "Look it up.", "input_schema": SCHEMA}]
    assert body["temperature"] == 1.0  # the most that is taken
    assert body["stop_sequences"] == ["END"]
    assert body["stream"] is True
    assert "tool_choice" not in body


def test_what_is_worth_caching_is_marked() -> None:
    point, mark = CachePoint(), {"cache_control": {"type": "ephemeral"}}
    rules = Message.system("All the rules.", point)
    body = body_of(ModelRequest((rules, Message.system("Today."), Message.user("Hi", point))))
    assert body["system"] == [
        {"type": "text", "text": "All the rules.", **mark},
        {"type": "text", "text": "Today."},
    ]
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Hi", **mark}]}
    ]
    told = body_of(
        ModelRequest((rules, Message.user("Hi")), output=OutputSchema("N", SCHEMA)),
        ModelCard(capabilities=frozenset()),
    )["system"]
    assert told[0] == {"type": "text", "text": "All the rules.", **mark}
    assert "cache_control" not in told[1]


def test_no_more_is_marked_than_the_provider_takes() -> None:
    marked = [Message.user(str(at), CachePoint()) for at in range(9)]
    assert json.dumps(body_of(ModelRequest(tuple(marked)))).count("cache_control") == 4


def test_a_model_that_takes_no_temperature_is_sent_none() -> None:
    request = ModelRequest((Message.user("Hi"),), temperature=0.5)

    assert "temperature" not in body_of(request, ModelCard(capabilities=frozenset({"tools"})))


def test_calls_and_results_stand_in_the_turns_of_those_who_speak() -> None:
    calls = (ToolCall("toolu_1", "look", '{"n": 1}'), ToolCall("strange id!", "look", "broken"))
    request = ModelRequest(
        (
            Message.user("Look.", Data("Note", {"n": 1})),
            Message("assistant", (Text("I do."), *calls)),
            Message("tool", (ToolResult("toolu_1", "one"),)),
            Message("tool", (ToolResult("strange id!", "no", is_error=True),)),
            Message.user("And now?"),
        )
    )

    body = body_of(request)
    user, assistant, results = body["messages"]

    assert user["content"] == [{"type": "text", "text": "Look."}]
    first, second = assistant["content"][1:]
    assert first == {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"n": 1}}
    assert second["input"] == {"invalid_json": "broken"}
    assert [block.get("tool_use_id", "") for block in results["content"]] == [
        "toolu_1",
        second["id"],
        "",
    ]
    assert [block.get("is_error") for block in results["content"]] == [False, True, None]
    # Calls of a tool that is not told of are refused: it is told of, and cannot be called.
    assert [tool["name"] for tool in body["tools"]] == ["look"]
    assert body["tool_choice"] == {"type": "none"}


@pytest.mark.parametrize(
    ("image", "source"),
    [
        (
            Image("image/png", base64="AAAA"),
            {"type": "base64", "media_type": "image/png", "data": "AAAA"},
        ),
        (
            Image("", url="data:image/gif;base64,BBBB"),
            {"type": "base64", "media_type": "image/gif", "data": "BBBB"},
        ),
        (Image("image/png", url="https://x/y.png"), {"type": "url", "url": "https://x/y.png"}),
    ],
)
def test_images_go_by_their_bytes_or_by_their_place(image: Image, source: object) -> None:
    body = body_of(ModelRequest((Message.user("See?", image),)))

    assert body["messages"][0]["content"][1] == {"type": "image", "source": source}


def test_an_output_type_that_can_be_enforced_is() -> None:
    request = ModelRequest((Message.user("Hi"),), output=OutputSchema("N", SCHEMA))

    output = body_of(request)["output_config"]["format"]

    assert output == {"type": "json_schema", "schema": SCHEMA | {"additionalProperties": False}}


@pytest.mark.parametrize(
    ("schema", "card"),
    [
        ({"type": "object", "additionalProperties": {"type": "integer"}}, ModelCard()),
        (SCHEMA, ModelCard(capabilities=frozenset({"tools"}))),
    ],
    ids=["open", "no capability"],
)
def test_an_output_type_that_cannot_be_enforced_is_told(
    schema: dict[str, Any], card: ModelCard
) -> None:
    request = ModelRequest(
        (Message.system("Be brief."), Message.user("Hi")), output=OutputSchema("N", schema)
    )

    body = body_of(request, card)

    assert "output_config" not in body
    assert body["system"].startswith("Be brief.\n\nAnswer with one JSON object, N")


# --- replies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "filtered"),
        ("pause_turn", "paused"),
        ("something new", "stop"),
        (None, "stop"),
    ],
)
def test_each_reason_to_stop_has_our_word(reason: str | None, stop: StopReason) -> None:
    document = {"content": [{"type": "text", "text": "a"}], "stop_reason": reason}

    assert WIRE.decode(document, HI).stop_reason == stop


def test_tokens_are_counted_in_classes_that_do_not_overlap() -> None:
    counts = {
        "input_tokens": 5,
        "cache_read_input_tokens": 30,
        "cache_creation_input_tokens": 7,
        "output_tokens": 20,
        "output_tokens_details": {"thinking_tokens": 12},
    }

    assert _messages.usage_of(counts) == Usage(5, 30, 7, 8, 12)


def test_what_the_server_does_not_count_is_estimated() -> None:
    reply = WIRE.decode({"content": [{"type": "text", "text": "Hello."}]}, HI)

    assert reply.usage.estimated
    assert reply.usage.output_tokens > 0


def test_what_is_no_message_is_malformed() -> None:
    with pytest.raises(ValueError, match="no content"):
        WIRE.decode({"id": "msg_1"}, HI)


def test_an_error_with_the_status_200_is_an_error() -> None:
    with pytest.raises(RateLimitedError, match="slow down"):
        WIRE.decode({"error": {"type": "rate_limit_error", "message": "slow down"}}, HI)


# --- streams -------------------------------------------------------------------------------------


def test_a_stream_adds_up() -> None:
    tool = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    arguments = {"type": "input_json_delta", "partial_json": '{"n":'}
    deltas, reply, finished = read(
        [
            START,
            {"type": "ping"},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}},
            text("Let me "),
            text("see."),
            {"type": "content_block_stop", "index": 0},
            {"type": "content_block_start", "index": 1, "content_block": tool},
            {"type": "content_block_delta", "index": 1, "delta": arguments},
            {
                "type": "content_block_delta",
                "index": 1,
                "delta": arguments | {"partial_json": "1}"},
            },
            {"type": "content_block_stop", "index": 1},
            {"type": "brand_new", "index": 1},
            ended("tool_use", output_tokens=7, input_tokens=None),
            STOP,
        ]
    )

    assert finished
    assert reply == ModelReply(
        "Let me see.",
        "anthropic",
        "claude-1",
        (ToolCall("toolu_1", "look", '{"n":1}'),),
        "tool_calls",
        Usage(9, output_tokens=7),
        id="msg_1",
    )
    assert deltas == [
        TextDelta("Let me "),
        TextDelta("see."),
        ToolCallDelta(0, "toolu_1", "look", ""),
        ToolCallDelta(0, "", "", '{"n":'),
        ToolCallDelta(0, "", "", "1}"),
    ]


@pytest.mark.parametrize(("given", "arguments"), [({}, "{}"), ({"n": 1}, '{"n": 1}')])
def test_a_call_without_pieces_has_what_it_began_with(
    given: dict[str, int], arguments: str
) -> None:
    tool = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": given}
    _, reply, _ = read(
        [
            {"type": "content_block_start", "index": 0, "content_block": tool},
            {"type": "content_block_stop", "index": 0},
            ended("tool_use"),
        ]
    )

    assert reply.tool_calls == (ToolCall("toolu_1", "look", arguments),)


def test_what_runs_at_the_provider_is_no_call_of_ours() -> None:
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    query = {"type": "input_json_delta", "partial_json": '{"query": "x"}'}
    _, reply, _ = read(
        [
            {"type": "content_block_start", "index": 0, "content_block": search},
            {"type": "content_block_delta", "index": 0, "delta": query},
            {"type": "content_block_stop", "index": 0},
            ended("end_turn"),
        ]
    )

    assert reply.tool_calls == ()


def test_a_stream_without_an_end_is_not_finished() -> None:
    _, reply, finished = read([START, text("Once upon")])

    assert not finished
    assert reply.text == "Once upon"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("overloaded_error", ProviderUnavailableError),
        ("rate_limit_error", RateLimitedError),
        ("something_new", ProviderUnavailableError),
    ],
)
def test_an_error_in_mid_stream_is_an_error(kind: str, error: type[ProviderError]) -> None:
    with pytest.raises(error, match="Overloaded"):
        read([START, {"type": "error", "error": {"type": kind, "message": "Overloaded"}}])
