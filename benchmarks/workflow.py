"""What a step costs on the in-memory engine.

Usage: python benchmarks/workflow.py [--json]
"""

import argparse
import json
import statistics
import time

import anyio

from quantumlayer.workflow import Memory, StepContext, sequence, step

STEPS = 1_000
ROUNDS = 9


@step
async def nothing(value: int, _context: StepContext) -> int:
    """Do nothing, so that what is left is the engine."""
    return value


async def measure() -> dict[str, float]:
    """Time sequences of `STEPS` steps; the bare loop awaits the same function as often."""
    flow = sequence(*(nothing for _ in range(STEPS)))
    engine_us, bare_us = [], []
    context = StepContext("bare", "0")
    async with Memory() as engine:
        for number in range(ROUNDS):
            begin = time.perf_counter()
            await (await engine.start(flow, number, workflow_id=str(number))).result()
            middle = time.perf_counter()
            for _ in range(STEPS):
                await nothing.run(number, context)
            engine_us.append((middle - begin) / STEPS * 1e6)
            bare_us.append((time.perf_counter() - middle) / STEPS * 1e6)
    return {
        "us_per_step": statistics.median(engine_us),
        "us_per_bare_await": statistics.median(bare_us),
    }


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    figures = anyio.run(measure)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:20} {value:8.2f}")


if __name__ == "__main__":
    main()
