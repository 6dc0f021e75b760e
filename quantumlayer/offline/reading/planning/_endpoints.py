"""The routes of the service: those the document names, and those that follow from the conventions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.language._facts import (
    Answers,
    Filtered,
    Grouped,
    Mention,
    Never,
    Shows,
    Sorted,
)
from quantumlayer.offline.reading.language._vocabulary import EntityWord, snake
from quantumlayer.offline.reading.planning._actions import nested_entity
from quantumlayer.offline.reading.planning._ownership import own_list
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._world import World, escape
from quantumlayer.offline.reading.sentences._definitions import LOG_IN, SIGN_UP
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._words import base

__all__ = ["lookup_field", "plan_endpoints"]

_PREFIXES = frozenset({"api", "v1", "v2", "v3", "rest"})
_IGNORED = frozenset({"/health", "/docs", "/openapi.json", "/redoc"})
_KINDS = {"POST": "create", "GET": "list"}
_ITEM_KINDS = {"GET": "read", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
_BASIC = ("create", "list", "read", "replace", "update", "delete")
_CHANGES = frozenset({"replace", "update"})


def plan_endpoints(plan: Plan) -> None:
    """Plan every route, in the order of the document, then what the conventions add."""
    _forbidden(plan)
    for finding in plan.analysis.findings:
        for route in finding.source.routes:
            if route.path and route.path not in _IGNORED:
                _named(plan, finding, route)
    for name in list(plan.world.structure.entities):
        _conventional(plan, name)


# --- routes of the document ----------------------------------------------------------------------


def _named(plan: Plan, finding: Finding, route: Route) -> None:
    if not route.method and _at_nested_place(plan, finding, route):
        return
    method = route.method or ("GET" if route.query or _is_listed(plan, route) else "")
    if not method:
        _at_place(plan, finding, route)
        return
    endpoint = _classified(plan, finding, method, route)
    if endpoint is None:
        plan.ledger.miss(finding.source.id, f"it is not clear what {method} {route.path} does")
        return
    endpoint.explicit = True
    endpoint.asked([finding.source.id])
    plan.add(endpoint)


def _is_listed(plan: Plan, route: Route) -> bool:
    """`/animals takes species, newest first`: a path alone that is spoken of as something to get."""
    return any(
        isinstance(fact, Answers | Filtered | Grouped | Shows | Sorted)
        for fact in _facts_of(plan, route)
    )


def _at_place(plan: Plan, finding: Finding, route: Route) -> None:
    """`Single wishes live at /wishes/{id}`: the usual routes of items are there."""
    segments = [part for part in route.segments if part not in _PREFIXES]
    if len(segments) != 2 or not segments[1].startswith("{"):
        return
    word = _is_collection(plan, route, segments)
    if word is None:
        return
    for method, kind in _ITEM_KINDS.items():
        if kind in plan.never.get(word.name, {}):
            continue
        endpoint = EndpointDraft(method, route.path, kind, word.name)
        endpoint.spec["lookup"] = lookup_field(plan.world, word.name, segments[1][1:-1])
        endpoint.asked([finding.source.id])
        plan.add(endpoint)


def _at_nested_place(plan: Plan, finding: Finding, route: Route) -> bool:
    """`The stops of a tour live at /tours/{id}/stops`: they are made and listed there.

    `… under /tours/{id}/stops, to list, change and delete` also has the routes of single ones, and
    what is only looked at there is only listed.
    """
    segments = [part for part in route.segments if part not in _PREFIXES]
    nested = len(segments) == 3 and segments[1].startswith("{")
    word = _word(plan, segments[-1]) if nested else None
    parent = _parent(plan, word.name, segments, 1) if word is not None else None
    if word is None or parent is None:
        return False
    said = {base(token.low) for token in finding.source.full if token.kind == "word"}
    ways = [("POST", route.path, "create"), ("GET", route.path, "list")]
    if said & _VERBS["list"] and not said & _MAKING:
        ways = ways[1:]
    item = f"{route.path}/{{{'_'.join(word.label.split())}_id}}"
    ways += [(method, item, kind) for method, kind in _ITEM_KINDS.items() if said & _VERBS[kind]]
    for method, path, kind in ways:
        if kind in plan.never.get(word.name, {}):
            continue
        endpoint = EndpointDraft(method, path, kind, word.name)
        endpoint.spec["parent"] = parent
        endpoint.explicit = True
        endpoint.asked([finding.source.id])
        plan.add(endpoint)
    return True


def _classified(plan: Plan, finding: Finding, method: str, route: Route) -> EndpointDraft | None:
    segments = [part for part in route.segments if part not in _PREFIXES]
    if not segments:
        return None
    account = _account(plan, method, route, segments)
    if account is not None:
        return account
    mine = own_list(plan.world, route)
    if mine is not None:
        endpoint = EndpointDraft(method, route.path, "list", mine)
        endpoint.spec.update(name=snake([segments[-1]]), own=True, settled=True)
        return endpoint
    return (
        _collection(plan, method, route, segments)
        or _item(plan, method, route, segments)
        or _below_item(plan, finding, method, route, segments)
        or _below_collection(plan, finding, method, route, segments)
        or _alone(plan, finding, method, route, segments)
    )


def _account(
    plan: Plan, method: str, route: Route, segments: Sequence[str]
) -> EndpointDraft | None:
    last = segments[-1]
    if method == "POST" and last in SIGN_UP and _is_account(plan, segments):
        return EndpointDraft(method, route.path, "signup", plan.world.user)
    if method == "POST" and last in LOG_IN and _is_account(plan, segments):
        return EndpointDraft(method, route.path, "login", plan.world.user)
    if last in {"me", "profile"} and method in {"GET", "PATCH", "PUT", "DELETE"}:
        kind = {"GET": "me"}.get(method, _ITEM_KINDS[method])
        return EndpointDraft(method, route.path, kind, plan.world.user)
    return None


def _is_account(plan: Plan, segments: Sequence[str]) -> bool:
    """`/events/{id}/register` is no account."""
    return plan.world.user is not None and not any(part.startswith("{") for part in segments)


def _word(plan: Plan, segment: str) -> EntityWord | None:
    return plan.world.structure.lexicon.by_segment(segment)


def _is_collection(plan: Plan, route: Route, segments: Sequence[str]) -> EntityWord | None:
    word = _word(plan, segments[0])
    if word is None:
        return None
    prefix = route.path[: route.path.find(segments[0])]
    word.path = f"{prefix}{segments[0]}"
    return word


def _collection(
    plan: Plan, method: str, route: Route, segments: Sequence[str]
) -> EndpointDraft | None:
    if len(segments) != 1 or segments[0].startswith("{"):
        return None
    word = _is_collection(plan, route, segments)
    if word is None or method not in _KINDS:
        return None
    kind = _KINDS[method]
    if word.name == plan.world.user and kind == "create":
        return EndpointDraft(method, route.path, "signup", word.name)
    return EndpointDraft(method, route.path, kind, word.name)


def _item(plan: Plan, method: str, route: Route, segments: Sequence[str]) -> EndpointDraft | None:
    if len(segments) != 2 or not segments[1].startswith("{") or method not in _ITEM_KINDS:
        return None
    word = _is_collection(plan, route, segments)
    if word is None:
        return None
    endpoint = EndpointDraft(method, route.path, _ITEM_KINDS[method], word.name)
    endpoint.spec["lookup"] = lookup_field(plan.world, word.name, segments[1][1:-1])
    return endpoint


def lookup_field(world: World, entity: str, param: str) -> str:
    """Say which field of an entity a path parameter names."""
    label = world.label(entity).replace(" ", "_")
    words = tuple(snake([param]).split("_"))
    if words in {("id",), (*label.split("_"), "id")} or words == tuple(label.split("_")):
        return "id"
    exact = world.field(entity, words)
    if exact is not None:
        return exact.name
    ending = [
        made
        for made in world.fields(entity)
        if made.words[-1:] == words[-1:] and made.spec.get("type") in {"string", "text"}
    ]
    if len(ending) == 1:
        return ending[0].name
    return "id"


def _parent(plan: Plan, child: str, segments: Sequence[str], at: int) -> dict[str, Any] | None:
    """The item under which a nested collection lives."""
    owner = _word(plan, segments[at - 1]) if at else None
    if owner is None:
        return None
    found = plan.world.references(child, owner.name)
    if not found:
        return None
    param = segments[at][1:-1]
    return {
        "entity": owner.name,
        "path_param": param,
        "lookup": lookup_field(plan.world, owner.name, param),
        "field": found[0].name,
    }


def _below_item(
    plan: Plan, finding: Finding, method: str, route: Route, segments: Sequence[str]
) -> EndpointDraft | None:
    """`/polls/{id}/votes`, `/tickets/{id}/close`, `/garages/{id}/occupancy`."""
    if len(segments) < 3 or not segments[1].startswith("{"):
        return None
    owner = _word(plan, segments[0])
    if owner is None:
        return None
    last = segments[-1]
    if last.startswith("{"):
        return _nested_item(plan, method, route, segments)
    if method == "POST":
        made = nested_entity(plan.analysis, plan.world, owner, last)
        if made is not None:
            endpoint = EndpointDraft(method, route.path, "create", made)
            endpoint.spec["parent"] = _parent(plan, made, segments, 1)
            return endpoint if endpoint.spec["parent"] else None
    if method in {"POST", "PUT", "PATCH"}:
        return _action(plan, method, route, owner, segments)
    if method == "DELETE":
        return None
    word = _word(plan, last)
    if word is not None and word is not owner:
        endpoint = EndpointDraft(method, route.path, "list", word.name)
        parent = _parent(plan, word.name, segments, 1)
        if parent is None:
            return _joined_list(plan, route, owner, word, segments)
        endpoint.spec["parent"] = parent
        return endpoint
    return _view(plan, finding, route, owner, segments)


def _joined_list(
    plan: Plan, route: Route, owner: EntityWord, word: EntityWord, segments: Sequence[str]
) -> EndpointDraft | None:
    """`/volunteers/{id}/shifts`: the shifts that a sign-up ties to the volunteer."""
    world = plan.world
    for name in world.structure.entities:
        to_owner, to_item = world.references(name, owner.name), world.references(name, word.name)
        if to_owner and to_item:
            param = segments[1][1:-1]
            endpoint = EndpointDraft("GET", route.path, "list", word.name)
            conditions = [
                f"{escape(to_item[0].name)} == this.id",
                f"{escape(to_owner[0].name)} == param.{param}",
            ]
            conditions.extend(world.active(name))
            endpoint.spec["where"] = f"exists({name}, {', '.join(conditions)})"
            endpoint.spec["name"] = snake([segments[-1]])
            return endpoint
    return None


def _nested_item(
    plan: Plan, method: str, route: Route, segments: Sequence[str]
) -> EndpointDraft | None:
    word = _word(plan, segments[-2])
    if word is None or method not in _ITEM_KINDS:
        return None
    endpoint = EndpointDraft(method, route.path, _ITEM_KINDS[method], word.name)
    param = segments[-1][1:-1]
    endpoint.spec["lookup"] = lookup_field(plan.world, word.name, param)
    if endpoint.spec["lookup"] == "id" and plan.world.structure.lexicon.find([param.lower()]):
        if plan.world.structure.lexicon.find([param.lower()]) is not word:
            return None  # the path names something else that the item refers to
    endpoint.spec["parent"] = _parent(plan, word.name, segments, 1)
    return endpoint


def _action(
    plan: Plan, method: str, route: Route, owner: EntityWord, segments: Sequence[str]
) -> EndpointDraft:
    entity = owner
    for part in segments[:-1]:
        entity = _word(plan, part) or entity if not part.startswith("{") else entity
    endpoint = EndpointDraft(method, route.path, "action", entity.name)
    endpoint.spec["name"] = snake(segments[-1].split("-"))
    if segments[-2].startswith("{"):
        endpoint.spec["lookup"] = lookup_field(plan.world, entity.name, segments[-2][1:-1])
    return endpoint


def _view(
    plan: Plan, finding: Finding, route: Route, owner: EntityWord, segments: Sequence[str]
) -> EndpointDraft | None:
    """`GET /garages/{id}/occupancy`: a report on the item, or the item with other fields."""
    facts = _facts_of(plan, route)
    kind = "report"
    if any(
        isinstance(fact, Shows) and fact.single and fact.items.entity == owner.name
        for fact in facts
    ):
        kind = "read"
    elif not any(isinstance(fact, Answers) and fact.sketch is not None for fact in facts):
        shown = next((fact for fact in facts if isinstance(fact, Shows) and fact.items.many), None)
        if shown is not None and shown.items.entity is not None:
            kind = "list"
            parent = _parent(plan, shown.items.entity, segments, 1)
            if parent is None:
                return None
            endpoint = EndpointDraft("GET", route.path, kind, shown.items.entity)
            endpoint.spec.update(parent=parent, name=snake([segments[-1]]))
            return endpoint
        grouped = any(isinstance(fact, Grouped) for fact in facts)
        if not grouped and (route.method, route.path) not in plan.world.structure.answers:
            return None
    endpoint = EndpointDraft("GET", route.path, kind, owner.name)
    endpoint.spec["lookup"] = lookup_field(plan.world, owner.name, segments[1][1:-1])
    endpoint.spec["name"] = snake(segments[-1].split("-"))
    return endpoint


def _facts_of(plan: Plan, route: Route) -> list[Any]:
    """Facts that statements tell about one route."""
    found = []
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            about = getattr(fact, "route", None) or getattr(fact, "target", None)
            if (
                isinstance(about, Route)
                and about.path == route.path
                and about.method in {route.method or about.method, ""}
            ):
                found.append(fact)
    return found


def _below_collection(
    plan: Plan, finding: Finding, method: str, route: Route, segments: Sequence[str]
) -> EndpointDraft | None:
    """`/rooms/available`, `/tickets/summary`, `/entries/start`, `/entries/current`."""
    if len(segments) != 2 or segments[0].startswith("{") or segments[1].startswith("{"):
        return None
    word = _is_collection(plan, route, segments)
    if word is None:
        return None
    name = snake(segments[1].split("-"))
    if method == "GET":
        return _named_view(plan, route, word, name)
    if method == "POST":
        picks = any(
            action.route.path == route.path and action.entity == word.name
            for action in plan.world.actions
        )
        endpoint = EndpointDraft(method, route.path, "action" if picks else "create", word.name)
        endpoint.spec["name"] = name
        return endpoint
    return None


def _named_view(plan: Plan, route: Route, word: EntityWord, name: str) -> EndpointDraft | None:
    facts = _facts_of(plan, route)
    answers = any(
        isinstance(fact, Grouped) or (isinstance(fact, Answers) and fact.sketch is not None)
        for fact in facts
    )
    shown = next((fact for fact in facts if isinstance(fact, Shows)), None)
    if answers or (route.method, route.path) in plan.world.structure.answers:
        kind = "report"
    elif shown is not None and shown.single and shown.items.entity == word.name:
        kind = "first"
    else:
        kind = "list"
    endpoint = EndpointDraft("GET", route.path, kind, word.name)
    endpoint.spec["name"] = name
    return endpoint


def _alone(
    plan: Plan, finding: Finding, method: str, route: Route, segments: Sequence[str]
) -> EndpointDraft | None:
    """`/stock`, `/{code}`, `/shared/{share_code}`."""
    if method != "GET":
        return None
    if len(segments) < 3 and segments[-1].startswith("{"):
        words = {token.low for token in finding.source.full}
        param = segments[-1][1:-1]
        entity = _only_with(plan, param)
        if entity is None:
            return None
        follows = words & {"redirects", "redirect", "forwards", "redirected", "leads"}
        endpoint = EndpointDraft("GET", route.path, "redirect" if follows else "read", entity)
        name = snake([segments[0]]) if len(segments) > 1 else None
        endpoint.spec.update(
            lookup=lookup_field(plan.world, entity, param), name="follow" if follows else name
        )
        return endpoint
    if all(not part.startswith("{") for part in segments):
        endpoint = EndpointDraft(method, route.path, "report")
        endpoint.spec["name"] = snake(segments[-1].split("-"))
        return endpoint
    return None


def _only_with(plan: Plan, param: str) -> str | None:
    """The entity that has a field which a path parameter can name."""
    names = [
        name
        for name in plan.world.structure.entities
        if lookup_field(plan.world, name, param) != "id"
    ]
    return names[0] if len(names) == 1 else None


# --- what the conventions add --------------------------------------------------------------------


def _forbidden(plan: Plan) -> None:
    """Note which operations the document rules out."""
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if not isinstance(fact, Never):
                continue
            entity = fact.items.entity or finding.topic
            if entity is None:
                continue
            for operation in fact.operations:
                kinds = {"change": ("replace", "update"), "delete": ("delete",)}.get(
                    operation, (operation,)
                )
                for name in (entity, *fact.items.also):
                    for kind in kinds:
                        plan.never.setdefault(name, {}).setdefault(kind, []).append(
                            finding.source.id
                        )


def _conventional(plan: Plan, name: str) -> None:
    """Add the usual routes of an entity that the document leaves out."""
    draft = plan.world.draft(name)
    if draft.is_child or (name == plan.world.user and not _is_managed(plan, name)):
        return
    missing = [kind for kind in _BASIC if kind not in plan.never.get(name, {})]
    existing = [endpoint for endpoint in plan.endpoints.values() if endpoint.entity == name]
    nested = [endpoint for endpoint in existing if endpoint.spec.get("parent")]
    top = [
        endpoint
        for endpoint in existing
        if endpoint.kind in _BASIC and not endpoint.spec.get("parent")
    ]
    named = {
        endpoint.kind for endpoint in top if endpoint.explicit and endpoint.spec.get("name") is None
    }
    if _is_complete(named):
        return
    made_below = any(endpoint.kind == "create" for endpoint in nested)
    only_nested = made_below and not any(endpoint.path == draft.word.path for endpoint in top)
    if only_nested:
        missing = _wanted_items(plan, name, missing, nested)
    own = [
        endpoint
        for endpoint in top
        if endpoint.spec.get("lookup", "id") != "id"
        and endpoint.path.startswith(f"{draft.word.path}/{{")
    ]
    lookup = own[0].spec["lookup"] if own else "id"
    param = own[0].path.rsplit("{", 1)[1].rstrip("}") if own else "id"
    if lookup == "id":
        lookup, param = _addressed(plan, name)
    for kind in missing:
        method = {"create": "POST", "list": "GET", "read": "GET", "replace": "PUT"}.get(
            kind, "PATCH" if kind == "update" else "DELETE"
        )
        item = kind not in {"create", "list"}
        path = f"{draft.word.path}/{{{param}}}" if item else draft.word.path
        if plan.endpoint(method, path) is not None:
            continue
        endpoint = EndpointDraft(method, path, kind, name)
        if item:
            endpoint.spec["lookup"] = lookup
        endpoint.asked(_mentions(plan, name, kind) or draft.requirements[:1])
        plan.add(endpoint)


def _addressed(plan: Plan, name: str) -> tuple[str, str]:
    """By which field, and parameter, the document's paths pick an item: `/flags/{key}/archive`."""
    for finding in plan.analysis.findings:
        for route in finding.source.routes:
            segments = [part for part in route.segments if part not in _PREFIXES]
            if len(segments) < 2 or not segments[1].startswith("{"):
                continue
            word = _word(plan, segments[0])
            if word is not None and word.name == name:
                lookup = lookup_field(plan.world, name, segments[1][1:-1])
                if lookup != "id":
                    return lookup, segments[1][1:-1]
    return "id", "id"


