"""Test cases for lists: what they show, in which order, in which parts, and filtered how."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from quantumlayer.agents import Endpoint
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._candidates import plausible
from quantumlayer.offline.writing._cases import Casebook
from quantumlayer.offline.writing._cases_filters import (
    expect_items,
    filter_cases,
    items_of,
    shown_setup,
    title_of,
)
from quantumlayer.offline.writing._context import page_size
from quantumlayer.offline.writing._kinds import Kind
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._recipes import ANYBODY, STRANGER, SceneError
from quantumlayer.offline.writing._requests import Answer
from quantumlayer.offline.writing._samples import refused, sample
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._scripts import Handle, Variants
from quantumlayer.offline.writing._text import literal
from quantumlayer.offline.writing._values import coerced

__all__ = ["list_cases"]


def list_cases(book: Casebook) -> None:
    """Write the cases of all lists."""
    for endpoint in book.service.design.endpoints:
        if endpoint.kind != "list" or endpoint.entity is None:
            continue
        for writer in (_in_order, _parts, _sorted, _under_nobody, _bad_parameters):
            with suppress(SceneError):
                writer(book, endpoint)
        filter_cases(book, endpoint)


def _setting(
    book: Casebook, scene: Scene, endpoint: Endpoint
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make what a list lives under; return the path, and what its items have to have."""
    table = book.service.blueprint.table(endpoint.entity)
    path: dict[str, Any] = {}
    changes: dict[str, Any] = {}
    parent = endpoint.parent
    if parent is not None:
        owner = book.service.blueprint.users
        if owner is not None and parent.entity == owner.name and endpoint.access.own:
            person = scene.person(book.recipes.actor(endpoint) or "ada")
            path[parent.path_param] = person
            if table.columns[parent.field] is not table.owner:
                changes[parent.field] = person
            return path, changes
        handle = scene.make(parent.entity)
        path[parent.path_param] = handle[parent.lookup]
        recipe = book.recipes.recipe(table.name)
        nested = recipe.endpoint.parent if recipe.endpoint is not None else None
        key = nested.lookup if nested is not None and nested.field == parent.field else "id"
        changes[parent.field] = handle[key]
    return path, changes


def _needed_query(book: Casebook, scene: Scene, endpoint: Endpoint) -> dict[str, Any]:
    return book.recipes.argument_values(scene, endpoint)


def _several(
    book: Casebook,
    endpoint: Endpoint,
    scene: Scene,
    changes: dict[str, Any],
    columns: list[Column],
) -> list[Handle]:
    """Make items whose order by some columns is not the order of their ids.

    Three that differ in these columns; where the rules do not allow that, on days far from each
    other; or by different users.
    """
    table = book.service.blueprint.table(endpoint.entity)
    for attempt in (_varied, _on_other_days):
        trial = Scene(book.recipes)
        try:
            path_changes = _setting(book, trial, endpoint)[1]
            for values in attempt(book, table, columns):
                trial.make(table.name, path_changes | values)
        except SceneError:
            continue
        return [scene.make(table.name, changes | v) for v in attempt(book, table, columns)]
    recipe = book.recipes.recipe(table.name)
    if endpoint.access.own or recipe.endpoint is None or not book.recipes.needs_caller(recipe):
        raise SceneError(f"several {table.plural} cannot be made")
    return [scene.make(table.name, changes, caller) for caller in (ANYBODY, STRANGER)]


def _varied(book: Casebook, table: Table, columns: list[Column]) -> Iterator[dict[str, Any]]:
    del table
    for number in (2, 3, 1):
        values: dict[str, Any] = {}
        for column in columns:
            values.update(_distinct(book, column, number))
        yield values


def _on_other_days(book: Casebook, table: Table, columns: list[Column]) -> Iterator[dict[str, Any]]:
    """Yield values for items that are a week apart from each other."""
    recipe = book.recipes.recipe(table.name)
    for number, values in zip((2, 3, 1), _varied(book, table, columns), strict=True):
        for name, usual in recipe.samples.items():
            column = table.columns[name]
            if column.kind not in {Kind.DATE, Kind.DATETIME} or column.spec is None:
                continue
            moment = coerced(column.kind, usual.value)
            if isinstance(moment, date):
                values[name] = plausible(column.spec, moment + timedelta(days=7 * number))
        yield values


