"""When requests came in: published traces of real services."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from pathlib import Path

from quantumlayer.router.lab._tables import Table, read_table

__all__ = ["read_arrivals"]

_MICROSECONDS = len("2023-11-16 18:15:46.680590")


def read_arrivals(path: Path) -> list[float]:
    """Read the arrivals of a trace, in seconds after its first request.

    A table with a column `TIMESTAMP` of dates (Azure's LLM inference traces), or `timestamp` of
    milliseconds (Mooncake's).

    Raises:
        LabError: The file cannot be used, or its requests are not in order.
    """
    table = read_table(Path(path))
    if "TIMESTAMP" in table.columns:
        times_s = _dates(table)
    else:
        times_s = [time_ms / 1_000 for time_ms in table.numbers("timestamp")]
    for row, (one, two) in enumerate(pairwise(times_s), start=1):
        if two < one:
            name = "TIMESTAMP" if "TIMESTAMP" in table.columns else "timestamp"
            table.refuse(row, name, "it is earlier than the row above: sort the rows by time")
    return [time_s - times_s[0] for time_s in times_s]


def _dates(table: Table) -> list[float]:
    times_s = []
    for row, text in enumerate(table.texts("TIMESTAMP")):
        try:
            # Azure writes tenths of microseconds, which the standard library does not read.
            date = datetime.fromisoformat(text[:_MICROSECONDS] + "+00:00")
        except ValueError:
            table.refuse(row, "TIMESTAMP", f"{text!r} is no date such as '2023-11-16 18:15:46.68'")
        times_s.append(date.timestamp())
    return times_s
