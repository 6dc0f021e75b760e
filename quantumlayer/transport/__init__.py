"""How agents talk: the Transport protocol, the envelope, the in-memory transport."""

from quantumlayer.transport._connect import connect
from quantumlayer.transport._envelope import Envelope
from quantumlayer.transport._failure import Failure
from quantumlayer.transport._memory import Memory
from quantumlayer.transport._protocol import (
    Dropped,
    Event,
    HandlerFailed,
    Health,
    Listener,
    Overflow,
    Responder,
    Subscription,
    Transport,
)

__all__ = [
    "Dropped",
    "Envelope",
    "Event",
    "Failure",
    "HandlerFailed",
    "Health",
    "Listener",
    "Memory",
    "Overflow",
    "Responder",
    "Subscription",
    "Transport",
    "connect",
]
