"""Values that the service works out are found in any wording, and never taken from clients."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint
from quantumlayer.offline.reading import design, read

_KILNS = """# Kiln planning

A kiln has a name (unique) and places (a whole number from 1 to 60).

A firing belongs to a kiln and has a day (a date), a temperature (a whole number) and a title. A new firing is
"planned". POST /firings/{id}/finish makes a planned firing "fired".

A job belongs to a kiln and has a text, a quantity (a whole number from 1) and a unit_price (a number, 0 or more).

Kilns, firings and jobs can be created, read, listed, changed and deleted.

"""
_LINK = "kiln_id == this.id"


def _computed(sentence: str, name: str, entity: str = "Kiln") -> str | None:
    made = design(read(_KILNS + sentence))
    kiln = next(each for each in made.entities if each.name == entity)
    fields = {each.name: each for each in kiln.fields}
    assert fields[name].set_by == "system"
    assert not {"computed", "it", "which"} & set(fields)
    return fields[name].computed


@pytest.mark.parametrize(
    "sentence",
    [
        "A kiln shows firing_count, the number of its firings.",
        "With each kiln comes firing_count, how many firings there are in it.",
        "GET /kilns/{id} also returns firing_count, the number of firings.",
        "A kiln's firing_count says how many firings it has.",
        "The server adds firing_count to each kiln, the number of its firings.",
        "It would be nice to see how many firings a kiln has, as firing_count.",
        "A kiln also has `firing_count` – number of its firings, worked out, never sent.",
        "How many firings a kiln has is shown as firing_count.",
        "- firing_count of a kiln: how many firings it has (calculated)",
        "firing_count on a kiln is the number of firings that belong to it; it is not stored.",
        "A kiln is returned with its firing_count, the number of firings in it.",
        "firing_count counts the firings of a kiln.",
    ],
)
def test_what_is_counted_is_found_in_any_wording(sentence: str) -> None:
    assert _computed(sentence, "firing_count") == f"count(Firing, {_LINK})"


@pytest.mark.parametrize(
    "sentence",
    [
        "A kiln shows heat, the sum of the temperatures of its firings.",
        "Every kiln tells its heat, the temperatures of its firings added up.",
        "heat is shown with each kiln: the total temperature of its firings.",
        "With each kiln comes heat, which adds up the temperatures of its firings.",
        "`heat`: computed, total of the temperatures of the firings, 0 without any.",
        "A kiln has a heat that nobody enters: the sum of temperature over its firings.",
        "The heat of a kiln is what the temperatures of its firings add up to.",
        "I want to see the heat of every kiln: its firings' temperatures summed up.",
        "The system works out the heat of a kiln by adding up the temperatures of its firings.",
        "heat is calculated: the temperatures of the firings of the kiln summed.",
        "A kiln comes with heat (the summed temperature of its firings, 0 if there is none).",
    ],
)
def test_what_is_added_up_is_found_in_any_wording(sentence: str) -> None:
    assert _computed(sentence, "heat") == f"sum(Firing, temperature, {_LINK})"


@pytest.mark.parametrize(
    ("sentence", "name", "computed"),
    [
        ("A kiln has mean (computed): the average temperature of its firings.", "mean", f"avg(Firing, temperature, {_LINK})"),
        ("With every kiln comes mean, averaged over the temperatures of its firings; with no firings it is null.", "mean", f"avg(Firing, temperature, {_LINK})"),
        ("Each kiln reports the highest temperature that any of its firings had as top (null before the first firing).", "top", f"max(Firing, temperature, {_LINK})"),
        ("With every kiln comes top, the highest of its firings' temperatures. It is null when the kiln has no firings.", "top", f"max(Firing, temperature, {_LINK})"),
        ("last is shown with each kiln: the day of the most recent firing (null when there is none).", "last", f"max(Firing, day, {_LINK})"),
        ("A kiln's first is the earliest day among its firings, null when it has none.", "first", f"min(Firing, day, {_LINK})"),
        ("Kilns carry open_firings: how many planned firings they have.", "open_firings", f"count(Firing, {_LINK}, status == 'planned')"),
        ("A kiln has heat, the temperatures of its firings summed, where only fired firings count.", "heat", f"sum(Firing, temperature, {_LINK}, status == 'fired')"),
        ("With every kiln comes free_places, the number of places no firing has taken yet.", "free_places", f"places - count(Firing, {_LINK})"),
        ("A kiln shows usage, the firings as a percentage of its places, rounded down.", "usage", f"floor(count(Firing, {_LINK}) * 100 / places) if places > 0 else None"),
        ("Each kiln reports usage (percent of places taken by firings, whole number, rounded down).", "usage", f"floor(count(Firing, {_LINK}) * 100 / places) if places > 0 else None"),
        ("`total` of a kiln: computed, sum of `quantity * unit_price` over the jobs.", "total", f"sum(Job, quantity * unit_price, {_LINK})"),
        ("Each kiln reports its total (quantity times unit price of every job, added up).", "total", f"sum(Job, quantity * unit_price, {_LINK})"),
    ],
)  # fmt: skip
def test_values_are_worked_out_over_what_belongs_to_the_item(
    sentence: str, name: str, computed: str
) -> None:
    assert _computed(sentence, name) == computed


@pytest.mark.parametrize(
    "sentence",
    [
        "With each job comes amount, the product of quantity and unit_price.",
        "A job has an amount nobody enters: quantity times unit_price.",
        "The amount of a job is worked out as quantity times unit price.",
        "`amount` of a job: computed, `quantity * unit_price`.",
        "amount = quantity * unit_price, shown with each job.",
    ],
)
def test_values_are_worked_out_from_fields_of_the_item(sentence: str) -> None:
    assert _computed(sentence, "amount", "Job") == "quantity * unit_price"


@pytest.mark.parametrize(
    "sentence",
    [
        "A kiln shows occupied, true while a planned firing is in it.",
        "Each kiln reports occupied (whether a planned firing is in it).",
        "A kiln has occupied, which is true while it holds a planned firing.",
        "A kiln is occupied while it has a planned firing; it shows this as occupied (true or false).",
        "occupied of a kiln is true as soon as it has a planned firing, otherwise false.",
    ],
)
def test_yes_or_no_is_worked_out_from_what_belongs_to_the_item(sentence: str) -> None:
    assert _computed(sentence, "occupied") == f"exists(Firing, {_LINK}, status == 'planned')"


@pytest.mark.parametrize(
    "sentence",
    [
        "A firing shows late, true if it is planned and day has passed.",
        "GET /firings/{id} also returns late, true for a planned firing whose day is over.",
        "late of a firing is true if it is planned and day has gone by.",
    ],
)
def test_yes_or_no_is_worked_out_from_dates(sentence: str) -> None:
    assert _computed(sentence, "late", "Firing") == "status == 'planned' and day < today()"


@pytest.mark.parametrize(
    "sentence",
    [
        "A kiln has a label (two kilns never share one).",
        "A kiln also has a label, the total number of letters of which is below 20.",
        "The label of a kiln is a number of 5 digits.",
        "The system adds created_at and a label, which is empty until somebody takes care of the kiln.",
    ],
)
def test_a_number_in_a_description_does_not_make_a_field_worked_out(sentence: str) -> None:
    kiln = next(each for each in design(read(_KILNS + sentence)).entities if each.name == "Kiln")
    assert all(each.computed is None and each.name != "system" for each in kiln.fields)


def _report(sentence: str, path: str) -> Endpoint:
    made = design(read(_KILNS + sentence))
    return next(each for each in made.endpoints if each.path == path)


@pytest.mark.parametrize(
    "sentence",
    [
        "I want figures: GET /kilns/{id}/stats gives firings (their number) and hottest (the highest temperature, null when there is none).",
        "GET /kilns/{id}/stats tells firings, the number of firings in the kiln, and hottest, the highest temperature of them or null.",
        "GET /kilns/{id}/stats is an object with firings (count of the kiln's firings) and hottest (their maximum temperature, null if there are none).",
        "GET /kilns/{id}/stats: firings (how many the kiln has), hottest (highest temperature, null if it has none).",
        "GET /kilns/{id}/stats has two figures, firings, the number of firings of this kiln, and hottest, the highest temperature of its firings, which is null when there are none.",
    ],
)  # fmt: skip
def test_figures_of_an_item_are_told_in_any_wording(sentence: str) -> None:
    assert _report(sentence, "/kilns/{id}/stats").returns == {
        "firings": f"count(Firing, {_LINK})",
        "hottest": f"max(Firing, temperature, {_LINK})",
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "GET /firings/summary gives count, the number of all firings, and mean, their average temperature or null.",
        "GET /firings/summary answers with an object: count is the number of firings, mean the average temperature of all firings, null when there is none.",
        "GET /firings/summary shows the number of firings (count) and the average temperature (mean), which is null without firings.",
    ],
)  # fmt: skip
def test_a_summary_is_no_item(sentence: str) -> None:
    assert _report(sentence, "/firings/summary").returns == {
        "count": "count(Firing)",
        "mean": "avg(Firing, temperature)",
    }


@pytest.mark.parametrize(
    "sentence",
    [
        'GET /firings/summary?from=2030-05-01&to=2030-05-02 returns {"count": 2, "heat": 1900}: the number of firings in that time and their temperatures added up, both days included.',
        "GET /firings/summary takes from and to (dates, both included) and returns count, the number of firings with a day in that range, and heat, the sum of their temperatures.",
        "GET /firings/summary with from and to gives me the firings of that time: count (how many) and heat (total temperature), both days included.",
        "GET /firings/summary tells count (number of firings) and heat (sum of the temperatures) of the firings between from and to, both included.",
    ],
)  # fmt: skip
def test_a_summary_may_be_of_some_days(sentence: str) -> None:
    summary = _report(sentence, "/firings/summary")
    assert summary.returns == {"count": "count(Firing)", "heat": "sum(Firing, temperature)"}
    assert {each.name: each.where for each in summary.params} == {
        "from": "day >= param.from_",
        "to": "day <= param.to",
    }


@pytest.mark.parametrize(
    "sentence",
    [
        'GET /firings/summary returns {"planned": 1, "fired": 1, "heat": 900}: the number of planned firings, the number of fired ones and the sum of the temperatures of the fired ones.',
        "GET /firings/summary: planned (how many firings are planned), fired (how many are fired), heat (the temperatures of the fired ones added up).",
    ],
)  # fmt: skip
def test_words_about_one_figure_say_nothing_of_the_others(sentence: str) -> None:
    assert _report(sentence, "/firings/summary").returns == {
        "planned": "count(Firing, status == 'planned')",
        "fired": "count(Firing, status == 'fired')",
        "heat": "sum(Firing, temperature, status == 'fired')",
    }


def test_what_makes_no_sense_as_one_object_is_read_as_rows() -> None:
    ranking = _report(
        'GET /kilns/busiest lists all kilns by number of firings, most first, as {"name", "firings"}.',
        "/kilns/busiest",
    )
    assert (ranking.kind, ranking.order_by, ranking.where) == ("list", ["-firings"], None)
