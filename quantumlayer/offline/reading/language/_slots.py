"""What the simplest slots of a pattern read: numbers, units, spans of time, literals, choices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from quantumlayer.offline.reading.language._patterns import Reader, SlotFunction
from quantumlayer.offline.reading.text._lexicon import DETERMINERS, NUMBER_WORDS, PREPOSITIONS
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import forms, singular

__all__ = ["BASIC_SLOTS", "TIME_UNITS", "Amount", "Span", "literal_of", "read_number"]


class Amount(NamedTuple):
    """A number with the unit it was written with, in the singular."""

    value: float | int
    unit: str = ""


class Span(NamedTuple):
    """A length of time in the units of the expression language."""

    value: float | int
    unit: str  # minutes, hours, days, weeks, months, years


TIME_UNITS = {
    "second": "seconds",
    "sec": "seconds",
    "minute": "minutes",
    "min": "minutes",
    "mins": "minutes",
    "hour": "hours",
    "hr": "hours",
    "h": "hours",
    "day": "days",
    "night": "days",
    "week": "weeks",
    "month": "months",
    "year": "years",
}
_CURRENCIES = frozenset(
    {"euro", "eur", "dollar", "usd", "pound", "gbp", "cent", "chf", "nok", "sek"}
)
_CURRENCY_MARKS = frozenset({"€", "$", "£"})
_PERCENT = frozenset({"%", "percent", "per-cent"})
_UNIT_WORDS = (
    frozenset(TIME_UNITS)
    | _CURRENCIES
    | frozenset(
        (
            "character char letter digit symbol sign word item entry element string value person "
            "people star point piece unit line option tag guest seat place spot copy kilogram kg gram "
            "g km metre meter cm mm m litre liter credit vote participant"
        ).split()
    )
)


def read_number(reader: Reader, at: int) -> tuple[float | int, int] | None:
    """Read a number in digits or words."""
    if at >= len(reader.tokens):
        return None
    token = reader.tokens[at]
    if token.kind == "mark" and token.low in {"-", "+", "−"}:
        following = read_number(reader, at + 1)
        if following and reader.tokens[at + 1].start == token.end:
            sign = 1 if token.low == "+" else -1
            return sign * following[0], following[1]
        return None
    if token.kind in {"number", "status"}:
        value: float | int = token.value
        if reader.low(at + 1) in {"k", "thousand", "million"}:
            return value * {"k": 1000, "thousand": 1000}.get(reader.low(at + 1), 1_000_000), at + 2
        return value, at + 1
    if token.low in NUMBER_WORDS and token.kind == "word":
        return NUMBER_WORDS[token.low], at + 1
    if token.low in {"a", "an"} and reader.low(at + 1) in {"hundred", "thousand", "dozen"}:
        return NUMBER_WORDS[reader.low(at + 1)], at + 2
    return None


def _number(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    start = at + 1 if reader.low(at) in _CURRENCY_MARKS else at
    read = read_number(reader, start)
    if read is None:
        return
    value, end = read
    if singular(reader.low(end)) in _CURRENCIES - {"cent"} or reader.low(end) in _CURRENCY_MARKS:
        yield value, end + 1
    yield value, end


def _amount(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    start = at + 1 if reader.low(at) in _CURRENCY_MARKS else at
    read = read_number(reader, start)
    if read is None:
        return
    value, end = read
    unit = singular(reader.low(end))
    if reader.low(end) in _PERCENT or unit in _CURRENCY_MARKS:
        yield Amount(value, "percent" if reader.low(end) in _PERCENT else "euro"), end + 1
        return
    if unit in _UNIT_WORDS and reader.tokens[end].kind == "word":
        long = reader.low(end + 1) in {"long", "old", "each", "ahead", "max", "minimum", "maximum"}
        if long and reader.low(end + 1) in {"long", "each"}:
            yield Amount(value, unit), end + 2
        yield Amount(value, unit), end + 1
        return
    yield Amount(value), end


def _span(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    read = read_number(reader, at)
    if read is None and reader.low(at) in {"a", "an", "one"}:
        read = (1, at + 1)
    if read is None:
        return
    value, end = read
    if reader.low(end) in {"full", "whole", "calendar", "working"}:
        end += 1
    unit = TIME_UNITS.get(singular(reader.low(end))) or TIME_UNITS.get(reader.low(end))
    if unit is None:
        return
    if unit == "seconds":
        yield Span(value / 60, "minutes"), end + 1
    else:
        yield Span(value, unit), end + 1


# --- literals ------------------------------------------------------------------------------------

_TRUTHS = {"true": True, "yes": True, "false": False, "no": False, "on": True, "off": False}
_NOTHING = frozenset({"null", "none", "nothing", "empty", "nil"})


def literal_of(token: Token) -> Any:
    """Return the JSON value that a token stands for."""
    if token.kind in {"number", "status"}:
        return token.value
    if token.low in _TRUTHS and token.kind in {"word", "name"}:
        return _TRUTHS[token.low]
    if token.low in _NOTHING:
        return None
    if token.low in NUMBER_WORDS and token.kind == "word":
        return NUMBER_WORDS[token.low]
    return token.value if token.value is not None else token.text


def _literal(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    if at >= len(reader.tokens):
        return
    if reader.low(at) in {"a", "an", "the"}:
        at += 1
        if at >= len(reader.tokens):
            return
    if reader.low(at) in _CURRENCY_MARKS:
        at += 1
    if reader.low(at) in {"an", "the"} and reader.low(at + 1) == "empty":
        at += 1
    if at >= len(reader.tokens):
        return
    token = reader.tokens[at]
    if reader.low(at) == "empty" and reader.low(at + 1) in {"list", "array"}:
        yield [], at + 2
        return
    if token.kind in {"quote", "name", "number", "date", "status", "code"}:
        yield literal_of(token), at + 1
        unit = reader.tokens[at + 1] if at + 1 < len(reader.tokens) else None
        if token.kind == "number" and unit is not None and unit.kind == "word":
            if singular(unit.low) in _UNIT_WORDS:
                yield literal_of(token), at + 2
    elif token.kind == "word" and (
        token.low in {"no", "none"} or token.low not in DETERMINERS | PREPOSITIONS
    ):
        words = [token]
        if token.low not in _TRUTHS and token.low not in _NOTHING and token.low not in NUMBER_WORDS:
            following = reader.tokens[at + 1 : at + 2]
            if following and following[0].kind == "word" and token.low in {"in", "not", "to"}:
                yield f"{token.low} {following[0].low}", at + 2
        yield literal_of(words[0]), at + 1
    elif token.low == "[" and reader.low(at + 1) == "]":
        yield [], at + 2


# --- choices -------------------------------------------------------------------------------------

_NO_CHOICE = frozenset(
    "default defaults defaulting optional required unique which that with is are at by must"
    " can may has have not where if unless only each per but it they otherwise we you from of"
    " e.g i.e such like normally usually preset so when while than between least most without"
    " be will should i more less fewer above below greater".split()
)
_JOINERS = frozenset({",", "/", "|", "or", "and", "→"})
_LONGEST_CHOICE = 4


def _choices(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    """Read `a, b or c`; every way ends behind an element."""
    found: list[tuple[list[Any], int]] = []
    values: list[Any] = []
    position = at
    if reader.low(position) == "either":
        position += 1
    while True:
        element = _element(reader, position)
        if element is None:
            break
        value, position = element
        values.append(value)
        if len(values) > 1:
            found.append((list(values), position))
        joiner = position
        while reader.low(joiner) in _JOINERS:
            joiner += 1
        if joiner == position:
            break
        position = joiner
    kinds = [value for value, _ in reversed(found)]
    for value, (_, end) in zip(kinds, reversed(found), strict=True):
        yield value, end


def _element(reader: Reader, at: int) -> tuple[Any, int] | None:
    if reader.low(at) in {"the", "a", "an"} and reader.low(at + 1) not in _JOINERS | {""}:
        at += 1
    if at >= len(reader.tokens) or (reader.low(at), reader.low(at + 1)) == ("in", "this"):
        return None  # in this order
    token = reader.tokens[at]
    if token.kind in {"quote", "name", "code"}:
        return token.value, _comment(reader, at + 1)
    if token.kind == "number":
        end = at + 1
        unit = singular(reader.low(end))
        last = reader.low(end + 1) not in _JOINERS - {","}
        if unit in _UNIT_WORDS and reader.tokens[end].kind == "word" and last:
            end += 1
        return token.value, _comment(reader, end)
    words: list[str] = []
    end = at
    while end < len(reader.tokens) and len(words) < _LONGEST_CHOICE:
        word = reader.tokens[end]
        if word.kind not in {"word", "number"} or word.low in _JOINERS or word.low in _NO_CHOICE:
            break
        if word.low in {"a", "an"}:
            return None  # the feed an http: another clause
        words.append(word.text)
        end += 1
    if not words or (len(words) > 1 and _is_clause(words)):
        return None
    return " ".join(words), _comment(reader, end)


def _is_clause(words: list[str]) -> bool:
    if {"whenever", "when", "if", "while", "because", "unless"} & {word.lower() for word in words}:
        return True
    if words[0].lower() in {"goes", "runs", "passes", "moves", "comes", "has", "gets"}:
        return True
    acts = "third" in forms(words[0].lower()) and words[1].lower() in PREPOSITIONS
    return acts or (len(words) > 2 and "third" in forms(words[-1].lower()))


def _comment(reader: Reader, at: int) -> int:
    """Step over an explanation in brackets."""
    if reader.low(at) != "(":
        return at
    for end in range(at + 1, min(at + 12, len(reader.tokens))):
        if reader.low(end) == ")":
            inner = reader.tokens[at + 1 : end]
            plain = all(token.kind in {"word", "quote"} for token in inner)
            if {"if", "default", "unless", "otherwise", "not"} & {each.low for each in inner}:
                return at
            return end + 1 if plain and inner and inner[0].low not in _NO_CHOICE else at
    return at


# --- spans of tokens -----------------------------------------------------------------------------


def _rest(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    """Everything up to the end, at least one token."""
    if at < len(reader.tokens):
        yield tuple(reader.tokens[at:]), len(reader.tokens)


def _phrase(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    """A few tokens up to the next comma, bracket or end, longest first."""
    end = at
    while end < len(reader.tokens) and reader.low(end) not in {",", ";", ")", "(", ":", "."}:
        end += 1
    for stop in range(end, at, -1):
        yield tuple(reader.tokens[at:stop]), stop


def _clause(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    """Everything up to the next comma, semicolon or bracket."""
    end = at
    while end < len(reader.tokens) and reader.low(end) not in {",", ";", "(", ")", "."}:
        end += 1
    if end > at:
        yield tuple(reader.tokens[at:end]), end


def _noun(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    """One to three words that may name something, longest first."""
    end = at
    while end < len(reader.tokens) and end < at + 3:
        token = reader.tokens[end]
        if (
            token.kind not in {"word", "name"}
            or token.low in DETERMINERS | PREPOSITIONS | _NO_CHOICE
        ):
            break
        if token.low in _JOINERS:
            break
        end += 1
    for stop in range(end, at, -1):
        yield tuple(reader.tokens[at:stop]), stop


def _word(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    if at < len(reader.tokens) and reader.tokens[at].kind in {"word", "name"}:
        yield reader.tokens[at], at + 1


def _name(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    if at < len(reader.tokens) and reader.tokens[at].kind == "name":
        yield reader.tokens[at].value, at + 1


def _route(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    if at < len(reader.tokens) and reader.tokens[at].kind == "route":
        yield reader.tokens[at].value, at + 1


def _sketch(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    if at < len(reader.tokens) and reader.tokens[at].kind == "sketch":
        yield reader.tokens[at].value, at + 1


def _clock(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    if at < len(reader.tokens) and reader.tokens[at].kind == "time":
        yield reader.tokens[at].value, at + 1
    elif reader.low(at) in {"noon", "midnight"}:
        yield {"noon": "12:00", "midnight": "00:00"}[reader.low(at)], at + 1


BASIC_SLOTS: dict[str, SlotFunction] = {
    "amount": _amount,
    "choices": _choices,
    "clause": _clause,
    "clock": _clock,
    "literal": _literal,
    "name": _name,
    "noun": _noun,
    "number": _number,
    "phrase": _phrase,
    "rest": _rest,
    "route": _route,
    "sketch": _sketch,
    "span": _span,
    "word": _word,
}
