"""What is done to things ties them together; limits, moments and pages that go with it."""

from __future__ import annotations

import pytest

from quantumlayer.agents import SystemDesign
from quantumlayer.offline.reading import design, read

CLUB = (
    "Pupils have a name. Choirs have a name and seats (at least 1). "
    "A placement puts a pupil into a choir. "
)


def designed(text: str) -> SystemDesign:
    return design(read(text))


def fields(made: SystemDesign, entity: str) -> dict[str, object]:
    return {
        field.name: field for each in made.entities if each.name == entity for field in each.fields
    }


def missing(made: SystemDesign) -> list[str]:
    return [each.text for each in made.coverage if each.status == "not_implemented"]


@pytest.mark.parametrize(
    "sentence",
    [
        "A repair is ordered by one owner for one bicycle.",
        "A repair is paid by an owner for a bicycle.",
        "A repair is for one bicycle and is given to one owner.",
        "Repairs are charged to an owner for a bicycle.",
    ],
)
def test_what_is_done_by_one_for_another_refers_to_both(sentence: str) -> None:
    made = designed(
        "An owner has a name. A bicycle has a frame number. "
        f"{sentence} A repair has a price and a text."
    )
    assert {"owner_id", "bicycle_id"} <= fields(made, "Repair").keys()
    assert not any(field.unique for field in fields(made, "Repair").values())  # type: ignore[attr-defined]
    assert missing(made) == []


def test_what_makes_another_thing_is_no_reference_of_its_own() -> None:
    made = designed(
        "A book has a title. A member has a name. A loan has a due date. "
        "A loan is for one book and one member. A book is lent to one member."
    )
    assert "member_id" not in fields(made, "Book")


@pytest.mark.parametrize("noun", ["placement", "booking", "registration", "loan", "membership"])
def test_a_noun_for_a_deed_that_ties_two_things_is_a_collection(noun: str) -> None:
    made = designed(f"Pupils have a name. Choirs have a name. A {noun} puts a pupil into a choir.")
    entity = next(each for each in made.entities if each.label == noun)
    assert {field.name for field in entity.fields} == {"pupil_id", "choir_id"}


def test_a_collection_is_spelled_as_in_the_document() -> None:
    made = designed(
        "Pupils have a name. A choir has a name. An enrollment links a pupil to a choir."
    )
    assert "/enrollments" in {each.path for each in made.entities}


@pytest.mark.parametrize(
    "sentence",
    [
        "A choir takes no more pupils than it has seats.",
        "A choir cannot have more placements than it has seats.",
        "There cannot be more placements than the choir's seats.",
    ],
)
def test_places_bound_how_many_are_in_one_container(sentence: str) -> None:
    made = designed(CLUB + sentence)
    assert [(rule.entity, rule.condition) for rule in made.rules] == [
        ("Placement", "count(Placement, choir_id == this.choir_id) <= choir.seats")
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "A pupil is placed in the same choir only once.",
        "A pupil can be placed in a choir only once.",
        "A pupil cannot be placed in the same choir twice.",
    ],
)
def test_done_once_in_each_is_a_pair_that_occurs_once(sentence: str) -> None:
    made = designed(CLUB + sentence)
    assert missing(made) == []
    assert any(field.unique_with for field in fields(made, "Placement").values())  # type: ignore[attr-defined]


def test_only_one_at_a_time_is_a_limit_and_no_wish() -> None:
    made = designed(
        CLUB + "A placement has a status (open or done). "
        "A choir can have only one placement at a time that is not done yet."
    )
    assert [rule.condition for rule in made.rules] == [
        "count(Placement, choir_id == this.choir_id, status != 'done') <= 1"
    ]


def test_what_is_not_changed_or_deleted_has_no_route_for_it() -> None:
    made = designed(CLUB + "Placements are not changed or deleted.")
    methods = {each.method for each in made.endpoints if each.path.startswith("/placements")}
    assert methods == {"GET", "POST"}


def test_nothing_is_added_to_what_is_closed() -> None:
    made = designed(
        "A basket has a label and a status (open or closed). An apple belongs to a basket and has "
        "a weight. Nothing can be added to a basket that is closed."
    )
    assert [(rule.entity, rule.on, rule.condition) for rule in made.rules] == [
        ("Apple", ["create"], "basket.status != 'closed'")
    ]


def test_a_state_at_first_is_no_default_of_the_text_before_it() -> None:
    made = designed(
        'A parcel has a description. It is "packed" at first. '
        'POST /parcels/{id}/ship makes it "shipped".'
    )
    named = fields(made, "Parcel")
    assert named["description"].default is None  # type: ignore[attr-defined]
    assert named["status"].default == "packed"  # type: ignore[attr-defined]


