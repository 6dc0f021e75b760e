"""The README's first command, typed as it stands, in a folder without an environment.

The environment it makes has less in it than the one that runs the tests, as a user's has.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_the_demo_ends_in_a_running_service(tmp_path: Path) -> None:
    project, port = tmp_path / "project", free_port()
    project.mkdir()
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, project)
    for name in ("examples", "quantumlayer", "scripts"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    path = os.environ["PATH"].removeprefix(f"{Path(sys.executable).parent}:")
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "PORT": str(port)}
    with subprocess.Popen(
        ["scripts/demo"],
        cwd=project,
        env={**os.environ, **home, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
        start_new_session=True,
    ) as demo:
        assert demo.stdout is not None
        assert any("(Ctrl-C ends it)" in line for line in demo.stdout)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
            assert answer.status == 200
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(timeout=20)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10)
