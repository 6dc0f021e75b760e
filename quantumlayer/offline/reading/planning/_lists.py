"""Lists: which items they show, in which order, by which parameters they are narrowed down."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._facts import (
    Counts,
    Filtered,
    Paged,
    Parameter,
    Redirects,
    Required,
    Said,
    Searched,
    Shows,
    Sorted,
)
from quantumlayer.offline.reading.language._terms import AllOf, Condition, Items
from quantumlayer.offline.reading.language._vocabulary import snake
from quantumlayer.offline.reading.planning._list_words import Wish, read_list_words
from quantumlayer.offline.reading.planning._params import (
    FROM,
    PLUMBING,
    SEARCH,
    TO,
    age_of,
    amended,
    by_field,
    by_search,
    by_threshold,
    main_date,
    mentioned,
    param_of,
    periods_of,
    said_of,
)
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._render import (
    Frame,
    Scope,
    condition,
    conditions_of,
    state,
)
from quantumlayer.offline.reading.planning._views import settle_view
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._sketches import Sketch
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import base, plural, singular, split_name

__all__ = ["order_of", "plan_lists"]


def plan_lists(plan: Plan) -> None:
    """Give every list its conditions, order and parameters."""
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            try:
                _apply(plan, finding, fact)
            except Unresolved as reason:
                plan.ledger.miss(finding.source.id, str(reason))
        for route in finding.source.routes:
            _query(plan, finding, route)
    read_list_words(plan, add=_add_named, sort=_sort)
    for endpoint in plan.endpoints.values():
        if endpoint.kind == "list":
            _as_default(plan, endpoint)
            _named_condition(plan, endpoint)
            _usual_params(plan, endpoint)


def _apply(plan: Plan, finding: Finding, fact: object) -> None:
    match fact:
        case Sorted():
            for endpoint in _targets(plan, finding, fact.target):
                if endpoint.kind != "report":  # its rows are sorted by what they show
                    _sort(plan, endpoint, fact, finding)
        case Filtered():
            if isinstance(fact.target, Route) and fact.target.method not in {"GET", ""}:
                return
            for words in fact.names:
                try:
                    _filter(plan, finding, fact.target, words)
                except Unresolved as reason:
                    plan.ledger.miss(finding.source.id, str(reason))
        case Searched():
            _search(plan, finding, fact)
        case Shows():
            _show(plan, finding, fact)
        case Parameter():
            _parameter(plan, finding, fact)
        case Said():
            _said_of_pages(plan, finding, fact)
        case Paged():
            for endpoint in _targets(plan, finding, fact.target):
                _page(endpoint, fact)
                endpoint.asked([finding.source.id])
        case Counts():
            _left_out(plan, finding, fact)
        case Required():
            _together(plan, finding, fact)
        case Redirects():
            _redirect(plan, finding, fact)
        case _:
            pass


def _said_of_pages(plan: Plan, finding: Finding, fact: Said) -> None:
    """`size is 12 by default and at most 40`: no field is meant."""
    names = [words[0] for words in fact.names if len(words) == 1 and words[0] in PLUMBING]
    for name in names:
        if not any(plan.world.field(entity, (name,)) for entity in plan.world.structure.entities):
            for endpoint in _targets(plan, finding, None):
                _plumb(plan, finding, endpoint, name)


def _together(plan: Plan, finding: Finding, fact: Required) -> None:
    """With `period=custom`, `start` and `end` are both required."""
    for endpoint in _targets(plan, finding, None):
        chooser = next(
            (
                name
                for name, param in endpoint.params.items()
                if fact.value in param.get("choices", ())
            ),
            None,
        )
        if chooser is None or endpoint.entity is None:
            raise Unresolved(f"no parameter has the value {fact.value!r}")
        made = main_date(plan.world, endpoint.entity)
        kind = made.spec["type"] if made is not None else "date"
        names = [plan.world.structure.spell(words) for words in fact.names]
        for name in names:
            endpoint.params.setdefault(
                name,
                {
                    "name": name,
                    "type": "date" if kind == "datetime" else kind,
                    "requirements": [finding.source.id],
                },
            )
            endpoint.params[name].pop("where", None)
        given = " and ".join(f"param.{name} is not None" for name in names)
        plan.rule(
            endpoint.entity, ["list"], f"param.{chooser} != {fact.value!r} or ({given})",
            text=f"With {chooser}={fact.value}, {' and '.join(names)} are required.",
            requirement=finding.source.id, status=422, name=f"{fact.value}_needs_{'_and_'.join(names)}"[:50],
        )  # fmt: skip


def _redirect(plan: Plan, finding: Finding, fact: Redirects) -> None:
    endpoint = plan.endpoint(fact.route.method, fact.route.path)
    if endpoint is None or endpoint.entity is None:
        raise Unresolved("it is not clear what this route redirects to")
    made = plan.world.field(endpoint.entity, fact.words)
    if made is None:
        raise Unresolved(f"no field is called {' '.join(fact.words)!r}")
    endpoint.kind = "redirect"
    endpoint.spec["shows"] = [made.name]
    if endpoint.spec.get("status") not in {302, 307}:
        endpoint.spec["status"] = 302
    endpoint.asked([finding.source.id])


def _targets(plan: Plan, finding: Finding, target: Items | Route | None) -> list[EndpointDraft]:
    """The lists that a statement is about."""
    if isinstance(target, Route) and target.path.startswith("/.../"):  # `of the ranking`
        last = target.path.rsplit("/", 1)[1]
        return [
            each for each in plan.endpoints.values()
            if each.method == "GET" and each.path.rsplit("/", 1)[1] in {last, plural(last)}
        ]  # fmt: skip
    if isinstance(target, Route) and target.path:
        endpoint = plan.endpoint("GET", target.path)
        return [endpoint] if endpoint is not None else []
    entity = target.entity if isinstance(target, Items) and target.entity else None
    if entity is None and finding.route is not None and finding.route.path:
        endpoint = plan.endpoint("GET", finding.route.path)
        if endpoint is not None and endpoint.kind in {"list", "first"}:
            return [endpoint]
    entity = entity or finding.topic or _main(plan)
    if entity is None:
        raise Unresolved("it is not clear which list this is about")
    found = [each for each in plan.of(entity, "list") if each.spec.get("name") is None]
    owners = {of.entity for of in target.of} if isinstance(target, Items) else set()
    nested = [each for each in found if (each.spec.get("parent") or {}).get("entity") in owners]
    if nested:
        return nested
    top = [each for each in found if not each.spec.get("parent")]
    if not found:
        raise Unresolved(f"there is no list of {plan.world.draft(entity).word.plural}")
    return top or found


def _main(plan: Plan) -> str | None:
    """The entity that `the list` is of where nothing else is said: the only one with a list of its own."""
    listed = [
        endpoint.entity
        for endpoint in plan.endpoints.values()
        if endpoint.kind == "list" and not endpoint.spec.get("parent") and endpoint.explicit
    ]
    return listed[0] if len(set(listed)) == 1 else None


def _scope(plan: Plan, endpoint: EndpointDraft) -> Scope:
    if endpoint.entity is None:
        raise Unresolved("it is not clear what is listed")
    return Scope(plan.world, (Frame(endpoint.entity),))


# --- order ---------------------------------------------------------------------------------------


def _sort(plan: Plan, endpoint: EndpointDraft, fact: Sorted, finding: Finding) -> None:
    world, entity = plan.world, endpoint.entity or ""
    if fact.client:
        names = [_sort_field(world, entity, words) for words, _ in fact.keys]
        known = endpoint.spec.setdefault("sortable", [])
        known.extend(made.name for made in names if made.name not in known)
        if fact.param:
            endpoint.spec["sort_param"] = fact.param
        if fact.order_param:
            endpoint.spec["order_param"] = fact.order_param
        endpoint.asked([finding.source.id])
        return
    if fact.keys:
        endpoint.spec["order_by"] = order_of(world, entity, fact.keys)
        endpoint.asked([finding.source.id])


def order_of(world: World, entity: str, keys: Sequence[tuple[tuple[str, ...], bool]]) -> list[str]:
    """Write an order: names of fields, with `-` before those that descend.

    Raises:
        Unresolved: The entity has no such field.
    """
    order = []
    for words, descending in keys:
        if words[0] == "!before":
            scope = Scope(world, (Frame(entity),))
            order.append(_group_order(scope, words[1], after=descending))
            continue
        made = _sort_field(world, entity, words)
        order.append(f"{'-' if descending else ''}{made.name}")
        if words[0] in {"!age", "!latest"} and descending:
            order.append("-id")
    return list(dict.fromkeys(order))


def _group_order(scope: Scope, word: str, *, after: bool) -> str:
    """`open ones before done ones`: the order of a field with two values that says so."""
    text = state(scope, (word,))
    name, _, wanted = text.partition(" == ")
    made = next(
        (each for each in scope.world.fields(scope.near.entity) if escape(each.name) == name), None
    )
    values = [repr(each) for each in (False, True)]
    if made is not None and made.spec.get("type") == "enum":
        values = [repr(each) for each in sorted(made.spec["choices"])]
    if made is None or len(values) != 2 or wanted not in values:
        raise Unresolved(f"it is not clear how {word!r} ones come before others")
    return f"-{made.name}" if (values.index(wanted) == 1) != after else made.name


def _sort_field(world: World, entity: str, words: tuple[str, ...]) -> FieldDraft:
    made: FieldDraft | None
    if words[0] == "!age":
        made = age_of(world, entity)
    elif words[0] == "!latest":
        made = _own_moment(world, entity) or age_of(world, entity)
    elif words[0] == "!time":
        made = world.start(entity) or age_of(world, entity)
    elif words[0] == "!number":
        made = _number(world, entity, words[1])
    else:
        made = world.field(entity, words)
        if made is None and words == ("name",):
            made = world.field(entity, ("title",)) or world.field(entity, ("full", "name"))
        if made is None and words in {("start",), ("date",), ("time",)}:
            made = world.start(entity) or age_of(world, entity)
        if made is None and words == ("end",):
            made = world.end(entity)
        if made is None and (" ".join(words) == world.label(entity)):
            made = world.start(entity) or age_of(world, entity)  # the latest job first
        if made is None and len(words) == 1:
            made = _count_of(world, entity, words[0])
    if made is None:
        label = world.label(entity)
        raise Unresolved(
            f"a {label} has no field {' '.join(word.strip('!') for word in words)!r} to sort by"
        )
    return made


def _count_of(world: World, entity: str, word: str) -> FieldDraft | None:
    """`most liked first`: by the number of likes."""
    found = [
        made
        for made in world.fields(entity)
        if made.spec.get("type") in {"integer", "number"}
        and base(singular(made.words[0])) == base(word)
        and (len(made.words) == 1 or made.words[-1] in {"count", "number"})
    ]
    return found[0] if len(found) == 1 else None


def _own_moment(world: World, entity: str) -> FieldDraft | None:
    """The one moment that has to be given with an item, where nothing says when it was made."""
    if age_of(world, entity).name != "id":
        return None
    given = [
        made
        for made in world.fields(entity)
        if made.spec.get("type") in {"date", "datetime"} and made.spec.get("required")
    ]
    return given[0] if len(given) == 1 and given[0].words[-1] != "due" else None


_DIMENSIONS = {
    "longest shortest": "length duration minutes distance km height",
    "heaviest lightest": "weight kg grams",
    "cheapest dearest": "price cost fee amount price_per_night daily_rate rate",
    "fastest slowest quickest": "time seconds minutes duration time_seconds speed",
    "tallest smallest": "height size",
    "largest biggest smallest greatest": "size capacity area amount total",
    "hottest coldest": "temperature degrees",
}
_NUMBERS = "rating stars score points amount price votes value priority urgency rank best".split()


def _number(world: World, entity: str, word: str) -> FieldDraft | None:
    """The number that a superlative without a field is about."""
    kinds = {"integer", "number", "money"}
    for words, names in _DIMENSIONS.items():
        if word in words.split() and (made := world.first(entity, names.split(), kinds)):
            return made
    usual = world.first(entity, _NUMBERS, kinds)
    numbers = [each for each in world.fields(entity) if each.spec.get("type") in kinds]
    return usual or (numbers[0] if len(numbers) == 1 else None)


# --- filters -------------------------------------------------------------------------------------


def _query(plan: Plan, finding: Finding, route: Route) -> None:
    """Parameters in a route's query: `?room_id=3&date=2027-03-01`."""
    if not route.query or route.method not in {"GET", ""}:
        return
    if route.path:
        endpoint = plan.endpoint("GET", route.path)
        endpoints = [endpoint] if endpoint is not None else []
    else:
        try:
            endpoints = _targets(plan, finding, None)
        except Unresolved:
            endpoints = []
    for endpoint in endpoints:
        if endpoint.kind not in {"list", "first"}:
            continue
        names = [name for name, _ in route.query]
        if _is_availability(plan, endpoint, names):
            _availability(plan, finding, endpoint, route)
            continue
        for name, sample in route.query:
            try:
                if name.lower() in PLUMBING:
                    _plumb(plan, finding, endpoint, name, sample)
                elif name not in endpoint.params:
                    _add_param(plan, endpoint, name, finding)
            except Unresolved as reason:
                plan.ledger.miss(finding.source.id, str(reason))


