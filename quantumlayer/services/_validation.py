"""The quality gate: what a service has to pass before it becomes a capsule."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from quantumlayer.agents import TestReport
from quantumlayer.errors import GenerationError
from quantumlayer.messages import Finding
from quantumlayer.sandbox import Level, check_all, open_sandbox
from quantumlayer.services._generation import Check
from quantumlayer.services._packaging import ENTRY_POINT

__all__ = ["open_gate", "refuse_failure"]


@asynccontextmanager
async def open_gate(isolation: Level) -> AsyncIterator[Check]:
    """Open a sandbox and give the check that runs in it.

    Raises:
        SandboxUnavailableError: This machine cannot isolate as well as asked.
    """
    async with open_sandbox(minimum=isolation) as sandbox:

        async def check(files: Mapping[str, bytes]) -> TestReport:
            report = await check_all(sandbox, files, entry_point=ENTRY_POINT)
            return TestReport(
                level=str(report.level),
                verdicts=list(report.verdicts),
                passed_tests=list(report.passed_tests),
            )

        yield check


def refuse_failure(name: str, report: TestReport) -> None:
    """Let pass only what passed every check.

    Raises:
        GenerationError: Some check did not pass.
    """
    if report.ok:
        return
    raise GenerationError(
        name,
        {
            verdict.check: [verdict.summary or verdict.outcome, *map(_place, verdict.findings)]
            for verdict in report.verdicts
            if verdict.outcome != "PASS"
        },
    )


def _place(finding: Finding) -> str:
    place = f"{finding.path}:{finding.line}: " if finding.line else f"{finding.path}: "
    return (place if finding.path else "") + finding.message
