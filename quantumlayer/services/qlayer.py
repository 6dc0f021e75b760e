"""QLayer: a requirements document in, a verified capsule out."""

from __future__ import annotations

import hashlib
import platform
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio.to_thread
from pydantic import BaseModel

import quantumlayer
from quantumlayer import telemetry
from quantumlayer.agents import Agent, AgentManager, Answer, RequirementsDocument, TestReport
from quantumlayer.agents.roles import team
from quantumlayer.capsule import (
    Author,
    CapsuleFile,
    Draft,
    QuantumCapsule,
    SigningKey,
    Transcript,
    Validation,
)
from quantumlayer.errors import QuantumLayerError, StepFailedError
from quantumlayer.messages import canonical_json
from quantumlayer.offline import OfflineModel
from quantumlayer.router import Budget, Router
from quantumlayer.sandbox import Level
from quantumlayer.services._generation import Ask, Build, generation, side_by_side
from quantumlayer.services._intake import read_document
from quantumlayer.services._packaging import ENTRY_POINT, VERSION, draft
from quantumlayer.services._progress import Listener, Progress
from quantumlayer.services._shelf import Shelf
from quantumlayer.services._validation import open_gate, refuse_failure
from quantumlayer.storage import DataFolder
from quantumlayer.transport import Memory as MemoryTransport
from quantumlayer.transport import Transport
from quantumlayer.workflow import Engine, Flow, Run, Status
from quantumlayer.workflow import Memory as MemoryEngine

__all__ = ["QLayer"]

T = TypeVar("T")
A = TypeVar("A")

REPLICAS = 2
"""How many documents one role works on at a time; the offline model is bound by the processor."""


