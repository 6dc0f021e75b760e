"""What a router adds to a model call: this one and LiteLLM's, in turn, on the same work.

    python benchmarks/router_overhead.py [--json] [--repeats N] [--million] [--alone]

Every side runs in processes of its own, started in turn, so that a noisy moment meets all alike;
the figures are medians of N rounds. LiteLLM is installed into an environment of its own in the
user's cache folder; `--alone` leaves it out. Scenarios, each with 4 deployments:

- `memory`: the providers answer at once from memory (LiteLLM: its `mock_response`), 1 and 100
  calls at once, by strategy;
- `http`: 50 calls at once to a local HTTP server, with aiohttp and httpx by themselves beside it;
- `selection`: from the request to the ranking, of 4 and of 100 deployments;
- `million` (only when asked, some minutes): how much memory a million calls leave behind.

`cpu_us` is CPU time of the calling process per call with what it does in the background, `wall_us`
time per call, `import_s` and `rss_mb` what importing costs and what the process has at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Protocol

PROMPT = "Hello, what is the capital of France? Answer in one word."
MODELS = ("gpt-4o-mini", "gpt-4o", "gpt-4.1", "gpt-4.1-mini")
DEPLOYMENTS = 4
MILLION = 1_000_000
SCENARIOS: dict[str, dict[str, tuple[str, ...]]] = {
    "memory": {
        "ours": ("cost", "latency", "quality", "hybrid"),
        "litellm": ("simple-shuffle", "cost-based-routing", "latency-based-routing"),
    },
    "http": {
        "ours": ("latency",),
        "litellm": ("simple-shuffle",),
        "aiohttp": ("raw",),
        "httpx": ("raw",),
    },
    "selection": {"ours": ("cost", "latency", "quality", "hybrid"), "litellm": ("simple-shuffle",)},
}

Call = Callable[[], Awaitable[object]]
Figures = dict[str, float]


class Side(Protocol):
    """One of those compared."""

    def memory(self, strategy: str) -> Call:
        """Ask models that answer from memory."""
        ...

    def http(self, strategy: str, url: str) -> Call:
        """Ask models behind a local server."""
        ...

    async def selection(self, strategy: str, deployments: int) -> Call:
        """Choose a deployment, and do not call it."""
        ...


class Ours:
    """This library's router: budget, ledger, breakers and telemetry are on (no SDK listens)."""

    def __init__(self) -> None:
        from quantumlayer import router  # noqa: PLC0415 -- not there on the other side

        self._router = router
        self._make = router.Router  # names load when they are first used

    def memory(self, strategy: str) -> Call:
        """See `Side`."""
        made = self._of(strategy, DEPLOYMENTS)
        return lambda: made.complete(PROMPT)

    def http(self, strategy: str, url: str) -> Call:
        """See `Side`."""
        from quantumlayer.router.providers import OpenAICompatible  # noqa: PLC0415 -- as above

        models = [
            OpenAICompatible(model, base_url=url, provider="openai", name=f"d{number}")
            for number, model in enumerate(MODELS)
        ]
        made = self._make(models, strategy=self._strategy(strategy))
        return lambda: made.complete(PROMPT)

    async def selection(self, strategy: str, deployments: int) -> Call:
        """See `Side`."""
        from quantumlayer.messages import ModelRequest  # noqa: PLC0415 -- as above
        from quantumlayer.router._call import Call as RoutedCall  # noqa: PLC0415 -- as above
        from quantumlayer.router._selection import select  # noqa: PLC0415 -- measured from within

        made, chosen = self._of(strategy, deployments), self._strategy(strategy)
        for _ in range(deployments):
            await made.complete(PROMPT)
        call = RoutedCall(
            ModelRequest.of(PROMPT),
            made._budgets,  # noqa: SLF001 -- measured from within
            now_s=time.monotonic(),
            seed=Random(1).getrandbits(64),
        )

        async def once() -> None:
            select(chosen, call, made._deployments, unix_s=time.time())  # noqa: SLF001 -- as above

        return once

    def _of(self, strategy: str, count: int) -> Any:
        from quantumlayer.messages import ModelReply, Usage  # noqa: PLC0415 -- as above
        from quantumlayer.testing import ScriptedModel  # noqa: PLC0415 -- as above

        reply = ModelReply("Paris", "scripted", "model", usage=Usage(20, output_tokens=1))
        price = self._router.Price
        models = [
            ScriptedModel(
                reply,
                model=f"model-{number}",
                card=self._router.ModelCard(
                    price=price.usd(input_usd=1 + number / 10, output_usd=4.0),
                    max_output_tokens=4096,
                    quality=0.5 + number / 1000,
                ),
                keep=0,
            )
            for number in range(count)
        ]
        budgets = [self._router.Budget(usd=1e9, per="day")]
        return self._make(models, strategy=self._strategy(strategy), budgets=budgets)

    def _strategy(self, name: str) -> Any:
        return {
            "cost": self._router.CostBasedRouting,
            "latency": self._router.LatencyBasedRouting,
            "quality": self._router.QualityBasedRouting,
            "hybrid": self._router.HybridRouting,
        }[name]()


