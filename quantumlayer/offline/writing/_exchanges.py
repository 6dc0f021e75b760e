"""What tests send, and what they expect an item to look like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quantumlayer.agents import Endpoint
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._cases import Casebook
from quantumlayer.offline.writing._requests import Answer
from quantumlayer.offline.writing._samples import fits, sample
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._scripts import Ref
from quantumlayer.offline.writing._text import literal
from quantumlayer.offline.writing._values import plain
from quantumlayer.offline.writing._world import RandomDigits

__all__ = ["UNKNOWN", "expect_item", "full_values", "nobody", "post"]

UNKNOWN = 999_999
"""An id that no item of a test has."""


def expect_item(
    book: Casebook, scene: Scene, answer: Answer, table: Table, *, created: bool = False
) -> None:
    """Write that the response shows the item, every member of it."""
    del book
    shown = dict(answer.body)
    free = scene.unpredictable(shown)
    expected = scene.refer(table, shown)
    known = [
        handle
        for handle in scene.handles
        if handle.entity == table.name and handle.json["id"] == shown.get("id")
    ]
    if "id" in shown and known and not created:
        expected["id"] = known[0]["id"]
    parts = {c.name for c in table.columns.values() if c.children and shown.get(c.name)}
    changed = {k: v for k, v in expected.items() if known and known[0].json.get(k) != shown[k]}
    whole = bool(known) and set(known[0].json) == set(shown)  # otherwise member by member
    if whole and not (created or {*free, *parts} & {*changed}):
        known[0].used = True
        after = f" | {scene.value(changed)}" if changed else ""
        scene.write(f"assert response.json() == {known[0].variable}{after}")
        return
    if known and not created:
        same = {k for k, v in shown.items() if known[0].json.get(k) == v}
        expected |= {name: known[0][name] for name in same}
    members = []
    for name, value in expected.items():
        if name in free or (name == "id" and created):
            members.append(f"{literal(name)}: shown[{literal(name)}]")
        elif name in parts:
            members.append(f"{literal(name)}: {_parts_code(scene, name, value)}")
        else:
            members.append(f"{literal(name)}: {scene.value(value)}")
    if created or free or parts:
        scene.write("shown = response.json()", f"assert shown == {{{', '.join(members)}}}")
    else:
        scene.write(f"assert response.json() == {{{', '.join(members)}}}")
    for name in free:
        size = len(str(shown[name]))
        letters = "[0-9]" if isinstance(shown[name], RandomDigits) else "[A-Za-z0-9]"
        scene.write(f'assert re.fullmatch("{letters}{{{size}}}", shown[{literal(name)}])')


def _parts_code(scene: Scene, name: str, parts: Any) -> str:
    """Write the children that a response has to show; only their ids are taken as they come."""
    if isinstance(parts, Ref):
        return scene.value(parts)
    written = []
    for number, part in enumerate(parts):
        members = [f'"id": shown[{literal(name)}][{number}]["id"]'] if "id" in part else []
        members += [f"{literal(k)}: {scene.value(v)}" for k, v in part.items() if k != "id"]
        written.append(f"{{{', '.join(members)}}}")
    return f"[{', '.join(written)}]"


def full_values(
    book: Casebook, scene: Scene, columns: Iterable[Column], number: int = 1
) -> dict[str, Any]:
    """Return a value for every field that a client may send."""
    values: dict[str, Any] = {}
    for position, column in enumerate(columns):
        spec = column.spec
        if spec is None:
            continue
        usual = book.recipes.recipe(column.entity).samples.get(column.name)
        if column.reference and column.references is not None:
            values[column.name] = scene.make(column.references)["id"]
        elif column.children:
            parts = book.recipes.part_columns(column)
            values[column.name] = [full_values(book, scene, parts, number)]
        elif usual is not None and not usual.numbered and number == 1:
            values[column.name] = usual.value
        else:
            value = sample(spec, position)
            if value is not None:
                values[column.name] = _varied(column, value.at(number), number)
    return values


def _varied(column: Column, value: Any, number: int) -> Any:
    """Return another value for the second item: the next choice, the next number."""
    spec = column.spec
    if spec is None or number == 1:
        return value
    if spec.choices and spec.type == "enum":
        return spec.choices[(number - 1) % len(spec.choices)]
    if isinstance(value, bool):
        return not value
    other = plain(value + number - 1) if isinstance(value, int | float) else value
    return other if fits(spec, other) else value


def nobody(table: Table, lookup: str) -> Any:
    """Return a key by which there is no item."""
    return UNKNOWN if table.columns[lookup].kind.value == "integer" else "nothing-like-this"


def post(book: Casebook, scene: Scene, endpoint: Endpoint, path: str, body: str) -> None:
    """Write a request with a body that is an expression."""
    caller = book.recipes.actor(endpoint)
    scene.need("client")
    headers = ""
    if caller is not None:
        scene.stage.person(caller)
        headers = f", headers={scene.need(caller)}.headers"
    scene.write(f"response = client.{endpoint.method.lower()}({path}, json={body}{headers})")
