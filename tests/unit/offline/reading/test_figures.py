"""Figures are worked out by the words that explain them, in whatever sentence, and else by their names."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, SystemDesign
from quantumlayer.offline import reading

CLUB = """# Club

A member has a name and a budget (money, optional).

An event has a title, a goal (money) and a capacity (a whole number, at least 1).

A booking has `seats`, a whole number of at least 1, an `amount` in euros, a `paid` flag (false by default)
and a category, which is one of adult, child or senior. A booking belongs to an event.

A review has an event and stars, a whole number from 1 to 5.

"""


def design(sentence: str) -> SystemDesign:
    return reading.design(reading.read(f"{CLUB}{sentence}\n"))


def report(sentence: str, path: str) -> Endpoint:
    return next(each for each in design(sentence).endpoints if each.path == path)


BOOKED = "Booking, event_id == this.id"


@pytest.mark.parametrize(
    ("sentence", "returns"),
    [
        (
            '`GET /events/{id}/stats` -> `{"paid": 2, "unpaid": 0, "children": 1}`',
            {
                "paid": f"count({BOOKED}, paid == True)",
                "unpaid": f"count({BOOKED}, paid == False)",
                "children": f"count({BOOKED}, category == 'child')",
            },
        ),
        (
            (
                'For the treasurer there is GET /events/{id}/stats, giving {"bookings", "amount"} over'
                " the paid bookings of that event."
            ),
            {
                "bookings": f"count({BOOKED}, paid == True)",
                "amount": "sum(Booking, amount, event_id == this.id, paid == True)",
            },
        ),
        (
            'GET /events/{id}/stats should tell us {"capacity": 81, "taken": 2, "free": 79}.',
            {
                "capacity": "capacity",
                "taken": "sum(Booking, seats, event_id == this.id)",
                "free": "capacity - sum(Booking, seats, event_id == this.id)",
            },
        ),
        (
            'GET /events/{id}/stats adds up the reviews of an event: {"reviews": 1, "average": 4.5}.',
            {
                "reviews": "count(Review, event_id == this.id)",
                "average": "avg(Review, stars, event_id == this.id)",
            },
        ),
        (
            (
                '`GET /events/{id}/stats`: `{"rate": 75}`, where rate is the percentage of bookings that'
                " are adult or senior, rounded to a whole number, and 0 if there are no bookings yet."
            ),
            {
                "rate": f"round(count({BOOKED}, category == 'adult' or category == 'senior')"
                f" * 100 / count({BOOKED})) if count({BOOKED}) > 0 else 0",
            },
        ),
    ],
)
def test_members_of_an_answer_are_worked_out_by_words_and_names(
    sentence: str, returns: dict[str, str]
) -> None:
    assert report(sentence, "/events/{id}/stats").returns == returns


@pytest.mark.parametrize(
    ("sentence", "name", "computed"),
    [
        (
            "Each event reports raised (the sum of its amounts) and bookers (how many bookings).",
            "raised",
            "sum(Booking, amount, event_id == this.id)",
        ),
        (
            (
                "Every event tells raised (the sum of its amounts) and percent, raised out of goal"
                " rounded down to a whole number."
            ),
            "percent",
            "floor(raised * 100 / goal) if goal > 0 else None",
        ),
        (
            'With every event we want to see how many bookings are unpaid, in a field "unpaid_count".',
            "unpaid_count",
            f"count({BOOKED}, paid == False)",
        ),
        (
            "`seats_left` is shown with each event: the capacity minus the seats booked.",
            "seats_left",
            "capacity - sum(Booking, seats, event_id == this.id)",
        ),
        (
            (
                'Every event carries a `size`, which you work out: "big" when capacity is 140 or more,'
                ' otherwise "small".'
            ),
            "size",
            "'big' if capacity >= 140 else 'small'",
        ),
    ],
)
def test_what_is_shown_of_a_thing_is_worked_out(sentence: str, name: str, computed: str) -> None:
    event = next(each for each in design(sentence).entities if each.name == "Event")
    assert {each.name: each.computed for each in event.fields}[name] == computed


def test_a_row_for_each_item_is_a_list_of_the_items_with_their_figures() -> None:
    ranking = report(
        'GET /events/ranking: rows {"event_id", "title", "bookings", "amount"} over the paid'
        " bookings, every event included, highest amount first, then by title.",
        "/events/ranking",
    )
    assert (ranking.kind, ranking.order_by) == ("list", ["-amount", "title"])
    assert ranking.shows == ["event_id", "title", "bookings", "amount"]


def test_a_row_for_each_value_of_a_field_counts_only_what_is_asked_for() -> None:
    rows = report(
        'GET /bookings/figures gives one row {"category", "bookings"} for each category with paid'
        " bookings.",
        "/bookings/figures",
    )
    assert (rows.group_by, rows.where) == ("category", "paid == True")
    assert rows.returns == {"bookings": "count(Booking)"}


def test_a_figure_that_nothing_explains_is_not_claimed() -> None:
    made = design('`GET /events/{id}/stats` -> `{"mood": 3}`')
    assert all(each.path != "/events/{id}/stats" for each in made.endpoints)
    assert made.coverage[-1].status == "not_implemented"


def test_a_collection_below_an_item_has_the_routes_that_are_spoken_of() -> None:
    made = design(
        "**Rooms** sit below the event, at /events/{id}/rooms, to create, list and delete: a number"
        " and a floor."
    )
    routes = {(each.method, each.path) for each in made.endpoints}
    assert {
        ("POST", "/events/{id}/rooms"),
        ("GET", "/events/{id}/rooms"),
        ("DELETE", "/events/{id}/rooms/{room_id}"),
    } <= routes
