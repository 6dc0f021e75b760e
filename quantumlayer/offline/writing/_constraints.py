"""The bounds of fields and parameters, as pydantic holds them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, TypeAdapter
from pydantic_core import SchemaError

from quantumlayer.agents import FieldSpec, Param
from quantumlayer.offline.writing._kinds import NUMERIC, Kind, kind_of
from quantumlayer.offline.writing._models import ANNOTATIONS
from quantumlayer.offline.writing._text import literal

__all__ = ["constraints", "input_type", "rust_reads"]

_TYPES = {"email": "Email", "url": "Url", "datetime": "Timestamp", "time": "TimeOfDay"}
"""Types of input that check more than their Python type does."""
_BOUNDS = {
    "minimum": "ge",
    "exclusive_minimum": "gt",
    "maximum": "le",
    "exclusive_maximum": "lt",
    "min_length": "min_length",
    "max_length": "max_length",
    "pattern": "pattern",
}


def constraints(spec: FieldSpec | Param) -> dict[str, str]:
    """Return the arguments of pydantic's `Field` that hold a field's values to its bounds."""
    kind, found = kind_of(spec), {}
    for ours, theirs in _BOUNDS.items():
        bound = getattr(spec, ours, None)
        if bound is None:
            continue
        if kind in NUMERIC and theirs in {"ge", "gt", "le", "lt"}:
            whole = float(bound).is_integer()
            exact = f'Decimal("{bound}")' if kind is Kind.MONEY else repr(float(bound))
            found[theirs] = repr(int(bound)) if whole else exact
        elif theirs == "pattern" and kind is Kind.TEXT:
            found[theirs] = literal(_anchored(bound))
        elif theirs.endswith("_length") and kind in {Kind.TEXT, Kind.STRINGS, Kind.CHILDREN}:
            found[theirs] = repr(int(bound))
    if kind is Kind.MONEY:
        found |= {"max_digits": "14", "decimal_places": "2"}
    return found


def _anchored(pattern: str) -> str:
    """Let a regular expression match the whole value."""
    if re.fullmatch(r"\^[^|$^]*\$", pattern):
        return pattern
    return f"^(?:{pattern})$" if "|" in pattern else f"^{pattern.strip('^$')}$"


def input_type(spec: FieldSpec | Param, plain: str | None = None) -> str:
    """Write the type of an input, with its bounds."""
    base = plain or _TYPES.get(spec.type) or ANNOTATIONS[kind_of(spec)]
    bounds = constraints(spec)
    if not bounds:
        return base
    return f"Annotated[{base}, Field({', '.join(f'{k}={v}' for k, v in bounds.items())})]"


def rust_reads(pattern: str) -> bool:
    """Tell whether pydantic's own engine takes a regular expression."""
    try:
        TypeAdapter(Annotated[str, Field(pattern=f"^(?:{pattern})$")])
    except SchemaError:
        return False
    return True
