"""Facts that forbid, put into rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._facts import (
    Counts,
    Does,
    Follows,
    Holds,
    Limit,
    NoOverlap,
    NotOneself,
    Opening,
    Operation,
    Refused,
    Room,
    StepByStep,
    Successive,
    Unique,
)
from quantumlayer.offline.reading.language._terms import (
    AS_BEFORE,
    AllOf,
    AnyOf,
    Being,
    Compare,
    Condition,
    FieldOf,
    Fold,
    Having,
    Items,
    Literal,
    Opposite,
    negate,
)
from quantumlayer.offline.reading.planning._plan import Plan
from quantumlayer.offline.reading.planning._render import (
    Frame,
    Scope,
    condition,
    conditions_of,
    opposite,
    usage,
)
from quantumlayer.offline.reading.planning._successions import follows, not_oneself, successive
from quantumlayer.offline.reading.planning._world import (
    Action,
    Unresolved,
    World,
    escape,
    key_of,
    person_key,
)
from quantumlayer.offline.reading.sentences._definitions import CREATE, DELETE, UPDATE

__all__ = ["Target", "add_rules", "hold_room", "target_of"]


def add_rules(plan: Plan) -> None:
    """Add a rule for every fact that forbids something; what cannot be said is noted."""
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            try:
                match fact:
                    case Refused():
                        _refused(plan, finding, fact)
                    case Limit():
                        _limit(plan, finding, fact)
                    case Holds():
                        _holds(plan, finding, fact)
                    case NoOverlap():
                        _no_overlap(plan, finding, fact)
                    case Unique():
                        _unique(plan, finding, fact)
                    case Room():
                        hold_room(plan, finding, fact)
                    case Does():
                        _does_to(plan, finding, fact)
                    case Opening():
                        _opening(plan, finding, fact)
                    case Follows():
                        follows(plan, finding, fact)
                    case Successive():
                        successive(plan, finding, fact)
                    case StepByStep():
                        _step_by_step(plan, finding, fact)
                    case NotOneself():
                        not_oneself(plan, finding, fact)
                    case _:
                        pass
            except Unresolved as reason:
                plan.ledger.miss(finding.source.id, str(reason))


def _text(finding: Finding) -> str:
    source = finding.source
    return source.cells.get("what") or source.requirement.text


# --- refused operations --------------------------------------------------------------------------


class Target:
    """Which entity's operation a sentence is about, and what it says about the items in it."""

    def __init__(
        self, entity: str, on: Sequence[str], conditions: Sequence[Condition] = ()
    ) -> None:
        self.entity = entity
        self.on = list(on)
        self.conditions = list(conditions)
        self.actor: Items | None = None
        self.about: Items | None = None


def target_of(plan: Plan, finding: Finding, operation: Operation) -> list[Target]:
    """Find what an operation works on: `book` makes bookings, `cancel` is an action on them.

    Raises:
        Unresolved: No entity has such an operation.
    """
    if (
        operation.verbs == ("every-action",)
        and operation.object is not None
        and operation.object.entity
    ):
        entity = operation.object.entity
        names = [action.name for action in plan.world.actions if action.entity == entity]
        if not names:
            raise Unresolved(f"nothing is done to a {plan.world.label(entity)}")
        return [Target(entity, names)]
    targets = [_target(plan, finding, operation, verb) for verb in operation.verbs]
    merged: list[Target] = []
    for target in targets:
        same = next((each for each in merged if each.entity == target.entity), None)
        if same is None:
            merged.append(target)
        else:
            same.on.extend(each for each in target.on if each not in same.on)
    return merged


def _target(plan: Plan, finding: Finding, operation: Operation, verb: str) -> Target:
    world = plan.world
    subject, object_ = operation.subject, operation.object
    item = subject if operation.passive else object_
    entity = item.entity if item is not None else None
    synonym = world.synonyms.get(verb)
    if synonym is not None:
        verb, other = synonym
        entity = entity or other
        item = item or (Items(other) if other else None)
    made = _made_by(world, verb, entity, subject)
    known = [name for name in (entity, finding.topic) if name is not None]
    for name in known:
        if world.action(name, verb) is not None:
            return _with(Target(name, [world.action(name, verb).name]), operation, item, name)  # type: ignore[union-attr]
    if verb.partition("-")[0] in DELETE | {"withdraw"} and known and made is None:
        return _with(Target(known[0], ["delete"]), operation, item, known[0])
    if verb in UPDATE and known:
        return _with(Target(known[0], ["update"]), operation, item, known[0])
    if made is not None:
        return _with(Target(made, ["create"]), operation, item, made)
    started = [
        endpoint
        for endpoint in plan.endpoints.values()
        if endpoint.kind == "create" and endpoint.spec.get("name") == verb.replace("-", "_")
    ]
    if len(started) == 1 and started[0].entity is not None and entity in {None, started[0].entity}:
        return _with(
            Target(started[0].entity, [verb.replace("-", "_")]), operation, item, started[0].entity
        )
    actions = [
        action for action in world.actions if verb in {action.verb, action.name} | action.synonyms
    ]
    if len(actions) == 1 and (entity is None or entity == actions[0].entity):
        return _with(
            Target(actions[0].entity, [actions[0].name]), operation, item, actions[0].entity
        )
    if operation.passive and item is not None and item.where and verb in CREATE - _PLAIN_CREATE:
        return _with_something_made(world, verb, item, operation)
    if verb in CREATE | {"create", "accept", "take", "make", "book", "have"} and entity is not None:
        return _with(Target(entity, ["create"]), operation, item, entity)
    setter = _setter(world, known, verb, item)
    if setter is not None:
        return setter
    raise Unresolved(f"it is not clear what it means to {verb.replace('-', ' ')} here")


