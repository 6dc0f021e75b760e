"""Defects put into a good tree are found, each by the check that it concerns; the tree is not."""

import dataclasses
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from quantumlayer.errors import MissingExtraError, SandboxUnavailableError
from quantumlayer.messages import Outcome
from quantumlayer.sandbox import CHECKS, Report, Sandbox, check_all, open_sandbox, read_tree
from quantumlayer.sandbox import _tests as tests_check
from quantumlayer.sandbox._boot import check_boot
from quantumlayer.sandbox._level import Limits
from quantumlayer.sandbox._static import check_imports, check_ruff

pytestmark = pytest.mark.anyio
DATA = Path(__file__).parents[2] / "data" / "sandbox"
Tree = dict[str, bytes]

NAMES = {
    "main": "app/main.py",
    "sums": "app/sums.py",
    "test": "tests/test_sums.py",
    "conftest": "conftest.py",
    "project": "pyproject.toml",
}


@pytest.fixture
def anyio_backend() -> str:
    """Run most of these on one event loop; what differs between the two is tested elsewhere."""
    return "asyncio"


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled modules, kept for all tests here."""
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture
async def sandbox(bytecode: Path) -> AsyncIterator[Sandbox]:
    try:
        async with open_sandbox(bytecode=bytecode) as opened:
            yield opened
    except SandboxUnavailableError as error:
        pytest.skip(f"no sandbox here: {error.reason}")


@pytest.fixture
def small() -> Tree:
    return read_tree(DATA / "small")


def outcomes(report: Report) -> dict[str, str]:
    return {verdict.check: str(verdict.outcome) for verdict in report.verdicts}


def changed(tree: Mapping[str, bytes], **added: str) -> Tree:
    """Add text to the end of files."""
    new = dict(tree)
    for name, text in added.items():
        new[NAMES[name]] = new.get(NAMES[name], b"") + b"\n\n" + text.encode()
    return new


# --- good trees ----------------------------------------------------------------------------------


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize(("name", "tests"), [("good", 40), ("small", 8)])
async def test_a_good_tree_passes_every_check(sandbox: Sandbox, name: str, tests: int) -> None:
    report = await check_all(sandbox, read_tree(DATA / name))

    assert outcomes(report) == dict.fromkeys(CHECKS, "PASS")
    assert report.ok
    assert report.findings == ()
    assert len(report.passed_tests) == tests
    assert report.level == sandbox.level


async def test_the_same_tree_gives_the_same_report_byte_for_byte(
    sandbox: Sandbox, small: Tree
) -> None:
    broken = changed(small, test="def test_wrong() -> None:\n    assert object() is None\n")

    first, again = [await check_all(sandbox, broken) for _ in range(2)]

    assert first == again
    texts = [json.dumps(dataclasses.asdict(report)) for report in (first, again)]
    assert texts[0] == texts[1]
    assert str(Path.home()) not in texts[0].replace('"/root"', "")
    assert "/tmp" not in texts[0]


async def test_without_bubblewrap_the_verdicts_are_the_same(
    sandbox: Sandbox, landlocked: Sandbox, small: Tree
) -> None:
    broken = changed(small, sums="import os", test="def test_wrong() -> None:\n    assert False\n")

    reports = [await check_all(one, broken) for one in (sandbox, landlocked)]

    assert reports[0].verdicts == reports[1].verdicts
    assert reports[0].level > reports[1].level


# --- defects -------------------------------------------------------------------------------------

HANG = "def test_hang() -> None:\n    while True:\n        pass\n"
SLEEP = "import time\n\n\ndef test_hang() -> None:\n    time.sleep(600)\n"
FAIL = "def test_wrong() -> None:\n    assert add(1, 1) == 3\n"
EXIT = "import os\n\n\ndef test_exit() -> None:\n    os._exit({status})\n"
WRITE = 'def test_write() -> None:\n    open("{path}", "w").close()\n'
NETWORK = """import socket


def test_network() -> None:
    socket.create_connection(("{host}", 80), timeout=5).close()
"""
SKIP_ALL = "import pytest\n\npytestmark = pytest.mark.skip\n"
HIDE = """def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if "wrong" not in item.name]
"""
WHITEWASH = """import pytest


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    outcome.get_result().outcome = "passed"
"""
STOP = """import pytest


@pytest.fixture(autouse=True, scope="session")
def enough():
    yield
    pytest.exit("done", returncode=0)
"""
FORGE = """import os

