"""What a figure is worked out from, by the words that explain it.

    how many of its items are still open         count(Item, list_id == this.id, done == False)
    the total less the payments                  total - sum(Payment, amount, invoice_id == this.id)
    the percentage of records that are late      count(Record, …, status == 'late') * 100 / count(Record, …)

Words are sorted, not parsed: functions, things, fields, states, and what joins two values. A word that is
none of these leaves the figure open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._patterns import Reader, compile_pattern
from quantumlayer.offline.reading.planning._figures import (
    FUNCTIONS,
    NUMERIC,
    Ground,
    counted,
    named,
    only_number,
    own,
    state_of,
    thing_among,
)
from quantumlayer.offline.reading.planning._render import opposite
from quantumlayer.offline.reading.planning._world import World, escape
from quantumlayer.offline.reading.text._lexicon import (
    ADVERBS,
    DETERMINERS,
    NUMBER_WORDS,
    PREPOSITIONS,
    PRONOUNS,
)
from quantumlayer.offline.reading.text._tokens import Token, tokenize, unwritten
from quantumlayer.offline.reading.text._words import (
    base,
    is_plural,
    noun_for,
    singular,
    split_name,
    verb,
)

__all__ = ["any_tokens", "conditions_in", "explained", "explanations", "truth", "unheard"]

_SHARES = frozenset(
    "percentage percent percents share proportion rate quota ratio fraction %".split()
)
_GLUE = (
    (DETERMINERS - {"no"}) | PREPOSITIONS | PRONOUNS | ADVERBS
    | frozenset("which that who is are was were be been being has have had it its and so far now all every each"
                " still there one ones them this these shows says tells means given they belong belonging does do"
                " whole number how what as got gets received made always 's up recent arithmetic ever status"
                " state".split())
)  # fmt: skip
_SIGNS = {
    **dict.fromkeys(("minus", "less", "-", "without"), "-"),
    **dict.fromkeys(("plus", "+"), "+"),
    **dict.fromkeys(("times", "*", "×", "x", "multiplied"), "*"),
    **dict.fromkeys(("divided", "/", "÷", "out"), "/"),
}


@dataclass(slots=True)
class _Sorted:
    """The words of one operand by what they are."""

    functions: list[str] = field(default_factory=list)
    things: list[str] = field(default_factory=list)
    fields: list[tuple[str, FieldDraft]] = field(default_factory=list)
    """With the entity that has it."""
    states: list[tuple[str, str]] = field(default_factory=list)
    """Entity and condition."""
    ways: list[str] = field(default_factory=list)
    """Fields of what the item refers to: `worker.rate`."""
    either: bool = False
    plural: bool = False
    without: bool = False
    """Whether it is what the parts do not take: `places not taken by bookings`."""
    share: bool = False


def explained(ground: Ground, tokens: Sequence[Token], name: str = "") -> str | None:
    """Work out a figure by the words that explain it; None where a word stays open."""
    said = [token for token in tokens if token.kind not in {"sketch", "route"}]
    said = [
        each
        for token in said
        for each in (tokenize(token.text) if token.kind == "code" else [token])
    ]
    said, empty = _apart_from_emptiness(said)
    ground, said = _narrowed(ground, said)
    said, rounding = _apart_from_rounding(said)
    said, name = _apart_from_percent(said, name)
    text = _joined(ground, said, name) if _trimmed(said) else named(ground, name)
    if text is None:
        return None
    if rounding is not None:
        figure, test, otherwise = text.partition(" if ")
        text = f"{rounding.format(figure)}{test}{otherwise}"
    if empty is not None and not text.startswith(("count(", "sum(")):
        if text.startswith(("avg(", "min(", "max(")) and empty != "None":
            entity = text.partition("(")[2].partition(",")[0]
            return f"{text} if exists({entity}{ground.conditions(entity)}) else {empty}"
        if text.endswith("else None"):
            return f"{text[: -len('None')]}{empty}"
    return text


_EMPTY = {"null": "None", "empty": "None", "nothing": "None", "none": "None", "0": "0", "zero": "0"}
_WITHOUT = frozenset(
    "if when without as until unless while where with before in for whenever otherwise".split()
)


def _apart_from_emptiness(tokens: Sequence[Token]) -> tuple[list[Token], str | None]:
    """`…, null without a budget`, `and 0 if there are no records yet`."""
    for at, token in enumerate(tokens):
        following = tokens[at + 1].low if at + 1 < len(tokens) else ""
        ends = following in _WITHOUT or (
            following in {"", ",", "."} and at and tokens[at - 1].low == "or"
        )
        if token.low in _EMPTY and ends and (at == 0 or _opens(tokens[at - 1])):
            return _trimmed(tokens[:at]), _EMPTY[token.low]
    last = max((at for at, token in enumerate(tokens) if token.low in {",", ";"}), default=0)
    tail = [token.low for token in tokens[last:]]
    if last and tail[-1] in _EMPTY and {"no", "without", "none", "any"} & set(tail):
        return _trimmed(tokens[:last]), _EMPTY[tail[-1]]  # …; with no firings it is null
    return list(tokens), None


_ONLY = frozenset(
    "not without never only counting count counts where but do does are is considered included matter matters ones".split()
)


def _narrowed(ground: Ground, tokens: Sequence[Token]) -> tuple[Ground, list[Token]]:
    """`…, only counting open ones`, `…, where only sent invoices count`, `…; cancelled ones do not count`."""
    for at, token in enumerate(tokens):
        behind = tokens[at + 1 :]
        lows = {each.low for each in behind}
        if token.low not in {",", ";"} or not lows & {
            "count",
            "counts",
            "counting",
            "considered",
            "included",
        }:
            continue
        if not lows & {"only", "not", "without", "never"}:
            continue
        found = _sort(ground, [each for each in behind if each.low not in _ONLY])
        if found is not None and found.states and not found.functions:
            entity, text = found.states[0][0], _either(found)
            text = opposite(text) if lows & _LEAVING_OUT else text
            return replace(
                ground, where={**ground.where, entity: (*ground.where.get(entity, ()), text)}
            ), list(tokens[:at])
    return ground, list(tokens)


def _opens(token: Token) -> bool:
    return token.low in {",", "and", ";", "(", "is", "or", "are", "be", ":", "then", "but"}


_WHOLE = frozenset("in as a whole full".split())


def _apart_from_percent(tokens: Sequence[Token], name: str) -> tuple[list[Token], str]:
    """`free places divided by places, in percent`: the name says so then."""
    at = next(
        (at for at, token in enumerate(tokens) if token.low in {"percent", "percentage", "%"}), None
    )
    if at is None:
        return list(tokens), name
    start = at
    while start and tokens[start - 1].low in _WHOLE:
        start -= 1
    apart = start < at and tokens[at + 1 : at + 2] != [] and tokens[at + 1].low == "of"
    left = list(tokens) if apart or start == at else [*tokens[:start], *tokens[at + 1 :]]
    return left, f"{name}_percent"


_DECIMALS = frozenset({"decimals", "decimal", "places", "digits", "digit"})


def _apart_from_rounding(tokens: Sequence[Token]) -> tuple[list[Token], str | None]:
    """`…, rounded down to a whole number`, `with two decimals`."""
    lows = [token.low for token in tokens]
    at = next((at for at, low in enumerate(lows) if low in {"rounded", "round", "rounding"}), None)
    if at is not None:
        behind = lows[at:]
        if "down" in behind:
            return list(tokens[:at]), "floor({})"
        if "up" in behind:
            return list(tokens[:at]), "ceil({})"
        number = next((_number(token) for token in tokens[at:] if _number(token) is not None), 0)
        return list(tokens[:at]), f"round({{}}, {number})" if number else "round({})"
    for at, low in enumerate(lows):
        if low in _DECIMALS and at > 1 and lows[at - 2] in {"with", "to", "has", "have"}:
            number = _number(tokens[at - 1])
            if number is not None:
                return list(tokens[: at - 2]), f"round({{}}, {number})"
    return list(tokens), None


def _number(token: Token) -> int | None:
    value = token.value if token.kind == "number" else NUMBER_WORDS.get(token.low)
    return value if isinstance(value, int) else None


_WAYS = (
    ("[the] product of <one> and <two>", "times"),
    ("[the] difference (between|of) <one> and <two>", "minus"),
    ("[what] (remains|remain|is left|left) of <one> (after|once|without|when|less) <two>", "minus"),
    ("<one> as [a] (percentage|percent|share) of <two>", "divided"),
)
"""Two values said to be joined in other words."""


def any_tokens(reader: Reader, at: int) -> Iterator[tuple[tuple[Token, ...], int]]:
    """Read one word or more as they are."""
    for end in range(at + 1, len(reader.tokens) + 1):
        yield tuple(reader.tokens[at:end]), end


def _in_line(tokens: Sequence[Token]) -> list[Token]:
    """`the product of quantity and price` → `quantity times price`."""
    reader = Reader(tokens, {"one": any_tokens, "two": any_tokens})
    for text, sign in _WAYS:
        for captures in compile_pattern(text).wholes(reader):
            return [*captures["one"], *unwritten(sign), *captures["two"]]
    return list(tokens)


def _joined(ground: Ground, tokens: Sequence[Token], name: str) -> str | None:
    """Two values joined by `minus`, `times`, `out of`, or one alone."""
    tokens = _in_line(_trimmed(tokens))
    if not tokens:
        return None
    if any(token.low == "(" for token in tokens):
        return None
    for signs in ("+-", "*/"):
        for at in range(len(tokens) - 2, 0, -1):
            sign = _sign(tokens, at)
            if sign is None or sign not in signs:
                continue
            right = tokens[at + 2 :] if tokens[at + 1].low in {"by", "of"} else tokens[at + 1 :]
            return _combined(ground, tokens[:at], sign, right, name)
    return _operand(ground, tokens, name)


def _sign(tokens: Sequence[Token], at: int) -> str | None:
    low = tokens[at].low
    if low == "out" and tokens[at + 1].low != "of":
        return None
    if low in {"-", "/", "x"} and tokens[at].kind not in {"mark", "word"}:
        return None
    if low == "without" or (low == "less" and tokens[at + 1].low == "than"):
        return None
    return _SIGNS.get(low)


def _combined(
    ground: Ground, left: Sequence[Token], sign: str, right: Sequence[Token], name: str
) -> str | None:
    product = _sum_of_products(ground, left, sign, right)
    if product is not None:
        return product
    one = _joined(ground, left, name)
    two = _joined(replace(ground), right, name)
    if one is None or two is None:
        return None
    if (
        two.startswith("count(")
        and sign in "+-"
        and not _counting(right)
        and _is_money(ground, one)
    ):
        entity = two[len("count(") :].partition(",")[0].rstrip(")")
        made = only_number(ground.world, entity)
        two = f"sum({entity}, {escape(made.name)}{ground.conditions(entity)})" if made else two
    loose = " if " in one or (sign in "*/" and (" + " in one or " - " in one))
    one = f"({one})" if loose and not one.endswith(")") else one
    quotient, test, rest = one.strip("()").partition(" if ")
    if sign == "*" and two.isdigit() and " / " in quotient:  # a / b * 100
        above, _, below = quotient.partition(" / ")
        return f"{above} * {two} / {below}{test}{rest}"
    if sign != "/":
        loose = sign in "*-" and (" + " in two or " - " in two) and "(" not in two
        return f"{one} {sign} ({two})" if loose else f"{one} {sign} {two}"
    if two.isdigit():
        return f"{one} / {two}"
    percent = "percent" in name or "pct" in name
    return f"{one} {'* 100 ' if percent else ''}/ {two} if {two} > 0 else None"


def _counting(tokens: Sequence[Token]) -> bool:
    return any(FUNCTIONS.get(token.low) == "count" for token in tokens)


def _is_money(ground: Ground, text: str) -> bool:
    made = ground.holder_field((text,))
    return (made is not None and made.spec.get("type") == "money") or text.startswith(
        ("sum(", "(sum(")
    )


def _sum_of_products(
    ground: Ground, left: Sequence[Token], sign: str, right: Sequence[Token]
) -> str | None:
    """`quantity times unit price over all the lines`: both are of the parts, so it is added up."""
    if sign != "*":
        return None
    for entity in ground.parts:
        inner = replace(ground, parts=(entity,), holder=None)
        one, two = _sort(inner, left), _sort(inner, right)
        if one is None or two is None or not one.fields or not two.fields:
            continue
        if ground.holder is not None and any(
            ground.world.field(ground.holder, made.words) for _, made in (*one.fields, *two.fields)
        ):
            continue
        product = " * ".join(escape(each.fields[0][1].name) for each in (one, two))
        states = [text for each in (one, two) for _, text in each.states]
        return f"sum({entity}, {product}{ground.conditions(entity, *states)})"
    return None


_EDGES = frozenset(", . ; : and or is are that which i.e so being it =".split())


def _trimmed(tokens: Sequence[Token]) -> list[Token]:
    found = list(tokens)
    while found and found[0].low in _EDGES:
        found = found[1:]
    while found and found[-1].low in _EDGES | {"then"}:
        found = found[:-1]
    return found


def _operand(ground: Ground, tokens: Sequence[Token], name: str) -> str | None:
    if len(tokens) == 1 and _number(tokens[0]) is not None:
        return str(_number(tokens[0]))
    words = tuple(token.low for token in tokens if token.low not in DETERMINERS | {"its", "their"})
    called = own(ground, tuple(part for each in words for part in split_name(each)))
    if called is not None:
        return called
    found = _sort(ground, tokens)
    if found is None:
        return None
    part = any(entity == ground.holder for entity, _ in found.fields) and found.things
    share = found.share or ("percent" in split_name(name) and part and not found.functions)
    return _share(ground, found, name) if share else _taken(ground, found)


_LYING = frozenset(
    "belongs belong for hold holds contain contains lie lies lying exist exists refer refers at least one right now present inside"
    " currently as many more than equal equals reached reaches than full".split()
)
_FULL = frozenset("all reached reaches equal equals left many full".split())


def truth(ground: Ground, tokens: Sequence[Token]) -> str | None:
    """What makes words about the parts of an item true: `a stored parcel is in it`, `as many bookings as seats`."""
    lows = [token.low for token in tokens]
    none = any(
        low in {"no", "without"} and thing_among(ground, [each]) is not None
        for at, low in enumerate(lows) for each in lows[at + 1 : at + 3]
    )  # fmt: skip
    said = [
        token for token in tokens if token.low not in _LYING and not (none and token.low == "no")
    ]
    found = _sort(ground, said)
    if found is None or found.functions not in ([], ["count"]) or not found.things:
        return None
    entity = found.things[0]
    room = [
        made
        for each, made in found.fields
        if each == ground.holder and made.spec.get("type") in NUMERIC
    ]
    if room and len(found.fields) == 1 and _FULL & set(lows):
        return f"{counted(ground, entity)} >= {escape(room[0].name)}"
    if found.fields or found.functions or not found.things:
        return None
    states = (_either(found),) if found.states else ()
    return f"{'not ' if none else ''}exists({entity}{ground.conditions(entity, *states)})"


def _share(ground: Ground, found: _Sorted, name: str) -> str | None:
    """`the percentage of records that are present or late`, `the share of places taken by bookings`."""
    room = [made for entity, made in found.fields if entity == ground.holder]
    if len(room) == 1 and found.things and not found.states:
        used = counted(ground, found.things[0])
        whole = escape(room[0].name)
        return f"{used}{'' if ground.fraction else ' * 100'} / {whole} if {whole} > 0 else None"
    if not found.states:
        return None
    entity = found.states[0][0]
    some = f"count({entity}{ground.conditions(entity, _either(found))})"
    whole = f"count({entity}{ground.conditions(entity)})"
    return f"{some}{'' if ground.fraction else ' * 100'} / {whole} if {whole} > 0 else None"


def _either(found: _Sorted) -> str:
    texts = list(dict.fromkeys(text for _, text in found.states))
    return " or ".join(texts) if found.either else " and ".join(texts)


def _taken(ground: Ground, found: _Sorted) -> str | None:
    """Put the words of one value together."""
    function = found.functions[0] if found.functions else None
    of_parts = [
        each
        for at, each in enumerate(found.fields)
        if each[0] != ground.holder and each not in found.fields[:at]
    ]
    its_own = [made for entity, made in found.fields if entity == ground.holder]
    if found.without:
        room = its_own[0] if len(its_own) == 1 and found.things and not of_parts else None
        return f"{escape(room.name)} - {counted(ground, found.things[0])}" if room else None
    if found.ways and not (found.fields or found.things or found.states):
        return found.ways[0] if len(found.ways) == 1 else None
    if len(of_parts) > 1 or found.ways:
        return None
    if its_own and not of_parts and not found.things and not found.states:
        return (
            escape(its_own[0].name)
            if len(its_own) == 1 and function in {None, "sum", "count"}
            else None
        )
    entity = next((each for each, _ in (*of_parts, *found.states)), None) or next(
        iter(found.things), None
    )
    if entity is None:
        return None
    states = (_either(found),) if found.states else ()
    if function == "count" and all(
        each[1].spec.get("type") in {"date", "datetime"} for each in of_parts
    ):
        return f"count({entity}{ground.conditions(entity, *states)})"
    if of_parts:
        made = of_parts[0][1]
        number = made.spec.get("type") in NUMERIC
        if function in {None, "sum", "count"} and number:
            return f"sum({entity}, {escape(made.name)}{ground.conditions(entity, *states)})"
        if function in {"avg", "max", "min"}:
            return f"{function}({entity}, {escape(made.name)}{ground.conditions(entity, *states)})"
        return None
    if function in {"sum", "avg", "max", "min"}:
        made_ = only_number(ground.world, entity)
        return (
            f"{function}({entity}, {escape(made_.name)}{ground.conditions(entity, *states)})"
            if made_ is not None
            else f"count({entity}{ground.conditions(entity, *states)})"
            if function == "sum"
            else None
        )
    return f"count({entity}{ground.conditions(entity, *states)})" if found.plural else None


def _sort(ground: Ground, tokens: Sequence[Token]) -> _Sorted | None:
    """Say of every word what it is; None where one is nothing that is known."""
    found = _Sorted()
    at = 0
    negated = False
    while at < len(tokens):
        for size in (3, 2, 1):
            part = tokens[at : at + size]
            states = len(found.states)
            if len(part) == size and _kept(ground, found, part, negated=negated):
                negated = negated and len(found.states) == states
                at += size
                break
        else:
            low = tokens[at].low
            if low in {"not", "non", "yet", "no"}:
                negated = negated or low != "yet"
            elif low == "or":
                found.either = True
            elif low not in _GLUE | _TAKEN and tokens[at].kind != "mark":
                if not _done_to(ground, found, low) and not (ground.params and low in _SPAN):
                    return None
            at += 1
    found.without = negated
    return found


def _kept(ground: Ground, found: _Sorted, part: Sequence[Token], *, negated: bool) -> bool:
    """Sort one word, or a few that belong together."""
    if any(token.kind not in {"word", "name", "quote"} for token in part):
        return False
    lows = tuple(word for token in part for word in split_name(str(token.value or token.low)))
    lows = tuple(low.strip('"`').lower() for low in lows)
    if len(part) > 1 and any(low in _GLUE for low in (lows[0], lows[-1])):
        return False
    if len(part) == 1 and lows[0] in _SHARES:
        found.share = True
        return True
    thing = thing_among(ground, lows) if part[0].kind == "word" else None
    if thing is not None:
        found.things.append(thing)
        found.plural |= is_plural(lows[-1])
        return True
    word = ground.world.structure.lexicon.find([*lows[:-1], singular(lows[-1])])
    if (
        word is not None
        and part[0].kind == "word"
        and (word.name == ground.holder or _above(ground, word.name))
    ):
        return True
    made = ground.world.vocabulary.verbs.get(_deed(lows[0]) or "") if len(part) == 1 else None
    if part[0].kind == "word" and made in ground.parts:
        found.things.append(str(made))  # the seats booked
        found.plural = True
        return True
    if len(part) == 1 and lows[0] in FUNCTIONS:
        found.functions.append(FUNCTIONS[lows[0]])
        return True
    if lows[0] in _GLUE and part[0].kind == "word":
        return False
    return _field_or_state(ground, found, lows, negated=negated)


_SPAN = frozenset("time range period span two inclusive included given".split())
_TAKEN = frozenset("taken used occupied filled covered".split())


def _done_to(ground: Ground, found: _Sorted, word: str) -> bool:
    """`the day it was fired`: that is when there was a firing."""
    nouns = noun_for(_deed(word) or "")
    thing = next((each for noun in nouns if (each := thing_among(ground, (noun,)))), None)
    if thing is not None and _deed(word):
        found.things.append(thing)
    return thing is not None


def _deed(word: str) -> str | None:
    """What was done, by its participle: `booked`."""
    found = verb(word)
    if found is not None:
        return found.base if "participle" in found.forms else None
    return base(word) if word.endswith("ed") else None


def _above(ground: Ground, entity: str) -> FieldDraft | None:
    """The field of the item that refers to an item of another kind: its worker."""
    found = ground.world.references(ground.holder, entity) if ground.holder else []
    return found[0] if len(found) == 1 else None


def _field_or_state(
    ground: Ground, found: _Sorted, lows: tuple[str, ...], *, negated: bool
) -> bool:
    entities = list(dict.fromkeys([*found.things, *ground.parts]))
    for entity in entities:
        text = state_of(ground, entity, lows)
        if text is not None:
            found.states.append((entity, opposite(text) if negated else text))
            return True
    for entity in [*([ground.holder] if ground.holder else []), *entities]:
        made = ground.world.field(entity, lows)
        if made is not None and made.name == ground.itself and entity == ground.holder:
            continue
        if made is not None and made.references is None and made.children is None:
            found.fields.append((entity, made))
            found.plural |= is_plural(lows[-1])
            return True
    for link in ground.world.fields(ground.holder) if ground.holder else ():
        made = ground.world.field(link.references, lows) if link.references else None
        if made is not None and made.references is None:
            found.ways.append(f"{escape(navigation(link.name))}.{escape(made.name)}")
            return True
    return False


_MEANS = frozenset("is are = : means counts count being gives tells - → shows".split())


def explanations(
    tokens: Sequence[Token], name: str, names: Sequence[str]
) -> Iterator[tuple[Token, ...]]:
    """What is said of a figure: `where rate is …`, `high_count (how many …)`, `percent, raised out of goal`."""
    ends = [words for words in ((split_name(name)), split_name(name)[-1:]) if _only(words, names)]
    for at in range(len(tokens) - 1):
        size = next((size for words in ends if (size := _names_it(tokens, at, words))), 0)
        behind = tokens[at + size :] if size else ()
        if not behind:
            continue
        if behind[0].low == "(":
            closed = next((i for i, each in enumerate(behind) if each.low == ")"), len(behind))
            yield tuple(behind[1:closed])
        elif behind[0].low in _MEANS or (
            behind[0].low == "," and not _names_any(behind[1:], names)
        ):
            start = 0 if behind[0].low in {"counts", "count"} else 1
            yield tuple(behind[start : _end_of_it(behind, names)])


def _only(words: tuple[str, ...], names: Sequence[str]) -> bool:
    """Whether no other figure is called like that: `the duration` for the total duration."""
    return sum(1 for each in names if split_name(each)[-len(words) :] == words) == 1


def _names_it(tokens: Sequence[Token], at: int, words: tuple[str, ...]) -> int:
    """How many tokens name the figure at a place: none, its name, or its words."""
    if (
        tokens[at].kind in {"name", "word"}
        and split_name(str(tokens[at].value or tokens[at].low)) == words
    ):
        return 1
    size = len(words)
    return size if tuple(token.low for token in tokens[at : at + size]) == words else 0


def _names_any(tokens: Sequence[Token], names: Sequence[str]) -> bool:
    """Whether a figure is named straight away: `count, average_systolic and …`."""
    first = next(
        (at for at, each in enumerate(tokens) if each.low not in {"and", "the", "where"}), None
    )
    if first is None:
        return True
    found = any(_names_it(tokens, first, split_name(each)) for each in names)
    behind = tokens[first + 1].low if first + 1 < len(tokens) else ""
    return found and behind not in _SIGNS and behind not in {"of", "to"}


def _end_of_it(tokens: Sequence[Token], names: Sequence[str]) -> int:
    """Where what is said of a figure ends: at a stop, or where the next one is explained."""
    for at in range(1, len(tokens)):
        if tokens[at].kind == "mark" and tokens[at].low in {";", ".", ")", "!", "?"}:
            return at
        if tokens[at].low in {",", "and"} and _names_any(tokens[at + 1 :], names):
            return at
    return len(tokens)


_LEAVING_OUT = frozenset(
    "not without excluding except ignoring omitting leaving minus but never".split()
)


def conditions_in(ground: Ground, tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Conditions that words put on what is counted: `over the sent invoices`, `not counting cancelled orders`.

    What belongs to such an item counts with it: the lines of an order that is not cancelled.
    """
    world = ground.world
    spoken = ""
    for at, token in enumerate(tokens):
        word = world.structure.lexicon.find([singular(token.low)]) if token.kind == "word" else None
        if word is not None and word.name in world.structure.entities:
            spoken = word.name
            behind = tokens[max(0, at - 2) : at]
            told: list[tuple[Token, ...]] = [
                (each,) for each in behind if each.low not in _GLUE | _LEAVING_OUT
            ]
        elif spoken and token.low in {"are", "is"} and tokens[at - 1].low == "there":
            size = 2 if tokens[at + 1 : at + 2] and tokens[at + 1].low in PREPOSITIONS else 1
            told = [tuple(tokens[at + 1 : at + 1 + size])]  # there are in care
        else:
            continue
        negated = bool(_LEAVING_OUT & {each.low for each in tokens[max(0, at - 5) : at]})
        for part in told:
            if any(each.kind not in {"word", "quote", "name"} for each in part):
                continue
            words = tuple(str(each.value or each.low).lower() for each in part)
            for entity in dict.fromkeys((spoken, *ground.parts)):
                text = _state_behind(world, entity, spoken, words)
                if text is not None:
                    yield entity, opposite(text) if negated else text


