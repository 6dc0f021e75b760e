"""Facts about fields and states, added to the drafts of the entities."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from quantumlayer.offline.reading.document._analysis import Analysis, Finding
from quantumlayer.offline.reading.document._drafts import EntityDraft, FieldDraft, Ledger
from quantumlayer.offline.reading.language._facts import (
    Answers,
    Cascade,
    Changeable,
    Fact,
    Figures,
    Hides,
    Inclusive,
    Lasts,
    Means,
    Refused,
    Said,
    Sets,
    States,
    StepByStep,
    Touches,
    Transition,
    Unique,
    Worked,
)
from quantumlayer.offline.reading.language._terms import (
    Arithmetic,
    Being,
    Compare,
    FieldOf,
    Items,
    Literal,
    Moment,
    Shift,
    Value,
)
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.planning._world import Unresolved, World
from quantumlayer.offline.reading.text._routes import acts_on_item
from quantumlayer.offline.reading.text._words import is_plural, singular

__all__ = ["shape", "status_field"]


def shape(analysis: Analysis, world: World, ledger: Ledger) -> None:
    """Apply every fact that says what fields there are and what they hold."""
    shown = {
        name
        for finding in analysis.findings
        for fact in finding.facts
        if isinstance(fact, Answers) and fact.sketch is not None
        for name in fact.sketch.members
    }
    world.moved = {
        word.name
        for finding in analysis.findings
        for fact in finding.facts
        if isinstance(fact, Transition)
        and fact.route is not None
        and (word := world.structure.word_of_route(fact.route)) is not None
    }
    for finding in analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Worked) and _is_member(world, fact, shown):
                world.members[fact.words[0]] = fact
                continue
            try:
                _apply(world, finding, fact)
            except Unresolved as reason:
                ledger.miss(finding.source.id, str(reason))
    for finding in analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Refused):
                _states_compared(world, finding, fact)


def _states_compared(world: World, finding: Finding, fact: Refused) -> None:
    """`… as long as its status is "draft"` names a state of what is made by moving from one to another."""
    quoted = {str(each.value).lower() for each in finding.source.full if each.kind == "quote"}
    named: str | None = None
    match fact.when:
        case Being(subject=FieldOf(words=("status",)), words=(word,)):
            value = word
        case Being(subject=Items(entity=named), words=words) if " ".join(words) in quoted:
            value = " ".join(words)
        case Compare(left=FieldOf(words=("status",)), right=Literal(value=str() as value)):
            pass
        case _:
            return
    about = fact.operation.object or fact.operation.subject
    entity = named or (about.entity if about is not None else None) or finding.topic
    made = world.field(entity, ("status",)) if entity is not None else None
    if made is not None and made.has("state") and not made.has("choices"):
        made.say([Trait("state", value)], finding.source.id)


def _is_member(world: World, fact: Worked, shown: set[str]) -> bool:
    """Whether only an answer has this figure, and no item."""
    unknown = all(world.field(name, fact.words) is None for name in world.structure.entities)
    return len(fact.words) == 1 and fact.words[0] in shown and unknown


def _apply(world: World, finding: Finding, fact: Fact) -> None:
    requirement = finding.source.id
    match fact:
        case Said(names=()):
            _default_of_topic(world, finding, fact)
        case Said():
            for words in _told_apart(world, finding, fact):
                owner = fact.owner.words[0] if fact.owner is not None else None
                if _is_asked(world, finding, words):
                    continue  # a parameter, see `_params`
                if any(trait.key == "computed" for trait in fact.traits):
                    owner = owner or _made_by_route(world, finding, words)
                    made = _ensure(world, finding, words, Items(owner) if owner else None)
                elif owner is None and _is_new(world, finding, words):
                    made = _ensure(world, finding, words, None)
                elif " ".join(words) in _STATUS and fact.traits:
                    items = Items(owner) if owner else None
                    draft = world.draft(_entity(world, finding, items))
                    made = status_field(world, draft, words)
                else:
                    made = _field(world, finding, words, owner)
                made.say(_about(fact.traits, made), requirement)
        case States():
            draft = world.draft(_with_states(world, finding, fact))
            made = _with_choices(draft, fact) or status_field(world, draft, fact.words)
            _add_states(made, fact, requirement)
        case Transition(to=to) if to is not None:
            draft = world.draft(_entity_of_transition(world, finding, fact))
            made = status_field(world, draft, ())
            values = [*fact.sources, to]
            made.say([Trait("state", value) for value in values], requirement)
            made.say([Trait("system")], requirement)
        case StepByStep(entity=entity):
            made = status_field(world, world.draft(entity), ())
            made.traits = [(trait, each) for trait, each in made.traits if trait.key != "system"]
            made.asked(requirement)
        case Worked():
            _ensure_worked(world, finding, fact)
        case Sets(param="empty", words=words):
            _ensure(world, finding, words, None).say(
                [Trait("nullable"), Trait("system")], requirement
            )
        case Sets(words=words, value=Arithmetic(right=Literal())):
            made = _ensure(world, finding, words, fact.owner)
            if made.has("system"):
                made.say([Trait("type", "integer"), Trait("default", 0)], requirement)
        case Sets(words=words, value=Moment(), route=None, verb=None):
            made = _ensure(world, finding, words, fact.owner)
            made.say([Trait("system"), Trait("meaning", finding.source.full)], requirement)
        case Sets(words=words, value=Moment()) if words != ("flag",):
            if fact.route is not None or fact.verb is not None:
                made = _ensure(world, finding, words, fact.owner)
                if not made.has("sent"):  # clients send it when they make the item
                    made.say([Trait("system"), Trait("nullable")], requirement)
        case Sets(words=words, value=Literal(value=bool())) if words and not _is_known(
            world, words
        ):
            made = _ensure(world, finding, words, fact.owner)
            made.say([Trait("system"), Trait("type", "boolean")], requirement)
        case Sets(words=words, value=None) | Sets(words=words, param=str()):
            made = _ensure(world, finding, words, fact.owner)
            made.say([Trait("system"), Trait("nullable")], requirement)
        case Unique() if not fact.of and len(fact.names) == 1 and not fact.where:
            made = _field(world, finding, fact.names[0], fact.entity)
            made.say([Trait("unique")], requirement)
        case Means(operation=(verb, entity)) if entity is not None:
            world.synonyms[fact.word] = (verb, entity)
        case Means(condition=condition) if condition is not None:
            entity = fact.entity or finding.topic
            if entity is not None:
                world.definitions[(entity, fact.word)] = condition
        case Lasts(entity=entity, span=span):
            world.lengths[entity] = (f"{span.unit}({span.value:g})", requirement)
        case Figures(items=items) if items.entity is not None:
            world.figures[items.entity] = items.where
        case Cascade():
            _cascade(world, finding, fact)
        case Touches():
            for words in fact.names:
                made = _field(world, finding, words, None)
                made.say([Trait("immutable" if fact.stays else "touch")], requirement)
        case Changeable():
            _changeable(world, finding, fact)
        case Inclusive(touching=True):
            world.touching = True
        case Inclusive():
            world.inclusive = True
        case Hides(routes=()):
            for words in fact.names:
                _field(world, finding, words, None).say([Trait("secret")], requirement)
        case _:
            pass


def _is_known(world: World, words: tuple[str, ...]) -> bool:
    return any(world.field(name, words) is not None for name in world.structure.entities)


def _told_apart(world: World, finding: Finding, fact: Said) -> Iterator[tuple[str, ...]]:
    """`The salaries are optional`: all fields of the topic that a plural sums up, salary_min and salary_max."""
    owner = fact.owner.words[0] if fact.owner is not None else None
    for words in fact.names:
        summed = [
            made.words
            for name in islice(_candidates(world, finding, owner), 1)
            for made in world.fields(name)
            if is_plural(words[-1]) and singular(words[-1]) in made.words
        ]
        yield from summed if len(summed) > 1 and words not in summed else [words]


def _is_asked(world: World, finding: Finding, words: tuple[str, ...]) -> bool:
    """Whether a query of the route spoken of has this name, and no field."""
    routes = [finding.route, *finding.source.routes]
    asked = {name for route in routes if route is not None for name, _ in route.query}
    return len(words) == 1 and words[0] in asked and not _is_known(world, words)


def _is_new(world: World, finding: Finding, words: tuple[str, ...]) -> bool:
    """Whether a name in code quotes is described that no list of fields has."""
    spelled = {token.value for token in finding.source.tokens if token.kind == "name"}
    reads = any(route.method == "GET" for route in finding.source.routes)
    return (
        len(words) == 1
        and words[0] in spelled
        and not reads  # those are parameters
        and finding.topic is not None
        and all(world.field(name, words) is None for name in world.structure.entities)
    )


def _made_by_route(world: World, finding: Finding, words: tuple[str, ...]) -> str | None:
    """What the route spoken of makes, where the topic has no such field: `price` is worked out by us."""
    route = finding.route
    if route is None or route.method != "POST":
        return None
    if finding.topic is not None and world.field(finding.topic, words) is not None:
        return None
    word = world.structure.word_of_route(route)
    return word.name if word is not None else None


def _changeable(world: World, finding: Finding, fact: Changeable) -> None:
    """Every other field of the entity that clients give stays as it is."""
    for name in _candidates(world, finding, None):
        named = [world.field(name, words) for words in fact.names]
        if not all(named):
            continue
        for made in world.fields(name):
            if made not in named and not made.has("system"):
                made.say([Trait("immutable")], finding.source.id)
        for field in named:
            if field is not None:
                field.asked(finding.source.id)
        return
    raise Unresolved("it is not clear which fields these are")


def _with_choices(draft: EntityDraft, fact: States) -> FieldDraft | None:
    """The field that has these values to choose from: `new users are readers` is about their role."""
    wanted = {str(value).lower() for value in fact.values}
    for made in draft.fields.values():
        known = {str(value).lower() for values in made.values("choices") for value in values}
        if not fact.words and wanted and wanted <= known:
            return made
    return None


def _default_of_topic(world: World, finding: Finding, fact: Said) -> None:
    """`highest is the default`: of the field with that value, in an example or among its choices."""
    (trait,) = fact.traits
    for name in _candidates(world, finding, None):
        for made in world.fields(name):
            values = [
                *made.samples,
                *made.values("state"),
                *(v for vs in made.values("choices") for v in vs),
            ]
            if trait.value in values and not made.references:
                made.say(
                    [Trait("state", trait.value), trait, Trait("initial", trait.value)],
                    finding.source.id,
                )
                return
    raise Unresolved(f"no field has the value {trait.value!r}")


def _about(traits: tuple[Trait, ...], made: FieldDraft) -> list[Trait]:
    """A bound on lines is one on how many there are."""
    counting = made.children is not None
    return [
        replace_unit(trait, "item") if counting and trait.key in {"least", "most"} else trait
        for trait in traits
    ]


def replace_unit(trait: Trait, unit: str) -> Trait:
    """Return a trait with another unit."""
    return trait._replace(unit=unit)


# --- finding -------------------------------------------------------------------------------------


def _candidates(world: World, finding: Finding, owner: str | None) -> Iterator[str]:
    if owner is not None:
        yield owner
        return
    if finding.topic is not None:
        yield finding.topic
    yield from (name for name in world.structure.entities if name != finding.topic)


def _field(world: World, finding: Finding, words: tuple[str, ...], owner: str | None) -> FieldDraft:
    """Find the field that a statement speaks of: of its topic first, then of any other entity."""
    found = [
        (name, made)
        for name in _candidates(world, finding, owner)
        if (made := world.field(name, words)) is not None
    ]
    if not found:
        raise Unresolved(f"no field is called {' '.join(words)!r}")
    return found[0][1]


def _entity(world: World, finding: Finding, items: Items | None) -> str:
    if items is not None and items.entity is not None:
        return items.entity
    if finding.topic is not None:
        return finding.topic
    names = list(world.structure.entities)
    names = [*world.moved] if len(world.moved) == 1 else names
    if len(names) == 1:
        return names[0]
    raise Unresolved("it is not clear which thing has these states")


def _with_states(world: World, finding: Finding, fact: States) -> str:
    """`POST /trips makes one; the vehicle's plate is copied, and the status is "ongoing"`: that of the trip."""
    route = finding.route
    makes = route is not None and route.method == "POST" and not acts_on_item(route)
    word = world.structure.word_of_route(route) if route is not None and makes else None
    if fact.owner is None and not fact.words and word is not None:
        return word.name
    return _entity(world, finding, fact.owner)


def _entity_of_transition(world: World, finding: Finding, fact: Transition) -> str:
    if fact.items is not None and fact.items.entity is not None:
        return fact.items.entity
    if fact.route is not None:
        word = world.structure.word_of_route(fact.route)
        if word is not None:
            return word.name
    return _entity(world, finding, fact.items)


_STATUS = ("status", "state", "stage", "phase")


def status_field(world: World, draft: EntityDraft, words: tuple[str, ...]) -> FieldDraft:
    """Return the field that holds an entity's state, made if there is none."""
    if words:
        made = world.field(draft.word.name, words)
        if made is not None:
            return made
    for name in _STATUS:
        made = world.field(draft.word.name, (name,))
        if made is not None and made.references is None:
            return made
    spelled = [name for name in _STATUS if name in world.structure.known]
    name = spelled[0] if len(spelled) == 1 else "status"
    made = draft.fields[name] = FieldDraft(name, (name,))
    made.say([Trait("system")], "")
    return made


