"""Clauses about the parameters of a list: what sorts it, searches it and cuts it into pages.

They are read by their words, not by their construction. Where a clause names such a parameter, and
besides it only fields and words that speak of the same, there is one thing that it can mean:
`sort is day or price, with a minus in front to turn it round`, `q looks into the title`, `page and
per_page (20 unless given, never more than 100)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import Fact, Filtered, Paged, Searched, Sorted
from quantumlayer.offline.reading.language._patterns import Captures, Reader
from quantumlayer.offline.reading.language._terms import Items
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.text._lexicon import FUNCTION_WORDS
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._sketches import Sketch
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import is_plural

__all__ = ["PARAMETERS"]

Name = tuple[str, ...]
Target = Items | Route

_SORT = frozenset("sort sort_by sortby order order_by orderby".split())
_SEARCH = frozenset("q search query term keyword".split())
_PAGE = frozenset("page page_number pagenumber".split())
_SIZE = frozenset("per_page page_size perpage pagesize limit size".split())
_FROM_TO = frozenset("from to since until".split())

_JOINING = FUNCTION_WORDS | frozenset(
    "and or is are be was can may must should which that where one both either"
    " list lists parameter parameters query option takes take accepts accept understands supports allows"
    " knows has have comes come gives give not value values given if when optional optionally".split()
)
_OF_ORDER = frozenset(
    "default defaults left set nothing otherwise else minus sign dash hyphen leading front prefix prefixed"
    " preceded before way round around turns turn reverse reverses reversed opposite direction descending"
    " ascending desc asc backwards highest lowest newest oldest latest earliest largest smallest cheapest dearest"
    " first last most least sort sorts sorted sorting sortable order orders ordered ordering field fields means"
    " mean same also".split()
)
_OF_SEARCH = frozenset(
    "search searches searched searching searchable look looks looked find finds found match matches matching part"
    " parts piece pieces fragment substring contain contains containing text texts word words term phrase case upper"
    " lower letters letter small capital capitals alike ignoring ignores ignored insensitive case-insensitive"
    " case-insensitively matter matters does do whatever regardless anywhere whose filter filters filtered"
    " narrow narrows narrowed".split()
)
_OF_PAGES = frozenset(
    "page pages paged paginated pagination paging default defaults most max maximum never more than up unless at"
    " said otherwise number size counted starting starts begins begin first answer answers reply returns wrapped"
    " result as by".split()
)
_OF_TIME = frozenset(
    "limit limits limited day days date dates inclusive included both ends end filter filters filtered narrow"
    " narrows narrowed restrict restricts between only shows those".split()
)
_GREATEST = frozenset("most max maximum than up".split())


@dataclass(slots=True)
class _Clause:
    """The words of a clause, by what they are."""

    parameters: list[str] = field(default_factory=list)
    fields: list[tuple[Name, bool]] = field(default_factory=list)
    """Each with whether a minus stands before it."""
    is_row: bool = False
    """Whether names in code stand in a row, or before the first parameter: each is one of its own."""
    default: tuple[Name, bool] | None = None
    numbers: list[int] = field(default_factory=list)
    sketch: Sketch | None = None
    words: set[str] = field(default_factory=set)

    def speaks_only_of(self, words: frozenset[str]) -> bool:
        return self.words <= words | _JOINING

    @property
    def names(self) -> tuple[Name, ...]:
        return tuple(dict.fromkeys(words for words, _ in self.fields))

    def named(self, names: frozenset[str]) -> str | None:
        return next((each for each in self.parameters if each.lower() in names), None)


def _said(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    tokens: Sequence[Token] = captures["rest"]
    reader = Reader(tokens, {}, situation)
    if not any(_parameters(reader, at)[0] for at in range(len(tokens))):
        return None
    target = _target(tokens, situation)
    if target is None:
        return None
    clause = _sort(tokens, situation)
    if clause is None:
        return None
    families = {
        each for each in (_SORT, _SEARCH, _PAGE | _SIZE, _FROM_TO) if clause.named(each) is not None
    }
    if len(families) != 1:
        return None
    beside = situation.extra.get("lows", frozenset()) - {token.low for token in tokens}
    lead = tokens[int(tokens[0].low == "and")].low.strip("`")
    alone = lead in _SEARCH and all(token.low not in {"(", ")"} for token in tokens)
    if _SEARCH in families and not alone and not beside <= {".", "route"} | _JOINING | _OF_SEARCH:
        return None  # there is more in the sentence, and it is about other parameters
    facts = {_SORT: _sorted, _SEARCH: _searched, _PAGE | _SIZE: _paged, _FROM_TO: _between}
    return facts[families.pop()](clause, target)


def _sorted(clause: _Clause, target: Target) -> list[Fact] | None:
    if not clause.fields or clause.numbers or not clause.speaks_only_of(_OF_ORDER):
        return None
    keys = tuple((words, False) for words in clause.names)
    facts: list[Fact] = [Sorted(keys, target, client=True, param=clause.named(_SORT))]
    return [*facts, Sorted((clause.default,), target)] if clause.default else facts


def _searched(clause: _Clause, target: Target) -> list[Fact] | None:
    if clause.is_row or not (clause.fields and clause.speaks_only_of(_OF_SEARCH)):
        return None  # `status`, `q` (part of the harbour): a row of parameters
    return [Searched(clause.names, clause.named(_SEARCH), target)]


def _paged(clause: _Clause, target: Target) -> list[Fact] | None:
    """Of two numbers the smaller one is the usual size, the other the greatest."""
    if clause.fields or not clause.speaks_only_of(_OF_PAGES):
        return None
    numbers = [each for each in clause.numbers if each > 1]
    bounded = bool(clause.words & _GREATEST)
    if len(numbers) > 2 or not (numbers or clause.named(_PAGE)):
        return None
    size = min(numbers) if len(numbers) > 1 or (numbers and not bounded) else None
    most = max(numbers) if len(numbers) > 1 or (numbers and bounded) else None
    return [Paged(target, clause.named(_PAGE), clause.named(_SIZE), size, most, clause.sketch)]


def _between(clause: _Clause, target: Target) -> list[Fact] | None:
    if clause.numbers or len(clause.names) > 1 or not clause.speaks_only_of(_OF_TIME):
        return None
    return [Filtered(tuple((each,) for each in clause.parameters), target)]


def _sort(tokens: Sequence[Token], situation: Situation) -> _Clause | None:
    """Sort the words of a clause; None where one of them is none of these."""
    found = _Clause()
    reader = Reader(tokens, {}, situation)
    at = 0
    while at < len(tokens):
        token = tokens[at]
        names, end = _parameters(reader, at)
        keys, end = next(_keys(reader, at), ((), end))
        found.parameters.extend(each for each in names if each not in found.parameters)
        if keys:
            spelled = token.kind in {"name", "code"} and {",", "/"} & {each.low for each in tokens}
            found.is_row |= bool(spelled) or not found.parameters
            before = {each.low for each in tokens[max(0, at - 3) : at]}
            behind = [each.low for each in tokens[end : end + 2]]
            if "otherwise" in before or behind == ["(", "default"]:
                found.default = keys[0]
            found.fields.extend(keys)
        elif token.kind == "number":
            found.numbers.append(int(token.value))
        elif token.kind == "sketch":
            found.sketch = token.value
        elif token.kind == "word" and not names:
            if situation.vocabulary.lexicon.find([token.low]) is None:
                found.words.add(token.low)
        elif token.kind not in {"mark", "route", "word"} and not names:
            return None
        at = max(end, at + 1)
    return found


def _parameters(reader: Reader, at: int) -> tuple[list[str], int]:
    """The parameters that are named at a place, and where they end."""
    token = reader.tokens[at]
    if token.kind == "route":
        return [name for name, _ in token.value.query if name.lower() in _ALL], at + 1
    name, sign, _ = token.text.partition("=")
    if name.lower() not in _ALL or token.kind == "mark":
        return [], at + 1
    before, after = reader.low(at - 1) if at else "", reader.low(at + 1)
    spelled = token.kind != "word" or "_" in name or name == "q"
    paged = name == "page" and (after in {",", "/"} or reader.low(at + 2) in _SIZE)
    if name in {"from", "to"} and not spelled:  # from and to
        pair = 2 if name == "from" else -2
        other = reader.low(at + pair) if at + pair >= 0 else ""
        joined = reader.low(at + pair // 2) in {"and", "/", ","}
        return ([name], at + 1) if {name, other} == {"from", "to"} and joined else ([], at + 1)
    if spelled or sign or after == "=" or before in {"parameter", "takes", "accepts"} or paged:
        return [name], at + 1
    return [], at + 1


_ALL = _SORT | _SEARCH | _PAGE | _SIZE | _FROM_TO


def _keys(reader: Reader, at: int) -> Iterator[tuple[list[tuple[Name, bool]], int]]:
    """Fields, also `-price` and `sort=-price`."""
    token = reader.tokens[at]
    if token.kind == "route":
        values = [value for name, value in token.value.query if name.lower() in _SORT]
        yield [key for key in map(_key, values) if key is not None], at + 1
        return
    name, sign, value = token.text.partition("=")
    if name.lower() in _SORT and token.kind != "mark":
        key = _key(value) if sign else None
        if key is not None:
            yield [key], at + 1
        elif reader.low(at + 1) == "=" and at + 2 < len(reader.tokens):
            yield from _keys(reader, at + 2)
        return
    if name.lower() in _ALL:
        return
    if token.kind in {"code", "name", "quote"}:
        key = _key(str(token.value or token.text))
        if key is not None:
            yield [key], at + 1
        return
    signed = token.low in {"-", "+"} and at + 1 < len(reader.tokens)
    for words, end in reader.context.vocabulary.field_at(reader, at + signed):
        yield [(words, token.low == "-")], end


def _key(text: str) -> tuple[Name, bool] | None:
    name = text.strip("-+\"'. ")
    return ((name,), text.startswith("-")) if name.replace("_", "").isalnum() else None


def _target(tokens: Sequence[Token], situation: Situation) -> Target | None:
    told = [token.value for token in tokens if token.kind == "route" and token.value.path]
    listed = [
        word.name
        for token in tokens
        if token.kind == "word" and is_plural(token.low)
        if (word := situation.vocabulary.lexicon.find([token.low])) is not None
    ]
    if listed and not told:
        return Items(listed[0], many=True)
    route = told[0] if told else situation.route
    return route if isinstance(route, Route) and route.method in {"GET", ""} else None


PARAMETERS: tuple[tuple[str, Recogniser], ...] = (("<rest>", _said),)
"""Read before all others: what they would make of such a clause is a filter or a field."""
