"""Blobs as files: what damage, killed writers and full disks do to them."""

import os
from pathlib import Path

import pytest

from quantumlayer.errors import StorageError
from quantumlayer.storage import FileBlobs

pytestmark = pytest.mark.anyio


def only_file(folder: Path) -> Path:
    (file,) = (path for path in folder.rglob("*") if path.is_file())
    return file


async def test_a_damaged_blob_is_never_handed_out(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    digest = await blobs.put(b"content")
    file = only_file(tmp_path)
    file.write_bytes(b"Content")

    with pytest.raises(StorageError, match=r"does not match the hash.*Delete the file"):
        await blobs.get(digest)


async def test_what_a_killed_writer_left_is_swept_once_no_writer_can_be_alive(
    tmp_path: Path,
) -> None:
    now_s = 1_000_000.0
    blobs = FileBlobs(tmp_path, clock=lambda: now_s)
    digest = await blobs.put(b"content")
    file = only_file(tmp_path)
    dead = file.parent / ".dead.0123456789abcdef.partial"
    alive = file.parent / ".alive.0123456789abcdef.partial"
    for path, age_s in ((dead, 3_601), (alive, 3_599), (file, 99_999)):
        path.touch()
        os.utime(path, (now_s - age_s, now_s - age_s))

    assert await blobs.sweep() == 1
    assert not dead.exists()
    assert alive.exists()
    assert await blobs.get(digest) == b"content"


async def test_sweeping_a_folder_that_is_not_there_yet_finds_nothing(tmp_path: Path) -> None:
    assert await FileBlobs(tmp_path / "later").sweep() == 0


async def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("no folder")

    with pytest.raises(StorageError, match=r"A file stands where a folder"):
        await FileBlobs(tmp_path / "blobs").put(b"content")
