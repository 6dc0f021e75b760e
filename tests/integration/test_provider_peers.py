"""What our adapters send, against the types of the providers' own clients, on random requests."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from os import PathLike
from types import UnionType
from typing import IO, Any, Literal, NotRequired, Required, Union, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from quantumlayer.messages import (
    CachePoint,
    Data,
    Image,
    Message,
    ModelRequest,
    OutputSchema,
    Part,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from quantumlayer.router.providers import Anthropic, Bedrock, Groq, OpenAI, OpenAICompatible

Adapter = Anthropic | Bedrock | Groq | OpenAI | OpenAICompatible

PIXEL = b64encode(b"\x89PNG not really").decode()


# --- random requests -----------------------------------------------------------------------------


class Address(BaseModel):
    street: str
    number: int = Field(ge=1, le=999)


class Person(BaseModel):
    name: str = Field(min_length=1, max_length=80, description="As on the passport.")
    home: Address
    others: list[Address] = []
    kind: Literal["a", "b"] | None = None


class Tree(BaseModel):
    value: dict[str, int]
    children: list["Tree"]


words = st.text(max_size=40)
names = st.from_regex(r"[a-zA-Z0-9_-]{1,64}", fullmatch=True)
ids = st.text("abcXYZ019:._-é ", min_size=1, max_size=80)
images = st.sampled_from([Image("image/png", base64=PIXEL), Image("image/jpeg", base64=PIXEL)])
arguments = st.one_of(
    st.just(""),
    st.just("{no json"),
    st.dictionaries(words, st.integers() | words, max_size=3).map(json.dumps),
)
KINDS: list[type[BaseModel]] = [Person, Address, Tree]
schemas = st.sampled_from(KINDS).map(
    lambda kind: OutputSchema(kind.__name__, kind.model_json_schema())
)
tools = st.builds(
    ToolSpec,
    names,
    words,
    st.sampled_from([kind.model_json_schema() for kind in KINDS]),
)
data = st.just(Data("Note", {"n": 1}))
points = st.just(CachePoint())
said = st.lists(st.one_of(words.map(Text), images, data, points), max_size=3)


@st.composite
def turns(draw: st.DrawFn) -> list[Message]:
    """Something the user says, and perhaps an answer, with calls and their results."""
    user = Message("user", (Text(draw(words)), *draw(said)))
    calls = draw(st.lists(st.builds(ToolCall, ids, names, arguments), max_size=2))
    assistant = Message("assistant", (Text(draw(words)), *calls))
    results: list[Part] = [ToolResult(call.id, draw(words), draw(st.booleans())) for call in calls]
    results += draw(st.lists(points, max_size=1))
    answered = [assistant, *([Message("tool", tuple(results))] if results else [])]
    return [user, *(answered if draw(st.booleans()) else [])]


@st.composite
def requests(draw: st.DrawFn) -> ModelRequest:
    rules = st.builds(lambda text, ends: Message.system(text, *ends), words, st.lists(points))
    messages = draw(st.lists(rules, max_size=2))
    for _ in range(draw(st.integers(1, 3))):
        messages += draw(turns())
    if draw(st.booleans()):
        messages.append(Message("system", (Text(draw(words)),)))
    return ModelRequest(
        (*messages, Message.user("Well?")),
        tuple(draw(st.lists(tools, max_size=2, unique_by=lambda tool: tool.name))),
        draw(st.none() | schemas),
        draw(st.none() | st.integers(1, 100_000)),
        draw(st.none() | st.floats(0, 2)),
        tuple(draw(st.lists(st.text(min_size=1, max_size=9), max_size=2))),
    )


def sent(adapter: Adapter, request: ModelRequest, *, stream: bool = False) -> Any:
    return json.loads(adapter._wire(request).encode(request, stream=stream))


# --- the types of a client, with nothing beside them allowed -------------------------------------


@cache
def exactly(kind: Any) -> Any:
    """A client's type, made strict: no further fields, and lists where it takes any iterable."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        fields = {
            name: (Required if name in kind.__required_keys__ else NotRequired)[exactly(hint)]
            for name, hint in get_type_hints(kind).items()
        }
        make: Any = TypedDict
        made = make(kind.__name__, fields)
        made.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
        return made
    if origin in {Union, UnionType}:
        return Union[tuple(exactly(part) for part in inner if _is_json(part))]  # noqa: UP007 -- made
    if origin in {Iterable, list, Sequence}:
        return list[exactly(inner[0])]  # type: ignore[misc]
    return kind


def _is_json(kind: Any) -> bool:
    """Whether a value of the type can come from JSON; clients take files and objects too."""
    plain = get_origin(kind) or kind
    return not isinstance(plain, type) or not issubclass(plain, (BaseModel, IO, PathLike))


