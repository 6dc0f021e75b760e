"""Looks for scenarios in which a request is refused by one rule, or just not refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, islice, product
from math import prod
from typing import Any

from quantumlayer.agents import Endpoint
from quantumlayer.offline.writing._bound import Bound
from quantumlayer.offline.writing._changes import ABOUT_ROWS, Changes, rank
from quantumlayer.offline.writing._mutants import mutants
from quantumlayer.offline.writing._play import Key, Play, Setup
from quantumlayer.offline.writing._question import Question
from quantumlayer.offline.writing._recipes import Recipes, SceneError
from quantumlayer.offline.writing._requests import Answer
from quantumlayer.offline.writing._scene import Scene

__all__ = ["Goal", "Scenarios"]

Goal = Callable[[Answer], bool]
PATIENCE = 200
"""Scenarios that are played for one question before it is given up.

Of 600 questions about 20 services that had an answer, none took more than 197.
"""
MUTANT_PATIENCE = 60
"""Scenarios that are played to tell an expression from one change of it; 94 % need fewer."""
DEPTH = 24
"""Scenarios with one change in which conditions are looked at again, if nothing else helps."""


class Scenarios:
    """All scenarios around one endpoint that may matter to some conditions.

    A scenario is a choice of changes (see `_changes`) to the plainest one there is: valid values,
    no other items, nothing done before.
    """

    def __init__(
        self,
        recipes: Recipes,
        endpoint: Endpoint,
        nodes: Iterable[Bound],
        *,
        required: str | None = None,
    ) -> None:
        self.question = Question(recipes, endpoint, nodes, required=required)
        self._changes = Changes(self.question)
        self._deepened = False
        self._played: dict[tuple[tuple[Key, str], ...], Answer | None] = {}

    @property
    def values(self) -> dict[Key, list[Any]]:
        """The values that each change can take."""
        return self._changes.values

    def play(self, setup: Setup) -> tuple[Scene, Answer]:
        """Play and write a scenario up to the response.

        Raises:
            SceneError: Something on the way to the request is refused.
        """
        return Play(self.question, setup).play()

    def answer(self, setup: Setup) -> Answer | None:
        """Return the answer in a scenario; None where it does not come about."""
        mark = tuple(sorted((key, repr(value)) for key, value in setup.items()))
        if mark not in self._played:
            try:
                self._played[mark] = Play(self.question, setup, quiet=True).play()[1]
            except SceneError:
                self._played[mark] = None
        return self._played[mark]

    def apart(self, setup: Setup, text: str, change: Callable[[Bound], Bound]) -> bool:
        """Tell whether a scenario would end in another way if an expression were changed."""
        if self.answer(setup) is None:
            return False
        usual = self._end(setup)
        swapped = self.question.service.binder.swapped
        swapped[text] = change
        try:
            return self._end(setup) != usual
        except SceneError:
            return False
        finally:
            del swapped[text]

    def _end(self, setup: Setup) -> tuple[int, Any, str]:
        """Return how a scenario ends: with which answer, and what is stored then."""
        scene, answer = Play(self.question, setup, quiet=True).play()
        return answer.status, answer.body, scene.stage.simulation.world.state()

    def telling(
        self, text: str, node: Bound, known: Sequence[Setup], wanted: Goal
    ) -> Iterator[tuple[str, Setup]]:
        """Yield scenarios that tell an expression from small changes of it.

        Args:
            text: The expression.
            node: What it means.
            known: Scenarios that there are tests for already.
            wanted: Whether an answer is fit for a test.
        """
        chosen = list(known)
        for number, (about, _) in enumerate(mutants(node)):
            change = _Change(number)
            if any(self.apart(setup, text, change) for setup in chosen):
                continue
            for setup in islice(self._about(chosen), MUTANT_PATIENCE):
                answer = self.answer(setup)
                if answer is None or not wanted(answer) or setup in chosen:
                    continue
                if self.apart(setup, text, change):
                    chosen.append(setup)
                    yield about, setup
                    break

    def _about(self, known: Sequence[Setup]) -> Iterator[Setup]:
        """Yield scenarios in the neighbourhood of some, those with fewer changes first."""
        keys = sorted(self.values, key=rank)
        for setup in known:
            for key in setup:
                yield {k: v for k, v in setup.items() if k != key}
        for size in (1, 2):
            for setup in known:
                free = [key for key in keys if not _pointless((key,), setup)]
                choices = [
                    (prod(len(self.values[key]) for key in chosen), number, chosen)
                    for number, chosen in enumerate(combinations(free, size))
                ]
                for _, _, chosen in sorted(choices):
                    for values in product(*(self.values[key] for key in chosen)):
                        yield {**setup, **dict(zip(chosen, values, strict=True))}

    # --- search ----------------------------------------------------------------------------------

    def find(
        self, goal: Goal, start: Setup | None = None, *, keep: Key | None = None
    ) -> Setup | None:
        """Find a scenario with few changes whose answer is as wanted; `keep` is not changed."""
        found = self._first(goal, self._neighbours(start or {}, keep), PATIENCE)
        if found is None and self._deepen(start or {}):
            found = self._first(goal, self._neighbours(start or {}, keep), 2 * PATIENCE)
        return found

    def nearest(self, goal: Goal, broken: Setup, start: Setup) -> Setup | None:
        """Find the scenario nearest to another one whose answer is as wanted.

        First another value for one of its changes, then one or two changes more, then one less.
        """
        return self._first(goal, self._near(broken, start), None)

    def _first(self, goal: Goal, setups: Iterator[Setup], patience: int | None) -> Setup | None:
        for setup in islice(setups, patience):
            answer = self.answer(setup)
            if answer is not None and goal(answer):
                return setup
        return None

    def _deepen(self, start: Setup) -> bool:
        """Look where conditions turn after one change; tell whether that offers anything new."""
        if self._deepened:
            return False
        self._deepened = True
        before = sum(map(len, self.values.values()))
        keys = sorted(self.values, key=rank)
        shifted: list[Setup] = [
            {("rows", key[1]): 1, key: value}
            for key in keys
            if key[0] == "shift"
            for value in self.values[key]
        ]
        singles: list[Setup] = [{key: value} for key in keys for value in self.values[key]]
        for setup in [*shifted, *singles[:DEPTH]]:
            self._changes.turn({**start, **setup})
        return sum(map(len, self.values.values())) > before

    def _neighbours(self, start: Setup, keep: Key | None) -> Iterator[Setup]:
        """Yield scenarios, those with fewer changes first, rows with what they are like."""
        yield dict(start)
        keys = [key for key in sorted(self.values, key=rank) if key != keep]
        for chosen in self._in_order(keys):
            if not _pointless(chosen, start):
                for values in product(*(self.values[key] for key in chosen)):
                    yield {**start, **dict(zip(chosen, values, strict=True))}

    def _in_order(self, keys: Sequence[Key]) -> Iterator[tuple[Key, ...]]:
        """Yield which changes to make together: of each sort, those with few values first."""

        def scenarios(chosen: tuple[Key, ...]) -> int:
            return prod(len(self.values[key]) for key in chosen)

        for several in _chosen(keys):
            yield from sorted(several, key=scenarios)

    def _near(self, broken: Setup, start: Setup) -> Iterator[Setup]:
        changed = [key for key in broken if start.get(key) != broken[key]]
        for key in changed:
            for other in self._by_distance(key, broken[key]):
                yield {**broken, key: other}
        if any(key[0] == "rows" for key in changed):
            yield from islice(self._more(broken), PATIENCE)
        for key in changed:
            yield {k: v for k, v in broken.items() if k != key}
        yield start

    def _by_distance(self, key: Key, value: Any) -> list[Any]:
        others = [other for other in self.values.get(key, []) if other != value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return sorted(others, key=lambda other: abs(other - value))
        if isinstance(value, str):
            return sorted(others, key=lambda other: -_alike(str(other), value))
        return others

    def _more(self, broken: Setup) -> Iterator[Setup]:
        free = [key for key in sorted(self.values, key=rank) if key not in broken]
        for size in (1, 2):
            for chosen in combinations(free, size):
                if not _pointless(chosen, broken):
                    for values in product(*(self.values[key] for key in chosen)):
                        yield {**broken, **dict(zip(chosen, values, strict=True))}


class _Change:
    """Makes one of the mutants of an expression, once for every way in which it is bound."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._made: dict[int, tuple[Bound, Bound]] = {}

    def __call__(self, bound: Bound) -> Bound:
        if id(bound) not in self._made:
            changed = mutants(bound)
            other = changed[self._number][1] if self._number < len(changed) else bound
            self._made[id(bound)] = (
                bound,
                other,
            )  # the first is kept, so that its id stays its own
        return self._made[id(bound)][1]


def _chosen(keys: Sequence[Key]) -> Iterator[list[tuple[Key, ...]]]:
    """Yield sorts of choices, the promising ones first: one change, rows, two and three changes."""
    yield [(key,) for key in keys]
    with_rows: list[tuple[Key, ...]] = []
    for row in (key for key in keys if key[0] == "rows"):
        like = [
            key for key in keys if key[0] in {*ABOUT_ROWS, "wait"} and key[1:2] in {(), row[1:]}
        ]
        own = [key for key in keys if key[0] in {"field", "param"}]
        with_rows += [(row, key) for key in like]
        with_rows += [(row, *pair) for pair in combinations(like, 2)]
        with_rows += [(row, key, other) for key in like if key[0] == "shift" for other in own]
    yield with_rows
    yield list(combinations(keys, 2))
    yield list(combinations(keys, 3))


def _pointless(keys: tuple[Key, ...], start: Setup) -> bool:
    """Tell whether a choice changes rows of which there are none."""
    there = {key[1] for key in (*keys, *start) if key[0] == "rows"}
    return any(key[0] in ABOUT_ROWS and key[1] not in there for key in keys)


def _alike(one: str, other: str) -> int:
    """Tell how many characters two texts begin with together."""
    same = (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(same, len(one))
