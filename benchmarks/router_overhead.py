"""What the router adds to a model call: CPU time per routed call with all bookkeeping on.

    python benchmarks/router_overhead.py [--json]

The provider answers at once from memory, so what is measured is the router: request, token
estimate, filters, strategy, breaker, budget, ledger, latency, telemetry (no SDK listening), route.
`selection` is the part until a deployment is chosen. Medians of `--repeats` runs.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from random import Random

import anyio

from quantumlayer.messages import ModelReply, ModelRequest, Usage
from quantumlayer.router import (
    Budget,
    CostBasedRouting,
    HybridRouting,
    LatencyBasedRouting,
    ModelCard,
    Price,
    QualityBasedRouting,
    Router,
    RoutingStrategy,
)
from quantumlayer.router._call import Call
from quantumlayer.router._selection import select
from quantumlayer.testing import ScriptedModel

PROMPT = "Hello, what is the capital of France? Answer in one word."
REPLY = ModelReply("Paris", "scripted", "model", usage=Usage(20, output_tokens=1))
STRATEGIES: Sequence[Callable[[], RoutingStrategy]] = (
    CostBasedRouting,
    LatencyBasedRouting,
    QualityBasedRouting,
    HybridRouting,
)


def router_of(count: int, strategy: RoutingStrategy) -> Router:
    """A router over so many deployments with different prices and qualities."""
    models = [
        ScriptedModel(
            REPLY,
            model=f"model-{number}",
            card=ModelCard(
                price=Price.usd(input_usd=1 + number / 10, output_usd=4.0),
                max_output_tokens=4096,
                quality=0.5 + number / 1000,
            ),
            keep=0,
        )
        for number in range(count)
    ]
    return Router(models, strategy=strategy, budgets=[Budget(usd=1e9, per="day")])


async def call_us(
    strategy: RoutingStrategy, *, deployments: int, concurrent: int, calls: int
) -> float:
    """CPU microseconds of one routed call."""
    router = router_of(deployments, strategy)

    async def worker(share: int) -> None:
        for _ in range(share):
            await router.complete(PROMPT)

    await worker(200)
    start = time.process_time()
    async with anyio.create_task_group() as group:
        for _ in range(concurrent):
            group.start_soon(worker, calls // concurrent)
    return (time.process_time() - start) / calls * 1e6


async def selection_us(strategy: RoutingStrategy, *, deployments: int, calls: int) -> float:
    """CPU microseconds from the request to the ranking."""
    router = router_of(deployments, strategy)
    for _ in range(deployments):
        await router.complete(PROMPT)
    request, random = ModelRequest.of(PROMPT), Random(1)
    call = Call(request, router._budgets, now_s=time.monotonic(), seed=random.getrandbits(64))  # noqa: SLF001 -- measured from within
    start = time.process_time()
    for _ in range(calls):
        select(strategy, call, router._deployments, unix_s=time.time())  # noqa: SLF001 -- measured from within
    return (time.process_time() - start) / calls * 1e6


async def measure(repeats: int) -> dict[str, dict[str, float]]:
    """Every figure, by strategy."""
    figures: dict[str, dict[str, list[float]]] = {}
    for _ in range(repeats):
        for make in STRATEGIES:
            row = figures.setdefault(make().__class__.__name__, {})
            for concurrent in (1, 100):
                us = await call_us(make(), deployments=4, concurrent=concurrent, calls=4000)
                row.setdefault(f"call_us_concurrent_{concurrent}", []).append(us)
            for deployments in (4, 100):
                us = await selection_us(
                    make(), deployments=deployments, calls=20_000 // deployments
                )
                row.setdefault(f"selection_us_of_{deployments}", []).append(us)
    return {
        name: {key: round(statistics.median(values), 1) for key, values in row.items()}
        for name, row in figures.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    figures = anyio.run(measure, options.repeats)
    if options.json:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        print(json.dumps({"benchmark": "router_overhead", **machine, "figures": figures}))
        return
    for name, row in figures.items():
        print(name, *(f"{key}={value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
