"""When things may take place: days of the week, hours of the day, not in the past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import Fact, Lasts, NoOverlap, Opening
from quantumlayer.offline.reading.language._patterns import Captures, Reader, SlotFunction
from quantumlayer.offline.reading.language._terms import Items
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.text._words import singular

__all__ = ["OPENINGS", "OPENING_SLOTS"]

_DAYS = {
    "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 7,
    "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7,
}  # fmt: skip
_WEEK = tuple(range(1, 8))


def _weekdays(reader: Reader, at: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """`Monday to Friday`, `Saturdays and Sundays`, `weekends`, `weekdays`."""
    groups = {"weekend": (6, 7), "weekday": (1, 2, 3, 4, 5), "working day": (1, 2, 3, 4, 5)}
    for length in (2, 1):
        words = " ".join(reader.low(place) for place in range(at, at + length))
        if singular(words) in groups:
            yield groups[singular(words)], at + length
    first = _DAYS.get(singular(reader.low(at)))
    if first is None:
        return
    last = _DAYS.get(singular(reader.low(at + 2)))
    if last is not None and reader.low(at + 1) in {"to", "through", "until", "till", "-"}:
        span = range(first, last + 1) if first <= last else (*range(first, 8), *range(1, last + 1))
        yield tuple(span), at + 3
    joined = at + 1
    while reader.low(joined) in {",", "and", "or"}:
        joined += 1
    if joined > at + 1:
        for more, end in _weekdays(reader, joined):
            yield (first, *more), end
    yield (first,), at + 1


OPENING_SLOTS: dict[str, SlotFunction] = {"weekdays": _weekdays}


def _status(situation: Situation) -> int | None:
    status = situation.extra.get("status")
    return status if isinstance(status, int) else None


def _items(captures: Captures) -> Items | None:
    items: Items | None = captures.get("items")
    return items if items is not None and items.entity is not None else None


def _open(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`We work Monday to Friday from 8:00 to 16:00`, `no appointment starts before 8:00`."""
    days = captures.get("weekdays", ())
    earliest, latest = captures.get("clock"), captures.get("latest")
    if "items" in captures and _items(captures) is None:
        return None
    if earliest is None and latest is None and not days:
        return None
    return [Opening(_items(captures), days, earliest, latest, status=_status(situation))]


def _closed_on(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`There are no classes on Sundays`."""
    days = tuple(day for day in _WEEK if day not in captures["weekdays"])
    return _open({**captures, "weekdays": days}, situation)


def _ahead(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Appointments cannot be made for the past`."""
    items = _items(captures)
    return [Opening(items, ahead=True, status=_status(situation))] if items else None


def _one_at_a_time(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A doctor sees one patient at a time`: what ties them together does not overlap.

    Of a doctor, or of a film, only the name may be kept.
    """
    subject, other = captures.get("items"), captures.get("object")
    names = tuple(captures[name] for name in ("field_words", "told") if name in captures)
    if other is not None and (other.entity is None or other.number not in {1, None}):
        return None
    if subject is None:
        return [NoOverlap(Items(None), (), _status(situation), other, names[:1])]
    if subject.entity is None:
        return None
    return [NoOverlap(Items(None), (subject,), _status(situation), other)]


def _lasts(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`It always takes 20 minutes`: of what is spoken of."""
    items = captures.get("items")
    spoken = situation.vocabulary.lexicon.thing(situation.topic) if situation.topic else None
    entity = items.entity if items is not None else spoken.name if spoken is not None else None
    return [Lasts(entity, captures["span"])] if entity is not None else None


_TAKES_ONE = "(sees|see|serves|serve|treats|treat|has|have|takes|take|teaches|handles|handle|shows|plays|hosts|does|holds|gives|runs|is with|are with|is in|are in|works with|works on|is on|plays on)"
_AT_A_TIME = "(at a time|at once|at the same time)"
_BEGIN = "(start|starts|begin|begins)"
_END = "(end|ends|finish|finishes|stop|stops)"
_HOURS = "[(from|between)] <clock> (to|and|until|till|-) <clock:latest>"

OPENINGS: tuple[tuple[str, Recogniser], ...] = (
    ("(we|the <noun>|our <noun>) [only] (work|works|open|opens|(is|are) open) [only] [(from|on)] <weekdays> [[,] (from|between) <clock> (to|and|until|till|-) <clock:latest>]", _open),
    (f"(we|the <noun>|our <noun>) [only] (work|works|open|opens|(is|are) open) [only] {_HOURS}", _open),
    (f"<items> [(CAN|MUST)] [only] [be] (take place|takes place|possible|happen|happens|made|booked|held|lie|start|starts) [only] [(on|from)] <weekdays> [[,] {_HOURS}]", _open),
    (f"<items> [(CAN|MUST)] [only] [be] (take place|takes place|possible|happen|happens|made|booked|held|lie) [only] {_HOURS}", _open),
    ("[there (is|are)] no <items> [(CAN be|CAN|is|are)] [(take place|takes place|possible|happen|made|booked|held|start|starts|lie|lies)] on [(a|any)] <weekdays>", _closed_on),
    ("<items> CANNOT [be] (take place|possible|happen|made|booked|held|start|lie|fall) on [(a|any)] <weekdays>", _closed_on),
    (f"no <items> [CAN] {_BEGIN} (before|earlier than) <clock> [(or|and|nor) [CAN] {_END} (after|later than) <clock:latest>]", _open),
    (f"<items> CANNOT {_BEGIN} (before|earlier than) <clock> [(or|and|nor) {_END} (after|later than) <clock:latest>]", _open),
    (f"no <items> [CAN] {_END} (after|later than) <clock:latest>", _open),
    (f"<items> CANNOT {_END} (after|later than) <clock:latest>", _open),
    (f"<items> MUST {_BEGIN} (at or after|no earlier than|not before|at the earliest at|after) <clock> [and {_END} (by|before|no later than|at the latest at|not after) <clock:latest>]", _open),
    ("<items> CANNOT be (made|booked|planned|scheduled|created|entered|added|placed|reserved|registered) (for|in|into) the past", _ahead),
    ("<items> CANNOT (lie|be|start|begin|take place) in the past", _ahead),
    ("[there (is|are)] no <items> (for|in) the past", _ahead),
    ("<items> MUST (lie|be|start|begin|take place) in the future", _ahead),
    (f"<items> [CAN] [only] {_TAKES_ONE} [only] (one|a single|only one) (<items:object>|<field_words:told>) {_AT_A_TIME}", _one_at_a_time),
    (f"(a|the|each|every) <field_words> {_TAKES_ONE} [only] (one|a single|only one) <items:object> {_AT_A_TIME}", _one_at_a_time),
    (f"(a|the|each|every|one|no) <field_words> CANNOT {_TAKES_ONE} two <items:two> {_AT_A_TIME}", _one_at_a_time),
    ("(<items>|it|they) [MUST] [always] (lasts|last|takes|take|runs|run) [(always|exactly|for)] <span>", _lasts),
    ("(<items>|it|they) [MUST] [always] (is|are|be) [(always|exactly)] <span> long", _lasts),
    ("<items> CAN only (see|serve|treat|have|take|teach|handle|be with|be in|work with|be on) (one|a single) <items:object> (at a time|at once|at the same time)", _one_at_a_time),
)  # fmt: skip
