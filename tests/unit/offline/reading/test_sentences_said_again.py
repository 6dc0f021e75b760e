"""However a document says that a thing has fields, they end up in the design."""

from __future__ import annotations

import pytest

from quantumlayer.agents import FieldSpec, SystemDesign
from quantumlayer.offline.reading import design, read


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _fields(text: str, path: str) -> dict[str, FieldSpec]:
    found = {entity.path: entity for entity in _design(text).entities}
    assert path in found, sorted(found)
    return {field.name: field for field in found[path].fields}


@pytest.mark.parametrize(
    "text",
    [
        "For each kayak that is handed in we note the colour, the length and a remark.",
        "Stored per kayak: colour, length, remark.",
        "Fields of a kayak: colour (text), length (number), remark (text).",
        "One kayak = colour + length + remark.",
        "A kayak comprises a colour, a length and a remark.",
        "The club hires out several kayaks. Each has a colour, a length and a remark.",
        "A kayak is a colour, a length and a remark.",
    ],
)
def test_a_thing_has_fields_in_many_wordings(text: str) -> None:
    assert set(_fields(text, "/kayaks")) == {"colour", "length", "remark"}


@pytest.mark.parametrize(
    "text",
    [
        "A kayak has a colour and a remark. A kayak without a remark is fine.",
        "A kayak has a colour and a remark. The remark is the only part that is not obligatory.",
        "A kayak has a colour and a remark. Members in a hurry leave the remark out.",
        "A kayak has a colour and a remark. A remark is nice to have, not necessary.",
        "A kayak has a colour and a remark if the finder could think of one.",
    ],
)
def test_a_field_is_optional_in_many_wordings(text: str) -> None:
    fields = _fields(text, "/kayaks")
    assert not fields["remark"].required
    assert fields["colour"].required


@pytest.mark.parametrize(
    "text",
    [
        "A kayak has a number and a colour. The same number must not be given to two kayaks.",
        "A kayak has a number and a colour. Two kayaks can't have the same number.",
        "A kayak has a colour and a number. It is unique.",
        "A kayak has a number that distinguishes it from the others and a colour.",
    ],
)
def test_a_field_is_unique_in_many_wordings(text: str) -> None:
    assert _fields(text, "/kayaks")["number"].unique


@pytest.mark.parametrize(
    ("phrase", "pattern"),
    [
        ("two capital letters followed by four digits", "[A-Z]{2}[0-9]{4}"),
        ("(a plus sign and 6 to 12 digits)", r"\+[0-9]{6,12}"),
        ("(three digits, a dash, then two capital letters)", r"[0-9]{3}\-[A-Z]{2}"),
    ],
)
def test_how_a_text_is_made_up_becomes_its_pattern(phrase: str, pattern: str) -> None:
    text = f"A kayak has a colour and a `mark` {phrase}."
    assert _fields(text, "/kayaks")["mark"].pattern == pattern


def test_lines_in_columns_are_fields_of_what_stands_above() -> None:
    text = (
        "POST /kayaks takes:\n  mark     string, 3 to 8 characters\n  weight   a number greater than zero\n"
        "  colour   text, optional\n"
    )
    fields = _fields(text, "/kayaks")
    assert fields["mark"].max_length == 8
    assert fields["weight"].exclusive_minimum == 0


def test_a_clause_may_stand_before_the_name_of_a_field() -> None:
    text = (
        "A trip has a title, how many people paddle (`crew`, at least 1) and when it"
        " sets out (`starts_at`, date and time)."
    )
    fields = _fields(text, "/trips")
    assert fields["crew"].type == "integer"
    assert fields["starts_at"].type == "datetime"