LINES = b'''{"collected": "a"}
{"started": "a"}
{"test": "a", "outcome": "passed", "problem": null}
{"exit": 0, "lines": {"app/sums.py": [1, 2, 3, 4, 5, 6]}}
'''
for descriptor in range(20):
    try:
        os.write(descriptor, LINES)
    except OSError:
        pass
os._exit(0)
"""
LATE = "import atexit\nimport os\n\natexit.register(os._exit, 3)\n"


@pytest.mark.parametrize(
    ("added", "summary"),
    [
        pytest.param({"test": FAIL}, "1 of 9 tests failed", id="failing test"),
        pytest.param({"test": EXIT.format(status=0)}, "before they had reported", id="exit 0"),
        pytest.param({"test": EXIT.format(status=1)}, "before they had reported", id="exit 1"),
        pytest.param(
            {"conftest": "import os\nos._exit(0)"}, "before they had", id="conftest exits"
        ),
        pytest.param({"conftest": "import sys\nsys.exit(0)"}, "", id="conftest exits politely"),
        pytest.param({"conftest": "import pytest\npytest.exit('', 0)"}, "", id="pytest.exit"),
        pytest.param({"conftest": STOP}, "", id="session ends early"),
        pytest.param({"conftest": LATE}, "ended with status 3", id="exits after the report"),
        pytest.param({"conftest": FORGE}, "before they had reported", id="forged report"),
        pytest.param({"conftest": "1 / 0"}, "", id="conftest raises"),
        pytest.param({"test": FAIL, "conftest": HIDE}, "did not run", id="hidden test"),
        pytest.param({"test": FAIL, "conftest": WHITEWASH}, "1 of 9 tests failed", id="whitewash"),
        pytest.param({"test": SKIP_ALL}, "No test passed", id="all skipped"),
        pytest.param({"test": WRITE.format(path="/etc/x")}, "1 of 9", id="write outside"),
        pytest.param({"test": WRITE.format(path="app/main.py")}, "1 of 9", id="write the source"),
        pytest.param({"test": NETWORK.format(host="192.0.2.1")}, "1 of 9", id="network"),
        pytest.param({"test": NETWORK.format(host="example.com")}, "1 of 9", id="name lookup"),
        pytest.param({"main": "import no_such_package"}, "could not be", id="import fails"),
        pytest.param({"test": "import torch_of_none"}, "could not be", id="test import fails"),
    ],
)
async def test_the_tests_fail(
    sandbox: Sandbox, small: Tree, added: dict[str, str], summary: str
) -> None:
    tree = changed(small, **added)

    tested = await tests_check.check_tests(sandbox, tree, package="app", target=0.8)

    assert tested.pytest.outcome is Outcome.FAIL
    assert summary in tested.pytest.summary


@pytest.mark.parametrize(
    ("hang", "limits", "limit"),
    [
        pytest.param(HANG, Limits(wall_s=60, cpu_s=4), "cpu_s", id="busy"),
        pytest.param(SLEEP, Limits(wall_s=8, cpu_s=60), "wall_s", id="idle"),
    ],
)
async def test_tests_that_hang_fail_and_are_named(
    sandbox: Sandbox,
    small: Tree,
    hang: str,
    limits: Limits,
    limit: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tests_check, "TEST_LIMITS", limits)

    tested = await tests_check.check_tests(
        sandbox, changed(small, test=hang), package="app", target=0.8
    )

    assert tested.pytest.outcome is Outcome.FAIL
    assert limit in tested.pytest.summary
    assert [one.message for one in tested.pytest.findings] == [
        "tests/test_sums.py::test_hang did not end"
    ]
    assert tested.coverage.outcome is Outcome.NOT_RUN
    assert len(tested.passed) == 8


async def test_a_tree_without_tests_fails(sandbox: Sandbox, small: Tree) -> None:
    del small["tests/test_sums.py"]

    tested = await tests_check.check_tests(sandbox, small, package="app", target=0.8)

    assert tested.pytest.outcome is Outcome.FAIL
    assert tested.pytest.summary == "No test passed, because none was run."
    assert tested.coverage.outcome is Outcome.NOT_RUN


@pytest.mark.parametrize(
    "options",
    [
        "-x --maxfail=1",
        "-k adds",
        "--ignore=tests",
        "--deselect tests/test_sums.py",
        "--co",
        "-p no:x",
    ],
)
async def test_options_of_the_trees_own_leave_no_test_out(
    sandbox: Sandbox, small: Tree, options: str
) -> None:
    tree = changed(small, test=FAIL, project=f'[tool.pytest.ini_options]\naddopts = "{options}"\n')

    tested = await tests_check.check_tests(sandbox, tree, package="app", target=0.8)

    assert tested.pytest.summary == "1 of 9 tests failed."
    (finding,) = tested.pytest.findings
    assert (finding.path, finding.line) == ("tests/test_sums.py", _line_of(tree, "== 3"))
    assert finding.message == "tests/test_sums.py::test_wrong: AssertionError: assert 2 == 3"


def _line_of(tree: Tree, text: str, path: str = "tests/test_sums.py") -> int:
    lines = tree[path].decode().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


# --- coverage ------------------------------------------------------------------------------------

UNTESTED = (
    """

