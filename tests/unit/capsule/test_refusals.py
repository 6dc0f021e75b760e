"""Reading: exactly what `pack` writes, and every other byte refused with a typed reason.

The forger below makes archives whose digests are right all the way, signed with the trusted key
where that is asked for: he stands for a thief of the key, or for a trusted signer whose writer is
not ours.
"""

from __future__ import annotations

import json
import os
import tracemalloc
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantumlayer.capsule import (
    Author,
    CapsuleFile,
    Draft,
    Limits,
    SigningKey,
    Trust,
    _bundle,
    _capsule,
    _draft,
    _dsse,
    _gzip,
    _image,
    _intoto,
    _tar,
    content_digest,
    pack,
    read,
)
from quantumlayer.capsule._image import Layer
from quantumlayer.capsule._tar import Entry
from quantumlayer.errors import (
    CapsuleError,
    CapsuleFormatError,
    DigestMismatchError,
    SignatureError,
    StorageError,
    UnsafePathError,
)
from quantumlayer.messages import canonical_json

Change = Callable[[Any], Any]


def same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Forger:
    draft: Draft
    key: SigningKey

    @property
    def entries(self) -> list[Entry]:
        """The content layer, as it should be."""
        return _capsule._Contents.of(self.draft).entries

    def seal(
        self,
        content: bytes | None = None,
        *,
        statement: Change = same,
        bundle: Change = same,
        signature: Change = same,
        manifest: Change = same,
        index: Change = same,
        files: Change = same,
    ) -> bytes:
        """Seal a content layer, each part changed on the way, the digests put right again."""
        tar = _tar.encode(self.entries) if content is None else content
        layer = Layer.joining(tar, _gzip.encode(tar))
        envelope = json.loads(
            _bundle.sign(self.draft.name, self.draft.version, layer.diff_id, self.key)
        )
        payload = b64decode(envelope["dsseEnvelope"]["payload"])
        changed = statement(json.loads(payload))
        if changed != json.loads(payload):
            signed = _dsse.sign(canonical_json(changed), _intoto.PAYLOAD_TYPE, self.key)
            envelope["dsseEnvelope"] = asdict(signed)
        made = bundle(envelope)
        data = made if isinstance(made, bytes) else canonical_json(made)
        seal = Layer.of(signature([Entry(_bundle.PATH, data)]))
        archive = _image.encode(layer, seal, name=self.draft.name, version=self.draft.version)
        return self._image(archive, manifest, index, files)

    @staticmethod
    def _image(archive: bytes, manifest: Change, index: Change, files: Change) -> bytes:
        tree = {
            entry.path: entry.content
            for entry in _tar.decode(archive, limits=Limits(file_bytes=10**9))
        }
        top = json.loads(tree["index.json"])
        old = top["manifests"][0]["digest"].replace("sha256:", "blobs/sha256/")
        body = manifest(json.loads(tree.pop(old)))
        made = body if isinstance(body, bytes) else canonical_json(body)
        digest = _image.sha256(made)
        tree[digest.replace("sha256:", "blobs/sha256/")] = made
        top["manifests"][0] |= {"digest": digest, "size": len(made)}
        described = index(top)
        tree["index.json"] = (
            described if isinstance(described, bytes) else canonical_json(described)
        )
        return _tar.encode(Entry(path, data) for path, data in files(tree).items())


@pytest.fixture(scope="module")
def forger(draft: Draft, key: SigningKey) -> Forger:
    return Forger(draft, key)


def test_an_honest_forger_makes_the_capsule_itself(
    forger: Forger, draft: Draft, key: SigningKey
) -> None:
    """Otherwise the refusals below could be for the forger's own mistakes."""
    assert forger.seal() == pack(draft, key).to_bytes()


# --- bytes ---------------------------------------------------------------------------------------


