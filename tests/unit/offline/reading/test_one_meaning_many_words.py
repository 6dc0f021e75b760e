"""Rules and lists that people ask for in many ways: each wording gives the same design."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from quantumlayer.agents import SystemDesign
from quantumlayer.offline import reading

KILNS = """# Kiln planning

A kiln has a name (unique) and places (a whole number from 1 to 60).

A firing belongs to a kiln and has a day (a date), a temperature (a whole number), a title and a clay (stoneware or
porcelain).

Kilns and firings can be created, read, listed, changed and deleted.

"""


@cache
def designed(sentence: str) -> SystemDesign:
    return reading.design(reading.read(f"{KILNS}{sentence}\n"))


def rules(sentence: str) -> set[tuple[str, tuple[str, ...], str]]:
    return {
        (rule.entity, tuple(sorted(rule.on)), rule.condition) for rule in designed(sentence).rules
    }


def listed(sentence: str, path: str = "/firings") -> tuple[Any, ...]:
    made = next(
        each
        for each in designed(sentence).endpoints
        if each.kind == "list" and re.sub(r"{\w+}", "{id}", each.path) == path
    )
    params = [(each.name, each.where) for each in made.params]
    return made.order_by, sorted(made.sortable), made.sort_param, made.pagination, params


@pytest.mark.parametrize(
    "wording",
    [
        "There is one firing per kiln and day.",
        "A kiln has at most one firing on a day.",
        "There is only ever one firing of a kiln on a day.",
        "Within one kiln every day is used once.",
        "Only one firing per day is allowed for a kiln.",
        "Per kiln there can only be one firing a day.",
        "No kiln has two firings on the same day.",
        "A day is unique within the kiln.",
    ],
)
def test_a_pair_that_comes_once(wording: str) -> None:
    firing = next(each for each in designed(wording).entities if each.name == "Firing")
    apart = {(each.name, *each.unique_with) for each in firing.fields if each.unique_with}
    assert {frozenset(each) for each in apart} == {frozenset({"day", "kiln_id"})}


@pytest.mark.parametrize(
    "wording",
    [
        "A kiln can have two firings at most.",
        "A third firing for the same kiln is refused.",
        "We allow two firings for each kiln, never more.",
        "A kiln never has more than two firings.",
        "The limit is two firings per kiln.",
        "Every kiln takes two firings at most.",
    ],
)
def test_a_greatest_number(wording: str) -> None:
    assert rules(wording) == rules("A kiln has at most 2 firings.") != set()


@pytest.mark.parametrize(
    "wording",
    [
        "When all places of a kiln are taken no further firing can be added.",
        "There may not be more firings in a kiln than its places.",
        "The number of firings of a kiln must not be above its places.",
        "If all places are taken the firing is refused.",
        "Each firing takes one of the kiln's places; when they are all taken a firing is refused.",
    ],
)
def test_as_many_as_there_is_room_for(wording: str) -> None:
    assert rules(wording) == rules("A kiln never has more firings than places.") != set()


@pytest.mark.parametrize(
    "wording",
    [
        "A deleted kiln takes its firings with it.",
        "DELETE /kilns/{id} also removes the firings of the kiln.",
        "If a kiln is deleted, so are its firings.",
        "With a kiln its firings are deleted too.",
        "A kiln is deleted together with its firings.",
        "The firings of a kiln are removed along with it.",
    ],
)
def test_what_goes_with_what_it_belongs_to(wording: str) -> None:
    firing = next(each for each in designed(wording).entities if each.name == "Firing")
    kiln = next(each for each in firing.fields if each.name == "kiln_id")
    assert kiln.on_parent_delete == "cascade"


def test_firings_in_a_kiln_are_those_of_that_kiln() -> None:
    wording = "A kiln cannot be removed while there are firings in it."
    assert rules(wording) == rules("A kiln with firings may not be deleted.") != set()


def test_what_is_only_done_while_something_holds_is_not_all_that_is_done() -> None:
    wording = "A firing can only be added while the kiln has a free place."
    methods = {each.method for each in designed(wording).endpoints if "/firings/{" in each.path}
    assert {"PATCH", "DELETE"} <= methods


@pytest.mark.parametrize(
    "wording",
    [
        "GET /firings?sort= takes day, temperature, -day and -temperature.",
        "GET /firings takes sort, which is day or temperature, with a minus in front for the other way round.",
        "`sort` on GET /firings is `day` or `temperature`, with a minus in front for descending.",
        "GET /firings: `sort=day`, `sort=temperature`, `sort=-day` or `sort=-temperature`.",
        "GET /firings is sorted by day or temperature with the parameter sort; a leading minus reverses it.",
        "The parameter sort of GET /firings is one of day, -day, temperature and -temperature.",
    ],
)
def test_a_parameter_that_sorts(wording: str) -> None:
    _, sortable, param, *_ = listed(wording)
    assert (sortable, param) == (["day", "temperature"], "sort")


@pytest.mark.parametrize("usual", ["`sort=day` (default)", "otherwise by day"])
def test_an_order_that_holds_unless_another_is_asked_for(usual: str) -> None:
    order_by, *_ = listed(f"GET /firings: {usual}, `sort=temperature`.")
    assert order_by == ["day"]


@pytest.mark.parametrize(
    "wording",
    [
        "`q` on GET /firings matches part of the title, case-insensitively.",
        "GET /firings has a search parameter q over title.",
        "GET /firings takes q, which looks into the title, upper and lower case alike.",
    ],
)
def test_a_parameter_that_searches(wording: str) -> None:
    *_, params = listed(wording)
    assert ("q", "contains(title, param.q)") in params


@pytest.mark.parametrize(
    "wording",
    [
        'The list of firings comes in pages: `page` and `per_page` (25 unless given, never more than 100), as {"items": [...], "total": 3}.',
        'GET /firings is paginated (page, per_page; 25 a page, at most 100) and returns {"items": [...], "total": 3}.',
        'Paging on GET /firings: `page` 1.., `per_page` 1..100 (default 25) -> `{"items": [], "total": 0}`',
        'GET /firings answers {"items": [...], "total": n} with page and per_page, where per_page is 25 if not given and 100 at the most.',
    ],
)
def test_pages_and_how_large_they_are(wording: str) -> None:
    _, _, _, pages, _ = listed(wording)
    reference = (
        "GET /firings is paginated with page and per_page (25 by default, 100 at most); the answer is"
        ' {"items": [...], "total": n}.'
    )
    assert pages == listed(reference)[3] != listed("A firing has a title.")[3]


@pytest.mark.parametrize(
    "wording",
    [
        "GET /firings takes from and to for the day, both included.",
        "GET /firings has filters `from` and `to` on `day`, inclusive.",
        "GET /firings: `from`, `to` (dates) limit the day, both ends included.",
    ],
)
def test_days_from_and_to(wording: str) -> None:
    *_, params = listed(wording)
    assert {("from", "day >= param.from_"), ("to", "day <= param.to")} <= {*params}


@pytest.mark.parametrize(
    ("wording", "order"),
    [
        ("Firings should appear in date order.", "day"),
        ("GET /firings, `day` desc.", "-day"),
        ("Firings are ordered by day, the latest on top.", "-day"),
        ("GET /firings gives the firings in reverse order of their day.", "-day"),
    ],
)
def test_an_order(wording: str, order: str) -> None:
    assert listed(wording)[0] == [order]


@pytest.mark.parametrize(
    "wording",
    [
        "GET /kilns/{id}/firings (by `day`)",
        "A kiln's firings are listed with GET /kilns/{id}/firings, by day.",
    ],
)
def test_an_order_of_those_of_another(wording: str) -> None:
    assert listed(wording, "/kilns/{id}/firings")[0] == ["day"]


def steps(sentence: str) -> tuple[object, ...]:
    """What new firings are, what finishing makes of them, and when it is refused."""
    made = designed(sentence)
    firing = next(each for each in made.entities if each.name == "Firing")
    status = next(each for each in firing.fields if each.name == "status")
    finish = next(each for each in made.endpoints if each.path.endswith("/finish"))
    bars = {rule.condition for rule in made.rules if rule.entity == "Firing"}
    return status.default, [(each.target, each.value) for each in finish.effects], bars


@pytest.mark.parametrize(
    "wording",
    [
        'It is "planned" until POST /firings/{id}/finish is called for the firing, then "fired" for good; a second time is an error.',
        'A firing is "planned" until POST /firings/{id}/finish, then "fired"; doing so again is an error.',
        'POST /firings/{id}/finish moves a firing from "planned" (where it starts) to "fired". Any other firing is refused with 409.',
        'As long as nobody has called POST /firings/{id}/finish a firing is "planned"; afterwards it is "fired", and the call is refused.',
        "A firing is `planned` when it arrives. `POST /firings/{id}/finish` makes it `fired`. This works for planned firings only.",
    ],
)
def test_an_action_that_leads_from_one_state_to_the_next(wording: str) -> None:
    plain = 'New firings are "planned". POST /firings/{id}/finish makes a planned firing "fired".'
    assert steps(wording) == steps(plain)


def test_two_states_that_an_action_can_come_from_are_both_before_it() -> None:
    made = designed(
        'A firing is "planned", "held" or "fired", at first "planned". POST /firings/{id}/finish: from "planned" or'
        ' "held".'
    )
    finish = next(each for each in made.endpoints if each.path.endswith("/finish"))
    assert ("status", "'held'") not in [(each.target, each.value) for each in finish.effects]


@pytest.mark.parametrize(
    "wording",
    [
        "After that it can't be edited or deleted.",
        "While a firing is planned it can be changed and deleted, afterwards not.",
        "Neither changes nor deletion are possible once a firing is fired.",
    ],
)
def test_what_is_no_longer_done_once_it_is_over(wording: str) -> None:
    lead = 'A new firing is "planned". POST /firings/{id}/finish makes a planned firing "fired". '
    barred = {
        on
        for rule in designed(lead + wording).rules
        if rule.condition in {"status == 'planned'", "status != 'fired'"}
        for on in rule.on
    }
    assert {"update", "delete"} <= barred
