"""Files appear whole or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from quantumlayer.errors import StorageError
from quantumlayer.storage import write_file


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "capsule"
    path.write_bytes(b"old")

    write_file(path, b"new")

    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_file_is_kept_where_replacing_was_not_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"old")

    with pytest.raises(StorageError, match="choose another name"):
        write_file(path, b"new", replace=False)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_mode_is_as_asked_before_the_content_is_there(tmp_path: Path) -> None:
    write_file(tmp_path / "secret", b"x", mode=0o600)

    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_link_in_the_files_place_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "link").symlink_to("target")

    write_file(tmp_path / "link", b"new")

    assert (tmp_path / "target").read_bytes() == b"precious"
    assert not (tmp_path / "link").is_symlink()


def test_a_missing_folder_is_named_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Make the folder first") as caught:
        write_file(tmp_path / "nowhere" / "capsule", b"x")
    assert caught.value.path == str(tmp_path / "nowhere" / "capsule")


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), OSError(errno.EIO, "I/O error")])
def test_an_interrupted_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupt: BaseException
) -> None:
    def fail(descriptor: int) -> None:
        assert os.fstat(descriptor).st_size == 3, "the new content is in the temporary file"
        raise interrupt

    path = tmp_path / "capsule"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises((KeyboardInterrupt, StorageError)):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
