"""Reports of rows: one for each item of a kind, or one for each value of a field.

    GET /players/ranking: rows {"playerId", "nick", "wins"} over finished games, most wins first
    GET /honey-report?year=2026 gives a row per hive with a harvest in that year, {"hive_id", "kilos"}
    GET /reports/costs: one row per street, {"street", "requests", "cost"}, the dearest street first

A row for each item is a list of these items that shows what is worked out for them. Where only some items
of others count in a row, and which ones is up to the client, those are put in groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._facts import Grouped
from quantumlayer.offline.reading.planning._explanations import (
    conditions_in,
    explained,
    explanations,
)
from quantumlayer.offline.reading.planning._figures import (
    FUNCTIONS,
    Ground,
    counted,
    kind_of,
    named,
)
from quantumlayer.offline.reading.planning._params import param_of
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._views import how_many
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import singular, split_name, verb

__all__ = ["plan_rows"]

_EACH = frozenset("per each every".split())
_DOWN = frozenset(
    "most highest best largest biggest top newest latest greatest strongest dearest longest heaviest"
    " desc descending".split()
)
_UP = frozenset(
    "least lowest fewest smallest cheapest earliest oldest shortest asc ascending alphabetically".split()
)
_ENDS = frozenset("first desc descending asc ascending alphabetically".split())


def plan_rows(plan: Plan, endpoint: EndpointDraft, finding: Finding, fact: Grouped) -> None:
    """Plan a row for each item of a kind, or else for each value of a field.

    Raises:
        Unresolved: A member of the rows is not understood.
    """
    names = list(fact.sketch.members)
    words = finding.source.full
    holder = _rowed(plan, endpoint, names, words)
    if holder is not None and not fact.route.query:
        try:
            _listed(plan, endpoint, finding, holder, fact)
        except Unresolved:
            _by_value(plan, endpoint, fact, words)
    elif holder is not None:
        _grouped(plan, endpoint, fact, holder, words)
    else:
        _by_value(plan, endpoint, fact, words)


_GROUPED_BY = frozenset({"enum", "string", "reference", "boolean", "email", "date"})


def _by_value(plan: Plan, endpoint: EndpointDraft, fact: Grouped, words: Sequence[Token]) -> None:
    """A row for each value of a field: `one row per street`, `for each kind of goods`."""
    world, names = plan.world, list(fact.sketch.members)
    every = Ground.of(world, None)
    told = every.about([token for token in words if token.kind == "word"]).parts
    own = [endpoint.entity] if endpoint.entity is not None else []
    mentioned = [name for name in told if any(_speaks(world, name, token) for token in words)]
    reason = "it is not clear what is counted in each row"
    for entity in dict.fromkeys([*mentioned, *own, *told]):
        group = next((found for name in names if (found := _group_of(world, entity, name))), None)
        if group is None or (entity == endpoint.entity and "{" in endpoint.path):
            continue
        group_name, group_by = group
        ground = Ground.of(world, None, entity)
        try:
            returns = {
                name: _told(fact, ground, name, [each for each in names if each != group_name])
                or _in_group(ground, entity, name, names, words)
                for name in names
                if name != group_name
            }
        except Unresolved as unresolved:
            reason = str(unresolved)
            continue
        for name, _ in fact.route.query:
            endpoint.params.setdefault(name, param_of(world, entity, name))
        _below(plan, endpoint, entity)
        where = [text for each, text in conditions_in(ground, words) if each == entity]
        endpoint.kind, endpoint.entity = "report", entity
        endpoint.spec.update(group_by=group_by, group_name=group_name, returns=returns)
        endpoint.spec["where"] = " and ".join(dict.fromkeys(where)) or None
        endpoint.spec["order_by"] = _order(words, names, names) or [group_name]
        return
    raise Unresolved(reason)


def _speaks(world: World, entity: str, token: Token) -> bool:
    return token.kind == "word" and singular(token.low) == world.label(entity).split()[-1]


def _group_of(world: World, entity: str, name: str) -> tuple[str, str] | None:
    """The field that rows are made for, of the items or of what they refer to."""
    ways = [(entity, "")] + [
        (made.references, f"{escape(navigation(made.name))}.")
        for made in world.fields(entity)
        if made.references is not None
    ]
    for there, way in ways:
        made = world.field(there, split_name(name))
        if made is not None and made.spec.get("type") in _GROUPED_BY:
            return name, f"{way}{escape(made.name)}"
    return None


def _in_group(
    ground: Ground, entity: str, name: str, names: Sequence[str], words: Sequence[Token]
) -> str:
    """A number of a group: explained, a `highest score`, or what its name says."""
    text = next(
        (
            text
            for each in explanations(words, name, names)
            if (text := explained(ground, each, name))
        ),
        None,
    )
    made = ground.world.field(entity, split_name(name))
    before = next(
        (words[at - 1].low for at, token in enumerate(words) if at and _called(token, name)), ""
    )
    function = FUNCTIONS.get(before)
    if text is None and made is not None and function in {"max", "min", "avg"}:
        text = f"{function}({entity}, {escape(made.name)})"
    text = text or named(ground, name) or _done(ground, name)
    if text is None:
        raise Unresolved(f"it is not said what {name!r} is")
    return text


def _below(plan: Plan, endpoint: EndpointDraft, entity: str) -> None:
    """`/games/{key}/ranking`: only what belongs to the item of the path."""
    owner, lookup = endpoint.entity, endpoint.spec.pop("lookup", "id")
    if "{" not in endpoint.path or owner in {None, entity}:
        return
    links = plan.world.references(entity, owner or "")
    if not links:
        raise Unresolved("it is not clear what belongs to the item of the path")
    param = endpoint.path.split("{", 1)[1].split("}", 1)[0]
    endpoint.spec["parent"] = {
        "entity": owner, "path_param": param, "lookup": lookup, "field": links[0].name,
    }  # fmt: skip


def _rowed(
    plan: Plan, endpoint: EndpointDraft, names: Sequence[str], words: Sequence[Token]
) -> str | None:
    """The things that there is a row for each of."""
    world = plan.world
    lexicon = world.structure.lexicon
    for at, token in enumerate(words[:-1]):
        if token.low in _EACH:
            found = lexicon.find([singular(words[at + 1].low)])
            if found is not None and found.name in world.structure.entities:
                return found.name
            if _exact_field(world, (words[at + 1].low,)):
                return None
    for name in names:
        parts = split_name(name)
        found = lexicon.find([*parts[:-1]]) if parts[-1] == "id" and len(parts) > 1 else None
        if found is not None and found.name in world.structure.entities:
            return found.name
    entity = endpoint.entity
    own = entity is not None and world.field(entity, split_name(names[0])) is not None
    return (
        entity if own and "{" not in endpoint.path and len(endpoint.path.split("/")) > 2 else None
    )


def _exact_field(world: World, words: tuple[str, ...]) -> bool:
    return any(
        made.words == words for name in world.structure.entities for made in world.fields(name)
    )


def _figures(
    plan: Plan, ground: Ground, finding_words: Sequence[Token], fact: Grouped
) -> Iterator[tuple[str, str]]:
    """Every member of a row with what it is worked out from."""
    known: dict[str, str] = {}
    names = list(fact.sketch.members)
    for name in names:
        text = _identity(plan, ground, name) or _told(fact, ground, name, ())
        for words in explanations(finding_words, name, names) if text is None else ():
            if words and words[-1].low == "first":
                continue  # …, most firings first
            text = text or explained(replace(ground, known=known), words, name)
        text = text or named(replace(ground, known=known), name) or _done(ground, name)
        if text is None:
            raise Unresolved(f"it is not said what {name!r} is")
        known[name] = text
        yield name, text


def _told(fact: Grouped, ground: Ground, name: str, figures: Sequence[str]) -> str | None:
    """What a row says of a figure: with its name, or in the order of the figures."""
    told = dict(fact.told).get(name)
    if told is not None:
        return explained(ground, told, name)
    parts: list[list[Token]] = [[]]
    for at, token in enumerate(fact.note):
        if token.low in {",", ";", ":", "and", "-", "–", "as"}:
            parts.append([])
        elif token.low not in _EACH and not (at and fact.note[at - 1].low in _EACH):
            parts[-1].append(token)
    counted_ = {*FUNCTIONS, "how"} - {"first", "last", "most"}
    found = [part for part in parts if {token.low for token in part} & counted_]
    if name not in figures or len(found) != len(figures) or len(figures) == 1:
        return None
    return explained(ground, found[list(figures).index(name)], name)


def _identity(plan: Plan, ground: Ground, name: str) -> str | None:
    """`player_id` in a row for each player."""
    words = split_name(name)
    label = tuple(plan.world.label(ground.holder or "").split())
    return "id" if words in {("id",), (*label, "id"), (*label[-1:], "id")} else None


def _done(ground: Ground, name: str) -> str | None:
    """`sold`, `borrowed`, `played`: how often that was done to it, or how many were."""
    found = verb(name)
    if found is None or "participle" not in found.forms or not ground.parts:
        return None
    made = ground.world.vocabulary.verbs.get(found.base)
    entity = made if made in ground.parts else ground.parts[0]
    return counted(ground, entity)


def _listed(
    plan: Plan, endpoint: EndpointDraft, finding: Finding, holder: str, fact: Grouped
) -> None:
    """A list of the items themselves, with what is worked out for each of them."""
    world, words, names = plan.world, finding.source.full, list(fact.sketch.members)
    ground = Ground.of(world, holder)
    where: dict[str, tuple[str, ...]] = {}
    for entity, text in conditions_in(replace(ground, parts=(*ground.parts, holder)), words):
        where[entity] = (*where.get(entity, ()), text)
    ground = replace(ground, where={key: each for key, each in where.items() if key != holder})
    shown: list[str] = []
    for name, text in list(_figures(plan, ground, words, fact)):
        own = world.field(holder, split_name(name))
        if own is not None and text == escape(own.name):
            shown.append(own.name)
            continue
        made = FieldDraft(name, split_name(name), only_in=endpoint.path)
        made.asked(finding.source.id)
        made.spec = {
            "name": name, "type": kind_of(world, text), "set_by": "system", "required": False, "computed": text,
        }  # fmt: skip
        world.draft(holder).fields.setdefault(name, made)
        shown.append(name)
    endpoint.kind, endpoint.entity = "list", holder
    endpoint.spec.pop("lookup", None)
    conditions = [*where.get(holder, ()), *_with_parts(ground, words)]
    endpoint.spec.update(shows=shown, settled=True, name=endpoint.spec.get("name") or "rows")
    endpoint.spec["where"] = " and ".join(conditions) or None
    endpoint.spec["order_by"] = _order(words, names, shown)
    number = how_many(world, holder, words)
    if number is not None:
        endpoint.spec["pagination"] = {"default_size": number, "maximum_size": number}
    endpoint.asked([finding.source.id])


_ALL = frozenset({"included", "also", "everybody", "even"})


def _with_parts(ground: Ground, words: Sequence[Token]) -> list[str]:
    """`per hive with a harvest`, `customers without orders are left out`: only those that have some."""
    lows = [token.low for token in words]
    if _ALL & set(lows):
        return []
    some = "only" in lows and any(
        lows[at : at + 3] == ["at", "least", "one"] for at in range(len(lows))
    )
    if ("ever" in lows or some) and ground.parts:
        return [f"exists({ground.parts[0]}{ground.conditions(ground.parts[0])})"]
    for at, low in enumerate(lows):
        word = ground.world.structure.lexicon.find([singular(low)])
        if word is None or word.name not in ground.parts:
            continue
        before = set(lows[max(0, at - 4) : at])
        if before & {"most", "fewest", "number", "many", "count"}:
            continue
        out = "out" in lows[at:] or "omitted" in lows[at:] or "missing" in lows[at:]
        if before & {"with", "having", "has", "have"} or (before & {"without", "no"} and out):
            return [f"exists({word.name}{ground.conditions(word.name)})"]
    return []


def _order(words: Sequence[Token], names: Sequence[str], shown: Sequence[str]) -> list[str]:
    """`most wins first, then by nick`, `by goods from a to z`, `Order: points desc, handle asc`."""
    spelled = dict(zip(names, shown, strict=True))
    order: list[str] = []
    for at, token in enumerate(words):
        name = next((each for each in names if _called(token, each)), None)
        before = [each.low for each in words[max(0, at - 3) : at]]
        behind = [each.low for each in words[at + 1 : at + 3]]
        down = bool(_DOWN & {*before, *behind[:1]})
        sorts = bool({"by", "then"} & set(before[-2:])) or bool(_ENDS & set(behind))
        if name is not None and (sorts or (_DOWN | _UP) & set(before[-1:])):
            order.append(f"{'-' if down else ''}{spelled[name]}")
        elif name is None and token.low == "first" and not order:
            sign = _superlative(before)
            figure = next(
                (each for each in names[::-1] if not each.endswith(("id", "Id"))), names[-1]
            )
            order.extend([f"{sign}{spelled[figure]}"] if sign is not None else [])
    if not order and _DOWN & {token.low for token in words}:
        order = [f"-{spelled[names[-1]]}"]
    return list(dict.fromkeys(order))


def _superlative(before: Sequence[str]) -> str | None:
    if _DOWN & set(before):
        return "-"
    return "" if _UP & set(before) else None


def _called(token: Token, name: str) -> bool:
    words = split_name(name)
    low = str(token.value or token.low)
    return low == name or (token.kind == "word" and words in {(low,), (singular(low),)})


def _grouped(
    plan: Plan, endpoint: EndpointDraft, fact: Grouped, holder: str, words: Sequence[Token]
) -> None:
    """A row for each item that others refer to, where the query says which of the others count."""
    world = plan.world
    names = list(fact.sketch.members)
    for entity in world.structure.entities:
        links = world.references(entity, holder)
        if not links or entity == holder:
            continue
        try:
            params = {name: param_of(world, entity, name) for name, _ in fact.route.query}
        except Unresolved:
            continue
        ground = replace(Ground.of(world, None, entity), where={})
        states = [text for _, text in conditions_in(ground, words)]
        way = escape(navigation(links[0].name))
        group_name, returns = "", {}
        for name in names:
            own = world.field(holder, split_name(name))
            if _identity(plan, replace(ground, holder=holder), name):
                group_name = name
                continue
            text = f"max({entity}, {way}.{escape(own.name)})" if own else named(ground, name)
            if text is None:
                break
            returns[name] = text
        else:
            if not returns or not group_name:
                continue
            endpoint.params.update(params)
            endpoint.kind, endpoint.entity = "report", entity
            endpoint.spec.update(
                group_by=escape(links[0].name), group_name=group_name, returns=returns
            )
            if states:
                endpoint.spec["where"] = " and ".join(states)
            endpoint.spec["order_by"] = _order(words, names, names)
            return
    raise Unresolved("it is not clear what the rows count")
