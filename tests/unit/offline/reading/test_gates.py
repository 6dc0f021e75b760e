"""In which states something is possible, in any wording."""

from __future__ import annotations

import pytest

from quantumlayer.agents import SystemDesign
from quantumlayer.offline import reading

_LOCKERS = """# Lockers

A locker has a code, a status ("free", "taken" or "broken"; "free" at first) and a flag `sealed` (false at first).

A request belongs to a locker and has a name and an email. Its status is "open", "granted" or "declined"; it
starts as "open".

POST /requests/{id}/grant makes it "granted". POST /requests/{id}/decline makes it "declined".
"""


def _design(sentence: str, document: str = _LOCKERS) -> SystemDesign:
    return reading.design(reading.read(f"{document}\n{sentence}\n"))


def _conditions(sentence: str, on: str, entity: str = "Request") -> list[str]:
    rules = _design(sentence).rules
    return [rule.condition for rule in rules if rule.entity == entity and on in rule.on]


@pytest.mark.parametrize(
    "sentence",
    [
        "Nobody can request a locker that is not free any more.",
        "Only free lockers can be requested.",
        "Requests are for free lockers only.",
        "We take requests for free lockers only.",
        "A locker takes requests only while it is free.",
        "A request needs a free locker.",
        "A request is only possible as long as the locker is free.",
    ],
)
def test_what_is_made_may_need_a_state_of_what_it_refers_to(sentence: str) -> None:
    assert _conditions(sentence, "create") == ["locker.status == 'free'"]


@pytest.mark.parametrize(
    "sentence",
    [
        "A broken locker isn't requested any more.",
        "No requests for broken lockers.",
        "No new requests once a locker is broken.",
        "Broken lockers get no requests.",
        "Nothing goes in after the locker is broken.",
        "Once a locker is broken nothing can be requested.",
        "For a broken locker nobody may make a request.",
        "It must not be possible to request a locker which is broken.",
    ],
)
def test_what_is_made_may_be_barred_by_a_state_of_what_it_refers_to(sentence: str) -> None:
    assert _conditions(sentence, "create") == ["locker.status != 'broken'"]


@pytest.mark.parametrize(
    "sentence",
    [
        "No new request on a locker with `sealed: true`.",
        "Requests on a sealed locker get 409.",
        "A locker that is sealed is not requested.",
    ],
)
def test_a_flag_is_a_state_too(sentence: str) -> None:
    assert _conditions(sentence, "create") == ["locker.sealed == False"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Only an open request is granted or declined.",
        "A request that is not open is neither granted nor declined.",
        "Only open requests can be granted, declined or deleted.",
    ],
)
def test_one_sentence_may_speak_of_several_actions(sentence: str) -> None:
    for action in ("grant", "decline"):
        assert "status == 'open'" in _conditions(sentence, action)


@pytest.mark.parametrize(
    "sentence",
    [
        "A granted request is not deleted.",
        "I do not want requests deleted once they are granted.",
        "Requests can be deleted, but not granted ones.",
        "A request can be deleted unless it is granted.",
        "- DELETE /requests/{id}: not while granted.",
        "- DELETE /requests/{id}: 409 if granted",
    ],
)
def test_deleting_may_be_barred_by_a_state(sentence: str) -> None:
    assert _conditions(sentence, "delete") == ["status != 'granted'"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Open requests are shown first.",
        "Broken lockers are not listed.",
        "A granted request shows the code of the locker.",
        "A locker that is taken is painted red.",
        "Lockers can only be repaired while they are broken.",
        "Requests can be granted.",
    ],
)
def test_other_sentences_about_states_forbid_nothing(sentence: str) -> None:
    plain = {(rule.entity, tuple(rule.on), rule.condition) for rule in _design("").rules}
    rules = {(rule.entity, tuple(rule.on), rule.condition) for rule in _design(sentence).rules}
    assert rules == plain


_POLLS = """# Polls

A poll has a question and a list of options. It begins as a "draft". POST /polls/{id}/open makes it "open",
POST /polls/{id}/close makes an open poll "closed".

"""
_VOTES = "POST /polls/{id}/votes takes voter, an email address, and option. "


@pytest.mark.parametrize(
    "sentence",
    [
        "While a poll is a draft it can be changed and deleted; afterwards neither.",
        "A draft can be changed and deleted, an open poll neither.",
        "As long as it is a draft it may be changed and deleted; after that it may not.",
        "Polls can be changed and deleted while they are drafts, not later.",
        "Only drafts can be changed or deleted.",
    ],
)
def test_what_is_over_afterwards_is_possible_before(sentence: str) -> None:
    rules = _design(sentence, _POLLS).rules
    told = {rule.condition for rule in rules if {"update", "delete"} & {*rule.on}}
    assert told == {"status == 'draft'"}


