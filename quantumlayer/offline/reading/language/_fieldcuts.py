"""Where one field of a list ends and the next begins.

`a title, a note, optional, of at most 500 characters, and a due date` has three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from quantumlayer.offline.reading.language._fieldtypes import type_of_name
from quantumlayer.offline.reading.language._patterns import Captures, Reader, compile_pattern
from quantumlayer.offline.reading.language._remarks import remark
from quantumlayer.offline.reading.language._slots import BASIC_SLOTS
from quantumlayer.offline.reading.language._traits import SYMBOLS, Trait, read_traits
from quantumlayer.offline.reading.text._lexicon import DETERMINERS, NUMBER_WORDS, PREPOSITIONS
from quantumlayer.offline.reading.text._tokens import Token, unwritten
from quantumlayer.offline.reading.text._words import is_past, is_plural, singular, split_name, verb

__all__ = [
    "ASKING",
    "HOW",
    "IN_CLAUSES",
    "NAME_STOPS",
    "UNITS",
    "cut_fields",
    "describes_several",
    "name_in_bracket",
    "quantity",
    "said_again",
    "says_default",
    "tells_moment",
    "told_of_each",
]

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
    " stored hidden any say meaning by counted numbered somebody someone empty blank made"
    " consisting composed beginning".split()
)
_ALONE = frozenset(
    {"optional", "required", "unique", "positive", "mandatory", "integer", "string"}
) | {"text", "boolean", "number", "nullable", "decimal", "immutable", "read-only"}
UNITS = frozenset(
    (
        "character char digit letter symbol minute hour day week month year star point euro "
        "dollar cent percent person second night word kg km meter metre item value decimal place "
        "capital lower upper"
    ).split()
)
"""What bounds are counted in: `three characters` are no field."""
_THINGS = frozenset({"star", "point", "person", "item", "page", "piece"})
"""Those that something may have a number of."""
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
NAME_STOPS = PREPOSITIONS | frozenset(
    "( ) : , ; - which that where who whose is are be must such like e.g = defaults default"
    " not never can may should → or and if when once unless greater less more optional"
    " required unique has have up either one 's / only exactly does do will added given"
    " starting ending so because . shows needs gets what how occurs occur appears appear exists exist".split()
)
"""Behind these a name has ended."""
ASKING = frozenset("what when how who whom where whether if why which".split())
"""These begin a field that is told as a question: `when it departs`."""
_BEFORE_ASKING = PREPOSITIONS - {"of"}
IN_CLAUSES = frozenset("it they he she we you i which whom that its their his her".split())
"""Words of a clause that tells a field: `the moment it ends`."""
HOW = {
    "old": "age", "long": "length", "much": "amount", "big": "size", "large": "size", "far": "distance",
    "heavy": "weight", "high": "height", "tall": "height", "wide": "width", "deep": "depth", "fast": "speed",
    "often": "frequency", "hot": "temperature", "warm": "temperature", "expensive": "price",
}  # fmt: skip
"""What is asked for behind `how`: `how old it is` is an age."""
_LONGEST_KIND = 3
_OF_SEVERAL = frozenset("the two three four both all each its their different".split())
_GROUPS = frozenset("place position location address data details dates times contact".split())


def cut_fields(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut at commas and `and`, and put together again what belongs to one field."""
    tokens = _ungrouped(told_of_each(tokens))
    parts: list[list[Token]] = []
    pending: list[Token] = []
    lasting: list[Token] = []
    apart = False
    with_articles = _has_article(tokens)
    pieces = _pieces(tokens)
    last = max(
        (at for at, (_, between) in enumerate(pieces) if _joins(between)), default=len(pieces)
    )
    for at, (found, separator) in enumerate(pieces):
        piece = _remark_behind(found)
        before = parts[-1] if parts else None
        lows = [token.low for token in piece]
        marker = " ".join(lows) in _IF_YOU_LIKE or _is_wish(piece)
        if marker and any(token.low == "and" for token in separator):
            pending = [*separator, *piece]
            continue
        if pending:
            parts.append([*piece, *pending[1:]])
            pending, lasting = [], pending[1:]
            continue
        apart = apart or [token.low for token in piece[:2]] in _APART
        if apart and before is not None:
            before.extend([*separator, *piece])  # one per habit and day: no field
            continue
        told = at > last and len(lows) > 2 and lows[0] in {"a", "an"} and lows[1] in _TOLD_TYPES
        if before is not None and (
            told or _belongs(before, separator, piece, with_articles=with_articles)
        ):
            before.extend([*separator, *piece])
            continue
        joined = [token.low for token in separator] == ["and"]
        ahead, behind = (lasting, []) if lasting[1:] == [] else ([], lasting)
        parts.append([*ahead, *piece, *behind] if joined else list(piece))
        if separator and separator[-1].low == "and" and piece[0].low in _PERHAPS:
            lasting = piece[:1]  # and optionally a pulse and a note: both
    return parts


