"""How many tokens a prompt has, before any provider has counted them."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from typing import NamedTuple

from quantumlayer.messages import Image, ModelRequest, Text, ToolCall, ToolResult

__all__ = ["PromptSize", "estimate_tokens"]

_LETTERS = string.ascii_letters.encode()
_DIGITS = string.digits.encode()
_SPACES = string.whitespace.encode()
_MARKS = string.punctuation.encode()

# Tokens of one image of 1,024 px a side in high detail: 85 + 4 tiles of 170.
# Source: OpenAI's guide to image inputs.
_IMAGE_TOKENS = 765

# Role names and separators around each message. Source: OpenAI's cookbook counts 3 tokens a message
# and 3 for the reply; the bound leaves room for other providers' templates.
_MESSAGE_TOKENS = 3
_MESSAGE_TOKENS_BOUND = 16


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text from its kinds of characters.

    An ASCII letter counts 0.25, a digit 0.7, a punctuation mark 0.75, any other character 0.3
    where UTF-8 needs two bytes for it and 0.75 where it needs more; white space is free.

    Against o200k_base on 60 texts (English prose, Python, JSON, YAML, logs, Chinese, Japanese,
    Korean) this is between -19 % and +15 %; it errs upwards for Russian (+49 %) and Hindi
    (+106 %). It makes four passes at C speed: about 1.2 µs for 1,000 characters.
    """
    return _estimate(text, text.encode("utf-8", "surrogatepass"))


def _estimate(text: str, data: bytes) -> int:
    unlettered = data.translate(None, _LETTERS)
    dense = unlettered.translate(None, _SPACES)
    unnumbered = dense.translate(None, _DIGITS)
    high = unnumbered.translate(None, _MARKS)
    letters, digits = len(data) - len(unlettered), len(dense) - len(unnumbered)
    hundredths = 25 * letters + 70 * digits + 75 * (len(unnumbered) - len(high))
    if high:
        # Of `others` characters, those of two bytes and those of three have the high bytes
        # together; one of four bytes counts as two of the latter. Control characters are among the
        # high bytes too, too rare to matter.
        others = len(text) - (len(data) - len(high))
        long = max(0, len(high) - 2 * others)
        hundredths += 75 * long + 30 * max(0, others - long)
    return -(-hundredths // 100)


class PromptSize(NamedTuple):
    """How long a prompt is.

    Attributes:
        tokens: As estimated or counted. Texts, tools, schema and images are in it; `Data` parts
            count nothing: language models are not sent them.
        bound: How many tokens it cannot exceed: a byte-level tokenizer makes at most one of a byte.
            Images count as in the estimate.
        images: How many images there are.
    """

    tokens: int
    bound: int
    images: int

    @classmethod
    def of(cls, request: ModelRequest, count: Callable[[str], int] = estimate_tokens) -> PromptSize:
        """Measure a request.

        Args:
            request: What is asked.
            count: Tells the tokens of a text.
        """
        text, images = _content(request)
        data = text.encode("utf-8", "surrogatepass")
        pictures, turns = _IMAGE_TOKENS * images, len(request.messages) + 1
        words = _estimate(text, data) if count is estimate_tokens else count(text)
        tokens = words + pictures + _MESSAGE_TOKENS * turns
        return cls(tokens, len(data) + pictures + _MESSAGE_TOKENS_BOUND * turns, images)


def _content(request: ModelRequest) -> tuple[str, int]:
    """All words that go into the prompt, and the number of images."""
    texts: list[str] = []
    images = 0
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, (Text, ToolResult)):
                texts.append(part.text)
            elif isinstance(part, ToolCall):
                texts += (part.name, part.arguments)
            elif isinstance(part, Image):
                images += 1
    for tool in request.tools:
        texts += (tool.name, tool.description, json.dumps(tool.parameters))
    if request.output is not None:
        texts.append(json.dumps(request.output.schema))
    return "".join(texts), images