def test_a_step_that_is_denied_is_no_step() -> None:
    made = _design("There is no way back and no short cut from draft to closed.", _POLLS)
    assert {rule.condition for rule in made.rules if "close" in rule.on} == {"status == 'open'"}


@pytest.mark.parametrize(
    "sentence",
    [
        "That works only while the poll is open, and once per poll and address.",
        "It is possible only while the poll is open and only once per poll and voter.",
        "The poll has to be open for that, and voting is possible once per poll and address.",
    ],
)
def test_what_works_so_is_what_the_route_before_makes(sentence: str) -> None:
    made = _design(_VOTES + sentence, _POLLS)
    assert [rule.condition for rule in made.rules if rule.entity == "Vote"] == [
        "poll.status == 'open'"
    ]
    (vote,) = (each for each in made.entities if each.name == "Vote")
    fields = {each.name: each for each in vote.fields}
    assert fields["poll_id"].unique_with == ["voter"]
    assert fields["voter"].case_insensitive


_ITEMS = """# Items

An item has a task and a status, open or done; a new item is open.

POST /items/{id}/complete sets an open item to done, and POST /items/{id}/reopen sets a done item to open.
"""


@pytest.mark.parametrize(
    "sentence",
    [
        "Completing a done item or reopening an open one is an error.",
        "Completing a done item is an error, and so is reopening an open one.",
        "To complete a done item or to reopen an open one is a conflict.",
        "A done item cannot be completed, and an open one cannot be reopened.",
        "Neither can a done item be completed nor an open one be reopened.",
    ],
)
def test_two_states_in_one_sentence_bar_each_its_own(sentence: str) -> None:
    made = _design(sentence, _ITEMS)
    rules = {(tuple(rule.on), rule.condition) for rule in made.rules}
    assert (("complete",), "status != 'done'") in rules
    assert (("reopen",), "status != 'open'") in rules
    assert not [each for each in made.coverage if each.status == "not_implemented"]


@pytest.mark.parametrize(
    "sentence",
    [
        '`POST /wallets/{id}/freeze` sets "frozen", `.../thaw` sets "active" again.',
        '`POST /wallets/{id}/freeze` makes it "frozen" and `…/thaw` makes it "active" again.',
        'POST /wallets/{id}/freeze makes it "frozen", POST .../thaw makes it "active".',
        '`POST /wallets/{id}/freeze` and `.../thaw` lead to "frozen" and "active".',
    ],
)
def test_dots_stand_for_the_path_of_the_route_before(sentence: str) -> None:
    made = _design(
        sentence, '# Wallets\n\nA wallet has an owner and a status, "active" at first.\n'
    )
    actions = {each.path.rsplit("/", 1)[-1] for each in made.endpoints if each.kind == "action"}
    assert actions == {"freeze", "thaw"}
    assert not [each for each in made.coverage if each.status == "not_implemented"]


_LOGBOOK = """# Logbook

A vehicle has a plate. A trip is made with one vehicle and has a purpose. POST /trips takes vehicle_id and purpose.
The status is "ongoing" at first.

POST /trips/{id}/finish sets the status to "finished".
"""


@pytest.mark.parametrize(
    "sentence",
    [
        "A vehicle can be on only one ongoing trip.",
        "A vehicle is on at most one ongoing trip.",
        "A vehicle on an ongoing trip cannot be taken for another one.",
        "A vehicle that is on an ongoing trip cannot start another.",
        "Only one trip of a vehicle can be ongoing.",
        "There is only one ongoing trip per vehicle.",
        "A vehicle makes one ongoing trip at a time.",
    ],
)
def test_one_in_a_state_at_a_time(sentence: str) -> None:
    assert [
        rule.condition for rule in _design(sentence, _LOGBOOK).rules if rule.entity == "Trip"
    ] == [
        "status != 'ongoing' or not exists(Trip, vehicle_id == this.vehicle_id, status == 'ongoing', id != this.id)"
    ]


@pytest.mark.parametrize(
    ("sentence", "most"),
    [
        ("No vehicle has three ongoing trips.", 2),
        ("No vehicle may have more than three ongoing trips.", 3),
        ("A vehicle can have at most 3 ongoing trips.", 3),
    ],
)
def test_what_nobody_has_is_one_too_many(sentence: str, most: int) -> None:
    (rule,) = (each for each in _design(sentence, _LOGBOOK).rules if each.entity == "Trip")
    assert rule.condition.endswith(f"status == 'ongoing') <= {most}")
