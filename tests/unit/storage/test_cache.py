"""The cache in memory: bounded, and honest about it. The rest is in its contract."""

import pytest

from quantumlayer.storage import MemoryCache

pytestmark = pytest.mark.anyio


async def test_when_it_is_full_what_was_not_asked_for_the_longest_goes_first() -> None:
    cache = MemoryCache(keep=2)
    await cache.put("a", 1, ttl_s=60)
    await cache.put("b", 2, ttl_s=60)
    await cache.get("a")
    await cache.put("c", 3, ttl_s=60)

    assert [await cache.get(key) for key in "abc"] == [1, None, 3]


async def test_ten_thousand_keys_take_no_more_room_than_it_keeps() -> None:
    cache = MemoryCache(keep=10)
    for number in range(10_000):
        await cache.put(str(number), number, ttl_s=60)

    assert len(cache._values) == 10


def test_a_cache_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="keep=0"):
        MemoryCache(keep=0)