def test_every_flipped_byte_of_a_capsule_is_refused(
    draft: Draft, key: SigningKey, trust: Trust
) -> None:
    data = pack(draft, key).to_bytes()
    reasons: Counter[type[CapsuleError]] = Counter()
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 1 << (position % 8)
        error = refusal(bytes(flipped), trust)
        assert error is not None, f"byte {position} was flipped, and the capsule was read"
        assert str(error)
        reasons[type(error)] += 1
    assert reasons.total() == len(data)
    assert set(reasons) >= {CapsuleFormatError, DigestMismatchError}
    assert CapsuleError not in reasons, "each reason has a type of its own"


def refusal(data: bytes, trust: Trust) -> CapsuleError | None:
    try:
        read(data, trust)
    except CapsuleError as error:
        return error
    return None


@st.composite
def edits(draw: st.DrawFn, data: bytes) -> bytes:
    """Cut, repeat, move, overwrite or insert pieces, of any length or of whole blocks."""
    unit = draw(st.sampled_from([1, 512]))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, max(0, len(data) // unit))) * unit
        stop = start + draw(st.integers(0, 6)) * unit
        to = draw(st.integers(0, max(0, len(data) // unit))) * unit
        piece = data[start:stop]
        noise = draw(st.binary(max_size=8))
        data = draw(
            st.sampled_from(
                [
                    data[:start] + data[stop:],
                    data[:stop] + piece + data[stop:],
                    data[:to] + piece + data[to:],
                    data[:start] + noise + data[start + len(noise) :],
                    data[:start] + noise + data[start:],
                    data[:start],
                ]
            )
        )
    return data


def refuse_edits(data: bytes, edited: bytes, trust: Trust) -> None:
    if edited != data:
        with pytest.raises(CapsuleError):
            read(edited, trust)


@given(st.data())
def test_edited_archives_are_refused(
    draft: Draft, key: SigningKey, trust: Trust, data: st.DataObject
) -> None:
    archive = pack(draft, key).to_bytes()
    refuse_edits(archive, data.draw(edits(archive)), trust)


@given(st.data())
def test_edited_content_is_refused_even_with_every_digest_and_signature_right(
    forger: Forger, trust: Trust, data: st.DataObject
) -> None:
    """What is accepted is at least what a writer makes of it."""
    content = _tar.encode(forger.entries)
    edited = data.draw(edits(content))
    accept_only_what_a_writer_makes(forger, edited, trust)


def accept_only_what_a_writer_makes(forger: Forger, content: bytes, trust: Trust) -> None:
    if not content:
        return
    try:
        capsule = read(forger.seal(content), trust)
    except CapsuleError:
        return
    assert content_digest(capsule) == capsule.digest
    assert pack(capsule, forger.key).to_bytes() == capsule.to_bytes()


# --- structure -----------------------------------------------------------------------------------

strange: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 1.5, 2**53 - 1, "", "x", "sha256:", "../x", [], {}, [[]], {"a": {}}]
)


@st.composite
def mutations(draw: st.DrawFn, value: Any) -> Any:
    """Change one place of a JSON value: another value, one more, one less, one twice."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        member = draw(st.sampled_from(sorted(value)))
        return value | {member: draw(mutations(value[member]))}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], draw(mutations(value[place])), *value[place + 1 :]]
    options: list[Any] = [draw(strange)]
    if isinstance(value, dict):
        options.append(value | {draw(st.sampled_from(["", "x", "digest"])): draw(strange)})
        options += [{k: v for k, v in value.items() if k != key} for key in sorted(value)[:2]]
    elif isinstance(value, list):
        options += [value + value[:1], value[1:], value[::-1], [*value, draw(strange)]]
    elif isinstance(value, str):
        options += [value + "x", value.upper(), value[:-1], value + "\u202e"]
    elif isinstance(value, int):
        options += [value + 1, -value, float(value) + 0.5, str(value)]
    return draw(st.sampled_from(options))


def mutate_somewhere(forger: Forger, trust: Trust, data: st.DataObject) -> None:
    """Change one place in one part of a capsule, sign and address it anew, and read it."""
    part = data.draw(
        st.sampled_from(["statement", "bundle", "manifest", "index", "config", "document", "tree"])
    )
    change: Change = lambda value: data.draw(mutations(value))  # noqa: E731 -- a value here
    if part in {"document", "tree"}:
        entries = forger.entries
        place = data.draw(st.integers(0, len(entries) - 1))
        if part == "tree":
            entries[place] = data.draw(other_entries(entries[place]))
        elif entries[place].path.startswith(".capsule/"):
            value = data.draw(mutations(json.loads(entries[place].content)))
            entries[place] = replace(entries[place], content=canonical_json(value))
        accept_only_what_a_writer_makes(forger, _tar.encode(entries), trust)
        return
    if part == "config":
        forged = forger.seal(files=lambda tree: with_config(tree, change))
    else:
        changes: dict[str, Any] = {part: change}
        forged = forger.seal(**changes)
    refuse_edits(forger.seal(), forged, trust)


def with_config(tree: dict[str, bytes], change: Change) -> Mapping[str, bytes]:
    """Replace the image's configuration, and put the digests above it right."""
    top = json.loads(tree["index.json"])
    path = top["manifests"][0]["digest"].replace("sha256:", "blobs/sha256/")
    manifest = json.loads(tree.pop(path))
    config = tree.pop(manifest["config"]["digest"].replace("sha256:", "blobs/sha256/"))
    new = canonical_json(change(json.loads(config)))
    manifest["config"] |= {"digest": _image.sha256(new), "size": len(new)}
    body = canonical_json(manifest)
    top["manifests"][0] |= {"digest": _image.sha256(body), "size": len(body)}
    return tree | {
        "index.json": canonical_json(top),
        _image.sha256(body).replace("sha256:", "blobs/sha256/"): body,
        _image.sha256(new).replace("sha256:", "blobs/sha256/"): new,
    }


@st.composite
def other_entries(draw: st.DrawFn, entry: Entry) -> Entry:
    """Change an entry's path, content or mode."""
    paths = ["../x", "/x", "x/../y", "RUN", "app", "app/main.py/x", ".capsule/x.json", ".git/x"]
    return draw(
        st.sampled_from(
            [
                replace(entry, executable=not entry.executable),
                replace(entry, content=entry.content + b"\n"),
                replace(entry, content=b""),
                *(replace(entry, path=path) for path in paths),
            ]
        )
    )


@given(st.data())
def test_structural_mutations_are_refused(
    forger: Forger, trust: Trust, data: st.DataObject
) -> None:
    mutate_somewhere(forger, trust, data)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_ten_thousand_structural_mutations_are_refused(
    forger: Forger, trust: Trust, data: st.DataObject
) -> None:
    mutate_somewhere(forger, trust, data)


# --- signatures ----------------------------------------------------------------------------------


def test_no_signature_is_a_refusal(forger: Forger, trust: Trust) -> None:
    one_layer: Change = lambda manifest: manifest | {"layers": manifest["layers"][:1]}  # noqa: E731
    for unsigned in (
        forger.seal(manifest=one_layer),
        forger.seal(signature=lambda _: []),
        forger.seal(bundle=lambda b: b | {"dsseEnvelope": b["dsseEnvelope"] | {"signatures": []}}),
    ):
        with pytest.raises(SignatureError):
            read(unsigned, trust)


def test_a_stranger_s_signature_is_a_refusal_that_names_the_keys(
    draft: Draft, key: SigningKey
) -> None:
    stranger = SigningKey.generate()
    data = pack(draft, stranger).to_bytes()

    with pytest.raises(SignatureError) as caught:
        read(data, Trust((key.public,)))
    assert stranger.public.id in str(caught.value)
    assert key.public.id in str(caught.value)
    with pytest.raises(SignatureError):
        read(data, Trust(()))
    assert read(data, Trust((key.public, stranger.public))).signer == stranger.public


def test_a_signature_for_another_content_is_a_refusal(
    forger: Forger, draft: Draft, key: SigningKey, trust: Trust
) -> None:
    other = pack(replace(draft, title="Other"), key)
    stolen = other.documents[_bundle.PATH]

    with pytest.raises(DigestMismatchError, match="was signed"):
        read(forger.seal(bundle=lambda _: stolen), trust)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s | {"predicateType": "https://slsa.dev/provenance/v1"},
        lambda s: s | {"_type": "https://in-toto.io/Statement/v0.1"},
        lambda s: s | {"predicate": {"purl": "pkg:generic/another@0.1.0"}},
        lambda s: s | {"subject": [s["subject"][0] | {"name": "another"}]},
        lambda s: s | {"extra": True},
    ],
)
def test_what_is_signed_has_to_be_this_release(
    forger: Forger, trust: Trust, change: Change
) -> None:
    with pytest.raises(SignatureError, match="Do not use it"):
        read(forger.seal(statement=change), trust)


