"""Writes how items come to be, and the checks of what they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quantumlayer.errors import ExpressionError
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import (
    Bound,
    Function,
    Scope,
    Total,
    attributes,
    each,
)
from quantumlayer.offline.writing._kinds import Kind
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._route import Route
from quantumlayer.offline.writing._rules import Locks
from quantumlayer.offline.writing._source import tidy
from quantumlayer.offline.writing._text import listed, literal, sentence

__all__ = ["Making", "assigned", "flushed", "references"]

RANDOM = frozenset({"random_code", "random_digits"})
"""Functions whose values may have been used before."""


class Making:
    """Writes how an item comes to be: from a body, from the caller, from what the design sets."""

    def __init__(self, route: Route, table: Table) -> None:
        self.route = route
        self.table = table
        self.this = Scope("this", table.name)

    def bodied(self, columns: Iterable[Column]) -> list[Column]:
        """Return the columns that are not simply taken from the body."""
        return [column for column in columns if column.children or self.secret(column)]

    def secret(self, column: Column) -> bool:
        """Tell whether a column holds the hash of a password."""
        auth = self.route.service.design.auth
        return (
            auth is not None
            and auth.entity == self.table.name
            and column.name == auth.password_field
        )

    def construct(
        self, columns: Sequence[Column], source: str, given: dict[str, str], item: str
    ) -> list[str]:
        """Write the statements that make an item.

        Args:
            columns: What the body has.
            source: The variable of the body.
            given: Values by attribute that come from elsewhere.
            item: The variable of the item.
        """
        self.route.writer.names[self.this] = item
        plain = [column for column in columns if column not in self.bodied(columns)]
        parts = []
        if plain:
            special = [literal(self._schema(column)) for column in self.bodied(columns)]
            without = f"exclude={{{', '.join(special)}}}" if special else ""
            parts.append(f"**{source}.model_dump({without})")
        parts += [
            f"{column.attribute}=hash_password({source}.{self._schema(column)})"
            for column in columns
            if self.secret(column)
        ]
        parts += [f"{name}={value}" for name, value in given.items()]
        set_later: list[str] = []
        for column, node in self._set_by_design({*given}):
            code = self._worked_out(column, node)
            if self._looks_at_item(node):
                set_later.append(f"{item}.{column.attribute} = {code}")
            else:
                parts.append(f"{column.attribute}={code}")
        lines = [f"{item} = {self.table.model}({', '.join(parts)})", *set_later]
        for column in columns:
            if column.children:
                lines += self.children(column, source, item)
        return lines

    def _schema(self, column: Column) -> str:
        return self.route.service.schemas.attribute(column)

    def _set_by_design(self, given: set[str]) -> list[tuple[Column, Bound]]:
        """Return what the design sets at creation, each behind what it is worked out from."""
        waiting = {}
        for column in self.table.stored_columns:
            spec = column.spec
            if spec is None or column.attribute in given:
                continue
            text = spec.on_create or (spec.on_update if spec.required else None)
            if text is not None:
                waiting[column] = self._bind(text, column.kind)
        ordered: list[tuple[Column, Bound]] = []
        while waiting:
            ready = next(
                (
                    c
                    for c, node in waiting.items()
                    if not _reads(node, self.this) & {*waiting} - {c}
                ),
                next(iter(waiting)),
            )
            ordered.append((ready, waiting.pop(ready)))
        return ordered

    def _bind(self, text: str, kind: Kind) -> Bound:
        arguments = self.route.service.arguments(self.route.endpoint)
        return self.route.service.binder.bind(text, self.this, arguments=arguments, kind=kind)

    def _worked_out(self, column: Column, node: Bound) -> str:
        unique = column.spec is not None and column.spec.unique
        if any(self._looks_at_item(part) for part in each(node) if isinstance(part, Total)):
            raise ExpressionError(
                column.spec.on_create if column.spec and column.spec.on_create else column.name,
                "what is set at creation cannot be counted by an item that is not there yet",
            )
        code = tidy(self.route.writer.value(node))
        self.route.flush_before()
        if isinstance(node, Function) and node.name in RANDOM and unique:
            return f"unused_code(session, {self.table.model}.{column.attribute}, lambda: {code})"
        return code

    def _looks_at_item(self, node: Bound) -> bool:
        return any(attribute.scope == self.this for attribute in attributes(node))

    def children(self, column: Column, source: str, item: str) -> list[str]:
        """Write how the children in a body are made."""
        service = self.route.service
        child = service.blueprint.table(column.references)
        link = self.table.links[column.name]
        taken = [c for c in child.columns.values() if c.from_client and c is not link]
        making = Making(self.route, child)
        checks, given = [], {}
        followed = making.needed()
        for part in taken:
            for check in references(self.route, [part], "part", Locks()):
                if part in followed:
                    target = service.blueprint.table(part.references)
                    variable = self.route.local_item(target, str(part.relation))
                    checks.append(assigned(variable, check))
                    given[str(part.relation)] = variable
                else:
                    checks.append(check)
        lines = making.construct(taken, "part", given, child.variable)
        if checks or len(lines) > 1:
            inner = [*checks, *lines, f"{item}.{column.attribute}.append({child.variable})"]
            body = "\n".join(f"    {line}" for text in inner for line in text.split("\n"))
            return [f"for part in {source}.{column.attribute}:\n{body}"]
        made = lines[0].split(" = ", 1)[1]
        return [f"{item}.{column.attribute} = [{made} for part in {source}.{column.attribute}]"]

    def needed(self) -> set[Column]:
        """Return the references that are followed to work out what the design sets."""
        nodes = [node for _, node in self._set_by_design(set())]
        return {
            a.hops[0] for node in nodes for a in attributes(node) if a.hops and a.scope == self.this
        }


def _reads(node: Bound, this: Scope) -> set[Column]:
    return {a.column for a in attributes(node) if a.scope == this and not a.hops}


# --- references and locks ------------------------------------------------------------------------


def references(
    route: Route,
    columns: Iterable[Column],
    source: str,
    locks: Locks,
    *,
    partial: bool = False,
) -> Iterable[str]:
    """Write the checks that the items a body refers to are there."""
    for column in columns:
        if not column.reference or column.spec is None:
            continue
        target = route.service.blueprint.table(column.references)
        key = f"{source}.{route.service.schemas.attribute(column)}"
        lock = column in locks.references
        call = route.finders.visible(target, key, route.endpoint, lock=lock)
        optional = partial or not (column.spec.required or column.spec.default is not None)
        yield f"if {key} is not None:\n    {call}" if optional else call


def assigned(variable: str, check: str) -> str:
    """Keep the item that a check finds."""
    head, _, call = check.rpartition("\n    ")
    condition = head.removeprefix("if ").removesuffix(":")
    code = f"({call} if {condition} else None)" if head else call
    return f"{variable} = {tidy(code)}"


# --- constraints ---------------------------------------------------------------------------------


def unique_sentence(table: Table) -> str | None:
    """Say what is wrong when a constraint of uniqueness is broken; None where there is none."""
    sets: dict[frozenset[str], list[str]] = {}
    for column in table.stored_columns:
        spec = column.spec
        if spec is None:
            continue
        if spec.unique:
            sets.setdefault(frozenset({spec.name}), [spec.name])
        if spec.unique_with:
            names = [spec.name, *spec.unique_with]
            sets.setdefault(frozenset(names), names)
    if not sets:
        return None
    words = [listed(_words(table, names)) for names in sets.values()]
    return sentence(f"There is {table.a_label} with this {listed(words, 'or')} already")


def _words(table: Table, names: Sequence[str]) -> list[str]:
    found = []
    for name in names:
        column = table.columns[name]
        found.append(snake(column.relation or name).replace("_", " "))
    return found


def flushed(table: Table, *, needed: bool) -> list[str]:
    """Write the flush of a new or changed item, with what to say where it is refused."""
    text = unique_sentence(table)
    if text is not None:
        return [f"store(session, {literal(text)})"]
    return ["session.flush()"] if needed else []
