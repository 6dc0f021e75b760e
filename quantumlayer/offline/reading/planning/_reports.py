"""Reports: objects whose members are counted, summed or looked up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.language._facts import Answers, Grouped, Worked
from quantumlayer.offline.reading.language._terms import FieldOf, Items, Literal
from quantumlayer.offline.reading.language._vocabulary import snake
from quantumlayer.offline.reading.planning._explanations import (
    conditions_in,
    explained,
    explanations,
    unheard,
)
from quantumlayer.offline.reading.planning._figures import FUNCTIONS, Ground, named
from quantumlayer.offline.reading.planning._params import param_of
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._render import (
    Frame,
    Scope,
    aggregate,
    signed,
    taking,
    value,
)
from quantumlayer.offline.reading.planning._rows import plan_rows
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._sketches import Sketch
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import split_name

__all__ = ["plan_reports"]


def plan_reports(plan: Plan) -> None:
    """Work out the members of every report; a report that cannot be worked out is left out."""
    for key, endpoint in list(plan.endpoints.items()):
        if endpoint.kind != "report":
            continue
        try:
            if not _grouped(plan, endpoint):
                _report(plan, endpoint)
        except Unresolved as reason:
            if _in_rows(plan, endpoint):
                continue
            for requirement in endpoint.requirements[:1]:
                plan.ledger.miss(requirement, f"{endpoint.method} {endpoint.path}: {reason}")
            del plan.endpoints[key]


def _grouped(plan: Plan, endpoint: EndpointDraft) -> bool:
    """Plan a report with a row for each item or group, if it is one."""
    rows = next(_rows(plan, endpoint), None)
    if rows is None:
        return False
    finding, fact = rows
    plan_rows(plan, endpoint, finding, fact)
    endpoint.asked([finding.source.id])
    _heard(plan, finding, Ground.of(plan.world, None), fact.note, list(fact.sketch.members))
    return True


def _in_rows(plan: Plan, endpoint: EndpointDraft) -> bool:
    """Whether what is no object makes sense as rows: `all kilns as {"name", "firings"}`."""
    sketch, finding, answers = _shape(plan, endpoint)
    if sketch is None or finding is None or answers is None or "{" in endpoint.path:
        return False
    route = answers.route or Route("GET", endpoint.path)
    try:
        plan_rows(plan, endpoint, finding, Grouped(route, sketch, answers.note, answers.told))
    except Unresolved:
        return False
    endpoint.asked([finding.source.id])
    return True


def _rows(plan: Plan, endpoint: EndpointDraft) -> Iterator[tuple[Finding, Grouped]]:
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if (
                isinstance(fact, Grouped)
                and plan.endpoint("GET", fact.route.path) is endpoint
                and not _by_choice(plan, fact)
            ):
                yield finding, fact
    sketch, said, answers = _shape(plan, endpoint)
    if sketch is not None and said is not None and sketch.is_list:
        route = answers.route if answers is not None else None
        note = answers.note if answers is not None else ()
        yield said, Grouped(route or Route("GET", endpoint.path), sketch, note)


def _by_choice(plan: Plan, fact: Grouped) -> bool:
    """`{"S": 4, "M": 0}`: a number for each value, however often `each` is said."""
    names = set(fact.sketch.members)
    return not fact.sketch.is_list and any(
        names <= set(made.spec.get("choices") or ())
        for entity in plan.world.structure.entities
        for made in plan.world.fields(entity)
    )


def _heard(
    plan: Plan, finding: Finding, ground: Ground, words: Sequence[Token], names: Sequence[str]
) -> None:
    """Note the words around an outline that the figures do not heed."""
    open_words = unheard(ground, words, names)
    if open_words:
        plan.ledger.miss(finding.source.id, f"not understood: {' '.join(open_words)!r}")


def _report(plan: Plan, endpoint: EndpointDraft) -> None:
    sketch, finding, answers = _shape(plan, endpoint)
    if sketch is None or finding is None:
        raise Unresolved("it is not said what the answer looks like")
    parts = _in_order(answers, len(sketch.members))
    told = list(_told(plan, endpoint, finding))
    _query_params(plan, endpoint, finding, told)
    why = dict(answers.told) if answers is not None else {}
    counting = FUNCTIONS.keys() | {"how"}
    figures = all(any(token.low in counting for token in part) for part in parts)
    alone = (*(parts if figures else ()), *why.values())
    apart = {token.start for part in alone for token in part}
    ground = _ground(plan, endpoint, told, apart if len(sketch.members) > 1 else set())
    returns: dict[str, str] = {}
    for place, name in enumerate(sketch.members):
        if isinstance(sketch.members[name], list | dict) and sketch.members[name]:
            raise Unresolved(f"the list in {name!r} is not understood")
        sample = sketch.members[name]
        part = isinstance(sample, float) and 0 < sample < 1
        ground = replace(ground, known=returns, fraction=part)
        said = plan.world.members.get(name)
        if said is not None:
            returns[name] = _worked(_scope(plan, endpoint), said)
            endpoint.asked(_saying(plan, said))
            continue
        returns[name] = (
            (explained(ground, why[name], name) if name in why else None)
            or _by_words(plan, ground, endpoint, name, list(sketch.members), told)
            or (explained(ground, parts[place], name) if parts else None)
            or _member(plan, endpoint, ground, name)
        )
    if answers is not None and answers.note:
        returns = _noted(plan, finding, ground, answers.note, returns)
    endpoint.spec["returns"] = returns


def _in_order(answers: Answers | None, number: int) -> list[list[Token]]:
    """`counting the graded courses, and the sum of their credits`: a part of the note for each member."""
    if answers is not None and number == 1:
        return [list(answers.note)]
    note = answers.note if answers is not None else ()
    starts = [
        at + 1
        for at, token in enumerate(note)
        if token.low == ":" or (at and token.low == "is" and note[at - 1].low == "that")
    ]
    for start in (0, *starts):
        parts: list[list[Token]] = [[]]
        for token in note[start:]:
            if token.low in {",", ";"} or (token.low == "and" and parts[-1]):
                parts.append([])
            elif token.kind != "mark":
                parts[-1].append(token)
        found = [part for part in parts if not {token.low for token in part} <= _BOTH]
        found = found[:number] if start and any(token.low == ";" for token in note) else found
        if len(found) == number:
            return found
    return []


_BOTH = frozenset("both days dates ends included inclusive the of and".split())


def _ground(
    plan: Plan, endpoint: EndpointDraft, told: Sequence[Finding], apart: set[int]
) -> Ground:
    """What the figures are taken over, and which items count, by the words around them.

    Words that explain one figure alone, those that begin at `apart`, say nothing of the others.
    """
    on_item = "{" in endpoint.path
    ground = Ground.of(plan.world, endpoint.entity if on_item else None, endpoint.entity)
    where: dict[str, tuple[str, ...]] = {}
    for finding in told:
        ground = ground.about(finding.source.full)
        around = [token for token in finding.source.full if token.start not in apart]
        for entity, text in conditions_in(ground, around):
            where[entity] = tuple(dict.fromkeys((*where.get(entity, ()), text)))
    return replace(ground, where=where, params=tuple(endpoint.params))


def _told(plan: Plan, endpoint: EndpointDraft, finding: Finding) -> Iterator[Finding]:
    """The statement that shows the answer, and those that go on about it."""
    for each in plan.analysis.findings:
        route = each.route
        if each is finding or (
            route is not None
            and not each.source.routes
            and plan.endpoint("GET", route.path) is endpoint
        ):
            yield each


def _by_words(
    plan: Plan, ground: Ground, endpoint: EndpointDraft, name: str, names: Sequence[str], told: Sequence[Finding]
) -> str | None:  # fmt: skip
    """Work out a member by what some statement says of it."""
    for finding in told:
        for words in explanations(finding.source.full, name, names):
            text = explained(ground, words, name)
            if text is None:
                where = dict(conditions_in(ground, words))
                counts = {entity: (each,) for entity, each in where.items()}
                text = (
                    named(replace(ground, where={**ground.where, **counts}), name)
                    if where
                    else None
                )
            if text is not None:
                endpoint.asked([finding.source.id])
                heard = {token.start for token in words}
                finding.unread = [
                    part for part in finding.unread if heard.isdisjoint(each.start for each in part)
                ]
                return text
    return None


def _worked(scope: Scope, said: Worked) -> str:
    """`consumption is the highest value less the lowest, and 0 without readings`."""
    text = value(scope, said.value)
    folded = re.search(r"(?:max|min|avg|sum)\((\w+), ", text)
    if said.fallback is None or folded is None:
        return text
    some = aggregate(scope, "exists", Items(folded[1]))
    fallback = said.fallback if isinstance(said.fallback, FieldOf) else Literal(said.fallback)
    return f"{text} if {some} else {value(scope, fallback)}"


def _saying(plan: Plan, said: Worked) -> list[str]:
    return [each.source.id for each in plan.analysis.findings if said in each.facts]


def _noted(
    plan: Plan, finding: Finding, ground: Ground, note: tuple[Token, ...], returns: dict[str, str]
) -> dict[str, str]:
    """Heed what is said behind the shape of an answer: `counting people and not answers`."""
    words = [token.low for token in note if token.kind != "mark"]
    if {"counting", "counted", "count", "counts"} & set(words) and _HEADS & set(words):
        summed = {name: _summed(plan.world, text) for name, text in returns.items()}
        if summed != returns:
            return summed
    _heard(plan, finding, ground, note, list(returns))
    return returns


_HEADS = frozenset({"people", "persons", "heads", "guests", "seats", "places", "tickets"})


def _summed(world: World, text: str) -> str:
    """Add up how many places the items take instead of counting the items."""
    match = re.fullmatch(r"count\((\w+)(, .*)?\)", text)
    amount = taking(world, match[1]) if match else None
    return f"sum({match[1]}, {amount}{match[2] or ''})" if match and amount else text


def _shape(
    plan: Plan, endpoint: EndpointDraft
) -> tuple[Sketch | None, Finding | None, Answers | None]:
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Answers) and fact.route is not None and fact.sketch is not None:
                if plan.endpoint("GET", fact.route.path) is endpoint and fact.route.method in {
                    "GET",
                    "",
                }:
                    return fact.sketch, finding, fact
            if (
                isinstance(fact, Grouped)
                and plan.endpoint("GET", fact.route.path) is endpoint
                and _by_choice(plan, fact)
            ):
                return fact.sketch, finding, Answers(fact.route, fact.sketch, fact.note)
    found = plan.world.structure.answers.get(("GET", endpoint.path))
    if found is not None:
        sketch, requirement = found
        finding = next(each for each in plan.analysis.findings if each.source.id == requirement)
        return sketch, finding, None
    return None, None, None


def _scope(plan: Plan, endpoint: EndpointDraft) -> Scope:
    names = list(plan.world.structure.entities)
    entity = endpoint.entity or (names[0] if names else "")
    if not entity:
        raise Unresolved("there is nothing to count")
    return Scope(plan.world, (Frame(entity),))


def _member(plan: Plan, endpoint: EndpointDraft, ground: Ground, name: str) -> str:
    """Work out what nothing explains: `total`, `free`, `average_rating`, a state."""
    text = _over_reference(plan, endpoint, split_name(name)) if endpoint.params else None
    text = text or named(ground, name)
    if text is None:
        raise Unresolved(f"it is not said what {name!r} is")
    return text


# --- parameters ----------------------------------------------------------------------------------


_NEEDED_BEHIND = (
    r"\b{}\W+(a date\W+)?(\w+ ){{0,3}}(required|necessary|mandatory|be there|be given)\b"
)
"""`date, a date that has to be given`."""
_NEEDED_BEFORE = r"\b(missing|without|needs the parameter|needs) (a |an )?{}\b"
"""`needs the parameter date`, `without a date it is an error`."""


def _query_params(
    plan: Plan, endpoint: EndpointDraft, finding: Finding, told: Sequence[Finding]
) -> None:
    answers = [fact.route for fact in finding.facts if isinstance(fact, Answers) and fact.route]
    for route in [*finding.source.routes, *answers]:
        if route.path != endpoint.path:
            continue
        for name, _ in route.query:
            words = snake([name]).split("_")
            target = plan.world.structure.lexicon.find(words[:-1] if words[-1] == "id" else words)
            if target is not None:
                endpoint.params[name] = {
                    "name": name,
                    "type": "reference",
                    "references": target.name,
                    "required": True,
                }
            elif endpoint.entity is not None:
                endpoint.params.setdefault(name, param_of(plan.world, endpoint.entity, name))
            else:
                raise Unresolved(f"it is not clear what the parameter {name!r} means")
            endpoint.params[name].setdefault("requirements", [finding.source.id])
    said = " ".join(token.low for each in told for token in each.source.full)
    for name, param in endpoint.params.items():
        called = re.escape(name.lower())
        if re.search(_NEEDED_BEHIND.format(called), said) or re.search(
            _NEEDED_BEFORE.format(called), said
        ):
            param["required"] = True


# --- members by their names ----------------------------------------------------------------------


def _over_reference(plan: Plan, endpoint: EndpointDraft, words: tuple[str, ...]) -> str | None:
    """`GET /stock?product_id=1&warehouse_id=2`: of the items that refer to both."""
    world = plan.world
    targets = {
        name: param["references"]
        for name, param in endpoint.params.items()
        if param.get("references") is not None
    }
    if len(targets) < len(endpoint.params):
        return None
    for entity in world.structure.entities:
        links = []
        for name, target in targets.items():
            found = world.references(entity, target)
            if found:
                links.append(f"{escape(found[0].name)} == param.{name}")
        if len(links) != len(targets):
            continue
        made = world.field(entity, words)
        if made is None:
            continue
        number = signed(world, entity, escape(made.name)) or escape(made.name)
        return f"sum({entity}, {number}, {', '.join(links)})"
    return None
