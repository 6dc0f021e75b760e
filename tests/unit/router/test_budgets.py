"""Budgets: reserve before, settle after, never overspent."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    BudgetExceededError,
    NoDeploymentError,
    RouterConfigError,
)
from quantumlayer.messages import ModelReply, ModelRequest, Usage
from quantumlayer.router import Budget, ModelCard, Period, Price, Reservation, Router
from quantumlayer.router._budget import reserve_all
from quantumlayer.testing import ScriptedModel, VirtualClock

MakeRouter = Callable[..., Router]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
USD = 1_000_000_000


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_what_is_reserved_is_not_there_for_others_and_comes_back() -> None:
    budget = Budget(usd=1)
    reservation = budget.reserve(700_000_000, unix_s=0)
    with pytest.raises(BudgetExceededError) as caught:
        budget.reserve(400_000_000, unix_s=0)
    assert (caught.value.needed_usd, caught.value.left_usd) == (0.4, 0.3)
    reservation.settle(100_000_000)
    assert budget.left_nanousd(unix_s=0) == 900_000_000
    assert budget.spent_nanousd(unix_s=0) == 100_000_000


def test_a_budget_shows_what_it_is() -> None:
    assert repr(Budget(usd=2.5, per="day", name="run")) == (
        "Budget(usd=2.5, per='day', name='run')"
    )
    assert repr(Budget(usd=2.5, tenant="", agent="Critic", name="run")) == (
        "Budget(usd=2.5, per=None, tenant='', agent='Critic', name='run')"
    )


def test_settling_twice_takes_once() -> None:
    budget = Budget(usd=1)
    reservation = budget.reserve(5, unix_s=0)
    reservation.settle(3)
    reservation.settle(3)
    assert budget.spent_nanousd(unix_s=0) == 3


def test_a_call_that_costs_more_than_was_reserved_is_taken_in_full() -> None:
    budget = Budget(usd=1)
    budget.reserve(5, unix_s=0).settle(2 * USD)
    assert budget.left_nanousd(unix_s=0) == -USD
    with pytest.raises(BudgetExceededError):
        budget.reserve(0, unix_s=0)


@pytest.mark.parametrize(
    ("per", "last_moment", "next_moment"),
    [
        ("minute", "2026-03-31T10:59:59", "2026-03-31T11:00:00"),
        ("hour", "2026-03-31T10:59:59", "2026-03-31T11:00:00"),
        ("day", "2026-03-31T23:59:59", "2026-04-01T00:00:00"),
        ("month", "2026-12-31T23:59:59", "2027-01-01T00:00:00"),
    ],
)
def test_a_budget_renews_with_its_period(per: Period, last_moment: str, next_moment: str) -> None:
    budget = Budget(usd=1, per=per)
    budget.reserve(USD, unix_s=at(last_moment)).settle(USD)
    assert budget.left_nanousd(unix_s=at(last_moment)) == 0
    assert budget.left_nanousd(unix_s=at(next_moment)) == USD


def test_a_call_belongs_to_the_period_in_which_it_began() -> None:
    budget = Budget(usd=1, per="day")
    reservation = budget.reserve(USD, unix_s=at("2026-03-31T23:59:59"))
    assert budget.left_nanousd(unix_s=at("2026-04-01T00:00:01")) == USD
    reservation.settle(USD)
    assert budget.left_nanousd(unix_s=at("2026-04-01T00:00:02")) == USD


def test_a_clock_that_is_set_back_renews_nothing() -> None:
    budget = Budget(usd=1, per="day")
    budget.reserve(USD, unix_s=at("2026-04-01T00:00:01")).settle(USD)
    assert budget.left_nanousd(unix_s=at("2026-03-31T23:59:59")) == 0
    assert budget.left_nanousd(unix_s=at("2026-04-01T00:00:02")) == 0


def test_reserving_in_several_is_all_or_nothing() -> None:
    wide, narrow = Budget(usd=1), Budget(usd=0.1, name="run")
    with pytest.raises(BudgetExceededError, match="'run'"):
        reserve_all([wide, narrow], 500_000_000, unix_s=0)
    assert wide.left_nanousd(unix_s=0) == USD


def test_threads_cannot_overspend_together() -> None:
    budget = Budget(usd=1)
    granted: list[Reservation] = []

    def take() -> None:
        for _ in range(200):
            try:
                granted.append(budget.reserve(USD // 100, unix_s=0))
            except BudgetExceededError:
                return

    threads = [Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 100


@pytest.mark.parametrize("usd", [-1, float("nan"), float("inf")])
def test_an_amount_that_is_none_is_refused(usd: float) -> None:
    with pytest.raises(RouterConfigError, match="no amount"):
        Budget(usd=usd)


def test_an_unknown_period_is_refused() -> None:
    with pytest.raises(RouterConfigError, match="no period"):
        Budget(usd=1, per="year")  # type: ignore[arg-type]


class BudgetMachine(RuleBasedStateMachine):
    """Calls reserve and settle in any order while days pass; integers are the model."""

    reservations: Bundle[tuple[Reservation, int, int]] = Bundle("reservations")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.budget = Budget(usd=0.000_001, per="day")  # 1,000 nano-dollars
        self.day = 0
        self.spent = 0
        self.held = 0

    @rule(wait_s=st.floats(0, 100_000))
    def wait(self, wait_s: float) -> None:
        self.now += wait_s
        day = int(self.now // 86_400)
        if day > self.day:
            self.day, self.spent, self.held = day, 0, 0

    @rule(target=reservations, cost=st.integers(0, 600))
    def reserve(self, cost: int) -> tuple[Reservation, int, int]:
        fits = self.spent + self.held + cost <= 1000
        try:
            reservation = self.budget.reserve(cost, unix_s=self.now)
        except BudgetExceededError:
            assert not fits
            return Reservation(Budget(usd=0), 0, 0), -1, 0
        assert fits
        self.held += cost
        return reservation, self.day, cost

    @rule(made=consumes(reservations), share=st.floats(0, 1))
    def settle(self, made: tuple[Reservation, int, int], share: float) -> None:
        reservation, day, held = made
        cost = int(held * share)
        reservation.settle(cost)
        if day == self.day:
            self.held -= held
            self.spent += cost

    @invariant()
    def what_is_spent_and_held_never_exceeds_the_limit(self) -> None:
        assert self.budget.spent_nanousd(unix_s=self.now) == self.spent
        assert self.budget.left_nanousd(unix_s=self.now) == 1000 - self.spent - self.held >= 0


TestBudgetMachine = BudgetMachine.TestCase
TestBudgetMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


# --- in the router -------------------------------------------------------------------------------

CARD = ModelCard(price=Price.usd(input_usd=0, output_usd=1000), max_output_tokens=100)


def answer_of(tokens: int) -> ModelReply:
    return ModelReply("ok", "scripted", "model", usage=Usage(output_tokens=tokens))


@pytest.mark.anyio
async def test_a_hundred_concurrent_calls_cannot_overspend(
    router_of: MakeRouter, until: Until
) -> None:
    gate = anyio.Event()
    model = ScriptedModel(answer_of(100), card=CARD, gate=gate)
    budget = Budget(usd=1)  # ten calls of 0.1 USD
    router = router_of(model, budgets=[budget])
    outcomes: list[str] = []

    async def ask() -> None:
        try:
            await router.complete("Hi", max_output_tokens=100)
        except BudgetExceededError:
            outcomes.append("refused")
        else:
            outcomes.append("answered")

    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(ask)
        await until(lambda: len(outcomes) >= 90)
        gate.set()

    assert outcomes.count("answered") == 10
    assert router.ledger.cost_nanousd == USD == budget.spent_nanousd(unix_s=0)


@pytest.mark.anyio
async def test_a_budget_gets_back_what_a_call_did_not_cost(router_of: MakeRouter) -> None:
    budget = Budget(usd=0.2)
    router = router_of(ScriptedModel(answer_of(10), card=CARD), budgets=[budget])

    for _ in range(11):
        await router.complete("Hi")

    assert budget.spent_nanousd(unix_s=0) == 110_000_000
    with pytest.raises(BudgetExceededError, match=r"0\.090000 USD left .* up to 0\.100000"):
        await router.complete("Hi")
    await router.complete("Hi", max_output_tokens=90)


@pytest.mark.anyio
async def test_a_deployment_that_is_too_dear_is_passed_over_for_a_cheaper_one(
    router_of: MakeRouter,
) -> None:
    dear = ScriptedModel(answer_of(1), model="dear", card=CARD)
    free = ScriptedModel("free", model="free")

    reply = await router_of(dear, free, budgets=[Budget(usd=0.01, name="day")]).complete("Hi")

    assert reply.text == "free"
    assert reply.route.considered[1].rejected == "budget 'day' has 0.010000 of 0.100000 USD left"


@pytest.mark.anyio
async def test_the_error_names_the_least_that_would_have_been_needed(
    router_of: MakeRouter,
) -> None:
    half = ModelCard(price=Price.usd(input_usd=0, output_usd=500), max_output_tokens=100)
    models = [ScriptedModel(model=n, card=c) for n, c in (("a", CARD), ("b", half), ("c", CARD))]

    with pytest.raises(BudgetExceededError) as caught:
        await router_of(*models, budgets=[Budget(usd=0.01)]).complete("Hi")

    assert caught.value.needed_usd == 0.05


@pytest.mark.anyio
async def test_a_call_can_bring_budgets_of_its_own(router_of: MakeRouter) -> None:
    run = Budget(usd=0.05, name="run")
    router = router_of(ScriptedModel(answer_of(1), card=CARD), budgets=[Budget(usd=1)])

    await router.complete("Hi", max_output_tokens=50, budgets=[run])
    with pytest.raises(BudgetExceededError, match="'run'"):
        await router.complete("Hi", max_output_tokens=50, budgets=[run])
    await router.complete("Hi", max_output_tokens=50)


@pytest.mark.anyio
async def test_a_budget_of_a_tenant_pays_for_its_calls_and_no_others(
    router_of: MakeRouter,
) -> None:
    acme, none = Budget(usd=1, tenant="acme", name="acme"), Budget(usd=1, tenant="")
    router = router_of(ScriptedModel(answer_of(100), card=CARD), budgets=[acme, none])

    first = await router.complete("Hi", tenant="acme")
    assert acme.spent_nanousd(unix_s=0) == first.cost_nanousd > 0
    assert none.spent_nanousd(unix_s=0) == 0
    await router.complete("Hi", tenant="other")
    assert acme.spent_nanousd(unix_s=0) == first.cost_nanousd
    await router.complete("Hi")
    assert none.spent_nanousd(unix_s=0) == first.cost_nanousd
    assert acme.spent_nanousd(unix_s=0) == first.cost_nanousd

    async with router.stream("Hi", tenant="acme") as events:
        assert [event async for event in events]
    assert acme.spent_nanousd(unix_s=0) == 2 * first.cost_nanousd


@pytest.mark.anyio
async def test_a_tenant_whose_budget_is_used_up_stops_nobody_else(router_of: MakeRouter) -> None:
    router = router_of(
        ScriptedModel("ok", card=CARD),
        budgets=[Budget(usd=0, tenant="poor", name="of poor"), Budget(usd=1)],
    )

    with pytest.raises(BudgetExceededError, match="of poor"):
        await router.complete("Hi", tenant="poor")
    assert (await router.complete("Hi", tenant="rich")).text == "ok"


@pytest.mark.anyio
async def test_a_budget_of_an_agent_pays_for_its_calls_and_no_others(
    router_of: MakeRouter,
) -> None:
    critic = Budget(usd=0, agent="Critic", name="of the critic")
    router = router_of(ScriptedModel("ok", card=CARD), budgets=[critic])

    with pytest.raises(BudgetExceededError, match="of the critic"):
        await router.complete(replace(ModelRequest.of("Hi"), agent="Critic"))
    for agent in ("Writer", None):
        assert (await router.complete(replace(ModelRequest.of("Hi"), agent=agent))).text == "ok"
    with pytest.raises(BudgetExceededError, match="of a call"):
        await router.complete(
            replace(ModelRequest.of("Hi"), agent="Writer"),
            budgets=[Budget(usd=0, agent="Writer", name="of a call")],
        )


@pytest.mark.anyio
async def test_failed_and_cancelled_calls_give_their_reservation_back(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    model = ScriptedModel(ValueError("bug"), answer_of(0), card=CARD)
    budget = Budget(usd=0.1)
    router = router_of(model, ScriptedModel("ok", model="b"), budgets=[budget])

    await router.complete("Hi")
    with anyio.CancelScope() as scope:
        scope.cancel()
        model._gate = anyio.Event()
        await router.complete("Hi")

    assert budget.left_nanousd(unix_s=clock.unix()) == 100_000_000


@pytest.mark.anyio
async def test_a_budget_that_others_used_up_meanwhile_admits_no_fallback(
    router_of: MakeRouter,
    until: Until,
) -> None:
    gate = anyio.Event()
    free = ScriptedModel(ValueError("bug"), model="free", gate=gate)
    dear = ScriptedModel(answer_of(100), model="dear", card=CARD)
    router = router_of(free, dear, budgets=[Budget(usd=0.1, name="day")])
    errors: list[Exception] = []

    async def ask() -> None:
        try:
            await router.complete("Hi", max_output_tokens=100)
        except AllDeploymentsFailedError as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await until(lambda: bool(free.calls))
        other = router_of(dear, budgets=router._budgets)
        await other.complete("Hi", max_output_tokens=100)
        gate.set()

    assert "scripted/dear" not in str(errors)
    assert dear.calls == 1


@pytest.mark.anyio
@pytest.mark.parametrize("card", [ModelCard(), ModelCard(price=Price(1, 1))])
async def test_a_budget_allows_nothing_whose_cost_has_no_bound(
    router_of: MakeRouter, card: ModelCard
) -> None:
    with pytest.raises(NoDeploymentError, match="needs a bound on its cost: give it a `ModelCard`"):
        await router_of(ScriptedModel(card=card), budgets=[Budget(usd=1)]).complete("Hi")


@pytest.mark.anyio
async def test_what_is_free_needs_no_bound(router_of: MakeRouter) -> None:
    reply = await router_of(ScriptedModel("ok"), budgets=[Budget(usd=0)]).complete("Hi")

    assert reply.text == "ok"