def _add_states(made: FieldDraft, fact: States, requirement: str) -> None:
    made.say([Trait("state", value) for value in fact.values], requirement)
    if fact.initial is not None:
        made.say([Trait("initial", fact.initial)], requirement)
    if fact.flow:
        made.say([Trait("flow", list(fact.values))], requirement)


def settle_states(world: World) -> None:
    """Turn the states that were mentioned into choices, the first state first."""
    for draft in world.structure.entities.values():
        for made in draft.fields.values():
            states = [str(value) for value in made.values("state")]
            if not states and not (made.has("flow") and made.has("system")):
                continue
            initial = made.last("initial") or made.last("default")
            declared = [str(value) for values in made.values("choices") for value in values]
            flow = [str(value) for values in made.values("flow") for value in values]
            order = [*([str(initial)] if initial else []), *declared, *flow, *states]
            values: dict[str, str] = {}
            for value in order:
                values.setdefault(value.lower(), value)
            if declared and {value.lower() for value in declared} >= values.keys():
                choices = list(dict.fromkeys(declared))
            else:
                choices = list(values.values())
            made.traits = [(trait, each) for trait, each in made.traits if trait.key != "choices"]
            made.say([Trait("choices", choices)], "")
            if not made.has("default"):
                first = str(initial) if initial else (flow[0] if flow else _first(made, choices))
                made.say([Trait("default", values.get(first.lower(), first))], "")


