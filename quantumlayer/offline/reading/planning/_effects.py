"""What actions change: states, dates, balances; their bodies; the states they start from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._facts import (
    Answers,
    Does,
    Fields,
    Sets,
    Transition,
    Winner,
)
from quantumlayer.offline.reading.language._fieldlists import FieldPhrase
from quantumlayer.offline.reading.language._terms import (
    Arithmetic,
    FieldOf,
    Items,
    Literal,
    Moment,
    Value,
    Written,
)
from quantumlayer.offline.reading.language._vocabulary import snake
from quantumlayer.offline.reading.planning._actions import Step, undone_by
from quantumlayer.offline.reading.planning._fieldspecs import settle_alone
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._render import Frame, Scope, condition, value
from quantumlayer.offline.reading.planning._shaping import status_field
from quantumlayer.offline.reading.planning._world import INACTIVE, Action, Unresolved, World, escape
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._sketches import UNKNOWN, Sketch
from quantumlayer.offline.reading.text._words import participle

__all__ = ["plan_actions", "read_bodies"]


def read_bodies(plan: Plan, steps: Sequence[Step]) -> None:
    """Find what each action takes, and the fields that keep it."""
    for action in plan.world.actions:
        leads = any(step.action is action for step in steps)
        members = _members(plan, action)
        own = plan.world.field(action.entity, (action.name,)) if not members else None
        timed = own is not None and own.spec.get("type") in {"date", "datetime"}
        if timed and own is not None and own.name != action.name:
            own = None  # publishing fills in published_at
        if own is not None and own.spec.get("type") != "boolean" and _is_plain(plan, action):
            plan.world.structure.bodies[action.route.method, action.route.path] = (
                Sketch({own.name: UNKNOWN}),
                action.requirements[0] if action.requirements else "",
            )
            members = _members(plan, action)
        for name, sample in members.items():
            made = _target_field(plan.world, action, name) or _kept(
                plan, action, name, sample, leads=leads
            )
            if made is not None and "random" in str(made.spec.get("on_create", "")):
                continue  # a code is compared with the one that was given out
            if made is not None:
                action.sets[made.name] = f"param.{name}"


def _is_plain(plan: Plan, action: Action) -> bool:
    """Whether nothing is said of what an action leads to: `PUT /users/{id}/role` sets the role."""
    return not any(
        isinstance(fact, Sets | Transition) and _same(fact.route, action.route)
        for finding in plan.analysis.findings
        for fact in finding.facts
    )


_KEPT = frozenset("string text email url boolean date datetime time enum".split())
_MOVED = frozenset({"amount", "quantity"})
"""What an action adds somewhere or takes away."""


def _told(plan: Plan, action: Action, name: str, sample: Any = UNKNOWN) -> FieldDraft:
    """A member of an action's body by itself: as its name, an example and the text tell."""
    made = FieldDraft(name, tuple(snake([name]).split("_")))
    made.samples.extend([] if sample is UNKNOWN else [sample])
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            for phrase in (
                fact.phrases if isinstance(fact, Fields) and _same(fact.route, action.route) else ()
            ):
                if _body_name(plan, phrase) == name:
                    made.say(phrase.traits, finding.source.id)
                    made.counted |= phrase.counted
    made.requirements = list(dict.fromkeys((*action.requirements[:1], *made.requirements)))
    settle_alone(plan.world.draft(action.entity), made, plan.ledger)
    return made


