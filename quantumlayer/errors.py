"""Every error this library raises, in one tree.

    QuantumLayerError
    ├── MissingExtraError               an optional dependency is not installed
    ├── RouterError
    │   ├── RouterConfigError           the router or a strategy was set up wrongly
    │   ├── NoDeploymentError           nothing may serve the request
    │   ├── AllDeploymentsFailedError   everything that may serve it was tried
    │   ├── StrategyError               a routing strategy answered nonsense
    │   ├── InvalidOutputError          the model's answer never fitted the asked type
    │   ├── StreamInterruptedError      a stream broke after its first token
    │   ├── BudgetExceededError         the call would cost more than is left
    │   ├── LabError                    recorded outcomes, or a scorer's file, cannot be used
    │   ├── PluginError                 an installed strategy, scorer or provider cannot be used
    │   └── ProviderError               one attempt at one deployment failed
    │       ├── AuthenticationError         the credential was refused
    │       ├── InvalidRequestError         the provider will never accept this request
    │       ├── RateLimitedError            too many requests for now
    │       ├── QuotaExhaustedError         the account's quota or credit is used up
    │       ├── ProviderUnavailableError    no connection, or a server-side failure
    │       ├── ProviderTimeoutError        no answer in time
    │       └── MalformedReplyError         the answer is not in the provider's format
    ├── TransportError
    │   ├── NoRespondersError           nobody serves the subject
    │   ├── RequestTimeoutError         the deadline passed before the reply
    │   ├── RemoteError                 the handler raised; type, code and retryable travelled
    │   ├── DisconnectedError           the connection broke while the request was in flight
    │   ├── PayloadTooLargeError        the message is larger than the transport carries
    │   ├── OverloadedError             a bounded buffer is full
    │   ├── DrainingError               the transport takes no new work
    │   ├── TransportClosedError        the transport was closed
    │   ├── SubjectError                a subject or pattern is malformed
    │   └── EnvelopeError               bytes are no envelope
    ├── AgentError
    │   ├── UnknownAgentError           no such agent is spawned
    │   ├── AgentFailedError            the agent raised; type, code and retryable travelled
    │   ├── AgentStoppedError           the agent crashed too often and takes no more tasks
    │   ├── ArtifactError               a value is not what the agent takes or gives
    │   ├── ToolError                   a tool is unknown, or was called with the wrong arguments
    │   ├── ToolLoopError               a model called tools over and over and never answered
    │   ├── ExpressionError             an expression in a design does not parse or type-check
    │   └── DesignError                 a design asks for what cannot be built as it stands
    ├── WorkflowError
    │   ├── StepFailedError             a step failed; what was done is compensated
    │   ├── CompensationFailedError     an undo step failed too: a person has to look
    │   ├── LoopLimitError              a bounded loop did not finish within its bound
    │   ├── WorkflowCancelledError      it was cancelled, or its engine was closed
    │   ├── UnknownWorkflowError        no workflow has this id
    │   └── WorkflowConflictError       the id is taken by another flow or another input
    ├── SandboxError
    │   ├── SandboxUnavailableError     this machine cannot isolate as well as asked
    │   └── SandboxLimitError           the sandboxed program broke a limit
    ├── CapsuleError
    │   ├── CapsuleFormatError          the archive is not exactly what a writer makes
    │   ├── DigestMismatchError         content does not match its digest
    │   ├── SignatureError              no signature, or none by a trusted key
    │   ├── UnsafePathError             a name would leave its folder or clash with another
    │   └── ReplayError                 the transcript does not lead to the same content
    ├── StorageError                    the data folder cannot be read or written
    │   └── DocumentConflictError       the document changed since it was read
    └── ServiceError
        ├── RequirementsError           the document cannot be turned into software
        └── GenerationError             the team's result did not pass its checks

`retryable` says whether the same call, made again, can succeed. Every message names what
happened, to which thing, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "AgentError",
    "AgentFailedError",
    "AgentStoppedError",
    "AllDeploymentsFailedError",
    "ArtifactError",
    "AuthenticationError",
    "BudgetExceededError",
    "CapsuleError",
    "CapsuleFormatError",
    "CompensationFailedError",
    "DesignError",
    "DigestMismatchError",
    "DisconnectedError",
    "DocumentConflictError",
    "DrainingError",
    "EnvelopeError",
    "ExpressionError",
    "GenerationError",
    "InvalidOutputError",
    "InvalidRequestError",
    "LabError",
    "LoopLimitError",
    "MalformedReplyError",
    "MissingExtraError",
    "NoDeploymentError",
    "NoRespondersError",
    "OverloadedError",
    "PayloadTooLargeError",
    "PluginError",
    "ProviderError",
    "ProviderTimeoutError",
    "ProviderUnavailableError",
    "QuantumLayerError",
    "QuotaExhaustedError",
    "RateLimitedError",
    "RemoteError",
    "ReplayError",
    "RequestTimeoutError",
    "RequirementsError",
    "RouterConfigError",
    "RouterError",
    "SandboxError",
    "SandboxLimitError",
    "SandboxUnavailableError",
    "ServiceError",
    "SignatureError",
    "StepFailedError",
    "StorageError",
    "StrategyError",
    "StreamInterruptedError",
    "SubjectError",
    "ToolError",
    "ToolLoopError",
    "TransportClosedError",
    "TransportError",
    "UnknownAgentError",
    "UnknownWorkflowError",
    "UnsafePathError",
    "WorkflowCancelledError",
    "WorkflowConflictError",
    "WorkflowError",
]


class QuantumLayerError(Exception):
    """Root of every error this library raises on purpose."""

    retryable: bool = False
    """Whether the same call, made again, can succeed."""


class MissingExtraError(QuantumLayerError):
    """An optional dependency is not installed.

    Attributes:
        feature: What was asked for, such as "the offline model".
        extra: The extra of this package that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(feature, extra)
        self.feature = feature
        self.extra = extra

    def __str__(self) -> str:
        """Name the command that mends it."""
        return f"{self.feature} needs an extra: pip install 'quantumlayer[{self.extra}]'"


