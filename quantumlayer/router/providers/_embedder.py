"""Adapters that make embeddings too."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator, Sequence

import anyio

from quantumlayer.errors import MalformedReplyError, ProviderError
from quantumlayer.messages import EmbeddingPurpose, Embeddings, Usage
from quantumlayer.router._tokens import estimate_tokens
from quantumlayer.router.providers._adapter import OK, Adapter
from quantumlayer.router.providers._embedding import Embedded, EmbeddingWire, batches
from quantumlayer.router.providers._fields import parse_object
from quantumlayer.router.providers._wire import Refused

__all__ = ["Embedder"]

# How many requests of one call are under way at once.
_AT_ONCE = 8


class Embedder(Adapter):
    """An adapter whose endpoint has models that turn texts into vectors."""

    @abstractmethod
    def _embedding_wire(self) -> EmbeddingWire:
        """The wire format.

        Raises:
            InvalidRequestError: The model makes no embeddings.
        """

    async def embed(
        self,
        texts: Sequence[str],
        *,
        purpose: EmbeddingPurpose = "document",
        dimensions: int | None = None,
    ) -> Embeddings:
        """Turn texts into vectors, in as many requests as the provider needs for them.

        If one of them fails, or the call is cancelled, the others are given up.

        Args:
            texts: What to embed.
            purpose: Whether they are to be found, or to find; some models make a difference.
            dimensions: Length of the vectors, or None for the model's own.

        Raises:
            ProviderError: The provider refused, failed, or answered something else.
        """
        wire = self._embedding_wire()
        pieces = list(batches(texts, max_texts=wire.max_texts))
        made: dict[int, Embedded] = {}
        failures: list[ProviderError] = []

        async def work(todo: Iterator[tuple[int, Sequence[str]]]) -> None:
            for place, piece in todo:
                body = wire.encode(piece, purpose=purpose, dimensions=dimensions)
                try:
                    made[place] = await self._embed(wire, body, len(piece))
                except ProviderError as error:
                    failures.append(error)
                    group.cancel_scope.cancel()

        todo = iter(enumerate(pieces))
        async with anyio.create_task_group() as group:
            for _ in pieces[:_AT_ONCE]:
                group.start_soon(work, todo)
        if failures:
            raise failures[0]
        parts = [made[place] for place in range(len(pieces))]
        return Embeddings(
            tuple(vector for part in parts for vector in part.vectors),
            self.provider,
            next((part.model for part in parts if part.model), self.model),
            _usage(parts, texts),
        )

    async def _embed(self, wire: EmbeddingWire, body: bytes, count: int) -> Embedded:
        try:
            status, headers, data = await self._endpoint.fetch(wire.path, body)
            if status != OK:
                raise wire.refused(Refused(status, headers, data, time.time()))
            embedded = wire.decode(parse_object(data), headers)
        except ValueError as error:
            raise MalformedReplyError(self.name, str(error)) from error
        if len(embedded.vectors) != count:
            given = len(embedded.vectors)
            raise MalformedReplyError(self.name, f"{given} embeddings for {count} texts")
        return embedded


def _usage(parts: Sequence[Embedded], texts: Sequence[str]) -> Usage:
    counted = [part.tokens for part in parts if part.tokens is not None]
    if len(counted) == len(parts):
        return Usage(sum(counted))
    return Usage(sum(map(estimate_tokens, texts)), estimated=True)
