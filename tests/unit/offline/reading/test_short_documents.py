"""What short documents say in passing: states, slots, names in a second sentence, hidden answers."""

from __future__ import annotations

import pytest

from quantumlayer.agents import FieldSpec, SystemDesign
from quantumlayer.offline.reading import design, read


def _field(made: SystemDesign, entity: str, name: str) -> FieldSpec:
    fields = next(each for each in made.entities if each.name == entity).fields
    return next(field for field in fields if field.name == name)


def _routes(made: SystemDesign, entity: str) -> set[str]:
    return {each.kind for each in made.endpoints if each.entity == entity}


def _conditions(made: SystemDesign, entity: str) -> set[str]:
    return {rule.condition for rule in made.rules if rule.entity == entity}


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("It can be out of service (true or false, false at first).", "out_of_service"),
        ("It may be broken (yes or no, normally no).", "broken"),
        ("A bike can be broken: a yes/no flag, false by default.", "broken"),
        ("It can be lent out (boolean, false at first). In JSON this is `lent`.", "lent"),
        ("It may be shared with a friend (true or false, normally false).", "shared"),
        ("It can be broken (boolean; no by default). We call the field `is_broken`.", "is_broken"),
        ("It can be old (a flag, false at first). The name of the flag is `vintage`.", "vintage"),
    ],
)
def test_what_a_thing_can_be_is_a_switch(sentence: str, name: str) -> None:
    made = design(read(f"# Depot\n\nA bike has a label. {sentence}"))
    field = _field(made, "Bike", name)
    assert (field.type, field.default) == ("boolean", False)


@pytest.mark.parametrize(
    "sentence",
    [
        "The field is called `paint`.",
        "It is called `paint` in JSON.",
        "In JSON the field is named `paint`.",
        "Please call the field `paint`.",
        "The name of this field is `paint`.",
        "This property is spelled `paint`.",
        "We call it `paint`.",
    ],
)
def test_a_second_sentence_names_the_field(sentence: str) -> None:
    made = design(read(f"# Depot\n\nA bike has a label and a colour. {sentence}"))
    assert {field.name for field in made.entities[0].fields} == {"label", "paint"}


_COURTS = "# Squash\n\nA court has a name. A booking is for one court and has a player (text), a date and an hour from 8 to 20. "


@pytest.mark.parametrize(
    "sentence",
    [
        "A slot of a court can be taken only once.",
        "Each slot of a court can be booked only once.",
        "No slot is given away twice.",
        "A slot can be used by one player only.",
        "Each hour of a court is taken by one player only.",
        "A court cannot be booked twice in the same slot.",
        "A court is never booked twice for the same hour.",
        "The same court cannot be booked twice for the same date and hour.",
        "A slot of a court must not be booked twice.",
        "Two bookings cannot have the same court, date and hour.",
    ],
)
def test_a_slot_is_taken_once(sentence: str) -> None:
    made = design(read(_COURTS + sentence))
    assert _field(made, "Booking", "hour").unique_with == ["court_id", "date"]


@pytest.mark.parametrize(
    "sentence",
    [
        "A player gets at most 2 bookings on one date.",
        "A player may have no more than 2 bookings per date, over all courts.",
        "No player has more than two bookings on the same date.",
        "No player may hold more than 2 bookings a day.",
        "A player cannot make more than 2 bookings on a date.",
        "A player can book at most two slots per day.",
    ],
)
def test_items_are_counted_for_each_value_of_a_field(sentence: str) -> None:
    made = design(read(_COURTS + sentence))
    counted = "count(Booking, player == this.player, date == this.date) <= 2"
    assert _conditions(made, "Booking") == {counted}


@pytest.mark.parametrize(
    "sentence",
    [
        "Bookings are never changed, only made and deleted.",
        "Bookings are never changed; they are only made and deleted.",
        "A booking cannot be changed, only made or deleted.",
        "Bookings can be made and deleted but not changed.",
        "There is no way to change a booking.",
    ],
)
def test_what_is_never_changed_has_no_route_for_it(sentence: str) -> None:
    made = design(read(_COURTS + sentence))
    assert _routes(made, "Booking") == {"create", "list", "read", "delete"}
    assert {each.status for each in made.coverage} <= {"implemented", "context"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Deleting a booking frees the slot.",
        "A slot always lasts one hour.",
        "A taken slot is refused with 409.",
    ],
)
def test_what_follows_from_the_rest_asks_for_nothing(sentence: str) -> None:
    coverage = {each.text: each.status for each in design(read(_COURTS + sentence)).coverage}
    assert coverage[sentence] == "context"


