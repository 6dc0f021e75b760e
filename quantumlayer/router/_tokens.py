"""How many tokens a prompt has, before any provider has counted them."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator

from quantumlayer.messages import Image, ModelRequest, Text, ToolCall, ToolResult

__all__ = ["bound_prompt_tokens", "estimate_prompt_tokens", "estimate_tokens"]

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
    (+106 %). It makes four passes at C speed: about 4 µs for 1,000 characters.
    """
    data = text.encode("utf-8", "surrogatepass")
    size = len(data)
    letters = size - len(data.translate(None, _LETTERS))
    digits = size - len(data.translate(None, _DIGITS))
    marks = size - len(data.translate(None, _MARKS))
    spaces = size - len(data.translate(None, _SPACES))
    high_bytes = size - letters - digits - marks - spaces
    # Of `others` characters, those of two bytes and those of three have `high_bytes` together; one
    # of four bytes counts as two of the latter. Control characters are among the high bytes too,
    # too rare to matter.
    others = len(text) - (size - high_bytes)
    long = max(0, high_bytes - 2 * others)
    short = max(0, others - long)
    return -(-(25 * letters + 70 * digits + 75 * (marks + long) + 30 * short) // 100)


def estimate_prompt_tokens(request: ModelRequest) -> int:
    """Estimate the prompt tokens of a request: texts, tools, schema and images.

    `Data` parts count nothing: language models are not sent them.
    """
    tokens = _MESSAGE_TOKENS * (len(request.messages) + 1) + _IMAGE_TOKENS * _images(request)
    return tokens + sum(estimate_tokens(text) for text in _texts(request))


def bound_prompt_tokens(request: ModelRequest) -> int:
    """Count prompt tokens a request cannot exceed.

    A byte-level tokenizer makes at most one token of a byte, so the size in bytes is a bound.
    Images are counted as by `estimate_prompt_tokens`.
    """
    tokens = _MESSAGE_TOKENS_BOUND * (len(request.messages) + 1) + _IMAGE_TOKENS * _images(request)
    return tokens + sum(len(text.encode("utf-8", "surrogatepass")) for text in _texts(request))


def _images(request: ModelRequest) -> int:
    return sum(isinstance(part, Image) for message in request.messages for part in message.parts)


def _texts(request: ModelRequest) -> Iterator[str]:
    for message in request.messages:
        for part in message.parts:
            match part:
                case Text(text) | ToolResult(text=text):
                    yield text
                case ToolCall():
                    yield part.name
                    yield part.arguments
                case _:
                    pass  # images are counted apart, data is not sent
    for tool in request.tools:
        yield tool.name
        yield tool.description
        yield json.dumps(tool.parameters)
    if request.output is not None:
        yield json.dumps(request.output.schema)
