"""Writes what surrounds the code: README, project file, what builds and runs the service."""

from __future__ import annotations

from collections.abc import Iterable

from quantumlayer.agents import Deployment, SourceFile, SystemDesign
from quantumlayer.offline.writing._context import Service
from quantumlayer.offline.writing._source import Module
from quantumlayer.offline.writing._templates import render
from quantumlayer.offline.writing._text import code, one_line, quoted, sentence

__all__ = ["project_files", "write_deployment"]

_ALWAYS = (
    "fastapi>=0.115",
    "psycopg[binary]>=3.2",
    "pydantic>=2.11",
    "pydantic-settings>=2.9",
    "sqlalchemy>=2.0.41",
    "uvicorn>=0.34",
)
_LOG_IN = ("argon2-cffi>=25.1", "pyjwt>=2.10")
_EMAIL = ("email-validator>=2.2",)


def write_deployment(design: SystemDesign) -> Deployment:
    """Write the files that build, check and run a service: Docker, Kubernetes, CI.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    auth = design.auth
    values: dict[str, object] = {
        "name": design.name,
        "auth": auth is not None,
        "token_minutes": auth.token_minutes if auth is not None else 0,
    }
    targets = {
        "Dockerfile": "Dockerfile",
        ".dockerignore": "dockerignore",
        ".github/workflows/ci.yml": "ci.yml",
        "deploy/kubernetes/deployment.yaml": "deployment.yaml",
        "deploy/kubernetes/kustomization.yaml": "kustomization.yaml",
        "deploy/kubernetes/service.yaml": "service.yaml",
    }
    if auth is not None:
        targets["deploy/kubernetes/configmap.yaml"] = "configmap.yaml"
    files = [
        SourceFile(path=path, content=render(f"deployment/{template}", **values))
        for path, template in targets.items()
    ]
    return Deployment(files=sorted(files, key=lambda file: file.path))


def project_files(
    service: Service, modules: Iterable[Module], summaries: dict[tuple[str, str], str], docs: str
) -> list[SourceFile]:
    """Write README, project file and `.gitignore`.

    Args:
        service: What was written.
        modules: Its Python modules.
        summaries: What each route does, by method and path.
        docs: Where the interactive documentation is.
    """
    design = service.design
    modules = sorted(modules, key=lambda module: module.path)
    uses = "\n".join(module.body for module in modules)
    dependencies = [
        *_ALWAYS,
        *(_LOG_IN if design.auth is not None else ()),
        *(_EMAIL if "validate_email" in uses else ()),
    ]
    values: dict[str, object] = {
        "name": design.name,
        "title": quoted(design.title),
        "dependencies": sorted(dependencies),
    }
    return [
        SourceFile(path="pyproject.toml", content=render("project/pyproject.toml", **values)),
        SourceFile(path=".gitignore", content=render("project/gitignore")),
        SourceFile(path="README.md", content=_readme(service, modules, summaries, docs)),
    ]


def _readme(
    service: Service, modules: list[Module], summaries: dict[tuple[str, str], str], docs: str
) -> str:
    design = service.design
    auth = design.auth
    routes = [
        {
            "method": endpoint.method,
            "path": one_line(endpoint.path),
            "what": code(summaries[endpoint.method, endpoint.path]).rstrip("."),
            "status": endpoint.status,
        }
        for endpoint in design.endpoints
    ]
    rules = []
    for rule in design.rules:
        quote = service.quotes(rule.requirements)
        text = quote[0].split(": ", 1)[1] if quote else sentence(rule.message)
        status = "" if rule.status == 409 else f" ({rule.status})"  # noqa: PLR2004 -- the default
        rules.append(f"{code(text)}{status}")
    listed = [
        (module.path, code(module.doc)) for module in modules if not module.path.endswith("__.py")
    ]
    text = render(
        "project/README.md",
        name=design.name,
        title=code(design.title),
        summary=code(design.summary),
        docs=docs,
        auth=auth is not None,
        token_minutes=auth.token_minutes if auth is not None else 0,
        routes=routes,
        rules=list(dict.fromkeys(rules)),
        modules=listed,
        invalid=service.invalid_status if not service.mixed_statuses else "400 or 422",
        decisions=[_decision(d.text, d.reason) for d in design.decisions],
        assumed=_entries(design, "assumed"),
        missing=_entries(design, "not_implemented"),
    )
    return text.rstrip("\n") + "\n"


def _decision(text: str, reason: str) -> str:
    return f"{code(sentence(text))} {code(sentence(reason))}".strip()


def _entries(design: SystemDesign, status: str) -> list[str]:
    """Quote the requirements of a status, each with the note about it."""
    lines = []
    for entry in design.coverage:
        if entry.status == status:
            quote = f'"{code(entry.text)}" ' if entry.text else ""
            lines.append(f"{entry.requirement}: {quote}{code(sentence(entry.note))}".strip())
    return lines
