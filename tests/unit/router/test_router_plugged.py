"""What strangers plug into the router: strategies, observers, providers. And its settings."""

import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import anyio
import numpy as np
import pytest

from quantumlayer.errors import (
    NoDeploymentError,
    ProviderUnavailableError,
    RouterConfigError,
    StrategyError,
)
from quantumlayer.router import (
    Candidate,
    Catalog,
    ModelCard,
    Outcome,
    Price,
    QualityBasedRouting,
    Ranked,
    RetryPolicy,
    Router,
    RoutingRequest,
    SystemClock,
)
from quantumlayer.testing import ScriptedModel, VirtualClock

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]


class Ranks:
    """Rank whatever the function gives."""

    def __init__(self, ranking: Callable[[Sequence[Candidate]], object]) -> None:
        self._ranking = ranking

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request
        return self._ranking(candidates)  # type: ignore[return-value]


def _raise(_: Sequence[Candidate]) -> object:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("ranking", "told"),
    [
        (_raise, "'Ranks' raised ZeroDivisionError.*check_strategy"),
        (lambda _: None, "raised TypeError"),
        (lambda _: [Ranked("invented", 0)], r"no candidate.*\['scripted/model'\]"),
        (lambda cs: [Ranked(cs[0].deployment, 0)] * 2, "stands there twice"),
        (lambda cs: [Ranked(cs[0].deployment, float("nan"))], "finite number"),
        (lambda cs: [Ranked(cs[0].deployment, float("inf"))], "finite number"),
        (lambda cs: [Ranked(cs[0].deployment, "best")], "finite number"),  # type: ignore[arg-type]
        (lambda cs: [cs[0].deployment], r"return `Ranked\(deployment, score\)`"),
        (lambda cs: cs, r"return `Ranked\(deployment, score\)`"),
    ],
)
async def test_a_strategy_that_answers_nonsense_is_told_what_and_how_to_mend_it(
    router_of: MakeRouter, ranking: Callable[[Sequence[Candidate]], object], told: str
) -> None:
    model = ScriptedModel("Paris")

    with pytest.raises(StrategyError, match=told):
        await router_of(model, strategy=Ranks(ranking)).complete("Hi")

    assert model.calls == 0


async def test_what_a_strategy_vetoes_is_not_called(router_of: MakeRouter) -> None:
    vetoed, chosen = ScriptedModel(model="a"), ScriptedModel("Rome", model="b")
    last_only = Ranks(lambda cs: [Ranked(cs[-1].deployment, 0)])

    reply = await router_of(vetoed, chosen, strategy=last_only).complete("Hi")

    assert reply.text == "Rome"
    assert reply.route.considered[1].rejected == "the strategy vetoes it"
    with pytest.raises(NoDeploymentError, match="the strategy vetoes it"):
        await router_of(chosen, strategy=Ranks(lambda _: [])).complete("Hi")


async def test_a_strategy_is_not_asked_about_nobody(router_of: MakeRouter) -> None:
    model = ScriptedModel(card=ModelCard(max_output_tokens=1))

    with pytest.raises(NoDeploymentError):
        await router_of(model, strategy=Ranks(_raise)).complete("Hi", max_output_tokens=2)


async def test_the_same_seed_and_time_make_the_same_decision() -> None:
    seen: list[RoutingRequest] = []

    class Watching(Ranks):
        def rank(
            self, request: RoutingRequest, candidates: Sequence[Candidate]
        ) -> Sequence[Ranked]:
            seen.append(request)
            return super().rank(request, candidates)

    clock = VirtualClock()
    clock.advance(12.5)
    router = Router(
        [ScriptedModel("ok")],
        strategy=Watching(lambda cs: [Ranked(cs[0].deployment, 0)]),
        clock=clock,
    )
    await router.complete("How many tokens is this?", max_output_tokens=50)
    await router.complete("How many tokens is this?")

    assert [asked.now_s for asked in seen] == [12.5, 12.5]
    assert seen[0].seed != seen[1].seed
    assert (seen[0].output_tokens, seen[1].output_tokens) == (50, 211)
    assert 8 <= seen[0].prompt_tokens <= 16


