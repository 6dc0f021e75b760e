"""JSON values, kept by collection and key, with versions against lost updates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from quantumlayer.errors import DocumentConflictError
from quantumlayer.storage._database import Database

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class Document:
    """A stored value.

    Attributes:
        key: Its name within its collection.
        value: A JSON value.
        version: 1 when it was first stored, one more with every change.
    """

    key: str
    value: Any
    version: int


class Documents(Protocol):
    """JSON values under a collection and a key; each change is atomic and durable.

    Cancelled, a change happened whole or not at all. Every method raises `StorageError` where
    the store cannot be read or written.
    """

    async def put(
        self, collection: str, key: str, value: Any, *, version: int | None = None
    ) -> Document:
        """Store a value.

        Args:
            collection: Such as `runs`.
            key: Its name within the collection.
            value: A JSON value.
            version: The version the caller has read, 0 where there was none; None stores the
                value whatever is there.

        Raises:
            DocumentConflictError: Another version is stored.
            TypeError: `value` is no JSON value.
            ValueError: `value` holds a number that JSON cannot carry.
        """
        ...

    async def get(self, collection: str, key: str) -> Document | None:
        """Read a value, or None where there is none."""
        ...

    async def delete(self, collection: str, key: str, *, version: int | None = None) -> bool:
        """Remove a value; say whether there was one.

        Raises:
            DocumentConflictError: `version` is given and another one is stored.
        """
        ...

    async def list(
        self, collection: str, *, prefix: str = "", after: str = "", limit: int = 100
    ) -> tuple[Document, ...]:
        """Read the values of a collection in the order of their keys.

        Args:
            collection: Such as `runs`.
            prefix: Only keys that begin with this.
            after: Only keys behind this one: the last key of the page before.
            limit: At most this many.
        """
        ...


class SQLiteDocuments:
    """`Documents` in a SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, collection: str, key: str, value: Any, *, version: int | None = None
    ) -> Document:
        """Store a value; see `Documents.put`."""
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

        def change(connection: sqlite3.Connection) -> Document:
            stored = _version(connection, collection, key)
            _expect(stored, version, collection, key)
            connection.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)",
                (collection, key, stored + 1, text),
            )
            return Document(key, json.loads(text), stored + 1)

        return await self._database.write(change)

    async def get(self, collection: str, key: str) -> Document | None:
        """Read a value; see `Documents.get`."""

        def read(connection: sqlite3.Connection) -> Document | None:
            row = connection.execute(
                "SELECT key, value, version FROM documents WHERE collection = ? AND key = ?",
                (collection, key),
            ).fetchone()
            return _document(row) if row else None

        return await self._database.read(read)

    async def delete(self, collection: str, key: str, *, version: int | None = None) -> bool:
        """Remove a value; see `Documents.delete`."""

        def remove(connection: sqlite3.Connection) -> bool:
            stored = _version(connection, collection, key)
            _expect(stored, version, collection, key)
            connection.execute(
                "DELETE FROM documents WHERE collection = ? AND key = ?", (collection, key)
            )
            return stored > 0

        return await self._database.write(remove)

    async def list(
        self, collection: str, *, prefix: str = "", after: str = "", limit: int = 100
    ) -> tuple[Document, ...]:
        """Read values in the order of their keys; see `Documents.list`."""

        def read(connection: sqlite3.Connection) -> tuple[Document, ...]:
            rows = connection.execute(
                "SELECT key, value, version FROM documents WHERE collection = ? AND key > ?"
                " AND key >= ? AND substr(key, 1, ?) = ? ORDER BY key LIMIT ?",
                (collection, after, prefix, len(prefix), prefix, limit),
            )
            return tuple(_document(row) for row in rows)

        return await self._database.read(read)


def _document(row: tuple[str, str, int]) -> Document:
    key, text, version = row
    return Document(key, json.loads(text), version)


def _version(connection: sqlite3.Connection, collection: str, key: str) -> int:
    row = connection.execute(
        "SELECT version FROM documents WHERE collection = ? AND key = ?", (collection, key)
    ).fetchone()
    return row[0] if row else 0


def _expect(stored: int, version: int | None, collection: str, key: str) -> None:
    if version is not None and version != stored:
        raise DocumentConflictError(f"{collection}/{key}", version, stored)
