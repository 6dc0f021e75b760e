"""What the tests of agents share."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import pytest

from quantumlayer.messages import ModelReply, ModelRequest, ToolCall
from quantumlayer.router import Budget

Line: TypeAlias = str | ToolCall | ModelReply | Exception


class Scripted:
    """Answers with one line of a script after the other, and with the last one from then on.

    Reserves `price_nanousd` for each, as a router does.
    """

    def __init__(self, *lines: Line, price_nanousd: int = 0) -> None:
        self.price_nanousd = price_nanousd
        self.requests: list[ModelRequest] = []
        self.tenants: list[str] = []
        self._lines = list(lines)

    async def complete(
        self, prompt: ModelRequest, /, *, budgets: Sequence[Budget] = (), tenant: str = ""
    ) -> ModelReply:
        reserved = [budget.reserve(self.price_nanousd, unix_s=0.0) for budget in budgets]
        self.requests.append(prompt)
        self.tenants.append(tenant)
        reply = self._next()
        for reservation in reserved:
            reservation.settle(reply.cost_nanousd)
        return reply

    def _next(self) -> ModelReply:
        line = self._lines.pop(0) if len(self._lines) > 1 else self._lines[0]
        match line:
            case Exception():
                raise line
            case str():
                return ModelReply(line, "test", "scripted")
            case ToolCall():
                return ModelReply("", "test", "scripted", (line,), "tool_calls")
            case ModelReply():
                return line


@pytest.fixture
def scripted() -> Callable[..., Scripted]:
    """Make a model that follows a script."""
    return Scripted
