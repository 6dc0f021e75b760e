"""The signature: a Sigstore bundle around a signed statement that names the content digest.

Source: Sigstore bundle v0.3 (github.com/sigstore/protobuf-specs, sigstore_bundle.proto), with a
public key's hint in place of a certificate.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from quantumlayer.capsule import _dsse, _intoto, _json
from quantumlayer.capsule._dsse import Envelope
from quantumlayer.capsule._keys import PublicKey, SigningKey, Trust
from quantumlayer.errors import CapsuleFormatError, DigestMismatchError, SignatureError

PATH = ".capsule/bundle.sigstore.json"
_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@dataclass(frozen=True, slots=True)
class _Hint:
    hint: str


@dataclass(frozen=True, slots=True)
class _Material:
    publicKey: _Hint  # noqa: N815 -- the standard's name


@dataclass(frozen=True, slots=True)
class _Bundle:
    mediaType: str  # noqa: N815 -- the standard's name
    verificationMaterial: _Material  # noqa: N815 -- the standard's name
    dsseEnvelope: Envelope  # noqa: N815 -- the standard's name


def sign(name: str, version: str, content_digest: str, key: SigningKey) -> bytes:
    """State that this content is this release, signed."""
    payload = _statement(name, version, content_digest)
    return _encode(_dsse.sign(payload, _intoto.PAYLOAD_TYPE, key), key.public)


@dataclass(frozen=True, slots=True)
class Verified:
    """A bundle whose signature is good, for a content digest.

    Attributes:
        key: Who signed.
        payload: What was signed.
    """

    key: PublicKey
    payload: bytes

    def check_release(self, name: str, version: str, content_digest: str) -> None:
        """Refuse a statement that speaks of another release, or in another way than we do.

        Raises:
            SignatureError: It does.
        """
        if self.payload != _statement(name, version, content_digest):
            raise SignatureError(
                f"What was signed is not that this content is {name!r} {version!r}. Do not use it."
            )


def verify(data: bytes, content_digest: str, trust: Trust) -> Verified:
    """Check a bundle's signature and that it is about this content, reading nothing else.

    Raises:
        SignatureError: No trusted key signed, or what is signed is no release statement.
        DigestMismatchError: Another content was signed.
        CapsuleFormatError: The bundle is not as `sign` writes it.
    """
    bundle = _json.loads(data, _Bundle, repr(PATH))
    envelope = bundle.dsseEnvelope
    payload, signers = _dsse.verify(envelope, trust.keys, payload_types={_intoto.PAYLOAD_TYPE})
    key = next(iter(signers))
    if not _dsse.is_as_signed(envelope, key) or data != _encode(envelope, key):
        raise CapsuleFormatError(f"{PATH!r} is not the one a writer makes of this signature")
    _check_subject(payload, content_digest)
    return Verified(key, payload)


@dataclass(frozen=True, slots=True)
class _Digests:
    sha256: str


@dataclass(frozen=True, slots=True)
class _Subject:
    digest: _Digests


@dataclass(frozen=True, slots=True)
class _Release:
    predicateType: str  # noqa: N815 -- the standard's name
    subject: tuple[_Subject, ...]


def _check_subject(payload: bytes, content_digest: str) -> None:
    release = _json.loads(payload, _Release, "the signed statement")
    if release.predicateType != _intoto.RELEASE:
        raise SignatureError(
            f"A statement of type {release.predicateType!r} was signed, not a release."
            " Do not use it."
        )
    signed = [f"sha256:{subject.digest.sha256}" for subject in release.subject]
    if signed != [content_digest]:
        raise DigestMismatchError(
            f"The content is {content_digest}, but {', '.join(signed)} was signed. Do not use it."
        )


def _statement(name: str, version: str, content_digest: str) -> bytes:
    statement = _intoto.statement(
        name,
        content_digest.removeprefix("sha256:"),
        _intoto.RELEASE,
        {"purl": f"pkg:generic/{name}@{version}"},
    )
    return _json.dumps(statement, "the statement to be signed")


def _encode(envelope: Envelope, key: PublicKey) -> bytes:
    bundle = _Bundle(_MEDIA_TYPE, _Material(_Hint(key.id)), envelope)
    return _json.dumps(asdict(bundle), "the signature's bundle")
