"""Makes values for fields: valid ones, those just at a bound, and those just beyond."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from re import _constants, _parser  # type: ignore[attr-defined]  # the only parser of patterns there is
from typing import Any

from quantumlayer.agents import FieldSpec, Param
from quantumlayer.offline.writing._kinds import NUMERIC, Kind, kind_of
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._text import literal
from quantumlayer.offline.writing._world import NOW

__all__ = ["Sample", "fits", "letters", "refused", "sample", "step", "valid"]

LONGEST = 10_000
"""Texts beyond this length are not worth a test."""


_NUMBER = re.compile(r"\{n(?::(?:0(?P<digits>\d+)d|(?P<letters>\d+)(?P<case>[Aa])))?\}")
"""Where an item's number goes: `{n}`, `{n:03d}` with leading zeros, `{n:3A}` in letters."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A JSON value; with a place for a number in a text, where items have to differ."""

    value: Any
    numbered: bool = False

    def at(self, number: int) -> Any:
        """Return the value for the item with this number."""
        if not self.numbered:
            return self.value
        return _NUMBER.sub(lambda found: _written(found, number), self.value)

    def code(self) -> str:
        """Write the value as Python, with the item's number in a variable `number`."""
        if not self.numbered:
            return literal(self.value)
        parts, end = [], 0
        for found in _NUMBER.finditer(self.value):
            parts += [_braced(self.value[end : found.start()]), _hole(found)]
            end = found.end()
        return f'f"{"".join(parts)}{_braced(self.value[end:])}"'


