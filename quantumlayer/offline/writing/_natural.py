"""Chooses values with which a row meets the conditions of an aggregate, if it can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quantumlayer.offline.writing._blueprint import Column
from quantumlayer.offline.writing._bound import (
    Argument,
    Attribute,
    Bound,
    Comparison,
    Scope,
    Total,
    Value,
    conjuncts,
)
from quantumlayer.offline.writing._candidates import around, plausible
from quantumlayer.offline.writing._question import Question
from quantumlayer.offline.writing._samples import sample
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._scripts import Handle, Person, Ref
from quantumlayer.offline.writing._values import coerced
from quantumlayer.offline.writing._world import Environment

__all__ = ["Natural"]

_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Natural:
    """What is known about the request when rows are made for its aggregates.

    Attributes:
        question: What the scenario is about.
        scene: Where it is played.
        refs: The items that the request's item refers to.
        item: The item the request works on, if it is there already.
        body: What is known of the request's body.
        params: The request's parameters.
        caller: Who sends it.
    """

    question: Question
    scene: Scene
    refs: Mapping[str, Handle]
    item: Handle | None
    body: Mapping[str, Any]
    params: Mapping[str, Any]
    caller: str | None

    def values(self, total: Total) -> dict[str, Any]:
        """Return the fields that a row is made with."""
        changes: dict[str, Any] = {}
        for part in (inner for node in total.where for inner in conjuncts(node)):
            if isinstance(part, Attribute) and part.scope == total.scope and not part.hops:
                self._set(changes, part.column, value=True)
            if not isinstance(part, Comparison):
                continue
            for side, other, turned in (
                (part.left, part.right, False),
                (part.right, part.left, True),
            ):
                if isinstance(side, Attribute) and side.scope == total.scope and not side.hops:
                    operator = (
                        _TURNED.get(part.operator, part.operator) if turned else part.operator
                    )
                    self._set(changes, side.column, value=self._fitting(operator, side, other))
                    break
        return changes

    def _set(self, changes: dict[str, Any], column: Column, *, value: Any) -> None:
        """Give a field of the row a value, if its recipe can do that."""
        endpoint = self.question.recipes.recipe(column.entity).endpoint
        parent = endpoint.parent if endpoint is not None else None
        nested = parent is not None and parent.field == column.name
        if value is None or column.spec is None or not (nested or self.question.settable(column)):
            return
        if isinstance(value, Ref) and nested and parent is not None:
            value = value.handle[parent.lookup]
        if isinstance(value, Ref | Person):
            changes[column.name] = value
            return
        json = plausible(column.spec, value)
        if json is not None:
            changes[column.name] = json

    def _fitting(self, operator: str, side: Attribute, other: Bound) -> Any:  # noqa: PLR0911 -- one case for each kind
        """Return a value that makes a comparison of a row's field true."""
        if isinstance(other, Value) and isinstance(other.value, tuple):
            return other.value[0] if operator == "in" and other.value else None
        value = self._counterpart(other)
        if isinstance(value, Ref | Person):
            return value if operator == "==" else None
        if operator == "!=":
            return self._other_than(side.column, value)
        if operator == "==" or value is None:
            return value
        if side.scope.entity == self.question.this.entity and side.column.name in self._known():
            return coerced(side.column.kind, self._known()[side.column.name])
        near = around(value, side.kind)
        if operator in {"<=", ">="} or len(near) == 1:
            return value
        return near[2] if operator == "<" else near[1]

    @staticmethod
    def _other_than(column: Column, value: Any) -> Any:
        spec = column.spec
        if spec is None:
            return None
        if value is None:
            usual = sample(spec)
            return None if usual is None else coerced(column.kind, usual.at(1))
        return next((choice for choice in spec.choices if choice != value), None)

    def _known(self) -> dict[str, Any]:
        """Return the values of the item that the request is about, as far as they are known."""
        recipe = self.question.recipes.recipe(self.question.table.name)
        usual = {name: value.at(1) for name, value in recipe.samples.items() if not value.numbered}
        item = self.item.json if self.item is not None else {}
        return {**usual, **item, **self.body}

    def _counterpart(self, node: Bound) -> Any:
        """Return what the other side of a comparison is, before the request is sent."""
        match node:
            case Attribute(scope=scope, hops=()) if scope.name == "this":
                return self._own(node.column)
            case Attribute(scope=scope, hops=(hop,), column=column) if scope.name == "this":
                return self._reached(self.refs.get(hop.name), column)
            case Attribute(scope=scope, hops=()) if scope.name == "user" and self.caller:
                return self.scene.person(self.caller) if node.column.spec is None else None
            case Argument(name=name):
                return self.params.get(name)
            case _:
                return self._evaluated(node)

    def _own(self, column: Column) -> Any:
        if column.spec is None:
            return self.item["id"] if self.item is not None else None
        if column.name in self.refs:
            return self.refs[column.name]["id"]
        if column is self.question.table.owner and self.caller is not None:
            return self.scene.person(self.caller)
        if column.reference and self.item is not None:
            return self.item[column.name]
        known = self._known().get(column.name)
        return None if known is None or column.children else coerced(column.kind, known)

    @staticmethod
    def _reached(handle: Handle | None, column: Column) -> Any:
        if handle is None:
            return None
        if column.spec is None:
            return handle["id"]
        if column.reference:
            return handle[column.name]
        json = handle.json.get(column.name)
        return None if json is None else coerced(column.kind, json)

    def _evaluated(self, node: Bound) -> Any:
        world, table = self.scene.stage.simulation.world, self.question.table
        item = None if self.item is None else world.find(table.name, self.item.json["id"])
        try:
            return world.value(node, Environment({Scope("this", table.name): item}))
        except (TypeError, ValueError, ArithmeticError, KeyError, AttributeError):
            return None
