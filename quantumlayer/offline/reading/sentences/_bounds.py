"""Business rules in the words of everyday: one per pair, never before, at most, only if, not in the past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import (
    Context,
    Fact,
    Follows,
    Holds,
    Inclusive,
    Limit,
    Never,
    NoOverlap,
    Operation,
    Refused,
    Unique,
)
from quantumlayer.offline.reading.language._patterns import Captures, Reader, SlotFunction
from quantumlayer.offline.reading.language._terms import (
    AnyOf,
    Compare,
    Condition,
    FieldOf,
    Fold,
    Having,
    Items,
    Moment,
    Same,
    Shift,
    There,
    negate,
)
from quantumlayer.offline.reading.sentences._deeds import DEED_SLOTS
from quantumlayer.offline.reading.sentences._definitions import (
    CREATE,
    DELETE,
    READ,
    UPDATE,
    Situation,
)
from quantumlayer.offline.reading.sentences._refusals import _REFUSED, keys_of

__all__ = ["BOUNDS", "BOUND_SLOTS"]


def _count(reader: Reader, at: int) -> Iterator[tuple[int, int]]:
    """`at most 3`, `only one`, `no more than three`, `two … at most` as the greatest number."""
    for text, less in (
        (("at", "most"), 0), (("no", "more", "than"), 0), (("not", "more", "than"), 0), (("up", "to"), 0),
        (("a", "maximum", "of"), 0), (("only",), 0), (("just",), 0), (("max",), 0), (("maximum",), 0),
        (("fewer", "than"), 1), (("less", "than"), 1), (("exactly",), 0), (("never", "more", "than"), 0),
    ):  # fmt: skip
        if tuple(token.low for token in reader.tokens[at : at + len(text)]) == text:
            for number, end in reader.slot("number", at + len(text)):
                yield int(number) - less, end
            if reader.low(at + len(text)) == "a" and reader.low(at + len(text) + 1) == "single":
                yield 1, at + len(text) + 2


_WHILE = frozenset("while long until unless before provided only".split())
_WHEN = frozenset(
    "the same a one and any day date night time hour slot period week weekday dates days times nights moment".split()
)
BOUND_SLOTS: dict[str, SlotFunction] = {**DEED_SLOTS, "most": _count}


# --- functions -----------------------------------------------------------------------------------


def _status(situation: Situation) -> int | None:
    status = situation.extra.get("status")
    return status if isinstance(status, int) else None


def _entity(situation: Situation) -> str | None:
    for key in ("topic", "spoken"):
        name = situation.extra.get(key)
        if isinstance(name, str) and name != (situation.vocabulary.users or "User"):
            return name
    return None


def _context(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Context()]


def _one_for_field(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A teacher can have only one class period per weekday and hour`, where the teacher is a field."""
    made: Items = captures.get("made") or Items(_entity(situation))
    if (
        made.entity is None
        or situation.vocabulary.lexicon.find(captures["field_words"]) is not None
    ):
        return None
    names, of = keys_of(captures.get("rest", ()), situation)
    if "rest" in captures and not names and not of:
        return None
    names = (captures["field_words"], *names)
    if captures["most"] == 1:
        return [Unique(made.entity, names, of, made.where, _status(situation))]
    plain = replace(made, number=None, of=())
    return [Limit(plain, captures["most"], (*made.of, *of), False, _status(situation), names)]


