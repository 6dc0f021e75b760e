"""What became of each statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from quantumlayer.agents import Requirement
from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.language._facts import (
    AllRequired,
    Context,
    Counts,
    Inclusive,
    Legend,
    Mention,
    Status,
)
from quantumlayer.offline.reading.planning._plan import Plan
from quantumlayer.offline.reading.text._tokens import Token

__all__ = ["cover"]


def cover(plan: Plan, items: Sequence[Requirement]) -> list[dict[str, Any]]:
    """Say for every statement whether it is in the design, and why not where it is not."""
    findings = {finding.source.id: finding for finding in plan.analysis.findings}
    used = _used(plan)
    _miss_empty_fields(plan)
    return [_coverage(plan, item, findings[item.id], used) for item in items]


def _used(plan: Plan) -> set[str]:
    """Requirements that some element of the design carries."""
    used: set[str] = set()
    for draft in plan.world.structure.entities.values():
        used.update(draft.requirements)
        for made in draft.fields.values():
            used.update(made.requirements)
    for endpoint in plan.endpoints.values():
        used.update(endpoint.requirements)
        for param in endpoint.params.values():
            used.update(param.get("requirements", ()))
    for rule in plan.rules:
        used.update(rule.requirements)
    for operations in plan.never.values():
        for requirements in operations.values():
            used.update(requirements)
    return used


def _miss_empty_fields(plan: Plan) -> None:
    """A field that only the system sets, and that nothing ever sets, is not what was asked for."""
    written = {
        effect["target"].rpartition(".")[2]
        for endpoint in plan.endpoints.values()
        for effect in endpoint.spec.get("effects", ())
    }
    written.update(
        name
        for endpoint in plan.endpoints.values()
        for creation in endpoint.spec.get("creates", ())
        for name in creation["values"]
    )
    for draft in plan.world.structure.entities.values():
        for made in draft.fields.values():
            spec = made.spec
            empty = spec.get("set_by") == "system" and spec.get("type") != "reference"
            if (
                empty
                and made.name not in written
                and not any(spec.get(key) is not None for key in _SOURCES)
            ):
                for requirement in made.requirements:
                    plan.ledger.miss(requirement, f"nothing says how {made.name!r} gets its value")


_SOURCES = ("default", "on_create", "on_update", "computed")


def _coverage(plan: Plan, item: Requirement, finding: Finding, used: set[str]) -> dict[str, Any]:
    ledger = plan.ledger
    unread = [run for run in finding.unread if not _is_idle(run)]
    missing = [*ledger.missing.get(item.id, ()), *(_unread(run) for run in unread)]
    if not finding.facts and not ledger.missing.get(item.id) and _introduces(plan, item, finding):
        missing = []
    missing.extend(_unread_traits(plan, item.id))
    text = _readable(item)
    base = {"requirement": item.id, "text": text}
    if missing:
        return {**base, "status": "not_implemented", "note": "; ".join(dict.fromkeys(missing))}
    assumed = ledger.assumed.get(item.id)
    if assumed:
        return {**base, "status": "assumed", "note": "; ".join(assumed)}
    if item.id in used:
        return {**base, "status": "implemented", "note": ""}
    if not finding.facts and not finding.framed:
        if _introduces(plan, item, finding):
            return {**base, "status": "context", "note": ""}
        return {**base, "status": "not_implemented", "note": "not understood"}
    if all(isinstance(fact, Context) for fact in finding.facts):
        return {**base, "status": "context", "note": ""}
    if _changes_nothing(plan, finding):
        return {
            **base,
            "status": "not_implemented",
            "note": "nothing in the design follows from it",
        }
    return {**base, "status": "implemented", "note": ""}


_EVERYWHERE = (AllRequired, Context, Inclusive, Legend, Mention, Status)
"""What shows in many places of a design, none of which belongs to the statement alone."""


def _changes_nothing(plan: Plan, finding: Finding) -> bool:
    """Whether the design would be the same without facts that no element of it carries."""
    if any(isinstance(fact, Counts) for fact in finding.facts):
        said = {token.low for token in finding.source.tokens}
        states = [state for state in plan.analysis.vocabulary.states if set(state.split()) <= said]
        return not any(repr(state) in text for state in states for text in _conditions(plan))
    return any(not isinstance(fact, _EVERYWHERE) for fact in finding.facts) and not finding.framed


def _conditions(plan: Plan) -> Iterator[str]:
    """Every expression that chooses items."""
    yield from (rule.condition for rule in plan.rules)
    for endpoint in plan.endpoints.values():
        yield endpoint.spec.get("where") or ""
        yield from (endpoint.spec.get("returns") or {}).values()
    for draft in plan.world.structure.entities.values():
        yield from (made.spec.get("computed") or "" for made in draft.fields.values())


_DEMANDING = frozenset({"must", "cannot", "not", "only", "never", "should", "shall", "no", "every"})
_SHORT_ASIDE = 5


def _is_idle(run: Sequence[Token]) -> bool:
    """A route that stands alone, or a short aside in brackets: `(two eggs)`."""
    words = [token for token in run if token.kind != "mark"]
    if len(words) == 1 and words[0].kind == "route":
        return True
    aside = bool(run) and run[0].low == "(" and len(words) < _SHORT_ASIDE
    plain = all(token.kind in {"word", "quote"} for token in words)
    return aside and plain and _DEMANDING.isdisjoint(token.low for token in words)


_MOST_WORDS = 9


def _introduces(plan: Plan, item: Requirement, finding: Finding) -> bool:
    """A label, or words that lead to what follows: `Tickets`, `An article looks like this:`."""
    tokens = [token for token in finding.source.full if token.kind != "mark"]
    routed = any(token.kind == "route" and token.value.method for token in tokens)
    if len(tokens) > _MOST_WORDS or routed or any(token.kind == "number" for token in tokens):
        return False
    if _DEMANDING & {token.low for token in tokens}:
        return False
    children = [each for each in plan.analysis.sources if each.requirement.parent == item.id]
    following = [each for each in plan.analysis.sources if each.previous is finding.source]
    example = bool(following) and following[0].kind == "example"
    return bool(children) or (example and item.text.rstrip().endswith((":", "takes", "is")))


def _unread(run: Sequence[Token]) -> str:
    words = " ".join(token.text for token in run).strip(" ,;:.")
    return f"not understood: {words!r}"


def _unread_traits(plan: Plan, requirement: str) -> list[str]:
    return [
        f"not understood: {trait.value!r}"
        for draft in plan.world.structure.entities.values()
        for made in draft.fields.values()
        for trait, each in made.traits
        if trait.key == "unread" and each == requirement
    ]


def _readable(item: Requirement) -> str:
    if item.kind == "row" and item.cells:
        return "; ".join(f"{name}: {cell}" for name, cell in item.cells.items() if cell)
    return " ".join(item.text.split())
