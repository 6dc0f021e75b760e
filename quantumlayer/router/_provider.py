"""What a provider is to the router."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from quantumlayer.messages import (
    EmbeddingPurpose,
    Embeddings,
    ModelReply,
    ModelRequest,
    StreamEvent,
)

__all__ = ["EmbeddingProvider", "Provider"]


class Provider(Protocol):
    """A deployment: one model, reached at one endpoint with one credential.

    A provider speaks one wire protocol and translates its errors into the `ProviderError` tree. It
    neither retries nor waits nor chooses; that is the router's. It sends a message's text and
    leaves `Data` parts out, unless it is a program that reads them.

    Four attributes are optional. `name` distinguishes two deployments of one model; without it
    the deployment is called `provider/model`. `card` is a `ModelCard` with the deployment's own
    price and limits; without it they are looked up in the catalog. `headroom` is what the latest
    answer said about the provider's rate limits, a new `Headroom` each time. `aclose()` is called
    when a router that has the provider is closed; the provider must stay usable, another router may
    have it too.

    A provider that turns texts into vectors is an `EmbeddingProvider` as well.

    `quantumlayer.testing.check_provider` checks all this.
    """

    @property
    def provider(self) -> str:
        """Who serves the model, as in OpenTelemetry's `gen_ai.provider.name`."""
        ...

    @property
    def model(self) -> str:
        """The model as this provider names it."""
        ...

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Answer a request. If cancelled, the provider stays usable.

        Raises:
            ProviderError: One of its branches says what failed and whether a retry can help.
        """
        ...

    def stream(
        self, request: ModelRequest
    ) -> AbstractAsyncContextManager[AsyncIterator[StreamEvent]]:
        """Answer a request piece by piece; the last event is `Done` with the whole reply.

        Leaving the context ends the call, finished or not.

        Raises:
            ProviderError: On entering or on asking for the next event.
        """
        ...


class EmbeddingProvider(Protocol):
    """What a provider has to have for `Router.embed`, beside what every provider has.

    `quantumlayer.testing.check_embeddings` checks it.
    """

    async def embed(
        self,
        texts: Sequence[str],
        *,
        purpose: EmbeddingPurpose = "document",
        dimensions: int | None = None,
    ) -> Embeddings:
        """Turn texts into vectors. If cancelled, the provider stays usable.

        Args:
            texts: What to embed; any number.
            purpose: Whether they are to be found, or to find; some models make a difference.
            dimensions: Length of the vectors, or None for the model's own.

        Raises:
            ProviderError: One of its branches says what failed and whether a retry can help.
        """
        ...
