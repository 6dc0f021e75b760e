"""Import modules and hand out the bytecode of all they bring in: compile_modules.py MODULE...

Writes, for each file of bytecode, a line of JSON, `{"path": ..., "size_bytes": ...}`, and its
bytes; paths are those below a `sys.pycache_prefix`.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import cache_from_source


def main(names: list[str]) -> None:
    """Import the modules and write their bytecode."""
    compiled: dict[str, bytes] = {}

    def keep(_: SourceFileLoader, path: str, data: bytes, *, _mode: int = 0) -> None:
        compiled[path] = data

    sys.dont_write_bytecode = False
    setattr(SourceFileLoader, "set_data", keep)  # noqa: B010 -- what importlib saves bytecode by
    for name in names:
        import_module(name)
    modules = [module for module in list(sys.modules.values()) if getattr(module, "__cached__", "")]
    sources = {str(module.__file__): str(module.__cached__) for module in modules}
    sys.pycache_prefix = "/"
    for source, cached in sorted(sources.items()):
        if cached not in compiled and os.path.exists(cached):
            with open(cached, "rb") as file:
                compiled[cached] = file.read()
        if cached in compiled:
            data = compiled[cached]
            header = {"path": cache_from_source(source).lstrip("/"), "size_bytes": len(data)}
            sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + data)


if __name__ == "__main__":
    main(sys.argv[1:])
