"""Amazon's binary event streams (`application/vnd.amazon.eventstream`), without I/O.

A message is: total length and length of the headers (4 bytes each), the CRC-32 of these eight
bytes, headers, payload, the CRC-32 of everything before it. Numbers are big-endian.

Source: AWS, "Event stream encoding", as for Amazon Transcribe.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID
from zlib import crc32

__all__ = ["EventStreamDecoder", "Header", "StreamMessage"]

Header = bool | int | bytes | str | UUID
"""The value of a header. A timestamp is in milliseconds since 1970-01-01 UTC."""

_PRELUDE = struct.Struct(">III")
_CRC = struct.Struct(">I")
_OVERHEAD_BYTES = _PRELUDE.size + _CRC.size

# Source: the limits of the encoding.
_MAX_HEADERS_BYTES = 128 * 1024
_MAX_PAYLOAD_BYTES = 24 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StreamMessage:
    """One message of a stream."""

    headers: Mapping[str, Header]
    payload: bytes


class EventStreamDecoder:
    """Make messages of chunks of bytes, wherever the chunks were cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted_bytes = _PRELUDE.size  # until then there is nothing to look at

    def feed(self, chunk: bytes) -> Iterator[StreamMessage]:
        """Take a chunk in, and give the messages that it completes.

        Raises:
            ValueError: The bytes are no event stream, or were damaged on their way.
        """
        self._buffer += chunk
        while len(self._buffer) >= self._wanted_bytes:
            total, headers = _prelude(self._buffer)
            self._wanted_bytes = total
            if len(self._buffer) < total:
                return
            message = bytes(memoryview(self._buffer)[:total])
            del self._buffer[:total]
            self._wanted_bytes = _PRELUDE.size
            yield _message(message, headers)


def _prelude(buffer: bytearray) -> tuple[int, int]:
    """The lengths of a message and of its headers, once its first twelve bytes are there."""
    total, headers, crc = _PRELUDE.unpack_from(buffer)
    if crc32(buffer[: _PRELUDE.size - _CRC.size]) != crc:
        raise ValueError("the checksum of a message's lengths is wrong")
    payload = total - headers - _OVERHEAD_BYTES
    if headers > _MAX_HEADERS_BYTES or not 0 <= payload <= _MAX_PAYLOAD_BYTES:
        raise ValueError(f"a message of {total} bytes with {headers} of headers is out of bounds")
    return total, headers


def _message(data: bytes, headers_bytes: int) -> StreamMessage:
    body_end = len(data) - _CRC.size
    if crc32(data[:body_end]) != _CRC.unpack_from(data, body_end)[0]:
        raise ValueError("the checksum of a message is wrong")
    headers_end = _PRELUDE.size + headers_bytes
    try:
        headers = _headers(data[_PRELUDE.size : headers_end])
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError("the headers of a message do not fit their length") from error
    return StreamMessage(headers, data[headers_end:body_end])


def _headers(data: bytes) -> Mapping[str, Header]:
    headers: dict[str, Header] = {}
    at = 0
    while at < len(data):
        name_end = at + 1 + data[at]
        name = data[at + 1 : name_end].decode()
        kind = data[name_end]
        if name in headers:
            raise ValueError(f"a message has two headers {name!r}")
        if kind not in _KINDS:
            raise ValueError(f"the header {name!r} is of the unknown kind {kind}")
        headers[name], at = _KINDS[kind](data, name_end + 1)
    return MappingProxyType(headers)


_Reader = Callable[[bytes, int], tuple[Header, int]]
"""Reads a value at an offset; gives it and the offset behind it."""


def _fixed(form: str) -> _Reader:
    layout = struct.Struct(form)

    def read(data: bytes, at: int) -> tuple[Header, int]:
        return layout.unpack_from(data, at)[0], at + layout.size

    return read


def _bytes(data: bytes, at: int) -> tuple[bytes, int]:
    (size,) = struct.unpack_from(">H", data, at)
    start, end = at + 2, at + 2 + size
    if end > len(data):
        raise IndexError(end)
    return data[start:end], end


def _string(data: bytes, at: int) -> tuple[str, int]:
    value, end = _bytes(data, at)
    return value.decode(), end


def _uuid(data: bytes, at: int) -> tuple[UUID, int]:
    (value,) = struct.unpack_from("16s", data, at)
    return UUID(bytes=value), at + 16


_KINDS: Mapping[int, _Reader] = {
    0: lambda _, at: (True, at),
    1: lambda _, at: (False, at),
    2: _fixed(">b"),
    3: _fixed(">h"),
    4: _fixed(">i"),
    5: _fixed(">q"),
    6: _bytes,
    7: _string,
    8: _fixed(">q"),
    9: _uuid,
}
