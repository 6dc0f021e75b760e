"""Fields as people tell them in passing: each wording gives the fields that were meant, and no others."""

from __future__ import annotations

import re

import pytest

from quantumlayer.offline.reading import design, read


def _fields(text: str, thing: str) -> str:
    """The fields that clients send, each with its type, `?` for optional ones and `!` for unique ones."""
    made = {entity.name: entity for entity in design(read(f"# Demo\n\n{text}")).entities}
    assert thing in made, sorted(made)
    return ", ".join(
        f"{field.name} {field.type}{'' if field.required and field.default is None else '?'}"
        f"{'!' if field.unique else ''}"
        for field in made[thing].fields
        if field.set_by == "client"
    )


@pytest.mark.parametrize(
    ("sentence", "thing", "fields"),
    [
        (
            "A walk has a name, a distance in km and optionally a guide and a remark.",
            "Walk",
            "name string, distance number, guide string?, remark text?",
        ),
        (
            "A log consists of taken_at (date and time) and optionally depth (1 to 90) and a note.",
            "Log",
            "taken_at datetime, depth number?, note text?",
        ),
        (
            "A shift has a start and an end (starts_at, ends_at; the end is after the start) and a note.",
            "Shift",
            "starts_at datetime, ends_at datetime, note text",
        ),
        (
            "A rental has a pickup day and a return day (pickup_on and return_on, both dates).",
            "Rental",
            "pickup_on date, return_on date",
        ),
        (
            "Each cow carries a whole number, painted on its horn, and no two cows have the same.",
            "Cow",
            "number integer!",
        ),
        (
            "Every locker has a number, printed on the door, and a colour.",
            "Locker",
            "number string, colour string",
        ),
        (
            "We note every bicycle with a brand, the street where it was left and the day, `left_on`.",
            "Bicycle",
            "brand string, street string, left_on date",
        ),
        (
            "Next come the dogs: first name, breed and birthday.",
            "Dog",
            "first_name string, breed string, birthday date",
        ),
        (
            "Then there are the pupils: first name, last name and a phone, somebody we can ring.",
            "Pupil",
            "first_name string, last_name string, phone string",
        ),
        (
            "A dog has a name. Apart from that we note the town where it lives and, where known, its birth year.",
            "Dog",
            "name string, town string, birth_year integer?",
        ),
        (
            "A driver has a badge that no other driver may carry and a van.",
            "Driver",
            "badge string!, van string",
        ),
        (
            "A show is given a title, which must differ from all the others, and a stage.",
            "Show",
            "title string!, stage string",
        ),
        (
            "For a gig we note the date (there is only ever one gig on a date) and a place.",
            "Gig",
            "date date!, place string",
        ),
        (
            (
                "A skater has a nickname (never two skaters with the same one), what they ride (board: long, short or"
                " other_thing) and the day the pass ends, pass_until."
            ),
            "Skater",
            "nickname string!, board enum, pass_until date",
        ),
        (
            "Guests have a name, an email (some have none) and a score from 0 to 100; guests without a score get 50.",
            "Guest",
            "name string, email email?, score integer?",
        ),
        (
            "As a clerk I want to set up depots, each with a code of one to three capital letters and a title.",
            "Depot",
            "code string, title string",
        ),
        (
            (
                "A patient has a name. A visit is for a patient and a nurse (just the name), with a start and the"
                " minutes: 15, 30 or 45, where 15 is assumed if none are given."
            ),
            "Visit",
            "patient_id reference, nurse string, start datetime, minutes integer?",
        ),
        (
            "A fan has a name. A team has a city. A fan writes a letter to a team, with a subject and a body.",
            "Letter",
            "subject string, body text, team_id reference, fan_id reference",
        ),
        (
            "A fan has a name. A team has a city. A fan writes a letter to a team, with a subject and a body.",
            "Fan",
            "name string",
        ),
        (
            "A lease has a tenant and the years begun_in and over_in, of which the second is never before the first.",
            "Lease",
            "tenant string, begun_in integer, over_in integer",
        ),
        (
            "A shelf has a label and two whole numbers, row_no and column_no.",
            "Shelf",
            "label string, row_no integer, column_no integer",
        ),
        (
            "A port has a name. A ferry has from_id and to_id, two ports, and a date.",
            "Ferry",
            "from_id reference, to_id reference, date date",
        ),
        (
            '- seeds: name, crop ("pea"), bags, the stock, 0 to begin with if not given',
            "Seed",
            "name string, crop string, bags integer?",
        ),
        (
            "DOGS have a name. STAYS are for one dog each: dog_id, kennel number, the nights it stays (1 to 30).",
            "Stay",
            "dog_id reference, kennel_number string, nights integer",
        ),
        ("A device has a label and the flag `broken`.", "Device", "label string, broken boolean?"),
    ],
)
def test_fields_are_read_as_they_were_meant(sentence: str, thing: str, fields: str) -> None:
    assert _fields(sentence, thing) == fields


def test_items_that_describe_several_names_and_formats() -> None:
    text = (
        "**Parcel**\n\n- `sent_at`, `seen_at`: ISO 8601, set by the server\n- `width` and `height`: number\n"
        "- `code`: string, `^[a-z]{2,9}$`, required, read-only after creation\n"
        "- `label`: 2 capital letters + 8 digits\n- `open`: bool, read-only, `true` on create"
    )
    (parcel,) = design(read(f"# Demo\n\n{text}")).entities
    made = {field.name: field for field in parcel.fields}
    assert {name for name, each in made.items() if each.set_by == "system"} == {
        "sent_at", "seen_at", "open",
    }  # fmt: skip
    assert made["width"].type == made["height"].type == "number"
    assert (made["code"].pattern, made["code"].immutable) == ("[a-z]{2,9}", True)
    assert made["label"].pattern == "[A-Z]{2}[0-9]{8}"
    assert made["open"].default is True


@pytest.mark.parametrize(
    "told",
    [
        "not only blanks",
        "not just spaces",
        "must not consist of spaces only",
        "never all whitespace",
    ],
)
def test_a_text_of_blanks_is_no_text(told: str) -> None:
    (note,) = design(read(f"# Demo\n\nA note has a title ({told}) and a day.")).entities
    title = next(each for each in note.fields if each.name == "title")
    assert title.required
    assert re.fullmatch(title.pattern or "", " a\nb ")
    assert not re.fullmatch(title.pattern or "", "   ")


@pytest.mark.parametrize(
    "told",
    ["empty if I leave it out", "empty by default", "empty unless given", "empty if not given"],
)
def test_a_text_that_is_empty_when_left_out_is_no_missing_one(told: str) -> None:
    (note,) = design(read(f"# Demo\n\nA note has a title and a body ({told}).")).entities
    body = next(each for each in note.fields if each.name == "body")
    assert (body.required, body.default) == (False, "")


def test_a_number_counts_from_where_it_begins() -> None:
    text = "A wine has a name, a vintage (a year from 1900) and a rank (a whole number from 0)."
    (wine,) = design(read(f"# Demo\n\n{text}")).entities
    assert [each.minimum for each in wine.fields] == [None, 1900, 0]
