"""Every strategy and every provider here, against the checks that strangers' ones face too."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any, cast

import pytest
from anyio.lowlevel import checkpoint

from quantumlayer.errors import ProviderUnavailableError
from quantumlayer.messages import (
    Done,
    EmbeddingPurpose,
    Embeddings,
    ModelReply,
    ModelRequest,
    StreamEvent,
    TextDelta,
    ToolCall,
)
from quantumlayer.router import (
    Candidate,
    CatalogQuality,
    ConsistentHash,
    CostBasedRouting,
    Exploring,
    HybridRouting,
    LatencyBasedRouting,
    LeastConnections,
    Outcome,
    QualityBasedRouting,
    Ranked,
    RoundRobin,
    RoutingRequest,
    RoutingStrategy,
    WeightedRoundRobin,
)
from quantumlayer.testing import (
    Cut,
    ScriptedModel,
    check_embeddings,
    check_provider,
    check_strategy,
)

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
    "in turn": RoundRobin,
    "in turn, by weight": lambda: WeightedRoundRobin({"a/free": 3, "b/slow": 0, "c/fast": 0.5}),
    "fewest connections": LeastConnections,
    "exploring": lambda: Exploring(CostBasedRouting(), 0.2),
    "hash": ConsistentHash,
    "hash of the agent": lambda: ConsistentHash(lambda request: request.agent or ""),
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
    await check_provider(
        lambda: ScriptedModel("Hello"),
        failing=lambda: ScriptedModel(Cut("half", ProviderUnavailableError("scripted/model", "x"))),
    )


class _Ranks:
    """A strategy that ranks as it is told."""

    def __init__(self, rank: Callable[[Sequence[Candidate]], Sequence[Ranked]]) -> None:
        self._rank = rank

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request
        return self._rank(candidates)


def _told(candidates: Sequence[Candidate], first: float, second: float) -> list[Ranked]:
    """Always in the order given, telling how likely the first two are to be first."""
    likely = (first, second, *(0.0 for _ in candidates))
    return [
        Ranked(one.deployment, 0, each or None)
        for one, each in zip(candidates, likely, strict=False)
    ]


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
        (lambda: _Ranks(lambda cs: _told(cs, 1.0, 0.5)), "no probabilities"),
        (lambda: _Ranks(lambda cs: _told(cs, -0.5, 0.5)), "no probabilities"),
        (lambda: _Ranks(lambda cs: _told(cs, 0.8, 0.2)), "comes first in 1600 of 2000"),
    ],
)
def test_a_strategy_that_breaks_a_rule_is_told_which(
    make: Callable[[], RoutingStrategy], fault: str
) -> None:
    with pytest.raises(AssertionError, match=fault):
        check_strategy(make)


class _Learns(_Ranks):
    """A strategy that goes astray once it has seen a failure."""

    def __init__(self) -> None:
        super().__init__(_all)

    def observe(self, outcome: Outcome) -> None:
        if outcome.error:
            self._rank = lambda _: [Ranked("a/known", 0), Ranked("a/known", 0)]


def test_a_strategy_that_is_sure_may_tell_so() -> None:
    check_strategy(lambda: _Ranks(lambda cs: _told(cs, 1.0, 0.0)))


def test_a_strategy_that_learns_well_passes() -> None:
    class Learns(_Ranks):
        def observe(self, outcome: Outcome) -> None:
            del outcome

    check_strategy(lambda: Learns(_all))


def test_what_a_strategy_learns_is_checked_too() -> None:
    with pytest.raises(AssertionError, match="ranks one twice"):
        check_strategy(_Learns)


class _Wrong(ScriptedModel):
    """A provider that breaks one rule."""

    def __init__(self, fault: str) -> None:
        super().__init__("some words", provider="" if fault == "nameless" else "wrong")
        self._fault = fault

    def __repr__(self) -> str:
        return "Wrong(sk-1)" if self._fault == "talkative" else "Wrong()"

    async def complete(self, request: ModelRequest) -> ModelReply:
        reply = await super().complete(request)
        return replace(reply, text="") if self._fault == "silent" else reply

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        reply = await self.complete(request)
        events: dict[str, list[StreamEvent]] = {
            "endless": [TextDelta("some words")],
            "differing": [TextDelta("other words"), Done(reply)],
            "early": [Done(reply), TextDelta("some words"), Done(reply)],
            "unannounced": [Done(replace(reply, text="", tool_calls=(ToolCall("c", "f", ""),)))],
        }

        async def given() -> AsyncGenerator[StreamEvent, None]:
            for event in events.get(self._fault, []):
                yield event

        async with aclosing(given()) as stream:
            yield stream


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("nameless", "names nobody"),
        ("talkative", "shows in the provider's repr"),
        ("silent", "the reply is empty"),
        ("empty", "has no events"),
        ("endless", "not with `Done`"),
        ("differing", "do not add up"),
        ("early", "before the end"),
        ("unannounced", "not in the stream"),
    ],
)
async def test_a_provider_that_breaks_a_rule_is_told_which(fault: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        await check_provider(lambda: _Wrong(fault), secret="sk-1")


@pytest.mark.anyio
async def test_a_provider_that_must_fail_and_answers_is_found_out() -> None:
    with pytest.raises(AssertionError, match="that must fail has answered"):
        await check_provider(lambda: ScriptedModel("a word"), failing=lambda: ScriptedModel("b"))


class Numbers:
    """An embedding provider, as good or bad as its function."""

    def __init__(self, vectors: Callable[[Sequence[str]], Any]) -> None:
        self._vectors = vectors

    async def embed(
        self,
        texts: Sequence[str],
        *,
        purpose: EmbeddingPurpose = "document",
        dimensions: int | None = None,
    ) -> Embeddings:
        await checkpoint()
        made = self._vectors(texts)
        return made if isinstance(made, list) else Embeddings(made, "p", "m")  # type: ignore[return-value]


@pytest.mark.anyio
async def test_embeddings_that_keep_the_rules_pass() -> None:
    await check_embeddings(lambda: Numbers(lambda texts: tuple((1.0, 2.0) for _ in texts)))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("vectors", "rule"),
    [
        (lambda texts: tuple((1.0,) for _ in texts[1:]), "0 vectors for 1 texts"),
        (lambda texts: tuple((1.0,) * (at + 1) for at, _ in enumerate(texts)), "differ in length"),
        (lambda texts: tuple((float("nan"),) for _ in texts), "no finite number"),
        (lambda texts: tuple(() for _ in texts), "a vector is empty"),
        (lambda texts: [[1.0] for _ in texts], "is no Embeddings"),
    ],
)
async def test_embeddings_that_break_a_rule_are_found(
    vectors: Callable[[Sequence[str]], Any], rule: str
) -> None:
    with pytest.raises(AssertionError, match=rule):
        await check_embeddings(lambda: Numbers(vectors))


@pytest.mark.anyio
async def test_a_provider_of_embeddings_that_must_fail_has_to() -> None:
    good = Numbers(lambda texts: tuple((1.0,) for _ in texts))
    with pytest.raises(AssertionError, match="must fail has made vectors"):
        await check_embeddings(lambda: good, failing=lambda: good)
