"""Terms put into the expression language."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._slots import Span
from quantumlayer.offline.reading.language._terms import (
    AllOf,
    AnyOf,
    Arithmetic,
    Being,
    Between,
    Call,
    Choose,
    Compare,
    Condition,
    Count,
    Doing,
    Elapsed,
    FieldOf,
    Fold,
    Having,
    Items,
    Literal,
    Moment,
    Opposite,
    Same,
    Shift,
    There,
    Value,
)
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape, person_key
from quantumlayer.offline.reading.text._words import base, singular

__all__ = ["Frame", "Scope", "condition", "is_incoming", "reference_to", "value"]


@dataclass(frozen=True, slots=True)
class Frame:
    """An item that names may belong to: its entity, and what stands before its fields."""

    entity: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression is read: the nearest item first, the item at hand last."""

    world: World
    frames: tuple[Frame, ...]
    others: bool = False
    """Whether items of the entity at hand leave out the item itself."""
    params: tuple[str, ...] = ()

    @property
    def this(self) -> Frame:
        """The item at hand."""
        return self.frames[-1]

    @property
    def near(self) -> Frame:
        """The item that bare names belong to."""
        return self.frames[0]

    def inside(self, entity: str) -> Scope:
        """The scope of the conditions inside an aggregate over an entity."""
        outer = self.this
        prefix = outer.prefix if outer.prefix.startswith("this.") else f"this.{outer.prefix}"
        return replace(self, frames=(Frame(entity), Frame(outer.entity, prefix)))

    def at(self, entity: str, prefix: str) -> Scope:
        """The scope of an item that a reference leads to."""
        return replace(self, frames=(Frame(entity, prefix), *self.frames))


# --- finding -------------------------------------------------------------------------------------


_EDGES = {"start": World.start, "end": World.end}
"""Fields that are asked for by where they stand in time."""


def _find(scope: Scope, words: Sequence[str]) -> tuple[FieldDraft, str, Frame]:
    """Find a field that is named without its owner: here, further out, or one reference away."""
    for frame in scope.frames:
        made = scope.world.field(frame.entity, words)
        if made is not None:
            return made, frame.prefix + escape(made.name), frame
    for frame in scope.frames:
        for reference in scope.world.fields(frame.entity):
            if reference.references is None or reference.references == scope.world.user:
                continue
            made = scope.world.field(reference.references, words)
            if made is not None:
                prefix = f"{frame.prefix}{escape(navigation(reference.name))}."
                return made, prefix + escape(made.name), Frame(reference.references, prefix)
    edge = _EDGES.get(" ".join(words))
    found = edge(scope.world, scope.this.entity) if edge is not None else None
    if found is not None:
        return found, scope.this.prefix + escape(found.name), scope.this
    what = " ".join(words)
    raise Unresolved(f"no field is called {what!r} here")


_IN = frozenset(
    "in deposit credit receipt income purchase incoming inbound add addition plus received bought top topup refund interest earned earn reward bonus".split()
)
_OUT = frozenset(
    "out withdrawal debit issue expense sale outgoing outbound remove removal minus sold withdraw charge fee spent spend redeem redemption payment".split()
)


def is_incoming(kind: str) -> bool | None:
    """Whether something of this kind comes in; None where its name does not say so."""
    words = set(re.split(r"[^a-z]+", kind.lower()))
    comes, goes = bool(words & _IN), bool(words & _OUT)
    return None if comes == goes else comes


def signed(world: World, entity: str, number: str) -> str | None:
    """Count what goes out as less, where items go in and out: `quantity if type == 'in' else -quantity`."""
    for made in world.state_fields(entity):
        lows = {choice.lower(): choice for choice in made.spec["choices"]}
        comes = [choice for low, choice in lows.items() if low in _IN]
        goes = [choice for low, choice in lows.items() if low in _OUT]
        if len(lows) == 2 and comes and goes:
            return f"{number} if {escape(made.name)} == {comes[0]!r} else -{number}"
    return None


def _balance(scope: Scope, words: Sequence[str], owners: Sequence[str]) -> str | None:
    """What there is of something that comes in and goes out: the sum over its movements."""
    world = scope.world
    for name in world.structure.entities:
        made = world.field(name, words)
        if made is None or not all(world.references(name, owner) for owner in owners):
            continue
        text = signed(world, name, escape(made.name))
        if text is None:
            continue
        inner = scope.inside(name)
        links = []
        for owner in owners:
            outer = replace(inner, frames=inner.frames[1:])
            frame = _frame_of(outer, Items(owner))
            links.append(reference_to(inner, name, frame))
        return f"sum({name}, {', '.join((text, *links))})"
    return None


def _frame_of(scope: Scope, items: Items) -> Frame:
    """Find the one item that a description means: `the room`, `it`, `the owner`."""
    if items.person:
        if scope.world.user is None:
            raise Unresolved("there is no log-in, so nobody knows who asks")
        return Frame(scope.world.user, "user.")
    if items.entity is None:
        return scope.this
    for frame in scope.frames:
        if frame.entity == items.entity:
            return frame
    for frame in scope.frames:
        way = scope.world.path(frame.entity, items.entity)
        if way:
            return Frame(items.entity, frame.prefix + "".join(f"{escape(name)}." for name in way))
    here, there = scope.world.label(scope.this.entity), scope.world.label(items.entity)
    raise Unresolved(f"no reference leads from a {here} to the {there}")


