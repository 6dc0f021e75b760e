"""A service in memory: what is stored, and what expressions are worth there.

The writers of tests play scenarios through here first, so that every number and status a test
expects was worked out from the design, independently of the code that is tested.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from quantumlayer.offline.writing._binding import Binder
from quantumlayer.offline.writing._blueprint import Column
from quantumlayer.offline.writing._bound import (
    Argument,
    Arithmetic,
    Attribute,
    Bound,
    Choice,
    Comparison,
    Convert,
    Function,
    Junction,
    Negation,
    Scope,
    Total,
    Value,
)
from quantumlayer.offline.writing._kinds import Kind
from quantumlayer.offline.writing._values import rounded

__all__ = ["NOW", "Environment", "Item", "RandomDigits", "RandomText", "World"]

NOW = dt.datetime(2030, 1, 15, 12, 0, tzinfo=dt.UTC)
"""When the tests of written services take place: a Tuesday, at noon."""


class RandomText(str):
    """A text that nobody can foresee; tests may only look at its form."""

    __slots__ = ()


class RandomDigits(RandomText):
    """The same, of digits only."""

    __slots__ = ()


@dataclass(eq=False, slots=True)
class Item:
    """A stored item: typed values by the names of its fields; children are other items."""

    entity: str
    id: int
    values: dict[str, Any]


@dataclass(slots=True)
class Environment:
    """What names stand for while an expression is worked out.

    Attributes:
        items: The item of every scope.
        arguments: The endpoint's parameters; those not given are None.
        among: Items that aggregates over an entity are restricted to.
    """

    items: dict[Scope, Item | None]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    among: Mapping[str, list[Item]] = field(default_factory=dict)

    def within(self, scope: Scope, item: Item | None) -> Environment:
        """Return the environment inside an aggregate, for one of its items."""
        return Environment({**self.items, scope: item}, self.arguments)


class World:
    """All items of a service, and its clock."""

    def __init__(self, binder: Binder) -> None:
        self.binder = binder
        self.now = NOW
        self.items: dict[str, dict[int, Item]] = {name: {} for name in binder.blueprint.tables}
        self.numbers: dict[str, int] = dict.fromkeys(binder.blueprint.tables, 0)
        self.codes = 0

    def copy(self) -> World:
        """Return a world that can go on without changing this one."""
        other = World(self.binder)
        other.now, other.codes = self.now, self.codes
        other.numbers = dict(self.numbers)
        other.items = {
            name: {i: Item(item.entity, i, dict(item.values)) for i, item in items.items()}
            for name, items in self.items.items()
        }
        return other

    def add(self, entity: str, values: dict[str, Any]) -> Item:
        """Store an item under the next id."""
        self.numbers[entity] = max([*self.items[entity], 0]) + 1
        item = Item(entity, self.numbers[entity], values)
        self.items[entity][item.id] = item
        return item

    def state(self) -> str:
        """Write down everything that is stored, to compare it."""
        return repr(
            [
                (name, i, sorted(item.values.items(), key=lambda pair: pair[0]))
                for name, items in self.items.items()
                for i, item in items.items()
            ]
        )

    def find(self, entity: str | None, item_id: object) -> Item | None:
        """Return an item, or None where there is none of that id."""
        if entity is None or not isinstance(item_id, int):
            return None
        return self.items[entity].get(item_id)

    def all(self, entity: str) -> list[Item]:
        """Return all items of an entity, oldest first."""
        return list(self.items[entity].values())

    # --- conditions ------------------------------------------------------------------------------

    def holds(self, node: Bound, environment: Environment) -> bool:
        """Tell whether a condition surely holds."""
        return self.value(node, environment) is True

    def broken(self, node: Bound, environment: Environment) -> bool:
        """Tell whether a condition surely does not hold; unknown is neither."""
        return self.value(node, environment) is False

    # --- values ----------------------------------------------------------------------------------

    def value(self, node: Bound, environment: Environment) -> Any:  # noqa: C901, PLR0911 -- one case for each kind of node
        """Work out a value; None is empty, and for a condition unknown."""
        match node:
            case Value(value=value):
                return value
            case Attribute():
                value = self._attribute(node, environment)
                return bool(value) if node.kind is Kind.BOOLEAN else value
            case Argument(name=name):
                return environment.arguments.get(name)
            case Arithmetic():
                return self._arithmetic(node, environment)
            case Comparison():
                return self._comparison(node, environment)
            case Junction(operator=operator, parts=parts):
                deciding = operator == "or"
                values = [self.value(part, environment) for part in parts]
                if deciding in values:
                    return deciding
                return None if None in values else not deciding
            case Negation(part=part):
                value = self.value(part, environment)
                return None if value is None else not value
            case Choice(condition=condition, then=then, otherwise=otherwise):
                chosen = then if self.holds(condition, environment) else otherwise
                return self.value(chosen, environment)
            case Function():
                return self._function(node, environment)
            case Convert(part=part, kind=kind):
                return converted(self.value(part, environment), kind)
            case Total():
                return self._total(node, environment)

    def _attribute(self, node: Attribute, environment: Environment) -> Any:
        item = environment.items.get(node.scope)
        for hop in node.hops:
            item = None if item is None else self.find(hop.references, item.values[hop.name])
        return None if item is None else self.field(item, node.column)

    def field(self, item: Item, column: Column) -> Any:
        """Return a field of an item, worked out if it is not stored."""
        if column.spec is None:
            return item.id
        if column.computed is not None:
            this = Scope("this", column.entity)
            return self.value(self.binder.computed(column), Environment({this: item}))
        return item.values.get(column.name)

    def _arithmetic(self, node: Arithmetic, environment: Environment) -> Any:  # noqa: PLR0911 -- one case for each kind
        left, right = (self.value(part, environment) for part in (node.left, node.right))
        if left is None or right is None:
            return None
        if Kind.MONTHS in {node.left.kind, node.right.kind}:
            if node.left.kind is Kind.MONTHS:
                left, right = right, left
            return add_months(left, -right if node.operator == "-" else right)
        match node.operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right if right else None
            case _:
                return left % right if right else None

    def _side(self, node: Bound, other: Bound, environment: Environment) -> Any:
        """Work out a side of a comparison: an empty boolean is false only beside a constant."""
        if isinstance(node, Attribute) and not isinstance(other, Value):
            return self._attribute(node, environment)
        return self.value(node, environment)

    def _comparison(self, node: Comparison, environment: Environment) -> bool | None:  # noqa: PLR0911 -- one case for each kind
        left = self._side(node.left, node.right, environment)
        right = self._side(node.right, node.left, environment)
        match node.operator:
            case "==":
                return bool(left == right)
            case "!=":
                return bool(left != right)
            case "in":
                return left in right
            case "not in":
                return left not in right
        if left is None or right is None:
            return None
        match node.operator:
            case "<":
                return bool(left < right)
            case "<=":
                return bool(left <= right)
            case ">":
                return bool(left > right)
            case _:
                return bool(left >= right)

    def _function(self, node: Function, environment: Environment) -> Any:  # noqa: PLR0911 -- one case for each kind
        parts = [self.value(part, environment) for part in node.arguments]
        if None in parts:
            return False if node.kind is Kind.BOOLEAN else None
        match node.name:
            case "now":
                return self.now
            case "today":
                return self.now.date()
            case "random_code" | "random_digits":
                self.codes += 1
                text = f"{self.codes:0{parts[0]}d}"[-parts[0] :]
                return RandomDigits(text) if node.name == "random_digits" else RandomText(text)
            case "contains" if node.arguments[0].kind is Kind.STRINGS:
                return parts[1].lower() in [item.lower() for item in parts[0]]
            case "round":
                return _round(parts[0], parts[1] if len(parts) > 1 else 0, node.kind)
            case name:
                return FUNCTIONS[name](*parts)

    def _total(self, node: Total, environment: Environment) -> Any:
        values = list(self._counted(node, environment))
        match node.function:
            case "count":
                return len(values)
            case "exists":
                return bool(values)
            case "sum":
                start: Any = Decimal(0) if node.kind is Kind.MONEY else 0
                return sum(values, start)
            case "avg":
                return sum(values) / len(values) if values else None
            case "min":
                return min(values, default=None)
            case _:
                return max(values, default=None)

    def _counted(self, node: Total, environment: Environment) -> Iterator[Any]:
        entity = node.scope.entity
        rows = environment.among[entity] if entity in environment.among else self.all(entity)
        for item in rows:
            inner = environment.within(node.scope, item)
            if not all(self.holds(part, inner) for part in node.where):
                continue
            value = True if node.value is None else self.value(node.value, inner)
            if value is not None:
                yield value


def _slug(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text.lower()).strip("-")


FUNCTIONS: dict[str, Any] = {
    "minutes": lambda n: dt.timedelta(minutes=n),
    "hours": lambda n: dt.timedelta(hours=n),
    "days": lambda n: dt.timedelta(days=n),
    "weeks": lambda n: dt.timedelta(weeks=n),
    "months": lambda n: n,
    "years": lambda n: 12 * n,
    "time": lambda moment: moment.time(),
    "lower": str.lower,
    "length": len,
    "contains": lambda text, term: term.lower() in text.lower(),
    "ceil": math.ceil,
    "floor": math.floor,
    "minutes_between": lambda start, end: (end - start) / dt.timedelta(minutes=1),
    "days_between": lambda start, end: (end - start).days,
    "weekday": lambda day: day.isoweekday(),
    "month": lambda day: day.strftime("%Y-%m"),
    "year": lambda day: day.year,
    "slug": _slug,
    "includes": lambda texts, text: text in texts,
    "distinct": lambda texts: len(set(texts)) == len(texts),
}
"""The functions of the language that depend on nothing but their arguments."""


def converted(value: Any, kind: Kind) -> Any:  # noqa: PLR0911 -- one case for each kind
    """Take a value as another kind."""
    if value is None:
        return None
    match kind:
        case Kind.DATE:
            return value.date() if isinstance(value, dt.datetime) else value
        case Kind.DATETIME:
            midnight = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
            return dt.datetime.combine(value, dt.time.min, dt.UTC) if midnight else value
        case Kind.MONEY:
            return Decimal(str(value))
        case Kind.NUMBER:
            return float(value)
        case Kind.INTEGER:
            return int(value)
        case _:
            return value


def add_months(moment: Any, months: int) -> Any:
    """Go some months ahead or back; a day that the month does not have is its last."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _round(value: Any, places: int, kind: Kind) -> Any:
    exact = rounded(Decimal(str(value)), places)
    if kind is Kind.MONEY:
        return exact
    return int(exact) if kind is Kind.INTEGER else float(exact)
