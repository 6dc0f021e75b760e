"""Recordings of real providers, and which of our adapters each of them is for."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import yaml

from quantumlayer.router.providers import Anthropic, Bedrock, Groq, OpenAI, OpenAICompatible

CASSETTES = Path(__file__).resolve().parents[3] / "shared" / "data" / "wire" / "cassettes" / "tests"
KEY = "sk-test-0123456789"

Adapter = Anthropic | Bedrock | Groq | OpenAI | OpenAICompatible

# What is asked at addresses that are none of a model's, and is thus left out.
_ASIDE = {
    r":(generate|streamGenerate)Content$": "Google's own format; there is no adapter for it",
    r"/count_tokens$|/count-tokens$|/input_tokens$": "counts tokens; ours are estimated offline",
    r"/responses/[^/]+$": "reads, or compacts, a response kept at OpenAI; ours keep none there",
    r"/(conversations|files|vector_stores|batches|containers)\b": "OpenAI's stores, not a model",
    r"/models(/|$)|available-models$": "a list of models",
    r"/images/|/audio/|/moderations": "neither chat nor embeddings",
    r"/realtime": "neither chat nor embeddings",
}


@dataclass(frozen=True)
class Recording:
    """One exchange with a real server.

    Attributes:
        name: The file's name and the place in it.
        method: Such as `POST`.
        url: Where it went.
        asked: The JSON value that was sent, or None.
        status: The answer's.
        media_type: The answer's, without parameters.
        body: The answer's.
    """

    name: str
    method: str
    url: str
    asked: Any
    status: int
    media_type: str
    body: bytes

    @cached_property
    def document(self) -> Any:
        """The answer as JSON."""
        return json.loads(self.body)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def format(self) -> str:
        """What is spoken: one of six formats, or the empty string."""
        if self.method != "POST":
            return ""
        for end, name in _FORMATS.items():
            if re.search(end, self.path):
                if name == "invoke":
                    return "messages" if "anthropic" in self.path else "invoke"
                return name
        return ""

    @property
    def streamed(self) -> bool:
        return self.status == 200 and "event" in self.media_type

    @property
    def left_out(self) -> str:
        """Why no adapter of ours reads this, or the empty string."""
        if self.format:
            return ""
        if self.method == "GET" and not self.media_type.endswith("json"):
            return "a file that the recording's own program fetched"
        reasons = (reason for end, reason in _ASIDE.items() if re.search(end, self.path))
        return next(reasons, "")

    def with_body(self, body: bytes) -> "Recording":
        return replace(self, body=body)


_FORMATS = {
    r"/chat/completions$": "chat",
    r"/responses$": "responses",
    r"/v1/messages$": "messages",
    r"/converse(-stream)?$": "converse",
    r"/embeddings$": "embeddings",
    r"/invoke$": "invoke",
}


@cache
def recordings() -> Sequence[Recording]:
    """All of them; none where the data is not there."""
    return tuple(_read())


def _read() -> Iterator[Recording]:
    for path in sorted(CASSETTES.rglob("*.yaml")):
        interactions = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)["interactions"]
        for number, item in enumerate(interactions):
            request, response = item["request"], item["response"]
            parsed = response.get("parsed_body")
            body = response.get("body", {}).get("string", "") if parsed is None else parsed
            if parsed is not None:
                body = json.dumps(parsed)
            headers = {name.lower(): value for name, value in response["headers"].items()}
            [media_type] = headers.get("content-type", [""])[:1] or [""]
            yield Recording(
                f"{path.stem}-{number}",
                request["method"],
                request["uri"],
                _asked(request),
                response["status"]["code"],
                media_type.partition(";")[0],
                body if isinstance(body, bytes) else body.encode(),
            )


def _asked(request: Mapping[str, Any]) -> Any:
    if request.get("parsed_body") is not None:
        return request["parsed_body"]
    try:
        return json.loads(request.get("body") or "null")
    except ValueError:
        return None


class Chunks(httpx.AsyncByteStream):
    """A body that comes in pieces of the sizes given, over and over."""

    def __init__(self, body: bytes, sizes: Sequence[int]) -> None:
        self._body = body
        self._sizes = sizes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        start = turn = 0
        while start < len(self._body):
            size = self._sizes[turn % len(self._sizes)]
            yield self._body[start : start + size]
            start, turn = start + size, turn + 1


@dataclass
class Player:
    """An adapter that is given a recorded answer to whatever it asks.

    Attributes:
        adapter: The one that the recording is for.
        sent: The requests that it has made.
    """

    adapter: Adapter
    sent: list[httpx.Request]


def play(recording: Recording, sizes: Sequence[int] = (1 << 20,)) -> Player:
    """Make the adapter that the recording is for, and give it the recorded answer."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(
            recording.status,
            headers={"content-type": recording.media_type},
            stream=Chunks(recording.body, sizes),
        )

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return Player(_adapter(recording, client), sent)


def _adapter(recording: Recording, client: httpx.AsyncClient) -> Adapter:
    asked = recording.asked if isinstance(recording.asked, dict) else {}
    model = asked.get("model") or _model_of(recording.path)
    url = recording.url.partition("?")[0]
    form = recording.format
    if form == "messages":
        return Anthropic(model, api_key=KEY, client=client)
    if form in {"converse", "invoke"}:
        region = recording.host.split(".")[1]
        return Bedrock(model, region=region, api_key=KEY, client=client)
    if form == "responses":
        base = url.removesuffix("/responses")
        return OpenAI(model, api_key=KEY, base_url=base, api="responses", client=client)
    if recording.host == "api.openai.com":
        return OpenAI(model, api_key=KEY, api="chat_completions", client=client)
    if recording.host == "api.groq.com":
        return Groq(model, api_key=KEY, client=client)
    base = url.removesuffix("/chat/completions")
    return OpenAICompatible(model, base_url=base, api_key=KEY, client=client)


def _model_of(path: str) -> str:
    found = re.search(r"/model/([^/]+)/", path)
    return unquote(found[1]) if found else "m"