def _id(frame: Frame) -> str:
    return f"{frame.prefix}id"


def reference_to(scope: Scope, entity: str, frame: Frame) -> str:
    """Write how items of an entity refer to one item: `room_id == this.room_id`."""
    way = scope.world.path(entity, frame.entity)
    if not way:
        one, other = scope.world.label(entity), scope.world.label(frame.entity)
        raise Unresolved(f"no reference leads from a {one} to a {other}")
    if len(way) == 1:
        made = scope.world.references(entity, frame.entity)[0]
        left = escape(made.name)
    else:
        left = ".".join(escape(name) for name in way) + ".id"
    return f"{left} == {_own_reference(scope, frame)}"


def _own_reference(scope: Scope, frame: Frame) -> str:
    """Prefer `this.room_id` to `this.room.id`."""
    for outer in scope.frames:
        for made in scope.world.fields(outer.entity):
            if made.references == frame.entity:
                prefix = f"{outer.prefix}{escape(navigation(made.name))}."
                if prefix == frame.prefix:
                    return outer.prefix + escape(made.name)
    return _id(frame)


# --- items ---------------------------------------------------------------------------------------


def conditions_of(scope: Scope, items: Items, *, linked: bool = True) -> list[str]:
    """Write the conditions that items meet inside an aggregate: links, states, what they leave out."""
    if items.entity is None:
        raise Unresolved("it is not clear what is counted")
    inner = scope.inside(items.entity)
    written: list[str] = []
    if items.of:
        written.extend(_link(scope, inner, items, other) for other in items.of)
    elif linked:
        written.extend(_natural_link(scope, items))
    written.extend(condition(inner, each) for each in items.where)
    same = items.entity == scope.this.entity
    if same and (scope.others or items.quantifier in {"other", "another", "else"}):
        written.append("id != this.id")
    return [each for each in written if each]


def _link(scope: Scope, inner: Scope, items: Items, other: Items) -> str:
    """`of the room`, `of a member with …`, `by the user`."""
    entity = items.entity or ""
    if other.person and entity == scope.this.entity:
        key = person_key(scope.world, entity)
        if key is not None:
            return f"{escape(key)} == this.{escape(key)}"
    outer = replace(inner, frames=inner.frames[1:])
    if other.person or other.entity is None:
        frame = _frame_of(scope if other.person else outer, other)
        return reference_to(inner, entity, frame)
    if (
        other.entity == scope.this.entity
        or scope.world.path(scope.this.entity, other.entity) is not None
    ):
        frame = _frame_of(outer, replace(other, where=(), of=()))
        if scope.world.path(entity, other.entity):
            return reference_to(inner, entity, frame)
        if back := scope.world.path(frame.entity, entity):
            return f"id == {frame.prefix}{'.'.join(escape(name) for name in back)}.id"
    way = scope.world.path(entity, other.entity)
    if way:
        prefix = "".join(f"{escape(name)}." for name in way)
        there = inner.at(other.entity, prefix)
        return " and ".join(condition(there, each) for each in other.where)
    one, two = scope.world.label(entity), scope.world.label(other.entity)
    raise Unresolved(f"no reference leads from a {one} to a {two}")


def _natural_link(scope: Scope, items: Items) -> list[str]:
    """Items without an `of` belong to the item at hand, if they refer to it."""
    entity = items.entity or ""
    inner = scope.inside(entity)
    near = scope.near
    if near.entity != scope.this.entity and scope.world.references(entity, near.entity):
        frame = near if near.prefix else None
        if frame is not None:
            prefix = (
                frame.prefix
                if frame.prefix.startswith(("this.", "user."))
                else f"this.{frame.prefix}"
            )
            return [reference_to(inner, entity, Frame(near.entity, prefix))]
    outer = inner.frames[1]
    if scope.world.references(entity, outer.entity) and entity != outer.entity:
        return [reference_to(inner, entity, outer)]
    if entity == outer.entity:
        return []
    shared = [
        made
        for made in scope.world.fields(outer.entity)
        if made.references is not None and scope.world.references(entity, made.references)
    ]
    return [
        f"{escape(scope.world.references(entity, made.references or '')[0].name)} == "
        f"{outer.prefix}{escape(made.name)}"
        for made in shared
    ]


def aggregate(scope: Scope, function: str, items: Items, inner_value: str | None = None) -> str:
    """Write an aggregate over items."""
    parts = [items.entity or ""]
    if inner_value is not None:
        parts.append(inner_value)
    parts.extend(conditions_of(scope, items))
    return f"{function}({', '.join(parts)})"


# --- values --------------------------------------------------------------------------------------


