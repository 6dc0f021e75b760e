import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import LabError
from quantumlayer.router.lab import Outcomes


def recorded(prompts: list[str]) -> Outcomes:
    shape = (len(prompts), 2)
    return Outcomes(prompts, ["small", "large"], np.full(shape, 0.5), np.full(shape, 0.001))


def test_outcomes_keep_a_copy_that_cannot_be_changed() -> None:
    quality = np.array([[0.0, 1.0]])
    outcomes = Outcomes(["hello"], ["small", "large"], quality, quality, quality, ["talk"])
    quality[0, 0] = 1
    assert outcomes.quality[0, 0] == 0
    assert outcomes.tasks == ("talk",)
    with pytest.raises(ValueError, match="read-only"):
        outcomes.quality[0, 0] = 1


@pytest.mark.parametrize(
    ("prompts", "models", "quality", "cure"),
    [
        ([], ["a"], [], "at least one prompt"),
        (["p"], [], [[]], "at least one prompt and one model"),
        (["p"], ["a", "a"], [[0, 0]], "give each its own name"),
        (["p"], ["a"], [[0, 0]], r"need \(1, 1\)"),
        (["p"], ["a"], [["much"]], "no array of numbers"),
        (["p"], ["a"], [[1.1]], r"'a' for prompt 0 is 1\.1: give a number that is between 0 and 1"),
        (["p"], ["a"], [[float("nan")]], "between 0 and 1"),
    ],
)
def test_what_makes_no_sense_is_refused(
    prompts: list[str], models: list[str], quality: list[list[float]], cure: str
) -> None:
    with pytest.raises(LabError, match=cure):
        Outcomes(prompts, models, np.array(quality), np.array(quality))


def test_costs_and_latencies_are_zero_or_more_and_every_prompt_has_a_task() -> None:
    one = np.array([[1.0]])
    with pytest.raises(LabError, match=r"`cost_usd` of 'a' for prompt 0 is -1\.0.*zero or more"):
        Outcomes(["p"], ["a"], one, -one)
    with pytest.raises(LabError, match="`latency_s`"):
        Outcomes(["p"], ["a"], one, one, one * np.inf)
    with pytest.raises(LabError, match="2 tasks for 1 prompts"):
        Outcomes(["p"], ["a"], one, one, tasks=["x", "y"])


def test_rows_are_taken_with_all_that_is_known_of_them() -> None:
    grid = np.array([[0.1], [0.2], [0.3]])
    outcomes = Outcomes(["p", "q", "r"], ["a"], grid, grid, grid, ["x", "y", "z"])
    taken = outcomes.take([2, 0])
    assert taken.prompts == ("r", "p")
    assert taken.tasks == ("z", "x")
    assert taken.latency_s is not None
    assert taken.latency_s.tolist() == taken.quality.tolist() == [[0.3], [0.1]]
    assert outcomes.without(["q"]).prompts == ("p", "r")
    with pytest.raises(LabError, match="at least one prompt"):
        outcomes.without(["p", "q", "r"])


def test_a_model_that_was_not_recorded_is_named_beside_those_that_were() -> None:
    assert recorded(["p"]).column("large") == 1
    with pytest.raises(LabError, match=r"'medium'.*'small', 'large'"):
        recorded(["p"]).column("medium")


@given(
    st.lists(st.text("abAB .?", max_size=4), min_size=1, max_size=30),
    st.floats(0.1, 0.9),
    st.integers(0, 5),
)
def test_no_prompt_is_learned_from_and_measured_on_however_it_is_written(
    prompts: list[str], train: float, seed: int
) -> None:
    def gist(text: str) -> str:
        return " ".join(text.lower().replace(".", " ").replace("?", " ").split()) or text

    outcomes = recorded(prompts)
    try:
        fold = outcomes.split(train=train, seed=seed)
    except LabError:
        # Whatever the prompts, one of both parts would have been empty.
        assert round(train * len({gist(text) for text in prompts})) in {
            0,
            len(set(map(gist, prompts))),
        }
        return
    assert not {*map(gist, fold.train.prompts)} & {*map(gist, fold.test.prompts)}
    assert sorted([*fold.train.prompts, *fold.test.prompts]) == sorted(prompts)
    again = outcomes.split(train=train, seed=seed)
    assert again.train.prompts == fold.train.prompts


def test_each_prompt_is_measured_on_in_one_fold() -> None:
    prompts = [f"question {number}" for number in range(11)]
    folds = list(recorded(prompts).folds(3, seed=1))
    assert sorted(text for fold in folds for text in fold.test.prompts) == sorted(prompts)
    assert all(len(fold.train) + len(fold.test) == 11 for fold in folds)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_prompts_are_parted_in_two_to_as_many_as_there_are(count: int) -> None:
    with pytest.raises(LabError, match="2 different prompts cannot be parted"):
        list(recorded(["one", "two", "Two?"]).folds(count, seed=0))
