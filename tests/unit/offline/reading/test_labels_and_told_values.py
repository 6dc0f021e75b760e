"""Short documents say much in few words: labels, sentences without a subject, values told in prose."""

from __future__ import annotations

import pytest

from quantumlayer.agents import FieldSpec, SystemDesign
from quantumlayer.offline.reading import design, read

CLUB = (
    "Members sign up with email and password and log in.\n\n"
    "A film has a title, a director and a number of minutes. A member can add a film.\n\n"
)
MARKET = (
    "A stall has a number (unique) and an area in square metres. A trader has a name and an email. "
    "A contract is for one stall and one trader and has a gross weight and a tare weight.\n\n"
)


def designed(text: str) -> SystemDesign:
    return design(read(text))


def fields(made: SystemDesign, entity: str) -> dict[str, FieldSpec]:
    return {
        field.name: field for each in made.entities if each.name == entity for field in each.fields
    }


def missing(made: SystemDesign) -> list[str]:
    return [each.text for each in made.coverage if each.status == "not_implemented"]


@pytest.mark.parametrize(
    "text",
    [
        "Ferry office\n\n1) Boats. A boat has a name.\n2) Captains. Name, licence (unique) and an optional phone.\n",
        "Ferry office\n\nBoats. A boat has a name.\n\nCaptains. Name, licence (unique) and an optional phone.\n",
        "# Ferry office\n\n- Boats. Each has a name.\n- Captains. We note the name, the licence (unique) and an optional phone.\n",
        "# Ferry office\n\n* **Boats.** A name.\n* **Captains.** A name, a licence; a licence occurs only once. Optionally a phone.\n",
    ],
)
def test_a_label_names_the_thing_of_the_sentences_behind_it(text: str) -> None:
    made = fields(designed(text), "Captain")
    assert made.keys() == {"name", "licence", "phone"}
    assert made["licence"].unique
    assert not made["phone"].required


@pytest.mark.parametrize(
    "sentence",
    [
        "We need the street, the city and the number of rooms (at least 1).",
        "We also note its street, its city and the number of rooms (at least 1).",
        "You enter the street, the city and the number of rooms (1 or more).",
    ],
)
def test_what_is_needed_belongs_to_the_thing_spoken_of(sentence: str) -> None:
    made = fields(
        designed(f"# Flats\n\nTenants can offer a flat. {sentence} GET /flats lists the flats."),
        "Flat",
    )
    assert {"street", "city", "rooms"} <= made.keys()


@pytest.mark.parametrize(
    "sentence",
    [
        "A line on why is nice to have, call it reason.",
        "A few words about it are welcome, we call it reason.",
        "What is so good about it is optional, please call it reason.",
    ],
)
def test_a_field_is_called_as_the_sentence_says(sentence: str) -> None:
    made = fields(designed(f"{CLUB}A film has a year. {sentence}"), "Film")
    assert not made["reason"].required


@pytest.mark.parametrize(
    "sentence",
    [
        "Whether it has a roof is yes or no (has_roof, no if not given).",
        "It can be out of order (true or false, false at first).",
        "Each stall can be sold out (yes or no, no by default).",
    ],
)
def test_a_question_of_yes_or_no_is_a_switch(sentence: str) -> None:
    made = fields(designed(f"# Market\n\nA stall has a number. {sentence}"), "Stall")
    switches = [each for each in made.values() if each.type == "boolean"]
    assert [each.default for each in switches] == [False]


@pytest.mark.parametrize(
    "sentence",
    [
        "The same title by the same director should not be added twice.",
        "No title by the same director twice.",
        "Two films by the same director never have the same title.",
        "Title and director together are unique.",
        "Nobody may add the same title by the same director again.",
        "The combination of director and title must be unique.",
        "There is never a second film with the same title and director.",
        "The same director and title can be there only once.",
    ],
)
def test_several_fields_are_unique_together(sentence: str) -> None:
    made = designed(CLUB + sentence)
    tied = {name: set(each.unique_with) for name, each in fields(made, "Film").items()}
    assert tied["title"] == {"director"} or tied["director"] == {"title"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Without logging in you see nothing at all.",
        "Nothing can be seen without a token.",
        "Without a login, nothing works.",
        "You can't do anything without being logged in.",
        "Without a valid token every request is answered with 401.",
        "None of it is visible without an account.",
        "Nobody gets anything without logging in.",
    ],
)
def test_nothing_without_a_log_in_closes_every_route(sentence: str) -> None:
    made = designed(CLUB + sentence)
    kept = [each for each in made.endpoints if each.entity == "Film"]
    assert all(each.access.login for each in kept)


