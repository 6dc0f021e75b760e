"""A run has one budget and one tenant, however many agents work on it side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from quantumlayer.agents import Agent, AgentManager, Context
from quantumlayer.errors import AgentError, AgentFailedError, BudgetExceededError
from quantumlayer.messages import ModelReply, Usage
from quantumlayer.router import Budget, ModelCard, Price, Router
from quantumlayer.services import QLayer
from quantumlayer.services._intake import read_document
from quantumlayer.testing import ScriptedModel
from quantumlayer.transport import Memory

pytestmark = pytest.mark.anyio

# A prompt and an answer of 100 tokens may cost a little more than 0.1 US dollars, and cost 0.05.
CARD = ModelCard(price=Price.usd(input_usd=0, output_usd=1000), max_output_tokens=100)
ANSWER = ModelReply('{"text": "ok"}', "scripted", "model", usage=Usage(output_tokens=50))
COST = 50_000_000


class Note(BaseModel):
    text: str


class Other(BaseModel):
    other: int


class Clerk(Agent[Note, Note]):
    """Asks the model once, and says what it was given to spend."""

    def __init__(self, name: str, seen: list[tuple[str, int | None, str]]) -> None:
        self.name = name
        self.seen = seen

    async def run(self, task: Note, context: Context) -> Note:
        self.seen.append((self.name, context.budget_nanousd, context.tenant))
        return await context.generate(Note, task.text)


def router(*budgets: Budget) -> Router:
    return Router([ScriptedModel(ANSWER, card=CARD)], budgets=budgets)


async def test_tasks_that_share_a_budget_cannot_overspend_it_together() -> None:
    seen: list[tuple[str, int | None, str]] = []
    run = Budget(usd=0.26, name="run")
    models = router()
    ends: list[str] = []

    async def ask(agents: AgentManager, name: str, share: int | None = None) -> None:
        try:
            await agents.ask(name, Note(text="x"), budget=run, budget_nanousd=share)
            ends.append("ok")
        except (AgentFailedError, BudgetExceededError) as error:
            ends.append(type(error).__name__)

    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        for name in ("a", "b", "c"):
            await agents.spawn(Clerk(name, seen))
        async with anyio.create_task_group() as group:
            for name in ("a", "b", "c"):
                group.start_soon(ask, agents, name, 110_000_000)
        assert sorted(ends) == ["BudgetExceededError", "ok", "ok"]
        assert run.spent_nanousd(unix_s=0) == models.ledger.cost_nanousd == 2 * COST
        assert run.left_nanousd(unix_s=0) == 160_000_000

        await ask(agents, "c")  # gets all that is left, and gives back what it does not need
        assert seen[-1] == ("c", 160_000_000, "")
        await ask(agents, "c", 160_000_000)
        assert ends[-1] == "BudgetExceededError"
    assert run.spent_nanousd(unix_s=0) == models.ledger.cost_nanousd == 3 * COST


async def test_what_was_never_sent_costs_a_run_nothing() -> None:
    run = Budget(usd=1)
    clerk: Any = Clerk("nobody", [])
    async with Memory() as bus, AgentManager(bus) as agents:
        for task in (Note(text="x"), Other(other=1)):
            with pytest.raises(AgentError, match="nobody"):
                await agents.ask(clerk, task, budget=run)
    assert run.left_nanousd(unix_s=0) == run.limit_nanousd


async def test_a_chain_of_agents_has_one_budget_and_one_tenant(tmp_path: Path) -> None:
    seen: list[tuple[str, int | None, str]] = []
    acme = Budget(usd=1, tenant="acme")
    models = router(acme)
    async with QLayer(router=models, folder=tmp_path, roles=()) as qlayer:
        for name in ("a", "b"):
            await qlayer.spawn_agent(Clerk(name, seen))
        names: Sequence[str] = ("a", "b", "a")
        answer = await qlayer.orchestrate_agents(
            names, Note(text="x"), budget_usd=0.25, tenant="acme"
        )
        assert answer.spent_nanousd == answer.cost_nanousd == 3 * COST
        assert acme.spent_nanousd(unix_s=0) == 3 * COST
        lefts = [250_000_000, 200_000_000, 150_000_000]
        assert seen == [(name, left, "acme") for name, left in zip(names, lefts, strict=True)]

        with pytest.raises(AgentFailedError, match="BudgetExceededError"):
            await qlayer.orchestrate_agents(names, Note(text="x"), budget_usd=0.15)
        assert (await qlayer.orchestrate_agents(["a"], Note(text="x"))).artifact.text == "ok"
        assert seen[-1] == ("a", None, "")


async def test_roles_that_work_side_by_side_get_equal_shares(tmp_path: Path) -> None:
    seen: list[tuple[str, int | None, str]] = []
    roles: list[Agent[Any, Any]] = [
        Clerk(name, seen)
        for name in ("ProjectManager", "Developer", "QAEngineer", "DevOpsEngineer")
    ]
    models = router()
    async with QLayer(router=models, folder=tmp_path, roles=roles) as qlayer:
        ask = qlayer._ask(Budget(usd=0.5, name="run"), "acme")

        async def work(role: str) -> None:
            await ask(role, Note(text="x"))

        await work("ProjectManager")
        async with anyio.create_task_group() as group:
            for role in roles[1:]:
                group.start_soon(work, role.name)
        free = qlayer._ask(None, "")
        await free("Developer", Note(text="x"))

    assert seen[0] == ("ProjectManager", 500_000_000, "acme")
    assert set(seen[1:4]) == {(role.name, 150_000_000, "acme") for role in roles[1:]}
    assert seen[4] == ("Developer", None, "")
    assert models.ledger.cost_nanousd == 5 * COST


async def test_tenants_have_caches_of_their_own(tmp_path: Path) -> None:
    async with QLayer(folder=tmp_path, roles=()) as qlayer:
        document = read_document("A task has a title. Tasks can be listed.")
        questions = {qlayer._question(document, tenant) for tenant in ("", "acme", "other")}
    assert len(questions) == 3
