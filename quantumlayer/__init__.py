"""Teams of agents that turn requirements into verified, packaged software.

The names below are what most people need. They load on first use: importing this package
defines names and does nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantumlayer.errors import QuantumLayerError as QuantumLayerError

__version__ = "0.1.0"

_HOME = {
    "QuantumLayerError": "quantumlayer.errors",
}

__all__ = ["QuantumLayerError", "__version__"]


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use."""
    home = _HOME.get(name)
    if home is None:
        msg = f"module 'quantumlayer' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
