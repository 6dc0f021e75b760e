"""Generated services pass their own tests on a real PostgreSQL server, too."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from generated import write

from quantumlayer.offline import reading
from quantumlayer.offline.writing import write_service, write_tests

pytestmark = pytest.mark.slow

DOCUMENTS = Path(__file__).parents[1] / "data" / "requirements"


def _binary(name: str) -> str:
    """Find a program of the server; Debian keeps them out of the path."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name) or next((str(p / name) for p in places if (p / name).exists()), None)
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run a PostgreSQL server of our own on loopback; yield its address."""
    # Not pytest's folder: the path of a socket may have 107 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="ql-pg-"))
    user = None
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        user = "postgres"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    command = [_binary("initdb"), "--auth=trust", "--username=service", "--encoding=UTF8", data]
    subprocess.run(command, check=True, capture_output=True, user=user, cwd="/")
    control = [_binary("pg_ctl"), f"--pgdata={data}"]
    options = f"-c listen_addresses=127.0.0.1 -c fsync=off -k {folder} -p {port}"
    log = f"--log={folder}/log"
    subprocess.run(
        [*control, log, "--wait", f"--options={options}", "start"],
        check=True,
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
    )
    yield f"postgresql://service@127.0.0.1:{port}/postgres"
    subprocess.run(
        [*control, "--mode=immediate", "stop"],
        check=True,
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
    )
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "document",
    [path for path in sorted(DOCUMENTS.glob("*.md")) if path.stem != "README"],
    ids=lambda path: path.stem,
)
def test_a_generated_service_passes_its_own_tests_on_postgresql(
    document: Path, server: str, tmp_path: Path
) -> None:
    design = reading.design(reading.read(document.read_text()))
    write(tmp_path, write_service(design).files, write_tests(design).files)
    _fresh(server)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path,
        env={**os.environ, "TEST_DATABASE_URL": server},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4_000:]


def _fresh(server: str) -> None:
    """Drop what another service has left in the database."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
