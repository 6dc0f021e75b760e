"""What an adapter adds to a model call over HTTP: CPU time per call at a trivial local server.

    python benchmarks/provider_http.py [--json]

The server runs in a process of its own and answers at once, so what is measured is the caller: the
request, what carries it, the reading of the answer. aiohttp and httpx by themselves stand beside
it, and the router over the adapter. Needs the dependency group `test`. Medians of `--repeats` runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import platform
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
import httpx
from aiohttp import web
from httpx_aiohttp import HttpxAiohttpClient

from quantumlayer.messages import ModelRequest
from quantumlayer.router import Router
from quantumlayer.router.providers import OpenAICompatible

ASKED = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
REQUEST = ModelRequest.of("Hi")
COMPLETION = {
    "id": "c",
    "model": "m",
    "choices": [{"message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8},
}

Call = Callable[[], Awaitable[Any]]


def serve(ready: Connection) -> None:
    """Answer every request with the same completion, and tell the port."""
    body = json.dumps(COMPLETION).encode()

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, content_type="application/json")

    async def run() -> None:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", answer)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


@asynccontextmanager
async def callers(url: str) -> AsyncIterator[dict[str, Call]]:
    """Everything that is compared, ready to call."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        client = await stack.enter_async_context(httpx.AsyncClient())
        handed_in = OpenAICompatible("m", base_url=url, client=client)
        between = await stack.enter_async_context(HttpxAiohttpClient())
        carried = OpenAICompatible("m", base_url=url, client=between)
        own = OpenAICompatible("m", base_url=url)
        stack.push_async_callback(own.aclose)
        router = await stack.enter_async_context(
            Router([OpenAICompatible("m", base_url=url, name="routed")])
        )
        address = f"{url}/chat/completions"

        async def bare_aiohttp() -> Any:
            async with session.post(address, json=ASKED) as response:
                return await response.json()

        async def bare_httpx() -> Any:
            return (await client.post(address, json=ASKED)).json()

        yield {
            "aiohttp": bare_aiohttp,
            "adapter on aiohttp": lambda: own.complete(REQUEST),
            "router on aiohttp": lambda: router.complete("Hi"),
            "adapter on httpx_aiohttp": lambda: carried.complete(REQUEST),
            "httpx": bare_httpx,
            "adapter on httpx": lambda: handed_in.complete(REQUEST),
        }


async def cpu_us(call: Call, *, calls: int, concurrent: int) -> float:
    """CPU time of this process per call, in microseconds."""
    for _ in range(50):
        await call()
    todo = iter(range(calls))

    async def work() -> None:
        for _ in todo:
            await call()

    begun = time.process_time()
    await asyncio.gather(*(work() for _ in range(concurrent)))
    return (time.process_time() - begun) / calls * 1e6


async def measure(port: int, repeats: int) -> dict[str, dict[str, float]]:
    """Medians over several runs, in turn, so that a noisy moment meets all alike."""
    figures: dict[str, dict[str, list[float]]] = {}
    async with callers(f"http://127.0.0.1:{port}/v1") as calls:
        for _ in range(repeats):
            for name, call in calls.items():
                for concurrent in (1, 50):
                    us = await cpu_us(call, calls=1000, concurrent=concurrent)
                    row = figures.setdefault(name, {})
                    row.setdefault(f"cpu_us_concurrent_{concurrent}", []).append(us)
    return {
        name: {key: round(statistics.median(values), 1) for key, values in row.items()}
        for name, row in figures.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    try:
        figures = asyncio.run(measure(here.recv(), options.repeats))
    finally:
        server.terminate()
    if options.json:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        print(json.dumps({"benchmark": "provider_http", **machine, "figures": figures}))
        return
    for name, row in figures.items():
        print(name, *(f"{key}={value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