def test_a_route_turns_the_status_from_one_into_another() -> None:
    made = designed(
        "A ticket has a price. We can return one with POST /tickets/{id}/return, which turns its "
        'status from "sold" to "returned".'
    )
    status = fields(made, "Ticket")["status"]
    assert (status.default, status.choices) == ("sold", ["sold", "returned"])  # type: ignore[attr-defined]


def test_a_date_is_today_where_none_is_given() -> None:
    made = designed("An entry has a text and a day (today by default).")
    create = next(each for each in made.endpoints if each.kind == "create")
    assert [(each.target, each.value) for each in create.effects] == [
        ("day", "day if day is not None else today()")
    ]


def test_the_size_of_pages_is_no_field() -> None:
    made = designed(
        "A photo has a title. GET /photos comes in pages: page and per_page (30 by default, 90 at "
        'most), the answer is {"photos": [...], "total": n, "page": n, "per_page": n}.'
    )
    assert fields(made, "Photo").keys() == {"title"}
    listed = next(each for each in made.endpoints if each.kind == "list")
    assert (listed.pagination.default_size, listed.pagination.maximum_size) == (30, 90)


@pytest.mark.parametrize(
    "sentence", ["We only want every email once.", "We accept each email only once."]
)
def test_what_is_wanted_once_is_unique(sentence: str) -> None:
    made = designed(f"A patron has a name and an email. {sentence}")
    assert fields(made, "Patron")["email"].unique  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "sentence",
    [
        "Record loans: a reader borrows copies of a book, 1 to 5 at a time.",
        "Note loans: a reader takes copies (1 to 5) of a book.",
        "Loans: each reader fetches copies of one book, from 1 to 5 at a time.",
    ],
)
def test_what_somebody_does_behind_a_label_is_what_the_label_names(sentence: str) -> None:
    made = designed(f"Readers have a name. Books have a title.\n\n{sentence}")
    assert [entity.name for entity in made.entities] == ["Reader", "Book", "Loan"]
    assert set(fields(made, "Reader")) == {"name"}
    assert set(fields(made, "Loan")) == {"reader_id", "book_id", "copies"}
    (copies,) = (each for each in made.entities[2].fields if each.name == "copies")
    assert (copies.type, copies.minimum, copies.maximum) == ("integer", 1, 5)


@pytest.mark.parametrize("verb", ["takes", "occupies", "fills up", "needs"])
def test_one_place_each_is_a_bound_and_no_field(verb: str) -> None:
    made = designed(
        f"A rack has a name and a number of places. A bottle has a label and belongs to a rack."
        f" A bottle {verb} one place."
    )
    assert set(fields(made, "Bottle")) == {"label", "rack_id"}
    assert "count(Bottle, rack_id == this.rack_id) <= rack.places" in {
        r.condition for r in made.rules
    }


@pytest.mark.parametrize(
    "sentence",
    [
        '`POST /meals` takes `table` and `items`, one or more of `{"dish_id": 1, "count": 2}`.',
        'A meal has a table and items: at least one `{"dish_id": 1, "count": 2}`.',
        'A meal has a table and `items` (a list of one or more `{"dish_id": 1, "count": 2}`).',
    ],
)
def test_an_object_shows_what_each_of_many_has(sentence: str) -> None:
    made = designed(f"A dish has a name. {sentence}")
    (items,) = (each for each in made.entities[1].fields if each.name == "items")
    assert (items.type, items.references, items.min_length) == ("children", "MealItem", 1)
    assert set(fields(made, "MealItem")) == {"dish_id", "count", "meal_id"}


@pytest.mark.parametrize(
    "sentence",
    [
        (
            "To vote, a neighbour sends voter, an email address, and option, one of the poll's options, to POST"
            " /polls/{id}/votes."
        ),
        "POST /polls/{id}/votes takes voter, an email address, and option, one of the poll's texts.",
        (
            "Neighbours send `voter`, an email address, and `option`, one of the options of the poll, to"
            " POST /polls/{id}/votes."
        ),
    ],
)
def test_who_sends_what_where_says_what_is_made_there(sentence: str) -> None:
    made = designed(
        f"A poll has a question and a list of options: plain texts, 2 to 6, and no text twice. {sentence}"
    )
    vote = {f.name: f.type for each in made.entities if each.name == "Vote" for f in each.fields}
    assert vote == {"voter": "email", "option": "string", "poll_id": "reference"}
    conditions = {rule.condition for rule in made.rules}
    assert {"includes(poll.options, option)", "distinct(options)"} <= conditions


