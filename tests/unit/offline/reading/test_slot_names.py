"""Every slot of a pattern is read by one function, whichever table names it."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Callable

from quantumlayer.offline import reading

KNOWN = {"do"}
"""`do` takes particles with it once the vocabulary is known."""


def test_no_two_tables_read_a_slot_differently() -> None:
    readers: dict[str, set[Callable[..., object]]] = defaultdict(set)
    for module in pkgutil.iter_modules(reading.__path__, f"{reading.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if name.endswith("_SLOTS") and isinstance(value, dict):
                for slot, function in value.items():
                    readers[slot].add(function)
    assert {slot for slot, functions in readers.items() if len(functions) > 1} <= KNOWN
