"""The folder where this user's runs, capsules and keys are kept."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from quantumlayer.storage._blobs import Blobs, FileBlobs
from quantumlayer.storage._cache import Cache, SQLiteCache
from quantumlayer.storage._database import open_database
from quantumlayer.storage._documents import Documents, SQLiteDocuments
from quantumlayer.storage._files import storage_errors


@dataclass(frozen=True, slots=True)
class Stores:
    """What an open data folder holds; each may be replaced by another implementation."""

    documents: Documents
    blobs: Blobs
    cache: Cache


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A folder on this machine that holds one user's data.

    Folders made here have mode 0700. A process killed at any time leaves a folder that the next
    one works with.

    Attributes:
        path: The folder; it is made when it is first needed.
    """

    path: Path

    @classmethod
    def of(cls, path: Path | str | None = None) -> DataFolder:
        """Take the given folder, or this user's own where none is given.

        Source: the default is the platform's data folder, on Linux
        `$XDG_DATA_HOME/quantumlayer` or `~/.local/share/quantumlayer`, by platformdirs.
        """
        if path is None:
            from platformdirs import user_data_path  # noqa: PLC0415 -- only where needed

            return cls(user_data_path("quantumlayer", appauthor=False))
        return cls(Path(path).expanduser())

    @property
    def keys(self) -> Path:
        """Where the signing key is; for `capsule.SigningKey.load_or_create`."""
        return self.path / "keys"

    @asynccontextmanager
    async def open(self, *, clock: Callable[[], float] = time.time) -> AsyncIterator[Stores]:
        """Open the stores in it, and close them at the end.

        Args:
            clock: Seconds since 1970, for what expires.

        Raises:
            StorageError: The folder cannot be made or used, or its database is damaged; the
                message names the cure.
        """
        await anyio.to_thread.run_sync(self._make)
        blobs = FileBlobs(self.path / "blobs", clock=clock)
        await blobs.sweep()
        async with open_database(self.path / "quantumlayer.sqlite3") as database:
            yield Stores(SQLiteDocuments(database), blobs, SQLiteCache(database, clock=clock))

    def _make(self) -> None:
        for folder in (self.path, self.path / "blobs"):
            with storage_errors(folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