_PLAIN_CREATE = frozenset({"create", "add", "insert", "import", "make", "post", "upload", "issue"})


def _with_something_made(world: World, verb: str, item: Items, operation: Operation) -> Target:
    """`Singers who are on leave cannot be recorded`: what is made refers to them."""
    made = [name for name in world.structure.entities if world.references(name, item.entity or "")]
    if len(made) != 1:
        raise Unresolved(f"it is not clear what is made when they are {verb}ed")
    return _with(Target(made[0], ["create"]), operation, item, made[0])


def _made_by(world: World, verb: str, entity: str | None, subject: Items | None) -> str | None:
    """The entity whose items a verb makes; it has to be tied to what the sentence speaks of."""
    base_verb, _, particle = verb.partition("-")
    for each in (verb, base_verb if particle in {"in", "on", "for", "up", "at"} else verb):
        made = world.vocabulary.verbs.get(each)
        if made is None or made == entity:
            if made is not None and made == entity:
                return made
            continue
        others = [name for name in (entity, subject.entity if subject else None) if name]
        if not others or any(world.path(made, name) is not None for name in others):
            return made
    return None


def _setter(world: World, known: Sequence[str], verb: str, item: Items | None) -> Target | None:
    """`It can be set once`: the action that sets it."""
    if verb not in {"set", "give", "record", "assign", "fill"} or not known:
        return None
    for name in known:
        actions = [action for action in world.actions if action.entity == name]
        if len(actions) == 1:
            return Target(name, [actions[0].name])
    del item
    return None


def _with(target: Target, operation: Operation, item: Items | None, entity: str) -> Target:
    """Keep what the sentence says about the items it names."""
    if item is not None and item.entity == entity:
        target.conditions.extend(item.where)
        target.about = item
    elif item is not None and item.entity is not None:
        target.about = item
        target.conditions.extend(_on(item))
    elif item is not None and item.where:
        target.conditions.extend(item.where)
    subject = operation.subject
    if not operation.passive and subject is not None and subject.entity is not None:
        target.actor = subject
        target.conditions.extend(_on(subject))
    if item is not None:
        for other in item.of:
            target.conditions.extend(_on(other))
    return target


def _on(items: Items) -> list[Condition]:
    """Conditions on another item that the one at hand refers to."""
    from quantumlayer.offline.reading.language._terms import bind  # noqa: PLC0415

    return [bind(each, Items(items.entity)) for each in items.where] if items.entity else []


def _refused(plan: Plan, finding: Finding, fact: Refused) -> None:
    operation = fact.operation
    if fact.when == AS_BEFORE:
        said = [
            each.when
            for each in finding.facts
            if isinstance(each, Refused) and each.when not in {None, AS_BEFORE}
        ]
        if not said:
            raise Unresolved("it is not said when this is refused")
        fact = replace(fact, when=said[-1])
    subject = operation.subject
    if subject is not None and subject.also:
        for entity in (*subject.also, subject.entity):
            alone = replace(subject, entity=entity, also=())
            _refused(plan, finding, replace(fact, operation=replace(operation, subject=alone)))
        return
    if _is_fullness(plan, finding, fact):
        return
    if operation.verbs == ("route",):
        targets = [_route_target(plan, fact)]
    else:
        targets = target_of(plan, finding, operation)
    for target in targets:
        if _is_known_value(plan, finding, fact, target):
            continue
        told = bool(target.conditions) and _ends_it(fact.when) and target.on == ["create"]
        if told:
            fact = replace(
                fact, when=None, only=False
            )  # that is out cannot be lent before it is back
        if operation.again and not told:
            _again(plan, finding, fact, target)
            continue
        for name in target.on:
            _refused_on(plan, finding, fact, target, name)


def _ends_it(when: Condition | None) -> bool:
    words = when.words if isinstance(when, Being) else ()
    return words in {("back",), ("returned",), ("free",), ("available",), ("there",), ("home",)}


_KNOWN = frozenset(
    {"taken", "used", "known", "there", "assigned", "registered", "present", "duplicate"}
)


def _is_known_value(plan: Plan, finding: Finding, fact: Refused, target: Target) -> bool:
    """`409 if the serial is taken`: it is unique."""
    match fact.when:
        case Being(subject=FieldOf(words=words), words=(word,), negated=False) if word in _KNOWN:
            made = plan.world.field(target.entity, words)
        case _:
            return False
    if made is None or made.spec.get("type") in {"integer", "number", "money", "boolean"}:
        return False
    made.spec["unique"] = True
    made.asked(finding.source.id)
    return True


def _route_target(plan: Plan, fact: Refused) -> Target:
    """What a route works on, where the sentence only names the route."""
    route = fact.route
    endpoint = plan.endpoint(route.method, route.path) if route is not None else None
    if endpoint is None or endpoint.entity is None:
        raise Unresolved("it is not clear which route this is about")
    name = "update" if endpoint.kind == "replace" else endpoint.kind
    return Target(endpoint.entity, [str(endpoint.spec.get("name") or name)])


