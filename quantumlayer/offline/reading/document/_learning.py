"""The vocabulary of a document, learned from its structure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from quantumlayer.offline.reading.document._drafts import EntityDraft
from quantumlayer.offline.reading.document._sources import Source
from quantumlayer.offline.reading.document._structure import Structure
from quantumlayer.offline.reading.sentences._phrases import Vocabulary
from quantumlayer.offline.reading.text._lexicon import VERBS
from quantumlayer.offline.reading.text._words import (
    NOMINALISATIONS,
    noun_for,
    plural,
    singular,
    verb,
)

__all__ = ["aliases", "learn"]

_UNITS = frozenset(
    "cm mm m km kg g l ml eur usd gbp chf percent minutes hours days min sec seconds celsius kwh".split()
)
"""What a number is counted in: `height_cm` is the height."""
_SUFFIXES = frozenset({"at", "on", "date", "time", "day", "timestamp"})


def learn(structure: Structure, sources: Sequence[Source]) -> Vocabulary:
    """Collect what fields are called, which states there are and what people do."""
    vocabulary = Vocabulary(structure.lexicon)
    _call_addresses(structure)
    for draft in structure.entities.values():
        for made in draft.fields.values():
            for words in (*aliases(made.words, made.name), *made.also):
                vocabulary.fields.setdefault(words, made.name)
                vocabulary.fields.setdefault((*words[:-1], singular(words[-1])), made.name)
            for value in _values(
                made.values("choices"), made.values("default"), made.values("flow")
            ):
                for way in {value, value.replace("_", " "), value.replace("-", " ")}:
                    vocabulary.states.setdefault(way, set()).add(draft.word.name)
    for draft in structure.entities.values():
        for made in draft.fields.values():
            if len(made.words) > 1 and made.words[-1] not in _SUFFIXES | {"id"}:
                vocabulary.fields.setdefault(made.words[-1:], made.name)
                vocabulary.fields.setdefault((singular(made.words[-1]),), made.name)
            stem = made.words[:-1] if made.words[-1:] == ("number",) else ()
            if stem and structure.lexicon.find(stem) is None:  # one project per table
                vocabulary.fields.setdefault(stem, made.name)
                vocabulary.fields.setdefault((*stem[:-1], plural(stem[-1])), made.name)
    for source in sources:
        _states_of(vocabulary, structure, source)
    vocabulary.verbs = dict(_verbs(structure))
    user = structure.lexicon.find(["user"])
    vocabulary.users = user.name if user is not None else None
    return vocabulary


def _call_addresses(structure: Structure) -> None:
    """Where one thing has an email address, `address` means it, whatever its name is."""
    mails = [
        (draft, made)
        for draft in structure.entities.values()
        for made in draft.fields.values()
        if "email" in made.values("type")
    ]
    for words in (("address",), ("email",), ("email", "address")) if len(mails) == 1 else ():
        draft, made = mails[0]
        if draft.find(words) is None:
            made.also.append(words)


def aliases(words: tuple[str, ...], name: str) -> Iterator[tuple[str, ...]]:
    """Ways to speak of a field: `due date`, `due`; `stopped_at` is the stop."""
    yield words
    yield (name.lower(),)
    yield (*words[:-1], singular(words[-1]))
    nouns = {
        "arrives": "arrival",
        "departs": "departure",
        "leaves": "departure",
        "created": "creation",
    }
    if words[0] in nouns and len(words) > 1:
        yield (nouns[words[0]],)
        yield ("date", "of", nouns[words[0]])
    for short, full in (("min", "minimum"), ("max", "maximum"), ("avg", "average")):
        if words[0] == short and len(words) > 1:
            yield (full, *words[1:])
    if len(words) > 1 and words[-1] in _UNITS:
        yield words[:-1]
        for short, full in (("min", "minimum"), ("max", "maximum"), ("avg", "average")):
            if words[0] == short and len(words) > 2:
                yield (full, *words[1:-1])
    if words[-1] in {"phone", "telephone", "mobile"}:
        yield (*words, "number")
    if words[-1] == "email":
        yield (*words, "address")
        yield (*words, "addresses")
        yield (*words[:-1], "address")
    if len(words) > 1 and words[-1] in _SUFFIXES | {"id"}:
        stem = words[:-1]
        if words[-1] != "id":
            yield stem
            found = verb(stem[-1])
            if found is not None:
                yield (*stem[:-1], found.base)
    if len(words) == 1:
        found = verb(words[0])
        if found is not None and "base" not in found.forms:
            yield (found.base,)


def _values(*lists: list[object]) -> Iterator[str]:
    for values in lists:
        for value in values:
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str):
                    yield each.lower()


_NO_STATE = frozenset({"null", "true", "false", "none", "id"})
_BEFORE_STATES = frozenset("is are becomes become it to into from → -> only not".split())


def _states_of(vocabulary: Vocabulary, structure: Structure, source: Source) -> None:
    """Values in quotation marks, and those of a table of transitions, are states."""
    topic = structure.topics.get(source.id)
    names = {topic.name} if topic is not None else set(structure.entities)
    if source.kind == "transition":
        for column in ("from", "to"):
            cell = source.cells.get(column, "")
            for value in re.findall(r"[A-Za-z][\w -]*", cell):
                vocabulary.states.setdefault(value.strip().lower(), set()).update(names)
    fields = _NO_STATE.union(*(draft.fields for draft in structure.entities.values()))
    for before, token in pairwise(source.full):  # `stored` when it arrives, makes it `lost`
        told = token.kind == "name" and before.low in _BEFORE_STATES and token.text.islower()
        if told and token.low not in fields and structure.lexicon.find([token.low]) is None:
            vocabulary.states.setdefault(token.low, set()).update(names)
    for token in source.full:
        if token.kind == "quote" and re.fullmatch(r"[A-Za-z][\w -]{1,30}", str(token.value)):
            vocabulary.states.setdefault(token.value.lower(), set()).update(names)


def _verbs(structure: Structure) -> Iterable[tuple[str, str]]:
    """Verbs that make an item of an entity: whoever votes makes a vote."""
    ranked: dict[str, tuple[int, str]] = {}
    for word in sorted(VERBS | NOMINALISATIONS.keys()):
        for rank, noun in enumerate(noun_for(word)):
            entity = structure.lexicon.find([noun])
            if entity is None or noun.split()[-1] != entity.label.split()[-1]:
                continue
            if noun == word and not _is_event(structure.entities.get(entity.name)):
                continue
            known = ranked.get(word)
            if known is None or rank < known[0]:
                ranked[word] = (rank, entity.name)
    return [(word, name) for word, (_, name) in ranked.items()]


def _is_event(draft: EntityDraft | None) -> bool:
    """Whether an entity ties others together: an order, a vote, a comment."""
    return draft is not None and (
        any(made.references for made in draft.fields.values()) or draft.nested_in is not None
    )