@pytest.mark.parametrize(
    "sentence",
    [
        "Only the member who added one may change or delete it.",
        "Only the person who put it in may change or delete it.",
        "Changing or deleting a film is up to the member who added it.",
        "Nobody but the member who added it may change or delete a film.",
    ],
)
def test_whoever_added_it_is_its_owner(sentence: str) -> None:
    made = designed(f"{CLUB}Everybody sees all films. {sentence}")
    own = {each.kind: each.access.own for each in made.endpoints if each.entity == "Film"}
    assert own["update"]
    assert own["delete"]
    assert not own["list"]


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        (
            "The yearly rent of a stall is computed: 0.50 euros per square metre, shown as rent.",
            "rent",
        ),
        ("The rent of a stall is 0.50 euros per square metre.", "rent"),
        ("The rent is computed as 0.50 times the area.", "rent"),
        ("A stall's rent is its area times 0.5.", "rent"),
        ("Every stall shows its rent: 0.5 euros per square metre.", "rent"),
        ("Every stall tells us its rent, the area times 0.5.", "rent"),
        ("The system works out the rent from the area times 0.5.", "rent"),
        ("The area times 0.5 is the rent, returned as stall_rent.", "stall_rent"),
    ],
)
def test_a_value_told_in_prose_is_worked_out(sentence: str, name: str) -> None:
    made = fields(designed(MARKET + sentence), "Stall")
    computed = made[name].computed or ""
    assert "area" in computed
    assert "0.5" in computed


@pytest.mark.parametrize(
    "sentence",
    [
        "The net weight is gross less tare.",
        "The net weight of a contract is gross minus tare. The system works it out and shows it as net_weight.",
        "Each contract has its net weight, the gross less the tare.",
    ],
)
def test_a_field_may_be_called_by_its_first_word(sentence: str) -> None:
    made = fields(designed(MARKET + sentence), "Contract")
    assert made["net_weight"].computed == "gross_weight - tare_weight"


def test_a_truck_has_a_plate_that_is_unique_and_is_no_unique_field() -> None:
    made = designed(
        "Boats. A boat has a name (unique). Trips. We note the boat, the date and the price in euros."
    )
    assert not fields(made, "Trip")["boat_id"].unique


def test_what_a_limit_counts_is_no_field() -> None:
    made = designed(
        f'{MARKET}A contract is "active" until it is ended. A stall has at most one active contract.'
    )
    assert fields(made, "Stall").keys() == {"number", "area"}


@pytest.mark.parametrize("ending", ["the body", "a JSON body", "body"])
def test_what_an_action_is_sent_has_to_fit(ending: str) -> None:
    made = designed(
        f'{MARKET}A contract has a start date. It is "running" until it is ended. A contract is ended with '
        f'POST /contracts/{{id}}/end and {ending} {{"end_date": "2027-10-31"}}. The end date may not be before '
        "the start date."
    )
    assert fields(made, "Contract")["status"].choices == ["running", "ended"]
    assert any(
        each.on == ["end"] and "param.end_date >= start_date" in each.condition
        for each in made.rules
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "Contracts are never deleted, as the treasurer needs them.",
        "Contracts are never deleted, for the tax office asks for them.",
        "A stall or trader with contracts cannot be deleted either.",
    ],
)
def test_reasons_and_small_words_at_the_end_ask_for_nothing(sentence: str) -> None:
    assert missing(designed(MARKET + sentence)) == []


SPEC = (
    "Auth: `POST /signup` with `email` (unique) and `password` (min. 8 chars), `POST /login` returns a bearer "
    "token. All other routes need the token. Every user has their own `guests`; somebody else's are 404.\n\n"
    "`Guest`\n\n- `name`: string, required\n- `born`: date, required\n- `side`: `his` or `hers`\n\n"
    "Routes\n\n- `POST /guests`, `GET /guests/{id}`\n- `GET /guests`: own guests, sorted by `name`. "
)


def test_lists_called_by_their_name_in_code_quotes_may_be_ones_own() -> None:
    made = designed(SPEC)
    assert {each.name for each in made.entities} == {"User", "Guest"}
    assert fields(made, "User").keys() == {"email", "password"}
    assert fields(made, "User")["password"].min_length == 8
    assert all(each.access.own for each in made.endpoints if each.kind in {"list", "read"})


@pytest.mark.parametrize(
    "sentence",
    [
        "Filters, may be combined: `side`, `month` (1 to 12, the month of `born`).",
        "Optional filters: `side` and `month` (1 to 12, the month of `born`).",
        "Parameters, all optional: `side`, `month` (a number from 1 to 12).",
    ],
)
def test_filters_behind_a_label_narrow_the_list_above(sentence: str) -> None:
    made = designed(SPEC + sentence)
    params = next(
        each.params for each in made.endpoints if each.kind == "list" and each.entity == "Guest"
    )
    assert {each.name: each.type for each in params} == {"side": "enum", "month": "enum"}