def _kept(plan: Plan, action: Action, name: str, sample: Any, *, leads: bool) -> FieldDraft | None:
    """`POST /tickets/{id}/resolve` with {"resolution"}: what nothing else is said about is kept.

    Numbers are where the action `leads` to another state; others are added to something, mostly.
    """
    words = tuple(snake([name]).split("_"))
    if words[-1] in {"password", "id"} or any(
        isinstance(fact, Sets)
        and (fact.param == name or _mentions(fact.value, words))
        and _concerns(plan, finding, fact, action)
        for finding in plan.analysis.findings
        for fact in finding.facts
    ):
        return None
    made = _told(plan, action, name, sample)
    draft = plan.world.draft(action.entity)
    leads |= made.has("optional")
    kept = made.spec["type"] in _KEPT or (leads and words[-1] not in _MOVED)
    if not kept or made.spec["type"] in {"strings", "children"} or name in draft.fields:
        return None
    made.spec.update(set_by="system", required=False)
    made.spec.pop("default", None)
    draft.fields[name] = made
    for requirement in action.requirements[:1]:
        plan.ledger.assume(requirement, f"the {draft.word.label} keeps {name!r} as it was sent")
    return made


def _mentions(term: Value | None, words: tuple[str, ...]) -> bool:
    match term:
        case FieldOf(words=named):
            return named == words
        case Arithmetic(left=left, right=right):
            return _mentions(left, words) or _mentions(right, words)
        case _:
            return False


def _members(plan: Plan, action: Action) -> dict[str, Any]:
    """Names in the body of an action, with what an example shows."""
    return _body_of(plan, action.route)


def _body_of(plan: Plan, route: Route) -> dict[str, Any]:
    """What a route is sent, by its name, with what an example shows."""
    found = plan.world.structure.bodies.get((route.method, route.path))
    members: dict[str, Any] = dict(found[0].members) if found else {}
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if (
                isinstance(fact, Answers)
                and _same(fact.route, route)
                and fact.sketch is not None
                and not _is_answer(finding)
            ):
                members.update(fact.sketch.members)
            if isinstance(fact, Fields) and _same(fact.route, route):
                for phrase in fact.phrases:
                    members.setdefault(_body_name(plan, phrase), UNKNOWN)
        for token in finding.source.full:
            if token.kind == "sketch" and any(_same(each, route) for each in finding.source.routes):
                answers = any(token.value is sketch for _, sketch in finding.source.answers)
                if isinstance(token.value, Sketch) and not answers and not _is_answer(finding):
                    members.update(token.value.members)
    return members


def _is_answer(finding: Finding) -> bool:
    lows = {token.low for token in finding.source.full}
    return bool(lows & {"answers", "returns", "responds"}) and not lows & {"takes", "with", "body"}


def _body_name(plan: Plan, phrase: FieldPhrase) -> str:
    for token in phrase.tokens:
        if token.low == "field":
            at = phrase.tokens.index(token)
            if at + 1 < len(phrase.tokens):
                return str(phrase.tokens[at + 1].value or phrase.tokens[at + 1].low)
    return phrase.spelled or plan.world.structure.spell(phrase.words)


def _same(one: Route | None, other: Route) -> bool:
    if one is None or one.method != other.method:
        return False
    return _shape(one) == _shape(other)


def _shape(route: Route) -> list[str]:
    return ["{}" if part.startswith("{") else part for part in route.segments]


def _target_field(world: World, action: Action, name: str) -> FieldDraft | None:
    return _target(world, action.entity, name)


def _target(world: World, entity: str, name: str) -> FieldDraft | None:
    words = tuple(snake([name]).split("_"))
    made = world.field(entity, words)
    if made is not None and made.spec.get("type") != "children":
        return made
    return None


# --- endpoints -----------------------------------------------------------------------------------


def plan_moments(plan: Plan) -> None:
    """`A date (today by default)`, a total that is fixed once: what is filled in at creation."""
    for entity, draft in plan.world.structure.entities.items():
        for made in draft.fields.values():
            for flag, dearer in made.values("dearer") if "computed" in made.spec else ():
                text = made.spec["computed"]
                made.spec["computed"] = f"({text}) {dearer} if {escape(flag)} else {text}"
            if made.has("fixed") and "computed" in made.spec:
                _fix(plan, entity, made)
            moment = made.spec.pop("on_create_default", None)
            if moment is None or made.spec.get("set_by") == "system":
                continue
            name = escape(made.name)
            effect = {"target": made.name, "value": f"{name} if {name} is not None else {moment}"}
            for endpoint in plan.endpoints.values():
                if endpoint.kind == "create" and endpoint.entity == entity:
                    endpoint.spec.setdefault("effects", []).append(effect)


