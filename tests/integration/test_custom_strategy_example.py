import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "custom_strategy.py"


def test_the_example_of_a_custom_strategy_runs() -> None:
    ran = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [
        "an answer from the basement (basement/model before cloud/model, 0.000004 USD)",
        "an answer from the cloud (cloud/model before basement/model, 0.000400 USD)",
    ]
    assert ran.stderr == ""
