"""What a sentence says of the states of things, whatever order its words stand in.

Where the words are states, things, an action and what joins them, few meanings are left. How items
begin is read last, like `_gist`; where an action leads from one state to another, before all patterns:
each of these would see a part of it only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import Fact, States, Transition
from quantumlayer.offline.reading.language._patterns import Captures
from quantumlayer.offline.reading.language._terms import Items
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._gates import owner_of
from quantumlayer.offline.reading.text._lexicon import (
    ADVERBS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
)
from quantumlayer.offline.reading.text._routes import Route, acts_on_item
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import verb

__all__ = ["LIFECYCLE", "MOVES"]

_JOINS = DETERMINERS | PREPOSITIONS | PRONOUNS | frozenset(", : - → ( ) . and or".split())
_BEGINS = frozenset(
    "new newly fresh first initially initial start starts begin begins beginning life made created default arrives arrive comes".split()
)
_BEING = frozenset("is are be has have gets get status state comes come stands when".split())
_MAKES = frozenset(
    "create add register enter make write record file submit post place open save store".split()
)


def _state_of(token: Token, situation: Situation) -> str | None:
    value = str(token.value or token.low).lower()
    if token.kind in {"quote", "name", "word"} and value in situation.vocabulary.states:
        return value
    return None


def _thing(tokens: Sequence[Token], at: int, situation: Situation) -> tuple[str, int] | None:
    """The thing that is named at a place, and where its name ends."""
    for end in (at + 2, at + 1):
        word = situation.vocabulary.lexicon.find([token.low for token in tokens[at:end]])
        if word is not None and tokens[at].kind == "word":
            return word.name, min(end, at + len(word.label.split()))
    return None


def _begins(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Creates a job as a draft`, `claims are open first`: the state that new items have."""
    tokens: Sequence[Token] = captures["rest"]
    words = {token.low for token in tokens}
    states, things, makes, at = [], [], False, 0
    while at < len(tokens):
        token, thing = tokens[at], _thing(tokens, at, situation)
        found, state = verb(token.low), _state_of(token, situation)
        if thing is not None:
            things.append(thing[0])
            at = thing[1]
            continue
        if state is not None:
            states.append(state)
        elif found is not None and found.base in _MAKES and token.kind == "word":
            if token.low == "open" and all(
                each.low not in DETERMINERS for each in tokens[at + 1 : at + 2]
            ):
                return None  # open at first: a state that is not known yet
            makes = True
        elif token.kind != "route" and token.low not in _JOINS | _BEGINS | _BEING:
            return None
        at += 1
    route = situation.route if isinstance(situation.route, Route) else None
    made = makes and "as" in words
    if len(states) != 1 or not (words & _BEGINS or made) or len(set(things)) > 1:
        return None
    if things and things[0] not in situation.vocabulary.states[states[0]] | {things[0]}:
        return None
    if route is not None and (route.method != "POST" or len(route.segments) > 1) and not things:
        return None
    spoken = situation.extra.get("topic") or situation.extra.get("spoken")
    owner = things[0] if things else spoken
    if not isinstance(owner, str):
        return None
    return [States(Items(owner), (), (states[0],), initial=states[0])]


_TO = frozenset("to into makes marks sets then becomes afterwards → ->".split())
_LEADS = frozenset("makes marks sets turns moves changes puts brings".split())
_MOVES = (
    _JOINS | _BEGINS | _BEING | ADVERBS
    | frozenset(
        "until from to into then after afterwards thereafter later makes make marks mark sets set turns turn moves"
        " move changes change becomes become puts brings takes called call calls somebody someone nobody one ones"
        " where when as long once only just again second time twice error refused refuse refuses good ever way back"
        " no not never doing so cannot can done which that who works work has repeated repeat conflict fails any other"
        " status already does happens this".split()
    )
)  # fmt: skip


def _moves(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`It is "open" until POST /jobs/{id}/close, then "shut"`; `… takes a job from open to shut`."""
    tokens: Sequence[Token] = captures["rest"]
    routes = [token.value for token in tokens if token.kind == "route"]
    begun = bool(tokens) and "third" in tokens[0].forms - {"base"} and tokens[0].low not in _BEING
    if len(routes) != 1 or begun or not acts_on_item(routes[0]):
        return None  # a clause without its subject: what another action does stands in it
    owner = owner_of(routes[0], situation)
    found: list[tuple[int, str]] = []
    at = 0
    while at < len(tokens):
        token, thing = tokens[at], _thing(tokens, at, situation)
        state = _state_of(token, situation)
        if thing is not None:
            if thing[0] != owner:
                return None
            at = thing[1]
            continue
        if state is not None:
            found.append((at, state))
        elif token.kind not in {"route", "mark"} and token.low not in _MOVES:
            return None
        at += 1
    states = list(dict.fromkeys(state for _, state in found))
    joined = any(tokens[at - 1].low in {"or", "and", ","} for at, _ in found[1:])
    leads = sum(1 for token in tokens if token.kind == "word" and token.low in _LEADS)
    if owner is None or len(states) != 2 or joined or leads > 1:
        return None  # from open or held: both are before; two verbs: the route of one was taken off
    words = {token.low for token in tokens}
    if ";" in words and {each.low for each in tokens[found[0][0] : found[-1][0]]} & {
        "starts",
        "begins",
    }:
        return None  # makes it shut; it starts as open
    first, second = states
    before = {tokens[at - 1].low for at, state in found if state == first and at}
    if "from" not in words and before & _TO:
        first, second = second, first  # makes it shut, as long as it is open
    items = Items(owner)
    facts: list[Fact] = [Transition(second, (first,), routes[0], items=items)]
    if (words - {*states}) & (_BEGINS | {"until", "nobody"}):
        facts.insert(0, States(items, (), (first, second), initial=first))
    return facts


MOVES: tuple[tuple[str, Recogniser], ...] = (("<rest>", _moves),)
LIFECYCLE: tuple[tuple[str, Recogniser], ...] = (("<rest>", _begins),)
