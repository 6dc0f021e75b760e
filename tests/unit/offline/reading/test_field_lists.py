"""Lists of fields in prose, notes and examples give the fields that they name."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, Entity, FieldSpec, SystemDesign
from quantumlayer.offline.reading import design, read


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _fields(text: str, name: str) -> dict[str, FieldSpec]:
    found: dict[str, Entity] = {entity.name: entity for entity in _design(text).entities}
    assert name in found, sorted(found)
    return {field.name: field for field in found[name].fields}


def _routes(made: SystemDesign) -> dict[tuple[str, str], Endpoint]:
    return {(each.method, each.path): each for each in made.endpoints}


@pytest.mark.parametrize(
    "choices",
    [
        "which is one of north wing, south wing and annex",
        "either north wing, south wing or annex",
        "(north wing, south wing or annex)",
        "one of `north wing`, `south wing`, `annex`",
    ],
)
def test_values_to_choose_from_are_no_fields(choices: str) -> None:
    fields = _fields(f"A desk has a number, a place, {choices}, and a remark (optional).", "Desk")
    assert set(fields) == {"number", "place", "remark"}
    assert fields["place"].choices == ["north wing", "south wing", "annex"]


@pytest.mark.parametrize(
    "parts",
    [
        "one or more slices, each with a filling and a weight of at least 1",
        "at least one slice, each with a filling and a weight of at least 1",
    ],
)
def test_what_each_part_has_belongs_to_the_part(parts: str) -> None:
    text = f"A cake has a name. It contains {parts}."
    assert set(_fields(text, "Cake")) == {"name", "slices"}
    assert {"filling", "weight"} <= set(_fields(text, "CakeSlice"))


@pytest.mark.parametrize(
    "name", ["title", "password", "author", "street", "code", "subject", "phone"]
)
def test_bounds_of_what_is_a_text_are_bounds_of_its_length(name: str) -> None:
    field = _fields(f"- a card has:\n  - {name} (max 40)\n  - size (max 9)\n", "Card")[name]
    assert field.max_length == 40
    assert field.maximum is None


def test_several_fields_in_one_note_are_told_apart_by_their_brackets() -> None:
    text = "- cards\n  - title (required, max 100), shelf (top / low), points (1..10, default 1), notes optional\n"
    fields = _fields(text, "Card")
    assert set(fields) == {"title", "shelf", "points", "notes"}
    assert fields["shelf"].choices == ["top", "low"]
    assert (fields["points"].minimum, fields["points"].maximum, fields["points"].default) == (
        1,
        10,
        1,
    )


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("a maximum number of riders (max_riders, from 1 to 40)", "max_riders"),
        ("the languages they speak (a list, at least one)", "languages"),
        ("the people she knows", "people"),
    ],
)
def test_a_name_ends_where_its_description_begins(phrase: str, name: str) -> None:
    assert set(_fields(f"A coach has a title, {phrase} and a price.", "Coach")) == {
        "title",
        name,
        "price",
    }


@pytest.mark.parametrize(
    "caption",
    ["A parcel:", "Example of a parcel:", "A parcel as JSON:", "A parcel looks like this:"],
)
def test_an_example_below_a_caption_shows_a_thing(caption: str) -> None:
    text = f'# Post\n\n{caption}\n\n```json\n{{"weight_grams": 120, "sender": "Ada"}}\n```\n\nPOST /parcels adds a parcel.\n'
    assert set(_fields(text, "Parcel")) == {"weight_grams", "sender"}


def test_what_an_answer_shows_beside_the_list_of_fields_is_worked_out() -> None:
    text = "# Camp\n\nA tent has a name. A night has a tent and a date. Every tent shows its `night_count`.\n"
    assert _fields(text, "Tent")["night_count"].set_by == "system"


def test_a_list_below_an_item_leaves_the_collection_as_it_is() -> None:
    made = _routes(
        _design(
            "# Camp\n\nA tent has a name. A night has a tent and a date.\n\nGET /tents/{id}/nights lists them.\n"
        )
    )
    assert ("POST", "/nights") in made


@pytest.mark.parametrize("sentence", ["New guests are visitors.", "A new guest is a visitor."])
def test_a_first_value_is_that_of_the_field_that_has_it(sentence: str) -> None:
    fields = _fields(f"A guest has a name and a role: visitor, helper or host. {sentence}", "Guest")
    assert set(fields) == {"name", "role"}


@pytest.mark.parametrize("filtered", ["hue", "lit", "shelf_id"])
def test_lists_are_filtered_by_choices_switches_and_references_without_being_asked(
    filtered: str,
) -> None:
    made = _design(
        "A shelf has a name. A lamp has a shelf, a hue (red, green or blue) and a `lit` flag."
    )
    assert filtered in {param.name for param in _routes(made)["GET", "/lamps"].params}


@pytest.mark.parametrize(
    ("sentence", "members"),
    [
        ("GET /crates/{id} shows the crate with its bottles.", {"bottles"}),
        ("GET /crates/{id} returns the crate including its bottles, newest first.", {"bottles"}),
    ],
)
def test_an_item_is_shown_with_what_belongs_to_it(sentence: str, members: set[str]) -> None:
    made = _design(f"A crate has a name. A bottle has a crate and a label.\n\n{sentence}\n")
    read_ = _routes(made)["GET", "/crates/{id}"]
    assert {include.name for include in read_.includes} == members


@pytest.mark.parametrize(
    ("told", "pattern"),
    [
        ("the letter D and six digits", "D[0-9]{6}"),
        ("the letters TR, a hyphen and five digits", r"TR\-[0-9]{5}"),
        ("the prefix AB followed by two digits", "AB[0-9]{2}"),
        # What is not understood as a whole refuses nothing.
        ("capital letters, something odd and four digits", None),
    ],
)
def test_letters_of_a_format_are_part_of_it(told: str, pattern: str | None) -> None:
    fields = _fields(f"A desk has a number and a tag ({told}).", "Desk")
    assert set(fields) == {"number", "tag"}
    assert (fields["tag"].pattern or "").strip("^$") == (pattern or "")


@pytest.mark.parametrize(
    ("told", "name", "default"),
    [
        ("a score, somewhere between 10 and 90", "score", None),
        ("a score, roughly from 10 to 90, new desks get 50", "score", 50),
        ("a score from 10 to 90, new ones start at 50", "score", 50),
        ("a weight in kilograms, `weight_kg`, from 10 to 90", "weight_kg", None),
    ],
)
def test_what_is_said_behind_a_field_is_no_field(told: str, name: str, default: int | None) -> None:
    fields = _fields(f"A desk has a place, {told}, and a remark (optional).", "Desk")
    assert set(fields) == {"place", name, "remark"}
    assert (fields[name].minimum, fields[name].maximum) == (10, 90)
    assert fields[name].default == default


def test_a_number_with_a_condition_behind_one_without_is_no_choice() -> None:
    made = _fields(
        "A desk has a `name`.\n\n| Method | Path | What it does | OK | Errors |\n"
        "|---|---|---|---|---|\n"
        "| POST | /desks | adds a desk; the name is unique | 201 | 400, 409 if it is taken |\n",
        "Desk",
    )
    assert (made["name"].type, made["name"].unique, made["name"].required) == ("string", True, True)