def _filter(
    plan: Plan, finding: Finding, target: Items | Route | None, words: tuple[str, ...]
) -> None:
    for endpoint in _targets(plan, finding, target):
        name = words[0] if len(words) == 1 else plan.world.structure.spell(words)
        if _is_abbreviation(name):
            continue
        made = plan.world.field(endpoint.entity or "", words)
        spelled = len(words) == 1 and name in plan.world.structure.known
        if made is not None and not spelled and made.children is None:
            name = made.name
        if made is None and name.lower() in PLUMBING:
            _plumb(plan, finding, endpoint, name)
            continue
        if name in {"day", "date"} and _has_query(finding, "date"):
            name = "date"
        if name in endpoint.params:
            endpoint.params[name]["requirements"].append(finding.source.id)
            continue
        _add_param(plan, endpoint, name, finding)


def _add_named(plan: Plan, finding: Finding, endpoint: EndpointDraft, wish: Wish) -> None:
    """Add a parameter that a sentence names, once."""
    name, world, entity = wish.name, plan.world, endpoint.entity or ""
    if name.lower() in PLUMBING:
        _plumb(plan, finding, endpoint, name, wish.sample)
    elif wish.searched and not world.field(entity, (name,)):
        fields = [made for made in world.fields(entity) if made.name in wish.searched]
        known = endpoint.params.get(name, {"requirements": []})
        endpoint.params[name] = by_search(world, entity, name, fields)
        endpoint.params[name]["requirements"] = [*known["requirements"], finding.source.id]
    elif name not in endpoint.params and not _is_abbreviation(name):
        _add_param(plan, endpoint, name, finding)


