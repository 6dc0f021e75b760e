"""`generate`, killed or interrupted at any time: nothing is left behind, and the next run works."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DOCUMENT = """\
# Shopping list

An item has a name (at most 60 characters) and a quantity (a whole number).

Items can be added, listed, changed and deleted.
"""
PROGRAM = str(Path(sys.executable).with_name("quantumlayer"))
STAGES = ["parse", "plan", "build", "validate", "package", "store"]

REAPER = """\
import ctypes, os, subprocess, sys
PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
print(subprocess.Popen(sys.argv[1:], stdout=sys.stderr).pid, flush=True)
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
"""
"""Adopts whatever the program leaves behind, and ends when all of it has ended."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "list.md").write_text(DOCUMENT)
    return tmp_path


@contextmanager
def running(home: Path, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Run the command; give its adopter and its own process id."""
    with subprocess.Popen(
        [sys.executable, "-c", REAPER, PROGRAM, *arguments],
        cwd=home,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as adopter:
        try:
            assert adopter.stdout is not None
            yield adopter, int(adopter.stdout.readline())
        finally:
            adopter.kill()


def wait_for(stage: str, adopter: "subprocess.Popen[str]") -> None:
    """Read the plain lines of progress until a stage has begun."""
    assert adopter.stderr is not None
    for line in adopter.stderr:
        if stage in line:
            return
    pytest.fail(f"it ended before {stage!r}")


def assert_nothing_runs(adopter: "subprocess.Popen[str]") -> None:
    adopter.communicate(timeout=10)
    assert adopter.returncode == 0


def command(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=home,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def assert_the_next_run_works(home: Path) -> None:
    done = command(home, "generate", "list.md", "-o", "list.qcap", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["validation"]["ok"]
    verified = command(home, "capsule", "verify", "list.qcap")
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize("stage", ["plan", "validate", "store"])
def test_killed_in_a_stage_it_leaves_a_data_folder_that_the_next_run_works_with(
    home: Path, stage: str
) -> None:
    with running(home, "generate", "list.md", "-o", "list.qcap") as (adopter, pid):
        wait_for(stage, adopter)
        os.kill(pid, signal.SIGKILL)
        assert_nothing_runs(adopter)
    assert not list(home.glob("*.qcap"))
    assert_the_next_run_works(home)


@pytest.mark.slow
@pytest.mark.parametrize("twentieth", range(1, 20))
def test_killed_at_any_time_it_leaves_a_data_folder_that_the_next_run_works_with(
    home: Path, twentieth: int
) -> None:
    begun = time.monotonic()
    assert_the_next_run_works(home)
    whole_s = time.monotonic() - begun
    (home / "list.qcap").unlink()

    arguments = ("generate", "list.md", "--fresh", "-o", "list.qcap")
    with running(home, *arguments) as (adopter, pid):
        time.sleep(whole_s * twentieth / 20)  # when is what this test is about
        os.kill(pid, signal.SIGKILL)
        assert_nothing_runs(adopter)
    assert_the_next_run_works(home)


@pytest.mark.parametrize("stage", ["build", "validate"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_no_process_and_no_file(
    home: Path, stage: str, number: signal.Signals
) -> None:
    with running(home, "generate", "list.md", "-o", "list.qcap") as (adopter, pid):
        wait_for(stage, adopter)
        os.kill(pid, number)
        assert_nothing_runs(adopter)
    assert sorted(path.name for path in home.iterdir() if path.name[0] != ".") == ["list.md"]
    assert not list(home.rglob("*.tmp*"))
