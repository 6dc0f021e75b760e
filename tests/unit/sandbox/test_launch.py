"""The command lines of the launchers, and what of the host they show."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from quantumlayer.errors import SandboxUnavailableError
from quantumlayer.sandbox import Level, Limits, _launch
from quantumlayer.sandbox._launch import (
    SPARE_IDS,
    Bubblewrap,
    Confine,
    Descriptors,
    Stage,
    _spare_ids,
    find_bubblewrap,
)
from quantumlayer.sandbox._layout import Layout, environment, host_layout

LAYOUT = Layout("/opt/py/bin/python", ("/opt/py", "/usr/lib"), (("/lib", "usr/lib"),))
AS_USER = Bubblewrap("/usr/bin/bwrap", None, SPARE_IDS, LAYOUT)
AS_ROOT = replace(AS_USER, setpriv="/usr/bin/setpriv")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    tree = tmp_path / "tree"
    (tree / "app").mkdir(parents=True)
    (tree / "pyproject.toml").touch()
    return Stage(tree, tmp_path / "tmp", tmp_path / "tools", tmp_path / "etc", None)


def command(launcher: Bubblewrap, stage: Stage) -> list[str]:
    return launcher.command(["/x", "y"], stage, Limits(tmp_bytes=99), Descriptors(7, 8))


def pairs(arguments: list[str], option: str) -> list[tuple[str, str]]:
    places = [place for place, one in enumerate(arguments) if one == option]
    return [(arguments[place + 1], arguments[place + 2]) for place in places]


@pytest.mark.parametrize("launcher", [AS_USER, AS_ROOT], ids=["user", "root"])
def test_everything_of_the_host_is_shown_read_only(launcher: Bubblewrap, stage: Stage) -> None:
    arguments = command(launcher, stage)

    assert not {"--bind", "--dev-bind", "--bind-try", "--share-net"} & set(arguments)
    shown = {target for _, target in pairs(arguments, "--ro-bind")}
    inside = {"/tools", "/etc", "/tree/app", "/tree/pyproject.toml"}
    own = {"/usr/bin/setpriv"} if launcher is AS_ROOT else set()
    assert shown == {"/opt/py", "/usr/lib"} | inside | own


@pytest.mark.parametrize("launcher", [AS_USER, AS_ROOT], ids=["user", "root"])
def test_every_namespace_is_its_own(launcher: Bubblewrap, stage: Stage) -> None:
    arguments = command(launcher, stage)

    for kind in ("ipc", "pid", "net", "uts", "cgroup"):
        assert f"--unshare-{kind}" in arguments
    assert ("--unshare-user" in arguments) == (launcher is AS_USER)


def test_each_writable_file_system_has_a_size(stage: Stage) -> None:
    arguments = command(AS_USER, stage)
    made = [place for place, one in enumerate(arguments) if one == "--tmpfs"]

    assert [arguments[place + 1] for place in made] == ["/tmp", "/dev/shm", "/tree"]
    assert all(arguments[place - 2 : place] == ["--size", "99"] for place in made)
    assert pairs(arguments, "--remount-ro") == [("/", "--remount-ro"), ("/dev", "--chdir")]


def test_an_interpreter_in_a_temporary_folder_is_not_hidden(stage: Stage) -> None:
    layout = replace(LAYOUT, folders=("/tmp/py", "/usr/lib"))
    arguments = command(replace(AS_USER, layout=layout), stage)

    last_made = max(place for place, one in enumerate(arguments) if one == "--tmpfs")
    assert last_made < arguments.index("--ro-bind")


def test_root_becomes_somebody_nobody_is_and_drops_everything(stage: Stage) -> None:
    users = set()
    for _ in range(5):
        arguments = command(AS_ROOT, stage)
        become = arguments[arguments.index("--") + 1 :]
        assert become[0] == "/usr/bin/setpriv"
        assert {"--no-new-privs", "--bounding-set=-all", "--clear-groups"} <= set(become)
        assert become[-2:] == ["/x", "y"]
        users.add(int(become[become.index("--reuid") + 1]))

    assert len(users) == 5
    assert all(SPARE_IDS[0] <= user <= SPARE_IDS[1] for user in users)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("0 0 4294967295", SPARE_IDS),
        ("0 100000 65536", (32767, 65535)),
        ("0 1000 1", None),
        ("0 1000 1\n1 100000 65536", (32768, 65536)),
    ],
)
def test_spare_ids_are_those_that_exist_here(
    tmp_path: Path, text: str, ids: tuple[int, int] | None
) -> None:
    (tmp_path / "map").write_text(text)

    assert _spare_ids(tmp_path / "map") == ids


def test_without_landlock_only_limits_are_left(stage: Stage) -> None:
    bare = Confine(LAYOUT, Level.L0)
    landlocked = Confine(LAYOUT, Level.L1)

    assert len(bare.seccomp) == 8
    assert len(landlocked.seccomp) > 500
    assert '"landlock": false' in bare.command([], stage, Limits(), Descriptors(7, 8))[-1]
    assert landlocked.view(stage).tree == str(stage.tree)


@pytest.mark.parametrize(
    ("missing", "cure"), [("bwrap", "install bubblewrap"), ("setpriv", "install util-linux")]
)
def test_a_missing_program_is_named_with_its_cure(
    missing: str, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(_launch, "_spare_ids", lambda *_: SPARE_IDS)
    monkeypatch.setattr("shutil.which", lambda name: None if name == missing else f"/bin/{name}")

    with pytest.raises(SandboxUnavailableError, match=cure):
        find_bubblewrap(LAYOUT)


def test_root_prefers_its_own_rights_and_others_have_no_choice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(_launch, "_spare_ids", lambda *_: SPARE_IDS)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert [one.setpriv for one in find_bubblewrap(LAYOUT)] == ["/bin/setpriv", None]

    monkeypatch.setattr(_launch, "_spare_ids", lambda *_: None)
    assert [one.setpriv for one in find_bubblewrap(LAYOUT)] == [None]

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert [one.setpriv for one in find_bubblewrap(LAYOUT)] == [None]


# --- the layout ----------------------------------------------------------------------------------


def test_the_running_interpreter_is_shown_and_its_surroundings_are_not() -> None:
    layout = host_layout()

    for prefix in (sys.prefix, sys.base_prefix):
        assert any(Path(prefix).is_relative_to(folder) for folder in layout.folders)
    assert layout.python == sys.executable
    private = (Path.home(), Path("/"), Path("/etc"), Path("/home"), Path("/tmp"), Path.cwd())
    assert not any(place.is_relative_to(folder) for folder in layout.folders for place in private)


def test_no_folder_is_shown_twice() -> None:
    folders = [Path(folder) for folder in host_layout().folders]

    assert not any(
        one != other and one.is_relative_to(other) for one in folders for other in folders
    )


@pytest.mark.parametrize("prefix", ["/", "/home/ada", "/home"])
def test_an_interpreter_that_fills_the_home_is_not_shown(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setattr(sys, "prefix", prefix)

    with pytest.raises(SandboxUnavailableError, match="virtual environment"):
        host_layout()


def test_the_environment_is_an_allow_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x")

    variables = environment(LAYOUT, "/tmp")

    assert sorted(variables) == [
        "HOME",
        "LC_ALL",
        "LOGNAME",
        "MALLOC_ARENA_MAX",
        "PATH",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONHASHSEED",
        "TMPDIR",
        "TZ",
        "USER",
    ]
    assert environment(LAYOUT, "/tmp", "/b")["PYTHONPYCACHEPREFIX"] == "/b"
