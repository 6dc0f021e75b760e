"""Recorded outcomes: what each model's answer to each prompt was worth, cost and took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantumlayer.errors import LabError

__all__ = ["Fold", "Outcomes"]

Floats = NDArray[np.float64]


class Fold(NamedTuple):
    """Outcomes to learn from and others to be measured on; no prompt is in both."""

    train: Outcomes
    test: Outcomes


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Prompts, models, and what came of each prompt at each model.

    The arrays have one row a prompt and one column a model; they are copied and cannot be changed.

    Args:
        prompts: What was asked.
        models: Who answered; each once.
        quality: What the answers are worth, from 0 to 1.
        cost_usd: What they cost, in US dollars.
        latency_s: How long they took, in seconds, where that was recorded.
        tasks: What kind of prompt each one is, where that is known. Not shown to strategies.

    Raises:
        LabError: There is no prompt or no model, a model stands twice, or an array has another
            shape or a value that makes no sense.
    """

    prompts: Sequence[str]
    models: Sequence[str]
    quality: Floats = field(repr=False)
    cost_usd: Floats = field(repr=False)
    latency_s: Floats | None = field(default=None, repr=False)
    tasks: Sequence[str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("prompts", "models", "tasks"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else tuple(value))
        if not self.prompts or not self.models:
            raise LabError("Outcomes need at least one prompt and one model.")
        if len(set(self.models)) < len(self.models):
            raise LabError(f"A model stands twice among {self.models!r}: give each its own name.")
        if self.tasks is not None and len(self.tasks) != len(self.prompts):
            raise LabError(
                f"There are {len(self.tasks)} tasks for {len(self.prompts)} prompts: give one each."
            )
        for name, highest in (("quality", 1.0), ("cost_usd", np.inf), ("latency_s", np.inf)):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, self._checked(name, value, highest))

    def _checked(self, name: str, value: ArrayLike, highest: float) -> Floats:
        try:
            array = np.array(value, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise LabError(f"`{name}` is no array of numbers: {error}.") from error
        shape = (len(self.prompts), len(self.models))
        if array.shape != shape:
            raise LabError(
                f"`{name}` has the shape {array.shape}: {shape[0]} prompts and {shape[1]} models "
                f"need {shape}."
            )
        bad = np.argwhere(~(np.isfinite(array) & (array >= 0) & (array <= highest)))
        if bad.size:
            row, column = map(int, bad[0])
            wanted = "between 0 and 1" if highest == 1 else "zero or more"
            raise LabError(
                f"`{name}` of {self.models[column]!r} for prompt {row} is "
                f"{float(array[row, column])!r}: give a number that is {wanted}."
            )
        array.flags.writeable = False
        return array

    def __len__(self) -> int:
        return len(self.prompts)

    def take(self, rows: Iterable[int]) -> Self:
        """Some of the prompts, in the order of their numbers here."""
        chosen = np.fromiter(rows, dtype=np.int64)
        return type(self)(
            [self.prompts[row] for row in chosen],
            self.models,
            self.quality[chosen],
            self.cost_usd[chosen],
            None if self.latency_s is None else self.latency_s[chosen],
            None if self.tasks is None else [self.tasks[row] for row in chosen],
        )

    def without(self, prompts: Iterable[str]) -> Self:
        """Leave prompts out, such as those that a model was trained on.

        Raises:
            LabError: None would be left.
        """
        dropped = set(prompts)
        return self.take(row for row, text in enumerate(self.prompts) if text not in dropped)

    def column(self, model: str) -> int:
        """The column of a model.

        Raises:
            LabError: It is none of the models.
        """
        try:
            return self.models.index(model)
        except ValueError:
            raise LabError(
                f"No outcomes of {model!r} are recorded; there are those of "
                f"{', '.join(map(repr, self.models))}."
            ) from None

    def split(self, *, train: float, seed: int) -> Fold:
        """Part the prompts at random in two.

        Prompts that differ only in case, white space or punctuation stay together, so that none is
        learned from and measured on.

        Args:
            train: The share to learn from, between 0 and 1.
            seed: Of the draw; the same seed gives the same parts.

        Raises:
            LabError: The share leaves one part empty.
        """
        groups = self._groups(seed)
        cut = round(train * len(groups))
        return self._fold(groups[:cut], groups[cut:])

    def folds(self, count: int, *, seed: int) -> Iterator[Fold]:
        """Part the prompts in so many, and give each part once to be measured on.

        Prompts stay together as with `split`.

        Raises:
            LabError: There are fewer than two parts, or more parts than different prompts.
        """
        groups = self._groups(seed)
        if not 1 < count <= len(groups):
            raise LabError(
                f"{len(groups)} different prompts cannot be parted in {count!r}: "
                "ask for at least 2 parts, and at most one for each prompt."
            )
        for part in range(count):
            others = [group for place, group in enumerate(groups) if place % count != part]
            yield self._fold(others, groups[part::count])

    def _groups(self, seed: int) -> list[list[int]]:
        """The numbers of prompts that are as good as equal, in a random order."""
        same: dict[str, list[int]] = {}
        for row, text in enumerate(self.prompts):
            same.setdefault(_gist(text), []).append(row)
        groups = list(same.values())
        order = np.random.default_rng(seed).permutation(len(groups))
        return [groups[place] for place in order]

    def _fold(self, train: Sequence[Sequence[int]], test: Sequence[Sequence[int]]) -> Fold:
        if not train or not test:
            raise LabError(
                f"{len(train) + len(test)} different prompts are parted in {len(train)} to learn "
                f"from and {len(test)} to measure on: both parts need one."
            )
        rows = [[row for group in part for row in group] for part in (train, test)]
        return Fold(self.take(rows[0]), self.take(rows[1]))


def _gist(text: str) -> str:
    """A text without what does not make it another question."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()
    return " ".join(words) or text
