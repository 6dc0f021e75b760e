"""What the main job costs: from a requirements document to a verified capsule, offline.

Usage: python benchmarks/main_job.py [--json] [DOCUMENT ...]

Each document is built in a process of its own with an empty data folder, and then replayed. Wall
time and memory are those of the whole process tree; memory is sampled every 20 ms.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import anyio
import psutil

from quantumlayer.services import Progress, QLayer, replay

ROOT = Path(__file__).resolve().parents[1]
SAMPLE_S = 0.02
MIB = 1 << 20


async def build(document: bytes, folder: Path) -> dict[str, Any]:
    """Build one document here and say what each stage took."""
    begun: dict[tuple[str, str], float] = {}
    stages: dict[str, dict[str, Any]] = {}

    def tell(step: Progress) -> None:
        now = time.perf_counter()
        if step.state == "begun":
            begun[step.stage, step.agent] = now
            return
        stage = stages.setdefault(step.stage, {"wall_s": 0.0, "tokens": 0})
        stage["wall_s"] = max(stage["wall_s"], now - begun[step.stage, step.agent])

    stage_of = {"ProjectManager": "parse", "Architect": "plan"}
    async with QLayer(folder=folder) as qlayer:
        capsule = await qlayer.generate_code(document, tell=tell)
        for call in capsule.transcript.exchanges:
            stage = stages[stage_of.get(call.request.agent or "", "build")]
            stage["tokens"] += call.reply.usage.total_tokens
        start = time.perf_counter()
        await replay(capsule)
        stages["replay"] = {"wall_s": time.perf_counter() - start, "tokens": 0}
    return {
        "digest": capsule.digest,
        "isolation": capsule.validation.level,
        "tests": len(capsule.validation.passed_tests),
        "stages": stages,
    }


def measure(document: Path) -> dict[str, Any]:
    """Build one document in a process of its own, watched from outside."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, __file__, "--inside", folder, str(document)], stdout=subprocess.PIPE
        )
        peak: list[int] = [0]
        watcher = threading.Thread(target=_watch, args=(process.pid, peak))
        watcher.start()
        out, _ = process.communicate()
        wall_s = time.perf_counter() - start
        watcher.join()
    if process.returncode:
        sys.exit(f"{document}: the build ended with status {process.returncode}")
    inside = json.loads(out)
    replay_s = inside["stages"]["replay"]["wall_s"]
    return {
        "document": document.name,
        "wall_s": wall_s - replay_s,
        "peak_memory_mib": peak[0] / MIB,
        "tokens": sum(stage["tokens"] for stage in inside["stages"].values()),
        **inside,
    }


def _watch(pid: int, peak: list[int]) -> None:
    """Add up what belongs to the tree alone, and remember the largest sum."""
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            total = 0
            for process in (root, *root.children(recursive=True)):
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue
            peak[0] = max(peak[0], total)
            time.sleep(SAMPLE_S)
    except psutil.NoSuchProcess:
        return


def main() -> None:
    """Measure the given documents, or the examples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--inside", metavar="FOLDER", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("documents", nargs="*", type=Path)
    options = parser.parse_args()
    if options.inside:
        print(json.dumps(anyio.run(build, options.documents[0].read_bytes(), options.inside)))
        return
    documents = options.documents or sorted((ROOT / "examples").glob("*.md"))
    runs = [measure(document) for document in documents]
    result = {
        "median_wall_s": statistics.median(run["wall_s"] for run in runs),
        "worst_wall_s": max(run["wall_s"] for run in runs),
        "worst_peak_memory_mib": max(run["peak_memory_mib"] for run in runs),
        "runs": runs,
    }
    if options.json:
        print(json.dumps(result, indent=2))
        return
    for run in runs:
        stages = ", ".join(f"{name} {one['wall_s']:.2f}" for name, one in run["stages"].items())
        print(
            f"{run['document']:24} {run['wall_s']:6.2f} s {run['peak_memory_mib']:6.0f} MiB "
            f"{run['tokens']:7} tokens  ({stages})"
        )


if __name__ == "__main__":
    main()
