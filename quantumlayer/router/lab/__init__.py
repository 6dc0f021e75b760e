"""Strategies on recorded outcomes: how good a routing would have been, and at what cost."""

from quantumlayer.router.lab._baselines import Oracle, ReplayedRequest, baselines
from quantumlayer.router.lab._bench import Bench, Sweep, bench
from quantumlayer.router.lab._measured import Gap, Measured, Spent
from quantumlayer.router.lab._metrics import (
    Curve,
    Point,
    aiq,
    apgr_interval,
    hull,
    interval,
    pgr,
    threshold_curve,
)
from quantumlayer.router.lab._outcomes import Fold, Outcomes
from quantumlayer.router.lab._public import Pair, read_llmrouter, read_routellm
from quantumlayer.router.lab._read import Columns, Pricing, read_outcomes
from quantumlayer.router.lab._replay import Outage, Replay, Scenario, cards, replay
from quantumlayer.router.lab._traces import read_arrivals
from quantumlayer.router.lab._training import train_quality

__all__ = [
    "Bench",
    "Columns",
    "Curve",
    "Fold",
    "Gap",
    "Measured",
    "Oracle",
    "Outage",
    "Outcomes",
    "Pair",
    "Point",
    "Pricing",
    "Replay",
    "ReplayedRequest",
    "Scenario",
    "Spent",
    "Sweep",
    "aiq",
    "apgr_interval",
    "baselines",
    "bench",
    "cards",
    "hull",
    "interval",
    "pgr",
    "read_arrivals",
    "read_llmrouter",
    "read_outcomes",
    "read_routellm",
    "replay",
    "threshold_curve",
    "train_quality",
]
