"""What all tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more about the machine's other work than about ours.
settings.register_profile("quantumlayer", deadline=None)
settings.load_profile("quantumlayer")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run async tests on both event loops."""
    return str(request.param)


@pytest.fixture
def shared() -> Path:
    """The folder with test data that does not ship with the project."""
    if not SHARED.is_dir():
        pytest.skip(f"no test data: {SHARED} is not there")
    return SHARED
