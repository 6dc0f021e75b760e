"""What the writers of test cases share: where cases go, and scenarios that work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from quantumlayer.agents import Endpoint, Rule
from quantumlayer.offline.writing._blueprint import Table
from quantumlayer.offline.writing._bound import Bound, Scope
from quantumlayer.offline.writing._context import Service
from quantumlayer.offline.writing._names import Names, snake
from quantumlayer.offline.writing._play import Setup
from quantumlayer.offline.writing._recipes import Recipes, SceneError
from quantumlayer.offline.writing._requests import Answer
from quantumlayer.offline.writing._rules import bound_rule
from quantumlayer.offline.writing._samples import Sample
from quantumlayer.offline.writing._scene import Scene
from quantumlayer.offline.writing._scripts import TestCase, Variants
from quantumlayer.offline.writing._search import Scenarios

__all__ = ["Casebook", "worked"]

LONGEST_NAME = 70


def worked(endpoint: Endpoint) -> Callable[[Answer], bool]:
    """Return the question whether an endpoint did what it is for."""
    return lambda answer: answer.status == endpoint.status and answer.rule is None


class Casebook:
    """Collects test cases by the module they stand in."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.recipes = Recipes(service)
        self.cases: dict[str, list[TestCase]] = {}
        self._names: dict[str, Names] = {}
        self._scenarios: dict[int, Scenarios] = {}
        self._setups: dict[int, Setup | None] = {}
        self._looked_into: set[int] = set()
        self._settle()

    # --- recipes that the rules agree with -------------------------------------------------------

    def _settle(self) -> None:
        """Let the recipes make items that break no rule, as far as values can do that."""
        for table in self.service.blueprint.tables.values():
            try:
                recipe = self.recipes.recipe(table.name)
                works = recipe.way == "endpoint" and recipe.endpoint is not None
                setup = self.setup(recipe.endpoint) if works and recipe.endpoint else None
            except SceneError:
                continue
            if not setup:
                continue
            for key, value in setup.items():
                if key[0] == "field":
                    recipe.samples[key[1]] = Sample(value)
                elif key[0] == "ref":
                    target = table.columns[key[1]].references
                    self.recipes.adjust(target or "", {key[2]: value})
            self._scenarios.clear()
            self._setups.clear()

    # --- scenarios -------------------------------------------------------------------------------

    def rules_of(self, endpoint: Endpoint) -> list[Rule]:
        """Return the rules that are checked for an endpoint."""
        words = self.service.triggers(endpoint)
        if endpoint.kind == "list":
            words = {"list", endpoint.name or "list"}
        return self.service.rules_for(endpoint.entity, words)

    def scenarios(self, endpoint: Endpoint) -> Scenarios:
        """Return the scenarios around the rules and conditions of an endpoint."""
        if id(endpoint) not in self._scenarios:
            nodes = [bound_rule(self.service, rule, endpoint) for rule in self.rules_of(endpoint)]
            nodes += self._condition(endpoint)
            self._scenarios[id(endpoint)] = Scenarios(self.recipes, endpoint, nodes)
        return self._scenarios[id(endpoint)]

    def _condition(self, endpoint: Endpoint) -> list[Bound]:
        if endpoint.where is None or endpoint.entity is None:
            return []
        arguments = self.service.arguments(endpoint)
        this = Scope("this", endpoint.entity)
        return [self.service.binder.condition(endpoint.where, this, arguments=arguments)]

    def setup(self, endpoint: Endpoint) -> Setup | None:
        """Find a scenario in which an endpoint works; None where there is none."""
        if id(endpoint) not in self._setups:
            self._setups[id(endpoint)] = self.scenarios(endpoint).find(worked(endpoint))
        return self._setups[id(endpoint)]

    # --- cases -----------------------------------------------------------------------------------

    def add(
        self,
        module: str,
        scene: Scene,
        name: str,
        requirements: Iterable[str],
        variants: Variants | None = None,
    ) -> None:
        """Finish a scene and put it into a module under a name of its own."""
        ids = list(dict.fromkeys(requirements))
        short = re.sub(r"_+", "_", snake(name))[:LONGEST_NAME].strip("_")
        own = self._names.setdefault(module, Names()).take(short, suffix="_case")
        quotes = self.service.quotes(ids)[:3]
        self.cases.setdefault(module, []).append(scene.case(own, quotes, ids, variants))

    def first_time(self, rule: Rule) -> bool:
        """Tell whether this is asked about a rule for the first time."""
        if id(rule) in self._looked_into:
            return False
        self._looked_into.add(id(rule))
        return True

    def module(self, table: Table) -> str:
        """Return the module of a table's tests."""
        return table.module

    def scene(self) -> Scene:
        """Return an empty scene."""
        return Scene(self.recipes)

    def identifiers(self, endpoint: Endpoint, *more: Sequence[str]) -> list[str]:
        """Return the requirements of an endpoint and of what else a case is about."""
        return [*endpoint.requirements, *(name for names in more for name in names)]
