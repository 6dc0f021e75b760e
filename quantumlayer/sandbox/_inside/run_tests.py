"""Run the tests of a tree and say what happened: run_tests.py PACKAGE ARGUMENTS, of pytest.

Coverage of PACKAGE is measured meanwhile, by a configuration of our own, and judged elsewhere:
by `coverage_report.py`, in a process that runs nothing of the tree.

What happens is written, as it happens, to what was standard output, one JSON value on a line; the
tests themselves write to standard error. A run that breaks off therefore shows where it did:

    {"collected": id}
    {"problem": [path, line, message]}              something could not be collected
    {"started": id}
    {"test": id, "outcome": passed|failed|skipped|xfailed, "problem": [path, line, message] | null}
    {"exit": code, "lines": {path: [line, ...]}}    always the last

Each line begins with a word that was read from standard input, which the tree is not told. An
outcome is decided on the exception itself, before any plug-in of the tree can touch the report.
That keeps honest trees honest; code that sets out to take this very program apart can still lie, as
whatever measures it from inside its own process.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Generator
from contextlib import suppress
from importlib import import_module, metadata
from typing import Any

import coverage
import pytest

TREE = os.getcwd()
MESSAGE_CHARACTERS = 300
ADDRESS = re.compile(r"0x[0-9a-f]{4,}")


def tidy(text: str) -> str:
    """Keep the first line, without what differs from run to run."""
    lines = text.strip().splitlines() or [""]
    return ADDRESS.sub("0x…", lines[0].replace(f"{TREE}/", ""))[:MESSAGE_CHARACTERS]


class Recorder:
    """The plug-in that writes down what happens."""

    def __init__(self, descriptor: int, word: bytes) -> None:
        self._descriptor = descriptor
        self._word = word
        self._outcome = ""
        self._problem: list[Any] | None = None

    def write(self, value: dict[str, Any]) -> None:
        """Write one line."""
        line = self._word + json.dumps(value).encode() + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Note a test, whatever becomes of it."""
        self.write({"collected": item.nodeid})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that cannot be collected."""
        if report.failed:
            text = str(report.longrepr).strip().splitlines() or [""]
            reason = next((line for line in reversed(text) if line.startswith("E ")), text[-1])
            self.write({"problem": [report.nodeid, 1, tidy(reason.removeprefix("E "))]})

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Note the beginning and the end of a test."""
        self._outcome, self._problem = "passed", None
        self.write({"started": item.nodeid})
        result = yield
        self.write({"test": item.nodeid, "outcome": self._outcome, "problem": self._problem})
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge a phase of a test."""
        raised = call.excinfo
        report = yield
        if raised is None:
            if report.failed:  # Such as a test that was to fail, strictly, and did not.
                self._fail([*where(item), tidy(str(report.longrepr))])
        elif raised.errisinstance(pytest.skip.Exception):
            self._outcome = "skipped" if self._outcome == "passed" else self._outcome
        elif report.skipped and hasattr(report, "wasxfail"):
            self._outcome = "xfailed" if self._outcome == "passed" else self._outcome
        else:
            self._fail([*where(item, raised), tidy(raised.exconly())])
        return report

    def _fail(self, problem: list[Any]) -> None:
        self._outcome, self._problem = "failed", self._problem or problem


def where(
    item: pytest.Item, raised: pytest.ExceptionInfo[BaseException] | None = None
) -> tuple[str, int]:
    """Return path and line of the innermost frame in the tree, or else of the test."""
    for entry in reversed(raised.traceback if raised else ()):
        path = str(entry.path)
        if path.startswith(f"{TREE}/"):
            return path.removeprefix(f"{TREE}/"), entry.lineno + 1
    path, line, _ = item.location
    return path, (line or 0) + 1


def declared_plugins() -> list[str]:
    """Name the plug-ins for pytest that the tree's own dependencies bring, as arguments of it.

    Others happen to be installed here, and a test must not depend on them.
    """
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))
    imports = import_module("imports")
    sys.path.pop()
    declared = imports.Declared()
    declared.read()
    modules, _ = imports.brought_by([*declared.runtime, *declared.development])
    points = metadata.entry_points(group="pytest11")
    names = sorted(
        {point.value.split(":")[0] for point in points if point.module.split(".")[0] in modules}
    )
    return [argument for name in names for argument in ("-p", name)]


def main(package: str, arguments: list[str]) -> int:
    """Run pytest; return its exit status."""
    recorder = Recorder(os.dup(1), sys.stdin.buffer.read())
    os.dup2(2, 1)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugins = declared_plugins()
    measured = coverage.Coverage(
        data_file=None, config_file=False, source=[package], messages=False
    )
    measured.start()
    with suppress(AttributeError, ValueError):  # So that the tree does not find it and adds to it.
        coverage.Coverage._instances.remove(measured)  # noqa: SLF001 -- there is no other way
    sys.path.insert(0, TREE)
    code = 1
    try:
        code = int(pytest.main([*plugins, *arguments], plugins=[recorder]))
    finally:
        measured.stop()
        data = measured.get_data()
        lines = {
            path.removeprefix(f"{TREE}/"): sorted(data.lines(path) or ())
            for path in sorted(data.measured_files())
        }
        recorder.write({"exit": code, "lines": lines})
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
