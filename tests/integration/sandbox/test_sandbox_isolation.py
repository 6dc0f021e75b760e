"""What a program in the sandbox sees and reaches: its files, its interpreter, nothing else."""

import json
import os
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

import quantumlayer
from quantumlayer.errors import SandboxError, SandboxUnavailableError
from quantumlayer.sandbox import Level, Sandbox, _seccomp, open_sandbox
from quantumlayer.sandbox._launch import Bubblewrap
from quantumlayer.sandbox._layout import host_layout
from quantumlayer.sandbox._measure import PROBE_LEVELS, _targets
from quantumlayer.sandbox._sandbox import measured

pytestmark = pytest.mark.anyio
ROOT = Path(quantumlayer.__file__).parents[1]
NOBODY = 65534


async def ask(sandbox: Sandbox, program: str, **files: str) -> Any:
    """Run a program that prints JSON; keywords are files, with `_` for the dot."""
    tree = {name.replace("_", "."): text.encode() for name, text in files.items()}
    completed = await sandbox.run([sandbox.python, "-c", program], files=tree)
    assert completed.exit_code == 0, completed.stderr.decode()
    return json.loads(completed.stdout)


# --- the level -----------------------------------------------------------------------------------


async def test_the_level_is_what_the_probes_say(sandbox: Sandbox) -> None:
    assert sandbox.level >= Level.L2
    assert [probe.name for probe in sandbox.probes] == list(PROBE_LEVELS)
    assert all(probe.denied for probe in sandbox.probes if probe.level <= sandbox.level)
    assert all(probe.detail for probe in sandbox.probes if probe.denied)


async def test_each_probe_finds_the_host_reachable_where_nothing_holds_it(tmp_path: Path) -> None:
    """A probe that is denied everywhere would prove nothing."""
    script = """
import json, sys
sys.path.insert(0, sys.argv[1])
import probe
targets = json.loads(sys.argv[2])
names = ["host_file", "home", "host_write", "tcp", "abstract_socket", "unix_socket", "host_process"]
names += ["shared_memory", "hostname", "environment", "memory", "open_files", "file_size"]
print(json.dumps([name for name in names if getattr(probe, name)(targets)]))
"""
    inside = ROOT / "quantumlayer" / "sandbox" / "_inside"
    with _targets(host_layout(), tmp_path, set()) as targets:
        command = [sys.executable, "-c", script, str(inside), json.dumps(targets)]
        answer = await anyio.run_process(command, cwd=tmp_path)

    denied = json.loads(answer.stdout)
    assert set(denied) <= {"home"}  # It may be empty.


async def test_without_bubblewrap_there_is_no_sandbox_unless_less_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(SandboxUnavailableError, match="apt-get install bubblewrap"):
        async with open_sandbox():
            pass


async def test_no_variable_of_the_environment_lowers_the_level(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for name in ("QUANTUMLAYER_SANDBOX", "QUANTUMLAYER_SANDBOX_LEVEL", "SANDBOX_MINIMUM"):
        monkeypatch.setenv(name, "L0")

    with pytest.raises(SandboxUnavailableError):
        async with open_sandbox(minimum=Level.L2):
            pass


@pytest.mark.usefixtures("sandbox")
async def test_a_sandbox_that_does_not_hold_is_refused_and_says_what_is_reachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_seccomp, "program", lambda *_, **__: _seccomp.ALLOW_ALL)

    with pytest.raises(SandboxUnavailableError, match=r"not denied: .*vsock"):
        async with open_sandbox():
            pass


async def test_root_in_a_user_namespace_is_still_root_and_not_level_3(sandbox: Sandbox) -> None:
    launcher = cast("Bubblewrap", sandbox.runner.launcher)
    if launcher.setpriv is None:
        pytest.skip("only root can become somebody else")

    inside = await measured(replace(sandbox.runner, launcher=replace(launcher, setpriv=None)))

    assert inside.level <= Level.L2
    assert "root_identity" in {probe.name for probe in inside.probes if not probe.denied}


async def test_landlock_alone_attains_level_1(landlocked: Sandbox) -> None:
    assert landlocked.level == Level.L1
    reached = {probe.name for probe in landlocked.probes if not probe.denied}
    assert {"unix_socket", "disk"} <= reached


# --- what is seen --------------------------------------------------------------------------------


