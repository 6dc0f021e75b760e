"""Sentences that forbid: what is refused when, how many there may be, what has to hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import (
    Apart,
    Barred,
    Context,
    Fact,
    Holds,
    Limit,
    NoOverlap,
    NotOneself,
    Operation,
    Refused,
    Said,
    Successive,
    Thing,
    Unique,
)
from quantumlayer.offline.reading.language._patterns import (
    Captures,
    Reader,
    SlotFunction,
    compile_pattern,
)
from quantumlayer.offline.reading.language._terms import (
    AllOf,
    Arithmetic,
    Being,
    Compare,
    Condition,
    Count,
    FieldOf,
    Fold,
    Having,
    Items,
    Literal,
    Moment,
    Shift,
    Value,
    bind,
    negate,
)
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.sentences._definitions import UPDATE, Situation
from quantumlayer.offline.reading.sentences._gates import owner_of
from quantumlayer.offline.reading.sentences._phrases import PHRASE_SLOTS, _comparison, _field_words
from quantumlayer.offline.reading.text._lexicon import ADVERBS
from quantumlayer.offline.reading.text._routes import acts_on_item
from quantumlayer.offline.reading.text._words import is_plural, noun_for, singular

__all__ = ["REFUSALS", "REFUSAL_SLOTS", "keys_of"]

_OUTSIDE = (
    "(outside|outside of|out of [the] range of|beyond|not in|not among|not within|((that|which) is|being)"
    " (not (in|within|among|one of|part of|an index (of|into|in))|no (index|position|entry|element) (of|into|in)|outside [of]))"
)
_REFUSED = (
    "((is|are|be|gets|get|will be|must be|has to be|should be|shall be) [then] [also] (refused|rejected|denied"
    "|declined|forbidden|prohibited|disallowed|impossible|invalid|not possible|not allowed|not permitted"
    "|not accepted|an error|a conflict|blocked|turned down|answered) [with [an|a] [error]]"
    "|(fails|fail|results in an error|leads to an error|gives an error|is no longer possible|must fail|has to fail|have to fail|will fail|makes no sense|make no sense|does not work|do not work|is no option|is out of the question|(is|are) turned (away|down))"
    "|(gets|get|gives|returns|results in|leads to|is|are) [a|an] [error|conflict])"
)


# --- slots ---------------------------------------------------------------------------------------


def _list_of(single: str) -> SlotFunction:
    def read(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
        for first, end in reader.slot(single, at):
            joined = end
            while reader.low(joined) in {",", "or", "and", "nor"}:
                joined += 1
                if reader.low(joined) == "be":
                    joined += 1
            if joined > end:
                for more, stop in read(reader, joined):
                    yield (first, *more), stop
            yield (first,), end

    return read


_AGAIN = (
    "again", "twice", "a second time", "more than once", "a third time", "once more", "another time",
    "several times", "two times", "repeatedly", "already", "twice in a row",
)  # fmt: skip


def _again(reader: Reader, at: int) -> Iterator[tuple[bool, int]]:
    for text in _AGAIN:
        words = text.split()
        if [token.low for token in reader.tokens[at : at + len(words)]] == words:
            yield True, at + len(words)


def _when(reader: Reader, at: int) -> Iterator[tuple[tuple[Condition, bool], int]]:
    """`if …`, `unless …`, `after the start`: a condition, and whether it holds or does not."""
    start = at
    while reader.low(start) in {",", "only", "already", "-"} | ADVERBS and start < len(
        reader.tokens
    ):
        start += 1
    for text, holds in (("IF", True), ("UNLESS", False), ("(without|before)", False)):
        for end, _ in compile_pattern(text).prefixes(reader, start):
            for condition, stop in reader.slot("condition", end):
                yield (condition, holds), stop
    yield from (((condition, True), end) for condition, end in _timing(reader, start))
    if reader.low(start) in {"for", "on", "to", "of", "in", "with"}:
        for items, end in reader.slot("items", start + 1):
            if items.where and items.entity is not None:
                condition = items.where[0] if len(items.where) == 1 else AllOf(items.where)
                yield (bind(condition, Items(items.entity)), True), end


_TIMES: tuple[tuple[str, str, int], ...] = (
    ("(less|fewer|later) than <span> before <moment>", ">", -1),
    ("(in|within|during) the (last|final) <span> before <moment>", ">", -1),
    ("(more|earlier) than <span> before <moment>", "<", -1),
    ("(at least|no later than|not later than|up to|until|at the latest) <span> before <moment>", "<=", -1),
    ("(more|later) than <span> after <moment>", ">", 1),
    ("(within|up to|for|until|in|during|no later than) <span> (of|after|from|since) <moment>", "<=", 1),
)  # fmt: skip


def _timing(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    for text, operator, sign in _TIMES:
        for end, captures in compile_pattern(text).prefixes(reader, at):
            limit = Shift(captures["moment"], sign, captures["span"])
            yield Compare(Moment("now"), operator, limit), end
    for word, operator in (("after", ">"), ("before", "<"), ("until", "<=")):
        if reader.low(at) == word:
            for moment, end in _moment_phrase(reader, at + 1):
                yield Compare(Moment("now"), operator, moment), end


def _moment_phrase(reader: Reader, at: int) -> Iterator[tuple[Value, int]]:
    """`the start`, `its end time`, `the event starts`, `the class begins`."""
    yield from (
        (field, end) for field, end in reader.slot("field", at) if not _continues(reader, end)
    )
    for items, end in reader.slot("items", at):
        low = reader.low(end)
        if low in {"starts", "start", "begins", "begin", "has"}:
            yield FieldOf(("start",), items), end + (2 if low == "has" else 1)
        if low in {"ends", "end", "closes", "finishes", "expires"}:
            yield FieldOf(("end",), items), end + 1


def _continues(reader: Reader, at: int) -> bool:
    return reader.low(at) in {"of", "'s"}


def _comparisons(reader: Reader, at: int) -> Iterator[tuple[tuple[str, Value], int]]:
    for operator, value, end in _comparison(reader, at):
        yield (operator, value), end


_POINTERS = frozenset("the a an any every such this that".split())


_ORDINALS = frozenset("second further additional new third repeated later another".split())


def _operation(reader: Reader, at: int) -> Iterator[tuple[Operation, int]]:
    """`cancelling twice`, `a second start`, `the booking`, `deleting a list that has tasks`."""
    start = at
    while reader.low(start) in _POINTERS and start < len(reader.tokens):
        start += 1
    ordinal = reader.low(start) in _ORDINALS
    again = ordinal and reader.low(start) in {"second", "repeated", "third", "another"}
    if ordinal:
        start += 1
    for verb, end in reader.slot("doing", start):
        yield from _operation_on(reader, verb, end, again=again)
    for verb, end in reader.slot("do", start):
        if ordinal:
            yield Operation((verb,), again=again), end
    for items, end in reader.slot("items", at):
        if items.entity is not None and (end > at + 1 or items.many):
            yield Operation(("create",), object=items, again=again), end
    if reader.low(start) in {"change", "changes", "update", "edit", "modification"}:
        yield Operation(("update",)), start + 1
    if reader.low(start) in {"deletion", "removal"}:
        yield from _operation_on(reader, "delete", start + 1, again=False)


def _operation_on(
    reader: Reader, verb: str, at: int, *, again: bool
) -> Iterator[tuple[Operation, int]]:
    for items, end in reader.slot(
        "items", at + 1 if reader.low(at) in {"of", "to", "on", "for"} else at
    ):
        for _, stop in _again(reader, end):
            yield Operation((verb,), object=items, again=True), stop
        yield Operation((verb,), object=items, again=again), end
    for _, stop in _again(reader, at):
        yield Operation((verb,), again=True), stop
    yield Operation((verb,), again=again), at


_BEFORE_EACH = frozenset("per for in of by on within from a each to under at".split())


_EACH_WORDS = frozenset("each every the one any same a single given calendar".split())


def _pers(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[Items, ...], bool], int]]:
    """`per member and day`, `for each product`, `in the same poll`."""
    start = at
    if reader.low(start) in _BEFORE_EACH:
        start += 1
    while reader.low(start) in _EACH_WORDS and start < len(reader.tokens):
        start += 1
    if start == at:
        return
    if reader.low(start) in {"day", "date"}:
        yield ((), True), start + 1
        return
    for items, end in reader.slot("items", start):
        if items.entity is None and not items.person:
            continue
        low = reader.low(end)
        if low in {"and", ",", "per"}:
            for (more, per_day), stop in _pers(reader, end):
                yield ((items, *more), per_day), stop
            for (more, per_day), stop in _pers_behind(reader, end + 1):
                yield ((items, *more), per_day), stop
        yield ((items,), False), end


def _pers_behind(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[Items, ...], bool], int]]:
    start = at
    while reader.low(start) in {"each", "every", "the", "per", "for", "same"} and start < len(
        reader.tokens
    ):
        start += 1
    if reader.low(start) in {"day", "date"}:
        yield ((), True), start + 1
        return
    for items, end in reader.slot("items", start):
        if items.entity is not None or items.person:
            yield ((items,), False), end


_BEFORE_NAMES = frozenset("the a an its their same one both by long short".split())


def _names(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[str, ...], ...], int]]:
    """`title, content or category`: known fields."""
    start = at
    while reader.low(start) in _BEFORE_NAMES and start < len(reader.tokens):
        start += 1
    for words, end in _field_words(reader, start):
        joined = end
        while reader.low(joined) in {",", "and", "or", "/", "plus", "as", "well"}:
            joined += 1
        if joined > end:
            for more, stop in _names(reader, joined):
                yield (words, *more), stop
        yield (words,), end


def _article_field(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    start = at + 1 if reader.low(at) in {"a", "an", "the", "each", "every", "no"} else at
    yield from _field_words(reader, start)


REFUSAL_SLOTS: dict[str, SlotFunction] = {
    **PHRASE_SLOTS,
    "again": _again,
    "comparison": _comparisons,
    "dones": _list_of("done"),
    "dos": _list_of("do"),
    "moment": _moment_phrase,
    "names": _names,
    "op": _operation,
    "pers": _pers,
    "timing": _timing,
    "when": _when,
    "field_words": _article_field,
    "participle": lambda reader, at: _participle(reader, at),
    "until": lambda reader, at: _until(reader, at),
    "refused": lambda reader, at: _refused(reader, at),
    "with_rest": lambda reader, at: _with_rest(reader, at),
}


# --- functions -----------------------------------------------------------------------------------


def _status(situation: Situation) -> int | None:
    status = situation.extra.get("status")
    return status if isinstance(status, int) else None


def _condition(captures: Captures) -> tuple[Condition | None, bool]:
    found: tuple[Condition | None, bool] = captures.get("when", (None, True))
    return found


def _passive(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A product that has movements cannot be deleted`."""
    condition, holds = _condition(captures)
    again = bool(captures.get("again"))
    items: Items = captures["items"]
    if (
        {*captures["dones"]} <= UPDATE
        and condition is None
        and not items.where
        and _is_part(items, situation)
    ):
        names = (tuple(situation.extra["entities"][items.entity].word.label.split()),)
        return [Said(names, Thing((items.of[0].entity or "",)), (Trait("immutable"),))]
    operation = Operation(captures["dones"], subject=items, passive=True, again=again)
    if condition is not None and not holds:
        return [Refused(operation, condition, only=True, status=_status(situation))]
    return [Refused(operation, condition, status=_status(situation))]


