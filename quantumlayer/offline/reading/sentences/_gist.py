"""Rules read by their gist: what a sentence compares or counts, in whatever order its words stand.

The words of a clause are sorted into fields, things, verbs and words that only join them. Where nothing
is left over and the rest can mean one rule only, it is that rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import (
    Apart,
    Barred,
    Context,
    Fact,
    Follows,
    Holds,
    Inclusive,
    Limit,
    NoOverlap,
    Operation,
    Refused,
    Room,
    Unique,
)
from quantumlayer.offline.reading.language._fieldtypes import type_of_name
from quantumlayer.offline.reading.language._patterns import (
    Captures,
    Reader,
    SlotFunction,
    compile_pattern,
)
from quantumlayer.offline.reading.language._slots import BASIC_SLOTS, TIME_UNITS, Span
from quantumlayer.offline.reading.language._terms import (
    Being,
    Compare,
    FieldOf,
    Having,
    Items,
    Literal,
    Moment,
    Shift,
)
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._gates import meanings
from quantumlayer.offline.reading.sentences._refusals import NTH
from quantumlayer.offline.reading.text._lexicon import FUNCTION_WORDS, NUMBER_WORDS
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import base, noun_for, plural, singular, verb

__all__ = ["GIST", "GIST_SLOTS"]


# --- how long ------------------------------------------------------------------------------------

_SPANS: tuple[tuple[str, str], ...] = (
    ("(no longer|not longer|no more|not more|at most|up to|no later|a maximum of|maximum|max|a total of at most) [than]", "<="),
    ("(no shorter|not shorter|no less|not less|at least|a minimum of|no fewer|not fewer|minimum|min) [than]", ">="),
    ("(longer|more|over|beyond|above|exceeding|exceed|exceeds) [than]", ">"),
    ("(shorter|less|under|below|fewer) [than]", "<"),
)  # fmt: skip


def _lasting(reader: Reader, at: int) -> Iterator[tuple[list[tuple[str, Span]], int]]:
    """`at most 4 hours`, `longer than a day`, `between 30 minutes and 4 hours long`: bounds of a duration."""
    start = at + 1 if reader.low(at) in {"for", "of"} else at
    bounds: list[tuple[list[tuple[str, Span]], int]] = []
    if reader.low(start) in {"between", "from"}:
        for low, end in _span(reader, start + 1):
            if reader.low(end) in {"and", "to"}:
                bounds += [
                    ([(">=", low), ("<=", high)], stop) for high, stop in _span(reader, end + 1)
                ]
    for text, operator in _SPANS:
        for end, _ in compile_pattern(text).prefixes(reader, start):
            bounds += [([(operator, span)], stop) for span, stop in _span(reader, end)]
    for found, stop in bounds:
        yield found, stop + 1 if reader.low(stop) in {"long", "altogether"} else stop
        if reader.low(stop) == "in" and reader.low(stop + 1) == "length":
            yield found, stop + 2


def _span(reader: Reader, at: int) -> Iterator[tuple[Span, int]]:
    if (
        reader.low(at) == "half"
        and reader.low(at + 1) in {"a", "an"}
        and reader.low(at + 2) == "hour"
    ):
        yield Span(30, "minutes"), at + 3
    if reader.low(at) in {"a", "an", "one"} and singular(reader.low(at + 1)) in TIME_UNITS:
        yield Span(1, TIME_UNITS[reader.low(at + 1)]), at + 2
    yield from reader.slot("span", at)


_FLIPPED = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}


def _lasts(
    captures: Captures, situation: Situation, *, flip: bool = False
) -> Iterable[Fact] | None:
    """`A hire lasts at most 4 hours`; with `flip` that is what is refused."""
    items: Items | None = captures.get("items")
    entity = items.entity if items is not None and items.entity else _here(situation)
    if "do" in captures:
        entity = situation.vocabulary.verbs.get(captures["do"]) or entity
    flip = flip != (items is not None and items.quantifier == "no")
    bounds = captures.get("lasting") or [(captures["operator"], captures["span"])]
    if (
        entity is None
        or (items is not None and (items.where or items.person))
        or (flip and len(bounds) > 1)
    ):
        return None
    return [
        Holds(
            Compare(
                FieldOf((), Items(entity)), _FLIPPED[operator] if flip else operator, Literal(span)
            ),
            entity,
            _status(situation),
        )
        for operator, span in bounds
    ]


def _here(situation: Situation) -> str | None:
    for key in ("topic", "spoken"):
        name = situation.extra.get(key)
        if isinstance(name, str) and name != (situation.vocabulary.users or "User"):
            return name
    return None


def _status(situation: Situation) -> int | None:
    status = situation.extra.get("status")
    return status if isinstance(status, int) else None


# --- sorted words --------------------------------------------------------------------------------

_JOINING = FUNCTION_WORDS | frozenset(
    "and or , ( ) . can may must should shall could will would is are was be been not no never has have had"
    " than as do does did so that which who there nobody somebody same one ones own if when new possible".split()
)
_PEOPLE = frozenset(
    "people person persons somebody anybody guest guests participant participants anyone user users".split()
)
_SOMEBODY = frozenset("one a an every each no".split())
_FITTING = frozenset(
    "more exceed exceeds exceeding beyond over many within enough overbooked full fit fits left free available".split()
)
_GONE = frozenset("taken occupied booked sold used filled assigned given".split())
_TOTAL = frozenset(
    "together total sum altogether number amount all all total count account accounts once time further other".split()
)
_TWICE = frozenset(
    "twice once unique again second repeat repeated duplicate duplicated alike".split()
)


@dataclass(slots=True)
class _Sorted:
    """The words of a clause, by what they name."""

    fields: list[tuple[str, ...]] = field(default_factory=list)
    things: list[str] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    people: bool = False
    states: list[tuple[str, bool]] = field(default_factory=list)
    """With whether the item is not in it."""


def _sort(
    tokens: Sequence[Token], situation: Situation, marks: frozenset[str], *, states: bool = False
) -> _Sorted | None:
    """Sort the words of a clause, with `states` these too; None where one is nothing that is known."""
    found = _Sorted()
    reader = Reader(tokens, {}, situation)
    lexicon = situation.vocabulary.lexicon
    at = 0
    while at < len(tokens):
        token = tokens[at]
        word = next(
            (
                w
                for end in (at + 2, at + 1)
                if (w := lexicon.find([t.low for t in tokens[at:end]])) and end <= len(tokens)
            ),
            None,
        )
        named = next(iter(situation.vocabulary.field_at(reader, at)), None)
        if word is not None and word.name == situation.vocabulary.users:
            found.people, at = True, at + 1
        elif word is not None and token.kind == "word":
            found.things.append(word.name)
            two = (
                at + 1 < len(tokens) and lexicon.find([t.low for t in tokens[at : at + 2]]) is word
            )
            at += 1 + (two and len(word.label.split()) > 1)
        elif named is not None and token.low not in marks:
            found.fields.append(named[0])
            at = named[1]
        elif token.low in marks or token.low in _PEOPLE:
            found.marks.add(token.low)
            found.people |= token.low in _PEOPLE
            at += 1
        elif states and str(token.value or token.low).lower() in situation.vocabulary.states:
            negated = at > 0 and tokens[at - 1].low == "not"
            found.states.append((str(token.value or token.low).lower(), negated))
            at += 1
        elif token.low in _JOINING or token.kind == "mark" or token.low == "'s":
            at += 1
        elif at == 1 and tokens[0].low in _SOMEBODY and situation.vocabulary.users is not None:
            found.people, at = True, at + 1  # one walker: whoever has an account
        elif (known := verb(token.low)) is not None:
            found.verbs.append(known.base)
            at += 1
        else:
            return None
    return found


def _names(situation: Situation, entity: str) -> dict[tuple[str, ...], str | None]:
    """The fields of an entity by their words → what they refer to."""
    draft = situation.extra.get("entities", {}).get(entity)
    if draft is None:
        return {}
    found = {made.words: made.references for made in draft.fields.values()}
    found.update({(made.name.lower(),): made.references for made in draft.fields.values()})
    found.update({each: made.references for made in draft.fields.values() for each in made.also})
    return found


def _has(situation: Situation, entity: str, words: tuple[str, ...]) -> bool:
    names = _names(situation, entity)
    words = tuple(word.lower() for word in words)
    return words in names or (*words[:-1], singular(words[-1])) in {
        (*each[:-1], singular(each[-1])) for each in names if each
    }


def _room(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`No trip takes more persons than it has seats`, `all bookings of a trip together never exceed its seats`."""
    tokens = captures["rest"]
    words = {token.low for token in tokens}
    fitting = _FITTING | _GONE if words & {"all", "every"} else _FITTING
    lowered = bool(words & _LOWERED and words & _LOWER)
    fitting |= _OVERFULL | (_LOWERED | _LOWER | _GONE if lowered else frozenset())
    if not words & fitting or any(token.kind in {"number", "route"} for token in tokens):
        return None
    found = _sort(tokens, situation, fitting | _TOTAL | {"refused", "rejected"})
    if found is None or not found.marks & fitting:
        return None
    if words & _OVERFULL and len(found.things) == 1 and not found.fields:
        return _overfull(found.things[0], situation)
    banned = (
        bool(words & {"not", "no", "never", "nobody", "refused", "rejected", "within"})
        or {"as", "many"} <= words
    )
    owners = {
        entity: [each for each in found.fields if _has(situation, entity, each)]
        for entity in situation.extra.get("entities", {})
    }
    pairs = [
        (parent, child)
        for parent in owners
        for child in owners
        if parent != child and owners[parent] and parent in _names(situation, child).values()
        and (lowered or child in found.things or parent in found.things)
    ]  # fmt: skip
    for parent, child in pairs:
        limits = [each for each in owners[parent] if each not in owners[child]]
        amounts = [
            each
            for each in owners[child]
            if each not in owners[parent] and _names(situation, child).get(each) is None
        ]
        rest = {*found.fields} - {*limits[:1], *amounts}
        others = {*found.things} - {parent, child}
        if banned and len(limits) == 1 and not rest and not others and len(amounts) <= 1:
            return [
                Room(
                    parent,
                    child,
                    limits[0],
                    amounts[0] if amounts else (),
                    _status(situation),
                    lowered,
                )
            ]
    return None


