"""The design while it is put together: what was said about each entity and field, and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.language._vocabulary import EntityWord
from quantumlayer.offline.reading.text._routes import Route

__all__ = ["EntityDraft", "FieldDraft", "Ledger", "RouteDraft"]


@dataclass(slots=True)
class FieldDraft:
    """A field with everything that statements say about it."""

    name: str
    words: tuple[str, ...]
    traits: list[tuple[Trait, str]] = field(default_factory=list)
    """Each with the id of the requirement that says it."""
    requirements: list[str] = field(default_factory=list)
    also: list[tuple[str, ...]] = field(default_factory=list)
    """Other words for it."""
    samples: list[Any] = field(default_factory=list)
    counted: bool = False
    listed: bool = False
    plain: bool = True
    """Whether it was only named, so that it is open whether it has to be given."""
    complete: bool = True
    hidden: bool = False
    doubtful: bool = False
    """Whether what was not understood may say more about it, such as that it may be left out."""
    only_in: str | None = None
    """The only path whose answers show it."""
    references: str | None = None
    children: str | None = None
    spec: dict[str, Any] = field(default_factory=dict)
    """The settled field, member by member; see `_fieldspecs`."""

    def say(self, traits: Iterable[Trait], requirement: str) -> None:
        """Note what a statement says."""
        for trait in traits:
            if (trait, requirement) not in self.traits:
                self.traits.append((trait, requirement))
        self.asked(requirement)

    def asked(self, requirement: str) -> None:
        """Note that a statement asks for this field."""
        if requirement and requirement not in self.requirements:
            self.requirements.append(requirement)

    def values(self, key: str) -> list[Any]:
        """Everything that was said under a key, in order."""
        return [trait.value for trait, _ in self.traits if trait.key == key]

    def has(self, key: str) -> bool:
        """Whether something was said under a key."""
        return any(trait.key == key for trait, _ in self.traits)

    def last(self, key: str) -> Any:
        """What was said last under a key, or None."""
        values = self.values(key)
        return values[-1] if values else None


@dataclass(slots=True)
class EntityDraft:
    """An entity with its fields."""

    word: EntityWord
    fields: dict[str, FieldDraft] = field(default_factory=dict)
    requirements: list[str] = field(default_factory=list)
    nested_in: str | None = None
    """The field that refers to what its items are a part of."""
    is_child: bool = False
    """Whether its items live inside their parent's JSON."""
    owner: str | None = None
    """The field that says which user its items belong to."""

    def asked(self, requirement: str) -> None:
        """Note that a statement asks for this entity."""
        if requirement and requirement not in self.requirements:
            self.requirements.append(requirement)

    def find(self, words: tuple[str, ...]) -> FieldDraft | None:
        """Find a field by what it is called, also by a shorter or longer name that is unambiguous."""
        joined = "".join(words).replace("_", "").replace("-", "").lower()
        for draft in self.fields.values():
            if tuple(words) in draft.also:
                return draft
            if joined in {draft.name.replace("_", "").lower(), "".join(draft.words)}:
                return draft
        return None


@dataclass(slots=True)
class RouteDraft:
    """A route with all that statements say about it."""

    route: Route
    requirements: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Ledger:
    """What became of each statement."""

    done: set[str] = field(default_factory=set)
    assumed: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    context: set[str] = field(default_factory=set)

    def miss(self, requirement: str, reason: str) -> None:
        """Note a part of a statement that is not in the design, and why."""
        notes = self.missing.setdefault(requirement, [])
        if reason not in notes:
            notes.append(reason)

    def assume(self, requirement: str, note: str) -> None:
        """Note what was assumed where a statement leaves it open."""
        notes = self.assumed.setdefault(requirement, [])
        if note not in notes:
            notes.append(note)
