"""Lists with a name of their own: `/loans/overdue`, `/medicines/expiring`, `/levels/latest`, `/songs/top`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._patterns import Reader
from quantumlayer.offline.reading.planning._params import age_of, mentioned
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._render import Frame, Scope, condition, state
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._grammar import whole_grammar
from quantumlayer.offline.reading.text._lexicon import NUMBER_WORDS
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import base, singular, split_name

__all__ = ["how_many", "settle_view"]

_NEWEST = frozenset("latest newest last recent current".split())
_OLDEST = frozenset("oldest earliest first next".split())
_BEST = frozenset(
    "top best popular most favourite favorite favourites bestsellers highest biggest longest".split()
)
_SOON = frozenset("expiring due soon ending upcoming expire closing ageing aging".split())
_NOBODY = frozenset(
    "vacant empty unused idle unassigned orphaned lonely childless without unbooked untaken".split()
)
_NONE = frozenset("no nobody without none never".split())
_MOST_SHOWN = 100
_DATED = frozenset({"date", "datetime"})
_NUMERIC = frozenset({"integer", "number", "money"})


def settle_view(plan: Plan, endpoint: EndpointDraft) -> None:
    """Say what a list with a name of its own shows: by that name, or by what is said of it.

    Raises:
        Unresolved: Neither says it.
    """
    words = tuple(str(endpoint.spec["name"]).split("_"))
    said = tuple(_said(plan, endpoint))
    for attempt in (_of_few, _within_days):
        if attempt(plan, endpoint, words, said):
            return
    scope = Scope(plan.world, (Frame(endpoint.entity or ""),))
    where = _alone(plan.world, endpoint.entity or "", words, said)
    if where is None:
        try:
            where = _with_today(plan.world, endpoint.entity or "", state(scope, words), said)
        except Unresolved:
            where = _described(plan, scope, said)
            if where is None:
                raise
    endpoint.spec["where"] = where


def _said(plan: Plan, endpoint: EndpointDraft) -> Iterator[Token]:
    """The words of all statements that are about the route."""
    for finding in plan.analysis.findings:
        routes = [*finding.source.routes, *([finding.route] if finding.route else [])]
        if any(route.path == endpoint.path and route.method in {"GET", ""} for route in routes):
            yield from finding.source.full


def _of_few(
    plan: Plan, endpoint: EndpointDraft, words: Sequence[str], said: Sequence[Token]
) -> bool:
    """`the level with the latest measured_at as one object`, `the 10 songs with the most plays`."""
    world, entity = plan.world, endpoint.entity or ""
    named = set(words)
    if not named & (_NEWEST | _OLDEST | _BEST):
        return False
    if not endpoint.spec.get("order_by"):
        ordered = _ordered_by(world, entity, words, said)
        if ordered is None:
            return False
        down = not named & _OLDEST
        endpoint.spec["order_by"] = [
            f"{'-' if down else ''}{ordered.name}",
            *(["-id"] if down and ordered.name != "id" else []),
        ]
    number = how_many(world, entity, said)
    if number is not None:
        endpoint.spec.setdefault("pagination", {}).update(
            default_size=number, maximum_size=max(number, 1)
        )
    elif not named & _BEST and _is_one(world, entity, said):
        endpoint.kind = "first"
    return True


def _ordered_by(
    world: World, entity: str, words: Sequence[str], said: Sequence[Token]
) -> FieldDraft | None:
    kinds = _NUMERIC if set(words) & _BEST else _DATED
    for made in mentioned(world, entity, (), said):
        if made.spec.get("type") in kinds and made.references is None:
            return made
    if kinds is _DATED:
        return age_of(world, entity)
    numbers = [
        made
        for made in world.fields(entity)
        if made.spec.get("type") in _NUMERIC and not made.references
    ]
    return numbers[0] if len(numbers) == 1 else None


def how_many(world: World, entity: str, said: Sequence[Token]) -> int | None:
    """`the 10 episodes`, `three most popular`, `top 5`: a number before what is listed."""
    label = world.label(entity).split()[-1]
    for at, token in enumerate(said):
        number = token.value if token.kind == "number" else NUMBER_WORDS.get(token.low)
        if not isinstance(number, int) or not 1 < number <= _MOST_SHOWN:
            continue
        near = [each.low for each in said[at + 1 : at + 5]]
        if any(singular(each) == label for each in near) or set(near) & {"most", "best", "latest"}:
            return number
        if at and said[at - 1].low in {"top", "first", "last", "latest", "most"}:
            return number
    return None


def _is_one(world: World, entity: str, said: Sequence[Token]) -> bool:
    """Whether one item is answered: `as one object`, `gives the level with …`, `the newest reading`."""
    text = f" {' '.join(token.low for token in said)} "
    if any(
        f" {cue} " in text
        for cue in ("one object", "single", "as an object", "not a list", "not as a list")
    ):
        return True
    label = world.label(entity).split()[-1]
    lists = f" {world.draft(entity).word.plural.split()[-1]} " in text or " list " in text
    return not lists and f" {label} " in text


def _within_days(
    plan: Plan, endpoint: EndpointDraft, words: Sequence[str], said: Sequence[Token]
) -> bool:
    """`between today and today + days`, `in the next 14 days`."""
    if not set(words) & _SOON:
        return False
    world, entity = plan.world, endpoint.entity or ""
    made = _coming(world, entity, words, said)
    if made is None:
        return False
    span = next(
        (name for name in endpoint.params if split_name(name)[-1] in {"days", "within"}), None
    )
    number = None
    for at, token in enumerate(said[:-1]):
        if token.kind == "number" and said[at + 1].low in {"day", "days"}:
            number = token.value
    if span is not None:
        param = endpoint.params[span]
        param.update(type="integer", minimum=0)
        param.pop("where", None)
        if number is not None:
            param.setdefault("default", number)
        length = f"days(param.{span})"
    elif number is not None:
        length = f"days({number})"
    else:
        return False
    field = escape(made.name) if made.spec["type"] == "date" else f"date({escape(made.name)})"
    endpoint.spec["where"] = f"{field} >= today() and {field} <= today() + {length}"
    return True


def _coming(
    world: World, entity: str, words: Sequence[str], said: Sequence[Token]
) -> FieldDraft | None:
    """The date that something expires or ends on."""
    stems = {base(word) for word in words}
    dated = [made for made in world.fields(entity) if made.spec.get("type") in _DATED]
    for made in dated:
        if stems & {base(word) for word in made.words}:
            return made
    named = [made for made in mentioned(world, entity, (), said) if made in dated]
    return named[0] if named else world.due(entity) or world.end(entity) or world.start(entity)


def _alone(world: World, entity: str, words: Sequence[str], said: Sequence[Token]) -> str | None:
    """`to whom no child is assigned`, `/rooms/unused`: nothing refers to them."""
    lows = [token.low for token in said]
    children = [
        name
        for name in world.structure.entities
        if name != entity and world.references(name, entity)
    ]
    named = [
        name for name in children
        if any(
            singular(low) == world.label(name).split()[-1] and _NONE & set(lows[max(0, at - 3) : at])
            for at, low in enumerate(lows)
        )
    ]  # fmt: skip
    if not named and set(words) & _NOBODY and len(children) == 1:
        named = children
    if len(named) != 1 or any(made.words == tuple(words) for made in world.fields(entity)):
        return None
    link = world.references(named[0], entity)[0]
    parts = [f"{escape(link.name)} == this.id", *world.active(named[0])]
    return f"not exists({named[0]}, {', '.join(parts)})"


def _with_today(world: World, entity: str, where: str, said: Sequence[Token]) -> str:
    """`today's concert is part of it`: the day itself counts as still to come."""
    made = world.start(entity)
    if made is None or made.spec["type"] != "date" or where != f"{escape(made.name)} > today()":
        return where
    lows = {token.low for token in said}
    counts = "today" in lows and not lows & {"after", "without", "except"}
    return where.replace(" > ", " >= ") if counts else where


def _described(plan: Plan, scope: Scope, said: Sequence[Token]) -> str | None:
    """The first description of items in the statement that says which ones are meant."""
    entity = scope.near.entity
    situation = Situation(plan.world.structure.known, None, plan.analysis.vocabulary)
    situation.extra["topic"] = entity
    reader = Reader(said, whole_grammar().slots, situation)
    for at in range(len(said)):
        for items, _ in reader.slot("items", at):
            if items.entity != entity or not items.where:
                continue
            try:
                return " and ".join(condition(scope, each) for each in items.where)
            except Unresolved:
                continue
    return None
