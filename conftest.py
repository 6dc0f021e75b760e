"""The README and the documentation are tests: every snippet in them runs.

Blocks marked `python` run one after the other on a page. Blocks marked `console` are what somebody
typed and saw: each line behind `$ ` is run, without a shell, in a folder with the examples, and
what it prints has to be what the page shows, where `…` stands for anything.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parent
TYPED = re.compile(r"^\$ (.*)$", re.MULTILINE)


def run_console(example: Example) -> None:
    """Type what a console block shows, and compare what comes back."""
    pieces = TYPED.split(example.parsed)
    for command, shown in zip(pieces[1::2], pieces[2::2], strict=True):
        done = subprocess.run(  # noqa: S603 -- our own documentation
            shlex.split(command),
            cwd=example.namespace["folder"],
            env=example.namespace["environment"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        printed = (done.stderr + done.stdout).strip()
        pattern = ".*".join(re.escape(part) for part in re.split("…", shown.strip()))
        if not re.fullmatch(pattern, printed, re.DOTALL):
            msg = f"$ {command}\n  the page shows:\n{shown.strip()}\n  what came:\n{printed}"
            raise AssertionError(msg)


def prepare(namespace: dict[str, Any]) -> None:
    """Give a page a folder of its own, with the examples in it."""
    folder = Path(tempfile.mkdtemp(prefix="page-"))
    shutil.copytree(ROOT / "examples", folder / "examples")
    namespace["folder"] = folder
    namespace["environment"] = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "COLUMNS": "100",
    }


def clean_up(namespace: dict[str, Any]) -> None:
    """Remove the page's folder."""
    shutil.rmtree(namespace["folder"])


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), CodeBlockParser("console", run_console), SkipParser()],
    patterns=["README.md", "docs/**/*.md"],
    setup=prepare,
    teardown=clean_up,
).pytest()
