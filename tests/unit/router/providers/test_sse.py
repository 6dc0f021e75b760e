"""Server-sent events from bytes that were cut anywhere."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.router.providers import _sse
from quantumlayer.router.providers._sse import EventDecoder, ServerSentEvent

line_ends = st.sampled_from([b"\n", b"\r", b"\r\n"])
values = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)


def decode(chunks: Sequence[bytes]) -> list[ServerSentEvent]:
    decoder = EventDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + list(decoder.finish())


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def test_events_end_with_a_blank_line() -> None:
    assert decode([b"data: one\n\ndata: two\n\n"]) == [
        ServerSentEvent("", b"one"),
        ServerSentEvent("", b"two"),
    ]


def test_types_comments_unknown_fields_and_several_lines_of_data() -> None:
    stream = b": ping\n\nevent: error\nid: 7\nretry: 10\ndata: a\ndata:b\ndata\n\nevent: x\n\n"

    assert decode([stream]) == [ServerSentEvent("error", b"a\nb\n")]


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert decode([b"\xef\xbb\xbfdata: one\n\n"]) == [ServerSentEvent("", b"one")]


def test_an_event_whose_blank_line_never_came_is_taken_at_the_end() -> None:
    assert decode([b"data: one\n"]) == [ServerSentEvent("", b"one")]
    assert decode([b"data: one"]) == [ServerSentEvent("", b"one")]


@given(
    events=st.lists(
        st.tuples(st.sampled_from(["", "error"]), st.lists(values, min_size=1)), max_size=5
    ),
    end=line_ends,
    places=st.lists(st.integers(0, 1000), max_size=30),
)
def test_where_the_bytes_were_cut_makes_no_difference(
    events: list[tuple[str, list[str]]], end: bytes, places: list[int]
) -> None:
    stream = b"".join(
        (b"event: " + kind.encode() + end if kind else b"")
        + b"".join(b"data: " + line.encode() + end for line in lines)
        + end
        for kind, lines in events
    )
    expected = [ServerSentEvent(kind, "\n".join(lines).encode()) for kind, lines in events]

    assert decode(cut(stream, places)) == expected
    assert decode([bytes([byte]) for byte in stream]) == expected


@given(st.lists(st.binary(max_size=30)))
def test_any_bytes_at_all_are_decoded_alike_however_they_are_cut(chunks: list[bytes]) -> None:
    assert decode(chunks) == decode([b"".join(chunks)])


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_sse, "_MAX_LINE_BYTES", 100)
    decoder = EventDecoder()
    assert list(decoder.feed(b"data: " + b"x" * 90)) == []
    with pytest.raises(ValueError, match="longer than 100 bytes"):
        list(decoder.feed(b"x" * 10))
