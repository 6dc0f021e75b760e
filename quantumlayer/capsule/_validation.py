"""What was checked before a capsule was sealed, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from quantumlayer.messages import Verdict


@dataclass(frozen=True, slots=True)
class Validation:
    """All verdicts on the files of a capsule.

    Attributes:
        level: The isolation level that was measured while they were made: L2, L3, …
        verdicts: One for each check.
        passed_tests: Names of the tests that passed, such as pytest's node ids.
    """

    level: str
    verdicts: tuple[Verdict, ...]
    passed_tests: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there were checks and every one of them passed."""
        return bool(self.verdicts) and all(each.outcome == "PASS" for each in self.verdicts)
