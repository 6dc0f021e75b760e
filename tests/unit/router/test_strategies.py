"""The strategies, by property and by example."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import RouterConfigError, StrategyError
from quantumlayer.messages import Message, ModelRequest, Text, Usage
from quantumlayer.router import (
    Candidate,
    CatalogQuality,
    ConsistentHash,
    CostBasedRouting,
    HybridRouting,
    LatencyBasedRouting,
    LeastConnections,
    ModelCard,
    Outcome,
    Price,
    QualityBasedRouting,
    Ranked,
    RoundRobin,
    RoutingRequest,
    RoutingStrategy,
    WeightedRoundRobin,
)

PROMPT = ModelRequest.of("Hi")

rates = st.integers(0, 10**12)
prices = st.builds(Price, rates, rates, st.none() | rates, st.none() | rates, st.none() | rates)
seconds = st.floats(0, 600)
candidates = st.builds(
    Candidate,
    deployment=st.text("abcdef/", min_size=1, max_size=6),
    provider=st.just("p"),
    model=st.just("m"),
    price=st.none() | prices,
    quality=st.none() | st.floats(0, 1),
    latency_s=st.none() | seconds,
    latency_at_s=seconds,
    first_token_s=st.none() | seconds,
    token_s=st.none() | st.floats(0, 1),
    in_flight=st.integers(0, 1000),
    reasoning_tokens=st.integers(0, 10**5),
)
pools = st.lists(candidates, unique_by=lambda candidate: candidate.deployment, max_size=8)
requests = st.builds(
    RoutingRequest,
    model_request=st.just(PROMPT),
    prompt_tokens=st.integers(0, 10**6),
    output_tokens=st.integers(0, 10**5),
    now_s=st.floats(0, 20_000),
    seed=st.integers(0, 2**64 - 1),
    cached_tokens=st.dictionaries(st.text("abcdef/"), st.integers(0, 10**6), max_size=3),
)
weights = st.dictionaries(
    st.sampled_from(["cost", "latency", "quality"]), st.just(0.0) | st.floats(1e-3, 1e6), min_size=1
).filter(lambda chosen: sum(chosen.values()) > 0)
strategies: st.SearchStrategy[RoutingStrategy] = st.one_of(
    st.builds(CostBasedRouting),
    st.builds(LatencyBasedRouting, decay_s=st.floats(0.1, 1000)),
    st.builds(QualityBasedRouting, share=st.floats(0.01, 1)),
    st.builds(HybridRouting, weights=weights),
    st.builds(RoundRobin),
    st.builds(WeightedRoundRobin, st.dictionaries(st.text("abcdef/"), st.floats(0.01, 100))),
    st.builds(LeastConnections),
    st.builds(ConsistentHash),
)


def request(seed: int = 0, *, prompt: int = 1000, output: int = 1000) -> RoutingRequest:
    return RoutingRequest(PROMPT, prompt, output, now_s=100.0, seed=seed)


def dollars(rate_usd: float) -> Price:
    return Price.usd(input_usd=rate_usd, output_usd=rate_usd)


def names(ranking: Sequence[Ranked]) -> list[str]:
    return [ranked.deployment for ranked in ranking]


def candidate(name: str, **known: object) -> Candidate:
    return Candidate(name, "p", name, **known)  # type: ignore[arg-type]


# --- all -----------------------------------------------------------------------------------------


@given(strategies, requests, pools)
def test_every_candidate_is_ranked_once_with_a_finite_score(
    strategy: RoutingStrategy, asked: RoutingRequest, pool: list[Candidate]
) -> None:
    ranking = strategy.rank(asked, pool)

    assert sorted(names(ranking)) == sorted(c.deployment for c in pool)
    assert all(math.isfinite(ranked.score) for ranked in ranking)


@given(strategies, requests, pools, st.randoms(use_true_random=False))
def test_ranking_ignores_the_order_of_the_candidates(
    strategy: RoutingStrategy, asked: RoutingRequest, pool: list[Candidate], random: object
) -> None:
    shuffled = pool.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert strategy.rank(asked, pool) == strategy.rank(asked, shuffled)


# --- cost ----------------------------------------------------------------------------------------


def test_a_cheap_prompt_can_still_lose_on_a_long_answer() -> None:
    terse = candidate("terse", price=Price.usd(input_usd=3, output_usd=3))
    chatty = candidate("chatty", price=Price.usd(input_usd=1, output_usd=9))

    assert names(CostBasedRouting().rank(request(), [chatty, terse])) == ["terse", "chatty"]
    short = request(prompt=1000, output=100)
    assert names(CostBasedRouting().rank(short, [chatty, terse])) == ["chatty", "terse"]


def test_a_long_prompt_is_priced_at_its_own_tier() -> None:
    flat = candidate("flat", price=Price(3_000, 0))
    tiered = candidate("tiered", price=Price(2_000, 0, long=((500, Price(4_000, 0)),)))

    assert names(CostBasedRouting().rank(request(prompt=500), [flat, tiered]))[0] == "tiered"
    assert names(CostBasedRouting().rank(request(prompt=501), [flat, tiered]))[0] == "flat"


def test_an_unknown_price_stands_behind_the_dearest_known_one() -> None:
    pool = [candidate("a"), candidate("b", price=dollars(9)), candidate("c", price=dollars(1))]

    assert names(CostBasedRouting().rank(request(), pool)) == ["c", "b", "a"]


def test_the_score_is_the_expected_cost_in_dollars() -> None:
    [ranked] = CostBasedRouting().rank(
        request(), [candidate("a", price=Price.usd(input_usd=2, output_usd=10))]
    )
    assert ranked.score == pytest.approx(0.012)


# --- latency -------------------------------------------------------------------------------------


def test_of_two_deployments_the_less_loaded_one_goes_first() -> None:
    idle = candidate("idle", latency_s=1.0, latency_at_s=100.0)
    busy = candidate("busy", latency_s=0.5, latency_at_s=100.0, in_flight=3)

    for seed in range(50):
        assert names(LatencyBasedRouting().rank(request(seed), [busy, idle])) == ["idle", "busy"]


def test_a_slow_deployment_is_tried_again_after_some_time() -> None:
    slow = candidate("slow", latency_s=30.0, latency_at_s=0.0)
    fast = candidate("fast", latency_s=1.0, latency_at_s=100.0)

    assert names(LatencyBasedRouting().rank(request(), [slow, fast])) == ["slow", "fast"]
    patient = LatencyBasedRouting(decay_s=100)
    assert names(patient.rank(request(), [slow, fast])) == ["fast", "slow"]


def test_a_deployment_never_called_gets_one_call_at_a_time() -> None:
    known = candidate("known", latency_s=5.0, latency_at_s=100.0)

    assert names(LatencyBasedRouting().rank(request(), [known, candidate("new")]))[0] == "new"
    called = candidate("new", in_flight=1)
    assert names(LatencyBasedRouting().rank(request(), [known, called]))[0] == "known"


def test_every_pair_is_drawn_about_equally_often_and_the_worst_never_wins() -> None:
    pool = [candidate(f"d{n}", latency_s=n + 1.0, latency_at_s=100.0) for n in range(5)]
    seeds = [n * 0x9E3779B97F4A7C15 % 2**64 for n in range(10_000)]

    wins = Counter(names(LatencyBasedRouting().rank(request(seed), pool))[0] for seed in seeds)

    # The k-th best of n wins where its partner is worse: 2(n-k) / n(n-1) of the time.
    for place in range(5):
        assert wins[f"d{place}"] / 10_000 == pytest.approx(2 * (4 - place) / 20, abs=0.02)


# --- quality -------------------------------------------------------------------------------------


def test_the_best_goes_first_and_the_unknown_last_the_dearer_before_the_cheaper() -> None:
    pool = [
        candidate("cheap", price=dollars(1)),
        candidate("dear", price=dollars(9)),
        candidate("good", quality=0.9),
        candidate("best", quality=0.95),
    ]
    assert names(QualityBasedRouting().rank(request(), pool)) == ["best", "good", "dear", "cheap"]


def test_the_cheapest_of_those_nearly_as_good_goes_first() -> None:
    pool = [
        candidate("best", quality=0.9, price=dollars(90)),
        candidate("nearly", quality=0.86, price=dollars(10)),
        candidate("poor", quality=0.5, price=dollars(1)),
    ]
    ranking = QualityBasedRouting(share=0.95).rank(request(), pool)

    assert names(ranking) == ["nearly", "best", "poor"]


def test_qualities_of_one_s_own_go_before_the_card_s() -> None:
    pool = [candidate("a", quality=0.9), candidate("b", quality=0.5)]

    own = QualityBasedRouting(CatalogQuality({"b": 0.99}))
    assert names(own.rank(request(), pool)) == ["b", "a"]


@pytest.mark.parametrize("scores", [[0.5], [0.5, 1.5], [0.5, -0.1], [0.5, float("nan")]])
def test_a_scorer_that_answers_nonsense_is_told_so(scores: list[float]) -> None:
    class Nonsense:
        def score(
            self, request: RoutingRequest, candidates: Sequence[Candidate]
        ) -> Sequence[float | None]:
            del request, candidates
            return scores

    for strategy in (QualityBasedRouting(Nonsense()), HybridRouting(scorer=Nonsense())):
        with pytest.raises(StrategyError, match="one quality between 0 and 1"):
            strategy.rank(request(), [candidate("a"), candidate("b")])


# --- hybrid --------------------------------------------------------------------------------------

CHEAP = candidate("cheap", price=dollars(1), latency_s=9.0, latency_at_s=100.0, quality=0.2)
FAST = candidate("fast", price=dollars(9), latency_s=1.0, latency_at_s=100.0, quality=0.3)
GOOD = candidate("good", price=dollars(9), latency_s=9.0, latency_at_s=100.0, quality=0.9)


@pytest.mark.parametrize(
    ("weights_", "first"),
    [({"cost": 1}, "cheap"), ({"latency": 1}, "fast"), ({"quality": 1}, "good")],
)
def test_one_weight_alone_decides(weights_: Mapping[str, float], first: str) -> None:
    ranking = HybridRouting(weights=weights_).rank(request(), [GOOD, FAST, CHEAP])

    assert names(ranking)[0] == first
    assert ranking[0].score == 0
    assert ranking[-1].score == pytest.approx(1)


@given(weights, st.floats(1e-3, 1e3), requests, pools)
def test_only_the_proportion_of_the_weights_counts(
    chosen: dict[str, float], factor: float, asked: RoutingRequest, pool: list[Candidate]
) -> None:
    once = HybridRouting(weights=chosen).rank(asked, pool)
    scaled = HybridRouting(weights={k: v * factor for k, v in chosen.items()}).rank(asked, pool)

    by_name = {ranked.deployment: ranked.score for ranked in scaled}
    for ranked in once:
        assert -1e-9 <= ranked.score <= 1 + 1e-9
        assert by_name[ranked.deployment] == pytest.approx(ranked.score, abs=1e-6)


def test_what_breaks_a_constraint_is_vetoed() -> None:
    pool = [CHEAP, FAST, GOOD, candidate("unknown")]

    assert names(HybridRouting(min_quality=0.3).rank(request(), pool)) == ["fast", "good"]
    assert names(HybridRouting(max_cost_usd=0.005).rank(request(), pool)) == ["cheap"]
    # Never measured is let through: it never would be measured otherwise.
    assert set(names(HybridRouting(max_latency_s=5).rank(request(), pool))) == {"fast", "unknown"}


def test_the_expected_latency_follows_the_length_of_the_answer() -> None:
    streams = candidate("streams", latency_s=100.0, first_token_s=1.0, token_s=0.01)
    strategy = HybridRouting(max_latency_s=5)

    assert names(strategy.rank(request(output=100), [streams])) == ["streams"]
    assert names(strategy.rank(request(output=1000), [streams])) == []


def test_changing_the_mapping_afterwards_does_not_change_the_strategy() -> None:
    chosen = {"cost": 1.0}
    strategy = HybridRouting(weights=chosen)
    chosen["cost"] = -1.0

    assert strategy.weights == {"cost": 1.0}


@pytest.mark.parametrize(
    ("weights_", "cure"),
    [
        ({}, "at least one be above zero"),
        ({"cost": 0, "latency": 0}, "at least one be above zero"),
        ({"cost": -1, "latency": 2}, "zero or more"),
        ({"cost": float("nan")}, "zero or more"),
        ({"cost": float("inf")}, "zero or more"),
        ({"cost": 1.7e308, "latency": 1.7e308}, "astronomical"),
        ({"price": 1}, "'cost', 'latency' and 'quality'"),
    ],
)
def test_weights_that_make_no_sense_are_refused_with_the_cure(
    weights_: Mapping[str, float], cure: str
) -> None:
    with pytest.raises(RouterConfigError, match=cure):
        HybridRouting(weights=weights_)


# --- in turn -------------------------------------------------------------------------------------

TurnTaking = RoundRobin | WeightedRoundRobin


def serve(strategy: TurnTaking, pool: Sequence[Candidate]) -> str:
    """Let the first of the ranking answer; who it was."""
    [first, *_] = strategy.rank(request(), pool)
    strategy.observe(Outcome(request(), first.deployment, 1.0, None, Usage(), 0))
    return first.deployment


def test_each_deployment_gets_its_turn() -> None:
    strategy = RoundRobin()
    pool = [candidate("c"), candidate("a"), candidate("b")]

    assert [serve(strategy, pool) for _ in range(7)] == list("abcabca")
    assert names(strategy.rank(request(), pool)) == ["b", "c", "a"]


def test_calls_under_way_have_taken_their_turns_already() -> None:
    strategy, pool = RoundRobin(), {name: candidate(name) for name in "abc"}
    begun: list[str] = []
    for _ in range(6):
        first = names(strategy.rank(request(), list(pool.values())))[0]
        pool[first] = pool[first]._replace(in_flight=pool[first].in_flight + 1)
        begun.append(first)

    assert begun == list("abcabc")


def test_a_deployment_that_comes_back_does_not_catch_up() -> None:
    strategy = RoundRobin()
    for _ in range(1000):
        serve(strategy, [candidate("a"), candidate("b")])

    back = [candidate(name) for name in "abc"]
    assert Counter(serve(strategy, back) for _ in range(300)) == {"a": 100, "b": 100, "c": 100}


@given(st.lists(st.floats(0.05, 20), min_size=1, max_size=6), st.integers(1, 400))
def test_weights_are_kept_to_within_a_few_turns_at_any_time(given: list[float], turns: int) -> None:
    weights_ = {f"d{number}": weight for number, weight in enumerate(given)}
    strategy, pool = WeightedRoundRobin(weights_), [candidate(name) for name in weights_]

    served = Counter(serve(strategy, pool) for _ in range(turns))

    for name, weight in weights_.items():
        assert served[name] == pytest.approx(turns * weight / sum(given), abs=4)


def test_weights_of_three_and_one_give_three_quarters_and_one() -> None:
    strategy, pool = WeightedRoundRobin({"a": 3}), [candidate("a"), candidate("b")]

    served = [serve(strategy, pool) for _ in range(1000)]

    assert Counter(served) == {"a": pytest.approx(750, abs=2), "b": pytest.approx(250, abs=2)}
    assert "bb" not in "".join(served)
    assert "a" * 5 not in "".join(served)


def test_who_follows_is_drawn_by_weight_too() -> None:
    strategy = WeightedRoundRobin({"a": 4, "b": 3, "c": 1})
    second: Counter[str] = Counter()
    for seed in range(8000):
        first, then, _ = names(strategy.rank(request(seed), list(map(candidate, "abc"))))
        second[then] += first == "a"
        serve(strategy, [candidate("a")])

    assert second["b"] / second.total() == pytest.approx(0.75, abs=0.02)


def test_a_weight_of_zero_is_never_tried() -> None:
    strategy = WeightedRoundRobin({"a": 0, "b": 1})

    assert names(strategy.rank(request(), [candidate("a"), candidate("b")])) == ["b"]
    assert names(strategy.rank(request(), [candidate("a")])) == []


@pytest.mark.parametrize(
    "weights_", [{"a": 0}, {"a": -1, "b": 2}, {"a": float("nan")}, {"a": 1.7e308, "b": 1.7e308}]
)
def test_weights_nobody_can_take_turns_by_are_refused(weights_: Mapping[str, float]) -> None:
    with pytest.raises(RouterConfigError, match="weights"):
        WeightedRoundRobin(weights_)


# --- fewest connections --------------------------------------------------------------------------


def test_the_least_busy_goes_first_and_equal_ones_share() -> None:
    pool = [candidate("a", in_flight=2), candidate("b"), candidate("c"), candidate("d")]

    rankings = [names(LeastConnections().rank(request(seed), pool)) for seed in range(400)]

    assert {ranking[-1] for ranking in rankings} == {"a"}
    firsts = Counter(ranking[0] for ranking in rankings)
    assert set(firsts) == {"b", "c", "d"}
    assert min(firsts.values()) >= 100


# --- hash ----------------------------------------------------------------------------------------


def asked(*messages: Message, agent: str | None = None) -> RoutingRequest:
    return request()._replace(model_request=ModelRequest(messages, agent=agent))


def test_every_turn_of_a_conversation_comes_to_the_same_deployment() -> None:
    pool = [candidate(f"d{number}") for number in range(10)]
    rules, first = Message("system", (Text("Be brief."),)), Message.user("Where is Paris?")
    later = (Message("assistant", (Text("In France."),)), Message.user("And Rome?"))

    once = ConsistentHash().rank(asked(rules, first), pool)

    assert ConsistentHash().rank(asked(rules, first, *later), pool) == once
    others = [asked(rules, Message.user(f"Question {number}?")) for number in range(20)]
    assert len({names(ConsistentHash().rank(other, pool))[0] for other in others}) > 5


@given(st.sets(st.text(max_size=9), max_size=8), st.text(max_size=9), st.text(max_size=40))
def test_a_deployment_that_goes_moves_no_key_but_its_own(
    pool: set[str], gone: str, text: str
) -> None:
    key = asked(Message.user(text))
    fewer = ConsistentHash().rank(key, [candidate(name) for name in pool - {gone}])
    more = ConsistentHash().rank(key, [candidate(name) for name in pool | {gone}])

    assert [ranked for ranked in more if ranked.deployment != gone] == fewer


def test_keys_spread_evenly() -> None:
    pool = [candidate(f"d{number}") for number in range(5)]
    strategy = ConsistentHash(lambda model_request: model_request.agent or "")

    firsts = Counter(
        names(strategy.rank(asked(Message.user("Hi"), agent=f"agent {number}"), pool))[0]
        for number in range(5000)
    )

    for count in firsts.values():
        assert count == pytest.approx(1000, abs=120)


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: HybridRouting(max_cost_usd=-1),
        lambda: HybridRouting(max_latency_s=float("nan")),
        lambda: HybridRouting(min_quality=-0.5),
        lambda: QualityBasedRouting(share=0),
        lambda: QualityBasedRouting(share=1.01),
        lambda: QualityBasedRouting(share=float("nan")),
        lambda: LatencyBasedRouting(decay_s=0),
        lambda: LatencyBasedRouting(decay_s=float("nan")),
        lambda: Price(-1),
        lambda: Price.usd(input_usd=float("nan"), output_usd=1),
        lambda: ModelCard(quality=2),
        lambda: ModelCard(quality=float("nan")),
        lambda: ModelCard(max_input_tokens=0),
    ],
)
def test_settings_that_make_no_sense_are_refused(make: object) -> None:
    with pytest.raises(RouterConfigError):
        make()  # type: ignore[operator]
