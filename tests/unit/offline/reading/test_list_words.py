"""What sentences about lists ask for is heeded word by word where no pattern takes them."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint
from quantumlayer.offline import reading

CLUB = """# Club

A member has a name and a city.

A game has a title, `min_players` and `max_players`, both whole numbers.

An event has a title, a place, a `starts_on` date, a price (money) and a kind (concert, talk or workshop).

"""


def listed(sentence: str, path: str) -> Endpoint:
    made = reading.design(reading.read(f"{CLUB}{sentence}\n"))
    return next(each for each in made.endpoints if each.method == "GET" and each.path == path)


@pytest.mark.parametrize(
    ("sentence", "params"),
    [
        (
            (
                "`GET /events` understands `q` (in title or place, upper and lower case alike), `kind`,"
                " and `starts_from` / `starts_to` for the date."
            ),
            {"q", "kind", "starts_from", "starts_to"},
        ),
        ("I should like to list events by kind and by place.", {"kind", "place"}),
        (
            (
                "GET /events: filter by kind and place; q searches title and place; sort=title"
                " (default), sort=price or sort=-price; page and per_page (25 by default, 100 at most)."
            ),
            {"kind", "place", "q"},
        ),
        ("GET /events can be narrowed by kind and by q (in the title).", {"kind", "q"}),
    ],
)
def test_what_stands_in_a_row_of_parameters_is_one(sentence: str, params: set[str]) -> None:
    assert params <= {each.name for each in listed(sentence, "/events").params}


def test_a_search_looks_at_the_fields_that_are_named_with_it() -> None:
    events = listed(
        "I want to search the events by words from the title or place with `q`, and by kind.",
        "/events",
    )
    search = next(each for each in events.params if each.name == "q")
    assert search.where == "contains(title, param.q) or contains(place, param.q)"


def test_pages_and_client_chosen_orders_are_read_off_their_values() -> None:
    events = listed(
        "GET /events: filter by kind; sort=title (default), sort=price or sort=-price; page and"
        " per_page (25 by default, 100 at most).",
        "/events",
    )
    assert events.sortable == ["title", "price"]
    assert (events.pagination.style, events.pagination.size_param) == ("page", "per_page")
    assert (events.pagination.default_size, events.pagination.maximum_size) == (25, 100)


@pytest.mark.parametrize(
    ("sentence", "order"),
    [
        ("The list of events should come with the earliest one on top.", ["starts_on"]),
        ("GET /events takes kind, and shows the latest starts_on on top.", ["-starts_on"]),
        ("`GET /events`: filters `kind`, `maxPrice`; cheapest first.", ["price"]),
    ],
)
def test_what_can_only_be_an_order_is_one(sentence: str, order: list[str]) -> None:
    assert listed(sentence, "/events").order_by == order


def test_a_number_between_two_fields_picks_what_it_lies_between() -> None:
    games = listed("GET /games?players=4: games playable by that many, by title.", "/games")
    assert games.params[0].where == "min_players <= param.players and max_players >= param.players"
    assert games.order_by == ["title"]


def test_values_that_are_shown_of_a_parameter_are_states() -> None:
    events = listed(
        "`GET /events?when=upcoming` leaves those that start after today, `?when=past` those that"
        " are over.",
        "/events",
    )
    assert events.params[0].choices == ["upcoming", "past"]


@pytest.mark.parametrize(
    "sentence",
    [
        (
            "Films are listed by title; `genre`, `year` and `available=true` (at least one copy) narrow the list,"
            " alone or combined."
        ),
        "List films by title; `genre`, `year` and `available=true` (copies above 0) filter, alone or together.",
        (
            "The list of films is sorted by title and can be filtered by genre, by year, and by ?available=true"
            " (at least one copy)."
        ),
    ],
)
def test_names_that_filter_are_no_values_of_each_other(sentence: str) -> None:
    made = reading.design(
        reading.read(f"# Films\n\n- Keep films: title, genre, year, copies.\n- {sentence}")
    )
    (film,) = made.entities
    assert [each.choices for each in film.fields] == [[], [], [], []]
    listed = next(each for each in made.endpoints if each.kind == "list")
    params = {each.name: each.type for each in listed.params}
    assert params.items() >= {"genre": "string", "year": "integer", "available": "boolean"}.items()
    assert params.keys().isdisjoint({"alone", "together", "combined", "copies"})
    assert listed.order_by == ["title"]


@pytest.mark.parametrize(
    "sentence",
    [
        "I want to see my tasks, the urgent ones on top and within that by title.",
        "Tasks are listed with the urgent ones first, then by title.",
    ],
)
def test_those_with_a_mark_come_first(sentence: str) -> None:
    text = f"# Tasks\n\nA task has a title and a flag `urgent`. {sentence}"
    made = reading.design(reading.read(text))
    assert next(each for each in made.endpoints if each.kind == "list").order_by == [
        "-urgent",
        "title",
    ]
