"""Test cases for accounts: signing up, logging in, and who may do and see what."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from quantumlayer.agents import Auth, Endpoint
from quantumlayer.offline.writing._blueprint import Table
from quantumlayer.offline.writing._cases import Casebook
from quantumlayer.offline.writing._cases_filters import expect_items
from quantumlayer.offline.writing._context import in_path
from quantumlayer.offline.writing._exchanges import full_values
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._recipes import ANYBODY, STRANGER, SceneError, persona
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._scripts import Handle, Variants
from quantumlayer.offline.writing._text import literal

__all__ = ["access_cases"]

MODULE = "accounts"


def access_cases(book: Casebook) -> None:
    """Write the cases of log-in, ownership and roles."""
    auth = book.service.design.auth
    if auth is None:
        return
    with suppress(SceneError):
        _passwords(book, auth)
    with suppress(SceneError):
        _log_in(book, auth)
    with suppress(SceneError):
        _tokens(book, auth)
    for endpoint in book.service.design.endpoints:
        with suppress(SceneError):
            if endpoint.kind == "me":
                _me(book, endpoint)
            elif endpoint.access.own:
                _foreign(book, endpoint)
            if endpoint.kind in {"read", "update", "replace", "delete"}:
                _own_account(book, endpoint)
    with suppress(SceneError):
        _roles(book)


def _users(book: Casebook) -> Table:
    users = book.service.blueprint.users
    if users is None:
        raise SceneError("there are no users")
    return users


def _passwords(book: Casebook, auth: Auth) -> None:
    """Write that passwords are neither shown nor stored as they are."""
    users = _users(book)
    recipe = book.recipes.recipe(users.name)
    if recipe.endpoint is None or auth.password_field not in recipe.samples:
        return
    scene = book.scene()
    scene.need("client")
    body, code = scene.body(users.name, {})
    secret = body[auth.password_field]
    scene.write(f"body = {code}")
    answer = scene.call(recipe.endpoint, {}, body=body, body_code="body")
    scene.expect(answer)
    scene.need("rows")
    column = users.columns[auth.password_field]
    key = 'response.json()["id"]'
    name = literal(auth.password_field)
    scene.write(
        f"assert body[{name}] not in response.text",
        f"(stored,) = rows.values({users.model}, {key}, {literal(column.attribute)})",
        f"assert body[{name}] not in stored",
    )
    del secret
    ids = [*auth.requirements, *(column.spec.requirements if column.spec is not None else ())]
    book.add(MODULE, scene, "passwords are neither shown nor stored in clear text", ids)


def _log_in(book: Casebook, auth: Auth) -> None:
    login = next((e for e in book.service.design.endpoints if e.kind == "login"), None)
    if login is None:
        return
    users = _users(book)
    ids = [*auth.requirements, *login.requirements]
    names = (auth.login_field, auth.password_field)
    for kind, name in (
        ("right", "the right password gives a token"),
        ("wrong", "a wrong password gives no token"),
        ("unknown", "an unknown user gets the same answer as a wrong password"),
    ):
        scene = book.scene()
        _, code = scene.body(users.name, {})
        scene.write(f"body = {code}")
        if kind != "unknown":
            scene.write(f"make.{users.variable}(**body)")
        user = f"body[{literal(names[0])}]"
        secret = f"body[{literal(names[1])}]"
        if kind == "wrong":
            secret = f'{secret} + "?"'
        sent = f"{{{literal(names[0])}: {user}, {literal(names[1])}: {secret}}}"
        scene.need("client")
        scene.write("", f"response = client.post({literal(login.path)}, json={sent})", "")
        if kind == "right":
            scene.write(
                f"assert response.status_code == {login.status}, response.text",
                f"assert response.json()[{literal(auth.token_member)}]",
                'assert response.json()["token_type"] == "bearer"',
            )
        else:
            scene.write(
                "assert response.status_code == 401, response.text",
                'assert response.json() == {"detail": "The user or the password is wrong."}',
            )
        book.add(MODULE, scene, name, ids)


def _guarded(book: Casebook) -> list[Endpoint]:
    return [
        e for e in book.service.design.endpoints if e.access.login or e.access.roles or e.access.own
    ]


def _plain_path(book: Casebook, endpoint: Endpoint) -> str:
    """Return a path of an endpoint, with anything for its parameters."""
    path = endpoint.path
    for name, kind in book.service.path_kinds(endpoint).items():
        path = path.replace(f"{{{name}}}", "1" if kind.value == "integer" else "x")
    return path


def _tokens(book: Casebook, auth: Auth) -> None:
    guarded = _guarded(book)
    if not guarded:
        return
    values = [
        (
            f"({literal(e.method)}, {literal(_plain_path(book, e))})".strip("()"),
            f"{e.method} {e.path}",
            tuple(e.requirements),
        )
        for e in guarded
    ]
    ids = [*auth.requirements, *(name for e in guarded for name in e.requirements)]
    scene = book.scene()
    scene.need("client")
    scene.write("response = client.request(method, path)", "", "assert response.status_code == 401")
    variants = Variants(["method: str", "path: str"], values)
    book.add(MODULE, scene, "nothing is shown or done without a token", ids, variants)
    target = next((e for e in guarded if not e.access.roles and not in_path(e)), guarded[0])
    path = literal(_plain_path(book, target))
    request = f"client.request({literal(target.method)}, {path}, headers=headers)"
    scene = book.scene()
    scene.need("client")
    scene.person(ANYBODY)
    scene.write(
        f'headers = {{"Authorization": {ANYBODY}.headers["Authorization"] + "x"}}',
        "",
        f"response = {request}",
        "",
        "assert response.status_code == 401",
    )
    book.add(MODULE, scene, "a forged token is refused", auth.requirements)
    scene = book.scene()
    scene.need("client")
    scene.person(ANYBODY)
    scene.write(
        'settings = client.app.state.settings.model_copy(update={"token_minutes": -1})',
        f"expired = create_token(settings, {ANYBODY}.id)",
        'headers = {"Authorization": f"Bearer {expired}"}',
        "",
        f"response = {request}",
        "",
        "assert response.status_code == 401",
    )
    book.add(MODULE, scene, "an expired token is refused", auth.requirements)
    scene = book.scene()
    scene.need("client")
    scene.write(
        "token = create_token(client.app.state.settings, 999_999)",
        'headers = {"Authorization": f"Bearer {token}"}',
        "",
        f"response = {request}",
        "",
        "assert response.status_code == 401",
    )
    book.add(MODULE, scene, "the token of a user who is gone is refused", auth.requirements)


def _me(book: Casebook, endpoint: Endpoint) -> None:
    scene = book.scene()
    person = scene.person(ANYBODY)
    answer = scene.call(endpoint, caller=ANYBODY)
    scene.expect(answer)
    if "id" in (answer.body or {}):
        scene.write(f'assert response.json()["id"] == {scene.value(person)}')
    book.add(MODULE, scene, "a user sees the own account", endpoint.requirements)


def _own_account(book: Casebook, endpoint: Endpoint) -> None:
    """Write what a user does with the own account where no path names it."""
    users = _users(book)
    if endpoint.entity != users.name or book.service.item_param(endpoint) is not None:
        return
    if not endpoint.access.login or endpoint.where is not None:
        return
    scene = book.scene()
    scene.person(ANYBODY)
    columns = [c for c in book.service.body_columns(endpoint) if not c.reference and not c.children]
    body: dict[str, Any] | None = None
    if endpoint.kind in {"update", "replace"}:
        body = full_values(book, scene, columns, 2)
    answer = scene.call(endpoint, body=body, caller=ANYBODY)
    if answer.status != endpoint.status:
        return
    scene.expect(answer)
    auth = book.service.design.auth
    secret = auth.password_field if auth is not None else ""
    for name, value in (body or {}).items():
        if name in (answer.body or {}):
            scene.write(
                f"assert response.json()[{literal(name)}] == {scene.value(answer.body[name])}"
            )
        elif name == secret and auth is not None:
            _logs_in_with(book, scene, auth, value)
    deed = {"read": "shown", "delete": "deleted"}.get(endpoint.kind, "changed")
    book.add(MODULE, scene, f"a user has the own account {deed}", endpoint.requirements)


def _logs_in_with(book: Casebook, scene: Scene, auth: Auth, password: str) -> None:
    """Write that a changed password is the one to log in with."""
    login = next((e for e in book.service.design.endpoints if e.kind == "login"), None)
    users = _users(book)
    if login is None:
        return
    column = users.columns[auth.login_field]
    scene.need("rows")
    got = f"rows.values({users.model}, {ANYBODY}.id, {literal(column.attribute)})"
    secret = f"{literal(auth.password_field)}: {literal(password)}"
    sent = f"{{{literal(auth.login_field)}: user, {secret}}}"
    scene.write(
        f"(user,) = {got}",
        f"assert client.post({literal(login.path)}, json={sent}).status_code == {login.status}",
    )


# --- what belongs to others ----------------------------------------------------------------------


def _foreign(book: Casebook, endpoint: Endpoint) -> None:
    if endpoint.entity is None:
        return
    table = book.service.blueprint.table(endpoint.entity)
    if not book.service.owned(table) or table is book.service.blueprint.users:
        return
    if endpoint.kind == "list":
        _own_list(book, endpoint, table)
        return
    param = book.service.item_param(endpoint)
    if endpoint.kind in {"create", "report"} or param is None:
        if endpoint.parent is not None:
            _foreign_parent(book, endpoint, table)
        return
    scene = book.scene()
    handle = scene.make(table.name)
    _ask_as_stranger(book, endpoint, scene, handle, {param: handle[endpoint.lookup]})
    if endpoint.access.sees_all and book.service.role is not None:
        _supervised(book, endpoint, table, param)


def _ask_as_stranger(
    book: Casebook, endpoint: Endpoint, scene: Scene, handle: Handle, path: dict[str, Any]
) -> None:
    table = book.service.blueprint.table(endpoint.entity)
    if endpoint.parent is not None and endpoint.parent.path_param not in path:
        path[endpoint.parent.path_param] = handle[endpoint.parent.field]
    body = _fitting_body(book, scene, endpoint, handle)
    scene.space()
    answer = scene.call(endpoint, path, body=body, caller=STRANGER)
    if answer.status != endpoint.access.foreign_status:
        return
    scene.expect(answer)
    deed = snake(endpoint.name or endpoint.kind).replace("_", " ")
    name = f"{table.a_label} of somebody else is out of reach for {deed}"
    book.add(table.module, scene, name, endpoint.requirements)


def _fitting_body(
    book: Casebook, scene: Scene, endpoint: Endpoint, handle: Handle
) -> dict[str, Any] | None:
    """Return a body that fits, so that only the ownership can be the reason for a refusal."""
    if endpoint.kind == "replace":
        columns = [c for c in book.service.body_columns(endpoint) if not c.reference]
        body = full_values(book, scene, columns)
        for column in book.service.body_columns(endpoint):
            if column.reference and handle.json.get(column.name) is not None:
                body[column.name] = handle[column.name]
        return body
    if endpoint.kind == "update":
        return {}
    if endpoint.kind == "action":
        return book.recipes.argument_values(scene, endpoint) or None
    return None


def _own_list(book: Casebook, endpoint: Endpoint, table: Table) -> None:
    if endpoint.parent is not None:
        _foreign_parent(book, endpoint, table)
        return
    if endpoint.where is not None:
        return
    scene = book.scene()
    scene.make(table.name, caller=ANYBODY)
    scene.make(table.name, caller=STRANGER)
    query = book.recipes.argument_values(scene, endpoint)
    scene.space()
    answer = scene.call(endpoint, query=query, caller=ANYBODY)
    expect_items(scene, endpoint, answer)
    name = f"{table.plural} of somebody else are not listed"
    book.add(table.module, scene, name, endpoint.requirements)
    if endpoint.access.sees_all and book.service.role is not None:
        scene = book.scene()
        scene.make(table.name, caller=ANYBODY)
        scene.make(table.name, caller=STRANGER)
        scene.space()
        answer = scene.call(endpoint, query=query, caller=persona(endpoint.access.sees_all[0]))
        expect_items(scene, endpoint, answer)
        name = f"{table.plural} of everybody are listed for {endpoint.access.sees_all[0]}"
        book.add(table.module, scene, name, endpoint.requirements)


def _foreign_parent(book: Casebook, endpoint: Endpoint, table: Table) -> None:
    """Write that nothing is reached under an item of somebody else."""
    parent = endpoint.parent
    if parent is None:
        return
    above = book.service.blueprint.tables[parent.entity]
    users = book.service.blueprint.users
    scene = book.scene()
    if users is not None and above.name == users.name:
        path: dict[str, Any] = {parent.path_param: scene.person(ANYBODY)}
    elif book.service.owned(above):
        path = {parent.path_param: scene.make(above.name, caller=ANYBODY)[parent.lookup]}
    else:
        return
    body = book.recipes.plain_body(scene, endpoint, {}) if endpoint.kind == "create" else None
    query = book.recipes.argument_values(scene, endpoint) if endpoint.kind == "list" else None
    scene.space()
    answer = scene.call(endpoint, path, body=body, query=query, caller=STRANGER)
    if answer.status != endpoint.access.foreign_status:
        return
    scene.expect(answer)
    deed = snake(endpoint.name or endpoint.kind).replace("_", " ")
    name = f"{above.a_label} of somebody else keeps its {table.plural} from {deed}"
    book.add(table.module, scene, name, endpoint.requirements)


def _supervised(book: Casebook, endpoint: Endpoint, table: Table, param: str) -> None:
    role = endpoint.access.sees_all[0]
    if endpoint.kind != "read" or endpoint.parent is not None:
        return
    scene = book.scene()
    handle = scene.make(table.name, caller=ANYBODY)
    scene.space()
    answer = scene.call(endpoint, {param: handle[endpoint.lookup]}, caller=persona(role))
    if answer.status != endpoint.status:
        return
    scene.expect(answer)
    book.add(
        table.module, scene, f"{table.a_label} of anybody is shown to {role}", endpoint.requirements
    )


# --- roles ---------------------------------------------------------------------------------------


def _roles(book: Casebook) -> None:
    """Write that routes for some roles are closed to others."""
    role = book.service.role
    if role is None or role.spec is None:
        return
    names = [ANYBODY, *(persona(choice) for choice in role.spec.choices)]
    closed: dict[str, list[Endpoint]] = {}
    for endpoint in book.service.design.endpoints:
        if not endpoint.access.roles:
            continue
        outsider = next(
            (n for n in names if book.recipes.role_of(n) not in endpoint.access.roles), None
        )
        if outsider is not None:
            closed.setdefault(outsider, []).append(endpoint)
    for outsider, endpoints in closed.items():
        values = [
            (
                f"{literal(e.method)}, {literal(_plain_path(book, e))}",
                f"{e.method} {e.path}",
                tuple(e.requirements),
            )
            for e in endpoints
        ]
        scene = book.scene()
        scene.need("client")
        scene.person(outsider)
        scene.write(
            f"response = client.request(method, path, headers={outsider}.headers)",
            "",
            "assert response.status_code == 403",
        )
        ids = [name for e in endpoints for name in e.requirements]
        variants = Variants(["method: str", "path: str"], values)
        title = f"some routes are closed to {book.recipes.role_of(outsider)}"
        book.add(MODULE, scene, title, ids, variants)