# --- router ------------------------------------------------------------------------------------


class RouterError(QuantumLayerError):
    """A model call could not be answered."""


class RouterConfigError(RouterError, ValueError):
    """A router, strategy, budget or policy was set up with values that make no sense."""


class LabError(RouterError, ValueError):
    """Recorded outcomes, a trace or the file of a trained scorer cannot be used."""


class PluginError(RouterError):
    """A strategy, scorer or provider is not installed, or what is installed cannot be used.

    Attributes:
        kind: `strategies`, `scorers` or `providers`.
        name: The name that was asked for.
        reason: What is wrong, and what to do about it.
    """

    def __init__(self, kind: str, name: str, reason: str) -> None:
        super().__init__(kind, name, reason)
        self.kind = kind
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        """Name the plug-in, the problem and the cure."""
        return f"{self.name!r} of the plug-ins for {self.kind} cannot be used: {self.reason}."


class NoDeploymentError(RouterError):
    """No deployment may serve the request.

    Attributes:
        rejected: Why each deployment was passed over, by its name.
        retry_after_s: When the first of them may serve it again, in seconds: its circuit lets a
            probe through, its limits have room, or the pause that it asked for is over. None: none
            ever may.
        retryable: Whether one may.
    """

    def __init__(self, rejected: Mapping[str, str], retry_after_s: float | None = None) -> None:
        super().__init__(rejected, retry_after_s)
        self.rejected = dict(rejected)
        self.retry_after_s = retry_after_s
        self.retryable = retry_after_s is not None

    def __str__(self) -> str:
        """Say what was refused and why, and whether to wait."""
        reasons = ", ".join(f"{name!r} ({why})" for name, why in self.rejected.items())
        later = "" if self.retry_after_s is None else f" Try again in {self.retry_after_s:.1f} s."
        return f"No deployment may serve this request: {reasons or 'none is registered'}.{later}"


class AllDeploymentsFailedError(RouterError):
    """Every deployment in the ranking was tried and failed.

    Attributes:
        failures: The last error of each deployment tried, by its name, in order.
        retryable: Whether one of them is.
    """

    def __init__(self, failures: Mapping[str, Exception]) -> None:
        super().__init__(failures)
        self.failures = dict(failures)
        self.retryable = any(getattr(error, "retryable", False) for error in failures.values())

    def __str__(self) -> str:
        """List each deployment with what it answered."""
        tried = "; ".join(f"{name!r}: {error}" for name, error in self.failures.items())
        return f"Every deployment tried has failed: {tried}"