def _is_part(items: Items, situation: Situation) -> bool:
    """`The trip of a booking`: what a booking refers to, not the trip itself."""
    if len(items.of) != 1 or items.of[0].where:
        return False
    draft = situation.extra.get("entities", {}).get(items.of[0].entity)
    refers = draft is not None and any(
        each.references == items.entity for each in draft.fields.values()
    )
    return items.entity is not None and refers


def _passive_only(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A book can only be lent while a copy is free`; `only drafts can be changed`."""
    condition, holds = _condition(captures)
    operation = Operation(captures["dones"], subject=captures["items"], passive=True)
    if captures.get("once"):
        return [Refused(replace(operation, again=True), None, status=_status(situation))]
    if condition is not None and not holds:
        condition = negate(condition)
    return [Refused(operation, condition, only=True, status=_status(situation))]


def _active(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Blocked customers can't rent`; `a member with an overdue loan cannot borrow`."""
    condition, holds = _condition(captures)
    again = bool(captures.get("again"))
    operation = Operation(
        captures["dos"], subject=captures["items"], object=captures.get("object"), again=again
    )
    if condition is not None and not holds:
        return [Refused(operation, condition, only=True, status=_status(situation))]
    return [Refused(operation, condition, status=_status(situation))]


def _nobody(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Nobody can book a closed trip`: a rule, where it says which trips or when."""
    made: Items = captures["object"]
    if made.entity is None or not (made.where or "when" in captures or "again" in captures):
        return None
    return _active({**captures, "items": Items(None, person=True, words=("one",))}, situation)


def _active_only(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    condition, holds = _condition(captures)
    operation = Operation(captures["dos"], subject=captures["items"], object=captures.get("object"))
    if condition is not None and not holds:
        condition = negate(condition)
    return [Refused(operation, condition, only=True, status=_status(situation))]


def _accepts_no(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A closed ticket takes no more comments`."""
    condition, holds = _condition(captures)
    subject: Items = captures["items"]
    made: Items = captures["object"]
    if made.entity is None:
        return None
    operation = Operation(("create",), subject=subject, object=made)
    if condition is not None and not holds:
        condition = negate(condition)
    return [Refused(operation, condition, status=_status(situation))]


def _none_for(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`No RSVPs for cancelled events`; `no more bids are accepted after the end time`."""
    condition, holds = _condition(captures)
    made: Items = captures["items"]
    if made.entity is None:
        return None
    if not made.of and not made.where and condition is None:
        return None
    if condition is not None and not holds:
        return [
            Refused(
                Operation(("create",), object=made), condition, only=True, status=_status(situation)
            )
        ]
    return [Refused(Operation(("create",), object=made), condition, status=_status(situation))]


def _operation_refused(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Cancelling twice is an error`; `the booking is refused when …`."""
    condition, holds = _condition(captures)
    operation: Operation = captures["op"]
    if operation.verbs == ("create",) and condition is None and operation.object is not None:
        items = operation.object
        if not (items.where or operation.again or any(each.where for each in items.of)):
            return None
        route, states = situation.route, [each for each in items.where if isinstance(each, Being)]
        if acts_on_item(route) and states == [*items.where] != []:
            if (
                owner_of(route, situation) == items.entity
            ):  # empty carts are refused: by the check-out
                when = replace(states[0], subject=Items(items.entity))
                return [
                    Refused(Operation(("route",)), when, status=_status(situation), route=route)
                ]
    if condition is not None and not holds:
        return [Refused(operation, condition, only=True, status=_status(situation))]
    return [Refused(operation, condition, status=_status(situation))]


def _each_again(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST …/complete and POST …/reopen; doing either twice is an error`."""
    entity = _entity_here(situation)
    routes = situation.extra.get("routes") or [situation.route]
    acts = [
        route.segments[-1].lower() for route in routes
        if route is not None and len(route.segments) > 2 and not route.segments[-1].startswith("{")
    ]  # fmt: skip
    if entity is None or not acts:
        return None
    return [
        Refused(
            Operation((act,), object=Items(entity), again=True), None, status=_status(situation)
        )
        for act in dict.fromkeys(acts)
    ]


def _nobody_more(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Nobody gets more than 5 open tasks on a list`: for each list, or else for each person."""
    items: Items = captures["object"]
    if items.entity is None:
        return None
    each = captures.get("each")
    per = (each,) if each is not None and each.entity is not None else items.of
    per = per or (Items(None, person=True, words=("one",)),)
    return [
        Limit(
            replace(items, number=None, of=()),
            int(captures["number"]),
            tuple(per),
            False,
            _status(situation),
        )
    ]


def _named_once(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Per user a name only once`."""
    entity = _entity_here(situation)
    items: Items | None = captures.get("items")
    if entity is None or (items is not None and not items.person and items.entity is None):
        return None
    return [
        Unique(
            entity, captures["names"], (items,) if items is not None else (), (), _status(situation)
        )
    ]


def _operation_only(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Withdrawing is possible only while there is no grade`."""
    condition, holds = _condition(captures)
    if condition is None:
        return None
    condition = condition if holds else negate(condition)
    return [Refused(captures["op"], condition, only=True, status=_status(situation))]


def _topic_only(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`That is possible only while …`: about the operation spoken of last."""
    operation = situation.extra.get("operation")
    condition, holds = _condition(captures)
    if operation is None or condition is None:
        return None
    return [
        Refused(
            operation,
            condition if holds else negate(condition),
            only=True,
            status=_status(situation),
        )
    ]


def _limit(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A member may have at most 3 loans that are not returned`."""
    items: Items = captures["object"]
    if items.entity is None:
        return None
    subject: Items | None = captures.get("items")
    per, per_day = captures.get("pers", ((), False))
    owners = (subject, *per) if subject is not None else tuple(per)
    lows = situation.extra.get("lows", frozenset())
    nobody = subject is not None and subject.quantifier == "no" and "more" not in lows
    most = captures["number"] - (1 if captures.get("below") or nobody else 0)
    if (not owners and not items.of) or most < 1:
        return None
    return [Limit(replace(items, number=None), int(most), owners, per_day, _status(situation))]


def _limit_one(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return _limit({**captures, "number": 1}, situation)


NTH = "second third fourth fifth sixth seventh eighth ninth tenth eleventh".split()


def _nth(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A third firing for the same kiln is refused`: there are two at most."""
    low = captures["nth"].low
    if low not in NTH:
        return None
    return _limit({**captures, "number": NTH.index(low) + 1}, situation)


def _two(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`I can't hold two bookings for the same class`."""
    items: Items = captures["object"]
    number = items.number or captures.get("number") or 2
    return _limit(
        {**captures, "object": replace(items, number=None), "number": number - 1}, situation
    )


def _capacity(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`There cannot be more attendees than the room's capacity`."""
    left, right = captures["left"], captures["right"]
    match left, right:
        case Count(items=Items(of=()) as items), FieldOf(owner=Items(entity=str()) as owner):
            if items.entity != owner.entity:  # those of the room, not all that there are
                left = Count(replace(items, of=(owner,)))
        case _:
            pass
    return [_held(left, "<=", right, situation)]


def _held(
    left: Value, operator: str, right: Value, situation: Situation, entity: str | None = None
) -> Holds:
    """`No more firings in a kiln than its places`: the places of that kiln, held by its firings."""
    match left, right:
        case (
            Count(items=Items(of=(Items(entity=str()) as owner, *_)) as items),
            FieldOf(owner=None | Items(entity=None)),
        ):
            right, entity = replace(right, owner=replace(owner, quantifier="the")), items.entity
        case _:
            pass
    return Holds(Compare(left, operator, right), entity, _status(situation))


def _no_more_than_places(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A course takes no more pupils than it has places`: those that an item ties to it."""
    owner, items = captures["items"], captures["object"]
    if owner.entity is None or items.entity is None or owner.where or len(captures["names"]) != 1:
        return None
    limit = FieldOf(captures["names"][0], replace(owner, quantifier="the"))
    tied = _tying(items.entity, owner.entity, situation)
    if tied is None or items.where:
        return None
    count = Count(Items(tied, of=(owner,), many=True))
    return [Holds(Compare(count, "<=", limit), tied, status=_status(situation))]


def _tying(one: str, other: str, situation: Situation) -> str | None:
    """The entity whose items are counted: pupils in a course are enrolments."""
    found: dict[str, list[str | None]] = {
        name: [field.references for field in draft.fields.values()]
        for name, draft in situation.extra.get("entities", {}).items()
    }
    if other in found.get(one, []):
        return one
    both = [name for name, targets in found.items() if {one, other} <= {*targets}]
    if len(both) > 1:  # grades tie them as well, but an enrolment does nothing else
        both = [name for name in both if len(found[name]) == 2]
    return both[0] if len(both) == 1 else None


def _done_once_in(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A pupil is enrolled in the same course only once`."""
    subject, other = captures["items"], captures["object"]
    if subject.entity is None or other.entity is None or len(captures["dones"]) != 1:
        return None
    nouns = noun_for(captures["dones"][0])
    lexicon = situation.vocabulary.lexicon
    made = next((word for noun in nouns if (word := lexicon.find([noun])) is not None), None)
    if made is None or made.name in {subject.entity, other.entity}:
        return None
    operation = Operation(
        ("create",), subject=subject, object=Items(made.name, of=(other,)), again=True
    )
    return [Refused(operation, None, status=_status(situation))]


def _not_done(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Donations are not changed or deleted`: a rule, where no state or flag is meant."""
    if not {*captures["dones"]} <= CREATE_NO_MORE or captures["items"].where:
        return None
    return _passive(captures, situation)


CREATE_NO_MORE = frozenset(
    "change delete update edit remove modify alter correct erase rewrite touch".split()
)


def _at_least(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Never to fewer places than it has bookings`."""
    return [Holds(Compare(captures["left"], ">=", captures["right"]), status=_status(situation))]


def _must_compare(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    operator, right = captures["comparison"]
    left = _main_value(captures)
    if (
        isinstance(right, Literal)
        and isinstance(left, FieldOf)
        and left.owner is None
        and (
            not isinstance(right.value, tuple)
            and operator in {"==", ">=", "<=", ">", "<"}
            and not _is_span(right)
        )
    ):
        return None  # a bound of one field: said elsewhere
    return [_held(left, operator, right, situation, _entity_of(captures))]


def _is_span(literal: Literal) -> bool:
    return hasattr(literal.value, "unit")


_FLIP = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}


def _must_not_compare(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    operator, right = captures["comparison"]
    flipped = {**captures, "comparison": (_FLIP[operator], right)}
    return _must_compare(flipped, situation)


def _main_value(captures: Captures) -> Value:
    value = captures.get("value")
    if value is not None:
        return value  # type: ignore[no-any-return]
    items: Items = captures["items"]
    return FieldOf((), items)


def _entity_of(captures: Captures) -> str | None:
    items: Items | None = captures.get("items")
    return items.entity if items is not None else None


def _never_below(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    operator = ">=" if captures.get("below") else "<="
    right: Value = captures["right"]
    if captures.get("minus"):
        right = Arithmetic("-", Literal(0), right)
    return [Holds(Compare(captures["value"], operator, right), status=_status(situation))]


def _apart(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Transfers between accounts of different currencies, or from an account to itself`."""
    items: Items = captures["items"]
    part: Items = captures.get("part") or captures["parts"]
    if items.entity is None or part.entity is None or items.entity == part.entity:
        return None
    return [
        Apart(
            items.entity,
            part.entity,
            captures.get("names", ()),
            ("part" in captures and "names" not in captures)
            or ("parts" in captures and "part" in captures),
            _status(situation),
        )
    ]


def _different(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    left, right = captures["left"], captures["right"]
    operator = "==" if captures.get("same") else "!="
    return [Holds(Compare(left, operator, right), status=_status(situation))]


def _no_overlap(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    items: Items = captures["items"]
    if items.entity is None:
        if situation.topic is None or situation.vocabulary is None:
            return None
        word = situation.vocabulary.lexicon.thing(situation.topic)
        if word is None:
            return None
        items = replace(items, entity=word.name)
    per = captures.get("pers", ((), False))[0]
    subject = captures.get("subject")
    owners = (*items.of, *per, *((subject,) if subject is not None else ()))
    return [NoOverlap(replace(items, of=()), owners, _status(situation))]


def _double_booked(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A tool cannot be rented twice for the same day`."""
    subject: Items = captures["items"]
    verbs = situation.vocabulary.verbs if situation.vocabulary else {}
    for verb in captures["dones"]:
        entity = verbs.get(verb)
        if entity is not None:
            return [NoOverlap(Items(entity), (subject,), _status(situation))]
    return None


def _shared(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`No two agents share an address`; `the same email cannot be used twice`."""
    items: Items | None = captures.get("items")
    entity = items.entity if items is not None else None
    per = (*(items.of if items is not None else ()), *captures.get("pers", ((), False))[0])
    names = captures.get("names", ())
    where = items.where if items is not None else ()
    if situation.extra.get("either") and len(names) > 1 and not per:
        return [Unique(entity, (each,), per, where, _status(situation)) for each in names]
    return [Unique(entity, names, per, where, _status(situation))]


def _two_alike(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A user cannot have two readings for the same date and time`: the moment and the owner are the key."""
    items: Items = captures["object"]
    subject: Items = captures["subject"]
    if items.entity is None or not (subject.person or subject.entity):
        return None
    names = captures.get("names") or (("!moment",),)
    return [Unique(items.entity, names, (subject,), (), _status(situation))]


def _one_per(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`One RSVP per email and event`; `one account per address`."""
    items: Items = captures["items"]
    if items.number not in {None, 1} and items.quantifier not in {"one", "only"}:
        return None
    if items.entity is None:
        return None
    names, of = keys_of(captures["rest"], situation)
    if not names and not of:
        return None
    owner = (captures["owner"],) if "owner" in captures else ()
    return [Unique(items.entity, names, (*owner, *items.of, *of), items.where, _status(situation))]


def _none_after(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`changes to "cancelled", and nobody can answer any more`: once that state is reached."""
    reached, entity = situation.extra.get("reached"), _entity_here(situation)
    vocabulary = situation.vocabulary
    made = vocabulary.verbs.get(captures["do"])
    for noun in noun_for(captures["do"]) if made is None else ():
        word = vocabulary.lexicon.find([noun])
        made = made or (word.name if word is not None else None)
    if reached is None or entity is None or made in {None, entity}:
        return None
    when = Being(Items(entity), (str(reached).lower(),))
    operation = Operation(("create",), object=Items(made))
    return [Refused(operation, when, status=_status(situation))]


def _successive(
    captures: Captures, situation: Situation, *, later: bool = False
) -> Iterable[Fact] | None:
    """`The first bid has to reach the start price`; `after that a bid has to be at least …`."""
    items: Items = captures["items"]
    if items.entity is None:
        return None
    operator, right = captures.get("comparison") or (">=", captures["value"])
    operator = ">=" if operator == "==" else operator
    left = FieldOf((), Items(items.entity))
    return [Successive(Compare(left, operator, right), items.entity, later, _status(situation))]


def _not_own(
    captures: Captures, situation: Situation, *, again: bool = False, needs: str = ""
) -> Iterable[Fact] | None:
    """`Nobody may bid on their own item`; below `What is not allowed?` the gerund alone says so."""
    if needs and needs not in captures and not situation.extra.get("forbids"):
        return None
    return [NotOneself(captures["do"], again, _status(situation))]


def _waits(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Whoever has the highest bid waits for somebody else`."""
    items: Items = captures["items"]
    verbs = situation.vocabulary.verbs
    verb = next((word for word, entity in verbs.items() if entity == items.entity), None)
    return [NotOneself(verb, True, _status(situation))] if verb is not None else None


def _refused(reader: Reader, at: int) -> Iterator[tuple[bool, int]]:
    for end, _ in compile_pattern(_REFUSED).prefixes(reader, at):
        yield True, end


def _until(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    """`up to 2 hours before the start`, `until it starts`: how long something is possible."""
    words = {"up", "until", "at", "no", "not", "within"}
    if reader.low(at) in words:
        yield from _timing(reader, at)


def _this_until(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST … cancels a booking, up to 2 hours before the start`: possible only then."""
    route = situation.route
    if route is None or route.method == "GET" or not situation.extra.get("has_route"):
        return None
    return [
        Refused(
            Operation(("route",)),
            captures["until"],
            only=True,
            status=_status(situation),
            route=route,
        )
    ]


def _this_refused(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST … makes an account "closed"; it must be refused with 409 unless the balance is 0`."""
    route = situation.route
    if route is None or route.method == "GET" or not situation.extra.get("has_route"):
        return None
    status = captures.get("number") or _status(situation)
    facts: list[Fact] = []
    for name in ("when", "second"):
        if name in captures:
            condition, holds = captures[name]
            facts.append(
                Refused(
                    Operation(("route",)), condition, only=not holds, status=status, route=route
                )
            )
    return facts


def _participle(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """The participle as it stands: missed."""
    for _, end in reader.slot("done", at):
        yield " ".join(reader.low(place) for place in range(at, end)), end


def _too_many_done(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A patient who has missed two appointments cannot make another one`."""
    subject, counted = captures["subject"], captures["object"]
    made: Items = captures.get("made") or counted
    if subject.entity is None or counted.entity is None or made.entity is None:
        return None
    state = Being(None, tuple(captures["state"].split()))
    items = replace(
        counted, where=(*counted.where, state), of=(Items(subject.entity),), number=None
    )
    when = Compare(Count(items), ">=", Literal(captures["number"]))
    return [
        Refused(Operation(("create",), object=Items(made.entity)), when, status=_status(situation))
    ]


def _frozen(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`An archived flag … and its settings are frozen`: nothing about them changes."""
    owner: Items = captures["items"]
    made: Items = captures["object"]
    if owner.entity is None or made.entity is None or not owner.where:
        return None
    bound = tuple(bind(each, Items(owner.entity)) for each in owner.where)
    when = bound[0] if len(bound) == 1 else AllOf(bound)
    return [
        Refused(Operation((verb,), object=Items(made.entity)), when, status=_status(situation))
        for verb in ("create", "update", "delete")
    ]


def _once_only(
    captures: Captures, situation: Situation, *, needs: bool = True
) -> Iterable[Fact] | None:
    """`… changes to "cancelled", only once`: the action of the route spoken of."""
    route, entity = situation.route, _entity_here(situation)
    named = captures["word"].low if "word" in captures else "one"
    if route is None or named not in {"one", "time", "try", "attempt", "call"}:
        parts = route.segments[-1:] if route is not None else ()
        if singular(named) not in {part.lower() for part in parts}:
            return None  # a second result is refused
    reached = situation.extra.get("reached") is not None or not needs
    if not reached or route is None or entity is None:
        return None
    if len(route.segments) < 3 or route.segments[-1].startswith("{"):
        return None
    operation = Operation((route.segments[-1].lower(),), object=Items(entity), again=True)
    return [Refused(operation, None, status=_status(situation))]


def _once_per(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`I answer once per event and email address`: of what the verb makes, or of what is spoken of."""
    entity = situation.vocabulary.verbs.get(captures["do"]) or _entity_here(situation)
    names, of = keys_of(captures["rest"], situation)
    if entity is None or not (names or of):
        return None
    return [Unique(entity, names, of, (), _status(situation))]


def _one_of_topic(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Applications …, one per adopter and animal`: of what the statement is about."""
    entity = situation.extra.get("topic")
    names, of = keys_of(captures["rest"], situation)
    if entity is None or not (names or of):
        return None
    return [Unique(entity, names, of, (), _status(situation))]


_KEY_JOINTS = frozenset(
    "and , per the each same a one any every . for in by of at with from on both its their together combination".split()
)


def keys_of(
    tokens: Iterable[Any], situation: Situation
) -> tuple[tuple[tuple[str, ...], ...], tuple[Items, ...]]:
    """Sort `email and event` into fields and other items; nothing where one of them is neither."""
    reader = Reader(tuple(tokens), REFUSAL_SLOTS, situation)
    names, of, end = _read_keys(reader, 0, situation)
    return (names, of) if end == len(reader.tokens) else ((), ())


def _read_keys(
    reader: Reader, at: int, situation: Situation
) -> tuple[tuple[tuple[str, ...], ...], tuple[Items, ...], int]:
    """Read fields and other items up to the first word that is neither; tell where that is."""
    names: list[tuple[str, ...]] = []
    of: list[Items] = []
    end = at
    while at < len(reader.tokens):
        if reader.low(at) in _KEY_JOINTS:
            at += 1
            end = at if at == len(reader.tokens) else end
            continue
        items = next(
            (
                (each, stop)
                for each, stop in reader.slot("items", at)
                if (each.entity or each.person) and not each.where
            ),
            None,
        )
        if items is not None:
            of.append(replace(items[0], also=()))
            of.extend(Items(entity) for entity in items[0].also)
            at = end = items[1]
            continue
        words = next(iter(_field_words(reader, at)), None)
        if words is None and reader.low(at) in {"day", "date"}:
            words = (_dated_by(situation), at + 1)
        if words is None:
            break
        names.append(words[0])
        at = end = words[1]
    return tuple(names), tuple(of), end


def _dated_by(situation: Situation) -> tuple[str, ...]:
    """The field that `one day` means: the date, or the only field that is some date."""
    fields = situation.vocabulary.fields
    known = [(each,) for each in ("date", "day") if (each,) in fields]
    dates = known or [words for words in fields if words[-1] in {"date", "day"}]
    return dates[0] if len(dates) == 1 or known else ("!day",)


def _route_once(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`That works once`, behind what a route does."""
    route = situation.route
    if route is None or route.method != "POST" or len(route.segments) < 3:
        return None
    word = situation.vocabulary.lexicon.by_segment(route.segments[-3])
    topic = word.name if word is not None else situation.extra.get("topic")
    if topic is None:
        return None
    operation = Operation(
        (route.segments[-1].lower(),), subject=Items(topic), passive=True, again=True
    )
    return [Refused(operation, status=_status(situation))]


def _several_keys(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    """`title by the same author`, `the flat and the date`: at least two, one of them a field."""
    names, of, end = _read_keys(reader, at, reader.context)
    if names and len(names) + len(of) > 1:
        yield (names, of), end


REFUSAL_SLOTS["several_keys"] = _several_keys


def _unique_keys(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The same title by the same author is not suggested twice`."""
    names, of = captures["several_keys"]
    items: Items | None = captures.get("made")
    more = captures.get("names", ())
    topic = situation.extra.get("topic")
    entity = items.entity if items is not None and items.entity else topic
    of = tuple(each for each in of if each.entity != entity)
    if len(names) + len(more) + len(of) < 2:
        return None
    return [Unique(entity, (*names, *more), of, (), _status(situation))]


def _sum_limit(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Holds(Compare(captures["value"], "<=", captures["right"]), status=_status(situation))]


def _route_refused(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`409 if there is a recipe with that title`, in the row of a route."""
    route, status = situation.route, captures["http"]
    if route is None or status not in {400, 403, 409, 422}:
        return None
    return [
        Refused(
            Operation(("route",)),
            captures["condition"],
            only=bool(captures.get("only")),
            status=status,
            route=route,
        )
    ]


def _taken(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`409 if the title is taken`."""
    if captures["http"] not in {400, 409, 422} or len(captures["names"]) != 1:
        return None
    return [Unique(None, captures["names"], status=captures["http"])]


def _not_twice(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`not twice for the same day`, below a route or a name."""
    entity = _entity_here(situation)
    names, of = keys_of(captures["rest"], situation)
    words = {token.low for token in captures["rest"]}
    if words & {"day", "date"} and not names:
        names = (("date",),)
    if entity is None or not (names or of):
        return None
    return [Unique(entity, names, of, (), _status(situation))]


def _entity_here(situation: Situation) -> str | None:
    topic = situation.extra.get("topic")
    return topic if isinstance(topic, str) else None


def _closed(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`All other steps are refused`: what is not allowed is refused anyway."""
    return [Context()]


def _one_of(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The option must be one of the poll's options`."""
    left, right = captures["field"], captures["right"]
    if right.owner is None:
        return None
    return [Holds(Compare(left, "included", right), status=_status(situation) or 422)]


def _frozen_then(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… makes it "sent"; after that it is fixed`: in the state that was reached nothing changes it."""
    reached = situation.extra.get("reached")
    items: Items | None = captures.get("items")
    if not isinstance(reached, str) or (items is not None and items.entity is None):
        return None
    operation = Operation(("change", "delete"), subject=items or Items(None), passive=True)
    return [Refused(operation, Being(None, (reached.lower(),)), status=_status(situation))]


def _one_inside(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A solution outside of options is refused`: it has to be an index, or one of them."""
    inside = Compare(captures["left"], "included", captures["right"])
    return [Holds(inside, status=_status(situation) or captures.get("status"))]


def _distinct(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The options must be different`: of several values; one value that is unique is another thing."""
    if not is_plural(captures["field"].words[-1]):
        return None
    return [Holds(Compare(captures["field"], "distinct", Literal(True)), status=_status(situation))]


def _field_once(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A voter must not vote twice in the same poll`."""
    made = situation.vocabulary.verbs.get(captures["do"])
    items = captures.get("items")
    if made is None:
        return None
    of = (replace(items, where=()),) if items is not None and items.entity is not None else ()
    return [Unique(made, (captures["field_words"],), of, (), _status(situation))]


def _unknown_when(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`We cannot let a car in when all spaces are taken`: only fullness tells what is meant."""
    condition = captures["condition"]
    if not isinstance(condition, Being) or not {"taken", "full", "free", "enough"} & set(
        condition.words
    ):
        return None
    return [Refused(Operation(("create",)), condition, status=_status(situation))]


def _sum_over(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The courses in which a student is enrolled add up to at most 30 credits`."""
    made = situation.vocabulary.verbs.get(captures["done"])
    things, who = captures["things"], captures["who"]
    field = captures.get("field")
    if made is None or field is None:
        return None
    condition = captures.get("with_rest")
    where = (condition,) if condition is not None else ()
    items = Items(made, where, (Items(who.entity, person=who.person),), many=True)
    total = Fold("sum", FieldOf(field.words, Items(things.entity)), items)
    return [Holds(Compare(total, "<=", Literal(captures["number"])), made, _status(situation))]


def _with_rest(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    """`without a grade` behind a verb."""
    if reader.low(at) in {"with", "without"}:
        negated = reader.low(at) == "without"
        start = at + 2 if reader.low(at + 1) in {"a", "an", "the", "any"} else at + 1
        for words, end in _field_words(reader, start):
            yield Having(None, FieldOf(words), negated), end


_ACCEPT = "(takes|take|accepts|accept|allows|allow|gets|get|receives|receive|admits|has|have|can have|may have)"
_MOMENT = "(date and time|day and time|time and date|moment|point in time|timestamp|instant)"
_MAKE = "(have|hold|make|own|keep|borrow|create|submit|place|post|write|book|open|register|add|contain|take|enter|run|start|reserve|send|rent|be in)"
_TAKES = "(take|takes|have|has|accept|accepts|hold|holds|admit|admits|get|gets|contain|contains|seat|seats)"
_IT_HAS = "[(it|there|they|its|their|the <noun>)] [(has|have|is|are|offers|offer)]"
_GETS = "(get|gets|has|have|hold|holds|keep|keeps|make|makes|own|owns|open|opens|take|takes|book|books|start|starts|need|needs)"
_HAS = "(have|has|hold|holds|take|takes|get|gets|contain|contains)"
_AT_MOST = "(at most|only|only ever|just|no more than|not more than|never more than)"
_TWICE = "(twice|two times|again|more than once|several times|a second time)"
_AT_ONCE = "[(at home|out|on loan|in hand|with them|at the same time|at home at a time|out at a time|at home at once|out at once|at home at the same time|out at the same time|on loan at a time|on loan at the same time|at once|at a time|at any time|simultaneously|in total|altogether|at any one time|in parallel|together|on it|at most|overall)]"

_SOMEBODY = "(people|you|one|they|users|a user|i|we|members|somebody)"

REFUSALS: tuple[tuple[str, Recogniser], ...] = (
    # --- an action that is done once
    ("(that|this|it|which) (works|is possible|goes|can be done|CAN be done|happens|is allowed|succeeds|CAN happen) [(only|just|exactly)] once [only]", _route_once),
    ("(doing|trying|calling) (it|this|that) (twice|again|a second time) (is|gives|fails|is refused|is an error|is not possible)", _route_once),
    (f"(a|the|any) (second|repeated|further|another|later|third) (call|attempt|try|request|time) {_REFUSED} [with <number>]", _route_once),
    ("(that|this|it|which) CANNOT be (repeated|undone|done again|called again|done twice|reversed)", _route_once),
    ("(it|this|that) (answers|gives|returns|is) [with] [a|an] <number> (if|when|where) (that|this|it) (was|has been|is) [already] done [(before|already)]", _route_once),
    ("[the] (first|very first) <items> MUST [(always|be)] [(be|reach|match|meet|be worth)] <comparison>", _successive),
    ("[the] (first|very first) <items> MUST (reach|match|meet) <value>", _successive),
    ("(after that|from then on|later|afterwards|thereafter|then|after the first) [(every|any|each)] [(further|later|new|other|next)] <items> MUST [(always|be)] [be] <comparison>", lambda c, s: _successive(c, s, later=True)),
    ("(every|any|each|all) (further|later|following|next|other) <items> MUST [(always|be)] [be] <comparison>", lambda c, s: _successive(c, s, later=True)),
    # --- how many
    (f"<items> CAN [only] {_MAKE} (at most|up to|no more than|not more than|a maximum of|max|maximum|only) <number> <items:object> {_AT_ONCE} [<pers>] {_AT_ONCE}", _limit),
    (f"<items> CAN [only] {_MAKE} (at most|up to|no more than|not more than|a maximum of|only) <number> <items:object> (for|of|on|in) [(the same|each|every|a|one)] <items:each>", _limit),
    (f"<items> CANNOT {_MAKE} more than <number> <items:object> {_AT_ONCE} [<pers>] {_AT_ONCE}", _limit),
    (f"no <items> CAN {_MAKE} more than <number> <items:object> {_AT_ONCE} [<pers>] {_AT_ONCE}", _limit),
    (f"<items:owner> [(CAN|never)] {_HAS} {_AT_MOST} <items> (on|in|at|for) (a|an|the same|any|each|every|the one|a single) <rest>", _one_per),
    (f"(per|for each|for every|for one) <items:owner> [,] there (is|are|CAN be|CAN only be) [{_AT_MOST}] <items> (per|a|an|each|every|on a|on any|in a|on the same|on one) <rest>", _one_per),
    (f"<items> [CAN] {_HAS} <number> <items:object> (at most|at the most|at the very most|and no more) {_AT_ONCE}", _limit),
    (f"(the (limit|maximum|upper limit) is|(we|you|they) (allow|permit|accept|take) [{_AT_MOST}]) <number> <items:object> <pers> {_AT_ONCE} [, (never|not|no) more]", _limit),
    (f"(a|the) <word:nth> <items:object> (for|of|in|on|at) [the same] <items> {_REFUSED}", _nth),
    (f"<items> never {_HAS} more than <number> <items:object> {_AT_ONCE} [<pers>] {_AT_ONCE}", _limit),
    (f"<items> (has|have|is limited to|are limited to|holds|hold|contains) [(at most|up to|no more than|a maximum of)] <number> <items:object> {_AT_ONCE}", _limit),
    (f"<items> (is|are) limited to <number> <items:object> {_AT_ONCE} [<pers>]", _limit),
    (f"(at most|no more than|not more than|up to|a maximum of|maximum|max) <number> <items:object> <pers> {_AT_ONCE}", _limit),
    (f"[there (is|are|can be|may be)] (at most|no more than|a maximum of) <number> <items:object> <pers> {_AT_ONCE}", _limit),
    (f"<items> CAN only {_MAKE} (one|a single) <items:object> {_AT_ONCE} [<pers>] {_AT_ONCE}", _limit_one),
    (f"<items> CAN {_MAKE} only (one|a single) <items:object> {_AT_ONCE} [<pers>] {_AT_ONCE}", _limit_one),
    (f"<items> CANNOT {_MAKE} more than (one|a single) <items:object> {_AT_ONCE} [<pers>] {_AT_ONCE}", _limit_one),
    (f"<items> CANNOT {_MAKE} (two|several|multiple) <items:object> {_AT_ONCE}", _two),
    (f"[and] <items:subject> CANNOT {_MAKE} [(two|several|multiple|more than one|a second)] <items:object> (for|at|on|of|with) [exactly] (the|one and the) (same|identical) ({_MOMENT}|<names>)", _two_alike),
    (f"<items> CANNOT {_MAKE} a second <items:object> {_AT_ONCE}", _two),
    # --- overlap
    ("[no|any] two <items> [<pers>] CANNOT (overlap|collide|clash|intersect|(share|fall on) (a|the same|any) (day|date|time|slot)|(be|take place|happen) at the same time)", _no_overlap),
    ("no two <items> [<pers>] (CAN|must) (overlap|collide|clash|intersect|(share|fall on) (a|the same|any) (day|date|time|slot)|(be|take place|happen) at the same time)", _no_overlap),
    ("<items> [<pers>] CANNOT (overlap|collide|clash|intersect) [(each other|one another|in time)]", _no_overlap),
    ("[<items>] CANNOT overlap [with] [(any|the)] [other] <items> [<pers>]", _no_overlap),
    ("<items:subject> CANNOT (have|hold|be in|attend|teach|give|lead|take|work|run) [(two|several|more than one|overlapping|multiple)] <items> (at the same time|that overlap|at once|at overlapping times|simultaneously|which overlap|overlapping)", _no_overlap),
    ("<items:subject> CANNOT (have|hold|attend|teach|work) overlapping <items>", _no_overlap),
    ("<items> CANNOT be (double-booked|booked twice at the same time|double booked)", _double_booked),
    ("<items> CANNOT be <dones> (twice|more than once|again|by two <thing>|several times) (at the same time|on the same day|for the same (time|day|period|dates)|for overlapping (times|periods|dates)|at once|on overlapping days)", _double_booked),
    ("overlapping <items> [<pers>] " + _REFUSED, _no_overlap),
    ("<items> that overlap [(with )] [(another|each other|one another|an existing one|other ones)] [<pers>] " + _REFUSED, _no_overlap),
    # --- nothing twice
    ("no two <items> [(CAN|must)] (share|have|carry|use) [(the same|an|a|one|their|identical|equal)] <names> [<pers>]", _shared),
    ("[(we|i) (want|wish|allow|accept)] no two <items> (with|having|who have|who share|that have|that share|sharing) [(the|an|a)] [same] <names>", _shared),
    ("no two <items> [(CAN|must)] (have|be|use|share) [the] (same|identical|equal) <names>", _shared),
    ("[there] (CANNOT|can not) be (two|several|more than one|another|duplicate) <items> with [the] same <names> [<pers>]", _shared),
    ("(nobody|no one|no <items>) (CAN|CANNOT|can) be (entered|registered|added|created|signed up|stored) (twice|again|more than once) with [the] same <names>", _shared),
    ("two <items> CANNOT (have|share|use) [the] [same] <names> [<pers>]", _shared),
    (f"[(the|a|an|no|any)] [same] [(pair|combination)] [of] <several_keys> [together] [CAN|CANNOT] [(not|never)] [be] [(<dones>|there|occur|occurs|appear|appears|exist|exists|come|comes)] [together] [only] ({_TWICE}|once)", _unique_keys),
    ("[(the|a|each|every)] [(pair|combination)] [of] <several_keys> [together] (is|are|must be|have to be|has to be) [(together|jointly|as a pair|in combination)] unique [(together|jointly|as a pair|in combination)]", _unique_keys),
    ("(no|any|never) two <items:made> (of|by|on|for|in|at|from|with) [the] same <several_keys>", _unique_keys),
    ("two <items:made> CANNOT (have|share|be for|be on|be in|be at) [the] same <several_keys>", _unique_keys),
    ("[(no|never)] two <items:made> (of|by|on|for|in|at|from|with) [the] same <items:object> [CAN] [CANNOT] (have|share|carry|use) [the] same <names>", lambda c, s: _unique_keys({**c, "several_keys": ((), (c["object"],))}, s)),
    ("[(no|never)] two <items:made> (of|by|on|for|in|at|from|with) [the] same <names:second> [CAN] [CANNOT] (have|share|carry|use) [the] same <names>", lambda c, s: _unique_keys({**c, "several_keys": (c["second"], ())}, s)),
    (f"(nobody|no one|no <items:x>|you|one) [CAN|CANNOT] <dos> [the] same <several_keys> [{_TWICE}]", _unique_keys),
    ("there (CANNOT be|CAN never be|is never|are never|is not) (a second|another|two|more than one) <items:made> (with|of|by|for|on|in|at) [the] [same] <several_keys>", _unique_keys),
    ("[the] same <names> CANNOT be <dones> (twice|again|more than once|a second time|by two <items>|for two <items>) [<pers>]", _shared),
    ("[the] same <names> CANNOT (appear|occur|exist) (twice|again|more than once)", _shared),
    ("[each|every|an|a|the] <names> (is|can be|may be|must be) (used|taken|assigned|registered) only (once|one time) [<pers>]", _shared),
    ("[only] <items> (per|for each|for every) <rest>", _one_per),
    ("[each|every|an|a|the|any] <names> [CAN] (appear|occur|be used|exist|be taken|be registered|be entered|be given|appears|occurs|exists|is used|is taken|is there|comes up) (only|just|at most|exactly) (once|one time) [<pers>]", _shared),
    ("[(only|at most|just|max)] one (per|for each|for every) <rest>", _one_of_topic),
    ("[there (is|are|can be|may be)] never more than one <items> (per|on|for|in|at) [(each|every|a|one|the)] [same] <rest>", lambda c, s: _one_per({**c, "items": replace(c["items"], number=1)}, s)),
    ("(no two|never two) <items> [(are|can be|may be|take place|fall)] (on|for|in|at) [the] same <rest>", lambda c, s: _one_per({**c, "items": replace(c["items"], number=1)}, s)),
    ("<items> [CAN|may] [only] <do> [(it|them|<items:ignored>)] [(only|just|exactly)] once [only] (per|for each|for every|in each) <rest>", _once_per),
    ("[(only|just|at most|exactly)] one [(only|each)] (per|for each|for every) <rest>", _one_of_topic),
    # --- comparisons
    ("there CANNOT be more <value:left> than <value:right>", _capacity),
    ("there CANNOT be fewer <value:left> than <value:right>", _at_least),
    (f"more <value:left> than <value:right> {_REFUSED}", _capacity),
    (f"fewer <value:left> than <value:right> {_REFUSED}", _at_least),
    ("<value> MUST [(always|be)] [be|lie|come|start|end] <comparison>", _must_compare),
    ("<items> MUST [(always|be)] be <comparison>", _must_compare),
    ("<value> [MUST] (is|are|comes|lies|has to be) [always] <comparison>", _must_compare),
    ("<value> CANNOT [(be|lie|come|start|end)] <comparison>", _must_not_compare),
    ("<items> CANNOT be <comparison>", _must_not_compare),
    ("<value> (CANNOT|never) [(fall|falls|drop|drops|go|goes|sink|sinks|get|become|be|is)] (below|under|less than) <value:right>", lambda c, s: _never_below({**c, "below": True}, s)),
    ("<value> (CANNOT|never) (exceed|exceeds|(go|goes|rise|rises|grow|be) (above|over|beyond)) <value:right>", _never_below),
    ("<value> (CANNOT|never) [(be|become|becomes|get|go|fall|turn)] negative", lambda c, s: _never_below({**c, "below": True, "right": Literal(0)}, s)),
    ("<value> [must] (adds|add) up to (at most|no more than|not more than|a maximum of) <value:right>", _sum_limit),
    (f"[(a|an|any|the)] <field:left> {_OUTSIDE} [(the|its)] <field:right> {_REFUSED} [with <number:status>]", _one_inside),
    ("<field:left> and <field:right> MUST (be different|differ|not be (the same|equal)|be distinct) [from each other]", _different),
    ("<field:left> MUST (be different from|differ from|not be the same as|not equal) <field:right>", _different),
    ("<field:left> CANNOT (be the same as|be equal to|equal|be) <field:right>", _different),
    ("<field:left> and <field:right> CANNOT be (the same|equal|identical)", _different),
    ("<field:left> and <field:right> MUST be [the] (same|equal|identical)", lambda c, s: _different({**c, "same": True}, s)),
    ("<field:left> MUST (be the same as|equal|match|be equal to) <field:right>", lambda c, s: _different({**c, "same": True}, s)),
    (f"(<items>|{_SOMEBODY}) CANNOT <do> [(on|for|to|in|about|at)] [(your|their|his|her|my|one 's|its)] own <noun>", _not_own),
    (f"(<items>|{_SOMEBODY}) CANNOT <do> against (yourself|oneself|themselves|himself|herself|myself)", lambda c, s: _not_own(c, s, again=True)),
    ("(nobody|no one) [(can|may|must|is allowed to)] (<do>|<does:do>) [(on|for|to|in|about|at)] [(their|his|her|my|one 's|its)] own <noun>", _not_own),
    ("(nobody|no one) [(can|may|must|is allowed to)] (<do>|<does:do>) against (themselves|himself|oneself)", lambda c, s: _not_own(c, s, again=True)),
    ("<doing:do> [(on|for|to|in|about|at)] [(your|their|his|her|my|one 's|its)] own <noun> [<refused>]", lambda c, s: _not_own(c, s, needs="refused")),
    ("<doing:do> against (yourself|oneself|themselves|himself|herself) [<refused>]", lambda c, s: _not_own(c, s, again=True, needs="refused")),
    ("whoever has the (highest|best|latest|last|top|leading) <items> (waits|must wait|has to wait|cannot <do>) [(for|until) <phrase>]", _waits),
    ("<moment:left> (after|later than|only after|not before) <moment:right>", lambda c, s: [Holds(Compare(c["left"], ">", c["right"]), status=_status(s))]),
    ("<moment:left> (before|earlier than|not after) <moment:right>", lambda c, s: [Holds(Compare(c["left"], "<", c["right"]), status=_status(s))]),
    ("<value> (CANNOT|never) [(fall|falls|drop|drops|go|goes|sink|sinks|be|is)] (below|under|less than) (minus|the negative of) <value:right>", lambda c, s: _never_below({**c, "below": True, "minus": True}, s)),
    ("no <value> CAN (fall|go|drop|sink|be) (below|under|less than) (minus|the negative of) <value:right>", lambda c, s: _never_below({**c, "below": True, "minus": True}, s)),
    ("no <value> CAN (fall|go|drop|sink|be) (below|under|less than) <value:right>", lambda c, s: _never_below({**c, "below": True}, s)),
    ("<items> CANNOT (take part in|be used (in|for)|be part of|be involved in|be touched by) (any of (these|them|those)|these|them|any <noun>|a <noun>)", lambda c, s: [Barred(c["items"], _status(s))] if c["items"].where else None),
    (f"<items> between <items:parts> (of|with|in|having) (different|differing|two) <names> [[,] (or|and) from <items:part> to (itself|themselves|the same <noun>)] [,] {_REFUSED}", _apart),
    (f"<items> from <items:part> to (itself|themselves|the same <noun>|another <noun> (of|with|in) (a different|another) <names>) [,] {_REFUSED}", _apart),
    ("<items> CANNOT (go|lead|be made|be|happen) from <items:part> to (itself|themselves|the same <noun>)", _apart),
    # --- refused operations
    ("<items> [CAN] (is|are|be|gets|get) <dones> (in|to|for|on|with|at|into) [(the same|the|a|an|one)] <items:object> (only|at most|just|no more than) (once|one time)", _done_once_in),
    ("<items> CANNOT (be|get) <dones> (in|to|for|on|with|at|into) [(the same|the|a|an|one)] <items:object> (twice|more than once|a second time|again)", _done_once_in),
    ("[so] <items> (is|are) (not|never) <dones> [(later|afterwards|any more|again)]", _not_done),
    (f"<items> [CAN] {_TAKES} as many <items:object> as {_IT_HAS} <names> [,] [and] (no more|not more|never more|at most)", _no_more_than_places),
    (f"<items> [CAN] {_TAKES} (no more|not more|at most as many|only as many) <items:object> (than|as) {_IT_HAS} <names>", _no_more_than_places),
    (f"<items> CANNOT {_TAKES} more <items:object> than {_IT_HAS} <names>", _no_more_than_places),
    ("<items> CANNOT [ever] be <dones> [by (anybody|anyone|clients|users|any client|people)] [at all] [<again>] [<when>]", _passive),
    ("no <items> CAN be <dones> [at all] [<again>] [<when>]", _passive),
    ("<items> CANNOT [ever] be <dones> [<when>] <again>", _passive),
    ("only <items> CAN be <dones> [<when>]", _passive_only),
    ("<items> CAN only be <dones> <when>", _passive_only),
    ("<items> CAN be <dones> only <when>", _passive_only),
    ("<items> CAN be <dones> [(just|only)] (once|one time) [only] [and never again]", lambda c, s: _passive_only({**c, "once": True}, s)),
    ("<items> CAN only be <dones> (once|one time)", lambda c, s: _passive_only({**c, "once": True}, s)),
    ("<items> MUST be <predicate> (before|to|in order to) (it|they) (can|may) be <dones>", lambda c, s: None),
    (f"<items> {_ACCEPT} no [(more|further|new|other)] <items:object> [(any more|anymore|any longer|at all)] [<when>]", _accepts_no),
    ("<items> CANNOT (accept|take|receive|get|have|allow|be given) [any] [(more|further|new|other)] <items:object> [(any more|anymore|any longer|at all)] [<when>]", _accepts_no),
    ("no [(more|further|new|other)] <items> [(CAN be <dones>|(is|are|will be) (accepted|allowed|possible|taken|admitted|permitted))] [(any more|anymore)] [<when>]", _none_for),
    ("[<when>] there (is|are|can be|may be|will be) no [(more|further|new)] <items> [<when>]", lambda c, s: _none_for(c, s) if "when" in c else None),
    ("[<when>] no [(more|further|new)] <items> (is|are|will be|CAN be) (accepted|allowed|possible|taken|admitted|permitted|made|added|placed|created)", _none_for),
    ("<items:subject> (who|that|which) (has|have) [already] <participle:state> <number> [or more] [times] <items:object> CANNOT <dos> [(another|any|a new|a further|any more|any further|any other|new)] [(one|<items:made>|more)]", _too_many_done),
    ("<items> CANNOT [ever] <dos> [<items:object>] [at all] [<again>] [<when>]", _active),
    ("<items> CANNOT [ever] <dos> (on|for|in|to|at|with|from) <items:object> [at all] [<again>] [<when>]", _active),
    ("no <items> CAN <dos> [(on|for|in|to|at|with|from)] [<items:object>] [<again>] [<when>]", _active),
    ("<items> CAN <dos> [(on|for|in|to|at)] [<items:object>] (only|just) once [only]", lambda c, s: _active({**c, "again": True}, s)),
    ("<items> CAN only <dos> [(on|for|in|to|at)] [<items:object>] once [only]", lambda c, s: _active({**c, "again": True}, s)),
    ("(nobody|no one|nobody else) CAN <dos> [(on|for|in|to|at|with|from)] <items:object> [<again>] [<when>]", _nobody),
    ("only <items> CAN <dos> [(on|for|in|to|at)] [<items:object>] [<when>]", _active_only),
    ("<items> CAN only <dos> [(on|for|in|to|at)] [<items:object>] <when>", _active_only),
    ("<items> CAN <dos> [(on|for|in|to|at)] [<items:object>] only <when>", _active_only),
    (f"(that|this|such a|such an|which) [(change|request|attempt|call|booking|one|step|update|action)] {_REFUSED}", _closed),
    (f"(doing|calling|trying|sending|repeating|using) (either|any|each|one|all) [of (them|these|the two)] <again> [in a row] {_REFUSED}", _each_again),
    (f"(doing|calling|trying|repeating) (it|this|that|so|them) [<again>] [in a row] {_REFUSED}", _each_again),
    (f"<op> {_REFUSED} [<when>]", _operation_refused),
    ("<op> : [is] (refused|rejected|denied|forbidden|an error|not possible|impossible|not allowed) [<when>]", _operation_refused),
    (f"(nobody|no one|no user|users never|people never|you never) [CAN] {_GETS} (more than|over) <number> <items:object> [(on|in|per|for|to) [(a|an|any|each|one)] <items:each>] {_AT_ONCE}", _nobody_more),
    ("[(each|every|a|an)] <names> (only|just) once [(per|for|in|within) [(a|an|each|every|one)] <items>]", _named_once),
    ("(one|a single) <names> [only] (per|for each|for every) <items>", _named_once),
    ("(per|for each|for every|within a|within one) <items> [(a|an|each|every|the)] <names> (only|just) once", _named_once),
    ("(second|another|a second|a further) <do> [<items>]", lambda c, s: _operation_refused({**c, "op": Operation((c["do"],), object=c.get("items"), again=True)}, s)),
    ("<http> (if|when|where|in case|for|while|as long as) <condition>", _route_refused),
    ("<http> unless <condition>", lambda c, s: _route_refused({**c, "only": True}, s)),
    ("<http> (if|when) [(the|that|this|its)] <names> (is|are) [already] (taken|used|in use|known|registered|not unique|a duplicate)", _taken),
    ("<http> (if|when) [(the|that|this|its)] <names> (exists|exist) [already]", _taken),
    ("<http> [(for|on|if)] [(a|the)] (duplicate|duplicated|double|taken|used) <names>", _taken),
    ("(not|never) (twice|again|more than once) [(for|on|in|by|with|at)] [(the|a)] [same] <rest>", _not_twice),
    (f"(all|any|every) other [(status|state)] (step|steps|change|changes|transition|transitions|action|actions|move|moves) [(of|in|to|between) <phrase>] {_REFUSED}", _closed),
    (f"(anything|everything|any step|any action|an action|actions|any call|a call) (else|out of order|that does not fit [<phrase>]|which does not fit [<phrase>]|that do not fit [<phrase>]) {_REFUSED}", _closed),
    (f"(trying|attempting) (it|this|that|so|them) [with any other <items>] [<when>] {_REFUSED}", _closed),
    (f"[(the|a)] (eleventh|fourth|third|sixth|next|fifth|seventh|eighth|ninth|tenth|twelfth) [one] {_REFUSED}", _closed),
    ("(then|otherwise|in that case|if not|so) [(it|that|this)] " + _REFUSED, _closed),
    ("[but] never to more <value:left> than <value:right>", _capacity),
    ("[but] never to fewer <value:left> than <value:right>", _at_least),
    ("<field> MUST be one of <field:right>", _one_of),
    ("<field> MUST (be|all be) (different|distinct|unique) [from (each other|one another)]", _distinct),
    ("<field_words> CANNOT <do> <again> (in|for|on|at|to) [(the|a)] [same] <items>", _field_once),
    ("[a|an|the|each|every|one] <field_words> CAN <do> only once [(in|for|on|at|to|per) [(the|a|each)] [same] <items>]", _field_once),
    ("(nobody|no one) CAN <do> [<phrase>]", _none_after),
    ("[(but|this|that|and)] only once", _once_only),
    (f"[and] (a|any|every|each) (second|further|another|repeated|later) <word> {_REFUSED}", lambda c, s: _once_only(c, s, needs=False)),
    ("[the|a|its] <word> (is|are) final", lambda c, s: _once_only(c, s, needs=False)),
    ("[(it|this|that)] [(MUST|is|gets)] [be] (refused|rejected|denied|declined) [with [a|an] <number>] <when> [[,] and also <when:second>]", _this_refused),
    ("[and] also [(it|this|that)] [(MUST|is)] [be] [(refused|rejected)] <when>", _this_refused),
    ("[and] [(it|this|that)] [(MUST|is)] [be] (refused|rejected) <when>", _this_refused),
    ("[but] [only] <until>", _this_until),
    ("[(this|that|it)] CANNOT be (repeated|done again|done twice|redone) [or (undone|reversed|taken back|reverted)]", lambda c, s: _once_only(c, s, needs=False)),
    ("[(this|that|it)] CANNOT be (undone|reversed|taken back|reverted) or (repeated|done again|done twice|redone)", lambda c, s: _once_only(c, s, needs=False)),
    ("[(this|that|it)] CANNOT be (undone|reversed|reverted)", _closed),
    ("[and] [(after (that|this|it)|then|from then on|afterwards|from there on|thereafter|once <done>|after <doing>)] (it|they|<items>) (is|are|stays|stay|remains|remain|becomes|counts as) (frozen|locked|read-only|fixed|immutable|final|closed for changes|unchangeable|set in stone|as (it is|they are))", _frozen_then),
    ("<items> (its|their) <items:object> (is|are) (frozen|locked|read-only|fixed|immutable)", _frozen),
    ("[a|an|the|each|every|one] <field_words> <does:do> [(a|an|the|each|every|one|any)] [same] <items> [(only|just|exactly)] once [only]", _field_once),
    ("<items> (in|with) (another|any other|other|a different|every other|any different) (state|status|states|statuses) [(give|gives|get|lead to|result in|cause|are|is|lead|answer|yield)] [(refused|answered|rejected)]", _closed),
    ("[(a|any|every)] (second|further|repeated|another|later) (attempt|try|time|call|request|one) [(is|gets|gives|leads to|will be)] [(answered|refused|rejected)]", _closed),
    ("[(we|you|nobody|the <thing>|they|one)] CANNOT <phrase> IF <condition>", _unknown_when),
    ("[the] <items:things> (in|on|for) which <items:who> (is|are|has|have) <done> [<with_rest>] [must] (add|adds|sum|sums) up to (at most|no more than) <number> [<field>]", _sum_over),
    (f"(trying|attempting|an attempt) to <do> [<items>] {_REFUSED}", lambda c, s: _operation_refused({**c, "op": Operation((c["do"],), object=c.get("items"))}, s)),
    ("(this|that|it|which) (is|are) [only] possible [only] <when>", _topic_only),
    ("(this|that|it|which) (is|are|works) only [possible] <when>", _topic_only),
    ("<op> (is|are) only (possible|allowed|permitted) <when>", _operation_only),
    ("<op> (is|are) (possible|allowed|permitted) only <when>", _operation_only),
    ("<op> (requires|needs) [that] <condition>", lambda c, s: _operation_only({**c, "when": (c["condition"], True)}, s)),
    ("it (is|must be|should be) (not possible|impossible|not allowed|forbidden) to <dos> <items:object> [<when>]", lambda c, s: _active({**c, "items": Items(None, person=True, words=("one",))}, s)),
)  # fmt: skip
