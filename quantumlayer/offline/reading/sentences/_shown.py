"""Sentences that say what is shown of a thing besides what is sent to make it.

    Each campaign reports raised (the sum of its donations) and donors (how many donations).
    When I look at a course I want to see places_left right there.
    With every lot we want to see how many seeds remain, in a field "remaining".
    `free_places` is shown with each firing: the places of the kiln minus the pieces loaded.

Read when no pattern fits, by what stands in the sentence: a verb of showing, the thing, and names with what
explains them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from quantumlayer.offline.reading.language._facts import Fact, Fields, Thing
from quantumlayer.offline.reading.language._fieldlists import FieldPhrase
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.language._vocabulary import Lexicon
from quantumlayer.offline.reading.text._lexicon import ADVERBS, DETERMINERS, PREPOSITIONS, PRONOUNS
from quantumlayer.offline.reading.text._tokens import Token, unwritten
from quantumlayer.offline.reading.text._words import base, is_plural

__all__ = ["read_shown"]

_SHOWING = frozenset(
    "show see tell report display return expose know learn carry give include state indicate mention reveal"
    " contain provide present output compute calculate".split()
)
_SURE = frozenset("show see tell report display expose reveal indicate compute calculate".split())
"""Verbs that need no explanation behind the name to speak of what the service works out."""
_RULING = frozenset(
    "must cannot never unless refused allowed may filter filtered sort sorted list lists search log sign".split()
)
_OF_EACH = frozenset("each every a an any the one".split())
_CALLED = frozenset("as called named field".split())
_PLAIN = DETERMINERS | PREPOSITIONS | PRONOUNS | ADVERBS
_NAME = re.compile(r"[a-z]+(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+")
_FINITE = frozenset("is are was were has have can must may should will that which".split())
_LONGEST = 2


def read_shown(tokens: Sequence[Token], lexicon: Lexicon) -> list[Fact]:
    """Say which fields of a thing its answers show, with the words that explain them.

    Nothing where the sentence is about something else; whether the words are understood turns out when
    the fields are worked out.
    """
    if any(token.kind in {"route", "sketch", "status"} for token in tokens):
        return []
    at = _verb_at(tokens)
    if at is None:
        return []
    subject, rest = tokens[:at], list(tokens[at + 1 :])
    owner = _owner(subject, lexicon) or _owner(rest, lexicon, behind=True)
    if owner is None:
        return []
    if tokens[at - 1].low in {"is", "are", "be"}:  # free_places is shown with each firing: …
        name = next((token for token in subject if _is_name(token)), None)
        colon = next((i for i, each in enumerate(rest) if each.low in {":", ","}), len(rest))
        found = [_phrase(name, rest[colon + 1 :])] if name is not None else []
    else:
        found = list(_elements(_without_lead(rest), sure=base(tokens[at].low) in _SURE))
    return [Fields(owner, tuple(found), complete=False, shown=True)] if found else []


def _verb_at(tokens: Sequence[Token]) -> int | None:
    """The last verb of showing that nothing rules out: `I want to see`, `should also tell`."""
    if not _RULING.isdisjoint(token.low for token in tokens if token.kind == "word"):
        return None
    for at, token in enumerate(tokens):
        spoken = base(token.low) in _SHOWING or (token.low in {"shown", "computed", "calculated"})
        if at and spoken and "gerund" not in token.forms:
            return at
        if not at and token.low in {"show", "display"}:
            return at
    figures = {"how", "number", "sum", "average"} & {token.low for token in tokens}
    told = next((at for at, token in enumerate(tokens) if token.low in {"has", "have"}), None)
    called = told is not None and _spelled_behind(tokens[told:]) is not None
    return told if figures and called else None


def _owner(tokens: Sequence[Token], lexicon: Lexicon, *, behind: bool = False) -> Thing | None:
    """The thing that is spoken of: `each campaign`, `when I look at a course`, `(shown) with every lot`."""
    for at, token in enumerate(tokens):
        if token.low in {":", "("}:
            return None
        if token.low not in _OF_EACH or (
            behind and (not at or tokens[at - 1].low not in {"with", "on", "of", "for", "in"})
        ):
            continue
        for size in (2, 1):
            label = [each.low for each in tokens[at + 1 : at + 1 + size]]
            word = lexicon.find(label) if len(label) == size else None
            if word is not None and not is_plural(label[-1]):
                return Thing(tuple(word.label.split()))
    return None


def _without_lead(tokens: list[Token]) -> list[Token]:
    """`me`, `us`, `with every invoice` before what is shown."""
    while tokens and tokens[0].low in frozenset(
        "me us you them also people right clearly ,".split()
    ):
        tokens = tokens[1:]
    if tokens and tokens[0].low in {"with", "on", "for", "in"} and len(tokens) > 3:
        end = 2 if tokens[1].low not in _OF_EACH else 3
        tokens = tokens[end:]
    return tokens


def _elements(tokens: Sequence[Token], *, sure: bool) -> Iterator[FieldPhrase]:
    """Names with their explanations: in brackets, behind a comma, or before `as total`."""
    parts = list(_parts(tokens))
    waiting: list[Token] = []  # what is still open, as open_amount
    at = 0
    while at < len(parts):
        part = parts[at]
        at += 1
        spelled = _spelled_behind(part)
        if spelled is not None:
            start, place = spelled
            told = (
                part[place + 2 :] if part[place + 1 : place + 2] == [_colon(part)] else part[:start]
            )
            yield _phrase(part[place], told or waiting)
            waiting = []
            continue
        named = _named_first(part)
        if named is None:
            waiting = part
            continue
        words, rest = named
        if not rest and at < len(parts) and _explains(parts[at]):
            rest = parts[at]  # `percent, raised out of goal`
            at += 1
        while rest and at < len(parts) and _goes_on(parts[at]):
            rest = [*rest, *unwritten(","), *parts[at]]
            at += 1
        if sure or rest or any(_is_name(token) for token in words):
            yield _phrase_of(words, rest)


_GOING_ON = frozenset("otherwise else null rounded zero empty 0 which".split())


def _goes_on(part: Sequence[Token]) -> bool:
    """`…, otherwise "normal"`, `…, null without reviews`."""
    return part[0].low in _GOING_ON or part[-1].low == "otherwise"


def _colon(part: Sequence[Token]) -> Token | None:
    return next((token for token in part if token.low in {":", "="}), None)


def _explains(part: Sequence[Token]) -> bool:
    """Whether a part between commas is about the name before it."""
    if _spelled_behind(part) is not None or _named_first(part) is not None:
        return False
    return part[0].low not in {"without", "so", "because", "when", "if", "in", "for", "but"}


def _parts(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Cut at commas and `and` outside brackets."""
    part: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.low, 0)
        if not depth and (
            token.low in {",", "and", ";", "plus"} and token.kind in {"mark", "word"}
        ):
            if part:
                yield part
            part = []
        elif token.low not in {".", "!"}:
            part.append(token)
    if part:
        yield part


