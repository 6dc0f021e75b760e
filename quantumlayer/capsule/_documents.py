"""The capsule's own documents, `.capsule/*`: a draft, but for the content of its files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from quantumlayer.capsule import _draft, _intoto, _json, _transcript
from quantumlayer.capsule._draft import Author, CapsuleFile, Draft, Requirement
from quantumlayer.capsule._tar import Entry
from quantumlayer.capsule._validation import Validation
from quantumlayer.errors import CapsuleFormatError, DigestMismatchError
from quantumlayer.messages import Verdict

T = TypeVar("T")

FORMAT = "application/vnd.quantumlayer.capsule.v1"

_MANIFEST = ".capsule/manifest.json"
_REQUIREMENTS = ".capsule/requirements.json"
_PROVENANCE = ".capsule/provenance.intoto.json"
_VALIDATION = ".capsule/validation.intoto.json"

_BUILD_TYPE = "urn:quantumlayer:generate:v1"
_BUILDER = "urn:quantumlayer:builder:v1"


def encode(draft: Draft, hashes: Mapping[str, str]) -> dict[str, bytes]:
    """Write the documents of a draft, by path.

    Args:
        draft: Its files in the order of their paths.
        hashes: SHA-256 of each file, in hexadecimal, by path.

    Raises:
        CapsuleError: The draft's parts do not fit together, or JSON cannot carry it.
    """
    transcript, prompts = _transcript.encode(draft.transcript)
    _draft.check(draft, prompts=prompts)
    manifest = _json.dumps_plain(_manifest(draft, hashes))
    subject = ("manifest.json", hashlib.sha256(manifest).hexdigest())
    provenance = _intoto.statement(*subject, _intoto.PROVENANCE, _provenance(draft))
    validation = _intoto.statement(*subject, _intoto.TEST_RESULT, _test_result(draft.validation))
    requirements = [_json.plain(requirement) for requirement in draft.requirements]
    return {
        _MANIFEST: manifest,
        _REQUIREMENTS: _json.dumps_plain(requirements),
        _PROVENANCE: _json.dumps_plain(provenance),
        _VALIDATION: _json.dumps(validation, "the validation"),
        **transcript,
    }


def _manifest(draft: Draft, hashes: Mapping[str, str]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": draft.name,
        "version": draft.version,
        "title": draft.title,
        "entry_points": dict(draft.entry_points),
        "files": [
            {
                "path": file.path,
                "size_bytes": len(file.content),
                "mode": "0755" if file.executable else "0644",
                "sha256": hashes[file.path],
                "role": file.author.role,
                "requirements": file.requirements,
            }
            for file in draft.files
        ],
    }


def _provenance(draft: Draft) -> dict[str, Any]:
    by_author: dict[Author, list[str]] = {}
    for file in draft.files:
        by_author.setdefault(file.author, []).append(file.path)
    authors = [
        {**asdict(author), "files": paths}
        for author, paths in sorted(by_author.items(), key=lambda item: item[1])
    ]
    documents = [
        hashlib.sha256(document.text.encode()).hexdigest()
        for document in draft.transcript.documents
    ]
    return {
        "buildDefinition": {
            "buildType": _BUILD_TYPE,
            "externalParameters": {"documents": [{"sha256": digest} for digest in documents]},
        },
        "runDetails": {"builder": {"id": _BUILDER}, "quantumlayer_authors": authors},
    }


def _test_result(validation: Validation) -> dict[str, Any]:
    return {
        "result": "PASSED" if validation.ok else "FAILED",
        "configuration": [],
        "passedTests": validation.passed_tests,
        "quantumlayer_isolation": validation.level,
        "quantumlayer_verdicts": [_json.plain(verdict) for verdict in validation.verdicts],
    }


# --- reading -------------------------------------------------------------------------------------
# Only what `encode` cannot work out is read; the rest is written again and compared.


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    sha256: str
    role: str
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Manifest:
    name: str
    version: str
    title: str
    entry_points: dict[str, str]
    files: tuple[_File, ...]


@dataclass(frozen=True, slots=True)
class _Authorship:
    role: str
    provider: str
    model: str
    prompt: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _RunDetails:
    quantumlayer_authors: tuple[_Authorship, ...]


@dataclass(frozen=True, slots=True)
class _ProvenancePredicate:
    runDetails: _RunDetails  # noqa: N815 -- the standard's name


@dataclass(frozen=True, slots=True)
class _Provenance:
    predicate: _ProvenancePredicate


@dataclass(frozen=True, slots=True)
class _TestResult:
    quantumlayer_isolation: str
    quantumlayer_verdicts: tuple[Verdict, ...]
    passedTests: tuple[str, ...]  # noqa: N815 -- the standard's name


@dataclass(frozen=True, slots=True)
class _Validation:
    predicate: _TestResult


def decode(
    documents: Mapping[str, bytes], entries: Sequence[Entry], hashes: Mapping[str, str]
) -> Draft:
    """Read a draft back from its documents and files.

    Args:
        documents: Everything below `.capsule/`, by path.
        entries: Every other file, in the order of their paths.
        hashes: SHA-256 of each of these, in hexadecimal, by path.

    Raises:
        CapsuleFormatError: A document is missing or malformed, or does not fit the files.
        DigestMismatchError: A file is not the one that the manifest names.
    """
    manifest = _load(documents, _MANIFEST, _Manifest)
    provenance = _load(documents, _PROVENANCE, _Provenance)
    result = _load(documents, _VALIDATION, _Validation).predicate
    _check_hashes(manifest, hashes)
    return Draft(
        name=manifest.name,
        version=manifest.version,
        title=manifest.title,
        entry_points=manifest.entry_points,
        files=_files(manifest, provenance.predicate.runDetails, entries),
        requirements=_load(documents, _REQUIREMENTS, tuple[Requirement, ...]),
        validation=Validation(
            result.quantumlayer_isolation, result.quantumlayer_verdicts, result.passedTests
        ),
        transcript=_transcript.decode(documents),
    )


def check(documents: Mapping[str, bytes], draft: Draft, hashes: Mapping[str, str]) -> None:
    """Refuse documents that differ from those a writer makes of the draft read from them.

    Raises:
        CapsuleFormatError: A document differs, or is one too many.
        CapsuleError: The draft's parts do not fit together.
    """
    written = encode(draft, hashes)
    for path in sorted(written.keys() | documents.keys()):
        if written.get(path) != documents.get(path):
            raise CapsuleFormatError(f"{path!r} is not the one a writer makes of this content")


def _load(documents: Mapping[str, bytes], path: str, as_type: type[T]) -> T:
    if path not in documents:
        raise CapsuleFormatError(f"{path!r} is missing")
    return _json.loads(documents[path], as_type, repr(path))


def _check_hashes(manifest: _Manifest, hashes: Mapping[str, str]) -> None:
    if [file.path for file in manifest.files] != list(hashes):
        raise CapsuleFormatError("the files are not those that the manifest lists")
    for file in manifest.files:
        if file.sha256 != hashes[file.path]:
            raise DigestMismatchError(f"{file.path!r} does not have the hash in the manifest")


def _files(
    manifest: _Manifest, run: _RunDetails, entries: Sequence[Entry]
) -> tuple[CapsuleFile, ...]:
    authors: dict[str, Author] = {}
    for each in run.quantumlayer_authors:
        author = Author(each.role, each.provider, each.model, each.prompt)
        authors |= dict.fromkeys(each.files, author)
    try:
        return tuple(
            CapsuleFile(
                entry.path, entry.content, authors[entry.path], file.requirements, entry.executable
            )
            for file, entry in zip(manifest.files, entries, strict=True)
        )
    except KeyError as error:
        raise CapsuleFormatError(f"nobody is named as the author of {error}") from None
