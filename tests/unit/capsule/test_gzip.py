"""gzip in one form: any reader unpacks it, and one reader takes nothing else."""

import gzip

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quantumlayer.capsule._gzip import decode, encode
from quantumlayer.errors import CapsuleFormatError

contents = st.integers(1, 200_000).flatmap(
    lambda size: st.binary(min_size=1, max_size=64).map(lambda seed: (seed * size)[:size])
)


@given(contents)
@example(b"x" * 65_535)
@example(b"x" * 65_536)
@example(b"x" * 131_070)
def test_the_standard_library_unpacks_what_is_wrapped(content: bytes) -> None:
    assert gzip.decompress(encode(content)) == content
    assert decode(encode(content)) == content


@given(contents.filter(lambda content: len(content) < 5_000), st.integers(0))
def test_every_flipped_byte_outside_the_content_and_within_it_is_refused(
    content: bytes, position: int
) -> None:
    data = bytearray(encode(content))
    data[position % len(data)] ^= 0x40

    with pytest.raises(CapsuleFormatError):
        decode(bytes(data))


@given(contents.filter(lambda content: len(content) < 5_000), st.integers(1, 40))
def test_a_shortened_or_longer_stream_is_refused(content: bytes, count: int) -> None:
    data = encode(content)

    for wrong in (data[:-count], data + bytes(count), data + data, b""):
        with pytest.raises(CapsuleFormatError):
            decode(wrong)


@pytest.mark.parametrize("level", range(10))
def test_what_another_writer_wraps_is_refused(level: int) -> None:
    with pytest.raises(CapsuleFormatError):
        decode(gzip.compress(b"content" * 20_000, level, mtime=0))


def test_other_block_lengths_for_the_same_content_are_refused() -> None:
    content = b"x" * 100
    header, trailer = encode(content)[:10], encode(content)[-8:]
    halves = b"".join(
        bytes([last]) + (50).to_bytes(2, "little") + (50 ^ 0xFFFF).to_bytes(2, "little") + b"x" * 50
        for last in (0, 1)
    )

    assert gzip.decompress(header + halves + trailer) == content
    with pytest.raises(CapsuleFormatError):
        decode(header + halves + trailer)
