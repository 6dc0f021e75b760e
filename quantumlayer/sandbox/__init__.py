"""Where strangers' code runs: isolation levels, checks, verdicts.

Generated code is a stranger's code. It never runs outside the sandbox, and never in silence at a
lower level than asked.
"""

from quantumlayer.sandbox._check import CHECKS as CHECKS
from quantumlayer.sandbox._check import check_all as check_all
from quantumlayer.sandbox._files import read_tree as read_tree
from quantumlayer.sandbox._level import Completed as Completed
from quantumlayer.sandbox._level import Level as Level
from quantumlayer.sandbox._level import Limits as Limits
from quantumlayer.sandbox._level import Probe as Probe
from quantumlayer.sandbox._sandbox import Sandbox as Sandbox
from quantumlayer.sandbox._sandbox import open_sandbox as open_sandbox
from quantumlayer.sandbox._service import Service as Service
from quantumlayer.sandbox._verdict import Report as Report

__all__ = [
    "CHECKS",
    "Completed",
    "Level",
    "Limits",
    "Probe",
    "Report",
    "Sandbox",
    "Service",
    "check_all",
    "open_sandbox",
    "read_tree",
]
