"""A measured sandbox, and a way to see what is left running."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import pytest

from quantumlayer.errors import SandboxUnavailableError
from quantumlayer.sandbox import Level, Sandbox, open_sandbox
from quantumlayer.sandbox._launch import Confine
from quantumlayer.sandbox._sandbox import measured


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """The best sandbox of this machine."""
    try:
        async with open_sandbox(minimum=Level.L2) as opened:
            yield opened
    except SandboxUnavailableError as error:
        pytest.skip(f"no sandbox here: {error.reason}")


@pytest.fixture
def without_groups(sandbox: Sandbox) -> Sandbox:
    """The same without control groups, as an ordinary user mostly has it."""
    return replace(sandbox, runner=replace(sandbox.runner, cgroups=None))


@pytest.fixture
async def landlocked(sandbox: Sandbox) -> Sandbox:
    """The same without bubblewrap."""
    launcher = Confine(sandbox.runner.layout, Level.L1)
    try:
        confined = await measured(replace(sandbox.runner, launcher=launcher))
    except SandboxUnavailableError as error:
        pytest.skip(f"no limits here: {error.reason}")
    if confined.level < Level.L1:
        pytest.skip(f"no Landlock here: {[p.name for p in confined.probes if not p.denied]}")
    return confined


@pytest.fixture
def token() -> str:
    """A word that marks a test's processes on their command lines."""
    return f"token-{token_hex(8)}"


@pytest.fixture
def left(token: str) -> Callable[[], list[str]]:
    """List what still runs with the token on its command line."""

    def processes() -> list[str]:
        found = []
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                try:
                    line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if token in line:
                    found.append(line)
        return found

    return processes
