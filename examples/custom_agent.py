"""An agent of your own, without a model: it reads a source tree and reports what lacks a licence.

Usage: python examples/custom_agent.py
"""

from __future__ import annotations

import anyio
from pydantic import BaseModel

from quantumlayer.agents import Agent, AgentManager, Context, SourceFile, SourceTree
from quantumlayer.transport import Memory

MARK = "SPDX-License-Identifier:"


class LicenceReport(BaseModel):
    """What `LicenceAuditor` found."""

    checked: int
    unmarked: list[str]


class LicenceAuditor(Agent[SourceTree, LicenceReport]):
    """Names the Python files whose first lines do not say under which licence they are."""

    async def run(self, task: SourceTree, context: Context) -> LicenceReport:  # noqa: ARG002 -- no model needed
        """Look at the first five lines of each file."""
        modules = [file for file in task.files if file.path.endswith(".py")]
        unmarked = [
            file.path for file in modules if MARK not in "".join(file.content.splitlines()[:5])
        ]
        return LicenceReport(checked=len(modules), unmarked=unmarked)


async def main() -> None:
    """Spawn the auditor, ask it, and print what it found."""
    tree = SourceTree(
        files=[
            SourceFile(path="app/main.py", content=f"# {MARK} Apache-2.0\nprint('hello')\n"),
            SourceFile(path="app/rules.py", content='"""Rules."""\n'),
            SourceFile(path="README.md", content="# Hello\n"),
        ]
    )
    async with Memory() as bus, AgentManager(bus) as agents:
        await agents.spawn(LicenceAuditor(), replicas=2)
        with anyio.fail_after(5):
            answer = await agents.ask(LicenceAuditor(), tree)
    print(f"{answer.artifact.checked} modules checked")
    for path in answer.artifact.unmarked:
        print(f"no licence: {path}")


if __name__ == "__main__":
    anyio.run(main)
