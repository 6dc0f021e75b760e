"""Servers that stand in for providers."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "@copilotkit/aimock@1.43"
KEY = "sk-test-0123456789"

Serve = Callable[..., str]


@pytest.fixture(scope="session")
def aimock_program() -> Path:
    """The program of aimock, from npm into the user's cache; a named skip where that fails."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no aimock: npm is not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "quantumlayer-tests"
    folder = cache / "aimock-1.43"
    program = folder / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
    if not program.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as made:
            options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", made]
            install = subprocess.run(
                [npm, "install", *options, PACKAGE], capture_output=True, text=True, check=False
            )
            if install.returncode != 0:
                pytest.skip(f"no aimock: npm cannot install {PACKAGE}")
            if not folder.exists():
                shutil.copytree(made, folder)
    return program


@pytest.fixture(scope="module")
def serve_aimock(aimock_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start servers with fixtures of the test's own; each call gives a base URL."""
    with ExitStack() as stack:

        def serve(fixtures: Sequence[Any], *arguments: str) -> str:
            file = tmp_path_factory.mktemp("aimock") / "fixtures.json"
            file.write_text(json.dumps({"fixtures": list(fixtures)}))
            return stack.enter_context(_running(aimock_program, file, arguments))

        yield serve


@contextmanager
def _running(program: Path, fixtures: Path, arguments: Sequence[str]) -> Iterator[str]:
    with subprocess.Popen(
        ["node", program, "-p", "0", "-f", fixtures, "--strict", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": os.environ["PATH"], "AIMOCK_API_KEYS": KEY},
    ) as server:
        try:
            assert server.stdout is not None
            for line in server.stdout:
                if found := re.search(r"listening on (http://\S+)", line):
                    yield found[1] + "/v1"
                    break
            else:
                pytest.fail("aimock ended before it listened")
        finally:
            server.kill()
