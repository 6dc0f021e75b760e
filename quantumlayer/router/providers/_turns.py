"""Conversations as Claude and Bedrock take them: instructions apart, two roles in turn. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from quantumlayer.messages import Data, Image, Message, Text, ToolCall, ToolResult, ToolSpec

__all__ = ["Said", "Turn", "arguments_of", "conversation", "instructions", "tools_of"]

Said = Text | Image | ToolCall | ToolResult
"""What is sent of a message."""

# What is said where something has to be said: neither takes an empty turn.
_NOTHING = Text(".")


@dataclass(slots=True)
class Turn:
    """All that one side says before the other speaks; results of tools come first.

    Attributes:
        role: Who speaks.
        parts: What is said, without texts that are empty.
    """

    role: Literal["user", "assistant"]
    parts: list[Said]


def instructions(messages: Sequence[Message]) -> str:
    """The system messages that a conversation begins with, as one text."""
    return "\n\n".join(filter(None, (message.text for message in messages[: _head(messages)])))


def conversation(messages: Sequence[Message], *, alternating: bool) -> list[Turn]:
    """The turns behind the instructions, at least one.

    A system message in mid-conversation becomes words of the user in a `<system>` tag.

    Args:
        messages: The conversation.
        alternating: Whether the user has to begin, and results of tools have to stand alone.
    """
    turns: list[Turn] = []
    for role, parts in _sides(messages[_head(messages) :]):
        last = turns[-1] if turns else None
        if last is None or last.role != role:
            turns.append(Turn(role, parts))
        elif alternating and _gives_results(last.parts) != _gives_results(parts):
            turns += (Turn("assistant", [_NOTHING]), Turn(role, parts))
        else:
            last.parts += parts
            last.parts.sort(key=lambda part: not isinstance(part, ToolResult))
    if not turns or (alternating and turns[0].role == "assistant"):
        turns.insert(0, Turn("user", [_NOTHING]))
    if turns[-1].role == "assistant" and isinstance(words := turns[-1].parts[-1], Text):
        turns[-1].parts[-1] = Text(words.text.rstrip())  # which is to be continued there
    return turns


def _head(messages: Sequence[Message]) -> int:
    """How many system messages there are before anything else."""
    roles = [message.role for message in messages]
    return next((at for at, role in enumerate(roles) if role != "system"), len(roles))


def _sides(
    messages: Sequence[Message],
) -> Iterator[tuple[Literal["user", "assistant"], list[Said]]]:
    """What is said, with the side that says it: of a message, results of tools before the rest."""
    for message in messages:
        said: list[Said] = [
            part for part in message.parts if not isinstance(part, Data) and not _is_empty(part)
        ]
        if message.role == "system" and said:
            said = [Text(f"<system>{message.text}</system>")]
        results: list[Said] = [part for part in said if isinstance(part, ToolResult)]
        rest: list[Said] = [part for part in said if not isinstance(part, ToolResult)]
        if results:
            yield "user", results
        if rest:
            yield "assistant" if message.role == "assistant" else "user", rest


def _is_empty(part: Said) -> bool:
    return isinstance(part, Text) and not part.text.strip()


def _gives_results(parts: Sequence[Said]) -> bool:
    return isinstance(parts[0], ToolResult)


def arguments_of(call: ToolCall) -> dict[str, Any]:
    """The arguments of a call as the object that they have to be here.

    What a model wrote and is none goes back to it under a name that says so.
    """
    try:
        value = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        value = call.arguments
    return value if isinstance(value, dict) else {"invalid_json": call.arguments}


def tools_of(request_tools: Sequence[ToolSpec], turns: Sequence[Turn]) -> Sequence[ToolSpec]:
    """The tools of a request; where it has none, those that its conversation has called.

    Both refuse conversations with calls of tools that they are not told of.
    """
    if request_tools:
        return request_tools
    names = {part.name: None for turn in turns for part in turn.parts if isinstance(part, ToolCall)}
    return [ToolSpec(name, "No longer there.", {"type": "object"}) for name in names]
