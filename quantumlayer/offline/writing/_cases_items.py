"""Test cases for single items: made, read, replaced, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from quantumlayer.agents import Endpoint
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._cases import Casebook, worked
from quantumlayer.offline.writing._context import in_path
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._recipes import SceneError
from quantumlayer.offline.writing._samples import fits, refused, sample, valid
from quantumlayer.offline.writing._scene import Handle, Ref, Scene, Variants
from quantumlayer.offline.writing._simulation import Answer
from quantumlayer.offline.writing._text import a, literal
from quantumlayer.offline.writing._values import coerced, plain

__all__ = ["item_cases"]

UNKNOWN = 999_999


def item_cases(book: Casebook) -> None:
    """Write the cases of all endpoints that make, show or change one item."""
    for endpoint in book.service.design.endpoints:
        if endpoint.entity is None:
            continue
        writers = {
            "create": (_created, _bodies, _unique, _references),
            "signup": (_created, _bodies, _unique),
            "read": (_read, _unknown),
            "replace": (_replaced, _unknown, _fixed),
            "update": (_updated, _unknown, _fixed),
            "delete": (_deleted, _unknown),
            "redirect": (_unknown,),
        }
        for writer in writers.get(endpoint.kind, ()):
            with suppress(SceneError):
                writer(book, endpoint)
    for table in book.service.blueprint.tables.values():
        with suppress(SceneError):
            _unchangeable(book, table)


# --- what an item looks like ---------------------------------------------------------------------


def expect_item(
    book: Casebook, scene: Scene, answer: Answer, table: Table, *, created: bool = False
) -> None:
    """Write that the response shows the item, every member of it."""
    del book
    shown = dict(answer.body)
    free = scene.unpredictable(shown)
    expected = scene.refer(table, shown)
    known = [
        handle
        for handle in scene.handles
        if handle.entity == table.name and handle.json["id"] == shown.get("id")
    ]
    if "id" in shown and known and not created:
        expected["id"] = known[0]["id"]
    if known and not created and not free and set(known[0].json) == set(shown):
        known[0].used = True
        changed = {k: v for k, v in expected.items() if known[0].json[k] != shown[k]}
        after = f" | {scene.value(changed)}" if changed else ""
        scene.write(f"assert response.json() == {known[0].variable}{after}")
        return
    if known and not created:
        same = {k for k, v in shown.items() if known[0].json.get(k) == v}
        expected |= {name: known[0][name] for name in same}
    members = []
    parts = {c.name for c in table.columns.values() if c.children and shown.get(c.name)}
    for name, value in expected.items():
        if name in free or (name == "id" and created):
            members.append(f"{literal(name)}: shown[{literal(name)}]")
        elif name in parts:
            members.append(f"{literal(name)}: {_parts_code(scene, name, value)}")
        else:
            members.append(f"{literal(name)}: {scene.value(value)}")
    if created or free or parts:
        scene.write("shown = response.json()", f"assert shown == {{{', '.join(members)}}}")
    else:
        scene.write(f"assert response.json() == {{{', '.join(members)}}}")
    for name in free:
        size = len(str(shown[name]))
        scene.write(f'assert re.fullmatch("[A-Za-z0-9]{{{size}}}", shown[{literal(name)}])')


def _parts_code(scene: Scene, name: str, parts: Any) -> str:
    """Write the children that a response has to show; only their ids are taken as they come."""
    if isinstance(parts, Ref):
        return scene.value(parts)
    written = []
    for number, part in enumerate(parts):
        members = [f'"id": shown[{literal(name)}][{number}]["id"]'] if "id" in part else []
        members += [f"{literal(k)}: {scene.value(v)}" for k, v in part.items() if k != "id"]
        written.append(f"{{{', '.join(members)}}}")
    return f"[{', '.join(written)}]"


def full_values(
    book: Casebook, scene: Scene, columns: Iterable[Column], number: int = 1
) -> dict[str, Any]:
    """Return a value for every field that a client may send."""
    values: dict[str, Any] = {}
    for position, column in enumerate(columns):
        spec = column.spec
        if spec is None:
            continue
        usual = book.recipes.recipe(column.entity).samples.get(column.name)
        if column.reference and column.references is not None:
            values[column.name] = scene.make(column.references)["id"]
        elif column.children:
            parts = book.recipes.part_columns(column)
            values[column.name] = [full_values(book, scene, parts, number)]
        elif usual is not None and not usual.numbered and number == 1:
            values[column.name] = usual.value
        else:
            value = sample(spec, position)
            if value is not None:
                values[column.name] = _varied(column, value.at(number), number)
    return values


def _varied(column: Column, value: Any, number: int) -> Any:
    """Return another value for the second item: the next choice, the next number."""
    spec = column.spec
    if spec is None or number == 1:
        return value
    if spec.choices and spec.type == "enum":
        return spec.choices[(number - 1) % len(spec.choices)]
    if isinstance(value, bool):
        return not value
    other = plain(value + number - 1) if isinstance(value, int | float) else value
    return other if fits(spec, other) else value


# --- create --------------------------------------------------------------------------------------


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
        _post(book, scene, endpoint, path, "body")
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


def _post(book: Casebook, scene: Scene, endpoint: Endpoint, path: str, body: str) -> None:
    caller = book.recipes.actor(endpoint)
    scene.need("client")
    headers = ""
    if caller is not None:
        scene.stage.person(caller)
        headers = f", headers={scene.need(caller)}.headers"
    scene.write(f"response = client.{endpoint.method.lower()}({path}, json={body}{headers})")


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
    _post(book, scene, endpoint, path, f"{code} | changes")
    scene.space()
    scene.write(f"assert response.status_code == {status}, response.text")
    ids = [held for _, _, each in values for held in each]
    _add(book, endpoint, scene, name, ids, Variants(["changes: dict[str, Any]"], values))


def _unique(book: Casebook, endpoint: Endpoint) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    sent = {column.name for column in book.service.body_columns(endpoint)}
    for column in table.stored():
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
        path = {endpoint.parent.path_param: _nobody(parent, endpoint.parent.lookup)}
        body = scene.value(book.recipes.plain_body(scene, endpoint, {}))
        _post(book, scene, endpoint, scene.path_code(endpoint, path), body)
        scene.space()
        scene.write("assert response.status_code == 404, response.text")
        _add(
            book,
            endpoint,
            scene,
            f"{table.a_label} needs {a(parent.label)} that is there",
            endpoint.requirements,
        )


def _nobody(table: Table, lookup: str) -> Any:
    return UNKNOWN if table.columns[lookup].kind.value == "integer" else "nothing-like-this"


# --- read and change -----------------------------------------------------------------------------


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
    path: dict[str, Any] = {param: _nobody(table, endpoint.lookup)}
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
    ids = book.identifiers(endpoint, *(c.spec.requirements for c in _touched(table)))
    book.add(table.module, scene, f"{table.a_label} is replaced", ids)
    _bad_replacement(book, endpoint)


def _stays(column: Column) -> bool:
    return column.reference or (column.spec is not None and column.spec.immutable)


def _touched(table: Table) -> list[Column]:
    return [c for c in table.stored() if c.spec is not None and c.spec.on_update is not None]


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
    _post(book, scene, endpoint, code, "{name: None}")
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
