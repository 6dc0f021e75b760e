"""Bedrock's Converse: requests to JSON, JSON and frames to replies, exceptions to errors."""

import json
import struct
from collections.abc import Mapping
from typing import Any
from zlib import crc32

import pytest

from quantumlayer.errors import (
    AuthenticationError,
    InvalidRequestError,
    ProviderError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    RateLimitedError,
)
from quantumlayer.messages import (
    CachePoint,
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
from quantumlayer.router import ModelCard, Price
from quantumlayer.router.providers._converse_stream import ConverseWire
from quantumlayer.router.providers._secret import Secret
from quantumlayer.router.providers._wire import Delta, Origin, Refused

HI = ModelRequest.of("Hi")
CLAUDE = "us.anthropic.claude-haiku-5-5"
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def wire(model: str = CLAUDE, card: ModelCard | None = None) -> ConverseWire:
    origin = Origin(f"aws.bedrock/{model}", "aws.bedrock", model, Secret("geheim"))
    return ConverseWire(origin, card or ModelCard(), f"/model/{model}")


def body_of(
    request: ModelRequest, model: str = CLAUDE, card: ModelCard | None = None
) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(wire(model, card).encode(request, stream=False))
    return body


def frame(kind: str, payload: Mapping[str, Any], *, of: str = "event") -> bytes:
    """A frame of an event stream."""
    headers = b""
    for name, value in ((f":{of}-type", kind), (":message-type", of)):
        data = value.encode()
        headers += bytes([len(name)]) + name.encode() + b"\x07"
        headers += struct.pack(">H", len(data)) + data
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + body
    return message + struct.pack(">I", crc32(message))


def read(*frames: bytes) -> tuple[list[Delta], ModelReply, bool]:
    documents, stream = wire().documents(), wire().begin(HI)
    taken = [document for data in frames for document in documents.feed(data)]
    taken += documents.finish()
    deltas = [delta for document in taken for delta in stream.take(document)]
    deltas += stream.rest()
    return deltas, stream.reply(), stream.finished


def delta(index: int, **content: Any) -> bytes:
    return frame("contentBlockDelta", {"contentBlockIndex": index, "delta": content})


# --- requests ------------------------------------------------------------------------------------


def test_a_plain_prompt_sends_nothing_but_the_prompt() -> None:
    assert body_of(HI) == {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}
    assert wire().path(stream=False) == f"/model/{CLAUDE}/converse"
    assert wire().path(stream=True) == f"/model/{CLAUDE}/converse-stream"


def test_options_that_are_set_are_sent() -> None:
    request = ModelRequest(
        (Message.system("Be brief."), Message.user("Hi")),
        tools=(ToolSpec("look", "Look it up.", SCHEMA), ToolSpec("see", "", SCHEMA)),
        max_output_tokens=99,
        temperature=1.5,
        stop=("END",),
    )

    body = body_of(request)

    assert body["system"] == [{"text": "Be brief."}]
    assert body["inferenceConfig"] == {
        "maxTokens": 99,
        "temperature": 1.0,
        "stopSequences": ["END"],
    }
    look, see = (tool["toolSpec"] for tool in body["toolConfig"]["tools"])
    assert look == {
        "name": "look",
        "description": "Look it up.",
        "inputSchema": {"json": SCHEMA},
    }
    assert "description" not in see  # an empty one is refused


def test_what_is_worth_caching_is_marked_where_the_model_can_cache() -> None:
    point, mark = CachePoint(), {"cachePoint": {"type": "default"}}
    request = ModelRequest((Message.system("All the rules.", point), Message.user("Hi", point)))

    body = body_of(request, card=ModelCard(price=Price(10, 10, cache_read=1)))
    assert body["system"] == [{"text": "All the rules."}, mark]
    assert body["messages"] == [{"role": "user", "content": [{"text": "Hi"}, mark]}]
    for card in (ModelCard(), ModelCard(price=Price(10, 10))):
        body = body_of(request, card=card)
        assert body["system"] == [{"text": "All the rules."}]
        assert body["messages"] == [{"role": "user", "content": [{"text": "Hi"}]}]


def test_a_model_that_takes_no_temperature_is_sent_none() -> None:
    request = ModelRequest((Message.user("Hi"),), temperature=0.5)
    card = ModelCard(capabilities=frozenset({"tools"}))

    assert "inferenceConfig" not in body_of(request, card=card)


@pytest.mark.parametrize(
    ("model", "enforced"),
    [
        (CLAUDE, True),
        ("qwen.qwen3-32b-v1:0", True),
        ("openai.gpt-oss-120b-1:0", True),
        ("us.amazon.nova-pro-v1:0", False),
        ("us.meta.llama4-scout-17b-instruct-v1:0", False),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", False),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", False),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", False),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", True),
        ("us.deepseek.r1-v1:0", False),
    ],
)
def test_a_model_is_held_to_a_schema_or_is_told_it(model: str, *, enforced: bool) -> None:
    body = body_of(ModelRequest(HI.messages, output=OutputSchema("N", SCHEMA)), model)

    if enforced:
        structure = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
        assert structure["name"] == "N"
        assert json.loads(structure["schema"]) == SCHEMA | {"additionalProperties": False}
        assert "system" not in body
    else:
        assert "outputConfig" not in body
        assert "Answer with one JSON object, N" in body["system"][0]["text"]


