"""Test cases for what a list shows: by its own condition, and by each of its filters."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from quantumlayer.agents import Endpoint, Param
from quantumlayer.offline.writing._blueprint import Table
from quantumlayer.offline.writing._bound import Scope
from quantumlayer.offline.writing._cases import Casebook, worked
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._play import Setup
from quantumlayer.offline.writing._recipes import SceneError
from quantumlayer.offline.writing._requests import Answer
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._search import Goal, Scenarios
from quantumlayer.offline.writing._text import literal

__all__ = ["expect_items", "filter_cases", "items_of", "shown_setup", "title_of"]

MOST_MEANINGS = 6
"""Values of a parameter beyond which they are data and no meanings."""


def filter_cases(book: Casebook, endpoint: Endpoint) -> None:
    """Write the cases of the conditions of a list."""
    with suppress(SceneError):
        _condition(book, endpoint)
    for param in endpoint.params:
        if param.where is not None:
            with suppress(SceneError):
                _filtered(book, endpoint, param)


def title_of(endpoint: Endpoint, table: Table, book: Casebook) -> str:
    """Say what a list shows."""
    special = f"{snake(endpoint.name).replace('_', ' ')} " if endpoint.name else ""
    under = ""
    if endpoint.parent is not None:
        under = f" of {book.service.blueprint.tables[endpoint.parent.entity].a_label}"
    return f"{special}{table.plural}{under}"


def items_of(endpoint: Endpoint, answer: Answer) -> list[dict[str, Any]]:
    """Return the items in an answer, paged or not."""
    body = answer.body
    if isinstance(body, dict):
        rows: list[dict[str, Any]] = body[endpoint.pagination.items_member]
        return rows
    return list(body or [])


def shown_code(endpoint: Endpoint, key: str) -> str:
    """Write how a test gets at one member of all items in a response."""
    rows = "response.json()"
    if endpoint.pagination.style == "page":
        rows += f"[{literal(endpoint.pagination.items_member)}]"
    return f"[item[{literal(key)}] for item in {rows}]"


def expect_items(scene: Scene, endpoint: Endpoint, answer: Answer) -> None:
    """Write which items the response shows, in order."""
    scene.expect(answer)
    rows = items_of(endpoint, answer)
    shown = endpoint.shows
    key = "id" if shown is None or "id" in shown else shown[0]
    expected = []
    for row in rows:
        handle = next(
            (
                h
                for h in scene.handles
                if h.entity == endpoint.entity and h.json.get(key) == row[key]
            ),
            None,
        )
        expected.append(scene.value(handle[key]) if handle is not None else scene.value(row[key]))
    scene.write(f"assert {shown_code(endpoint, key)} == [{', '.join(expected)}]")


def shows(endpoint: Endpoint, *, item: bool) -> Goal:
    def goal(answer: Answer) -> bool:
        return answer.status == endpoint.status and bool(items_of(endpoint, answer)) is item

    return goal


def shown_setup(book: Casebook, endpoint: Endpoint) -> Setup | None:
    """Find a scenario in which a list shows an item."""
    return book.scenarios(endpoint).find(shows(endpoint, item=True))


def _condition(book: Casebook, endpoint: Endpoint) -> None:
    """Write what a list with a condition of its own shows, and what it leaves out."""
    if endpoint.where is None:
        return
    table = book.service.blueprint.table(endpoint.entity)
    scenarios = book.scenarios(endpoint)
    shown = shown_setup(book, endpoint)
    if shown is None:
        return
    hidden = scenarios.nearest(shows(endpoint, item=False), shown, {}) or scenarios.find(
        shows(endpoint, item=False), shown
    )
    name = title_of(endpoint, table, book)
    for setup, deed in ((shown, "show what fits"), (hidden, "leave out what does not fit")):
        if setup is not None:
            scene, answer = scenarios.play(setup)
            expect_items(scene, endpoint, answer)
            book.add(table.module, scene, f"{name} {deed}", endpoint.requirements)
    known = [setup for setup in (shown, hidden) if setup is not None]
    _told_apart(book, endpoint, scenarios, endpoint.where, known, name, endpoint.requirements)


def _told_apart(
    book: Casebook,
    endpoint: Endpoint,
    scenarios: Scenarios,
    text: str,
    known: list[Setup],
    name: str,
    ids: Iterable[str],
) -> None:
    """Write further scenarios, each of which some part of a condition decides about."""
    this = Scope("this", endpoint.entity or "")
    given = [param.name for param in endpoint.params if param.where == text]
    arguments = book.service.arguments(endpoint, given=given)
    node = book.service.binder.condition(text, this, arguments=arguments)
    for about, setup in scenarios.telling(text, node, known, worked(endpoint)):
        scene, answer = scenarios.play(setup)
        expect_items(scene, endpoint, answer)
        book.add(scenarios.question.table.module, scene, f"{name} minds the {about}", ids)


def _filtered(book: Casebook, endpoint: Endpoint, param: Param) -> None:
    """Write an item that a filter shows, and one that it leaves out."""
    table = book.service.blueprint.table(endpoint.entity)
    this = Scope("this", table.name)
    service = book.service
    arguments = service.arguments(endpoint, given=[param.name])
    node = service.binder.condition(param.where or "", this, arguments=arguments)
    nodes = [node]
    if endpoint.where is not None:
        nodes.append(service.binder.condition(endpoint.where, this, arguments=arguments))
    scenarios = Scenarios(book.recipes, endpoint, nodes, required=param.name)
    shown = scenarios.find(shows(endpoint, item=True))
    if shown is None:
        return
    hidden = scenarios.nearest(shows(endpoint, item=False), shown, {}) or scenarios.find(
        shows(endpoint, item=False), shown
    )
    words = snake(param.name).replace("_", " ")
    name = title_of(endpoint, table, book)
    ids = (
        book.identifiers(endpoint, param.requirements)
        if not param.requirements
        else param.requirements
    )
    for setup, deed in ((shown, "shows what fits"), (hidden, "leaves out the rest")):
        if setup is not None:
            scene, answer = scenarios.play(setup)
            expect_items(scene, endpoint, answer)
            book.add(table.module, scene, f"the filter of {name} by {words} {deed}", ids)
    if param.where is not None:
        known = [setup for setup in (shown, hidden) if setup is not None]
        title = f"the filter of {name} by {words}"
        _told_apart(book, endpoint, scenarios, param.where, known, title, ids)
    _choices(book, endpoint, param, scenarios, list(ids))


def _choices(
    book: Casebook, endpoint: Endpoint, param: Param, scenarios: Scenarios, ids: list[str]
) -> None:
    """Write, for a filter with several meanings, an item that each of them shows."""
    if (
        param.type != "enum"
        or len(param.choices) > MOST_MEANINGS
        or (param.where or "").strip() == f"{param.name} == param.{param.name}"
    ):
        return
    for choice in param.choices:
        fixed: Setup = {("param", param.name): choice}
        for item, deed in ((True, "shows what fits"), (False, "leaves out the rest")):

            def goal(answer: Answer, *, item: bool = item) -> bool:
                return shows(endpoint, item=item)(answer)

            setup = scenarios.find(goal, fixed, keep=("param", param.name))
            if setup is None:
                continue
            scene, answer = scenarios.play(setup)
            expect_items(scene, endpoint, answer)
            words = f"{snake(param.name)} {snake(choice)}".replace("_", " ")
            title = f"{title_of(endpoint, scenarios.question.table, book)} with {words} {deed}"
            book.add(scenarios.question.table.module, scene, title, ids)
