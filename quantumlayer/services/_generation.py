"""The team's work on one document, as a flow of steps.

    parse → plan → (develop ∥ test ∥ deploy) → validate → mend, at most N rounds

Each step takes the `Build` so far and gives the next one. Whom it asks and what checks the files is
handed in, so the same flow serves a run in process, a run over a network, and a replay.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from quantumlayer import telemetry
from quantumlayer.agents import (
    Answer,
    Assignment,
    Deployment,
    Requirements,
    RequirementsDocument,
    SourceFile,
    SourceTree,
    SystemDesign,
    TestReport,
)
from quantumlayer.errors import RequirementsError
from quantumlayer.messages import Exchange, Finding, Verdict
from quantumlayer.services._progress import Listener, Progress, Stage
from quantumlayer.workflow import Flow, StepContext, loop, parallel, sequence, step

__all__ = ["Ask", "Build", "Check", "addressees", "generation", "side_by_side", "tree"]


Ask = Callable[[str, BaseModel], Awaitable[Answer[Any]]]
"""Hands a task to a role, by its name, and waits for what it makes."""

Check = Callable[[Mapping[str, bytes]], Awaitable[TestReport]]
"""Validates the files of a service, by path."""


@dataclass(frozen=True, slots=True)
class Build:
    """All that is known of a service in the making.

    Attributes:
        document: What was asked for.
        answers: What each role gave last, by role.
        history: Model calls and verdicts, in an order that does not depend on who was quicker.
        report: What the last validation saw.
        rounds: How often findings went back.
    """

    document: RequirementsDocument
    answers: Mapping[str, Answer[Any]]
    history: tuple[Exchange | Verdict, ...] = ()
    report: TestReport | None = None
    rounds: int = 0

    @property
    def requirements(self) -> Requirements:
        """The document, taken apart."""
        value: Requirements = self.answers["ProjectManager"].artifact
        return value

    @property
    def design(self) -> SystemDesign:
        """The service as designed."""
        value: SystemDesign = self.answers["Architect"].artifact
        return value

    def files(self, role: str) -> Sequence[SourceFile]:
        """The files that a role wrote last."""
        made: SourceTree | Deployment = self.answers[role].artifact
        return made.files

    @property
    def passed(self) -> bool:
        """Whether the last validation found nothing."""
        return self.report is not None and self.report.ok


WRITERS = ("Developer", "QAEngineer", "DevOpsEngineer")
"""The roles that write files; where two wrote the same path, the earlier one's counts."""


def side_by_side(role: str) -> int:
    """How many roles are asked at the same time as this one, itself included."""
    return len(WRITERS) if role in WRITERS else 1


DOUBT_TESTS_AFTER = 1
"""Rounds in which a failing test is the service's fault alone; it was written from the design."""


def tree(build: Build) -> dict[str, tuple[str, SourceFile]]:
    """Put the writers' files together: author and file, by path."""
    files: dict[str, tuple[str, SourceFile]] = {}
    for role in WRITERS:
        for file in build.files(role):
            files.setdefault(file.path, (role, file))
    return files


def generation(
    ask: Ask, check: Check, tell: Listener, *, rounds: int
) -> Flow[RequirementsDocument, Build]:
    """Make the flow from a document to a validated build.

    The build that comes out has been validated; whether it passed is for the caller to see.

    Args:
        ask: Reaches the roles.
        check: Validates.
        tell: Is told of progress.
        rounds: How often findings may go back to the roles that can mend them.
    """
    team = _Team(ask, check, tell)
    return sequence(
        step(name="parse")(team.parse),
        step(name="plan")(team.plan),
        team.build("build", WRITERS),
        step(name="validate")(team.validate),
        loop(step(name="mend")(team.mend), until=lambda b: b.passed, limit=rounds, at_limit="stop")
        if rounds
        else step(name="accept")(_same),
    )


async def _same(build: Build, _context: StepContext) -> Build:
    return build