def value(scope: Scope, term: Value) -> str:
    """Write a value.

    Raises:
        Unresolved: It speaks of something that no field or reference carries.
    """
    match term:
        case Literal(value=Span() as span):
            return _span(span)
        case Literal(value=literal):
            return literal_text(literal)
        case Moment(name=name):
            return f"{name}()"
        case FieldOf():
            return field_path(scope, term)[1]
        case Shift(value=inner, sign=sign, span=span):
            return f"{value(scope, inner)} {'+' if sign > 0 else '-'} {_span(span)}"
        case Count(items=items):
            return aggregate(scope, "count", items)
        case Fold():
            return _fold(scope, term)
        case Arithmetic(operator=operator, left=left, right=right):
            return (
                f"{_grouped(scope, left, operator)} {operator} {_grouped(scope, right, operator)}"
            )
        case Elapsed():
            return _elapsed(scope, term)
        case Call(function="length", value=FieldOf() as listed):
            made, text = field_path(scope, listed)
            if made.spec.get("type") not in {"strings", "children"}:
                raise Unresolved(f"{made.name!r} is no list")
            return f"length({text})"
        case Call(function=function, value=inner):
            return f"{function}({value(scope, inner)})"
        case Choose(condition=test, then=then, otherwise=otherwise):
            return (
                f"{value(scope, then)} if {condition(scope, test)} else {value(scope, otherwise)}"
            )


def _grouped(scope: Scope, term: Value, operator: str) -> str:
    text = value(scope, term)
    loose = isinstance(term, Arithmetic) and operator in "*/" and term.operator in "+-"
    return f"({text})" if loose or isinstance(term, Shift) else text


def literal_text(literal: Any) -> str:
    """Write a literal."""
    if isinstance(literal, float) and literal.is_integer():
        return str(int(literal))
    return repr(literal)


def _span(span: Span) -> str:
    amount = span.value
    if isinstance(amount, float) and not amount.is_integer() and span.unit == "hours":
        return f"minutes({literal_text(amount * 60)})"
    return f"{span.unit}({literal_text(amount)})"


def field_path(scope: Scope, term: FieldOf) -> tuple[FieldDraft, str]:
    """Find a field and write the way to it."""
    if term.owner is None:
        made, text, _ = _find(scope, term.words)
        return made, text
    if term.owner.entity is None and not term.owner.person:
        for frame in (scope.this, *scope.frames):
            near = scope.world.field(frame.entity, term.words)
            if near is not None:
                return near, frame.prefix + escape(near.name)
        made, text, _ = _find(scope, term.words)
        return made, text
    frame = _frame_of(scope, term.owner)
    found = scope.world.field(frame.entity, term.words)
    edge = _EDGES.get(" ".join(term.words))
    if found is None and edge is not None:
        found = edge(scope.world, frame.entity)
    if found is None:
        owners = [each.entity for each in (term.owner, *term.owner.of) if each.entity is not None]
        balance = _balance(scope, term.words, owners)
        if balance is not None:
            return FieldDraft(
                " ".join(term.words), tuple(term.words), spec={"type": "number"}
            ), balance
        raise Unresolved(
            f"a {scope.world.label(frame.entity)} has no field called {' '.join(term.words)!r}"
        )
    return found, frame.prefix + escape(found.name)


def _fold(scope: Scope, term: Fold) -> str:
    if term.function == "sum" and isinstance(term.value, FieldOf) and term.value.words:
        balance = _balance(scope, term.value.words, [scope.this.entity])
        if balance is not None:
            return balance
    items = term.items
    if items is None:
        items = _implied_items(scope, term.value)
    entity = items.entity or ""
    inner = scope.inside(entity)
    if isinstance(term.value, FieldOf) and not term.value.words:
        number = _numeric_field(scope.world, entity)
        return aggregate(scope, term.function, items, number)
    text = value(inner, term.value)
    return aggregate(scope, term.function, items, text)


def _implied_items(scope: Scope, inner: Value) -> Items:
    """`the sum of all amounts`: of the items that have such a field and belong to this one."""
    words = _first_field(inner)
    here = scope.this.entity
    for name in scope.world.structure.entities:
        if name != here and scope.world.references(name, here) and scope.world.field(name, words):
            return Items(name)
    raise Unresolved(f"it is not clear over which items {' '.join(words)!r} is taken")


def _first_field(term: Value) -> tuple[str, ...]:
    match term:
        case FieldOf(words=words):
            return words
        case Arithmetic(left=left):
            return _first_field(left)
        case _:
            return ()


def _numeric_field(world: World, entity: str) -> str:
    """The one number of an item that `the highest bid` can mean."""
    kinds = {"money", "number", "integer"}
    numbers = [made for made in world.fields(entity) if made.spec.get("type") in kinds]
    stored = [made for made in numbers if "computed" not in made.spec]
    if len(stored) == 1:
        return escape(stored[0].name)
    usual = world.first(entity, _AMOUNTS, kinds)
    if usual is not None:
        return escape(usual.name)
    if len(numbers) != 1:
        raise Unresolved(f"it is not clear which number of a {world.label(entity)} is meant")
    return escape(numbers[0].name)


_AMOUNTS = (
    "total", "amount", "total_price", "total_amount", "sum", "value", "price", "cost", "fee",
)  # fmt: skip


