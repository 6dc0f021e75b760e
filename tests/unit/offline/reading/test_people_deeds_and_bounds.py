"""Who may do what, what calling a route does, and everyday rules, whatever their wording."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, SystemDesign
from quantumlayer.offline.reading import design, read

POEMS = "# Poems\n\nPeople sign up with an email and a password. A poem has a title and a text.\n\n"
BOATS = "# Boats\n\nA boat has a name and a flag `afloat`, which is false at first.\n\n"
LOANS = "# Loans\n\nA tool has a name. A loan has a tool, a first day (a date) and a last day (a date).\n\n"


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _endpoint(made: SystemDesign, method: str, path: str) -> Endpoint:
    found = {f"{each.method} {each.path}": each for each in made.endpoints}
    assert f"{method} {path}" in found, sorted(found)
    return found[f"{method} {path}"]


def _needs_login(made: SystemDesign, method: str, path: str) -> bool:
    access = _endpoint(made, method, path).access
    return access.login


def _conditions(made: SystemDesign, entity: str) -> list[str]:
    return [rule.condition for rule in made.rules if rule.entity == entity]


def _unread(made: SystemDesign) -> list[str]:
    return [
        f"{each.text}: {each.note}" for each in made.coverage if each.status == "not_implemented"
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "The whole service is for members who are logged in.",
        "Our entire API is only open to registered users.",
        "Nothing about poems is visible to people who have not logged in.",
        "Without an account nobody can see poems. Writing, changing and deleting poems is not possible without logging in.",
    ],
)
def test_what_is_for_members_needs_a_log_in(sentence: str) -> None:
    made = _design(POEMS + sentence)
    assert _needs_login(made, "GET", "/poems"), _unread(made)
    assert _needs_login(made, "POST", "/poems"), _unread(made)


@pytest.mark.parametrize(
    "sentence",
    [
        "Poems can be read by everybody, even without an account; writing one requires a log-in.",
        "Reading poems is open to everyone. Adding poems needs a valid token.",
        "As a visitor I want to browse all poems without having an account. Posting poems is impossible without being signed in.",
        "Only registered poets may write poems. Anyone can read them.",
    ],
)
def test_reading_is_open_where_only_writing_needs_an_account(sentence: str) -> None:
    made = _design(POEMS + sentence)
    assert not _needs_login(made, "GET", "/poems"), _unread(made)
    assert _needs_login(made, "POST", "/poems"), _unread(made)


@pytest.mark.parametrize(
    "sentence",
    [
        "Whoever is logged in sees their own poems and nobody else's.",
        "GET /poems returns the caller's poems only.",
        "Poems belong to the user who wrote them.",
        "Members see only the poems they wrote themselves.",
    ],
)
def test_one_s_own_items_are_shown_to_nobody_else(sentence: str) -> None:
    made = _design(POEMS + sentence)
    access = _endpoint(made, "GET", "/poems").access
    assert access is not None
    assert access.own, _unread(made)


@pytest.mark.parametrize(
    "sentence",
    [
        "Editors write poems. Guests can't.",
        "Only editors write poems.",
        "Adding poems is reserved for editors.",
    ],
)
def test_what_a_role_does_alone_is_refused_to_others(sentence: str) -> None:
    accounts = "# P\n\nAccounts have an email, a password and a role (`editor` or `guest`). A poem has a title.\n\n"
    made = _design(accounts + sentence)
    access = _endpoint(made, "POST", "/poems").access
    assert access is not None
    assert access.roles == ["editor"], _unread(made)


def test_the_column_of_a_table_says_who_may_call_its_routes() -> None:
    table = "| Route | Token? |\n|---|---|\n| GET /poems | no |\n| POST /poems, DELETE /poems/{id} | yes |\n"
    made = _design(POEMS + table)
    assert not _needs_login(made, "GET", "/poems")
    assert _needs_login(made, "POST", "/poems")
    assert _needs_login(made, "DELETE", "/poems/{id}")


def test_the_first_account_may_be_given_a_role_of_its_own() -> None:
    made = _design(
        "# P\n\nThe first person who signs up becomes the admin. A poem has a title and a text."
        " Only the admin adds poems.\n"
    )
    role = next(field for field in made.entity("User").fields if field.name == "role")
    assert role.set_by == "system"
    assert role.on_create == "'admin' if not exists(User) else 'user'"


@pytest.mark.parametrize(
    "sentence",
    [
        "Calling POST /boats/{id}/launch turns the flag to true. Any further launch of it must fail.",
        "The harbour master launches a boat with POST /boats/{id}/launch, which sets `afloat` to true. A boat is launched only once.",
        "POST /boats/{id}/launch sets `afloat` to true; launching twice makes no sense.",
    ],
)
def test_an_action_sets_a_switch_and_is_done_once(sentence: str) -> None:
    made = _design(BOATS + sentence)
    action = _endpoint(made, "POST", "/boats/{id}/launch")
    assert [(effect.target, effect.value) for effect in action.effects] == [("afloat", "True")]
    assert "afloat == False" in _conditions(made, "Boat"), _unread(made)


@pytest.mark.parametrize(
    "sentence",
    [
        (
            'Its status is "filed". The clerk either grants it (POST /permits/{id}/grant) or denies it (POST'
            ' /permits/{id}/deny). Both are possible for filed permits only; the status then reads "granted" or "denied".'
        ),
        (
            'A new permit has the status "filed". I grant a permit with POST /permits/{id}/grant, after which its status is'
            ' "granted". Granting is possible only while it is "filed".'
        ),
    ],
)
def test_actions_lead_from_one_state_to_another(sentence: str) -> None:
    made = _design(f"# Permits\n\nA permit has an applicant and a street. {sentence}\n")
    action = _endpoint(made, "POST", "/permits/{id}/grant")
    assert [(effect.target, effect.value) for effect in action.effects] == [("status", "'granted'")]
    assert any("status == 'filed'" in text for text in _conditions(made, "Permit")), _unread(made)


def test_nothing_leads_out_of_a_final_state() -> None:
    made = _design(
        '# Plots\n\nA plot has a name and a status, which is "free" at first. POST /plots/{id}/lease makes it "leased",'
        ' POST /plots/{id}/retire makes it "retired". From "retired" there is no way back.\n'
    )
    rules = [rule for rule in made.rules if "retired" in rule.condition]
    assert {name for rule in rules for name in rule.on} >= {"lease"}, _unread(made)


def test_states_changed_by_clients_go_one_step_at_a_time() -> None:
    made = _design(
        "# Tasks\n\nA task has a title and a status. New tasks always get the status `todo`. The status may only move one step"
        " along todo → doing → done. Skipping a step is refused.\n"
    )
    assert any(
        "old.status == 'todo' and status == 'doing'" in text for text in _conditions(made, "Task")
    ), _unread(made)


@pytest.mark.parametrize(
    "sentence",
    [
        "The last day is never earlier than the first.",
        "No loan ends before it has started.",
        "A loan cannot end before it starts.",
    ],
)
def test_the_end_does_not_come_before_the_beginning(sentence: str) -> None:
    assert "last_day >= first_day" in _conditions(_design(LOANS + sentence), "Loan")


@pytest.mark.parametrize(
    "sentence",
    [
        "For one tool there must not be two loans that share a day.",
        "There must never be two loans that overlap for the same tool.",
        "No two loans of the same tool may overlap.",
    ],
)
def test_two_items_do_not_share_a_day(sentence: str) -> None:
    made = _design(LOANS + sentence)
    found = [text for text in _conditions(made, "Loan") if text.startswith("not exists(Loan")]
    assert found, _unread(made)
    assert "tool_id == this.tool_id" in found[0]
    assert "first_day <= this.last_day" in found[0]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("A loan dated in the past is turned down.", "first_day >= today()"),
        ("Nobody can make loans more than 30 days ahead.", "first_day <= today() + days(30)"),
        ("Loans for days that lie in the past make no sense.", "first_day >= today()"),
    ],
)
def test_dates_lie_within_what_is_allowed(sentence: str, expected: str) -> None:
    made = _design(LOANS + sentence)
    found = [text.replace("now()", "today()") for text in _conditions(made, "Loan")]
    assert expected in found, _unread(made)


@pytest.mark.parametrize(
    "sentence",
    [
        "Per day and hour a coach can have only one lesson.",
        "A coach cannot have two lessons per day and hour.",
        "On the same day every hour occurs only once per coach.",
    ],
)
def test_what_stands_in_front_says_for_each_of_what(sentence: str) -> None:
    made = _design(f"# Lessons\n\nA lesson has a coach, a day and an hour.\n\n{sentence}\n")
    keys = [
        {field.name, *field.unique_with}
        for field in made.entity("Lesson").fields
        if field.unique_with
    ]
    assert keys == [{"coach", "day", "hour"}], _unread(made)


@pytest.mark.parametrize(
    "sentence",
    [
        "Whenever the rebate is above 0 there has to be a reason.",
        "A reason is required if the rebate is above 0.",
        "If the rebate is above 0, the reason must be given.",
    ],
)
def test_a_field_is_needed_only_in_some_cases(sentence: str) -> None:
    made = _design(
        f"# Sales\n\nA sale has a customer, a rebate (0 to 40) and a reason (optional).\n\n{sentence}\n"
    )
    found = " | ".join(_conditions(made, "Sale"))
    assert "rebate" in found, _unread(made)
    assert "reason is not None" in found


def test_sums_over_what_belongs_together_are_limited() -> None:
    made = _design(
        "# Crates\n\nA crate has a label. A load has a crate, a content and a weight (a number above 0)."
        " All loads in a crate must never add up to more than 500 kg.\n"
    )
    assert any(
        text.startswith("sum(Load, weight") and "<= 500" in text
        for text in _conditions(made, "Load")
    ), _unread(made)


def test_fields_stand_in_brackets_behind_a_noun() -> None:
    made = _design(
        "# Desk\n\nAnyone can hand in a complaint (their name and a message). Complaints can be listed.\n"
    )
    assert [field.name for field in made.entity("Complaint").fields] == ["name", "message"]


def test_what_is_only_added_and_read_is_neither_changed_nor_deleted() -> None:
    made = _design(
        "# Log\n\nA remark has a text and an author. Remarks can only be added and read.\n"
    )
    assert not [each for each in made.endpoints if each.method in {"PUT", "PATCH", "DELETE"}]


_CLAIMS = "# Claims\n\nA claim has a name and a date bought_on.\n\n"


@pytest.mark.parametrize(
    "sentence",
    [
        "What was bought more than 30 days ago is refused.",
        "bought_on must not be more than 30 days ago.",
        "bought_on must not lie more than 30 days in the past.",
        "Claims older than 30 days cannot be entered.",
        "Nothing that was bought over 30 days ago can be claimed.",
        "A claim is refused when it was bought more than 30 days ago.",
    ],
)
def test_what_is_too_long_ago_is_refused(sentence: str) -> None:
    assert _conditions(_design(_CLAIMS + sentence), "Claim") == ["bought_on >= today() - days(30)"]


def test_the_same_is_refused_of_what_is_named_behind() -> None:
    made = _design(
        f"{_CLAIMS}What was bought more than 30 days ago is refused, so is a purchase in the future."
    )
    assert "bought_on >= today() - days(30)" in _conditions(made, "Claim")


@pytest.mark.parametrize(
    "sentence",
    [
        "Claims bought more than 30 days ago can no longer be changed.",
        "Claims bought more than 30 days ago are overdue.",
        "GET /claims lists the claims bought at most 30 days ago.",
    ],
)
def test_what_is_long_ago_is_not_always_refused(sentence: str) -> None:
    assert _conditions(_design(_CLAIMS + sentence), "Claim") == []


@pytest.mark.parametrize(
    "sentence",
    [
        "More than 8 labels on one claim are too many.",
        "Nine or more labels on a claim are refused.",
        "There can be no more than 8 labels on one claim.",
        "There are never more than 8 labels.",
    ],
)
def test_so_many_of_a_list_are_too_many(sentence: str) -> None:
    made = _design(f"# Claims\n\nA claim has a name and a list of labels.\n\n{sentence}")
    (labels,) = (each for each in made.entities[0].fields if each.name == "labels")
    assert (labels.type, labels.max_length) == ("strings", 8)


def test_what_is_read_only_is_neither_changed_nor_deleted() -> None:
    made = _design(
        f"{_CLAIMS}A gift has a name.\n\nClaims and gifts can be read, not changed or deleted."
    )
    assert {each.kind for each in made.endpoints} == {"create", "list", "read"}