_TOLD_TYPES = frozenset("year number date day text percentage figure value time moment".split())
"""What may stand in apposition to the last field of a list: `and a vintage, a year from 1900 to 2100`."""


def _joins(separator: Sequence[Token]) -> bool:
    return any(token.low in {"and", "plus", "&"} for token in separator)


def _is_wish(piece: list[Token]) -> bool:
    """`if you like`, `where there is one`, `should they have any`: that what follows may be missing."""
    if piece[0].low not in {"if", "where", "when", "should", "in"} or len(piece) > _LONGEST_WISH:
        return False
    short = piece[0].low == "if" and 1 < len(piece) < _LONGEST_WISH and piece[1].low != "it"
    said, left = read_traits(piece)
    return short or (not left and bool(said) and {trait.key for trait in said} == {"optional"})


_LONGEST_WISH = 6

_PERHAPS = frozenset("optionally possibly perhaps maybe".split())


def told_of_each(tokens: Sequence[Token]) -> list[Token]:
    """`the years opened and closed_in`, `from_id and to_id, two ports`: say of each what all of them are."""
    told = list(tokens)
    at = 0
    while at < len(told):
        run = _names_at(told, at)
        at = run[-1] + 1 if run else at + 1
        if len(run) < 2 or (run[0] and told[run[0] - 1].low == "("):
            continue
        start, kind = _kind_before(told, run[0])
        stop = run[-1] + 1
        if not kind:
            start = run[0]
            stop, kind = _kind_behind(told, stop, refers=told[run[0]].low.endswith("_id"))
        if kind:
            note = [*unwritten("("), *kind, *unwritten(")")]
            rest = _in_order(told[stop:], [told[each] for each in run])
            ends = pairwise([*run, run[-1] + 1])
            named = [each for one, two in ends for each in (told[one], *note, *told[one + 1 : two])]
            told[start:] = [*named, *rest]
            at = start + len(named)
    return told


def _names_at(tokens: Sequence[Token], at: int) -> list[int]:
    """Where the names stand in `opens_at, closes_at and ends_on`."""
    found: list[int] = []
    while at < len(tokens) and tokens[at].kind == "name":
        found.append(at)
        at += 1
        while at < len(tokens) and tokens[at].low in {",", "and", "both"}:
            at += 1
    return found


def _kind_before(tokens: Sequence[Token], at: int) -> tuple[int, list[Token]]:
    """`the years`, `two whole numbers:` before the names; where it begins, and the kind of one."""
    end = at - (at > 0 and tokens[at - 1].low in {":", ",", "-"})
    start = end
    while start and end - start < _LONGEST_KIND and tokens[start - 1].kind == "word":
        start -= 1
        if tokens[start].low in _OF_SEVERAL:
            break
    while start < end and tokens[start].low not in _OF_SEVERAL and end - start > 1:
        start += 1
    return start, _kind_of_one(tokens[start:end], refers=False)


def _kind_behind(tokens: Sequence[Token], at: int, *, refers: bool) -> tuple[int, list[Token]]:
    """`, two teams`, `, both whole numbers` behind the names; where it ends, and the kind of one."""
    end = at + 1
    closed = next((i for i in range(at, len(tokens)) if tokens[i].low == ")"), at)
    inner = list(tokens[end:closed]) if tokens[at:closed] and tokens[at].low == "(" else []
    if inner and describes_several(inner) and not read_traits(inner)[1]:
        return closed + 1, inner
    while end < len(tokens) and tokens[end].kind == "word" and tokens[end].low not in _SEPARATORS:
        end += 1
    opened = at + 2 < end and tokens[at].low
    counted = opened in {",", "("} and tokens[at + 1].low in _OF_SEVERAL - {"the"}
    end += opened == "("
    kind = _kind_of_one(tokens[at + 2 : end - (opened == "(")], refers=refers) if counted else []
    return (end, kind) if kind else (at, [])


def _kind_of_one(words: Sequence[Token], *, refers: bool) -> list[Token]:
    """`years`: a year, and only what says of which type a field is, unless they refer to things."""
    words = [word for word in words if word.low not in _OF_SEVERAL]
    if not words or not is_plural(words[-1].low):
        return []
    if words[-1].low in {"fields", "values", "attributes", "properties"} and len(words) > 1:
        words = words[:-1]
    kind = [*unwritten("a"), *words[:-1], *unwritten(singular(words[-1].low))]
    said, left = read_traits(kind)
    typed = not left and any(trait.key == "type" for trait in said)
    return kind if typed or (refers and len(words) <= 2) else []


