"""Clauses that forbid, said again in the few forms that the recognisers know.

`No hire lasts …`, `on no account may a hire last …`, `it is impossible for a hire to last …` and `please do
not let a hire last …` all say `a hire can not last …`: each rule turns one construction into that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from quantumlayer.offline.reading.language._patterns import (
    Pattern,
    Reader,
    SlotFunction,
    compile_pattern,
    words_of,
)
from quantumlayer.offline.reading.text._tokens import Token, unwritten
from quantumlayer.offline.reading.text._words import base, verb

__all__ = ["restated"]

Tokens = tuple[Token, ...]

_MOST_WAYS = 3
_SLOT = re.compile(r"<(items|noun|number|op|phrase|rest)(:\w+)?>")

_FORBIDDEN = "(not possible|impossible|not allowed|forbidden|prohibited|not permitted|out of the question|an error|not ok|not okay|a mistake)"
_MAY = "(may|can|must|should|shall|could|will)"
_TAKEN = "(accepted|allowed|possible|taken|admitted|permitted|made|booked|added|placed|created|given|kept|stored|issued)"
_MOST = (
    "(at most|only|only ever|just|no more than|not more than|up to|a maximum of|never more than)"
)
_PER = "(per|for (each|every|any|one|a|the same))"
_ON = "(on|in|at|for) (a|an|the same|one|any|each|every|the one|a single)"
_RULES = (
    # --- a ban in other words
    ("no <items:who> <acts:act> [<rest>]", "a $who can not $act $rest"),
    ("(nobody|no one) <acts:act> [<rest>]", "one can not $act $rest"),
    (f"(on no account|under no circumstances|in no case|at no time|in no event|never) {_MAY} <items:who> <rest>", "$who can not $rest"),
    (f"(it|this) (is|must be|should be|has to be) {_FORBIDDEN} for <items:who> to <rest>", "$who can not $rest"),
    (f"(it|this) (is|must be|should be|has to be) {_FORBIDDEN} (to|that one|that somebody|that people) <rest>", "one can not $rest"),
    ("[please] (do not|never|you must not) (let|allow|permit) [that] <items:who> [to] <rest>", "$who can not $rest"),
    ("<items:who> (must|has to|have to|should|needs to|is to|are to) be (kept|prevented|stopped) from <doing_it:act> [<rest>]", "$who can not $act $rest"),
    ("(we|you|i|they|one) (do|does|can|must|will|may) not (accept|allow|want|take|permit|like|make|keep) [any] <such:who>", "$who are refused"),
    ("<such:who> (is|are) (not welcome|unwanted|of no use|not wanted|no good|nonsense|not on|not for us|not taken|not made)", "$who are refused"),
    ("<such:who> (stays|stay|remains|remain) [(put|on file|in the register|on record|there|for good|where (it|they) (is|are))]", "$who can not be deleted"),
    ("(if|when) [there (are|is)] <such:who> , (that|this|it) (is|gets) [a|an] (refused|error|rejected|forbidden)", "$who are refused"),
    # --- how many
    (f"(not|no) more than <number> <items:what> (are|is|CAN be) [{_TAKEN}] (for|on|in|at|to|by|per) <items:who>", "$who can not have more than $number $what"),
    ("no <items:who> <acts:act> more than <number> <items:what> [<rest>]", "a $who can not have more than $number $what $rest"),
    ("for <items:who> (not|no) more than <number> <items:what> (are|is|CAN be) <phrase>", "$who can not have more than $number $what"),
    (f"[there (is|are|CAN be)] [only] [ever] [at most] <number> <items:what> [at most] [(is|are) {_TAKEN}] {_PER} <rest>", "$number $what per $rest"),
    (f"there (is|are|CAN be) {_MOST} <number> <items:what> {_ON} <rest>", "$number $what per $rest"),
    (f"{_MOST} <number> <items:what> ({_ON}|per) <noun> (is|are) {_TAKEN} {_PER} <items:who>", "$number $what per $who and $noun"),
    ("the limit is <number> <items:what> <rest>", "at most $number $what $rest"),
    (f"we (allow|take|accept|permit) [{_MOST}] <number> <items:what> {_PER} <items:who>", "at most $number $what per $who"),
    # --- how long something is possible
    ("<op:who> (is|are) [still] (possible|allowed|permitted|accepted|taken|open|welcome) (until|before|up to|while|as long as|within|during|till|so long as) <rest>", "$who are only possible until $rest"),
)  # fmt: skip


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[Pattern, tuple[str, ...]], ...]:
    named = lambda slot: f"<said_{slot[1]}{slot[2] or ':' + slot[1]}>"  # noqa: E731 -- names the slot
    return tuple(
        (compile_pattern(_SLOT.sub(named, text)), tuple(said.split())) for text, said in _RULES
    )


def _as_tokens(read: SlotFunction) -> SlotFunction:
    """Let a slot yield the tokens that it takes rather than what they mean."""

    def slot(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
        for _, end in read(reader, at):
            yield tuple(reader.tokens[at:end]), end

    return slot


def _acts(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """A finite verb, as its base: `lasts` → last, `is` → be, `has` → have."""
    low = reader.low(at)
    known = {
        "is": "be",
        "are": "be",
        "gets": "get",
        "has": "have",
        "have": "have",
        "does": "do",
    }.get(low)
    found = verb(low)
    if known is None and found is not None and found.forms & {"third", "base"}:
        known = found.base
    if known is not None and low not in {"can", "may", "must"}:
        yield unwritten(known), at + 1


def _gerund(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    low = reader.low(at)
    if low.endswith("ing"):
        yield unwritten("be" if low == "being" else base(low)), at + 1


def _such(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """Items of which the words say more than their name."""
    for items, end in reader.slot("items", at):
        if items.entity is not None and (items.where or any(each.where for each in items.of)):
            yield tuple(reader.tokens[at:end]), end


def restated(tokens: Tokens, slots: Mapping[str, SlotFunction], situation: Any) -> Iterator[Tokens]:
    """Say a clause in the other ways that the rules know."""
    words = words_of(tokens)
    rules = [rule for rule in _rules() if rule[0].possible(words)]
    if not rules or not words.isdisjoint({",", ";", ":", "-"}):
        return
    own = {
        f"said_{name}": _as_tokens(slots[name])
        for name in ("items", "noun", "number", "op", "phrase", "rest")
    }
    own.update(acts=_acts, doing_it=_gerund, such=_such)
    reader = Reader(tokens, {**slots, **own}, situation)
    for pattern, template in rules:
        for captures in islice(pattern.wholes(reader), _MOST_WAYS):
            said: list[Token] = []
            for part in template:
                said.extend(captures.get(part[1:], ()) if part[0] == "$" else unwritten(part))
            yield tuple(said)
