"""What phrases mean, before it is known which fields and references carry it.

A term speaks of things as the document does (`the room`, `open tickets`, `its capacity`). Only when all
entities are known it is put into the expression language, see `_render`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from quantumlayer.offline.reading.language._slots import Span

__all__ = [
    "AS_BEFORE",
    "AllOf",
    "AnyOf",
    "Arithmetic",
    "Being",
    "Between",
    "Call",
    "Choose",
    "Compare",
    "Condition",
    "Count",
    "Doing",
    "Elapsed",
    "FieldOf",
    "Fold",
    "Having",
    "Items",
    "Literal",
    "Moment",
    "Opposite",
    "Same",
    "Shift",
    "There",
    "Value",
    "Written",
    "bind",
    "negate",
]


class Term:
    """Base of all terms."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Items(Term):
    """Some items of an entity: `open tickets of the agent`.

    Without an entity it is a pronoun: the item that the sentence is about. `person` is somebody who
    uses the service.
    """

    entity: str | None
    where: tuple[Condition, ...] = ()
    of: tuple[Items, ...] = ()
    quantifier: str = ""
    number: int | None = None
    many: bool = False
    person: bool = False
    words: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Further entities that the same is said of: `a product or warehouse`."""


@dataclass(frozen=True, slots=True)
class Literal(Term):
    """A number, a text, true, false or nothing."""

    value: Any


class Written(str):
    """The value of a literal that is an expression already."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class Moment(Term):
    """`now` or `today`."""

    name: str


@dataclass(frozen=True, slots=True)
class FieldOf(Term):
    """A field, of the items named or else of what the sentence is about."""

    words: tuple[str, ...]
    owner: Items | None = None


@dataclass(frozen=True, slots=True)
class Shift(Term):
    """A moment before (sign -1) or after (sign 1) another."""

    value: Value
    sign: int
    span: Span


@dataclass(frozen=True, slots=True)
class Count(Term):
    """How many items there are."""

    items: Items


@dataclass(frozen=True, slots=True)
class Fold(Term):
    """The sum, average, least or greatest of a value over items."""

    function: str
    value: Value
    items: Items | None


@dataclass(frozen=True, slots=True)
class Arithmetic(Term):
    """Two values joined by + - * /."""

    operator: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Elapsed(Term):
    """How many days, hours or minutes lie between two moments."""

    unit: str
    start: Value | None
    end: Value | None
    begun: bool = False
    """Whether a part of a unit counts as a whole one."""


@dataclass(frozen=True, slots=True)
class Call(Term):
    """A function of the expression language over a value."""

    function: str
    value: Value


@dataclass(frozen=True, slots=True)
class Choose(Term):
    """One value where a condition holds, another where it does not."""

    condition: Any
    then: Any
    otherwise: Any


Value = Call | Choose | Literal | Moment | FieldOf | Shift | Count | Fold | Arithmetic | Elapsed


@dataclass(frozen=True, slots=True)
class Compare(Term):
    """A comparison; `contains` looks for a term in a text."""

    left: Value
    operator: str
    right: Value


@dataclass(frozen=True, slots=True)
class Between(Term):
    """A value lies between two others, both included."""

    value: Value
    low: Value
    high: Value


@dataclass(frozen=True, slots=True)
class Being(Term):
    """Something is in a state: `overdue`, `full`, `returned`, `not active`."""

    subject: Items | FieldOf | None
    words: tuple[str, ...]
    negated: bool = False


AS_BEFORE = Being(None, ("as before",))
"""The condition that the same statement named before: `stopping only while it is`."""


@dataclass(frozen=True, slots=True)
class Having(Term):
    """Something has items: `a member with an overdue loan`, `without lines`."""

    subject: Items | None
    items: Items | FieldOf
    negated: bool = False


@dataclass(frozen=True, slots=True)
class There(Term):
    """There are such items."""

    items: Items
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Doing(Term):
    """Somebody has done something: `somebody has voted`."""

    subject: Items | None
    verb: str
    object: Items | None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Same(Term):
    """The item has the same value in a field as the one at hand."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllOf(Term):
    """Every one of the conditions."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Term):
    """One of the conditions at least."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Opposite(Term):
    """The condition does not hold."""

    part: Condition


Condition = Compare | Between | Being | Having | There | Doing | Same | AllOf | AnyOf | Opposite


def negate(condition: Condition) -> Condition:
    """Return the opposite of a condition."""
    match condition:
        case Opposite(part=part):
            return part
        case Being() | Having() | There() | Doing():
            return replace(condition, negated=not condition.negated)
        case _:
            return Opposite(condition)


def bind(condition: Condition, subject: Items | FieldOf) -> Condition:
    """Give the conditions without a subject one."""
    walk: Callable[[Condition], Condition] = lambda part: bind(part, subject)  # noqa: E731
    match condition:
        case Being(subject=None):
            return replace(condition, subject=subject)
        case Having(subject=None) | Doing(subject=None):
            return replace(condition, subject=subject) if isinstance(subject, Items) else condition
        case Compare(left=FieldOf(owner=None) as field) if isinstance(subject, Items):
            return replace(condition, left=replace(field, owner=subject))
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return type(condition)(tuple(walk(part) for part in parts))
        case Opposite(part=part):
            return Opposite(walk(part))
        case _:
            return condition