def _elapsed(scope: Scope, term: Elapsed) -> str:
    if term.start is not None and term.end is not None:
        start, end = value(scope, term.start), value(scope, term.end)
        dated = (
            isinstance(term.start, FieldOf)
            and field_path(scope, term.start)[0].spec.get("type") == "date"
        )
    else:
        entity = scope.this.entity
        first, last = scope.world.start(entity), scope.world.end(entity)
        if first is None or last is None:
            raise Unresolved("it is not clear between which moments")
        prefix = scope.this.prefix
        start, end = prefix + escape(first.name), prefix + escape(last.name)
        dated = first.spec.get("type") == "date"
    if term.unit == "days" and dated:
        days = f"days_between({start}, {end})"
        return f"({days} + 1)" if scope.world.inclusive else days
    per = {"minutes": "", "hours": " / 60", "days": " / 1440"}[term.unit]
    text = f"minutes_between({start}, {end}){per}"
    return f"ceil({text})" if term.begun else f"floor({text})"


# --- conditions ----------------------------------------------------------------------------------


def condition(scope: Scope, term: Condition) -> str:
    """Write a condition.

    Raises:
        Unresolved: It speaks of something that no field, reference or state carries.
    """
    match term:
        case Compare():
            return _compare(scope, term)
        case Between(value=inner, low=low, high=high):
            text = value(scope, inner)
            return f"{text} >= {value(scope, low)} and {text} <= {value(scope, high)}"
        case Being():
            return _being(scope, term)
        case Having():
            return _having(scope, term)
        case There(items=items, negated=negated):
            return f"{'not ' if negated else ''}{aggregate(scope, 'exists', items)}"
        case Doing():
            return _doing(scope, term)
        case Same(words=words):
            made, text, _ = _find(scope, words)
            outer = scope.this.prefix or "this."
            if made.spec.get("type") == "datetime" and words in {("date",), ("day",), ("start",)}:
                return f"date({text}) == date({outer}{escape(made.name)})"
            return f"{text} == {outer}{escape(made.name)}"
        case AllOf(parts=parts):
            return " and ".join(_inner(scope, part) for part in parts)
        case AnyOf(parts=parts):
            return _either(scope, parts)
        case Opposite(part=part):
            return opposite(condition(scope, part))


def _inner(scope: Scope, part: Condition) -> str:
    text = condition(scope, part)
    return f"({text})" if isinstance(part, AnyOf) and " or " in text else text


def _either(scope: Scope, parts: Sequence[Condition]) -> str:
    """Write `status in ('new', 'assigned')` rather than two comparisons."""
    texts = [condition(scope, part) for part in parts]
    pairs = [text.split(" == ") for text in texts]
    same = all(len(pair) == 2 and pair[0] == pairs[0][0] and pair[1][:1] == "'" for pair in pairs)
    if same and len(texts) > 1:
        return f"{pairs[0][0]} in ({', '.join(pair[1] for pair in pairs)})"
    return " or ".join(f"({text})" if " and " in text else text for text in texts)


_FLIPPED = {
    " == ": " != ",
    " != ": " == ",
    " <= ": " > ",
    " >= ": " < ",
    " < ": " >= ",
    " > ": " <= ",
}


def opposite(text: str) -> str:
    """Write the opposite of a written condition, as plainly as it can be said."""
    if text.startswith("not ") and " and " not in text and " or " not in text:
        return text[4:]
    if " and " in text or " or " in text or "(" in text.split(" ", maxsplit=1)[0]:
        return f"not ({text})" if " and " in text or " or " in text else f"not {text}"
    if text.endswith(" is not None"):
        return text.removesuffix(" is not None") + " is None"
    if text.endswith(" is None"):
        return text.removesuffix(" is None") + " is not None"
    for one, other in ((" == True", " == False"), (" == False", " == True")):
        if text.endswith(one):
            return text.removesuffix(one) + other
    if " not in " in text:
        return text.replace(" not in ", " in ")
    if " in (" in text:
        return text.replace(" in (", " not in (")
    for sign, flipped in _FLIPPED.items():
        if text.count(sign) == 1 and not any(other in text for other in _FLIPPED if other != sign):
            return text.replace(sign, flipped)
    return f"not ({text})"


def _compare(scope: Scope, term: Compare) -> str:
    left_term = term.left
    if isinstance(left_term, FieldOf) and not left_term.words:
        if isinstance(term.right, Literal) and isinstance(term.right.value, Span):
            return _lasting(scope, left_term, term.operator, term.right.value)
        left_term = _implied_value(scope, term)
    left = value(scope, left_term)
    if term.operator == "contains":
        return f"contains({left}, {value(scope, term.right)})"
    if term.operator == "included":
        made = field_path(scope, left_term)[0] if isinstance(left_term, FieldOf) else None
        if made is not None and made.spec.get("type") == "integer":  # an index
            return f"{left} >= 0 and {left} < {value(scope, Call('length', term.right))}"
        return f"includes({value(scope, term.right)}, {left})"
    if term.operator == "distinct":
        return f"distinct({left})"
    right_term = term.right
    if isinstance(right_term, Literal) and isinstance(right_term.value, Span):
        return _compare_span(scope, left_term, left, term.operator, right_term.value)
    if isinstance(right_term, Literal) and isinstance(left_term, FieldOf):
        right_term = _typed(scope, left_term, right_term)
    if isinstance(right_term, Literal) and right_term.value is None:
        return f"{left} is {'not ' if term.operator == '!=' else ''}None"
    return f"{left} {term.operator} {value(scope, right_term)}"


