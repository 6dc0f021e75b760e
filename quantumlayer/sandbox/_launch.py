"""How a program is put behind a wall: by bubblewrap, or without it by Landlock or limits alone.

A launcher only composes a command line; `_jail` runs it. All launchers speak one protocol:

- on the status descriptor they write `{"child-pid": N}` once the walls stand, and
  `{"exit-code": N}` when the program has ended;
- the program does not start before the seccomp filter was read to its end from the gate
  descriptor. An empty filter is an error, so a host that dies meanwhile starts nothing.

Source: both are options of bwrap(1), `--json-status-fd` and `--seccomp`; tested with 0.8.0.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from quantumlayer.errors import SandboxUnavailableError
from quantumlayer.sandbox import _seccomp
from quantumlayer.sandbox._layout import Layout
from quantumlayer.sandbox._level import Level, Limits

__all__ = ["Bubblewrap", "Confine", "Descriptors", "Launcher", "Stage", "View", "find_bubblewrap"]

# Ids above those of system users, subordinate ids and containers, and below 2**31.
# Source: systemd's table of uids and gids (systemd.io/UIDS-GIDS).
SPARE_IDS = (0x70000000, 0x7FFFFFFF)
NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Stage:
    """Folders on the host that one run is made of.

    Attributes:
        tree: The files handed in.
        tmp: Scratch space, used only where the sandbox has none of its own.
        tools: Our programs.
        etc: The few files of `/etc` that a program may expect.
        bytecode: Compiled modules of the environment; None where there are none to be shown.
    """

    tree: Path
    tmp: Path
    tools: Path
    etc: Path
    bytecode: Path | None


@dataclass(frozen=True, slots=True)
class View:
    """Where a program inside finds things.

    Attributes:
        tree: Its working folder, with the files handed in.
        tmp: Where it may write.
        tools: Our programs.
        bytecode: Compiled modules of the environment, if they are shown.
    """

    tree: str
    tmp: str
    tools: str
    bytecode: str | None


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Numbers of the descriptors the launcher inherits."""

    status: int
    gate: int


class Launcher(Protocol):
    """Composes the command that starts a program behind a wall."""

    @property
    def aim(self) -> Level:
        """The level it is made for; what it attains is measured."""
        ...

    @property
    def seccomp(self) -> bytes:
        """The filter to hand in at the gate."""
        ...

    @property
    def end_signal(self) -> signal.Signals:
        """What ends everything inside when it is sent to the process in the status."""
        ...

    def view(self, stage: Stage) -> View:
        """Say where the stage's folders are seen from inside."""
        ...

    def command(
        self, argv: Sequence[str], stage: Stage, limits: Limits, descriptors: Descriptors
    ) -> list[str]:
        """Compose the command line."""
        ...


