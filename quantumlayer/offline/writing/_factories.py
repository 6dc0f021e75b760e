"""Writes the factories of the tests: how items are made through the API."""

from __future__ import annotations

from quantumlayer.offline.writing._blueprint import Column
from quantumlayer.offline.writing._context import in_path
from quantumlayer.offline.writing._kinds import Kind
from quantumlayer.offline.writing._recipes import ANYBODY, Recipe, Recipes, SceneError, Stage
from quantumlayer.offline.writing._text import docstring, literal

__all__ = ["Factories"]

_PARSED = {
    Kind.DATE: "dt.date.fromisoformat({})",
    Kind.TIME: "dt.time.fromisoformat({})",
    Kind.DATETIME: "dt.datetime.fromisoformat({})",
    Kind.MONEY: "Decimal(str({}))",
}


class Factories:
    """Writes the methods of `Make`."""

    def __init__(self, recipes: Recipes) -> None:
        self._recipes = recipes
        self._service = recipes.service

    def tables(self) -> list[Recipe]:
        """Return the recipes that there are."""
        found = []
        for name in self._service.blueprint.tables:
            try:
                found.append(self._recipes.recipe(name))
            except SceneError:
                continue
        return found

    def methods(self) -> str:
        """Write a body and a maker for every table."""
        written = [
            text for recipe in self.tables() for text in (self._body(recipe), self._maker(recipe))
        ]
        return "\n\n".join(written)

    def letters(self) -> bool:
        """Tell whether a value is numbered with letters."""
        return any("letters(" in s.code() for r in self.tables() for s in r.samples.values())

    def rows(self) -> bool:
        """Tell whether anything is made behind the service's back."""
        return any(recipe.way == "row" for recipe in self.tables()) or (
            self._service.role is not None and not Stage(self._recipes).role_is_sent()
        )

    # --- bodies ----------------------------------------------------------------------------------

    def _body(self, recipe: Recipe) -> str:
        table = recipe.table
        lines = [
            f"def {table.variable}_body({self._body_parameters(recipe)}) -> dict[str, Any]:",
            f"    {docstring(f'Return a valid body for {table.a_label}', indent=8)}",
        ]
        if recipe.numbered:
            lines.append("    number = next(self._numbers)")
        for column in recipe.references:
            key = literal(column.name)
            lines += [
                f"    if {key} not in changes:",
                f"        changes[{key}] = {self._made(recipe, column)}",
            ]
        for column in recipe.parts:
            part = self._recipes.recipe(column.references or "")
            user = "user" if self._recipes.body_takes_caller(part) else ""
            key = literal(column.name)
            lines += [
                f"    if {key} not in changes:",
                f"        changes[{key}] = [self.{part.table.variable}_body({user})]",
            ]
        members = ", ".join(f"{literal(k)}: {v.code()}" for k, v in recipe.samples.items())
        lines.append(f"    return {{{members}}} | changes" if members else "    return changes")
        return "\n".join(f"    {line}" for line in lines)

    def _parameters(self, recipe: Recipe) -> str:
        user = ["user: Caller"] if self._recipes.needs_caller(recipe) else []
        return ", ".join(["self", *user, "**changes: Any"])

    def _body_parameters(self, recipe: Recipe) -> str:
        user = ["user: Caller"] if self._recipes.body_takes_caller(recipe) else []
        return ", ".join(["self", *user, "**changes: Any"])

    def _made(self, recipe: Recipe, column: Column) -> str:
        """Write how an item that is referred to is made, and what of it is the reference."""
        target = self._recipes.recipe(column.references or "")
        endpoint = recipe.endpoint
        key = "id"
        if recipe.way == "endpoint" and endpoint is not None and endpoint.parent is not None:
            key = endpoint.parent.lookup if endpoint.parent.field == column.name else "id"
        caller = ""
        if target.endpoint is not None and self._recipes.needs_caller(target):
            actor = self._recipes.actor(target.endpoint)
            mine = actor == ANYBODY and self._recipes.needs_caller(recipe)
            caller = "user" if mine else f"self.caller({literal(actor)})"
        return f"self.{target.table.variable}({caller})[{literal(key)}]"

    # --- makers ----------------------------------------------------------------------------------

    def _maker(self, recipe: Recipe) -> str:
        table = recipe.table
        user = ["user"] if self._recipes.needs_caller(recipe) else []
        given = ["user"] if self._recipes.body_takes_caller(recipe) else []
        body = f"self.{table.variable}_body({', '.join([*given, '**changes'])})"
        lines = [
            f"def {table.variable}({self._parameters(recipe)}) -> dict[str, Any]:",
            f"    {docstring(f'Make {table.a_label}', indent=8)}",
        ]
        if recipe.way == "endpoint":
            lines += [f"    {line}" for line in self._posted(recipe, body)]
        elif recipe.way == "part" and recipe.parent is not None:
            lines += [f"    {line}" for line in self._as_part(recipe, body, user)]
        else:
            lines += [f"    {line}" for line in self._as_row(recipe, body)]
        return "\n".join(f"    {line}" for line in lines)

    def _posted(self, recipe: Recipe, body: str) -> list[str]:
        endpoint = recipe.endpoint
        if endpoint is None:
            return []
        headers = ", headers=user.headers" if self._recipes.needs_caller(recipe) else ""
        method = f"self._client.{endpoint.method.lower()}"
        if endpoint.parent is None:
            path = literal(endpoint.path)
            return [f"return self.sure({method}({path}, json={body}{headers}))"]
        path = literal(endpoint.path)[1:-1]
        for name in in_path(endpoint):
            path = path.replace(f"{{{name}}}", "{parent}")
        key = literal(endpoint.parent.field)
        return [
            f"body = {body}",
            f"parent = body.pop({key})",
            f'return self.sure({method}(f"{path}", json=body{headers}))',
        ]

    def _as_part(self, recipe: Recipe, body: str, user: list[str]) -> list[str]:
        column = recipe.parent
        if column is None:
            return []
        parent = self._recipes.recipe(column.entity).table
        key = literal(column.name)
        arguments = ", ".join([*user, f"**{{{key}: [{body}]}}"])
        if column.name.isidentifier():
            arguments = ", ".join([*user, f"{column.name}=[{body}]"])
        return [
            f"parts: list[dict[str, Any]] = self.{parent.variable}({arguments})[{key}]",
            "return parts[0]",
        ]

    def _as_row(self, recipe: Recipe, body: str) -> list[str]:
        table = recipe.table
        auth = self._service.design.auth
        parts = []
        for name in [*recipe.samples, *(column.name for column in recipe.references)]:
            column = table.columns[name]
            code = _PARSED.get(column.kind, "{}").format(f"body[{literal(name)}]")
            if auth is not None and (auth.entity, auth.password_field) == (table.name, name):
                code = f"hash_password({code})"
            parts.append(f"{column.attribute}={code}")
        return [
            f"body = {body}",
            f"return body | self._rows.add({table.model}({', '.join(parts)}))",
        ]

    # --- people ----------------------------------------------------------------------------------

    def join(self) -> str:
        """Write how somebody signs up and logs in."""
        service, recipes = self._service, self._recipes
        auth, users, role = service.design.auth, service.blueprint.users, service.role
        if auth is None or users is None:
            return ""
        sent = Stage(recipes).role_is_sent()
        changes = f"{role.name}=ROLES[name]" if role is not None and sent else ""
        lines = [
            f"def _join(self{', name: str' if role is not None else ''}) -> Caller:",
            '    """Sign up and log in."""',
            f"    body = self.{users.variable}_body({changes})",
        ]
        recipe = recipes.recipe(users.name)
        if recipe.way == "endpoint" and recipe.endpoint is not None:
            path = literal(recipe.endpoint.path)
            lines.append(f"    user = self.sure(self._client.post({path}, json=body))")
        else:
            lines.append(f"    user = self.{users.variable}(**body)")
        if role is not None and not sent:
            change = f"{role.attribute}=ROLES[name]"
            lines.append(f'    self._rows.change({users.model}, user["id"], {change})')
        login = next((e for e in service.design.endpoints if e.kind == "login"), None)
        if login is not None:
            names = (auth.login_field, auth.password_field)
            keys = ", ".join(f"{literal(n)}: body[{literal(n)}]" for n in names)
            lines += [
                f"    answer = self._client.post({literal(login.path)}, json={{{keys}}})",
                f"    token = self.sure(answer)[{literal(auth.token_member)}]",
            ]
        else:
            lines.append('    token = create_token(self._client.app.state.settings, user["id"])')
        lines.append('    return Caller(user["id"], {"Authorization": f"Bearer {token}"})')
        return "\n".join(f"    {line}" for line in lines)
