"""OpenAI's own API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from quantumlayer.messages import ModelRequest
from quantumlayer.router._card import ModelCard
from quantumlayer.router.providers import _responses
from quantumlayer.router.providers._chat_stream import ChatWire
from quantumlayer.router.providers._credentials import Token, api_key_of
from quantumlayer.router.providers._embedder import Embedder
from quantumlayer.router.providers._embedding import EmbeddingWire, OpenAIEmbeddings
from quantumlayer.router.providers._responses_stream import ResponsesWire
from quantumlayer.router.providers._wire import Wire

if TYPE_CHECKING:
    import httpx

__all__ = ["OpenAI"]


class OpenAI(Embedder):
    """One model of OpenAI.

    It is asked through the Responses API, and nothing is stored at OpenAI. Requests for which that
    API has no words (texts that end the answer, limits below 16 tokens) go to chat completions.
    Embeds texts with the models that are made for it.

    Args:
        model: Such as `gpt-6-luna`.
        api_key: The key; None: the environment's OPENAI_API_KEY, read now. It never shows in a
            repr, an error or a log.
        api: `responses` or `chat_completions`: which of the two is asked, whatever the request;
            None: as said above.
        base_url: Where the API is, up to and with its version; also that of Azure, or of a gateway.
        name: Name of the deployment, where `openai/model` would not be unique.
        card: Price and limits that the catalog does not know.
        client: An `httpx.AsyncClient`, or one with the same surface, to use instead of an own one.

    Raises:
        RouterConfigError: There is no key, or the URL is not plain http or https.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None = None,
        api: Literal["responses", "chat_completions"] | None = None,
        base_url: str = "https://api.openai.com/v1",
        name: str | None = None,
        card: ModelCard | None = None,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(
            model,
            provider="openai",
            base_url=base_url,
            credential=Token(api_key_of("OpenAI", api_key, "OPENAI_API_KEY")),
            name=name,
            card=card,
            client=client,
        )
        self._api = api
        self._responses = ResponsesWire(self._origin)
        self._chat = ChatWire(self._origin, limit_field="max_completion_tokens")
        self._embeddings = OpenAIEmbeddings(self._origin, encoding="base64")

    def _wire(self, request: ModelRequest) -> Wire:
        api = self._api or ("responses" if _responses.fits(request) else "chat_completions")
        return self._responses if api == "responses" else self._chat

    def _embedding_wire(self) -> EmbeddingWire:
        return self._embeddings