def _is_abbreviation(name: str) -> bool:
    return name in {"e.g", "i.e", "etc"}


def _has_query(finding: Finding, name: str) -> bool:
    return any(name in dict(route.query) for route in finding.source.routes)


def _add_param(plan: Plan, endpoint: EndpointDraft, name: str, finding: Finding) -> None:
    said = said_of(finding.source.full, name, _declared(finding))
    try:
        entity = endpoint.entity or ""
        param = _of_values(plan, entity, name) or _switched(plan, entity, name, said)
        param = param or param_of(plan.world, entity, name, said)
    except Unresolved:
        if endpoint.spec.get("name") is None or split_name(name)[-1] not in {"days", "within"}:
            raise
        param = amended({"name": name, "type": "integer"}, said)  # see _views
    param["requirements"] = [finding.source.id]
    endpoint.params[name] = param
    endpoint.asked([finding.source.id])


def _of_values(plan: Plan, entity: str, name: str) -> dict[str, Any] | None:
    """`?when=upcoming`, `?when=past`: where each value that is shown is a state of the items."""
    values = dict.fromkeys(
        value
        for finding in plan.analysis.findings
        for route in finding.source.routes
        for each, value in route.query
        if each == name and re.fullmatch(r"[a-z][a-z_-]+", value)
    )
    if len(values) < 2 or plan.world.field(entity, split_name(name)) is not None:
        return None
    scope = Scope(plan.world, (Frame(entity),))
    try:
        ways = [f"(param.{name} == {value!r} and {state(scope, (value,))})" for value in values]
    except Unresolved:
        return None
    return {"name": name, "type": "enum", "choices": [*values], "where": " or ".join(ways)}


