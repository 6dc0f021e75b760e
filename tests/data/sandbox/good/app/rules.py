"""What has to hold."""

from app.models import Book
from app.settings import settings


class BrokenRuleError(Exception):
    """A change would break a rule."""


def check_loan(book: Book, days: int) -> None:
    """A book is lent to one reader at a time, and not for longer than allowed."""
    if book.lent_to is not None:
        message = f"The book is lent to {book.lent_to}."
        raise BrokenRuleError(message)
    if days > settings.longest_loan_days:
        message = f"A loan lasts at most {settings.longest_loan_days} days."
        raise BrokenRuleError(message)


def check_return(book: Book) -> None:
    """Only a book that is lent can be returned."""
    if book.lent_to is None:
        message = "The book is on the shelf."
        raise BrokenRuleError(message)
