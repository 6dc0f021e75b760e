"""Constructions of whole documents: headings, examples, stories, routes in brackets, roles."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, Entity, SystemDesign
from quantumlayer.offline.reading import design, read


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _entity(made: SystemDesign, name: str) -> Entity:
    return next(entity for entity in made.entities if entity.name == name)


def _endpoint(made: SystemDesign, method: str, path: str) -> Endpoint:
    return next(each for each in made.endpoints if (each.method, each.path) == (method, path))


def test_a_noun_with_a_colon_introduces_an_example() -> None:
    text = 'A show:\n\n```json\n{"title": "Night", "minutes": 30, "live": false}\n```\n\nShows can be added.'
    fields = {field.name: field.type for field in _entity(_design(text), "Show").fields}
    assert fields == {"title": "string", "minutes": "integer", "live": "boolean"}


def test_an_example_of_a_sign_up_gives_the_fields_of_users() -> None:
    text = (
        "People can register and log in.\n\nRegister with `POST /signup`:\n\n"
        '```json\n{"email": "a@example.com", "username": "a", "password": "eight or more"}\n```\n'
    )
    names = {field.name for field in _entity(_design(text), "User").fields}
    assert names == {"email", "username", "password"}


def test_below_a_heading_a_sentence_needs_no_subject() -> None:
    made = _design("# Depot\n\n## Crate\n\nHas a `code` (digits only, unique) and a colour.\n")
    assert {field.name for field in _entity(made, "Crate").fields} == {"code", "colour"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Crates are addressed by their code: `/crates/{code}`.",
        "Reading, renaming and deleting work with the code: `/crates/{code}`.",
        "`POST /crates/{code}/seal` seals a crate.",
    ],
)
def test_items_are_found_by_what_their_paths_name(sentence: str) -> None:
    made = _design(f"# Depot\n\nA crate has a unique `code` and a colour. {sentence}")
    assert _endpoint(made, "GET", "/crates/{code}").lookup == "code"


@pytest.mark.parametrize(
    "sentence",
    [
        'A clerk takes it on (`POST /jobs/{id}/start`), which makes it "running".',
        'When work begins (`POST /jobs/{id}/start`) it becomes "running".',
        '`POST /jobs/{id}/start` makes it "running".',
    ],
)
def test_a_route_in_brackets_leads_to_a_state(sentence: str) -> None:
    made = _design(f'A job has a title. A job is first "queued". {sentence}')
    start = _endpoint(made, "POST", "/jobs/{id}/start")
    assert [(each.target, each.value) for each in start.effects] == [("status", "'running'")]
    status = next(field for field in _entity(made, "Job").fields if field.name == "status")
    assert status.default == "queued"


def test_accepting_what_is_pending_makes_it_accepted() -> None:
    text = (
        'A bid has a text. A bid is "pending" at first. `POST /bids/{id}/accept` and '
        "`POST /bids/{id}/reject` are for the board."
    )
    status = next(f for f in _entity(_design(text), "Bid").fields if f.name == "status")
    assert status.choices == ["pending", "accepted", "rejected"]


def test_roles_are_learned_from_what_a_role_is_unless_changed() -> None:
    text = (
        "Members register with a name, an email and a password of 8 characters or more. A member has a role,"
        ' which is "member" unless the board makes them "board". Every plot has a number. Only board members'
        " can add, change or delete plots."
    )
    made = _design(text)
    assert _endpoint(made, "POST", "/plots").access.roles == ["board"]
    role = next(field for field in _entity(made, "Member").fields if field.name == "role")
    assert (role.set_by, role.default, role.choices) == ("system", "member", ["member", "board"])


@pytest.mark.parametrize(
    "sentence",
    ["The total of an order is the sum of quantity times unit price over its parts."],
)
def test_a_value_can_be_named_where_it_is_worked_out(sentence: str) -> None:
    text = (
        "An order has a title. `POST /orders/{id}/parts` takes a quantity of at least one and a unit price."
        f" {sentence}"
    )
    total = next(f for f in _entity(_design(text), "Order").fields if f.name == "total")
    assert total.computed == "sum(Part, quantity * unit_price, order_id == this.id)"


def test_a_count_of_what_refers_to_a_thing_is_counted() -> None:
    text = "A show has a title. An episode belongs to a show and has a name. Every show has an `episode_count`."
    count = next(f for f in _entity(_design(text), "Show").fields if f.name == "episode_count")
    assert count.computed == "count(Episode, show_id == this.id)"


@pytest.mark.parametrize("verb", ["arrives_on and leaves_on", "arrival_date and departure_date"])
def test_stays_do_not_overlap_whatever_their_ends_are_called(verb: str) -> None:
    text = (
        f"A box has a name. A stay is for one box and has {verb}, both dates. Two stays in the same box must"
        " not overlap."
    )
    assert any(
        "not exists(Stay, box_id == this.box_id" in rule.condition for rule in _design(text).rules
    )