def checker(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(exactly(kind))


# --- OpenAI, and those who speak as it does ------------------------------------------------------


@pytest.fixture(scope="module")
def chat_types() -> Mapping[bool, TypeAdapter[Any]]:
    types = pytest.importorskip("openai.types.chat.completion_create_params", reason="no openai")
    return {
        False: checker(types.CompletionCreateParamsNonStreaming),
        True: checker(types.CompletionCreateParamsStreaming),
    }


@pytest.fixture(scope="module")
def response_types() -> Mapping[bool, TypeAdapter[Any]]:
    types = pytest.importorskip("openai.types.responses.response_create_params", reason="no openai")
    return {
        False: checker(types.ResponseCreateParamsNonStreaming),
        True: checker(types.ResponseCreateParamsStreaming),
    }


def test_a_made_strict_type_takes_no_further_fields(
    chat_types: Mapping[bool, TypeAdapter[Any]],
) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}
    chat_types[False].validate_python(body)

    body["messages"][0]["content"][0]["more"] = 1  # type: ignore[index]
    with pytest.raises(ValidationError):
        chat_types[False].validate_python(body)


@given(request_=requests(), stream=st.booleans())
def test_openai_s_client_would_send_our_chat_completions(
    chat_types: Mapping[bool, TypeAdapter[Any]], request_: ModelRequest, *, stream: bool
) -> None:
    openai = OpenAI("gpt-6-luna", api_key="k", api="chat_completions")
    groq = Groq("openai/gpt-oss-20b", api_key="k")

    for adapter in (openai, groq):
        chat_types[stream].validate_python(sent(adapter, request_, stream=stream))


@given(request_=requests(), stream=st.booleans())
def test_openai_s_client_would_send_our_responses(
    response_types: Mapping[bool, TypeAdapter[Any]], request_: ModelRequest, *, stream: bool
) -> None:
    adapter = OpenAI("gpt-6-luna", api_key="k", api="responses")

    response_types[stream].validate_python(sent(adapter, request_, stream=stream))


# --- Anthropic -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def message_types() -> Mapping[bool, TypeAdapter[Any]]:
    types = pytest.importorskip("anthropic.types.message_create_params", reason="no anthropic")
    return {
        False: checker(types.MessageCreateParamsNonStreaming),
        True: checker(types.MessageCreateParamsStreaming),
    }


@given(request_=requests(), stream=st.booleans())
def test_anthropic_s_client_would_send_our_messages(
    message_types: Mapping[bool, TypeAdapter[Any]], request_: ModelRequest, *, stream: bool
) -> None:
    body = sent(Anthropic("claude-haiku-4-5", api_key="k"), request_, stream=stream)

    # Version 2023-06-01, which we speak, has a temperature; the client's types are of 2026-10-21.
    validated = {name: value for name, value in body.items() if name != "temperature"}
    message_types[stream].validate_python(validated)
    assert_calls_are_answered_at_once(
        [
            [
                (
                    "result" if "tool_use_id" in block else "call",
                    block.get("tool_use_id", block.get("id")),
                )
                for block in message["content"]
                if block["type"] in {"tool_use", "tool_result"}
            ]
            for message in body["messages"]
        ]
    )


def assert_calls_are_answered_at_once(turns: Sequence[Sequence[tuple[str, str]]]) -> None:
    """The results of a turn's calls are what the next turn begins with."""
    for said_, next_ in zip(turns, [*turns[1:], []], strict=True):
        called = [call_id for kind, call_id in said_ if kind == "call"]
        given_ = [call_id for kind, call_id in next_ if kind == "result"]
        assert not called or called == given_


# --- Bedrock -------------------------------------------------------------------------------------

MODELS = ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "amazon.nova-lite-v1:0", "qwen.qwen3-32b")


@pytest.mark.parametrize("model", MODELS)
@given(request_=requests())
def test_botocore_would_send_our_converse(model: str, request_: ModelRequest) -> None:
    session = pytest.importorskip("botocore.session", reason="no botocore")
    validate = pytest.importorskip("botocore.validate")
    serialize = pytest.importorskip("botocore.serialize")
    operation = _operation(session, "Converse")
    adapter = Bedrock(model, region="us-east-1", api_key="k")
    body = sent(adapter, request_)

    parameters = {"modelId": model, **_with_bytes(body)}
    report = validate.ParamValidator().validate(parameters, operation.input_shape)
    assert not report.has_errors(), report.generate_report()
    theirs = serialize.create_serializer("rest-json").serialize_to_request(parameters, operation)
    assert json.loads(theirs["body"]) == body
    assert theirs["url_path"] == adapter._wire(request_).path(stream=False)


@cache
def _operation(session: Any, name: str) -> Any:
    return session.get_session().get_service_model("bedrock-runtime").operation_model(name)


def _with_bytes(value: Any) -> Any:
    """The body as botocore's callers write it: pictures are bytes there, not base64."""
    if isinstance(value, list):
        return [_with_bytes(item) for item in value]
    if isinstance(value, dict):
        return {
            key: b64decode(inner) if key == "bytes" else _with_bytes(inner)
            for key, inner in value.items()
        }
    return value
