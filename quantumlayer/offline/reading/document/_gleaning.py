"""What a statement still says of a list where no recogniser took all of it.

The recognisers want whole clauses. Here the words that they left are gone through piece by piece: an
order, a parameter, how large a page is or which status is answered count wherever they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quantumlayer.offline.reading.document._sources import PARAMETER_CUES
from quantumlayer.offline.reading.language._clauses import Grammar, Understood
from quantumlayer.offline.reading.language._facts import (
    Fact,
    Filtered,
    Paged,
    Parameter,
    Said,
    Sets,
    Sorted,
    Status,
    Transition,
)
from quantumlayer.offline.reading.language._patterns import Reader, compile_pattern
from quantumlayer.offline.reading.language._terms import Items, Literal
from quantumlayer.offline.reading.planning._params import PLUMBING, SEARCH, said_of
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.text._lexicon import DETERMINERS, PREPOSITIONS, PRONOUNS
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._sketches import Sketch
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import participle, split_name

__all__ = ["corrected", "glean"]

_SORTED = "(sorted|ordered|arranged|sorts|sort|orders) [(ascending|descending|alphabetically)] [(by|in|with|from|on|according to)] [the order of] <order>"
_SURE = "[and] [(with|by|in|from)] [the] <sure_order:order>"
_LISTED_BY = "by <order>"
_STATUS = "(answers|answer|answering|with|gives|returns|return|responds with|→|status|is|are|get|gets) [(a|an|with|status|http|code|and)] <http>"
_ERRORS = 400
Keys = tuple[tuple[tuple[str, ...], bool], ...]
_AMONG = frozenset("them all everything list those ones it lot".split())
_GLUE = frozenset(
    "a an the and or but all of them it is are be that they these those list lists shows show answer answers array"
    " come comes with in by to as returns gives everything lot whole only one single here there on for which where"
    " also too still just so then given shown sorted ordered order i.e e.g".split()
)


def glean(
    tokens: Sequence[Token], understood: Understood, situation: Situation, grammar: Grammar
) -> None:
    """Add what the unread words say to what was understood, and take them off the unread ones."""
    declared = list(_declared(tokens, understood, situation))
    names = frozenset(fact.name for fact in declared)
    reader = Reader(tokens, grammar.slots, situation)
    unread = {id(token) for run in understood.unread for token in run}
    taken = _told(tokens, declared)
    route: Route | None = situation.route if isinstance(situation.route, Route) else None
    ordered = any(isinstance(fact, Sorted) and not fact.client for fact in understood.facts)
    found: list[Fact] = [*declared]
    for at, token in enumerate(tokens):
        if token.kind == "route" and token.value.path:
            route = token.value
        if id(token) not in unread or at in taken:
            continue
        keys, end = ((), at) if ordered else _order(reader, at, route)
        if keys:
            found.append(Sorted(keys, _target(situation, route)))
            ordered = True
        elif narrowed := _narrowed(reader, at, route):
            fact, end = narrowed
            found.append(fact)
        elif token.kind == "sketch" and _is_page(token.value) and _is_list(route):
            found.append(Paged(_target(situation, route), sketch=token.value))
            end = at + 1
        elif (
            route is not None
            and route.method in {"POST", "PUT", "PATCH"}
            and (step := _step(reader, at, route))
        ):
            fact, end = step
            found.append(fact)
        elif route is not None and route.method:
            number, end = _success(reader, at)
            if number:
                found.append(Status("success", number, route))
        taken.update(range(at, end))
    if found:
        understood.facts.extend(found)
        gone = {id(tokens[at]) for at in taken}
        runs = [tuple(each for each in run if id(each) not in gone) for run in understood.unread]
        changed = [run for run, old in zip(runs, understood.unread, strict=True) if run != old]
        understood.unread = [run for run in runs if any(_weighs(each, names) for each in run)]
        for run in changed:  # without what was in its way a clause may be read after all
            again = grammar.understand(run, situation) if run in understood.unread else Understood()
            if again.facts and not again.unread:
                understood.facts.extend(again.facts)
                understood.unread.remove(run)


_LONGEST_MEANING = 16


def _told(tokens: Sequence[Token], declared: Sequence[Parameter]) -> set[int]:
    """The places of words that say what a parameter means."""
    said = {
        id(token)
        for fact in declared
        if len(fact.meaning) <= _LONGEST_MEANING
        for token in fact.meaning
    }
    return {at for at, token in enumerate(tokens) if id(token) in said}


def _is_page(sketch: Sketch) -> bool:
    """`{"items": [...], "total": 3}`: a list and figures about it."""
    lists = [
        name
        for name, value in sketch.members.items()
        if isinstance(value, list) or name in {"items", "results", "data"}
    ]
    return len(lists) == 1 and len(sketch.members) > 1 and bool(_PAGED & set(sketch.members))


_PAGED = frozenset(
    "total count page pages size page_size per_page total_count totalCount pageSize limit offset next".split()
)


def _weighs(token: Token, names: frozenset[str]) -> bool:
    if token.kind == "mark" or token.low in _GLUE or token.kind == "route":
        return False
    return not (token.kind == "name" and token.value in names)


def _is_list(route: Route | None) -> bool:
    return route is None or route.method in {"GET", ""}


def _order(reader: Reader, at: int, route: Route | None) -> tuple[Keys, int]:
    """Read the order that begins at a place: its keys, and where it ends."""
    if not _is_list(route):
        return (), at
    texts = [_SORTED, _SURE]
    if at and route is not None and _is_listed(reader, at - 1):
        texts.append(_LISTED_BY)
    best: tuple[Keys, int] = ((), at)
    for text in texts:
        for end, found in compile_pattern(text).prefixes(reader, at):
            if end > best[1]:
                best = (found["order"], end)
        if best[0]:
            break
    return best


def _is_listed(reader: Reader, at: int) -> bool:
    """`all podcasts by title`: behind what is listed `by` leads to an order."""
    low = reader.low(at)
    return (
        low in _AMONG
        or reader.tokens[at].kind == "route"
        or reader.context.vocabulary.lexicon.find([low]) is not None
    )


def _target(situation: Situation, route: Route | None) -> Items | Route | None:
    if route is not None:
        return route
    spoken = situation.extra.get("spoken")
    return Items(spoken, many=True) if isinstance(spoken, str) else None


def _step(reader: Reader, at: int, route: Route) -> tuple[Fact, int] | None:
    """`draft` or `scheduled` → `sent`, `open becomes closed`, `back to draft`: what an action changes."""
    if not _DENIED.isdisjoint(reader.low(i) for i in range(max(0, at - _DENYING), at)):
        return None  # no short cut from draft to closed
    states, end = _states(reader, at)
    if reader.low(at) == "back" and reader.low(at + 1) == "to":
        to, end = _states(reader, at + 2)
        return (Transition(to[0], (), route), end) if len(to) == 1 else None
    if not states:
        return None
    while reader.low(end) in {"(", ")", "now", "then"}:
        end += 1
    for words in _LEADS_TO:
        stop = end + len(words)
        if tuple(token.low for token in reader.tokens[end:stop]) == words:
            to, last = _states(reader, stop)
            if len(to) == 1:
                return Transition(to[0], tuple(states), route), last
    return None


_DENYING = 4
"""How far before a step a word denies it."""
_DENIED = frozenset("no not never nobody neither nor without".split())


def _is_step(reader: Reader, at: int) -> bool:
    """Whether the action of the route spoken of has this state's name: publish → published."""
    route = reader.context.route
    if not isinstance(route, Route) or at >= len(reader.tokens):
        return False
    value = str(reader.tokens[at].value or reader.low(at)).lower()
    return (
        participle(route.segments[-1].lower()) == value or value in reader.context.vocabulary.states
    )


