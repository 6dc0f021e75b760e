"""Tables of fields, headings with paths, marks and what legends say of them."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, Entity, FieldSpec, SystemDesign
from quantumlayer.offline.reading import design, read


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _entity(text: str, name: str) -> Entity:
    found = {entity.name: entity for entity in _design(text).entities}
    assert name in found, sorted(found)
    return found[name]


def _field(entity: Entity, name: str) -> FieldSpec:
    return next(field for field in entity.fields if field.name == name)


def _endpoint(text: str, path: str) -> Endpoint:
    found = {each.path: each for each in _design(text).endpoints if each.method == "GET"}
    assert path in found, sorted(found)
    return found[path]


TABLE = """
| name | kind | remarks |
|---|---|---|
| title | string | |
| pages ? | int | not before 1 |
"""


@pytest.mark.parametrize(
    "heading",
    ["**Booklet** (`/booklets`)", "**Booklet**: `/booklets`", "## Booklet (`/booklets`)",
     "## Booklets `/booklets`", "## Booklet", "**Booklets**"],
)  # fmt: skip
def test_a_heading_with_or_without_its_path_names_the_thing_of_a_table(heading: str) -> None:
    entity = _entity(f"# Press\n\n{heading}\n{TABLE}", "Booklet")
    assert entity.path == "/booklets"
    assert [field.name for field in entity.fields] == ["title", "pages"]
    assert not _field(entity, "pages").required


@pytest.mark.parametrize(
    ("legend", "name", "required"),
    [
        ('Optional fields are marked with "*".', "size *", False),
        ('Fields marked "*" are optional.', "size *", False),
        ("A star marks optional fields.", "size *", False),
        ("Required fields carry an asterisk (*).", "size *", True),
        ("", "size ?", False),
        ("", "size (optional)", False),
    ],
)
def test_a_legend_says_what_a_mark_means(legend: str, name: str, *, required: bool) -> None:
    rows = f"| field | type |\n|---|---|\n| label | string |\n| {name} | int |\n"
    size = _field(_entity(f"# Shop\n\n{legend}\n\n## Crate\n\n{rows}", "Crate"), "size")
    assert size.required is required


@pytest.mark.parametrize("said", ["Cellar", "cellar id", "reference to a cellar", "→ Cellar"])
def test_the_type_of_a_field_may_be_another_thing(said: str) -> None:
    text = (
        "# Wine\n\n## Cellar\n\n| field | type |\n|---|---|\n| name | string |\n| city | string |\n\n"
        f"## Barrel\n\n| field | type |\n|---|---|\n| cellar_id | {said} |\n| litres | int |\n"
    )
    field = _field(_entity(text, "Barrel"), "cellar_id")
    assert (field.type, field.references) == ("reference", "Cellar")


@pytest.mark.parametrize(
    "said",
    [
        (
            '`/boats/overview` tells how many boats of each kind there are, `[{"kind": "sail", "count": 9}]`,'
            " in alphabetical order."
        ),
        "`GET /boats/overview`: the number of boats per kind as `[{kind, count}]`, in alphabetical order.",
        'GET /boats/overview gives for each kind {"kind", "count"}, sorted by kind.',
    ],
)
def test_rows_are_counted_by_what_they_are_grouped_by(said: str) -> None:
    text = f"A boat has a name and a kind (sail, motor or row).\n\n{said}\n"
    endpoint = _endpoint(text, "/boats/overview")
    assert (endpoint.kind, endpoint.entity, endpoint.group_name) == ("report", "Boat", "kind")
    assert endpoint.group_by == "kind"
    assert endpoint.returns == {"count": "count(Boat)"}
    assert endpoint.order_by == ["kind"]


def test_an_action_changes_what_its_item_refers_to_and_all_others_that_do() -> None:
    text = """
A room has a name and a status (free or taken, free at first).
A request belongs to a room and has a status: open, granted or refused; it starts as open.

- `POST /requests/{id}/grant` makes the room "taken" and refuses all other open requests for it.
- `POST /requests/{id}/refuse` turns an open request into "refused".
"""
    grant = next(each for each in _design(text).endpoints if each.name == "grant")
    assert ("status", "'granted'") in {(each.target, each.value) for each in grant.effects}
    assert ("room.status", "'taken'") in {(each.target, each.value) for each in grant.effects}
    others = next(each for each in grant.effects if each.entity == "Request")
    assert others.value == "'refused'"
    assert "room_id == this.room_id" in (others.where or "")
    assert "id != this.id" in (others.where or "")
