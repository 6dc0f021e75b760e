"""What our adapters ask, against recordings that ask for the same.

A recorded request is read into a neutral one, where it has nothing that neutral ones cannot say;
the adapter sends that; and what it has sent, read in the same way, is the same request again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

import httpx
import pytest
from recordings import Recording, play, recordings

from quantumlayer.errors import ProviderError
from quantumlayer.messages import (
    CachePoint,
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
from quantumlayer.router.providers._schemas import strict

pytestmark = pytest.mark.anyio

if not recordings():
    pytest.skip("no recordings: ../shared is not there", allow_module_level=True)


class UnsaidError(Exception):
    """A request has something that neutral ones do not say."""


def only(value: Mapping[str, Any], *names: str, **fixed: Any) -> None:
    """Refuse further fields, and other values of those that have one default."""
    for name, given in value.items():
        if name in fixed:
            if given not in (fixed[name], None):
                raise UnsaidError(f"{name}={given!r}")
        elif name not in names:
            raise UnsaidError(name)


def plain(request: ModelRequest) -> ModelRequest:
    """The request without ways to say nothing, and with one side's words in one message."""
    turns: list[tuple[str, list[Part]]] = []
    for message in request.messages:
        parts = [part for part in message.parts if part != Text("")]
        if parts and turns and turns[-1][0] == message.role:
            turns[-1][1].extend(parts)
        elif parts:
            turns.append((message.role, parts))
    if turns and turns[0][0] == "assistant":
        raise UnsaidError("the assistant begins, before whom we let the user say a full stop")
    messages = tuple(Message(role, tuple(joined(parts))) for role, parts in turns)  # type: ignore[arg-type]
    return replace(request, messages=messages, output=request.output and closed(request.output))


