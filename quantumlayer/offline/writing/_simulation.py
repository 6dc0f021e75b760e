"""Answers requests in memory, as the written service has to answer them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quantumlayer.agents import Access, Creation, Effect, Endpoint, Include, Rule
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import (
    Argument,
    Attribute,
    Scope,
    attributes,
    conjuncts,
    each,
)
from quantumlayer.offline.writing._context import Service, in_path, page_size
from quantumlayer.offline.writing._kinds import Kind, kind_of
from quantumlayer.offline.writing._rules import bound_rule
from quantumlayer.offline.writing._values import coerced, plain
from quantumlayer.offline.writing._world import Environment, Item, World

__all__ = ["Answer", "Request", "Simulation"]


@dataclass(frozen=True, slots=True)
class Request:
    """A request with a body that is valid in itself: the rest is what is asked about.

    Attributes:
        endpoint: What is called.
        path: Path parameters by name.
        body: JSON values by name.
        query: Query parameters by name.
        caller: Id of the user whose token is sent.
    """

    endpoint: Endpoint
    path: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    caller: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: Of the response.
        body: As JSON.
        item: The item that was made or worked on.
        rule: The rule that refused the request, if one did.
        total: How many items a list has, before it is cut.
    """

    status: int
    body: Any = None
    item: Item | None = None
    rule: Rule | None = None
    total: int | None = None