def _in_order(rest: Sequence[Token], names: Sequence[Token]) -> list[Token]:
    """`, of which the second is never before the first`: say it of the names."""
    lows = [token.low for token in rest[:3]]
    if lows != [",", "of", "which"]:
        return list(rest)
    told: list[Token] = []
    behind = rest[3:]
    places = {"first": 0, "former": 0, "second": 1, "latter": 1, "last": -1}
    for token in behind:
        place = places.get(token.low, len(names))
        if place < len(names):
            told = told[:-1] if told and told[-1].low == "the" else told
            token = names[place]  # noqa: PLW2901 -- the word says which name it is
        told.append(token)
    if told[:1] != list(names[-1:]):
        return list(rest)
    return [*unwritten(","), *told[1:]]


def _ungrouped(tokens: Sequence[Token]) -> Sequence[Token]:
    """`its place: box_id, row, column`; `the required fields name and seats`: only what is grouped."""
    ungrouped: list[Token] = []
    needed: list[Token] = []
    tokens = _counted_again(tokens)
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


def _counted_again(tokens: Sequence[Token]) -> Sequence[Token]:
    """`a number of rows and of seats`, `… and one of seats`: of what is said once for both."""
    said: list[Token] = []
    what: Token | None = None
    for at, token in enumerate(tokens):
        joined = at > 1 and what is not None and {tokens[at - 1].low, tokens[at - 2].low} & {"and"}
        if token.low == "of" and at:
            again = tokens[at - 1].low in {"and", "one"} and joined
            if again and what is not None:
                said[len(said) - (tokens[at - 1].low == "one") :] = [*unwritten("a"), what]
            what = tokens[at - 1] if tokens[at - 1].low in _COUNTING else what if again else None
        said.append(token)
    return said


_COUNTING = frozenset("number count list amount".split())


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
            if token.low == "and" and piece and piece[-1].low == "date" and _is_moment(tokens, at):
                piece.append(token)
                at += 1
                continue
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


def _is_moment(tokens: Sequence[Token], at: int) -> bool:
    """`by which I mean date and time` is one moment."""
    lows = [token.low for token in tokens[max(at - 3, 0) : at + 2]]
    return lows[-1] == "time" and not {"mean", "means", "meaning"}.isdisjoint(lows)


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
    if _starts_quantity(piece, things=joined_by_and) or _asks_how(piece):
        return False
    told = any(token.low == ";" for token in separator) and _is_told_of(piece)
    if told or _is_formula(piece) or _is_participial(piece):
        return True
    named = first.low not in DETERMINERS and any(t.low.strip('"') == first.low for t in before)
    if named and says_default(piece):
        return True  # good, worn or broken; good by default
    bracketed = any(token.low == "(" for token in piece)
    said = "" if bracketed else (remark(piece) or ("",))[0]
    if describes_several(piece) or said == "unique" or (said == "default" and first.low == "new"):
        return True
    if _lists_parts(before) or (_opens_choices(before) and first.low not in DETERMINERS):
        return True
    if [token.low for token in separator] == [","] and said_again(before, piece):
        return True
    if first.kind == "name" and [token.low for token in separator] == [","]:
        return _is_clause(before) or _lists_values(before) or _is_date_called(before, first)
    apposed = first.low in {"a", "an", "the"} and not joined_by_and
    if apposed and _is_apposition(before, piece):
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
    if _ends_open(before) and not _is_clause(before):
        return True
    if _in_choices(before, piece, with_articles=with_articles and not joined_by_and):
        return True
    return _ends_in_character_kinds(before) and _names_character_kinds(piece)


def says_default(piece: Sequence[Token]) -> bool:
    """`good by default`, `S if we leave it out`: one of the values named before."""
    traits, left = read_traits(piece)
    return not left and [trait.key for trait in traits] == ["default"]


def describes_several(piece: Sequence[Token]) -> bool:
    """`rows and columns, whole numbers from 1 to 12`: a kind in the plural is no field of its own."""
    lows = [token.low for token in piece if token.low not in {"both", "all", "each"}]
    kind = " ".join(lows[: 1 + (lows[:1] in (["whole"], ["decimal"]))])
    bare = len(lows) > 1 or len(lows) < len(piece)
    timed = lows[:3] == ["times", "of", "day"] or lows[:2] in (
        ["counted", "from"],
        ["numbered", "from"],
    )
    return timed or kind in _KINDS_OF_SEVERAL or (bare and kind in {"dates", "numbers", "amounts"})


