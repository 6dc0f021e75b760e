"""The level that this machine attains: what a sandbox has to deny is tried from inside one."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from quantumlayer.errors import SandboxError
from quantumlayer.sandbox._layout import Layout
from quantumlayer.sandbox._level import Completed, Level, Limits, Probe

__all__ = ["PRIVATE", "PROBE_LEVELS", "Run", "measure"]

PROBE_LEVELS = {
    "memory": Level.L0,
    "processes": Level.L0,
    "open_files": Level.L0,
    "file_size": Level.L0,
    "core_dump": Level.L0,
    "environment": Level.L0,
    "host_file": Level.L1,
    "home": Level.L1,
    "host_write": Level.L1,
    "interpreter": Level.L1,
    "tcp": Level.L1,
    "abstract_socket": Level.L1,
    "vsock": Level.L1,
    "raw_sockets": Level.L1,
    "ptrace": Level.L1,
    "mount": Level.L1,
    "namespaces": Level.L1,
    "bpf": Level.L1,
    "io_uring": Level.L1,
    "userfaultfd": Level.L1,
    "perf": Level.L1,
    "keyring": Level.L1,
    "terminal": Level.L1,
    "capabilities": Level.L1,
    "host_process": Level.L2,
    "unix_socket": Level.L2,
    "shared_memory": Level.L2,
    "hostname": Level.L2,
    "disk": Level.L2,
    "root_identity": Level.L3,
    "total_memory": Level.L3,
}
"""The lowest level that denies each attempt of `_inside/probe.py`."""

LIMITS = Limits(
    wall_s=20,
    cpu_s=10,
    memory_bytes=96 << 20,
    processes=16,
    open_files=64,
    file_size_bytes=1 << 20,
    output_bytes=1 << 16,
    tmp_bytes=4 << 20,
)

Run = Callable[[list[str], Limits], Awaitable[Completed]]
"""Runs our program of that name, with its arguments, in the sandbox that is measured."""

PRIVATE = "owner-only"
"""A file beside our programs that only its owner, the host's user, may read."""


async def measure(run: Run, layout: Layout, home: Path, variables: set[str]) -> tuple[Probe, ...]:
    """Make every attempt from inside.

    Args:
        run: Runs a program in the sandbox.
        layout: What of the host it shows.
        home: A private folder on the host, for a canary and sockets.
        variables: Names that the environment inside has on purpose.

    Returns:
        One answer for each of `PROBE_LEVELS`; an attempt that gave none counts as not denied.

    Raises:
        SandboxError: The sandbox cannot be built, or nothing can run in it.
    """
    with _targets(layout, home, variables) as targets:
        many = await run(["probe.py", json.dumps(targets)], LIMITS)
        alone = json.dumps(targets | {"only": "total_memory"})
        one = await run(["probe.py", alone], LIMITS)
    answers = _answers(many)
    killed = one.ended_by == "memory_bytes"
    answers["total_memory"] = "killed" if killed else _answers(one)["total_memory"]
    return tuple(
        Probe(name, level, denied=bool(answers.get(name)), detail=str(answers.get(name, "")))
        for name, level in PROBE_LEVELS.items()
    )


def _answers(completed: Completed) -> dict[str, str]:
    try:
        return dict(json.loads(completed.stdout))
    except ValueError:
        words = completed.stderr.decode(errors="replace").strip().splitlines()
        last = words[-1] if words else f"status {completed.exit_code}"
        raise SandboxError(f"The sandbox holds our own probes from running: {last}") from None


@contextmanager
def _targets(layout: Layout, home: Path, variables: set[str]) -> Iterator[dict[str, Any]]:
    """Set up on the host what the attempts aim at."""
    canary = home / "canary"
    canary.write_text("if this can be read, there is no sandbox")
    name = f"quantumlayer-{home.name}"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        _listener(str(home / "probe.socket")),
        _listener("\0" + name),
    ):
        yield {
            "only": "",
            "memory_bytes": LIMITS.memory_bytes,
            "processes": LIMITS.processes,
            "open_files": LIMITS.open_files,
            "file_size_bytes": LIMITS.file_size_bytes,
            "tmp_bytes": LIMITS.tmp_bytes,
            "variables": sorted(set(os.environ) - variables),
            "file": str(canary),
            "folder": str(home),
            "folders": list(layout.folders),
            "home": _some_of_home(layout),
            "port": tcp.getsockname()[1],
            "unix": str(home / "probe.socket"),
            "abstract": name,
            "pid": os.getpid(),
            "user": os.geteuid(),
            "private": PRIVATE,
            "ipc": os.readlink("/proc/self/ns/ipc"),  # noqa: PTH115 -- no path
            "uts": os.readlink("/proc/self/ns/uts"),  # noqa: PTH115
        }
    (home / "probe.socket").unlink()


@contextmanager
def _listener(address: str) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(address)
        listening.listen()
        yield


def _some_of_home(layout: Layout) -> list[str]:
    """Pick what the home holds, besides the way to the interpreter."""
    shown = {*layout.parents, *layout.folders}
    with suppress(OSError):
        mine = [str(path) for path in sorted(Path.home().iterdir()) if str(path) not in shown]
        return mine[:5]
    return []
