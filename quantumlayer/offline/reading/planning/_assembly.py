"""From everything that was understood to a design."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from quantumlayer.agents import (
    Access,
    Auth,
    Component,
    Conflict,
    Coverage,
    Creation,
    Decision,
    Effect,
    Endpoint,
    Entity,
    FieldSpec,
    Include,
    Pagination,
    Param,
    Parent,
    Requirement,
    Requirements,
    Rule,
    SystemDesign,
)
from quantumlayer.offline.reading.document._analysis import Analysis, analyse
from quantumlayer.offline.reading.document._discovery import fields_frame
from quantumlayer.offline.reading.document._drafts import EntityDraft, FieldDraft
from quantumlayer.offline.reading.document._sources import Source
from quantumlayer.offline.reading.language._facts import AllRequired, Status
from quantumlayer.offline.reading.planning._actions import find_actions, settle_actions, steps_of
from quantumlayer.offline.reading.planning._answers import plan_answers
from quantumlayer.offline.reading.planning._coverage import cover
from quantumlayer.offline.reading.planning._effects import (
    guess_flags,
    plan_actions,
    plan_moments,
    read_bodies,
)
from quantumlayer.offline.reading.planning._endpoints import plan_endpoints
from quantumlayer.offline.reading.planning._fieldrules import add_field_rules
from quantumlayer.offline.reading.planning._fieldspecs import settle_fields
from quantumlayer.offline.reading.planning._following import plan_following
from quantumlayer.offline.reading.planning._ledgers import guard_balances, plan_kinds, plan_ledgers
from quantumlayer.offline.reading.planning._lists import page_members, plan_lists
from quantumlayer.offline.reading.planning._ownership import (
    add_owners,
    find_users,
    plan_access,
    plan_accounts,
)
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._reports import plan_reports
from quantumlayer.offline.reading.planning._rulebook import add_rules
from quantumlayer.offline.reading.planning._shaping import settle_states, shape
from quantumlayer.offline.reading.planning._stock import plan_stock
from quantumlayer.offline.reading.planning._trial import buildable
from quantumlayer.offline.reading.planning._wishes import check_wishes
from quantumlayer.offline.reading.planning._worked import plan_values
from quantumlayer.offline.reading.planning._world import World, escape

__all__ = ["find_conflicts", "make_design", "make_plan"]

_CONFLICT = 409
_SUCCESS = {"create": 201, "signup": 201, "delete": 204}


def make_plan(items: Sequence[Requirement]) -> tuple[Plan, dict[str, Any] | None]:
    """Read statements and plan everything that they ask for; the second value describes log-in.

    It never fails: a statement that trips the reader up is passed over and noted as missing.
    """
    silent: dict[str, str] = {}
    while True:
        try:
            plan, auth = _planned(items, frozenset(silent))
        except NameError:  # A mistake in this program is none of the document.
            raise
        except Exception as error:  # noqa: BLE001 -- no text may bring the reader down
            culprit = _culprit(items, frozenset(silent))
            silent[culprit] = f"reading it failed ({type(error).__name__})"
        else:
            for requirement, reason in silent.items():
                plan.ledger.miss(requirement, reason)
            return plan, auth


def _culprit(items: Sequence[Requirement], silent: frozenset[str]) -> str:
    """Find the statement without which the statements up to it would not fail."""
    names = [item.id for item in items if item.id not in silent]
    low, high = 0, len(names)  # the first `low` do not fail, the first `high` do
    while high - low > 1:
        middle = (low + high) // 2
        try:
            _planned(items, silent | {*names[middle:]})
        except NameError:  # A mistake in this program is none of the document.
            raise
        except Exception:  # noqa: BLE001 -- the same failure, or another one
            high = middle
        else:
            low = middle
    return names[high - 1]


def _planned(
    items: Sequence[Requirement], silent: frozenset[str]
) -> tuple[Plan, dict[str, Any] | None]:
    analysis = analyse(items, silent)
    ledger = analysis.structure.ledger
    world = World(analysis.structure, analysis.vocabulary)
    world.user = find_users(analysis)
    add_owners(analysis, world)
    shape(analysis, world, ledger)
    world.actions = find_actions(analysis, world)
    steps = steps_of(analysis, world, ledger)
    settle_states(world)
    plan = Plan(analysis, world, ledger)
    everything = any(
        isinstance(fact, AllRequired) for each in analysis.findings for fact in each.facts
    )
    _doubt(analysis, world)
    plan.conflicts.extend(
        settle_fields(world.structure.entities.values(), ledger, all_required=everything)
    )
    read_bodies(plan, steps)
    settle_actions(world, steps, analysis)
    guess_flags(plan)
    plan_values(plan)
    plan_endpoints(plan)
    plan_actions(plan, steps)
    plan_kinds(plan)
    plan_following(plan)
    plan_moments(plan)
    plan_ledgers(plan)
    plan_stock(plan)
    plan_lists(plan)
    plan_reports(plan)
    add_rules(plan)
    guard_balances(plan)
    add_field_rules(plan)
    plan.rules.sort(key=lambda rule: rule.status == _CONFLICT)  # what is malformed comes first
    auth = plan_accounts(plan)
    plan_access(plan)
    _statuses(plan, analysis)
    _pages(plan)
    plan_answers(plan)
    check_wishes(plan)
    return plan, auth


def _doubt(analysis: Analysis, world: World) -> None:
    """Mark the fields whose first sentence was only understood in part."""
    unread = {
        finding.source.id
        for finding in analysis.findings
        if finding.unread and not _is_frame(finding.source)
    }
    for draft in world.structure.entities.values():
        for made in draft.fields.values():
            made.doubtful = not unread.isdisjoint(made.requirements[:1])


def _is_frame(source: Source) -> bool:
    """`An inspection of a hive has:` only introduces the items below it."""
    return len(source.tokens) <= _SHORT and fields_frame(source) is not None


_SHORT = 4


def find_conflicts(items: Sequence[Requirement]) -> list[Conflict]:
    """Find statements that cannot both hold."""
    plan, _ = make_plan(items)
    return plan.conflicts


def make_design(requirements: Requirements) -> SystemDesign:
    """Design the service that a document asks for."""
    plan, auth = make_plan(requirements.items)
    _drop_broken(plan)
    return buildable(plan, lambda: _assembled(plan, auth, requirements))


def _assembled(plan: Plan, auth: dict[str, Any] | None, requirements: Requirements) -> SystemDesign:
    auth = auth if auth is not None and auth["entity"] in plan.world.structure.entities else None
    entities = [
        _entity(draft) for draft in plan.world.structure.entities.values() if _is_kept(plan, draft)
    ]
    return SystemDesign(
        name=requirements.name,
        title=requirements.title,
        summary=requirements.summary,
        entities=entities,
        endpoints=[_endpoint(endpoint) for endpoint in plan.endpoints.values()],
        rules=[
            Rule(
                name=rule.name,
                entity=rule.entity,
                on=rule.on,
                condition=_written(rule.condition),
                message=rule.message,
                status=rule.status,
                requirements=rule.requirements,
            )
            for rule in plan.rules
        ],
        auth=Auth(**auth) if auth is not None else None,
        components=_components(auth),
        decisions=_decisions(plan),
        coverage=[Coverage(**each) for each in cover(plan, requirements.items)],
    )


def _is_kept(plan: Plan, draft: EntityDraft) -> bool:
    """An entity without fields that nothing refers to was only a word."""
    name = draft.word.name
    if draft.fields or any(
        endpoint.explicit and endpoint.entity == name for endpoint in plan.endpoints.values()
    ):
        return True
    for key in [key for key, endpoint in plan.endpoints.items() if endpoint.entity == name]:
        del plan.endpoints[key]
    return False


def _drop_broken(plan: Plan) -> None:
    """A route whose meaning is unknown is not built."""
    for key in [key for key, endpoint in plan.endpoints.items() if endpoint.spec.get("broken")]:
        del plan.endpoints[key]


def _statuses(plan: Plan, analysis: Analysis) -> None:
    """Statuses that the document gives: for invalid bodies, and for what worked."""
    for finding in analysis.findings:
        for fact in finding.facts:
            if not isinstance(fact, Status):
                continue
            if fact.case == "invalid" and fact.status in {400, 422}:
                for endpoint in plan.endpoints.values():
                    endpoint.spec["invalid_status"] = fact.status
            elif fact.case == "none" and fact.route is not None:
                asked = plan.endpoint(fact.route.method or "POST", fact.route.path)
                if asked is not None and fact.status in {404, 409}:
                    asked.spec["missing_status"] = fact.status
            elif fact.case == "success" and fact.route is not None:
                asked = plan.endpoint(fact.route.method or "GET", fact.route.path)
                if asked is not None and fact.status in {200, 201, 202, 204, 302, 307}:
                    asked.spec["status"] = fact.status
        _row_statuses(plan, finding.source.route, finding.source.cells)


def _row_statuses(plan: Plan, route: Any, cells: Any) -> None:
    if route is None:
        return
    endpoint = plan.endpoint(route.method, route.path)
    if endpoint is None:
        return
    success = re.findall(r"\b(20[0-4]|30[1278])\b", cells.get("success", ""))
    if success:
        endpoint.spec["status"] = int(success[0])
    failure = cells.get("failure", "")
    if re.search(r"\b400\b", failure) and not re.search(r"\b422\b", failure):
        endpoint.spec["invalid_status"] = 400


def _pages(plan: Plan) -> None:
    """`the answer is {"items": […], "total": n}` makes pages of a list."""
    for endpoint in plan.endpoints.values():
        if endpoint.kind != "list":
            continue
        found = plan.world.structure.answers.get(("GET", endpoint.path))
        sketch = found[0] if found else None
        if sketch is None:
            for finding in plan.analysis.findings:
                for fact in finding.facts:
                    route = getattr(fact, "route", None)
                    if (
                        type(fact).__name__ == "Answers"
                        and route is not None
                        and plan.endpoint("GET", route.path) is endpoint
                    ):
                        sketch = fact.sketch  # type: ignore[attr-defined]
        if sketch is not None and any(isinstance(value, list) for value in sketch.members.values()):
            page_members(endpoint.spec.setdefault("pagination", {}), sketch)


# --- artifacts -----------------------------------------------------------------------------------


def _entity(draft: EntityDraft) -> Entity:
    word = draft.word
    return Entity(
        name=word.name, label=word.label, plural=word.plural, path=word.path,
        fields=[_field(made) for made in draft.fields.values()],
        owner=draft.owner, requirements=_ordered(draft.requirements),
    )  # fmt: skip


_MEMBERS = frozenset(FieldSpec.model_fields) - {"requirements"}


def _field(made: FieldDraft) -> FieldSpec:
    members = {key: value for key, value in made.spec.items() if key in _MEMBERS}
    deletion = made.last("on_parent_delete")
    if deletion is not None:
        members["on_parent_delete"] = deletion
    return FieldSpec(**members, requirements=_ordered(made.requirements))


def _endpoint(draft: EndpointDraft) -> Endpoint:
    spec = draft.spec
    members: dict[str, Any] = {
        key: spec[key]
        for key in ("name", "lookup", "where", "order_by", "sortable", "sort_param", "order_param", "body",
                    "shows", "group_by", "group_name", "returns", "invalid_status", "missing_status")
        if spec.get(key) is not None
    }  # fmt: skip
    if "where" in members:
        members["where"] = _written(members["where"])
    if "returns" in members:
        members["returns"] = {name: _written(text) for name, text in members["returns"].items()}
    if spec.get("parent"):
        members["parent"] = Parent(**spec["parent"])
    if spec.get("access"):
        members["access"] = Access(**spec["access"])
    if spec.get("pagination"):
        members["pagination"] = Pagination(**spec["pagination"])
    members["effects"] = [
        Effect(**{**effect, "value": _written(effect["value"])})
        for effect in spec.get("effects", ())
    ]
    members["creates"] = [Creation(**creation) for creation in spec.get("creates", ())]
    members["includes"] = [Include(**include) for include in spec.get("includes", ())]
    return Endpoint(
        method=draft.method, path=draft.path, kind=draft.kind, entity=draft.entity,
        params=[_param(param) for param in draft.params.values()],
        status=spec.get("status", _SUCCESS.get(draft.kind, 302 if draft.kind == "redirect" else 200)),
        requirements=_ordered(draft.requirements), **members,
    )  # fmt: skip


def _written(text: str) -> str:
    """Write parameters that are called like a keyword of Python as the expression language wants it."""
    return _KEYWORD_PARAM.sub(lambda match: f"param.{escape(match[1])}", text)


_KEYWORD_PARAM = re.compile(r"\bparam\.([a-z]+)\b")
_PARAM_MEMBERS = frozenset(Param.model_fields)


def _param(param: dict[str, Any]) -> Param:
    members = {key: value for key, value in param.items() if key in _PARAM_MEMBERS}
    if members.get("where"):
        members["where"] = _written(members["where"])
    members["requirements"] = _ordered(param.get("requirements", []))
    return Param(**members)


def _ordered(requirements: Sequence[str]) -> list[str]:
    return sorted({each for each in requirements if each}, key=lambda name: int(name[1:]))


def _components(auth: dict[str, Any] | None) -> list[Component]:
    parts = [
        Component(
            name="API",
            technology="FastAPI",
            responsibility="answers HTTP requests and validates them",
        ),
        Component(
            name="database",
            technology="SQLAlchemy over SQLite or PostgreSQL",
            responsibility="keeps all items and their constraints",
        ),
    ]
    if auth is not None:
        parts.append(
            Component(
                name="accounts",
                technology="argon2 and JWT",
                responsibility="signs up, logs in and tells callers apart",
            )
        )
    return parts


def _decisions(plan: Plan) -> list[Decision]:
    """What the document leaves open and the conventions settle."""
    decisions = list(plan.decisions)
    added = [
        endpoint
        for endpoint in plan.endpoints.values()
        if not endpoint.explicit and endpoint.kind not in {"signup", "login"}
    ]
    if added:
        names = ", ".join(f"{endpoint.method} {endpoint.path}" for endpoint in added)
        decisions.append(
            Decision(
                text=f"These routes follow the usual conventions: {names}."[:1000],
                reason="the document asks for the things but does not list every route",
                requirements=_ordered(
                    [each for endpoint in added for each in endpoint.requirements]
                ),
            )
        )
    return decisions
