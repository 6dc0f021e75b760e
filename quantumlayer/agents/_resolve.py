"""Every name in a design has to lead somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from quantumlayer.agents.expressions import Aggregate, Node, Path, children, navigation, parse

if TYPE_CHECKING:
    from quantumlayer.agents._artifacts import (
        Effect,
        Endpoint,
        Entity,
        Include,
        Rule,
        SystemDesign,
    )

__all__ = ["check_design"]

SHOWN = 20
"""Most problems that one error lists: enough to mend, short enough to read."""


def check_design(design: SystemDesign) -> None:
    """See that every name in a design leads somewhere.

    Raises:
        ValueError: Two things share a name, or a reference, expression, ordering or parameter
            names what is not there; the message lists every such place.
    """
    problems = list(_Resolver(design).problems())
    if problems:
        raise ValueError("; ".join(problems[:SHOWN]))


class _Resolver:
    def __init__(self, design: SystemDesign) -> None:
        self._design = design
        self._entities = {entity.name: entity for entity in design.entities}

    def problems(self) -> Iterator[str]:
        if len(self._entities) < len(self._design.entities):
            yield "two entities share a name"
        for entity in self._design.entities:
            yield from self._entity(entity)
        routes = [(endpoint.method, endpoint.path) for endpoint in self._design.endpoints]
        for method, path in {route for route in routes if routes.count(route) > 1}:
            yield f"two endpoints are {method} {path}"
        for endpoint in self._design.endpoints:
            yield from self._endpoint(endpoint)
        for rule in self._design.rules:
            yield from self._rule(rule)
        auth = self._design.auth
        if auth is not None and auth.entity not in self._entities:
            yield f"auth: there is no entity {auth.entity!r}"

    def _entity(self, entity: Entity) -> Iterator[str]:
        names = [field.name for field in entity.fields]
        for name in {name for name in names if names.count(name) > 1}:
            yield f"{entity.name}: two fields are called {name!r}"
        if entity.owner is not None and entity.owner not in names:
            yield f"{entity.name}: the owner {entity.owner!r} is no field"
        for field in entity.fields:
            where = f"{entity.name}.{field.name}"
            if field.type in {"reference", "children"} and field.references not in self._entities:
                yield f"{where}: it refers to {field.references!r}, which is no entity"
            if field.type == "enum" and not field.choices:
                yield f"{where}: an enum needs choices"
            for other in field.unique_with:
                if other not in names:
                    yield f"{where}: unique_with names {other!r}, which is no field"
            for text in (field.on_create, field.on_update, field.computed):
                if text is not None:
                    yield from self._expression(where, text, entity.name, set())

    def _rule(self, rule: Rule) -> Iterator[str]:
        where = f"rule {rule.name!r}"
        if rule.entity not in self._entities:
            yield f"{where}: there is no entity {rule.entity!r}"
            return
        params = {
            param.name
            for endpoint in self._design.endpoints
            if endpoint.entity == rule.entity and {endpoint.name, endpoint.kind} & {*rule.on}
            for param in endpoint.params
        }
        yield from self._expression(where, rule.condition, rule.entity, params)

    def _endpoint(self, endpoint: Endpoint) -> Iterator[str]:
        where = f"{endpoint.method} {endpoint.path}"
        for named in (endpoint.entity, endpoint.parent and endpoint.parent.entity):
            if named is not None and named not in self._entities:
                yield f"{where}: there is no entity {named!r}"
                return
        in_path = {part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")}
        if endpoint.parent is not None and endpoint.parent.path_param not in in_path:
            yield f"{where}: {endpoint.parent.path_param!r} is not in the path"
        known = self._fields(endpoint.entity)
        if endpoint.kind == "report":
            known |= {*endpoint.returns, endpoint.group_name}
        yield from self._fields_of(endpoint, where, known)
        params = in_path | {param.name for param in endpoint.params}
        for text in _expressions(endpoint):
            yield from self._expression(where, text, endpoint.entity, params)
        for effect in endpoint.effects:
            yield from self._effect(where, effect, endpoint.entity, params)
        for creation in endpoint.creates:
            yield from self._members(where, creation.entity, creation.values)
        for include in endpoint.includes:
            yield from self._include(where, include, endpoint.entity, params)

    @staticmethod
    def _fields_of(endpoint: Endpoint, where: str, known: set[str]) -> Iterator[str]:
        for name in (*endpoint.order_by, *endpoint.sortable):
            if name.lstrip("-") not in known:
                yield f"{where}: it is ordered by {name!r}, which is no field"
        for name in (*(endpoint.body or ()), *(endpoint.shows or ())):
            if name not in known and endpoint.kind not in {"signup", "login"}:
                yield f"{where}: {name!r} is no field"

    def _include(
        self, where: str, include: Include, entity: str | None, params: set[str]
    ) -> Iterator[str]:
        names = (name.lstrip("-") for name in include.order_by)
        shown = include.shows or ()
        yield from self._members(where, include.entity, (include.field, *names, *shown))
        if include.where is not None and include.entity in self._entities:
            for problem in self._names(parse(include.where), include.entity, entity, params):
                yield f"{where}: {problem} in {include.where!r}"

    def _effect(
        self, where: str, effect: Effect, entity: str | None, params: set[str]
    ) -> Iterator[str]:
        if effect.entity is not None and effect.entity not in self._entities:
            yield f"{where}: there is no entity {effect.entity!r}"
            return
        for text in (effect.target, effect.value, effect.where):
            if text is not None:
                for problem in self._names(parse(text), effect.entity or entity, entity, params):
                    yield f"{where}: {problem} in {text!r}"

    def _members(self, where: str, entity: str, names: Iterable[str]) -> Iterator[str]:
        if entity not in self._entities:
            yield f"{where}: there is no entity {entity!r}"
            return
        for name in names:
            if name not in self._fields(entity):
                yield f"{where}: {entity} has no field {name!r}"

    def _fields(self, entity: str | None) -> set[str]:
        if entity not in self._entities:
            return set()
        return {"id", *(field.name for field in self._entities[entity].fields)}

    def _expression(
        self, where: str, text: str, entity: str | None, params: set[str]
    ) -> Iterator[str]:
        for problem in self._names(parse(text), entity, entity, params):
            yield f"{where}: {problem} in {text!r}"

    def _names(
        self, node: Node, entity: str | None, this: str | None, params: set[str]
    ) -> Iterator[str]:
        match node:
            case Aggregate():
                if node.entity not in self._entities:
                    yield f"there is no entity {node.entity!r}"
                    return
                inner = [*node.where] if node.value is None else [node.value, *node.where]
                for part in inner:
                    yield from self._names(part, node.entity, this, params)
            case Path(names=names):
                yield from self._path(names, entity, this, params)
            case _:
                for child in children(node):
                    yield from self._names(child, entity, this, params)

    def _path(
        self, names: tuple[str, ...], entity: str | None, this: str | None, params: set[str]
    ) -> Iterator[str]:
        root, rest = names[0], names[1:]
        if root == "param":
            if len(rest) != 1 or rest[0] not in params:
                yield f"there is no parameter {'.'.join(rest)!r}"
            return
        if root == "user":
            auth = self._design.auth
            if auth is None:
                yield "there are no users"
                return
            entity, names = auth.entity, rest
        elif root in {"this", "old"}:
            entity, names = this, rest
        for name in names[:-1]:
            entity = self._follow(entity, name)
            if entity is None:
                yield f"{name!r} leads to no other entity"
                return
        if not names or names[-1] not in self._fields(entity):
            yield f"{'.'.join((root, *rest))!r} is no field"

    def _follow(self, entity: str | None, name: str) -> str | None:
        if entity not in self._entities:
            return None
        for field in self._entities[entity].fields:
            if field.type == "reference" and navigation(field.name) == name:
                return field.references
        return None


def _expressions(endpoint: Endpoint) -> Iterator[str]:
    yield from endpoint.returns.values()
    for creation in endpoint.creates:
        yield from creation.values.values()
    for text in (endpoint.where, endpoint.group_by, *(param.where for param in endpoint.params)):
        if text is not None:
            yield text
