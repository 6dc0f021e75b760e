"""Strategies on recorded outcomes: how good a routing would have been, and at what cost."""

from quantumlayer.router.lab._baselines import Oracle, ReplayedRequest, baselines
from quantumlayer.router.lab._bench import Bench, Sweep, bench
from quantumlayer.router.lab._calibration import calibrate
from quantumlayer.router.lab._estimates import (
    Estimate,
    doubly_robust,
    effective_size,
    inverse_propensity,
    self_normalised,
)
from quantumlayer.router.lab._judge import Judged, Judgement, OverlapWarning, judge
from quantumlayer.router.lab._log import Log, Logged, read_ledger
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
from quantumlayer.router.lab._public import Pair, read_llmrouter, read_mtbench, read_routellm
from quantumlayer.router.lab._read import Columns, Pricing, read_outcomes
from quantumlayer.router.lab._replay import Outage, Replay, Scenario, cards, replay
from quantumlayer.router.lab._traces import read_arrivals
from quantumlayer.router.lab._training import train_quality

__all__ = [
    "Bench",
    "Columns",
    "Curve",
    "Estimate",
    "Fold",
    "Gap",
    "Judged",
    "Judgement",
    "Log",
    "Logged",
    "Measured",
    "Oracle",
    "Outage",
    "Outcomes",
    "OverlapWarning",
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
    "calibrate",
    "cards",
    "doubly_robust",
    "effective_size",
    "hull",
    "interval",
    "inverse_propensity",
    "judge",
    "pgr",
    "read_arrivals",
    "read_ledger",
    "read_llmrouter",
    "read_mtbench",
    "read_outcomes",
    "read_routellm",
    "replay",
    "self_normalised",
    "threshold_curve",
    "train_quality",
]