def _distinct(book: Casebook, column: Column, number: int) -> dict[str, Any]:
    """Return a value for the item with a number, larger for a larger number."""
    spec = column.spec
    if spec is None or column.reference or not _taken(book, column):
        return {}
    usual = sample(spec)
    if usual is None or spec.pattern is not None:
        return {}
    values: list[Any]
    match spec.type:
        case "date" | "datetime" | "time":
            values = [sample(spec, position) for position in (1, 3, 5)]
            values = [value.at(1) for value in values if value is not None]
        case "enum":
            values = sorted(spec.choices)
        case "boolean":
            values = [False, True]
        case "integer" | "number" | "money":
            base = usual.at(1)
            values = [
                v
                for v in (base - 2, base - 1, base, base + 1, base + 2)
                if plausible(spec, v) is not None
            ]
        case "email":
            values = [f"{name}@example.com" for name in ("alder", "birch", "cedar")]
        case "url":
            values = [f"https://example.com/{name}" for name in ("alder", "birch", "cedar")]
        case "strings":
            return {}
        case _:
            letters = ("Alder", "Birch", "Cedar")
            values = [
                plausible(spec, f"{name} {usual.at(1)}") or plausible(spec, name)
                for name in letters
            ]
    values = [value for value in values if value is not None]
    return {column.name: values[(number - 1) % len(values)]} if values else {}


def _taken(book: Casebook, column: Column) -> bool:
    recipe = book.recipes.recipe(column.entity)
    if recipe.endpoint is None or recipe.way != "endpoint":
        return recipe.way == "row" and column.stored
    return column in book.service.body_columns(recipe.endpoint)


