"""Requests that mean the same: the same but for the words of the question, and these are close."""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from quantumlayer.errors import QuantumLayerError, RouterConfigError
from quantumlayer.messages import CachePoint, Embeddings, Message, ModelRequest, Text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

__all__ = ["Embedder", "Question", "Semantic", "Similar", "question_and_frame"]

_log = logging.getLogger("quantumlayer.router")


class Embedder(Protocol):
    """Makes vectors of texts: any `EmbeddingProvider`, or a `Router` over several."""

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """Turn texts into vectors. If cancelled, the embedder stays usable.

        Raises:
            QuantumLayerError: It could not.
        """
        ...


@dataclass(frozen=True, slots=True)
class Semantic:
    """When a question means the same as one that was answered.

    The last message has to be the user's and of text alone; everything before it, the tools, the
    options and the tenant have to be equal. Then the question's vector is compared with those of
    the questions that were answered, and the answer to the closest is given where the cosine of
    their angle reaches the threshold.

    A close question can have another answer ("in 2024", "in 2025"): which threshold is right
    depends on the embedder and on what a wrong answer costs. Measure it on questions of yours.

    Args:
        embedder: Makes the vectors: one call for each question that has no exact match.
        threshold: Least cosine, above 0, at most 1.
        keep: Of how many questions the vectors are kept, in memory; the oldest go first.

    Raises:
        RouterConfigError: The threshold or the number is out of its range.
    """

    embedder: Embedder
    threshold: float = 0.95
    keep: int = 1000

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise RouterConfigError(
                f"threshold={self.threshold!r} is no closeness: give more than 0, at most 1."
            )
        if self.keep < 1:
            raise RouterConfigError(f"keep={self.keep!r}: one question is the least.")


class Match(NamedTuple):
    """An answered question that is close enough.

    Attributes:
        key: Of its request.
        similarity: The cosine.
    """

    key: str
    similarity: float


@dataclass(slots=True)
class Question:
    """What a request asks, apart from all that has to be equal.

    Attributes:
        text: The words.
        frame: What the rest of the request is known by.
        place: Among which vectors its own is to be found: of one frame, model and length.
        vector: Its own, of length 1; None until it is made.
    """

    text: str
    frame: str
    place: tuple[str, str, int] = ("", "", 0)
    vector: Vector | None = None


class _Answered:
    """Answered questions whose vectors can be compared."""

    def __init__(self) -> None:
        self.vectors: OrderedDict[str, Vector] = OrderedDict()
        self._matrix: NDArray[np.float32] | None = None

    def put(self, key: str, vector: Vector | None) -> None:
        """Add a question, or with None take it out."""
        self._matrix = None
        if vector is None:
            self.vectors.pop(key, None)
        else:
            self.vectors[key] = vector

    def closest(self, vector: Vector) -> Match:
        import numpy as np  # noqa: PLC0415 -- kept out of `import quantumlayer.router`

        if self._matrix is None:
            self._matrix = np.stack(list(self.vectors.values()))
        cosines = self._matrix @ vector
        best = int(cosines.argmax())
        return Match(list(self.vectors)[best], min(1.0, float(cosines[best])))


class Similar:
    """The vectors of answered questions."""

    def __init__(self, policy: Semantic) -> None:
        self._policy = policy
        self._answered: dict[tuple[str, str, int], _Answered] = {}
        self._places: OrderedDict[str, tuple[str, str, int]] = OrderedDict()

    async def find(self, question: Question) -> Match | None:
        """The closest answered question, where it is close enough; notes the question's vector."""
        await self._embed(question)
        answered = self._answered.get(question.place)
        if answered is None or question.vector is None:
            return None
        match = answered.closest(question.vector)
        return match if match.similarity >= self._policy.threshold else None

    def add(self, key: str, question: Question) -> None:
        """Take note that a question was answered, whose vector `find` has noted."""
        if question.vector is None:
            return
        self.forget(key)
        self._places[key] = question.place
        self._answered.setdefault(question.place, _Answered()).put(key, question.vector)
        if len(self._places) > self._policy.keep:
            self.forget(next(iter(self._places)))

    def forget(self, key: str) -> None:
        """Take a question out, if it is there."""
        place = self._places.pop(key, None)
        if place is not None:
            answered = self._answered[place]
            answered.put(key, None)
            if not answered.vectors:
                del self._answered[place]

    async def _embed(self, question: Question) -> None:
        import numpy as np  # noqa: PLC0415 -- kept out of `import quantumlayer.router`

        try:
            made = await self._policy.embedder.embed([question.text])
        except QuantumLayerError:
            _log.warning("A question has no vector; only equal ones are found", exc_info=True)
            return
        vector = np.array(made.vectors[0] if made.vectors else (), dtype=np.float32)
        length = float(np.linalg.norm(vector))
        if 0 < length < math.inf:
            question.place = (question.frame, f"{made.provider}/{made.model}", vector.size)
            question.vector = vector / np.float32(length)


def question_and_frame(request: ModelRequest) -> tuple[str, ModelRequest] | None:
    """The words of the last message, and the request without them.

    None for a request whose last message is not the user's words and nothing else.
    """
    last = request.messages[-1]
    if last.role != "user" or not all(isinstance(part, (Text, CachePoint)) for part in last.parts):
        return None
    return last.text, replace(request, messages=(*request.messages[:-1], Message.user("")))
