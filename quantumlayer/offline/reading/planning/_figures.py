"""What a figure is taken over, and what its name alone says.

free_seats         capacity - sum(Booking, seats, event_id == this.id)
published          count(Episode, show_id == this.id, status == 'published')
total_duration     sum(Episode, duration, show_id == this.id)
days, spent, best  how long the item takes, the sum and the highest of the one number of its parts
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.planning._render import (
    Frame,
    Scope,
    condition,
    reference_to,
    state,
    taking,
    usage,
)
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import is_plural, singular, split_name

__all__ = [
    "FUNCTIONS",
    "NUMERIC",
    "Ground",
    "counted",
    "kind_of",
    "named",
    "only_number",
    "own",
    "state_of",
    "thing_among",
]

NUMERIC = frozenset({"integer", "number", "money"})
FUNCTIONS = {
    **dict.fromkeys("sum total totals altogether together overall adds added add adding sums summed summing totalled combined much".split(), "sum"),
    **dict.fromkeys("average avg mean averages averaged".split(), "avg"),
    **dict.fromkeys("highest maximum max largest most best latest longest newest last biggest top greatest hottest warmest heaviest strongest furthest fastest oftenest".split(), "max"),
    **dict.fromkeys("lowest minimum min smallest least earliest shortest oldest first worst cheapest coldest slowest lightest youngest".split(), "min"),
    **dict.fromkeys("number count counts counted counting many amount".split(), "count"),
}  # fmt: skip
_MONEY = frozenset(
    "spent paid raised earned revenue takings income turnover sales cost costs amount sum value volume"
    " donated collected fees charges expenses invoiced outstanding owed balance money saved received".split()
)
"""Names of sums over the one number that the items have."""
_USED = frozenset(
    "used taken occupied booked reserved sold filled registered attending enrolled loaded assigned".split()
)
_FREE = frozenset("free available left remaining open unused vacant spare unsold".split())
_ROOM = frozenset("places seats capacity room spaces size slots total".split())


@dataclass(frozen=True, slots=True)
class Ground:
    """What figures are taken over."""

    world: World
    holder: str | None = None
    """The entity of the item that they are about, where there is one."""
    parts: tuple[str, ...] = ()
    """What is counted, likeliest first."""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Conditions for items to count at all: entity → conditions."""
    known: Mapping[str, str] = field(default_factory=dict)
    """Figures that are worked out already: name → expression."""
    params: tuple[str, ...] = ()
    itself: str = ""
    """The field that is worked out."""
    fraction: bool = False
    """Whether shares are parts of one rather than of a hundred."""

    @classmethod
    def of(cls, world: World, holder: str | None, entity: str | None = None) -> Ground:
        """Take figures of one item, or of all items where there is no holder."""
        if holder is None:
            names = [entity] if entity else list(world.structure.entities)
            return cls(world, None, tuple(names))
        parts = [
            name
            for name in world.structure.entities
            if name != holder and world.path(name, holder, 2)
        ]
        parts.sort(key=lambda name: not world.references(name, holder))
        where = {
            name: tuple(condition(Scope(world, (Frame(name),)), each) for each in said)
            for name, said in world.figures.items()
            if name in parts
        }
        return cls(world, holder, tuple(parts), where)

    def about(self, tokens: Sequence[Token]) -> Ground:
        """Put what some words name before the rest of what is counted."""
        told = [
            each
            for token in tokens
            for low in ([token.low] if token.kind == "word" else _names_in(token))
            if (each := thing_among(self, (low,))) is not None
        ]
        return replace(self, parts=tuple(dict.fromkeys((*told, *self.parts))))

    def conditions(self, entity: str, *states: str) -> str:
        """Write which items of an entity count, to stand behind what is taken of them."""
        found: list[str] = []
        if self.holder is not None and entity != self.holder:
            scope = Scope(self.world, (Frame(self.holder),)).inside(entity)
            found.append(reference_to(scope, entity, Frame(self.holder, "this.")))
        found.extend(each for each in self.where.get(entity, ()) if each not in states)
        return "".join(f", {each}" for each in (*found, *states) if each)

    def holder_field(self, words: Sequence[str]) -> FieldDraft | None:
        """A field of the item itself."""
        return self.world.field(self.holder, words) if self.holder is not None else None


def _names_in(token: Token) -> list[str]:
    return [name.lower() for name in token.value.members] if token.kind == "sketch" else []


def kind_of(world: World, text: str, holder: str | None = None) -> str:
    """The type of a figure: that of the numbers it is made of."""
    if "avg(" in text or " / " in text:
        return "number" if "floor(" not in text and "ceil(" not in text else "integer"
    entities = [*re.findall(r"(?:sum|min|max)\((\w+), ", text), *([holder] if holder else [])]
    outside = re.sub(r"count\([^()]*\)", "", text)
    kinds = {
        str(made.spec.get("type"))
        for entity in entities
        for name in re.findall(r"[A-Za-z_]\w*", outside)
        if (made := world.draft(entity).fields.get(name)) is not None
    }
    return next(
        (kind for kind in ("money", "number", "date", "datetime") if kind in kinds), "integer"
    )