def _switched(plan: Plan, entity: str, name: str, said: Sequence[Token]) -> dict[str, Any] | None:
    """`?available=true` (at least one copy): where it is set to true, it is a yes or no."""
    queries = (
        each
        for finding in plan.analysis.findings
        for route in finding.source.routes
        for each in route.query
    )
    return by_threshold(plan.world, entity, name, said) if (name, "true") in queries else None


def _declared(finding: Finding) -> frozenset[str]:
    """The names of all parameters that a statement speaks of."""
    named = {fact.name for fact in finding.facts if isinstance(fact, Parameter)}
    for fact in finding.facts:
        if isinstance(fact, Filtered):
            named.update(words[0] for words in fact.names if len(words) == 1)
    return frozenset(named.union(*(dict(route.query) for route in finding.source.routes)))


def _plumb(
    plan: Plan, finding: Finding, endpoint: EndpointDraft, name: str, sample: str = ""
) -> None:
    """`?sort=-price`, `limit` (20 by default, at most 50): how a list is sorted and cut."""
    said = said_of(finding.source.full, name, _declared(finding))
    low = name.lower().replace("_", "")
    if low in {"order", "direction"}:
        if sample.lower() in {"asc", "desc"} or {"asc", "desc"} & {token.low for token in said}:
            endpoint.spec["order_param"] = name
        return
    if low.startswith(("sort", "order")):
        world, entity = plan.world, endpoint.entity or ""
        spelled = {made.name: made for made in world.fields(entity)}
        named = [spelled.get(sample.lstrip("-"))]
        if sample.strip("-.") and named == [None]:
            raise Unresolved(f"a {world.label(entity)} has no field {sample!r} to sort by")
        named.extend(mentioned(world, entity, (), said))
        named.extend(age_of(world, entity) for token in said if token.low in {"date", "age"})
        known = endpoint.spec.setdefault("sortable", [])
        known.extend(dict.fromkeys(made.name for made in named if made and made.name not in known))
        endpoint.spec["sort_param"] = name
    elif low != "offset":
        _page(
            endpoint,
            Paged(
                None,
                name if low in {"page", "cursor"} else None,
                None if low in {"page", "cursor", "limit"} else name,
                *sizes_of(said),
            ),
        )
    endpoint.asked([finding.source.id])


