"""How large a capsule may be."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that hold before anything is allocated; the same for writing and reading.

    Nothing in a capsule is compressed, so these bound memory too: reading takes at most four times
    `archive_bytes`. JSON is nested at most 200 deep, the bound of pydantic-core's parser.

    Attributes:
        archive_bytes: The whole file. The default is seven times the 1,000 files of our
            benchmark.
        file_bytes: One file within, also a JSON document of the capsule's own.
        files: Files within, the capsule's own included.
    """

    archive_bytes: int = 32 * MEBIBYTE
    file_bytes: int = 8 * MEBIBYTE
    files: int = 10_000
