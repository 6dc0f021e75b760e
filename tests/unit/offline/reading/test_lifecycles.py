"""States read by the gist of a sentence: where items start, and from where a step is possible."""

from __future__ import annotations

import pytest

from quantumlayer.agents import FieldSpec, SystemDesign
from quantumlayer.offline import reading

_PERMITS = """# Permits

A permit has a holder (string, required).

| Method | Path | What it does | Answers |
|---|---|---|---|
| POST | /permits | {makes} | 201 |
| GET | /permits/{{id}} | one permit | 200, 404 |
| POST | /permits/{{id}}/issue | {issues} | 200, 404, 409 |
| POST | /permits/{{id}}/revoke | {revokes} | 200, 404, 409 |
"""


def _permits(
    makes: str = "makes a permit as a sketch",
    issues: str = "sketch to issued",
    revokes: str = "issued to revoked",
) -> SystemDesign:
    document = _PERMITS.format(makes=makes, issues=issues, revokes=revokes)
    return reading.design(reading.read(document))


def _status(design: SystemDesign) -> FieldSpec:
    entity = next(each for each in design.entities if each.name == "Permit")
    return next(field for field in entity.fields if field.name == "status")


@pytest.mark.parametrize(
    "makes",
    [
        "makes a permit as a sketch",
        "a new permit, sketch at first",
        "registers a permit; it is a sketch to begin with",
        "saves a permit as sketch",
    ],
)
def test_what_is_made_starts_in_the_state_that_its_row_names(makes: str) -> None:
    field = _status(_permits(makes=makes))
    assert field.set_by == "system"
    assert field.default == "sketch"


@pytest.mark.parametrize(
    "revokes", ["issued to revoked", "issued → revoked", "from issued to revoked"]
)
def test_a_row_that_names_two_states_is_a_step_between_them(revokes: str) -> None:
    design = _permits(revokes=revokes)
    rules = [rule for rule in design.rules if "revoke" in rule.on]
    assert [rule.condition for rule in rules] == ["status == 'issued'"]
    revoke = next(each for each in design.endpoints if each.name == "revoke")
    assert [(each.target, each.value) for each in revoke.effects] == [("status", "'revoked'")]


@pytest.mark.parametrize(
    "sentence",
    [
        "`POST /permits/{id}/revoke`: only from issued.",
        "`POST /permits/{id}/revoke` - from issued only.",
        "`POST /permits/{id}/revoke`: while it is issued.",
    ],
)
def test_a_line_behind_a_route_may_name_the_states_it_is_possible_in(sentence: str) -> None:
    document = (
        "A permit has a holder and a status: sketch, issued or revoked, at first sketch.\n\n"
        "`POST /permits/{id}/issue` turns a sketch into issued.\n\n"
        "`POST /permits/{id}/revoke` makes it revoked.\n\n" + sentence
    )
    design = reading.design(reading.read(document))
    rules = [rule for rule in design.rules if "revoke" in rule.on]
    assert [rule.condition for rule in rules] == ["status == 'issued'"]