async def test_a_scorer_s_nonsense_is_told_to_the_caller(router_of: MakeRouter) -> None:
    class Blank:
        def score(
            self, request: RoutingRequest, candidates: Sequence[Candidate]
        ) -> Sequence[float | None]:
            del request, candidates
            return []

    with pytest.raises(StrategyError, match="Blank' scored 1 candidates"):
        await router_of(ScriptedModel(), strategy=QualityBasedRouting(Blank())).complete("Hi")


class Learning(Ranks):
    """Keep every outcome."""

    def __init__(self) -> None:
        super().__init__(lambda cs: [Ranked(candidate.deployment, 0) for candidate in cs])
        self.outcomes: list[Outcome] = []

    def observe(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


async def test_a_strategy_that_learns_sees_every_attempt(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    card = ModelCard(price=Price(10**6, 10**6))
    sick = ScriptedModel(ProviderUnavailableError("x", "down"), model="a", card=card)
    learning = Learning()
    router = router_of(
        sick,
        ScriptedModel("Rome", model="b", card=card, clock=clock, delay_s=2),
        strategy=learning,
    )

    reply = await router.complete("Hi")

    failure, success = learning.outcomes
    assert (failure.deployment, failure.error) == ("scripted/a", "ProviderUnavailableError")
    assert (success.deployment, success.error) == ("scripted/b", "")
    assert success.duration_s == 2
    assert success.usage == reply.usage
    assert success.cost_nanousd == reply.cost_nanousd == reply.usage.total_tokens
    assert failure.request is success.request


async def test_an_observer_s_fault_does_not_lose_the_reply(
    router_of: MakeRouter, caplog: pytest.LogCaptureFixture
) -> None:
    class Faulty(Learning):
        def observe(self, outcome: Outcome) -> None:
            raise RuntimeError(outcome.deployment)

    with caplog.at_level(logging.ERROR, logger="quantumlayer.router"):
        reply = await router_of(ScriptedModel("Paris"), strategy=Faulty()).complete("Hi")

    assert reply.text == "Paris"
    assert "'Faulty' failed to observe" in caplog.text


async def test_the_machine_s_own_clock_tells_and_waits() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.01)

    assert clock.monotonic() - before >= 0.009
    assert clock.unix() > 1_700_000_000


async def test_a_virtual_clock_wakes_its_sleepers_in_order() -> None:
    clock = VirtualClock()
    woken: list[tuple[float, float]] = []

    async def sleeper(wait_s: float) -> None:
        await clock.sleep(wait_s)
        woken.append((wait_s, clock.monotonic()))

    async with anyio.create_task_group() as group:
        for wait_s in (5.0, 1.0, 3.0):
            group.start_soon(sleeper, wait_s)

    assert woken == [(1.0, 1.0), (3.0, 3.0), (5.0, 5.0)]
    assert sorted(clock.slept) == [1.0, 3.0, 5.0]


# --- settings ------------------------------------------------------------------------------------


def test_a_router_without_deployments_is_refused_with_the_cure() -> None:
    with pytest.raises(RouterConfigError, match=r"at least one deployment: pass a provider"):
        Router([])


def test_two_deployments_of_one_name_are_refused_with_the_cure() -> None:
    with pytest.raises(RouterConfigError, match="'scripted/model': give one another `name`"):
        Router([ScriptedModel(), ScriptedModel()])


def test_what_is_no_provider_is_refused() -> None:
    with pytest.raises(RouterConfigError, match="'object' is no provider"):
        Router([object()])  # type: ignore[list-item]


@pytest.mark.parametrize(
    "settings",
    [
        {"rounds": 0},
        {"base_s": -1},
        {"cap_s": float("nan")},
        {"retry_after_cap_s": float("inf")},
        {"attempt_s": 0},
        {"attempt_s": float("nan")},
        {"stall_s": 0},
        {"stall_s": float("inf")},
    ],
)
def test_a_retry_policy_that_makes_no_sense_is_refused(settings: dict[str, float]) -> None:
    with pytest.raises(RouterConfigError):
        RetryPolicy(**settings)  # type: ignore[arg-type]


def test_a_router_names_its_deployments_in_order() -> None:
    router = Router([ScriptedModel(model="b"), ScriptedModel(model="a")])

    assert router.deployments == ("scripted/b", "scripted/a")


async def test_a_provider_s_own_card_goes_before_the_catalog() -> None:
    catalog = Catalog({"scripted/model": ModelCard(max_output_tokens=10)})
    own = ScriptedModel("own", card=ModelCard(max_output_tokens=20))
    listed = ScriptedModel("listed", card=None)

    assert (await Router([own], catalog=catalog).complete("Hi", max_output_tokens=15)).text == "own"
    with pytest.raises(NoDeploymentError):
        await Router([listed], catalog=catalog).complete("Hi", max_output_tokens=15)


async def test_closing_the_router_closes_its_providers_and_all_of_them() -> None:
    closed: list[str] = []

    class Closing(ScriptedModel):
        async def aclose(self) -> None:
            closed.append(self.model)
            if self.model == "b":
                raise OSError(self.model)

    models = [Closing("ok", model=name) for name in "abc"]
    with pytest.raises(OSError, match=r"^b$"):
        async with Router(models) as router:
            await router.complete("Hi")

    assert sorted(closed) == ["a", "b", "c"]


async def test_the_ledger_has_every_attempt_once_and_exact_sums(router_of: MakeRouter) -> None:
    card = ModelCard(price=Price(3, 7))
    sick = ScriptedModel(ProviderUnavailableError("x", "down"), model="a", card=card)
    router = router_of(sick, ScriptedModel("a reply", model="b", card=card))

    replies = [await router.complete("Hi") for _ in range(3)]

    attempts = [entry.attempt for entry in router.ledger.entries]
    assert attempts == [attempt for reply in replies for attempt in reply.route.attempts]
    totals = router.ledger.totals
    assert (totals["scripted/a"].attempts, totals["scripted/a"].failures) == (3, 3)
    assert (totals["scripted/b"].attempts, totals["scripted/b"].failures) == (3, 0)
    assert totals["scripted/b"].usage == replies[0].usage + replies[1].usage + replies[2].usage
    assert router.ledger.cost_nanousd == sum(reply.cost_nanousd for reply in replies)


async def test_a_name_or_a_score_of_any_kind_of_nonsense_is_told(router_of: MakeRouter) -> None:
    nonsense: list[tuple[Any, Any]] = [
        ([], 0.0),
        (None, 0.0),
        ("scripted/model", "0"),
        ("scripted/model", None),
        ("scripted/model", 1j),
        ("scripted/model", Decimal(1)),
        ("scripted/model", float("inf")),
        ("scripted/other", 0),
    ]
    for name, score in nonsense:
        given = Ranked(name, score)
        router = router_of(ScriptedModel(), strategy=Ranks(lambda _, given=given: [given]))  # type: ignore[misc]
        with pytest.raises(StrategyError, match="ranked"):
            await router.complete("Hi")


async def test_scores_may_be_numbers_of_any_size_and_of_numpy(router_of: MakeRouter) -> None:
    for score in (10**400, 1e308, np.float64(0.5), True):

        class Large:
            def rank(self, *_: object, score: Any = score) -> list[Ranked]:
                return [Ranked("scripted/a", score), Ranked("scripted/b", score)]

        models = [ScriptedModel("ok", model=name) for name in "ab"]
        assert (await router_of(*models, strategy=Large()).complete("Hi")).text == "ok"