def _slot_once(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A slot of a machine can be taken only once`: whatever says when, for the same machine."""
    of: Items | None = captures.get("of")
    topic = _entity(situation)
    if of is None:
        draft = situation.extra["entities"].get(topic)
        linked = (
            {made.references for made in draft.fields.values() if made.references} if draft else ()
        )
        of = Items(next(iter(linked))) if len(linked) == 1 else None
    if of is None or of.entity is None:
        return None
    made = Items(topic if topic != of.entity else None)
    return [NoOverlap(made, (of,), _status(situation))]


def _twice_at(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A room is never booked twice for the same night`, `… for the same date and hour`."""
    of: Items = captures["of"]
    known = situation.vocabulary.verbs
    made = next((known[verb] for verb in captures["dones"] if verb in known), _entity(situation))
    if of.entity is None or of.where:
        return None
    made = made if made != of.entity else None
    lows = {token.low for token in captures["rest"] if token.kind == "word"}
    if lows <= _WHEN:
        nights = [Inclusive(touching=True)] if lows & {"night", "nights"} else []
        return [NoOverlap(Items(made), (of,), _status(situation)), *nights]
    names, also = keys_of(captures["rest"], situation)
    return (
        [Unique(made, names, (of, *also), (), _status(situation))]
        if made and (names or also)
        else None
    )


def _once_within(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Every number occurs only once per building`."""
    entity = _entity(situation)
    names, of = keys_of(captures["rest"], situation)
    if not names and not of:
        return None
    owner = captures.get("items")
    entity = owner.entity if owner is not None and owner.entity else entity
    return [Unique(entity, (*captures["names"], *names), of, (), _status(situation))]


_GREATER = "(later|newer|younger|after|higher|greater|larger|more|bigger|longer|above|beyond)"
_LESSER = "(earlier|older|before|lower|less|smaller|fewer|shorter|below|under|behind)"
_IN_TIME = frozenset("later newer younger after earlier older before".split())
_THE_LAST = (
    "[than] [(the|its|their|that of [the]|those of [the])] (last|latest|previous|preceding|newest|most recent|former|highest|one before|time before)"
    " [(one|ones|of them|<items:x>|<field_words:x>)] [(of|for|on|in|at|by|from) [(the same|same|its|that|the|this|each|every)] (<items:y>|<noun>)] [before it]"
)


def _follows(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A reading has to be later than the last one of its meter, and its value must not be lower`."""
    items: Items | None = captures.get("items")
    entity = items.entity if items is not None and items.entity else _entity(situation)
    if entity is None or (items is not None and items.where):
        return None
    comparing = captures["operator"]
    lows = situation.extra["lows"]
    words = captures.get("words", ())
    number = not (lows & _IN_TIME) if not words else False
    return [Follows(entity, comparing, words, number, _status(situation))]


def _following(operator: str, *, last: bool = True) -> Recogniser:
    """Without `than the last one` it has to be said in the same sentence of what it follows."""

    def build(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
        lows = situation.extra["lows"]
        if not last and not lows & {"last", "latest", "previous", "preceding", "newest"}:
            return None
        return _follows({**captures, "operator": operator}, situation)

    return build


def _no_two(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`There must not be two reservations that share a day per tool`."""
    items: Items = captures["items"]
    if items.entity is None:
        return None
    per = captures.get("pers", ((), False))[0]
    return [
        NoOverlap(
            Items(items.entity, items.where, many=True), (*items.of, *per), _status(situation)
        )
    ]


def _ordered(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The last day is never earlier than the first`, `no exhibition closes before it has opened`."""
    items: Items | None = captures.get("items")
    entity = items.entity if items is not None and items.entity else _entity(situation)
    if entity is None or (items is not None and items.where):
        return None
    operator = ">" if captures.get("strict") else ">="
    left, right = FieldOf(("end",), Items(entity)), FieldOf(("start",), Items(entity))
    return [Holds(Compare(left, operator, right), entity, _status(situation))]


def _when_made(captures: Captures, situation: Situation) -> str | None:
    """The entity whose items are dated: named, or made by the verb, or what the text is about."""
    made: Items | None = captures.get("made") or captures.get("items")
    if made is not None and made.entity is not None:
        return made.entity
    verbs = captures.get("dos") or ()
    for each in verbs:
        entity = situation.vocabulary.verbs.get(each)
        if entity is not None:
            return str(entity)
    return _entity(situation)


def _not_dated(captures: Captures, situation: Situation, *, past: bool) -> Iterable[Fact] | None:
    """`A reading dated in the future is not accepted`; whole days count where there is only a date."""
    entity = _when_made(captures, situation)
    if entity is None:
        return None
    start = FieldOf(("start",), Items(entity))
    return [
        Holds(Compare(start, ">=" if past else "<=", Moment("now")), entity, _status(situation))
    ]


def _not_far(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Nobody can reserve more than 60 days ahead`."""
    entity = _when_made(captures, situation)
    if entity is None:
        return None
    limit = Shift(Moment("now"), 1, captures["span"])
    operator = ">=" if captures.get("least") else "<="
    return [
        Holds(
            Compare(FieldOf(("start",), Items(entity)), operator, limit), entity, _status(situation)
        )
    ]


def _adds_up(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`All stakes in a company must never add up to more than 100 percent`."""
    items: Items = captures["items"]
    if items.entity is None:
        return None
    per, per_day = captures.get("pers", ((), False))
    of = items.of or per
    day = next(
        (each for each in ("date", "day") if (each,) in situation.vocabulary.fields), "start"
    )
    names: tuple[tuple[str, ...], ...] = ((day,),) if per_day else ()
    if "within" in captures:
        names, also = keys_of(captures["within"], situation)
        if not names and not also:
            return None
        of = (*of, *also)
    if items.quantifier in _MINE or {*items.words[:2]} & _MINE:
        of = (*of, Items(None, person=True, words=("i",)))
    if not of and not names:
        return None
    words = captures.get("unit") or ()
    counted = Items(items.entity, (*items.where, *map(Same, names)), tuple(of), many=True)
    total = Fold("sum", FieldOf(words), counted)
    most = captures["right"]
    if isinstance(most, FieldOf) and len(of) == 1 and of[0].entity is not None:
        own = situation.extra.get("entities", {}).get(items.entity)
        known = own is not None and any(made.words == most.words for made in own.fields.values())
        if most.owner == Items(None) or (most.owner is None and not known):
            most = replace(most, owner=Items(of[0].entity))  # a truck's consignments, its max load
    return [Holds(Compare(total, "<=", most), items.entity, _status(situation))]


_MINE = frozenset("my our their his her your".split())


def _given_at_most(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A resident may be given no more than 3 doses per day`."""
    made: Items = captures["made"]
    who: Items = captures["items"]
    if made.entity is None or (who.entity is None and not who.person):
        return None
    per, per_day = captures.get("pers", ((), False))
    return [
        Limit(
            replace(made, number=None), captures["most"], (who, *per), per_day, _status(situation)
        )
    ]


def _needed_when(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Whenever the discount is above 0 there has to be a reason`."""
    condition, holds = captures["when"]
    if not holds:
        condition = negate(condition)
    words = captures["field_words"]
    if _mentions(condition, words):
        return None
    given = Having(None, FieldOf(words))
    return [Holds(AnyOf((negate(condition), given)), None, _status(situation))]


def _mentions(condition: Condition, words: tuple[str, ...]) -> bool:
    match condition:
        case Compare(left=FieldOf(words=left)):
            return left == words
        case Having(items=FieldOf(words=had)):
            return had == words
        case _:
            return False


def _both_different(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… home_team_id and away_team_id; these must be different`."""
    names = situation.extra.get("names", ())
    if len(names) != 2:
        return None
    left, right = (FieldOf((str(name),)) for name in names)
    return [Holds(Compare(left, "!=", right), None, _status(situation))]


def _none_when(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`If the visitor is too small, no ticket is issued`."""
    condition, holds = captures["when"]
    made: Items = captures["items"]
    if made.entity is None:
        return None
    operation = Operation(("create",), object=made)
    return [Refused(operation, condition, only=not holds, status=_status(situation))]


def _kept_for(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`As long as any plant belongs to a family, deleting that family must be refused`."""
    child, parent = captures["child"], captures["parent"]
    operation: Operation = captures["op"]
    if child.entity is None or parent.entity is None or operation.verbs[0] not in DELETE:
        return None
    operation = replace(operation, object=Items(parent.entity))
    return [
        Refused(
            operation, There(Items(child.entity, child.where, many=True)), status=_status(situation)
        )
    ]


def _free_again(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Once the last plant is gone the family can be deleted`: as everything is."""
    return [Context()] if {*captures["dones"]} <= DELETE else None


_DEPENDS = frozenset("when while if until unless before after once".split())


def _only_done(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`They can only be added and read`: nothing else is done to them."""
    items: Items = captures["items"]
    verbs = {*captures["dones"]}
    if (
        situation.extra["lows"] & _DEPENDS
        or items.where
        or items.of
        or not verbs & (CREATE | READ)
        or not verbs <= CREATE | READ | UPDATE | DELETE
    ):
        return None
    missing = tuple(
        name for name, kinds in (("change", UPDATE), ("delete", DELETE)) if not verbs & kinds
    )
    return [Never(items, missing)] if missing else None


def _only_while(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`I want to correct or delete an entry as long as it is a draft`: and no longer."""
    condition, holds = captures["when"]
    lows = situation.extra.get("lows", frozenset())
    if (
        captures["object"].entity is None
        or not lows & _WHILE
        or {*captures["dos"]} & (CREATE | READ)
    ):
        return None
    operation = Operation(captures["dos"], object=captures["object"])
    return [Refused(operation, condition, only=holds, status=_status(situation))]


def _not_let(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Please do not let anyone delete a tool while it is out`."""
    condition, holds = captures.get("when", (None, True))
    operation = Operation(captures["dos"], object=captures["object"])
    if captures["object"].entity is None:
        return None
    return [Refused(operation, condition, only=not holds, status=_status(situation))]


def _nobody_may(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Nobody can delete a tool that is out`."""
    told = captures["object"].where or "when" in captures
    return _not_let(captures, situation) if told and {*captures["dos"]} <= UPDATE | DELETE else None


def _only_these(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… are never changed, only made and deleted`: what is left over is as usual."""
    return [Context()] if {*captures["dones"]} <= CREATE | READ | DELETE else None


def _but_not(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Bookings can be made and deleted but not changed`."""
    items: Items = captures["items"]
    verbs, ruled_out = {*captures["dones"]}, {*captures["not"]}
    if (
        items.entity is None
        or items.where
        or not verbs | ruled_out <= CREATE | READ | UPDATE | DELETE
    ):
        return None
    kinds = (("change", UPDATE), ("delete", DELETE))
    return [Never(items, tuple(name for name, kind in kinds if ruled_out & kind))]


def _still(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`It can still be deleted`: as everything can."""
    return [Context()] if {*captures["dones"]} <= READ | UPDATE | DELETE else None


def _nor_to(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… , nor to delete one`."""
    kinds = {
        "change" if each in UPDATE else "delete" if each in DELETE else ""
        for each in captures["dos"]
    }
    entity = _entity(situation)
    if "" in kinds or entity is None:
        return None
    return [Never(Items(entity), tuple(sorted(kinds)))]


_HIGH = "(high|large|late|great|big|much|new|recent)"
_WITHIN = "((of|on|in|at|within|for|during|from) (one|each|every|any|a|an|the same|one and the same|a single)|per|each|every)"
_TOGETHER = "(together|taken together|in total|in all|altogether|combined|added up)"
_TOTAL = "be|make|make up|have|last|take|cover|reach|contain|hold|weigh|cost|come to|amount to|add up to|sum up to|total|be worth|be longer than"
_GETS = "(have|hold|give|take|teach|get|appear in|be in|make|attend|run|book|reserve|borrow|place|submit|has|holds|gives|takes|gets|makes|books|reserves|borrows|places|is given|be given|is allowed|be allowed|receive|receives|be named in|is named in)"
_FOR_EACH = "(per|a|an|each|every|(on|in|at|within|for|during) (one|each|every|any|a|an|the same|one and the same|a single))"
_ALTOGETHER = "(altogether|together|in total|in all|(over|across|counting|counted over|of|from|whatever|no matter) <rest:counted>)"
_SLOT = "[(free|single|time|given|particular)] (slot|slots|timeslot|timeslots|time-slot|time slot|period|hour|time|day|appointment)"
_TAKEN = "(taken|booked|reserved|used|given away|given out|given|assigned|sold|filled|rented|occupied|handed out|allotted)"
_IS_TAKEN = f"((is|are|gets|can be|may be|must be) [only] {_TAKEN})"
_SOMEBODY = "(nobody|no one|you|one|people|they|users|guests|customers|members|clients|<items>)"
_DAYS = "[(for|on|with|about)] [(days|dates|a day|a date|any day|moments|times|a time|a moment|a start|something)]"
_OVERLAP = "(overlap|clash|collide|intersect|share (a|any|the same|one) (day|date|night|time|slot|hour)|fall on the same (day|date|night)|(take place|happen|are|run) at the same time|have (a|any) (day|date|night) in common|include the same (day|date|night))"
_ENDS = "(closes|ends|finishes|stops|is over|close|end|finish|stop|leaves|is returned|expires)"
_BEGINS = "(opened|started|begun|opens|starts|begins|open|start|begin|arrived|arrives|taken out|has begun)"
_GIVEN = "(given|present|filled in|set|there|stated|entered|provided|supplied|named|written|specified|known)"
_ONCE = "(occurs|occur|appears|appear|exists|exist|is used|are used|is given|is assigned|is taken|is unique|CAN (occur|appear|exist|be used|be given|be assigned|be taken))"

BOUNDS: tuple[tuple[str, Recogniser], ...] = (
    # --- once per pair
    (f"[a|an|the|each|every|any|one] <field_words> [CAN] {_GETS} [only] <most> <items:made> [{_FOR_EACH} <clause:rest>] [[,] {_ALTOGETHER}]", _one_for_field),
    (f"[a|an|the|each|every|any|one] <field_words> CAN only {_GETS} (one|a single) <items:made> {_FOR_EACH} <rest>", lambda c, s: _one_for_field({**c, "most": 1}, s)),
    (f"([a|an|the|each|every|any|one] <field_words> CANNOT|no <field_words> [CAN]) {_GETS} (two|several|more than one|a second) <items:made> {_FOR_EACH} <rest>", lambda c, s: _one_for_field({**c, "most": 1}, s)),
    (f"([a|an|the|each|every|any|one] <field_words> CANNOT|no <field_words> [CAN]) {_GETS} more than <number:most> <items:made> [{_FOR_EACH} <clause:rest>] [[,] {_ALTOGETHER}]", _one_for_field),
    (f"([a|an|the|each|every|any|one] <field_words> [CAN] {_GETS} [only] <most>|no <field_words> [CAN] {_GETS} more than <number:most>) {_SLOT} [{_FOR_EACH} <clause:rest>] [[,] {_ALTOGETHER}]", _one_for_field),
    # --- slots
    (f"[a|an|the|each|every|any|one|all] {_SLOT} [(of|on|for|in|at|with) <items:of>] {_IS_TAKEN} [(at most|only|just|exactly)] (once|one time|by (one|a single) <noun>) [(only|at a time)]", _slot_once),
    (f"[a|an|the|each|every|any|one|all] {_SLOT} [(of|on|for|in|at|with) <items:of>] (can|may|is) only [be] {_TAKEN} (once|one time|by (one|a single) <noun>) [(only|at a time)]", _slot_once),
    (f"[a|an|the|each|every|any|one|the same] {_SLOT} [(of|on|for|in|at|with) <items:of>] (CANNOT|is never|is not) [be] {_TAKEN} (twice|again|more than once|a second time|two times|by (two|several|more than one) <noun>)", _slot_once),
    (f"no {_SLOT} [(of|on|for|in|at|with) <items:of>] [(is|are|can be|may be|must be|gets)] {_TAKEN} (twice|again|more than once|a second time|two times|by (two|several|more than one) <noun>)", _slot_once),
    (f"<items:of> CANNOT (be|get) {_TAKEN} (twice|again|more than once|two times|a second time) (in|at|for|on) [the] [same] {_SLOT}", _slot_once),
    ("[the same] <items:of> (CANNOT (be|get)|(is|are|gets|get) (never|not)) <dones> (twice|again|more than once|two times|a second time) (in|at|for|on|during) <rest>", _twice_at),
    (f"[a|an|the] (taken|occupied|booked) {_SLOT} {_REFUSED} [with <number>]", _context),
    (f"[a|an|the|each|every|one] {_SLOT} [always] (lasts|is|takes|runs|covers) [always] [exactly] <span> [long]", _context),
    (f"<doing> [(a|an|the|one|its|your|my)] <items> (frees|releases|opens|clears|gives back|makes free|sets free) [up] [(the|its|this|that|his|her|a)] ({_SLOT}|place|places|seat|seats|room|spot|<items:x>) [(up|again|for others|free)]", _context),
    (f"[a|an|the|each|every|any|all] [<items>] <names> {_ONCE} [(only|just|at most|exactly|no more than)] once [only] per <rest>", _once_within),
    ("[a|an|the|each|every|any|all] [<items>] <names> (is|are|must be|has to be|have to be) unique per <rest>", _once_within),
    # --- no overlap
    (f"there (must|may|can|should|shall|will|are|is) (not|never|no) [be] [any] (two|several|more than one|any two|multiple|) <items> (that|which) {_OVERLAP} [<pers>]", _no_two),
    (f"(no two|never two|not two) <items> (that|which|may|can|must|) {_OVERLAP} [<pers>]", _no_two),
    ("(one|a) <noun> (can|may) (arrive|start|begin|come|move in|check in) on the (day|date|night) (another|the other|the last one|somebody else|the one before) (leaves|ends|finishes|departs|goes|moves out|checks out)", lambda c, s: [Inclusive(touching=True)]),
    ("if one (ends|finishes|stops) (on|at|in) <phrase> the next [one] (can|may) (start|begin) (on|at|in) <phrase:other> [at the earliest]", _context),
    # --- one after the other
    ("[the] (last|end|final|closing|return|second|later) [(day|date|time|moment|one)] (is|lies|comes|falls|CAN be|CAN lie|must be) (never|not) [be] (earlier than|before) [the] (first|start|opening|beginning|earlier) [(day|date|time|moment|one)]", _ordered),
    ("[the] (last|end|final|closing|return|second|later) [(day|date|time|moment|one)] CANNOT (be|lie|come|fall) (earlier than|before) [the] (first|start|opening|beginning|earlier) [(day|date|time|moment|one)]", _ordered),
    ("[the] (first|start|opening|beginning|earlier) [(day|date|time|moment|one)] CANNOT (be|lie|come|fall) (later than|after) [the] (last|end|final|closing|return|second|later) [(day|date|time|moment|one)]", _ordered),
    (f"(no|never a) <items> {_ENDS} before (it|they) [(has|have|is|was)] {_BEGINS}", _ordered),
    (f"<items> CANNOT (close|end|finish|stop|be over|be returned|expire) before (it|they) [(has|have|is|was)] {_BEGINS}", _ordered),
    (f"<items> [MUST] (close|closes|end|ends|finish|finishes) after (it|they) [(has|have|is|was)] {_BEGINS}", lambda c, s: _ordered({**c, "strict": True}, s)),
    (f"(<items>|[(a|an|the|its|their|each|every)] <field_words:words> [of <items>]) MUST [always] [(be|lie|come|be dated)] [strictly] {_GREATER} {_THE_LAST}", _following(">")),
    (f"(<items>|[(a|an|the|its|their|each|every)] <field_words:words> [of <items>]) MUST [always] [(be|lie|come|be dated)] [strictly] {_LESSER} {_THE_LAST}", _following("<")),
    (f"(<items>|[(a|an|the|its|their|each|every)] <field_words:words> [of <items>]) (CANNOT|is never|are never) [(be|lie|come|fall|drop|go|be dated)] {_LESSER} {_THE_LAST}", _following(">=")),
    (f"(<items>|[(a|an|the|its|their|each|every)] <field_words:words> [of <items>]) (CANNOT|is never|are never) [(be|lie|come|rise|go|be dated)] {_GREATER} {_THE_LAST}", _following("<=")),
    (f"(<items>|[(a|an|the|its|their|each|every)] <field_words:words> [of <items>]) MUST be (at least (as {_HIGH} as|equal to)|{_GREATER} than or equal to|no {_LESSER} than) {_THE_LAST}", _following(">=")),
    (f"[and] [(its|their|the)] <field_words:words> MUST be {_GREATER} [(too|as well|also)]", _following(">", last=False)),
    (f"[and] [(its|their|the)] <field_words:words> CANNOT be {_LESSER} [(either)]", _following(">=", last=False)),
    (f"[and] [(its|their|the)] <field_words:words> CANNOT be {_GREATER} [(either)]", _following("<=", last=False)),
    ("[the] <field_words:words> [of <items>] (can only|may only|must only|only|always) (rise|rises|grow|grows|go up|goes up|increase|increases) [from (one|each|<items:x>) to the next]", _following(">=")),
    ("[the] <field_words:words> [of <items>] (CANNOT|never|is never) (fall|falls|sink|sinks|drop|drops|go down|goes down|decrease|decreases) [from (one|each|<items:x>) to the next]", _following(">=")),
    ("(otherwise|else|if not|or else) [(it is|the answer is|you get|we answer|answer)] [with] [a|an] <http>", _context),
    ("(this|that|the same|it) [also] (holds|applies|is true|goes|counts) [also] (when|if|for) <phrase>", _context),
    ("though there are <phrase>", _context),
    # --- past and future
    (f"<items> (dated|{_DAYS}) [(that|which) [(is|are|lie|lies)]] [already] [in the] (past|gone|over) {_REFUSED}", lambda c, s: _not_dated(c, s, past=True)),
    (f"<items> (dated|{_DAYS}) [(that|which) [(is|are|lie|lies)]] [still] in the future {_REFUSED}", lambda c, s: _not_dated(c, s, past=False)),
    (f"{_SOMEBODY} [CAN] [not] <dos> [<items:made>] {_DAYS} [(that|which) (is|are|lie|lies)] in the past", lambda c, s: _not_dated(c, s, past=True)),
    (f"{_SOMEBODY} [CAN] [not] <dos> [<items:made>] {_DAYS} [(that|which) (is|are|lie|lies)] in the future", lambda c, s: _not_dated(c, s, past=False)),
    (f"{_SOMEBODY} [CAN] [not] <dos> [<items:made>] [(any)] (more|further|earlier) than <span> (ahead|in advance|from now|into the future|beforehand|before)", _not_far),
    ("<items> CAN be <dones> (at most|up to|no more than|not more than|no further than) <span> (ahead|in advance|from now|into the future|beforehand)", _not_far),
    ("<items> CANNOT (be|lie) more than <span> (ahead|in advance|from now|in the future|away)", _not_far),
    ("for today (they|it|that|<items>) (are|is) [still] (taken|accepted|possible|allowed|ok|fine|welcome)", _context),
    ("today (and|or) (any|every|all) (earlier|later|other) (day|days|date|dates) (is|are) (ok|fine|allowed|possible|accepted|all right)", _context),
    # --- sums
    (f"[(all|the|all of)] [(the|of the)] [<field_words:unit> (of|for) [(all|the|its)] [the]] [together] <items> [<pers>] [{_WITHIN} <phrase:within>] [{_TOGETHER}] (must never|must not|may not|may never|CANNOT|can never|never) ({_TOTAL}) more than <value:right> [<field_words:unit>] [(percent|%)] [{_TOGETHER}] [{_WITHIN} <phrase:within>]", _adds_up),
    (f"[(all|the|all of)] [(the|of the)] [<field_words:unit> (of|for) [(all|the|its)] [the]] [together] <items> [<pers>] [{_WITHIN} <phrase:within>] [{_TOGETHER}] CANNOT exceed <value:right> [<field_words:unit>] [(percent|%)] [{_TOGETHER}] [{_WITHIN} <phrase:within>]", _adds_up),
    (f"[(all|the|all of)] [(the|of the)] [<field_words:unit> (of|for) [(all|the|its)] [the]] [together] <items> [<pers>] [{_WITHIN} <phrase:within>] [{_TOGETHER}] (MUST|CAN) ({_TOTAL}) (at most|no more than|not more than|up to) <value:right> [<field_words:unit>] [(percent|%)] [{_TOGETHER}] [{_WITHIN} <phrase:within>]", _adds_up),
    (f"<items> (that|which) would (push|bring|take|make|raise|exceed|break|lift|lead|go|violate) <phrase> {_REFUSED}", _context),
    # --- how many
    ("<items> CAN [only] be (given|assigned|prescribed|lent|sent|sold|offered|handed|booked|allotted) <most> <items:made> [<pers>]", _given_at_most),
    ("<items> CAN [only] <do> <most> <items:made> <pers>", _given_at_most),
    ("<items> CANNOT <do> more than <number:most> <items:made> [<pers>]", _given_at_most),
    ("<items> CANNOT be (given|assigned|prescribed|lent|sent|sold|offered|handed|booked|allotted) more than <number:most> <items:made> [<pers>]", _given_at_most),
    ("(whoever|no matter who|whichever <noun>) [(wants|tries|asks)] [to] [(record|do|book|enter)] [it]", _context),
    ("[the] next day [(the)] (counting|count|counter) (starts|begins) (afresh|again|anew|from zero|over)", _context),
    # --- needed only if
    ("<when> [,] there (has to|have to|must|needs to|should) be [(a|an|the|some)] <field_words>", _needed_when),
    ("[(a|an|the)] <field_words> (is|are) [(only|then)] (required|mandatory|needed|obligatory|compulsory|a must) [only] <when>", _needed_when),
    (f"[(a|an|the)] <field_words> (must|has to|have to|needs to) [only] be {_GIVEN} [only] <when>", _needed_when),
    ("<when> [,] [(a|an|the|its|their)] <field_words> (is|are) (required|mandatory|needed|obligatory|compulsory|a must)", _needed_when),
    (f"<when> [,] [(a|an|the|its|their)] <field_words> (must|has to|have to|needs to) be {_GIVEN}", _needed_when),
    ("<when> [,] (it|they|<items>) (must have|has to have|needs|need|requires|require|have to have) [(a|an|the)] <field_words>", _needed_when),
    ("<items> (must have|has to have|needs|need|requires|require|have to have) [(a|an|the)] <field_words> <when>", _needed_when),
    ("<items> CAN (do|go|manage|be) without (one|it|them|that)", _context),
    ("<phrase> CAN do without (one|it|them|that)", _context),
    ("[the|its] <names> (follows|follow|is recalculated|is worked out again|is updated|changes along|changes too|adapts) (whenever|when|each time|every time|if|as soon as) <rest>", _context),
    # --- a pair that differs
    ("(these|the two|both|they|those) (must|have to|has to|need to|should) [always] (be (different|distinct)|differ|not be (the same|equal|identical))", _both_different),
    ("(these|the two|both|they|those) CANNOT be (the same|equal|identical) [<noun>]", _both_different),
    ("<items> (does|do) not (play|fight|compete|run|meet) (against|with) (itself|themselves)", _context),
    # --- refused, protected, never
    ("<when> [,] no [(more|further|new)] <items> (is|are|will be|gets|get|must be|may be|CAN be) <done> [out]", _none_when),
    ("no [(more|further|new)] <items> (is|are|will be|gets|get|must be|may be|CAN be) <done> [out] <when>", _none_when),
    (f"(as long as|while|if|when|so long as|for as long as) [(there is|there are)] [(any|a|some|one|at least one|still|even one)] <items:child> [still] [(that|which)] (belongs|belong|refers|refer|is assigned|are assigned|is attached|are linked|is tied|is in|are in|points|is on|lives|hangs|is kept|are kept|is left|are left) [to|on|in|at] <items:parent> [,] <op> {_REFUSED}", _kept_for),
    ("(once|when|after|as soon as) (the last|all|every|the) <items:child> (is|are|has|have) [been] (gone|deleted|removed|<done>) [,] <items> CAN be <dones> [(like everything else|again|too|as well|normally|like anything else)]", _free_again),
    ("<dos> [(a|an|the|my|our|its|any)] <items:object> [only] <when>", _only_while),
    ("(nobody|no one|no user|no client) CAN [ever] <dos> [(a|an|the|any)] <items:object> [<when>]", _nobody_may),
    ("[please] (do not|never|CANNOT) (let|allow|permit) (anyone|anybody|people|us|me|them|somebody|someone|clients|users|<items:who>) [to] <dos> [(a|an|the|any)] <items:object> [<when>]", _not_let),
    ("<items> CAN (still|always|nevertheless) be <dones> [(normally|as before|of course|though|then|too)]", _still),
    ("<items> CAN only be <dones> [(nothing else|never changed|and that is all)]", _only_done),
    ("[and] [(they|it|<items>)] [(is|are|CAN)] only [be] <dones>", _only_these),
    ("<items> CAN be <dones> [,] but [(CANNOT be|(is|are))] [(not|never)] <dones:not>", _but_not),
    ("<items> CAN be <dones> [only] [,] [and] (not|never) <dones:not>", _but_not),
    ("[,] [and] (nor|or) to <dos> (one|it|them|any)", _nor_to),
)  # fmt: skip
"""Rules that compare, count and forbid."""