@pytest.mark.parametrize(
    "sentence",
    [
        (
            "To open one, send `holder` and `level`; everything else is ours: the points start at 0, the state at"
            ' "open".'
        ),
        'To create an account, send holder and level. The points start at 0 and the state begins as "open".',
        (
            "Clients send holder and level; the rest is set by the service: points begin at 0, the state is"
            ' "open".'
        ),
    ],
)
def test_what_is_not_sent_is_the_services(sentence: str) -> None:
    shape = '{"id": 1, "holder": "Ines", "level": "high", "points": 50, "state": "open"}'
    made = designed(f"# Bank\n\nAn account comes back as\n\n```json\n{shape}\n```\n\n{sentence}")
    own = {f.name: (f.set_by, f.default) for f in made.entities[0].fields}
    assert own["holder"] == own["level"] == ("client", None)
    assert (own["points"], own["state"]) == (("system", 0), ("system", "open"))


def test_an_example_goes_with_the_route_behind_it() -> None:
    body = '{"from_wallet_id": 1, "to_wallet_id": 2, "amount": 12, "message": "coffee"}'
    made = designed(
        "# Bank\n\nA wallet has an owner.\n\nMoney moves with\n\n"
        f"```json\n{body}\n```\n\nto `POST /transfers`; the message may be missing."
    )
    assert set(fields(made, "Transfer")) == {"from_wallet_id", "to_wallet_id", "amount", "message"}


_BANK = """# Bank

A wallet has an owner, a currency (EUR, NOK or USD) and a balance, which starts at 0. A wallet begins as "active".
POST /wallets/{id}/freeze makes it "frozen".

A transfer has from_wallet_id, to_wallet_id and an amount. """


@pytest.mark.parametrize(
    ("sentence", "conditions"),
    [
        (
            "A transfer is refused when both ends are the same wallet.",
            {"from_wallet_id != to_wallet_id"},
        ),
        (
            "A transfer is refused when both wallets are the same.",
            {"from_wallet_id != to_wallet_id"},
        ),
        (
            "It is refused when their currencies differ.",
            {"from_wallet.currency == to_wallet.currency"},
        ),
        (
            "Both wallets need the same currency.",
            {"from_wallet.currency == to_wallet.currency"},
        ),
        (
            "Neither wallet may be frozen.",
            {"from_wallet.status != 'frozen'", "to_wallet.status != 'frozen'"},
        ),
        (
            (
                "It is refused when both ends are the same wallet, when their currencies differ, or when one of them"
                " is frozen."
            ),
            {
                "from_wallet_id != to_wallet_id",
                "from_wallet.currency == to_wallet.currency",
                "from_wallet.status != 'frozen'",
                "to_wallet.status != 'frozen'",
            },
        ),
    ],
)
def test_what_is_said_of_both_ends(sentence: str, conditions: set[str]) -> None:
    made = designed(_BANK + sentence)
    assert {rule.condition for rule in made.rules if rule.entity == "Transfer"} == conditions


@pytest.mark.parametrize(
    "sentence", ["Nobody plays against themselves.", "A team cannot play itself."]
)
def test_nobody_stands_at_both_ends(sentence: str) -> None:
    made = designed(
        f"# League\n\nA team has a name. A match has home_id and away_id, two teams, and a date. {sentence}"
    )
    assert [rule.condition for rule in made.rules] == ["home_id != away_id"]


def test_the_same_two_come_once_as_a_pair() -> None:
    made = designed(
        "# League\n\nA team has a name. A match has home_id and away_id, two teams, and a date. A pairing with"
        " the same home and the same away team cannot be entered again."
    )
    match = fields(made, "Match")
    assert match["away_id"].unique_with == ["home_id"]  # type: ignore[attr-defined]
    assert not match["home_id"].unique  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "sentence",
    [
        "As an employer I want to publish a job for my company.",
        "I want to add jobs to a company.",
        "Employers publish jobs for their company.",
        "A job is published for a company.",
        "Each job is published by a company.",
        "Jobs are added to a company.",
    ],
)
def test_what_is_made_for_another_is_tied_to_it(sentence: str) -> None:
    made = designed(
        "A company has a name and a city. Companies can be listed.\n\nA job has a title.\n\n"
        f"{sentence}\n"
    )
    assert "company_id" in fields(made, "Job")
    assert not missing(made)


