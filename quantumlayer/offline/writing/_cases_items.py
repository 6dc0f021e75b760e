"""Test cases for new items: which bodies are taken, and what comes of them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from quantumlayer.agents import Endpoint
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._cases import Casebook, worked
from quantumlayer.offline.writing._context import in_path
from quantumlayer.offline.writing._exchanges import UNKNOWN, expect_item, full_values, nobody, post
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._recipes import SceneError
from quantumlayer.offline.writing._requests import Answer
from quantumlayer.offline.writing._samples import refused, valid
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._scripts import Variants
from quantumlayer.offline.writing._text import a, literal

__all__ = ["item_cases"]


def item_cases(book: Casebook) -> None:
    """Write the cases of all endpoints that make items."""
    for endpoint in book.service.design.endpoints:
        if endpoint.entity is None or endpoint.kind not in {"create", "signup"}:
            continue
        for writer in (_created, _bodies, _unique, _references):
            with suppress(SceneError):
                writer(book, endpoint)


def _body_and_path(
    book: Casebook, scene: Scene, endpoint: Endpoint, *, full: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a whole body for a create, and the path it is sent to."""
    path: dict[str, Any] = {}
    if endpoint.parent is not None:
        parent = scene.make(endpoint.parent.entity)
        path[endpoint.parent.path_param] = parent[endpoint.parent.lookup]
    columns = book.service.body_columns(endpoint)
    if not full:
        return book.recipes.plain_body(scene, endpoint, {}), path
    return full_values(book, scene, columns), path


