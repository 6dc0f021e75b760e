"""Requests to a service in memory, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quantumlayer.agents import Endpoint, Rule
from quantumlayer.offline.writing._world import Item

__all__ = ["Answer", "RefusedError", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """A request with a body that is valid in itself: the rest is what is asked about.

    Attributes:
        endpoint: What is called.
        path: Path parameters by name.
        body: JSON values by name.
        query: Query parameters by name.
        caller: Id of the user whose token is sent.
    """

    endpoint: Endpoint
    path: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    caller: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: Of the response.
        body: As JSON.
        item: The item that was made or worked on.
        rule: The rule that refused the request, if one did.
        total: How many items a list has, before it is cut.
    """

    status: int
    body: Any = None
    item: Item | None = None
    rule: Rule | None = None
    total: int | None = None


class RefusedError(Exception):
    """A request is refused, by its status or by a rule."""

    def __init__(self, status: int, rule: Rule | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.rule = rule
