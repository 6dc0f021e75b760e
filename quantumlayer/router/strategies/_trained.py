"""A scorer that was trained on recorded outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from quantumlayer.router._strategy import Candidate, RoutingRequest
from quantumlayer.router.strategies._quality import Promise

if TYPE_CHECKING:
    from quantumlayer.router.strategies._learned import Learned

__all__ = ["TrainedQuality"]


@dataclass(frozen=True, slots=True, eq=False)
class TrainedQuality:
    """The quality to expect of each candidate by the words and the shape of the prompt.

    `quantumlayer.router.lab.train_quality` makes one from recorded outcomes. A candidate is looked
    up by its deployment's name and then by its model's; the quality of any other is unknown. What
    is read is the text of the user's messages. A decision takes some 0.5 ms for a prompt of 600
    characters, and less than 1 ms for any.

    Args:
        learned: What was learned.
    """

    learned: Learned

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a scorer from a file that `save` has written. Nothing in the file is run.

        Raises:
            LabError: The file is missing, broken, of another version, or no scorer.
        """
        from quantumlayer.router.strategies._learned import (  # noqa: PLC0415 -- it needs numpy
            Learned,
        )

        return cls(Learned.load(Path(path)))

    def save(self, path: str | Path) -> None:
        """Write the scorer into a file; the same scorer always makes the same bytes."""
        self.learned.save(Path(path))

    @property
    def promise(self) -> Promise | None:
        """The threshold that was calibrated for it; give it to `QualityBasedRouting`."""
        return self.learned.promise

    def promising(self, promise: Promise | None) -> Self:
        """The same scorer with another promise, which is saved with it."""
        return type(self)(replace(self.learned, promise=promise))

    @property
    def models(self) -> tuple[str, ...]:
        """Whose answers it can judge."""
        return self.learned.models

    def score(
        self, request: RoutingRequest, candidates: Sequence[Candidate]
    ) -> Sequence[float | None]:
        """Read the prompt once and look the candidates up."""
        expected = self.learned.predict(request.model_request.user_text)
        known = dict(zip(self.learned.models, expected.clip(0, 1).tolist(), strict=True))
        return [
            known.get(candidate.deployment, known.get(candidate.model)) for candidate in candidates
        ]
