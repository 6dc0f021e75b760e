"""Books, and their loans."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import get_session
from app.models import Book
from app.rules import check_loan, check_return
from app.schemas import BookIn, BookOut, LoanIn

router = APIRouter(prefix="/books")
SessionOf = Annotated[Session, Depends(get_session)]


def find(session: Session, book_id: int) -> Book:
    """Find a book, or answer 404."""
    book = session.get(Book, book_id)
    if book is None:
        raise HTTPException(404, "There is no such book.")
    return book


@router.post("", status_code=201)
def create(body: BookIn, session: SessionOf) -> BookOut:
    """Put a book on the shelf."""
    book = Book(**body.model_dump())
    session.add(book)
    session.commit()
    return BookOut.model_validate(book)


@router.get("")
def list_all(
    response: Response,
    session: SessionOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> list[BookOut]:
    """List the books."""
    response.headers["X-Total-Count"] = str(session.scalar(select(func.count(Book.id))))
    found = session.scalars(select(Book).order_by(Book.id).limit(limit).offset(offset))
    return [BookOut.model_validate(book) for book in found]


@router.get("/{book_id}")
def read(book_id: int, session: SessionOf) -> BookOut:
    """Show a book."""
    return BookOut.model_validate(find(session, book_id))


@router.delete("/{book_id}", status_code=204)
def delete(book_id: int, session: SessionOf) -> None:
    """Take a book off the shelf."""
    session.delete(find(session, book_id))
    session.commit()


@router.post("/{book_id}/lend")
def lend(book_id: int, body: LoanIn, session: SessionOf) -> BookOut:
    """Lend a book."""
    book = find(session, book_id)
    check_loan(book, body.days)
    book.lent_to, book.days = body.reader, body.days
    session.commit()
    return BookOut.model_validate(book)


@router.post("/{book_id}/return")
def take_back(book_id: int, session: SessionOf) -> BookOut:
    """Take a lent book back."""
    book = find(session, book_id)
    check_return(book)
    book.lent_to, book.days = None, 0
    session.commit()
    return BookOut.model_validate(book)
