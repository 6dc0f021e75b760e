"""What the router's tests share."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from random import Random

import anyio
import pytest
from anyio.lowlevel import checkpoint

from quantumlayer.router import (
    BreakerPolicy,
    Budget,
    Caching,
    Candidate,
    Catalog,
    Hedging,
    Limits,
    Provider,
    Ranked,
    RetryPolicy,
    Router,
    RoutingRequest,
    RoutingStrategy,
)
from quantumlayer.testing import VirtualClock


class InOrder:
    """Rank the deployments as they are registered."""

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request
        return [Ranked(candidate.deployment, place) for place, candidate in enumerate(candidates)]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def router_of(clock: VirtualClock) -> Callable[..., Router]:
    """Make a router that tries its deployments in the order given, on a virtual clock."""

    def make(
        *models: Provider,
        strategy: RoutingStrategy | None = None,
        budgets: Sequence[Budget] = (),
        retry: RetryPolicy | None = None,
        breaker: BreakerPolicy | None = None,
        limits: Limits | Mapping[str, Limits] | None = None,
        tenants: Mapping[str, Collection[str]] | None = None,
        hedging: Hedging | None = None,
        caching: Caching | None = None,
    ) -> Router:
        return Router(
            models,
            strategy=strategy or InOrder(),
            budgets=budgets,
            retry=retry or RetryPolicy(),
            breaker=breaker or BreakerPolicy(),
            limits=limits or Limits(),
            tenants=tenants,
            hedging=hedging,
            caching=caching,
            catalog=Catalog({}),
            clock=clock,
            random=Random(7),
        )

    return make


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Wait until something holds, turn by turn of the event loop, for five seconds at most."""

    async def wait(holds: Callable[[], bool]) -> None:
        with anyio.fail_after(5):
            while not holds():
                await checkpoint()

    return wait
