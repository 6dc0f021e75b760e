import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import anyio
import numpy as np
import pytest

from quantumlayer.errors import LabError, ProviderUnavailableError, StrategyError
from quantumlayer.messages import NANO_PER_USD, ModelRequest
from quantumlayer.router import (
    Candidate,
    CostBasedRouting,
    Exploring,
    Ledger,
    ModelCard,
    Price,
    Ranked,
    RetryPolicy,
    Router,
    RoutingRequest,
)
from quantumlayer.router.lab import Log, OverlapWarning, judge, read_ledger
from quantumlayer.testing import ScriptedModel

HARD = "hard question"


def is_good(model: str, prompt: str, random: Random) -> float:
    """The large model answers nine of ten; the small one only those that are easy, a third else."""
    hope = 0.9 if model == "large" or prompt != HARD else 1 / 3
    return float(random.random() < hope)


async def traffic(
    *, requests: int = 1_500, share: float = 0.4, prompts: bool = True, seed: int = 0
) -> Ledger:
    """A router that goes for the cheapest, explores, and is told what answers were worth."""
    random = Random(seed)
    priced = {"small": 1.0, "large": 10.0}
    deployments = [
        ScriptedModel(
            "fine",
            provider="p",
            model=name,
            card=ModelCard(price=Price.usd(input_usd=usd, output_usd=0)),
        )
        for name, usd in priced.items()
    ]
    router = Router(
        deployments,
        strategy=Exploring(CostBasedRouting(), share),
        ledger=Ledger(prompts=prompts),
        random=random,
    )
    for _ in range(requests):
        prompt = HARD if random.random() < 0.5 else "easy question"
        reply = await router.complete(prompt)
        router.ledger.reward(reply.route.request, is_good(reply.model, prompt, random))
    return router.ledger


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return anyio.run(traffic)


@pytest.fixture(scope="module")
def log(ledger: Ledger) -> Log:
    return Log.of(ledger)


class HardToLarge:
    """Reads the prompt: hard questions to the large model."""

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        first = "p/large" if HARD in request.model_request.messages[0].text else "p/small"
        names = sorted((each.deployment for each in candidates), key=lambda name: name != first)
        return [Ranked(name, place) for place, name in enumerate(names)]


def test_a_strategy_that_never_ran_is_judged_near_the_truth(log: Log) -> None:
    made = judge({"hard to large": HardToLarge(), "cheapest": CostBasedRouting()}, log)
    # By definition of the traffic: 0.9 everywhere, and for the small model half of 0.9 and 1/3.
    for name, truth in (
        ("hard to large", 0.9),
        ("cheapest", (0.9 + 1 / 3) / 2),
        ("only p/large", 0.9),
        ("only p/small", (0.9 + 1 / 3) / 2),
        ("as logged", 0.8 * (0.9 + 1 / 3) / 2 + 0.2 * 0.9),
        ("random", ((0.9 + 1 / 3) / 2 + 0.9) / 2),
    ):
        row = made[name]
        assert row.self_normalised is not None
        for one in (row.inverse_propensity, row.self_normalised, row.doubly_robust):
            # Three standard errors: an interval of 95 % is two of them on each side.
            assert abs(one.value - truth) < 1.5 * (one.high - truth + truth - one.low) / 2, name
        assert row.overlaps
        assert row.unsupported == 0
    assert made.requests == 1_500


def test_the_model_makes_the_interval_narrower(log: Log) -> None:
    row = judge({"hard to large": HardToLarge()}, log)["hard to large"]
    robust, plain = row.doubly_robust, row.inverse_propensity
    assert robust.high - robust.low < 0.8 * (plain.high - plain.low)


def test_the_logged_strategy_counts_every_request_once(log: Log) -> None:
    row = judge({}, log)["as logged"]
    rewards = [each.reward for each in log.requests]
    assert row.inverse_propensity.value == pytest.approx(np.mean(rewards))
    assert row.doubly_robust == row.inverse_propensity
    assert row.effective == pytest.approx(len(rewards))
    assert row.matched == 1


