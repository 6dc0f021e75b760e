"""The route of a reply: a value like any other, although it is told only when somebody looks."""

from __future__ import annotations

import copy
import gc
import pickle
from dataclasses import asdict, replace

import pytest

from quantumlayer.messages import Attempt, Considered, ModelReply, Route
from quantumlayer.router import Budget, LatencyBasedRouting, Router
from quantumlayer.testing import ScriptedModel

CONSIDERED = (Considered("a", 0.25), Considered("b", None, "no key"))
ATTEMPTS = (Attempt("a", 0.0, 1.5),)
TOLD = Route("Strategy", CONSIDERED, ATTEMPTS, "id")


def untold() -> Route:
    return Route.told_later("Strategy", lambda: CONSIDERED, ATTEMPTS, "id")


def test_a_route_that_is_told_later_equals_one_that_is_told_at_once() -> None:
    assert untold() == TOLD
    assert hash(untold()) == hash(TOLD)
    assert repr(untold()) == repr(TOLD)
    assert asdict(untold()) == asdict(TOLD)
    assert replace(untold(), request="other") == replace(TOLD, request="other")


def test_a_route_that_is_told_later_can_be_copied_and_sent() -> None:
    assert copy.copy(untold()) == copy.deepcopy(untold()) == TOLD
    assert pickle.loads(pickle.dumps(untold())) == TOLD


def test_a_route_is_told_once_and_only_when_somebody_looks() -> None:
    told: list[int] = []

    def tell() -> tuple[Considered, ...]:
        told.append(1)
        return CONSIDERED

    route = Route.told_later("Strategy", tell, ATTEMPTS, "id")
    assert not told
    assert route.considered is route.considered is CONSIDERED
    assert told == [1]
    with pytest.raises(AttributeError, match="misspelt"):
        _ = route.misspelt  # type: ignore[attr-defined]


@pytest.mark.anyio
async def test_a_call_leaves_nothing_for_the_garbage_collector() -> None:
    models = [ScriptedModel("Hello.", model=model) for model in "ab"]
    router = Router(models, strategy=LatencyBasedRouting(), budgets=[Budget(usd=1)])
    replies: list[ModelReply] = [await router.complete("warm up")]
    gc.collect()
    gc.disable()
    try:
        for _ in range(100):
            replies[0] = await router.complete("Hi")
        assert gc.collect() < 100
    finally:
        gc.enable()
