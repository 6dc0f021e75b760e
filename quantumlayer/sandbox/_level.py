"""How well a program is shut in, and the values that say so."""

from __future__ import annotations

import math
import signal
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from quantumlayer.errors import SandboxLimitError

__all__ = ["KILLED", "Completed", "EndedBy", "Level", "Limits", "Probe", "attained"]


class Level(IntEnum):
    """Isolation levels; a higher one denies all that a lower one denies.

    A level is what was measured, see `Probe`; never what was meant to be switched on.
    """

    L0 = 0
    """Resource limits and a clean environment only: for programs that are trusted anyway."""
    L1 = 1
    """Landlock and seccomp besides: no host files, no network, no rare kernel interfaces."""
    L2 = 2
    """Bubblewrap, seccomp and limits: namespaces of its own, nothing of the host in sight."""
    L3 = 3
    """L2 for a user that is not root on the host, with cgroup limits on the whole."""

    def __str__(self) -> str:
        """Give the name: `L2`."""
        return self.name


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that was tried from inside.

    Attributes:
        name: What was tried, such as `host_file`.
        level: The lowest level that denies it.
        denied: Whether it failed, as it should.
        detail: The errno it failed with, or how far it came.
    """

    name: str
    level: Level
    denied: bool
    detail: str = ""


def attained(probes: tuple[Probe, ...]) -> Level | None:
    """Return the highest level of which every probe, and every lower level's, was denied.

    None where not even the limits of `Level.L0` hold. No probes prove nothing: None as well.
    """
    best: Level | None = None
    for level in Level:
        mine = [probe for probe in probes if probe.level == level]
        if not mine or not all(probe.denied for probe in mine):
            break
        best = level
    return best


KILLED = 128 + signal.SIGKILL
"""Exit status of a program that was ended."""

EndedBy = Literal["exit", "wall_s", "cpu_s", "memory_bytes", "file_size_bytes", "output_bytes"]
"""`exit` where the program ended by itself (a signal of its own making included), otherwise the
field of `Limits` that ended it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use. At a limit it fails or is ended, at the latest a second later.

    The defaults are more than four times what 40 tests of a service with FastAPI and SQLAlchemy
    were measured to use: 242 MB of address space, 97 MB of memory, 4 s of a processor.

    Attributes:
        wall_s: Longest run, in seconds; `math.inf` for a service.
        cpu_s: CPU time of any one process, in seconds; `math.inf` for a service.
        memory_bytes: Address space of any one process, and memory of all of them together.
        processes: Processes and threads at one time.
        open_files: File descriptors of any one process.
        file_size_bytes: Largest file that can be written.
        output_bytes: What may be written to stdout and stderr together.
        tmp_bytes: Size of each writable file system: the working folder, `/tmp`, `/dev/shm`.
    """

    wall_s: float = 60.0
    cpu_s: float = 60.0
    memory_bytes: int = 1 << 30
    processes: int = 128
    open_files: int = 512
    file_size_bytes: int = 64 << 20
    output_bytes: int = 4 << 20
    tmp_bytes: int = 128 << 20

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if math.isnan(value) or value <= 0:
                msg = f"{name} is {value!r}: a limit is a positive number"
                raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended. Nothing of it is running any more.

    Attributes:
        exit_code: Its exit status; 128 + n where signal n ended it, 127 where there is no
            such program.
        stdout: What it wrote, as far as `output_bytes` went.
        stderr: The same.
        ended_by: `exit`, or the limit that ended it.
        limits: What it was allowed.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    ended_by: EndedBy
    limits: Limits

    def raise_for_limit(self) -> Completed:
        """Return itself if the program ended by itself.

        Raises:
            SandboxLimitError: A limit ended it.
        """
        if self.ended_by != "exit":
            raise SandboxLimitError(self.ended_by, getattr(self.limits, self.ended_by))
        return self
