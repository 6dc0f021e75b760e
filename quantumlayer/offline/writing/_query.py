"""Writes the queries behind lists, first items and reports: conditions, filters, order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from quantumlayer.agents import Include, Param
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import (
    Argument,
    Bound,
    Comparison,
    Junction,
    Scope,
    Value,
    conjuncts,
    each,
    mapped,
)
from quantumlayer.offline.writing._finders import role_check
from quantumlayer.offline.writing._route import Route
from quantumlayer.offline.writing._source import tidy
from quantumlayer.offline.writing._sql import SqlWriter
from quantumlayer.offline.writing._text import literal

__all__ = ["Conditions", "include_query", "order_code", "sorting"]


class Conditions:
    """The conditions on the items that a list shows or a report counts.

    Attributes:
        always: Those that hold in any case.
        later: Statements that add those of optional parameters; each calls `add`.
    """

    def __init__(self, route: Route, add: str) -> None:
        self.always: list[str] = []
        self.later: list[str] = []
        self._route = route
        self._add = add
        table = route.item()
        self._row = Scope("this", table.name)
        self.sql = SqlWriter(route.writer, {self._row: table.model})
        self._parent()
        self._own()
        self._where()
        for param in route.endpoint.params:
            self._filter(param)
        self._settle()

    def _settle(self) -> None:
        """Let what expressions asked for beforehand stand before the query."""
        self._route.flush_before()

    def _parent(self) -> None:
        parent, table = self._route.endpoint.parent, self._route.item()
        if parent is not None:
            column = table.columns[parent.field]
            found = self._route.service.blueprint.tables[parent.entity]
            self.always.append(f"{table.model}.{column.attribute} == {found.variable}.id")

    def _own(self) -> None:
        """Show only the caller's items, where the parent does not see to it."""
        route, table = self._route, self._route.item()
        access, parent = route.endpoint.access, route.endpoint.parent
        if not access.own:
            return
        path = route.service.blueprint.owner_path(table.name)
        if not path:
            users = route.service.blueprint.users
            condition = f"{table.model}.id == current_user.id"
            if users is None or users.name != table.name:
                return
        elif parent is not None and path[0].name == parent.field:
            return
        else:
            binder = route.service.binder
            owner = binder.attribute(self._row, path[-1], path[:-1])
            users_scope = route.service.user
            assert users_scope is not None, "what is owned has users"  # noqa: S101 -- says it to mypy
            caller = binder.attribute(
                users_scope, route.service.blueprint.tables[users_scope.entity].id
            )
            condition = tidy(self.sql.truth(Comparison("==", owner, caller)))
        if access.sees_all:
            check = role_check(route.service, access.sees_all, among=False)
            self.later.append(f"if {check}:\n    {self._adding([condition])}")
        else:
            self.always.append(condition)

    def _adding(self, conditions: Iterable[str]) -> str:
        return self._add.format(", ".join(conditions))

    def _bind(self, text: str, given: Sequence[str] = ()) -> Bound:
        route = self._route
        arguments = route.service.arguments(route.endpoint, given)
        return route.service.binder.condition(text, self._row, arguments=arguments)

    def _where(self) -> None:
        """Write the endpoint's own condition, without the parts whose parameter is not given."""
        if self._route.endpoint.where is None:
            return
        for part in conjuncts(self._bind(self._route.endpoint.where)):
            asked = self._optional(part)
            if asked:
                self.later.append(self._guarded(asked, [part]))
            else:
                self.always.append(tidy(self.sql.truth(part)))

    def _optional(self, node: Bound) -> list[str]:
        names = [part.name for part in each(node) if isinstance(part, Argument) and part.nullable]
        return list(dict.fromkeys(names))

    def _guarded(self, names: Sequence[str], parts: Sequence[Bound]) -> str:
        """Write conditions for the case that optional parameters are given."""
        given = " and ".join(f"{self._route.arguments[name]} is not None" for name in names)
        known = [_known(part, names) for part in parts]
        return f"if {given}:\n    {self._adding(tidy(self.sql.truth(part)) for part in known)}"

    def _filter(self, param: Param) -> None:
        if param.where is None:
            return
        node = self._bind(param.where, given=[param.name])
        branches = self._branches(param, node)
        lines = branches or self._applied(node)
        complete = bool(branches) and "\nelse:" not in branches[0]
        if param.required or param.default is not None or complete:
            self.later += lines
            return
        variable = self._route.arguments[param.name]
        body = "\n".join(f"    {line}" for text in lines for line in text.split("\n"))
        self.later.append(f"if {variable} is not None:\n{body}")

    def _applied(self, node: Bound) -> list[str]:
        """Write a condition, part by part, so that each applies when its parameters are given."""
        parts = conjuncts(node)
        always = [part for part in parts if not self._optional(part)]
        lines = []
        if always:
            lines.append(self._adding(tidy(self.sql.truth(part)) for part in always))
        lines += [self._guarded(self._optional(p), [p]) for p in parts if p not in always]
        return lines

    def _branches(self, param: Param, node: Bound) -> list[str]:
        """Write `period == 'week' and … or period == 'month' and …` as a chain of ifs.

        Only where every branch asks for another value of the parameter, so that at most one holds.
        """
        if not isinstance(node, Junction) or node.operator != "or":
            return []
        seen: list[object] = []
        lines: list[str] = []
        for part in node.parts:
            fixed = [p for p in conjuncts(part) if not self.sql.depends(p)]
            moving = [p for p in conjuncts(part) if self.sql.depends(p)]
            value = _asked(fixed, param.name)
            if value is None or value in seen or not moving:
                return []
            word = "elif" if seen else "if"
            seen.append(value)
            inner = [line for text in self._all(moving) for line in text.split("\n")]
            head = tidy(self._route.writer.truth(fixed[0]))
            lines += [f"{word} {head}:", *(f"    {line}" for line in inner)]
        if set(seen) != set(param.choices):
            lines += ["else:", f"    {self._adding(['literal(False)'])}"]
        return ["\n".join(lines)]

    def _all(self, parts: Sequence[Bound]) -> list[str]:
        both = parts[0] if len(parts) == 1 else Junction("and", tuple(parts))
        return self._applied(both)


