"""Lists of fields: `a title, an optional note of at most 500 characters and a due date`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from quantumlayer.offline.reading.language._fieldtypes import type_of_name
from quantumlayer.offline.reading.language._patterns import Captures, Reader, compile_pattern
from quantumlayer.offline.reading.language._remarks import remark
from quantumlayer.offline.reading.language._slots import BASIC_SLOTS
from quantumlayer.offline.reading.language._traits import SYMBOLS, Trait, read_traits
from quantumlayer.offline.reading.text._lexicon import DETERMINERS, NUMBER_WORDS, PREPOSITIONS
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import is_plural, singular, verb

__all__ = ["FieldPhrase", "read_field", "read_fields"]


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

    @property
    def label(self) -> str:
        """The words as one phrase."""
        return " ".join(self.words)


_SEPARATORS = frozenset({",", ";", "and", "plus", "&", "+"})
_CONTINUES = frozenset(
    "which that where who whose each both default defaults defaulting required unique not"
    " never always at up max min between maximum minimum from starting one either must may can"
    " should is are of in for with without such like e.g i.e if unless so because exactly"
    " positive as given only depending set assigned generated but or nothing mandatory"
    " optionally case-insensitive non-empty it they zero null initially greater more less"
    " before after longer chosen again counted measured no rounded computed calculated cannot"
    " including excluding non-negative read-only immutable than earlier later written today"
    " system maintained managed filled recorded kept added automatically normally usually"
    " stored hidden any say".split()
)
_ALONE = frozenset(
    {"optional", "required", "unique", "positive", "mandatory", "integer", "string"}
) | {"text", "boolean", "number", "nullable", "decimal", "immutable", "read-only"}
_ADJECTIVES: dict[str, tuple[Trait, ...]] = {
    "optional": (Trait("optional"),),
    "optionally": (Trait("optional"),),
    **dict.fromkeys("possibly perhaps maybe sometimes".split(), (Trait("optional"),)),
    "required": (Trait("required"),),
    "mandatory": (Trait("required"),),
    "compulsory": (Trait("required"),),
    "obligatory": (Trait("required"),),
    "unique": (Trait("unique"),),
    "non-empty": (Trait("filled"),),
    "positive": (Trait("above", 0),),
    "non-negative": (Trait("least", 0),),
    "free-text": (Trait("type", "text"),),
    "read-only": (Trait("system"),),
    "random": (Trait("random", 8),),
    "immutable": (Trait("immutable"),),
    "short": (),
    "long": (),
    "brief": (),
    "free": (),
    "single": (),
    "certain": (),
    "simple": (),
    "valid": (),
    "own": (),
    "different": (Trait("unique"),),
    "distinct": (Trait("unique"),),
    "distinctive": (Trait("unique"),),
    "individual": (),
    "personal": (),
    "separate": (),
    "several": (Trait("many"),),
    "many": (Trait("many"),),
    "multiple": (Trait("many"),),
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
    "field": "",
    "value": "",
    "parameter": "",
    "attribute": "",
    "property": "",
}
_UNITS = frozenset(
    (
        "character char digit letter symbol minute hour day week month year star point euro "
        "dollar cent percent person second night word kg km meter metre item value decimal place "
        "capital lower upper"
    ).split()
)
_QUANTITIES: tuple[tuple[str, Callable[[Captures], list[Trait]]], ...] = (
    (
        "[between|from] <number:low> (to|and|-) <number:high>",
        lambda c: [Trait("least", c["low"], "item"), Trait("most", c["high"], "item")],
    ),
    ("(at least|no fewer than) <number:n>", lambda c: [Trait("least", c["n"], "item")]),
    ("<number:n> or more", lambda c: [Trait("least", c["n"], "item")]),
    ("(at most|up to|no more than) <number:n>", lambda c: [Trait("most", c["n"], "item")]),
    (
        "[exactly] <number:n>",
        lambda c: [Trait("least", c["n"], "item"), Trait("most", c["n"], "item")],
    ),
)
_JOINS_OF = frozenset(
    {"date", "place", "year", "time", "country", "point", "proof", "mode", "month"}
) | {"unit", "level", "degree", "code", "state", "cost", "terms", "day", "city"}
"""Nouns that keep their `of`: date of birth, place of birth, unit of measure."""
_NAME_STOPS = PREPOSITIONS | frozenset(
    "( ) : , ; - which that where who whose is are be must such like e.g = defaults default"
    " not never can may should → or and if when once unless greater less more optional"
    " required unique has have up either one 's / only exactly does do will added given"
    " starting so because . shows needs gets what how occurs occur appears appear exists exist".split()
)


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
    phrases: list[FieldPhrase] = []
    for part in _parts(_ungrouped(tokens)):
        phrase = read_field(part, known)
        if phrase is not None:
            phrases.append(phrase)
            for before in phrases[-2:-1]:
                if [token.low for token in part[-3:]] in _PLURAL_TYPES and not before.traits:
                    before.traits.extend(phrase.traits)
            if part[-1].low != ")" and any(token.low == "both" for token in part):
                for before in phrases[-2:-1]:
                    before.traits.extend(phrase.traits)
        elif phrases:
            traits, left = read_traits(part)
            phrases[-1].traits.extend(traits)
            phrases[-1].left.extend(left)
    return phrases


_GROUPS = frozenset("place position location address data details dates times contact".split())


def _ungrouped(tokens: Sequence[Token]) -> Sequence[Token]:
    """`its place: box_id, row, column`; `the required fields name and seats`: only what is grouped."""
    ungrouped: list[Token] = []
    needed: list[Token] = []
    for at, token in enumerate(tokens):
        low, after = token.low, tokens[at + 1].low if at + 1 < len(tokens) else ""
        before = tokens[at - 1].low if at else ""
        names = [each for each in tokens[at + 2 : at + 5 : 2] if each.kind in {"name", "word"}]
        listed = len(names) > 1 and tokens[at + 3].low in {",", "and"}
        if (
            low in _GROUPS
            and after == ":"
            and listed
            and any(each.kind == "name" for each in names)
        ):
            while ungrouped and ungrouped[-1].low in DETERMINERS:
                ungrouped.pop()
            continue
        if low == ":" and before in _GROUPS and not (ungrouped and ungrouped[-1].low == before):
            continue
        if low in {"field", "fields"} and before in {"required", "optional"}:
            needed = [ungrouped.pop()]
            while ungrouped and ungrouped[-1].low in DETERMINERS:
                needed = [ungrouped.pop(), needed[-1]]
        elif needed and low in DETERMINERS | {"(", ";"}:
            needed = []
            ungrouped.append(token)
            continue
        if low in {"field", "fields"} and needed:
            continue
        starts = needed and (not ungrouped or ungrouped[-1].low in _SEPARATORS | {":"})
        ungrouped.extend([*(needed if starts and low not in _SEPARATORS else []), token])
    return ungrouped


# --- taking the list apart -----------------------------------------------------------------------


def _parts(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut at commas and `and`, and put together again what belongs to one field."""
    parts: list[list[Token]] = []
    pending: list[Token] = []
    apart = False
    with_articles = _has_article(tokens)
    for found, separator in _pieces(tokens):
        piece = _remark_behind(found)
        before = parts[-1] if parts else None
        lows = [token.low for token in piece]
        wish = lows[0] == "if" and len(lows) <= 5 and lows[1:2] != ["it"]
        marker = " ".join(lows) in _IF_YOU_LIKE or wish
        if marker and any(token.low == "and" for token in separator):
            pending = [*separator, *piece]
            continue
        if pending:
            parts.append([*piece, *pending[1:]])
            pending = []
            continue
        apart = apart or [token.low for token in piece[:2]] in _APART
        if apart and before is not None:
            before.extend([*separator, *piece])  # one per habit and day: no field
            continue
        if before is not None and _belongs(before, separator, piece, with_articles=with_articles):
            before.extend([*separator, *piece])
        else:
            parts.append(list(piece))
    return parts