def _created(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    caller = book.recipes.actor(endpoint)
    for full in (True, False):
        scene = book.scene()
        body, path = _body_and_path(book, scene, endpoint, full=full)
        scene.space()
        answer = scene.call(endpoint, path, body=body, caller=caller)
        if answer.status == endpoint.status:
            break
    else:
        setup = book.setup(endpoint)
        if setup is None:
            return
        scene, answer = book.scenarios(endpoint).play(setup)
    scene.expect(answer)
    if answer.body is not None:
        expect_item(book, scene, answer, table, created=True)
        _stored(book, scene, endpoint, answer)
    fields = [
        name
        for column in table.columns.values()
        if column.spec
        for name in column.spec.requirements
    ]
    deed = "signs up" if endpoint.kind == "signup" else f"is {_past(endpoint.name or 'create')}"
    under = ""
    if endpoint.parent is not None:
        under = f" under {book.service.blueprint.tables[endpoint.parent.entity].a_label}"
    requirements = book.identifiers(endpoint, table.entity.requirements, fields)
    book.add(table.module, scene, f"{table.a_label} {deed}{under}", requirements)


def _past(verb: str) -> str:
    words = snake(verb).replace("_", " ")
    return "created" if words == "create" else f"created by {words}"


def _stored(book: Casebook, scene: Scene, endpoint: Endpoint, answer: Answer) -> None:
    """Write that the new item can be read, where that shows the same."""
    for other in book.service.design.endpoints:
        same = (other.entity, other.kind) == (endpoint.entity, "read")
        plainly = other.shows == endpoint.shows and not other.includes and other.where is None
        if same and plainly and other.parent is None and len(in_path(other)) == 1:
            key = answer.body.get(other.lookup)
            if key is None or other.access.roles:
                return
            caller = book.recipes.actor(endpoint) if other.access.login else None
            code = literal(other.path)[1:-1].replace(
                f"{{{in_path(other)[0]}}}", f"{{shown['{other.lookup}']}}"
            )
            headers = f", headers={caller}.headers" if caller is not None else ""
            scene.write(f'assert client.get(f"{code}"{headers}).json() == shown')
            return


def _valid_body(book: Casebook, scene: Scene, endpoint: Endpoint) -> tuple[str, str]:
    """Write a valid body as an expression, and the path it goes to."""
    caller = book.recipes.actor(endpoint)
    path: dict[str, Any] = {}
    if endpoint.parent is not None:
        parent = scene.make(endpoint.parent.entity)
        path[endpoint.parent.path_param] = parent[endpoint.parent.lookup]
    recipe = book.recipes.recipe(endpoint.entity or "")
    if recipe.endpoint is endpoint and endpoint.parent is None:
        code = scene.body(recipe.table.name, {}, caller)[1]
    else:
        code = scene.value(book.recipes.plain_body(scene, endpoint, {}))
    return code, scene.path_code(endpoint, path)


def _bodies(book: Casebook, endpoint: Endpoint) -> None:
    """Write what bodies are refused, and which just fit."""
    table = book.service.blueprint.table(endpoint.entity)
    columns = book.service.body_columns(endpoint)
    wrong, missing, right = [], [], []
    for column in columns:
        spec = column.spec
        if spec is None:
            continue
        held = tuple(spec.requirements or endpoint.requirements)
        for words, value in refused(spec):
            code = f"{{{literal(column.name)}: {_short(value)}}}"
            wrong.append((code, f"{column.name} {words}", held))
        if spec.required and spec.default is None and column.kind.value != "strings":
            code = f"{{{literal(column.name)}: None}}"
            wrong.append((code, f"{column.name} null", held))
            missing.append((literal(column.name), column.name, held))
        for words, value in valid(spec):
            if _accepted(book, endpoint, column, value):
                code = f"{{{literal(column.name)}: {_short(value)}}}"
                right.append((code, f"{column.name} {words}", held))
    label = table.a_label
    status = endpoint.invalid_status if book.service.mixed_statuses else book.service.invalid_status
    _parametrised(book, endpoint, wrong, f"{label} whose fields do not fit is refused", status)
    _parametrised(book, endpoint, right, f"{label} whose fields just fit is taken", endpoint.status)
    if missing:
        scene = book.scene()
        code, path = _valid_body(book, scene, endpoint)
        scene.write(f"body = {code}", "del body[name]")
        scene.space()
        post(book, scene, endpoint, path, "body")
        scene.space()
        scene.write(f"assert response.status_code == {status}, response.text")
        ids = [name for _, _, held in missing for name in held]
        _add(
            book,
            endpoint,
            scene,
            f"{label} needs all of its fields",
            ids,
            Variants(["name: str"], missing),
        )


def _short(value: Any) -> str:
    if isinstance(value, str) and len(value) > 40:  # noqa: PLR2004 -- what fits into a line
        return f"{literal(value[0])} * {len(value)}"
    return literal(value)


def _accepted(book: Casebook, endpoint: Endpoint, column: Column, value: Any) -> bool:
    """Play whether a body with another value for one field is taken."""
    scene = book.scene()
    caller = book.recipes.actor(endpoint)
    try:
        path: dict[str, Any] = {}
        if endpoint.parent is not None:
            parent = scene.make(endpoint.parent.entity)
            path[endpoint.parent.path_param] = parent[endpoint.parent.lookup]
        recipe = book.recipes.recipe(endpoint.entity or "")
        if recipe.endpoint is endpoint and endpoint.parent is None:
            body = {**scene.body(recipe.table.name, {}, caller)[0], column.name: value}
        else:
            body = {**book.recipes.plain_body(scene, endpoint, {}), column.name: value}
        return worked(endpoint)(scene.call(endpoint, path, body=body, caller=caller))
    except SceneError:
        return False


def _add(
    book: Casebook,
    endpoint: Endpoint,
    scene: Scene,
    name: str,
    ids: Iterable[str],
    variants: Variants | None = None,
) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    special = f" by {snake(endpoint.name).replace('_', ' ')}" if endpoint.name else ""
    book.add(table.module, scene, f"{name}{special}", ids, variants)


def _parametrised(
    book: Casebook,
    endpoint: Endpoint,
    values: list[tuple[str, str, tuple[str, ...]]],
    name: str,
    status: int,
) -> None:
    if not values:
        return
    scene = book.scene()
    code, path = _valid_body(book, scene, endpoint)
    post(book, scene, endpoint, path, f"{code} | changes")
    scene.space()
    scene.write(f"assert response.status_code == {status}, response.text")
    ids = [held for _, _, each in values for held in each]
    _add(book, endpoint, scene, name, ids, Variants(["changes: dict[str, Any]"], values))


def _unique(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    sent = {column.name for column in book.service.body_columns(endpoint)}
    for column in table.stored_columns:
        spec = column.spec
        if spec is None or not (spec.unique or spec.unique_with):
            continue
        for names in ([[spec.name]] if spec.unique else []) + (
            [[spec.name, *spec.unique_with]] if spec.unique_with else []
        ):
            linked = {endpoint.parent.field} if endpoint.parent is not None else set()
            if set(names) <= sent | linked | {table.entity.owner}:
                with suppress(SceneError):
                    _twice(book, endpoint, table, names)


def _twice(book: Casebook, endpoint: Endpoint, table: Table, names: list[str]) -> None:
    """Write that the second item with the same values is refused."""
    recipe = book.recipes.recipe(table.name)
    if recipe.endpoint is not endpoint:
        return
    specs = [table.columns[name].spec for name in names]
    scene = book.scene()
    caller = book.recipes.actor(endpoint)
    first = scene.make(table.name, caller=caller)
    same: dict[str, Any] = {}
    fold = any(spec is not None and spec.case_insensitive for spec in specs)
    for name, spec in zip(names, specs, strict=True):
        if name == table.entity.owner and endpoint.access.login:
            continue
        value: Any = first[name]
        if spec is not None and spec.case_insensitive and not spec.secret:
            value = str(first.json[name]).upper()
        same[name] = value
    path: dict[str, Any] = {}
    if endpoint.parent is not None and endpoint.parent.field in same:
        same[endpoint.parent.field] = first[endpoint.parent.field]
        path[endpoint.parent.path_param] = first[endpoint.parent.field]
        if endpoint.parent.lookup != "id":
            return
    body, code = scene.body(table.name, same, caller)
    scene.space()
    if endpoint.parent is not None:
        scene.write(f"body = {code}", f"del body[{literal(endpoint.parent.field)}]")
        body.pop(endpoint.parent.field, None)
        code = "body"
    answer = scene.call(endpoint, path, body=body, body_code=code, caller=caller)
    if answer.status != 409 or answer.rule is not None:  # noqa: PLR2004 -- conflict
        return
    scene.expect(answer)
    words = " and ".join(snake(name).replace("_", " ") for name in names)
    ids = [held for spec in specs if spec is not None for held in spec.requirements]
    case = " in any case" if fold else ""
    _add(
        book,
        endpoint,
        scene,
        f"the {words} of {table.a_label} is used only once{case}",
        ids or endpoint.requirements,
    )


def _references(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    values = []
    for column in book.service.body_columns(endpoint):
        if column.reference and column.spec is not None:
            code = f"{{{literal(column.name)}: {UNKNOWN}}}"
            values.append(
                (code, column.name, tuple(column.spec.requirements or endpoint.requirements))
            )
    name = f"{table.a_label} cannot refer to what is not there"
    _parametrised(book, endpoint, values, name, 404)
    if endpoint.parent is not None:
        scene = book.scene()
        parent = book.service.blueprint.tables[endpoint.parent.entity]
        path = {endpoint.parent.path_param: nobody(parent, endpoint.parent.lookup)}
        body = scene.value(book.recipes.plain_body(scene, endpoint, {}))
        post(book, scene, endpoint, scene.path_code(endpoint, path), body)
        scene.space()
        scene.write("assert response.status_code == 404, response.text")
        _add(
            book,
            endpoint,
            scene,
            f"{table.a_label} needs {a(parent.label)} that is there",
            endpoint.requirements,
        )
