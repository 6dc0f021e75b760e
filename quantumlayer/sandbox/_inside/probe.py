"""Try from inside what a sandbox has to deny: probe.py TARGETS, as JSON.

Prints `{name: how it was denied}` with an empty string for what was reached. An attempt counts as
denied only if it failed for want of permission, or because its object does not exist inside; a
call that got as far as to complain about its arguments has been reached.

Source: the attempts follow the manual pages of the calls they make.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import platform
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

DENIALS = {
    errno.EPERM,
    errno.EACCES,
    errno.ENOSYS,
    errno.EROFS,
    errno.ENOENT,
    errno.ESRCH,
    errno.EAFNOSUPPORT,
    errno.ECONNREFUSED,
    errno.ENETUNREACH,
}
LIMITS_REACHED = {errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.EFBIG, errno.ENOSPC}
NUMBERS = {  # bpf, io_uring_setup, userfaultfd, perf_event_open, add_key
    "x86_64": (321, 425, 323, 298, 248),
    "aarch64": (280, 425, 282, 241, 217),
}
BPF, IO_URING_SETUP, USERFAULTFD, PERF_EVENT_OPEN, ADD_KEY = NUMBERS[platform.machine()]
AF_VSOCK, VMADDR_CID_HOST = 40, 2
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
CLONE_NEWUSER = 0x10000000
REACHED = ""

libc = ctypes.CDLL(None, use_errno=True)
Targets = dict[str, Any]


def refused(number: int, allowed: set[int] = DENIALS) -> str:
    """Name an errno that means denial; any other means that the attempt got through."""
    return errno.errorcode[number] if number in allowed else REACHED


def attempt(act: Callable[[], Any], allowed: set[int] = DENIALS) -> str:
    """Run an attempt that raises OSError when it is denied."""
    try:
        act()
    except OSError as error:
        return refused(error.errno or 0, allowed)
    return REACHED


def call(result: int) -> str:
    """Judge the result of a libc call."""
    return REACHED if result >= 0 else refused(ctypes.get_errno())


def first_reached(answers: list[str]) -> str:
    """Combine attempts: denied only if each of them was."""
    return REACHED if REACHED in answers else ", ".join(sorted(set(answers)))


# --- limits --------------------------------------------------------------------------------------


def memory(targets: Targets) -> str:
    """Reserve more address space than allowed."""
    return attempt(lambda: mmap.mmap(-1, targets["memory_bytes"]), LIMITS_REACHED)


def processes(targets: Targets) -> str:
    """Fork more often than allowed; the children end when the pipe closes."""
    reader, writer = os.pipe()
    forked = []
    denied = REACHED
    try:
        for _ in range(targets["processes"] + 1):
            child = os.fork()
            if child == 0:
                os.close(writer)
                os.read(reader, 1)
                os._exit(0)
            forked.append(child)
    except OSError as error:
        denied = refused(error.errno or 0, LIMITS_REACHED)
    os.close(writer)
    for child in forked:
        os.waitpid(child, 0)
    os.close(reader)
    return denied


def open_files(targets: Targets) -> str:
    """Open more descriptors than allowed."""
    try:
        return attempt(lambda: [os.dup(0) for _ in range(targets["open_files"])], LIMITS_REACHED)
    finally:
        os.closerange(3, targets["open_files"] + 3)


def file_size(targets: Targets) -> str:
    """Write one byte behind the largest allowed file."""
    with open("probe-size", "wb", buffering=0) as file:
        file.seek(targets["file_size_bytes"])
        answer = attempt(lambda: file.write(b"x"), LIMITS_REACHED)
    os.unlink("probe-size")
    return answer


def core_dump(_: Targets) -> str:
    """Look whether a crash may write a core file."""
    return "RLIMIT_CORE" if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) else REACHED


def environment(targets: Targets) -> str:
    """Look for variables of the host's environment."""
    return REACHED if set(targets["variables"]) & set(os.environ) else "absent"


# --- files, network, kernel ----------------------------------------------------------------------


def host_file(targets: Targets) -> str:
    """Read files of the host: a canary that anyone may read, and the list of passwords."""
    paths = [targets["file"], "/etc/shadow"]
    return first_reached([attempt(partial(os.open, path, os.O_RDONLY)) for path in paths])


