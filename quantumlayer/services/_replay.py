"""Making a capsule again from its transcript: the same bytes, without any model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread

from quantumlayer.agents import Agent, AgentManager, RequirementsDocument, TestReport
from quantumlayer.agents.roles import team
from quantumlayer.capsule import Draft, QuantumCapsule, Transcript, content_digest
from quantumlayer.errors import AgentFailedError, ReplayError, StepFailedError
from quantumlayer.messages import ModelReply, ModelRequest, Verdict
from quantumlayer.router import Budget
from quantumlayer.services._generation import generation
from quantumlayer.services._packaging import draft
from quantumlayer.transport import Memory as MemoryTransport
from quantumlayer.workflow import Memory as MemoryEngine

__all__ = ["replay"]


async def replay(
    capsule: QuantumCapsule, *, roles: Sequence[Agent[Any, Any]] | None = None
) -> Draft:
    """Do a capsule's run again, with recorded replies and verdicts in place of models and checks.

    Everything else really runs: the roles make their requests from what they are given, which have
    to be the recorded ones, and the packager describes the result. No network, no provider and no
    sandbox is needed.

    Args:
        capsule: Verified.
        roles: The team that made it, where that was not the standard one.

    Returns:
        The content that came out; it has the capsule's own digest.

    Raises:
        ReplayError: The transcript does not lead to this content; the message says where it parts.
    """
    documents = capsule.transcript.documents
    if len(documents) != 1:
        raise ReplayError(
            f"The transcript of {capsule.name!r} has {len(documents)} documents where one is "
            "needed: only capsules made from a requirements document can be replayed."
        )
    checks = _RecordedChecks.of(capsule)
    async with (
        MemoryTransport() as bus,
        AgentManager(bus, models=_RecordedModel(capsule.transcript)) as agents,
        MemoryEngine() as engine,
    ):
        for role in roles if roles is not None else team():
            await agents.spawn(role, replicas=1)
        flow = generation(
            agents.ask, checks, lambda _progress: None, rounds=len(capsule.transcript.exchanges)
        )
        document = RequirementsDocument(text=documents[0].text)
        run = await engine.start(flow, document, workflow_id=f"replay {capsule.digest}")
        try:
            build = await run.result()
        except StepFailedError as error:
            raise ReplayError(_why(error)) from error
    content = draft(build)
    digest = await anyio.to_thread.run_sync(content_digest, content)
    if digest != capsule.digest:
        raise ReplayError(_difference(capsule, content, digest))
    return content


def _why(error: StepFailedError) -> str:
    cause = error.cause
    reason = cause.message if isinstance(cause, AgentFailedError) else str(cause)
    return f"The replay stopped in {error.step!r}: {reason}"


def _difference(capsule: QuantumCapsule, content: Draft, digest: str) -> str:
    before = {file.path: file for file in capsule.files}
    after = {file.path: file for file in content.files}
    differ = sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )
    where = ", ".join(map(repr, differ)) if differ else "the capsule's own documents"
    return f"The replay gave {digest}, the capsule is {capsule.digest}; they differ in {where}."


@dataclass(slots=True)
class _RecordedModel:
    """Answers as the transcript has it."""

    transcript: Transcript
    asked: Counter[str] = field(default_factory=Counter)

    async def complete(
        self,
        request: ModelRequest,
        /,
        *,
        budgets: Sequence[Budget] = (),  # noqa: ARG002 -- what was paid is paid; this costs nothing
        tenant: str = "",  # noqa: ARG002 -- whoever asks, the answer is the recorded one
    ) -> ModelReply:
        digest = request.digest
        call = self.asked[digest]
        self.asked[digest] += 1
        return self.transcript.reply_to(digest, call=call)


@dataclass(slots=True)
class _RecordedChecks:
    """Gives the recorded verdicts, one set after the other.

    Attributes:
        level: The isolation level that was measured then.
        passed_tests: Of the last set; earlier ones are not recorded and decide nothing.
        sets: The verdicts of each validation.
    """

    level: str
    passed_tests: list[str]
    sets: list[list[Verdict]]
    given: int = 0

    @classmethod
    def of(cls, capsule: QuantumCapsule) -> _RecordedChecks:
        sets: list[list[Verdict]] = []
        for entry in capsule.transcript.entries:
            if not isinstance(entry, Verdict):
                continue
            if not sets or any(entry.check == earlier.check for earlier in sets[-1]):
                sets.append([])
            sets[-1].append(entry)
        validation = capsule.validation
        return cls(validation.level, list(validation.passed_tests), sets)

    async def __call__(self, _files: Mapping[str, bytes]) -> TestReport:
        if self.given >= len(self.sets):
            msg = "The transcript has fewer validations than the replay came to."
            raise ReplayError(msg)
        verdicts = self.sets[self.given]
        self.given += 1
        last = self.given == len(self.sets)
        return TestReport(
            level=self.level, verdicts=verdicts, passed_tests=self.passed_tests if last else []
        )
