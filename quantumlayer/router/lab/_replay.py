"""The production router on recorded outcomes, in virtual time."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import count, pairwise
from random import Random

import anyio
import numpy as np
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus
from anyio.lowlevel import checkpoint
from numpy.typing import NDArray

from quantumlayer.errors import (
    LabError,
    ProviderUnavailableError,
    RateLimitedError,
    RouterError,
    StrategyError,
)
from quantumlayer.messages import (
    NANO_PER_USD,
    Done,
    Message,
    ModelReply,
    ModelRequest,
    StreamEvent,
    Usage,
)
from quantumlayer.router._breaker import BreakerPolicy
from quantumlayer.router._budget import Budget
from quantumlayer.router._card import ModelCard, Price
from quantumlayer.router._catalog import Catalog
from quantumlayer.router._limits import Limits
from quantumlayer.router._retry import RetryPolicy
from quantumlayer.router._router import Router
from quantumlayer.router._strategy import RoutingStrategy
from quantumlayer.router._tokens import estimate_tokens
from quantumlayer.router.lab._baselines import ReplayedRequest
from quantumlayer.router.lab._outcomes import Floats, Outcomes

__all__ = ["Outage", "Replay", "Scenario", "cards", "replay"]

_MINUTE_S = 60.0

# How many turns of the event loop without a word from anybody before the time moves on. A request
# takes one to begin and one to go on after a wait, and where it waited for a rate limit some five
# to leave its task group; more are for strategies' and routers' own tasks.
_QUIET_TURNS = 12


_ANSWER_TOKENS = 4_096


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which a model answers nothing.

    Attributes:
        model: Which one.
        start_s: When it begins, in seconds after the first moment.
        end_s: When it is over.
        fails_after_s: How long a caller waits for the failure, in seconds.
    """

    model: str
    start_s: float
    end_s: float
    fails_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """The conditions under which outcomes are replayed.

    Attributes:
        arrivals_s: When each request comes in, in seconds, growing; None: each when the one before
            it is answered. Of a longer trace the beginning is used.
        cards: Price, limits and quality of the models as the strategy sees them. A model without
            one gets a price that makes its recorded costs out of its prompts' tokens.
        outages: When models answer nothing.
        requests_per_minute: How many requests a model takes in any 60 seconds, by model; it refuses
            more of them and says when it takes the next.
        limits: What the router asks each model to bear, or each by its name: it does not send more,
            and lets requests wait for their turn.
        budget_usd: What all requests may cost together, in US dollars; None: anything.
        retry: How often and how long a request is tried.
        breaker: When a failing model is left alone.
        seed: Of all that is random.
    """

    arrivals_s: Sequence[float] | None = None
    cards: Mapping[str, ModelCard] = field(default_factory=dict)
    outages: Sequence[Outage] = ()
    requests_per_minute: Mapping[str, int] = field(default_factory=dict)
    limits: Limits | Mapping[str, Limits] = Limits()
    budget_usd: float | None = None
    retry: RetryPolicy = RetryPolicy()
    breaker: BreakerPolicy = BreakerPolicy()
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """What came of each request, in the order of the prompts.

    Attributes:
        model: The column of the model that answered; -1 where none did.
        quality: What the answer was worth; 0 where there was none.
        cost_usd: What it cost as recorded, in US dollars.
        charged_usd: What it cost at the cards' prices, as budgets count, in US dollars.
        waited_s: How long the caller waited, failures and retries included, in seconds.
        ended_s: When the caller had the answer or the error, in seconds.
        scores: The strategy's score of each model: (prompts, models); NaN where it was not ranked,
            or nobody answered.
    """

    model: NDArray[np.int64]
    quality: Floats
    cost_usd: Floats
    charged_usd: Floats
    waited_s: Floats
    ended_s: Floats
    scores: Floats


