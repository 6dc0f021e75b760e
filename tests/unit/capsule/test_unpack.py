"""Unpacking: everything at once or nothing, and never outside the folder."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from quantumlayer.capsule import (
    Author,
    CapsuleFile,
    Draft,
    QuantumCapsule,
    SigningKey,
    pack,
    unpack,
)
from quantumlayer.errors import StorageError


@pytest.fixture(scope="module")
def capsule(draft: Draft, key: SigningKey) -> QuantumCapsule:
    deep = CapsuleFile("a/b/c/deep.txt", b"deep", Author("Developer"))
    beside = CapsuleFile("a-b/beside.txt", b"beside", Author("Developer"))
    return pack(replace(draft, files=(*draft.files, deep, beside)), key)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_everything_a_capsule_holds_is_written(capsule: QuantumCapsule, tmp_path: Path) -> None:
    unpack(capsule, tmp_path / "blog")

    expected = {file.path: file.content for file in capsule.files} | dict(capsule.documents)
    assert tree(tmp_path / "blog") == expected
    assert ".capsule/bundle.sigstore.json" in expected
    assert [path.name for path in tmp_path.iterdir()] == ["blog"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_are_those_of_the_capsule_whatever_the_umask(
    capsule: QuantumCapsule, tmp_path: Path, umask: int
) -> None:
    old = os.umask(umask)
    try:
        unpack(capsule, tmp_path / "blog")
    finally:
        os.umask(old)

    modes = {
        path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in tmp_path.rglob("*")
    }
    assert modes["blog/run"] == 0o755
    assert modes["blog/app/main.py"] == 0o644
    assert modes["blog/.capsule/manifest.json"] == 0o644
    assert modes["blog"] == modes["blog/a/b/c"] == 0o755


def test_an_empty_folder_is_filled(capsule: QuantumCapsule, tmp_path: Path) -> None:
    (tmp_path / "blog").mkdir()

    unpack(capsule, tmp_path / "blog")

    assert (tmp_path / "blog" / "run").exists()


def test_what_is_there_is_left_alone(capsule: QuantumCapsule, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(elsewhere)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    before = sorted(tmp_path.rglob("*"))

    for taken in ("file", "link", "full"):
        with pytest.raises(StorageError, match=taken):
            unpack(capsule, tmp_path / taken)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_missing_parent_is_named(capsule: QuantumCapsule, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Make the folder first"):
        unpack(capsule, tmp_path / "no" / "blog")


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, OSError])
def test_interrupted_it_leaves_nothing(
    capsule: QuantumCapsule,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    interrupt: type[BaseException],
) -> None:
    real, written = os.fchmod, []

    def fail_at_the_last(descriptor: int, mode: int) -> None:
        written.append(mode)
        if len(written) == len(capsule.files) + len(capsule.documents):
            assert list(tmp_path.glob(".blog.*.partial")), "it is being staged"
            assert not (tmp_path / "blog").exists()
            raise interrupt
        real(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", fail_at_the_last)

    with pytest.raises((KeyboardInterrupt, StorageError)):
        unpack(capsule, tmp_path / "blog")
    assert list(tmp_path.iterdir()) == []


def test_no_descriptor_is_left_open(capsule: QuantumCapsule, tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))

    unpack(capsule, tmp_path / "blog")
    with pytest.raises(StorageError):
        unpack(capsule, tmp_path / "blog")

    assert len(list(Path("/proc/self/fd").iterdir())) == before