def test_costs_are_judged_as_well(log: Log) -> None:
    made = judge({}, log)
    small, large = made["only p/small"].cost_usd, made["only p/large"].cost_usd
    assert small is not None
    assert large is not None
    assert large.value == pytest.approx(10 * small.value, rel=0.05)
    price = log.cards["p/large"].price
    assert price is not None
    assert price.input == pytest.approx(10 * NANO_PER_USD, rel=1e-6)


def test_what_a_strategy_draws_is_drawn_anew(log: Log) -> None:
    # The strategy that ran, judged by its own log: with the seeds of then it would agree with every
    # request, and the rare ones would count much too often.
    class AsThen(Exploring):
        def rank(
            self, request: RoutingRequest, candidates: Sequence[Candidate]
        ) -> Sequence[Ranked]:
            ranking = super().rank(request, candidates)
            return [Ranked(each.deployment, each.score) for each in ranking]

    made = judge(
        {"again": AsThen(CostBasedRouting(), 0.4), "told": Exploring(CostBasedRouting(), 0.4)}, log
    )
    assert made["again"].matched < 0.8
    assert made["again"].inverse_propensity.value == pytest.approx(
        made["as logged"].inverse_propensity.value, abs=0.1
    )
    told, logged = made["told"], made["as logged"]
    assert told.inverse_propensity.value == pytest.approx(logged.inverse_propensity.value)
    assert told.effective == pytest.approx(logged.effective)


def test_too_little_overlap_is_warned_of() -> None:
    few = Log.of(anyio.run(lambda: traffic(requests=60, share=0.05)))
    with pytest.warns(OverlapWarning, match="'hard to large'"):
        made = judge({"hard to large": HardToLarge()}, few)
    assert not made["hard to large"].overlaps
    assert "!" in made.table()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        judge({"cheapest": CostBasedRouting()}, few)


def test_what_was_never_done_is_warned_of(ledger: Ledger, tmp_path: Path) -> None:
    rows = list(ledger.rows())
    for row in rows:
        drawn: Any = row["decision"]
        drawn["propensities"] = {**drawn["propensities"], "p/new": 0.1}
        if drawn["chosen"] == "p/large":
            drawn["propensities"].pop("p/new")
    path = write(tmp_path, rows)

    class New(HardToLarge):
        def rank(
            self, request: RoutingRequest, candidates: Sequence[Candidate]
        ) -> Sequence[Ranked]:
            return [Ranked(each.deployment, 0, 0.5) for each in candidates[:2]]

    log = read_ledger(path)
    assert judge({"new": New()}, log)["new"].unsupported == 0
    with pytest.warns(OverlapWarning):
        judge({"never": NeverDone()}, log)


class NeverDone:
    """Everything to what was never chosen."""

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        return [Ranked(each.deployment, 0) for each in candidates if each.deployment == "p/new"]


def test_without_prompts_lengths_can_be_judged_and_words_cannot() -> None:
    log = Log.of(anyio.run(lambda: traffic(requests=200, prompts=False)))
    assert judge({"cheapest": CostBasedRouting()}, log)["cheapest"].overlaps
    with pytest.raises(LabError, match=r"Ledger\(prompts=True\)"):
        judge({"hard to large": HardToLarge()}, log)


class Broken:
    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        return [Ranked("nobody", 0)]


def test_nonsense_and_taken_names_are_refused(log: Log) -> None:
    with pytest.raises(StrategyError, match="nobody"):
        judge({"broken": Broken()}, log)
    with pytest.raises(LabError, match="'only p/small' is a baseline"):
        judge({"only p/small": CostBasedRouting()}, log)


def test_a_strategy_that_vetoes_everything_is_worth_nothing(log: Log) -> None:
    class Nobody:
        def rank(
            self, request: RoutingRequest, candidates: Sequence[Candidate]
        ) -> Sequence[Ranked]:
            return []

    with pytest.warns(OverlapWarning):
        row = judge({"nobody": Nobody()}, log)["nobody"]
    assert row.doubly_robust.value == row.inverse_propensity.value == row.matched == 0
    assert row.self_normalised is row.cost_usd is None


