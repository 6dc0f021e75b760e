"""What several commands take, read into values."""

from __future__ import annotations

from quantumlayer.cli._run import UsageError
from quantumlayer.sandbox import Level

__all__ = ["isolation"]


def isolation(text: str) -> Level:
    """Read an isolation level.

    Raises:
        UsageError: There is no such level.
    """
    try:
        return Level[text.upper()]
    except KeyError:
        there = ", ".join(level.name for level in Level)
        raise UsageError(f"--isolation {text!r} is no level; there are {there}.") from None