def _first(made: FieldDraft, choices: list[str]) -> str:
    """The state that nothing leads to is where items start."""
    targets = {str(value).lower() for value in made.values("target")}
    return next((choice for choice in choices if choice.lower() not in targets), choices[0])


# --- fields that a behaviour needs ---------------------------------------------------------------


def _ensure(
    world: World, finding: Finding, words: tuple[str, ...], owner: Items | None
) -> FieldDraft:
    """Return a field of the entity that a statement is about, made if there is none."""
    entity = _entity(world, finding, owner)
    made = world.field(entity, words)
    if made is not None:
        return made
    spelled = words[0] if (len(words) == 1 and not words[0].islower()) or "_" in words[0] else None
    split = tuple(words[0].replace("_", " ").lower().split()) if spelled else words
    return world.structure.new_field(world.draft(entity), split, spelled)


def _ensure_worked(world: World, finding: Finding, fact: Worked) -> None:
    entity = _worked_entity(world, finding, fact)
    draft = world.draft(entity)
    made = world.field(entity, fact.words)
    if made is None:
        made = world.structure.new_field(draft, fact.words, None)
    made.say([Trait("system")], finding.source.id)
    if isinstance(fact.value, Shift) and isinstance(fact.value.value, FieldOf):
        start = fact.value.value
        if world.field(entity, start.words) is None:
            base = world.structure.new_field(draft, start.words, None)
            base.say([Trait("system")], finding.source.id)


