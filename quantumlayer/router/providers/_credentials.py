"""How a request says who sends it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from quantumlayer.errors import RouterConfigError
from quantumlayer.router.providers._secret import Redactor, Secret

__all__ = ["Credential", "Outgoing", "Token", "api_key_of"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that is about to be sent, as far as signatures cover it.

    Attributes:
        method: Such as `POST`.
        host: The `host` header.
        target: Path and query, percent-encoded, as they are sent.
        headers: The headers that are made here, by lower-case name.
        body: What is sent.
    """

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Credential(Redactor, Protocol):
    """Makes the headers that say who sends a request.

    Attributes:
        covers_target: Whether the path is signed, so that it has to arrive byte for byte.
    """

    covers_target: bool

    async def headers(self, request: Outgoing) -> Mapping[str, str]:
        """Make the headers to be added.

        Raises:
            ProviderError: The credential cannot be had.
        """
        ...


class Token:
    """A key that is sent as it is.

    Args:
        secret: The key; empty: nothing is sent.
        header: Name of the header.
        scheme: What stands before the key.

    Raises:
        RouterConfigError: The key cannot stand in a header.
    """

    covers_target = False

    def __init__(
        self, secret: Secret, *, header: str = "authorization", scheme: str = "Bearer "
    ) -> None:
        key = secret.reveal()
        if not (key.isascii() and key.isprintable()) or key != key.strip():
            raise RouterConfigError(
                "The API key has spaces around it, or characters that no key has: copy it again, "
                "and nothing but it."
            )
        self._secret = secret
        self._header = header
        self._scheme = scheme

    async def headers(self, request: Outgoing) -> Mapping[str, str]:
        """Make the header with the key."""
        del request
        return self.header

    @property
    def header(self) -> Mapping[str, str]:
        """The header with the key, none where there is no key."""
        return {self._header: f"{self._scheme}{self._secret.reveal()}"} if self._secret else {}

    def redact(self, text: str) -> str:
        """The text without the key."""
        return self._secret.redact(text)


def api_key_of(provider: str, given: str | None, variable: str) -> Secret:
    """The key that was given, else the one in the environment.

    Raises:
        RouterConfigError: There is none. Who needs none says so with the empty string.
    """
    key = os.environ.get(variable, "") if given is None else given
    if not key and given is None:
        raise RouterConfigError(
            f"{provider} has no API key: pass `api_key`, or set {variable} before the provider is "
            "made."
        )
    return Secret(key)
