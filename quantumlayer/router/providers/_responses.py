"""OpenAI's Responses API, the wire format: requests to JSON, JSON to replies. No I/O."""

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
from quantumlayer.router.providers._fields import count, mapping, mappings, string, well_formed
from quantumlayer.router.providers._ids import short_id
from quantumlayer.router.providers._images import image_url
from quantumlayer.router.providers._schemas import strict
from quantumlayer.router.providers._usage import estimated, inclusive_usage
from quantumlayer.router.providers._wire import Origin

__all__ = ["decode", "encode", "fits", "stop_reason", "usage_of"]

# Lower limits, and longer ids, are refused. Source: OpenAI's API reference.
_MIN_OUTPUT_TOKENS = 16
_MAX_ID_CHARS = 64

_UNFINISHED = frozenset({"in_progress", "queued"})


# --- requests ------------------------------------------------------------------------------------


def fits(request: ModelRequest) -> bool:
    """Whether the format can say all of this: it has no texts that end an answer."""
    limit = request.max_output_tokens
    return not request.stop and (limit is None or limit >= _MIN_OUTPUT_TOKENS)


def encode(request: ModelRequest, model: str, *, stream: bool) -> bytes:
    """Make the body of a request; options that are not set are left to the server.

    Nothing is stored at the server: the whole conversation is sent each time. `Data` parts are left
    out.
    """
    body: dict[str, Any] = {
        "model": model,
        "input": [item for message in request.messages for item in _items(message)],
        "store": False,
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.output is not None:
        body["text"] = {"format": _format(request.output)}
    if request.max_output_tokens is not None:
        body["max_output_tokens"] = request.max_output_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if stream:
        body["stream"] = True
    # ASCII, so that a lone surrogate in a prompt becomes an escape instead of an error.
    return json.dumps(body).encode("ascii")


def _items(message: Message) -> Iterator[dict[str, Any]]:
    """A message as the wire has it: words, calls and results are items of their own."""
    for part in message.parts:
        if isinstance(part, ToolResult):
            call_id = short_id(part.call_id, max_chars=_MAX_ID_CHARS)
            yield {"type": "function_call_output", "call_id": call_id, "output": part.text}
    content = _content(message)
    if content and message.role != "tool":
        yield {"role": message.role, "content": content}
    for part in message.parts:
        if isinstance(part, ToolCall):
            yield {
                "type": "function_call",
                "call_id": short_id(part.id, max_chars=_MAX_ID_CHARS),
                "name": part.name,
                "arguments": part.arguments,
            }


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not any(isinstance(part, Image) for part in message.parts):
        return message.text
    content: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, Text):
            content.append({"type": "input_text", "text": part.text})
        elif isinstance(part, Image):
            content.append({"type": "input_image", "detail": "auto", "image_url": image_url(part)})
    return content


def _tool(tool: ToolSpec) -> dict[str, Any]:
    parameters, is_strict = strict(tool.parameters)
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": parameters,
        "strict": is_strict,  # which it would be by default
    }


def _format(output: OutputSchema) -> dict[str, Any]:
    schema, is_strict = strict(output.schema)
    return {"type": "json_schema", "name": output.name, "schema": schema, "strict": is_strict}


# --- replies -------------------------------------------------------------------------------------


def decode(document: Mapping[str, Any], request: ModelRequest, origin: Origin) -> ModelReply:
    """Make a reply of a whole response; items that are neither words nor calls are passed over.

    Raises:
        ValueError: The document is no response; the text says what is missing.
    """
    if not isinstance(document.get("output"), list):
        raise ValueError("the answer has no output")  # noqa: TRY004 -- bad data, no bad type
    items = mappings(document["output"])
    parts = [part for item in items for part in mappings(item.get("content")) if _says(item)]
    text = well_formed("".join(string(part.get("text") or part.get("refusal")) for part in parts))
    calls = tuple(
        ToolCall(
            string(item.get("call_id")) or string(item.get("id")),
            string(item.get("name")),
            well_formed(string(item.get("arguments"))),
        )
        for item in items
        if item.get("type") == "function_call"
    )
    refused = any(part.get("type") == "refusal" for part in parts)
    return ModelReply(
        text,
        origin.provider,
        string(document.get("model")) or origin.model,
        calls,
        stop_reason(document, refused=refused, calls=bool(calls)),
        usage_of(document) or estimated(request, text, *(call.arguments for call in calls)),
        id=string(document.get("id")),
    )


def _says(item: Mapping[str, Any]) -> bool:
    return item.get("type") == "message"


def stop_reason(document: Mapping[str, Any], *, refused: bool, calls: bool) -> StopReason:
    """Why the model stopped, in our words."""
    if refused:
        return "filtered"
    status = string(document.get("status"))
    if status == "incomplete":
        reason = mapping(document.get("incomplete_details")).get("reason")
        return "filtered" if reason == "content_filter" else "length"
    if status in _UNFINISHED:
        return "paused"
    if status in {"cancelled", "failed"}:
        return "error"
    return "tool_calls" if calls else "stop"


def usage_of(document: Mapping[str, Any]) -> Usage | None:
    """The tokens the server counted, in classes that do not overlap; None where it counted none."""
    counts = document.get("usage")
    if not isinstance(counts, Mapping) or "input_tokens" not in counts:
        return None
    cached = counts.get("input_tokens_details")
    return inclusive_usage(
        prompt=count(counts, "input_tokens"),
        answer=count(counts, "output_tokens"),
        total=count(counts, "total_tokens"),
        cache_read=count(cached, "cached_tokens"),
        cache_write=count(cached, "cache_write_tokens"),
        reasoning=count(counts.get("output_tokens_details"), "reasoning_tokens"),
    )