# --- by its name ---------------------------------------------------------------------------------


def named(ground: Ground, name: str) -> str | None:
    """Work out a figure by its name alone; None where that does not say it."""
    words = split_name(name.replace("-", "_"))
    for attempt in (own, _room, _in_state, _of_things, _folded, _summed, _what_is_left, _long):
        text = attempt(ground, words)
        if text is not None:
            return text
    return None


def own(ground: Ground, words: tuple[str, ...]) -> str | None:
    """Write a figure, parameter or field of the item that is called exactly so."""
    name = "_".join(words)
    if name in ground.known:
        return f"({ground.known[name]})"
    if name in ground.params:
        return f"param.{escape(name)}"
    made = _exact(ground.world, ground.holder or "", words)
    return escape(made.name) if made is not None and made.name != ground.itself else None


def _exact(world: World, entity: str, words: tuple[str, ...]) -> FieldDraft | None:
    """A field that is called exactly so."""
    made = world.field(entity, words)
    same = made is not None and (made.words == words or made.name.lower() == "_".join(words))
    return made if same else None


def _room(ground: Ground, words: tuple[str, ...]) -> str | None:
    """`places`, `used`, `free`: how full the item is."""
    if ground.holder is None or len(words) > 2:
        return None
    what = set(words) - _ROOM
    if what - _USED - _FREE - {"count", "number"} or (not what and len(words) > 1):
        return None
    if not what and any(_exact(ground.world, entity, words) for entity in ground.parts):
        return None
    room, used = _capacity(ground), _usage(ground)
    if not what:
        return room
    if what <= _USED | {"count", "number"}:
        return used if room is not None else None
    return f"{room} - {used}" if room and used else None


def _capacity(ground: Ground) -> str | None:
    """How many there is room for: one number of the item, or its rows times its columns."""
    world, holder = ground.world, ground.holder or ""
    made = world.capacity(holder)
    if made is not None:
        return escape(made.name)
    sides = [
        world.field(holder, (pair,)) for pair in ("rows", "columns") if world.field(holder, (pair,))
    ]
    if len(sides) == 2:
        return " * ".join(escape(each.name) for each in sides if each is not None)
    return None


def _usage(ground: Ground) -> str | None:
    world, holder = ground.world, ground.holder or ""
    if not any(ground.where.values()):
        try:
            return usage(Scope(world, (Frame(holder),)), Frame(holder), others=False)[0]
        except Unresolved:
            pass
    if not ground.parts:
        return None
    part = ground.parts[0]
    states = ground.where.get(part) or world.active(part)
    return counted(ground, part, *states)


def counted(ground: Ground, entity: str, *states: str) -> str:
    """How many there are, or how many places or pieces they take together."""
    amount = taking(ground.world, entity)
    taken = f"sum({entity}, {amount}" if amount is not None else f"count({entity}"
    return f"{taken}{ground.conditions(entity, *states)})"


def _in_state(ground: Ground, words: tuple[str, ...]) -> str | None:
    """`drafts`, `in_progress`, `high_count`, `issues_sent`: how many are in a state."""
    plain = tuple(each for each in words if each not in {"count", "number", "total", "of"})
    ways = [(plain, ground.parts)]
    for at in (0, -1):  # issues_sent, open_orders
        noun = plain[:1] if at == 0 else plain[-1:]
        rest = plain[1:] if at == 0 else plain[:-1]
        found = thing_among(ground, noun)
        if found is not None and rest:
            ways.insert(0, (rest, (found,)))
    for state_words, entities in ways:
        for entity in entities:
            text = state_of(ground, entity, state_words)
            if text is not None:
                return f"count({entity}{ground.conditions(entity, text)})"
    return None


def state_of(ground: Ground, entity: str, words: tuple[str, ...], prefix: str = "") -> str | None:
    """What makes an item of an entity be in a state: a choice, a flag, what an action left behind."""
    if not words or words[0] in FUNCTIONS:
        return None
    world = ground.world
    spelled = "_".join(words)
    for made in world.state_fields(entity):
        for choice in made.spec["choices"]:
            low = choice.lower().replace("-", "_").replace(" ", "_")
            if spelled == low or (len(words) == 1 and singular(spelled) == low):
                return f"{prefix}{escape(made.name)} == {choice!r}"
    if world.field(entity, words) is not None and words[0] not in world.vocabulary.states:
        made_ = world.field(entity, words)
        if made_ is not None and made_.spec.get("type") != "boolean":
            return None
    try:
        return state(Scope(world, (Frame(entity, prefix),)), words)
    except Unresolved:
        return None


def thing_among(ground: Ground, words: Sequence[str]) -> str | None:
    """The entity among those counted that some words name."""
    if not words:
        return None
    word = ground.world.structure.lexicon.find([*words[:-1], singular(words[-1])])
    return word.name if word is not None and word.name in ground.parts else None


