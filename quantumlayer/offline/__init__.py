"""A deterministic model for machines without network or keys."""

from quantumlayer.offline._model import OfflineModel

__all__ = ["OfflineModel"]
