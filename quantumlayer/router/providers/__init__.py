"""Adapters to the services that run models."""

from quantumlayer.router.providers.openai_compatible import OpenAICompatible

__all__ = ["OpenAICompatible"]
