"""Strategies on recorded outcomes: how good a routing would have been, and at what cost."""

from quantumlayer.router.lab._metrics import (
    Curve,
    Point,
    aiq,
    hull,
    interval,
    pgr,
    threshold_curve,
)
from quantumlayer.router.lab._outcomes import Fold, Outcomes
from quantumlayer.router.lab._public import Pair, read_llmrouter, read_routellm
from quantumlayer.router.lab._read import Columns, Pricing, read_outcomes

__all__ = [
    "Columns",
    "Curve",
    "Fold",
    "Outcomes",
    "Pair",
    "Point",
    "Pricing",
    "aiq",
    "hull",
    "interval",
    "pgr",
    "read_llmrouter",
    "read_outcomes",
    "read_routellm",
    "threshold_curve",
]
