"""Sentences about lists and answers: order, filters, search, pages, what a route shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import (
    Answers,
    Context,
    Fact,
    Filtered,
    Included,
    Paged,
    Parameter,
    Required,
    Searched,
    Shows,
    Sorted,
)
from quantumlayer.offline.reading.language._fieldtypes import type_of_name
from quantumlayer.offline.reading.language._patterns import Captures, Reader, SlotFunction
from quantumlayer.offline.reading.language._terms import FieldOf, Having, Items
from quantumlayer.offline.reading.sentences._behaviours import BEHAVIOUR_SLOTS
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._phrases import _field_words
from quantumlayer.offline.reading.text._lexicon import (
    FUNCTION_WORDS,
    PAGING,
)
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._tokens import STATUSES
from quantumlayer.offline.reading.text._words import is_plural, singular, split_name

__all__ = ["LISTING", "LISTING_SLOTS"]

_DOWN = frozenset(
    "newest latest recent youngest highest best largest biggest greatest most descending desc dearest"
    " longest last pinned top dearest fullest heaviest tallest strongest busiest hottest".split()
)
_UP = frozenset(
    "oldest earliest lowest smallest cheapest shortest soonest least ascending asc fewest alphabetical"
    " nearest next first closest worst fastest quickest lightest coldest slowest smallest emptiest".split()
)
_TIME_WORDS = frozenset(
    "newest latest recent youngest oldest earliest soonest nearest next closest".split()
)


_BEFORE_PARAMS = frozenset(
    "the a an its their by parameters parameter query filters filter also both one optional"
    " to and/or".split()
)
_USUAL_PARAMS = frozenset(
    "from to tag date day period month year start end q page limit offset size term search".split()
)


# --- slots ---------------------------------------------------------------------------------------


_BETWEEN_KEYS = frozenset(", and then by within the same that those each group inside".split())


def _order(
    reader: Reader, at: int
) -> Iterator[tuple[tuple[tuple[tuple[str, ...], bool], ...], int]]:
    """`newest first`, `by title`, `latest first_day first`, `price descending`: keys in order."""
    for key, end in _key(reader, at):
        joined = end
        while reader.low(joined) in _BETWEEN_KEYS and joined < len(reader.tokens):
            joined += 1
        if joined > end:
            for more, stop in _order(reader, joined):
                yield (key, *more), stop
            if reader.low(end) in {",", "and"} and "within" in {
                reader.low(place) for place in range(end, joined)
            }:
                for words, after in _field_words(reader, joined):
                    for more, stop in _order(reader, after):
                        yield (key, *more), stop
                    del words
        yield (key,), end


_BEFORE_KEY = frozenset("the most by in with their its a".split())


def _key(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[str, ...], bool], int]]:
    start = at
    while reader.low(start) in _BEFORE_KEY and start < len(reader.tokens):
        if reader.low(start) == "most" and reader.low(start + 1) not in frozenset(
            "recent recently popular urgent expensive".split()
        ):
            break
        start += 1
    yield from _one_before_other(reader, start)
    yield from _superlative(reader, start)
    yield from _order_of_coming(reader, start)
    yield from _happening(reader, start)
    if reader.low(start) in {"reverse", "reversed"} and reader.low(start + 1) == "order":
        for (words, down), end in _key(reader, start + 1):
            yield (words, not down), end
    if reader.low(start) in {"order", "sequence"} and reader.low(start + 1) in {"of", "by"}:
        yield from _plain_key(reader, start + 2)
    yield from _kind_of_order(reader, start)
    yield from _plain_key(reader, start)


_KINDS_OF_ORDER = {
    ("alphabetical", "order"): ("name",), ("alphabetically",): ("name",), ("alphabet",): ("name",),
    ("alphabetical",): ("name",), ("chronological", "order"): ("start",), ("chronologically",): ("start",),
    ("calendar", "order"): ("start",), ("date", "order"): ("date",), ("time", "order"): ("date",),
}  # fmt: skip


def _kind_of_order(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[str, ...], bool], int]]:
    """`alphabetically by title`, `in alphabetical order of the names`, `in chronological order`."""
    for words, field_words in _KINDS_OF_ORDER.items():
        end = at + len(words)
        if tuple(token.low for token in reader.tokens[at:end]) != words:
            continue
        start = end
        if reader.low(start) in {"of", "by", "on"}:
            start += 1
            while reader.low(start) in {"the", "their", "its"}:
                start += 1
            for named, stop in _field_words(reader, start):
                yield (named, False), stop
        yield (field_words, False), end


_ON_TOP = (
    ("first",), ("on", "top"), ("at", "the", "top"), ("comes", "first"), ("come", "first"),
    ("at", "the", "beginning"), ("are", "first"), ("is", "first"), ("leading",), ("is", "on", "top"),
    ("are", "on", "top"), ("on", "the", "top"),
)  # fmt: skip


def _on_top(reader: Reader, at: int) -> int:
    """Where `first`, `on top`, `at the top` ends; the same place where nothing says so."""
    for words in _ON_TOP:
        end = at + len(words)
        if tuple(token.low for token in reader.tokens[at:end]) == words:
            return end
    return at


_HAPPENING = {
    "ending": ("end",), "closing": ("end",), "expiring": ("end",), "finishing": ("end",),
    "starting": ("start",), "beginning": ("start",), "opening": ("start",),
}  # fmt: skip


def _happening(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[str, ...], bool], int]]:
    """`ending soonest first`, `starting latest`."""
    words = _HAPPENING.get(reader.low(at))
    low = reader.low(at + 1)
    if words is not None and low in {"soonest", "earliest", "next", "first", "latest", "last"}:
        yield (words, low in {"latest", "last"}), at + (3 if reader.low(at + 2) == "first" else 2)


_CAME = frozenset(
    "came arrived made created added entered received given placed written submitted posted".split()
)


def _order_of_coming(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[str, ...], bool], int]]:
    """`in the order they came in`, `in order of arrival`: the oldest first."""
    if reader.low(at) != "order":
        return
    end = at + 1
    while reader.low(end) in {"in", "which", "they", "it", "were", "was", "have", "been", "of"}:
        end += 1
    if reader.low(end) in _CAME | {"arrival", "entry", "creation", "appearance"}:
        stop = end + 1
        yield (("!age",), False), stop + 1 if reader.low(stop) == "in" else stop


def _superlative(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[str, ...], bool], int]]:
    """`newest [tickets] first`, `latest first_day first`, `the earliest class first`."""
    word = reader.low(at)
    if word in {"first", "last"} and reader.low(at + 1) in {"name", "names"}:
        return
    if (
        word not in _DOWN | _UP | {"recently", "popular", "urgent", "expensive", "pinned"}
        or reader.tokens[at].kind != "word"
    ):
        return
    down = word in _DOWN | {"recently", "popular", "urgent", "expensive"}
    end = at + 1
    if word == "recently" and reader.low(end) in frozenset(
        "updated created changed added modified".split()
    ):
        stop = end + 1
        if reader.low(stop) in {"ones", "notes"}:
            stop += 1
        name = {"updated": "updated_at", "changed": "updated_at", "modified": "updated_at"}.get(
            reader.low(end), "created_at"
        )
        yield ((name,), True), stop + 1 if reader.low(stop) == "first" else stop
        return
    for words, stop in _field_words(reader, end):
        yield (words, down), _on_top(reader, stop)
        yield (words, down), stop
    for items, stop in reader.slot("items", end):
        if items.entity is not None and _on_top(reader, stop) > stop:
            yield (_by(word), down), _on_top(reader, stop)
    yield from _explained(reader, end, word, down=down)
    if word in {"most", "least"} and reader.low(end + 1) == "first":  # most helpful first
        yield ((reader.low(end),), word == "most"), end + 2
    if reader.low(end) in {"ones", "one", "entry", "entries"}:
        end += 1
    if reader.low(end) == "rated" and reader.low(end + 1) in {"first", ""}:
        yield (("rating",), down), end + 2
    if word in {"descending", "ascending"}:
        yield (_by(word), down), end + 1
    if _on_top(reader, end) > end:
        yield (_by(word), down), _on_top(reader, end)


def _one_before_other(
    reader: Reader, at: int
) -> Iterator[tuple[tuple[tuple[str, ...], bool], int]]:
    """`open ones before done ones`, `done tasks after open ones`, `done ones at the end`, `… on top`."""
    for word, end in reader.slot("adjective", at):
        if reader.low(end - 1) in _DOWN | _UP:
            continue
        stop = _behind_ones(reader, end)
        low = reader.low(stop)
        if low in {"before", "above", "ahead", "after", "below", "behind"}:
            start = stop + 2 if reader.low(stop + 1) == "of" else stop + 1
            others = [last for _, last in reader.slot("adjective", start)]
            named = ["the", "other", "others", "rest", "all", "ones"]
            while not others and reader.low(start) in named and start < len(reader.tokens):
                start += 1
            for last in others or ([start] if reader.low(start - 1) in named[2:] else []):
                yield (
                    (("!before", word), low in {"after", "below", "behind"}),
                    _behind_ones(reader, last),
                )
        elif stop > end and [reader.low(stop), reader.low(stop + 1), reader.low(stop + 2)] == [
            "at",
            "the",
            "end",
        ]:
            yield (("!before", word), True), stop + 3
        elif stop > end and low == "last" and reader.low(end) in {"ones", "one"}:
            yield (("!before", word), True), stop + 1
        elif stop > end and (top := _on_top(reader, stop)) > stop:
            yield (("!before", word), False), top


def _behind_ones(reader: Reader, at: int) -> int:
    if reader.low(at) in {"ones", "one"}:
        return at + 1
    for items, end in reader.slot("items", at):
        if items.entity is not None and items.many and not items.where and end == at + 1:
            return end
    return at


def _explained(
    reader: Reader, at: int, word: str, *, down: bool
) -> Iterator[tuple[tuple[tuple[str, ...], bool], int]]:
    """`longest in care first (by arrived_on)`: the field says what the superlative is about."""
    while at < len(reader.tokens) and reader.low(at) != "first":
        if reader.tokens[at].kind != "word" or reader.low(at) in {"and", "then"}:
            return
        at += 1
    opened = reader.low(at + 1) == "("
    start = at + 2 if opened else at + 1
    if reader.low(start) not in {"by", "according", "going"}:
        return
    start += 1 if reader.low(start) == "by" else 2
    for words, end in _field_words(reader, start):
        named = split_name("_".join(words))
        since = type_of_name(named) in {"date", "datetime"} and word == "longest"
        yield (words, down and not since), end + 1 if opened and reader.low(end) == ")" else end


def _by(word: str) -> tuple[str, ...]:
    """What a superlative without a field is about: `!time` is the moment, `!number` the number."""
    if word == "latest":
        return ("!latest",)
    if word in {"newest", "recent", "youngest", "oldest"}:
        return ("!age",)
    if word in _TIME_WORDS:
        return ("!time",)
    return ("!number", word)


def _plain_key(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[str, ...], bool], int]]:
    start = at
    while reader.low(start) in {"the", "its", "their", "by"} and start < len(reader.tokens):
        start += 1
    for words, end in _field_words(reader, start):
        if is_plural(words[-1]) and reader.context.vocabulary.lexicon.find(words) is not None:
            continue  # the rehearsals, latest first: what is sorted
        low, second = reader.low(end), reader.low(end + 1)
        opened = low in {"(", ","}
        stop = end + opened
        stop += opened and reader.low(stop) == "the"
        word = reader.low(stop)
        stop += 1
        if word in _DOWN | _UP:
            stop = _on_top(reader, stop)
            if reader.low(stop) == "order":
                stop += 1
            if low == "(" and reader.low(stop) == ")":
                stop += 1
            yield (words, word in _DOWN), stop
        if low == "in" and second in {"ascending", "descending", "alphabetical"}:
            yield (words, second == "descending"), end + 3
        yield (words, False), end
    if reader.low(start) in {"date", "time", "age", "creation", "recency"}:
        low = reader.low(start + 1)
        stop = start + 1
        down = False
        if low == "," and reader.low(start + 2) in _DOWN | _UP:
            down, stop = reader.low(start + 2) in _DOWN, start + 3
            if reader.low(stop) == "first":
                stop += 1
        dated = reader.low(start) in {"date", "time"}
        yield (("date",) if dated else ("!age",), down), stop
    if reader.low(start) == "name" and reader.tokens[start].kind == "word":
        yield (("name",), False), start + 1


def _sure_order(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    """An order that can be nothing else: `newest first`, `by title, ascending`."""
    for keys, end in _order(reader, at):
        words = {token.low for token in reader.tokens[at:end]}
        if words & frozenset(
            "first descending ascending desc asc order top alphabetically alphabet".split()
        ):
            yield keys, end


def _target(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    """A list: a route, `the list of tickets`, `books`, `it`."""
    for route, end in reader.slot("route", at):
        yield route, end
    start = at
    if reader.low(start) in {"the", "this", "that", "a"}:
        start += 1
    if reader.low(start) in {"list", "lists", "overview", "timetable", "result", "results"}:
        if reader.low(start + 1) in {"of", "for"}:
            for items, end in reader.slot("items", start + 2):
                if items.entity is not None:
                    yield items, end
        else:
            yield None, start + 1
    for items, end in reader.slot("items", at):
        if items.entity is not None and items.many:
            yield items, end
            if reader.low(end) in {"list", "lists"}:
                yield items, end + 1
        elif items.entity is not None and reader.low(end) in {"list", "lists", "listing"}:
            yield items, end + 1
        elif items.words[:1] in {("it",), ("they",), ("them",)}:
            yield None, end


def _params(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[str, ...], ...], int]]:
    """What can be filtered by: fields, `?status=`, `from and to`; unknown names in code quotes too."""
    start = at
    while reader.low(start) in _BEFORE_PARAMS and start < len(reader.tokens):
        if reader.low(start) == "to" and reader.low(start + 1) in {
            "",
            "(",
            ",",
            ".",
            "and",
            "/",
            ";",
        }:
            break
        start += 1
    for words, end in _param(reader, start):
        sized = words[-1:] and words[-1][0] in PAGING  # what stands in brackets is how many
        stop = end if sized else _behind_comment(reader, end)
        joined = stop
        while reader.low(joined) in {",", "and", "or", "/", "plus", "as", "well", "with"}:
            joined += 1
        if joined > stop:
            for more, last in _params(reader, joined):
                yield (*words, *more), last
        yield words, stop


def _loose_params(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[str, ...], ...], int]]:
    """What can be filtered by, fields that are not known yet too: `doctor_id, status and date`."""
    start = at
    while reader.low(start) in {"the", "a", "an", "its", "their", "by", "one", "or", "and", ","}:
        start += 1
    ways = list(_param(reader, start))
    token = reader.tokens[start] if start < len(reader.tokens) else None
    ends = reader.low(start + 1) in {",", "and", "or", "(", ".", ""}
    if token is not None and not ways and token.kind == "word" and ends:
        known = token.low in FUNCTION_WORDS
        ways = [] if known else [(((token.low,),), start + 1)]
    for words, end in ways:
        stop = _behind_comment(reader, end)
        if reader.low(stop) in {",", "and", "or"}:
            for more, last in _loose_params(reader, stop):
                yield (*words, *more), last
        yield words, stop


def _query(reader: Reader, at: int) -> Iterator[tuple[Route, int]]:
    """A query, with or without its path: `?minRating=4`, `GET /products?in_stock=true`."""
    for route, end in reader.slot("route", at):
        if route.query and route.method in {"GET", ""}:
            yield route, end


def _queries(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[str, ...], ...], int]]:
    """`?done=true or false, ?priority=`: nothing but queries."""
    if at < len(reader.tokens) and reader.tokens[at].kind == "route":
        for names, end in _params(reader, at):
            if end >= len(reader.tokens) - 1:
                yield names, end


def _param(reader: Reader, at: int) -> Iterator[tuple[tuple[tuple[str, ...], ...], int]]:
    if at >= len(reader.tokens):
        return
    token = reader.tokens[at]
    if token.kind == "route" and not token.value.path:
        end = at + 1
        while reader.low(end) in {"or", "/", "|"} and reader.tokens[end + 1 : end + 2]:
            end += 2  # ?done=true or false
        yield tuple((name,) for name, _ in token.value.query), end
        return
    for opened in range(at + 1, min(at + 10, len(reader.tokens) - 2)):
        if reader.low(opened) == "(":
            behind = reader.tokens[opened + 1]
            query = behind.kind == "route" and not behind.value.path
            plain = all(each.kind == "word" for each in reader.tokens[at:opened])
            if query and plain and reader.low(opened + 2) == ")":
                yield tuple((name,) for name, _ in behind.value.query), opened + 3
            break
    if token.kind == "name":
        end = at + 1
        if reader.low(end) == "=":
            end += 2
        yield ((token.value,),), end
        return
    for words, end in _field_words(reader, at):
        yield (words,), end
    for items, end in reader.slot("items", at):
        if items.entity is not None and not items.where and not items.of and not items.many:
            yield ((*items.words[-1:], "id"),), end
    if token.kind == "word" and token.low in _USUAL_PARAMS:
        inside = (
            reader.tokens[at + 2]
            if reader.low(at + 1) == "(" and at + 2 < len(reader.tokens)
            else None
        )
        if (
            token.low in {"day", "date", "month", "period", "term", "search"}
            and inside is not None
            and inside.kind == "route"
        ):
            yield tuple((name,) for name, _ in inside.value.query) or ((token.low,),), at + 3
        yield ((token.low,),), at + 1


def _behind_comment(reader: Reader, at: int) -> int:
    """Step over an explanation in brackets."""
    if reader.low(at) != "(":
        return at
    depth = 0
    for end in range(at, min(at + 40, len(reader.tokens))):
        depth += {"(": 1, ")": -1}.get(reader.low(end), 0)
        if depth == 0:
            return end + 1
    return at


def _http(reader: Reader, at: int) -> Iterator[tuple[int, int]]:
    if at < len(reader.tokens) and reader.tokens[at].kind in {"number", "status"}:
        value = reader.tokens[at].value
        if value in STATUSES:
            yield int(value), at + 1


LISTING_SLOTS: dict[str, SlotFunction] = {
    **BEHAVIOUR_SLOTS,
    "http": _http,
    "order": _order,
    "sure_order": _sure_order,
    "loose_params": _loose_params,
    "params": _params,
    "queries": _queries,
    "query": _query,
    "target": _target,
}


# --- functions -----------------------------------------------------------------------------------


def _where(captures: Captures, situation: Situation) -> Any:
    target = captures.get("route") or captures.get("target")
    if target is not None:
        return target
    return (
        situation.route
        if isinstance(situation.route, Route) and situation.route.method in {"GET", ""}
        else None
    )


def _sorted(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    order = tuple(key for key in captures["order"] if key[0][0] not in PAGING)
    return [Sorted(order, _where(captures, situation))]


def _sortable(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    keys = tuple((words, False) for words in captures["names"])
    param = captures.get("name")
    return [Sorted(keys, _where(captures, situation), client=True, param=param)]


def _filtered(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    target = _where(captures, situation)
    if isinstance(target, Route) and target.method not in {"GET", ""}:
        return None
    routes = situation.extra.get("routes", ())
    if routes and not any(route.method in {"GET", ""} for route in routes):
        return None
    return [Filtered(captures["params"], target)]


def _listed_by(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`List films by genre`: a filter, or the order where the sentence names filters besides."""
    others = situation.extra.get("lows", frozenset()) & {"filtered", "narrowed"}
    if not others or captures.get("target") is None:
        return _filtered(captures, situation)
    return [Sorted(tuple((words, False) for words in captures["params"]), captures["target"])]


