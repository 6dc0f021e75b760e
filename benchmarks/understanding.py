"""How many acceptance steps pass of what the offline model makes of requirement documents.

Usage: python benchmarks/understanding.py [--json] [--verbose] [--only NAME] [DOCUMENT.md ...]

Each document has its steps beside it (NAME.acceptance.yaml, see ../shared/requirements); without
any, all known ones are taken. The services run in memory and without the sandbox: this tells what
is understood, in half a second a document, and `tests/integration/test_requirement_documents.py`
that the whole pipeline keeps it. `named` are the statements that a capsule would call not
implemented.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import yaml

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "requirements"
sys.path.insert(0, str(ROOT))


def checks() -> ModuleType:
    """Return the module that knows what an acceptance step asks for."""
    spec = importlib.util.spec_from_file_location("accept", SHARED / "accept.py")
    if spec is None or spec.loader is None or not (SHARED / "accept.py").is_file():
        sys.exit(f"{str(SHARED / 'accept.py')!r} is not there: acceptance steps cannot be run.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Here:
    """The client that acceptance steps open, on a service in this process."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def Client(self, **_options: Any) -> _Here:  # noqa: N802 - as in httpx
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        return None

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        self._client.cookies.clear()
        return self._client.request(method, path, follow_redirects=False, **arguments)


def measure(document: Path) -> dict[str, Any]:
    """Make one document a service and run its steps."""
    from quantumlayer.offline import reading, writing  # noqa: PLC0415 -- in the worker
    from tests.support.generated import served, write  # noqa: PLC0415 -- ditto

    steps = yaml.safe_load(document.with_suffix(".acceptance.yaml").read_text("utf-8"))["steps"]
    accept = checks()
    try:
        design = reading.design(reading.read(document.read_text("utf-8")))
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), writing.write_service(design).files)
            warnings.simplefilter("ignore")
            with served(Path(folder)) as client:
                accept.httpx = _Here(client)
                accept.httpx.HTTPError = OSError
                passed, failures = accept.run("", steps)
        named = [
            f"{each.requirement} {each.note or each.text}"
            for each in design.coverage
            if each.status == "not_implemented"
        ]
    except Exception as error:  # noqa: BLE001 -- a document that stops the model passes nothing
        passed, failures, named = 0, [(step, f"{error!r}") for step in steps], []
    return {
        "document": document.stem,
        "passed": passed,
        "steps": len(steps),
        "failures": [f"{step['name']}: {problem}" for step, problem in failures],
        "named": named,
    }


def known() -> list[Path]:
    """All documents whose steps are in this project or beside it."""
    folders = (SHARED, ROOT / "tests/data/requirements", ROOT / "examples")
    found = (path for folder in folders for path in sorted(folder.glob("*.md")))
    return [path for path in found if path.with_suffix(".acceptance.yaml").is_file()]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("documents", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--verbose", action="store_true", help="print what fails, and why")
    parser.add_argument("--only", help="take the documents whose name contains this")
    options = parser.parse_args()
    documents = [each for each in options.documents or known() if (options.only or "") in each.stem]
    with ProcessPoolExecutor(max_workers=2) as pool:
        rows = list(pool.map(measure, documents))
    passed, steps = sum(row["passed"] for row in rows), sum(row["steps"] for row in rows)
    if options.json:
        print(json.dumps({"passed": passed, "steps": steps, "documents": rows}, indent=2))
        return
    for row in rows:
        print(f"{row['passed']:3} of {row['steps']:3}  {row['document']}")
        for line in (row["failures"] + row["named"]) * options.verbose:
            print(f"              {line}")
    print(f"{passed:3} of {steps:3}  steps of {len(rows)} documents")


if __name__ == "__main__":
    main()