# --- bubblewrap ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """Namespaces of its own for everything, by bwrap(1).

    Root builds the walls with its rights, so that an interpreter in /root can be shown, and then
    becomes a user that nobody else is: process counts are kept by user. Anyone else builds them in
    a user namespace.

    Attributes:
        bwrap: Path of bubblewrap.
        setpriv: Path of util-linux' setpriv for root; None for everyone else.
        spare_ids: First and last id to choose a user from; used with `setpriv` only.
        layout: What of the host is shown.
    """

    bwrap: str
    setpriv: str | None
    spare_ids: tuple[int, int]
    layout: Layout
    aim: Level = Level.L3
    end_signal: signal.Signals = signal.SIGKILL

    @property
    def seccomp(self) -> bytes:
        """The whole filter; IP sockets are left, for the loopback of its own."""
        return _seccomp.program(_seccomp.host_architecture(), network=True)

    def view(self, stage: Stage) -> View:
        """Give the names inside, which are the same for every run."""
        bytecode = None if stage.bytecode is None else "/bytecode"
        return View("/tree", "/tmp", "/tools", bytecode)  # noqa: S108 -- a file system of its own

    def command(
        self, argv: Sequence[str], stage: Stage, limits: Limits, descriptors: Descriptors
    ) -> list[str]:
        """Compose the command line."""
        # fmt: off
        return [
            self.bwrap, *self._user(),
            "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup",
            "--hostname", "sandbox", "--new-session", "--die-with-parent",
            *_file_systems(limits), *self._shown(stage), *_files(stage),
            "--remount-ro", "/", "--remount-ro", "/dev", "--chdir", "/tree",
            "--json-status-fd", str(descriptors.status), "--seccomp", str(descriptors.gate),
            "--", *self._become(), *argv,
        ]
        # fmt: on

    def _user(self) -> list[str]:
        if self.setpriv is None:
            return ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
        return ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]

    def _become(self) -> list[str]:
        if self.setpriv is None:
            return []
        first, last = self.spare_ids
        one = str(first + secrets.randbelow(last - first + 1))
        drop = ["--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs"]
        return [self.setpriv, "--reuid", one, "--regid", one, "--clear-groups", *drop]

    def _shown(self, stage: Stage) -> list[str]:
        shown = list(self.layout.folders)
        if self.setpriv is not None and not any(
            Path(self.setpriv).is_relative_to(folder) for folder in shown
        ):
            shown.append(self.setpriv)
        above = {str(parent) for name in shown for parent in Path(name).parents} - {"/"}
        arguments = []
        for parent in sorted(above):
            arguments += ["--perms", "0755", "--dir", parent]
        for name in shown:
            arguments += ["--ro-bind", name, name]
        for name, target in self.layout.links:
            arguments += ["--symlink", target, name]
        if stage.bytecode is not None:
            arguments += ["--ro-bind", str(stage.bytecode), "/bytecode"]
        return arguments


def _file_systems(limits: Limits) -> list[str]:
    """Make its own file systems; first, as an interpreter may be shown in one of them."""
    arguments = ["--proc", "/proc", "--dev", "/dev"]
    for name in ("/tmp", "/dev/shm", "/tree"):  # noqa: S108 -- file systems of its own
        size = ["--size", str(limits.tmp_bytes)]
        arguments += ["--perms", "1777", *size, "--tmpfs", name]
    return arguments


def _files(stage: Stage) -> list[str]:
    """Show its files, and ours; last, so that nothing hides them."""
    arguments = ["--ro-bind", str(stage.tools), "/tools", "--ro-bind", str(stage.etc), "/etc"]
    for entry in sorted(stage.tree.iterdir()):
        arguments += ["--ro-bind", str(entry), f"/tree/{entry.name}"]
    return arguments


def find_bubblewrap(layout: Layout) -> tuple[Bubblewrap, ...]:
    """Find bubblewrap; the ways to use it, the better one first.

    Root uses its rights if it has them, and a user namespace if a container took them away.

    Raises:
        SandboxUnavailableError: It, or for root setpriv, is not installed.
    """
    bwrap, setpriv = shutil.which("bwrap"), shutil.which("setpriv")
    if bwrap is None:
        raise SandboxUnavailableError(
            "L2", "bubblewrap is not installed", "Install it: apt-get install bubblewrap"
        )
    in_namespace = Bubblewrap(bwrap, None, SPARE_IDS, layout)
    ids = _spare_ids(Path("/proc/self/uid_map"), Path("/proc/self/gid_map"))
    if os.geteuid() != 0 or ids is None:
        return (in_namespace,)
    if setpriv is None:
        raise SandboxUnavailableError(
            "L2", "setpriv is not installed", "Install it: apt-get install util-linux"
        )
    return (Bubblewrap(bwrap, setpriv, ids, layout), in_namespace)


def _spare_ids(*maps: Path) -> tuple[int, int] | None:
    """Return ids that are mapped here and most likely nobody's; None in a one-user namespace."""
    first, last = SPARE_IDS
    for path in maps:
        ranges = [tuple(map(int, line.split())) for line in path.read_text().splitlines()]
        inside, _, count = max(ranges, key=lambda line: line[2])
        last = min(last, inside + count - 1)
    if last < first:  # A container with a few ids of its own: its upper half.
        first = last // 2
    return (first, last) if last > NOBODY // 2 else None


# --- without bubblewrap --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Confine:
    """Limits and, for `Level.L1`, Landlock and seccomp; no namespaces.

    The launcher is our own program `confine.py`, which stays to end what the program leaves.

    Attributes:
        layout: What of the host may be read.
        aim: L1, or L0 without Landlock and seccomp.
    """

    layout: Layout
    aim: Level
    end_signal: signal.Signals = signal.SIGTERM

    @property
    def seccomp(self) -> bytes:
        """The whole filter without IP sockets, as the network is the host's; at L0 none."""
        if self.aim < Level.L1:
            return _seccomp.ALLOW_ALL
        return _seccomp.program(_seccomp.host_architecture(), network=False)

    def view(self, stage: Stage) -> View:
        """Give the host's own names, as nothing is mounted."""
        bytecode = None if stage.bytecode is None else str(stage.bytecode)
        return View(str(stage.tree), str(stage.tmp), str(stage.tools), bytecode)

    def command(
        self,
        argv: Sequence[str],
        stage: Stage,
        limits: Limits,  # noqa: ARG002 -- all of them are set from outside
        descriptors: Descriptors,
    ) -> list[str]:
        """Compose the command line."""
        bytecode = [stage.bytecode] if stage.bytecode is not None else []
        order = {
            "argv": list(argv),
            "chdir": str(stage.tree),
            "status": descriptors.status,
            "gate": descriptors.gate,
            "landlock": self.aim >= Level.L1,
            "readable": [*self.layout.folders, str(stage.tools), *map(str, bytecode)],
            "writable": [str(stage.tree), str(stage.tmp)],
        }
        program = str(stage.tools / "confine.py")
        return [self.layout.python, "-I", "-S", program, json.dumps(order)]
