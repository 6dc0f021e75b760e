"""`quantumlayer generate`."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

import anyio.to_thread

from quantumlayer.capsule import QuantumCapsule, inspect
from quantumlayer.cli._options import isolation
from quantumlayer.cli._run import DONE, UsageError
from quantumlayer.cli._show import print_json, progress
from quantumlayer.offline import OfflineModel
from quantumlayer.router import Provider, Router, installed, load_provider
from quantumlayer.services import MAX_DOCUMENT_BYTES, QLayer

__all__ = ["Options", "generate"]

OPENAI_URL = "https://api.openai.com/v1"
TEXT_WIDTH = 80
"""How much of a requirement is shown; `capsule inspect` has all of it."""
LONGEST_PATH = 4_095
"""Longest path on Linux, in bytes (PATH_MAX less its NUL); a longer text cannot be one."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `generate` was given; the command's help says what each is."""

    requirements: str
    output: Path | None
    provider: str
    model: str | None
    base_url: str | None
    isolation: str
    fresh: bool
    budget_usd: float | None
    data: Path | None
    json: bool


async def generate(options: Options) -> int:
    """Build a capsule, write it, and say what it is."""
    document = await anyio.to_thread.run_sync(_read, options.requirements)
    router = Router([_deployment(options)])
    level = isolation(options.isolation)
    with progress(quiet=options.json) as tell:
        async with router, QLayer(router=router, folder=options.data, isolation=level) as qlayer:
            capsule = await qlayer.generate_code(
                document, fresh=options.fresh, budget_usd=options.budget_usd, tell=tell
            )
    path = options.output or Path(f"{capsule.name}.qcap")
    await anyio.to_thread.run_sync(capsule.write, path)
    if options.json:
        print_json({"path": str(path), **inspect(capsule)})
    else:
        print(_summary(path, capsule))  # noqa: T201 -- the command's answer
    return DONE


def _read(source: str) -> bytes:
    """Take the document from standard input, from a file, or as it stands."""
    limit = MAX_DOCUMENT_BYTES + 1  # enough to see that it is too large
    if source == "-":
        return sys.stdin.buffer.read(limit)
    try:
        is_path = _may_be_path(source)
        if is_path and Path(source).is_file():
            with Path(source).open("rb") as file:
                return file.read(limit)
        if is_path and Path(source).exists():
            raise UsageError(f"{source!r} is no file: name a text or Markdown file.")
    except OSError as error:
        raise UsageError(f"{source!r} cannot be read: {error.strerror}.") from error
    if is_path and not any(character.isspace() for character in source.strip()):
        raise UsageError(
            f"There is no file {source!r}. Name one, or give the requirements themselves in quotes."
        )
    return source.encode("utf-8", "surrogateescape")


def _may_be_path(source: str) -> bool:
    one_line = source.strip() != "" and "\n" not in source
    return one_line and len(os.fsencode(source)) <= LONGEST_PATH


def _deployment(options: Options) -> Provider:
    if options.provider == "offline":
        if options.model or options.base_url:
            raise UsageError("--model and --base-url belong to another --provider than 'offline'.")
        return OfflineModel()
    known = ("offline", "openai", "openai-compatible", *installed("providers"))
    if options.provider not in known:
        raise UsageError(
            f"--provider {options.provider!r} is unknown; there are "
            f"{', '.join(map(repr, known[:-1]))} and {known[-1]!r}."
        )
    if options.model is None:
        raise UsageError(f"--provider {options.provider!r} needs --model.")
    if options.provider not in {"openai", "openai-compatible"}:
        if options.base_url is not None:
            raise UsageError(f"--base-url belongs to another --provider than {options.provider!r}.")
        return load_provider(options.provider, options.model)
    base_url = options.base_url or (OPENAI_URL if options.provider == "openai" else None)
    if base_url is None:
        raise UsageError("--provider 'openai-compatible' needs --base-url.")
    from quantumlayer.router.providers import OpenAICompatible  # noqa: PLC0415 -- brings httpx

    key = os.environ.get("QUANTUMLAYER_API_KEY") or os.environ.get("OPENAI_API_KEY") or ""
    return OpenAICompatible(
        options.model, base_url=base_url, api_key=key, provider=options.provider
    )


def _summary(path: Path, capsule: QuantumCapsule) -> str:
    statuses = [requirement.status for requirement in capsule.requirements]
    words = {
        "implemented": "implemented",
        "assumed": "assumed",
        "not_implemented": "not implemented",
        "context": "context",
    }
    counts = ", ".join(
        f"{statuses.count(status)} {words[status]}" for status in words if status in statuses
    )
    figures = {
        name: value
        for verdict in capsule.validation.verdicts
        for name, value in verdict.figures.items()
    }
    lines = [
        f"{path}  {capsule.title}",
        f"  {len(capsule.files)} files, {len(capsule.validation.passed_tests)} tests passed"
        + (f", coverage {figures['ratio']:.0%}" if "ratio" in figures else "")
        + f", isolation {capsule.validation.level}",
        f"  requirements: {counts}",
        f"  {capsule.digest}",
    ]
    lines += [
        f"  not implemented: {requirement.id} {shorten(requirement.text, TEXT_WIDTH)!r} "
        f"({requirement.note})"
        for requirement in capsule.requirements
        if requirement.status == "not_implemented"
    ]
    lines.append(f"Run it: quantumlayer capsule run {path}")
    return "\n".join(lines)