@pytest.mark.parametrize("everybody", ["Everybody sees", "Everyone can see"])
def test_everybody_means_all_users_where_nothing_works_without_a_log_in(everybody: str) -> None:
    closed = designed(f"{CLUB}Without logging in you see nothing. {everybody} all films.")
    opened = designed(f"{CLUB}{everybody} all films. Everything else needs a log-in.")
    for made, login in ((closed, True), (opened, False)):
        listed = next(
            each for each in made.endpoints if each.kind == "list" and each.entity == "Film"
        )
        assert listed.access.login is login


@pytest.mark.parametrize("thing", ["book", "poem", "quotation"])
def test_the_author_of_what_was_written_elsewhere_is_a_text(thing: str) -> None:
    made = fields(
        designed(
            f"# Club\n\nMembers sign up with email and password and log in. A {thing} has a title and an author. "
            f"A member can add a {thing}. Only the member who added one may change it."
        ),
        thing.capitalize(),
    )
    assert made["author"].type == "string"
    assert "user_id" in made


YARD = (
    "A cart has a plate and a max load in kg. A crate is for one cart and has a weight and a pickup date. "
    'The status is "loaded" at first and "delivered" later. POST /crates/{id}/deliver delivers one. '
)


def conditions(made: SystemDesign, name: str) -> list[str]:
    return [each.condition for each in made.rules if name in each.on]


@pytest.mark.parametrize(
    "sentence",
    [
        "That works once.",
        "It works only once.",
        "This succeeds only once.",
        "It is possible just once.",
    ],
)
def test_a_route_that_works_once_starts_from_the_state_before(sentence: str) -> None:
    assert conditions(designed(YARD + sentence), "deliver") == ["status != 'delivered'"]


@pytest.mark.parametrize(
    "sentence",
    [
        "A delivered crate can be neither changed nor deleted.",
        "Delivered crates may be neither changed nor deleted.",
    ],
)
def test_neither_nor_forbids_both(sentence: str) -> None:
    made = designed(YARD + sentence)
    assert "status != 'delivered'" in conditions(made, "update")
    assert "status != 'delivered'" in conditions(made, "delete")


def test_in_one_state_or_not_is_in_any() -> None:
    made = designed(f"{YARD}A cart with crates, delivered or not, cannot be removed.")
    assert conditions(made, "delete") == ["not exists(Crate, cart_id == this.id)"]


@pytest.mark.parametrize(
    "sentence",
    [
        "The weights of all loaded crates of a cart may not add up to more than its max load.",
        "The weights of the loaded crates of a cart must not total more than its max load.",
        "All loaded crates of a cart together may not exceed its max load.",
    ],
)
def test_sums_stay_below_a_number_of_what_the_items_belong_to(sentence: str) -> None:
    wanted = "sum(Crate, weight, cart_id == this.cart_id, status == 'loaded') <= cart.max_load"
    assert wanted in conditions(designed(YARD + sentence), "create")


@pytest.mark.parametrize(
    "freed",
    [
        "its weight is free again",
        "its weight can be used by others again",
        "its weight is available again",
    ],
)
def test_what_is_free_again_counts_no_longer(freed: str) -> None:
    made = designed(
        f'{YARD}POST /crates/{{id}}/cancel cancels one. Its status goes from "loaded" to "cancelled", and {freed}. '
        "For one cart and one day, all crates together may not exceed the max load."
    )
    assert (
        "sum(Crate, weight, cart_id == this.cart_id, pickup_date == this.pickup_date, status != 'cancelled') "
        "<= cart.max_load"
    ) in conditions(made, "create")


@pytest.mark.parametrize(
    "words",
    [
        'answers one row `{"cart_id", "weight"}` for each cart, without the delivered crates',
        'gives a row `{"cart_id", "weight"}` per cart, not counting delivered crates',
    ],
)
def test_rows_of_a_report_are_narrowed_by_its_query(words: str) -> None:
    made = designed(f"{YARD}`GET /crates/load-list?date=2030-05-04` {words}.")
    report = next(each for each in made.endpoints if each.kind == "report")
    assert report.group_by == "cart_id"
    assert report.where == "status != 'delivered'"
    assert [each.where for each in report.params] == ["pickup_date == param.date"]


@pytest.mark.parametrize("said", ["which makes it", "which then sets it to", "that turns it into"])
def test_what_a_route_makes_of_an_item_may_stand_behind_it(said: str) -> None:
    made = designed(
        f'{YARD}As a clerk I want to hand out a crate with `POST /crates/{{id}}/collect`, {said} "collected".'
    )
    action = next(each for each in made.endpoints if each.name == "collect")
    assert [(each.target, each.value) for each in action.effects] == [("status", "'collected'")]
