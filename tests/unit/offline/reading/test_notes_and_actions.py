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


@pytest.mark.parametrize(
    ("told", "member"),
    [
        ('log in (`POST /login`, email and password) and receive `{"token": "..."}`', "token"),
        ('`POST /login` answers `{"accessToken": "..."}`', "accessToken"),
        ("log in with `POST /login`", "access_token"),
    ],
)
def test_a_log_in_gives_the_token_by_the_name_that_the_document_uses(
    told: str, member: str
) -> None:
    made = _design(f"- accounts: email, password (8 or more)\n- {told}\n- a crate has a weight\n")
    assert made.auth is not None
    assert made.auth.token_member == member


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


_JOBS = """# Jobs

A crew has a name. A job has a title. The status is new, given or done. Every job begins as new.

POST /jobs/{{id}}/give with {{"crew_id": 5}} hands a job to a crew. GET /jobs filters by crew_id.

{sentence}
"""


def _effects(made: SystemDesign, name: str) -> dict[str, str]:
    action = next(each for each in made.endpoints if each.path.endswith(f"/{name}"))
    return {each.target: each.value for each in action.effects}


@pytest.mark.parametrize(
    "sentence",
    [
        "POST /jobs/{id}/redo turns a done job into a new one without a crew (crew_id is null).",
        "POST /jobs/{id}/redo turns a done job into a new one, and crew_id becomes null again.",
        'POST /jobs/{id}/redo makes a done job "new" and clears crew_id.',
        'POST /jobs/{id}/redo makes a done job "new"; crew_id is empty again.',
    ],
)
def test_what_an_action_hands_over_is_kept_until_another_one_empties_it(sentence: str) -> None:
    made = _design(_JOBS.format(sentence=sentence))
    job = next(each for each in made.entities if each.name == "Job")
    crew = next(field for field in job.fields if field.name == "crew_id")
    assert (crew.references, crew.set_by, crew.required) == ("Crew", "system", False)
    assert _effects(made, "give")["crew_id"] == "param.crew_id"
    assert _effects(made, "redo") == {"status": "'new'", "crew_id": "None"}
    assert [rule.condition for rule in _rules(made, "redo")] == ["status == 'done'"]


@pytest.mark.parametrize(
    "sentence",
    [
        'POST /jobs/{id}/end needs a non-empty "reason", which is kept, and works for given jobs only.',
        'POST /jobs/{id}/end takes a "reason". It is possible for given jobs only.',
        "POST /jobs/{id}/end requires a `reason`. It works only for given jobs.",
        'POST /jobs/{id}/end expects a "reason" and can only be used for given jobs.',
    ],
)
def test_an_action_takes_what_is_named_in_quotation_marks_in_some_states_only(
    sentence: str,
) -> None:
    made = _design(_JOBS.format(sentence=sentence))
    action = next(each for each in made.endpoints if each.path.endswith("/end"))
    assert [each.name for each in action.params] == ["reason"]
    assert [rule.condition for rule in _rules(made, "end")] == ["status == 'given'"]


@pytest.mark.parametrize(
    "told",
    [
        "Remarks are posted to and read from /jobs/{id}/remarks, with author and text, oldest first.",
        "Remarks are kept under /jobs/{id}/remarks: author and text, oldest first.",
        "Remarks are added and listed under /jobs/{id}/remarks and have an author and a text.",
        "A remark is posted to /jobs/{id}/remarks with an author and a text.",
    ],
)
@pytest.mark.parametrize(
    "rule",
    [
        "Once a job is done it takes none.",
        "A done job accepts no more of them.",
        "None are accepted for done jobs.",
    ],
)
def test_things_told_by_their_path_have_what_stands_behind_it(told: str, rule: str) -> None:
    made = _design(_JOBS.format(sentence=f"{told}\n\n{rule}"))
    remark = next(each for each in made.entities if each.name == "Remark")
    assert {field.name for field in remark.fields if field.required} >= {"author", "text"}
    assert [each.condition for each in _rules(made, "create") if each.entity == "Remark"] == [
        "job.status != 'done'"
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Without a rank it is low.",
        "Where the rank is missing it is low.",
        "If no rank is given, it is low.",
    ],
)
def test_a_value_for_nothing_said_is_that_of_the_field_that_the_sentence_names(
    sentence: str,
) -> None:
    text = "A job consists of a title (at most 90 characters), a rank: low or high, and a note."
    made = _design(f"# Jobs\n\n{text} Nobody can delete a job. {sentence}")
    assert {field.name: field.default for field in made.entities[0].fields}["rank"] == "low"


def test_a_numbered_title_above_numbered_sentences_is_their_heading() -> None:
    text = "JOBS\n\n1. Crews\n   1.1 A crew has a name.\n\n2. Jobs\n   2.1 The service notes opened_at.\n   2.2 They have a title.\n"
    made = _design(text)
    job = next(each for each in made.entities if each.name == "Job")
    assert {field.name: field.set_by for field in job.fields} == {
        "title": "client",
        "opened_at": "system",
    }


_ACCOUNT = "# Bank\n\nAn account has an owner and a balance, which starts at 0. "


