"""What scenarios are looked for: an endpoint, and the conditions that decide about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from quantumlayer.agents import Endpoint
from quantumlayer.offline.writing._blueprint import Column
from quantumlayer.offline.writing._bound import (
    Argument,
    Attribute,
    Bound,
    Comparison,
    Scope,
    Total,
    each,
)
from quantumlayer.offline.writing._recipes import Recipes

__all__ = ["Question", "route_of"]

_ON_ITEM = frozenset(
    {"read", "replace", "update", "delete", "action", "redirect", "report", "list", "first"}
)


def route_of(endpoint: Endpoint) -> str:
    """Return an endpoint's method and path, which nothing else in a design has."""
    return f"{endpoint.method} {endpoint.path}"


class Question:
    """An endpoint and the conditions on it.

    Attributes:
        nodes: The conditions, with computed fields written out behind them.
        totals: The aggregates in them; rows can be made for each.
        required: An optional parameter that is always given.
        free: Whether the endpoint is about no entity in particular.
    """

    def __init__(
        self,
        recipes: Recipes,
        endpoint: Endpoint,
        nodes: Iterable[Bound],
        *,
        required: str | None = None,
    ) -> None:
        self.recipes = recipes
        self.service = recipes.service
        self.endpoint = endpoint
        self.required = required
        self.free = endpoint.entity is None
        tables = self.service.blueprint.tables
        self.table = next(iter(tables.values())) if self.free else tables[endpoint.entity or ""]
        self.this = Scope("this", "" if self.free else self.table.name)
        self.nodes = [part for node in nodes for part in self._expanded(node)]
        self.totals: list[Total] = []
        for node in self.nodes:
            self.totals += [p for p in each(node) if isinstance(p, Total) and p not in self.totals]

    def _expanded(self, node: Bound) -> Iterator[Bound]:
        yield node
        for part in each(node):
            if isinstance(part, Attribute) and part.column.computed is not None:
                yield from self._expanded(self.service.binder.expanded(part))

    @property
    def on_item(self) -> bool:
        """Whether the endpoint works on an item that is there already."""
        return self.endpoint.kind in _ON_ITEM and not self.free

    @property
    def nameless(self) -> bool:
        """Whether the item is found without a key in the path."""
        return self.on_item and self.service.item_param(self.endpoint) is None

    def body_columns(self) -> list[Column]:
        """Return what the endpoint's body may hold."""
        if self.endpoint.kind in {"create", "signup", "replace", "update"}:
            return self.service.body_columns(self.endpoint)
        return []

    def settable(self, column: Column) -> bool:
        """Tell whether a recipe can give a column of its table a value."""
        recipe = self.recipes.recipe(column.entity)
        if recipe.way == "endpoint" and recipe.endpoint is not None:
            return column in self.service.body_columns(recipe.endpoint)
        return column.from_client if recipe.way == "part" else column.stored

    def other_ways(self, entity: str) -> list[str]:
        """Return the endpoints by which items are made in another way than by their recipe."""
        recipe = self.recipes.recipe(entity)
        return [
            route_of(endpoint)
            for endpoint in self.service.design.endpoints
            if endpoint.entity == entity
            and endpoint.kind == "create"
            and endpoint is not recipe.endpoint
        ]

    def by_route(self, route: str) -> Endpoint:
        """Return the endpoint of a method and path."""
        return next(e for e in self.service.design.endpoints if route_of(e) == route)

    def compared_with(self, name: str) -> Column | None:
        """Return the reference of the item that has to be what a parameter names, if one has."""
        for node in self.nodes:
            for part in each(node):
                if not isinstance(part, Comparison) or part.operator != "==":
                    continue
                for side, other in ((part.left, part.right), (part.right, part.left)):
                    named = isinstance(other, Argument) and other.name == name
                    if named and isinstance(side, Attribute) and self.own_reference(side):
                        return side.column
        return None

    def own_reference(self, node: Bound) -> bool:
        """Tell whether an expression is a reference of the item itself."""
        return (
            isinstance(node, Attribute)
            and node.scope == self.this
            and not node.hops
            and node.column.reference
        )
