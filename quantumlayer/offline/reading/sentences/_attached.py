"""Lists of fields that are attached to a noun, wherever it stands in its sentence.

`We publish photos (caption, url)`, `every sale: flavour, scoops`, `journeys with a date and a length`:
the list is taken out of the sentence, which then reads as if it were not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from quantumlayer.offline.reading.language._facts import Fields, Thing
from quantumlayer.offline.reading.language._fieldcuts import name_in_bracket, says_default
from quantumlayer.offline.reading.language._fieldlists import FieldPhrase, read_fields
from quantumlayer.offline.reading.language._fieldtypes import type_of_name
from quantumlayer.offline.reading.language._traits import Trait, read_traits
from quantumlayer.offline.reading.sentences._definitions import (
    CREATE,
    GENERIC,
    MANAGE,
    READ,
    plausible_field,
)
from quantumlayer.offline.reading.text._lexicon import (
    ADVERBS,
    DETERMINERS,
    NUMBER_WORDS,
    PREPOSITIONS,
    PRONOUNS,
)
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import forms, is_plural, singular, verb

__all__ = ["are_choices", "detach", "end_of_sentence", "is_nominal", "list_of"]


_KEEPING = (
    CREATE
    | MANAGE
    | frozenset(
        "have see list let rent hire lend sell buy offer book collect catalogue catalog gather need want"
        " hold teach run own use log send receive get hand measure count report capture publish share"
        " deal know remember breed grow build lease loan stock set".split()
    )
)
"""What people do with the things that they want to be kept."""
_BEFORE_FIELD = frozenset(
    "has have having had with consists consist consisting contains contain includes include is are"
    " needs requires takes gets carries comprises showing comes come".split()
)
"""Behind these a noun is a field, and what stands in brackets behind it describes the field."""
_NO_OWNER = GENERIC | frozenset(
    "filter filters search sort sorting required optional mandatory query body payload answer"
    " reply request result response role status state option choice kind type category priority"
    " colour color size unit day weekday default validation remark example parameter field"
    " attribute property column label rule route endpoint list page report statistic total limit date"
    " time format range public private admin later scope phase hint attention reason goal purpose"
    " background motivation permission right login log-in e.g i.e thing following"
    " version language currency place-holder signature regards input output"
    " operation method verb value key header code detail term condition entity resource schema".split()
)
"""Nouns behind which no list names the fields of a thing."""
_TELLING = frozenset(
    "name title description price email phone author text body amount quantity address note notes"
    " content caption label date street city country year number genre breed species age weight"
    " height colour color size capacity rating stars score comment message subject summary model brand"
    " make plate isbn url instrument variety supplier customer owner guest room street district"
    " department start end from to duration minutes distance km unit due deadline headline id".split()
)
"""What fields are often called."""
_NO_NOUN = frozenset(
    "and or but if when i we you they us them please not can may must should will be been to new also each every".split()
)
_SEEKING = READ - {"see"} | frozenset(
    ("filter choose sort narrow order answer return reply").split()
)
"""Behind these `with` leads to parameters: `list boats with a min_price`."""
_SECRETS = frozenset({"password", "passphrase", "pin"})
_LONGEST_NOUN = 3


def detach(
    tokens: Sequence[Token], known: frozenset[str]
) -> tuple[tuple[Token, ...], list[Fields]]:
    """Take the lists of fields that are attached to nouns out of a sentence.

    Returns:
        The sentence without them, and the lists.
    """
    found: list[Fields] = []
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        taken = _list_at(tokens, at, known) if at else None
        if taken is None:
            kept.append(tokens[at])
            at += 1
            continue
        attached, at = taken
        found.append(attached)
    if not found:
        return tuple(tokens), []
    named = {word for fields in found for word in fields.thing.words}
    words = {token.low for token in kept if token.kind not in {"mark", "route"}}
    verbless = len(words) <= _LONGEST_NOUN + 2 and not any(_is_finite(token) for token in kept)
    if verbless or words <= named | DETERMINERS:
        kept = [token for token in kept if token.kind == "route"]
    return tuple(kept), found


def _list_at(tokens: Sequence[Token], at: int, known: frozenset[str]) -> tuple[Fields, int] | None:
    """Read a list that begins at a bracket, a colon, a dash or `with`; tell where it ends."""
    opening = _opening(tokens, at)
    if opening is None:
        return None
    start, end, behind = opening
    noun = _noun_before(tokens, at, known)
    if noun is None or start >= end or not _fits(tokens, at, noun):
        return None
    if tokens[start].low in _POINTING or any(token.kind == "route" for token in tokens[start:end]):
        return None  # `?q=` keeps the recipes with that word in the title, and `?max_minutes=` …
    if tokens[max(tokens.index(noun[0]) - 1, 0)].low in {"one", "per"}:
        return None  # a tour sends one van with one driver; a record per student: …
    each = any(token.low == "each" for token in tokens[at:start])
    loose = tokens[at].low not in {"(", "=", "{"} and not each
    telling = each or _is_told(tokens, noun) or f"{'_'.join(_label(noun))}_id" in known
    phrases = list_of(tokens[start:end], known, telling=telling, loose=loose)
    if phrases is None or any(phrase.words[-1] in _SECRETS for phrase in phrases):
        return None  # who has a password is left to the sentences about accounts
    if len(phrases) == 1 and not _is_full(noun, phrases[0], telling=telling or loose):
        return None
    words = tuple(each.low for each in noun)
    return Fields(Thing(words, tokens=tuple(noun)), tuple(phrases)), behind


_POINTING = frozenset({"that", "this", "these", "those", "such"})


def _opening(tokens: Sequence[Token], at: int) -> tuple[int, int, int] | None:
    """Where the list behind a mark or a word begins and ends, and where the sentence goes on."""
    token = tokens[at]
    start = at + 1
    if token.kind == "mark":
        if token.low in {"=", ":"} and start < len(tokens) and tokens[start].text == "{":
            at, token, start = start, tokens[start], start + 1
        if token.low in {"(", "{"}:
            closing = _closing(tokens, at)
            return None if closing is None else (start, closing, closing + 1)
        if token.low == ",":
            place = _behind_words(tokens, start)
            return None if place == start else (place, (end := end_of_sentence(tokens, place)), end)
        if token.low not in {":", "-"}:
            return None
        end = end_of_sentence(tokens, start)
        return start, end, end
    if token.kind != "word":
        return None
    start = _behind_words(tokens, at)
    end = end_of_sentence(tokens, start)
    return None if start == at else (start, end, end)


_GIVING = frozenset(
    "with stating giving noting specifying providing entering namely comprising having including".split()
)


_BEFORE_HAVING = frozenset("each all must should may of them which".split())


def _behind_words(tokens: Sequence[Token], at: int) -> int:
    """Step over `with`, `stating`, `which have`, `that each have`, `consisting of`."""
    low = tokens[at].low if at < len(tokens) else ""
    if low in _GIVING:
        place = at + 1
        while place < len(tokens) and tokens[place].low in frozenset(
            "the following fields : its".split()
        ):
            place += 1
        return place
    following = tokens[at + 1].low if at + 1 < len(tokens) else ""
    if low in {"consisting", "composed", "made"} and following in {"of", "from"}:
        return at + 2
    if low not in {"which", "that", "each"}:
        return at
    place = at + 1
    while place < len(tokens) and tokens[place].low in _BEFORE_HAVING:
        place += 1
    has = place < len(tokens) and tokens[place].low in frozenset(
        "has have contain contains with".split()
    )
    return place + 1 if has else at


def _closing(tokens: Sequence[Token], at: int) -> int | None:
    depth = 0
    for place in range(at, len(tokens)):
        if tokens[place].kind == "mark":
            depth += {"(": 1, ")": -1, "{": 1, "}": -1}.get(tokens[place].low, 0)
        if not depth:
            return place
    return None


def end_of_sentence(tokens: Sequence[Token], start: int) -> int:
    """Where the sentence that a place is in ends: at a stop outside brackets."""
    depth = 0
    for place in range(start, len(tokens)):
        if tokens[place].kind != "mark":
            continue
        depth += {"(": 1, ")": -1}.get(tokens[place].low, 0)
        if not depth and tokens[place].low in {".", ";", "→"}:
            behind = tokens[place + 1 : end_of_sentence(tokens, place + 1)]
            told = behind and behind[0].low in {token.low.strip('"') for token in tokens[:place]}
            if tokens[place].low == ";" and told and says_default(behind):
                continue  # "basic" or "premium"; basic if we leave it out
            return place
    return len(tokens)


# --- the noun ------------------------------------------------------------------------------------


def _noun_before(tokens: Sequence[Token], at: int, known: frozenset[str]) -> Sequence[Token] | None:
    """The noun phrase that ends before a place; of `tools in the shed` at the beginning the tools."""
    end = at - 1 if tokens[at - 1].low == "," and at > 1 else at
    start = end
    while start > 0 and end - start < _LONGEST_NOUN and is_nominal(tokens[start - 1]):
        start -= 1
    noun = tokens[start:end]
    before = tokens[start - 1].low if start else ""
    if noun and before in PREPOSITIONS | DETERMINERS and tokens[at].low != "(":
        head = _head(tokens[_clause_start(tokens, at) : start])
        noun = head or noun
    while noun and (noun[0].low in ADVERBS | _PARTICLES or _does(tokens, noun)):
        noun = noun[1:]
    if not noun or noun[-1].low in PRONOUNS | {"first", "last"}:
        return None
    if noun[-1].low in known and not is_plural(noun[-1].low):
        return None
    if singular(noun[-1].low) in _NO_OWNER and f"{'_'.join(_label(noun))}_id" not in known:
        return None
    if noun[-1].kind == "name" and not noun[-1].text[0].isupper():
        return None
    found = forms(noun[-1].low)
    if found and not is_plural(noun[-1].low) and found <= {"past", "participle"}:
        return None
    return noun


_PARTICLES = frozenset("up out off on in down away".split())
"""We rent out boats."""


def _is_full(noun: Sequence[Token], phrase: FieldPhrase, *, telling: bool) -> bool:
    """Whether one field is all there is: `quizzes (name)`, but not `which product (product_id)`."""
    renamed = bool({*phrase.words} & {singular(token.low) for token in noun})
    return not renamed and (telling or is_plural(noun[-1].low))


def _label(noun: Sequence[Token]) -> list[str]:
    words = [token.low for token in noun]
    return [*words[:-1], singular(words[-1])]


def _clause_start(tokens: Sequence[Token], at: int) -> int:
    """Where the clause before a place begins: behind a semicolon, a stop, or a label with its colon."""
    for place in range(at - 1, 0, -1):
        if tokens[place].kind == "mark" and tokens[place].low in {";", ".", "!", "?"}:
            return place + 1
        label = tokens[place].low == ":" and place < _LONGEST_NOUN + 2
        if label and not any(_is_finite(token) for token in tokens[:place]):
            return place + 1
    return 0


def _does(tokens: Sequence[Token], noun: Sequence[Token]) -> bool:
    """Whether a verb stands before the noun: `record journeys`, `facilities keep buildings`."""
    keeping = [_keeps(token) for token in noun[:-1]]
    start = _place(tokens, noun)
    if keeping[:1] == [True] and start and _keeps(tokens[start - 1]):
        return False  # writes log entries
    return any(keeping)


def _keeps(token: Token) -> bool:
    found = verb(token.low) if token.kind == "word" else None
    return found is not None and found.base in _KEEPING and bool(found.forms & {"base", "third"})


def is_nominal(token: Token) -> bool:
    """Whether a word may be part of the name of a thing."""
    if token.kind == "name":
        return True
    if token.kind != "word" or token.low in DETERMINERS | PREPOSITIONS | PRONOUNS | _BEFORE_FIELD:
        return False
    return token.low not in NUMBER_WORDS and token.low not in _NO_NOUN


def _head(tokens: Sequence[Token]) -> Sequence[Token]:
    """`Tools in the …`, `we write invoices to …`: the noun before the last preposition, if there is one."""
    end = len(tokens)
    while end and tokens[end - 1].low in DETERMINERS:
        end -= 1
    if not end or tokens[end - 1].low not in PREPOSITIONS - {"of", "per", "with"}:
        return ()
    if tokens[end - 1].low == "for" and end < len(tokens) and tokens[end].low in {"each", "every"}:
        return ()
    end -= 1
    start = end
    while start and end - start < _LONGEST_NOUN and is_nominal(tokens[start - 1]):
        start -= 1
    noun = tokens[start:end]
    if start and tokens[start - 1].low in _ONE and len(noun) > 1 and "third" in noun[-1].forms:
        return noun[:-1]  # a registration belongs to …
    if noun and start and tokens[start - 1].low in PREPOSITIONS | DETERMINERS:
        noun = _head(tokens[:start]) or noun
    found = verb(noun[-1].low) if noun else None
    plain = (
        found is None or is_plural(noun[-1].low) or (start and tokens[start - 1].low in DETERMINERS)
    )
    return noun if noun and plain and noun[0].low not in PREPOSITIONS else ()


_ONE = frozenset({"a", "an", "each", "every", "one"})


def _is_finite(token: Token) -> bool:
    if token.kind != "word":
        return False
    finite = bool(token.forms & {"third", "base"})
    return token.low in {"is", "are", "must", "can", "may", "should", "will"} or (
        finite and not is_plural(token.low)
    )


def _is_told(tokens: Sequence[Token], noun: Sequence[Token]) -> bool:
    """Whether the words before the noun say that such things are kept: `each`, `we record`."""
    start = _place(tokens, noun)
    before = tokens[start - 1].low if start else ""
    if before in {"each", "every", "per", "any"}:
        return True
    return any(
        (found := verb(token.low)) is not None and found.base in _KEEPING
        for token in tokens[max(0, start - 4) : start]
    ) or (start == 0 and is_plural(noun[-1].low))


def _place(tokens: Sequence[Token], noun: Sequence[Token]) -> int:
    return next(place for place, token in enumerate(tokens) if token is noun[0])


def _fits(tokens: Sequence[Token], at: int, noun: Sequence[Token]) -> bool:
    """Whether the noun names a thing here and not one of the fields of another."""
    start, first = _place(tokens, noun), _clause_start(tokens, at)
    if start < first:
        return False
    loose = tokens[at].low not in {"(", "=", "{"}
    before = {token.low for token in tokens[first:start]}
    inside = sum({"(": 1, ")": -1}.get(token.low, 0) for token in tokens[:at]) > 0
    if start and tokens[start - 1].low in {"'s", "its", "their", "his", "her"}:
        return False
    listed = [place for place in range(start) if tokens[place].low == ":"]
    if (
        not loose
        and listed
        and any(token.low in {",", "and"} for token in tokens[listed[-1] : start])
    ):
        return False  # what stands in brackets describes a field of a list
    if inside and not any(token.low == "(" for token in tokens[max(0, start - 2) : start]):
        return False
    if inside and name_in_bracket(_phrase_before(tokens, at)):
        return False  # what they sell (goods: food, plants)
    routes = [token.value for token in tokens[first:at] if token.kind == "route"]
    if any(route.method != "POST" for route in routes) or (loose and ":" in before):
        return False
    if before & _BEFORE_FIELD - {"are", "is", "have", "with"} or (
        before & {"is", "are"} and not loose
    ):
        return False
    if "have" in before and not before & {"we", "i", "to"}:
        return False
    relative = tokens[at].kind == "word"
    own = relative and tokens[at].low in {"which", "that"}
    own |= tokens[at].low == "," and tokens[at + 1].low in {"which", "that", "each"}
    verbs = [found.base for token in tokens[first : start + 1] if (found := verb(token.low))]
    if tokens[at].low == "with" and _SEEKING & {*verbs}:
        return False
    made = not verbs or (CREATE | MANAGE) & {*verbs}
    if tokens[at].low != "with" and relative | (tokens[at].low == ",") and not (made or own):
        return False  # `book a room, giving …` makes something else
    opens = start == first or tokens[start - 1].low == "-"
    return not relative or opens or _is_told(tokens, noun)


# --- the list ------------------------------------------------------------------------------------


def _phrase_before(tokens: Sequence[Token], at: int) -> list[Token]:
    """The phrase that a place is in: since the last comma or `and` before its bracket."""
    opened = next((i for i in range(at - 1, -1, -1) if tokens[i].low == "("), 0)
    start = next((i + 1 for i in range(opened, -1, -1) if tokens[i].low in {",", "and", ";"}), 0)
    return list(tokens[start : at + 2])


_LEADING = frozenset("with having has have namely its their the".split())
_NO_LIST = frozenset(
    "parameter query e.g i.e see default for if when only max min up in by see called".split()
)


def list_of(
    tokens: Sequence[Token], known: frozenset[str], *, telling: bool, loose: bool
) -> list[FieldPhrase] | None:
    """Read a list of fields; None where it is something else.

    Args:
        tokens: What may be one.
        known: Names that the document uses in JSON.
        telling: Whether what stands before it speaks for a list.
        loose: Whether no brackets hold it together.
    """
    if any(token.kind in {"route", "sketch"} for token in tokens):
        return None
    tokens, remark = _without_remark(tokens)
    while tokens and tokens[0].low in _LEADING - {"the"}:
        tokens = tokens[1:]
    if not tokens or tokens[0].kind not in {"word", "name"} or tokens[0].low in _NO_LIST:
        return None
    traits, left = read_traits(tokens)
    types = sum(trait.key == "type" for trait in traits)
    phrases = read_fields(_named(tokens), known)
    several = len(phrases) > 1 and all(each.article for each in phrases)
    described = not left and tokens[0].kind != "name" and not several
    if described and (tokens[0].low not in _TELLING or types == 1):
        return None  # `price: number, 0 or more`
    if not phrases or not all(plausible_field(phrase) for phrase in phrases):
        return None
    for phrase in phrases:
        if not _demands(phrase.left):
            phrase.left = [] if phrase.left and phrase.left[0].low in _RELATIVE else phrase.left
    if any(phrase.left and not phrase.spelled for phrase in phrases):
        return None
    if any(_is_finite(token) for phrase in phrases for token in phrase.left[:2]):
        return None
    if are_choices(tokens, phrases):
        return None
    evidence = sum(_evidence(phrase) for phrase in phrases) + bool(remark) + telling
    if evidence < (2 if len(phrases) == 1 else 1):
        return None
    if loose and not any(_evidence(phrase) for phrase in phrases):
        return None
    for phrase in phrases:
        phrase.traits.extend(remark)
    return phrases


_RELATIVE = frozenset("where that which who whose until of in on kept when".split())


def _demands(tokens: Sequence[Token]) -> bool:
    """Whether words say more than what a field is about."""
    return bool(
        {"must", "only", "not", "never", "unique", "cannot", "no", "least", "most", "optional"}
        & {token.low for token in tokens}
    ) or any(token.kind != "word" for token in tokens)


_BARE_TYPES = frozenset({"text", "number"})


def _named(tokens: Sequence[Token]) -> list[Token]:
    """`quiz_id, text, answer`: the word for a type is a name where it stands alone in a list without types."""
    described = any(token.low in {":", ";", "=", "required", "optional"} for token in tokens)
    named: list[Token] = []
    for at, token in enumerate(tokens):
        before = tokens[at - 1].low if at else ","
        after = tokens[at + 1].low if at + 1 < len(tokens) else ","
        alone = before in {",", "and"} and after in {",", "and", "("}
        if alone and token.kind == "word" and token.low in _BARE_TYPES and not described:
            token = replace(token, kind="name", value=token.low)  # noqa: PLW2901 -- the same word
        named.append(token)
    return named


def _evidence(phrase: FieldPhrase) -> int:
    spelled = phrase.spelled is not None or type_of_name(phrase.words) in {"date", "datetime"}
    usual = phrase.words[-1] in _TELLING
    return spelled + usual + bool(phrase.traits)


def are_choices(tokens: Sequence[Token], phrases: Sequence[FieldPhrase]) -> bool:
    """`(S, M, L or XL)`, `(members, trainers and staff)`: what something can be."""
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1, ":": 1, "=": 1}.get(token.low, 0) if token.kind == "mark" else 0
        if token.low == "or" and not depth and not any(_evidence(each) for each in phrases):
            return True
    bare = [phrase for phrase in phrases if not phrase.traits and phrase.spelled is None]
    return len(bare) == len(phrases) and all(
        is_plural(phrase.words[-1]) and phrase.words[-1] not in _TELLING for phrase in phrases
    )


# --- remarks behind a list -----------------------------------------------------------------------

_ALL = frozenset({"all", "both", "each", "everything", "every"})
_NEEDED = frozenset(
    "needed required mandatory compulsory obligatory necessary given filled present".split()
)
_ABSENT = frozenset("missing omitted empty blank absent".split())
_FILL = frozenset(
    "of them these which that is are be being must have has to may can in three two four five six fields field"
    " values value one ones out left should need needs may not".split()
)


def _without_remark(tokens: Sequence[Token]) -> tuple[Sequence[Token], list[Trait]]:
    """Take what is said of all fields off the end of a list: `, both needed`, `- none may be missing`."""
    for at in range(len(tokens) - 1, max(0, len(tokens) - 10), -1):
        if tokens[at].low not in {",", "-", ";", "("} or tokens[at].kind != "mark":
            continue
        words = [token.low for token in tokens[at + 1 :] if token.kind != "mark"]
        if not words:
            continue
        traits = _remark(words)
        if traits:
            return tokens[:at], traits
    return tokens, []


def _remark(words: Sequence[str]) -> list[Trait]:
    first, rest = words[0], set(words[1:])
    if (
        first == "none"
        and rest & (_ABSENT | {"left", "optional"})
        and rest <= _FILL | _ABSENT | {"optional"}
    ):
        return [Trait("required")]
    if first not in _ALL or not rest <= _FILL | _NEEDED | {"optional"}:
        return []
    if rest & _NEEDED and "not" not in rest:
        return [Trait("required")]
    return [Trait("optional")] if "optional" in rest else []
