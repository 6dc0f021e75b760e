"""Money: whatever becomes of calls, ledger and budgets agree to the nano-dollar."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from quantumlayer.errors import (
    InvalidRequestError,
    ProviderError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    RouterError,
)
from quantumlayer.messages import (
    Done,
    EmbeddingPurpose,
    Embeddings,
    ModelReply,
    ModelRequest,
    Route,
    StreamEvent,
    TextDelta,
    Usage,
)
from quantumlayer.router import (
    BreakerPolicy,
    Budget,
    Capability,
    Catalog,
    Hedging,
    Limits,
    ModelCard,
    Price,
    RetryPolicy,
    RoundRobin,
    Router,
)
from quantumlayer.testing import VirtualClock

LONGEST = 50  # tokens of an answer, of those seen and those thought


@dataclass(frozen=True)
class Scene:
    """What becomes of one call to a model: after a time words, and then their usage or an error."""

    takes_s: float
    words: int
    usage: Usage
    error: type[ProviderError] | None


@dataclass(frozen=True)
class Plan:
    """What a caller does, when it loses patience, and after how many events it has enough."""

    way: str
    begins_s: float
    patience_s: float
    events: int
    pays: bool


class Actor:
    """A model that plays one scene after the other, and sees that no budget is ever short."""

    provider = "played"

    def __init__(
        self, model: str, card: ModelCard, scenes: Sequence[Scene], clock: VirtualClock
    ) -> None:
        self.model = model
        self.card = card
        self.calls = 0
        self.budgets: Sequence[Budget] = ()
        self._scenes, self._clock = scenes, clock

    async def complete(self, request: ModelRequest) -> ModelReply:
        del request
        scene = await self._begin()
        if scene.error is not None:
            raise scene.error(self.model, "as played")
        return ModelReply("word " * scene.words, "played", self.model, usage=scene.usage)

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        del request
        scene = await self._begin()

        async def events() -> AsyncIterator[StreamEvent]:
            for _ in range(scene.words):
                await self._clock.sleep(0.5)
                yield TextDelta("word ")
            await checkpoint()
            if scene.error is not None:
                raise scene.error(self.model, "as played")
            yield Done(ModelReply("word " * scene.words, "played", self.model, usage=scene.usage))

        yield events()

    async def embed(
        self,
        texts: Sequence[str],
        *,
        purpose: EmbeddingPurpose = "document",
        dimensions: int | None = None,
    ) -> Embeddings:
        del purpose, dimensions
        scene = await self._begin()
        if scene.error is not None:
            raise scene.error(self.model, "as played")
        usage = Usage(scene.usage.input_tokens)
        return Embeddings(tuple((1.0,) for _ in texts), "played", self.model, usage)

    async def _begin(self) -> Scene:
        scene = self._scenes[self.calls % len(self._scenes)]
        self.calls += 1
        assert all(budget.left_nanousd(unix_s=0) >= 0 for budget in self.budgets)
        await self._clock.sleep(scene.takes_s)
        return scene


# What a call reads is at most the 34 tokens that "Hi" is bounded by; of the bound on the answer
# each class of its tokens gets a part.
usages = st.builds(
    Usage,
    input_tokens=st.integers(0, 14),
    cache_read_tokens=st.integers(0, 10),
    cache_write_tokens=st.integers(0, 10),
    output_tokens=st.integers(0, LONGEST // 2),
    reasoning_tokens=st.integers(0, LONGEST // 2),
)
scenes = st.builds(
    Scene,
    takes_s=st.sampled_from([0.0, 0.1, 0.1, 0.1, 2.0, 30.0]),
    words=st.integers(0, 5),
    usage=usages,
    error=st.sampled_from(
        [None] * 4 + [ProviderUnavailableError, ProviderTimeoutError, InvalidRequestError]
    ),
)
rates = st.integers(0, 99_999_989)
prices = st.builds(
    Price,
    input=rates,
    output=rates,
    cache_read=st.none() | rates,
    cache_write=st.none() | rates,
    reasoning=st.none() | rates,
)
plans = st.builds(
    Plan,
    way=st.sampled_from(["complete", "stream", "stream", "embed"]),
    begins_s=st.sampled_from([0.0, 0.0, 1.0, 5.0, 60.0]),
    patience_s=st.sampled_from([0.05, 1.0, 3.0, 1e6, 1e6, 1e6]),
    events=st.sampled_from([0, 1, 2, 99, 99, 99]),
    pays=st.booleans(),
)
hedgings = st.none() | st.builds(
    Hedging,
    quantile=st.just(0.5),
    max_share=st.just(1.0),
    max_cost_ratio=st.sampled_from([2.0, float("inf")]),
    budget=st.none() | st.just(Budget(usd=1e-6)),
)


class Stage:
    """A router, its models, its callers, and what they were given."""

    def __init__(
        self,
        cast: Sequence[tuple[Price, Sequence[Scene]]],
        hedging: Hedging | None,
        concurrent: int | None,
        usd: tuple[float, float],
        continuations: int = 0,
    ) -> None:
        able: frozenset[Capability] | None = frozenset({"continuation"}) if continuations else None
        self.clock = VirtualClock()
        self.actors = [
            Actor(
                f"m{number}",
                ModelCard(price=price, max_output_tokens=LONGEST, capabilities=able),
                played,
                self.clock,
            )
            for number, (price, played) in enumerate(cast)
        ]
        extra = None if hedging is None or hedging.budget is None else Budget(usd=2e-6)
        if hedging is not None:
            hedging = Hedging(0.5, 1.0, hedging.max_cost_ratio, extra)
        self.everyone, self.payers = (Budget(usd=amount) for amount in usd)
        self.extra = Budget(usd=0) if extra is None else extra
        self.router = Router(
            self.actors,
            strategy=RoundRobin(),
            budgets=[self.everyone],
            retry=RetryPolicy(rounds=2, continuations=continuations),
            breaker=BreakerPolicy(min_calls=4),
            limits=Limits(concurrent=concurrent),
            hedging=hedging,
            catalog=Catalog({}),
            clock=self.clock,
            random=Random(7),
        )
        for actor in self.actors:
            actor.budgets = (self.everyone, self.payers, self.extra)
        self.routes: list[Route] = []
        self.costs: list[int] = []

    async def play(self, plans: Sequence[Plan]) -> None:
        async with anyio.create_task_group() as group:
            for plan in plans:
                group.start_soon(self._act, plan)

    async def _act(self, plan: Plan) -> None:
        await self.clock.sleep(plan.begins_s)

        async def lose_patience() -> None:
            await self.clock.sleep(plan.patience_s)
            group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(lose_patience)
            try:
                await self._call(plan)
            except RouterError:
                pass
            finally:
                group.cancel_scope.cancel()

    async def _call(self, plan: Plan) -> None:
        budgets = [self.payers] if plan.pays else []
        if plan.way == "embed":
            made = await self.router.embed(["Hi"], budgets=budgets)
            self._note(made.route, made.cost_nanousd)
        elif plan.way == "complete":
            reply = await self.router.complete("Hi", budgets=budgets)
            self._note(reply.route, reply.cost_nanousd)
        else:
            seen = 0
            async with self.router.stream("Hi", budgets=budgets) as events:
                while seen < plan.events:
                    event = await anext(events)
                    seen += 1
                    if isinstance(event, Done):
                        self._note(event.reply.route, event.reply.cost_nanousd)
                        break

    def _note(self, route: Route, cost_nanousd: int) -> None:
        self.routes.append(route)
        self.costs.append(cost_nanousd)


@settings(max_examples=300)
@given(
    backend=st.sampled_from(["asyncio", "asyncio", "trio"]),
    cast=st.lists(
        st.tuples(prices, st.lists(scenes, min_size=1, max_size=6)), min_size=1, max_size=3
    ),
    plans=st.lists(plans, min_size=1, max_size=8),
    hedging=hedgings,
    concurrent=st.sampled_from([None, None, 1, 2]),
    usd=st.tuples(st.sampled_from([1.0, 1e-5]), st.sampled_from([1.0, 1e-5, 0.0])),
    continuations=st.sampled_from([0, 0, 2]),
)
def test_ledger_budgets_and_replies_agree_whatever_becomes_of_the_calls(
    backend: str,
    cast: list[tuple[Price, list[Scene]]],
    plans: list[Plan],
    hedging: Hedging | None,
    concurrent: int | None,
    usd: tuple[float, float],
    continuations: int,
) -> None:
    stage = Stage(cast, hedging, concurrent, usd, continuations)
    anyio.run(stage.play, plans, backend=backend)
    router, ledger = stage.router, stage.router.ledger
    attempts = [entry.attempt for entry in ledger.entries]
    prices = {f"played/{actor.model}": actor.card.price for actor in stage.actors}

    # Every call that was begun is there, once, at its price.
    for actor in stage.actors:
        mine = [each for each in attempts if each.deployment == f"played/{actor.model}"]
        assert len(mine) == actor.calls
    for attempt in attempts:
        price = prices[attempt.deployment]
        assert price is not None
        assert attempt.cost_nanousd == price.cost_nanousd(attempt.usage)

    # The sums are those of the entries, and what the budgets have paid.
    spent = sum(attempt.cost_nanousd for attempt in attempts)
    assert ledger.cost_nanousd == spent
    assert stage.everyone.spent_nanousd(unix_s=0) == spent
    assert sum(total.attempts for total in ledger.totals.values()) == len(attempts)
    assert sum((total.usage for total in ledger.totals.values()), Usage()) == sum(
        (attempt.usage for attempt in attempts), Usage()
    )
    extra = sum(attempt.cost_nanousd for attempt in attempts if attempt.kind == "hedge")
    if hedging is not None and hedging.budget is not None:
        assert stage.extra.spent_nanousd(unix_s=0) == extra

    # Nothing is still set aside, nothing was overspent, nobody is still under way.
    for budget in (stage.everyone, stage.payers, stage.extra):
        left = budget.left_nanousd(unix_s=0)
        assert left == budget.limit_nanousd - budget.spent_nanousd(unix_s=0) >= 0
    for deployment in router._deployments.values():
        assert deployment.in_flight == 0
    assert router._line._waiting == []

    # A reply's route has attempts of the ledger; the last one answered, and cost what it says.
    for route, cost in zip(stage.routes, stage.costs, strict=True):
        *before, last = route.attempts
        assert last.error == ""
        assert last.cost_nanousd == cost
        assert all(attempt.error for attempt in before)
        assert all(any(attempt is other for other in attempts) for attempt in route.attempts)


def test_the_stage_shows_every_end_that_a_call_can_have() -> None:
    played = [
        Scene(0.1, 2, Usage(5, output_tokens=7), None),
        Scene(0.1, 2, Usage(5, output_tokens=7), None),
        Scene(30.0, 2, Usage(5, output_tokens=7), None),
        Scene(0.1, 2, Usage(), ProviderUnavailableError),
        Scene(0.1, 0, Usage(), ProviderUnavailableError),
    ]
    cast = [(Price(1_000_003, 2_000_003), played), (Price(1_000_003, 2_000_003), played[:1])]
    stage = Stage(cast, Hedging(0.5, 1.0), None, (1.0, 1.0))
    plans = [
        *[Plan("stream", float(begins), 1e6, 99, pays=True) for begins in range(0, 100, 10)],
        Plan("stream", 200.0, 1e6, 1, pays=True),
        Plan("complete", 300.0, 0.05, 0, pays=False),
    ]
    anyio.run(stage.play, plans)
    ends = {entry.attempt.error.partition(":")[0] for entry in stage.router.ledger.entries}

    assert ends >= {
        "",
        "'played/m1' was faster",
        "StreamInterruptedError",
        "ProviderUnavailableError",
        "left before its end",
        "cancelled",
    }


@pytest.mark.parametrize("usd", [0.0, 1e-9])
def test_a_budget_of_next_to_nothing_pays_for_nothing(usd: float) -> None:
    played = [Scene(0.1, 2, Usage(5, output_tokens=7), None)]
    stage = Stage([(Price(10**9, 10**9), played)], None, None, (1.0, usd))
    anyio.run(stage.play, [Plan("complete", 0.0, 1e6, 0, pays=True)])

    assert stage.actors[0].calls == 0
    assert stage.payers.spent_nanousd(unix_s=0) == 0
