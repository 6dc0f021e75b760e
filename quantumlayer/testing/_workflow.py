"""What every workflow engine has to keep."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio

from quantumlayer.errors import (
    CompensationFailedError,
    LoopLimitError,
    StepFailedError,
    UnknownWorkflowError,
    WorkflowCancelledError,
    WorkflowConflictError,
    WorkflowError,
)
from quantumlayer.workflow import (
    Engine,
    Flow,
    Step,
    StepContext,
    branch,
    loop,
    parallel,
    saga,
    sequence,
)

__all__ = ["check_engine"]

E = TypeVar("E", bound=WorkflowError)

WAIT_S = 10.0
"""Longest wait for any one thing; a conforming engine needs milliseconds."""


async def check_engine(make: Callable[[], AbstractAsyncContextManager[Engine]]) -> None:
    """Hold an engine to the contract of `Engine` and `Run`.

    Args:
        make: Gives a fresh engine as an async context manager.

    Raises:
        AssertionError: The engine breaks a promise; the message is the check's name.
        TimeoutError: It hangs.
    """
    for check in (
        _values_flow_through_a_sequence,
        _parallel_parts_overlap_and_keep_their_order,
        _a_branch_runs_one_side,
        _a_loop_ends_at_its_condition_or_its_limit,
        _failure_undoes_in_reverse_order,
        _parallel_failure_cancels_the_siblings,
        _every_undo_is_tried,
        _a_saga_recovers_and_the_flow_goes_on,
        _cancelling_undoes,
        _leaving_the_engine_cancels,
        _starting_twice_is_starting_once,
        _keys_tell_steps_apart,
        _status_shows_each_step,
    ):
        with anyio.fail_after(WAIT_S):
            async with make() as engine:
                await check(engine)


@dataclass(slots=True)
class _Log:
    """Steps that note what they do."""

    lines: list[str] = field(default_factory=list)

    def add(self, amount: int, *, fail: bool = False, fail_undo: bool = False) -> Step[int, int]:
        async def run(value: int, _context: StepContext) -> int:
            if fail:
                raise ValueError(str(amount))
            self.lines.append(f"add {amount}")
            return value + amount

        async def undo(_value: int, result: int, _context: StepContext) -> None:
            self.lines.append(f"undo {amount} from {result}")
            if fail_undo:
                raise OSError(str(amount))

        return Step(f"add_{amount}", run, undo)


async def _values_flow_through_a_sequence(engine: Engine) -> None:
    log = _Log()
    run = await engine.start(sequence(log.add(1), log.add(10)), 5, workflow_id="a")
    assert await run.result() == 16
    assert log.lines == ["add 1", "add 10"]


async def _parallel_parts_overlap_and_keep_their_order(engine: Engine) -> None:
    met = anyio.Event()

    async def wait(value: int, _context: StepContext) -> str:
        await met.wait()
        return f"waited {value}"

    async def meet(value: int, _context: StepContext) -> str:
        met.set()
        return f"met {value}"

    flow = parallel(Step[int, str]("wait", wait), Step[int, str]("meet", meet))
    run = await engine.start(flow, 1, workflow_id="a")
    assert await run.result() == ("waited 1", "met 1")


async def _a_branch_runs_one_side(engine: Engine) -> None:
    log = _Log()
    flow = branch(lambda value: value > 3, log.add(1), log.add(2))
    assert await (await engine.start(flow, 5, workflow_id="a")).result() == 6
    assert await (await engine.start(flow, 1, workflow_id="b")).result() == 3
    assert log.lines == ["add 1", "add 2"]


async def _a_loop_ends_at_its_condition_or_its_limit(engine: Engine) -> None:
    log = _Log()

    def reached(value: int) -> bool:
        return value >= 3

    flow = loop(log.add(1), until=reached, limit=5)
    assert await (await engine.start(flow, 0, workflow_id="a")).result() == 3
    assert await (await engine.start(flow, 9, workflow_id="b")).result() == 9
    stopping = loop(log.add(1), until=reached, limit=2, at_limit="stop")
    assert await (await engine.start(stopping, 0, workflow_id="c")).result() == 2
    failing = loop(log.add(1), until=reached, limit=2)
    error = await _failure(engine, failing, LoopLimitError)
    assert "2" in str(error)
    assert log.lines[-2:] == ["undo 1 from 2", "undo 1 from 1"]


async def _failure_undoes_in_reverse_order(engine: Engine) -> None:
    log = _Log()
    flow = sequence(log.add(1), log.add(2), log.add(4, fail=True), log.add(8))
    error = await _failure(engine, flow, StepFailedError)
    assert isinstance(error.cause, ValueError)
    assert error.step.endswith("add_4")
    assert log.lines == ["add 1", "add 2", "undo 2 from 3", "undo 1 from 1"]


async def _parallel_failure_cancels_the_siblings(engine: Engine) -> None:
    log = _Log()
    begun = anyio.Event()

    async def hang(_value: int, _context: StepContext) -> int:
        begun.set()
        await anyio.sleep_forever()
        return 0

    async def fail(_value: int, _context: StepContext) -> int:
        await begun.wait()
        raise ValueError

    flow = sequence(
        log.add(1), parallel(Step[int, int]("hang", hang), Step[int, int]("fail", fail))
    )
    error = await _failure(engine, flow, StepFailedError)
    assert error.step.endswith("fail")
    assert log.lines == ["add 1", "undo 1 from 1"]


async def _every_undo_is_tried(engine: Engine) -> None:
    log = _Log()
    flow = sequence(log.add(1), log.add(2, fail_undo=True), log.add(4, fail=True))
    error = await _failure(engine, flow, CompensationFailedError)
    assert [path.rpartition(".")[2] for path in error.failures] == ["add_2"]
    assert log.lines[-1] == "undo 1 from 1"


async def _a_saga_recovers_and_the_flow_goes_on(engine: Engine) -> None:
    log = _Log()
    tried = saga(log.add(1), log.add(2), log.add(4, fail=True), otherwise=log.add(100))
    run = await engine.start(sequence(tried, log.add(1000)), 0, workflow_id="a")
    assert await run.result() == 1100
    assert log.lines == ["add 1", "add 2", "undo 2 from 3", "undo 1 from 1", "add 100", "add 1000"]


async def _cancelling_undoes(engine: Engine) -> None:
    log = _Log()
    begun, flow = _hanging(log)
    run = await engine.start(flow, 0, workflow_id="a")
    await begun.wait()
    run.cancel()
    try:
        await run.result()
    except WorkflowCancelledError:
        pass
    else:
        raise AssertionError("a cancelled run has no result")
    assert log.lines == ["add 1", "undo 1 from 1"]
    assert run.status().state == "cancelled"


async def _leaving_the_engine_cancels(engine: Engine) -> None:
    """The engine is left by the caller of this check; nothing may hang then."""
    begun, flow = _hanging(_Log())
    await engine.start(flow, 0, workflow_id="left behind")
    await begun.wait()


async def _starting_twice_is_starting_once(engine: Engine) -> None:
    log = _Log()
    flow = sequence(log.add(1), log.add(2))
    first = await engine.start(flow, 0, workflow_id="a")
    again = await engine.start(flow, 0, workflow_id="a")
    assert await first.result() == await again.result() == 3
    assert log.lines == ["add 1", "add 2"]
    assert await engine.run("a").result() == 3
    for other_flow, other_value in ((flow, 1), (log.add(1), 0)):
        try:
            await engine.start(other_flow, other_value, workflow_id="a")
        except WorkflowConflictError:
            continue
        raise AssertionError("an id stands for one flow on one value")
    try:
        engine.run("never started")
    except UnknownWorkflowError:
        return
    raise AssertionError("an id that was never started is unknown")


async def _keys_tell_steps_apart(engine: Engine) -> None:
    keys: list[str] = []

    async def note(value: int, context: StepContext) -> int:
        keys.append(context.key)
        return value + 1

    noting = Step[int, int]("note", note)
    flow = sequence(
        noting, parallel(noting, noting), loop(_second(noting), until=lambda v: v[0] > 3, limit=5)
    )
    await (await engine.start(flow, 0, workflow_id="a")).result()
    await (await engine.start(noting, 0, workflow_id="b")).result()
    assert len(keys) == len(set(keys)) >= 6
    assert all(key.startswith(("a:", "b:")) for key in keys)


def _second(step: Step[int, int]) -> Step[tuple[int, int], tuple[int, int]]:
    async def run(value: tuple[int, int], context: StepContext) -> tuple[int, int]:
        return (await step.run(value[0], context), value[1])

    return Step("second", run)


async def _status_shows_each_step(engine: Engine) -> None:
    log = _Log()
    run = await engine.start(sequence(log.add(1), log.add(2)), 0, workflow_id="a")
    await run.result()
    status = run.status()
    assert status.state == "completed"
    assert [step.state for step in status.steps] == ["done", "done"]
    failing = sequence(log.add(1), log.add(2, fail=True))
    await _failure(engine, failing, StepFailedError)
    status = engine.run("failing").status()
    assert status.state == "failed"
    assert [step.state for step in status.steps] == ["undone", "failed"]
    assert status.error


async def _failure(engine: Engine, flow: Flow[int, Any], kind: type[E]) -> E:
    run = await engine.start(flow, 0, workflow_id="failing")
    try:
        await run.result()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}")


def _hanging(log: _Log) -> tuple[anyio.Event, Flow[int, int]]:
    begun = anyio.Event()

    async def hang(value: int, _context: StepContext) -> int:
        begun.set()
        await anyio.sleep_forever()
        return value

    return begun, sequence(log.add(1), Step[int, int]("hang", hang))
