"""The same deployment for the same key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from quantumlayer.messages import ModelRequest
from quantumlayer.router._strategy import Candidate, Ranked, RoutingRequest

__all__ = ["ConsistentHash"]

_DIGEST_BYTES = 6  # 48 bits: exact as a float
_SPAN = 2 ** (8 * _DIGEST_BYTES)


def conversation(request: ModelRequest) -> str:
    """What stays the same in a conversation: its beginning, up to the first user's message."""
    texts: list[str] = []
    for message in request.messages:
        texts.append(message.text)
        if message.role == "user":
            break
    return "\0".join(texts)


@dataclass(frozen=True, slots=True)
class ConsistentHash:
    """Send what has the same key to the same deployment.

    By default the key is the beginning of the conversation, so that all its turns meet one
    provider's warm prompt cache; take `lambda request: request.agent or ""` for one deployment an
    agent. When a deployment goes, its keys spread over the others, and no other key moves; when it
    comes back, they return. A key that everybody has makes one deployment busy.

    The score is the place's hash, from 0 to 1.

    Args:
        key: What is hashed; like a strategy it only thinks.

    Source: rendezvous hashing: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit
    Rates" (1998).
    """

    key: Callable[[ModelRequest], str] = conversation

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Sort by the hash of key and name together."""
        text = self.key(request.model_request).encode("utf-8", "surrogatepass")
        # Hashed before the names are added: where a text ends and a name begins is certain.
        key = blake2b(blake2b(text).digest(), digest_size=_DIGEST_BYTES)
        order: list[tuple[float, str]] = []
        for candidate in candidates:
            hashed = key.copy()
            hashed.update(candidate.deployment.encode("utf-8", "surrogatepass"))
            score = int.from_bytes(hashed.digest(), "big") / _SPAN
            order.append((score, candidate.deployment))
        return Ranked.by_score(sorted(order))
