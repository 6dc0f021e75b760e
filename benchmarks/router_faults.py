"""What callers lose to faults: this router and LiteLLM's, in turn, at the same local servers.

    python benchmarks/router_faults.py [--json] [--litellm PYTHON | --alone]

LiteLLM is installed into an environment of its own in the user's cache folder; PYTHON is the
interpreter of another one that has it, `--alone` leaves it out. Each side runs in a process of its
own, with its defaults where nothing else is said:

- `lost_*`: of 60 new routers over one failing and one working deployment, how many lost their first
  request (LiteLLM picks at random, so its figure changes from run to run);
- `hits_on_dead`: how many attempts of 100 requests at once met a dead deployment when its pause had
  ended;
- `overspent`: what 100 requests at once cost, as a multiple of the budget they share;
- `refused_without_budget`: of 20 requests to a router without a budget, made after another router
  has used up its own, how many were refused;
- `p99_ms` and `more_calls`: over two deployments that answer in 50 ms and one time in twenty in a
  second, what the slowest of 100 callers wait, and how many more calls than requests that takes.
  Ours hedges, as its defaults have it; the other has nothing of the kind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any, Protocol

ANSWER = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Paris"},
        }
    ],
    "usage": {"prompt_tokens": 20, "completion_tokens": 1, "total_tokens": 21},
}
ERROR = {"error": {"message": "boom", "type": "x", "code": "y"}}
ANSWER_USD = (20 * 0.15 + 1 * 0.6) / 1e6  # gpt-4o-mini, in the price maps of both
BUDGET_USD = 2e-5
PAUSE_S = 2
REQUESTS = 1000  # of which ten come at once
USUAL_S, STUCK_S, STUCK = 0.05, 1.0, 0.05

Ask = Callable[[], Awaitable[object]]


class Server:
    """Answers every request with one status, after a time, and counts them."""

    def __init__(
        self, status: int = 200, header: str = "", takes_s: Callable[[], float] | None = None
    ) -> None:
        self._status, self._header, self._takes_s = status, header, takes_s
        self.hits = 0
        self.port = 0

    async def start(self) -> Server:
        """Listen."""
        listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = listener.sockets[0].getsockname()[1]
        return self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = json.dumps(ANSWER if self._status == 200 else ERROR).encode()
        head = (
            f"HTTP/1.1 {self._status} X\r\ncontent-type: application/json\r\n{self._header}"
            f"content-length: {len(body)}\r\n\r\n"
        )
        try:
            while True:
                asked = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(asked.partition(b"content-length:")[2].split()[0]))
                self.hits += 1
                if self._takes_s is not None:
                    await asyncio.sleep(self._takes_s())
                writer.write(head.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


class Side(Protocol):
    """One of the two routers."""

    def router(self, *ports: int, budget_usd: float | None = None, hedging: bool = False) -> Ask:
        """A new router over deployments at these ports: asks once."""
        ...


class Ours:
    """This library's."""

    def __init__(self) -> None:
        self._made: list[object] = []  # kept to the end: one that goes unclosed is complained of

    def router(self, *ports: int, budget_usd: float | None = None, hedging: bool = False) -> Ask:
        """A router that goes by turns."""
        from quantumlayer.router import (  # noqa: PLC0415 -- not there on the other side
            BreakerPolicy,
            Budget,
            Hedging,
            RoundRobin,
            Router,
        )
        from quantumlayer.router.providers import OpenAICompatible  # noqa: PLC0415 -- not there on the other side

        models = [
            OpenAICompatible(
                "gpt-4o-mini",
                base_url=f"http://127.0.0.1:{port}/v1",
                provider="openai",
                name=f"d{number}",
            )
            for number, port in enumerate(ports)
        ]
        router = Router(
            models,
            strategy=RoundRobin(),
            budgets=[] if budget_usd is None else [Budget(usd=budget_usd, per="day")],
            breaker=BreakerPolicy(open_s=PAUSE_S),
            hedging=Hedging() if hedging else None,
        )
        self._made.append(router)
        return lambda: router.complete("hi", max_output_tokens=1)