class _RefusedError(Exception):
    def __init__(self, status: int, rule: Rule | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.rule = rule


class Simulation:
    """A service in memory: a world that requests change.

    Attributes:
        world: What is stored.
        lawless: Whether rules are left out, to see what would happen without them.
    """

    def __init__(self, service: Service, world: World | None = None) -> None:
        self.lawless = False
        self.service = service
        self.binder = service.binder
        self.tables = service.blueprint.tables
        self.world = world or World(service.binder)

    def request(self, request: Request) -> Answer:
        """Answer a request; one that is refused changes nothing."""
        before = self.world.copy()
        try:
            return _Answering(self, request).answer()
        except _RefusedError as refused:
            self.world = before
            return Answer(refused.status, rule=refused.rule)

    def show(
        self, item: Item, shows: Sequence[str] | None = None, includes: Iterable[Include] = ()
    ) -> dict[str, Any]:
        """Return an item as JSON."""
        table = self.tables[item.entity]
        shown: dict[str, Any] = {}
        for column in self.service.schemas.shown(table, shows):
            if column.children:
                child = self.tables[column.references or ""]
                link = table.links[column.name]
                names = [name for name, part in child.columns.items() if part is not link]
                shown[column.name] = [self.show(c, names) for c in self.children(item, link)]
            else:
                shown[column.name] = plain(self.world.field(item, column))
        for include in includes:
            shown[include.name] = [
                self.show(i, include.shows) for i in self._included(item, include)
            ]
        return shown

    def children(self, parent: Item, link: Column) -> list[Item]:
        """Return the items whose link leads to a parent."""
        return [i for i in self.world.all(link.entity) if i.values[link.name] == parent.id]

    def _included(self, item: Item, include: Include) -> list[Item]:
        rows = self.binder.rows(include.entity)
        found = [i for i in self.world.all(include.entity) if i.values[include.field] == item.id]
        if include.where is not None:
            this = Scope("this", item.entity)
            node = self.binder.condition(include.where, this, row=rows)
            found = [i for i in found if self.world.holds(node, Environment({this: item, rows: i}))]
        return self.ordered(found, include.order_by)

    def ordered(self, items: list[Item], names: Sequence[str]) -> list[Item]:
        """Put items in order; empty values come last, the id decides between equals."""
        newest = bool(names) and names[0].startswith("-")
        items = sorted(items, key=lambda item: item.id, reverse=newest)
        for name in reversed(names):
            items = self._by(items, name)
        return items

    def _by(self, items: list[Item], name: str) -> list[Item]:
        def value(item: Item) -> Any:
            return self.world.field(item, self.tables[item.entity].columns[name.lstrip("-")])

        filled = [item for item in items if value(item) is not None]
        empty = [item for item in items if value(item) is None]
        return [*sorted(filled, key=value, reverse=name.startswith("-")), *empty]


class _Answering:
    """Answers one request."""

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

    def answer(self) -> Answer:
        """Dispatch over the kinds of endpoints."""
        self._admit()
        match self._endpoint.kind:
            case "create" | "signup":
                return self._create()
            case "replace" | "update":
                return self._update()
            case "delete":
                return self._delete()
            case "action":
                return self._act()
            case "redirect":
                return self._redirect()
            case "read" | "first":
                return self._shown(self._find())
            case "list":
                return self._list()
            case "report":
                return self._report()
            case "me" if self._caller is not None:
                return self._shown(self._caller)
            case _:
                raise _RefusedError(401)

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
            raise _RefusedError(401)
        role = self._service.role
        if access.roles and role is not None and self._caller.values[role.name] not in access.roles:
            raise _RefusedError(403)

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
                    raise _RefusedError(access.foreign_status)
                return item
        raise _RefusedError(404)

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
                raise _RefusedError(404)
        if parent is not None and endpoint.parent is not None:
            if item.values[endpoint.parent.field] != parent.id:
                raise _RefusedError(404)
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
                raise _RefusedError(401)
            return self._caller
        found = self._simulation.ordered(self._considered(), endpoint.order_by)
        if not found:
            raise _RefusedError(endpoint.missing_status)
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
        for param in endpoint.params:
            if param.where is not None and self._arguments[param.name] is not None:
                texts.append(param.where)
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
            rows.sort(key=lambda row: row[name.lstrip("-")], reverse=name.startswith("-"))
        return rows

    # --- changes ---------------------------------------------------------------------------------

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
                raise _RefusedError(rule.status, rule)

    def _visible(self, target: str, key: Any) -> None:
        """Refuse references to what is not there, or not for the caller."""
        item = self._world.find(target, key)
        if item is None:
            raise _RefusedError(404)
        reading = self._service.shown_to_owner(self._simulation.tables[target])
        if (
            reading is not None
            and self._endpoint.access.login
            and self._foreign(item, reading.access)
        ):
            raise _RefusedError(reading.access.foreign_status)

    def _references(self, values: Mapping[str, Any], columns: Iterable[Column]) -> None:
        for column in columns:
            key = values.get(column.name)
            if column.reference and key is not None and column.references is not None:
                self._visible(column.references, key)

    def _unique(self, item: Item) -> None:
        table = self._simulation.tables[item.entity]
        for column in table.stored():
            spec = column.spec
            if spec is None:
                continue
            sets = [[spec.name]] if spec.unique else []
            sets += [[spec.name, *spec.unique_with]] if spec.unique_with else []
            for names in sets:
                mine = self._key(item, table, names)
                others = [i for i in self._world.all(table.name) if i is not item]
                if None not in mine and any(self._key(i, table, names) == mine for i in others):
                    raise _RefusedError(409)

    @staticmethod
    def _key(item: Item, table: Table, names: Iterable[str]) -> list[Any]:
        key = []
        for name in names:
            spec = table.columns[name].spec
            value = item.values.get(name)
            fold = spec is not None and spec.case_insensitive and isinstance(value, str)
            key.append(value.lower() if fold else value)
        return key

    def _create(self) -> Answer:
        endpoint, table = self._endpoint, self._item()
        parent = self._parent()
        columns = self._service.body_columns(endpoint)
        values = self._typed(table, columns, self._request.body)
        self._references(values, columns)
        if parent is not None and endpoint.parent is not None:
            values[endpoint.parent.field] = parent.id
        if table.owner is not None and endpoint.access.login and self._caller is not None:
            values[table.owner.name] = self._caller.id
        item = self._made(table, values, columns)
        own = [e for e in endpoint.effects if e.entity is None and "." not in e.target]
        for effect in own:
            self._affect(effect, item)
        self._unique(item)
        self._check(self._service.triggers(endpoint), table.name, item)
        self._check_children(item, columns)
        for effect in endpoint.effects:
            if effect not in own:
                self._affect(effect, item)
        self._creations(endpoint.creates, item)
        return self._shown(item)

    def _typed(
        self, table: Table, columns: Iterable[Column], body: Mapping[str, Any]
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for column in columns:
            if column.spec is None or column.children:
                continue
            default = column.spec.default
            if column.kind is Kind.STRINGS and default is None:
                default = []
            values[column.name] = coerced(column.kind, body.get(column.name, default))
        return values

    def _made(self, table: Table, values: dict[str, Any], columns: Iterable[Column]) -> Item:
        """Store an item with what the design sets at creation, and its children."""
        whole: dict[str, Any] = {}
        for column in table.stored():
            spec = column.spec
            default = spec.default if spec is not None else None
            if column.kind is Kind.STRINGS and default is None:
                default = []
            whole[column.name] = values.get(column.name, coerced(column.kind, default))
        item = self._world.add(table.name, whole)
        waiting = [
            (column, text)
            for column in table.stored()
            if column.name not in values and (text := creation_text(column)) is not None
        ]
        this = Scope("this", table.name)
        names = {column.name for column, _ in waiting}
        while waiting:
            ready = next(
                (
                    pair
                    for pair in waiting
                    if not {
                        a.column.name
                        for a in attributes(
                            self._binder.bind(pair[1], this, arguments=self._bound_arguments())
                        )
                        if a.scope == this and not a.hops
                    }
                    & (names - {pair[0].name})
                ),
                waiting[0],
            )
            column, text = ready
            self._set(item, column, text)
            names.discard(column.name)
            waiting.remove(ready)
        self._make_children(item, columns, self._request.body)
        return item

    def _set(self, item: Item, column: Column, text: str) -> None:
        this = Scope("this", item.entity)
        node = self._binder.bind(text, this, arguments=self._bound_arguments(), kind=column.kind)
        item.values[column.name] = stored(column, self._world.value(node, self._environment(item)))

    def _make_children(
        self, parent: Item, columns: Iterable[Column], body: Mapping[str, Any]
    ) -> None:
        for column in columns:
            if not column.children or column.references is None:
                continue
            child = self._simulation.tables[column.references]
            link = self._simulation.tables[parent.entity].links[column.name]
            taken = [c for c in child.columns.values() if c.from_client and c is not link]
            for part in body.get(column.name) or []:
                values = self._typed(child, taken, part)
                self._references(values, taken)
                item = self._made_child(child, values)
                item.values[link.name] = parent.id

    def _made_child(self, table: Table, values: dict[str, Any]) -> Item:
        return self._made(table, values, [])

    def _check_children(self, parent: Item, columns: Iterable[Column]) -> None:
        for column in columns:
            if column.children:
                link = self._simulation.tables[parent.entity].links[column.name]
                for item in self._simulation.children(parent, link):
                    self._check({"create"}, link.entity, item)

    def _update(self) -> Answer:
        endpoint, table = self._endpoint, self._item()
        item = self._find()
        columns = self._service.body_columns(endpoint)
        body = self._request.body
        fixed = [c for c in columns if c.spec is not None and c.spec.immutable]
        free = [c for c in columns if c not in fixed]
        for column in fixed:
            sent = coerced(column.kind, body.get(column.name))
            if sent is not None and sent != item.values[column.name]:
                raise _RefusedError(409)
        values = self._typed(table, free, body)
        if endpoint.kind == "update":
            values = {name: value for name, value in values.items() if name in body}
        self._references(values, free)
        old = Item(item.entity, item.id, dict(item.values))
        item.values.update(values)
        for column in free:
            if column.children and column.name in body:
                link = table.links[column.name]
                for child in self._simulation.children(item, link):
                    del self._world.items[link.entity][child.id]
                self._make_children(item, [column], body)
        self._touch(item)
        self._unique(item)
        self._check(self._service.triggers(endpoint), table.name, item, old)
        self._check_children(item, [c for c in free if c.name in body])
        for effect in endpoint.effects:
            self._affect(effect, item)
        self._creations(endpoint.creates, item)
        return self._shown(item)

    def _touch(self, item: Item) -> None:
        for column in self._simulation.tables[item.entity].stored():
            if column.spec is not None and column.spec.on_update is not None:
                self._set(item, column, column.spec.on_update)

    def _delete(self) -> Answer:
        endpoint = self._endpoint
        item = self._find()
        self._check(self._service.triggers(endpoint), item.entity, item)
        shown = self._shown(item)
        for effect in endpoint.effects:
            self._affect(effect, item)
        self._remove(item)
        return shown

    def _remove(self, item: Item) -> None:
        """Delete an item, and what goes with it; refuse while others keep it."""
        blueprint = self._service.blueprint
        del self._world.items[item.entity][item.id]
        for table in blueprint.tables.values():
            for column in table.columns.values():
                if not column.reference or column.references != item.entity or column.spec is None:
                    continue
                users = [i for i in self._world.all(table.name) if i.values[column.name] == item.id]
                if not users:
                    continue
                how = column.spec.on_parent_delete
                if how == "cascade" or blueprint.parts_of(table.name) is column:
                    for user in users:
                        self._remove(user)
                elif how == "clear" and column.nullable:
                    for user in users:
                        user.values[column.name] = None
                else:
                    raise _RefusedError(409)

    def _act(self) -> Answer:
        endpoint = self._endpoint
        item = self._find()
        for param in endpoint.params:
            key = self._arguments[param.name]
            if param.references is not None and key is not None:
                self._visible(param.references, key)
        self._check(self._service.triggers(endpoint), item.entity, item)
        for effect in endpoint.effects:
            self._affect(effect, item)
        if endpoint.effects:
            self._touch(item)
        self._unique(item)
        self._creations(endpoint.creates, item)
        return self._shown(item)

    def _redirect(self) -> Answer:
        endpoint = self._endpoint
        item = self._find()
        self._check(self._service.triggers(endpoint), item.entity, item)
        for effect in endpoint.effects:
            self._affect(effect, item)
        return Answer(endpoint.status, item=item)

    # --- effects ---------------------------------------------------------------------------------

    def _affect(self, effect: Effect, item: Item) -> None:
        this = Scope("this", item.entity)
        if effect.entity is None:
            self._assign(effect, item, this, self._environment(item))
            return
        row = self._binder.rows(effect.entity)
        chosen = []
        for other in self._world.all(effect.entity):
            environment = self._environment(item)
            environment.items[row] = other
            if effect.where is None or self._world.holds(
                self._binder.condition(
                    effect.where, this, row=row, arguments=self._bound_arguments()
                ),
                environment,
            ):
                chosen.append((other, environment))
        for other, environment in chosen:
            self._assign(effect, other, row, environment)

    def _assign(self, effect: Effect, item: Item, scope: Scope, environment: Environment) -> None:
        this = Scope("this", self._item().name)
        row = scope if scope != this else None
        target = self._binder.bind(effect.target, this, row=row)
        if not isinstance(target, Attribute):
            return
        changed: Item | None = item
        for hop in target.hops:
            changed = (
                None
                if changed is None
                else self._world.find(hop.references, changed.values[hop.name])
            )
        if changed is None:
            return
        node = self._binder.bind(
            effect.value, this, row=row, arguments=self._bound_arguments(), kind=target.column.kind
        )
        value = self._world.value(node, environment)
        changed.values[target.column.name] = stored(target.column, value)
        if effect.entity is not None and changed is item:
            self._touch(item)

    def _creations(self, creations: Iterable[Creation], item: Item) -> None:
        this = Scope("this", item.entity)
        for creation in creations:
            table = self._simulation.tables[creation.entity]
            values = {}
            for name, text in creation.values.items():
                column = table.columns[name]
                node = self._binder.bind(
                    text, this, arguments=self._bound_arguments(), kind=column.kind
                )
                values[name] = stored(column, self._world.value(node, self._environment(item)))
            made = self._made(table, values, [])
            self._unique(made)
            self._check({"create"}, table.name, made)


def creation_text(column: Column) -> str | None:
    """Return the expression that a column is set by at creation, if there is one."""
    if column.spec is None:
        return None
    return column.spec.on_create or (column.spec.on_update if column.spec.required else None)


def stored(column: Column, value: Any) -> Any:
    """Return a value as the column keeps it: money has two places."""
    return (
        coerced(Kind.MONEY, plain(value))
        if column.kind is Kind.MONEY and value is not None
        else value
    )
