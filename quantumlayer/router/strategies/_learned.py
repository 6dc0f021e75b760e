"""What was learned of the worth of each model's answer to a prompt, and its file."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantumlayer.errors import LabError
from quantumlayer.router.strategies._features import KINDS, PLACES, pieces
from quantumlayer.router.strategies._quality import Promise
from quantumlayer.router.strategies._shape import PLAIN, SHAPES, measures

__all__ = ["DEPTH", "Learned", "centered", "likely", "weighted"]

Floats = NDArray[np.float64]
Small = NDArray[np.float32]
Signs = NDArray[np.uint16]

DEPTH = 8
"""How many questions a tree asks of a prompt."""

_FORMAT, _VERSION = "quantumlayer-scorer", 3
_HEADER = "header.json"
_MOST_BYTES = 1 << 30
# A time that does not change, so that the same model always makes the same file.
_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """Weights of a text's pieces and shape, tasks that it is like, and decision trees.

    The quality is halfway between what the trees say and what the weights say. Where the prompts
    that it was made from have tasks, the prompt's task is guessed as well, and the weights stand
    halfway between their own sum and what the models are worth at that task.

    The signs of a prompt are its measures, and how much it is like each task. A tree asks for one
    of them at a time. Its questions stand as in a heap: those after question i are 2 i + 1, where
    the sign is not above the cut, and 2 i + 2.

    Attributes:
        models: Whose answers are judged.
        rarity: How much each piece says: (places); 0 where it was never seen.
        piece: Weights of pieces: (places, models).
        center: Mean of each measure of the plain shape: (plain measures).
        spread: Its standard deviation.
        measure: Weights of these measures: (plain measures, models).
        mean: Mean quality: (models).
        task_piece: How much each piece is like each task: (places, tasks).
        task_sign: What each sign says for each task: (signs, tasks).
        task_bias: What is added to their sum: (tasks).
        task_quality: What the models are worth at each task: (tasks, models).
        tree_sign: The sign that each tree asks for: (trees, questions).
        tree_cut: Where it is parted: (trees, questions).
        tree_quality: What the models are worth where a tree ends: (trees, questions + 1, models).
        promise: The threshold that was calibrated for it, or None.
    """

    models: tuple[str, ...]
    rarity: Small
    piece: Small
    center: Small
    spread: Small
    measure: Small
    mean: Small
    task_piece: Small
    task_sign: Small
    task_bias: Small
    task_quality: Small
    tree_sign: Signs
    tree_cut: Small
    tree_quality: Small
    promise: Promise | None = None

    def predict(self, text: str) -> Floats:
        """The expected quality of each model's answer; not bounded."""
        places, weights = weighted(text, self.rarity)
        signs = measures(text)
        plain = (signs[:PLAIN] - self.center) / self.spread
        quality = self.mean + weights @ self.piece[places] + plain @ self.measure
        if self.task_quality.size:
            signs = np.concatenate([signs, centered(weights @ self.task_piece[places])])
            task = likely(signs @ self.task_sign + self.task_bias)
            quality = (quality + task @ self.task_quality) / 2
        return np.asarray((quality + self.by_trees(signs.astype(np.float32))) / 2, dtype=float)

    def by_trees(self, signs: Small) -> Small:
        """The mean of what the models are worth where each tree ends."""
        trees, questions = self.tree_sign.shape
        tree, at = np.arange(trees), np.zeros(trees, dtype=np.int64)
        for _ in range(DEPTH):
            above = signs[self.tree_sign[tree, at]] > self.tree_cut[tree, at]
            at = 2 * at + 1 + above
        return np.asarray(self.tree_quality[tree, at - questions].mean(axis=0))

    def save(self, path: Path) -> None:
        """Write the model into a file: a zip archive of a JSON header and plain arrays."""
        promise = self.promise and asdict(self.promise)
        header = {
            "format": _FORMAT,
            "version": _VERSION,
            "models": self.models,
            "promise": promise,
        }
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(_HEADER, _STAMP), json.dumps(header))
            for name in _ARRAYS:
                content = io.BytesIO()
                np.lib.format.write_array(content, getattr(self, name), allow_pickle=False)
                entry = zipfile.ZipInfo(f"{name}.npy", _STAMP)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, content.getvalue())

    @classmethod
    def load(cls, path: Path) -> Learned:
        """Read a model from a file. Nothing in the file is run.

        Raises:
            LabError: The file is missing, broken, of another version, or no such model.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                    raise LabError(f"it unpacks to more than {_MOST_BYTES} bytes")
                header = json.loads(archive.read(_HEADER))
                if (header["format"], header["version"]) != (_FORMAT, _VERSION):
                    raise LabError(f"it is of the version {header['version']!r}, not {_VERSION}")
                arrays = {name: _array(archive, name) for name in _ARRAYS}
                told = header["promise"]
                promise = None if told is None else Promise(**told)
                model = cls(tuple(map(str, header["models"])), **arrays, promise=promise)
                model._check()
                return model
        except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile, EOFError) as error:
            raise LabError(
                f"{str(path)!r} is no scorer that can be loaded ({error}): make it anew with "
                "`quantumlayer route train`."
            ) from error

    def _check(self) -> None:
        models, tasks = len(self.models), len(self.task_quality)
        trees, questions = len(self.tree_sign), 2**DEPTH - 1
        wanted: dict[str, tuple[tuple[int, ...], type[np.generic]]] = {
            "rarity": ((PLACES,), np.float32),
            "piece": ((PLACES, models), np.float32),
            "center": ((PLAIN,), np.float32),
            "spread": ((PLAIN,), np.float32),
            "measure": ((PLAIN, models), np.float32),
            "mean": ((models,), np.float32),
            "task_piece": ((PLACES, tasks), np.float32),
            "task_sign": ((SHAPES + tasks, tasks), np.float32),
            "task_bias": ((tasks,), np.float32),
            "task_quality": ((tasks, models), np.float32),
            "tree_sign": ((trees, questions), np.uint16),
            "tree_cut": ((trees, questions), np.float32),
            "tree_quality": ((trees, questions + 1, models), np.float32),
        }
        for name, (size, kind) in wanted.items():
            array = getattr(self, name)
            if array.shape != size or array.dtype != kind or not np.isfinite(array).all():
                raise LabError(f"{name!r} is no array of {size} finite numbers of {kind.__name__}")
        if not trees or self.tree_sign.max() >= SHAPES + tasks:
            raise LabError(f"'tree_sign' asks for none of the {SHAPES + tasks} signs")


_ARRAYS = tuple(field.name for field in fields(Learned) if field.name not in {"models", "promise"})


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    content = io.BytesIO(archive.read(f"{name}.npy"))
    array: NDArray[Any] = np.lib.format.read_array(content, allow_pickle=False)
    return array


def weighted(text: str, rarity: Small) -> tuple[NDArray[np.int64], Floats]:
    """The places of a text's known pieces, and their weights; all kinds of them count alike."""
    places, weights = pieces(text)
    weights = weights * rarity[places]
    known = weights > 0
    places, weights = places[known], weights[known]
    edges = np.searchsorted(places, np.arange(1, KINDS) * (PLACES // KINDS))
    kinds = [kind / np.sqrt(kind @ kind) for kind in np.split(weights, edges) if kind.size]
    return places, np.concatenate(kinds) if kinds else weights


def likely(weights: Floats) -> Floats:
    """How likely each task is: the softmax along the last axis, (tasks) or (prompts, tasks)."""
    odds = np.exp(weights - weights.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def centered(alike: Floats) -> Floats:
    """How much more a prompt is like one task than like the others."""
    return np.asarray(alike - alike.mean(axis=-1, keepdims=True))
