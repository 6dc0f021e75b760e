"""A service in the sandbox: reached through one door, gone when the block is left."""

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import anyio
import httpx
import pytest

from quantumlayer.errors import SandboxError
from quantumlayer.sandbox import Limits, Sandbox

pytestmark = pytest.mark.anyio

# A bare ASGI application: `GET /PATH` answers what PATH() below returns.
APP = '''
import json, os, signal, socket, sys, time

TOKEN = "{token}"

def health(): return "ok"
def client(scope): return list(scope["client"])
def files(): return sorted(os.listdir("."))
def big(): return "x" * 3_000_000
def end(): os._exit(7)
def go_deaf(): signal.signal(signal.SIGTERM, signal.SIG_IGN)
def shout(): print("x" * 200_000 + "END", flush=True)
def write(): open("app.db", "w").write("x")

def hogs():
    for _ in range(8):
        if os.fork() == 0:
            held = bytearray(b"x") * (60 << 20)
            time.sleep(60)
    time.sleep(60)

def doors():
    """Every descriptor that is a listening Unix socket."""
    for name in os.listdir("/proc/self/fd"):
        try:
            door = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue
        if door.family == socket.AF_UNIX and door.getsockopt(socket.SOL_SOCKET, 30):
            yield door

def way_out(target):
    """Try to leave through the door: connect it elsewhere, also after shutting it down."""
    tried = []
    for door in doors():
        for prepare in (lambda: None, lambda: door.shutdown(2), lambda: door.bind("\\0mine")):
            try:
                prepare()
                door.connect("\\0" + target)
                tried.append("out")
            except OSError as error:
                tried.append(error.errno)
    return tried

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    name, _, argument = scope["path"].strip("/").partition("/")
    arguments = [scope] if name == "client" else [argument] if argument else []
    body = json.dumps(globals()[name](*arguments)).encode()
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": body}})
'''


def tree(token: str, *, before: str = "") -> dict[str, bytes]:
    return {"app/main.py": (before + APP.format(token=token)).encode()}


async def get(url: str, path: str) -> object:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/{path}", timeout=10)
        return answer.json()


async def test_it_answers_on_a_port_of_the_host(sandbox: Sandbox, token: str) -> None:
    async with sandbox.serve(files=tree(token)) as service:
        assert await get(service.url, "health") == "ok"
        assert await get(service.url, "client") == ["127.0.0.1", 0]
        assert service.running


async def test_answers_of_any_size_and_many_at_once_come_through(
    sandbox: Sandbox, token: str
) -> None:
    sizes = []

    async with sandbox.serve(files=tree(token)) as service:

        async def ask() -> None:
            sizes.append(len(str(await get(service.url, "big"))))

        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(ask)

    assert sizes == [3_000_000] * 8


async def test_nothing_is_left_when_the_block_is_left(
    sandbox: Sandbox, token: str, left: Callable[[], list[str]]
) -> None:
    async with sandbox.serve(files=tree(token), env={"TOKEN": token}) as service:
        await get(service.url, "health")
        url = service.url

    assert left() == []
    with pytest.raises(httpx.ConnectError):
        await get(url, "health")
    assert not service.socket.exists()


async def test_a_cancelled_service_that_does_not_listen_ends_within_a_second(
    sandbox: Sandbox, token: str
) -> None:
    with anyio.CancelScope() as scope:
        async with sandbox.serve(files=tree(token)) as service:
            await get(service.url, "go_deaf")
            cancelled = time.monotonic()
            scope.cancel()
            await anyio.sleep_forever()

    assert time.monotonic() - cancelled < 1
    assert not service.running


async def test_stopping_says_whether_it_stopped_when_asked(sandbox: Sandbox, token: str) -> None:
    async with sandbox.serve(files=tree(token)) as service:
        await get(service.url, "health")
        assert await service.stop()
        assert service.exit_code == 143
    async with sandbox.serve(files=tree(token)) as service:
        await get(service.url, "go_deaf")
        assert not await service.stop(grace_s=0.3)
        assert not service.running


async def test_it_has_no_network_and_no_way_out_through_its_door(
    sandbox: Sandbox, token: str
) -> None:
    name = f"quantumlayer-{token_hex(8)}"
    with socket.socket(socket.AF_UNIX) as outside:
        outside.bind("\0" + name)
        outside.listen()
        async with sandbox.serve(files=tree(token)) as service:
            tried = await get(service.url, f"way_out/{name}")

    assert isinstance(tried, list)
    assert tried
    assert "out" not in tried


async def test_its_end_is_seen_and_its_connections_are_closed(sandbox: Sandbox, token: str) -> None:
    async with sandbox.serve(files=tree(token)) as service:
        with pytest.raises(httpx.TransportError):
            await get(service.url, "end")
        with anyio.fail_after(5):
            await service.wait()
        assert (service.running, service.exit_code, service.ended_by) == (False, 7, "exit")
        with pytest.raises(httpx.TransportError):
            await get(service.url, "health")


async def test_an_application_that_cannot_be_imported_ends_and_says_why(
    sandbox: Sandbox, token: str
) -> None:
    async with sandbox.serve(files=tree(token, before="import nothing_like_that\n")) as service:
        with anyio.fail_after(10):
            await service.wait()

    assert service.exit_code == 1
    assert b"No module named 'nothing_like_that'" in service.log


async def test_it_is_ended_at_its_limits(sandbox: Sandbox, token: str) -> None:
    async with sandbox.serve(files=tree(token), limits=Limits(wall_s=0.5)) as service:
        with anyio.fail_after(2):
            await service.wait()
        assert (service.ended_by, service.exit_code) == ("wall_s", 137)


async def test_many_processes_of_a_service_share_one_limit_of_memory(
    sandbox: Sandbox, token: str
) -> None:
    limits = Limits(memory_bytes=300 << 20)
    async with sandbox.serve(files=tree(token), limits=limits) as service:
        with pytest.raises(httpx.TransportError):
            await get(service.url, "hogs")
        with anyio.fail_after(5):
            await service.wait()
        assert service.ended_by == "memory_bytes"


async def test_an_error_in_the_block_comes_out_as_it_is(sandbox: Sandbox, token: str) -> None:
    with pytest.raises(KeyError, match="mine"):
        async with sandbox.serve(files=tree(token)):
            raise KeyError("mine")


async def test_the_newest_of_its_output_is_kept(sandbox: Sandbox, token: str) -> None:
    async with sandbox.serve(files=tree(token), limits=Limits(output_bytes=10_000)) as service:
        await get(service.url, "shout")
        await service.stop()

    assert len(service.log) <= 10_000
    assert b"END" in service.log


async def test_a_port_that_is_taken_is_named(sandbox: Sandbox, token: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"{port} cannot be listened on"):
            async with sandbox.serve(files=tree(token), port=port):
                pass


async def test_a_folder_for_sockets_that_is_too_deep_is_named(
    sandbox: Sandbox, token: str, tmp_path: Path
) -> None:
    deep = tmp_path / ("x" * 100)
    await anyio.Path(deep).mkdir()
    runner = replace(sandbox.runner, home=deep)

    with pytest.raises(SandboxError, match="use a shorter TMPDIR"):
        async with replace(sandbox, runner=runner).serve(files=tree(token)):
            pass


async def test_two_services_run_side_by_side_and_share_nothing(
    sandbox: Sandbox, token: str
) -> None:
    async with (
        sandbox.serve(files=tree(token)) as first,
        sandbox.serve(files=tree(token)) as second,
    ):
        await get(first.url, "write")

        assert await get(first.url, "files") == ["app", "app.db"]
        assert await get(second.url, "files") == ["app"]
