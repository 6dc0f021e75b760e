"""Teams of agents that turn requirements into verified, packaged software.

The names below are what most people need. They load on first use: importing this package
defines names and does nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantumlayer.agents import Agent, AgentManager, Context
    from quantumlayer.capsule import QuantumCapsule
    from quantumlayer.errors import QuantumLayerError
    from quantumlayer.offline import OfflineModel
    from quantumlayer.router import (
        Budget,
        CostBasedRouting,
        HybridRouting,
        LatencyBasedRouting,
        QualityBasedRouting,
        Router,
    )
    from quantumlayer.services import QLayer

__version__ = "0.1.0"

_HOME = {
    "Agent": "quantumlayer.agents",
    "AgentManager": "quantumlayer.agents",
    "Budget": "quantumlayer.router",
    "Context": "quantumlayer.agents",
    "CostBasedRouting": "quantumlayer.router",
    "HybridRouting": "quantumlayer.router",
    "LatencyBasedRouting": "quantumlayer.router",
    "OfflineModel": "quantumlayer.offline",
    "QLayer": "quantumlayer.services",
    "QualityBasedRouting": "quantumlayer.router",
    "QuantumCapsule": "quantumlayer.capsule",
    "QuantumLayerError": "quantumlayer.errors",
    "Router": "quantumlayer.router",
}

__all__ = [
    "Agent",
    "AgentManager",
    "Budget",
    "Context",
    "CostBasedRouting",
    "HybridRouting",
    "LatencyBasedRouting",
    "OfflineModel",
    "QLayer",
    "QualityBasedRouting",
    "QuantumCapsule",
    "QuantumLayerError",
    "Router",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use."""
    home = _HOME.get(name)
    if home is None:
        msg = f"module 'quantumlayer' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
