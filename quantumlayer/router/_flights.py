"""Calls under way, and who waits for them because it asks the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio

__all__ = ["Flights"]

K = TypeVar("K")
R = TypeVar("R")


class _Flight(Generic[K]):
    """A call under way that others with the same request wait for."""

    def __init__(self) -> None:
        self.landed = anyio.Event()
        self.failed = False
        self.kept: K | None = None

    def tell(self, kept: K | None) -> None:
        self.kept = kept


class Flights(Generic[K]):
    """Calls under way, by what they ask for."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[K]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    async def share(
        self,
        key: str,
        ask: Callable[[Callable[[K | None], None]], Awaitable[R]],
        again: Callable[[K], R],
    ) -> R:
        """Ask, or wait for who asks the same and take what came of it.

        Where the one who asks is cancelled, the next of those who wait asks. Where asking fails,
        each of them asks for itself: what has failed for one (its budget, its deadline) need not
        for another, and one after the other they would wait too long.

        Args:
            key: What is asked for.
            ask: Gives the answer. It is given a function to tell what of it others may have as soon
                as that is there, so that it is not lost where the one who asks leaves meanwhile.
            again: Makes another's answer one's own.
        """
        while (flight := self._flights.get(key)) is not None:
            await flight.landed.wait()
            if flight.kept is not None:
                return again(flight.kept)
            if flight.failed:
                return await ask(lambda _: None)
        flight = self._flights[key] = _Flight()
        try:
            answer = await ask(flight.tell)
            flight.failed = flight.kept is None
        except Exception:
            flight.failed = True
            raise
        finally:
            del self._flights[key]
            flight.landed.set()
        return answer

    async def landing(self, key: str) -> K | None:
        """Wait for who asks the same, if somebody does; None where nothing comes of it."""
        while (flight := self._flights.get(key)) is not None:
            await flight.landed.wait()
            if flight.kept is not None or flight.failed:
                return flight.kept
        return None
