"""Every strategy and every provider here, against the checks that strangers' ones face too."""

from collections.abc import Callable, Sequence
from typing import cast

import pytest

from quantumlayer.errors import ProviderUnavailableError
from quantumlayer.router import (
    Candidate,
    CatalogQuality,
    CostBasedRouting,
    HybridRouting,
    LatencyBasedRouting,
    QualityBasedRouting,
    Ranked,
    RoutingRequest,
    RoutingStrategy,
)
from quantumlayer.testing import ScriptedModel, check_provider, check_strategy

STRATEGIES: dict[str, Callable[[], RoutingStrategy]] = {
    "cost": CostBasedRouting,
    "latency": LatencyBasedRouting,
    "quality": QualityBasedRouting,
    "quality, nearly as good": lambda: QualityBasedRouting(CatalogQuality({"a/free": 0.88}), 0.9),
    "hybrid": HybridRouting,
    "hybrid, one aim": lambda: HybridRouting(weights={"latency": 1}),
    "hybrid, constrained": lambda: HybridRouting(
        max_cost_usd=0.001, max_latency_s=5.0, min_quality=0.3
    ),
}


@pytest.mark.parametrize("name", STRATEGIES)
def test_our_strategies_keep_the_contract(name: str) -> None:
    check_strategy(STRATEGIES[name])


@pytest.mark.anyio
async def test_the_scripted_model_keeps_the_contract() -> None:
    await check_provider(
        lambda: ScriptedModel("Hello there,\n how are you? "),
        failing=lambda: ScriptedModel(ProviderUnavailableError("scripted/model", "down")),
    )


class _Ranks:
    """A strategy that ranks as it is told."""

    def __init__(self, rank: Callable[[Sequence[Candidate]], Sequence[Ranked]]) -> None:
        self._rank = rank

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request
        return self._rank(candidates)


def _all(candidates: Sequence[Candidate], score: float = 0.0) -> list[Ranked]:
    return [Ranked(candidate.deployment, score) for candidate in candidates]


class _Counts:
    """A strategy with a memory of its own rankings."""

    def __init__(self) -> None:
        self._calls = 0

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request
        self._calls += 1
        return _all(candidates, float(self._calls))


def _empties(candidates: Sequence[Candidate]) -> list[Ranked]:
    ranking = _all(candidates)
    cast("list[Candidate]", candidates).clear()
    return ranking


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: _Ranks(lambda _: [Ranked("invented", 0)]), "no candidate"),
        (lambda: _Ranks(lambda cs: [*_all(cs), *_all(cs)]), "twice"),
        (lambda: _Ranks(lambda cs: _all(cs, float("nan"))), "score"),
        (lambda: _Ranks(_empties), "changes the candidates"),
        (_Counts, "in two ways"),
    ],
)
def test_a_strategy_that_breaks_a_rule_is_told_which(
    make: Callable[[], RoutingStrategy], fault: str
) -> None:
    with pytest.raises(AssertionError, match=fault):
        check_strategy(make)