def _refused_on(plan: Plan, finding: Finding, fact: Refused, target: Target, on: str) -> None:
    world = plan.world
    others = on == "create"
    taken = next(
        (
            tuple(endpoint.params)
            for endpoint in plan.endpoints.values()
            if endpoint.entity == target.entity and endpoint.spec.get("name") == on
        ),
        (),
    )
    scope = Scope(world, (Frame(target.entity),), others=others, params=taken)
    conditions = list(target.conditions)
    if fact.when is not None:
        conditions.append(fact.when)
    if not conditions:
        if on in {"update", "delete"} and not fact.only:
            kinds = ("replace", "update") if on == "update" else ("delete",)
            for kind in kinds:
                plan.never.setdefault(target.entity, {}).setdefault(kind, []).append(
                    finding.source.id
                )
                _take_away(plan, target.entity, kind)
            return
        raise Unresolved("it is not said when this is refused")
    if fact.only:
        text = _all(scope, target.conditions, fact.when)
    else:
        text = opposite(_all(scope, target.conditions, fact.when))
    plan.rule(
        target.entity, [on], _about_old(text, on, world, target.entity), text=_text(finding),
        requirement=finding.source.id, status=fact.status,
    )  # fmt: skip


def _take_away(plan: Plan, entity: str, kind: str) -> None:
    """A route that only the conventions gave is not there where the document rules it out."""
    for key, endpoint in list(plan.endpoints.items()):
        if endpoint.entity == entity and endpoint.kind == kind and not endpoint.explicit:
            del plan.endpoints[key]


def _about_old(text: str, on: str, world: World, entity: str) -> str:
    """An update may be refused because of how the item is, not how it will be."""
    if on != "update":
        return text
    del world, entity
    return text


def _all(scope: Scope, conditions: Sequence[Condition], when: Condition | None) -> str:
    parts = [*conditions, *([when] if when is not None else [])]
    return condition(scope, parts[0]) if len(parts) == 1 else condition(scope, AllOf(tuple(parts)))


def _again(plan: Plan, finding: Finding, fact: Refused, target: Target) -> None:
    """`Cancelling twice`, `a loan can be returned only once`, `a second start`."""
    world = plan.world
    for name in target.on:
        if name == "create":
            _once(plan, finding, fact, target)
            continue
        action = next(
            (each for each in world.actions if each.entity == target.entity and each.name == name),
            None,
        )
        if action is None:
            _one_running(plan, finding, fact, target.entity, name)
            continue
        done = _done_text(action.states, action.sets)
        if done is None:
            filled = _filled_by(world, target.entity, action.name)
            if filled is None:
                raise Unresolved(f"nothing shows that {name!r} was done before")
            done = f"{escape(filled.name)} is not None"
        plan.rule(
            target.entity, [name], opposite(done), text=_text(finding),
            requirement=finding.source.id, status=fact.status,
        )  # fmt: skip


def _one_running(plan: Plan, finding: Finding, fact: Refused, entity: str, name: str) -> None:
    """`A second start`: refused while an item of the same person has not ended."""
    world = plan.world
    last = world.end(entity)
    key = person_key(world, entity)
    if last is None or key is None:
        raise Unresolved("it is not clear when this happens a second time")
    parts = f"{escape(key)} == this.{escape(key)}, {escape(last.name)} is None, id != this.id"
    plan.rule(
        entity, [name], f"not exists({entity}, {parts})", text=_text(finding),
        requirement=finding.source.id, status=fact.status,
    )  # fmt: skip


def _done_text(states: tuple[str, str] | None, sets: dict[str, str]) -> str | None:
    if states is not None and " if " not in states[1]:
        return f"{escape(states[0])} == {states[1]}"
    for name, text in sets.items():
        if text in {"now()", "today()"}:
            return f"{escape(name)} is not None"
        if text in {"True", "False"}:
            return f"{escape(name)} == {text}"
        if text.startswith("param."):
            return f"{escape(name)} is not None"
    return None


def _filled_by(world: World, entity: str, name: str) -> FieldDraft | None:
    made = world.field(entity, tuple(name.split("_")))
    return made if made is not None and not made.spec.get("required", True) else None


def _once(plan: Plan, finding: Finding, fact: Refused, target: Target) -> None:
    """Once for each pair: a student enrols in a course only once."""
    world = plan.world
    operation = fact.operation
    keys: list[str] = []
    for items in (
        operation.subject,
        operation.object,
        *(operation.object.of if operation.object else ()),
    ):
        name = key_of(world, target.entity, items)
        if name is not None and name not in keys:
            keys.append(name)
    if fact.when is not None:
        raise Unresolved("it is not clear when this counts as a second time")
    if not keys:
        raise Unresolved("it is not clear for whom this is possible once only")
    if len(keys) == 1:
        keys = [*keys, *_other_keys(world, target.entity, keys)]
    _unique_rule(plan, finding, target.entity, keys, fact.status)