_LEADS_TO = (
    ("→",), ("becomes",), ("become",), ("to",), ("turns", "into"), ("goes", "to"), ("moves", "to"), ("turns", "to"),
    ("changes", "to"), ("is", "now"), ("into",),
)  # fmt: skip


def _states(reader: Reader, at: int) -> tuple[list[str], int]:
    """States that are named one after the other: `draft` or `scheduled`."""
    known = reader.context.vocabulary.states
    found: list[str] = []
    end = at
    while end < len(reader.tokens):
        token = reader.tokens[end]
        if token.low in {"a", "an", "the", "from"} and not found:
            end += 1
            continue
        value = str(token.value or token.low).lower()
        sure = token.kind in {"name", "quote"} or (token.kind == "word" and value in known)
        led = reader.low(end + 1) in {"→", "becomes"} or (
            at and reader.low(at - 1) in {"→", "becomes", "to"}
        )
        led = led or (reader.low(end + 1) == "to" and _is_step(reader, end + 2))
        if not sure and not (led and token.kind == "word" and _is_plain(reader, token)):
            break
        found.append(value)
        end += 1
        following = reader.tokens[end + 1 : end + 2]
        if reader.low(end) not in {"or", "and", ",", "/"} or not following:
            break
        value = str(following[0].value or following[0].low).lower()
        quoted = following[0].kind in {"name", "quote"} and reader.low(end) != ","
        if not quoted and value not in known:
            break
        end += 1
    return found, end


