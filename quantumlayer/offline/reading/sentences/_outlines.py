"""Sentences that show what a route answers, in whatever words they do it.

    For the dairy I need GET /milkings/daily?date=…, giving {"date", "delivered"}, both in litres.
    GET /market-days/{id}/takings is for the treasurer: one row {"goods", "fees"} for each kind of goods.
    Last, GET /readings/summary, with from and to if given: count, average_pulse and high_count.

The route and the outline of its answer say what it is; all other words are kept as a note, and what they
mean is settled when everything is known that figures can be worked out from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import Answers, Fact, Grouped
from quantumlayer.offline.reading.language._patterns import Captures
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._sketches import UNKNOWN, Sketch
from quantumlayer.offline.reading.text._tokens import Token

__all__ = ["OUTLINES"]

_ROWS = frozenset("row rows line lines entry entries records".split())
_PER = frozenset("per each every".split())
_TOLD = frozenset(
    ": with giving gives give answers answering shows showing returns returning tells telling contains"
    " containing has".split()
)
_GLUE = frozenset("the a an its and , as well".split())
_NAME = re.compile(r"[a-z]+(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+")


def _outlined(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """Take the one route and the one outline of a sentence; everything else is a note."""
    tokens: tuple[Token, ...] = captures["rest"]
    routes = [token.value for token in tokens if token.kind == "route" and token.value.path]
    if len(routes) != 1 or routes[0].method not in {"GET", ""}:
        return None
    route = Route("GET", routes[0].path, routes[0].query)
    sketches = [at for at, token in enumerate(tokens) if token.kind == "sketch"]
    if len(sketches) != 1:
        kept = situation.vocabulary.lexicon.by_segment(route.segments[-1])
        bare = routes[0].method != "GET" or bool(sketches) or kept is not None
        sketch = None if bare else _listed(tokens, route)
        return [Answers(route, sketch, tokens)] if sketch is not None else None
    sketch, place = tokens[sketches[0]].value, sketches[0]
    if not sketch.members or _is_page(sketch):
        return None
    note = tuple(token for token in tokens if token.kind not in {"route", "sketch"})
    if sketch.is_list or _is_row(tokens, place):
        return [Grouped(route, sketch, note)]
    return [Answers(route, sketch, note)]


def _is_page(sketch: Sketch) -> bool:
    """`{"items": […], "total": n}`: a list in pages."""
    return any(isinstance(value, list) for value in sketch.members.values())


def _is_row(tokens: Sequence[Token], place: int) -> bool:
    """Whether an outline is one of many: `one row {…} for each kind of goods`."""
    lows = {token.low for token in tokens}
    return bool(lows & _ROWS) or bool(_PER & {token.low for token in tokens[:place]})


def _listed(tokens: Sequence[Token], route: Route) -> Sketch | None:
    """Names in a row behind a route that is no collection: `count, average_pulse and high_count`."""
    start = next(at for at, token in enumerate(tokens) if token.kind == "route") + 1
    for at in range(start, len(tokens)):
        if tokens[at].low in _TOLD:
            names = _names_from(tokens, at + 1)
            telling = sum(1 for name in names if _NAME.fullmatch(name))
            if len(names) > 1 and telling and len(route.segments) > 1:
                return Sketch(dict.fromkeys(names, UNKNOWN))
    return None


def _names_from(tokens: Sequence[Token], at: int) -> list[str]:
    """Single words or names with commas and `and` between them; brackets are stepped over."""
    names: list[str] = []
    depth, waiting = 0, True
    for token in tokens[at:]:
        depth += {"(": 1, ")": -1}.get(token.low, 0)
        if depth or token.low == ")":
            continue
        if token.low in _GLUE:
            waiting = waiting or token.low in {",", "and"}
        elif token.kind in {"name", "word"} and waiting:
            names.append(str(token.value or token.text))
            waiting = False
        elif token.kind == "mark":
            break
        else:
            return []
    return names


OUTLINES: tuple[tuple[str, Recogniser], ...] = (("<rest>", _outlined),)
"""Tried last: they take any sentence that has a route and the outline of an answer."""
