"""Whatever JSON a server sends, an adapter gives a reply or says that it cannot."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import ProviderError
from quantumlayer.messages import ModelReply, ModelRequest, ToolCall, Usage
from quantumlayer.router.providers import Anthropic, Bedrock, Groq, OpenAI
from quantumlayer.router.providers._adapter import Adapter
from quantumlayer.router.providers._embedder import Embedder
from quantumlayer.router.providers._wire import Refused

HI = ModelRequest.of("Hi")
CALL = {"id": "c", "function": {"name": "look", "arguments": "{}"}}
COUNTS = {
    "input_tokens": 5,
    "output_tokens": 6,
    "total_tokens": 11,
    "prompt_tokens": 5,
    "completion_tokens": 6,
    "inputTokens": 5,
    "outputTokens": 6,
    "output_tokens_details": {"reasoning_tokens": 1, "thinking_tokens": 1},
    "input_tokens_details": {"cached_tokens": 1},
    "prompt_tokens_details": {"cached_tokens": 1},
}
TOOL_USE = {"type": "tool_use", "id": "c", "name": "look", "input": {"n": 1}}
TEXT = {"type": "text", "text": "Hi"}
RESPONSE = {
    "id": "r",
    "model": "m",
    "status": "completed",
    "incomplete_details": {"reason": "x"},
    "output": [
        {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]},
        {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
    ],
    "usage": COUNTS,
}

Case = tuple[Callable[[], Adapter], Any, list[Any]]

# Who is asked, a whole answer, and a streamed one.
CASES: dict[str, Case] = {
    "chat": (
        lambda: OpenAI("m", api_key="k", api="chat_completions"),
        {
            "id": "r",
            "model": "m",
            "choices": [
                {"message": {"content": "Hi", "tool_calls": [CALL]}, "finish_reason": "stop"}
            ],
            "usage": COUNTS,
        },
        [
            {"id": "r", "choices": [{"delta": {"content": "Hi", "refusal": None}}]},
            {"choices": [{"delta": {"tool_calls": [{"index": 0, **CALL}]}}]},
            {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": COUNTS},
        ],
    ),
    "responses": (
        lambda: OpenAI("m", api_key="k", api="responses"),
        RESPONSE,
        [
            {"type": "response.output_text.delta", "output_index": 0, "delta": "Hi"},
            {
                "type": "response.output_item.added",
                "output_index": 1,
                "item": {"type": "function_call", "call_id": "c", "name": "look"},
            },
            {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{"},
            {"type": "response.completed", "response": RESPONSE},
        ],
    ),
    "messages": (
        lambda: Anthropic("m", api_key="k"),
        {
            "id": "r",
            "model": "m",
            "content": [TEXT, TOOL_USE],
            "stop_reason": "end_turn",
            "usage": COUNTS,
        },
        [
            {"type": "message_start", "message": {"id": "r", "model": "m", "usage": COUNTS}},
            {"type": "content_block_start", "index": 0, "content_block": TEXT},
            {"type": "content_block_delta", "index": 0, "delta": {"text": "Hi"}},
            {"type": "content_block_start", "index": 1, "content_block": TOOL_USE},
            {"type": "content_block_delta", "index": 1, "delta": {"partial_json": "{"}},
            {"type": "content_block_stop", "index": 1},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": COUNTS},
            {"type": "message_stop"},
        ],
    ),
    "converse": (
        lambda: Bedrock("m", region="us-east-1", api_key="k"),
        {
            "output": {
                "message": {
                    "content": [
                        {"text": "Hi"},
                        {"toolUse": {"toolUseId": "c", "name": "look", "input": {"n": 1}}},
                    ]
                }
            },
            "stopReason": "end_turn",
            "usage": COUNTS,
        },
        [
            {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hi"}}},
            {
                "contentBlockStart": {
                    "contentBlockIndex": 1,
                    "start": {"toolUse": {"toolUseId": "c", "name": "look"}},
                }
            },
            {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"toolUse": {"input": "{"}}}},
            {"contentBlockStop": {"contentBlockIndex": 1}},
            {"messageStop": {"stopReason": "end_turn"}},
            {"metadata": {"usage": COUNTS}},
        ],
    ),
    "groq": (
        lambda: Groq("m", api_key="k"),
        {"choices": [{"message": {"content": "Hi"}}], "x_groq": {"usage": COUNTS}},
        [
            {"choices": [{"delta": {"content": "Hi"}}]},
            {
                "error": {
                    "code": "tool_use_failed",
                    "failed_generation": '{"name": "look", "arguments": {}}',
                }
            },
        ],
    ),
}

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["\ud800", "tool_use", "error", '{"name": "x"', 2**70, -1]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "text", "type", "index", "id"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all values in a value."""
    yield path
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from places(inner, (*path, key))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another one at a place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


