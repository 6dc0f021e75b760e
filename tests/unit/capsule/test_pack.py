"""Packing: the same draft gives the same bytes, and a draft that does not fit together none."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.capsule import (
    Author,
    CapsuleFile,
    Draft,
    Limits,
    Requirement,
    SigningKey,
    Transcript,
    Trust,
    content_digest,
    pack,
    read,
)
from quantumlayer.errors import CapsuleError, StorageError, UnsafePathError


def test_what_was_packed_is_read_back(draft: Draft, key: SigningKey, trust: Trust) -> None:
    capsule = pack(draft, key)
    found = read(capsule.to_bytes(), trust)

    assert found == capsule
    assert found.name == "tiny-blog"
    assert found.title == "Ein kleines Blog ✓"
    assert {file.path: file for file in found.files} == {file.path: file for file in draft.files}
    assert found.requirements == draft.requirements
    assert found.validation == draft.validation
    assert found.signer == key.public
    assert found.digest == content_digest(draft)


@given(seed=st.integers())
def test_the_order_of_files_changes_no_byte(draft: Draft, key: SigningKey, seed: int) -> None:
    files = list(draft.files)
    Random(seed).shuffle(files)

    assert pack(replace(draft, files=tuple(files)), key).to_bytes() == pack(draft, key).to_bytes()


def test_two_keys_give_one_content_digest(draft: Draft, key: SigningKey) -> None:
    other = SigningKey.generate()
    one, two = pack(draft, key), pack(draft, other)

    assert one.digest == two.digest
    assert one.to_bytes() != two.to_bytes()


def test_a_capsule_can_be_signed_anew(draft: Draft, key: SigningKey) -> None:
    theirs = pack(draft, SigningKey.generate())

    assert pack(theirs, key).to_bytes() == pack(draft, key).to_bytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda draft: replace(draft, title="Another title"),
        lambda draft: replace(draft, version="0.1.1"),
        lambda draft: replace(draft, entry_points={}),
        lambda draft: replace(draft, requirements=draft.requirements[::-1]),
        lambda draft: replace(draft, validation=replace(draft.validation, level="L3")),
        lambda draft: replace(draft, transcript=Transcript(draft.transcript.entries[1:])),
        lambda draft: replace(draft, files=draft.files[1:]),
        lambda draft: replace(
            draft, files=(replace(draft.files[0], executable=False), *draft.files[1:])
        ),
        lambda draft: replace(
            draft, files=(replace(draft.files[0], author=Author("QA")), *draft.files[1:])
        ),
    ],
)
def test_any_other_content_has_another_digest(
    draft: Draft, change: Callable[[Draft], Draft]
) -> None:
    assert content_digest(change(draft)) != content_digest(draft)


def file(path: str, **changes: Any) -> CapsuleFile:
    return replace(CapsuleFile(path, b"x", Author("Developer")), **changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "Blog"}, "'Blog' cannot name a capsule"),
        ({"name": "a--b"}, "cannot name"),
        ({"name": "a" * 61}, "cannot name"),
        ({"name": "../a"}, "cannot name"),
        ({"version": ""}, "is no version"),
        ({"version": "1+local"}, "is no version"),
        ({"version": "1/2"}, "is no version"),
        ({"files": (file("a", requirements=("R9",)),)}, r"'a' is for \['R9'\]"),
        ({"files": (file("a", author=Author("D", prompt="sha256:0")),)}, "not in the transcript"),
        ({"requirements": (Requirement("R1", "", "context"),) * 2}, "same id"),
        ({"requirements": (Requirement("R1", "", "assumed", files=("no",)),)}, "no such files"),
        ({"requirements": (Requirement("R1", "", "assumed", tests=("no::t",)),)}, "no such files"),
        ({"requirements": (Requirement("R1", "", "done"),)}, "at 0.status"),  # type: ignore[arg-type]
        ({"entry_points": {"asgi": 1}}, "at entry_points.asgi"),
        ({"title": "\ud800"}, "no Unicode"),
    ],
)
def test_a_draft_that_does_not_fit_together_is_refused(
    draft: Draft, key: SigningKey, changes: dict[str, Any], reason: str
) -> None:
    bare = replace(draft, files=(), requirements=())

    with pytest.raises(CapsuleError, match=reason):
        pack(replace(bare, **changes), key)


@pytest.mark.parametrize("path", ["../a", "/a", ".capsule/manifest.json", ".Capsule/x", "nul"])
def test_a_file_outside_its_place_is_refused(draft: Draft, key: SigningKey, path: str) -> None:
    with pytest.raises(UnsafePathError):
        pack(replace(draft, files=(*draft.files, file(path))), key)


def test_the_limits_of_readers_hold_for_writers(draft: Draft, key: SigningKey) -> None:
    big = replace(draft, files=(*draft.files, file("big", content=bytes(5_000))))
    size = len(pack(big, key).to_bytes())

    for limits in (Limits(file_bytes=4_999), Limits(files=5), Limits(archive_bytes=size - 1)):
        with pytest.raises(CapsuleError, match=r"limit|more than"):
            pack(big, key, limits=limits)
    assert pack(big, key, limits=Limits(archive_bytes=size)).name == draft.name


def test_the_smallest_draft_makes_a_capsule(draft: Draft, key: SigningKey, trust: Trust) -> None:
    empty = replace(draft, files=(), requirements=(), transcript=Transcript(), entry_points={})

    assert read(pack(empty, key).to_bytes(), trust).files == ()


def test_a_capsule_is_written_whole_and_read_from_its_file(
    draft: Draft, key: SigningKey, trust: Trust, tmp_path: Path
) -> None:
    capsule = pack(draft, key)
    capsule.write(tmp_path / "blog.qcap")

    assert read(tmp_path / "blog.qcap", trust) == capsule
    assert list(tmp_path.iterdir()) == [tmp_path / "blog.qcap"]
    with pytest.raises(StorageError, match="Make the folder first"):
        capsule.write(tmp_path / "nowhere" / "blog.qcap")


def test_neither_contents_nor_prompts_are_in_what_is_printed(draft: Draft, key: SigningKey) -> None:
    printed = repr(pack(draft, key))

    assert "app = None" not in printed
    assert "oci-layout" not in printed


# --- what others find in it ----------------------------------------------------------------------


def test_the_documents_say_who_wrote_what_and_how_it_was_checked(
    draft: Draft, key: SigningKey
) -> None:
    documents = {path: json.loads(data) for path, data in pack(draft, key).documents.items()}
    manifest = documents[".capsule/manifest.json"]
    provenance = documents[".capsule/provenance.intoto.json"]
    validation = documents[".capsule/validation.intoto.json"]

    main = next(each for each in manifest["files"] if each["path"] == "app/main.py")
    assert main == {
        "path": "app/main.py",
        "size_bytes": 11,
        "mode": "0644",
        "sha256": hashlib.sha256(b"app = None\n").hexdigest(),
        "role": "Developer",
        "requirements": ["R1"],
    }
    assert provenance["predicateType"] == "https://slsa.dev/provenance/v1"
    assert provenance["subject"] == validation["subject"]
    authors = provenance["predicate"]["runDetails"]["quantumlayer_authors"]
    assert [author["role"] for author in authors] == ["Developer", "DevOpsEngineer"]
    assert authors[0]["prompt"] == draft.transcript.exchanges[0].request.digest
    assert validation["predicate"]["result"] == "PASSED"
    assert validation["predicate"]["quantumlayer_isolation"] == "L2"
    assert validation["predicate"]["quantumlayer_verdicts"][0]["arguments"] == ["check", "."]
