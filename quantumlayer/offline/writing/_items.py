"""Writes the routes that work on one item: create, read, change, delete, act, redirect."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from quantumlayer.agents import Creation, Effect
from quantumlayer.agents.expressions import python_expression
from quantumlayer.errors import DesignError
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import (
    Attribute,
    Bound,
    Function,
    Scope,
    attributes,
)
from quantumlayer.offline.writing._kinds import Kind
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._query import Conditions, include_query, order_code
from quantumlayer.offline.writing._route import Route
from quantumlayer.offline.writing._rules import Locks
from quantumlayer.offline.writing._source import tidy
from quantumlayer.offline.writing._sql import SqlWriter
from quantumlayer.offline.writing._text import listed, literal, sentence

__all__ = ["Making", "action", "create", "delete", "first", "read", "redirect", "update"]


class Making:
    """Writes how an item comes to be: from a body, from the caller, from what the design sets."""

    def __init__(self, route: Route, table: Table) -> None:
        self.route = route
        self.table = table
        self.this = Scope("this", table.name)

    def bodied(self, columns: Iterable[Column]) -> list[Column]:
        """Return the columns that are not simply taken from the body."""
        return [column for column in columns if column.children or self.secret(column)]

    def secret(self, column: Column) -> bool:
        """Tell whether a column holds the hash of a password."""
        auth = self.route.service.design.auth
        return (
            auth is not None
            and auth.entity == self.table.name
            and column.name == auth.password_field
        )

    def construct(
        self, columns: Sequence[Column], source: str, given: dict[str, str], item: str
    ) -> list[str]:
        """Write the statements that make an item.

        Args:
            columns: What the body has.
            source: The variable of the body.
            given: Values by attribute that come from elsewhere.
            item: The variable of the item.
        """
        self.route.writer.names[self.this] = item
        plain = [column for column in columns if column not in self.bodied(columns)]
        parts = []
        if plain:
            special = [literal(self._schema(column)) for column in self.bodied(columns)]
            without = f"exclude={{{', '.join(special)}}}" if special else ""
            parts.append(f"**{source}.model_dump({without})")
        for column in columns:
            if self.secret(column):
                parts.append(f"{column.attribute}=hash_password({source}.{self._schema(column)})")
        parts += [f"{name}={value}" for name, value in given.items()]
        set_later: list[str] = []
        for column, node in self._set_by_design({*given}):
            code = self._worked_out(column, node)
            if self._looks_at_item(node):
                set_later.append(f"{item}.{column.attribute} = {code}")
            else:
                parts.append(f"{column.attribute}={code}")
        lines = [f"{item} = {self.table.model}({', '.join(parts)})", *set_later]
        for column in columns:
            if column.children:
                lines += self.children(column, source, item)
        return lines

    def _schema(self, column: Column) -> str:
        return self.route.service.schemas.attribute(column)

    def _set_by_design(self, given: set[str]) -> list[tuple[Column, Bound]]:
        """Return what the design sets at creation, each behind what it is worked out from."""
        waiting = {}
        for column in self.table.stored():
            spec = column.spec
            if spec is None or column.attribute in given:
                continue
            text = spec.on_create or (spec.on_update if spec.required else None)
            if text is not None:
                waiting[column] = self._bind(text, column.kind)
        ordered: list[tuple[Column, Bound]] = []
        while waiting:
            ready = next(
                (
                    c
                    for c, node in waiting.items()
                    if not _reads(node, self.this) & {*waiting} - {c}
                ),
                next(iter(waiting)),
            )
            ordered.append((ready, waiting.pop(ready)))
        return ordered

    def _bind(self, text: str, kind: Kind) -> Bound:
        arguments = self.route.service.arguments(self.route.endpoint)
        return self.route.service.binder.bind(text, self.this, arguments=arguments, kind=kind)

    def _worked_out(self, column: Column, node: Bound) -> str:
        unique = column.spec is not None and column.spec.unique
        if isinstance(node, Function) and node.name == "random_code" and unique:
            length = self.route.writer.value(node.arguments[0])
            return f"unused_code(session, {self.table.model}.{column.attribute}, {length})"
        code = tidy(self.route.writer.value(node))
        self.route.flush_before()
        return code

    def _looks_at_item(self, node: Bound) -> bool:
        return any(attribute.scope == self.this for attribute in attributes(node))

    def children(self, column: Column, source: str, item: str) -> list[str]:
        """Write how the children in a body are made."""
        service = self.route.service
        child = service.blueprint.table(column.references)
        link = self.table.links[column.name]
        taken = [c for c in child.columns.values() if c.from_client and c is not link]
        making = Making(self.route, child)
        checks, given = [], {}
        followed = making.needed()
        for part in taken:
            for check in references(self.route, child, [part], "part", Locks()):
                if part in followed:
                    target = service.blueprint.table(part.references)
                    variable = self.route.local_item(target, str(part.relation))
                    checks.append(assigned(variable, check))
                    given[str(part.relation)] = variable
                else:
                    checks.append(check)
        lines = making.construct(taken, "part", given, child.variable)
        if checks or len(lines) > 1:
            inner = [*checks, *lines, f"{item}.{column.attribute}.append({child.variable})"]
            body = "\n".join(f"    {line}" for text in inner for line in text.split("\n"))
            return [f"for part in {source}.{column.attribute}:\n{body}"]
        made = lines[0].split(" = ", 1)[1]
        return [f"{item}.{column.attribute} = [{made} for part in {source}.{column.attribute}]"]

    def needed(self) -> set[Column]:
        """Return the references that are followed to work out what the design sets."""
        nodes = [node for _, node in self._set_by_design(set())]
        return {
            a.hops[0] for node in nodes for a in attributes(node) if a.hops and a.scope == self.this
        }


def _reads(node: Bound, this: Scope) -> set[Column]:
    return {a.column for a in attributes(node) if a.scope == this and not a.hops}


# --- references and locks ------------------------------------------------------------------------


def references(
    route: Route,
    table: Table,
    columns: Iterable[Column],
    source: str,
    locks: Locks,
    *,
    partial: bool = False,
) -> Iterable[str]:
    """Write the checks that the items a body refers to are there."""
    for column in columns:
        if not column.reference or column.spec is None:
            continue
        target = route.service.blueprint.table(column.references)
        key = f"{source}.{route.service.schemas.attribute(column)}"
        lock = column in locks.references
        call = route.finders.visible(target, key, route.endpoint, lock=lock)
        optional = partial or not (column.spec.required or column.spec.default is not None)
        yield f"if {key} is not None:\n    {call}" if optional else call


def assigned(variable: str, check: str) -> str:
    """Keep the item that a check finds."""
    head, _, call = check.rpartition("\n    ")
    condition = head.removeprefix("if ").removesuffix(":")
    code = f"({call} if {condition} else None)" if head else call
    return f"{variable} = {tidy(code)}"


def _effect_locks(route: Route) -> Locks:
    """Return the references whose targets the endpoint's effects change."""
    table = route.item()
    found = set()
    for effect in route.endpoint.effects:
        if effect.entity is None and "." in effect.target:
            found |= {column for column in _path(route, table, effect.target)[0]}
    return Locks(references=frozenset(found))


