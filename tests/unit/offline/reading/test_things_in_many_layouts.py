"""A label, a short line or the heading of a column may name the thing that fields belong to."""

from __future__ import annotations

import pytest

from quantumlayer.offline.reading import design, read

FERRY = {"plate", "length"}


def _things(text: str) -> dict[str, dict[str, str | None]]:
    made = design(read(f"# Harbour\n\n{text}\n\n`POST /ferries`, `POST /docks`"))
    return {
        entity.name: {field.name: field.references for field in entity.fields}
        for entity in made.entities
    }


@pytest.mark.parametrize(
    "said",
    [
        "Ferry: belongs to a dock; plate, length (above 0).",
        "Ferry: lies at a dock and has a plate and a length.",
        "`ferry`: lives in a dock. `plate` (max 9), `length` (above 0).",
        "`ferry`: belongs to a dock; `plate` (max 9), `length` (above 0).",
    ],
)
def test_the_label_in_front_of_a_verb_is_its_subject(said: str) -> None:
    ferry = _things(f"A dock has a name.\n\n{said}")["Ferry"]
    assert set(ferry) == FERRY | {"dock_id"}
    assert ferry["dock_id"] == "Dock"


@pytest.mark.parametrize(
    "said",
    [
        "`dock`: `name` (required)\n`ferry`: `plate` (max 9), `length` (> 0)",
        "- `dock`: `name`, `depth`\n- `ferry`: `plate`, `length`",
        "Docks\n  Name and an optional depth.\n\nFerries\n  Plate, length (above 0).",
        "Docks\n  - First name, last name, email.\n\nFerries\n  - Plate, length (whole number).",
        "| ferry field | type |\n|---|---|\n| plate | string |\n| length | int |\n\nA dock has a name.",
        "| field of a ferry | type |\n|---|---|\n| plate | string |\n| length | int |\n\nA dock has a name.",
    ],
)  # fmt: skip
def test_a_label_a_short_line_or_a_column_names_the_thing(said: str) -> None:
    things = _things(said)
    assert set(things) == {"Dock", "Ferry"}
    assert set(things["Ferry"]) == FERRY


def test_methods_with_a_bar_between_them_share_the_path() -> None:
    made = design(
        read("# Harbour\n\n`GET|POST /docks` and `GET|DELETE /docks/{id}`. A dock has a name.")
    )
    assert {(each.method, each.path) for each in made.endpoints} >= {
        ("GET", "/docks"), ("POST", "/docks"), ("GET", "/docks/{id}"), ("DELETE", "/docks/{id}")
    }  # fmt: skip
