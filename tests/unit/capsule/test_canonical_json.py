"""JSON of the capsule: equal values have equal bytes, and strangers' bytes are bounded."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.capsule._json import dumps, dumps_plain, loads
from quantumlayer.errors import CapsuleError, CapsuleFormatError

texts = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | texts,
    lambda children: (
        st.lists(children)
        | st.tuples(children, children)
        | st.dictionaries(st.text(st.characters(max_codepoint=127)), children)
    ),
)


@given(plain)
def test_the_quick_form_is_the_canonical_one(value: object) -> None:
    assert dumps_plain(value) == dumps(value, "a value")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53 + 1, "\ud800", {"\udfff": 1}])
def test_what_json_does_not_carry_everywhere_is_refused_on_writing(value: object) -> None:
    with pytest.raises(CapsuleError, match=r"^the thing is not a value that JSON carries"):
        dumps(value, "the thing")


def test_the_quick_form_refuses_broken_texts_too() -> None:
    with pytest.raises(CapsuleError, match="no Unicode"):
        dumps_plain(["\ud800"])


def nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_what_is_written_can_be_read_up_to_the_same_depth() -> None:
    for depth in (1, 100, 190):
        assert loads(dumps(nested(depth), "it"), list, "it") == nested(depth)
    for depth in (210, 400, 5_000):
        with pytest.raises(CapsuleError):
            dumps(nested(depth), "it")
        with pytest.raises(CapsuleFormatError):
            loads(b"[" * depth + b"]" * depth, list, "it")


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    size: int


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "EOF while parsing"),
        (b"{", "EOF while parsing"),
        (b'{"name": "a"}', "it is not as it should be at size: "),
        (b'{"name": 1, "size": 1}', "at name: Input should be a valid string"),
        (b'{"name": "a", "size": "1"}', "at size: Input should be a valid integer"),
        (b"[]", "it is not as it should be"),
        (b'{"name": "a", "size": NaN}', "at size: "),
        (b'{"name": "\xff", "size": 1}', "Invalid JSON"),
        (b'{"name": "a", "size": 1} {}', "trailing characters"),
    ],
)
def test_what_is_no_such_value_is_refused_with_the_place(data: bytes, reason: str) -> None:
    with pytest.raises(CapsuleFormatError, match=re.escape(reason)) as caught:
        loads(data, Thing, "it")
    assert caught.value.__cause__ is None, "the value itself stays out of the error"