@pytest.mark.parametrize(
    "sentence", ["Jobs are removed from a company.", "Send jobs to a company."]
)
def test_what_is_not_made_is_not_tied(sentence: str) -> None:
    made = designed(f"A company has a name. A job has a title.\n\n{sentence}\n")
    assert "company_id" not in fields(made, "Job")


QUIZ = (
    "A quiz has a title.\n\nA question belongs to a quiz and has a text. "
    "A game belongs to a quiz and has a team.\n\n"
)


@pytest.mark.parametrize(
    "sentence",
    [
        "An answer belongs to a game and to a question and has an option.",
        "An answer is for a game and for a question and has an option.",
        "An answer belongs to one game and to one question, and has an option.",
        "Answers belong to a game and to a question and have an option.",
    ],
)
def test_ties_may_repeat_their_preposition(sentence: str) -> None:
    answer = fields(designed(QUIZ + sentence), "Answer")
    assert set(answer) == {"game_id", "question_id", "option"}


@pytest.mark.parametrize(
    "sentence",
    [
        "The question must belong to the quiz of the game.",
        "The question and the game must belong to the same quiz.",
        "Question and game have to be of the same quiz.",
        "The question has to be one of the quiz that the game is about.",
        "A question of another quiz cannot be answered in a game.",
        "The question has to belong to the same quiz as the game.",
        "An answer is refused when its question is of another quiz than its game.",
    ],
)
def test_two_ties_lead_to_the_same_third(sentence: str) -> None:
    made = designed(
        f"{QUIZ}An answer belongs to a game and to a question and has an option.\n\n{sentence}\n"
    )
    rules = [(rule.entity, rule.condition) for rule in made.rules]
    assert rules == [("Answer", "game.quiz_id == question.quiz_id")]


@pytest.mark.parametrize(
    "sentence",
    [
        "A quiz without questions cannot be played.",
        "A quiz with no questions may not be played.",
        "An empty quiz cannot be played.",
        "No game can be started for a quiz without questions.",
    ],
)
def test_who_has_no_parts_cannot_be_used(sentence: str) -> None:
    made = designed(f"{QUIZ}{sentence}\n")
    rules = [(rule.entity, rule.condition) for rule in made.rules]
    assert rules == [("Game", "exists(Question, quiz_id == this.quiz_id)")]


def test_an_empty_wallet_has_a_balance_of_zero() -> None:
    made = designed(
        "A wallet has an owner and a balance, 0 at first. Only an empty wallet can be deleted."
    )
    assert [(rule.on, rule.condition) for rule in made.rules] == [(["delete"], "balance == 0")]


@pytest.mark.parametrize(
    "sentence",
    [
        "No room can be reserved twice for the same night.",
        "Nobody can reserve a room for a night that is taken.",
        "Two reservations never share a night in the same room.",
        "A room is reserved only once for any night.",
        "A night that is taken cannot be reserved again in the same room.",
        "A room cannot have two reservations on the same night.",
        "Rooms are never double-booked.",
    ],
)
def test_nothing_is_taken_twice_at_a_time(sentence: str) -> None:
    made = designed(
        "A room has a name. A reservation is for one room and has a guest name, an arrival date and "
        f"a departure date.\n\n{sentence}\n"
    )
    (rule,) = made.rules
    assert rule.entity == "Reservation"
    assert rule.condition.startswith(
        "not exists(Reservation, room_id == this.room_id, arrival_date <"
    )


def test_the_state_said_below_a_route_is_that_of_what_it_makes() -> None:
    made = designed(
        "A vehicle has a plate and an odometer.\n\nA trip is made with one vehicle and has a purpose. "
        'POST /trips takes vehicle_id and purpose. The plate of the vehicle is kept, and the status is "ongoing".\n\n'
        'POST /trips/{id}/finish sets the status to "finished".\n'
    )
    status = fields(made, "Trip")["status"]
    assert (status.default, status.choices) == ("ongoing", ["ongoing", "finished"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "sentence",
    [
        "On one day a team plays one match.",
        "A team plays only one match per date.",
        "No team plays two matches on the same date.",
    ],
)
def test_one_a_day_counts_at_both_ends(sentence: str) -> None:
    made = designed(
        f"# League\n\nA team has a name. A match has home_id and away_id, two teams, and a date. {sentence}"
    )
    assert set(fields(made, "Match")) == {"home_id", "away_id", "date"}
    (rule,) = (each for each in made.rules if each.entity == "Match")
    for one, other in (("home_id", "away_id"), ("away_id", "home_id"), ("home_id", "home_id")):
        assert f"date == this.date, {one} == this.{other}, id != this.id" in rule.condition
