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


@pytest.mark.parametrize(
    "said",
    [
        "This is a ferry as it is sent:",
        "A ferry is sent as",
        "A ferry belongs to the fleet and is sent as",
        "To add a ferry, send:",
        "A ferry reads like this:",
        "A ferry comes back as",
        "This is how a ferry looks:",
        "Here is what a ferry looks like:",
        "A new ferry is sent like this:",
        "For a ferry we send",
        "An example of a ferry as the app sends it:",
        "Every ferry is stored as follows:",
        "The app sends a ferry like this:",
        "A complete ferry, as the client sends it:",
        "One ferry, in JSON:",
        "This is what a ferry consists of:",
        "A ferry has this shape:",
    ],
)
def test_a_sentence_that_leads_to_an_example_says_of_what(said: str) -> None:
    example = '```json\n{"plate": "NO-1", "length": 40.5}\n```'
    things = _things(f"{said}\n\n{example}\n\nThe plate may not be empty.")
    assert set(things["Ferry"]) == FERRY
