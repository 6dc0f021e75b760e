"""The database and its sessions."""

from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from app.settings import settings

engine = create_engine(settings.database_url, connect_args={"check_same_thread": False})
sessions = sessionmaker(engine)


class Base(DeclarativeBase):
    """Base of all tables."""


def get_session() -> Iterator[Session]:
    """Give a request its session."""
    with sessions() as session:
        yield session
