"""DSSE envelopes: the payload's type is signed too, and every signer counts once."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.capsule import PublicKey, SigningKey
from quantumlayer.capsule._dsse import Envelope, Signature, _encoded, sign, verify
from quantumlayer.errors import SignatureError

KEY, OTHER = SigningKey.generate(), SigningKey.generate()
TYPE = "application/vnd.example+json"
ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")


@given(payload=st.binary(), kind=st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_signed_comes_back_with_its_signer(payload: bytes, kind: str) -> None:
    envelope = sign(payload, kind, KEY)

    assert verify(envelope, [OTHER.public, KEY.public], payload_types={kind}) == (
        payload,
        frozenset({KEY.public}),
    )


def test_another_type_payload_key_or_signature_is_refused() -> None:
    good = sign(b"payload", TYPE, KEY)
    text = base64.b64encode(b"Payload").decode()
    for wrong in (
        replace(good, payloadType="application/vnd.other"),
        replace(good, payload=text),
        replace(good, signatures=()),
        replace(good, signatures=sign(b"payload", TYPE, OTHER).signatures),
        replace(good, payload="no base64!"),
        replace(good, signatures=(Signature("no base64!"),)),
    ):
        with pytest.raises(SignatureError):
            verify(wrong, [KEY.public], payload_types={TYPE, "application/vnd.other"})
    with pytest.raises(SignatureError, match="asked"):
        verify(good, [KEY.public], payload_types={"application/vnd.other"})
    with pytest.raises(SignatureError, match=r"trusted keys \(none\)"):
        verify(good, [], payload_types={TYPE})


def test_a_threshold_counts_keys_not_signatures() -> None:
    envelope = sign(b"payload", TYPE, KEY)
    twice = replace(envelope, signatures=envelope.signatures * 2)
    both = replace(
        envelope, signatures=envelope.signatures + sign(b"payload", TYPE, OTHER).signatures
    )
    keys = [KEY.public, OTHER.public]

    assert verify(both, keys, payload_types={TYPE}, threshold=2)[1] == set(keys)
    with pytest.raises(SignatureError, match="it takes 2"):
        verify(twice, keys, payload_types={TYPE}, threshold=2)
    with pytest.raises(SignatureError, match="it takes 1"):
        verify(envelope, [OTHER.public], payload_types={TYPE}, threshold=0)


def test_the_published_vectors_are_answered_as_listed(shared: Path) -> None:
    data = json.loads((shared / "data/capsule/dsse/vectors.json").read_text())
    keys = {
        name: PublicKey(ED25519_PREFIX + bytes.fromhex(key["public"]))
        for name, key in data["keys"].items()
    }
    for vector in data["vectors"]:
        raw = vector["envelope"]
        envelope = Envelope(
            raw["payload"],
            raw["payloadType"],
            tuple(Signature(**signature) for signature in raw["signatures"]),
        )
        trusted = [keys[name] for name in vector["trustedKeys"]]
        kinds = set(vector["supportedPayloadTypes"])
        if vector["expect"] == "accept":
            payload, signers = verify(
                envelope, trusted, payload_types=kinds, threshold=vector["threshold"]
            )
            assert len(signers) >= vector["threshold"], vector["id"]
            assert _encoded(payload, envelope.payloadType).hex() == vector["pae"], vector["id"]
        else:
            with pytest.raises(SignatureError):
                verify(envelope, trusted, payload_types=kinds, threshold=vector["threshold"])
    assert len(data["vectors"]) >= 9