class LiteLLM:
    """The other router, with its defaults, limits so high that they never count, and no logging."""

    def __init__(self) -> None:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would fetch its prices
        import litellm  # type: ignore[import-not-found]  # noqa: PLC0415 -- not ours

        litellm.suppress_debug_info = True
        self._library = litellm

    def memory(self, strategy: str) -> Call:
        """See `Side`."""
        return self._asks(self._of(strategy, DEPLOYMENTS, mock_response="Paris"))

    def http(self, strategy: str, url: str) -> Call:
        """See `Side`."""
        return self._asks(self._of(strategy, DEPLOYMENTS, api_base=url))

    async def selection(self, strategy: str, deployments: int) -> Call:
        """See `Side`."""
        made = self._of(strategy, deployments, mock_response="Paris")
        messages = [{"role": "user", "content": PROMPT}]
        return lambda: made.async_get_available_deployment(
            model="m", messages=messages, request_kwargs={}
        )

    def _asks(self, made: Any) -> Call:
        messages = [{"role": "user", "content": PROMPT}]
        return lambda: made.acompletion(model="m", messages=messages)

    def _of(self, strategy: str, count: int, **how: str) -> Any:
        models = [
            {
                "model_name": "m",
                "litellm_params": {
                    "model": f"openai/{MODELS[number % len(MODELS)]}",
                    "api_key": "x",
                    "rpm": 10_000_000,
                    "tpm": 10_000_000_000,
                    **how,
                },
                "model_info": {"id": f"d{number}"},
            }
            for number in range(count)
        ]
        return self._library.Router(model_list=models, routing_strategy=strategy)


class Bare:
    """A library by itself: the request made, the answer parsed, nothing else."""

    def __init__(self, library: str) -> None:
        self._library = library
        self._client: object = None  # kept, or it would complain of having been left open

    def memory(self, strategy: str) -> Call:
        """See `Side`."""
        raise NotImplementedError(f"{self._library} routes nothing: measure `http`, not {strategy}")

    async def selection(self, strategy: str, deployments: int) -> Call:
        """See `Side`."""
        del deployments
        raise NotImplementedError(f"{self._library} ranks nothing: measure `http`, not {strategy}")

    def http(self, strategy: str, url: str) -> Call:
        """See `Side`."""
        del strategy
        address = f"{url}/chat/completions"
        asked = {"model": MODELS[0], "messages": [{"role": "user", "content": PROMPT}]}
        if self._library == "aiohttp":
            import aiohttp  # noqa: PLC0415 -- one side at a time

            self._client = session = aiohttp.ClientSession()

            async def ask() -> object:
                async with session.post(address, json=asked) as response:
                    return await response.json()

            return ask
        import httpx  # noqa: PLC0415 -- one side at a time

        self._client = client = httpx.AsyncClient()

        async def get() -> object:
            return (await client.post(address, json=asked)).json()

        return get


async def timed(call: Call, *, calls: int, concurrent: int) -> Figures:
    """CPU time, wall time and calls a second, with what is left running in the background."""
    todo = iter(range(calls))

    async def work() -> None:
        for _ in todo:
            await call()

    gc.collect()
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(concurrent)))
    wall_s = time.perf_counter() - wall_s
    for _ in range(40):  # LiteLLM logs in tasks of its own, which are part of the price
        await asyncio.sleep(0.05)
        if len(asyncio.all_tasks()) <= 2:
            break
    cpu_s = time.process_time() - cpu_s
    return {
        "cpu_us": cpu_s / calls * 1e6,
        "wall_us": wall_s / calls * 1e6,
        "calls_per_s": calls / wall_s,
    }


