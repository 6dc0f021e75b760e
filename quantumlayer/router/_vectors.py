"""Vectors that are there already: each text's by itself."""

from __future__ import annotations

import hashlib
from array import array
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from quantumlayer.messages import EmbeddingPurpose, Embeddings, Route, Usage, canonical_json
from quantumlayer.router._call import Call
from quantumlayer.router._flights import Flights
from quantumlayer.router._shelf import Shelf

__all__ = ["Texts", "Vectors"]

_FORMAT = "quantumlayer-vector/1"  # goes into every key: what an older release kept is not found

Ask = Callable[[Sequence[str]], Awaitable[Embeddings]]


@dataclass(frozen=True, slots=True)
class Texts:
    """What is to be embedded.

    Attributes:
        texts: The texts.
        purpose: What for.
        dimensions: Length of the vectors, or None for the model's own.
        tenant: For whom.
    """

    texts: Sequence[str]
    purpose: EmbeddingPurpose
    dimensions: int | None
    tenant: str


class _Vector(NamedTuple):
    """A vector as it is kept: exactly."""

    deployment: str
    provider: str
    model: str
    numbers: tuple[float, ...]

    def is_from(self, made: Embeddings) -> bool:
        """Whether it can be compared with others."""
        return (self.provider, self.model) == (made.provider, made.model)

    def value(self) -> dict[str, Any]:
        """For a store; as text in JSON the numbers would take twice the place and the time."""
        numbers = b64encode(array("d", self.numbers).tobytes()).decode()
        return {**self._asdict(), "numbers": numbers}

    @classmethod
    def read(cls, value: Any) -> _Vector | None:
        """From a store; None where the value is none."""
        numbers = array("d")
        try:
            kept = cls(**value)
            numbers.frombytes(b64decode(str(kept.numbers), validate=True))
        except (TypeError, ValueError):
            return None
        whole = numbers and all(isinstance(text, str) for text in kept[:3])
        return kept._replace(numbers=tuple(numbers)) if whole else None


class Vectors:
    """The vectors that a router keeps."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._flights: Flights[Embeddings] = Flights()

    async def get(self, call: Call, wanted: Texts, ask: Ask) -> Embeddings:
        """Give the vectors that are there, and ask for the others."""
        try:
            keys = self._keys(call, wanted)
        except ValueError:  # half of a surrogate pair: it is asked, and not kept
            keys = {}
        if not keys:
            return await ask(wanted.texts)

        async def get(tell: Callable[[Embeddings], None]) -> Embeddings:
            made, fresh = await self._get(call, wanted.texts, keys, ask)
            tell(made)
            await self._keep({keys[text]: vector for text, vector in fresh.items()})
            return made

        digests = "".join(keys[text] for text in wanted.texts)
        flight = hashlib.sha256(digests.encode()).hexdigest()
        return await self._flights.share(flight, get, lambda made: self._again(call, made))

    def _keys(self, call: Call, wanted: Texts) -> dict[str, str]:
        """What each text's vector is kept under."""
        bounds = self._shelf.bounds(call, wanted.tenant)
        frame = canonical_json([_FORMAT, *bounds, wanted.purpose, wanted.dimensions])
        return {text: hashlib.sha256(frame + text.encode()).hexdigest() for text in wanted.texts}

    async def _get(
        self, call: Call, texts: Sequence[str], keys: Mapping[str, str], ask: Ask
    ) -> tuple[Embeddings, Mapping[str, _Vector]]:
        """All vectors, and those that are new."""
        there = await self._there(keys)
        vectors = dict(there)
        asked: list[Embeddings] = []
        while missing := [text for text in keys if text not in vectors]:
            made = await ask(missing)
            asked.append(made)
            if not all(vector.is_from(made) for vector in vectors.values()):
                there, vectors = {}, {}  # none of them can be compared with these: ask for all
                continue
            deployment = made.route.attempts[-1].deployment
            for text, numbers in zip(missing, made.vectors, strict=True):
                vectors[text] = _Vector(deployment, made.provider, made.model, numbers)
        given = [self._shelf.given(call, vector.deployment) for vector in [*there.values()][:1]]
        _, provider, model, _ = vectors[texts[0]]
        route = asked[-1].route if asked else Route(request=call.id)
        attempts = (*given, *(attempt for made in asked for attempt in made.route.attempts))
        made = Embeddings(
            tuple(vectors[text].numbers for text in texts),
            provider,
            model,
            sum((made.usage for made in asked), Usage()),
            sum(made.cost_nanousd for made in asked),
            replace(route, attempts=attempts),
        )
        return made, {text: vector for text, vector in vectors.items() if text not in there}

    async def _there(self, keys: Mapping[str, str]) -> dict[str, _Vector]:
        """The vectors that are there, where they are all from one model."""
        found = {text: _Vector.read(await self._shelf.get(key)) for text, key in keys.items()}
        there = {text: vector for text, vector in found.items() if vector is not None}
        models = {(vector.provider, vector.model) for vector in there.values()}
        return there if len(models) == 1 else {}

    async def _keep(self, vectors: Mapping[str, _Vector]) -> None:
        for key, vector in vectors.items():
            if not await self._shelf.put(key, vector.value()):
                return  # the others could not be kept either

    def _again(self, call: Call, made: Embeddings) -> Embeddings:
        """What another one has been given, for nothing."""
        attempt = self._shelf.given(call, made.route.attempts[-1].deployment)
        route = Route(attempts=(attempt,), request=call.id)
        return replace(made, usage=Usage(), cost_nanousd=0, route=route)
