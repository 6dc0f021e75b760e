"""Answers requests in memory: also those that change what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quantumlayer.agents import Creation, Effect
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import (
    Attribute,
    Scope,
)
from quantumlayer.offline.writing._kinds import Kind
from quantumlayer.offline.writing._requests import Answer, RefusedError
from quantumlayer.offline.writing._simulated_reading import Reading
from quantumlayer.offline.writing._values import coerced, plain
from quantumlayer.offline.writing._world import Environment, Item

__all__ = ["Answering"]


class Answering(Reading):
    """Answers one request."""

    def answer(self) -> Answer:  # noqa: PLR0911 -- one case for each kind
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
                raise RefusedError(401)

    def _visible(self, target: str, key: Any) -> None:
        """Refuse references to what is not there, or not for the caller."""
        item = self._world.find(target, key)
        if item is None:
            raise RefusedError(404)
        reading = self._service.shown_to_owner(self._simulation.tables[target])
        if (
            reading is not None
            and self._endpoint.access.login
            and self._foreign(item, reading.access)
        ):
            raise RefusedError(reading.access.foreign_status)

    def _references(self, values: Mapping[str, Any], columns: Iterable[Column]) -> None:
        for column in columns:
            key = values.get(column.name)
            if column.reference and key is not None and column.references is not None:
                self._visible(column.references, key)

    def _unique(self, item: Item) -> None:
        table = self._simulation.tables[item.entity]
        for names in table.keys:
            mine = self._key(item, table, names)
            others = [i for i in self._world.all(table.name) if i is not item]
            if None not in mine and any(self._key(i, table, names) == mine for i in others):
                raise RefusedError(409)

    @staticmethod
    def _key(item: Item, table: Table, names: Iterable[str]) -> list[Any]:
        key = []
        for name in names:
            spec = table.columns[name].spec
            value = item.values.get(name)
            fold = spec is not None and spec.case_insensitive and isinstance(value, str)
            key.append(str(value).lower() if fold else value)
        return key

    def _create(self) -> Answer:
        endpoint, table = self._endpoint, self._item()
        parent = self._parent()
        columns = self._service.body_columns(endpoint)
        values = self._typed(columns, self._request.body)
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

    @staticmethod
    def _typed(columns: Iterable[Column], body: Mapping[str, Any]) -> dict[str, Any]:
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
        for column in table.stored_columns:
            spec = column.spec
            default = spec.default if spec is not None else None
            if column.kind is Kind.STRINGS and default is None:
                default = []
            whole[column.name] = values.get(column.name, coerced(column.kind, default))
        item = self._world.add(table.name, whole)
        for column, text in self._simulation.creation_order(table, self._endpoint):
            if column.name not in values:
                self._set(item, column, text)
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
                values = self._typed(taken, part)
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
                raise RefusedError(409)
        values = self._typed(free, body)
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
        for column in self._simulation.tables[item.entity].stored_columns:
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
                    raise RefusedError(409)

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


def stored(column: Column, value: Any) -> Any:
    """Return a value as the column keeps it: money has two places."""
    return (
        coerced(Kind.MONEY, plain(value))
        if column.kind is Kind.MONEY and value is not None
        else value
    )
