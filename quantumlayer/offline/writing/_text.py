"""Strangers' words, made safe to stand in Python, Markdown, YAML and TOML."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping

__all__ = ["a", "code", "docstring", "listed", "literal", "one_line", "quoted", "sentence"]

_PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u2026": "...",
        "\u00d7": "x",
        "\u00b4": "'",
    }
)
"""Characters that linters take for look-alikes, and what stands for them in prose."""
_LINE = 100
_ENDINGS = (".", "!", "?")


def one_line(text: str) -> str:
    """Put text on one line: runs of blanks are one, invisible and control characters are gone."""
    visible = (
        character if unicodedata.category(character)[0] not in "CZ" else " " for character in text
    )
    return " ".join("".join(visible).translate(_PLAIN).split())


def sentence(text: str) -> str:
    """Put text on one line that begins with a capital and ends like a sentence."""
    line = one_line(text).rstrip(" :;,")
    if not line:
        return ""
    return line[0].upper() + line[1:] + ("" if line.endswith(_ENDINGS) else ".")


def docstring(text: str, *more: str, indent: int = 0) -> str:
    """Write a docstring, quotes included: a summary and, a blank line below, more paragraphs.

    Whatever the text contains, it cannot end the string early.

    Args:
        text: The summary.
        more: Paragraphs, each wrapped on its own; empty ones are left out.
        indent: Columns that the docstring stands from the left; they count for the wrapping.
    """
    first = _harmless(sentence(text))
    paragraphs = [_harmless(line) for line in map(sentence, more) if line]
    raw = "r" if "\\" in "".join([first, *paragraphs]) else ""
    width = _LINE - indent
    opening = f'{raw}"""'
    closing = 0 if paragraphs else 3  # A formatter moves the quotes behind a summary alone.
    if len(first) + len(opening) + closing > width:
        first, rest = _summary(first, width - len(opening))
        paragraphs.insert(0, rest)
    if not paragraphs:
        return f'{opening}{first}"""'
    blocks = [f"{opening}{first}", *(textwrap.fill(line, width) for line in paragraphs), '"""']
    lines = "\n\n".join(blocks[:-1]).splitlines()
    lines.append(blocks[-1])
    return ("\n" + " " * indent).join(lines).replace("\n" + " " * indent + "\n", "\n\n")


def _harmless(line: str) -> str:
    return line.replace('"""', "'''")


def _summary(line: str, width: int) -> tuple[str, str]:
    """Cut a line that is too long for a summary behind a word."""
    head = textwrap.wrap(line, width - 3, break_long_words=True)[0]
    return head.rstrip(" ,;:.") + "...", "..." + line[len(head) :].strip()


def literal(value: object) -> str:
    """Write a JSON value as a Python literal; look-alike characters are escaped."""
    if isinstance(value, str):
        escaped = "".join(_escaped(character) for character in value)
        return f'"{escaped}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    category = unicodedata.category(character)
    if character == " " or (character.isascii() and category[0] != "C") or category[0] in "LN":
        return character
    return repr(character)[1:-1] if category[0] == "C" else _numbered(character)


def _numbered(character: str) -> str:
    point = ord(character)
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"  # noqa: PLR2004 -- end of plane 0


def quoted(text: str) -> str:
    """Write text as a double-quoted string that YAML, TOML and JSON all read."""
    return json.dumps(one_line(text), ensure_ascii=False)


def code(text: str) -> str:
    """Write text for Markdown so that it is shown as it is, on one line, and links to nothing."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", one_line(text))


def a(noun: str) -> str:
    """Put the indefinite article in front of a noun.

    Goes by the first letter, and knows the words on u and h that are most common in services.
    """
    first = noun.casefold()
    sounded = first[:1] in "aeiou" and not re.match(
        r"(u[nst][ei][^nm]|user|unit|uni|usage|one|eu)", first
    )
    return f"{'an' if sounded or re.match(r'(hour|honou?r|heir)', first) else 'a'} {noun}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """Join words as a sentence does: a, b and c."""
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail
