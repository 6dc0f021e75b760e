"""What the sandbox costs: to open, to start a program in, to check a service in.

Usage: python benchmarks/sandbox.py [--backend asyncio|trio] [--json]

Starts are measured in turns, so that other load falls on all: bare, sandboxed, sandboxed without a
control group, and moved into one instead of born in it. Figures are the fastest and the median.
`overhead` is of the fastest: other load only adds to it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio

from quantumlayer.sandbox import Sandbox, check_all, open_sandbox, read_tree
from quantumlayer.sandbox._cgroup import Cgroups
from quantumlayer.sandbox._runner import Runner

SERVICE = Path(__file__).parents[1] / "tests" / "data" / "sandbox" / "good"
STARTS = 40
PAUSE_S = 0.05
CHECKS = 3


async def took_s(run: Callable[[], Awaitable[object]]) -> float:
    """Return how long something takes, in seconds."""
    begin = time.perf_counter()
    await run()
    return time.perf_counter() - begin


async def starts(sandbox: Sandbox) -> dict[str, float]:
    """Measure the start of an interpreter that does nothing, in several ways."""
    argv = [sandbox.python, "-I", "-S", "-c", "pass"]

    async def bare() -> None:
        subprocess.run(argv, check=True, capture_output=True)  # noqa: ASYNC221 -- what is compared

    ways: dict[str, Callable[[], Awaitable[object]]] = {
        "bare": bare,
        "sandboxed": partial(sandbox.run, argv),
        "ungrouped": partial(replace(sandbox, runner=_grouped(sandbox, None)).run, argv),
    }
    if sandbox.runner.cgroups is not None and sandbox.runner.cgroups.own:
        moved = replace(sandbox.runner.cgroups, own=False)
        ways["moved"] = partial(replace(sandbox, runner=_grouped(sandbox, moved)).run, argv)
    rounds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(STARTS):
        for name, way in ways.items():
            await anyio.sleep(PAUSE_S)  # The kernel is faster at moving right after a move.
            rounds[name].append(await took_s(way) * 1e3)
    figures = {}
    for name, found in rounds.items():
        figures[f"start_{name}_fastest_ms"] = min(found)
        figures[f"start_{name}_median_ms"] = statistics.median(found)
    figures["overhead_ms"] = min(rounds["sandboxed"]) - min(rounds["bare"])
    return figures


def _grouped(sandbox: Sandbox, cgroups: Cgroups | None) -> Runner:
    return replace(sandbox.runner, cgroups=cgroups)


async def measure() -> dict[str, float]:
    """Measure everything."""
    tree = await anyio.to_thread.run_sync(read_tree, SERVICE)
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as bytecode:
        async with open_sandbox(bytecode=Path(bytecode)) as sandbox:
            figures = {
                "level": float(sandbox.level),
                "probes": float(len(sandbox.probes)),
                "open_ms": (time.perf_counter() - begin) * 1e3,
            }
            figures |= await starts(sandbox)
            for number in range(CHECKS):
                begin = time.perf_counter()
                report = await check_all(sandbox, tree)
                which = "first" if number == 0 else f"again_{number}"
                figures[f"check_{which}_s"] = time.perf_counter() - begin
                if not report.ok:
                    raise SystemExit(f"The service does not pass: {report.findings}")
    return figures


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--backend", choices=["asyncio", "trio"], default="asyncio")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    figures = anyio.run(measure, backend=options.backend)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:38} {value:8.2f}")


if __name__ == "__main__":
    main()
