from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from quantumlayer.agents import (
    Answer,
    Assignment,
    Conflict,
    Coverage,
    Deployment,
    Endpoint,
    Entity,
    FieldSpec,
    Requirement,
    Requirements,
    RequirementsDocument,
    SourceFile,
    SourceTree,
    SystemDesign,
    TestReport,
    TestTrace,
)
from quantumlayer.errors import RequirementsError, StepFailedError
from quantumlayer.messages import Exchange, Finding, ModelReply, ModelRequest, Outcome, Verdict
from quantumlayer.services import Progress
from quantumlayer.services._generation import Build, generation, tree
from quantumlayer.services._packaging import draft
from quantumlayer.workflow import Memory

pytestmark = pytest.mark.anyio

DOCUMENT = RequirementsDocument(text="A task has a title. Tasks can be listed. Hello!")
REQUIREMENTS = Requirements(
    name="tasks",
    title="Tasks",
    summary="Keeps tasks.",
    items=[
        Requirement(id="R1", text="A task has a title."),
        Requirement(id="R2", text="Tasks can be listed."),
        Requirement(id="R3", text="Hello!"),
    ],
)
DESIGN = SystemDesign(
    name="tasks",
    title="Tasks",
    summary="Keeps tasks.",
    entities=[
        Entity(
            name="Task",
            label="task",
            plural="tasks",
            path="/tasks",
            fields=[FieldSpec(name="title", type="string")],
        )
    ],
    endpoints=[Endpoint(method="GET", path="/tasks", kind="list", entity="Task")],
    coverage=[
        Coverage(requirement="R1", status="implemented"),
        Coverage(requirement="R2", status="implemented"),
        Coverage(requirement="R3", status="context"),
    ],
)


def file(path: str, content: str = "", *requirements: str) -> SourceFile:
    return SourceFile(path=path, content=content, requirements=list(requirements))


SERVICE = SourceTree(files=[file("app/main.py", "v1", "R1", "R2"), file("README.md")])
TESTS = SourceTree(
    files=[file("tests/test_tasks.py", "", "R1")],
    traces=[TestTrace(requirement="R1", tests=["tests/test_tasks.py::test_title"])],
)
SHIPPING = Deployment(files=[file("Dockerfile"), file("README.md", "another readme")])

MADE: Mapping[str, BaseModel] = {
    "ProjectManager": REQUIREMENTS,
    "Architect": DESIGN,
    "Developer": SERVICE,
    "QAEngineer": TESTS,
    "DevOpsEngineer": SHIPPING,
}


def verdict(check: str, *findings: Finding) -> Verdict:
    outcome = Outcome.FAIL if findings else Outcome.PASS
    return Verdict(check, outcome, "tool", "1", findings=findings)


def report(*verdicts: Verdict) -> TestReport:
    return TestReport(
        level="L2",
        verdicts=list(verdicts or (verdict("pytest"),)),
        passed_tests=["tests/test_tasks.py::test_title[long]"],
    )


class Team:
    """Five roles that make what they are told to, and remember what they were given."""

    def __init__(self, made: Mapping[str, BaseModel] = MADE, *, stubborn: bool = False) -> None:
        self.made = made
        self.stubborn = stubborn
        self.tasks: list[tuple[str, Any]] = []

    async def ask(self, role: str, task: BaseModel) -> Answer[Any]:
        self.tasks.append((role, task))
        request = ModelRequest.of(f"{role} {len(self.tasks)}")
        return Answer(self.mended(role, task), (Exchange(request, ModelReply("{}", "p", "m")),))

    def mended(self, role: str, task: BaseModel) -> Any:
        """What the role makes, changed where something was found in it."""
        made: Any = self.made[role]
        if self.stubborn or not isinstance(task, Assignment) or not task.findings:
            return made
        first, *others = made.files
        changed = first.model_copy(update={"content": f"mended {len(self.tasks)}"})
        return made.model_copy(update={"files": [changed, *others]})


