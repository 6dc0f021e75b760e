"""The mechanism under the sandbox: stages files, starts programs, says how they ended."""

from __future__ import annotations

import secrets
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files as resources
from pathlib import Path

import anyio
import anyio.to_thread

from quantumlayer.errors import SandboxError
from quantumlayer.sandbox._attend import Attendance, attend, memory_bytes
from quantumlayer.sandbox._bytecode import LIMITS as BYTECODE_LIMITS
from quantumlayer.sandbox._bytecode import Bytecode
from quantumlayer.sandbox._cgroup import Cgroups, Group
from quantumlayer.sandbox._files import write_tree
from quantumlayer.sandbox._jail import Jail, Order, jail
from quantumlayer.sandbox._launch import Launcher, Stage, View
from quantumlayer.sandbox._layout import Layout, environment
from quantumlayer.sandbox._level import KILLED, Completed, Limits
from quantumlayer.sandbox._measure import PRIVATE

__all__ = ["Job", "Runner", "Running", "private_folder"]

TOOLS = (
    "compile_modules.py",
    "confine.py",
    "coverage_report.py",
    "imports.py",
    "probe.py",
    "run_tests.py",
    "serve.py",
    "syntax.py",
)
ETC = {
    "group": b"nogroup:x:65534:\n",
    "hosts": b"127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": b"passwd: files\ngroup: files\nhosts: files\n",
    "passwd": b"nobody:x:65534:65534:nobody:/nonexistent:/nonexistent\n",
}
LINKER_CACHE = Path("/etc/ld.so.cache")
OUT_OF_TIME, NOT_FOUND = 128 + signal.SIGXCPU, 127


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to run.

    Attributes:
        compose: Makes the command line, given where things are inside.
        files: Content by relative path, put into the working folder, read-only.
        limits: What it may use.
        env: Variables besides the fixed ones.
        descriptors: Descriptors to hand in.
    """

    compose: Callable[[View], Sequence[str]]
    files: Mapping[str, bytes] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    env: Mapping[str, str] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """A job that runs.

    Attributes:
        jailed: Its processes.
        group: Their control group, if there are any here.
        started_s: When it started, by the event loop's clock, in seconds.
    """

    jailed: Jail
    group: Group | None
    started_s: float

    def over_memory(self, limits: Limits) -> bool:
        """Whether all its processes together have used more memory than allowed.

        A control group ends one process of many; then the others are ended too.
        """
        if self.group is not None:
            return self.group.out_of_memory_kills > 0
        return memory_bytes(self.jailed.root_pid) > limits.memory_bytes

    def completed(self, attendance: Attendance, limits: Limits) -> Completed:
        """Put together how it ended; it has to have.

        Raises:
            SandboxError: The sandbox broke down before the program started.
        """
        exit_code, ended_by = self.jailed.exit_code, attendance.ended_by
        ran_s = anyio.current_time() - self.started_s
        if ended_by != "exit":
            exit_code = KILLED
        elif exit_code != 0 and self.group is not None and self.group.out_of_memory_kills:
            exit_code, ended_by = exit_code or KILLED, "memory_bytes"
        elif exit_code == OUT_OF_TIME or (exit_code == KILLED and ran_s >= limits.cpu_s):
            ended_by = "cpu_s"
        elif exit_code is None:
            exit_code = _never_started(bytes(attendance.stderr))
        return Completed(
            exit_code, bytes(attendance.stdout), bytes(attendance.stderr), ended_by, limits
        )


def _never_started(stderr: bytes) -> int:
    words = stderr.decode(errors="replace").strip()
    if words.startswith("bwrap: execvp "):
        return NOT_FOUND
    raise SandboxError(f"The sandbox broke down before the program started: {words or 'no reason'}")


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs jobs behind one kind of wall.

    Attributes:
        launcher: Who builds the walls.
        cgroups: Where control groups can be made; None where they cannot.
        layout: What of the host is shown.
        home: Folder on the host for what the jobs are made of.
        bytecode: Where compiled modules are kept.
    """

    launcher: Launcher
    cgroups: Cgroups | None
    layout: Layout
    home: Path
    bytecode: Bytecode

    def tool(self, name: str, *arguments: str) -> Callable[[View], Sequence[str]]:
        """Compose the command line of one of our own programs."""
        # -P: the folder of our programs is no place to import from.
        return lambda view: (self.layout.python, "-P", f"{view.tools}/{name}", *arguments)

    async def run(self, job: Job, *, stdin: bytes = b"", watch_memory: bool = True) -> Completed:
        """Run a job to its end. Cancelled, it leaves nothing running and nothing on the disk.

        Args:
            job: What to run.
            stdin: What it is given to read.
            watch_memory: Whether to end it when all its processes use too much memory together;
                otherwise the kernel has to see to it alone.

        Raises:
            SandboxError: The sandbox could not be built; the program has not run.
        """
        async with self.start(job) as running:
            over_memory = partial(running.over_memory, job.limits) if watch_memory else None
            attendance = await attend(running.jailed, job.limits, stdin, over_memory)
            with anyio.CancelScope(shield=True):
                await running.jailed.end()
            return running.completed(attendance, job.limits)

    async def run_tool(
        self,
        name: str,
        *arguments: str,
        files: Mapping[str, bytes],
        stdin: bytes = b"",
        limits: Limits = Limits(),  # noqa: B008 -- frozen
    ) -> Completed:
        """Run one of our own programs on files."""
        return await self.run(Job(self.tool(name, *arguments), files, limits), stdin=stdin)

    async def compile_ahead(self) -> None:
        """Compile what checks import, if that has not been done; later runs start faster.

        Nothing of a stranger's runs beside it. If it fails, runs are slower, and no different.
        """
        if not await anyio.to_thread.run_sync(lambda: self.bytecode.missing):
            return
        outputs: list[bytes] = []

        async def compile_half(names: Sequence[str]) -> None:
            job = Job(self.tool("compile_modules.py", *names), limits=BYTECODE_LIMITS)
            completed = await self.run(job)
            if completed.exit_code == 0:
                outputs.append(completed.stdout)

        async with anyio.create_task_group() as tasks:
            for names in self.bytecode.installed():
                tasks.start_soon(compile_half, names)
        if len(outputs) == len(self.bytecode.installed()):
            await anyio.to_thread.run_sync(self.bytecode.keep, outputs)

    @asynccontextmanager
    async def start(self, job: Job) -> AsyncIterator[Running]:
        """Start a job; it is ended, if it still runs, when the block is left.

        Raises:
            SandboxError: The sandbox could not be built; the program has not run.
        """
        async with self._stage(job.files) as stage, self._group() as group:
            view = self.launcher.view(stage)
            variables = {**environment(self.layout, view.tmp, view.bytecode), **job.env}
            argv = job.compose(view)
            order = Order(argv, variables, stage, job.limits, job.descriptors)
            async with jail(self.launcher, order, group) as jailed:
                yield Running(jailed, group, anyio.current_time())

    @asynccontextmanager
    async def _group(self) -> AsyncIterator[Group | None]:
        if self.cgroups is None:
            yield None
            return
        async with self.cgroups.group() as group:
            yield group

    @asynccontextmanager
    async def _stage(self, files: Mapping[str, bytes]) -> AsyncIterator[Stage]:
        folder = self.home / f"run-{secrets.token_hex(8)}"
        tree, tmp = folder / "tree", folder / "tmp"

        def build() -> None:
            for path in (folder, tree, tmp):
                path.mkdir()
            write_tree(tree, files)

        try:
            await anyio.to_thread.run_sync(build)
            tools, etc = self.home / "tools", self.home / "etc"
            yield Stage(tree, tmp, tools, etc, self.bytecode.ready)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(shutil.rmtree, folder, True)


@asynccontextmanager
async def private_folder() -> AsyncIterator[Path]:
    """Make a private folder with our programs and the few files of /etc; remove it afterwards."""

    def build() -> Path:
        folder = Path(tempfile.mkdtemp(prefix="quantumlayer-"))
        inside = resources("quantumlayer.sandbox") / "_inside"
        etc = dict(ETC)
        if LINKER_CACHE.is_file():
            etc[LINKER_CACHE.name] = LINKER_CACHE.read_bytes()
        tools = {name: (inside / name).read_bytes() for name in TOOLS}
        for name, content in {"tools": tools, "etc": etc}.items():
            (folder / name).mkdir()
            (folder / name).chmod(0o755)
            write_tree(folder / name, content)
        (folder / "tools" / PRIVATE).touch(mode=0o400)
        return folder

    folder = await anyio.to_thread.run_sync(build)
    try:
        yield folder
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(shutil.rmtree, folder, True)
