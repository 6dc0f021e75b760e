"""DSSE: a signature over a payload together with its type.

Source: github.com/secure-systems-lab/dsse, protocol.md and envelope.md, version 1.0.2.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from quantumlayer.capsule._keys import PublicKey, SigningKey
from quantumlayer.errors import SignatureError


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of an envelope, as JSON has it.

    Attributes:
        sig: Base64, of either alphabet.
        keyid: A hint which key it is by; nothing depends on it.
    """

    sig: str
    keyid: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed payload, as JSON has it; the member names are the standard's.

    Attributes:
        payload: Base64, of either alphabet.
        payloadType: What the payload is; it is signed too.
        signatures: Any number, by any keys.
    """

    payload: str
    payloadType: str  # noqa: N815 -- the standard's name
    signatures: tuple[Signature, ...]


def sign(payload: bytes, payload_type: str, key: SigningKey) -> Envelope:
    """Put a payload and one signature over it into an envelope."""
    return _envelope(payload, payload_type, key.sign(_encoded(payload, payload_type)), key.public)


def is_as_signed(envelope: Envelope, key: PublicKey) -> bool:
    """Say whether a verified envelope is just as `sign` writes it: one signature, one base64."""
    if len(envelope.signatures) != 1:
        return False
    payload, signature = envelope.payload, envelope.signatures[0].sig
    return envelope == _envelope(
        _from_base64(payload), envelope.payloadType, _from_base64(signature), key
    )


def _envelope(payload: bytes, payload_type: str, signature: bytes, key: PublicKey) -> Envelope:
    return Envelope(
        base64.b64encode(payload).decode(),
        payload_type,
        (Signature(base64.b64encode(signature).decode(), key.id),),
    )


def verify(
    envelope: Envelope,
    keys: Sequence[PublicKey],
    *,
    payload_types: Collection[str],
    threshold: int = 1,
) -> tuple[bytes, frozenset[PublicKey]]:
    """Return the payload and the keys it is signed by, once enough of them have signed.

    Args:
        envelope: From anywhere.
        keys: Those the caller trusts.
        payload_types: What the caller can use as a payload.
        threshold: How many different keys have to have signed, at least 1.

    Raises:
        SignatureError: There are too few signatures by these keys, or the type is another.
    """
    if envelope.payloadType not in payload_types:
        raise SignatureError(f"A payload of type {envelope.payloadType!r} was signed, not asked.")
    payload = _from_base64(envelope.payload)
    message = _encoded(payload, envelope.payloadType)
    signatures = [_from_base64(signature.sig) for signature in envelope.signatures]
    signers = frozenset(
        key for key in keys if any(key.verifies(signature, message) for signature in signatures)
    )
    if len(signers) < max(1, threshold):
        hints = ", ".join(repr(signature.keyid) for signature in envelope.signatures) or "nobody"
        trusted = ", ".join(repr(key.id) for key in keys) or "none"
        raise SignatureError(
            f"Signed by {hints}, but verified with {len(signers)} of the trusted keys"
            f" ({trusted}); it takes {max(1, threshold)}. Do not use it, or trust the signer's key."
        )
    return payload, signers


def _encoded(payload: bytes, payload_type: str) -> bytes:
    """Join type and payload so that no other pair joins to the same bytes (PAE)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.translate({ord("-"): "+", ord("_"): "/"}), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError("The envelope holds something that is no base64.") from error