def _search(plan: Plan, finding: Finding, fact: Searched) -> None:
    param = fact.param or _search_name(finding) or "q"
    for endpoint in _targets(plan, finding, fact.target):
        fields = _searched_fields(plan.world, endpoint.entity or "", fact.names)
        exact = _searched_fields(plan.world, endpoint.entity or "", fact.exact)
        built = by_search(plan.world, endpoint.entity or "", param, fields)
        for made in exact:
            built["where"] += f" or {escape(made.name)} == param.{param}"
        built["requirements"] = [finding.source.id]
        endpoint.params[param] = built
        endpoint.asked([finding.source.id])


def _searched_fields(
    world: World, entity: str, names: Sequence[tuple[str, ...]]
) -> list[FieldDraft]:
    fields = []
    for words in names:
        made = world.field(entity, words)
        if made is None:
            raise Unresolved(f"a {world.label(entity)} has no {' '.join(words)!r} to search")
        fields.append(made)
    return fields


def _search_name(finding: Finding) -> str | None:
    for route in [*finding.source.routes, *([finding.route] if finding.route else [])]:
        for name, _ in route.query:
            if name.lower() in SEARCH:
                return name
    return None


def _parameter(plan: Plan, finding: Finding, fact: Parameter) -> None:
    """A parameter with values of its own: `period` with week, month and custom."""
    endpoints = _targets(plan, finding, fact.route)
    for endpoint in endpoints:
        if endpoint.kind == "report":
            continue
        if fact.name.lower() in PLUMBING and fact.meaning:
            _plumb(plan, finding, endpoint, fact.name)
            continue
        if fact.name in endpoint.params:
            amended(endpoint.params[fact.name], fact.meaning)
            continue
        made = plan.world.field(endpoint.entity or "", (fact.name,))
        if made is not None:
            _filter(plan, finding, fact.route, (fact.name,))
            continue
        if not fact.values:
            _add_param(plan, endpoint, fact.name, finding)
            continue
        periods = periods_of(plan.world, endpoint.entity or "", fact)
        periods["requirements"] = [finding.source.id]
        if periods.pop("custom"):
            for name in ("start", "end"):
                endpoint.params[name] = {
                    "name": name,
                    "type": "date",
                    "requirements": [finding.source.id],
                }
        endpoint.params[fact.name] = periods
        endpoint.asked([finding.source.id])