def _other_keys(world: World, entity: str, keys: Sequence[str]) -> list[str]:
    references = [
        made.name
        for made in world.fields(entity)
        if made.references is not None and made.name not in keys
    ]
    return references if len(references) == 1 else []


def _can_lapse(world: World, entity: str) -> bool:
    """Whether items can be cancelled and the like, so that there may be another after that."""
    acted = any(action.entity == entity for action in world.actions)
    return acted or any(
        made.spec.get("set_by") != "system" and made.words[-1:] in {("status",), ("state",)}
        for made in world.state_fields(entity)
    )


def _unique_rule(
    plan: Plan, finding: Finding, entity: str, keys: Sequence[str], status: int | None,
    extra: Iterable[str] = (),
) -> None:  # fmt: skip
    """No two items with the same keys: in the database, or by a rule where states matter."""
    world = plan.world
    active = [*(world.active(entity) if _can_lapse(world, entity) else ()), *extra]
    whatever = "whatever" in {token.low for token in finding.source.full}
    if not active or whatever:
        free = [key for key in keys if "unique_with" not in world.draft(entity).fields[key].spec]
        keys = [*(key for key in keys if key != (free or keys)[-1]), (free or keys)[-1]]
        made = world.draft(entity).fields[keys[-1]]
        made.spec["unique_with"] = list(keys[:-1])
        if len(keys) == 1:
            made.spec.pop("unique_with")
            made.spec["unique"] = True
        made.asked(finding.source.id)
        for each in (world.draft(entity).fields[key] for key in keys):
            each.spec["case_insensitive"] = each.spec.get("type") == "email"
        return
    parts = [f"{escape(key)} == this.{escape(key)}" for key in keys]
    condition_ = f"not exists({entity}, {', '.join((*parts, *active, 'id != this.id'))})"
    own = [opposite(each) for each in active]
    text = condition_ if not own else " or ".join((*own, condition_))
    plan.rule(
        entity, ["create", "update"], text, text=_text(finding),
        requirement=finding.source.id, status=status,
    )  # fmt: skip


# --- room ----------------------------------------------------------------------------------------

_FULL_WORDS = frozenset({
    "full", "sold out", "taken", "free", "available", "left", "enough", "occupied",
    "fully booked", "booked out",
})  # fmt: skip


def _is_fullness(plan: Plan, finding: Finding, fact: Refused) -> bool:
    """`A full class takes no bookings`: what is taken, with the new item, fits into the capacity."""
    world = plan.world
    operation = fact.operation
    conditions: list[Condition] = []
    if fact.when is not None:
        conditions.append(fact.when)
    for items in (
        operation.subject,
        operation.object,
        *(operation.object.of if operation.object else ()),
    ):
        conditions.extend(items.where if items is not None else ())
    if len(conditions) != 1:
        return False
    only = conditions[0]
    container: str | None = None
    match only:
        case Being(subject=FieldOf(words=words)) if " ".join(only.words) in _FULL_WORDS:
            container = _with_capacity(world, words, finding, operation)
        case Having(items=FieldOf(words=words)):
            container = _with_capacity(world, words, finding, operation)
        case Being(subject=subject) if " ".join(only.words) in _FULL_WORDS:
            container = _container(subject, operation)
        case _:
            return False
    if container is None:
        return False
    registrants = world.registrants(container)
    if not registrants or world.capacity(container) is None:
        return False
    entity = registrants[0]
    if operation.object is not None and operation.object.entity in registrants:
        entity = operation.object.entity
    way = world.path(entity, container)
    if way is None:
        return False
    scope = Scope(world, (Frame(entity),))
    prefix = "".join(f"{escape(name)}." for name in way)
    used, room = usage(scope, Frame(container, prefix), others=False)
    plan.rule(
        entity, ["create", "update"], f"{used} <= {room}", text=_text(finding),
        requirement=finding.source.id, status=fact.status,
    )  # fmt: skip
    return True


def hold_room(plan: Plan, finding: Finding, fact: Room) -> None:
    """`The persons of all bookings of a trip stay within its seats`: held where bookings change."""
    world, name = plan.world, fact.child
    room = world.field(fact.parent, fact.limit) if fact.limit else world.capacity(fact.parent)
    links = world.references(name, fact.parent)
    amount = world.field(name, fact.amount) if fact.amount else world.amount(name)
    numeric = {"integer", "number", "money"}
    if room is None or room.spec.get("type") not in numeric or not links:
        raise Unresolved(f"a {world.label(fact.parent)} has no number that limits this")
    if amount is not None and amount.spec.get("type") not in numeric:
        raise Unresolved(f"{amount.name!r} is no number")
    item = "id" if fact.lowered else escape(links[0].name)
    parts = [f"{escape(links[0].name)} == this.{item}", *world.active(name)]
    taken = (
        f"sum({name}, {', '.join((escape(amount.name), *parts))})"
        if amount is not None
        else f"count({name}, {', '.join(parts)})"
    )
    if amount is not None and world.spans(name):
        taken = escape(amount.name)
    if fact.lowered:
        plan.rule(
            fact.parent, ["update"], f"{taken} <= {escape(room.name)}",
            text=_text(finding), requirement=finding.source.id, status=fact.status,
        )  # fmt: skip
        return
    plan.rule(
        name, ["create", "update"], f"{taken} <= {escape(navigation(links[0].name))}.{escape(room.name)}",
        text=_text(finding), requirement=finding.source.id, status=fact.status,
    )  # fmt: skip