def _fix(plan: Plan, entity: str, made: FieldDraft) -> None:
    """`It is fixed when the order comes in`: its lines keep the prices, or it is worked out just then."""
    text = made.spec["computed"]
    found = re.search(r"\bsum\((\w+), ", text)
    if found is None:
        effect = {"target": made.name, "value": made.spec.pop("computed")}
        for endpoint in plan.of(entity, "create"):
            endpoint.spec.setdefault("effects", []).append(effect)
        return
    lines = plan.world.draft(found[1])
    for way, name in dict.fromkeys(re.findall(r"\b([a-z]\w*)\.([a-z]\w*)", text)):
        link = lines.fields.get(f"{way}_id")
        source = plan.world.field(link.references, (name,)) if link and link.references else None
        if source is None or name in lines.fields:
            continue
        kept = FieldDraft(name, (name,), requirements=made.requirements[:1])
        kept.spec = {
            "name": name,
            "type": source.spec["type"],
            "set_by": "system",
            "on_create": f"{way}.{name}",
        }
        lines.fields[name] = kept
        made.spec["computed"] = text = text.replace(f"{way}.{name}", name)


def plan_actions(plan: Plan, steps: Iterable[Step]) -> None:
    """Give every action its effects, its body and the rules of its states."""
    by_action: dict[int, list[Step]] = {}
    for step in steps:
        by_action.setdefault(id(step.action), []).append(step)
    for action in plan.world.actions:
        endpoint = plan.endpoint(action.route.method, action.route.path)
        if endpoint is None or endpoint.kind != "action":
            continue
        effects = _effects(plan, action)
        endpoint.spec["effects"] = effects
        endpoint.asked(action.requirements)
        if "{" not in action.route.path:
            _pick(action, endpoint)
        _body(plan, action, endpoint)
        _sources(plan, action, by_action.get(id(action), []))
        if not effects and not endpoint.params:
            _guess(plan, action, endpoint)
    _plan_named_creates(plan)
    _count_visits(plan)


def _pick(action: Action, endpoint: EndpointDraft) -> None:
    """`POST /entries/stop` has no id: it works on the newest item that it was not done to yet."""
    conditions = [
        f"{escape(name)} is None" for name, text in action.sets.items() if text in _MOMENTS
    ]
    if action.states is not None:
        conditions.append(f"{escape(action.states[0])} != {action.states[1]}")
    if conditions and not endpoint.spec.get("where"):
        endpoint.spec.update(where=" and ".join(conditions), order_by=["-id"])


_MOMENTS = frozenset({"now()", "today()"})


def _plan_named_creates(plan: Plan) -> None:
    """`POST /entries/start`: another way to make an item takes its own body and sets the rest."""
    for endpoint in plan.endpoints.values():
        if endpoint.kind != "create" or endpoint.spec.get("name") is None:
            continue
        route = Route(endpoint.method, endpoint.path)
        entity = endpoint.entity or ""
        scope = Scope(plan.world, (Frame(entity),))
        effects: dict[str, str] = {}
        for finding in plan.analysis.findings:
            for fact in finding.facts:
                if not isinstance(fact, Sets) or not _same(fact.route, route):
                    continue
                made = plan.world.field(entity, fact.words)
                if made is None or fact.value is None:
                    plan.ledger.miss(finding.source.id, "it is not clear which field this sets")
                    continue
                try:
                    effects[made.name] = value(scope, fact.value)
                except Unresolved as reason:
                    plan.ledger.miss(finding.source.id, str(reason))
        taken = [_target(plan.world, entity, name) for name in _body_of(plan, route)]
        body = [made.name for made in taken if made is not None and made.name not in effects]
        if body:
            endpoint.spec["body"] = body
        endpoint.spec.setdefault("effects", []).extend(
            {"target": name, "value": text} for name, text in effects.items()
        )


