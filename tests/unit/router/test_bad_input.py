"""Bad input, wherever it comes in: a typed error that names the cure. One test for each kind."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

from quantumlayer.errors import (
    LabError,
    NoDeploymentError,
    RouterConfigError,
    RouterError,
    StrategyError,
)
from quantumlayer.router import (
    Budget,
    Candidate,
    Catalog,
    CostBasedRouting,
    Exploring,
    HybridRouting,
    Limits,
    ModelCard,
    QualityBasedRouting,
    Ranked,
    Router,
    RoutingRequest,
    RoutingStrategy,
    TrainedQuality,
    WeightedRoundRobin,
)
from quantumlayer.router.lab import (
    Outage,
    Outcomes,
    Pricing,
    Scenario,
    baselines,
    bench,
    calibrate,
    replay,
)
from quantumlayer.testing import ScriptedModel

OUTCOMES = Outcomes(["one", "two"], ["a", "b"], np.ones((2, 2)), np.ones((2, 2)))


class Custom:
    """A strategy that answers what it is told to, or raises it."""

    def __init__(self, answer: Callable[[Sequence[Candidate]], Any]) -> None:
        self.answer = answer

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        return self.answer(candidates)  # type: ignore[no-any-return]  # whatever it is


def raising(_: Sequence[Candidate]) -> Any:
    raise ZeroDivisionError


NONSENSE: Mapping[str, tuple[Callable[[Sequence[Candidate]], Any], str]] = {
    "NaN": (lambda pool: [Ranked(pool[0].deployment, math.nan)], "finite number"),
    "infinite": (lambda pool: [Ranked(pool[0].deployment, math.inf)], "finite number"),
    "no number": (lambda pool: [Ranked(pool[0].deployment, "best")], "finite number"),  # type: ignore[arg-type]  # on purpose
    "no ranking": (lambda _: None, "raised TypeError"),
    "no places": (lambda pool: [pool[0].deployment], "return `Ranked"),
    "raises": (raising, "raised ZeroDivisionError"),
    "invents": (lambda _: [Ranked("gpt-99", 0)], "'gpt-99', which is no candidate"),
    "repeats": (lambda pool: [Ranked(pool[0].deployment, 0)] * 2, "stands there twice"),
}


@pytest.mark.parametrize("kind", NONSENSE)
@pytest.mark.anyio
async def test_a_strategy_that_answers_nonsense(kind: str) -> None:
    answer, cure = NONSENSE[kind]
    strategy: RoutingStrategy = Custom(answer)
    with pytest.raises(StrategyError, match=cure):
        await Router([ScriptedModel("fine")], strategy=strategy).complete("hello")
    with pytest.raises(StrategyError, match=cure):
        await replay(strategy, OUTCOMES)
    with pytest.raises(StrategyError):
        await Router([ScriptedModel("fine")], strategy=Exploring(strategy)).complete("hello")


class Scorer:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def score(
        self, request: RoutingRequest, candidates: Sequence[Candidate]
    ) -> Sequence[float | None]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return [self.answer] * len(candidates) if self.answer != "short" else []


@pytest.mark.parametrize("answer", [math.nan, -0.1, 1.1, "good", "short", ZeroDivisionError()])
@pytest.mark.anyio
async def test_a_scorer_that_answers_nonsense(answer: Any) -> None:
    scorer = Scorer(answer)
    for strategy in (QualityBasedRouting(scorer=scorer), HybridRouting(scorer=scorer)):
        with pytest.raises(
            StrategyError, match=r"give one quality between 0 and 1|a scorer scores"
        ):
            await Router([ScriptedModel("fine")], strategy=strategy).complete("hello")
    with pytest.raises(StrategyError, match="Scorer"):
        calibrate(scorer, OUTCOMES, reference="a", cards={})


@pytest.mark.parametrize(
    ("weights", "cure"),
    [
        ({"cost": -1}, "zero or more"),
        ({"cost": 0, "latency": 0, "quality": 0}, "at least one be above zero"),
        ({"cost": math.nan}, "zero or more"),
        ({"cost": math.inf}, "zero or more"),
        ({"cost": "much"}, "zero or more"),
        ({"cost": None}, "zero or more"),
        ({}, "at least one be above zero"),
    ],
)
def test_weights_of_a_mix(weights: Any, cure: str) -> None:
    with pytest.raises(RouterConfigError, match=cure):
        HybridRouting(weights=weights)


def test_a_weight_of_an_unknown_aim() -> None:
    with pytest.raises(RouterConfigError, match="the weights are 'cost', 'latency' and 'quality'"):
        HybridRouting(weights={"speed": 1})


@pytest.mark.parametrize(
    ("weights", "cure"),
    [
        ({"a": -1}, "zero or more"),
        ({"a": 0, "b": 0}, "at least one be above zero"),
        ({"a": math.nan}, "zero or more"),
        ({"a": "much"}, "zero or more"),
    ],
)
def test_weights_of_turns(weights: Any, cure: str) -> None:
    with pytest.raises(RouterConfigError, match=cure):
        WeightedRoundRobin(weights)


@pytest.mark.anyio
async def test_weights_that_leave_nobody() -> None:
    strategy = WeightedRoundRobin({"scripted/model": 0, "other": 1})
    with pytest.raises(NoDeploymentError, match="the strategy vetoes it"):
        await Router([ScriptedModel("fine")], strategy=strategy).complete("hello")


def test_an_unknown_model() -> None:
    with pytest.raises(RouterConfigError, match="name one of these"):
        Router([ScriptedModel("fine")], limits={"gpt-99": Limits(concurrent=1)})
    with pytest.raises(LabError, match="there are those of 'a', 'b'"):
        OUTCOMES.column("gpt-99")
    for scenario in (
        Scenario(cards={"gpt-99": ModelCard()}),
        Scenario(outages=[Outage("gpt-99", 0, 1)]),
        Scenario(requests_per_minute={"gpt-99": 1}),
        Scenario(limits={"gpt-99": Limits(concurrent=1)}),
    ):
        with pytest.raises(LabError, match="there are those of 'a', 'b'"):
            anyio.run(replay, CostBasedRouting(), OUTCOMES, scenario)
    with pytest.raises(LabError, match="there are those of 'a', 'b'"):
        calibrate(Scorer(0.5), OUTCOMES, reference="gpt-99", cards={})


def test_no_candidates() -> None:
    with pytest.raises(RouterConfigError, match="at least one deployment: pass a provider"):
        Router([])
    with pytest.raises(LabError, match="at least one prompt and one model"):
        Outcomes(["one"], [], np.ones((1, 0)), np.ones((1, 0)))
    request: Any = None
    for strategy in (*baselines(OUTCOMES, OUTCOMES).values(), Exploring(CostBasedRouting())):
        if type(strategy).__name__ not in {"_ByLength", "_Random", "Oracle"}:  # they read it
            assert list(strategy.rank(request, [])) == []


@pytest.mark.anyio
async def test_a_price_that_the_catalog_does_not_have() -> None:
    unpriced = ScriptedModel("fine", card=None)
    router = Router([unpriced], budgets=[Budget(usd=1)], catalog=Catalog({}))
    with pytest.raises(RouterError, match="give it a `ModelCard` with a price"):
        await router.complete("hello")
    free = Router([unpriced], strategy=CostBasedRouting(), catalog=Catalog({}))
    assert (await free.complete("hello")).text == "fine"
    with pytest.raises(LabError, match="add it to `prices`, or record its costs"):
        Pricing({}).costs_usd(["hello"], "gpt-99")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"{}", b"\x80\x04K\x01."])
def test_a_corrupt_scorer_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "my.scorer"
    path.write_bytes(content)
    with pytest.raises(LabError, match="make it anew with `quantumlayer route train`"):
        TrainedQuality.load(path)
    with pytest.raises(LabError, match="make it anew with `quantumlayer route train`"):
        TrainedQuality.load(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"models": {"a/b": {"usd_per_mtok": 3}}})])
def test_a_corrupt_catalog(text: str) -> None:
    with pytest.raises(RouterConfigError, match=r"models\.json"):
        Catalog.from_json(text)


@pytest.mark.anyio
async def test_a_budget_of_nothing_sensible() -> None:
    for usd in (-1, math.nan, math.inf):
        with pytest.raises(RouterConfigError):
            await bench({}, OUTCOMES, train=OUTCOMES, scenario=Scenario(budget_usd=usd))
