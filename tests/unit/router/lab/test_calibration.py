from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import LabError, RouterConfigError
from quantumlayer.messages import ModelRequest
from quantumlayer.router import (
    Candidate,
    ModelCard,
    Price,
    Promise,
    QualityBasedRouting,
    RoutingRequest,
    TrainedQuality,
)
from quantumlayer.router.lab import Outcomes, calibrate, train_quality
from quantumlayer.router.lab._calibration import _Choices, exceeds_zero
from quantumlayer.testing import check_strategy

MODELS = ("small", "middle", "large")
CARDS = {
    name: ModelCard(price=Price.usd(input_usd=usd, output_usd=0))
    for name, usd in zip(MODELS, (1, 3, 9), strict=True)
}


class Reads:
    """A scorer that reads what it says out of the prompt."""

    def score(
        self, request: RoutingRequest, candidates: Sequence[Candidate]
    ) -> Sequence[float | None]:
        told = dict(zip(MODELS, map(float, request.model_request.user_text.split()), strict=True))
        return [told[candidate.model] for candidate in candidates]


def world(generator: np.random.Generator, size: int) -> tuple[Outcomes, np.ndarray]:
    """Prompts of all difficulties, a scorer that is often wrong, and what answers are worth."""
    hard = generator.random((size, 1))
    hope = np.array([0.85, 0.88, 0.9]) - hard * np.array([0.6, 0.35, 0.15])
    told = (hope + generator.normal(0, 0.15, hope.shape)).clip(0, 1).round(3)
    worth = (generator.random(hope.shape) < hope).astype(float)
    prompts = [" ".join(map(str, row)) for row in told]
    return Outcomes(prompts, MODELS, worth, np.ones(hope.shape)), hope


def candidates() -> list[Candidate]:
    return [Candidate(name, "p", name, CARDS[name].price) for name in MODELS]


def test_the_promise_holds_as_often_as_its_confidence_says() -> None:
    # What a margin is truly worth is known here: the mean hope of its choices over many prompts.
    generator = np.random.default_rng(11)
    many, hope = world(generator, 20_000)
    choices = _Choices(Reads(), many, 2, CARDS)
    wanted = 0.95 * hope[:, 2].mean()

    def truth(margin: float) -> float:
        return float(hope[np.arange(len(hope)), choices.at(margin)].mean())

    rounds, broken, cheap = 200, 0, []
    for _ in range(rounds):
        drawn, _ = world(generator, 500)
        promise = calibrate(Reads(), drawn, reference="large", cards=CARDS)
        broken += truth(promise.margin) < wanted
        cheap.append(float((choices.at(promise.margin) != 2).mean()))
    # At most one in ten; two standard errors of that over 200 rounds are 0.042.
    assert broken / rounds <= 0.1 + 0.042
    # And it is no empty promise: who knows the truth gives the others 30 % of the requests.
    assert np.mean(cheap) > 0.12


def test_more_outcomes_allow_more() -> None:
    generator = np.random.default_rng(3)
    margins = [
        np.mean(
            [
                calibrate(Reads(), world(generator, size)[0], reference="large", cards=CARDS).margin
                for _ in range(10)
            ]
        )
        for size in (150, 600, 2_400)
    ]
    assert margins == sorted(margins)
    assert margins[0] < margins[-1]


def test_too_few_outcomes_leave_everything_to_the_reference() -> None:
    few, _ = world(np.random.default_rng(0), 5)
    promise = calibrate(Reads(), few, reference="large", cards=CARDS)
    assert promise == Promise("large", -1.0, 0.95, 0.9)
    assert set(_Choices(Reads(), few, 2, CARDS).at(promise.margin)) == {2}


def test_a_scorer_that_knows_nothing_breaks_no_promise() -> None:
    class Blind(Reads):
        def score(
            self, request: RoutingRequest, candidates: Sequence[Candidate]
        ) -> Sequence[float | None]:
            return [0.5] * len(candidates)

    drawn, _ = world(np.random.default_rng(1), 1_000)
    # All or nothing then, and nothing keeps 95 %: the small model has two thirds of the quality.
    assert calibrate(Blind(), drawn, reference="large", cards=CARDS).margin < 0


