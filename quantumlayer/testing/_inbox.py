"""A handler that keeps what it gets, and can be waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from quantumlayer.transport import Envelope

__all__ = ["Inbox", "raised", "told", "until"]

E = TypeVar("E", bound=Exception)

PATIENCE_S = 20.0
"""How long a check waits for what has to happen, before it fails."""


class Inbox:
    """Keeps envelopes in the order in which they came."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self._changed = anyio.Event()

    async def keep(self, envelope: Envelope) -> None:
        """Handle a publication."""
        self.envelopes.append(envelope)
        self._changed.set()

    async def echo(self, envelope: Envelope) -> Envelope:
        """Handle a request: answer with what was asked."""
        await self.keep(envelope)
        return Envelope(envelope.type, envelope.payload)

    async def until(self, count: int) -> list[Envelope]:
        """Wait until there are at least `count` envelopes.

        Raises:
            AssertionError: They did not come in time.
        """
        with anyio.move_on_after(PATIENCE_S):
            while len(self.envelopes) < count:
                self._changed = anyio.Event()
                await self._changed.wait()
        assert len(self.envelopes) >= count, f"{len(self.envelopes)} of {count} messages came"
        return self.envelopes

    @property
    def payloads(self) -> list[bytes]:
        """What was in them."""
        return [envelope.payload for envelope in self.envelopes]


async def told(event: anyio.Event, what: str) -> None:
    """Wait for something that has to happen.

    Raises:
        AssertionError: It did not happen in time.
    """
    with anyio.move_on_after(PATIENCE_S):
        await event.wait()
    assert event.is_set(), f"{what} did not happen"


async def raised(kind: type[E], call: Awaitable[object]) -> E:
    """Return the error that a call has to raise.

    Raises:
        AssertionError: It raised nothing, or took too long.
    """
    try:
        with anyio.fail_after(PATIENCE_S):
            await call
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Look again and again, letting others run, until a condition holds.

    Raises:
        AssertionError: It did not hold in time.
    """
    with anyio.move_on_after(PATIENCE_S):
        while not await condition():  # noqa: ASYNC110 -- health can only be looked at
            await anyio.sleep(0.001)
        return
    raise AssertionError(f"{what} did not happen")
