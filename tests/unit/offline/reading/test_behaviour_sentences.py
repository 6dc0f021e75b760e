"""What sentences about routes, actions, lists and refusals become in the design, whatever their wording."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, Rule, SystemDesign
from quantumlayer.offline.reading import design, read

KENNEL = """
# Kennel

A dog has a name and a breed. A stay has a dog, a start date, an end date and a note (optional).
"""
DESK = """
# Desk

A case has a subject and a status, which is "open" at first.
"""


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _endpoint(made: SystemDesign, method: str, path: str) -> Endpoint:
    found = {f"{each.method} {each.path}": each for each in made.endpoints}
    assert f"{method} {path}" in found, sorted(found)
    return found[f"{method} {path}"]


def _conditions(made: SystemDesign, entity: str) -> list[str]:
    return [rule.condition for rule in made.rules if rule.entity == entity]


def _rule(made: SystemDesign, entity: str, part: str) -> Rule:
    found = [rule for rule in made.rules if rule.entity == entity and part in rule.condition]
    assert found, _conditions(made, entity)
    return found[0]


def _unread(made: SystemDesign) -> list[str]:
    return [
        f"{each.text}: {each.note}" for each in made.coverage if each.status == "not_implemented"
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "POST /dogs/{id}/walks takes a walker and a length in minutes.",
        "`POST /dogs/{id}/walks` with a walker and a length in minutes.",
        "GET /dogs/{id}/walks lists the walks of a dog. A walk has a walker.",
    ],
)
def test_what_is_made_below_an_item_belongs_to_it(sentence: str) -> None:
    made = _design(f"{KENNEL}\nA walk has a walker and a length in minutes.\n\n{sentence}\n")
    walk = made.entity("Walk")
    assert any(field.references == "Dog" for field in walk.fields)
    assert any(each.parent is not None for each in made.endpoints if each.entity == "Walk")


@pytest.mark.parametrize(
    "sentence",
    [
        'POST /cases/{id}/answer needs a text in the field reply and makes an open case "answered".',
        '`POST /cases/{id}/answer` takes `{"reply": "Done."}` and makes an open case "answered".',
    ],
)  # fmt: skip
def test_what_an_action_is_sent_is_kept_with_the_item(sentence: str) -> None:
    made = _design(f"{DESK}\n{sentence}\n")
    field = next(each for each in made.entity("Case").fields if each.name == "reply")
    assert field.set_by == "system"
    effects = _endpoint(made, "POST", "/cases/{id}/answer").effects
    assert {effect.target: effect.value for effect in effects} == {
        "status": "'answered'",
        "reply": "param.reply",
    }


@pytest.mark.parametrize(
    "sentence", ["That is final.", "This is it.", "All other steps are refused with 409."]
)
def test_a_remark_on_the_last_state_takes_no_route_away(sentence: str) -> None:
    made = _design(f'{DESK}\nPOST /cases/{{id}}/close makes an open case "closed". {sentence}\n')
    for method in ("PUT", "PATCH", "DELETE"):
        _endpoint(made, method, "/cases/{id}")


@pytest.mark.parametrize(
    ("sentence", "operator"),
    [
        ("There cannot be more visitors than the ship's capacity.", "<="),
        ("There must not be fewer visitors than the ship's crew.", ">="),
        ("More visitors than the ship's capacity are refused.", "<="),
    ],
)
def test_a_bound_by_another_item_points_the_right_way(sentence: str, operator: str) -> None:
    made = _design(
        "# Tours\n\nA ship has a name, a crew (a number) and a capacity (at least 1).\n"
        f"A tour has a ship and a number of visitors. {sentence}\n"
    )
    assert any(f"visitors {operator} ship." in each for each in _conditions(made, "Tour"))


@pytest.mark.parametrize(
    "cell",
    [
        "409 if there is a dog with that name",
        "400, 409 if there is already a dog with the same name",
        "409 when a dog with this name exists",
    ],
)
def test_the_failure_column_of_a_route_is_read_or_reported(cell: str) -> None:
    made = _design(
        "# Kennel\n\nA dog has a name.\n\n| Method | Path | What | Failure |\n|---|---|---|---|\n"
        f"| POST | /dogs | adds a dog | {cell} |\n"
    )
    assert _conditions(made, "Dog") or _unread(made)
    assert all("name == this.name" in each for each in _conditions(made, "Dog"))


def test_a_failure_column_that_nobody_understands_is_not_implemented() -> None:
    made = _design(
        "# Kennel\n\nA dog has a name.\n\n| Method | Path | What | Failure |\n|---|---|---|---|\n"
        "| POST | /dogs | adds a dog | 409 if the moon stands in the seventh house |\n"
    )
    assert any("moon" in each for each in _unread(made))


@pytest.mark.parametrize(
    "text",
    [
        ('POST /runs/start {"note": "x"} → clock starts now, 201 + the run\n'
        "POST /runs/stop (no body) → stops the clock now, 200 + the run; 409 if none is running\n"),
        ("POST /runs/start takes a note; the clock starts now\n\n"
        "POST /runs/stop stops the clock now; 409 if none is running\n"),
    ],
)  # fmt: skip
def test_a_clock_is_started_and_stopped_without_an_id(text: str) -> None:
    made = _design(
        "# Runs\n\nA run has a note (optional), started_at and stopped_at.\n\n"
        f"{text}\nGET /runs/current → the running run, or 404\n"
    )
    stop = _endpoint(made, "POST", "/runs/stop")
    assert stop.kind == "action"
    assert stop.where == "stopped_at is None"
    assert [(effect.target, effect.value) for effect in stop.effects] == [("stopped_at", "now()")]
    start = _endpoint(made, "POST", "/runs/start")
    assert start.kind == "create"
    assert _endpoint(made, "GET", "/runs/current").kind == "first"


def test_parameters_called_like_keywords_of_python_work() -> None:
    made = _design(f"{KENNEL}\nGET /stays?from=2027-01-01&to=2027-01-31 lists the stays.\n")
    params = {param.name: param.where for param in _endpoint(made, "GET", "/stays").params}
    assert "param.from_" in str(params["from"])
    assert "param.to" in str(params["to"])


@pytest.mark.parametrize(
    ("sentence", "members"),
    [
        ('GET /dogs/{id}/record answers {"stays": 3}.', {"stays"}),
        ("I'd like to call GET /dogs/7/record and learn {\"stays\": 3}.", {"stays"}),
        ('GET /dogs/{id}/record counts the stays: {"stays": 3}.', {"stays"}),
    ],
)  # fmt: skip
def test_an_object_that_is_shown_is_a_report(sentence: str, members: set[str]) -> None:
    report = _endpoint(_design(f"{KENNEL}\n{sentence}\n"), "GET", "/dogs/{id}/record")
    assert report.kind == "report"
    assert set(report.returns) == members


def test_members_of_a_report_may_be_made_of_others() -> None:
    made = _design(
        "# Work\n\nA job has a name and an hourly_rate. A shift has a job, a day and minutes.\n\n"
        'GET /jobs/{id}/bill → {"minutes": 90, "amount": 30.0}, amount = minutes / 60 * hourly_rate\n'
    )  # fmt: skip
    returns = _endpoint(made, "GET", "/jobs/{id}/bill").returns
    assert returns["amount"] == f"({returns['minutes']}) / 60 * hourly_rate"


@pytest.mark.parametrize(
    "sentence",
    [
        "GET /s/{code} redirects to the address and counts the visit.",
        "GET /s/{code} redirects to the address and counts every click.",
    ],
)
def test_a_redirect_counts_what_it_is_said_to_count(sentence: str) -> None:
    made = _design(
        "# Links\n\nA link has an address (a URL) and a code, 7 random letters, which the service sets,"
        f" and visit_count and click_count, which the service sets.\n\n{sentence}\n"
    )
    follow = next(each for each in made.endpoints if each.kind == "redirect")
    assert len(follow.effects) == 1
    assert follow.effects[0].value == f"{follow.effects[0].target} + 1"


def test_one_route_alone_may_show_a_field() -> None:
    made = _design(
        "# Links\n\nA link has an address and a code.\n\n"
        "| Method | Path | What it does |\n|---|---|---|\n"
        "| GET | /links/{id} | the link |\n| GET | /links/{id}/stats | the link with `visits` |\n"
    )
    shown = _endpoint(made, "GET", "/links/{id}/stats")
    assert shown.kind == "read"
    assert "visits" not in (_endpoint(made, "GET", "/links/{id}").shows or [])
