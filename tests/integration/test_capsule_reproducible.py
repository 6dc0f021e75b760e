"""The same draft gives the same bytes in other processes and surroundings; one key for all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import product
from pathlib import Path

from quantumlayer.capsule import SigningKey
from quantumlayer.capsule._keys import KEY_FILE

PACK = """
import hashlib, os, sys
from pathlib import Path
from random import Random
from quantumlayer.capsule import *
from quantumlayer.messages import *

umask, seed, keys = int(sys.argv[1], 8), int(sys.argv[2]), Path(sys.argv[3])
os.umask(umask)
request = ModelRequest.of("Mach: \\u00e4\\u00f6")
call = Exchange(request, ModelReply("fertig", "offline", "rules"))
author = Author("Developer", "offline", "rules", call.request.digest)
files = [CapsuleFile(f"app/{n:02}.py", b"#" * n, author, ("R1",)) for n in range(40)]
Random(seed).shuffle(files)
entry_points = dict(sorted({"asgi": "a:b", "cli": "c:d", "z": "e:f"}.items(), reverse=seed % 2))
draft = Draft("blog", "0.1.0", "Bl\\u00f6g", entry_points, tuple(files),
    (Requirement("R1", "Es l\\u00e4uft.", "assumed"),),
    Validation("L2", (Verdict("ruff", "PASS", "ruff", "0.12", figures={"b": 0.1, "a": 1.0}),)),
    Transcript((Document("# Bl\\u00f6g"), call)))
capsule = pack(draft, SigningKey.load_or_create(keys))
print(capsule.digest, hashlib.sha256(capsule.to_bytes()).hexdigest())
"""


def packed(keys: Path, umask: str, seed: int, environment: dict[str, str]) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", PACK, umask, str(seed), str(keys)],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()


def test_order_time_zone_locale_umask_and_hash_seed_change_no_byte(tmp_path: Path) -> None:
    surroundings = product(
        ["000", "077"], ["UTC", "Pacific/Kiritimati"], ["C", "tr_TR.UTF-8"], ["0", "random"]
    )
    seen = {
        packed(
            tmp_path,
            umask,
            number,
            {"TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": seed, "PYTHONUTF8": str(number % 2)}
            | ({"SOURCE_DATE_EPOCH": "1700000000"} if number % 3 else {}),
        )
        for number, (umask, zone, locale, seed) in enumerate(surroundings)
    }

    assert len(seen) == 1


def test_another_key_changes_the_file_but_not_the_content_digest(tmp_path: Path) -> None:
    digest, file = packed(tmp_path / "one", "022", 0, {}).split()
    other_digest, other_file = packed(tmp_path / "two", "022", 0, {}).split()

    assert digest == other_digest
    assert file != other_file


LOAD = """
import sys
from pathlib import Path
from quantumlayer.capsule import SigningKey
print(SigningKey.load_or_create(Path(sys.argv[1])).public.id, flush=True)
"""


def test_processes_that_come_at_once_get_the_same_key(tmp_path: Path) -> None:
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        processes = [
            subprocess.Popen([sys.executable, "-c", LOAD, str(folder)], stdout=subprocess.PIPE)
            for _ in range(6)
        ]
        ids = {process.communicate()[0] for process in processes}

        assert [process.returncode for process in processes] == [0] * 6
        assert len(ids) == 1
        assert [path.name for path in folder.iterdir()] == [KEY_FILE]


KILLED = """
import os, signal, sys
from pathlib import Path
from quantumlayer.capsule import SigningKey

calls = 0

def die(event, arguments):
    global calls
    if event.startswith("os.") or event == "open":
        calls += 1
        if calls == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

SigningKey.generate()  # everything is imported before the counting starts
sys.addaudithook(die)
print(SigningKey.load_or_create(Path(sys.argv[1])).public.id)
"""


def test_killed_at_any_system_call_the_next_run_has_a_whole_key(tmp_path: Path) -> None:
    ends = []
    for call in range(1, 40):
        folder = tmp_path / str(call)
        command = [sys.executable, "-c", KILLED, str(folder), str(call)]
        ends.append(subprocess.run(command, capture_output=True, check=False).returncode)
        key = SigningKey.load_or_create(folder)
        assert SigningKey.load_or_create(folder).public == key.public
        if ends[-1] == 0:
            break
    assert set(ends[:-1]) == {-signal.SIGKILL}
    assert ends[-1] == 0, "every call was a place to be killed at"
    assert len(ends) > 4
