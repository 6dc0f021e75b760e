"""Values as they travel in JSON, and as Python holds them."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from quantumlayer.errors import DesignError
from quantumlayer.offline.writing._bound import Scalar
from quantumlayer.offline.writing._kinds import Kind

__all__ = ["coerced", "plain", "rounded"]


def coerced(kind: Kind, value: object) -> Scalar:  # noqa: C901, PLR0911 -- one case for each kind
    """Take a JSON value as a Python value of its kind.

    Raises:
        DesignError: It is none of that kind.
    """
    if value is None:
        return None
    try:
        match kind:
            case Kind.INTEGER:
                return int(str(value))
            case Kind.NUMBER:
                return float(str(value))
            case Kind.MONEY:
                return Decimal(str(value))
            case Kind.DATE:
                return dt.date.fromisoformat(str(value))
            case Kind.TIME:
                return dt.time.fromisoformat(str(value))
            case Kind.DATETIME:
                moment = dt.datetime.fromisoformat(str(value))
                return moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(dt.UTC)
            case Kind.BOOLEAN if isinstance(value, bool):
                return value
            case Kind.TEXT if isinstance(value, str):
                return value
            case Kind.STRINGS if isinstance(value, list | tuple):
                return tuple(str(item) for item in value)
            case _:
                raise DesignError(repr(value), f"it is no {kind.value}")
    except (ValueError, ArithmeticError) as error:
        raise DesignError(repr(value), f"it is no {kind.value}") from error


def plain(value: object) -> object:
    """Take a Python value as it travels in JSON."""
    match value:
        case Decimal():
            number = float(rounded(value, 2))
            return int(number) if number.is_integer() else number
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
        case dt.date() | dt.time():
            return value.isoformat()
        case tuple() | list():
            return [plain(item) for item in value]
        case _:
            return value


def rounded(value: Decimal, places: int) -> Decimal:
    """Round half up, as people do with money."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
