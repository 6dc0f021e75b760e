"""Sentences that say something about fields: `Title and content are required`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import (
    AllRequired,
    Changeable,
    Context,
    Fact,
    Said,
    Thing,
)
from quantumlayer.offline.reading.language._patterns import Captures, Reader, SlotFunction
from quantumlayer.offline.reading.language._terms import Items
from quantumlayer.offline.reading.language._traits import Trait, read_traits
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._phrases import _field_words
from quantumlayer.offline.reading.text._lexicon import ADVERBS, PAGING, PREPOSITIONS
from quantumlayer.offline.reading.text._tokens import Token

__all__ = ["PREDICATES", "PREDICATE_SLOTS"]


_BEFORE_SUBJECT = frozenset("the a an each every its their all any both of".split())


def _subjects(
    reader: Reader, at: int
) -> Iterator[tuple[tuple[Items | None, tuple[tuple[str, ...], ...]], int]]:
    """`title and content`, `a room's name`, `the rating of a review`, `room names`."""
    start = at
    while reader.low(start) in _BEFORE_SUBJECT and start < len(reader.tokens):
        start += 1
    for owner, end in reader.slot("items", at):
        if owner.entity is None or owner.where or owner.of or owner.quantifier in {"no", "two"}:
            continue
        behind = end + 1 if reader.low(end) == "'s" else end
        for names, stop in reader.slot("names", behind):
            yield (owner, names), stop
    for names, end in reader.slot("names", start):
        if reader.low(end) in {"of", "for", "in"}:
            for owner, stop in reader.slot("items", end + 1):
                if owner.entity is not None and not owner.where:
                    yield (owner, names), stop
        yield (None, names), end
        if reader.low(end) in {"names", "name", "values", "value", "texts"}:  # player names
            yield (None, names), end + 1


def _traits(reader: Reader, at: int) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Everything behind the subject, if all of it says something about a field."""
    tokens = reader.tokens[at:]
    if not tokens or tokens[0].low in {"and", "or", "belongs", "belong", "consists", "refers"}:
        return
    if _goes_on(reader, at):
        return
    traits, unread = read_traits(tokens)
    left = _without_noun(tokens, unread)
    if traits and not left:
        yield tuple(traits), len(reader.tokens)


_FINITE = frozenset("is are has have can may must should will cannot never".split())


def _told(reader: Reader, at: int) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Traits without a verb before them; the `number` of a phone is part of its name."""
    goes_on = reader.low(at) in {
        ",",
        ";",
        ")",
        "and",
    }  # further names, and no values of the one before
    for traits, end in _traits(reader, at) if at + 1 < len(reader.tokens) else ():
        if not goes_on or all(trait.key != "choices" for trait in traits):
            yield traits, end


def _goes_on(reader: Reader, at: int) -> bool:
    """`Titles are not empty, number and …`, `…, grams is a whole number`: behind a comma is the next field."""
    return any(
        reader.low(end) in {"", *_FINITE}
        for comma in range(at, len(reader.tokens) - 1)
        if reader.low(comma) == "," and reader.tokens[comma + 1].kind == "word"
        for _, end in reader.slot("names", _behind(reader, comma))
    )


def _behind(reader: Reader, comma: int) -> int:
    """Where the next subject begins: `…, and the phone may be missing`."""
    start = comma + 1
    while reader.low(start) in {"and", "but", "the", "its", "a", "an"}:
        start += 1
    return start


def _without_noun(tokens: Sequence[Token], left: Sequence[Token]) -> Sequence[Token]:
    """Forgive the noun that says what kind of thing a field is: `is a bar code of 13 digits`."""
    if not left or tokens[0].low not in {"a", "an", "the"} or len(left) > 3:
        return left
    start = next(at for at, token in enumerate(tokens) if token is left[0])
    behind = tokens[start : start + len(left)]
    following = tokens[start + len(left)].low if start + len(left) < len(tokens) else ""
    plain = all(token.kind == "word" and token.low not in _NO_NOUN for token in left)
    together = all(one is other for one, other in zip(behind, left, strict=False))
    ends = following in {"of", "with", "between", "from", ",", "that", "which", "(", ""}
    return [] if start <= 2 and plain and together and ends else left


_NO_NOUN = (
    PREPOSITIONS
    | ADVERBS
    | frozenset("not no never only must may can if when unless but and or".split())
)


PREDICATE_SLOTS: dict[str, SlotFunction] = {
    "choice": lambda reader, at: _choice(reader, at),
    "subjects": _subjects,
    "told": _told,
    "traits": _traits,
}


def _said(
    captures: Captures, situation: Situation, *, shown: bool = False
) -> Iterable[Fact] | None:
    owner, names = captures["subjects"]
    traits = captures["traits"]
    keys = {trait.key for trait in traits}
    if keys <= {"example"} and not shown:
        return None
    choices = [str(each) for trait in traits if trait.key == "choices" for each in trait.value]
    if any(each.lower().startswith(("no ", "every ", "each ", "all ")) for each in choices):
        return None  # a clause of its own
    if owner is None and any(name[0] in PAGING for name in names):
        return None
    if owner is None and situation.vocabulary is not None and not keys <= _OF_REFERENCES:
        lexicon = situation.vocabulary.lexicon
        if any(lexicon.find(list(name)) is not None for name in names):
            return None  # `a job is given to one mechanic`, `a truck has a plate (unique)`
    thing = Thing((owner.entity,)) if owner is not None and owner.entity else None
    return [Said(names, thing, traits)]


_OF_REFERENCES = frozenset("required optional immutable system nullable example".split())
"""What is said of a reference by the name of the thing that it leads to."""


def _wanted_once(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`We only want every email once`."""
    return [Said(captures["names"], None, (Trait("unique"),))]


