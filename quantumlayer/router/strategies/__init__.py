"""The strategies that come with the router. Write your own: docs/how-to/custom-strategy.md."""

from quantumlayer.router.strategies._cost import CostBasedRouting
from quantumlayer.router.strategies._hybrid import HybridRouting
from quantumlayer.router.strategies._latency import LatencyBasedRouting
from quantumlayer.router.strategies._quality import (
    CatalogQuality,
    QualityBasedRouting,
    QualityScorer,
)

__all__ = [
    "CatalogQuality",
    "CostBasedRouting",
    "HybridRouting",
    "LatencyBasedRouting",
    "QualityBasedRouting",
    "QualityScorer",
]