async def replay(
    strategy: RoutingStrategy, outcomes: Outcomes, scenario: Scenario = Scenario()
) -> Replay:
    """Send every prompt through a router that has the strategy and the recorded models.

    Filters, circuit breakers, budgets, retries and fallback are those of production; only the time
    and the models are not real. The same arguments give the same replay, as long as the strategy
    has not learned in between. An error of the router (nobody could answer) is an outcome of
    quality 0. Costs of answers are those recorded; a budget settles at the cards' prices.

    Raises:
        LabError: The scenario names an unknown model, has too few or unordered arrivals, or a time
            or number that makes no sense.
        RouterConfigError: The budget or a policy makes no sense.
        StrategyError: The strategy raised or answered nonsense.
    """
    _check(scenario, outcomes)
    clock = _Clock()
    random = Random(scenario.seed)  # noqa: S311 -- a simulation that can be repeated
    models = [
        _Recorded(outcomes, column, scenario, clock) for column in range(len(outcomes.models))
    ]
    budget = scenario.budget_usd
    router = Router(
        models,
        strategy=strategy,
        budgets=() if budget is None else [Budget(usd=budget)],
        retry=scenario.retry,
        breaker=scenario.breaker,
        limits=scenario.limits,
        catalog=Catalog({}),
        clock=clock,
        random=random,
    )
    size = len(outcomes)
    made = Replay(
        model=np.full(size, -1),
        quality=np.zeros(size),
        cost_usd=np.zeros(size),
        charged_usd=np.zeros(size),
        waited_s=np.zeros(size),
        ended_s=np.zeros(size),
        scores=np.full((size, len(models)), np.nan),
    )
    faults: list[StrategyError] = []

    async def serve(row: int, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        clock.stir()
        task_status.started()
        start_s = clock.monotonic()
        request = ReplayedRequest((Message.user(outcomes.prompts[row]),), row=row)
        try:
            reply = await router.complete(request)
        except StrategyError as error:
            faults.append(error)
        except RouterError:
            pass
        else:
            _note(made, row, reply, outcomes)
        made.ended_s[row] = clock.monotonic()
        made.waited_s[row] = made.ended_s[row] - start_s

    async with clock.running(), anyio.create_task_group() as tasks:
        for row in range(size):
            if faults:
                break
            if scenario.arrivals_s is None:
                await serve(row)
            else:
                await clock.sleep(scenario.arrivals_s[row] - clock.monotonic())
                # Whoever comes at the same moment comes in this order, on any event loop.
                await tasks.start(serve, row)
    if faults:
        raise faults[0]
    return made


def _note(made: Replay, row: int, reply: ModelReply, outcomes: Outcomes) -> None:
    """Enter the answer to a prompt."""
    column = made.model[row] = outcomes.column(reply.model)
    made.quality[row] = outcomes.quality[row, column]
    made.cost_usd[row] = outcomes.cost_usd[row, column]
    made.charged_usd[row] = reply.cost_nanousd / NANO_PER_USD
    for entry in reply.route.considered:
        if entry.score is not None:
            made.scores[row, outcomes.column(entry.deployment)] = entry.score


def _check(scenario: Scenario, outcomes: Outcomes) -> None:
    limits = scenario.limits
    for model in (
        *scenario.cards,
        *scenario.requests_per_minute,
        *(() if isinstance(limits, Limits) else limits),
        *(outage.model for outage in scenario.outages),
    ):
        outcomes.column(model)
    for outage in scenario.outages:
        if not (0 <= outage.start_s <= outage.end_s and 0 <= outage.fails_after_s < math.inf):
            raise LabError(f"{outage!r} is no time: let it end after its start, and fail in time.")
    for model, most in scenario.requests_per_minute.items():
        if not 0 <= most < math.inf:
            raise LabError(f"{model!r} cannot take {most!r} requests a minute: give zero or more.")
    times = scenario.arrivals_s
    if times is None:
        return
    if len(times) < len(outcomes):
        raise LabError(
            f"The trace has {len(times)} arrivals for {len(outcomes)} prompts: take a longer one, "
            "or fewer prompts with `outcomes.take`."
        )
    if not all(0 <= one <= two < math.inf for one, two in pairwise(times)):
        raise LabError("Arrivals have to be finite, zero or more seconds, and in order.")


class _Recorded:
    """A model that answers as it did when the outcomes were recorded."""

    def __init__(self, outcomes: Outcomes, column: int, scenario: Scenario, clock: _Clock) -> None:
        self.provider = "recorded"
        self.model = self.name = outcomes.models[column]
        self.card = scenario.cards.get(self.model) or _card(outcomes, column)
        self._latency_s = None if outcomes.latency_s is None else outcomes.latency_s[:, column]
        self._outages = [one for one in scenario.outages if one.model == self.model]
        self._limit = scenario.requests_per_minute.get(self.model)
        self._served_s: list[float] = []
        self._clock = clock

    async def complete(self, request: ModelRequest) -> ModelReply:
        assert isinstance(request, ReplayedRequest)  # noqa: S101 -- the laboratory asks nothing else
        now_s = self._clock.monotonic()
        self._admit(now_s)
        for outage in self._outages:
            if outage.start_s <= now_s < outage.end_s:
                await self._clock.sleep(outage.fails_after_s)
                raise ProviderUnavailableError(self.name, "it has an outage")
        if self._latency_s is not None:
            await self._clock.sleep(float(self._latency_s[request.row]))
        text = "".join(message.text for message in request.messages)
        usage = Usage(estimate_tokens(text), estimated=True)
        return ModelReply("", self.provider, self.model, usage=usage)

    def _admit(self, now_s: float) -> None:
        if self._limit is None:
            return
        self._served_s = [one for one in self._served_s if one > now_s - _MINUTE_S]
        if len(self._served_s) >= self._limit:
            wait_s = self._served_s[0] + _MINUTE_S - now_s if self._served_s else _MINUTE_S
            raise RateLimitedError(self.name, "too many requests a minute", retry_after_s=wait_s)
        self._served_s.append(now_s)

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        reply = await self.complete(request)

        async def events() -> AsyncIterator[StreamEvent]:
            yield Done(reply)

        yield events()


def _card(outcomes: Outcomes, column: int) -> ModelCard:
    """A card whose price of prompt tokens alone makes the recorded costs in sum."""
    tokens = sum(estimate_tokens(text) for text in outcomes.prompts)
    cost_usd = float(outcomes.cost_usd[:, column].sum())
    price = Price(input=round(cost_usd * NANO_PER_USD * 1_000_000 / max(1, tokens)))
    # Any bound on the answer will do, its tokens are free; without one no budget allows a call.
    return ModelCard(price=price, max_output_tokens=_ANSWER_TOKENS)


def cards(outcomes: Outcomes) -> dict[str, ModelCard]:
    """Cards as outcomes suggest them: the models' mean quality, and a price that makes their costs.

    Take the part to learn from, so that no strategy knows what it is measured on.
    """
    return {
        model: replace(_card(outcomes, column), quality=float(outcomes.quality[:, column].mean()))
        for column, model in enumerate(outcomes.models)
    }


class _Clock:
    """Time that moves on to the next end of a wait once nobody has anything to do."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._waits: list[tuple[float, int, anyio.Event]] = []
        self._numbers = count()
        self._words = 0

    def monotonic(self) -> float:
        return self._now_s

    unix = monotonic

    async def sleep(self, wait_s: float) -> None:
        if wait_s <= 0:
            return
        ended = anyio.Event()
        heappush(self._waits, (self._now_s + wait_s, next(self._numbers), ended))
        self.stir()
        await ended.wait()

    def stir(self) -> None:
        """Give a sign of somebody who has something to do."""
        self._words += 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run)
            yield
            tasks.cancel_scope.cancel()

    async def _run(self) -> None:
        while True:
            quiet = 0
            while quiet < _QUIET_TURNS:
                words = self._words
                await checkpoint()
                quiet = quiet + 1 if words == self._words else 0
            if self._waits:
                self._now_s, _, ended = heappop(self._waits)
                ended.set()