def _container(subject: Items | FieldOf | None, operation: Operation) -> str | None:
    if isinstance(subject, Items) and subject.entity is not None:
        return subject.entity
    for items in (
        operation.subject,
        operation.object,
        *(operation.object.of if operation.object else ()),
    ):
        if items is not None and items.where:
            return items.entity
    return None


def _with_capacity(
    world: World, words: tuple[str, ...], finding: Finding, operation: Operation
) -> str | None:
    """The entity whose capacity is spoken of: `all places are taken`, `without free seats`."""
    names = [
        items.entity
        for items in (operation.subject, operation.object)
        if items is not None and items.entity is not None
    ]
    for name in (*names, finding.topic, *world.structure.entities):
        if name is None or name not in world.structure.entities:
            continue
        made = world.field(name, words)
        capacity = world.capacity(name)
        if made is None or capacity is None:
            continue
        remaining = made.words[0] in {"free", "available", "remaining", "open", "left"}
        if made is capacity or remaining:
            return name
    return None


# --- limits --------------------------------------------------------------------------------------


def _limit(plan: Plan, finding: Finding, fact: Limit) -> None:
    """`A member may have at most 3 loans that are not returned`."""
    world = plan.world
    entity = fact.items.entity
    if entity is None:
        raise Unresolved("it is not clear what is counted")
    keys: list[str] = []
    if any(key_of(world, entity, items) in {None, "name"} for items in fact.per):
        makers = [name for name in world.structure.entities if _ties(world, name, entity, fact.per)]
        if len(makers) == 1 and makers[0] != entity:
            fact, entity = replace(fact, items=Items(makers[0], many=True)), makers[0]
    for items in (*fact.per, *fact.items.of):
        name = key_of(world, entity, items)
        if name is None and items.entity == entity:
            continue
        if name is None:
            way = world.path(entity, items.entity) if items.entity else None
            if way and len(way) > 1:
                name = ".".join(escape(each) for each in way) + ".id"
            else:
                what = world.label(items.entity) if items.entity else "person"
                raise Unresolved(f"no reference leads from a {world.label(entity)} to a {what}")
        if name not in keys:
            keys.append(name)
    keys.extend(_field_named(world, entity, words) for words in fact.names)
    if not keys and not fact.per_day and not fact.items.where:
        raise Unresolved("it is not clear for whom they are counted")
    lows = [token.low for token in finding.source.full]
    at_once = any(lows[at : at + 2] == ["same", "time"] for at in range(len(lows)))
    timed = world.start(entity) is not None and world.end(entity) is not None
    if fact.most == 1 and at_once and timed and not fact.per_day:
        _no_overlap(plan, finding, NoOverlap(fact.items, fact.per, fact.status))
        return
    if fact.most == 1 and not fact.per_day and not fact.items.where:
        _unique_rule(plan, finding, entity, keys, fact.status)
        return
    _counted_rule(plan, finding, fact, entity, keys)


def _ties(world: World, name: str, entity: str, per: Iterable[Items]) -> bool:
    """`nobody may have two tools`: whether these items tie tools to those who have them."""
    tied = all(key_of(world, name, items) not in {None, "name"} for items in per)
    return bool(world.references(name, entity)) and tied


def _step_by_step(plan: Plan, finding: Finding, fact: StepByStep) -> None:
    """`The status may only move one step along new → in progress → fixed`."""
    made = next((each for each in plan.world.state_fields(fact.entity) if each.has("flow")), None)
    if made is None:
        raise Unresolved("it is not said in which order the states follow each other")
    known = {choice.lower(): choice for choice in made.spec["choices"]}
    flow = [
        known[str(each).lower()]
        for each in next(iter(made.values("flow")))
        if str(each).lower() in known
    ]
    name = escape(made.name)
    steps = [f"(old.{name} == {one!r} and {name} == {two!r})" for one, two in pairwise(flow)]
    plan.rule(
        fact.entity, ["update"], " or ".join((f"{name} == old.{name}", *steps)), text=_text(finding),
        requirement=finding.source.id, status=fact.status, name=f"{made.name}_step_by_step",
    )  # fmt: skip
    plan.rule(
        fact.entity, ["create"], f"{name} == {flow[0]!r}", text=_text(finding),
        requirement=finding.source.id, status=fact.status, name=f"{made.name}_at_first",
    )  # fmt: skip


def _counted_rule(
    plan: Plan, finding: Finding, fact: Limit, entity: str, keys: Sequence[str]
) -> None:
    world = plan.world
    scope = Scope(world, (Frame(entity),))
    where = conditions_of(scope, replace(fact.items, of=()), linked=False)
    if not fact.items.where:
        where.extend(world.active(entity))
    parts = [f"{_key(key)} == this.{_key(key)}" for key in keys]
    if fact.per_day:
        day = world.start(entity) or _created(world, entity)
        if day is None:
            raise Unresolved(f"a {world.label(entity)} has no day")
        name = escape(day.name)
        dated = day.spec.get("type") == "date"
        parts.append(f"{name} == this.{name}" if dated else f"date({name}) == date(this.{name})")
    text = f"count({entity}, {', '.join((*parts, *where))}) <= {fact.most}"
    plan.rule(
        entity,
        ["create", "update"],
        text,
        text=_text(finding),
        requirement=finding.source.id,
        status=fact.status,
    )
    _before_actions(plan, finding, fact, entity, keys, where)


