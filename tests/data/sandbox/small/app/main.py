"""The application: bare ASGI, so that it starts fast."""

import json
from typing import Any

from app.sums import add


def answer(path: str) -> tuple[int, object]:
    """Answer a request: a status and a body."""
    if path == "/health":
        return 200, {"status": "ok"}
    if path == "/two":
        return 200, add(1, 1)
    return 404, None


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve HTTP, and take part in starting and stopping."""
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
        return
    status, body = answer(scope["path"])
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
