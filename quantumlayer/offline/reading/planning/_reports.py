"""Reports: objects whose members are counted, summed or looked up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.language._facts import Answers, Grouped, Worked
from quantumlayer.offline.reading.language._patterns import Reader
from quantumlayer.offline.reading.language._terms import (
    Arithmetic,
    FieldOf,
    Items,
    Literal,
    Value,
    Written,
)
from quantumlayer.offline.reading.language._vocabulary import snake
from quantumlayer.offline.reading.planning._figures import (
    Ground,
    conditions_in,
    explained,
    explanations,
    named,
    unheard,
)
from quantumlayer.offline.reading.planning._groups import grouped_report
from quantumlayer.offline.reading.planning._params import split_name
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
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._grammar import whole_grammar
from quantumlayer.offline.reading.sentences._grouping import GroupNote
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._sketches import Sketch
from quantumlayer.offline.reading.text._tokens import Token

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
            for requirement in endpoint.requirements[:1]:
                plan.ledger.miss(requirement, f"{endpoint.method} {endpoint.path}: {reason}")
            del plan.endpoints[key]


def _grouped(plan: Plan, endpoint: EndpointDraft) -> bool:
    """Plan a report with a row for each item or group, if it is one."""
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Grouped) and plan.endpoint("GET", fact.route.path) is endpoint:
                _planned_rows(plan, endpoint, finding, fact)
                return True
    sketch, said, answers = _shape(plan, endpoint)
    if sketch is None or said is None or not sketch.is_list:
        return False
    words = answers.note if answers is not None else ()
    route = answers.route if answers is not None and answers.route is not None else None
    listed = Grouped(route or Route("GET", endpoint.path), sketch, GroupNote(words=words))
    _planned_rows(plan, endpoint, said, listed)
    return True


def _planned_rows(plan: Plan, endpoint: EndpointDraft, finding: Finding, fact: Grouped) -> None:
    owner = endpoint.entity
    try:
        if plan_rows(plan, endpoint, finding, fact):
            ground = Ground.of(plan.world, None)
            _heard(plan, finding, ground, fact.note.words, list(fact.sketch.members))
            return
    except Unresolved:
        endpoint.entity = owner
        if fact.sketch.is_list and not fact.note.counted:
            raise
    grouped_report(plan, endpoint, finding, fact)
    ground = Ground.of(plan.world, None)
    _heard(plan, finding, ground, fact.note.left, list(fact.sketch.members))


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
    values = _said_values(plan, finding, answers, sketch)
    _query_params(plan, endpoint, finding)
    told = list(_told(plan, endpoint, finding))
    ground = _ground(plan, endpoint, told)
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
        term = values.get(name) or values.get(str(place))
        text = _by_value(plan, endpoint, term, returns) if term is not None else None
        returns[name] = (
            text
            or _by_words(plan, ground, endpoint, name, list(sketch.members), told)
            or _member(plan, endpoint, ground, name)
        )
    if answers is not None and not values and answers.note:
        returns = _noted(plan, finding, ground, answers.note, returns)
    endpoint.spec["returns"] = returns


def _ground(plan: Plan, endpoint: EndpointDraft, told: Sequence[Finding]) -> Ground:
    """What the figures are taken over, and which items count, by the words around them."""
    on_item = "{" in endpoint.path
    ground = Ground.of(plan.world, endpoint.entity if on_item else None, endpoint.entity)
    where: dict[str, tuple[str, ...]] = {}
    for finding in told:
        ground = ground.about(finding.source.full)
        for entity, text in conditions_in(ground, finding.source.full):
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


def _by_value(
    plan: Plan, endpoint: EndpointDraft, term: Value, returns: Mapping[str, str]
) -> str | None:
    try:
        return value(_scope(plan, endpoint), _over_members(term, returns))
    except Unresolved:
        return None


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


def _over_members(term: Value, returns: Mapping[str, str]) -> Value:
    """`amount = minutes / 60 * hourly_rate`: the minutes are those of the answer."""
    match term:
        case FieldOf(words=words, owner=None) if "_".join(words) in returns:
            return Literal(Written(f"({returns['_'.join(words)]})"))
        case Arithmetic(operator=operator, left=left, right=right):
            return Arithmetic(operator, _over_members(left, returns), _over_members(right, returns))
        case _:
            return term


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


def _said_values(
    plan: Plan, finding: Finding, answers: Answers | None, sketch: Sketch
) -> dict[str, Value]:
    """What the sentence says the members are: in order, or as `amount = …`."""
    found: dict[str, Value] = {}
    if answers is None:
        return found
    values = list(answers.values) or _in_order(plan, finding, answers.note)
    if len(values) == len(sketch.members):
        found.update({str(place): term for place, term in enumerate(values)})
    found.update(_equations(plan, finding, answers.note, sketch))
    return found


def _reader(plan: Plan, finding: Finding, tokens: tuple[Token, ...]) -> Reader:
    situation = Situation(plan.world.structure.known, None, plan.analysis.vocabulary, finding.route)
    return Reader(tokens, whole_grammar().slots, situation)


def _in_order(plan: Plan, finding: Finding, note: tuple[Token, ...]) -> list[Value]:
    reader = _reader(plan, finding, note)
    best: list[Value] = []
    for values, end in reader.slot("values", 0):
        if end >= len(note) - 1 and len(values) > len(best):
            best = list(values)
    return best


def _equations(
    plan: Plan, finding: Finding, note: tuple[Token, ...], sketch: Sketch
) -> list[tuple[str, Value]]:
    found = []
    for at, token in enumerate(note):
        name = next((each for each in sketch.members if each.lower() == token.low), None)
        if name is not None and at + 1 < len(note) and note[at + 1].low in {"=", "is"}:
            reader = _reader(plan, finding, note)
            for term, end in reader.slot("value", at + 2):
                if end >= len(note) - 1 or note[end].low in {",", ";", ".", "and"}:
                    found.append((name, term))
                    break
    return found


def _member(plan: Plan, endpoint: EndpointDraft, ground: Ground, name: str) -> str:
    """Work out what nothing explains: `total`, `free`, `average_rating`, a state."""
    text = _over_reference(plan, endpoint, split_name(name)) if endpoint.params else None
    text = text or named(ground, name)
    if text is None:
        raise Unresolved(f"it is not said what {name!r} is")
    return text


# --- parameters ----------------------------------------------------------------------------------


def _query_params(plan: Plan, endpoint: EndpointDraft, finding: Finding) -> None:
    for route in finding.source.routes:
        if route.path != endpoint.path:
            continue
        for name, _ in route.query:
            words = snake([name]).split("_")
            label = words[:-1] if words[-1] == "id" else words
            target = plan.world.structure.lexicon.find(label)
            if target is None:
                raise Unresolved(f"it is not clear what the parameter {name!r} means")
            endpoint.params[name] = {
                "name": name, "type": "reference", "references": target.name, "required": True,
                "requirements": [finding.source.id],
            }  # fmt: skip


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