@pytest.mark.parametrize(("model", "kept"), [("moonshot.kimi-k2-thinking", True), (CLAUDE, False)])
def test_an_id_of_a_call_is_kept_where_it_is_allowed(model: str, *, kept: bool) -> None:
    call = ToolCall("functions.look:0", "look", '{"n": 1}')
    request = ModelRequest(
        (
            Message.user("Look."),
            Message("assistant", (call,)),
            Message("tool", (ToolResult(call.id, " ", is_error=True),)),
        )
    )

    _, assistant, results = body_of(request, model)["messages"]
    [use], [result] = assistant["content"], results["content"]

    assert (use["toolUse"]["toolUseId"] == call.id) is kept
    assert use["toolUse"]["input"] == {"n": 1}
    assert result["toolResult"] == {
        "toolUseId": use["toolUse"]["toolUseId"],
        "content": [{"text": "(nothing)"}],
        "status": "error",
    }


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        (
            Image("image/jpg", base64="AAAA"),
            {"format": "jpeg", "source": {"bytes": "AAAA"}},
        ),
        (
            Image("image/png", url="s3://b/k.png"),
            {"format": "png", "source": {"s3Location": {"uri": "s3://b/k.png"}}},
        ),
        (
            Image("", url="data:image/webp;base64,BBBB"),
            {"format": "webp", "source": {"bytes": "BBBB"}},
        ),
    ],
)
def test_images_go_by_their_bytes_or_their_place_in_s3(image: Image, wanted: object) -> None:
    body = body_of(ModelRequest((Message.user("See?", image),)))

    assert body["messages"][0]["content"][1] == {"image": wanted}


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (Image("image/png", url="https://x/y.png"), "pass the image's bytes"),
        (Image("image/tiff", base64="AAAA"), "no image of type 'image/tiff'"),
    ],
)
def test_images_that_bedrock_does_not_take_are_refused_here(image: Image, reason: str) -> None:
    with pytest.raises(InvalidRequestError, match=reason):
        body_of(ModelRequest((Message.user("See?", image),)))


# --- replies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("guardrail_intervened", "filtered"),
        ("content_filtered", "filtered"),
        ("malformed_tool_use", "error"),
        ("malformed_model_output", "error"),
        ("something new", "stop"),
    ],
)
def test_each_reason_to_stop_has_our_word(reason: str, stop: StopReason) -> None:
    document = {"output": {"message": {"content": [{"text": "a"}]}}, "stopReason": reason}

    assert wire().decode(document, HI).stop_reason == stop


def test_tokens_are_counted_in_classes_that_do_not_overlap() -> None:
    usage = {
        "inputTokens": 5,
        "cacheReadInputTokens": 30,
        "cacheWriteInputTokens": 7,
        "outputTokens": 20,
    }
    document = {"output": {"message": {"content": []}}, "stopReason": "end_turn", "usage": usage}

    assert wire().decode(document, HI).usage == Usage(5, 30, 7, 20)


def test_what_is_no_answer_is_malformed() -> None:
    with pytest.raises(ValueError, match="no content"):
        wire().decode({"output": {}}, HI)


# --- streams -------------------------------------------------------------------------------------


def test_a_stream_adds_up() -> None:
    start = {"toolUse": {"toolUseId": "t1", "name": "look"}}
    deltas, reply, finished = read(
        frame("messageStart", {"role": "assistant", "p": "abc"}),
        delta(0, text="Let me "),
        delta(0, reasoningContent={"text": "Hm."}),
        delta(0, text="see."),
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("contentBlockStart", {"contentBlockIndex": 1, "start": start}),
        delta(1, toolUse={"input": '{"n":'}),
        delta(1, toolUse={"input": "1}"}),
        frame("contentBlockStop", {"contentBlockIndex": 1}),
        frame("brandNew", {"contentBlockIndex": 1}),
        frame("messageStop", {"stopReason": "tool_use"}),
        frame("metadata", {"usage": {"inputTokens": 9, "outputTokens": 7}}),
    )

    assert finished
    assert reply == ModelReply(
        "Let me see.",
        "aws.bedrock",
        CLAUDE,
        (ToolCall("t1", "look", '{"n":1}'),),
        "tool_calls",
        Usage(9, output_tokens=7),
    )
    assert deltas == [
        TextDelta("Let me "),
        TextDelta("see."),
        ToolCallDelta(0, "t1", "look", ""),
        ToolCallDelta(0, "", "", '{"n":'),
        ToolCallDelta(0, "", "", "1}"),
    ]


