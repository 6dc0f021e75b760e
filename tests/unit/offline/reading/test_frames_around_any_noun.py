"""What a sentence says by its frame, whatever nouns stand in it: fields, ties, formulas, sign-ups, states."""

from __future__ import annotations

import pytest

from quantumlayer.offline import reading

PUPILS = "# Demo\n\nA pupil has a name. A lesson has a topic. Pupils and lessons can be added.\n\n"


def fields(text: str, entity: str) -> dict[str, tuple[str, bool]]:
    """Return type and need of the fields that an entity gets by a text."""
    design = reading.design(reading.read(text))
    found = next(each for each in design.entities if each.name == entity)
    return {each.name: (each.type, each.required) for each in found.fields}


@pytest.mark.parametrize(
    ("wording", "entity", "expected"),
    [
        ("A recital takes place on a date, in a barn.", "Recital", {"date", "barn"}),
        ("A recital is held at a barn on a date.", "Recital", {"date", "barn"}),
        ("Recitals happen on a date in a barn and have a title.", "Recital", {"date", "barn", "title"}),
        ("A recital takes place in a barn on a date, with a host.", "Recital", {"barn", "date", "host"}),
        ("An absence says that one pupil missed one lesson.", "Absence", {"pupil_id", "lesson_id"}),
        ("An absence records which pupil missed which lesson, and a reason.", "Absence",
         {"pupil_id", "lesson_id", "reason"}),
        ("An absence tells that one pupil missed one lesson, and whether he or she was ill (no, unless stated).",
         "Absence", {"pupil_id", "lesson_id", "ill"}),
    ],
)  # fmt: skip
def test_what_a_thing_is_told_to_have(wording: str, entity: str, expected: set[str]) -> None:
    assert fields(PUPILS + wording, entity).keys() == expected


@pytest.mark.parametrize(
    ("phrase", "name", "kind"),
    [
        ("a number called shelves (1 to 20)", "shelves", "integer"),
        ("a text named remark", "remark", "text"),
        ("a date called built", "built", "date"),
        ("shelves (1 to 20, more do not fit in)", "shelves", "integer"),
        ("a number of shelves (up to 20, it holds no more)", "shelves", "integer"),
        ("a phone number", "phone", "string"),
        ("a locker number from 1 to 90", "locker_number", "integer"),
    ],
)
def test_fields_that_are_called_something(phrase: str, name: str, kind: str) -> None:
    found = fields(f"{PUPILS}A shed has {phrase} and a colour.", "Shed")
    assert found == {name: (kind, True), "colour": ("string", True)}


@pytest.mark.parametrize("wording", ["Tables go from 1 to 60.", "The tables run from 1 to 60."])
def test_a_number_is_also_called_by_what_it_numbers(wording: str) -> None:
    stalls = f"{PUPILS}A stall has a table number.\n\n{wording} There is one stall per table."
    design = reading.design(reading.read(stalls))
    made = next(
        each for entity in design.entities if entity.name == "Stall" for each in entity.fields
    )
    assert (made.type, made.minimum, made.maximum, made.unique) == ("integer", 1, 60, True)


RIDES = """# Rides

## Ride
- `start_km` int, required
- `end_km` int, required
- `fee` decimal, required
- {}

Rides can be created, listed and deleted.
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("`length` read-only, `end_km - start_km`", "end_km - start_km"),
        ("`length` read-only; end_km minus start_km", "end_km - start_km"),
        ("`total` read-only, `start_km` x `fee`", "start_km * fee"),
        ("`total`: read-only, start_km x fee", "start_km * fee"),
        ("`total`, which nobody types in: start_km times fee", "start_km * fee"),
        ("`total`: `start_km` times `fee`, set by the server", "start_km * fee"),
    ],
)
def test_a_description_that_is_a_formula(line: str, expected: str) -> None:
    design = reading.design(reading.read(RIDES.format(line)))
    made = design.entities[0].fields[-1]
    assert (made.computed, made.set_by) == (expected, "system")


@pytest.mark.parametrize(
    "wording",
    [
        "Auth: `POST /signup` and `POST /login`, both with `username` (unique) and `password` (min 8).",
        "Sign-up and log-in with a username and a password of 8 characters or more.",
        "Users register (`POST /signup`) and log in (`POST /login`), each time with `username` and `password`.",
        "Accounts: `POST /signup`, `POST /login` (`username`, `password`).",
    ],
)
def test_what_people_sign_up_with(wording: str) -> None:
    assert fields(f"{PUPILS}{wording}", "User").keys() == {"username", "password"}


@pytest.mark.parametrize(
    "label",
    [
        "`Song` - shared by all",
        "`Song`: everybody may use them",
        "`Song`, what we play",
        "`Song` (for all)",
    ],
)
def test_a_label_with_a_remark_above_its_fields(label: str) -> None:
    text = f"# Demo\n\nFor a radio.\n\n{label}\n- `artist`, `title`: string, required\n- `loud`: bool\n"
    text += "\n`GET /songs?q=` searches `artist`.\n"
    assert fields(text, "Song") == {
        "artist": ("string", True), "title": ("string", True), "loud": ("boolean", False),
    }  # fmt: skip


@pytest.mark.parametrize(
    "wording",
    [
        'POST /orders/{id}/pay makes it "paid", and POST /orders/{id}/cancel makes it "cancelled".',
        'POST /orders/{id}/pay sets it to "paid", POST /orders/{id}/cancel to "cancelled".',
        'POST /orders/{id}/pay turns it into "paid" and POST /orders/{id}/cancel into "cancelled".',
    ],
)
def test_each_action_has_its_own_state(wording: str) -> None:
    text = (
        "# Demo\n\nAn event has a fee, which may be 0.\n\nAn order gives the buyer and a quantity."
        f' It starts as "open". {wording} Both only work while the order is open.'
    )
    design = reading.design(reading.read(text))
    status = next(
        each for entity in design.entities if entity.name == "Order" for each in entity.fields
        if each.name == "status"
    )  # fmt: skip
    assert (status.default, status.choices) == ("open", ["open", "paid", "cancelled"])
    assert {rule.condition for rule in design.rules if "status" in rule.condition} >= {
        "status == 'open'"
    }


DESKS = """# Desks

