"""Test cases for rules and actions: what is refused, what just is not, and what then changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from quantumlayer.agents import Endpoint, Rule
from quantumlayer.offline.writing._bound import (
    Bound,
    Comparison,
    Negation,
    Scope,
    Total,
    Value,
    attributes,
    rebase,
)
from quantumlayer.offline.writing._cases import Casebook, worked
from quantumlayer.offline.writing._exchanges import expect_item
from quantumlayer.offline.writing._kinds import Kind
from quantumlayer.offline.writing._names import snake
from quantumlayer.offline.writing._play import Setup
from quantumlayer.offline.writing._python import constant
from quantumlayer.offline.writing._recipes import SceneError
from quantumlayer.offline.writing._requests import Answer
from quantumlayer.offline.writing._rules import bound_rule
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._search import Scenarios
from quantumlayer.offline.writing._text import literal, one_line
from quantumlayer.offline.writing._world import Item, World

__all__ = ["action_cases", "rule_cases"]


def rule_cases(book: Casebook) -> None:
    """Write, for every rule and endpoint, a request that breaks it and one that just does not."""
    for endpoint in book.service.design.endpoints:
        if endpoint.entity is None:
            continue
        for rule in book.rules_of(endpoint):
            with suppress(SceneError):
                _rule(book, endpoint, rule)
        _part_rules(book, endpoint)


def _rule(book: Casebook, endpoint: Endpoint, rule: Rule) -> None:
    scenarios = book.scenarios(endpoint)
    start = book.setup(endpoint) or {}
    broken = scenarios.find(lambda answer: answer.rule is rule, start)
    if broken is None:
        return
    scene, answer = scenarios.play(broken)
    scene.expect(answer)
    module = scenarios.question.table.module
    sentence = one_line(rule.message) or rule.name
    where = "" if endpoint.kind in {"create", "action"} else f" on {endpoint.kind}"
    book.add(module, scene, f"{snake(sentence)[:60]}{where}", rule.requirements)
    known = [broken]
    for number, setup in enumerate(_kept(book, endpoint, broken, start)):
        known.append(setup)
        scene, answer = scenarios.play(setup)
        scene.expect(answer)
        word = ("what just fits", "what fits otherwise")[number]
        book.add(module, scene, f"{rule.name} allows {word}{where}", rule.requirements)
    if not book.first_time(rule):
        return  # the same function checks it here, too
    node = bound_rule(book.service, rule, endpoint)

    def about_rule(answer: Answer) -> bool:
        return worked(endpoint)(answer) or answer.rule is rule

    for about, setup in scenarios.telling(rule.condition, node, known, about_rule):
        scene, answer = scenarios.play(setup)
        scene.expect(answer)
        book.add(module, scene, f"{rule.name} minds the {about}{where}", rule.requirements)


def _part_rules(book: Casebook, endpoint: Endpoint) -> None:
    """Write what the rules of children refuse in the body of their parent."""
    service = book.service
    if endpoint.kind not in {"create", "replace"}:
        return
    for column in service.body_columns(endpoint):
        if not column.children or column.references is None:
            continue
        link = service.blueprint.tables[column.entity].links[column.name]
        for rule in service.rules_for(column.references, {"create"}):
            rows = service.binder.rows(column.references)
            child = Scope("this", column.references)
            condition = rebase(bound_rule(service, rule, endpoint), child, rows)
            if any(attribute.scope.name == "old" for attribute in attributes(condition)):
                continue
            parent = service.binder.attribute(
                Scope("this", column.entity), service.blueprint.tables[column.entity].id
            )
            same = Comparison("==", service.binder.attribute(rows, link), parent)
            where = (same, Negation(condition))
            node = Total("exists", rows, None, where, Kind.BOOLEAN, nullable=False)
            scenarios = Scenarios(book.recipes, endpoint, [node])
            with suppress(SceneError):
                _part_rule(book, endpoint, rule, scenarios)


def _part_rule(book: Casebook, endpoint: Endpoint, rule: Rule, scenarios: Scenarios) -> None:
    broken = scenarios.find(lambda answer: answer.rule is rule)
    if broken is None:
        return
    table = scenarios.question.table
    sentence = snake(one_line(rule.message) or rule.name)[:60]
    where = "" if endpoint.kind == "create" else f" on {endpoint.kind}"
    scene, answer = scenarios.play(broken)
    scene.expect(answer)
    book.add(table.module, scene, f"{sentence}{where}", rule.requirements)
    kept = scenarios.nearest(worked(endpoint), broken, {})
    if kept is not None:
        scene, answer = scenarios.play(kept)
        scene.expect(answer)
        book.add(
            table.module, scene, f"{rule.name} allows what just fits{where}", rule.requirements
        )


def _kept(book: Casebook, endpoint: Endpoint, broken: Setup, start: Setup) -> list[Setup]:
    """Return scenarios in which the rule just holds: the nearest, and one with another past."""
    scenarios = book.scenarios(endpoint)
    nearest = scenarios.nearest(worked(endpoint), broken, start)
    found = [nearest] if nearest is not None else []
    if nearest is not None and any(key[0] in {"rowpast", "refpast"} for key in nearest):
        values = {key for key in broken if key[0] not in {"rowpast", "refpast"}}
        other = scenarios.nearest(
            worked(endpoint),
            {key: value for key, value in broken.items() if key in values},
            {key: value for key, value in start.items() if key not in nearest},
        )
        if other is not None and other != nearest:
            found.append(other)
    return found


# --- actions -------------------------------------------------------------------------------------


def action_cases(book: Casebook) -> None:
    """Write what actions, redirects and creates with effects change."""
    for endpoint in book.service.design.endpoints:
        if endpoint.entity is None:
            continue
        with suppress(SceneError):
            if endpoint.kind in {"action", "first"}:
                _works(book, endpoint)
                _refused_arguments(book, endpoint)
                _nothing_there(book, endpoint)
            elif endpoint.kind == "redirect":
                _redirects(book, endpoint)
            elif (
                endpoint.kind == "create" and (endpoint.effects or endpoint.creates)
            ) or endpoint.includes:
                _works(book, endpoint)
        with suppress(SceneError):
            if endpoint.kind in {"action", "create", "signup"}:
                _effects(book, endpoint)


def _works(book: Casebook, endpoint: Endpoint) -> None:
    scenarios = book.scenarios(endpoint)
    setup = book.setup(endpoint)
    if setup is None:
        return
    setup = {**_touching(book, endpoint), **setup}
    try:
        scene, answer = scenarios.play(setup)
    except SceneError:
        scene, answer = scenarios.play(book.setup(endpoint) or {})
    if not worked(endpoint)(answer):
        scene, answer = scenarios.play(book.setup(endpoint) or {})
    scene.expect(answer)
    table = scenarios.question.table
    if isinstance(answer.body, dict) and not endpoint.includes:
        created = endpoint.kind == "create"
        expect_item(book, scene, answer, table, created=created)
    elif isinstance(answer.body, dict):
        _expect_included(scene, answer)
    _expect_changes(book, scene, endpoint, answer)
    name = snake(endpoint.name or endpoint.kind).replace("_", " ")
    subject = {"create": "creating with", "first": "the"}.get(endpoint.kind, "")
    book.add(
        table.module,
        scene,
        f"{subject} {name} {table.label} works" if subject else f"{name} works on {table.a_label}",
        book.identifiers(endpoint),
    )


def _effects(book: Casebook, endpoint: Endpoint) -> None:
    """Write scenarios that tell what an endpoint sets from something a little different."""
    texts = list(_set_by(book, endpoint))
    if not texts:
        return
    rules = [bound_rule(book.service, rule, endpoint) for rule in book.rules_of(endpoint)]
    scenarios = Scenarios(book.recipes, endpoint, [*(node for _, node in texts), *rules])
    usual = scenarios.find(worked(endpoint))
    if usual is None:
        return
    known = [usual]
    table = scenarios.question.table
    deed = snake(endpoint.name or endpoint.kind).replace("_", " ")
    for text, node in texts:
        for about, setup in scenarios.telling(text, node, known, worked(endpoint)):
            known.append(setup)
            scene, answer = scenarios.play(setup)
            scene.expect(answer)
            if isinstance(answer.body, dict) and not endpoint.includes:
                created = endpoint.kind in {"create", "signup"}
                expect_item(book, scene, answer, table, created=created)
            _expect_changes(book, scene, endpoint, answer)
            name = f"{deed} of {table.a_label} minds the {about}"
            book.add(table.module, scene, name, book.identifiers(endpoint))


def _set_by(book: Casebook, endpoint: Endpoint) -> Iterator[tuple[str, Bound]]:
    """Yield the expressions that decide what an endpoint sets, and on which items."""
    service, entity = book.service, endpoint.entity or ""
    this, arguments = Scope("this", entity), service.arguments(endpoint)
    for effect in endpoint.effects:
        if effect.entity is None:
            yield effect.value, service.binder.bind(effect.value, this, arguments=arguments)
            continue
        row = service.binder.rows(effect.entity)
        value = service.binder.bind(effect.value, this, row=row, arguments=arguments)
        where = effect.where or "True"
        condition = service.binder.condition(where, this, row=row, arguments=arguments)
        yield where, Total("exists", row, None, (condition,), Kind.BOOLEAN, nullable=False)
        yield effect.value, value
    if endpoint.kind in {"create", "signup"}:
        for column in service.blueprint.tables[entity].stored_columns:
            if column.spec is not None and column.spec.on_create is not None:
                text = column.spec.on_create
                yield text, service.binder.bind(text, this, arguments=arguments, kind=column.kind)


def _touching(book: Casebook, endpoint: Endpoint) -> Setup:
    """Ask for the items by name that the effects change, so that the test can look at them."""
    table = book.service.blueprint.table(endpoint.entity)
    found: Setup = {}
    for effect in endpoint.effects:
        if effect.entity is None and "." in effect.target:
            head = effect.target.split(".")[0]
            for column in table.columns.values():
                if column.relation == snake(head):
                    found["refpast", column.name] = ()
    return found


def _expect_included(scene: Scene, answer: Answer) -> None:
    if scene.unpredictable(answer.body):
        known = {k: v for k, v in answer.body.items() if k not in scene.unpredictable(answer.body)}
        scene.write("shown = response.json()")
        for name, value in known.items():
            scene.write(f"assert shown[{literal(name)}] == {scene.value(value)}")
    else:
        scene.write(f"assert response.json() == {scene.value(answer.body)}")


def _expect_changes(book: Casebook, scene: Scene, endpoint: Endpoint, answer: Answer) -> None:
    """Write what else a request changed: other items, and new ones."""
    before, after = scene.before, scene.stage.simulation.world
    if before is None:
        return
    for table in book.service.blueprint.tables.values():
        for item in after.all(table.name):
            if item is answer.item and endpoint.kind in {"action", "create"}:
                continue
            old = before.find(table.name, item.id)
            if old is None:
                _expect_new(scene, book, table.name, item)
            elif old.values != item.values:
                changed = {k: v for k, v in item.values.items() if old.values[k] != v}
                _expect_values(scene, book, table.name, item, changed)


def _expect_new(scene: Scene, book: Casebook, entity: str, item: Item) -> None:
    _expect_values(
        scene, book, entity, item, {k: v for k, v in item.values.items() if v is not None}
    )


def _expect_values(
    scene: Scene, book: Casebook, entity: str, item: Item, values: dict[str, Any]
) -> None:
    table = book.service.blueprint.tables[entity]
    auth = book.service.design.auth
    secret = auth.password_field if auth is not None and auth.entity == entity else None
    shown = {
        name: value
        for name, value in values.items()
        if name != secret
        and not scene.unpredictable({name: value})
        and not isinstance(value, tuple)
    }
    if not shown:
        return
    handle = next(
        (h for h in scene.handles if h.entity == entity and h.json["id"] == item.id), None
    )
    key = scene.value(handle["id"]) if handle is not None else str(item.id)
    scene.need("rows")
    names = ", ".join(literal(table.columns[name].attribute) for name in shown)
    codes = [constant(Value(value, table.columns[name].kind)) for name, value in shown.items()]
    tail = "," if len(codes) == 1 else ""
    scene.write(f"assert rows.values({table.model}, {key}, {names}) == ({', '.join(codes)}{tail})")


def _refused_arguments(book: Casebook, endpoint: Endpoint) -> None:
    """Write that an action without what it needs is refused."""
    needed = [p for p in endpoint.params if p.required]
    if not needed or endpoint.method not in {"POST", "PUT", "PATCH"} or endpoint.kind != "action":
        return
    table = book.service.blueprint.table(endpoint.entity)
    param = book.service.item_param(endpoint)
    if param is None:
        return
    scene = book.scene()
    handle = scene.make(table.name)
    path = {param: handle[endpoint.lookup]}
    scene.space()
    scene.call(endpoint, path, body={}, caller=book.recipes.actor(endpoint))
    service = book.service
    status = endpoint.invalid_status if service.mixed_statuses else service.invalid_status
    scene.expect(Answer(status))
    name = snake(endpoint.name or "action").replace("_", " ")
    book.add(table.module, scene, f"{name} needs {needed[0].name}", endpoint.requirements)


def _nothing_there(book: Casebook, endpoint: Endpoint) -> None:
    """Write what happens where there is no item to work on."""
    table = book.service.blueprint.table(endpoint.entity)
    caller = book.recipes.actor(endpoint)
    scene = book.scene()
    param = book.service.item_param(endpoint)
    path: dict[str, Any] = {}
    if param is not None and endpoint.kind != "first":
        number = table.columns[endpoint.lookup].kind.value == "integer"
        path[param] = 999_999 if number else "nothing-like-this"
    if endpoint.parent is not None:
        path[endpoint.parent.path_param] = scene.make(endpoint.parent.entity)[
            endpoint.parent.lookup
        ]
    body = book.recipes.argument_values(scene, endpoint) if endpoint.kind == "action" else {}
    query = {} if endpoint.kind == "action" else book.recipes.argument_values(scene, endpoint)
    scene.space()
    answer = scene.call(endpoint, path, body=body or None, query=query, caller=caller)
    if answer.status not in {404, 409} or answer.rule is not None:
        return
    scene.expect(answer)
    name = snake(endpoint.name or endpoint.kind).replace("_", " ")
    book.add(
        table.module, scene, f"{name} needs {table.a_label} that is there", endpoint.requirements
    )


def _redirects(book: Casebook, endpoint: Endpoint) -> None:
    scenarios = book.scenarios(endpoint)
    setup = book.setup(endpoint)
    if setup is None:
        return
    scene, answer = scenarios.play(setup)
    scene.expect(answer)
    item = answer.item
    if item is not None and endpoint.shows:
        handle = next(h for h in scene.handles if h.entity == item.entity)
        if endpoint.shows[0] in handle.json:
            target = scene.value(handle[endpoint.shows[0]])
            scene.write(f'assert response.headers["location"] == {target}')
        before = scene.before
        old = before.find(item.entity, item.id) if isinstance(before, World) else None
        if old is not None and old.values != item.values:
            changed = {k: v for k, v in item.values.items() if old.values[k] != v}
            _expect_values(scene, book, item.entity, item, changed)
    table = scenarios.question.table
    book.add(
        table.module, scene, f"{table.a_label} redirects to its address", endpoint.requirements
    )