def assert_sound(reply: ModelReply) -> None:
    assert isinstance(reply.text, str)
    reply.text.encode()  # no half of a surrogate pair
    assert isinstance(reply.model, str)
    assert reply.model
    for call in reply.tool_calls:
        assert isinstance(call, ToolCall)
        assert all(isinstance(text, str) for text in (call.id, call.name, call.arguments))
    usage: Usage = reply.usage
    counts = (
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
    )
    assert all(type(count) is int and count >= 0 for count in counts)


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_an_answer_with_something_else_in_any_place(name: str, data: st.DataObject) -> None:
    make, document, _ = CASES[name]
    path = data.draw(st.sampled_from([place for place in places(document) if place]))
    sent = json.loads(json.dumps(changed(document, path, data.draw(anything))))

    try:
        reply = make()._wire(HI).decode(sent, HI)
    except (ValueError, ProviderError):
        return
    assert_sound(reply)


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_a_stream_with_something_else_in_any_place(name: str, data: st.DataObject) -> None:
    make, _, events = CASES[name]
    path = data.draw(st.sampled_from([place for place in places(events) if place]))
    sent = json.loads(json.dumps(changed(events, path, data.draw(anything))))
    stream = make()._wire(HI).begin(HI)

    try:
        for event in sent:
            if isinstance(event, Mapping):  # what is no object has been refused before
                list(stream.take(event))
        list(stream.rest())
    except (ValueError, ProviderError):
        return
    assert_sound(stream.reply())


@pytest.mark.parametrize("name", CASES)
@given(
    status=st.integers(300, 599),
    body=anything,
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "x-amzn-errortype", "x-should-retry"]),
        st.text(max_size=9),
    ),
)
def test_any_refusal_is_an_error_or_a_reply(
    name: str, status: int, body: Any, headers: dict[str, str]
) -> None:
    make, _, _ = CASES[name]
    for data in (body, {"error": body}, {"error": {"message": body, "code": body}}):
        answer = Refused(status, headers, json.dumps(data).encode(), 0.0)
        try:
            assert_sound(make()._wire(HI).refused(answer, HI))
        except ProviderError as error:
            assert error.reason  # noqa: PT017 -- a reply is as good
            str(error).encode()


@pytest.mark.parametrize("model", ["cohere.embed", "amazon.titan-embed-text", "openai"])
@given(data=st.data())
def test_vectors_with_something_else_in_any_place(model: str, data: st.DataObject) -> None:
    adapter: Embedder = (
        OpenAI(model, api_key="k")
        if model == "openai"
        else Bedrock(model, region="us-east-1", api_key="k")
    )
    document = {
        "data": [{"index": 0, "embedding": [1.0, 2.0]}],
        "embedding": [1.0, 2.0],
        "embeddings": {"float": [[1.0, 2.0]]},
        "model": "m",
        "usage": {"prompt_tokens": 3},
        "inputTextTokenCount": 3,
    }
    path = data.draw(st.sampled_from([place for place in places(document) if place]))
    sent = json.loads(json.dumps(changed(document, path, data.draw(anything))))

    try:
        made = adapter._embedding_wire().decode(sent, {})
    except (ValueError, ProviderError):
        return
    assert all(type(number) is float for vector in made.vectors for number in vector)
    assert made.tokens is None or (type(made.tokens) is int and made.tokens >= 0)
