"""Faults that were measured in LiteLLM's Router (1.106), none of which this router may have.

Each test is the peer's own scenario on real sockets; `benchmarks/router_faults.py` runs both.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

import anyio
import pytest
from loopback import GOOD, closed_port, http, serving

from quantumlayer.errors import BudgetExceededError
from quantumlayer.router import (
    Budget,
    LatencyBasedRouting,
    LeastConnections,
    ModelCard,
    Price,
    RoundRobin,
    Router,
    RoutingStrategy,
)
from quantumlayer.router.providers import OpenAICompatible
from quantumlayer.testing import VirtualClock

pytestmark = pytest.mark.anyio

ERROR = json.dumps({"error": {"message": "boom", "type": "x", "code": "y"}}).encode()
BAD = {
    "500": http("500 Oops", ERROR),
    "429": http("429 Slow down", ERROR, "application/json", "retry-after: 3"),
}
# What one answer costs: 20 tokens read, 1 written.
CARD = ModelCard(price=Price.usd(input_usd=0.15, output_usd=0.6), max_output_tokens=1)
COST_USD = (20 * 0.15 + 1 * 0.6) / 1e6
ANSWER = {
    "choices": [{"message": {"content": "Paris"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 20, "completion_tokens": 1, "total_tokens": 21},
}
PAID = http("200 OK", json.dumps(ANSWER).encode())


@asynccontextmanager
async def bad_at(kind: str) -> AsyncIterator[str]:
    if kind == "refused":
        yield f"http://127.0.0.1:{await closed_port()}/v1"
    else:
        async with serving(then=[BAD[kind]]) as server:
            yield server.url


def model(name: str, url: str) -> OpenAICompatible:
    return OpenAICompatible("m", base_url=url, name=name, card=CARD)


async def many(count: int, ask: Callable[[], Awaitable[object]]) -> Counter[str]:
    """Ask so often at once; what came of it."""
    outcomes: Counter[str] = Counter()

    async def one() -> None:
        try:
            await ask()
        except BudgetExceededError:
            outcomes["refused"] += 1
        else:
            outcomes["answered"] += 1

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(one)
    return outcomes


# There: 9 of 60 lost, because a retry may pick the deployment that has just failed.
@pytest.mark.parametrize("kind", ["500", "429", "refused"])
@pytest.mark.parametrize("make", [RoundRobin, LeastConnections, LatencyBasedRouting])
async def test_no_request_is_lost_while_one_of_two_deployments_works(
    kind: str, make: Callable[[], RoutingStrategy]
) -> None:
    clock = VirtualClock()
    async with bad_at(kind) as url, serving(then=[GOOD]) as good:
        bad, well = model("bad", url), model("good", good.url)
        async with Router([bad, well], strategy=make(), clock=clock, random=Random(1)) as router:
            for _ in range(60):
                reply = await router.complete("hi")
                assert reply.text == "Paris"
                names = [attempt.deployment for attempt in reply.route.attempts]
                assert names in (["bad", "good"], ["good"])
        # And for each first request of sixty routers, which have learned nothing yet.
        for seed in range(60):
            fresh = Router([bad, well], strategy=make(), clock=clock, random=Random(seed))
            assert (await fresh.complete("hi")).text == "Paris"
        await bad.aclose()
        await well.aclose()

    assert clock.slept == []


# There: half of 100 concurrent requests hit a dead deployment when its pause ends.
async def test_a_dead_deployment_is_hit_once_when_its_pause_ends() -> None:
    clock = VirtualClock()
    async with serving(then=[BAD["500"]]) as dead, serving(then=[GOOD]) as good:
        models = [model("dead", dead.url), model("good", good.url)]
        async with Router(models, strategy=RoundRobin(), clock=clock) as router:
            while len(dead.requests) < 5:
                await router.complete("hi")
            clock.advance(30)
            outcomes = await many(100, lambda: router.complete("hi"))

    assert outcomes == {"answered": 100}
    assert len(dead.requests) == 6


# There: 100 concurrent requests overspend a budget 18 times.
async def test_a_hundred_requests_at_once_spend_what_there_is_and_no_more() -> None:
    budget = Budget(usd=6 * COST_USD, per="day")  # less than what 100 would cost
    async with (
        serving(then=[PAID]) as server,
        Router([model("a", server.url)], budgets=[budget]) as router,
    ):
        outcomes = await many(100, lambda: router.complete("hi " * 20))

    assert outcomes["answered"] >= 1
    assert len(server.requests) == outcomes["answered"]
    assert outcomes["answered"] + outcomes["refused"] == 100
    assert router.ledger.cost_nanousd == round(outcomes["answered"] * COST_USD * 1e9)
    assert router.ledger.cost_nanousd <= budget.limit_nanousd


# There: a second router without a budget is refused what the first one has used up.
async def test_a_used_up_budget_is_nothing_to_a_router_that_does_not_have_it() -> None:
    async with serving(then=[PAID]) as server:
        async with Router([model("a", server.url)], budgets=[Budget(usd=0)]) as poor:
            assert await many(20, lambda: poor.complete("hi")) == {"refused": 20}
        async with Router([model("a", server.url)]) as free:
            assert await many(20, lambda: free.complete("hi")) == {"answered": 20}


# There: all go to the fastest deployment at once.
async def test_concurrent_requests_do_not_run_to_the_fastest_deployment_all_at_once() -> None:
    async with serving(then=[GOOD]) as one, serving(then=[GOOD]) as other:
        models = [model("one", one.url), model("other", other.url)]
        strategy = LatencyBasedRouting()
        async with Router(models, strategy=strategy, random=Random(1)) as router:
            for _ in range(4):
                await router.complete("hi")
            before = len(one.requests), len(other.requests)
            await many(50, lambda: router.complete("hi"))

    assert len(one.requests) - before[0] >= 5
    assert len(other.requests) - before[1] >= 5
