"""Terse notes: accounts, nested paths, switches, private lists, counts, order, refusals."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, Rule, SystemDesign
from quantumlayer.offline.reading import design, read


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _list_of(made: SystemDesign, path: str) -> Endpoint:
    return next(each for each in made.endpoints if (each.method, each.path) == ("GET", path))


def _rules(made: SystemDesign, on: str) -> list[Rule]:
    return [rule for rule in made.rules if on in rule.on]


@pytest.mark.parametrize(
    "line",
    [
        "accounts: nickname (3–20 characters, letters and digits only, unique) + password (8 or more)",
        "users: `nickname` (3 to 20 letters and digits, unique), password (at least 8 characters)",
        "Sign-up: nickname (unique), password (8 characters or more)",
        "An account has a unique nickname and a password.",
    ],
)
def test_whoever_has_a_password_is_a_user_who_logs_in(line: str) -> None:
    made = _design(f"- {line}\n- log in with the nickname\n")
    assert made.auth is not None
    assert (made.auth.entity, made.auth.login_field) == ("User", "nickname")
    assert {"/signup", "/login"} <= {each.path for each in made.endpoints}


PRIVATE = "Accounts: email, password. A crate has a name and a weight.\n\n"


@pytest.mark.parametrize(
    "sentence",
    [
        "Crates are private.",
        "Other people's crates simply don't exist for you (404).",
        "Somebody else's crates are invisible.",
        "Crates: private!",
        "Everybody sees only their own crates.",
    ],
)
def test_what_is_private_belongs_to_the_one_who_made_it(sentence: str) -> None:
    made = _design(PRIVATE + sentence)
    crate = next(entity for entity in made.entities if entity.name == "Crate")
    assert crate.owner is not None
    assert _list_of(made, "/crates").access.own


@pytest.mark.parametrize(
    "line",
    [
        "jobs, under /crates/{id}/jobs for adding and listing, /jobs/{id} for a single one",
        "jobs: /crates/{id}/jobs to add and list them, /jobs/{id} for one",
        "jobs (`POST /crates/{id}/jobs`, `GET /crates/{id}/jobs`)",
    ],
)
def test_items_below_a_line_with_paths_are_fields(line: str) -> None:
    made = _design(
        f"* A crate has a name.\n* {line}\n    * title, not empty\n    * due_on: date, optional\n"
    )
    job = next(entity for entity in made.entities if entity.name == "Job")
    assert {"title", "due_on"} <= {field.name for field in job.fields}
    routes = {(each.method, each.path) for each in made.endpoints}
    assert {("POST", "/crates/{id}/jobs"), ("GET", "/crates/{id}/jobs")} <= routes


JOBS = """
* crates have a name
* jobs, under /crates/{id}/jobs for adding and listing, /jobs/{id} for a single one
    * title, 40 characters at most
    * due_on: date
    * done: false at first, set by the app, not by hand
    * done_at: filled in together with done
* POST /jobs/{id}/complete and POST /jobs/{id}/reopen
"""


def test_an_action_sets_its_switch_and_what_is_filled_in_together_with_it() -> None:
    made = _design(JOBS)
    effects = {
        each.name: {effect.target: effect.value for effect in each.effects}
        for each in made.endpoints
        if each.kind == "action"
    }
    assert effects["complete"] == {"done": "True", "done_at": "now()"}
    assert effects["reopen"] == {"done": "False", "done_at": "None"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Doing either twice in a row is an error (409).",
        "Calling one of them twice is refused with 409.",
    ],
)
def test_an_action_that_is_done_already_is_refused(sentence: str) -> None:
    made = _design(JOBS.rstrip() + f"; {sentence[0].lower()}{sentence[1:]}\n")
    assert [rule.condition for rule in _rules(made, "complete")] == ["done == False"]
    assert [rule.condition for rule in _rules(made, "reopen")] == ["done == True"]


@pytest.mark.parametrize(
    "sentence",
    [
        "listing jobs of a crate: open ones before done ones, within that by due_on, earliest first",
        "The jobs of a crate are sorted by open jobs before done ones, then by due_on.",
    ],
)
def test_open_items_may_come_before_done_ones(sentence: str) -> None:
    endpoint = _list_of(_design(f"{JOBS}* {sentence}\n"), "/crates/{id}/jobs")
    assert endpoint.order_by == ["done", "due_on"]


@pytest.mark.parametrize(
    "sentence",
    [
        "deleting a crate: refused (409) as long as it has open jobs",
        "Deleting a crate is refused as long as it has open jobs.",
        "A crate cannot be deleted while it has open jobs.",
    ],
)
def test_deleting_is_refused_as_long_as_something_is_open(sentence: str) -> None:
    (rule,) = _rules(_design(f"{JOBS}* {sentence}\n"), "delete")
    assert rule.condition == "not exists(Job, crate_id == this.id, done == False)"


def test_numbers_of_items_in_a_state_are_counted() -> None:
    made = _design(f"{JOBS}* GET /crates gives every crate with open_count and done_count\n")
    crate = next(entity for entity in made.entities if entity.name == "Crate")
    computed = {field.name: field.computed for field in crate.fields if field.computed}
    assert computed == {
        "open_count": "count(Job, crate_id == this.id, done == False)",
        "done_count": "count(Job, crate_id == this.id, done == True)",
    }


@pytest.mark.parametrize(
    "sentence",
    ["nobody gets more than 5 open jobs on a crate", "A crate has at most 5 open jobs."],
)
def test_a_limit_on_open_items_holds_for_adding_and_reopening(sentence: str) -> None:
    made = _design(f"{JOBS}* {sentence}\n")
    counted = "count(Job, crate_id == this.crate_id, done == False"
    assert any(rule.condition.startswith(counted) for rule in _rules(made, "create"))
    assert any(rule.condition.startswith(counted) for rule in _rules(made, "reopen"))


@pytest.mark.parametrize(
    "sentence", ["Per user a name only once.", "A name only once per user.", "One name per user."]
)
def test_a_name_may_be_taken_once_for_each_person(sentence: str) -> None:
    made = _design(f"{PRIVATE}Crates are private. {sentence}")
    crate = next(entity for entity in made.entities if entity.name == "Crate")
    name = next(
        field for field in crate.fields if field.name in {"name", "user_id"} and field.unique_with
    )
    assert {name.name, *name.unique_with} == {"name", "user_id"}
