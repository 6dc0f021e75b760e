"""Reports with a row for each group: their groups, members, conditions and order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._facts import Grouped
from quantumlayer.offline.reading.language._terms import Items
from quantumlayer.offline.reading.planning._figures import Ground, conditions_in, named
from quantumlayer.offline.reading.planning._params import param_of
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._render import Frame, Scope, condition, opposite
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape
from quantumlayer.offline.reading.sentences._grouping import GroupNote
from quantumlayer.offline.reading.text._words import singular, verb

__all__ = ["grouped_report"]

_NUMERIC = frozenset({"integer", "number", "money"})


def grouped_report(plan: Plan, endpoint: EndpointDraft, finding: Finding, fact: Grouped) -> None:
    """Work out groups, members, conditions and order.

    Raises:
        Unresolved: A member is not understood, or nothing can be grouped so.
    """
    note: GroupNote = fact.note
    names = list(fact.sketch.members)
    failures: list[str] = []
    for entity in _entities(plan, endpoint, note, names):
        try:
            _plan(plan, endpoint, entity, note, names)
        except Unresolved as reason:
            failures.append(str(reason))
            continue
        _below(plan, endpoint, entity)
        for name, _ in fact.route.query:
            endpoint.params.setdefault(name, param_of(plan.world, entity, name))
        endpoint.entity = entity
        endpoint.kind = "report"
        endpoint.asked([finding.source.id])
        return
    raise Unresolved(failures[0] if failures else "it is not clear what is counted in each row")


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


def _entities(
    plan: Plan, endpoint: EndpointDraft, note: GroupNote, names: Sequence[str]
) -> list[str]:
    """Entities whose items may be grouped, likeliest first."""
    counted = [items.entity for items in note.counted if items.entity is not None]
    world = plan.world
    having = [
        entity for entity in world.structure.entities
        if sum(1 for name in names if _group_field(world, entity, name) is not None) and entity != endpoint.entity
    ]  # fmt: skip
    having.sort(key=lambda entity: -len(having) if _amount(world, entity) else 0)
    own = [endpoint.entity] if endpoint.entity is not None else []
    return list(dict.fromkeys([*counted, *own, *having]))


def _words(name: str) -> tuple[str, ...]:
    return tuple(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"))


def _group_field(world: World, entity: str, name: str) -> FieldDraft | None:
    made = world.field(entity, _words(name))
    kinds = {"enum", "string", "reference", "boolean", "email", "date"}
    return made if made is not None and made.spec.get("type") in kinds else None


def _amount(world: World, entity: str) -> FieldDraft | None:
    return world.amount(entity)


def _plan(
    plan: Plan, endpoint: EndpointDraft, entity: str, note: GroupNote, names: Sequence[str]
) -> None:
    world = plan.world
    group = next(
        ((name, made) for name in names if (made := _group_field(world, entity, name)) is not None),
        None,
    )
    if group is None:
        raise Unresolved(f"a {world.label(entity)} has nothing called {names[0]!r} to group by")
    group_name, made = group
    returns: dict[str, str] = {}
    failures: list[str] = []
    for name in names:
        if name == group_name:
            continue
        try:
            returns[name] = _member(world, entity, name, note)
        except Unresolved as reason:
            failures.append(str(reason))
    if not returns:
        raise Unresolved(failures[0] if failures else "it is not said what is counted")
    for failure in failures:  # the rest of the row is as good without it
        for requirement in endpoint.requirements[:1]:
            plan.ledger.miss(requirement, failure)
    where = list(_where(world, entity, note))
    endpoint.spec.update(group_by=escape(made.name), group_name=group_name, returns=returns)
    if where:
        endpoint.spec["where"] = " and ".join(where)
    order = [_order_key(key, down, group_name, list(returns)) for key, down in note.order]
    endpoint.spec["order_by"] = order or [group_name]


def _member(world: World, entity: str, name: str, note: GroupNote) -> str:
    """Work out a number from its name: `count`, `total_amount`, `sold`, `average_rating`."""
    words = _words(name)
    counting = bool(note.counted)
    folded = note.folds.get(words)
    if folded is not None:
        made = world.field(entity, words)
        if made is not None and made.spec.get("type") in _NUMERIC:
            return f"{folded}({entity}, {escape(made.name)})"
    functions = {"average": "avg", "avg": "avg", "mean": "avg", "total": "sum", "sum": "sum",
                 "best": "max", "highest": "max", "max": "max", "lowest": "min", "min": "min"}  # fmt: skip
    if words[-1] in {"count", "number"} or words[0] == "number":
        return f"count({entity})"
    function = functions.get(words[0])
    rest = words[1:] if function is not None else words
    made = world.field(entity, rest) if rest else None
    if made is None and function is not None:
        numbers = [each for each in world.fields(entity) if each.spec.get("type") in _NUMERIC
                   and "computed" not in each.spec and each.references is None]  # fmt: skip
        made = numbers[0] if len(numbers) == 1 and (function != "sum" or not counting) else None
    if made is not None and made.spec.get("type") in _NUMERIC:
        return f"{function or 'sum'}({entity}, {escape(made.name)})"
    if function == "sum" or singular("_".join(words)) == world.label(entity).split()[-1]:
        return f"count({entity})"
    done = verb(words[-1])
    amount = _amount(world, entity)
    if done is not None and "participle" in done.forms and len(words) == 1:
        return f"sum({entity}, {escape(amount.name)})" if amount else f"count({entity})"
    text = named(Ground.of(world, None, entity), name)
    if text is None:
        raise Unresolved(f"it is not said what {name!r} is")
    return text


def _where(world: World, entity: str, note: GroupNote) -> Iterator[str]:
    scope = Scope(world, (Frame(entity),))
    if not (note.counted or note.only or note.without or note.states):
        for _, text in conditions_in(Ground.of(world, None, entity), note.words):
            yield text
    for items in note.counted:
        for each in items.where:
            yield condition(scope, each)
    for each in note.states:
        yield condition(scope, each)
    for items in note.only:
        for each in items.where:
            yield condition(_scope_of(world, scope, entity, items), each)
    for items in note.without:
        for each in items.where:
            yield opposite(condition(_scope_of(world, scope, entity, items), each))


def _scope_of(world: World, scope: Scope, entity: str, items: Items) -> Scope:
    if items.entity in {None, entity}:
        return scope
    way = world.path(entity, items.entity or "")
    if not way:
        raise Unresolved(f"no reference leads from a {world.label(entity)} to what is left out")
    return scope.at(items.entity or "", "".join(f"{escape(name)}." for name in way))


def _order_key(key: tuple[str, ...], down: bool, group: str, returns: Sequence[str]) -> str:  # noqa: FBT001
    if key[0] == "!number":
        name = returns[0] if returns else group
    elif key[0] in {"!group", "name", "!age", "!latest", "!time"}:
        name = group
    else:
        name = next((each for each in (group, *returns) if _words(each) == key), group)
    return f"-{name}" if down else name
