"""Answers requests in memory, as the written service has to answer them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from quantumlayer.agents import Endpoint, Include
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import (
    Scope,
    attributes,
)
from quantumlayer.offline.writing._context import Service
from quantumlayer.offline.writing._requests import Answer, RefusedError, Request
from quantumlayer.offline.writing._simulated_changes import Answering
from quantumlayer.offline.writing._values import plain
from quantumlayer.offline.writing._world import Environment, Item, World

__all__ = ["Simulation"]


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
        self._orders = service.creation_orders

    def request(self, request: Request) -> Answer:
        """Answer a request; one that is refused changes nothing."""
        if request.endpoint.method == "GET" and not request.endpoint.effects:
            before = self.world
        else:
            before = self.world.copy()
        try:
            return Answering(self, request).answer()
        except RefusedError as refused:
            self.world = before
            return Answer(refused.status, rule=refused.rule)

    def creation_order(self, table: Table, endpoint: Endpoint) -> list[tuple[Column, str]]:
        """Return what the design sets at creation, each behind what it is worked out from."""
        key = (table.name, id(endpoint))
        if key not in self._orders:
            texts = ((column, _creation_text(column)) for column in table.stored_columns)
            waiting = {column: text for column, text in texts if text is not None}
            self._orders[key] = list(self._ordered_by_need(waiting, table, endpoint))
        return self._orders[key]

    def _ordered_by_need(
        self, waiting: dict[Column, str], table: Table, endpoint: Endpoint
    ) -> Iterator[tuple[Column, str]]:
        this, arguments = Scope("this", table.name), self.service.arguments(endpoint)
        reads = {
            column: {
                read.column
                for read in attributes(self.binder.bind(text, this, arguments=arguments))
                if read.scope == this and not read.hops
            }
            for column, text in waiting.items()
        }
        while waiting:
            ready = (column for column in waiting if not reads[column] & {*waiting} - {column})
            column = next(ready, next(iter(waiting)))
            yield column, waiting.pop(column)

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


def _creation_text(column: Column) -> str | None:
    """Return the expression that a column is set by at creation, if there is one."""
    if column.spec is None:
        return None
    return column.spec.on_create or (column.spec.on_update if column.spec.required else None)