def _state_behind(world: World, entity: str, thing: str, words: tuple[str, ...]) -> str | None:
    """What makes the item that something belongs to be in a state."""
    way = world.path(entity, thing, 2)
    if way is None or not words or words[0] in FUNCTIONS:
        return None
    prefix = "".join(f"{escape(name)}." for name in way)
    return state_of(Ground(world), thing, words, prefix)


_HEEDED = (
    _GLUE | FUNCTIONS.keys() | _SIGNS.keys() | _SHARES | _DECIMALS | {"rounded", "down"} | _EMPTY.keys() | _WITHOUT
    | frozenset("i we you they need want like should can could would will shall must let me us give gives giving answer"
                " answers answering tell tells return returns returning show shows showing see get gets know rows row"
                " line lines entry included everybody everyone only just over up sums add adds added first then"
                " ascending descending desc asc sorted ordered order z respectively including also even plus used use"
                " current whole kind kinds value values together last finally new one two three top nobody none or not"
                " no left both litres kilos euros euro hours km please look there's".split())
)  # fmt: skip


def unheard(ground: Ground, tokens: Sequence[Token], names: Sequence[str]) -> list[str]:
    """Words around an outline that are nothing a figure is made of, except who wants it and why."""
    left: list[str] = []
    called = {part for name in names for part in split_name(name)}
    for at, token in enumerate(tokens):
        purpose = (
            at > 1 and tokens[at - 2].low == "for" and tokens[at - 1].low in {"the", "my", "our"}
        )
        if token.kind not in {"word", "name", "quote"} or purpose or token.low in _HEEDED:
            continue
        if singular(token.low) in called or token.low in called or _number(token) is not None:
            continue
        sorted_ = _Sorted()
        every = replace(ground, parts=tuple(ground.world.structure.entities))
        if not _kept(every, sorted_, [token], negated=False):
            left.append(token.text)
    return left
