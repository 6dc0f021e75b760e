"""Generated services as a test runs them: written to a folder, imported, served in memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from quantumlayer.agents import SourceFile

__all__ = ["lint", "served", "write"]

RULES = "ASYNC,B,C4,E,F,I,PLE,RUF,SIM,UP,W,S102,S301,S307,S501,S506,S602,S605"
"""What the validation of a generated service asks for."""


def write(folder: Path, *trees: Iterable[SourceFile]) -> None:
    """Write files into a folder."""
    for file in (file for tree in trees for file in tree):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")


def lint(folder: Path) -> str:
    """Return what ruff finds in a folder, with the rules of the validation."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--quiet"]
    options = ["--line-length=100", "--target-version=py311", "--output-format=concise"]
    done = subprocess.run(
        [*command, *options, f"--select={RULES}", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@contextmanager
def served(folder: Path) -> Iterator[Any]:
    """Import the service in a folder and talk to it, with a database of its own."""
    sys.path.insert(0, str(folder))
    try:
        make: Any = import_module("app.main").create_app
        settings: Any = import_module("app.settings").Settings
        app = make(settings(database_url=f"sqlite:///{folder}/test.db"))
        with TestClient(app, raise_server_exceptions=False) as client:
            yield client
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.split(".")[0] == "app"]:
            del sys.modules[name]
