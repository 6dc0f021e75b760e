"""Credentials that do not show themselves."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Redactor", "Secret"]


class Redactor(Protocol):
    """Something that knows what must not be quoted."""

    def redact(self, text: str) -> str:
        """The text without it."""
        ...


class Secret:
    """A text that never appears in a repr, and that takes itself out of other texts."""

    __slots__ = ("_text",)

    def __init__(self, text: str | None) -> None:
        self._text = text or ""

    def __repr__(self) -> str:
        return "Secret(***)"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> str:
        raise TypeError("A secret is not to be copied into a file or to another process.")

    def reveal(self) -> str:
        """The text itself, for the wire."""
        return self._text

    def redact(self, text: str) -> str:
        """The other text without this one."""
        return text.replace(self._text, "***") if self._text else text
