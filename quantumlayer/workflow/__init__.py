"""In what order: sequence, parallel, branch, loop and saga, and the engine that runs them."""

from quantumlayer.workflow._engine import Engine, Run, Status, StepStatus
from quantumlayer.workflow._flow import (
    Flow,
    Step,
    StepContext,
    branch,
    loop,
    parallel,
    saga,
    sequence,
    step,
)
from quantumlayer.workflow._memory import Memory

__all__ = [
    "Engine",
    "Flow",
    "Memory",
    "Run",
    "Status",
    "Step",
    "StepContext",
    "StepStatus",
    "branch",
    "loop",
    "parallel",
    "saga",
    "sequence",
    "step",
]
