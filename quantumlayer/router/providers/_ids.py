"""Ids of tool calls that another provider has given, in the letters and the length allowed here."""

from __future__ import annotations

import re
from hashlib import sha256

__all__ = ["plain_id", "short_id"]

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def short_id(call_id: str, *, max_chars: int) -> str:
    """The id in at most so many characters, as OpenAI takes it; always the same for the same id."""
    return call_id if 0 < len(call_id) <= max_chars else _digest(call_id)


def plain_id(call_id: str) -> str:
    """The id of letters, digits, `_` and `-` only, as Claude and Bedrock take it; ditto."""
    return call_id if _PLAIN.fullmatch(call_id) else _digest(call_id)


def _digest(call_id: str) -> str:
    return "call_" + sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
