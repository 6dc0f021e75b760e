"""Where things are kept: documents and blobs, by default SQLite and files."""
