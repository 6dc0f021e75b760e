import json
from collections.abc import Sequence

import numpy as np
import pytest

from quantumlayer.errors import LabError, StrategyError
from quantumlayer.router import (
    Candidate,
    CostBasedRouting,
    Limits,
    ModelCard,
    Price,
    Ranked,
    RetryPolicy,
    RoutingRequest,
)
from quantumlayer.router import Outcome as Observed
from quantumlayer.router.lab import (
    Oracle,
    Outage,
    Outcomes,
    Scenario,
    baselines,
    bench,
    cards,
    replay,
)
from quantumlayer.testing import check_strategy

ONCE = RetryPolicy(rounds=1)

# Four prompts, the longer ones behind: the small model costs 1, the large one 10; the small one is
# right on the short prompts and the large one on all but the first.
OUTCOMES = Outcomes(
    ["a", "bb", "c" * 30, "d" * 40],
    ["small", "large"],
    np.array([[1, 0], [1, 1], [0, 1], [0, 1]]),
    np.array([[1, 10]] * 4),
    np.array([[1, 5]] * 4),
)


class Large:
    """Always the large model first, or alone."""

    def __init__(self, *, alone: bool = False) -> None:
        self.alone = alone
        self.seen: list[Candidate] = []
        self.observed: list[Observed] = []

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        self.seen += candidates
        names = sorted(candidate.deployment for candidate in candidates)
        if self.alone:
            names = [name for name in names if name == "large"]
        return [Ranked(name, place) for place, name in enumerate(names)]

    def observe(self, outcome: Observed) -> None:
        self.observed.append(outcome)


@pytest.mark.anyio
async def test_a_strategy_is_replayed_by_the_production_router() -> None:
    strategy = Large()
    made = await replay(strategy, OUTCOMES)
    assert made.model.tolist() == [1, 1, 1, 1]
    assert made.quality.tolist() == [0, 1, 1, 1]
    assert made.cost_usd.tolist() == [10, 10, 10, 10]
    assert made.waited_s.tolist() == [5, 5, 5, 5]
    assert made.ended_s.tolist() == [5, 10, 15, 20]
    assert [outcome.duration_s for outcome in strategy.observed] == [5, 5, 5, 5]


@pytest.mark.anyio
async def test_requests_of_a_trace_run_side_by_side() -> None:
    strategy = Large()
    made = await replay(strategy, OUTCOMES, Scenario(arrivals_s=[0, 1, 2, 20, 30]))
    assert made.ended_s.tolist() == [5, 6, 7, 25]
    in_flight = [seen.in_flight for seen in strategy.seen if seen.deployment == "large"]
    assert in_flight == [0, 1, 2, 0]


@pytest.mark.anyio
async def test_an_outage_leads_to_the_next_model_of_the_ranking() -> None:
    outage = Outage("large", start_s=0, end_s=6, fails_after_s=2)
    made = await replay(Large(), OUTCOMES, Scenario(outages=[outage]))
    # Two failures of 2 s with an answer of 1 s behind each, and then the outage is over.
    assert made.model.tolist() == [0, 0, 1, 1]
    assert made.waited_s.tolist() == [3, 3, 5, 5]


@pytest.mark.anyio
async def test_a_request_that_nobody_answers_is_worth_nothing() -> None:
    outages = [Outage(model, start_s=0, end_s=100) for model in OUTCOMES.models]
    scenario = Scenario(
        arrivals_s=[0, 50, 100, 200],
        outages=outages,
        retry=ONCE,
    )
    made = await replay(Large(), OUTCOMES, scenario)
    assert made.model.tolist() == [-1, -1, 1, 1]
    assert made.quality.tolist() == [0, 0, 1, 1]


@pytest.mark.anyio
async def test_a_model_takes_so_many_requests_in_a_minute() -> None:
    scenario = Scenario(
        arrivals_s=[0, 1, 2, 61], requests_per_minute={"large": 2}, retry=RetryPolicy(rounds=2)
    )
    made = await replay(Large(), OUTCOMES, scenario)
    assert made.model.tolist() == [1, 1, 0, 1]
    alone = await replay(Large(alone=True), OUTCOMES, scenario)
    # The third waits for the 58 s that it was asked to, and the fourth a second longer than it has.
    assert alone.model.tolist() == [1, 1, 1, 1]
    assert alone.waited_s.tolist() == [5, 5, 63, 5]
    none = await replay(Large(), OUTCOMES, Scenario(requests_per_minute={"large": 0}, retry=ONCE))
    assert none.model.tolist() == [0, 0, 0, 0]


@pytest.mark.anyio
async def test_the_router_keeps_to_the_limits_that_it_is_given() -> None:
    arrivals_s = [0.0, 0.0, 0.0, 0.0]
    one = Limits(concurrent=1)
    # One at a time at the large model, the other requests at the small one; or one after the other.
    aside = await replay(Large(), OUTCOMES, Scenario(arrivals_s=arrivals_s, limits={"large": one}))
    assert aside.model.tolist() == [1, 0, 0, 0]
    queue = Scenario(arrivals_s=arrivals_s, limits={"large": one})
    alone = await replay(Large(alone=True), OUTCOMES, queue)
    assert alone.waited_s.tolist() == [5, 10, 15, 20]
    # A bucket of 2 that fills by one in 30 s.
    slow = Scenario(arrivals_s=arrivals_s, limits=Limits(requests_per_minute=2))
    filled = await replay(Large(alone=True), OUTCOMES, slow)
    assert filled.waited_s.tolist() == pytest.approx([5, 5, 35, 65])


