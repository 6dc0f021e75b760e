"""Plays one scenario of a question, and writes it down as it goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from quantumlayer.agents import Param
from quantumlayer.offline.writing._bound import Argument, Attribute, Total, each
from quantumlayer.offline.writing._candidates import plausible
from quantumlayer.offline.writing._kinds import Kind, kind_of
from quantumlayer.offline.writing._natural import Natural
from quantumlayer.offline.writing._question import Question
from quantumlayer.offline.writing._recipes import SceneError
from quantumlayer.offline.writing._requests import Answer
from quantumlayer.offline.writing._samples import sample
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._scripts import Coded, Handle, resolved
from quantumlayer.offline.writing._values import coerced

__all__ = ["Key", "Play", "Setup"]

Key = tuple[str, ...]
Setup = dict[Key, Any]
"""A scenario: what is changed in it, see `_changes`."""


class Play:
    """One scenario on stage.

    Args:
        question: What it is about.
        setup: What is changed in it.
        lawless: Whether the rules are left out.
        quiet: Whether nothing is written down.
    """

    def __init__(
        self, question: Question, setup: Setup, *, lawless: bool = False, quiet: bool = False
    ) -> None:
        self._question = question
        self._setup = setup
        self._endpoint = question.endpoint
        self._table = question.table
        self._service = question.service
        self._recipes = question.recipes
        self._scene = Scene(question.recipes, quiet=quiet)
        self._scene.stage.simulation.lawless = lawless
        self._refs: dict[str, Handle] = {}
        self._params: dict[str, Any] = {}
        self._item: Handle | None = None
        self._body: dict[str, Any] = {}
        self._caller = setup.get(("caller",)) or question.recipes.actor(question.endpoint)

    def play(self) -> tuple[Scene, Answer]:
        """Play up to the response.

        Raises:
            SceneError: Something on the way to the request is refused.
        """
        self._make_params()
        self._make_references()
        self._body = self._chosen("field")
        if self._question.on_item:
            self._make_item()
        self._refer_elsewhere()
        for number, total in enumerate(self._question.totals):
            self._make_rows(str(number), total)
        self._act_on_item()
        wait = self._setup.get(("wait",))
        if wait is not None:
            self._scene.advance(wait)
        self._scene.space()
        return self._scene, self._probe()

    def _chosen(self, kind: str, *more: str) -> dict[str, Any]:
        """Return the values chosen for the fields of something."""
        size = 1 + len(more)
        return {
            key[size]: value
            for key, value in self._setup.items()
            if key[0] == kind and key[1:size] == more
        }

    # --- parameters and references ---------------------------------------------------------------

    def _make_params(self) -> None:
        chosen = self._chosen("param")
        for param in self._endpoint.params:
            needed = param.required or param.name == self._question.required
            if param.name in chosen:
                self._params[param.name] = chosen[param.name]
            elif param.references is not None:
                if needed or self._shared_by_rows(param.name):
                    self._refer(param, param.references)
            elif needed:
                value = sample(param)
                if value is None:
                    raise SceneError(f"no value for the parameter {param.name}")
                self._params[param.name] = value.at(1)
        kinds = {param.name: kind_of(param) for param in self._endpoint.params}
        self._scene.given = {
            name: coerced(kinds[name], resolved(value)) for name, value in self._params.items()
        }

    def _refer(self, param: Param, entity: str) -> None:
        """Let a parameter name an item: where it is compared with the item's own, the same."""
        handle = self._scene.make(entity)
        self._params[param.name] = handle["id"]
        column = self._question.compared_with(param.name)
        if column is not None and ("other", param.name) not in self._setup:
            self._refs[column.name] = handle

    def _populated(self) -> Iterator[Total]:
        """Yield the aggregates for which there are rows."""
        for number, total in enumerate(self._question.totals):
            if ("rows", str(number)) in self._setup:
                yield total

    def _shared_by_rows(self, name: str) -> bool:
        return any(
            isinstance(part, Argument) and part.name == name
            for total in self._populated()
            for part in each(total)
        )

    def _make_references(self) -> None:
        """Make the items referred to that a scenario says something about."""
        if self._question.free:
            return
        wanted = {key[1] for key in self._setup if key[0] in {"ref", "refpast", "later"}}
        wanted |= {other for key, other in self._setup.items() if key[0] == "alias"}
        wanted |= {name for total in self._populated() for name in self._shared(total)}
        if self._endpoint.parent is not None and self._endpoint.kind in {"list", "first"}:
            wanted.add(self._endpoint.parent.field)
        for name, column in self._table.columns.items():
            if name in self._refs or name not in wanted:
                continue
            if column.references is None or column is self._table.owner:
                continue
            handle = self._scene.make(column.references, self._chosen("ref", name))
            self._follow(handle, self._setup.get(("refpast", name), ()))
            self._refs[name] = handle

    def _shared(self, total: Total) -> Iterator[str]:
        """Yield the references that rows have in common with the item."""
        for part in each(total):
            if isinstance(part, Attribute) and part.scope.name == "this":
                if part.hops:
                    yield part.hops[0].name
                elif part.column.reference:
                    yield part.column.name

    def _follow(self, handle: Handle, past: Iterable[str]) -> None:
        """Do with an item what was done in a past."""
        for route in past:
            endpoint = self._question.by_route(route)
            self._scene.act(endpoint, handle, self._recipes.argument_values(self._scene, endpoint))

    def _refer_elsewhere(self) -> None:
        """Let references in the body lead to the item itself, to another, or both to the same."""
        for key, value in self._setup.items():
            if key[0] == "self" and self._item is not None:
                self._body[key[1]] = self._item["id"]
            elif key[0] == "alias" and value in self._refs:
                self._body[key[1]] = self._refs[value]["id"]
            elif key[0] == "another":
                target = self._table.columns[key[1]].references or ""
                self._body[key[1]] = self._scene.make(target)["id"]
            elif key[0] == "keep" and self._item is not None and key[1] in self._item.json:
                self._body[key[1]] = self._item[key[1]]

    # --- the item --------------------------------------------------------------------------------

    def _referring(self) -> dict[str, Any]:
        """Return the references of the item to what was made for it."""
        made = self._recipes.recipe(self._table.name).endpoint
        changes: dict[str, Any] = {name: handle["id"] for name, handle in self._refs.items()}
        parent = made.parent if made is not None else None
        if parent is not None and parent.field in self._refs:
            changes[parent.field] = self._refs[parent.field][parent.lookup]
        return changes

    def _make_item(self) -> None:
        question, users = self._question, self._service.user
        if question.nameless and self._endpoint.kind == "report":
            return
        alone = question.nameless and self._endpoint.kind not in {"list", "first"}
        if alone and users is not None and users.entity == self._table.name and self._caller:
            self._scene.person(self._caller)
            return
        changes = self._referring() | self._chosen("was")
        made = self._setup.get(("made",))
        if made is not None:
            self._item = self._scene.make_by(question.by_route(made), changes)
        else:
            self._item = self._scene.make(self._table.name, changes)

    def _act_on_item(self) -> None:
        if self._item is not None:
            self._follow(self._item, self._setup.get(("past",), ()))
            forced = self._chosen("force")
            if forced:
                self._scene.change(self._item, forced)
        for name, handle in self._refs.items():
            changed = self._chosen("later", name)
            if changed:
                self._scene.change(handle, changed)

    # --- rows ------------------------------------------------------------------------------------

    def _make_rows(self, number: str, total: Total) -> None:
        count = self._setup.get(("rows", number), 0)
        if not count:
            return
        entity = total.scope.entity
        natural = Natural(
            self._question,
            self._scene,
            self._refs,
            self._item,
            self._body,
            self._params,
            self._caller,
        )
        changes = natural.values(total) | self._chosen("row", number)
        table = self._service.blueprint.tables[entity]
        for key in self._setup:
            if key[:2] == ("rowref", number):
                target = table.columns[key[2]].references or ""
                made = self._scene.make(target, self._chosen("rowref", number, key[2]))
                changes[key[2]] = made["id"]
        shift = self._setup.get(("shift", number))
        if shift is not None:
            for position in range(1, count + 1):
                self._make_row(
                    number, entity, changes | self._shifted(entity, changes, shift * position)
                )
        else:
            self._scene.repeat(count, lambda: self._make_row(number, entity, changes))

    def _make_row(self, number: str, entity: str, changes: dict[str, Any]) -> None:
        made = self._setup.get(("rowmade", number))
        if made is not None:
            handle = self._scene.make_by(self._question.by_route(made), changes)
        else:
            handle = self._scene.make(entity, changes)
        self._follow(handle, self._setup.get(("rowpast", number), ()))

    def _shifted(self, entity: str, changes: dict[str, Any], by: timedelta) -> dict[str, Any]:
        """Return the days of an item some time later."""
        table = self._service.blueprint.tables[entity]
        moved: dict[str, Any] = {}
        for name, usual in self._recipes.recipe(entity).samples.items():
            column = table.columns[name]
            if column.kind in {Kind.DATE, Kind.DATETIME} and column.spec is not None:
                moment = coerced(column.kind, changes.get(name, usual.value))
                if isinstance(moment, date):
                    moved[name] = plausible(column.spec, moment + by)
        return {name: value for name, value in moved.items() if value is not None}

    # --- the request -----------------------------------------------------------------------------

    def _probe(self) -> Answer:
        endpoint, scene = self._endpoint, self._scene
        if endpoint.kind in {"create", "signup"}:
            return self._create()
        path = self._path()
        if endpoint.kind == "replace":
            body, code = scene.body(self._table.name, self._replacement(), self._caller)
            taken = {column.name for column in self._service.body_columns(endpoint)}
            sent = {name: value for name, value in body.items() if name in taken}
            return scene.call(endpoint, path, body=sent, body_code=code, caller=self._caller)
        if endpoint.kind == "update":
            return scene.call(endpoint, path, body=self._body, caller=self._caller)
        if endpoint.kind == "action" and endpoint.method != "GET":
            return scene.call(endpoint, path, body=self._params or None, caller=self._caller)
        return scene.call(endpoint, path, query=self._params, caller=self._caller)

    def _path(self) -> dict[str, Any]:
        endpoint, path = self._endpoint, {}
        param = self._service.item_param(endpoint)
        if param is not None and self._item is not None:
            path[param] = self._item[endpoint.lookup]
        parent = endpoint.parent
        if parent is not None:
            if parent.field in self._refs:
                path[parent.path_param] = self._refs[parent.field][parent.lookup]
            elif self._item is not None and parent.lookup == "id":
                path[parent.path_param] = self._item[parent.field]
            else:
                path[parent.path_param] = self._scene.make(parent.entity)[parent.lookup]
        return path

    def _create(self) -> Answer:
        endpoint, scene = self._endpoint, self._scene
        changes: dict[str, Any] = {name: handle["id"] for name, handle in self._refs.items()}
        changes |= self._body | self._parts()
        path = self._path() if endpoint.parent is not None else {}
        if endpoint.parent is not None:
            changes.pop(endpoint.parent.field, None)
        recipe = self._recipes.recipe(self._table.name)
        if recipe.endpoint is endpoint and endpoint.parent is None:
            body, code = scene.body(self._table.name, changes, self._caller)
            return scene.call(endpoint, path, body=body, body_code=code, caller=self._caller)
        body = self._recipes.plain_body(scene, endpoint, changes)
        return scene.call(endpoint, path, body=body, caller=self._caller)

    def _parts(self) -> dict[str, Any]:
        """Make the children of a body that a scenario says something about."""
        parts: dict[str, Any] = {}
        for key in self._setup:
            if key[0] not in {"part", "partref"} or key[1] in parts:
                continue
            name = key[1]
            child = self._table.columns[name].references or ""
            changes: dict[str, Any] = dict(self._chosen("part", name))
            for other in self._setup:
                if other[:2] == ("partref", name):
                    column = self._service.blueprint.tables[child].columns[other[2]]
                    chosen = self._chosen("partref", name, other[2])
                    changes[other[2]] = self._scene.make(column.references or "", chosen)["id"]
            body, code = self._scene.body(child, changes, self._caller)
            parts[name] = [Coded(body, code)]
        return parts

    def _replacement(self) -> dict[str, Any]:
        """Return what a replacement keeps, and what it changes."""
        changes: dict[str, Any] = {}
        if self._item is not None:
            for column in self._service.body_columns(self._endpoint):
                fixed = column.spec is not None and column.spec.immutable
                if (column.reference or fixed) and self._item.json.get(column.name) is not None:
                    changes[column.name] = self._item[column.name]
            changes |= self._chosen("was")
        return changes | self._body | self._parts()
