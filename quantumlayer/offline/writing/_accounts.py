"""Writes signing up, logging in, and who one is."""

from __future__ import annotations

from quantumlayer.errors import DesignError
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._items import create
from quantumlayer.offline.writing._route import Route

__all__ = ["login", "me", "signup"]


def signup(route: Route) -> None:
    """Write a route that stores a new user."""
    create(route)


def login(route: Route) -> None:
    """Write a route that checks a password and answers with a token.

    An unknown user and a wrong password get the same answer after the same work.
    """
    table, field, password = _parts(route)
    schemas = route.service.schemas
    route.body = schemas.credentials([field, password])
    token = schemas.token()
    item = table.variable
    sent, secret = (f"body.{schemas.attribute(column)}" for column in (field, password))
    same = f"{table.model}.{field.attribute} == {sent}"
    if field.spec is not None and field.spec.case_insensitive:
        same = f"func.lower({table.model}.{field.attribute}) == {sent}.lower()"
    route.lines += [
        f"{item} = session.scalar(select({table.model}).where({same}))",
        f"known = None if {item} is None else {item}.{password.attribute}",
        (
            f"if not password_matches({secret}, known) or {item} is None:\n"
            '    raise UnauthorizedError("The user or the password is wrong.")'
        ),
        f"return {token}(access_token=create_token(request.app.state.settings, {item}.id))",
    ]
    route.returns = token


def _parts(route: Route) -> tuple[Table, Column, Column]:
    auth, users = route.service.design.auth, route.service.blueprint.users
    if auth is None or users is None:
        raise DesignError(f"{route.endpoint.method} {route.endpoint.path}", "there are no users")
    for name in (auth.login_field, auth.password_field):
        if name not in users.columns:
            raise DesignError(f"{users.name}.{name}", "log-in needs this field and it is not there")
    return users, users.columns[auth.login_field], users.columns[auth.password_field]


def me(route: Route) -> None:
    """Write a route that shows the caller."""
    users = route.service.blueprint.users
    if users is None:
        raise DesignError(f"{route.endpoint.method} {route.endpoint.path}", "there are no users")
    route.answer = route.service.schemas.output(users, route.endpoint.shows)
    route.returns = users.model
    route.lines.append("return current_user")
