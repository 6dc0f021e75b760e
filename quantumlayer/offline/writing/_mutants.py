"""Changes expressions a little, as a mistake would, to see whether tests notice.

A test is worth writing where it tells an expression from such a change of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from quantumlayer.offline.writing._bound import (
    Attribute,
    Bound,
    Choice,
    Comparison,
    Junction,
    Total,
    Value,
    attributes,
    conjuncts,
    each,
    mapped,
)
from quantumlayer.offline.writing._names import snake

__all__ = ["mutants"]

_NEXT = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}


def mutants(node: Bound) -> list[tuple[str, Bound]]:
    """Return changed versions of an expression, each with what the change is about.

    Conditions are left out, one at a time, also those of aggregates; the limits of comparisons
    are moved by one step; choices are decided beforehand.
    """
    return [(about, changed) for about, changed in _changed(node) if changed != node]


def _changed(node: Bound) -> Iterator[tuple[str, Bound]]:
    for part in each(node):
        match part:
            case Total(where=where):
                several = tuple(inner for condition in where for inner in conjuncts(condition))
                for number, condition in enumerate(several):
                    rest = (*several[:number], *several[number + 1 :])
                    yield _about(condition), _swapped(node, part, replace(part, where=rest))
            case Junction(parts=parts):
                for number, condition in enumerate(parts):
                    rest = (*parts[:number], *parts[number + 1 :])
                    other = rest[0] if len(rest) == 1 else replace(part, parts=rest)
                    yield _about(condition), _swapped(node, part, other)
            case Comparison(operator=operator) if operator in _NEXT:
                turned = replace(part, operator=_NEXT[operator])
                yield f"limit of the {_about(part)}", _swapped(node, part, turned)
            case Choice(condition=condition, then=then, otherwise=otherwise):
                for decided in (then, otherwise):
                    yield _about(condition), _swapped(node, part, decided)
            case _:
                continue


def _swapped(node: Bound, old: Bound, new: Bound) -> Bound:
    return mapped(node, lambda part: new if part is old else None)


def _about(node: Bound) -> str:
    """Name what a condition is about: the field that it compares."""
    names = [
        snake(attribute.column.name).replace("_", " ")
        for attribute in attributes(node)
        if attribute.column.spec is not None
    ]
    if names:
        return names[0]
    known = [part for part in each(node) if isinstance(part, Value | Attribute)]
    return "item itself" if known else "rest"
