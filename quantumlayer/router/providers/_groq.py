"""Chat completions as Groq has them: it checks tool calls and JSON itself. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from quantumlayer.messages import Message, ModelReply, ModelRequest, ToolCall
from quantumlayer.router.providers._chat_stream import ChatStream, ChatWire
from quantumlayer.router.providers._draft import call_id
from quantumlayer.router.providers._fields import (
    arguments_text,
    mapping,
    mappings,
    parsed,
    string,
    well_formed,
)
from quantumlayer.router.providers._schemas import instruction
from quantumlayer.router.providers._usage import estimated
from quantumlayer.router.providers._wire import Delta, Refused, ReplyStream

__all__ = ["GroqWire"]

_NO_JSON = "json_validate_failed"
_NO_CALL = "tool_use_failed"

# What Llama models write for a call: `<function=name>{…}</function>`, the first `>` often missing.
_LLAMA_CALL = re.compile(r"<function=([\w-]+)\s*>?\s*(\{.*?\})\s*(?:</function>|$)", re.DOTALL)
_FENCE = re.compile(r"\s*```[A-Za-z]*\n(.*?)\n?```\s*", re.DOTALL)


class GroqWire(ChatWire):
    """Groq's chat completions.

    Groq refuses an answer of its own model that calls a tool with arguments that do not fit, or
    that is not the JSON asked for. The refusal quotes that answer, and it is what is given here:
    who asks has to check answers anyway, and knows how to ask again.
    """

    def encode(self, request: ModelRequest, *, stream: bool) -> bytes:
        """Make the body of a request.

        Beside tools, and in a stream, Groq holds no model to a schema, so the model is told it.
        Source: Groq, "Structured Outputs".
        """
        if request.output is not None and (stream or request.tools):
            told = Message.system(instruction(request.output.name, request.output.schema))
            request = replace(request, messages=(told, *request.messages), output=None)
        return super().encode(request, stream=stream)

    def refused(self, answer: Refused, request: ModelRequest) -> ModelReply:
        """Give the answer that was refused, else raise what the status and the document mean."""
        generated = _generated(parsed(answer.body))
        if generated is None:
            return super().refused(answer, request)
        text, calls = generated
        return ModelReply(
            text,
            self._origin.provider,
            self._origin.model,
            calls,
            "tool_calls" if calls else "stop",
            estimated(request, text, *(call.arguments for call in calls)),
        )

    def begin(self, request: ModelRequest) -> ReplyStream:
        """Begin to put the chunks together."""
        return _GroqStream(self._origin, request)


class _GroqStream(ChatStream):
    """A stream that may end in the refusal of what its model has said."""

    def take(self, chunk: Mapping[str, Any]) -> Iterator[Delta]:
        """Take a chunk in, and give the events in it; of a refusal, what the model has said."""
        generated = _generated(chunk)
        if generated is None or generated[0]:
            yield from super().take(chunk)
            return
        self.done = True
        self._reason = "tool_calls"
        for call in generated[1]:
            yield from self._draft.begin(
                call.id, call.name, given_id=call.id, arguments=call.arguments
            )


def _generated(document: Any) -> tuple[str, tuple[ToolCall, ...]] | None:
    """The text and the calls of the answer that an error document quotes, or None."""
    error = mapping(mapping(document).get("error"))
    said = well_formed(string(error.get("failed_generation")))
    if said and error.get("code") == _NO_JSON:
        return said, ()
    if said and error.get("code") == _NO_CALL:
        calls = tuple(
            ToolCall(call_id("", index), name, arguments)
            for index, (name, arguments) in enumerate(_calls(said))
        )
        return ("", calls) if calls else None
    return None


def _calls(said: str) -> Iterator[tuple[str, str]]:
    """Names and arguments of the calls in what a model has said; nothing where there are none."""
    if fenced := _FENCE.fullmatch(said):
        said = fenced[1]
    document = parsed(said.encode())
    if document is None:
        yield from _LLAMA_CALL.findall(said)
        return
    if isinstance(document, Mapping):
        document = document.get("tool_calls", [document])
    for item in mappings(document):
        call = item.get("function") if isinstance(item.get("function"), Mapping) else item
        name = string(mapping(call).get("name"))
        arguments = mapping(call).get("arguments", mapping(call).get("parameters"))
        if name and isinstance(arguments, (Mapping, str)):
            yield name, arguments if isinstance(arguments, str) else arguments_text(arguments)
