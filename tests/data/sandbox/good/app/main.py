"""The application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from app.database import Base, engine
from app.routes import books
from app.rules import BrokenRuleError


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Make the tables."""
    Base.metadata.create_all(engine)
    yield


app = FastAPI(title="Shelf", lifespan=lifespan)
app.include_router(books.router)


@app.exception_handler(BrokenRuleError)
def refuse(_: Request, error: BrokenRuleError) -> JSONResponse:
    """Answer 409 for a broken rule."""
    return JSONResponse({"detail": str(error)}, status_code=409)


@app.get("/health")
def health() -> dict[str, str]:
    """Say that it runs."""
    return {"status": "ok"}