def test_a_statement_about_two_things_is_a_refusal(forger: Forger, trust: Trust) -> None:
    with pytest.raises(DigestMismatchError):
        read(forger.seal(statement=lambda s: s | {"subject": s["subject"] * 2}), trust)


@pytest.mark.parametrize(
    "change",
    [
        lambda envelope: envelope | {"signatures": envelope["signatures"] * 2},
        lambda envelope: envelope | {"signatures": [envelope["signatures"][0] | {"keyid": "x"}]},
        lambda envelope: envelope | {"payload": envelope["payload"].rstrip("=") + "===="},
        lambda envelope: envelope | {"extra": 1},
    ],
)
def test_a_good_signature_in_another_form_is_a_refusal(
    forger: Forger, trust: Trust, change: Change
) -> None:
    """Otherwise anybody could make a second file of the same capsule."""
    with pytest.raises(CapsuleError):
        read(forger.seal(bundle=lambda b: b | {"dsseEnvelope": change(b["dsseEnvelope"])}), trust)


def test_a_payload_of_another_type_is_a_refusal(forger: Forger, trust: Trust) -> None:
    def sign_as_other(bundle: dict[str, Any]) -> dict[str, Any]:
        payload = b64decode(bundle["dsseEnvelope"]["payload"])
        return bundle | {"dsseEnvelope": asdict(_dsse.sign(payload, "text/plain", forger.key))}

    with pytest.raises(SignatureError, match="text/plain"):
        read(forger.seal(bundle=sign_as_other), trust)


