"""The two steps of understanding: take a document apart, and design what it asks for."""

from __future__ import annotations

import re
import unicodedata

from quantumlayer.agents import Requirement, Requirements, SystemDesign
from quantumlayer.offline.reading.planning._assembly import find_conflicts, make_design
from quantumlayer.offline.reading.text._statements import take_apart

__all__ = ["design", "read"]

_LONGEST_NAME = 60
_LONGEST_TITLE = 200
_LONGEST_SUMMARY = 300


def read(text: str) -> Requirements:
    """Take a document apart into numbered statements, and find those that contradict each other.

    Every sentence, list item, table row and example is one statement, in the document's order.
    Deterministic; it never fails, whatever the text. Instructions to the reader are statements
    like any other.
    """
    statements = take_apart(text)
    title = _title(statements.title, statements.items)
    return Requirements(
        name=_slug(title),
        title=title,
        summary=_summary(statements.items, title),
        items=statements.items,
        conflicts=find_conflicts(statements.items),
    )


def design(requirements: Requirements) -> SystemDesign:
    """Design the service that the statements ask for.

    What is not understood is in the design's coverage as `not_implemented`, statement by statement
    and with the reason; what the document leaves open follows the usual conventions. Deterministic.
    """
    return make_design(requirements)


def _title(title: str, items: list[Requirement]) -> str:
    plain = " ".join(re.sub(r"[`*_#]", "", title).split())
    if not plain:
        words = items[0].text.split() if items else []
        plain = " ".join(words[:8]).rstrip(".,:;!?")
    plain = "".join(each for each in plain if each.isprintable()).strip()
    return plain[:_LONGEST_TITLE] or "Service"


def _slug(title: str) -> str:
    """A name that is safe as a file name, whatever the title contains."""
    ascii_ = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_.lower())
    while words and not words[0][0].isalpha():
        words = words[1:]
    name = ""
    for word in words[:6]:
        longer = f"{name}-{word}" if name else word[:_LONGEST_NAME]
        if len(longer) > _LONGEST_NAME:
            break
        name = longer
    return name or "service"


def _summary(items: list[Requirement], title: str) -> str:
    """The first sentence that is prose."""
    for item in items:
        plain = " ".join(item.text.replace("`", "").replace("*", "").split())
        if item.kind == "sentence" and len(plain.split()) > 3 and plain.endswith("."):
            return plain[:_LONGEST_SUMMARY]
    return f"{title}."
