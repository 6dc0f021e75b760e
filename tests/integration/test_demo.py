"""The README's first command, typed as it stands."""

import os
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


@pytest.mark.skipif(
    not (ROOT / ".venv/ready-run").exists(), reason="scripts/env has not made the environment"
)
def test_the_demo_ends_in_a_running_service(tmp_path: Path) -> None:
    port = free_port()
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "PORT": str(port)}
    with subprocess.Popen(
        ["scripts/demo"],
        cwd=ROOT,
        env={**os.environ, **home},
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