def _path(route: Route, table: Table, target: str) -> tuple[tuple[Column, ...], Column]:
    node = route.service.binder.bind(target, Scope("this", table.name))
    if not isinstance(node, Attribute):
        raise DesignError(target, "it is no field that can be set")
    return node.hops, node.column


def _other_locks(route: Route, locks: Locks) -> list[str]:
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


def _effects(route: Route, effects: Iterable[Effect]) -> list[str]:
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
    code = tidy(route.writer.value(node))
    return code


def _assignment(
    route: Route, item: str, hops: Sequence[Column], column: Column, value: str
) -> list[str]:
    before = [
        f"{name} = {tidy(code)}"
        for name, _, code in (x.partition(" = ") for x in route.writer.before)
    ]
    route.writer.before.clear()
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
    touched = _touched(table, variable) if not node.hops else []
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


def _bulk_locks(route: Route) -> list[str]:
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


def _touched(table: Table, item: str) -> list[str]:
    """Write what changes with every change: `updated_at`."""
    lines = []
    for column in table.stored():
        if column.spec is not None and column.spec.on_update is not None:
            lines.append((column, f"{item}.{column.attribute}"))
    return [f"{target} = {_now(column)}" for column, target in lines]


def _now(column: Column) -> str:
    text = column.spec.on_update if column.spec is not None else None
    return {"now()": "clock.now()", "today()": "clock.today()"}.get(text or "", "clock.now()")


def _on_update(route: Route, table: Table, item: str) -> list[str]:
    lines = []
    for column in table.stored():
        if column.spec is None or column.spec.on_update is None:
            continue
        node = route.service.binder.bind(
            column.spec.on_update, Scope("this", table.name), kind=column.kind
        )
        lines.append(f"{item}.{column.attribute} = {tidy(route.writer.value(node))}")
    return lines


def _creations(route: Route, creations: Iterable[Creation]) -> list[str]:
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
        lines += [
            f"{n} = {tidy(c)}" for n, _, c in (x.partition(" = ") for x in route.writer.before)
        ]
        route.writer.before.clear()
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


# --- constraints ---------------------------------------------------------------------------------


def unique_sentence(table: Table) -> str | None:
    """Say what is wrong when a constraint of uniqueness is broken; None where there is none."""
    sets: dict[frozenset[str], list[str]] = {}
    for column in table.stored():
        spec = column.spec
        if spec is None:
            continue
        if spec.unique:
            sets.setdefault(frozenset({spec.name}), [spec.name])
        if spec.unique_with:
            names = [spec.name, *spec.unique_with]
            sets.setdefault(frozenset(names), names)
    if not sets:
        return None
    words = [listed(_words(table, names)) for names in sets.values()]
    return sentence(f"There is {table.a_label} with this {listed(words, 'or')} already")


def _words(table: Table, names: Sequence[str]) -> list[str]:
    found = []
    for name in names:
        column = table.columns[name]
        found.append(snake(column.relation or name).replace("_", " "))
    return found


