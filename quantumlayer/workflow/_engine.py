"""What runs flows: the port that every engine has, and what can be seen of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from quantumlayer.workflow._flow import Flow

__all__ = ["Engine", "Run", "Status", "StepStatus"]

A = TypeVar("A")
B = TypeVar("B")
Out_co = TypeVar("Out_co", covariant=True)


@dataclass(frozen=True, slots=True)
class StepStatus:
    """One step of a run.

    Attributes:
        path: Where it stands in the flow.
        state: `undone` after its compensation, `undo_failed` where that failed.
        error: What went wrong, or the empty string.
    """

    path: str
    state: Literal["running", "done", "failed", "cancelled", "undone", "undo_failed"]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """A run as it is now.

    Attributes:
        workflow_id: Its id.
        state: What it is doing, or how it ended.
        steps: Every step that was begun, in the order of their beginnings.
        error: Why it failed, or the empty string.
    """

    workflow_id: str
    state: Literal["running", "undoing", "completed", "failed", "cancelled"]
    steps: tuple[StepStatus, ...] = ()
    error: str = ""


class Run(Protocol[Out_co]):
    """A started workflow. It belongs to the engine: nobody has to wait for it."""

    @property
    def workflow_id(self) -> str:
        """Its id."""
        ...

    def status(self) -> Status:
        """Look at it, without waiting."""
        ...

    async def result(self) -> Out_co:
        """Wait for its end. Cancelling the wait does not cancel the run.

        Raises:
            StepFailedError: A step failed; every finished step with an undo was undone.
            CompensationFailedError: An undo failed too.
            LoopLimitError: A loop used all its turns.
            WorkflowCancelledError: `cancel` was called, or the engine was closed.
        """
        ...

    def cancel(self) -> None:
        """End it: what runs is cancelled, what is finished is undone. No-op after its end."""
        ...


class Engine(Protocol):
    """Runs flows. `quantumlayer.testing.check_engine` holds an engine to this contract."""

    async def start(self, flow: Flow[A, B], value: A, *, workflow_id: str) -> Run[B]:
        """Begin a workflow; returns once it is accepted.

        Starting again under the same id with an equal value gives the run that is there.

        Raises:
            WorkflowConflictError: The id is taken by another flow or another value.
        """
        ...

    def run(self, workflow_id: str) -> Run[Any]:
        """Find a run by its id.

        Raises:
            UnknownWorkflowError: There is none, or it ended too long ago to be remembered.
        """
        ...
