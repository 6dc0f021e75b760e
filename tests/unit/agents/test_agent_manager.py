import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel

from quantumlayer import telemetry
from quantumlayer.agents import Agent, AgentManager, Context, Restarts
from quantumlayer.errors import (
    AgentError,
    AgentFailedError,
    AgentStoppedError,
    ArtifactError,
    BudgetExceededError,
    OverloadedError,
    ProviderTimeoutError,
    RateLimitedError,
    UnknownAgentError,
)
from quantumlayer.messages import ModelReply, Usage
from quantumlayer.router import (
    Budget,
    Candidate,
    ModelCard,
    Price,
    Ranked,
    Router,
    RoutingRequest,
)
from quantumlayer.testing import ScriptedModel
from quantumlayer.transport import Envelope, Memory

pytestmark = pytest.mark.anyio


class Number(BaseModel):
    value: int


class Text(BaseModel):
    text: str
    share: int | None = None


class Doubler(Agent[Number, Number]):
    async def run(self, task: Number, context: Context) -> Number:
        return Number(value=2 * task.value)


class Judge(Agent[Text, Number]):
    instructions = "Judge."


class Failing(Agent[Number, Number]):
    """Raises what it was made with."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def run(self, task: Number, context: Context) -> Number:
        raise self.error


class Waiting(Agent[Number, Number]):
    """Waits until it may go on; 0 waits for ever."""

    def __init__(self) -> None:
        self.begun = anyio.Event()
        self.gate = anyio.Event()
        self.ended: list[int] = []

    async def run(self, task: Number, context: Context) -> Number:
        self.begun.set()
        try:
            await (self.gate.wait() if task.value else anyio.sleep_forever())
        finally:
            self.ended.append(task.value)
        return task


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


# --- asking --------------------------------------------------------------------------------------


async def test_an_agent_is_asked_by_its_name_or_by_an_agent_like_it() -> None:
    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(Doubler())
        assert (await agents.ask("Doubler", Number(value=4))).artifact == Number(value=8)
        assert (await agents.ask(Doubler(), Number(value=5))).artifact.value == 10


async def test_an_agent_of_another_manager_is_asked_in_the_same_way() -> None:
    async with Memory() as bus, AgentManager(bus) as here, AgentManager(bus) as there:
        await there.spawn(Doubler())
        assert (await here.ask(Doubler(), Number(value=5))).artifact.value == 10
        with pytest.raises(UnknownAgentError):
            await here.ask("Doubler", Number(value=5))


async def test_an_unknown_agent_is_refused_with_the_names_there_are() -> None:
    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(Doubler())
        with pytest.raises(UnknownAgentError, match=r"No agent 'Judge'.*'Doubler'"):
            await agents.ask("Judge", Text(text="x"))
        with pytest.raises(UnknownAgentError, match="'Doubler'"):
            await agents.ask(Judge(), Text(text="x"))


async def test_what_an_agent_does_not_take_is_refused_before_it_travels() -> None:
    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(Doubler())
        with pytest.raises(ArtifactError, match="'Doubler' takes Number, not Text"):
            await agents.ask("Doubler", Text(text="x"))
        assert agents.agents["Doubler"].tasks == 0


async def test_what_an_agent_was_not_to_give_is_refused_and_no_crash() -> None:
    class Confused(Agent[Number, Text]):
        async def run(self, task: Number, context: Context) -> Text:
            return task  # type: ignore[return-value]

    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(Confused())
        with pytest.raises(AgentFailedError, match="gives Text, not Number") as caught:
            await agents.ask(Confused(), Number(value=1))
        assert caught.value.type_name == "ArtifactError"
        assert agents.agents["Confused"].crashes == 0


async def test_what_arrives_is_checked_on_both_sides() -> None:
    async def fake(_request: Envelope) -> Envelope:
        return Envelope("AgentReply", b'{"artifact": {"value": "many"}}')

    async def empty(_request: Envelope) -> Envelope:
        return Envelope("AgentReply", b"{}")

    async with Memory() as bus, AgentManager(bus) as agents:
        server = await bus.serve("agents.Doubler", fake)
        with pytest.raises(ArtifactError, match=r"no valid Number: artifact\.value"):
            await agents.ask(Doubler(), Number(value=1))
        await server.drain()
        server = await bus.serve("agents.Doubler", empty)
        with pytest.raises(AgentFailedError, match="neither a result nor a failure"):
            await agents.ask(Doubler(), Number(value=1))
        await server.drain()

        await agents.spawn(Doubler())
        reply = await bus.request("agents.Doubler", Envelope("Number", b'{"value": "x"}'))
        assert b"no valid Number: value: Input should be a valid integer" in reply.payload
        reply = await bus.request("agents.Doubler", Envelope("Text", b'{"text": "x"}'))
        assert b"takes Number, not Text" in reply.payload


async def test_model_calls_come_back_to_the_asker_as_they_were(scripted: Any) -> None:
    models = scripted("nonsense", ModelReply('{"value": 3}', "p", "m", cost_nanousd=5))
    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        await agents.spawn(Judge())
        answer = await agents.ask(Judge(), Text(text="naïve 漢字"))
    assert answer.artifact == Number(value=3)
    assert answer.cost_nanousd == 5
    assert [request for request, _reply in answer.exchanges] == models.requests
    digests = [request.digest for request in models.requests]
    assert [request.digest for request, _reply in answer.exchanges] == digests
    assert answer.exchanges[1].reply == ModelReply('{"value": 3}', "p", "m", cost_nanousd=5)


async def test_the_model_calls_of_a_failed_task_come_back_too(scripted: Any) -> None:
    models = scripted("nonsense")
    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        await agents.spawn(Judge())
        with pytest.raises(AgentFailedError, match="InvalidOutputError") as caught:
            await agents.ask(Judge(), Text(text="x"))
    assert [request for request, _reply in caught.value.exchanges] == models.requests
    assert len(models.requests) == 3
    assert caught.value.retryable


async def test_a_result_that_the_transport_cannot_carry_fails_the_task() -> None:
    class Chatty(Agent[Number, Text]):
        async def run(self, task: Number, context: Context) -> Text:
            return Text(text="x" * task.value)

    async with Memory(max_payload_bytes=1_000) as bus, AgentManager(bus) as agents:
        await agents.spawn(Chatty())
        with pytest.raises(AgentFailedError, match="max_payload_bytes") as caught:
            await agents.ask("Chatty", Number(value=1_000))
        assert caught.value.type_name == "PayloadTooLargeError"


async def test_cancelling_the_asker_cancels_the_agent() -> None:
    waiting = Waiting()
    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(waiting)
        with anyio.move_on_after(0.05):
            await agents.ask(waiting, Number(value=0))
        await agents.stop("Waiting")
        assert waiting.ended == [0]


async def test_deadline_tenant_and_budget_travel_with_the_task() -> None:
    seen = []

    class Nosy(Agent[Number, Number]):
        async def run(self, task: Number, context: Context) -> Number:
            seen.append((context.tenant, context.budget_nanousd, 5 < context.left_s < 10))
            return task

    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(Nosy())
        with anyio.fail_after(10):
            await agents.ask("Nosy", Number(value=1), budget_nanousd=7, tenant="acme")
        await agents.ask("Nosy", Number(value=1))
    assert seen == [("acme", 7, True), ("", None, False)]


# --- agents that ask agents ----------------------------------------------------------------------


class Lead(Agent[Text, Number]):
    """Asks a judge twice and adds up."""

    async def run(self, task: Text, context: Context) -> Number:
        first = await context.ask(Judge(), task)
        second = await context.ask(Judge(), task)
        return Number(value=first.value + second.value)


async def test_the_model_calls_of_agents_that_were_asked_are_the_askers_own(scripted: Any) -> None:
    models = scripted(
        ModelReply('{"value": 3}', "p", "m", cost_nanousd=5),
        ModelReply('{"value": 4}', "p", "m", cost_nanousd=6),
    )
    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        await agents.spawn(Judge())
        await agents.spawn(Lead())
        answer = await agents.ask("Lead", Text(text="x"))
    assert answer.artifact == Number(value=7)
    assert answer.cost_nanousd == 11
    assert [request.agent for request, _reply in answer.exchanges] == ["Judge", "Judge"]


async def test_what_an_agent_spends_is_gone_for_the_next(scripted: Any) -> None:
    models = scripted(ModelReply('{"value": 3}', "p", "m", cost_nanousd=40), price_nanousd=40)
    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        await agents.spawn(Judge())
        await agents.spawn(Lead())
        with pytest.raises(AgentFailedError, match="task of Judge") as caught:
            await agents.ask("Lead", Text(text="x"), budget_nanousd=60)
        assert caught.value.type_name == BudgetExceededError.__name__
        assert len(caught.value.exchanges) == 1
        answer = await agents.ask("Lead", Text(text="x"), budget_nanousd=80)
        assert answer.cost_nanousd == 80


async def test_agents_asked_side_by_side_cannot_overspend_together(scripted: Any) -> None:
    models = scripted(ModelReply('{"value": 3}', "p", "m", cost_nanousd=40), price_nanousd=50)
    left = []

    class Both(Agent[Text, Number]):
        async def run(self, task: Text, context: Context) -> Number:
            async with anyio.create_task_group() as tasks:
                for _ in range(2):
                    share = partial(context.ask, budget_nanousd=task.share)
                    tasks.start_soon(share, Judge(), task)
            left.append(context.budget_left_nanousd)
            return Number(value=len(context.exchanges))

    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        await agents.spawn(Judge(), replicas=2)
        await agents.spawn(Both())
        answer = await agents.ask("Both", Text(text="x", share=50), budget_nanousd=110)
        assert answer.artifact == Number(value=2)
        assert left == [30]
        with pytest.raises(AgentFailedError, match="task of Both") as caught:
            await agents.ask("Both", Text(text="x", share=60), budget_nanousd=110)
        assert caught.value.type_name == BudgetExceededError.__name__


@pytest.mark.parametrize(("name", "left"), [("Nobody", 100), ("Waiting", 40)])
async def test_a_share_whose_use_nobody_can_tell_counts_in_full(name: str, left: int) -> None:
    class Impatient(Agent[Number, Number]):
        async def run(self, task: Number, context: Context) -> Number:
            other = Waiting()
            other.name = name
            with anyio.move_on_after(0.01), suppress(UnknownAgentError):
                await context.ask(other, Number(value=0), budget_nanousd=60)
            return Number(value=context.budget_left_nanousd or 0)

    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(Waiting())
        await agents.spawn(Impatient())
        answer = await agents.ask("Impatient", Number(value=1), budget_nanousd=100)
        assert answer.artifact == Number(value=left)


class Above(Agent[Text, Text]):
    """Asks a lead, and says what the task has cost by then and what is left."""

    async def run(self, task: Text, context: Context) -> Text:
        with suppress(AgentFailedError):
            await context.ask(Lead(), task)
        return Text(text=f"{context.spent_nanousd} {context.budget_left_nanousd}")


def late_and_then(*answers: str) -> Router:
    """A router whose first deployment runs out of time each time, which is billed."""
    late = ProviderTimeoutError("scripted/late", "no answer within 1 s")
    models = (
        ScriptedModel(late, model="late", card=PRICED),
        ScriptedModel(*answers, model="sound", card=PRICED),
    )
    return Router(models, strategy=Turns())


PRICED = ModelCard(price=Price.usd(input_usd=1, output_usd=1), max_output_tokens=100)


class Turns:
    """Ranks the deployments as they are given."""

    def rank(self, _request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        return [Ranked(candidate.deployment, 0) for candidate in candidates]


async def test_what_failed_below_is_gone_from_the_budgets_above() -> None:
    models = late_and_then('{"value": 3}')
    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        for agent in (Judge(), Lead(), Above()):
            await agents.spawn(agent)
        answer = await agents.ask("Above", Text(text="x"), budget_nanousd=10_000_000)

    spent = models.ledger.cost_nanousd
    assert [entry.attempt.cost_nanousd > 0 for entry in models.ledger.entries] == [True] * 4
    assert answer.artifact.text == f"{spent} {10_000_000 - spent}"
    assert (answer.spent_nanousd, answer.cost_nanousd < spent) == (spent, True)


async def test_what_a_failed_agent_has_spent_is_gone_too() -> None:
    models = late_and_then("nonsense")
    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        for agent in (Judge(), Lead(), Above()):
            await agents.spawn(agent)
        answer = await agents.ask("Above", Text(text="x"), budget_nanousd=10_000_000)
        with pytest.raises(AgentFailedError) as caught:
            await agents.ask("Judge", Text(text="x"), budget_nanousd=10_000_000)

    assert answer.spent_nanousd + (caught.value.spent_nanousd or 0) == models.ledger.cost_nanousd
    assert answer.spent_nanousd > answer.cost_nanousd > 0


async def test_the_tenant_of_a_task_reaches_the_models_of_every_agent_below(
    scripted: Any,
) -> None:
    models = scripted('{"value": 3}')
    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        await agents.spawn(Judge())
        await agents.spawn(Lead())
        await agents.ask("Lead", Text(text="x"), tenant="acme")
        await agents.ask("Judge", Text(text="x"))
    assert models.tenants == ["acme", "acme", ""]


async def test_budgets_of_tenants_and_agents_hold_for_the_calls_of_agents() -> None:
    acme = Budget(usd=1, tenant="acme")
    models = Router(
        [ScriptedModel('{"value": 3}', card=PRICED)],
        budgets=[acme, Budget(usd=0, tenant="other", agent="Judge", name="of the judge")],
    )
    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        await agents.spawn(Judge())
        await agents.spawn(Lead())
        answer = await agents.ask("Lead", Text(text="x"), tenant="acme")
        assert acme.spent_nanousd(unix_s=0) == answer.cost_nanousd > 0
        with pytest.raises(AgentFailedError, match="of the judge"):
            await agents.ask("Lead", Text(text="x"), tenant="other")
        assert acme.spent_nanousd(unix_s=0) == answer.cost_nanousd


async def test_a_failure_keeps_its_first_cause_and_the_way_it_took(scripted: Any) -> None:
    models = scripted(RateLimitedError("a/b", "slow down"))
    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        await agents.spawn(Judge())
        await agents.spawn(Lead())
        with pytest.raises(AgentFailedError) as caught:
            await agents.ask("Lead", Text(text="x"))
    assert (caught.value.agent, caught.value.type_name, caught.value.retryable) == (
        "Lead",
        "RateLimitedError",
        True,
    )
    assert "Agent 'Judge' failed with RateLimitedError: 'a/b' failed: slow down" in str(
        caught.value
    )


async def test_an_agent_runs_in_the_trace_of_its_asker() -> None:
    seen = []

    class Traced(Agent[Number, Number]):
        async def run(self, task: Number, context: Context) -> Number:
            seen.append(trace.get_current_span().get_span_context().trace_id)
            return task

    sampled = trace.TraceFlags(trace.TraceFlags.SAMPLED)
    parent = trace.SpanContext(0xABC, 0x123, is_remote=False, trace_flags=sampled)
    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(Traced())
        with trace.use_span(trace.NonRecordingSpan(parent)):
            await agents.ask("Traced", Number(value=1))
    assert seen == [0xABC]


async def test_an_agent_s_span_has_what_all_its_model_calls_have_used(
    monkeypatch: pytest.MonkeyPatch, scripted: Any
) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", lambda: provider.get_tracer("test"))
    models = scripted(
        ModelReply("nonsense", "p", "m", usage=Usage(1, 2, 4, 8, 16)),
        ModelReply('{"value": 3}', "p", "m", usage=Usage(10, 20, 40, 80, 160)),
        RateLimitedError("a/b", "slow down"),
    )
    async with Memory() as bus, AgentManager(bus, models=models) as agents:
        await agents.spawn(Judge())
        await agents.ask(Judge(), Text(text="x"))
        with pytest.raises(AgentFailedError):
            await agents.ask(Judge(), Text(text="x"))

    used = [
        {
            name.removeprefix("gen_ai.aggregated_usage."): value
            for name, value in (span.attributes or {}).items()
            if "usage" in name
        }
        for span in exporter.get_finished_spans()
        if span.name == "invoke_agent Judge"
    ]
    names = ["input_tokens", "output_tokens", "cache_read.input_tokens"]
    names += ["cache_creation.input_tokens", "reasoning.output_tokens"]
    assert used == [
        dict(zip(names, (77, 264, 22, 44, 176), strict=True)),
        dict.fromkeys(names, 0),
    ]


# --- supervision ---------------------------------------------------------------------------------


async def test_a_crash_reaches_the_asker_and_the_agent_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing = Failing(ZeroDivisionError("by zero"))
    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(failing)
        with (
            caplog.at_level(logging.WARNING, "quantumlayer.agents"),
            pytest.raises(AgentFailedError, match="ZeroDivisionError: by zero") as caught,
        ):
            await agents.ask(failing, Number(value=1))
        assert (caught.value.code, caught.value.retryable) == ("internal", False)
        assert "'Failing' crashed and is restarted" in caplog.text
        status = agents.agents["Failing"]
        assert (status.state, status.tasks, status.crashes) == ("running", 1, 1)


async def test_a_factory_gives_every_replica_and_every_restart_a_fresh_agent() -> None:
    made: list[Agent[Number, Number]] = []

    class Counter(Agent[Number, Number]):
        def __init__(self) -> None:
            self.count = 0
            made.append(self)

        async def run(self, task: Number, context: Context) -> Number:
            self.count += 1
            if not task.value:
                raise ZeroDivisionError
            return Number(value=self.count)

    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(Counter, replicas=2)
        assert len(made) == 2
        counts = [(await agents.ask("Counter", Number(value=1))).artifact.value for _ in range(4)]
        assert counts == [1, 1, 2, 2]
        with pytest.raises(AgentFailedError):
            await agents.ask("Counter", Number(value=0))
        assert len(made) == 3
        counts = [(await agents.ask("Counter", Number(value=1))).artifact.value for _ in range(2)]
        assert sorted(counts) == [1, 3]


async def test_an_agent_that_crashes_too_often_is_stopped() -> None:
    failing = Failing(ZeroDivisionError("by zero"))
    async with Memory() as bus, AgentManager(bus, restarts=Restarts(2, 60)) as agents:
        await agents.spawn(failing, replicas=2)
        for _ in range(3):
            with pytest.raises(AgentFailedError, match="by zero"):
                await agents.ask(failing, Number(value=1))
        assert agents.agents["Failing"].state == "stopped"
        for _ in range(2):  # while it drains, and when it has
            with pytest.raises(AgentStoppedError, match="crashed 3 times within 60 s"):
                await agents.ask(failing, Number(value=1))
            await anyio.wait_all_tasks_blocked()
        await agents.spawn(Failing(RateLimitedError("a/b", "mended")))
        with pytest.raises(AgentFailedError, match="mended"):
            await agents.ask("Failing", Number(value=1))


async def test_tasks_that_wait_for_an_agent_that_is_given_up_are_answered() -> None:
    errors: list[str] = []

    class Slow(Failing):
        async def run(self, task: Number, context: Context) -> Number:
            await anyio.sleep(0.01)
            raise self.error

    slow = Slow(ZeroDivisionError())

    async def ask(agents: AgentManager) -> None:
        with pytest.raises((AgentFailedError, AgentStoppedError)) as caught:
            await agents.ask(slow, Number(value=1))
        errors.append(getattr(caught.value, "type_name", "stopped"))

    async with Memory() as bus, AgentManager(bus, restarts=Restarts(most=0)) as agents:
        await agents.spawn(slow)
        async with anyio.create_task_group() as askers:
            for _ in range(5):
                askers.start_soon(ask, agents)
    assert sorted(errors) == ["ZeroDivisionError"] + ["stopped"] * 4


async def test_replicas_that_crash_side_by_side_are_given_up_once() -> None:
    class Together(Waiting):
        async def run(self, task: Number, context: Context) -> Number:
            await self.gate.wait()
            raise ZeroDivisionError

    together, errors = Together(), []

    async def ask(agents: AgentManager) -> None:
        with pytest.raises(AgentFailedError) as caught:
            await agents.ask(together, Number(value=1))
        errors.append(caught.value.type_name)

    async with Memory() as bus, AgentManager(bus, restarts=Restarts(most=0)) as agents:
        await agents.spawn(together, replicas=3)
        async with anyio.create_task_group() as askers:
            for _ in range(3):
                askers.start_soon(ask, agents)
            await anyio.wait_all_tasks_blocked()
            together.gate.set()
        assert errors == ["ZeroDivisionError"] * 3
        with pytest.raises(AgentStoppedError, match="crashed once"):
            await agents.ask(together, Number(value=1))


async def test_old_crashes_are_forgiven() -> None:
    clock, failing = Clock(), Failing(ZeroDivisionError())
    restarts = Restarts(most=1, within_s=60)
    async with Memory() as bus, AgentManager(bus, restarts=restarts, clock=clock) as agents:
        await agents.spawn(failing)
        for clock.now in (0.0, 61.0, 122.0):
            with pytest.raises(AgentFailedError):
                await agents.ask(failing, Number(value=1))
        status = agents.agents["Failing"]
        assert (status.state, status.crashes) == ("running", 3)


async def test_errors_of_the_trade_are_no_crashes() -> None:
    failing = Failing(RateLimitedError("a/b", "slow down"))
    async with Memory() as bus, AgentManager(bus, restarts=Restarts(most=0)) as agents:
        await agents.spawn(failing)
        for _ in range(3):
            with pytest.raises(AgentFailedError, match="slow down"):
                await agents.ask(failing, Number(value=1))
        assert agents.agents["Failing"].crashes == 0


async def test_an_agent_that_cannot_be_made_again_is_stopped() -> None:
    agents_to_make = [Failing(ZeroDivisionError("first"))]

    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(agents_to_make.pop)
        with pytest.raises(AgentFailedError, match="first"):
            await agents.ask("Failing", Number(value=1))
        assert agents.agents["Failing"].state == "stopped"


# --- the life of agents --------------------------------------------------------------------------


async def test_replicas_do_as_many_tasks_at_one_time_as_there_are() -> None:
    busy, most = 0, 0

    class Busy(Agent[Number, Number]):
        async def run(self, task: Number, context: Context) -> Number:
            nonlocal busy, most
            busy += 1
            most = max(most, busy)
            await anyio.sleep(0.01)
            busy -= 1
            return task

    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(Busy(), replicas=3)
        async with anyio.create_task_group() as askers:
            for _ in range(9):
                askers.start_soon(agents.ask, "Busy", Number(value=1))
        assert most == 3
        assert agents.agents["Busy"].replicas == 3


async def test_a_name_is_spawned_once() -> None:
    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(Doubler())
        with pytest.raises(AgentError, match="'Doubler' is spawned already"):
            await agents.spawn(Doubler())
        other = Doubler()
        other.name = "Twice"
        await agents.spawn(other)
        assert list(agents.agents) == ["Doubler", "Twice"]
        with pytest.raises(ValueError, match="replicas=0"):
            await agents.spawn(Judge(), replicas=0)


async def test_stopping_finishes_what_was_taken_and_takes_no_more() -> None:
    waiting, answers = Waiting(), []

    async def ask(agents: AgentManager) -> None:
        answers.append(await agents.ask(waiting, Number(value=1)))

    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(waiting)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, agents)
            await waiting.begun.wait()
            tasks.start_soon(agents.stop, "Waiting")
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(UnknownAgentError):
                await agents.ask(waiting, Number(value=2))
            waiting.gate.set()
        assert len(answers) == 1
        with pytest.raises(UnknownAgentError):
            await agents.stop("Waiting")
        await agents.spawn(waiting)
        assert (await agents.ask(waiting, Number(value=3))).artifact.value == 3


async def test_leaving_the_block_finishes_what_was_taken() -> None:
    waiting, answers = Waiting(), []

    async def ask(agents: AgentManager) -> None:
        answers.append(await agents.ask(waiting, Number(value=1)))

    async with Memory() as bus, anyio.create_task_group() as tasks:
        async with AgentManager(bus) as agents:
            await agents.spawn(waiting)
            tasks.start_soon(ask, agents)
            await waiting.begun.wait()
            waiting.gate.set()
        with pytest.raises(AgentError, match="async with"):
            await agents.spawn(Doubler())
    assert len(answers) == 1


@pytest.mark.parametrize("leave", [LookupError, anyio.get_cancelled_exc_class])
async def test_leaving_the_block_by_an_exception_cancels_the_agents(
    leave: Callable[[], Exception],
) -> None:
    waiting = Waiting()

    async def ask(agents: AgentManager) -> None:
        with pytest.raises(Exception, match="went away"):
            await agents.ask(waiting, Number(value=0))

    async def block() -> None:
        async with AgentManager(bus) as agents:
            await agents.spawn(waiting, replicas=2)
            tasks.start_soon(ask, agents)
            await waiting.begun.wait()
            if leave is LookupError:
                raise LookupError
            scope.cancel()
            await anyio.sleep_forever()

    async with Memory() as bus, anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            if leave is LookupError:
                with pytest.raises(LookupError):
                    await block()
            else:
                await block()
        assert waiting.ended == [0]
        assert (await bus.health()).subscriptions == 0


async def test_an_agent_that_cannot_be_spawned_leaves_nothing_behind() -> None:
    class Full(Memory):
        served = 0

        async def serve(self, *args: Any, **options: Any) -> Any:
            self.served += 1
            if self.served == 3:
                raise OverloadedError("no more than two")
            return await super().serve(*args, **options)

    async with Full() as bus, AgentManager(bus) as agents:
        with pytest.raises(OverloadedError):
            await agents.spawn(Doubler(), replicas=3)
        assert agents.agents == {}
        assert (await bus.health()).subscriptions == 0
        await agents.spawn(Doubler())
        assert (await agents.ask("Doubler", Number(value=1))).artifact.value == 2


async def test_agents_get_their_models_from_a_router() -> None:
    model = ScriptedModel("nonsense", '{"value": 3}')
    async with Memory() as bus, AgentManager(bus, models=Router([model])) as agents:
        await agents.spawn(Judge())
        answer = await agents.ask(Judge(), Text(text="x"), budget_nanousd=0)
    assert answer.artifact == Number(value=3)
    assert [reply.provider for _request, reply in answer.exchanges] == ["scripted", "scripted"]
    assert answer.exchanges[1].reply.route.strategy == "HybridRouting"


async def test_a_manager_that_was_not_entered_says_so() -> None:
    async with Memory() as bus:
        with pytest.raises(AgentError, match="async with"):
            await AgentManager(bus).spawn(Doubler())
