"""gzip without compression, in its one canonical form.

Compressed bytes differ between builds of zlib, so a digest over them would not be reproducible;
stored blocks are defined to the byte, and cannot be a bomb.

Source: RFC 1952 (gzip), RFC 1951 section 3.2.4 (stored blocks).
"""

from __future__ import annotations

import struct
import zlib

from quantumlayer.errors import CapsuleFormatError

_BLOCK = 65_535
_HEADER = b"\x1f\x8b\x08\x00" + bytes(4) + b"\x00\xff"
"""Magic, deflate, no flags, no time, no hint, operating system unknown."""


def encode(data: bytes) -> bytes:
    """Wrap data, which must not be empty, into gzip's stored blocks of 65,535 bytes."""
    view = memoryview(data)
    pieces: list[bytes | memoryview] = [_HEADER]
    for start in range(0, len(data), _BLOCK):
        block = view[start : start + _BLOCK]
        pieces += (_block_header(len(block), last=start + _BLOCK >= len(data)), block)
    pieces.append(_trailer(data))
    return b"".join(pieces)


def decode(data: bytes) -> bytes:
    """Unwrap what `encode` wrote, and nothing else.

    Raises:
        CapsuleFormatError: Some byte is not as `encode` writes it.
    """
    view = memoryview(data)
    blocks: list[memoryview] = []
    position, end = len(_HEADER), len(data) - 8
    while position < end:
        length = min(_BLOCK, end - position - 5)
        last = position + 5 + length == end
        if length <= 0 or view[position : position + 5] != _block_header(length, last=last):
            raise CapsuleFormatError(f"byte {position} begins no stored gzip block")
        blocks.append(view[position + 5 : position + 5 + length])
        position += 5 + length
    content = b"".join(blocks)
    if not blocks or view[: len(_HEADER)] != _HEADER or view[end:] != _trailer(content):
        raise CapsuleFormatError("the gzip header or its check sum is not the one a writer makes")
    return content


def _block_header(length: int, *, last: bool) -> bytes:
    return struct.pack("<BHH", last, length, length ^ 0xFFFF)


def _trailer(data: bytes) -> bytes:
    return struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFF_FFFF)
