"""What a clause about a field comes down to, whatever its words.

`7 if I do not say`, `when she leaves that out she means 50`, `two cars never share one`, `if there is one`:
there is no end to such clauses. They are not parsed; the few words that carry them decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from quantumlayer.offline.reading.language._slots import literal_of
from quantumlayer.offline.reading.text._lexicon import ADVERBS, NUMBER_WORDS
from quantumlayer.offline.reading.text._tokens import Token

__all__ = ["remark"]

_LONGEST = 16
_ARTICLES = frozenset("a an the its their his her every each".split())
_CONDITIONAL = frozenset("if when where whenever unless until without otherwise as whoever".split())
_BEGINNING = frozenset("get gets start starts begin begins receive receives have has".split())
_SHORT = 7
_SILENCE = frozenset(
    "not nothing none no nobody never missing absent omitted left leave leaves leaving blank empty unspecified"
    " unstated unsaid unknown otherwise else different differently another other skipped skip skips omit omits"
    " forget forgets forgotten unless without new silent doubt unset".split()
)
_BOUNDS = frozenset(
    "least most than max min maximum minimum over under above below between up until before after within"
    " later earlier more less fewer".split()
)
_FIXED = frozenset("today now true false yes".split())
_NO_VALUE = frozenset(
    "optional required mandatory unique empty null nothing nullable positive system computed calculated set"
    " it this that they he she we you i which who whoever whatever there the a an its at is are be".split()
)
_NEGATIVE = frozenset("no not never cannot nobody none without neither".split())
_SAME = frozenset("same share shares shared sharing alike identical equal twins".split())
_SHARING = frozenset("share shares shared sharing".split())
_REPEATED = frozenset("twice again repeated reused duplicated duplicates duplicate doubles".split())
_USED = frozenset(
    "is are be may only given used taken assigned occur occurs appear appears exist exists no never".split()
)
_EVERY = frozenset("every each all any one".split())
_PRESENT = frozenset(
    "known any one available given applicable applies needed wanted exists present necessary appropriate"
    " relevant desired possible it them".split()
)
_MAY = frozenset("may might can could need needs do does sometimes often".split())
_GONE = frozenset(
    "missing empty absent blank unknown none omitted skipped out without off away dropped necessary obligatory".split()
)


def remark(tokens: Sequence[Token]) -> tuple[str, Any] | None:
    """Return what a clause says of a field: a default, `unique`, `optional`, an aside; None where nothing."""
    if not 1 < len(tokens) <= _LONGEST or any(
        token.kind in {"route", "sketch"} for token in tokens
    ):
        return None
    lows = [token.low for token in tokens if token.kind != "mark"]
    if not lows or (lows[0] in _ARTICLES and not {"new", "own", "once"} & {*lows[:2], lows[-1]}):
        return None  # a clause about something else
    for read in (_unique, _default, _optional, _aside):
        found = read(tokens, lows)
        if found is not None:
            return found
    return None


def _default(tokens: Sequence[Token], lows: Sequence[str]) -> tuple[str, Any] | None:
    """One value, and words for nothing being said: `16 if nobody says anything`, `is 0 for a new car`."""
    words = {*lows}
    newly = lows[0] == "new" and len(lows) < _SHORT and bool(words & _BEGINNING)  # new people get 9
    conditional = bool(words & _CONDITIONAL) or {"for", "new"} <= words or newly
    if not (conditional and words & _SILENCE) or words & _BOUNDS - {"until", "other"}:
        return None
    values = [token for token in tokens if _is_value(token)]
    if len(values) == 1:
        return "default", literal_of(values[0])
    if (
        lows[-3:-1] in (["it", "is"], ["that", "is"], ["it", "becomes"])
        and tokens[-1].kind == "word"
    ):
        return "default", literal_of(tokens[-1])
    first = next(
        (token for token in tokens if token.low not in {"a", "an", "the", "is", "it"}), tokens[0]
    )
    behind = tokens[list(tokens).index(first) + 1 :]
    named = first.kind == "word" and first.low not in _NO_VALUE | _CONDITIONAL | ADVERBS
    if (
        not values
        and named
        and behind
        and behind[0].low in _CONDITIONAL - {"as", "for", "where", "until"}
    ):
        return "default", literal_of(first)
    return None


def _is_value(token: Token) -> bool:
    if token.kind in {"number", "quote", "name", "date"}:
        return True
    counted = token.low in NUMBER_WORDS and token.low != "one"
    return token.kind == "word" and (counted or token.low in _FIXED)


def _unique(_: Sequence[Token], lows: Sequence[str]) -> tuple[str, Any] | None:
    """`two cars never share one`, `different for every pupil`, `each has its own`, `no other may use`."""
    words = {*lows}
    if "per" in words or "within" in words:
        return None
    leads = lows[0] in {"no", "two", "several", "different", "nobody", "never"} or words & _SHARING
    alike = leads and words & _SAME and words & _NEGATIVE
    scopes = {"on", "in", "at", "for", "by"}
    scoped = any(one in scopes and two in {"one", "a"} for one, two in pairwise(lows))
    again = words & _REPEATED and words & _NEGATIVE and words & _USED and "same" not in words
    again = again and not scoped
    apart = words & {"different", "distinct", "own", "unique"} and words & _EVERY and "for" in words
    apart = apart or (lows[0] in {"different", "distinct", "other"} and "from" in words)
    apart = apart or (lows[0] in _EVERY and lows[-1] == "own" and words & _HAS)
    apart = apart or (words & {"differ", "differs", "different"} and words & {"others", "other"})
    once = lows[-1] == "once" and len(lows) < 5 and lows[0] in _USED | _EVERY
    at = 1 if lows[0] in {"that", "which"} else 0
    nobody = " ".join(lows[at : at + 2]) in _OTHERS or " ".join(lows[at : at + 3]) in _OTHERS
    others = nobody and words & _HAS
    apart = apart or (words & {"identifies", "identify"} and words & {"one", *_ARTICLES})
    handed = lows[0] == "no" and words & {"two", "several"} and words & {"given", "issued"}
    single = {"there", "only", "one"} <= words and lows[-2] in _ARTICLES | {"that", "this"}
    found = alike or again or apart or once or others or handed or single
    return ("unique", True) if found else None


_HAS = frozenset(
    "has have uses use carries carry bears bear shares share takes take gets get".split()
)
_OTHERS = frozenset({"no other", "nobody else", "no one else", "no two", "nothing else"})


_ADDED = frozenset(
    "add added follow come comes given fill filled entered provided supplied put".split()
)
_NEEDED = frozenset("necessary obligatory need needs do does".split())


def _optional(tokens: Sequence[Token], lows: Sequence[str]) -> tuple[str, Any] | None:
    """`when known`, `if there is one`, `where this applies`, `not everybody has one`, `may stay empty`."""
    words = {*lows}
    if any(_is_value(token) for token in tokens):
        return None
    if (
        lows[0] in {"if", "when", "where"}
        and len(lows) < 7
        and lows[-1] in _PRESENT
        and not words & _SILENCE
    ):
        return "optional", True
    later = "later" in words and words & _MAY | words & {"can"} and words & _ADDED
    if later and "not" not in words:
        return "optional", True
    hedged = words & _MAY and words & _GONE and not words & {"cannot", "never", "nobody"}
    denied = "not" in words and not words & _NEEDED
    some = lows[:2] in (["not", "every"], ["not", "everybody"], ["not", "all"], ["not", "everyone"])
    few = (
        words & {"most", "many", "some", "few", "rarely"} and words & _NEGATIVE | {"rarely"} & words
    )
    few = few and words & {
        "need",
        "needs",
        "have",
        "has",
        "use",
        "know",
        "want",
        "needed",
        "given",
        "own",
    }
    return ("optional", True) if (hedged and not denied) or some or few else None


def _aside(tokens: Sequence[Token], lows: Sequence[str]) -> tuple[str, Any] | None:
    """`more do not fit in`, `it holds no more`: why a bound is as it is."""
    words = {*lows}
    explains = words & {"more", "fewer", "less"} and words & _NEGATIVE and "than" not in words
    return ("example", True) if explains and not any(map(_is_value, tokens)) else None
