"""What an agent is given for one task."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from pydantic import BaseModel

from quantumlayer.agents._asking import ask
from quantumlayer.agents._conversation import Conversation
from quantumlayer.agents._models import ModelAccess
from quantumlayer.agents._tools import Toolbox
from quantumlayer.errors import AgentError, AgentFailedError
from quantumlayer.messages import (
    NANO_PER_USD,
    Data,
    Exchange,
    Message,
    ModelReply,
    ModelRequest,
    OutputSchema,
    Part,
)
from quantumlayer.router import Budget, OutputType

if TYPE_CHECKING:
    from quantumlayer.agents._agent import Agent
    from quantumlayer.transport import Transport

__all__ = ["Context"]

T = TypeVar("T", bound=BaseModel)
In = TypeVar("In", bound=BaseModel)
Out = TypeVar("Out", bound=BaseModel)


class Context:
    """What an agent is given for one task: models, tools, other agents, a deadline and a budget.

    `AgentManager` makes one for each task. Make one yourself to run an agent by hand:
    `await agent.run(task, Context(agent, models=router))`.

    Attributes:
        agent: Whose task it is.
        bus: How to reach other agents, or None where there is no transport.
        budget_nanousd: What the task may cost, in billionths of a US dollar; None: no limit.
        tenant: For whom the task is done.
    """

    def __init__(
        self,
        agent: Agent[Any, Any],
        *,
        models: ModelAccess | None = None,
        bus: Transport | None = None,
        budget_nanousd: int | None = None,
        tenant: str = "",
    ) -> None:
        self.agent = agent
        self.bus = bus
        self.budget_nanousd = budget_nanousd
        self.tenant = tenant
        self._models = models
        self._exchanges: list[Exchange] = []
        self._budgets: tuple[Budget, ...] = ()
        if budget_nanousd is not None:
            self._budgets = (
                Budget(usd=budget_nanousd / NANO_PER_USD, name=f"task of {agent.name}"),
            )

    # --- what was done -------------------------------------------------------------------------

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every model call made for this task so far, also by the agents that were asked.

        In the order in which they were answered.
        """
        return tuple(self._exchanges)

    @property
    def cost_nanousd(self) -> int:
        """What these calls cost, in billionths of a US dollar."""
        return sum(exchange.reply.cost_nanousd for exchange in self._exchanges)

    @property
    def spent_nanousd(self) -> int:
        """What the task has cost, in billionths of a US dollar.

        Where it has a budget this counts what failed or was given up as well, otherwise only what
        was answered.
        """
        for budget in self._budgets:
            return budget.spent_nanousd(unix_s=0.0)
        return self.cost_nanousd

    @property
    def budget_left_nanousd(self) -> int | None:
        """What is neither spent nor set aside for a call under way; None: no limit."""
        for budget in self._budgets:
            return max(0, budget.left_nanousd(unix_s=0.0))
        return None

    @property
    def left_s(self) -> float:
        """Seconds until the task's deadline; infinite where there is none."""
        return anyio.current_effective_deadline() - anyio.current_time()

    # --- models --------------------------------------------------------------------------------

    async def generate(self, kind: type[T], prompt: str, *, data: BaseModel | None = None) -> T:
        """Ask the model for a value of a type, with the agent's instructions, profile and tools.

        The prompt is what a language model reads; `data` is the same in structure, for models that
        are programs. Both travel in one request. An answer that does not fit is sent back with what
        is wrong, at most twice.

        Args:
            kind: The type wanted.
            prompt: The task in words.
            data: The value that the prompt was rendered from.

        Raises:
            InvalidOutputError: No answer fitted the type. Retryable.
            ToolLoopError: The model called tools in more than `agent.max_tool_rounds` rounds.
                Retryable.
            BudgetExceededError: It could cost more than is left of the task's budget.
            RouterError: The models could not answer.
            AgentError: There is no model access here.
        """
        output = _output_type(kind)
        return await self._conversation(prompt, data, output.schema).value(output)

    async def complete(self, prompt: str, *, data: BaseModel | None = None) -> str:
        """Ask the model for words, with the agent's instructions, profile and tools.

        Args:
            prompt: The task in words.
            data: The value that the prompt was rendered from.

        Raises:
            ToolLoopError: The model called tools in more than `agent.max_tool_rounds` rounds.
                Retryable.
            BudgetExceededError: It could cost more than is left of the task's budget.
            RouterError: The models could not answer.
            AgentError: There is no model access here.
        """
        return await self._conversation(prompt, data, None).text()

    def _conversation(
        self, prompt: str, data: BaseModel | None, output: OutputSchema | None
    ) -> Conversation:
        agent = self.agent
        more: tuple[Part, ...] = ()
        if data is not None:
            more = (Data(type(data).__name__, data.model_dump(mode="json")),)
        system = agent.system_prompt
        first = (Message.system(system),) if system else ()
        tools = Toolbox(agent.tools)
        request = ModelRequest(
            (*first, Message.user(prompt, *more)),
            tools=tools.specs,
            output=output,
            profile=agent.profile,
            agent=agent.name,
        )
        return Conversation(
            request,
            ask=self._ask_model,
            tools=tools,
            context=self,
            max_tool_rounds=agent.max_tool_rounds,
        )

    async def _ask_model(self, request: ModelRequest) -> ModelReply:
        if self._models is None:
            raise AgentError(
                f"agent {self.agent.name!r} has no model access: give `models=` to its manager, or "
                "to its context"
            )
        reply = await self._models.complete(request, budgets=self._budgets, tenant=self.tenant)
        self._exchanges.append(Exchange(request, reply))
        return reply

    # --- other agents --------------------------------------------------------------------------

    async def ask(
        self, agent: Agent[In, Out], task: In, *, budget_nanousd: int | None = None
    ) -> Out:
        """Have another agent do a task, within this one's deadline and budget.

        Its model calls count as this task's own. What it may cost is set aside until it has
        answered: give agents that are asked side by side their shares.

        Args:
            agent: Whom to ask; what counts is its name, and the types it takes and gives.
            task: What it is given.
            budget_nanousd: What it may cost, in billionths of a US dollar; None: all that is left.

        Raises:
            UnknownAgentError: No such agent is spawned on this transport.
            AgentFailedError: It raised.
            ArtifactError: The task is not what it takes.
            BudgetExceededError: Its share is more than is left of the task's budget.
            TransportError: It could not be reached. See `Transport.request`.
            AgentError: There is no transport here.
        """
        if self.bus is None:
            raise AgentError(f"agent {self.agent.name!r} has no transport: spawn it in a manager")
        try:
            answer = await ask(
                self.bus,
                agent,
                task,
                sender=self.agent.name,
                budget=self._budgets[0] if self._budgets else None,
                budget_nanousd=self.budget_left_nanousd
                if budget_nanousd is None
                else budget_nanousd,
                unix_s=0.0,
                tenant=self.tenant,
            )
        except AgentFailedError as error:
            self._exchanges.extend(error.exchanges)
            raise
        self._exchanges.extend(answer.exchanges)
        return answer.artifact


@lru_cache(maxsize=256)
def _output_type(kind: type[T]) -> OutputType[T]:
    """Describe a type to a model; making its schema takes longer than all the rest of a call."""
    return OutputType(kind)
