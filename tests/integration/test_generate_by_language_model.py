"""The five roles through a language model's protocol, spoken by aimock, a server of somebody else.

What the model says is what the offline model would say, so that only the way of asking differs.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quantumlayer.agents import SourceTree
from quantumlayer.capsule import SigningKey, Trust, read
from quantumlayer.offline import reading, writing
from quantumlayer.storage import DataFolder

KEY = "sk-test-0123456789"
DOCUMENT = """\
# Shopping list

An item has a name (at most 60 characters) and a quantity (a whole number, at least 1).

Items can be added, listed, changed and deleted.
"""
ROLES = {
    "ProjectManager": "project manager of",
    "Architect": "architect of",
    "Developer": "developer of",
    "QAEngineer": "QA engineer of",
    "DevOpsEngineer": "DevOps engineer of",
}


def fixtures(answers: dict[str, str]) -> list[dict[str, Any]]:
    """For each role an answer that is not valid the first time, and the right one after that."""
    wrong = {
        "ProjectManager": "Gladly! Here are the requirements:",
        "Architect": '{"name": "shopping-list"}',
        "Developer": '{"files": [{"path": "../../escape.py", "content": ""}]}',
        "QAEngineer": '{"files": "tests"}',
        "DevOpsEngineer": "{",
    }
    return [
        {"match": {"systemMessage": ROLES[role]} | sequence, "response": {"content": text}}
        for role in ROLES
        for sequence, text in (({"sequenceIndex": 0}, wrong[role]), ({}, answers[role]))
    ]


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    requirements = reading.read(DOCUMENT)
    design = reading.design(requirements)
    made = {
        "ProjectManager": requirements,
        "Architect": design,
        "Developer": writing.write_service(design),
        "QAEngineer": writing.write_tests(design),
        "DevOpsEngineer": writing.write_deployment(design),
    }
    return {role: artifact.model_dump_json() for role, artifact in made.items()}


class Command:
    """The command line with a data folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        program = str(Path(sys.executable).with_name("quantumlayer"))
        return subprocess.run(
            [program, *arguments],
            cwd=self.home,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Command:
    return Command(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def generated(
    serve_aimock: Callable[..., str], answers: dict[str, str], command: Command
) -> dict[str, Any]:
    """What `generate --json` says of the capsule that it built by way of aimock."""
    url = serve_aimock(fixtures(answers))
    (command.home / "list.md").write_text(DOCUMENT)
    model = ("--provider", "openai-compatible", "--model", "gpt-4o", "--base-url", url)
    done = command(
        "generate", "list.md", *model, "-o", "list.qcap", "--json", QUANTUMLAYER_API_KEY=KEY
    )
    assert done.returncode == 0, done.stderr
    described: dict[str, Any] = json.loads(done.stdout)
    return described


def test_each_role_is_asked_again_after_an_answer_that_is_not_valid(
    generated: dict[str, Any],
) -> None:
    assert generated["transcript"]["model_calls"] == 2 * len(ROLES)
    assert generated["transcript"]["models"] == ["openai-compatible/gpt-4o"]


def test_each_file_names_provider_model_and_the_hash_of_the_prompt(
    generated: dict[str, Any], command: Command
) -> None:
    authors = [file["author"] for file in generated["files"]]
    assert {author["role"] for author in authors} == {"Developer", "QAEngineer", "DevOpsEngineer"}
    assert {(author["provider"], author["model"]) for author in authors} == {
        ("openai-compatible", "gpt-4o")
    }
    folder = DataFolder.of(command.home / ".local/share/quantumlayer")
    own = Trust((SigningKey.load_or_create(folder.keys).public,))
    capsule = read(command.home / "list.qcap", own)
    asked = {call.request.digest for call in capsule.transcript.exchanges}
    assert {author["prompt"] for author in authors} <= asked


def test_the_capsule_is_the_one_that_was_validated(generated: dict[str, Any]) -> None:
    assert generated["validation"]["ok"]
    assert {"L2", "L3"} & {generated["validation"]["level"]}
    statuses = {one["id"]: one["status"] for one in generated["requirements"]}
    assert "not_implemented" not in statuses.values()


def test_the_answers_alone_build_it_again_without_provider_or_network(
    generated: dict[str, Any], command: Command
) -> None:
    done = command("capsule", "replay", "list.qcap", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["digest"] == generated["digest"]


def test_the_key_is_nowhere_in_what_was_made(generated: dict[str, Any], command: Command) -> None:
    assert KEY not in json.dumps(generated)
    for file in command.home.rglob("*"):
        if file.is_file():
            assert KEY.encode() not in file.read_bytes(), file


def test_a_model_that_never_answers_with_a_valid_value_is_an_error(
    serve_aimock: Callable[..., str], command: Command
) -> None:
    url = serve_aimock([{"match": {}, "response": {"content": "I would rather not."}}])
    model = ("--provider", "openai-compatible", "--model", "gpt-4o", "--base-url", url)
    done = command(
        "generate", DOCUMENT, "--fresh", *model, "-o", "none.qcap", QUANTUMLAYER_API_KEY=KEY
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Requirements" in done.stderr.splitlines()[-1]
    assert not (command.home / "none.qcap").exists()


def test_what_a_model_writes_is_not_believed_but_validated(
    serve_aimock: Callable[..., str], answers: dict[str, str], command: Command
) -> None:
    tree = SourceTree.model_validate_json(answers["Developer"])
    broken = tree.model_copy(
        update={
            "files": [
                file.model_copy(update={"content": "raise SystemExit\n"})
                if file.path == "app/main.py"
                else file
                for file in tree.files
            ]
        }
    )
    url = serve_aimock(fixtures(answers | {"Developer": broken.model_dump_json()}))
    model = ("--provider", "openai-compatible", "--model", "gpt-4o", "--base-url", url)
    done = command(
        "generate", DOCUMENT, "--fresh", *model, "-o", "bad.qcap", QUANTUMLAYER_API_KEY=KEY
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr.splitlines()[-1]
    assert not (command.home / "bad.qcap").exists()