@pytest.mark.parametrize(
    "note",
    [
        "never part of a response",
        "never sent back",
        "not in any answer",
        "not included in responses",
        "is never shown to clients",
        "write-only",
        "must not be visible in the API",
        "not part of the JSON",
    ],
)
def test_a_note_keeps_a_field_out_of_answers(note: str) -> None:
    table = f"| Field | Type | Notes |\n|---|---|---|\n| `text` | string | required |\n| `key` | int | required; {note} |\n"
    made = design(read(f"# Riddles\n\n`Riddle`\n\n{table}\n- `POST /riddles`\n"))
    field = _field(made, "Riddle", "key")
    assert (field.secret, field.set_by, field.required) == (True, "client", True)


@pytest.mark.parametrize(
    ("note", "least", "bound"),
    [
        ("index into `options`, first is 0", 0, "solution < length(options)"),
        ("position in `options`, counting from 1", 1, "solution <= length(options)"),
        ("an index of `options`", 0, "solution < length(options)"),
    ],
)
def test_an_index_points_into_its_list(note: str, least: int, bound: str) -> None:
    rows = f"| `options` | list of strings | 2 to 6 entries |\n| `solution` | int | required, {note} |\n"
    made = design(
        read(
            f"# Quiz\n\n## Riddle\n\n| Field | Type | Notes |\n|---|---|---|\n{rows}\n`POST /riddles`"
        )
    )
    assert _field(made, "Riddle", "solution").minimum == least
    assert _conditions(made, "Riddle") == {bound}


@pytest.mark.parametrize(
    "sentence",
    [
        "A `solution` outside of `options` is refused.",
        "A solution that is not an index of the options is refused with 422.",
        "A `solution` beyond the `options` is an error.",
    ],
)
def test_what_lies_outside_of_a_list_is_refused(sentence: str) -> None:
    rows = "| `options` | list of strings | |\n| `solution` | int | |\n"
    table = f"## Riddle\n\n| Field | Type | Notes |\n|---|---|---|\n{rows}"
    made = design(read(f"# Quiz\n\n{table}\n`POST /riddles`. {sentence}"))
    assert _conditions(made, "Riddle") == {"solution >= 0 and solution < length(options)"}


@pytest.mark.parametrize(
    "routes",
    [
        "`POST /riddles`, `GET`, `PUT` and `DELETE /riddles/{id}` as usual.",
        "`POST /riddles`; GET, PUT, DELETE `/riddles/{id}`.",
    ],
)
def test_methods_in_quotes_share_the_path_behind_them(routes: str) -> None:
    made = design(read(f"# Quiz\n\nA riddle has a text.\n\n- {routes}\n"))
    shared = {each.method for each in made.endpoints if each.path == "/riddles/{id}"}
    assert {"GET", "PUT", "DELETE"} <= shared
    assert {each.status for each in made.coverage} == {"implemented"}


@pytest.mark.parametrize(
    "sentence",
    [
        "`q` looks for a word in `text`, ignoring case.",
        "`q` searches the text.",
        "`?q=` finds riddles by a part of their text.",
        "`q` matches any part of the `text`, case-insensitively.",
        "`q` looks for a term in the text.",
    ],
)
def test_a_parameter_searches_a_field(sentence: str) -> None:
    made = design(
        read(f"# Quiz\n\nA riddle has a `text`.\n\n- `GET /riddles` lists them; {sentence}")
    )
    listed = next(each for each in made.endpoints if each.kind == "list")
    assert [(each.name, each.where) for each in listed.params] == [("q", "contains(text, param.q)")]


@pytest.mark.parametrize(
    "sentence", ["No auth.", "No authentication needed.", "There are no accounts and no passwords."]
)
def test_no_log_in_is_asked_for(sentence: str) -> None:
    made = design(read(f"# Quiz\n\nA riddle has a text. {sentence}"))
    assert made.auth is None
    assert [each.name for each in made.entities] == ["Riddle"]
    assert "not_implemented" not in {each.status for each in made.coverage}