A desk has a code. A guest has a name. A booking belongs to a desk and a guest and has a date and an email. Its status
is "held" at first, POST /bookings/{id}/drop makes it "dropped".

"""


def conditions(text: str) -> set[tuple[str, str]]:
    """Return entity and condition of the rules that a text gives."""
    return {(each.entity, each.condition) for each in reading.design(reading.read(text)).rules}


def pairs(wording: str) -> set[tuple[str, ...]]:
    """Return what comes only once together."""
    design = reading.design(reading.read(DESKS + wording))
    found = [each for entity in design.entities for each in entity.fields]
    return {(each.name, *each.unique_with) for each in found if each.unique_with}


@pytest.mark.parametrize(
    "wording",
    [
        "A desk can be booked once per day.",
        "Each desk goes to one guest per day.",
        "On any day a desk is given to one guest only.",
        "A desk has only one booking on a date.",
    ],
)
def test_one_a_day(wording: str) -> None:
    assert pairs(wording) == {("desk_id", "date")}


def test_two_of_whom_the_same_is_said() -> None:
    wording = "A desk has only one booking on a date, and so has a guest."
    assert pairs(wording) == {("desk_id", "date"), ("guest_id", "date")}


CLASSES = """# Classes

A class has a title and places (2 to 16). A booking belongs to a class: guest, and seats from 1 to 4. The status starts
as "booked". POST /bookings/{id}/cancel sets it to "cancelled".

"""


@pytest.mark.parametrize("wording", ["A class is never overbooked.", "No class is overbooked."])
def test_what_is_never_overbooked(wording: str) -> None:
    taken = "sum(Booking, seats, class_id == this.class_id, status != 'cancelled') <= class_.places"
    found = {text.replace("class.", "class_.") for entity, text in conditions(CLASSES + wording)}
    assert taken in found


@pytest.mark.parametrize(
    "wording",
    [
        "Places cannot be reduced below the seats that are booked.",
        "The places of a class cannot be lowered below the booked seats.",
        "Nobody can set the places below the seats already booked.",
    ],
)
def test_room_is_not_taken_away(wording: str) -> None:
    taken = "sum(Booking, seats, class_id == this.id, status != 'cancelled') <= places"
    assert ("Class", taken) in conditions(CLASSES + wording)


@pytest.mark.parametrize(
    "wording",
    [
        "Desks with visits are not deleted.",
        "Once a desk has visits, it stays: no deleting.",
        "A desk for which visits have been written must not be deleted.",
        "DELETE /desks/{id} only without visits.",
        "Desks can be deleted, but not those with visits.",
    ],
)
def test_what_is_kept_while_something_belongs_to_it(wording: str) -> None:
    text = "# Desks\n\nA desk has a code. A visit belongs to a desk and has a date.\n\n"
    kept = ("Desk", "not exists(Visit, desk_id == this.id)")
    assert kept in conditions(text + wording)


@pytest.mark.parametrize(
    ("wording", "name", "kind"),
    [
        ("A record has a status, which is present, late or absent.", "status", "enum"),
        ("A record has a size. A note may be added.", "note", "text"),
        ("A record has a size. A description can also be given.", "description", "text"),
    ],
)
def test_records_of_a_pupil(wording: str, name: str, kind: str) -> None:
    assert fields(f"{PUPILS}A record belongs to a pupil. {wording}", "Record")[name][0] == kind


@pytest.mark.parametrize(
    "wording", ["File names must end in .jpg or .png.", "A file name ends in `.jpg` or `.png`."]
)
def test_how_a_text_ends(wording: str) -> None:
    design = reading.design(reading.read(f"# D\n\nA photo has a file name and a mark. {wording}"))
    assert design.entities[0].fields[0].pattern == r".+(\.jpg|\.png)"
