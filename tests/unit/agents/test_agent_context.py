from typing import Any

import anyio.lowlevel
import pytest
from pydantic import BaseModel, Field

from quantumlayer.agents import Agent, Context
from quantumlayer.errors import (
    AgentError,
    BudgetExceededError,
    InvalidOutputError,
    RateLimitedError,
)
from quantumlayer.messages import Data, Exchange, ModelReply

pytestmark = pytest.mark.anyio


class Task(BaseModel):
    text: str = "do it"


class Score(BaseModel):
    points: int = Field(ge=0)


class Worker(Agent[Task, Score]):
    pass


def costing(text: str, cost_nanousd: int) -> ModelReply:
    return ModelReply(text, "test", "scripted", cost_nanousd=cost_nanousd)


def context(models: Any = None, **options: Any) -> Context:
    return Context(Worker(), models=models, **options)


async def test_words_come_back_as_they_are(scripted: Any) -> None:
    models = scripted("Hello.")
    assert await context(models).complete("Greet.", data=Task()) == "Hello."
    (request,) = models.requests
    assert request.output is None
    assert request.messages[-1].parts[-1] == Data("Task", {"text": "do it"})


@pytest.mark.parametrize(
    "text", ['{"points": 3}', '```json\n{"points": 3}\n```', ' ```\n{"points": 3}```\n']
)
async def test_a_value_is_read_with_or_without_a_code_block(scripted: Any, text: str) -> None:
    assert await context(scripted(text)).generate(Score, "Judge.") == Score(points=3)


async def test_an_answer_that_does_not_fit_is_sent_back_with_what_is_wrong(scripted: Any) -> None:
    models = scripted("nonsense", '{"points": -1}', '{"points": 5}')
    task = context(models)
    assert await task.generate(Score, "Judge.") == Score(points=5)
    first, second, third = models.requests
    assert len(first.messages) == 1
    assert [message.role for message in third.messages] == [
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]
    assert second.messages[1].text == "nonsense"
    assert "no valid Score: the whole: Invalid JSON" in second.messages[-1].text
    assert "points: Input should be greater than or equal to 0" in third.messages[-1].text
    assert [exchange.request for exchange in task.exchanges] == models.requests


async def test_after_two_repairs_it_is_given_up(scripted: Any) -> None:
    models = scripted("{}")
    task = context(models)
    with pytest.raises(InvalidOutputError, match="'Score' after 3 answers") as caught:
        await task.generate(Score, "Judge.")
    assert len(models.requests) == len(task.exchanges) == len(caught.value.problems) == 3


async def test_a_model_that_was_cut_off_is_told_so(scripted: Any) -> None:
    cut = ModelReply('{"poi', "test", "scripted", stop_reason="length")
    models = scripted(cut, '{"points": 5}')
    await context(models).generate(Score, "Judge.")
    assert "cut off" in models.requests[1].messages[-1].text


async def test_problems_beyond_twenty_are_counted_only(scripted: Any) -> None:
    class Many(BaseModel):
        numbers: list[int]

    models = scripted('{"numbers": [' + ",".join(['"x"'] * 50) + "]}", '{"numbers": []}')
    await context(models).generate(Many, "Count.")
    said = models.requests[1].messages[-1].text
    assert said.count("numbers.") == 20
    assert "and 30 more" in said


async def test_every_call_is_recorded_with_its_cost(scripted: Any) -> None:
    models = scripted(costing("a", 3), costing("b", 4))
    task = context(models, budget_nanousd=100)
    await task.complete("1")
    await task.complete("2")
    assert task.cost_nanousd == 7
    assert task.budget_left_nanousd == 93
    assert [type(one) for one in task.exchanges] == [Exchange, Exchange]
    assert [reply.text for _request, reply in task.exchanges] == ["a", "b"]


async def test_a_call_that_could_overspend_is_not_made(scripted: Any) -> None:
    models = scripted(costing("a", 30), price_nanousd=50)
    task = context(models, budget_nanousd=100)
    await task.complete("1")
    await task.complete("2")
    assert task.budget_left_nanousd == 40
    with pytest.raises(BudgetExceededError, match="'task of Worker' has"):
        await task.complete("3")
    assert len(models.requests) == 2


async def test_what_costs_nothing_needs_no_budget(scripted: Any) -> None:
    task = context(scripted(costing("a", 0)), budget_nanousd=0)
    for _ in range(3):
        await task.complete("again")
    assert context().budget_left_nanousd is None


async def test_a_call_that_costs_more_than_reserved_ends_the_budget(scripted: Any) -> None:
    task = context(scripted(costing("a", 150), price_nanousd=1), budget_nanousd=100)
    await task.complete("1")
    assert task.budget_left_nanousd == 0
    with pytest.raises(BudgetExceededError):
        await task.complete("2")


async def test_errors_of_the_models_pass_through(scripted: Any) -> None:
    task = context(scripted(RateLimitedError("a/b", "slow down")))
    with pytest.raises(RateLimitedError):
        await task.complete("x")
    assert task.exchanges == ()


async def test_without_models_or_transport_the_error_names_the_cure() -> None:
    with pytest.raises(AgentError, match="models="):
        await context().complete("x")
    with pytest.raises(AgentError, match="spawn it"):
        await context().ask(Worker(), Task())


async def test_the_time_left_is_that_of_the_cancel_scope() -> None:
    assert context().left_s == float("inf")
    with anyio.CancelScope() as scope:
        scope.deadline = anyio.current_time() + 10
        await anyio.lowlevel.checkpoint()
        assert 9 < context().left_s <= 10
