"""What a sentence that no pattern fits still says of a thing.

`A tour sends one van with one driver out on a date`, `reserve a desk for one day, stating desk, member and
date`: whoever reads it knows what a tour or a reservation refers to and has, and need not know the verb.
It is read last, where the patterns have found no fields, and demands nothing: what is not understood may
say that a field can be left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import Belongs, Fact, Fields, Mention, Thing
from quantumlayer.offline.reading.language._fieldlists import FieldPhrase, read_fields
from quantumlayer.offline.reading.language._patterns import Captures
from quantumlayer.offline.reading.language._vocabulary import Lexicon
from quantumlayer.offline.reading.sentences._definitions import (
    SIGN_UP,
    Situation,
    lexicon_of,
    plausible_field,
)
from quantumlayer.offline.reading.text._lexicon import DETERMINERS, PREPOSITIONS
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import base, noun_for, singular, verb

__all__ = ["DEFINED", "read_loosely"]

_RULING = frozenset(
    """
    only cannot must may can could should shall never not no nobody nothing none without unless until while if
    when before after at-least most least twice once more less than every-time deleted removed
    """.split()
)
"""Words of rules, which speak of things but do not say what they have."""
_OPENS_LIST = frozenset(
    "with giving stating naming saying noting including containing recording : -".split()
)
_OPENS_NOUN = DETERMINERS | {"one", "per"}
_PARTICLES = frozenset("out up off in back down away over together".split())
_MAKES = frozenset(
    "create add register enter make write record log file submit post place report note open issue".split()
)
_MOMENTS = frozenset({"date", "day", "time"})
_LONGEST_NOUN = 3


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence taken apart at its verb."""

    label: tuple[str, ...]
    subject: tuple[str, ...]
    verb: str
    rest: tuple[Token, ...]


def read_loosely(
    tokens: Sequence[Token], lexicon: Lexicon, words: Collection[str], known: frozenset[str]
) -> list[Fact]:
    """Say what a thing refers to and has, by the nouns of a sentence alone.

    Args:
        tokens: The sentence, without lead-ins and purposes.
        lexicon: The things that are known so far.
        words: Every word of the document, in the singular.
        known: Names that the document uses in JSON.
    """
    placed = _placed(tokens, lexicon, known) or _signing_up(tokens, known)
    if placed or any(token.kind in {"route", "quote", "status", "sketch"} for token in tokens):
        return placed
    shared = _belonging(tokens, lexicon)
    if shared or not _RULING.isdisjoint(token.low for token in tokens):
        return shared
    sentence = _taken_apart(tokens)
    if sentence is None:
        return []
    thing = _made(sentence, lexicon, words)
    if thing is None:
        return []
    parents = [Thing(each) for each in _things(sentence, lexicon) if each != thing.words]
    phrases = _listed(sentence, lexicon, known)
    if not any(_MOMENTS & {*each.words} for each in phrases):
        phrases += _moments(sentence.rest)
    facts: list[Fact] = [Belongs(thing, tuple(parents))] if parents else []
    if phrases:
        facts.append(Fields(thing, tuple(phrases), complete=False))
    return facts


def _placed(tokens: Sequence[Token], lexicon: Lexicon, known: frozenset[str]) -> list[Fact]:
    """`Costs work likewise under /trips/{id}/costs: amount, kind and paid_on`: what is kept there."""
    colon = next((at for at, token in enumerate(tokens) if token.low == ":"), len(tokens))
    routes = [token.value for token in tokens[:colon] if token.kind == "route"]
    if len(routes) != 1 or routes[0].method not in {"", "POST"} or not routes[0].literals:
        return []
    word = lexicon.by_segment(routes[0].literals[-1])
    told = any(each.kind == "word" and lexicon.find([each.low]) is word for each in tokens[:colon])
    phrases = [each for each in read_fields(tokens[colon + 1 :], known) if plausible_field(each)]
    if word is None or not told or not phrases:
        return []
    return [Fields(Thing(tuple(word.label.split())), tuple(phrases), complete=True)]