@pytest.mark.parametrize(
    ("sentence", "effect"),
    [
        (
            'POST /accounts/{id}/deposit with `{"amount": 5}` puts money in.',
            "balance + param.amount",
        ),
        (
            'POST /accounts/{id}/deposit with `{"amount": 5}` pays that much in.',
            "balance + param.amount",
        ),
        (
            'POST /accounts/{id}/deposit with `{"amount": 5}` adds to the balance.',
            "balance + param.amount",
        ),
        (
            "POST /accounts/{id}/deposit takes an amount and adds it to the balance.",
            "balance + param.amount",
        ),
        (
            'POST /accounts/{id}/deposit with `{"amount": 5}` raises the balance by it.',
            "balance + param.amount",
        ),
        (
            'POST /accounts/{id}/pay with `{"amount": 5}` takes it from the balance.',
            "balance - param.amount",
        ),
        ('POST /accounts/{id}/pay with `{"amount": 5}` pays it out.', "balance - param.amount"),
    ],
)
def test_a_number_that_is_sent_changes_what_there_is(sentence: str, effect: str) -> None:
    made = design(read(_ACCOUNT + sentence))
    (action,) = (each for each in made.endpoints if each.kind == "action")
    assert [(each.target, each.value) for each in action.effects] == [("balance", effect)]


def test_a_path_is_shortened_behind_another() -> None:
    made = design(
        read(
            '# Doors\n\nA door has a name. It begins as "open". `POST /doors/{id}/freeze` sets "frozen",'
            ' `.../unfreeze` sets "open" again.'
        )
    )
    effects = {each.path: each.effects[0].value for each in made.endpoints if each.kind == "action"}
    assert effects == {"/doors/{id}/freeze": "'frozen'", "/doors/{id}/unfreeze": "'open'"}


def test_what_an_action_takes_is_kept_as_it_is_described() -> None:
    made = design(
        read(
            '# Repairs\n\nA repair has a title. It begins as "open". POST /repairs/{id}/finish takes hours'
            ' (at least 0.5) and a remark (at most 50 characters, optional) and makes it "done".'
        )
    )
    (action,) = (each for each in made.endpoints if each.kind == "action")
    hours, remark = action.params
    assert (hours.type, hours.minimum, remark.max_length, remark.required) == (
        "number",
        0.5,
        50,
        False,
    )
    assert {each.target for each in action.effects} == {"status", "hours", "remark"}


@pytest.mark.parametrize(
    "sentence",
    [
        "I may add a rating from 1 to 5.",
        "A rating from 1 to 5 may be sent along.",
        "You can give a rating from 1 to 5 with it.",
    ],
)
def test_what_may_be_sent_along_with_an_action_is_kept(sentence: str) -> None:
    made = design(
        read(
            '# Cellar\n\nA bottle has a label. A new bottle is "stored". POST /bottles/{id}/drink makes it'
            f' "drunk". {sentence}'
        )
    )
    (action,) = (each for each in made.endpoints if each.kind == "action")
    (rating,) = action.params
    assert (rating.type, rating.required, rating.minimum, rating.maximum) == (
        "integer",
        False,
        1,
        5,
    )
    assert ("rating", "param.rating") in {(each.target, each.value) for each in action.effects}


@pytest.mark.parametrize(
    "sentence",
    [
        'POST /jobs/{id}/end, POST /jobs/{id}/drop and POST /jobs/{id}/lose lead to "ended", "dropped" and "lost".',
        "`POST /jobs/{id}/end`, `.../drop` and `.../lose` lead to `ended`, `dropped` and `lost`.",
        '`POST /jobs/{id}/end`, `…/drop` and `…/lose` make it "ended", "dropped" or "lost".',
    ],
)
@pytest.mark.parametrize(
    "rule",
    [
        "The first two start from given.",
        "POST /jobs/{id}/end and POST /jobs/{id}/drop work for given jobs only.",
        'POST /jobs/{id}/end and POST /jobs/{id}/drop are only possible while it is "given".',
    ],
)
def test_several_actions_lead_each_to_a_state_of_its_own(sentence: str, rule: str) -> None:
    made = _design(_JOBS.format(sentence=f"{sentence} {rule}"))
    assert _effects(made, "end") == {"status": "'ended'"}
    assert _effects(made, "drop") == {"status": "'dropped'"}
    assert _effects(made, "lose") == {"status": "'lost'"}
    for action in ("end", "drop"):
        assert "status == 'given'" in [each.condition for each in _rules(made, action)]
    assert "status == 'given'" not in [each.condition for each in _rules(made, "lose")]


def test_what_an_action_takes_so_many_of_is_no_field_of_its_body() -> None:
    text = "Remarks are kept under /jobs/{id}/remarks: a text.\n\nPOST /jobs/{id}/end makes it done. Ending takes at least 2 remarks."
    made = _design(_JOBS.format(sentence=text))
    action = next(each for each in made.endpoints if each.path.endswith("/end"))
    assert action.params == []


@pytest.mark.parametrize(
    "sentence",
    [
        'Mugs are sold by the piece, e.g. `{"name": "Blue", "price": 14.5}`.',
        'A mug is sold by the piece, for example `{"name": "Blue", "price": 14.5}`.',
        'Mugs come in boxes, such as `{"name": "Blue", "price": 14.5}`.',
        'A mug reads like this:\n\n```json\n{"name": "Blue", "price": 14.5}\n```',
    ],
)
def test_an_example_shows_what_a_thing_looks_like(sentence: str) -> None:
    made = _design(f"# Shop\n\n{sentence}\n\nGET /mugs lists them.")
    assert [(each.name, each.type) for each in made.entities[0].fields] == [
        ("name", "string"),
        ("price", "money"),
    ]
