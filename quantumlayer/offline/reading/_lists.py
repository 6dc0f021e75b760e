"""Lists: which items they show, in which order, by which parameters they are narrowed down."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from quantumlayer.offline.reading._analysis import Finding
from quantumlayer.offline.reading._drafts import FieldDraft
from quantumlayer.offline.reading._facts import (
    Counts,
    Filtered,
    Paged,
    Parameter,
    Redirects,
    Required,
    Searched,
    Shows,
    Sorted,
)
from quantumlayer.offline.reading._plan import EndpointDraft, Plan
from quantumlayer.offline.reading._render import Frame, Scope, condition, conditions_of, state
from quantumlayer.offline.reading._routes import Route
from quantumlayer.offline.reading._sketches import Sketch
from quantumlayer.offline.reading._terms import AllOf, Condition, Items
from quantumlayer.offline.reading._vocabulary import snake
from quantumlayer.offline.reading._words import base, plural, singular
from quantumlayer.offline.reading._world import Unresolved, World, escape

__all__ = ["order_of", "plan_lists"]

_LISTS = {"list", "first", "read"}
_PLUMBING = frozenset(
    (
        "limit offset page page_size per_page size sort order sort_by order_by direction pagesize "
        "perpage cursor"
    ).split()
)
_SEARCH = frozenset({"q", "search", "query", "term", "keyword", "text", "s", "find"})
_TEXTUAL = frozenset({"string", "text", "email"})
_FROM = frozenset(
    (
        "from start since after start_date from_date date_from begin startdate fromdate datefrom"
    ).split()
)
_TO = frozenset("to end until before end_date to_date date_to enddate todate dateto".split())


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
    for endpoint in plan.endpoints.values():
        if endpoint.kind == "list":
            _as_default(plan, endpoint)
            _named_condition(plan, endpoint)
            _usual_params(plan, endpoint)


def _apply(plan: Plan, finding: Finding, fact: object) -> None:
    match fact:
        case Sorted():
            for endpoint in _targets(plan, finding, fact.target):
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
        made = _main_date(plan.world, endpoint.entity)
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
        made = _age(world, entity)
    elif words[0] == "!latest":
        made = _own_moment(world, entity) or _age(world, entity)
    elif words[0] == "!time":
        made = world.start(entity) or _age(world, entity)
    elif words[0] == "!number":
        made = _number(world, entity)
    else:
        made = world.field(entity, words)
        if made is None and words == ("name",):
            made = world.field(entity, ("title",)) or world.field(entity, ("full", "name"))
        if made is None and words in {("start",), ("date",), ("time",)}:
            made = world.start(entity) or _age(world, entity)
        if made is None and words == ("end",):
            made = world.end(entity)
        if made is None and (" ".join(words) == world.label(entity)):
            made = world.start(entity) or _age(world, entity)  # the latest job first
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
    if _age(world, entity).name != "id":
        return None
    given = [
        made
        for made in world.fields(entity)
        if made.spec.get("type") in {"date", "datetime"} and made.spec.get("required")
    ]
    return given[0] if len(given) == 1 and given[0].words[-1] != "due" else None


def _age(world: World, entity: str) -> FieldDraft:
    """When an item came to be; its id says so where no field does."""
    created = world.first(
        entity,
        ("created_at", "createdat", "entered_at", "added_at", "submitted_at", "posted_at", "placed_at",
         "achieved_at", "created_on", "loan_date", "created", "opened_at", "sent_at", "recorded_at"),
        {"datetime", "date"},
    )  # fmt: skip
    if created is not None:
        return created
    own = [
        made
        for made in world.fields(entity)
        if made.spec.get("type") in {"datetime", "date"}
        and "on_create" in made.spec
        and "on_update" not in made.spec
    ]
    if own:
        return own[0]
    dated = world.first(
        entity,
        ("date", "day", "starts_at", "start", "started_at", "issued_on"),
        {"datetime", "date"},
    )
    return dated or FieldDraft("id", ("id",), spec={"type": "integer"})


def _number(world: World, entity: str) -> FieldDraft | None:
    names = (
        "rating",
        "stars",
        "score",
        "points",
        "amount",
        "price",
        "votes",
        "value",
        "priority",
        "urgency",
        "rank",
        "best",
    )
    return world.first(entity, names, {"integer", "number", "money"})


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
            if name.lower() in _PLUMBING or name in endpoint.params:
                continue
            try:
                _add_param(plan, endpoint, name, finding.source.id, sample)
            except Unresolved as reason:
                plan.ledger.miss(finding.source.id, str(reason))


def _filter(
    plan: Plan, finding: Finding, target: Items | Route | None, words: tuple[str, ...]
) -> None:
    for endpoint in _targets(plan, finding, target):
        name = words[0] if len(words) == 1 else plan.world.structure.spell(words)
        made = plan.world.field(endpoint.entity or "", words)
        spelled = len(words) == 1 and name in plan.world.structure.known
        if made is not None and not spelled and made.children is None:
            name = made.name
        if made is None and name.lower() in _PLUMBING:
            continue
        if name in {"day", "date"} and _has_query(finding, "date"):
            name = "date"
        if name in endpoint.params:
            endpoint.params[name]["requirements"].append(finding.source.id)
            continue
        _add_param(plan, endpoint, name, finding.source.id, "")
        if made is not None and made.spec["type"] in _TEXTUAL and _in_part(finding, words[-1]):
            endpoint.params[name]["where"] = f"contains({escape(made.name)}, param.{name})"


_PARTLY = frozenset({"part", "parts", "partial", "partially", "substring", "contains"})


def _in_part(finding: Finding, word: str) -> bool:
    """`by company (part of the name is enough)`: the bracket behind a parameter says so."""
    tokens = finding.source.full
    for at, token in enumerate(tokens[:-1]):
        if token.low == word and tokens[at + 1].low == "(":
            end = next((i for i, each in enumerate(tokens) if i > at and each.low == ")"), at)
            return any(each.low in _PARTLY for each in tokens[at:end])
    return False


def _has_query(finding: Finding, name: str) -> bool:
    return any(name in dict(route.query) for route in finding.source.routes)


def _add_param(
    plan: Plan, endpoint: EndpointDraft, name: str, requirement: str, sample: str
) -> None:
    param = _param(plan, endpoint, name, sample)
    param["requirements"] = [requirement]
    endpoint.params[name] = param
    endpoint.asked([requirement])


def _param(plan: Plan, endpoint: EndpointDraft, name: str, sample: str) -> dict[str, Any]:
    """Work out what a query parameter means for the items of a list.

    Raises:
        Unresolved: Its name leads to no field.
    """
    world, entity = plan.world, endpoint.entity or ""
    words = tuple(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"))
    made = world.field(entity, words) or world.field(entity, (*words, "id"))
    if made is not None and not made.spec.get("secret") and made.children is None:
        return _by_field(name, made)
    low = name.lower()
    if low in _SEARCH:
        return _by_search(world, entity, name, _texts(world, entity))
    for attempt in (
        _by_bound,
        _by_period,
        _by_day,
        _by_reference,
        _by_element,
        _by_joined,
        _by_word,
    ):
        found = attempt(world, entity, name, words)
        if found is not None:
            return found
    del sample
    raise Unresolved(
        f"it is not clear what the parameter {name!r} means for a {world.label(entity)}"
    )


def _by_field(name: str, made: FieldDraft) -> dict[str, Any]:
    kind = made.spec["type"]
    field = escape(made.name)
    param: dict[str, Any] = {"name": name, "type": kind, "where": f"{field} == param.{name}"}
    if kind == "enum":
        param["choices"] = list(made.spec["choices"])
    elif kind == "reference":
        param["references"] = made.references
    elif kind == "strings":
        param.update(type="string", where=f"includes({field}, param.{name})")
    elif kind in {"text", "email", "url"}:
        param["type"] = "string"
    return param


def _texts(world: World, entity: str) -> list[FieldDraft]:
    return [
        made
        for made in world.fields(entity)
        if made.spec.get("type") in _TEXTUAL and not made.spec.get("secret")
    ]


def _by_search(
    world: World, entity: str, name: str, fields: Sequence[FieldDraft]
) -> dict[str, Any]:
    if not fields:
        raise Unresolved(f"a {world.label(entity)} has no text to search")
    where = " or ".join(f"contains({escape(made.name)}, param.{name})" for made in fields)
    return {"name": name, "type": "string", "where": where}


def _by_bound(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    """`minPrice`, `max_minutes`, `price_from`."""
    if len(words) < 2:
        return None
    for bounds, operator in (
        ({"min", "minimum", "from", "least"}, ">="),
        ({"max", "maximum", "to", "most"}, "<="),
    ):
        rest: tuple[str, ...] = ()
        if words[0] in bounds:
            rest = words[1:]
        elif words[-1] in bounds:
            rest = words[:-1]
        made = world.field(entity, rest) if rest else None
        if made is not None and made.spec["type"] in {
            "integer",
            "number",
            "money",
            "date",
            "datetime",
        }:
            return _compared(name, made, operator)
    for suffix, operator in (("after", ">="), ("since", ">="), ("before", "<="), ("until", "<=")):
        if words[-1] == suffix:
            made = world.field(entity, words[:-1])
            if made is not None and made.spec["type"] in {"date", "datetime"}:
                return _compared(name, made, operator)
    return None


def _compared(name: str, made: FieldDraft, operator: str) -> dict[str, Any]:
    kind = made.spec["type"]
    field = escape(made.name)
    if kind == "datetime":
        return {"name": name, "type": "date", "where": f"date({field}) {operator} param.{name}"}
    return {"name": name, "type": kind, "where": f"{field} {operator} param.{name}"}


def _main_date(world: World, entity: str) -> FieldDraft | None:
    made = world.start(entity)
    if made is not None:
        return made
    age = _age(world, entity)
    return age if age.name != "id" else None


def _by_period(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    low = "_".join(words)
    if low not in _FROM | _TO:
        return None
    made = _main_date(world, entity)
    return _compared(name, made, ">=" if low in _FROM else "<=") if made is not None else None


def _by_day(world: World, entity: str, name: str, words: tuple[str, ...]) -> dict[str, Any] | None:
    made = _main_date(world, entity)
    if made is None:
        return None
    field = escape(made.name)
    text = field if made.spec["type"] == "date" else f"date({field})"
    last = world.end(entity)
    if words == ("on",) and last is not None and last is not made and last.spec["type"] == "date":
        where = f"{field} <= param.{name} and {escape(last.name)} >= param.{name}"
        return {"name": name, "type": "date", "where": where}
    if words in {("date",), ("day",), ("on",)}:
        return {"name": name, "type": "date", "where": f"{text} == param.{name}"}
    if words == ("month",):
        return {
            "name": name,
            "type": "string",
            "pattern": r"\d{4}-\d{2}",
            "where": f"month({field}) == param.{name}",
        }
    if words == ("year",):
        return {"name": name, "type": "integer", "where": f"year({field}) == param.{name}"}
    return None


def _by_reference(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    """A field of something that the items refer to: `?category=drilling` on rentals."""
    for reference in world.fields(entity):
        if reference.references is None or reference.references == world.user:
            continue
        made = world.field(reference.references, words)
        if made is not None and made.spec.get("type") not in {"reference", "children", "strings"}:
            from quantumlayer.agents.expressions import navigation  # noqa: PLC0415

            way = escape(navigation(reference.name))
            param = _by_field(name, made)
            param["where"] = f"{way}.{escape(made.name)} == param.{name}"
            return param
    return None


def _by_element(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    """`?tag=home` looks into the tags, `?ingredient=flour` at the names of the ingredients."""
    for made in world.fields(entity):
        if singular(made.words[-1]) != words[-1]:
            continue
        if made.spec.get("type") == "strings":
            return {
                "name": name,
                "type": "string",
                "where": f"includes({escape(made.name)}, param.{name})",
            }
        if made.children is not None:
            named = world.field(made.children, ("name",)) or world.field(made.children, ("title",))
            link = world.references(made.children, entity)
            if named is not None and link:
                where = f"exists({made.children}, {escape(link[0].name)} == this.id, {escape(named.name)} == param.{name})"
                return {"name": name, "type": "string", "where": where}
    return None


def _by_joined(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    """`?actor_id=3` on movies: those that a casting ties to the actor."""
    label = words[:-1] if words[-1] == "id" else words
    target = world.structure.lexicon.find(list(label))
    if target is None:
        return None
    for other in world.structure.entities:
        here, there = world.references(other, entity), world.references(other, target.name)
        if here and there:
            where = f"exists({other}, {escape(here[0].name)} == this.id, {escape(there[0].name)} == param.{name})"
            return {"name": name, "type": "reference", "references": target.name, "where": where}
    return None


def _by_word(world: World, entity: str, name: str, words: tuple[str, ...]) -> dict[str, Any] | None:
    """A state used as a switch: `?overdue=true`, `?archived=true`."""
    scope = Scope(world, (Frame(entity),))
    from quantumlayer.offline.reading._render import opposite, state  # noqa: PLC0415

    try:
        text = state(scope, words)
    except Unresolved:
        return None
    where = f"(param.{name} == True and {text}) or (param.{name} == False and {opposite(text)})"
    return {"name": name, "type": "boolean", "where": where}


def _search(plan: Plan, finding: Finding, fact: Searched) -> None:
    param = fact.param or _search_name(finding) or "q"
    for endpoint in _targets(plan, finding, fact.target):
        fields = _searched_fields(plan.world, endpoint.entity or "", fact.names)
        exact = _searched_fields(plan.world, endpoint.entity or "", fact.exact)
        built = _by_search(plan.world, endpoint.entity or "", param, fields)
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
            if name.lower() in _SEARCH:
                return name
    return None


def _parameter(plan: Plan, finding: Finding, fact: Parameter) -> None:
    """A parameter with values of its own: `period` with week, month and custom."""
    endpoints = _targets(plan, finding, fact.route)
    for endpoint in endpoints:
        made = plan.world.field(endpoint.entity or "", (fact.name,))
        if made is not None:
            _filter(plan, finding, fact.route, (fact.name,))
            continue
        periods = _periods(plan.world, endpoint.entity or "", fact)
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


_SPANS = {
    "day": "days(1)", "today": "days(0)", "week": "days(7)", "month": "months(1)", "quarter": "months(3)",
    "year": "years(1)",
}  # fmt: skip


def _periods(world: World, entity: str, fact: Parameter) -> dict[str, Any]:
    made = _main_date(world, entity)
    if made is None:
        raise Unresolved(f"it is not clear what the parameter {fact.name!r} means")
    field = escape(made.name)
    text = field if made.spec["type"] == "date" else f"date({field})"
    parts = []
    custom = False
    for value in fact.values:
        match = re.fullmatch(r"(?:past|last|this)?[-_ ]?(\d+)?[-_ ]?([a-z]+?)s?", value.lower())
        unit = match[2] if match else ""
        number = int(match[1]) if match and match[1] else 1
        if unit in {"custom", "range"}:
            parts.append(
                f"param.{fact.name} == {value!r} and {text} >= param.start and {text} <= param.end"
            )
            custom = True
        elif unit in _SPANS:
            span = _SPANS[unit] if number == 1 else f"{unit}s({number})"
            parts.append(
                f"param.{fact.name} == {value!r} and {text} >= today() - {span} and {text} <= today()"
            )
        elif unit == "all":
            parts.append(f"param.{fact.name} == {value!r}")
        else:
            raise Unresolved(
                f"it is not clear what {value!r} means for the parameter {fact.name!r}"
            )
    where = " or ".join(f"({part})" for part in parts)
    return {
        "name": fact.name,
        "type": "enum",
        "choices": list(fact.values),
        "where": where,
        "custom": custom,
    }


# --- availability --------------------------------------------------------------------------------


def _is_availability(plan: Plan, endpoint: EndpointDraft, names: Sequence[str]) -> bool:
    lows = {name.lower() for name in names}
    named = endpoint.spec.get("name") in {"available", "free", "availability", "vacant"}
    return bool(
        named and lows & _FROM and lows & _TO and _booking(plan, endpoint.entity or "") is not None
    )


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
    first = next(name for name in names if name.lower() in _FROM)
    last = next(name for name in names if name.lower() in _TO)
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
        if name in {first, last} or name.lower() in _PLUMBING:
            continue
        words = tuple(snake([name]).split("_"))
        amount = world.field(booking, words)
        if capacity is not None and (
            amount is not None or words[-1] in {"people", "guests", "attendees", "persons"}
        ):
            endpoint.params[name] = {"name": name, "type": "integer", "minimum": 1, "requirements": [finding.source.id],
                                     "where": f"{escape(capacity.name)} >= param.{name}"}  # fmt: skip
        else:
            _add_param(plan, endpoint, name, finding.source.id, "")
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
    name = endpoint.spec.get("name")
    if (
        name is None
        or endpoint.spec.get("where")
        or endpoint.spec.get("parent")
        or endpoint.spec.get("own")
    ):
        return
    from quantumlayer.offline.reading._render import state  # noqa: PLC0415

    words = tuple(str(name).split("_"))
    try:
        endpoint.spec["where"] = state(_scope(plan, endpoint), words)
    except Unresolved as reason:
        if endpoint.spec.get("order_by") and words[0] in {
            "top",
            "latest",
            "recent",
            "newest",
            "best",
        }:
            return
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
    from quantumlayer.offline.reading._render import opposite  # noqa: PLC0415

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
            param = _by_field(made.name, made)
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
