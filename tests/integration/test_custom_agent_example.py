import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "custom_agent.py"


def test_the_example_of_a_custom_agent_runs() -> None:
    ran = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, check=True)
    assert ran.stdout == "2 modules checked\nno licence: app/rules.py\n"
    assert ran.stderr == ""
