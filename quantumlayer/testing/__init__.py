"""Fakes, a virtual clock, and the contract checks for plug-in authors."""

from quantumlayer.testing._clock import VirtualClock
from quantumlayer.testing._router import check_embeddings, check_provider, check_strategy
from quantumlayer.testing._scripted import Cut, ScriptedModel, Step
from quantumlayer.testing._storage import check_blobs, check_cache, check_documents
from quantumlayer.testing._transport import TRANSPORT_CASES, check_transport
from quantumlayer.testing._workflow import check_engine

__all__ = [
    "TRANSPORT_CASES",
    "Cut",
    "ScriptedModel",
    "Step",
    "VirtualClock",
    "check_blobs",
    "check_cache",
    "check_documents",
    "check_embeddings",
    "check_engine",
    "check_provider",
    "check_strategy",
    "check_transport",
]
