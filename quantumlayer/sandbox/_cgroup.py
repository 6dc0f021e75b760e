"""Control groups: limits on all processes of a sandbox together.

Version 1 keeps memory and pids in two trees, version 2 in one. A group is made below our own, or,
where version 2 forbids that (a group with processes hands nothing down), beside it.

Source: Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst of Linux.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from quantumlayer.errors import SandboxError
from quantumlayer.sandbox._level import Limits

__all__ = ["Cgroups", "Group", "find_cgroups"]

LAUNCHERS = 2  # Bubblewrap's monitor and its init count as well.
PREFIX = "quantumlayer-"
RMDIR_TRIES, RMDIR_WAIT_S = 100, 0.005


@dataclass(frozen=True, slots=True)
class Group:
    """One sandbox's group.

    Attributes:
        folders: Where it lives: one folder, or with version 1 one of memory and one of pids.
        outside: With version 1, the groups that this process itself is in; empty if unknown.
        version: 1 or 2.
    """

    folders: tuple[Path, ...]
    outside: tuple[Path, ...]
    version: int

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be in the group, with this thread alone, so that a process started here is born into it.

        With version 1 the kernel moves the thread that asks at once; to move another process it
        first waits for all of them, which takes 7 to 14 ms (benchmarks/sandbox.py). With version
        2 single threads cannot move, and nothing happens here.
        """
        try:
            for folder in self.folders if self.outside else ():
                (folder / "tasks").write_text("0")
            yield
        finally:
            for folder in self.outside:
                (folder / "tasks").write_text("0")

    async def hold(self, pid: int, limits: Limits) -> None:
        """Take a process in that was not born in it, and limit the group.

        Limits come last: while a thread of ours is in, what we allocate counts as the group's, and
        no limit of a stranger's may end us.
        """
        for folder in self.folders if not self.outside else ():
            await anyio.to_thread.run_sync((folder / "cgroup.procs").write_text, str(pid))
        memory, pids = self.folders[0], self.folders[-1]
        (pids / "pids.max").write_text(str(limits.processes + LAUNCHERS))
        if self.version == 1:
            (memory / "memory.limit_in_bytes").write_text(str(limits.memory_bytes))
            _write_if_there(memory / "memory.memsw.limit_in_bytes", str(limits.memory_bytes))
        else:
            (memory / "memory.max").write_text(str(limits.memory_bytes))
            _write_if_there(memory / "memory.swap.max", "0")
            _write_if_there(memory / "memory.oom.group", "1")

    def kill(self) -> bool:
        """End what is in it and let nothing be forked any more; True when it is empty."""
        (self.folders[-1] / "pids.max").write_text("0")
        listed = {int(pid) for pid in (self.folders[-1] / "cgroup.procs").read_text().split()}
        pids = listed - {os.getpid()}
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not pids

    @property
    def out_of_memory_kills(self) -> int:
        """How many of its processes the kernel killed for want of memory."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        for line in (self.folders[0] / name).read_text().splitlines():
            key, _, value = line.partition(" ")
            if key == "oom_kill":
                return int(value)
        return 0


@dataclass(frozen=True, slots=True)
class Cgroups:
    """Where groups can be made.

    Attributes:
        parents: One folder of version 2, or the memory and the pids folder of version 1.
        own: Whether these are the groups that this process itself is in.
        version: 1 or 2.
    """

    parents: tuple[Path, ...]
    own: bool
    version: int

    @asynccontextmanager
    async def group(self) -> AsyncIterator[Group]:
        """Make a group for one run and remove it afterwards; its processes must have ended.

        Raises:
            SandboxError: It cannot be made. The level was measured with it, so nothing runs.
        """
        name = _new_name()
        outside = self.parents if self.own and self.version == 1 else ()
        group = Group(tuple(parent / name for parent in self.parents), outside, self.version)
        try:
            _make(group)
            yield group
        finally:
            with anyio.CancelScope(shield=True):
                for folder in group.folders:
                    await _remove(folder)


def _make(group: Group) -> None:
    try:
        for folder in group.folders:
            folder.mkdir()
    except OSError as error:
        msg = f"No control group can be made in {error.filename!r}: {error.strerror}"
        raise SandboxError(msg) from error


def _write_if_there(path: Path, text: str) -> None:
    if path.exists():
        path.write_text(text)


async def _remove(folder: Path) -> None:
    for _ in range(RMDIR_TRIES):
        if _rmdir(folder):
            return
        await anyio.sleep(RMDIR_WAIT_S)


def _rmdir(folder: Path) -> bool:
    """Remove a group; False while it is busy: its last process is dead but not yet gone."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


