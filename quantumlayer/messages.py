"""The frozen values everyone passes around: messages, requests, replies, usage, routes, verdicts.

A request is complete in itself: the same request has the same `digest` on every machine, and
that digest is what caches, transcripts and capsules know it by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

__all__ = [
    "Attempt",
    "AttemptKind",
    "CachePoint",
    "Considered",
    "Data",
    "Done",
    "EmbeddingPurpose",
    "Embeddings",
    "Exchange",
    "Finding",
    "Image",
    "Message",
    "ModelReply",
    "ModelRequest",
    "Outcome",
    "OutputSchema",
    "Part",
    "Route",
    "StopReason",
    "StreamEvent",
    "Text",
    "TextDelta",
    "ToolCall",
    "ToolCallDelta",
    "ToolResult",
    "ToolSpec",
    "Usage",
    "Verdict",
    "canonical_json",
]

StopReason = Literal["stop", "length", "tool_calls", "filtered", "paused", "error"]
"""Why a model stopped: it was done, cut, wants tools, was filtered, or asks to be resumed."""

NANO_PER_USD = 1_000_000_000


def canonical_json(value: Any) -> bytes:
    """Encode a JSON value so that equal values have equal bytes.

    Raises:
        rfc8785.CanonicalizationError: The value has a NaN, or an integer beyond 2**53.

    Source: RFC 8785, JSON Canonicalization Scheme.
    """
    import rfc8785  # noqa: PLC0415 -- kept out of `import quantumlayer`

    return rfc8785.dumps(value)


# --- what a message is made of -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """Words."""

    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Data:
    """A structured value beside the text it was rendered as.

    Providers that speak to language models send the message's text and leave this out; the
    offline model reads this and leaves the text out.

    Attributes:
        type: Name of the artifact, such as `Requirements`.
        value: The artifact as a JSON value.
    """

    type: str
    value: Any
    kind: Literal["data"] = "data"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, by its bytes (base64) or by its URL; exactly one of the two.

    Attributes:
        media_type: Such as `image/png`.
        base64: The encoded bytes, or the empty string.
        url: Where the provider fetches it, or the empty string.
    """

    media_type: str
    base64: str = ""
    url: str = ""
    kind: Literal["image"] = "image"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to have a tool called.

    Attributes:
        id: What the result refers to.
        name: The tool.
        arguments: JSON text as the model wrote it; it need not be valid.
    """

    id: str
    name: str
    arguments: str
    kind: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered.

    Attributes:
        call_id: The `ToolCall.id` this answers.
        text: The answer, JSON where the tool returns a value.
        is_error: Whether the tool failed.
    """

    call_id: str
    text: str
    is_error: bool = False
    kind: Literal["tool_result"] = "tool_result"


@dataclass(frozen=True, slots=True)
class CachePoint:
    """The end of what is worth caching: other prompts are going to begin with all up to here.

    It stands behind the last part of that beginning and says nothing by itself. Anthropic and the
    models of Bedrock that can cache what is marked: to write it costs somewhat more than to read it
    afresh, to read it from the cache a tenth. Of more than four marks the first and the last three
    count. OpenAI and Groq cache without being told, and are not told.
    """

    kind: Literal["cache_point"] = "cache_point"


