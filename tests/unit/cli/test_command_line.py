"""The command as a shell calls it: exit status, stdout and stderr."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    command = str(Path(sys.executable).with_name("quantumlayer"))

    def run(*arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [command, *arguments],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "COLUMNS": "100"},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_without_arguments_it_shows_its_commands(run: Run) -> None:
    done = run()
    assert "generate" in done.stdout + done.stderr
    assert run("--help").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["generate", "nothing.md"], "There is no file 'nothing.md'"),
        (["generate", "."], "is no file"),
        (["generate", "A task has a title.", "--provider", "oracle"], "'oracle' is unknown"),
        (["generate", "A task has a title.", "--provider", "openai"], "needs --model"),
        (
            ["generate", "A task has a title.", "--provider", "openai-compatible", "--model", "m"],
            "needs --base-url",
        ),
        (["generate", "A task has a title.", "--model", "m"], "belong to another --provider"),
        (["generate", "A task has a title.", "--isolation", "L9"], "'L9' is no level"),
        (["generate", ""], "document is empty"),
        (["capsule", "verify", "none.qcap"], "There is no capsule 'none.qcap'"),
        (["capsule", "run", "none.qcap"], "There is no capsule 'none.qcap'"),
        (["capsule", "inspect", "none.qcap", "--key", "none.pem"], "There is no capsule"),
    ],
)
def test_bad_input_is_one_clear_line_and_status_2(
    run: Run, arguments: list[str], says: str
) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("quantumlayer: ")
    assert says in last
    assert "Traceback" not in done.stderr


def test_wrong_usage_is_status_2(run: Run) -> None:
    assert run("generate").returncode == 2
    assert run("capsule", "dance").returncode == 2
    assert run("capsule", "run", "a.qcap", "--port", "99999").returncode == 2


def test_with_json_stdout_is_json_or_nothing(run: Run) -> None:
    done = run("generate", "-", "--json", stdin="\0binary")
    assert done.returncode == 2
    assert done.stdout == ""
    healthy = run("doctor", "--json")
    assert isinstance(json.loads(healthy.stdout)["ok"], bool)


def test_what_is_no_capsule_is_refused_with_status_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "junk.qcap").write_bytes(b"not a capsule" * 100)
    done = run("capsule", "verify", "junk.qcap")
    assert done.returncode == 1
    assert done.stderr.startswith("quantumlayer: ")
    assert done.stdout == ""


def test_a_key_that_cannot_be_read_is_bad_input(run: Run, tmp_path: Path) -> None:
    (tmp_path / "junk.qcap").write_bytes(b"not a capsule" * 100)
    done = run("capsule", "verify", "junk.qcap", "--key", "none.pem")
    assert done.returncode == 2
    assert "key 'none.pem' cannot be read" in done.stderr
