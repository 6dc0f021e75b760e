"""Where the router gets its time from, so that tests can bring their own."""

from __future__ import annotations

import time
from typing import Protocol

import anyio

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Time and the passing of it."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never runs backwards."""
        ...

    def unix(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...

    async def sleep(self, wait_s: float) -> None:
        """Return `wait_s` seconds later."""
        ...


class SystemClock:
    """This machine's time."""

    monotonic = staticmethod(time.monotonic)
    unix = staticmethod(time.time)

    async def sleep(self, wait_s: float) -> None:
        """Return `wait_s` seconds later."""
        await anyio.sleep(wait_s)
