"""Groq's chat completions: what differs from OpenAI's."""

import json
from typing import Any

import pytest

from quantumlayer.errors import InvalidRequestError, ProviderUnavailableError, RateLimitedError
from quantumlayer.messages import Done, Message, ModelReply, ModelRequest, OutputSchema, ToolSpec
from quantumlayer.router.providers import Groq
from quantumlayer.router.providers._wire import Refused

HI = ModelRequest.of("Hi")
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TOOL = ToolSpec("look", "Look it up.", SCHEMA)
TYPED = ModelRequest(HI.messages, output=OutputSchema("N", SCHEMA))


def body_of(
    request: ModelRequest, *, model: str = "openai/gpt-oss-20b", stream: bool = False
) -> dict[str, Any]:
    wire = Groq(model, api_key="k")._wire(request)
    body: dict[str, Any] = json.loads(wire.encode(request, stream=stream))
    return body


def refusal(said: str, code: str = "tool_use_failed") -> dict[str, Any]:
    return {"error": {"message": "no good", "code": code, "failed_generation": said}}


def mended(said: str, code: str = "tool_use_failed") -> ModelReply:
    answer = Refused(400, {}, json.dumps(refusal(said, code)).encode(), 0.0)
    return Groq("m", api_key="k")._wire(HI).refused(answer, HI)


@pytest.mark.parametrize(
    ("model", "strict"), [("openai/gpt-oss-20b", True), ("qwen/qwen3-32b", False)]
)
def test_a_schema_is_strict_for_the_models_that_can_be_held_to_one(
    model: str, *, strict: bool
) -> None:
    assert body_of(TYPED, model=model)["response_format"]["json_schema"]["strict"] is strict


@pytest.mark.parametrize(
    ("request_", "stream"),
    [(TYPED, True), (ModelRequest(HI.messages, (TOOL,), OutputSchema("N", SCHEMA)), False)],
    ids=["in a stream", "beside tools"],
)
def test_a_schema_is_told_where_groq_does_not_hold_to_it(
    request_: ModelRequest, *, stream: bool
) -> None:
    body = body_of(request_, stream=stream)

    assert "response_format" not in body
    told, asked = body["messages"]
    assert told["role"] == "system"
    assert told["content"].startswith("Answer with one JSON object, N")
    assert asked == {"role": "user", "content": "Hi"}


@pytest.mark.parametrize(
    "said",
    [
        '{"name": "look", "arguments": {"n": 1}}',
        '{"name": "look", "arguments": "{\\"n\\": 1}"}',
        '[{"name": "look", "parameters": {"n": 1}}]',
        '{"tool_calls": [{"function": {"name": "look", "arguments": {"n": 1}}}]}',
        '```json\n{"tool_calls": [{"name": "look", "parameters": {"n": 1}}]}\n```',
        '<function=look>{"n": 1}</function>',
        '<function=look{"n": 1}</function>',
        '<function=look {"n": 1}',
    ],
)
def test_a_call_that_groq_has_refused_is_given(said: str) -> None:
    reply = mended(said)

    [call] = reply.tool_calls
    assert (call.name, json.loads(call.arguments)) == ("look", {"n": 1})
    assert (reply.text, reply.stop_reason, reply.usage.estimated) == ("", "tool_calls", True)
    assert reply.provider == "groq"


def test_calls_that_groq_has_refused_are_told_apart() -> None:
    call = {"name": "look", "arguments": {}}
    reply = mended(json.dumps([call, call, "nothing", {"name": ""}, {"name": "x"}]))

    assert len({call.id for call in reply.tool_calls}) == 2


def test_json_that_groq_has_refused_is_given() -> None:
    reply = mended('{"n": "one"}', "json_validate_failed")

    assert (reply.text, reply.stop_reason) == ('{"n": "one"}', "stop")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("", "tool_use_failed"),
        ("maybe", "tool_use_failed"),
        ('{"name": "look", "arguments": {"n": ', "tool_use_failed"),
        ("", "json_validate_failed"),
        ("whatever", "other_code"),
    ],
)
def test_a_refusal_with_nothing_to_give_is_an_error(said: str, code: str) -> None:
    with pytest.raises(InvalidRequestError, match="no good"):
        mended(said, code)


def test_other_refusals_are_errors_as_ever() -> None:
    wire = Groq("m", api_key="k")._wire(HI)
    with pytest.raises(RateLimitedError):
        wire.refused(Refused(429, {}, b'{"error": {"message": "slow"}}', 0.0), HI)
    with pytest.raises(ProviderUnavailableError):
        wire.refused(Refused(498, {}, b"", 0.0), HI)


def test_a_stream_that_ends_in_a_refusal_gives_the_call() -> None:
    wire = Groq("m", api_key="k")._wire(HI)
    stream = wire.begin(HI)
    begun = {"id": "r", "choices": [{"delta": {"reasoning": "Hm."}}]}

    deltas = [
        *stream.take(begun),
        *stream.take(refusal('{"name": "look", "arguments": {"n": 1}}')),
        *stream.rest(),
    ]

    assert stream.done
    assert stream.finished
    reply = Done(stream.reply()).reply
    assert reply.tool_calls[0].arguments == '{"n": 1}'
    assert reply.stop_reason == "tool_calls"
    assert len(deltas) == 1


@pytest.mark.parametrize(
    "document", [refusal("maybe"), refusal('{"n": 1}', "json_validate_failed")]
)
def test_a_stream_that_ends_in_another_refusal_is_an_error(document: dict[str, Any]) -> None:
    stream = Groq("m", api_key="k")._wire(HI).begin(HI)

    with pytest.raises(ProviderUnavailableError, match="no good"):
        list(stream.take(document))


def test_messages_are_as_openai_s() -> None:
    assert body_of(ModelRequest((Message.user("Hi"),), max_output_tokens=9)) == {
        "model": "openai/gpt-oss-20b",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_completion_tokens": 9,
    }
