"""Loans."""

import pytest
from fastapi.testclient import TestClient


def lend(client: TestClient, book: int, days: int = 14, reader: str = "Ada") -> int:
    body = {"reader": reader, "days": days}
    return client.post(f"/books/{book}/lend", json=body).status_code


@pytest.mark.parametrize("days", [1, 7, 14, 27, 28])
def test_a_book_can_be_lent(client: TestClient, book: int, days: int) -> None:
    assert lend(client, book, days) == 200
    assert client.get(f"/books/{book}").json()["lent_to"] == "Ada"


@pytest.mark.parametrize("days", [29, 30, 365])
def test_a_loan_is_not_too_long(client: TestClient, book: int, days: int) -> None:
    assert lend(client, book, days) == 409


@pytest.mark.parametrize("days", [0, -1])
def test_a_loan_lasts_a_day_at_least(client: TestClient, book: int, days: int) -> None:
    assert lend(client, book, days) == 422


def test_a_lent_book_is_not_lent_again(client: TestClient, book: int) -> None:
    assert lend(client, book) == 200
    assert lend(client, book, reader="Bob") == 409


def test_a_lent_book_can_be_returned(client: TestClient, book: int) -> None:
    lend(client, book)
    assert client.post(f"/books/{book}/return").json()["lent_to"] is None
    assert lend(client, book, reader="Bob") == 200


def test_a_book_on_the_shelf_cannot_be_returned(client: TestClient, book: int) -> None:
    assert client.post(f"/books/{book}/return").status_code == 409


@pytest.mark.parametrize("reader", ["", "x" * 101])
def test_a_reader_has_a_name(client: TestClient, book: int, reader: str) -> None:
    assert lend(client, book, reader=reader) == 422
