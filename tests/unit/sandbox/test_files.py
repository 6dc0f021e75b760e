"""Files on their way into the sandbox."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import SandboxError
from quantumlayer.sandbox import _files, read_tree
from quantumlayer.sandbox._files import write_tree

names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20)
parts = names.filter(lambda name: name not in {".", "..", "__pycache__"})
paths = st.lists(parts, min_size=1, max_size=3).map("/".join)


@given(files=st.dictionaries(paths, st.binary(max_size=50), max_size=6))
def test_what_is_written_is_read_again_or_refused(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            write_tree(Path(folder), files)
        except SandboxError:
            return  # A file here and a folder there.
        assert read_tree(Path(folder)) == files


@given(path=st.text(st.characters(exclude_categories=()), max_size=30))
def test_nothing_is_ever_written_outside(path: str) -> None:
    with tempfile.TemporaryDirectory() as above:
        folder = Path(above) / "tree"
        folder.mkdir()
        with suppress(SandboxError):
            write_tree(folder, {path: b"x"})
        assert [entry.name for entry in Path(above).iterdir()] == ["tree"]


def test_everybody_may_read_and_nobody_may_write(tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        write_tree(tmp_path, {"a/b/c.py": b""})
    finally:
        os.umask(umask)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {"a": 0o755, "b": 0o755, "c.py": 0o644}


def test_a_file_that_is_a_folder_too_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="'a/b' cannot be put into the sandbox"):
        write_tree(tmp_path, {"a": b"", "a/b": b""})


def test_caches_of_python_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "app" / "__pycache__").mkdir(parents=True)
    (tmp_path / "app" / "__pycache__" / "main.pyc").write_bytes(b"x")
    (tmp_path / "app" / "main.py").write_bytes(b"y")

    assert read_tree(tmp_path) == {"app/main.py": b"y"}


@pytest.mark.parametrize("target", ["/etc/passwd", "/etc", "main.py", "nowhere"])
def test_a_link_is_refused_wherever_it_leads(tmp_path: Path, target: str) -> None:
    (tmp_path / "main.py").write_bytes(b"")
    (tmp_path / "link").symlink_to(target)

    with pytest.raises(SandboxError, match="'link'"):
        read_tree(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(SandboxError, match="'pipe' is no regular file"):
        read_tree(tmp_path)


def test_a_tree_has_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "MAX_BYTES", 10)
    monkeypatch.setattr(_files, "MAX_FILES", 3)
    write_tree(tmp_path, {"a": b"x" * 5, "b": b"x" * 5})
    assert len(read_tree(tmp_path)) == 2

    write_tree(tmp_path, {"c": b"x"})
    with pytest.raises(SandboxError, match="10 bytes"):
        read_tree(tmp_path)

    write_tree(tmp_path, {"a": b"", "b": b"", "c": b"", "d": b""})
    with pytest.raises(SandboxError, match="more than 3 files"):
        read_tree(tmp_path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_tree(tmp_path / "nowhere")