def home(targets: Targets) -> str:
    """Read what is in the user's home."""
    if not targets["home"]:
        return "nothing there"
    return first_reached([attempt(partial(os.open, path, os.O_RDONLY)) for path in targets["home"]])


def write_into(folders: list[str]) -> str:
    """Make a file in each folder; it has no name, so nothing stays behind."""
    flags = os.O_WRONLY | os.O_TMPFILE
    return first_reached([attempt(partial(os.open, path, flags)) for path in folders])


def host_write(targets: Targets) -> str:
    """Make a file where the host has others."""
    return write_into([targets["folder"], "/", "/etc", "/usr/lib", "/dev", "/proc"])


def interpreter(targets: Targets) -> str:
    """Change the interpreter or its libraries."""
    return write_into([*targets["folders"], os.path.dirname(os.__file__)])


def connect(family: int, address: Any) -> str:
    """Connect a stream socket."""

    def act() -> None:
        with socket.socket(family, socket.SOCK_STREAM) as made:
            made.settimeout(1)
            made.connect(address)

    return attempt(act)


def tcp(targets: Targets) -> str:
    """Connect to a listener on the host's loopback."""
    return connect(socket.AF_INET, ("127.0.0.1", targets["port"]))


def abstract_socket(targets: Targets) -> str:
    """Connect to a listener in the host's abstract namespace."""
    return connect(socket.AF_UNIX, "\0" + targets["abstract"])


def unix_socket(targets: Targets) -> str:
    """Connect to a listener in the host's file system."""
    return connect(socket.AF_UNIX, targets["unix"])


def vsock(_: Targets) -> str:
    """Make a socket to the hypervisor; network namespaces do not hold these."""
    return attempt(lambda: socket.socket(AF_VSOCK, socket.SOCK_STREAM).close())