class StrategyError(RouterError):
    """A routing strategy raised, or ranked something that is not a candidate."""


class InvalidOutputError(RouterError):
    """The model's answer did not fit the asked type, also after it was told why.

    Attributes:
        type_name: Name of the type that was asked for.
        problems: What was wrong with each answer, in order.
    """

    retryable: bool = True

    def __init__(self, type_name: str, problems: Sequence[str]) -> None:
        super().__init__(type_name, tuple(problems))
        self.type_name = type_name
        self.problems = tuple(problems)

    def __str__(self) -> str:
        """Say how often it was tried and show the last problem."""
        last = self.problems[-1] if self.problems else "no answer"
        return (
            f"No valid {self.type_name!r} after {len(self.problems)} answers; the last one: {last}"
        )


class StreamInterruptedError(RouterError):
    """A stream broke after its first token had reached the caller.

    Attributes:
        partial: The text that had arrived.
        reason: What broke it.
    """

    retryable: bool = True

    def __init__(self, partial: str, reason: str) -> None:
        super().__init__(partial, reason)
        self.partial = partial
        self.reason = reason

    def __str__(self) -> str:
        """Say how much had arrived, without repeating it."""
        return f"The stream broke after {len(self.partial)} characters: {self.reason}"


class BudgetExceededError(RouterError):
    """The call would cost more than the budget has left.

    Attributes:
        budget: Name of the budget.
        needed_usd: What the call was expected to cost, in US dollars.
        left_usd: What the budget had left, in US dollars.
    """

    def __init__(self, budget: str, needed_usd: float, left_usd: float) -> None:
        super().__init__(budget, needed_usd, left_usd)
        self.budget = budget
        self.needed_usd = needed_usd
        self.left_usd = left_usd

    def __str__(self) -> str:
        """Put both amounts side by side."""
        return (
            f"Budget {self.budget!r} has {self.left_usd:.6f} USD left and the call needs "
            f"up to {self.needed_usd:.6f} USD: raise the budget, lower `max_output_tokens`, or add "
            "a cheaper deployment."
        )


