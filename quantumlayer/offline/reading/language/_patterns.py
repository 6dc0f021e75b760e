"""A small pattern language for sentences.

    "<items> CANNOT be <acted> [again|twice] IF <condition>"

A pattern is a row of elements:

    word            that word, in lower case
    CLASS           one of the wordings listed under that name in `CLASSES`
    (a b|c)         alternatives
    [a b]           may be there
    <slot>          what the function registered under that name reads; `<slot:name>` names it

Between elements a match steps over words that add nothing (`also`, `simply`). Slots may read in
several ways; the matcher tries them in the order given until the rest fits too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from quantumlayer.offline.reading.text._lexicon import NOISE, NUMBER_WORDS
from quantumlayer.offline.reading.text._tokens import Token

__all__ = ["CLASSES", "Captures", "Pattern", "Reader", "compile_pattern", "words_of"]

Captures = Mapping[str, Any]
SlotFunction = Callable[["Reader", int], Iterable[tuple[Any, int]]]

CLASSES: dict[str, str] = {
    "BE": "is|are|be|was|were|been|being|am|gets|get|becomes|become|stays|stay|remains",
    "HAVE": "has|have|having|had",
    "CAN": "can|may|could|(is|are|be) (able|allowed|permitted|free) to|should|might|will",
    "MUST": "must|shall|should|(has|have|had) to|(needs|need) to|(is|are) to|will|ought to",
    "NOT": "not|never|no longer",
    "CANNOT": (
        "(can|must|may|shall|should|could|will|would|might) (not|never|no longer|in no case)"
        "|can neither|may neither|must neither"
        "|(is|are|be) (not|never|no longer) (allowed|permitted|able) to|(do|does|did) (not|never)"
        "|(is|are) forbidden to|never|(has|have) (not|never) to"
    ),
    "IF": (
        "if|when|whenever|once|as soon as|in case|in (the|a) case that|provided that|provided|where"
        "|after|while|as long as|so long as|on condition that|given that|for as long as"
    ),
    "UNLESS": "unless|except (if|when|where|while)|until|before",
    "THEN": "→|then|,|:|-|;",
    "LP": "LPAREN",
    "RP": "RPAREN",
}


@dataclass(slots=True)
class Reader:
    """A row of tokens with the functions that read its slots; reads each slot once per place."""

    tokens: Sequence[Token]
    slots: Mapping[str, SlotFunction]
    context: Any = None
    _memory: dict[tuple[str, int], tuple[tuple[Any, int], ...]] = field(default_factory=dict)

    def low(self, at: int) -> str:
        """Return the token at a place in lower case, or nothing behind the end."""
        return self.tokens[at].low if 0 <= at < len(self.tokens) else ""

    def slot(self, name: str, at: int) -> tuple[tuple[Any, int], ...]:
        """Read a slot at a place in every way it can be read, best first."""
        key = (name, at)
        found = self._memory.get(key)
        if found is None:
            self._memory[key] = ()  # a slot that asks for itself at the same place finds nothing
            found = self._memory[key] = tuple(self.slots[name](self, at))
        return found

    def part(self, start: int, end: int) -> Reader:
        """Return a reader of some of the tokens."""
        return Reader(self.tokens[start:end], self.slots, self.context)


# --- elements ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Word:
    words: frozenset[str]

    def match(self, reader: Reader, at: int, seen: dict[str, Any]) -> Iterator[tuple[int, Any]]:
        if at < len(reader.tokens):
            token = reader.tokens[at]
            if token.low in self.words and token.kind not in {"quote", "name"}:
                yield at + 1, seen


@dataclass(frozen=True, slots=True)
class _Slot:
    kind: str
    name: str

    def match(self, reader: Reader, at: int, seen: dict[str, Any]) -> Iterator[tuple[int, Any]]:
        for value, end in reader.slot(self.kind, at):
            yield end, {**seen, self.name: value}


@dataclass(frozen=True, slots=True)
class _Group:
    ways: tuple[tuple[_Element, ...], ...]
    optional: bool

    def match(self, reader: Reader, at: int, seen: dict[str, Any]) -> Iterator[tuple[int, Any]]:
        for way in self.ways:
            yield from _row(way, 0, reader, at, seen)
        if self.optional:
            yield at, seen


_Element = _Word | _Slot | _Group


def _row(
    elements: tuple[_Element, ...], index: int, reader: Reader, at: int, seen: dict[str, Any]
) -> Iterator[tuple[int, dict[str, Any]]]:
    if index == len(elements):
        yield at, seen
        return
    element = elements[index]
    optional = isinstance(element, _Group) and element.optional
    for end, captures in element.match(reader, at, seen):
        yield from _row(elements, index + 1, reader, end, captures)
    if not optional and at < len(reader.tokens) and reader.tokens[at].low in NOISE:
        yield from _row(elements, index, reader, at + 1, seen)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    text: str
    elements: tuple[_Element, ...]
    needs: tuple[frozenset[str], ...]
    """Of each of these sets at least one word has to be in the sentence, see `words_of`."""
    starts: frozenset[str] | None = None
    """The words it can begin with; None for any."""

    def possible(self, words: frozenset[str] | set[str]) -> bool:
        """Tell quickly whether a sentence with these words could match at all."""
        return all(not needed.isdisjoint(words) for needed in self.needs)

    def begins(self, reader: Reader, at: int = 0) -> bool:
        """Tell quickly whether it could match from a place on."""
        if self.starts is None or at >= len(reader.tokens):
            return True
        low = reader.tokens[at].low
        return low in self.starts or low in NOISE

    def prefixes(self, reader: Reader, at: int = 0) -> Iterator[tuple[int, Captures]]:
        """Match from a place on; yield every end with what the slots read."""
        if not self.begins(reader, at):
            return
        yield from _row(self.elements, 0, reader, at, {})

    def wholes(self, reader: Reader) -> Iterator[Captures]:
        """Match all of the tokens, closing marks aside, in every way."""
        if not self.begins(reader):
            return
        for end, captures in _row(self.elements, 0, reader, 0, {}):
            if all(_closes(token) for token in reader.tokens[end:]):
                yield captures

    def whole(self, reader: Reader) -> Captures | None:
        """Match all of the tokens in the first way that fits."""
        return next(self.wholes(reader), None)


def _closes(token: Token) -> bool:
    return token.low in {".", "!", "?", ";", ",", ":"} or token.low in NOISE


# --- compiling -----------------------------------------------------------------------------------

_PART = re.compile(r"\s*(<[a-z_]+(?::[a-z_]+)?>|\(|\)|\[|\]|\||[^\s()\[\]|<>]+|[<>]=?)")


@lru_cache(maxsize=4096)
def compile_pattern(text: str) -> Pattern:
    """Compile a pattern.

    Raises:
        ValueError: It is malformed.
    """
    parts = _PART.findall(text)
    ways, end = _alternatives(parts, 0)
    if end != len(parts) or len(ways) != 1:
        msg = f"malformed pattern: {text!r}"
        raise ValueError(msg)
    return Pattern(text, ways[0], tuple(_needs(ways[0])), _starts(ways[0]))


def _alternatives(parts: list[str], at: int) -> tuple[tuple[tuple[_Element, ...], ...], int]:
    ways: list[tuple[_Element, ...]] = []
    way: list[_Element] = []
    while at < len(parts) and parts[at] not in {")", "]"}:
        if parts[at] == "|":
            ways.append(tuple(way))
            way = []
            at += 1
            continue
        element, at = _element(parts, at)
        way.append(element)
    return (*ways, tuple(way)), at


def _element(parts: list[str], at: int) -> tuple[_Element, int]:
    part = parts[at]
    if part in {"(", "["}:
        ways, end = _alternatives(parts, at + 1)
        if end >= len(parts):
            msg = f"unclosed {part!r} in a pattern"
            raise ValueError(msg)
        return _group(ways, optional=part == "["), end + 1
    if part.startswith("<") and part.endswith(">") and len(part) > 2:
        kind, _, name = part[1:-1].partition(":")
        return _Slot(kind, name or kind), at + 1
    if part == "LPAREN":
        return _Word(frozenset("(")), at + 1
    if part == "RPAREN":
        return _Word(frozenset(")")), at + 1
    if part.isupper() and part in CLASSES:
        return _class(part), at + 1
    return _Word(frozenset([part])), at + 1


@lru_cache(maxsize=64)
def _class(name: str) -> _Group:
    ways, _ = _alternatives(_PART.findall(CLASSES[name]), 0)
    return _group(ways, optional=False)


def _group(ways: tuple[tuple[_Element, ...], ...], *, optional: bool) -> _Group:
    """Join alternatives that are single words into one set."""
    words: set[str] = set()
    rest: list[tuple[_Element, ...]] = []
    for way in ways:
        if len(way) == 1 and isinstance(way[0], _Word):
            words |= way[0].words
        else:
            rest.append(way)
    joined = ((_Word(frozenset(words)),),) if words else ()
    return _Group((*rest, *joined), optional)


_NUMBER, _NAME = "<number>", "<name>"
_SLOT_NEEDS = {
    "route": frozenset({"route"}),
    "sketch": frozenset({"{}"}),
    "name": frozenset({_NAME}),
    "http": frozenset({_NUMBER}),
    "number": frozenset({_NUMBER}),
    "amount": frozenset({_NUMBER}),
}
"""What has to be in a sentence for some slots to read anything."""


def words_of(tokens: Iterable[Token]) -> frozenset[str]:
    """The words of a sentence, with marks for numbers and names, to hold patterns against."""
    words: set[str] = set()
    for token in tokens:
        words.add(token.low)
        if token.kind in {"number", "status"} or token.low in NUMBER_WORDS:
            words.add(_NUMBER)
        elif token.kind == "name":
            words.add(_NAME)
    return frozenset(words)


def _starts(elements: tuple[_Element, ...]) -> frozenset[str] | None:
    """The words that a row of elements can begin with; None where anything can."""
    found: frozenset[str] = frozenset()
    for element in elements:
        match element:
            case _Word(words=words):
                return found | words
            case _Slot(kind="route"):
                return found | {"route"}
            case _Slot():
                return None
            case _Group(ways=ways, optional=optional):
                firsts = [_starts(way) for way in ways]
                if any(first is None for first in firsts):
                    return None
                found = found.union(*(first for first in firsts if first is not None))
                if not optional:
                    return found
    return None


def _needs(elements: tuple[_Element, ...]) -> Iterator[frozenset[str]]:
    for element in elements:
        if isinstance(element, _Word):
            yield element.words
        elif isinstance(element, _Slot) and element.kind in _SLOT_NEEDS:
            yield _SLOT_NEEDS[element.kind]
        elif isinstance(element, _Group) and not element.optional:
            firsts = [_first_need(way) for way in element.ways]
            if all(firsts):
                yield frozenset().union(*(need for need in firsts if need))


def _first_need(way: tuple[_Element, ...]) -> frozenset[str] | None:
    return next(_needs(way), None)
