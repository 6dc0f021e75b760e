"""Looks for scenarios in which a request is refused by one rule, or just not refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations, islice, product
from typing import Any

from quantumlayer.agents import Endpoint, FieldSpec, Param
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import (
    Argument,
    Attribute,
    Bound,
    Comparison,
    Function,
    Scope,
    Total,
    Value,
    conjuncts,
    each,
)
from quantumlayer.offline.writing._candidates import (
    around,
    general,
    inputs,
    lengths_of_time,
    plausible,
    turning_points,
)
from quantumlayer.offline.writing._recipes import Recipes, SceneError, persona
from quantumlayer.offline.writing._samples import sample
from quantumlayer.offline.writing._kinds import kind_of
from quantumlayer.offline.writing._scene import Handle, Person, Ref, Scene, resolved
from quantumlayer.offline.writing._simulation import Answer
from quantumlayer.offline.writing._values import coerced
from quantumlayer.offline.writing._world import Environment, Item

__all__ = ["Key", "Scenarios", "Setup"]

Key = tuple[str, ...]
Setup = dict[Key, Any]
Goal = Callable[[Answer], bool]
PATIENCE = 260
"""Scenarios that are played for one question before it is given up."""
MOST_ROWS = 25
_ON_ITEM = {"read", "replace", "update", "delete", "action", "redirect", "report", "list", "first"}


class Scenarios:
    """All scenarios around one endpoint that may matter to some conditions.

    A scenario is a choice of values: of the body, of the items it refers to, of how many other items
    there are and what they are like, of what was done before and how much time has passed.
    """

    def __init__(
        self,
        recipes: Recipes,
        endpoint: Endpoint,
        nodes: Iterable[Bound],
        *,
        required: str | None = None,
        free: bool = False,
    ) -> None:
        self.required = required
        self.free = free
        self.recipes = recipes
        self.service = recipes.service
        self.endpoint = endpoint
        tables = self.service.blueprint.tables
        self.table = (
            next(iter(tables.values())) if free else self.service.blueprint.table(endpoint.entity)
        )
        self._this = Scope("this", "" if free else self.table.name)
        self._nodes = [part for node in nodes for part in self._expanded(node)]
        self._totals = self._found_totals()
        self._actor = recipes.actor(endpoint)
        self.values: dict[Key, list[Any]] = {}
        self._played: dict[tuple[tuple[Key, str], ...], Answer] = {}
        self._collect()

    @property
    def on_item(self) -> bool:
        """Whether the endpoint works on an item that is there already."""
        return self.endpoint.kind in _ON_ITEM and not self.free

    # --- search ----------------------------------------------------------------------------------

    def find(
        self, goal: Goal, start: Setup | None = None, *, keep: Key | None = None
    ) -> Setup | None:
        """Find a scenario with few changes whose answer is as wanted; `keep` is not changed."""
        budget = PATIENCE
        for setup in self._neighbours(start or {}, keep):
            budget -= 1
            answer = self._answer(setup)
            if answer is not None and goal(answer):
                return setup
            if budget <= 0:
                return None
        return None

    def nearest(self, goal: Goal, broken: Setup, start: Setup) -> Setup | None:
        """Find the scenario nearest to another one whose answer is as wanted.

        First another value for one of the changes, then one or two changes more, then one less.
        """
        for setup in self._near(broken, start):
            answer = self._answer(setup)
            if answer is not None and goal(answer):
                return setup
        return None

    def _near(self, broken: Setup, start: Setup) -> Iterator[Setup]:
        changed = [key for key in broken if start.get(key) != broken[key]]
        for key in changed:
            for other in self._by_distance(key, broken[key]):
                yield {**broken, key: other}
        if any(key[0] == "rows" for key in changed):
            yield from islice(self._more(broken), PATIENCE)
        for key in changed:
            yield {k: v for k, v in broken.items() if k != key}
        yield start

    def _more(self, broken: Setup) -> Iterator[Setup]:
        free = [key for key in sorted(self.values, key=_rank) if key not in broken]
        for size in (1, 2):
            for chosen in combinations(free, size):
                if not self._pointless(chosen, broken):
                    for values in product(*(self.values[key] for key in chosen)):
                        yield {**broken, **dict(zip(chosen, values, strict=True))}

    def _by_distance(self, key: Key, value: Any) -> list[Any]:
        others = [other for other in self.values.get(key, []) if other != value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return sorted(others, key=lambda other: abs(other - value))
        if isinstance(value, str):
            return sorted(others, key=lambda other: _apart(str(other), value))
        return others

    def _neighbours(self, start: Setup, keep: Key | None = None) -> Iterator[Setup]:
        """Yield scenarios, those with fewer changes first."""
        yield dict(start)
        keys = [key for key in sorted(self.values, key=_rank) if key != keep]
        for size in (1, 2, 3):
            for chosen in combinations(keys, size):
                if self._pointless(chosen, start):
                    continue
                for values in product(*(self.values[key] for key in chosen)):
                    yield {**start, **dict(zip(chosen, values, strict=True))}

    def _pointless(self, keys: tuple[Key, ...], start: Setup) -> bool:
        """Leave out changes to rows of which there are none."""
        there = {key[1] for key in (*keys, *start) if key[0] == "rows"}
        return any(key[0] in {"row", "rowpast", "rowref"} and key[1] not in there for key in keys)

    def _answer(self, setup: Setup) -> Answer | None:
        mark = tuple(sorted((key, repr(value)) for key, value in setup.items()))
        if mark not in self._played:
            try:
                self._played[mark] = self.play(setup)[1]
            except SceneError:
                self._played[mark] = Answer(0)
        answer = self._played[mark]
        return None if answer.status == 0 else answer

    # --- what may be changed ---------------------------------------------------------------------

    def _expanded(self, node: Bound) -> Iterator[Bound]:
        yield node
        for part in each(node):
            if isinstance(part, Attribute) and part.column.computed is not None:
                yield from self._expanded(self.service.binder.expanded(part))

    def _found_totals(self) -> list[Total]:
        totals: list[Total] = []
        for node in self._nodes:
            totals += [p for p in each(node) if isinstance(p, Total) and p not in totals]
        return totals

    def _add(self, key: Key, values: Iterable[Any]) -> None:
        known = self.values.setdefault(key, [])
        known += [value for value in values if value is not None and value not in known]
        if not known:
            del self.values[key]

    def _collect(self) -> None:
        evaluate = self._evaluator()
        for node in self._nodes:
            for target in inputs(node):
                self._general(target)
            for target, value in turning_points(node, evaluate):
                self._offer(target, value)
        for number, total in enumerate(self._totals):
            self._add(("rows", str(number)), self._counts(total, evaluate))
            self._add(("rowpast", str(number)), self._pasts(total.scope.entity))
        for param in self.endpoint.params:
            if self.compared_with(param.name) is not None:
                self._add(("other", param.name), [True])
        if any(
            isinstance(part, Function) and part.name in {"now", "today"}
            for node in self._nodes
            for part in each(node)
        ):
            self._add(("wait",), lengths_of_time([*self._nodes, *self._durations()]))
        if self.on_item and self.service.item_param(self.endpoint) is not None:
            self._add(("past",), self._pasts(self.table.name))

    def _durations(self) -> Iterator[Bound]:
        """Yield what the design's fields are set to: deadlines are among them."""
        for table in self.service.blueprint.tables.values():
            for column in table.stored():
                if column.spec is not None and column.spec.on_create is not None:
                    this = Scope("this", table.name)
                    yield self.service.binder.bind(column.spec.on_create, this)

    def _evaluator(self) -> Callable[[Bound], Any]:
        """Return how parts are worked out in the scenario without changes."""
        try:
            scene, answer = self.play({})
        except SceneError:
            return lambda part: part.value if isinstance(part, Value) else None
        item = answer.item or self._stand_in(scene)
        world = scene.stage.simulation.world
        items: dict[Scope, Item | None] = {self._this: item, Scope("old", self.table.name): item}
        for total in self._totals:
            if item is not None and total.scope.entity == item.entity:
                items[total.scope] = item
        users = self.service.user
        if users is not None and self._actor is not None:
            items[users] = world.find(users.entity, scene.stage.people.get(self._actor))
        environment = Environment(items, scene.given)

        def evaluate(part: Bound) -> Any:
            try:
                return world.value(part, environment)
            except (TypeError, ValueError, ArithmeticError, KeyError, AttributeError):
                return None

        return evaluate

    def _stand_in(self, scene: Scene) -> Item | None:
        items = scene.stage.simulation.world.all(self.table.name)
        return items[-1] if items else None

    def _keys(self, target: Attribute | Argument) -> list[tuple[Key, FieldSpec | Param]]:
        """Return what may be changed in a scenario to change an input."""
        if isinstance(target, Argument):
            params = [p for p in self.endpoint.params if p.name == target.name]
            return [(("param", p.name), p) for p in params if p.references is None]
        spec = target.column.spec
        if spec is None or target.column.reference or target.column.children:
            return []
        name = target.column.name
        if target.scope == self._this or target.scope.name == "old":
            return self._own_keys(target, name, spec)
        found: list[tuple[Key, FieldSpec | Param]] = []
        for number, total in enumerate(self._totals):
            if target.scope != total.scope:
                continue
            if not target.hops and self._settable(total.scope.entity, target.column):
                found.append((("row", str(number), name), spec))
            if len(target.hops) == 1 and self._settable(target.column.entity, target.column):
                found.append((("rowref", str(number), target.hops[0].name, name), spec))
            if total.scope.entity == self.table.name:  # the item itself is counted, too
                found += self._own_keys(target, name, spec)
        return found

    def _own_keys(
        self, target: Attribute, name: str, spec: FieldSpec
    ) -> list[tuple[Key, FieldSpec | Param]]:
        if len(target.hops) == 1:
            if self._settable(target.column.entity, target.column):
                return [(("ref", target.hops[0].name, name), spec)]
            return []
        if target.hops:
            return []
        found: list[tuple[Key, FieldSpec | Param]] = []
        if target.scope.name != "old" and target.column in self._body_columns():
            found.append((("field", name), spec))
        if self.on_item and self._settable(self.table.name, target.column):
            found.append((("was", name), spec))
        if self.on_item and target.column.stored and not target.column.from_client:
            found.append((("force", name), spec))
        return found

    def _body_columns(self) -> list[Column]:
        if self.endpoint.kind in {"create", "signup", "replace", "update"}:
            return self.service.body_columns(self.endpoint)
        return []

    def _settable(self, entity: str, column: Column) -> bool:
        """Tell whether an item's recipe can give a column a value."""
        recipe = self.recipes.recipe(entity)
        if recipe.way == "endpoint" and recipe.endpoint is not None:
            return column in self.service.body_columns(recipe.endpoint)
        return column.from_client if recipe.way == "part" else column.stored

    def _general(self, target: Attribute | Argument) -> None:
        for key, spec in self._keys(target):
            self._add(key, general(spec))
        if isinstance(target, Attribute) and target.scope == self._this and len(target.hops) == 1:
            self._add(("refpast", target.hops[0].name), self._pasts(target.column.entity))
        users = self.service.user
        if isinstance(target, Attribute) and users is not None and target.scope == users:
            role = self.service.role
            if role is not None and role.spec is not None and target.column is role:
                self._add(("caller",), [persona(choice) for choice in role.spec.choices])

    def _offer(self, target: Attribute | Argument, value: Any) -> None:
        for key, spec in self._keys(target):
            self._add(key, [plausible(spec, value)])

    def _counts(self, total: Total, evaluate: Callable[[Bound], Any]) -> list[int]:
        """Return how many rows may matter to an aggregate."""
        counts = {1}
        for node in self._nodes:
            for part in each(node):
                if not isinstance(part, Comparison):
                    continue
                for side, other in ((part.left, part.right), (part.right, part.left)):
                    if any(inner == total for inner in each(side)):
                        value = evaluate(other)
                        if isinstance(value, int) and not isinstance(value, bool):
                            counts |= {value - 1, value, value + 1}
        return sorted(count for count in counts if 0 < count <= MOST_ROWS)

    def _pasts(self, entity: str) -> list[tuple[str, ...]]:
        """Return what can be done with a new item, as paths of actions, until it is in a new state."""
        return self.recipes.pasts(entity, lambda: Scene(self.recipes))

    # --- play ------------------------------------------------------------------------------------

    def play(self, setup: Setup) -> tuple[Scene, Answer]:
        """Play and write a scenario up to the response.

        Raises:
            SceneError: Something on the way to the request is refused.
        """
        return _Play(self, setup).play()

    def compared_with(self, name: str) -> Column | None:
        """Return the reference of the item that has to be what a parameter names, if one has."""
        for node in self._nodes:
            for part in each(node):
                if not isinstance(part, Comparison) or part.operator != "==":
                    continue
                for side, other in ((part.left, part.right), (part.right, part.left)):
                    if (
                        isinstance(side, Attribute)
                        and side.scope == self._this
                        and not side.hops
                        and side.column.reference
                        and isinstance(other, Argument)
                        and other.name == name
                    ):
                        return side.column
        return None

    @property
    def totals(self) -> list[Total]:
        """The aggregates that rows can be made for."""
        return self._totals


