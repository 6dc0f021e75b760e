import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import LabError
from quantumlayer.messages import Message, ModelRequest
from quantumlayer.router import (
    Candidate,
    ModelCard,
    Price,
    QualityBasedRouting,
    RoutingRequest,
    TrainedQuality,
)
from quantumlayer.router.lab import (
    Outcomes,
    Pair,
    Scenario,
    bench,
    interval,
    read_llmrouter,
    read_routellm,
    threshold_curve,
    train_quality,
)
from quantumlayer.router.lab._training import TASK_RIDGE, logistic
from quantumlayer.router.lab._trees import grow
from quantumlayer.router.strategies._features import CHARACTERS, PLACES, pieces
from quantumlayer.router.strategies._learned import DEPTH, likely
from quantumlayer.router.strategies._shape import PLAIN, SHAPES, measures, shape
from quantumlayer.testing import check_strategy

TALK = {"code": "python function loop class", "verse": "rose moon river heart"}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=60) | st.text("ab ?1.\n", max_size=200)


def made_up(count: int, *, seed: int, tasks: bool = True) -> Outcomes:
    """Small is good at verse, large at code."""
    random = np.random.default_rng(seed)
    kinds = [str(kind) for kind in random.choice(["code", "verse"], count)]
    prompts = [
        f"{number} write " + " ".join(random.choice(TALK[kind].split(), 5))
        for number, kind in enumerate(kinds)
    ]
    quality = np.array([[0.1, 0.9] if kind == "code" else [0.8, 0.3] for kind in kinds])
    return Outcomes(
        prompts,
        ["small", "large"],
        quality,
        np.array([[0.001, 0.01]] * count),
        tasks=kinds if tasks else None,
    )


def asked(text: str, *, system: str = "") -> RoutingRequest:
    messages = (Message.system(system), Message.user(text)) if system else (Message.user(text),)
    return RoutingRequest(ModelRequest(messages), 10, 10, 0.0, 0)


SMALL, LARGE = Candidate("small", "p", "small"), Candidate("mine", "p", "large")


