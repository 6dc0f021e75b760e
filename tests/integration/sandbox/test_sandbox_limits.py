"""Programs that misbehave end within their limit and a second, and leave nothing running."""

import math
import time
from collections.abc import Callable

import anyio
import pytest

from quantumlayer.errors import SandboxLimitError
from quantumlayer.sandbox import Completed, Limits, Sandbox

pytestmark = pytest.mark.anyio
Left = Callable[[], list[str]]
MIB = 1 << 20

FORK_BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
MANY_HOGS = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        break
held = bytearray(b'x') * (60 << 20)
time.sleep(60)
"""
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for descriptor in (0, 1, 2):
            os.close(descriptor)
        time.sleep(60)
    os._exit(0)
"""
DEAF = """
import signal, time
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
time.sleep(60)
"""
FLOOD = "while True: print('x' * 65536, flush=True)"
FLOOD_ERRORS = "import sys\nwhile True: sys.stderr.write('x' * 65536)"
BURN = "while True: pass"
BURN_DEAF = "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
MUTE = "import os, time; os.close(1); os.close(2); time.sleep(60)"
THREADS = """
import threading, time
try:
    for _ in range(10_000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
except RuntimeError as error:
    print(error, threading.active_count())
"""


async def run(sandbox: Sandbox, program: str, token: str, limits: Limits) -> Completed:
    """Run a program; it has to end within its limit and a second."""
    started = time.monotonic()
    completed = await sandbox.run([sandbox.python, "-c", program, token], limits=limits)
    allowed = limits.wall_s if math.isfinite(limits.wall_s) else 0
    assert time.monotonic() - started < allowed + 1
    return completed


@pytest.mark.parametrize(
    ("program", "limits", "ended_by"),
    [
        pytest.param(FORK_BOMB, Limits(wall_s=1, processes=40), "wall_s", id="fork bomb"),
        pytest.param(DEAF, Limits(wall_s=0.5), "wall_s", id="deaf to signals"),
        pytest.param(MUTE, Limits(wall_s=0.5), "wall_s", id="mute"),
        pytest.param(FLOOD, Limits(wall_s=5, output_bytes=MIB), "output_bytes", id="flood"),
        pytest.param(FLOOD_ERRORS, Limits(wall_s=5, output_bytes=MIB), "output_bytes", id="stderr"),
        pytest.param(BURN, Limits(wall_s=5, cpu_s=1), "cpu_s", id="processor"),
        pytest.param(BURN_DEAF, Limits(wall_s=5, cpu_s=1), "cpu_s", id="processor, deaf"),
        pytest.param(
            MANY_HOGS, Limits(wall_s=5, memory_bytes=256 * MIB), "memory_bytes", id="hogs"
        ),
    ],
)
async def test_it_is_ended_at_its_limit_and_says_so(
    sandbox: Sandbox, program: str, limits: Limits, ended_by: str, token: str, left: Left
) -> None:
    completed = await run(sandbox, program, token, limits)

    assert completed.ended_by == ended_by
    assert completed.exit_code in {137, 152}
    assert len(completed.stdout) + len(completed.stderr) <= limits.output_bytes
    assert left() == []
    with pytest.raises(SandboxLimitError, match=ended_by):
        completed.raise_for_limit()


async def test_memory_of_many_processes_is_limited_without_control_groups_too(
    without_groups: Sandbox, token: str, left: Left
) -> None:
    limits = Limits(wall_s=5, memory_bytes=256 * MIB)

    completed = await run(without_groups, MANY_HOGS, token, limits)

    assert completed.ended_by == "memory_bytes"
    assert left() == []


async def test_processes_that_share_their_memory_are_not_counted_twice(
    without_groups: Sandbox, token: str
) -> None:
    shared = MANY_HOGS.replace("for _", "held = bytearray(b'x') * (100 << 20)\nfor _", 1)
    shared = shared.replace(
        "held = bytearray(b'x') * (60 << 20)\ntime.sleep(60)", "time.sleep(0.5)"
    )

    completed = await run(without_groups, shared, token, Limits(wall_s=5, memory_bytes=256 * MIB))

    assert (completed.ended_by, completed.exit_code) == ("exit", 0)