@pytest.mark.parametrize(
    "sentence",
    [
        "Errors in a body are `400`.",
        "Mistakes in the body give a 400.",
        "Validation errors are answered with 400.",
    ],
)
def test_the_status_of_invalid_bodies_is_said_in_passing(sentence: str) -> None:
    made = design(read(f"# Quiz\n\nA riddle has a text. {sentence}"))
    assert {each.invalid_status for each in made.endpoints if each.kind == "create"} == {400}


def test_what_an_action_answers_is_neither_kept_nor_sent() -> None:
    text = '`POST /riddles/{id}/answer` with `{"choice": 2}` replies `200` and `{"correct": true}` or `{"correct": false}`.'
    made = design(read(f"# Quiz\n\nA riddle has a text. {text}"))
    assert {field.name for field in made.entities[0].fields} == {"text"}
    assert made.coverage[-1].status == "not_implemented"


def test_oldest_first_is_an_order_and_no_thing() -> None:
    made = design(
        read(
            "# Quiz\n\nA riddle has a text.\n\n- `GET /riddles` lists them.\n  Oldest first, with `limit` and `offset`.\n"
        )
    )
    assert [each.name for each in made.entities] == ["Riddle"]


_HOURS = (
    "# Timesheets\n\nPeople sign up with their email address and a password and log in. Everybody sees"
    " only their own entries. An entry has a date, a project and the hours (a number above 0). "
)


@pytest.mark.parametrize(
    "sentence",
    [
        "All my entries of one date together must not be more than 12 hours.",
        "Together my entries of a date can be at most 12 hours.",
        "My entries of the same date cannot exceed 12 hours in total.",
        "My entries of one date must never add up to more than 12 hours.",
        "All of my entries of a date must not come to more than 12 hours altogether.",
    ],
)
def test_what_items_add_up_to_on_a_date_is_bounded(sentence: str) -> None:
    made = design(read(_HOURS + sentence))
    total = "sum(Entry, hours, user_id == this.user_id, date == this.date) <= 12"
    assert _conditions(made, "Entry") == {total}


@pytest.mark.parametrize(
    "sentence",
    [
        "No one can see or touch the entries of another employee.",
        "Nobody can read the entries of somebody else.",
        "Nobody sees or changes entries made by others.",
        "No user can view nor edit the entries of other people.",
    ],
)
def test_items_of_others_are_out_of_reach(sentence: str) -> None:
    text = "# Timesheets\n\nPeople sign up with their email address and a password and log in. An entry has a date. "
    made = design(read(text + sentence))
    assert {each.access.own for each in made.endpoints if each.entity == "Entry"} == {True}


@pytest.mark.parametrize(
    "text",
    [
        '`POST /entries/{id}/submit` makes it "submitted"; after that it is fixed.',
        '`POST /entries/{id}/submit` makes it "submitted"; from then on the entry stays frozen.',
        'I want to correct or delete an entry as long as its status is "draft".\n\n`POST /entries/{id}/submit` makes it "submitted".',
        '`POST /entries/{id}/submit` makes it "submitted"; then it is read-only.',
    ],
)
def test_what_was_sent_stays_as_it_is(text: str) -> None:
    made = design(read(f"# Timesheets\n\nAn entry has a date. A new entry is a draft. {text}"))
    ruled = {name for rule in made.rules if "status" in rule.condition for name in rule.on}
    assert {"update", "delete"} <= ruled


def test_a_status_that_is_only_compared_with_is_the_first() -> None:
    text = (
        'An entry has a date. An entry can be changed only while its status is "draft".'
        ' `POST /entries/{id}/submit` makes it "submitted".'
    )
    status = _field(design(read(f"# Timesheets\n\n{text}")), "Entry", "status")
    assert (status.default, set(status.choices)) == ("draft", {"draft", "submitted"})


def test_filters_behind_with_are_no_log_in() -> None:
    made = design(
        read("# Log\n\nAn entry has a date. `GET /entries` lists them, also with `from` and `to`.")
    )
    assert made.auth is None
    assert not any(each.access.login for each in made.endpoints)


_METERS = "# Meters\n\nA meter has a `serial` and a `building`. A reading is for one meter and has a `date` and a `value` (a number, 0 or more). "
_BEFORE = "not exists(Reading, meter_id == this.meter_id, id != this.id) or "