def raw_sockets(_: Targets) -> str:
    """Make sockets below TCP and UDP, and to the kernel's own services."""
    kinds = [
        (socket.AF_PACKET, socket.SOCK_RAW, 0),
        (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
        (socket.AF_NETLINK, socket.SOCK_RAW, 0),
        (socket.AF_ALG, socket.SOCK_SEQPACKET, 0),
    ]
    tries = [attempt(partial(socket.socket, *kind)) for kind in kinds]
    return first_reached(tries)


def ptrace(_: Targets) -> str:
    """Take control of another process."""
    child = os.fork()
    if child == 0:
        signal.pause()
        os._exit(0)
    try:
        answer = call(libc.ptrace(PTRACE_ATTACH, child, None, None))
        if answer == REACHED:
            os.waitpid(child, os.WUNTRACED)
            libc.ptrace(PTRACE_DETACH, child, None, None)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return answer


def mount(_: Targets) -> str:
    """Mount a file system, and change the root."""
    mounted = call(libc.mount(b"none", b".", b"tmpfs", 0, None))
    return first_reached([mounted, attempt(lambda: os.chroot("."))])


def namespaces(_: Targets) -> str:
    """Become root in a user namespace of its own; by unshare and by clone3."""
    child = os.fork()
    if child == 0:
        os._exit(0 if call(libc.unshare(CLONE_NEWUSER)) else 1)
    reached = os.waitpid(child, 0)[1] != 0
    clone3 = call(libc.syscall(435, None, 0))
    return first_reached([REACHED if reached else "EPERM", clone3])


def bpf(_: Targets) -> str:
    """Make a BPF map."""
    attributes = struct.pack("=IIII", 2, 4, 8, 1) + bytes(56)
    return call(libc.syscall(BPF, 0, attributes, len(attributes)))


def io_uring(_: Targets) -> str:
    """Make an io_uring."""
    return call(libc.syscall(IO_URING_SETUP, 1, ctypes.create_string_buffer(120)))


def userfaultfd(_: Targets) -> str:
    """Handle page faults in user space."""
    return call(libc.syscall(USERFAULTFD, 1))


def perf(_: Targets) -> str:
    """Count with the performance counters."""
    attributes = struct.pack("=IIQ", 1, 112, 0) + bytes(24) + struct.pack("=Q", 0x61) + bytes(64)
    return call(libc.syscall(PERF_EVENT_OPEN, attributes, 0, -1, -1, 0))


def keyring(_: Targets) -> str:
    """Put a key into the session's keyring, which is not a namespace's own."""
    return call(libc.syscall(ADD_KEY, b"user", b"probe", b"x", 1, -3))


def terminal(_: Targets) -> str:
    """Type into the terminal that started us, if there is one; TIOCSTI."""
    return call(libc.ioctl(0, 0x5412, b"x"))


def capabilities(_: Targets) -> str:
    """Look for any capability, held now or to be had from running another program."""
    held = ctypes.create_string_buffer(24)
    libc.capget(struct.pack("=Ii", 0x20080522, 0), held)
    ambient = any(libc.prctl(47, 1, number, 0, 0) > 0 for number in range(41))
    locked = libc.prctl(39, 0, 0, 0, 0) == 1  # No new privileges.
    return REACHED if any(held.raw) or ambient or not locked else "none"


# --- namespaces ----------------------------------------------------------------------------------


def host_process(targets: Targets) -> str:
    """Signal a process of the host."""
    return attempt(lambda: os.kill(targets["pid"], 0))


def shared_memory(targets: Targets) -> str:
    """Look whether System V shared memory is the host's."""
    return REACHED if os.readlink("/proc/self/ns/ipc") == targets["ipc"] else "another"


def hostname(targets: Targets) -> str:
    """Look whether the name of the machine is the host's to give."""
    return REACHED if os.readlink("/proc/self/ns/uts") == targets["uts"] else "another"


def disk(targets: Targets) -> str:
    """Fill every folder that can be written."""
    room = targets["tmp_bytes"]
    step = targets["file_size_bytes"]
    for folder in (".", "/tmp", "/dev/shm", "/run", "/var/tmp", os.environ["HOME"]):
        made = []
        try:
            for number in range(room // step + 1):
                name = f"{folder}/probe-{number}"
                with open(name, "wb", buffering=0) as file:
                    made.append(name)
                    os.posix_fallocate(file.fileno(), 0, step)
        except OSError as error:
            if not refused(error.errno or 0, DENIALS | LIMITS_REACHED):
                return REACHED
        else:
            return REACHED
        finally:
            for name in made:
                os.unlink(name)
    return "ENOSPC"


def root_identity(targets: Targets) -> str:
    """Read what only the host's root may; a host process that is not root starts none that is."""
    if targets["user"] != 0:
        return f"uid {targets['user']}"
    private = f"{os.path.dirname(__file__)}/{targets['private']}"
    return attempt(lambda: os.open(private, os.O_RDONLY), {errno.EACCES})


def total_memory(targets: Targets) -> str:
    """Use more memory than allowed with two processes that each keep to their own limit."""
    share = targets["memory_bytes"] * 6 // 10
    keep, stop = os.pipe()
    reports, children = [], []
    for _ in range(2):
        report, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(stop)
            held = bytearray(b"x") * share
            os.write(tell, held[:1])
            os.read(keep, 1)
            os._exit(0)
        os.close(tell)
        reports.append(report)
        children.append(child)
    for report in reports:
        os.read(report, 1)  # It has all of it, or it is dead.
    os.close(stop)
    return "killed" if any(os.waitpid(child, 0)[1] for child in children) else REACHED


PROBES: tuple[Callable[[Targets], str], ...] = (
    memory,
    processes,
    open_files,
    file_size,
    core_dump,
    environment,
    host_file,
    home,
    host_write,
    interpreter,
    tcp,
    abstract_socket,
    vsock,
    raw_sockets,
    ptrace,
    mount,
    namespaces,
    bpf,
    io_uring,
    userfaultfd,
    perf,
    keyring,
    terminal,
    capabilities,
    host_process,
    unix_socket,
    shared_memory,
    hostname,
    disk,
    root_identity,
)


def main(targets: Targets) -> None:
    """Make every attempt and print the answers; the one that may end us all is run by itself."""
    if targets["only"] == total_memory.__name__:
        probes: tuple[Callable[[Targets], str], ...] = (total_memory,)
    else:
        probes = PROBES
    answers = {}
    for probe in probes:
        try:
            answers[probe.__name__] = probe(targets)
        except OSError as error:
            answers[probe.__name__] = refused(error.errno or 0)
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
