"""Proposes values that may decide whether a condition holds: those around where it turns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from quantumlayer.agents import FieldSpec, Param
from quantumlayer.offline.writing._bound import (
    Argument,
    Arithmetic,
    Attribute,
    Bound,
    Comparison,
    Convert,
    Function,
    Total,
    Value,
    below,
    each,
)
from quantumlayer.offline.writing._kinds import NUMERIC, Kind, kind_of
from quantumlayer.offline.writing._samples import fits, sample, step, valid
from quantumlayer.offline.writing._values import plain
from quantumlayer.offline.writing._world import converted

__all__ = [
    "around",
    "general",
    "inputs",
    "lengths_of_time",
    "plausible",
    "solved",
    "turning_points",
]

Evaluate = Callable[[Bound], Any]
_WEEK = 7


def inputs(node: Bound) -> Iterator[Attribute | Argument]:
    """Yield what an expression's value can be changed by."""
    for part in each(node):
        if isinstance(part, Attribute | Argument):
            yield part


def turning_points(node: Bound, evaluate: Evaluate) -> Iterator[tuple[Attribute | Argument, Any]]:
    """Yield values of inputs at which a comparison in a condition turns, and those next to them.

    Args:
        node: The condition.
        evaluate: Works out a part in a scenario without changes; None where it is empty.
    """
    for part in each(node):
        if isinstance(part, Comparison):
            yield from _compared(part, evaluate)
        elif isinstance(part, Function) and part.name in {"contains", "includes"}:
            yield from _contained(part, evaluate)
        elif isinstance(part, Function) and part.name == "distinct":
            texts = evaluate(part.arguments[0])
            for target in inputs(part):
                if isinstance(texts, tuple) and texts:
                    yield target, (texts[0],) * max(len(texts), 2)


def _compared(node: Comparison, evaluate: Evaluate) -> Iterator[tuple[Attribute | Argument, Any]]:  # noqa: C901 -- one case for each kind
    for side, other in ((node.left, node.right), (node.right, node.left)):
        goals = _goals(other, evaluate)
        for goal in goals:
            for target in inputs(side):
                if isinstance(side, Total) or _inside_total(side, target):
                    continue
                for near in around(goal, side.kind):
                    found = solved(side, near, target, evaluate)
                    if found is not None:
                        yield target, found
        for part in each(side):  # values that a sum is made of, and conditions on them
            if isinstance(part, Total) and part.value is not None:
                for target in inputs(part.value):
                    for goal in goals:
                        for near in around(goal, part.value.kind):
                            if near is not None:
                                yield target, near


def _goals(other: Bound, evaluate: Evaluate) -> list[Any]:
    if isinstance(other, Value) and isinstance(other.value, tuple):
        return list(other.value)
    value = evaluate(other)
    return [] if value is None else [value]


def _inside_total(node: Bound, target: Bound) -> bool:
    return any(
        isinstance(part, Total) and any(inner is target for inner in each(part))
        for part in each(node)
    )


def _contained(node: Function, evaluate: Evaluate) -> Iterator[tuple[Attribute | Argument, Any]]:
    texts, text = node.arguments
    for side, other in ((texts, text), (text, texts)):
        value = evaluate(other)
        for target in inputs(side):
            if isinstance(value, tuple) and value:
                yield target, value[0]
            elif isinstance(value, str):
                yield target, value if side.kind is Kind.TEXT else (value,)


def around(value: Any, kind: Kind) -> list[Any]:
    """Return a value and its neighbours: one step below and above, if it has any."""
    size = step(kind)
    if size is None or value is None or isinstance(value, bool | str):
        return [value]
    if kind is Kind.MONEY:
        value = Decimal(str(value))
    try:
        return [value, value + size, value - size]
    except (TypeError, OverflowError):
        return [value]


