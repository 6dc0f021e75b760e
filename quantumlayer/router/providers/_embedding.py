"""Embeddings: what their wire formats are to an adapter, and OpenAI's. No I/O."""

from __future__ import annotations

import json
import struct
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from quantumlayer.errors import ProviderError
from quantumlayer.messages import EmbeddingPurpose
from quantumlayer.router._tokens import estimate_tokens
from quantumlayer.router.providers._fields import integer, mapping, mappings, string
from quantumlayer.router.providers._refusals import check_reported, refusal
from quantumlayer.router.providers._wire import Origin, Refused

__all__ = ["Embedded", "EmbeddingWire", "OpenAIEmbeddings", "batches", "tokens_of", "vectors_of"]

Vector = tuple[float, ...]

# Tokens of one request, by our estimate. Source: OpenAI takes 300,000 by its own count.
_MAX_TOKENS = 200_000


class Embedded(NamedTuple):
    """What one request has come to.

    Attributes:
        vectors: One for each text, in their order.
        tokens: How many the server has counted, or None where it has counted none.
        model: The model as the server names it.
    """

    vectors: Sequence[Vector]
    tokens: int | None
    model: str


class EmbeddingWire(Protocol):
    """A wire format for embeddings. It does no I/O.

    Attributes:
        path: Where requests go, behind the base URL.
        max_texts: How many texts one request takes.
    """

    path: str
    max_texts: int

    def encode(
        self, texts: Sequence[str], *, purpose: EmbeddingPurpose, dimensions: int | None
    ) -> bytes:
        """Make the body of a request."""
        ...

    def decode(self, document: Mapping[str, Any], headers: Mapping[str, str]) -> Embedded:
        """Read an answer.

        Raises:
            ValueError: The document is no answer; the text says what is missing.
            ProviderError: The document reports an error.
        """
        ...

    def refused(self, answer: Refused) -> ProviderError:
        """Make an error of an answer whose status is not 200."""
        ...


def batches(texts: Sequence[str], *, max_texts: int) -> Iterator[Sequence[str]]:
    """The texts in pieces that one request takes, in their order."""
    start = tokens = 0
    for at, text in enumerate(texts):
        size = estimate_tokens(text)
        if at > start and (at - start == max_texts or tokens + size > _MAX_TOKENS):
            yield texts[start:at]
            start, tokens = at, 0
        tokens += size
    if start < len(texts):
        yield texts[start:]


def vectors_of(rows: Any) -> list[Vector]:
    """The vectors of an answer, each a list of numbers or base64 of little-endian floats.

    Raises:
        ValueError: They are neither.
    """
    if not isinstance(rows, list):
        raise ValueError("the answer has no embeddings")  # noqa: TRY004 -- bad data, no bad type
    return [_vector(row) for row in rows]


def _vector(row: Any) -> Vector:
    try:
        if isinstance(row, str):
            data = b64decode(row, validate=True)
            return struct.unpack(f"<{len(data) // 4}f", data)
        return tuple(map(float, row))
    except (ValueError, TypeError, struct.error) as error:
        raise ValueError("an embedding in the answer is no list of numbers") from error


def tokens_of(number: Any) -> int | None:
    """A number of tokens, as JSON or as a header has it, or None."""
    if isinstance(number, str) and number.isascii() and number.isdigit():
        return int(number)
    return number if type(number) is int and number >= 0 else None  # and no truth value


class OpenAIEmbeddings:
    """Embeddings as OpenAI has them, and the servers that speak as it does.

    Args:
        origin: Whose they are.
        encoding: How vectors are asked for: `base64` is shorter, `float` is what all know.
    """

    path = "/embeddings"
    max_texts = 2048  # Source: OpenAI's API reference.

    def __init__(self, origin: Origin, *, encoding: Literal["base64", "float"]) -> None:
        self._origin = origin
        self._encoding = encoding

    def encode(
        self, texts: Sequence[str], *, purpose: EmbeddingPurpose, dimensions: int | None
    ) -> bytes:
        """Make the body of a request; the format does not know of purposes."""
        del purpose
        body: dict[str, Any] = {
            "model": self._origin.model,
            "input": list(texts),
            "encoding_format": self._encoding,
        }
        if dimensions is not None:
            body["dimensions"] = dimensions
        return json.dumps(body).encode("ascii")

    def decode(self, document: Mapping[str, Any], headers: Mapping[str, str]) -> Embedded:
        """Read an answer; its vectors may come in any order."""
        del headers
        check_reported(document, self._origin)
        items = mappings(document.get("data"))
        rows = {
            integer(item.get("index", at)): item.get("embedding") for at, item in enumerate(items)
        }
        if rows.keys() != set(range(len(items))):
            raise ValueError("the answer does not say which embedding is whose")
        vectors = vectors_of([rows[place] for place in range(len(items))])
        tokens = tokens_of(mapping(document.get("usage")).get("prompt_tokens"))
        return Embedded(vectors, tokens, string(document.get("model")))

    def refused(self, answer: Refused) -> ProviderError:
        """Make an error of an answer whose status is not 200."""
        return refusal(answer, self._origin)
