"""Writes the routes that answer with several items."""

from __future__ import annotations

from quantumlayer.agents import Pagination
from quantumlayer.offline.writing._query import Conditions, order_code, sorting
from quantumlayer.offline.writing._route import Route
from quantumlayer.offline.writing._text import literal

__all__ = ["list_items", "page_code"]


def list_items(route: Route) -> None:
    """Write a route that lists items."""
    table, endpoint = route.item(), route.endpoint
    route.find_parent()
    route.query_params()
    rules = route.service.rules_for(table.name, {"list", endpoint.name or "list"})
    route.lines += route.rules.calls(rules, table.variable, route.arguments)
    conditions = Conditions(route, "query = query.where({})")
    chosen = sorting(route, conditions.sql)
    order = chosen or ", ".join(order_code(table, endpoint.order_by, conditions.sql, route=route))
    where = f".where({', '.join(conditions.always)})" if conditions.always else ""
    query = f"select({table.model}){where}"
    if conditions.later:
        route.lines += [f"query = {query}", *conditions.later]
        query = "query"
    shown = route.service.schemas.output(
        table, endpoint.shows, wish=f"{table.model}{'Row' if endpoint.shows else 'Out'}"
    )
    page_code(route, shown, f"{query}.order_by({order})", row=table.model)


def page_code(route: Route, shown: str, query: str, *, row: str) -> None:
    """Write how a query is cut into pages and answered.

    Args:
        route: Where it is written.
        shown: The schema of one row.
        query: The query, in order.
        row: What the rows are: a mapped class, or the schema itself for rows that are made of it.
    """
    pagination = route.endpoint.pagination
    rows = f"session.scalars({query}).all()"
    mapped = row != shown
    if not mapped:
        rows = f"[{shown}(**row) for row in session.execute({query}).mappings()]"
    if pagination.style == "none":
        route.answer = f"list[{shown}]"
        route.returns = f"Sequence[{row}]"
        route.lines.append(f"return {rows}")
    elif pagination.style == "offset":
        _offset(route, shown, query, row, mapped=mapped)
    else:
        _pages(route, pagination, shown, query, mapped=mapped)


def _offset(route: Route, shown: str, query: str, row: str, *, mapped: bool) -> None:
    page = "page"  # no parameter and no item is called that
    route.query.append((page, f"{page}: {route.page_type()}"))
    route.answer, route.returns = f"list[{shown}]", f"Sequence[{row}]"
    if mapped:
        route.lines.append(f"return {page}.of(session, {query})")
    else:
        rows = f"session.execute({page}.cut(session, {query})).mappings()"
        route.lines.append(f"return [{shown}(**row) for row in {rows}]")


def _pages(route: Route, pagination: Pagination, shown: str, query: str, *, mapped: bool) -> None:
    table = route.item()
    number, size = "page", "page_size"  # no parameter and no item is called that
    largest = max(pagination.maximum_size, 1)
    default = min(max(pagination.default_size, 1), largest)
    for variable, name, bounds, start in (
        (number, pagination.page_param, "ge=1", 1),
        (size, pagination.size_param, f"ge=1, le={largest}", default),
    ):
        alias = f", alias={literal(name)}" if variable != name else ""
        route.query.append(
            (variable, f"{variable}: Annotated[int, Query({bounds}{alias})] = {start}")
        )
    name = route.service.schemas.page(shown, table, pagination)
    fields = {part.name: part.attribute for part in route.service.schemas.fields_of(name)}
    cut = f"query.limit({size}).offset(({number} - 1) * {size})"
    rows = f"[{shown}.model_validate(row) for row in session.scalars({cut})]"
    if not mapped:
        rows = f"[{shown}(**row) for row in session.execute({cut}).mappings()]"
    members = {
        pagination.items_member: rows,
        pagination.total_member: "count_rows(session, query)",
        pagination.page_member: number,
        pagination.size_member: size,
    }
    given = [f"{fields[member]}={code}" for member, code in members.items() if member in fields]
    route.returns = name
    route.lines += [f"query = {query}", f"return {name}({', '.join(given)})"]
