"""Sentences about rows: `for each product sold {"product_id", "sold"}, the best first`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from quantumlayer.offline.reading.language._facts import Fact, Grouped
from quantumlayer.offline.reading.language._patterns import Captures, Reader, compile_pattern
from quantumlayer.offline.reading.language._terms import Being, Condition, Items
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._listing import LISTING_SLOTS
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import verb

__all__ = ["GROUPED", "GroupNote", "note_of"]


@dataclass(slots=True)
class GroupNote:
    """What the words around the sketch of a row say."""

    counted: list[Items] = field(default_factory=list)
    only: list[Items] = field(default_factory=list)
    without: list[Items] = field(default_factory=list)
    states: list[Condition] = field(default_factory=list)
    folds: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Fields of which the highest or the lowest is wanted → max or min."""
    order: list[tuple[tuple[str, ...], bool]] = field(default_factory=list)
    left: list[Token] = field(default_factory=list)
    words: tuple[Token, ...] = ()
    """All of the words."""


_BITS: tuple[tuple[str, str], ...] = (
    ("(how many|[the] number of|[the] count of|[the] counts of|counting) <items>", "counted"),
    ("[the] <superlative> <field_words> (of|per|for|by) (each|every) [single] (<field_words:by>|<items>|<word>)", "fold"),
    ("(of|per|for|by) (each|every) [single] <items> [ever] <done>", ""),
    ("(of|per|for|by) (each|every) [single] (<field_words>|<items>|<word>)", ""),
    ("(per|by|grouped by) (<field_words>|<items>|<word>)", ""),
    ("there (is|are) <state>", "state"),
    ("(not counting|without counting|excluding|leaving out|ignoring|but not|except|without|minus|apart from) <items>", "without"),
    ("<items> (do|does) not (count|matter)", "without"),
    ("(counting only|only counting|only) <items>", "only"),
    ("[the] (best|highest|most|largest|biggest|most frequent) (first|on top|at the top)", "down"),
    ("[the] (lowest|smallest|fewest|least) (first|on top|at the top)", "up"),
    ("[in] alphabetical order", "name"),
    ("(sorted|ordered) [by] <order>", "order"),
    ("[<items>] [<noun>] (with|without|that have|having) (none|nothing|any|no <noun>) (is|are) (left out|not shown|missing|omitted|skipped)", ""),
)  # fmt: skip
_GLUE = frozenset(
    "me us them you him her the a an as with of and each it they one is are for where ever with row rows line entry list array object"
    " objects a by in , ; . : ( ) -".split()
)


def note_of(tokens: Sequence[Token], situation: Situation) -> GroupNote:
    """Read what the words say, piece by piece; the longest piece wins at each place."""
    reader = Reader(tuple(tokens), LISTING_SLOTS, situation)
    note = GroupNote(words=tuple(tokens))
    at = 0
    while at < len(tokens):
        best: tuple[int, str, Captures] = (at, "", {})
        for text, kind in _BITS:
            for end, captures in compile_pattern(text).prefixes(reader, at):
                if end > best[0]:
                    best = (end, kind, captures)
        end, kind, captures = best
        if end == at:
            if reader.low(at) not in _GLUE and tokens[at].kind != "mark":
                note.left.append(tokens[at])
            at += 1
            continue
        _keep(note, kind, captures)
        at = end
    return note


def _keep(note: GroupNote, kind: str, captures: Captures) -> None:
    match kind:
        case "counted" | "only" | "without":
            getattr(note, kind).append(captures["items"])
        case "state":
            note.states.append(Being(None, tuple(captures["state"].split())))
        case "fold":
            note.folds[tuple(captures["field_words"])] = captures["superlative"]
        case "down" | "up":
            note.order.append((("!number",), kind == "down"))
        case "name":
            note.order.append((("!group",), False))
        case "order":
            note.order.extend(captures["order"])
        case _:
            pass


def _read(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`GET /x: for each … [{"species": "cat", "count": 9}], best first`."""
    route: Route = captures["route"]
    tokens: tuple[Token, ...] = captures["rest"]
    if route.method not in {"GET", ""} or not route.path:
        return None
    place = next((at for at, token in enumerate(tokens) if token.kind == "sketch"), None)
    if place is None:
        return None
    sketch = tokens[place].value
    lows = {token.low for token in tokens[:place]}
    if lows & {"row", "rows", "line", "lines", "entry"}:
        lows |= {token.low for token in tokens[place:]}
    if len(sketch.members) < 2 or not (sketch.is_list or lows & {"each", "every", "per"}):
        return None
    told = tokens[:place]
    while told and verb(told[0].low) is not None and not told[0].low.startswith("count"):
        told = told[1:]
    note = note_of((*told, *tokens[place + 1 :]), situation)
    return [Grouped(route, sketch, note, tuple(note.left))]


GROUPED = (
    ("<route> [MUST] <rest>", _read),
    (
        "[(once|twice|every|each|from|at|in|on|sometimes|now|then) [<phrase>]] [,] (i|we|they|you|the <noun>) [(can|then|also)] (look at|look|check|use|open|need|call|want|read|ask) <route> [MUST] <rest>",
        _read,
    ),
)
"""Tried last: it takes any sentence about a route that shows the rows of its answer."""
