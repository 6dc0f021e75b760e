"""Flows are values: steps, and the ways to put them together.

    @step(undo=release_stock)
    async def reserve_stock(order: Order, context: StepContext) -> Reservation: ...

    flow = sequence(check, parallel(reserve_stock, charge_card), branch(is_urgent, fly, ship))

A flow takes one value and gives one value; what runs it is an `Engine`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar, overload

__all__ = [
    "Branch",
    "Flow",
    "Loop",
    "Parallel",
    "Saga",
    "Sequence",
    "Step",
    "StepContext",
    "branch",
    "loop",
    "parallel",
    "saga",
    "sequence",
    "step",
]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step knows about where it runs.

    Attributes:
        workflow_id: The workflow it belongs to.
        path: Where in the flow it stands, such as `1.parallel[0].reserve_stock`.
    """

    workflow_id: str
    path: str

    @property
    def key(self) -> str:
        """The step's idempotency key: the same whenever this very step runs again."""
        return f"{self.workflow_id}:{self.path}"


class Flow(Generic[In_contra, Out_co]):
    """Anything an engine runs: takes an `In`, gives an `Out`."""


@dataclass(frozen=True)
class Step(Flow[In_contra, Out_co]):
    """One piece of work.

    Attributes:
        name: Unique among its neighbours; part of the step's key.
        run: Does the work.
        undo: Takes back what a finished `run` did; gets the step's input and its result.
    """

    name: str
    run: Callable[[Any, StepContext], Awaitable[Any]]
    undo: Callable[[Any, Any, StepContext], Awaitable[None]] | None = None


@dataclass(frozen=True)
class Sequence(Flow[In_contra, Out_co]):
    """One after the other; each gets what the one before gave."""

    parts: tuple[Flow[Any, Any], ...]


@dataclass(frozen=True)
class Parallel(Flow[In_contra, Out_co]):
    """Side by side on the same value; the first failure cancels the others."""

    parts: tuple[Flow[Any, Any], ...]


@dataclass(frozen=True)
class Branch(Flow[In_contra, Out_co]):
    """One of two, by a condition on the value."""

    condition: Callable[[Any], bool]
    then: Flow[Any, Any]
    otherwise: Flow[Any, Any]


@dataclass(frozen=True)
class Loop(Flow[In_contra, Out_co]):
    """Again and again, until a condition holds or the bound is reached.

    Attributes:
        body: What is repeated.
        until: Checked before each turn; the value it holds for is the loop's result.
        limit: Most turns.
        at_limit: Whether a loop that used all its turns fails or gives its last value.
    """

    body: Flow[Any, Any]
    until: Callable[[Any], bool]
    limit: int
    at_limit: Literal["fail", "stop"]


@dataclass(frozen=True)
class Saga(Flow[In_contra, Out_co]):
    """A sequence that, when it fails, is undone at once and then answered for.

    Attributes:
        body: What is tried.
        otherwise: Gets the saga's input after everything in `body` has been undone.
    """

    body: Flow[Any, Any]
    otherwise: Flow[Any, Any]


class _Named(Protocol):
    def __call__(self, run: Callable[[A, StepContext], Awaitable[B]], /) -> Step[A, B]: ...


@overload
def step(run: Callable[[A, StepContext], Awaitable[B]], /) -> Step[A, B]: ...
@overload
def step(*, name: str | None = None) -> _Named: ...
@overload
def step(
    *, name: str | None = None, undo: Callable[[A, B, StepContext], Awaitable[None]]
) -> Callable[[Callable[[A, StepContext], Awaitable[B]]], Step[A, B]]: ...
def step(
    run: Callable[[Any, StepContext], Awaitable[Any]] | None = None,
    /,
    *,
    name: str | None = None,
    undo: Callable[[Any, Any, StepContext], Awaitable[None]] | None = None,
) -> Any:
    """Make a step of an async function `(value, context) -> result`.

    Args:
        run: The function, where `step` is used without arguments.
        name: The step's name; by default the function's.
        undo: `(value, result, context)`: takes a finished step back. It runs at most once for each
            finished step, in reverse order, and only when the workflow fails for good.
    """

    def make(function: Callable[[Any, StepContext], Awaitable[Any]]) -> Step[Any, Any]:
        return Step(name or str(getattr(function, "__name__", "step")), function, undo)

    return make if run is None else make(run)


