"""Collects what may be changed in a scenario, and to which values.

A change is a key and a value. The keys:

    field X         a field of the request's body
    param X         a parameter of the request
    other X         the parameter X names another item than the item itself refers to
    self X          the reference X in the body leads to the item itself
    alias X         the reference X in the body leads to the same item as another one
    another X       the reference X in the body leads to another item than before
    keep X          the field X in the body is what it was
    was X           a field of the item, when it was made
    made            the endpoint by which the item was made
    past            what was done with the item
    force X         a field of the item that no request can set
    ref R X         a field of the item that R refers to, when it was made
    later R X       the same, changed after the item was made
    refpast R       what was done with the item that R refers to
    part C X        a field of the child in the list C of the body
    partref C R X   a field of the item that the child refers to by R
    caller          who sends the request
    wait            how much time has passed
    rows N          how many rows there are for the aggregate N
    row N X         a field of these rows
    rowref N R X    a field of the item that each of them refers to by R
    rowmade N       the endpoint by which they were made
    rowpast N       what was done with each of them
    shift N         how much later each of them is than the one before
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

from quantumlayer.agents import FieldSpec, Param
from quantumlayer.offline.writing._bound import (
    Argument,
    Attribute,
    Bound,
    Comparison,
    Function,
    Scope,
    Total,
    Value,
    each,
    rebase,
)
from quantumlayer.offline.writing._candidates import (
    general,
    inputs,
    lengths_of_time,
    plausible,
    solved,
    turning_points,
)
from quantumlayer.offline.writing._kinds import Kind
from quantumlayer.offline.writing._play import Key, Play, Setup
from quantumlayer.offline.writing._question import Question
from quantumlayer.offline.writing._recipes import ANYBODY, STRANGER, SceneError, persona
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._world import Environment, Item

__all__ = ["ABOUT_ROWS", "Changes", "rank"]

_ORDER = (
    *("field", "param", "part", "other", "self", "alias", "another", "keep", "was", "made", "rows"),
    *("past", "ref", "partref", "caller", "refpast", "later", "row", "rowmade", "wait", "shift"),
    *("rowpast", "rowref", "force"),
)
ABOUT_ROWS = frozenset({"row", "rowpast", "rowref", "rowmade", "shift"})
MOST_ROWS = 25
MOST_VALUES = 60
Spec = FieldSpec | Param
Evaluate = Callable[[Bound], Any]


def rank(key: Key) -> int:
    """Tell how early a change is tried: first what is nearest to the request."""
    return _ORDER.index(key[0])


class Changes:
    """What may be changed in the scenarios of one question.

    Attributes:
        values: The values that each change can take.
    """

    def __init__(self, question: Question) -> None:
        self._question = question
        self._service = question.service
        self.values: dict[Key, list[Any]] = {}
        evaluate = self.turn({})
        for node in question.nodes:
            for target in inputs(node):
                self._general(target)
            self._pairs(node)
        for number, total in enumerate(question.totals):
            self._rows(str(number), total, evaluate)
        self._circumstances()

    def turn(self, setup: Setup) -> Evaluate:
        """Offer the values at which conditions turn in a scenario.

        Returns:
            How parts of the conditions are worked out there.
        """
        evaluate = self._evaluator(setup)
        for node in self._question.nodes:
            for target, value in turning_points(node, evaluate):
                for key, spec in self._keys(target):
                    self._add(key, [plausible(spec, value)])
        return evaluate

    def _add(self, key: Key, values: Iterable[Any]) -> None:
        known = self.values.setdefault(key, [])
        for value in values:
            if value is not None and value not in known and len(known) < MOST_VALUES:
                known.append(value)
        if not known:
            del self.values[key]

    # --- what conditions read --------------------------------------------------------------------

    def _keys(self, target: Attribute | Argument) -> list[tuple[Key, Spec]]:
        """Return what may be changed in a scenario to change an input of a condition."""
        if isinstance(target, Argument):
            params = [p for p in self._question.endpoint.params if p.name == target.name]
            return [(("param", p.name), p) for p in params if p.references is None]
        spec = target.column.spec
        if spec is None or target.column.reference or target.column.children:
            return []
        own = target.scope == self._question.this or target.scope.name == "old"
        found = self._own(target, spec) if own else self._of_rows(target, spec)
        if not found and spec.on_create is not None:
            this = Scope("this", target.column.entity)
            origin = self._service.binder.bind(spec.on_create, this)
            for source in inputs(rebase(origin, this, target.scope, target.hops)):
                found += self._keys(source)
        return found

    def _own(self, target: Attribute, spec: FieldSpec) -> list[tuple[Key, Spec]]:
        """Return the keys for a field of the item, or of an item it refers to."""
        question, column = self._question, target.column
        found: list[tuple[Key, Spec]] = []
        if len(target.hops) == 1 and question.settable(column):
            found.append((("ref", target.hops[0].name, column.name), spec))
            if question.on_item:
                found.append((("later", target.hops[0].name, column.name), spec))
        if target.hops:
            return found
        if target.scope.name == "old" and column in question.body_columns():
            self._add(("keep", column.name), [True])
        elif column in question.body_columns():
            found.append((("field", column.name), spec))
        if question.on_item and question.settable(column):
            found.append((("was", column.name), spec))
        if question.on_item and column.stored and not column.from_client:
            found.append((("force", column.name), spec))
        return found

    def _of_rows(self, target: Attribute, spec: FieldSpec) -> list[tuple[Key, Spec]]:
        """Return the keys for a field of the rows of an aggregate."""
        question, name = self._question, target.column.name
        found: list[tuple[Key, Spec]] = []
        for number, total in enumerate(question.totals):
            if target.scope != total.scope:
                continue
            settable = question.settable(target.column)
            if settable and not target.hops:
                found.append((("row", str(number), name), spec))
            elif settable and len(target.hops) == 1:
                found.append((("rowref", str(number), target.hops[0].name, name), spec))
            if total.scope.entity == question.this.entity:  # the item itself is counted, too
                found += self._own(target, spec)
            found += self._of_parts(target, spec)
        return found

    def _of_parts(self, target: Attribute, spec: FieldSpec) -> Iterator[tuple[Key, Spec]]:
        """Yield the keys for a field of the children in a body."""
        for column in self._question.body_columns():
            if not column.children or column.references != target.scope.entity:
                continue
            if not target.hops and target.column.from_client:
                yield ("part", column.name, target.column.name), spec
            elif len(target.hops) == 1 and self._question.settable(target.column):
                yield ("partref", column.name, target.hops[0].name, target.column.name), spec

    # --- values ----------------------------------------------------------------------------------

    def _general(self, target: Attribute | Argument) -> None:
        """Offer values that are worth a try whatever the condition says."""
        for key, spec in self._keys(target):
            self._add(key, general(spec))
        if not isinstance(target, Attribute):
            return
        if target.scope == self._question.this and len(target.hops) == 1:
            self._add(("refpast", target.hops[0].name), self._pasts(target.column.entity))
        if target.scope == self._service.user and self._question.endpoint.access.login:
            role = self._service.role
            if role is not None and role.spec is not None and target.column is role:
                self._add(("caller",), [persona(choice) for choice in role.spec.choices])
            elif target.column.spec is None:
                self._add(("caller",), [STRANGER, ANYBODY])

    def _pairs(self, node: Bound) -> None:
        """Offer references to the same item, to the item itself, and to another one."""
        question = self._question
        for part in each(node):
            if not isinstance(part, Comparison) or part.operator not in {"==", "!="}:
                continue
            for one, other in ((part.left, part.right), (part.right, part.left)):
                if not isinstance(one, Attribute) or not question.own_reference(one):
                    continue
                if one.column not in question.body_columns() or not isinstance(other, Attribute):
                    continue
                name = one.column.name
                if other.scope == question.this and other.column.spec is None:
                    self._add(("self", name), [True])
                elif question.own_reference(other):
                    self._add(("alias", name), [other.column.name])
                if question.on_item:
                    self._add(("another", name), [True])

    def _rows(self, number: str, total: Total, evaluate: Evaluate) -> None:
        """Offer numbers of rows for an aggregate, and what the rows may be like."""
        entity = total.scope.entity
        self._add(("rows", number), self._counts(total, evaluate))
        self._add(("rowpast", number), self._pasts(entity))
        self._add(("rowmade", number), self._question.other_ways(entity))
        table = self._service.blueprint.tables[entity]
        kinds = {table.columns[name].kind for name in self._question.recipes.recipe(entity).samples}
        if kinds & {Kind.DATE, Kind.DATETIME}:
            self._add(("shift", number), [timedelta(days=7), timedelta(days=1)])

    def _counts(self, total: Total, evaluate: Evaluate) -> list[int]:
        """Return how many rows may matter: one, and as many as comparisons turn at."""
        counts = {1}
        for node in self._question.nodes:
            for part in each(node):
                if not isinstance(part, Comparison):
                    continue
                for side, other in ((part.left, part.right), (part.right, part.left)):
                    target = next((inner for inner in each(side) if inner == total), None)
                    goal = evaluate(other)
                    if target is None or isinstance(goal, bool | None):
                        continue
                    value = solved(side, goal, target, evaluate)
                    if isinstance(value, int):
                        counts |= {value - 1, value, value + 1}
        return sorted(count for count in counts if 0 < count <= MOST_ROWS)

    def _circumstances(self) -> None:
        """Offer time, the item's past, and how it was made."""
        question = self._question
        for param in question.endpoint.params:
            if question.compared_with(param.name) is not None:
                self._add(("other", param.name), [True])
        if any(
            isinstance(part, Function) and part.name in {"now", "today"}
            for node in question.nodes
            for part in each(node)
        ):
            self._add(("wait",), lengths_of_time([*question.nodes, *self._deadlines()]))
        if question.on_item:
            self._add(("made",), question.other_ways(question.table.name))
            if not question.nameless or question.endpoint.kind in {"list", "first"}:
                self._add(("past",), self._pasts(question.table.name))

    def _deadlines(self) -> Iterator[Bound]:
        """Yield what fields are set to at creation: deadlines are among them."""
        for table in self._service.blueprint.tables.values():
            for column in table.stored_columns:
                if column.spec is not None and column.spec.on_create is not None:
                    this = Scope("this", table.name)
                    yield self._service.binder.bind(column.spec.on_create, this)

    def _pasts(self, entity: str) -> list[tuple[str, ...]]:
        recipes = self._question.recipes
        return recipes.pasts(entity, lambda: Scene(recipes, quiet=True))

    # --- what parts of conditions are worth ------------------------------------------------------

    def _evaluator(self, setup: Setup) -> Evaluate:
        """Return how parts are worked out in a scenario, as if there were no rules."""
        question = self._question
        try:
            scene, answer = Play(question, setup, lawless=True, quiet=True).play()
        except SceneError:
            return lambda part: part.value if isinstance(part, Value) else None
        world = scene.stage.simulation.world
        items = [] if question.free else world.all(question.table.name)
        item = answer.item or (items[-1] if items else None)
        known: dict[Scope, Item | None] = {
            question.this: item,
            Scope("old", question.this.entity): item,
        }
        for total in question.totals:
            rows = [row for row in world.all(total.scope.entity) if row is not item]
            if item is not None and total.scope.entity == item.entity:
                known[total.scope] = rows[-1] if rows else item
        users, caller = self._service.user, question.recipes.actor(question.endpoint)
        if users is not None and caller is not None:
            known[users] = world.find(users.entity, scene.stage.people.get(caller))
        environment = Environment(known, scene.given)

        def evaluate(part: Bound) -> Any:
            try:
                return world.value(part, environment)
            except (TypeError, ValueError, ArithmeticError, KeyError, AttributeError):
                return None

        return evaluate
