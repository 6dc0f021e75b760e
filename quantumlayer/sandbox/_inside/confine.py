"""Run a program without namespaces: limits, and Landlock and seccomp where asked for.

Takes its order as JSON, see `_launch.Confine`. Says its own process id on the status descriptor,
waits for the filter at the gate, starts the program, and stays until it has ended; then, or on
SIGTERM, it ends whatever the program left running: as a subreaper it is their parent.

Source: landlock(7), seccomp(2), prctl(2) and linux/landlock.h; rights as of Landlock ABI 7.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import sys
from contextlib import suppress
from typing import Any

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL_DEV = 1, 2, 4, 8, 1 << 14, 1 << 15
RIGHTS_BY_ABI = {1: 1 << 13, 2: 1 << 14, 3: 1 << 15, 4: 1 << 15, 5: 1 << 16}
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/full")
READABLE_FILES = ("/etc/ld.so.cache",)
OLDEST_ABI = 6  # The first that keeps signals and abstract sockets inside (Linux 6.12).
NOT_STARTED = 127
LAST_CAPABILITY = 63

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, result: int) -> int:
    """Raise for a failed system call."""
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def prctl(option: int, *arguments: int) -> None:
    """Call it with integers, raising for a failure."""
    numbers = [ctypes.c_ulong(number) for number in (*arguments, 0, 0, 0, 0)[:4]]
    call(f"prctl {option}", libc.prctl(option, *numbers))


def landlock(readable: list[str], writable: list[str]) -> None:
    """Allow these folders, a few devices, and nothing else; no TCP, signals or abstract sockets."""
    abi = libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if abi < OLDEST_ABI:
        message = f"Landlock has ABI {abi} here and has to have {OLDEST_ABI}: Linux 6.12"
        raise OSError(message)
    every = RIGHTS_BY_ABI[5] - 1
    attributes = struct.pack("=QQQ", every, 0b11, 0b11)
    ruleset = call(
        "landlock_create_ruleset", libc.syscall(LANDLOCK_CREATE, attributes, len(attributes), 0)
    )
    rules = [(path, EXECUTE | READ_FILE | READ_DIR) for path in readable]
    rules += [(path, every & ~IOCTL_DEV) for path in writable]
    rules += [(path, READ_FILE | WRITE_FILE) for path in DEVICES]
    rules += [(path, READ_FILE) for path in READABLE_FILES if os.path.exists(path)]
    for path, rights in rules:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", rights, descriptor)
        call("landlock_add_rule", libc.syscall(LANDLOCK_ADD, ruleset, 1, rule, 0))
        os.close(descriptor)
    call("landlock_restrict_self", libc.syscall(LANDLOCK_RESTRICT, ruleset, 0))
    os.close(ruleset)


def drop_capabilities() -> None:
    """Give up every capability for good; without any to begin with, do nothing."""
    header, nothing = struct.pack("=Ii", 0x20080522, 0), bytes(24)
    for number in range(LAST_CAPABILITY):
        libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(number))
    call("capset", libc.capset(header, nothing))


def filter_calls(program: bytes) -> None:
    """Install the seccomp filter."""
    instructions = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    result = libc.prctl(
        PR_SET_SECCOMP, ctypes.c_ulong(2), fprog, ctypes.c_ulong(0), ctypes.c_ulong(0)
    )
    call("seccomp", result)


def read_all(descriptor: int) -> bytes:
    """Read to the end and close."""
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def become(order: dict[str, Any], program: bytes) -> None:
    """Turn this process into the program; never returns."""
    os.chdir(order["chdir"])
    os.setsid()
    os.nice(10)  # However busy it is, whoever is to end it comes first.
    os.set_inheritable(order["status"], False)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if order["landlock"]:
        landlock(order["readable"], order["writable"])
    drop_capabilities()
    filter_calls(program)
    os.execv(order["argv"][0], order["argv"])  # noqa: S606 -- no shell is the point


def children() -> list[int]:
    """List this process's children."""
    with open(f"/proc/self/task/{os.getpid()}/children", "rb") as file:
        return [int(pid) for pid in file.read().split()]


def descendants() -> set[int]:
    """List all processes below this one."""
    found: set[int] = set()
    waiting = children()
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        with suppress(OSError), open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            waiting += [int(child) for child in file.read().split()]
    return found


def end_the_rest() -> None:
    """Kill all descendants; orphans among them have become our children."""
    # What is stopped forks no more, and keeps its place below the limit of processes.
    stopped: set[int] = set()
    while fresh := descendants() - stopped:
        for pid in fresh:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        stopped |= fresh
    while left := children():
        for pid in left:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def main(order: dict[str, Any]) -> int:
    """Run the order; return the program's exit status."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    os.write(order["status"], json.dumps({"child-pid": os.getpid()}).encode() + b"\n")
    program = read_all(order["gate"])
    if not program:
        return NOT_STARTED
    child = os.fork()
    if child == 0:
        try:
            become(order, program)
        except OSError as error:
            os.write(2, f"confine: {order['argv'][0]}: {error}\n".encode())
        finally:
            os._exit(NOT_STARTED)

    def end_it(*_: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGTERM, end_it)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    status = wait_for(child)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_the_rest()
    code = os.waitstatus_to_exitcode(status)
    code = 128 - code if code < 0 else code
    os.write(order["status"], json.dumps({"exit-code": code}).encode() + b"\n")
    return code


def wait_for(child: int) -> int:
    """Wait for one child and bury the orphans that die meanwhile; return its status."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return status


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
