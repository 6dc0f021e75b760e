"""One SQLite database, its calls in worker threads, its errors with their cure."""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.to_thread

from quantumlayer.errors import StorageError
from quantumlayer.storage._files import storage_errors

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

BUSY_TIMEOUT_S = 10.0
"""How long a transaction waits for another process to end its own."""

SCHEMA_VERSION = 1
_SCHEMA = """
    CREATE TABLE documents (
        collection TEXT NOT NULL,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (collection, key)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE cache (
        key TEXT NOT NULL PRIMARY KEY,
        expires_s REAL NOT NULL,
        value TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;
    CREATE INDEX cache_expiry ON cache (expires_s);
"""


class Database:
    """An open SQLite database; `open_database` makes one.

    Transactions run one after the other in a worker thread, so the event loop never waits for
    the disk. Other processes may have the same database open.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._one_at_a_time = anyio.CapacityLimiter(1)

    async def read(self, transaction: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function that only reads, on one snapshot.

        Raises:
            StorageError: The database cannot be read.
        """
        return await self._run("BEGIN", transaction)

    async def write(self, transaction: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function whose changes are committed together, or not at all where it raises.

        Cancelled before its turn, nothing happened; cancelled later, it is finished first.

        Raises:
            StorageError: The database cannot be written.
        """
        return await self._run("BEGIN IMMEDIATE", transaction)

    async def _run(self, begin: str, transaction: Callable[[sqlite3.Connection], T]) -> T:
        return await anyio.to_thread.run_sync(
            self._in_transaction, begin, transaction, limiter=self._one_at_a_time
        )

    def _in_transaction(self, begin: str, transaction: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection
        with _database_errors(self._path):
            connection.execute(begin)
            try:
                result = transaction(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        return result


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """Open a database, made with mode 0600 where there is none, and close it at the end.

    It is in WAL mode with `synchronous=FULL`: what was committed is there after a SIGKILL or a
    power cut, and readers never wait for a writer.

    Raises:
        StorageError: It cannot be opened, is damaged, or was made by a newer release.
    """
    connection = await anyio.to_thread.run_sync(_connect, path)
    try:
        yield Database(path, connection)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(connection.close)


def _connect(path: Path) -> sqlite3.Connection:
    import sqlite3  # noqa: PLC0415 -- kept out of `import quantumlayer.storage`

    with storage_errors(path), _alone(path), _database_errors(path):
        with suppress(FileExistsError):
            # Made by us, so that its mode is 0600 from the start and the journals inherit it.
            # Never opened where it exists: closing it would drop the locks of this process.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            _migrate(path, connection)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from preparing the database: turning on WAL does not wait for them.

    The lock ends with the block, or with the process.
    """
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise StorageError(
            str(path),
            f"it has schema {version}, this release knows {SCHEMA_VERSION}",
            "Upgrade quantumlayer, or choose another data folder.",
        )
    if version == 0:
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    connection.execute("COMMIT")


_DAMAGED = "Move the file away (mv {0} {0}.damaged); an empty one is made on the next run."
_CURES = {
    "SQLITE_FULL": "Free some space on that disk, or choose another folder.",
    "SQLITE_READONLY": "Make the file and its folder writable, or choose another data folder.",
    "SQLITE_CANTOPEN": "Make the file and its folder writable, or choose another data folder.",
    "SQLITE_BUSY": "Another process holds the database: wait for it, or end it.",
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_IOERR": "Look at the disk: it is full, failing or gone.",
}


@contextmanager
def _database_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into a `StorageError` that names the cure."""
    import sqlite3  # noqa: PLC0415 -- see _connect

    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")  # extended: SQLITE_IOERR_WRITE
        family = "_".join(name.split("_")[:2])
        if family not in _CURES:
            raise  # a mistake of ours, such as a wrong statement: not the disk's fault
        raise StorageError(str(path), str(error), _CURES[family].format(path)) from error
