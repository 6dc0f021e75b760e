"""Where things are kept: documents, blobs and a cache, by default SQLite and files.

`DataFolder.of()` is the user's own; open it and everything is there::

    async with DataFolder.of().open() as stores:
        digest = await stores.blobs.put(capsule_bytes)
        await stores.documents.put("capsules", "blog", {"digest": digest})
"""

from quantumlayer.storage._blobs import Blobs, FileBlobs
from quantumlayer.storage._cache import Cache, MemoryCache, SQLiteCache
from quantumlayer.storage._database import Database, open_database
from quantumlayer.storage._documents import Document, Documents, SQLiteDocuments
from quantumlayer.storage._files import storage_errors, write_file
from quantumlayer.storage._folder import DataFolder, Stores

__all__ = [
    "Blobs",
    "Cache",
    "DataFolder",
    "Database",
    "Document",
    "Documents",
    "FileBlobs",
    "MemoryCache",
    "SQLiteCache",
    "SQLiteDocuments",
    "Stores",
    "open_database",
    "storage_errors",
    "write_file",
]