def _count_visits(plan: Plan) -> None:
    """`GET /{code} redirects … and counts the access`: what following a link changes."""
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if not isinstance(fact, Sets) or fact.route is None or fact.value is None:
                continue
            endpoint = plan.endpoint(fact.route.method, fact.route.path)
            if endpoint is None or endpoint.kind != "redirect" or endpoint.entity is None:
                continue
            made = plan.world.field(endpoint.entity, fact.words)
            if made is None:
                plan.ledger.miss(finding.source.id, f"no field is called {' '.join(fact.words)!r}")
                continue
            scope = Scope(plan.world, (Frame(endpoint.entity),))
            try:
                effect = {"target": made.name, "value": value(scope, fact.value)}
            except Unresolved as reason:
                plan.ledger.miss(finding.source.id, str(reason))
                continue
            endpoint.spec.setdefault("effects", []).append(effect)
            endpoint.asked([finding.source.id])


def _effects(plan: Plan, action: Action) -> list[dict[str, Any]]:
    world = plan.world
    effects: dict[str, str] = {}
    if action.states is not None:
        effects[action.states[0]] = action.states[1]
    scope = Scope(world, (Frame(action.entity),), params=tuple(_members(plan, action)))
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Winner) and _same(fact.route, action.route):
                try:
                    name, text = _winner(plan, fact, action.entity)
                    effects[name] = text
                except Unresolved as reason:
                    plan.ledger.miss(finding.source.id, str(reason))
            if not isinstance(fact, Sets) or not _concerns(plan, finding, fact, action):
                continue
            try:
                name, text = _assignment(plan, action, scope, fact)
            except Unresolved as reason:
                plan.ledger.miss(finding.source.id, str(reason))
                continue
            effects[name] = text
            action.sets.setdefault(name, text)
            endpoint = plan.endpoint(action.route.method or "POST", action.route.path)
            if endpoint is not None:
                endpoint.asked([finding.source.id])
    for name, text in action.sets.items():
        effects.setdefault(name, text)
    written: list[dict[str, Any]] = [{"target": n, "value": text} for n, text in effects.items()]
    return [*written, *_touches(plan, action), *_done_to_others(plan, action)]


def _touches(plan: Plan, action: Action) -> Iterator[dict[str, Any]]:
    """What happens to the item that the one at hand refers to."""
    world = plan.world
    for reference, state, sources, requirement in action.touched:
        link = world.draft(action.entity).fields[reference]
        made = status_field(world, world.draft(str(link.references)), ())
        known = {each.lower().replace("_", " "): each for each in made.spec.get("choices", ())}
        target = f"{escape(navigation(reference))}.{escape(made.name)}"
        chosen = known.get(state.lower().replace("_", " "), state)
        yield {"target": target, "value": repr(chosen)}
        before = [
            known[each] for each in (s.lower().replace("_", " ") for s in sources) if each in known
        ]
        if before:
            finding = next(f for f in plan.analysis.findings if f.source.id == requirement)
            condition = " or ".join(f"{target} == {each!r}" for each in before)
            plan.rule(
                action.entity, [action.name], condition,
                text=finding.source.requirement.text, requirement=requirement,
            )  # fmt: skip


def _done_to_others(plan: Plan, action: Action) -> Iterator[dict[str, Any]]:
    """`… and declines all other pending applications for it`: the same done to many."""
    world = plan.world
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if not isinstance(fact, Does) or not _same(fact.route, action.route):
                continue
            items = fact.items
            if items is None or not items.many or items.entity is None:
                continue
            try:
                yield from _each_of(world, action, fact.verb, items)
            except Unresolved as reason:
                plan.ledger.miss(finding.source.id, str(reason))


