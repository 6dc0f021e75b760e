"""What goes into a capsule, before it is sealed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from quantumlayer.capsule._paths import check_tree
from quantumlayer.capsule._transcript import Transcript
from quantumlayer.capsule._validation import Validation
from quantumlayer.errors import CapsuleError, UnsafePathError

OWN_FOLDER = ".capsule"
"""The capsule's own folder; no file of the software may be in it."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_MAX_NAME = 60
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")

RequirementStatus = Literal["implemented", "assumed", "not_implemented", "context"]


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a file.

    Attributes:
        role: The agent's role, such as `Developer`.
        provider: Whose model it asked; empty where it asked none.
        model: Which one.
        prompt: `ModelRequest.digest` of what it asked.
    """

    role: str
    provider: str = ""
    model: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class CapsuleFile:
    """One file of the software.

    Attributes:
        path: Relative, with `/`; see `UnsafePathError` for what is refused.
        content: Its bytes.
        author: Who wrote it.
        requirements: Ids of the requirements it is there for.
        executable: Whether it can be run: mode 0755 instead of 0644.
    """

    path: str
    content: bytes = field(repr=False)
    author: Author
    requirements: tuple[str, ...] = ()
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Requirement:
    """What became of one requirement.

    Attributes:
        id: Such as `R12`.
        text: Its sentence in the source document.
        status: `assumed` and `not_implemented` have a note; `context` asks for nothing.
        note: The assumption, or the reason.
        files: Paths of the files that implement it.
        tests: The tests that fail without it, such as pytest's node ids.
        section: Headings it stands under.
    """

    id: str
    text: str
    status: RequirementStatus
    note: str = ""
    files: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    section: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A capsule's content.

    Attributes:
        name: Lower-case words joined by `-`, at most 60 characters.
        version: Letters, digits, `.`, `_` and `-`, at most 64: an OCI tag.
        title: For people.
        entry_points: How to start it, by kind, such as `{"asgi": "app.main:app"}`.
        files: The software, in any order.
        requirements: All of the source document, in its order.
        validation: What was checked.
        transcript: How it came to be.
    """

    name: str
    version: str
    title: str
    entry_points: Mapping[str, str]
    files: tuple[CapsuleFile, ...]
    requirements: tuple[Requirement, ...]
    validation: Validation
    transcript: Transcript


def check(draft: Draft, *, prompts: frozenset[str]) -> None:
    """Refuse a draft whose parts do not fit together.

    Args:
        draft: What is to be sealed, or was read.
        prompts: Digests of the requests in its transcript.

    Raises:
        UnsafePathError: A file's name is not safe everywhere.
        CapsuleError: A name is malformed, an id is there twice, or something refers to a file,
            a requirement or a prompt that is not there.
    """
    if not _NAME.fullmatch(draft.name) or len(draft.name) > _MAX_NAME:
        raise CapsuleError(
            f"{draft.name!r} cannot name a capsule. Use lower-case letters, digits and single"
            f" hyphens, at most {_MAX_NAME}."
        )
    if not _VERSION.fullmatch(draft.version):
        raise CapsuleError(
            f"{draft.version!r} is no version. Use letters, digits, '.', '_' and '-', at most 64."
        )
    check_tree(file.path for file in draft.files)
    for file in draft.files:
        if file.path.partition("/")[0].lower() == OWN_FOLDER:
            raise UnsafePathError(f"{file.path!r} is in the capsule's own folder. Rename it.")
    _check_references(draft, prompts)


def _check_references(draft: Draft, prompts: frozenset[str]) -> None:
    paths = {file.path for file in draft.files}
    ids = {requirement.id for requirement in draft.requirements}
    if len(ids) != len(draft.requirements):
        raise CapsuleError("Two requirements have the same id. Number them anew.")
    for file in draft.files:
        if not ids.issuperset(file.requirements):
            odd = sorted(set(file.requirements) - ids)
            raise CapsuleError(f"{file.path!r} is for {odd}: no such requirements.")
        if file.author.prompt and file.author.prompt not in prompts:
            raise CapsuleError(
                f"{file.path!r} was written for the prompt {file.author.prompt!r}, which is not"
                " in the transcript. Add the model call."
            )
    for requirement in draft.requirements:
        named = {test.partition("::")[0] for test in requirement.tests} | set(requirement.files)
        if not paths.issuperset(named):
            odd = sorted(named - paths)
            raise CapsuleError(f"{requirement.id!r} names {odd}: no such files.")
