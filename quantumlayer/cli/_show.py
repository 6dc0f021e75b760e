"""How work is shown: a live line on a terminal, plain lines elsewhere, always on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.status import Status

from quantumlayer.services import Progress, ProgressListener

__all__ = ["print_json", "progress"]


def print_json(value: Any) -> None:
    """Write one JSON document to stdout."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


@contextmanager
def progress(*, quiet: bool) -> Iterator[ProgressListener]:
    """Show each step as it ends, and on a terminal what is at work.

    Args:
        quiet: Show nothing, where only JSON is wanted.
    """
    console = Console(stderr=True, highlight=False, quiet=quiet)
    working: list[Progress] = []
    with console.status("starting") if console.is_terminal else _no_status() as status:

        def listen(step: Progress) -> None:
            if step.state == "begun":
                working.append(step)
            else:
                working[:] = [other for other in working if _key(other) != _key(step)]
                console.print(_line(step), markup=False, soft_wrap=True)
            if status is not None:
                status.update(", ".join(_at_work(other) for other in working) or "working")

        yield listen


@contextmanager
def _no_status() -> Iterator[Status | None]:
    yield None


def _key(step: Progress) -> tuple[str, str]:
    return step.stage, step.agent


def _at_work(step: Progress) -> str:
    return f"{step.stage} ({step.agent})" if step.agent else step.stage


def _line(step: Progress) -> str:
    who = f"{step.agent:<15} {step.model}".rstrip()
    return f"{step.stage:<9} {who:<48} {step.detail}".rstrip()