@pytest.mark.parametrize(
    ("sentence", "bound"),
    [
        ("A reading has to be later than the last one of its meter.", "date > "),
        ("Each reading must be later than the previous one.", "date > "),
        ("The date of a reading has to be after that of the last reading of the meter.", "date > "),
        ("A reading cannot be earlier than the last one.", "date >= "),
        ("The value must not be lower than the previous one of the same meter.", "value >= "),
        ("The value of a reading is never below that of the latest reading.", "value >= "),
        ("The value never goes down.", "value >= "),
        ("The value can only rise from one reading to the next.", "value >= "),
        ("A new reading must not be lower than the last one of the same meter.", "value >= "),
        ("A reading must be at least as high as the previous reading of the meter.", "value >= "),
        ("The value must be greater than or equal to the last one.", "value >= "),
    ],
)
def test_items_follow_the_last_one_of_their_series(sentence: str, bound: str) -> None:
    name = bound.split(maxsplit=1)[0]
    last = f"max(Reading, {name}, meter_id == this.meter_id, id != this.id)"
    assert _conditions(design(read(_METERS + sentence)), "Reading") == {_BEFORE + bound + last}


@pytest.mark.parametrize(
    "sentence",
    [
        "`consumption` is the highest value less the lowest, and 0 without readings.",
        "`consumption` is the highest value minus the lowest value, or 0 if there are no readings.",
        "`consumption` means the maximum value less the minimum, 0 while there are no readings.",
    ],
)
def test_a_second_sentence_says_what_a_member_of_an_answer_is(sentence: str) -> None:
    text = f'`GET /meters/{{id}}/consumption` answers `{{"readings": 3, "consumption": 12.5}}`. {sentence}'
    made = design(read(_METERS + text))
    report = next(each for each in made.endpoints if each.kind == "report")
    of = "meter_id == this.id"
    assert report.returns == {
        "readings": f"count(Reading, {of})",
        "consumption": f"max(Reading, value, {of}) - min(Reading, value, {of}) if exists(Reading, {of}) else 0",
    }
    assert "consumption" not in {field.name for each in made.entities for field in each.fields}


@pytest.mark.parametrize(
    "what",
    [
        "all meters; `?building=B` only those of one building",
        "all meters; `?building=B`: only the meters of that building",
        "the meters, `?building=B` shows the ones in one building only",
    ],
)
def test_a_query_in_a_row_filters(what: str) -> None:
    row = f"| Method | Path | What it does |\n|---|---|---|\n| GET | /meters | {what} |\n"
    made = design(read(f"{_METERS}\n\n{row}"))
    listed = next(each for each in made.endpoints if (each.path, each.kind) == ("/meters", "list"))
    assert [each.where for each in listed.params] == ["building == param.building"]
    assert "not_implemented" not in {each.status for each in made.coverage}


@pytest.mark.parametrize(
    "failure",
    [
        "422, 409 if the serial is taken",
        "409 when the serial is already used",
        "409 if the `serial` is known",
    ],
)
def test_a_value_that_is_taken_already_is_refused(failure: str) -> None:
    head = "| Method | Path | What it does | Failure |\n|---|---|---|---|\n"
    made = design(read(f"{_METERS}\n\n{head}| POST | /meters | adds a meter | {failure} |\n"))
    assert _field(made, "Meter", "serial").unique
    assert "not_implemented" not in {each.status for each in made.coverage}


def test_a_number_or_more_is_a_bound_and_no_choice() -> None:
    field = _field(design(read(_METERS)), "Reading", "value")
    assert (field.type, field.minimum, field.choices) == ("number", 0, [])


_SHED = (
    "# Shed\n\nA tool has a name. A neighbour has a name and a phone number.\n\n"
    "When somebody takes a tool home we call it a rental. It is for one tool and one neighbour, and the"
    " service notes the day it began. `POST /rentals/{id}/return` brings a tool back and notes the day.\n\n"
)
_OUT = "exists(Rental, tool_id == this.{}, returned_on is None{})"


@pytest.mark.parametrize(
    "sentence",
    [
        "When somebody takes a tool home we call it a rental.",
        "Each time somebody takes a tool home, that is a rental.",
        "We speak of a rental when a neighbour takes a tool home.",
        "A neighbour takes a tool home: we call this a rental.",
        "Taking a tool home is called a rental.",
        "A rental is what we call it when somebody takes a tool home.",
    ],
)
def test_a_sentence_names_what_somebody_does(sentence: str) -> None:
    rest = "It is for one tool and one neighbour. `POST /rentals/{id}/return` brings it back."
    made = design(
        read(f"# Shed\n\nA tool has a name. A neighbour has a name.\n\n{sentence} {rest}")
    )
    fields = {each.name: {field.name for field in each.fields} for each in made.entities}
    assert fields["Rental"] >= {"tool_id", "neighbour_id"}
    assert fields["Tool"] == {"name"}