def _at_once(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`No more than two notes may be pinned at once`, `a third order has to wait while two are washing`."""
    tokens: Sequence[Token] = captures["rest"]
    words = {token.low for token in tokens}
    numbers = [
        token.value if token.kind == "number" else NUMBER_WORDS[token.low]
        for token in tokens
        if token.kind == "number" or (token.kind == "word" and token.low in NUMBER_WORDS)
    ]
    further = [NTH.index(token.low) + 1 for token in tokens if token.low in NTH and numbers]
    limited = words & {"most", "only", "maximum"} or (
        words & {"more"} and words & {"no", "not", "never"}
    )
    waits = bool(further) and words & _WAITING and further == numbers
    if len(numbers) != 1 or numbers[0] < 1 or not (limited or waits):
        return None
    marks = _SAME_TIME | _WAITING | {"more", "most", "only", "maximum"} | {*NUMBER_WORDS, *NTH}
    said = [token for token in tokens if token.kind != "number" and token.low not in marks]
    found = _sort(said, situation, frozenset(), states=True)
    if found is None or found.verbs or len({*found.things}) > 1:
        return None
    drafts = situation.extra.get("entities", {})
    flags = [each for each in found.fields if type_of_name(each) == "boolean" or "boolean" in (
        kind for draft in drafts.values() if (made := draft.find(each)) for kind in made.values("type")
    )]  # fmt: skip
    named = [state for state, negated in found.states if not negated] + [*map(" ".join, flags)]
    owners = situation.vocabulary.states.get(named[0], set()) if named else set()
    entity = next(iter(found.things), None) or next(iter(owners), None) or _here(situation)
    if len(named) != 1 or len(found.fields) != len(flags) or entity is None:
        return None
    mine = bool(words & {"my", "their", "his", "her", "one's"}) and situation.vocabulary.users
    per = (Items(None, person=True, words=("one",)),) if mine else ()
    being = Being(None, tuple(named[0].split()))
    return [
        Limit(Items(entity, (being,), many=True), int(numbers[0]), per, status=_status(situation))
    ]


_WAITING = frozenset("wait waits waiting".split())
_SAME_TIME = frozenset(
    "once time same any together simultaneously moment while there than up to has at them".split()
)


def _ago(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Seed harvested more than 1500 days ago is refused`, `a purchase in the future is not accepted`."""
    tokens: Sequence[Token] = captures["rest"]
    reader = Reader(tokens, BASIC_SLOTS, situation)
    lows = [token.low for token in tokens]
    words = set(lows)
    told = [
        (at, span, end)
        for at in range(len(tokens))
        for span, end in reader.slot("span", at)
        if lows[end : end + 1] == ["ago"] or lows[end : end + 3] == ["in", "the", "past"]
        or lows[at - 2 : at] == ["older", "than"]
    ]  # fmt: skip
    denied = bool(words & _DENYING)
    ahead = "future" in words and not told
    plain = all(token.kind not in {"route", "sketch", "quote"} for token in tokens)
    if not (told or ahead) or not plain or not words.isdisjoint({";", ",", "and", "or"}):
        return None  # another clause stands beside it
    if words & {"if", "when"} and not words & {"refused", "rejected"}:
        return None
    if words & _OTHER_DEEDS or any(
        isinstance(each, Route) for low in lows for each in meanings(base(low), situation)
    ):
        return None  # what is older can no longer be cancelled: that is not about making it
    found = _date_in(tokens, situation)
    if found is None or (ahead and not words & _REFUSING):
        return None
    entity, field_words, now = found
    if ahead:
        held = Compare(FieldOf(field_words), "<=", now)
        return [Holds(held, entity, _status(situation))]
    at, span, _ = told[0]
    more = {*lows[max(0, at - 2) : at]} & {"more", "over", "longer", "earlier", "older", "further"}
    most = {*lows[max(0, at - 3) : at]} & {"most", "within", "last"}
    if len(told) > 1 or not (more or most) or not (denied or words & {"must", "only", "has"}):
        return None
    operator = ">=" if most or denied else "<="
    start = Shift(now, -1, span)
    return [Holds(Compare(FieldOf(field_words), operator, start), entity, _status(situation))]


_REFUSING = frozenset(
    "refused rejected forbidden declined impossible error not never nobody nothing no".split()
)
_DENYING = _REFUSING | {"cannot", "neither"}
_OTHER_DEEDS = frozenset(
    "changed change deleted delete edited edit shown listed counted count counts overdue archived while"
    " unless until free late".split()
)


def _date_in(
    tokens: Sequence[Token], situation: Situation
) -> tuple[str, tuple[str, ...], Moment] | None:
    """The date that a sentence is about: by its name, by what is done then, or the only one of a thing."""
    drafts = situation.extra.get("entities", {})
    dated = [
        (entity, made)
        for entity, draft in drafts.items()
        for made in draft.fields.values()
        if {"date", "datetime"} & {type_of_name(made.words), *made.values("type")}
    ]
    for token in tokens:
        ways = {token.low, base(token.low)} if token.kind in {"word", "name"} else set()
        named = [
            each
            for each in dated
            if {each[1].name.lower(), each[1].words[0], base(each[1].words[0])} & ways
        ]
        if len(named) == 1:
            return _dated(*named[0])
    things = [
        word.name
        for token in tokens
        if token.kind == "word" and (word := situation.vocabulary.lexicon.find([token.low]))
    ]
    own = [each for each in dated if each[0] in things and not each[1].has("system")]
    return _dated(*own[0]) if len(own) == 1 else None


def _dated(entity: str, made: Any) -> tuple[str, tuple[str, ...], Moment]:
    timed = "datetime" in {type_of_name(made.words), *made.values("type")}
    return entity, made.words, Moment("now" if timed else "today")


def _two_ends(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Both ends are the same wallet`, `their currencies differ`, `nobody plays against themselves`.

    What is said of the two things of one kind that an item refers to: that they differ, what they
    share, in which state they take no part.
    """
    tokens: Sequence[Token] = captures["rest"]
    words = {token.low for token in tokens}
    if any(token.kind in {"route", "sketch", "number"} for token in tokens) or ";" in words:
        return None
    found = _sort(tokens, situation, _ENDS, states=True)
    if found is None or not found.marks & _ENDS:
        return None
    pairs = [
        (entity, part)
        for entity in situation.extra.get("entities", {})
        for part in {each for each in _names(situation, entity).values() if each}
        if sum(part == each.references for each in situation.extra["entities"][entity].fields.values()) == 2
    ]  # fmt: skip
    pairs = [each for each in pairs if {*found.things} <= {*each}]
    here = [each for each in pairs if each[0] in {*found.things, _here(situation)}] or pairs
    if len(here) != 1:
        return None
    (entity, part), denied = here[0], bool(words & _BANNED)
    shared = tuple(
        dict.fromkeys(each for each in found.fields if _names(situation, entity).get(each) is None)
    )
    if not all(_has(situation, part, each) for each in shared):
        return None
    same, differ = bool(words & _SAME), bool(words & _DIFFER)
    if len(found.states) == 1 and not shared:
        ((state, negated),) = found.states
        needed = not denied and bool(words & {"must", "need", "needs", "both"})
        if not (denied or needed) or part not in situation.vocabulary.states.get(state, set()):
            return None
        where = (Being(None, (state,), negated != needed),)
        return [Barred(Items(part, where, many=True), _status(situation))]
    if found.states or (found.verbs and not words & _ITSELF):
        return None
    held = [
        m.words
        for m in situation.extra["entities"][part].fields.values()
        if m.words[-1] == "balance"
    ]
    if denied and ({"too", "little"} <= words or {"not", "enough"} <= words) and len(held) == 1:
        least = Compare(FieldOf(held[0], Items(part)), ">=", Literal(0))
        return [Holds(least, part, _status(situation))]
    if same == differ:
        return None
    if shared:
        return (
            [Apart(entity, part, shared, status=_status(situation))] if denied == differ else None
        )
    return (
        [Apart(entity, part, different=True, status=_status(situation))] if denied == same else None
    )


_ITSELF = frozenset("themselves itself oneself himself herself themself".split())
_SAME = _ITSELF | frozenset("same equal identical alike match matches".split())
_DIFFER = frozenset("differ differs different differing unequal".split())
_ENDS = _SAME | _DIFFER | frozenset(
    "both ends end sides side parties two neither them one their it against refused rejected sender recipient"
    " receiver too little enough need needs must nobody when if".split()
)  # fmt: skip


def _takes_one(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A bottle takes one place`, where racks have places: there are no more than fit in."""
    child, noun = captures["items"].entity or "", captures["word"].low
    room = [
        (parent, made.words)
        for parent in {each for each in _names(situation, child).values() if each}
        for made in situation.extra["entities"][parent].fields.values()
        if {made.words, *made.also} & {(plural(noun),), (noun,)}
    ]
    return [Room(room[0][0], child, room[0][1])] if child and len(room) == 1 else None


_DELETING = frozenset("deleted deleting delete removed removing remove stays stay dropped".split())


def _kept(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Once a tree has harvests, it stays: no deleting`: what is kept as long as something belongs to it."""
    tokens: Sequence[Token] = captures["rest"]
    words = {token.low for token in tokens}
    routes = [token.value for token in tokens if token.kind == "route"]
    drops = any(each.method == "DELETE" for each in routes)
    told = bool(words & _BANNED | words & {"only", "stays", "stay", "without"})
    if not told or not (drops or words & _DELETING) or len(routes) != drops:
        return None
    said = [token for token in tokens if token.kind != "route"]
    found = _sort(said, situation, _DELETING | _BANNED | _KEEPING, states=True)
    if found is None or found.fields:
        return None
    word = situation.vocabulary.lexicon.by_segment(routes[0].literals[-1]) if drops else None
    things = [*([word.name] if word is not None else []), *dict.fromkeys(found.things)]
    if len(things) != 2 or things[0] not in _names(situation, things[1]).values():
        return None
    where = tuple(Being(None, (state,), negated) for state, negated in found.states)
    having = Having(None, Items(things[1], where, many=True))
    operation = Operation(("delete",), Items(things[0], (having,)), passive=True)
    return [Refused(operation, status=_status(situation))]


_KEEPING = frozenset(
    "but those once only if while when until as long any some without stored written made recorded entered be"
    " anymore want like".split()
)
_OVERFULL = frozenset("overbooked oversold overfilled overcrowded overfull overbooking".split())
_LOWERED = frozenset("reduced lowered cut decreased shrunk reduce lower set changed".split())


def _overfull(parent: str, situation: Situation) -> Iterable[Fact] | None:
    """`A course is never overbooked`: of what belongs to it there is no more than it has room for."""
    children = [
        entity
        for entity in situation.extra.get("entities", {})
        if parent in _names(situation, entity).values()
    ]
    return [Room(parent, children[0], status=_status(situation))] if len(children) == 1 else None


_BEFORE = frozenset(
    "highest last latest previous before earlier far preceding largest greatest already stored".split()
)
_HIGHER = frozenset(
    "higher more greater exceed exceeds larger above over bigger beat beats outbid".split()
)
_LOWER = frozenset("lower less fewer smaller below under".split())


def _rising(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Each bid must be higher than every bid made on the same lot before`: the numbers of a series only rise."""
    tokens = captures["rest"]
    words = {token.low for token in tokens}
    if not words & _BEFORE or any(token.kind in {"number", "route", "date"} for token in tokens):
        return None
    marks = _BEFORE | _HIGHER | _LOWER | {"refused", "rejected", "least", "equal", "high"}
    found = _sort(tokens, situation, marks)
    if found is None or not found.things:
        return None
    banned = bool(words & {"not", "never", "no", "refused", "rejected", "nobody"})
    higher, lower = bool(words & _HIGHER), bool(words & _LOWER)
    things = [*dict.fromkeys(found.things)]
    series = [each for each in things if {*_names(situation, each).values()} - {None}]
    made = next(
        (
            each
            for each in series
            if all(other == each or other in _names(situation, each).values() for other in things)
        ),
        None,
    )
    fields = [
        each
        for each in dict.fromkeys(found.fields)
        if not _is_thing(each, situation.vocabulary.lexicon)
    ]
    if (
        made is None
        or higher in (lower, banned)
        or len(fields) > 1
        or not all(_has(situation, made, each) for each in fields)
    ):
        return None
    return [
        Follows(
            made,
            ">" if higher else ">=",
            fields[0] if fields else (),
            not fields,
            _status(situation),
        )
    ]


def _pair(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """What may not come twice together.

    `The same name cannot book the same trip twice`, `a van does one tour per day`, `nobody holds two desks
    on the same date`: all that is named, without what is counted, is together on one item only.
    """
    tokens = captures["rest"]
    words = {token.low for token in tokens}
    banned = bool(words & _BANNED)
    single = bool(words & {"one", "single"}) and bool(words & {"only", "most", "single", "per"})
    double = bool(words & {"two", "second", "one"}) and banned
    if not words & _TWICE and not single and not double and not ({"same", "two"} <= words):
        return None
    if any(token.kind in {"number", "route", "sketch"} for token in tokens) or words & frozenset(
        "if when while until unless before after".split()
    ):
        return None
    lows = [token.low for token in tokens]
    if ";" in lows and {"one", "two", "once", "twice"} & {*lows[lows.index(";") :]}:
        return None  # two rules
    fields, lexicon = situation.vocabulary.fields, situation.vocabulary.lexicon
    moments = frozenset(each for each in _MOMENTS if (each,) not in fields)
    found = _sort(
        tokens,
        situation,
        _TWICE | moments
        | {"two", "together", "time", "only", "combination", "pair", "pairing", "per", "under", "carry", "more", "most", "single"},
        states=True,
    )  # fmt: skip
    if found is None or ("again" in words and not words & {"twice", "same"}):
        return None
    if found.states and "," in words:
        return None  # a felled tree bears nothing, and no tree is picked twice: two clauses
    verbs = situation.vocabulary.verbs
    made = [verbs[each] for each in found.verbs if each in verbs]
    made += [
        word.name
        for each in found.verbs
        for noun in noun_for(each)
        if (word := lexicon.find([noun]))
    ]
    drafts = situation.extra.get("entities", {})
    counted = _counted(tokens, situation, {"two", "second"} if banned else {"one", "single"})
    for entity in dict.fromkeys([*made, *(each for each in found.things), *drafts]):
        targets = {*_names(situation, entity).values()} - {None}
        others = [each for each in dict.fromkeys(found.things) if each != entity]
        names = [each for each in dict.fromkeys(found.fields) if not _is_thing(each, lexicon)]
        if not all(each in targets for each in others) or not all(
            _has(situation, entity, each) for each in names
        ):
            continue
        dates = _dates(situation, entity) if found.marks & moments else []
        if found.marks & moments and not dates:
            continue
        names = [*names, *(each for each in dates if each not in names)]
        others = [
            each for each in others if each not in {_names(situation, entity).get(n) for n in names}
        ]
        left = [each for each in targets if each and each not in {entity, *others}]
        if words & {"nobody", "neither"} and situation.vocabulary.users is None and len(left) == 1:
            others += left
        others = [each for each in others if each != counted]
        person = (
            bool(words & {"i", "nobody", "you", "we"} or found.people or tokens[0].low == "one")
            and situation.vocabulary.users is not None
        )
        if len(others) + len(names) + person < 2 or not (names or others):
            continue
        of = (
            *(Items(each) for each in others),
            *((Items(None, person=True, words=("one",)),) if person else ()),
        )
        where = tuple(Being(None, (state,), negated) for state, negated in found.states)
        return [Unique(entity, tuple(names), of, where, _status(situation))]
    return None


_TIMES = frozenset(
    "night nights day days time times hour hours moment date dates period slot week weeks".split()
)
_DOUBLY = frozenset("twice again double share two once taken same another".split())
_TWOFOLD = frozenset("double-booked double-booking double-bookings".split())


def _clashing(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`No room may be reserved twice on the same night`, `a night that is taken cannot be booked again`."""
    tokens = captures["rest"]
    words = {token.low for token in tokens}
    double = words & {"twice", "again", "double", "share", "taken"} or {"two", "same"} <= words
    once = {"only", "once"} <= words
    plain = all(token.kind in {"word", "mark"} for token in tokens)
    told = words & _TIMES and (once or (double and words & _BANNED))
    if not plain or not (told or (words & _TWOFOLD and words & _BANNED)):
        return None
    if words & frozenset("if when while until unless before after per".split()):
        return None
    lasting = _TIMES | _DOUBLY | _TWOFOLD | {"only", "ever", "refused", "rejected"}
    found = _sort(tokens, situation, lasting)
    if found is None or found.fields or found.states:
        return None
    drafts = situation.extra.get("entities", {})
    for entity, draft in drafts.items():
        moments = [
            made
            for made in draft.fields.values()
            if type_of_name(made.words) in {"date", "datetime"}
        ]
        of = [each for each in dict.fromkeys(found.things) if each != entity]
        targets = {*_names(situation, entity).values()} - {None}
        if len(moments) > 1 and len(of) == 1 and of[0] in targets:
            nights = [Inclusive(touching=True)] if words & {"night", "nights"} else []
            return [NoOverlap(Items(entity), (Items(of[0]),), _status(situation)), *nights]
    return None


_SINGLE = frozenset("one single only most time moment same once part".split())
_FURTHER = frozenset("two another second other several".split())


def _one_in_state(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A vehicle can be on only one ongoing trip`, `no vehicle has two ongoing trips`."""
    tokens = captures["rest"]
    words = {token.low for token in tokens}
    single = words & {"one", "single"} and words & {"only", "most", "single", "time"}
    if not single and not (words & _BANNED and words & _FURTHER):
        return None
    if any(token.kind in {"number", "route", "sketch"} for token in tokens):
        return None
    found = _sort(tokens, situation, _SINGLE | _FURTHER, states=True)
    if found is None or found.fields or len({*found.states}) != 1 or found.states[0][1]:
        return None
    state = found.states[0][0]
    for entity in situation.vocabulary.states.get(state, ()):
        of = [each for each in dict.fromkeys(found.things) if each != entity]
        if entity in found.things and len(of) == 1 and of[0] in _names(situation, entity).values():
            being = (Being(None, (state,), negated=False),)
            return [Unique(entity, (), (Items(of[0]),), being, _status(situation))]
    return None


_ALIKE = frozenset("same belong belongs part from within one".split())
_APART = frozenset("another other different elsewhere foreign".split())
_WANTED = frozenset("must only has have should needs need always".split())


def _agreeing(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The question must belong to the quiz of the game`, `a question of another quiz is refused`.

    One thing is tied to two others, and all that is said is that these are tied to the same third.
    """
    tokens = captures["rest"]
    words = {token.low for token in tokens}
    banned, apart = bool(words & _BANNED), bool(words & _APART)
    if not (banned if apart else words & _WANTED and not banned):
        return None
    found = _sort(tokens, situation, _ALIKE | _APART | {"refused", "rejected"})
    if found is None or found.fields or found.states or len({*found.things}) not in {3, 4}:
        return None
    drafts = situation.extra.get("entities", {})
    for entity in drafts:
        named = [each for each in dict.fromkeys(found.things) if each != entity]
        ties = {each: {*_names(situation, each).values()} - {None} for each in [entity, *named]}
        thirds = [
            (left, right, third)
            for left, right, third in permutations(named)
            if left < right and {left, right} <= ties[entity] and third in ties[left] & ties[right]
        ] if len(named) == 3 else []  # fmt: skip
        for left, right, third in thirds:
            both = [
                FieldOf(made.words, Items(each))
                for each in (left, right)
                for made in drafts[each].fields.values()
                if made.references == third
            ]
            return [Holds(Compare(both[0], "==", both[1]), entity, _status(situation))]
    return None


_OTHERWISE = frozenset("different another other elsewhere both two".split())
_FINE = frozenset("may can could fine ok okay allowed possible course".split())


def _granted(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Different users may`, `on another course it can`: what a rule leaves open anyway."""
    tokens = captures["rest"]
    words = {token.low for token in tokens}
    plain = all(token.kind in {"word", "mark"} for token in tokens) and len(tokens) < _FEW
    denied = words & {"not", "no", "never", "only", "nobody", "must"}
    found = _sort(tokens, situation, _OTHERWISE | _FINE | {"too", "different"}) if plain else None
    fine = found is not None and not denied and words & _OTHERWISE and words & _FINE
    return [Context()] if fine and found is not None and not found.fields and len(found.verbs) < 2 else None  # fmt: skip


_FEW = 9


_BANNED = frozenset("not no never nobody neither nor refused rejected".split())
_MOMENTS = frozenset("day date evening night days dates evenings nights".split())


def _counted(tokens: Sequence[Token], situation: Situation, words: set[str]) -> str | None:
    """The thing of which there is one only: the members of `each desk goes to one member per day`."""
    for at, token in enumerate(tokens):
        for behind in tokens[at + 1 : at + 3] if token.low in words else ():
            word = situation.vocabulary.lexicon.find([behind.low])
            if word is not None and behind.kind == "word":
                return str(word.name)
    return None


def _dates(situation: Situation, entity: str) -> list[tuple[str, ...]]:
    """The date of an entity, where it has one only: what `per day` means."""
    draft = situation.extra.get("entities", {}).get(entity)
    found = [
        made.words
        for made in (draft.fields.values() if draft is not None else ())
        if "date" in {type_of_name(made.words), *made.values("type")}
    ]
    return found if len(found) == 1 else []


def _is_thing(words: tuple[str, ...], lexicon: Any) -> bool:
    return lexicon.find(list(words)) is not None


GIST_SLOTS: dict[str, SlotFunction] = {"lasting": _lasting, "half_span": _span}

_LAST = "(last|lasts|take|takes|run|runs|go on|goes on|be|is|are|span|spans|cover|covers|stay|stays|extend|extends|have a duration|has a duration|have a length)"
_LONG = "(longest|maximum|greatest|maximal|most)"
_SHORT = "(shortest|minimum|least|minimal)"
_LENGTH = "(duration|length|time|period|stay|span)"

LASTING: tuple[tuple[str, Recogniser], ...] = (
    ("<rest>", _ago),
    ("<rest>", _two_ends),
    (f"<items> CANNOT {_LAST} <lasting>", lambda c, s: _lasts(c, s, flip=True)),
    (f"<items> [(CAN|MUST)] [only] {_LAST} <lasting>", _lasts),
    ("<items> [(that|which) (last|lasts|take|takes|is|are|run|runs)] <lasting> <refused>", lambda c, s: _lasts(c, s, flip=True)),
    ("(you|one|nobody|no one|people|<items>) CAN [not] <do> [(it|one|them|<noun>)] for (longer|more) than <half_span:span>", lambda c, s: _lasts({"do": c["do"], "operator": "<=", "span": c["span"]}, s)),
    (f"[the] {_LONG} [possible] [{_LENGTH}] [(of|for)] <items> (is|are) <half_span:span>", lambda c, s: _lasts({**c, "operator": "<="}, s)),
    (f"[the] {_SHORT} [possible] [{_LENGTH}] [(of|for)] <items> (is|are) <half_span:span>", lambda c, s: _lasts({**c, "operator": ">="}, s)),
)  # fmt: skip

GIST: tuple[tuple[str, Recogniser], ...] = (
    (
        "<items> (takes|take|occupies|occupy|fills|fill|uses|needs|need|claims) [up] (one|a single|exactly one) <word> [each]",
        _takes_one,
    ),
    ("<rest>", _at_once),
    ("<rest>", _rising),
    ("<rest>", _room),
    ("<rest>", _agreeing),
    ("<rest>", _one_in_state),
    ("<rest>", _clashing),
    ("<rest>", _pair),
    ("<rest>", _granted),
    ("<rest>", _kept),
)
"""What is left to its gist when no other rule fits."""