class QLayer:
    """The team, and everything it needs; by default all in this process, offline.

        async with QLayer() as qlayer:
            capsule = await qlayer.generate_code("A task has a title. Tasks can be listed.")
            capsule.write(Path("tasks.qcap"))

    Leaving the block lets agents finish what they were given and closes what was opened here;
    objects that were passed in stay open.

    Args:
        router: Which model answers; by default the offline model alone.
        bus: How agents are reached; by default in memory.
        engine: What runs workflows; by default in memory.
        folder: Where capsules, runs and the signing key are kept; by default the user's own.
        key: What capsules are signed with; by default the folder's, made on first use.
        roles: The team; each may be replaced by an agent with the same name and types.
        isolation: Lowest isolation level at which generated code may run.
        rounds: How often findings go back to the roles that can mend them.
    """

    def __init__(  # noqa: PLR0913 -- one argument for each part that can be exchanged
        self,
        *,
        router: Router | None = None,
        bus: Transport | None = None,
        engine: Engine | None = None,
        folder: DataFolder | Path | str | None = None,
        key: SigningKey | None = None,
        roles: Sequence[Agent[Any, Any]] | None = None,
        isolation: Level = Level.L2,
        rounds: int = 2,
    ) -> None:
        self._router = router or Router([OfflineModel()])
        self._bus = bus
        self._engine = engine
        self._folder = folder if isinstance(folder, DataFolder) else DataFolder.of(folder)
        self._key = key
        self._roles = tuple(roles) if roles is not None else team()
        self._isolation = isolation
        self._rounds = rounds
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stores = await stack.enter_async_context(self._folder.open())
            self._shelf = Shelf(stores, self._key or await self._own_key())
            if self._bus is None:
                self._bus = await stack.enter_async_context(MemoryTransport())
            if self._engine is None:
                self._engine = await stack.enter_async_context(MemoryEngine())
            self._agents = await stack.enter_async_context(
                AgentManager(self._bus, models=self._router)
            )
            for role in self._roles:
                await self._agents.spawn(role, replicas=REPLICAS)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, trace)

    # --- code ----------------------------------------------------------------------------------

    async def generate_code(
        self,
        document: str | bytes,
        *,
        fresh: bool = False,
        budget_usd: float | None = None,
        tenant: str = "",
        tell: Listener = lambda _progress: None,
    ) -> QuantumCapsule:
        """Turn a requirements document into a verified capsule.

        The same document with the same models and team is answered from the cache for
        15 minutes. If cancelled, the team stops and nothing half-made is kept.

        Args:
            document: The text, or its bytes in UTF-8.
            fresh: Do not answer from the cache.
            budget_usd: What the models may cost for it, in US dollars; None: no limit. Roles that
                work side by side get equal shares of what is left.
            tenant: For whom; each has a cache of its own.
            tell: Is told of progress, from the event loop; it must not block.

        Raises:
            RequirementsError: The document is empty, no text, too large, contradicts itself or
                asks for nothing that can be built.
            GenerationError: The result did not pass its checks.
            AgentFailedError: A role failed, for instance because its models could not answer.
            SandboxUnavailableError: This machine cannot isolate as well as asked.
            StorageError: The data folder cannot be used.
        """
        wanted = read_document(document)
        question = self._question(wanted, tenant)
        budget = None if budget_usd is None else Budget(usd=budget_usd, name="run")
        with telemetry.span("generate"):
            tell(Progress("cache", "begun"))
            found = None if fresh else await self._shelf.remembered(question)
            tell(Progress("cache", "done", detail=found.digest if found else "nothing yet"))
            if found is not None:
                return found
            await self._shelf.note_run(question, "running")
            try:
                capsule = await self._make(wanted, self._ask(budget, tenant), tell)
            except QuantumLayerError as error:
                reason = f"{type(error).__name__}: {error}"
                await self._shelf.note_run(question, "failed", error=reason)
                raise
            tell(Progress("store", "begun"))
            await self._shelf.remember(question, capsule)
            await self._shelf.note_run(question, "completed", digest=capsule.digest)
            tell(Progress("store", "done", detail=str(self._folder.path)))
            return capsule

    async def validate_code(self, files: Mapping[str, bytes]) -> TestReport:
        """Check a service in the sandbox.

        Args:
            files: Content by relative path; the ASGI application is `app.main:app`.

        Raises:
            SandboxUnavailableError: This machine cannot isolate as well as asked.
            SandboxError: A path leaves the tree.
        """
        async with open_gate(self._isolation) as check:
            return await check(files)

    async def package_code(
        self, name: str, files: Mapping[str, bytes], *, title: str = ""
    ) -> QuantumCapsule:
        """Check a service that somebody wrote, and seal it.

        Args:
            name: Lower-case words joined by `-`.
            files: Content by relative path.
            title: For people; by default the name.

        Raises:
            GenerationError: It did not pass its checks.
            CapsuleError: The name or a path is not safe.
            SandboxUnavailableError: This machine cannot isolate as well as asked.
        """
        report = await self.validate_code(files)
        refuse_failure(name, report)
        author = Author("owner")
        return await self._shelf.keep(
            Draft(
                name=name,
                version=VERSION,
                title=title or name,
                entry_points={"asgi": ENTRY_POINT},
                files=tuple(CapsuleFile(path, data, author) for path, data in files.items()),
                requirements=(),
                validation=Validation(
                    report.level, tuple(report.verdicts), tuple(report.passed_tests)
                ),
                transcript=Transcript(tuple(report.verdicts)),
            )
        )

    # --- agents --------------------------------------------------------------------------------

    async def spawn_agent(self, agent: Agent[Any, Any], *, replicas: int = 1) -> str:
        """Let an agent take tasks beside the team; gives the name it is asked by.

        Raises:
            AgentError: An agent of this name is spawned.
        """
        await self._agents.spawn(agent, replicas=replicas)
        return agent.name

    async def orchestrate_agents(
        self,
        agents: Sequence[str],
        task: BaseModel,
        *,
        budget_usd: float | None = None,
        tenant: str = "",
    ) -> Answer[Any]:
        """Hand a task to the first agent, what it gives to the second, and so on.

        Args:
            agents: Their names.
            task: What the first one is given.
            budget_usd: What all of them may cost together, in US dollars; None: no limit.
            tenant: For whom.

        Returns:
            What the last one gave, with the model calls of all of them.

        Raises:
            ValueError: There are no agents.
            UnknownAgentError: One of them is not spawned.
            ArtifactError: One does not take what the one before gives.
            AgentFailedError: One of them failed.
        """
        if not agents:
            msg = "agents: at least one is needed"
            raise ValueError(msg)
        budget = None if budget_usd is None else Budget(usd=budget_usd, name="run")
        exchanges: list[Any] = []
        spent_nanousd = 0
        answer: Answer[Any] = Answer(task)
        for name in agents:
            answer = await self._agents.ask(name, answer.artifact, budget=budget, tenant=tenant)
            exchanges += answer.exchanges
            spent_nanousd += answer.spent_nanousd
        return replace(answer, exchanges=tuple(exchanges), spent_nanousd=spent_nanousd)

    # --- workflows -----------------------------------------------------------------------------

    async def start_workflow(
        self, flow: Flow[A, T], value: A, *, workflow_id: str | None = None
    ) -> str:
        """Begin a workflow and return its id, without waiting for its end.

        Raises:
            WorkflowConflictError: The id is taken by another flow or another value.
        """
        workflow_id = workflow_id or str(uuid.uuid4())
        await self._workflows.start(flow, value, workflow_id=workflow_id)
        return workflow_id

    async def get_workflow_status(self, workflow_id: str) -> Status:
        """Look at a workflow, without waiting.

        Raises:
            UnknownWorkflowError: There is none of this id.
        """
        return self._workflows.run(workflow_id).status()

    @property
    def _workflows(self) -> Engine:
        if self._engine is None:
            msg = "QLayer is not open: use it inside `async with`."
            raise QuantumLayerError(msg)
        return self._engine

    # --- how -----------------------------------------------------------------------------------

    def _ask(self, budget: Budget | None, tenant: str) -> Ask:
        """How the roles are asked for a tenant, within what is left for the run."""

        async def ask(role: str, task: BaseModel) -> Answer[Any]:
            share: int | None = None
            if budget is not None:
                unspent = budget.limit_nanousd - budget.spent_nanousd(unix_s=0.0)
                share = max(0, unspent) // side_by_side(role)
            return await self._agents.ask(
                role, task, budget=budget, budget_nanousd=share, tenant=tenant
            )

        return ask

    async def _make(
        self, document: RequirementsDocument, ask: Ask, tell: Listener
    ) -> QuantumCapsule:
        async with open_gate(self._isolation) as check:
            flow = generation(ask, check, tell, rounds=self._rounds)
            run = await self._workflows.start(
                flow, document, workflow_id=f"generate-{uuid.uuid4()}"
            )
            build = await _result(run)
        if build.report is not None:
            refuse_failure(build.design.name, build.report)
        tell(Progress("package", "begun"))
        with telemetry.span("package"):
            capsule = await self._shelf.keep(draft(build))
        tell(Progress("package", "done", detail=capsule.digest))
        return capsule

    async def _own_key(self) -> SigningKey:
        return await anyio.to_thread.run_sync(SigningKey.load_or_create, self._folder.keys)

    def _question(self, document: RequirementsDocument, tenant: str) -> str:
        """All that the answer depends on, and for whom it is, as a hash."""
        depends = {
            "document": document.text,
            "tenant": tenant,
            "version": quantumlayer.__version__,
            "python": platform.python_version(),
            "deployments": list(self._router.deployments),
            "roles": {role.name: role.system_prompt for role in self._roles},
            "isolation": str(self._isolation),
            "rounds": self._rounds,
        }
        return hashlib.sha256(canonical_json(depends)).hexdigest()


async def _result(run: Run[Build]) -> Build:
    """Wait for a run; its failure is its step's failure, and who stops waiting stops it."""
    try:
        return await run.result()
    except StepFailedError as error:
        if isinstance(error.cause, QuantumLayerError):
            raise error.cause from error
        raise
    finally:
        run.cancel()
