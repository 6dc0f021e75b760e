"""Make a scorer from recorded outcomes: ridge regression and decision trees, in numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from quantumlayer.errors import LabError
from quantumlayer.router.lab._outcomes import Floats, Outcomes
from quantumlayer.router.lab._trees import grow
from quantumlayer.router.strategies._features import PLACES, pieces
from quantumlayer.router.strategies._learned import Learned, centered, likely, weighted
from quantumlayer.router.strategies._shape import PLAIN, measures
from quantumlayer.router.strategies._trained import TrainedQuality

__all__ = ["RIDGE", "TASK_RIDGE", "logistic", "train_quality"]

RIDGE = 8.0
"""How strongly weights are drawn to zero.

Of 3, 8 and 20 the best on a fifth of LLMRouter's training set that was held back for choosing it
(0.653 against 0.643 and 0.644).
"""

# Pieces of fewer prompts than this say nothing of other prompts.
_LEAST_PROMPTS = 2

# How strongly the weights that guess a task are drawn to zero, and in how many steps they are
# found: three times as strongly, and three times as many steps, changed the APGR on training
# prompts of MMLU by less than .0015.
TASK_RIDGE = 10.0
_TASK_STEPS = 60

# As many prompts of mean quality are added to each task, so that a rare one is not believed.
_PRIOR_PROMPTS = 5.0

# One task tells nothing apart.
_FEWEST_TASKS = 2

# A measure that spreads less is one number with rounding errors.
_NO_SPREAD = 1e-9
_ENDLESS = 1e30

_MOST_STEPS = 60
_SMALLEST_RESIDUAL = 1e-5


def train_quality(outcomes: Outcomes, *, ridge: float = RIDGE) -> TrainedQuality:
    """Learn what each model's answer to a prompt is going to be worth.

    Half of what is expected comes from weights: a prompt counts by the pieces of words in it (their
    frequency times how rare they are) and by its plain shape (its length, numbers and signs), of
    which a model's quality is a linear function, fitted by ridge regression. Where the outcomes
    have tasks, the scorer also guesses the task of a prompt, and takes the mean with what the
    models are worth at it. The other half comes from decision trees, which ask for the shape, for
    that of the answers to choose from, and for how much the prompt is like each task: the cosine
    with the task's mean prompt. The task is guessed from the same signs, by multinomial logistic
    regression.

    The same outcomes give the same scorer. 11,000 prompts of 470 characters take about 20 s.

    Args:
        outcomes: What to learn from, and nothing that is measured on later: part them with
            `Outcomes.split` or `Outcomes.folds`.
        ridge: How strongly weights are drawn to zero; more is better where there are few or noisy
            outcomes.

    Raises:
        LabError: There are fewer than two prompts, or `ridge` is not above zero.

    Source: ridge regression, Hoerl and Kennard (1970); centroids, Rocchio (1971); extremely
    randomised trees, Geurts, Ernst and Wehenkel (2006).
    """
    if len(outcomes) < _LEAST_PROMPTS or not 0 < ridge < np.inf:
        raise LabError(
            f"{len(outcomes)} prompts with ridge={ridge!r} teach nothing: give two or more prompts "
            "and a ridge above zero."
        )
    rarity = _rarity(outcomes)
    words = _Rows.of(outcomes, rarity)
    told = np.array([measures(text) for text in outcomes.prompts])
    shapes = told[:, :PLAIN]
    center, spread = shapes.mean(axis=0), shapes.std(axis=0)
    # A measure that is always the same says nothing; together they count as much as the words do.
    spread = np.where(spread > _NO_SPREAD, spread * np.sqrt(spread.size), _ENDLESS)
    plain = (shapes - center) / spread
    mean = outcomes.quality.mean(axis=0)
    dual = _solved(words, plain, outcomes.quality - mean, ridge)
    tasks = _Tasks.of(outcomes)
    task_piece, alike = _alike(tasks, words)
    if alike.size:
        told = np.hstack([told, centered(alike)])
    task_sign, task_bias = logistic(tasks.members, told)
    forest = grow(_small(told), outcomes.quality)
    return TrainedQuality(
        Learned(
            tuple(outcomes.models),
            rarity=rarity,
            piece=_small(words.onto_places(dual)),
            center=_small(center),
            spread=_small(spread),
            measure=_small(plain.T @ dual),
            mean=_small(mean),
            task_piece=_small(task_piece),
            task_sign=_small(task_sign),
            task_bias=_small(task_bias),
            task_quality=_small(_worth(tasks, outcomes.quality)),
            tree_sign=forest.sign,
            tree_cut=forest.cut,
            tree_quality=forest.quality,
        )
    )


def _small(array: Floats) -> NDArray[np.float32]:
    """In half the size, and row after row: a decision picks rows, which is slow across columns."""
    return np.ascontiguousarray(array, dtype=np.float32)


def _rarity(outcomes: Outcomes) -> NDArray[np.float32]:
    """The inverse document frequency of each place, smoothed; 0 where it is in too few prompts."""
    prompts = np.zeros(PLACES)
    for text in outcomes.prompts:
        prompts[pieces(text)[0]] += 1
    rarity = np.log((1 + len(outcomes)) / (1 + prompts)) + 1
    return np.where(prompts >= _LEAST_PROMPTS, rarity, 0).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """A sparse matrix with one row for each prompt.

    Attributes:
        starts: Where each row begins.
        row: The row of each entry.
        place: Its column.
        weight: Its value.
    """

    starts: NDArray[np.int64]
    row: NDArray[np.int64]
    place: NDArray[np.int64]
    weight: Floats

    @classmethod
    def of(cls, outcomes: Outcomes, rarity: NDArray[np.float32]) -> Self:
        """The pieces of each prompt; a zero at the end of each row, so that none is empty."""
        rows = [weighted(text, rarity) for text in outcomes.prompts]
        sizes = np.array([places.size + 1 for places, _ in rows])
        none, zero = np.zeros(1, np.int64), np.zeros(1)
        return cls(
            np.cumsum(sizes) - sizes,
            np.repeat(np.arange(len(rows)), sizes),
            np.concatenate([part for places, _ in rows for part in (places, none)]),
            np.concatenate([part for _, weights in rows for part in (weights, zero)]),
        )

    def onto_places(self, values: Floats) -> Floats:
        """The transposed matrix times values: (prompts, columns) to (places, columns)."""
        columns = (
            np.bincount(self.place, self.weight * column[self.row], PLACES) for column in values.T
        )
        return np.array(list(columns)).T

    def onto_rows(self, values: Floats) -> Floats:
        """The matrix times values: (places, columns) to (prompts, columns)."""
        columns = (
            np.add.reduceat(self.weight * column[self.place], self.starts) for column in values.T
        )
        return np.array(list(columns)).T


def _solved(words: _Rows, measures: Floats, wanted: Floats, ridge: float) -> Floats:
    """Solve (X X' + ridge) a = wanted by conjugate gradients; the weights are X' a then.

    Source: Hestenes and Stiefel (1952). All columns are solved side by side.
    """
    answer, rest = np.zeros_like(wanted), wanted.copy()
    way, norm = rest.copy(), (rest**2).sum(axis=0)
    enough = _SMALLEST_RESIDUAL * norm
    for _ in range(_MOST_STEPS):
        if (norm <= enough).all():
            break
        image = words.onto_rows(words.onto_places(way)) + measures @ (measures.T @ way)
        image += ridge * way
        step = norm / np.maximum((way * image).sum(axis=0), np.finfo(float).tiny)
        answer += step * way
        rest -= step * image
        before, norm = norm, (rest**2).sum(axis=0)
        way = rest + norm / np.maximum(before, np.finfo(float).tiny) * way
    return answer


class _Tasks(NamedTuple):
    """The task of each prompt.

    Attributes:
        own: Its number: (prompts).
        members: 1 at that number: (prompts, tasks); no column where tasks tell nothing apart.
        sizes: How many prompts each task has.
    """

    own: NDArray[np.intp]
    members: Floats
    sizes: Floats

    @classmethod
    def of(cls, outcomes: Outcomes) -> Self:
        """Number the tasks that the outcomes name; fewer than two are none."""
        names, own = np.unique(np.array(outcomes.tasks or ()), return_inverse=True)
        if names.size < _FEWEST_TASKS:
            none = np.zeros((len(outcomes), 0))
            return cls(np.zeros(0, np.intp), none, none.sum(axis=0))
        members = np.eye(names.size)[own]
        return cls(own, members, members.sum(axis=0))


def _worth(tasks: _Tasks, quality: Floats) -> Floats:
    """What the models are worth at each task."""
    prior = _PRIOR_PROMPTS * quality.mean(axis=0)
    sums = tasks.members.T @ quality
    return np.asarray((sums + prior) / (tasks.sizes + _PRIOR_PROMPTS)[:, None])


def _alike(tasks: _Tasks, words: _Rows) -> tuple[Floats, Floats]:
    """What each piece says for each task, and how much each prompt is like each.

    How much a prompt is like its own task is told by the others of that task, as it is told of
    prompts that are not among them.
    """
    own, members, sizes = tasks
    if not sizes.size:
        return np.zeros((PLACES, 0)), members
    centroids = words.onto_places(members / sizes)
    squares = (centroids**2).sum(axis=0)
    lengths = np.maximum(np.sqrt(squares), np.finfo(float).tiny)
    alike = words.onto_rows(centroids)
    row, size = np.arange(own.size), sizes[own]
    norm, near = np.add.reduceat(words.weight**2, words.starts), size * alike[row, own]
    # The centroid times the size, less the prompt itself.
    rest = np.sqrt(np.maximum(size**2 * squares[own] - 2 * near + norm, _NO_SPREAD))
    alike /= lengths
    alike[row, own] = (near - norm) / rest
    return centroids / lengths, alike


def logistic(members: Floats, signs: Floats) -> tuple[Floats, Floats]:
    """Weights of the signs for each task, and what is added: multinomial logistic regression.

    Signs count by how far they are from their mean, in standard deviations.

    Args:
        members: 1 where a prompt is of a task: (prompts, tasks).
        signs: (prompts, signs).

    Returns:
        The weights, (signs, tasks), and what is added to their sum, (tasks); how likely each task
        is, is the softmax of that.

    Source: the bound of the Hessian, which makes every step one multiplication, is that of Boehning
    (1992); what carries a step on is of Nesterov (1983).
    """
    center, spread = signs.mean(axis=0), signs.std(axis=0)
    spread = np.where(spread > _NO_SPREAD, spread, _ENDLESS)
    known = np.hstack([(signs - center) / spread, np.ones((len(signs), 1))])
    bound = np.linalg.inv(known.T @ known / 2 + TASK_RIDGE * np.eye(known.shape[1]))
    weights = ahead = np.zeros((known.shape[1], members.shape[1]))
    pace = 1.0
    for _ in range(_TASK_STEPS if weights.size else 0):
        missed = known.T @ (members - likely(known @ ahead)) - TASK_RIDGE * ahead
        before, weights = weights, ahead + bound @ missed
        slower, pace = pace, (1 + np.sqrt(1 + 4 * pace**2)) / 2
        ahead = weights + (slower - 1) / pace * (weights - before)
    by_sign = weights[:-1] / spread[:, None]
    return by_sign, weights[-1] - center @ by_sign