def _signing_up(tokens: Sequence[Token], known: frozenset[str]) -> list[Fact]:
    """`POST /signup and POST /login, both with username and password`: what stands around the password."""
    at = next((at for at, token in enumerate(tokens) if token.low in _SECRETS), None)
    routes = [token.value for token in tokens if token.kind == "route"]
    joins = any(each.segments and each.segments[-1] in SIGN_UP for each in routes)
    if at is None or not (joins or any(token.low in _JOINS for token in tokens)):
        return []
    depth, start = 0, at
    while start and (depth or tokens[start - 1].low not in _OPENS_CREDENTIALS):
        start -= 1
        depth += {")": 1, "(": -1}.get(tokens[start].low, 0)
    end = next((i for i in range(at, len(tokens)) if tokens[i].low in {".", ";", "}"}), len(tokens))
    phrases = [each for each in read_fields(tokens[start:end], known) if not each.left]
    if not start or not 1 < len(phrases) <= _MOST_CREDENTIALS:
        return []
    user = Thing(("user",))
    return [Fields(user, tuple(phrases)), Mention(user, ("sign-up",))]


_SECRETS = frozenset({"password", "passphrase"})
_JOINS = SIGN_UP | frozenset("account accounts registers signs sign".split())
_OPENS_CREDENTIALS = _OPENS_LIST | frozenset(
    "( { take takes using by need needs wants want".split()
)
_MOST_CREDENTIALS = 4


def _belonging(tokens: Sequence[Token], lexicon: Lexicon) -> list[Fact]:
    """`Students have a name and belong to one class`: the subject stands far before its verb."""
    at = next((at for at, token in enumerate(tokens) if token.low in {"belong", "belongs"}), None)
    subject = next(_nouns(tokens[: at or 0], bare=True), ())
    if at is None or lexicon.find(subject) is None:
        return []
    parents = [each for each in _nouns(tokens[at + 1 :]) if lexicon.find(each) is not None]
    return [Belongs(Thing(subject), tuple(Thing(each) for each in parents[:2]))] if parents else []


