"""Counting the memory of processes, and ending those below one."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quantumlayer.sandbox._attend import memory_bytes
from quantumlayer.sandbox._jail import children, end_below, family

HOG = "import time; held = bytearray(b'x') * (64 << 20); print('full', flush=True); time.sleep(60)"
TREE = """
import os, time
if os.fork():
    print("forked", flush=True)
time.sleep(60)
"""


def start(program: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_a_process_and_its_children_are_counted() -> None:
    before = memory_bytes(os.getpid())
    with start(HOG) as hog:
        assert hog.pid in children(os.getpid())
        alone, together = memory_bytes(hog.pid), memory_bytes(os.getpid())
        hog.kill()

    assert 64 << 20 < alone < 128 << 20
    assert together > before + (60 << 20)


def test_what_has_ended_uses_nothing() -> None:
    with start("print()") as ended:
        pid = ended.pid

    assert memory_bytes(pid) == 0
    assert children(pid) == []


def test_memory_is_estimated_where_it_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with start(HOG) as hog:
        exact = memory_bytes(hog.pid)
        monkeypatch.setattr("quantumlayer.sandbox._attend.ROLLUP", "no_such_file")
        estimate = memory_bytes(hog.pid)
        hog.kill()

    assert exact <= estimate < exact + (32 << 20)  # Shared libraries count in full.


def test_all_below_a_process_are_ended_and_it_is_not() -> None:
    middle = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {TREE!r}])"
    with start(middle) as top:
        below = set(family(top.pid)) - {top.pid}
        assert len(below) == 2

        assert end_below(top.pid)
        deadline = time.monotonic() + 5
        while any(Path(f"/proc/{pid}").exists() for pid in below):
            assert time.monotonic() < deadline
        assert not end_below(top.pid)
        top.kill()
