"""Every engine faces the checks that strangers' engines face."""

import pytest

from quantumlayer.testing import check_engine
from quantumlayer.workflow import Memory

pytestmark = pytest.mark.anyio


async def test_the_memory_engine_keeps_the_engine_contract() -> None:
    await check_engine(Memory)