def _each_of(world: World, action: Action, verb: str, items: Items) -> Iterator[dict[str, Any]]:
    entity = items.entity or ""
    other = next(
        (a for a in world.actions if a.entity == entity and verb in {a.verb, *a.synonyms}), None
    )
    if other is None or other.states is None:
        raise Unresolved(
            f"it is not clear what it means to {verb} {world.draft(entity).word.plural}"
        )
    scope = Scope(world, (Frame(entity),))
    where = [condition(scope, each) for each in items.where]
    shared = _shared_links(world, action.entity, entity, items)
    if not shared:
        raise Unresolved(f"it is not clear which {world.draft(entity).word.plural} are meant")
    where.extend(shared)
    if entity == action.entity:
        where.append("id != this.id")
    yield {"entity": entity, "where": " and ".join(f"({each})" for each in where),
           "target": other.states[0], "value": other.states[1]}  # fmt: skip


def _shared_links(world: World, entity: str, other: str, items: Items) -> list[str]:
    """How items are tied to the one at hand: both refer to the same, or one to the other."""
    if entity != other:
        return [f"{escape(made.name)} == this.id" for made in world.references(other, entity)[:1]]
    named = [of.entity for of in items.of if of.entity is not None]
    links = [
        made for made in world.fields(entity)
        if made.references is not None and (not named or made.references in named)
    ]  # fmt: skip
    if not named:
        links = [made for made in links if made.references in {
            world.draft(entity).fields[name].references for name, *_ in
            next((a.touched for a in world.actions if a.entity == entity and a.touched), [])}]  # fmt: skip
    return [f"{escape(made.name)} == this.{escape(made.name)}" for made in links]


def _winner(plan: Plan, fact: Winner, entity: str) -> tuple[str, str]:
    """Who made the item with the highest number, as the item shows that number itself."""
    world = plan.world
    made, owner = world.field(entity, fact.words), world.draft(fact.entity).owner
    links = world.references(fact.entity, entity)
    number = world.first(
        fact.entity, ("amount", "price", "value", "score", "points"), {"money", "number", "integer"}
    )
    if made is None or owner is None or not links or number is None:
        raise Unresolved(f"it is not clear whom {' '.join(fact.words)!r} names")
    same = f"{escape(links[0].name)} == this.id"
    best = f"{fact.function}({fact.entity}, {escape(number.name)}, {same})"
    shown = next((each for each in world.fields(entity) if _shows(each, best)), None)
    if shown is None:
        raise Unresolved(f"no field of the {world.label(entity)} shows the number to compare with")
    value_ = f"max({fact.entity}, {escape(owner)}, {same}, {escape(number.name)} == this.{escape(shown.name)})"
    return made.name, value_


def _shows(made: FieldDraft, best: str) -> bool:
    return str(made.spec.get("computed", "")).startswith(best)


def _concerns(plan: Plan, finding: Finding, fact: Sets, action: Action) -> bool:
    if fact.param == "empty":
        return False
    if fact.route is not None:
        return _same(fact.route, action.route)
    if fact.verb is not None:
        return fact.verb in {action.verb, *action.synonyms} and finding.topic in {
            None,
            action.entity,
        }
    return False


def _assignment(plan: Plan, action: Action, scope: Scope, fact: Sets) -> tuple[str, str]:
    world = plan.world
    made = world.field(action.entity, fact.words)
    if made is None:
        what = " ".join(fact.words)
        raise Unresolved(f"a {world.label(action.entity)} has no field called {what!r}")
    if fact.param is not None:
        return made.name, f"param.{_param_named(plan, action, fact.param)}"
    if isinstance(fact.value, Literal) and fact.value.value == "not":
        return made.name, f"not {escape(made.name)}"
    if isinstance(fact.value, Moment) and made.spec.get("type") == "date":
        return made.name, "today()"
    if fact.value is None:
        return made.name, _moment_or_param(plan, action, made)
    return made.name, value(scope, _over_body(plan, action, fact.value))


def _param_named(plan: Plan, action: Action, word: str) -> str:
    members = _members(plan, action)
    found = next((name for name in members if name.lower() == word.lower()), None)
    if found is None:
        raise Unresolved(f"the body of this action has no {word!r}")
    return found


