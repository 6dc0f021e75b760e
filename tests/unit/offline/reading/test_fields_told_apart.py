"""Sentences about several fields: what is said of which of them."""

from __future__ import annotations

import pytest

from quantumlayer.agents import FieldSpec
from quantumlayer.offline import reading


def _fields(text: str, name: str) -> dict[str, FieldSpec]:
    design = reading.design(reading.read(text))
    entity = next(each for each in design.entities if each.name == name)
    return {field.name: field for field in entity.fields}


_SHIP = 'A ship is `{"id", "name", "number", "tons", "built", "crew_min", "crew_max"}`. '


@pytest.mark.parametrize(
    "sentence",
    [
        "Names are not empty, number and tons are whole numbers of at least 1.",
        "Name may not be empty, number and tons must be whole numbers, at least 1.",
    ],
)
def test_the_next_field_behind_a_comma_is_no_type_of_the_one_before(sentence: str) -> None:
    fields = _fields(_SHIP + sentence, "Ship")
    assert fields["name"].type == "string"
    assert fields["number"].type == fields["tons"].type == "integer"
    assert fields["number"].minimum == fields["tons"].minimum == 1


def test_a_verb_may_be_left_out_behind_the_first_field() -> None:
    fields = _fields(_SHIP + "Name may not be empty, tons is a whole number, built a date.", "Ship")
    assert fields["name"].type == "string"
    assert fields["built"].type == "date"


@pytest.mark.parametrize(
    "sentence",
    ["The crews are optional whole numbers.", "Both crews are whole numbers and optional."],
)
def test_a_plural_sums_up_all_fields_of_that_word(sentence: str) -> None:
    fields = _fields(_SHIP + sentence, "Ship")
    assert {fields[name].type for name in ("crew_min", "crew_max")} == {"integer"}
    assert not fields["crew_min"].required
    assert not fields["crew_max"].required
    assert fields["name"].required


def test_a_phone_number_is_no_number() -> None:
    text = "A guest has a name and a phone. `GET /guests?q=` finds guests by name or phone number."
    assert _fields(text, "Guest")["phone"].type == "string"


def test_the_headers_of_a_mail_say_nothing_of_its_things() -> None:
    text = (
        "From: Dr. Ann Key <ann@example.com>\nTo: dev\nSubject: Re: keys\n\n"
        "A key has a label and belongs to one room. A room has a name.\n"
    )
    requirements = reading.read(text)
    assert not any("Ann" in item.text for item in requirements.items)
    assert set(_fields(text, "Key")) == {"label", "room_id"}


def test_choices_of_a_field_are_no_filter() -> None:
    fields = _fields(_SHIP + "`name` is `Anna`, `Berta` or `Clara`.", "Ship")
    assert list(fields["name"].choices) == ["Anna", "Berta", "Clara"]


def test_a_table_without_a_heading_of_its_own_describes_the_only_collection() -> None:
    text = (
        "# Print queue API\n\nOne resource for the orders at our counter.\n\n"
        "| field | type | notes |\n|---|---|---|\n| `customer` | string | required |\n| `pages` | int | 1-500 |\n\n"
        "- `POST /jobs/{id}/start` queued -> printing\n- `GET /jobs`\n"
    )
    assert {"customer", "pages"} <= set(_fields(text, "Job"))


@pytest.mark.parametrize(
    "said",
    ["the voice, which is soprano, alto or bass", "the voice, which is soprano, alto, or bass"],
)
def test_values_may_follow_in_a_clause(said: str) -> None:
    fields = _fields(f"A singer has a name and {said}.", "Singer")
    assert set(fields) == {"name", "voice"}
    assert list(fields["voice"].choices) == ["soprano", "alto", "bass"]


def test_a_clause_that_names_no_value_ends_with_its_comma() -> None:
    fields = _fields("A box has the code, which is unique, name and price.", "Box")
    assert set(fields) == {"code", "name", "price"}


def test_a_word_that_is_said_again_in_brackets_is_the_name() -> None:
    text = "A permit has the angler's name (angler), the phone of the guest (guest) and a kind (a or b)."
    assert set(_fields(text, "Permit")) == {"angler", "guest", "kind"}


