"""Tables of requests: bodies and answers in a cell, keys instead of numbers, what is taken or fixed."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, Entity, FieldSpec, SystemDesign
from quantumlayer.offline.reading import design, read

HEAD = """A shelf is known by its `code`, which consists of 2 to 8 lower-case letters, digits and hyphens.

| Request | Meaning | OK | Errors |
|---|---|---|---|
| `POST /shelves` | registers a shelf: `{"code": "b-12", "label": "Tools", "mode": "open"}`; with the mode `closed` nobody takes anything. `open` is the default. | 201 | 400 invalid, 409 code taken |
| `GET /shelves/{code}` | the shelf | 200 | 404 |
| `PATCH /shelves/{code}` | a new label; code and mode are fixed | 200 | 400, 404 |
| `DELETE /shelves/{code}` | removes a shelf together with its loads | 204 | 404 |
| `POST /shelves/{code}/loads` | `{"holder": "zed", "weight": 42}`: reports a load; answers `{"id", "holder", "weight", "checked", "enteredAt"}` | 201 | 400, 404 |
| `GET /shelves/{code}/heaviest` | the highest weight of every holder, best first: `[{"holder": "zed", "weight": 42}]` | 200 | 404 |

* A weight is a whole number, never negative. Holder names have 2 to 16 characters.
* `?limit=` says how many lines of the heaviest are wanted, 10 if it is missing, 100 at most.
"""


@pytest.fixture(scope="module")
def made() -> SystemDesign:
    return design(read(f"# Shelves\n\n{HEAD}"))


def _entity(made: SystemDesign, name: str) -> Entity:
    return next(entity for entity in made.entities if entity.name == name)


def _field(made: SystemDesign, entity: str, name: str) -> FieldSpec:
    return next(field for field in _entity(made, entity).fields if field.name == name)


def _endpoint(made: SystemDesign, method: str, path: str) -> Endpoint:
    return next(each for each in made.endpoints if (each.method, each.path) == (method, path))


def test_a_thing_that_is_known_by_a_key_is_found_by_it(made: SystemDesign) -> None:
    code = _field(made, "Shelf", "code")
    assert code.unique
    assert code.pattern == "[a-z0-9\\-]{2,8}"
    assert _endpoint(made, "GET", "/shelves/{code}").lookup == "code"
    parent = _endpoint(made, "POST", "/shelves/{code}/loads").parent
    assert parent is not None
    assert (parent.entity, parent.lookup) == ("Shelf", "code")


def test_values_come_from_the_example_and_from_what_is_said_of_them(made: SystemDesign) -> None:
    mode = _field(made, "Shelf", "mode")
    assert (mode.type, sorted(mode.choices), mode.default) == ("enum", ["closed", "open"], "open")
    assert mode.immutable


def test_what_a_row_answers_but_does_not_take_is_filled_in_by_the_service(
    made: SystemDesign,
) -> None:
    sets = {field.name: field.set_by for field in _entity(made, "Load").fields}
    assert sets["holder"] == sets["weight"] == "client"
    assert sets["checked"] == sets["enteredAt"] == "system"


def test_fields_are_described_below_the_table(made: SystemDesign) -> None:
    holder, weight = _field(made, "Load", "holder"), _field(made, "Load", "weight")
    assert (holder.min_length, holder.max_length) == (2, 16)
    assert (weight.type, weight.minimum) == ("integer", 0)


def test_rows_below_an_item_are_grouped_ordered_and_cut(made: SystemDesign) -> None:
    endpoint = _endpoint(made, "GET", "/shelves/{code}/heaviest")
    assert (endpoint.kind, endpoint.entity, endpoint.group_name) == ("report", "Load", "holder")
    assert endpoint.returns == {"weight": "max(Load, weight)"}
    assert endpoint.order_by == ["-weight"]
    assert endpoint.parent is not None
    assert (endpoint.pagination.default_size, endpoint.pagination.maximum_size) == (10, 100)


@pytest.mark.parametrize(
    "told",
    [
        "a bed: `label` (unique), `kind` (soft, firm)",
        "`label` (unique), `kind` (soft, firm)",
        "sets up a bed in its place: `label` (unique), `kind` (soft, firm)",
    ],
)
def test_the_row_of_a_collection_lists_what_it_takes(told: str) -> None:
    text = f"# Ward\n\n| Call | Purpose | OK |\n|---|---|---|\n| POST /beds | {told} | 201 |\n| GET /beds | all beds | 200 |\n"
    made = design(read(text)).entities[0]
    assert [(field.name, field.unique) for field in made.fields] == [
        ("label", True),
        ("kind", False),
    ]
    assert made.fields[1].choices == ["soft", "firm"]


TAKEN = (
    ("POST /tools", "`owner`, `name`, `grade`: good, worn or broken; good by default"),
    ("POST /loans", '`tool_id`, `day`; its status is "asked"'),
    ("POST /cases", "name, size (S or M)"),
)


@pytest.mark.parametrize("row", ["| {} | {} | 201, 422 |", "- {}: {}", "- `{}` - {}"])
def test_names_behind_a_request_are_what_it_takes(row: str) -> None:
    head = "| Call | Meaning | Answers |\n|---|---|---|\n" if row.startswith("|") else ""
    made = design(read("# Tools\n\n" + head + "\n".join(row.format(*each) for each in TAKEN)))
    assert {each.name for each in _entity(made, "Tool").fields} == {"owner", "name", "grade"}
    assert _field(made, "Tool", "grade").choices == ["good", "worn", "broken"]
    assert _field(made, "Tool", "grade").default == "good"
    assert {each.name for each in _entity(made, "Loan").fields} == {"tool_id", "day", "status"}
    assert _field(made, "Loan", "day").required
    assert _field(made, "Loan", "status").default == "asked"
    assert _field(made, "Case", "size").choices == ["S", "M"]
