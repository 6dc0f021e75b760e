"""The tests of a tree, run once for two verdicts: pytest and coverage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from secrets import token_hex
from typing import Any

from quantumlayer.messages import Finding, Outcome, Verdict
from quantumlayer.sandbox._level import Completed, Limits
from quantumlayer.sandbox._sandbox import Sandbox
from quantumlayer.sandbox._verdict import Tool, tidy

__all__ = ["Tested", "check_tests"]

PYTEST_ARGUMENTS = (
    "--quiet",
    "--color=no",
    "--override-ini=addopts=",  # The tree does not deselect, ignore or stop early.
    "-p",
    "no:cacheprovider",
    "--continue-on-collection-errors",
)
COVERAGE_ARGUMENTS = ("every statement", "no exclusions")
TEST_LIMITS = Limits(wall_s=120, cpu_s=120)
OUTCOMES = ("passed", "failed", "skipped", "xfailed")


@dataclass(slots=True)
class _Run:
    """What `run_tests.py` wrote, put together."""

    collected: list[str] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[str, int, str]] = field(default_factory=list)
    running: str = ""
    garbled: bool = False
    exits: list[dict[str, Any]] = field(default_factory=list)

    def take(self, event: dict[str, Any]) -> None:
        """Take one line."""
        if "collected" in event:
            self.collected.append(event["collected"])
        elif "started" in event:
            self.running = event["started"]
        elif "test" in event:
            self.running = ""
            self.outcomes[event["test"]] = event["outcome"]
        elif "exit" in event:
            self.exits.append(event)
        if event.get("problem"):
            path, line, message = event["problem"]
            said = f"{event['test']}: {message}" if "test" in event else str(message)
            self.problems.append((str(path), int(line), said))

    @property
    def ended(self) -> bool:
        """Whether it came to its end, once, and said so itself."""
        return len(self.exits) == 1 and not self.garbled

    @property
    def status(self) -> object:
        """What pytest answered."""
        return self.exits[0]["exit"] if self.exits else None

    @property
    def not_run(self) -> list[str]:
        """List the tests that were collected and came to no outcome."""
        return [test for test in dict.fromkeys(self.collected) if test not in self.outcomes]

    def named(self, outcome: str) -> list[str]:
        """List the tests with an outcome, in the order they ran."""
        return [test for test, one in self.outcomes.items() if one == outcome]


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of the tests.

    Attributes:
        pytest: The verdict on the tests.
        coverage: The verdict on the coverage.
        passed: Node ids of the tests that passed, in the order they ran.
    """

    pytest: Verdict
    coverage: Verdict
    passed: tuple[str, ...]


async def check_tests(
    sandbox: Sandbox, tree: Mapping[str, bytes], *, package: str, target: float
) -> Tested:
    """Run the tests and judge them; then judge what they covered of a package."""
    pytest = Tool("pytest", "pytest", version("pytest"), PYTEST_ARGUMENTS)
    word = token_hex(16).encode()
    completed = await sandbox.runner.run_tool(
        "run_tests.py", package, *PYTEST_ARGUMENTS, files=tree, stdin=word, limits=TEST_LIMITS
    )
    run = _read(completed.stdout, word)
    verdict = _judge_tests(pytest, completed, run)
    tool = Tool("coverage", "coverage", version("coverage"), (package, *COVERAGE_ARGUMENTS))
    if run.ended and run.outcomes:
        lines = json.dumps(run.exits[0]["lines"]).encode()
        measured = await sandbox.runner.run_tool(
            "coverage_report.py", package, files=tree, stdin=lines
        )
        coverage = _judge_coverage(tool, measured, target)
    else:
        coverage = tool.verdict(Outcome.NOT_RUN, "The tests did not run to their end.")
    return Tested(verdict, coverage, tuple(run.named("passed")))


def _read(stdout: bytes, word: bytes) -> _Run:
    run = _Run()
    for line in stdout.splitlines():
        try:
            run.take(json.loads(line.removeprefix(word) if line.startswith(word) else ""))
        except ValueError:  # A stranger wrote between the lines, or the last one broke off.
            run.garbled = True
    return run


def _judge_tests(tool: Tool, completed: Completed, run: _Run) -> Verdict:
    figures = {outcome: float(len(run.named(outcome))) for outcome in OUTCOMES}
    figures["collected"] = float(len(set(run.collected)))
    findings = [tool.finding(*problem) for problem in run.problems]
    if completed.ended_by != "exit" or not run.ended:
        findings += _last_words(tool, completed, run)
    elif not findings and run.not_run:
        findings = [tool.finding(_file(test), None, f"{test} did not run") for test in run.not_run]
    summary = _complaint(completed, run)
    if summary:
        return tool.verdict(Outcome.FAIL, summary, figures, findings)
    return tool.verdict(Outcome.PASS, f"All {len(run.named('passed'))} tests passed.", figures)


def _complaint(completed: Completed, run: _Run) -> str:
    """Say what is wrong with a run, worst first; nothing if nothing is."""
    status, failed, not_run = completed.exit_code, len(run.named("failed")), len(run.not_run)
    complaints = (
        (completed.ended_by != "exit", f"The tests went over their limit {completed.ended_by}."),
        (not run.ended, f"The tests ended, with status {status}, before they had reported."),
        (failed, f"{failed} of {len(run.outcomes)} tests failed."),
        (run.problems, f"{len(run.problems)} files could not be collected."),
        (not_run, f"{not_run} tests were collected and did not run."),
        (not run.named("passed"), "No test passed, because none was run."),
        (status != 0, f"All tests passed, and pytest ended with status {status}."),
        (run.status != 0, f"All tests passed, and pytest answered status {run.status}."),
    )
    return next((complaint for wrong, complaint in complaints if wrong), "")


def _last_words(tool: Tool, completed: Completed, run: _Run) -> list[Finding]:
    """Say where a run broke off: in which test, or else after which line of output."""
    if run.running:
        return [tool.finding(_file(run.running), None, f"{run.running} did not end")]
    lines = completed.stderr.decode(errors="replace").splitlines()
    errors = [line[1:].strip() for line in lines if line.startswith("E ")]
    return [tool.finding("", None, tidy(line)) for line in errors[-1:]]


def _file(test: str) -> str:
    return test.partition("::")[0]


def _judge_coverage(tool: Tool, completed: Completed, target: float) -> Verdict:
    try:
        files = {
            path: (int(count), lines)
            for path, (count, lines) in json.loads(completed.stdout).items()
        }
    except (ValueError, TypeError, AttributeError):
        return tool.broke_down(completed)
    statements = sum(count for count, _ in files.values())
    missing = sum(len(lines) for _, lines in files.values())
    if completed.exit_code != 0 or completed.ended_by != "exit":
        return tool.broke_down(completed)
    if not statements:
        return tool.verdict(Outcome.FAIL, "The package has no statements.")
    ratio = round((statements - missing) / statements, 4)
    figures = {"ratio": ratio, "target": target, "statements": float(statements)}
    summary = f"{ratio:.2%} of {statements} statements were covered; {target:.2%} are asked for."
    if ratio >= target:
        return tool.verdict(Outcome.PASS, summary, figures)
    findings = [
        tool.finding(path, lines[0], f"{len(lines)} of {count} statements are not covered")
        for path, (count, lines) in files.items()
        if lines
    ]
    return tool.verdict(Outcome.FAIL, summary, figures, findings)