def _asked(fixed: Sequence[Bound], name: str) -> object:
    """Return the value that a branch wants a parameter to have, if that is all it wants."""
    match fixed:
        case [Comparison(operator="==", left=Argument(name=asked), right=Value(value=value))]:
            return value if asked == name else None
        case _:
            return None


def _known(node: Bound, names: Sequence[str]) -> Bound:
    """Take parameters as given, in a place where that was looked into."""

    def change(part: Bound) -> Bound | None:
        if isinstance(part, Argument) and part.name in names:
            return replace(part, nullable=False)
        return None

    return mapped(node, change)


def order_code(table: Table, names: Sequence[str], sql: SqlWriter, *, route: Route) -> list[str]:
    """Write what a query is ordered by; the id decides between equals.

    Empty values come last, whatever the database.
    """
    parts = []
    for name in names:
        column = table.columns[name.removeprefix("-")]
        parts.append(_ordered(route, column, sql, descending=name.startswith("-")))
    if not any(name.lstrip("-") == "id" for name in names):
        newest = bool(names) and names[0].startswith("-")
        parts.append(f"{table.model}.id{'.desc()' if newest else ''}")
    return parts


def _ordered(route: Route, column: Column, sql: SqlWriter, *, descending: bool) -> str:
    row = next(iter(sql.rows))
    node = route.service.binder.attribute(row, column)
    code = tidy(sql.value(node))
    code = f"{code}.desc()" if descending else code
    return f"{code}.nulls_last()" if node.nullable else code


def sorting(route: Route, sql: SqlWriter) -> str | None:
    """Take the parameters of a list that clients may sort; return the order as an expression."""
    endpoint, table = route.endpoint, route.item()
    if not endpoint.sortable:
        return None
    variable = "sort"  # no parameter and no item is called that
    names = list(dict.fromkeys(endpoint.sortable))
    alias = (
        f"Query(alias={literal(endpoint.sort_param)})" if variable != endpoint.sort_param else ""
    )
    both = endpoint.order_param is not None
    choices = names if both else [sign + name for name in names for sign in ("", "-")]
    route.query.append((variable, _choice(variable, choices, alias)))
    columns = {name: table.columns[name] for name in names}
    orders = []
    for name, column in columns.items():
        up = _ordered(route, column, sql, descending=False)
        down = _ordered(route, column, sql, descending=True)
        if both:
            orders.append(f"{literal(name)}: ({up}, {down})")
        else:
            orders += [f"{literal(name)}: {up}", f"{literal('-' + name)}: {down}"]
    route.lines.append(f"orders: dict[str, Any] = {{{', '.join(orders)}}}")
    default = ", ".join(order_code(table, endpoint.order_by, sql, route=route))
    chosen = f"orders[{variable}]"
    if both:
        chosen = f'{chosen}[{_direction(route)} == "desc"]'
    route.lines.append(
        f"ordering: list[Any] = [{chosen}, {table.model}.id] if {variable} else [{default}]"
    )
    return "*ordering"


def _direction(route: Route) -> str:
    """Take the parameter that turns an order round."""
    order = route.local("direction")
    shown = route.endpoint.order_param or ""
    alias = f"Query(alias={literal(shown)})" if order != shown else ""
    kind = 'Literal["asc", "desc"]'
    kind = f"Annotated[{kind}, {alias}]" if alias else kind
    route.query.append((order, f'{order}: {kind} = "asc"'))
    return order


def _choice(variable: str, choices: Sequence[str], alias: str) -> str:
    kind = f"Literal[{', '.join(literal(choice) for choice in choices)}] | None"
    kind = f"Annotated[{kind}, {alias}]" if alias else kind
    return f"{variable}: {kind} = None"


def include_query(route: Route, include: Include) -> str:
    """Write the query of a list inside an answer."""
    service, owner = route.service, route.item()
    table = service.blueprint.tables[include.entity]
    rows = service.binder.rows(include.entity)
    sql = SqlWriter(route.writer, {rows: table.model})
    column = table.columns[include.field]
    conditions = [f"{table.model}.{column.attribute} == {owner.variable}.id"]
    if include.where is not None:
        arguments = service.arguments(route.endpoint)
        node = service.binder.condition(
            include.where, Scope("this", owner.name), row=rows, arguments=arguments
        )
        conditions += [tidy(code) for code in sql.conditions([node])]
    order = order_code(table, include.order_by, sql, route=route)
    return f"select({table.model}).where({', '.join(conditions)}).order_by({', '.join(order)})"
