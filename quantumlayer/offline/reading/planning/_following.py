"""Statuses that the service works out from an answer: whoever says yes is going, or has to wait."""

from __future__ import annotations

from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.planning._plan import Plan
from quantumlayer.offline.reading.planning._render import taking
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape

__all__ = ["plan_following"]

_WAITING = frozenset(
    {"waiting", "waitlisted", "wait-listed", "wait_listed", "waitlist", "queued", "on_waiting_list"}
)
_MEANINGS: dict[str, frozenset[str]] = {
    "yes": frozenset({"going", "accepted", "attending", "confirmed", "coming", "joined", "approved"}),
    "no": frozenset({"declined", "rejected", "refused", "not_going", "not_coming", "denied", "absent"}),
    "maybe": frozenset({"maybe", "tentative", "undecided", "interested", "unsure", "pending"}),
}  # fmt: skip
"""What an answer leads to, besides the status of the same name."""


def plan_following(plan: Plan) -> None:
    """Let a status follow an answer where every answer leads to exactly one of its values."""
    for name, draft in plan.world.structure.entities.items():
        fields = [made for made in draft.fields.values() if made.spec.get("type") == "enum"]
        for status in fields:
            if status.words[-1:] not in {("status",), ("state",)}:
                continue
            if any(action.entity == name and action.states for action in plan.world.actions):
                continue
            answer = next((each for each in fields if _leads(each, status) is not None), None)
            if answer is not None and answer is not status:
                _follow(plan, name, answer, status)


def _leads(answer: FieldDraft, status: FieldDraft) -> dict[str, str] | None:
    """The status of each answer; None where one of them leads nowhere."""
    if answer is status or answer.spec.get("set_by") == "system":
        return None
    choices = {str(each).lower().replace(" ", "_"): each for each in status.spec["choices"]}
    found: dict[str, str] = {}
    for each in answer.spec["choices"]:
        low = each.lower()
        wanted = [key for key in choices if key == low or key in _MEANINGS.get(low, ())]
        if len(wanted) != 1:
            return None
        found[each] = choices[wanted[0]]
    rest = [key for key, value in choices.items() if value not in found.values()]
    return found if all(key in _WAITING for key in rest) else None


def _follow(plan: Plan, entity: str, answer: FieldDraft, status: FieldDraft) -> None:
    leads = _leads(answer, status) or {}
    *others, (last, _) = sorted(leads.items(), key=lambda pair: pair[0].lower() == "yes")
    text = repr(leads[last])
    waiting = [each for each in status.spec["choices"] if each not in leads.values()]
    note = f"{status.name!r} follows {answer.name!r}"
    if waiting:
        try:
            room = _room(plan.world, entity, f"{escape(status.name)} == {leads[last]!r}")
        except Unresolved:
            return
        text = f"{leads[last]!r} if {room} else {waiting[0]!r}"
        note += f"; it is {waiting[0]!r} while there is no room"
    for said, state in others:
        text = f"{state!r} if {escape(answer.name)} == {said!r} else {text}"
    for key in ("default", "min_length"):
        status.spec.pop(key, None)
    status.spec.update(set_by="system", default=leads[last], required=True)
    for endpoint in plan.endpoints.values():
        if endpoint.entity == entity and endpoint.kind in {"create", "update", "replace"}:
            effects = endpoint.spec.setdefault("effects", [])
            effects.append({"target": status.name, "value": text})
    for requirement in status.requirements[:1]:
        plan.ledger.assume(requirement, note)


def _room(world: World, entity: str, counted: str) -> str:
    """Whether there is room for the item: what the others take, and what it takes itself."""
    for reference in world.fields(entity):
        capacity = world.capacity(reference.references) if reference.references else None
        if capacity is None:
            continue
        link = escape(reference.name)
        amount = taking(world, entity)
        parts = [f"{link} == this.{link}", counted, "id != this.id"]
        if amount is None:
            used, own = f"count({entity}, {', '.join(parts)})", "1"
        else:
            used, own = f"sum({entity}, {', '.join((amount, *parts))})", amount
        container = escape(reference.name.removesuffix("_id").removesuffix("Id"))
        return f"{used} + {own} <= {container}.{escape(capacity.name)}"
    raise Unresolved("it is not clear how much room there is")
