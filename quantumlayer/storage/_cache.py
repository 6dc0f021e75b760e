"""Values that may be forgotten: cache-aside, with a time to live."""

from __future__ import annotations

import json
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from quantumlayer.storage._database import Database

if TYPE_CHECKING:
    import sqlite3

SWEEP_ROWS = 100
"""How many expired entries one `put` removes: more than it adds, so the cache cannot grow."""


class Cache(Protocol):
    """JSON values under a key, until they expire.

    The caller looks here first and, where nothing is found, makes the value and puts it here
    (cache-aside). Every method raises `StorageError` where the store cannot be used.
    """

    async def get(self, key: str) -> Any:
        """Read a value, or None where there is none or it expired."""
        ...

    async def put(self, key: str, value: Any, *, ttl_s: float) -> None:
        """Keep a value for `ttl_s` seconds, in place of what was under its key.

        Raises:
            TypeError: `value` is no JSON value.
            ValueError: `value` is None, which `get` could not tell from nothing, or holds a
                number that JSON cannot carry; or `ttl_s` is not above 0.
        """
        ...

    async def delete(self, key: str) -> None:
        """Forget a value; forgetting what is not there is no error."""
        ...


class MemoryCache:
    """`Cache` in this process: quick, bounded, and gone with it.

    When it is full, what was not asked for the longest goes first.

    Args:
        keep: Most values that are kept.
        clock: Seconds since any moment.

    Raises:
        ValueError: `keep` is less than 1.
    """

    def __init__(self, *, keep: int = 1000, clock: Callable[[], float] = time.monotonic) -> None:
        if keep < 1:
            msg = f"keep={keep!r}: a cache keeps one value at least"
            raise ValueError(msg)
        self._keep = keep
        self._clock = clock
        self._values: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def get(self, key: str) -> Any:
        """Read a value that has not expired; see `Cache.get`."""
        expires_s, text = self._values.get(key, (-math.inf, ""))
        if expires_s <= self._clock():
            self._values.pop(key, None)
            return None
        self._values.move_to_end(key)
        return json.loads(text)

    async def put(self, key: str, value: Any, *, ttl_s: float) -> None:
        """Keep a value for a while; see `Cache.put`."""
        # As text: what callers do to the value later must not change what is kept.
        self._values[key] = (self._clock() + ttl_s, _text(value, ttl_s))
        self._values.move_to_end(key)
        if len(self._values) > self._keep:
            self._values.popitem(last=False)

    async def delete(self, key: str) -> None:
        """Forget a value; see `Cache.delete`."""
        self._values.pop(key, None)


class SQLiteCache:
    """`Cache` in a SQLite database; shared by all processes that open it."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        """Keep values in `database`.

        Args:
            database: See `open_database`.
            clock: Seconds since 1970; entries outlive the process, so no monotonic clock.
        """
        self._database = database
        self._clock = clock

    async def get(self, key: str) -> Any:
        """Read a value that has not expired; see `Cache.get`."""
        now_s = self._clock()

        def read(connection: sqlite3.Connection) -> Any:
            row = connection.execute(
                "SELECT value FROM cache WHERE key = ? AND expires_s > ?", (key, now_s)
            ).fetchone()
            return json.loads(row[0]) if row else None

        return await self._database.read(read)

    async def put(self, key: str, value: Any, *, ttl_s: float) -> None:
        """Keep a value for a while; see `Cache.put`."""
        text = _text(value, ttl_s)
        now_s = self._clock()

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM cache WHERE key IN"
                " (SELECT key FROM cache WHERE expires_s <= ? ORDER BY expires_s LIMIT ?)",
                (now_s, SWEEP_ROWS),
            )
            connection.execute(
                "INSERT OR REPLACE INTO cache VALUES (?, ?, ?)", (key, now_s + ttl_s, text)
            )

        await self._database.write(change)

    async def delete(self, key: str) -> None:
        """Forget a value; see `Cache.delete`."""
        await self._database.write(
            lambda connection: connection.execute("DELETE FROM cache WHERE key = ?", (key,))
        )


def _text(value: Any, ttl_s: float) -> str:
    if value is None or not ttl_s > 0:
        msg = f"cannot keep {value!r} for {ttl_s!r} s: it takes a value and a time above 0"
        raise ValueError(msg)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
