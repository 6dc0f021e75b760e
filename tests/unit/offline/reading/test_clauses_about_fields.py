"""What a clause says of a field counts, in whatever words it is said."""

from __future__ import annotations

import pytest

from quantumlayer.agents import FieldSpec
from quantumlayer.offline.reading import design, read


def _fields(text: str, name: str) -> dict[str, FieldSpec]:
    found = {entity.name: entity for entity in design(read(text)).entities}
    assert name in found, sorted(found)
    return {field.name: field for field in found[name].fields}


@pytest.mark.parametrize(
    "said",
    [
        "a whole number; 7 if I do not say",
        "a whole number, which is 7 for a new one",
        "a whole number; when the gardener leaves that out she means 7",
        "a whole number; whoever is new starts with 7",
        "7 as long as nobody says anything else",
        "a number, 7 where nothing is known",
    ],
)
def test_a_value_for_when_nothing_is_said_is_the_default(said: str) -> None:
    field = _fields(f"A bed has a label and a depth ({said}), and an owner.", "Bed")["depth"]
    assert (field.default, field.required) == (7, False)


@pytest.mark.parametrize(
    "said",
    ["two beds never share one", "different for every bed", "no two are alike", "is given out once"],
)  # fmt: skip
def test_what_nothing_else_may_have_too_is_unique(said: str) -> None:
    assert _fields(f"A bed has a label ({said}) and an owner.", "Bed")["label"].unique


@pytest.mark.parametrize(
    "said", ["when known", "if there is one", "may be empty for those without one", "where this is available"]
)  # fmt: skip
def test_what_is_only_there_at_times_is_optional(said: str) -> None:
    fields = _fields(f"A bed has a label, an owner ({said}), and a depth.", "Bed")
    assert not fields["owner"].required
    assert fields["depth"].required


def test_a_clause_about_another_field_is_not_said_of_this_one() -> None:
    text = "A note has a title and a text. The text has at least 5 characters, the title may be missing."
    fields = _fields(text, "Note")
    assert fields["text"].required
    assert not fields["title"].required


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("how old it is (in years)", "age"),
        ("how many doors there are (at least 1)", "doors"),
        ("the shelf it stands on", "shelf"),
        ("(if there is one) a donor", "donor"),
    ],
)
def test_a_field_may_be_told_as_a_question(told: str, name: str) -> None:
    fields = _fields(f"A cabinet has a colour, {told}, a price and a maker.", "Cabinet")
    assert set(fields) == {"colour", name, "price", "maker"}


def test_parts_of_how_a_text_is_made_up_are_no_fields() -> None:
    text = "A course has a code of four capital letters and three digits (ABCD123; unique), and a title."
    fields = _fields(text, "Course")
    assert set(fields) == {"code", "title"}
    assert (fields["code"].pattern, fields["code"].unique) == ("[A-Z]{4}[0-9]{3}", True)


def test_a_line_that_goes_on_inside_a_bracket_is_no_item() -> None:
    text = "I want to enter rooms with a number, the beds (at least\n1) and a price per night."
    fields = _fields(text, "Room")
    assert set(fields) == {"number", "beds", "price_per_night"}
    assert fields["price_per_night"].type == "money"


@pytest.mark.parametrize(
    "sentence",
    ["We ask for their full name, email and date of birth.", "I note down their full name, email and date of birth."],
)  # fmt: skip
def test_what_is_asked_for_belongs_to_what_was_spoken_of(sentence: str) -> None:
    text = f"As a clerk I want to register customers. {sentence}"
    assert set(_fields(text, "Customer")) == {"full_name", "email", "date_of_birth"}


def test_a_marked_value_in_a_list_is_the_default() -> None:
    text = "A bug has a title and a severity: `low`, `medium` (default), `high` or `critical`."
    field = _fields(text, "Bug")["severity"]
    assert field.choices == ["low", "medium", "high", "critical"]
    assert field.default == "medium"


def test_a_column_of_a_table_of_routes_tells_what_they_take() -> None:
    text = (
        "| Endpoint | Body |\n|---|---|\n"
        "| POST /films | title, minutes (whole number, at least 1) |\n"
        "| POST /showings | film_id, starts_at (date and time), price (not negative) |\n"
    )
    assert set(_fields(text, "Film")) == {"title", "minutes"}
    assert set(_fields(text, "Showing")) == {"film_id", "starts_at", "price"}


def test_a_row_may_describe_several_fields() -> None:
    text = (
        "### Bug\n\n| field | type | |\n|---|---|---|\n| `title` | string | required |\n"
        "| `opened_at`, `closed_at` | datetime | read-only |\n| `lines` and `columns` | int | optional |\n"
    )
    fields = _fields(text, "Bug")
    assert set(fields) == {"title", "opened_at", "closed_at", "lines", "columns"}
    assert {fields["opened_at"].type, fields["closed_at"].type} == {"datetime"}


def test_an_id_is_no_yes_or_no() -> None:
    text = "A course has a title. A course can name one other that must have been passed, prerequisite_id."
    assert _fields(text, "Course")["prerequisite_id"].type != "boolean"


@pytest.mark.parametrize(
    "said", ["one other course that comes before it, needed_id", "another course that comes before it (needed_id)"]
)  # fmt: skip
def test_a_name_behind_a_clause_refers_to_what_the_clause_is_about(said: str) -> None:
    fields = _fields(
        f"A course has a title. A course can name {said}. Courses can be added.", "Course"
    )
    assert set(fields) == {"title", "needed_id"}
    assert fields["needed_id"].references == "Course"
    assert not fields["needed_id"].required


@pytest.mark.parametrize(
    "format_",
    [
        'made of "K-" and four digits',
        'made up of "K-" and four digits',
        "consisting of the letter K, a dash and four digits",
        'of the form "K-" plus four digits',
        'that starts with "K-" and four digits',
        'unique, beginning with "K-", then four digits',
    ],
)
def test_what_a_text_is_made_of_is_no_other_field(format_: str) -> None:
    fields = _fields(f"A card has an owner and a code {format_}.", "Card")
    assert set(fields) == {"owner", "code"}
    assert fields["code"].pattern == r"K\-[0-9]{4}"
    assert fields["code"].required


def test_a_code_of_so_many_letters_has_just_these() -> None:
    text = "A show has a title and a language. The language is a code of two small letters."
    assert _fields(text, "Show")["language"].pattern == "[a-z]{2}"


@pytest.mark.parametrize("said", ["empty at first", "which is null to begin with"])
def test_what_is_empty_at_first_need_not_be_sent(said: str) -> None:
    fields = _fields(f"A result has a name and a grade, {said}.", "Result")
    assert {name: field.required for name, field in fields.items()} == {
        "name": True,
        "grade": False,
    }
