"""Anthropic's API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantumlayer.messages import ModelReply, ModelRequest
from quantumlayer.router._card import ModelCard
from quantumlayer.router.providers import _messages
from quantumlayer.router.providers._adapter import Adapter
from quantumlayer.router.providers._credentials import Token, api_key_of
from quantumlayer.router.providers._messages_stream import MessagesWire
from quantumlayer.router.providers._wire import Wire

if TYPE_CHECKING:
    import httpx

__all__ = ["Anthropic"]

# The version in which a temperature can be asked for; 2026-10-21 refuses it even of models that
# would take it. Source: Anthropic's guide to API versions.
_VERSION = "2023-06-01"

# Longest answer that is waited for on a silent connection; longer ones are read as streams.
# Source: Anthropic's client, which reckons with 128,000 tokens an hour and waits for 10 minutes.
_SILENT_TOKENS = 128_000 * 10 // 60


class Anthropic(Adapter):
    """One model of Anthropic, asked through the Messages API.

    An answer has to have a limit there: the request's, else the model's own as the catalog or
    `card` has it, else 8,192 tokens. Answers that may get longer than about 21,000 tokens are read
    as a stream even where they are waited for, so that no connection is silent for too long.

    Args:
        model: Such as `claude-haiku-5-5`.
        api_key: The key; None: the environment's ANTHROPIC_API_KEY, read now. It never shows in a
            repr, an error or a log.
        base_url: Where the API is, without its version.
        name: Name of the deployment, where `anthropic/model` would not be unique.
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
        base_url: str = "https://api.anthropic.com",
        name: str | None = None,
        card: ModelCard | None = None,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        key = api_key_of("Anthropic", api_key, "ANTHROPIC_API_KEY")
        super().__init__(
            model,
            provider="anthropic",
            base_url=base_url,
            credential=Token(key, header="x-api-key", scheme=""),
            name=name,
            card=card,
            client=client,
            headers={"anthropic-version": _VERSION},
        )
        self._known = self._known_card()
        self._messages = MessagesWire(self._origin, self._known)

    def _wire(self, request: ModelRequest) -> Wire:
        del request
        return self._messages

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Ask, and wait for the whole answer. If cancelled, the connection is dropped.

        Raises:
            ProviderError: The provider refused, failed, or answered something else.
        """
        if _messages.longest_answer(request, self._known) > _SILENT_TOKENS:
            return await self._gathered(request)
        return await super().complete(request)