def _key(key: str) -> str:
    return key if "." in key else escape(key)


def _created(world: World, entity: str) -> FieldDraft | None:
    return world.first(
        entity, ("created_at", "createdat", "achieved_at", "date"), {"date", "datetime"}
    )


def _before_actions(
    plan: Plan,
    finding: Finding,
    fact: Limit,
    entity: str,
    keys: Sequence[str],
    where: Sequence[str],
) -> None:
    """An action that makes an item count is refused when the limit is reached already."""
    world = plan.world
    for action in world.actions:
        if action.entity != entity:
            continue
        done = _done_text(action.states, action.sets)
        entered = _entered(action, where) if done is None else ""
        if (done is None or done not in where) and not entered:
            continue
        parts = []
        for key in keys:
            given = action.sets.get(key, "")
            parts.append(f"{_key(key)} == {given or f'this.{_key(key)}'}")
        text = f"count({entity}, {', '.join((*parts, *where, 'id != this.id'))}) < {fact.most}"
        plan.rule(
            entity, [action.name], f"{entered} or {text}" if entered else text, text=_text(finding),
            requirement=finding.source.id, status=fact.status,
        )  # fmt: skip


def _entered(action: Action, where: Sequence[str]) -> str:
    """Where an action leads through several states: from which it does not come into this one."""
    name, leads = action.states or ("", "")
    for each in where:
        state = each.removeprefix(f"{escape(name)} == ")
        before = re.search(rf"(?:^|else ){re.escape(state)} if (\w+) == ('[^']*')", leads)
        if before is not None:
            return f"{before[1]} != {before[2]}"
    return ""


# --- comparisons ---------------------------------------------------------------------------------


def _does_to(plan: Plan, finding: Finding, fact: Does) -> None:
    """`POST … cancels an active booking`: only one that is active."""
    world = plan.world
    endpoint = plan.endpoint(fact.route.method, fact.route.path) if fact.route else None
    items = fact.items
    if endpoint is None or endpoint.kind != "action" or items is None:
        return
    if items.entity != endpoint.entity or items.many or not endpoint.spec.get("name"):
        return
    known = {
        choice.lower()
        for made in world.state_fields(items.entity or "")
        if made.spec.get("set_by") == "system"
        for choice in made.spec["choices"]
    }
    where = [
        each
        for each in items.where
        if isinstance(each, Being) and not each.negated and " ".join(each.words) in known
    ]
    for each in where:
        text = condition(Scope(world, (Frame(items.entity or ""),)), each)
        plan.rule(
            items.entity or "", [str(endpoint.spec["name"])], text, text=_text(finding),
            requirement=finding.source.id,
        )  # fmt: skip


def _summed(plan: Plan, finding: Finding, fact: Holds) -> bool:
    """`The tickets of its active bookings never exceed its seats`: held where bookings change."""
    world = plan.world
    match fact.condition:
        case Compare(
            left=FieldOf(words=words, owner=Items(entity=str() as entity, many=True) as items),
            operator=operator,
            right=FieldOf(words=limit),
        ):
            pass
        case _:
            return False
    made = world.field(entity, words)
    links = [
        (link, room)
        for link in world.fields(entity)
        if link.references is not None and (room := world.field(link.references, limit)) is not None
    ]
    if (
        made is None
        or len(links) != 1
        or made.spec.get("type") not in {"integer", "number", "money"}
    ):
        return False
    link, room = links[0]
    inner = Scope(world, (Frame(entity),)).inside(entity)
    name = escape(link.name)
    where = [condition(inner, each) for each in items.where] or list(world.active(entity))
    parts = ", ".join((escape(made.name), f"{name} == this.{name}", *where))
    way = escape(navigation(link.name))
    plan.rule(
        entity, ["create", "update"], f"sum({entity}, {parts}) {operator} {way}.{escape(room.name)}",
        text=_text(finding), requirement=finding.source.id, status=fact.status,
    )  # fmt: skip
    return True


def _holds(plan: Plan, finding: Finding, fact: Holds) -> None:
    world = plan.world
    if _summed(plan, finding, fact):
        return
    errors: list[str] = []
    wanted = _without_uncounted(plan, fact.condition)
    for entity in _possible(plan, finding, fact):
        scope = Scope(world, (Frame(entity),))
        try:
            text = condition(scope, wanted)
        except Unresolved as reason:
            errors.append(str(reason))
            continue
        for on, said in ((["create", "update"], text), *_sent_to_actions(world, entity, text)):
            plan.rule(
                entity, on, said, text=_text(finding), requirement=finding.source.id, status=fact.status
            )  # fmt: skip
        return
    raise Unresolved(errors[0] if errors else "it is not clear what this is about")


def _without_uncounted(plan: Plan, term: Condition) -> Condition:
    """A sum leaves out what does not count, unless it says itself which items it means."""
    match term:
        case Compare(left=Fold(function="sum", items=Items() as items) as total) if not any(
            isinstance(each, Being) for each in items.where
        ):
            out = [
                negate(each)
                for finding in plan.analysis.findings
                for fact in finding.facts
                if isinstance(fact, Counts) and fact.negated and fact.items.entity == items.entity
                for each in fact.items.where
            ]
            items = replace(items, where=(*items.where, *out))
            return replace(term, left=replace(total, items=items))
        case _:
            return term


