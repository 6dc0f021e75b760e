"""From a design to a service, its tests and what runs it."""

from quantumlayer.offline.writing._mending import without_failed
from quantumlayer.offline.writing._project import write_deployment
from quantumlayer.offline.writing._service import write_service
from quantumlayer.offline.writing._suite import write_tests

__all__ = ["without_failed", "write_deployment", "write_service", "write_tests"]