def solved(  # noqa: C901, PLR0911, PLR0912 -- one case for each kind of node
    node: Bound, goal: Any, target: Bound, evaluate: Evaluate
) -> Any:
    """Find the value of an input that gives an expression a value; None where it is not found."""
    if node is target:
        return goal
    if not any(part is target for part in each(node)):
        return None
    try:
        match node:
            case Arithmetic(operator=operator, left=left, right=right):
                return _undone(operator, left, right, goal, target, evaluate)
            case Convert(part=part):
                return solved(part, _unconverted(part, goal, evaluate), target, evaluate)
            case Function(name="length"):
                return "x" * goal if node.arguments[0].kind is Kind.TEXT and goal >= 0 else None
            case Function(name="minutes_between" | "days_between" as name, arguments=(start, end)):
                return _between(name, start, end, goal, target, evaluate)
            case Function(name="minutes" | "hours" | "days" | "weeks" as name):
                seconds = {"minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}[name]
                return solved(node.arguments[0], goal.total_seconds() // seconds, target, evaluate)
            case Function(name="time", arguments=(inner,)):
                moment = evaluate(inner)
                return (
                    None
                    if moment is None
                    else solved(
                        inner, dt.datetime.combine(moment.date(), goal, dt.UTC), target, evaluate
                    )
                )
            case Function(name="weekday", arguments=(inner,)):
                day = evaluate(inner)
                if day is None or not 1 <= goal <= _WEEK:
                    return None
                later = day + dt.timedelta(days=(goal - day.isoweekday()) % _WEEK)
                return solved(inner, later, target, evaluate)
            case Function(name="round" | "ceil" | "floor", arguments=(inner, *_)):
                return solved(inner, goal, target, evaluate)
            case _:
                parts = (solved(part, goal, target, evaluate) for part in below(node))
                return next((part for part in parts if part is not None), None)
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        return None


def _undone(
    operator: str, left: Bound, right: Bound, goal: Any, target: Bound, evaluate: Evaluate
) -> Any:
    on_left = any(part is target for part in each(left))
    side, known = (left, evaluate(right)) if on_left else (right, evaluate(left))
    if known is None:
        return None
    match operator:
        case "+":
            value = goal - known
        case "-":
            value = goal + known if on_left else known - goal
        case "*":
            value = goal / known
        case "/":
            value = goal * known if on_left else known / goal
        case _:
            return None
    if side.kind is Kind.INTEGER and not isinstance(value, dt.timedelta):
        value = int(value)
    return solved(side, value, target, evaluate)


def _unconverted(part: Bound, goal: Any, evaluate: Evaluate) -> Any:
    """Go back from a converted value: a day is that day at the same time."""
    if part.kind is Kind.DATETIME and isinstance(goal, dt.date):
        moment = evaluate(part)
        time = dt.time(12) if moment is None else moment.time()
        return dt.datetime.combine(goal, time, dt.UTC)
    return converted(goal, part.kind)


def _between(
    name: str, start: Bound, end: Bound, goal: Any, target: Bound, evaluate: Evaluate
) -> Any:
    length = dt.timedelta(minutes=goal) if name == "minutes_between" else dt.timedelta(days=goal)
    if any(part is target for part in each(end)):
        known = evaluate(start)
        return None if known is None else solved(end, known + length, target, evaluate)
    known = evaluate(end)
    return None if known is None else solved(start, known - length, target, evaluate)


def plausible(spec: FieldSpec | Param, value: Any) -> Any:
    """Return a value as JSON that the field takes, or None where it does not."""
    kind = kind_of(spec)
    try:
        if kind in NUMERIC and kind is not Kind.MONEY:
            value = int(value) if kind is Kind.INTEGER else float(value)
        json = plain(converted(value, kind))
    except (TypeError, ValueError, AttributeError):
        return None
    if kind is Kind.TEXT and not isinstance(json, str):
        return None
    if kind is Kind.BOOLEAN and not isinstance(json, bool):
        return None
    if kind is Kind.STRINGS and isinstance(json, str):
        json = [json]
    return json if fits(spec, json) else None


def lengths_of_time(nodes: Iterable[Bound]) -> list[dt.timedelta]:
    """Return how long tests may wait: each length in some expressions, and a little longer."""
    found = {dt.timedelta(days=1), dt.timedelta(hours=2)}
    for node in nodes:
        for part in each(node):
            if not isinstance(part, Function) or not part.arguments:
                continue
            amount = part.arguments[0]
            if not isinstance(amount, Value) or not isinstance(amount.value, int | float):
                continue
            unit = {
                "minutes": 1,
                "hours": 60,
                "days": 1_440,
                "weeks": 10_080,
                "months": 44_640,
                "years": 527_040,
            }
            if part.name in unit:
                exact = dt.timedelta(minutes=unit[part.name] * abs(amount.value))
                found |= {exact, exact + dt.timedelta(days=1), exact + dt.timedelta(minutes=1)}
    return sorted(length for length in found if length < dt.timedelta(days=4_000))


def general(spec: FieldSpec | Param) -> list[Any]:
    """Return values of a field that are worth a try, whatever the condition says."""
    if spec.choices:
        return list(spec.choices)
    if spec.type == "boolean":
        return [True, False]
    usual = sample(spec)
    bounds = [value for _, value in valid(spec)] if kind_of(spec) in NUMERIC else []
    return [*([] if usual is None else [usual.at(1)]), *bounds]
