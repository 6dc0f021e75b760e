"""What a run of an agent costs besides the model: by hand, and as a task over the memory transport.

Usage: python benchmarks/agents_overhead.py [--backend asyncio|trio] [--json]

The model answers at once. Figures are of the fastest of seven rounds: other load only adds to them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Awaitable, Callable, Sequence

import anyio
from pydantic import BaseModel

from quantumlayer.agents import Agent, AgentManager, Context
from quantumlayer.messages import ModelReply, ModelRequest, ToolCall
from quantumlayer.router import Budget
from quantumlayer.transport import Memory

ROUNDS = 7
RUNS = 1_000
CONCURRENT = 500


class Question(BaseModel):
    """What the agents are asked."""

    text: str
    number: int


class Verdict(BaseModel):
    """What they answer."""

    text: str
    score: int


class Instant:
    """A model that answers at once; it calls every tool once."""

    def __init__(self) -> None:
        self._verdict = ModelReply('{"text": "fine", "score": 7}', "bench", "instant")
        call = ToolCall("1", "add", '{"a": 1, "b": 2}')
        self._call = ModelReply("", "bench", "instant", (call,), "tool_calls")

    async def complete(
        self,
        prompt: ModelRequest,
        /,
        *,
        budgets: Sequence[Budget] = (),  # noqa: ARG002 -- it costs nothing
        tenant: str = "",  # noqa: ARG002 -- whoever asks
    ) -> ModelReply:
        """Answer."""
        if prompt.tools and prompt.messages[-1].role == "user":
            return self._call
        return self._verdict


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


class Speaker(Agent[Question, Verdict]):
    """Asks for words."""

    instructions = "You judge."

    async def run(self, task: Question, context: Context) -> Verdict:
        """Answer in words."""
        return Verdict(text=await context.complete(task.text), score=1)


class Judge(Agent[Question, Verdict]):
    """Asks for a typed value."""

    instructions = "You judge."


class Adder(Judge):
    """Asks for a typed value and calls a tool before."""

    tools = (add,)


async def fastest_us(run: Callable[[], Awaitable[object]]) -> float:
    """Return the duration of a run in microseconds, one after the other."""
    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(RUNS):
            await run()
        rounds.append((time.perf_counter() - begin) / RUNS * 1e6)
    return min(rounds)


async def fastest_concurrent_us(run: Callable[[], Awaitable[object]]) -> float:
    """Return the duration of a run in microseconds, with `CONCURRENT` at one time."""

    async def several() -> None:
        for _ in range(RUNS * 5 // CONCURRENT):
            await run()

    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for _ in range(CONCURRENT):
                tasks.start_soon(several)
        rounds.append((time.perf_counter() - begin) / (RUNS * 5) * 1e6)
    return min(rounds)


async def measure() -> dict[str, float]:
    """Measure everything."""
    models, task = Instant(), Question(text="Is it good?", number=3)
    figures = {}
    for name, agent in (("text", Speaker()), ("typed", Judge()), ("one_tool", Adder())):

        async def by_hand(agent: Agent[Question, Verdict] = agent) -> Verdict:
            return await agent.run(task, Context(agent, models=models))

        figures[f"{name}_run_us"] = await fastest_us(by_hand)
    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        judge = Judge()
        await agents.spawn(judge, replicas=CONCURRENT)

        async def asked() -> object:
            return await agents.ask(judge, task)

        figures["asked_over_memory_us"] = await fastest_us(asked)
        figures["asked_over_memory_500_concurrent_us"] = await fastest_concurrent_us(asked)
    figures["concurrent_over_sequential_rate"] = (
        figures["asked_over_memory_us"] / figures["asked_over_memory_500_concurrent_us"]
    )
    return figures


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--backend", choices=["asyncio", "trio"], default="asyncio")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    figures = anyio.run(measure, backend=options.backend)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:38} {value:8.2f}")


if __name__ == "__main__":
    main()