@pytest.mark.anyio
async def test_a_budget_is_spent_at_the_prices_of_the_cards() -> None:
    priced = {
        "small": ModelCard(price=Price(), max_output_tokens=1),
        "large": ModelCard(price=Price.usd(input_usd=1, output_usd=0), max_output_tokens=1),
    }
    rich = await replay(Large(), OUTCOMES, Scenario(cards=priced, budget_usd=1))
    assert rich.model.tolist() == [1, 1, 1, 1]
    poor = await replay(Large(), OUTCOMES, Scenario(cards=priced, budget_usd=0))
    assert poor.model.tolist() == [0, 0, 0, 0]
    # Without cards, what was recorded is what the prompts cost: 40 dollars in all at the large one.
    recorded = await replay(Large(alone=True), OUTCOMES, Scenario(budget_usd=10))
    assert recorded.model.tolist().count(1) < 4


@pytest.mark.anyio
async def test_a_replay_can_be_repeated() -> None:
    random = baselines(OUTCOMES, OUTCOMES)["random"]
    one, two = [await replay(random, OUTCOMES, Scenario(seed=3)) for _ in range(2)]
    assert one.model.tolist() == two.model.tolist()


@pytest.mark.anyio
async def test_a_scenario_that_does_not_fit_is_refused() -> None:
    for scenario, cure in (
        (Scenario(cards={"medium": ModelCard()}), "'medium'"),
        (Scenario(outages=[Outage("medium", 0, 1)]), "'medium'"),
        (Scenario(requests_per_minute={"medium": 1}), "'medium'"),
        (Scenario(limits={"medium": Limits(concurrent=1)}), "'medium'"),
        (Scenario(outages=[Outage("large", 5, 1)]), "no time"),
        (Scenario(outages=[Outage("large", 0, float("nan"))]), "no time"),
        (Scenario(requests_per_minute={"large": -1}), "zero or more"),
        (Scenario(arrivals_s=[0, 1]), "2 arrivals for 4 prompts"),
        (Scenario(arrivals_s=[0, 2, 1, 3]), "in order"),
    ):
        with pytest.raises(LabError, match=cure):
            await replay(Large(), OUTCOMES, scenario)


class Broken:
    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        return [Ranked("nobody", 0)]


@pytest.mark.anyio
@pytest.mark.parametrize("arrivals_s", [None, [0, 0, 0, 9]])
async def test_nonsense_of_a_strategy_ends_the_replay(arrivals_s: list[float] | None) -> None:
    with pytest.raises(StrategyError, match="nobody"):
        await replay(Broken(), OUTCOMES, Scenario(arrivals_s=arrivals_s))


@pytest.mark.anyio
async def test_the_baselines_stand_beside_a_strategy() -> None:
    made = await bench({"large": Large()}, OUTCOMES, train=OUTCOMES)
    names = ["large", "random", "cheapest", "best single", "prompt length", "oracle"]
    assert [row.strategy for row in made.rows] == names
    assert [made[name].quality for name in names[2:]] == [0.5, 0.75, 1, 1]
    assert [made[name].cost_usd for name in names[2:]] == [1, 10, 5.5, 5.5]
    assert made["oracle"].shares == {"small": 0.5, "large": 0.5}
    assert made["oracle"].latency_s == pytest.approx((3, 5, 5))
    assert made["large"].quality_low <= 0.75 <= made["large"].quality_high
    assert made["large"].failed == 0


@pytest.mark.anyio
async def test_the_figures_are_a_table_and_json() -> None:
    made = await bench({"cost": CostBasedRouting()}, OUTCOMES, train=OUTCOMES)
    lines = made.table().split("\n\n")[0].splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1].split()[:2] == ["cost", "0.5000"]
    data = json.loads(made.to_json())
    assert data["prompts"] == 4
    assert data["rows"][0]["strategy"] == "cost"
    assert data["rows"][0]["cost_usd"] == 1


@pytest.mark.anyio
async def test_what_cannot_be_compared_is_refused() -> None:
    other = Outcomes(["p"], ["medium"], np.ones((1, 1)), np.ones((1, 1)))
    with pytest.raises(LabError, match=r"outcomes\.split"):
        await bench({}, OUTCOMES, train=other)
    with pytest.raises(LabError, match="'oracle' is a baseline"):
        await bench({"oracle": Large()}, OUTCOMES, train=OUTCOMES)


@pytest.mark.parametrize("name", ["random", "cheapest", "best single", "prompt length"])
def test_the_baselines_keep_the_rules_of_strategies(name: str) -> None:
    check_strategy(lambda: baselines(OUTCOMES, OUTCOMES)[name])


@pytest.mark.anyio
async def test_no_strategy_beats_the_oracle() -> None:
    made = await replay(Oracle(OUTCOMES), OUTCOMES)
    assert made.quality.tolist() == OUTCOMES.quality.max(axis=1).tolist()


def test_cards_tell_what_outcomes_suggest() -> None:
    made = cards(OUTCOMES)
    assert {name: card.quality for name, card in made.items()} == {"small": 0.5, "large": 0.75}
    small, large = (made[name].price for name in ("small", "large"))
    assert small is not None
    assert large is not None
    assert large.input == pytest.approx(10 * small.input)
