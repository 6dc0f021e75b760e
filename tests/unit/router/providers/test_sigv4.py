"""Signatures of AWS: the published cases, and botocore on requests nobody has thought of."""

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.router.providers import _sigv4
from quantumlayer.router.providers._secret import Secret
from quantumlayer.router.providers._sigv4 import AwsKeys, Scope, sign

SUITE = (
    Path(__file__).resolve().parents[5] / "shared" / "data" / "wire" / "sigv4" / "aws4_testsuite"
)
CASES = sorted(path.parent for path in SUITE.rglob("*.req"))

# The published example credentials, time and scope of the suite.
KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SCOPE = Scope("us-east-1", "service")
UNIX_S = 1_440_938_160.0  # 20150830T123600Z


def keys(token: str = "") -> AwsKeys:
    return AwsKeys("AKIDEXAMPLE", Secret(KEY), Secret(token))


@dataclass(frozen=True)
class Case:
    """A request of the suite, read from its file."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    token: str

    @classmethod
    def read(cls, folder: Path) -> "Case":
        text = (folder / f"{folder.name}.req").read_bytes().decode()
        head, _, body = text.replace("\r\n", "\n").partition("\n\n")
        first, *lines = re.sub(r"\n[ \t]+", " ", head).rstrip("\n").split("\n")
        found = re.fullmatch(r"(\w+) (.*) HTTP/1.1", first)
        assert found
        pairs = [line.partition(":") for line in lines]
        # The time is our function's argument; a session token is not in every `.req`.
        headers = [(name, value) for name, _, value in pairs if name.lower() != "x-amz-date"]
        signed = (folder / f"{folder.name}.creq").read_text()
        tokens = [] if "x-amz-security-token" in text.lower() else signed.split("\n")
        token = [
            line.partition(":")[2] for line in tokens if line.startswith("x-amz-security-token:")
        ]
        return cls(found[1], found[2], headers, body.encode(), "".join(token))


@pytest.mark.skipif(not CASES, reason=f"no suite: {SUITE} is not there")
def test_the_suite_has_its_34_cases() -> None:
    assert len(CASES) == 34


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_case_of_the_suite_is_signed_as_published(folder: Path) -> None:
    def published(kind: str) -> str:
        return (folder / f"{folder.name}.{kind}").read_text().strip()

    case = Case.read(folder)
    dated = [*case.headers, ("x-amz-date", "20150830T123600Z")]
    with_token = [*dated, ("x-amz-security-token", case.token)] if case.token else dated
    _, request = _sigv4._canonical_request(case.method, case.target, with_token, case.body)
    place = "20150830/us-east-1/service/aws4_request"
    to_sign = _sigv4._string_to_sign("20150830T123600Z", place, request)

    added = sign(
        case.method,
        case.target,
        case.headers,
        case.body,
        keys=keys(case.token),
        scope=SCOPE,
        unix_s=UNIX_S,
    )

    assert request == published("creq")
    assert to_sign == published("sts")
    assert added["authorization"] == published("authz")
    assert added["x-amz-date"] == "20150830T123600Z"
    assert added.get("x-amz-security-token", "") == case.token


names = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=12)
printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SIGNED_ELSEWHERE = {"host", "authorization", "connection", "expect", "transfer-encoding"} | {
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amzn-trace-id",
}


@pytest.fixture(scope="module")
def botocore() -> tuple[Any, Any, Any]:
    auth, awsrequest, credentials = (
        pytest.importorskip(f"botocore.{name}", reason="botocore is not installed")
        for name in ("auth", "awsrequest", "credentials")
    )
    return auth, awsrequest, credentials


@given(
    method=st.sampled_from(["GET", "POST", "PUT"]),
    segments=st.lists(words | st.sampled_from(["", ".", "..", "a:b"]), max_size=5),
    query=st.lists(st.tuples(words, words), max_size=4),
    headers=st.dictionaries(
        names.filter(lambda name: name.lower() not in SIGNED_ELSEWHERE), printable, max_size=4
    ),
    body=st.binary(max_size=50),
    token=st.text(string.ascii_letters, max_size=10),
)
def test_any_request_is_signed_as_botocore_signs_it(
    botocore: tuple[Any, Any, Any],
    method: str,
    segments: list[str],
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
    token: str,
) -> None:
    auth, awsrequest, credentials = botocore

    headers = {name.lower(): value for name, value in headers.items()}
    target = "/" + "/".join(quote(segment, safe="") for segment in segments)
    if query:
        pairs = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query]
        target += "?" + "&".join(pairs)
    request = awsrequest.AWSRequest(
        method=method, url=f"https://bedrock.test{target}", data=body, headers=dict(headers)
    )
    theirs = credentials.Credentials("AKIDEXAMPLE", KEY, token or None)
    auth.SigV4Auth(theirs, "bedrock", "us-east-1").add_auth(request)
    sent = {name.lower(): value for name, value in request.headers.items()}

    ours = sign(
        method,
        target,
        [("host", "bedrock.test"), *headers.items()],
        body,
        keys=keys(token),
        scope=Scope("us-east-1", "bedrock"),
        unix_s=_unix_s(sent["x-amz-date"]),
    )

    assert ours["authorization"] == sent["authorization"]


def _unix_s(moment: str) -> float:
    return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def test_the_repr_of_keys_shows_the_id_and_nothing_else() -> None:
    shown = repr(keys("a-session-token"))

    assert "AKIDEXAMPLE" in shown
    assert KEY not in shown
    assert "a-session-token" not in shown
