"""How a rule is called and what it tells a client, from the sentence that asks for it."""

from __future__ import annotations

import re

__all__ = ["LONGEST_NAME", "rule_message", "rule_name"]

LONGEST_NAME = 60
"""Characters of a rule's name: it is a function's name later."""
_PREAMBLE = re.compile(
    r"^as an? [^,]{1,40}?,? i (want|would like|need|wish) to |^(and|but|so|then) ", re.IGNORECASE
)
_PURPOSE = re.compile(r",? so that .*", re.IGNORECASE | re.DOTALL)
_STATUS = re.compile(r"\s*[(\[]?(→|->|=)?\s*\b(HTTP )?4\d\d\b( \w+)?[)\]]|\s*(→|->)\s*4\d\d\b")
_FORBIDS = re.compile(
    r"\b(not|never|no|nobody|none|cannot|only|must|refused?|at (most|least)|once)\b"
)
_EDGES = frozenset("a an the i we you they it and or but of to for with in on at by all".split())
_HANGING = _EDGES | frozenset(
    """
    that which who whose when while where if as than so because before after until is are was were be been
    not no never has have had does do its their his her this these those only more less any each every from cannot can must may will should
    """.split()
)
"""What says nothing any more once the rest of its clause is cut off."""


def rule_name(text: str) -> str:
    """Name a rule by the clause of its sentence that forbids something."""
    plain = (
        text.lower().replace("\u2019", "'").replace("can't", "cannot").replace("won't", "will not")
    )
    plain = _PURPOSE.sub("", _STATUS.sub("", plain.replace("n't", " not")))
    plain = _PREAMBLE.sub("", re.sub(r"`[^`]*/[^`]*`|'s\b|['`\"]", "", plain))
    clauses = [part.split() for part in re.split(r"[,:;.()\u2013\u2014]|\bthat is it\b", plain)]
    clauses = [part for part in clauses if len(part) > 2] or [plain.split()]
    clause = next((part for part in clauses if _FORBIDS.search(" ".join(part))), clauses[0])
    words = [word for word in re.sub(r"[^a-z0-9]+", " ", " ".join(clause)).split() if word]
    while words and words[0] in _EDGES:
        del words[0]
    ends = _EDGES if len("_".join(words)) <= LONGEST_NAME else _HANGING
    while len("_".join(words)) > LONGEST_NAME or (words and words[-1] in ends):
        del words[-1]
    name = "_".join(words)
    return name if name[:1].isalpha() else f"rule_{name}".rstrip("_")


def rule_message(text: str) -> str:
    """What the client reads: the part of the sentence that forbids something, without its marks."""
    parts = text.split(";")
    text = next((part for part in parts if _FORBIDS.search(part.lower())), text)
    plain = " ".join(_STATUS.sub("", text.replace("`", "").replace("**", "")).split())
    plain = plain[:1].upper() + plain[1:]
    return plain[:300] if plain.endswith((".", "!", "?")) else f"{plain[:300]}."
