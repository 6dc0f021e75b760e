import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import RequirementsError
from quantumlayer.services import MAX_DOCUMENT_BYTES
from quantumlayer.services._intake import read_document


def test_text_comes_in_as_it_is_but_for_its_line_ends() -> None:
    assert read_document("A task has a title.\r\nThat is all.\r").text == (
        "A task has a title.\nThat is all.\n"
    )


def test_bytes_may_begin_with_a_byte_order_mark() -> None:
    assert read_document("\ufeffTasks".encode()).text == "Tasks"


@pytest.mark.parametrize("empty", ["", " \n\t\n", b"", "\ufeff".encode()])
def test_an_empty_document_is_refused_with_advice(empty: str | bytes) -> None:
    with pytest.raises(RequirementsError, match="empty: write down"):
        read_document(empty)


def test_binary_data_is_refused_with_the_place_that_shows_it() -> None:
    with pytest.raises(RequirementsError, match=r"no UTF-8 text \(byte 5 is 0xff\)"):
        read_document(b"Hello\xff\xfe")
    with pytest.raises(RequirementsError, match=r"Line 2 .* '\\x00'"):
        read_document("Tasks\nand\0more")


def test_what_a_shell_could_not_decode_is_no_text_either() -> None:
    with pytest.raises(RequirementsError, match="no UTF-8 text"):
        read_document("Caf\udce9")


def test_five_megabytes_are_refused_by_their_size() -> None:
    with pytest.raises(RequirementsError, match="more than 200,000 bytes"):
        read_document("x" * 5_000_000)


def test_the_limit_itself_is_allowed() -> None:
    assert len(read_document("x" * MAX_DOCUMENT_BYTES).text) == MAX_DOCUMENT_BYTES
    with pytest.raises(RequirementsError):
        read_document("x" * (MAX_DOCUMENT_BYTES + 1))


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_anything_else_is_either_text_or_a_clear_refusal(source: str | bytes) -> None:
    with contextlib.suppress(RequirementsError):
        assert read_document(source).text.strip()
