"""JSON that somebody else wrote: whatever `json.loads` reads is read, to the same value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.router.providers._fields import parsed

TEXTS = st.text(st.characters(exclude_categories=()))  # halves of surrogate pairs too
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner))


@given(VALUES)
def test_any_value_is_read_as_the_standard_library_reads_it(value: Any) -> None:
    data = json.dumps(value).encode()
    assert repr(parsed(data)) == repr(json.loads(data))  # a repr tells 1 from 1.0 and True


@pytest.mark.parametrize(
    "data",
    [
        '{"a": 1}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xed\xa0\x80"}',
        b"[" * 250 + b"]" * 250,
        b'{"a": 123456789012345678901234567890}',
        b'{"a": 1, "a": 2}',
    ],
)
def test_unusual_json_is_read_too(data: bytes) -> None:
    assert parsed(data) == json.loads(data)


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"a": 01}', b'{"a": "\xff"}', b"{} {}", b"[" * 100_000]
)
def test_what_is_no_json_is_nothing(data: bytes) -> None:
    assert parsed(data) is None