def test_a_call_without_arguments_has_none() -> None:
    start = {"toolUse": {"toolUseId": "t1", "name": "look"}}
    _, reply, _ = read(
        frame("contentBlockStart", {"contentBlockIndex": 0, "start": start}),
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("messageStop", {"stopReason": "tool_use"}),
    )

    assert reply.tool_calls == (ToolCall("t1", "look", "{}"),)
    assert reply.usage.estimated  # the metadata never came


def test_a_frame_that_was_cut_leaves_the_answer_unfinished() -> None:
    last = frame("messageStop", {"stopReason": "end_turn"})

    assert not read(delta(0, text="Once"), last[:-1])[2]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("throttlingException", RateLimitedError),
        ("internalServerException", ProviderUnavailableError),
        ("modelStreamErrorException", ProviderUnavailableError),
        ("serviceUnavailableException", ProviderUnavailableError),
        ("validationException", InvalidRequestError),
        ("brandNewException", ProviderUnavailableError),
    ],
)
def test_an_exception_in_mid_stream_is_an_error(name: str, kind: type[ProviderError]) -> None:
    with pytest.raises(kind, match=f"{name}: no more \\*\\*\\*"):
        read(
            delta(0, text="Once"),
            frame(name, {"message": "no more geheim"}, of="exception"),
        )


def test_a_failure_of_the_model_behind_the_stream_says_what_it_was() -> None:
    payload = {"message": "bad", "originalStatusCode": 400}
    with pytest.raises(InvalidRequestError):
        read(frame("modelStreamErrorException", payload, of="exception"))


def test_an_error_frame_is_an_error() -> None:
    with pytest.raises(ProviderUnavailableError):
        read(frame("whatever", {}, of="error"))


# --- refusals ------------------------------------------------------------------------------------


def refused(status: int, name: str = "", **document: Any) -> ProviderError:
    headers = {"x-amzn-errortype": name} if name else {}
    answer = Refused(status, headers, json.dumps(document).encode(), 0.0)
    with pytest.raises(ProviderError) as caught:
        wire().refused(answer, HI)
    return caught.value


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (429, "ThrottlingException", RateLimitedError),
        (429, "ThrottlingException:http://internal.amazon.com/", RateLimitedError),
        (429, "ModelNotReadyException", ProviderUnavailableError),
        (408, "ModelTimeoutException", ProviderTimeoutError),
        (400, "ValidationException", InvalidRequestError),
        (400, "ServiceQuotaExceededException", QuotaExhaustedError),
        (403, "AccessDeniedException", AuthenticationError),
        (403, "UnrecognizedClientException", AuthenticationError),
        (404, "ResourceNotFoundException", InvalidRequestError),
        (424, "ModelErrorException", ProviderUnavailableError),
        (500, "InternalServerException", ProviderUnavailableError),
        (503, "ServiceUnavailableException", ProviderUnavailableError),
        (401, "", AuthenticationError),
        (402, "", QuotaExhaustedError),
        (429, "", RateLimitedError),
        (418, "", InvalidRequestError),
        (504, "", ProviderTimeoutError),
        (599, "", ProviderUnavailableError),
    ],
)
def test_each_exception_says_what_the_caller_can_do(
    status: int, name: str, kind: type[ProviderError]
) -> None:
    error = refused(status, name, message="because of geheim")

    assert type(error) is kind
    assert error.status == status
    assert error.reason == "because of ***"


def test_the_name_may_stand_in_the_body() -> None:
    error = refused(400, __type="com.amazon.coral.service#ThrottlingException", Message="slow")

    assert isinstance(error, RateLimitedError)
    assert error.reason == "slow"


@pytest.mark.parametrize(
    ("original", "kind"),
    [(400, InvalidRequestError), (429, RateLimitedError), (503, ProviderUnavailableError)],
)
def test_a_failure_of_the_model_says_what_it_was(original: int, kind: type[ProviderError]) -> None:
    error = refused(424, "ModelErrorException", message="x", originalStatusCode=original)

    assert type(error) is kind


def test_a_refusal_in_another_shape_is_read_too() -> None:
    assert refused(503, error={"message": "the gateway is full"}).reason == "the gateway is full"
    assert refused(503).reason == "no reason given"


def test_a_message_is_one_of_the_user_s_where_the_assistant_may_not_begin() -> None:
    request = ModelRequest((Message("assistant", (Text("Hello."),)), Message.user("Hi")))

    assert [message["role"] for message in body_of(request)["messages"]] == [
        "user",
        "assistant",
        "user",
    ]
