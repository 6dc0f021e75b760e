"""Time that passes only when somebody waits for it."""

from __future__ import annotations

from anyio.lowlevel import checkpoint

__all__ = ["VirtualClock"]

# How many turns of the event loop without a new sleeper before the time moves on: a task takes one
# to begin and one to go on after a wait, and an event loop may take those of one turn in any order.
_QUIET_TURNS = 3


class VirtualClock:
    """A clock for tests and simulations: sleeping takes no time, and moves the time on.

    Sleepers wake in the order of their ends, each after every other task that is ready has had a
    few turns. A task that only goes to sleep after more may find the time already moved.

    Args:
        unix_s: The time it starts at, in seconds since 1970-01-01 UTC.

    Attributes:
        slept: Every wait that was asked for, in seconds, in order.
    """

    def __init__(self, *, unix_s: float = 1_700_000_000.0) -> None:
        self.slept: list[float] = []
        self._now_s = 0.0
        self._unix_s = unix_s
        self._changes = 0
        self._sleepers: set[tuple[float, int]] = set()

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._now_s

    def unix(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self._unix_s + self._now_s

    def advance(self, wait_s: float) -> None:
        """Let so many seconds pass."""
        self._now_s += wait_s

    async def sleep(self, wait_s: float) -> None:
        """Return when the clock has moved on by `wait_s` seconds. If cancelled, it may not have."""
        self.slept.append(wait_s)
        self._changes += 1
        sleeper = (self._now_s + max(0.0, wait_s), self._changes)
        self._sleepers.add(sleeper)
        try:
            quiet = 0
            while quiet < _QUIET_TURNS or min(self._sleepers) != sleeper:
                changes = self._changes
                await checkpoint()
                quiet = quiet + 1 if changes == self._changes else 0
            self._now_s = max(self._now_s, sleeper[0])
        finally:
            self._sleepers.discard(sleeper)
            self._changes += 1
