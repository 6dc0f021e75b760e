"""Writes the routes that answer with figures."""

from __future__ import annotations

from quantumlayer.offline.writing._bound import Bound, Scope, Total
from quantumlayer.offline.writing._items import find
from quantumlayer.offline.writing._kinds import Kind
from quantumlayer.offline.writing._lists import page_code
from quantumlayer.offline.writing._models import ANNOTATIONS
from quantumlayer.offline.writing._names import ATTRIBUTES, Names, member, pascal, snake
from quantumlayer.offline.writing._python import PythonWriter
from quantumlayer.offline.writing._query import Conditions
from quantumlayer.offline.writing._route import Route
from quantumlayer.offline.writing._schemas import Field
from quantumlayer.offline.writing._source import tidy
from quantumlayer.offline.writing._sql import SqlWriter, ask
from quantumlayer.offline.writing._text import literal

__all__ = ["report"]


def report(route: Route) -> None:
    """Write a route that answers with figures, or with rows of them."""
    endpoint = route.endpoint
    if endpoint.group_by is not None:
        _grouped(route)
        return
    on_item = route.service.item_param(endpoint) is not None
    conditions: Conditions | None = None
    if on_item:
        find(route)
    else:
        route.find_parent()
    route.query_params()
    _rules(route)
    if not on_item and endpoint.entity is not None:
        conditions = Conditions(route, "conditions += [{}]")
        if conditions.later:
            listed = ", ".join(conditions.always)
            route.lines.append(f"conditions: list[ColumnElement[bool]] = [{listed}]")
            route.lines += conditions.later
    this = Scope("this", endpoint.entity) if endpoint.entity is not None else None
    writer = _writer(route, conditions)
    fields, given = [], []
    names = Names(ATTRIBUTES)
    for name, text in endpoint.returns.items():
        node = route.service.binder.bind(text, this, arguments=route.service.arguments(endpoint))
        attribute = names.take(member(name))
        fields.append(Field(attribute, name, _annotation(node)))
        given.append(f"{attribute}={tidy(writer.value(node))}")
    for line in writer.before:
        name, _, value = line.partition(" = ")
        route.lines.append(f"{name} = {tidy(value)}")
    schema = route.service.schemas.report(endpoint, _wish(route), fields)
    route.returns = schema
    route.lines.append(f"return {schema}({', '.join(given)})")


def _rules(route: Route) -> None:
    if route.endpoint.entity is None:
        return
    words = {"report", *([route.endpoint.name] if route.endpoint.name else [])}
    rules = route.service.rules_for(route.endpoint.entity, words)
    route.lines += route.rules.calls(rules, route.item().variable, route.arguments)


def _writer(route: Route, conditions: Conditions | None) -> PythonWriter:
    """Make a writer whose aggregates over the report's entity keep to its conditions."""
    extra = []
    if conditions is not None:
        extra = ["*conditions"] if conditions.later else conditions.always
    entity = route.endpoint.entity

    def total(writer: PythonWriter, node: Total) -> str:
        return ask(writer, node, extra if node.scope.entity == entity else ())

    return PythonWriter(
        route.service.binder,
        route.writer.names,
        arguments=route.arguments,
        total=total,
        taken=route.writer.taken,
    )


def _annotation(node: Bound) -> str:
    plain = "Money" if node.kind is Kind.MONEY else ANNOTATIONS.get(node.kind, "object")
    return f"{plain} | None" if node.nullable else plain


def _wish(route: Route) -> str:
    endpoint = route.endpoint
    words = [part for part in endpoint.path.split("/") if part and not part.startswith("{")]
    name = pascal(endpoint.name or (words[-1] if words else "Report"))
    return name if route.table is None else f"{route.table.model}{name}"


def _grouped(route: Route) -> None:
    """Write a report with one row for each value of an expression."""
    table, endpoint = route.item(), route.endpoint
    route.find_parent()
    route.query_params()
    _rules(route)
    conditions = Conditions(route, "query = query.where({})")
    row = Scope("this", table.name)
    sql = SqlWriter(route.writer, {row: table.model}, joining=True, grouped=table.name)
    binder, arguments = route.service.binder, route.service.arguments(endpoint)
    group = binder.bind(endpoint.group_by or "", row, arguments=arguments)
    group_code = tidy(sql.selected(group))
    if not group_code.replace(".", "").isidentifier():  # one object, so that it is one parameter
        name = route.local(snake(endpoint.group_name))
        route.flush_before()
        route.lines.append(f"{name} = {group_code}")
        group_code = name
    names = Names(ATTRIBUTES | {"count", "index"})
    label = names.take(member(endpoint.group_name))
    fields = [Field(label, endpoint.group_name, _annotation(group))]
    selected, labels = (
        [f"{_labelled(group_code)}.label({literal(label)})"],
        {endpoint.group_name: label},
    )
    for name, text in endpoint.returns.items():
        node = binder.bind(text, row, arguments=arguments)
        attribute = names.take(member(name))
        labels[name] = attribute
        fields.append(Field(attribute, name, _annotation(node)))
        selected.append(f"{_labelled(tidy(sql.selected(node)))}.label({literal(attribute)})")
    route.flush_before()
    where = f".where({', '.join(conditions.always)})" if conditions.always else ""
    start = f"select({', '.join(selected)}).select_from({table.model}){''.join(sql.joins)}"
    route.lines += [f"query = {start}{where}.group_by({group_code})", *conditions.later]
    schema = route.service.schemas.report(endpoint, _wish(route), fields)
    nullable = {field.name for field in fields if field.type.endswith("| None")}
    order = _order(route, labels, group_code, nullable)
    page_code(route, schema, f"query.order_by({order})", row=schema)


def _labelled(code: str) -> str:
    """Put an operation in brackets, so that a label can be given to it."""
    return code if code.endswith(")") or code.replace(".", "").isidentifier() else f"({code})"


def _order(route: Route, labels: dict[str, str], group: str, nullable: set[str]) -> str:
    """Write what rows are ordered by, the group at last; empty values come last."""
    parts = []
    for name in route.endpoint.order_by:
        member = name.lstrip("-")
        if member not in labels:
            continue
        code, down = literal(labels[member]), name.startswith("-")
        if member in nullable:
            parts.append(f"{'desc' if down else 'asc'}({code}).nulls_last()")
        else:
            parts.append(f"desc({code})" if down else code)
    last = f"{group}.nulls_last()" if route.endpoint.group_name in nullable else group
    return ", ".join([*parts, last])
