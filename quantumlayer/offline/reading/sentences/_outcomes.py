"""Fields that an action fills in: `stamps published_at`, `sets both dates`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import Fact, Sets
from quantumlayer.offline.reading.language._patterns import Captures
from quantumlayer.offline.reading.language._terms import Moment
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._gates import owner_of
from quantumlayer.offline.reading.text._routes import Route, acts_on_item
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import base

__all__ = ["OUTCOMES"]

_KEEPS = frozenset(
    "set stamp fill note record remember keep store save write register update log enter".split()
)
_NOW = frozenset("now moment time date day when current call request today".split())
_JOINS = frozenset(
    ", and both the a its it as in into with to by of at under on which that also then ( ) this time for too".split()
)


def _kept(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… and stamps published_at`, `sets compartment_id and deposited_at`, `fills in the due date`."""
    tokens: Sequence[Token] = captures["rest"]
    route = _acting(situation)
    keeps = base(tokens[0].low) in _KEEPS and tokens[0].kind == "word"
    if route is None:
        return None
    names, now = _fields(tokens[1:] if keeps else tokens, route, situation)
    if not names or not (keeps or (now and "to" in {token.low for token in tokens})):
        return None
    return [Sets(words, Moment("now") if now else None, route) for words in names]


def _fields(
    tokens: Sequence[Token], route: Route, situation: Situation
) -> tuple[list[tuple[str, ...]], bool]:
    """The fields of what the route works on, where nothing else is named, and whether it is now."""
    names: list[tuple[str, ...]] = []
    now, at = False, 0
    owner = situation.extra.get("entities", {}).get(owner_of(route, situation))
    while at < len(tokens):
        low, found = tokens[at].low, None
        for end in range(min(at + 3, len(tokens)), at, -1):
            words = tuple(str(each.value or each.low).lower() for each in tokens[at:end])
            moment = tokens[at].kind == "word" and words[0] in _NOW  # `the day` is when it is done
            named = owner is not None and words[0] not in _JOINS and not moment
            found = owner.find(words) if named else None
            if found is not None:
                names.append(found.words)
                at = end
                break
        if found is not None:
            continue
        if tokens[at].kind == "name" and re.search(r"(_at|_on|At|On)$", str(tokens[at].value)):
            names.append((str(tokens[at].value),))
        elif low in _NOW:
            now = True
        elif low == "status":
            pass  # it is said elsewhere to what
        elif low not in _JOINS:
            return [], False
        at += 1
    return names, now


def _acting(situation: Situation) -> Route | None:
    """The route of an action that the statement describes."""
    routes = [each for each in situation.extra.get("routes", ()) if acts_on_item(each)]
    route = routes[-1] if routes else situation.route
    return route if acts_on_item(route) else None


OUTCOMES: tuple[tuple[str, Recogniser], ...] = (("[<route>] <rest>", _kept),)
