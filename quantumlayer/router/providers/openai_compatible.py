"""Any server that speaks OpenAI's chat completions: OpenAI, vLLM, Ollama, llama.cpp and others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantumlayer.messages import ModelRequest
from quantumlayer.router._card import ModelCard
from quantumlayer.router.providers._chat_stream import ChatWire
from quantumlayer.router.providers._credentials import Token
from quantumlayer.router.providers._embedder import Embedder
from quantumlayer.router.providers._embedding import EmbeddingWire, OpenAIEmbeddings
from quantumlayer.router.providers._secret import Secret
from quantumlayer.router.providers._wire import Wire

if TYPE_CHECKING:
    import httpx

__all__ = ["OpenAICompatible"]


class OpenAICompatible(Embedder):
    """One model at one server that speaks OpenAI's chat completions, or its embeddings.

    Sends texts, images, tools and output schemas; leaves `Data` parts out. Errors become
    `ProviderError`s; nothing is retried here.

    Args:
        model: The model as the server names it.
        base_url: What `/chat/completions` is appended to, such as `http://127.0.0.1:11434/v1`.
        api_key: The bearer token; it never shows in a repr, an error or a log.
        provider: Whose server it is, for the catalog and for telemetry, such as `groq`.
        name: Name of the deployment, where `provider/model` would not be unique.
        card: Price and limits that the catalog does not know.
        client: An `httpx.AsyncClient`, or one with the same surface, to use instead of an own one.

    Raises:
        RouterConfigError: The URL is not plain http or https.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str,
        api_key: str | None = None,
        provider: str = "openai_compatible",
        name: str | None = None,
        card: ModelCard | None = None,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(
            model,
            provider=provider,
            base_url=base_url,
            credential=Token(Secret(api_key)),
            name=name,
            card=card,
            client=client,
        )
        # OpenAI's newer models refuse the old name; most other servers know only that.
        limit_field = "max_completion_tokens" if provider == "openai" else "max_tokens"
        self._chat = ChatWire(self._origin, limit_field=limit_field)
        self._embeddings = OpenAIEmbeddings(self._origin, encoding="float")

    def _wire(self, request: ModelRequest) -> Wire:
        del request
        return self._chat

    def _embedding_wire(self) -> EmbeddingWire:
        return self._embeddings
