import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from quantumlayer.errors import PluginError
from quantumlayer.messages import ModelRequest
from quantumlayer.router import (
    Candidate,
    RoutingRequest,
    installed,
    load_provider,
    load_scorer,
    load_strategy,
)
from quantumlayer.testing import check_strategy

POINTS = """\
[quantumlayer.strategies]
last = {module}:Last
{module}-only = {module}:Last
missing = {module}:nothing
failing = {module}:failing
shapeless = {module}:Shapeless

[quantumlayer.scorers]
half = {module}:Half

[quantumlayer.providers]
echo = {module}:Echo
"""

CODE = """\
from quantumlayer.messages import ModelReply
from quantumlayer.router import Ranked


class Last:
    def rank(self, request, candidates):
        names = sorted((one.deployment for one in candidates), reverse=True)
        return [Ranked(name, place) for place, name in enumerate(names)]


class Half:
    def score(self, request, candidates):
        return [0.5] * len(candidates)


class Echo:
    def __init__(self, model):
        self.provider, self.model = "echo", model

    async def complete(self, request):
        return ModelReply(request.user_text, self.provider, self.model)

    def stream(self, request):
        raise NotImplementedError


class Shapeless:
    pass


def failing():
    raise OSError("no such luck")
"""


def install(module: str, wheels: Path, site: Path) -> None:
    """Build a wheel and install it; to install a pure one is to unpack it."""
    name = f"{module}-1.0"
    wheel = wheels / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {
            f"{module}.py": CODE,
            f"{name}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n",
            f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
            f"{name}.dist-info/entry_points.txt": POINTS.format(module=module),
            f"{name}.dist-info/RECORD": "",
        }.items():
            archive.writestr(path, text)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one installed distribution, on the path of Python."""
    folder = tmp_path / "site"
    install("plugged_one", tmp_path, folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "plugged_one", raising=False)
    return folder


@pytest.mark.usefixtures("site")
def test_plugins_are_listed_without_being_imported() -> None:
    assert {"last", "plugged_one-only"} <= set(installed("strategies"))
    assert "half" in installed("scorers")
    assert "echo" in installed("providers")
    assert "plugged_one" not in sys.modules


@pytest.mark.usefixtures("site")
def test_an_installed_strategy_is_made_by_its_name() -> None:
    check_strategy(lambda: load_strategy("last"))
    assert "plugged_one" in sys.modules


@pytest.mark.usefixtures("site")
def test_an_installed_scorer_is_made_by_its_name() -> None:
    request = RoutingRequest(ModelRequest.of("hello"), 1, 1, 0.0, 0)
    assert load_scorer("half").score(request, [Candidate("a", "a", "a")]) == [0.5]


@pytest.mark.anyio
@pytest.mark.usefixtures("site")
async def test_an_installed_provider_is_made_with_its_model() -> None:
    provider = load_provider("echo", "parrot")
    assert (provider.provider, provider.model) == ("echo", "parrot")
    assert (await provider.complete(ModelRequest.of("hello"))).text == "hello"


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nobody", "'last'"),
        ("nobody", "group 'quantumlayer.strategies'"),
        ("missing", "raised AttributeError"),
        ("failing", "raised OSError (no such luck)"),
        ("shapeless", "a 'Shapeless' without 'rank'"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_named_with_the_cure(name: str, problem: str) -> None:
    with pytest.raises(PluginError) as caught:
        load_strategy(name)
    assert problem in str(caught.value)
    assert (caught.value.kind, caught.value.name) == ("strategies", name)


@pytest.mark.usefixtures("site")
def test_the_kinds_have_names_of_their_own() -> None:
    with pytest.raises(PluginError, match="there is 'half'"):
        load_scorer("last")
    with pytest.raises(PluginError, match="there is 'echo'"):
        load_provider("last", "model")


def test_where_nothing_is_installed_it_says_so() -> None:
    with pytest.raises(PluginError, match="there is none"):
        load_scorer("half")


def test_two_distributions_with_one_name_are_both_named(site: Path, tmp_path: Path) -> None:
    install("plugged_two", tmp_path, site)
    with pytest.raises(PluginError, match="'plugged_one' and 'plugged_two' both bring it"):
        load_strategy("last")
    check_strategy(lambda: load_strategy("plugged_two-only"))


def route(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = str(Path(sys.executable).with_name("quantumlayer"))
    paths = [str(site), os.environ.get("PYTHONPATH", "")]
    return subprocess.run(
        [command, *arguments],
        cwd=site,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_command_line_knows_what_is_installed(site: Path) -> None:
    rows = ["prompt,a|quality,a|cost_usd,b|quality,b|cost_usd"]
    rows += [f"prompt {number},0,1,1,2" for number in range(20)]
    (site / "table.csv").write_text("\n".join(rows))
    asked = ("route", "bench", "table.csv", "--strategy", "last", "--scorer", "half", "--json")
    done = route(site, *asked)
    assert done.returncode == 0, done.stderr
    figures = {row["strategy"]: row for row in json.loads(done.stdout)["rows"]}
    assert figures["last"]["shares"] == {"a": 0, "b": 1}
    # Both are half as good as can be, so the cheaper one will do.
    assert figures["half"]["shares"] == {"a": 1, "b": 0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("route", "bench", "table.csv", "--strategy", "fancy"), "hybrid, failing, last"),
        (("route", "bench", "table.csv", "--strategy", "failing"), "no such luck"),
        (("route", "bench", "table.csv", "--scorer", "fancy"), "no scorer that can be loaded"),
        (("generate", "A shop.", "--provider", "fancy"), "'openai-compatible' and 'echo'"),
        (("generate", "A shop.", "--provider", "echo"), "'echo' needs --model"),
        (
            ("generate", "A shop.", "--provider", "echo", "--model", "m", "--base-url", "http://x"),
            "--base-url belongs to another",
        ),
    ],
)
def test_the_command_line_names_what_it_cannot_use(
    site: Path, arguments: tuple[str, ...], message: str
) -> None:
    (site / "table.csv").write_text("prompt,a|quality,a|cost_usd\none,1,1\ntwo,1,1\n")
    done = route(site, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
