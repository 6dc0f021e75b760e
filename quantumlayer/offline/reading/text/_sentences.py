"""Where a sentence ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["sentences"]

_ABBREVIATIONS = frozenset(
    {"e.g", "i.e", "etc", "vs", "cf", "incl", "excl", "approx", "resp", "max", "min", "no", "nr"}
    | {"st", "mr", "mrs", "ms", "dr", "prof", "inc", "ltd", "fig", "sec", "ca", "a.m", "p.m", "z.b"}
)
_END = re.compile(r"[.!?]+[\"”')\]]*(?=\s|$)|[.!?]+(?:\*{1,2}|_{1,2})(?=\s|$)")
_LAST_WORD = re.compile(r"([A-Za-z][A-Za-z.]*)$")
_OPENERS = {"(": ")", "{": "}", "[": "]"}


def sentences(text: str) -> Iterator[str]:
    """Cut a paragraph into its sentences, in order, nothing left out but white space.

    A full stop inside code, brackets or quotation marks ends nothing, nor does the one behind an
    abbreviation or an initial.
    """
    covered = _covered(text)
    start = 0
    for match in _END.finditer(text):
        if match.start() in covered or not _ends(text, match):
            continue
        sentence = text[start : match.end()].strip()
        if sentence:
            yield sentence
        start = match.end()
    rest = text[start:].strip()
    if rest:
        yield rest


def _ends(text: str, match: re.Match[str]) -> bool:
    rest = text[match.end() :].lstrip()
    if not rest:
        return True
    if match[0][0] in "!?":
        return not (rest[0].islower() and match.start() and not text[match.start() - 1].isalnum())
    before = _LAST_WORD.search(text, max(0, match.start() - 20), match.start())
    word = before[1] if before else ""
    if word.lower() in {"no", "max", "min"} and rest[0].isupper():
        return True
    if word.lower() in _ABBREVIATIONS:
        return word.lower() == "etc" and rest[0].isupper()
    if len(word) == 1 and word.isupper() and rest[0].isupper():
        return False  # an initial: N. Pryce
    return not (match[0].startswith("..") and rest[0].islower())


def _covered(text: str) -> set[int]:
    """Positions of full stops inside code, brackets and quotation marks."""
    covered: set[int] = set()
    for pattern in (r"`[^`]*`", r"“[^”]*”", r"\"[^\"]{0,200}\""):
        for match in re.finditer(pattern, text):
            inner_end = match.end() - 1
            covered.update(range(match.start() + 1, inner_end))
            if text[inner_end - 1 : inner_end] in {".", "!", "?"} and pattern[0] != "`":
                covered.discard(inner_end - 1)
    opened: list[tuple[str, int]] = []
    for position, character in enumerate(text):
        if position in covered:
            continue
        if character in _OPENERS:
            opened.append((_OPENERS[character], position))
        elif opened and character == opened[-1][0]:
            _, start = opened.pop()
            if not opened:
                covered.update(range(start, position))
    return covered
