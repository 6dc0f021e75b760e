"""What answers contain: fields that only some routes show, and the items that belong to the one shown."""

from __future__ import annotations

from typing import Any

from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.language._facts import Answers, Hides, Included
from quantumlayer.offline.reading.planning._lists import order_of
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._world import Unresolved
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._sketches import Sketch
from quantumlayer.offline.reading.text._words import singular

__all__ = ["plan_answers"]

_ITEM_KINDS = frozenset({"read", "first", "create", "replace", "update", "list", "action"})
_WHOLE = frozenset({"redirect", "delete", "report"})


def plan_answers(plan: Plan) -> None:
    """Say for every route which fields and which lists its answer has."""
    _special_fields(plan)
    for finding in plan.analysis.findings:
        for route, sketch in finding.source.answers:
            _of_action(plan, finding, route, sketch)
        for fact in finding.facts:
            try:
                match fact:
                    case Hides(names=names, routes=(_, *_)):
                        for route in fact.routes:
                            _hide(plan, finding, route, names)
                    case Included():
                        _include(plan, finding, fact)
                    case Answers(route=Route() as route, sketch=Sketch() as sketch):
                        _members(plan, finding, route, sketch)
                    case _:
                        pass
            except Unresolved as reason:
                plan.ledger.miss(finding.source.id, str(reason))


def _special_fields(plan: Plan) -> None:
    """Fields that only one route shows are left out everywhere else."""
    for name, draft in plan.world.structure.entities.items():
        special = {made.name: made.only_in for made in draft.fields.values() if made.only_in}
        if not special:
            continue
        for endpoint in plan.endpoints.values():
            if endpoint.entity != name or endpoint.kind in _WHOLE:
                continue
            hidden = {each for each, path in special.items() if path != endpoint.path}
            _leave_out(plan, endpoint, hidden)


def _of_action(plan: Plan, finding: Finding, route: Route, sketch: Sketch) -> None:
    """`POST /quizzes/{id}/answer replies {"correct": true}`: an action answers with its item."""
    endpoint = plan.endpoint(route.method, route.path)
    if endpoint is None or endpoint.entity is None or endpoint.kind != "action":
        return
    unknown = [
        name
        for name in sketch.members
        if name != "id" and plan.world.field(endpoint.entity, (name,)) is None
    ]
    if unknown and len(unknown) == len(sketch.members):
        endpoint.spec["broken"] = not endpoint.spec.get("effects")
        plan.ledger.miss(finding.source.id, f"it is not said how {unknown[0]!r} is worked out")


def _leave_out(plan: Plan, endpoint: EndpointDraft, hidden: set[str]) -> None:
    fields = plan.world.draft(endpoint.entity or "").fields
    shown = endpoint.spec.get("shows") or [
        "id",
        *(name for name, made in fields.items() if not made.spec.get("secret")),
    ]
    if hidden & set(shown):
        endpoint.spec["shows"] = [name for name in shown if name not in hidden]


def _hide(plan: Plan, finding: Finding, route: Route, names: tuple[tuple[str, ...], ...]) -> None:
    """`Neither /wishes nor /wishes/{id} contains reserved`: with any method."""
    methods = [route.method] if route.method else ["GET", "POST", "PUT", "PATCH"]
    found = [each for method in methods if (each := plan.endpoint(method, route.path)) is not None]
    for endpoint in found:
        if endpoint.entity is None or endpoint.kind not in _ITEM_KINDS:
            continue
        hidden = set()
        for words in names:
            made = plan.world.field(endpoint.entity, words)
            if made is None:
                raise Unresolved(f"no field is called {' '.join(words)!r}")
            hidden.add(made.name)
        _leave_out(plan, endpoint, hidden)
        endpoint.asked([finding.source.id])


# --- lists inside an answer ----------------------------------------------------------------------


def _include(plan: Plan, finding: Finding, fact: Included) -> None:
    """`GET /boards/{id} shows the board with its cards, oldest first`."""
    route = fact.route
    endpoint = plan.endpoint("GET", route.path) if route is not None else None
    if endpoint is None or endpoint.entity is None or endpoint.kind not in {"read", "first"}:
        raise Unresolved("it is not clear which answer has this list")
    child = fact.items.entity or ""
    spec = _list_of(plan, endpoint, child, plan.world.draft(child).word.plural.split())
    if fact.order:
        spec["order_by"] = order_of(plan.world, child, fact.order)
    if fact.names:
        spec["shows"] = _shown(plan, child, fact.names)
    endpoint.asked([finding.source.id])


def _list_of(plan: Plan, endpoint: EndpointDraft, child: str, words: list[str]) -> dict[str, Any]:
    """Add a list of another entity's items to an answer, once."""
    found = plan.world.references(child, endpoint.entity or "")
    if not found:
        one, two = plan.world.label(child), plan.world.label(endpoint.entity or "")
        raise Unresolved(f"no reference leads from a {one} to a {two}")
    includes: list[dict[str, Any]] = endpoint.spec.setdefault("includes", [])
    for known in includes:
        if known["entity"] == child:
            return known
    spec: dict[str, Any] = {
        "name": plan.world.structure.spell(words), "entity": child, "field": found[0].name,
    }  # fmt: skip
    includes.append(spec)
    return spec


def _shown(plan: Plan, child: str, names: tuple[tuple[str, ...], ...]) -> list[str]:
    shown = ["id"]
    for words in names:
        made = plan.world.field(child, words)
        if made is None and words != ("id",):
            raise Unresolved(f"a {plan.world.label(child)} has no field {' '.join(words)!r}")
        if made is not None:
            shown.append(made.name)
    return list(dict.fromkeys(shown))


def _members(plan: Plan, finding: Finding, route: Route, sketch: Sketch) -> None:
    """`It answers {"title", "wishes"}`: of an item, its fields and the lists that belong to it."""
    endpoint = plan.endpoint("GET", route.path)
    if endpoint is None or endpoint.entity is None or endpoint.kind not in {"read", "first"}:
        return
    shown = []
    for name in sketch.members:
        words = name.replace("_", " ").lower().split()
        made = plan.world.field(endpoint.entity, tuple(words))
        child = plan.world.structure.lexicon.find([singular(word) for word in words])
        if name == "id" or made is not None:
            shown.append(name if made is None else made.name)
        elif child is not None and child.name in plan.world.structure.entities:
            _list_of(plan, endpoint, child.name, words)["name"] = name
        else:
            raise Unresolved(f"it is not said what {name!r} is")
    if shown:
        endpoint.spec["shows"] = shown
    endpoint.asked([finding.source.id])
