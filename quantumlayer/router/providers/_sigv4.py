"""AWS Signature Version 4: the headers that say who sends a request. No I/O.

Source: AWS, "Create a signed AWS API request".
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes

from quantumlayer.router.providers._secret import Secret

__all__ = ["AwsKeys", "Scope", "sign"]

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """An access key; its repr shows the id and nothing else.

    Attributes:
        access_key_id: Whose key it is; no secret.
        secret_access_key: What signatures are made with.
        session_token: What comes with temporary keys; otherwise empty.
    """

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a signature holds.

    Attributes:
        region: Such as `us-east-1`.
        service: Such as `bedrock`.
    """

    region: str
    service: str


def sign(
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    *,
    keys: AwsKeys,
    scope: Scope,
    unix_s: float,
) -> dict[str, str]:
    """Make the headers that have to be added to a request.

    Args:
        method: Such as `POST`.
        target: Path and query as they are sent, percent-encoded.
        headers: The headers to be signed, `host` among them.
        body: What is sent.
        keys: Who sends it.
        scope: Where to.
        unix_s: The time, in seconds since 1970-01-01 UTC; AWS accepts 5 minutes of difference.
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(unix_s))
    added = {"x-amz-date": moment}
    if keys.session_token:
        added["x-amz-security-token"] = keys.session_token.reveal()
    names, request = _canonical_request(method, target, [*headers, *added.items()], body)
    place = f"{moment[:8]}/{scope.region}/{scope.service}/aws4_request"
    to_sign = _string_to_sign(moment, place, request)
    signature = hmac.digest(_signing_key(keys, moment[:8], scope), to_sign.encode(), "sha256")
    added["authorization"] = (
        f"{_ALGORITHM} Credential={keys.access_key_id}/{place}, "
        f"SignedHeaders={names}, Signature={signature.hex()}"
    )
    return added


def _canonical_request(
    method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes
) -> tuple[str, str]:
    """The names of the signed headers, and the request in the form that is hashed."""
    path, _, query = target.partition("?")
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(" ".join(value.split()))
    lines = [f"{name}:{','.join(values[name])}\n" for name in sorted(values)]
    names = ";".join(sorted(values))
    parts = (
        method,
        _canonical_path(path),
        _canonical_query(query),
        "".join(lines),
        names,
        sha256(body).hexdigest(),
    )
    return names, "\n".join(parts)


def _canonical_path(path: str) -> str:
    """The path without dot segments and empty ones, percent-encoded once more.

    Once more, because every service but S3 encodes twice: `%3A` on the wire is `%253A` here.
    """
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    end = "/" if segments and path.endswith("/") else ""
    return quote("/" + "/".join(segments) + end, safe="/")


def _canonical_query(query: str) -> str:
    """The parameters encoded alike and sorted by name, then by value."""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "&".join(
        f"{name}={value}"
        for name, value in sorted((_encoded(name), _encoded(value)) for name, _, value in pairs)
    )


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="")


def _string_to_sign(moment: str, place: str, request: str) -> str:
    return "\n".join((_ALGORITHM, moment, place, sha256(request.encode()).hexdigest()))


def _signing_key(keys: AwsKeys, date: str, scope: Scope) -> bytes:
    key = f"AWS4{keys.secret_access_key.reveal()}".encode()
    for part in (date, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
