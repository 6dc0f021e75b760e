"""Writes the routes that work on one item: create, read, change, delete, act, redirect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quantumlayer.agents import Rule
from quantumlayer.errors import DesignError
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import (
    Attribute,
    Scope,
    attributes,
)
from quantumlayer.offline.writing._effects import (
    bulk_locks,
    creations,
    effect_locks,
    effects,
    on_update,
    other_locks,
)
from quantumlayer.offline.writing._making import Making, assigned, flushed, references
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._query import Conditions, include_query, order_code
from quantumlayer.offline.writing._route import Route
from quantumlayer.offline.writing._rules import Locks
from quantumlayer.offline.writing._schemas import include_attribute
from quantumlayer.offline.writing._source import tidy
from quantumlayer.offline.writing._text import listed, literal

__all__ = ["action", "create", "delete", "first", "read", "redirect", "update"]


# --- create --------------------------------------------------------------------------------------


def create(route: Route) -> None:
    """Write a route that stores a new item."""
    table, endpoint = route.item(), route.endpoint
    rules = route.service.rules_for(table.name, route.service.triggers(endpoint))
    locks = route.rules.locks(rules) | effect_locks(route)
    making = Making(route, table)
    columns = route.service.body_columns(endpoint)
    if columns:
        route.body = route.service.schemas.body(table, columns, endpoint)
    owner = table.owner
    by_caller = owner is not None and endpoint.access.login
    if by_caller and owner in locks.references:
        locks = locks | Locks(user=True)
    parent_column = table.columns[endpoint.parent.field] if endpoint.parent is not None else None
    parent = route.find_parent(lock=parent_column in locks.references)
    route.lines += _ordered_locks(route, columns, locks)
    followed = _followed(route, making)
    given = _looked_up(route, columns, locks, followed)
    route.lines += other_locks(route, locks)
    if parent is not None and parent_column is not None:
        given[parent_column.attribute] = f"{parent.variable}.id"
        if parent_column in followed:
            given[str(parent_column.relation)] = parent.variable
    if by_caller and owner is not None:
        given[owner.attribute] = "current_user.id"
        if owner in followed:
            given[str(owner.relation)] = "current_user"
    item = table.variable
    own = [e for e in endpoint.effects if e.entity is None and "." not in e.target]
    others = [e for e in endpoint.effects if e not in own]
    route.lines += making.construct(columns, "body", given, item)
    route.lines += effects(route, own)
    route.lines.append(f"session.add({item})")
    after = effects(route, others) + creations(route, endpoint.creates)
    calls = route.rules.calls(rules, item, route.arguments, creating=True)
    calls += _children_rules(route, table, columns)
    bulk = bulk_locks(route)
    route.lines += flushed(table, needed=bool(calls or after))
    route.lines += [*bulk, *calls, *after, "session.commit()"]
    _answer_item(route)


def _followed(route: Route, making: Making) -> set[Column]:
    """Return the references that are followed before the new item is stored."""
    found = making.needed()
    for effect in route.endpoint.effects:
        if effect.entity is None and "." not in effect.target:
            node = route.service.binder.bind(
                effect.value, making.this, arguments=route.service.arguments(route.endpoint)
            )
            found |= {a.hops[0] for a in attributes(node) if a.hops and a.scope == making.this}
    return found


def _looked_up(
    route: Route, columns: Sequence[Column], locks: Locks, followed: set[Column]
) -> dict[str, str]:
    """Check the references of a body; keep the items that are needed at once."""
    given: dict[str, str] = {}
    for column in columns:
        if not column.reference:
            continue
        check = next(iter(references(route, [column], "body", locks)))
        if column in followed:
            target = route.service.blueprint.table(column.references)
            variable = route.local_item(target, str(column.relation))
            route.lines.append(assigned(variable, check))
            given[str(column.relation)] = variable
        else:
            route.lines.append(check)
    return given


def _ordered_locks(route: Route, columns: Sequence[Column], locks: Locks) -> list[str]:
    """Lock two items of one table in the order of their ids, so that requests cannot entangle."""
    lines = []
    by_target: dict[str | None, list[Column]] = {}
    for column in columns:
        if column in locks.references:
            by_target.setdefault(column.references, []).append(column)
    for target, several in by_target.items():
        if len(several) > 1:
            table = route.service.blueprint.table(target)
            ids = ", ".join(f"body.{route.service.schemas.attribute(c)}" for c in several)
            lines.append(f"lock_rows(session, {table.model}, {ids})")
    return lines


def _children_rules(route: Route, table: Table, columns: Iterable[Column]) -> list[str]:
    lines = []
    for column in columns:
        if not column.children:
            continue
        child = route.service.blueprint.table(column.references)
        rules = route.service.rules_for(child.name, {"create"})
        calls = route.rules.calls(rules, child.variable, {}, creating=True)
        if calls:
            body = "\n".join(f"    {line}" for line in calls)
            lines.append(f"for {child.variable} in {table.variable}.{column.attribute}:\n{body}")
    return lines


# --- read ----------------------------------------------------------------------------------------


def find(route: Route, *, lock: bool = False) -> None:
    """Find the item that the path names, the caller itself, or the first that fits."""
    table, endpoint = route.item(), route.endpoint
    param = route.service.item_param(endpoint)
    if param is None:
        _find_without_id(route, lock=lock)
        return
    parent = route.find_parent()
    call = route.finders.call(
        table,
        route.arguments[param],
        lookup=endpoint.lookup,
        access=endpoint.access,
        where=endpoint.where,
        lock=lock,
    )
    route.lines.append(f"{table.variable} = {call}")
    if parent is not None and endpoint.parent is not None:
        column = table.columns[endpoint.parent.field]
        text = literal(f"This {parent.label} has no such {table.label}.")
        route.lines.append(
            f"if {table.variable}.{column.attribute} != {parent.variable}.id:\n"
            f"    raise NotFoundError({text})"
        )


def _find_without_id(route: Route, *, lock: bool) -> None:
    table, endpoint = route.item(), route.endpoint
    users = route.service.blueprint.users
    if (
        users is not None
        and users.name == table.name
        and endpoint.access.login
        and not endpoint.where
    ):
        route.lines.append(f"{table.variable} = current_user")
        return
    route.find_parent()
    if not route.takes_arguments:
        route.query_params()
    conditions = Conditions(route, "query = query.where({})")
    order = order_code(table, endpoint.order_by, conditions.sql, route=route)
    where = f".where({', '.join(conditions.always)})" if conditions.always else ""
    ending = f".order_by({', '.join(order)}).limit(1){'.with_for_update()' if lock else ''}"
    if conditions.later:
        route.lines += [f"query = select({table.model}){where}", *conditions.later]
        route.lines.append(f"{table.variable} = session.scalar(query{ending})")
    else:
        route.lines.append(
            f"{table.variable} = session.scalar(select({table.model}){where}{ending})"
        )
    error = "ConflictError" if endpoint.missing_status == 409 else "NotFoundError"  # noqa: PLR2004 -- conflict
    text = literal(f"There is no such {table.label}.")
    route.lines.append(f"if {table.variable} is None:\n    raise {error}({text})")


def _answer_item(route: Route) -> None:
    """Answer with the item, and the lists that go with it."""
    table, endpoint = route.item(), route.endpoint
    if endpoint.status == 204:  # noqa: PLR2004 -- no content
        return
    schemas = route.service.schemas
    words = [part for part in endpoint.path.split("/") if part and not part.startswith("{")]
    wish = f"{table.model}{_pascal(endpoint.name or (words[-1] if words else 'View'))}"
    plain = schemas.output(table, endpoint.shows, wish=wish)
    if not endpoint.includes:
        route.answer, route.returns = plain, table.model
        route.lines.append(f"return {table.variable}")
        return
    whole = schemas.output(table, endpoint.shows, includes=endpoint.includes, wish=wish)
    route.returns = whole
    parts = [f"**{plain}.model_validate({table.variable}).model_dump()"]
    for include in endpoint.includes:
        name = include_attribute(include)
        inner = schemas.output(
            route.service.blueprint.tables[include.entity],
            include.shows,
            wish=f"{table.model}{_pascal(include.name)}",
        )
        query = include_query(route, include)
        route.flush_before()
        parts.append(f"{name}=[{inner}.model_validate(row) for row in session.scalars({query})]")
    route.lines.append(f"return {whole}({', '.join(parts)})")


def _pascal(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in snake(text).split("_"))


def read(route: Route) -> None:
    """Write a route that shows an item."""
    find(route)
    _answer_item(route)


def first(route: Route) -> None:
    """Write a route that shows the first item of what would be a list."""
    _find_without_id(route, lock=False)
    _answer_item(route)


def redirect(route: Route) -> None:
    """Write a route that sends the client to the address an item holds."""
    table, endpoint = route.item(), route.endpoint
    changes = bool(endpoint.effects)
    find(route, lock=changes)
    rules = route.service.rules_for(table.name, route.service.triggers(endpoint))
    route.lines += _before(route, table, rules)
    route.lines += route.rules.calls(rules, table.variable, route.arguments)
    if changes:
        route.writing = True
        route.lines += [*effects(route, endpoint.effects), "session.commit()"]
    if not endpoint.shows:
        raise DesignError(f"{endpoint.method} {endpoint.path}", "it shows no field to redirect to")
    target = table.columns[endpoint.shows[0]].attribute
    route.returns = "RedirectResponse"
    status = endpoint.status if 300 <= endpoint.status < 400 else 307  # noqa: PLR2004 -- redirects
    route.lines.append(f"return RedirectResponse({table.variable}.{target}, status_code={status})")


# --- change --------------------------------------------------------------------------------------


def update(route: Route) -> None:
    """Write a route that replaces an item, or changes parts of it."""
    table, endpoint = route.item(), route.endpoint
    item, partial = table.variable, endpoint.kind == "update"
    rules = route.service.rules_for(table.name, route.service.triggers(endpoint))
    locks = route.rules.locks(rules) | effect_locks(route)
    find(route, lock=True)
    columns = route.service.body_columns(endpoint)
    schemas = route.service.schemas
    if columns:
        route.body = (
            schemas.patch(table, columns) if partial else schemas.body(table, columns, endpoint)
        )
    fixed = [column for column in columns if column.spec is not None and column.spec.immutable]
    free = [column for column in columns if column not in fixed]
    route.lines += [_unchanged(route, table, column) for column in fixed]
    route.lines += _moved(route, table, free, locks, partial=partial)
    route.lines += other_locks(route, locks)
    route.lines += _before(route, table, rules)
    making = Making(route, table)
    route.lines += _applied(route, making, free, fixed, partial=partial)
    route.lines += on_update(route, table, item)
    calls = route.rules.calls(rules, item, route.arguments)
    calls += _children_rules(route, table, free)
    after = effects(route, endpoint.effects) + creations(route, endpoint.creates)
    route.lines += flushed(table, needed=bool(calls))
    route.lines += [*bulk_locks(route), *calls, *after, "session.commit()"]
    _answer_item(route)


def _unchanged(route: Route, table: Table, column: Column) -> str:
    new = f"body.{route.service.schemas.attribute(column)}"
    text = literal(
        f"The {snake(column.name).replace('_', ' ')} of {table.a_label} cannot be changed."
    )
    return (
        f"if {new} is not None and {new} != {table.variable}.{column.attribute}:\n"
        f"    raise ConflictError({text})"
    )


def _moved(
    route: Route, table: Table, free: Sequence[Column], locks: Locks, *, partial: bool
) -> list[str]:
    """Check the items that the body refers to, and lock those that rules count by."""
    plain = [column for column in free if column not in locks.references]
    lines = list(references(route, plain, "body", Locks(), partial=partial))
    for column in table.columns.values():
        if column not in locks.references:
            continue
        key = f"{table.variable}.{column.attribute}"
        sent = f"body.{route.service.schemas.attribute(column)}"
        variable = key if column not in free else sent
        if column in free and partial:
            variable = route.local(column.attribute)
            lines.append(f"{variable} = {key} if {sent} is None else {sent}")
        target = route.service.blueprint.table(column.references)
        call = route.finders.visible(target, variable, route.endpoint, lock=True)
        lines.append(f"if {variable} is not None:\n    {call}" if column.nullable else call)
    return lines


def _applied(
    route: Route, making: Making, free: Sequence[Column], fixed: Sequence[Column], *, partial: bool
) -> list[str]:
    """Write the assignment of a body to the item."""
    item, lines = making.table.variable, []
    schemas = route.service.schemas
    special = making.bodied(free)
    plain = [column for column in free if column not in special]
    if plain:
        without = [literal(schemas.attribute(column)) for column in [*fixed, *special]]
        options = [f"exclude={{{', '.join(without)}}}"] if without else []
        options += ["exclude_unset=True"] if partial else []
        lines.append(
            f"for name, value in body.model_dump({', '.join(options)}).items():\n"
            f"    setattr({item}, name, value)"
        )
    for column in special:
        sent = f"body.{schemas.attribute(column)}"
        if column.children:
            change = [f"{item}.{column.attribute}.clear()", *making.children(column, "body", item)]
            if change[1].startswith(f"{item}."):
                change = change[1:]
        else:
            change = [f"{item}.{column.attribute} = hash_password({sent})"]
        if partial:
            body = "\n".join(f"    {line}" for text in change for line in text.split("\n"))
            change = [f"if {sent} is not None:\n{body}"]
        lines += change
    return lines


def delete(route: Route) -> None:
    """Write a route that deletes an item."""
    table, endpoint = route.item(), route.endpoint
    rules = route.service.rules_for(table.name, route.service.triggers(endpoint))
    find(route, lock=True)
    route.lines += _before(route, table, rules)
    route.lines += route.rules.calls(rules, table.variable, route.arguments)
    shown = endpoint.status != 204  # noqa: PLR2004 -- no content
    if shown:
        schema = route.service.schemas.output(table, endpoint.shows)
        route.returns = schema
        route.lines.append(f"answer = {schema}.model_validate({table.variable})")
    route.lines += effects(route, endpoint.effects)
    route.lines.append(f"session.delete({table.variable})")
    users = _restricting(route, table)
    if users:
        text = f"This {table.label} cannot be deleted: {listed(users)} refer to it."
        route.lines.append(f"store(session, {literal(text)})")
    route.lines.append("session.commit()")
    if shown:
        route.lines.append("return answer")


def _before(route: Route, table: Table, rules: list[Rule]) -> list[str]:
    """Keep the values that rules compare with, while the item still has them."""
    lines = []
    for name, node in route.rules.olds(rules).items():
        now = Attribute(Scope("this", table.name), node.hops, node.column, node.kind, node.nullable)
        lines.append(f"{name} = {tidy(route.writer.value(now))}")
    return lines


def _restricting(route: Route, table: Table) -> list[str]:
    """Name what keeps an item from being deleted: it refers to it, or to what goes with it."""
    blueprint = route.service.blueprint
    found: list[str] = []
    going = [table.name]
    for gone in going:  # it grows as others go with the item
        for other in blueprint.tables.values():
            for column in other.columns.values():
                if not column.reference or column.references != gone or column.spec is None:
                    continue
                how = column.spec.on_parent_delete
                if how == "cascade" or blueprint.parts_of(other.name) is column:
                    going.extend([other.name] if other.name not in going else [])
                elif how == "restrict" or not column.nullable:
                    found.append(other.plural)
    return list(dict.fromkeys(found))


# --- act -----------------------------------------------------------------------------------------


def action(route: Route) -> None:
    """Write a route that does something with an item."""
    table, endpoint = route.item(), route.endpoint
    rules = route.service.rules_for(table.name, route.service.triggers(endpoint))
    locks = route.rules.locks(rules) | effect_locks(route)
    if route.takes_arguments and endpoint.params:
        fields = [(route.variable(param), param) for param in endpoint.params]
        route.body = route.service.schemas.arguments(endpoint, table, fields)
    elif not route.takes_arguments:
        route.query_params()
    find(route, lock=True)
    for param in endpoint.params:
        if param.references is not None:
            key = route.arguments[param.name]
            target = route.service.blueprint.tables[param.references]
            lock = param.name in locks.arguments
            call = route.finders.visible(target, key, endpoint, lock=lock)
            optional = not param.required and param.default is None
            route.lines.append(f"if {key} is not None:\n    {call}" if optional else call)
    for column in table.columns.values():
        if column in locks.references:
            target = route.service.blueprint.table(column.references)
            line = f"lock_rows(session, {target.model}, {table.variable}.{column.attribute})"
            route.lines.append(line)
    route.lines += [*other_locks(route, locks), *bulk_locks(route)]
    route.lines += _before(route, table, rules)
    route.lines += route.rules.calls(rules, table.variable, route.arguments)
    route.lines += effects(route, endpoint.effects)
    if endpoint.effects:
        route.lines += on_update(route, table, table.variable)
    unique = any(
        table.columns[effect.target].spec is not None and table.columns[effect.target].spec.unique  # type: ignore[union-attr]
        for effect in endpoint.effects
        if effect.entity is None and effect.target in table.columns
    )
    route.lines += flushed(table, needed=False) if unique else []
    route.lines += [*creations(route, endpoint.creates), "session.commit()"]
    _answer_item(route)