def _typed(scope: Scope, field: FieldOf, literal: Literal) -> Literal:
    """Spell a state as the field's choices do."""
    made, _ = field_path(scope, field)
    for choice in made.spec.get("choices", ()):
        if choice.lower() == str(literal.value).lower():
            return Literal(choice)
    return literal


def _implied_value(scope: Scope, term: Compare) -> Value:
    """`is above 3`, `ends after 20:00`: what the subject's number or moment is."""
    owner = term.left.owner if isinstance(term.left, FieldOf) else None
    entity = _frame_of(scope, owner).entity if owner is not None else scope.near.entity
    moment = isinstance(term.right, Moment | Shift)
    made = scope.world.start(entity) if moment else None
    if made is None:
        name = _numeric_field(scope.world, entity)
        made = next(each for each in scope.world.fields(entity) if escape(each.name) == name)
    return FieldOf((made.name,), owner)


def _compare_span(scope: Scope, term: Value, left: str, operator: str, span: Span) -> str:
    """`lasts at most 2 hours`, `is more than 14 days old`, `minutes is at least 15`."""
    if isinstance(term, FieldOf) and term.words:
        made, _ = field_path(scope, term)
        if made.spec.get("type") in {"integer", "number"}:
            return f"{left} {operator} {literal_text(span.value)}"
    raise Unresolved(
        f"it is not clear what {literal_text(span.value)} {span.unit} are compared with"
    )


def _lasting(scope: Scope, term: FieldOf, operator: str, span: Span) -> str:
    """`A hire lasts at most 4 hours`: its end, or the field that says how long it takes."""
    frame = _frame_of(scope, term.owner) if term.owner is not None else scope.near
    world, entity = scope.world, frame.entity
    start, end, duration = world.start(entity), world.end(entity), world.duration(entity)
    if start is not None and end is not None and start is not end:
        days = span.unit in {"days", "weeks"} and start.spec.get("type") == "date"
        if days and world.inclusive:
            span = Span(span.value * (7 if span.unit == "weeks" else 1) - 1, "days")
        first, last = (frame.prefix + escape(each.name) for each in (start, end))
        return f"{last} {operator} {first} + {_span(span)}"
    minutes = {"minutes": 1, "hours": 60, "days": 1440}
    if duration is not None and span.unit in minutes:
        made, unit = duration
        amount = span.value * minutes[span.unit] / minutes[unit]
        return f"{frame.prefix}{escape(made.name)} {operator} {literal_text(amount)}"
    raise Unresolved(f"it is not clear when a {world.label(entity)} begins and ends")


# --- being ---------------------------------------------------------------------------------------


def _being(scope: Scope, term: Being) -> str:
    if isinstance(term.subject, FieldOf):
        text = _field_being(scope, term.subject, term.words)
    else:
        inner = scope
        if term.subject is not None:
            frame = _subject_frame(scope, term.subject)
            inner = scope if frame == scope.near else scope.at(frame.entity, frame.prefix)
        text = state(inner, term.words)
    return opposite(text) if term.negated else text


def _subject_frame(scope: Scope, subject: Items) -> Frame:
    if subject.where or (subject.of and subject.entity is not None):
        pass
    return _frame_of(scope, subject)


_OPPOSITES = {
    "closed": "open", "inactive": "active", "disabled": "enabled", "private": "public",
    "unavailable": "available", "unread": "read", "unpaid": "paid", "undone": "done", "off": "on",
    "incomplete": "complete", "unpublished": "published", "unanswered": "answered", "vacant": "taken",
    "open": "closed", "unfinished": "finished", "unresolved": "resolved", "unassigned": "assigned",
    "unreserved": "reserved", "unarchived": "archived", "ungraded": "graded", "deactivated": "active",
    "online": "offline", "unconfirmed": "confirmed", "pending": "done", "overdrawn": "covered",
}  # fmt: skip


_NOT_DONE = frozenset(
    {"open", "pending", "outstanding", "unfinished", "incomplete", "undone", "active"}
)
_DONE = ("done", "completed", "finished", "closed", "resolved", "settled", "complete")


def state(scope: Scope, words: tuple[str, ...]) -> str:
    """Write that the nearest item is in a state."""
    frame = scope.near
    word = " ".join(words)
    if words == ("untaken",):
        raise Unresolved("it is not clear in which time")
    for attempt in (_defined, _by_choice, _by_flag, _by_action, _by_filled, _by_time, _by_room):
        text = attempt(scope, words)
        if text is not None:
            return text
    text = _by_absence(scope, word)
    if text is not None:
        return text
    for other in (_OPPOSITES.get(word), *(_DONE if word in _NOT_DONE else ())):
        if other is None:
            continue
        for attempt in (_by_choice, _by_flag, _by_action, _by_filled):
            text = attempt(scope, (other,))
            if text is not None:
                return opposite(text)
    raise Unresolved(
        f"the document does not say when a {scope.world.label(frame.entity)} is {word!r}"
    )


