"""Looks up the names of expressions and works out what kind of value each part has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import count

from quantumlayer.agents import expressions as written
from quantumlayer.errors import ExpressionError
from quantumlayer.offline.writing._blueprint import Blueprint, Column
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
    Scalar,
    Scope,
    Total,
    Value,
    attributes,
    each,
    rebase,
)
from quantumlayer.offline.writing._kinds import COMPARABLE, NUMERIC, TIMELY, Kind

__all__ = ["Binder"]

_NONE: Mapping[str, Argument] = {}
_SIGNATURES: dict[str, tuple[tuple[Kind, ...], Kind]] = {
    "now": ((), Kind.DATETIME),
    "today": ((), Kind.DATE),
    "minutes": ((Kind.NUMBER,), Kind.DURATION),
    "hours": ((Kind.NUMBER,), Kind.DURATION),
    "days": ((Kind.NUMBER,), Kind.DURATION),
    "weeks": ((Kind.NUMBER,), Kind.DURATION),
    "months": ((Kind.INTEGER,), Kind.MONTHS),
    "years": ((Kind.INTEGER,), Kind.MONTHS),
    "date": ((Kind.DATE,), Kind.DATE),
    "time": ((Kind.DATETIME,), Kind.TIME),
    "lower": ((Kind.TEXT,), Kind.TEXT),
    "slug": ((Kind.TEXT,), Kind.TEXT),
    "random_code": ((Kind.INTEGER,), Kind.TEXT),
    "random_digits": ((Kind.INTEGER,), Kind.TEXT),
    "minutes_between": ((Kind.DATETIME, Kind.DATETIME), Kind.NUMBER),
    "days_between": ((Kind.DATE, Kind.DATE), Kind.INTEGER),
    "weekday": ((Kind.DATE,), Kind.INTEGER),
    "month": ((Kind.DATE,), Kind.TEXT),
    "year": ((Kind.DATE,), Kind.INTEGER),
    "includes": ((Kind.STRINGS, Kind.TEXT), Kind.BOOLEAN),
    "distinct": ((Kind.STRINGS,), Kind.BOOLEAN),
}
"""Kinds of the arguments and of the result, for the functions where they are fixed."""


class Binder:
    """Binds the expressions of one design.

    Every aggregate gets a scope of its own (`row1`, `row2`, …), so that no two are mixed up.

    Attributes:
        swapped: Changes to expressions, by their text: to see what a mistake would do.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self._numbers = count(1)
        self._computed: dict[Column, Bound] = {}
        self._open: list[Column] = []
        self._bound: dict[tuple[object, ...], Bound] = {}
        self._quick: dict[tuple[object, ...], tuple[Bound, Mapping[str, Argument]]] = {}
        self.swapped: dict[str, Callable[[Bound], Bound]] = {}

    def bind(
        self,
        text: str,
        this: Scope | None = None,
        *,
        row: Scope | None = None,
        arguments: Mapping[str, Argument] | None = None,
        kind: Kind | None = None,
    ) -> Bound:
        """Bind an expression.

        Args:
            text: The expression.
            this: The item at hand, if there is one.
            row: What bare names are fields of, where that is not `this`.
            arguments: The endpoint's parameters.
            kind: What the value is wanted as.

        Raises:
            ExpressionError: A name leads nowhere, or the kinds of the parts do not fit.
        """
        found = arguments or _NONE
        quick = (text, this, row, id(found), kind)
        if quick not in self._quick:
            node = self._looked_up(text, this, row, found, kind)
            self._quick[quick] = (node, found)  # kept, so that nothing else gets its id
        node = self._quick[quick][0]
        swapped = self.swapped.get(text)
        return node if swapped is None else swapped(node)

    def _looked_up(
        self,
        text: str,
        this: Scope | None,
        row: Scope | None,
        arguments: Mapping[str, Argument],
        kind: Kind | None,
    ) -> Bound:
        key = (text, this, row, tuple(arguments.items()), kind)
        if key not in self._bound:
            reader = _Reader(self, text, this, arguments)
            node = reader.node(written.parse(text), row or this)
            self._bound[key] = node if kind is None else reader.taken_as(node, kind)
        return self._bound[key]

    def condition(
        self,
        text: str,
        this: Scope | None = None,
        *,
        row: Scope | None = None,
        arguments: Mapping[str, Argument] | None = None,
    ) -> Bound:
        """Bind an expression that has to be a condition."""
        return self.bind(text, this, row=row, arguments=arguments, kind=Kind.BOOLEAN)

    def computed(self, column: Column) -> Bound:
        """Bind what a computed column is worked out by; `this` is its item.

        Raises:
            ExpressionError: It does not bind, or it is worked out by itself.
        """
        text = column.computed or ""
        if column in self._open:
            raise ExpressionError(text, f"{column.entity}.{column.name} is worked out by itself")
        if column not in self._computed:
            self._open.append(column)
            self._computed[column] = self._bind_computed(column)
            self._open.pop()
        return self._bind_computed(column) if self.swapped else self._computed[column]

    def _bind_computed(self, column: Column) -> Bound:
        return self.bind(column.computed or "", Scope("this", column.entity), kind=column.kind)

    def expanded(self, attribute: Attribute) -> Bound:
        """Write what a computed column is worked out by in the place of the column."""
        this = Scope("this", attribute.column.entity)
        return rebase(self.computed(attribute.column), this, attribute.scope, attribute.hops)

    def aggregated(self, column: Column) -> bool:
        """Tell whether a computed column counts or sums up other items, itself or by another."""
        return any(
            isinstance(part, Total)
            or (
                isinstance(part, Attribute)
                and part.column.computed is not None
                and self.aggregated(part.column)
            )
            for part in each(self.computed(column))
        )

    def reads(self, column: Column) -> Iterator[Attribute]:
        """Yield the columns that a computed column is worked out from."""
        for attribute in attributes(self.computed(column)):
            yield attribute
            if attribute.column.computed is not None:
                yield from self.reads(attribute.column)

    def attribute(self, scope: Scope, column: Column, hops: tuple[Column, ...] = ()) -> Attribute:
        """Make the node that reads a column."""
        lost = any(hop.nullable for hop in hops)
        own = column.nullable if column.computed is None else self.computed(column).nullable
        return Attribute(scope, hops, column, column.kind, nullable=lost or own)

    def rows(self, entity: str) -> Scope:
        """Make a scope for the items of an entity."""
        return Scope(f"row{next(self._numbers)}", entity)


