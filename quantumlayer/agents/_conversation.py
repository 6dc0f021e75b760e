"""From a request to an answer: tools are called, an answer that does not fit is sent back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from quantumlayer.agents._tools import Toolbox
from quantumlayer.errors import InvalidOutputError, ToolLoopError
from quantumlayer.messages import Message, ModelReply, ModelRequest, Part, Text
from quantumlayer.router import OutputType

if TYPE_CHECKING:
    from quantumlayer.agents._context import Context

__all__ = ["Conversation"]

T = TypeVar("T")

REPAIRS = 2
"""How often a model may mend an answer that does not fit."""

Ask = Callable[[ModelRequest], Awaitable[ModelReply]]


class Conversation:
    """One request, with everything that is said until it is answered.

    Args:
        request: How it begins.
        ask: Asks the model.
        tools: What the model may call, one call after the other.
        context: Whose conversation it is.
        max_tool_rounds: Replies that may call tools.
    """

    def __init__(
        self,
        request: ModelRequest,
        *,
        ask: Ask,
        tools: Toolbox,
        context: Context,
        max_tool_rounds: int,
    ) -> None:
        self._request = request
        self._ask = ask
        self._tools = tools
        self._context = context
        self._max_tool_rounds = max_tool_rounds
        self._tool_rounds = 0

    async def text(self) -> str:
        """Return the model's answer in words.

        Raises:
            ToolLoopError: The model called tools in more rounds than allowed.
        """
        return (await self._answer()).text

    async def value(self, kind: OutputType[T]) -> T:
        """Return the model's answer as a value; it may mend an answer that does not fit.

        Raises:
            InvalidOutputError: It did not fit after `REPAIRS` repairs either.
            ToolLoopError: The model called tools in more rounds than allowed.
        """
        problems: list[str] = []
        while True:
            reply = await self._answer()
            try:
                return kind.parse(reply)
            except ValueError as error:
                problems.append(str(error))
                if len(problems) > REPAIRS:
                    raise InvalidOutputError(kind.name, problems) from error
            self._request = kind.ask_again(self._request, reply, problems[-1])

    async def _answer(self) -> ModelReply:
        """Ask the model, and call tools for as long as it wants that."""
        while (reply := await self._ask(self._request)).tool_calls:
            self._tool_rounds += 1
            if self._tool_rounds > self._max_tool_rounds:
                raise ToolLoopError(self._context.agent.name, self._max_tool_rounds)
            self._say(_said(reply))
            results = [await self._tools.call(call, self._context) for call in reply.tool_calls]
            self._say(Message("tool", tuple(results)))
        return reply

    def _say(self, message: Message) -> None:
        self._request = replace(self._request, messages=(*self._request.messages, message))


def _said(reply: ModelReply) -> Message:
    """Turn a reply into the assistant's turn of the conversation."""
    words: tuple[Part, ...] = (Text(reply.text),) if reply.text else ()
    return Message("assistant", (*words, *reply.tool_calls))
