"""From a design to a service, its tests and what runs it."""

from quantumlayer.offline.writing._service import write_service

__all__ = ["write_service"]
