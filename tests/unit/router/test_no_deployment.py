"""When no deployment may serve: whether waiting helps, and how long."""

import pickle
from collections.abc import Awaitable, Callable

import anyio
import pytest

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    NoDeploymentError,
    ProviderUnavailableError,
    RateLimitedError,
)
from quantumlayer.messages import Image, Message
from quantumlayer.router import (
    BreakerPolicy,
    Budget,
    Candidate,
    Limits,
    ModelCard,
    RetryPolicy,
    Router,
)
from quantumlayer.testing import ScriptedModel, VirtualClock

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
DOWN = ProviderUnavailableError("scripted/model", "down")


async def refusal(router: Router, prompt: str = "Hi") -> NoDeploymentError:
    with pytest.raises(NoDeploymentError) as caught:
        await router.complete(prompt)
    return caught.value


async def test_an_open_circuit_is_worth_waiting_for_until_its_probe(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    router = router_of(
        ScriptedModel(DOWN, "ok"),
        breaker=BreakerPolicy(min_calls=1, open_s=30),
        retry=RetryPolicy(rounds=1),
    )
    with pytest.raises(AllDeploymentsFailedError):
        await router.complete("Hi")
    clock.advance(10)

    error = await refusal(router)

    assert (error.retryable, error.retry_after_s) == (True, 20)
    assert str(error).endswith("Try again in 20.0 s.")
    clock.advance(20)
    assert (await router.complete("Hi")).text == "ok"


async def test_of_several_the_first_that_may_serve_counts(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    busy = RateLimitedError("scripted/a", "busy", retry_after_s=70)
    router = router_of(
        ScriptedModel(busy, model="a"),
        ScriptedModel("ok", model="b"),
        ScriptedModel("ok", model="c", card=ModelCard(capabilities=frozenset({"embeddings"}))),
        limits={"scripted/b": Limits(requests_per_minute=1)},
    )
    await router.complete("Hi")
    clock.advance(5)

    with anyio.fail_after(1):  # or it would wait for the limit itself
        error = await refusal(router)

    assert error.retry_after_s == pytest.approx(55)


async def test_a_taken_place_is_worth_waiting_for_as_long_as_a_call_takes(
    router_of: MakeRouter, clock: VirtualClock, until: Until
) -> None:
    gate = anyio.Event()
    model = ScriptedModel("ok", clock=clock, delay_s=20)
    router = router_of(model, limits=Limits(concurrent=1))
    await router.complete("Hi")
    model._gate = gate
    async with anyio.create_task_group() as group:
        group.start_soon(router.complete, "Hi")
        await until(lambda: model.calls == 2)
        group.start_soon(router.complete, "Hi")
        await until(lambda: bool(router._line._waiting))
        with anyio.fail_after(1):
            error = await refusal(router)
        gate.set()

    assert (error.retryable, error.retry_after_s) == (True, 20)


async def test_what_never_can_serve_is_not_worth_waiting_for(router_of: MakeRouter) -> None:
    blind = ModelCard(capabilities=frozenset())
    router = router_of(ScriptedModel(card=blind))
    with pytest.raises(NoDeploymentError) as caught:
        await router.complete([Message.user("What is this?", Image("image/png", base64="AAAA"))])

    assert (caught.value.retryable, caught.value.retry_after_s) == (False, None)
    assert "Try again" not in str(caught.value)


async def test_neither_a_veto_nor_a_price_without_a_bound_passes_by_waiting(
    router_of: MakeRouter,
) -> None:
    class Vetoes:
        def rank(self, request: object, candidates: list[Candidate]) -> list[object]:
            return []

    assert not (await refusal(router_of(ScriptedModel(), strategy=Vetoes()))).retryable
    unpriced = router_of(ScriptedModel(card=None), budgets=[Budget(usd=1)])
    assert not (await refusal(unpriced)).retryable


def test_the_error_travels_whole() -> None:
    error = NoDeploymentError({"a": "its circuit is open"}, 2.5)
    again = pickle.loads(pickle.dumps(error))

    assert (again.rejected, again.retry_after_s, again.retryable) == (error.rejected, 2.5, True)
