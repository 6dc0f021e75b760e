"""Answers requests in memory, as the written service has to answer them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from quantumlayer.agents import Include
from quantumlayer.offline.writing._blueprint import Column
from quantumlayer.offline.writing._bound import (
    Scope,
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

    def request(self, request: Request) -> Answer:
        """Answer a request; one that is refused changes nothing."""
        before = self.world.copy()
        try:
            return Answering(self, request).answer()
        except RefusedError as refused:
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
