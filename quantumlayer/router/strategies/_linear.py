"""A linear model of what each model's answer to a prompt is worth, and its file."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quantumlayer.errors import LabError
from quantumlayer.router.strategies._features import PLACES, SHAPES, pieces, shape
from quantumlayer.router.strategies._quality import Promise

__all__ = ["LinearModel", "weighted"]

Floats = NDArray[np.float64]
Small = NDArray[np.float32]

_FORMAT, _VERSION = "quantumlayer-scorer", 1
_HEADER = "header.json"
_MOST_BYTES = 1 << 30
# A time that does not change, so that the same model always makes the same file.
_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Weights of a text's pieces and of its shape, one column for each model.

    Where the prompts that it was made from have tasks, the prompt's task is guessed as well, and
    the quality is halfway between what the weights say and what the models are worth at that task.

    Attributes:
        models: Whose answers are judged.
        rarity: How much each piece says: (places); 0 where it was never seen.
        piece: Weights of pieces: (places, models).
        center: Mean of each measure of the shape: (measures).
        spread: Its standard deviation.
        measure: Weights of measures: (measures, models).
        mean: Mean quality: (models).
        task_piece: What each piece says for each task: (places, tasks).
        task_quality: What the models are worth at each task: (tasks, models).
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
    task_quality: Small
    promise: Promise | None = None

    def predict(self, text: str) -> Floats:
        """The expected quality of each model's answer; not bounded."""
        places, weights = weighted(text, self.rarity)
        measures = (shape(text) - self.center) / self.spread
        direct = self.mean + weights @ self.piece[places] + measures @ self.measure
        if not self.task_quality.size:
            return np.asarray(direct, dtype=np.float64)
        likely = weights @ self.task_piece[places]
        likely = np.exp(likely - likely.max())
        return np.asarray((direct + likely @ self.task_quality / likely.sum()) / 2, dtype=float)

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
    def load(cls, path: Path) -> LinearModel:
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
        wanted = {
            "rarity": (PLACES,),
            "piece": (PLACES, models),
            "center": (SHAPES,),
            "spread": (SHAPES,),
            "measure": (SHAPES, models),
            "mean": (models,),
            "task_piece": (PLACES, tasks),
            "task_quality": (tasks, models),
        }
        for name, size in wanted.items():
            array = getattr(self, name)
            if array.shape != size or array.dtype != np.float32 or not np.isfinite(array).all():
                raise LabError(f"{name!r} is no array of {size} finite numbers of 32 bits")


_ARRAYS = tuple(
    field.name for field in fields(LinearModel) if field.name not in {"models", "promise"}
)


def _array(archive: zipfile.ZipFile, name: str) -> Small:
    content = io.BytesIO(archive.read(f"{name}.npy"))
    array: Small = np.lib.format.read_array(content, allow_pickle=False)
    return array


def weighted(text: str, rarity: Small) -> tuple[NDArray[np.int64], Floats]:
    """The places of a text's known pieces, and their weights; words and characters count alike."""
    places, weights = pieces(text)
    weights = weights * rarity[places]
    known = weights > 0
    places, weights = places[known], weights[known]
    cut = int(np.searchsorted(places, PLACES >> 1))
    halves = [half / np.sqrt(half @ half) for half in (weights[:cut], weights[cut:]) if half.size]
    return places, np.concatenate(halves) if halves else weights