def _remark_behind(piece: list[Token]) -> list[Token]:
    """`(if there is one) a link`: the remark belongs to what stands behind it."""
    end = next((at for at, token in enumerate(piece) if token.low == ")"), len(piece))
    if piece[0].low != "(" or end + 1 >= len(piece) or piece[end + 1].low not in DETERMINERS:
        return piece
    return [*piece[end + 1 :], *piece[: end + 1]]


_APART = (["one", "per"], ["once", "per"], ["only", "one"], ["one", "for"])
_IF_YOU_LIKE = frozenset(
    {
        "if you like",
        "optionally",
        "if known",
        "possibly",
        "if you want",
        "if available",
        "if wanted",
    }
    | {"if they like", "if needed", "perhaps", "maybe", "sometimes", "if there is one"}
)


def _pieces(tokens: Sequence[Token]) -> list[tuple[list[Token], list[Token]]]:
    """Cut at the separators outside brackets; each piece comes with what stood before it."""
    pieces: list[tuple[list[Token], list[Token]]] = []
    piece: list[Token] = []
    separator: list[Token] = []
    depth = 0
    at = 0
    while at < len(tokens):
        token = tokens[at]
        depth += {"(": 1, ")": -1}.get(token.low, 0) if token.kind == "mark" else 0
        well = [each.low for each in tokens[at : at + 3]] == ["as", "well", "as"]
        if depth <= 0 and (token.low in _SEPARATORS or well) and token.kind in {"mark", "word"}:
            if piece:
                pieces.append((piece, separator))
                piece, separator = [], []
            separator.extend(tokens[at : at + 3] if well else [token])
            at += 3 if well else 1
            continue
        piece.append(token)
        at += 1
    if piece:
        pieces.append((piece, separator))
    return pieces