def _sent_to_actions(world: World, entity: str, text: str) -> Iterator[tuple[list[str], str]]:
    """`POST /leases/{id}/end` with an end date: what holds of the date holds of the one sent."""
    for action in world.actions:
        said = text
        for name, sent in action.sets.items() if action.entity == entity else ():
            if sent.startswith((f"{name} - param.", f"{name} + param.")):
                sent = f"({sent})"  # noqa: PLW2901 -- what is left of a balance
            if sent.startswith(("param.", "(")):
                said = re.sub(rf"(?<![\w.'\"]){re.escape(name)}(?![\w('\"])", sent, said)
        if said != text:
            yield [action.name], said


def _possible(plan: Plan, finding: Finding, fact: Holds) -> list[str]:
    """Entities that a comparison may be about, likeliest first."""
    names = [fact.entity] if fact.entity else []
    words = _words_of(fact.condition)
    if finding.topic is not None:
        names.append(finding.topic)
    having = [
        name
        for name in plan.world.structure.entities
        if words and all(plan.world.field(name, each) is not None for each in words)
    ]
    exact = [
        name
        for name in having
        if all(any(made.words == each for made in plan.world.fields(name)) for each in words)
    ]
    owners = _owners_of(fact.condition)
    names = [*owners, *[name for name in names if name in having], *exact, *having, *names]
    if exact and not any(name in exact for name in names[:1]):
        names = [*owners, *exact, *names]
    names.extend(plan.world.structure.entities)
    return list(dict.fromkeys(name for name in names if name))


def _owners_of(term: Condition) -> list[str]:
    """The entity whose field is bounded: `the balance of a purse must never drop below zero`."""
    match term:
        case Compare(
            left=FieldOf(owner=Items(entity=str() as entity, many=False)), right=Literal()
        ):
            return [entity]
        case _:
            return []


def _words_of(term: Condition) -> list[tuple[str, ...]]:
    match term:
        case Compare(left=left, right=right):
            return [
                each.words
                for each in (left, right)
                if isinstance(each, FieldOf)
                and each.words
                and (each.owner is None or each.owner.entity is None)
            ]
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return [words for part in parts for words in _words_of(part)]
        case Opposite(part=part):
            return _words_of(part)
        case _:
            return []


# --- overlap and uniqueness ----------------------------------------------------------------------


def _no_overlap(plan: Plan, finding: Finding, fact: NoOverlap) -> None:
    world = plan.world
    entity = fact.items.entity or _tying(world, (*fact.per, fact.other), fact.names)
    keys = [name for items in fact.per if (name := key_of(world, entity, items)) is not None]
    keys.extend(_field_named(world, entity, words) for words in fact.names)
    if not keys and any(items.entity is not None or items.person for items in fact.per):
        raise Unresolved(f"no reference leads from a {world.label(entity)} to what it shares")
    when = _moments(world, entity)
    timed = world.duration(entity) is not None or entity in world.lengths
    if keys and when and world.end(entity) is None and not timed:
        _unique_rule(plan, finding, entity, [*keys, *when], fact.status)
        return
    start, end = _interval(world, entity)
    scope = Scope(world, (Frame(entity),))
    where = [condition(scope.inside(entity), each) for each in fact.items.where]
    ends = f"{end('')} is None"
    active = [each for each in world.active(entity) if each not in {*where, ends}]
    dated = world.start(entity).spec.get("type") == "date"  # type: ignore[union-attr]
    inclusive = dated and not world.touching
    less, more = ("<=", ">=") if inclusive else ("<", ">")
    parts = [
        *(f"{_key(key)} == this.{_key(key)}" for key in keys),
        *where,
        *active,
        f"{start('')} {less} {end('this.')}",
        f"{end('')} {more} {start('this.')}",
        "id != this.id",
    ]
    text = f"not exists({entity}, {', '.join(parts)})"
    own = [opposite(each) for each in active]
    for requirement in (finding.source.id, *world.lengths.get(entity, ())[1:]):
        plan.rule(
            entity, ["create", "update"], " or ".join((*own, text)), text=_text(finding),
            requirement=requirement, status=fact.status, name=f"no_overlap_of_{_plural(world, entity)}",
        )  # fmt: skip