def flushed(route: Route, table: Table, *, needed: bool) -> list[str]:
    """Write the flush of a new or changed item, with what to say where it is refused."""
    text = unique_sentence(table)
    if text is not None:
        return [f"store(session, {literal(text)})"]
    return ["session.flush()"] if needed else []


# --- create --------------------------------------------------------------------------------------


def create(route: Route) -> None:
    """Write a route that stores a new item."""
    table, endpoint = route.item(), route.endpoint
    rules = route.service.rules_for(table.name, route.service.triggers(endpoint))
    locks = route.rules.locks(rules) | _effect_locks(route)
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
    route.lines += _other_locks(route, locks)
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
    route.lines += _effects(route, own)
    route.lines.append(f"session.add({item})")
    after = _effects(route, others) + _creations(route, endpoint.creates)
    calls = route.rules.calls(rules, item, route.arguments, creating=True)
    calls += _children_rules(route, table, columns)
    bulk = _bulk_locks(route)
    route.lines += flushed(route, table, needed=bool(calls or after))
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
        check = next(iter(references(route, route.item(), [column], "body", locks)))
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
        name = f"{snake(include.name)}"
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
    route.lines += route.rules.calls(rules, table.variable, route.arguments)
    if changes:
        route.writing = True
        route.lines += [*_effects(route, endpoint.effects), "session.commit()"]
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
    locks = route.rules.locks(rules) | _effect_locks(route)
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
    route.lines += _other_locks(route, locks)
    olds = route.rules.olds(rules)
    for name, node in olds.items():
        now = Attribute(Scope("this", table.name), node.hops, node.column, node.kind, node.nullable)
        route.lines.append(f"{name} = {tidy(route.writer.value(now))}")
    making = Making(route, table)
    route.lines += _applied(route, making, free, fixed, partial=partial)
    route.lines += _on_update(route, table, item)
    calls = route.rules.calls(rules, item, route.arguments)
    calls += _children_rules(route, table, free)
    effects = _effects(route, endpoint.effects) + _creations(route, endpoint.creates)
    route.lines += flushed(route, table, needed=bool(calls))
    route.lines += [*_bulk_locks(route), *calls, *effects, "session.commit()"]
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
    lines = list(references(route, table, plain, "body", Locks(), partial=partial))
    for column in table.columns.values():
        if column not in locks.references:
            continue
        key = f"{table.variable}.{column.attribute}"
        sent = f"body.{route.service.schemas.attribute(column)}"
        if column in free:
            key = f"{key} if {sent} is None else {sent}" if partial else sent
        variable = route.local(column.attribute)
        target = route.service.blueprint.table(column.references)
        call = route.finders.visible(target, variable, route.endpoint, lock=True)
        lines.append(f"{variable} = {key}")
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
    route.lines += route.rules.calls(rules, table.variable, route.arguments)
    shown = endpoint.status != 204  # noqa: PLR2004 -- no content
    if shown:
        schema = route.service.schemas.output(table, endpoint.shows)
        route.returns = schema
        route.lines.append(f"answer = {schema}.model_validate({table.variable})")
    route.lines += _effects(route, endpoint.effects)
    route.lines.append(f"session.delete({table.variable})")
    users = _restricting(route, table)
    if users:
        text = f"This {table.label} cannot be deleted: {listed(users)} refer to it."
        route.lines.append(f"store(session, {literal(text)})")
    route.lines.append("session.commit()")
    if shown:
        route.lines.append("return answer")


def _restricting(route: Route, table: Table) -> list[str]:
    """Name the items that keep what they refer to from being deleted."""
    blueprint, found = route.service.blueprint, []
    for other in blueprint.tables.values():
        for column in other.columns.values():
            if not column.reference or column.references != table.name or column.spec is None:
                continue
            part = blueprint.parts_of(other.name) is column
            how = column.spec.on_parent_delete
            if not part and (how == "restrict" or (how == "clear" and not column.nullable)):
                found.append(other.plural)
    return list(dict.fromkeys(found))


# --- act -----------------------------------------------------------------------------------------


def action(route: Route) -> None:
    """Write a route that does something with an item."""
    table, endpoint = route.item(), route.endpoint
    rules = route.service.rules_for(table.name, route.service.triggers(endpoint))
    locks = route.rules.locks(rules) | _effect_locks(route)
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
    route.lines += [*_other_locks(route, locks), *_bulk_locks(route)]
    route.lines += route.rules.calls(rules, table.variable, route.arguments)
    route.lines += _effects(route, endpoint.effects)
    if endpoint.effects:
        route.lines += _on_update(route, table, table.variable)
    unique = any(
        table.columns[effect.target].spec is not None and table.columns[effect.target].spec.unique  # type: ignore[union-attr]
        for effect in endpoint.effects
        if effect.entity is None and effect.target in table.columns
    )
    route.lines += flushed(route, table, needed=False) if unique else []
    route.lines += [*_creations(route, endpoint.creates), "session.commit()"]
    _answer_item(route)