class ProviderError(RouterError):
    """One attempt at one deployment failed.

    Attributes:
        deployment: Name of the deployment, as `provider/model`.
        reason: What the provider said, without credentials.
        status: HTTP status, or None where there was no answer.
        retry_after_s: How long the provider asks to wait, in seconds, or None.
    """

    def __init__(
        self,
        deployment: str,
        reason: str,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(deployment, reason)
        self.deployment = deployment
        self.reason = reason
        self.status = status
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        """Name the deployment, the status and the provider's reason."""
        status = f" (HTTP {self.status})" if self.status is not None else ""
        return f"{self.deployment!r} failed{status}: {self.reason}"


class AuthenticationError(ProviderError):
    """The credential was refused; check the key of this deployment."""


class InvalidRequestError(ProviderError):
    """The provider will never accept this request as it stands."""


class RateLimitedError(ProviderError):
    """Too many requests for now."""

    retryable: bool = True


class QuotaExhaustedError(ProviderError):
    """The account's quota or credit is used up; waiting does not help."""


class ProviderUnavailableError(ProviderError):
    """The deployment could not be reached, or failed on its side."""

    retryable: bool = True


class ProviderTimeoutError(ProviderError):
    """The deployment did not answer in time."""

    retryable: bool = True


class MalformedReplyError(ProviderError):
    """The answer is not in the provider's own format."""

    retryable: bool = True


# --- transport ---------------------------------------------------------------------------------


class TransportError(QuantumLayerError):
    """A message could not be delivered or answered."""


class NoRespondersError(TransportError):
    """Nobody serves the subject.

    Attributes:
        subject: Where the request went.
    """

    retryable: bool = True

    def __init__(self, subject: str) -> None:
        super().__init__(subject)
        self.subject = subject

    def __str__(self) -> str:
        """Name the subject and the cure."""
        return f"Nobody serves {self.subject!r}: call `serve` before `request`."


class RequestTimeoutError(TransportError):
    """The deadline passed before the reply came.

    Attributes:
        subject: Where the request went.
        wait_s: How long was waited, in seconds.
    """

    retryable: bool = True

    def __init__(self, subject: str, wait_s: float) -> None:
        super().__init__(subject, wait_s)
        self.subject = subject
        self.wait_s = wait_s

    def __str__(self) -> str:
        """Name the subject and the wait."""
        return (
            f"No reply from {self.subject!r} within {self.wait_s:.3f} s: the handler is slower "
            "than the caller's deadline."
        )


class RemoteError(TransportError):
    """The handler raised; its error travelled as a type name, a code and a message.

    Attributes:
        type_name: Class name of the handler's exception.
        message: Its text.
        code: Machine-readable code, `internal` where the handler gave none.
        retryable: Whether the handler's error was retryable.
    """

    def __init__(
        self, type_name: str, message: str, *, code: str = "internal", retryable: bool = False
    ) -> None:
        super().__init__(type_name, message)
        self.type_name = type_name
        self.message = message
        self.code = code
        self.retryable = retryable

    def __str__(self) -> str:
        """Show the handler's own error."""
        return f"The handler failed with {self.type_name}: {self.message}"


class DisconnectedError(TransportError):
    """The connection broke while the request was in flight."""

    retryable: bool = True


class PayloadTooLargeError(TransportError):
    """The message is larger than the transport carries.

    Attributes:
        size_bytes: Size of the encoded message.
        limit_bytes: What the transport carries.
    """

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(size_bytes, limit_bytes)
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes

    def __str__(self) -> str:
        """Put both sizes side by side."""
        return (
            f"The message has {self.size_bytes} bytes, the transport carries {self.limit_bytes}: "
            "split it, or raise the transport's `max_payload_bytes`."
        )


class OverloadedError(TransportError):
    """A bounded buffer is full and the subscription asked for an error then."""

    retryable: bool = True


class DrainingError(TransportError):
    """The transport is shutting down and takes no new work."""


class TransportClosedError(TransportError):
    """The transport was closed, or never entered."""


class SubjectError(TransportError):
    """A subject or a pattern is malformed."""


class EnvelopeError(TransportError):
    """Bytes do not decode to an envelope, or an envelope cannot be encoded."""


# --- agents ------------------------------------------------------------------------------------


class AgentError(QuantumLayerError):
    """An agent could not do its task."""


class UnknownAgentError(AgentError):
    """No such agent is spawned.

    Attributes:
        name: The name that was asked for.
        known: The names that are there.
    """

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name, tuple(known))
        self.name = name
        self.known = tuple(known)

    def __str__(self) -> str:
        """List what there is."""
        there = ", ".join(repr(name) for name in self.known) or "none"
        return f"No agent {self.name!r} is spawned; there is: {there}."


class AgentFailedError(AgentError):
    """The agent raised; its error travelled as a type name, a code and a message.

    Attributes:
        agent: Who failed.
        type_name: Class name of its exception.
        message: Its text.
        code: Machine-readable code, `internal` where the exception had none.
        retryable: Whether the exception was retryable.
        exchanges: The model calls it had made, as pairs of request and reply.
        spent_nanousd: What the task had cost by then; None where nobody can tell.
    """

    def __init__(
        self,
        agent: str,
        type_name: str,
        message: str,
        *,
        code: str = "internal",
        retryable: bool = False,
        exchanges: Sequence[Any] = (),
        spent_nanousd: int | None = None,
    ) -> None:
        super().__init__(agent, type_name, message)
        self.agent = agent
        self.type_name = type_name
        self.message = message
        self.code = code
        self.retryable = retryable
        self.exchanges = tuple(exchanges)
        self.spent_nanousd = spent_nanousd

    def __str__(self) -> str:
        """Show the agent's own error."""
        return f"Agent {self.agent!r} failed with {self.type_name}: {self.message}"


class AgentStoppedError(AgentError):
    """The agent crashed too often and takes no more tasks.

    Attributes:
        agent: Its name.
        crashes: How often it crashed before it was given up.
        within_s: In how many seconds.
    """

    def __init__(self, agent: str, crashes: int, within_s: float) -> None:
        super().__init__(agent, crashes, within_s)
        self.agent = agent
        self.crashes = crashes
        self.within_s = within_s

    def __str__(self) -> str:
        """Name the agent, its crashes and the cure."""
        times = "once" if self.crashes == 1 else f"{self.crashes} times"
        return (
            f"Agent {self.agent!r} crashed {times} within {self.within_s:g} s and was stopped: see "
            "its errors in the log, mend it, and spawn it again."
        )


