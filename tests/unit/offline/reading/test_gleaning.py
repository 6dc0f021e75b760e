"""What a list does is understood wherever and however the document says it."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, SystemDesign
from quantumlayer.offline import reading

_BOATS = (
    "# Harbour\n\nA boat has a name, a harbour, a length (a number), a launched_on date and a status"
    " (afloat or ashore). Boats can be added, listed, read, changed and deleted.\n\n"
)


def _design(text: str) -> SystemDesign:
    return reading.design(reading.read(text))


def _list(text: str, path: str = "/boats") -> Endpoint:
    return next(
        each for each in _design(text).endpoints if (each.method, each.path) == ("GET", path)
    )


@pytest.mark.parametrize(
    ("sentence", "order"),
    [
        ("GET /boats gives all of them by harbour and name.", ["harbour", "name"]),
        ("GET /boats: most recent `launched_on` on top.", ["-launched_on"]),
        ("Whoever opens GET /boats, well, they come in alphabetical order of the name.", ["name"]),
        ("GET /boats (the longest boats first) is what the harbour master stares at.", ["-length"]),
        ("What GET /boats shows, for the board on the pier, is ordered by length.", ["length"]),
    ],
)
def test_an_order_counts_wherever_it_stands(sentence: str, order: list[str]) -> None:
    assert _list(_BOATS + sentence).order_by == order


@pytest.mark.parametrize(
    ("sentence", "name", "where"),
    [
        ("GET /boats?longer_than=7 leaves only boats whose length is greater than this.",
         "longer_than", "length > param.longer_than"),
        ("`GET /boats` knows the query parameter `room_for`: only boats with a length of at least that.",
         "room_for", "length >= param.room_for"),
        ("GET /boats?q=dur finds what is written anywhere in the name or the harbour.",
         "q", "contains(name, param.q) or contains(harbour, param.q)"),
        ("GET /boats filters: `status`, `q` (part of the harbour, any case).",
         "q", "contains(harbour, param.q)"),
        ("So the list needs a parameter `month`, which leaves the boats launched in that month.",
         "month", "month(launched_on) == param.month"),
    ],
)  # fmt: skip
def test_a_parameter_means_what_is_said_of_it(sentence: str, name: str, where: str) -> None:
    params = {each.name: each.where for each in _list(_BOATS + sentence).params}

    assert params.get(name) == where


def test_pages_have_the_sizes_that_are_told_of_their_parameter() -> None:
    found = _list(
        _BOATS + "GET /boats has the parameters `page` and `size` (12 unless given, at most 40)."
    )

    assert found.pagination.size_param == "size"
    assert (found.pagination.default_size, found.pagination.maximum_size) == (12, 40)


@pytest.mark.parametrize("heading", ["Takes", "Body", "Input", "Parameters"])
def test_a_table_of_routes_says_what_they_take(heading: str) -> None:
    made = _design(
        f"# Harbour\n\n| Route | {heading} | Does | Goes wrong |\n|---|---|---|---|\n"
        "| POST /boats | name, length | keeps a boat | 400 |\n"
        "| GET /boats | `name` | all boats by length | |\n"
        "| DELETE /boats/{id} | | scraps it | 404 |\n"
    )
    (boat,) = made.entities
    found = next(each for each in made.endpoints if each.kind == "list")

    assert [each.name for each in boat.fields] == ["name", "length"]
    assert [each.name for each in found.params] == ["name"]
    assert found.order_by == ["length"]
    assert {each.invalid_status for each in made.endpoints if each.kind == "create"} == {400}


def test_one_column_for_all_answers_is_read_by_its_numbers() -> None:
    made = _design(
        "# Harbour\n\n| Route | Meaning | Answers |\n|---|---|---|\n"
        "| `POST /boats` | new boat: `name`, `length` | 201, 400 |\n"
        "| `PATCH /boats/{id}` | change some fields | 202, 400, 404 |\n"
    )
    statuses = {each.method: (each.status, each.invalid_status) for each in made.endpoints}

    assert statuses["POST"] == (201, 400)
    assert statuses["PATCH"] == (202, 400)


@pytest.mark.parametrize(
    ("route", "where"),
    [
        ("GET /boats/launching?days=14: launched between today and that many days on, 30 if omitted.",
         "launched_on >= today() and launched_on <= today() + days(param.days)"),
        ("GET /boats/idle: boats that no trip uses.",
         "not exists(Trip, boat_id == this.id)"),
    ],
)  # fmt: skip
def test_a_list_with_a_name_of_its_own_shows_what_is_said_of_it(route: str, where: str) -> None:
    route = route.replace("launching?", "soon?")
    made = _design(_BOATS + "A trip has a boat and a skipper.\n\n" + route)
    (found,) = [each for each in made.endpoints if each.path in {"/boats/soon", "/boats/idle"}]

    assert found.where == where


@pytest.mark.parametrize("said", ["gives the boat with the latest launched_on as one object",
                                  "is the boat with the newest launched_on, a single object"])  # fmt: skip
def test_the_latest_one_is_one_item(said: str) -> None:
    found = _list(_BOATS + f"GET /boats/latest {said}.", "/boats/latest")

    assert (found.kind, found.order_by[:1]) == ("first", ["-launched_on"])


@pytest.mark.parametrize("step", ["draft becomes printed", "draft -> printed"])
def test_a_step_between_states_is_read_behind_its_route(step: str) -> None:
    made = _design(
        "# Press\n\nA poster has a title and a status (draft, printed or torn).\n\n"
        f"- POST /posters/{{id}}/print: {step}\n"
    )
    (found,) = [each for each in made.endpoints if each.kind == "action"]

    assert [(each.target, each.value) for each in found.effects] == [("status", "'printed'")]


@pytest.mark.parametrize(
    "said",
    ["Nobody logs in.", "It runs inside, so no passwords.", "There is no need for accounts."],
)
def test_a_document_that_wants_no_accounts_gets_none(said: str) -> None:
    assert _design(f"{_BOATS}{said} Customers register boats.").auth is None


def test_what_only_the_shape_of_an_item_names_is_the_services() -> None:
    made = _design(
        "# Fair\n\n| Route | Does |\n|---|---|\n| POST /tickets | sell a ticket: `buyer`, `seats` |\n\n"
        'A ticket is `{"id", "buyer", "seats", "number", "price"}`.'
    )
    (ticket,) = made.entities

    assert {each.name for each in ticket.fields if each.set_by == "system"} == {"number", "price"}


@pytest.mark.parametrize(
    "said",
    [
        "The boats I'd love to filter by harbour and name.",
        "One more thing: boats, filtered by name or harbour, please.",
    ],
)
def test_what_a_list_is_filtered_by_counts_in_any_sentence(said: str) -> None:
    params = {each.name for each in _list(_BOATS + said).params}

    assert {"harbour", "name"} <= params
