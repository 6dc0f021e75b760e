"""Addresses: dot-separated tokens, `*` for any one token, `>` for one or more at the end.

Source: the subjects of NATS, so that an address means the same on every transport.
"""

from __future__ import annotations

import re

from quantumlayer.errors import SubjectError

__all__ = ["check_pattern", "check_subject", "matches"]

TOKEN = r"[^\s.*>]+"  # noqa: S105 -- a pattern, no password
SUBJECT = re.compile(rf"{TOKEN}(\.{TOKEN})*")
PATTERN = re.compile(rf"(({TOKEN}|\*)\.)*({TOKEN}|\*|>)")


def check_subject(subject: str) -> None:
    """See that a subject names one address.

    Raises:
        SubjectError: It is empty, has an empty token, white space or a wildcard.
    """
    if not SUBJECT.fullmatch(subject):
        raise SubjectError(
            f"{subject!r} is no subject: write tokens with dots between them, without white "
            "space, '*' or '>', such as 'agents.planner'"
        )


def check_pattern(pattern: str) -> None:
    """See that a pattern names one or many addresses.

    Raises:
        SubjectError: It is empty, has an empty token or white space, or a wildcard is only a part
            of a token or is a `>` before the end.
    """
    if not PATTERN.fullmatch(pattern):
        raise SubjectError(
            f"{pattern!r} is no pattern: write tokens with dots between them, '*' for any one of "
            "them and '>' for all that follow, such as 'agents.*.done' or 'agents.>'"
        )


def matches(pattern: str, subject: str) -> bool:
    """Say whether a valid pattern covers a valid subject."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted = wanted[:-1]
        if len(given) <= len(wanted):
            return False
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(
        want in {"*", token} for want, token in zip(wanted, given, strict=True)
    )
