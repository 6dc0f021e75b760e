"""A transport by its address."""

from __future__ import annotations

from urllib.parse import urlsplit

from quantumlayer.transport._memory import Memory
from quantumlayer.transport._protocol import Transport

__all__ = ["connect"]


def connect(url: str) -> Transport:
    """Make the transport that a URL names; open it with `async with`.

    Args:
        url: `memory://` for a transport of this process; each call makes one of its own.

    Raises:
        ValueError: No transport goes by the URL's scheme.
    """
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return Memory()
    msg = f"no transport for {scheme!r}: write 'memory://', or pass a transport object instead"
    raise ValueError(msg)
