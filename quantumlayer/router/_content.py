"""What was asked and answered, for the spans of a router that was told to say it.

Source: OpenTelemetry's GenAI conventions, the schemas of `gen_ai.input.messages`,
`gen_ai.output.messages` and `gen_ai.tool.definitions`, as JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from quantumlayer.messages import (
    Image,
    Message,
    ModelReply,
    ModelRequest,
    Part,
    Text,
    ToolCall,
    ToolResult,
)

__all__ = ["answered", "asked"]


def asked(request: ModelRequest) -> Mapping[str, str]:
    """The attributes that say what was asked."""
    said = {"gen_ai.input.messages": json.dumps([*map(_message, request.messages)])}
    if request.tools:
        tools = [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
            }
            for tool in request.tools
        ]
        said["gen_ai.tool.definitions"] = json.dumps(tools)
    return said


def answered(reply: ModelReply) -> Mapping[str, str]:
    """The attribute that says what was answered."""
    words: Sequence[Part] = (Text(reply.text),) if reply.text else ()
    message = _message(Message("assistant", (*words, *reply.tool_calls)))
    return {"gen_ai.output.messages": json.dumps([{**message, "finish_reason": reply.stop_reason}])}


def _message(message: Message) -> dict[str, Any]:
    return {"role": message.role, "parts": [*_parts(message.parts)]}


def _parts(parts: Iterable[Part]) -> Iterator[dict[str, Any]]:
    for part in parts:
        if isinstance(part, Text):
            yield {"type": "text", "content": part.text}
        elif isinstance(part, ToolCall):
            named = {"id": part.id, "name": part.name, "arguments": part.arguments}
            yield {"type": "tool_call", **named}
        elif isinstance(part, ToolResult):
            yield {"type": "tool_call_response", "id": part.call_id, "response": part.text}
        elif isinstance(part, Image):
            kind = {"modality": "image", "mime_type": part.media_type}
            where = {"type": "uri", "uri": part.url}
            data = {"type": "blob", "content": part.base64}
            yield {**(where if part.url else data), **kind}
