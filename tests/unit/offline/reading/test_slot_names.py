"""Every slot of a pattern is read by one function, whichever table names it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from quantumlayer.offline.reading.sentences import _grammar


def test_no_two_tables_of_the_grammar_read_a_slot_differently() -> None:
    readers: dict[str, set[Callable[..., object]]] = defaultdict(set)
    for name, value in vars(_grammar).items():
        if name.endswith("_SLOTS"):
            for slot, function in value.items():
                readers[slot].add(function)
    assert len(readers) > 50
    assert {slot for slot, functions in readers.items() if len(functions) > 1} == set()
