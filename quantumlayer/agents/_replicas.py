"""One spawned agent: the replicas that do its tasks, and what becomes of them when they crash."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import anyio

from quantumlayer import telemetry
from quantumlayer.agents._agent import Agent
from quantumlayer.agents._asking import read_task, subject_of, write_failure, write_result
from quantumlayer.agents._context import Context
from quantumlayer.agents._models import ModelAccess
from quantumlayer.errors import AgentStoppedError, QuantumLayerError
from quantumlayer.messages import Usage
from quantumlayer.transport import Envelope, Subscription, Transport

__all__ = ["AgentStatus", "AnyAgent", "Restarts", "Spawned"]

AnyAgent: TypeAlias = Agent[Any, Any]

GROUP = "replicas"

_log = logging.getLogger("quantumlayer.agents")


@dataclass(frozen=True, slots=True)
class Restarts:
    """How often a crashing agent is restarted before it is given up.

    Attributes:
        most: Restarts within `within_s`; one crash more stops the agent.
        within_s: Length of the window, in seconds.

    Source: restart intensity and period of Erlang/OTP's supervisors.
    """

    most: int = 3
    within_s: float = 60.0


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """How a spawned agent is.

    Attributes:
        name: What it is asked by.
        replicas: How many tasks it does at one time.
        state: `running`, or `stopped` after too many crashes.
        tasks: How many it was given.
        crashes: How often it crashed, ever.
    """

    name: str
    replicas: int
    state: Literal["running", "stopped"]
    tasks: int
    crashes: int


class Spawned:
    """An agent that takes tasks from a transport.

    Args:
        make: Makes an agent, or gives the one there is.
        bus: Where tasks come from.
        models: What its model calls go to.
        restarts: How often it is restarted.
        clock: Seconds that only grow.
        give_up: Called once it has crashed too often.
    """

    def __init__(
        self,
        make: Callable[[], AnyAgent],
        *,
        bus: Transport,
        models: ModelAccess | None,
        restarts: Restarts,
        clock: Callable[[], float],
        give_up: Callable[[], None],
    ) -> None:
        self.agent = make()
        self.bus = bus
        self.models = models
        self.stopped: AgentStoppedError | None = None
        self.tasks = 0
        self._make = make
        self._restarts = restarts
        self._clock = clock
        self._give_up = give_up
        self._crashes = 0
        self._lately: deque[float] = deque()
        self._subscriptions: list[Subscription] = []

    @property
    def status(self) -> AgentStatus:
        """How it is."""
        state: Literal["running", "stopped"] = "stopped" if self.stopped else "running"
        replicas = len(self._subscriptions)
        return AgentStatus(self.agent.name, replicas, state, self.tasks, self._crashes)

    async def start(self, replicas: int) -> None:
        """Take tasks; one at a time in each replica."""
        for number in range(replicas):
            replica = Replica(self, self._make() if number else self.agent)
            subscription = await self.bus.serve(
                subject_of(self.agent.name), replica.handle, group=GROUP, max_in_flight=1
            )
            self._subscriptions.append(subscription)

    async def drain(self) -> None:
        """Finish what was taken, and end."""
        async with anyio.create_task_group() as draining:
            for subscription in self._subscriptions:
                draining.start_soon(subscription.drain)

    async def aclose(self) -> None:
        """End at once."""
        for subscription in self._subscriptions:
            await subscription.aclose()

    def crashed(self, error: Exception) -> AnyAgent | None:
        """Count a crash and return a fresh agent; None where it is given up."""
        now = self._clock()
        self._crashes += 1
        self._lately.append(now)
        while self._lately[0] < now - self._restarts.within_s:
            self._lately.popleft()
        if len(self._lately) <= self._restarts.most:
            _log.warning("agent %r crashed and is restarted", self.agent.name, exc_info=error)
            try:
                return self._make()
            except Exception as second:  # noqa: BLE001 -- a factory is a stranger too
                error = second
        if self.stopped is None:
            _log.error("agent %r crashed and is given up", self.agent.name, exc_info=error)
            crashes = len(self._lately)
            self.stopped = AgentStoppedError(self.agent.name, crashes, self._restarts.within_s)
            self._give_up()
        return None


class Replica:
    """Does tasks, one after the other."""

    def __init__(self, spawned: Spawned, agent: AnyAgent) -> None:
        self._spawned = spawned
        self._agent = agent

    async def handle(self, envelope: Envelope) -> Envelope:
        """Do one task; whatever is raised is part of the reply, beside the model calls."""
        spawned, agent = self._spawned, self._agent
        context = Context(
            agent,
            models=spawned.models,
            bus=spawned.bus,
            budget_nanousd=envelope.budget_nanousd,
            tenant=envelope.tenant,
        )
        if spawned.stopped:  # its last waiting tasks, while it drains
            return write_failure(agent, spawned.stopped, context)
        try:
            task = read_task(agent, envelope)
            spawned.tasks += 1
            with telemetry.span(f"invoke_agent {agent.name}", _attributes(agent)) as span:
                try:
                    result = await agent.run(task, context)
                finally:
                    if span.is_recording():
                        span.set_attributes(_used(context))
            return write_result(agent, result, context)
        except QuantumLayerError as error:
            return write_failure(agent, error, context)
        except Exception as error:  # noqa: BLE001 -- an agent is a stranger: its crash is reported
            self._agent = spawned.crashed(error) or agent
            return write_failure(agent, error, context)


def _used(context: Context) -> dict[str, telemetry.Attribute]:
    """What all model calls of a task have used: under names that no sum over spans counts twice."""
    usage = sum((exchange.reply.usage for exchange in context.exchanges), Usage())
    prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    name = "gen_ai.aggregated_usage"
    return {
        f"{name}.input_tokens": prompt,
        f"{name}.output_tokens": usage.output_tokens + usage.reasoning_tokens,
        f"{name}.cache_read.input_tokens": usage.cache_read_tokens,
        f"{name}.cache_creation.input_tokens": usage.cache_write_tokens,
        f"{name}.reasoning.output_tokens": usage.reasoning_tokens,
    }


def _attributes(agent: AnyAgent) -> dict[str, telemetry.Attribute]:
    return {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent.name}
