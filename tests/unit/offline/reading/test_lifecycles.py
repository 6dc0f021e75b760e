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


_ORDERS = "# Laundry\n\nAn order has a customer and a flag `pinned`.\n\n"
_NEXT = "POST /orders/{id}/advance moves it to the next status."


@pytest.mark.parametrize(
    "chain",
    [
        "The `status` goes received, washing, ready, collected; then it ends.",
        "Its status runs from received over washing and ready to collected.",
        "Statuses: received, washing, ready, collected, in this order.",
        '`status` passes through "received", "washing", "ready" and "collected", one after the other.',
    ],
)
@pytest.mark.parametrize(
    "step",
    [
        _NEXT,
        "POST /orders/{id}/advance takes it one step on.",
        "POST /orders/{id}/advance gives it its next status.",
        "POST /orders/{id}/advance puts it into the next one.",
        "POST /orders/{id}/advance goes one status further.",
    ],
)
def test_an_action_leads_through_states_that_are_told_elsewhere(chain: str, step: str) -> None:
    made = reading.design(reading.read(f"{_ORDERS}{step} {chain}"))
    status = next(each for each in made.entities[0].fields if each.name == "status")
    assert (status.choices, status.default) == (
        ["received", "washing", "ready", "collected"], "received",
    )  # fmt: skip
    (action,) = (each for each in made.endpoints if each.kind == "action")
    assert action.effects[0].value == (
        "'washing' if status == 'received' else 'ready' if status == 'washing' else 'collected'"
    )
    assert {rule.condition for rule in made.rules} == {"status in ('received', 'washing', 'ready')"}


def test_the_answer_of_a_route_says_which_state_it_leads_to() -> None:
    made = reading.design(
        reading.read(
            '# Loans\n\nA loan has a title and a status, which starts as "out".\n\n'
            "| Call | Gives |\n|---|---|\n| POST /loans | 201 |\n"
            '| POST /loans/{id}/return | 200, the loan, now "returned" |\n'
            '| POST /loans/{id}/lose | 200, the loan as "lost" |'
        )
    )
    effects = {each.name: each.effects[0].value for each in made.endpoints if each.kind == "action"}
    assert effects == {"return": "'returned'", "lose": "'lost'"}


@pytest.mark.parametrize(
    "limit",
    [
        'At most two orders can be "washing" at the same time.',
        'Only two orders may be "washing" at a time.',
        'There are never more than two orders in "washing".',
        'A third order has to wait while two are "washing".',
        'Because there are two machines, a third order has to wait while two are "washing".',
        "Not more than two orders are washing at any time.",
        'Two orders at most are "washing" at once.',
    ],
)
def test_so_many_are_in_a_state_at_once(limit: str) -> None:
    text = f"{_ORDERS}The status goes received, washing, ready. {_NEXT} {limit}"
    conditions = {
        rule.condition for rule in reading.design(reading.read(text)).rules if "advance" in rule.on
    }
    count = "count(Order, status == 'washing', id != this.id) < 2"
    assert f"status != 'received' or {count}" in conditions


@pytest.mark.parametrize("whose", ["orders", "of the orders", "of all orders"])
def test_so_many_are_marked_at_once(whose: str) -> None:
    text = (
        f"{_ORDERS}POST /orders/{{id}}/pin sets `pinned` to true. No more than two {whose} may be"
        " pinned at once."
    )
    conditions = {
        rule.condition for rule in reading.design(reading.read(text)).rules if "pin" in rule.on
    }
    assert "count(Order, pinned == True, id != this.id) < 2" in conditions


@pytest.mark.parametrize(
    "sentence",
    [
        "The status is open or shut, open at first.",
        "The status is shut or open, at first open.",
        "The status is one of shut, held and open, initially open.",
        "Its status is shut, held or open and begins with open.",
        "The status is open, held or shut; it starts as open.",
        "status (shut, held, open) starts at open.",
        "The status is shut or open. A new gate is open.",
        "The status is shut or open. A freshly made gate is open.",
    ],
)
def test_one_of_the_states_that_are_listed_is_said_to_be_the_first(sentence: str) -> None:
    text = f"# Gates\n\n## Gate\nA gate has a code. {sentence} POST /gates/{{id}}/close makes an open gate shut."
    made = reading.design(reading.read(text)).entities[0]
    field = next(field for field in made.fields if field.name == "status")
    assert field.default == "open"
    assert {"open", "shut"} <= {*(field.choices or ())}


def test_a_state_that_the_document_calls_state_is_a_field_of_that_name() -> None:
    text = (
        "# Gates\n\nA gate has a `code`. `GET /gates?state=open` lists them. The `state` of a gate is"
        " open or shut; clients never send it. A new gate is open."
    )
    made = reading.design(reading.read(text)).entities[0]
    assert [(each.name, each.default) for each in made.fields] == [
        ("code", None),
        ("state", "open"),
    ]


def test_where_it_starts_is_no_step_of_the_action_before() -> None:
    text = '# Tickets\n\nAn event has a title. POST /events/{id}/cancel makes it "cancelled"; it starts as "planned".'
    made = reading.design(reading.read(text))
    status = next(each for each in made.entities[0].fields if each.name == "status")
    assert status.default == "planned"
    (action,) = (each for each in made.endpoints if each.kind == "action")
    assert action.effects[0].value == "'cancelled'"


@pytest.mark.parametrize(
    "sentence",
    [
        'POST /matches/{id}/result makes it "played". Results are final.',
        'POST /matches/{id}/result makes it "played". A second one is turned down.',
        'POST /matches/{id}/result makes it "played". A second result is refused.',
        'POST /matches/{id}/result ends it, once, and makes it "played".',
    ],
)
def test_an_action_that_is_final_works_once(sentence: str) -> None:
    made = reading.design(
        reading.read(f'# League\n\nA match has a title. It starts as "scheduled". {sentence}')
    )
    assert {rule.condition for rule in made.rules if "result" in rule.on} <= {
        "status != 'played'", "status == 'scheduled'",
    }  # fmt: skip
    assert any("result" in rule.on for rule in made.rules)


@pytest.mark.parametrize(
    "sentence",
    [
        "Unless told otherwise, a lamp starts disabled, at 100.",
        "A lamp starts disabled, at 100.",
        "Every new lamp starts out disabled, at 100.",
    ],
)
def test_a_new_one_starts_switched_off_and_at_a_number(sentence: str) -> None:
    text = f'# Lamps\n\nA lamp: `{{"name": "a", "enabled": true, "level": 25}}`. `level` is a whole number from 0 to 100. {sentence}'
    made = reading.design(reading.read(text)).entities[0]
    defaults = {field.name: field.default for field in made.fields}
    assert (defaults["enabled"], defaults["level"]) == (False, 100)
