"""What a sentence says about the fields of a thing ends up in the design, whatever its wording."""

from __future__ import annotations

import pytest

from quantumlayer.agents import FieldSpec, SystemDesign
from quantumlayer.offline.reading import design, read


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _field(text: str, name: str) -> FieldSpec:
    fields = {field.name: field for entity in _design(text).entities for field in entity.fields}
    assert name in fields, sorted(fields)
    return fields[name]


@pytest.mark.parametrize(
    "phrase",
    [
        "a `limit` (a whole number, 5 unless given)",
        "a `limit`, which is 5 unless stated and MUST NOT be negative",
        "a `limit` (5 unless the owner wants another)",
        "a `limit` (normally 5)",
        "a `limit` (5 when left out)",
    ],
)
def test_a_default_is_understood_in_many_wordings(phrase: str) -> None:
    field = _field(f"A locker has a name, {phrase} and a colour.", "limit")
    assert field.default == 5
    assert not field.required


@pytest.mark.parametrize(
    ("phrase", "name", "kind"),
    [
        ("`holder`, the name of a person,", "holder", "string"),
        ("`nicknames`, a list of user names,", "nicknames", "strings"),
        ("sold_on, a date that cannot lie in the future,", "sold_on", "date"),
        (
            "the moment it closes, `closes_at`, which has to lie in the future",
            "closes_at",
            "datetime",
        ),
        ("a length of 10, 20 or 40 minutes, in the field minutes", "minutes", "integer"),
    ],
)
def test_what_stands_behind_a_name_describes_it(phrase: str, name: str, kind: str) -> None:
    text = f"A locker has a title and {phrase}."
    assert _field(text, name).type == kind
    assert {field.name for field in _design(text).entities[0].fields} == {"title", name}


@pytest.mark.parametrize(
    "wish", ["if the owner likes", "if known", "if you want one", "if we have one", "if applicable"]
)
def test_a_field_that_is_given_if_somebody_likes_is_optional(wish: str) -> None:
    assert not _field(f"A locker has a number, a remark {wish} and a colour.", "remark").required


def test_an_optional_field_is_read_behind_optionally() -> None:
    text = "A locker consists of `number`, `colour` and optionally a `remark`."
    assert not _field(text, "remark").required
    assert _field(text, "colour").required


@pytest.mark.parametrize(
    ("phrase", "pattern"),
    [
        (
            "made of lower-case letters, digits and underscores, starting with a letter",
            "[a-z][a-z0-9_]*",
        ),
        ("(only digits and hyphens, beginning with a digit)", r"[0-9][0-9\-]*"),
    ],
)
def test_how_a_text_begins_becomes_part_of_its_pattern(phrase: str, pattern: str) -> None:
    assert _field(f"A locker has a unique `code` {phrase} and a colour.", "code").pattern == pattern


def test_numbers_to_choose_from_are_checked() -> None:
    found = _design("A session has a topic and a length of 15, 30 or 60 minutes.")
    assert any("in (15, 30, 60,)" in rule.condition for rule in found.rules)


@pytest.mark.parametrize(
    ("said", "operator"),
    [
        ("has to lie in the future", ">"),
        ("cannot lie in the past", ">="),
        ("cannot be in the future", "<="),
    ],
)
def test_a_date_on_one_side_of_today_is_a_rule(said: str, operator: str) -> None:
    found = _design(f"A locker has a name and a due_date, which {said}.")
    assert any(rule.condition == f"due_date {operator} today()" for rule in found.rules)