def _moment_or_param(plan: Plan, action: Action, made: FieldDraft) -> str:
    if made.name in _members(plan, action):
        return f"param.{made.name}"
    if made.spec.get("type") == "date":
        return "today()"
    if made.spec.get("type") == "datetime":
        return "now()"
    if made.spec.get("type") == "boolean":
        return "True"
    raise Unresolved(f"it is not said to what {made.name!r} is set")


def _over_body(plan: Plan, action: Action, term: Value) -> Value:
    """`adds the amount to the balance`: the amount is the body's, not the item's."""
    members = {name.lower(): name for name in _members(plan, action)}
    match term:
        case FieldOf(words=words, owner=None) if (
            "_".join(words) in members or "".join(words) in members
        ):
            return Literal(
                Written(f"param.{members.get('_'.join(words)) or members[''.join(words)]}")
            )
        case Arithmetic(operator=operator, left=left, right=right):
            return Arithmetic(operator, left, _over_body(plan, action, right))
        case _:
            return term


def _body(plan: Plan, action: Action, endpoint: EndpointDraft) -> None:
    """Parameters of an action: members of its body."""
    world = plan.world
    for name, sample in _members(plan, action).items():
        made = _target_field(world, action, name)
        param: dict[str, Any] = {
            "name": name,
            "required": True,
            "requirements": action.requirements[:1],
        }
        words = tuple(snake([name]).split("_"))
        target = world.structure.lexicon.find(words[:-1]) if words[-1] == "id" else None
        if made is None and target is not None:
            param.update(type="reference", references=target.name)
        else:
            spec = (made or _told(plan, action, name, sample)).spec
            param.update({k: spec[k] for k in _OF_PARAMETERS if spec.get(k) not in (None, [])})
        unbounded = not any(key.endswith("minimum") for key in param)
        if made is None and param["type"] in {"money", "number"} and unbounded:
            param["exclusive_minimum"] = 0
        if param["type"] in {"string", "text"} and "min_length" not in param:
            param["min_length"] = 1
        endpoint.params[name] = param
    if made_optional := [name for name in endpoint.params if _is_optional(plan, action, name)]:
        for name in made_optional:
            endpoint.params[name]["required"] = False


_OF_PARAMETERS = (
    "type", "choices", "references", "minimum", "maximum", "min_length", "max_length", "pattern",
    "exclusive_minimum",
)  # fmt: skip


def _is_optional(plan: Plan, action: Action, name: str) -> bool:
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Fields) and _same(fact.route, action.route):
                for phrase in fact.phrases:
                    if _body_name(plan, phrase) == name and any(
                        trait.key == "optional" for trait in phrase.traits
                    ):
                        return True
    return False


def _sources(plan: Plan, action: Action, steps: list[Step]) -> None:
    """An action is refused in states that it does not start from."""
    world = plan.world
    if action.states is None:
        return
    made = world.draft(action.entity).fields[action.states[0]]
    sources: list[str] = []
    for step in steps:
        sources.extend(
            source for source in step.sources if source.lower() not in {"any", "all", "*"}
        )
    known = {choice.lower().replace("_", " "): choice for choice in made.spec.get("choices", ())}
    named = [
        known[each.lower().replace("_", " ")]
        for each in sources
        if each.lower().replace("_", " ") in known
    ]
    if not named:
        named = _before(made, action) or _still_alive(made, action)
    if named and not steps and made.has("chain"):
        action_text = f"A {world.label(action.entity)} has to be {named[0]} for this ({action.name.replace('_', ' ')})."
        for requirement in made.requirements[:1]:
            plan.rule(
                action.entity, [action.name], f"{escape(made.name)} == {named[0]!r}", text=action_text,
                requirement=requirement, name=f"{action.name}_only_when_{snake(named)}"[:55].rstrip("_"),
            )  # fmt: skip
    if not named or not steps:
        return
    name = escape(made.name)
    text = (
        f"{name} == {named[0]!r}"
        if len(set(named)) == 1
        else f"{name} in ({', '.join(map(repr, dict.fromkeys(named)))})"
    )
    for step in {step.requirement: step for step in steps}.values():
        finding = next(
            each for each in plan.analysis.findings if each.source.id == step.requirement
        )
        states = " or ".join(dict.fromkeys(named))
        plan.rule(
            action.entity, [action.name], text,
            text=f"A {world.label(action.entity)} has to be {states} for this ({action.name.replace('_', ' ')}).",
            requirement=finding.source.id, status=step.status, name=f"{action.name}_only_when_{snake(list(dict.fromkeys(named)))}"[:55].rstrip("_"),
        )  # fmt: skip