# --- content by a trusted hand -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("../escape", UnsafePathError),
        ("/etc/cron.d/x", UnsafePathError),
        ("a/../../b", UnsafePathError),
        ("APP/main.py", UnsafePathError),
        ("con", UnsafePathError),
        (".git/hooks/post-checkout", UnsafePathError),
        ("app", UnsafePathError),
        (".Capsule/manifest.json", UnsafePathError),
    ],
)
def test_unsafe_names_are_refused_whoever_signed(
    forger: Forger, trust: Trust, path: str, error: type[CapsuleError]
) -> None:
    """The forger's documents list the file as a writer without our checks would."""
    extra = CapsuleFile(path, b"x", Author("Developer"))
    files = tuple(sorted((*forger.draft.files, extra), key=lambda file: file.path))
    unchecked = _unchecked_entries(replace(forger.draft, files=files))

    with pytest.raises(error):
        read(forger.seal(_tar.encode(unchecked)), trust)


def _unchecked_entries(draft: Draft) -> list[Entry]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_draft, "check", lambda *_, **__: None)
        return _capsule._Contents.of(draft).entries


def test_a_file_that_is_not_listed_or_not_there_is_refused(forger: Forger, trust: Trust) -> None:
    entries = forger.entries
    for changed in ([*entries, Entry("extra", b"")], entries[1:]):
        with pytest.raises(CapsuleFormatError, match="manifest lists"):
            read(forger.seal(_tar.encode(changed)), trust)


def test_a_document_too_many_or_too_few_is_refused(forger: Forger, trust: Trust) -> None:
    entries = forger.entries
    with pytest.raises(CapsuleFormatError, match="not the one a writer makes"):
        read(forger.seal(_tar.encode([*entries, Entry(".capsule/extra.json", b"{}")])), trust)
    for missing in [entry for entry in entries if entry.path.startswith(".capsule/")]:
        rest = [entry for entry in entries if entry != missing]
        with pytest.raises(CapsuleFormatError, match="missing"):
            read(forger.seal(_tar.encode(rest)), trust)


