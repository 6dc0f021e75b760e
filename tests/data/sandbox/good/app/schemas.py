"""What goes over the wire."""

from pydantic import BaseModel, ConfigDict, Field


class BookIn(BaseModel):
    """A book as a client gives it."""

    title: str = Field(min_length=1, max_length=200)
    author: str = Field(default="", max_length=200)


class BookOut(BookIn):
    """A book as it is stored."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    lent_to: str | None
    days: int


class LoanIn(BaseModel):
    """Who takes a book, and for how long."""

    reader: str = Field(min_length=1, max_length=100)
    days: int = Field(ge=1)
