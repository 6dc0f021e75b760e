"""Adapters to the services that run models."""

from quantumlayer.router.providers.anthropic import Anthropic
from quantumlayer.router.providers.bedrock import Bedrock
from quantumlayer.router.providers.groq import Groq
from quantumlayer.router.providers.openai import OpenAI
from quantumlayer.router.providers.openai_compatible import OpenAICompatible

__all__ = ["Anthropic", "Bedrock", "Groq", "OpenAI", "OpenAICompatible"]
