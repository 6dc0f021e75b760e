import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import SubjectError
from quantumlayer.transport._subjects import check_pattern, check_subject, matches

token = st.sampled_from(["a", "b", "agents", "x-1", "ß"])
subjects = st.lists(token, min_size=1, max_size=5).map(".".join)
patterns = st.builds(
    lambda parts, rest: ".".join([*parts, *rest]),
    st.lists(token | st.just("*"), min_size=1, max_size=4),
    st.sampled_from([[], [">"]]),
) | st.just(">")


@given(pattern=patterns, subject=subjects)
def test_matching_agrees_with_a_regular_expression(pattern: str, subject: str) -> None:
    check_pattern(pattern)
    check_subject(subject)
    wanted = re.escape(pattern).replace(r"\*", "[^.]+").replace(">", ".+")
    assert matches(pattern, subject) == bool(re.fullmatch(wanted, subject))


@given(subject=subjects)
def test_a_subject_is_a_pattern_for_itself_alone(subject: str) -> None:
    check_pattern(subject)
    assert matches(subject, subject)
    assert not matches(subject, f"{subject}.more")


@pytest.mark.parametrize("subject", ["", ".", "a.", ".a", "a..b", "a b", "a\tb", "*", "a.>", "a*"])
def test_a_malformed_subject_is_refused_by_name(subject: str) -> None:
    with pytest.raises(SubjectError, match=re.escape(repr(subject))):
        check_subject(subject)


@pytest.mark.parametrize("pattern", ["", ".", "a.", "a..>", "a.>.b", "a*", "*a", "a>", "a b"])
def test_a_malformed_pattern_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(SubjectError, match=re.escape(repr(pattern))):
        check_pattern(pattern)