def _listed(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`name and email (unique)`: without a verb it is said of the last only."""
    owner, names = captures["subjects"]
    return _said({"subjects": (owner, names[-1:]), "traits": captures["told"]}, situation)


def _fixed(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Key and order are fixed`: they never change."""
    owner, names = captures["subjects"]
    thing = Thing((owner.entity,)) if owner is not None and owner.entity else None
    return [Said(names, thing, (Trait("immutable"),))]


def _dearer(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Express costs half as much again`: a mark that makes what is worked out dearer."""
    drafts = situation.extra.get("entities", {})
    marked = [
        (name, made)
        for name, draft in drafts.items()
        if (made := draft.find((captures["word"].low,)))
        and ("boolean" in made.values("type") or isinstance(made.last("default"), bool))
    ]
    totals = {
        words for words in situation.vocabulary.fields if words[-1] in {"total", "fee", "sum"}
    }
    if len(marked) != 1 or len(totals) != 1:
        return None
    trait = Trait("dearer", (marked[0][1].name, captures["dearer"]))
    return [Said(tuple(totals), Thing((marked[0][0],)), (trait,))]


def _more(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """`half as much again`, `20 % more`, `twice as much`, `5 euros more`: what is done to the price."""
    words = {"half": "* 1.5", "twice": "* 2", "double": "* 2", "thrice": "* 3"}
    low = reader.low(at)
    for end in range(at + 1, len(reader.tokens) + 1):
        tail = [token.low for token in reader.tokens[at + 1 : end]]
        if low in words and (tail in _AS_MUCH or (low == "double" and not tail)):
            yield words[low], end
    for amount, end in reader.slot("amount", at):
        if reader.low(end) in {"more", "extra", "on"} and amount.unit in {"percent", "euro", ""}:
            factor = (
                f"* {1 + amount.value / 100:g}" if amount.unit == "percent" else f"+ {amount.value}"
            )
            yield factor, end + 1 + (reader.low(end + 1) == "top")


_AS_MUCH = (["as", "much", "again"], ["as", "much"], ["the", "price"])
PREDICATE_SLOTS["dearer"] = _more


def _choice(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    if at < len(reader.tokens) and reader.tokens[at].kind in {"name", "quote"}:
        yield str(reader.tokens[at].value), at + 1


def _one_choice(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`With the order "lowest" …`: one of the values that a field may have."""
    if len(captures["names"]) != 1:
        return None
    return [Said(captures["names"], None, (Trait("state", captures["literal"]),))]


def _is_default(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`highest is the default`: of the field that has this value."""
    return [Said((), None, (Trait("default", captures["literal"]),))]


def _taken(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`409 key taken`."""
    if captures["number"] not in {400, 409, 422} or len(captures["names"]) != 1:
        return None
    return [Said(captures["names"], None, (Trait("unique"),))]


def _context(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Context()] if captures["number"] in {400, 422} else None


def _without(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Without a priority it is normal`."""
    return [Said(captures["names"], None, (Trait("default", captures["literal"]),))]


def _there_must_be(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`There has to be at least one ingredient`."""
    key = "most" if captures.get("most") else "least"
    return [Said((captures["word"],), None, (Trait(key, captures["number"], "item"),))]


def _ranged(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`1 to 5 stars`."""
    if captures["low"] > captures["high"]:
        return None
    traits = (Trait("least", captures["low"]), Trait("most", captures["high"]))
    return [Said((captures["word"],), None, traits)]


def _plural_field(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    yield from _field_words(reader, at)


PREDICATE_SLOTS["counted_field"] = _plural_field


def _chosen(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Categories are fixed: Groceries, Leisure …`."""
    owner, names = captures["subjects"]
    thing = Thing((owner.entity,)) if owner is not None and owner.entity else None
    return [Said(names, thing, (Trait("choices", captures["choices"]),))]


def _scale(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`How much you want it is its priority: 1 is "dying for it", 5 is "why not", and 3 is what …`."""
    rest = captures.get("rest", ())
    numbers = [
        token.value
        for at, token in enumerate(rest)
        if token.kind == "number" and at + 1 < len(rest) and rest[at + 1].low == "is"
    ]
    if not numbers:
        return None
    words = [token.low for token in rest]
    traits = [Trait("least", min(numbers)), Trait("most", max(numbers)), Trait("type", "integer")]
    for at, token in enumerate(rest):
        behind = words[at + 1 : at + 4]
        if token.kind == "number" and behind[:2] in (
            ["is", "what"],
            ["is", "the"],
            ["is", "normal"],
        ):
            traits.append(Trait("default", token.value))
    return [Said((captures["field_name"],), None, tuple(traits))]


def _field_name(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    if at < len(reader.tokens) and reader.tokens[at].kind == "name":
        yield (str(reader.tokens[at].value),), at + 1
    yield from _field_words(reader, at)


PREDICATE_SLOTS["field_name"] = _field_name


def _shown() -> tuple[Any, ...]:
    return (Trait("example"),)


def _optional() -> tuple[Any, ...]:
    return (Trait("optional"),)


def _system_sets(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Nobody sets the status directly`, `clients cannot change the balance`."""
    owner, names = captures["subjects"]
    thing = Thing((owner.entity,)) if owner is not None and owner.entity else None
    return [Said(names, thing, (Trait("system"),))]


_MARKED = "[(an|a|every|each)] <word> [(orders|order|bookings|booking|ones|delivery|deliveries|service|<items>)]"
_ON_ONE = "[(on|in|per|for|of|with) [(one|a|an|each|any|every|the|a single|the same)] <noun>]"
_TOO_MANY = "(is|are|would be|get) (too (many|much|few|little)|refused|rejected|forbidden|(not|never) (allowed|accepted|possible|enough)|an error|turned down)"
_ALL = (
    "(everything|every field|every one of them|all [of (it|them|this|these|that)] [[the] fields])"
)
_NEEDED = "(is|are|MUST be) (required|mandatory|needed|necessary|obligatory|compulsory|given|sent|there|present)"
_EXCEPT = "(except [for]|apart from|other than|besides|save [for]|with the exception of)"


def _all_but(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`All of it is needed except the note`, `everything but the note is required`."""
    if "subjects" not in captures:
        return [AllRequired()]
    return [AllRequired(), *(_said({**captures, "traits": _optional()}, situation) or ())]


PREDICATES: tuple[tuple[str, Recogniser], ...] = (
    ("(we|i|you|they|one) [MUST] [only] (want|wants|need|needs|accept|accepts|keep|keeps|store|stores|take|takes|allow|allows|use|uses) (every|each|any|the same|an|a) <names> [(only|just|exactly)] once", _wanted_once),
    ("<subjects> (is|are) fixed at creation", lambda c, s: [Said(c["subjects"][1], None, (Trait("fixed"),))]),
    (f"{_MARKED} (costs|cost|adds|add|is|are) [(always|then)] <dearer>", _dearer),
    ("only <subjects> (CAN|can|may) be (changed|updated|edited|modified|altered|corrected) [(later|afterwards|any more|after that|later on|after creation)] [LP <phrase> RP]", lambda c, s: [Changeable(c["subjects"][1])]),
    ("(nothing|no other field|no field) (but|except|other than|besides) <subjects> (CAN|can|may) be (changed|updated|edited|modified) [(later|afterwards|any more|after that)] [LP <phrase> RP]", lambda c, s: [Changeable(c["subjects"][1])]),
    ("(nobody|no one|no client|no user) [CAN] (sets|set|sends|send|writes|write) <subjects> [(directly|themselves|by hand|on their own)]", _system_sets),
    ("(nobody|no one|no client|no user|clients CANNOT|users CANNOT|a client CANNOT|callers CANNOT) [(be able|be allowed) to] (sets|set|sends|send|writes|write|changes|change) (any of (the (two|three|four|five|fields|values)|them|these)|[all] (these|those) [(fields|two|three|four|values)]|them|those|either of (them|these)|both)", lambda c, s: [Context()]),
    ("(nobody|no one|no client|no user|clients CANNOT|users CANNOT|a client CANNOT) [CAN] (sets|set|sends|send|writes|write|changes|change) (the|its|their|a) (status|state) [(directly|themselves|by hand|on their own)]", lambda c, s: _system_sets({**c, "subjects": (None, (("status",),))}, s)),
    ("(clients|callers|users|the client|a client) CANNOT [(be able|be allowed) to] (set|send|write|give|choose) <subjects> [(directly|themselves|by hand|on their own)]", _system_sets),
    ("[only] [where] [only] <subjects> (CAN|can) be (left out|omitted|empty|missing|null)", lambda c, s: _said({**c, "traits": _optional()}, s)),
    ("[where] only <subjects> (is|are) optional", lambda c, s: _said({**c, "traits": _optional()}, s)),
    ("<subjects> (is|are|must|can|may|cannot|has|have|should|shall|never|:|starts|start|defaults|default|needs|need|will|always|not) <traits>", _said),
    ("<subjects> (starts|start|begins|begin|is|are) [out] (at|with|as|on) <literal>", lambda c, s: _said({**c, "traits": [Trait("default", c["literal"])]}, s)),
    ("<subjects> <told>", _listed),
    ("<subjects> (is|are|stay|stays|remain|remains) (fixed|frozen|final)", _fixed),
    ("with (the|an|a) <names> <choice:literal> <clause>", _one_choice),
    ("<choice:literal> is [the] default", _is_default),
    ("<number> [(if the|if|the|when the|for a)] <names> [(is|are|has been|already)] [already] (taken|used|in use|exists|exist|known|there|duplicate|not unique)", _taken),
    ("<number> [(if|when|for)] [(an|the)] (invalid|bad|not valid|malformed) [(body|data|input)]", _context),
    ("(show|give|tell|return|send) (us|me|them|everybody) [also] <subjects>", lambda c, s: _said({**c, "traits": _shown()}, s, shown=True)),
    ("<subjects> (is|are) (fixed|limited|restricted|predefined|given|one of|always) [to] [:] <choices>", _chosen),
    ("all [of (them|these|which)] [(is|are)] (required|mandatory|needed) [(strings|texts|numbers|integers|dates)]", lambda c, s: [Context()]),
    (f"{_ALL} {_NEEDED} [[,] (but|unless|{_EXCEPT}) <subjects>]", _all_but),
    (f"{_ALL} (but|{_EXCEPT}) <subjects> {_NEEDED}", _all_but),
    ("(how much|how|what|when|where|whether|how important|how urgent) <phrase> is (its|the|their|our) <field_name> [: <rest>]", _scale),
    ("without [(a|an)] <names> [(it|they)] (is|are) <literal>", _without),
    ("if [(a|an|the)] <names> (is|are) (missing|not given|left out|omitted) [,] [(it|they)] (is|are|becomes|defaults to) <literal>", _without),
    ("there (has to be|must be|is|are|have to be|should be) (at least|no fewer than) <number> <counted_field:word>", _there_must_be),
    ("[(from|between)] <number:low> (to|-|and) <number:high> <counted_field:word>", _ranged),
    (f"there (CAN be|may be|are|is) (at most|[(no|not|never)] more than|up to) <number> <counted_field:word> {_ON_ONE}", lambda c, s: _there_must_be({**c, "most": True}, s)),
    (f"(more than|over|above) <number> <counted_field:word> {_ON_ONE} {_TOO_MANY}", lambda c, s: _there_must_be({**c, "most": True}, s)),
    (f"<number> <counted_field:word> or more {_ON_ONE} {_TOO_MANY}", lambda c, s: _there_must_be({**c, "number": c["number"] - 1, "most": True}, s)),
    (f"<number> or more <counted_field:word> {_ON_ONE} {_TOO_MANY}", lambda c, s: _there_must_be({**c, "number": c["number"] - 1, "most": True}, s)),
    (f"(fewer|less) than <number> <counted_field:word> {_ON_ONE} {_TOO_MANY}", _there_must_be),
)  # fmt: skip
