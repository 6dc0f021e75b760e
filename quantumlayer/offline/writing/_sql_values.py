"""Writes functions, conversions and time as SQLAlchemy.

Databases differ in their arithmetic with time, so lengths of time and what is worked out with them
are compared as numbers of seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantumlayer.errors import ExpressionError
from quantumlayer.offline.writing._bound import (
    Arithmetic,
    Attribute,
    Bound,
    Convert,
    Function,
    Total,
    Value,
)
from quantumlayer.offline.writing._kinds import TIMELY, Kind

if TYPE_CHECKING:
    from quantumlayer.offline.writing._sql import SqlWriter

__all__ = ["conversion_code", "function_code", "in_seconds", "refused", "seconds", "shifted"]

_SECONDS = {"minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
_SPANS = {*TIMELY, Kind.DURATION}


def refused(reason: str) -> ExpressionError:
    """Return the error for what no database can work out."""
    return ExpressionError("a condition over stored items", reason)


def function_code(sql: SqlWriter, node: Function) -> str:  # noqa: C901, PLR0911 -- one case for each function
    """Write a call of a function."""
    first = node.arguments[0]
    match node.name:
        case "lower":
            return f"func.lower({sql.value(first)})"
        case "length" if first.kind is Kind.STRINGS:
            return f"func.json_array_length({sql.value(first)})"
        case "length":
            return f"func.length({sql.value(first)})"
        case "round":
            places = node.arguments[1] if len(node.arguments) > 1 else Value(0, Kind.INTEGER)
            kind = {Kind.MONEY: "MONEY", Kind.INTEGER: "Integer"}.get(node.kind, "Float")
            exact = f"cast({sql.value(first)}, Numeric)"
            return f"func.round({exact}, {sql.value(places)}, type_={kind})"
        case "ceil" | "floor":
            return f"func.{node.name}({sql.value(first)}, type_=Integer)"
        case "minutes_between":
            start, end = (seconds(sql, argument) for argument in node.arguments)
            return f"(({end} - {start}) / 60)"
        case "days_between":
            start, end = (seconds(sql, argument) for argument in node.arguments)
            return f"cast(({end} - {start}) / 86400, Integer)"
        case "year":
            return f'extract("year", {sql.value(first)})'
        case "weekday":
            return f'((extract("dow", {sql.value(first)}) + 6) % 7 + 1)'
        case "month":
            return f"func.substr(cast({sql.value(first)}, String), 1, 7)"
        case "contains" | "includes":
            return f"case(({sql.truth(node)}, True), else_=False)"
        case _:
            raise refused(f"{node.name!r} cannot be worked out for the rows of a query")


def conversion_code(sql: SqlWriter, node: Convert) -> str:
    """Write a value as another kind."""
    inner = sql.value(node.part)
    match node.part.kind, node.kind:
        case Kind.DATETIME, Kind.DATE:
            return f"func.date({inner}, type_=Date)"
        case Kind.MONEY, Kind.NUMBER:
            return f"cast({inner}, Float)"
        case _, Kind.INTEGER:
            return f"cast({inner}, Integer)"
        case _, Kind.MONEY:
            return inner
        case _:
            raise refused("the date of a row is no point in time")


def seconds(sql: SqlWriter, node: Bound) -> str:
    """Write a point in time, or a length of it, as a number of seconds."""
    if not sql.depends(node):
        return _python_seconds(sql, node)
    match node:
        case Arithmetic(operator=operator, left=left, right=right):
            if operator == "*" and left.kind is not Kind.DURATION:
                left, right = right, left
            other = sql.value(right) if operator == "*" else seconds(sql, right)
            return f"({seconds(sql, left)} {operator} {other})"
        case Function(name=name, arguments=arguments) if name in _SECONDS:
            return f"({sql.value(arguments[0])} * {_SECONDS[name]})"
        case Function(name="time", arguments=arguments):
            return _of_day(sql.value(arguments[0]))
        case Attribute() if node.kind is Kind.TIME:
            return _of_day(sql.value(node))
        case Attribute() | Convert() | Total() if node.kind in TIMELY:
            return f'extract("epoch", {sql.value(node)})'
        case _:
            raise refused(f"a {node.kind.value} of a row cannot be worked out like this")


def _of_day(code: str) -> str:
    parts = f'extract("hour", {code}) * 3600 + extract("minute", {code}) * 60'
    return f'({parts} + extract("second", {code}))'


def _python_seconds(sql: SqlWriter, node: Bound) -> str:
    code = sql.python.value(node)
    match node.kind:
        case Kind.DURATION:
            seconds = f"{code}.total_seconds()"
        case Kind.DATETIME:
            seconds = f"{code}.timestamp()"
        case Kind.DATE:
            seconds = f"dt.datetime.combine({code}, dt.time.min, dt.UTC).timestamp()"
        case _:
            seconds = f"({code}.hour * 3600 + {code}.minute * 60 + {code}.second)"
    return f"literal({seconds} if {code} is not None else None)" if node.nullable else seconds


def shifted(sql: SqlWriter, left: Bound, right: Bound) -> tuple[Bound, Bound]:
    """Take a length of time from the side of a column to the other: `due < now - 14 days`."""
    for one, other, swap in ((left, right, False), (right, left, True)):
        if (
            isinstance(one, Arithmetic)
            and one.operator in {"+", "-"}
            and one.kind in {Kind.DATE, Kind.DATETIME}
            and not sql.depends(one.right)
            and not sql.depends(other)
        ):
            back = "-" if one.operator == "+" else "+"
            nullable = other.nullable or one.right.nullable
            moved = Arithmetic(back, other, one.right, one.kind, nullable)
            return (moved, one.left) if swap else (one.left, moved)
    return left, right


def in_seconds(sql: SqlWriter, node: Bound) -> bool:
    """Tell whether a value of the rows can only be compared as a number of seconds."""
    return (
        node.kind in _SPANS
        and sql.depends(node)
        and (
            isinstance(node, Arithmetic)
            or (isinstance(node, Function) and node.name in {*_SECONDS, "time"})
        )
    )