class _Reader:
    """Binds one expression."""

    def __init__(
        self, binder: Binder, text: str, this: Scope | None, arguments: Mapping[str, Argument]
    ) -> None:
        self._binder = binder
        self._text = text
        self._this = this
        self._arguments = arguments

    def _refuse(self, reason: str) -> ExpressionError:
        return ExpressionError(self._text, reason)

    def node(self, node: written.Node, row: Scope | None) -> Bound:  # noqa: PLR0911 -- one case for each kind of node
        match node:
            case written.Constant(value=value):
                return _constant(value)
            case written.Path(names=names):
                return self._path(names, row)
            case written.Binary(operator=operator, left=left, right=right):
                return self._arithmetic(operator, self.node(left, row), self.node(right, row))
            case written.Compare(operator=operator, left=left, right=right):
                return self._comparison(operator, self.node(left, row), right, row)
            case written.Both(operator=operator, parts=parts):
                return Junction(operator, tuple(self._condition(part, row) for part in parts))
            case written.Not(part=part):
                return Negation(self._condition(part, row))
            case written.Conditional():
                return self._choice(node, row)
            case written.Call():
                return self._call(node, row)
            case written.Aggregate():
                return self._total(node)

    # --- paths -----------------------------------------------------------------------------------

    def _path(self, names: tuple[str, ...], row: Scope | None) -> Bound:
        root, rest = names[0], names[1:]
        if root == "param" and rest:
            if len(rest) != 1 or rest[0] not in self._arguments:
                raise self._refuse(f"there is no parameter {'.'.join(rest)!r}")
            return self._arguments[rest[0]]
        scope = row
        if root in {"this", "old"} and rest:
            if self._this is None:
                raise self._refuse(f"{'.'.join(names)!r}: there is no item at hand")
            scope, names = (
                Scope(root if root == "old" else self._this.name, self._this.entity),
                rest,
            )
        elif root == "user" and rest:
            users = self._binder.blueprint.users
            if users is None:
                raise self._refuse("there are no users")
            scope, names = Scope("user", users.name), rest
        if scope is None:
            raise self._refuse(f"{'.'.join(names)!r}: there is no item at hand")
        return self._walk(scope, names)

    def _walk(self, scope: Scope, names: tuple[str, ...]) -> Bound:
        tables = self._binder.blueprint.tables
        entity, hops = scope.entity, []
        for name in names[:-1]:
            hop = next(
                (
                    column
                    for column in tables[entity].columns.values()
                    if column.reference and written.navigation(column.name) == name
                ),
                None,
            )
            if hop is None or hop.references is None:
                raise self._refuse(f"{name!r} leads to no other entity")
            hops.append(hop)
            entity = hop.references
        column = tables[entity].columns.get(names[-1])
        if column is None:
            raise self._refuse(f"{entity} has no field {names[-1]!r}")
        return self._binder.attribute(scope, column, tuple(hops))

    # --- operators -------------------------------------------------------------------------------

    def _condition(self, node: written.Node, row: Scope | None) -> Bound:
        return self.taken_as(self.node(node, row), Kind.BOOLEAN)

    def _arithmetic(self, operator: str, left: Bound, right: Bound) -> Bound:
        nullable = left.nullable or right.nullable
        if operator in {"/", "%"} and not (isinstance(right, Value) and right.value):
            nullable = True
        kinds = (left.kind, right.kind)
        if left.kind in NUMERIC and right.kind in NUMERIC:
            return self._numeric(operator, left, right, nullable=nullable)
        if operator == "-" and kinds in {(Kind.DATE, Kind.DATETIME), (Kind.DATETIME, Kind.DATE)}:
            left, right = self.taken_as(left, Kind.DATE), self.taken_as(right, Kind.DATE)
        result = _timely(operator, left.kind, right.kind)
        if result is None:
            raise self._refuse(f"{left.kind.value} {operator} {right.kind.value} is no value")
        return Arithmetic(operator, left, right, result, nullable)

    def _numeric(self, operator: str, left: Bound, right: Bound, *, nullable: bool) -> Bound:
        kind = max(left.kind, right.kind, key=NUMERIC.index)
        if kind is Kind.MONEY and {left.kind, right.kind} != {Kind.MONEY}:
            if operator == "/" and right.kind is Kind.MONEY:
                right, kind = self.taken_as(right, Kind.NUMBER), Kind.NUMBER
            else:
                left, right = (
                    self.taken_as(part, Kind.MONEY) if part.kind is Kind.NUMBER else part
                    for part in (left, right)
                )
        elif operator == "/" and left.kind is right.kind:
            kind = Kind.NUMBER
        return Arithmetic(operator, left, right, kind, nullable)

    def _comparison(
        self, operator: str, left: Bound, other: written.Node, row: Scope | None
    ) -> Bound:
        if operator in {"in", "not in"}:
            values = other.value if isinstance(other, written.Constant) else ()
            choices = tuple(
                _plain(self.taken_as(_constant(value), left.kind))
                for value in (values if isinstance(values, tuple) else ())
            )
            return Comparison(operator, left, Value(choices, left.kind))
        operator = {"is": "==", "is not": "!="}.get(operator, operator)
        left, right = self._alike(left, self.node(other, row))
        if operator not in {"==", "!="} and not {left.kind, right.kind} <= COMPARABLE:
            raise self._refuse(f"{left.kind.value} {operator} {right.kind.value} has no order")
        return Comparison(operator, left, right)

    def _alike(self, left: Bound, right: Bound) -> tuple[Bound, Bound]:
        """Take two values as the same kind, the one that both can be."""
        kinds = {left.kind, right.kind}
        if len(kinds) == 1 or Kind.NONE in kinds:
            return left, right
        if kinds <= set(NUMERIC):
            if kinds == {Kind.NUMBER, Kind.MONEY}:
                return self.taken_as(left, Kind.MONEY), self.taken_as(right, Kind.MONEY)
            return left, right
        if kinds == {Kind.DATE, Kind.DATETIME}:
            return self.taken_as(left, Kind.DATE), self.taken_as(right, Kind.DATE)
        if isinstance(left, Value):
            return self.taken_as(left, right.kind), right
        return left, self.taken_as(right, left.kind)

    def _choice(self, node: written.Conditional, row: Scope | None) -> Bound:
        condition = self._condition(node.condition, row)
        then, otherwise = self._alike(self.node(node.then, row), self.node(node.otherwise, row))
        kind = then.kind if otherwise.kind is Kind.NONE else otherwise.kind
        if {then.kind, otherwise.kind} <= set(NUMERIC):
            kind = max(then.kind, otherwise.kind, key=NUMERIC.index)
            then, otherwise = self.taken_as(then, kind), self.taken_as(otherwise, kind)
        return Choice(condition, then, otherwise, kind, then.nullable or otherwise.nullable)

    # --- functions -------------------------------------------------------------------------------

    def _call(self, node: written.Call, row: Scope | None) -> Bound:
        parts = tuple(self.node(argument, row) for argument in node.arguments)
        name, first = node.function, parts[0] if parts else None
        if name == "length" and isinstance(first, Attribute) and first.kind is Kind.CHILDREN:
            return self._children(first)
        if name in _SIGNATURES:
            wanted, kind = _SIGNATURES[name]
            pairs = zip(parts, wanted, strict=True)
            parts = tuple(self.taken_as(part, want) for part, want in pairs)
        else:
            parts, kind = self._loose(name, parts)
        nullable = any(part.nullable for part in parts)
        if name == "date":
            return parts[0]
        return Function(name, parts, kind, nullable and kind is not Kind.BOOLEAN)

    def _loose(self, name: str, parts: tuple[Bound, ...]) -> tuple[tuple[Bound, ...], Kind]:
        """Bind the functions whose arguments may be of more than one kind."""
        kind = parts[0].kind
        if name in {"round", "ceil", "floor"} and kind in NUMERIC:
            if name == "round" and len(parts) > 1:
                if not isinstance(parts[1], Value) or not isinstance(parts[1].value, int):
                    raise self._refuse("'round' needs a number of places")
                return parts, Kind.MONEY if kind is Kind.MONEY else Kind.NUMBER
            return parts[:1], Kind.INTEGER
        if name == "length" and kind in {Kind.TEXT, Kind.STRINGS}:
            return parts, Kind.INTEGER
        if name == "contains" and kind in {Kind.TEXT, Kind.STRINGS}:
            return (parts[0], self.taken_as(parts[1], Kind.TEXT)), Kind.BOOLEAN
        raise self._refuse(f"{name!r} takes no {kind.value}")

    def _children(self, children: Attribute) -> Bound:
        """Count the children of an item."""
        tables = self._binder.blueprint.tables
        link = tables[children.column.entity].links[children.column.name]
        rows = self._binder.rows(link.entity)
        parent = self._binder.attribute(
            children.scope, tables[children.column.entity].id, children.hops
        )
        same = Comparison("==", self._binder.attribute(rows, link), parent)
        return Total("count", rows, None, (same,), Kind.INTEGER, nullable=False)

    def _total(self, node: written.Aggregate) -> Bound:
        if node.entity not in self._binder.blueprint.tables:
            raise self._refuse(f"there is no entity {node.entity!r}")
        rows = self._binder.rows(node.entity)
        value = None if node.value is None else self.node(node.value, rows)
        where = tuple(self._condition(part, rows) for part in node.where)
        if node.function == "exists":
            return Total("exists", rows, None, where, Kind.BOOLEAN, nullable=False)
        if value is None:
            return Total("count", rows, None, where, Kind.INTEGER, nullable=False)
        if node.function in {"sum", "avg"}:
            if value.kind not in NUMERIC:
                raise self._refuse(f"there is no {node.function} of {value.kind.value}")
            if node.function == "sum":
                return Total("sum", rows, value, where, value.kind, nullable=False)
            kind = Kind.MONEY if value.kind is Kind.MONEY else Kind.NUMBER
            return Total("avg", rows, value, where, kind, nullable=True)
        if value.kind not in COMPARABLE or value.kind is Kind.DURATION:
            raise self._refuse(f"{value.kind.value} has no {node.function}")
        return Total(node.function, rows, value, where, value.kind, nullable=True)

    # --- kinds -----------------------------------------------------------------------------------

    def taken_as(self, node: Bound, kind: Kind) -> Bound:  # noqa: PLR0911 -- one case for each kind
        """Take a value as another kind; ExpressionError where that is not possible."""
        if node.kind is kind or (node.kind is Kind.NONE and kind is not Kind.BOOLEAN):
            return node
        if kind in NUMERIC and node.kind in NUMERIC:
            if isinstance(node, Value):
                return self._number(node, kind)
            fits = node.kind is Kind.INTEGER and kind is Kind.NUMBER
            return node if fits else Convert(node, kind, node.nullable)
        if kind is Kind.DATE and node.kind is Kind.DATETIME:
            if isinstance(node, Function) and node.name == "now":
                return Function("today", (), Kind.DATE, nullable=False)
            return Convert(node, kind, node.nullable)
        if kind is Kind.DATETIME and node.kind is Kind.DATE:
            return Convert(node, kind, node.nullable)
        if kind in TIMELY and isinstance(node, Value) and isinstance(node.value, str):
            return Value(self._moment(node.value, kind), kind)
        raise self._refuse(f"{node.kind.value} stands where {kind.value} is needed")

    def _number(self, node: Value, kind: Kind) -> Value:
        number = node.value
        if kind is Kind.INTEGER and number != int(number):  # type: ignore[arg-type]
            raise self._refuse(f"{number} is no whole number")
        make = {Kind.INTEGER: int, Kind.NUMBER: float, Kind.MONEY: lambda x: Decimal(str(x))}[kind]
        return Value(number if kind is Kind.NUMBER else make(number), kind)  # type: ignore[operator]

    def _moment(self, text: str, kind: Kind) -> Scalar:
        try:
            if kind is Kind.DATE:
                return dt.date.fromisoformat(text)
            if kind is Kind.TIME:
                return dt.time.fromisoformat(text)
            moment = dt.datetime.fromisoformat(text)
        except ValueError as error:
            raise self._refuse(f"{text!r} is no {kind.value}") from error
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def _plain(node: Bound) -> Scalar:
    return node.value if isinstance(node, Value) else None


