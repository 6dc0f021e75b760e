"""What is said about a field: its type, its bounds, whether it is required, who sets it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from quantumlayer.offline.reading.language._patterns import (
    Captures,
    Pattern,
    Reader,
    compile_pattern,
    words_of,
)
from quantumlayer.offline.reading.language._remarks import remark
from quantumlayer.offline.reading.language._slots import BASIC_SLOTS, Amount, Span, literal_of
from quantumlayer.offline.reading.text._lexicon import DETERMINERS, NOISE, NUMBER_WORDS
from quantumlayer.offline.reading.text._tokens import Token, tokenize
from quantumlayer.offline.reading.text._words import is_past

__all__ = ["SYMBOLS", "Trait", "read_traits"]


class Trait(NamedTuple):
    """One thing that is said about a field.

    `least`, `most`, `above`, `below` carry a number whose meaning depends on the field's type;
    `computed` and `check` carry tokens that are read once the whole vocabulary is known.
    """

    key: str
    value: Any = True
    unit: str = ""


_Builder = Callable[[Captures], Iterable[Trait]]


def _is(key: str, value: object = True) -> _Builder:  # noqa: FBT002 -- most traits are switches
    return lambda _: (Trait(key, value),)


def _amount(key: str) -> _Builder:
    def build(captures: Captures) -> Iterable[Trait]:
        amount: Amount = captures["amount"]
        return (Trait(key, amount.value, amount.unit),)

    return build


def _between(captures: Captures) -> Iterable[Trait]:
    high: Amount = captures["high"]
    low: Amount = captures["low"]
    if low.unit and high.unit and low.unit != high.unit:
        return ()  # one letter and two digits
    unit = high.unit or low.unit
    return (Trait("least", low.value, unit), Trait("most", high.value, unit))


def _exactly(captures: Captures) -> Iterable[Trait]:
    amount: Amount = captures["amount"]
    return (Trait("least", amount.value, amount.unit), Trait("most", amount.value, amount.unit))


def _value(key: str) -> _Builder:
    def build(captures: Captures) -> Iterable[Trait]:
        value = captures["value"]
        return (Trait(key, value), *((Trait("nullable"),) if value is None else ()))

    return build


def _tokens(key: str) -> _Builder:
    def build(captures: Captures) -> Iterable[Trait]:
        inner = captures.get("rest") or captures.get("clause") or captures.get("phrase") or ()
        return (Trait(key, tuple(inner)),)

    return build


def _with_bound(key: str) -> _Builder:
    """Keep the comparing word in front of what it compares with."""

    def build(captures: Captures) -> Iterable[Trait]:
        return (Trait("check", (key, tuple(captures["clause"]))),)

    return build


def _one_of_others(captures: Captures) -> Iterable[Trait]:
    """`one of the poll's options`: which ones there are, another item says."""
    lows = [token.low for token in captures["clause"]]
    whose = lows[1:2] == ["'s"] or lows[1:2] == ["of"]
    return (Trait("check", ("included", tuple(captures["clause"]))),) if whose else ()


def _typed(kind: str, *more: Trait) -> _Builder:
    return lambda _: (Trait("type", kind), *more)


def _promoted(captures: Captures) -> Iterable[Trait]:
    """`"member" unless the board makes them "board"`: two values, the first to start with."""
    values = [captures[key] for key in ("value", "other", "third") if key in captures]
    return (Trait("choices", values), Trait("default", values[0]), Trait("system"))


def _decimals(captures: Captures) -> Iterable[Trait]:
    """`at most two places`: how exact a number is, and no bound of it."""
    return (Trait("type", "money" if captures["n"] == 2 else "number"),)


def _index_into(captures: Captures) -> Iterable[Trait]:
    """`index into options, first is 0`: a whole number below how many there are."""
    first = int(captures.get("number", 0))
    counted = (*tokenize("number of"), *captures["clause"])
    check = Trait("check", ("<=" if first else "<", counted))
    return (Trait("type", "integer"), Trait("least", first), check)


def _digits(captures: Captures) -> Iterable[Trait]:
    return (Trait("pattern", f"[0-9]{{{int(captures['n'])}}}"),)


_CLASSES_OF_CHARACTERS = {
    "digit": "0-9",
    "number": "0-9",
    "letter": "A-Za-z",
    "capital": "A-Z",
    "lower": "a-z",
    "alphanumeric": "A-Za-z0-9",
    "hyphen": "\\-",
    "dash": "\\-",
    "underscore": "_",
    "space": " ",
    "dot": ".",
}


def _kinds(captures: Captures) -> str:
    words = [token.low for token in captures["kinds"]]
    found: list[str] = []
    capital = any(word in {"capital", "uppercase", "upper-case", "upper"} for word in words)
    lower = any(word in {"lower", "lowercase", "lower-case", "small"} for word in words)
    for word in words:
        stem = word.rstrip("s")
        stem = {"hyphen": "hyphen", "dashe": "dash", "numeral": "digit"}.get(stem, stem)
        if stem in {"letter", "character"} and (capital or lower):
            found.append("A-Z" if capital else "a-z")
        elif stem in _CLASSES_OF_CHARACTERS and stem not in {"capital", "lower"}:
            found.append(_CLASSES_OF_CHARACTERS[stem])
    return "".join(dict.fromkeys(found))


def _made_of(captures: Captures) -> Iterable[Trait]:
    kinds = _kinds(captures)
    return (Trait("pattern", f"[{kinds}]+"),) if kinds else ()


def _counted_kinds(captures: Captures) -> Iterable[Trait]:
    kinds = _kinds(captures)
    number = int(captures["n"])
    high = captures.get("m")
    counted = f"{{{number}}}" if high is None else f"{{{number},{int(high)}}}"
    traits = [Trait("pattern", f"[{kinds}]{counted}")] if kinds else []
    if captures.get("random"):
        traits.append(Trait("random", number))
    return traits


def _row_of_kinds(captures: Captures) -> Iterable[Trait]:
    parts = []
    for number, kind in (("n", "first"), ("m", "second")):
        kinds = _kinds({"kinds": captures[kind]})
        parts.append(f"[{kinds}]{{{int(captures[number])}}}")
    glue = "-" if captures.get("hyphen") else ""
    return (Trait("pattern", glue.join(parts)),)


def _on_condition(captures: Captures) -> Iterable[Trait]:
    """What is given if it is known; `when it is made` only says at which moment a bound is looked at."""
    words = {token.low for token in captures["clause"]}
    return (Trait("example" if words & _MADE else "optional"),)


_MADE = frozenset(
    "made created entered registered added opened placed submitted filed posted".split()
)


def _empty_until(captures: Captures, *, asked: bool = False) -> Iterable[Trait]:
    """`empty until it is sent`; but `empty if I leave it out` is what it is when nobody gives it."""
    rest = tuple(token for token in captures["rest"] if token.low != ")")
    told = (read_traits([*tokenize(f"0 {join}"), *rest]) for join in ("if", "unless"))
    given = asked and any(
        not left and [trait.key for trait in said] == ["default"] for said, left in told
    )
    return (Trait("default", ""),) if given else (Trait("empty_until", tuple(captures["rest"])),)


def _days_after(captures: Captures) -> Iterable[Trait]:
    if captures["clause"][0].kind == "number":
        return ()  # a year from 1900 on
    return (Trait("computed_once", (captures["span"], tuple(captures["clause"]))),)


def _by_system(captures: Captures) -> Iterable[Trait]:
    rest = tuple(captures["rest"])
    traits, left = read_traits(rest)
    return (Trait("system"), *traits) if not left else (Trait("system"), Trait("meaning", rest))


SYMBOLS = {
    "plus": r"\+", "dot": r"\.", "period": r"\.", "point": r"\.", "dash": r"\-", "hyphen": r"\-", "minus": r"\-",
    "slash": "/", "colon": ":", "space": " ", "blank": " ", "underscore": "_", "hash": "#", "comma": ",",
}  # fmt: skip
"""Signs that a text may be made up of, as in a pattern."""


def _formatted(captures: Captures) -> Iterable[Trait]:
    return (Trait("pattern", captures["format"]),)


def _of_noun(captures: Captures) -> Iterable[Trait]:
    """`the name of a town`; a code of two letters is counted."""
    return () if captures["noun"][0].low in NUMBER_WORDS else (Trait("example"),)


def _exemplified(captures: Captures) -> Iterable[Trait]:
    """`such as 07:45` shows that it is a time of day."""
    tokens = tuple(captures["example"])
    kinds = {token.kind for token in tokens}
    if kinds == {"time"}:
        return (Trait("type", "clock"),)
    return (Trait("example"),)


_LESS = (
    "(less|fewer|lower|shorter|smaller|earlier|below|under|before|lighter|younger|cheaper|older)"
)
_MORE = "(more|greater|higher|larger|longer|later|above|over|after|heavier|bigger|taller)"
_LEAST = "(least|lowest|smallest|youngest|shortest|earliest|fewest)"
_GREATEST = "(most|highest|greatest|largest|oldest|longest|latest|biggest)"
_OTHERWISE = (
    "(otherwise|something else|anything else|differently|another|another one|so|for something else|for more|for another"
    "|something different|for anything else|for something different)"
)
_SAYING = (
    "(wants|want|says|say|gives|give|sets|set|chooses|choose|asks|ask|sends|send|states|state|specifies|specify|needs"
    "|need|tells|tell|request|requests|decide|decides|enter|enters)"
)
_UNIT = (
    "(kilos|kilo|kilograms|kilogrammes|kilogram|kg|grams|gram|tonnes|tons|metres|meters|cm|centimetres|centimeters|km"
    "|kilometres|kilometers|millimetres|millimeters|mm|litres|liters|ml|millilitres|microlitres|microliters|µl|milligrams|micrograms|m²|m2|km²|hectares|acres|°c|degrees"
    "|watts|kwh|kilowatts|volts|miles|feet|inches|pounds|mmol|mg|µg|mmhg|bpm|kcal|kj|lux|hz|hpa|decibels)"
)
_UNIT_OF_RATE = (
    f"({_UNIT}|g|l|m|s|h|t|w|v|dl|cl|min|mol|beats|breaths|steps|words|hour|minute|second|day|week|month|year|litre"
    "|liter|metre|meter|kilometre|kilometer|mile|square metre|m3|m³|ha|hectare)"
)

_MERELY = "(only|just|merely|solely|entirely|all|nothing but)"
_BLANKS = "(blanks|spaces|white space|whitespace|blank|space|blank characters)"
_NOT_BLANK = _is("pattern", r"(?s).*\S.*")

_TABLE: tuple[tuple[str, _Builder], ...] = (
    # --- said in passing
    ("(that|which) (distinguishes|sets|tells|singles) (it|them|him|her) (from|apart from|out of|apart) [<phrase>]", _is("unique")),
    ("[(so|hence|therefore)] no (duplicates|doubles|repetitions|two alike) [please]", _is("unique")),
    ("no two [of them] (alike|the same|equal|identical)", _is("unique")),
    ("(CANNOT|NOT) [be] (repeated|duplicated|reused|taken already|given twice|shared)", _is("unique")),
    ("(unique|distinct) (across|throughout|in|among|over|within) (the|our|all|a) [whole|entire] (system|service|database|garden|club|company|school|house|world|site|place|list|town|city|shop|town|collection|organisation|office|museum|library|others|other ones)", _is("unique")),
    ("unique (everywhere|globally|overall|worldwide)", _is("unique")),
    ("(MUST|HAVE to) (be|stay|remain) (there|known|in it)", _is("required")),
    ("(both|all|each) [of them] (necessary|needed|required|mandatory|compulsory|obligatory)", _is("required")),
    ("(a must|indispensable|always (given|there|present|known|needed|required))", _is("required")),
    ("only (if|when|where) <clause>", _is("optional")),
    ("(if|when|where|in case|as far as|as long as|provided) (the|a|an|one|we|they|you|he|she|somebody|someone|there|it|any|known|people|clients|users) <clause>", _on_condition),
    ("[often|sometimes|usually] (unknown|not known|missing|absent|left out|left away) [at first|sometimes|often]", _is("optional")),
    ("[so] (do|does) not (insist|insist on (it|that|this|them)|worry (about it|if it is missing))", _is("optional")),
    ("(we|nobody) (do|does) not insist [on (it|that|this|them)]", _is("optional")),
    ("(can|may|might|could) [also] be (left away|left off|left blank|blank|not given|unknown|dropped|forgotten)", _is("optional")),
    ("(nice to have|not (necessary|compulsory|obligatory|a must|indispensable)|at will|as you like|free to leave out|where known|where applicable|where available)", _is("optional")),
    ("empty (for|in|with|on) <clause>", _is("optional")),
    ("<phrase> (often|sometimes|may|can|might) (have|has|lack|lacks) (none|no such thing|no one|no such value)", _is("optional")),
    ("((counts|count|treated|understood|considered|regarded) [(as|to be)]|taken (as|to be)) <literal:value> [(then|in that case|otherwise)]", _value("default")),
    ("[be] ((assumed|presumed|supposed) [(as|to be)]|taken (as|to be)) <literal:value> [(where|if|when|unless|otherwise) [<clause>]]", _value("default")),
    ("(preset|prefilled|pre-set|initialised|initialized|defaulting) (to|with|at) <literal:value>", _value("default")),
    ("(leave|left) [it] (out|away|off|blank|empty) and (it|that) (is|becomes|means|counts as|will be) <literal:value>", _value("default")),
    ("<literal:value> (if|when|where|unless) (nothing|none|no value|nobody|no one) [else] [(is|has)] [(said|given|sent|set|stated|specified|chosen|entered|been said|known|says anything|there)]", _value("default")),
    ("<literal:value> (if|when|unless) (left (away|off|blank|empty|unsaid)|unspecified|unstated|not stated|not sent|unset|blank|nothing was said)", _value("default")),
    (f"<literal:value> unless (we|they|you|i|<word>|the <word>|a <word>) {_SAYING} [(it|us)] [{_OTHERWISE}]", _value("default")),
    ("(no|not|false) (by default|normally|usually|unless <clause>)", lambda _: (Trait("default", False),)),
    ("(normally|usually|ordinarily|generally) not", lambda _: (Trait("default", False),)),
    # --- bounds in other words
    (f"(no|not|never) {_LESS} [than] [the year] <amount>", _amount("least")),
    (f"(no|not|never) {_MORE} [than] [the year] <amount>", _amount("most")),
    ("(lie|lies|be|is|stay|run|runs|range|ranges|go|goes) (between|from) <amount:low> (to|and|up to) <amount:high>", _between),
    ("(anything|any number|any value|everything|something|somewhere|a value|values|any) (from|between) <amount:low> (to|and|up to) <amount:high>", _between),
    ("<amount:low> (up to|through|to at most|..|and at most) <amount:high>", _between),
    ("[up to] <amount> (at the very most|at the most|at the outside|at the utmost|at most|as a maximum|or below|inclusive at most|is the limit|is the maximum)", _amount("most")),
    ("<amount> (at the very least|at the least|at least|as a minimum|or later|or more|or above|or newer|onwards|is the minimum|and above)", _amount("least")),
    ("up to and including <amount>", _amount("most")),
    ("(from and including|starting from|starting with|beginning with|from) <amount> (on|up|upwards|onwards)", _amount("least")),
    ("(minimum|at minimum|lowest|smallest|shortest) [(is|of)] <amount>", _amount("least")),
    ("(maximum|at maximum|highest|largest|longest) [(is|of)] <amount>", _amount("most")),
    (f"<amount> (is|being) the {_LEAST} [<clause>]", _amount("least")),
    (f"<amount> [(is|being)] the {_GREATEST} [<clause>]", _amount("most")),
    (f"[the] {_LEAST} [(we|you|they|one) <word>] [is] <amount>", _amount("least")),
    (f"[the] {_GREATEST} [(we|you|they|one) <word>] [is] <amount>", _amount("most")),
    ("(NOT|CANNOT|never) [(be|go|fall)] (below|under) <operand:clause>", _with_bound(">=")),
    ("(NOT|CANNOT|never) [(be|go|rise)] (above|over|beyond) <operand:clause>", _with_bound("<=")),
    ("(counted|numbered|counting|numbering) from <amount> [(on|up|upwards|onwards)]", lambda c: (Trait("type", "integer"), Trait("least", c["amount"].value))),
    ("a [calendar] year", _typed("integer")),
    ("(meaning|by (which|that) (i|we) mean)", _is("example")),
    ("(meaning|by (which|that) (i|we) mean) (the|a) day", _typed("date")),
    ("max length [(of|is|:)] <amount>", lambda c: (Trait("most", c["amount"].value, "character"),)),
    ("min length [(of|is|:)] <amount>", lambda c: (Trait("least", c["amount"].value, "character"),)),
    ("(0|zero|nought) but (never|not) [a] (negative|less|below) [(count|number|value|amount|zero)]", _is("least", 0)),
    ("(may be|can be|of which there may be|there may be) (0|zero|nought) but (never|not) [a] (negative|less|below) [(count|number|value|amount|zero)]", _is("least", 0)),
    ("(NOT|never) [a] negative [(count|number|value|amount)]", _is("least", 0)),
    ("(NOT|never) (below|under) (nought|nothing|naught)", _is("least", 0)),
    (f"(not|never|NOT) [be] [{_MERELY}] [(made of|made up of|consisting of|consist of|consists of|full of)] [{_MERELY}] {_BLANKS} [alone|only]", _NOT_BLANK),
    (f"(CANNOT|NOT) (be|consist of|contain) [{_MERELY}] {_BLANKS} [alone|only]", _NOT_BLANK),
    (f"(with|having|containing|MUST (have|contain|hold)) (something|more|anything|at least something|at least one character|at least one letter) [(else|other)] (besides|than|other than|apart from|that is not [a]) [{_MERELY}] {_BLANKS}", _NOT_BLANK),
    ("(the|our) (stock|inventory|supply)", _typed("integer", Trait("stock"))),
    ("(the|our) (count|quantity)", _typed("integer")),
    # --- kinds of values
    ("[(made [up] of|composed of|consisting of|consists of|(of|in) the form|(starting|starts|beginning|begins) with)] [exactly] <format>", _formatted),
    ("(no|without|not any) (blanks|spaces|white space|whitespace|gaps|blank|space)", _is("example")),
    ("(time of day|times of day|clock time|hours and minutes|hh:mm|hour and minute|wall clock time)", _typed("clock")),
    ("(date and time|date with time|date and time of day) [LPAREN] [(utc|in utc)] [RPAREN]", _typed("datetime")),
    ("[(a|an)] (yes/no|yes or no|yes / no|true/false|true or false|true / false|on/off) (flag|field|value|switch|question|answer|box)", _typed("boolean")),
    ("(check box|tick box|tickbox|check mark)", _typed("boolean")),
    ("(saying|telling|stating|showing|indicating|meaning|which says|that says|that tells|which tells) (whether|if|how|what|that|when|where|who) <clause>", _is("example")),
    ("whole (numbers only|number only|numbers)", _typed("integer")),
    (f"(whole|full) ({_UNIT}|minutes|hours|days|weeks|months|years|seconds|euros|percent|stars|points)", _typed("integer")),
    ("(whole|integral|an integer|a count|count)", _typed("integer")),
    (f"in (square|cubic) {_UNIT}", _typed("number")),
    (f"in {_UNIT}", _typed("number")),
    (f"{_UNIT}", _typed("number")),
    (f"[in] {_UNIT_OF_RATE} (/|per) {_UNIT_OF_RATE}", _typed("number")),
    ("in (minutes|hours|seconds|days|weeks|months|years)", _typed("numeric")),
    ("(half|halves|halves|fractions|quarter|quarters|decimals|tenths) [<word>] (occur|exist|count|happen|(are|is) (fine|allowed|ok|okay|possible|common|accepted)) [: <rest>]", _typed("number")),
    ("(sum|amount|piece) of money", _typed("money")),
    ("amount in [(whole|full)] (euros|euro|eur|dollars|dollar|usd|pounds|gbp|chf|cents)", _typed("money")),
    ("[each] (a|an) short text [each]", _is("example")),
    ("each (pointing|referring|linking|belonging|related|linked) to (a|an|the|one) <noun:value>", lambda c: (Trait("refers", c["value"]),)),
    ("(pointing|referring|linking|relating|points|refers|links) to (a|an|the|one) <noun:value>", lambda c: (Trait("refers", c["value"]),)),
    ("(real|actual|proper|valid|genuine|correct) (date|day)", _typed("date")),
    ("(generated|filled in|set|made|assigned|given|produced|added|written|provided) by (the|our) (backend|server|service|system|api|app|application|database)", _is("system")),
    # --- required, optional
    ("(required|mandatory|obligatory|compulsory|needed|necessary)", _is("required")),
    ("MUST be (given|present|filled|set|provided|supplied|specified|filled in)", _is("required")),
    ("CANNOT be (missing|omitted|left out|null|left off|absent)", _is("required")),
    ("NOT (optional|null|nullable)", _is("required")),
    ("(optional|optionally|voluntary|nullable|not required|not mandatory|not needed)", _is("optional")),
    ("if (any|known|available|there is (one|any)|wanted|needed|given|present|desired|applicable)", _is("optional")),
    ("if (i|you|we|they|he|she|one|the <word>|a <word>) (like|likes|want|wants|wish|wishes|need|needs|have|has|prefer|prefers|know|knows|remember|got|care) [(one|it|any|to|them)]", _is("optional")),
    (
        (
            "(can|may|might|could) be (left out|omitted|missing|null|left empty|left blank|absent|empty"
            "|blank|skipped|left off)"
        ),
        _is("optional"),
    ),
    ("(need|needs|do|does) not [(have|need) to] be (given|filled|present|set|provided)", _is("optional")),
    # --- empty
    ("(CANNOT|NOT) be (empty|blank)", _is("least", 1)),
    ("(non-empty|nonempty|not empty|not blank|non-blank)", _is("filled")),
    ("NOT [be] (empty|blank)", _is("filled")),
    # --- unique
    ("(unique|distinct|unambiguous) (per|within|in|for|inside|for each|for every|across|by) <phrase>", _tokens("unique_in")),
    ("(used|taken|given|occurs|occur|appears|appear|exists|exist) [only] once (per|within|in|for) <phrase>", _tokens("unique_in")),
    ("(can|may) be (switched|changed|toggled|edited|updated|modified) [(with|by|via|through|using) <phrase>]", _is("editable")),
    ("(which|that) <noun> (can|may) (switch|change|toggle|edit|update|set) [(with|by|via|through|using) <phrase>]", _is("editable")),
    ("(unique|unambiguous)", _is("unique")),
    ("[completely] (random|randomly generated|random strings)", _is("random_word")),
    ("(NOT|CANNOT) [be] (guessable|predictable|sequential) [from <clause>]", _is("example")),
    ("(used|taken|assigned|given|registered|exist|exists|occur|occurs|entered) [for] [only] (once|one time)", _is("unique")),
    ("only (once|one time)", _is("unique")),
    ("CANNOT (be (used|taken|registered|entered)|occur|appear|exist|repeat) (twice|again|more than once|a second time)", _is("unique")),
    ("(that|which) no other <noun> has", _is("unique")),
    ("no (two|other) [of (them|the)] [<noun>] [(can|may|must)] [(have|has|share|shares|use|uses|with|carry|is|are)] [the] (same|alike|equal|identical) [(one|value|<noun>)]", _is("unique")),
    ("no other <noun> (has|uses|carries|shares) (it|the same) [(one|value)]", _is("unique")),
    ("(belongs|belong|is given|assigned) to [exactly] (one|a single) <noun> [only]", _is("unique")),
    ("(ignoring|regardless of|without regard to|independent of) [upper and lower] case", _is("case_insensitive")),
    ("(case-insensitive|case insensitive|case-insensitively)", _is("case_insensitive")),
    # --- signs
    ("(a|any) positive (number|amount|integer|value|decimal|price)", _is("above", 0)),
    ("positive whole (number|numbers)", lambda _: (Trait("above", 0), Trait("type", "integer"))),
    ("(positive|strictly positive|(greater|more|higher|larger) than (zero|nothing))", _is("above", 0)),
    ("(non-negative|nonnegative|(zero|0) or (more|greater|above|higher|positive))", _is("least", 0)),
    ("(NOT|CANNOT) [be] [go] (negative|below (zero|0)|less than (zero|0)|under (zero|0)|drop below zero)", _is("least", 0)),
    ("(can|may) be (zero|0) but (not|never) (less|lower|negative|below)", _is("least", 0)),
    ("(CANNOT|NOT) be (zero|0)", _is("above", 0)),
    ("(CANNOT|NOT) be (zero|0) or (negative|less|below)", _is("above", 0)),
    ("per (piece|person|head|unit|item|guest|seat|ticket|page|portion|serving)", _is("example")),
    # --- bounds
    ("(with|to|of|having|rounded to) [(at most|no more than|up to|exactly|a maximum of|max)] <number:n> (places|decimals)", _decimals),
    ("[(with|to|of)] [(at most|no more than|up to|exactly|a maximum of|max)] <number:n> (decimal places|decimals|decimal digits|fraction digits|digits (after|behind) the [decimal] (point|comma))", _decimals),
    ("(at least|no (fewer|less|lower|shorter|smaller) than|not (fewer|less|lower|shorter|smaller|below) than|minimum [of]|min|min.|a minimum of|minimally|>=|a minimum length of|minimum length|min length|starting (at|from)) [:] [=] [the] <amount>", _amount("least")),
    ("CANNOT be (less|lower|smaller|shorter|fewer|below|under) [than] <amount>", _amount("least")),
    ("(from|since) [the year] <amount>", _amount("least")),
    ("<amount> (or (more|higher|greater|above|longer|later|over|better|beyond|up)|and (more|up|above|over)|minimum|min|+|at least|upwards)", _amount("least")),
    ("(at most|at max|no more than|not more than|no (longer|greater|higher|larger) than|not (longer|greater|higher|larger) than|up to|maximum [of]|max|max.|a maximum of|maximally|<=|limited to|a maximum length of|maximum length|max length) [:] [=] <amount>", _amount("most")),
    ("CANNOT (exceed|be (more|higher|greater|larger|longer|over|above) [than]) <amount>", _amount("most")),
    ("<amount> (or (fewer|less|lower|below|shorter|under)|maximum|max|at most|at the most|tops)", _amount("most")),
    ("(NOT|CANNOT) [be] (before|earlier than|below|under) [the] [year] <amount>", _amount("least")),
    ("(NOT|CANNOT) [be] (after|later than|above|over) [the] [year] <amount>", _amount("most")),
    ("(from|since) <amount> (on|onwards|onward)", _amount("least")),
    ("(more|greater|larger|higher|bigger|longer) than <amount>", _amount("above")),
    ("(above|over|>) <amount>", _amount("above")),
    ("(less|smaller|lower|fewer|shorter) than <amount>", _amount("below")),
    ("(below|under|<) <amount>", _amount("below")),
    ("[(from|between|of|in the range [of] [from]|range|ranging from|in the range)] <amount:low> [<comment:one>] (to|and|-|through|up to|until|..) <amount:high> [<comment:two>] [(inclusive|included)]", _between),
    ("(exactly|precisely|always) <amount>", _exactly),
    ("<n_characters:n>", lambda c: _exactly({"amount": c["n"]})),
    # --- patterns
    ("(match|matches|matching|pattern|regex|regexp|format) [the] [(pattern|regex|regexp)] [:] <regex:format>", _formatted),
    ("[only] <regex:format> [only]", _formatted),
    ("[exactly] <number:n> digits", _digits),
    ("[exactly] <number:n> <character_kinds:kinds>", _counted_kinds),
    ("[(consists of|consisting of|made of|made up of|of)] <number:n> (to|-) <number:m> <character_kinds:kinds> [only]", _counted_kinds),
    ("[exactly] <number:n> random <character_kinds:kinds>", lambda c: _counted_kinds({**c, "random": True})),
    ("[exactly] <number:n> <character_kinds:first> [(followed by|then|plus|and|,)] [a] [(hyphen|dash)] [and] <number:m> <character_kinds:second>", _row_of_kinds),
    ("(only|made [up] of|composed of|consists of|consisting of|contains only|containing only|of) [only] <character_kinds:kinds>", _made_of),
    ("<character_kinds:kinds> [only]", _made_of),
    ("(starting|beginning|starts|begins|start|begin) with [(a|an)] <character_kinds:kinds>", lambda c: (Trait("starts_with", _kinds(c)),) if _kinds(c) else ()),
    ("[MUST] (ends|end|ending) (in|with|on) [either] <endings>", lambda c: (Trait("pattern", f".+({c['endings']})"),)),
    ("(in|of) (lower|lowercase|lower-case) [(case|letters)]", lambda _: (Trait("pattern", "[^A-Z]+"),)),
    ("[(an|a)] [valid] (http or https|http|https|absolute|valid) (url|urls|address|link|uri)", _typed("url")),
    # --- values
    ("(one|any) of [the] [(values|following|these|options|three|four|five)] [:] <choices:value>", _value("choices")),
    ("(either|values|value|allowed values|possible values|choices|options|namely|enum) [are] [of] [:] <choices:value>", _value("choices")),
    ("[a] (choice|selection) (of|between|from|among) [:] <choices:value>", _value("choices")),
    ("(default|defaults|defaulting) [(to|is|value|=|:)] [(is|:)] <literal:value>", _value("default")),
    ("<literal:value> (by default|as default|at first|initially|in the beginning|to start with|to begin with|at the start|from the start|per default|as the default|when it is created|when created|is the default|at creation|on creation|on create|upon creation|at the beginning)", _value("default")),
    ("(the|our) (system|server|service|backend|api|app) (starts|begins|opens|puts|sets) (it|them|this) [off] (as|at|with|in|on|to) <literal:value>", lambda c: (Trait("system"), Trait("default", c["value"]))),
    ("(initially|at first|starts (as|at|with|out as)|starting (as|at|with)|begins as|begins with|by default) <literal:value>", _value("default")),
    ("<literal:value> unless [(it|one|that) (is|was)] (given|set|specified|stated|changed|provided|sent|said)", _value("default")),
    ("<literal:value> unless (<word>|the <word>|a <word>) (wants|want|says|say|gives|give|sets|set|chooses|choose|asks|ask|sends|send|states|state|specifies|specify|needs|need) [(another|one|otherwise|so|something else|something different|more|anything else|it|for more|for another)]", _value("default")),
    ("<quoted:value> unless (<word>|the <word>|a <word>|an <word>) (makes|make|sets|set|changes|change|promotes|promote|turns|turn) (it|them|him|her|that|this) [(to|into|an|a)] <quoted:other> [(or|,) <quoted:third>]", _promoted),
    ("<literal:value> (when|if) (left out|omitted|missing|absent)", _value("default")),
    ("<literal:value> (if|when|unless) [it is] (not (given|set|specified|provided|stated|mentioned|said|present|sent)|(left out|omitted|missing|absent|nothing is (given|said))|we do not say|you say nothing|nobody says [so] [otherwise]|otherwise (stated|given|specified|said)|(i|we|you) say (otherwise|nothing)|told otherwise|none is given|(it|they) is not given|nothing else is said)", _value("default")),
    ("<literal:value> (if|when|where|in case) (i|we|you|they|one|he|she|somebody|someone|people|clients|users|<word>|the <word>|a <word>) (do|does|did) not (say|give|send|state|set|mention|specify|tell|choose|fill|enter|know|want|write) [(it|one|any|anything|otherwise|so|another|something)] [(in|else|different|otherwise)]", _value("default")),
    ("<literal:value> (if|when|where|in case) (i|we|you|they|one|he|she|it|that|this|somebody|someone|people|clients|users|<word>|the <word>|a <word>) (leave|leaves|omit|omits|skip|skips|forget|forgets|is left|says|say|is) (it|that|this|one|out|nothing|away|missing) [(out|away|blank|empty|off)]", _value("default")),
    ("<literal:value> otherwise", _value("default")),
    ("(normally|usually|ordinarily|generally) <literal:value>", _value("default")),
    ("(a|every|each|any) new <noun> (is|has|starts as|starts with) <literal:value>", _value("default")),
    ("the default [value] (is|=|:) <literal:value>", _value("default")),
    ("MUST exist", _is("example")),
    ("<quoted:value> (until|before|as long as|first|when it) [<clause>]", _value("default")),
    ("empty (until|as long as|while|before|at first|otherwise) <rest>", _empty_until),
    ("empty (if|when|unless) <rest>", lambda c: _empty_until(c, asked=True)),
    ("(empty|null|nothing) [(at first|initially|by default)]", _is("nullable")),
    # --- types
    ("(date and time|date/time|date-time|datetime|timestamp|date with time|point in time|date and a time|iso timestamp|utc timestamp|instant|timestamptz)", _typed("datetime")),
    ("(date|dates|calendar day|calendar date|iso date)", _typed("date")),
    ("(time of day|clock time|time)", _typed("time")),
    ("(whole number|whole numbers|integer|integers|int|bigint|natural number|serial|smallint)", _typed("integer")),
    ("(decimal|float|double|real|decimal number|real number|floating point|decimals|fractional)", _typed("number")),
    ("(number|numbers|numeric|percentage)", _typed("numeric")),
    ("(boolean|bool|flag|yes/no|yes or no|true/false|true or false|yes / no|true / false|checkbox|switch|tick box|check box|toggle|yes-no)", _typed("boolean")),
    ("[(plain|short|free)] (text|texts|string|varchar|char|line of text|str|textual)", _typed("string")),
    ("(long text|multi-line text|multiline text|longer text|markdown|textarea)", _typed("text")),
    ("[valid] (email address|email|mail address)", _typed("email")),
    ("(url|uri|web address|link|hyperlink)", _typed("url")),
    ("(list|array|set|collection|lists) of (strings|texts|text|words|names|labels|tags|keywords|string|free texts)", _typed("strings")),
    ("(list|array|set|collection|lists) of <word> (names|ids|words|codes|strings|labels|emails|keys|texts)", _typed("strings")),
    ("(string|text) (list|array|[])", _typed("strings")),
    ("(list|array|strings|string[])", _typed("strings")),
    ("(money|currency|monetary amount|monetary|price)", _typed("money")),
    ("in [(whole|full)] (euros|euro|eur|dollars|dollar|usd|pounds|gbp|chf|nok|sek|dkk|currency)", _typed("money")),
    ("in [whole] (cents|minutes|seconds|hours|days|weeks|months|years|percent|millimetres)", _typed("numeric")),
    ("in (kilograms|kilogrammes|kg|grams|g|metres|meters|cm|km|kilometres|kilometers|litres|liters|mm)", _typed("number")),
    ("(choice|enum|enumeration|select|selection|option|picklist)", _typed("choice")),
    ("(reference|foreign key|fk|relation|id|reference id) [(to|of)] [(a|an|the|one)] [(existing|valid)] <noun:value>", lambda c: (Trait("refers", c["value"]),)),
    ("(refers to|references|points to|belongs to|must refer to|must exist in) [(a|an|the|one)] [(existing|valid)] <noun:value>", lambda c: (Trait("refers", c["value"]),)),
    ("(reference|foreign key|fk|relation)", _typed("reference")),
    ("(uuid|guid)", _typed("string")),
    # --- who sets it
    ("(system|server|service|computed|calculated|derived|automatic|generated) : <rest>", _by_system),
    ("(system|auto|read-only|readonly|read only|generated|automatic|server-side|server|computed|auto-generated|automatically [(set|filled|generated|assigned|created)]|calculated|derived) [:]", _is("system")),
    ("[(that|which|is|are)] (set|filled|filled in|generated|assigned|added|computed|created|given|written|recorded|calculated|provided|maintained|managed|worked out|derived|stamped) [out] by (the|our|us) [(system|server|service|backend|api|application|app)]", _is("system")),
    ("(that|which) (the|our) (system|server|service|backend|api|app|application) (sets|fills in|fills|generates|assigns|adds|computes|creates|records|makes|writes|keeps|gives|calculates|maintains|works out|provides) [(itself|by itself|automatically)]", _is("system")),
    ("(that|which) (the|our) (system|server|service|backend|api|app) (sets|initialises|puts) to <literal:value> [(when|as soon as|at|on) <clause>]", lambda c: (Trait("system"), Trait("default", c["value"]))),
    ("[(that|which|where)] clients (can not|cannot|may not|must not|do not|never) (set|change|send|write) [it]", _is("system")),
    ("not (set|settable|changeable) by (the|a) (client|user|caller)", _is("system")),
    ("[(which|that)] (nobody|no one|no client|no user) [(ever|has to|needs to|can|may)] (types|enters|sends|sets|writes|fills|type|enter|send|set|write|fill) [it] [in]", _is("system")),
    ("[(automatically|always)] (set|assigned|filled) [in] (to|from|with|by) (the|whoever is) (current user|logged-in user|logged in user|caller|current user 's id|token|logged in|user who creates it)", lambda _: (Trait("system"), Trait("caller"))),
    ("[the] [id of the] (user|member|person|account|caller|one) (who|that) (created|made|placed|posted|opened|wrote|added|entered|put up|offers|sent) (it|<noun>|the <noun>|this <noun>)", lambda _: (Trait("system"), Trait("caller"))),
    ("(the|id of the) (current user|logged-in user|logged in user|caller)", lambda _: (Trait("system"), Trait("caller"))),
    ("(can|may|must) [only] be used by (one|only one|a single) <noun> [only]", _is("unique")),
    ("(NOT|CANNOT) [be] (taken|read|accepted|sent|given|supplied|set|passed|provided|part|written|filled in) (from|in|by|with|of) (a|the|any) (request|client|body|user|caller|input|hand)", _is("system")),
    ("(NOT|CANNOT) [be] (set|filled in|entered|typed|changed) by (hand|clients|users|callers)", _is("system")),
    ("(set|filled in|filled|generated|assigned|recorded|added|stamped) automatically", _is("system")),
    ("(NOT|CANNOT) [be] [(set|filled in|entered|typed|changed)] by (hand|clients|users|callers)", _is("system")),
    ("[(is|are)] (set|filled|filled in|recorded|written|updated|changed) (together|along) with [(the|its)] <word>", lambda c: (Trait("system"), Trait("nullable"), Trait("with", c["word"].low))),
    ("[(drawn|chosen|picked|generated|made up|given out|assigned|created)] (at random|randomly)", lambda _: (Trait("system"), Trait("random_word"))),
    # --- changes
    ("(read-only|readonly|read only|fixed|frozen|locked|constant) (after|afterwards|once|from then on|ever after|later) [<clause>]", _is("immutable")),
    ("(set|chosen|given|entered) [only] once [and] (CANNOT|NOT|never) [be] (changed|edited|updated|modified|altered)", _is("immutable")),
    ("(CANNOT|NOT) (be|to be) (changed|edited|updated|modified|altered) [(afterwards|later|later on|after creation|once created|any more|anymore|again|after that|once set|any longer|(once|after|when) it <clause>)]", _is("immutable")),
    ("(never changes|immutable|unchangeable|fixed once set|does not change|do not change)", _is("immutable")),
    ("(write-only|hidden|secret|internal only|for internal use|[(CANNOT|NOT|never)] [be] (shown|returned|exposed|revealed|disclosed|given away|sent (back|out)|visible) [(to|in|by|with) [(a|an|any|the|our)] (clients|client|anybody|anyone|users|public|outside|api|response|responses|answer|answers|reply|replies)])", _is("secret")),
    ("(NOT|CANNOT|never) [be] [(part|sent|contained|included|given|there|present|seen)] (of|in|with|to) [(a|an|any|the|our|its)] (response|responses|answer|answers|reply|replies|output|json|result|results|list|lists)", _is("secret")),
    ("[(an|the|its)] (index|position) (into|in|within|of) [(the|its)] <operand:clause> [[,] [(the)] (first|starting|counting|counted|starts|counts) [(one|entry|index|is|at|from|with|being)] [(is|being)] <number>]", _index_into),
    # --- time
    ("(in the future|future)", _is("moment", "future")),
    ("(in the past|past)", _is("moment", "past")),
    ("(CANNOT|NOT) [(be|lie)] in the past", _is("moment", "not_past")),
    ("(CANNOT|NOT) [(be|lie)] in the future", _is("moment", "not_future")),
    ("(today or (later|in the future)|from today on)", _is("moment", "not_past")),
    ("<span> (after|from|past) <clause>", _days_after),
    ("one of (the|its|their) <operand:clause>", _one_of_others),
    # --- compared with other fields
    ("(NOT|CANNOT) [be] (before|earlier than) <operand:clause>", _with_bound(">=")),
    ("(NOT|CANNOT) [be] (after|later than) <operand:clause>", _with_bound("<=")),
    ("(after|later than|above|over|beyond) <operand:clause>", _with_bound(">")),
    ("(before|earlier than|below|under) <operand:clause>", _with_bound("<")),
    ("(NOT|CANNOT) [be] (more|greater|higher|larger|longer) than <operand:clause>", _with_bound("<=")),
    ("(NOT|CANNOT) [be] (less|lower|smaller|shorter|fewer) than <operand:clause>", _with_bound(">=")),
    ("CANNOT exceed <operand:clause>", _with_bound("<=")),
    ("(greater|more|higher|larger|longer) than <operand:clause>", _with_bound(">")),
    ("(less|lower|smaller|shorter|fewer) than <operand:clause>", _with_bound("<")),
    ("(at least|on or after|no (less|earlier|lower) than) <operand:clause>", _with_bound(">=")),
    ("(at most|up to|on or before|no (more|later|higher) than) <operand:clause>", _with_bound("<=")),
    # --- worked out
    ("= <rest>", _tokens("computed")),
    ("(computed|calculated|worked out|derived) [by (us|the service|the system|the server|the api)] (as|from|by|:) [:] <rest>", _tokens("computed")),
    ("<formula>", lambda c: (Trait("formula", c["formula"]),)),
    # --- mere explanation
    ("(name|id|code|title|identifier|abbreviation) of [(a|an|the|one|some)] <noun>", _of_noun),
    ("(such as|like|e.g|e.g.|for example|for instance|as in|say|i.e|i.e.|example|examples|looks like|look like) [.] [:] <example>", _exemplified),
    ("(just|only) (the|a|its|their) <noun>", _is("example")),
    ("[(in|as|following)] [the] (iso 8601|iso|iso-8601|rfc 3339|utc|iso 8601 [format]|local time|e.164 format|the format <noun>)", _is("example")),
    ("(included|inclusive|naturally|ascending|descending|each|both)", _is("example")),
)  # fmt: skip

_GLUE = frozenset(
    (
        "is are be must should shall has have to , ; : which that it they a an the and of with in "
        "as - ( ) being but its their can may will long at value values field fields by there "
        "always number or for set so then anyway"
    ).split()
)
_QUIET = frozenset(
    {"of", "for", "in", "on", "at", "from", "to", "with", "about", "by", "during", "under"}
)


def _slots() -> dict[str, Any]:
    return {
        **BASIC_SLOTS,
        "character_kinds": _character_kinds,
        "n_characters": _n_characters,
        "quoted": _quoted,
        "operand": _operand,
        "example": _example,
        "comment": _comment,
        "format": _format,
        "endings": _endings,
        "regex": _regex,
        "formula": _formula,
    }


_KIND_WORDS = frozenset(
    (
        "digit digits letter letters capital uppercase upper-case lower case lowercase lower-case "
        "alphanumeric character characters hyphen hyphens dash dashes underscore underscores "
        "number numbers numerals upper small spaces space dots dot latin ascii"
    ).split()
)


def _character_kinds(reader: Reader, at: int) -> Iterator[tuple[tuple[Token, ...], int]]:
    end = at
    last_kind = at
    while end < len(reader.tokens) and (
        reader.low(end) in _KIND_WORDS or (end > at and reader.low(end) in {"and", "or", ",", "/"})
    ):
        if reader.low(end) in _KIND_WORDS:
            last_kind = end + 1
        end += 1
    words = {reader.low(place) for place in range(at, last_kind)}
    if last_kind > at and words - {"character", "characters", "number", "numbers", "case"}:
        for stop in range(last_kind, at, -1):
            if reader.low(stop - 1) in _KIND_WORDS:
                yield tuple(reader.tokens[at:stop]), stop


def _regex(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """`^[a-z]{2,8}$` in code; one bare class, as in `[a-z0-9_]` only, is said of every character."""
    text = (
        reader.tokens[at].text.strip("`")
        if at < len(reader.tokens) and reader.tokens[at].kind == "code"
        else ""
    )
    if _CLASS_OF_CHARACTERS.search(text):
        pattern = text.removeprefix("^").removesuffix("$")
        with suppress(re.error):
            re.compile(pattern)
            yield pattern + ("+" if _CLASS_OF_CHARACTERS.fullmatch(pattern) else ""), at + 1


_CLASS_OF_CHARACTERS = re.compile(r"\[[^\]\s]+\]|\\[dw]")
_JOINING = {
    **dict.fromkeys("times x × * minus plus multiplied divided".split(), 0),
    **dict.fromkeys("- +".split(), 1),
}
"""What joins the values of a formula; 1: only between names as in JSON."""
_IN_CODE = re.compile(r"\s[-+*/×]\s")
_LONGEST_VALUE = 4


def _formula(reader: Reader, at: int) -> Iterator[tuple[tuple[Token, ...], int]]:
    """`pages` x `copies`, `quantity times the daily rate`, `` `end_km - start_km` ``."""
    tokens = reader.tokens
    if at < len(tokens) and tokens[at].kind == "code" and _IN_CODE.search(tokens[at].text):
        yield (tokens[at],), at + 1
        return
    end, joined = _value_of_formula(reader, at), at
    while end > at and (strict := _JOINING.get(reader.low(end), -1)) >= 0:
        start = end + 1 + (reader.low(end + 1) == "by")
        stop = _value_of_formula(reader, start)
        if stop == start or (strict and {tokens[end - 1].kind, tokens[start].kind} != {"name"}):
            break
        joined = end = stop
    if joined > at:
        yield tuple(tokens[at:joined]), joined


def _value_of_formula(reader: Reader, at: int) -> int:
    """Where the name of a value ends: a name as in JSON, a number, or a few words."""
    end = at
    while end < min(len(reader.tokens), at + _LONGEST_VALUE):
        token = reader.tokens[end]
        if token.kind in {"name", "number"} and end == at:
            return end + 1
        if token.kind != "word" or token.low in _JOINING or token.low in _NO_VALUE:
            break
        end += 1
    return end


_NO_VALUE = frozenset(
    "and or is are be that which it sign letter letters digit digits of to from by with in for not"
    " computed calculated read-only a an".split()
)


_EXTENSION = re.compile(
    r"jpe?g|png|gif|webp|pdf|csv|txt|md|zip|mp[34]|docx?|xlsx?|svg|json|xml|html?"
)


def _endings(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """`.jpg or .png`, `"-a" or "-b"`, as a pattern."""
    found: list[str] = []
    end = at
    while end < len(reader.tokens):
        token, dotted = reader.tokens[end], reader.low(end) == "."
        if token.kind in {"quote", "name", "code"}:
            found.append(str(token.value or token.text).strip('`"'))
        elif dotted and end + 1 < len(reader.tokens) and reader.tokens[end + 1].kind == "word":
            found.append(f".{reader.low(end + 1)}")
            end += 1
        elif _EXTENSION.fullmatch(token.low):
            found.append(f".{token.low}")
        elif not found or reader.low(end) not in {",", "or"}:
            break
        end += 1
    while found and reader.low(end - 1) in {",", "or"}:
        end -= 1
    if found:
        yield "|".join(map(re.escape, found)), end


def _format(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """`two capital letters, a dash and then 8 to 15 digits`, as a pattern; at least two parts."""
    pattern, end, parts = "", at, 0
    while True:
        start = end
        while parts and reader.low(start) in frozenset(
            ", and then followed by plus with finally + &".split()
        ):
            start += 1
        part = _format_part(reader, start)
        if part is None or (parts and start == end):
            break
        pattern += part[0]
        end = part[1]
        parts += 1
    if parts > 1 and "[" in pattern:
        yield pattern, end


def _format_part(reader: Reader, at: int) -> tuple[str, int] | None:
    """`four digits for the year`, `8 to 15 digits`, `a plus sign`."""
    if at < len(reader.tokens) and reader.tokens[at].kind == "quote":
        if reader.low(at + 1) in {"if", "when", "unless", "by", "where", "otherwise", "as"}:
            return None  # two letters, "en" by default
        return re.escape(str(reader.tokens[at].value)), at + 1
    article = reader.low(at) in {"a", "an", "the", "one", "another"}
    written = at + article + 1
    if reader.low(written - 1) in {"letter", "letters", "prefix"} and written < len(reader.tokens):
        letters = reader.tokens[written].text.strip('"`')
        if letters.isalnum() and letters == letters.upper():  # the letters TR
            return re.escape(letters), written + 1
    symbol = reader.low(at + 1) if article else ""
    if symbol in SYMBOLS:
        return SYMBOLS[symbol], at + (3 if reader.low(at + 2) == "sign" else 2)
    counts: tuple[int, ...] = ()
    end = at + 1
    for low, stop in reader.slot("number", at):
        counts, end = (int(low),), stop
        if reader.low(stop) in {"to", "-", "or"}:
            for high, last in reader.slot("number", stop + 1):
                counts, end = (int(low), int(high)), last
        break
    if not counts and not (article or reader.low(at) == "single"):
        return None
    for kinds, stop in _character_kinds(reader, end):
        inner = _kinds({"kinds": kinds})
        if not inner or any(token.low in {",", "and"} for token in kinds):
            continue
        if reader.low(stop) == "for" and reader.low(stop + 1) in {"the", "a", "an", "its"}:
            stop += 3  # noqa: PLW2901 -- it goes on where the article ends
        counted = "" if not counts or counts == (1,) else "{" + ",".join(map(str, counts)) + "}"
        return f"[{inner}]{counted}", stop
    return None


def _n_characters(reader: Reader, at: int) -> Iterator[tuple[Amount, int]]:
    """`6 characters`, and nothing that says it is a bound."""
    for value, end in reader.slot("amount", at):
        if value.unit in {"character", "char", "letter"}:
            yield value, end


_NO_OPERAND = frozenset(
    "that they we i you he she which is are was can may must has have it".split()
)


def _operand(reader: Reader, at: int) -> Iterator[tuple[tuple[Token, ...], int]]:
    """A few words that name what something is compared with."""
    end = at
    while (
        end < len(reader.tokens)
        and end < at + 8
        and reader.low(end) not in {",", ";", ")", "(", "."}
    ):
        if reader.low(end) in _NO_OPERAND:
            return
        end += 1
    counted = end > at and (reader.tokens[at].kind == "number" or reader.low(at) in NUMBER_WORDS)
    if end > at and not counted:
        yield tuple(reader.tokens[at:end]), end


def _quoted(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    if at < len(reader.tokens) and reader.tokens[at].kind in {"quote", "name", "number"}:
        yield from reader.slot("literal", at)


def _comment(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    """A few words in brackets behind a value: 1 (low)."""
    if reader.low(at) == "(":
        for end in range(at + 1, min(at + 6, len(reader.tokens))):
            if reader.low(end) == ")":
                yield tuple(reader.tokens[at + 1 : end]), end + 1
                return
            if reader.tokens[end].kind == "number":
                return


def _example(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    """What illustrates: up to the next comma, semicolon or bracket, lists of quotes included."""
    end = at
    while end < len(reader.tokens) and reader.low(end) not in {";", ")"}:
        if reader.low(end) == "," and not (
            end + 1 < len(reader.tokens)
            and reader.tokens[end + 1].kind in {"quote", "number", "code"}
        ):
            break
        end += 1
    if end > at:
        yield tuple(reader.tokens[at:end]), end


@lru_cache(maxsize=1)
def _compiled() -> tuple[tuple[Pattern, _Builder], ...]:
    return tuple((compile_pattern(text), builder) for text, builder in _TABLE)


def read_traits(tokens: Iterable[Token]) -> tuple[list[Trait], list[Token]]:
    """Read what is said about a field; return the traits and the tokens that say nothing known.

    At each place the longest reading wins. Prepositional phrases that only describe the field
    (`of the person who asks`) are stepped over.
    """
    tokens, marked = _marked_default(tuple(tokens))
    stated = _stated(tokens)
    if stated is not None:
        return stated
    reader = Reader(tokens, _slots())
    words = words_of(reader.tokens)
    possible = [(pattern, builder) for pattern, builder in _compiled() if pattern.possible(words)]
    traits: list[Trait] = list(marked)
    left: list[Token] = []
    at = 0
    while at < len(reader.tokens):
        end, found = _longest(possible, reader, at)
        apart = not left or not at or left[-1] is not reader.tokens[at - 1]
        if end == at and apart:  # one review per reviewer and paper: no values
            end, found = _listed(possible, reader, at)
        stop = _clause_end(reader, at)
        whole = remark(reader.tokens[at:stop]) if end <= stop else None
        optional = any(trait.key == "optional" for trait in found)
        if whole is not None and (end < stop or (optional and whole[0] == "default")):
            end, found = stop, (Trait(*whole),)
        if end > at:
            if reader.low(at) == "empty":  # a text that is empty is no missing one
                found = [Trait("default", "") if trait == _NOTHING else trait for trait in found]
            traits.extend(found)
            at = end
        elif stop > at and reader.low(at) in _SOMEBODY and reader.low(at + 1) in _WHO:
            at = stop
        elif reader.low(at) in _GLUE - _QUIET or reader.low(at) in NOISE:
            at += 1
        elif reader.low(at) in _QUIET or _is_told(reader, at):
            at = _described(possible, reader, at)
        elif reader.tokens[at].kind == "mark" and reader.low(at) in frozenset(
            ". ! \" ' / → = ?".split()
        ):
            at += 1
        else:
            left.append(reader.tokens[at])
            at += 1
    if len({trait.value for trait in traits if trait.key == "pattern"}) > 1:
        # Parts of a format that is not understood as a whole: each alone would refuse everything.
        traits = [trait for trait in traits if trait.key != "pattern"]
    return traits, left


def _stated(tokens: tuple[Token, ...]) -> tuple[list[Trait], list[Token]] | None:
    """`"open"; "full" while nothing is left; "over"`: the values, and when each of them holds is left."""
    starts = [0, *(at + 1 for at, token in enumerate(tokens) if token.low in {";", "or"})]
    starts = [at for at in starts if at < len(tokens)]
    if len(starts) < 2 or any(tokens[at].kind != "quote" for at in starts):
        return None
    told = [
        token for at, token in enumerate(tokens) if at not in {*starts} and token.kind != "mark"
    ]
    clauses = [at for at in starts if tokens[at + 1 :] and tokens[at + 1].low in _HOLDING]
    if not clauses or any(token.kind == "quote" for token in told):
        return None
    left = [token for token in told if token.low != "or"]
    values = [tokens[at].value for at in starts]
    first = next((tokens[at].value for at in starts if at not in clauses), values[0])
    return [Trait("choices", values), Trait("default", first), Trait("system")], left


_HOLDING = frozenset("while when if once as until after before".split())
_NOTHING = Trait("default", None)
_MARKING = frozenset({",", "which", "is", "being", "the"})


def _marked_default(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], list[Trait]]:
    """`low, medium (default), high`, `or "all", which is the default`: a value with a mark behind it."""
    for at in range(1, len(tokens) - 2):
        value = tokens[at - 1]
        end = next(
            (i for i in range(at, at + 5) if tokens[i : i + 1] and tokens[i].low == "default"), at
        )
        marking = end > at and all(token.low in _MARKING for token in tokens[at:end])
        if (
            value.kind != "mark"
            and marking
            and {"which", "being"} & {t.low for t in tokens[at:end]}
        ):
            again = any(token.low == value.low for token in tokens[: at - 1])
            kept = tokens[: at - 2 if again else at]
            return (*kept, *tokens[end + 1 :]), [Trait("default", literal_of(value))]
        end = at + 1 + (tokens[at + 1].low == "the")
        lows = [token.low for token in tokens[end : end + 2]]
        if tokens[at].low == "(" and lows == ["default", ")"] and tokens[at - 1].kind != "mark":
            value = literal_of(tokens[at - 1])
            return (*tokens[:at], *tokens[end + 2 :]), [Trait("default", value)]
    return tokens, []


def _clause_end(reader: Reader, at: int) -> int:
    """Where the clause ends that begins at a place; there, where none begins."""
    if at and reader.low(at - 1) not in {",", ";", "(", "which", "that", "and", "but", ":", "-"}:
        return at
    end = at
    while end < len(reader.tokens) and reader.low(end) not in {",", ";", ")", "(", "."}:
        if end > at and reader.low(end) in {"and", "but"} and reader.low(end + 1) in _FINITE:
            break
        end += 1
    return end


_FINITE = frozenset("is are has have must may can should never not cannot".split())


def _listed(
    possible: list[tuple[Pattern, _Builder]], reader: Reader, at: int
) -> tuple[int, Iterable[Trait]]:
    """Read `low, normal or high` where nothing else fits: the values that may be chosen."""
    best: tuple[int, Iterable[Trait]] = (at, ())
    for values, end in reversed(reader.slot("choices", at)):
        following = _element_start(reader, best[0]) if best[0] > at else at
        last = reader.low(following - 1) == "or"  # late or absent
        if following > at and not last and _longest(possible, reader, following)[0] > following:
            break
        tokens = reader.tokens[at:end]
        if tokens[-1].low in NUMBER_WORDS and tokens[-1].kind == "word":
            continue  # a letter or two
        literal = all(token.kind != "word" or token.low in {",", "or", "and"} for token in tokens)
        joined = any(token.low in {"or", "/", "|", "→"} for token in tokens)
        flow = (
            (Trait("flow", values), Trait("chain", values))
            if any(token.low == "→" for token in tokens)
            else ()
        )
        if literal or joined or len(values) > 1:
            best = end, (Trait("choices", values), *flow)
            articles = any(token.low in {"a", "an", "the", "its", "their"} for token in tokens)
            sure = literal or joined or (len(values) > 2 and not articles)
            if not sure:
                best = end, ()
    return best if best[1] else (at, ())


def _element_start(reader: Reader, at: int) -> int:
    while reader.low(at) in {",", "or", "and", "/", "|", "→"}:
        at += 1
    return at


def _longest(
    possible: list[tuple[Pattern, _Builder]], reader: Reader, at: int
) -> tuple[int, Iterable[Trait]]:
    best = at
    traits: Iterable[Trait] = ()
    for pattern, builder in possible:
        for end, captures in pattern.prefixes(reader, at):
            if end > best:
                built = tuple(builder(captures))
                if built:
                    best, traits = end, built
            break
    return best, traits


_STOPS = frozenset(
    {",", ";", "(", ")", ":", "which", "that", "is", "are", "must", "can", "may", "-"}
)


_SOMEBODY = frozenset("somebody someone something people persons".split())
_WHO = frozenset("we i they you who that to he she".split())
"""`an emergency contact, somebody we can ring`: what it is for, which asks for nothing."""


def _is_told(reader: Reader, at: int) -> bool:
    """`painted on its side`: what was done somewhere, which asks for nothing."""
    placed = reader.low(at + 1) in {"on", "in", "at", "under"} and reader.low(at + 2) in DETERMINERS
    return placed and reader.tokens[at].kind == "word" and is_past(reader.low(at))


def _described(possible: list[tuple[Pattern, _Builder]], reader: Reader, at: int) -> int:
    """Step over a prepositional phrase that describes, up to where a trait begins."""
    end = at + 1
    while end < len(reader.tokens) and reader.low(end) not in _STOPS | {"and", "or"} | _QUIET:
        numeric = reader.tokens[end].kind in {"number", "quote", "name"}
        if numeric or _longest(possible, reader, end)[0] > end:
            return end
        end += 1
    return end


def spans(traits: Iterable[Trait]) -> list[Span]:
    """Pick the spans of time out of some traits."""
    return [trait.value for trait in traits if isinstance(trait.value, Span)]
