"""Which names a capsule may hold: an allow-list that is the same on every machine.

Only ASCII, because what Unicode calls a letter, a composed form or a folded case depends on the
version of its tables that the reader happens to have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from quantumlayer.errors import UnsafePathError

MAX_PATH_BYTES = 240
MAX_DEPTH = 20
MAX_NAME_BYTES = 100
"""What ustar can hold of the last part of a path."""

_RESERVED = r"(?:con|conin\$|conout\$|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|/|$)|\.git(?:/|$)"
_NAME = rf"(?!{_RESERVED})(?! )[A-Za-z0-9 ._+@=,$()\[\]{{}}-]{{1,100}}(?<![. ])"
_SAFE = re.compile(rf"{_NAME}(?:/{_NAME})*", re.IGNORECASE | re.ASCII)


def check_path(path: str) -> None:
    """Refuse a name that would leave its folder or mean another thing elsewhere.

    Raises:
        UnsafePathError: The path is absolute, holds `..`, characters outside letters, digits,
            space and `._-+@=,$()[]{}`, a part that ends in a dot or space or is reserved on
            Windows or by git, or is longer or deeper than `MAX_PATH_BYTES` and `MAX_DEPTH`.

    Source: the reserved names are those of "Naming Files, Paths, and Namespaces", Microsoft
    Learn.
    """
    if not _SAFE.fullmatch(path):
        raise UnsafePathError(
            f"{path!r} is no safe relative path. Use letters, digits, spaces and ._-+@=,$()[]{{}};"
            f" parts of at most {MAX_NAME_BYTES} characters that begin with no space, end in no dot"
            " or space, and are no device of Windows, such as 'con', nor '.git'."
        )
    if len(path) > MAX_PATH_BYTES or path.count("/") >= MAX_DEPTH:
        raise UnsafePathError(
            f"{path!r} is longer than {MAX_PATH_BYTES} bytes or deeper than {MAX_DEPTH} folders."
            " Shorten it."
        )


def check_tree(paths: Iterable[str]) -> None:
    """Refuse names that are unsafe alone, or that some file system takes for one another.

    Raises:
        UnsafePathError: A path is unsafe, twice there, differs from another only in case, or is
            a file where another path needs a folder.
    """
    spellings: dict[str, str] = {}
    folders: set[str] = set()
    files: set[str] = set()
    for path in paths:
        check_path(path)
        _claim(path, spellings)
        if path in files:
            raise UnsafePathError(f"{path!r} is there twice. Leave one out.")
        files.add(path)
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            _claim(folder, spellings)
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    for path in files & folders:
        raise UnsafePathError(f"{path!r} is a file and a folder. Rename one of them.")


def _claim(path: str, spellings: dict[str, str]) -> None:
    spelling = spellings.setdefault(path.lower(), path)
    if spelling != path:
        raise UnsafePathError(
            f"{path!r} and {spelling!r} are one name where case does not count. Rename one of them."
        )
