"""Conversations as Claude and Bedrock take them: instructions apart, two roles in turn. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from quantumlayer.messages import (
    CachePoint,
    Data,
    Image,
    Message,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
)

__all__ = [
    "Said",
    "Turn",
    "arguments_of",
    "conversation",
    "instructions",
    "marked",
    "tools_of",
    "with_words",
]

Said = Text | Image | ToolCall | ToolResult | CachePoint
"""What is sent of a message."""

# How many cache points a request may have. Source: the guides of Anthropic and Amazon Bedrock.
_POINTS = 4

# What is said where something has to be said: neither takes an empty turn.
_NOTHING = Text(".")


@dataclass(slots=True)
class Turn:
    """All that one side says before the other speaks; results of tools come first.

    Attributes:
        role: Who speaks.
        parts: What is said, without texts that are empty; a cache point follows something.
    """

    role: Literal["user", "assistant"]
    parts: list[Said]


def marked(messages: Sequence[Message], *, caches: bool) -> Sequence[Message]:
    """The messages with no more cache points than are allowed, the first and the latest ones.

    Args:
        messages: The conversation.
        caches: Whether the model caches what is marked; otherwise there is to be no mark.
    """
    points = [
        (at, place)
        for at, message in enumerate(messages)
        for place, part in enumerate(message.parts)
        if isinstance(part, CachePoint)
    ]
    kept = points if len(points) <= _POINTS else [points[0], *points[1 - _POINTS :]]
    if len(points) == len(kept) and caches:
        return messages
    surplus = set(points).difference(kept if caches else ())

    def without(at: int, message: Message) -> Message:
        parts = (part for place, part in enumerate(message.parts) if (at, place) not in surplus)
        return Message(message.role, tuple(parts))

    return [without(at, message) for at, message in enumerate(messages)]


def instructions(messages: Sequence[Message]) -> list[Said]:
    """The system messages that a conversation begins with: one text up to each cache point."""
    said: list[Said] = []
    for message in messages[: _head(messages)]:
        seam = "\n\n"
        for part in message.parts:
            if isinstance(part, Text) and part.text:
                said = with_words(said, part.text, seam=seam)
                seam = ""
            elif isinstance(part, CachePoint) and said and said[-1] != part:
                said.append(part)
    return said


def with_words(said: Sequence[Said], words: str, *, seam: str = "\n\n") -> list[Said]:
    """What is said with further words, in one text with the last ones where these are the last."""
    if said and isinstance(last := said[-1], Text):
        return [*said[:-1], Text(f"{last.text}{seam}{words}")]
    return [*said, Text(words)]


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
            last.parts = _joined(last.parts, parts)
    if not turns or (alternating and turns[0].role == "assistant"):
        turns.insert(0, Turn("user", [_NOTHING]))
    if turns[-1].role == "assistant":
        parts = turns[-1].parts
        place = -2 if isinstance(parts[-1], CachePoint) else -1
        if isinstance(words := parts[place], Text):
            parts[place] = Text(words.text.rstrip())  # which is to be continued there
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
        results: list[Said] = []
        rest: list[Said] = []
        latest: list[Said] = []
        for part in message.parts:
            if isinstance(part, Data) or _is_empty(part):
                continue
            if not isinstance(part, CachePoint):
                latest = results if isinstance(part, ToolResult) else rest
                latest.append(part)
            elif latest and latest[-1] != part:
                latest.append(part)
        if message.role == "system" and rest:
            points = [part for part in rest[-1:] if isinstance(part, CachePoint)]
            rest = [Text(f"<system>{message.text}</system>"), *points]
        if results:
            yield "user", results
        if rest:
            yield "assistant" if message.role == "assistant" else "user", rest


def _joined(before: Sequence[Said], after: Sequence[Said]) -> list[Said]:
    """What one side says in two messages: results of tools first, never two cache points."""
    said = sorted((*before, *after), key=lambda part: not isinstance(part, ToolResult))
    point = CachePoint()
    return [part for at, part in enumerate(said) if part != point or said[at - 1] != point]


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
