"""Writes the business rules: one function for each, with its sentence as docstring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantumlayer.agents import Endpoint, Rule
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import (
    Argument,
    Attribute,
    Bound,
    Comparison,
    Scope,
    Total,
    each,
)
from quantumlayer.offline.writing._context import Service
from quantumlayer.offline.writing._kinds import Kind
from quantumlayer.offline.writing._models import ANNOTATIONS
from quantumlayer.offline.writing._names import VARIABLES, Names, snake
from quantumlayer.offline.writing._python import PythonWriter
from quantumlayer.offline.writing._source import Module, block, long_literal, names_in, tidy
from quantumlayer.offline.writing._sql import ask
from quantumlayer.offline.writing._text import docstring

__all__ = ["Locks", "RuleBook", "bound_rule"]


@dataclass(frozen=True, slots=True)
class Locks:
    """What has to hold still while rules are checked.

    Attributes:
        references: References of the item whose targets are locked.
        arguments: Parameters that name an item to lock.
        user: Whether the caller's own row is locked.
        tables: Entities whose tables are locked, where no row stands for what is counted.
    """

    references: frozenset[Column] = frozenset()
    arguments: frozenset[str] = frozenset()
    user: bool = False
    tables: frozenset[str] = frozenset()

    def __or__(self, other: Locks) -> Locks:
        """Lock what either locks."""
        return Locks(
            self.references | other.references,
            self.arguments | other.arguments,
            self.user or other.user,
            self.tables | other.tables,
        )


def bound_rule(service: Service, rule: Rule, endpoint: Endpoint | None = None) -> Bound:
    """Bind a rule's condition, with the parameters of an endpoint it is checked for."""
    arguments: Mapping[str, Argument] = {}
    for other in service.design.endpoints if endpoint is None else [endpoint]:
        if other.entity == rule.entity and service.triggers(other) & {*rule.on}:
            found = service.arguments(other)
            arguments = {**found, **arguments} if arguments else found
    return service.binder.condition(rule.condition, Scope("this", rule.entity), arguments=arguments)


@dataclass(frozen=True, slots=True)
class _Written:
    """A rule as a function: its name, code, and what it has to be called with."""

    rule: Rule
    name: str
    code: str
    node: Bound
    session: bool
    item: bool
    olds: Mapping[str, Attribute]
    user: bool
    arguments: tuple[str, ...]


