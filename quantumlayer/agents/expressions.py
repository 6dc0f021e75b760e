"""The language in which a design says what holds: a small part of Python's own expressions.

    attendees <= room.capacity
    not exists(Booking, room_id == this.room_id, start < this.end, end > this.start, id != this.id)
    sum(Movement, quantity if type == 'in' else -quantity, product_id == this.id) >= 0
    loan_date + days(14)

Nothing here is ever run: an expression is parsed into the nodes below, and what is made from it
(Python, SQL) is written by whoever reads the design.

Names
    `x`           field of the item at hand; inside an aggregate, of the items that are counted
    `this.x`      field of the item at hand, also inside an aggregate
    `old.x`       field of the item before an update
    `ref.x`       field of the item that the reference field `ref_id` (or `refId`, `ref`) points to
    `param.x`     parameter of the endpoint: query, body of an action, or path
    `user.x`      field of the logged-in user
Behind a dot any name may stand, also a keyword of Python: `param.from`, `this.in`. On its own a
keyword is a name too (`class == 'A'`), unless it means something in this language (`and`, `or`,
`not`, `in`, `is`, `if`, `else`, `None`, `True`, `False`): such a field is written with `this.`, or
with an underscore behind it: `in_`.

Functions
    `count(E, where…)`, `exists(E, where…)`                 over all items of entity E
    `sum`, `avg`, `min`, `max` `(E, value, where…)`         likewise, of a value
    `now()`, `today()`, `minutes(n)`, `hours(n)`, `days(n)`, `weeks(n)`, `months(n)`, `years(n)`
    `date(t)` of a datetime, `lower(s)`, `length(s)`, `contains(text, term)` ignoring case,
    `round(x, places)`, `ceil(x)`, `floor(x)`,
    `random_code(n)` letters and digits from a secure source, `random_digits(n)` digits only
    `minutes_between(a, b)` with fraction, `days_between(a, b)` whole days; None where one is None
    `time(t)` of day, `weekday(d)` 1 Monday … 7 Sunday, `month(d)` as 'YYYY-MM', `year(d)`
    `slug(s)`: lower case, runs of other than letters and digits are one hyphen, none at the ends
    `includes(strings, x)` exactly, `distinct(strings)`: none twice; `length` also counts strings
A text constant that is compared with a date, time or datetime is an ISO one.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from threading import Lock
from typing import Literal

from quantumlayer.errors import ExpressionError

__all__ = [
    "AGGREGATES",
    "FUNCTIONS",
    "Aggregate",
    "Binary",
    "Both",
    "Call",
    "Compare",
    "Conditional",
    "Constant",
    "Node",
    "Not",
    "Path",
    "children",
    "navigation",
    "parse",
    "python_expression",
    "python_module",
    "walk",
    "well_formed",
]

AGGREGATES = frozenset({"count", "exists", "sum", "avg", "min", "max"})
FUNCTIONS: dict[str, tuple[int, int]] = {
    "now": (0, 0),
    "today": (0, 0),
    "minutes": (1, 1),
    "hours": (1, 1),
    "days": (1, 1),
    "weeks": (1, 1),
    "months": (1, 1),
    "years": (1, 1),
    "date": (1, 1),
    "lower": (1, 1),
    "length": (1, 1),
    "contains": (2, 2),
    "round": (1, 2),
    "ceil": (1, 1),
    "floor": (1, 1),
    "random_code": (1, 1),
    "random_digits": (1, 1),
    "minutes_between": (2, 2),
    "days_between": (2, 2),
    "time": (1, 1),
    "weekday": (1, 1),
    "month": (1, 1),
    "year": (1, 1),
    "slug": (1, 1),
    "includes": (2, 2),
    "distinct": (1, 1),
}
"""Least and most arguments of every function that is no aggregate."""
ROOTS = frozenset({"this", "old", "param", "user"})
WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else", "None", "True", "False"})
"""Keywords of Python that mean the same here; all others are names."""
MAX_LENGTH = 2_000
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: number, text, boolean, None, or a tuple of them after `in`."""

    value: str | int | float | bool | tuple[str | int | float, ...] | None