def test_the_figures_are_a_table_and_json(log: Log) -> None:
    made = judge({"cheapest": CostBasedRouting()}, log)
    lines = made.table().splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == [
        "cheapest",
        "as logged",
        "random",
        "only p/large",
        "only p/small",
    ]
    data = json.loads(made.to_json())
    assert data["requests"] == 1_500
    assert data["rows"][0]["doubly_robust"]["low"] < data["rows"][0]["doubly_robust"]["high"]


def write(folder: Path, rows: Sequence[Any]) -> Path:
    path = folder / "ledger.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_a_ledger_comes_back_from_its_file(ledger: Ledger, log: Log, tmp_path: Path) -> None:
    ledger.write(tmp_path / "ledger.jsonl")
    assert read_ledger(tmp_path / "ledger.jsonl") == log


@pytest.mark.anyio
async def test_failures_are_worth_nothing_and_missing_rewards_are_counted() -> None:
    down = ProviderUnavailableError("p/a", "down")
    only = ScriptedModel("fine", "fine", down, provider="p", model="a")
    retry = RetryPolicy(rounds=1)
    router = Router([only], strategy=Exploring(CostBasedRouting()), retry=retry)
    reply = await router.complete("first")
    await router.complete("second")
    with pytest.raises(Exception, match="down"):
        await router.complete("third")
    router.ledger.reward(reply.route.request, 1)
    log = Log.of(router.ledger)
    assert [each.reward for each in log.requests] == [1, 0]
    assert log.unrewarded == 1


@pytest.mark.anyio
async def test_a_ledger_that_tells_nothing_is_refused() -> None:
    router = Router([ScriptedModel("fine")])
    await router.complete("hello")
    with pytest.raises(LabError, match=r"Exploring\(strategy\)"):
        Log.of(router.ledger)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"decision": {"chosen": "x"}}, "decision.propensities"),
        ({"decision": 3}, "decision"),
        ({"cost_nanousd": -1}, "cost_nanousd"),
        ({"request": None}, "request"),
    ],
)
def test_a_broken_line_is_named(
    ledger: Ledger, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    first, second, *_ = ledger.rows()
    with pytest.raises(LabError, match=f"row 2, '{message}"):
        read_ledger(write(tmp_path, [first, {**second, **change}]))


@pytest.mark.parametrize("reward", [2, -1, float("nan"), "good"])
def test_a_reward_out_of_bounds_is_named(ledger: Ledger, tmp_path: Path, reward: object) -> None:
    (row, *_) = ledger.rows()
    decision: Any = row["decision"]
    with pytest.raises(LabError, match=r"decision\.reward"):
        read_ledger(write(tmp_path, [{**row, "decision": {**decision, "reward": reward}}]))
    with pytest.raises(LabError, match="has no propensity"):
        read_ledger(write(tmp_path, [{**row, "decision": {**decision, "chosen": "x"}}]))


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello\n")
    with pytest.raises(LabError, match="row 1 is no JSON"):
        read_ledger(tmp_path / "text")
    with pytest.raises(LabError, match="cannot be read"):
        read_ledger(tmp_path / "nowhere")


def test_a_withheld_prompt_refuses_to_be_read_in_any_way() -> None:
    log = Log.of(anyio.run(lambda: traffic(requests=120, prompts=False)))

    class Peeks(CostBasedRouting):
        def rank(
            self, request: RoutingRequest, candidates: Sequence[Candidate]
        ) -> Sequence[Ranked]:
            asked: ModelRequest = request.model_request
            for peek in (
                len,
                list,
                bool,
                lambda messages: messages[0],
                lambda messages: 1 in messages,
            ):
                with pytest.raises(LabError):
                    peek(asked.messages)
            with pytest.raises(LabError):
                assert asked.user_text
            return super().rank(request, candidates)

    assert judge({"peeks": Peeks()}, log).requests == 120
