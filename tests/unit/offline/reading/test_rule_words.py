import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.offline.reading.planning._rule_words import LONGEST_NAME, rule_message, rule_name


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        (
            "I can't hold two bookings for the same class.",
            "cannot_hold_two_bookings_for_the_same_class",
        ),
        ("Members who are not active can't book at all.", "members_who_are_not_active_cannot_book"),
        (
            'The status goes from "booked" to "cancelled": it can\'t be cancelled a second time.',
            "cannot_be_cancelled_a_second_time",
        ),
        (
            "As the manager I want to change a class later on, but never to fewer places.",
            "never_to_fewer_places",
        ),
        ("An item that is bought cannot be bought again (409).", None),
        ("`POST /loans`: at most 3 open loans per member -> 409", "most_3_open_loans_per_member"),
        (
            "A member of the library may have at most 3 loans that are not returned.",
            "member_of_the_library_may_have_at_most_3_loans",
        ),
        ("7 days at least", "rule_7_days_at_least"),
        ("§", "rule"),
    ],
)
def test_a_rule_is_called_by_what_it_forbids(sentence: str, name: str | None) -> None:
    expected = name or "item_that_is_bought_cannot_be_bought_again"
    assert rule_name(sentence) == expected


@given(st.text())
def test_any_text_gives_a_name_that_a_function_can_have(text: str) -> None:
    name = rule_name(text)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert len(name) <= LONGEST_NAME + len("rule_")


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("a closed account takes no money (409)", "A closed account takes no money."),
        ("Only drafts can be `deleted` (→ 409).", "Only drafts can be deleted."),
        ("second start → 409", "Second start."),
        ("Anything else is **refused**!", "Anything else is refused!"),
        ("At most 400 members.", "At most 400 members."),
        (
            "The day is noted; a loan can be returned only once.",
            "A loan can be returned only once.",
        ),
    ],
)
def test_a_client_is_told_the_sentence_without_marks_and_status(
    sentence: str, message: str
) -> None:
    assert rule_message(sentence) == message