_LENT = frozenset(
    "out|away|on loan|lent|lent out|rented|rented out|borrowed|hired|hired out|taken|in use|checked out|given out"
    "|handed out|gone|taken home|not back".split("|")
)
_RETURNED = frozenset(
    "back|in|home|at home|there|available|free|in the house|on the shelf|in stock".split("|")
)


def _by_absence(scope: Scope, word: str) -> str | None:
    """`a tool that is out`: something that was made with it has not come to its end."""
    if word not in _LENT | _RETURNED:
        return None
    world, frame = scope.world, scope.near
    makers = [
        name
        for name in world.structure.entities
        if name != frame.entity
        and world.references(name, frame.entity)
        and world.active(name)
        and not world.spans(name)
    ]
    if len(makers) != 1:
        return None
    outer = frame.prefix if frame.prefix.startswith(("this.", "user.")) else f"this.{frame.prefix}"
    parts = [reference_to(scope.inside(makers[0]), makers[0], Frame(frame.entity, outer))]
    parts.extend(world.active(makers[0]))
    if makers[0] == scope.this.entity and scope.others:
        parts.append("id != this.id")
    text = f"exists({', '.join((makers[0], *parts))})"
    return text if word in _LENT else opposite(text)


def _defined(scope: Scope, words: tuple[str, ...]) -> str | None:
    found = scope.world.definitions.get((scope.near.entity, " ".join(words)))
    return (
        f"({text})"
        if found is not None and " or " in (text := condition(scope, found))
        else (condition(scope, found) if found is not None else None)
    )


def _by_choice(scope: Scope, words: tuple[str, ...]) -> str | None:
    frame = scope.near
    wanted = {"_".join(words), " ".join(words), "-".join(words), "".join(words)}
    wanted |= {singular(each) for each in wanted}
    for made in scope.world.state_fields(frame.entity):
        for choice in made.spec["choices"]:
            if choice.lower() in wanted:
                return f"{frame.prefix}{escape(made.name)} == {choice!r}"
    return None


def _by_flag(scope: Scope, words: tuple[str, ...]) -> str | None:
    frame = scope.near
    name = "_".join(words)
    for made in scope.world.fields(frame.entity):
        if made.spec.get("type") != "boolean":
            continue
        if made.name.lower() in {name, f"is_{name}", f"has_{name}"} or made.words == words:
            return f"{frame.prefix}{escape(made.name)} == True"
    return None


def _by_action(scope: Scope, words: tuple[str, ...]) -> str | None:
    frame = scope.near
    if len(words) > 2:
        return None
    verb = "-".join((base(words[0]), *words[1:]))
    action = scope.world.action(frame.entity, verb)
    if action is None:
        return None
    if action.states is not None and " if " not in action.states[1]:
        return f"{frame.prefix}{escape(action.states[0])} == {action.states[1]}"
    for name, text in action.sets.items():
        if text in {"now()", "today()"}:
            return f"{frame.prefix}{escape(name)} is not None"
        if text in {"True", "False"}:
            return f"{frame.prefix}{escape(name)} == {text}"
    return None


def _by_filled(scope: Scope, words: tuple[str, ...]) -> str | None:
    """`graded` is a grade that is there, `returned` a return date, `assigned` an agent."""
    frame = scope.near
    if len(words) != 1:
        return None
    stem = base(words[0])
    for made in scope.world.fields(frame.entity):
        if (
            made.spec.get("required")
            or made.spec.get("type") == "boolean"
            or "default" in made.spec
        ):
            continue
        if stem in {made.name, base(made.words[0])} or (made.words[0] == stem):
            return f"{frame.prefix}{escape(made.name)} is not None"
    return None


def _by_time(scope: Scope, words: tuple[str, ...]) -> str | None:
    frame, world = scope.near, scope.world
    word = words[-1] if words[:2] == ("in", "the") else " ".join(words)

    def at(made: FieldDraft) -> str:
        return frame.prefix + escape(made.name)

    start, end = world.start(frame.entity), world.end(frame.entity)

    def clock(made: FieldDraft) -> str:
        return "today()" if made.spec["type"] == "date" else "now()"

    if word == "overdue":
        due = world.due(frame.entity)
        return _overdue(scope, at(due), clock(due)) if due is not None else None
    if word in {"started", "begun"} and start is not None:
        return f"{at(start)} <= {clock(start)}"
    if word in {"upcoming", "future", "planned"} and start is not None:
        return f"{at(start)} > {clock(start)}"
    if word in {"over", "ended", "past", "finished", "expired", "gone", "closed", "passed"}:
        last = end or start
        if last is None:
            return None
        passed = f"{at(last)} < {clock(last)}"
        finals = [
            text for each in _FINAL if word == "over" and (text := _by_choice(scope, (each,)))
        ]
        return " or ".join((*finals, passed))
    stem = base(words[0])[:_STEM]
    for made in world.fields(frame.entity) if len(stem) == _STEM and len(words) == 1 else ():
        dated = (
            made.spec.get("type") in {"date", "datetime"} and made.spec.get("set_by") != "system"
        )
        if dated and made.words[0].startswith(stem) and words[0] != made.words[0]:
            return f"{at(made)} < {clock(made)}"  # departed: its departure is over
    if word in {"running", "current", "ongoing", "valid", "under way", "active"}:
        ends = end is not None and any(
            action.entity == frame.entity and end.name in action.sets for action in world.actions
        )
        if end is not None and ends:
            return f"{at(end)} is None"
        return _running(start, end, at, clock)
    return None


