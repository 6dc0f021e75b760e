"""A text in numbers: how often which pieces of words occur in it, and where.

Nothing here is learned, so nothing can leak from texts measured on to those learned from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHARACTERS", "KINDS", "PLACES", "answers", "cut", "pieces", "points"]

Floats = NDArray[np.float64]
Hashes = NDArray[np.uint64]
Starts = NDArray[np.int64]

CHARACTERS = 2_048
"""How much of a text is read, half from its beginning and half from its end.

What is between them says little, and would cost the time that a decision has: a millisecond.
"""

_BITS = 16
KINDS = 4
"""Sequences of words and of characters, each before the answers to choose from and among them."""

PLACES = KINDS << _BITS
"""How many places there are: as many for each kind."""

_WORDS = (1, 2)
_LETTERS = (3, 4, 5)

# An odd base has an inverse modulo 2**64, so that the hash of a part of a text is a difference of
# two prefix sums, wherever it stands. Source: Karp and Rabin (1987), with a machine word's modulus.
_BASE = 0x9E3779B97F4A7C15
_PAIR = np.uint64(0xC2B2AE3D27D4EB4F)
_MIX = np.uint64(0xFF51AFD7ED558CCD)  # Source: the finaliser of MurmurHash3.
_HALF = np.uint64(32)
_SHIFT = np.uint64(64 - _BITS)

_ANSWER = re.compile(r"^\(?[A-Ha-h][.):] +(\S.*)", re.MULTILINE)


def _powers(base: int) -> Hashes:
    powers = [1]
    while len(powers) <= CHARACTERS:
        powers.append(powers[-1] * base % 2**64)
    return np.array(powers, dtype=np.uint64)


_UP, _DOWN = _powers(_BASE), _powers(pow(_BASE, -1, 2**64))


def answers(text: str) -> list[re.Match[str]]:
    """The lines of a text that offer answers to choose from, such as `B. Mercury`; group 1."""
    found = list(_ANSWER.finditer(text))
    return found if len(found) > 1 else []


def pieces(text: str) -> tuple[NDArray[np.int64], Floats]:
    """The places of a text's pieces, growing, and 1 + ln of how often each occurs.

    Pieces are sequences of one and two words, and of three to five characters within a word. They
    have other places from where answers to choose from begin.
    """
    text = cut(text).lower()[:CHARACTERS]
    begin = next((answer.start() for answer in answers(text)), len(text))
    letters = points(text).astype(np.uint64)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(letters * _UP[: letters.size])])
    inside = letters > ord(" ")
    edges = np.flatnonzero(np.diff(inside, prepend=False, append=False))
    first, end = edges[::2], edges[1::2]
    found = [
        *_of_words((sums[end] - sums[first]) * _DOWN[first], first),
        *_of_letters(sums, np.concatenate([[0], np.cumsum(~inside)])),
    ]
    places, counts = np.unique(
        np.concatenate(
            [
                _places(hashes) + (((first >= begin) + 2 * (kind >= len(_WORDS))) << _BITS)
                for kind, (hashes, first) in enumerate(found)
            ]
        ),
        return_counts=True,
    )
    return places, 1 + np.log(counts)


def _of_words(words: Hashes, first: Starts) -> Iterator[tuple[Hashes, Starts]]:
    run = words
    for length in _WORDS:
        yield run + np.uint64(length), first[: run.size]
        run = run[:-1] * _PAIR + words[length:]


def _of_letters(sums: Hashes, gaps: Starts) -> Iterator[tuple[Hashes, Starts]]:
    for length in _LETTERS:
        first = np.flatnonzero(gaps[length:] == gaps[:-length])
        yield (sums[first + length] - sums[first]) * _DOWN[first] + np.uint64(length), first


def _places(hashes: Hashes) -> NDArray[np.int64]:
    return (((hashes ^ (hashes >> _HALF)) * _MIX) >> _SHIFT).astype(np.int64)


def cut(text: str) -> str:
    """What is read of a text."""
    if len(text) <= CHARACTERS:
        return text
    return f"{text[: CHARACTERS // 2]} {text[1 - CHARACTERS // 2 :]}"


def points(text: str) -> NDArray[np.uint32]:
    """A text's letters as numbers."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
