"""What real disks and real kills do to a data folder: full, read-only, many processes, SIGKILL."""

import json
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from quantumlayer.storage import DataFolder

WRITER = """
import json, sys
import anyio
from quantumlayer.storage import DataFolder

async def main(path, rounds):
    async with DataFolder.of(path).open() as stores:
        for number in range(rounds):
            key = f"{sys.argv[3]}-{number:05}"
            digest = await stores.blobs.put(key.encode() * 2_000)
            await stores.documents.put("capsules", key, {"digest": digest}, version=0)
            await stores.cache.put("latest", key, ttl_s=3_600)
            print(json.dumps([key, digest]), flush=True)

anyio.run(main, sys.argv[1], int(sys.argv[2]))
"""


def writer(folder: Path, rounds: int, name: str, *, before: tuple[str, ...] = ()) -> list[str]:
    return [*before, sys.executable, "-c", WRITER, str(folder), str(rounds), name]


async def everything_is_there(folder: Path, acknowledged: list[tuple[str, str]]) -> None:
    async with DataFolder.of(folder).open() as stores:
        for key, digest in acknowledged:
            found = await stores.documents.get("capsules", key)
            assert found is not None
            assert found.value == {"digest": digest}
            assert await stores.blobs.get(digest) == key.encode() * 2_000
        for document in await stores.documents.list("capsules", limit=100_000):
            assert await stores.blobs.get(document.value["digest"]) is not None, "index before blob"
        await stores.documents.put("runs", "next", {"found": len(acknowledged)})


@pytest.mark.anyio
async def test_a_folder_whose_writer_was_killed_works_for_the_next_run(tmp_path: Path) -> None:
    acknowledged: list[tuple[str, str]] = []
    for attempt in range(12):
        acknowledged += killed_after(tmp_path, lines=attempt * 3, name=f"run{attempt}")
        await everything_is_there(tmp_path, acknowledged)
    assert len(acknowledged) >= 12 * 11 / 2 * 3


def killed_after(folder: Path, *, lines: int, name: str) -> list[tuple[str, str]]:
    """Run a writer, kill it after so many acknowledged writes, return what it acknowledged."""
    with subprocess.Popen(writer(folder, 10_000, name), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        rest = process.stdout.read().splitlines(keepends=True)
        assert process.wait() == -signal.SIGKILL
    return [tuple(json.loads(line)) for line in seen + rest if line.endswith(b"\n")]


@pytest.mark.anyio
async def test_processes_that_open_a_new_folder_at_once_share_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    acknowledged = written_at_once(folder, processes=6)
    assert len(acknowledged) == 6 * 25
    await everything_is_there(folder, acknowledged)


def written_at_once(folder: Path, *, processes: int) -> list[tuple[str, str]]:
    running = [
        subprocess.Popen(writer(folder, 25, f"process{number}"), stdout=subprocess.PIPE)
        for number in range(processes)
    ]
    outputs = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * processes
    return [tuple(json.loads(line)) for output in outputs for line in output.splitlines()]


def bubblewrap(*options: str) -> tuple[str, ...]:
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        pytest.skip("bubblewrap is not installed: it makes the small and the read-only disk")
    jail = (bwrap, "--bind", "/", "/", "--dev", "/dev", "--die-with-parent", *options, "--")
    if subprocess.run([*jail, "true"], capture_output=True, check=False).returncode:
        pytest.skip(f"bubblewrap cannot run here with {options}")
    return jail


def storage_error_of(command: list[str]) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("quantumlayer.errors.StorageError: "), ended.stderr
    return last


def test_a_full_disk_is_named_with_its_cure(tmp_path: Path) -> None:
    small_disk = bubblewrap("--size", str(1024 * 1024), "--tmpfs", str(tmp_path))

    message = storage_error_of(writer(tmp_path / "data", 10_000, "full", before=small_disk))

    assert str(tmp_path) in message
    assert "Free some space on that disk" in message


def test_a_read_only_folder_is_named_with_its_cure(tmp_path: Path) -> None:
    subprocess.run(writer(tmp_path, 1, "first"), check=True, capture_output=True)
    read_only = bubblewrap("--ro-bind", str(tmp_path), str(tmp_path))

    message = storage_error_of(writer(tmp_path, 1, "second", before=read_only))

    assert str(tmp_path) in message
    assert "Choose a folder on a disk that can be written to" in message


def test_opening_a_data_folder_loads_no_database_before(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys
        import quantumlayer.storage
        print(sorted({"sqlite3", "platformdirs", "pydantic"} & set(sys.modules)))
    """)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert ended.stdout.strip() == "[]"