def _worked_entity(world: World, finding: Finding, fact: Worked) -> str:
    if fact.owner is not None and fact.owner.entity is not None:
        return fact.owner.entity
    for name in _candidates(world, finding, None):
        if world.field(name, fact.words) is not None and _fits(world, name, fact.value):
            return name
    for name in _candidates(world, finding, None):
        if world.field(name, fact.words) is not None:
            return name
    fitting = [
        name
        for name in world.structure.entities
        if _fits(world, name, fact.value) and not _elapses(fact.value)
    ]
    return fitting[0] if len(fitting) == 1 else _entity(world, finding, None)


def _fits(world: World, entity: str, value: Value) -> bool:
    """Whether an entity has the fields that a value is worked out from."""
    match value:
        case FieldOf(words=words, owner=None):
            return world.field(entity, words) is not None
        case Arithmetic(left=left, right=right):
            return _fits(world, entity, left) and _fits(world, entity, right)
        case _:
            return True


def _elapses(value: Value) -> bool:
    match value:
        case Arithmetic(left=left, right=right):
            return _elapses(left) or _elapses(right)
        case _:
            return not isinstance(value, FieldOf | Literal)


def _cascade(world: World, finding: Finding, fact: Cascade) -> None:
    parent = fact.parent.entity if fact.parent is not None and fact.parent.entity else finding.topic
    child = fact.child.entity
    if parent is None or child is None:
        raise Unresolved("it is not clear what is deleted together with what")
    # A kiln is deleted together with its firings: it is these that belong to it.
    found = world.references(child, parent) or world.references(parent, child)
    if not found:
        one, two = world.label(child), world.label(parent)
        raise Unresolved(f"no reference leads from a {one} to a {two}")
    for made in found:
        made.say([Trait("on_parent_delete", fact.mode)], finding.source.id)
