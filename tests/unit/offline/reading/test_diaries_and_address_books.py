"""Private services, moments as keys, rows of states and parts of names, whatever their wording."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, FieldSpec, SystemDesign
from quantumlayer.offline.reading import design, read


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _fields(made: SystemDesign, entity: str) -> dict[str, FieldSpec]:
    found = next(each for each in made.entities if each.name == entity)
    return {field.name: field for field in found.fields}


def _endpoint(made: SystemDesign, method: str, path: str) -> Endpoint:
    return next(each for each in made.endpoints if (each.method, each.path) == (method, path))


@pytest.mark.parametrize(
    "sentence",
    [
        "Only we use it, so there are no accounts.",
        "Only I use this, there is no login.",
        "It runs at home without any passwords.",
        "There are no user accounts here.",
    ],
)
def test_a_service_without_accounts_asks_nobody_to_log_in(sentence: str) -> None:
    made = _design(f"# Seeds\n\n{sentence} A seed has a name. Seeds can be added and listed.")

    assert made.auth is None
    assert not any(each.access.login for each in made.endpoints)


@pytest.mark.parametrize(
    "sentence",
    [
        "Log-in returns a bearer token, and everything below needs it.",
        "All endpoints for seeds require it as a bearer token.",
        "Everything else needs the token.",
    ],
)
def test_what_needs_the_token_asks_to_log_in(sentence: str) -> None:
    made = _design(
        "# Seeds\n\nUsers register with their email and a password and log in.\n\n"
        f"{sentence}\n\nA seed has a name. Seeds can be added and listed."
    )

    assert _endpoint(made, "POST", "/seeds").access.login
    assert _endpoint(made, "GET", "/seeds").access.login


def test_your_things_are_yours_alone() -> None:
    made = _design(
        "# Seeds\n\nYou make an account with an email and a password. Your seeds are yours alone.\n\n"
        "A seed has a name. Seeds can be added, read and listed."
    )

    assert _endpoint(made, "GET", "/seeds").access.own


@pytest.mark.parametrize("opening", ["This is a boat:", "Here is a boat:", "That is one boat:"])
def test_an_example_may_be_pointed_at(opening: str) -> None:
    made = _design(
        f'# Harbour\n\n{opening}\n\n```json\n{{"hullName": "Ida", "metres": 7}}\n```\n\n'
        "The answer also has the `id` and `createdAt`.\n\n`POST /boats`, `GET /boats`"
    )

    fields = _fields(made, "Boat")
    assert {"hullName", "metres", "createdAt"} <= fields.keys()
    assert fields["createdAt"].set_by == "system"


@pytest.mark.parametrize(
    "unit", ["mmol/l", "mg/dl", "km/h", "kg", "beats per minute", "litres per day"]
)
def test_a_unit_is_no_choice(unit: str) -> None:
    made = _design(
        f"# Meters\n\nAdd a reading: value ({unit}, a number from 1 to 40), and a note of up to 20 characters."
    )

    value = _fields(made, "Reading")["value"]
    assert (value.type, value.minimum, value.maximum) == ("number", 1, 40)


@pytest.mark.parametrize(
    "sentence",
    [
        "A user cannot have two readings for the same date and time.",
        "A user must not enter two readings for the same moment.",
        "A user may not have more than one reading at the same time_of_day.",
    ],
)
def test_two_of_one_owner_at_one_moment_are_refused(sentence: str) -> None:
    moment = "time_of_day" if "time_of_day" in sentence else "taken_at (date and time)"
    made = _design(
        "# Meters\n\nUsers register with their email and a password and log in.\n\n"
        f"Add a reading: value (a number), {moment}. A reading is private.\n\n{sentence}"
    )

    assert any(field.unique_with for field in _fields(made, "Reading").values())


@pytest.mark.parametrize(
    "sentence",
    [
        "`POST /orders/{id}/advance` moves it one step on: fresh, packed, sent, there.",
        "`POST /orders/{id}/advance` takes the order one step further: fresh, packed, sent and there.",
        "`POST /orders/{id}/advance` moves its status to nothing.",
    ],
)
def test_an_action_moves_along_a_row_of_states(sentence: str) -> None:
    made = _design(
        '# Shop\n\nAn order has a title and a status. It begins as "fresh". `POST /orders`, `GET /orders`.\n\n'
        f"{sentence}"
    )
    understood = "nothing" not in sentence

    found = [each for each in made.endpoints if each.path == "/orders/{id}/advance"]
    effect = next((each.value for each in found[0].effects), "") if found else ""
    assert ("'packed' if status == 'fresh'" in effect) is understood
    assert any("'sent'" in rule.condition for rule in made.rules) is understood


def test_an_action_sets_a_state_from_wherever_an_item_is() -> None:
    made = _design(
        '# Shop\n\nAn order has a title and a status. It begins as "fresh".\n\n'
        "The status cannot be set in any other way, except that `POST /orders/{id}/drop` sets it to "
        '"dropped" from wherever it is.'
    )

    assert [each.value for each in _endpoint(made, "POST", "/orders/{id}/drop").effects] == [
        "'dropped'"
    ]
    assert _fields(made, "Order")["status"].set_by == "system"


@pytest.mark.parametrize(
    "bracket", ["part of the name is enough, case does not matter", "partial matches count"]
)
def test_a_filter_takes_a_part_of_the_text(bracket: str) -> None:
    made = _design(
        "# Shop\n\nAn order has a customer and a place. Orders can be added and listed.\n\n"
        f"The list of orders can be filtered by `place` and by `customer` ({bracket})."
    )

    params = {each.name: each.where for each in _endpoint(made, "GET", "/orders").params}
    assert params["customer"] == "contains(customer, param.customer)"
    assert params["place"] == "place == param.place"


@pytest.mark.parametrize(
    "sentence", ["Notes go when the order goes.", "Notes disappear together with their order."]
)
def test_parts_go_when_the_whole_goes(sentence: str) -> None:
    made = _design(
        "# Shop\n\nAn order has a title. A note has a text and belongs to an order. "
        f"Orders and notes can be added and deleted.\n\n{sentence}"
    )

    assert _fields(made, "Note")["order_id"].on_parent_delete == "cascade"


def test_a_valid_address_of_an_email_is_no_web_address() -> None:
    made = _design("# Club\n\nA guest has a name and an email. An email has to be a valid address.")

    assert _fields(made, "Guest")["email"].type == "email"


def test_things_put_into_a_group_by_a_path_have_no_single_group() -> None:
    made = _design(
        "# Club\n\nA guest has a name. A table has a title. `POST /guests`, `POST /tables`.\n\n"
        "`PUT /tables/{id}/guests/{guestId}` puts a guest at a table."
    )

    assert set(_fields(made, "Guest")) == {"name"}


@pytest.mark.parametrize("order", ["last name, then first name", "first name and last name"])
def test_a_first_name_is_no_order(order: str) -> None:
    made = _design(
        "# Club\n\nA guest has a first name and a last name. `POST /guests`.\n\n"
        f"`GET /guests` gives an array ordered by {order}."
    )

    wanted = [part.replace(" ", "_") for part in order.replace(", then", " and").split(" and ")]
    assert _endpoint(made, "GET", "/guests").order_by == wanted


@pytest.mark.parametrize(
    "sentence",
    ["First name and last name are required.", "The last name is at most 9 characters long."],
)
def test_a_sentence_may_begin_with_a_first_name(sentence: str) -> None:
    made = _design(f"# Club\n\nA guest has a first name, a last name and an email. {sentence}")

    assert not [each for each in made.coverage if each.status == "not_implemented"]


@pytest.mark.parametrize("noun", ["a bar code", "a code", "a number plate"])
def test_a_word_before_a_noun_is_no_unit(noun: str) -> None:
    made = _design(
        '# Shop\n\nOur shop gets wares like this one, with `POST /wares`:\n\n```json\n{"ean": "400638"}\n```\n\n'
        f"`ean` is {noun} of 6 digits."
    )

    assert _fields(made, "Ware")["ean"].type == "string"


def test_a_token_is_called_as_it_is_shown_and_a_to_do_as_it_is_written() -> None:
    text = """# To-dos

## Account

- email
- password: 8 characters or more

`POST /register` opens an account, `POST /login` takes email and password. `POST /login` answers
`{"token": "..."}`. Requests under `/todos` carry it as `Authorization: Bearer ...`; without a
valid one they get a 401.

## To-do

- title

`GET /todos` lists them.
"""
    made = design(read(text))
    assert made.auth is not None
    assert made.auth.token_member == "token"
    assert {each.name for each in made.entities} == {"Account", "ToDo"}
    assert all(each.access.login for each in made.endpoints if each.path.startswith("/todos"))
