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


@pytest.mark.parametrize(
    ("listed", "name", "kind", "low", "high"),
    [
        ("a skipper and 1 to 5 stars", "stars", "integer", 1, 5),
        ("a name and between 2 and 8 seats", "seats", "integer", 2, 8),
        ("a name and 1 to 3 bottles", "bottles", "integer", 1, 3),
        ("a score, 1 to 5 stars, and a name", "score", "integer", 1, 5),
    ],
)
def test_a_range_before_a_noun_bounds_how_many_there_are(
    listed: str, name: str, kind: str, low: int, high: int
) -> None:
    told = _fields(listed)[name]
    assert (told.type, told.minimum, told.maximum) == (kind, low, high)


def test_a_list_of_so_many_is_a_list() -> None:
    options = _fields("a text, a list of 2 to 6 options, and an answer")["options"]
    assert (options.type, options.min_length, options.max_length) == ("strings", 2, 6)


@pytest.mark.parametrize("behind", ["(both dates)", "(both are dates)", ", both dates"])
def test_what_a_bracket_says_of_both_is_said_of_each(behind: str) -> None:
    fields = _fields(f"an arrival and a departure {behind}")
    assert [fields[name].type for name in ("arrival", "departure")] == ["date", "date"]


def _boat(text: str) -> dict[str, FieldSpec]:
    made = design(read(f"A boat has a name and a kind.\n\n{text}\n\nA dock has a place."))
    return {field.name: field for field in made.entities[0].fields}


@pytest.mark.parametrize(
    "sentence",
    [
        "A name exists only once in the harbour book.",
        "The name may not be empty, has at most 90 characters and is unique in the fleet.",
        "The name is used only once in the whole register.",
        "No name appears twice in the collection.",
        "No name is there twice.",
        "Two boats never have the same name.",
    ],
)
def test_what_comes_once_in_all_there_is_is_unique(sentence: str) -> None:
    assert _boat(sentence)["name"].unique


@pytest.mark.parametrize(
    "sentence",
    [
        "The fields are `name`, `kind` and `berth_no`.",
        "In JSON: `name`, `kind`, `berth_no`.",
        "In the API they are called `name`, `kind` and `berth_no`.",
        "The fields of a boat are called `name`, `kind` and `berth_no`.",
    ],
)
def test_a_list_of_names_says_what_there_is_and_no_choices(sentence: str) -> None:
    fields = _boat(sentence)
    assert set(fields) == {"name", "kind", "berth_no"}
    assert {field.type for field in fields.values()} == {"string"}


def test_items_may_describe_a_field_without_asking_for_anything() -> None:
    made = design(
        read(
            "A meeting has a title.\n\n## Action items\n\n- owner: the person who does it\n"
            "- task: whatever was promised\n- kind: what sort of thing it is, unique\n"
            "- score: a number nobody else has\n"
        )
    )
    item = next(each for each in made.entities if each.name == "ActionItem")
    fields = {field.name: field for field in item.fields}
    assert fields["owner"].required
    assert fields["task"].required
    assert fields["kind"].unique
    missing = [each.text for each in made.coverage if each.status == "not_implemented"]
    assert [text for text in missing if "score" in text]
    assert not [text for text in missing if "owner" in text or "task" in text]


@pytest.mark.parametrize(
    "odd",
    [
        "A boat has a name, either `dock_no` or `berth_no`.",
        "The kind of a boat: `in_dock=true` or `berth_no`.",
    ],
)
def test_values_that_are_names_of_fields_are_none(odd: str) -> None:
    made = design(read(f"A boat has a kind, a dock_no and a berth_no.\n\n{odd}\n"))
    fields = {field.name: field for field in made.entities[0].fields}
    assert not any(field.choices for field in fields.values())


def test_an_answer_with_an_id_shows_what_the_service_sets() -> None:
    made = design(
        read(
            '# Harbour\n\nA boat comes back as\n\n```json\n{"id": 1, "name": "Ida", "status": "afloat", "total": 0}\n'
            "```\n\nBoats can be added, listed and deleted."
        )
    )
    fields = {field.name: field for field in made.entities[0].fields}
    assert fields["name"].set_by != "system"
    assert (fields["status"].set_by, fields["status"].default) == ("system", "afloat")
    assert fields["total"].set_by == "system"


def test_what_is_said_of_the_members_of_a_body_stands_behind_it() -> None:
    made = design(
        read(
            "A boat has a name.\n\n"
            'POST /boats/{id}/ratings takes {"stars": 4, "comment": "nice"}, with 1 to 5 stars and an '
            "optional comment."
        )
    )
    rating = next(each for each in made.entities if each.name == "Rating")
    fields = {field.name: field for field in rating.fields}
    assert (fields["stars"].minimum, fields["stars"].maximum) == (1, 5)
    assert fields["stars"].required
    assert not fields["comment"].required


@pytest.mark.parametrize(
    "listed",
    [
        "a name, and a lowest and a highest salary (`salary_min`, `salary_max`)",
        "a kind (`open` or `shut`), and a lowest and a highest salary (`salary_min`, `salary_max`)",
        "a minimum salary and a maximum salary (`salary_min` and `salary_max`)",
    ],
)
def test_names_in_a_bracket_are_those_of_the_fields_before_it(listed: str) -> None:
    fields = _fields(listed)
    assert [fields[name].type for name in ("salary_min", "salary_max")] == ["money", "money"]
    assert not {"lowest", "highest_salary"} & set(fields)
