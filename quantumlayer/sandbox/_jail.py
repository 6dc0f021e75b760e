"""One program behind its wall, from its first process to its last.

`jail` starts a launcher and holds two pidfds: of the launcher, the monitor, and of the root, the
process whose end ends everything inside. Whatever happens in the block, nothing is left after it.
"""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from io import FileIO

import anyio

from quantumlayer.errors import SandboxError
from quantumlayer.sandbox._cgroup import Group
from quantumlayer.sandbox._launch import Descriptors, Launcher, Stage
from quantumlayer.sandbox._level import Limits

__all__ = ["Jail", "Order", "family", "jail", "read_some"]

START_S = 10.0  # Building the walls takes 5 ms; a machine may be swamped.
END_S = 0.3  # For a launcher that cleans up itself; then it gets help.
GONE_S = 0.005
READ_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Order:
    """What to run.

    Attributes:
        argv: The program and its arguments.
        environment: All of its environment.
        stage: The folders it is given.
        limits: What it may use.
        descriptors: More descriptors to hand in, under their numbers here.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    stage: Stage
    limits: Limits
    descriptors: tuple[int, ...] = ()


@dataclass(slots=True)
class Jail:
    """A running program.

    Attributes:
        stdin: Write end of its standard input.
        stdout: Read end of its standard output, non-blocking.
        stderr: Read end of its standard error, non-blocking.
        root_pid: The process above all others inside, as the host numbers it.
    """

    stdin: FileIO
    stdout: FileIO
    stderr: FileIO
    root_pid: int
    _root: FileIO
    _monitor: subprocess.Popen[bytes]
    _monitor_end: FileIO
    _status: FileIO
    _end_signal: signal.Signals
    _group: Group | None
    _said: bytes = b""

    @property
    def exit_code(self) -> int | None:
        """The program's exit status; None while it runs, and where it never started."""
        for line in self._said.splitlines():
            if b'"exit-code"' in line:
                return int(json.loads(line)["exit-code"])
        return None

    async def wait(self) -> None:
        """Wait until the program has ended, then end whatever it left running."""
        await anyio.wait_readable(self._monitor_end)
        self._reap()
        await self.end()

    def kill(self) -> None:
        """End every process inside, without waiting until they are gone."""
        _send(self._root, self._end_signal)

    async def end(self) -> None:
        """End every process inside; return when they are gone."""
        self.kill()
        while True:
            with anyio.move_on_after(END_S) as patience:
                await anyio.wait_readable(self._root)
            if not patience.cancelled_caught:
                break
            if not end_below(self.root_pid):  # Only then: it is what orphans are found by.
                _send(self._root, signal.SIGKILL)
        await anyio.wait_readable(self._monitor_end)
        self._reap()
        while self._group and not self._group.kill():  # noqa: ASYNC110 -- the kernel's state
            await anyio.sleep(GONE_S)

    def terminate(self) -> None:
        """Ask the program itself to stop, by SIGTERM, as a container's host does."""
        for pid in children(self.root_pid):
            _signal(pid, signal.SIGTERM)

    def _reap(self) -> None:
        if self._monitor.poll() is not None:
            self._said += read_some(self._status) or b""


