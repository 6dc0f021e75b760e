"""What happened while a capsule was made: documents, model calls and verdicts, in order.

Each value is stored as canonical JSON under its SHA-256; an index keeps the order. A request's
name is therefore its `ModelRequest.digest`: the prompt hash that provenance speaks of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from quantumlayer.capsule import _json
from quantumlayer.errors import CapsuleFormatError, DigestMismatchError, ReplayError
from quantumlayer.messages import Exchange, ModelReply, ModelRequest, Verdict

FOLDER = ".capsule/transcript/"
_INDEX = FOLDER + "index.json"


@dataclass(frozen=True, slots=True)
class Document:
    """The text that was asked for, such as the requirements as somebody wrote them."""

    text: str


Entry: TypeAlias = Document | Exchange | Verdict


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything a run was told, asked and answered.

    Times and time-dependent scores are left out when it is stored, so that the same answers
    give the same bytes; see `timeless`.

    Attributes:
        entries: In the order in which they happened.
    """

    entries: tuple[Entry, ...] = ()
    _replies: dict[str, list[ModelReply]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def documents(self) -> tuple[Document, ...]:
        """The texts the run was given."""
        return tuple(entry for entry in self.entries if isinstance(entry, Document))

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The questions and answers."""
        return tuple(entry for entry in self.entries if isinstance(entry, Exchange))

    def reply_to(self, request_digest: str, *, call: int = 0) -> ModelReply:
        """Look up what was answered, so that a run can be repeated without any model.

        Args:
            request_digest: `ModelRequest.digest`.
            call: Which of several calls with this very request, counted from 0.

        Raises:
            ReplayError: There was no such call.
        """
        if not self._replies:
            for each in self.exchanges:
                self._replies.setdefault(each.request.digest, []).append(each.reply)
        replies = self._replies.get(request_digest, [])
        if not 0 <= call < len(replies):
            raise ReplayError(
                f"The transcript has {len(replies)} replies to the request {request_digest!r}"
                f" and was asked for number {call + 1}: the program that made it asked otherwise."
                " Replay with the release that made the capsule."
            )
        return replies[call]


def timeless(reply: ModelReply) -> ModelReply:
    """Take from a reply what clocks and draws put in: times, scores, the request's id."""
    return replace(
        reply,
        route=replace(
            reply.route,
            considered=tuple(replace(each, score=None) for each in reply.route.considered),
            attempts=tuple(
                replace(each, start_s=0.0, duration_s=0.0) for each in reply.route.attempts
            ),
            request="",
        ),
    )


# --- as files ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _StoredValue:
    kind: Literal["document", "verdict"]
    digest: str


@dataclass(frozen=True, slots=True)
class _StoredCall:
    kind: Literal["model_call"]
    request: str
    reply: str


@dataclass(frozen=True, slots=True)
class _Index:
    entries: tuple[_StoredValue | _StoredCall, ...]


def encode(transcript: Transcript) -> tuple[dict[str, bytes], frozenset[str]]:
    """Write a transcript as files.

    Returns:
        The files by path, and the digests of the requests among them.

    Raises:
        CapsuleError: A request or reply holds what JSON cannot carry.
    """
    files: dict[str, bytes] = {}

    def store(value: Any) -> str:
        data = _json.dumps(_json.plain(value), f"a {type(value).__name__} of the transcript")
        name = hashlib.sha256(data).hexdigest()
        files[f"{FOLDER}{name}.json"] = data
        return f"sha256:{name}"

    entries: list[_StoredValue | _StoredCall] = []
    for entry in transcript.entries:
        if isinstance(entry, Exchange):
            reply = timeless(entry.reply)
            entries.append(_StoredCall("model_call", store(entry.request), store(reply)))
        else:
            kind: Literal["document", "verdict"] = (
                "document" if isinstance(entry, Document) else "verdict"
            )
            entries.append(_StoredValue(kind, store(entry)))
    files[_INDEX] = _json.dumps_plain(_json.plain(_Index(tuple(entries))))
    return files, frozenset(each.request for each in entries if isinstance(each, _StoredCall))


def decode(files: Mapping[str, bytes]) -> Transcript:
    """Read a transcript from files; the caller encodes it again and compares.

    Raises:
        CapsuleFormatError: A file is missing or not as `encode` writes it.
        DigestMismatchError: A file does not match its name.
    """

    def load(digest: str, as_type: Any) -> Any:
        path = f"{FOLDER}{digest.removeprefix('sha256:')}.json"
        data = _file(files, path)
        if digest != f"sha256:{hashlib.sha256(data).hexdigest()}":
            raise DigestMismatchError(f"{path!r} does not have the content its name says")
        return _json.loads(data, as_type, repr(path))

    def entry(stored: _StoredValue | _StoredCall) -> Entry:
        if isinstance(stored, _StoredCall):
            return Exchange(load(stored.request, ModelRequest), load(stored.reply, ModelReply))
        value: Entry = load(stored.digest, Document if stored.kind == "document" else Verdict)
        return value

    index = _json.loads(_file(files, _INDEX), _Index, repr(_INDEX))
    return Transcript(tuple(entry(stored) for stored in index.entries))


def _file(files: Mapping[str, bytes], path: str) -> bytes:
    try:
        return files[path]
    except KeyError:
        raise CapsuleFormatError(f"{path!r} is missing") from None
