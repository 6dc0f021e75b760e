import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import (
    CompensationFailedError,
    StepFailedError,
    UnknownWorkflowError,
    WorkflowError,
)
from quantumlayer.workflow import Memory, Step, StepContext, branch, loop, parallel, sequence, step

pytestmark = pytest.mark.anyio


@step
async def double(value: int, _context: StepContext) -> int:
    return value * 2


async def test_an_engine_that_was_not_entered_says_so() -> None:
    with pytest.raises(WorkflowError, match="async with"):
        await Memory().start(double, 1, workflow_id="a")


async def test_old_runs_are_forgotten_so_that_memory_stays_flat() -> None:
    async with Memory(kept_runs=2) as engine:
        for number in range(5):
            await (await engine.start(double, number, workflow_id=str(number))).result()
        assert await engine.run("4").result() == 8
        with pytest.raises(UnknownWorkflowError, match="'0'"):
            engine.run("0")


async def test_a_condition_that_raises_fails_the_workflow_at_its_place() -> None:
    async with Memory() as engine:
        broken = branch(lambda value: bool(1 // value), double, double)
        run = await engine.start(broken, 0, workflow_id="a")
        with pytest.raises(StepFailedError, match="condition") as caught:
            await run.result()
        assert isinstance(caught.value.cause, ZeroDivisionError)


async def test_an_undo_that_takes_too_long_is_reported_as_not_done() -> None:
    async def never(_value: int, _result: int, _context: StepContext) -> None:
        await anyio.sleep_forever()

    @step(undo=never)
    async def first(value: int, _context: StepContext) -> int:
        return value

    @step
    async def second(_value: int, _context: StepContext) -> int:
        raise ValueError

    async with Memory(undo_within_s=0.01) as engine:
        run = await engine.start(sequence(first, second), 0, workflow_id="a")
        with pytest.raises(CompensationFailedError, match="first"):
            await run.result()


async def test_waiting_for_a_result_can_be_given_up_without_ending_the_run() -> None:
    go = anyio.Event()

    @step
    async def wait(value: int, _context: StepContext) -> int:
        await go.wait()
        return value

    async with Memory() as engine:
        run = await engine.start(wait, 7, workflow_id="a")
        with anyio.move_on_after(0):
            await run.result()
        go.set()
        assert await run.result() == 7


def test_a_flow_without_parts_and_a_loop_without_turns_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        sequence()
    with pytest.raises(ValueError, match="at least 1"):
        loop(double, until=bool, limit=0)


@given(
    failing=st.integers(0, 6),
    groups=st.lists(st.integers(1, 3), min_size=1, max_size=3),
)
def test_whatever_finished_before_a_failure_is_undone_exactly_once(
    failing: int, groups: list[int]
) -> None:
    done: list[int] = []
    undone: list[int] = []

    def make(number: int) -> Step[object, object]:
        async def undo(_value: object, _result: object, _context: StepContext) -> None:
            undone.append(number)

        @step(name=f"s{number}", undo=undo)
        async def run(value: object, _context: StepContext) -> object:
            await anyio.lowlevel.checkpoint()
            if number == failing:
                raise ValueError
            done.append(number)
            return value

        return run

    numbers = iter(range(100))
    flow = sequence(*(parallel(*(make(next(numbers)) for _ in range(size))) for size in groups))

    async def main() -> None:
        async with Memory() as engine:
            run = await engine.start(flow, 0, workflow_id="a")
            try:
                await run.result()
            except StepFailedError:
                assert sorted(undone) == sorted(done)
            else:
                assert not undone

    anyio.run(main)
