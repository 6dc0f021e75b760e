"""From a requirements document to a design, by rules and a vocabulary, without a language model."""

from quantumlayer.offline.reading._reading import design, read

__all__ = ["design", "read"]
