"""How a task travels to an agent and its result comes back, with every model call it took."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from quantumlayer.errors import (
    AgentFailedError,
    ArtifactError,
    NoRespondersError,
    RemoteError,
    UnknownAgentError,
)
from quantumlayer.messages import Exchange
from quantumlayer.router import Budget, validation_problems
from quantumlayer.transport import Envelope, Failure

if TYPE_CHECKING:
    from quantumlayer.agents._agent import Agent
    from quantumlayer.agents._context import Context
    from quantumlayer.transport import Transport

__all__ = ["Answer", "ask", "read_task", "subject_of", "write_failure", "write_result"]

In = TypeVar("In", bound=BaseModel)
Out = TypeVar("Out", bound=BaseModel)

NO_RESULT = Failure("ArtifactError", "neither a result nor a failure came back", "internal", False)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Out]):
    """What an agent gave.

    Attributes:
        artifact: The result.
        exchanges: The model calls it took, also those of agents that were asked in turn.
        spent_nanousd: What the task has cost, in billionths of a US dollar; where it had a budget,
            with the calls that failed or were given up.
    """

    artifact: Out
    exchanges: tuple[Exchange, ...] = ()
    spent_nanousd: int = 0

    @property
    def cost_nanousd(self) -> int:
        """What the model calls cost that were answered, in billionths of a US dollar."""
        return sum(exchange.reply.cost_nanousd for exchange in self.exchanges)


class Reply(BaseModel, Generic[Out]):
    """What travels back: a result or a failure, and in both cases the calls and their cost."""

    model_config = ConfigDict(frozen=True)

    artifact: Out | None = None
    failure: Failure | None = None
    exchanges: tuple[Exchange, ...] = ()
    spent_nanousd: int | None = None


def subject_of(name: str) -> str:
    """Return the address of an agent."""
    return f"agents.{name}"


async def ask(  # noqa: PLR0913 -- what travels with a task
    bus: Transport,
    agent: Agent[In, Out],
    task: In,
    *,
    sender: str,
    budget: Budget | None,
    budget_nanousd: int | None,
    unix_s: float,
    tenant: str,
) -> Answer[Out]:
    """Send a task to an agent and return what it gives; see `AgentManager.ask`."""
    if not isinstance(task, agent.takes):
        raise ArtifactError(
            f"agent {agent.name!r} takes {agent.takes.__name__}, not {type(task).__name__}"
        )
    envelope = Envelope(
        agent.takes.__name__,
        task.model_dump_json().encode(),
        sender=sender,
        tenant=tenant,
        budget_nanousd=budget_nanousd,
    )
    if budget is None:
        return await _sent(bus, agent, envelope)
    share = budget_nanousd or 0
    reservation = budget.reserve(share, unix_s=unix_s)
    spent: int | None = None
    try:
        answer = await _sent(bus, agent, envelope)
        spent = answer.spent_nanousd
    except AgentFailedError as error:
        spent = error.spent_nanousd
        raise
    except UnknownAgentError:
        spent = 0
        raise
    finally:
        # What nobody can tell, after a lost connection or a cancellation, counts in full.
        reservation.settle(share if spent is None else spent)
    return answer


async def _sent(bus: Transport, agent: Agent[Any, Out], envelope: Envelope) -> Answer[Out]:
    try:
        came = await bus.request(subject_of(agent.name), envelope)
    except NoRespondersError as error:
        raise UnknownAgentError(agent.name, ()) from error
    except RemoteError as error:
        raise _failed(agent, Failure.of(error), Reply()) from error
    reply = _read_reply(agent, came)
    if reply.artifact is None:
        raise _failed(agent, reply.failure or NO_RESULT, reply)
    return Answer(reply.artifact, reply.exchanges, reply.spent_nanousd or 0)


def _failed(agent: Agent[Any, Any], failure: Failure, reply: Reply[Any]) -> AgentFailedError:
    return AgentFailedError(
        agent.name,
        failure.type_name,
        failure.message,
        code=failure.code,
        retryable=failure.retryable,
        exchanges=reply.exchanges,
        spent_nanousd=reply.spent_nanousd,
    )


def read_task(agent: Agent[In, Any], envelope: Envelope) -> In:
    """Read what an agent is asked to do.

    Raises:
        ArtifactError: It is not what the agent takes.
    """
    wanted = agent.takes
    if envelope.type != wanted.__name__:
        raise ArtifactError(f"agent {agent.name!r} takes {wanted.__name__}, not {envelope.type}")
    try:
        return wanted.model_validate_json(envelope.payload)
    except ValidationError as error:
        found = validation_problems(error)
        raise ArtifactError(
            f"agent {agent.name!r} was given no valid {wanted.__name__}: {found}"
        ) from error


def write_result(agent: Agent[Any, Out], result: Out, context: Context) -> Envelope:
    """Wrap what an agent gives, with what it took.

    Raises:
        ArtifactError: It is not what the agent promised to give.
    """
    if not isinstance(result, agent.gives):
        raise ArtifactError(
            f"agent {agent.name!r} gives {agent.gives.__name__}, not {type(result).__name__}: "
            "correct its `run`"
        )
    reply = _reply_of(agent.gives)(artifact=result, **_taken(context))
    return _write(agent, reply)


def write_failure(agent: Agent[Any, Any], error: Exception, context: Context) -> Envelope:
    """Wrap what an agent raised, with what it took until then."""
    failure = Failure.of(error)
    if isinstance(error, AgentFailedError):  # the first cause, and in the message the way it took
        failure = replace(failure, type_name=error.type_name)
    return _write(agent, _reply_of(agent.gives)(failure=failure, **_taken(context)))


def _taken(context: Context) -> dict[str, Any]:
    return {"exchanges": context.exchanges, "spent_nanousd": context.spent_nanousd}


def _write(agent: Agent[Any, Any], reply: Reply[Any]) -> Envelope:
    return Envelope("AgentReply", reply.model_dump_json().encode(), sender=agent.name)


def _read_reply(agent: Agent[Any, Out], envelope: Envelope) -> Reply[Out]:
    try:
        return _reply_of(agent.gives).model_validate_json(envelope.payload)
    except ValidationError as error:
        found = validation_problems(error)
        raise ArtifactError(
            f"agent {agent.name!r} gave no valid {agent.gives.__name__}: {found}"
        ) from error


def _reply_of(kind: type[Out]) -> type[Reply[Out]]:
    return Reply[kind]  # type: ignore[valid-type]