def _still_alive(made: FieldDraft, action: Action) -> list[str]:
    """The states that an action starts from: what is cancelled or over stays so, unless it says that it undoes it."""
    if action.verb.startswith(("re", "un")) or action.verb in {"activate", "open", "approve"}:
        return []
    choices = [str(each) for each in made.spec.get("choices", ())]
    alive = [each for each in choices if each.lower() not in INACTIVE]
    return alive if len(alive) < len(choices) else []


def _before(made: FieldDraft, action: Action) -> list[str]:
    """The state before this one in a chain such as open → in progress → done."""
    for flow in made.values("flow"):
        lows = [str(each).lower() for each in flow]
        target = action.states[1].strip("'\"").lower() if action.states else ""
        if target in lows and lows.index(target) > 0:
            return [
                made.spec["choices"][
                    [c.lower() for c in made.spec["choices"]].index(lows[lows.index(target) - 1])
                ]
            ]
    return []


def _guess(plan: Plan, action: Action, endpoint: EndpointDraft) -> None:
    """An action that nothing is said about keeps that it happened."""
    world = plan.world
    undone = undone_by(action.verb)
    before = participle(undone).replace(" ", "_").replace("-", "_") if undone is not None else ""
    draft = world.draft(action.entity)
    does = before not in draft.fields
    name = participle(action.verb).replace(" ", "_").replace("-", "_") if does else before
    if name not in draft.fields:
        made = FieldDraft(name, (name,), spec={
            "name": name, "type": "boolean", "set_by": "system", "default": False, "required": True,
        })  # fmt: skip
        draft.fields[name] = made
        made.requirements.extend(action.requirements[:1])
    action.sets[name] = repr(does)
    endpoint.spec["effects"] = [{"target": name, "value": repr(does)}]
    for requirement in action.requirements[:1]:
        what = "this was done" if does else "it was undone"
        plan.ledger.assume(requirement, f"the {draft.word.label} keeps in {name!r} that {what}")


def guess_flags(plan: Plan) -> None:
    """Make switches for actions that nothing else shows the outcome of, before rules are written."""
    for action in sorted(plan.world.actions, key=lambda each: undone_by(each.verb) is not None):
        if action.states is not None or action.sets or _members(plan, action):
            continue
        if any(
            isinstance(fact, Sets | Transition)
            and (fact.route is not None and _same(fact.route, action.route))
            for finding in plan.analysis.findings
            for fact in finding.facts
        ):
            continue
        endpoint = EndpointDraft("POST", action.route.path, "action", action.entity)
        if not _next_state(plan, action):
            _guess(plan, action, endpoint)


def _next_state(plan: Plan, action: Action) -> bool:
    """Accepting what is "pending" at first makes it "accepted": a state like the one it starts in."""
    state = participle(action.verb).replace(" ", "_").replace("-", "_")
    for made in plan.world.fields(action.entity):
        kept = made.spec.get("type") == "enum" and made.spec.get("set_by") == "system"
        if not kept or made.words[-1:] not in {("status",), ("state",)} or not made.has("initial"):
            continue
        if undone_by(action.verb) is not None:
            return False
        if state not in made.spec["choices"]:
            made.spec["choices"].append(state)
        action.states = (made.name, repr(state))
        for requirement in action.requirements[:1]:
            plan.ledger.assume(requirement, f"{made.name!r} is {state!r} afterwards")
        return True
    return False
