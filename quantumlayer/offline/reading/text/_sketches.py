"""Objects as documents sketch them: JSON, or JSON with the values left out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["UNKNOWN", "Sketch", "parse_sketch"]


class _Unknown:
    """The value of a member that was only named."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


@dataclass(frozen=True, slots=True)
class Sketch:
    """An object, or a list of objects; values are JSON values, or `UNKNOWN` where none is shown."""

    members: dict[str, Any]
    is_list: bool = False
    said: dict[str, str] = field(default_factory=dict)
    """What stands in place of a value, and `optional` for `note?`, by the member it describes."""


_LONGEST = 20_000
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|“[^”]*”|'[^'\n]*')|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z_][\w-]*)|(?P<dots>\.\.\.|…|<[\w ,-]+>)|(?P<comment>//[^\n]*|\#[^\n]*)|(?P<mark>[{}\[\]:,?|<>=.]))""",
    re.VERBOSE,
)
_DEEPEST = 20
_TOP = 2
"""How deep an object can stand whose members are those of the thing: in a list at most."""


def parse_sketch(text: str) -> Sketch | None:
    """Read an object or a list of objects; None where it is neither.

    Takes JSON, and what people write instead: names without values, `...`, unquoted names, bare
    words as values, comments and trailing commas.
    """
    text = text.strip()
    if not text.startswith(("{", "[")) or len(text) > _LONGEST:
        return None
    said: dict[str, str] = {}
    value = _value(text, said)
    if isinstance(value, list):
        first = next((item for item in value if isinstance(item, dict)), None)
        return Sketch(first, is_list=True, said=said) if first is not None else None
    return Sketch(value, said=said) if isinstance(value, dict) and value else None


def _value(text: str, said: dict[str, str]) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    tokens = _scan(text)
    if tokens is None:
        return None
    try:
        value, end = _read(tokens, 0, 0, said)
    except (IndexError, ValueError):
        return None
    return value if end == len(tokens) else None


def _scan(text: str) -> list[tuple[str, str]] | None:
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            return None
        if match.lastgroup != "comment":
            tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


def _read(
    tokens: list[tuple[str, str]], at: int, depth: int, said: dict[str, str]
) -> tuple[Any, int]:
    if depth > _DEEPEST:
        raise ValueError(depth)
    kind, text = tokens[at]
    if text == "{":
        return _read_object(tokens, at + 1, depth + 1, said)
    if text == "[":
        return _read_list(tokens, at + 1, depth + 1, said)
    match kind:
        case "string" if tokens[at + 1 :][:1] != [("mark", "|")]:
            return text[1:-1], at + 1
        case "number" if tokens[at + 1][1] in {",", "}", "]"}:
            return json.loads(text), at + 1
        case "dots":
            return UNKNOWN, at + 1
        case "word" | "number" | "string":
            return _read_words(tokens, at)
        case _:
            raise ValueError(text)


def _read_words(tokens: list[tuple[str, str]], at: int) -> tuple[Any, int]:
    literals = {"true": True, "false": False, "null": None}
    words = []
    while tokens[at][0] in {"word", "number", "string"} or tokens[at][1] in _BETWEEN_WORDS:
        words.append(tokens[at][1])
        at += 1
    if len(words) == 1 and words[0] in literals:
        return literals[words[0]], at
    return UNKNOWN, at


def _spaced(notes: Sequence[str]) -> str:
    """What stood in place of a value, as it was written: `1..5`, `>= 0`; `date?` may be left out."""
    text = re.sub(r" ?\. ?\. ?", "..", " ".join(notes))
    return text.replace(" -", "-").replace("> =", ">=").replace(" ?", ", optional")


_BETWEEN_WORDS = frozenset("| ? . - < > = >= <=".split())


def _read_object(
    tokens: list[tuple[str, str]], at: int, depth: int, said: dict[str, str]
) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    while tokens[at][1] != "}":
        kind, text = tokens[at]
        if text == "," or kind == "dots":
            at += 1
            continue
        if kind not in {"string", "word"}:
            raise ValueError(text)
        name = text[1:-1] if kind == "string" else text
        at += 1
        notes = ["optional"] if tokens[at][1] == "?" else []
        at += len(notes)
        if tokens[at][1] == ":":
            start = at + 1
            members[name], at = _read(tokens, start, depth, said)
            if members[name] is UNKNOWN:
                notes.extend(each for _, each in tokens[start:at])
        else:
            members[name] = UNKNOWN
        if notes and depth <= _TOP:
            said[name] = _spaced(notes)
        if tokens[at][1] not in {",", "}"} and tokens[at][0] not in {"string", "dots", "word"}:
            raise ValueError(tokens[at][1])
    return members, at + 1


def _read_list(
    tokens: list[tuple[str, str]], at: int, depth: int, said: dict[str, str]
) -> tuple[list[Any], int]:
    items: list[Any] = []
    while tokens[at][1] != "]":
        if tokens[at][1] == "," or tokens[at][0] == "dots":
            at += 1
            continue
        item, at = _read(tokens, at, depth, said)
        items.append(item)
    return items, at + 1
