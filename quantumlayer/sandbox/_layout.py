"""What of the host a sandboxed program sees: the interpreter that runs us, and its libraries."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from quantumlayer.errors import SandboxUnavailableError

__all__ = ["Layout", "environment", "host_layout"]

# Where the dynamic linker looks without being told, and the time zones of `zoneinfo`.
SYSTEM = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/share/zoneinfo",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Folders of the host that are shown, read-only and under their own names.

    Attributes:
        python: The interpreter, as an absolute path.
        folders: Absolute paths, none inside another, sorted.
        links: Symbolic links of the system, as (name, target).
    """

    python: str
    folders: tuple[str, ...]
    links: tuple[tuple[str, str], ...]

    @property
    def parents(self) -> tuple[str, ...]:
        """The folders above `folders`, outermost first: they are made empty."""
        above = {str(parent) for folder in self.folders for parent in Path(folder).parents}
        return tuple(sorted(above - {"/"}))


def host_layout() -> Layout:
    """Describe the running interpreter.

    Raises:
        SandboxUnavailableError: It lives where showing it would show the user's files too.
    """
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    prefixes |= {os.path.realpath(prefix) for prefix in prefixes}
    prefixes.add(str(Path(sys.executable).resolve().parents[1]))
    for prefix in prefixes:
        _refuse_a_home(prefix)
    system = [Path(name) for name in SYSTEM]
    links = tuple((str(path), str(path.readlink())) for path in system if path.is_symlink())
    folders = prefixes | {str(path) for path in system if path.is_dir() and not path.is_symlink()}
    outermost = {
        folder
        for folder in folders
        if not any(str(parent) in folders for parent in Path(folder).parents)
    }
    return Layout(sys.executable, tuple(sorted(outermost)), links)


def _refuse_a_home(prefix: str) -> None:
    home = Path.home()
    shown = Path(prefix)
    if shown == Path("/") or (home.is_relative_to(shown) and shown != Path("/usr")):
        raise SandboxUnavailableError(
            "L1",
            f"the interpreter is installed in {prefix!r}, and showing it would show {home!s} too",
            "Run Python from a virtual environment in a folder of its own.",
        )


def environment(layout: Layout, tmp: str, bytecode: str | None = None) -> dict[str, str]:
    """Return the whole environment of a sandboxed program: nothing of the host's gets in.

    Hash seed, locale and time zone are fixed so that the same program gives the same output.

    Args:
        layout: Where the interpreter is.
        tmp: Where the program may write.
        bytecode: Where it finds compiled modules, if not beside their sources.
    """
    found = {} if bytecode is None else {"PYTHONPYCACHEPREFIX": bytecode}
    return found | {
        "HOME": tmp,
        "LC_ALL": "C.UTF-8",
        "LOGNAME": "sandbox",
        "MALLOC_ARENA_MAX": "2",  # Each arena reserves 64 MiB of address space (malloc(3)).
        "PATH": f"{Path(layout.python).parent}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "TMPDIR": tmp,
        "TZ": "UTC",
        "USER": "sandbox",
    }