_NUMBER = r"(\d+)"
_DEFAULT_SIZE = re.compile(
    rf"(?:default(?:s|ing)?(?: (?:is|to|size|value|of|:|=))*|normally|usually) {_NUMBER}|{_NUMBER} (?:[a-z]+ )?,? ?(?:by|as|per|if|when|unless|without|otherwise|at a time|each)\b"
)
_MOST = re.compile(
    rf"(?:at most|no more than|not more than|up to|maximum(?: (?:is|of|:|=))*|max(?:imum)?|above|over|more than|limited to|capped at|<=) {_NUMBER}|{_NUMBER} (?:[a-z]+ )?(?:at (?:the )?most|max(?:imum)?\b)"
)


def sizes_of(said: Sequence[Token]) -> tuple[int | None, int | None]:
    """The usual and the largest size of a page: `default 20, at most 100`."""
    text = " ".join(token.low for token in said)
    usual, most = _DEFAULT_SIZE.search(text), _MOST.search(text)
    return tuple(
        int(next(filter(None, found.groups()))) if found else None for found in (usual, most)
    )  # type: ignore[return-value]


# --- availability --------------------------------------------------------------------------------


_FREE = frozenset("available free availability vacant unoccupied bookable open unbooked".split())


def _is_availability(plan: Plan, endpoint: EndpointDraft, names: Sequence[str]) -> bool:
    named = endpoint.spec.get("name") in _FREE
    return named and "" not in _edges(plan, endpoint.entity or "", names)


def _edges(plan: Plan, entity: str, names: Sequence[str]) -> tuple[str, str]:
    """The parameters that say from when to when something is wanted; empty where there are none."""
    booking = _booking(plan, entity)
    found = ["", ""]
    for place, usual in enumerate((FROM, TO)):
        edge = (plan.world.start, plan.world.end)[place](booking) if booking else None
        for name in names:
            made = plan.world.field(booking or "", split_name(name))
            if not found[place] and (name.lower() in usual or (made is not None and made is edge)):
                found[place] = name
    return (found[0], found[1]) if booking else ("", "")


