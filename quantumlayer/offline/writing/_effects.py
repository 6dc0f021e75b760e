"""Writes what requests change besides: effects, new items, and the locks they take."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from quantumlayer.agents import Creation, Effect
from quantumlayer.agents.expressions import python_expression
from quantumlayer.errors import DesignError
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import (
    Attribute,
    Scope,
)
from quantumlayer.offline.writing._making import Making
from quantumlayer.offline.writing._route import Route
from quantumlayer.offline.writing._rules import Locks
from quantumlayer.offline.writing._source import tidy
from quantumlayer.offline.writing._sql import SqlWriter

__all__ = ["bulk_locks", "creations", "effect_locks", "effects", "on_update", "other_locks"]


def effect_locks(route: Route) -> Locks:
    """Return the references whose targets the endpoint's effects change."""
    table = route.item()
    found = set()
    for effect in route.endpoint.effects:
        if effect.entity is None and "." in effect.target:
            found |= {*_path(route, table, effect.target)[0]}
    return Locks(references=frozenset(found))


def _path(route: Route, table: Table, target: str) -> tuple[tuple[Column, ...], Column]:
    node = route.service.binder.bind(target, Scope("this", table.name))
    if not isinstance(node, Attribute):
        raise DesignError(target, "it is no field that can be set")
    return node.hops, node.column


def other_locks(route: Route, locks: Locks) -> list[str]:
    """Write the locks that no finder takes."""
    lines = []
    if locks.user:
        users = route.service.blueprint.users
        if users is not None:
            lines.append(f"lock_rows(session, {users.model}, current_user.id)")
    tables = route.service.blueprint.tables
    lines += [f"lock_table(session, {tables[name].model})" for name in sorted(locks.tables)]
    return lines


# --- effects -------------------------------------------------------------------------------------


def effects(route: Route, effects: Iterable[Effect]) -> list[str]:
    """Write assignments to the item, to items it refers to, or to all items of an entity."""
    lines = []
    for effect in effects:
        if effect.entity is not None:
            lines += _bulk(route, effect)
            continue
        table = route.item()
        hops, column = _path(route, table, effect.target)
        lines += _assignment(
            route, table.variable, hops, column, _effect_value(route, effect, column)
        )
    return lines


def _effect_value(route: Route, effect: Effect, column: Column, row: Scope | None = None) -> str:
    this = Scope("this", route.item().name)
    node = route.service.binder.bind(
        effect.value,
        this,
        row=row,
        arguments=route.service.arguments(route.endpoint),
        kind=column.kind,
    )
    return tidy(route.writer.value(node))


def _assignment(
    route: Route, item: str, hops: Sequence[Column], column: Column, value: str
) -> list[str]:
    before = route.written_before()
    target, guards = item, []
    for hop in hops:
        target = f"{target}.{hop.relation}"
        guards += [f"{target} is not None"] if hop.nullable else []
    lines = [*before, _changed(f"{target}.{column.attribute}", value)]
    if guards:
        body = "\n".join(f"    {line}" for line in lines)
        return [f"if {' and '.join(guards)}:\n{body}"]
    return lines


def _changed(target: str, value: str) -> str:
    """Write an assignment, with `+=` where the new value goes from the old one."""
    signs = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
    tree = python_expression(value)
    if isinstance(tree, ast.BinOp) and type(tree.op) in signs and ast.unparse(tree.left) == target:
        return f"{target} {signs[type(tree.op)]}= {tidy(ast.unparse(tree.right))}"
    return f"{target} = {value}"


def _bulk(route: Route, effect: Effect) -> list[str]:
    service = route.service
    table = service.blueprint.table(effect.entity)
    row = service.binder.rows(table.name)
    variable = table.variable
    if variable == route.item().variable:
        variable = f"other_{variable}"
    query = _bulk_query(route, effect, table, row)
    node = service.binder.bind(effect.target, Scope("this", route.item().name), row=row)
    if not isinstance(node, Attribute):
        raise DesignError(effect.target, "it is no field that can be set")
    route.writer.names[row] = variable
    inner = _assignment(
        route, variable, node.hops, node.column, _effect_value(route, effect, node.column, row)
    )
    touched = on_update(route, table, variable, row) if not node.hops else []
    body = "\n".join(f"    {line}" for text in [*inner, *touched] for line in text.split("\n"))
    return [f"for {variable} in session.scalars({query}):\n{body}"]


def _bulk_query(route: Route, effect: Effect, table: Table, row: Scope, what: str = "") -> str:
    sql = SqlWriter(route.writer, {row: table.model})
    conditions: list[str] = []
    if effect.where is not None:
        node = route.service.binder.condition(
            effect.where,
            Scope("this", route.item().name),
            row=row,
            arguments=route.service.arguments(route.endpoint),
        )
        conditions = [tidy(code) for code in sql.conditions([node])]
    where = f".where({', '.join(conditions)})" if conditions else ""
    return f"select({what or table.model}){where}"


def bulk_locks(route: Route) -> list[str]:
    """Lock what bulk effects change through a reference, before rules look at it."""
    lines = []
    for effect in route.endpoint.effects:
        if effect.entity is None or "." not in effect.target:
            continue
        table = route.service.blueprint.table(effect.entity)
        row = route.service.binder.rows(table.name)
        node = route.service.binder.bind(effect.target, Scope("this", route.item().name), row=row)
        if isinstance(node, Attribute) and len(node.hops) == 1:
            target = route.service.blueprint.table(node.hops[0].references)
            ids = f"{table.model}.{node.hops[0].attribute}"
            query = _bulk_query(route, effect, table, row, ids)
            lines.append(f"lock_rows(session, {target.model}, *session.scalars({query}))")
    return lines


def on_update(route: Route, table: Table, item: str, this: Scope | None = None) -> list[str]:
    """Write what changes with every change of an item: `updated_at`."""
    this, lines = this or Scope("this", table.name), []
    for column in table.stored_columns:
        if column.spec is None or column.spec.on_update is None:
            continue
        node = route.service.binder.bind(column.spec.on_update, this, kind=column.kind)
        code = tidy(route.writer.value(node))
        lines += [*route.written_before(), f"{item}.{column.attribute} = {code}"]
    return lines


def creations(route: Route, creations: Iterable[Creation]) -> list[str]:
    """Write the items that come to be along with a change."""
    lines: list[str] = []
    for creation in creations:
        table = route.service.blueprint.tables[creation.entity]
        this = Scope("this", route.item().name)
        given = {}
        for name, text in creation.values.items():
            column = table.columns[name]
            node = route.service.binder.bind(
                text, this, arguments=route.service.arguments(route.endpoint), kind=column.kind
            )
            given[column.attribute] = tidy(route.writer.value(node))
        lines += route.written_before()
        variable = table.variable if table.name != route.item().name else f"new_{table.variable}"
        making = Making(route, table)
        route.writer.names[making.this] = variable
        made = making.construct([], "body", given, variable)
        route.writer.names[this] = route.item().variable
        rules = route.service.rules_for(table.name, {"create"})
        calls = route.rules.calls(rules, variable, {}, creating=True)
        if len(made) == 1 and not calls:
            lines.append(f"session.add({made[0].split(' = ', 1)[1]})")
        else:
            lines += [*made, f"session.add({variable})"]
            lines += ["session.flush()", *calls] if calls else []
    return lines
