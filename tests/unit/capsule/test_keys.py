"""Keys: made once, kept secret, and strict about what they accept."""

import base64
import hashlib
import json
import os
import pickle
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.capsule import PublicKey, SigningKey, _keys
from quantumlayer.capsule._keys import KEY_FILE, P256_ORDER
from quantumlayer.errors import SignatureError, StorageError
from quantumlayer.storage import write_file

ED25519 = SigningKey(ed25519.Ed25519PrivateKey.generate())
P256 = SigningKey.generate()


def test_the_key_of_a_folder_is_made_once_and_kept(tmp_path: Path) -> None:
    first = SigningKey.load_or_create(tmp_path / "data" / "keys")
    second = SigningKey.load_or_create(tmp_path / "data" / "keys")

    assert first.public == second.public
    assert first.sign(b"message") == second.sign(b"message")
    assert SigningKey.load_or_create(tmp_path / "other").public != first.public


def test_the_key_file_is_for_its_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        SigningKey.load_or_create(tmp_path / "keys")
    finally:
        os.umask(umask)

    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "keys" / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    SigningKey.load_or_create(tmp_path)
    (tmp_path / KEY_FILE).chmod(mode)

    with pytest.raises(StorageError, match=rf"chmod 600 {tmp_path}"):
        SigningKey.load_or_create(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_damaged_key_is_named_and_never_shown(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    (tmp_path / KEY_FILE).chmod(0o600)

    with pytest.raises(StorageError, match="Move the file away") as caught:
        SigningKey.load_or_create(tmp_path)
    assert caught.value.path == str(tmp_path / KEY_FILE)
    assert (tmp_path / KEY_FILE).read_bytes() == content, "never replaced in silence"


def test_a_link_or_a_folder_in_the_keys_place_is_refused(tmp_path: Path) -> None:
    SigningKey.load_or_create(tmp_path / "real")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / KEY_FILE).symlink_to(tmp_path / "real" / KEY_FILE)
    (tmp_path / "folder" / KEY_FILE).mkdir(parents=True)

    for folder in ("linked", "folder"):
        with pytest.raises(StorageError):
            SigningKey.load_or_create(tmp_path / folder)


def test_of_two_that_make_a_key_at_once_the_faster_one_s_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = SigningKey.load_or_create(tmp_path / "theirs")

    def too_late(path: Path, data: bytes, **options: Any) -> None:
        (tmp_path / "theirs" / KEY_FILE).rename(path)
        write_file(path, data, **options)

    monkeypatch.setattr(_keys, "write_file", too_late)

    assert SigningKey.load_or_create(tmp_path / "ours").public == theirs.public


def test_a_key_that_cannot_be_written_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object, **__: object) -> None:
        raise StorageError(str(path), "no space", "Free some.")

    monkeypatch.setattr(_keys, "write_file", full)

    with pytest.raises(StorageError, match="no space"):
        SigningKey.load_or_create(tmp_path)


def test_no_secret_is_in_what_is_printed(tmp_path: Path) -> None:
    key = SigningKey.load_or_create(tmp_path)
    secret = (tmp_path / KEY_FILE).read_text().splitlines()[1:-1]

    assert key.public.id in repr(key)
    assert not any(line in repr(key) or line in str(key) for line in secret)
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(key)


@pytest.mark.parametrize("key", [P256, ED25519], ids=["P-256", "Ed25519"])
def test_what_is_signed_verifies_and_nothing_else(key: SigningKey) -> None:
    signature = key.sign(b"message")

    assert key.public.verifies(signature, b"message")
    assert key.sign(b"message") == signature, "deterministic"
    assert not key.public.verifies(signature, b"Message")
    assert not key.public.verifies(signature[:-1], b"message")
    assert not key.public.verifies(b"", b"message")
    assert not SigningKey.generate().public.verifies(signature, b"message")


@given(st.binary())
def test_the_other_half_of_a_signature_pair_is_refused(message: bytes) -> None:
    r, s = decode_dss_signature(P256.sign(message))
    twin = encode_dss_signature(r, P256_ORDER - s)

    assert s <= P256_ORDER // 2
    assert not P256.public.verifies(twin, message)


def test_public_keys_travel_as_pem() -> None:
    for key in (P256.public, ED25519.public):
        assert PublicKey.from_pem(key.pem) == key
        assert b"PRIVATE" not in key.pem


def test_keys_of_other_kinds_are_refused() -> None:
    for strange in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        pem = strange.private_bytes(
            form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
        )
        public = strange.public_key().public_bytes(
            form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
        )
        with pytest.raises(SignatureError, match="Use P-256 or Ed25519"):
            SigningKey.from_pem(pem)
        with pytest.raises(SignatureError, match="Use P-256 or Ed25519"):
            PublicKey.from_pem(public)


def test_encrypted_and_broken_keys_are_refused() -> None:
    encrypted = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"password")
    )
    with pytest.raises(SignatureError, match="no unencrypted private key"):
        SigningKey.from_pem(encrypted)
    with pytest.raises(SignatureError, match="no public key"):
        PublicKey.from_pem(b"nothing")
    with pytest.raises(SignatureError, match="no public key"):
        PublicKey(b"nothing")


def test_without_rfc_6979_a_signature_is_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ec.ECDSA

    def old_openssl(algorithm: object, deterministic_signing: bool = False) -> object:  # noqa: FBT001, FBT002 -- as there
        if deterministic_signing:
            raise UnsupportedAlgorithm("not before OpenSSL 3.2")
        return real(algorithm)  # type: ignore[arg-type]

    monkeypatch.setattr(ec, "ECDSA", old_openssl)
    signature = P256.sign(b"message")
    monkeypatch.undo()

    assert P256.public.verifies(signature, b"message")


@pytest.mark.parametrize("form_", ["", "_p1363"])
def test_wycheproof_vectors_for_p256_are_answered_as_listed(shared: Path, form_: str) -> None:
    """A valid signature with a high s has a valid twin with a low one: only that is accepted."""
    name = f"ecdsa_secp256r1_sha256{form_}_test.json"
    groups = json.loads((shared / "data/capsule/wycheproof" / name).read_text())["testGroups"]
    high = accepted = refused = 0
    for group in groups:
        key = PublicKey(bytes.fromhex(group["publicKeyDer"]))
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            if form_ and len(signature) == 64:
                halves = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
                signature = encode_dss_signature(*halves)
            verdict = key.verifies(signature, message)
            if test["result"] == "valid":
                r, s = decode_dss_signature(signature)
                high += s > P256_ORDER // 2
                assert verdict == (s <= P256_ORDER // 2), test
                low = encode_dss_signature(r, min(s, P256_ORDER - s))
                assert key.verifies(low, message), test
                accepted += 1
            else:
                assert not verdict, test
                refused += 1
    assert accepted > 100
    assert refused > 50
    assert high > 10


def test_wycheproof_vectors_for_ed25519_are_answered_as_listed(shared: Path) -> None:
    groups = json.loads((shared / "data/capsule/wycheproof/ed25519_test.json").read_text())[
        "testGroups"
    ]
    for group in groups:
        key = PublicKey(bytes.fromhex(group["publicKeyDer"]))
        for test in group["tests"]:
            verdict = key.verifies(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
            assert verdict == (test["result"] == "valid"), test


def test_the_id_is_the_hash_of_the_key() -> None:
    assert base64.b64decode(P256.public.id) == hashlib.sha256(P256.public.der).digest()