_KINDS_OF_SEVERAL = frozenset(
    {"whole numbers", "decimal numbers", "integers", "decimals", "booleans"}
)


def _asks_how(piece: list[Token]) -> bool:
    """`how old it is`, `how many guests there are`, `whether it bites`: a field, told as a question."""
    if piece[0].low == "whether":
        return len(piece) > 1
    return piece[0].low == "how" and len(piece) > 1 and piece[1].low in {*HOW, "many"}


def _is_told_of(piece: list[Token]) -> bool:
    """`; whoever is new starts with 5`: a clause about the field before."""
    told = frozenset(
        "if when whoever it they that this nobody everybody unless one we otherwise".split()
    )
    return piece[0].low in told or piece[0].kind == "number" or remark(piece) is not None


_NEXT = frozenset("then followed by and a an the finally another".split())


def _goes_on_with_format(before: list[Token], piece: list[Token], *, joined: bool) -> bool:
    """`four digits, a dot, then three letters`: further parts of how a text is made up."""
    kinds = {"digits", "letters", "characters", "digit", "letter", "sign", *SYMBOLS}
    if before[-1].kind != "quote" and not any(token.low in kinds for token in before):
        return False
    lows = [token.low for token in piece]
    while lows and lows[0] in _NEXT:
        lows = lows[1:]
    if lows[:1] and lows[0] in SYMBOLS and len(lows) < 3:
        return True
    counted = lows[:1] and (piece[-len(lows)].kind == "number" or lows[0] in NUMBER_WORDS)
    goes_on = joined or piece[0].low in {"then", "followed", "and"}
    return bool(counted and kinds & set(lows) and goes_on)


def _is_participial(piece: list[Token]) -> bool:
    """`painted on its side`: what was done to the field before, which is no field itself."""
    placed = len(piece) > 2 and piece[1].low in PREPOSITIONS and piece[2].low in DETERMINERS
    return placed and piece[0].kind == "word" and is_past(piece[0].low)


def _is_formula(piece: list[Token]) -> bool:
    """`…, the gross less the tare`: how the field before is worked out."""
    lows = [token.low for token in piece]
    return any(
        low in {"times", "minus", "multiplied", "divided", "×", "*", "x"}
        or (
            low == "less"
            and lows[at - 1] not in {"or", "no", "not", "and"}
            and lows[at + 1] != "than"
        )
        for at, low in enumerate(lows[:-1])
        if at
    )


def said_again(before: list[Token], piece: list[Token]) -> bool:
    """`a mobile number, mobile`, `the number of frames, `frames``: the name as in JSON."""
    words = [token.low for token in before if token.low not in DETERMINERS]
    again = split_name(str(piece[0].value or piece[0].low))
    article = before[0].low in DETERMINERS
    told = article and len(words) > len(again) and all(token.kind == "word" for token in before)
    if len(again) > 1 and again[-1] in _UNITS:
        again, told = again[:-1], True
    return told and len(piece) == 1 and set(again) <= {*words, "id"} and again != ("number",)


_UNITS = frozenset("kg g mg ml l cl cm mm m km min mins sec secs eur usd gbp pct percent".split())
"""A weight in kilograms, weight_kg."""


def _is_date_called(before: list[Token], name: Token) -> bool:
    """`the day, found_on, …`: a mere date or time, whose name as in JSON stands behind the comma."""
    words = [token.low for token in before if token.low not in DETERMINERS]
    dated = len(words) == 1 and type_of_name(words) in {"date", "datetime", "time"}
    return dated and type_of_name(list(split_name(str(name.value)))) == type_of_name(words)


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
    told = before[0].low in ASKING or any(token.low in IN_CLAUSES for token in before[1:])
    told |= tells_moment([token.low for token in before])
    return told and not any(token.kind == "name" for token in before)


def tells_moment(words: Sequence[str]) -> bool:
    """`the day the pass ends`: a date, told as a clause."""
    dated = words[0] in DETERMINERS and type_of_name(words[1:2]) in {"date", "datetime", "time"}
    return dated and not DETERMINERS.isdisjoint(words[2:])


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
    bare = len(before) == 1 and before[0].kind in {"word", "name"}  # born, a date in the past
    person = bare and before[0].low.endswith(("er", "or")) and before[0].low != "number"
    if person and [token.low for token in piece[1:3]] in (["email"], ["email", "address"]):
        return True  # buyer, an email address
    if bare and behind_bound != "of" and len(piece) > 2 and piece[1].low in _MOMENTS_TOLD:
        return True
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


