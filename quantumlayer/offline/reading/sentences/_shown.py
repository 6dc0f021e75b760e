"""Sentences that say what is shown of a thing besides what is sent to make it.

    Each campaign reports raised (the sum of its donations) and donors (how many donations).
    When I look at a course I want to see places_left right there.
    With every lot we want to see how many seeds remain, in a field "remaining".
    `free_places` is shown with each firing: the places of the kiln minus the pieces loaded.

`read_figures` hears a sentence before anything else does, or its names would become what clients send: it
wants an explanation that can only be one. `read_shown` is for what is left: a verb of showing, the thing, and
names that are hardly explained. `read_report` does the same for what a route answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from quantumlayer.offline.reading.language._facts import Answers, Fact, Fields, Thing
from quantumlayer.offline.reading.language._fieldlists import FieldPhrase
from quantumlayer.offline.reading.language._patterns import Reader, SlotFunction, compile_pattern
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.language._vocabulary import Lexicon
from quantumlayer.offline.reading.text._lexicon import DETERMINERS, FUNCTION_WORDS
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._sketches import UNKNOWN, Sketch
from quantumlayer.offline.reading.text._tokens import Token, tokenize, unwritten
from quantumlayer.offline.reading.text._words import is_plural

__all__ = ["read_figures", "read_report", "read_shown"]

_OF_EACH = frozenset("each every a an any the one".split())
_NAME = re.compile(r"[a-z]+(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+")
_FINITE = frozenset("is are was were has have can must may should will that which".split())
_NAMELESS = frozenset("how which and or nobody system server service api application".split())
_LONGEST = 2


_CALLED = frozenset("as called named field".split())
_COMMA = unwritten(",")[0]


def _is_name(token: Token) -> bool:
    return token.kind == "name" or (token.kind == "word" and bool(_NAME.fullmatch(token.text)))


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


# --- figures -------------------------------------------------------------------------------------

_COUNTING = frozenset(
    "number count counts counting counted many much sum sums summed summing total totals totalled average averaged"
    " averages mean median highest lowest maximum minimum max min largest smallest biggest greatest least most"
    " latest earliest newest oldest longest shortest cheapest dearest hottest added adding adds add"
    " percentage percent proportion ratio difference together altogether recent".split()
)
_NO_FIGURE = frozenset(
    "must never cannot refused sorted ordered parameter parameters filter higher lower below above may query".split()
)
_PERHAPS = frozenset("last first best worst share rate".split())
"""Words that count as well before what is counted, where a verb of showing is there."""
_JOINING = frozenset("times multiplied minus plus less divided product × * ÷ /".split())
_LEFT = frozenset(
    "left free remaining remain remains open available taken occupied used unused fit fits booked spare".split()
)
_TRUTH = frozenset("true whether does is has".split())
_DATED = frozenset("today past passed over gone tomorrow yesterday now".split())
_MADE = frozenset("computed calculated derived".split())
_LEADING = frozenset(
    ", : ( = - that is are which i.e i.e. namely computed calculated derived read-only meaning being so says it in by and"
    " counted told a an automatically as from worked out nobody somebody".split()
)
_SHOWS = (
    "(shows|show|tells|tell|reports|report|displays|display|returns|return|gives|give|adds|add|exposes|states"
    "|reveals|indicates|outputs|provides)"
)
_HAS = (
    "(has|have|carries|carry|includes|include|contains|contain|holds|hold|knows|know|gets|get|comes with|come with"
    "|is returned with|are returned with|is shown with|is given with|comes back with|is listed with)"
)
_NICE = "(it|that) would be (nice|good|great|useful|helpful) to (see|know|have)"
_WISH = f"({_NICE}|(i|we|you|one|people) [(want|would like|need|wish|should like|expect)] [to] [(see|sees|know|find|get|show|be told)])"
_APART = "[(beside|besides|apart from|in addition to) (that|this|its own fields|the fields|these|its fields)] [,]"
_TOLD_AS = (
    "(is|are) [(computed|calculated|worked out)] [and] (shown|part of|returned|given|told|reported|displayed|included"
    "|added|delivered)"
)
_SAYS = "(says|tells|counts|shows|gives|is|are|=|:|-|adds up|sums|sums up|totals|states|holds|means|reports|contains)"

_HEADS: tuple[tuple[str, bool], ...] = (
    (f"{_APART} [so] <owner> [(MUST|to)] {_SHOWS} [(me|us|you)] <elements>", True),
    (f"{_APART} <owner> {_HAS} [a] [(computed|calculated)] [field] <elements>", False),
    (f"(with|for|on|beside|at) <owner> [,] (comes|come|there is|{_SHOWS}|{_WISH}|the (answer|reply|response) (has|holds|includes|contains|gives)) <elements>", True),
    ("(show|return|report|give|add|display) [(me|us)] (with|for|on|at|to) <owner> [:] <elements>", True),
    (f"{_WISH} (with|for|on|at|of|in) <owner> [:] <elements>", True),
    (f"{_WISH} <owner> to {_SHOWS} <elements>", True),
    (f"(when|if|whenever) {_WISH} [(look at|open|see|call up|read|looks at|opens)] <owner> [,] {_WISH} <elements>", True),
    ("[in] (the|every|each) (answer|reply|response|json|answers) (for|of|to) <owner> [also] (includes|holds|contains|has|shows|gives) <elements>", True),
    ("in (every|each|the) (answer|reply|response|answers) <owner> (has|shows|carries|includes|contains) <elements>", True),
    (f"<item_route:owner> [and <item_route>] ({_SHOWS}|{_HAS}) <elements>", True),
)  # fmt: skip
"""What stands before names with their explanations, and whether that alone says that they are shown."""
_SENTENCES: tuple[str, ...] = (
    "<called> (=|:) <told> , [as] (is shown|shown|given|returned|part of) [(with|on|in|at|for|of|to|by)] <owner>",
    f"<called> {_TOLD_AS} [(with|on|in|at|for|of|to|by)] <owner> (:|,|-|LP) <told>",
    f"<called> (LP|,) <told> (RP|,) {_TOLD_AS} [(with|on|in|at|for|of|to|by)] <owner>",
    f"[the] <called> (of|on|for|in|at) <owner> (LP|{_SAYS}) <told>",
    f"<owner> 's <called> {_SAYS} <told>",
    "<told> (is|are) (shown|given|told|returned|reported|called) as <called>",
    "[the] <called> of <owner> is (worked out|computed|calculated) [(as|by|from|:)] <told>",
    "the (system|server|service) (works out|computes|calculates) [the] <called> (of|for) <owner> (by|as|from) <told>",
    "the (system|server|service) (adds|shows|gives) <called> (to|with|for) <owner> , <told>",
    f"{_WISH} [the] <called> of <owner> (:|,|-|LP) <told>",
    "<owner> is <adjective> <whether:told> (;|,) [and] [it] (shows|tells|says|reports) (this|that) (as|in|with) <called> [LP true or false RP]",
    f"{_WISH} whether <owner> is <called> [LP true or false RP] , that is <told>",
    f"{_WISH} <told> [,] (as|called|named) <called>",
    "[the] <called> [(of|on|for) <owner>] <counting:told>",
    "<called> [(is|:|,|LP)] <made> [RP] [(:|,|is)] <told>",
    "<called> (=|:|is) <told>",
)  # fmt: skip
"""Sentences about one name."""


def read_figures(tokens: Sequence[Token], lexicon: Lexicon) -> list[Fact]:
    """Say what a sentence lets the service work out, and how; nothing where it is no such sentence.

    A thing without words is the one that the explanation is about, whichever that may be.
    """
    tokens = [
        each
        for token in tokens
        for each in (tokenize(token.text) if token.kind == "code" else [token])
        if token.low != "please"
    ]
    while tokens and tokens[-1].low in {".", "!", "?", ";"}:
        tokens.pop()
    words = {token.low for token in tokens}
    if any(token.kind in {"sketch", "status"} for token in tokens) or not words & (
        _COUNTING | _PERHAPS | _JOINING | _LEFT | _TRUTH | _MADE | _DATED | {"out", "otherwise"}
    ):
        return []
    reader = Reader(tokens, _SLOTS, lexicon)
    for text, sure in _HEADS:
        for captures in compile_pattern(text).wholes(reader):
            found = list(_told_of(captures["elements"], lexicon, sure=sure, loose=False))
            if found and all(found):
                phrases = tuple(each for each in found if each is not None)
                return [Fields(captures["owner"], phrases, complete=False, shown=True)]
    for text in _SENTENCES:
        for captures in compile_pattern(text).wholes(reader):
            told = _bare(captures["told"])
            owner = captures.get("owner") or _owner_in(told, lexicon)
            fits = owner is not None and "owner" in captures
            fits = fits or bool(captures.get("made")) or _begins_as_figure(told)
            if fits and _is_figure(told, lexicon, sure=True):
                phrase = _phrase_of(captures["called"], told)
                return [Fields(owner or Thing(()), (phrase,), complete=False, shown=True)]
    return []


def read_shown(tokens: Sequence[Token], lexicon: Lexicon) -> list[Fact]:
    """Say which names answers show, also where nothing or little explains them.

    Whether the words are understood turns out when the fields are worked out.
    """
    if any(token.kind in {"sketch", "status"} for token in tokens):
        return []
    reader = Reader(tokens, _SLOTS, lexicon)
    for text in (text for text, sure in _HEADS if sure):
        for captures in compile_pattern(text).wholes(reader):
            found = _told_of(captures["elements"], lexicon, sure=True, loose=True)
            phrases = tuple(each for each in found if each is not None)
            if phrases:
                return [Fields(captures["owner"], phrases, complete=False, shown=True)]
    return []


_ANSWERING = (
    f"[(a|the|one|single)] [object] (:|-|→|{_SHOWS}|has|contains|is|answers|reads|get|gets|see|with|sums up|sums it up|sums) [(me|us|you|with)]"
    " [(an|one|a single|the|two|three|four)] [(object|figures|numbers|json object)] [(with|of|as|:|,)]"
)


def read_report(tokens: Sequence[Token], lexicon: Lexicon) -> tuple[list[Fact], int]:
    """Say which figures a route answers, by their names with what explains them, and where that begins."""
    tokens = _without_end(tokens)
    at = next((at for at, token in enumerate(tokens) if token.kind == "route"), None)
    if at is None or any(token.kind in {"sketch", "status"} for token in tokens):
        return [], 0
    routes = [token.value for token in tokens if token.kind == "route"]
    last = routes[0].segments[-1] if routes[0].segments else "{"
    if len(routes) > 1 or routes[0].method not in {"GET", ""} or last.startswith("{"):
        return [], 0
    if lexicon.by_segment(last) is not None or len(routes[0].segments) < 2:
        return [], 0
    reader = Reader(tokens, _SLOTS, lexicon)
    for start in range(at + 1, min(at + 30, len(tokens))):
        for end, _ in compile_pattern(_ANSWERING).prefixes(reader, start):
            found = list(_told_of(tokens[end:], lexicon, sure=True, loose=False, report=True))
            told = [each for each in found if each is not None]
            sure = any(
                each.traits and _is_figure(each.traits[0].value, lexicon, sure=True)
                for each in told
            )
            items = (
                len(told) == 1 and lexicon.find(told[0].words) is not None
            )  # gives the games that …
            if len(told) == len(found) and sure and not items:
                names = {each.spelled or each.label.replace(" ", "_"): each for each in told}
                why = tuple(
                    (name, each.traits[0].value) for name, each in names.items() if each.traits
                )
                sketch = Sketch(dict.fromkeys(names, UNKNOWN))
                query = routes[0].query or _asked_for(tokens)
                route = Route("GET", routes[0].path, query)
                leads = (
                    i for i in range(at + 1, start) if compile_pattern(_SHOWS).begins(reader, i)
                )
                return [Answers(route, sketch, (), why)], next(leads, start)
    return [], 0


def _without_end(tokens: Sequence[Token]) -> Sequence[Token]:
    """Leave off `…, both days included` at the end: it is about the parameters."""
    for at, token in enumerate(tokens):
        behind = [each.low for each in tokens[at + 1 : at + 4]]
        closes = next((i for i, low in enumerate(behind) if low in {"included", "inclusive"}), None)
        if token.low == "both" and closes is not None:
            return tokens[:at] if at + closes + 3 >= len(tokens) else tokens
    return tokens


def _asked_for(tokens: Sequence[Token]) -> tuple[tuple[str, str], ...]:
    """The parameters that words name: `between from and to`, `needs the parameter date`."""
    lows = [token.low for token in tokens]
    if any(lows[at : at + 3] == ["from", "and", "to"] for at in range(len(lows))):
        return ("from", ""), ("to", "")
    for at, low in enumerate(lows):
        if low in {"date", "day", "on", "month", "year"} and {"needs", "takes", "parameter"} & set(
            lows[max(0, at - 3) : at]
        ):
            return ((low, ""),)
    return ()


def _told_of(
    tokens: Sequence[Token], lexicon: Lexicon, *, sure: bool, loose: bool, report: bool = False
) -> Iterator[FieldPhrase | None]:
    """Every name with its explanation; None for what is something else."""
    starts = [
        0,
        *(at for at in range(1, len(tokens)) if _begins(tokens, at, loose=loose, report=report)),
    ]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        part = list(tokens[start:end])
        while part and part[-1].low in {",", "and", ";", "."}:
            part.pop()
        if report:
            yield _reported(part, lexicon)
        else:
            yield _told_one(part, lexicon, sure=sure, loose=loose)


def _reported(part: list[Token], lexicon: Lexicon) -> FieldPhrase | None:
    """A figure of a report, which may be no more than a name."""
    called, end = _name_at(part, 0)
    if called and end == len(part) and len(called) == 1:
        return _phrase_of(called, [])
    behind = part[end].low if called else ""
    counting = _COUNTING | _LEFT | _PERHAPS | {"all"}
    if behind in {"is", "the", "how", "their", "(", ",", ":", "="} and not counting.isdisjoint(
        token.low for token in part[end:]
    ):
        named = [token for token in called if token.low not in _COUNTING or len(called) == 1]
        spelled = behind != "(" or part[-1].low == ")" or len(called) == 1
        if len(named) == 1 and spelled and not _closing_name(part):
            return _phrase_of(named, _bare(part[end:]))
    return _told_one(part, lexicon, sure=True, loose=True)


_NO_NAMES = frozenset(
    "null zero which both each included inclusive days dates required optional".split()
)


def _closing_name(part: Sequence[Token]) -> bool:
    """`the average temperature (mean)`: the name stands behind."""
    at = next((at for at, token in enumerate(part) if token.low == "("), len(part))
    return at > 1 and [each.low for each in part[at + 2 : at + 3]] in ([")"], [","], [";"])


def _begins(tokens: Sequence[Token], at: int, *, loose: bool, report: bool) -> bool:
    """Whether the next name begins here, or what explains it: `and donors (`, `) and percent, …`."""
    if tokens[at - 1].low not in {",", "and"} or tokens[at].low in {",", "and"}:
        return False
    called, end = _name_at(tokens, at)
    opened = tokens[end].low if end < len(tokens) else ""
    if called and (opened == "(" or (_is_name(called[0]) and (loose or opened in {":", ","}))):
        return True
    if report and called and called[0].low not in _NO_NAMES:
        if opened in {"", ",", "and", "is", ":", "=", "."} and len(called) == 1:
            return True
        if opened in {"the", "how", "their"} and len(called) == 1:
            return True
    before = next((each.low for each in tokens[at - 1 :: -1] if each.low not in {",", "and"}), "")
    if before == ")":
        return bool(called) or tokens[at].low == "how"
    return tokens[at - 1].low == "and" and tokens[at].low in {"what", "how"}


def _told_one(
    part: list[Token], lexicon: Lexicon, *, sure: bool, loose: bool
) -> FieldPhrase | None:
    for at in range(len(part) - 1, 1, -1):  # how many firings it has (firing_count), … as top
        name, before = part[at], part[at - 1].low
        behind = part[at + 1].low if at + 1 < len(part) else ","
        word = name.kind == "word" and behind in {",", "(", ")"} and name.low not in _MADE
        if not (word or _is_name(name) or name.kind == "quote"):
            continue
        if before == "as" and "as" in {each.low for each in part[max(0, at - 5) : at - 1]}:
            continue  # as many bookings as seats
        if before in _CALLED and behind == ":":
            told = _bare(part[at + 2 :])
        elif before in _CALLED or (before == "(" and behind == ")"):
            rest = part[at + 1 + (before == "(") :]
            told = [
                *_bare(part[: at - 1 - (part[at - 2].low == "a") * 2]),
                *([_COMMA, *_bare(rest)] if rest else []),
            ]
        else:
            continue
        if loose or _is_figure(told, lexicon, sure=sure):
            return _phrase_of([name], told)
    called, end = _name_at(part, 0)
    if loose and called and _is_name(called[0]):
        opened = part[end:] and part[end].low in {",", "(", ":", "=", "which"}
        return _phrase_of(called, _bare(part[end:]) if opened else [])
    if not called or end >= len(part):
        return None
    rest = part[end:]
    parting = rest[0].low
    colon = next((at for at, token in enumerate(rest) if token.low == ":"), None)
    if colon is not None and not _COUNTING & {token.low for token in rest[:colon]}:
        rest = rest[colon:]  # a firing_count that the system works out: …
    elif parting not in {",", "(", "=", "-", "that", "which", "counting", "with"}:
        return None
    told = _bare(rest)
    if not sure and parting == rest[0].low == "," and (
        part[end + 1].low in {"a", "an"} or any(token.low == "and" for token in told)
    ):  # fmt: skip
        return None  # a list goes on
    return _phrase_of(called, told) if _is_figure(told, lexicon, sure=sure) else None


def _bare(tokens: Sequence[Token]) -> list[Token]:
    """Without brackets around an explanation, what leads to it and that nobody sends the value."""
    found = [_COMMA if token.low == "(" else token for token in tokens if token.low != ")"]
    while (
        found
        and found[0].low in _LEADING
        and not (
            found[0].low in {"is", "are"} and len(found) > 1 and found[1].low in {"there", "it"}
        )
    ):
        found = found[1:]
    for text in _BANS:
        for at in range(1, len(found)):
            if any(
                end >= len(found)
                for end, _ in compile_pattern(text).prefixes(Reader(found, {}), at)
            ):
                found = found[:at]
                break
    return found


_NOBODY = "(sets|enters|sends|stores|types|gives|fills in|can set|can change|has to enter)"
_BANS = (
    "(,|;) [and] [it] (is|are) [(not|never)] (stored|sent|set|entered|computed|calculated|worked out|read-only|kept) [by (anybody|anyone|clients|a client|the client|the system|the server|hand)]",
    f"(,|;) [(and|but)] nobody {_NOBODY} [it]",
    "[,] (worked out|computed|calculated|read-only|never sent|never stored|not stored|by the system|automatically|not sent)",
)  # fmt: skip


def _is_figure(told: Sequence[Token], lexicon: Lexicon, *, sure: bool) -> bool:
    """Whether words say what a value is worked out from."""
    lows = [token.low for token in told]
    if not lows or not _NO_FIGURE.isdisjoint(lows):
        return False
    lows = [
        low for at, low in enumerate(lows) if low not in {"most", "least"} or lows[at - 1] != "at"
    ]
    things = any(token.kind == "word" and lexicon.find([token.low]) is not None for token in told)
    inner = lows[1:-1]
    signed = any(
        (low in _JOINING and inner[at + 1 : at + 2] != ["than"])
        or (low, *inner[at + 1 : at + 2]) == ("out", "of")
        for at, low in enumerate(inner)
    ) or any(
        token.low == "-"
        and told[at].kind in {"name", "word"}
        and told[at + 2].kind in {"name", "word"}
        for at, token in enumerate(told[1:-1])
    )
    if signed or ({"otherwise", "else"} & set(lows) and {"if", "when"} & set(lows)):
        return True
    named = any(_is_name(token) for token in told)
    if "true" in lows[:2] or lows[0] in _TRUTH:
        return sure or things or named or bool(_DATED & set(lows))
    if sure and named and {"past", "passed", "today"} & set(lows):
        return True
    ranked = any(
        low in _PERHAPS and lexicon.find(lows[at + 1 : at + 2]) is not None
        for at, low in enumerate(lows)
    )
    counted = not (_COUNTING | _LEFT).isdisjoint(lows) or (sure and ranked)
    things = things or lows[:3] == ["how", "many", "of"]
    return counted and (things or (sure and lows[0] in {"how", "the", "what"}))


def _begins_as_figure(told: Sequence[Token]) -> bool:
    """Whether words can only be meant to say how something is worked out."""
    lows = [token.low for token in told if token.low not in DETERMINERS]
    joined = len(told) > 2 and told[1].low in _JOINING | {"-"}  # price times quantity
    left = lows[:1] == ["what"] and bool(
        {"remains", "remain", "add"} & set(lows) or lows[1:4] == ["is", "left", "of"]
    )
    return bool(lows) and (lows[0] in _COUNTING | {"how"} or joined or left)


def _owner_in(told: Sequence[Token], lexicon: Lexicon) -> Thing | None:
    """What an explanation is about where the sentence names nothing else: `the firings of a kiln`."""
    for at, token in enumerate(told):
        word = lexicon.find([token.low]) if token.kind == "word" else None
        before = told[at - 1].low if at else ""
        if (
            word is not None
            and not is_plural(token.low)
            and before in {*_OF_EACH, "its", "this", "that"}
        ):
            return Thing(tuple(word.label.split()))
    return None


def _name_at(tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """A name with the article before it, and where it ends."""
    while at < len(tokens) and tokens[at].low in DETERMINERS | {"also", "both"}:
        at += 1
    if at < len(tokens) and (_is_name(tokens[at]) or tokens[at].kind == "quote"):
        return [tokens[at]], at + 1
    words: list[Token] = []
    for token in tokens[at : at + _LONGEST]:
        if token.kind != "word" or token.low in FUNCTION_WORDS | _FINITE | _NAMELESS:
            break
        words.append(token)
    return words, at + len(words)


def _owner_slot(reader: Reader, at: int) -> Iterator[tuple[Thing, int]]:
    start = at
    while reader.low(start) in _OF_EACH | {"all", "our", "this", "single"}:
        start += 1
    for size in (3, 2, 1):
        tokens = reader.tokens[start : start + size]
        word = reader.context.find([token.low for token in tokens])
        plain = all(token.kind == "word" for token in tokens)
        if word is not None and len(tokens) == size and plain:
            itself = start + size
            yield Thing(tuple(word.label.split())), itself + (reader.low(itself) == "itself")


def _called_slot(reader: Reader, at: int) -> Iterator[tuple[list[Token], int]]:
    name, end = _name_at(reader.tokens, at)
    for size in range(len(name), 0, -1):
        yield name[:size], end - len(name) + size


def _rest_slot(reader: Reader, at: int) -> Iterator[tuple[tuple[Token, ...], int]]:
    for end in range(len(reader.tokens), at, -1):
        yield tuple(reader.tokens[at:end]), end


def _counting_slot(reader: Reader, at: int) -> Iterator[tuple[tuple[Token, ...], int]]:
    """`counts its firings`, `adds up the prices`: the verb says how."""
    if reader.low(at) in {"counts", "adds", "sums", "totals", "averages"}:
        yield from _rest_slot(reader, at)


def _whether_slot(reader: Reader, at: int) -> Iterator[tuple[tuple[Token, ...], int]]:
    """`while it has a parcel`: when it is true."""
    if reader.low(at) in {"while", "when", "if", "as", "once", "whenever"}:
        for told, end in _rest_slot(reader, at):
            yield (*unwritten("true"), *told), end


def _made_slot(reader: Reader, at: int) -> Iterator[tuple[bool, int]]:
    for end, _ in compile_pattern(
        "[a] [field] (computed|calculated|derived|worked out) [(field|value)] [by the (server|system|service)]"
    ).prefixes(reader, at):
        yield True, end


def _route_slot(reader: Reader, at: int) -> Iterator[tuple[Thing, int]]:
    """`GET /kilns/{id}`, `GET /kilns`: the items that the answer shows."""
    token = reader.tokens[at] if at < len(reader.tokens) else None
    if token is None or token.kind != "route" or token.value.method not in {"", "GET"}:
        return
    segments = [part for part in token.value.segments if not part.startswith("{")]
    word = reader.context.by_segment(segments[-1]) if segments else None
    if word is not None and (len(token.value.segments) <= 2 or token.value.path.endswith("}")):
        yield Thing(tuple(word.label.split())), at + 1


_SLOTS: dict[str, SlotFunction] = {
    "adjective": _called_slot,
    "whether": _whether_slot,
    "called": _called_slot,
    "counting": _counting_slot,
    "elements": _rest_slot,
    "item_route": _route_slot,
    "made": _made_slot,
    "owner": _owner_slot,
    "told": _rest_slot,
}
