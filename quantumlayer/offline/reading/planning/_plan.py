"""The design while its behaviour is added: routes, rules, access."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from quantumlayer.agents import Conflict, Decision
from quantumlayer.offline.reading.document._analysis import Analysis
from quantumlayer.offline.reading.document._drafts import Ledger
from quantumlayer.offline.reading.planning._rule_words import LONGEST_NAME, rule_message, rule_name
from quantumlayer.offline.reading.planning._world import World

__all__ = ["EndpointDraft", "Plan", "RuleDraft"]


@dataclass(slots=True)
class EndpointDraft:
    """A route as it will be, member by member; see `agents.Endpoint`."""

    method: str
    path: str
    kind: str
    entity: str | None = None
    spec: dict[str, Any] = field(default_factory=dict)
    params: dict[str, dict[str, Any]] = field(default_factory=dict)
    requirements: list[str] = field(default_factory=list)
    explicit: bool = False
    """Whether the document names it; otherwise it follows from the conventions."""

    def asked(self, requirements: Iterable[str]) -> None:
        """Note which statements ask for it."""
        for requirement in requirements:
            if requirement not in self.requirements:
                self.requirements.append(requirement)


@dataclass(slots=True)
class RuleDraft:
    """A rule as it will be."""

    entity: str
    on: list[str]
    condition: str
    message: str
    name: str
    status: int = 409
    requirements: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """Everything that becomes the design."""

    analysis: Analysis
    world: World
    ledger: Ledger
    endpoints: dict[tuple[str, str], EndpointDraft] = field(default_factory=dict)
    rules: list[RuleDraft] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    never: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Operations that an entity does not have: entity → operation → requirements."""
    log_in: list[str] = field(default_factory=list)
    """Requirements that speak of log-in."""

    def endpoint(self, method: str, path: str) -> EndpointDraft | None:
        """Find a route; the names of its parameters do not matter."""
        shape = _shape(path)
        for (known, at), endpoint in self.endpoints.items():
            if known == method and _shape(at) == shape:
                return endpoint
        return None

    def add(self, endpoint: EndpointDraft) -> EndpointDraft:
        """Add a route, or the requirements to the one that is there."""
        known = self.endpoint(endpoint.method, endpoint.path)
        if known is not None:
            known.asked(endpoint.requirements)
            known.explicit |= endpoint.explicit
            return known
        self.endpoints[(endpoint.method, endpoint.path)] = endpoint
        return endpoint

    def of(self, entity: str, *kinds: str) -> list[EndpointDraft]:
        """The routes of some kinds that work on an entity."""
        return [
            endpoint
            for endpoint in self.endpoints.values()
            if endpoint.entity == entity and endpoint.kind in kinds
        ]

    def rule(
        self, entity: str, on: Iterable[str], condition: str, *, text: str, requirement: str,
        status: int | None = None, name: str = "",
    ) -> None:  # fmt: skip
        """Add a rule, once."""
        wanted = [each for each in dict.fromkeys(on) if each]
        for rule in self.rules:
            if rule.entity == entity and rule.condition == condition:
                rule.on.extend(each for each in wanted if each not in rule.on)
                if requirement not in rule.requirements:
                    rule.requirements.append(requirement)
                return
        unique = _unique(name or rule_name(text), {rule.name for rule in self.rules})
        self.rules.append(
            RuleDraft(
                entity, wanted, condition, rule_message(text), unique, status or 409, [requirement]
            )
        )


def _shape(path: str) -> tuple[str, ...]:
    return tuple("{}" if part.startswith("{") else part for part in path.split("/"))


def _unique(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    numbered = (f"{name[: LONGEST_NAME - 3].rstrip('_')}_{number}" for number in count(2))
    return next(each for each in numbered if each not in taken)
