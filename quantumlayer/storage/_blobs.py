"""Bytes, kept under the hash of their content."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import anyio.to_thread

from quantumlayer.errors import StorageError
from quantumlayer.storage._files import TEMPORARY_SUFFIX, storage_errors, write_file

ABANDONED_AFTER_S = 3_600.0
"""A temporary file older than this has no writer any more: writing one takes seconds."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Blobs(Protocol):
    """Bytes under their own hash: equal bytes are stored once, and never change.

    Cancelled, a `put` stored the blob whole or not at all.
    """

    async def put(self, data: bytes) -> str:
        """Store bytes; storing what is there already is no error.

        Returns:
            `sha256:` and 64 hexadecimal digits: what `get` takes.

        Raises:
            StorageError: They cannot be written.
        """
        ...

    async def get(self, digest: str) -> bytes | None:
        """Read a blob, or None where there is none.

        Raises:
            StorageError: It cannot be read, or what is stored has another hash.
            ValueError: `digest` is none.
        """
        ...

    async def delete(self, digest: str) -> bool:
        """Remove a blob; say whether there was one."""
        ...


class FileBlobs:
    """`Blobs` as files below one folder, named by their hash.

    Several processes may share the folder. A process killed while it writes leaves a temporary
    file that no `get` sees and a later `sweep` removes.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Keep blobs below `folder`, which is made on the first `put`.

        Args:
            folder: Nothing else should be in it.
            clock: Seconds since 1970, for the age of temporary files.
        """
        self._folder = folder
        self._clock = clock

    async def put(self, data: bytes) -> str:
        """Store bytes under their hash; see `Blobs.put`."""
        return await anyio.to_thread.run_sync(self._put, data)

    async def get(self, digest: str) -> bytes | None:
        """Read a blob and check its hash; see `Blobs.get`."""
        return await anyio.to_thread.run_sync(self._get, digest)

    async def delete(self, digest: str) -> bool:
        """Remove a blob; see `Blobs.delete`."""
        return await anyio.to_thread.run_sync(self._delete, digest)

    async def sweep(self) -> int:
        """Remove what killed writers left behind; say how many files that were."""
        return await anyio.to_thread.run_sync(self._sweep)

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            msg = f"{digest!r} is no digest: 'sha256:' and 64 hexadecimal digits are"
            raise ValueError(msg)
        name = digest.removeprefix("sha256:")
        return self._folder / name[:2] / name[2:]

    def _put(self, data: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        path = self._path(digest)
        with storage_errors(path.parent):
            if path.exists():
                return digest
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(path, data, mode=0o600)
        return digest

    def _get(self, digest: str) -> bytes | None:
        path = self._path(digest)
        with storage_errors(path):
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                return None
        if hashlib.sha256(data).hexdigest() != digest.removeprefix("sha256:"):
            raise StorageError(
                str(path),
                "the content does not match the hash that names it: the file was damaged",
                "Delete the file; what needs it will be made again.",
            )
        return data

    def _delete(self, digest: str) -> bool:
        path = self._path(digest)
        with storage_errors(path):
            try:
                path.unlink()
            except FileNotFoundError:
                return False
        return True

    def _sweep(self) -> int:
        removed = 0
        oldest_s = self._clock() - ABANDONED_AFTER_S
        with storage_errors(self._folder):
            for path in self._folder.glob(f"*/.*{TEMPORARY_SUFFIX}"):
                with suppress(FileNotFoundError):  # another process sweeps too
                    if path.stat().st_mtime < oldest_s:
                        path.unlink()
                        removed += 1
        return removed
