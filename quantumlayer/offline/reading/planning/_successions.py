"""Rules about items that follow one another: the first one, every further one, not twice in a row."""

from __future__ import annotations

from dataclasses import replace

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._facts import Follows, NotOneself, Successive
from quantumlayer.offline.reading.language._terms import FieldOf
from quantumlayer.offline.reading.planning._plan import Plan
from quantumlayer.offline.reading.planning._render import Frame, Scope, condition
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape

__all__ = ["follows", "not_oneself", "successive"]

_NUMBERS = ("amount", "price", "value", "score", "points", "bid", "offer")


def successive(plan: Plan, finding: Finding, fact: Successive) -> None:
    """`The first bid has to reach the start price`, `after that it has to be at least …`."""
    world = plan.world
    link = _series(world, fact.entity)
    number = _number(world, fact.entity)
    if not isinstance(fact.condition.left, FieldOf):
        raise Unresolved("it is not clear which figure is compared")
    compared = replace(
        fact.condition, left=replace(fact.condition.left, words=number.words, owner=None)
    )
    text = condition(Scope(world, (Frame(fact.entity),)), compared)
    others = f"{_same(link)}, id != this.id"
    if fact.later:
        text = _as_before(world, fact.entity, link, text)
        text = f"not exists({fact.entity}, {others}) or {text}"
    else:
        text = f"exists({fact.entity}, {others}) or {text}"
    plan.rule(
        fact.entity, ["create"], text, text=_text(finding),
        requirement=finding.source.id, status=fact.status,
    )  # fmt: skip


def follows(plan: Plan, finding: Finding, fact: Follows) -> None:
    """`A reading has to be later than the last one of its meter`."""
    world = plan.world
    link = _series(world, fact.entity)
    made = world.field(fact.entity, fact.words) if fact.words else None
    if not fact.words:
        made = _number(world, fact.entity) if fact.number else world.start(fact.entity)
    if made is None:
        raise Unresolved(f"it is not clear how one {world.label(fact.entity)} follows another")
    name, others = escape(made.name), f"{_same(link)}, id != this.id"
    last = f"max({fact.entity}, {name}, {others})"
    if fact.operator.startswith("<"):
        last = last.replace("max", "min", 1)
    plan.rule(
        fact.entity, ["create"], f"not exists({fact.entity}, {others}) or {name} {fact.operator} {last}",
        text=_text(finding), requirement=finding.source.id, status=fact.status,
    )  # fmt: skip


def not_oneself(plan: Plan, finding: Finding, fact: NotOneself) -> None:
    """`Nobody bids on their own item`, `nobody bids against themselves`."""
    world = plan.world
    verbs = world.vocabulary.verbs
    entity = verbs.get(fact.verb) or verbs.get(fact.verb.partition("-")[0])
    owner = world.draft(entity).owner if entity is not None else None
    if entity is None or owner is None:
        raise Unresolved(f"it is not clear who it is that wants to {fact.verb}")
    if fact.again:
        link, number = _series(world, entity), _number(world, entity)
        others = f"{_same(link)}, id != this.id"
        own = f"{others}, {escape(owner)} == this.{escape(owner)}"
        name = escape(number.name)
        text = f"not exists({entity}, {own}) or max({entity}, {name}, {own}) < max({entity}, {name}, {others})"
    else:
        text = _foreign(world, entity, owner)
    plan.rule(
        entity, ["create"], text, text=_text(finding),
        requirement=finding.source.id, status=fact.status,
    )  # fmt: skip


def _text(finding: Finding) -> str:
    return finding.source.requirement.text


def _foreign(world: World, entity: str, owner: str) -> str:
    """What an item refers to belongs to somebody else."""
    for made in world.fields(entity):
        if made.references in {None, world.user}:
            continue
        theirs = world.draft(made.references or "").owner
        if theirs is not None:
            return f"{escape(navigation(made.name))}.{escape(theirs)} != {escape(owner)}"
    raise Unresolved(f"a {world.label(entity)} refers to nothing that has an owner")


def _series(world: World, entity: str) -> FieldDraft:
    """The reference that items which follow one another share."""
    found = [
        made for made in world.fields(entity) if made.references not in {None, world.user, entity}
    ]
    if len(found) != 1:
        raise Unresolved(
            f"it is not clear which {world.draft(entity).word.plural} follow each other"
        )
    return found[0]


def _number(world: World, entity: str) -> FieldDraft:
    kinds = {"money", "number", "integer"}
    found = world.first(entity, _NUMBERS, kinds)
    numbers = [
        made for made in world.fields(entity)
        if made.spec.get("type") in kinds and made.spec.get("set_by") != "system"
    ]  # fmt: skip
    found = numbers[0] if found is None and len(numbers) == 1 else found
    if found is None:
        raise Unresolved(f"a {world.label(entity)} has no number to compare")
    return found


def _same(link: FieldDraft) -> str:
    return f"{escape(link.name)} == this.{escape(link.name)}"


def _as_before(world: World, entity: str, link: FieldDraft, text: str) -> str:
    """Write what the container shows of its items without the item at hand: as it was before."""
    way = escape(navigation(link.name))
    for made in world.fields(link.references or ""):
        computed = str(made.spec.get("computed", ""))
        shown = f"{way}.{escape(made.name)}"
        if f"({entity}," not in computed or shown not in text:
            continue
        folded, _, _ = computed.partition(" if exists(")
        if not folded.endswith(f"{escape(link.name)} == this.id)") or folded.count("(") != 1:
            raise Unresolved(f"{made.name!r} counts the new {world.label(entity)} already")
        before = folded.replace("== this.id)", f"== this.{escape(link.name)}, id != this.id)")
        text = text.replace(shown, before)
    return text
