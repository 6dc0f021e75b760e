"""What an agent needs of a router."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from quantumlayer.messages import ModelReply, ModelRequest
from quantumlayer.router import Budget

__all__ = ["ModelAccess"]


class ModelAccess(Protocol):
    """Answers model requests: a `Router`, or anything with this one method."""

    async def complete(
        self, prompt: ModelRequest, /, *, budgets: Sequence[Budget] = (), tenant: str = ""
    ) -> ModelReply:
        """Answer a request; its price is reserved in every budget before and settled after.

        Args:
            prompt: What the model is asked.
            budgets: What it may cost.
            tenant: For whom, the empty string where that was not said.

        Raises:
            BudgetExceededError: It could cost more than a budget has left.
            RouterError: It could not be answered.
        """
        ...
