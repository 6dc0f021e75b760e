"""How many acceptance steps pass of what the offline model makes of requirement documents.

Usage: python benchmarks/understanding.py [--json] [--verbose] [--only NAME] [--record] [FILE ...]

Each document has its steps beside it (NAME.acceptance.yaml, see ../shared/requirements); without
any, all known ones are taken. The services run in memory and without the sandbox: this tells what
is understood, in half a second a document, and `tests/integration/test_requirement_documents.py`
that the whole pipeline keeps it. `named` are the statements that a capsule would call not
implemented. `--record` writes what `tests/integration/test_understanding.py` holds on to.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "requirements"
DATA = ROOT / "tests" / "data"
sys.path.insert(0, str(ROOT / "tests" / "support"))

from acceptance import Understood, measure  # noqa: E402 -- needs the path


def known() -> list[Path]:
    """All documents whose steps are in this project or beside it."""
    folders = (SHARED, DATA / "requirements", ROOT / "examples", DATA / "understanding")
    found = (path for folder in folders for path in sorted(folder.glob("*.md")))
    return [path for path in found if path.with_suffix(".acceptance.yaml").is_file()]


def record(rows: list[Understood]) -> None:
    """Write how many steps pass."""
    passed = {row.document: row.passed for row in sorted(rows, key=lambda row: row.document)}
    (DATA / "understanding" / "passed.json").write_text(json.dumps(passed, indent=2) + "\n")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("documents", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--verbose", action="store_true", help="print what fails, and why")
    parser.add_argument("--record", action="store_true", help="write down what all documents pass")
    parser.add_argument("--only", help="take the documents whose name contains this")
    options = parser.parse_args()
    accept = SHARED / "accept.py"
    if not accept.is_file():
        sys.exit(f"{str(accept)!r} is not there: acceptance steps cannot be run.")
    documents = [each for each in options.documents or known() if (options.only or "") in each.stem]
    with ProcessPoolExecutor(max_workers=2) as pool:
        rows = list(pool.map(partial(measure, accept=accept), documents))
    if options.record:
        record(rows)
    passed, steps = sum(row.passed for row in rows), sum(row.steps for row in rows)
    if options.json:
        figures = [asdict(row) for row in rows]
        print(json.dumps({"passed": passed, "steps": steps, "documents": figures}, indent=2))
        return
    for row in rows:
        print(f"{row.passed:3} of {row.steps:3}  {row.document}")
        for line in (row.failures + row.named) * options.verbose:
            print(f"              {line}")
    print(f"{passed:3} of {steps:3}  steps of {len(rows)} documents")


if __name__ == "__main__":
    main()
