"""Writes the functions that find one item, or refuse."""

from __future__ import annotations

from quantumlayer.agents import Access, Endpoint
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import Scope
from quantumlayer.offline.writing._context import Service
from quantumlayer.offline.writing._models import ANNOTATIONS
from quantumlayer.offline.writing._names import VARIABLES, Names
from quantumlayer.offline.writing._python import PythonWriter
from quantumlayer.offline.writing._source import Module, block, names_in, tidy
from quantumlayer.offline.writing._sql import ask
from quantumlayer.offline.writing._text import docstring, literal

__all__ = ["Finders", "key_variable", "role_check"]

PUBLIC = Access()


def key_variable(table: Table, column: Column) -> str:
    """Return what the variable is called that holds the key an item is found by."""
    if column.spec is None:
        return f"{table.variable}_id"
    return (
        column.attribute
        if column.attribute not in VARIABLES
        else f"{table.variable}_{column.attribute}"
    )


def role_check(service: Service, roles: list[str], *, among: bool) -> str:
    """Write a condition on the caller's role."""
    role = service.role
    attribute = f"current_user.{role.attribute}" if role is not None else "None"
    if len(roles) == 1:
        return f"{attribute} {'==' if among else '!='} {literal(roles[0])}"
    listed = ", ".join(literal(name) for name in roles)
    return f"{attribute} {'in' if among else 'not in'} {{{listed}}}"


class Finders:
    """Hands out calls of the functions that find items, and writes them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._names = Names(VARIABLES)
        self._found: dict[tuple[object, ...], tuple[str, Table, Column, Access, str | None]] = {}
        self._locking: set[str] = set()

    def __bool__(self) -> bool:
        """Whether any was asked for."""
        return bool(self._found)

    @property
    def names(self) -> list[str]:
        """Names of the functions."""
        return [found[0] for found in self._found.values()]

    def call(
        self,
        table: Table,
        key: str,
        *,
        lookup: str = "id",
        access: Access = PUBLIC,
        where: str | None = None,
        lock: bool = False,
    ) -> str:
        """Write the call that finds an item, or answers 404."""
        own = access.own and self._service.owned(table)
        column = table.columns[lookup]
        rights = (own, tuple(access.sees_all), access.foreign_status) if own else (own,)
        identity = (table.name, lookup, where, *rights)
        if identity not in self._found:
            wish = f"find_{table.variable}"
            options = [f"find_own_{table.variable}"] if own else [f"{wish}_by_{column.attribute}"]
            name = self._names.take(wish, *options)
            self._found[identity] = (name, table, column, access if own else PUBLIC, where)
        name = self._found[identity][0]
        given = ["session", key, *(["current_user"] if own else [])]
        if lock:
            self._locking.add(name)
            given.append("lock=True")
        return f"{name}({', '.join(given)})"

    def visible(self, table: Table, key: str, endpoint: Endpoint, *, lock: bool) -> str:
        """Write the call that finds an item for somebody who refers to it.

        Items that only their owner can read cannot be referred to by others.
        """
        reading = self._service.shown_to_owner(table)
        if reading is None or not endpoint.access.login:
            return self.call(table, key, lock=lock)
        return self.call(table, key, access=reading.access, lock=lock)

    def needs_user(self, call: str) -> bool:
        """Tell whether a call hands over the caller."""
        return "current_user" in call

    def module(self) -> Module:
        """Write `app/finders.py`."""
        functions = [self._write(*found) for found in self._found.values()]
        return Module("app/finders.py", "Finding one item, or refusing", block(functions))

    def _write(
        self, name: str, table: Table, column: Column, access: Access, where: str | None
    ) -> str:
        item, key = table.variable, key_variable(table, column)
        lock = name in self._locking
        user = self._service.blueprint.users if access.own else None
        parts = ["session: Session", f"{key}: {ANNOTATIONS[column.kind]}"]
        parts += [f"current_user: {user.model}"] if user is not None else []
        parts += ["*", "lock: bool = False"] if lock else []
        lines = [f"    {line}" for line in self._lookup(table, column, key, lock=lock)]
        missing = [f"{item} is None"]
        foreign = self._foreign(table, access) if access.own else ""
        if foreign and access.foreign_status == 404:  # noqa: PLR2004 -- not found
            missing.append(foreign)
        if where is not None:
            before, hidden = self._hidden(table, where)
            if before or (user is None and "current_user" in names_in(hidden)):
                missing_first = tidy(" or ".join(missing))
                lines += self._refusal(missing_first, table, key)
                lines += [f"    {line}" for line in before]
                missing = []
            missing.append(hidden)
        lines += self._refusal(tidy(" or ".join(f"({part})" for part in missing)), table, key)
        if foreign and access.foreign_status == 403:  # noqa: PLR2004 -- forbidden
            lines.append(f"    if {tidy(foreign)}:")
            text = literal(f"This {table.label} belongs to somebody else.")
            lines.append(f"        raise ForbiddenError({text})")
        whose = " of this user" if access.own else ""
        locked = ", locked if it is about to change" if lock else ""
        doc = docstring(f"Find {table.a_label}{whose}{locked}", indent=4)
        head = f"def {name}({', '.join(parts)}) -> {table.model}:"
        return "\n".join([head, f"    {doc}", *lines, f"    return {item}"])

    def _lookup(self, table: Table, column: Column, key: str, *, lock: bool) -> list[str]:
        item, model = table.variable, table.model
        if column.spec is None:
            option = ", with_for_update=lock" if lock else ""
            return [f"{item} = session.get({model}, {key}{option})"]
        same = f"{model}.{column.attribute} == {key}"
        if column.spec.case_insensitive:
            same = f"func.lower({model}.{column.attribute}) == {key}.lower()"
        query = f"select({model}).where({same})"
        if not lock:
            return [f"{item} = session.scalar({query})"]
        chosen = "query.with_for_update() if lock else query"
        return [f"query = {query}", f"{item} = session.scalar({chosen})"]

    @staticmethod
    def _refusal(condition: str, table: Table, key: str) -> list[str]:
        text = literal(f"There is no {table.label} ")[:-1].replace("{", "{{").replace("}", "}}")
        return [f"    if {condition}:", f'        raise NotFoundError(f{text}{{{key}}}.")']

    def _hidden(self, table: Table, where: str) -> tuple[list[str], str]:
        """Write the condition under which an endpoint does not show an item."""
        this = Scope("this", table.name)
        names = {this: table.variable}
        if self._service.user is not None:
            names[self._service.user] = "current_user"
        writer = PythonWriter(
            self._service.binder, names, total=ask, taken=Names({*VARIABLES, *names.values()})
        )
        hidden = f"not {writer.truth(self._service.binder.condition(where, this))}"
        return writer.before, hidden

    def _foreign(self, table: Table, access: Access) -> str:
        """Write the condition under which an item belongs to somebody else."""
        path = self._service.blueprint.owner_path(table.name)
        if path:
            *hops, last = path
            steps = [table.variable, *(str(hop.relation) for hop in hops)]
            guards = [
                f"{'.'.join(steps[: n + 2])} is None" for n, hop in enumerate(hops) if hop.nullable
            ]
            owner = f"{'.'.join(steps)}.{last.attribute} != current_user.id"
            foreign = " or ".join([*guards, owner])
        else:
            foreign = f"{table.variable}.id != current_user.id"
        if access.sees_all:
            others = role_check(self._service, access.sees_all, among=False)
            return f"({others}) and ({foreign})"
        return foreign
