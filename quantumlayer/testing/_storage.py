"""Contract checks for stores: run them on your own implementation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio

from quantumlayer.errors import DocumentConflictError
from quantumlayer.storage import Blobs, Cache, Documents


async def check_documents(make: Callable[[], AbstractAsyncContextManager[Documents]]) -> None:
    """Hold an implementation of `Documents` to its contract.

    Args:
        make: Opens a new, empty store each time it is called.

    Raises:
        AssertionError: The contract is broken; the message says where.
    """
    async with make() as documents:
        await _documents_round_trip(documents)
    async with make() as documents:
        await _documents_versions(documents)
    async with make() as documents:
        await _documents_lists(documents)
    async with make() as documents:
        await _documents_race(documents)


async def _documents_round_trip(documents: Documents) -> None:
    assert await documents.get("runs", "a") is None, "an empty store finds nothing"
    value = {"text": "ä\n\u0000 \U0001f600", "list": [1, 2.5, None, True, {}], "": -(2**53)}
    stored = await documents.put("runs", "a", value)
    assert (stored.key, stored.value, stored.version) == ("a", value, 1)
    assert await documents.get("runs", "a") == stored
    assert await documents.get("capsules", "a") is None, "collections are apart"
    falsy_values: tuple[Any, ...] = (None, False, 0, "", [], {})
    for falsy in falsy_values:
        await documents.put("runs", "falsy", falsy)
        found = await documents.get("runs", "falsy")
        assert found is not None, f"{falsy!r} is a value too"
        assert found.value == falsy
    value["list"] = "changed by the caller"
    assert await documents.get("runs", "a") == stored, "a stored value is a copy"
    for no_json, error in ((object(), TypeError), (float("nan"), ValueError)):
        try:
            await documents.put("runs", "a", no_json)
        except error:
            pass
        else:
            raise AssertionError(f"{no_json!r} is no JSON value, but was stored")
    assert await documents.get("runs", "a") == stored, "a refused put changes nothing"


async def _documents_versions(documents: Documents) -> None:
    first = await documents.put("runs", "a", 1, version=0)
    second = await documents.put("runs", "a", 2, version=first.version)
    assert (first.version, second.version) == (1, 2)
    for stale in (0, 1, 3):
        await _conflicts(documents, "a", stale)
    await _conflicts(documents, "b", 1)
    assert await documents.get("runs", "a") == second, "a refused change changes nothing"
    assert (await documents.put("runs", "a", 3)).version == 3, "without a version: always"
    assert await documents.delete("runs", "a", version=3)
    assert not await documents.delete("runs", "a"), "there is nothing left to delete"
    assert await documents.get("runs", "a") is None


async def _conflicts(documents: Documents, key: str, version: int) -> None:
    for change in (
        lambda: documents.put("runs", key, "lost update", version=version),
        lambda: documents.delete("runs", key, version=version + 10),
    ):
        try:
            await change()
        except DocumentConflictError:
            continue
        raise AssertionError(f"a change of {key!r} at a stale version went through")


async def _documents_lists(documents: Documents) -> None:
    keys = ["a", "a/1", "a/10", "a/2", "a%", "a_", "b", "é", "\U0001f600"]
    for key in reversed(keys):
        await documents.put("runs", key, {"key": key})
    await documents.put("other", "c", None)
    everything = await documents.list("runs")
    assert [document.key for document in everything] == sorted(keys), "lists are in key order"
    assert all(document.value == {"key": document.key} for document in everything)
    below = await documents.list("runs", prefix="a/")
    assert [document.key for document in below] == ["a/1", "a/10", "a/2"]
    assert [document.key for document in await documents.list("runs", prefix="a%")] == ["a%"]
    seen: list[str] = []
    while page := await documents.list("runs", after=seen[-1] if seen else "", limit=2):
        assert len(page) <= 2, "a page has at most `limit` documents"
        seen.extend(document.key for document in page)
    assert seen == sorted(keys), "pages neither repeat nor leave out"
    assert await documents.list("nowhere") == ()


async def _documents_race(documents: Documents) -> None:
    """Twenty tasks count up; with versions, no step is lost."""
    await documents.put("counters", "n", 0)

    async def count_up() -> None:
        while True:
            found = await documents.get("counters", "n")
            assert found is not None
            try:
                await documents.put("counters", "n", found.value + 1, version=found.version)
            except DocumentConflictError:
                continue
            return

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(count_up)
    total = await documents.get("counters", "n")
    assert total is not None
    assert (total.value, total.version) == (20, 21), "an update was lost"


async def check_blobs(make: Callable[[], AbstractAsyncContextManager[Blobs]]) -> None:
    """Hold an implementation of `Blobs` to its contract.

    Args:
        make: Opens a new, empty store each time it is called.

    Raises:
        AssertionError: The contract is broken; the message says where.
    """
    async with make() as blobs:
        for data in (b"", b"text", bytes(range(256)) * 1_000):
            expected = f"sha256:{hashlib.sha256(data).hexdigest()}"
            assert await blobs.get(expected) is None, "an empty store finds nothing"
            assert not await blobs.delete(expected)
            assert await blobs.put(data) == expected, "a blob's name is the hash of its content"
            assert await blobs.put(data) == expected, "storing it again is no error"
            assert await blobs.get(expected) == data
            assert await blobs.delete(expected)
            assert await blobs.get(expected) is None
        for no_digest in ("", "sha256:", "sha256:../../etc/passwd", "md5:" + "0" * 64):
            try:
                await blobs.get(no_digest)
            except ValueError:
                continue
            raise AssertionError(f"{no_digest!r} is no digest, but was looked up")
        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(blobs.put, b"the same from many tasks")
        digest = await blobs.put(b"the same from many tasks")
        assert await blobs.get(digest) == b"the same from many tasks"


async def check_cache(
    make: Callable[[Callable[[], float]], AbstractAsyncContextManager[Cache]],
) -> None:
    """Hold an implementation of `Cache` to its contract.

    Args:
        make: Opens a new, empty cache that reads the time, in seconds, from its argument.

    Raises:
        AssertionError: The contract is broken; the message says where.
    """
    now_s = 1_000_000.0
    async with make(lambda: now_s) as cache:
        assert await cache.get("k") is None, "an empty cache finds nothing"
        await cache.delete("k")
        for value in ({"a": [1, None]}, 0, "", False):
            await cache.put("k", value, ttl_s=60)
            assert await cache.get("k") == value
        mine = {"list": [1]}
        await cache.put("mine", mine, ttl_s=60)
        mine["list"].append(2)
        found = await cache.get("mine")
        assert found == {"list": [1]}, "a kept value is a copy"
        found["list"].append(2)
        assert await cache.get("mine") == {"list": [1]}, "what is read is a copy too"
        await cache.put("other", "kept", ttl_s=3_600)
        now_s += 59
        assert await cache.get("k") is False, "it has a second left"
        now_s += 1
        assert await cache.get("k") is None, "it expired"
        assert await cache.get("other") == "kept"
        await cache.put("k", "new", ttl_s=60)
        assert await cache.get("k") == "new", "an expired key can be used again"
        await cache.delete("k")
        assert await cache.get("k") is None
        for refused in ((None, 60.0), ("value", 0.0), ("value", -1.0), ("value", float("nan"))):
            try:
                await cache.put("k", refused[0], ttl_s=refused[1])
            except ValueError:
                continue
            raise AssertionError(f"{refused!r} was kept")
