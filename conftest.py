"""The README and the documentation are tests: every snippet in them runs.

Blocks marked `python` run one after the other on a page. Blocks marked `console` are what somebody
typed and saw: each line behind `$ ` is run, without a shell, in a folder with the examples, and
what it prints has to be what the page shows, where `…` stands for anything. A command that ends in
`&` goes on until the end of the page; it has to print what is shown soon. A block marked `markdown`
whose first line is `<!-- NAME.md -->` is written to that file.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parent
Namespace = dict[str, Any]
TYPED = re.compile(r"^\$ (.*)$", re.MULTILINE)


def run_console(example: Example) -> None:
    """Type what a console block shows, and compare what comes back."""
    page = example.namespace
    pieces = TYPED.split(example.parsed)
    for command, shown in zip(pieces[1::2], pieces[2::2], strict=True):
        arguments = shlex.split(command)
        if shutil.which(arguments[0], path=page["environment"]["PATH"]) is None:
            pytest.skip(f"{arguments[0]!r} is not installed")
        run = run_beside if arguments[-1] == "&" else run_to_the_end
        printed = run(page, arguments, shown.strip())
        if not matches(shown.strip(), printed):
            msg = f"$ {command}\n  the page shows:\n{shown.strip()}\n  what came:\n{printed}"
            raise AssertionError(msg)


def matches(shown: str, printed: str) -> bool:
    """Compare text, where `…` on the page stands for anything."""
    pattern = ".*".join(re.escape(part) for part in shown.split("…"))
    return re.fullmatch(pattern, printed, re.DOTALL) is not None


def run_to_the_end(page: Namespace, arguments: list[str], _shown: str) -> str:
    """Run a command; give what it printed."""
    done = subprocess.run(  # noqa: S603 -- our own documentation
        arguments,
        cwd=page["folder"],
        env=page["environment"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return (done.stderr + done.stdout).strip()


def run_beside(page: Namespace, arguments: list[str], shown: str) -> str:
    """Start a command; give what it has printed by the time it has printed enough."""
    process = subprocess.Popen(  # noqa: S603 -- our own documentation
        arguments[:-1],
        cwd=page["folder"],
        env=page["environment"],
        stdout=subprocess.PIPE,
        text=True,
    )
    page["beside"].callback(stop, process)
    assert process.stdout is not None  # noqa: S101 -- what Popen promises for PIPE
    lines = [process.stdout.readline() for _ in shown.splitlines()]
    return "".join(lines).strip()


def stop(process: "subprocess.Popen[str]") -> None:
    """End what runs beside a page, the way Ctrl-C does."""
    with process:
        process.send_signal(signal.SIGINT)


def write_file(example: Example) -> None:
    """Keep a document that a page shows, under the name in its first line."""
    found = re.match(r"<!-- (\w+\.md) -->\n+", example.parsed)
    if found:
        (example.namespace["folder"] / found[1]).write_text(example.parsed[found.end() :])


def prepare(namespace: Namespace) -> None:
    """Give a page a folder of its own, with the examples in it."""
    folder = Path(tempfile.mkdtemp(prefix="page-"))
    shutil.copytree(ROOT / "examples", folder / "examples")
    namespace["folder"] = folder
    namespace["beside"] = ExitStack()
    namespace["environment"] = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "COLUMNS": "100",
    }


def clean_up(namespace: Namespace) -> None:
    """End what still runs and remove the page's folder."""
    namespace["beside"].close()
    shutil.rmtree(namespace["folder"])


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(),
        CodeBlockParser("console", run_console),
        CodeBlockParser("markdown", write_file),
        SkipParser(),
    ],
    patterns=["README.md", "docs/**/*.md"],
    setup=prepare,
    teardown=clean_up,
).pytest()