def _booking(plan: Plan, entity: str) -> str | None:
    """The entity that takes items of another for a time."""
    world = plan.world
    for name in world.registrants(entity):
        if world.start(name) is not None and world.end(name) is not None:
            return name
    return None


def _availability(plan: Plan, finding: Finding, endpoint: EndpointDraft, route: Route) -> None:
    """`GET /rooms/available?start=…&end=…&attendees=8`: what nobody has taken in that time."""
    world, entity = plan.world, endpoint.entity or ""
    booking = _booking(plan, entity) or ""
    start, end = world.start(booking), world.end(booking)
    if start is None or end is None:  # pragma: no cover -- `_booking` found both
        raise Unresolved("it is not clear when something is taken")
    kind = start.spec["type"]
    names = [name for name, _ in route.query]
    first, last = _edges(plan, entity, names)
    whole = kind == "date" and not world.touching
    less, more = ("<=", ">=") if whole else ("<", ">")
    link = world.references(booking, entity)[0]
    parts = [f"{escape(link.name)} == this.id", *world.active(booking),
             f"{escape(start.name)} {less} param.{last}", f"{escape(end.name)} {more} param.{first}"]  # fmt: skip
    where = [f"not exists({booking}, {', '.join(parts)})"]
    for name in (first, last):
        endpoint.params[name] = {
            "name": name,
            "type": kind,
            "required": True,
            "requirements": [finding.source.id],
        }
    capacity = world.capacity(entity)
    for name in names:
        if name in {first, last} or name.lower() in PLUMBING:
            continue
        words = tuple(snake([name]).split("_"))
        amount = world.field(booking, words)
        if capacity is not None and (
            amount is not None or words[-1] in {"people", "guests", "attendees", "persons"}
        ):
            endpoint.params[name] = {"name": name, "type": "integer", "minimum": 1, "requirements": [finding.source.id],
                                     "where": f"{escape(capacity.name)} >= param.{name}"}  # fmt: skip
        else:
            _add_param(plan, endpoint, name, finding)
    existing = endpoint.spec.get("where")
    endpoint.spec["where"] = " and ".join([*([existing] if existing else []), *where])
    endpoint.spec["settled"] = True
    endpoint.asked([finding.source.id])


# --- what a list shows ---------------------------------------------------------------------------


def _show(plan: Plan, finding: Finding, fact: Shows) -> None:
    endpoint = plan.endpoint("GET", fact.route.path) if fact.route is not None else None
    if endpoint is None or endpoint.entity is None or endpoint.kind not in {"list", "first"}:
        return
    if fact.items.entity != endpoint.entity:
        return
    scope = _scope(plan, endpoint)
    written = [condition(scope, each) for each in _flat(fact.items.where) if not _is_idle(each)]
    for other in fact.items.of:
        if other.where:
            written.extend(conditions_of(scope, other, linked=False))
    if written:
        existing = endpoint.spec.get("where")
        endpoint.spec["where"] = " and ".join([*([existing] if existing else []), *written])
    endpoint.spec["settled"] = bool(written)
    endpoint.asked([finding.source.id])


def _flat(conditions: Sequence[Condition]) -> Iterator[Condition]:
    for each in conditions:
        if isinstance(each, AllOf):
            yield from _flat(each.parts)
        else:
            yield each


def _is_idle(term: object) -> bool:
    """`the stored entry`, `existing tasks`: words that leave nothing out."""
    words = getattr(term, "words", ())
    return tuple(words) in {
        ("untaken",),
        ("stored",),
        ("existing",),
        ("saved",),
        ("matching",),
        ("registered",),
        ("recorded",),
    }