def test_an_executable_document_is_refused(forger: Forger, trust: Trust) -> None:
    changed = [
        replace(entry, executable=True) if entry.path == ".capsule/manifest.json" else entry
        for entry in forger.entries
    ]
    with pytest.raises(CapsuleFormatError, match="is executable"):
        read(forger.seal(_tar.encode(changed)), trust)


def test_a_file_without_an_author_is_refused(forger: Forger, trust: Trust) -> None:
    changed = [
        replace(entry, content=entry.content.replace(b'"run"', b""))
        if entry.path == ".capsule/provenance.intoto.json"
        else entry
        for entry in forger.entries
    ]
    with pytest.raises(CapsuleFormatError, match="author of 'run'"):
        read(forger.seal(_tar.encode(changed)), trust)


def test_another_file_than_the_manifest_names_is_refused(forger: Forger, trust: Trust) -> None:
    changed = [
        replace(entry, content=b"app = evil\n") if entry.path == "app/main.py" else entry
        for entry in forger.entries
    ]
    with pytest.raises(DigestMismatchError, match=r"app/main\.py"):
        read(forger.seal(_tar.encode(changed)), trust)


def test_json_in_another_form_is_refused(forger: Forger, trust: Trust) -> None:
    def doubled(data: bytes) -> bytes:
        return data.replace(b"{", b'{"name":"first",', 1)

    def spaced(data: bytes) -> bytes:
        return data.replace(b":", b": ", 1)

    def escaped(data: bytes) -> bytes:
        return data.replace(b"a", b"\\u0061", 1)

    def ended(data: bytes) -> bytes:
        return data + b"\n"

    def rewritten(form: Change, value: Any) -> bytes:
        return bytes(form(canonical_json(value)))

    for form in (doubled, spaced, escaped, ended):
        changed = [
            replace(entry, content=form(entry.content))
            if entry.path == ".capsule/manifest.json"
            else entry
            for entry in forger.entries
        ]
        with pytest.raises(CapsuleFormatError):
            read(forger.seal(_tar.encode(changed)), trust)
        with pytest.raises(CapsuleFormatError):
            read(forger.seal(index=partial(rewritten, form)), trust)


# --- files that are no capsules ------------------------------------------------------------------


def test_the_hostile_archives_are_refused(shared: Path, trust: Trust) -> None:
    folder = shared / "data/capsule/hostile"
    cases = json.loads((folder / "manifest.json").read_text())
    for case in cases:
        assert case["expect"] == "refuse"
        with pytest.raises(CapsuleError):
            read(folder / case["file"], trust)
    assert len(cases) >= 14


def test_the_hostile_tars_are_refused_as_content_of_a_signed_capsule(
    shared: Path, forger: Forger, trust: Trust
) -> None:
    tars = sorted((shared / "data/capsule/hostile").glob("*.tar"))
    for tar in tars:
        with pytest.raises(CapsuleError):
            read(forger.seal(tar.read_bytes()), trust)
    assert len(tars) >= 3


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path, trust: Trust) -> None:
    huge = tmp_path / "huge.qcap"
    with huge.open("wb") as file:
        file.truncate(50 * 1024**3)

    tracemalloc.start()
    try:
        with pytest.raises(CapsuleFormatError, match="more than the limit of 33554432"):
            read(huge, trust)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_files_that_are_no_files_are_refused(tmp_path: Path, trust: Trust) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(CapsuleError, match="no regular file"):
        read(tmp_path / "pipe", trust)
    with pytest.raises(CapsuleError, match="no regular file"):
        read(Path("/dev/zero"), trust)
    for missing in (tmp_path, tmp_path / "missing"):
        with pytest.raises((CapsuleError, StorageError)):
            read(missing, trust)


def test_reading_writes_nothing_anywhere(
    draft: Draft, key: SigningKey, trust: Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pack(draft, key).to_bytes()
    monkeypatch.chdir(tmp_path)
    real = os.open

    def only_reading(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        assert not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT), path
        return real(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", only_reading)

    read(data, trust)
    with pytest.raises(CapsuleError):
        read(data[:-512], trust)
    assert list(tmp_path.iterdir()) == []