Part = Text | Data | Image | ToolCall | ToolResult | CachePoint


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    parts: tuple[Part, ...]

    @classmethod
    def system(cls, text: str, *more: Part) -> Message:
        """Instructions of the caller, with a `CachePoint` behind them where that is worth it."""
        return cls("system", (Text(text), *more))

    @classmethod
    def user(cls, text: str, *more: Part) -> Message:
        """Words of the user, with images or data behind them."""
        return cls("user", (Text(text), *more))

    @property
    def text(self) -> str:
        """The words of all text parts, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))


# --- requests ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it.

    Attributes:
        name: Letters, digits, `_` and `-`.
        description: What it does and when to use it.
        parameters: JSON schema of an object.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The type an answer has to have.

    Attributes:
        name: Name of the type, such as `SystemDesign`.
        schema: JSON schema of an object.
    """

    name: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """All that a model is asked.

    Attributes:
        messages: The conversation so far, at least one message.
        tools: What the model may call.
        output: The type the answer has to have, or None for free text.
        max_output_tokens: Longest answer, in tokens, or None for the model's own limit.
        temperature: 0 to 2, or None for the model's default.
        stop: Texts that end the answer.
        profile: What the caller wants of a model, such as `code_specialized`.
        agent: Name of the agent that asks, for telemetry and transcripts.
    """

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    output: OutputSchema | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    profile: str | None = None
    agent: str | None = None

    @classmethod
    def of(cls, prompt: str | Sequence[Message] | ModelRequest) -> ModelRequest:
        """Accept what callers write: a text, a conversation, or a whole request."""
        if isinstance(prompt, ModelRequest):
            return prompt
        if isinstance(prompt, str):
            return cls((Message.user(prompt),))
        return cls(tuple(prompt))

    @property
    def user_text(self) -> str:
        """The words of the user's messages, one after the other."""
        return "\n".join(message.text for message in self.messages if message.role == "user")

    @property
    def digest(self) -> str:
        """`sha256:` and the hash of the request's canonical JSON: the prompt hash."""
        return "sha256:" + hashlib.sha256(canonical_json(asdict(self))).hexdigest()


# --- replies -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens in classes that never overlap, so that their sum is the total.

    Attributes:
        input_tokens: Prompt tokens that were read afresh.
        cache_read_tokens: Prompt tokens that came from the provider's cache.
        cache_write_tokens: Prompt tokens that were written to it.
        output_tokens: Tokens of the visible answer.
        reasoning_tokens: Tokens the model thought with.
        estimated: Whether any of these is an estimate of ours.
    """

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False

    @property
    def total_tokens(self) -> int:
        """The sum of all classes."""
        return (
            self.input_tokens
            + self.cache_read_tokens
            + self.cache_write_tokens
            + self.output_tokens
            + self.reasoning_tokens
        )

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.output_tokens + other.output_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class Considered:
    """One deployment as the strategy saw it.

    Attributes:
        deployment: Its name.
        score: The strategy's score, lower is better, or None where it was passed over.
        rejected: Why it was passed over, or the empty string.
    """

    deployment: str
    score: float | None = None
    rejected: str = ""


AttemptKind = Literal["call", "hedge", "continuation", "cache"]
"""Why a deployment was called.