_STEM = 4


def _running(
    start: FieldDraft | None,
    end: FieldDraft | None,
    at: Callable[[FieldDraft], str],
    clock: Callable[[FieldDraft], str],
) -> str | None:
    if end is not None and not end.spec.get("required", True):
        return f"{at(end)} is None"
    if start is None or end is None:
        return None
    return f"{at(start)} <= {clock(start)} and {at(end)} >= {clock(end)}"


_FINAL = ("closed", "ended", "finished", "over", "cancelled", "completed")
_FINISHED = frozenset(
    "done completed closed paid returned cancelled canceled resolved finished rejected archived".split()
)


def _overdue(scope: Scope, due: str, clock: str) -> str:
    """Past its due date and not finished in any of the ways the entity knows."""
    frame, world = scope.near, scope.world
    parts = [f"{due} < {clock}"]
    for made in world.fields(frame.entity):
        name = frame.prefix + escape(made.name)
        if made.spec.get("type") == "boolean" and made.words[-1] in _FINISHED:
            parts.append(f"{name} == False")
        elif made.spec.get("type") == "enum":
            final = [choice for choice in made.spec["choices"] if choice.lower() in _FINISHED]
            if final:
                parts.append(
                    f"{name} not in ({', '.join(map(repr, final))},)"
                    if len(final) == 1
                    else f"{name} not in ({', '.join(map(repr, final))})"
                )
        elif (
            made.spec.get("type") in {"date", "datetime"}
            and not made.spec.get("required", True)
            and base(made.words[0])
            in {"return", "complete", "finish", "pay", "close", "resolve", "do"}
        ):
            parts.append(f"{name} is None")
    return " and ".join(parts)


# --- room ----------------------------------------------------------------------------------------


def usage(scope: Scope, container: Frame, *, others: bool) -> tuple[str, str]:
    """Write how much of a container's capacity is taken, and the capacity."""
    world = scope.world
    capacity = world.capacity(container.entity)
    registrants = world.registrants(container.entity)
    if capacity is None or not registrants:
        raise Unresolved(f"it is not clear how a {world.label(container.entity)} fills up")
    registrant = scope.this.entity if scope.this.entity in registrants else registrants[0]
    inner = scope.inside(registrant)
    prefix = container.prefix
    outer = prefix if prefix.startswith(("this.", "user.")) else f"this.{prefix}"
    parts = [
        reference_to(inner, registrant, Frame(container.entity, outer)),
        *world.active(registrant),
    ]
    if others and registrant == scope.this.entity:
        parts.append("id != this.id")
    amount = taking(world, registrant)
    if amount is not None and world.spans(registrant) and registrant == scope.this.entity:
        return amount, prefix + escape(capacity.name)
    if amount is not None:
        text = f"sum({registrant}, {', '.join((amount, *parts))})"
    else:
        text = f"count({registrant}, {', '.join(parts)})"
    return text, prefix + escape(capacity.name)


def taking(world: World, entity: str) -> str | None:
    """Write how many places an item takes; None for one. Whoever brings guests takes one more."""
    made = world.amount(entity)
    if made is None:
        return None
    name = escape(made.name)
    return f"{name} + 1" if made.has("besides") else name


_FULL = frozenset(
    {"full", "sold out", "fully booked", "booked out", "taken", "fully occupied", "complete"}
)
_FREE = frozenset({"free", "available", "open", "enough", "left", "vacant", "bookable", "in stock"})


def _by_room(scope: Scope, words: tuple[str, ...]) -> str | None:
    word = " ".join(words)
    if word not in _FULL | _FREE:
        return _emptiness(scope, word)
    try:
        used, room = usage(scope, scope.near, others=scope.others)
    except Unresolved:
        return None
    return f"{used} >= {room}" if word in _FULL else f"{used} < {room}"


_CONTENTS = frozenset("balance stock contents content items lines entries level filling".split())


def _emptiness(scope: Scope, word: str) -> str | None:
    """`an empty list`: one that nothing refers to but what is at hand; an empty wallet has a balance of 0."""
    if word != "empty":
        return None
    world, frame = scope.world, scope.near
    held = [made for made in world.fields(frame.entity) if made.words[-1] in _CONTENTS]
    if len(held) == 1:
        listed = held[0].spec.get("type") in {"strings", "children"}
        text = f"{frame.prefix}{escape(held[0].name)}"
        return f"length({text}) == 0" if listed else f"{text} == 0"
    parts = [
        name
        for name in world.structure.entities
        if name not in {frame.entity, scope.this.entity} and world.references(name, frame.entity)
    ]
    empty = [f"not {aggregate(scope, 'exists', Items(part))}" for part in parts]
    return f"({' and '.join(empty)})" if len(empty) > 1 else "".join(empty) or None


