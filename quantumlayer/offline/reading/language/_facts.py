"""What statements say, one fact at a time, before it is put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quantumlayer.offline.reading.language._fieldlists import FieldPhrase
from quantumlayer.offline.reading.language._terms import Compare, Condition, Items, Value
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._sketches import Sketch
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import is_plural, plural, singular

__all__ = [
    "Access",
    "AllRequired",
    "Answers",
    "Apart",
    "Barred",
    "Belongs",
    "Beyond",
    "Cascade",
    "Changeable",
    "Context",
    "Counts",
    "Does",
    "Fact",
    "Fields",
    "Figures",
    "Filtered",
    "Follows",
    "Grouped",
    "Hides",
    "Holds",
    "Included",
    "Inclusive",
    "Lacks",
    "Lasts",
    "Legend",
    "Limit",
    "Means",
    "Mention",
    "Never",
    "NoOverlap",
    "Nominal",
    "NotOneself",
    "Opening",
    "Operation",
    "Owned",
    "Paged",
    "Parameter",
    "Redirects",
    "Refused",
    "Required",
    "Room",
    "Said",
    "Searched",
    "Sets",
    "Shows",
    "Sketched",
    "Sorted",
    "States",
    "Status",
    "StepByStep",
    "Successive",
    "Takes",
    "Thing",
    "Touches",
    "Transition",
    "Unique",
    "Wants",
    "Winner",
    "Worked",
]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is named: `each stock movement`. Without words it is `it` or `they`."""

    words: tuple[str, ...]
    article: str = ""
    number: int | None = None
    tokens: tuple[Token, ...] = ()

    @property
    def label(self) -> str:
        """Its name in the singular."""
        return singular(" ".join(self.words))

    @property
    def plural(self) -> str:
        """Its name in the plural."""
        return plural(self.label)

    @property
    def many(self) -> bool:
        """Whether it stands in the plural."""
        return bool(self.words) and is_plural(self.words[-1])


@dataclass(frozen=True, slots=True)
class Fact:
    """Base of all facts."""

    @property
    def unread(self) -> int:
        """How many words of its clause it left unread."""
        return 0


@dataclass(frozen=True, slots=True)
class Context(Fact):
    """The words ask for nothing."""


_A_CLAUSE = 4


@dataclass(frozen=True, slots=True)
class Fields(Fact):
    """A thing has these fields. `by_system`: the service fills them in."""

    thing: Thing
    phrases: tuple[FieldPhrase, ...]
    by_system: bool = False
    route: Route | None = None
    complete: bool = True
    """Whether fields of this list that nothing is said about have to be given."""
    sure: bool = True
    """Whether the verb alone makes the thing one that is kept."""
    only: bool = False
    """Whether only this route shows them."""
    part: bool = False
    """Whether the route works on an item rather than making one."""
    sends: bool = False
    """Whether clients send these when they make the thing."""
    shown: bool = False
    """Whether answers show them, so that new ones among them are worked out."""

    @property
    def unread(self) -> int:
        """How many words of the list nobody understood; what is a clause of its own weighs more."""
        return sum(
            len(phrase.left)
            + _A_CLAUSE * any(each.forms & {"third", "base"} for each in phrase.left)
            for phrase in self.phrases
        )


@dataclass(frozen=True, slots=True)
class Nominal(Fact):
    """Whoever does this to the thing makes something with these fields: `book a room, giving …`."""

    verb: str
    thing: Thing
    phrases: tuple[FieldPhrase, ...]


@dataclass(frozen=True, slots=True)
class Sketched(Fact):
    """A thing, or what a route takes or answers, looks like this."""

    sketch: Sketch
    thing: Thing | None = None
    route: Route | None = None
    takes: bool = True


@dataclass(frozen=True, slots=True)
class Belongs(Fact):
    """The child refers to each of the parents; `soft` where nothing else ties the two."""

    child: Thing
    parents: tuple[Thing, ...]
    optional: bool = False
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Mention(Fact):
    """The document wants to keep or work on this; `verbs` say how, where it says so."""

    thing: Thing
    verbs: tuple[str, ...] = ()
    actor: Thing | None = None


@dataclass(frozen=True, slots=True)
class Said(Fact):
    """Traits of fields, said outside a list: `Title and content are required`."""

    names: tuple[tuple[str, ...], ...]
    owner: Thing | None
    traits: tuple[Trait, ...]
    left: tuple[Token, ...] = ()
    spelled: tuple[Any, ...] = field(default=())


# --- behaviour -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that people do with items: `a booking is cancelled`, `members borrow books`."""

    verbs: tuple[str, ...]
    subject: Items | None = None
    """Whom or what the sentence is about; what it is done to, where `passive`."""
    object: Items | None = None
    passive: bool = False
    again: bool = False
    """Whether it is about doing it a second time."""


@dataclass(frozen=True, slots=True)
class Refused(Fact):
    """An operation is refused when the condition holds, or, with `only`, unless it holds."""

    operation: Operation
    when: Condition | None = None
    only: bool = False
    status: int | None = None
    route: Route | None = None
    """The route that is refused, where the operation is only given by it."""


