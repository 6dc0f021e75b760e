"""Who sees what, and what an action leads to: each wording gives what was meant."""

from __future__ import annotations

import pytest

from quantumlayer.offline.reading import design, read

WALKS = (
    "# Walks\n\nWalkers sign up with an email and a password of 8 characters or more and log in.\n\n{}\n\n"
    "A walk has a date and a distance in km. `POST /walks`, `GET /walks`, `GET /walks/{{id}}`."
)


@pytest.mark.parametrize(
    ("sentence", "own"),
    [
        ("All of the following is private to the user who made it.", True),
        ("What they write down is theirs alone, nobody else gets to see it, not even me.", True),
        ("Everything below needs the log-in, and everyone works only with their own walks.", True),
        ("After logging in they send a bearer token. Nothing below works without it.", False),
        ("Each person only ever deals with what is theirs.", True),
        ("None of what follows can be used without a token.", False),
        ("All data belongs to the person who entered it and is hidden from everybody else.", True),
        ("Users never see each other's things.", True),
        ("You have to be logged in for all of this, and you only ever see your own things.", True),
        ("All that follows happens behind the log-in.", False),
        ("Nobody gets to see what others have written.", True),
        ("Whoever is not logged in gets nothing.", False),
        ("A walk belongs to the walker who is logged in. Others cannot see or change it.", True),
        ("Walks are shared: every walker sees all of them. Everything needs a token.", False),
    ],
)
def test_who_sees_what(sentence: str, own: bool) -> None:  # noqa: FBT001 -- what is expected
    routes = [
        each for each in design(read(WALKS.format(sentence))).endpoints if each.path == "/walks"
    ]
    assert routes
    assert {(each.access.login, each.access.own) for each in routes if each.kind == "list"} == {
        (True, own)
    }


@pytest.mark.parametrize(
    ("sentence", "effects"),
    [
        (
            "A job is booked at first. POST /jobs/{id}/arrive makes it moored, POST /jobs/{id}/leave makes it left.",
            {"status='moored'", "status='left'"},
        ),
        (
            "A job starts as planned. POST /jobs/{id}/begin makes it running.",
            {"status='running'"},
        ),
        (
            '`POST /jobs/{id}/stop` ends it: it is "open" before and "shut" after, and this works a single time.',
            {"status='shut'"},
        ),
        (
            'A new job is "alive". POST /jobs/{id}/stop makes the status "dead", and that happens only once.',
            {"status='dead'"},
        ),
        (
            "`active` is a boolean, `true` on create. `POST /jobs/{id}/stop` -> `active: false`.",
            {"active=False"},
        ),
        (
            "A job has `on` (bool, default false). `POST /jobs/{id}/toggle`: flips `on`.",
            {"on=not on"},
        ),
        (
            'A job is "open" first. POST /jobs/{id}/end with `{"price": 8}` (not negative) sets it to "done".',
            {"status='done'", "price=param.price"},
        ),
    ],
)
def test_what_an_action_leads_to(sentence: str, effects: set[str]) -> None:
    made = design(read(f"# Jobs\n\nA job has a title.\n\n{sentence}"))
    found = {f"{each.target}={each.value}" for route in made.endpoints for each in route.effects}
    assert found == effects


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("A toy has a name and a condition. Conditions: mint, used, broken. If nobody picks one, it is used.", ("condition", "enum", "used")),
        ("A toy has a name and a colour. The colours: red, green or blue. Where nothing is said it is red.", ("colour", "enum", "red")),
        ("**Toy**\n\n- `size`: `S` | `M`; `weight`: int, 1..25000", ("weight", "integer", None)),
        ("**Toy**\n\n- `status`: `new` -> `sold`, never set by the client", ("status", "enum", "new")),
        ("**Toy** belongs to a shelf: `row` (int), `label`. A shelf has a name.", ("row", "integer", None)),
        ("**Toy** `{name, maker}`, all required strings; `name` unique.", ("maker", "string", None)),
    ],
)  # fmt: skip
def test_values_and_items(text: str, field: tuple[str, str, str | None]) -> None:
    made = {
        entity.name: entity for entity in design(read(f"# Demo\n\n{text}\n\n`GET /toys`")).entities
    }["Toy"]
    assert field in {(each.name, each.type, each.default) for each in made.fields}


@pytest.mark.parametrize(
    "sentence",
    [
        "Nobody has two walks with the same title; different users may.",
        "I cannot have two walks of the same title, but you and I both may have one.",
        "The titles of one user's walks differ, two users may use the same.",
        "A user does not use a title twice, another user may have it too.",
        "No user has the same title twice.",
        "One walker logs a title no more than once.",
    ],
)
def test_what_one_person_has_only_once(sentence: str) -> None:
    private = "Everything is private to the user who made it."
    (walk,) = (
        each
        for each in design(
            read(f"{WALKS.format(private)} A walk has a title.\n\n{sentence}")
        ).entities
        if each.name == "Walk"
    )
    pairs = {frozenset({each.name, *each.unique_with}) for each in walk.fields if each.unique_with}
    assert pairs == {frozenset({"user_id", "title"})}


@pytest.mark.parametrize(
    "sentence",
    [
        "A course has no two permits with the same price; in different courses that is fine.",
        "The same price cannot be on one course twice; on another course it can.",
        "In a course two permits may not share a price.",
    ],
)
def test_what_comes_once_below_another_thing(sentence: str) -> None:
    text = f"# Demo\n\nA course has a title. A permit has a price and belongs to a course.\n\n{sentence}"
    made = {each.name: each for entity in design(read(text)).entities for each in entity.fields}
    assert made["course_id"].unique_with == ["price"]
    assert not made["price"].unique
