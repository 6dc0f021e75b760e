"""Fakes, a virtual clock, and the contract checks for plug-in authors."""

from quantumlayer.testing._storage import check_blobs, check_cache, check_documents
from quantumlayer.testing._workflow import check_engine

__all__ = ["check_blobs", "check_cache", "check_documents", "check_engine"]
