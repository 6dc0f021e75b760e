"""Files on their way into the sandbox: checked names, written once, read-only from then on."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from quantumlayer.errors import SandboxError

__all__ = ["read_tree", "write_tree"]

MAX_FILES = 20_000
MAX_BYTES = 256 << 20
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def write_tree(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below an existing folder, readable for everyone who can reach it.

    Args:
        folder: An empty folder.
        files: Content by relative path, with `/` between names.

    Raises:
        SandboxError: A path leaves the folder, or is a file here and a folder there.
    """
    made = {folder}
    for name, content in files.items():
        path = folder / _inside(name)
        try:
            for parent in reversed(path.relative_to(folder).parents[:-1]):
                if (above := folder / parent) not in made:
                    above.mkdir(exist_ok=True)
                    above.chmod(0o755)  # Whatever the umask is.
                    made.add(above)
            path.write_bytes(content)
        except (OSError, UnicodeEncodeError) as error:
            reason = getattr(error, "strerror", None) or error
            msg = f"{name!r} cannot be put into the sandbox: {reason}"
            raise SandboxError(msg) from error
        path.chmod(0o644)


def _inside(name: str) -> PurePosixPath:
    parts = name.split("/")
    if "\0" in name or any(part in {"", ".", ".."} for part in parts):
        msg = f"{name!r} is no path of a file in the sandbox; use a relative one without '..'"
        raise SandboxError(msg)
    return PurePosixPath(*parts)


def read_tree(folder: Path) -> dict[str, bytes]:
    """Read a folder into the form that `Sandbox.run` takes; caches of Python are left out.

    Symbolic links and special files are refused, as they could lead out of the folder.

    Args:
        folder: What to read.

    Returns:
        Content by relative path, sorted by path.

    Raises:
        SandboxError: It holds something else than files and folders, more than 20,000 files, or
            more than 256 MiB.
        OSError: It cannot be read.
    """
    files: dict[str, bytes] = {}
    size_bytes = 0
    for above, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = sorted(set(folders) - {"__pycache__"})
        for name in sorted([*names, *(sub for sub in folders if (Path(above) / sub).is_symlink())]):
            path = Path(above) / name
            relative = path.relative_to(folder).as_posix()
            files[relative] = _read_regular(path, relative, MAX_BYTES - size_bytes)
            size_bytes += len(files[relative])
            if len(files) > MAX_FILES:
                msg = f"{folder!s} holds more than {MAX_FILES:,} files"
                raise SandboxError(msg)
    return dict(sorted(files.items()))


def _raise(error: OSError) -> None:
    raise error


def _read_regular(path: Path, relative: str, allowed_bytes: int) -> bytes:
    try:
        descriptor = os.open(path, READ_FLAGS)
    except OSError as error:
        msg = f"{relative!r} cannot be read as a file: {error.strerror}"
        raise SandboxError(msg) from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            msg = f"{relative!r} is no regular file; remove it"
            raise SandboxError(msg)
        content = file.read(allowed_bytes + 1)
    if len(content) > allowed_bytes:
        msg = f"the tree holds more than {MAX_BYTES:,} bytes"
        raise SandboxError(msg)
    return content