_MOMENTS_TOLD = frozenset("date day moment time number text".split())
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


_HELD = frozenset("stock inventory supply count quantity total".split())


def _counts_before(before: list[Token], separator: list[Token], piece: list[Token]) -> bool:
    """`a stock, the number of pieces on the shelf`: what the field before counts."""
    counts = len(piece) > 2 and piece[0].low in {"the", "that", "i.e"} and piece[1].low in {
        "number", "amount", "count", "quantity",
    } and piece[2].low == "of"  # fmt: skip
    words = [token.low for token in before if token.kind == "word" and token.low not in DETERMINERS]
    plain = len(before) <= 3 and all(token.kind in {"word", "name"} for token in before)
    comma = [token.low for token in separator] == [","]
    held = [token.low for token in piece[1:]]  # packets, the stock
    if comma and plain and is_plural(before[-1].low) and piece[0].low in {"the", "our"}:
        if held[0] in _HELD and (len(held) == 1 or held[1] in {"(", *PREPOSITIONS}):
            return True
    return counts and plain and comma and type_of_name(words) in {"integer", "number"}


def _starts_quantity(piece: list[Token], *, things: bool) -> bool:
    """`at least one line`, `and 1 to 5 stars`: another field, not a bound of the one before."""
    return quantity(piece, 0, things=things)[0] > 0


def _starts_field(piece: list[Token]) -> bool:
    """`one warehouse`, `optionally a note`: a field after all."""
    if piece[0].low in _PERHAPS and len(piece) > 1:
        named = piece[1].kind == "name" or piece[1].low in DETERMINERS
        end = next((at for at, token in enumerate(piece) if token.low == "("), len(piece))
        return named or (_noun_follows(piece) and not read_traits(piece[1:end])[0])
    if piece[0].low in {"which", "what", *_BEFORE_ASKING} and len(piece) > 1:
        at = 1 + (piece[0].low in _BEFORE_ASKING)
        asked = piece[at - 1].low in {"which", "what", "when"}
        behind = piece[at + 1].low if len(piece) > at + 1 else "("
        named = at < len(piece) and piece[at].kind == "word" and verb(piece[at].low) is None
        return asked and (name_in_bracket(piece) > 0 or (named and behind in {"(", *IN_CLAUSES}))
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
    named = any(token.low in {"status", "state"} for token in before[:at])
    return named or len(read_traits(behind[:1])[1]) == 1


def _ends_in_character_kinds(before: list[Token]) -> bool:
    return before[-1].low in {"letters", "digits", "characters", "letter", "digit"}


def _names_character_kinds(piece: list[Token]) -> bool:
    return any(
        token.low in {"letters", "digits", "hyphens", "underscores", "dashes"} for token in piece
    )


def name_in_bracket(tokens: Sequence[Token]) -> int:
    """`what they sell (goods: food, plants)`: the bracket behind a question begins with the name."""
    asked = [token.low for token in tokens[:2] if token.low not in _BEFORE_ASKING]
    at = next((i + 1 for i, token in enumerate(tokens) if token.low == "("), 0)
    named = 0 < at < len(tokens) - 1 and tokens[at].kind == "word"
    told = asked[:1] and asked[0] in ASKING - {"how", "whether", "if"}
    return at if told and named and tokens[at + 1].low in {",", ")", ":"} else 0


def quantity(tokens: Sequence[Token], at: int, *, things: bool = False) -> tuple[int, list[Trait]]:
    """Read `at least one line`, `2 to 10 options`, `three tags`.

    Args:
        tokens: What is read.
        at: Where it begins.
        things: Whether the noun may be a unit that is a thing, too: `1 to 5 stars` behind no name.

    Returns:
        Where the noun begins, and what the quantity says of the field; the place itself and nothing, where
        there is none.
    """
    reader = Reader(tuple(tokens), BASIC_SLOTS)
    best = at
    units = UNITS - _THINGS if things else UNITS
    traits: list[Trait] = []
    for text, build in _QUANTITIES:
        for end, captures in compile_pattern(text).prefixes(reader, at):
            noun = reader.low(end)
            named = end < len(tokens) and tokens[end].kind == "name"
            single = captures.get("n") == 1 and end < len(tokens) and tokens[end].kind == "word"
            fits = (is_plural(noun) or single) and singular(noun) not in units
            if end > best and (named or (fits and noun not in NAME_STOPS)):
                best = end
                traits = [Trait("many"), *build(captures)]
            break
    if best > at:
        while best < len(tokens) and tokens[best].low in {"different", "distinct", "separate"}:
            best += 1
    return best, traits
