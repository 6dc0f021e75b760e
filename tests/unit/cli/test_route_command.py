import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

STRATEGY = """\
from quantumlayer.router import Ranked

class Backwards:
    def rank(self, request, candidates):
        return [Ranked(one.deployment, 0.0) for one in reversed(candidates)]
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = str(Path(sys.executable).with_name("quantumlayer"))
    known = os.environ.get("PYTHONPATH", "")
    return subprocess.run(
        [command, "route", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{known}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    rows = ["prompt,task,small|quality,small|cost_usd,large|quality,large|cost_usd"]
    for number in range(120):
        kind, fits = ("moon river heart", "1") if number % 2 else ("python loop class", "0")
        words = " ".join(random.permutation(kind.split()))
        rows.append(f"{number} {words},{kind[:4]},{fits},0.001,1,0.01")
    (tmp_path / "table.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "trace.jsonl").write_text(
        "\n".join(json.dumps({"timestamp": 100 * number}) for number in range(120))
    )
    (tmp_path / "mine.py").write_text(STRATEGY)
    return tmp_path


def test_a_scorer_is_trained_and_then_benched_on_prompts_that_it_has_not_seen(
    folder: Path,
) -> None:
    trained = run(folder, "train", "table.csv", "-o", "my.scorer", "--json")
    assert trained.returncode == 0, trained.stderr
    figures = {row["strategy"]: row for row in json.loads(trained.stdout)["rows"]}
    assert figures["trained"]["quality"] > figures["cheapest"]["quality"] + 0.2

    benched = run(folder, "bench", "table.csv", "--scorer", "my.scorer", "--json")
    assert benched.returncode == 0, benched.stderr
    again = {row["strategy"]: row for row in json.loads(benched.stdout)["rows"]}
    assert again["my.scorer"]["quality"] == figures["trained"]["quality"]


def test_a_promise_is_found_saved_and_kept(folder: Path) -> None:
    keep = ("--keep", "0.8", "--confidence", "0.8", "--train", "0.7", "--json")
    trained = run(folder, "train", "table.csv", "-o", "my.scorer", *keep)
    assert trained.returncode == 0, trained.stderr
    figures = {row["strategy"]: row for row in json.loads(trained.stdout)["rows"]}
    promised = figures["promised"]
    assert promised["quality"] >= 0.8 * figures["best single"]["quality"]

    benched = run(folder, "bench", "table.csv", "--scorer", "my.scorer", "--train", "0.7", "--json")
    again = {row["strategy"]: row for row in json.loads(benched.stdout)["rows"]}
    assert again["my.scorer"]["shares"] == promised["shares"]


def test_strategies_stand_beside_the_baselines_in_a_table(folder: Path) -> None:
    options = ("--strategy", "cost", "--strategy", "mine:Backwards", "--trace", "trace.jsonl")
    done = run(folder, "bench", "table.csv", *options)
    assert done.returncode == 0, done.stderr
    for table in done.stdout.split("\n\n"):
        assert [line.split("  ")[0] for line in table.splitlines()] == [
            "strategy",
            "cost",
            "mine:Backwards",
            "random",
            "cheapest",
            "best single",
            "prompt length",
            "oracle",
        ]


def test_a_report_and_plots_are_written(folder: Path) -> None:
    assert run(folder, "train", "table.csv", "-o", "my.scorer").returncode == 0
    settings = ("--scorer", "my.scorer", "--good-enough", "0.5", "--good-enough", "0.9")
    done = run(folder, "bench", "table.csv", *settings, "--html", "r/my.html", "--plots", "r/png")
    assert done.returncode == 0, done.stderr
    assert "my.scorer 0.9" in done.stdout
    assert "AIQ" in done.stdout
    assert "my.scorer 0.9" in (folder / "r/my.html").read_text()
    plots = sorted(path.name for path in (folder / "r/png").iterdir())
    assert plots == ["budget.png", "cost-quality.png", "latency.png"]


def line(number: int, chosen: str, reward: float | None) -> str:
    """What `Ledger.write` writes of a request of which one of two deployments was drawn."""
    drawn = {
        "chosen": chosen,
        "propensities": {"p/small": 0.5, "p/large": 0.5},
        "prompt_tokens": 10 + number % 7,
        "output_tokens": 200,
        "reward": reward,
    }
    cost = {"p/small": 1_000, "p/large": 9_000}[chosen]
    usage = {"input_tokens": 10}
    entry = {"request": f"{number}", "deployment": chosen, "usage": usage, "cost_nanousd": cost}
    return json.dumps({**entry, "decision": drawn}) + "\n"


def test_strategies_are_judged_by_a_ledger(folder: Path) -> None:
    names = ["p/small", "p/large"]
    rewards = {"p/small": 0.25, "p/large": 1.0}
    rows = [line(number, names[number % 2], rewards[names[number % 2]]) for number in range(200)]
    (folder / "ledger.jsonl").write_text("".join(rows))
    done = run(folder, "bench", "--ledger", "ledger.jsonl", "--strategy", "cost", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    figures = {row["strategy"]: row for row in json.loads(done.stdout)["rows"]}
    assert figures["cost"]["self_normalised"]["value"] == 0.25
    assert figures["only p/large"]["self_normalised"]["value"] == 1
    assert figures["cost"]["cost_usd"]["value"] == pytest.approx(1e-6)

    (folder / "short.jsonl").write_text("".join(rows[:40]))
    done = run(folder, "bench", "--ledger", "short.jsonl", "--strategy", "cost")
    assert done.returncode == 0
    assert done.stderr == (
        "warning: The ledger is worth 20 requests for 'cost', fewer than 50: its intervals are "
        "too narrow. Log more, or explore a larger share.\n"
    )
    assert done.stdout.splitlines()[1].endswith("20 !")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bench", "nowhere.csv"), "nowhere.csv"),
        (("bench", "table.csv", "--strategy", "fancy"), "there are cost, latency, quality, hybrid"),
        (("bench", "table.csv", "--strategy", "mine:Forwards"), "no strategy"),
        (("bench", "table.csv", "--scorer", "table.csv"), "no scorer that can be loaded"),
        (
            ("bench", "table.csv", "--scorer", "my.scorer", "--good-enough", "2"),
            "no scorer that can be loaded",
        ),
        (("bench", "table.csv", "--html", "table.csv/r.html"), "cannot be written"),
        (("bench",), "one of the two"),
        (("bench", "table.csv", "--ledger", "table.csv"), "one of the two"),
        (("bench", "--ledger", "table.csv"), "row 1 is no JSON"),
        (("bench", "--ledger", "table.csv", "--html", "r.html"), "a ledger is not replayed"),
        (("bench", "table.csv", "--train", "0"), "both parts need one"),
        (("train", "table.csv", "-o", "my.scorer", "--train", "1"), "both parts need one"),
        (("train", "table.csv", "-o", "my.scorer", "--keep", "2"), "promises nothing"),
    ],
)
def test_what_cannot_be_used_is_bad_input(
    folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = run(folder, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
