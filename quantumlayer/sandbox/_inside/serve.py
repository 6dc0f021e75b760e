"""Serve an ASGI application on a listening socket that was handed in: serve.py MODULE:NAME FD.

The socket is a Unix one, made outside, so nothing that runs here chooses where it listens.
"""

from __future__ import annotations

import os
import socket
import sys
from importlib import import_module
from typing import Any

import uvicorn

CLIENT = ("127.0.0.1", 0)


def main(entry_point: str, descriptor: int) -> None:
    """Run until SIGTERM."""
    sys.path.insert(0, os.getcwd())
    module, _, name = entry_point.partition(":")
    application = getattr(import_module(module), name)

    async def with_addresses(scope: dict[str, Any], receive: Any, send: Any) -> None:
        # A Unix socket has no addresses, and applications expect the ones that TCP gives.
        if "client" in scope:
            scope["client"] = scope["client"] or CLIENT
        await application(scope, receive, send)

    config = uvicorn.Config(with_addresses, log_level="info", access_log=False)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
