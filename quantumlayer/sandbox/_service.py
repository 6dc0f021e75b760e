"""A service behind the wall, and the one door to it: a socket that the host made.

The service is handed a listening Unix socket and nothing else that leads out: what it could do with
it is accept, and a socket that it made itself, in a shared folder, could be swapped for a link to
another. The host forwards a TCP port of its own to that socket.
"""

from __future__ import annotations

import math
import secrets
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import FileIO
from pathlib import Path

import anyio
from anyio.abc import Listener, SocketAttribute, SocketStream

from quantumlayer.errors import SandboxError
from quantumlayer.sandbox._attend import Attendance, OverMemory, end_at_memory_limit
from quantumlayer.sandbox._jail import Jail, read_some
from quantumlayer.sandbox._level import KILLED, EndedBy, Limits
from quantumlayer.sandbox._runner import Job, Runner

__all__ = ["SERVICE_LIMITS", "Service", "serve"]

SERVICE_LIMITS = Limits(wall_s=math.inf, cpu_s=math.inf)
STOP_S, LEAVE_S = 5.0, 0.5
CONNECTIONS = 256
BACKLOG = 128


@dataclass(slots=True)
class Service:
    """A service that runs.

    Attributes:
        url: Where the host reaches it, such as `http://127.0.0.1:8000`.
        socket: The Unix socket behind it, on the host.
        log: The newest of what it wrote to stdout and stderr, up to `Limits.output_bytes`.
    """

    url: str
    socket: Path
    log: bytearray
    _jailed: Jail
    _attendance: Attendance = field(default_factory=Attendance)
    _ended: anyio.Event = field(default_factory=anyio.Event)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return not self._ended.is_set()

    @property
    def exit_code(self) -> int | None:
        """Its exit status, 128 + n where signal n ended it; None while it runs."""
        if self.running or self._jailed.exit_code is not None:
            return self._jailed.exit_code
        return KILLED

    @property
    def ended_by(self) -> EndedBy:
        """`exit`, or the limit that ended it; has a meaning only when it has ended."""
        return self._attendance.ended_by

    async def wait(self) -> None:
        """Wait until it has ended."""
        await self._ended.wait()

    async def stop(self, *, grace_s: float = STOP_S) -> bool:
        """Ask it to stop, by SIGTERM, and end it if it does not. Returns when it has ended.

        Args:
            grace_s: How long it may take, in seconds.

        Returns:
            Whether it stopped when asked.
        """
        self._jailed.terminate()
        with anyio.move_on_after(grace_s) as patience:
            await self._ended.wait()
        self._jailed.kill()
        await self._ended.wait()
        return not patience.cancelled_caught


@asynccontextmanager
async def serve(
    runner: Runner,
    entry_point: str,
    files: Mapping[str, bytes],
    address: tuple[str, int],
    limits: Limits,
    env: Mapping[str, str],
) -> AsyncIterator[Service]:
    """Do what `Sandbox.serve` says."""
    path = runner.home / f"{secrets.token_hex(8)}.socket"
    failure: Exception | None = None
    async with await _listen_outside(*address) as outside:
        with _listen_inside(path) as door:
            tool = runner.tool("serve.py", entry_point, str(door.fileno()))
            job = Job(tool, files, limits, env, (door.fileno(),))
            async with runner.start(job) as running, anyio.create_task_group() as tasks:
                door.close()  # Now only the service holds it, and it closes when that ends.
                service = Service(_url(address[0], outside), path, bytearray(), running.jailed)
                tasks.start_soon(_attend, service, limits, partial(running.over_memory, limits))
                tasks.start_soon(
                    outside.serve, partial(_forward, anyio.Semaphore(CONNECTIONS), path)
                )
                try:
                    yield service
                except Exception as error:  # noqa: BLE001 -- raised below, as it is: in no group
                    failure = error
                finally:
                    with anyio.CancelScope(shield=True):
                        await service.stop(grace_s=LEAVE_S)
                    tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _attend(service: Service, limits: Limits, over_memory: OverMemory) -> None:
    jailed, attendance = service._jailed, service._attendance  # noqa: SLF001 -- two halves of one
    # Shielded: a cancelled service is stopped by `serve`, which waits here for its end.
    with anyio.CancelScope(shield=True):
        async with anyio.create_task_group() as attending:
            attending.start_soon(end_at_memory_limit, jailed, over_memory, attendance)
            async with anyio.create_task_group() as listening:
                for source in (jailed.stdout, jailed.stderr):
                    listening.start_soon(_keep_tail, source, service.log, limits.output_bytes)
                with anyio.move_on_after(limits.wall_s) as wall:
                    await jailed.wait()
                if wall.cancelled_caught:
                    attendance.ended_by = "wall_s"
                    await jailed.end()
            attending.cancel_scope.cancel()
        service._ended.set()  # noqa: SLF001


async def _keep_tail(source: FileIO, tail: bytearray, room: int) -> None:
    while True:
        await anyio.wait_readable(source)
        piece = read_some(source)
        if piece == b"":
            return
        tail += piece or b""
        del tail[: max(0, len(tail) - room)]


# --- the door ------------------------------------------------------------------------------------


async def _listen_outside(host: str, port: int) -> Listener[SocketStream]:
    try:
        return await anyio.create_tcp_listener(local_host=host, local_port=port)
    except OSError as error:
        reason = error.strerror or error
        msg = f"{host}:{port} cannot be listened on ({reason}); choose another port"
        raise SandboxError(msg) from error


def _url(host: str, listener: Listener[SocketStream]) -> str:
    port = listener.extra(SocketAttribute.local_port)  # noqa: S610 -- anyio's, no SQL
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _listen_inside(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        try:
            door.bind(str(path))
        except OSError as error:
            msg = f"{str(path)!r} cannot be a socket ({error.strerror}); use a shorter TMPDIR"
            raise SandboxError(msg) from error
        try:
            door.listen(BACKLOG)
            yield door
        finally:
            path.unlink()


async def _forward(room: anyio.Semaphore, path: Path, client: SocketStream) -> None:
    """Carry one connection from the host's port to the service."""
    async with client, room:
        try:
            inside = await anyio.connect_unix(path)
        except OSError:  # It has ended: all a client can be told is that nobody is there.
            return
        async with inside, anyio.create_task_group() as tasks:
            tasks.start_soon(_pump, client, inside)
            tasks.start_soon(_pump, inside, client)


async def _pump(source: SocketStream, sink: SocketStream) -> None:
    try:
        async for chunk in source:
            await sink.send(chunk)
        await sink.send_eof()
    except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
        await sink.aclose()