def _has_article(tokens: Sequence[Token]) -> bool:
    return bool(tokens) and tokens[0].low in DETERMINERS


def _belongs(
    before: list[Token], separator: list[Token], piece: list[Token], *, with_articles: bool
) -> bool:
    """Tell whether a piece goes on with the field before it."""
    first = piece[0]
    joined_by_and = any(token.low in {"and", "&", "plus", "+"} for token in separator)
    if _goes_on_with_format(before, piece, joined=joined_by_and):
        return True
    if _starts_quantity(piece) or _asks_how(piece):
        return False
    told = any(token.low == ";" for token in separator) and _is_told_of(piece)
    if told or _is_formula(piece):
        return True
    if _lists_parts(before) or (_opens_choices(before) and first.low not in DETERMINERS):
        return True
    if [token.low for token in separator] == [","] and _said_again(before, piece):
        return True
    if first.kind == "name" and [token.low for token in separator] == [","]:
        return _is_clause(before) or _lists_values(before)
    if first.low in {"a", "an", "the"} and _is_apposition(before, piece):
        return True
    if _counts_before(before, separator, piece):
        return True
    if first.kind in {"quote", "number", "date", "time", "sketch", "route", "status", "code"}:
        return True
    if first.low in {"(", "true", "false", "yes", "null"}:
        return True
    if first.kind == "word" and first.low in _CONTINUES:
        return not _starts_field(piece)
    if joined_by_and and len(piece) == 1 and first.low in {"text", "number"}:
        return False  # headline and text
    if first.kind == "word" and first.low in {"optional", "required", "unique", *_ALONE}:
        return len(piece) == 1 or not _noun_follows(piece)
    if first.low in NUMBER_WORDS and first.kind == "word":
        return _ends_open(before) or not (len(piece) > 1 and is_plural(piece[1].low))
    if _ends_open(before) and not (first.low in DETERMINERS and _is_clause(before)):
        return True
    if _in_choices(before, piece, with_articles=with_articles and not joined_by_and):
        return True
    return _ends_in_character_kinds(before) and _names_character_kinds(piece)


_HOW = {
    "old": "age", "long": "length", "much": "amount", "big": "size", "large": "size", "far": "distance",
    "heavy": "weight", "high": "height", "tall": "height", "wide": "width", "deep": "depth", "fast": "speed",
    "often": "frequency", "hot": "temperature", "warm": "temperature", "expensive": "price",
}  # fmt: skip


def _asks_how(piece: list[Token]) -> bool:
    """`how old it is`, `how many guests there are`, `whether it bites`: a field, told as a question."""
    if piece[0].low == "whether":
        return len(piece) > 1
    return piece[0].low == "how" and len(piece) > 1 and piece[1].low in {*_HOW, "many"}


def _is_told_of(piece: list[Token]) -> bool:
    """`; whoever is new starts with 5`: a clause about the field before."""
    told = frozenset(
        "if when whoever it they that this nobody everybody unless one we otherwise".split()
    )
    return piece[0].low in told or piece[0].kind == "number" or remark(piece) is not None


