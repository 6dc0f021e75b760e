"""What the headers of an answer say about the provider's limits."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from quantumlayer.router._limits import Allowance, Headroom

__all__ = ["headroom"]

# OpenAI's names, which Groq and others have too, and Anthropic's. Source: their rate limit pages.
_NAMES = tuple(
    tuple(
        tuple(pattern.format(what=what, kind=kind) for what in ("limit", "remaining", "reset"))
        for kind in ("requests", "tokens")
    )
    for pattern in ("x-ratelimit-{what}-{kind}", "anthropic-ratelimit-{kind}-{what}")
)

# How long until a limit is full again: OpenAI and Groq write "6m0s", "1.2s" or "20ms".
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def headroom(headers: Mapping[str, str], *, unix_s: float) -> Headroom | None:
    """Read the headers, or None where they say nothing.

    Args:
        headers: Those of the answer, by name in any case.
        unix_s: The time, in seconds since 1970-01-01 UTC.
    """
    for of_requests, of_tokens in _NAMES:
        requests = _allowance(headers, of_requests, unix_s)
        tokens = _allowance(headers, of_tokens, unix_s)
        if requests or tokens:
            return Headroom(requests, tokens)
    return None


def _allowance(headers: Mapping[str, str], names: Sequence[str], unix_s: float) -> Allowance | None:
    limit = headers.get(names[0])
    if not limit:
        return None
    left, reset = headers.get(names[1], ""), headers.get(names[2], "")
    try:
        found = Allowance(float(limit), float(left), _span_s(reset, unix_s))
    except ValueError:
        return None
    numbers = (found.limit, found.left, found.full_in_s)
    usable = all(map(math.isfinite, numbers)) and 0 <= found.left <= found.limit > 0
    return found if usable and found.full_in_s >= 0 else None


def _span_s(text: str, unix_s: float) -> float:
    """Seconds of a span like `6m0s`, or until a time like `2026-01-31T12:00:00Z`.

    Raises:
        ValueError: It is neither.
    """
    if "T" in text:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(f"{text!r} is at no known time")
        return max(0.0, moment.timestamp() - unix_s)
    parts = _PART.findall(text)
    if not parts or "".join(map("".join, parts)) != text:
        raise ValueError(f"{text!r} is no span of time")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
