"""What is read of sentences whose verbs nobody knows."""

from __future__ import annotations

import pytest

from quantumlayer.offline.reading import design, read

_THINGS = """
# Things

A van has a plate. A driver has a name. `GET /tours` lists the tours.
"""


def fields_of(text: str, name: str) -> dict[str, str]:
    made = design(read(text))
    entity = next(each for each in made.entities if each.name == name)
    return {each.name: each.type for each in entity.fields}


@pytest.mark.parametrize(
    "sentence",
    [
        "A tour glues one van to one driver on a date.",
        "Each tour fetches a van and a driver on a day.",
        "A tour sends one van with one driver out on a date.",
    ],
)
def test_a_thing_refers_to_the_things_that_stand_in_its_sentence(sentence: str) -> None:
    fields = fields_of(f"{_THINGS}\n{sentence}", "Tour")

    assert fields["van_id"] == fields["driver_id"] == "reference"


def test_a_moment_in_such_a_sentence_is_a_field() -> None:
    fields = fields_of(f"{_THINGS}\nA tour glues one van to one driver on a date.", "Tour")

    assert fields["date"] == "date"


def test_a_list_behind_a_colon_belongs_to_what_somebody_writes() -> None:
    text = """
    # School

    A student has a name. `GET /records` lists the records.
    Each evening somebody writes one record per student: the student, the date, and a remark.
    """
    fields = fields_of(text, "Record")

    assert fields == {"student_id": "reference", "date": "date", "remark": "text"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Students have a name and belong to one class.",
        "A student has a name and belongs to a class.",
    ],
)
def test_a_subject_may_stand_far_before_what_belongs(sentence: str) -> None:
    fields = fields_of(f"# School\n\nA class has a name. {sentence}", "Student")

    assert fields["class_id"] == "reference"


def test_a_verb_makes_what_the_document_calls_by_its_noun() -> None:
    text = """
    # Games

    A game has a title. A player has a nickname.
    Ratings: a player rates a game with stars, a whole number from 1 to 5, and maybe a comment.
    """
    fields = fields_of(text, "Rating")

    assert fields["game_id"] == fields["player_id"] == "reference"
    assert {"stars", "comment"} <= fields.keys()


@pytest.mark.parametrize(
    "rule",
    [
        "A driver must never leave a van.",
        "Deleting a driver drops its vans.",
        "A driver cannot wash a van.",
    ],
)
def test_a_rule_gives_no_thing_a_reference(rule: str) -> None:
    assert "van_id" not in fields_of(f"{_THINGS}\n{rule}", "Driver")
