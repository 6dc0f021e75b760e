"""Test cases for figures: reports, and fields that are worked out."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from quantumlayer.agents import Endpoint, Param
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import Attribute, Bound, Scope
from quantumlayer.offline.writing._candidates import general, inputs, plausible
from quantumlayer.offline.writing._cases import Casebook, worked
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._play import Setup
from quantumlayer.offline.writing._recipes import SceneError
from quantumlayer.offline.writing._requests import Answer
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._search import Scenarios
from quantumlayer.offline.writing._text import literal

__all__ = ["report_cases"]

WAITING = ""
"""In the place of a field: the items differ by when they are made."""


def report_cases(book: Casebook) -> None:
    """Write the cases of all reports and all computed fields."""
    for endpoint in book.service.design.endpoints:
        if endpoint.kind == "report":
            with suppress(SceneError):
                if endpoint.group_by is None:
                    _report(book, endpoint)
                else:
                    _grouped(book, endpoint)
    for table in book.service.blueprint.tables.values():
        for column in table.columns.values():
            if column.computed is not None:
                with suppress(SceneError):
                    _computed(book, table, column)


def _module(book: Casebook, endpoint: Endpoint) -> str:
    if endpoint.entity is None:
        return "reports"
    return book.service.blueprint.tables[endpoint.entity].module


def _nodes(book: Casebook, endpoint: Endpoint) -> list[Bound]:
    service = book.service
    this = None if endpoint.entity is None else Scope("this", endpoint.entity)
    arguments = service.arguments(endpoint, given=[p.name for p in endpoint.params])
    texts = [*endpoint.returns.values(), *([endpoint.where] if endpoint.where else [])]
    texts += [param.where for param in endpoint.params if param.where is not None]
    return [service.binder.bind(text, this, arguments=arguments) for text in texts]


def _expect(scene: Scene, answer: Answer) -> None:
    scene.expect(answer)
    scene.write(f"assert response.json() == {scene.value(answer.body)}")


def _report(book: Casebook, endpoint: Endpoint) -> None:
    """Write a report over nothing, and one over enough that no figure is zero."""
    scenarios = Scenarios(book.recipes, endpoint, _nodes(book, endpoint))
    module = _module(book, endpoint)
    words = [part for part in endpoint.path.split("/") if part and not part.startswith("{")]
    name = " ".join(snake(word).replace("_", " ") for word in words)
    plenty: Setup = {("rows", str(number)): 2 for number, _ in enumerate(scenarios.question.totals)}

    def telling(answer: Answer) -> bool:
        return worked(endpoint)(answer) and all(answer.body.values())

    setup = scenarios.find(telling, plenty) or scenarios.find(
        lambda answer: worked(endpoint)(answer) and any(answer.body.values()), plenty
    )
    if setup is not None:
        scene, answer = scenarios.play(setup)
        _expect(scene, answer)
        book.add(module, scene, f"{name} adds up what there is", endpoint.requirements)
        _told_apart(book, endpoint, scenarios, setup, name)
    empty = scenarios.find(worked(endpoint))
    if empty is not None:
        scene, answer = scenarios.play(empty)
        _expect(scene, answer)
        book.add(module, scene, f"{name} starts from nothing", endpoint.requirements)


def _told_apart(
    book: Casebook, endpoint: Endpoint, scenarios: Scenarios, setup: Setup, name: str
) -> None:
    """Write further scenarios, each decided by some part of the report's expressions."""
    known = [setup]
    texts = [*endpoint.returns.values(), *([endpoint.where] if endpoint.where else [])]
    texts += [param.where for param in endpoint.params if param.where is not None]
    for text, node in zip(texts, _nodes(book, endpoint), strict=True):
        for about, other in scenarios.telling(text, node, known, worked(endpoint)):
            known.append(other)
            scene, answer = scenarios.play(other)
            _expect(scene, answer)
            title = f"{name} minds the {about}"
            book.add(_module(book, endpoint), scene, title, endpoint.requirements)
    for param in endpoint.params:
        if param.where is not None:
            _limited(book, endpoint, scenarios, known, param, name)


def _limited(
    book: Casebook,
    endpoint: Endpoint,
    scenarios: Scenarios,
    known: list[Setup],
    param: Param,
    name: str,
) -> None:
    """Write that a parameter limits what is counted."""
    key = ("param", param.name)
    for setup in list(known):
        if key in setup:
            return
        usual = scenarios.answer(setup)
        for value in scenarios.values.get(key, []):
            limited = {**setup, key: value}
            answer = scenarios.answer(limited)
            if answer is None or usual is None or not worked(endpoint)(answer):
                continue
            if answer.body != usual.body:
                scene, answer = scenarios.play(limited)
                _expect(scene, answer)
                words = snake(param.name).replace("_", " ")
                ids = param.requirements or endpoint.requirements
                book.add(_module(book, endpoint), scene, f"{name} is limited by {words}", ids)
                return


# --- groups --------------------------------------------------------------------------------------