def _of_things(ground: Ground, words: tuple[str, ...]) -> str | None:
    """`invoices`, `order_count`, `number_of_orders`: how many there are; `count`: of whatever is counted."""
    plain = tuple(
        each for each in words if each not in {"count", "number", "total", "of", "counts"}
    )
    entity = thing_among(ground, plain) if plain else None
    if entity is None and not plain and words != ("total",) and ground.parts:
        entity = ground.parts[0]
    if entity is not None and (is_plural(words[-1]) or len(plain) < len(words)):
        return f"count({entity}{ground.conditions(entity)})"
    return None


def _folded(ground: Ground, words: tuple[str, ...]) -> str | None:
    """`total_duration`, `average_stars`, `kilos_total`, `best`."""
    function, rest = None, words
    for at in (0, -1):
        if words[at] in FUNCTIONS and FUNCTIONS[words[at]] != "count":
            function, rest = FUNCTIONS[words[at]], words[1:] if at == 0 else words[:-1]
            break
    if function is None:
        return None
    for entity in ground.parts:
        made = ground.world.field(entity, rest) if rest else only_number(ground.world, entity)
        if made is None or made.spec.get("type") not in NUMERIC | {"date", "datetime"}:
            continue
        if function in {"sum", "avg"} and made.spec.get("type") not in NUMERIC:
            continue
        return f"{function}({entity}, {escape(made.name)}{ground.conditions(entity)})"
    return None


def _summed(ground: Ground, words: tuple[str, ...]) -> str | None:
    """`kilos`, `fees`, `spent`, `revenue`: the sum of the number of that name, or of the only one."""
    single = (*words[:-1], singular(words[-1]))
    for entity in ground.parts:
        for each in (words, single):
            made = ground.world.field(entity, each)
            if made is not None and made.spec.get("type") in NUMERIC and not made.references:
                return f"sum({entity}, {escape(made.name)}{ground.conditions(entity)})"
    if set(words) <= _MONEY:
        for entity in ground.parts:
            made = only_number(ground.world, entity)
            if made is not None:
                return f"sum({entity}, {escape(made.name)}{ground.conditions(entity)})"
    return None


def only_number(world: World, entity: str) -> FieldDraft | None:
    """The number of an item that a sum without a name is taken of: the amount, or the only one."""
    numbers = [
        made
        for made in world.fields(entity)
        if made.spec.get("type") in NUMERIC and made.references is None and not made.hidden
    ]
    money = [made for made in numbers if made.spec.get("type") == "money"]
    usual = [made for made in numbers if made.words[-1] in _MONEY | {"total", "price", "fee"}]
    for found in (money, usual, numbers):
        if len(found) == 1:
            return found[0]
    return None


def _what_is_left(ground: Ground, words: tuple[str, ...]) -> str | None:
    """`remaining` where a budget is spent: what the item has less what its parts took."""
    if ground.holder is None or not set(words) <= _FREE | {"balance", "budget", "amount"}:
        return None
    money = [
        made
        for made in ground.world.fields(ground.holder)
        if made.spec.get("type") in NUMERIC and "computed" not in made.spec and not made.references
    ]
    sums = [text for name, text in ground.known.items() if text.startswith("sum(")]
    if len(money) != 1 or len(sums) != 1:
        return None
    text = f"{escape(money[0].name)} - ({sums[0]})"
    if money[0].spec.get("required"):
        return text
    return f"{text} if {escape(money[0].name)} is not None else None"


_UNITS = {"days": "days", "nights": "days", "hours": "hours", "minutes": "minutes"}


def _long(ground: Ground, words: tuple[str, ...]) -> str | None:
    """`days`, `hours`: how long the item takes, or everything that belongs to it together."""
    unit = _UNITS.get(words[-1])
    if unit is None or len(words) > 2:
        return None
    for entity in (ground.holder, *ground.parts):
        if entity is None:
            continue
        way = _span(ground.world, entity, unit)
        if way is None:
            continue
        if entity == ground.holder:
            return way
        return f"sum({entity}, {way}{ground.conditions(entity)})"
    return None


def _span(world: World, entity: str, unit: str, way: str = "") -> str | None:
    """How long an item takes; where it has no times of its own, what it refers to."""
    first, last = world.start(entity), world.end(entity)
    if first is not None and last is not None and first is not last:
        start, end = f"{way}{escape(first.name)}", f"{way}{escape(last.name)}"
        if first.spec.get("type") == "date":
            return f"days_between({start}, {end})" if unit == "days" else None
        per = {"minutes": "", "hours": " / 60", "days": " / 1440"}[unit]
        return f"minutes_between({start}, {end}){per}"
    for made in world.fields(entity) if not way else ():
        if made.references is not None and made.references != world.user:
            name = made.name.removesuffix("_id").removesuffix("Id")
            text = _span(world, made.references, unit, f"{escape(name)}.")
            if text is not None:
                return text
    return None
