"""Which model answers: strategies, breaker, budgets, catalog, providers.

Providers live in `quantumlayer.router.providers`.
"""

from quantumlayer.router._breaker import BreakerPolicy, CircuitBreaker
from quantumlayer.router._budget import Budget, Period, Reservation
from quantumlayer.router._cache import Caching
from quantumlayer.router._card import Capability, ModelCard, Price
from quantumlayer.router._catalog import Catalog
from quantumlayer.router._clock import Clock, SystemClock
from quantumlayer.router._hedging import Hedging
from quantumlayer.router._ledger import Decision, Ledger, LedgerEntry, Totals
from quantumlayer.router._limits import Allowance, Headroom, Limits
from quantumlayer.router._output import Generated, OutputType, validation_problems
from quantumlayer.router._plugins import (
    PluginKind,
    installed,
    load_provider,
    load_scorer,
    load_strategy,
)
from quantumlayer.router._provider import EmbeddingProvider, Provider
from quantumlayer.router._retry import RetryPolicy
from quantumlayer.router._router import Prompt, Router
from quantumlayer.router._similar import Embedder, Semantic
from quantumlayer.router._strategy import (
    BreakerState,
    Candidate,
    ObservingStrategy,
    Outcome,
    Ranked,
    RoutingRequest,
    RoutingStrategy,
)
from quantumlayer.router._tokens import estimate_tokens
from quantumlayer.router.strategies import (
    CatalogQuality,
    ConsistentHash,
    CostBasedRouting,
    Exploring,
    HybridRouting,
    LatencyBasedRouting,
    LeastConnections,
    Promise,
    QualityBasedRouting,
    QualityScorer,
    RoundRobin,
    TrainedQuality,
    WeightedRoundRobin,
)

__all__ = [
    "Allowance",
    "BreakerPolicy",
    "BreakerState",
    "Budget",
    "Caching",
    "Candidate",
    "Capability",
    "Catalog",
    "CatalogQuality",
    "CircuitBreaker",
    "Clock",
    "ConsistentHash",
    "CostBasedRouting",
    "Decision",
    "Embedder",
    "EmbeddingProvider",
    "Exploring",
    "Generated",
    "Headroom",
    "Hedging",
    "HybridRouting",
    "LatencyBasedRouting",
    "LeastConnections",
    "Ledger",
    "LedgerEntry",
    "Limits",
    "ModelCard",
    "ObservingStrategy",
    "Outcome",
    "OutputType",
    "Period",
    "PluginKind",
    "Price",
    "Promise",
    "Prompt",
    "Provider",
    "QualityBasedRouting",
    "QualityScorer",
    "Ranked",
    "Reservation",
    "RetryPolicy",
    "RoundRobin",
    "Router",
    "RoutingRequest",
    "RoutingStrategy",
    "Semantic",
    "SystemClock",
    "Totals",
    "TrainedQuality",
    "WeightedRoundRobin",
    "estimate_tokens",
    "installed",
    "load_provider",
    "load_scorer",
    "load_strategy",
    "validation_problems",
]