@pytest.mark.parametrize(
    "sentence",
    [
        "A tool that is out cannot be rented again before it is back.",
        "A tool that is out cannot be rented.",
        "Only tools that are not out can be rented.",
        "A tool that is on loan must not be rented.",
    ],
)
def test_what_is_out_is_not_lent_again(sentence: str) -> None:
    out = _OUT.format("tool_id", ", id != this.id")
    assert f"not {out}" in _conditions(design(read(_SHED + sentence)), "Rental")


@pytest.mark.parametrize(
    "sentence",
    [
        "Please do not let anyone delete a tool while it is out.",
        "Nobody can delete a tool that is out.",
        "Tools that are out cannot be deleted.",
        "Never allow anybody to delete a tool while it is lent out.",
    ],
)
def test_what_is_out_is_not_deleted(sentence: str) -> None:
    out = _OUT.format("id", "")
    assert _conditions(design(read(_SHED + sentence)), "Tool") == {f"not {out}"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Nobody may have more than two tools at home at a time.",
        "A neighbour may have at most two tools at the same time.",
        "No neighbour can have more than two tools out at once.",
        "A neighbour has at most 2 tools at a time.",
    ],
)
def test_what_somebody_has_at_a_time_is_counted(sentence: str) -> None:
    made = design(read(_SHED + sentence))
    counted = "count(Rental, neighbour_id == this.neighbour_id, returned_on is None) <= 2"
    assert counted in _conditions(made, "Rental")
    assert [each.name for each in made.entities] == ["Tool", "Neighbour", "Rental"]


@pytest.mark.parametrize(
    ("sentence", "where"),
    [
        ("`GET /tools/available` lists the tools that are not out at the moment.", "not "),
        ("`GET /tools/available` gives all tools that are at home right now.", "not "),
        ("`GET /tools/out` shows the tools that are lent out.", ""),
    ],
)
def test_what_is_out_or_back_is_listed(sentence: str, where: str) -> None:
    made = design(read(_SHED + sentence))
    found = next(
        each
        for each in made.endpoints
        if each.path in sentence and len(each.path) > 6 and each.kind == "list"
    )
    assert found.where == where + _OUT.format("id", "")


def test_an_action_notes_its_own_day() -> None:
    made = design(read(_SHED))
    assert (
        _field(made, "Rental", "day").on_create,
        _field(made, "Rental", "returned_on").type,
    ) == ("today()", "date")


def test_a_number_in_a_wrapped_bracket_begins_no_list() -> None:
    made = design(
        read(
            "# Inn\n\nA room has a name, the beds (at least\n1) and a price per night (not\nnegative).\n"
        )
    )
    kinds = {field.name: field.type for field in made.entities[0].fields}
    assert kinds == {"name": "string", "beds": "integer", "price_per_night": "money"}
    assert _field(made, "Room", "beds").minimum == 1


_INN = (
    "# Inn\n\nA room has a name and the number of beds (`beds`). A booking is for one room and has the number of"
    " guests, the arrival and the departure (dates). "
)


@pytest.mark.parametrize(
    "sentence",
    [
        "A room is never booked twice for the same night.",
        "A room cannot be booked twice for the same night.",
    ],
)
def test_a_night_is_sold_once_and_the_day_of_departure_is_free(sentence: str) -> None:
    (text,) = _conditions(design(read(_INN + sentence)), "Booking")
    assert "arrival < this.departure, departure > this.arrival" in text


def test_others_who_come_at_other_times_need_no_room() -> None:
    made = design(read(f"{_INN}There are never more guests than beds in the room."))
    assert _conditions(made, "Booking") == {"guests <= room.beds"}


@pytest.mark.parametrize(
    "said",
    [
        "7 if I do not say",
        "7 if nobody says otherwise",
        "7 if you leave it out",
        "7 if the owner does not give one",
    ],
)
def test_what_somebody_leaves_out_has_a_default(said: str) -> None:
    text = f"We keep a list of our plants, each with a name and an interval (in days, at least 1; {said})."
    field = _field(design(read(f"# Plants\n\n{text}")), "Plant", "interval")
    assert (field.default, field.minimum) == (7, 1)