def test_what_is_normally_not_so_is_false() -> None:
    fields = _fields("A plot has a code and a water tap (water_tap, normally not).", "Plot")
    assert (fields["water_tap"].type, fields["water_tap"].default) == ("boolean", False)


def test_an_item_about_each_thing_is_no_field_of_it() -> None:
    text = (
        "# Desk\n\n## Permits\n\n- Price (0 or more) and places (2 to 16).\n"
        "- Every permit also shows places_left, which the server calculates.\n"
    )
    assert set(_fields(text, "Permit")) == {"price", "places", "places_left"}


@pytest.mark.parametrize(
    ("told", "choices"),
    [
        ("one vote per voter and round, and never of one's own", None),
        ("papers are taken up to and including that day", None),
        ("small, medium or large", ["small", "medium", "large"]),
    ],
)
def test_prose_behind_a_name_is_no_list_of_values(told: str, choices: list[str] | None) -> None:
    made = reading.design(reading.read(f"# Rounds\n\n## Ballot\n- `title`\n- `label`: {told}\n"))
    label = next(field for field in made.entities[0].fields if field.name == "label")
    assert (label.choices or None, label.default) == (choices, None)


@pytest.mark.parametrize(
    ("told", "operator"),
    [
        ("both at least 1 and the first not above the second", "<="),
        ("the first below the second", "<"),
        ("where the former is earlier than the latter", "<"),
        ("the former must not exceed the latter", "<="),
    ],
)
def test_two_fields_are_compared_as_the_first_and_the_second(told: str, operator: str) -> None:
    text = f"A course has a title, min_size and max_size, {told}."
    design = reading.design(reading.read(text))
    assert [rule.condition for rule in design.rules] == [f"min_size {operator} max_size"]
    assert set(_fields(text, "Course")) == {"title", "min_size", "max_size"}


@pytest.mark.parametrize(
    "counts",
    [
        "a number of `rows` and of `seats` (both from 1 to 40)",
        "a number of rows and of seats, both from 1 to 40",
        "a number of rows and one of seats, each from 1 to 40",
        "a number of rows and a number of seats (1 to 40 each)",
    ],
)
def test_what_is_said_once_for_two_counts_holds_for_both(counts: str) -> None:
    fields = _fields(f"A hall has a name and {counts}.", "Hall")
    assert set(fields) == {"name", "rows", "seats"}
    for name in ("rows", "seats"):
        assert (fields[name].type, fields[name].minimum, fields[name].maximum) == ("integer", 1, 40)


def test_the_verb_of_one_field_is_that_of_the_next() -> None:
    text = (
        "A room has a name, a floor, a colour and a phone. The name is unique, the floor a whole"
        " number from 0 to 9, and the phone may be left out. The colour is red or blue; the name at"
        " most 40 characters."
    )
    fields = _fields(text, "Room")
    assert fields["name"].unique
    assert fields["name"].max_length == 40
    assert (fields["floor"].type, fields["floor"].maximum) == ("integer", 9)
    assert (fields["floor"].required, fields["phone"].required) == (True, False)
    assert fields["colour"].choices == ["red", "blue"]


@pytest.mark.parametrize(
    "sentence",
    [
        "All of it is needed except `note`.",
        "Everything but the note is required.",
        "All fields are mandatory, apart from the note.",
        "Only the note may be missing.",
    ],
)
def test_what_is_excepted_from_what_is_needed_may_be_missing(sentence: str) -> None:
    fields = _fields(f"A show has a title, a host and a note. {sentence}", "Show")
    assert {name for name, field in fields.items() if not field.required} == {"note"}


def test_what_comes_back_is_what_the_service_adds() -> None:
    text = (
        'A show is sent like this:\n\n```json\n{"title": "Sea", "feedUrl": "https://a.example/f"}\n'
        "```\n\nWhat comes back has an `id`, `addedAt` and `hidden` (false)."
    )
    fields = _fields(text, "Show")
    assert set(fields) == {"title", "feedUrl", "addedAt", "hidden"}
    assert {name for name, field in fields.items() if field.set_by == "system"} == {
        "addedAt",
        "hidden",
    }
