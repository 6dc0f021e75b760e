"""Every transport faces the checks that strangers' transports face."""

import pytest

from quantumlayer.testing import TRANSPORT_CASES, check_transport
from quantumlayer.testing._transport_publishing import Case
from quantumlayer.transport import Envelope, Memory, Transport, connect

pytestmark = pytest.mark.anyio


def memory() -> Memory:
    return Memory(max_payload_bytes=2**20)


@pytest.mark.parametrize("case", TRANSPORT_CASES, ids=lambda case: case.__name__)
async def test_the_memory_transport_keeps_the_promise_that(case: Case) -> None:
    await case(memory)


class Forgetful(Memory):
    """Loses a message now and then."""

    sent = 0

    async def publish(self, subject: str, envelope: Envelope) -> None:
        self.sent += 1
        if self.sent % 1_000:
            await super().publish(subject, envelope)


class Careless(Memory):
    """Answers before the handler has, and asks twice."""

    async def request(self, subject: str, envelope: Envelope) -> Envelope:
        await super().request(subject, envelope)
        return await super().request(subject, envelope)


@pytest.mark.parametrize("broken", [Forgetful, Careless])
async def test_a_transport_that_breaks_a_promise_does_not_pass(
    broken: type[Memory], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantumlayer.testing._inbox.PATIENCE_S", 0.2)
    with pytest.raises(AssertionError):
        await check_transport(lambda: broken(max_payload_bytes=2**20))


async def test_a_transport_is_found_by_its_url() -> None:
    bus: Transport = connect("memory://")
    async with bus:
        assert (await bus.health()).state == "open"
    with pytest.raises(ValueError, match="'carrier-pigeon'"):
        connect("carrier-pigeon://attic")