def _goes_on_with_format(before: list[Token], piece: list[Token], *, joined: bool) -> bool:
    """`four digits, a dot, then three letters`: further parts of how a text is made up."""
    kinds = {"digits", "letters", "characters", "digit", "letter", "sign", *SYMBOLS}
    if not any(token.low in kinds for token in before):
        return False
    lows = [token.low for token in piece]
    while lows and lows[0] in frozenset("then followed by and a an the finally another".split()):
        lows = lows[1:]
    if lows[:1] and lows[0] in SYMBOLS and len(lows) < 3:
        return True
    counted = lows[:1] and (piece[-len(lows)].kind == "number" or lows[0] in NUMBER_WORDS)
    goes_on = joined or piece[0].low in {"then", "followed", "and"}
    return bool(counted and kinds & set(lows) and goes_on)


def _is_formula(piece: list[Token]) -> bool:
    """`…, the gross less the tare`: how the field before is worked out."""
    lows = [token.low for token in piece]
    return any(
        low in {"times", "minus", "multiplied", "divided", "×", "*"}
        or (
            low == "less"
            and lows[at - 1] not in {"or", "no", "not", "and"}
            and lows[at + 1] != "than"
        )
        for at, low in enumerate(lows[:-1])
        if at
    )


def _said_again(before: list[Token], piece: list[Token]) -> bool:
    """`a mobile number, mobile`, `the number of frames, `frames``: the name as in JSON."""
    words = [token.low for token in before if token.low not in DETERMINERS]
    again = _split(str(piece[0].value or piece[0].low))
    article = before[0].low in DETERMINERS
    told = article and len(words) > len(again) and all(token.kind == "word" for token in before)
    return told and len(piece) == 1 and set(again) <= {*words, "id"} and again != ["number"]


def _lists_values(before: list[Token]) -> bool:
    """`a severity: `low`: further names are values too."""
    return any(
        token.low == ":" and at and before[at - 1].kind == "word" and behind.kind == "name"
        for at, (token, behind) in enumerate(pairwise(before))
    )


def _lists_parts(before: list[Token]) -> bool:
    """`lines, each with a product`: what follows is a part of each of them."""
    lows = [token.low for token in before]
    return any(
        low == "each" and lows[at + 1 : at + 2] in (["with"], ["having"], ["has"])
        for at, low in enumerate(lows)
    )


def _is_clause(before: list[Token]) -> bool:
    """`the moment it ends`, whose name as in JSON stands behind the comma."""
    told = before[0].low in _ASKING or any(token.low in _IN_CLAUSES for token in before[1:])
    return told and not any(token.kind == "name" for token in before)


_IN_CLAUSES = frozenset("it they he she we you i which whom that its their his her".split())
_KINDS = (["whole", "number"], ["positive", "number"], ["positive", "integer"], ["free", "text"])
_APPOSED = frozenset(
    "integer number boolean flag string text decimal list array date timestamp url link enum float".split()
)


def _is_apposition(before: list[Token], piece: list[Token]) -> bool:
    """`rollout`, an integer between 0 and 100; the default is 100."""
    behind_bound = piece[2].low if len(piece) > 2 else ""
    bounds = len(piece) > 1 and piece[1].low in {"default", "minimum", "maximum"}
    if bounds and behind_bound in {"of", "is", "value", "length", ":", "being", "="}:
        return True
    if [token.low for token in piece[1:3]] in _KINDS:
        return True  # stars, a whole number from 1 to 5
    named = any(token.kind == "name" for token in before[:3])
    if named and len(before) <= 3 and _describes(piece):
        return True
    typed = len(piece) > 1 and piece[1].low in _APPOSED | frozenset(
        "whole yes true yes/no simple".split()
    )
    behind = piece[2].low if len(piece) > 2 else ""
    if typed and piece[1].low == "number" and behind == "of":
        return False
    return (
        named
        and typed
        and (
            not behind
            or behind in PREPOSITIONS | _CLAUSES | {"number", "(", "/", "or", "flag", "saying"}
        )
    )


_CLAUSES = frozenset({"that", "which", "where", "when"})
_DESCRIBING = frozenset("name number list id code address identifier title".split())


