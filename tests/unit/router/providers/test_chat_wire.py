"""Chat completions: requests to JSON, JSON to replies."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from quantumlayer.messages import (
    CachePoint,
    Data,
    Done,
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
from quantumlayer.router.providers import _chat
from quantumlayer.router.providers._chat_stream import ChatStream
from quantumlayer.router.providers._draft import at_once
from quantumlayer.router.providers._fields import well_formed
from quantumlayer.router.providers._secret import Secret
from quantumlayer.router.providers._wire import Origin

HI = ModelRequest.of("Hi")
ORIGIN = Origin("p/m", "p", "m", Secret(None))


def body_of(request: ModelRequest, **options: Any) -> dict[str, Any]:
    chosen = {"stream": False, "limit_field": "max_tokens", **options}
    body: dict[str, Any] = json.loads(_chat.encode(request, "m", **chosen))
    return body


def reply_of(message: dict[str, Any], **more: Any) -> ModelReply:
    choice = {"index": 0, "finish_reason": "stop", "message": message, **more.pop("choice", {})}
    document = {"id": "r1", "model": "m-1", "choices": [choice], **more}
    return _chat.decode(document, HI, ORIGIN)


# --- requests ------------------------------------------------------------------------------------


def test_a_plain_prompt_sends_nothing_but_the_prompt() -> None:
    assert body_of(HI) == {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def test_options_that_are_set_are_sent() -> None:
    request = ModelRequest(
        (Message.system("Be brief."), Message.user("Hi")),
        tools=(ToolSpec("f", "Do it.", {"type": "object"}),),
        max_output_tokens=5,
        temperature=0.0,
        stop=("END",),
        profile="technical",
        agent="Architect",
    )
    assert body_of(request, stream=True, limit_field="max_completion_tokens") == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "f",
                    "description": "Do it.",
                    "parameters": {"type": "object"},
                },
            }
        ],
        "max_completion_tokens": 5,
        "temperature": 0.0,
        "stop": ["END"],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_data_is_left_out_and_its_text_is_sent() -> None:
    message = Message("user", (Text("The design: "), Data("SystemDesign", {"a": 1}), Text("end")))

    assert body_of(ModelRequest((message,)))["messages"] == [
        {"role": "user", "content": "The design: end"}
    ]


def test_marks_for_a_cache_are_left_out_as_the_server_needs_none() -> None:
    marked = ModelRequest(
        (Message.system("Rules.", CachePoint()), Message.user("Hi", CachePoint()))
    )
    plain = ModelRequest((Message.system("Rules."), Message.user("Hi")))
    assert body_of(marked) == body_of(plain)


def test_images_go_as_parts_beside_the_text() -> None:
    message = Message.user(
        "What is this?",
        Data("Picture", {"of": "a cat"}),
        Image("image/png", base64="AAAA"),
        Image("image/gif", url="https://x.test/i"),
    )
    assert body_of(ModelRequest((message,)))["messages"][0]["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": "https://x.test/i"}},
    ]


def test_tool_calls_and_their_results_go_back_as_the_wire_has_them() -> None:
    request = ModelRequest(
        (
            Message.user("Weather?"),
            Message("assistant", (ToolCall("c1", "f", "{}"), ToolCall("c2", "g", '{"x":1}'))),
            Message("tool", (ToolResult("c1", "sunny"), ToolResult("c2", "no", is_error=True))),
        )
    )
    function = {"type": "function"}
    assert body_of(request)["messages"][1:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", **function, "function": {"name": "f", "arguments": "{}"}},
                {"id": "c2", **function, "function": {"name": "g", "arguments": '{"x":1}'}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {"role": "tool", "tool_call_id": "c2", "content": "no"},
    ]


def test_results_in_a_user_s_message_go_before_its_words() -> None:
    both = Message("user", (ToolResult("c1", "sunny"), Text("And tomorrow?")))
    alone = Message("user", (ToolResult("c1", "sunny"),))

    result = {"role": "tool", "tool_call_id": "c1", "content": "sunny"}
    assert body_of(ModelRequest((both,)))["messages"] == [
        result,
        {"role": "user", "content": "And tomorrow?"},
    ]
    assert body_of(ModelRequest((alone,)))["messages"] == [result]


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    default: str


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: list[Inner]
    other: Inner | None
    name: str


class Described(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: Inner = Field(description="beside the reference")


class Mapped(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: dict[str, int]


class Open(BaseModel):
    name: str


class Defaulted(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = "x"


@pytest.mark.parametrize(
    ("kind", "strict"),
    [(Closed, True), (Defaulted, False), (Described, False), (Mapped, False)],
)
def test_a_schema_is_strict_where_openai_s_strict_mode_takes_it(
    kind: type[BaseModel], *, strict: bool
) -> None:
    schema = kind.model_json_schema()

    sent = body_of(ModelRequest(HI.messages, output=OutputSchema("T", schema)))["response_format"]

    assert sent == {
        "type": "json_schema",
        "json_schema": {"name": "T", "strict": strict, "schema": schema},
    }


def test_a_schema_that_names_its_fields_is_closed_so_that_the_model_is_held_to_it() -> None:
    schema = Open.model_json_schema()

    sent = body_of(ModelRequest(HI.messages, output=OutputSchema("T", schema)))["response_format"]

    assert sent["json_schema"]["strict"] is True
    assert sent["json_schema"]["schema"] == {**schema, "additionalProperties": False}


@given(st.text(st.characters(), max_size=50))
def test_any_text_can_be_sent_and_arrives_whole(text: str) -> None:
    content = body_of(ModelRequest.of(text))["messages"][0]["content"]

    assert well_formed(content) == well_formed(text)


# --- replies -------------------------------------------------------------------------------------


def test_a_reply_is_read() -> None:
    reply = reply_of(
        {"role": "assistant", "content": "Paris"},
        usage={
            "prompt_tokens": 100,
            "completion_tokens": 40,
            "total_tokens": 140,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
            "completion_tokens_details": {"reasoning_tokens": 15},
        },
    )
    assert reply == ModelReply("Paris", "p", "m-1", usage=Usage(10, 60, 30, 25, 15), id="r1")


counts = st.integers(-5, 1000) | st.none() | st.just("7") | st.just(1.5)


@given(
    prompt=counts,
    cached=counts,
    written=counts,
    answer=counts,
    thought=counts,
    on_top=st.booleans(),
)
def test_whatever_a_server_counts_the_classes_are_disjoint_and_add_up(
    prompt: Any, cached: Any, written: Any, answer: Any, thought: Any, *, on_top: bool
) -> None:
    def number(value: Any) -> int:
        return value if isinstance(value, int) and value > 0 else 0

    total = number(prompt) + number(answer) + (number(thought) if on_top else 0)
    usage = _chat.usage_of(
        {
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": answer,
                "total_tokens": total,
                "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
                "completion_tokens_details": {"reasoning_tokens": thought},
            }
        }
    )
    assert usage is not None
    assert usage.total_tokens == total
    assert min(usage.input_tokens, usage.output_tokens, usage.reasoning_tokens) >= 0
    assert usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens == number(prompt)


def test_where_the_server_counts_nothing_the_tokens_are_estimated() -> None:
    usage = reply_of({"content": "Paris it is"}, usage=None).usage

    assert usage.estimated
    assert usage.input_tokens > 0
    assert usage.output_tokens > 0


def test_groq_s_own_place_for_the_usage_is_known() -> None:
    usage = _chat.usage_of({"x_groq": {"usage": {"prompt_tokens": 3, "completion_tokens": 4}}})

    assert usage == Usage(3, output_tokens=4)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "filtered"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("something_new", "stop"),
        (None, "stop"),
        (7, "stop"),
    ],
)
def test_stop_reasons_are_translated(reason: object, expected: StopReason) -> None:
    reply = reply_of({"content": "x"}, choice={"finish_reason": reason})

    assert reply.stop_reason == expected


def test_a_refusal_is_a_filtered_reply_with_the_refusal_s_words() -> None:
    reply = reply_of({"content": None, "refusal": "I cannot help with that."})

    assert (reply.text, reply.stop_reason) == ("I cannot help with that.", "filtered")


def test_tool_calls_are_read_and_missing_ids_are_made() -> None:
    calls = [
        {"id": "c1", "function": {"name": "f", "arguments": "{}"}},
        {"id": "", "function": {"name": "g", "arguments": None}},
        {"function": "nonsense"},
    ]
    reply = reply_of({"content": None, "tool_calls": calls})

    assert reply.tool_calls == (ToolCall("c1", "f", "{}"), ToolCall("call_r1_1", "g", ""))
    assert reply.stop_reason == "tool_calls"


def test_content_in_parts_gives_its_texts() -> None:
    content = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "4"}]

    assert reply_of({"content": content}).text == "4"


def test_surrogate_halves_are_joined_and_lone_ones_replaced() -> None:
    assert reply_of({"content": "\ud83d\ude00 \ud83d"}).text == "😀 \ufffd"


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"choices": []}, {"choices": [7]}, {"choices": [{"message": "x"}]}],
)
def test_what_is_no_completion_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="the answer has"):
        _chat.decode(document, HI, ORIGIN)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["choices", "message", "delta", "content", "tool_calls", "function", "name", "usage",
             "arguments", "index", "id", "refusal", "finish_reason", "prompt_tokens", "x_groq"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.lists(json_values, max_size=4))
def test_no_json_at_all_breaks_the_decoders(documents: list[Any]) -> None:
    stream = ChatStream(ORIGIN, HI)
    for document in documents:
        try:
            reply = _chat.decode({"choices": [document]}, HI, ORIGIN)
        except ValueError:
            continue
        assert isinstance(reply, ModelReply)
    for document in documents:
        if isinstance(document, dict):
            list(stream.take(document))
    assert isinstance(stream.reply(), ModelReply)


# --- streams -------------------------------------------------------------------------------------


def stream_of(*deltas: dict[str, Any]) -> tuple[list[TextDelta | ToolCallDelta], ChatStream]:
    stream = ChatStream(ORIGIN, HI)
    events = [
        event
        for delta in deltas
        for event in stream.take({"id": "r1", "choices": [{"index": 0, "delta": delta}]})
    ]
    return events + list(stream.rest()), stream


def test_surrogate_halves_in_two_chunks_are_joined_before_they_are_shown() -> None:
    events, stream = stream_of(
        {"content": "hi \ud83d"}, {"content": "\ude00!"}, {"content": "\ud83d"}
    )

    assert [event.text for event in events if isinstance(event, TextDelta)] == [
        "hi ",
        "😀!",
        "\ufffd",
    ]
    assert stream.reply().text == "hi 😀!\ufffd"


def test_the_same_holds_inside_the_arguments_of_a_call() -> None:
    def piece(text: str) -> dict[str, Any]:
        return {
            "tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": text}}]
        }

    events, stream = stream_of(piece('"\ud83d'), piece('\ude00"'), piece("\ud83d"))

    assert [event.arguments for event in events if isinstance(event, ToolCallDelta)] == [
        '"',
        '😀"',
        "\ufffd",
    ]
    assert stream.reply().tool_calls == (ToolCall("c", "f", '"😀"\ufffd'),)


def test_a_call_is_named_on_its_first_piece_only() -> None:
    events, stream = stream_of(
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": "{"}}]},
        {"tool_calls": [{"index": 1, "id": "c2", "function": {"name": "g", "arguments": "{}"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]},
    )

    assert events == [
        ToolCallDelta(0, "c1", "f", ""),
        ToolCallDelta(0, "", "", "{"),
        ToolCallDelta(1, "c2", "g", "{}"),
        ToolCallDelta(0, "", "", "}"),
    ]
    assert stream.reply().tool_calls == (ToolCall("c1", "f", "{}"), ToolCall("c2", "g", "{}"))


def test_calls_without_an_index_are_told_apart_by_their_ids() -> None:
    _, stream = stream_of(
        {"tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": "{"}}]},
        {"tool_calls": [{"function": {"arguments": "}"}}]},
        {"tool_calls": [{"id": "c2", "function": {"name": "g", "arguments": "[]"}}]},
        {"tool_calls": [{"id": "c1", "function": {"arguments": " "}}]},
    )

    assert stream.reply().tool_calls == (ToolCall("c1", "f", "{} "), ToolCall("c2", "g", "[]"))


def test_a_reply_that_came_whole_has_the_events_of_a_stream() -> None:
    calls = (ToolCall("c1", "f", "{}"),)

    assert list(at_once(reply := ModelReply("", "p", "m", calls))) == [
        ToolCallDelta(0, "c1", "f", "{}"),
        Done(reply),
    ]
    assert list(at_once(reply := ModelReply("Hi", "p", "m"))) == [TextDelta("Hi"), Done(reply)]


def test_chunks_without_a_usable_delta_are_passed_over() -> None:
    events, stream = stream_of(
        {"content": "a", "tool_calls": ["nonsense"]}, {"content": None}, {"content": "b"}
    )
    assert list(stream.take({"choices": [{"delta": None, "finish_reason": "length"}]})) == []

    assert events == [TextDelta("a"), TextDelta("b")]
    assert stream.reply().stop_reason == "length"
    assert stream.finished


def test_a_streamed_refusal_is_filtered() -> None:
    events, stream = stream_of({"refusal": "I can"}, {"refusal": "not."})

    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "I cannot."
    assert stream.reply().stop_reason == "filtered"