class ArtifactError(AgentError):
    """A value is not what an agent takes, or not what it promised to give."""


class ToolError(AgentError):
    """A tool is unknown, or the model called it with arguments that do not fit."""


class ToolLoopError(AgentError):
    """A model called tools over and over and never answered.

    Attributes:
        agent: Whose model it was.
        rounds: How many rounds of tool calls it had.
    """

    retryable: bool = True

    def __init__(self, agent: str, rounds: int) -> None:
        super().__init__(agent, rounds)
        self.agent = agent
        self.rounds = rounds

    def __str__(self) -> str:
        """Name the bound and the cure."""
        return (
            f"The model of agent {self.agent!r} called tools in {self.rounds} rounds without an "
            "answer: raise `max_tool_rounds`, or say in the instructions when it is done."
        )


class ExpressionError(AgentError):
    """An expression in a design does not parse, or names what is not there.

    Attributes:
        expression: The text of the expression.
        reason: What is wrong with it.
    """

    def __init__(self, expression: str, reason: str) -> None:
        super().__init__(expression, reason)
        self.expression = expression
        self.reason = reason

    def __str__(self) -> str:
        """Quote the expression and say what is wrong."""
        return f"The expression {self.expression!r} is not valid: {self.reason}."


class DesignError(AgentError):
    """A design asks for what cannot be built as it stands.

    Attributes:
        where: The part of the design that asks for it.
        reason: Why it cannot be built.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, reason)
        self.where = where
        self.reason = reason

    def __str__(self) -> str:
        """Name the place and the reason."""
        return f"The design cannot be built: {self.where!r}: {self.reason}."


# --- workflow ----------------------------------------------------------------------------------


class WorkflowError(QuantumLayerError):
    """A workflow did not reach its end."""


class StepFailedError(WorkflowError):
    """A step failed; the steps before it that can be undone were undone.

    Attributes:
        workflow_id: The workflow.
        step: Path of the step within the flow.
        cause: The step's own error.
    """

    def __init__(self, workflow_id: str, step: str, cause: BaseException) -> None:
        super().__init__(workflow_id, step, cause)
        self.workflow_id = workflow_id
        self.step = step
        self.cause = cause

    def __str__(self) -> str:
        """Name the workflow, the step and the cause."""
        return f"Workflow {self.workflow_id!r} failed in step {self.step!r}: {self.cause}"


class CompensationFailedError(WorkflowError):
    """Undoing a finished step failed: somebody has to look at what is left.

    Attributes:
        workflow_id: The workflow.
        failures: The error of each undo that failed, by the path of its step.
    """

    def __init__(self, workflow_id: str, failures: Mapping[str, BaseException]) -> None:
        super().__init__(workflow_id, failures)
        self.workflow_id = workflow_id
        self.failures = dict(failures)

    def __str__(self) -> str:
        """List what could not be undone."""
        left = "; ".join(f"{step!r}: {error}" for step, error in self.failures.items())
        return f"Workflow {self.workflow_id!r} could not be undone in {left}"


class LoopLimitError(WorkflowError):
    """A bounded loop did not finish within its bound."""


class WorkflowCancelledError(WorkflowError):
    """The workflow was cancelled, or its engine was closed; what was done is compensated."""

    def __init__(self, workflow_id: str) -> None:
        super().__init__(workflow_id)
        self.workflow_id = workflow_id

    def __str__(self) -> str:
        """Name the workflow."""
        return f"Workflow {self.workflow_id!r} was cancelled; start it under a new id to try again."


class UnknownWorkflowError(WorkflowError):
    """No workflow has this id, or it ended too long ago to be remembered."""

    def __init__(self, workflow_id: str) -> None:
        super().__init__(workflow_id)
        self.workflow_id = workflow_id

    def __str__(self) -> str:
        """Name the id."""
        return f"No workflow {self.workflow_id!r} is known here: start it, or check its id."


class WorkflowConflictError(WorkflowError):
    """The workflow id is taken by another flow or another input."""

    def __init__(self, workflow_id: str) -> None:
        super().__init__(workflow_id)
        self.workflow_id = workflow_id

    def __str__(self) -> str:
        """Name the id and the cure."""
        return (
            f"Workflow {self.workflow_id!r} was started with another flow or another value: "
            "choose another id."
        )


# --- sandbox -----------------------------------------------------------------------------------


class SandboxError(QuantumLayerError):
    """A program could not be run in isolation."""


class SandboxUnavailableError(SandboxError):
    """This machine cannot isolate as well as asked.

    Attributes:
        wanted: The level asked for, such as `L2`.
        reason: What is missing.
        cure: What to install or allow.
    """

    def __init__(self, wanted: str, reason: str, cure: str) -> None:
        super().__init__(wanted, reason, cure)
        self.wanted = wanted
        self.reason = reason
        self.cure = cure

    def __str__(self) -> str:
        """Say what is missing and how to get it."""
        return f"No sandbox of level {self.wanted} here: {self.reason}. {self.cure}"


class SandboxLimitError(SandboxError):
    """The sandboxed program broke a limit and was ended.

    Attributes:
        limit: Which one: `wall_s`, `memory_bytes`, `output_bytes`, …
        allowed: What was allowed, in the limit's unit.
    """

    def __init__(self, limit: str, allowed: float) -> None:
        super().__init__(limit, allowed)
        self.limit = limit
        self.allowed = allowed

    def __str__(self) -> str:
        """Name the limit."""
        return f"The program was ended: it went over its limit {self.limit}={self.allowed:g}."


# --- capsule -----------------------------------------------------------------------------------


class CapsuleError(QuantumLayerError):
    """A capsule cannot be made, or must not be trusted."""


class CapsuleFormatError(CapsuleError):
    """The archive is not exactly what a writer makes from its content."""


class DigestMismatchError(CapsuleError):
    """Content does not match the digest that names it."""


class SignatureError(CapsuleError):
    """There is no signature, or none by a key the caller trusts."""


class UnsafePathError(CapsuleError):
    """A name would leave its folder, or could be mistaken for another."""


class ReplayError(CapsuleError):
    """The transcript does not lead to the capsule's content again."""


