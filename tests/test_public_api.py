"""What `import quantumlayer` gives, and what it must not do."""

import ast
import json
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import quantumlayer

WITNESS = """
import json, os, resource, sys, threading, time
{before}
happened = []
def watch(event, _arguments):
    if event.startswith(("socket.", "subprocess.")):
        happened.append(event)
sys.addaudithook(watch)
environment, threads = dict(os.environ), threading.active_count()
modules, memory = len(sys.modules), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.process_time()
{what}
print(json.dumps({{
    "cpu_s": time.process_time() - begin,
    "memory_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory,
    "threads": threading.active_count() - threads,
    "environment": environment == dict(os.environ),
    "events": happened,
    "modules": sorted(sys.modules),
}}))
"""


def witness(what: str, before: str = "import pydantic") -> dict[str, Any]:
    script = WITNESS.format(what=what, before=before)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    )
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_importing_starts_nothing_opens_nothing_and_changes_nothing() -> None:
    seen = witness("import quantumlayer")
    assert seen["threads"] == 0
    assert seen["events"] == []
    assert seen["environment"]


def test_importing_costs_little_more_than_bare_python_with_pydantic() -> None:
    runs = [witness("import quantumlayer") for _ in range(3)]
    assert min(run["cpu_s"] for run in runs) <= 0.15
    assert min(run["memory_kib"] for run in runs) <= 40 * 1024


def test_using_every_public_name_starts_nothing_either() -> None:
    seen = witness("from quantumlayer import *")
    assert seen["threads"] == 0
    assert seen["events"] == []
    assert seen["environment"]


def test_heavy_libraries_wait_for_their_first_use() -> None:
    heavy = {"numpy", "tiktoken", "google.protobuf", "httpx", "cryptography", "fastapi", "rich"}
    assert not heavy & set(witness("import quantumlayer", before="")["modules"])


def test_every_public_name_is_there_and_the_lists_agree() -> None:
    names = set(quantumlayer.__all__)
    assert names == set(dir(quantumlayer))
    assert names - {"__version__"} == set(quantumlayer._HOME)
    for name in names:
        assert getattr(quantumlayer, name) is not None
    tree = ast.parse(Path(quantumlayer.__file__).read_text())
    typed = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("quantumlayer.")
        for alias in node.names
    }
    assert typed == set(quantumlayer._HOME), "what type checkers see is what runs"


def test_an_unknown_name_says_so() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Rooter'"):
        _ = quantumlayer.Rooter


def test_every_package_lists_what_it_offers() -> None:
    for module in pkgutil.iter_modules(quantumlayer.__path__, "quantumlayer."):
        if not module.ispkg:
            continue
        package = import_module(module.name)
        assert package.__doc__, f"{module.name} does not say what it is for"
        for name in package.__all__:
            assert hasattr(package, name), f"{module.name} lists {name!r} and has none"
