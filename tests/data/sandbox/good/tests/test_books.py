"""Books."""

import pytest
from fastapi.testclient import TestClient


def test_it_is_healthy(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_a_book_can_be_created(client: TestClient) -> None:
    answer = client.post("/books", json={"title": "Emma"})
    assert answer.status_code == 201
    assert answer.json() == {"id": 1, "title": "Emma", "author": "", "lent_to": None, "days": 0}


@pytest.mark.parametrize("title", ["", "x" * 201, None, 7, []], ids=str)
def test_a_title_has_a_length(client: TestClient, title: object) -> None:
    assert client.post("/books", json={"title": title}).status_code == 422


@pytest.mark.parametrize("length", [1, 2, 50, 100, 199, 200])
def test_a_title_of_allowed_length_is_kept(client: TestClient, length: int) -> None:
    assert client.post("/books", json={"title": "x" * length}).json()["title"] == "x" * length


def test_a_book_can_be_read(client: TestClient, book: int) -> None:
    assert client.get(f"/books/{book}").json()["author"] == "Austen"


@pytest.mark.parametrize("path", ["/books/7", "/books/0", "/books/-1"])
def test_an_unknown_book_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_deleted_book_is_gone(client: TestClient, book: int) -> None:
    assert client.delete(f"/books/{book}").status_code == 204
    assert client.get(f"/books/{book}").status_code == 404


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_a_list_has_at_most_limit_books(client: TestClient, limit: int) -> None:
    for number in range(3):
        client.post("/books", json={"title": f"Volume {number}"})
    answer = client.get("/books", params={"limit": limit})
    assert len(answer.json()) == min(limit, 3)
    assert answer.headers["X-Total-Count"] == "3"


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 201}, {"offset": -1}], ids=str)
def test_a_page_outside_the_bounds_is_refused(client: TestClient, params: dict[str, int]) -> None:
    assert client.get("/books", params=params).status_code == 422
