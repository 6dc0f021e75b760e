"""A field is read the same, in whatever words a list of fields describes it."""

from __future__ import annotations

import pytest

from quantumlayer.agents import FieldSpec
from quantumlayer.offline.reading import design, read


def _fields(listed: str) -> dict[str, FieldSpec]:
    made = design(read(f"A boat has {listed}. A dock has a name."))
    return {field.name: field for field in made.entities[0].fields}


@pytest.mark.parametrize(
    "listed",
    [
        "a name, and length and width, whole numbers from 1 to 50 and 9 each by default",
        "a name, the berth it lies at, and length and width, both whole numbers of 1 to 50, 9 each unless given",
        "a name, a length and a width, integers between 1 and 50, default 9",
    ],
)
def test_a_kind_in_the_plural_is_said_of_both(listed: str) -> None:
    fields = _fields(listed)
    for name in ("length", "width"):
        told = fields[name]
        assert (told.type, told.minimum, told.maximum, told.default) == ("integer", 1, 50, 9)
    assert not {"whole_numbers", "integers"} & set(fields)


@pytest.mark.parametrize(
    ("listed", "name", "kind"),
    [
        ("a name and built, a date that is not in the future", "built", "date"),
        ("a name and the launch, by which we mean date and time", "launch", "datetime"),
        ("a name, a flag and a season, a year from 1900 to 2100", "season", "integer"),
        ("a flag and the day it sails_on, which may not be in the past when it is entered", "sails_on", "date"),
        ("a name and a quota: how many trips it makes, a whole number", "quota", "integer"),
        ("a name and a volume in microlitres (more than 0)", "volume", "number"),
        ("a name, row and column, counted from 1", "row", "integer"),
    ],
)  # fmt: skip
def test_what_stands_in_apposition_tells_the_type(listed: str, name: str, kind: str) -> None:
    fields = _fields(listed)
    assert fields[name].type == kind
    assert fields[name].required
    assert not {"year", "date", "time", "day"} & set(fields)


@pytest.mark.parametrize(
    "said",
    [
        "(every boat has its own)",
        "(each callsign only once)",
        "(one boat per callsign)",
        "that no other boat uses",
        "which no two boats share",
        "that nobody else may use",
        ", different from all the others",
    ],
)
def test_what_only_one_has_is_unique(said: str) -> None:
    fields = _fields(f"a callsign {said}, and a flag".replace(" ,", ","))
    assert set(fields) == {"callsign", "flag"}
    assert fields["callsign"].unique
    assert fields["callsign"].type == "string"


@pytest.mark.parametrize(
    "listed",
    [
        "a name, a flag and, where there is one, a motto",
        "a name, a flag and, in case they have one, a motto",
        "a name, a flag and, if it has one, a motto",
        "a name, a flag and a motto that we can add later",
    ],
)
def test_what_there_need_not_be_is_optional(listed: str) -> None:
    needed = {name: field.required for name, field in _fields(listed).items()}
    assert needed == {"name": True, "flag": True, "motto": False}


@pytest.mark.parametrize(
    ("said", "pattern"),
    [
        ("(letters, digits and underscore)", "[A-Za-z0-9_]+"),
        ("(3-20 chars, letters, digits and underscore, unique)", "[A-Za-z0-9_]+"),
        ('(two small letters, "en" if I leave it out)', "[a-z]{2}"),
        ('(two small letters, "en" unless given)', "[a-z]{2}"),
    ],
)
def test_kinds_of_characters_are_no_values(said: str, pattern: str) -> None:
    field = _fields(f"a `sign` {said} and a `flag`")["sign"]
    assert pattern in str(field.pattern)
    assert not field.choices
    assert field.default == ("en" if "en" in said.split('"') else None)


@pytest.mark.parametrize(
    "said", ["1 is the least we take, 80 the most", "1 being the lowest, 80 the highest", "the least is 1, the most 80"]
)  # fmt: skip
def test_the_least_and_the_most_are_bounds(said: str) -> None:
    field = _fields(f"a name and a weight ({said})")["weight"]
    assert (field.minimum, field.maximum) == (1, 80)


@pytest.mark.parametrize(
    "said",
    ['("near", "far" or "wide", which is the default)', "(near, far or wide, wide being the default)"],
)  # fmt: skip
def test_the_value_that_is_the_default(said: str) -> None:
    field = _fields(f"a name and a range {said}")["range"]
    assert (field.choices, field.default) == (["near", "far", "wide"], "wide")


def test_two_words_share_the_noun_behind_them() -> None:
    assert set(_fields("a first and a last name, and an email")) == {
        "first_name",
        "last_name",
        "email",
    }


@pytest.mark.parametrize(
    "said",
    ["a number from 1 to 20 (halves occur: 2.5)", "a number from 1 to 20; halves are allowed"],
)
def test_what_may_have_fractions_is_no_whole_number(said: str) -> None:
    field = _fields(f"a name and a number of `rooms` ({said})")["rooms"]
    assert (field.type, field.minimum, field.maximum) == ("number", 1, 20)


def test_a_label_in_the_plural_is_the_thing_and_no_field() -> None:
    text = "Boats: the plate (every boat has its own), a name.\n\nTrips: which boat, the day, the distance."
    made = {
        each.name: {field.name for field in each.fields} for each in design(read(text)).entities
    }
    assert made == {"Boat": {"plate", "name"}, "Trip": {"boat_id", "day", "distance"}}
