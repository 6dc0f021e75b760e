import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from quantumlayer import agents
from quantumlayer.agents import Deployment, Requirements, SourceFile, SourceTree, TestReport

ARTIFACTS = [
    value
    for value in vars(agents).values()
    if isinstance(value, type) and issubclass(value, BaseModel)
]


@pytest.mark.parametrize("kind", ARTIFACTS, ids=lambda kind: kind.__name__)
def test_an_artifact_is_frozen_refuses_typos_and_can_be_asked_of_a_model(
    kind: type[BaseModel],
) -> None:
    assert kind.model_config.get("frozen")
    assert kind.model_config.get("extra") == "forbid"
    schema = kind.model_json_schema()
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../up",
        "a/../b",
        "a//b",
        "./a",
        "a/",
        "",
        "a\\b",
        "a b",
        "ä",
        "nul\0",
        "a\n",
        "trailing.",
        ".capsule/manifest.json",
        "a" * 201,
    ],
)
def test_a_path_that_could_leave_its_folder_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="no safe relative path"):
        SourceFile(path=path, content="")


@given(path=st.text(max_size=30) | st.text("ab./-_", max_size=12))
def test_a_path_that_is_accepted_stays_inside(path: str) -> None:
    try:
        accepted = SourceFile(path=path, content="").path
    except ValidationError:
        return
    parts = accepted.split("/")
    assert accepted == path
    assert not {"", ".", ".."} & set(parts)
    assert path.isascii()


@pytest.mark.parametrize("kind", [SourceTree, Deployment])
@pytest.mark.parametrize("twin", ["app/main.py", "app/Main.py", "APP/MAIN.PY"])
def test_two_files_that_are_the_same_on_some_systems_are_refused(
    kind: type[SourceTree | Deployment], twin: str
) -> None:
    path = "app/main.py"
    with pytest.raises(ValidationError, match="the same file"):
        kind(files=[SourceFile(path=path, content="1"), SourceFile(path=twin, content="2")])


@pytest.mark.parametrize(
    "name", ["Shop", "my shop", "-a", "a-", "a--b", "1a", "../a", "", "a" * 61]
)
def test_a_name_that_is_no_slug_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        Requirements.model_validate(
            {
                "name": name,
                "title": "T",
                "summary": "S",
                "items": [{"id": "R1", "text": "Do it."}],
            }
        )


def verdict(check: str, outcome: str, *messages: str) -> dict[str, object]:
    findings = [{"check": check, "path": "a.py", "line": None, "message": m} for m in messages]
    return {
        "check": check,
        "outcome": outcome,
        "tool": check,
        "version": "1",
        "findings": findings,
    }


@pytest.mark.parametrize("outcome", ["FAIL", "UNKNOWN", "NOT_RUN"])
def test_only_a_report_in_which_everything_passed_is_good(outcome: str) -> None:
    def report(*verdicts: dict[str, object]) -> TestReport:
        return TestReport.model_validate({"level": "L2", "verdicts": verdicts})

    assert report(verdict("ruff", "PASS"), verdict("pytest", "PASS")).ok
    assert not report(verdict("ruff", "PASS"), verdict("pytest", outcome)).ok
    assert not report().ok


def test_a_report_lists_the_findings_in_the_order_of_its_checks() -> None:
    report = TestReport.model_validate(
        {
            "level": "L2",
            "verdicts": [verdict("ruff", "FAIL", "one", "two"), verdict("pytest", "FAIL", "three")],
        }
    )
    assert [finding.message for finding in report.findings] == ["one", "two", "three"]