# --- finding them --------------------------------------------------------------------------------


def find_cgroups(proc: Path = Path("/proc/self")) -> Cgroups | None:
    """Find where this process may make groups that limit memory and processes; None if nowhere.

    Args:
        proc: The process's folder in procfs.
    """
    try:
        mounts = list(_mounts((proc / "mountinfo").read_text()))
        membership = (proc / "cgroup").read_text().splitlines()
    except OSError:
        return None
    mine = {names: path for _, names, path in (line.split(":", 2) for line in membership)}
    for mount in mounts:
        if mount.kind == "cgroup2" and "" in mine:
            found = _nearest_that_hands_down(mount.point, mount.resolve(mine[""]))
            if found is not None:
                return Cgroups((found,), own=False, version=2)
    return _version_1(mounts, mine)


def _version_1(mounts: list[_Mount], mine: dict[str, str]) -> Cgroups | None:
    parents, own = [], True
    for controller in ("memory", "pids"):
        path = next((path for names, path in mine.items() if controller in names.split(",")), None)
        mount = next((mount for mount in mounts if controller in mount.controllers), None)
        if path is None or mount is None:
            return None
        parents.append(mount.resolve(path))
        own = own and mount.root == "/" and parents[-1] == mount.point / path.strip("/")
    return Cgroups(tuple(parents), own, 1) if all(map(_may_make_groups, parents)) else None


def _nearest_that_hands_down(top: Path, mine: Path) -> Path | None:
    for folder in (mine, *mine.parents):
        with suppress(OSError):
            handed = (folder / "cgroup.subtree_control").read_text().split()
            if {"memory", "pids"} <= set(handed) and _may_make_groups(folder):
                return folder
        if folder == top:
            break
    return None


def _may_make_groups(parent: Path) -> bool:
    trial = parent / _new_name()
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError:
        return False
    _sweep(parent)
    return True


def _new_name() -> str:
    return f"{PREFIX}{os.getpid()}-{secrets.token_hex(8)}"


def _sweep(parent: Path) -> None:
    """Remove the empty groups of processes that were killed before they could."""
    for folder in parent.glob(f"{PREFIX}*-*"):
        maker = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", maker).exists():
            with suppress(OSError):  # Not empty, or somebody else has swept it.
                folder.rmdir()


@dataclass(frozen=True, slots=True)
class _Mount:
    kind: str
    root: str
    point: Path
    controllers: tuple[str, ...]

    def resolve(self, path: str) -> Path:
        """Translate a path of /proc/self/cgroup; in a container it may be told from outside."""
        inside = path.removeprefix(self.root.rstrip("/")) if path.startswith(self.root) else path
        folder = self.point / inside.strip("/")
        return folder if folder.is_dir() else self.point


def _mounts(mountinfo: str) -> Iterator[_Mount]:
    for line in mountinfo.splitlines():
        mount, _, source = line.partition(" - ")
        kind, _, options = source.split(" ", 2)
        if kind in {"cgroup", "cgroup2"}:
            fields = mount.split(" ")
            controllers = tuple(options.split(",")) if kind == "cgroup" else ()
            yield _Mount(kind, fields[3], Path(fields[4]), controllers)
