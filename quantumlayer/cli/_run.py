"""How every command runs: errors become a line and an exit status, signals a clean end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn

import anyio

from quantumlayer.errors import (
    LabError,
    MissingExtraError,
    PluginError,
    QuantumLayerError,
    RequirementsError,
    RouterConfigError,
    SandboxUnavailableError,
)

__all__ = ["BAD_INPUT", "CHECK_FAILED", "DONE", "UsageError", "run"]

DONE = 0
CHECK_FAILED = 1
BAD_INPUT = 2
_SIGNAL_BASE = 128
"""A process that a signal ended answers 128 and the signal's number; a shell's convention."""


class UsageError(QuantumLayerError):
    """The command was given something that it cannot work with."""


_BAD_INPUT_ERRORS = (
    UsageError,
    RequirementsError,
    LabError,
    MissingExtraError,
    PluginError,
    RouterConfigError,
    SandboxUnavailableError,
)


def run(command: Callable[[], Awaitable[int]]) -> NoReturn:
    """Run a command to its exit status.

    An error of this library is one line on stderr: status 2 for bad input, 1 otherwise. SIGINT and
    SIGTERM cancel the command, which cleans up, and then end the process as the signal would.
    """
    sys.exit(anyio.run(_supervise, command))


async def _supervise(command: Callable[[], Awaitable[int]]) -> int:
    status = DONE
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            nonlocal status
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for number in signals:
                    status = _SIGNAL_BASE + number
                    group.cancel_scope.cancel()
                    return

        group.start_soon(watch)
        try:
            status = await command()
        except QuantumLayerError as error:
            print(f"quantumlayer: {error}", file=sys.stderr)  # noqa: T201 -- the command line
            status = BAD_INPUT if isinstance(error, _BAD_INPUT_ERRORS) else CHECK_FAILED
        group.cancel_scope.cancel()
    return status
