"""Environments of other libraries that a benchmark measures beside ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

LITELLM = "litellm==1.106.*"


def environment(requirement: str) -> Path:
    """The interpreter of an environment that has a library; made when it is not there.

    It lives in the user's cache folder under the requirement's name, so that nothing of it comes
    into the environment that runs ours. Made with uv where that is there, with venv otherwise.

    Raises:
        subprocess.CalledProcessError: The library could not be installed.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = "".join(each if each.isalnum() or each in ".-" else "-" for each in requirement)
    folder = cache / "quantumlayer-benchmarks" / f"{name}-py{sys.version_info.minor}"
    python, done = folder / "bin" / "python", folder / "installed"
    if done.exists():
        return python
    uv = shutil.which("uv")
    if uv:
        run(uv, "venv", "--clear", "--quiet", "--python", sys.executable, str(folder))
        run(uv, "pip", "install", "--quiet", "--python", str(python), requirement)
    else:
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        run(str(python), "-m", "pip", "install", "--quiet", requirement)
    done.touch()
    return python


def run(*command: str) -> None:
    """Run an installer; what it has to say goes to standard error."""
    subprocess.run(command, check=True, stdout=sys.stderr)
