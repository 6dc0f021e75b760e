"""All deployments of a router, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping

from quantumlayer.errors import RouterConfigError
from quantumlayer.router._card import ModelCard, Price
from quantumlayer.router._deployment import Deployment
from quantumlayer.router._strategy import Candidate

__all__ = ["Fleet"]


class Fleet(dict[str, Deployment]):
    """Deployments by name, in the order in which they were given.

    Args:
        deployments: All of them.
        tenants: Which of them may serve whom: their names, by tenant. Where it is given, a tenant
            that it does not name is served by none.

    Raises:
        RouterConfigError: There is none, two have one name, or a tenant is to be served by one that
            there is not.

    Attributes:
        specimens: One deployment of each kind of model: of equal limits and capabilities, so that
            what one of them cannot serve none can. `Deployment.kind` is its place here.
        discounts: Whether one of them charges less for what its provider's cache has of a prompt.
        dearest: A card at which no call costs less than it does anywhere, so that one look at it
            mostly tells that a budget is enough for all; without a price where one is unknown.
    """

    def __init__(
        self,
        deployments: Iterable[Deployment],
        *,
        tenants: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        super().__init__()
        self._tenants = tenants and {tenant: frozenset(names) for tenant, names in tenants.items()}
        for deployment in deployments:
            if deployment.name in self:
                raise RouterConfigError(
                    f"Two deployments are called {deployment.name!r}: give one another `name`."
                )
            self[deployment.name] = deployment
        if not self:
            raise RouterConfigError(
                "A router needs at least one deployment: pass a provider, such as "
                "`OpenAICompatible('llama3', base_url='http://127.0.0.1:11434/v1')`."
            )
        kinds: dict[Hashable, int] = {}
        self.specimens: list[Deployment] = []
        for deployment in self.values():
            card = deployment.card
            limits = (card.max_input_tokens, card.max_output_tokens)
            able = (card.capabilities, card.profiles, hasattr(deployment.provider, "embed"))
            kind = (*limits, *able)
            deployment.kind = kinds.setdefault(kind, len(kinds))
            if deployment.kind == len(self.specimens):
                self.specimens.append(deployment)
        self._candidates = {name: deployment.candidate() for name, deployment in self.items()}
        self._changed = set(self)
        for deployment in self.values():
            deployment.changed = self._changed
        cards = [deployment.card for deployment in self.values()]
        self.discounts = any(card.price and card.price.cache_read is not None for card in cards)
        self.dearest = _dearest(cards)
        for tenant, names in (self._tenants or {}).items():
            if unknown := names - self.keys():
                raise RouterConfigError(
                    f"The tenant {tenant!r} may be served by {sorted(unknown)!r}, and deployments "
                    f"are {list(self)!r}: name some of these."
                )

    def candidates(self) -> dict[str, Candidate]:
        """All of them as a strategy sees them now, by name, in the order of the fleet.

        Only those that have changed since the last time are looked at; circuits and what is left of
        a rate limit change by themselves.
        """
        if self._changed:
            self._candidates |= {name: self[name].candidate() for name in self._changed}
            self._changed.intersection_update([deployment.name for deployment in self.watched()])
        return self._candidates.copy()

    def watched(self) -> list[Deployment]:
        """Those that may refuse a call now, see `Deployment.is_watched`."""
        return [self[name] for name in sorted(self._changed) if self[name].is_watched]

    def closed_to(self, tenant: str) -> dict[str, str]:
        """The deployments that may not serve a tenant, with the reason."""
        if self._tenants is None:
            return {}
        may, reason = self._tenants.get(tenant, ()), f"it may not serve the tenant {tenant!r}"
        return {name: reason for name in self if name not in may}


def _dearest(cards: list[ModelCard]) -> ModelCard:
    rates = [card.price.dearest for card in cards if card.price is not None]
    lengths = [card.max_output_tokens for card in cards if card.max_output_tokens is not None]
    if len(rates) < len(cards):
        return ModelCard()
    return ModelCard(
        price=Price(max(rate[0] for rate in rates), max(rate[1] for rate in rates)),
        max_output_tokens=max(lengths) if len(lengths) == len(cards) else None,
    )