@dataclass(frozen=True, slots=True)
class Limit(Fact):
    """At most so many items for each of the others; `per_day` counts them by day."""

    items: Items
    most: int
    per: tuple[Items, ...] = ()
    per_day: bool = False
    status: int | None = None
    names: tuple[tuple[str, ...], ...] = ()
    """Fields whose values are counted apart."""


@dataclass(frozen=True, slots=True)
class Holds(Fact):
    """A condition that items always meet."""

    condition: Condition
    entity: str | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Successive(Fact):
    """The first item of its kind has to meet this, or, with `later`, every further one."""

    condition: Compare
    entity: str
    later: bool = False
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Follows(Fact):
    """A field of each item compares so with that of the one before it in its series."""

    entity: str
    operator: str
    words: tuple[str, ...] = ()
    """None: when it takes place, or with `number` its number."""
    number: bool = False
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Opening(Fact):
    """When items may take place: on these days of the week (1 Monday), within these hours."""

    items: Items | None = None
    days: tuple[int, ...] = ()
    earliest: str | None = None
    latest: str | None = None
    ahead: bool = False
    """Only in the future."""
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Barred(Fact):
    """Items in this state take no part in anything that is made with them."""

    items: Items
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Apart(Fact):
    """Items that lead from one part to another: both agree in some fields, or are not the same."""

    entity: str
    part: str
    shared: tuple[tuple[str, ...], ...] = ()
    different: bool = False
    status: int | None = None


@dataclass(frozen=True, slots=True)
class NotOneself(Fact):
    """Nobody does this to what is their own, or, with `again`, straight after themselves."""

    verb: str
    again: bool = False
    status: int | None = None


@dataclass(frozen=True, slots=True)
class NoOverlap(Fact):
    """Two items must not take place at the same time, for each of what they share."""

    items: Items
    per: tuple[Items, ...] = ()
    status: int | None = None
    other: Items | None = None
    """Where the items are not named: what else they refer to."""
    names: tuple[tuple[str, ...], ...] = ()
    """What they share that is no item: a vet of whom only the name is kept."""


@dataclass(frozen=True, slots=True)
class Lasts(Fact):
    """How long each of the items takes."""

    entity: str
    span: Any


@dataclass(frozen=True, slots=True)
class Unique(Fact):
    """No two items agree in all of these fields and references."""

    entity: str | None
    names: tuple[tuple[str, ...], ...] = ()
    of: tuple[Items, ...] = ()
    where: tuple[Condition, ...] = ()
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Room(Fact):
    """All children of a parent, or their amounts together, stay within a number of the parent's."""

    parent: str
    child: str
    limit: tuple[str, ...] = ()
    """None: what the parent has room for."""
    amount: tuple[str, ...] = ()
    status: int | None = None
    lowered: bool = False
    """Whether it is held where the parent's number changes, and not where children do."""


@dataclass(frozen=True, slots=True)
class States(Fact):
    """Values that a field may have, and the first of them."""

    owner: Items | None
    words: tuple[str, ...]
    values: tuple[str, ...]
    initial: str | None = None
    flow: bool = False


@dataclass(frozen=True, slots=True)
class StepByStep(Fact):
    """Clients change the status of items themselves, from one state to the next only."""

    entity: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Transition(Fact):
    """An action leads from some states to another; with no `to`, from each to the next one."""

    to: str | None
    sources: tuple[str, ...] = ()
    route: Route | None = None
    verb: str | None = None
    items: Items | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Sets(Fact):
    """An action, or the service at some moment, sets a field to a value."""

    words: tuple[str, ...]
    value: Value | None
    route: Route | None = None
    verb: str | None = None
    owner: Items | None = None
    param: str | None = None
    """The value is what the body has under this name."""


@dataclass(frozen=True, slots=True)
class Sorted(Fact):
    """A list is in this order: pairs of what it is sorted by and whether it descends."""

    keys: tuple[tuple[tuple[str, ...], bool], ...]
    target: Items | Route | None = None
    client: bool = False
    """Whether clients choose among them."""
    param: str | None = None
    order_param: str | None = None


@dataclass(frozen=True, slots=True)
class Filtered(Fact):
    """A list can be narrowed down by these."""

    names: tuple[tuple[str, ...], ...]
    target: Items | Route | None = None


@dataclass(frozen=True, slots=True)
class Searched(Fact):
    """A list can be searched by a parameter in some fields."""

    names: tuple[tuple[str, ...], ...]
    param: str | None = None
    target: Items | Route | None = None
    exact: tuple[tuple[str, ...], ...] = ()
    """Fields of which only the whole value is found."""


@dataclass(frozen=True, slots=True)
class Parameter(Fact):
    """What a query parameter means: `maxMinutes` (that many or fewer)."""

    name: str
    condition: Condition | None = None
    values: tuple[str, ...] = ()
    route: Route | None = None
    kind: str = ""
    required: bool = False
    meaning: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class Paged(Fact):
    """How a list is cut into pages."""

    target: Items | Route | None = None
    page_param: str | None = None
    size_param: str | None = None
    size: int | None = None
    most: int | None = None
    sketch: Sketch | None = None


