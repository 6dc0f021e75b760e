"""The store of compiled modules."""

import json
import sys
from pathlib import Path

import pytest

from quantumlayer.sandbox import _bytecode
from quantumlayer.sandbox._bytecode import Bytecode


def packed(**files: bytes) -> bytes:
    pieces = [
        json.dumps({"path": name, "size_bytes": len(content)}).encode() + b"\n" + content
        for name, content in files.items()
    ]
    return b"".join(pieces)


def test_what_is_kept_is_ready_and_readable(tmp_path: Path) -> None:
    bytecode = Bytecode.under(tmp_path)
    before = bytecode.ready

    bytecode.keep([packed(a=b"1\n2", b=b""), packed(c=b"\n")])

    assert (before, bytecode.ready) == (None, bytecode.store)
    stored = {path.name: path.read_bytes() for path in bytecode.store.iterdir()}
    assert stored == {"a": b"1\n2", "b": b"", "c": b"\n"}


def test_of_two_that_store_at_once_one_wins(tmp_path: Path) -> None:
    bytecode = Bytecode.under(tmp_path)

    bytecode.keep([packed(a=b"1")])
    bytecode.keep([packed(a=b"2")])

    assert (bytecode.store / "a").read_bytes() == b"1"
    assert list(tmp_path.iterdir()) == [bytecode.store]


def test_another_interpreter_or_package_has_another_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Bytecode.under(tmp_path)
    assert Bytecode.under(tmp_path) == mine

    monkeypatch.setattr(_bytecode, "_version", lambda _: "99")
    assert Bytecode.under(tmp_path) != mine
    monkeypatch.undo()
    monkeypatch.setattr(sys, "prefix", "/elsewhere")
    assert Bytecode.under(tmp_path) != mine


def test_nothing_is_missing_where_bytecode_lies_beside_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bytecode = Bytecode.under(tmp_path)
    monkeypatch.setattr(_bytecode, "cache_from_source", lambda _: "/nowhere.pyc")
    assert bytecode.missing

    monkeypatch.setattr(_bytecode, "cache_from_source", lambda _: __file__)
    assert not bytecode.missing
