"""Test cases for items that are there: read, replaced, changed, deleted."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from quantumlayer.agents import Endpoint, FieldSpec
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._cases import Casebook, worked
from quantumlayer.offline.writing._context import in_path
from quantumlayer.offline.writing._exchanges import expect_item, full_values, nobody, post
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._recipes import SceneError
from quantumlayer.offline.writing._requests import Answer
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._scripts import Handle, Ref, Variants
from quantumlayer.offline.writing._text import a, literal
from quantumlayer.offline.writing._values import coerced

__all__ = ["change_cases"]


def change_cases(book: Casebook) -> None:
    """Write the cases of all endpoints that show or change one item."""
    writers = {
        "read": (_read, _unknown),
        "replace": (_replaced, _unknown, _fixed),
        "update": (_updated, _unknown, _fixed),
        "delete": (_deleted, _unknown),
        "redirect": (_unknown,),
    }
    for endpoint in book.service.design.endpoints:
        if endpoint.entity is None:
            continue
        for writer in writers.get(endpoint.kind, ()):
            with suppress(SceneError):
                writer(book, endpoint)
    for table in book.service.blueprint.tables.values():
        with suppress(SceneError):
            _unchangeable(book, table)


def _read(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    setup = book.setup(endpoint)
    if setup is None:
        return
    scene, answer = book.scenarios(endpoint).play(setup)
    if answer.body is None or endpoint.includes:
        return
    scene.expect(answer)
    handle = scene.handles[-1] if scene.handles else None
    same = handle is not None and handle.entity == table.name and {**handle.json} == answer.body
    if same and handle is not None:
        handle.used = True
        scene.write(f"assert response.json() == {handle.variable}")
    else:
        expect_item(book, scene, answer, table)
    special = f" with its {snake(endpoint.name).replace('_', ' ')}" if endpoint.name else ""
    ids = book.identifiers(endpoint, table.entity.requirements)
    book.add(table.module, scene, f"{table.a_label} is read{special}", ids)


def _unknown(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    param = book.service.item_param(endpoint)
    if param is None:
        return
    scene = book.scene()
    path: dict[str, Any] = {param: nobody(table, endpoint.lookup)}
    if endpoint.parent is not None:
        path[endpoint.parent.path_param] = scene.make(endpoint.parent.entity)[
            endpoint.parent.lookup
        ]
    body: dict[str, Any] | None = None
    if endpoint.kind == "replace":
        body = full_values(book, scene, book.service.body_columns(endpoint))
    elif endpoint.kind == "update":
        body = {}
    caller = book.recipes.actor(endpoint)
    scene.space()
    answer = scene.call(endpoint, path, body=body, caller=caller)
    if answer.status != 404:  # noqa: PLR2004 -- not found
        return
    scene.expect(answer)
    verb = {"read": "read", "replace": "replaced", "update": "changed", "delete": "deleted"}
    deed = verb.get(endpoint.kind, "found")
    special = f" with its {snake(endpoint.name).replace('_', ' ')}" if endpoint.name else ""
    name = f"{a(f'unknown {table.label}')} cannot be {deed}{special}"
    book.add(table.module, scene, name, endpoint.requirements)


def _item(book: Casebook, scene: Scene, endpoint: Endpoint) -> tuple[Handle, dict[str, Any]]:
    """Make an item that an endpoint works on, and return it with the path to it."""
    table = book.service.blueprint.table(endpoint.entity)
    param = book.service.item_param(endpoint)
    if param is None:
        raise SceneError("the item has no path")
    handle = scene.make(table.name)
    path: dict[str, Any] = {param: handle[endpoint.lookup]}
    if endpoint.parent is not None:
        if endpoint.parent.lookup != "id":
            raise SceneError("the parent has no id in the path")
        path[endpoint.parent.path_param] = handle[endpoint.parent.field]
    return handle, path


def _replaced(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    caller = book.recipes.actor(endpoint)
    columns = book.service.body_columns(endpoint)
    for number in (2, 1):
        scene = book.scene()
        handle, path = _item(book, scene, endpoint)
        body = full_values(book, scene, [c for c in columns if not _stays(c)], number)
        body |= {
            c.name: handle[c.name]
            for c in columns
            if c.spec and c.spec.immutable and not c.spec.secret
        }
        body |= {c.name: handle[c.name] for c in columns if c.reference and handle.json.get(c.name)}
        _later(book, scene, table)
        scene.space()
        answer = scene.call(endpoint, path, body=body, caller=caller)
        if worked(endpoint)(answer):
            break
    else:
        setup = book.setup(endpoint)
        if setup is None:
            return
        scene, answer = book.scenarios(endpoint).play(setup)
    scene.expect(answer)
    if answer.body is not None:
        expect_item(book, scene, answer, table)
    ids = book.identifiers(endpoint, *(spec.requirements for spec in _touched(table)))
    book.add(table.module, scene, f"{table.a_label} is replaced", ids)
    _bad_replacement(book, endpoint)


def _stays(column: Column) -> bool:
    return column.reference or (column.spec is not None and column.spec.immutable)


def _touched(table: Table) -> list[FieldSpec]:
    specs = [column.spec for column in table.stored_columns]
    return [spec for spec in specs if spec is not None and spec.on_update is not None]


def _later(book: Casebook, scene: Scene, table: Table) -> None:
    """Let time pass where a change is seen by it."""
    del book
    if _touched(table):
        scene.advance(timedelta(days=1))


def _bad_replacement(book: Casebook, endpoint: Endpoint) -> None:
    columns = book.service.body_columns(endpoint)
    needed = [
        c
        for c in columns
        if c.spec is not None
        and c.spec.required
        and c.spec.default is None
        and not c.spec.immutable
        and c.kind.value != "strings"
    ]
    if not needed:
        return
    table = book.service.blueprint.table(endpoint.entity)
    scene = book.scene()
    _, path = _item(book, scene, endpoint)
    scene.space()
    caller = book.recipes.actor(endpoint)
    scene.call(endpoint, path, body={}, caller=caller)
    status = endpoint.invalid_status if book.service.mixed_statuses else book.service.invalid_status
    scene.expect(Answer(status))
    book.add(
        table.module, scene, f"{table.a_label} is not replaced by nothing", endpoint.requirements
    )


def _updated(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    caller = book.recipes.actor(endpoint)
    done = False
    for column in book.service.body_columns(endpoint):
        spec = column.spec
        if spec is None or spec.immutable or column.reference or column.children or spec.secret:
            continue
        for number in (2, 1):
            scene = book.scene()
            handle, path = _item(book, scene, endpoint)
            values = full_values(book, scene, [column], number)
            if not values or coerced(column.kind, values[column.name]) == coerced(
                column.kind, handle.json.get(column.name)
            ):
                continue
            _later(book, scene, table)
            scene.space()
            answer = scene.call(endpoint, path, body=values, caller=caller)
            if worked(endpoint)(answer) and answer.body is not None:
                scene.expect(answer)
                expect_item(book, scene, answer, table)
                words = snake(column.name).replace("_", " ")
                ids = book.identifiers(endpoint, spec.requirements if not done else ())
                book.add(
                    table.module, scene, f"the {words} of {table.a_label} is changed alone", ids
                )
                done = True
                break
        if done:
            break
    for column in book.service.body_columns(endpoint):
        if column.children:
            _parts_changed(book, endpoint, column)
    _emptied(book, endpoint)


def _parts_changed(book: Casebook, endpoint: Endpoint, column: Column) -> None:
    """Write that a list of children is replaced as a whole."""
    table = book.service.blueprint.table(endpoint.entity)
    scene = book.scene()
    _, path = _item(book, scene, endpoint)
    values = full_values(book, scene, [column], 2)
    scene.space()
    answer = scene.call(endpoint, path, body=values, caller=book.recipes.actor(endpoint))
    if worked(endpoint)(answer) and answer.body is not None:
        scene.expect(answer)
        parts = [
            {name: scene.value(value) for name, value in part.items() if name != "id"}
            for part in answer.body[column.name]
        ]
        for number, part in enumerate(parts):
            shown = f"response.json()[{literal(column.name)}][{number}]"
            for name, code in part.items():
                scene.write(f"assert {shown}[{literal(name)}] == {code}")
        words = snake(column.name).replace("_", " ")
        name = f"the {words} of {table.a_label} are changed as a whole"
        book.add(table.module, scene, name, endpoint.requirements)


def _emptied(book: Casebook, endpoint: Endpoint) -> None:
    """Write that fields cannot be emptied that have to be there."""
    table = book.service.blueprint.table(endpoint.entity)
    values = []
    for column in book.service.body_columns(endpoint):
        spec = column.spec
        if (
            spec is not None
            and spec.required
            and spec.default is None
            and column.kind.value != "strings"
        ):
            held = tuple(spec.requirements or endpoint.requirements)
            values.append((literal(column.name), column.name, held))
    if not values:
        return
    scene = book.scene()
    handle, path = _item(book, scene, endpoint)
    scene.space()
    code = scene.path_code(endpoint, path)
    handle.used = True
    post(book, scene, endpoint, code, "{name: None}")
    status = endpoint.invalid_status if book.service.mixed_statuses else book.service.invalid_status
    scene.space()
    scene.write(f"assert response.status_code == {status}, response.text")
    ids = [held for _, _, each in values for held in each]
    name = f"the fields of {table.a_label} cannot be emptied"
    book.add(table.module, scene, name, ids, Variants(["name: str"], values))


def _fixed(book: Casebook, endpoint: Endpoint) -> None:
    """Write that what is fixed at creation cannot be changed."""
    table = book.service.blueprint.table(endpoint.entity)
    for column in book.service.body_columns(endpoint):
        spec = column.spec
        if spec is None or not spec.immutable or column.children:
            continue
        scene = book.scene()
        handle, path = _item(book, scene, endpoint)
        body = {}
        if endpoint.kind == "replace":
            free = [c for c in book.service.body_columns(endpoint) if not _stays(c)]
            body = full_values(book, scene, free)
        if column.reference and column.references is not None:
            body[column.name] = scene.make(column.references)["id"]
        else:
            body |= full_values(book, scene, [column], 2)
        if column.name not in body:
            continue
        sent = body[column.name]
        if (sent.value if isinstance(sent, Ref) else sent) == handle.json.get(column.name):
            continue
        scene.space()
        answer = scene.call(endpoint, path, body=body, caller=book.recipes.actor(endpoint))
        if answer.status == 409:  # noqa: PLR2004 -- conflict
            scene.expect(answer)
            words = snake(column.name).replace("_", " ")
            name = f"the {words} of {table.a_label} cannot be {endpoint.kind}d"
            book.add(table.module, scene, name, spec.requirements or endpoint.requirements)


# --- delete --------------------------------------------------------------------------------------


def _deleted(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    caller = book.recipes.actor(endpoint)
    setup = book.setup(endpoint)
    if setup is None:
        return
    scenarios = book.scenarios(endpoint)
    scene, answer = scenarios.play(setup)
    scene.expect(answer)
    handle = next((h for h in reversed(scene.handles) if h.entity == table.name), None)
    param = book.service.item_param(endpoint)
    if handle is not None and param is not None and endpoint.parent is None:
        path = {param: handle[endpoint.lookup]}
        again = scene.call(endpoint, path, caller=caller)
        scene.write(f"assert response.status_code == {again.status}, response.text")
    book.add(table.module, scene, f"{table.a_label} is deleted", endpoint.requirements)
    for other in book.service.blueprint.tables.values():
        for column in other.columns.values():
            if column.reference and column.references == table.name:
                with suppress(SceneError):
                    _used(book, endpoint, table, column)


def _used(book: Casebook, endpoint: Endpoint, table: Table, column: Column) -> None:
    """Write what becomes of items that refer to one that is deleted."""
    other = book.service.blueprint.tables[column.entity]
    recipe = book.recipes.recipe(other.name)
    if recipe.way == "part" or column is other.owner:
        return
    scene = book.scene()
    handle, path = _item(book, scene, endpoint)
    nested = recipe.endpoint.parent if recipe.endpoint is not None else None
    key = nested.lookup if nested is not None and nested.field == column.name else "id"
    user = scene.make(other.name, {column.name: handle[key]})
    scene.space()
    answer = scene.call(endpoint, path, caller=book.recipes.actor(endpoint))
    if answer.rule is not None:
        return
    scene.expect(answer)
    ids = book.identifiers(endpoint, column.spec.requirements if column.spec is not None else ())
    if answer.status == endpoint.status:
        world = scene.stage.simulation.world
        if world.find(other.name, user.json["id"]) is None:
            scene.need("rows")
            scene.write(f"assert rows.count({other.model}) == {len(world.all(other.name))}")
            deed = f"takes its {other.plural} along"
        else:
            user.used = True
            scene.need("rows")
            got = f'rows.values({other.model}, {user.variable}["id"], {literal(column.attribute)})'
            scene.write(f"assert {got} == (None,)")
            deed = f"leaves its {other.plural} behind"
        book.add(table.module, scene, f"{a(f'deleted {table.label}')} {deed}", ids)
    elif answer.status == 409:  # noqa: PLR2004 -- conflict
        name = f"{table.a_label} with {other.plural} cannot be deleted"
        book.add(table.module, scene, name, ids)


def _unchangeable(book: Casebook, table: Table) -> None:
    """Write that items stay as they are where no route changes them."""
    endpoints = [e for e in book.service.design.endpoints if e.entity == table.name]
    reads = [e for e in endpoints if e.kind == "read" and len(in_path(e)) == 1]
    if not reads or book.service.blueprint.users is table:
        return
    path = reads[0].path
    there = {e.method for e in book.service.design.endpoints if _same_route(e.path, path)}
    missing = [method for method in ("PUT", "PATCH", "DELETE") if method not in there]
    if not missing:
        return
    scene = book.scene()
    handle = scene.make(table.name)
    code = scene.path_code(reads[0], {in_path(reads[0])[0]: handle[reads[0].lookup]})
    scene.space()
    scene.need("client")
    scene.write(
        f"response = client.request(method, {code})", "", "assert response.status_code == 405"
    )
    values = [(literal(method), method, tuple(table.entity.requirements)) for method in missing]
    name = f"{table.a_label} cannot be changed in other ways"
    book.add(
        table.module, scene, name, table.entity.requirements, Variants(["method: str"], values)
    )


def _same_route(one: str, other: str) -> bool:
    ours, theirs = one.strip("/").split("/"), other.strip("/").split("/")
    return len(ours) == len(theirs) and all(
        x == y or x.startswith("{") for x, y in zip(ours, theirs, strict=True)
    )
