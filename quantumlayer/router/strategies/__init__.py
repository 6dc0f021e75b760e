"""The strategies that come with the router. Write your own: docs/how-to/custom-strategy.md."""

from quantumlayer.router.strategies._connections import LeastConnections
from quantumlayer.router.strategies._cost import CostBasedRouting
from quantumlayer.router.strategies._exploring import Exploring
from quantumlayer.router.strategies._hash import ConsistentHash
from quantumlayer.router.strategies._hybrid import HybridRouting
from quantumlayer.router.strategies._latency import LatencyBasedRouting
from quantumlayer.router.strategies._quality import (
    CatalogQuality,
    Promise,
    QualityBasedRouting,
    QualityScorer,
)
from quantumlayer.router.strategies._trained import TrainedQuality
from quantumlayer.router.strategies._turns import RoundRobin, WeightedRoundRobin

__all__ = [
    "CatalogQuality",
    "ConsistentHash",
    "CostBasedRouting",
    "Exploring",
    "HybridRouting",
    "LatencyBasedRouting",
    "LeastConnections",
    "Promise",
    "QualityBasedRouting",
    "QualityScorer",
    "RoundRobin",
    "TrainedQuality",
    "WeightedRoundRobin",
]