@overload
def sequence(a: Flow[A, B], b: Flow[B, C], /) -> Sequence[A, C]: ...
@overload
def sequence(a: Flow[A, B], b: Flow[B, C], c: Flow[C, D], /) -> Sequence[A, D]: ...
@overload
def sequence(a: Flow[A, B], b: Flow[B, C], c: Flow[C, D], d: Flow[D, E], /) -> Sequence[A, E]: ...
@overload
def sequence(
    a: Flow[A, B], b: Flow[B, C], c: Flow[C, D], d: Flow[D, E], e: Flow[E, F], /
) -> Sequence[A, F]: ...
@overload
def sequence(*parts: Flow[Any, Any]) -> Sequence[Any, Any]: ...
def sequence(*parts: Flow[Any, Any]) -> Sequence[Any, Any]:
    """Run parts one after the other, each on what the one before gave.

    Type checkers follow the values through up to five parts.

    Raises:
        ValueError: There are no parts.
    """
    return Sequence(_some(parts))


@overload
def parallel(a: Flow[A, B], b: Flow[A, C], /) -> Parallel[A, tuple[B, C]]: ...
@overload
def parallel(a: Flow[A, B], b: Flow[A, C], c: Flow[A, D], /) -> Parallel[A, tuple[B, C, D]]: ...
@overload
def parallel(*parts: Flow[A, B]) -> Parallel[A, tuple[B, ...]]: ...
def parallel(*parts: Flow[Any, Any]) -> Parallel[Any, tuple[Any, ...]]:
    """Run parts side by side on the same value; gives a tuple of their results, in order.

    When one fails the others are cancelled, and its error is the flow's.

    Raises:
        ValueError: There are no parts.
    """
    return Parallel(_some(parts))


def branch(
    condition: Callable[[A], bool], then: Flow[A, B], otherwise: Flow[A, C]
) -> Branch[A, B | C]:
    """Run `then` where the condition holds for the value, else `otherwise`."""
    return Branch(condition, then, otherwise)


def loop(
    body: Flow[A, A],
    *,
    until: Callable[[A], bool],
    limit: int,
    at_limit: Literal["fail", "stop"] = "fail",
) -> Loop[A, A]:
    """Repeat until the condition holds for the value, at most `limit` times.

    Args:
        body: Takes the value and gives the next one.
        until: Checked before each turn, so a value that meets it at once is not touched.
        limit: Most turns, at least 1.
        at_limit: `fail` raises LoopLimitError when the condition does not hold after the last turn;
            `stop` gives the value as it is then.

    Raises:
        ValueError: The limit is below 1.
    """
    if limit < 1:
        msg = f"a loop needs a limit of at least 1, not {limit!r}"
        raise ValueError(msg)
    return Loop(body, until, limit, at_limit)


def saga(*parts: Flow[Any, Any], otherwise: Flow[A, B]) -> Saga[A, B]:
    """Try parts in sequence; when one fails, undo them and run `otherwise` on the input instead.

    Steps inside are undone in reverse order before `otherwise` starts. Without a saga a failure
    undoes the whole workflow and ends it.

    Raises:
        ValueError: There are no parts.
    """
    return Saga(Sequence(_some(parts)), otherwise)


def _some(parts: tuple[Flow[Any, Any], ...]) -> tuple[Flow[Any, Any], ...]:
    if not parts:
        msg = "a flow needs at least one part"
        raise ValueError(msg)
    return parts
