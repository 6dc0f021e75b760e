"""Answers that are there already: given again, for nothing, to who asks the same and no other."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    InvalidOutputError,
    ProviderUnavailableError,
    RouterConfigError,
    StorageError,
)
from quantumlayer.messages import (
    Data,
    Done,
    Embeddings,
    Image,
    Message,
    ModelReply,
    ModelRequest,
    OutputSchema,
    StopReason,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolSpec,
    Usage,
)
from quantumlayer.router import (
    Budget,
    Caching,
    Catalog,
    ModelCard,
    Price,
    RetryPolicy,
    Router,
    Semantic,
)
from quantumlayer.storage import MemoryCache, SQLiteCache, open_database
from quantumlayer.testing import ScriptedModel, VirtualClock

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
CARD = ModelCard(price=Price(1_000_000, 1_000_000), max_output_tokens=100)
TOOL = ToolSpec("look_up", "Look a word up.", {"type": "object", "properties": {}})
HI = ModelRequest.of("Hi")


def down() -> ProviderUnavailableError:
    return ProviderUnavailableError("scripted/model", "down")


# --- what is given again -------------------------------------------------------------------------


async def test_the_same_request_is_answered_once_and_then_for_nothing(
    router_of: MakeRouter,
) -> None:
    call = ToolCall("c1", "look_up", "{}")
    said = ModelReply("Paris", "scripted", "model", (call,), "tool_calls", Usage(20), id="r1")
    model = ScriptedModel(said, card=CARD)
    router = router_of(model, caching=Caching())

    first = await router.complete("Where?")
    spent = router.ledger.cost_nanousd
    again = await router.complete("Where?")

    assert model.calls == 1
    assert again == replace(first, usage=Usage(), cost_nanousd=0, route=again.route)
    assert [(each.deployment, each.kind) for each in again.route.attempts] == [
        ("scripted/model", "cache")
    ]
    assert router.ledger.cost_nanousd == spent == first.cost_nanousd > 0
    [_, entry] = router.ledger.entries
    assert entry.attempt == again.route.attempts[0]
    totals = router.ledger.totals["scripted/model"]
    assert (totals.attempts, totals.cached, totals.cost_nanousd) == (1, 1, spent)


async def test_without_caching_every_request_is_asked(router_of: MakeRouter) -> None:
    model = ScriptedModel("Paris")
    router = router_of(model)
    await router.complete("Where?")
    await router.complete("Where?")

    assert model.calls == 2


async def test_an_answer_that_is_there_needs_no_budget_and_no_healthy_deployment(
    router_of: MakeRouter,
) -> None:
    router = router_of(ScriptedModel("Paris", down(), card=CARD), caching=Caching())
    await router.complete("Where?")

    assert (await router.complete("Where?", budgets=[Budget(usd=0)])).text == "Paris"


DIFFERENT = {
    "messages": ModelRequest.of("Bye"),
    "more messages": ModelRequest((Message.system("Be brief."), Message.user("Hi"))),
    "data": ModelRequest((Message.user("Hi", Data("Note", {"n": 1})),)),
    "output": replace(HI, output=OutputSchema("City", {"type": "object"})),
    "max_output_tokens": replace(HI, max_output_tokens=9),
    "temperature": replace(HI, temperature=0.0),
    "stop": replace(HI, stop=("\n",)),
    "profile": replace(HI, profile="technical"),
    "tools": replace(HI, tools=(TOOL,)),
}


@pytest.mark.parametrize("field", DIFFERENT)
async def test_a_request_that_differs_in_what_a_model_sees_is_another(
    router_of: MakeRouter, field: str
) -> None:
    model = ScriptedModel("ok")
    router = router_of(model, caching=Caching(tools=True))
    await router.complete(HI)
    await router.complete(DIFFERENT[field])
    assert model.calls == 2

    await router.complete(HI)
    await router.complete(DIFFERENT[field])
    assert model.calls == 2


async def test_who_asks_makes_no_difference_but_for_whom_does(router_of: MakeRouter) -> None:
    model = ScriptedModel("ok")
    router = router_of(model, caching=Caching())
    await router.complete(replace(HI, agent="one"), tenant="a")
    await router.complete(replace(HI, agent="two"), tenant="a")
    assert model.calls == 1

    await router.complete(HI, tenant="b")
    await router.complete(HI)
    assert model.calls == 3


texts = st.text(max_size=3)
requests = st.builds(
    ModelRequest,
    messages=st.lists(st.builds(Message.user, texts) | st.builds(Message.system, texts), min_size=1)
    .map(tuple)
    .filter(bool),
    max_output_tokens=st.none() | st.integers(1, 2),
    stop=st.lists(texts, max_size=2).map(tuple),
    profile=st.none() | texts,
    agent=st.none() | texts,
)


@given(one=requests, two=requests, tenants=st.tuples(texts, texts))
def test_no_answer_crosses_to_another_request_or_tenant(
    one: ModelRequest, two: ModelRequest, tenants: tuple[str, str]
) -> None:
    same = replace(one, agent=None) == replace(two, agent=None) and tenants[0] == tenants[1]
    model = ScriptedModel("ok")

    async def ask() -> None:
        router = Router([model], caching=Caching(), catalog=Catalog({}))
        await router.complete(one, tenant=tenants[0])
        await router.complete(two, tenant=tenants[1])

    anyio.run(ask)
    assert model.calls == (1 if same else 2)


@given(request=requests, tenant=texts)
def test_who_differs_only_in_name_gets_the_same_answer(request: ModelRequest, tenant: str) -> None:
    try:
        request.digest  # noqa: B018 -- what JSON cannot carry is never kept
    except ValueError:
        assume(False)
    model = ScriptedModel("ok")

    async def ask() -> None:
        router = Router([model], caching=Caching(), catalog=Catalog({}))
        await router.complete(request, tenant=tenant)
        await router.complete(replace(request, agent="other"), tenant=tenant)

    anyio.run(ask)
    assert model.calls == 1


async def test_routers_with_other_deployments_share_a_store_and_no_answers() -> None:
    store = MemoryCache()
    models = [ScriptedModel(name, model=name) for name in ("small", "large")]
    for chosen in (models, models[::-1], models[:1], models[1:]):
        router = Router(chosen, caching=Caching(store), catalog=Catalog({}))
        assert (await router.complete("Hi")).text in {model.model for model in chosen}

    assert sum(model.calls for model in models) == 3


async def test_answers_outlive_the_process_where_the_store_does(
    router_of: MakeRouter, tmp_path: Path
) -> None:
    model = ScriptedModel("Paris")
    for _ in range(2):
        async with open_database(tmp_path / "cache.db") as database:
            router = router_of(model, caching=Caching(SQLiteCache(database)))
            assert (await router.complete("Where?")).text == "Paris"

    assert model.calls == 1


# --- for how long --------------------------------------------------------------------------------


async def test_an_answer_is_given_again_until_its_time_is_over(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    model = ScriptedModel("ok")
    router = router_of(model, caching=Caching(ttl_s=60))
    await router.complete("Hi")
    clock.advance(59)
    await router.complete("Hi")
    assert model.calls == 1
    clock.advance(1)
    await router.complete("Hi")
    assert model.calls == 2


@pytest.mark.parametrize("ttl_s", [0, -1, float("nan"), float("inf")])
async def test_a_time_that_is_none_is_refused(ttl_s: float) -> None:
    with pytest.raises(RouterConfigError, match="ttl_s"):
        Caching(ttl_s=ttl_s)


# --- what is not kept ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "caching"),
    [
        (replace(HI, temperature=0.7), Caching(sampled=True)),
        (replace(HI, tools=(TOOL,)), Caching(tools=True)),
    ],
)
async def test_chance_and_tools_are_kept_only_where_that_is_asked_for(
    router_of: MakeRouter, request_: ModelRequest, caching: Caching
) -> None:
    for policy, calls in ((Caching(), 2), (caching, 1)):
        model = ScriptedModel("ok")
        router = router_of(model, caching=policy)
        await router.complete(request_)
        await router.complete(request_)
        assert model.calls == calls


async def test_a_picture_is_kept_by_its_bytes_and_never_by_its_url(router_of: MakeRouter) -> None:
    for image, calls in (
        (Image("image/png", base64="AAAA"), 1),
        (Image("image/png", url="https://example.com/now.png"), 2),
    ):
        model = ScriptedModel("a cat")
        router = router_of(model, caching=Caching())
        for _ in range(2):
            await router.complete([Message.user("What is this?", image)])
        assert model.calls == calls


@pytest.mark.parametrize("reason", ["length", "filtered", "paused", "error"])
async def test_an_answer_that_is_not_whole_is_not_kept(
    router_of: MakeRouter, reason: StopReason
) -> None:
    model = ScriptedModel(ModelReply("half", "scripted", "model", stop_reason=reason))
    router = router_of(model, caching=Caching())
    await router.complete("Hi")
    await router.complete("Hi")

    assert model.calls == 2


async def test_a_failure_is_not_kept(router_of: MakeRouter) -> None:
    router = router_of(ScriptedModel(down(), "ok"), caching=Caching(), retry=RetryPolicy(rounds=1))
    with pytest.raises(AllDeploymentsFailedError):
        await router.complete("Hi")

    assert (await router.complete("Hi")).route.attempts[0].kind == "call"


async def test_what_json_cannot_carry_is_asked_and_not_kept(router_of: MakeRouter) -> None:
    model = ScriptedModel("ok")
    router = router_of(model, caching=Caching())
    for _ in range(2):
        await router.complete([Message.user("Hi", Data("Number", float("nan")))])

    assert model.calls == 2


class City(BaseModel):
    name: str


async def test_an_answer_that_does_not_fit_its_type_is_not_given_again(
    router_of: MakeRouter,
) -> None:
    model = ScriptedModel("no JSON", "nor this", "nor that", '{"name": "Paris"}')
    router = router_of(model, caching=Caching())
    with pytest.raises(InvalidOutputError):
        await router.generate(City, "Where?")

    assert await router.generate(City, "Where?") == City(name="Paris")
    assert await router.generate(City, "Where?") == City(name="Paris")
    assert model.calls == 4


# --- who asks at the same time -------------------------------------------------------------------


async def test_of_many_who_ask_the_same_at_once_one_asks(
    router_of: MakeRouter, until: Until
) -> None:
    gate = anyio.Event()
    model = ScriptedModel("ok", gate=gate)
    router = router_of(model, caching=Caching())
    replies: list[ModelReply] = []

    async def ask() -> None:
        replies.append(await router.complete("Hi"))

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(ask)
        await until(lambda: bool(model.calls))
        gate.set()

    assert model.calls == 1
    kinds = [reply.route.attempts[-1].kind for reply in replies]
    assert sorted(kinds) == ["cache"] * 49 + ["call"]


async def test_one_who_asks_and_leaves_hands_over_to_one_who_waits(
    router_of: MakeRouter, until: Until
) -> None:
    gate = anyio.Event()
    model = ScriptedModel("ok", gate=gate)
    router = router_of(model, caching=Caching())
    replies: list[ModelReply] = []
    first = anyio.CancelScope()

    async def ask(scope: anyio.CancelScope) -> None:
        with scope:
            replies.append(await router.complete("Hi"))

    async with anyio.create_task_group() as group:
        group.start_soon(ask, first)
        await until(lambda: model.calls == 1)
        for _ in range(20):
            group.start_soon(ask, anyio.CancelScope())
        first.cancel()
        await until(lambda: model.calls == 2)
        gate.set()

    assert len(replies) == 20
    assert model.calls == 2
    assert router._replies is not None
    assert len(router._replies.flights) == 0


async def test_an_answer_is_not_lost_to_others_where_who_asked_leaves_while_it_is_kept(
    router_of: MakeRouter, until: Until
) -> None:
    class Slow(MemoryCache):
        keeping = False

        async def put(self, key: str, value: Any, *, ttl_s: float) -> None:
            self.keeping = True
            await anyio.sleep_forever()

    store = Slow()
    gate = anyio.Event()
    model = ScriptedModel("ok", gate=gate)
    router = router_of(model, caching=Caching(store))
    replies: list[ModelReply] = []
    first = anyio.CancelScope()

    async def ask(scope: anyio.CancelScope) -> None:
        with scope:
            replies.append(await router.complete("Hi"))

    async with anyio.create_task_group() as group:
        group.start_soon(ask, first)
        await until(lambda: model.calls == 1)
        for _ in range(5):
            group.start_soon(ask, anyio.CancelScope())
        await anyio.wait_all_tasks_blocked()
        gate.set()
        await until(lambda: store.keeping)
        first.cancel()

    assert model.calls == 1
    assert [reply.text for reply in replies] == ["ok"] * 5


async def test_where_asking_fails_each_asks_for_itself_and_all_at_once(
    router_of: MakeRouter, until: Until
) -> None:
    gate = anyio.Event()
    model = ScriptedModel(down(), *["ok"] * 20, gate=gate)
    router = router_of(model, caching=Caching(), retry=RetryPolicy(rounds=1))
    outcomes: list[str] = []

    async def ask() -> None:
        try:
            outcomes.append((await router.complete("Hi")).text)
        except AllDeploymentsFailedError:
            outcomes.append("failed")

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(ask)
        await until(lambda: bool(model.calls))
        gate.set()

    assert sorted(outcomes) == ["failed"] + ["ok"] * 19
    assert model.calls == 20


# --- stores that break ---------------------------------------------------------------------------


GONE = StorageError("/data", "the disk is gone", "Mount it.")


class Broken(MemoryCache):
    async def get(self, key: str) -> Any:
        raise GONE

    async def put(self, key: str, value: Any, *, ttl_s: float) -> None:
        raise GONE

    async def delete(self, key: str) -> None:
        raise GONE


async def test_a_store_that_breaks_loses_no_answer(
    router_of: MakeRouter, caplog: pytest.LogCaptureFixture
) -> None:
    router = router_of(ScriptedModel("x", '{"name": "Rome"}'), caching=Caching(Broken()))

    assert await router.generate(City, "Where?") == City(name="Rome")
    assert [record.message for record in caplog.records[:3]] == [
        "Kept answers could not be read",
        "An answer could not be kept",
        "An answer that is of no use could not be forgotten",
    ]


CALL = {"id": "c1", "name": "f", "arguments": "{}", "kind": "tool_call"}


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda _: "text",
        lambda _: [],
        lambda _: {},
        lambda _: {"tool_calls": []},
        lambda good: {**good, "tool_calls": 1},
        lambda good: {**good, "tool_calls": [{**CALL, "id": 1}]},
        lambda good: {**good, "tool_calls": [{**CALL, "evil": 1}]},
        lambda good: {**good, "stop_reason": []},
        lambda good: {**good, "stop_reason": "length"},
        lambda good: {**good, "text": None},
        lambda good: {**good, "evil": 1},
    ],
)
async def test_what_is_no_answer_in_the_store_is_not_given(
    router_of: MakeRouter, spoiled: Callable[[Any], Any]
) -> None:
    store = MemoryCache()
    model = ScriptedModel("ok")
    router = router_of(model, caching=Caching(store))
    await router.complete("Hi")
    [key] = store._values
    await store.put(key, spoiled(await store.get(key)), ttl_s=60)

    assert (await router.complete("Hi")).text == "ok"
    assert model.calls == 2


# --- streams -------------------------------------------------------------------------------------


async def read(router: Router, prompt: str = "Hi") -> list[StreamEvent]:
    async with router.stream(prompt) as events:
        return [event async for event in events]


async def test_a_stream_is_kept_at_its_end_and_given_again_as_a_stream(
    router_of: MakeRouter,
) -> None:
    call = ToolCall("c1", "look_up", "{}")
    said = ModelReply("one two", "scripted", "model", (call,), "tool_calls")
    model = ScriptedModel(said)
    router = router_of(model, caching=Caching())
    await read(router)

    *pieces, last = await read(router)

    assert model.calls == 1
    assert pieces == [TextDelta("one two"), ToolCallDelta(0, "c1", "look_up", "{}")]
    assert isinstance(last, Done)
    assert (last.reply.text, last.reply.tool_calls) == ("one two", (call,))
    assert last.reply.route.attempts[0].kind == "cache"
    assert (await router.complete("Hi")).text == "one two"


async def test_a_stream_that_was_left_is_not_kept(router_of: MakeRouter) -> None:
    model = ScriptedModel("one two")
    router = router_of(model, caching=Caching())
    async with router.stream("Hi") as events:
        await anext(events)

    await router.complete("Hi")
    assert model.calls == 2


async def test_what_was_asked_for_whole_is_given_as_a_stream(router_of: MakeRouter) -> None:
    router = router_of(ScriptedModel(""), caching=Caching())
    await router.complete("Hi")

    [last] = await read(router)
    assert isinstance(last, Done)


async def test_a_stream_waits_for_who_waits_for_the_whole_answer(
    router_of: MakeRouter, until: Until
) -> None:
    gate = anyio.Event()
    model = ScriptedModel("one two", gate=gate)
    router = router_of(model, caching=Caching())
    ends: list[StreamEvent] = []

    async def stream() -> None:
        ends.append((await read(router))[-1])

    async with anyio.create_task_group() as group:
        group.start_soon(router.complete, "Hi")
        await until(lambda: model.calls == 1)
        for _ in range(10):
            group.start_soon(stream)
        await anyio.wait_all_tasks_blocked()
        gate.set()

    assert model.calls == 1
    assert {(end.reply.text, end.reply.route.attempts[0].kind) for end in dones(ends)} == {
        ("one two", "cache")
    }
    assert len(ends) == 10


def dones(events: Sequence[StreamEvent]) -> list[Done]:
    return [event for event in events if isinstance(event, Done)]


@pytest.mark.parametrize("end", ["cancelled", "failed"])
async def test_a_stream_asks_for_itself_where_nothing_comes_of_another_s_request(
    router_of: MakeRouter, until: Until, end: str
) -> None:
    gate = anyio.Event()
    steps = ("ok",) if end == "cancelled" else (down(), "ok")
    model = ScriptedModel(*steps, gate=gate)
    router = router_of(model, caching=Caching(), retry=RetryPolicy(rounds=1))
    ends: list[StreamEvent] = []
    first = anyio.CancelScope()

    async def complete() -> None:
        with first, suppress(AllDeploymentsFailedError):
            await router.complete("Hi")

    async def stream() -> None:
        ends.append((await read(router))[-1])

    async with anyio.create_task_group() as group:
        group.start_soon(complete)
        await until(lambda: model.calls == 1)
        group.start_soon(stream)
        await anyio.wait_all_tasks_blocked()
        if end == "cancelled":
            first.cancel()
        else:
            gate.set()
        await until(lambda: model.calls == 2)
        gate.set()

    [done] = dones(ends)
    assert (done.reply.text, done.reply.route.attempts[0].kind) == ("ok", "call")


async def test_nobody_waits_for_who_reads_a_stream(router_of: MakeRouter) -> None:
    model = ScriptedModel("one two")
    router = router_of(model, caching=Caching())
    async with router.stream("Hi") as events:
        await anext(events)
        with anyio.fail_after(5):
            assert (await router.complete("Hi")).text == "one two"

    assert model.calls == 2


# --- what means the same -------------------------------------------------------------------------


class Angles:
    """An embedder for texts whose first word is an angle in degrees."""

    def __init__(self, model: str = "angles") -> None:
        self.model = model
        self.calls = 0
        self.fails = False

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        self.calls += 1
        if self.fails:
            raise down()
        number = complex(0, float(texts[0].split()[0]) * 3.141592653589793 / 180)
        turned = 2.718281828459045**number
        return Embeddings(((turned.real * 3, turned.imag * 3),), "made", self.model)


def answering(request: ModelRequest) -> str:
    return f"answer to {request.messages[-1].text}"


async def test_a_question_that_is_close_enough_gets_the_answer_of_the_closest(
    router_of: MakeRouter,
) -> None:
    model = ScriptedModel(answering)
    caching = Caching(semantic=Semantic(Angles(), threshold=0.95))
    router = router_of(model, caching=caching)
    await router.complete("0 degrees")
    await router.complete("40 degrees")

    near = await router.complete("30 degrees")

    assert model.calls == 2
    assert near.text == "answer to 40 degrees"
    [considered] = near.route.considered
    assert considered.score == pytest.approx(0.98480775)
    assert near.route.attempts[0].kind == "cache"
    assert (await router.complete("60 degrees")).text == "answer to 60 degrees"


@pytest.mark.parametrize(
    "other",
    [
        ModelRequest((Message.system("In French."), Message.user("1 degree"))),
        replace(ModelRequest.of("1 degree"), max_output_tokens=5),
        ModelRequest((Message.user("1 degree", Data("Note", 1)),)),
        ModelRequest((Message("assistant", Message.user("1 degree").parts),)),
    ],
)
async def test_all_but_the_words_of_the_question_has_to_be_equal(
    router_of: MakeRouter, other: ModelRequest
) -> None:
    model = ScriptedModel(answering)
    router = router_of(model, caching=Caching(semantic=Semantic(Angles())))
    await router.complete("0 degrees")
    await router.complete(other)
    await router.complete("2 degrees", tenant="another")

    assert model.calls == 3


async def test_an_equal_question_needs_no_vector(router_of: MakeRouter) -> None:
    angles = Angles()
    router = router_of(ScriptedModel("ok"), caching=Caching(semantic=Semantic(angles)))
    await router.complete("0 degrees")
    await router.complete("0 degrees")

    assert angles.calls == 1


async def test_vectors_of_another_model_are_not_compared(router_of: MakeRouter) -> None:
    angles = Angles()
    model = ScriptedModel(answering)
    router = router_of(model, caching=Caching(semantic=Semantic(angles)))
    await router.complete("0 degrees")
    angles.model = "newer"
    await router.complete("1 degree")

    assert model.calls == 2


async def test_an_embedder_that_fails_loses_no_answer(
    router_of: MakeRouter, caplog: pytest.LogCaptureFixture
) -> None:
    angles = Angles()
    angles.fails = True
    router = router_of(ScriptedModel("ok"), caching=Caching(semantic=Semantic(angles)))

    assert (await router.complete("0 degrees")).text == "ok"
    assert "A question has no vector" in caplog.text
    assert (await router.complete("0 degrees")).route.attempts[0].kind == "cache"


async def test_a_similar_question_whose_answer_has_gone_is_asked(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    model = ScriptedModel(answering)
    router = router_of(model, caching=Caching(ttl_s=60, semantic=Semantic(Angles())))
    await router.complete("0 degrees")
    clock.advance(60)
    assert (await router.complete("1 degree")).text == "answer to 1 degree"
    assert (await router.complete("2 degrees")).text == "answer to 1 degree"


async def test_no_more_questions_are_kept_than_there_is_room_for(router_of: MakeRouter) -> None:
    model = ScriptedModel(answering)
    router = router_of(model, caching=Caching(semantic=Semantic(Angles(), keep=2)))
    for angle in (0, 90, 180):
        await router.complete(f"{angle} degrees")

    assert (await router.complete("181 degrees")).text == "answer to 180 degrees"
    assert (await router.complete("1 degree")).text == "answer to 1 degree"
    assert router._replies is not None
    assert router._replies.similar is not None
    assert len(router._replies.similar._places) == 2


async def test_a_router_can_be_the_embedder(router_of: MakeRouter) -> None:
    class Embeds(ScriptedModel):
        async def embed(
            self, texts: Sequence[str], *, purpose: str = "", dimensions: int | None = None
        ) -> Embeddings:
            return Embeddings(tuple((1.0, 0.0) for _ in texts), "scripted", "vectors")

    model = ScriptedModel(answering)
    vectors = router_of(Embeds(model="vectors"))
    router = router_of(model, caching=Caching(semantic=Semantic(vectors)))
    await router.complete("One?")
    await router.complete("Two?")

    assert model.calls == 1


@pytest.mark.parametrize("vector", [(), (0.0, 0.0), (float("nan"), 1.0), (float("inf"), 1.0)])
async def test_a_vector_without_a_direction_is_close_to_nothing(
    router_of: MakeRouter, vector: tuple[float, ...]
) -> None:
    class Odd:
        async def embed(self, texts: Sequence[str]) -> Embeddings:
            return Embeddings((vector,) if vector else (), "made", "odd")

    model = ScriptedModel("ok")
    router = router_of(model, caching=Caching(semantic=Semantic(Odd())))
    await router.complete("One?")
    await router.complete("Two?")

    assert model.calls == 2


@pytest.mark.parametrize("wrong", [{"threshold": 0}, {"threshold": 1.1}, {"keep": 0}])
async def test_numbers_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(RouterConfigError, match=next(iter(wrong))):
        Semantic(Angles(), **wrong)
