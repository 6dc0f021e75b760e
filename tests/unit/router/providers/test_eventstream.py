"""Amazon's event streams: botocore's vectors, recorded bodies, and bytes that were cut anywhere."""

import json
import struct
from base64 import b64decode
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.router.providers._eventstream import EventStreamDecoder, StreamMessage

FOLDER = Path(__file__).resolve().parents[5] / "shared" / "data" / "wire" / "eventstream"
RECORDED = sorted((FOLDER / "bedrock_recorded").glob("*.bin"))


def _vectors(kind: str) -> list[dict[str, Any]]:
    path = FOLDER / "botocore" / "vectors.json"
    vectors: list[dict[str, Any]] = json.loads(path.read_text())[kind] if path.is_file() else []
    return vectors


def decode(chunks: Sequence[bytes]) -> list[StreamMessage]:
    decoder = EventStreamDecoder()
    return [message for chunk in chunks for message in decoder.feed(chunk)]


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def encode(headers: bytes, payload: bytes) -> bytes:
    """A message whose checksums are right, whatever is in it."""
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    prelude += struct.pack(">I", crc32(prelude))
    message = prelude + headers + payload
    return message + struct.pack(">I", crc32(message))


def text_header(name: str, value: str) -> bytes:
    data = value.encode()
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(data)) + data


@pytest.mark.skipif(not RECORDED, reason=f"no vectors: {FOLDER} is not there")
def test_all_vectors_are_there() -> None:
    assert (len(_vectors("positive")), len(_vectors("negative"))) == (9, 7)
    assert len(RECORDED) == 10


@pytest.mark.parametrize("vector", _vectors("positive"), ids=lambda vector: vector["name"])
def test_a_good_vector_is_read(vector: Mapping[str, Any]) -> None:
    data = b64decode(vector["encoded_b64"])
    expected = {
        name: b64decode(value["b64"]) if isinstance(value, dict) else value
        for name, value in vector["headers"].items()
    }

    [message] = decode([data])

    found = {
        name: value.bytes if isinstance(value, UUID) else value
        for name, value in message.headers.items()
    }
    assert found == expected
    assert message.payload == b64decode(vector["payload_b64"])
    assert decode(bytewise(data)) == [message]
    assert decode([data * 3]) == [message] * 3


@pytest.mark.parametrize("vector", _vectors("negative"), ids=lambda vector: vector["name"])
def test_a_bad_vector_is_refused(vector: Mapping[str, Any]) -> None:
    if "prefix_b64" in vector:
        prefix, suffix = b64decode(vector["prefix_b64"]), b64decode(vector["suffix_b64"])
        fill = vector["total_len"] - len(prefix) - len(suffix)
        data = prefix + bytes([vector["fill_byte"]]) * fill + suffix
        pieces = [data[:100], data[100:]]  # refused at its lengths, long before the 25 MB are here
    else:
        data = b64decode(vector["encoded_b64"])
        pieces = bytewise(data)

    with pytest.raises(ValueError, match=r"checksum|two headers|out of bounds"):
        decode([data])
    with pytest.raises(ValueError, match=r"checksum|two headers|out of bounds"):
        decode(pieces)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_body_is_read_alike_byte_by_byte(path: Path) -> None:
    body = path.read_bytes()

    messages = decode([body])

    assert decode(bytewise(body)) == messages
    types = [message.headers[":event-type"] for message in messages]
    assert types[0] == "messageStart"
    assert types[-2:] == ["messageStop", "metadata"]
    assert all(json.loads(message.payload) for message in messages)


def test_the_recorded_bodies_have_188_messages() -> None:
    if not RECORDED:
        pytest.skip(f"no recordings: {FOLDER} is not there")
    assert sum(len(decode([path.read_bytes()])) for path in RECORDED) == 188


headers = st.dictionaries(st.from_regex(r"[a-z:-]{1,10}", fullmatch=True), st.text(max_size=10))


@given(
    st.lists(st.tuples(headers, st.binary(max_size=40)), max_size=4),
    st.lists(st.integers(0, 2**16), max_size=8),
)
def test_messages_come_out_however_the_bytes_were_cut(
    messages: list[tuple[dict[str, str], bytes]], places: list[int]
) -> None:
    data = b"".join(
        encode(b"".join(text_header(*header) for header in named.items()), payload)
        for named, payload in messages
    )
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]

    found = decode([data[start:end] for start, end in pairwise(edges)])

    assert [(dict(message.headers), message.payload) for message in found] == messages


@given(headers=st.binary(max_size=30), payload=st.binary(max_size=10))
def test_nonsense_with_right_checksums_is_refused_or_read_and_never_crashes(
    headers: bytes, payload: bytes
) -> None:
    try:
        [message] = decode([encode(headers, payload)])
    except ValueError:
        return
    assert message.payload == payload


def test_a_message_that_was_cut_is_none() -> None:
    message = encode(text_header("a", "b"), b"payload")

    assert len(decode([message, message[:-1]])) == 1


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (b"\x01a\x0f", "unknown kind 15"),
        (b"\x01a\x07\x00\x09short", "do not fit their length"),
        (b"\x01a\x04\x00", "do not fit their length"),
    ],
)
def test_headers_that_make_no_sense_are_refused(headers: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode([encode(headers, b"{}")])