def _in_order(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    caller = book.recipes.actor(endpoint)
    names = [name.lstrip("-") for name in endpoint.order_by]
    columns = [table.columns[name] for name in names if name in table.columns]
    scene = book.scene()
    path, changes = _setting(book, scene, endpoint)
    query = _needed_query(book, scene, endpoint)
    setup = shown_setup(book, endpoint) if endpoint.where is not None else {}
    if setup is None:
        return
    if any(key[0] not in {"was", "param"} for key in setup):
        return
    changes |= {key[1]: value for key, value in setup.items() if key[0] == "was"}
    query |= {key[1]: value for key, value in setup.items() if key[0] == "param"}
    _several(book, endpoint, scene, changes, columns)
    if endpoint.parent is not None and not endpoint.access.own:
        scene.make(table.name)
    scene.space()
    answer = scene.call(endpoint, path, query=query, caller=caller)
    if not items_of(endpoint, answer):
        return
    expect_items(scene, endpoint, answer)
    order = f" by {' and '.join(snake(n).replace('_', ' ') for n in names)}" if names else ""
    ids = book.identifiers(endpoint, *(c.spec.requirements for c in columns if c.spec))
    book.add(table.module, scene, f"{title_of(endpoint, table, book)} are listed{order}", ids)


def _parts(book: Casebook, endpoint: Endpoint) -> None:
    pagination, table = endpoint.pagination, book.service.blueprint.table(endpoint.entity)
    if pagination.style == "none" or endpoint.where is not None:
        return
    caller = book.recipes.actor(endpoint)
    first, second = (
        ({"limit": 1}, {"limit": 1, "offset": 1})
        if pagination.style == "offset"
        else (
            {pagination.size_param: 1},
            {pagination.page_param: 2, pagination.size_param: 1},
        )
    )
    scene = book.scene()
    path, changes = _setting(book, scene, endpoint)
    query = _needed_query(book, scene, endpoint)
    names = [name.lstrip("-") for name in endpoint.order_by]
    columns = [table.columns[n] for n in names if n in table.columns]
    made = _several(book, endpoint, scene, changes, columns)
    scene.space()
    for size in (first, second):
        answer = scene.call(endpoint, path, query=query | size, caller=caller)
        if answer.total != len(made):
            return
        expect_items(scene, endpoint, answer)
        if pagination.style == "offset":
            scene.write(f'assert response.headers["X-Total-Count"] == "{len(made)}"')
        else:
            for member in (pagination.total_member, pagination.page_member, pagination.size_member):
                if member:
                    value = scene.value(answer.body[member])
                    scene.write(f"assert response.json()[{literal(member)}] == {value}")
        scene.space()
    name = f"{title_of(endpoint, table, book)} come in parts"
    book.add(table.module, scene, name, endpoint.requirements)
    _too_large(book, endpoint)


def _too_large(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    offset = endpoint.pagination.style == "offset"
    name = "limit" if offset else endpoint.pagination.size_param
    scene = book.scene()
    path, _ = _setting(book, scene, endpoint)
    query = {**_needed_query(book, scene, endpoint), name: page_size(endpoint.pagination)[1] + 1}
    scene.space()
    scene.call(endpoint, path, query=query, caller=book.recipes.actor(endpoint))
    scene.expect(Answer(_invalid(book, endpoint)))
    title = f"{title_of(endpoint, table, book)} do not come in larger parts"
    book.add(table.module, scene, title, endpoint.requirements)


def _invalid(book: Casebook, endpoint: Endpoint) -> int:
    service = book.service
    return endpoint.invalid_status if service.mixed_statuses else service.invalid_status


def _sorted(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    for name in dict.fromkeys(endpoint.sortable):
        column = table.columns[name]
        if column.spec is not None and not _distinct(book, column, 1):
            continue
        scene = book.scene()
        path, changes = _setting(book, scene, endpoint)
        query = _needed_query(book, scene, endpoint)
        _several(book, endpoint, scene, changes, [column])
        scene.space()
        down = {endpoint.sort_param: f"-{name}"}
        if endpoint.order_param is not None:
            down = {endpoint.sort_param: name, endpoint.order_param: "desc"}
        for chosen in ({endpoint.sort_param: name}, down):
            answer = scene.call(
                endpoint, path, query=query | chosen, caller=book.recipes.actor(endpoint)
            )
            if not items_of(endpoint, answer):
                return
            expect_items(scene, endpoint, answer)
            scene.space()
        words = snake(name).replace("_", " ")
        title = f"{title_of(endpoint, table, book)} can be sorted by {words}"
        book.add(table.module, scene, title, endpoint.requirements)


def _under_nobody(book: Casebook, endpoint: Endpoint) -> None:
    parent = endpoint.parent
    if parent is None:
        return
    table = book.service.blueprint.table(endpoint.entity)
    above = book.service.blueprint.tables[parent.entity]
    number = above.columns[parent.lookup].kind.value == "integer"
    scene = book.scene()
    path = {parent.path_param: 999_999 if number else "nothing-like-this"}
    query = _needed_query(book, scene, endpoint)
    answer = scene.call(endpoint, path, query=query, caller=book.recipes.actor(endpoint))
    if answer.status != 404:  # noqa: PLR2004 -- not found
        return
    scene.expect(answer)
    name = f"{table.plural} of an unknown {above.label} are not found"
    book.add(table.module, scene, name, endpoint.requirements)


def _bad_parameters(book: Casebook, endpoint: Endpoint) -> None:
    """Write what query parameters are refused."""
    table = book.service.blueprint.table(endpoint.entity)
    values = []
    for param in endpoint.params:
        held = tuple(param.requirements or endpoint.requirements)
        for words, value in refused(param):
            if words not in {"no text", "no list"} and not isinstance(value, list):
                values.append(
                    (f"{{{literal(param.name)}: {literal(value)}}}", f"{param.name} {words}", held)
                )
    if not values:
        return
    scene = book.scene()
    path, _ = _setting(book, scene, endpoint)
    query = _needed_query(book, scene, endpoint)
    scene.space()
    caller = book.recipes.actor(endpoint)
    given = f"{scene.value(query)} | params" if query else "params"
    headers = ""
    if caller is not None:
        scene.stage.person(caller)
        headers = f", headers={scene.need(caller)}.headers"
    scene.need("client")
    code = scene.path_code(endpoint, path)
    scene.write(f"response = client.get({code}, params={given}{headers})", "")
    scene.write(f"assert response.status_code == {_invalid(book, endpoint)}, response.text")
    ids = [held for _, _, each in values for held in each]
    name = f"parameters of {title_of(endpoint, table, book)} that do not fit are refused"
    book.add(table.module, scene, name, ids, Variants(["params: dict[str, Any]"], values))