async def test_of_the_host_only_the_interpreter_and_its_libraries_are_there(
    sandbox: Sandbox,
) -> None:
    program = """
import json, os
found = []
for folder, folders, names in os.walk("/"):
    folders[:] = [n for n in folders if f"{folder}/{n}".replace("//", "/") not in SHOWN]
    found += [f"{folder}/{name}".replace("//", "/") for name in names]
print(json.dumps(found))
"""
    layout = sandbox.runner.layout
    shown = [*layout.folders, "/proc", "/dev", "/tools", "/tree"]

    found = await ask(sandbox, program.replace("SHOWN", repr(shown)))

    etc = {"/etc/passwd", "/etc/group", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ld.so.cache"}
    assert set(found) <= etc | {"/usr/bin/setpriv"}


@pytest.mark.parametrize("path", ["/etc/shadow", "/root", "/home", str(ROOT / "quantumlayer")])
async def test_private_places_are_not_there(sandbox: Sandbox, path: str) -> None:
    program = f"""
import json, os
names = os.listdir({path!r}) if os.path.isdir({path!r}) else []
print(json.dumps([os.path.isfile({path!r}), names]))
"""
    is_file, names = await ask(sandbox, program)

    assert not is_file
    on_the_way = {Path(above).relative_to(path).parts[:1] for above in _shown_below(sandbox, path)}
    assert {(name,) for name in names} <= on_the_way


def _shown_below(sandbox: Sandbox, path: str) -> list[str]:
    return [name for name in sandbox.runner.layout.folders if Path(name).is_relative_to(path)]


async def test_the_environment_is_the_same_wherever_it_runs(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    before = await ask(sandbox, program)
    monkeypatch.setenv("API_KEY", "secret")
    monkeypatch.setenv("LD_PRELOAD", "/lib/evil.so")
    monkeypatch.setenv("PYTHONPATH", "/evil")
    monkeypatch.setenv("TZ", "Asia/Tokyo")

    assert await ask(sandbox, program) == before
    assert before["TZ"] == "UTC"
    assert before["HOME"] == "/tmp"


async def test_the_same_program_gives_the_same_output(sandbox: Sandbox) -> None:
    program = """
import json, locale, os, socket, time
print(json.dumps([hash("x"), list({"a", "b", "c"}), time.tzname, os.getcwd(), socket.gethostname(),
                  locale.getlocale(), sorted(os.listdir("."))]))
"""
    answers = [await ask(sandbox, program, a_txt="1") for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]


async def test_what_is_handed_in_cannot_be_changed_and_new_files_are_gone_afterwards(
    sandbox: Sandbox,
) -> None:
    program = """
import json, os
refused = []
for act in (lambda: open("app/main.py", "w"), lambda: os.unlink("app/main.py"),
            lambda: os.rename("app", "other"), lambda: open("app/new.py", "w"),
            lambda: os.chmod("app/main.py", 0o777)):
    try:
        act()
    except OSError as error:
        refused.append(error.strerror)
open("new.db", "w").write("x")
print(json.dumps([len(refused), sorted(os.listdir("."))]))
"""
    files = {"app/main.py": b"x = 1"}
    run = [sandbox.python, "-c", program]

    first = await sandbox.run(run, files=files)
    again = await sandbox.run(run, files=files)

    assert json.loads(first.stdout) == [5, ["app", "new.db"]]
    assert again == first


async def test_it_reads_what_it_is_given_on_standard_input(sandbox: Sandbox) -> None:
    text = b"x" * 300_000
    program = "import sys; print(len(sys.stdin.buffer.read()))"

    read = await sandbox.run([sandbox.python, "-c", program], stdin=text)
    ignored = await sandbox.run([sandbox.python, "-c", "print(1)"], stdin=text)

    assert (read.stdout, ignored.stdout) == (b"300000\n", b"1\n")


async def test_variables_of_the_caller_are_added(sandbox: Sandbox) -> None:
    program = "import os; print(os.environ['DATABASE_URL'], os.environ['TZ'])"

    completed = await sandbox.run(
        [sandbox.python, "-c", program], env={"DATABASE_URL": "sqlite://"}
    )

    assert completed.stdout == b"sqlite:// UTC\n"


# --- how it ends ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "exit_code"),
    [
        ("pass", 0),
        ("import sys; sys.exit(3)", 3),
        ("import os; os._exit(0)", 0),
        ("raise ValueError", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", 139),
    ],
)
async def test_the_exit_status_is_the_programs_own(
    sandbox: Sandbox, program: str, exit_code: int
) -> None:
    completed = await sandbox.run([sandbox.python, "-c", program])

    assert (completed.exit_code, completed.ended_by) == (exit_code, "exit")


async def test_a_program_that_is_not_there_answers_127(sandbox: Sandbox) -> None:
    completed = await sandbox.run(["/usr/bin/no-such-program"])

    assert completed.exit_code == 127


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "", "a//b", "a/./b", "a\0b"])
async def test_a_path_that_leaves_the_tree_is_refused(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(SandboxError, match="no path of a file"):
        await sandbox.run([sandbox.python, "-c", "pass"], files={path: b""})


async def test_a_launcher_that_cannot_build_its_walls_says_why(sandbox: Sandbox) -> None:
    launcher = cast("Bubblewrap", sandbox.runner.launcher)
    layout = replace(launcher.layout, folders=("/no/such/folder",))
    broken = replace(sandbox.runner, launcher=replace(launcher, layout=layout))

    with pytest.raises(SandboxError, match="/no/such/folder"):
        await replace(sandbox, runner=broken).run([sandbox.python, "-c", "pass"])


async def test_a_launcher_that_is_gone_says_so(sandbox: Sandbox) -> None:
    launcher = replace(cast("Bubblewrap", sandbox.runner.launcher), bwrap="/no/such/bwrap")
    gone = replace(sandbox, runner=replace(sandbox.runner, launcher=launcher))

    with pytest.raises(SandboxError, match="'/no/such/bwrap' cannot be started"):
        await gone.run([sandbox.python, "-c", "pass"])


async def test_a_launcher_that_says_nothing_is_given_up(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "bwrap"
    silent.write_text(f"#!{sys.executable}\nimport time; time.sleep(60)\n")
    silent.chmod(0o755)
    monkeypatch.setattr("quantumlayer.sandbox._jail.START_S", 0.3)
    launcher = replace(cast("Bubblewrap", sandbox.runner.launcher), bwrap=str(silent))
    given_up = replace(sandbox, runner=replace(sandbox.runner, launcher=launcher))

    with pytest.raises(SandboxError, match="could not be built: TimeoutError"):
        await given_up.run([sandbox.python, "-c", "pass"])


async def test_nothing_is_left_on_the_disk(sandbox: Sandbox) -> None:
    home = sandbox.runner.home
    await sandbox.run([sandbox.python, "-c", "pass"], files={"a.py": b""})
    with anyio.move_on_after(0.2):
        await sandbox.run([sandbox.python, "-c", "import time; time.sleep(60)"])

    assert sorted(path.name for path in home.iterdir()) == ["canary", "etc", "tools"]
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@pytest.mark.usefixtures("sandbox")
async def test_a_host_that_dies_takes_its_programs_with_it(
    token: str, left: Callable[[], list[str]]
) -> None:
    script = f"""
import anyio
from quantumlayer.sandbox import open_sandbox
async def main():
    async with open_sandbox() as sandbox:
        program = "import os; os.write(1, b'x' * 70_000)\\nwhile True: pass"
        await sandbox.run([sandbox.python, "-c", program, "{token[::-1]}"[::-1]])
anyio.run(main)
"""
    async with await anyio.open_process([sys.executable, "-c", script], cwd=ROOT) as host:
        with anyio.fail_after(60):
            while not any("while True" in line for line in left()):  # noqa: ASYNC110 -- procfs
                await anyio.sleep(0.02)
        host.kill()
        await host.wait()
    with anyio.fail_after(20):
        while left():  # noqa: ASYNC110 -- procfs
            await anyio.sleep(0.02)


# --- as somebody else ----------------------------------------------------------------------------

AS_USER = """
import json, sys
import anyio
from quantumlayer.sandbox import Level, Limits, open_sandbox

BOMB = '''
import os
while True:
    try: os.fork()
    except OSError: pass
'''

async def main():
    async with open_sandbox(minimum=Level[sys.argv[1]]) as sandbox:
        bomb = await sandbox.run([sandbox.python, "-c", BOMB, sys.argv[2]],
                                 limits=Limits(wall_s=0.5, processes=30))
        who = await sandbox.run([sandbox.python, "-c", "import os; print(os.listdir('.'))"],
                                files={"a.py": b""})
        print(json.dumps([str(sandbox.level), bomb.ended_by, who.stdout.decode()]))

anyio.run(main)
"""


@pytest.mark.parametrize(("level", "path"), [("L2", "/usr/bin:/bin"), ("L1", "/nowhere")])
async def test_it_works_for_an_ordinary_user(
    level: str, path: str, token: str, left: Callable[[], list[str]]
) -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    python = shutil.which(version, path="/usr/bin:/usr/local/bin")
    if os.geteuid() != 0:
        pytest.skip("only root can become an ordinary user")
    if python is None:
        pytest.skip(f"there is no {version} that an ordinary user may run")
    packages = Path(anyio.__file__).parents[1]
    environment = {"PATH": path, "PYTHONPATH": f"{ROOT}:{packages}", "HOME": "/nonexistent"}

    answer = await anyio.run_process(
        [python, "-c", AS_USER, level, token],
        user=NOBODY,
        group=NOBODY,
        extra_groups=(),
        env=environment,
        cwd="/",
        check=False,
    )

    if b"SandboxUnavailableError" in answer.stderr:
        pytest.skip(f"no sandbox for ordinary users: {answer.stderr.decode().splitlines()[-1]}")
    assert answer.returncode == 0, answer.stderr.decode()
    assert json.loads(answer.stdout) == [level, "wall_s", "['a.py']\n"]
    assert left() == []
