"""Verdicts and reports."""

import pytest

from quantumlayer.messages import Outcome, Verdict
from quantumlayer.sandbox import Completed, Level, Limits, Report
from quantumlayer.sandbox._verdict import Tool, tidy

TOOL = Tool("ruff", "ruff", "1.0", ("check", "."))


def verdict(outcome: Outcome) -> Verdict:
    return TOOL.verdict(outcome, "…")


def test_the_gate_opens_when_every_check_passed() -> None:
    assert Report(Level.L2, (verdict(Outcome.PASS), verdict(Outcome.PASS))).ok


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_RUN])
def test_anything_else_keeps_it_shut(outcome: Outcome) -> None:
    assert not Report(Level.L2, (verdict(Outcome.PASS), verdict(outcome))).ok


def test_no_verdicts_open_nothing() -> None:
    assert not Report(Level.L2, ()).ok


def test_a_verdict_is_found_by_its_check() -> None:
    report = Report(Level.L2, (verdict(Outcome.PASS),))

    assert report.verdict("ruff") is report.verdicts[0]
    with pytest.raises(KeyError, match="mypy"):
        report.verdict("mypy")


def test_findings_are_in_order_and_not_endless() -> None:
    findings = [TOOL.finding("b.py", line, "…") for line in range(300, 0, -1)]
    findings.append(TOOL.finding("a.py", None, "…"))

    made = TOOL.verdict(Outcome.FAIL, "…", {}, findings)

    assert len(made.findings) == 100
    assert [(one.path, one.line) for one in made.findings[:3]] == [
        ("a.py", None),
        ("b.py", 1),
        ("b.py", 2),
    ]
    assert Report(Level.L2, (made,)).findings == made.findings


@pytest.mark.parametrize(
    ("ended_by", "reason"), [("exit", "status 139"), ("memory_bytes", "limit memory_bytes")]
)
def test_a_tool_that_broke_down_leaves_it_unknown(ended_by: str, reason: str) -> None:
    ended = Completed(139, b"", b"", ended_by, Limits())  # type: ignore[arg-type]

    made = TOOL.broke_down(ended)

    assert made.outcome is Outcome.UNKNOWN
    assert reason in made.summary


def test_addresses_and_length_do_not_differ_from_run_to_run() -> None:
    assert tidy("  <object at 0x7f3a2b1c4d50> ") == "<object at 0x…>"
    assert len(tidy("x" * 10_000)) == 300
