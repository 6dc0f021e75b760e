"""What a deployment's latency is taken to be: peaks at once, calm by and by, no failure fast."""

from collections.abc import Callable, Sequence
from math import exp

import anyio
import pytest

from quantumlayer.errors import AllDeploymentsFailedError, ProviderUnavailableError
from quantumlayer.messages import ModelReply, ModelRequest
from quantumlayer.router import (
    BreakerPolicy,
    Candidate,
    LatencyBasedRouting,
    Ranked,
    RetryPolicy,
    Router,
    RoutingRequest,
)
from quantumlayer.router.strategies._latency import DECAY_S
from quantumlayer.testing import ScriptedModel, VirtualClock

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]
PATIENT = {"retry": RetryPolicy(rounds=1), "breaker": BreakerPolicy(min_calls=1000)}


class Watching:
    """Ranks as given, and remembers what it was shown."""

    def __init__(self) -> None:
        self.seen: list[float | None] = []

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request
        self.seen.append(candidates[0].latency_s)
        return [Ranked(candidate.deployment, 0) for candidate in candidates]


class Takes(ScriptedModel):
    """Takes so long for each answer, one after the other; below zero it fails after that time."""

    def __init__(self, clock: VirtualClock, *times_s: float, model: str = "model") -> None:
        super().__init__(model=model)
        self.times_s = list(times_s)
        self.time = clock

    async def complete(self, request: ModelRequest) -> ModelReply:
        takes_s = self.times_s[min(self.calls, len(self.times_s) - 1)]
        await self.time.sleep(abs(takes_s))
        reply = await super().complete(request)
        if takes_s < 0:
            raise ProviderUnavailableError(self.model, "down")
        return reply


async def latencies(router: Router, strategy: Watching, calls: int) -> list[float | None]:
    for _ in range(calls):
        try:
            await router.complete("Hi")
        except AllDeploymentsFailedError:
            continue
    return strategy.seen


async def test_a_failure_is_not_a_fast_answer(router_of: MakeRouter, clock: VirtualClock) -> None:
    watching = Watching()
    router = router_of(Takes(clock, -0.001), strategy=watching, **PATIENT)

    seen = await latencies(router, watching, 9)

    # At least a second, then twice what it was, and a minute at most.
    assert seen == [None, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


async def test_a_slow_failure_counts_as_slow_as_it_was(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    watching = Watching()
    router = router_of(Takes(clock, -20.0), strategy=watching, **PATIENT)

    assert await latencies(router, watching, 2) == [None, pytest.approx(20)]


async def test_a_deployment_that_fails_at_once_is_not_preferred_for_it(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    broken, sound = Takes(clock, -0.001, model="broken"), Takes(clock, 0.2, model="sound")
    router = router_of(broken, sound, strategy=LatencyBasedRouting(), **PATIENT)

    for _ in range(20):
        await router.complete("Hi")

    assert broken.calls <= 2
    assert sound.calls == 20


async def test_a_rise_counts_at_once_and_a_fall_by_and_by(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    watching = Watching()
    router = router_of(Takes(clock, 1.0, 5.0, 1.0, 1.0), strategy=watching)

    first, second, third, fourth = await latencies(router, watching, 4)

    assert first is None
    assert [second, third] == [pytest.approx(1), pytest.approx(5)]
    weight = exp(-1.0 / DECAY_S)  # one second after the peak
    assert fourth == pytest.approx(5 * weight + 1 * (1 - weight))


@pytest.mark.parametrize(("left_after_s", "latency_s"), [(0.5, 1.0), (3.0, 3.0)])
async def test_a_call_that_was_given_up_says_only_that_it_took_longer(
    router_of: MakeRouter, clock: VirtualClock, left_after_s: float, latency_s: float
) -> None:
    watching = Watching()
    router = router_of(Takes(clock, 1.0, 100.0, 1.0), strategy=watching)
    await router.complete("Hi")

    async with anyio.create_task_group() as group:
        group.start_soon(router.complete, "Hi")
        await clock.sleep(left_after_s)
        group.cancel_scope.cancel()
    await router.complete("Hi")

    assert watching.seen[-1] == pytest.approx(latency_s)
