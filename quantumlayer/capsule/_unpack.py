"""Writing a verified capsule's files, so that they appear all at once or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from quantumlayer.capsule._capsule import QuantumCapsule
from quantumlayer.capsule._tar import Entry
from quantumlayer.storage import storage_errors

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def unpack(capsule: QuantumCapsule, folder: Path) -> None:
    """Write everything a capsule holds, its own documents included, into a new folder.

    The files are written into a staging folder beside it, which is then renamed: at no time is
    there a half-filled `folder`. Interrupted, the staging folder is removed; killed, it is left
    behind as `.NAME.*.partial`.

    Args:
        capsule: From `read` or `pack`, so verified.
        folder: Must not exist, or be an empty folder. Its parent has to exist.

    Raises:
        StorageError: The files cannot be written, or the folder is taken.
    """
    target = Path(os.path.abspath(folder))  # noqa: PTH100 -- resolve() would follow a last link
    entries = [Entry(file.path, file.content, file.executable) for file in capsule.files]
    entries += [Entry(path, data) for path, data in capsule.documents.items()]
    with storage_errors(folder), ExitStack() as stack:
        parent = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, parent)
        staging = f".{target.name[:80]}.{secrets.token_hex(8)}.partial"
        os.mkdir(staging, 0o700, dir_fd=parent)
        try:
            root = os.open(staging, _FOLDER_FLAGS, dir_fd=parent)
            stack.callback(os.close, root)
            _write(root, entries)
            os.fchmod(root, 0o755)
            os.rename(staging, target.name, src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True, dir_fd=parent)
            raise


def _write(root: int, entries: Iterable[Entry]) -> None:
    """Write files below an open folder; in path order a folder, once left, is not needed again."""
    names: list[str] = []
    folders = [root]
    try:
        for entry in sorted(entries, key=lambda entry: entry.path):
            *wanted, name = entry.path.split("/")
            kept = _common(names, wanted)
            while len(names) > kept:
                names.pop()
                os.close(folders.pop())
            for part in wanted[kept:]:
                os.mkdir(part, 0o755, dir_fd=folders[-1])
                folders.append(os.open(part, _FOLDER_FLAGS, dir_fd=folders[-1]))
                os.fchmod(folders[-1], 0o755)
                names.append(part)
            _write_file(folders[-1], name, entry)
    finally:
        for descriptor in folders[1:]:
            os.close(descriptor)


def _write_file(folder: int, name: str, entry: Entry) -> None:
    descriptor = os.open(name, _FILE_FLAGS, 0o600, dir_fd=folder)
    with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 -- a descriptor
        view = memoryview(entry.content)
        while view:
            view = view[file.write(view) :]
        os.fchmod(descriptor, 0o755 if entry.executable else 0o644)


def _common(left: list[str], right: list[str]) -> int:
    """Count the leading elements that two lists share."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count
