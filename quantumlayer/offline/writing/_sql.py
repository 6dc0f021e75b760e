"""Writes bound expressions as SQLAlchemy: conditions, values and aggregates.

What does not depend on the rows of a query is written as Python and handed over as a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

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
    conjuncts,
    each,
    mapped,
    rebase,
)
from quantumlayer.offline.writing._kinds import NUMERIC, Kind
from quantumlayer.offline.writing._python import OPPOSITE, PythonWriter, negative
from quantumlayer.offline.writing._sql_values import (
    conversion_code,
    function_code,
    in_seconds,
    refused,
    seconds,
    shifted,
)

__all__ = ["SqlWriter", "ask"]


class SqlWriter:
    """Writes conditions and values of one query.

    Args:
        python: Writes what does not depend on the query's rows.
        rows: The classes, or aliases, whose rows the scopes are.
        used: Classes that an enclosing query uses already; they need an alias in a query inside.
        joining: Whether references may be followed by joins, which `joins` then lists.
        inline: Whether computed columns are written out instead of read from their class.
        grouped: The entity of the rows of a grouped query; its aggregates range over the group.
    """

    def __init__(
        self,
        python: PythonWriter,
        rows: Mapping[Scope, str],
        *,
        used: Iterable[str] = (),
        joining: bool = False,
        inline: bool = False,
        grouped: str | None = None,
    ) -> None:
        self.python = python
        self.rows = dict(rows)
        self.used = {*used, *self.rows.values()}
        self.joins: list[str] = []
        self._joining = joining
        self._joined: dict[tuple[Scope, tuple[Column, ...]], str] = {}
        self._inline = inline
        self._grouped = grouped

    def depends(self, node: Bound) -> bool:
        """Tell whether a value is another one for every row, or needs a query of its own."""
        return any(
            isinstance(part, Total) or (isinstance(part, Attribute) and part.scope in self.rows)
            for part in each(node)
        )

    # --- values ----------------------------------------------------------------------------------

    def value(self, node: Bound) -> str:  # noqa: PLR0911 -- one case for each kind of node
        """Write a value."""
        if not self.depends(node):
            return self._parameter(node)
        match node:
            case Attribute():
                return self._attribute(node)
            case Arithmetic():
                return self._arithmetic(node)
            case Choice(condition=condition, then=then, otherwise=otherwise):
                chosen = f"({self.truth(condition)}, {self.value(then)})"
                return f"case({chosen}, else_={self.value(otherwise)})"
            case Function():
                return function_code(self, node)
            case Convert():
                return conversion_code(self, node)
            case Total():
                return self.total(node)
            case Comparison() | Junction() | Negation():
                return f"case(({self.truth(node)}, True), else_=False)"
            case Value() | Argument():
                return self.python.value(node)

    def selected(self, node: Bound) -> str:
        """Write a value that a query answers with, of a type that gives the right Python."""
        if node.kind is Kind.BOOLEAN:
            return self.truth(node)
        kind = {Kind.MONEY: "MONEY", Kind.NUMBER: "Float"}.get(node.kind)
        if kind is None or not isinstance(node, Arithmetic | Choice | Convert):
            return self.value(node)
        return f"type_coerce({self.value(node)}, {kind})"

    def _parameter(self, node: Bound) -> str:
        """Write what is the same for all rows; in a mapped column, worked out at every query."""
        code = self.python.value(node)
        ticking = any(isinstance(p, Function) and p.name in {"now", "today"} for p in each(node))
        if not (self._inline and ticking):
            return code
        kind = {Kind.DATE: "Date", Kind.DATETIME: "UtcDateTime"}.get(node.kind, "String")
        return f"bindparam(None, callable_=lambda: {code}, type_={kind})"

    def _attribute(self, node: Attribute) -> str:
        column = node.column
        if self._written_out(node):
            return self.value(self.python.binder.expanded(node))
        if node.hops and column.spec is None:  # the id of the item referred to
            *hops, last = node.hops
            return self._attribute(replace(node, hops=tuple(hops), column=last))
        if not node.hops:
            return f"{self.rows[node.scope]}.{column.attribute}"
        if self._joining:
            return f"{self._join(node.scope, node.hops)}.{column.attribute}"
        return self._looked_up(node)

    def _written_out(self, node: Attribute) -> bool:
        """Tell whether the expression of a computed column stands for it here."""
        if node.column.computed is None:
            return False
        aggregated = self.python.binder.aggregated(node.column)
        return self._inline or not aggregated or bool(node.hops)

    def _join(self, scope: Scope, hops: tuple[Column, ...]) -> str:
        """Join the table that references lead to, once, and return its class."""
        if not hops:
            return self.rows[scope]
        if (scope, hops) not in self._joined:
            source, hop = self._join(scope, hops[:-1]), hops[-1]
            target = self._class(hop.references)
            plain = target == self._model(hop.references)
            path = f"{source}.{hop.relation}"
            outer = ", isouter=True" if hop.nullable else ""
            how = f"{path}{outer}" if plain else f"{path}.of_type({target}){outer}"
            self.joins.append(f".join({how})")
            self._joined[scope, hops] = target
        return self._joined[scope, hops]

    def _looked_up(self, node: Attribute) -> str:
        """Write the column of an item referred to as a query inside this one."""
        source, wheres = self.rows[node.scope], []
        for hop in node.hops:
            target = self._class(hop.references)
            wheres.append(f"{target}.id == {source}.{hop.attribute}")
            source = target
        return (
            f"select({source}.{node.column.attribute}).where({', '.join(wheres)}).scalar_subquery()"
        )

    def _model(self, entity: str | None) -> str:
        return self.python.binder.blueprint.table(entity).model

    def _class(self, entity: str | None) -> str:
        """Return the class of an entity, or an alias of it where the query has it already."""
        table = self.python.binder.blueprint.table(entity)
        if table.model not in self.used:
            self.used.add(table.model)
            return table.model
        alias = self.python.taken.take(f"other_{table.variable}")
        self.python.before.append(f"{alias} = aliased({table.model})")
        self.used.add(alias)
        return alias

    def _arithmetic(self, node: Arithmetic) -> str:
        if node.kind is Kind.NUMBER and node.left.kind is Kind.DURATION:
            return (
                f"({seconds(self, node.left)} / {self._divisor(seconds(self, node.right), node)})"
            )
        if node.kind not in {*NUMERIC, Kind.TEXT}:
            raise refused(f"a {node.kind.value} of a row can only be compared")
        right = self.value(node.right)
        if node.operator in {"/", "%"}:
            right = self._divisor(right, node)
        if negative(node):
            return f"(-{right})"
        return f"({self.value(node.left)} {node.operator} {right})"

    @staticmethod
    def _divisor(code: str, node: Arithmetic) -> str:
        return code if isinstance(node.right, Value) else f"func.nullif({code}, 0)"

    # --- conditions ------------------------------------------------------------------------------

    def conditions(self, nodes: Sequence[Bound]) -> list[str]:
        """Write conditions that all have to hold, each on its own."""
        return [self.truth(part) for node in nodes for part in conjuncts(node)]

    def truth(self, node: Bound) -> str:
        """Write a condition that holds for the rows for which the expression surely is true."""
        return self._condition(node, holds=True)

    def _condition(self, node: Bound, *, holds: bool) -> str:  # noqa: PLR0911 -- one case for each kind
        if not self.depends(node):
            return f"literal({self.python.truth(node) if holds else self.python.falsity(node)})"
        if (reached := self._reached(node)) is not None and not (hop := reached[0]).nullable:
            return self._has(node, reached[1], hop, holds=holds)
        match node:
            case Comparison():
                return self._comparison(node, holds=holds)
            case Junction(operator=operator, parts=parts):
                both = (operator == "and") is holds
                inner = ", ".join(self._condition(part, holds=holds) for part in parts)
                return f"{'and_' if both else 'or_'}({inner})"
            case Negation(part=part):
                return self._condition(part, holds=not holds)
            case Choice(condition=condition, then=then, otherwise=otherwise):
                chosen = f"({self.truth(condition)}, {self._condition(then, holds=holds)})"
                return f"case({chosen}, else_={self._condition(otherwise, holds=holds)})"
            case Function(name="contains" | "includes"):
                return self._contains(node, holds=holds)
            case Total():
                return self.total(node) if holds else f"~{self.total(node)}"
            case Attribute() if self._written_out(node):
                return self._condition(self.python.binder.expanded(node), holds=holds)
            case _:
                word = "is_" if holds or not node.nullable else "is_not"
                value = holds if word == "is_" else True
                return f"{self.value(node)}.{word}({value})"

    def _reached(self, node: Bound) -> tuple[Column, Scope] | None:
        """Tell the reference by which all columns of a condition are reached, if it is one."""
        if self._joining or isinstance(node, Junction | Negation):
            return None
        parts = list(each(node))
        if any(isinstance(part, Total) for part in parts):
            return None
        rows = [part for part in parts if isinstance(part, Attribute) and part.scope in self.rows]
        first = {(part.scope, part.hops[:1]) for part in rows}
        if len(first) != 1 or any(part.column.computed is not None for part in rows):
            return None
        scope, hops = first.pop()
        ids = any(len(part.hops) == 1 and part.column.spec is None for part in rows)
        return (hops[0], scope) if hops and not ids else None

    def _has(self, node: Bound, scope: Scope, hop: Column, *, holds: bool) -> str:
        target = self._class(hop.references)
        there = Scope(f"{scope.name}.{hop.relation}", hop.references or "")
        inner = SqlWriter(self.python, {there: target}, used=self.used, inline=self._inline)
        shorter = rebase(_shortened(node, scope), scope, there)
        plain = target == self._model(hop.references)
        path = f"{self.rows[scope]}.{hop.relation}{'' if plain else f'.of_type({target})'}"
        return f"{path}.has({inner._condition(shorter, holds=holds)})"

    def _comparison(self, node: Comparison, *, holds: bool) -> str:
        operator = node.operator if holds else OPPOSITE[node.operator]
        left, right = node.left, node.right
        if not self.depends(left) and operator not in {"in", "not in"}:
            left, right = right, left
            operator = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)
        if isinstance(right, Value) and isinstance(right.value, bool):
            return self._condition(left, holds=right.value is (operator == "=="))
        if isinstance(right, Value) and right.value is None:
            return f"{self.value(left)}.{'is_' if operator == '==' else 'is_not'}(None)"
        if operator in {"in", "not in"}:
            return self._in(left, right, operator)
        if operator in {"==", "!="}:
            return self._equality(left, right, operator)
        left, right = shifted(self, left, right)
        if in_seconds(self, left) or in_seconds(self, right):
            return f"{seconds(self, left)} {operator} {seconds(self, right)}"
        return f"{self._exact(left)} {operator} {self._operand(right)}"

    def _operand(self, node: Bound) -> str:
        """Write the right side of an order; None is unknown there, not an error."""
        known = self.depends(node) or not node.nullable
        return self._exact(node) if known else f"literal({self.value(node)})"

    def _exact(self, node: Bound) -> str:
        """Write a value; sums of money to the cent, also where the database adds in binary."""
        if node.kind is Kind.MONEY and any(isinstance(part, Total) for part in each(node)):
            return f"func.round({self.value(node)}, 2, type_=MONEY)"
        return self.value(node)

    def _equality(self, left: Bound, right: Bound, operator: str) -> str:
        left, right = shifted(self, left, right)
        if in_seconds(self, left) or in_seconds(self, right):
            return f"{seconds(self, left)} {operator} {seconds(self, right)}"
        one, other = self._exact(left), self._exact(right)
        if operator == "!=" and (left.nullable or right.nullable):
            return f"{one}.is_distinct_from({other})"
        if left.nullable and right.nullable and self.depends(right):
            return f"{one}.is_not_distinct_from({other})"
        return f"{one} {operator} {other}"

    def _in(self, left: Bound, right: Bound, operator: str) -> str:
        code = self.value(left)
        if operator == "in":
            return f"{code}.in_({self.value(right)})"
        absent = f"{code}.not_in({self.value(right)})"
        return f"or_({code}.is_(None), {absent})" if left.nullable else absent

    def _contains(self, node: Function, *, holds: bool) -> str:
        text, term = node.arguments
        if text.kind is Kind.STRINGS:
            part = self.value(term)
            fold = node.name == "contains"
            code = f"has_item({self.value(text)}, {part}{', ignoring_case=True' if fold else ''})"
        else:
            code = f"{self.value(text)}.icontains({self.value(term)}, autoescape=True)"
        if holds:
            return code
        return f"or_({self.value(text)}.is_(None), ~{code})" if text.nullable else f"~{code}"

    # --- aggregates ------------------------------------------------------------------------------

    def total(self, node: Total) -> str:
        """Write an aggregate as a value inside this query."""
        if node.scope.entity == self._grouped:
            return self._of_group(node)
        inner = SqlWriter(self.python, self.rows, used=self.used, joining=True, inline=self._inline)
        query = inner.query(node)
        if node.function == "exists":
            return f"{query}.exists()"
        inside = dict.fromkeys([inner.rows[node.scope], *inner._joined.values()])
        keep = f".correlate_except({', '.join(inside)})" if self._inline else ""
        return f"{query}{keep}.scalar_subquery()"

    def _of_group(self, node: Total) -> str:
        """Write an aggregate over the items of the group."""
        model = self._model(node.scope.entity)
        self.rows[node.scope] = model
        wheres = self.conditions(node.where)
        asked = self.aggregate(node, f".filter({', '.join(wheres)})" if wheres else "")
        return f"({asked} > 0)" if node.function == "exists" else asked

    def query(self, node: Total, extra: Sequence[str] = ()) -> str:
        """Write the `select` of an aggregate, with further conditions if need be."""
        model = self._class(node.scope.entity)
        self.rows[node.scope] = model
        asked = self.aggregate(node)
        wheres = [*extra, *self.conditions(node.where)]
        where = f".where({', '.join(wheres)})" if wheres else ""
        start = "" if self._names_table(node) and not self.joins else f".select_from({model})"
        return f"select({asked}){start}{''.join(self.joins)}{where}"

    def _names_table(self, node: Total) -> bool:
        """Tell whether a query names its table by a stored column, so that it knows its rows."""
        if node.value is None:
            return True
        return any(
            isinstance(part, Attribute)
            and part.scope == node.scope
            and not part.hops
            and part.column.stored
            for inner in (node.value, *node.where)
            for part in each(inner)
        )

    def aggregate(self, node: Total, only: str = "") -> str:
        """Write what an aggregate selects; `only` is a `.filter(…)` to put behind it."""
        model = self.rows[node.scope]
        if node.function == "exists" and self._grouped is None:
            return f"{model}.id"
        if node.value is None:
            return f"func.count({model}.id){only}"
        code = self.value(node.value)
        kind = {Kind.MONEY: ", type_=MONEY", Kind.NUMBER: ", type_=Float"}.get(node.kind, "")
        if isinstance(node.value, Attribute) and node.function != "avg":
            kind = ""
        asked = f"func.{node.function}({code}{kind}){only}"
        return f"func.coalesce({asked}, 0)" if node.function == "sum" else asked


def _shortened(node: Bound, scope: Scope) -> Bound:
    def change(part: Bound) -> Bound | None:
        if isinstance(part, Attribute) and part.scope == scope:
            return replace(part, hops=part.hops[1:])
        return None

    return mapped(node, change)


def ask(python: PythonWriter, node: Total, extra: Sequence[str] = ()) -> str:
    """Write an aggregate as an expression that asks the database of `session`."""
    sql = SqlWriter(python, {}, joining=True)
    query = sql.query(node, extra)
    if node.function != "exists":
        return f"session.scalars({query}).one()"
    model = sql.rows[node.scope]
    plain = f"select({model}.id).where("
    if query.startswith(plain):
        return f"session.scalar(select(exists().where({query[len(plain) :]}))"
    return f"session.scalar(select({query}.exists()))"
