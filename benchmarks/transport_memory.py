"""What messages cost in one process: the envelope alone, and the memory transport.

Usage: python benchmarks/transport_memory.py [--backend asyncio|trio] [--json]

Figures are of the fastest of nine rounds: whatever else the machine does only adds to them. Every
round trip encodes and decodes two envelopes with 512 bytes of payload.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable

import anyio

from quantumlayer.transport import Envelope, Memory
from quantumlayer.transport._codec import decode, encode

PAYLOAD = os.urandom(512)
MESSAGE = Envelope(
    "quantumlayer.SystemDesign", PAYLOAD, sender="Architect", tenant="acme", budget_nanousd=10**9
)
ROUNDS = 9
CALLS = 20_000


def time_us(call: Callable[[], object]) -> float:
    """Return the duration of a call in microseconds, from the fastest round."""
    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(CALLS):
            call()
        rounds.append((time.perf_counter() - begin) / CALLS * 1e6)
    return min(rounds)


def envelope() -> dict[str, float]:
    """Time the codec, with every field that a request inside a traced run has."""
    message_id, parent, deadline_unix_us = os.urandom(16), os.urandom(25), time.time_ns() // 1_000

    def write() -> bytes:
        return encode(MESSAGE, message_id, trace_parent=parent, deadline_unix_us=deadline_unix_us)

    data = write()
    encode_us, decode_us = time_us(write), time_us(lambda: decode(data, "agents.Architect"))
    return {
        "envelope_encode_us": encode_us,
        "envelope_decode_us": decode_us,
        "envelope_both_us": encode_us + decode_us,
        "envelope_overhead_bytes": len(data) - len(PAYLOAD),
    }


async def round_trips(in_flight: int) -> float:
    """Return how many requests a second are answered, with so many in flight."""

    async def echo(request: Envelope) -> Envelope:
        return Envelope(request.type, request.payload)

    async def requester() -> None:
        for _ in range(CALLS // in_flight):
            await bus.request("echo", MESSAGE)

    rates = []
    async with Memory() as bus:
        await bus.serve("echo", echo)
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            async with anyio.create_task_group() as requesters:
                for _ in range(in_flight):
                    requesters.start_soon(requester)
            rates.append(CALLS / (time.perf_counter() - begin))
    return max(rates)


async def publications() -> float:
    """Return how many publications a second reach their subscriber."""
    rates = []
    async with Memory() as bus:
        arrived, all_here = 0, anyio.Event()

        async def count(_envelope: Envelope) -> None:
            nonlocal arrived
            arrived += 1
            if arrived == CALLS:
                all_here.set()

        await bus.subscribe("counted", count)
        for _ in range(ROUNDS):
            arrived, all_here = 0, anyio.Event()
            begin = time.perf_counter()
            for _ in range(CALLS):
                await bus.publish("counted", MESSAGE)
            await all_here.wait()
            rates.append(CALLS / (time.perf_counter() - begin))
    return max(rates)


async def measure() -> dict[str, float]:
    """Measure everything."""
    return {
        **envelope(),
        "round_trips_per_s_sequential": await round_trips(1),
        "round_trips_per_s_100_in_flight": await round_trips(100),
        "publications_per_s": await publications(),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--backend", choices=["asyncio", "trio"], default="asyncio")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    figures = anyio.run(measure, backend=options.backend)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name:34} {value:12,.2f}")


if __name__ == "__main__":
    main()
