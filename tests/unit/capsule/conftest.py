"""A small draft with something of everything, and who signs it."""

from __future__ import annotations

import pytest

from quantumlayer.capsule import (
    Author,
    CapsuleFile,
    Document,
    Draft,
    Requirement,
    SigningKey,
    Transcript,
    Trust,
    Validation,
)
from quantumlayer.messages import (
    Attempt,
    Considered,
    Data,
    Exchange,
    Message,
    ModelReply,
    ModelRequest,
    Outcome,
    OutputSchema,
    Route,
    Text,
    ToolCall,
    Usage,
    Verdict,
)

REQUEST = ModelRequest(
    messages=(
        Message.system("You are a developer."),
        Message("user", (Text("Write a blog."), Data("SystemDesign", {"entities": [1.5, None]}))),
    ),
    output=OutputSchema("SourceTree", {"type": "object"}),
    temperature=0.2,
    profile="code_specialized",
    agent="Developer",
)
REPLY = ModelReply(
    text='{"files": []}',
    provider="offline",
    model="rules",
    tool_calls=(ToolCall("1", "lookup", '{"a": 1}'),),
    usage=Usage(input_tokens=10, output_tokens=20),
    cost_nanousd=30,
    route=Route(
        "cost",
        (Considered("offline/rules", 0.25), Considered("other/x", None, "no key")),
        (Attempt("offline/rules", start_s=0.125, duration_s=1.5, cost_nanousd=30),),
    ),
)


@pytest.fixture(scope="session")
def draft() -> Draft:
    developer = Author("Developer", "offline", "rules", REQUEST.digest)
    ruff = Verdict(
        "ruff", Outcome.PASS, "ruff", "0.12.0", ("check", "."), "clean", {"ratio": 0.875}
    )
    return Draft(
        name="tiny-blog",
        version="0.1.0",
        title="Ein kleines Blog ✓",
        entry_points={"asgi": "app.main:app", "worker": "app.jobs:run"},
        files=(
            CapsuleFile("run", b"#!/bin/sh\n", Author("DevOpsEngineer"), executable=True),
            CapsuleFile("app/main.py", b"app = None\n", developer, ("R1",)),
            CapsuleFile("app/__init__.py", b"", developer),
            CapsuleFile("tests/test_main.py", b"def test_it(): ...\n", developer, ("R1", "R2")),
        ),
        requirements=(
            Requirement(
                "R1",
                "Posts can be read.",
                "implemented",
                files=("app/main.py",),
                tests=("tests/test_main.py::test_it",),
                section="Posts",
            ),
            Requirement("R2", "It is fun.", "not_implemented", note="fun cannot be tested"),
        ),
        validation=Validation("L2", (ruff,), ("tests/test_main.py::test_it",)),
        transcript=Transcript(
            (Document("# Blog\nPosts can be read."), Exchange(REQUEST, REPLY), ruff)
        ),
    )


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture(scope="session")
def trust(key: SigningKey) -> Trust:
    return Trust((key.public,))
