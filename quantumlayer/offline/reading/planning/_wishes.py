"""What somebody wants to do, held against the routes that there are."""

from __future__ import annotations

from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.language._facts import Operation, Wants
from quantumlayer.offline.reading.planning._fieldspecs import conflict
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._rulebook import target_of
from quantumlayer.offline.reading.planning._world import Unresolved
from quantumlayer.offline.reading.sentences._definitions import MANAGE, READ

__all__ = ["check_wishes"]

_OBTAIN = frozenset({"buy", "get", "obtain", "take", "receive", "request", "make", "have"})
_DELETE = frozenset({"delete", "remove", "erase"})
_KINDS = {"create": {"create", "signup"}, "update": {"update", "replace"}, "delete": {"delete"}}


def check_wishes(plan: Plan) -> None:
    """Note the statements whose wish no route meets."""
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Wants):
                for verb in fact.verbs:
                    try:
                        _check(plan, finding, fact, verb)
                    except Unresolved as reason:
                        plan.ledger.miss(finding.source.id, str(reason))


def _check(plan: Plan, finding: Finding, fact: Wants, verb: str) -> None:
    entity = fact.items.entity or finding.topic
    if entity is None:
        raise Unresolved("it is not clear what this is about")
    if verb in READ | {"look-at", "open", "find", "follow", "read"}:
        met = plan.of(entity, "list", "read", "first")
    elif verb in MANAGE | _OBTAIN and not fact.passive:
        met = plan.of(entity, "create")
    else:
        met = _by_operation(plan, finding, fact, verb)
    if not met:
        label = plan.world.label(entity)
        ruled_out = plan.never.get(entity, {}).get("delete", [])
        if verb in _DELETE and ruled_out and finding.source.id not in ruled_out:
            reason = f"a {label} can be deleted and can never be deleted"
            plan.conflicts.append(conflict(finding.source.id, ruled_out[0], reason))
        raise Unresolved(f"no route lets anybody {verb.replace('-', ' ')} a {label}")
    for endpoint in met:
        endpoint.asked([finding.source.id])


def _by_operation(plan: Plan, finding: Finding, fact: Wants, verb: str) -> list[EndpointDraft]:
    operation = Operation((verb,), subject=fact.items if fact.passive else None,
                          object=None if fact.passive else fact.items, passive=fact.passive)  # fmt: skip
    found: list[EndpointDraft] = []
    for target in target_of(plan, finding, operation):
        for name in target.on:
            kinds = _KINDS.get(name)
            if kinds is None:
                found.extend(
                    each for each in plan.endpoints.values()
                    if each.entity == target.entity and each.spec.get("name") == name
                )  # fmt: skip
            else:
                found.extend(plan.of(target.entity, *sorted(kinds)))
    return found
