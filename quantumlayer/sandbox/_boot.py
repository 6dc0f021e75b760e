"""Does the service start, answer, stay, and stop when asked?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version

import anyio

from quantumlayer.messages import Outcome, Verdict
from quantumlayer.sandbox._sandbox import Sandbox
from quantumlayer.sandbox._service import SERVICE_LIMITS, Service
from quantumlayer.sandbox._verdict import Tool, tidy

__all__ = ["check_boot"]

STARTS = 3  # A start that fails every second time is missed once in eight checks.
ANSWER_S, STAY_S, STOP_S = 20.0, 0.1, 5.0
HEALTH = "/health"
OK = 200


async def check_boot(sandbox: Sandbox, tree: Mapping[str, bytes], *, entry_point: str) -> Verdict:
    """Start the service from cold several times, each with another hash seed."""
    tool = Tool("boot", "uvicorn", version("uvicorn"), (entry_point, f"GET {HEALTH}"))
    figures = {"starts": float(STARTS)}
    for start in range(STARTS):
        problem = await _start_once(sandbox, tree, entry_point, hash_seed=start)
        if problem:
            path = entry_point.partition(":")[0].replace(".", "/") + ".py"
            finding = tool.finding(path, None, problem)
            return tool.verdict(Outcome.FAIL, f"Start {start + 1}: {problem}.", figures, [finding])
    summary = f"It started {STARTS} times, answered GET {HEALTH} and stopped when asked."
    return tool.verdict(Outcome.PASS, summary, figures)


async def _start_once(
    sandbox: Sandbox, tree: Mapping[str, bytes], entry_point: str, *, hash_seed: int
) -> str:
    """Return what went wrong, or the empty string."""
    env = {"PYTHONHASHSEED": str(hash_seed)}
    limits = replace(SERVICE_LIMITS, wall_s=2 * ANSWER_S)
    async with sandbox.serve(entry_point, files=tree, limits=limits, env=env) as service:
        status = await _first_status(service)
        with anyio.move_on_after(STAY_S):
            await service.wait()
        if not service.running:
            return f"it ended with status {service.exit_code}{_last_line(service)}"
        if status is None:
            return f"GET {HEALTH} was not answered within {ANSWER_S:g} s"
        if status != OK:
            return f"GET {HEALTH} was answered with status {status}"
        if not await service.stop(grace_s=STOP_S):
            return f"it did not stop within {STOP_S:g} s of SIGTERM"
    return ""


async def _first_status(service: Service) -> int | None:
    """Ask until an answer comes, the service ends, or it takes too long."""
    import httpx  # noqa: PLC0415 -- heavy, and used by this check only

    status = None
    with anyio.move_on_after(ANSWER_S):
        transport = httpx.AsyncHTTPTransport(uds=str(service.socket))
        async with (
            httpx.AsyncClient(transport=transport, timeout=ANSWER_S) as client,
            anyio.create_task_group() as tasks,
        ):

            async def give_up() -> None:
                await service.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(give_up)
            try:
                # The body is a stranger's and may have no end; the status is all that counts.
                async with client.stream("GET", f"http://service{HEALTH}") as answer:
                    status = answer.status_code
            except httpx.TransportError:
                await service.wait()  # It closed the connection: it ends, or is given up.
            tasks.cancel_scope.cancel()
    return status


def _last_line(service: Service) -> str:
    lines = service.log.decode(errors="replace").strip().splitlines()
    return f": {tidy(lines[-1])}" if lines else ""