def _describes(piece: list[Token]) -> bool:
    """`owner`, the name of a team; `users`, a list of names: no name as in JSON of its own."""
    lows = [token.low for token in piece]
    return (
        len(lows) > 3
        and lows[1] in _DESCRIBING
        and lows[2] == "of"
        and not any(token.kind == "name" for token in piece)
    )


def _counts_before(before: list[Token], separator: list[Token], piece: list[Token]) -> bool:
    """`a stock, the number of pieces on the shelf`: what the field before counts."""
    counts = len(piece) > 2 and piece[0].low in {"the", "that", "i.e"} and piece[1].low in {
        "number", "amount", "count", "quantity",
    } and piece[2].low == "of"  # fmt: skip
    words = [token.low for token in before if token.kind == "word" and token.low not in DETERMINERS]
    plain = len(before) <= 3 and all(token.kind in {"word", "name"} for token in before)
    comma = [token.low for token in separator] == [","]
    return counts and plain and comma and type_of_name(words) in {"integer", "number"}


def _starts_quantity(piece: list[Token]) -> bool:
    """`at least one line`, `up to five tags`: another field, not a bound of the one before."""
    return _quantity(piece, 0, FieldPhrase(())) > 0


def _starts_field(piece: list[Token]) -> bool:
    """`one warehouse`, `optionally a note`: a field after all."""
    if piece[0].low in {"optionally", "possibly", "perhaps", "maybe"} and len(piece) > 1:
        named = piece[1].kind == "name" or piece[1].low in DETERMINERS
        return named or (_noun_follows(piece) and not read_traits(piece[1:])[0])
    if piece[0].low in {"which", "what", *_BEFORE_ASKING} and len(piece) > 1:
        at = 1 + (piece[0].low in _BEFORE_ASKING)
        asked = piece[at - 1].low in {"which", "what", "when"}
        behind = piece[at + 1].low if len(piece) > at + 1 else "("
        named = at < len(piece) and piece[at].kind == "word" and verb(piece[at].low) is None
        return asked and (_name_in_bracket(piece) > 0 or (named and behind in {"(", *_IN_CLAUSES}))
    return piece[0].low == "one" and len(piece) > 1 and piece[1].low not in {"of", "or", "to", "-"}


def _noun_follows(piece: list[Token]) -> bool:
    following = piece[1]
    return following.kind in {"word", "name"} and following.low not in _CONTINUES | PREPOSITIONS


def _ends_open(before: list[Token]) -> bool:
    """`between 1` waits for its other end."""
    lows = [token.low for token in before]
    if "between" in lows:
        behind = lows[len(lows) - 1 - lows[::-1].index("between") :]
        return not {"and", "to", "-"} & set(behind)
    return lows[-1] in PREPOSITIONS


def _in_choices(before: list[Token], piece: list[Token], *, with_articles: bool) -> bool:
    """Tell whether `priority: low | medium` goes on."""
    told = _outside_brackets(before)
    colon = next((at for at, low in enumerate(told) if at and low == ":"), None)
    listed = colon is not None and "or" not in told[colon:]  # the last value is behind `or`
    article = piece[0].low in DETERMINERS
    if (listed or _opens_choices(before)) and not article:
        return True
    return with_articles and not article and not {"or", "|"}.isdisjoint(_outside_brackets(piece))


def _outside_brackets(tokens: Sequence[Token]) -> list[str]:
    depth = 0
    words: list[str] = []
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.low, 0) if token.kind == "mark" else 0
        if depth <= 0:
            words.append(token.low)
    return words


def _opens_choices(before: list[Token]) -> bool:
    """`one of billing`, `either north`: others follow, up to the last behind `or`, or to the bracket."""
    lows = [token.low for token in before]
    for at, low in enumerate(lows):
        opened = low == "of" and at and lows[at - 1] in {"one", "any", "values"}
        if opened or low in {"either", "namely", "choices", "values"}:
            behind = lows[at + 1 :]
            return not {"or", "and"} & set(behind) and behind.count(")") <= behind.count("(")
    return _names_value(before)