@dataclass(frozen=True, slots=True)
class _Team:
    ask: Ask
    check: Check
    tell: Listener

    async def parse(self, document: RequirementsDocument, _context: StepContext) -> Build:
        build = Build(document, {})
        build = self._join(build, [await self._work("parse", "ProjectManager", document)])
        _refuse_conflicts(build.requirements)
        return build

    async def plan(self, build: Build, _context: StepContext) -> Build:
        answer = await self._work("plan", "Architect", build.requirements)
        build = self._join(build, [answer])
        _refuse_nothing(build.design)
        return build

    def build(self, stage: Stage, roles: Sequence[str]) -> Flow[Build, Build]:
        """Let several roles work side by side on the same design."""

        def work(role: str) -> Flow[Build, tuple[Build, tuple[str, Answer[Any]]]]:
            async def ask(
                build: Build, _context: StepContext
            ) -> tuple[Build, tuple[str, Answer[Any]]]:
                return build, await self._work(stage, role, Assignment(design=build.design))

            return step(name=role)(ask)

        async def join(
            made: tuple[tuple[Build, tuple[str, Answer[Any]]], ...], _context: StepContext
        ) -> Build:
            return self._join(made[0][0], [answer for _, answer in made])

        return sequence(parallel(*(work(role) for role in roles)), step(name="join")(join))

    async def validate(self, build: Build, _context: StepContext) -> Build:
        self.tell(Progress("validate", "begun"))
        files = {path: file.content.encode() for path, (_, file) in tree(build).items()}
        with telemetry.span("validate"):
            report = await self.check(files)
        bad = [verdict.check for verdict in report.verdicts if verdict.outcome != "PASS"]
        passed = f"{len(report.passed_tests)} tests passed, isolation {report.level}"
        detail = f"failed: {', '.join(bad)}" if bad else passed
        self.tell(Progress("validate", "done", detail=detail))
        return replace(build, report=report, history=(*build.history, *report.verdicts))

    async def mend(self, build: Build, context: StepContext) -> Build:
        """Give each finding to who can mend it, and validate again what was changed."""
        made = []
        for role, findings in addressees(build).items():
            task = Assignment(
                design=build.design, previous=list(build.files(role)), findings=findings
            )
            made.append(await self._work("mend", role, task))
        mended = replace(self._join(build, made), rounds=build.rounds + 1)
        return mended if tree(mended) == tree(build) else await self.validate(mended, context)

    async def _work(self, stage: Stage, role: str, task: BaseModel) -> tuple[str, Answer[Any]]:
        self.tell(Progress(stage, "begun", role))
        with telemetry.span(stage, {"quantumlayer.role": role}):
            answer = await self.ask(role, task)
        reply = answer.exchanges[-1].reply if answer.exchanges else None
        model = f"{reply.provider}/{reply.model}" if reply else ""
        self.tell(Progress(stage, "done", role, model, _describe(answer.artifact)))
        return role, answer

    @staticmethod
    def _join(build: Build, made: Sequence[tuple[str, Answer[Any]]]) -> Build:
        return replace(
            build,
            answers={**build.answers, **dict(made)},
            history=(*build.history, *(call for _, answer in made for call in answer.exchanges)),
        )


# --- what stops a run ----------------------------------------------------------------------------


def _refuse_conflicts(requirements: Requirements) -> None:
    if requirements.conflicts:
        said = {item.id: item.text for item in requirements.items}
        reasons = "; ".join(
            f"{conflict.reason} ("
            + " against ".join(f"{one} {said.get(one, '')!r}" for one in conflict.requirements)
            + ")"
            for conflict in requirements.conflicts
        )
        raise RequirementsError(f"The document contradicts itself: {reasons}. Settle it first.")


def _refuse_nothing(design: SystemDesign) -> None:
    """Stop where no statement asks for anything that can be built, whatever else was designed."""
    built = {entry.status for entry in design.coverage} & {"implemented", "assumed"}
    if not design.endpoints or not built:
        raise RequirementsError(
            "Nothing in the document could be turned into a service: say what things it keeps, "
            "with which fields, and what people do with them, such as 'A task has a title and a "
            "due date. Tasks can be created, listed and deleted.'"
        )


# --- who mends what ------------------------------------------------------------------------------


def addressees(build: Build) -> dict[str, list[Finding]]:
    """Sort the last report's findings by the role that can mend them.

    A finding belongs to the author of the file it is about. A failing test is first held against
    the service, and after `DOUBT_TESTS_AFTER` rounds against the test too. Missing coverage is a
    matter of the tests.
    """
    authors = {path: role for path, (role, _) in tree(build).items()}
    sorted_: dict[str, list[Finding]] = {}
    for finding in build.report.findings if build.report else ():
        if finding.check == "coverage":
            roles = ["QAEngineer"]
        elif finding.check in {"pytest", "boot"}:
            roles = (
                ["Developer"] if build.rounds < DOUBT_TESTS_AFTER else ["Developer", "QAEngineer"]
            )
        else:
            roles = [authors.get(finding.path, "Developer")]
        for role in roles:
            sorted_.setdefault(role, []).append(finding)
    return sorted_


# --- words ---------------------------------------------------------------------------------------


def _describe(value: BaseModel) -> str:
    match value:
        case Requirements():
            return _count(len(value.items), "requirement")
        case SystemDesign():
            counts = (
                (value.entities, "entity"),
                (value.endpoints, "endpoint"),
                (value.rules, "rule"),
            )
            return ", ".join(_count(len(items), noun) for items, noun in counts)
        case SourceTree() | Deployment():
            return _count(len(value.files), "file")
        case _:
            return type(value).__name__


def _count(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun.removesuffix('y') + 'ies' if noun.endswith('y') else noun + 's'}"
