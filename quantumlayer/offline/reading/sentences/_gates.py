"""In which states something is possible, whatever order the words of the sentence stand in.

`Only stored tools can be claimed`, `nobody claims a tool that is not stored any more`, `claims are for stored
tools only` and `a broken tool gets no claims` each name a state, something that is done and whether it needs
the state or is barred by it. Where every word is one of these or joins them, that is what the sentence says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import Fact, Operation, Refused
from quantumlayer.offline.reading.language._patterns import Captures
from quantumlayer.offline.reading.language._terms import (
    AllOf,
    AnyOf,
    Being,
    Condition,
    Items,
    Opposite,
)
from quantumlayer.offline.reading.sentences._definitions import DELETE, UPDATE, Situation
from quantumlayer.offline.reading.text._lexicon import FUNCTION_WORDS
from quantumlayer.offline.reading.text._routes import Route, acts_on_item
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import base, noun_for, singular

__all__ = ["GATES", "meanings", "owner_of", "parents"]

_BANS = frozenset(
    "not never no nobody nothing none neither nor refused forbidden impossible fails fail error conflict denied".split()
)
_REFUSING = frozenset("refused error conflict fails fail".split())
_ONLY = frozenset("only solely exclusively".split())
_NEEDS = frozenset("needs need requires require must".split())
_CAN = frozenset("can may could possible allowed works work permitted goes used available".split())
_WORKS = _CAN - frozenset("can may could".split())
_WHILE = frozenset("if when whenever once after while where".split())
_UNLESS = frozenset("unless until before".split())
_WHICH = frozenset("that which who".split())
_BE = frozenset("is are was were be been being has have had gets get becomes become".split())
_SEVERAL = frozenset("both each either all these".split())
_BOTH = _SEVERAL | frozenset("it this that they".split())
_GLUE = (
    FUNCTION_WORDS
    | frozenset(
        "and or but , ( ) : ; . - → more longer anymore new further other status state stay want wants like do does did"
        " will shall should would so then people somebody someone anyone anybody user users client clients long"
        " soon there far get gets take takes taken accept accepts allow allows receive receives make makes made put"
        " add added place placed give given happen happens one ones at all case in-case come comes".split()
    )
)  # fmt: skip
_ENTERS = frozenset("in added put entered booked made placed accepted possible taken".split())
_DEEDS = {"deletion": "delete", "removal": "delete", "patch": "change"}
_PARTICLES = frozenset("in out up off down on back over away".split())
_TO = frozenset({"to", "into", "→"})
_LONGEST_STATE = 3
_ERRORS = frozenset({400, 403, 409, 422})


@dataclass(frozen=True, slots=True)
class _State:
    """A state that is named: whose it may be, and whether it is said not to hold."""

    owners: frozenset[str]
    words: tuple[str, ...]
    negated: bool = False

    def of(self, entity: str) -> Condition:
        """Say that an item is in it."""
        return Being(Items(entity), self.words, self.negated)


@dataclass(slots=True)
class _Heard:
    """The words of a sentence by what they do."""

    states: list[_State] = field(default_factory=list)
    things: list[str] = field(default_factory=list)
    deeds: list[str] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    flipped: bool = False
    """Whether it speaks of a state by `unless`, `until` or `before`."""
    conditional: bool = False
    bare: bool = False
    """Whether it only says for which items: `not on archived projects`."""


class _Ears:
    """Goes through a clause once, from left to right."""

    def __init__(self, tokens: Sequence[Token], situation: Situation) -> None:
        self.tokens = tokens
        self.situation = situation
        self.heard = _Heard()
        self.aside = False
        """Whether it is inside a condition or a relative clause."""
        self.negated = False

    def hear(self) -> _Heard | None:
        """Sort all words; None where one of them is nothing of what is looked for."""
        at = 0
        while at < len(self.tokens):
            if self._low(at) in _TO and self._named(at + 1, at + 2) is not None:
                return None  # a step from one state to another
            end = self._state(at) or self._thing(at) or self._deed(at) or self._mark(at)
            if not end:
                return None
            at = end
        return None if self.aside else self.heard

    def _low(self, at: int) -> str:
        return self.tokens[at].low if 0 <= at < len(self.tokens) else ""

    def _thing(self, at: int) -> int:
        for end in (at + 2, at + 1):
            words = [token.low for token in self.tokens[at:end]]
            word = self.situation.vocabulary.lexicon.find(words)
            if word is not None and self.tokens[at].kind == "word":
                self.heard.things.append(word.name)
                return min(end, at + len(word.label.split()))
        return 0

    # --- states

    def _state(self, at: int) -> int:
        for end in range(min(at + _LONGEST_STATE, len(self.tokens)), at, -1):
            found = self._named(at, end)
            if found is None or not self._is_state(at, end):
                continue
            stop, value = self._value(end)
            self.heard.states.append(
                _State(found.owners, found.words, self.negated != (value is False))
            )
            self._settle(stop)
            return stop
        return 0

    def _named(self, at: int, end: int) -> _State | None:
        tokens = self.tokens[at:end]
        if any(token.kind not in {"word", "quote", "name", "code"} for token in tokens):
            return None
        text = " ".join(str(token.value or token.low).lower() for token in tokens)
        text = re.sub(r"\s*[:=]+\s*(true|false)$", "", text)
        states = self.situation.vocabulary.states
        for way in dict.fromkeys((text, singular(text))):
            if way in states:
                return _State(frozenset(states[way]), tuple(way.split()))
        owners = frozenset(
            name
            for name, draft in self.situation.extra.get("entities", {}).items()
            for made in draft.fields.values()
            if "boolean" in {made.spec.get("type"), made.last("type")}
            and text in {" ".join(made.words), made.name.lower()}
        )
        return _State(owners, tuple(text.split())) if owners else None

    def _is_state(self, at: int, end: int) -> bool:
        """Whether it is a state here, not what is done: `an accepted claim`, `once it is accepted`."""
        if self.aside or self.tokens[at].kind != "word" or self._adjective(end):
            return True
        if self._low(at - 1) in {"status", "state", "from", "in"} | _WHILE | _UNLESS:
            return True
        known = self.tokens[at].forms
        done = base(self.tokens[at].low)
        if (not known or "participle" in known) and self._resolves(done):
            return False
        return self._low(at) not in _BANS and self._low(at - 1) != "to"

    def _adjective(self, end: int) -> bool:
        """Whether a thing stands behind: `open claims`, `accepted or rejected claims`."""
        at = end
        while self._low(at) in {"or", "and", ","} and self._named(at + 1, at + 2) is not None:
            at += 2
        lexicon = self.situation.vocabulary.lexicon
        return self._low(at) in {"one", "ones"} or any(
            lexicon.find([token.low for token in self.tokens[at:stop]]) is not None
            for stop in (at + 1, at + 2)
        )

    def _value(self, end: int) -> tuple[int, bool | None]:
        """`active: false`, `retired = true`: where that ends, and the value."""
        coded = re.split(r"\s*[:=]+\s*", self._low(end - 1))[1:]
        if coded:
            return end, coded == ["true"]
        at = end + 1 if self._low(end) in {":", "=", "is"} else end
        if self._low(at) in {"true", "false"}:
            return at + 1, self._low(at) == "true"
        return end, None

    def _settle(self, at: int) -> None:
        """Behind its state a condition is over, unless another state follows."""
        after = at + 1 if self._low(at) in {"or", "and", ",", "nor"} else at
        more = after > at and any(
            self._named(after, stop) is not None for stop in (after + 1, after + 2)
        )
        if self.aside and not more:
            self.aside = self.negated = False

    # --- what is done

    def _deed(self, at: int) -> int:
        token = self.tokens[at]
        if token.kind != "word" or token.low in _GLUE - {"added"} | _BE:
            return 0
        done = base(token.low)
        done = _DEEDS.get(done, done)
        if self._low(at + 1) in _PARTICLES and self._resolves(f"{done}-{self._low(at + 1)}"):
            self.heard.deeds.append(f"{done}-{self._low(at + 1)}")
            return at + 2
        if self._resolves(done):
            self.heard.deeds.append(done)
            return at + 1
        return 0

    def _resolves(self, done: str) -> bool:
        return done in DELETE | UPDATE or next(meanings(done, self.situation), None) is not None

    # --- everything else

    def _mark(self, at: int) -> int:
        low, following = self._low(at), self._low(at + 1)
        if low == "as" and following in {"long", "soon"}:
            self.aside = self.heard.conditional = True
            self.heard.marks.add("while")
            return at + 3
        if low in {"has", "have", "had"} and following == "to":
            self.heard.marks.add("must")
            return at + 2
        reached = self._reached(at)
        if reached:
            return reached
        if low in _WHILE | _UNLESS and low != "where":
            self.aside = self.heard.conditional = True
            self.heard.flipped |= low in _UNLESS
            self.heard.marks.add(low)
            return at + 1
        if low in _WHICH and following in _BE:
            self.aside = True
            return at + 1
        if self.aside and low in {"not", "no", "never"}:
            self.negated = not self.negated
            return at + 1
        if low in {"any", "no"} and following in {"more", "longer"} and at + 2 >= len(self.tokens):
            return at + 2
        if low in _BANS | _ONLY | _NEEDS | _CAN | _BOTH | _ENTERS:
            self.heard.marks.add(low)
            return at + 1
        return at + 1 if low in _GLUE | _BE else 0

    def _reached(self, at: int) -> int:
        """`After that it cannot be changed`: in the state that was last led to; `…, afterwards not` adds nothing."""
        low, following = self._low(at), self._low(at + 1)
        if low == "not" and following in {"", "."} and self.heard.states:
            return at + 1
        end = at + 2 if low == "after" and following in {"that", "this"} else at + 1
        if end == at + 1 and low not in {"afterwards", "thereafter"}:
            return 0
        extra = self.situation.extra
        state = str(extra.get("reached") or extra.get("reached_before") or "").lower()
        owners = self.situation.vocabulary.states.get(state)
        if owners is None:
            return 0
        self.heard.states.append(_State(frozenset(owners), tuple(state.split())))
        self.heard.conditional = True
        self.heard.marks.add("after")
        return end


def meanings(done: str, situation: Situation) -> Iterator[Route | str]:
    """What a verb means in this document: the route of an action, or the entity that it makes."""
    for route in situation.extra.get("all_routes", ()):
        if acts_on_item(route) and route.segments[-1].lower() == done:
            yield route
    made = situation.vocabulary.verbs.get(done)
    if made is not None:
        yield made
        return
    for noun in noun_for(done):
        word = situation.vocabulary.lexicon.find([noun])
        if word is not None and noun != done:
            yield word.name
            return


def owner_of(route: Route, situation: Situation) -> str | None:
    """The entity that an action works on."""
    word = None
    for part in route.segments[:-1]:
        word = word if part.startswith("{") else situation.vocabulary.lexicon.by_segment(part)
    return word.name if word is not None else None


def parents(entity: str, situation: Situation) -> set[str]:
    """The entities that an entity refers to."""
    draft = situation.extra.get("entities", {}).get(entity)
    return (
        {made.references for made in draft.fields.values() if made.references} if draft else set()
    )


def _gate(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """Say which operations need the states that the sentence names, or are barred by them."""
    tokens: Sequence[Token] = captures["rest"]
    if tokens[0].kind == "route" and len(tokens) > 1 and acts_on_item(tokens[0].value):
        extra = {**situation.extra, "routes": [tokens[0].value]}
        situation = replace(situation, route=tokens[0].value, extra=extra)
        tokens = tokens[1:]
    status = tokens[0].value if tokens[0].kind in {"number", "status"} else None
    if status in _ERRORS:  # 409 while lent
        tokens = [replace(tokens[0], text="refused", low="refused", kind="word"), *tokens[1:]]
    if any(token.kind in {"number", "sketch", "route", "status"} for token in tokens):
        return None
    words = {token.low for token in tokens}
    if words.isdisjoint(_BANS | _ONLY | _NEEDS | _CAN | _WHILE | _UNLESS | {"as", "has", "have"}):
        return None
    whole = _Ears(tokens, situation).hear()
    if whole is None or not whole.states or {*whole.things} == {"User"}:
        return None
    lows = [token.low for token in tokens[:2]]
    facts: list[Fact] = []
    for heard in _pairs(tokens, whole, situation) or [whole]:
        heard.bare = lows[0] in {"not", "never", "only"} and lows[-1] in {"on", "for", "with"}
        needs = _needs_it(heard, situation)
        if needs is None:
            return None
        for operation, near in _operations(heard, situation):
            when = _condition(heard, near, needs=needs)
            if when is None:
                return None
            when = Opposite(when) if heard.flipped else when
            fact = _refused(operation, when, situation, needs=needs)
            facts.append(replace(fact, status=int(status)) if status in _ERRORS else fact)
    return facts or None


def _pairs(tokens: Sequence[Token], whole: _Heard, situation: Situation) -> list[_Heard]:
    """`A done item cannot be completed, and an open one cannot be reopened`: each state with its deed."""
    if len(whole.states) < 2 or len(whole.deeds) < 2:
        return []
    for at, token in enumerate(tokens):
        if token.low not in {"and", "or", "nor", "but", ";"}:
            continue
        halves = [_Ears(part, situation).hear() for part in (tokens[:at], tokens[at + 1 :])]
        told = [half for half in halves if half is not None and half.states and half.deeds]
        if len(told) == len(halves):
            for half in told:
                half.marks |= whole.marks
                half.things = half.things or whole.things
            return told
    return []


def _needs_it(heard: _Heard, situation: Situation) -> bool | None:
    """Whether the states are needed (True) or bar (False); None where that is not clear."""
    banned, only = bool(heard.marks & _BANS), bool(heard.marks & _ONLY)
    if banned == only:
        if banned:
            return None
        if heard.flipped:
            return True if heard.marks & _CAN else None
        fragment = not heard.things and not heard.deeds and bool(situation.extra.get("routes"))
        possible = bool(heard.marks & (_CAN | _NEEDS)) or (fragment and heard.conditional)
        return True if possible else None
    return only


_Op = Route | tuple[str, str]


def _operations(heard: _Heard, situation: Situation) -> list[tuple[_Op, set[str]]]:
    """What the sentence is about, each with the entities whose states it can depend on."""
    named = set[str]().union(*(state.owners for state in heard.states))
    found: list[tuple[_Op, set[str]]] = []
    for deed in heard.deeds:
        if deed in DELETE | UPDATE:
            owner = _single([*heard.things, *_here(situation)], named)
            if owner is None or {*heard.things} - {owner}:
                return []
            found.append(((deed, owner), {owner}))
            continue
        acts = list(meanings(deed, situation))
        acts = [each for each in acts if _near(each, situation) & named]
        if len(acts) != 1:
            return []
        op: _Op = acts[0] if isinstance(acts[0], Route) else ("create", acts[0])
        found.append((op, _near(acts[0], situation)))
    if found:
        return found
    children = [
        thing
        for thing in dict.fromkeys(heard.things)
        if parents(thing, situation) & named and (thing not in named or len({*heard.things}) > 1)
    ]
    if not heard.things or (not children and heard.marks & (_SEVERAL | {"this"})):
        routes = _spoken(heard, situation)
        return [(route, _near(route, situation)) for route in routes]
    if not children and heard.marks & _BOTH and not heard.marks & _SEVERAL:
        children = [each for each in _made_here(situation) if parents(each, situation) & named]
    route = situation.route
    acted = owner_of(route, situation) if acts_on_item(route) else None
    told = heard.marks & _REFUSING or (heard.marks & _ONLY and heard.marks & _WORKS)
    if acted is not None and {*heard.things} == {acted} <= named and told:
        return [(route, {acted})]  # a job that is done already is refused; works for open jobs only
    if not children and heard.bare and isinstance(route, Route) and route.method == "POST":
        return [(route, _near(route, situation))]
    if not children and "nothing" in heard.marks and heard.marks & _ENTERS:
        owner = _single(heard.things, named)
        children = [
            name
            for name in situation.extra.get("entities", {})
            if owner in parents(name, situation)
        ]
    if len(children) != 1:
        return []
    return [(("create", children[0]), parents(children[0], situation))]


def _made_here(situation: Situation) -> list[str]:
    """What the route makes that the text goes on to describe: `that works only while the poll is open`."""
    route = situation.route
    if not isinstance(route, Route) or route.method != "POST" or not route.literals:
        return []
    word = situation.vocabulary.lexicon.by_segment(route.segments[-1])
    return [word.name] if word is not None else []


def _near(act: Route | str, situation: Situation) -> set[str]:
    """Whose states an operation can depend on: the item's own, and those of what it refers to."""
    if isinstance(act, str):
        return parents(act, situation)
    owner = owner_of(act, situation)
    return {owner, *parents(owner, situation)} if owner is not None else set()