def _names_value(before: list[Token]) -> bool:
    """`a voice, which is soprano`: others follow; of `which is unique` and `which is a date` none do."""
    pairs = enumerate(pairwise(token.low for token in before))
    at = next((at for at, pair in pairs if pair in {("which", "is"), ("which", "are")}), None)
    behind = before[at + 2 :] if at is not None else []
    plain = all(token.kind == "word" or token.low == "," for token in behind)
    joined = DETERMINERS | PREPOSITIONS | NUMBER_WORDS.keys() | {"or", "and", "not"}
    if not behind or not plain or not joined.isdisjoint(token.low for token in behind):
        return False
    return len(read_traits(behind[:1])[1]) == 1


def _ends_in_character_kinds(before: list[Token]) -> bool:
    return before[-1].low in {"letters", "digits", "characters", "letter", "digit"}


def _names_character_kinds(piece: list[Token]) -> bool:
    return any(
        token.low in {"letters", "digits", "hyphens", "underscores", "dashes"} for token in piece
    )


# --- one field -----------------------------------------------------------------------------------


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
    if not phrase.words:
        return None
    phrase.tokens = tuple(tokens)
    tokens = _elements(tokens, name_end, phrase, known)
    rest = _renamed(_from_bracket(tokens[name_end:], phrase), phrase, known)
    traits, left = read_traits(rest)
    phrase.traits.extend(traits)
    if _in_money(rest) and not any(trait.key == "type" for trait in phrase.traits):
        phrase.traits.append(Trait("type", "money"))
    phrase.left.extend(_serious(rest, left))
    return phrase


_ASKING = frozenset("what when how who whom where whether if why which".split())
_BEFORE_ASKING = PREPOSITIONS - {"of"}
_ONE_OTHER = DETERMINERS | {"one", "other"}
_CLAUSAL = _ASKING | frozenset("that it they he she we you".split())


