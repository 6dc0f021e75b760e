"""The adapter and the router against servers that fail, on real sockets."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest
from loopback import (
    COMPLETION,
    END,
    GOOD,
    HANG,
    chunk,
    closed_port,
    delta,
    event,
    greeting,
    http,
    serving,
    sse,
)

from quantumlayer.errors import (
    InvalidRequestError,
    MalformedReplyError,
    ProviderError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    RouterConfigError,
    StreamInterruptedError,
)
from quantumlayer.messages import Done, ModelRequest, StreamEvent, TextDelta
from quantumlayer.router import (
    Candidate,
    ModelCard,
    Price,
    Ranked,
    RetryPolicy,
    Router,
    RoutingRequest,
)
from quantumlayer.router.providers import OpenAICompatible, _carriers, _http
from quantumlayer.testing import ScriptedModel

pytestmark = pytest.mark.anyio

HI = ModelRequest.of("Hi")


class ByName:
    """Rank by name: `openai_compatible/m` before `scripted/model`."""

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request
        return [Ranked(name, 0) for name in sorted(c.deployment for c in candidates)]


@asynccontextmanager
async def model_at(url: str) -> AsyncIterator[OpenAICompatible]:
    provider = OpenAICompatible("m", base_url=url, api_key="sk-secret")
    try:
        yield provider
    finally:
        await provider.aclose()


async def failure(url: str, *, stream: bool) -> ProviderError:
    async with model_at(url) as provider:
        with pytest.raises(ProviderError) as caught:
            await (read(provider) if stream else provider.complete(HI))
    assert "sk-secret" not in str(caught.value)
    return caught.value


async def read(provider: OpenAICompatible) -> list[StreamEvent]:
    async with provider.stream(HI) as events:
        return [event async for event in events]


WAYS = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@WAYS
@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        ([b""], ProviderUnavailableError, ""),  # closes without a word
        ([b"nonsense\r\n\r\n", b""], ProviderUnavailableError, ""),
        ([http("200 OK", b"")], ProviderError, ""),
        ([http("200 OK", b"<html>hello</html>", "text/html")], ProviderError, ""),
        ([http("200 OK", COMPLETION.encode()[:-5])], MalformedReplyError, "not JSON"),
        ([http("200 OK", b"[" * 100_000)], MalformedReplyError, "not JSON"),
        ([http("200 OK", b"[]")], MalformedReplyError, "no JSON object"),
        ([http("200 OK", b'{"error": {"message": "busy"}}')], ProviderUnavailableError, "busy"),
        ([GOOD[:-5], b""], ProviderUnavailableError, ""),
        ([http("301 Moved", b"", "text/html", "location: /")], InvalidRequestError, "base_url"),
        ([http("500 Oops", b"oops", "text/plain")], ProviderUnavailableError, "no reason given"),
        ([http("200 OK", b"\x1f\x8bnope", "application/json", "content-encoding: gzip")],
         MalformedReplyError, "compressed unasked"),
    ],
)  # fmt: skip
async def test_an_answer_that_is_none_is_an_error(
    answer: Sequence[bytes], kind: type[ProviderError], reason: str, *, stream: bool
) -> None:
    async with serving(answer) as server:
        error = await failure(server.url, stream=stream)

    assert isinstance(error, kind)
    assert reason in error.reason
    assert error.retryable or isinstance(error, InvalidRequestError)


@WAYS
async def test_a_refused_connection_is_an_error(*, stream: bool) -> None:
    port = await closed_port()

    error = await failure(f"http://127.0.0.1:{port}/v1", stream=stream)

    assert isinstance(error, ProviderUnavailableError)


@WAYS
async def test_a_host_that_does_not_exist_is_an_error(*, stream: bool) -> None:
    error = await failure("http://nobody.invalid/v1", stream=stream)

    assert isinstance(error, ProviderUnavailableError)


@WAYS
async def test_a_failed_tls_handshake_is_an_error(*, stream: bool) -> None:
    async with greeting(b"220 this is no TLS\r\n") as port:
        error = await failure(f"https://127.0.0.1:{port}/v1", stream=stream)

    assert isinstance(error, ProviderUnavailableError)


@pytest.mark.parametrize(
    "broken",
    [
        [sse(delta("Par"), done=False), b""],
        [sse(delta("Par"), delta("is"), done=False)[:-30]],
        [sse(delta("Par"), done=False), b"5\r\nda"],
        [sse(delta("Par"), {"error": {"message": "overloaded"}}, done=False)],
        [sse(delta("Par"), done=False), b"7\r\ndata: {\r\n2\r\n\n\n\r\n"],
        [sse(delta("Par"), done=False), END],
    ],
    ids=["closed", "cut in an event", "cut in a chunk", "error event", "bad JSON", "ends early"],
)
async def test_a_stream_that_breaks_says_so_with_what_had_arrived(broken: Sequence[bytes]) -> None:
    answer = [*broken, b""]
    async with serving(answer) as server, model_at(server.url) as provider:
        router = Router([provider], retry=RetryPolicy(rounds=1))
        with pytest.raises(StreamInterruptedError) as caught:
            await read_routed(router)

    assert caught.value.partial == "Par"
    [entry] = router.ledger.entries
    assert entry.attempt.error.startswith("StreamInterruptedError")


async def read_routed(router: Router) -> list[StreamEvent]:
    with anyio.fail_after(5):
        async with router.stream("Hi") as events:
            return [event async for event in events]


async def test_a_slow_first_byte_hands_over_to_another_deployment() -> None:
    free = ModelCard(price=Price())
    async with serving([HANG], [HANG]) as server, model_at(server.url) as slow:
        router = Router(
            [slow, ScriptedModel("Rome", card=free)],
            strategy=ByName(),
            retry=RetryPolicy(attempt_s=0.1),
        )
        whole = await router.complete("Hi")
        *_, last = await read_routed(router)

    assert whole.text == "Rome"
    assert isinstance(last, Done)
    assert last.reply.text == "Rome"
    errors = [entry.attempt.error.partition(":")[0] for entry in router.ledger.entries]
    assert errors[0] == "ProviderTimeoutError"


async def test_a_stall_in_mid_stream_ends_with_the_caller_s_deadline() -> None:
    answer = [sse(delta("Par"), done=False), HANG]
    seen: list[StreamEvent] = []
    async with serving(answer) as server, model_at(server.url) as provider:
        router = Router([provider])
        with anyio.move_on_after(0.3) as scope:
            async with router.stream("Hi") as events:
                async for event in events:
                    seen.append(event)  # noqa: PERF401 -- cut off before the end

    assert scope.cancelled_caught
    assert seen == [TextDelta("Par")]
    [entry] = router.ledger.entries
    assert entry.attempt.error == "the caller's deadline passed"


async def test_the_client_s_own_timeout_is_an_error() -> None:
    async with serving([HANG]) as server, httpx.AsyncClient(timeout=0.1) as client:
        provider = OpenAICompatible("m", base_url=server.url, client=client)
        with pytest.raises(ProviderTimeoutError):
            await provider.complete(HI)


async def test_a_body_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "_MAX_BODY_BYTES", 1000)
    async with serving([http("200 OK", b" " * 5000)]) as server:
        error = await failure(server.url, stream=False)

    assert isinstance(error, MalformedReplyError)
    assert error.reason == "the body is longer than 1000 bytes"


# --- what servers may do -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        [sse(delta("Pa"), delta("ris", "stop")), END],
        [sse(delta("Pa"), delta("ris", "stop"), done=False), END],
        [sse(delta("Pa"), delta("ris")), END],
        [sse(delta("Pa"), delta("ris"), done=False), b"c\r\ndata: [DONE]\r\n", END],
        [sse(delta("Pa"), delta("ris", "stop")), b"8\r\n: later\n\r\n", END],
        [sse(delta("Pa"), done=False), chunk(event(delta("ris", "stop"))[:-1]), END],
        [sse({"choices": []}, delta("Pa"), {"object": "ping"}, delta("ris", "stop")), END],
        [GOOD],
    ],
    ids=[
        "by the book",
        "no [DONE]",
        "no finish reason",
        "no last line end",
        "more behind",
        "no blank line at the end",
        "odd events",
        "not streamed at all",
    ],
)
async def test_a_stream_is_read_however_the_server_puts_it(answer: Sequence[bytes]) -> None:
    async with serving(answer) as server, model_at(server.url) as provider:
        *deltas, last = await read(provider)

    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == "Paris"
    assert isinstance(last, Done)
    assert last.reply.text == "Paris"
    assert last.reply.usage.estimated


async def test_half_a_character_at_the_end_is_replaced() -> None:
    answer = [sse(delta("Paris"), delta("\ud83d", "stop")), END]
    async with serving(answer) as server, model_at(server.url) as provider:
        *deltas, last = await read(provider)

    assert deltas == [TextDelta("Paris"), TextDelta("\ufffd")]
    assert isinstance(last, Done)
    assert last.reply.text == "Paris\ufffd"


async def test_connections_are_used_again_after_whole_answers_and_after_streams() -> None:
    stream = [sse(delta("Paris", "stop")), END]
    async with serving([GOOD], stream, stream, [GOOD]) as server, model_at(server.url) as provider:
        await provider.complete(HI)
        await read(provider)
        await read(provider)
        await provider.complete(HI)

    assert (len(server.requests), server.connections) == (4, 1)


async def test_the_credential_goes_into_one_header_and_nowhere_else() -> None:
    async with serving() as server, model_at(server.url) as provider:
        await provider.complete(HI)

    [request] = server.requests
    assert request.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert request.lower().count(b"sk-secret") == 1
    assert b"authorization: bearer sk-secret" in request.lower()


async def test_without_a_credential_no_header_is_sent() -> None:
    async with serving() as server:
        provider = OpenAICompatible("m", base_url=server.url)
        await provider.complete(HI)
        await provider.aclose()

    assert b"authorization" not in server.requests[0].lower()


def test_each_event_loop_gets_a_client_of_its_own(
    anyio_backend_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A session of aiohttp that nobody closes complains; a client of httpx does not.
    monkeypatch.setattr(_http, "has_aiohttp", lambda: False)
    endpoint = OpenAICompatible("m", base_url="http://127.0.0.1:1")._endpoint
    clients: list[object] = []

    async def use() -> None:
        clients.append(endpoint._own_carrier())
        assert endpoint._own_carrier() is clients[-1]

    for _ in range(2):
        anyio.run(use, backend=anyio_backend_name)
    assert clients[0] is not clients[1]


def test_a_client_of_another_library_brings_its_own_exceptions() -> None:
    class Client(httpx.AsyncClient):
        """A subclass of the user's: its module is not httpx's."""

    assert _carriers._library(Client()) is httpx
    assert _carriers._library(None) is httpx


@pytest.mark.parametrize(
    "url",
    [
        "api.openai.com/v1",
        "ftp://x.test/v1",
        "https://",
        "https://me:sk-secret@x.test/v1",
        "https://x.test/v1?key=sk-secret",
    ],
)
def test_an_address_that_is_none_or_holds_a_credential_is_refused(url: str) -> None:
    with pytest.raises(RouterConfigError) as caught:
        OpenAICompatible("m", base_url=url)

    assert "sk-secret" not in str(caught.value)