async def run(
    team: Team,
    *reports: TestReport,
    rounds: int = 2,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Build:
    left = list(reports or (report(),))

    async def check(_files: Mapping[str, bytes]) -> TestReport:
        return left.pop(0)

    async with Memory() as engine:
        flow = generation(team.ask, check, tell, rounds=rounds)
        run = await engine.start(flow, DOCUMENT, workflow_id="one")
        return await run.result()


async def test_each_role_gets_what_the_one_before_made() -> None:
    team = Team()
    build = await run(team)
    assert team.tasks[0] == ("ProjectManager", DOCUMENT)
    assert team.tasks[1] == ("Architect", REQUIREMENTS)
    assert sorted(role for role, _ in team.tasks[2:]) == [
        "DevOpsEngineer",
        "Developer",
        "QAEngineer",
    ]
    assert all(task == Assignment(design=DESIGN) for _, task in team.tasks[2:])
    assert build.passed


async def test_where_two_roles_wrote_one_path_the_developers_file_counts() -> None:
    files = tree(await run(Team()))
    assert files["README.md"][0] == "Developer"
    assert files["Dockerfile"][0] == "DevOpsEngineer"


async def test_findings_go_back_to_the_author_of_the_file() -> None:
    team = Team()
    found = Finding("ruff", "Dockerfile", 1, "too long")
    build = await run(team, report(verdict("ruff", found)), report())
    assert [role for role, _ in team.tasks[5:]] == ["DevOpsEngineer"]
    task = team.tasks[5][1]
    assert task.findings == [found]
    assert task.previous == SHIPPING.files
    assert build.passed
    assert build.rounds == 1


async def test_a_failing_test_is_the_services_fault_first_and_then_perhaps_its_own() -> None:
    team = Team()
    failing = report(verdict("pytest", Finding("pytest", "tests/test_tasks.py", 3, "no title")))
    build = await run(team, failing, failing, failing)
    assert [role for role, _ in team.tasks[5:]] == ["Developer", "Developer", "QAEngineer"]
    assert not build.passed
    assert build.rounds == 2


async def test_what_nobody_changed_is_not_validated_again() -> None:
    team = Team(stubborn=True)
    failing = report(verdict("pytest", Finding("pytest", "tests/test_tasks.py", 3, "no title")))
    build = await run(team, failing)  # one report only: another validation would fail
    assert [role for role, _ in team.tasks[5:]] == ["Developer", "Developer", "QAEngineer"]
    assert not build.passed


async def test_missing_coverage_is_a_matter_of_the_tests() -> None:
    team = Team()
    thin = report(verdict("coverage", Finding("coverage", "app/main.py", None, "70 %")))
    await run(team, thin, report())
    assert [role for role, _ in team.tasks[5:]] == ["QAEngineer"]


async def test_without_rounds_the_first_validation_stands() -> None:
    failing = report(verdict("boot", Finding("boot", "", None, "it does not start")))
    build = await run(Team(), failing, rounds=0)
    assert not build.passed


async def test_a_document_that_contradicts_itself_is_not_built() -> None:
    conflict = Conflict(requirements=["R1", "R2"], reason="two lengths for one title")
    team = Team(
        {**MADE, "ProjectManager": REQUIREMENTS.model_copy(update={"conflicts": [conflict]})}
    )
    with pytest.raises(StepFailedError) as caught:
        await run(team)
    assert isinstance(caught.value.cause, RequirementsError)
    assert "two lengths" in str(caught.value)
    assert "R1 'A task has a title.' against R2" in str(caught.value)
    assert len(team.tasks) == 1


async def test_a_document_that_asks_for_nothing_is_not_built() -> None:
    team = Team({**MADE, "Architect": DESIGN.model_copy(update={"endpoints": []})})
    with pytest.raises(StepFailedError, match="Nothing in the document") as caught:
        await run(team)
    assert isinstance(caught.value.cause, RequirementsError)
    assert len(team.tasks) == 2


async def test_a_document_of_which_nothing_was_understood_is_not_built() -> None:
    lost = [Coverage(requirement=f"R{n}", status="not_implemented") for n in (1, 2, 3)]
    design = DESIGN.model_copy(update={"coverage": lost})
    with pytest.raises(StepFailedError) as failed:
        await run(Team({**MADE, "Architect": design}))
    assert isinstance(failed.value.__cause__, RequirementsError)


async def test_progress_tells_who_did_what_and_what_came_of_it() -> None:
    told: list[Progress] = []
    await run(Team(), tell=told.append)
    done = [(one.stage, one.agent, one.detail) for one in told if one.state == "done"]
    assert done[:2] == [
        ("parse", "ProjectManager", "3 requirements"),
        ("plan", "Architect", "1 entity, 1 endpoint, 0 rules"),
    ]
    assert done[-1] == ("validate", "", "1 tests passed, isolation L2")
    assert [one for one in told if one.state == "begun"][-1].stage == "validate"


async def test_the_history_has_an_order_that_does_not_depend_on_who_was_quicker() -> None:
    history = (await run(Team())).history
    roles = [
        entry.request.messages[0].text.split()[0]
        for entry in history
        if isinstance(entry, Exchange)
    ]
    assert roles == ["ProjectManager", "Architect", "Developer", "QAEngineer", "DevOpsEngineer"]
    assert isinstance(history[-1], Verdict)


# --- what became of each requirement -------------------------------------------------------------


async def test_a_requirement_is_implemented_when_a_file_and_a_passed_test_say_so() -> None:
    first, second, third = draft(await run(Team())).requirements
    assert (first.status, first.files, first.tests) == (
        "implemented",
        ("app/main.py", "tests/test_tasks.py"),
        ("tests/test_tasks.py::test_title",),
    )
    assert (second.status, second.tests) == ("assumed", ())
    assert "no test" in second.note
    assert third.status == "context"


async def test_a_requirement_whose_test_was_given_up_is_not_implemented() -> None:
    traces = [
        TestTrace(requirement="R1", tests=["tests/test_tasks.py::test_title", "t.py::test_b"])
    ]
    tests = TESTS.model_copy(update={"traces": traces})
    made = draft(await run(Team({**MADE, "QAEngineer": tests})))
    assert made.requirements[0].status == "not_implemented"
    assert made.requirements[0].note == "there is code for it that did not pass test_b"
    assert made.requirements[0].tests == ("tests/test_tasks.py::test_title",)


async def test_a_claim_without_code_is_not_implemented() -> None:
    bare = SourceTree(files=[file("app/main.py")])
    tests = SourceTree(files=[file("tests/test_tasks.py")])
    first, *_ = draft(
        await run(Team({**MADE, "Developer": bare, "QAEngineer": tests}))
    ).requirements
    assert first.status == "not_implemented"
    assert "no file" in first.note


async def test_a_requirement_that_the_design_forgot_is_reported() -> None:
    forgetful = DESIGN.model_copy(update={"coverage": DESIGN.coverage[1:]})
    first, *_ = draft(await run(Team({**MADE, "Architect": forgetful}))).requirements
    assert first.status == "not_implemented"
    assert "does not say" in first.note


async def test_every_file_names_its_author_and_the_prompt_it_was_written_for() -> None:
    content = draft(await run(Team()))
    authors = {each.path: each.author for each in content.files}
    assert authors["Dockerfile"].role == "DevOpsEngineer"
    digests = {
        entry.request.digest for entry in content.transcript.entries if isinstance(entry, Exchange)
    }
    assert all(author.prompt in digests for author in authors.values())
    assert {(author.provider, author.model) for author in authors.values()} == {("p", "m")}
