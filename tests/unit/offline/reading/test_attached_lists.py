"""Lists of fields that are attached to a noun, wherever the noun stands."""

from __future__ import annotations

import pytest

from quantumlayer.agents import SystemDesign
from quantumlayer.offline.reading import design, read


def _fields(text: str) -> dict[str, list[str]]:
    made: SystemDesign = design(read(text))
    return {entity.path: [field.name for field in entity.fields] for entity in made.entities}


@pytest.mark.parametrize(
    ("text", "path", "names"),
    [
        ("We let canoes: `name`.", "/canoes", ["name"]),
        ("Please keep our boilers: `site`, `checked_on` (date).", "/boilers", ["site", "checked_on"]),
        ("The cashier records every refund: reason, amount (above 0).", "/refunds", ["reason", "amount"]),
        ("As a ranger I add a hut, stating name and altitude_m.", "/huts", ["name", "altitude_m"]),
        ("Wine cellar - bottles with `label`, `year` and `shelf`.", "/bottles", ["label", "year", "shelf"]),
        ("Tents in the rental shop: name, size and an optional remark.", "/tents", ["name", "size", "remark"]),
        ("I want to enter my sheds (address, doors - none of them may be missing).", "/sheds", ["address", "doors"]),
        ("We maintain a catalogue of spare parts (name, supplier).", "/spare-parts", ["name", "supplier"]),
    ],
)  # fmt: skip
def test_a_list_behind_a_noun_gives_its_fields(text: str, path: str, names: list[str]) -> None:
    assert _fields(text) == {path: names}


def test_two_nouns_of_a_sentence_have_a_list_each() -> None:
    made = _fields("Nannies (name, district) look after toddlers (name, nanny_id).")
    assert made == {"/nannies": ["name", "district"], "/toddlers": ["name", "nanny_id"]}


@pytest.mark.parametrize(
    "text",
    [
        "Each coat has a name, a size (S, M or L) and a colour.",
        "Coats have a name, a size (in centimetres) and a colour (optional).",
    ],
)
def test_brackets_inside_a_list_describe_a_field(text: str) -> None:
    assert _fields(text) == {"/coats": ["name", "size", "colour"]}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Each order has a name and bags (1-10).", "integer"),
        ("We record every sample: site, grams (greater than zero).", "number"),
        ("We record every post: title, tags (at most 5 items).", "strings"),
    ],
)
def test_what_has_bounds_is_counted_and_units_are_measured(text: str, kind: str) -> None:
    made = design(read(text))
    assert made.entities[0].fields[-1].type == kind


@pytest.mark.parametrize(
    "wish",
    [
        "As a tenant with a small purse I list flats with `min_rent` and/or `max_rent`.",
        "People can browse flats by `min_rent` and `max_rent`.",
    ],
)
def test_a_list_is_narrowed_by_bounds_and_has_no_such_fields(wish: str) -> None:
    made = design(read(f"A flat has a street and a rent. {wish}"))
    listing = next(each for each in made.endpoints if (each.method, each.path) == ("GET", "/flats"))
    assert {"min_rent", "max_rent"} <= {param.name for param in listing.params}
    assert [field.name for field in made.entities[0].fields] == ["street", "rent"]


@pytest.mark.parametrize(
    "where",
    [
        "The buoys of a regatta live at /regattas/{id}/buoys.",
        "All buoys of a regatta are found under `/regattas/{regatta_id}/buoys`.",
    ],
)
def test_what_lives_below_an_item_is_made_and_listed_there(where: str) -> None:
    made = design(read(f"A regatta has a title. A buoy has a colour and a position. {where}"))
    kinds = {(each.method, each.kind) for each in made.endpoints if each.path.endswith("}/buoys")}
    assert {("POST", "create"), ("GET", "list")} <= kinds