def joined(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts with texts that follow one another as one."""
    for is_text, group in groupby(parts, key=lambda part: isinstance(part, Text)):
        if is_text:
            yield Text("".join(part.text for part in group if isinstance(part, Text)))
        else:
            yield from group


def closed(output: OutputSchema) -> OutputSchema:
    """A type whose objects have no further fields, which is how we ask for it."""
    if "minLength" in json.dumps(output.schema):
        raise UnsaidError("a limit of length, which we say in words")
    return replace(output, schema=strict(output.schema)[0])


def compact(arguments: Any) -> str:
    return json.dumps(json.loads(arguments or "{}") if isinstance(arguments, str) else arguments)


def words(content: Any) -> str:
    """The text of a content that is nothing else."""
    if isinstance(content, str) or content is None:
        return content or ""
    for part in content:
        only(part, "text", "type", "annotations", "logprobs")
    return "".join(part["text"] for part in content)


def image(url: str) -> Image:
    head, _, data = url.partition(";base64,")
    if url.startswith("data:"):
        return Image(head.removeprefix("data:"), base64=data)
    return Image("image/unknown", url=url)


def function(tool: Mapping[str, Any]) -> ToolSpec:
    only(tool, "type", "name", "description", "parameters", "strict")
    return ToolSpec(tool["name"], tool.get("description") or "", tool["parameters"])


# --- each format, read into neutral requests ----------------------------------------------------


def chat(body: Mapping[str, Any]) -> ModelRequest:
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    only(
        body,
        *("model", "messages", "tools", "response_format", "temperature", "stop", "stream"),
        *("max_completion_tokens", "max_tokens"),
        n=1,
        tool_choice="auto",
        stream_options={"include_usage": True},
    )
    output = None
    if response_format := body.get("response_format"):
        only(response_format, "json_schema", type="json_schema")
        output = named(response_format["json_schema"])
    return ModelRequest(
        tuple(chat_message(message) for message in body["messages"]),
        tuple(function(tool["function"]) for tool in body.get("tools", ())),
        output,
        limit,
        body.get("temperature"),
        tuple(body.get("stop", ())),
    )


def named(schema: Mapping[str, Any]) -> OutputSchema:
    only(schema, "name", "schema", "description", "type", "strict")
    return OutputSchema(schema["name"], schema["schema"])


def chat_message(message: Mapping[str, Any]) -> Message:
    only(message, "role", "content", "tool_calls", "tool_call_id")
    role, content = message["role"], message.get("content")
    if role == "tool":
        return Message("tool", (ToolResult(message["tool_call_id"], words(content)),))
    parts = [Text(content)] if isinstance(content, str) and content else []
    found: list[Part] = [*parts, *(chat_part(p) for p in content or () if isinstance(p, dict))]
    for call in message.get("tool_calls") or ():
        arguments = compact(call["function"]["arguments"])
        found.append(ToolCall(call["id"], call["function"]["name"], arguments))
    return Message("system" if role == "developer" else role, tuple(found))


def chat_part(part: Mapping[str, Any]) -> Part:
    if part["type"] == "image_url":
        only(part["image_url"], "url", detail="auto")
        return image(part["image_url"]["url"])
    only(part, "text", type="text")
    return Text(part["text"])


def responses(body: Mapping[str, Any]) -> ModelRequest:
    only(
        body,
        *("model", "input", "instructions", "tools", "text", "max_output_tokens", "temperature"),
        *("stream", "include"),
        tool_choice="auto",
        store=False,
    )
    if any("encrypted_content" not in name for name in body.get("include") or ()):
        raise UnsaidError("include")
    said = body["input"]
    items = [{"role": "user", "content": said}] if isinstance(said, str) else said
    if instructions := body.get("instructions"):
        items = [{"role": "system", "content": instructions}, *items]
    output = None
    if text := body.get("text"):
        only(text, "format")
        only(text["format"], "name", "schema", "description", "strict", type="json_schema")
        output = named(text["format"])
    return ModelRequest(
        tuple(item_message(item) for item in items),
        tuple(response_tool(tool) for tool in body.get("tools", ())),
        output,
        body.get("max_output_tokens"),
        body.get("temperature"),
    )


def response_tool(tool: Mapping[str, Any]) -> ToolSpec:
    only(tool, "name", "description", "parameters", "strict", type="function")
    return function(tool)


def item_message(item: Mapping[str, Any]) -> Message:
    kind = item.get("type", "message")
    if kind == "function_call":
        only(item, "type", "id", "call_id", "name", "arguments", status="completed")
        call = ToolCall(item["call_id"], item["name"], compact(item["arguments"]))
        return Message("assistant", (call,))
    if kind == "function_call_output":
        return Message("tool", (ToolResult(item["call_id"], words(item["output"])),))
    if kind != "message":
        raise UnsaidError(kind)
    content = item["content"]
    if isinstance(content, str):
        return Message(item["role"], (Text(content),))
    return Message(item["role"], tuple(map(item_part, content)))


def item_part(part: Mapping[str, Any]) -> Part:
    if part["type"] == "input_image":
        only(part, "type", "image_url", detail="auto")
        return image(part["image_url"])
    if part["type"] not in {"input_text", "output_text"}:
        raise UnsaidError(part["type"])
    return Text(part["text"])


def messages(body: Mapping[str, Any]) -> ModelRequest:
    only(
        body,
        *("model", "max_tokens", "messages", "system", "tools", "output_config", "temperature"),
        *("stop_sequences", "stream"),
        tool_choice={"type": "auto"},
    )
    output = None
    if config := body.get("output_config"):
        only(config, "format")
        only(config["format"], "schema", type="json_schema")
        output = OutputSchema("Answer", config["format"]["schema"])
    system = claude_parts(body.get("system") or ())
    return ModelRequest(
        (
            Message("system", tuple(system)),
            *(claude_message(message) for message in body["messages"]),
        ),
        tuple(map(claude_tool, body.get("tools", ()))),
        output,
        body["max_tokens"],
        body.get("temperature"),
        tuple(body.get("stop_sequences", ())),
    )


def claude_tool(tool: Mapping[str, Any]) -> ToolSpec:
    only(tool, "name", "description", "input_schema", "strict", type="custom")
    return ToolSpec(tool["name"], tool.get("description") or "", tool["input_schema"])


def claude_message(message: Mapping[str, Any]) -> Message:
    if message["role"] == "system":
        raise UnsaidError("a system message in mid-conversation")
    return Message(message["role"], tuple(claude_parts(message["content"])))


def claude_parts(content: str | Iterable[Mapping[str, Any]]) -> Iterator[Part]:
    if isinstance(content, str):
        yield Text(content)
        return
    for block in content:
        yield claude_part({name: block[name] for name in block if name != "cache_control"})
        if mark := block.get("cache_control"):
            only(mark, type="ephemeral", ttl="5m")
            yield CachePoint()


def claude_part(block: Mapping[str, Any]) -> Part:
    kind = block["type"]
    if kind == "text":
        only(block, "type", "text")
        return Text(block["text"])
    if kind == "image":
        only(block, "type", "source")
        source = block["source"]
        if source["type"] == "url":
            return Image("image/unknown", url=source["url"])
        return Image(source["media_type"], base64=source["data"])
    if kind == "tool_use":
        only(block, "type", "id", "name", "input")
        return ToolCall(block["id"], block["name"], compact(block["input"]))
    if kind == "tool_result":
        only(block, "type", "tool_use_id", "content", "is_error")
        failed = bool(block.get("is_error"))
        return ToolResult(block["tool_use_id"], words(block.get("content")), failed)
    raise UnsaidError(kind)


def converse(body: Mapping[str, Any]) -> ModelRequest:
    only(body, "messages", "system", "inferenceConfig", "toolConfig", "outputConfig")
    options = body.get("inferenceConfig", {})
    only(options, "maxTokens", "temperature", "stopSequences")
    config = body.get("toolConfig", {})
    only(config, "tools", toolChoice={"auto": {}})
    output = None
    if text_format := body.get("outputConfig", {}).get("textFormat"):
        schema = text_format["structure"]["jsonSchema"]
        output = named({**schema, "schema": json.loads(schema["schema"])})
    system: list[Part] = []
    for block in body.get("system", ()):
        part = converse_part(block)
        if isinstance(part, Text) and system and isinstance(system[-1], Text):
            part = Text(f"\n\n{part.text}")
        system.append(part)
    return ModelRequest(
        (
            Message("system", tuple(system)),
            *(
                Message(message["role"], tuple(map(converse_part, message["content"])))
                for message in body["messages"]
            ),
        ),
        tuple(map(converse_tool, config.get("tools", ()))),
        output,
        options.get("maxTokens"),
        options.get("temperature"),
        tuple(options.get("stopSequences", ())),
    )


def converse_tool(tool: Mapping[str, Any]) -> ToolSpec:
    only(tool, "toolSpec")
    spec = tool["toolSpec"]
    only(spec, "name", "description", "inputSchema", "strict")
    return ToolSpec(spec["name"], spec.get("description") or "", spec["inputSchema"]["json"])


def converse_part(block: Mapping[str, Any]) -> Part:
    [(kind, value)] = block.items()
    if kind == "text":
        return Text(value)
    if kind == "cachePoint":
        only(value, type="default")
        return CachePoint()
    if kind == "image":
        return Image(f"image/{value['format']}", base64=value["source"]["bytes"])
    if kind == "toolUse":
        only(value, "toolUseId", "name", "input")
        return ToolCall(value["toolUseId"], value["name"], compact(value["input"]))
    if kind == "toolResult":
        failed = value.get("status") == "error"
        content = value["content"]
        only(content[0], "text")
        return ToolResult(value["toolUseId"], "".join(c["text"] for c in content), failed)
    raise UnsaidError(kind)


# --- the tests ----------------------------------------------------------------------------------

READ = {"chat": chat, "responses": responses, "messages": messages, "converse": converse}


def derived() -> Iterator[tuple[Recording, ModelRequest]]:
    for recording in recordings():
        if recording.format in READ and isinstance(recording.asked, dict):
            try:
                yield recording, plain(READ[recording.format](recording.asked))
            except (UnsaidError, KeyError, TypeError):
                continue


DERIVED = list(derived())


@pytest.mark.parametrize(("recording", "request_"), DERIVED, ids=[r.name for r, _ in DERIVED])
async def test_what_is_asked_is_what_was_asked_in_the_recording(
    recording: Recording, request_: ModelRequest
) -> None:
    player = play(recording)
    stream = recording.asked.get("stream") or recording.path.endswith("-stream")

    try:
        if stream:
            async with player.adapter.stream(request_) as events:
                async for _ in events:
                    pass
        else:
            await player.adapter.complete(request_)
    except ProviderError:
        assert recording.status != 200 or b"error" in recording.body or not recording.streamed

    [sent] = player.sent
    assert address(sent, recording) == recording.url
    body = json.loads(sent.content)
    assert plain(READ[recording.format](body)) == request_
    assert body.get("model") == recording.asked.get("model")
    assert bool(body.get("stream")) == bool(recording.asked.get("stream"))


def address(sent: httpx.Request, recording: Recording) -> str:
    """Where a request went, as recordings have it: some ask Anthropic for its beta."""
    query = recording.url.removeprefix(recording.url.partition("?")[0])
    return recording.url if recording.path.endswith("/invoke") else str(sent.url) + query


def test_many_recorded_requests_of_each_format_say_what_neutral_ones_can() -> None:
    formats = [recording.format for recording, _ in DERIVED]
    least = {"chat": 60, "responses": 39, "messages": 30, "converse": 52}

    assert all(formats.count(name) >= count for name, count in least.items())