It was its turn (`call`), the one whose turn it was took too long (`hedge`), or its stream broke and
this one goes on with it (`continuation`). With `cache` none was called: this one has given the
answer before.
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to one deployment.

    Attributes:
        deployment: Its name.
        start_s: When it began, in seconds after the request came in.
        duration_s: How long it took, in seconds.
        error: What went wrong, or the empty string.
        usage: Tokens it used, also where it failed.
        cost_nanousd: What it cost, in billionths of a US dollar.
        kind: Why it was made.
    """

    deployment: str
    start_s: float
    duration_s: float
    error: str = ""
    usage: Usage = Usage()
    cost_nanousd: int = 0
    kind: AttemptKind = "call"


class _ToBeTold:
    """Where a route keeps how its `considered` is made until somebody looks at it."""

    __slots__ = ("_tell",)
    _tell: Callable[[], tuple[Considered, ...]]


@dataclass(frozen=True, slots=True)
class Route(_ToBeTold):
    """Why this deployment answered: every candidate and every attempt.

    Attributes:
        strategy: Name of the strategy; empty for an answer from the cache.
        considered: Every deployment, ranked ones first and in their order. For an answer from the
            cache to a similar request the one that gave it, with the similarity as its score.
        attempts: Every call, in the order of their ends, but that who answered is last.
        request: What the router's ledger calls the request; drawn at random.
    """

    strategy: str = ""
    considered: tuple[Considered, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    request: str = ""

    @classmethod
    def told_later(
        cls,
        strategy: str,
        tell: Callable[[], tuple[Considered, ...]],
        attempts: tuple[Attempt, ...],
        request: str,
    ) -> Route:
        """Make a route whose `considered` is told when it is first asked for: mostly nobody asks.

        It is a value like any other; `tell` has to give the same whenever it is called.
        """
        route, fill = cls.__new__(cls), object.__setattr__
        fill(route, "strategy", strategy)
        fill(route, "_tell", tell)
        fill(route, "attempts", attempts)
        fill(route, "request", request)
        return route

    if not TYPE_CHECKING:  # to a type checker it would make every misspelt name an attribute

        def __getattr__(self, name: str) -> tuple[Considered, ...]:
            """Fill in `considered`, the one attribute that may not be there yet."""
            if name != "considered":
                raise AttributeError(f"A route has no {name!r}.", name=name, obj=self)
            considered = self._tell()
            object.__setattr__(self, name, considered)
            return considered


@dataclass(frozen=True, slots=True)
class ModelReply:
    """A model's answer, with what it cost and why this model gave it.

    Attributes:
        text: The words, empty where the model only calls tools.
        provider: The provider's name, as in OpenTelemetry's `gen_ai.provider.name`.
        model: The model that answered, as the provider names it.
        tool_calls: What the model wants called.
        stop_reason: Why it stopped.
        usage: Tokens used.
        cost_nanousd: Price of the answer, in billionths of a US dollar, so that sums are exact.
        route: How the router came to it; empty where a provider was called directly.
        id: The provider's own id of the answer.
    """

    text: str
    provider: str
    model: str
    tool_calls: tuple[ToolCall, ...] = ()
    stop_reason: StopReason = "stop"
    usage: Usage = Usage()
    cost_nanousd: int = 0
    route: Route = field(default_factory=Route)
    id: str = ""

    @property
    def cost_usd(self) -> float:
        """Price of the answer in US dollars."""
        return self.cost_nanousd / NANO_PER_USD


EmbeddingPurpose = Literal["document", "query"]
"""Whether texts are embedded to be found, or to find others."""


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Texts as vectors: the closer in meaning, the smaller the angle.

    Attributes:
        vectors: One for each text, in their order, all of one length.
        provider: The provider's name, as in OpenTelemetry's `gen_ai.provider.name`.
        model: The model that made them, as the provider names it.
        usage: Tokens read.
        cost_nanousd: Their price, in billionths of a US dollar.
        route: How the router came to it; empty where a provider was called directly.
    """

    vectors: tuple[tuple[float, ...], ...]
    provider: str
    model: str
    usage: Usage = Usage()
    cost_nanousd: int = 0
    route: Route = field(default_factory=Route)

    @property
    def cost_usd(self) -> float:
        """Their price in US dollars."""
        return self.cost_nanousd / NANO_PER_USD


class Exchange(NamedTuple):
    """One model call: what was asked and what was answered. Transcripts are made of these."""

    request: ModelRequest
    reply: ModelReply


# --- streams -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next words."""

    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """The next piece of a tool call.

    Attributes:
        index: Which call of this answer, counted from 0.
        id: The call's id, on its first piece only.
        name: The tool's name, on its first piece only.
        arguments: The next piece of the JSON text.
    """

    index: int
    id: str
    name: str
    arguments: str
    kind: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a stream: the whole reply, as `complete` would have given it."""

    reply: ModelReply
    kind: Literal["done"] = "done"


StreamEvent = TextDelta | ToolCallDelta | Done


# --- verdicts ------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """How a check came out. Only `PASS` opens a gate."""

    PASS = "PASS"  # noqa: S105 -- an outcome
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    """The tool could not tell: it broke down, or what it needs is not installed."""
    NOT_RUN = "NOT_RUN"
    """What it builds on did not get far enough."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found wrong.

    Attributes:
        check: Name of the check.
        path: Where, relative to the tree, or the empty string.
        line: Line number from 1, or None.
        message: What is wrong.
    """

    check: str
    path: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check said. The same tree gives the same verdict: no times, no paths of the host.

    Attributes:
        check: What was checked: syntax, ruff, pytest, coverage, boot, …
        outcome: What came of it.
        tool: The program.
        version: Its version.
        arguments: What it was called with.
        summary: Its answer in a sentence.
        figures: What it measured, such as the coverage's ratio.
        findings: What it found wrong.
    """

    check: str
    outcome: Outcome
    tool: str
    version: str
    arguments: tuple[str, ...] = ()
    summary: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