def never(number: int) -> int:
    '''Nobody calls this.'''
"""
    + "    number += 1\n" * 30
)
STOP_TRACING = "import sys\n\nsys.settrace(None)\n"
STOP_COVERAGE = """import coverage
import pytest

found = coverage.Coverage.current()
if found:
    found.stop()
"""
ADD_LINES = """import atexit
import os
import coverage


def pytest_sessionfinish(session):
    found = coverage.Coverage.current()
    if found:
        lines = {os.path.abspath("app/sums.py"): range(1, 60)}
        found.get_data().add_lines(lines)
"""
OMIT = '[tool.coverage.run]\nomit = ["app/*"]\n[tool.coverage.report]\nexclude_also = ["."]\n'


@pytest.mark.parametrize(
    "tree",
    [
        pytest.param({"sums": UNTESTED}, id="untested"),
        pytest.param({"sums": UNTESTED.replace("1\n", "1  # pragma: no cover\n")}, id="pragma"),
        pytest.param({"sums": UNTESTED, "project": OMIT}, id="omit"),
        pytest.param({"sums": UNTESTED, "conftest": ADD_LINES}, id="lines added by conftest"),
        pytest.param({"conftest": STOP_TRACING}, id="tracing stopped by conftest"),
    ],
)
async def test_the_coverage_fails(sandbox: Sandbox, small: Tree, tree: dict[str, str]) -> None:
    tested = await tests_check.check_tests(
        sandbox, changed(small, **tree), package="app", target=0.8
    )

    assert tested.pytest.outcome is Outcome.PASS, tested.pytest
    assert tested.coverage.outcome is Outcome.FAIL
    assert tested.coverage.figures["ratio"] < 0.8


async def test_a_file_of_settings_for_coverage_changes_nothing(
    sandbox: Sandbox, small: Tree
) -> None:
    tree = changed(small, sums=UNTESTED) | {
        ".coveragerc": b"[run]\nomit = app/*\n[report]\nexclude_lines = .\n",
        "setup.cfg": b"[coverage:run]\nomit = app/*\n",
        "app/extra.py": b"x = 1  # pragma: no cover\n" * 10,
    }

    tested = await tests_check.check_tests(sandbox, tree, package="app", target=0.8)

    assert tested.coverage.outcome is Outcome.FAIL
    paths = [finding.path for finding in tested.coverage.findings]
    assert paths == ["app/extra.py", "app/main.py", "app/sums.py"]


async def test_stopping_the_measurement_does_not_raise_the_coverage(
    sandbox: Sandbox, small: Tree
) -> None:
    tree = changed(small, sums=UNTESTED, conftest=STOP_COVERAGE)

    tested = await tests_check.check_tests(sandbox, tree, package="app", target=0.8)

    assert tested.coverage.outcome is Outcome.FAIL


async def test_the_ratio_is_that_of_all_statements(sandbox: Sandbox, small: Tree) -> None:
    tested = await tests_check.check_tests(
        sandbox, changed(small, sums=UNTESTED), package="app", target=0.5
    )

    statements = tested.coverage.figures["statements"]
    # Not covered: the thirty lines of the untested function, and five of the lifespan.
    assert tested.coverage.figures["ratio"] == round((statements - 34) / statements, 4)


# --- the other checks ----------------------------------------------------------------------------


async def test_a_syntax_error_is_found_where_it_is(sandbox: Sandbox, small: Tree) -> None:
    tree = changed(small, sums="def broken(:\n    pass\n")

    report = await check_all(sandbox, tree)

    assert not report.ok
    assert report.verdict("syntax").outcome is Outcome.FAIL
    (finding,) = report.verdict("syntax").findings
    assert (finding.path, finding.line) == ("app/sums.py", _line_of(tree, "broken", "app/sums.py"))
    assert report.verdict("pytest").outcome is Outcome.FAIL
    assert report.verdict("boot").outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import numpy", id="installed, not declared"),
        pytest.param("import pytest", id="declared for development only"),
        pytest.param("def late() -> None:\n    import numpy.linalg", id="inside a function"),
        pytest.param("from no_such_package import x", id="nowhere"),
    ],
)
async def test_an_undeclared_import_is_found(sandbox: Sandbox, small: Tree, text: str) -> None:
    report = await check_all(sandbox, changed(small, sums=text))

    verdict = report.verdict("imports")
    assert verdict.outcome is Outcome.FAIL
    assert [finding.path for finding in verdict.findings] == ["app/sums.py"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import json, sqlite3", id="standard library"),
        pytest.param("try:\n    import orjson\nexcept ImportError:\n    orjson = None", id="tried"),
        pytest.param(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy", id="for types"
        ),
    ],
)
async def test_an_import_that_needs_nothing_declared_is_fine(
    sandbox: Sandbox, small: Tree, text: str
) -> None:
    assert (await check_imports(sandbox, changed(small, sums=text))).outcome is Outcome.PASS


@pytest.mark.parametrize("declaration", ["fastapi", "FastAPI>=0.1 ; python_version >= '3'"])
async def test_what_a_declared_dependency_brings_is_declared(
    sandbox: Sandbox, small: Tree, declaration: str
) -> None:
    tree = changed(small, sums="import fastapi, pydantic, starlette, anyio")
    tree["requirements.txt"] = f"# what it needs\n{declaration}  # the framework\n-r x\n".encode()

    assert (await check_imports(sandbox, tree)).outcome is Outcome.PASS


async def test_what_is_declared_and_not_installed_leaves_it_unknown(
    sandbox: Sandbox, small: Tree
) -> None:
    tree = changed(small, sums="import stripe_of_none")
    tree["requirements.txt"] = b"stripe-of-none>=1\n"

    verdict = await check_imports(sandbox, tree)

    assert verdict.outcome is Outcome.UNKNOWN
    assert "stripe-of-none" in verdict.findings[0].message


TOOL = {"requirements-dev.txt": b"linter-of-none\n"}


async def test_a_tool_for_development_that_nothing_imports_leaves_nothing_unknown(
    sandbox: Sandbox, small: Tree
) -> None:
    tree = changed(small, sums="import os") | TOOL
    assert (await check_imports(sandbox, tree)).outcome is Outcome.PASS


async def test_a_tool_that_may_bring_what_a_test_imports_leaves_it_unknown(
    sandbox: Sandbox, small: Tree
) -> None:
    tree = changed(small, test="import linter_of_none") | TOOL
    assert (await check_imports(sandbox, tree)).outcome is Outcome.UNKNOWN


async def test_what_the_service_itself_needs_and_is_not_installed_leaves_it_unknown(
    sandbox: Sandbox, small: Tree
) -> None:
    tree = changed(small, sums="import os") | {"requirements.txt": b"stripe-of-none\n"}
    assert (await check_imports(sandbox, tree)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("import os", "F401"),
        ("import os  # noqa: F401", "F401"),
        ("def f(x: list[int] = []) -> None:\n    eval(str(x))", "S307"),
        ("x = undefined", "F821"),
    ],
)
async def test_lint_is_by_our_rules(sandbox: Sandbox, small: Tree, text: str, code: str) -> None:
    tree = changed(small, sums=text, project='[tool.ruff]\nexclude = ["app"]\nlint.select = []\n')
    tree["ruff.toml"] = b'exclude = ["*"]\n'

    verdict = await check_ruff(sandbox, tree)

    assert verdict.outcome is Outcome.FAIL
    assert any(finding.message.startswith(code) for finding in verdict.findings)
    assert {finding.path for finding in verdict.findings} == {"app/sums.py"}


ONE_ANSWER = """import os
import threading


