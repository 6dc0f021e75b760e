"""Strategies, scorers and providers that other distributions bring, found by name."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, cast

from quantumlayer.errors import PluginError
from quantumlayer.router._provider import Provider
from quantumlayer.router._strategy import RoutingStrategy
from quantumlayer.router.strategies import QualityScorer

__all__ = ["PluginKind", "installed", "load_provider", "load_scorer", "load_strategy"]

PluginKind = Literal["strategies", "scorers", "providers"]
"""What a plug-in is; the group of its entry point is `quantumlayer.` and this."""

_NEEDS: dict[PluginKind, tuple[str, ...]] = {
    "strategies": ("rank",),
    "scorers": ("score",),
    "providers": ("provider", "model", "complete", "stream"),
}


def installed(kind: PluginKind) -> tuple[str, ...]:
    """The names of all plug-ins of a kind that are installed; none of them is imported."""
    return tuple(sorted({point.name for point in entry_points(group=f"quantumlayer.{kind}")}))


def load_strategy(name: str) -> RoutingStrategy:
    """Make the installed strategy of a name; its entry point is called without arguments.

    Raises:
        PluginError: None is installed, several are, or it cannot be imported, made or used.
    """
    return cast("RoutingStrategy", _made("strategies", name))


def load_scorer(name: str) -> QualityScorer:
    """Make the installed quality scorer of a name; its entry point is called without arguments.

    Raises:
        PluginError: As `load_strategy`.
    """
    return cast("QualityScorer", _made("scorers", name))


def load_provider(name: str, model: str) -> Provider:
    """Make a deployment with the installed provider of a name.

    Args:
        name: Of its entry point, which is called with the model.
        model: As the provider names it.

    Raises:
        PluginError: As `load_strategy`.
    """
    return cast("Provider", _made("providers", name, model))


def _made(kind: PluginKind, name: str, *arguments: str) -> Any:
    point = _found(kind, name)
    where = f"{point.value!r} of {_distribution(point)}"
    try:
        made = point.load()(*arguments)
    except Exception as error:
        # A stranger's code: whatever it raises, the user needs to know whose it is.
        raise PluginError(
            kind,
            name,
            f"{where} raised {type(error).__qualname__} ({error}): mend it, or remove it",
        ) from error
    missing = [need for need in _NEEDS[kind] if not hasattr(made, need)]
    if missing:
        raise PluginError(
            kind,
            name,
            f"{where} gives a {type(made).__qualname__!r} without {missing[0]!r}: let it give what "
            f"`quantumlayer.router` asks of {kind}",
        )
    return made


def _found(kind: PluginKind, name: str) -> EntryPoint:
    group = f"quantumlayer.{kind}"
    points = list(entry_points(group=group, name=name))
    if not points:
        there = ", ".join(map(repr, installed(kind))) or "none"
        raise PluginError(
            kind,
            name,
            f"no installed distribution brings it (there is {there}): install one that has an "
            f"entry point of that name in the group {group!r}",
        )
    if len({point.value for point in points}) > 1:
        owners = " and ".join(sorted({_distribution(point) for point in points}))
        raise PluginError(kind, name, f"{owners} both bring it: uninstall one of them")
    return points[0]


def _distribution(point: EntryPoint) -> str:
    return repr(point.dist.name) if point.dist is not None else "an unknown distribution"