def _is_name(token: Token) -> bool:
    return token.kind == "name" or (token.kind == "word" and bool(_NAME.fullmatch(token.text)))


def _spelled_behind(part: Sequence[Token]) -> tuple[int, int] | None:
    """`how many are open (open_items)`, `in a field "remaining"`: where that begins, and the name."""
    for at in range(1, len(part)):
        token, before = part[at], part[at - 1]
        written = _is_name(token) or token.kind == "quote"
        closed = part[at + 1 : at + 2] and part[at + 1].low == ")"
        bracketed = before.low == "(" and closed and at > _LONGEST
        if written and (bracketed or before.low in _CALLED):
            start = at - 1
            while start and part[start - 1].low in {"in", "a", "the", "field", ","}:
                start -= 1
            return start, at
    return None


def _named_first(part: Sequence[Token]) -> tuple[list[Token], list[Token]] | None:
    """The name at the beginning of a part, and what is left: `its total`, `raised ( … )`, `places_left right there`."""
    start = 0
    while start < len(part) and part[start].low in DETERMINERS | {"its", "their", "both"}:
        start += 1
    words: list[Token] = []
    for token in part[start:]:
        if _is_name(token) and not words:
            words = [token]
            break
        if token.kind != "word" or token.low in _PLAIN | _FINITE or len(words) == _LONGEST:
            break
        words.append(token)
    if not words:
        return None
    rest = list(part[start + len(words) :])
    opened = bool(rest) and rest[0].low in {"(", ":", "-", "="}
    article = start > 0
    if not _is_name(words[0]) and not opened and (rest or not (article or len(words) == 1)):
        return None
    inner = [token for token in rest if token.low not in {"(", ")"}] if opened else []
    return words, inner[1:] if inner and inner[0].low in {":", "-", "="} else inner


def _phrase(name: Token, told: Sequence[Token]) -> FieldPhrase:
    return _phrase_of([name], told)


def _phrase_of(words: Sequence[Token], told: Sequence[Token]) -> FieldPhrase:
    spelled = (
        str(words[0].value or words[0].text)
        if _is_name(words[0]) or words[0].kind == "quote"
        else None
    )
    plain = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", spelled).replace("_", " ") if spelled else ""
    label = tuple(plain.lower().split()) or tuple(token.low for token in words)
    traits = [Trait("meaning", tuple(told))] if told else []
    return FieldPhrase(label, spelled, traits, tokens=tuple(words))