class RuleBook:
    """Writes `app/rules.py`, and the calls of its functions."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._names = Names(VARIABLES)
        self._written = {_key(rule): self._write(rule) for rule in service.design.rules}

    def __bool__(self) -> bool:
        """Whether there are rules at all."""
        return bool(self._written)

    def module(self) -> Module:
        """Write `app/rules.py`."""
        functions = [written.code for written in self._written.values()]
        ids = [name for rule in self._service.design.rules for name in rule.requirements]
        return Module(
            "app/rules.py",
            "The rules that changes have to keep; what breaks one is refused and rolled back",
            block(functions),
            tuple(dict.fromkeys(ids)),
        )

    def olds(self, rules: list[Rule]) -> dict[str, Attribute]:
        """Return the values from before a change that rules ask for, by variable."""
        found: dict[str, Attribute] = {}
        for rule in rules:
            found |= self._of(rule).olds
        return found

    def calls(
        self,
        rules: list[Rule],
        item: str,
        arguments: Mapping[str, str],
        *,
        creating: bool = False,
    ) -> list[str]:
        """Write the calls that check rules; what looks at the past is not checked at creation."""
        lines = []
        for rule in rules:
            written = self._of(rule)
            if creating and written.olds:
                continue
            given = ["session"] if written.session else []
            given += [item] if written.item else []
            given += [f"{name}={name}" for name in written.olds]
            given += ["current_user=current_user"] if written.user else []
            variables = {name: self._variable(name) for name in written.arguments}
            given += [f"{variable}={arguments[name]}" for name, variable in variables.items()]
            lines.append(f"rules.{written.name}({', '.join(given)})")
        return lines

    def uses_user(self, rules: list[Rule]) -> bool:
        """Tell whether a rule looks at the caller."""
        return any(self._of(rule).user for rule in rules)

    def locks(self, rules: list[Rule]) -> Locks:
        """Return what has to hold still while these rules are checked."""
        found = Locks()
        for rule in rules:
            this = Scope("this", rule.entity)
            for part in self._expanded(self._of(rule).node):
                if isinstance(part, Total):
                    found |= self._locks_of(part, this)
        return found

    def _of(self, rule: Rule) -> _Written:
        return self._written[_key(rule)]

    def _expanded(self, node: Bound) -> list[Bound]:
        found = list(each(node))
        for part in list(found):
            if isinstance(part, Attribute) and part.column.computed is not None:
                found += self._expanded(self._service.binder.expanded(part))
        return found

    def _locks_of(self, node: Total, this: Scope) -> Locks:
        """Find what all rows of an aggregate have in common with the item: one row to lock."""
        fallback = Locks(tables=frozenset({node.scope.entity}))
        for part in node.where:
            if not isinstance(part, Comparison) or part.operator != "==":
                continue
            sides = (part.left, part.right)
            for own, other in (sides, sides[::-1]):
                if not isinstance(own, Attribute) or own.scope != node.scope or own.hops:
                    continue
                if not own.column.reference:
                    continue
                if isinstance(other, Argument):
                    return Locks(arguments=frozenset({other.name}))
                if isinstance(other, Attribute) and other.scope.name == "user":
                    return Locks(user=True)
                found = self._row(other, this)
                fallback = found if found is not None else fallback
        return fallback

    @staticmethod
    def _row(other: Bound, this: Scope) -> Locks | None:
        if not isinstance(other, Attribute) or other.scope != this:
            return None
        if not other.hops and other.column.spec is None:
            return Locks()  # the item itself, which is locked as it changes
        if not other.hops and other.column.reference:
            return Locks(references=frozenset({other.column}))
        if len(other.hops) == 1 and other.column.spec is None:
            return Locks(references=frozenset(other.hops))
        return None

    # --- functions -------------------------------------------------------------------------------

    def _variable(self, name: str) -> str:
        variable = snake(name)
        return f"{variable}_" if variable in VARIABLES else variable

    def _write(self, rule: Rule) -> _Written:
        service = self._service
        table = service.blueprint.tables[rule.entity]
        node = bound_rule(service, rule)
        names = {Scope("this", rule.entity): table.variable}
        if service.user is not None:
            names[service.user] = "current_user"
        parts = list(each(node))
        arguments = {part.name: part for part in parts if isinstance(part, Argument)}
        variables = {name: self._variable(name) for name in arguments}
        taken = Names({*VARIABLES, *names.values(), *variables.values()})
        writer = PythonWriter(service.binder, names, arguments=variables, total=ask, taken=taken)
        broken = tidy(writer.falsity(node))
        before = [line.partition(" = ") for line in writer.before]
        statements = [f"{name} = {tidy(value)}" for name, _, value in before]
        used = names_in("\n".join([*statements, broken]))
        name = self._names.take(snake(rule.name), f"{snake(rule.name)}_of_{table.variable}")
        signature = self._signature(table, used, writer.olds, arguments, variables)
        refusal = long_literal(rule.message)
        status = f", {rule.status}" if rule.status != 409 else ""  # noqa: PLR2004 -- the default
        quotes = service.quotes(rule.requirements)
        first, *more = [quotes[0].split(": ", 1)[1], *quotes[1:]] if quotes else [rule.message]
        lines = [
            f"def {name}({signature}) -> None:",
            f"    {docstring(first, *more, indent=4)}",
            *(f"    {line}" for line in statements),
            f"    if {broken}:",
            f"        raise RuleBrokenError({refusal}{status})",
        ]
        return _Written(
            rule,
            name,
            "\n".join(lines),
            node,
            "session" in used,
            table.variable in used,
            writer.olds,
            "current_user" in used,
            tuple(arguments),
        )

    def _signature(
        self,
        table: Table,
        used: set[str],
        olds: Mapping[str, Attribute],
        arguments: Mapping[str, Argument],
        variables: Mapping[str, str],
    ) -> str:
        parts = ["session: Session"] if "session" in used else []
        parts += [f"{table.variable}: {table.model}"] if table.variable in used else []
        named = [f"{name}: {_annotated(node.kind, node.nullable)}" for name, node in olds.items()]
        if "current_user" in used and self._service.blueprint.users is not None:
            named.append(f"current_user: {self._service.blueprint.users.model}")
        named += [
            f"{variables[name]}: {_annotated(node.kind, node.nullable)}"
            for name, node in arguments.items()
        ]
        return ", ".join([*parts, *(["*", *named] if named else [])])


def _key(rule: Rule) -> tuple[str, ...]:
    return (rule.entity, rule.name, rule.condition)


def _annotated(kind: Kind, nullable: bool) -> str:  # noqa: FBT001 -- private, and both are plain
    return f"{ANNOTATIONS[kind]} | None" if nullable else ANNOTATIONS[kind]
