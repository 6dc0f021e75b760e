"""Which things a document is about: entities with their names, aliases and collections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from quantumlayer.offline.reading.language._facts import Thing
from quantumlayer.offline.reading.text._words import plural, singular

__all__ = ["EntityWord", "Lexicon", "class_name", "kebab", "snake"]


def snake(words: Iterable[str]) -> str:
    """Spell words as a field name: due date → due_date."""
    name = "_".join(re.sub(r"[^A-Za-z0-9]+", "_", word).strip("_") for word in words)
    name = re.sub(r"_+", "_", name).strip("_").lower()
    return name if name[:1].isalpha() else f"x_{name}".rstrip("_")


def kebab(label: str) -> str:
    """Spell a phrase as a path segment."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "items"


def class_name(label: str) -> str:
    """Spell a phrase as a class name: stock movement → StockMovement."""
    parts = re.findall(r"[A-Za-z0-9]+", label)
    name = "".join(part[:1].upper() + part[1:] for part in parts)[:60]
    return name if name[:1].isalpha() else f"Item{name}"[:60]


@dataclass(slots=True)
class EntityWord:
    """An entity, as the document names it."""

    label: str
    name: str
    path: str
    aliases: set[str] = field(default_factory=set)
    fields: dict[str, str] = field(default_factory=dict)
    """Phrase of each field → its JSON name."""

    @property
    def plural(self) -> str:
        """The plural of the label."""
        return plural(self.label)


_FILLERS = frozenset(
    "new existing own single other another same current given certain particular specific all every"
    " each any old individual whole different further additional valid".split()
)


@dataclass(slots=True)
class Lexicon:
    """Finds entities by what they are called."""

    entities: list[EntityWord] = field(default_factory=list)

    def find(self, words: Sequence[str]) -> EntityWord | None:
        """Find the entity that a noun phrase names, or None."""
        words = [word for word in words if word not in _FILLERS]
        if not words:
            return None
        label = singular(" ".join(words))
        for entity in self.entities:
            if label == entity.label or label in entity.aliases:
                return entity
        return None

    def thing(self, thing: Thing) -> EntityWord | None:
        """Find the entity of a thing."""
        return self.find(thing.words)

    def by_segment(self, segment: str) -> EntityWord | None:
        """Find the entity whose collection a path segment names."""
        words = re.split(r"[-_]", re.sub(r"([a-z])([A-Z])", r"\1-\2", segment).lower())
        found = self.find(words)
        if found is not None:
            return found
        for entity in self.entities:
            if entity.path.strip("/").split("/")[-1] == segment:
                return entity
        return None

    def named(self, name: str) -> EntityWord | None:
        """Find an entity by its class name."""
        return next((entity for entity in self.entities if entity.name == name), None)

    def __iter__(self) -> Iterator[EntityWord]:
        return iter(self.entities)