# --- storage -----------------------------------------------------------------------------------


class StorageError(QuantumLayerError):
    """The data folder, or a store in it, cannot be read or written.

    Attributes:
        path: The file or folder.
        reason: What went wrong with it.
        cure: What to do about it, as a sentence.
    """

    def __init__(self, path: str, reason: str, cure: str) -> None:
        super().__init__(path, reason, cure)
        self.path = path
        self.reason = reason
        self.cure = cure

    def __str__(self) -> str:
        """Say what is wrong with which file, and the cure."""
        return f"{self.path!r}: {self.reason}. {self.cure}"


class DocumentConflictError(StorageError):
    """The document is not at the version the caller has read.

    Attributes:
        key: The document's collection and key.
        expected: The version the caller has read; 0 where there should be none.
        found: The version that is stored; 0 where there is none.
    """

    def __init__(self, key: str, expected: int, found: int) -> None:
        super().__init__(
            key,
            f"version {found} is stored, not {expected}",
            "Read it again and repeat the change on what is there now.",
        )
        self.args = (key, expected, found)
        self.key = key
        self.expected = expected
        self.found = found


# --- services ----------------------------------------------------------------------------------


class ServiceError(QuantumLayerError):
    """A product could not do what it was asked."""


class RequirementsError(ServiceError):
    """The document cannot be turned into software; the message says what to change."""


class GenerationError(ServiceError):
    """The result did not pass its checks within the allowed rounds.

    Attributes:
        name: What was being made.
        problems: What each failing check found, by the name of the check.
    """

    def __init__(self, name: str, problems: Mapping[str, Sequence[str]]) -> None:
        super().__init__(name, problems)
        self.name = name
        self.problems = {check: tuple(found) for check, found in problems.items()}

    def __str__(self) -> str:
        """Name each failing check with the first things it found."""
        lines = [f"{self.name!r} did not pass its checks, so there is no capsule:"]
        for check, found in self.problems.items():
            lines.append(f"  {check}: {found[0] if found else 'no details'}")
            lines += [f"    {one}" for one in found[1:FINDINGS_SHOWN]]
        return "\n".join(lines)


FINDINGS_SHOWN = 6
"""Findings of one check that a message quotes; the error's `problems` has them all."""
