"""All checks on a tree, and the report they add up to."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from importlib.util import find_spec

import anyio

from quantumlayer.errors import MissingExtraError
from quantumlayer.messages import Verdict
from quantumlayer.sandbox._boot import check_boot
from quantumlayer.sandbox._sandbox import Sandbox
from quantumlayer.sandbox._static import check_imports, check_ruff, check_syntax
from quantumlayer.sandbox._tests import check_tests
from quantumlayer.sandbox._verdict import Report

__all__ = ["CHECKS", "check_all"]

CHECKS = ("syntax", "imports", "ruff", "pytest", "coverage", "boot")
"""The checks, in the order of their verdicts."""
COVERAGE_TARGET = 0.8
NEEDED = ("coverage", "pytest", "ruff", "uvicorn")


async def check_all(
    sandbox: Sandbox,
    tree: Mapping[str, bytes],
    *,
    entry_point: str = "app.main:app",
    package: str = "app",
    coverage_target: float = COVERAGE_TARGET,
) -> Report:
    """Check a service: that it is well-formed, tested, and starts.

    The tree is never trusted: its configuration decides nothing, its programs run in the sandbox,
    and a check that got no answer is no pass. As many checks run at a time as there are
    processors; the whole takes about as long as its tests and three starts. Where the environment
    was installed without bytecode, the first time takes longer; see `open_sandbox`.

    Args:
        sandbox: Where to run it.
        tree: Content by relative path; `read_tree` makes it from a folder.
        entry_point: Module and name of the ASGI application.
        package: Folder whose statements the tests have to cover.
        coverage_target: The share of them, from 0 to 1.

    Returns:
        A verdict for each of `CHECKS`. The same tree gives an equal report.

    Raises:
        MissingExtraError: The tools are not installed.
        SandboxError: A path leaves the tree, or the sandbox broke down.
    """
    if any(find_spec(name) is None for name in NEEDED):
        raise MissingExtraError("Checking a service", "offline")
    await sandbox.runner.compile_ahead()
    verdicts: dict[str, Verdict] = {}
    passed_tests: list[str] = []

    async def run_tests() -> None:
        tested = await check_tests(sandbox, tree, package=package, target=coverage_target)
        verdicts.update(pytest=tested.pytest, coverage=tested.coverage)
        passed_tests.extend(tested.passed)

    async def run_boot() -> None:
        verdicts["boot"] = await check_boot(sandbox, tree, entry_point=entry_point)

    async def run_static() -> None:
        for check in (check_syntax, check_imports, check_ruff):
            verdict = await check(sandbox, tree)
            verdicts[verdict.check] = verdict

    await _share_processors(run_tests, run_boot, run_static)
    return Report(sandbox.level, tuple(verdicts[name] for name in CHECKS), tuple(passed_tests))


async def _share_processors(*jobs: Callable[[], Awaitable[None]]) -> None:
    """Run jobs, longest first, as many at a time as there are processors."""
    processors = anyio.CapacityLimiter(os.cpu_count() or 1)

    async def run(job: Callable[[], Awaitable[None]]) -> None:
        async with processors:
            await job()

    async with anyio.create_task_group() as tasks:
        for job in jobs:
            tasks.start_soon(run, job)
