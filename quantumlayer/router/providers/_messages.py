"""Anthropic's Messages API, the wire format: requests to JSON, JSON to replies. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from quantumlayer.messages import (
    CachePoint,
    Image,
    ModelReply,
    ModelRequest,
    StopReason,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
)
from quantumlayer.router._card import ModelCard
from quantumlayer.router.providers._fields import (
    arguments_text,
    count,
    mapping,
    mappings,
    string,
    well_formed,
)
from quantumlayer.router.providers._ids import plain_id
from quantumlayer.router.providers._images import inline
from quantumlayer.router.providers._schemas import constrained, instruction
from quantumlayer.router.providers._turns import (
    Said,
    arguments_of,
    conversation,
    instructions,
    marked,
    tools_of,
    with_words,
)
from quantumlayer.router.providers._usage import estimated
from quantumlayer.router.providers._wire import Origin

__all__ = ["decode", "encode", "longest_answer", "stop_reason", "usage_of"]

# Every request has to say how long its answer may get. This is what each model since Claude 3.5
# can do; a model that the catalog knows has its own limit.
_OUTPUT_TOKENS = 8192

_STOPS: Mapping[str, StopReason] = {
    "end_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "paused",
    "refusal": "filtered",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
}


# --- requests ------------------------------------------------------------------------------------


def longest_answer(request: ModelRequest, card: ModelCard) -> int:
    """How many tokens the answer may have."""
    return request.max_output_tokens or card.max_output_tokens or _OUTPUT_TOKENS


def encode(request: ModelRequest, model: str, card: ModelCard, *, stream: bool) -> bytes:
    """Make the body of a request; options that are not set are left to the server.

    A temperature above 1 is sent as 1, and none to a model that takes none.
    """
    messages = marked(request.messages, caches=True)
    turns = conversation(messages, alternating=False)
    tools = tools_of(request.tools, turns)
    system = instructions(messages)
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": longest_answer(request, card),
        "messages": [{"role": turn.role, "content": _blocks(turn.parts)} for turn in turns],
    }
    if request.output is not None:
        schema = constrained(request.output.schema) if card.can("json_schema") else None
        if schema is None:
            system = with_words(system, instruction(request.output.name, request.output.schema))
        else:
            body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    if system:
        body["system"] = _plain(system)
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
        if not request.tools:
            body["tool_choice"] = {"type": "none"}
    if request.temperature is not None and card.can("sampling"):
        body["temperature"] = min(request.temperature, 1.0)
    if request.stop:
        body["stop_sequences"] = list(request.stop)
    if stream:
        body["stream"] = True
    # ASCII, so that a lone surrogate in a prompt becomes an escape instead of an error.
    return json.dumps(body).encode("ascii")


def _plain(said: Sequence[Said]) -> str | list[dict[str, Any]]:
    """A text where there is nothing else."""
    return words.text if len(said) == 1 and isinstance(words := said[0], Text) else _blocks(said)


def _blocks(parts: Sequence[Said]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, CachePoint):
            blocks[-1]["cache_control"] = {"type": "ephemeral"}
        else:
            blocks.append(_block(part))
    return blocks


def _block(part: Text | Image | ToolCall | ToolResult) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Image):
        return {"type": "image", "source": _source(inline(part))}
    if isinstance(part, ToolCall):
        arguments = arguments_of(part)
        return {"type": "tool_use", "id": plain_id(part.id), "name": part.name, "input": arguments}
    return {
        "type": "tool_result",
        "tool_use_id": plain_id(part.call_id),
        "content": part.text,
        "is_error": part.is_error,
    }


def _source(image: Image) -> dict[str, Any]:
    if image.url:
        return {"type": "url", "url": image.url}
    return {"type": "base64", "media_type": image.media_type, "data": image.base64}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}


# --- replies -------------------------------------------------------------------------------------


def decode(document: Mapping[str, Any], request: ModelRequest, origin: Origin) -> ModelReply:
    """Make a reply of a whole message; blocks that are neither words nor calls are passed over.

    Raises:
        ValueError: The document is no message; the text says what is missing.
    """
    if not isinstance(document.get("content"), list):
        raise ValueError("the answer has no content")  # noqa: TRY004 -- bad data, no bad type
    blocks = mappings(document["content"])
    words = (string(block.get("text")) for block in blocks if block.get("type") == "text")
    text = well_formed("".join(words))
    calls = tuple(
        ToolCall(
            string(block.get("id")),
            string(block.get("name")),
            arguments_text(mapping(block.get("input"))),
        )
        for block in blocks
        if block.get("type") == "tool_use"
    )
    return ModelReply(
        text,
        origin.provider,
        string(document.get("model")) or origin.model,
        calls,
        stop_reason(document.get("stop_reason"), calls=bool(calls)),
        usage_of(document.get("usage")) or estimated(request, text, *(c.arguments for c in calls)),
        id=string(document.get("id")),
    )


def stop_reason(reason: Any, *, calls: bool) -> StopReason:
    """Why the model stopped, in our words."""
    stop = _STOPS.get(reason, "stop") if isinstance(reason, str) else "stop"
    return "tool_calls" if calls and stop == "stop" else stop


def usage_of(counts: Any) -> Usage | None:
    """The tokens the server counted, in classes that do not overlap; None where it counted none.

    Cached tokens are counted beside the input's; thoughts are part of the output's.
    """
    if not isinstance(counts, Mapping) or "output_tokens" not in counts:
        return None
    answer = count(counts, "output_tokens")
    thought = min(answer, count(counts.get("output_tokens_details"), "thinking_tokens"))
    return Usage(
        count(counts, "input_tokens"),
        count(counts, "cache_read_input_tokens"),
        count(counts, "cache_creation_input_tokens"),
        answer - thought,
        thought,
    )
