"""Sealing drafts, and opening what strangers call a capsule."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from quantumlayer.capsule import _bundle, _documents, _image, _tar
from quantumlayer.capsule._draft import OWN_FOLDER, Draft
from quantumlayer.capsule._image import Layer
from quantumlayer.capsule._keys import PublicKey, SigningKey, Trust
from quantumlayer.capsule._limits import Limits
from quantumlayer.capsule._tar import Entry
from quantumlayer.errors import CapsuleError, CapsuleFormatError, SignatureError
from quantumlayer.storage import storage_errors, write_file


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantumCapsule(Draft):
    """A draft that was sealed: packed, addressed by its content, and signed.

    `pack` and `read` make these; whoever holds one may rely on its having been verified.

    Attributes:
        digest: The content digest, `sha256:` and 64 hexadecimal digits: equal for equal drafts,
            whoever signs them.
        signer: The key it is signed with.
        documents: The capsule's own files, below `.capsule/`, by path.
    """

    digest: str
    signer: PublicKey
    documents: Mapping[str, bytes] = field(repr=False)
    _archive: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        """The capsule as one file: an OCI image layout in a tar."""
        return self._archive

    def write(self, path: Path) -> None:
        """Write the capsule to a file, whole or not at all, replacing one that is there.

        Raises:
            StorageError: It cannot be written.
        """
        write_file(path, self._archive)


def pack(draft: Draft, key: SigningKey, *, limits: Limits | None = None) -> QuantumCapsule:
    """Seal a draft.

    The same draft and key give the same bytes, whatever the order of its files and the
    machine's time, zone, locale, umask and user; the same draft gives the same `digest` with
    any key. What is packed can be opened again, under the same limits.

    Args:
        draft: The content; a capsule is one too, and is signed anew.
        key: Who vouches for it.
        limits: How large it may be.

    Raises:
        UnsafePathError: A file's name is not safe everywhere.
        CapsuleError: The draft's parts do not fit together, or it is larger than the limits.
    """
    limits = limits or Limits()
    contents = _Contents.of(draft)
    sealed = contents.draft()  # as every reader will see it
    content = Layer.of(contents.entries)
    bundle = _bundle.sign(sealed.name, sealed.version, content.diff_id, key)
    signature = Layer.of([Entry(_bundle.PATH, bundle)])
    archive = _image.encode(content, signature, name=sealed.name, version=sealed.version)
    _check_size(archive, contents, limits)
    return QuantumCapsule(
        **_members(sealed),
        digest=content.diff_id,
        signer=key.public,
        documents={**contents.documents, _bundle.PATH: bundle},
        _archive=archive,
    )


def content_digest(draft: Draft) -> str:
    """Work out the digest that a capsule of this draft has, without signing it.

    Raises:
        CapsuleError: As `pack` does.
    """
    return _image.sha256(_tar.encode(_Contents.of(draft).entries))


def read(source: Path | bytes, trust: Trust, *, limits: Limits | None = None) -> QuantumCapsule:
    """Open a capsule, all in memory, once its signature and every digest have been verified.

    Accepted is exactly what `pack` writes: after verifying, everything is written again and
    compared, so one flipped byte anywhere is refused.

    Args:
        source: A file, or its bytes.
        trust: Whose signature counts.
        limits: How large it may be.

    Raises:
        SignatureError: There is no signature, or none by a trusted key.
        DigestMismatchError: Some content does not match its digest.
        UnsafePathError: A file's name is not safe everywhere.
        CapsuleFormatError: It is not what `pack` writes, or is larger than the limits.
        CapsuleError: Its parts do not fit together.
        StorageError: The file cannot be read.
    """
    limits = limits or Limits()
    archive = source if isinstance(source, bytes) else _read_file(source, limits)
    _check_archive_size(len(archive), limits)
    image = _image.decode(archive, limits=limits)
    bundle = _only_bundle(image.signature, limits)
    verified = _bundle.verify(bundle, image.content.diff_id, trust)
    contents = _Contents.found(_tar.decode(image.content.tar, limits=limits))
    draft = contents.draft()
    _documents.check(contents.documents, draft, contents.hashes)
    verified.check_release(draft.name, draft.version, image.content.diff_id)
    image.check_documents(draft.name, draft.version)
    return QuantumCapsule(
        **_members(draft),
        digest=image.content.diff_id,
        signer=verified.key,
        documents={**contents.documents, _bundle.PATH: bundle},
        _archive=archive,
    )


@dataclass(frozen=True, slots=True)
class _Contents:
    """What is in the content layer.

    Attributes:
        documents: The capsule's own, by path.
        files: The software, in the order of their paths.
        hashes: SHA-256 of each file, in hexadecimal, by path.
    """

    documents: Mapping[str, bytes]
    files: Sequence[Entry]
    hashes: Mapping[str, str]

    @classmethod
    def of(cls, draft: Draft) -> _Contents:
        draft = replace(draft, files=tuple(sorted(draft.files, key=lambda file: file.path)))
        files = [Entry(file.path, file.content, file.executable) for file in draft.files]
        hashes = _hashes(files)
        return cls(_documents.encode(draft, hashes), files, hashes)

    @classmethod
    def found(cls, entries: Sequence[Entry]) -> _Contents:
        documents: dict[str, bytes] = {}
        files: list[Entry] = []
        for entry in entries:
            if not entry.path.startswith(f"{OWN_FOLDER}/"):
                files.append(entry)
            elif entry.executable:
                raise CapsuleFormatError(f"{entry.path!r} is executable")
            else:
                documents[entry.path] = entry.content
        return cls(documents, files, _hashes(files))

    @property
    def entries(self) -> list[Entry]:
        return [*self.files, *(Entry(path, data) for path, data in self.documents.items())]

    def draft(self) -> Draft:
        return _documents.decode(self.documents, self.files, self.hashes)


def _hashes(files: Iterable[Entry]) -> dict[str, str]:
    return {file.path: hashlib.sha256(file.content).hexdigest() for file in files}


def _members(draft: Draft) -> dict[str, Any]:
    return {each.name: getattr(draft, each.name) for each in fields(Draft)}


def _check_size(archive: bytes, contents: _Contents, limits: Limits) -> None:
    entries = contents.entries
    if len(archive) > limits.archive_bytes or len(entries) > limits.files:
        raise CapsuleError(
            f"The capsule would have {len(archive)} bytes and {len(entries)} files: more than"
            f" {limits.archive_bytes} bytes or {limits.files} files. Leave some out."
        )
    for entry in entries:
        if len(entry.content) > limits.file_bytes:
            raise CapsuleError(
                f"{entry.path!r} has {len(entry.content)} bytes, more than the limit of"
                f" {limits.file_bytes}. Leave it out or raise the limit."
            )


def _only_bundle(signature: Layer, limits: Limits) -> bytes:
    entries = _tar.decode(signature.tar, limits=limits)
    if not entries:
        raise SignatureError("The capsule has no signature. Do not use it.")
    if len(entries) != 1 or entries[0].path != _bundle.PATH or entries[0].executable:
        raise CapsuleFormatError(f"the signature's layer holds something else than {_bundle.PATH}")
    return entries[0].content


def _read_file(path: Path, limits: Limits) -> bytes:
    with storage_errors(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 -- a descriptor
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise CapsuleError(f"{str(path)!r} is no regular file. Name a capsule.")
            _check_archive_size(status.st_size, limits)
            return file.read(limits.archive_bytes + 1)


def _check_archive_size(size: int, limits: Limits) -> None:
    if size > limits.archive_bytes:
        raise CapsuleFormatError(
            f"the file has {size} bytes, more than the limit of {limits.archive_bytes}"
        )
