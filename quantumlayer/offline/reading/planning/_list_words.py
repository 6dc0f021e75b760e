"""What is left of sentences about lists, word by word: parameters, order, search, pages.

    GET /items understands q (in description or place), category, and found_from / found_to for the date.
    The list should come newest measurement first. I should like to list invoices by status and customer_id.

Where no pattern took the whole sentence, every name in it that can be a parameter of the list becomes one,
and what can only be an order becomes its order. Words that are neither stay unread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.language._facts import Sorted
from quantumlayer.offline.reading.language._patterns import Reader
from quantumlayer.offline.reading.planning._params import FROM, PLUMBING, SEARCH, TEXTUAL, TO
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._world import Unresolved, World
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._grammar import whole_grammar
from quantumlayer.offline.reading.text._lexicon import (
    FUNCTION_WORDS,
    PAGING,
    PREPOSITIONS,
)
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import base, singular, split_name

__all__ = ["Wish", "read_list_words"]

Adding = Callable[[Plan, Finding, EndpointDraft, "Wish"], None]
Sorting = Callable[[Plan, EndpointDraft, Sorted, Finding], None]

_ASKING = frozenset(
    "filter narrow take understand accept support search ask restrict limit query browse list see sort order come"
    " show give get return look find arrange".split()
)
_OF_LISTS = frozenset(
    "list lists listed filter filtered narrow narrowed sorted search ask q".split()
)
_NARROWING = frozenset(
    "filter filters filtered filterable narrow narrowed takes take understands accepts supports ask asked asking"
    " restrict restricted by with for query parameter parameters params optional optionally".split()
)
_TOP = frozenset("first top descending desc ascending asc".split())
_SORTING = frozenset("sorted ordered order sort arranged by in sorting".split())
_PERIODS = FROM | TO | frozenset({"date", "day", "month", "year", "on"})
_LIST_WORDS = (
    FUNCTION_WORDS | _ASKING | _NARROWING | _TOP | _SORTING | SEARCH | PLUMBING
    | frozenset("list lists and or if i we you want wants wanted like should can could would only some days both included"
                " inclusive dates given needed exact exactly case upper lower alike ignoring insensitive please let me us"
                " default defaults most least newest latest oldest earliest highest lowest e.g i.e items entries results"
                " narrowing searching filtering text substring part to be is are comes shows allowed possible client"
                " clients people value values over time one each".split())
)  # fmt: skip


def read_list_words(plan: Plan, *, add: Adding, sort: Sorting) -> None:
    """Add what the unread parts of sentences about a list ask of it."""
    for finding in plan.analysis.findings:
        if not finding.unread or finding.source.kind not in {"clause", "route"} or finding.framed:
            continue
        endpoint = _list_of(plan, finding)
        if endpoint is None:
            continue
        for wish in list(_wishes(plan.world, endpoint, finding)):
            try:
                add(plan, finding, endpoint, wish)
            except Unresolved:
                continue
        order = _order(plan, endpoint, finding)
        if order is not None and not any(isinstance(fact, Sorted) for fact in finding.facts):
            try:
                sort(plan, endpoint, order, finding)
            except Unresolved:
                order = None
        _settle(plan, endpoint, finding)


def _list_of(plan: Plan, finding: Finding) -> EndpointDraft | None:
    """The list that a sentence is about: of its route, or of the things whose list it speaks of."""
    tokens = finding.source.tokens
    routes = [token.value for token in tokens if token.kind == "route" and token.value.path]
    if len(routes) > 1 or any(route.method not in {"GET", ""} for route in routes):
        return None
    if any(token.kind in {"sketch", "status"} for token in tokens):
        return None
    if routes:
        endpoint = plan.endpoint("GET", routes[0].path)
        return endpoint if endpoint is not None and endpoint.kind == "list" else None
    lows = [token.low for token in tokens if token.kind == "word"]
    if not _ASKING & {base(low) for low in lows} or {"not", "cannot", "must", "never"} & set(lows):
        return None
    named = [
        word.name
        for low in lows
        if (word := plan.world.structure.lexicon.find([singular(low)])) is not None
        and (low != singular(low) or "list" in lows)
    ]
    asked = _OF_LISTS & set(lows)
    entity = named[0] if named else finding.topic if asked else None
    if entity is None or not asked:
        return None
    found = [each for each in plan.of(entity, "list") if each.spec.get("name") is None]
    top = [each for each in found if not each.spec.get("parent")]
    return next(iter([*top, *found]), None)


@dataclass(frozen=True, slots=True)
class Wish:
    """A parameter that a sentence asks for."""

    name: str
    sample: str = ""
    """A value that it is shown with: `sort=-price`."""
    searched: tuple[str, ...] = ()
    """Fields that a search looks at."""


def _wishes(world: World, endpoint: EndpointDraft, finding: Finding) -> Iterator[Wish]:
    """What can only be a parameter: names, queries, and fields and periods in a row of parameters."""
    entity = endpoint.entity or ""
    tokens = finding.source.tokens
    lows = {base(token.low) for token in tokens if token.kind == "word"}
    searched = _searched(world, entity, tokens)
    narrowing = False
    for at, token in enumerate(tokens):
        before = tokens[at - 1].low if at else ""
        behind = tokens[at + 1].low if at + 1 < len(tokens) else ""
        name = str(token.value or token.text)
        if token.kind == "mark":
            narrowing = narrowing and token.low in {",", "/", "(", ")", "|"}
        elif token.kind == "route":
            yield from (Wish(*pair) for pair in token.value.query)
        elif behind == "=" and token.low in PLUMBING:
            yield Wish(name, _value_behind(tokens, at + 2))
        elif token.low == "q" or (token.low in SEARCH and token.kind == "name"):
            yield Wish(name, "", tuple(searched))
            narrowing = True
        elif _pages(tokens, at) or (token.low in FROM | TO and _is_pair(tokens, at)):
            yield Wish(name)
        elif token.low in _TOP | {"sorted", "ordered", "order"} or behind in _TOP:
            narrowing = False
        elif token.low in _NARROWING:
            sorts = token.low == "by" and (before in _SORTING or not lows & _ASKING)
            narrowing = not sorts
        elif narrowing and token.kind in {"name", "word"} and at not in searched.values():
            yield from _named_there(world, entity, token)


def _named_there(world: World, entity: str, token: Token) -> Iterator[Wish]:
    """A name, a field, a period or a thing in a row of parameters."""
    name = str(token.value or token.text)
    made = world.field(entity, split_name(name))
    known = made is not None and made.words == (token.low,)
    if token.kind == "name" or "_" in name or known or token.low in _PERIODS - PREPOSITIONS:
        yield Wish(name)
    elif (thing := world.structure.lexicon.find([singular(token.low)])) is not None:
        yield from (Wish(each.name) for each in world.references(entity, thing.name)[:1])


def _value_behind(tokens: Sequence[Token], at: int) -> str:
    return "".join(
        str(token.value or token.text)
        for token in tokens[at : at + 2]
        if token.low not in {",", ")", "(", "or", ";", "."}
    )


def _pages(tokens: Sequence[Token], at: int) -> bool:
    """`page and per_page`, `limit and offset`: together they are about pages."""
    around = {token.low for token in tokens[max(0, at - 2) : at + 3]}
    return tokens[at].low in PAGING and len(around & {each.lower() for each in PAGING}) > 1


_LOOKS = frozenset("in into on from of over across searches at".split())
_SEARCHES = frozenset(
    "q search searches searched substring word words text term terms look looks find".split()
)


def _searched(world: World, entity: str, tokens: Sequence[Token]) -> dict[str, int]:
    """Fields that a search looks at, with where they stand: `q (in title or place)`, `words from the title`."""
    found: dict[str, int] = {}
    looking = False
    for at, token in enumerate(tokens):
        near = {each.low for each in tokens[max(0, at - 5) : at]} | {token.low}
        if token.low in _LOOKS and near & _SEARCHES:
            looking = True
        elif token.low in {";", ")", ",", "with", "by"}:
            looking = False
        elif looking and token.kind in {"word", "name"} and token.low not in _LIST_WORDS:
            made = world.field(entity, split_name(str(token.value or token.text)))
            if made is not None and made.spec.get("type") in TEXTUAL | {"url"}:
                found[made.name] = at
    return found


def _is_pair(tokens: Sequence[Token], at: int) -> bool:
    """`from and to`, `from/to`."""
    lows = [each.low for each in tokens[max(0, at - 2) : at + 3]]
    return bool(FROM & set(lows)) and bool(TO & set(lows)) and bool({"and", "/", "or"} & set(lows))


def _order(plan: Plan, endpoint: EndpointDraft, finding: Finding) -> Sorted | None:
    """What can only be an order: `newest measurement first`, `ordered by name`."""
    tokens = tuple(finding.source.tokens)
    lows = {token.low for token in tokens}
    sorts = bool(lows & (_TOP | {"sorted", "ordered", "arranged", "order"}))
    situation = Situation(plan.world.structure.known, None, plan.analysis.vocabulary)
    situation.extra["topic"] = endpoint.entity
    reader = Reader(tokens, whole_grammar().slots, situation)
    for at, token in enumerate(tokens):
        told = tokens[at - 1].low if at else ""
        led = token.low in {"by", "in"} and told in {*_SORTING, "listed", "shown"} and told != "by"
        alone = token.low == "by" and told == "," and not {base(low) for low in lows} & _ASKING
        for slot, start in (("sure_order", at), *((("order", at + 1),) if led or alone else ())):
            for keys, _ in reader.slot(slot, start) if sorts or led or alone else ():
                return Sorted(tuple(keys))
    return None


def _settle(plan: Plan, endpoint: EndpointDraft, finding: Finding) -> None:
    """Take the parts off the unread ones all of whose words were heeded."""
    world, entity = plan.world, endpoint.entity or ""

    def heeded(token: Token) -> bool:
        if token.kind in {"mark", "route", "number"} or token.low in _LIST_WORDS:
            return True
        name = str(token.value or token.text)
        if name in endpoint.params or world.field(entity, split_name(name)) is not None:
            return True
        word = world.structure.lexicon.find([singular(token.low)])
        return word is not None and (
            word.name == entity or bool(world.references(entity, word.name))
        )

    finding.unread = [part for part in finding.unread if not all(heeded(each) for each in part)]
