"""The container: an OCI image layout in a tar, so that registries and their tools can carry it.

Two layers: the content, whose `diff_id` is the capsule's content digest, and the signature.

Source: OCI image specification 1.1, image-layout.md, manifest.md, config.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from quantumlayer.capsule import _gzip, _json, _tar
from quantumlayer.capsule._limits import Limits
from quantumlayer.capsule._tar import Entry
from quantumlayer.errors import CapsuleFormatError, DigestMismatchError, SignatureError

ARTIFACT_TYPE = "application/vnd.quantumlayer.capsule.v1"
_MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"

_BLOBS = "blobs/sha256/"
_INDEX = "index.json"
_LAYOUT = "oci-layout"
_EPOCH = "1970-01-01T00:00:00Z"
_LAYERS = ("content", "signature")


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the image.

    Attributes:
        tar: The archive.
        diff_id: `sha256:` and the hash of `tar`.
        blob: `tar` as gzip.
        digest: `sha256:` and the hash of `blob`.
    """

    tar: bytes
    diff_id: str
    blob: bytes
    digest: str

    @classmethod
    def of(cls, entries: list[Entry]) -> Layer:
        """Write entries as a layer."""
        tar = _tar.encode(entries)
        return cls.joining(tar, _gzip.encode(tar))

    @classmethod
    def joining(cls, tar: bytes, blob: bytes) -> Layer:
        """Hash both forms of a layer at once: hashlib lets go of the interpreter's lock."""
        with ThreadPoolExecutor(1) as other:
            digest = other.submit(sha256, blob)
            return cls(tar, sha256(tar), blob, digest.result())


@dataclass(frozen=True, slots=True)
class Image:
    """An image as it was read: its layers, and the documents that describe them, by path."""

    content: Layer
    signature: Layer
    documents: Mapping[str, bytes]

    def check_documents(self, name: str, version: str) -> None:
        """Refuse documents that differ from those a writer makes for these layers.

        Raises:
            CapsuleFormatError: A document does.
        """
        written = _documents(self.content, self.signature, name, version)
        for path in sorted(written.keys() | self.documents.keys()):
            if written.get(path) != self.documents.get(path):
                raise CapsuleFormatError(f"{path!r} is not the one a writer makes of this content")


def sha256(data: bytes) -> str:
    """Hash as OCI writes it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def encode(content: Layer, signature: Layer, *, name: str, version: str) -> bytes:
    """Write the image of two layers as one file."""
    files = _documents(content, signature, name, version)
    files |= {_blob_path(layer.digest): layer.blob for layer in (content, signature)}
    return _tar.encode(Entry(path, data) for path, data in files.items())


def decode(data: bytes, *, limits: Limits) -> Image:
    """Take an image apart, checking every digest on the way from the index to the layers.

    Raises:
        CapsuleFormatError: It is no archive that `encode` wrote.
        DigestMismatchError: A blob does not have the digest it is named by.
        SignatureError: There is no layer with a signature.
    """
    # The layers are the archive's large files: only its own size bounds them.
    within = Limits(file_bytes=limits.archive_bytes, files=len(_LAYERS) + 4)
    files = {entry.path: entry.content for entry in _tar.decode(data, limits=within)}
    index = _json.loads(_take(files, _INDEX), _Index, repr(_INDEX))
    if len(index.manifests) != 1:
        raise CapsuleFormatError(f"{_INDEX!r} has to name one manifest")
    manifest = _json.loads(
        _blob(files, index.manifests[0].digest), _Manifest, "the image's manifest"
    )
    if len(manifest.layers) < len(_LAYERS):
        raise SignatureError("The capsule has no signature. Do not use it.")
    content = _layer(files, manifest.layers[0].digest)
    signature = _layer(files, manifest.layers[1].digest)
    layers = {_blob_path(content.digest), _blob_path(signature.digest)}
    documents = {path: file for path, file in files.items() if path not in layers}
    return Image(content, signature, documents)


@dataclass(frozen=True, slots=True)
class _Descriptor:
    digest: str


@dataclass(frozen=True, slots=True)
class _Index:
    manifests: tuple[_Descriptor, ...]


@dataclass(frozen=True, slots=True)
class _Manifest:
    layers: tuple[_Descriptor, ...]


def _take(files: Mapping[str, bytes], path: str) -> bytes:
    try:
        return files[path]
    except KeyError:
        raise CapsuleFormatError(f"{path!r} is missing") from None


def _blob(files: Mapping[str, bytes], digest: str) -> bytes:
    blob = _take(files, _blob_path(digest))
    _check_digest(digest, sha256(blob))
    return blob


def _layer(files: Mapping[str, bytes], digest: str) -> Layer:
    blob = _take(files, _blob_path(digest))
    layer = Layer.joining(_gzip.decode(blob), blob)
    _check_digest(digest, layer.digest)
    return layer


def _check_digest(named: str, actual: str) -> None:
    if named != actual:
        raise DigestMismatchError(f"the blob named {named} has the digest {actual}")


def _blob_path(digest: str) -> str:
    return _BLOBS + digest.removeprefix("sha256:")


def _documents(content: Layer, signature: Layer, name: str, version: str) -> dict[str, bytes]:
    """Describe the two layers, as the specification has it."""
    config = _config(content, signature)
    manifest = _json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST_TYPE,
            "artifactType": ARTIFACT_TYPE,
            "config": _descriptor(_CONFIG_TYPE, config),
            "layers": [
                _descriptor(_LAYER_TYPE, layer.blob, layer.digest) for layer in (content, signature)
            ],
            "annotations": {
                "org.opencontainers.image.title": name,
                "org.opencontainers.image.version": version,
            },
        },
        "the image's manifest",
    )
    index = _json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": _INDEX_TYPE,
            "manifests": [
                {
                    **_descriptor(_MANIFEST_TYPE, manifest),
                    "artifactType": ARTIFACT_TYPE,
                    "annotations": {"org.opencontainers.image.ref.name": version},
                }
            ],
        },
        "the image's index",
    )
    return {
        _INDEX: index,
        _LAYOUT: _json.dumps({"imageLayoutVersion": "1.0.0"}, "the layout"),
        _blob_path(sha256(config)): config,
        _blob_path(sha256(manifest)): manifest,
    }


def _config(content: Layer, signature: Layer) -> bytes:
    return _json.dumps(
        {
            # Source code fits every machine; a registry wants one, so it gets the commonest.
            "architecture": "amd64",
            "os": "linux",
            "created": _EPOCH,
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [content.diff_id, signature.diff_id]},
            "history": [
                {"created": _EPOCH, "created_by": "quantumlayer", "comment": comment}
                for comment in _LAYERS
            ],
        },
        "the image's configuration",
    )


def _descriptor(media_type: str, data: bytes, digest: str = "") -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest or sha256(data), "size": len(data)}