@dataclass(frozen=True, slots=True)
class Path:
    """A name, with its dots: `("room", "capacity")`, `("this", "end")`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic; `-` in front of a value is `0 - value`."""

    operator: Literal["+", "-", "*", "/", "%"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison; `in` and `not in` have a tuple constant on the right."""

    operator: Literal["==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Both:
    """`and` or `or` over two or more conditions."""

    operator: Literal["and", "or"]
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Node


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then if condition else otherwise`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function that is no aggregate."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A value over all items of an entity that meet the conditions."""

    function: str
    entity: str
    value: Node | None
    where: tuple[Node, ...]


Node = Constant | Path | Binary | Compare | Both | Not | Conditional | Call | Aggregate

_BINARY: dict[type[ast.operator], Literal["+", "-", "*", "/", "%"]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
}
_COMPARE: dict[
    type[ast.cmpop], Literal["==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"]
] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


_TREES = Lock()
"""CPython up to 3.12 counts the depth of all threads' syntax trees together, and raises SystemError
where two make trees at once (python/cpython#106905)."""


def python_module(code: str) -> ast.Module:
    """Parse Python; safe in threads where `ast.parse` alone is not."""
    with _TREES:
        return ast.parse(code)


def python_expression(code: str) -> ast.expr:
    """Parse one Python expression; safe in threads where `ast.parse` alone is not."""
    with _TREES:
        return ast.parse(code, mode="eval").body


def parse(text: str) -> Node:
    """Turn an expression into nodes.

    Raises:
        ExpressionError: It is no expression, or uses more of Python than the language has.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(text[:80] + "…", f"it is longer than {MAX_LENGTH} characters")
    try:
        tree = python_expression(_escaped(text.strip()))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(text, f"it does not parse ({error})") from error
    try:
        return _Reader(text).node(tree, 0)
    except RecursionError as error:  # `a.a.a.a…` and its like
        raise ExpressionError(text, f"it is nested deeper than {MAX_DEPTH}") from error


def well_formed(text: str) -> str:
    """Validate an expression for pydantic: return it, or raise ValueError with the reason."""
    try:
        parse(text)
    except ExpressionError as error:
        raise ValueError(str(error)) from error
    return text


class _Reader:
    """Turns Python's syntax tree into ours and refuses what the language does not have."""

    def __init__(self, text: str) -> None:
        self._text = text

    def _refuse(self, reason: str) -> ExpressionError:
        return ExpressionError(self._text, reason)

    def node(self, tree: ast.expr, depth: int) -> Node:  # noqa: C901, PLR0911, PLR0912 -- one case for each kind of node
        """Dispatch over the node types: one case each."""
        if depth > MAX_DEPTH:
            raise self._refuse(f"it is nested deeper than {MAX_DEPTH}")
        deeper = depth + 1
        match tree:
            case ast.Constant(value=float() as number) if not math.isfinite(number):
                raise self._refuse("it has a number that is too large")
            case ast.Constant(value=str() | int() | float() | bool() | None as value):
                return Constant(value)
            case ast.Name() | ast.Attribute():
                return Path(self._names(tree))
            case ast.BinOp() if type(tree.op) in _BINARY:
                return Binary(
                    _BINARY[type(tree.op)],
                    self.node(tree.left, deeper),
                    self.node(tree.right, deeper),
                )
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return Constant(-number)
            case ast.UnaryOp(op=ast.USub()):
                return Binary("-", Constant(0), self.node(tree.operand, deeper))
            case ast.UnaryOp(op=ast.Not()):
                return Not(self.node(tree.operand, deeper))
            case ast.BoolOp():
                operator: Literal["and", "or"] = "and" if isinstance(tree.op, ast.And) else "or"
                return Both(operator, tuple(self.node(value, deeper) for value in tree.values))
            case ast.Compare():
                return self._compare(tree, deeper)
            case ast.IfExp():
                return Conditional(
                    self.node(tree.test, deeper),
                    self.node(tree.body, deeper),
                    self.node(tree.orelse, deeper),
                )
            case ast.Call(func=ast.Name(id=name), keywords=[]):
                return self._call(name, tree.args, deeper)
            case _:
                raise self._refuse(f"{ast.unparse(tree)!r} is not part of the language")

    def _names(self, tree: ast.expr) -> tuple[str, ...]:
        match tree:
            case ast.Name(id=name):
                return (_unescape(name),)
            case ast.Attribute(value=value, attr=name):
                return (*self._names(value), _unescape(name))
            case _:
                raise self._refuse(f"{ast.unparse(tree)!r} is no name")

    def _compare(self, tree: ast.Compare, depth: int) -> Node:
        values = [tree.left, *tree.comparators]
        parts: list[Node] = []
        for operator, left, right in zip(tree.ops, values, values[1:], strict=False):
            sign = _COMPARE[type(operator)]
            if sign in {"in", "not in"}:
                parts.append(Compare(sign, self.node(left, depth), self._choices(right)))
            else:
                parts.append(Compare(sign, self.node(left, depth), self.node(right, depth)))
        return parts[0] if len(parts) == 1 else Both("and", tuple(parts))

    def _choices(self, tree: ast.expr) -> Constant:
        if not isinstance(tree, ast.Tuple | ast.List | ast.Set):
            raise self._refuse("`in` needs a list of literals behind it")
        values: list[str | int | float] = []
        for item in tree.elts:
            if not isinstance(item, ast.Constant) or not isinstance(item.value, str | int | float):
                raise self._refuse("`in` needs a list of literals behind it")
            values.append(item.value)
        return Constant(tuple(values))

    def _call(self, name: str, arguments: list[ast.expr], depth: int) -> Node:
        if name in AGGREGATES:
            return self._aggregate(name, arguments, depth)
        if name not in FUNCTIONS:
            raise self._refuse(f"there is no function {name!r}")
        least, most = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise self._refuse(f"{name!r} takes {least} to {most} arguments")
        return Call(name, tuple(self.node(argument, depth) for argument in arguments))

    def _aggregate(self, name: str, arguments: list[ast.expr], depth: int) -> Aggregate:
        if not arguments or not isinstance(arguments[0], ast.Name):
            raise self._refuse(f"{name!r} needs an entity first")
        rest = [self.node(argument, depth) for argument in arguments[1:]]
        if name in {"count", "exists"}:
            return Aggregate(name, arguments[0].id, None, tuple(rest))
        if not rest:
            raise self._refuse(f"{name!r} needs a value behind the entity")
        return Aggregate(name, arguments[0].id, rest[0], tuple(rest[1:]))


_KEYWORD = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
    rf"""|(?P<dot>\.\s*)?(?<!\w)(?P<name>{"|".join(keyword.kwlist)})(?!\w)"""
)


def _escaped(text: str) -> str:
    """Put an underscore behind keywords that are names, so that Python's parser takes them."""

    def written(found: re.Match[str]) -> str:
        if found["text"] or (found["name"] in WORDS and not found["dot"]):
            return found[0]
        return f"{found[0]}_"

    return _KEYWORD.sub(written, text)


def _unescape(name: str) -> str:
    return name[:-1] if name.endswith("_") and keyword.iskeyword(name[:-1]) else name


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes directly below one, in the order they are written."""
    for part in fields(node):
        value = getattr(node, part.name)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, Node):
                yield child


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def navigation(field: str) -> str:
    """Return the name that follows a reference: `room_id` and `roomId` are followed as `room`."""
    for suffix in ("_id", "Id"):
        if field.endswith(suffix) and len(field) > len(suffix):
            return field[: -len(suffix)]
    return field