def answer(path: str) -> tuple[int, object]:
    threading.Timer(0.02, os._exit, args=(4,)).start()
    return 200, None
"""
UNSTOPPABLE = """import signal


def answer(path: str) -> tuple[int, object]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return 200, None
"""


@pytest.mark.parametrize(
    ("added", "message"),
    [
        pytest.param({"main": "raise RuntimeError('no')"}, "RuntimeError: no", id="raises"),
        pytest.param({"main": "import os\nos._exit(0)"}, "ended with status 0", id="exits"),
        pytest.param({"main": ONE_ANSWER}, "ended with status 4", id="dies after an answer"),
        pytest.param({"main": "app = None"}, "status 500", id="no application"),
        pytest.param({"main": "del app"}, "no attribute 'app'", id="no entry point"),
        pytest.param(
            {"main": "import socket\nsocket.create_connection(('192.0.2.1', 1))"},
            "unreach",
            id="net",
        ),
        pytest.param(
            {"main": "import os\nif os.environ['PYTHONHASHSEED'] != '0':\n    raise OSError"},
            "OSError",
            id="flaky",
        ),
        pytest.param({"main": UNSTOPPABLE}, "did not stop within 5 s of SIGTERM", id="unstoppable"),
    ],
)
async def test_the_start_fails(
    sandbox: Sandbox, small: Tree, added: dict[str, str], message: str
) -> None:
    verdict = await check_boot(sandbox, changed(small, **added), entry_point="app.main:app")

    assert verdict.outcome is Outcome.FAIL, verdict
    assert message in verdict.summary


async def test_a_service_without_health_fails(sandbox: Sandbox, small: Tree) -> None:
    small["app/main.py"] = small["app/main.py"].replace(b'"/health"', b'"/healthy"')

    verdict = await check_boot(sandbox, small, entry_point="app.main:app")

    assert verdict.outcome is Outcome.FAIL
    assert verdict.summary == "Start 1: GET /health was answered with status 404."


async def test_an_empty_tree_passes_nothing(sandbox: Sandbox) -> None:
    report = await check_all(sandbox, {})

    assert not report.ok
    assert outcomes(report) == {
        "syntax": "FAIL",
        "imports": "PASS",
        "ruff": "PASS",
        "pytest": "FAIL",
        "coverage": "NOT_RUN",
        "boot": "FAIL",
    }


# --- tools that give no answer -------------------------------------------------------------------


async def test_a_tool_that_gives_no_answer_is_no_pass(
    sandbox: Sandbox, small: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = dataclasses.replace(sandbox.runner.layout, python="/no/such/python")
    runner = dataclasses.replace(sandbox.runner, layout=layout)
    monkeypatch.setattr("sysconfig.get_path", lambda _: "/no/such/folder")

    report = await check_all(dataclasses.replace(sandbox, runner=runner), small)

    assert outcomes(report) == {
        "syntax": "UNKNOWN",
        "imports": "UNKNOWN",
        "ruff": "UNKNOWN",
        "pytest": "FAIL",
        "coverage": "NOT_RUN",
        "boot": "FAIL",
    }
    assert "gave no answer: it ended with status 127" in report.verdict("syntax").summary


async def test_coverage_that_cannot_be_worked_out_is_unknown(sandbox: Sandbox, small: Tree) -> None:
    tree = changed(small) | {"app/odd.py": b"x = ("}

    tested = await tests_check.check_tests(sandbox, tree, package="app", target=0.8)

    assert tested.pytest.outcome is Outcome.PASS
    assert tested.coverage.outcome is Outcome.UNKNOWN


async def test_a_package_that_is_not_there_covers_nothing(sandbox: Sandbox, small: Tree) -> None:
    tested = await tests_check.check_tests(sandbox, small, package="elsewhere", target=0.8)

    assert tested.coverage.outcome is Outcome.FAIL
    assert tested.coverage.summary == "The package has no statements."


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "[project\n"),
        ("pyproject.toml", '[project]\ndependencies = ["???"]\n'),
        ("requirements.txt", "fast api\n"),
    ],
)
async def test_a_declaration_that_cannot_be_read_fails(
    sandbox: Sandbox, small: Tree, path: str, text: str
) -> None:
    verdict = await check_imports(sandbox, small | {path: text.encode()})

    assert verdict.outcome is Outcome.FAIL
    assert path in {finding.path for finding in verdict.findings}


async def test_a_service_that_does_not_answer_fails(
    sandbox: Sandbox, small: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantumlayer.sandbox._boot.ANSWER_S", 2.0)
    slow = "import time\n\n\ndef answer(path: str) -> tuple[int, object]:\n    time.sleep(60)\n"

    verdict = await check_boot(sandbox, changed(small, main=slow), entry_point="app.main:app")

    assert verdict.summary == "Start 1: GET /health was not answered within 2 s."


async def test_without_the_tools_there_is_a_cure(
    sandbox: Sandbox, small: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantumlayer.sandbox._check.NEEDED", ("pytest", "no_such_tool"))

    with pytest.raises(MissingExtraError, match=r"quantumlayer\[offline\]"):
        await check_all(sandbox, small)
