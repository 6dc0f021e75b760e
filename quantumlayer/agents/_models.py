"""What an agent needs of a router, and what is kept of every call."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from quantumlayer.messages import ModelReply, ModelRequest

__all__ = ["Exchange", "ModelAccess"]


class ModelAccess(Protocol):
    """Answers model requests: a `Router`, or anything with this one method."""

    async def complete(self, prompt: ModelRequest, /) -> ModelReply:
        """Answer a request; errors are of the `RouterError` tree."""
        ...


class Exchange(NamedTuple):
    """One model call: what was asked and what was answered."""

    request: ModelRequest
    reply: ModelReply