def children(pid: int) -> list[int]:
    """List the children of a process, as the host numbers them; none where it has ended."""
    try:
        with FileIO(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def family(pid: int) -> Iterator[int]:
    """Go through a process and all below it."""
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children(one)


def end_below(root_pid: int) -> bool:
    """Kill all processes below one; False if there was none."""
    # What is stopped forks no more, and keeps its place below the limit of processes.
    stopped = {root_pid}
    while fresh := set(family(root_pid)) - stopped:
        for pid in fresh:
            _signal(pid, signal.SIGSTOP)
        stopped |= fresh
    for pid in stopped - {root_pid}:
        _signal(pid, signal.SIGKILL)
    return len(stopped) > 1


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def read_some(file: FileIO) -> bytes | None:
    """Read what is there: nothing (None) so far, or nothing any more (empty)."""
    return file.read(READ_BYTES)


def _send(pidfd: FileIO, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd.fileno(), number)


@asynccontextmanager
async def jail(launcher: Launcher, order: Order, group: Group | None) -> AsyncIterator[Jail]:
    """Start a program; end it, with all that it started, when the block is left.

    It starts after its limits are set and after it is in its group.

    Args:
        launcher: Who builds the walls.
        order: What to run.
        group: The control group to put it into.

    Raises:
        SandboxError: The walls could not be built; the program has not run.
    """
    with ExitStack() as stack:
        jailed = await _start(launcher, order, group, stack)
        try:
            yield jailed
        finally:
            with anyio.CancelScope(shield=True):
                await jailed.end()


async def _start(launcher: Launcher, order: Order, group: Group | None, stack: ExitStack) -> Jail:
    status, status_in = _pipe(stack)
    gate, gate_in = _pipe(stack)
    descriptors = Descriptors(status_in.fileno(), gate.fileno())
    with group.entered() if group else nullcontext():
        monitor = stack.enter_context(_monitor(launcher, order, descriptors))
    status_in.close()
    gate.close()
    os.set_blocking(status.fileno(), False)
    stdin, stdout, stderr = (_raw(pipe) for pipe in (monitor.stdin, monitor.stdout, monitor.stderr))
    try:
        with anyio.fail_after(START_S):
            first = await _first_line(status)
        root_pid = int(json.loads(first)["child-pid"])
        root = _pidfd(root_pid, stack)
        _restrict(root_pid, order.limits)
        if group is not None:
            await group.hold(root_pid, order.limits)
        gate_in.write(launcher.seccomp)  # Less than PIPE_BUF, so all of it or nothing.
        gate_in.close()
    except (TimeoutError, ValueError, OSError) as error:
        _abandon(monitor)
        complaint = await _last_words(stderr)
        reason = complaint.decode(errors="replace").strip() or repr(error)
        raise SandboxError(f"The sandbox could not be built: {reason}") from error
    return Jail(
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        root_pid=root_pid,
        _root=root,
        _monitor=monitor,
        _monitor_end=_pidfd(monitor.pid, stack),
        _status=status,
        _end_signal=launcher.end_signal,
        _group=group,
    )


@contextmanager
def _monitor(
    launcher: Launcher, order: Order, descriptors: Descriptors
) -> Iterator[subprocess.Popen[bytes]]:
    # Started from this thread, not from a worker: bubblewrap dies with the thread that made it.
    argv = launcher.command(order.argv, order.stage, order.limits, descriptors)
    try:
        process = subprocess.Popen(  # noqa: S603 -- running what it is told to is its purpose
            argv,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(order.environment),
            cwd="/",
            pass_fds=(descriptors.status, descriptors.gate, *order.descriptors),
            start_new_session=True,  # A Ctrl-C at the terminal is for us to handle.
        )
    except OSError as error:
        raise SandboxError(f"{argv[0]!r} cannot be started: {error.strerror}") from error
    with process as monitor:
        try:
            yield monitor
        finally:
            if monitor.returncode is None:
                _abandon(monitor)


def _abandon(monitor: subprocess.Popen[bytes]) -> None:
    """End a launcher that is still building, and what it has begun with.

    Bubblewrap's child waits for its parent's word, for ever if the parent is killed before.
    """
    os.kill(monitor.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, monitor.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)  # Now it forks no more.
    end_below(monitor.pid)
    monitor.kill()


def _pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    reader, writer = os.pipe()
    return stack.enter_context(FileIO(reader)), stack.enter_context(FileIO(writer, "w"))


def _raw(pipe: object) -> FileIO:
    assert isinstance(pipe, FileIO)  # noqa: S101 -- what Popen promises for bufsize=0
    os.set_blocking(pipe.fileno(), False)
    return pipe


def _pidfd(pid: int, stack: ExitStack) -> FileIO:
    return stack.enter_context(FileIO(os.pidfd_open(pid)))


async def _first_line(file: FileIO) -> bytes:
    line = b""
    while b"\n" not in line:
        await anyio.wait_readable(file)
        piece = read_some(file)
        if piece == b"":
            break
        line += piece or b""
    return line.partition(b"\n")[0]


async def _last_words(file: FileIO) -> bytes:
    words = b""
    with anyio.move_on_after(END_S, shield=True):
        while True:
            await anyio.wait_readable(file)
            piece = read_some(file)
            if piece == b"":
                break
            words += piece or b""
    return words


def _restrict(pid: int, limits: Limits) -> None:
    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_size_bytes,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.processes,
    }
    for kind, value in wanted.items():
        _limit(pid, kind, value, value)
    if math.isfinite(limits.cpu_s):  # First SIGXCPU, which says why; a second later SIGKILL.
        cpu_s = math.ceil(limits.cpu_s)
        _limit(pid, resource.RLIMIT_CPU, cpu_s, cpu_s + 1)


def _limit(pid: int, kind: int, soft: int, hard: int) -> None:
    ceiling = resource.prlimit(pid, kind)[1]
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.prlimit(pid, kind, (soft, hard))