def _defined(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A score is what one judge gives one project`: it refers to the things that are named behind."""
    child, lexicon = captures["thing"], lexicon_of(situation)
    parents = [each for each in _nouns(captures["phrase"]) if each != child.words]
    if lexicon is not None:
        parents = [each for each in parents if lexicon.find(each) is not None]
    return [Belongs(child, tuple(map(Thing, parents[:2])))] if parents else None


def _taken_apart(tokens: Sequence[Token]) -> _Sentence | None:
    """Find label, subject and verb: `Ratings: a player rates …`, `The teacher writes …`, `reserve …`."""
    label: tuple[str, ...] = ()
    mark = next((at for at, token in enumerate(tokens[:4]) if token.low in {":", "."}), 0)
    if mark and all(token.kind == "word" for token in tokens[:mark]):
        label, tokens = tuple(token.low for token in tokens[:mark]), tokens[mark + 1 :]
    if not tokens or tokens[0].kind != "word":
        return None
    first = verb(tokens[0].low)
    if first is not None and "gerund" in first.forms:
        return None  # deleting a list drops its entries
    if first is not None and "base" in first.forms and tokens[0].low not in DETERMINERS:
        return _Sentence(label, (), first.base, tuple(tokens[1:]))
    for at in range(1, min(len(tokens) - 1, 8)):
        if _is_third(tokens[at], tokens[at + 1]):
            nouns = [*_nouns(tokens[:at], bare=at < _LONGEST_NOUN)]
            subject = nouns[-1] if nouns else ()
            return _Sentence(label, subject, base(tokens[at].low), tuple(tokens[at + 1 :]))
    return None


def _is_third(token: Token, following: Token) -> bool:
    """`sends one van`: a verb, also an unknown one, by what stands behind it."""
    if token.kind != "word" or token.low in {"is", "has", "this", "its", "always", "shows"}:
        return False
    found = token.forms
    opens = following.low in _OPENS_NOUN or following.low in {"down", "up", "in"}
    return opens and ("third" in found if found else token.low.endswith("s"))


def _made(sentence: _Sentence, lexicon: Lexicon, words: Collection[str]) -> Thing | None:
    """What the sentence is about: what the verb makes, what is made, the label, or the subject."""
    label = (*sentence.label[:-1], singular(sentence.label[-1])) if sentence.label else ()
    for noun in noun_for(sentence.verb):
        named = noun == " ".join(label) or (noun != sentence.verb and noun in words)
        if named or (lexicon.find([noun]) is not None and (noun,) != sentence.subject):
            return Thing((noun,))
    if label and lexicon.find(label) is not None:
        return Thing(label)
    if sentence.verb in _MAKES:
        made = next(_nouns(sentence.rest), ())
        return Thing(made) if made and lexicon.find(made) is not None else None
    return Thing(sentence.subject) if lexicon.find(sentence.subject) is not None else None


def _things(sentence: _Sentence, lexicon: Lexicon) -> Iterator[tuple[str, ...]]:
    """The things that stand in the sentence: what the one that is made refers to."""
    before = (sentence.subject, *_nouns(sentence.rest))
    yield from dict.fromkeys(each for each in before if lexicon.find(each) is not None)


def _listed(sentence: _Sentence, lexicon: Lexicon, known: frozenset[str]) -> list[FieldPhrase]:
    """Fields behind `with`, `stating` or a colon."""
    opens = [at for at, token in enumerate(sentence.rest) if token.low in _OPENS_LIST]
    if not opens:
        return []
    at = next((at for at in opens if sentence.rest[at].low == ":"), opens[0])
    listed = [token for token in sentence.rest[at + 1 :] if token.low not in {"maybe", "perhaps"}]
    return [
        phrase
        for phrase in read_fields(listed, known)
        if plausible_field(phrase)
        and _PARTICLES.isdisjoint(phrase.words)
        and (phrase.article or phrase.spelled or phrase.traits or len(phrase.words) == 1)
        and (len(phrase.words) == 1 or lexicon.find(phrase.words[:1]) is None)
    ]


def _moments(tokens: Sequence[Token]) -> list[FieldPhrase]:
    """`on a date`, `for one day`, `at a time`."""
    return [
        FieldPhrase((tokens[at + 2].low,), article="a", tokens=(tokens[at + 2],))
        for at in range(len(tokens) - 2)
        if tokens[at].low in {"on", "at", "for"}
        and tokens[at + 1].low in {"a", "one", "the"}
        and tokens[at + 2].low in _MOMENTS
    ]


def _nouns(tokens: Sequence[Token], *, bare: bool = False) -> Iterator[tuple[str, ...]]:
    """The nouns behind articles, `one` and `per`, in the singular; `bare`: also the first word."""
    for at, token in enumerate(tokens):
        start = at + 1 if token.low in _OPENS_NOUN else at
        if start == at and not (bare and at == 0):
            continue
        end = start
        while end < len(tokens) and end - start < _LONGEST_NOUN and _of_noun(tokens[end]):
            end += 1
        noun = tuple(each.low for each in tokens[start:end])
        if noun:
            yield (*noun[:-1], singular(noun[-1]))


def _of_noun(token: Token) -> bool:
    stops = (
        PREPOSITIONS
        | DETERMINERS
        | _PARTICLES
        | {"and", "or", "who", "which", "that", "has", "have"}
    )
    finite = bool(token.forms) and not token.forms & {"base", "gerund"}
    return token.kind == "word" and token.low not in stops and not finite


DEFINED: tuple[tuple[str, Recogniser], ...] = (
    ("<thing> is (what|when|where|whenever) <phrase>", _defined),
)