def _seen_with(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`I list boats with min_price and max_price`: bounds that are given as parameters."""
    names = captures["new_names"]
    if not all(_BOUND.match(name) for name in names):
        return None
    return _filtered({**captures, "params": tuple((name,) for name in names)}, situation)


_BOUND = re.compile(r"(?:min|max|from|until|before|after)(?:_|[A-Z])")


def _searched(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    param = captures.get("name") or captures.get("param")
    if isinstance(param, Route):
        param = param.query[0][0] if param.query else None
    if hasattr(param, "low"):
        param = param.low  # type: ignore[union-attr]
    exact = captures.get("exact", ())
    return [Searched(captures["names"], param, _where(captures, situation), exact)]


def _contains(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`With ?term=git only the articles whose title or content contains the term`."""
    query: Route = captures["query"]
    if query.path or not query.query:
        return None
    return [Searched(captures["names"], query.query[0][0], _where({}, situation))]


def _paged(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    names = list(captures.get("params", ()))
    page = size = None
    for words in names:
        name = words[0]
        if "page" in name.lower() and "size" not in name.lower() and "per" not in name.lower():
            page = name
        else:
            size = name
    number, most = captures.get("number"), captures.get("most")
    return [
        Paged(
            _where(captures, situation),
            page,
            size,
            int(number) if number is not None else None,
            int(most) if most is not None else None,
            captures.get("sketch"),
        )
    ]


def _sized(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`?limit= says how many lines of the ranking are wanted, 10 if it is missing, 100 at most`."""
    route: Route = captures["route"]
    if len(route.query) != 1:
        return None
    target: Any = route if route.path else _where({}, situation)
    last = captures.get("last")
    if last is not None and not route.path:
        target = Route("GET", f"/.../{last.low}")
    return [Paged(target, None, route.query[0][0], int(captures["number"]), int(captures["most"]))]


def _shows(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    route = captures.get("route") or situation.route
    items: Items = captures["items"]
    topic = situation.extra.get("topic")
    if items.entity is None and items.words[-1:] == ("ones",) and isinstance(topic, str):
        items = replace(items, entity=topic, many=True)
    if not isinstance(route, Route) or route.method not in {"GET", ""} or items.entity is None:
        return None
    for each in items.where:  # with accessCount: that is shown, and leaves nothing out
        if isinstance(each, Having) and isinstance(each.items, FieldOf) and not each.negated:
            return None
    return [Shows(route, items, single=not items.many)]


def _shown_by(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`see all bookings of a room on a day: GET /bookings?room_id=3&date=…`: the query says the rest."""
    items: Items = captures["items"]
    route: Route = captures["route"]
    if items.entity is None or route.method not in {"GET", ""}:
        return None
    plain = Items(items.entity, items.where, many=items.many)
    return [Shows(route, plain, single=not items.many)]


def _shows_with(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`GET /boards/{id} shows the board with its cards, oldest first`."""
    one, inner = captures["one"], captures["inner"]
    if one.entity is None or inner.entity in {None, one.entity} or one.many or not inner.many:
        return None
    if one.where or one.of or inner.where:
        return None
    route = captures["route"]
    if route.method not in {"GET", ""}:
        return None
    return [Shows(route, one, single=True), Included(route, inner, captures.get("order", ()))]


def _answers_with_list(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`It answers {"title", "wishes"}, the wishes in order of priority, each with id and title`."""
    route = captures.get("route") or situation.route
    inner: Items = captures["inner"]
    if not isinstance(route, Route) or inner.entity is None:
        return None
    names = (*captures.get("names", ()), *captures.get("more", ()))
    return [Answers(route, captures["sketch"]), Included(route, inner, captures["order"], names)]


def _shows_ordered(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    shown = _shows(captures, situation)
    if shown is None:
        return None
    route = captures.get("route") or situation.route
    return [*shown, Sorted(captures["order"], route)]


def _answers(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    route = captures.get("route") or situation.route
    if not isinstance(route, Route):
        return None
    return [Answers(route, captures.get("sketch"), captures.get("rest", ()))]


def _narrows(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`?minRating=4 leaves out the worse ones`: the name of the parameter says what it means."""
    route: Route = captures["route"]
    names = tuple((name,) for name, _ in route.query)
    target = route if route.path else _where({}, situation)
    return [Filtered(names, target)] if names else None


def _meant_for(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`GET /reviews?state=pending is for the editors`: a hint, unless these are a role."""
    words = {singular(token.low) for token in captures["rest"]}
    roles = situation.extra.get("roles", frozenset())
    if words & set(roles) or {"must", "only", "not", "cannot"} & words:
        return None
    return [Context()]


_PARAMETER_WORDS = frozenset("parameter parameters filter filters query".split())


def _parameter(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    name = captures["name"]
    route = _where(captures, situation)
    said = not _PARAMETER_WORDS.isdisjoint(situation.extra["lows"])
    if (name.lower(),) in situation.vocabulary.fields and route is None and not said:
        return None  # `type` is `full_time` or `part_time`: a field
    return [
        Parameter(
            name,
            captures.get("condition"),
            tuple(str(value) for value in captures.get("choices", ())),
            route if isinstance(route, Route) else None,
            captures.get("kind", ""),
            meaning=tuple(captures.get("rest", ())),
        )
    ]


def _together(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`With custom, start and end are dates and both are required`."""
    return [Required(str(captures["value"]), captures["names"])]


def _led_to(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`I want to know the headcount: GET …`: what leads to a route asks for no more than that."""
    phrase = captures["phrase"]
    plain = len(phrase) <= _SHORT and all(token.kind == "word" for token in phrase)
    asks = {"sorted", "filter", "by", "only", "whose", "with", "not", "that", "which"}
    if not plain or asks & {token.low for token in phrase}:
        return None
    return [Context()] if situation.extra.get("has_route") else None


_SHORT = 5
"""Words of an introduction."""


def _ordered_list(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`All auctions, ending soonest first, with a filter for the status`."""
    target = captures["target"]
    if target is None:
        return None
    facts: list[Fact] = [Sorted(captures["order"], target)]
    if "params" in captures:
        facts.append(Filtered(captures["params"], target))
    return facts


def _own_list(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`GET /my-bids for one's own`: the path says of what."""
    route: Route = captures["route"]
    mine = route.segments and route.segments[-1].startswith(("my-", "my_", "mine", "own"))
    return [Context()] if mine or "me" in route.segments else None


def _switched(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`?archived=true shows the archived ones`: the parameter is the field of its name."""
    query: Route = captures["query"]
    if query.path or len(query.query) != 1:
        return None
    return [Filtered(((query.query[0][0],),), _where({}, situation))]


def _narrowed_by(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`?building=B only those of one building`, `GET /tools?category=wood shows the tools of that category`."""
    query: Route = captures["query"]
    words = captures.get("field_words") or tuple(token.low for token in captures["noun"])
    named = {
        part for name, _ in query.query for part in re.split(r"[_-]|(?<=[a-z])(?=[A-Z])", name)
    }
    if not {*map(str.lower, named)} & {*words, singular(words[-1])}:
        return None
    target = query if query.path else _where({}, situation)
    return [Filtered(tuple((name,) for name, _ in query.query), target)]


def _everything(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`GET /items gives them all`: no more than a list does anyway."""
    asking = {"by", "in", "whose", "with", "without", "that", "which", "not", "only", "from", "on"}
    return None if asking & {token.low for token in captures.get("phrase", ())} else [Context()]


def _context(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Context()]


_LIST = "(lists|list|shows|show|gives|give|returns|return|answers|answer|delivers|contains|finds|displays|tells|yields|gets|provides|sends|responds|presents|includes|lets us see|outputs|tell|deliver|find|display|yield|get|provide|send|respond|include|report|reports)"
_BY = "(sorted|ordered|arranged|listed|shown|given)"
_MUST_BE = "[(can|must|should|may|is|are|be|MUST be|CAN be|to be)]"

_SIZES = "[default] <number> [(by default|default|per page)] [,] [and] [(at most|max|maximum|up to)] [<number:most> [(at most|at the most|max|maximum)]]"
_CASE = (
    "(ignoring case|ignoring upper and lower case|in capital or small letters|in upper or lower case"
    "|case-insensitively|case-insensitive|whatever the case|regardless of case|without regard to case)"
)

LISTING: tuple[tuple[str, Recogniser], ...] = (
    # --- order
    (f"[<target>] {_MUST_BE} [also] [(listed|shown|returned|given)] [,] {_BY} [(by|in|with|from)] <order>", _sorted),
    (f"(see|list|view|get|browse|find|show|read) [(all|the)] <target> [,] {_BY} [(by|in|with|from)] <order>", _sorted),
    ("[and] with (filters|a filter|parameters|a parameter|query parameters) [(for|by|on) <phrase>] [and <phrase:more>] LP <params> RP", _filtered),
    ("[and] with <params> [if (i|we|you|they|one) (need|want|like|wish) [it|to|so]]", lambda c, s: _filtered(c, s) if _where(c, s) is not None else None),
    ("<target> [MUST] (comes|come|starts|start|is|are) [in] [the] [order] [(with|of|by)] <order>", _sorted),
    (f"<route> [,] LP [{_BY}] (by|in) <order> RP", _sorted),
    (f"<items> (is|are|CAN be) (listed|shown|found|returned|seen|available|given) (with|by|at|under|via|through) <route> [,] [{_BY}] [(by|in)] <order>", _sorted),
    ("<route> [,] <sure_order:order>", _sorted),
    ("[and] [with] [the] <sure_order>", lambda c, s: _sorted({**c, "order": c["sure_order"]}, s)),
    (f"<route> [MUST] {_LIST} [them] [the] <order>", _sorted),
    ("[(listing|lists of|the list of|the lists of|list of)] <target> (:|come with|comes with|comes) <order>", _sorted),
    ("<queries:params>", _filtered),
    ("[<target>] CAN be (sorted|ordered) by <names>", _sortable),
    ("[<target>] (supports|support|allows|offers) sorting [(by|with|of)] <names>", _sortable),
    ("(sorting|sortable|sort by) [(by|:|with)] <names>", _sortable),
    # --- filters
    ("[<target>] [MUST] (CAN be|be|is|are) (filtered|narrowed down|narrowed|restricted|limited|queried|selected) [(by|with|to|using|on|via|through|for)] <params> [(combined|in any combination|together|at once|or both)]", _filtered),
    ("[<target>] [MUST] (filters|filter|supports filtering|supports filters|support filtering|allows filtering|supports|support|takes|take|accepts|accept) [(the)] [(filters|filter|parameters|parameter|query parameters|query parameter)] [(by|for|on|with|:|via)] <params>", _filtered),
    ("[<target>] (has|have|knows|know|offers|offer) [(a|the)] (filters|filter|parameters|parameter|query parameters|query parameter) [(by|for|on|with|:|via)] <params>", _filtered),
    ("<actor> CAN (filter|narrow) (it|them|<target>) [down] [(by|to|with|for)] <params>", _filtered),
    ("[<target>] [MUST] [(CAN be|is|are|be)] (filtered|narrowed down|narrowed|filterable) (by|to|on|with) <loose_params:params>", _filtered),
    ("[(query|optional|possible|available)] (filter|filters|filtering|parameters|parameter) [[,] (which|they|all of them|both)] [[,] [all] (CAN be combined|optional|all optional|both optional|combinable|freely combined)] [(it|them|<target>)] [,] (by|on|:) <loose_params:params>", _filtered),
    ("(filter|filters|filtering|filterable|filtered) [<target>] [(by|:|with|on)] <params> [(has to work|must work|works)]", _filtered),
    ("[to] (list|see|show|browse) [(all|the)] <target> by <loose_params:params>", lambda c, s: _listed_by(c, s) if c.get("target") is not None else None),
    ("[to] (look up|look-up|find|search|search for|look for) [(all|the)] <items> by (a part|part|parts|any part) of [(their|its|the)] <names> [LP <route> RP]", _searched),
    ("[as (a|an|the) <noun> [(with|of|on|in) [(a|an|the)] <noun:kind>] [,]] [(i|we|you|they|people|users|clients|visitors)] [(can|may|MUST)] (list|lists|see|browse|browses|show|get|fetch|look for|look up) <target> (with|by|using|through|via) <names_only:new_names>", _seen_with),
    ("[<target>] CAN be (listed|shown|fetched|found) by <params>", _listed_by),
    ("(add|with|use|using|and) <params> [to (narrow it down|filter)]", _filtered),
    ("<params> (narrows|narrow|filters|filter|restricts|restrict) (it|this|them|the list|the result|the results) [down] [further]", _filtered),
    ("[(they|these|the filters|filters|all of them|all filters|both)] CAN be (combined|used together|mixed)", _context),
    ("[(in any combination|combined|and combinations|also combined|combinable)]", _context),
    (
        "[(both|all|these|the|each|either)] [(of them|of these)] [(query)] [(filters|filter|parameters|parameter|params)] [(is|are|being)] optional",
        _context,
    ),
    # --- search
    ("searched [(with|by|via|using|through) [the] [(parameter|query parameter)] (<name>|<route:param>|<word:param>)] (over|in|by|on|across|within|through) <names>", _searched),
    ("[<target>] (CAN be|is|are|be) (searched|searchable|found) [(with|by|via|using|through) [the] [(parameter|query parameter)] (<name>|<route:param>|<word:param>)] (over|in|by|on|across|within|through) <names>", _searched),
    ("[<target>] (CAN be|is|are|be) (searched|searchable|found) (by|over|in) <names> [LP (<name>|<route:param>) RP]", _searched),
    (f"[the] [(parameter|query parameter)] (<name>|<query:param>) (looks|searches|look|search|matches|match|filters|finds|is looked) [for|up|by|on] [(a|an|any|the|some|parts|part|whole)] [(word|words|text|texts|term|terms|string|substring|phrase|part|piece|fragment|match|matches|<items:ignored>)] [of] [(inside|into|in|at|over|through|across|within|against)] [(a|any) part of] <names> [[,] {_CASE}]", _searched),
    (f"<route> [MUST] (searches|search|looks|look) [for] [(a|the)] [(word|text|term|string)] (in|into|at|over|through) <names> [[,] {_CASE}]", _searched),
    ("[<target>] (search|searching|searches) [(with|by|via) (<name>|<route:param>)] (over|in|by|across|at|through) <names> [LP (<name>|<route:param>) RP]", _searched),
    (f"<route> [MUST] (finds|find|searches|searches for|looks for|looks up|returns|lists|gives) [(all|the)] [<items>] by (a part|part|parts|any part|a piece) of [(their|its|the)] <names> [, {_CASE}] [, or by [(their|its|the)] exact <names:exact>] [, {_CASE}]", _searched),
    ("(with|when) <route:query> [given] [,] only [(the|those)] <items> [(come back|are returned|are listed|are shown)] whose <names> (contains|contain|includes|matches) <phrase> [, (ignoring case|case-insensitively)]", _contains),
    ("(ignoring|regardless of|without regard to) [upper and lower] case", _context),
    ("(case-insensitive|case-insensitively|the search ignores case|upper and lower case do not matter|case does not matter)", _context),
    # --- parameters with a meaning
    ("with <name:value> [,] <names> (are|is) (dates|date|numbers|times|given) [and] [both] [(are|is)] [(required|needed|mandatory)]", _together),
    ("with <name:value> [,] [both] <names> (are|is) (required|needed|mandatory)", _together),
    ("<route:query> (lists|shows|gives|returns|→|for|is for) [only] [(all|the)] <items> [(instead|too|as well|only)]", _switched),
    (f"<route:query> [:] [(should|must|MUST|will)] [{_LIST}] [with] [(only|just|all)] [(all|the)] (<items>|those|the ones|ones|what|whatever) [only] [(that|which) (is|are|belongs|belong|stands|stand|lies|lie)] (of|in|with|from|for|at|on|by|to) [(that|this|the|one|a|an|given|same|certain|single|particular|such)] [(given|same|certain|single|particular)] (<field_words>|<noun>) [only]", _narrowed_by),
    ("[and] with <route:query> (lists|shows|gives|returns) [only] [(all|the)] <items> (that|which) (include|includes|cover|covers|contain|contains|fall on|are on|take place on) (that|this|the given) (day|date)", _switched),
    # --- pages
    (f"[<target>] (comes|come|is given|are given|is shown|are shown|is delivered|are delivered|is returned|are returned) in pages [(with|by|via|using|of|:|,)] [(the parameters|parameters)] [<params>] [LP {_SIZES} RP]", _paged),
    ("[<target>] (is|are|be|MUST be) (paginated|paged|split into pages|cut into pages) [(with|by|via|using)] [(the parameters|parameters)] [<params>] [LP <number> (by default|default|per page) [,] [(at most|max|maximum|up to) <number:most>] [<number:most> (at most|max|maximum)] RP]", _paged),
    ("(pagination|paging|paginated) [(with|by|via|using|:)] [<params>] [LP <number> (by default|default) [,] [(at most|max|maximum)] <number:most> [(at most|max|maximum)] RP]", _paged),
    ("<query:route> (says|tells|sets|gives|limits|is|means) (how many|the number of|to how many) <noun> [(of|in) the <word:last>] [(are|is) (wanted|shown|returned|listed|given|sent)] [,] <number> (if it is missing|if missing|by default|without it|otherwise|if left out|if it is not given) [,] [(at most|up to|and at most)] <number:most> [(at most|at the most|max|maximum)]", _sized),
    ("[the] (answer|response|result) is <sketch>", _answers),
    # --- what a route shows
    (f"<route> [(should|must|MUST|will)] {_LIST} [with] <items:one> [,] (with|including|together with|along with|and) [all] [(its|their|the|his|her)] <items:inner> [,] [{_BY}] [by|in] [order of] [<order>]", _shows_with),
    (f"<route> [(should|must|MUST|will)] {_LIST} [with] <items:one> [,] (with|including|together with|along with|and) [all] [(its|their|the|his|her)] <items:inner>", _shows_with),
    (f"[(it|this|that|<route>)] [(should|must|MUST|will)] {_LIST} <sketch> [,] [(with|and)] [the] <items:inner> [{_BY}] [(by|in)] [order of] <order> [, each (with|as) <names> [LP <phrase> RP] [and <names:more> [LP <phrase:last> RP]]]", _answers_with_list),
    ("<items> (live|lives|is found|are found|is available|are available|is reachable|are reachable|is|are) (at|under|below) <route>", _context),
    (f"(it|this) [(should|must|MUST|will)] {_LIST} [with] <sketch>", _answers),
    (f"<route> [(should|must|MUST|will)] {_LIST} [(all|only)] <items> [LP <phrase> RP]", _shows),
    (f"<route> [(should|must|MUST|will)] {_LIST} <items> only", _shows),
    ("<query:route> (leaves out|leaves|hides|drops|excludes|filters out|omits|keeps|limits it to|limits|narrows it to) <rest>", _narrows),
    ("<route> is (for|meant for|used by|there for) <rest>", _meant_for),
    (f"<route> [(should|must|MUST|will)] {_LIST} <items> [,] {_BY} [by] [in] <order>", _shows_ordered),
    (f"<route> [(should|must|MUST|will)] {_LIST} [(a|an|the)] [(json|whole|full|plain)] (array|list|everything|all|all of them|them all|them|lot) [,] [(that is|which is)] {_BY} [by] [in] <order>", lambda c, s: [Sorted(c["order"], c["route"])]),
    (f"<route> [(should|must|MUST|will)] {_LIST} <items> [,] [in] <sure_order:order>", _shows_ordered),
    ("[(see|find|list|show|get|look up|view|browse|fetch)] [all] <items> [(on|for|in|of|at) (a|one|the|any|each|some) (day|date|time span|period|time) [and <phrase>]] [:|with|via|through|using|at|under|behind] <route>", _shown_by),
    (f"[(all|the)] <target> [,] [{_BY} [by]] <sure_order:order> [[,] with (a|the|an) (filter|filters) (for|by|on) [the] <loose_params:params>]", _ordered_list),
    ("<route> [(for|is for|lists|shows|gives|returns)] [(one|me|you) 's|my|your|their] own [<items>]", _own_list),
    (f"<route> [:] <items> [,] {_BY} [by] [in] <order>", _shows_ordered),
    ("<route> [:] <items> [,] [in] <sure_order:order>", _shows_ordered),
    ("<route> [(:|→|-)] <items>", _shows),
    (f"<route> [(should|must|MUST|will)] {_LIST} [(me|us|you|them|people)] (all|everything|whatever) [<phrase>]", _everything),
    ("(ask|call|open|use|see|look at|query|request) <route> [(to|and)] [(see|learn|get|find out|read|know|receive|be told)] <sketch> [(:|,|-)] [<rest>]", _answers),
    (f"<route> [(should|must|MUST)] [(ask|answers|answer|{_LIST}|learn)] [(me|us|you|back)] [(with|and learn|and get)] [:] <sketch> [(:|,|-)] [<rest>]", _answers),
    ("<route> (→|:|-) <sketch> [(:|,|-)] [<rest>]", _answers),
    ("(know|find out|learn|see|check|look up|ask for|get to know) <phrase>", _led_to),
    # --- parameters
    ("[the] [(parameter|query parameter|list filter is a query parameter|filter)] <name> [is] [(with|has|takes|can be)] [the] [values] <choices>", _parameter),
)  # fmt: skip