def letters(number: int, width: int) -> str:
    """Write a number with the letters A to Z as its digits."""
    return "".join(chr(ord("A") + number // 26**i % 26) for i in reversed(range(width)))


def _written(found: re.Match[str], number: int) -> str:
    if found["letters"]:
        text = letters(number, int(found["letters"]))
        return text if found["case"] == "A" else text.lower()
    return f"{number:0{found['digits'] or 1}d}"


def _hole(found: re.Match[str]) -> str:
    if found["letters"]:
        case = "" if found["case"] == "A" else ".lower()"
        return f"{{letters(number, {found['letters']}){case}}}"
    return f"{{number:0{found['digits']}d}}" if found["digits"] else "{number}"


def _braced(text: str) -> str:
    return literal(text)[1:-1].replace("{", "{{").replace("}", "}}")


def sample(spec: FieldSpec | Param, position: int = 0) -> Sample | None:
    """Return a valid value for a field; None where none can be found.

    Args:
        spec: The field.
        position: Where it stands among the fields; later dates and times are later.
    """
    value = _sample(spec, position)
    if value is None or not fits(spec, value.at(1)):
        return None
    return value


def _sample(spec: FieldSpec | Param, position: int) -> Sample | None:  # noqa: C901, PLR0911 -- one case for each type
    match spec.type:
        case "integer" | "number" | "money":
            return Sample(_number(spec))
        case "boolean":
            return Sample(bool(spec.default))
        case "enum":
            return Sample(spec.choices[0])
        case "date":
            return Sample((NOW.date() + dt.timedelta(days=1 + position)).isoformat())
        case "datetime":
            moment = NOW + dt.timedelta(days=1, hours=position - 3)
            return Sample(moment.isoformat().replace("+00:00", "Z"))
        case "time":
            return Sample(dt.time(8 + position % 12).isoformat())
        case "email":
            return Sample(f"{snake(spec.name).replace('_', '.')}{{n}}@example.com", numbered=True)
        case "url":
            return Sample("https://example.com/{n}", numbered=True)
        case "strings":
            return Sample(
                [f"{snake(spec.name)} {i}" for i in range(1, 1 + max(spec.min_length or 1, 1))]
            )
        case "children" | "reference":
            return None
        case _:
            return _text(spec)


def _number(spec: FieldSpec | Param) -> int | float:
    """Return a number within the bounds: a small whole one if possible."""
    for number in (5, 10, 1, 2, 0, 20, 50, 100, -1):
        if fits(spec, number):
            return number
    low = spec.minimum if spec.minimum is not None else spec.exclusive_minimum
    if low is None:
        high = spec.maximum if spec.maximum is not None else 0.0
        return int(high) if float(high).is_integer() else high
    if spec.minimum is None:
        low = low + float(step(kind_of(spec)))
    return int(low) if float(low).is_integer() else low


def _text(spec: FieldSpec | Param) -> Sample | None:
    if spec.pattern is not None:
        return _matching(spec)
    words = snake(spec.name).replace("_", " ")
    least, most = spec.min_length or 0, spec.max_length or LONGEST
    if least > LONGEST:
        return None
    text = f"{words} {{n}}"
    if most < len(words) + 4:
        text = "{n}" if most < 4 else f"{words[: most - 4]} {{n}}".strip()  # noqa: PLR2004 -- a blank and three digits
    if len(text) - 2 < least:
        text = text.ljust(least + 2, "x")
        return Sample(text[:-3] + "{n}" if most < len(text) else text, numbered=True)
    return Sample(text, numbered=True)


# --- patterns ------------------------------------------------------------------------------------


def _matching(spec: FieldSpec | Param) -> Sample | None:
    """Return a text that matches the field's pattern, with room for a number if there is any."""
    try:
        tree = _parser.parse(spec.pattern or "")
        text = "".join(_drawn(tree))
    except (re.error, ValueError, IndexError):
        return None
    for numbered in _with_number(text):
        proposed = Sample(numbered, numbered=True)
        if all(fits(spec, proposed.at(n)) for n in (1, 9, 10, 42)):
            return proposed
    return Sample(text) if fits(spec, text) else None


def _with_number(text: str) -> Iterator[str]:
    """Propose places for a number in a text: for digits, for letters, or at the end."""
    for run in re.finditer(r"\d{2,}", text):
        for width in range(min(len(run[0]), 4), 1, -1):
            yield f"{text[: run.end() - width]}{{n:0{width}d}}{text[run.end() :]}"
    for run in re.finditer(r"\d+", text):
        yield f"{text[: run.start()]}{{n}}{text[run.end() :]}"
    yield f"{text}{{n}}"
    for run in re.finditer(r"[A-Z]{2,}|[a-z]{2,}", text):
        case = "A" if run[0].isupper() else "a"
        width = min(len(run[0]), 3)
        yield f"{text[: run.end() - width]}{{n:{width}{case}}}{text[run.end() :]}"


def _drawn(tree: Any) -> Iterator[str]:  # noqa: C901 -- one case for each kind
    """Draw the simplest text that a parsed pattern matches."""
    for code, argument in tree:
        match code:
            case _constants.LITERAL:
                yield chr(argument)
            case _constants.NOT_LITERAL:
                yield "a" if argument != ord("a") else "b"
            case _constants.ANY:
                yield "a"
            case _constants.IN:
                yield _one_of(argument)
            case _constants.MAX_REPEAT | _constants.MIN_REPEAT | _constants.POSSESSIVE_REPEAT:
                least, most, inner = argument
                times = max(least, 1 if most else 0)
                for _ in range(times):
                    yield from _drawn(inner)
            case _constants.SUBPATTERN:
                yield from _drawn(argument[-1])
            case _constants.BRANCH:
                yield from _drawn(argument[1][0])
            case _constants.AT | _constants.ASSERT | _constants.ASSERT_NOT:
                continue
            case _:
                raise ValueError(f"no text for {code}")


def _one_of(members: Any) -> str:
    negated = bool(members) and members[0][0] is _constants.NEGATE
    allowed = [
        character for character in _ALPHABET if _is_member(members, character) is not negated
    ]
    if not allowed:
        return chr(members[0][1] if isinstance(members[0][1], int) else members[0][1][0])
    return allowed[0]


_ALPHABET = "a0A1bB23-_ .,:/+@#"


def _is_member(members: Any, character: str) -> bool:
    for code, argument in members:
        if code is _constants.LITERAL and ord(character) == argument:
            return True
        if code is _constants.RANGE and argument[0] <= ord(character) <= argument[1]:
            return True
        if code is _constants.CATEGORY and _in_category(argument, character):
            return True
    return False


def _in_category(category: Any, character: str) -> bool:
    tests = {
        _constants.CATEGORY_DIGIT: character.isdigit(),
        _constants.CATEGORY_NOT_DIGIT: not character.isdigit(),
        _constants.CATEGORY_WORD: character.isalnum() or character == "_",
        _constants.CATEGORY_NOT_WORD: not (character.isalnum() or character == "_"),
        _constants.CATEGORY_SPACE: character.isspace(),
        _constants.CATEGORY_NOT_SPACE: not character.isspace(),
    }
    return tests.get(category, False)


# --- bounds --------------------------------------------------------------------------------------


def step(kind: Kind) -> Any:
    """Return the smallest difference that tests make between two values of a kind."""
    return {
        Kind.INTEGER: 1,
        Kind.NUMBER: 0.5,
        Kind.MONEY: Decimal("0.01"),
        Kind.DATE: dt.timedelta(days=1),
        Kind.DATETIME: dt.timedelta(minutes=1),
    }.get(kind)


def fits(spec: FieldSpec | Param, value: Any) -> bool:
    """Tell whether a JSON value of the right type keeps the field's own bounds."""
    if value is None:
        return False
    size = len(value) if isinstance(value, str | list) else None
    if size is not None and not (spec.min_length or 0) <= size <= (spec.max_length or LONGEST**2):
        return False
    if spec.choices and value not in spec.choices:
        return False
    if spec.pattern is not None and isinstance(value, str):
        return re.fullmatch(spec.pattern, value) is not None
    return kind_of(spec) not in NUMERIC or _within(spec, value)


def _within(spec: FieldSpec | Param, value: Any) -> bool:
    number, above = Decimal(str(value)), getattr(spec, "exclusive_maximum", None)
    if kind_of(spec) is Kind.MONEY and number != round(number, 2):
        return False
    return not (
        (spec.minimum is not None and number < Decimal(str(spec.minimum)))
        or (spec.maximum is not None and number > Decimal(str(spec.maximum)))
        or (spec.exclusive_minimum is not None and number <= Decimal(str(spec.exclusive_minimum)))
        or (above is not None and number >= Decimal(str(above)))
    )


def valid(spec: FieldSpec | Param) -> list[tuple[str, Any]]:
    """Return values that just keep the field's bounds, each with a few words about it."""
    kind = kind_of(spec)
    found: list[tuple[str, Any]] = []
    if kind in NUMERIC:
        smallest = step(kind)
        for bound, word in ((spec.minimum, "at least"), (spec.maximum, "at most")):
            if bound is not None:
                found.append((f"{word} {_shown(bound)}", _json(bound, kind)))
        if spec.exclusive_minimum is not None:
            value = Decimal(str(spec.exclusive_minimum)) + Decimal(str(smallest))
            found.append((f"more than {_shown(spec.exclusive_minimum)}", _json(value, kind)))
    elif kind is Kind.TEXT and spec.pattern is None and spec.type in {"string", "text"}:
        sizes = (spec.min_length, spec.max_length)
        found += [(f"{n} characters", "x" * n) for n in sizes if n and n <= LONGEST]
    elif spec.choices and spec.type == "enum":
        found += [(choice, choice) for choice in spec.choices]
    return [(word, value) for word, value in found if fits(spec, value)]


def refused(spec: FieldSpec | Param) -> list[tuple[str, Any]]:  # noqa: C901 -- one case for each kind
    """Return values that just break the field's bounds, each with a few words about it."""
    kind, found = kind_of(spec), list(_wrong_type(spec))
    if kind in NUMERIC:
        smallest = Decimal(str(step(kind)))
        if spec.minimum is not None:
            found.append(
                (
                    f"below {_shown(spec.minimum)}",
                    _json(Decimal(str(spec.minimum)) - smallest, kind),
                )
            )
        if spec.maximum is not None:
            found.append(
                (
                    f"above {_shown(spec.maximum)}",
                    _json(Decimal(str(spec.maximum)) + smallest, kind),
                )
            )
        outside = (spec.exclusive_minimum, getattr(spec, "exclusive_maximum", None))
        found += [(_shown(bound), _json(bound, kind)) for bound in outside if bound is not None]
    if kind is Kind.TEXT and spec.type in {"string", "text"}:
        if spec.min_length == 1:
            found.append(("empty", ""))
        elif spec.min_length and spec.min_length <= LONGEST:
            found.append((f"{spec.min_length - 1} characters", "x" * (spec.min_length - 1)))
        if spec.max_length and spec.max_length <= LONGEST:
            found.append((f"{spec.max_length + 1} characters", "x" * (spec.max_length + 1)))
        if spec.pattern is not None:
            found += [
                ("another form", text) for text in ("?", "", "not this!") if not fits(spec, text)
            ][:1]
    if kind is Kind.STRINGS and spec.min_length:
        found.append((f"{spec.min_length - 1} items", ["x"] * (spec.min_length - 1)))
    if kind is Kind.STRINGS and spec.max_length and spec.max_length < LONGEST:
        found.append(
            (f"{spec.max_length + 1} items", [f"x{i}" for i in range(spec.max_length + 1)])
        )
    return found


def _wrong_type(spec: FieldSpec | Param) -> Iterator[tuple[str, Any]]:
    match spec.type:
        case "integer" | "number" | "money" | "reference" | "boolean":
            yield "no number" if spec.type != "boolean" else "neither true nor false", "many"
        case "date" | "time" | "datetime":
            yield f"no {spec.type}", "someday"
        case "enum":
            yield "none of the choices", "something else"
        case "email":
            yield "no email address", "not-an-email"
        case "url":
            yield "no URL", "not a url"
            yield "another scheme", "javascript:alert(1)"
        case "strings" | "children":
            yield "no list", 7
        case _:
            yield "no text", 7


def _shown(bound: float) -> str:
    return f"{bound:g}"


def _json(value: object, kind: Kind) -> int | float:
    number = float(str(value))
    return int(number) if kind is Kind.INTEGER or number.is_integer() else number
