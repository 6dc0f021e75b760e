"""Where capsules are sealed, kept and found again, and what is noted of every run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import anyio.to_thread

from quantumlayer.capsule import Draft, QuantumCapsule, SigningKey, Trust, pack, read
from quantumlayer.errors import CapsuleError, StorageError
from quantumlayer.storage import Stores

__all__ = ["CACHE_TTL_S", "Shelf"]

CACHE_TTL_S = 15 * 60.0
"""Source: the application cache of the seed architecture, 15 minutes."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The capsules of one data folder.

    Attributes:
        stores: The open folder.
        key: What capsules are signed with, and the only key that counts here.
    """

    stores: Stores
    key: SigningKey

    async def keep(self, draft: Draft) -> QuantumCapsule:
        """Seal a draft, store it, and enter it into the index `capsules`."""
        capsule = await anyio.to_thread.run_sync(pack, draft, self.key)
        blob = await self.stores.blobs.put(capsule.to_bytes())
        entry = {"name": capsule.name, "version": capsule.version, "blob": blob}
        await self.stores.documents.put("capsules", capsule.digest, entry)
        return capsule

    async def get(self, digest: str) -> QuantumCapsule | None:
        """Find a capsule by its content digest, and verify it."""
        entry = await self.stores.documents.get("capsules", digest)
        data = await self.stores.blobs.get(entry.value["blob"]) if entry else None
        if data is None:
            return None
        return await anyio.to_thread.run_sync(partial(read, data, Trust((self.key.public,))))

    async def remembered(self, key: str) -> QuantumCapsule | None:
        """Find the capsule that was made for the same question a while ago.

        What is damaged or was signed with another key is forgotten: it is made again.
        """
        digest = await self.stores.cache.get(key)
        if digest is None:
            return None
        try:
            return await self.get(digest)
        except (CapsuleError, StorageError):
            await self.stores.cache.delete(key)
            return None

    async def remember(self, key: str, capsule: QuantumCapsule) -> None:
        """Answer the same question with this capsule for `CACHE_TTL_S` seconds."""
        await self.stores.cache.put(key, capsule.digest, ttl_s=CACHE_TTL_S)

    async def note_run(self, key: str, state: str, **details: str) -> None:
        """Write down how a run stands; a killed one stays `running` until it is run again."""
        await self.stores.documents.put("runs", key, {"state": state, **details})
