"""The sandbox: opened and measured once, then used for any number of runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from quantumlayer.errors import SandboxError, SandboxUnavailableError
from quantumlayer.sandbox._bytecode import Bytecode
from quantumlayer.sandbox._cgroup import find_cgroups
from quantumlayer.sandbox._launch import Confine, Launcher, find_bubblewrap
from quantumlayer.sandbox._layout import Layout, environment, host_layout
from quantumlayer.sandbox._level import Completed, Level, Limits, Probe, attained
from quantumlayer.sandbox._measure import measure
from quantumlayer.sandbox._runner import Job, Runner, private_folder
from quantumlayer.sandbox._service import SERVICE_LIMITS, Service, serve

__all__ = ["Sandbox", "measured", "open_sandbox"]

NOTHING: Mapping[str, bytes] = MappingProxyType({})
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})
CURE = (
    "Install bubblewrap (apt-get install bubblewrap) and let it make user namespaces "
    "(kernel.apparmor_restrict_unprivileged_userns=0 where there is such a setting), or accept "
    "less by the argument `minimum`."
)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Runs strangers' programs apart from the host; made by `open_sandbox`.

    A program sees the interpreter that runs us, its libraries, the files it is given and nothing
    else of the host. It has no network, a fixed environment, and may use what its limits allow.
    Runs may overlap; they share nothing.

    Attributes:
        level: The level that was measured.
        probes: What was tried to measure it.
        runner: The mechanism.
    """

    level: Level
    probes: tuple[Probe, ...]
    runner: Runner

    @property
    def python(self) -> str:
        """Path of the interpreter, inside and outside."""
        return self.runner.layout.python

    async def run(
        self,
        argv: Sequence[str],
        *,
        files: Mapping[str, bytes] = NOTHING,
        stdin: bytes = b"",
        limits: Limits = Limits(),  # noqa: B008 -- frozen
        env: Mapping[str, str] = NO_VARIABLES,
    ) -> Completed:
        """Run a program to its end, or to a limit.

        Its working folder holds the given files, read-only. It may write beside them, in `/tmp`
        and in `/dev/shm`, and what it writes is gone afterwards. Cancelled, every process of it is
        ended, within a second, before the cancellation goes on.

        Args:
            argv: The program, as an absolute path such as `sandbox.python`, and its arguments.
            files: Content by relative path; `read_tree` makes it from a folder.
            stdin: What it is given to read.
            limits: What it may use.
            env: Variables besides the fixed ones. Secrets in here are the program's to see.

        Returns:
            How it ended. A limit is no error here; see `Completed.raise_for_limit`.

        Raises:
            SandboxError: A path leaves the working folder, or the sandbox could not be built. The
                program has not run.
        """
        job = Job(lambda _: argv, files, limits, env)
        return await self.runner.run(job, stdin=stdin)

    def serve(
        self,
        entry_point: str = "app.main:app",
        *,
        files: Mapping[str, bytes],
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits = SERVICE_LIMITS,
        env: Mapping[str, str] = NO_VARIABLES,
    ) -> AbstractAsyncContextManager[Service]:
        """Serve an ASGI application by uvicorn, and forward a port of the host to it.

        The application has no network: it answers on a socket that is handed in. Connections wait
        until it has started; when it has ended, they are closed. When the block is left it is
        asked to stop, then ended; nothing is left running.

        Args:
            entry_point: Module and name of the application.
            files: Content by relative path.
            host: Address of the host to listen on.
            port: Port to listen on; 0 takes a free one, see `Service.url`.
            limits: What it may use. By default it may run for ever.
            env: Variables besides the fixed ones.

        Raises:
            SandboxError: The port is taken, or the sandbox could not be built.
        """
        return serve(self.runner, entry_point, files, (host, port), limits, env)


@asynccontextmanager
async def open_sandbox(
    *, minimum: Level = Level.L2, bytecode: Path | None = None
) -> AsyncIterator[Sandbox]:
    """Build the best sandbox this machine allows, and measure it.

    Measuring makes some thirty attempts to get out, which takes about 0.2 s; keep the sandbox
    open for all that has to be run.

    Args:
        minimum: The lowest level to accept. There is no other way to lower it.
        bytecode: A private folder that keeps compiled modules for later sandboxes, a few
            megabytes for each environment; None keeps them as long as this one is open. See
            `check_all`.

    Raises:
        SandboxUnavailableError: No sandbox attained the level; says what is missing.
    """
    async with private_folder() as folder:
        yield await _best(folder, minimum, Bytecode.under(bytecode or folder))


async def measured(runner: Runner) -> Sandbox:
    """Measure what a runner's walls hold.

    Raises:
        SandboxUnavailableError: Not even the limits of L0 hold.
        SandboxError: The walls cannot be built.
    """

    async def run(arguments: Sequence[str], limits: Limits) -> Completed:
        job = Job(runner.tool(*arguments), limits=limits)
        return await runner.run(job, watch_memory=False)  # The kernel has to hold it.

    fixed = {*environment(runner.layout, ""), "PWD"}  # Bubblewrap sets that itself.
    probes = await measure(run, runner.layout, runner.home, fixed)
    level = attained(probes)
    if level is None:
        reached = _reached(probes, Level.L0)
        raise SandboxUnavailableError("L0", f"limits do not hold ({reached})", CURE)
    return Sandbox(level, probes, runner)


async def _best(folder: Path, minimum: Level, bytecode: Bytecode) -> Sandbox:
    layout = host_layout()
    found = find_cgroups()
    reasons: list[str] = []
    for launcher in _launchers(layout, minimum, reasons):
        for cgroups in dict.fromkeys((found, None)):
            try:
                sandbox = await measured(Runner(launcher, cgroups, layout, folder, bytecode))
            except SandboxUnavailableError as error:
                reasons.append(error.reason)
            except (SandboxError, OSError) as error:
                reasons.append(str(error))
            else:
                if sandbox.level >= minimum:
                    return sandbox
                reached = _reached(sandbox.probes, minimum)
                reasons.append(f"what was measured is {sandbox.level} ({reached})")
    raise SandboxUnavailableError(str(minimum), "; ".join(dict.fromkeys(reasons)), CURE)


def _launchers(layout: Layout, minimum: Level, reasons: list[str]) -> Iterator[Launcher]:
    """Go through the ways to build walls, best first, as far as they may reach the level."""
    try:
        yield from find_bubblewrap(layout)
    except SandboxUnavailableError as error:
        reasons.append(error.reason)
    yield from (Confine(layout, level) for level in (Level.L1, Level.L0) if level >= minimum)


def _reached(probes: Sequence[Probe], level: Level) -> str:
    names = [probe.name for probe in probes if probe.level <= level and not probe.denied]
    return "not denied: " + ", ".join(names)
