"""What kind of value a field, a parameter or an expression has."""

from __future__ import annotations

from enum import Enum

from quantumlayer.agents import FieldSpec, Param

__all__ = ["COMPARABLE", "NUMERIC", "TIMELY", "Kind", "kind_of"]


class Kind(Enum):
    """Kinds of values; `DURATION` is a length of time, `MONTHS` one in calendar months."""

    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    DURATION = "duration"
    MONTHS = "months"
    STRINGS = "strings"
    CHILDREN = "children"
    NONE = "none"


NUMERIC = (Kind.INTEGER, Kind.NUMBER, Kind.MONEY)
"""From narrow to wide: an operation on two of them gives the wider."""
TIMELY = (Kind.DATE, Kind.TIME, Kind.DATETIME)
COMPARABLE = frozenset({*NUMERIC, *TIMELY, Kind.TEXT, Kind.DURATION})
"""Kinds that have an order."""

_KINDS = {
    "string": Kind.TEXT,
    "text": Kind.TEXT,
    "email": Kind.TEXT,
    "url": Kind.TEXT,
    "enum": Kind.TEXT,
    "integer": Kind.INTEGER,
    "reference": Kind.INTEGER,
    "number": Kind.NUMBER,
    "money": Kind.MONEY,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "datetime": Kind.DATETIME,
    "strings": Kind.STRINGS,
    "children": Kind.CHILDREN,
}


def kind_of(spec: FieldSpec | Param) -> Kind:
    """Tell the kind of a field's or a parameter's values."""
    return _KINDS[spec.type]