@dataclass(frozen=True, slots=True)
class Shows(Fact):
    """What a route answers with: these items."""

    route: Route | None
    items: Items
    single: bool = False


@dataclass(frozen=True, slots=True)
class Answers(Fact):
    """A route answers with an object; `note` is what the sentence says around it."""

    route: Route | None
    sketch: Sketch | None
    note: tuple[Token, ...] = ()
    told: tuple[tuple[str, tuple[Token, ...]], ...] = ()
    """What explains some of its members."""


@dataclass(frozen=True, slots=True)
class Grouped(Fact):
    """A route answers with a row for each item or group; `note` is what stands around the row."""

    route: Route
    sketch: Sketch
    note: tuple[Token, ...] = ()
    told: tuple[tuple[str, tuple[Token, ...]], ...] = ()
    """What explains some of its members."""


@dataclass(frozen=True, slots=True)
class Legend(Fact):
    """Fields marked so have these traits: `Optional fields are marked with "?"`."""

    mark: str
    traits: tuple[Trait, ...]


@dataclass(frozen=True, slots=True)
class Does(Fact):
    """What a route does, as verbs with their objects: it finishes the ticket."""

    route: Route | None
    verb: str
    items: Items | None = None


@dataclass(frozen=True, slots=True)
class Never(Fact):
    """There is no such operation on an entity."""

    items: Items
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cascade(Fact):
    """When the parent is deleted, the children go with it (or lose their reference)."""

    parent: Items | None
    child: Items
    mode: str = "cascade"


@dataclass(frozen=True, slots=True)
class Means(Fact):
    """What an adjective or a verb means: `a loan is overdue when …`."""

    entity: str | None
    word: str
    condition: Condition | None = None
    operation: tuple[str, str | None] | None = None
    field: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts(Fact):
    """Only items that meet the condition count, or take a place."""

    items: Items
    negated: bool = True


@dataclass(frozen=True, slots=True)
class Figures(Fact):
    """Only these items count in what is worked out: `Both figures count published reviews only`."""

    items: Items


@dataclass(frozen=True, slots=True)
class Worked(Fact):
    """A field is worked out from others; `once` when the item is created."""

    words: tuple[str, ...]
    value: Value
    owner: Items | None = None
    once: bool = False
    decimals: int | None = None
    fallback: Value | None = None


@dataclass(frozen=True, slots=True)
class Takes(Fact):
    """Goods leave (-1) or enter (1) the stock: when something is ordered, or by the route's action."""

    words: tuple[str, ...]
    sign: int
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class Lacks(Fact):
    """An order for more than there is gets refused."""

    entity: str | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Wants(Fact):
    """Somebody wants to do this; it is met when there is such a route."""

    verbs: tuple[str, ...]
    items: Items
    passive: bool = False


@dataclass(frozen=True, slots=True)
class Winner(Fact):
    """An action writes down who made the item with the highest (max) or lowest (min) number."""

    words: tuple[str, ...]
    entity: str
    function: str
    route: Route


@dataclass(frozen=True, slots=True)
class Redirects(Fact):
    """A route redirects to the address in a field."""

    words: tuple[str, ...]
    route: Route


@dataclass(frozen=True, slots=True)
class Changeable(Fact):
    """Of the fields that clients give only these may be changed later."""

    names: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Touches(Fact):
    """A field is set anew at every change, or never changes."""

    names: tuple[tuple[str, ...], ...]
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Required(Fact):
    """Parameters that have to come together: with `period=custom`, `start` and `end`."""

    value: str
    names: tuple[tuple[str, ...], ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class AllRequired(Fact):
    """Every field has to be given unless something else is said."""


@dataclass(frozen=True, slots=True)
class Inclusive(Fact):
    """The first and the last day count both; or, with `touching`, one may begin as another ends."""

    touching: bool = False


@dataclass(frozen=True, slots=True)
class Access(Fact):
    """Who may do what. `who`: login, anyone, owner, or the name of a role."""

    who: str
    verbs: tuple[str, ...] = ()
    items: Items | None = None
    route: Route | None = None
    status: int | None = None
    exclusive: bool = True
    by: tuple[str, ...] = ()
    """The field that people log in with."""


@dataclass(frozen=True, slots=True)
class Owned(Fact):
    """Items of an entity belong to whoever made them, who is called like this: the seller."""

    words: tuple[str, ...]
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Status(Fact):
    """Which status something is answered with."""

    case: str
    status: int
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class Hides(Fact):
    """Fields that no answer of some routes contains."""

    names: tuple[tuple[str, ...], ...]
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True)
class Included(Fact):
    """The answer of a route has a list of the items that belong to the one shown."""

    route: Route | None
    items: Items
    order: tuple[tuple[tuple[str, ...], bool], ...] = ()
    names: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Beyond(Fact):
    """Something that is understood well enough to know that it is not built."""

    reason: str
