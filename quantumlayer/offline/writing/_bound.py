"""Expressions whose names were looked up and whose kinds are known: what is compiled and run.

`quantumlayer.agents.expressions` says what was written; these nodes say what it means for one
design: which column of which table a name stands for, and whether it can be None.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import TypeVar

from quantumlayer.offline.writing._blueprint import Column
from quantumlayer.offline.writing._kinds import Kind

__all__ = [
    "Argument",
    "Arithmetic",
    "Attribute",
    "Bound",
    "Choice",
    "Comparison",
    "Convert",
    "Function",
    "Junction",
    "Negation",
    "Scalar",
    "Scope",
    "Total",
    "Value",
    "attributes",
    "below",
    "conjuncts",
    "each",
    "mapped",
    "rebase",
]

Scalar = (
    str | int | float | bool | Decimal | dt.date | dt.time | dt.datetime | tuple[object, ...] | None
)
N = TypeVar("N", bound="Bound")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a path starts from: `this`, `old`, `user`, or the items of an aggregate (`row3`)."""

    name: str
    entity: str


@dataclass(frozen=True, slots=True)
class Value:
    """A constant; a tuple of them behind `in`."""

    value: Scalar
    kind: Kind

    @property
    def nullable(self) -> bool:
        """Whether it is None."""
        return self.value is None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of an item, or of one that is reached from it over references."""

    scope: Scope
    hops: tuple[Column, ...]
    column: Column
    kind: Kind
    nullable: bool


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter of the endpoint."""

    name: str
    kind: Kind
    nullable: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+`, `-`, `*`, `/` or `%`; a division by zero gives None."""

    operator: str
    left: Bound
    right: Bound
    kind: Kind
    nullable: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """`==`, `!=`, `<`, `<=`, `>`, `>=`, `in` or `not in`; `is None` is `==` with None."""

    operator: str
    left: Bound
    right: Bound
    kind: Kind = Kind.BOOLEAN
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Junction:
    """`and` or `or`."""

    operator: str
    parts: tuple[Bound, ...]
    kind: Kind = Kind.BOOLEAN
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Negation:
    """`not`."""

    part: Bound
    kind: Kind = Kind.BOOLEAN
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """`then if condition else otherwise`."""

    condition: Bound
    then: Bound
    otherwise: Bound
    kind: Kind
    nullable: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A call of a function that is no aggregate."""

    name: str
    arguments: tuple[Bound, ...]
    kind: Kind
    nullable: bool


@dataclass(frozen=True, slots=True)
class Convert:
    """A value taken as another kind: a datetime as its date, a number as money."""

    part: Bound
    kind: Kind
    nullable: bool


@dataclass(frozen=True, slots=True)
class Total:
    """An aggregate over all items of an entity that meet the conditions."""

    function: str
    scope: Scope
    value: Bound | None
    where: tuple[Bound, ...]
    kind: Kind
    nullable: bool


Bound = (
    Value
    | Attribute
    | Argument
    | Arithmetic
    | Comparison
    | Junction
    | Negation
    | Choice
    | Function
    | Convert
    | Total
)
_NODES = (
    Value,
    Attribute,
    Argument,
    Arithmetic,
    Comparison,
    Junction,
    Negation,
    Choice,
    Function,
    Convert,
    Total,
)


_BELOW = {
    kind: tuple(
        part.name
        for part in fields(kind)
        if part.name in {"left", "right", "parts", "part", "condition", "then", "otherwise"}
        or part.name in {"arguments", "where"}
        or (part.name == "value" and kind is Total)
    )
    for kind in _NODES
}
"""Where each kind of node keeps others."""


def below(node: Bound) -> Iterator[Bound]:
    """Yield the nodes directly below one."""
    for name in _BELOW[type(node)]:
        value = getattr(node, name)
        if isinstance(value, tuple):
            yield from value
        elif value is not None:
            yield value


def each(node: Bound) -> Iterator[Bound]:
    """Yield a node and all below it, parents first."""
    yield node
    for child in below(node):
        yield from each(child)


def attributes(node: Bound) -> Iterator[Attribute]:
    """Yield all columns that an expression reads."""
    return (part for part in each(node) if isinstance(part, Attribute))


def mapped(node: Bound, change: Callable[[Bound], Bound | None]) -> Bound:
    """Replace every node for which `change` answers another one, from the top."""
    changed = change(node)
    if changed is not None:
        return changed
    made: dict[str, object] = {}
    for name in _BELOW[type(node)]:
        value = getattr(node, name)
        if isinstance(value, tuple):
            made[name] = tuple(mapped(item, change) for item in value)
        elif value is not None:
            made[name] = mapped(value, change)
    return replace(node, **made) if made else node  # type: ignore[arg-type]


def rebase(node: Bound, old: Scope, new: Scope, hops: tuple[Column, ...] = ()) -> Bound:
    """Let the paths that start from one scope start from another, after some references."""
    lost = any(hop.nullable for hop in hops)

    def change(part: Bound) -> Bound | None:
        if not isinstance(part, Attribute) or part.scope != old:
            return None
        return replace(part, scope=new, hops=(*hops, *part.hops), nullable=part.nullable or lost)

    return mapped(node, change)


def conjuncts(node: Bound | None) -> tuple[Bound, ...]:
    """Take a condition apart into those that all have to hold."""
    if node is None:
        return ()
    if isinstance(node, Junction) and node.operator == "and":
        return tuple(inner for part in node.parts for inner in conjuncts(part))
    return (node,)
