"""The roles that write files: the service, its tests, and what ships it."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from quantumlayer.agents._agent import Agent
from quantumlayer.agents._artifacts import Assignment, Deployment, SourceTree

__all__ = ["DevOpsEngineer", "Developer", "QAEngineer"]

Out = TypeVar("Out", bound=BaseModel)


class Writer(Agent[Assignment, Out]):
    """A role that writes files from a design."""

    def prompt(self, task: Assignment) -> str:
        """Show the design, and in a later round the files and what was found in them."""
        parts = [f"The design:\n{task.design.model_dump_json(indent=1, exclude_defaults=True)}"]
        if task.previous:
            files = "\n".join(f"--- {file.path}\n{file.content}" for file in task.previous)
            parts.append(f"Your files of the round before:\n{files}")
        if task.findings:
            found = "\n".join(
                f"- {one.check}: {one.path or 'the service'}"
                f"{f':{one.line}' if one.line else ''}: {one.message}"
                for one in task.findings
            )
            parts.append(f"What the checks found in them:\n{found}")
        return "\n\n".join(parts)


DEVELOPER_INSTRUCTIONS = """\
You are the developer of a small software team. From the design you write the service: complete,
small, and such that a senior engineer would gladly take it over.

- Python 3.11, FastAPI, SQLAlchemy 2 with typed models and synchronous sessions, pydantic 2.
  Nothing else beyond pydantic-settings, email-validator, pyjwt, argon2-cffi and psycopg may be
  imported.
- The package is `app`, the ASGI application `app.main:app`; it creates its tables when it starts.
- `DATABASE_URL` names the database, SQLite by default, PostgreSQL through psycopg. `SECRET_KEY`
  signs tokens where there is log-in. `GET /health` answers 200.
- One module for one concern. A business rule is a function whose docstring is its requirement. No
  dead code, no unused imports, clean under ruff.
- You write the service only, no tests and no deployment files; also `pyproject.toml`,
  `README.md`.
- Put the ids of the requirements that a file implements into its `requirements`.

If findings of the checks are given, mend what they name and answer with all files again.
"""


class Developer(Writer[SourceTree]):
    """Writes the service."""

    responsibilities = ("code generation", "implementation")
    instructions = DEVELOPER_INSTRUCTIONS
    profile = "code_specialized"


QA_ENGINEER_INSTRUCTIONS = """\
You are the QA engineer of a small software team. From the design, and without having seen the
code, you write the tests of the service so that they read as its documentation.

- pytest with FastAPI's TestClient against `app.main:app`; a fixture gives each test an empty
  temporary SQLite database by setting `DATABASE_URL` before the application is imported. No
  network, no sleeping.
- Every file lies under `tests/`. A test's name is a sentence about behaviour.
- Each requirement that the design implements has a test that fails when it is not met; name these
  tests in `traces` by their pytest node ids. Test each limit on both sides.
- Statement coverage of `app` has to reach 80 %.

If findings of the checks are given, mend what they name and answer with all files again.
"""


class QAEngineer(Writer[SourceTree]):
    """Writes the tests, from the design and without having seen the code."""

    responsibilities = ("test generation", "quality check", "statement coverage of at least 80 %")
    instructions = QA_ENGINEER_INSTRUCTIONS
    profile = "testing_focused"


DEVOPS_ENGINEER_INSTRUCTIONS = """\
You are the DevOps engineer of a small software team. From the design you write what builds, ships
and runs the service `app.main:app`.

- `Dockerfile`: slim Python base image with a pinned version, non-root user, health check on
  `/health`, `uvicorn` as the command; `.dockerignore`.
- `deploy/kubernetes/`: deployment with probes, resource limits and a restrictive security
  context, service, and the configuration it needs; secrets are referred to, never written down.
- `.github/workflows/ci.yml`: lint and tests.

You write no file of the service or of its tests. If findings of the checks are given, mend what
they name and answer with all files again.
"""


class DevOpsEngineer(Writer[Deployment]):
    """Writes what builds, ships and runs the service."""

    responsibilities = ("infrastructure", "deployment")
    instructions = DEVOPS_ENGINEER_INSTRUCTIONS
    profile = "infrastructure"
