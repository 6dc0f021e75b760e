"""Chat completions, the wire format: requests to JSON, JSON to replies. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from quantumlayer.messages import (
    Image,
    Message,
    ModelReply,
    ModelRequest,
    OutputSchema,
    StopReason,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
)
from quantumlayer.router.providers._draft import call_id
from quantumlayer.router.providers._fields import count, mapping, mappings, string, well_formed
from quantumlayer.router.providers._ids import short_id
from quantumlayer.router.providers._images import image_url
from quantumlayer.router.providers._schemas import strict
from quantumlayer.router.providers._usage import estimated, inclusive_usage
from quantumlayer.router.providers._wire import Origin

__all__ = ["decode", "encode", "stop_reason", "usage_of"]

# OpenAI refuses longer ids of calls.
_MAX_ID_CHARS = 40

_STOPS: Mapping[str, StopReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "filtered",
}


# --- requests ------------------------------------------------------------------------------------


def encode(
    request: ModelRequest,
    model: str,
    *,
    stream: bool,
    limit_field: str,
    strict_schemas: bool = True,
) -> bytes:
    """Make the body of a request; options that are not set are left to the server.

    Args:
        request: What to ask. `Data` parts are left out.
        model: The model as the server names it.
        stream: Whether to ask for a stream, with the usage at its end.
        limit_field: Where the longest answer goes: `max_completion_tokens` or `max_tokens`.
        strict_schemas: Whether the server may be asked to hold the model to an output schema.
    """
    body: dict[str, Any] = {
        "model": model,
        "messages": [wire for message in request.messages for wire in _messages(message)],
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.output is not None:
        body["response_format"] = _response_format(request.output, strict_schemas=strict_schemas)
    if request.max_output_tokens is not None:
        body[limit_field] = request.max_output_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.stop:
        body["stop"] = list(request.stop)
    if stream:
        body["stream"] = True
        body["stream_options"] = {"include_usage": True}
    # ASCII, so that a lone surrogate in a prompt becomes an escape instead of an error.
    return json.dumps(body).encode("ascii")


def _messages(message: Message) -> Iterator[dict[str, Any]]:
    """A message as the wire has it: each tool result is one of its own."""
    if message.role != "tool" and {*map(type, message.parts)} <= {Text}:  # as most are
        yield {"role": message.role, "content": message.text}
        return
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield {"role": "tool", "tool_call_id": _wire_id(part.call_id), "content": part.text}
    if message.role == "tool":
        return
    wire: dict[str, Any] = {"role": message.role, "content": _content(message)}
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    if calls:
        wire["content"] = wire["content"] or None
        wire["tool_calls"] = [
            {
                "id": _wire_id(call.id),
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in calls
        ]
    elif not wire["content"] and any(isinstance(part, ToolResult) for part in message.parts):
        return
    yield wire


def _wire_id(call_id: str) -> str:
    return short_id(call_id, max_chars=_MAX_ID_CHARS)


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not any(isinstance(part, Image) for part in message.parts):
        return message.text
    content: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, Text):
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, Image):
            content.append({"type": "image_url", "image_url": {"url": image_url(part)}})
    return content


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _response_format(output: OutputSchema, *, strict_schemas: bool) -> dict[str, Any]:
    schema, is_strict = strict(output.schema)
    named = {"name": output.name, "strict": is_strict and strict_schemas, "schema": schema}
    return {"type": "json_schema", "json_schema": named}


# --- replies -------------------------------------------------------------------------------------


def decode(document: Any, request: ModelRequest, origin: Origin) -> ModelReply:
    """Make a reply of the document of a completion that was not streamed.

    Args:
        document: The parsed body.
        request: What was asked, for an estimate where the server counts no tokens.
        origin: Whose answer it is; its model's name counts where the server gives none.

    Raises:
        ValueError: The document is no chat completion; the text says what is missing.
    """
    choice = _first(document)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise ValueError("the answer has a choice without a message")  # noqa: TRY004 -- bad data
    reply_id = string(document.get("id"))
    text, refused = _words(message)
    calls = tuple(
        ToolCall(
            string(call.get("id")) or call_id(reply_id, index),
            string(call["function"].get("name")),
            well_formed(string(call["function"].get("arguments"))),
        )
        for index, call in enumerate(mappings(message.get("tool_calls")))
        if isinstance(call.get("function"), dict)
    )
    return ModelReply(
        text,
        origin.provider,
        string(document.get("model")) or origin.model,
        calls,
        stop_reason(choice.get("finish_reason"), refused=refused, calls=bool(calls)),
        usage_of(document) or estimated(request, text, *(call.arguments for call in calls)),
        id=reply_id,
    )


def _first(document: Any) -> Mapping[str, Any]:
    choices = mapping(document).get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ValueError("the answer has no choices")
    choice: Mapping[str, Any] = choices[0]
    return choice


def _words(message: Mapping[str, Any]) -> tuple[str, bool]:
    """The text of a message, and whether it is a refusal."""
    content = message.get("content")
    if isinstance(content, list):  # Mistral's reasoning models: thoughts and texts as parts
        content = "".join(string(part.get("text")) for part in mappings(content))
    refusal = string(message.get("refusal"))
    return well_formed(string(content) or refusal), bool(refusal)


def stop_reason(reason: Any, *, refused: bool, calls: bool) -> StopReason:
    """Why the model stopped, in our words. Some servers say `stop` beside tool calls."""
    if refused:
        return "filtered"
    stop = _STOPS.get(reason, "stop") if isinstance(reason, str) else "stop"
    return "tool_calls" if calls and stop == "stop" else stop


def usage_of(document: Mapping[str, Any]) -> Usage | None:
    """The tokens a server counted, in classes that do not overlap; None where it counted none."""
    counts = document.get("usage") or mapping(document.get("x_groq")).get("usage")
    if not isinstance(counts, dict) or "prompt_tokens" not in counts:
        return None
    cached = counts.get("prompt_tokens_details")
    return inclusive_usage(
        prompt=count(counts, "prompt_tokens"),
        answer=count(counts, "completion_tokens"),
        total=count(counts, "total_tokens"),
        cache_read=count(cached, "cached_tokens"),
        cache_write=count(cached, "cache_write_tokens"),
        reasoning=count(counts.get("completion_tokens_details"), "reasoning_tokens"),
    )