class LiteLLM:
    """The other one's."""

    def __init__(self) -> None:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        logging.disable(logging.CRITICAL)
        self._made = 0

    def router(
        self,
        *ports: int,
        budget_usd: float | None = None,
        hedging: bool = False,  # noqa: ARG002 -- it has none
    ) -> Ask:
        """A router with its default strategy."""
        from litellm import Router  # type: ignore[import-not-found]  # noqa: PLC0415 -- not ours

        self._made += 1
        models = [
            {
                "model_name": "m",
                "litellm_params": {
                    "model": "openai/gpt-4o-mini",
                    "api_base": f"http://127.0.0.1:{port}/v1",
                    "api_key": "x",
                },
                "model_info": {"id": f"{self._made}-{number}"},
            }
            for number, port in enumerate(ports)
        ]
        options: dict[str, Any] = {
            "num_retries": 2,
            "allowed_fails": 0,  # pauses at the first failure, which is its best case
            "cooldown_time": PAUSE_S,
        }
        if budget_usd is not None:
            limit = {"budget_limit": budget_usd, "time_period": "1d"}
            options["provider_budget_config"] = {"openai": limit}
        router = Router(model_list=models, **options)
        messages = [{"role": "user", "content": "hi"}]
        return lambda: router.acompletion(model="m", messages=messages, max_tokens=1)


async def failures(count: int, ask: Ask) -> int:
    """Ask so often at once; how many failed."""
    ends = await asyncio.gather(*(ask() for _ in range(count)), return_exceptions=True)
    return sum(isinstance(end, BaseException) for end in ends)


async def measure(side: Side) -> dict[str, float]:
    """All figures of one side."""
    figures: dict[str, float] = {}
    good = await Server().start()
    closed = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    refused_port = closed.sockets[0].getsockname()[1]
    closed.close()
    bad = {
        "500": (await Server(500).start()).port,
        "429": (await Server(429, "retry-after: 3\r\n").start()).port,
        "refused": refused_port,
    }
    for kind, port in bad.items():
        lost = [await failures(1, side.router(port, good.port)) for _ in range(60)]
        figures[f"lost_{kind}"] = sum(lost)

    dead = await Server(500).start()
    ask = side.router(dead.port, good.port)
    for _ in range(20):
        await failures(1, ask)
    await asyncio.sleep(PAUSE_S * 1.2)
    before = dead.hits
    await failures(100, ask)
    figures["hits_on_dead"] = dead.hits - before

    paid = await Server().start()
    poor = side.router(paid.port, budget_usd=BUDGET_USD)
    await failures(100, poor)
    figures["overspent"] = round(paid.hits * ANSWER_USD / BUDGET_USD, 2)
    await asyncio.sleep(1.5)  # one that writes costs down later has done so by now
    await failures(1, poor)
    figures["refused_without_budget"] = await failures(20, side.router(paid.port))
    return figures | await stuck(side)


async def stuck(side: Side) -> dict[str, float]:
    """What a caller waits where one call in twenty is stuck, and what that costs."""
    random = Random(1)

    def takes_s() -> float:
        return STUCK_S if random.random() < STUCK else USUAL_S

    servers = [await Server(takes_s=takes_s).start() for _ in range(2)]
    ask = side.router(*(server.port for server in servers), hedging=True)
    waited_ms: list[float] = []

    async def caller() -> None:
        for _ in range(REQUESTS // 10):
            start_s = time.perf_counter()
            await ask()
            waited_ms.append((time.perf_counter() - start_s) * 1000)

    await asyncio.gather(*(caller() for _ in range(10)))
    hits = sum(server.hits for server in servers)
    return {
        "p99_ms": round(sorted(waited_ms)[REQUESTS * 99 // 100 - 1]),
        "more_calls": round(hits / REQUESTS - 1, 3),
    }


async def report(side: Side) -> None:
    """Print a side's figures and end at once: what it leaves running need not be waited for."""
    print(json.dumps(await measure(side)), flush=True)
    os._exit(0)


def main() -> None:
    """Run both sides and print what each has lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    peer = parser.add_mutually_exclusive_group()
    peer.add_argument("--litellm", metavar="PYTHON", help="an interpreter that has LiteLLM")
    peer.add_argument("--alone", action="store_true", help="without LiteLLM")
    parser.add_argument("--side", choices=["ours", "litellm"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        side: Side = Ours() if options.side == "ours" else LiteLLM()
        asyncio.run(report(side))
    sides = {"ours": sys.executable}
    if not options.alone:
        from peers import LITELLM, environment  # type: ignore[import-not-found]  # noqa: PLC0415 -- not for the children

        sides["litellm"] = options.litellm or str(environment(LITELLM))
    figures = {name: run(name, python) for name, python in sides.items()}
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for figure in figures["ours"]:
        print(figure, *(f"{name}={figures[name][figure]}" for name in figures))


def run(side: str, python: str) -> dict[str, float]:
    """Measure one side in a process of its own."""
    command = [python, str(Path(__file__)), "--side", side]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    main()
