"""A service with an empty database for each test."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.database import Base, engine
from app.main import app


@pytest.fixture
def client() -> Iterator[TestClient]:
    Base.metadata.drop_all(engine)
    with TestClient(app) as client:
        yield client


@pytest.fixture
def book(client: TestClient) -> int:
    answer = client.post("/books", json={"title": "Emma", "author": "Austen"})
    return int(answer.json()["id"])
