"""What the tests of agents share."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from quantumlayer.messages import ModelReply, ModelRequest, ToolCall

Line: TypeAlias = str | ToolCall | ModelReply | Exception


class Scripted:
    """Answers with one line of a script after the other, and with the last one from then on."""

    def __init__(self, *lines: Line) -> None:
        self.requests: list[ModelRequest] = []
        self._lines = list(lines)

    async def complete(self, prompt: ModelRequest, /) -> ModelReply:
        self.requests.append(prompt)
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
