"""Tokens in classes that do not overlap."""

from __future__ import annotations

from quantumlayer.messages import ModelRequest, Usage
from quantumlayer.router._tokens import PromptSize, estimate_tokens

__all__ = ["estimated", "inclusive_usage"]


def inclusive_usage(
    *, prompt: int, answer: int, total: int, cache_read: int, cache_write: int, reasoning: int
) -> Usage:
    """The usage of a provider that counts as OpenAI does: cached tokens are part of the prompt's.

    Reasoning tokens are part of the answer's, unless the total says that they come on top, as xAI
    and Gemini count them.
    """
    read = min(prompt, cache_read)
    written = min(prompt - read, cache_write)
    on_top = max(0, total - prompt - answer)
    inside = 0 if on_top else min(answer, reasoning)
    return Usage(prompt - read - written, read, written, answer - inside, on_top or inside)


def estimated(request: ModelRequest, *answer: str) -> Usage:
    """The tokens of an exchange that the provider did not count."""
    prompt = PromptSize.of(request).tokens
    return Usage(prompt, output_tokens=sum(map(estimate_tokens, answer)), estimated=True)
