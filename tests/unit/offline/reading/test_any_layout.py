"""One thing, written down in many layouts and wordings, is always read as the same thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantumlayer.offline import reading


class _Field(NamedTuple):
    """A field with ways to note it down in a specification, and to tell it in a sentence."""

    name: str
    types: frozenset[str]
    noted: tuple[str, ...]
    told: tuple[str, ...]
    required: bool = True


_TEXTUAL, _NUMERIC = frozenset({"string", "text", "email"}), frozenset({"number", "money"})
_NAME = _Field(
    "name",
    _TEXTUAL,
    ("string, 1..60", "string, max 60", "text, 1 to 60 characters", "str (1–60)"),
    ("a name (1 to 60 characters)", "a name of at most 60 characters", "a name"),
)
_OTHERS = (
    _Field(
        "code",
        _TEXTUAL,
        ("string, unique", "text, must be unique"),
        ("a code that is unique", "a unique code", "a code, which no other one has"),
    ),
    _Field(
        "weight",
        _NUMERIC,
        ("number, > 0", "number > 0", "decimal, more than 0"),
        ("a weight in kilos, more than 0", "the weight in kg (above zero)"),
    ),
    _Field(
        "seats",
        frozenset({"integer"}),
        ("int, 1..400", "integer, 1 to 400", "whole number from 1 to 400"),
        ("the number of seats (1 to 400)", "seats, a whole number from 1 to 400"),
    ),
    _Field(
        "price",
        _NUMERIC,
        ("number, >= 0", "decimal >= 0", "amount in euros, 0 or more"),
        ("a price in euros, 0 or more", "a price in euros that is not negative"),
    ),
    _Field(
        "note",
        _TEXTUAL,
        ("string, optional", "text, optional"),
        ("an optional note", "a note if there is one", "optionally a note", "maybe a note"),
        required=False,
    ),
    _Field(
        "active",
        frozenset({"boolean"}),
        ("boolean, default true", "bool, defaults to true"),
        ("active (yes or no, yes by default)",),
        required=False,
    ),
    _Field(
        "kind",
        frozenset({"enum"}),
        ("`small`, `medium` or `large`", "one of small, medium, large", "`small` | `medium` | `large`"),
        ("a kind (small, medium or large)", "a kind, which is small, medium or large", "its kind: small, medium or large"),
    ),
    _Field("built_on", frozenset({"date"}), ("date", "ISO date"), ("a date called built_on",)),
)  # fmt: skip
_THINGS = ("ship", "lamp", "violin", "goat", "sensor", "voucher", "kettle", "parrot", "override")
_OPENINGS = ("", "JSON over HTTP, no login.\n\n", "We need a small service.\n\n")

Choose = Callable[[Sequence[str]], str]
Layout = Callable[[str, Sequence[_Field], Choose], str]


def _items(fields: Sequence[_Field], choose: Choose, form: str, *, code: bool = True) -> str:
    name = "`{}`" if code else "{}"
    lines = (name.format(each.name) + form.format(choose(each.noted)) for each in fields)
    return "\n".join(f"- {line}" for line in lines)


def _sentence(fields: Sequence[_Field], choose: Choose) -> str:
    told = [choose(each.told) for each in fields]
    return f"{', '.join(told[:-1])} and {told[-1]}"


_BEHIND = (": {}", " ({})")


def _below_a_heading(thing: str, fields: Sequence[_Field], choose: Choose) -> str:
    form = choose((*_BEHIND, " - {}"))
    return f"## {choose((thing.title(), f'{thing}s'.title()))}\n\n{_items(fields, choose, form)}"


def _below_a_heading_without_code(thing: str, fields: Sequence[_Field], choose: Choose) -> str:
    return f"## {thing.title()}\n\n{_items(fields, choose, choose(_BEHIND), code=False)}"


def _below_a_line_in_bold(thing: str, fields: Sequence[_Field], choose: Choose) -> str:
    line = choose(("**{}**", "**{}**:", "**{}:**")).format(thing.title())
    return f"{line}\n\n{_items(fields, choose, choose(_BEHIND))}"


def _below_a_label_in_bold(thing: str, fields: Sequence[_Field], choose: Choose) -> str:
    label = f"**{thing.title()}**: {choose(('what we hand out', 'one of those in our register'))}"
    return f"{label}\n\n{_items(fields, choose, ': {}')}"


def _below_a_label(thing: str, fields: Sequence[_Field], choose: Choose) -> str:
    label = choose((f"{thing.title()}:", f"A {thing} has:", f"Fields of a {thing}:"))
    return f"{label}\n\n{_items(fields, choose, choose((*_BEHIND, ', {}')))}"


def _in_a_sentence(thing: str, fields: Sequence[_Field], choose: Choose) -> str:
    form = choose(
        (
            "A {} has {}.", "Every {} has {}.", "For every {} we keep {}.", "For each {} we note {}.",
            "We register every {} with {}.", "A {} is described by {}.", "A {} consists of {}.",
            "A {} needs {}.", "Each {} carries {}.", "A {} comes with {}.",
            "As a clerk I want to register a {} with {}.", "I want to enter a {}: {}.",
        )
    )  # fmt: skip
    return form.format(thing, _sentence(fields, choose))


def _behind_what_it_belongs_to(thing: str, fields: Sequence[_Field], choose: Choose) -> str:
    lead = choose(("A {} belongs to a room", "Each {} goes to one room", "A {} is for one room"))
    joined = choose((": {}.", ". It has {}.", ". It also has {}.", " and has {}."))
    told = _sentence(fields, choose)
    return f"A room has a floor.\n\n{lead.format(thing)}{joined.format(told)}"


def _in_one_line(thing: str, fields: Sequence[_Field], choose: Choose) -> str:
    lead = choose((f"`{thing.title()}`:", f"**{thing.title()}**:", f"A {thing} has"))
    return f"{lead} {', '.join(f'`{each.name}` ({choose(each.noted)})' for each in fields)}."


_LAYOUTS = (
    _below_a_heading,
    _below_a_heading_without_code,
    _below_a_line_in_bold,
    _below_a_label_in_bold,
    _below_a_label,
    _in_a_sentence,
    _behind_what_it_belongs_to,
    _in_one_line,
)


@pytest.mark.parametrize("layout", _LAYOUTS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_thing_is_the_same_in_every_layout(layout: Layout, data: st.DataObject) -> None:
    def choose(ways: Sequence[str]) -> str:
        return data.draw(st.sampled_from(ways))

    thing = choose(_THINGS)
    others = st.lists(st.sampled_from(_OTHERS), min_size=2, max_size=4, unique=True)
    fields = [_NAME, *data.draw(others)]
    text = f"# Our register\n\n{choose(_OPENINGS)}{layout(thing, fields, choose)}\n"

    design = reading.design(reading.read(text))

    assert {each.name for each in design.entities} - {"Room"} == {thing.title()}, text
    read = {each.name: each for each in design.entities[-1].fields}
    assert set(read) - {"room_id"} == {each.name for each in fields}, text
    assert ("room_id" in read) == ("room" in text), text
    for each in fields:
        found = read[each.name]
        assert found.type in each.types, (each.name, found.type, text)
        assert (found.required and found.default is None) == each.required, (each.name, text)
    if "kind" in read:
        assert read["kind"].choices == ["small", "medium", "large"], text
    if "seats" in read:
        assert (read["seats"].minimum, read["seats"].maximum) == (1, 400), text
