"""Keys that sign capsules, and whom a reader trusts."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from quantumlayer.errors import SignatureError, StorageError
from quantumlayer.storage import storage_errors, write_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    _Private: TypeAlias = EllipticCurvePrivateKey | Ed25519PrivateKey
    _Public: TypeAlias = EllipticCurvePublicKey | Ed25519PublicKey

KEY_FILE = "signing-key.pem"
_MAX_PEM_BYTES = 10_000

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Source: NIST SP 800-186, section 3.2.1.3."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a signature is verified with: ECDSA on P-256 with SHA-256, or Ed25519.

    The algorithm is a property of the key: nothing in a capsule can choose another.

    Attributes:
        der: The key as a SubjectPublicKeyInfo.
    """

    der: bytes

    def __post_init__(self) -> None:
        _public(self.der)

    @classmethod
    def from_pem(cls, pem: bytes) -> PublicKey:
        """Read a key from PEM, as `pem` writes it.

        Raises:
            SignatureError: It is no public key on P-256 or Ed25519.
        """
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- heavy

        try:
            key = serialization.load_pem_public_key(pem)
        except ValueError as error:
            raise SignatureError("This is no public key in PEM format.") from error
        return cls(_der(cast("_Public", key)))  # other kinds are refused by their DER

    @property
    def pem(self) -> bytes:
        """The key in PEM, to be handed to whoever should trust it."""
        from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 -- heavy

        return _public(self.der).public_bytes(
            form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def id(self) -> str:
        """SHA-256 of the key in base64: the hint that a Sigstore bundle names its key by."""
        return base64.b64encode(hashlib.sha256(self.der).digest()).decode()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Say whether the signature is this key's, over this message, in canonical form.

        ECDSA signatures come in pairs, (r, s) and (r, -s); only the one with the lower s is
        accepted, so that nobody can make a second capsule from a first without the key.
        """
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 -- heavy
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 -- heavy
        from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415 -- heavy

        key = _public(self.der)
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                _, s = utils.decode_dss_signature(signature)
                if s > P256_ORDER // 2:
                    return False
                key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
            else:
                key.verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """What a capsule is signed with. Its secret never leaves it but into its own file."""

    __slots__ = ("_key", "public")

    def __init__(self, key: _Private) -> None:
        """Take a private key of the library `cryptography`.

        Raises:
            SignatureError: It is neither on P-256 nor Ed25519.
        """
        self._key = key
        self.public = PublicKey(_der(key.public_key()))

    def __repr__(self) -> str:
        """Name the public half only."""
        return f"SigningKey(public.id={self.public.id!r})"

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a new key on P-256."""
        return cls.from_pem(_new_pem())

    @classmethod
    def from_pem(cls, pem: bytes) -> SigningKey:
        """Read an unencrypted private key from PEM.

        Raises:
            SignatureError: It is no private key on P-256 or Ed25519, or it is encrypted.
        """
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- heavy

        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            raise SignatureError("This is no unencrypted private key in PEM format.") from None
        return cls(cast("_Private", key))  # other kinds are refused as its public half

    @classmethod
    def load_or_create(cls, folder: Path) -> SigningKey:
        """Read the key of a folder, made on first use with mode 0600.

        Processes that come at once agree on one key; one that is killed leaves the folder
        without a key or with a whole one.

        Args:
            folder: Such as `DataFolder.keys`; it is made with mode 0700 where it is missing.

        Raises:
            StorageError: The key cannot be read or written, is damaged, or others may read it.
        """
        path = folder / KEY_FILE
        with storage_errors(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            missing = not path.exists()
        if missing:
            try:
                write_file(path, _new_pem(), mode=0o600, replace=False)
            except StorageError:
                if not path.exists():
                    raise  # otherwise another process was faster, and its key is the key
        try:
            return cls.from_pem(_read_secret(path))
        except SignatureError as error:
            raise StorageError(
                str(path),
                "this is no unencrypted private key on P-256 or Ed25519",
                "Move the file away; a new key is made on the next run.",
            ) from error

    def sign(self, message: bytes) -> bytes:
        """Sign a message: the same message always gives the same signature.

        Source: RFC 6979 for ECDSA, with the lower s; RFC 8032 for Ed25519. An OpenSSL before
        3.2 has no RFC 6979: there the signature is as good, but different each time.
        """
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- heavy
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 -- heavy
        from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415 -- heavy

        if not isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(message)
        try:
            algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        except UnsupportedAlgorithm:
            algorithm = ec.ECDSA(hashes.SHA256())
        r, s = utils.decode_dss_signature(self._key.sign(message, algorithm))
        return utils.encode_dss_signature(r, min(s, P256_ORDER - s))


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose signatures a reader accepts. It comes from the caller, never from a capsule.

    Attributes:
        keys: A capsule has to be signed by one of them.
    """

    keys: tuple[PublicKey, ...]


def _new_pem() -> bytes:
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 -- heavy
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 -- heavy

    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())


def _read_secret(path: Path) -> bytes:
    with storage_errors(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 -- a descriptor
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode) or mode & 0o077:
                raise StorageError(
                    str(path),
                    f"this private key may be used by others ({stat.filemode(mode)})",
                    f"If nobody else had it: chmod 600 {path}",
                )
            return file.read(_MAX_PEM_BYTES)


@lru_cache(maxsize=64)
def _public(der: bytes) -> _Public:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- heavy
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415 -- heavy

    try:
        key = serialization.load_der_public_key(der)
    except ValueError as error:
        raise SignatureError("This is no public key in DER format.") from error
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise SignatureError(
        f"Keys of this kind are not used here: {type(key).__name__}. Use P-256 or Ed25519."
    )


def _der(key: _Public) -> bytes:
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 -- heavy

    return key.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)
