"""Control groups, in folders that look like the kernel's."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from quantumlayer.errors import SandboxError
from quantumlayer.sandbox import Limits, _cgroup
from quantumlayer.sandbox._cgroup import Cgroups, Group, find_cgroups

LIMITS = Limits(memory_bytes=1000, processes=7)
Host = Callable[..., Path]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """Make a procfs folder of a process, and the cgroup trees it names."""

    def make(membership: str, mounts: dict[str, str], handed_down: dict[str, str]) -> Path:
        proc = tmp_path / "proc"
        proc.mkdir()
        lines = []
        for name, mount in mounts.items():
            root, kind = mount.split("=")
            lines.append(f"30 20 0:26 {root} {tmp_path / name} rw - {kind} none rw,{name}")
        (proc / "mountinfo").write_text("1 0 8:1 / / rw - ext4 /dev/vda rw\n" + "\n".join(lines))
        (proc / "cgroup").write_text(membership)
        for folder, controllers in handed_down.items():
            path = tmp_path / folder
            path.mkdir(parents=True, exist_ok=True)
            (path / "cgroup.subtree_control").write_text(controllers)
        return proc

    return make


def test_version_2_makes_groups_in_the_nearest_that_hands_down(host: Host, tmp_path: Path) -> None:
    proc = host(
        "0::/user/app.slice/own.scope\n",
        {"unified": "/=cgroup2"},
        {
            "unified": "cpu",
            "unified/user": "memory pids",
            "unified/user/app.slice": "memory pids cpu",
            "unified/user/app.slice/own.scope": "",
        },
    )

    found = find_cgroups(proc)

    assert found == Cgroups((tmp_path / "unified/user/app.slice",), own=False, version=2)


def test_version_2_without_delegation_has_nowhere(host: Host) -> None:
    proc = host("0::/a\n", {"unified": "/=cgroup2"}, {"unified": "cpu", "unified/a": ""})

    assert find_cgroups(proc) is None


def test_version_1_makes_groups_below_our_own(host: Host, tmp_path: Path) -> None:
    proc = host(
        "4:memory:/mine\n8:pids:/\n",
        {"memory": "/=cgroup", "pids": "/=cgroup"},
        {"memory/mine": "", "pids": ""},
    )

    found = find_cgroups(proc)

    assert found == Cgroups((tmp_path / "memory/mine", tmp_path / "pids"), own=True, version=1)


def test_a_path_told_from_outside_a_container_is_translated(host: Host, tmp_path: Path) -> None:
    proc = host(
        "4:memory:/docker/x/mine\n8:pids:/docker/x\n",
        {"memory": "/docker/x=cgroup", "pids": "/docker/x=cgroup"},
        {"memory/mine": "", "pids": ""},
    )

    found = find_cgroups(proc)

    assert found is not None
    assert found.parents == (tmp_path / "memory/mine", tmp_path / "pids")
    assert not found.own


@pytest.mark.parametrize("membership", ["", "4:memory:/\n", "8:pids:/\n"])
def test_both_controllers_are_needed(host: Host, membership: str) -> None:
    proc = host(membership, {"memory": "/=cgroup", "pids": "/=cgroup"}, {"memory": "", "pids": ""})

    assert find_cgroups(proc) is None


def test_a_system_without_procfs_has_none(tmp_path: Path) -> None:
    assert find_cgroups(tmp_path) is None


@pytest.mark.anyio
async def test_a_group_of_version_2_has_its_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ("memory.swap.max", "memory.oom.group", "memory.events")
    _born_with(monkeypatch, *files)
    monkeypatch.setattr(_cgroup, "_rmdir", lambda _: True)

    async with Cgroups((tmp_path,), own=False, version=2).group() as group:
        (folder,) = group.folders
        with group.entered():
            pass
        await group.hold(4711, LIMITS)
        (folder / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")

        assert (folder / "memory.max").read_text() == "1000"
        assert (folder / "memory.swap.max").read_text() == "0"
        assert (folder / "memory.oom.group").read_text() == "1"
        assert (folder / "pids.max").read_text() == "9"  # And bubblewrap's two.
        assert (folder / "cgroup.procs").read_text() == "4711"
        assert not (folder / "tasks").exists()
        assert group.out_of_memory_kills == 2


@pytest.mark.anyio
async def test_a_group_of_version_1_is_entered_and_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parents = (tmp_path / "memory", tmp_path / "pids")
    for parent in parents:
        parent.mkdir()
    monkeypatch.setattr(_cgroup, "_rmdir", lambda _: True)

    async with Cgroups(parents, own=True, version=1).group() as group:
        memory, pids = group.folders
        with group.entered():
            assert not (memory / "memory.limit_in_bytes").exists()  # Or it could end us.
            assert (memory / "tasks").read_text() == (pids / "tasks").read_text() == "0"
            assert not (parents[0] / "tasks").exists()
        assert (parents[0] / "tasks").read_text() == (parents[1] / "tasks").read_text() == "0"
        await group.hold(4711, LIMITS)

        assert (memory / "memory.limit_in_bytes").read_text() == "1000"
        assert (pids / "pids.max").read_text() == "9"
        assert not (memory / "cgroup.procs").exists()  # It was born in it.


def test_groups_of_dead_processes_are_swept_and_others_are_not(host: Host, tmp_path: Path) -> None:
    proc = host("0::/\n", {"unified": "/=cgroup2"}, {"unified": "memory pids"})
    dead, alive, foreign = f"quantumlayer-{2**22 + 1}-a", f"quantumlayer-{os.getpid()}-a", "x-1-a"
    for name in (dead, alive, foreign):
        (tmp_path / "unified" / name).mkdir()

    find_cgroups(proc)

    left = {path.name for path in (tmp_path / "unified").iterdir() if path.is_dir()}
    assert left == {alive, foreign}


def test_killing_what_is_in_a_group_first_forbids_to_fork(tmp_path: Path) -> None:
    beyond = 2**22 + 1  # The highest process id is 2**22.
    (tmp_path / "cgroup.procs").write_text(f"{os.getpid()}\n{beyond}\n")
    group = Group((tmp_path,), (), 2)

    assert not group.kill()
    assert (tmp_path / "pids.max").read_text() == "0"
    (tmp_path / "cgroup.procs").write_text(f"{os.getpid()}\n")
    assert group.kill()  # Never ourselves, even if the kernel would not let us leave.


@pytest.mark.anyio
async def test_a_group_that_cannot_be_made_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="No such file"):
        async with Cgroups((tmp_path / "gone",), own=False, version=2).group():
            pass


@pytest.mark.parametrize("made", [True, False])
def test_a_folder_that_is_gone_is_removed_and_one_in_use_is_not(
    tmp_path: Path, *, made: bool
) -> None:
    folder = tmp_path / "group"
    if made:
        (folder / "child").mkdir(parents=True)

    assert _cgroup._rmdir(folder) is not made


@pytest.mark.anyio
async def test_a_group_that_stays_busy_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [False, False, True]
    monkeypatch.setattr(_cgroup, "_rmdir", lambda _: answers.pop(0))
    monkeypatch.setattr(_cgroup, "RMDIR_WAIT_S", 0.0)

    async with Cgroups((tmp_path,), own=False, version=2).group():
        pass

    assert answers == []


def _born_with(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let a new folder have files, as the kernel's have."""
    mkdir = Path.mkdir

    def make(self: Path) -> None:
        mkdir(self)
        for name in names:
            (self / name).write_text("")

    monkeypatch.setattr(Path, "mkdir", make)
