"""Compiled modules for programs that may not write any.

A sandboxed program cannot keep the bytecode of what it imports. Where the environment was
installed without (uv does, by default), each would compile FastAPI and SQLAlchemy again, which
takes longer than running the tests of a small service. So, once, one trusted run imports them,
nothing of a stranger's beside it, and later runs read what it compiled.

Source: PYTHONPYCACHEPREFIX (docs.python.org, using/cmdline); Python itself checks that a file of
bytecode fits its source.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import cache_from_source, find_spec
from pathlib import Path

from quantumlayer.sandbox._files import write_tree
from quantumlayer.sandbox._level import Limits

__all__ = ["LIMITS", "MODULES", "Bytecode"]

MODULES = (
    ("fastapi.testclient", "uvicorn", "email_validator", "jwt", "argon2"),
    ("sqlalchemy.orm", "pydantic_settings", "pytest", "coverage", "packaging.requirements"),
)
"""What services and their checks import, in halves that take equally long to compile."""
LIMITS = Limits(output_bytes=128 << 20)


@dataclass(frozen=True, slots=True)
class Bytecode:
    """A place for the compiled modules of this environment.

    Attributes:
        store: The folder that holds them; it is there when it is complete.
    """

    store: Path

    @classmethod
    def under(cls, folder: Path) -> Bytecode:
        """Choose a store that is this environment's and no other's."""
        names = sorted(name for half in MODULES for name in half)
        facts = [sys.prefix, sys.base_prefix, sys.version, *map(_version, names)]
        digest = hashlib.sha256("\0".join(facts).encode()).hexdigest()
        return cls(folder / f"bytecode-{digest[:16]}")

    @property
    def ready(self) -> Path | None:
        """The store, if it is complete."""
        return self.store if self.store.is_dir() else None

    @property
    def missing(self) -> bool:
        """Whether something that checks import has no bytecode, neither here nor beside it."""
        specs = [find_spec(name.split(".")[0]) for half in MODULES for name in half]
        origins = [spec.origin for spec in specs if spec is not None and spec.origin]
        beside = all(Path(cache_from_source(origin)).exists() for origin in origins)
        return not beside and self.ready is None

    def installed(self) -> tuple[tuple[str, ...], ...]:
        """List those of `MODULES` that are installed."""
        return tuple(
            tuple(name for name in half if find_spec(name.split(".")[0])) for half in MODULES
        )

    def keep(self, outputs: Sequence[bytes]) -> None:
        """Store what `compile_modules.py` wrote; of two that do so at once, one wins."""
        files: dict[str, bytes] = {}
        for output in outputs:
            files.update(_unpack(output))
        folder = self.store.with_name(f"new-{secrets.token_hex(8)}")
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        write_tree(folder, files)
        try:
            os.rename(folder, self.store)  # noqa: PTH104 -- fails where there is one already
        except OSError:
            shutil.rmtree(folder)


def _version(module: str) -> str:
    try:
        return version(module.partition(".")[0])
    except PackageNotFoundError:  # Named otherwise than its module: its sources still decide.
        return ""


def _unpack(output: bytes) -> dict[str, bytes]:
    files = {}
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        header = json.loads(output[at:end])
        at = end + 1 + header["size_bytes"]
        files[header["path"]] = output[end + 1 : at]
    return files
