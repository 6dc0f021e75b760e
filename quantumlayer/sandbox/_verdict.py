"""What a check answers: a verdict, with everything needed to repeat it and nothing else.

The same tree gives the same verdicts, byte for byte: no durations, no times, no paths of the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from quantumlayer.messages import Finding, Outcome, Verdict
from quantumlayer.sandbox._level import Completed, Level

__all__ = ["Report", "Tool", "tidy"]

MAX_FINDINGS = 100
MESSAGE_CHARACTERS = 300
ADDRESS = re.compile(r"0x[0-9a-f]{4,}")


def tidy(line: str) -> str:
    """Shorten a line of output, without what differs from run to run."""
    return ADDRESS.sub("0x…", line.strip())[:MESSAGE_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Tool:
    """What a check asks, and how it puts the answer.

    Attributes:
        check: Name of the check.
        name: Name of the tool.
        version: Its version.
        arguments: What it is given.
    """

    check: str
    name: str
    version: str
    arguments: tuple[str, ...] = ()

    def verdict(
        self,
        outcome: Outcome,
        summary: str,
        figures: Mapping[str, float] = MappingProxyType({}),
        findings: Iterable[Finding] = (),
    ) -> Verdict:
        """Put an answer; at most 100 findings, in order."""
        ordered = sorted(findings, key=lambda one: (one.path, one.line or 0, one.message))
        return Verdict(
            self.check,
            outcome,
            self.name,
            self.version,
            self.arguments,
            summary,
            dict(figures),
            tuple(ordered[:MAX_FINDINGS]),
        )

    def finding(self, path: str, line: int | None, message: str) -> Finding:
        """Make a finding of this check."""
        return Finding(self.check, path, line, message)

    def broke_down(self, completed: Completed) -> Verdict:
        """Say that the tool gave no answer that can be read."""
        reason = f"it ended with status {completed.exit_code}"
        if completed.ended_by != "exit":
            reason = f"it went over its limit {completed.ended_by}"
        return self.verdict(Outcome.UNKNOWN, f"{self.name} gave no answer: {reason}.")


@dataclass(frozen=True, slots=True)
class Report:
    """What all checks found.

    Attributes:
        level: The isolation level that was measured where they ran.
        verdicts: One for each check, always in the same order.
        passed_tests: Node ids of the tests that passed, in the order they ran.
    """

    level: Level
    verdicts: tuple[Verdict, ...]
    passed_tests: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the gate opens: every check ran and passed."""
        return bool(self.verdicts) and all(
            verdict.outcome is Outcome.PASS for verdict in self.verdicts
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, check by check."""
        return tuple(finding for verdict in self.verdicts for finding in verdict.findings)

    def verdict(self, check: str) -> Verdict:
        """Return the verdict of a check; KeyError where there is none."""
        for verdict in self.verdicts:
            if verdict.check == check:
                return verdict
        raise KeyError(check)
