"""What every transport has to keep, as checks without a test framework."""

from __future__ import annotations

from quantumlayer.testing import _transport_ending, _transport_publishing, _transport_requesting
from quantumlayer.testing._transport_publishing import Case, Make

__all__ = ["TRANSPORT_CASES", "check_transport"]

TRANSPORT_CASES: tuple[Case, ...] = (
    *_transport_publishing.CASES,
    *_transport_requesting.CASES,
    *_transport_ending.CASES,
)
"""Every check by itself, for test frameworks that want to report each by its name."""


async def check_transport(make: Make) -> None:
    """See that a transport keeps the promises of `quantumlayer.transport.Transport`.

    Takes some seconds; run it on every event loop that the transport supports.

    Args:
        make: Makes a transport, not yet opened, that shares no subject with the one before. Its
            `max_payload_bytes` should be small enough to send that much.

    Raises:
        AssertionError: A promise is broken; the message says which.
    """
    for case in TRANSPORT_CASES:
        await case(make)