def _grouped(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    this = Scope("this", table.name)
    arguments = book.service.arguments(endpoint)
    group = book.service.binder.bind(endpoint.group_by or "", this, arguments=arguments)
    options = list(_group_values(book, table, group))
    for first in options:
        for second in options:
            if first == second:
                continue
            scene = book.scene()
            try:
                query = book.recipes.argument_values(scene, endpoint)
                for index, chosen in enumerate((first, second, first)):
                    if chosen[0] == WAITING and chosen[2]:
                        scene.advance(timedelta(days=31))
                    scene.make(
                        table.name,
                        {
                            **_made(scene, book, table, chosen),
                            **_weights(book, table, group, index),
                        },
                    )
                scene.space()
                answer = scene.call(endpoint, query=query, caller=book.recipes.actor(endpoint))
            except SceneError:
                continue
            rows = (
                answer.body
                if isinstance(answer.body, list)
                else (answer.body or {}).get(endpoint.pagination.items_member, [])
            )
            wanted = 3 if first[0] == WAITING else 2
            if answer.status == endpoint.status and 2 <= len(rows) <= wanted:  # noqa: PLR2004 -- as many as were made
                _expect(scene, answer)
                name = snake(endpoint.name or endpoint.path).replace("_", " ")
                book.add(
                    table.module,
                    scene,
                    f"the report {name} has a row for each group",
                    endpoint.requirements,
                )
                return


def _group_values(book: Casebook, table: Table, group: Bound) -> Any:  # noqa: C901 -- one case for each kind
    """Yield what items can be made with so that they fall into different groups."""
    yield (WAITING, None, 0)
    yield (WAITING, None, 1)
    for target in inputs(group):
        if not isinstance(target, Attribute) or target.column.spec is None:
            continue
        column = target.hops[0] if target.hops else target.column
        if column.reference and column.references is not None:
            yield (column.name, None, 0)
            yield (column.name, None, 1)
            continue
        spec = column.spec
        if spec is None:
            continue
        for value in general(spec):
            yield (column.name, value, 0)
        if spec.type in {"date", "datetime"}:
            for text in ("2030-01-03", "2030-02-04"):
                moment = text if spec.type == "date" else f"{text}T10:00:00Z"
                yield (column.name, moment, 0)
        if spec.type in {"string", "text"}:
            for text in ("Alder", "Birch"):
                if plausible(spec, text):
                    yield (column.name, text, 0)
    del book, table


def _made(scene: Scene, book: Casebook, table: Table, chosen: Any) -> dict[str, Any]:
    name, value, number = chosen
    if name == WAITING:
        return {}
    if value is not None:
        return {name: value}
    entity = table.columns[name].references or ""
    known = [handle for handle in scene.handles if handle.entity == entity]
    while len(known) <= number:
        known.append(scene.make(entity))
    del book
    return {name: known[number]["id"]}


def _weights(book: Casebook, table: Table, group: Bound, index: int) -> dict[str, Any]:
    """Let numbers differ, so that sums can be told apart."""
    changes: dict[str, Any] = {}
    recipe = book.recipes.recipe(table.name)
    used = {target.column.name for target in inputs(group) if isinstance(target, Attribute)}
    for name, value in recipe.samples.items():
        spec = table.columns[name].spec
        if spec is None or name in used or spec.type not in {"integer", "number", "money"}:
            continue
        other = value.value + index
        if plausible(spec, other) is not None:
            changes[name] = other
    return changes


# --- computed fields -----------------------------------------------------------------------------


def _computed(book: Casebook, table: Table, column: Column) -> None:
    reads = [
        e
        for e in book.service.design.endpoints
        if e.entity == table.name
        and e.kind == "read"
        and (e.shows is None or column.name in e.shows)
    ]
    if not reads or column.spec is None:
        return
    endpoint = reads[0]
    node = book.service.binder.computed(column)
    scenarios = Scenarios(book.recipes, endpoint, [node])
    usual_setup = scenarios.find(worked(endpoint))
    if usual_setup is None:
        return
    usual = scenarios.play(usual_setup)[1].body[column.name]
    words = snake(column.name).replace("_", " ")
    ids = column.spec.requirements or endpoint.requirements

    def write(setup: Setup, name: str) -> None:
        scene, answer = scenarios.play(setup)
        scene.expect(answer)
        value = scene.value(answer.body[column.name])
        member = f"response.json()[{literal(column.name)}]"
        scene.write(
            f"assert {member} is {value}"
            if value in {"None", "True", "False"}
            else f"assert {member} == {value}"
        )
        book.add(table.module, scene, name, ids)

    write(usual_setup, f"the {words} of {table.a_label} is worked out")
    plenty: Setup = {("rows", str(n)): 2 for n, _ in enumerate(scenarios.question.totals)}
    changed = scenarios.find(
        lambda answer: (
            worked(endpoint)(answer) and answer.body[column.name] not in {usual, None}
            if not isinstance(usual, list)
            else worked(endpoint)(answer)
        ),
        plenty,
    )
    known = [usual_setup]
    if changed is not None:
        known.append(changed)
        write(changed, f"the {words} of {table.a_label} follows what it is worked out from")
    text = column.computed or ""
    for about, setup in scenarios.telling(text, node, known, worked(endpoint)):
        write(setup, f"the {words} of {table.a_label} minds the {about}")
