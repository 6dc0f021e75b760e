"""Answers requests in memory that change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from quantumlayer.agents import Access
from quantumlayer.offline.writing._blueprint import Table
from quantumlayer.offline.writing._bound import (
    Argument,
    Scope,
    conjuncts,
    each,
)
from quantumlayer.offline.writing._context import in_path, page_size
from quantumlayer.offline.writing._kinds import Kind, kind_of
from quantumlayer.offline.writing._requests import Answer, RefusedError, Request
from quantumlayer.offline.writing._rules import bound_rule
from quantumlayer.offline.writing._values import coerced, plain
from quantumlayer.offline.writing._world import Environment, Item

if TYPE_CHECKING:
    from quantumlayer.offline.writing._simulation import Simulation

__all__ = ["Reading"]


class Reading:
    """Answers requests that change nothing; finds what others work on."""

    def __init__(self, simulation: Simulation, request: Request) -> None:
        self._simulation = simulation
        self._service = simulation.service
        self._binder = simulation.binder
        self._world = simulation.world
        self._request = request
        self._endpoint = request.endpoint
        entity = request.endpoint.entity
        self._table = None if entity is None else simulation.tables[entity]
        users = self._service.user
        caller = self._world.find(users.entity, request.caller) if users is not None else None
        self._caller = caller
        self._fixed = {} if users is None else {users: caller}
        self._arguments = self._given()

    # --- who and what ----------------------------------------------------------------------------

    def _item(self) -> Table:
        return self._service.blueprint.table(self._endpoint.entity)

    def _given(self) -> dict[str, Any]:
        """Return the parameters as typed values, with their defaults."""
        endpoint, given = self._endpoint, {}
        kinds = self._service.path_kinds(endpoint)
        for name in in_path(endpoint):
            value = self._request.path.get(name)
            given[name] = value if kinds[name] is Kind.INTEGER else coerced(kinds[name], value)
        sent = {**self._request.query, **self._request.body}
        for param in endpoint.params:
            value = sent.get(param.name, param.default)
            given[param.name] = coerced(kind_of(param), value)
        return given

    def _environment(self, item: Item | None = None, **more: Any) -> Environment:
        items: dict[Scope, Item | None] = dict(self._fixed)
        if item is not None:
            items[Scope("this", item.entity)] = item
        return Environment(items, self._arguments, **more)

    def _bound_arguments(self) -> dict[str, Argument]:
        return self._service.arguments(self._endpoint)

    def _admit(self) -> None:
        access = self._endpoint.access
        if not (access.login or access.roles or access.own):
            return
        if self._caller is None:
            raise RefusedError(401)
        role = self._service.role
        if access.roles and role is not None and self._caller.values[role.name] not in access.roles:
            raise RefusedError(403)

    def _foreign(self, item: Item, access: Access) -> bool:
        """Tell whether an item belongs to somebody else, for access that minds."""
        table = self._simulation.tables[item.entity]
        if not (access.own and self._service.owned(table)) or self._sees_all(access):
            return False
        owner: Item | None = item
        for hop in self._service.blueprint.owner_path(item.entity):
            owner = (
                None if owner is None else self._world.find(hop.references, owner.values[hop.name])
            )
        return owner is not self._caller

    def _sees_all(self, access: Access) -> bool:
        role = self._service.role
        if self._caller is None or role is None:
            return False
        return self._caller.values[role.name] in access.sees_all

    def _looked_up(self, table: Table, lookup: str, key: Any, access: Access) -> Item:
        column = table.columns[lookup]
        fold = column.spec is not None and column.spec.case_insensitive

        def same(value: Any) -> bool:
            return value == key or (fold and str(value).lower() == str(key).lower())

        for item in self._world.all(table.name):
            if same(self._world.field(item, column)):
                if self._foreign(item, access):
                    raise RefusedError(access.foreign_status)
                return item
        raise RefusedError(404)

    def _parent(self) -> Item | None:
        parent = self._endpoint.parent
        if parent is None:
            return None
        table = self._simulation.tables[parent.entity]
        key = self._arguments[parent.path_param]
        return self._looked_up(table, parent.lookup, key, self._endpoint.access)

    def _find(self) -> Item:
        """Find the item that the path names, the caller, or the first that fits."""
        endpoint, table = self._endpoint, self._item()
        param = self._service.item_param(endpoint)
        if param is None or endpoint.kind == "first":
            return self._without_id()
        parent = self._parent()
        item = self._looked_up(table, endpoint.lookup, self._arguments[param], endpoint.access)
        if endpoint.where is not None:
            node = self._binder.condition(endpoint.where, Scope("this", table.name))
            if not self._world.holds(node, self._environment(item)):
                raise RefusedError(404)
        field = "" if endpoint.parent is None else endpoint.parent.field
        if parent is not None and item.values[field] != parent.id:
            raise RefusedError(404)
        return item

    def _without_id(self) -> Item:
        endpoint, table = self._endpoint, self._item()
        users = self._service.user
        if (
            endpoint.kind != "first"
            and users is not None
            and users.entity == table.name
            and endpoint.access.login
            and not endpoint.where
        ):
            if self._caller is None:
                raise RefusedError(401)
            return self._caller
        found = self._simulation.ordered(self._considered(), endpoint.order_by)
        if not found:
            raise RefusedError(endpoint.missing_status)
        return found[0]

    def _considered(self) -> list[Item]:
        """Return the items that a list shows, or a report counts."""
        endpoint, table = self._endpoint, self._item()
        parent = self._parent()
        items = self._world.all(table.name)
        if parent is not None and endpoint.parent is not None:
            items = [i for i in items if i.values[endpoint.parent.field] == parent.id]
        items = [i for i in items if not self._foreign(i, endpoint.access)]
        texts = [endpoint.where] if endpoint.where is not None else []
        given = [param for param in endpoint.params if self._arguments[param.name] is not None]
        texts += [param.where for param in given if param.where is not None]
        for text in texts:
            items = [item for item in items if self._fits(text, item)]
        return items

    def _fits(self, text: str, item: Item) -> bool:
        """Tell whether an item meets a condition; parts with a missing parameter do not count."""
        this = Scope("this", item.entity)
        node = self._binder.condition(text, this, arguments=self._bound_arguments())
        environment = self._environment(item)

        def counts(part: Any) -> bool:
            names = [p.name for p in each(part) if isinstance(p, Argument) and p.nullable]
            return all(self._arguments.get(name) is not None for name in names)

        branches = [node]
        if getattr(node, "operator", "") == "or":
            branches = list(getattr(node, "parts", ()))
            if not any(len(conjuncts(branch)) > 1 for branch in branches):
                branches = [node]
        return any(
            all(self._world.holds(part, environment) for part in conjuncts(branch) if counts(part))
            for branch in branches
        )

    # --- answers ---------------------------------------------------------------------------------

    def _shown(self, item: Item) -> Answer:
        endpoint = self._endpoint
        if endpoint.status == 204:  # noqa: PLR2004 -- no content
            return Answer(204, item=item)
        body = self._simulation.show(item, endpoint.shows, endpoint.includes)
        return Answer(endpoint.status, body, item)

    def _cut(self, rows: list[Any]) -> Answer:
        pagination, query = self._endpoint.pagination, self._request.query
        default, _ = page_size(pagination)
        if pagination.style == "none":
            return Answer(self._endpoint.status, rows, total=len(rows))
        if pagination.style == "offset":
            start, size = query.get("offset", 0), query.get("limit", default)
            return Answer(self._endpoint.status, rows[start : start + size], total=len(rows))
        page = query.get(pagination.page_param, 1)
        size = query.get(pagination.size_param, default)
        body: dict[str, Any] = {
            pagination.items_member: rows[(page - 1) * size : page * size],
            pagination.total_member: len(rows),
        }
        if pagination.page_member:
            body[pagination.page_member] = page
        if pagination.size_member:
            body[pagination.size_member] = size
        return Answer(self._endpoint.status, body, total=len(rows))

    def _list(self) -> Answer:
        endpoint, table = self._endpoint, self._item()
        self._parent()
        self._check({"list", endpoint.name or "list"}, table.name, None)
        names = list(endpoint.order_by)
        chosen = self._request.query.get(endpoint.sort_param)
        if chosen is not None and endpoint.sortable:
            down = endpoint.order_param is not None and (
                self._request.query.get(endpoint.order_param) == "desc"
            )
            names = [f"-{chosen}" if down else chosen]
        items = self._considered()
        ordered = self._simulation.ordered(items, names)
        if chosen is not None and endpoint.sortable:  # among equals, oldest first
            ordered = self._simulation._by(sorted(items, key=lambda i: i.id), names[0])  # noqa: SLF001
        return self._cut([self._simulation.show(item, endpoint.shows) for item in ordered])

    def _report(self) -> Answer:
        endpoint = self._endpoint
        item: Item | None = None
        among: dict[str, list[Item]] = {}
        if self._service.item_param(endpoint) is not None:
            item = self._find()
        else:
            self._parent()
        if endpoint.entity is not None:
            words = {"report", *([endpoint.name] if endpoint.name else [])}
            self._check(words, endpoint.entity, item)
        if item is None and endpoint.entity is not None:
            among = {endpoint.entity: self._considered()}
        if endpoint.group_by is not None:
            return self._cut(self._groups(among))
        this = None if endpoint.entity is None else Scope("this", endpoint.entity)
        environment = self._environment(item, among=among)
        body = {}
        for name, text in endpoint.returns.items():
            node = self._binder.bind(text, this, arguments=self._bound_arguments())
            body[name] = plain(self._world.value(node, environment))
        return Answer(endpoint.status, body)

    def _groups(self, among: Mapping[str, list[Item]]) -> list[dict[str, Any]]:
        endpoint, table = self._endpoint, self._item()
        this = Scope("this", table.name)
        bound = self._bound_arguments()
        key = self._binder.bind(endpoint.group_by or "", this, arguments=bound)
        groups: dict[Any, list[Item]] = {}
        for item in among[table.name]:
            groups.setdefault(self._world.value(key, self._environment(item)), []).append(item)
        rows = []
        for value in sorted(groups, key=lambda value: (value is None, value)):
            environment = self._environment(groups[value][0], among={table.name: groups[value]})
            row: dict[str, Any] = {endpoint.group_name: plain(value)}
            for name, text in endpoint.returns.items():
                node = self._binder.bind(text, this, arguments=bound)
                row[name] = plain(self._world.value(node, environment))
            rows.append(row)
        for name in reversed(endpoint.order_by):
            member, down = name.lstrip("-"), name.startswith("-")
            filled = [row for row in rows if row[member] is not None]
            empty = [row for row in rows if row[member] is None]
            rows = [*sorted(filled, key=itemgetter(member), reverse=down), *empty]
        return rows

    # --- rules -----------------------------------------------------------------------------------

    def _check(
        self, words: Iterable[str], entity: str, item: Item | None, old: Item | None = None
    ) -> None:
        """Refuse what breaks a rule; what looks at the past holds where there is none."""
        if self._simulation.lawless:
            return
        for rule in self._service.rules_for(entity, words):
            node = bound_rule(self._service, rule, self._endpoint)
            if old is None and self._service.looks_back(rule):
                continue
            environment = self._environment(item)
            environment.items[Scope("old", entity)] = old
            if self._world.broken(node, environment):
                raise RefusedError(rule.status, rule)