def _rank(key: Key) -> int:
    """Try first what is nearest to the request."""
    order = [
        "field",
        "param",
        "other",
        "was",
        "rows",
        "past",
        "ref",
        "caller",
        "refpast",
        "row",
        "wait",
    ]
    order += ["rowpast", "rowref", "force"]
    return order.index(key[0])


def _apart(one: str, other: str) -> int:
    """Tell how far apart two texts are, by the length of what they begin with together."""
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    return -same


class _Play:
    """Plays one scenario."""

    def __init__(self, scenarios: Scenarios, setup: Setup) -> None:
        self._all = scenarios
        self._setup = setup
        self._endpoint = scenarios.endpoint
        self._table = scenarios.table
        self._service = scenarios.service
        self._recipes = scenarios.recipes
        self._scene = Scene(scenarios.recipes)
        self._refs: dict[str, Handle] = {}
        self._params: dict[str, Any] = {}
        self._item: Handle | None = None
        self._body: dict[str, Any] = {}
        self._caller = setup.get(("caller",)) or scenarios.recipes.actor(scenarios.endpoint)

    def play(self) -> tuple[Scene, Answer]:
        scene = self._scene
        self._make_params()
        self._make_references()
        self._body = self._chosen("field")
        if self._all.on_item:
            self._make_item()
        for number, total in enumerate(self._all.totals):
            self._make_rows(str(number), total)
        self._act_on_item()
        wait = self._setup.get(("wait",))
        if wait is not None:
            scene.advance(wait)
        scene.space()
        return scene, self._probe()

    def _chosen(self, kind: str, *more: str) -> dict[str, Any]:
        """Return the values chosen for the fields of something."""
        size = 1 + len(more)
        return {
            key[size]: value
            for key, value in self._setup.items()
            if key[0] == kind and key[1:size] == more
        }

    # --- beforehand ------------------------------------------------------------------------------

    def _make_params(self) -> None:
        chosen = self._chosen("param")
        for param in self._endpoint.params:
            if param.name in chosen:
                self._params[param.name] = chosen[param.name]
            elif param.references is not None:
                if self._needed(param) or self._correlated_with(param.name):
                    self._refer(param, param.references)
            elif self._needed(param):
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
        column = self._all.compared_with(param.name)
        if column is not None and ("other", param.name) not in self._setup:
            self._refs[column.name] = handle

    def _needed(self, param: Param) -> bool:
        return param.required or param.name == self._all.required

    def _correlated_with(self, name: str) -> bool:
        return any(
            isinstance(part, Argument) and part.name == name
            for number, total in enumerate(self._all.totals)
            if ("rows", str(number)) in self._setup
            for part in each(total)
        )

    def _make_references(self) -> None:
        """Make the items referred to that a scenario says something about."""
        wanted = {key[1] for key in self._setup if key[0] in {"ref", "refpast"}}
        for number, total in enumerate(self._all.totals):
            if ("rows", str(number)) in self._setup:
                wanted |= set(self._shared(total))
        if self._all.free:
            return
        for name in self._table.columns:
            column = self._table.columns[name]
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
        for path in past:
            endpoint = next(
                e for e in self._service.design.endpoints if f"{e.method} {e.path}" == path
            )
            self._scene.act(endpoint, handle, self._recipes.argument_values(self._scene, endpoint))

    def _make_item(self) -> None:
        changes: dict[str, Any] = {name: handle["id"] for name, handle in self._refs.items()}
        parent = self._recipes.recipe(self._table.name).endpoint
        if parent is not None and parent.parent is not None and parent.parent.field in self._refs:
            name = parent.parent.field
            changes[name] = self._refs[name][parent.parent.lookup]
        changes |= self._chosen("was")
        users = self._service.user
        nameless = self._service.item_param(self._endpoint) is None
        if nameless and users is not None and users.entity == self._table.name and self._caller:
            self._scene.person(self._caller)
            return
        if nameless and self._endpoint.kind == "report":
            return
        caller = self._caller
        made_by = self._recipes.recipe(self._table.name).endpoint
        if made_by is not None and self._recipes.actor(made_by) is None:
            caller = None
        elif made_by is not None and made_by.access.roles:
            caller = self._recipes.actor(made_by)
        self._item = self._scene.make(self._table.name, changes, caller)

    def _act_on_item(self) -> None:
        if self._item is None:
            return
        self._follow(self._item, self._setup.get(("past",), ()))
        forced = self._chosen("force")
        if forced:
            self._scene.change(self._item, forced)

    # --- rows ------------------------------------------------------------------------------------

    def _make_rows(self, number: str, total: Total) -> None:
        count = self._setup.get(("rows", number), 0)
        if not count:
            return
        entity = total.scope.entity
        changes = self._natural(total) | self._chosen("row", number)
        for key, value in self._setup.items():
            if key[:2] == ("rowref", number):
                table = self._service.blueprint.tables[entity]
                target = table.columns[key[2]].references or ""
                changes[key[2]] = self._scene.make(target, {key[3]: value})["id"]
        past = self._setup.get(("rowpast", number), ())

        def step() -> None:
            handle = self._scene.make(entity, changes)
            self._follow(handle, past)

        self._scene.repeat(count, step)

    def _natural(self, total: Total) -> dict[str, Any]:
        """Choose values with which a row meets the conditions of an aggregate."""
        changes: dict[str, Any] = {}
        table = self._service.blueprint.tables[total.scope.entity]
        for part in (inner for node in total.where for inner in conjuncts(node)):
            if isinstance(part, Attribute) and part.scope == total.scope and not part.hops:
                self._set(changes, table, part, value=True)
            if not isinstance(part, Comparison):
                continue
            for side, other, turned in (
                (part.left, part.right, False),
                (part.right, part.left, True),
            ):
                if isinstance(side, Attribute) and side.scope == total.scope and not side.hops:
                    self._set(
                        changes,
                        table,
                        side,
                        value=self._fitting(part.operator, side, other, turned=turned),
                    )
                    break
        return changes

    def _set(self, changes: dict[str, Any], table: Table, side: Attribute, *, value: Any) -> None:
        column = side.column
        recipe = self._recipes.recipe(table.name)
        key = column.name
        if column.spec is None or value is None or not self._all._settable(table.name, column):  # noqa: SLF001 -- its other half
            if not (
                recipe.endpoint and recipe.endpoint.parent and recipe.endpoint.parent.field == key
            ):
                return
            if value is None:
                return
        if isinstance(value, Ref | Person):
            nested = recipe.endpoint.parent if recipe.endpoint is not None else None
            if nested is not None and nested.field == key and isinstance(value, Ref):
                value = value.handle[nested.lookup]
            changes[key] = value
        elif column.spec is not None:
            json = plausible(column.spec, value) if not isinstance(value, list) else value
            if json is not None:
                changes[key] = json

    def _fitting(self, operator: str, side: Attribute, other: Bound, *, turned: bool) -> Any:
        """Return a value that makes a comparison of a row's column true."""
        if isinstance(other, Value) and isinstance(other.value, tuple):
            return other.value[0] if operator == "in" and other.value else None
        value = self._counterpart(other)
        if isinstance(value, Ref | Person):
            return value if operator == "==" else None
        if turned:
            operator = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(operator, operator)
        if operator == "!=" or value is None:
            return self._other_than(side, value) if operator == "!=" else None
        if operator == "==":
            return value
        if side.scope.entity == self._table.name and side.column.name in self._known_body():
            return self._typed(side.column, self._known_body()[side.column.name])
        near = around(value, side.kind)
        if operator in {"<=", ">="} or len(near) == 1:
            return value
        return near[2] if operator == "<" else near[1]

    def _other_than(self, side: Attribute, value: Any) -> Any:
        spec = side.column.spec
        if spec is None:
            return None
        if value is None:
            usual = sample(spec)
            return None if usual is None else self._typed(side.column, usual.at(1))
        return next((choice for choice in spec.choices if choice != value), None)

    def _known_body(self) -> Mapping[str, Any]:
        """Return the values of the item that the request is about, as far as they are known."""
        recipe = self._recipes.recipe(self._table.name)
        usual = {name: value.at(1) for name, value in recipe.samples.items() if not value.numbered}
        item = self._item.json if self._item is not None else {}
        return {**usual, **item, **self._body}

    @staticmethod
    def _typed(column: Column, json: Any) -> Any:
        return coerced(column.kind, json)

    def _counterpart(self, node: Bound) -> Any:  # noqa: PLR0911 -- one case for each source of a value
        """Return what the other side of a comparison is, before the request is sent."""
        match node:
            case Attribute(scope=scope, hops=(), column=column) if scope.name == "this":
                if column.spec is None:
                    return self._item["id"] if self._item is not None else None
                if column.name in self._refs:
                    return self._refs[column.name]["id"]
                if column is self._table.owner and self._caller is not None:
                    return self._scene.person(self._caller)
                if column.reference and self._item is not None:
                    return self._item[column.name]
                known = self._known_body().get(column.name)
                return None if known is None or column.children else self._typed(column, known)
            case Attribute(scope=scope, hops=(hop,), column=column) if scope.name == "this":
                handle = self._refs.get(hop.name)
                if handle is None:
                    return None
                if column.spec is None:
                    return handle["id"]
                if column.reference:
                    return handle[column.name]
                json = handle.json.get(column.name)
                return None if json is None else self._typed(column, json)
            case Attribute(scope=scope, hops=()) if scope.name == "user" and self._caller:
                return self._scene.person(self._caller) if node.column.spec is None else None
            case Argument(name=name):
                return self._params.get(name)
            case _:
                return self._evaluated(node)

    def _evaluated(self, node: Bound) -> Any:
        world = self._scene.stage.simulation.world
        item = None
        if self._item is not None:
            item = world.find(self._table.name, self._item.json["id"])
        try:
            return world.value(node, Environment({Scope("this", self._table.name): item}))
        except (TypeError, ValueError, ArithmeticError, KeyError, AttributeError):
            return None

    # --- the request -----------------------------------------------------------------------------

    def _probe(self) -> Answer:
        endpoint = self._endpoint
        if endpoint.kind in {"create", "signup"}:
            return self._create()
        path = self._path()
        params = {name: value for name, value in self._params.items()}
        if endpoint.kind == "replace":
            body, code = self._scene.body(self._table.name, self._replacement(), self._caller)
            return self._scene.call(
                endpoint,
                path,
                body=self._only_taken(body),
                body_code=self._replacing(body, code),
                caller=self._caller,
            )
        if endpoint.kind == "update":
            return self._scene.call(endpoint, path, body=self._body, caller=self._caller)
        if endpoint.kind == "action" and endpoint.method in {"POST", "PUT", "PATCH"}:
            return self._scene.call(endpoint, path, body=params or None, caller=self._caller)
        return self._scene.call(endpoint, path, query=params, caller=self._caller)

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
        endpoint = self._endpoint
        recipe = self._recipes.recipe(self._table.name)
        changes: dict[str, Any] = {name: handle["id"] for name, handle in self._refs.items()}
        changes |= self._body
        path = self._path() if endpoint.parent is not None else {}
        if endpoint.parent is not None:
            changes.pop(endpoint.parent.field, None)
        if recipe.endpoint is endpoint and endpoint.parent is None:
            body, code = self._scene.body(self._table.name, changes, self._caller)
            return self._scene.call(endpoint, path, body=body, body_code=code, caller=self._caller)
        body = self._recipes.plain_body(self._scene, endpoint, changes)
        return self._scene.call(endpoint, path, body=body, caller=self._caller)

    def _replacement(self) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if self._item is not None:
            for column in self._table.columns.values():
                if column.reference and column in self._service.body_columns(self._endpoint):
                    if self._item.json.get(column.name) is not None:
                        changes[column.name] = self._item[column.name]
            for name, value in self._chosen("was").items():
                changes[name] = value
        return changes | self._body

    def _only_taken(self, body: Mapping[str, Any]) -> dict[str, Any]:
        names = {column.name for column in self._service.body_columns(self._endpoint)}
        return {name: value for name, value in body.items() if name in names}

    def _replacing(self, body: Mapping[str, Any], code: str) -> str:
        del body
        return code
