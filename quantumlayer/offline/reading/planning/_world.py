"""What is known of the whole document when its behaviour is put into expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._drafts import EntityDraft, FieldDraft
from quantumlayer.offline.reading.document._learning import aliases
from quantumlayer.offline.reading.document._structure import Structure
from quantumlayer.offline.reading.language._facts import Worked
from quantumlayer.offline.reading.language._terms import Condition, Items
from quantumlayer.offline.reading.sentences._phrases import Vocabulary
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._words import base, singular

__all__ = ["INACTIVE", "Action", "Unresolved", "World", "escape", "key_of", "person_key"]

INACTIVE = frozenset(
    "cancelled canceled rejected declined withdrawn expired returned refunded waitlisted waiting no"
    " revoked deleted removed archived void voided denied failed released completed_late".split()
)
"""States in which an item no longer takes a place, a slot or a turn."""
_CAPACITY = (
    "capacity", "places", "seats", "spaces", "spots", "slots", "copies", "needed", "limit", "size",
    "max_participants", "max_attendees", "participants", "stock", "places_available", "max", "quota",
    "total_seats", "number_of_seats", "volunteers", "maximum", "people", "quantity", "beds", "tables",
)  # fmt: skip
_AMOUNTS = (
    "quantity", "seats", "places", "attendees", "guests", "people", "persons", "spots", "tickets",
    "party_size", "number_of_guests", "participants", "number_of_people", "amount",
)  # fmt: skip
_STARTS = tuple(
    (
        "arrives_on arrives_at arrival arrival_date check_in_date starts_on begins_on from_date"
        " from pickup_date picked_up_on first_night starts_at start start_time begins_at begin"
        " started_at start_date first_day entered_at arrived_at checked_in_at began_at opened_at"
        " opens_on opens_at from_day date_from valid_from check_in starting_on day_from starts"
        " begins opens from_time pick_up_date departs_at"
    ).split()
)
_MOMENTS = tuple(
    (
        "scheduled_at scheduled_for date day time takes_place_at datetime when departure event_date"
    ).split()
)
_ENDS = tuple(
    (
        "leaves_on leaves_at departure departure_date check_out_date finishes_at to_date to"
        " return_date returns_on last_night ends_at end end_time end_date ended_at stopped_at"
        " last_day until closes_at expires_at finish valid_until expires_on ends_on closing_time"
        " expiry_date deadline closes_on exited_at left_at finished_at checked_out_at returned_at"
        " to_day date_to valid_to check_out departs_on ending_on day_to ends closes to_time"
        " until_date arrives_at finishes_on"
    ).split()
)
_DUE = ("due_date", "due", "due_on", "due_at", "deadline", "dueon", "duedate", "dueat")
_PYTHON_WORDS = frozenset(
    "False None True and as assert async await break class continue def del elif else except finally"
    " for from global if import in is lambda nonlocal not or pass raise return try while with yield".split()
)


class Unresolved(Exception):  # noqa: N818 -- it is no error of the program
    """A phrase that leads to no field, reference or state; the text says which."""


@dataclass(slots=True)
class Action:
    """Something that is done to an item by a route of its own."""

    entity: str
    name: str
    """As a field name: pick_up."""
    verb: str
    """As a verb: pick-up."""
    route: Route
    requirements: list[str] = field(default_factory=list)
    states: tuple[str, str] | None = None
    """Field and value that it leads to."""
    sets: dict[str, str] = field(default_factory=dict)
    """Fields that it sets → expressions."""
    touched: list[tuple[str, str, tuple[str, ...], str]] = field(default_factory=list)
    """What it does to an item that its own refers to: (reference, state, states before, requirement)."""
    synonyms: set[str] = field(default_factory=set)
    kind: str = "action"


def escape(name: str) -> str:
    """Write a name that is a keyword of Python as the expression language wants it."""
    return f"{name}_" if name in _PYTHON_WORDS else name


@dataclass(slots=True)
class World:
    """Entities, references, states and actions, and how to find one's way between them."""

    structure: Structure
    vocabulary: Vocabulary
    actions: list[Action] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)
    """Entities with routes that lead from state to state."""
    definitions: dict[tuple[str, str], Condition] = field(default_factory=dict)
    """What an adjective means: (entity, word) → condition."""
    counting: dict[str, list[str]] = field(default_factory=dict)
    """Conditions for items of an entity to count at all, where a statement says so."""
    lengths: dict[str, tuple[str, str]] = field(default_factory=dict)
    """How long each item of an entity takes, and which statement says so."""
    figures: dict[str, tuple[Condition, ...]] = field(default_factory=dict)
    """Conditions for items of an entity to count in the figures that are worked out."""
    members: dict[str, Worked] = field(default_factory=dict)
    """What a member of an answer that no item has is worked out from."""
    synonyms: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Verbs that mean something else: withdraw → (delete, Enrolment)."""
    user: str | None = None
    """The entity of those who log in."""
    touching: bool = False
    """Whether one item may begin on the day on which another ends."""
    inclusive: bool = False
    """Whether the last day of a range counts as well as the first."""

    def draft(self, entity: str) -> EntityDraft:
        """Return the draft of an entity."""
        return self.structure.entities[entity]

    def label(self, entity: str) -> str:
        """Return what the document calls an entity."""
        draft = self.structure.entities.get(entity)
        return draft.word.label if draft is not None else "thing"

    def fields(self, entity: str) -> Iterator[FieldDraft]:
        """Yield the fields of an entity; none where there is no such entity."""
        draft = self.structure.entities.get(entity)
        if draft is not None:
            yield from draft.fields.values()

    # --- fields

    def field(self, entity: str, words: Sequence[str]) -> FieldDraft | None:
        """Find a field by what a phrase calls it."""
        if not words or entity not in self.structure.entities:
            return None
        if tuple(words) in {("flag",), ("switch",)}:
            flags = [
                made
                for made in self.fields(entity)
                if "boolean" in {made.spec.get("type"), made.last("type")}
            ]
            return flags[0] if len(flags) == 1 else None
        spelled = "_".join(words).lower()
        joined = spelled.replace("_", "").replace("-", "")
        single = (*words[:-1], singular(words[-1]))
        found: FieldDraft | None = None
        for made in self.fields(entity):
            if made.name.lower() == spelled or made.name.replace("_", "").lower() == joined:
                return made
        for made in self.fields(entity):
            ways = {*aliases(made.words, made.name), *made.also}
            plain = (*made.words[:-1], singular(made.words[-1])) if made.words else ()
            if tuple(words) in ways or single in ways or single == plain:
                found = found or made
        return found or self._loosely(entity, tuple(words)) or self._loosely(entity, single)

    def _loosely(self, entity: str, words: tuple[str, ...]) -> FieldDraft | None:
        """One field only that begins or ends with these words: `start` is `start_date`."""
        candidates = [
            made
            for made in self.fields(entity)
            if len(made.words) > len(words)
            and made.references is None
            and (
                made.words[-len(words) :] == words
                or made.words[: len(words)] == words
                or (len(words) == 1 and base(made.words[0]) == words[0] and made.words[-1] == "at")
            )
        ]
        return candidates[0] if len(candidates) == 1 else None

    def first(self, entity: str, names: Sequence[str], kinds: set[str]) -> FieldDraft | None:
        """Find the first field of some names that has one of some types."""
        by_name = {
            made.name.lower(): made
            for made in self.fields(entity)
            if made.spec.get("type") in kinds
        }
        snaked = {
            re.sub(r"(?<=[a-z])(?=[A-Z])", "_", made.name).lower(): made
            for made in by_name.values()
        }
        for name in names:
            made = by_name.get(name) or snaked.get(name)
            if made is not None:
                return made
        return None

    def start(self, entity: str) -> FieldDraft | None:
        """The field that says when something begins."""
        times = {"datetime", "date"}
        found = self.first(entity, (*_STARTS, *_MOMENTS), times)
        if found is not None:
            return found
        dated = [made for made in self.fields(entity) if made.spec.get("type") in times]
        own = [made for made in dated if made.spec.get("set_by") != "system"]
        return own[0] if len(own) == 1 else None

    def end(self, entity: str) -> FieldDraft | None:
        """The field that says when something ends."""
        return self.first(entity, _ENDS, {"datetime", "date"})

    def spans(self, entity: str) -> bool:
        """Whether clients say from when to when an item takes place: others come at other times."""
        last = self.end(entity)
        given = last is not None and last.spec.get("set_by") != "system"
        return given and self.start(entity) is not None

    def due(self, entity: str) -> FieldDraft | None:
        """The field that says when something has to be done."""
        return self.first(entity, _DUE, {"datetime", "date"})

    def duration(self, entity: str) -> tuple[FieldDraft, str] | None:
        """The field that says how long something takes, with its unit."""
        for made in self.fields(entity):
            if made.spec.get("type") not in {"integer", "number"}:
                continue
            words = set(made.words)
            if "duration" in words or "length" in words or made.words in {("minutes",), ("hours",)}:
                unit = next(
                    (each for each in ("minutes", "hours", "days") if each in words), "minutes"
                )
                return made, unit
        return None

    def capacity(self, entity: str) -> FieldDraft | None:
        """The field that says how many there is room for."""
        return self.first(entity, _CAPACITY, {"integer"}) or next(
            (
                made
                for made in self.fields(entity)
                if made.spec.get("type") == "integer"
                and {"capacity", "seats", "places", "max", "maximum", "limit"} & set(made.words)
                and made.spec.get("set_by") != "system"
            ),
            None,
        )

    def amount(self, entity: str) -> FieldDraft | None:
        """The field that says how many places an item takes."""
        return self.first(entity, _AMOUNTS, {"integer"})

    def state_fields(self, entity: str) -> Iterator[FieldDraft]:
        """Yield the fields whose values are states."""
        for made in self.fields(entity):
            if made.spec.get("type") == "enum":
                yield made

    # --- references

    def references(self, entity: str, target: str) -> list[FieldDraft]:
        """The fields of an entity that refer to another."""
        return [made for made in self.fields(entity) if made.references == target]

    def path(self, entity: str, target: str, deepest: int = 3) -> list[str] | None:
        """The names to follow from an entity to another: [] for itself, None for no way."""
        if entity == target:
            return []
        ways: list[tuple[str, list[str]]] = [(entity, [])]
        seen = {entity}
        for _ in range(deepest):
            following: list[tuple[str, list[str]]] = []
            for name, way in ways:
                for made in self.fields(name):
                    if made.references is None or made.references in seen:
                        continue
                    longer = [*way, navigation(made.name)]
                    if made.references == target:
                        return longer
                    seen.add(made.references)
                    following.append((made.references, longer))
            ways = following
        return None

    def registrants(self, container: str) -> list[str]:
        """Entities that refer to one with a capacity, those that tie others together first."""
        found = [
            name
            for name in self.structure.entities
            if name != container and self.references(name, container)
        ]
        events = set(self.vocabulary.verbs.values())
        return sorted(found, key=lambda name: (name not in events, -self._ties(name)))

    def _ties(self, entity: str) -> int:
        return sum(1 for made in self.fields(entity) if made.references)

    # --- states

    def active(self, entity: str) -> list[str]:
        """Conditions for an item to still take its place: not cancelled, not returned."""
        said = self.counting.get(entity)
        if said is not None:
            return said
        conditions: list[str] = []
        for made in self.state_fields(entity):
            if made.spec.get("set_by") != "system" and "status" not in made.words:
                continue
            gone = [each for each in made.spec["choices"] if each.lower() in INACTIVE]
            if len(gone) == 1:
                conditions.append(f"{escape(made.name)} != {gone[0]!r}")
            elif gone:
                conditions.append(f"{escape(made.name)} not in ({', '.join(map(repr, gone))})")
        conditions.extend(
            f"{escape(made.name)} == False"
            for made in self.fields(entity)
            if made.spec.get("type") == "boolean"
            and made.spec.get("set_by") == "system"
            and made.name.lower() in INACTIVE
        )
        for action in self.actions:
            if action.entity != entity:
                continue
            for name, value in action.sets.items():
                finishes = frozenset(
                    "return exit finish stop check-out end leave give-back".split()
                )
                if value in {"now()", "today()"} and action.verb in finishes | action.synonyms:
                    condition = f"{escape(name)} is None"
                    if condition not in conditions:
                        conditions.append(condition)
        return conditions

    def action(self, entity: str, verb: str) -> Action | None:
        """Find an action by its verb."""
        for each in self.actions:
            if each.entity == entity and (verb in {each.verb, each.name} or verb in each.synonyms):
                return each
        return None


_WHO = frozenset(
    "voter email name author user username plate player customer reviewer member person guest bidder".split()
)


def person_key(world: World, entity: str) -> str | None:
    """Who does it: the owner, or the one person that the items refer to or name."""
    owner = world.draft(entity).owner
    if owner is not None:
        return owner
    if world.user is not None:
        found = world.references(entity, world.user)
        if found:
            return found[0].name
    people = [
        made.name
        for made in world.fields(entity)
        if made.references in _people(world)
        or made.name.lower() in _WHO
        or made.words[-1] == "email"
    ]
    return people[0] if people else None


_PERSONAL = frozenset(
    "member customer student user person patient employee volunteer tenant player client guest reader"
    " driver agent teacher trainer doctor bidder seller shopper applicant voter participant attendee neighbour neighbor resident friend"
    " colleague borrower renter pupil child parent visitor subscriber passenger buyer donor owner".split()
)


def _people(world: World) -> set[str]:
    return {
        name
        for name, draft in world.structure.entities.items()
        if draft.word.label.split()[-1] in _PERSONAL
    }


def key_of(world: World, entity: str, items: Items | None) -> str | None:
    """The reference through which an item belongs to somebody or something."""
    if items is None or items.entity == entity:
        return None
    if items.person or items.entity is None:
        return person_key(world, entity)
    found = world.references(entity, items.entity)
    return found[0].name if found else None
