"""What tests are written from: items they have made, finished cases, variants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from quantumlayer.offline.writing._names import Names
from quantumlayer.offline.writing._text import literal

__all__ = ["Coded", "Handle", "Person", "Ref", "TestCase", "Variants", "resolved"]


@dataclass(eq=False, slots=True)
class Handle:
    """An item that a test has made: the variable that holds its JSON."""

    variable: str
    entity: str
    json: dict[str, Any]
    used: bool = False

    def __getitem__(self, name: str) -> Ref:
        """Refer to one of its fields."""
        return Ref(self, name)


@dataclass(frozen=True, slots=True)
class Ref:
    """A field of an item that a test has made."""

    handle: Handle
    name: str

    @property
    def value(self) -> Any:
        """What it is in the simulation."""
        return self.handle.json[self.name]


@dataclass(frozen=True, slots=True)
class Person:
    """The id of somebody who is logged in."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Coded:
    """A value that is made by code of its own."""

    value: Any
    code: str


@dataclass(frozen=True, slots=True)
class TestCase:
    """A finished test.

    Attributes:
        name: Its sentence, in snake_case, without `test_`.
        code: The function.
        requirements: What it holds.
        variants: For a test with parameters: ids of the variants, with what each holds.
    """

    __test__ = False  # no test class, whatever pytest thinks of its name

    name: str
    code: str
    requirements: tuple[str, ...]
    variants: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def nodes(self, path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield pytest's ids of the tests, each with the requirements it holds."""
        plain = f"{path}::test_{self.name}"
        if not self.variants:
            yield plain, self.requirements
        for variant, requirements in self.variants:
            yield f"{plain}[{variant}]", requirements


def resolved(value: Any) -> Any:
    """Return what a value with references in it is in the simulation."""
    match value:
        case Ref() | Person() | Coded():
            return value.value
        case dict():
            return {key: resolved(item) for key, item in value.items()}
        case list():
            return [resolved(item) for item in value]
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Variants:
    """The parameters of a test that is run with several values.

    Attributes:
        parameters: The test's parameters, annotated: `changes: dict[str, Any]`.
        values: The code of each variant's values, its id, and what it holds.
    """

    parameters: list[str]
    values: list[tuple[str, str, tuple[str, ...]]]

    def decorator(self) -> str:
        """Write the decorator."""
        names = [parameter.partition(":")[0] for parameter in self.parameters]
        listed = literal(names[0]) if len(names) == 1 else f"({', '.join(map(literal, names))})"
        parts = [f"pytest.param({code}, id={literal(i)})" for code, i, _ in self._unique()]
        return f"@pytest.mark.parametrize({listed}, [{', '.join(parts)}])"

    def ids(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the ids of the variants, with what each holds."""
        return tuple((i, requirements) for _, i, requirements in self._unique())

    def _unique(self) -> list[tuple[str, str, tuple[str, ...]]]:
        names = Names()
        return [
            (code, names.take(re.sub(r"[^A-Za-z0-9]+", "-", i).strip("-") or "x", suffix="-"), held)
            for code, i, held in self.values
        ]
