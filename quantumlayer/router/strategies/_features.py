"""A text in numbers: how often which pieces of words occur in it, and what shape it has.

Nothing here is learned, so nothing can leak from texts measured on to those learned from.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHARACTERS", "PLACES", "SHAPES", "pieces", "shape"]

Floats = NDArray[np.float64]
Hashes = NDArray[np.uint64]

CHARACTERS = 4_096
"""How much of a text is read, half from its beginning and half from its end.

What is between them says little, and would cost the time that a decision has: a millisecond.
"""

_BITS = 16
PLACES = 2 << _BITS
"""How many places there are: in the first half sequences of words, then such of characters."""

_WORDS = (1, 2)
_LETTERS = (3, 4, 5)

# An odd base has an inverse modulo 2**64, so that the hash of a part of a text is a difference of
# two prefix sums, wherever it stands. Source: Karp and Rabin (1987), with a machine word's modulus.
_BASE = 0x9E3779B97F4A7C15
_PAIR = np.uint64(0xC2B2AE3D27D4EB4F)
_MIX = np.uint64(0xFF51AFD7ED558CCD)  # Source: the finaliser of MurmurHash3.
_HALF = np.uint64(32)
_SHIFT = np.uint64(64 - _BITS)

_UPPER_A, _LOWER_A, _LOWER, _ALPHABET = map(np.uint32, (65, 97, 32, 26))
_ASCII = np.uint32(127)

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SENTENCE = re.compile(r"[^\s.?!][^.?!\n]*")
_DIGITS = 12
"""Longer numbers are names."""


def _powers(base: int) -> Hashes:
    powers = [1]
    while len(powers) <= CHARACTERS:
        powers.append(powers[-1] * base % 2**64)
    return np.array(powers, dtype=np.uint64)


_UP, _DOWN = _powers(_BASE), _powers(pow(_BASE, -1, 2**64))


def pieces(text: str) -> tuple[NDArray[np.int64], Floats]:
    """The places of a text's pieces, growing, and 1 + ln of how often each occurs.

    Pieces are sequences of one and two words, and of three to five characters within a word.
    """
    letters = _points(_cut(text).lower())[:CHARACTERS].astype(np.uint64)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(letters * _UP[: letters.size])])
    inside = letters > ord(" ")
    edges = np.flatnonzero(np.diff(inside, prepend=False, append=False))
    of_words = _of_words((sums[edges[1::2]] - sums[edges[::2]]) * _DOWN[edges[::2]])
    of_letters = _of_letters(sums, np.concatenate([[0], np.cumsum(~inside)]))
    places, counts = np.unique(
        np.concatenate([_places(of_words), _places(of_letters) + (PLACES >> 1)]),
        return_counts=True,
    )
    return places, 1 + np.log(counts)


def _of_words(words: Hashes) -> Hashes:
    found, run = [], words
    for length in _WORDS:
        found.append(run + np.uint64(length))
        run = run[:-1] * _PAIR + words[length:]
    return np.concatenate(found)


def _of_letters(sums: Hashes, gaps: NDArray[np.int64]) -> Hashes:
    found = []
    for length in _LETTERS:
        first = np.flatnonzero(gaps[length:] == gaps[:-length])
        found.append((sums[first + length] - sums[first]) * _DOWN[first] + np.uint64(length))
    return np.concatenate(found)


def _places(hashes: Hashes) -> NDArray[np.int64]:
    return (((hashes ^ (hashes >> _HALF)) * _MIX) >> _SHIFT).astype(np.int64)


def _cut(text: str) -> str:
    if len(text) <= CHARACTERS:
        return text
    return f"{text[: CHARACTERS // 2]} {text[1 - CHARACTERS // 2 :]}"


def _points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def shape(text: str) -> Floats:
    """Measures of a text's length, numbers and signs, on scales on which they spread evenly."""
    length, part = len(text), _cut(text)
    words = part.split()
    numbers = [number for number in _NUMBER.findall(part) if len(number) < _DIGITS]
    letters = max(1, len(part))
    points = _points(part)
    # In unsigned numbers, what lies before the alphabet is far behind it; all beyond ASCII counts.
    capitals = np.count_nonzero(points - _UPPER_A < _ALPHABET)
    alphabetic = np.count_nonzero(((points | _LOWER) - _LOWER_A < _ALPHABET) | (points > _ASCII))
    counts = (
        len(numbers),
        len(set(numbers)),
        sum(1 for _ in _SENTENCE.finditer(part)),
        *(part.count(sign) for sign in "\n,?%$/=\\_"),
    )
    return np.array(
        [
            np.log1p(length),
            np.log1p(len(words)),
            np.log1p(max(map(float, numbers), default=0.0)),
            np.log1p(max(map(len, words), default=0)),
            letters / max(1, len(words)),
            len(set(words)) / max(1, len(words)),
            capitals / letters,
            alphabetic / letters,
            *np.sqrt(counts),
        ]
    )


SHAPES = shape("").size
"""How many measures there are."""
