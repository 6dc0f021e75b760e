"""`quantumlayer doctor`."""

from __future__ import annotations

import platform
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import anyio.to_thread

from quantumlayer import __version__
from quantumlayer.capsule import SigningKey
from quantumlayer.cli._run import CHECK_FAILED, DONE
from quantumlayer.cli._show import print_json
from quantumlayer.errors import QuantumLayerError
from quantumlayer.sandbox import Level, open_sandbox
from quantumlayer.storage import DataFolder

__all__ = ["doctor"]

OFFLINE_MODULES = (
    "argon2",
    "coverage",
    "fastapi",
    "jinja2",
    "jwt",
    "markdown_it",
    "pytest",
    "ruff",
    "sqlalchemy",
    "uvicorn",
)
"""What the extra `offline` brings, by the modules that are imported."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that was looked at.

    Attributes:
        name: What.
        ok: Whether generating and running will work with it.
        detail: What was found, and the cure where it is not well.
    """

    name: str
    ok: bool
    detail: str


async def doctor(data: Path | None, *, json: bool) -> int:
    """Look at everything that generating and running needs."""
    looks: tuple[Callable[[DataFolder], Awaitable[Symptom]], ...] = (
        _python,
        _offline,
        _isolation,
        _folder,
    )
    folder = DataFolder.of(data)
    symptoms = [await look(folder) for look in looks]
    ok = all(symptom.ok for symptom in symptoms)
    if json:
        print_json({"ok": ok, "checks": [asdict(symptom) for symptom in symptoms]})
    else:
        for symptom in symptoms:
            print(f"{'ok' if symptom.ok else 'BAD':<4} {symptom.name:<10} {symptom.detail}")  # noqa: T201
    return DONE if ok else CHECK_FAILED


async def _python(_folder: DataFolder) -> Symptom:
    system = f"{platform.system()} {platform.machine()}"
    detail = f"quantumlayer {__version__} on Python {platform.python_version()}, {system}"
    return Symptom("python", ok=True, detail=detail)


async def _offline(_folder: DataFolder) -> Symptom:
    missing = [module for module in OFFLINE_MODULES if find_spec(module) is None]
    if not missing:
        return Symptom("offline", ok=True, detail="the offline model can work")
    cure = f"missing: {', '.join(missing)}; pip install 'quantumlayer[offline]'"
    return Symptom("offline", ok=False, detail=cure)


async def _isolation(_folder: DataFolder) -> Symptom:
    try:
        async with open_sandbox(minimum=Level.L2) as sandbox:
            denied = sum(probe.denied for probe in sandbox.probes)
            detail = f"{sandbox.level} measured, {denied} of {len(sandbox.probes)} probes denied"
            return Symptom("isolation", ok=True, detail=detail)
    except QuantumLayerError as error:
        return Symptom("isolation", ok=False, detail=str(error))


async def _folder(folder: DataFolder) -> Symptom:
    try:
        async with folder.open():
            key = await anyio.to_thread.run_sync(SigningKey.load_or_create, folder.keys)
    except QuantumLayerError as error:
        return Symptom("data", ok=False, detail=str(error))
    return Symptom("data", ok=True, detail=f"{folder.path}, signing key {key.public.id}")
