"""One attempt at one deployment, and its traces in the books."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import anyio

from quantumlayer import telemetry
from quantumlayer.errors import (
    BudgetExceededError,
    InvalidRequestError,
    MalformedReplyError,
    ProviderError,
    ProviderTimeoutError,
    StreamInterruptedError,
)
from quantumlayer.messages import Attempt, AttemptKind, Embeddings, ModelReply, Usage
from quantumlayer.router._budget import Reservation, reserve_all
from quantumlayer.router._call import Call
from quantumlayer.router._clock import Clock
from quantumlayer.router._content import answered, asked
from quantumlayer.router._deployment import Deployment
from quantumlayer.router._hedging import Hedges
from quantumlayer.router._ledger import Decision, Ledger, LedgerEntry
from quantumlayer.router._line import Line
from quantumlayer.router._prompt_caches import PromptCaches
from quantumlayer.router._strategy import ObservingStrategy, Outcome
from quantumlayer.router._tokens import estimate_tokens

if TYPE_CHECKING:
    from opentelemetry.trace import Span

__all__ = ["Books", "Trial"]

_log = logging.getLogger("quantumlayer.router")


@dataclass(frozen=True, slots=True)
class Books:
    """Where attempts leave their traces.

    Attributes:
        clock: The router's time.
        ledger: What they cost.
        strategy: Name of the strategy that chose.
        observer: The strategy, where it learns.
        line: Who waits for a place.
        caches: What providers' caches hold of prompts.
        tells_content: Whether spans say what was asked and answered.
        hedges: What is known for hedging, where it is wanted.
    """

    clock: Clock
    ledger: Ledger
    strategy: str
    observer: ObservingStrategy | None
    line: Line
    caches: PromptCaches
    tells_content: bool = False
    hedges: Hedges | None = None


class Trial:
    """One attempt, from its admission to the books. It ends exactly once, whatever happens."""

    def __init__(
        self,
        books: Books,
        call: Call,
        deployment: Deployment,
        ticket: int,
        reservations: Sequence[Reservation],
        *,
        hedge: bool,
    ) -> None:
        self.call = call
        self.deployment = deployment
        self.first_token_s: float | None = None
        self._books = books
        self._ticket = ticket
        self._reservations = reservations
        self.has_ended = False
        self._hedge = hedge
        self._labels = deployment.labels[call.operation]
        self._start_s = books.clock.monotonic()
        self._scope: AbstractContextManager[Span] = telemetry.span(
            self._labels.span, self._labels.call, client=True
        )
        self._span = self._scope.__enter__()
        self._tells = books.tells_content and call.operation == "chat" and self._span.is_recording()
        if self._tells:
            self._span.set_attributes(asked(call.request))

    @classmethod
    def admit(
        cls, books: Books, call: Call, deployment: Deployment, *, hedge: bool = False
    ) -> Trial | str:
        """Begin an attempt, or say why circuit, limits or budget do not admit it any more."""
        reservations: Sequence[Reservation] = ()
        budgets, hedges = call.budgets, books.hedges
        if hedge and hedges is not None:
            budgets = (*budgets, *hedges.budgets)
        if budgets:
            bound = call.bound_nanousd(deployment.card)
            try:
                reservations = reserve_all(budgets, bound or 0, unix_s=books.clock.unix())
            except BudgetExceededError as error:
                call.too_dear = call.too_dear if hedge else error
                return f"budget {error.budget!r} was used up by other calls meanwhile"
        ticket = deployment.begin(call.tokens)
        if ticket is None:
            for reservation in reservations:
                reservation.settle(0)
            return deployment.refusal(call.tokens)
        if hedges is not None:
            hedges.count(hedge=hedge)
        return cls(books, call, deployment, ticket, reservations, hedge=hedge)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        """End the attempt on an error; a stranger's exception becomes a `ProviderError`."""
        if error is None:
            return
        if isinstance(error, ProviderError) or not isinstance(error, Exception):
            self.fail(error)
            return
        name = type(error).__qualname__
        # The text stays in the cause: it may quote a credential.
        reason = f"its provider raised {name}, which is no ProviderError: see the cause"
        failure = ProviderError(self.deployment.name, reason)
        self.fail(failure)
        raise failure from error

    def began_to_answer(self) -> bool:
        """Note the time of a stream's first event; whether it is this one that answers the call."""
        self.first_token_s = self._books.clock.monotonic() - self._start_s
        return not self._claim()

    def answer(self, reply: ModelReply) -> ModelReply:
        """End with a reply; gives it back with its cost and its route.

        Where another attempt has answered meanwhile the reply is of no use; it is paid for.

        Raises:
            MalformedReplyError: The provider gave something else.
        """
        if not isinstance(reply, ModelReply):
            raise MalformedReplyError(
                self.deployment.name, f"the provider gave {type(reply).__qualname__!r} as its reply"
            )
        if reply.usage.estimated and self.call.count_tokens is not estimate_tokens:
            reply = replace(reply, usage=self._counted(reply))
        price = self.deployment.card.price
        cost = reply.cost_nanousd if price is None else price.cost_nanousd(reply.usage)
        if self._span.is_recording():
            self._describe(reply)
        if self._tells:
            self._span.set_attributes(answered(reply))
        rival = self._claim()
        self._learn_usage(reply.usage)
        self._end(_outrun_by(rival), failed=False, usage=reply.usage, cost=cost)
        route = self.call.route(self._books.strategy)
        return ModelReply(
            reply.text,
            reply.provider,
            reply.model,
            reply.tool_calls,
            reply.stop_reason,
            reply.usage,
            cost,
            route,
            reply.id,
        )

    def _counted(self, reply: ModelReply) -> Usage:
        """The tokens of a reply whose provider has counted none."""
        if self.call.operation == "embeddings":
            return reply.usage
        said = (reply.text, *(call.arguments for call in reply.tool_calls))
        output = sum(map(self.call.count_tokens, said))
        return Usage(self.call.routing.prompt_tokens, output_tokens=output, estimated=True)

    def _learn_usage(self, usage: Usage) -> None:
        """Take in what the provider has counted: it makes the next call's cost known better."""
        self.deployment.learn_thought(usage.reasoning_tokens)
        if self.call.prefixes and not usage.estimated:
            now_s = self._books.clock.monotonic()
            self._books.caches.learn(self.call.prefixes, self.deployment.name, usage, now_s)

    def embedded(self, made: Embeddings) -> Embeddings:
        """End with vectors; gives them back with their cost and their route.

        Raises:
            MalformedReplyError: The provider gave something else.
        """
        if not isinstance(made, Embeddings):
            raise MalformedReplyError(
                self.deployment.name, f"the provider gave {type(made).__qualname__!r} for vectors"
            )
        if len(made.vectors) != (texts := len(self.call.request.messages)):
            raise MalformedReplyError(
                self.deployment.name, f"it gave {len(made.vectors)} vectors for {texts} texts"
            )
        reply = self.answer(ModelReply("", made.provider, made.model, usage=made.usage))
        return replace(made, cost_nanousd=reply.cost_nanousd, route=reply.route)

    def _claim(self) -> str:
        """Answer the call, unless another deployment has; its name then."""
        if not self.call.answering:
            self.call.answering = self.deployment.name
        return self._rival

    @property
    def _rival(self) -> str:
        """Name of the other deployment that has answered the call, or the empty string."""
        answering = self.call.answering
        return "" if answering == self.deployment.name else answering

    def fail(self, error: BaseException, *, partial: str = "") -> None:
        """End with an error.

        What the provider may bill although it did not answer (it ran out of time, the caller left)
        is entered as an estimate: the prompt, and what had arrived.

        Args:
            error: What went wrong; anything but an `Exception` is a cancellation.
            partial: The text that had arrived.
        """
        if isinstance(error, Exception):
            text = getattr(error, "reason", "") or type(error).__qualname__
            billed = isinstance(error, (ProviderTimeoutError, StreamInterruptedError))
            failed: bool | None = not isinstance(error, InvalidRequestError)
            text = f"{type(error).__name__}: {text}"
        else:
            # A deployment that lets the caller's deadline pass has failed; one whose answer is not
            # wanted any more has not. The deadline is -inf where all was cancelled beforehand.
            late = -math.inf < self.call.deadline <= anyio.current_time()
            text = "the caller's deadline passed" if late else "cancelled"
            if self._rival:
                late, text = False, _outrun_by(self._rival)
            billed, failed = True, late or None
        self._end_unanswered(text, partial, billed=billed, failed=failed, error=error)

    def abandon(self, *, partial: str) -> None:
        """End because the caller has left the stream before its end."""
        self._end_unanswered("left before its end", partial, billed=True, failed=False, error=None)

    def _end_unanswered(
        self,
        text: str,
        partial: str,
        *,
        billed: bool,
        failed: bool | None,
        error: BaseException | None,
    ) -> None:
        usage = Usage()
        if billed:
            prompt = self.call.routing.prompt_tokens
            usage = Usage(prompt, output_tokens=self.call.count_tokens(partial), estimated=True)
        price = self.deployment.card.price
        cost = 0 if price is None else price.cost_nanousd(usage)
        self._end(text, failed=failed, usage=usage, cost=cost, error=error)

    def _end(
        self,
        text: str,
        *,
        failed: bool | None,
        usage: Usage,
        cost: int,
        error: BaseException | None = None,
    ) -> None:
        if self.has_ended:
            return
        self.has_ended = True
        books, call, deployment = self._books, self.call, self.deployment
        duration_s = books.clock.monotonic() - self._start_s
        tokens = (call.tokens, usage.total_tokens)
        deployment.end(self._ticket, tokens=tokens, failed=failed, duration_s=duration_s)
        books.line.freed(deployment.name)
        for reservation in self._reservations:
            reservation.settle(cost)
        offset_s = self._start_s - call.routing.now_s
        kind: AttemptKind = "hedge" if self._hedge else "continuation" if call.continues else "call"
        attempt = Attempt(deployment.name, offset_s, duration_s, text, usage, cost, kind)
        if call.answered and self._rival:  # who was faster stands last, although it ended first
            call.attempts.insert(-1, attempt)
        else:
            call.attempts.append(attempt)
            call.answered = call.answering == deployment.name
        self._enter(attempt)
        self._measure(duration_s, usage, error)
        if self.first_token_s is not None and not failed:
            further = usage.output_tokens - 1
            pace_s = (duration_s - self.first_token_s) / further if further > 0 else None
            deployment.learn_stream(first_token_s=self.first_token_s, token_s=pace_s)
        if books.hedges is not None:
            self._learn(books.hedges, duration_s, answered=not text)
        if books.observer is not None:
            self._report(books.observer, attempt, error)

    def _enter(self, attempt: Attempt) -> None:
        """Record the attempt, the first one of a call with the choice that led to it."""
        call, ledger = self.call, self._books.ledger
        decision: Decision | None = None
        if call.choice:
            decision = Decision.of(call.routing, call.choice, prompt=ledger.keeps_prompts)
            call.choice = ()
        unix_s = self._books.clock.unix()
        ledger.record(LedgerEntry(unix_s, call.request.agent, attempt, call.id, decision))

    def _learn(self, hedges: Hedges, duration_s: float, *, answered: bool) -> None:
        """Take in how long an answer took, or had been waited for when another one was there."""
        if self.first_token_s is not None:
            hedges.learn(self.call, self.deployment.name, self.first_token_s)
        elif answered or self._rival:
            hedges.learn(self.call, self.deployment.name, duration_s)

    def _report(
        self, observer: ObservingStrategy, attempt: Attempt, error: BaseException | None
    ) -> None:
        kind = type(error).__qualname__ if error is not None else ""
        outcome = Outcome(
            self.call.routing,
            attempt.deployment,
            attempt.duration_s,
            self.first_token_s,
            attempt.usage,
            attempt.cost_nanousd,
            kind,
        )
        try:
            observer.observe(outcome)
        except Exception:  # noqa: BLE001 -- the reply is paid for; a fault here must not lose it
            _log.exception("The strategy %r failed to observe an outcome", type(observer).__name__)

    def _measure(self, duration_s: float, usage: Usage, error: BaseException | None) -> None:
        """Close the span and feed the histograms."""
        static = self._labels.call
        attributes = static
        if error is not None:
            attributes = {**static, "error.type": type(error).__qualname__}
        telemetry.duration().record(duration_s, attributes)
        if self.first_token_s is not None:
            telemetry.first_chunk().record(self.first_token_s, attributes)
        prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        answer = usage.output_tokens + usage.reasoning_tokens
        if prompt or answer:
            tokens = telemetry.token_usage()
            tokens.record(prompt, self._labels.input)
            tokens.record(answer, self._labels.output)
        failure = error if isinstance(error, Exception) else None
        self._scope.__exit__(type(failure) if failure else None, failure, None)

    def _describe(self, reply: ModelReply) -> None:
        """Put what was asked and answered into the span: figures only, no content."""
        request, usage, span = self.call.request, reply.usage, self._span
        prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        span.set_attributes(
            {
                "gen_ai.response.model": reply.model,
                "gen_ai.usage.input_tokens": prompt,
                "gen_ai.usage.output_tokens": usage.output_tokens + usage.reasoning_tokens,
                "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
                "gen_ai.usage.cache_creation.input_tokens": usage.cache_write_tokens,
                "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
            }
        )
        if self.call.operation == "chat":
            span.set_attributes(
                {
                    "gen_ai.output.type": "json" if request.output else "text",
                    "gen_ai.response.finish_reasons": (reply.stop_reason,),
                }
            )
        optional = {
            "gen_ai.agent.name": request.agent,
            "gen_ai.request.max_tokens": request.max_output_tokens,
            "gen_ai.request.temperature": request.temperature,
            "gen_ai.response.id": reply.id or None,
        }
        span.set_attributes({key: value for key, value in optional.items() if value is not None})


def _outrun_by(rival: str) -> str:
    """What came of an attempt where another deployment has answered; empty where none has."""
    return f"{rival!r} was faster" if rival else ""
