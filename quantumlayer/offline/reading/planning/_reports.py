"""Reports: objects whose members are counted, summed or looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping

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
from quantumlayer.offline.reading.planning._groups import grouped_report
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._render import (
    Frame,
    Scope,
    aggregate,
    signed,
    state,
    taking,
    usage,
    value,
)
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._grammar import whole_grammar
from quantumlayer.offline.reading.text._sketches import Sketch
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import singular

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
    """Plan a report with a row for each group, if it is one."""
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Grouped) and plan.endpoint("GET", fact.route.path) is endpoint:
                for token in fact.left:
                    plan.ledger.miss(finding.source.id, f"not understood: {token.text!r}")
                grouped_report(plan, endpoint, finding, fact)
                return True
    return False


def _report(plan: Plan, endpoint: EndpointDraft) -> None:
    sketch, finding, answers = _shape(plan, endpoint)
    if sketch is None or finding is None:
        raise Unresolved("it is not said what the answer looks like")
    if sketch.is_list:
        raise Unresolved("a list of counted rows is not understood")
    values = _said_values(plan, finding, answers, sketch)
    _query_params(plan, endpoint, finding)
    returns: dict[str, str] = {}
    for place, name in enumerate(sketch.members):
        if isinstance(sketch.members[name], list | dict) and sketch.members[name]:
            raise Unresolved(f"the list in {name!r} is not understood")
        scope = _scope(plan, endpoint)
        term = values.get(name) or values.get(str(place))
        if term is not None:
            term = _over_members(term, returns)
        said = plan.world.members.get(name)
        if term is None and said is not None:
            returns[name] = _worked(scope, said)
            endpoint.asked(_saying(plan, said))
            continue
        returns[name] = _member(plan, endpoint, scope, name, term)
    if answers is not None and not values and answers.note:
        returns = _noted(plan, finding, answers.note, returns)
    endpoint.spec["returns"] = returns


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
    plan: Plan, finding: Finding, note: tuple[Token, ...], returns: dict[str, str]
) -> dict[str, str]:
    """Heed what is said behind the shape of an answer: `counting people and not answers`."""
    words = [token.low for token in note if token.kind != "mark"]
    if {"counting", "counted", "count", "counts"} & set(words) and _HEADS & set(words):
        summed = {name: _summed(plan.world, text) for name, text in returns.items()}
        if summed != returns:
            return summed
    if len(words) > 1:
        text = " ".join(token.text for token in note).strip(" ,;:.")
        plan.ledger.miss(finding.source.id, f"not understood: {text!r}")
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


def _member(
    plan: Plan, endpoint: EndpointDraft, scope: Scope, name: str, term: Value | None
) -> str:
    """Write what is said of a member, or else what its name says."""
    if term is not None and not endpoint.params:
        try:
            return value(scope, term)
        except Unresolved:
            if endpoint.entity is None:
                return _by_name(plan, endpoint, scope, name)
            raise
    return _by_name(plan, endpoint, scope, name)


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


def _by_name(plan: Plan, endpoint: EndpointDraft, scope: Scope, name: str) -> str:
    """Work out a member from its name alone: `total`, `free`, `average_rating`, a state."""
    world = plan.world
    words = tuple(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"))
    if endpoint.params:
        text = _over_reference(plan, endpoint, words)
        if text is not None:
            return text
    on_item = "{" in endpoint.path
    if on_item and endpoint.entity is not None:
        text = _of_item(world, scope, endpoint, words)
    else:
        text = _of_all(world, endpoint, words)
    if text is None:
        raise Unresolved(f"it is not said what {name!r} is")
    return text


_TAKEN = frozenset("occupied taken used booked reserved enrolled sold registered attending".split())


def _of_item(
    world: World, scope: Scope, endpoint: EndpointDraft, words: tuple[str, ...]
) -> str | None:
    entity = endpoint.entity or ""
    made = world.field(entity, words)
    if made is not None:
        return escape(made.name)
    word = " ".join(words)
    if word in _TAKEN:
        try:
            return usage(scope, Frame(entity), others=False)[0]
        except Unresolved:
            return None
    if words[0] in {"free", "available", "left", "remaining", "open"}:
        try:
            used, room = usage(scope, Frame(entity), others=False)
        except Unresolved:
            return None
        return f"{room} - {used}"
    target = world.structure.lexicon.find([singular(each) for each in words])
    if target is not None and world.references(target.name, entity):
        return aggregate(scope, "count", Items(target.name))
    return _of_parts(world, scope, entity, words)


def _of_parts(world: World, scope: Scope, entity: str, words: tuple[str, ...]) -> str | None:
    """A state of the items that belong to this one, or a number of theirs."""
    parts = [
        name
        for name in world.structure.entities
        if world.references(name, entity) and name != entity
    ]
    for name in parts:
        inner = scope.inside(name)
        for made in world.state_fields(name):
            for choice in made.spec["choices"]:
                if choice.lower() == "_".join(words):
                    link = f"{escape(world.references(name, entity)[0].name)} == this.id"
                    return f"count({name}, {link}, {escape(made.name)} == {choice!r})"
        del inner
    found = []
    for name in parts:
        link = f"{escape(world.references(name, entity)[0].name)} == this.id"
        if len(parts) > 1 and words[0] in _FUNCTIONS and not world.field(name, words[1:]):
            continue
        text = _folded(world, name, words, [link]) or _folded_state(world, name, words, link)
        if text is not None:
            found.append(text)
    return found[0] if len(found) == 1 else None


def _folded_state(world: World, entity: str, words: tuple[str, ...], link: str) -> str | None:
    """`packed_grams`: the sum of a number over the items in a state."""
    made = world.field(entity, words[1:]) if len(words) > 1 else None
    if made is None or made.spec.get("type") not in {"integer", "money", "number"}:
        return None
    try:
        text = state(Scope(world, (Frame(entity),)), words[:1])
    except Unresolved:
        return None
    return f"sum({entity}, {escape(made.name)}, {link}, {text})"


_FUNCTIONS = {"total": "sum", "sum": "sum", "average": "avg", "avg": "avg", "mean": "avg", "best": "max",
              "highest": "max", "max": "max", "lowest": "min", "min": "min", "worst": "min", "top": "max"}  # fmt: skip


def _folded(world: World, entity: str, words: tuple[str, ...], where: list[str]) -> str | None:
    """`total`, `count`, `average_rating`, `best`: of the items of one entity."""
    conditions = ", ".join(where)
    tail = f", {conditions}" if conditions else ""
    function = _FUNCTIONS.get(words[0])
    if words in {("count",), ("number",), ("entries",)} or words[-1] == "count":
        return f"count({entity}{tail})"
    if function is not None:
        made = world.field(entity, words[1:]) if len(words) > 1 else None
        if made is None and len(words) > 1:
            return None
        if made is None:
            numbers = [
                each
                for each in world.fields(entity)
                if each.spec.get("type") in {"money", "number", "integer"}
                and "computed" not in each.spec
            ]
            if len(numbers) == 1 and not (
                function == "sum" and numbers[0].spec["type"] == "integer" and words == ("total",)
            ):
                made = numbers[0]
            elif words == ("total",):
                return f"count({entity}{tail})"
        if made is not None:
            return f"{function}({entity}, {escape(made.name)}{tail})"
        return None
    made = world.field(entity, words)
    if made is not None and made.spec.get("type") in {"integer", "money", "number"}:
        return f"sum({entity}, {escape(made.name)}{tail})"
    return None


def _of_all(world: World, endpoint: EndpointDraft, words: tuple[str, ...]) -> str | None:
    entity = endpoint.entity
    names = [entity] if entity is not None else list(world.structure.entities)
    for name in names:
        scope = Scope(world, (Frame(name),))
        for made in world.state_fields(name):
            for choice in made.spec["choices"]:
                if choice.lower().replace("-", "_") == "_".join(words):
                    return f"count({name}, {escape(made.name)} == {choice!r})"
        try:
            if entity is not None:
                return f"count({name}, {state(scope, words)})"
        except Unresolved:
            pass
    target = world.structure.lexicon.find([singular(each) for each in words])
    if target is not None and target.name in world.structure.entities:
        return f"count({target.name})"
    if len(words) > 1:
        described = world.structure.lexicon.find([singular(words[-1])])
        if described is not None:
            scope = Scope(world, (Frame(described.name),))
            try:
                return f"count({described.name}, {state(scope, words[:-1])})"
            except Unresolved:
                pass
    for name in names:
        text = _folded(world, name, words, [])
        if text is not None:
            return text
    return None


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
