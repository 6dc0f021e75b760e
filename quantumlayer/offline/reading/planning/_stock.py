"""Stock: what an order takes from it, what a cancellation puts back."""

from __future__ import annotations

from dataclasses import dataclass

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._facts import Lacks, Room, Takes
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._rulebook import hold_room
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape

__all__ = ["plan_stock"]

_STOCKS = (
    "stock", "in_stock", "inventory", "quantity", "available", "copies", "pieces",
    "quantity_in_stock",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Way:
    """From what is ordered to where it lies."""

    order: str
    line: str
    link: str | None
    """The field of a line that refers to its order; none where the order itself names the goods."""
    stock: str
    amount: str


def plan_stock(plan: Plan) -> None:
    """Add the effects and the rule of everything that takes from a stock or puts back."""
    taken: list[tuple[Finding, Takes]] = []
    lacking: list[tuple[Finding, Lacks]] = []
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Takes):
                taken.append((finding, fact))
            elif isinstance(fact, Lacks):
                lacking.append((finding, fact))
    for finding, fact in taken:
        try:
            _move(plan, finding, fact)
        except Unresolved as reason:
            plan.ledger.miss(finding.source.id, str(reason))
    for finding, lack in lacking:
        try:
            _refuse(plan, finding, lack)
        except Unresolved as reason:
            plan.ledger.miss(finding.source.id, str(reason))


def _way(world: World, entity: str | None, words: tuple[str, ...] = ()) -> _Way:
    for goods in world.structure.entities:
        stock = world.field(goods, words) if words else None
        stock = stock or next((made for made in world.fields(goods) if made.has("stock")), None)
        stock = stock or world.first(goods, _STOCKS, {"integer", "number"})
        if stock is None or stock.spec.get("type") not in {"integer", "number"}:
            continue
        for line in world.structure.entities:
            references = world.references(line, goods)
            amount = world.field(line, stock.words) or world.amount(line)
            if not references or line == goods:
                continue
            parent = _parent(world, line)
            order = parent.references if parent is not None else line
            if entity is not None and entity != line and world.references(entity, goods):
                continue  # donations, and not withdrawals, are what the text speaks of
            if order is None or (entity is not None and entity not in {order, line, goods}):
                continue
            way = f"{escape(navigation(references[0].name))}.{escape(stock.name)}"
            counted = escape(amount.name) if amount is not None else "1"
            return _Way(order, line, escape(parent.name) if parent else None, way, counted)
    raise Unresolved("it is not clear which number of which goods changes")


def _parent(world: World, line: str) -> FieldDraft | None:
    """The reference of an item to what it is a part of."""
    if not world.draft(line).is_child:
        return None
    return next((made for made in world.fields(line) if made.hidden and made.references), None)


def _move(plan: Plan, finding: Finding, fact: Takes) -> None:
    way = _way(plan.world, finding.topic, fact.words)
    sign = "-" if fact.sign < 0 else "+"
    effect = {"target": way.stock, "value": f"{way.stock} {sign} {way.amount}"}
    if way.link is not None:
        effect |= {"entity": way.line, "where": f"{way.link} == this.id"}
    met = _endpoints(plan, way.order, fact)
    if not met and fact.sign > 0 and finding.topic == way.order:
        met = plan.of(way.order, "create")  # what somebody brings joins the stock
    if not met:
        raise Unresolved("it is not clear when the stock changes")
    for endpoint in met:
        effects = endpoint.spec.setdefault("effects", [])
        if effect not in effects:
            effects.append(effect)
        endpoint.asked([finding.source.id])


def _endpoints(plan: Plan, order: str, fact: Takes) -> list[EndpointDraft]:
    if fact.route is not None:
        endpoint = plan.endpoint(fact.route.method, fact.route.path)
        return [endpoint] if endpoint is not None and endpoint.kind in {"action", "create"} else []
    if fact.sign < 0:
        return plan.of(order, "create")
    undoing = {"cancel", "return", "refund", "revoke", "reject", "void"}
    return [each for each in plan.of(order, "action") if each.spec.get("name") in undoing]


def _refuse(plan: Plan, finding: Finding, fact: Lacks) -> None:
    """What is not there cannot be ordered: no more than the stock, or than there is room for."""
    places = [
        Room(parent, child)
        for child in plan.world.structure.entities
        for parent in {made.references for made in plan.world.fields(child) if made.references}
        if plan.world.capacity(parent) is not None
    ]
    try:
        way = _way(plan.world, fact.entity or finding.topic)
    except Unresolved:
        if len(places) != 1:
            raise
        hold_room(plan, finding, places[0])
        return
    condition = f"{way.amount} <= {way.stock}"
    if way.link is not None:
        condition = f"not exists({way.line}, {way.link} == this.id, {way.amount} > {way.stock})"
    plan.rule(
        way.order, ["create"], condition, text=finding.source.requirement.text,
        requirement=finding.source.id, status=fact.status, name="enough_in_stock",
    )  # fmt: skip