@given(
    margin=st.floats(-1, 1),
    told=st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.50001, 0.9, 1.0]), min_size=3, max_size=3),
)
def test_calibration_chooses_as_the_strategy_does(margin: float, told: list[float]) -> None:
    prompt = " ".join(map(str, told))
    one = Outcomes([prompt], MODELS, np.ones((1, 3)), np.ones((1, 3)))
    for column, name in enumerate(MODELS):
        promise = Promise(name, margin, 0.95, 0.9)
        strategy = QualityBasedRouting(scorer=Reads(), promise=promise)
        request = RoutingRequest(ModelRequest.of(prompt), 10, 200, 0.0, 0)
        first = strategy.rank(request, candidates())[0].deployment
        assert MODELS[_Choices(Reads(), one, column, CARDS).at(margin)[0]] == first


def test_a_promise_measures_by_its_reference() -> None:
    def first(told: str, margin: float, names: Sequence[str] = MODELS) -> str:
        promise = Promise("large", margin, 0.95, 0.9)
        strategy = QualityBasedRouting(scorer=Reads(), share=0.5, promise=promise)
        request = RoutingRequest(ModelRequest.of(told), 10, 200, 0.0, 0)
        pool = [one for one in candidates() if one.deployment in names]
        return strategy.rank(request, pool)[0].deployment

    assert first("0.7 0.75 0.8", 0.2) == "small"
    assert first("0.7 0.75 0.8", 0.06) == "middle"
    assert first("0.7 0.75 0.8", 0.01) == "large"
    assert first("0.9 0.75 0.8", -0.05) == "small"
    assert first("1 1 0", -1) == "small"
    assert first("0.9 0.9 0.8", -1) == "large"
    # Without the reference, half of the best is good enough.
    assert first("0.4 0.75 0.8", 0.0, ["small", "middle"]) == "small"
    assert first("0.3 0.75 0.8", 0.0, ["small", "middle"]) == "middle"


def test_a_promising_strategy_keeps_the_rules_of_strategies() -> None:
    for margin in (-1, 0.1, 1):
        promise = Promise("c/fast", margin, 0.95, 0.9)
        check_strategy(lambda promise=promise: QualityBasedRouting(promise=promise))  # type: ignore[misc]  # bound now


@pytest.mark.parametrize(
    ("margin", "share", "confidence"),
    [(2, 0.9, 0.9), (0, 0, 0.9), (0, 1.1, 0.9), (0, 0.9, 0), (0, 0.9, 1), (float("nan"), 0.9, 0.9)],
)
def test_what_promises_nothing_is_refused(margin: float, share: float, confidence: float) -> None:
    with pytest.raises(RouterConfigError, match="promises nothing"):
        Promise("large", margin, share, confidence)


def test_a_reference_that_nobody_knows_is_refused() -> None:
    drawn, _ = world(np.random.default_rng(0), 5)
    with pytest.raises(LabError, match="'huge'"):
        calibrate(Reads(), drawn, reference="huge", cards=CARDS)

    class Silent(Reads):
        def score(
            self, request: RoutingRequest, candidates: Sequence[Candidate]
        ) -> Sequence[float | None]:
            return [None] * len(candidates)

    with pytest.raises(LabError, match="knows no quality of 'large'"):
        calibrate(Silent(), drawn, reference="large", cards=CARDS)


def test_the_test_says_yes_to_no_mean_below_zero_more_often_than_it_may() -> None:
    generator = np.random.default_rng(4)
    # Values of 1 and -0.95 with a mean of zero: the hardest case of what may be refused.
    fair = np.where(generator.random((2_000, 400)) < 0.95 / 1.95, 1.0, -0.95)
    said = np.mean([exceeds_zero(row, lowest=-0.95, confidence=0.9) for row in fair])
    assert said <= 0.1 + 2 * np.sqrt(0.1 * 0.9 / 2_000)
    better = np.where(generator.random((200, 400)) < 0.6, 1.0, -0.95)
    assert np.mean([exceeds_zero(row, lowest=-0.95, confidence=0.9) for row in better]) > 0.9


def test_the_first_bet_is_blind() -> None:
    assert not exceeds_zero([1.0], lowest=-1, confidence=0.9)
    assert not exceeds_zero([], lowest=-1, confidence=0.9)
    assert exceeds_zero([1.0] * 20, lowest=-1, confidence=0.9)


def test_a_promise_is_saved_with_its_scorer(tmp_path: Path) -> None:
    outcomes = Outcomes(["one two", "three four"], MODELS, np.ones((2, 3)), np.ones((2, 3)))
    promise = Promise("large", 0.25, 0.95, 0.9)
    scorer = train_quality(outcomes)
    assert scorer.promise is None
    scorer.promising(promise).save(tmp_path / "my.scorer")
    assert TrainedQuality.load(tmp_path / "my.scorer").promise == promise
    scorer.save(tmp_path / "my.scorer")
    assert TrainedQuality.load(tmp_path / "my.scorer").promise is None
