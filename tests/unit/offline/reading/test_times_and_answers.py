"""When things may take place, statuses that follow answers, and other constructions of everyday texts."""

from __future__ import annotations

import pytest

from quantumlayer.agents import SystemDesign
from quantumlayer.offline.reading import design, read

LESSONS = """
A coach has a name. A pupil has a name. A lesson brings a coach and a pupil together. It has a start and a
length of 30 or 60 minutes, in the field minutes.
A lesson is "booked" when it is made. `POST /lessons/{id}/cancel` makes it "cancelled".
"""
PARTY = """
# Parties

A party has a title, a start and a capacity of one or more.
`POST /parties/{id}/replies` takes a name, an email, how many `guests` I bring along (0 to 4, none unless I
say so) and an answer: "yes", "no" or "maybe".
"""


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _conditions(text: str) -> set[str]:
    return {rule.condition for rule in _design(text).rules}


@pytest.mark.parametrize(
    ("sentence", "days"),
    [
        ("We work Monday to Friday.", "1, 2, 3, 4, 5"),
        ("The school is open from Tuesday to Saturday.", "2, 3, 4, 5, 6"),
        ("There are no lessons on weekends.", "1, 2, 3, 4, 5"),
        ("Lessons cannot be booked on Sundays.", "1, 2, 3, 4, 5, 6"),
    ],
)
def test_days_of_the_week_are_a_rule(sentence: str, days: str) -> None:
    assert f"weekday(start) in ({days},)" in _conditions(LESSONS + sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "No lesson starts before 8:00 or ends after 20:00.",
        "Lessons take place only between 8:00 and 20:00.",
        "Lessons cannot start before 8:00 or end after 20:00.",
    ],
)
def test_hours_of_the_day_are_a_rule(sentence: str) -> None:
    found = next(each for each in _conditions(LESSONS + sentence) if "time(" in each)
    assert found.startswith("time(start) >= '08:00' and time(start + minutes(minutes)) <= '20:00'")


@pytest.mark.parametrize(
    "sentence",
    [
        "Lessons cannot be made for the past.",
        "There are no lessons in the past.",
        "Lessons must lie in the future.",
    ],
)
def test_the_past_is_over(sentence: str) -> None:
    assert any(each.startswith("start >") for each in _conditions(LESSONS + sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "A coach teaches one pupil at a time.",
        "A coach sees only one pupil at a time.",
        "A coach can only have one pupil at once.",
    ],
)
def test_one_at_a_time_means_that_nothing_overlaps(sentence: str) -> None:
    found = next(each for each in _conditions(LESSONS + sentence) if "not exists(Lesson" in each)
    assert "coach_id == this.coach_id" in found
    assert "pupil_id" not in found


def test_who_has_done_something_too_often_is_refused() -> None:
    text = f"{LESSONS}A pupil who has cancelled three lessons cannot book another one."
    wanted = "count(Lesson, pupil_id == this.pupil_id, status == 'cancelled', id != this.id) >= 3"
    assert any(wanted in each for each in _conditions(text))


def test_a_status_follows_the_answer_and_waits_for_room() -> None:
    made = _design(f'{PARTY}Every reply has a status: "going", "maybe", "declined" or "waiting".')
    reply = next(entity for entity in made.entities if entity.name == "Reply")
    status = next(field for field in reply.fields if field.name == "status")
    assert status.set_by == "system"
    create = next(
        each for each in made.endpoints if each.kind == "create" and each.entity == "Reply"
    )
    value = next(each.value for each in create.effects if each.target == "status")
    assert "'declined' if answer == 'no'" in value
    assert "guests + 1 <= party.capacity" in value


@pytest.mark.parametrize(
    "sentence",
    [
        "No log-in is needed, it runs on a laptop.",
        "There is no log-in for now.",
        "We need no accounts.",
        "This is the first version, so no log-in.",
    ],
)
def test_no_log_in_is_no_log_in(sentence: str) -> None:
    made = _design(PARTY + sentence)
    assert made.auth is None


@pytest.mark.parametrize(
    ("clause", "on", "condition"),
    [
        ("An act that is `frozen` (optional, normally false) cannot be deleted.", "delete", "frozen == False"),
        ("`POST /acts/{id}/stop` stops an act, up to 3 hours before the start.", "stop",
         "now() <= start - hours(3)"),
    ],
)  # fmt: skip
def test_conditions_of_operations_keep_their_sense(clause: str, on: str, condition: str) -> None:
    made = _design(f"An act has a title and a start.\n\n{clause}")
    assert (on, condition) in {(name, rule.condition) for rule in made.rules for name in rule.on}


def test_a_condition_on_existing_things_is_no_condition_on_making_them() -> None:
    text = (
        "A singer has a name and a flag `absent`. An entry belongs to a singer and has a note.\n\n"
        "Singers who are absent cannot be recorded."
    )
    rules = [rule for rule in _design(text).rules if rule.entity == "Singer"]
    assert not rules


def test_a_sentence_in_brackets_is_read_for_itself() -> None:
    text = (
        "As a host, I want to announce a feast with a title, a start and an end, and a price of 0 or more (a"
        " feast ends after it starts, needless to say), so people can plan."
    )
    made = _design(text)
    assert "end > start" in {rule.condition for rule in made.rules}
    assert [field.name for field in made.entities[0].fields] == ["title", "start", "end", "price"]


@pytest.mark.parametrize(
    "told",
    [
        "It always takes 20 minutes, and a vet sees one animal at a time.",
        "An appointment lasts 20 minutes. A vet cannot have two appointments at once.",
        "Appointments are 20 minutes long; a vet has only one appointment at a time.",
    ],
)
def test_who_is_kept_by_name_does_one_thing_at_a_time(told: str) -> None:
    text = f"Animals have a name. An appointment has an animal_id, a vet and a start. {told}"
    (rule,) = design(read(text)).rules
    assert "vet == this.vet, start < this.start + minutes(20)" in rule.condition


def test_what_is_shown_one_at_a_time_may_be_a_mere_name() -> None:
    text = (
        "A hall has a name. A show has a hall_id, a film, starts_at and minutes. A hall shows one"
        " film at a time."
    )
    (rule,) = design(read(text)).rules
    assert "hall_id == this.hall_id, starts_at < this.starts_at + minutes" in rule.condition
