"""How many acceptance steps the service of a document passes, in memory and without the sandbox."""

from __future__ import annotations

import importlib.util
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml
from generated import served, write

from quantumlayer.offline import reading, writing

__all__ = ["Understood", "measure"]


@dataclass(frozen=True, slots=True)
class Understood:
    """What became of one document.

    Attributes:
        document: Its name.
        passed: How many steps pass.
        steps: How many there are.
        failures: The others, each with the reason.
        named: What a capsule would call not implemented.
    """

    document: str
    passed: int
    steps: int
    failures: tuple[str, ...]
    named: tuple[str, ...]


class _Here:
    """The client that acceptance steps open, on a service in this process."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def Client(self, **_options: Any) -> Self:  # noqa: N802 -- as in httpx
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        return None

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        self._client.cookies.clear()
        return self._client.request(method, path, follow_redirects=False, **arguments)


def measure(document: Path, accept: Path) -> Understood:
    """Make one document a service and run its steps.

    Args:
        document: Has its steps beside it, `NAME.acceptance.yaml`.
        accept: The script that knows what a step asks for.
    """
    steps = yaml.safe_load(document.with_suffix(".acceptance.yaml").read_text("utf-8"))["steps"]
    design = reading.design(reading.read(document.read_text("utf-8")))
    spec = importlib.util.spec_from_file_location("accept", accept)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what the service's libraries think of each other
        write(Path(folder), writing.write_service(design).files)
        with served(Path(folder)) as client:
            script.httpx = _Here(client)  # type: ignore[attr-defined]
            script.httpx.HTTPError = OSError
            passed, failures = script.run("", steps)
    missed = [each for each in design.coverage if each.status == "not_implemented"]
    return Understood(
        document.stem,
        passed,
        len(steps),
        tuple(f"{step['name']}: {problem}" for step, problem in failures),
        tuple(f"{each.requirement} {each.note or each.text}" for each in missed),
    )
