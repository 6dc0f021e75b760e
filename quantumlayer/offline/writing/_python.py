"""Writes bound expressions as Python that runs on mapped instances.

None is handled as the language says: `==` and `!=` compare with None as Python does; an order with
None is unknown, so neither `truth` nor `falsity` of it holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from quantumlayer.errors import ExpressionError
from quantumlayer.offline.writing._binding import Binder
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
from quantumlayer.offline.writing._names import Names
from quantumlayer.offline.writing._text import literal

__all__ = ["OPPOSITE", "PythonWriter", "constant", "negative"]

OPPOSITE = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "in": "not in",
    "not in": "in",
}
_CALLS = {
    "now": "clock.now()",
    "today": "clock.today()",
    "minutes": "dt.timedelta(minutes={0})",
    "hours": "dt.timedelta(hours={0})",
    "days": "dt.timedelta(days={0})",
    "weeks": "dt.timedelta(weeks={0})",
    "months": "{0}",
    "years": "(12 * {0})",
    "time": "{0}.time()",
    "lower": "{0}.lower()",
    "length": "len({0})",
    "ceil": "math.ceil({0})",
    "floor": "math.floor({0})",
    "random_code": "random_code({0})",
    "random_digits": "random_digits({0})",
    "minutes_between": "(({1} - {0}) / dt.timedelta(minutes=1))",
    "days_between": "({1} - {0}).days",
    "weekday": "{0}.isoweekday()",
    "month": '{0}.strftime("%Y-%m")',
    "year": "{0}.year",
    "slug": "slug({0})",
    "includes": "({1} in {0})",
    "distinct": "(len(set({0})) == len({0}))",
}
_CONVERSIONS = {
    (Kind.DATETIME, Kind.DATE): "{0}.date()",
    (Kind.DATE, Kind.DATETIME): "dt.datetime.combine({0}, dt.time.min, dt.UTC)",
    (Kind.NUMBER, Kind.MONEY): "Decimal(str({0}))",
    (Kind.INTEGER, Kind.MONEY): "Decimal({0})",
    (Kind.MONEY, Kind.NUMBER): "float({0})",
    (Kind.NUMBER, Kind.INTEGER): "int({0})",
    (Kind.MONEY, Kind.INTEGER): "int({0})",
}


class PythonWriter:
    """Writes the expressions of one function.

    Args:
        binder: For the expressions of computed columns.
        names: What the scopes are called in the function.
        arguments: What the endpoint's parameters are called there.
        total: Writes an aggregate as an expression that asks the database.
        taken: Names that the function uses for something else.

    Attributes:
        before: Statements that have to stand before the expressions written so far.
        olds: Values from before a change that were needed: variable → attribute.
    """

    def __init__(
        self,
        binder: Binder,
        names: Mapping[Scope, str],
        *,
        arguments: Mapping[str, str] | None = None,
        total: Callable[[PythonWriter, Total], str] | None = None,
        taken: Names | None = None,
    ) -> None:
        self.binder = binder
        self.names = dict(names)
        self.arguments = dict(arguments or {})
        self.taken = taken or Names({*self.names.values(), *self.arguments.values()})
        self.before: list[str] = []
        self.olds: dict[str, Attribute] = {}
        self._total = total
        self._hoisted: dict[Total, str] = {}
        self._expansions: dict[Attribute, Bound] = {}

    def knows(self, scope: Scope) -> bool:
        """Tell whether a scope is an instance here."""
        return scope in self.names or scope.name == "old"

    # --- values ----------------------------------------------------------------------------------

    def value(self, node: Bound) -> str:
        """Write a value; None where a part that it needs is None."""
        if isinstance(node, Attribute) and not self._expanded(node):
            guards = self._hop_guards(node)
        elif isinstance(node, Argument | Value | Total | Choice):
            guards = []
        else:
            guards = self._guards(node)
        core = self._core(node)
        return f"({core} if {' and '.join(guards)} else None)" if guards else core

    def _core(self, node: Bound) -> str:  # noqa: PLR0911 -- one case for each kind of node
        """Write a value, given that no part that it needs is None."""
        match node:
            case Value():
                return constant(node)
            case Attribute():
                return self._attribute(node)
            case Argument(name=name):
                return self.arguments[name]
            case Arithmetic():
                return self._arithmetic(node)
            case Choice(condition=condition, then=then, otherwise=otherwise):
                choice = self.truth(condition)
                return f"({self.value(then)} if {choice} else {self.value(otherwise)})"
            case Function():
                return self._function(node)
            case Convert(part=part, kind=kind):
                return _CONVERSIONS[part.kind, kind].format(self._core(part))
            case Total():
                return self.hoisted(node) if node.function != "exists" else self._ask(node)
            case Comparison() | Junction() | Negation():
                return f"bool({self.truth(node)})"

    def _attribute(self, node: Attribute) -> str:
        if self._expanded(node):
            return self._core(self._expansion(node))
        if node.scope.name == "old":
            return self._old(node)
        start, hops = self.names[node.scope], node.hops
        if hops and node.column.spec is None:  # the id of the item referred to
            return ".".join([start, *_relations(hops[:-1]), hops[-1].attribute])
        return ".".join([start, *_relations(hops), node.column.attribute])

    def _expanded(self, node: Attribute) -> bool:
        """Tell whether a column has to be worked out afresh: mapped aggregates may be stale."""
        return node.column.computed is not None and self.binder.aggregated(node.column)

    def _expansion(self, node: Attribute) -> Bound:
        if node not in self._expansions:
            self._expansions[node] = self.binder.expanded(node)
        return self._expansions[node]

    def _old(self, node: Attribute) -> str:
        steps = [*_relations(node.hops), node.column.attribute]
        name = "_".join(["old", *steps])
        self.olds[name] = node
        return name

    def _arithmetic(self, node: Arithmetic) -> str:
        left, right = self._core(node.left), self._core(node.right)
        if node.right.kind is Kind.MONTHS or node.left.kind is Kind.MONTHS:
            if node.left.kind is Kind.MONTHS:
                left, right = right, left
            sign = "-" if node.operator == "-" else ""
            return f"clock.add_months({left}, {sign}{right})"
        return f"(-{right})" if negative(node) else f"({left} {node.operator} {right})"

    def _function(self, node: Function) -> str:
        parts = [self._core(part) for part in node.arguments]
        if node.name == "contains":
            if node.arguments[0].kind is Kind.STRINGS:
                return f"({parts[1]}.lower() in [item.lower() for item in {parts[0]}])"
            return f"({parts[1]}.lower() in {parts[0]}.lower())"
        if node.name == "round":
            if node.arguments[0].kind is Kind.INTEGER:
                return parts[0]
            return (
                f"rounded({', '.join(parts)})" if len(parts) > 1 else f"int(rounded({parts[0]}, 0))"
            )
        return _CALLS[node.name].format(*parts)

    def hoisted(self, node: Total) -> str:
        """Ask the database in a statement of its own; the answer has a name."""
        if node not in self._hoisted:
            table = self.binder.blueprint.tables[node.scope.entity]
            wish = {
                "count": "number",
                "sum": "total",
                "avg": "average",
                "min": "least",
                "max": "most",
                "exists": "found",
            }[node.function]
            code = self._ask(node)
            name = self.taken.take(wish, f"{wish}_of_{table.module}"[:40])
            self.before.append(f"{name} = {code}")
            self._hoisted[node] = name
        return self._hoisted[node]

    def _ask(self, node: Total) -> str:
        if self._total is None:
            raise ExpressionError(node.function, "an aggregate cannot stand here")
        return self._total(self, node)

    # --- None ------------------------------------------------------------------------------------

    def _guards(self, node: Bound) -> list[str]:
        """Write the conditions under which no part that a value needs is None."""
        return list(dict.fromkeys(self._needed(node)))

    def _needed(self, node: Bound) -> Iterator[str]:  # noqa: C901 -- one case for each kind
        if not node.nullable and not isinstance(node, Function):
            return
        match node:
            case Attribute() if self._expanded(node):
                yield from self._needed(self._expansion(node))
            case Attribute():
                yield from self._hop_guards(node)
                if node.column.nullable or node.column.computed is not None:
                    yield f"{self._attribute(node)} is not None"
            case Argument() | Total():
                yield f"{self._core(node)} is not None"
            case Choice():
                yield f"{self._core(node)} is not None"
            case Arithmetic(operator=operator, left=left, right=right):
                yield from self._needed(left)
                yield from self._needed(right)
                if operator in {"/", "%"} and not isinstance(right, Value):
                    yield f"{self._core(right)} != 0"
            case Function(arguments=arguments):
                for argument in arguments:
                    yield from self._needed(argument)
            case Convert(part=part):
                yield from self._needed(part)
            case _:
                return

    def _hop_guards(self, node: Attribute) -> list[str]:
        if node.scope.name == "old":
            return []
        path, guards = self.names[node.scope], []
        for position, hop in enumerate(node.hops):
            last_is_id = node.column.spec is None and position == len(node.hops) - 1
            path = f"{path}.{hop.relation}"
            if hop.nullable and not last_is_id:
                guards.append(f"{path} is not None")
        return guards

    # --- conditions ------------------------------------------------------------------------------

    def truth(self, node: Bound) -> str:
        """Write a condition that is true where the expression surely is."""
        return self._condition(node, holds=True)

    def falsity(self, node: Bound) -> str:
        """Write a condition that is true where the expression surely is not."""
        return self._condition(node, holds=False)

    def _condition(self, node: Bound, *, holds: bool) -> str:  # noqa: PLR0911 -- one case for each kind
        match node:
            case Comparison():
                return self._comparison(node, holds=holds)
            case Junction(operator=operator, parts=parts):
                word = operator if holds else {"and": "or", "or": "and"}[operator]
                return "(" + f" {word} ".join(self._condition(p, holds=holds) for p in parts) + ")"
            case Negation(part=part):
                return self._condition(part, holds=not holds)
            case Choice(condition=condition, then=then, otherwise=otherwise):
                chosen = self._condition(then, holds=holds)
                other = self._condition(otherwise, holds=holds)
                return f"({chosen} if {self.truth(condition)} else {other})"
            case Attribute() if self._expanded(node):
                return self._condition(self._expansion(node), holds=holds)
            case Value(value=value):
                return str(bool(value) is holds)
            case _:
                guards = self._guards(node) if isinstance(node, Function) else []
                code = " and ".join([*guards, self._core(node)])
                code = f"({code})" if guards else code
                if isinstance(node, Attribute):
                    code = self.value(node)
                if isinstance(node, Function) and node.name == "includes" and not guards:
                    texts, text = (self._core(argument) for argument in node.arguments)
                    return code if holds else f"({text} not in {texts})"
                return code if holds else f"(not {code})"

    def _comparison(self, node: Comparison, *, holds: bool) -> str:
        operator = node.operator if holds else OPPOSITE[node.operator]
        left, right = node.left, node.right
        for one, other in ((left, right), (right, left)):
            if isinstance(other, Value) and other.value is None:
                word = "is" if operator == "==" else "is not"
                return f"({self.value(one)} {word} None)"
            if isinstance(other, Value) and isinstance(other.value, bool):
                return self._condition(one, holds=other.value is (operator == "=="))
        if operator in {"==", "!=", "in", "not in"}:
            return f"({self.value(left)} {operator} {self.value(right)})"
        guards = list(dict.fromkeys([*self._guards(left), *self._guards(right)]))
        order = f"{self._core(left)} {operator} {self._core(right)}"
        return "(" + " and ".join([*guards, order]) + ")"


def negative(node: Arithmetic) -> bool:
    """Tell whether a subtraction is a minus sign: `0 - x`."""
    return node.operator == "-" and isinstance(node.left, Value) and node.left.value == 0


def _relations(hops: tuple[object, ...]) -> list[str]:
    return [str(getattr(hop, "relation", "")) for hop in hops]


def constant(node: Value) -> str:  # noqa: PLR0911 -- one case for each kind
    """Write a constant as Python."""
    value = node.value
    if isinstance(value, tuple):
        parts = [constant(Value(part, node.kind)) for part in value]  # type: ignore[arg-type]
        return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"
    match value:
        case Decimal():
            whole = value == value.to_integral_value() and abs(value) < 10**9
            return f"Decimal({int(value)})" if whole else f'Decimal("{value}")'
        case dt.datetime():
            parts = [str(part) for part in value.timetuple()[:6]]
            micro = f", {value.microsecond}" if value.microsecond else ""
            return f"dt.datetime({', '.join(parts)}{micro}, tzinfo=dt.UTC)"
        case dt.date():
            return f"dt.date({value.year}, {value.month}, {value.day})"
        case dt.time():
            second = f", {value.second}" if value.second else ""
            return f"dt.time({value.hour}, {value.minute}{second})"
        case int() | float() if not isinstance(value, bool) and value < 0:
            return f"({value!r})"
        case _:
            return literal(value)