def _field_being(scope: Scope, field: FieldOf, words: tuple[str, ...]) -> str:
    made, text = field_path(scope, field)
    kind = made.spec.get("type")
    word = words[-1] if words[:2] == ("in", "the") else " ".join(words)
    clock = "today()" if kind == "date" else "now()"
    if kind in {"date", "datetime"}:
        if word in {"passed", "over", "past", "gone", "expired", "reached", "elapsed"}:
            return f"{text} < {clock}" if word != "reached" else f"{text} <= {clock}"
        if word in {"future", "upcoming"}:
            return f"{text} > {clock}"
    if word in {"empty", "null", "missing", "unknown", "unset", "blank"}:
        return f"{text} is None"
    if word in {"set", "given", "known", "filled", "present", "there"}:
        return f"{text} is not None"
    if word in {"wrong", "incorrect", "false", "bad"} and made.name in scope.params:
        return f"{text} != param.{made.name}"
    if word in {"right", "correct"} and made.name in scope.params:
        return f"{text} == param.{made.name}"
    if word == "positive":
        return f"{text} > 0"
    if word == "negative":
        return f"{text} < 0"
    if word in {"zero", "used up", "exhausted"}:
        return f"{text} == 0"
    if kind == "boolean" and word in {"true", "on", "set", "yes", "false", "off", "no"}:
        return f"{text} == {word in {'true', 'on', 'set', 'yes'}}"
    for choice in made.spec.get("choices", ()):
        if choice.lower() == word:
            return f"{text} == {choice!r}"
    if word in {"free", "available", "left", "enough", "taken", "occupied"}:
        frame = _find(scope, field.words)[2]
        used, room = usage(scope, frame, others=scope.others)
        return f"{used} >= {room}" if word in {"taken", "occupied"} else f"{used} < {room}"
    raise Unresolved(f"it is not clear when {made.name!r} is {word!r}")


# --- having, doing -------------------------------------------------------------------------------


def _having(scope: Scope, term: Having) -> str:
    subject = term.subject
    if subject is not None and subject.entity is None and subject.person and _anybody(subject):
        return _having(scope, replace(term, subject=None))
    inner = scope
    if term.subject is not None:
        frame = _frame_of(scope, term.subject)
        if frame != scope.near:
            inner = scope.at(frame.entity, frame.prefix)
    if isinstance(term.items, FieldOf):
        text = _has_field(inner, term.items)
        return opposite(text) if term.negated else text
    items = term.items
    frame = inner.near
    if scope.world.references(items.entity or "", frame.entity):
        aggregated = inner.inside(items.entity or "")
        prefix = frame.prefix
        if not prefix.startswith(("this.", "user.")):
            prefix = f"this.{prefix}"
        parts = [reference_to(aggregated, items.entity or "", Frame(frame.entity, prefix))]
        parts.extend(condition(aggregated, each) for each in items.where)
        if items.entity == scope.this.entity and scope.others:
            parts.append("id != this.id")
        text = f"exists({', '.join((items.entity or '', *parts))})"
    else:
        text = aggregate(inner, "exists", items)
    return opposite(text) if term.negated else text


def _has_field(scope: Scope, field: FieldOf) -> str:
    made, text = field_path(scope, field)
    kind = made.spec.get("type")
    if kind == "boolean":
        return f"{text} == True"
    if kind in {"strings", "children"}:
        return f"length({text}) > 0"
    if kind == "integer" and made is scope.world.capacity(scope.near.entity):
        used, room = usage(scope, scope.near, others=scope.others)
        return f"{used} < {room}"
    return f"{text} is not None"


def _doing(scope: Scope, term: Doing) -> str:
    entity = scope.world.vocabulary.verbs.get(term.verb)
    if entity is None:
        raise Unresolved(f"it is not clear what it leaves behind to {term.verb}")
    of = tuple(
        each
        for each in (
            term.object,
            term.subject
            if term.subject and not _anybody(term.subject) and not _somebody(term.subject)
            else None,
        )
        if each is not None
    )
    text = aggregate(scope, "exists", Items(entity, of=of))
    text = _by_same_person(scope, term, entity, text)
    return (
        opposite(text)
        if term.negated or (term.subject and term.subject.quantifier == "no")
        else text
    )


def _by_same_person(scope: Scope, term: Doing, entity: str, text: str) -> str:
    """`she rated this recipe before`: whoever the item at hand names."""
    if entity != scope.this.entity or term.subject is None or not _somebody(term.subject):
        return text
    key = person_key(scope.world, entity)
    return text if key is None else f"{text[:-1]}, {escape(key)} == this.{escape(key)})"


def _somebody(subject: Items) -> bool:
    """Whether a pronoun means whoever makes the item at hand."""
    return subject.words[:1] in {
        ("she",),
        ("he",),
        ("they",),
        ("person",),
        ("client",),
        ("caller",),
    }


def _anybody(subject: Items) -> bool:
    return subject.words[:1] in {
        ("somebody",), ("someone",), ("anybody",), ("anyone",), ("nobody",), ("people",), ("everybody",)
    }  # fmt: skip