async def test_one_process_cannot_take_more_memory_than_allowed(
    sandbox: Sandbox, token: str
) -> None:
    hog = "x = bytearray(300 << 20)"

    completed = await run(sandbox, hog, token, Limits(wall_s=5, memory_bytes=256 * MIB))

    assert completed.exit_code == 1
    assert b"MemoryError" in completed.stderr


@pytest.mark.parametrize("folder", [".", "/tmp", "/dev/shm"])
async def test_a_disk_filler_gets_no_further_than_the_limit(
    sandbox: Sandbox, folder: str, token: str
) -> None:
    filler = f"""
size = 0
try:
    while True:
        with open(f'{folder}/{{size}}', 'wb', buffering=0) as file:
            size += file.write(b'x' * (1 << 20))
except OSError as error:
    print(size, error.strerror)
"""
    completed = await run(sandbox, filler, token, Limits(wall_s=5, tmp_bytes=8 * MIB))

    assert completed.stdout == f"{8 * MIB} No space left on device\n".encode()


async def test_a_file_cannot_grow_larger_than_allowed(sandbox: Sandbox, token: str) -> None:
    grow = "open('big', 'wb', buffering=0).write(b'x' * (2 << 20)); print(open('big').seek(0, 2))"

    completed = await run(sandbox, grow, token, Limits(wall_s=5, file_size_bytes=MIB))

    assert completed.stdout == f"{MIB}\n".encode()


async def test_threads_count_as_processes(sandbox: Sandbox, token: str) -> None:
    completed = await run(sandbox, THREADS, token, Limits(wall_s=5, processes=20))

    assert b"can't start new thread" in completed.stdout
    assert int(completed.stdout.split()[-1]) <= 20


async def test_a_daemon_ends_with_the_program(sandbox: Sandbox, token: str, left: Left) -> None:
    completed = await run(sandbox, DAEMON, token, Limits(wall_s=5))

    assert (completed.exit_code, completed.ended_by) == (0, "exit")
    assert left() == []


async def test_cancelling_ends_every_process_within_a_second(
    sandbox: Sandbox, token: str, left: Left
) -> None:
    with anyio.move_on_after(0.4):
        await sandbox.run([sandbox.python, "-c", FORK_BOMB, token], limits=Limits(processes=40))
    cancelled = time.monotonic()

    assert left() == []
    assert time.monotonic() - cancelled < 1


async def test_cancelling_while_the_walls_are_built_leaves_nothing(
    sandbox: Sandbox, token: str, left: Left
) -> None:
    for tenths_of_ms in range(0, 120, 3):
        with anyio.move_on_after(tenths_of_ms / 10_000):
            await sandbox.run([sandbox.python, "-c", "import time; time.sleep(60)", token])

    with anyio.fail_after(1):
        while left():  # noqa: ASYNC110 -- procfs
            await anyio.sleep(0.01)


async def test_two_sandboxes_do_not_share_their_limits(sandbox: Sandbox, token: str) -> None:
    count = (
        "import os, time\nfor _ in range(12):\n    if os.fork() == 0: time.sleep(1); os._exit(0)"
    )
    done = []

    async def one() -> None:
        completed = await sandbox.run(
            [sandbox.python, "-c", count, token], limits=Limits(wall_s=5, processes=16)
        )
        done.append(completed.exit_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(one)

    assert done == [0, 0, 0]


@pytest.mark.parametrize("program", [FORK_BOMB, DAEMON, DEAF], ids=["bomb", "daemon", "deaf"])
async def test_without_bubblewrap_nothing_is_left_either(
    landlocked: Sandbox, program: str, token: str, left: Left
) -> None:
    await run(landlocked, program, token, Limits(wall_s=0.5, processes=40))

    assert left() == []


def test_a_limit_is_a_positive_number() -> None:
    for wrong in (0, -1, math.nan):
        with pytest.raises(ValueError, match="wall_s"):
            Limits(wall_s=wrong)
