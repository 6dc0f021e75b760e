"""The shape of a text: its length, numbers and signs, its question, and the answers it offers.

Nothing here is learned, so nothing can leak from texts measured on to those learned from.
"""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from quantumlayer.router.strategies._features import answers, cut, points

__all__ = ["PLAIN", "SHAPES", "measures", "shape"]

Floats = NDArray[np.float64]

_UPPER_A, _LOWER_A, _LOWER, _ALPHABET = map(np.uint32, (65, 97, 32, 26))
_ASCII = np.uint32(127)

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SENTENCE = re.compile(r"[^\s.?!][^.?!\n]*")
_DIGITS = 12
"""Longer numbers are names."""

_NUMERIC = re.compile(r"\W*\d[\d.,/^]*\W*\w{0,3}\W*")
_VERDICT = re.compile(r"(?:yes|no|not|true|false|wrong)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?")
_PARTS = re.compile(r"\b(?:statement|scenario) ?[\di|]", re.IGNORECASE)

# How many words of each kind there are says whether a question is turned round, whether it asks for
# a way or for a fact, and how many steps a sum may have.
_KINDS = tuple(
    words.split()
    for words in (
        "not except least never no none false incorrect unlikely",
        "most best likely main primarily always greatest largest highest",
        "which what how why who whom when where whose",
        "find calculate compute determine evaluate solve write explain describe",
        "if suppose let assume given define consider",
        "following passage above according these",
        "half twice double triple third quarter percent times fraction ratio rate average",
        "each every per apiece",
        "more less fewer than older younger longer shorter",
        "left remain remaining remainder rest spend spent gave gives lost sold sells",
        "total altogether all together combined sum both",
        "before after then first next later until while during",
        "hour hours minute minutes day days week weeks month months year years",
        "mile miles feet inches pounds ounces gallons cents dollars",
        "two three four five six seven eight nine ten twelve dozen hundred thousand",
        "and or",
        "he she his her him they their my i",
    )
)
_JOINING = {"and", "or", "both", "all", "none"}
_KIND = {word: kind for kind, words in enumerate(_KINDS) for word in words}


def shape(text: str) -> Floats:
    """Measures of a text's length, numbers and signs, on scales on which they spread evenly."""
    length, part = len(text), cut(text)
    words = part.split()
    numbers = [number for number in _NUMBER.findall(part) if len(number) < _DIGITS]
    letters = max(1, len(part))
    signs = points(part)
    # In unsigned numbers, what lies before the alphabet is far behind it; all beyond ASCII counts.
    capitals = np.count_nonzero(signs - _UPPER_A < _ALPHABET)
    alphabetic = np.count_nonzero(((signs | _LOWER) - _LOWER_A < _ALPHABET) | (signs > _ASCII))
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


PLAIN = shape("").size
"""How many measures of plain shape there are."""


def measures(text: str) -> Floats:
    """The measures of `shape`, and then those of the question and the answers to choose from."""
    part = cut(text)
    offered = answers(part)
    asked = part[: offered[0].start()] if offered else part
    words = _WORD.findall(asked.lower())
    told = _of_answers([answer[1].rstrip() for answer in offered], set(words))
    return np.concatenate([shape(text), told, _of_question(asked.rstrip(), words)])


def _of_question(asked: str, words: list[str]) -> list[float]:
    kinds = [0] * len(_KINDS)
    for word in words:
        if word in _KIND:
            kinds[_KIND[word]] += 1
    last = asked[max(asked.rfind(end, 0, -1) for end in (". ", "? ", "\n")) + 1 :]
    counts = (
        sum(word.isupper() and len(word) > 1 for word in last.split()),
        *(asked.count(sign) for sign in ('"', "(", "+", "*", "^", "<", "=")),
        *kinds,
    )
    return [
        np.log1p(len(asked)),
        np.log1p(len(last)),
        asked.endswith("?"),
        asked.endswith((":", ".")),
        _PARTS.search(asked) is not None,
        *np.sqrt(counts),
    ]


def _of_answers(offered: list[str], asked: set[str]) -> list[float]:
    """How many answers there are, how long, of what kind, and how much alike."""
    if not offered:
        return _NO_ANSWERS
    every = "".join(offered)
    sizes = list(map(len, offered))
    bags = [set(_WORD.findall(answer.lower())) for answer in offered]
    alike = [len(one & other) / max(1, len(one | other)) for one, other in combinations(bags, 2)]
    shared = [len(bag & asked) / max(1, len(bag)) for bag in bags]
    count, size, mean = len(offered), len(every), len(every) / len(offered)
    return [
        count,
        np.log1p(mean),
        np.log1p(max(sizes)),
        np.log1p(min(sizes)),
        (max(sizes) - min(sizes)) / (1 + mean),
        sum(_NUMERIC.fullmatch(answer) is not None for answer in offered) / count,
        sum(map(str.isdigit, every)) / size,
        sum(map(str.isalpha, every)) / size,
        sum(alike) / len(alike),
        max(alike),
        sum(shared) / count,
        max(shared),
        sum(_VERDICT.match(answer) is not None for answer in offered) / count,
        sum(not bag.isdisjoint(_JOINING) for bag in bags) / count,
        sum(answer[0].isupper() for answer in offered) / count,
        sum(answer.endswith(".") for answer in offered) / count,
        sum(" " not in answer for answer in offered) / count,
        len({answer.split(" ", 1)[0] for answer in offered}) / count,
    ]


_NO_ANSWERS = [0.0] * 18
SHAPES = measures("").size
"""How many measures there are."""
