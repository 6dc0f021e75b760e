from quantumlayer.agents import SourceFile, SourceTree, TestTrace
from quantumlayer.messages import Finding
from quantumlayer.offline.writing import without_failed

SUITE = """\
import pytest


def helper() -> int:
    return 1


@pytest.mark.parametrize("n", [1, 2])
def test_numbers(n: int) -> None:
    assert n == helper()


def test_letters() -> None:
    assert "a"
"""
TESTS = SourceTree(
    files=[
        SourceFile(path="tests/test_a.py", content=SUITE),
        SourceFile(path="tests/test_b.py", content="def test_b() -> None:\n    assert False\n"),
        SourceFile(path="tests/conftest.py", content="X = 1\n"),
    ],
    traces=[TestTrace(requirement="R1", tests=["tests/test_a.py::test_numbers"])],
)


def failed(test: str) -> Finding:
    return Finding("pytest", "app/main.py", 3, f"{test}: AssertionError: assert 1 == 2")


def test_without_findings_nothing_changes() -> None:
    assert without_failed(TESTS, []) == TESTS
    assert without_failed(TESTS, [Finding("ruff", "app/main.py", 1, "E501")]) == TESTS


def test_a_failed_test_goes_with_its_decorators_and_all_its_cases() -> None:
    mended = without_failed(TESTS, [failed("tests/test_a.py::test_numbers[2: two]")])
    text = mended.files[0].content
    assert "test_numbers" not in text
    assert "parametrize" not in text
    assert "def helper" in text
    assert "def test_letters" in text


def test_a_file_without_any_test_left_goes_as_a_whole() -> None:
    mended = without_failed(TESTS, [failed("tests/test_b.py::test_b")])
    assert [file.path for file in mended.files] == ["tests/test_a.py", "tests/conftest.py"]


def test_what_a_test_was_to_hold_stays_known() -> None:
    mended = without_failed(TESTS, [failed("tests/test_a.py::test_numbers[1]")])
    assert mended.traces == TESTS.traces
