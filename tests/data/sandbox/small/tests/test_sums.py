"""Sums and their service."""

import asyncio
from typing import Any

import pytest

from app.main import answer, app
from app.sums import add


@pytest.mark.parametrize(("first", "second", "total"), [(0, 0, 0), (1, 2, 3), (2, 1, 3)])
def test_it_adds(first: int, second: int, total: int) -> None:
    assert add(first, second) == total


def test_it_refuses_negative_numbers() -> None:
    with pytest.raises(ValueError, match="negative"):
        add(-1, 1)


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/two", 200), ("/nothing", 404)])
def test_it_answers(path: str, status: int) -> None:
    assert answer(path)[0] == status


def test_it_speaks_asgi() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app({"type": "http", "path": "/health"}, None, send))

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