@given(TEXTS)
def test_pieces_are_places_in_two_halves_with_weights(text: str) -> None:
    places, weights = pieces(text)
    assert (np.diff(places) > 0).all()
    assert ((places >= 0) & (places < PLACES)).all()
    assert (weights >= 1).all()
    assert (places < PLACES // 2).any() == bool(text.split() and any(c > " " for c in text))


@given(st.lists(st.sampled_from(["alpha", "beta", "gamma"]), min_size=1, max_size=8))
def test_pieces_do_not_depend_on_where_words_stand_or_on_white_space(words: list[str]) -> None:
    one, two = pieces(" ".join(words)), pieces("\n  ".join(words) + "  ")
    assert one[0].tolist() == two[0].tolist()
    assert one[1].tolist() == two[1].tolist()
    found = set(pieces("zzz " + " ".join(words))[0].tolist())
    assert set(one[0].tolist()) <= found


def test_each_sequence_of_words_and_characters_has_a_place() -> None:
    places, weights = pieces("abcd ab abcd")
    # abcd, ab; abcd ab, ab abcd; abc, bcd, abcd.
    assert (places < PLACES // 2).sum() == 4
    assert (places >= PLACES // 2).sum() == 3
    assert sorted(weights.tolist()) == pytest.approx([1] * 3 + [1 + np.log(2)] * 4)


def test_words_of_the_answers_offered_are_others_than_those_of_the_question() -> None:
    question = "Which is a metal?"
    offered = "A. gold\nB. oxygen"
    asked, both = pieces(question)[0], pieces(f"{question}\n{offered}")[0]
    assert set(asked.tolist()) <= set(both.tolist())
    assert not set(pieces("gold")[0].tolist()) & set(both.tolist())
    assert set(pieces("a. gold")[0].tolist()) & set(pieces("A. gold")[0].tolist())
    # One line is no choice, and a list with other signs offers none.
    assert set(pieces("gold")[0].tolist()) <= set(pieces("A. gold")[0].tolist())
    assert set(pieces("gold")[0].tolist()) <= set(pieces("- gold\n- oxygen")[0].tolist())


def test_measures_tell_a_choice_of_numbers_from_one_of_sentences() -> None:
    numbers = measures("How much is it?\nA. 12\nB. $13\nC. 14 %\nD. 15.5")
    sentences = measures("How much is it?\nA. It is much.\nB. It is more.\nC. None.\nD. Little.")
    assert numbers[PLAIN] == sentences[PLAIN] == 4
    assert (numbers[PLAIN:] == 1).any()
    assert (numbers[PLAIN:] != sentences[PLAIN:]).sum() > 5
    assert not measures("How much is it?")[PLAIN : PLAIN + 18].any()


@given(TEXTS)
def test_a_shape_has_finite_measures_of_any_text(text: str) -> None:
    told = measures(text)
    assert told.shape == (SHAPES,)
    assert np.isfinite(told).all()
    assert told[:PLAIN].tolist() == shape(text).tolist()


def test_of_a_long_text_beginning_and_end_are_read() -> None:
    middle = "x" * CHARACTERS
    both = set(pieces(f"begin {middle} end")[0].tolist())
    assert set(pieces("begin")[0].tolist()) | set(pieces("end")[0].tolist()) <= both
    assert shape("word " * 9_000)[0] == pytest.approx(np.log1p(45_000))


@pytest.mark.parametrize("tasks", [True, False])
def test_a_scorer_tells_what_each_model_is_good_at(tasks: bool) -> None:  # noqa: FBT001 -- a case
    train, test = made_up(200, seed=1, tasks=tasks), made_up(50, seed=2)
    scorer = train_quality(train)
    for text, expected in zip(test.prompts, test.quality, strict=True):
        scores = scorer.score(asked(text, system="python moon"), [SMALL, LARGE])
        small, large = scores
        assert small is not None
        assert large is not None
        assert (small > large) == (expected[0] > expected[1])
        assert scores == pytest.approx(list(expected), abs=0.4)


def test_the_same_outcomes_make_the_same_file(tmp_path: Path) -> None:
    outcomes = made_up(60, seed=1)
    for name in ("one", "two"):
        train_quality(outcomes).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_scorer_that_was_saved_scores_the_same(tmp_path: Path) -> None:
    scorer = train_quality(made_up(60, seed=1))
    scorer.save(tmp_path / "scorer")
    loaded = TrainedQuality.load(tmp_path / "scorer")
    assert loaded.models == ("small", "large")
    request = asked("write moon river python")
    assert loaded.score(request, [SMALL, LARGE]) == scorer.score(request, [SMALL, LARGE])


def test_the_quality_of_a_model_it_was_not_trained_on_is_unknown() -> None:
    scorer = train_quality(made_up(60, seed=1))
    scores = scorer.score(asked("python"), [Candidate("other", "p", "other"), LARGE])
    assert scores[0] is None
    assert scores[1] is not None


@given(TEXTS)
def test_any_text_has_qualities_from_0_to_1(text: str) -> None:
    scores = SCORER.score(asked(text), [SMALL, LARGE])
    assert all(score is not None and 0 <= score <= 1 for score in scores)


SCORER = train_quality(made_up(60, seed=1))


def test_a_strategy_with_a_trained_scorer_keeps_the_rules() -> None:
    check_strategy(lambda: QualityBasedRouting(scorer=SCORER))


@pytest.mark.anyio
async def test_a_trained_scorer_is_benched_like_any_strategy() -> None:
    train, test = made_up(200, seed=1), made_up(100, seed=2)
    cards = {name: ModelCard(price=Price()) for name in train.models}
    made = await bench(
        {"trained": QualityBasedRouting(scorer=train_quality(train))},
        test,
        train=train,
        scenario=Scenario(cards=cards),
    )
    assert made["trained"].quality == pytest.approx(made["oracle"].quality)
    assert made["trained"].quality > made["best single"].quality


@given(seed=st.integers(0, 99), tasks=st.integers(2, 5), signs=st.integers(1, 6))
def test_guesses_of_the_task_cannot_be_made_better_by_any_small_step(
    seed: int, tasks: int, signs: int
) -> None:
    random = np.random.default_rng(seed)
    members = np.eye(tasks)[np.arange(60) % tasks]
    told = random.normal(size=(60, signs)) + 3 * members[:, :1]
    by_sign, bias = logistic(members, told)
    center, spread = told.mean(axis=0), told.std(axis=0)
    known = np.hstack([(told - center) / spread, np.ones((60, 1))])
    solved = np.vstack([by_sign * spread[:, None], bias + center @ by_sign])
    # The gradient of the penalised likelihood.
    missed = known.T @ (members - likely(told @ by_sign + bias)) - TASK_RIDGE * solved
    assert np.abs(missed).max() < 1e-3


def test_a_task_is_guessed_by_its_words_and_by_its_shape() -> None:
    # The same words, but only sums have numbers, and songs a rhyme that nothing else has.
    kinds = ["sum", "song", "talk"] * 30
    endings = {"sum": "{} + {}", "song": "la{} la", "talk": "well"}
    prompts = [f"say it {endings[kind].format(at, at)}" for at, kind in enumerate(kinds)]
    quality = np.array([[0.9, 0.1] if kind == "sum" else [0.2, 0.8] for kind in kinds])
    outcomes = Outcomes(prompts, ["s", "l"], quality, np.full((90, 2), 0.01), tasks=kinds)
    learned = train_quality(outcomes).learned
    # Worth so much at one task each that nothing else is heard: at songs, at sums, at talk.
    loud = replace(
        learned,
        models=("song", "sum", "talk"),
        task_quality=100 * np.eye(3, dtype=np.float32),
        piece=np.zeros((*learned.piece.shape[:-1], 3), np.float32),
        measure=np.zeros((*learned.measure.shape[:-1], 3), np.float32),
        mean=np.zeros(3, np.float32),
        tree_quality=np.zeros((*learned.tree_quality.shape[:-1], 3), np.float32),
    )
    assert loud.predict("say it 200 + 200").argmax() == 1
    assert loud.predict("say it la200 la").argmax() == 0
    assert loud.predict("say it well").argmax() == 2


@pytest.mark.parametrize(
    ("outcomes", "ridge"),
    [(made_up(1, seed=0), 1.0), (made_up(9, seed=0), 0.0), (made_up(9, seed=0), float("nan"))],
)
def test_what_teaches_nothing_is_refused(outcomes: Outcomes, ridge: float) -> None:
    with pytest.raises(LabError, match="teach nothing"):
        train_quality(outcomes, ridge=ridge)


def test_a_tree_finds_what_no_sum_of_signs_tells() -> None:
    signs = np.random.default_rng(1).random((2_000, 6)).astype(np.float32)
    alike = (signs[:, 0] > 0.5) == (signs[:, 1] > 0.5)
    quality = np.where(alike[:, None], [0.9, 0.1], [0.1, 0.9])
    forest = grow(signs, quality)
    assert forest.cut.shape == forest.sign.shape == (len(forest.quality), 2**DEPTH - 1)
    assert forest.sign.max() < signs.shape[1]
    told = replace(
        SCORER.learned, tree_sign=forest.sign, tree_cut=forest.cut, tree_quality=forest.quality
    )
    better = [told.by_trees(row)[0] > 0.5 for row in signs]
    assert np.mean(better == alike) > 0.9


def test_a_few_prompts_grow_trees_that_ask_nothing() -> None:
    signs, quality = np.eye(3, dtype=np.float32), np.array([[0.0], [1.0], [0.5]])
    forest = grow(signs, quality)
    assert (forest.cut > 1).all()
    assert forest.quality[:, 0, 0] == pytest.approx(0.5)


def test_prompts_without_any_words_teach_the_mean() -> None:
    grid = np.array([[0.0], [1.0], [0.5]])
    scorer = train_quality(Outcomes(["", " ", "?"], ["small"], grid, grid))
    assert list(scorer.score(asked("anything"), [SMALL])) == pytest.approx([0.5], abs=0.2)


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def header(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(content: dict[str, bytes]) -> None:
        known = json.loads(content["header.json"])
        content["header.json"] = json.dumps({**known, **changes}).encode()

    return change


def array(name: str, value: object) -> Callable[[dict[str, bytes]], None]:
    def change(content: dict[str, bytes]) -> None:
        file = io.BytesIO()
        np.save(file, np.asarray(value), allow_pickle=True)
        content[f"{name}.npy"] = file.getvalue()

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (header(version=1), "version 1"),
        (header(format="other"), "version"),
        (header(models=["one"]), "'piece' is no array"),
        (header(promise=3), "mapping"),
        (header(promise={"reference": "large"}), "margin"),
        (
            header(promise={"reference": "x", "margin": 7, "share": 0.9, "confidence": 0.9}),
            "promises nothing",
        ),
        (lambda content: content.pop("header.json"), "header.json"),
        (lambda content: content.pop("mean.npy"), "mean.npy"),
        (lambda content: content.update({"header.json": b"{"}), "Expecting"),
        (lambda content: content.update({"header.json": b"[]"}), "list"),
        (lambda content: content.update({"mean.npy": b"nothing"}), "scorer"),
        (array("mean", [0.5, 0.5]), "'mean' is no array of"),
        (array("mean", np.array([np.nan, 0.5], np.float32)), "'mean' is no array of"),
        (array("mean", np.array([{}, {}])), "allow_pickle"),
        (array("tree_cut", np.zeros((9, 2**DEPTH - 1), np.float32)), "'tree_cut' is no array"),
        (lambda content: content.pop("tree_sign.npy"), "tree_sign.npy"),
        (array("tree_sign", np.full((64, 2**DEPTH - 1), 999, np.uint16)), "none of the"),
    ],
)
def test_a_corrupt_file_is_refused_with_the_cure(
    tmp_path: Path, change: Callable[[dict[str, bytes]], None], problem: str
) -> None:
    path = tmp_path / "broken"
    SCORER.save(path)
    rewritten(path, change)
    with pytest.raises(LabError) as caught:
        TrainedQuality.load(path)
    assert problem in str(caught.value)
    assert "make it anew with `quantumlayer route train`" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"text" * 99])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(LabError, match="no scorer that can be loaded"):
        TrainedQuality.load(path)
    with pytest.raises(LabError, match="nowhere"):
        TrainedQuality.load(tmp_path / "nowhere")


