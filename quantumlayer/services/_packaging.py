"""From a validated build to a capsule's draft, with what became of every requirement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from quantumlayer.agents import Coverage, SourceFile, SourceTree
from quantumlayer.capsule import (
    Author,
    CapsuleFile,
    Document,
    Draft,
    Requirement,
    Transcript,
    Validation,
)
from quantumlayer.services._generation import Build, tree

__all__ = ["ENTRY_POINT", "draft"]

ENTRY_POINT = "app.main:app"
"""Where the roles are told to put the ASGI application."""

VERSION = "0.1.0"
"""What a service is called before its owner releases it."""


def draft(build: Build, *, transcript: Transcript | None = None) -> Draft:
    """Describe a validated build as a capsule to be sealed.

    Args:
        build: Validated, passed or not.
        transcript: How it came to be; by default the build's own history.
    """
    files = tree(build)
    report = build.report
    if report is None:
        msg = "the build has not been validated"
        raise ValueError(msg)
    known = {item.id for item in build.requirements.items}
    return Draft(
        name=build.design.name,
        version=VERSION,
        title=build.design.title,
        entry_points={"asgi": ENTRY_POINT},
        files=tuple(_file(build, role, file, known) for role, file in files.values()),
        requirements=_requirements(build, files),
        validation=Validation(report.level, tuple(report.verdicts), tuple(report.passed_tests)),
        transcript=transcript or Transcript((Document(build.document.text), *build.history)),
    )


def _file(build: Build, role: str, file: SourceFile, known: set[str]) -> CapsuleFile:
    call = build.answers[role].exchanges[-1] if build.answers[role].exchanges else None
    author = (
        Author(role, call.reply.provider, call.reply.model, call.request.digest)
        if call
        else Author(role)
    )
    requirements = tuple(one for one in file.requirements if one in known)
    return CapsuleFile(file.path, file.content.encode(), author, requirements, file.executable)


# --- what became of each requirement -------------------------------------------------------------


def _requirements(
    build: Build, files: Mapping[str, tuple[str, SourceFile]]
) -> tuple[Requirement, ...]:
    covered = {entry.requirement: entry for entry in build.design.coverage}
    tests = _tests(build)
    made: list[Requirement] = []
    for item in build.requirements.items:
        entry = covered.get(item.id) or Coverage(
            requirement=item.id,
            status="not_implemented",
            note="the design does not say what becomes of it",
        )
        where = tuple(path for path, (_, file) in files.items() if item.id in file.requirements)
        held = tests.get(item.id, {})
        made.append(
            Requirement(
                item.id,
                item.text,
                *_judge(entry, where, held),
                files=where,
                tests=tuple(test for test, passed in held.items() if passed),
                section=item.section,
            )
        )
    return tuple(made)


def _judge(
    entry: Coverage, files: tuple[str, ...], tests: Mapping[str, bool]
) -> tuple[Literal["implemented", "assumed", "not_implemented", "context"], str]:
    """Hold the design's claim against what is there: code, and tests that passed."""
    if entry.status != "implemented":
        return entry.status, entry.note
    if not files:
        return "not_implemented", "the design has it, but no file implements it"
    if not tests:
        return "assumed", entry.note or "there is code for it, but no test that fails without it"
    if failed := [test.rpartition("::")[2] for test, passed in tests.items() if not passed]:
        return "not_implemented", f"there is code for it that did not pass {', '.join(failed)}"
    return "implemented", entry.note


def _tests(build: Build) -> dict[str, dict[str, bool]]:
    """Tests by requirement, and whether each passed in the sandbox."""
    passed = set(build.report.passed_tests if build.report else ())
    passed |= {test.partition("[")[0] for test in passed}  # a parametrized test, as a whole
    made: SourceTree = build.answers["QAEngineer"].artifact
    return {
        trace.requirement: {test: test in passed for test in trace.tests} for trace in made.traces
    }
