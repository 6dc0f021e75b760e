"""The catalog: model cards by name. It ships with the package and is never fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pkgutil import get_data
from typing import Any

from quantumlayer.errors import RouterConfigError
from quantumlayer.router._card import ModelCard, Price

__all__ = ["Catalog"]


class Catalog:
    """Model cards by `provider/model`.

    Args:
        cards: Such as `{"openai/gpt-4.1": ModelCard(price=Price.usd(…))}`.
        as_of: Date of the figures, such as `2026-08-22`.
    """

    def __init__(self, cards: Mapping[str, ModelCard], *, as_of: str = "") -> None:
        self._cards = dict(cards)
        self.as_of = as_of

    @classmethod
    def shipped(cls) -> Catalog:
        """The catalog that comes with this version; `as_of` has its date.

        It has prices, limits and capabilities. It has no qualities: no public figure covers these
        models on one scale. Source and licence stand beside the data.
        """
        return _shipped()

    @classmethod
    def from_json(cls, text: str) -> Catalog:
        """Read a catalog in the format of the shipped one, `quantumlayer/router/data/models.json`.

        Raises:
            RouterConfigError: The text is not in that format.
        """
        try:
            data = json.loads(text)
            cards = {name: _card(card) for name, card in data["models"].items()}
            return cls(cards, as_of=data.get("as_of", ""))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RouterConfigError(
                f"This is no catalog ({error!r}): see quantumlayer/router/data/models.json."
            ) from error

    def find(self, provider: str, model: str) -> ModelCard | None:
        """The card of a model, or None."""
        return self._cards.get(f"{provider}/{model}")

    def updated(self, cards: Mapping[str, ModelCard]) -> Catalog:
        """A catalog with these cards added or replaced; this one stays as it is."""
        return Catalog({**self._cards, **cards}, as_of=self.as_of)

    def __len__(self) -> int:
        return len(self._cards)


@cache
def _shipped() -> Catalog:
    data = get_data("quantumlayer.router", "data/models.json") or b""
    return Catalog.from_json(data.decode())


def _card(data: Mapping[str, Any]) -> ModelCard:
    rates = data.get("usd_per_mtok")
    capabilities, profiles = data.get("capabilities"), data.get("profiles")
    return ModelCard(
        price=None if rates is None else _price(rates, data.get("long", {})),
        max_input_tokens=data.get("max_input_tokens"),
        max_output_tokens=data.get("max_output_tokens"),
        capabilities=None if capabilities is None else frozenset(capabilities),
        quality=data.get("quality"),
        profiles=None if profiles is None else frozenset(profiles),
    )


def _price(rates: Mapping[str, float], long: Mapping[str, Mapping[str, float]]) -> Price:
    price = Price.usd(**{f"{kind}_usd": rate for kind, rate in rates.items()})
    return replace(price, long=tuple((int(over), _price(tier, {})) for over, tier in long.items()))
