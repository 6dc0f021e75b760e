"""A capsule as people and scripts look at it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from quantumlayer.capsule._capsule import QuantumCapsule


def inspect(capsule: QuantumCapsule) -> dict[str, Any]:
    """Describe a verified capsule as a JSON value; file contents and prompts are left out."""
    calls = capsule.transcript.exchanges
    return {
        "name": capsule.name,
        "version": capsule.version,
        "title": capsule.title,
        "digest": capsule.digest,
        "signer": capsule.signer.id,
        "entry_points": dict(capsule.entry_points),
        "files": [
            {
                "path": file.path,
                "size_bytes": len(file.content),
                "executable": file.executable,
                "author": asdict(file.author),
                "requirements": list(file.requirements),
            }
            for file in capsule.files
        ],
        "requirements": [asdict(requirement) for requirement in capsule.requirements],
        "validation": {**asdict(capsule.validation), "ok": capsule.validation.ok},
        "transcript": {
            "documents": len(capsule.transcript.documents),
            "model_calls": len(calls),
            "models": sorted({f"{call.reply.provider}/{call.reply.model}" for call in calls}),
            "total_tokens": sum(call.reply.usage.total_tokens for call in calls),
            "cost_nanousd": sum(call.reply.cost_nanousd for call in calls),
        },
    }
