"""What becomes of tests that the service did not pass.

A deterministic writer cannot think of a better service. It takes out the tests that failed and
leaves what they were to hold in the traces, so that those requirements count as not implemented.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable

from quantumlayer.agents import SourceTree
from quantumlayer.agents.expressions import python_module
from quantumlayer.messages import Finding
from quantumlayer.offline.writing._source import formatted

__all__ = ["without_failed"]

FAILED = re.compile(r"(?P<path>[^\s:]+\.py)::(?P<test>\w+)")
"""How a finding of pytest begins; parameters in brackets may follow."""


def without_failed(tests: SourceTree, findings: Iterable[Finding]) -> SourceTree:
    """Take out of a suite what the findings of pytest name; a file without a test goes as well."""
    failed: dict[str, set[str]] = {}
    for finding in findings:
        named = FAILED.match(finding.message) if finding.check == "pytest" else None
        if named:
            failed.setdefault(named["path"], set()).add(named["test"])
    cut = {
        file.path: _without(file.content, failed[file.path])
        for file in tests.files
        if file.path in failed
    }
    rest = formatted({path: text for path, text in cut.items() if text})
    files = [
        file.model_copy(update={"content": rest.get(file.path, file.content)})
        for file in tests.files
        if cut.get(file.path) != ""
    ]
    return tests.model_copy(update={"files": files})


def _without(module: str, names: Collection[str]) -> str:
    """Take functions out of a module; nothing is left of one without any test."""
    lines = module.splitlines(keepends=True)
    functions = [one for one in python_module(module).body if isinstance(one, ast.FunctionDef)]
    if not any(one.name.startswith("test_") and one.name not in names for one in functions):
        return ""
    for one in reversed(functions):
        if one.name in names:
            first = min([one.lineno, *(each.lineno for each in one.decorator_list)])
            del lines[first - 1 : one.end_lineno]
    return "".join(lines)
