"""in-toto statements: claims about something named by its hash.

Source: github.com/in-toto/attestation, spec/v1, statement.md; predicates test-result v0.1 and
release v0.1 there, provenance v1 at slsa.dev. Members of our own are prefixed `quantumlayer_`,
as the specification asks of extensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STATEMENT = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
PROVENANCE = "https://slsa.dev/provenance/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
RELEASE = "https://in-toto.io/attestation/release/v0.1"


def statement(
    name: str, sha256: str, predicate_type: str, predicate: Mapping[str, Any]
) -> dict[str, Any]:
    """Claim something about the one thing that has this hash, in hexadecimal."""
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    }
