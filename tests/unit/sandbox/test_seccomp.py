"""The filter, run by a small interpreter of classic BPF, so that both architectures are tested."""

import errno
import platform
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import SandboxUnavailableError
from quantumlayer.sandbox import _seccomp
from quantumlayer.sandbox._seccomp import ARCHITECTURES, DENIED, Architecture, program

ALLOW = "allow"
ARCHITECTURE = pytest.mark.parametrize("name", sorted(ARCHITECTURES))
# Calls that Python programs live on: read, mmap, execve, exit_group, openat, futex, clock_gettime.
EVERYDAY = {
    "x86_64": (0, 9, 59, 231, 257, 202, 228),
    "aarch64": (63, 222, 221, 94, 56, 98, 113),
}


def answer(code: bytes, audit: int, number: int, *arguments: int) -> str | int:
    """Run a filter on a system call; return `allow`, `kill`, or the errno."""
    data = struct.pack("=IIQ6Q", number, audit, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    steps = [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]
    accumulator, at = 0, 0
    while True:
        operation, if_true, if_false, value = steps[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif operation == 0x06:
            action = {0x7FFF0000: ALLOW, 0x80000000: "kill"}.get(value)
            return action if action is not None else value & 0xFFFF
        else:
            holds = {
                0x15: accumulator == value,
                0x25: accumulator > value,
                0x45: bool(accumulator & value),
            }[operation]
            at += if_true if holds else if_false


def ask(name: str, number: int, *arguments: int, network: bool = True) -> str | int:
    architecture = ARCHITECTURES[name]
    return answer(program(architecture, network=network), architecture.audit, number, *arguments)


@ARCHITECTURE
def test_each_listed_call_is_refused(name: str) -> None:
    column = sorted(ARCHITECTURES).index(name) ^ 1  # The table has x86_64 first.
    numbers = {call: row[column] for call, row in DENIED.items() if row[column] is not None}

    refused = {call: ask(name, number) for call, number in numbers.items() if number is not None}

    assert set(refused.values()) == {errno.EPERM}
    assert len(refused) > 50


@ARCHITECTURE
def test_everyday_calls_are_allowed(name: str) -> None:
    assert {ask(name, number) for number in EVERYDAY[name]} == {ALLOW}


@ARCHITECTURE
@pytest.mark.parametrize(("network", "families"), [(True, {1, 2, 10}), (False, {1})])
def test_only_sockets_that_stay_inside_can_be_made(
    name: str, *, network: bool, families: set[int]
) -> None:
    number = ARCHITECTURES[name].socket
    answers = {family: ask(name, number, family, 1, network=network) for family in range(64)}

    assert {family for family, one in answers.items() if one == ALLOW} == families


@ARCHITECTURE
def test_the_upper_half_of_a_family_does_not_smuggle_it_in(name: str) -> None:
    vsock = 40 | 1 << 32

    assert ask(name, ARCHITECTURES[name].socket, vsock, 1) == errno.EAFNOSUPPORT
    assert ask(name, ARCHITECTURES[name].socketpair, 17, 1) == errno.EAFNOSUPPORT


@ARCHITECTURE
@pytest.mark.parametrize("flag", [1 << bit for bit in (17, 25, 26, 27, 28, 29, 30)])
def test_clone_makes_no_namespaces(name: str, flag: int) -> None:
    thread = 0x3D0F00  # What glibc makes threads with.

    assert ask(name, ARCHITECTURES[name].clone, flag | 17) == errno.EPERM
    assert ask(name, ARCHITECTURES[name].clone, thread) == ALLOW
    assert ask(name, ARCHITECTURES[name].clone3, 0) == errno.ENOSYS


@ARCHITECTURE
def test_nothing_is_typed_into_the_terminal(name: str) -> None:
    ioctl = ARCHITECTURES[name].ioctl

    assert ask(name, ioctl, 0, 0x5412) == errno.EPERM
    assert ask(name, ioctl, 0, 0x541C) == errno.EPERM
    assert ask(name, ioctl, 0, 0x5412 | 1 << 32) == errno.EPERM  # The kernel looks at 32 bits.
    assert ask(name, ioctl, 0, 0x5413) == ALLOW


@ARCHITECTURE
@given(number=st.integers(_seccomp.NEWEST_KNOWN + 1, 2**32 - 1))
def test_calls_nobody_has_judged_look_like_an_older_kernel(name: str, number: int) -> None:
    assert ask(name, number) == errno.ENOSYS


@ARCHITECTURE
@given(audit=st.integers(0, 2**32 - 1), number=st.integers(0, 500))
def test_programs_of_another_architecture_are_killed(name: str, audit: int, number: int) -> None:
    architecture: Architecture = ARCHITECTURES[name]
    if audit != architecture.audit:
        assert answer(program(architecture), audit, number) == "kill"


@given(number=st.integers(0, 2**32 - 1), arguments=st.lists(st.integers(0, 2**64 - 1), max_size=6))
def test_every_call_comes_to_a_decision(number: int, arguments: list[int]) -> None:
    for name in ARCHITECTURES:
        assert ask(name, number, *arguments) in {
            ALLOW,
            errno.EPERM,
            errno.ENOSYS,
            errno.EAFNOSUPPORT,
        }


def test_a_program_fits_into_one_write_to_a_pipe() -> None:
    assert all(len(program(architecture)) <= 4096 for architecture in ARCHITECTURES.values())


def test_an_unknown_processor_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")

    with pytest.raises(SandboxUnavailableError, match="riscv64"):
        _seccomp.host_architecture()
