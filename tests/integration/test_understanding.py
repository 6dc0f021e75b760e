"""What the offline model understands of documents does not become less."""

import json
from pathlib import Path

import pytest
from acceptance import measure

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "tests" / "data" / "understanding"
PASSED: dict[str, int] = json.loads((DOCUMENTS / "passed.json").read_text("utf-8"))
FOLDERS = (DOCUMENTS, ROOT / "tests" / "data" / "requirements", ROOT / "examples")


def _found(name: str, shared: Path) -> Path:
    folders = (*FOLDERS, shared / "requirements")
    return next(path for folder in folders if (path := folder / f"{name}.md").is_file())


@pytest.mark.parametrize("name", sorted(PASSED))
def test_a_document_passes_as_many_steps_as_before(name: str, shared: Path) -> None:
    understood = measure(_found(name, shared), shared / "requirements" / "accept.py")
    assert understood.passed >= PASSED[name], "\n".join(understood.failures)


def test_every_document_is_held(shared: Path) -> None:
    folders = (*FOLDERS, shared / "requirements")
    steps = (path.name for folder in folders for path in folder.glob("*.acceptance.yaml"))
    assert {name.removesuffix(".acceptance.yaml") for name in steps} == set(PASSED)
