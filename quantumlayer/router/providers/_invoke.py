"""Embeddings on Amazon Bedrock: each family of models has a wire format of its own. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from quantumlayer.errors import ProviderError
from quantumlayer.messages import EmbeddingPurpose
from quantumlayer.router.providers._amazon import amazon_refusal
from quantumlayer.router.providers._embedding import (
    Embedded,
    EmbeddingWire,
    tokens_of,
    vectors_of,
)
from quantumlayer.router.providers._fields import mapping, mappings
from quantumlayer.router.providers._wire import Origin, Refused

__all__ = ["embedding_wire"]

_COUNT_HEADER = "x-amzn-bedrock-input-token-count"


def embedding_wire(origin: Origin, path: str) -> EmbeddingWire | None:
    """The format of a model, by its name; None for a model that is not known to embed.

    Args:
        origin: Whose embeddings they are.
        path: The model's own path, percent-encoded.
    """
    for part, kind in _FAMILIES.items():
        if part in origin.model:
            return kind(origin, f"{path}/invoke")
    return None


class _Family:
    """What the formats have in common: errors, and the tokens in a header."""

    max_texts = 1

    def __init__(self, origin: Origin, path: str) -> None:
        self.path = path
        self._origin = origin

    def refused(self, answer: Refused) -> ProviderError:
        """Make an error of an answer whose status is not 200."""
        return amazon_refusal(answer, self._origin)

    def _embedded(self, rows: Any, tokens: Any) -> Embedded:
        return Embedded(vectors_of(rows), tokens_of(tokens), self._origin.model)


class _Cohere(_Family):
    max_texts = 96

    def encode(
        self, texts: Sequence[str], *, purpose: EmbeddingPurpose, dimensions: int | None
    ) -> bytes:
        kind = "search_query" if purpose == "query" else "search_document"
        body: dict[str, Any] = {"texts": list(texts), "input_type": kind, "truncate": "NONE"}
        if dimensions is not None:
            body["output_dimension"] = dimensions
        return json.dumps(body).encode("ascii")

    def decode(self, document: Mapping[str, Any], headers: Mapping[str, str]) -> Embedded:
        rows = document.get("embeddings")
        rows = rows.get("float") if isinstance(rows, Mapping) else rows
        return self._embedded(rows, headers.get(_COUNT_HEADER))


class _Titan(_Family):
    def encode(
        self, texts: Sequence[str], *, purpose: EmbeddingPurpose, dimensions: int | None
    ) -> bytes:
        del purpose
        body: dict[str, Any] = {"inputText": texts[0]}
        if dimensions is not None:
            body["dimensions"] = dimensions
        return json.dumps(body).encode("ascii")

    def decode(self, document: Mapping[str, Any], headers: Mapping[str, str]) -> Embedded:
        tokens = document.get("inputTextTokenCount", headers.get(_COUNT_HEADER))
        return self._embedded([document.get("embedding")], tokens)


class _Nova(_Family):
    def encode(
        self, texts: Sequence[str], *, purpose: EmbeddingPurpose, dimensions: int | None
    ) -> bytes:
        asked: dict[str, Any] = {
            "embeddingPurpose": "TEXT_RETRIEVAL" if purpose == "query" else "GENERIC_INDEX",
            "text": {"value": texts[0], "truncationMode": "NONE"},
        }
        if dimensions is not None:
            asked["embeddingDimension"] = dimensions
        body = {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": asked}
        return json.dumps(body).encode("ascii")

    def decode(self, document: Mapping[str, Any], headers: Mapping[str, str]) -> Embedded:
        rows = [item.get("embedding") for item in mappings(document.get("embeddings"))]
        tokens = mapping(document).get("inputTokenCount", headers.get(_COUNT_HEADER))
        return self._embedded(rows, tokens)


_FAMILIES: Mapping[str, type[_Cohere | _Titan | _Nova]] = {
    "cohere.embed": _Cohere,
    "amazon.titan-embed-text": _Titan,
    "multimodal-embeddings": _Nova,
}