def _described(tokens: Sequence[Token]) -> tuple[list[Token], list[Trait], bool] | None:
    """`when it departs (departs_at, …)`, `the day on which it ends, ends_on`: the name stands behind."""
    at = next((i for i, token in enumerate(tokens) if token.kind == "name"), 0)
    at = at or _name_in_bracket(tokens)
    lows = [token.low for token in tokens[:at]]
    if len(lows) < 3 or not (_CLAUSAL & set(lows) or _IN_CLAUSES & set(lows[1:])):
        return None
    opened = lows[-1] == "("
    if not (
        opened or lows[-1] in {",", "as", "in", "field", "called", ":"} or at == len(tokens) - 1
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
    clause = next(i for i, low in enumerate(lows) if low in _CLAUSAL | _IN_CLAUSES)
    noun = tuple(token for token in tokens[:clause] if token.low not in _ONE_OTHER)
    if noun and tokens[at].low.endswith("_id"):
        traits.append(Trait("refers", noun))  # one course that comes before, needs_id
    behind = list(tokens[at + 1 :])
    if opened and len(behind) > 1 and behind[0].low == ")" and behind[1].low in _CLAUSAL:
        behind = behind[:1]  # from which day (from_day) it runs
    rest = [*([tokens[at - 1]] if opened else []), *behind]
    return [_as_name(tokens[at]), *rest], traits, "how many" in joined


def _name_in_bracket(tokens: Sequence[Token]) -> int:
    """`what they sell (goods: food, plants)`: the bracket behind a question begins with the name."""
    asked = [token.low for token in tokens[:2] if token.low not in _BEFORE_ASKING]
    at = next((i + 1 for i, token in enumerate(tokens) if token.low == "("), 0)
    named = 0 < at < len(tokens) - 1 and tokens[at].kind == "word"
    told = asked[:1] and asked[0] in _ASKING - {"how", "whether", "if"}
    return at if told and named and tokens[at + 1].low in {",", ")", ":"} else 0


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
    for start in range(at, min(len(tokens), at + 12)):
        for text in _EACH:
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
    phrase.words = tuple(_split(phrase.spelled))
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
        elif token.low == "how" and following and following.low in _HOW:
            phrase.words = (_HOW[following.low],)
            return _behind_clause(tokens, at), phrase
        elif token.low == "any" and _is_of(tokens, at + 1, {"number"}):
            phrase.listed = True
            phrase.traits.append(Trait("optional"))
            at += 3
            continue
        elif _is_of(tokens, at, {"list", "set", "collection", "array"}):
            phrase.listed = True
            at += 2
            continue
        elif token.low in _TYPES and following is not None and following.kind == "name":
            if _TYPES[token.low]:
                phrase.traits.append(Trait("type", _TYPES[token.low]))
        else:
            end = _quantity(tokens, at, phrase)
            if end == at:
                break
            at = end
            continue
        at += 1
    return at, phrase


def _quantity(tokens: Sequence[Token], at: int, phrase: FieldPhrase) -> int:
    """Read `at least one line`, `2 to 10 options`, `three tags`; return where the noun begins."""
    reader = Reader(tuple(tokens), BASIC_SLOTS)
    best = at
    traits: Sequence[Trait] = ()
    for text, build in _QUANTITIES:
        for end, captures in compile_pattern(text).prefixes(reader, at):
            noun = reader.low(end)
            named = end < len(tokens) and tokens[end].kind == "name"
            single = captures.get("n") == 1 and end < len(tokens) and tokens[end].kind == "word"
            fits = (is_plural(noun) or single) and singular(noun) not in _UNITS
            if end > best and (named or (fits and noun not in _NAME_STOPS)):
                best = end
                traits = tuple(build(captures))
            break
    if best > at:
        phrase.traits.extend([Trait("many"), *traits])
        while best < len(tokens) and tokens[best].low in {"different", "distinct", "separate"}:
            best += 1
    return best


def _behind_whether(tokens: Sequence[Token], at: int) -> int:
    """`whether it is vegetarian`, `whether the room has a projector`."""
    at += 1
    while (
        at < len(tokens)
        and tokens[at].low
        in {"it", "they", "he", "she", "is", "are", "has", "have", "was"} | DETERMINERS
    ):
        at += 1
    if at + 1 < len(tokens) and tokens[at + 1].low in {"is", "are", "has", "have", "was", "can"}:
        at += 2
        while at < len(tokens) and tokens[at].low in DETERMINERS | {"been"}:
            at += 1
    return at


def _is_of(tokens: Sequence[Token], at: int, nouns: set[str]) -> bool:
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
            phrase.words = tuple(_split(token.value))
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
        if not noun and (token.low in _NAME_STOPS or (token.low in DETERMINERS and words)):
            break
        if words and token.low in {"they", "he", "she", "it", "we", "you", "i", "there"}:
            end = _behind_clause(tokens, end)  # the languages they speak (a list)
            break
        following = tokens[end + 1].low if end + 1 < len(tokens) else ""
        if words and token.low in {"yes", "true"} and following in {"/", "or"}:
            break
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
    does = verb(behind[1]) if len(behind) > 1 and behind[0] in {"it", "they"} else None
    return does is not None and behind[1] not in {"is", "are", "has", "have"}


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
    """`email address` is an email; `active flag` is active."""
    if len(words) > 1 and words[-1] in {"address", "addresses"} and words[-2] in {"email", "mail"}:
        phrase.traits.append(Trait("type", "email"))
        words = [*words[:-2], "email" if words[-1] == "address" else "emails"]
    if len(words) == 3 and words[0] in _MOMENTS and words[1] in {"it", "they"}:
        words = [words[2], _MOMENTS[words[0]]]  # the moment it ends
    if len(words) > 1 and words[-1] in {"flag", "checkbox"}:
        phrase.traits.append(Trait("type", "boolean"))
        words = words[:-1]
    if len(words) > 1 and words[-1] in {"field", "text", "string"} and len(words) > 1:
        words = words[:-1]
    return words


_MOMENTS = {"moment": "at", "time": "at", "instant": "at", "day": "on", "date": "on"}


def _split(name: str) -> list[str]:
    """`dueDate`, `due_date` → due date."""
    return re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).replace("_", " ").lower().split()


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
    if len(rest) == 2 and _said_again(list(phrase.tokens[:-2]), rest[1:]):
        phrase.also.append(phrase.words)
        phrase.spelled = str(rest[1].value or rest[1].low)
        phrase.words = tuple(_split(phrase.spelled))
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
        told = at > 0 and rest[at - 1].low in {"field", "called", "named"} and token.kind == "word"
        if (token.kind != "name" and not told) or at == 0:
            continue
        opened = rest[at - 1].low == "(" or (at == 1 and rest[0].low == ",")
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
            phrase.spelled = str(token.value or token.low)
            phrase.words = tuple(_split(phrase.spelled))
            return _without_lead(rest[:at]) + rest[at + 1 :]
    return rest


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