def _spoken(heard: _Heard, situation: Situation) -> list[Route]:
    """The routes that `both`, `it` or nothing at all stands for."""
    here = [each for each in situation.extra.get("routes", ()) if _changes(each)]
    before = [each for each in situation.extra.get("routes_before", ()) if _changes(each)]
    several = heard.marks & _SEVERAL
    if here or several:
        return here if several and len(here) > 1 else here[-1:] or before
    told = heard.marks & _BOTH and heard.marks & (_CAN | _NEEDS)
    route = situation.route
    return [route] if told and isinstance(route, Route) and _changes(route) else []


def _changes(route: Route) -> bool:
    return acts_on_item(route) or route.method in {"PUT", "PATCH", "DELETE"}


def _here(situation: Situation) -> list[str]:
    return [
        name for key in ("topic", "spoken") if isinstance(name := situation.extra.get(key), str)
    ]


def _single(names: Sequence[str], among: set[str]) -> str | None:
    return next((each for each in names if each in among), None)


def _condition(heard: _Heard, near: set[str], *, needs: bool) -> Condition | None:
    """The states that are named, of what the operation works on."""
    parts: dict[str, list[Condition]] = {}
    for state in heard.states:
        owners = state.owners & near
        spoken = owners & {*heard.things}
        owner = next(iter(spoken if len(spoken) == 1 else owners), None)
        if owner is None or (len(owners) > 1 and len(spoken) != 1):
            return None
        parts.setdefault(owner, []).append(state.of(owner))
    if needs and len(parts) > 1:
        return None
    whole = [_any(each) for each in parts.values()]
    return whole[0] if len(whole) == 1 else AllOf(tuple(whole))


def _any(parts: list[Condition]) -> Condition:
    """`not draft or sent`: what negates the first is said of all."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, Being) and part.negated for part in parts):
        plain = [Being(part.subject, part.words) for part in parts if isinstance(part, Being)]
        return Opposite(AnyOf(tuple(plain)))
    return AnyOf(tuple(parts))


def _refused(operation: _Op, when: Condition, situation: Situation, *, needs: bool) -> Refused:
    status = situation.extra.get("status")
    status = status if isinstance(status, int) else None
    if isinstance(operation, Route):
        return Refused(Operation(("route",)), when, only=needs, status=status, route=operation)
    verb_, entity = operation
    return Refused(Operation((verb_,), object=Items(entity)), when, only=needs, status=status)


GATES: tuple[tuple[str, Recogniser], ...] = (("<rest>", _gate),)