def _as_default(plan: Plan, endpoint: EndpointDraft) -> None:
    """A list of what is not archived, with `?archived=true` for the others: the usual value."""
    where = str(endpoint.spec.get("where") or "")
    for name, param in endpoint.params.items():
        made = plan.world.field(endpoint.entity or "", (name,))
        if made is None or made.spec.get("type") != "boolean" or "default" in param:
            continue
        for text, usual in (("== False", False), ("!= True", False), ("== True", True)):
            if where == f"{escape(made.name)} {text}":
                param["default"] = usual
                endpoint.spec["where"] = None


def _named_condition(plan: Plan, endpoint: EndpointDraft) -> None:
    """`/loans/overdue` without another word: the loans that are overdue."""
    name, spec = endpoint.spec.get("name"), endpoint.spec
    if name is None or spec.get("where") or spec.get("parent") or spec.get("own"):
        return
    try:
        settle_view(plan, endpoint)
    except Unresolved as reason:
        for requirement in endpoint.requirements[:1]:
            plan.ledger.miss(requirement, str(reason))
        endpoint.spec["broken"] = True


def _left_out(plan: Plan, finding: Finding, fact: Counts) -> None:
    """`Cancelled bookings are left out there`: of the list spoken of last."""
    words = {token.low for token in finding.source.tokens}
    if finding.route is None or not words & {"out", "there", "excluded", "shown"}:
        return
    endpoint = plan.endpoint("GET", finding.route.path)
    if (
        endpoint is None
        or endpoint.kind != "list"
        or fact.items.entity not in {None, endpoint.entity}
    ):
        return
    from quantumlayer.offline.reading.planning._render import opposite  # noqa: PLC0415

    scope = _scope(plan, endpoint)
    written = [opposite(condition(scope, each)) for each in fact.items.where]
    existing = endpoint.spec.get("where")
    endpoint.spec["where"] = " and ".join([*([existing] if existing else []), *written])
    endpoint.asked([finding.source.id])


def _usual_params(plan: Plan, endpoint: EndpointDraft) -> None:
    """Equality with every enum, boolean and reference, as the conventions have it."""
    parent = endpoint.spec.get("parent") or {}
    for made in plan.world.fields(endpoint.entity or ""):
        if made.hidden or made.name in endpoint.params or made.name == parent.get("field"):
            continue
        if (
            made.spec.get("type") in {"enum", "boolean", "reference"}
            and "computed" not in made.spec
        ):
            owned = made.references is not None and made.references == plan.world.user
            if made.spec.get("secret") or owned:
                continue
            param = by_field(made.name, made)
            param["requirements"] = []
            endpoint.params[made.name] = param


# --- pages ---------------------------------------------------------------------------------------


def _page(endpoint: EndpointDraft, fact: Paged) -> None:
    style = endpoint.spec.setdefault("pagination", {})
    if fact.page_param:
        style.update(style="page", page_param=fact.page_param)
    if fact.size_param:
        style["size_param"] = fact.size_param
    if fact.size:
        style["default_size"] = fact.size
    if fact.most:
        style["maximum_size"] = fact.most
    if fact.sketch is not None:
        page_members(style, fact.sketch)


def page_members(style: dict[str, Any], sketch: Sketch) -> None:
    """Read the members of `{"items": […], "total": n, "page": n, "page_size": n}`."""
    lists = [
        name
        for name, value in sketch.members.items()
        if isinstance(value, list) or name in {"items", "results", "data"}
    ]
    rest = [name for name in sketch.members if name not in lists]
    style["style"] = "page"
    style["items_member"] = lists[0] if lists else "items"
    style["page_member"] = style["size_member"] = None
    for name in rest:
        low = name.lower()
        if "size" in low or "per" in low or low == "limit":
            style["size_member"] = name
        elif "total" in low or "count" in low:
            style["total_member"] = name
        elif "page" in low:
            style["page_member"] = name
