"""The tables."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class Book(Base):
    """A book; lent to somebody, or on the shelf."""

    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    author: Mapped[str] = mapped_column(String(200), default="")
    lent_to: Mapped[str | None] = mapped_column(String(100), default=None)
    days: Mapped[int] = mapped_column(default=0)
