"""Server-sent events, from bytes and without I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["EventDecoder", "ServerSentEvent"]

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"

# Longest line that is put together from chunks. Ours carry a few tokens, or one tool call.
_MAX_LINE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event: its type, empty where it has none, and its data as it came."""

    type: str
    data: bytes


class EventDecoder:
    """Make events of chunks of bytes, wherever the chunks were cut.

    Characters are never decoded: a chunk may end in the middle of one.

    Source: WHATWG HTML, "Server-sent events", "Interpreting an event stream".
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # of the line that has not ended yet
        self._size_bytes = 0
        self._type = b""
        self._data: list[bytes] = []
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Take a chunk in, and give the events that it completes.

        Raises:
            ValueError: A line is longer than 16 MiB.
        """
        self._pieces.append(chunk)
        self._size_bytes += len(chunk)
        if self._size_bytes > _MAX_LINE_BYTES:
            raise ValueError(f"a line of the stream is longer than {_MAX_LINE_BYTES} bytes")
        # A line may end with the first byte of this chunk, after a CR at the end of the last one.
        if b"\n" not in chunk and b"\r" not in chunk and not self._held_back():
            return
        text = b"".join(self._pieces)
        held = b"\r" if text.endswith(b"\r") else b""  # perhaps the first half of CR LF
        *lines, rest = _LINE_END.split(text.removesuffix(held))
        self._pieces = [rest + held]
        self._size_bytes = len(rest) + len(held)
        for line in lines:
            yield from self._line(line)

    def finish(self) -> Iterator[ServerSentEvent]:
        """Give the last event where the stream ended without the blank line behind it."""
        for line in _LINE_END.split(b"".join(self._pieces)):
            yield from self._line(line)
        yield from self._line(b"")

    def _held_back(self) -> bool:
        return len(self._pieces) > 1 and self._pieces[-2].endswith(b"\r")

    def _line(self, line: bytes) -> Iterator[ServerSentEvent]:
        if not self._begun:
            line, self._begun = line.removeprefix(_BOM), True
        if not line:
            if self._data:
                yield ServerSentEvent(self._type.decode("latin-1"), b"\n".join(self._data))
            self._type, self._data = b"", []
            return
        name, _, value = line.partition(b":")  # a comment has an empty name
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._type = value.removeprefix(b" ")