async def measure(side: str, scenario: str, strategy: str, url: str) -> Figures:
    """All figures of one side in one scenario, in a process of its own."""
    logging.disable(logging.CRITICAL)
    before_mb, begun = rss_mb(), time.perf_counter()
    made: Side
    if side == "ours":
        made = Ours()
    elif side == "litellm":
        made = LiteLLM()
    else:
        made = Bare(side)
    figures = {"import_s": time.perf_counter() - begun, "import_mb": rss_mb() - before_mb}
    quick = side != "litellm"
    if scenario == "memory":
        call = made.memory(strategy)
        await timed(call, calls=1000 if quick else 200, concurrent=100)
        for concurrent in (1, 100):
            calls = 10_000 if quick else 500
            found = await timed(call, calls=calls, concurrent=concurrent)
            figures.update({f"{name}_at_{concurrent}": value for name, value in found.items()})
    elif scenario == "http":
        call = made.http(strategy, url)
        await timed(call, calls=200, concurrent=50)
        found = await timed(call, calls=4000 if quick else 1000, concurrent=50)
        figures.update({f"{name}_at_50": value for name, value in found.items()})
    elif scenario == "selection":
        for deployments in (4, 100):
            call = await made.selection(strategy, deployments)
            await timed(call, calls=100, concurrent=1)
            calls = (40_000 if quick else 4_000) // deployments
            found = await timed(call, calls=calls, concurrent=1)
            figures[f"cpu_us_of_{deployments}"] = found["cpu_us"]
    else:
        call = made.memory(strategy)
        await timed(call, calls=50_000, concurrent=100)  # what is bounded has filled up by now
        start_mb = rss_mb()
        await timed(call, calls=MILLION, concurrent=100)
        figures["growth_mb"] = rss_mb() - start_mb
    return {**figures, "rss_mb": rss_mb()}


def rss_mb() -> float:
    """What this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def report(side: str, scenario: str, strategy: str, url: str) -> None:
    """Print one side's figures and end at once: what it leaves running need not be waited for."""
    print(json.dumps(await measure(side, scenario, strategy, url)), flush=True)
    os._exit(0)


# --- all sides in turn ---------------------------------------------------------------------------


def compare(
    repeats: int, *, peer: str | None, million: bool
) -> dict[str, dict[str, dict[str, Figures]]]:
    """Scenario → side → strategy → medians."""
    rounds: dict[tuple[str, str, str], list[Figures]] = {}
    with server() as url:
        for _ in range(repeats):
            for scenario, sides in SCENARIOS.items():
                for side, strategies in sides.items():
                    python = peer if side == "litellm" else sys.executable
                    for strategy in strategies if python else ():
                        key = (scenario, side, strategy)
                        rounds.setdefault(key, []).append(child(python or "", *key, url))
        if million:
            key = ("million", "ours", "latency")
            rounds[key] = [child(sys.executable, *key, url)]
    table: dict[str, dict[str, dict[str, Figures]]] = {}
    for (scenario, side, strategy), found in rounds.items():
        medians = {
            name: round(statistics.median(each[name] for each in found), 3) for name in found[0]
        }
        table.setdefault(scenario, {}).setdefault(side, {})[strategy] = medians
    return table


def child(python: str, scenario: str, side: str, strategy: str, url: str) -> Figures:
    """Run one side in one scenario."""
    command = [python, __file__, "--child", side, scenario, strategy, url]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


@contextlib.contextmanager
def server() -> Iterator[str]:
    """A server in a process of its own that answers every request with the same completion."""
    from provider_http import serve  # type: ignore[import-not-found]  # noqa: PLC0415 -- not for the children

    here, there = multiprocessing.Pipe()
    running = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    running.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/v1"
    finally:
        running.terminate()


def ratios(table: dict[str, dict[str, dict[str, Figures]]]) -> dict[str, float]:
    """The best of the others over the worst of ours, and ours over the bare libraries."""
    found: dict[str, float] = {}

    def over(scenario: str, figure: str) -> None:
        other = min(row[figure] for row in table[scenario]["litellm"].values())
        ours = max(row[figure] for row in table[scenario]["ours"].values())
        found[f"litellm/ours {scenario} {figure}"] = round(other / ours, 2)

    if "litellm" in table["memory"]:
        for figure in ("cpu_us_at_1", "cpu_us_at_100", "import_s", "rss_mb"):
            over("memory", figure)
        for figure in ("cpu_us_at_50", "wall_us_at_50"):
            over("http", figure)
        over("selection", "cpu_us_of_4")
    for bare in ("aiohttp", "httpx"):
        for figure in ("cpu_us_at_50", "wall_us_at_50"):
            ours = table["http"]["ours"]["latency"][figure]
            found[f"ours/{bare} http {figure}"] = round(
                ours / table["http"][bare]["raw"][figure], 2
            )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--million", action="store_true", help="also run a million calls")
    parser.add_argument("--alone", action="store_true", help="without LiteLLM")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        asyncio.run(report(*options.child))
    peer = None
    if not options.alone:
        from peers import LITELLM, environment  # type: ignore[import-not-found]  # noqa: PLC0415 -- not for the children

        peer = str(environment(LITELLM))
    table = compare(options.repeats, peer=peer, million=options.million)
    if options.json:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        figures = {"benchmark": "router_overhead", **machine, "figures": table}
        print(json.dumps({**figures, "ratios": ratios(table)}))
        return
    for scenario, sides in table.items():
        for side, strategies in sides.items():
            for strategy, row in strategies.items():
                print(scenario, side, strategy, *(f"{name}={row[name]}" for name in row))
    for name, ratio in ratios(table).items():
        print(name, ratio)


if __name__ == "__main__":
    main()
