import json
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from quantumlayer.errors import LabError, ProviderUnavailableError, RouterConfigError, StrategyError
from quantumlayer.messages import Attempt, ModelRequest, Usage
from quantumlayer.router import (
    Candidate,
    CostBasedRouting,
    Decision,
    Exploring,
    Ledger,
    LedgerEntry,
    Outcome,
    Price,
    Ranked,
    RetryPolicy,
    RoundRobin,
    Router,
    RoutingRequest,
)
from quantumlayer.testing import ScriptedModel, check_strategy

POOL = [Candidate(name, name, name, Price(place, place)) for place, name in enumerate("abcd")]


def request(seed: int) -> RoutingRequest:
    return RoutingRequest(ModelRequest.of("hello"), 1, 1, 0.0, seed)


def models(*names: str) -> list[ScriptedModel]:
    return [ScriptedModel("fine", provider="p", model=name) for name in names]


def test_exploring_keeps_the_rules_of_strategies() -> None:
    check_strategy(lambda: Exploring(CostBasedRouting(), 0.5))
    check_strategy(lambda: Exploring(RoundRobin(), 1))


@pytest.mark.parametrize("share", [0.1, 0.4, 1.0])
def test_the_first_place_falls_as_often_as_its_propensity_says(share: float) -> None:
    strategy = Exploring(CostBasedRouting(), share)
    random = Random(1)
    firsts: Counter[str] = Counter()
    told: dict[str, float | None] = {}
    for _ in range(8_000):
        ranking = strategy.rank(request(random.getrandbits(64)), POOL)
        firsts[ranking[0].deployment] += 1
        told = {each.deployment: each.propensity for each in ranking}
        assert [each.deployment for each in ranking[1:]] == [
            name for name in "abcd" if name != ranking[0].deployment
        ]
    assert told == {
        name: pytest.approx(share / 4 + (1 - share if name == "a" else 0)) for name in "abcd"
    }
    for name, likely in told.items():
        assert likely is not None
        error = (likely * (1 - likely) / 8_000) ** 0.5
        assert abs(firsts[name] / 8_000 - likely) < 4 * error


class BySeed:
    """A strategy that draws by the seed itself."""

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        names = [candidate.deployment for candidate in candidates]
        Random(request.seed).shuffle(names)
        return [Ranked(name, place) for place, name in enumerate(names)]


def test_a_strategy_that_draws_as_well_does_not_spoil_the_propensities() -> None:
    random = Random(2)
    first = Counter(
        Exploring(BySeed(), 0.5).rank(request(random.getrandbits(64)), POOL)[0].propensity
        for _ in range(8_000)
    )
    # The place with the large propensity, 0.5 + 0.5 / 4, comes first so often.
    assert abs(first[0.625] / 8_000 - 0.625) < 0.022


def test_exploring_hands_outcomes_on() -> None:
    class Learns(CostBasedRouting):
        seen = 0

        def observe(self, outcome: Outcome) -> None:
            type(self).seen += 1

    outcome = Outcome(request(1), "a", 1.0, None, usage=Usage(), cost_nanousd=0)
    Exploring(Learns()).observe(outcome)
    Exploring(CostBasedRouting()).observe(outcome)
    assert Learns.seen == 1


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_a_share_that_explores_nothing_is_refused(share: float) -> None:
    with pytest.raises(RouterConfigError, match="share"):
        Exploring(CostBasedRouting(), share)


def test_nothing_to_rank_is_nothing_to_explore() -> None:
    assert Exploring(CostBasedRouting()).rank(request(1), []) == []


@pytest.mark.anyio
async def test_the_first_attempt_of_a_request_carries_the_draw() -> None:
    down = ScriptedModel(ProviderUnavailableError("p/a", "down"), provider="p", model="a")
    router = Router([down, *models("b")], strategy=Exploring(_ByName(), 0.2))
    reply = await router.complete("How are you?")
    first, *more = router.ledger.entries
    assert reply.route.request == first.request
    assert len(first.request) == 16
    assert [entry.decision for entry in more] == [None] * len(more)
    assert first.decision is not None
    assert first.decision.chosen in {"p/a", "p/b"}
    assert first.decision.propensities == pytest.approx({"p/a": 0.9, "p/b": 0.1})
    assert first.decision.prompt is None
    assert first.decision.digest == sha256(b"How are you?").hexdigest()
    assert first.decision.prompt_tokens > 0


