"""Where a router keeps what it was answered, and enters what it gives again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from quantumlayer.errors import StorageError
from quantumlayer.messages import Attempt
from quantumlayer.router._call import Call
from quantumlayer.router._clock import Clock
from quantumlayer.router._ledger import Ledger, LedgerEntry

if TYPE_CHECKING:
    from quantumlayer.storage import Cache

__all__ = ["Shelf"]

_log = logging.getLogger("quantumlayer.router")


class Shelf:
    """A store with its faults logged: one that breaks costs nothing but the saving.

    Args:
        store: Where things are kept; None: in memory, the latest 1,000.
        ttl_s: For how long.
        deployments: Names of the router's deployments.
        clock: The router's time.
        ledger: Where everything that is given again is entered, at no cost.
    """

    def __init__(
        self,
        store: Cache | None,
        ttl_s: float,
        deployments: Sequence[str],
        clock: Clock,
        ledger: Ledger,
    ) -> None:
        self._store = store or _memory(clock)
        self._ttl_s = ttl_s
        self._deployments = sorted(deployments)
        self._clock = clock
        self._ledger = ledger

    def bounds(self, call: Call, tenant: str) -> list[Any]:
        """What nothing that is kept goes beyond: the tenant, and who may serve it.

        What a deployment has answered while it might serve a tenant is not given any more once it
        may not.
        """
        return [tenant, [name for name in self._deployments if name not in call.barred]]

    def given(self, call: Call, deployment: str) -> Attempt:
        """Enter that a call gets what a deployment has answered before."""
        waited_s = self._clock.monotonic() - call.routing.now_s
        attempt = Attempt(deployment, 0.0, waited_s, kind="cache")
        self._ledger.record(LedgerEntry(self._clock.unix(), call.request.agent, attempt, call.id))
        return attempt

    async def get(self, key: str) -> Any:
        """What is there, or None."""
        try:
            return await self._store.get(key)
        except StorageError:
            _log.warning("Kept answers could not be read", exc_info=True)
            return None

    async def put(self, key: str, value: Any) -> bool:
        """Keep something; whether that could be done."""
        try:
            await self._store.put(key, value, ttl_s=self._ttl_s)
        except (StorageError, ValueError):  # half of a surrogate pair cannot be stored everywhere
            _log.warning("An answer could not be kept", exc_info=True)
            return False
        return True

    async def forget(self, key: str) -> None:
        """Never give it again."""
        try:
            await self._store.delete(key)
        except StorageError:
            _log.warning("An answer that is of no use could not be forgotten", exc_info=True)


def _memory(clock: Clock) -> Cache:
    from quantumlayer.storage import MemoryCache  # noqa: PLC0415 -- only who caches needs it

    return MemoryCache(clock=clock.monotonic)
