"""Whatever a valid design asks for is written, and runs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from designs import designs
from generated import lint, served, write
from hypothesis import HealthCheck, given, settings

from quantumlayer.agents import SystemDesign
from quantumlayer.offline.writing import write_deployment, write_service, write_tests

THOROUGH = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
QUICK = settings(max_examples=8, derandomize=True, parent=THOROUGH)
FEW = settings(max_examples=15, parent=THOROUGH)


def _lints_and_answers(design: SystemDesign) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tests = write_tests(design).files
        write(folder, write_service(design).files, tests, write_deployment(design).files)

        assert lint(folder) == ""
        with served(folder) as client:
            assert client.get("/health").json() == {"status": "ok"}
            described = client.get("/openapi.json").json()["paths"]
            for endpoint in design.endpoints:
                assert any(endpoint.method.lower() in path for path in described.values())
                if endpoint.method == "GET" and "{" not in endpoint.path:
                    answer = client.get(endpoint.path)
                    assert answer.status_code == (401 if endpoint.access.login else 200)


@QUICK
@given(design=designs())
def test_any_design_becomes_a_service_that_lints_boots_and_answers(design: SystemDesign) -> None:
    _lints_and_answers(design)


@pytest.mark.slow
@THOROUGH
@given(design=designs())
def test_so_do_many_more_designs(design: SystemDesign) -> None:
    _lints_and_answers(design)


@pytest.mark.slow
@FEW
@given(design=designs())
def test_any_service_passes_the_tests_that_are_written_for_it(design: SystemDesign) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, write_service(design).files, write_tests(design).files)

        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stdout[-4_000:]


@QUICK
@given(design=designs())
def test_the_same_design_gives_the_same_files(design: SystemDesign) -> None:
    again = SystemDesign.model_validate_json(design.model_dump_json())

    assert write_service(again) == write_service(design)
    assert write_tests(again) == write_tests(design)
