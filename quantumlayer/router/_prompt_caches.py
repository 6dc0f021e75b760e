"""What the prompt caches of providers hold, as far as their answers have told."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from quantumlayer.messages import (
    CachePoint,
    Image,
    Message,
    ModelRequest,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)

__all__ = ["Prefix", "PromptCaches", "prefixes_of"]

# Providers cache no prompt of fewer than 1,024 tokens; what we estimate shorter may be as long.
# Source: the guides to prompt caching of OpenAI, Anthropic and Amazon Bedrock.
_LEAST_TOKENS = 768

# How long a cache keeps what nobody asks for. Source: the same; 5 minutes is the least of them.
_KEPT_S = 300.0

# Beginnings that are remembered: two for each conversation, some for long ones.
_MOST = 10_000


class Prefix(NamedTuple):
    """A beginning of a prompt, up to the end of a message.

    Attributes:
        digest: What it is known by.
        tokens: Its estimated length.
        is_marked: Whether the provider is told to cache it.
    """

    digest: bytes
    tokens: int
    is_marked: bool


def prefixes_of(request: ModelRequest, prompt_tokens: int) -> Sequence[Prefix]:
    """The beginnings of a prompt, shortest first; none that is too short to be cached."""
    if prompt_tokens < _LEAST_TOKENS:
        return ()
    known, size, ends = blake2b(digest_size=16), 0, list[tuple[bytes, int, bool]]()
    marks = (any(isinstance(part, CachePoint) for part in turn.parts) for turn in request.messages)
    texts = (_head(request), *map(_words, request.messages))
    for text, is_marked in zip(texts, (False, *marks), strict=True):
        data = text.encode("utf-8", "surrogatepass")
        known.update(data)
        known.update(b"\0")
        size += len(data)
        ends.append((known.digest(), size, is_marked))
    prefixes = (Prefix(digest, prompt_tokens * end // size, mark) for digest, end, mark in ends)
    return tuple(prefix for prefix in prefixes if prefix.tokens >= _LEAST_TOKENS)


def _head(request: ModelRequest) -> str:
    """What providers put before the first message."""
    tools = [[tool.name, tool.description, tool.parameters] for tool in request.tools]
    return json.dumps([tools, request.output and request.output.schema])


def _words(message: Message) -> str:
    """All that is sent of a message; of a picture what tells it from others."""
    said: list[str] = [message.role]
    for part in message.parts:
        if isinstance(part, (Text, ToolResult)):
            said.append(part.text)
        elif isinstance(part, ToolCall):
            said += (part.name, part.arguments)
        elif isinstance(part, Image):
            said.append(part.url or blake2b(part.base64.encode()).hexdigest())
    return "\n".join(said)


class PromptCaches:
    """Which deployments have which beginnings of prompts in their caches.

    A provider charges less for the beginning of a prompt that it has read a moment ago. Whether it
    has is not known before it answers; but what it said of an earlier prompt that began alike is.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, dict[str, tuple[int, float]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def warm(self, prefixes: Sequence[Prefix], now_s: float) -> Mapping[str, int]:
        """How many tokens of a prompt each deployment is expected to have in its cache."""
        warm: dict[str, int] = {}
        for prefix in reversed(prefixes):
            for name, (tokens, until_s) in self._known.get(prefix.digest, {}).items():
                if now_s < until_s:
                    warm.setdefault(name, tokens)
        return warm

    def learn(self, prefixes: Sequence[Prefix], name: str, usage: Usage, now_s: float) -> None:
        """Take in what a deployment has said of a prompt: what it has read of it, and written."""
        cached = usage.cache_read_tokens + usage.cache_write_tokens
        share = cached / (usage.input_tokens + cached) if cached else 0.0
        held = round(share * prefixes[-1].tokens)
        for prefix in prefixes:
            tokens = min(prefix.tokens, held)
            if tokens:
                self._known.setdefault(prefix.digest, {})[name] = (tokens, now_s + _KEPT_S)
                self._known.move_to_end(prefix.digest)
            elif prefix.digest in self._known:
                self._known[prefix.digest].pop(name, None)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
