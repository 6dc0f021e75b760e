"""What was checked before a capsule was sealed, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["PASS", "FAIL", "UNKNOWN", "NOT_RUN"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one tool said.

    Attributes:
        check: What was checked: syntax, ruff, pytest, coverage, boot, …
        verdict: UNKNOWN where the tool ran but could not tell; it is no PASS.
        tool: The program.
        version: Its version.
        arguments: What it was called with.
        summary: Its answer in a sentence.
        figures: What it measured, such as the coverage's ratio; no times, which would differ
            from run to run.
    """

    check: str
    verdict: Outcome
    tool: str
    version: str
    arguments: tuple[str, ...] = ()
    summary: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


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
        return bool(self.verdicts) and all(each.verdict == "PASS" for each in self.verdicts)
