"""What a caller is told while the team works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Listener", "Progress", "Stage"]

Stage = Literal["cache", "parse", "plan", "build", "validate", "mend", "package", "store"]
"""The stages of the generation flow, in their order."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of the team's work began or ended.

    Attributes:
        stage: Where in the flow.
        state: Whether it begins or is over.
        agent: The role at work, or the empty string.
        model: Deployment that answered, as `provider/model`, once it is over.
        detail: What came of it, such as `5 endpoints, 2 rules`.
    """

    stage: Stage
    state: Literal["begun", "done"]
    agent: str = ""
    model: str = ""
    detail: str = ""


Listener = Callable[[Progress], None]
"""Is called synchronously, from the event loop; it must not block or raise."""