@pytest.mark.anyio
async def test_prompts_are_kept_where_the_ledger_is_told_to() -> None:
    ledger = Ledger(prompts=True)
    router = Router(models("a", "b"), strategy=Exploring(_ByName()), ledger=ledger)
    await router.complete("How are you?")
    assert router.ledger is ledger
    (entry,) = ledger.entries
    assert entry.decision is not None
    assert entry.decision.prompt == "How are you?"


@pytest.mark.anyio
async def test_without_a_draw_there_is_no_decision_and_no_reward() -> None:
    router = Router(models("a", "b"))
    reply = await router.complete("How are you?")
    (entry,) = router.ledger.entries
    assert entry.decision is None
    assert entry.request == reply.route.request
    with pytest.raises(LabError, match=r"Exploring\(strategy\)"):
        router.ledger.reward(reply.route.request, 1)


@pytest.mark.anyio
async def test_requests_have_ids_of_their_own() -> None:
    router = Router(models("a"))
    ids = {(await router.complete("same")).route.request for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.anyio
async def test_a_ledger_is_written_with_rewards() -> None:
    router = Router(models("a", "b"), strategy=Exploring(_ByName()), random=Random(0))
    reply = await router.complete("How are you?")
    router.ledger.reward(reply.route.request, 0.5)
    (row,) = router.ledger.rows()
    again = json.loads(json.dumps(row))
    assert again["request"] == reply.route.request
    assert again["deployment"] == reply.route.attempts[0].deployment
    assert again["decision"]["reward"] == 0.5
    assert again["usage"]["input_tokens"] > 0


def test_a_written_ledger_is_one_object_a_line(tmp_path: Path) -> None:
    ledger = Ledger(prompts=True)
    asked = [
        RoutingRequest(ModelRequest.of(text), 1, 1, 0.0, seed)
        for seed, text in enumerate(["one\ntwo\u2028three", "half of a pair: \ud83d"])
    ]
    for each in asked:
        choice = [Ranked("a", 0, 1.0)]
        decision = Decision.of(each, choice, prompt=True)
        ledger.record(LedgerEntry(0.0, None, Attempt("a", 0, 0), f"{each.seed}", decision))
    ledger.write(tmp_path / "ledger.jsonl")
    lines = (tmp_path / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == list(ledger.rows())
    assert len(lines) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("keep", [0, 2])
async def test_rewards_are_forgotten_with_their_requests(keep: int) -> None:
    router = Router(models("a"), strategy=Exploring(_ByName()), ledger=Ledger(keep=keep))
    ids = [(await router.complete("hello")).route.request for _ in range(5)]
    kept = ids[len(ids) - keep :]
    for name in kept:
        router.ledger.reward(name, 1)
    for name in ids[: len(ids) - keep]:
        with pytest.raises(LabError, match="keeps enough"):
            router.ledger.reward(name, 1)
    assert len(router.ledger._rewards) == keep


@pytest.mark.anyio
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
async def test_a_reward_is_from_0_to_1(value: float) -> None:
    router = Router(models("a"), strategy=Exploring(_ByName()))
    reply = await router.complete("hello")
    with pytest.raises(LabError, match="from 0 to 1"):
        router.ledger.reward(reply.route.request, value)


@pytest.mark.anyio
@pytest.mark.parametrize("propensity", [0, -1, 1.5, float("nan")])
async def test_a_propensity_that_is_no_probability_is_refused(propensity: float) -> None:
    class Wrong(CostBasedRouting):
        def rank(
            self, request: RoutingRequest, candidates: Sequence[Candidate]
        ) -> Sequence[Ranked]:
            return [Ranked(candidates[0].deployment, 0, propensity)]

    with pytest.raises(StrategyError, match="propensity"):
        await Router(models("a"), strategy=Wrong()).complete("hello")


@pytest.mark.anyio
async def test_a_request_is_drawn_once_however_often_it_is_tried() -> None:
    failing = [
        ScriptedModel(ProviderUnavailableError(f"p/{name}", "down"), provider="p", model=name)
        for name in "ab"
    ]
    retry = RetryPolicy(rounds=2, base_s=0, cap_s=0)
    router = Router(failing, strategy=Exploring(_ByName()), retry=retry)
    with pytest.raises(Exception, match="has failed"):
        await router.complete("hello")
    entries: Sequence[LedgerEntry] = router.ledger.entries
    assert len(entries) == 4
    assert [entry.decision is not None for entry in entries] == [True, False, False, False]


class _ByName:
    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        names = sorted(candidate.deployment for candidate in candidates)
        return [Ranked(name, place) for place, name in enumerate(names)]
