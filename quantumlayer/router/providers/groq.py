"""Groq's API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantumlayer.messages import ModelRequest
from quantumlayer.router._card import ModelCard
from quantumlayer.router.providers._adapter import Adapter
from quantumlayer.router.providers._credentials import Token, api_key_of
from quantumlayer.router.providers._groq import GroqWire
from quantumlayer.router.providers._wire import Wire

if TYPE_CHECKING:
    import httpx

__all__ = ["Groq"]

# Source: Groq, "Structured Outputs"; to the others a schema is a guide.
_STRICT = frozenset({"openai/gpt-oss-20b", "openai/gpt-oss-120b"})


class Groq(Adapter):
    """One model on Groq.

    Answers that Groq refuses because their tool calls or their JSON do not fit are given as they
    are, with an estimate of their tokens.

    Args:
        model: Such as `openai/gpt-oss-20b`.
        api_key: The key; None: the environment's GROQ_API_KEY, read now. It never shows in a repr,
            an error or a log.
        base_url: Where the API is, up to and with its version.
        name: Name of the deployment, where `groq/model` would not be unique.
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
        base_url: str = "https://api.groq.com/openai/v1",
        name: str | None = None,
        card: ModelCard | None = None,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        super().__init__(
            model,
            provider="groq",
            base_url=base_url,
            credential=Token(api_key_of("Groq", api_key, "GROQ_API_KEY")),
            name=name,
            card=card,
            client=client,
        )
        self._chat = GroqWire(
            self._origin, limit_field="max_completion_tokens", strict_schemas=model in _STRICT
        )

    def _wire(self, request: ModelRequest) -> Wire:
        del request
        return self._chat
