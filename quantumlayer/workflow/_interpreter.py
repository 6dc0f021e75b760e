"""Walks a flow. What a step did is told to a journal before anybody builds on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import anyio

from quantumlayer.errors import (
    CompensationFailedError,
    LoopLimitError,
    StepFailedError,
    WorkflowError,
)
from quantumlayer.workflow._flow import (
    Branch,
    Flow,
    Loop,
    Parallel,
    Saga,
    Sequence,
    Step,
    StepContext,
)

__all__ = ["Finished", "Interpreter", "Journal"]


@dataclass(frozen=True, slots=True)
class Finished:
    """A step that is done and can be undone."""

    context: StepContext
    undo: Callable[[], Awaitable[None]]


class Journal(Protocol):
    """Where the course of a run is written down, in memory or durably."""

    async def perform(self, context: StepContext, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do a step's work and record its end, or give the recorded result without doing it."""
        ...

    async def undo(self, context: StepContext, work: Callable[[], Awaitable[None]]) -> None:
        """Do a step's compensation and record its end, once."""
        ...


@dataclass(slots=True)
class Interpreter:
    """One run of one flow.

    Attributes:
        workflow_id: The run's id.
        journal: Told of every step.
        finished: Steps with an undo, in the order they finished.
    """

    workflow_id: str
    journal: Journal
    finished: list[Finished] = field(default_factory=list)

    async def execute(self, flow: Flow[Any, Any], value: Any, path: str = "") -> Any:
        """Run a flow on a value.

        Raises:
            StepFailedError: From the first step that failed; nothing is undone yet.
            LoopLimitError: A loop used all its turns.
        """
        match flow:
            case Step():
                return await self._step(flow, value, path)
            case Sequence(parts=parts):
                for index, part in enumerate(parts):
                    value = await self.execute(part, value, _join(path, str(index)))
                return value
            case Parallel():
                return await self._parallel(flow, value, path)
            case Branch():
                chosen = self._holds(flow.condition, value, path)
                part, name = (flow.then, "then") if chosen else (flow.otherwise, "otherwise")
                return await self.execute(part, value, _join(path, name))
            case Loop():
                return await self._loop(flow, value, path)
            case Saga():
                return await self._saga(flow, value, path)
            case _:
                msg = f"{type(flow).__name__} at {path!r} is no flow this engine knows"
                raise WorkflowError(msg)

    async def undo(self) -> None:
        """Take finished steps back, the last one first.

        Every undo is tried, also after one failed.

        Raises:
            CompensationFailedError: At least one undo failed.
        """
        failures: dict[str, BaseException] = {}
        while self.finished:
            done = self.finished[-1]
            try:
                await self.journal.undo(done.context, done.undo)
            except Exception as error:  # noqa: BLE001 -- a stranger's code; reported below
                failures[done.context.path] = error
            self.finished.pop()  # only now: what a time limit cuts off is still to be undone
        if failures:
            raise CompensationFailedError(self.workflow_id, failures)

    async def _step(self, step: Step[Any, Any], value: Any, path: str) -> Any:
        context = StepContext(self.workflow_id, _join(path, step.name))
        try:
            result = await self.journal.perform(context, partial(step.run, value, context))
        except Exception as error:
            raise StepFailedError(self.workflow_id, context.path, error) from error
        if step.undo is not None:
            self.finished.append(Finished(context, partial(step.undo, value, result, context)))
        return result

    async def _parallel(self, flow: Parallel[Any, Any], value: Any, path: str) -> tuple[Any, ...]:
        results: list[Any] = [None] * len(flow.parts)
        failures: list[WorkflowError] = []

        async def run(index: int, part: Flow[Any, Any]) -> None:
            try:
                results[index] = await self.execute(part, value, _join(path, f"parallel[{index}]"))
            except WorkflowError as error:
                failures.append(error)
                group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            for index, part in enumerate(flow.parts):
                group.start_soon(run, index, part)
        if failures:
            raise failures[0]
        return tuple(results)

    async def _loop(self, flow: Loop[Any, Any], value: Any, path: str) -> Any:
        for turn in range(flow.limit):
            if self._holds(flow.until, value, path):
                return value
            value = await self.execute(flow.body, value, _join(path, f"loop[{turn}]"))
        if flow.at_limit == "fail" and not self._holds(flow.until, value, path):
            msg = (
                f"The loop at {path or 'the start'!r} of workflow {self.workflow_id!r} did not "
                f"finish within {flow.limit} turns: raise its limit, or look at why it goes on."
            )
            raise LoopLimitError(msg)
        return value

    async def _saga(self, flow: Saga[Any, Any], value: Any, path: str) -> Any:
        tried = Interpreter(self.workflow_id, self.journal)
        try:
            result = await tried.execute(flow.body, value, _join(path, "saga"))
        except (StepFailedError, LoopLimitError):
            await tried.undo()
        else:
            return result
        finally:  # what stays done is undone with the workflow, should that fail or be cancelled
            self.finished.extend(tried.finished)
        return await self.execute(flow.otherwise, value, _join(path, "otherwise"))

    def _holds(self, condition: Callable[[Any], bool], value: Any, path: str) -> bool:
        try:
            return bool(condition(value))
        except Exception as error:
            raise StepFailedError(self.workflow_id, _join(path, "condition"), error) from error


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
