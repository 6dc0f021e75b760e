"""The data folder: where it is, who may read it, and what it says when it cannot be used."""

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from quantumlayer.errors import StorageError
from quantumlayer.storage import DataFolder, SQLiteDocuments, open_database

pytestmark = pytest.mark.anyio


def test_the_default_is_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere/share")

    assert DataFolder.of().path == Path("/somewhere/share/quantumlayer")


def test_a_given_folder_is_taken_with_its_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")

    assert DataFolder.of("~/data").path == Path("/home/somebody/data")
    assert DataFolder.of(Path("/data")).keys == Path("/data/keys")


async def test_what_it_makes_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        folder = DataFolder.of(tmp_path / "new" / "data")
        async with folder.open() as stores:
            await stores.documents.put("runs", "a", 1)
            await stores.blobs.put(b"blob")
            paths = [folder.path, *folder.path.rglob("*")]
            assert [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
            assert any(path.name.endswith("-wal") for path in paths)
    finally:
        os.umask(umask)


async def test_everything_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    folder = DataFolder.of(tmp_path)
    async with folder.open() as stores:
        stored = await stores.documents.put("runs", "a", {"state": "planned"})
        digest = await stores.blobs.put(b"blob")
        await stores.cache.put("key", [1], ttl_s=60)
    async with folder.open() as stores:
        assert await stores.documents.get("runs", "a") == stored
        assert await stores.blobs.get(digest) == b"blob"
        assert await stores.cache.get("key") == [1]


async def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")

    with pytest.raises(StorageError, match=r"data'.*Move what is there away"):
        async with DataFolder.of(tmp_path / "data").open():
            pass


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096]
)
async def test_a_damaged_database_is_named_with_its_cure(tmp_path: Path, content: bytes) -> None:
    database = tmp_path / "quantumlayer.sqlite3"
    database.write_bytes(content)

    with pytest.raises(StorageError, match=r"mv .*quantumlayer\.sqlite3.*damaged") as caught:
        async with DataFolder.of(tmp_path).open():
            pass
    assert caught.value.path == str(database)
    assert database.read_bytes() == content, "the damaged file is left for a look"


async def test_damage_behind_the_header_is_reported_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite3"
    async with open_database(path) as database:
        documents = SQLiteDocuments(database)
        for number in range(200):
            await documents.put("runs", f"{number:03}", "x" * 500)
    pages = bytearray(path.read_bytes())
    pages[4096 * 4 :] = b"\xa5" * (len(pages) - 4096 * 4)
    path.write_bytes(pages)

    async with open_database(path) as database:
        with pytest.raises(StorageError, match="damaged"):
            await SQLiteDocuments(database).list("runs", limit=1_000)


async def test_a_database_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()

    with pytest.raises(StorageError, match=r"schema 99.*Upgrade quantumlayer"):
        async with open_database(path):
            pass


async def test_a_full_database_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    async with open_database(tmp_path / "d.sqlite3") as database:
        documents = SQLiteDocuments(database)
        await documents.put("runs", "kept", "small")
        await database.read(lambda connection: connection.execute("PRAGMA max_page_count=1"))

        with pytest.raises(StorageError, match=r"full.*Free some space"):
            await documents.put("runs", "big", "x" * 100_000)
        assert await documents.get("runs", "big") is None
        kept = await documents.get("runs", "kept")
        assert kept is not None
        assert kept.value == "small"


async def test_a_mistake_in_a_statement_is_no_storage_error(tmp_path: Path) -> None:
    async with open_database(tmp_path / "d.sqlite3") as database:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await database.read(lambda connection: connection.execute("SELECT * FROM nowhere"))


async def test_an_error_within_a_transaction_undoes_it(tmp_path: Path) -> None:
    def change_and_fail(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO documents VALUES ('runs', 'a', 1, '1')")
        raise LookupError

    async with open_database(tmp_path / "d.sqlite3") as database:
        with pytest.raises(LookupError):
            await database.write(change_and_fail)
        assert await SQLiteDocuments(database).get("runs", "a") is None