def _constant(value: object) -> Value:
    match value:
        case None:
            return Value(None, Kind.NONE)
        case bool():
            return Value(value, Kind.BOOLEAN)
        case int():
            return Value(value, Kind.INTEGER)
        case float():
            return Value(value, Kind.NUMBER)
        case _:
            return Value(str(value), Kind.TEXT)


def _timely(operator: str, left: Kind, right: Kind) -> Kind | None:  # noqa: PLR0911 -- one case for each kind
    """Tell the kind of an operation with dates, lengths of time or text, if it means anything."""
    moments = {Kind.DATE, Kind.DATETIME}
    match operator:
        case "+" | "-" if left in moments and right in {Kind.DURATION, Kind.MONTHS}:
            return left
        case "+" if right in moments and left in {Kind.DURATION, Kind.MONTHS}:
            return right
        case "-" if left is right and left in moments:
            return Kind.DURATION
        case "+" | "-" if left is right is Kind.DURATION:
            return Kind.DURATION
        case "*" if {left, right} in ({Kind.DURATION, Kind.INTEGER}, {Kind.DURATION, Kind.NUMBER}):
            return Kind.DURATION
        case "/" if left is right is Kind.DURATION:
            return Kind.NUMBER
        case "+" if left is right is Kind.TEXT:
            return Kind.TEXT
        case _:
            return None
