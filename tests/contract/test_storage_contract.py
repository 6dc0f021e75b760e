"""The stores we ship keep the contracts we publish."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from quantumlayer import testing
from quantumlayer.storage import (
    Blobs,
    Cache,
    DataFolder,
    Documents,
    FileBlobs,
    MemoryCache,
    SQLiteCache,
    SQLiteDocuments,
    open_database,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[], Path]:
    numbers = count()
    return lambda: tmp_path / str(next(numbers))


async def test_sqlite_documents_keep_the_contract(fresh: Callable[[], Path]) -> None:
    @asynccontextmanager
    async def make() -> AsyncIterator[Documents]:
        async with open_database(fresh()) as database:
            yield SQLiteDocuments(database)

    await testing.check_documents(make)


async def test_file_blobs_keep_the_contract(fresh: Callable[[], Path]) -> None:
    @asynccontextmanager
    async def make() -> AsyncIterator[Blobs]:
        yield FileBlobs(fresh())

    await testing.check_blobs(make)


async def test_the_sqlite_cache_keeps_the_contract(fresh: Callable[[], Path]) -> None:
    @asynccontextmanager
    async def make(clock: Callable[[], float]) -> AsyncIterator[Cache]:
        async with open_database(fresh()) as database:
            yield SQLiteCache(database, clock=clock)

    await testing.check_cache(make)


async def test_the_cache_in_memory_keeps_the_contract() -> None:
    @asynccontextmanager
    async def make(clock: Callable[[], float]) -> AsyncIterator[Cache]:
        yield MemoryCache(clock=clock)

    await testing.check_cache(make)


async def test_an_open_data_folder_keeps_all_three_contracts(fresh: Callable[[], Path]) -> None:
    @asynccontextmanager
    async def documents() -> AsyncIterator[Documents]:
        async with DataFolder.of(fresh()).open() as stores:
            yield stores.documents

    @asynccontextmanager
    async def blobs() -> AsyncIterator[Blobs]:
        async with DataFolder.of(fresh()).open() as stores:
            yield stores.blobs

    @asynccontextmanager
    async def cache(clock: Callable[[], float]) -> AsyncIterator[Cache]:
        async with DataFolder.of(fresh()).open(clock=clock) as stores:
            yield stores.cache

    await testing.check_documents(documents)
    await testing.check_blobs(blobs)
    await testing.check_cache(cache)