def _opening(plan: Plan, finding: Finding, fact: Opening) -> None:
    """`No appointment starts before 8:00`, `we work Monday to Friday`, `not in the past`."""
    world = plan.world
    entity = fact.items.entity if fact.items is not None else None
    if entity is None:
        names = [finding.topic, *world.structure.entities]
        entity = next((name for name in names if name and world.start(name) is not None), None)
    start = world.start(entity) if entity is not None else None
    if entity is None or start is None:
        raise Unresolved("it is not clear what takes place then")
    name, moment = escape(start.name), start.spec.get("type")
    parts: list[str] = []
    if fact.days:
        days = ", ".join(str(day) for day in fact.days)
        parts.append(f"weekday({name}) in ({days},)")
    if fact.earliest or fact.latest:
        if moment != "datetime":
            raise Unresolved(f"{start.name!r} has no time of day")
        first, last = _interval(world, entity)
        parts.extend([f"time({first('')}) >= {fact.earliest!r}"] if fact.earliest else [])
        parts.extend([f"time({last('')}) <= {fact.latest!r}"] if fact.latest else [])
        if fact.latest:
            parts.append(f"date({last('')}) == date({first('')})")
    if fact.ahead:
        now = "now()" if moment == "datetime" else "today()"
        text = f"{name} >= {now}"
        plan.rule(
            entity, ["create"], text, text=_text(finding),
            requirement=finding.source.id, status=fact.status,
        )  # fmt: skip
        plan.rule(
            entity, ["update"], f"{name} == old.{name} or {text}", text=_text(finding),
            requirement=finding.source.id, status=fact.status,
        )  # fmt: skip
        return
    plan.rule(
        entity, ["create", "update"], " and ".join(parts), text=_text(finding),
        requirement=finding.source.id, status=fact.status,
    )  # fmt: skip


_COUNTED_TIMES = frozenset("hour slot period lesson day week month year".split())


def _moments(world: World, entity: str) -> list[str]:
    """The fields that say together when an item takes place: a date and an hour."""
    return [
        made.name
        for made in world.fields(entity)
        if made.spec.get("set_by") != "system"
        and (
            made.spec.get("type") in {"date", "datetime", "time"}
            or (
                made.spec.get("type") in {"integer", "number", "enum"}
                and made.words[-1] in _COUNTED_TIMES
            )
        )
    ]


def _tying(
    world: World, items: Iterable[Items | None], names: Iterable[tuple[str, ...]] = ()
) -> str:
    """The entity that refers to each of these and takes place at some time."""
    named = [each.entity for each in items if each is not None and each.entity is not None]
    for entity in world.structure.entities:
        tied = all(world.references(entity, each) or each == entity for each in named)
        tied = tied and all(world.field(entity, words) is not None for words in names)
        if tied and world.start(entity) is not None:
            return entity
    raise Unresolved("it is not clear what must not overlap")


def _plural(world: World, entity: str) -> str:
    return world.draft(entity).word.plural.replace(" ", "_").replace("-", "_")


def _interval(world: World, entity: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """How the beginning and the end of an item are written, given what stands before names."""
    start, end = world.start(entity), world.end(entity)
    duration = world.duration(entity)
    if start is not None and end is not None and end is not start:
        return (lambda prefix: prefix + escape(start.name)), (
            lambda prefix: prefix + escape(end.name)
        )
    if start is not None and duration is not None:
        made, unit = duration
        return (
            lambda prefix: prefix + escape(start.name),
            lambda prefix: f"{prefix}{escape(start.name)} + {unit}({prefix}{escape(made.name)})",
        )
    if start is not None and entity in world.lengths:
        length, _ = world.lengths[entity]
        return (
            lambda prefix: prefix + escape(start.name),
            lambda prefix: f"{prefix}{escape(start.name)} + {length}",
        )
    raise Unresolved(f"it is not clear when a {world.label(entity)} begins and ends")


def _field_named(world: World, entity: str, words: tuple[str, ...]) -> str:
    day = words in {("!day",), ("!moment",)}
    made = world.start(entity) if day else world.field(entity, words)
    if made is None:
        raise Unresolved(f"a {world.label(entity)} has no field called {' '.join(words)!r}")
    return made.name


def _having_keys(world: World, fact: Unique, told: str | None) -> str | None:
    """`Every day is used once within a kiln`: of firings, which alone have a day and a kiln."""
    having = [
        entity
        for entity in world.structure.entities
        if all(world.field(entity, words) is not None for words in fact.names)
        and all(key_of(world, entity, items) is not None for items in fact.of)
    ]
    return having[0] if len(having) == 1 and told not in having else told


def _unique(plan: Plan, finding: Finding, fact: Unique) -> None:
    world = plan.world
    if not fact.of and len(fact.names) == 1 and not fact.where:
        return  # a trait of the field, said already
    entity = _having_keys(world, fact, fact.entity or finding.topic)
    if entity is None:
        raise Unresolved("it is not clear what is unique")
    keys = [_field_named(world, entity, words) for words in fact.names]
    ends = world.references(entity, fact.of[0].entity or "") if len(fact.of) == 1 else []
    if len(ends) == 2 and keys and not fact.where:
        same = ", ".join(f"{escape(key)} == this.{escape(key)}" for key in keys)
        text = " and ".join(
            f"not exists({entity}, {same}, {escape(one.name)} == this.{escape(other.name)}, id != this.id)"
            for one in ends
            for other in ends
        )
        plan.rule(
            entity, ["create", "update"], text, text=_text(finding),
            requirement=finding.source.id, status=fact.status,
        )  # fmt: skip
        return
    for items in fact.of:
        name = key_of(world, entity, items)
        if name is None:
            what = world.label(items.entity) if items.entity else "person"
            raise Unresolved(f"no reference leads from a {world.label(entity)} to a {what}")
        keys.append(name)
    scope = Scope(world, (Frame(entity),))
    extra = [condition(scope.inside(entity), each) for each in fact.where]
    _unique_rule(plan, finding, entity, keys, fact.status, extra)
