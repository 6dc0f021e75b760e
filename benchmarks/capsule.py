"""What sealing and opening a capsule of 1,000 files and 4.5 MB costs.

Usage: python benchmarks/capsule.py [--json]

Times are of the fastest of 40 rounds: other load only adds to them. `floor_ms` is hashing alone,
three times over the content (files, layer, compressed layer), as the format needs it;
`tarfile_ms` is the standard library reading the same content layer and hashing it and its files.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import tarfile
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from quantumlayer.capsule import (
    Author,
    CapsuleFile,
    Document,
    Draft,
    QuantumCapsule,
    Requirement,
    SigningKey,
    Transcript,
    Trust,
    Validation,
    content_digest,
    pack,
    read,
    unpack,
)
from quantumlayer.messages import Exchange, ModelReply, ModelRequest, Outcome, Verdict

ROUNDS = 40
FILES = 1_000
FILE_BYTES = 4_500


def example() -> Draft:
    """Make a draft of 1,000 files by twenty model calls."""
    noise = random.Random(1)
    calls = [
        Exchange(ModelRequest.of(f"Write module {n}."), ModelReply("done", "bench", "model"))
        for n in range(20)
    ]
    files = tuple(
        CapsuleFile(
            f"app/module_{number // 50}/file_{number}.py",
            noise.randbytes(FILE_BYTES),
            Author("Developer", "bench", "model", calls[number // 50].request.digest),
            (f"R{number % 100 + 1}",),
        )
        for number in range(FILES)
    )
    return Draft(
        name="benchmark",
        version="0.1.0",
        title="A thousand files",
        entry_points={"asgi": "app.main:app"},
        files=files,
        requirements=tuple(
            Requirement(f"R{n + 1}", f"Requirement {n + 1}.", "assumed") for n in range(100)
        ),
        validation=Validation("L2", (Verdict("ruff", Outcome.PASS, "ruff", "0.12", ()),)),
        transcript=Transcript((Document("# A thousand files"), *calls)),
    )


def fastest_ms(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the duration of the fastest round in milliseconds."""
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
    return best * 1_000


def peak_mib(run: Callable[[], object]) -> float:
    """Return how much memory a call allocates at most, in MiB."""
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


def only_hash(draft: Draft, archive: bytes) -> None:
    """Hash the content as often as opening has to."""
    for file in draft.files:
        hashlib.sha256(file.content).hexdigest()
    for _ in range(2):
        hashlib.sha256(archive).hexdigest()


def by_tarfile(layer: bytes) -> None:
    """Hash a layer, and read and hash its files, with the standard library."""
    hashlib.sha256(layer).hexdigest()
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            hashlib.sha256(file.read()).hexdigest()


def layer_of(capsule: QuantumCapsule) -> bytes:
    """Write the content with the standard library, for `by_tarfile`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for file in capsule.files:
            member = tarfile.TarInfo(file.path)
            member.size = len(file.content)
            archive.addfile(member, io.BytesIO(file.content))
    return buffer.getvalue()


def plainly_write(capsule: QuantumCapsule, folder: Path) -> None:
    """Write the same files with pathlib."""
    tree = {file.path: file.content for file in capsule.files} | dict(capsule.documents)
    for path, content in tree.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def on_disk(write: Callable[[Path], object]) -> float:
    """Return the fastest time to write a tree into a new folder, in milliseconds."""
    with tempfile.TemporaryDirectory() as parent:
        numbers = iter(range(ROUNDS))
        return fastest_ms(lambda: write(Path(parent) / str(next(numbers))), 10)


def measure() -> dict[str, float]:
    """Measure everything."""
    draft, key = example(), SigningKey.generate()
    trust = Trust((key.public,))
    capsule = pack(draft, key)
    archive = capsule.to_bytes()
    layer = layer_of(capsule)
    return {
        "archive_bytes": len(archive),
        "pack_ms": fastest_ms(lambda: pack(draft, key)),
        "content_digest_ms": fastest_ms(lambda: content_digest(draft)),
        "read_ms": fastest_ms(lambda: read(archive, trust)),
        "floor_ms": fastest_ms(lambda: only_hash(draft, archive)),
        "tarfile_ms": fastest_ms(lambda: by_tarfile(layer), 10),
        "read_and_unpack_ms": on_disk(lambda folder: unpack(read(archive, trust), folder)),
        "write_files_ms": on_disk(lambda folder: plainly_write(capsule, folder)),
        "read_peak_mib": peak_mib(lambda: read(archive, trust)),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    figures = {name: round(value, 2) for name, value in measure().items()}
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<20} {value:>14,}")


if __name__ == "__main__":
    main()
