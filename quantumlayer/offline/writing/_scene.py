"""A test in the making: every step is played in the simulation and written down as code."""

from __future__ import annotations

import datetime as dt
import keyword
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quantumlayer.agents import Endpoint
from quantumlayer.offline.writing._blueprint import Table
from quantumlayer.offline.writing._bound import Value
from quantumlayer.offline.writing._context import in_path
from quantumlayer.offline.writing._names import VARIABLES, Names
from quantumlayer.offline.writing._python import constant
from quantumlayer.offline.writing._recipes import ANYBODY, STRANGER, Recipes, SceneError, Stage
from quantumlayer.offline.writing._requests import Answer, Request
from quantumlayer.offline.writing._scripts import (
    Coded,
    Handle,
    Person,
    Ref,
    TestCase,
    Variants,
    resolved,
)
from quantumlayer.offline.writing._text import docstring, literal
from quantumlayer.offline.writing._values import coerced
from quantumlayer.offline.writing._world import RandomText, World

__all__ = ["Scene"]

_LOCAL = frozenset(
    {"response", "client", "make", "rows", "clock", "settings", "body", "shown", "dt"}
)


@dataclass(slots=True)
class _Line:
    code: str
    handle: Handle | None = None
    indent: int = 0


class Scene:
    """Plays and writes one test.

    Args:
        recipes: How items are made.
        quiet: Whether it is only played, and nothing is written.

    Attributes:
        stage: Where it is played.
        fixtures: What the test asks for, in this order.
        handles: The items it has made.
        before: The world before the last request.
        given: Typed values of the parameters of the request.
    """

    def __init__(self, recipes: Recipes, *, quiet: bool = False) -> None:
        self.recipes = recipes
        self.service = recipes.service
        self.stage = Stage(recipes)
        self._quiet = quiet
        self.fixtures: list[str] = []
        self.handles: list[Handle] = []
        self.before: World | None = None
        self.given: dict[str, Any] = {}
        self._lines: list[_Line] = []
        self._names = Names(VARIABLES | _LOCAL)

    # --- writing ---------------------------------------------------------------------------------

    def need(self, fixture: str) -> str:
        """Ask for a fixture."""
        if fixture not in self.fixtures:
            self.fixtures.append(fixture)
        return fixture

    def write(self, *lines: str) -> None:
        """Write lines as they are."""
        self._lines += [_Line(line) for line in lines]

    def space(self) -> None:
        """Write an empty line, unless nothing or an empty line is above."""
        if self._lines and self._lines[-1].code:
            self.write("")

    def name(self, *wishes: str) -> str:
        """Take a name for a variable."""
        first = wishes[0]
        return self._names.take(*wishes, f"other_{first}", f"third_{first}", f"fourth_{first}")

    def value(self, value: Any) -> str:  # noqa: PLR0911 -- one case for each kind
        """Write a value with references in it."""
        if self._quiet:
            return ""
        match value:
            case Ref(handle=handle, name=name):
                handle.used = True
                return f"{handle.variable}[{literal(name)}]"
            case Coded(code=code):
                return code
            case Person(name=name):
                return f"{self.need(name)}.id"
            case dict():
                members = (f"{literal(key)}: {self.value(item)}" for key, item in value.items())
                return "{" + ", ".join(members) + "}"
            case list():
                return "[" + ", ".join(self.value(item) for item in value) + "]"
            case str() if len(value) > 60 and len(set(value)) == 1:  # noqa: PLR2004 -- a line's worth
                return f"{literal(value[0])} * {len(value)}"
            case _:
                return literal(value)

    def keywords(self, values: Mapping[str, Any]) -> str:
        """Write values as keyword arguments; names that Python does not allow in a dict."""
        if self._quiet:
            return ""
        plain = {k: v for k, v in values.items() if k.isidentifier() and not keyword.iskeyword(k)}
        rest = {k: v for k, v in values.items() if k not in plain}
        parts = [f"{key}={self.value(value)}" for key, value in plain.items()]
        return ", ".join([*parts, *([f"**{self.value(rest)}"] if rest else [])])

    def person(self, name: str) -> Person:
        """Refer to somebody who is logged in."""
        self.need(name)
        return Person(name, self.stage.person(name))

    # --- steps -----------------------------------------------------------------------------------

    def make(
        self, entity: str, changes: Mapping[str, Any] | None = None, caller: str | None = None
    ) -> Handle:
        """Make an item with a factory.

        Raises:
            SceneError: The service would refuse it.
        """
        changes = changes or {}
        recipe = self.recipes.recipe(entity)
        if caller is None and recipe.endpoint is not None:
            caller = self.recipes.actor(recipe.endpoint)
        first = self._person_argument(caller) if self.recipes.needs_caller(recipe) else ""
        json = self.stage.make(entity, resolved(dict(changes)), caller)
        handle = Handle(self.name(recipe.table.variable), entity, json)
        self.need("make")
        arguments = [part for part in (first, self.keywords(changes)) if part]
        self._lines.append(_Line(f"make.{recipe.table.variable}({', '.join(arguments)})", handle))
        self.handles.append(handle)
        return handle

    def _person_argument(self, caller: str | None) -> str:
        if caller is None:
            return ""
        self.stage.person(caller)
        return self.need(caller)

    def body(
        self, entity: str, changes: Mapping[str, Any], caller: str | None = None
    ) -> tuple[dict[str, Any], str]:
        """Return a valid body, and the code that makes it."""
        table = self.service.blueprint.tables[entity]
        self.need("make")
        first = self._person_argument(caller) if self._takes_caller(entity) else ""
        body = self.stage.body(entity, resolved(dict(changes)), caller)
        arguments = ", ".join(part for part in (first, self.keywords(changes)) if part)
        return body, f"make.{table.variable}_body({arguments})"

    def _takes_caller(self, entity: str) -> bool:
        return self.recipes.body_takes_caller(self.recipes.recipe(entity))

    def act(
        self, endpoint: Endpoint, handle: Handle, body: Mapping[str, Any] | None = None
    ) -> None:
        """Do something with an item on the way to what is tested.

        Raises:
            SceneError: The service would refuse it.
        """
        param = self.service.item_param(endpoint)
        path = {} if param is None else {param: handle[endpoint.lookup]}
        parent = endpoint.parent
        if parent is not None:
            path[parent.path_param] = handle.json[parent.field]
        sent = resolved(dict(body or {}))
        caller = self._done(endpoint, resolved(path), sent)
        self.need("make")
        code = self.request_code(endpoint, path, body=body or None, caller=caller)
        self.write(f"make.sure({code})")

    def _done(
        self, endpoint: Endpoint, path: Mapping[str, Any], body: Mapping[str, Any]
    ) -> str | None:
        """Send a request on the way as somebody for whom it works, and tell who that is."""
        answer = None
        for caller in self._callers(endpoint):
            who = None if caller is None else self.stage.person(caller)
            answer = self.stage.simulation.request(Request(endpoint, path, body, caller=who))
            if answer.status == endpoint.status:
                return caller
        raise SceneError(f"{endpoint.path} is refused", answer)

    def _callers(self, endpoint: Endpoint) -> list[str | None]:
        """Return who may do something on the way: the usual one, or somebody else."""
        usual = self.recipes.actor(endpoint)
        access = endpoint.access
        anybody = usual == ANYBODY and not access.own and not access.roles
        return [usual, STRANGER] if anybody else [usual]

    def make_by(self, endpoint: Endpoint, changes: Mapping[str, Any] | None = None) -> Handle:
        """Make an item by another endpoint than its factory does.

        Raises:
            SceneError: The service would refuse it.
        """
        table = self.service.blueprint.table(endpoint.entity)
        path: dict[str, Any] = {}
        given = dict(changes or {})
        if endpoint.parent is not None:
            field = endpoint.parent.field
            found = given.pop(field, None)
            path[endpoint.parent.path_param] = (
                self.make(endpoint.parent.entity)[endpoint.parent.lookup]
                if found is None
                else found
            )
        body = self.recipes.plain_body(self, endpoint, given)
        caller = self.recipes.actor(endpoint)
        who = None if caller is None else self.stage.person(caller)
        answer = self.stage.simulation.request(
            Request(endpoint, resolved(path), resolved(body), caller=who)
        )
        if answer.status != endpoint.status or answer.item is None:
            raise SceneError(f"{endpoint.path} is refused", answer)
        json = {"id": answer.item.id, **(answer.body or {})}
        handle = Handle(self.name(table.variable), table.name, json)
        self.need("make")
        code = self.request_code(endpoint, path, body=body, caller=caller)
        self._lines.append(_Line(f"make.sure({code})", handle))
        self.handles.append(handle)
        return handle

    def repeat(self, times: int, step: Callable[[], None]) -> None:
        """Do the same several times; from three times on, in a loop."""
        if times < 3:  # noqa: PLR2004 -- what reads well without a loop
            for _ in range(times):
                step()
            return
        start = len(self._lines)
        step()
        written, handles = self._lines[start:], len(self.handles)
        for _ in range(times - 1):
            step()
        del self._lines[start:], self.handles[handles:]
        self.write(f"for _ in range({times}):")
        self._lines += [_Line(line.code, line.handle, line.indent + 1) for line in written]

    def store(self, entity: str, values: Mapping[str, Any]) -> Handle:
        """Write a row behind the service's back."""
        table = self.service.blueprint.tables[entity]
        json = self.stage.store(entity, resolved(dict(values)))
        handle = Handle(self.name(table.variable), entity, json)
        self.need("rows")
        self._lines.append(
            _Line(f"rows.add({table.model}({self._attributes(table, values)}))", handle)
        )
        self.handles.append(handle)
        return handle

    def change(self, handle: Handle, values: Mapping[str, Any]) -> None:
        """Change a row behind the service's back."""
        table = self.service.blueprint.tables[handle.entity]
        item = self.stage.simulation.world.find(handle.entity, handle.json["id"])
        if item is None:
            raise SceneError("there is nothing to change")
        for name, value in values.items():
            item.values[name] = coerced(table.columns[name].kind, resolved(value))
        key = self.value(handle["id"])
        self.need("rows")
        self.write(f"rows.change({table.model}, {key}, {self._attributes(table, values)})")

    def _attributes(self, table: Table, values: Mapping[str, Any]) -> str:
        if self._quiet:
            return ""
        parts = []
        for name, value in values.items():
            column = table.columns[name]
            code = (
                self.value(value)
                if isinstance(value, Ref | Person | list)
                else constant(Value(coerced(column.kind, value), column.kind))
            )
            parts.append(f"{column.attribute}={code}")
        return ", ".join(parts)

    def advance(self, by: dt.timedelta) -> None:
        """Let time pass."""
        self.stage.simulation.world.now += by
        self.need("clock")
        if by.seconds == 0:
            self.write(f"clock.advance(days={by.days})")
        else:
            self.write(f"clock.advance(minutes={int(by.total_seconds() // 60)})")

    def call(
        self,
        endpoint: Endpoint,
        path: Mapping[str, Any] | None = None,
        *,
        body: Mapping[str, Any] | None = None,
        body_code: str | None = None,
        query: Mapping[str, Any] | None = None,
        caller: str | None = None,
    ) -> Answer:
        """Send a request and write it; the response is in `response`."""
        if caller is not None:
            self.stage.person(caller)
        if not self._quiet:
            self.before = self.stage.simulation.world.copy()
        answer = self.stage.simulation.request(
            Request(
                endpoint,
                resolved(dict(path or {})),
                resolved(dict(body or {})),
                resolved(dict(query or {})),
                None if caller is None else self.stage.person(caller),
            )
        )
        code = self.request_code(
            endpoint, path or {}, body=body, body_code=body_code, query=query, caller=caller
        )
        self.write(f"response = {code}")
        return answer

    def request_code(
        self,
        endpoint: Endpoint,
        path: Mapping[str, Any],
        *,
        body: Mapping[str, Any] | None = None,
        body_code: str | None = None,
        query: Mapping[str, Any] | None = None,
        caller: str | None = None,
    ) -> str:
        """Write a request."""
        if self._quiet:
            return ""
        self.need("client")
        arguments = [self.path_code(endpoint, path)]
        if body_code is None and body is not None:
            body_code = self.value(dict(body))
        if body_code is not None:
            arguments.append(f"json={body_code}")
        if query:
            arguments.append(f"params={self.value(dict(query))}")
        if caller is not None:
            arguments.append(f"headers={self._person_argument(caller)}.headers")
        if endpoint.kind == "redirect":
            arguments.append("follow_redirects=False")
        return f"client.{endpoint.method.lower()}({', '.join(arguments)})"

    def path_code(self, endpoint: Endpoint, path: Mapping[str, Any]) -> str:
        """Write the path of a request."""
        code, formatted = literal(endpoint.path)[1:-1], False
        for name in in_path(endpoint):
            value = path.get(name)
            if isinstance(value, Ref | Person):
                inner = self.value(value).replace('"', "'")
                code, formatted = code.replace(f"{{{name}}}", f"{{{inner}}}"), True
            else:
                code = code.replace(f"{{{name}}}", literal(str(value))[1:-1])
        return f'{"f" if formatted else ""}"{code}"'

    # --- expectations ----------------------------------------------------------------------------

    def expect(self, answer: Answer) -> None:
        """Write that the response has the status of an answer."""
        self.space()
        self.write(f"assert response.status_code == {answer.status}, response.text")

    def refer(self, table: Table, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Put references in the place of the ids of items that the test has made."""
        found: dict[str, Any] = {}
        for name, value in shown.items():
            column = table.columns.get(name)
            target = column.references if column is not None and column.reference else None
            found[name] = self._known(target, value) if target is not None else value
        return found

    def _known(self, entity: str, value: Any) -> Any:
        for handle in self.handles:
            if handle.entity == entity and handle.json["id"] == value:
                return handle["id"]
        users = self.service.user
        if users is not None and users.entity == entity and value is not None:
            for name in self.fixtures:
                if self.stage.people.get(name) == value:
                    return Person(name, value)
        return value

    def unpredictable(self, shown: Mapping[str, Any]) -> list[str]:
        """Return the members whose values nobody can foresee."""
        return [name for name, value in shown.items() if isinstance(value, RandomText)]

    # --- the function ----------------------------------------------------------------------------

    def case(
        self,
        name: str,
        doc: Sequence[str],
        requirements: Iterable[str],
        variants: Variants | None = None,
    ) -> TestCase:
        """Finish the test."""
        lines = []
        for line in self._lines:
            keep = line.handle is not None and line.handle.used
            code = f"{line.handle.variable} = {line.code}" if keep and line.handle else line.code
            lines += [f"{'    ' * line.indent}{part}" if part else "" for part in code.split("\n")]
        annotations = {"client": "TestClient", "make": "Make", "rows": "Rows", "clock": "Clock"}
        parameters = [f"{f}: {annotations.get(f, 'Caller')}" for f in self.fixtures]
        parameters += variants.parameters if variants is not None else []
        body = [f"    {line}" if line else "" for text in lines for line in text.split("\n")]
        head = f"def test_{name}({', '.join(parameters)}) -> None:"
        written = docstring(*doc, indent=4) if doc else None
        parts = [head, *([f"    {written}"] if written else []), *body]
        if variants is not None:
            parts.insert(0, variants.decorator())
        ids = variants.ids() if variants is not None else ()
        return TestCase(name, "\n".join(parts), tuple(dict.fromkeys(requirements)), ids)
