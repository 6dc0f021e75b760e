"""Checks that read a tree and run nothing of it: syntax, imports, ruff."""

from __future__ import annotations

import json
import platform
import sysconfig
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from quantumlayer import __version__
from quantumlayer.messages import Outcome, Verdict
from quantumlayer.sandbox._level import Completed
from quantumlayer.sandbox._sandbox import Sandbox
from quantumlayer.sandbox._verdict import Tool

__all__ = ["check_imports", "check_ruff", "check_syntax"]

# Mistakes, and what a reader stumbles over; no matters of taste. Of the security rules those that
# hardly ever cry wolf: exec, pickle, eval, no certificates, unsafe YAML, a shell.
RUFF_RULES = "ASYNC,B,C4,E,F,I,PLE,RUF,SIM,UP,W,S102,S301,S307,S501,S506,S602,S605"
RUFF_NOT = "RUF001,RUF002,RUF003"  # Text in other scripts than Latin is no mistake.
FASTAPI_CALLS = ("Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query", "Security")
RUFF_ARGUMENTS = (
    "check",
    "--isolated",  # No configuration of the tree's own
    "--ignore-noqa",  # and no comment in it says what counts.
    "--no-cache",
    "--output-format=json",
    "--line-length=100",
    "--target-version=py311",
    f"--select={RUFF_RULES}",
    f"--ignore={RUFF_NOT}",
    "--config=lint.flake8-bugbear.extend-immutable-calls="
    + json.dumps([f"fastapi.{name}" for name in FASTAPI_CALLS]),
    ".",
)


async def check_syntax(sandbox: Sandbox, tree: Mapping[str, bytes]) -> Verdict:
    """Compile every Python file; there has to be one."""
    tool = Tool("syntax", "python", platform.python_version(), ("compile",))
    completed = await sandbox.runner.run_tool("syntax.py", files=tree)
    answer = _answer(completed)
    if answer is None:
        return tool.broke_down(completed)
    count, errors = answer["files"], answer["errors"]
    figures = {"files": float(count)}
    if not count:
        return tool.verdict(Outcome.FAIL, "There is no Python file.", figures)
    if errors:
        findings = [tool.finding(*error) for error in errors]
        summary = f"{len(errors)} of {count} files do not compile."
        return tool.verdict(Outcome.FAIL, summary, figures, findings)
    return tool.verdict(Outcome.PASS, f"All {count} files compile.", figures)


async def check_imports(sandbox: Sandbox, tree: Mapping[str, bytes]) -> Verdict:
    """Hold what is imported against what is declared."""
    tool = Tool("imports", "quantumlayer", __version__)
    completed = await sandbox.runner.run_tool("imports.py", files=tree)
    answer = _answer(completed)
    if answer is None:
        return tool.broke_down(completed)
    figures = {"imports": float(answer["imports"])}
    wrong = [tool.finding(path, None, message) for path, message in answer["invalid"]] + [
        tool.finding(path, line, f"{module!r} is imported, and no declared dependency brings it")
        for path, line, module in answer["undeclared"]
    ]
    absent = [
        tool.finding("", None, f"{name!r} is declared, and not installed here")
        for name in answer["not_installed"]
    ]
    if wrong:
        summary = f"{len(wrong)} imports or declarations are wrong."
        return tool.verdict(Outcome.FAIL, summary, figures, wrong + absent)
    if absent:
        summary = f"{len(absent)} declared packages are not installed here."
        return tool.verdict(Outcome.UNKNOWN, summary, figures, absent)
    return tool.verdict(Outcome.PASS, f"All {answer['imports']} imports are declared.", figures)


async def check_ruff(sandbox: Sandbox, tree: Mapping[str, bytes]) -> Verdict:
    """Lint by rules of our own; the tree's configuration and comments do not count."""
    tool = Tool("ruff", "ruff", version("ruff"), RUFF_ARGUMENTS)
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    completed = await sandbox.run([str(ruff), *RUFF_ARGUMENTS], files=tree)
    try:
        problems = json.loads(completed.stdout)
    except ValueError:
        return tool.broke_down(completed)
    if completed.exit_code not in {0, 1} or completed.exit_code != bool(problems):
        return tool.broke_down(completed)
    figures = {"findings": float(len(problems))}
    if not problems:
        return tool.verdict(Outcome.PASS, "Ruff has nothing to say.", figures)
    findings = [
        tool.finding(
            _inside(problem["filename"], tree),
            problem["location"]["row"],
            f"{problem['code']}: {problem['message']}",
        )
        for problem in problems
    ]
    return tool.verdict(Outcome.FAIL, f"{len(problems)} problems.", figures, findings)


def _answer(completed: Completed) -> dict[str, Any] | None:
    if completed.exit_code != 0 or completed.ended_by != "exit":
        return None
    try:
        return dict(json.loads(completed.stdout))
    except ValueError:
        return None


def _inside(path: str, tree: Mapping[str, bytes]) -> str:
    """Turn an absolute path into the tree's own name for the file."""
    names = [name for name in tree if path.endswith(f"/{name}")]
    return max(names, key=len, default=path)
