"""Servers on loopback ports that answer as they are told, well or badly."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
from anyio.abc import ByteStream, SocketAttribute

HANG = b"(hang)"


def http(status: str, body: bytes, media_type: str = "application/json", *more: str) -> bytes:
    """A whole response."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {media_type}", *more]
    head = [*lines, f"content-length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def event(document: object) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def chunk(data: bytes) -> bytes:
    """A chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def sse(*documents: object, done: bool = True) -> bytes:
    """A whole response whose stream is as given, chunked."""
    events = [event(document) for document in documents]
    if done:
        events.append(b"data: [DONE]\n\n")
    body = b"".join(map(chunk, events))
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    return head + body


def delta(text: str, finish: str | None = None) -> dict[str, object]:
    """A piece of an answer, as OpenAI's chat completions give it."""
    return {"id": "r", "choices": [{"delta": {"content": text}, "finish_reason": finish}]}


COMPLETION = json.dumps({"choices": [{"message": {"content": "Paris"}, "finish_reason": "stop"}]})
GOOD = http("200 OK", COMPLETION.encode())
END = b"0\r\n\r\n"


class Server:
    """A server on a loopback port that gives each request the next of its answers.

    Args:
        answers: What to send, piece by piece; an empty piece at the end closes the connection.
        then: What to send when they are used up.
    """

    def __init__(self, answers: Sequence[Sequence[bytes]], then: Sequence[bytes]) -> None:
        self._answers = list(answers)
        self._then = then
        self.port = 0
        self.connections = 0
        self.requests: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def __call__(self, stream: ByteStream) -> None:
        self.connections += 1
        async with stream:
            try:
                while True:
                    await self._read_request(stream)
                    answer = self._answers.pop(0) if self._answers else self._then
                    for piece in answer:
                        if piece == HANG:
                            await anyio.sleep_forever()
                        await stream.send(piece)
                    if answer[-1:] == [b""]:
                        return
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return

    async def _read_request(self, stream: ByteStream) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += await stream.receive()
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        [length] = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
        while len(body) < length:
            body += await stream.receive()
        self.requests.append(head)


@asynccontextmanager
async def serving(
    *answers: Sequence[bytes], then: Sequence[bytes] = (GOOD,)
) -> AsyncIterator[Server]:
    """Serve until the context ends."""
    server = Server(answers, then)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server.port = listener.extra(SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, server)
        yield server
        group.cancel_scope.cancel()


@asynccontextmanager
async def greeting(words: bytes) -> AsyncIterator[int]:
    """Say the same to everybody at once and hang up; the port."""

    async def greet(stream: ByteStream) -> None:
        async with stream:
            await stream.send(words)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, greet)
        yield listener.extra(SocketAttribute.local_port)
        group.cancel_scope.cancel()


async def closed_port() -> int:
    """A port that nobody listens on."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port: int = listener.extra(SocketAttribute.local_port)
    await listener.aclose()
    return port
