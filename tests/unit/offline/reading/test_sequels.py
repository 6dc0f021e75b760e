"""What a sentence says happens next is read whatever words join it to how things begin."""

from __future__ import annotations

import pytest

from quantumlayer.offline import reading
from quantumlayer.offline.reading.sentences._sequels import sequels
from quantumlayer.offline.reading.text._tokens import tokenize

_ABOUT = "# Desk\n\nA course has a title. A permit has a price.\n\n"
_ROUTE = "`POST /permits/{id}/revoke`"


@pytest.mark.parametrize(
    "said",
    [
        f'The status of a permit is "valid" until {_ROUTE} makes it "revoked".',
        f'A permit has the status "valid" until {_ROUTE} sets it to "revoked".',
        f"A new permit is `valid`. {_ROUTE} turns a valid permit into a `revoked` one.",
        f'A permit starts out "valid" and becomes "revoked" with {_ROUTE}.',
        f'A permit starts as "valid" and becomes "revoked" through {_ROUTE}.',
    ],
)
def test_how_things_begin_and_what_an_action_makes_of_them_are_two_states(said: str) -> None:
    design = reading.design(reading.read(_ABOUT + said))
    permit = next(each for each in design.entities if each.name == "Permit")
    status = next(each for each in permit.fields if each.name == "status")
    assert (status.choices, status.default, status.set_by) == (
        ["valid", "revoked"],
        "valid",
        "system",
    )
    assert all(each.status == "implemented" for each in design.coverage), design.coverage


@pytest.mark.parametrize(
    "how_often", [", once.", ", but only once.", " (once).", " (once)", ". That works once."]
)
def test_what_works_once_is_refused_the_second_time(how_often: str) -> None:
    said = f'The status is "valid" at first. {_ROUTE} sets it to "revoked"{how_often}'
    design = reading.design(reading.read(_ABOUT + said))
    (rule,) = design.rules
    assert rule.condition in {"status != 'revoked'", "status == 'valid'"}


@pytest.mark.parametrize("bounds", ["from 0 to 10", "from zero to ten", "of at most 10"])
def test_a_noun_with_bounds_is_a_field_although_it_is_also_a_verb(bounds: str) -> None:
    said = sequels(
        tokenize(f"A score is what a judge gives: points {bounds} and a comment"), frozenset()
    )
    assert f"; a score has points {bounds}" in " ".join(token.low for token in said)


def test_what_lasts_some_hours_has_no_field_of_that_name() -> None:
    tokens = tokenize("A match is for two teams: lasts between 2 and 3 hours and a referee")
    assert sequels(tokens, frozenset()) == tokens


@pytest.mark.parametrize("end", ["", "."])
def test_a_bracket_around_once_goes_with_it(end: str) -> None:
    said = sequels(tokenize(f"{_ROUTE} makes it open (but only once){end}"), frozenset())
    assert (
        " ".join(token.low for token in said)
        == f"route makes it open ; that works once {end}".strip()
    )


def test_a_flag_that_starts_as_false_is_no_state() -> None:
    said = f"`revoked` starts out false and becomes true with {_ROUTE}."
    design = reading.design(reading.read(_ABOUT + said))
    permit = next(each for each in design.entities if each.name == "Permit")
    assert {each.name: each.type for each in permit.fields}["revoked"] == "boolean"


def test_a_member_that_an_action_sets_is_a_flag() -> None:
    text = (
        "Animals have a name. When one dies we call POST /animals/{id}/deceased. It gets"
        ' "deceased": true (false until then).'
    )
    made = reading.design(reading.read(text))
    field = {each.name: each for each in made.entities[0].fields}["deceased"]
    assert (field.type, field.default, field.set_by) == ("boolean", False, "system")
    (action,) = [each for each in made.endpoints if each.kind == "action"]
    assert [(each.target, each.value) for each in action.effects] == [("deceased", "True")]
    assert all(each.status != "not_implemented" for each in made.coverage)


def test_what_an_action_takes_may_stand_before_what_it_does() -> None:
    text = (
        'A visit has a day. Its status begins as "planned". POST /visits/{id}/close, with a'
        ' diagnosis and a fee of at least 0, makes it "closed".'
    )
    made = reading.design(reading.read(text))
    (action,) = [each for each in made.endpoints if each.kind == "action"]
    assert [each.name for each in action.params] == ["diagnosis", "fee"]
    assert all(each.status != "not_implemented" for each in made.coverage)


def test_the_word_behind_a_verb_belongs_to_the_verb() -> None:
    text = "As the manager I put shows on: the film, when it starts (`starts_at`) and a price."
    made = reading.design(reading.read(text))
    assert [each.name for each in made.entities] == ["Show"]
    assert [each.name for each in made.entities[0].fields] == ["film", "starts_at", "price"]


def test_who_has_grown_out_of_something_has_no_field() -> None:
    made = reading.design(reading.read("Our club has outgrown its card box. A boat has a name."))
    assert [each.name for each in made.entities] == ["Boat"]
