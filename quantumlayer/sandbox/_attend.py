"""Look after a running program: feed it, listen to it, and end it at a limit."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO

import anyio
import anyio.to_thread

from quantumlayer.sandbox._jail import Jail, family, read_some
from quantumlayer.sandbox._level import EndedBy, Limits

__all__ = ["Attendance", "OverMemory", "attend", "end_at_memory_limit", "memory_bytes"]

WATCH_S = 0.1
ROLLUP = "smaps_rollup"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Attendance:
    """What came of a program; filled while it runs.

    Attributes:
        stdout: What it wrote so far, up to the limit.
        stderr: The same.
        ended_by: `exit`, or the limit at which it was ended.
    """

    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    ended_by: EndedBy = "exit"


OverMemory = Callable[[], bool]
"""Tells whether all processes together have used more memory than allowed."""


async def attend(
    jailed: Jail, limits: Limits, stdin: bytes, over_memory: OverMemory | None
) -> Attendance:
    """Return when the program has ended, by itself or at a limit.

    Args:
        jailed: The program.
        limits: Where it is ended.
        stdin: What it is given to read.
        over_memory: Asked ten times a second; None where nobody looks.
    """
    attendance = Attendance()
    listeners = (attendance, limits, jailed)
    with anyio.move_on_after(limits.wall_s) as wall:
        async with anyio.create_task_group() as attending:
            attending.start_soon(_feed, jailed.stdin, stdin)
            if over_memory is not None:
                attending.start_soon(end_at_memory_limit, jailed, over_memory, attendance)
            async with anyio.create_task_group() as listening:
                listening.start_soon(_collect, jailed.stdout, attendance.stdout, *listeners)
                listening.start_soon(_collect, jailed.stderr, attendance.stderr, *listeners)
                await jailed.wait()
            attending.cancel_scope.cancel()
    if wall.cancelled_caught:
        attendance.ended_by = "wall_s"
    return attendance


async def _feed(stdin: FileIO, content: bytes) -> None:
    rest = memoryview(content)
    with stdin, suppress(BrokenPipeError):  # It need not read what it is given.
        while rest:
            await anyio.wait_writable(stdin)
            rest = rest[stdin.write(rest) or 0 :]


async def _collect(
    source: FileIO, sink: bytearray, attendance: Attendance, limits: Limits, jailed: Jail
) -> None:
    while True:
        await anyio.wait_readable(source)
        piece = read_some(source)
        if piece == b"":
            return
        room = limits.output_bytes - len(attendance.stdout) - len(attendance.stderr)
        sink += (piece or b"")[:room]
        if piece and len(piece) > room:
            attendance.ended_by = "output_bytes"
            jailed.kill()
            return


async def end_at_memory_limit(
    jailed: Jail, over_memory: OverMemory, attendance: Attendance
) -> None:
    """End all processes when together they have used more memory than allowed."""
    while not await anyio.to_thread.run_sync(over_memory):  # noqa: ASYNC110 -- the kernel's state
        await anyio.sleep(WATCH_S)
    attendance.ended_by = "memory_bytes"
    jailed.kill()


def memory_bytes(root_pid: int) -> int:
    """Add up the memory of a process and all below it.

    Shared memory counts once. Files in the sandbox's own file systems do not count, they have a
    limit of their own.
    """
    return sum(_proportional_bytes(pid) for pid in family(root_pid))


def _proportional_bytes(pid: int) -> int:
    """Return the proportional set size, or the resident one where that may not be read."""
    try:
        with FileIO(f"/proc/{pid}/{ROLLUP}") as file:
            fields = file.read().split()
        return int(fields[fields.index(b"Pss:") + 1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        with FileIO(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * PAGE_BYTES
    except (OSError, IndexError):  # It has ended.
        return 0
