"""The system calls a sandboxed program may not make, as a seccomp program.

Everything is allowed but what is listed: interfaces that reach past the sandbox (sockets into the
hypervisor, other processes, mounts, namespaces, the clock, kernel modules) and interfaces that
ordinary programs do without and exploits do not (bpf, io_uring, userfaultfd, perf, keyrings).
Calls newer than the table answer ENOSYS, which programs take for an older kernel.

Source: the list follows the calls that Docker's default profile refuses to a process without
capabilities (github.com/moby/profiles, seccomp/default.json), plus io_uring, as there since 2023;
numbers are those of the kernel's asm/unistd.h. The encoding is classic BPF on
`struct seccomp_data`, see seccomp(2).
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from quantumlayer.errors import SandboxUnavailableError

__all__ = ["ARCHITECTURES", "Architecture", "host_architecture", "program"]

# Name: number on x86_64, number on aarch64; None where the architecture has no such call.
DENIED: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "create_module": (174, None),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "get_kernel_syms": (177, None),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "listmount": (458, 458),
    "lookup_dcookie": (212, 18),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "query_module": (178, None),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "statmount": (457, 457),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "sysfs": (139, None),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "uselib": (134, None),
    "userfaultfd": (323, 282),
    "ustat": (136, None),
    "vhangup": (153, 58),
    "vmsplice": (278, 75),
}
NEWEST_KNOWN = 466  # removexattrat, Linux 6.13; later calls answer ENOSYS until they are judged.

AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10
# CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET of sched.h; clone() cannot make time namespaces.
CLONE_NAMESPACES = 0x7E020000
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # Type into the terminal; paste into the console.
X32_BIT = 0x40000000

LOAD, JUMP_EQUAL, JUMP_GREATER, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
NUMBER_AT, ARCH_AT, ARGUMENTS_AT = 0, 4, 16  # Offsets in struct seccomp_data.
KILL_PROCESS, FAIL, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000


@dataclass(frozen=True, slots=True)
class Architecture:
    """Numbers of one processor architecture.

    Attributes:
        name: As `platform.machine()` says it.
        audit: `AUDIT_ARCH_*` of linux/audit.h.
        denied: Numbers of the calls that are refused outright.
        clone, clone3, socket, socketpair, ioctl: Numbers of the calls whose arguments decide.
    """

    name: str
    audit: int
    denied: tuple[int, ...]
    clone: int
    clone3: int
    socket: int
    socketpair: int
    ioctl: int


ALLOW_ALL = struct.pack("=HBBI", RETURN, 0, 0, ALLOW)
"""A filter that refuses nothing."""


def _column(index: int) -> tuple[int, ...]:
    return tuple(number for row in DENIED.values() if (number := row[index]) is not None)


ARCHITECTURES = {
    "x86_64": Architecture("x86_64", 0xC000003E, _column(0), 56, 435, 41, 53, 16),
    "aarch64": Architecture("aarch64", 0xC00000B7, _column(1), 220, 435, 198, 199, 29),
}


def host_architecture() -> Architecture:
    """Return this machine's architecture.

    Raises:
        SandboxUnavailableError: There is no table of system calls for it.
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise SandboxUnavailableError(
            "L1",
            f"there is no table of system calls for {machine!r}",
            f"Run it on {' or '.join(ARCHITECTURES)}.",
        )
    return ARCHITECTURES[machine]


@cache
def program(architecture: Architecture, *, network: bool = True) -> bytes:
    """Assemble the filter as an array of `struct sock_filter`, in this machine's byte order.

    Args:
        architecture: Whose numbers to use; programs of any other are killed.
        network: Whether IPv4 and IPv6 sockets may be made. They may where a network namespace
            leads nowhere, and may not where there is none.
    """
    families = (AF_UNIX, AF_INET, AF_INET6) if network else (AF_UNIX,)
    refuse = _fail(errno.EPERM)
    body = [
        *_test(JUMP_GREATER, X32_BIT - 1, then=_fail(errno.ENOSYS)),
        *_test(JUMP_GREATER, NEWEST_KNOWN, then=_fail(errno.ENOSYS)),
        *_test(JUMP_EQUAL, architecture.clone3, then=_fail(errno.ENOSYS)),
    ]
    for number in architecture.denied:
        body += _test(JUMP_EQUAL, number, then=refuse)
    body += _when(architecture.clone, 0, _test(JUMP_ANY_BIT, CLONE_NAMESPACES, then=refuse), ALLOW)
    for number in (architecture.socket, architecture.socketpair):
        allowed = [step for family in families for step in _test(JUMP_EQUAL, family, then=ALLOW)]
        body += _when(number, 0, allowed, _fail(errno.EAFNOSUPPORT))
    typing = [*_test(JUMP_EQUAL, TIOCSTI, then=refuse), *_test(JUMP_EQUAL, TIOCLINUX, then=refuse)]
    body += _when(architecture.ioctl, 1, typing, ALLOW)
    return b"".join(
        [
            _step(LOAD, ARCH_AT),
            _step(JUMP_EQUAL, architecture.audit, if_true=1),
            _step(RETURN, KILL_PROCESS),
            _step(LOAD, NUMBER_AT),
            *body,
            _step(RETURN, ALLOW),
        ]
    )


def _step(code: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _fail(number: int) -> int:
    return FAIL | number


def _test(code: int, value: int, *, then: int) -> list[bytes]:
    """Return `then` if what is loaded passes the comparison; go on otherwise."""
    return [_step(code, value, if_false=1), _step(RETURN, then)]


def _when(number: int, argument: int, tests: Sequence[bytes], otherwise: int) -> list[bytes]:
    """For the call with this number, load the low half of an argument and decide on it."""
    # The kernel takes families, clone flags and ioctl commands as 32 bits: the low half counts.
    decide = [_step(LOAD, ARGUMENTS_AT + 8 * argument), *tests, _step(RETURN, otherwise)]
    return [_step(JUMP_EQUAL, number, if_false=len(decide)), *decide]