_NARROWING = compile_pattern(
    "(filter|filtered|filterable|narrow|narrowed|filtering|filters) [(down|it|them|this|everything)] [down]"
    " (by|to|on|for) <loose_params>"
)


def _narrowed(reader: Reader, at: int, route: Route | None) -> tuple[Fact, int] | None:
    """`the keys I would like to filter by status, room and level`: of what is named before it."""
    ends = [(end, found["loose_params"]) for end, found in _NARROWING.prefixes(reader, at)]
    end, names = max(ends, key=lambda pair: pair[0], default=(at, ()))
    if not names or not _is_list(route):
        return None
    lexicon = reader.context.vocabulary.lexicon
    words = [lexicon.find([each.low]) for each in reader.tokens[:at] if each.kind == "word"]
    named = [word for word in words if word is not None]
    target = Items(named[-1].name, many=True) if named else route
    return Filtered(names, target), end


def _is_plain(reader: Reader, token: Token) -> bool:
    """Whether a word may be a state nobody has named so far."""
    vocabulary = reader.context.vocabulary
    named = vocabulary.lexicon.find([token.low]) is not None or (token.low,) in vocabulary.fields
    return not named and token.low not in DETERMINERS | PREPOSITIONS | PRONOUNS | _NO_STATE


_NO_STATE = frozenset("and or but then also true false".split())


def _success(reader: Reader, at: int) -> tuple[int, int]:
    """`answers 204 with an empty body`: what worked is answered with that."""
    for end, found in compile_pattern(_STATUS).prefixes(reader, at):
        if found["http"] < _ERRORS:
            return found["http"], end
    return 0, at


# --- parameters ----------------------------------------------------------------------------------

_USUAL = (
    PLUMBING
    | SEARCH
    | frozenset(
        "from to since until before after month year day date days period start end on at within".split()
    )
)


def corrected(
    facts: Sequence[Fact], tokens: Sequence[Token], situation: Situation, *, narrows: bool
) -> Iterator[Fact]:
    """Take what is no field of anything for what it is: a parameter of a list, or a state.

    `Query: `days`, a whole number, 30 if omitted`, `POST /posters/{id}/print: `draft` → `printed``.
    """
    vocabulary = situation.vocabulary
    route = situation.route if isinstance(situation.route, Route) else None
    known = {each.lower() for words in vocabulary.fields for each in words}
    for fact in facts:
        match fact:
            case Said(names=names) if narrows and _is_list(route):
                single = [words[0] for words in names if len(words) == 1]
                if single and not any(name.lower() in known for name in single):
                    for name in single:
                        yield Parameter(name, route=route, meaning=said_of(tokens, name))
                    continue
            case Sets(words=(word,), value=Literal(value=str() as to)):
                if word in vocabulary.states and word not in known and fact.route is not None:
                    yield Transition(to, (word,), fact.route)
                    continue
            case _:
                pass
        yield fact


def _declared(
    tokens: Sequence[Token], understood: Understood, situation: Situation
) -> Iterator[Parameter]:
    """Names in code quotes that are parameters of a list: `the list takes `month``."""
    known = {
        name for fact in understood.facts
        for name in (
            [fact.name] if isinstance(fact, Parameter)
            else [words[0] for words in fact.names] if isinstance(fact, Filtered)
            else [fact.page_param, fact.size_param] if isinstance(fact, Paged)
            else []
        )
    }  # fmt: skip
    cued = bool(PARAMETER_CUES & {token.low for token in tokens})
    unread = {id(token) for run in understood.unread for token in run}
    names: dict[str, Route | None] = {}
    route = situation.route if isinstance(situation.route, Route) else None
    for token in tokens:
        if token.kind == "route" and token.value.path:
            route = token.value
        if token.kind != "name" or id(token) not in unread or not _is_list(route):
            continue
        name = str(token.value)
        words = split_name(name)
        field = words in situation.vocabulary.fields or (name,) in situation.vocabulary.fields
        if name in known or (field and name.lower() not in _USUAL) or not name.isidentifier():
            continue
        if cued or name.lower() in PLUMBING or (name.lower() in _USUAL and route is not None):
            names.setdefault(name, route)
    others = frozenset(names)
    for name, where in names.items():
        yield Parameter(name, route=where, meaning=said_of(tokens, name, others))
