"""Writing files so that a crash leaves the old one, the new one or none, never half of one."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from quantumlayer.errors import StorageError

TEMPORARY_SUFFIX = ".partial"

_CURES = {
    errno.ENOSPC: "Free some space on that disk, or choose another folder.",
    errno.EDQUOT: "Free some of your disk quota, or choose another folder.",
    errno.EROFS: "Choose a folder on a disk that can be written to.",
    errno.EACCES: "Make it accessible to this user, or choose another folder.",
    errno.EPERM: "Make it accessible to this user, or choose another folder.",
    errno.ENOENT: "Make the folder first, or choose another one.",
    errno.ENOTDIR: "A file stands where a folder is needed: move it away.",
    errno.EEXIST: "Move what is there away, or choose another name.",
    errno.ENOTEMPTY: "Choose a folder that does not exist yet, or is empty.",
    errno.EISDIR: "Give the name of a file, not of a folder.",
    errno.EMFILE: "Raise the limit of open files: ulimit -n 4096.",
}


@contextmanager
def storage_errors(path: Path | str) -> Iterator[None]:
    """Turn an `OSError` of the block into a `StorageError` that names the cure."""
    try:
        yield
    except OSError as error:
        code = error.errno or 0
        cure = _CURES.get(code, "Look at the disk and the file system, then try again.")
        raise StorageError(str(path), error.strerror or str(error), cure) from error


def write_file(path: Path, data: bytes, *, mode: int = 0o666, replace: bool = True) -> None:
    """Write a file whole: under a temporary name beside it, flushed to disk, then renamed.

    Killed or interrupted at any time, `path` is what it was before or has all of `data`; a
    temporary file may be left beside it only where the process was killed.

    Args:
        path: Its folder has to exist.
        data: The whole content.
        mode: Permissions before the umask is applied.
        replace: Whether a file of that name may be replaced.

    Raises:
        StorageError: It cannot be written: no space, no permission, or, without `replace`,
            there is a file of that name.
    """
    partial = path.parent / f".{path.name[:80]}.{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
    with storage_errors(path):
        try:
            _write_through(partial, data, mode)
            if replace:
                partial.replace(path)
            else:
                os.link(partial, path)  # unlike a rename, fails where the name is taken
            _flush_folder(path.parent)
        finally:
            with suppress(OSError):  # a rename took it away, or it was never there
                partial.unlink()


def _write_through(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, mode), "wb") as file:  # noqa: PTH123 -- a descriptor
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Put the rename itself on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