def _is_complete(kinds: set[str]) -> bool:
    """Whether the document lists the routes of an entity so fully that no other is wanted."""
    return {"create", "read"} <= kinds and len(kinds) >= 4 and bool(kinds & _CHANGES)


def _is_managed(plan: Plan, name: str) -> bool:
    return any(
        endpoint.entity == name and endpoint.kind in {"list", "read"} and endpoint.explicit
        for endpoint in plan.endpoints.values()
    )


def _wanted_items(
    plan: Plan, name: str, missing: Sequence[str], nested: Sequence[EndpointDraft]
) -> list[str]:
    """For a collection that lives below another: only what the text speaks of."""
    there = {endpoint.kind for endpoint in nested}
    mentioned = {kind for kind in missing if _mentions(plan, name, kind)}
    items = {
        endpoint.kind
        for endpoint in plan.endpoints.values()
        if endpoint.entity == name and not endpoint.spec.get("parent") and endpoint.kind in _BASIC
    }
    wanted = set(mentioned)
    if items:  # single items live at a path of their own
        wanted |= {"read", "replace", "update", "delete"}
    return [kind for kind in missing if kind in wanted and kind not in there]


_VERBS = {
    kind: frozenset(verbs.split())
    for kind, verbs in {
        "create": "create add make register enter write post manage book record",
        "list": "list see view browse show manage get search",
        "read": "read see view show get manage open",
        "replace": "update edit change modify manage replace rename correct adjust",
        "update": "update edit change modify manage rename correct adjust amend",
        "delete": "delete remove manage erase drop",
    }.items()
}


_MAKING = _VERBS["create"] | {"create", "live", "keep", "work", "post", "sit", "new"}


def _mentions(plan: Plan, name: str, kind: str) -> list[str]:
    """Statements that speak of an operation on an entity."""
    found = []
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Mention):
                word = plan.world.structure.lexicon.thing(fact.thing)
                if word is not None and word.name == name and _VERBS[kind] & set(fact.verbs):
                    found.append(finding.source.id)
            operations = getattr(fact, "verbs", ()) if type(fact).__name__ == "Access" else ()
            items = getattr(fact, "items", None)
            if operations and items is not None and (items.entity or finding.topic) == name:
                if _VERBS[kind] & set(operations):
                    found.append(finding.source.id)
    return list(dict.fromkeys(found))
