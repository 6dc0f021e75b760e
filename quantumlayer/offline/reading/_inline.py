"""What stands in brackets behind a noun: its fields, as in `a goal (name, target amount)`."""

from __future__ import annotations

from collections.abc import Sequence

from quantumlayer.offline.reading._definitions import GENERIC, _no_field, plausible_field
from quantumlayer.offline.reading._facts import Fact, Fields, Nominal, Thing
from quantumlayer.offline.reading._fieldlists import FieldPhrase, _split, read_fields
from quantumlayer.offline.reading._lexicon import ADVERBS, DETERMINERS, PREPOSITIONS, PRONOUNS
from quantumlayer.offline.reading._tokens import Token
from quantumlayer.offline.reading._traits import read_traits
from quantumlayer.offline.reading._words import is_plural, singular, verb

__all__ = ["split_inline"]

_LISTING = frozenset(
    "has have having with consists contains includes comprises giving stores keeps records fields attributes"
    " properties needs takes gets made given stored kept recorded : without enter enters".split()
)
"""What stands before a list of fields: brackets inside it describe the fields."""
_HAVING = frozenset("has have having with consists contains includes".split())
_COMMON = frozenset(
    "name title email label code number description text username url phone address full_name date".split()
)
_KEEPING = frozenset(
    "be have do keep store record save note manage know own run need want track hold register list collect".split()
)
"""Verbs that make nothing else of the thing."""
_LONGEST_NOUN = 3


def split_inline(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], list[Fact]]:
    """Take the fields that stand in brackets behind a noun out of a sentence."""
    facts: list[Fact] = []
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        end = _closing(tokens, at) if tokens[at].low == "(" and kept else None
        fact = _fact(kept, tokens[at + 1 : end]) if end is not None else None
        if fact is not None and end is not None:
            facts.append(fact)
            at = end + 1
            continue
        kept.append(tokens[at])
        at += 1
    return (tuple(kept), facts) if facts else (tokens, [])


def _closing(tokens: Sequence[Token], at: int) -> int | None:
    depth = 0
    for end in range(at, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[end].low, 0)
        if not depth:
            return end
    return None


def _fact(before: Sequence[Token], inside: Sequence[Token]) -> Fact | None:
    if not inside:
        return None
    if len(inside) == 1 and inside[0].kind == "name" and inside[0].low.endswith("_id"):
        return None if _lists(before, _HAVING) else _reference(before, inside[0])
    if _lists(before, _LISTING):
        return None
    phrases = _fields(inside)
    noun, start = _noun(before)
    if not phrases or not noun:
        return None
    single = len(phrases) == 1
    counted = is_plural(noun[-1].low) or (start > 0 and before[start - 1].low in {"each", "every"})
    if single and not (counted and phrases[0].words[-1] in _COMMON):
        return None
    thing = Thing(tuple(token.low for token in noun), "", None, tuple(noun))
    made = _verb_before(before, start)
    if made is not None:
        return Nominal(made, thing, tuple(phrases))
    return Fields(thing, tuple(phrases))


def _lists(before: Sequence[Token], words: frozenset[str]) -> bool:
    """Whether the bracket stands inside a list of fields."""
    for token in reversed(before):
        if token.low in {".", ";"} and token.kind == "mark":
            return False
        if token.low in words:
            return True
    return False


def _fields(inside: Sequence[Token]) -> list[FieldPhrase]:
    """The fields inside a bracket, if it holds nothing else."""
    if not inside or inside[0].low in {"parameter", "parameters", "query"}:
        return []
    if _no_field(inside) or not read_traits(inside)[1]:
        return []
    if any(token.kind in {"route", "sketch", "quote", "status"} for token in inside[:1]):
        return []
    phrases = read_fields(inside)
    if any(phrase.left or not plausible_field(phrase) for phrase in phrases):
        return []
    if any(_is_finite(token) for token in inside):
        return []
    return phrases


def _is_finite(token: Token) -> bool:
    return token.kind == "word" and token.low in {
        "is", "are", "can", "must", "may", "has", "have", "cannot", "should", "will", "was", "were", "if", "when", "e.g", "i.e",
    }  # fmt: skip


def _noun(before: Sequence[Token]) -> tuple[list[Token], int]:
    """The noun at the end of some tokens, and where it begins; `one` is what was named before."""
    if before[-1].low in {"one", "them", "these", "those"}:
        for at in range(len(before) - 2, -1, -1):
            token = before[at]
            named = verb(token.low) is None or before[at - 1].low in DETERMINERS
            if token.kind == "word" and is_plural(token.low) and named:
                return [token], len(before) - 1
        return [], 0
    start = len(before)
    while (
        start
        and len(before) - start < _LONGEST_NOUN
        and _nominal(before[start - 1], last=start == len(before))
    ):
        start -= 1
    noun = list(before[start:])
    if not noun or singular(noun[-1].low) in GENERIC:
        return [], 0
    return noun, start


_BEFORE_NO_LIST = frozenset("and or but are is new every other not to that which who".split())


def _nominal(token: Token, *, last: bool) -> bool:
    if (
        token.kind != "word"
        or token.low in PREPOSITIONS | DETERMINERS | PRONOUNS | ADVERBS | _LISTING
    ):
        return False
    if token.low in _BEFORE_NO_LIST:
        return False
    found = verb(token.low)
    return last or found is None or not found.forms & {"base", "third", "past"}


def _verb_before(before: Sequence[Token], start: int) -> str | None:
    """`subscribe to a box`, `send us an enquiry`: what somebody does with the thing."""
    at = start - 1
    while at >= 0 and before[at].low in DETERMINERS | PRONOUNS | {
        "to",
        "for",
        "new",
        "on",
        "weekly",
    }:
        at -= 1
    found = verb(before[at].low) if at >= 0 and before[at].kind == "word" else None
    if found is None or not found.forms & {"base", "third"} or found.base in _KEEPING:
        return None
    return found.base


def _reference(before: Sequence[Token], name: Token) -> Fact | None:
    """`A rating is given … to one film (`film_id`)`: how what the sentence is about refers to it."""
    start = 1 if before[0].low in DETERMINERS | {"each", "every"} else 0
    end = start
    while (
        end < len(before)
        and end < start + _LONGEST_NOUN
        and _nominal(before[end], last=end == start)
    ):
        end += 1
    verbal = verb(before[end].low) if end < len(before) else None
    plain = end < len(before) and before[end].low in {
        "can",
        "may",
        "must",
        "is",
        "are",
        "was",
        "were",
    }
    if end == start or (verbal is None and not plain):
        return None
    if not start and not is_plural(before[end - 1].low):
        return None
    words = tuple(token.low for token in before[start:end])
    phrase = FieldPhrase(tuple(_split(str(name.value))), str(name.value))
    return Fields(Thing(words, "", None, tuple(before[start:end])), (phrase,), sure=False)
