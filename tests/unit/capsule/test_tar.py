"""The archive: what the standard library reads, and nothing that this writer would not write."""

import io
import tarfile
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quantumlayer.capsule import Limits
from quantumlayer.capsule._tar import BLOCK, Entry, decode, encode
from quantumlayer.errors import CapsuleError, CapsuleFormatError, UnsafePathError

LIMITS = Limits()

names = st.from_regex(r"[a-z0-9._-]{1,40}(/[a-z0-9._-]{1,60}){0,3}", fullmatch=True)
trees = st.dictionaries(names, st.tuples(st.binary(max_size=1_200), st.booleans()), max_size=6).map(
    lambda tree: [Entry(path, *rest) for path, rest in tree.items()]
)


@given(trees)
def test_what_is_written_is_read_back_in_the_order_of_paths(tree: list[Entry]) -> None:
    assert list(decode(encode(tree), limits=LIMITS)) == sorted(tree, key=lambda entry: entry.path)


@given(trees)
def test_the_order_of_entries_makes_no_difference(tree: list[Entry]) -> None:
    assert encode(tree) == encode(tree[::-1])


@given(trees)
@example([Entry("a/" * 70 + "b" * 100, b"x")])
@example([Entry("a" * 100, b""), Entry("b" * 50 + "/" + "c" * 50, b"")])
def test_the_standard_library_reads_the_same(tree: list[Entry]) -> None:
    data = encode(tree)
    ordered = sorted(tree, key=lambda entry: entry.path)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = archive.getmembers()
        found = [
            Entry(each.name, archive.extractfile(each).read(), each.mode == 0o755)  # type: ignore[union-attr]
            for each in members
        ]
    assert found == ordered


def test_every_flipped_bit_is_refused() -> None:
    data = encode([Entry("a", b"content"), Entry("b/c", bytes(BLOCK), executable=True)])
    content = {*range(BLOCK, BLOCK + 7), *range(3 * BLOCK, 4 * BLOCK)}  # hashes are for these
    for position in set(range(len(data))) - content:
        for bit in range(8):
            flipped = bytearray(data)
            flipped[position] ^= 1 << bit
            try:
                read = decode(bytes(flipped), limits=LIMITS)
            except (CapsuleFormatError, UnsafePathError):
                continue
            pytest.fail(f"bit {bit} of byte {position} was flipped, and it read {read}")


@given(trees, st.integers(0, 4 * BLOCK))
def test_a_shortened_archive_is_refused(tree: list[Entry], cut: int) -> None:
    data = encode(tree)
    if cut:
        with pytest.raises(CapsuleFormatError):
            decode(data[:-cut], limits=LIMITS)


@given(trees, st.binary(min_size=1, max_size=3 * BLOCK))
@example([], bytes(BLOCK))
@example([Entry("a", b"")], bytes(8 * BLOCK))
def test_anything_behind_the_end_is_refused(tree: list[Entry], slack: bytes) -> None:
    with pytest.raises(CapsuleFormatError):
        decode(encode(tree) + slack, limits=LIMITS)


@given(st.binary(max_size=3 * BLOCK))
def test_noise_is_refused_with_a_typed_reason(noise: bytes) -> None:
    with pytest.raises(CapsuleError):
        decode(noise + bytes(2 * BLOCK + 1), limits=LIMITS)


def member(name: str, **changes: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for attribute, value in changes.items():
        setattr(info, attribute, value)
    return info


@pytest.mark.parametrize(
    "strange",
    [
        member("link", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("link", type=tarfile.LNKTYPE, linkname="a"),
        member("folder", type=tarfile.DIRTYPE),
        member("pipe", type=tarfile.FIFOTYPE),
        member("device", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
        member("disk", type=tarfile.BLKTYPE),
        member("old", type=tarfile.AREGTYPE),
        member("contiguous", type=tarfile.CONTTYPE),
        member("a", mode=0o4755),
        member("a", mode=0o600),
        member("a", uid=1),
        member("a", gname="root"),
        member("a", mtime=1),
    ],
    ids=lambda strange: f"{strange.name}-{strange.mode:o}-{strange.type!r}",
)
def test_entries_that_are_no_plain_files_are_refused(strange: tarfile.TarInfo) -> None:
    with pytest.raises(CapsuleFormatError):
        decode(strange.tobuf(tarfile.USTAR_FORMAT) + bytes(2 * BLOCK), limits=LIMITS)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_by_extension_are_refused(form: Literal[1, 2]) -> None:
    strange = member("x" * 300)

    with pytest.raises(CapsuleFormatError, match="only regular files"):
        decode(strange.tobuf(form) + bytes(2 * BLOCK), limits=LIMITS)


def test_unsorted_and_repeated_entries_are_refused() -> None:
    one, two = (encode([Entry(name, b"")])[:BLOCK] for name in "ab")
    end = bytes(2 * BLOCK)

    assert len(decode(one + two + end, limits=LIMITS)) == 2
    for wrong in (two + one, one + one):
        with pytest.raises(CapsuleFormatError, match="not sorted"):
            decode(wrong + end, limits=LIMITS)


def test_limits_hold_before_anything_is_kept() -> None:
    data = encode([Entry("a", bytes(2_000)), Entry("b", b"")])

    with pytest.raises(CapsuleFormatError, match=r"'a' claims 2000 bytes"):
        decode(data, limits=replace(LIMITS, file_bytes=1_999))
    with pytest.raises(CapsuleFormatError, match="more than 1 files"):
        decode(data, limits=replace(LIMITS, files=1))
    assert len(decode(data, limits=Limits(file_bytes=2_000, files=2))) == 2


@pytest.mark.parametrize("size", [b"-0000000001", b"0000000 001", b"+0000000001", b"99999999999"])
def test_a_size_in_another_notation_is_refused(size: bytes) -> None:
    data = bytearray(encode([Entry("a", b"x")]))
    data[124:135] = size

    with pytest.raises(CapsuleFormatError):
        decode(bytes(data), limits=LIMITS)


def test_a_claimed_size_beyond_the_archive_is_refused() -> None:
    data = encode([Entry("a", bytes(4 * BLOCK))])

    with pytest.raises(CapsuleFormatError, match="than there are"):
        decode(data[: 2 * BLOCK] + bytes(2 * BLOCK), limits=LIMITS)


def test_a_path_that_ustar_cannot_say_is_refused_by_the_writer() -> None:
    for path in ("x" * 101, "x" * 160 + "/" + "y" * 50, "a/" + "y" * 101):
        with pytest.raises(UnsafePathError, match="too long"):
            encode([Entry(path, b"")])