def test_the_router_is_imported_without_numpy() -> None:
    code = "import sys, quantumlayer.router; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_decision_reads_the_beginning_and_the_end_of_a_long_prompt() -> None:
    def text(words: str, size: int) -> str:
        return (f"{words} " * size)[:size]

    def score(begin: str, middle: str, end: str) -> Sequence[float | None]:
        parts = text(begin, CHARACTERS // 2), text(middle, 20_000), text(end, CHARACTERS // 2)
        return SCORER.score(asked("".join(parts)), [SMALL, LARGE])

    whole = score("neither", TALK["code"], TALK["verse"])
    assert score("neither", TALK["verse"], TALK["verse"]) == whole
    assert score(TALK["code"], TALK["code"], TALK["verse"]) != whole
    assert score("neither", TALK["code"], TALK["code"]) != whole


def gains(pair: Pair, scorer: TrainedQuality, prompts: Sequence[str]) -> list[float]:
    places = [scorer.models.index(name) for name in (pair.weak, pair.strong)]
    expected = (scorer.learned.predict(text)[places] for text in prompts)
    return [float(strong - weak) for weak, strong in expected]


def routellm(shared: Path, name: str) -> Pair:
    pytest.importorskip("pyarrow")
    folder = shared / "data" / "routing" / "routellm"
    return read_routellm(
        folder / f"{name}_responses.parquet", folder / f"{name}_contaminated_prompts.jsonl.gz"
    )


def test_it_beats_prompt_length_and_the_published_routers_at_1_500_labels(shared: Path) -> None:
    pair = routellm(shared, "mmlu")
    train, test = pair.outcomes.split(train=1_500 / len(pair.outcomes), seed=0)
    ours = threshold_curve(gains(pair, train_quality(train), test.prompts), *test.quality.T)
    length = threshold_curve([len(text) for text in test.prompts], *test.quality.T)
    assert ours.apgr() >= 0.66
    assert length.apgr() == pytest.approx(0.583, abs=0.01)


@pytest.mark.parametrize(
    ("name", "goal"),
    [("gsm8k", 0.64), pytest.param("mmlu", 0.70, marks=pytest.mark.slow)],
)
def test_it_is_as_good_as_said_in_five_folds(shared: Path, name: str, goal: float) -> None:
    pair = routellm(shared, name)
    scores: list[float] = []
    tests = []
    for train, test in pair.outcomes.folds(5, seed=0):
        scores += gains(pair, train_quality(train), test.prompts)
        tests.append(test.quality)
    assert threshold_curve(scores, *np.concatenate(tests).T).apgr() >= goal


def test_it_chooses_among_nine_models_better_than_the_best_single_one(shared: Path) -> None:
    pytest.importorskip("pyarrow")
    folder = shared / "data" / "routing" / "llmrouter"
    train, test = read_llmrouter(
        folder / "dcrouter_9models.parquet", folder / "default_llm_prices.json.gz"
    )
    learned = train_quality(train).learned
    chosen = [int(learned.predict(text).argmax()) for text in test.prompts]
    quality = test.quality[np.arange(len(test)), chosen]
    low, high = interval(quality, seed=0)
    assert low < quality.mean() < high
    assert quality.mean() > test.quality[:, train.quality.mean(axis=0).argmax()].mean() + 0.02
