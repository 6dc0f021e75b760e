"""Routes that do something to one item: what they lead to, and from which states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from quantumlayer.offline.reading.document._analysis import Analysis, Finding
from quantumlayer.offline.reading.document._drafts import FieldDraft, Ledger
from quantumlayer.offline.reading.language._facts import Does, Sets, Transition
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.language._vocabulary import EntityWord, snake
from quantumlayer.offline.reading.planning._shaping import status_field
from quantumlayer.offline.reading.planning._world import Action, World, escape
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._tokens import tokenize
from quantumlayer.offline.reading.text._words import base, forms, participle, verb

__all__ = ["UNDOES", "Step", "find_actions", "nested_entity", "settle_actions", "steps_of"]

_ACCOUNT = frozenset({"login", "signup", "register", "logout", "token", "sign-up", "log-in", "me"})
_PREFIXES = frozenset({"api", "v1", "v2", "v3", "rest"})
UNDOES = {
    "reopen": "close", "unarchive": "archive", "restore": "delete", "release": "reserve", "resume": "pause",
    "unblock": "block", "unfreeze": "freeze", "deactivate": "activate", "disable": "enable",
    "unpublish": "publish", "unlock": "lock", "unpin": "pin", "reactivate": "deactivate", "unsuspend": "suspend",
    "unflag": "flag", "uncomplete": "complete", "unfavourite": "favourite", "unfavorite": "favorite",
    "undelete": "delete", "stop": "start", "switch-off": "switch-on", "turn-off": "turn-on", "unmute": "mute",
    "check-out": "check-in", "sign-out": "sign-in", "unsubscribe": "subscribe", "thaw": "freeze", "unhide": "hide",
    "disarm": "arm", "disconnect": "connect", "unseal": "seal", "unload": "load", "open": "close", "unmark": "mark", "unassign": "assign", "unstar": "star",
}  # fmt: skip


_ALIKE = {"close": ("close", "complete", "finish", "resolve", "do", "end")}
"""What `reopen` may undo."""


@dataclass(slots=True)
class Step:
    """One step of a state machine: from these states to that one, by an action."""

    action: Action
    sources: tuple[str, ...]
    to: str
    requirement: str
    status: int | None = None


def undone_by(word: str) -> str | None:
    """What an action takes back: `reopen` → close, `unpack` → pack."""
    known = UNDOES.get(word)
    own = {"unite", "unify", "understand", "underline", "undergo"}
    if known is None and len(word) > 4 and word.startswith("un") and word not in own:
        return word[2:]
    return known


# --- finding -------------------------------------------------------------------------------------


def item_actions(analysis: Analysis) -> Iterator[tuple[Route, EntityWord, str]]:
    """Yield the routes that act on an item, with its entity and the last part of the path."""
    seen: set[tuple[str, str]] = set()
    structure = analysis.structure
    for source in analysis.sources:
        for route in source.routes:
            segments = [part for part in route.segments if part not in _PREFIXES]
            if route.method not in {"POST", "PUT", "PATCH"} or len(segments) < 2:
                continue
            last = segments[-1]
            if last.startswith("{") or last in _ACCOUNT or (route.method, route.path) in seen:
                continue
            owner = structure.lexicon.by_segment(segments[0])
            for part in segments[:-1]:
                owner = (
                    structure.lexicon.by_segment(part) or owner
                    if not part.startswith("{")
                    else owner
                )
            if owner is None:
                continue
            seen.add((route.method, route.path))
            yield route, owner, last


def nested_entity(analysis: Analysis, world: World, owner: EntityWord, segment: str) -> str | None:
    """The entity that `POST /polls/{id}/votes` or `POST /books/{id}/borrow` makes, if any."""
    word = analysis.structure.lexicon.by_segment(segment)
    if word is not None and word is not owner:
        return word.name
    made = analysis.vocabulary.verbs.get(segment)
    if made is None or made == owner.name or not world.references(made, owner.name):
        return None
    state = participle(segment)
    for each in world.fields(owner.name):
        values = {str(value).lower() for key in ("state", "choices") for value in _flat(each, key)}
        if state in values:
            return None
    return made


def _flat(made: FieldDraft, key: str) -> Iterator[object]:
    for value in made.values(key):
        yield from value if isinstance(value, list) else [value]


def find_actions(analysis: Analysis, world: World) -> list[Action]:
    """Collect the routes that act on one item."""
    actions: list[Action] = []
    for route, owner, last in item_actions(analysis):
        behind_item = route.segments[-2].startswith("{")
        if not behind_item and not _picks(last, owner, analysis):
            continue
        if nested_entity(analysis, world, owner, last) is not None:
            continue
        action = Action(owner.name, snake(last.split("-")), last.lower(), route)
        actions.append(action)
        for finding in analysis.findings:
            if any(_same(route, each) for each in finding.source.routes):
                action.requirements.append(finding.source.id)
            for fact in finding.facts:
                if not isinstance(fact, Does) or (fact.items is not None and fact.items.many):
                    continue
                if fact.route is not None and _same(route, fact.route):
                    action.synonyms.add(fact.verb)
    return actions


def _picks(last: str, owner: EntityWord, analysis: Analysis) -> bool:
    """`POST /entries/stop`: an action without an id, unless it makes an item."""
    return "base" in forms(last) and last not in {"start", "create", "add", "new", "import"}


def _same(one: Route, other: Route) -> bool:
    return one.method == other.method and _shape(one) == _shape(other)


def _shape(route: Route) -> list[str]:
    return ["{}" if part.startswith("{") else part for part in route.segments]


# --- what they lead to ---------------------------------------------------------------------------


def steps_of(analysis: Analysis, world: World, ledger: Ledger) -> list[Step]:
    """Collect the steps between states, from sentences and from tables."""
    steps: list[Step] = []
    for finding in analysis.findings:
        if finding.source.kind == "transition":
            steps.extend(_row_steps(world, finding, ledger))
        for fact in finding.facts:
            if not isinstance(fact, Transition):
                continue
            action = _action_of(world, finding, fact)
            if action is None:
                continue
            if fact.to is None:
                steps.extend(_one_on(world, action, finding.source.id))
                continue
            if fact.items is not None and fact.items.entity not in {None, action.entity}:
                if fact.route is not None or world.references(
                    action.entity, fact.items.entity or ""
                ):
                    _touch(world, action, fact, finding, ledger)
                continue
            step = Step(action, fact.sources, fact.to, finding.source.id, fact.status)
            steps.append(step)
            made = status_field(world, world.draft(action.entity), ())
            made.say([Trait("target", fact.to)], finding.source.id)
    return steps


def _one_on(world: World, action: Action, requirement: str) -> Iterator[Step]:
    """`… moves it to its next status`: through all of them, in the order that is told elsewhere."""
    made = status_field(world, world.draft(action.entity), ())
    for flow in made.values("flow")[:1]:
        for before, after in pairwise(str(each) for each in flow):
            made.say([Trait("target", after)], requirement)
            yield Step(action, (before,), after, requirement)


def _touch(
    world: World, action: Action, fact: Transition, finding: Finding, ledger: Ledger
) -> None:
    """`POST /applications/{id}/approve makes the animal "reserved"`."""
    links = world.references(action.entity, (fact.items.entity if fact.items else None) or "")
    if not links:
        ledger.miss(finding.source.id, f"{action.verb!r} leads to nothing that becomes {fact.to!r}")
        return
    action.touched.append((links[0].name, str(fact.to), fact.sources, finding.source.id))


def _action_of(world: World, finding: Finding, fact: Transition) -> Action | None:
    routes = [fact.route] if fact.route is not None else []
    for action in world.actions:
        if any(_same(action.route, route) for route in routes):
            return action
    entity = fact.items.entity if fact.items is not None and fact.items.entity else finding.topic
    if fact.verb is not None and entity is not None:
        found = world.action(entity, fact.verb)
        if found is not None:
            return found
    for action in world.actions:
        if participle(action.verb).replace(" ", "_") == str(fact.to).lower().replace(" ", "_") and (
            entity in {None, action.entity}
        ):
            return action
    return None


def _row_steps(world: World, finding: Finding, ledger: Ledger) -> Iterable[Step]:
    """`| POST /rentals/{id}/pick-up | reserved | out |`."""
    cells = finding.source.cells
    routes = finding.source.routes
    action = next(
        (each for each in world.actions for route in routes if _same(each.route, route)), None
    )
    if action is None:
        words = [token.low for token in tokenize(cells.get("action", "")) if token.kind == "word"]
        action = next(
            (
                each
                for each in world.actions
                for word in words
                if base(word) in {each.verb, *each.synonyms}
            ),
            None,
        )
    sources = tuple(_values(cells.get("from", "")))
    targets = _values(cells.get("to", ""))
    if action is None or not targets:
        ledger.miss(finding.source.id, "it is not clear which route takes this step")
        return
    made = status_field(world, world.draft(action.entity), ())
    made.say([Trait("state", value) for value in (*sources, *targets)], finding.source.id)
    made.say([Trait("target", targets[0]), Trait("system")], finding.source.id)
    yield Step(action, sources, targets[0], finding.source.id)


def _values(cell: str) -> list[str]:
    """`open, in progress` and `new or assigned` are two states each."""
    found = [
        str(token.value or token.text)
        for token in tokenize(cell)
        if token.kind in {"word", "name", "quote"}
        and token.low not in {"or", "and", "any", "the", "a"}
    ]
    if found and all(token.kind == "word" for token in tokenize(cell)) and len(found) > 1:
        joined = [token.low for token in tokenize(cell)]
        if "or" not in joined and "and" not in joined:
            return ["_".join(found)]
    return found


def settle_actions(world: World, steps: Iterable[Step], analysis: Analysis) -> None:
    """Say what every action leads to: a state, a date, a switch."""
    by_action: dict[int, list[Step]] = {}
    for step in steps:
        by_action.setdefault(id(step.action), []).append(step)
    for taken in by_action.values():
        action = taken[0].action
        made = status_field(world, world.draft(action.entity), ())
        action.states = (made.name, _led_to(made, taken))
    for finding in analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Sets) and fact.route is not None:
                for action in world.actions:
                    if (
                        _same(action.route, fact.route)
                        and fact.value is None
                        and fact.param is None
                    ):
                        _sets_moment(world, action, fact.words)
    for action in world.actions:
        given = all(_is_plain(text) for text in action.sets.values())
        if action.states is None and given:
            _by_name(world, action)
        _set_along(world, action)


def _is_plain(text: str) -> bool:
    """Whether a field only keeps what was sent, or when."""
    return text.startswith("param.") or text in {"now()", "today()"}


def _led_to(made: FieldDraft, steps: Sequence[Step]) -> str:
    """The state afterwards; where one action takes several steps, it depends on the state before."""
    last = _choice(made, steps[-1].to)
    if any(not step.sources for step in steps) or all(step.to == steps[-1].to for step in steps):
        return repr(last)
    text = repr(last)
    for step in reversed(steps[:-1]):
        before = tuple(_choice(made, source) for source in step.sources)
        held = f"== {before[0]!r}" if len(before) == 1 else f"in {before!r}"
        text = f"{_choice(made, step.to)!r} if {escape(made.name)} {held} else {text}"
    return text


def _set_along(world: World, action: Action) -> None:
    """`done_at: filled in together with done`."""
    for made in list(world.fields(action.entity)):
        leader = world.field(action.entity, (str(made.last("with")),)) if made.has("with") else None
        if leader is None or made.name in action.sets:
            continue
        if action.sets.get(leader.name) == "False":
            action.sets[made.name] = "None"
        elif leader.name in action.sets or (action.states and action.states[0] == leader.name):
            action.sets[made.name] = "today()" if made.spec.get("type") == "date" else "now()"


def _choice(made: FieldDraft, value: str) -> str:
    for choice in made.spec.get("choices", ()):
        if choice.lower().replace("_", " ") == value.lower().replace("_", " "):
            return str(choice)
    return value


def _sets_moment(world: World, action: Action, words: tuple[str, ...]) -> None:
    made = world.field(action.entity, words)
    if made is not None and made.spec.get("type") in {"date", "datetime"}:
        action.sets[made.name] = "today()" if made.spec["type"] == "date" else "now()"


def _by_name(world: World, action: Action) -> None:
    """`cancel` leads to the state `cancelled`, `archive` sets `archived`, `return` a return date."""
    undone = undone_by(action.verb)
    names = [(action.verb, True), *((word, True) for word in sorted(action.synonyms))]
    if undone is not None:
        names.extend((word, False) for word in _ALIKE.get(undone, (undone,)))
    elif action.verb.startswith("un") and verb(action.verb[2:]) is not None:
        names.append((action.verb[2:], False))
    if action.verb.startswith("re") and len(action.verb) > 4:
        names.insert(1, (action.verb[2:], True))
    for word, does in names:
        if _leads_to(world, action, word, does=does):
            return


_OPENINGS = frozenset("open available sealed locked".split())
"""Flags that shutting a thing sets or clears."""


def _leads_to(world: World, action: Action, word: str, *, does: bool) -> bool:
    state = participle(word)
    wanted = {state, state.replace(" ", "_"), state.replace(" ", "-"), word, f"is_{state}"}
    for made in world.fields(action.entity):
        kind = made.spec.get("type")
        if kind == "enum" and not does and made.spec.get("default") is not None:
            if any(choice.lower() in wanted for choice in made.spec["choices"]):
                action.states = (
                    made.name,
                    repr(made.spec["default"]),
                )  # resumed: as it was at first
                return True
        if kind == "enum" and does:
            choices = made.spec["choices"]
            if choices == [made.spec.get("default")] and verb(word) is not None:
                choices.append(state.replace(" ", "_"))  # `active` until it is ended
            for choice in choices:
                if choice.lower() in wanted:
                    action.states = (made.name, repr(choice))
                    return True
        if kind == "boolean" and made.name.lower() in _OPENINGS & _SHUTS.get(word, set()):
            action.sets[made.name] = repr(not does)
            return True
        if kind == "boolean" and made.name.lower() in wanted | _flags(word):
            action.sets[made.name] = repr(does)
            return True
        told = made.name in action.sets
        if kind in {"date", "datetime"} and made.spec.get("set_by") == "system" and not told:
            first, _, particle = word.partition("-")
            same = base(made.words[0]) == first and (not particle or particle in made.words[1:])
            if same and "on_create" not in made.spec:
                moment = "today()" if kind == "date" else "now()"
                action.sets[made.name] = moment if does else "None"
                return True
    return False


_FLAGS = {"start": {"running", "active", "on", "started", "busy", "in_use"}, "turn-on": {"on"}, "switch-on": {"on"},
          "complete": {"done", "completed"}, "finish": {"done", "finished"}, "close": {"open"},
          "activate": {"active"}, "pin": {"pinned"}, "read": {"read"}, "enable": {"enabled"},
          "publish": {"published", "public"}, "pay": {"paid"}, "do": {"done"}, "tick": {"done"}, "check": {"done", "checked"}}  # fmt: skip


_SHUTS = {"close": {"open"}, "seal": {"open"}, "lock": {"open"}, "end": {"open"}, "shut": {"open"},
          "reserve": {"available"}, "sell": {"available"}, "take": {"available"}}  # fmt: skip
"""Switches that go off when this is done."""


def _flags(word: str) -> set[str]:
    return _FLAGS.get(word, set()) - {"open"}
