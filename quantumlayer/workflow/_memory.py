"""The engine that keeps everything in memory: quick, and gone with the process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import anyio
from anyio.abc import TaskGroup

from quantumlayer.errors import (
    CompensationFailedError,
    UnknownWorkflowError,
    WorkflowCancelledError,
    WorkflowConflictError,
    WorkflowError,
)
from quantumlayer.workflow._engine import Run, Status, StepStatus
from quantumlayer.workflow._flow import Flow, StepContext
from quantumlayer.workflow._interpreter import Interpreter

__all__ = ["Memory"]

A = TypeVar("A")
B = TypeVar("B")

KEPT_RUNS = 1_000
"""Ended runs that stay visible; older ones are forgotten, so a long-lived process stays flat."""

UNDO_WITHIN_S = 30.0
"""How long a run may take to undo what it did; then what is left is reported as not undone."""


class Memory:
    """Run workflows in this process, without a journal.

        async with Memory() as engine:
            run = await engine.start(flow, order, workflow_id="order-42")
            shipment = await run.result()

    Leaving the block cancels what still runs, undoes it (within `undo_within_s`), and then closes.

    Args:
        kept_runs: How many ended runs stay visible to `run` and to a second `start`.
        undo_within_s: Bound on undoing a failed or cancelled run, in seconds.
    """

    def __init__(self, *, kept_runs: int = KEPT_RUNS, undo_within_s: float = UNDO_WITHIN_S) -> None:
        self._kept_runs = kept_runs
        self._undo_within_s = undo_within_s
        self._runs: dict[str, _Run] = {}
        self._stack = AsyncExitStack()
        self._group: TaskGroup | None = None

    async def __aenter__(self) -> Self:
        self._group = await self._stack.enter_async_context(anyio.create_task_group())
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for run in self._runs.values():
            run.cancel()
        self._group = None
        # The block's own exception stays out of the group, which would wrap it.
        await self._stack.__aexit__(None, None, None)

    async def start(self, flow: Flow[A, B], value: A, *, workflow_id: str) -> Run[B]:
        """Begin a workflow; see `Engine.start`.

        Raises:
            WorkflowConflictError: The id is taken by another flow or another value.
            WorkflowError: The engine is not entered.
        """
        if self._group is None:
            msg = "The engine is not running: use it within `async with`."
            raise WorkflowError(msg)
        there = self._runs.get(workflow_id)
        if there is not None:
            if there.flow != flow or there.value != value:
                raise WorkflowConflictError(workflow_id)
            return there
        run = _Run(workflow_id, flow, value, self._undo_within_s)
        self._forget()
        self._runs[workflow_id] = run
        self._group.start_soon(run.drive, name=f"workflow {workflow_id}")
        return run

    def run(self, workflow_id: str) -> Run[Any]:
        """Find a run by its id; see `Engine.run`.

        Raises:
            UnknownWorkflowError: There is none, or it is forgotten.
        """
        try:
            return self._runs[workflow_id]
        except KeyError:
            raise UnknownWorkflowError(workflow_id) from None

    def _forget(self) -> None:
        ended = [name for name, run in self._runs.items() if run.ended.is_set()]
        for name in ended[: max(0, len(ended) - self._kept_runs + 1)]:
            del self._runs[name]


State = Literal["running", "undoing", "completed", "failed", "cancelled"]
StepState = Literal["running", "done", "failed", "cancelled", "undone", "undo_failed"]


@dataclass(slots=True)
class _Run:
    """One run, and the journal of its steps."""

    workflow_id: str
    flow: Flow[Any, Any]
    value: Any
    undo_within_s: float
    ended: anyio.Event = field(default_factory=anyio.Event)
    _state: State = "running"
    _steps: dict[str, StepStatus] = field(default_factory=dict)
    _scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    _result: Any = None
    _error: WorkflowError | None = None

    def status(self) -> Status:
        return Status(
            self.workflow_id,
            self._state,
            tuple(self._steps.values()),
            str(self._error) if self._error else "",
        )

    async def result(self) -> Any:
        await self.ended.wait()
        if self._error is not None:
            raise self._error
        return self._result

    def cancel(self) -> None:
        if self._state == "running":
            self._scope.cancel()

    async def drive(self) -> None:
        """Run the flow to its end; never raises but for the cancellation of the engine itself."""
        interpreter = Interpreter(self.workflow_id, self)
        try:
            with self._scope:
                self._result = await interpreter.execute(self.flow, self.value)
                self._end("completed")
                return
            await self._undo(interpreter, WorkflowCancelledError(self.workflow_id), "cancelled")
        except WorkflowError as error:
            await self._undo(interpreter, error, "failed")
        except anyio.get_cancelled_exc_class():
            await self._undo(interpreter, WorkflowCancelledError(self.workflow_id), "cancelled")
            raise

    async def _undo(
        self, interpreter: Interpreter, cause: WorkflowError, state: Literal["failed", "cancelled"]
    ) -> None:
        self._state = "undoing"
        self._error = cause
        with anyio.move_on_after(self.undo_within_s, shield=True):
            try:
                await interpreter.undo()
            except WorkflowError as error:
                error.__cause__ = cause
                self._error = error
        if left := {
            done.context.path: TimeoutError("no time left") for done in interpreter.finished
        }:
            self._error = CompensationFailedError(self.workflow_id, left)
        self._end(state)

    def _end(self, state: State) -> None:
        self._state = state
        self.ended.set()

    # --- the journal ---------------------------------------------------------------------------

    async def perform(self, context: StepContext, work: Callable[[], Awaitable[Any]]) -> Any:
        self._note(context, "running")
        try:
            result = await work()
        except Exception as error:
            self._note(context, "failed", str(error))
            raise
        except BaseException:
            self._note(context, "cancelled")
            raise
        self._note(context, "done")
        return result

    async def undo(self, context: StepContext, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:
            self._note(context, "undo_failed", str(error))
            raise
        self._note(context, "undone")

    def _note(self, context: StepContext, state: StepState, error: str = "") -> None:
        self._steps[context.path] = StepStatus(context.path, state, error)
