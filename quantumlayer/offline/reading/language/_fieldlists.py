"""Lists of fields: `a title, an optional note of at most 500 characters and a due date`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from quantumlayer.offline.reading.language._fieldcuts import (
    ASKING,
    HOW,
    IN_CLAUSES,
    NAME_STOPS,
    cut_fields,
    describes_several,
    name_in_bracket,
    quantity,
    said_again,
    tells_moment,
)
from quantumlayer.offline.reading.language._patterns import Reader, compile_pattern
from quantumlayer.offline.reading.language._slots import BASIC_SLOTS
from quantumlayer.offline.reading.language._traits import Trait, read_traits
from quantumlayer.offline.reading.text._lexicon import (
    DETERMINERS,
    NUMBER_WORDS,
    PREPOSITIONS,
)
from quantumlayer.offline.reading.text._sketches import Sketch
from quantumlayer.offline.reading.text._tokens import Token, tokenize, unwritten
from quantumlayer.offline.reading.text._words import is_past, is_plural, singular, split_name, verb

__all__ = ["FieldPhrase", "only_describes", "read_field", "read_fields"]


@dataclass(slots=True)
class FieldPhrase:
    """A field as a phrase names and describes it."""

    words: tuple[str, ...]
    """What it is called, in lower case."""
    spelled: str | None = None
    """Its name as in JSON, where the phrase has it."""
    traits: list[Trait] = field(default_factory=list)
    left: list[Token] = field(default_factory=list)
    """Tokens that nobody understood."""
    counted: bool = False
    """Whether it is a number of something."""
    listed: bool = False
    """Whether it is a list of something."""
    article: str = ""
    parts: list[FieldPhrase] = field(default_factory=list)
    """Fields of each element, where it is a list of things: `lines, each with …`."""
    also: list[tuple[str, ...]] = field(default_factory=list)
    """What it is called as well: `a number of spaces (capacity)`."""
    tokens: tuple[Token, ...] = ()
    sketch: Sketch | None = None
    """What each element looks like, where it is a list of objects."""

    @property
    def label(self) -> str:
        """The words as one phrase."""
        return " ".join(self.words)


_ADJECTIVES: dict[str, tuple[Trait, ...]] = {
    **dict.fromkeys(
        "short long brief free single certain simple valid own individual personal separate".split(),
        (),
    ),
    **dict.fromkeys(
        "optional optionally possibly perhaps maybe sometimes".split(), (Trait("optional"),)
    ),
    **dict.fromkeys("required mandatory compulsory obligatory".split(), (Trait("required"),)),
    **dict.fromkeys("unique different distinct distinctive".split(), (Trait("unique"),)),
    **dict.fromkeys("several many multiple".split(), (Trait("many"),)),
    "non-empty": (Trait("filled"),),
    "positive": (Trait("above", 0),),
    "non-negative": (Trait("least", 0),),
    "free-text": (Trait("type", "text"),),
    "read-only": (Trait("system"),),
    "random": (Trait("random", 8),),
    "immutable": (Trait("immutable"),),
}
_TYPES: dict[str, str] = {
    "boolean": "boolean",
    "bool": "boolean",
    "flag": "boolean",
    "integer": "integer",
    "int": "integer",
    "number": "numeric",
    "string": "string",
    "text": "string",
    "date": "date",
    "datetime": "datetime",
    "timestamp": "datetime",
    "time": "time",
    "decimal": "number",
    "float": "number",
    "list": "strings",
    "array": "strings",
    "url": "url",
    "link": "url",
    "email": "email",
    "enum": "choice",
    "choice": "choice",
    **dict.fromkeys("field value parameter attribute property".split(), ""),
}
_JOINS_OF = frozenset(
    {"date", "place", "year", "time", "country", "point", "proof", "mode", "month"}
) | {"unit", "level", "degree", "code", "state", "cost", "terms", "day", "city"}
"""Nouns that keep their `of`: date of birth, place of birth, unit of measure."""
_PLURAL_TYPES = [
    ["(", word, ")"] for word in "dates numbers integers texts strings times amounts".split()
]


def read_fields(tokens: Sequence[Token], known: frozenset[str] = frozenset()) -> list[FieldPhrase]:
    """Read a list of fields; what names nothing is left to the field before it.

    Args:
        tokens: The list, without what introduces it.
        known: Names that the document uses in JSON, so that `a number of spaces (capacity)` is
            called as it is called there.
    """
    compared = _compared(tokens, known)
    if compared is not None:
        return compared
    phrases: list[FieldPhrase] = []
    for whole in _named_together(_several_names(cut_fields(tokens))):
        part, of_both = _of_both(whole)
        phrase = read_field(part, known)
        if phrase is not None:
            phrases.append(phrase)
            for before in phrases[-2:-1] if of_both else ():
                before.traits.extend(() if before.traits and part[-1].low == ")" else phrase.traits)
            for before in phrases[-2:-1]:
                if before.label in _PAIRED and not before.left and len(phrase.words) > 1:
                    before.words += phrase.words[-1:]  # a first and a last name
        elif phrases:
            traits, left = read_traits(part)
            phrases[-1].traits.extend(traits)
            phrases[-1].left.extend(left)
    return phrases


_PAIRED = frozenset(
    "first last middle home away billing delivery shipping opening closing minimum maximum min max lower"
    " upper planned actual buying selling old new main short full".split()
)
"""Words before `and` that share the noun behind it."""


_OF_EACH = frozenset({"each", "both", "all"})
_OF_TWO = {"first": 0, "former": 0, "second": 1, "latter": 1}
_BEFORE_COMPARED = frozenset(", ( ; and but where with".split())


def _compared(tokens: Sequence[Token], known: frozenset[str]) -> list[FieldPhrase] | None:
    """`min and max, both at least 1 and the first not above the second`: how the two compare."""
    at = [
        i
        for i, (the, token) in enumerate(pairwise(tokens), 1)
        if the.low == "the" and token.low in _OF_TWO
    ]
    for one, two in pairwise(at):
        start, end = one - 1, two + 1
        while start and tokens[start - 1].low in _BEFORE_COMPARED:
            start -= 1
        while end < len(tokens) and tokens[end].low in {")", ",", ";", "and", "."}:
            end += 1
        told = read_fields(tokens[:start], known)
        if len(told) < len({*_OF_TWO.values()}):
            return None
        subject, other = (told[_OF_TWO[tokens[i].low] - 2] for i in (one, two))
        behind = [*tokens[one + 1 : two - 1], *tokenize(other.spelled or other.label)]
        traits, left = read_traits(behind)
        if subject is not other and not left and {trait.key for trait in traits} == {"check"}:
            subject.traits.extend(traits)
            return [*told, *(read_fields(tokens[end:], known) if tokens[end:] else [])]
    return None


def _of_both(part: list[Token]) -> tuple[list[Token], bool]:
    """`columns, whole numbers, 9 each`, `to (dates)`: what is said of the field before as well."""
    at = next((i for i, token in enumerate(part) if token.low == "("), len(part))
    inner = [token for token in part[at + 1 : -1] if token.low != "are"]
    if part[-1].low == ")" and {*_OF_EACH} & {t.low for t in inner} and describes_several(inner):
        part = [*part[:at], unwritten(",")[0], *inner]  # an arrival and a departure (both dates)
    commas = (at for at, token in enumerate(part) if token.low == ",")
    told = next((at for at in commas if describes_several(part[at + 1 :])), None)
    if told is not None:
        kept = [token for token in part[told:] if token.low not in _OF_EACH]
        return [*part[:told], *kept], True
    if [token.low for token in part[-3:]] in _PLURAL_TYPES:
        return part, True
    at = next((i for i, token in enumerate(part) if i and token.low in {"both", "each"}), 0)
    if part[-1].low != ")" and any(token.low == "both" for token in part):
        return part, True
    near = at and (part[at - 1].low in {",", "("} or part[at + 1 :] in ([], [part[-1]]))
    bounds = {trait.key for trait in read_traits(part[1:])[0]} if near else set()
    return part, not bounds.isdisjoint({"least", "most", "above", "below"})


def _several_names(parts: list[list[Token]]) -> list[list[Token]]:
    """`sent_at, changed_at: a date, set by the server`: what stands behind the colon is said of each."""
    first = next((at for at, part in enumerate(parts) if len(part) > 1), len(parts))
    labelled = first < len(parts) and parts[first][1].low == ":"
    names = [*(part[0] for part in parts[:first]), *(parts[first][:1] if labelled else ())]
    if not (first and labelled) or any(token.kind != "name" for token in names):
        return parts
    return [*([name, *parts[first][1:]] for name in names[:-1]), *parts[first:]]


def _named_together(parts: list[list[Token]]) -> list[list[Token]]:
    """`a start and an end (starts_at, ends_at; …)`: the bracket begins with the names of several fields."""
    for at, part in enumerate(parts):
        opened = next((i for i, token in enumerate(part) if token.low == "("), len(part))
        names: list[Token] = []
        end = opened + 1
        while end < len(part) and (part[end].kind == "name" or part[end].low in {",", "and", "/"}):
            names.extend([part[end]] if part[end].kind == "name" else [])
            end += 1
        told = parts[at + 1 - len(names) : at + 1] if len(names) > 1 else []
        alike = [_is_called(each, name) for each, name in zip(told, names, strict=False)]
        if told and _share_noun(names, part[:opened]):  # a lowest and a highest salary
            alike = [True] * len(told)
        if len(alike) > 1 and len(told) == len(names) and all(alike):
            bracket = [part[opened], names[-1], *part[end - (part[end - 1].low == ",") :]]
            both = any(token.low in {"both", "each", "all"} for token in bracket)
            named = [
                [*each, part[opened], name, *(bracket[2:] if both else tokenize(")"))]
                for each, name in zip(told[:-1], names, strict=False)
            ]
            return [
                *parts[: at + 1 - len(names)],
                *named,
                [*part[:opened], *bracket],
                *parts[at + 1 :],
            ]
    return parts


def _share_noun(names: Sequence[Token], part: Sequence[Token]) -> bool:
    """Whether all names have the noun that the last field is called by: `salary_min`, `salary_max`."""
    words = [{*split_name(str(name.value or name.low))} for name in names]
    return bool(set.intersection(*words) & {token.low for token in part})


def _is_called(part: Sequence[Token], name: Token) -> bool:
    """Whether the name says a word of the field again: `starts_at` is a start."""
    words = {token.low[:4] for token in part if token.low not in DETERMINERS}
    return any(word[:4] in words for word in split_name(str(name.value or name.low)))


def read_field(tokens: Sequence[Token], known: frozenset[str] = frozenset()) -> FieldPhrase | None:
    """Read the phrase of one field; None where it names nothing."""
    tokens = [token for token in tokens if token.low != "." or token.kind != "mark"]
    described = _described(tokens)
    at, phrase = (0, FieldPhrase(())) if described else _opening(tokens, known)
    if described:
        tokens, phrase.traits, phrase.counted = described
    name_end = at if phrase.words else _name(tokens, at, phrase)
    if not phrase.words:
        name_end = _bracketed_name(tokens, at, phrase)
    pointing = not phrase.spelled and phrase.article in {"this", "these"}
    if not phrase.words or pointing or (not phrase.spelled and phrase.words[0] in _NO_NAMES):
        return None
    phrase.tokens = tuple(tokens)
    tokens = _elements(tokens, name_end, phrase, known)
    rest = _renamed(_from_bracket(tokens[name_end:], phrase), phrase, known)
    rest = _without_explanation(rest)
    traits, left = read_traits(rest)
    if not traits and rest and rest[0].low == "(" and phrase.words[-1] == "id":
        phrase.traits.extend(_referred(rest))
    pair = [token for token in rest if token.low not in {"(", ")", ":"}]
    if not traits and phrase.words[-1] in _CHOSEN and [t.low for t in pair[1::2]] == [","]:
        if all(token.kind in {"word", "name"} for token in pair[::2]):  # a kind (road, gravel)
            traits, left = [Trait("choices", [token.text for token in pair[::2]])], []
    phrase.traits.extend(traits)
    if _names_one_each(rest, phrase):
        phrase.traits.append(Trait("unique"))
        left = []
    if _in_money(rest) and not any(trait.key == "type" for trait in phrase.traits):
        phrase.traits.append(Trait("type", "money"))
    phrase.left.extend(_serious(rest, left))
    return phrase


_CHOSEN = frozenset(
    "kind type category status state level size colour color format mode role priority sort class grade".split()
)
"""What is chosen from values, so that two in a bracket are these."""
_NO_NAMES = frozenset("somewhere anywhere roughly whenever wherever following".split())
"""A field is called by a noun."""


def _without_explanation(rest: list[Token]) -> list[Token]:
    """`a quota: how many hours he may book, a whole number`: what it is the number of, asks for nothing."""
    end = next((at for at, token in enumerate(rest) if token.low in {",", "("}), len(rest))
    told = len(rest) > 1 and rest[0].low == ":" and rest[1].low in ASKING | {"the"}
    return rest[end:] if told and not read_traits(rest[1:end])[0] else rest


def _referred(rest: Sequence[Token]) -> list[Trait]:
    """`host_id (a player)` refers to a player."""
    noun = tuple(token for token in rest[1:-1] if token.low not in DETERMINERS)
    plain = 0 < len(noun) < len(rest) - 2 and all(token.kind == "word" for token in noun)
    return [Trait("refers", noun)] if plain and len(noun) <= 2 else []


def _names_one_each(rest: Sequence[Token], phrase: FieldPhrase) -> bool:
    """`an email (only one account per address)`: one of whatever has it for each value."""
    lows = [
        token.low for token in rest if token.kind == "word" and token.low not in {"only", "just"}
    ]
    own = {*phrase.words, "address"} if "email" in phrase.words else {*phrase.words}
    return len(lows) == 4 and lows[0] == "one" and lows[2] == "per" and lows[3] in own


_ONE_OTHER = DETERMINERS | {"one", "other"}
_CLAUSAL = ASKING | frozenset("that it they he she we you".split())


def _described(tokens: Sequence[Token]) -> tuple[list[Token], list[Trait], bool] | None:
    """`when it departs (departs_at, …)`, `the day on which it ends, ends_on`: the name stands behind."""
    at = name_in_bracket(tokens)
    at = at or next((i for i, token in enumerate(tokens) if token.kind == "name"), 0)
    lows = [token.low for token in tokens[:at]]
    moment = len(lows) > 2 and tells_moment(lows)
    if len(lows) < 3 or not (moment or _CLAUSAL & set(lows) or IN_CLAUSES & set(lows[1:])):
        return None
    opened = lows[-1] == "("
    if not (
        opened
        or lows[-1] in {",", "as", "in", "field", "called", ":"}
        or at == len(tokens) - 1
        or tokens[at + 1].low in {",", "("}
    ):
        return None
    if "(" in lows[:-1]:
        return None
    traits: list[Trait] = []
    if lows[0] in {"whether", "if"}:
        traits.append(Trait("type", "boolean"))
    joined = " ".join(lows)
    if "time of day" in joined or "what time" in joined:
        traits.append(Trait("type", "clock"))
    if lows[0] in DETERMINERS and lows[1] in {"date", "day"}:
        traits.append(Trait("type", "date"))
    if "how much" in joined:
        traits.append(Trait("type", "numeric"))
    clause = next((i for i, low in enumerate(lows) if low in _CLAUSAL | IN_CLAUSES), len(lows))
    noun = tuple(token for token in tokens[:clause] if token.low not in _ONE_OTHER)
    if noun and tokens[at].low.endswith("_id"):
        traits.append(Trait("refers", noun))  # one course that comes before, needs_id
    behind = list(tokens[at + 1 :])
    if opened and len(behind) > 1 and behind[0].low == ")" and behind[1].low in _CLAUSAL:
        behind = behind[:1]  # from which day (from_day) it runs
    rest = [*([tokens[at - 1]] if opened else []), *behind]
    return [_as_name(tokens[at]), *rest], traits, "how many" in joined


def _as_name(token: Token) -> Token:
    return token if token.kind == "name" else replace(token, kind="name", value=token.low)


def _in_money(tokens: Sequence[Token]) -> bool:
    """`1 euro or more`: an amount of money."""
    return any(
        token.kind in {"number", "word"}
        and (token.kind == "number" or token.low in NUMBER_WORDS)
        and at + 1 < len(tokens)
        and singular(tokens[at + 1].low) in {"euro", "dollar", "pound", "franc", "crown"}
        for at, token in enumerate(tokens)
    )


_EACH = (
    "[,] (each|every one|one|all) [of (them|which)] (with|having|has|have|consists of|consisting of)",
    "[,] (that|which) (each|all) (have|has|consist of)",
    "LPAREN (each|with|each with|each having|each has)",
)


def _elements(
    tokens: Sequence[Token], at: int, phrase: FieldPhrase, known: frozenset[str]
) -> Sequence[Token]:
    """Take `each with a name and an amount` away and keep it as the parts of the elements."""
    several = phrase.listed or is_plural(phrase.words[-1])
    shown = next((i for i, token in enumerate(tokens) if i >= at and token.kind == "sketch"), 0)
    if several and shown:
        phrase.sketch = tokens[shown].value
        kept = [token for token in tokens[at:shown] if token.low not in _LIKE]
        return [*tokens[:at], *kept, *tokens[shown + 1 :]]
    for start in range(at, min(len(tokens), at + 12)):
        for text in _EACH if several else _EACH[:2]:
            reader = Reader(tokens[start:], BASIC_SLOTS)
            for end, _ in compile_pattern(text).prefixes(reader):
                inner = tokens[start + end :]
                if text.startswith("LPAREN") and inner and inner[-1].low == ")":
                    inner = inner[:-1]
                parts = read_fields(inner, known)
                if parts:
                    phrase.parts.extend(parts)
                    return tokens[:start]
    inner = tokens[at + 1 : -1]
    opened = at < len(tokens) and tokens[at].low == "(" and tokens[-1].low == ")"
    if opened and is_plural(phrase.words[-1]) and not any(token.low == "or" for token in inner):
        parts = read_fields(inner, known)
        plain = all(not part.left and len(part.words) <= 3 for part in parts)
        usual = sum(1 for part in parts if part.words[-1] in _PARTS or part.spelled)
        if len(parts) > 1 and plain and usual > 1:
            phrase.parts.extend(parts)
            return tokens[:at]
    return tokens


_LIKE = frozenset("of each like as a an the list array objects object such : ( [ ]".split())
_PARTS = frozenset(
    "name title quantity amount unit price description product note text number position weight reps"
    " sets duration label value question answer product_id unit_price cost".split()
)


def _bracketed_name(tokens: Sequence[Token], at: int, phrase: FieldPhrase) -> int:
    """`how many (quantity, one or more)`: the bracket begins with the name."""
    opened = (
        at + 2 < len(tokens) and tokens[at].low == "(" and tokens[at + 2].low in {",", ")", ":"}
    )
    if not opened or tokens[at + 1].kind not in {"word", "name"}:
        return at
    token = tokens[at + 1]
    phrase.spelled = str(token.value or token.low) if token.kind == "name" else token.low
    phrase.words = split_name(phrase.spelled)
    return at + 3 if tokens[at + 2].low != ")" else at + 2


def _is_known(tokens: Sequence[Token], at: int, known: frozenset[str]) -> bool:
    """`short code` is shortCode, where the document has such a name."""
    spelled = "".join(token.low for token in tokens[at : at + 2])
    return any(name.replace("_", "").lower() == spelled for name in known)


def _opening(
    tokens: Sequence[Token], known: frozenset[str] = frozenset()
) -> tuple[int, FieldPhrase]:
    """Step over the article, adjectives that are no part of the name, and `a number of`."""
    phrase = FieldPhrase(())
    at = 0
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.kind != "word" and not (token.kind == "number" and at + 1 < len(tokens)):
            break
        many = token.low == "any" and _is_of(tokens, at + 1, {"number"})
        single = (
            token.low == "one" and following is not None and following.low not in {"of", "or", "to"}
        )
        if (token.low in DETERMINERS and not many) or single:
            phrase.article = phrase.article or token.low
        elif token.low in _ADJECTIVES and following and following.kind in {"word", "name"}:
            if following.low in PREPOSITIONS | {"and", "or"} or _is_known(tokens, at, known):
                break
            phrase.traits.extend(_ADJECTIVES[token.low])
        elif (
            token.low in _WHOLE
            and following is not None
            and following.low == "number"
            and not _names_more(tokens, at + 2)
        ):
            phrase.traits.append(Trait("type", "integer"))
        elif token.low in {"if", "whether"} and not phrase.words:
            phrase.traits.append(Trait("type", "boolean"))
            at = _behind_whether(tokens, at)
            continue
        elif _is_of(tokens, at, {"number", "count", "amount"}) and _countable(tokens, at + 2):
            phrase.counted = True
            at += 2
            continue
        elif token.low in {"maximum", "minimum", "total"} and _is_of(tokens, at + 1, {"number"}):
            phrase.counted = True
            phrase.also.append((token.low, *(each.low for each in tokens[at + 3 : at + 4])))
            at += 3
            continue
        elif token.low in {"which", "what", "whose"} and following and following.kind == "word":
            at += 1
            continue
        elif token.low == "how" and following and following.low in {"many", "much"}:
            phrase.counted = True
            at += 2
            continue
        elif token.low == "how" and following and following.low in HOW:
            phrase.words = (HOW[following.low],)
            return _behind_clause(tokens, at), phrase
        elif token.low == "any" and _is_of(tokens, at + 1, {"number"}):
            phrase.listed = True
            phrase.traits.append(Trait("optional"))
            at += 3
            continue
        elif _is_of(tokens, at, _LISTS) or (
            token.low in _LISTS and quantity(tokens, at + 2)[0] > at + 2  # a list of 2 to 6 options
        ):
            phrase.listed = True
            at += 2
            continue
        elif token.low in _TYPES and following is not None and following.kind == "name":
            if _TYPES[token.low]:
                phrase.traits.append(Trait("type", _TYPES[token.low]))
        else:
            end, traits = quantity(tokens, at, things=True)
            if end == at:
                break
            phrase.traits.extend(traits)
            at = end
            continue
        at += 1
    return at, phrase


_LISTS = {"list", "set", "collection", "array"}
_WHOLE = frozenset("whole integer natural".split())


def _names_more(tokens: Sequence[Token], at: int) -> bool:
    """Whether the name goes on: `a whole number of guests`."""
    return at < len(tokens) and (
        tokens[at].low == "of" or is_plural(tokens[at].low) or tokens[at].kind == "name"
    )


def _behind_whether(tokens: Sequence[Token], at: int) -> int:
    """`whether it is vegetarian`, `whether the room has a projector`."""
    at += 1
    while (
        at < len(tokens)
        and tokens[at].low
        in {"it", "they", "he", "she", "or", "is", "are", "has", "have", "was", "were"}
        | DETERMINERS
    ):
        at += 1
    if at + 1 < len(tokens) and tokens[at + 1].low in {"is", "are", "has", "have", "was", "can"}:
        at += 2
        while at < len(tokens) and tokens[at].low in DETERMINERS | {"been"}:
            at += 1
    return at


def _is_of(tokens: Sequence[Token], at: int, nouns: Collection[str]) -> bool:
    return (
        at < len(tokens)
        and tokens[at].low in nouns
        and at + 2 < len(tokens)
        and tokens[at + 1].low == "of"
        and tokens[at + 2].kind in {"word", "name"}
    )


def _countable(tokens: Sequence[Token], at: int) -> bool:
    while at < len(tokens) and tokens[at].low in DETERMINERS | {"available", "free", "allowed"}:
        at += 1
    return at < len(tokens) and (is_plural(tokens[at].low) or tokens[at].kind == "name")


def _name(tokens: Sequence[Token], at: int, phrase: FieldPhrase) -> int:
    """Read the name; return where it ends."""
    words: list[str] = []
    end = at
    while end < len(tokens):
        token = tokens[end]
        if token.kind == "name":
            phrase.spelled = token.value
            phrase.words = split_name(token.value)
            return _behind_type(tokens, end + 1, phrase)
        if token.kind != "word":
            break
        if token.low == "of" and words and words[-1] in _JOINS_OF and _bare(tokens, end + 1):
            words.append("of")
            end += 1
            continue
        if token.low == "starting" and end + 1 < len(tokens) and _bare(tokens, end + 1):
            words.append(token.low)
            end += 1
            continue
        if token.low == "automatically" and words:
            phrase.traits.append(Trait("system"))
            end += 1
            break
        if token.low == "per" and words and end + 1 < len(tokens) and tokens[end + 1].low in _PER:
            words.extend(["per", tokens[end + 1].low])  # goals per week
            end += 2
            continue
        last = end + 1 == len(tokens) or tokens[end + 1].low in {",", "(", ";", ":", "and"}
        noun = words and last and token.low in _LAST_OF_NAME
        if words and token.low in {"where", "when"} and _is_place(tokens, end):
            end = _behind_clause(tokens, end)  # the street where it stands
            break
        if not noun and (token.low in NAME_STOPS or (token.low in DETERMINERS and words)):
            break
        if words and token.low in {"they", "he", "she", "it", "we", "you", "i", "there"}:
            end = _behind_clause(tokens, end)  # the languages they speak (a list)
            break
        following = tokens[end + 1].low if end + 1 < len(tokens) else ""
        if words and token.low in {"yes", "true"} and following in {"/", "or"}:
            break
        if words and token.low in _TELLING_MORE:
            break  # a number called seats, a code made of letters
        if words and token.low == "off" and not last and tokens[end + 1].low in DETERMINERS:
            break  # takes an amount off the balance
        if words and token.low in {"null", "zero", "false", "true", "empty", "none"}:
            break  # the result null, the balance zero: what it starts with
        if (
            token.low == "number"
            and not words
            and end + 1 < len(tokens)
            and tokens[end + 1].kind == "name"
        ):
            end += 1
            continue
        words.append(token.low)
        end += 1
    words = _trimmed(words, phrase)
    if words and end < len(tokens) and tokens[end].low == "'s":
        end = _name(tokens, end + 1, phrase)  # the applicant's name
        if phrase.spelled is None and phrase.words:
            phrase.words = (*words[-1:], *phrase.words)
        return end
    phrase.words = tuple(words)
    return end


def _is_place(tokens: Sequence[Token], at: int) -> bool:
    behind = [token.low for token in tokens[at + 1 : at + 3]]
    if len(behind) < 2 or behind[0] not in {"it", "they", "he", "she"}:
        return False
    if behind[1] in {"is", "are", "was", "were"}:
        return at + 3 < len(tokens) and is_past(tokens[at + 3].low)
    return verb(behind[1]) is not None and behind[1] not in {"has", "have"}


_TELLING_MORE = frozenset("called named made consisting composed beginning".split())
_LAST_OF_NAME = frozenset("needs shows gets will can on at until since".split())
"""What else a name can end in: `valid until`, `joined on (date)`."""


def _behind_clause(tokens: Sequence[Token], at: int) -> int:
    while at < len(tokens) and tokens[at].low not in {"(", ",", ":", ";"}:
        at += 1
    return at


_PER = frozenset(
    "second minute hour day night week month year person head guest unit piece item km kilometre kg litre"
    " page serving session".split()
)
"""What a price or a goal can be per: `price per night`."""


def _bare(tokens: Sequence[Token], at: int) -> bool:
    return (
        at < len(tokens)
        and tokens[at].kind == "word"
        and tokens[at].low not in DETERMINERS | PREPOSITIONS | NUMBER_WORDS.keys()
    )


def _behind_type(tokens: Sequence[Token], at: int, phrase: FieldPhrase) -> int:
    """Step over the word for the type behind a spelled name: `blocked` flag."""
    if at < len(tokens) and tokens[at].kind == "word" and tokens[at].low in _TYPES:
        if _TYPES[tokens[at].low]:
            phrase.traits.append(Trait("type", _TYPES[tokens[at].low]))
        return at + 1
    return at


def _trimmed(words: list[str], phrase: FieldPhrase) -> list[str]:
    """`email address` is an email, `phone number` a phone; `active flag` is active."""
    if len(words) > 1 and words[-1] in {"address", "addresses"} and words[-2] in {"email", "mail"}:
        phrase.traits.append(Trait("type", "email"))
        words = [*words[:-2], "email" if words[-1] == "address" else "emails"]
    if (
        len(words) > 1
        and words[-1] == "number"
        and words[-2] in {"phone", "telephone", "mobile", "fax"}
    ):
        words = words[:-1]  # nobody says more of a phone
    if len(words) == 3 and words[0] in _MOMENTS and words[1] in {"it", "they"}:
        words = [words[2], _MOMENTS[words[0]]]  # the moment it ends
    if len(words) > 1 and words[-1] in {"flag", "checkbox"}:
        phrase.traits.append(Trait("type", "boolean"))
        words = words[:-1]
    if len(words) > 1 and words[-1] in {"field", "text", "string"} and len(words) > 1:
        words = words[:-1]
    return words


_MOMENTS = {"moment": "at", "time": "at", "instant": "at", "day": "on", "date": "on"}


def _from_bracket(rest: Sequence[Token], phrase: FieldPhrase) -> Sequence[Token]:
    """`how many people are needed (needed, at least 1)`: nothing before the bracket counts."""
    clause = [token.low for token in rest[:5]]
    if phrase.counted and {"bring", "brings", "bringing", "accompany"} & set(clause):
        phrase.traits.append(Trait("besides"))
    if phrase.counted and rest and rest[0].low in _CLAUSE_STARTS:
        opened = next((at for at, token in enumerate(rest) if token.low == "("), None)
        if opened is not None and opened < 6:
            return rest[opened:]
        return [] if len(rest) < 4 else rest
    return rest


_CLAUSE_STARTS = frozenset("is are can may i we you they he she it have has must should".split())


_LONGEST_OWNER = 4
"""How many words may say whose a field is, before the bracket with its name: `of the angler (angler)`."""


def _renamed(rest: Sequence[Token], phrase: FieldPhrase, known: frozenset[str]) -> list[Token]:
    """Take the name as in JSON out of what stands behind: `the address (requester_email)`.

    A word that is only said again is one, too: `the angler's name (angler)`.
    """
    rest = list(rest)
    if phrase.spelled is not None:
        return rest
    if len(rest) == 2 and said_again(list(phrase.tokens[:-2]), rest[1:]):
        phrase.also.append(phrase.words)
        phrase.spelled = str(rest[1].value or rest[1].low)
        phrase.words = split_name(phrase.spelled)
        return []
    opened = next((at for at, token in enumerate(rest[:-2]) if token.low == "("), -1)
    if 0 <= opened <= _LONGEST_OWNER and rest[opened + 2].low in {",", ")"}:
        token, closed = rest[opened + 1], rest[opened + 2].low == ")"
        before = phrase.tokens[: len(phrase.tokens) - len(rest) + opened]
        again = any(each.low == token.low for each in before)
        described = not closed and phrase.counted and (again or not read_traits([token])[0])
        owner = again and closed and token.low not in {phrase.words[-1], *DETERMINERS}
        spelled = token.low in known and phrase.label not in known
        if token.kind == "word" and (owner or (not opened and (described or spelled))):
            phrase.also.append(phrase.words)
            phrase.spelled = token.low
            phrase.words = (token.low,)
            return [rest[opened], *rest[opened + 2 :]]
    for at, token in enumerate(rest):
        told = at > 0 and rest[at - 1].low in _CALLED and token.kind == "word"
        if (token.kind != "name" and not told) or at == 0:
            continue
        opened = rest[at - 1].low == "(" or (at == 1 and rest[0].low == ",")
        told_before = list(phrase.tokens[: len(phrase.tokens) - len(rest) + at - 1])
        opened |= rest[at - 1].low == "," and said_again(told_before, [token])
        following = rest[at + 1 : at + 3]
        if (
            len(following) > 1
            and following[0].low in {",", "or", "/", "|"}
            and following[1].kind == "name"
        ):
            continue  # a difficulty (`easy`, `hard`)
        named = rest[at - 1].low in {"as", "field", "called", "in", "named"} and token.low != "utc"
        if opened or (named and not _compares(rest[:at])):
            phrase.also.append(phrase.words)
            kind = _TYPES.get(phrase.words[-1]) if told else None
            if kind:
                many = kind == "numeric" and is_plural(token.low)
                phrase.traits.append(Trait("type", "integer" if many else kind))
            phrase.spelled = str(token.value or token.low)
            phrase.words = split_name(phrase.spelled)
            return _without_lead(rest[:at]) + rest[at + 1 :]
    return rest


_CALLED = frozenset({"field", "called", "named"})


def _without_lead(tokens: list[Token]) -> list[Token]:
    """Take `, in the field` away, which only led to the name."""
    while tokens and tokens[-1].low in {"in", "the", "field", "as", "called", "named", ","}:
        tokens = tokens[:-1]
    return tokens


def _compares(tokens: Sequence[Token]) -> bool:
    return any(
        token.low in {"before", "after", "than", "least", "most", "default"} for token in tokens
    )


def _serious(rest: Sequence[Token], left: list[Token]) -> list[Token]:
    """Forgive asides in brackets that ask for nothing."""
    inside: set[int] = set()
    depth = 0
    for token in rest:
        depth += {"(": 1, ")": -1}.get(token.low, 0) if token.kind == "mark" else 0
        if depth > 0:
            inside.add(token.start)
    demanding = {"must", "only", "not", "never", "shall", "cannot", "should"}
    aside = [token for token in left if token.start in inside]
    if any(token.low in demanding for token in rest if token.start in inside):
        aside = []
    return [token for token in left if token not in aside]


_DEMANDING = frozenset(
    "before after between until under over each every other must may can cannot could should shall will not no"
    " never only unless if when while except without nobody none"
    " unique once twice same else another different optional required needed mandatory default otherwise missing"
    " empty null blank least most more less than up exactly max maximum min minimum both either or one first last"
    " future past later earlier today now ago positive negative zero even odd whole integer decimal digit digits letter"
    " letters character characters word words upper lower case capital long short length size random automatic"
    " automatically generated computed calculated counted sum total number average hidden secret hash increasing"
    " sorted list several many multiple set sets stamped service system server we us our api ends begins starts".split()
)
_TELLING = DETERMINERS | frozenset("who what where how why whatever whoever whom".split())
_LONGEST_DESCRIPTION = 12


def only_describes(rest: Sequence[Token], left: Sequence[Token]) -> bool:
    """`owner: a name`, `meeting_id: the meeting it comes from`: what it is, which asks for nothing."""
    start = end = next((at for at, token in enumerate(rest) if token == left[0]), 0)
    while start and rest[start - 1].kind != "mark":
        start -= 1
    while end < len(rest) and rest[end].kind != "mark":
        end += 1
    words = rest[start:end]
    return (
        0 < len(words) <= _LONGEST_DESCRIPTION
        and all(token in words for token in left)
        and words[0].low in _TELLING
        and all(token.kind == "word" and token.low not in _DEMANDING for token in words)
    )
