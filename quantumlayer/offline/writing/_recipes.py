"""How tests make valid items: by which endpoint, from which values, with which items beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quantumlayer.agents import Endpoint
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._context import Service
from quantumlayer.offline.writing._names import VARIABLES, Names, snake
from quantumlayer.offline.writing._requests import Answer, Request
from quantumlayer.offline.writing._samples import Sample, sample
from quantumlayer.offline.writing._simulation import Simulation
from quantumlayer.offline.writing._values import coerced

if TYPE_CHECKING:
    from quantumlayer.offline.writing._scene import Scene

__all__ = ["ANYBODY", "PASSWORD", "STRANGER", "Recipe", "Recipes", "SceneError", "Stage"]

ANYBODY = "ada"
"""The user who does what any user may do."""
STRANGER = "eve"
"""The user who looks for what belongs to others."""
PASSWORD = "correct horse 1"  # noqa: S105 -- of users that exist in tests only


FIXTURES = frozenset({"client", "make", "rows", "clock", "server", ANYBODY, STRANGER})
"""What tests have other fixtures for."""
MOST_STATES = 8
LONGEST_PAST = 3
"""How many states of an item tests look at, and after how many actions at most."""


class SceneError(Exception):
    """A scenario does not come about: something on the way to it is refused."""

    def __init__(self, what: str, answer: Answer | None = None) -> None:
        super().__init__(what)
        self.answer = answer


@dataclass(slots=True)
class Recipe:
    """How a valid item of a table is made.

    Attributes:
        table: What is made.
        way: By an `endpoint`, as a `part` of its parent, or as a `row` in the database.
        endpoint: The endpoint that makes it, or its parent.
        samples: Values by field; what is not here is left out.
        references: Fields that refer to items that are made beforehand.
        parts: Lists of children, of which one is made.
        parent: For a part: the list in the parent where it stands.
    """

    table: Table
    way: str
    endpoint: Endpoint | None = None
    samples: dict[str, Sample] = field(default_factory=dict)
    references: list[Column] = field(default_factory=list)
    parts: list[Column] = field(default_factory=list)
    parent: Column | None = None

    @property
    def numbered(self) -> bool:
        """Whether items get a number, so that they differ."""
        return any(value.numbered for value in self.samples.values())


class Recipes:
    """The recipes of all tables of a service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._recipes: dict[str, Recipe] = {}
        self._hopeless: dict[str, bool] = {}
        self._pasts: dict[str, list[tuple[str, ...]]] = {}

    def recipe(self, name: str) -> Recipe:
        """Return the recipe of a table.

        Raises:
            SceneError: A required field has no value that could be found, or the first item would
                have to refer to another one of its kind.
        """
        if name not in self._hopeless:
            self._hopeless[name] = False  # while looking: a part asks for the recipe of its parent
            self._hopeless[name] = self._circular(name, ())
        if self._hopeless[name]:
            raise SceneError(f"{name} needs itself")
        return self._recipes[name]

    def _circular(self, name: str, above: tuple[str, ...]) -> bool:
        """Tell whether making an item leads to making another of the same kind first."""
        if name in above:
            return True
        if name not in self._recipes:
            self._recipes[name] = self._made(self.service.blueprint.tables[name])
        recipe, inside = self._recipes[name], (*above, name)
        needed = [*recipe.references, *recipe.parts]
        return any(self._circular(column.references or "", inside) for column in needed)

    def adjust(self, name: str, values: Mapping[str, Any]) -> None:
        """Give fields of a recipe other values, because the rules want them."""
        recipe = self.recipe(name)
        for key, value in values.items():
            recipe.samples[key] = Sample(value)

    def needs_caller(self, recipe: Recipe) -> bool:
        """Tell whether making an item takes somebody who is logged in."""
        if recipe.endpoint is None:
            return False
        access = recipe.endpoint.access
        return access.login or access.own or bool(access.roles)

    def body_takes_caller(self, recipe: Recipe) -> bool:
        """Tell whether a body can only be made with a caller: for what it refers to."""
        if not self.needs_caller(recipe):
            return False
        for column in [*recipe.references, *recipe.parts]:
            target = self.recipe(column.references or "")
            if column.children:
                taken = self.body_takes_caller(target)
            else:
                maker = target.endpoint if self.needs_caller(target) else None
                taken = maker is not None and self.actor(maker) == ANYBODY
            if taken:
                return True
        return False

    def actor(self, endpoint: Endpoint) -> str | None:
        """Return who calls an endpoint in tests: anybody, or somebody of the right role."""
        access = endpoint.access
        if not (access.login or access.own or access.roles):
            return None
        if not access.roles or self.role_of(ANYBODY) in access.roles:
            return ANYBODY
        return persona(access.roles[0])

    def role_of(self, name: str) -> str | None:
        """Return the role that somebody has in tests."""
        role = self.service.role
        if role is None or role.spec is None:
            return None
        for choice in role.spec.choices:
            if persona(choice) == name:
                return choice
        default = role.spec.default
        if isinstance(default, str):
            return default
        privileged = {r for e in self.service.design.endpoints for r in e.access.roles}
        ordinary = [choice for choice in role.spec.choices if choice not in privileged]
        return (ordinary or role.spec.choices)[-1]

    # --- what can be done with items -------------------------------------------------------------

    def pasts(self, entity: str, scene: Callable[[], Scene]) -> list[tuple[str, ...]]:
        """Return paths of actions that bring a new item into states that differ.

        Args:
            entity: Whose items.
            scene: Makes an empty scene to try them in.
        """
        if entity not in self._pasts:
            self._pasts[entity] = []  # while looking: an action may need another such item
            self._pasts[entity] = list(self._explored(entity, scene))
        return self._pasts[entity]

    def _explored(self, entity: str, scene: Callable[[], Scene]) -> Iterator[tuple[str, ...]]:
        actions = [
            endpoint
            for endpoint in self.service.design.endpoints
            if endpoint.entity == entity
            and endpoint.kind == "action"
            and endpoint.effects
            and self.service.item_param(endpoint) is not None
        ]
        seen = {self._state(entity, (), actions, scene)}
        waiting: list[tuple[str, ...]] = [()]
        while waiting and len(seen) <= MOST_STATES:
            path = waiting.pop(0)
            for endpoint in actions:
                longer = (*path, f"{endpoint.method} {endpoint.path}")
                state = self._state(entity, longer, actions, scene)
                if state is not None and state not in seen and len(longer) <= LONGEST_PAST:
                    seen.add(state)
                    waiting.append(longer)
                    yield longer

    def _state(
        self,
        entity: str,
        path: tuple[str, ...],
        actions: Sequence[Endpoint],
        scene: Callable[[], Scene],
    ) -> str | None:
        """Return what an item is like after some actions; None where one is refused."""
        trial = scene()
        try:
            handle = trial.make(entity)
            for step in path:
                endpoint = next(e for e in actions if f"{e.method} {e.path}" == step)
                trial.act(endpoint, handle, self.argument_values(trial, endpoint))
        except SceneError:
            return None
        item = trial.stage.simulation.world.find(entity, handle.json["id"])
        return None if item is None else repr(sorted(item.values.items(), key=lambda pair: pair[0]))

    def argument_values(self, scene: Scene, endpoint: Endpoint) -> dict[str, Any]:
        """Return values for what an action takes, with items that are there already if possible."""
        values: dict[str, Any] = {}
        for param in endpoint.params:
            if not param.required:
                continue
            if param.references is not None:
                known = [handle for handle in scene.handles if handle.entity == param.references]
                handle = known[-1] if known else scene.make(param.references)
                values[param.name] = handle["id"]
            else:
                value = sample(param)
                if value is None:
                    raise SceneError(f"no value for the parameter {param.name}")
                values[param.name] = value.at(1)
        return values

    def plain_body(
        self, scene: Scene, endpoint: Endpoint, changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return a body for an endpoint that is not the recipe's own."""
        values: dict[str, Any] = {}
        for position, column in enumerate(self.service.body_columns(endpoint)):
            spec = column.spec
            if column.name in changes:
                values[column.name] = changes[column.name]
            elif spec is None or not spec.required or (spec.default is not None):
                continue
            elif column.reference and column.references is not None:
                values[column.name] = scene.make(column.references)["id"]
            elif column.children and column.references is not None:
                values[column.name] = [scene.stage.body(column.references, {}, None)]
            else:
                value = self.recipe(endpoint.entity or "").samples.get(column.name) or sample(
                    spec, position
                )
                if value is None:
                    raise SceneError(f"no value for {column.name}")
                values[column.name] = value.at(0)
        return values

    # --- making ----------------------------------------------------------------------------------

    def _made(self, table: Table) -> Recipe:
        endpoint = self._endpoint(table)
        link = self.service.blueprint.parts_of(table.name)
        if endpoint is not None:
            recipe = Recipe(table, "endpoint", endpoint)
            columns = self.service.body_columns(endpoint)
            if endpoint.parent is not None:
                recipe.references.append(table.columns[endpoint.parent.field])
        elif link is not None and link.references is not None:
            parent = self.service.blueprint.tables[link.references]
            lists = [
                parent.columns[name] for name, column in parent.links.items() if column is link
            ]
            above = self.recipe(parent.name)
            recipe = Recipe(table, "part", above.endpoint, parent=lists[0])
            columns = self.part_columns(lists[0])
        else:
            recipe = Recipe(table, "row")
            columns = [column for column in table.stored_columns if not column.nullable]
        self._fill(recipe, columns)
        return recipe

    def part_columns(self, column: Column) -> list[Column]:
        """Return what a client sends for a child inside its parent."""
        link = self.service.blueprint.tables[column.entity].links[column.name]
        child = self.service.blueprint.tables[column.references or ""]
        return [c for c in child.columns.values() if c.from_client and c is not link]

    def _fill(self, recipe: Recipe, columns: list[Column]) -> None:
        position = 0
        for column in columns:
            spec = column.spec
            if spec is None or (recipe.way != "row" and not spec.required):
                continue
            if column.reference:
                recipe.references.append(column)
            elif column.children:
                recipe.parts.append(column)
            elif recipe.way == "row" or spec.default is None or spec.unique:
                value = sample(spec, position)
                position += 1
                if value is None:
                    raise SceneError(f"no value for {recipe.table.name}.{column.name}")
                recipe.samples[column.name] = self._secret(recipe, column) or value

    def _secret(self, recipe: Recipe, column: Column) -> Sample | None:
        auth = self.service.design.auth
        if auth is None or (auth.entity, auth.password_field) != (recipe.table.name, column.name):
            return None
        spec = column.spec
        if spec is None:
            return None
        return Sample(PASSWORD.ljust(spec.min_length or 0, "!")[: spec.max_length or 200])

    def _endpoint(self, table: Table) -> Endpoint | None:
        """Return the endpoint that makes an item most directly."""
        found = [
            endpoint
            for endpoint in self.service.design.endpoints
            if endpoint.entity == table.name and endpoint.kind in {"create", "signup"}
        ]
        if not found:
            return None

        def rank(endpoint: Endpoint) -> tuple[bool, bool, bool, bool]:
            return (
                endpoint.name is not None,
                bool(endpoint.effects or endpoint.creates),
                endpoint.parent is not None,
                bool(endpoint.access.roles),
            )

        return min(found, key=rank)


def persona(role: str) -> str:
    """Return what the user with a role is called in tests."""
    return Names(VARIABLES | FIXTURES).take(snake(role) or "somebody", suffix="_user")


class Stage:
    """Plays recipes in a simulation, exactly as the factories of the tests will."""

    def __init__(self, recipes: Recipes) -> None:
        self.recipes = recipes
        self.service = recipes.service
        self.simulation = Simulation(recipes.service)
        self.people: dict[str, int] = {}
        self._number = 0

    def person(self, name: str) -> int:
        """Return the id of somebody, who signs up when first asked for."""
        if name not in self.people:
            users = self.service.user
            if users is None:
                raise SceneError("there are no users")
            role, changes = self.service.role, {}
            wanted = self.recipes.role_of(name)
            settable = self.role_is_sent()
            if role is not None and wanted is not None and settable:
                changes[role.name] = wanted
            answer = self.make(users.entity, changes, None)
            self.people[name] = answer["id"]
            if role is not None and wanted is not None and not settable:
                item = self.simulation.world.find(users.entity, answer["id"])
                if item is not None:
                    item.values[role.name] = wanted
        return self.people[name]

    def role_is_sent(self) -> bool:
        users, role = self.service.user, self.service.role
        endpoint = self.recipes.recipe(users.entity).endpoint if users is not None else None
        return (
            endpoint is not None
            and role is not None
            and role in self.service.body_columns(endpoint)
        )

    def make(self, entity: str, changes: Mapping[str, Any], caller: str | None) -> dict[str, Any]:
        """Make an item; return it as JSON."""
        recipe = self.recipes.recipe(entity)
        if recipe.way == "part" and recipe.parent is not None:
            part = self.body(entity, changes, caller)
            parent = self.make(recipe.parent.entity, {recipe.parent.name: [part]}, caller)
            children: list[dict[str, Any]] = parent[recipe.parent.name]
            return children[0]
        body = self.body(entity, changes, caller)
        if recipe.way == "row":
            return self.store(entity, body)
        answer = self.post(recipe, body, caller)
        if answer.item is None or answer.status != recipe.endpoint.status:  # type: ignore[union-attr]
            raise SceneError(f"{entity} is refused", answer)
        return {"id": answer.item.id, **(answer.body or {})}

    def store(self, entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Store a row behind the service's back."""
        table = self.service.blueprint.tables[entity]
        typed = {}
        for column in table.stored_columns:
            default = column.spec.default if column.spec is not None else None
            value = values.get(column.name, [] if column.kind.value == "strings" else default)
            typed[column.name] = coerced(column.kind, value)
        item = self.simulation.world.add(entity, typed)
        return {"id": item.id, **values}

    def body(self, entity: str, changes: Mapping[str, Any], caller: str | None) -> dict[str, Any]:
        """Return a valid body, with the items it refers to made."""
        recipe = self.recipes.recipe(entity)
        number = 0
        if recipe.numbered:
            self._number += 1
            number = self._number
        given: dict[str, Any] = {}
        for column in recipe.references:
            if column.name not in changes and column.references is not None:
                given[column.name] = self.make(column.references, {}, self._helper(column, caller))[
                    self._key(recipe, column)
                ]
        for column in recipe.parts:
            if column.name not in changes and column.references is not None:
                given[column.name] = [self.body(column.references, {}, caller)]
        values = {name: value.at(number) for name, value in recipe.samples.items()}
        return {**values, **given, **changes}

    def _key(self, recipe: Recipe, column: Column) -> str:
        """Return the field of a parent by which a nested collection finds it."""
        endpoint = recipe.endpoint
        parent = endpoint.parent if endpoint is not None and recipe.way == "endpoint" else None
        return parent.lookup if parent is not None and parent.field == column.name else "id"

    def _helper(self, column: Column, caller: str | None) -> str | None:
        """Return who makes an item that is referred to."""
        recipe = self.recipes.recipe(column.references or "")
        if recipe.endpoint is None or not self.recipes.needs_caller(recipe):
            return None
        actor = self.recipes.actor(recipe.endpoint)
        return caller if actor == ANYBODY and caller is not None else actor

    def post(self, recipe: Recipe, body: Mapping[str, Any], caller: str | None) -> Answer:
        """Send a body to a recipe's endpoint."""
        endpoint = recipe.endpoint
        if endpoint is None:
            raise SceneError("there is no endpoint")
        path = {}
        sent = dict(body)
        if endpoint.parent is not None:
            path[endpoint.parent.path_param] = sent.pop(endpoint.parent.field, None)
        return self.simulation.request(
            Request(endpoint, path, sent, caller=None if caller is None else self.person(caller))
        )
