"""ustar, as one writer writes it: one sequence of entries has one encoding.

The reader takes from a header only what an entry is made of, writes the header anew, and
compares: whatever this writer would not write is refused, without being understood.

GNU tar makes the same bytes: `tar --format=ustar --mtime=@0 --owner=0 --group=0 --numeric-owner
-b1`, with the names sorted.

Source: POSIX.1-2017, pax, "ustar Interchange Format"; reduced to regular files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quantumlayer.capsule._limits import Limits
from quantumlayer.capsule._paths import MAX_NAME_BYTES
from quantumlayer.errors import CapsuleFormatError, UnsafePathError

BLOCK = 512
_END = bytes(2 * BLOCK)
_MAX_PREFIX_BYTES = 155
_MAX_SIZE = 8**11 - 1

_ZERO_OWNER = b"0000000\0" * 2
_ZERO_TIME = b"00000000000\0"
_AFTER_CHECKSUM = b"0" + bytes(100) + b"ustar\x0000" + bytes(32 + 32) + b"0000000\0" * 2
"""Type "regular file", no link, magic and version, no user or group names, no device."""
_FIXED_SUM = sum(_ZERO_OWNER + _ZERO_TIME + _AFTER_CHECKSUM) + 8 * ord(" ")
_MODES = {False: b"0000644\0", True: b"0000755\0"}
_MODE_SUMS = {executable: sum(mode) for executable, mode in _MODES.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """A regular file in an archive."""

    path: str
    content: bytes
    executable: bool = False


def encode(entries: Iterable[Entry]) -> bytes:
    """Write an archive of the entries, in the order of their paths.

    Raises:
        UnsafePathError: A path does not fit a ustar header.
    """
    pieces: list[bytes] = []
    for entry in sorted(entries, key=lambda entry: entry.path):
        size = len(entry.content)
        pieces += (
            _header(entry.path, size, executable=entry.executable),
            entry.content,
            bytes(-size % BLOCK),
        )
    pieces.append(_END)
    return b"".join(pieces)


def decode(data: bytes, *, limits: Limits) -> Sequence[Entry]:
    """Read an archive that `encode` wrote, and nothing else.

    Raises:
        CapsuleFormatError: Some byte is not as `encode` writes it, or there are more or larger
            files than the limits allow.
        UnsafePathError: A path does not fit a ustar header.
    """
    entries: list[Entry] = []
    position, end = 0, len(data) - len(_END)
    while position < end:
        entry = _read_entry(data, position, end, limits)
        if entries and entry.path <= entries[-1].path:
            raise CapsuleFormatError(
                f"{entry.path!r} is not sorted behind {entries[-1].path!r}, or is there twice"
            )
        if len(entries) >= limits.files:
            raise CapsuleFormatError(f"there are more than {limits.files} files")
        entries.append(entry)
        position += BLOCK + len(entry.content)
        padding = -position % BLOCK
        if data[position : position + padding] != _END[:padding]:
            raise CapsuleFormatError(f"there is something behind the end of {entry.path!r}")
        position += padding
    if position != end or data[end:] != _END:
        raise CapsuleFormatError("the archive does not end with two empty blocks")
    return entries


def _read_entry(data: bytes, position: int, end: int, limits: Limits) -> Entry:
    header = data[position : position + BLOCK]
    if header[156:157] != b"0":
        raise CapsuleFormatError(
            f"the entry at byte {position} is of type {header[156:157]!r}: only regular files"
            " without extensions are allowed"
        )
    name, _, _ = header[:100].partition(b"\0")
    prefix, _, _ = header[345:500].partition(b"\0")
    try:
        path = (prefix + b"/" * bool(prefix) + name).decode("ascii")
        size = int(header[124:135], 8)
    except ValueError as error:
        raise CapsuleFormatError(f"the header at byte {position} is not readable") from error
    executable = header[100:108] == _MODES[True]
    if header != _header(path, size, executable=executable):
        raise CapsuleFormatError(
            f"the header of {path!r} at byte {position} is not the one a writer makes"
        )
    if size > min(limits.file_bytes, end - position - BLOCK):
        raise CapsuleFormatError(
            f"{path!r} claims {size} bytes: more than the limit of {limits.file_bytes},"
            " or than there are"
        )
    content = data[position + BLOCK : position + BLOCK + size]
    return Entry(path, content, executable)


def _header(path: str, size: int, *, executable: bool) -> bytes:
    name, prefix = _split(path)
    if not 0 <= size <= _MAX_SIZE:
        raise CapsuleFormatError(f"{path!r} has {size} bytes, more than ustar can say")
    size_field = b"%011o\0" % size
    checksum = _FIXED_SUM + _MODE_SUMS[executable] + sum(size_field) + sum(name) + sum(prefix)
    return b"".join(
        (
            name.ljust(MAX_NAME_BYTES, b"\0"),
            _MODES[executable],
            _ZERO_OWNER,
            size_field,
            _ZERO_TIME,
            b"%06o\0 " % checksum,
            _AFTER_CHECKSUM,
            prefix.ljust(_MAX_PREFIX_BYTES + 12, b"\0"),
        )
    )


def _split(path: str) -> tuple[bytes, bytes]:
    """Divide a path into ustar's name and prefix, the prefix as long as can be, as GNU tar does."""
    raw = path.encode("ascii")
    if len(raw) <= MAX_NAME_BYTES:
        return raw, b""
    cut = raw.rfind(b"/", 0, _MAX_PREFIX_BYTES + 1)
    if cut <= 0 or not 0 < len(raw) - cut - 1 <= MAX_NAME_BYTES:
        raise UnsafePathError(f"{path!r} is too long for an archive. Shorten it.")
    return raw[cut + 1 :], raw[:cut]
