"""What travels of an exception."""

from __future__ import annotations

from dataclasses import dataclass

from quantumlayer.errors import RemoteError

__all__ = ["Failure"]

LONGEST_MESSAGE = 4_096
"""Characters of an exception's text that travel: enough to understand it, and no attachment."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception, as far as it can leave its process.

    Attributes:
        type_name: Name of its class.
        message: Its text, cut after 4,096 characters.
        code: Its attribute `code` where that is a text, otherwise `internal`.
        retryable: Its attribute `retryable`, otherwise False.
    """

    type_name: str
    message: str
    code: str
    retryable: bool

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Describe an exception.

        One that came from further away is described as it was there, so that the first cause
        stays visible; a task group's wrapping of a single one is taken off.
        """
        while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        if isinstance(error, RemoteError):
            type_name, message = error.type_name, error.message
        else:
            type_name, message = type(error).__qualname__, _text(error)
        code = getattr(error, "code", None)
        return cls(
            type_name,
            _printable(message[:LONGEST_MESSAGE]),
            _printable(code) if isinstance(code, str) else "internal",
            getattr(error, "retryable", False) is True,
        )


def _text(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 -- a stranger's __str__ must not hide that something failed
        return "its message cannot be printed"


def _printable(text: str) -> str:
    """Replace lone surrogates, which have no place in UTF-8."""
    return text.encode(errors="replace").decode()
