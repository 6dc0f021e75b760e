"""Balances that are kept: what comes in and goes out, and what moves from one to another."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._facts import Apart, Barred, Sets
from quantumlayer.offline.reading.language._terms import AllOf, Items, bind
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._render import (
    Frame,
    Scope,
    condition,
    is_incoming,
    literal_text,
    opposite,
)
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape
from quantumlayer.offline.reading.text._words import singular

__all__ = ["guard_balances", "plan_kinds", "plan_ledgers"]

_BALANCES = ("balance", "saldo", "stock", "points", "credits", "credit", "funds", "quantity")
_AMOUNTS = ("amount", "quantity", "points", "value", "sum", "credits")
_FROM = frozenset({"from", "source", "sender", "payer", "debit", "giver", "origin"})
_TO = frozenset(
    {"to", "target", "destination", "recipient", "receiver", "payee", "credit", "taker"}
)
_NUMERIC = {"money", "number", "integer"}


@dataclass(frozen=True, slots=True)
class _Side:
    """One way in which items of an entity change a balance."""

    link: FieldDraft
    balance: FieldDraft
    amount: FieldDraft
    sign: str

    @property
    def way(self) -> str:
        """The balance, seen from the item."""
        return f"{escape(navigation(self.link.name))}.{escape(self.balance.name)}"

    @property
    def change(self) -> str:
        """The balance as the item leaves it."""
        return f"{self.way} {self.sign} {escape(self.amount.name)}"


# --- kinds ---------------------------------------------------------------------------------------


def plan_kinds(plan: Plan) -> None:
    """`POST /accounts/{id}/deposits` makes a transaction of the kind "deposit"."""
    kinds = plan.world.structure.kinds
    for endpoint in plan.endpoints.values():
        if endpoint.kind != "create" or endpoint.entity is None:
            continue
        segment = endpoint.path.rstrip("/").rsplit("/", 1)[-1]
        found = kinds.get(segment)
        if found is None or found.entity != endpoint.entity:
            continue
        endpoint.spec["name"] = re.sub(r"[^a-z0-9]+", "_", singular(segment.lower()))
        endpoint.spec["body"] = [
            made.name
            for made in plan.world.fields(endpoint.entity)
            if made.name in found.body and made.spec.get("set_by") != "system"
        ]
        effects = endpoint.spec.setdefault("effects", [])
        effects.append({"target": found.field, "value": repr(found.choice)})


# --- balances ------------------------------------------------------------------------------------


def plan_ledgers(plan: Plan) -> None:
    """Let what comes in and goes out change the balance that is kept."""
    for endpoint in list(plan.endpoints.values()):
        if endpoint.kind != "create" or endpoint.entity is None or _is_said(plan, endpoint):
            continue
        effects = endpoint.spec.setdefault("effects", [])
        sides = _sides(plan.world, endpoint)
        for side in sides:
            after = _after(plan.world, endpoint.entity, side) if len(sides) == 1 else None
            if after is not None:
                after.spec.update(set_by="system", required=True, type=side.balance.spec["type"])
                for key in ("min_length", "minimum", "exclusive_minimum"):
                    after.spec.pop(key, None)
                effects.append({"target": after.name, "value": side.change})
            effects.append({"target": side.way, "value": side.change})
        if len(sides) == 2:
            _entries(plan, endpoint, sides)
        for side in sides[:1]:
            label = plan.world.label(endpoint.entity)
            for requirement in endpoint.requirements[:1]:
                plan.ledger.assume(
                    requirement,
                    f"every {label} changes {side.balance.name!r} by its {side.amount.name!r}",
                )


def _is_said(plan: Plan, endpoint: EndpointDraft) -> bool:
    """Whether the document itself says what the route sets."""
    return any(
        isinstance(fact, Sets) and fact.route is not None and fact.route.path == endpoint.path
        for finding in plan.analysis.findings
        for fact in finding.facts
    )


def _sides(world: World, endpoint: EndpointDraft) -> list[_Side]:
    entity = endpoint.entity or ""
    amount = world.first(entity, _AMOUNTS, _NUMERIC)
    if amount is None or amount.spec.get("set_by") == "system":
        return []
    links = [made for made in world.fields(entity) if _balance(world, made) is not None]
    moved = [(made, _direction(made)) for made in links]
    if {"-", "+"} == {sign for _, sign in moved} and len(moved) == 2:
        return [
            _Side(made, balance, amount, sign)
            for made, sign in sorted(moved, key=lambda pair: pair[1], reverse=True)
            if (balance := _balance(world, made)) is not None
        ]
    sign = _sign(endpoint)
    if len(links) != 1 or sign is None:
        return []
    balance = _balance(world, links[0])
    return [_Side(links[0], balance, amount, sign)] if balance is not None else []


def _balance(world: World, link: FieldDraft) -> FieldDraft | None:
    """The balance that an item a reference leads to keeps, set by the service alone."""
    if link.references is None:
        return None
    made = world.first(link.references, _BALANCES, _NUMERIC)
    kept = made is not None and made.spec.get("set_by") == "system" and "computed" not in made.spec
    return made if kept else None


def _direction(link: FieldDraft) -> str:
    words = set(link.words)
    return "-" if words & _FROM else "+" if words & _TO else ""


def _sign(endpoint: EndpointDraft) -> str | None:
    """Whether items of this kind come in or go out."""
    if not endpoint.spec.get("name"):
        return None
    incoming = is_incoming(str(endpoint.spec["name"]))
    return None if incoming is None else "+" if incoming else "-"


def _after(world: World, entity: str, side: _Side) -> FieldDraft | None:
    """The field that keeps what the balance is afterwards."""
    names = {f"{side.balance.name}_after", f"new_{side.balance.name}", f"{side.balance.name}After",
             f"resulting_{side.balance.name}"}  # fmt: skip
    return next((made for made in world.fields(entity) if made.name in names), None)


def _entries(plan: Plan, endpoint: EndpointDraft, sides: list[_Side]) -> None:
    """A transfer leaves an entry in both of the ledgers, if there are kinds of entries for it."""
    world = plan.world
    label = world.label(endpoint.entity or "").split()[-1]
    for entity in world.structure.entities:
        links = world.references(entity, sides[0].link.references or "")
        kind = next(
            (
                made
                for made in world.state_fields(entity)
                if any(label in choice.lower() for choice in made.spec["choices"])
            ),
            None,
        )
        amount = world.first(entity, _AMOUNTS, _NUMERIC)
        if entity == endpoint.entity or len(links) != 1 or kind is None or amount is None:
            continue
        for side in sides:
            chosen = _kind_of(kind, label, incoming=side.sign == "+")
            if chosen is None:
                continue
            values = {
                links[0].name: escape(side.link.name),
                kind.name: repr(chosen),
                amount.name: escape(side.amount.name),
            }
            after = _after(world, entity, side)
            if after is not None:
                values[after.name] = side.way
            for made in world.fields(entity):
                shared = world.field(endpoint.entity or "", made.words)
                if made.name not in values and shared is not None and made.references is None:
                    values[made.name] = escape(shared.name)
            values = {name: text for name, text in values.items() if name != "created_at"}
            endpoint.spec.setdefault("creates", []).append({"entity": entity, "values": values})


def _kind_of(kind: FieldDraft, label: str, *, incoming: bool) -> str | None:
    named = [choice for choice in kind.spec["choices"] if label in choice.lower()]
    if len(named) == 1:
        return str(named[0])
    fitting = [choice for choice in named if is_incoming(choice) is incoming]
    return str(fitting[0]) if len(fitting) == 1 else None


# --- rules ---------------------------------------------------------------------------------------


def guard_balances(plan: Plan) -> None:
    """Hold the rules about a balance where it changes, and those about who takes part."""
    for rule in list(plan.rules):
        for endpoint in plan.endpoints.values():
            if endpoint.kind != "create" or endpoint.entity is None:
                continue
            for side in _sides(plan.world, endpoint):
                if side.sign == "-" and side.link.references == rule.entity:
                    _carry(plan, rule.condition, endpoint, side, rule.requirements, rule.status)
    for endpoint in plan.endpoints.values():
        for side in _sides(plan.world, endpoint) if endpoint.kind == "create" else ():
            least = side.balance.spec.get("minimum")
            said = [each for trait, each in side.balance.traits if trait.key == "least"]
            if side.sign == "-" and least is not None and said:
                text = f"{escape(side.balance.name)} >= {literal_text(least)}"
                _carry(plan, text, endpoint, side, said, 409)
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            try:
                if isinstance(fact, Barred):
                    _bar(plan, fact, finding.source.id)
                elif isinstance(fact, Apart):
                    _apart(plan, fact, finding.source.id)
            except Unresolved as reason:
                plan.ledger.miss(finding.source.id, str(reason))


def _carry(
    plan: Plan, text: str, endpoint: EndpointDraft, side: _Side, requirements: list[str], status: int
) -> None:  # fmt: skip
    """A balance may not fall too low: held before something goes out."""
    balance = escape(side.balance.name)
    if not re.search(rf"(?<![\w.]){balance}(?!\w)", text) or "(" in text or "'" in text:
        return
    if not re.search(r">=?", text):
        return
    way = escape(navigation(side.link.name))
    names = {escape(made.name) for made in plan.world.fields(side.link.references or "")}
    seen = re.sub(
        r"(?<![\w.])([A-Za-z_]\w*)(?!\w)",
        lambda match: f"{way}.{match[1]}" if match[1] in names else match[1],
        text,
    )
    seen = seen.replace(f"{way}.{balance}", side.change, 1)
    for requirement in requirements:
        plan.rule(
            endpoint.entity or "", [str(endpoint.spec.get("name") or "create")], seen,
            text=_sentence(plan, requirement), requirement=requirement, status=status,
        )  # fmt: skip


def _bar(plan: Plan, fact: Barred, requirement: str) -> None:
    """`A closed account must not take part in any of these`."""
    world, items = plan.world, fact.items
    if items.entity is None or not items.where:
        raise Unresolved("it is not clear what must not take part")
    bound = tuple(bind(each, Items(items.entity)) for each in items.where)
    done = False
    for entity in world.structure.entities:
        if not any(e.entity == entity and e.kind == "create" for e in plan.endpoints.values()):
            continue
        for link in world.references(entity, items.entity):
            prefix = f"{escape(navigation(link.name))}."
            scope = Scope(world, (Frame(items.entity, prefix), Frame(entity)))
            text = opposite(condition(scope, bound[0] if len(bound) == 1 else AllOf(bound)))
            plan.rule(
                entity, ["create"], text, text=_sentence(plan, requirement),
                requirement=requirement, status=fact.status,
            )  # fmt: skip
            done = True
    if not done:
        raise Unresolved(f"nothing is made with a {world.label(items.entity)}")


def _apart(plan: Plan, fact: Apart, requirement: str) -> None:
    """`Transfers between accounts of different currencies, or from an account to itself`."""
    world = plan.world
    links = [made for made in world.references(fact.entity, fact.part) if made.name]
    if len(links) != 2:
        raise Unresolved(f"a {world.label(fact.entity)} does not lead from one to another")
    one, two = (escape(made.name) for made in links)
    texts = []
    for words in fact.shared:
        made = world.field(fact.part, words)
        if made is None:
            raise Unresolved(f"a {world.label(fact.part)} has no {' '.join(words)!r}")
        ways = [f"{escape(navigation(link.name))}.{escape(made.name)}" for link in links]
        texts.append(f"{ways[0]} == {ways[1]}")
    if fact.different:
        texts.append(f"{one} != {two}")
    for text in texts:
        plan.rule(
            fact.entity, ["create"], text, text=_sentence(plan, requirement),
            requirement=requirement, status=fact.status,
        )  # fmt: skip


def _sentence(plan: Plan, requirement: str) -> str:
    return next(
        (
            each.source.requirement.text
            for each in plan.analysis.findings
            if each.source.id == requirement
        ),
        "",
    )
