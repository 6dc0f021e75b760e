"""Amazon Bedrock's Converse, the wire format: requests to JSON, JSON to replies. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from quantumlayer.errors import InvalidRequestError
from quantumlayer.messages import (
    CachePoint,
    Image,
    ModelReply,
    ModelRequest,
    StopReason,
    Text,
    ToolCall,
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

__all__ = ["decode", "encode", "stop_reason", "usage_of"]

# Models that cannot be held to a schema; they are told it in words.
# Source: AWS, "Get validated JSON results from models", read against the catalog.
_FREE = re.compile(
    r"(^|[./])(ai21|amazon|cohere|meta|writer)\.|deepseek\.r1|pixtral"
    r"|claude-(3|instant|v2|sonnet-4-2025|opus-4-2025|opus-4-1-)"
)

# Source: botocore's model of the service.
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_FORMATS = frozenset({"gif", "jpeg", "png", "webp"})

_STOPS: Mapping[str, StopReason] = {
    "content_filtered": "filtered",
    "end_turn": "stop",
    "guardrail_intervened": "filtered",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
}


# --- requests ------------------------------------------------------------------------------------


def encode(request: ModelRequest, card: ModelCard, origin: Origin) -> bytes:
    """Make the body of a request; options that are not set are left to the server.

    A temperature above 1 is sent as 1, and none to a model that takes none.

    Raises:
        InvalidRequestError: An image is of a kind, or in a place, that Bedrock does not take.
    """
    messages = marked(request.messages, caches=_caches(card))
    turns = conversation(messages, alternating=True)
    tools = tools_of(request.tools, turns)
    system = instructions(messages)
    body: dict[str, Any] = {
        "messages": [
            {"role": turn.role, "content": list(_blocks(turn.parts, origin))} for turn in turns
        ]
    }
    if request.output is not None:
        schema = None if _FREE.search(origin.model) else constrained(request.output.schema)
        if schema is None:
            system = with_words(system, instruction(request.output.name, request.output.schema))
        else:
            named = {"name": request.output.name, "schema": json.dumps(schema)}
            text_format = {"type": "json_schema", "structure": {"jsonSchema": named}}
            body["outputConfig"] = {"textFormat": text_format}
    if system:
        body["system"] = list(_blocks(system, origin))
    if tools:
        body["toolConfig"] = {"tools": [{"toolSpec": _tool(tool)} for tool in tools]}
    options: dict[str, Any] = {}
    if request.max_output_tokens is not None:
        options["maxTokens"] = request.max_output_tokens
    if request.temperature is not None and card.can("sampling"):
        options["temperature"] = min(request.temperature, 1.0)
    if request.stop:
        options["stopSequences"] = list(request.stop)
    if options:
        body["inferenceConfig"] = options
    # ASCII, so that a lone surrogate in a prompt becomes an escape instead of an error.
    return json.dumps(body).encode("ascii")


def _caches(card: ModelCard) -> bool:
    """Whether the model takes cache points: the others refuse them."""
    return card.price is not None and card.price.cache_read is not None


def _blocks(parts: Sequence[Said], origin: Origin) -> Iterator[dict[str, Any]]:
    for part in parts:
        if isinstance(part, Text):
            yield {"text": part.text}
        elif isinstance(part, Image):
            yield {"image": _image(inline(part), origin)}
        elif isinstance(part, ToolCall):
            arguments, call_id = arguments_of(part), _call_id(part.id, origin.model)
            yield {"toolUse": {"toolUseId": call_id, "name": part.name, "input": arguments}}
        elif isinstance(part, CachePoint):
            yield {"cachePoint": {"type": "default"}}
        else:
            yield {
                "toolResult": {
                    "toolUseId": _call_id(part.call_id, origin.model),
                    "content": [{"text": part.text if part.text.strip() else "(nothing)"}],
                    "status": "error" if part.is_error else "success",
                }
            }


def _call_id(call_id: str, model: str) -> str:
    """The id of a call, Kimi's own as it is: it minds; Claude takes letters and digits only."""
    kept = _ID.fullmatch(call_id) and "anthropic" not in model
    return call_id if kept else plain_id(call_id)


def _image(image: Image, origin: Origin) -> dict[str, Any]:
    """A picture by its bytes, or where it lies in S3: Bedrock fetches nothing else."""
    kind = image.media_type.removeprefix("image/").replace("jpg", "jpeg")
    if kind not in _FORMATS:
        raise InvalidRequestError(
            origin.deployment, f"Bedrock takes no image of type {image.media_type!r}"
        )
    if image.url.startswith("s3://"):
        return {"format": kind, "source": {"s3Location": {"uri": image.url}}}
    if image.url:
        raise InvalidRequestError(
            origin.deployment, "Bedrock fetches no images: pass the image's bytes instead of a URL"
        )
    return {"format": kind, "source": {"bytes": image.base64}}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    spec: dict[str, Any] = {"name": tool.name, "inputSchema": {"json": tool.parameters}}
    if tool.description:  # an empty one is refused
        spec["description"] = tool.description
    return spec


# --- replies -------------------------------------------------------------------------------------


def decode(document: Mapping[str, Any], request: ModelRequest, origin: Origin) -> ModelReply:
    """Make a reply of a whole answer; blocks that are neither words nor calls are passed over.

    Raises:
        ValueError: The document is no answer; the text says what is missing.
    """
    content = mapping(mapping(document.get("output")).get("message")).get("content")
    if not isinstance(content, list):
        raise ValueError("the answer has no content")  # noqa: TRY004 -- bad data, no bad type
    blocks = mappings(content)
    text = well_formed("".join(string(block.get("text")) for block in blocks))
    uses = [mapping(block["toolUse"]) for block in blocks if "toolUse" in block]
    calls = tuple(
        ToolCall(
            string(use.get("toolUseId")),
            string(use.get("name")),
            arguments_text(mapping(use.get("input"))),
        )
        for use in uses
        if use.get("type") != "server_tool_use"  # which Bedrock itself has answered
    )
    return ModelReply(
        text,
        origin.provider,
        origin.model,
        calls,
        stop_reason(document.get("stopReason"), calls=bool(calls)),
        usage_of(document.get("usage")) or estimated(request, text, *(c.arguments for c in calls)),
    )


def stop_reason(reason: Any, *, calls: bool) -> StopReason:
    """Why the model stopped, in our words."""
    stop = _STOPS.get(reason, "stop") if isinstance(reason, str) else "stop"
    return "tool_calls" if calls and stop == "stop" else stop


def usage_of(counts: Any) -> Usage | None:
    """The tokens the server counted, in classes that do not overlap; None where it counted none.

    Cached tokens are counted beside the input's; thoughts are part of the output's, uncounted.
    """
    if not isinstance(counts, Mapping) or "outputTokens" not in counts:
        return None
    return Usage(
        count(counts, "inputTokens"),
        count(counts, "cacheReadInputTokens"),
        count(counts, "cacheWriteInputTokens"),
        count(counts, "outputTokens"),
    )
