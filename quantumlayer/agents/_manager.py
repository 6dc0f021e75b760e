"""Agents on a transport: spawned, supervised, asked, stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import copy_context
from types import TracebackType
from typing import Any, Self, TypeVar, overload

import anyio
from pydantic import BaseModel

from quantumlayer.agents._agent import Agent
from quantumlayer.agents._asking import Answer, ask
from quantumlayer.agents._models import ModelAccess
from quantumlayer.agents._replicas import AgentStatus, AnyAgent, Restarts, Spawned
from quantumlayer.errors import AgentError, AgentFailedError, AgentStoppedError, UnknownAgentError
from quantumlayer.router import Budget
from quantumlayer.transport import Transport

__all__ = ["AgentManager"]

In = TypeVar("In", bound=BaseModel)
Out = TypeVar("Out", bound=BaseModel)

CLOSE_WITHIN_S = 1.0
"""How long agents that are cancelled may take to end, where the manager was cancelled itself."""


class AgentManager:
    """Agents of this process on a transport, and a way to ask any agent on it.

        async with Memory() as bus, AgentManager(bus, models=router) as agents:
            await agents.spawn(Critic(), replicas=4)
            answer = await agents.ask("Critic", Essay(text="…"))

    Leaving the block lets the agents finish what they were given; leaving it by an exception
    cancels them.

    Args:
        bus: The transport; it has to be open, and stays so.
        models: What the agents' model calls go to, such as a `Router`; None where there are none.
        restarts: How often a crashing agent is restarted.
        clock: Seconds that only grow, for the window of the restarts.
    """

    def __init__(
        self,
        bus: Transport,
        *,
        models: ModelAccess | None = None,
        restarts: Restarts = Restarts(),  # noqa: B008 -- frozen
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus = bus
        self._models = models
        self._restarts = restarts
        self._clock = clock
        self._spawned: dict[str, Spawned] = {}
        self._is_open = False

    async def __aenter__(self) -> Self:
        self._tasks = await anyio.create_task_group().__aenter__()
        self._context = copy_context()
        self._is_open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_open = False
        try:
            if error is None:
                async with anyio.create_task_group() as draining:
                    for spawned in self._spawned.values():
                        draining.start_soon(spawned.drain)
        finally:
            with anyio.move_on_after(CLOSE_WITHIN_S, shield=True):
                for spawned in self._spawned.values():
                    await spawned.aclose()
            # Without the block's error, so that it leaves here as it is and in no group.
            await self._tasks.__aexit__(None, None, None)

    @property
    def agents(self) -> dict[str, AgentStatus]:
        """How the spawned agents are, by their names."""
        return {name: spawned.status for name, spawned in self._spawned.items()}

    async def spawn(self, agent: AnyAgent | Callable[[], AnyAgent], *, replicas: int = 1) -> None:
        """Let an agent take tasks; when this returns it can be asked.

        A replica does one task at a time. All replicas of a name on a transport, also those of
        other processes, share its tasks: each goes to exactly one.

        An agent that raises an error of its own trade, a `QuantumLayerError`, goes on. Any other
        exception is a crash: whoever asked gets it, and the replica is restarted.

        Args:
            agent: The agent, or a function that makes one: then every replica has its own, and a
                crashed one gets a new one.
            replicas: How many tasks it does at one time.

        Raises:
            AgentError: An agent of this name is spawned here, or the manager is not open.
            ValueError: There are no replicas.
            TransportError: The transport takes no subscriptions.
        """
        if not self._is_open:
            raise AgentError("the agent manager is not open: use it inside `async with`")
        if replicas < 1:
            msg = f"replicas={replicas}: at least 1 is needed for a task to be done"
            raise ValueError(msg)

        def give_up() -> None:
            # Called by a task of the agent's, whose context says that draining waits for itself.
            self._context.run(lambda: self._tasks.start_soon(spawned.drain))

        spawned = Spawned(
            (lambda: agent) if isinstance(agent, Agent) else agent,
            bus=self._bus,
            models=self._models,
            restarts=self._restarts,
            clock=self._clock,
            give_up=give_up,
        )
        name = spawned.agent.name
        there = self._spawned.get(name)
        if there is not None and not there.stopped:
            raise AgentError(
                f"agent {name!r} is spawned already: stop it, or name one of them anew"
            )
        self._spawned[name] = spawned
        try:
            await spawned.start(replicas)
        except BaseException:
            del self._spawned[name]
            with anyio.move_on_after(CLOSE_WITHIN_S, shield=True):
                await spawned.aclose()
            raise

    @overload
    async def ask(
        self,
        agent: Agent[In, Out],
        task: In,
        *,
        budget: Budget | None = None,
        budget_nanousd: int | None = None,
        tenant: str = "",
    ) -> Answer[Out]: ...
    @overload
    async def ask(
        self,
        agent: str,
        task: BaseModel,
        *,
        budget: Budget | None = None,
        budget_nanousd: int | None = None,
        tenant: str = "",
    ) -> Answer[Any]: ...
    async def ask(
        self,
        agent: AnyAgent | str,
        task: BaseModel,
        *,
        budget: Budget | None = None,
        budget_nanousd: int | None = None,
        tenant: str = "",
    ) -> Answer[Any]:
        """Have an agent do a task, wherever on the transport it lives.

        The deadline of the caller's cancel scope travels along; if cancelled, the agent is too.

        Args:
            agent: The name of an agent spawned here; or an agent, of which its name and the types
                it takes and gives are used, for one that lives elsewhere or for the sake of types.
            task: What it is given.
            budget: What several tasks may cost together, such as those of a run: what this one may
                cost is set aside in it until it is done.
            budget_nanousd: What the task may cost, in billionths of a US dollar; None: all that is
                left of `budget`, or without one whatever it costs.
            tenant: For whom it is done.

        Raises:
            BudgetExceededError: There is not so much left of `budget`.
            UnknownAgentError: No such agent is spawned.
            AgentStoppedError: It crashed too often.
            AgentFailedError: It raised. The error carries the model calls it had made.
            ArtifactError: The task is not what it takes.
            TransportError: It could not be reached; see `Transport.request`.
        """
        if isinstance(agent, str):
            agent = self._find(agent).agent
        unix_s = time.time()
        if budget is not None and budget_nanousd is None:
            budget_nanousd = max(0, budget.left_nanousd(unix_s=unix_s))
        try:
            return await ask(
                self._bus,
                agent,
                task,
                sender=type(self).__name__,
                budget=budget,
                budget_nanousd=budget_nanousd,
                unix_s=unix_s,
                tenant=tenant,
            )
        except UnknownAgentError as error:
            there = self._spawned.get(agent.name)
            known = UnknownAgentError(agent.name, [*self._spawned])
            raise (there and there.stopped) or known from error
        except AgentFailedError as error:
            there = self._spawned.get(agent.name)
            if there and there.stopped and error.type_name == AgentStoppedError.__name__:
                raise there.stopped from error
            raise

    async def stop(self, name: str) -> None:
        """Let an agent finish what it was given, and take no more.

        If cancelled, it goes on finishing.

        Raises:
            UnknownAgentError: No such agent is spawned here.
        """
        spawned = self._find(name)
        await spawned.drain()
        self._spawned.pop(name, None)

    def _find(self, name: str) -> Spawned:
        spawned = self._spawned.get(name)
        if spawned is None:
            raise UnknownAgentError(name, [*self._spawned])
        return spawned
