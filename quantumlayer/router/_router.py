"""The router: one model call in, one answer out."""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from random import Random
from types import TracebackType
from typing import Self, TypeVar, cast

import anyio

from quantumlayer.errors import (
    InvalidOutputError,
    ProviderTimeoutError,
    RouterConfigError,
)
from quantumlayer.messages import (
    EmbeddingPurpose,
    Embeddings,
    Exchange,
    Message,
    ModelReply,
    ModelRequest,
    StreamEvent,
    ToolSpec,
)
from quantumlayer.router._attempt import Books, Trial
from quantumlayer.router._breaker import BreakerPolicy
from quantumlayer.router._budget import Budget
from quantumlayer.router._cache import Caching, Replies, Wanted, replayed
from quantumlayer.router._call import Call, Operation
from quantumlayer.router._catalog import Catalog
from quantumlayer.router._clock import Clock, SystemClock
from quantumlayer.router._continuing import continued
from quantumlayer.router._deployment import Deployment, deployment_name
from quantumlayer.router._dispatch import Dispatch
from quantumlayer.router._fleet import Fleet
from quantumlayer.router._hedging import Hedges, Hedging
from quantumlayer.router._ledger import Ledger
from quantumlayer.router._limits import Limits
from quantumlayer.router._line import Line
from quantumlayer.router._output import Generated, OutputType
from quantumlayer.router._prompt_caches import PromptCaches, prefixes_of
from quantumlayer.router._provider import EmbeddingProvider, Provider
from quantumlayer.router._retry import RetryPolicy
from quantumlayer.router._shelf import Shelf
from quantumlayer.router._strategy import ObservingStrategy, RoutingStrategy
from quantumlayer.router._stream import Opened, open_stream, piped
from quantumlayer.router._tokens import estimate_tokens
from quantumlayer.router._vectors import Texts, Vectors
from quantumlayer.router.strategies import HybridRouting

__all__ = ["Prompt", "Router"]

T = TypeVar("T")

Prompt = str | Sequence[Message] | ModelRequest
"""A text, a conversation, or a whole request."""

# How often a model is told what is wrong with its answer before the router gives up.
_REPAIRS = 2


class Router:
    """Answer model calls from the best deployment that is healthy, allowed and affordable.

    Deployments that cannot serve a request are filtered out, the strategy ranks the others, and
    they are tried in that order; `RetryPolicy` says what happens when all fail. Everything that
    happened stands in `reply.route` and in `ledger`.

    A router has no tasks of its own. As an async context manager it closes the HTTP clients that
    its providers have made; clients that were passed to them stay open.

    Args:
        deployments: Providers, each one a model at an endpoint with a credential.
        strategy: Who goes first.
        budgets: What all calls together may cost, or all of one tenant or agent; more can be given
            with a call.
        retry: How often and how long a request is tried.
        breaker: When a failing deployment is left alone.
        limits: What each deployment is asked to bear, or each by its name.
        tenants: Which deployments may serve whom: their names, by tenant; `""` is who names none.
            Where it is given, a tenant that it does not name is served by none. None: all may serve
            everybody.
        hedging: When a second deployment is asked beside a slow first one; None: never.
        ledger: Where every attempt is entered; None: a new one.
        caching: Which answers are kept for whoever asks the same; None: none.
        catalog: Prices, limits and capabilities; None: those shipped with the package. A provider's
            own `card` goes before it.
        tells_content: Whether the spans of calls say what was asked and answered, for whoever reads
            the telemetry; never by default.
        count_tokens: Tells the tokens of a text: of prompts before a call, and of answers where the
            provider counts nothing. See `quantumlayer.router.tiktoken.token_counter`.
        clock: The time; other than the machine's only in tests and simulations.
        random: Where waits and seeds come from.

    Raises:
        RouterConfigError: There is no deployment, two have one name, or there is none of a name
            that limits or tenants are given for.
    """

    def __init__(  # noqa: PLR0913 -- one argument for each part that can be exchanged
        self,
        deployments: Iterable[Provider],
        *,
        strategy: RoutingStrategy = HybridRouting(),
        budgets: Sequence[Budget] = (),
        retry: RetryPolicy = RetryPolicy(),
        breaker: BreakerPolicy = BreakerPolicy(),
        limits: Limits | Mapping[str, Limits] = Limits(),
        tenants: Mapping[str, Collection[str]] | None = None,
        hedging: Hedging | None = None,
        ledger: Ledger | None = None,
        caching: Caching | None = None,
        catalog: Catalog | None = None,
        tells_content: bool = False,
        count_tokens: Callable[[str], int] = estimate_tokens,
        clock: Clock = SystemClock(),
        random: Random | None = None,
    ) -> None:
        self.ledger = Ledger() if ledger is None else ledger
        self._strategy = strategy
        self._budgets = tuple(budgets)
        self._retry = retry
        self._clock = clock
        self._count_tokens = count_tokens
        self._random = random or Random()  # noqa: S311 -- spreads load, protects nothing
        cards = Catalog.shipped() if catalog is None else catalog

        def deployment(provider: Provider) -> Deployment:
            name = deployment_name(provider)
            mine = limits if isinstance(limits, Limits) else limits.get(name, Limits())
            return Deployment(
                provider, name, catalog=cards, breaker=breaker, clock=clock, limits=mine
            )

        self._deployments = Fleet(map(deployment, deployments), tenants=tenants)
        if not isinstance(limits, Limits) and (unknown := limits.keys() - self._deployments.keys()):
            raise RouterConfigError(
                f"There are limits for {sorted(unknown)!r}, and deployments "
                f"{list(self._deployments)!r}: name one of these."
            )
        observer = cast("ObservingStrategy", strategy) if hasattr(strategy, "observe") else None
        hedges = None if hedging is None else Hedges(hedging)
        self._line = Line(clock)
        self._caches = PromptCaches()
        books = Books(
            clock,
            self.ledger,
            type(strategy).__name__,
            observer,
            self._line,
            self._caches,
            tells_content=tells_content,
            hedges=hedges,
        )
        self._dispatch = Dispatch(self._deployments, strategy, retry, books, self._random)
        self._pipes = hedges is not None or retry.continuations > 0
        self._replies: Replies | None = None
        self._vectors: Vectors | None = None
        if caching is not None:
            kept = (caching.store, caching.ttl_s, self.deployments, clock, self.ledger)
            self._replies = Replies(caching, Shelf(*kept))
            self._vectors = Vectors(Shelf(*kept))

    @property
    def deployments(self) -> tuple[str, ...]:
        """The names of the deployments, in the order in which they were given."""
        return tuple(self._deployments)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the clients that the providers have made. The router stays usable."""
        async with AsyncExitStack() as stack:
            for deployment in self._deployments.values():
                close = getattr(deployment.provider, "aclose", None)
                if close is not None:
                    stack.push_async_callback(close)

    async def complete(
        self,
        prompt: Prompt,
        *,
        tools: Sequence[ToolSpec] = (),
        max_output_tokens: int | None = None,
        budgets: Sequence[Budget] = (),
        tenant: str = "",
    ) -> ModelReply:
        """Ask, and wait for the whole answer.

        The caller's deadline (`anyio.fail_after`) bounds everything. If cancelled, the attempt
        under way is given up and entered in the ledger with an estimate of what it cost.

        Args:
            prompt: What to ask. Options not named here are fields of `ModelRequest`.
            tools: What the model may call, beside the tools of the request.
            max_output_tokens: Longest answer, in tokens, instead of the request's.
            budgets: Budgets of this call, beside the router's.
            tenant: For whom: budgets and deployments may be some tenants' only, and answers are
                kept for each apart.

        Raises:
            NoDeploymentError: No deployment may serve the request.
            AllDeploymentsFailedError: All that may serve it were tried.
            BudgetExceededError: It would cost more than a budget has left.
            StrategyError: The strategy raised or answered nonsense.
        """
        call = self._call(prompt, tools, max_output_tokens, budgets, tenant)
        return await self._answer(call, self._wanted(call, tenant))

    @asynccontextmanager
    async def stream(
        self,
        prompt: Prompt,
        *,
        tools: Sequence[ToolSpec] = (),
        max_output_tokens: int | None = None,
        budgets: Sequence[Budget] = (),
        tenant: str = "",
    ) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        """Ask, and read the answer as it comes: an async context manager of typed events.

        Until the first event a failure leads to the next deployment, as with `complete`. The last
        event is `Done` with the whole reply. Leaving the context ends the call; what had been
        answered by then is entered in the ledger as an estimate.

        Arguments and errors are those of `complete`; and from the iterator:

        Raises:
            StreamInterruptedError: The stream broke after its first event; carries the text.
        """
        call = self._call(prompt, tools, max_output_tokens, budgets, tenant, streamed=True)
        wanted = self._wanted(call, tenant)
        reply = None if wanted is None else await wanted.arrives()
        async with AsyncExitStack() as stack:
            if reply is not None:
                yield await stack.enter_async_context(aclosing(replayed(reply)))
                return
            run = await stack.enter_async_context(piped()) if self._pipes else None
            stream = await self._dispatch.serve(call, self._open, run)
            events: AsyncIterator[StreamEvent]
            if self._retry.continuations:

                def go_on(told: str) -> Awaitable[Opened]:
                    return self._dispatch.serve(call.continuation(told), self._open, run)

                going = continued(stream, go_on, times=self._retry.continuations)
                events = await stack.enter_async_context(aclosing(going))
            else:
                events = await stack.enter_async_context(stream)
            if wanted is not None:
                events = await stack.enter_async_context(aclosing(wanted.kept(events)))
            yield events

    async def generate(
        self,
        output: type[T],
        prompt: Prompt,
        *,
        max_output_tokens: int | None = None,
        budgets: Sequence[Budget] = (),
        tenant: str = "",
    ) -> T:
        """Ask for a value of a type.

        An answer that does not validate goes back to the model with what is wrong with it, at
        most twice.

        Args:
            output: A pydantic model, or anything else that pydantic validates as a JSON object.
            prompt: What to ask.
            max_output_tokens: Longest answer, in tokens, instead of the request's.
            budgets: Budgets of this call, beside the router's.
            tenant: For whom: budgets and deployments may be some tenants' only, and answers are
                kept for each apart.

        Raises:
            InvalidOutputError: None of the answers validated.
            InvalidRequestError: The type is no JSON object.
            RouterError: As `complete`.
        """
        generated = await self.generate_traced(
            output, prompt, max_output_tokens=max_output_tokens, budgets=budgets, tenant=tenant
        )
        return generated.value

    async def generate_traced(
        self,
        output: type[T],
        prompt: Prompt,
        *,
        max_output_tokens: int | None = None,
        budgets: Sequence[Budget] = (),
        tenant: str = "",
    ) -> Generated[T]:
        """Do as `generate`, and keep every question and reply for a transcript."""
        kind = OutputType(output)
        request = replace(ModelRequest.of(prompt), output=kind.schema)
        exchanges: list[Exchange] = []
        problems: list[str] = []
        for _ in range(1 + _REPAIRS):
            call = self._call(request, (), max_output_tokens, budgets, tenant)
            wanted = self._wanted(call, tenant)
            reply = await self._answer(call, wanted)
            exchanges.append(Exchange(call.request, reply))
            try:
                return Generated(kind.parse(reply), tuple(exchanges))
            except ValueError as error:
                if wanted is not None:
                    await wanted.forget()
                problems.append(str(error))
                request = kind.ask_again(call.request, reply, problems[-1])
        raise InvalidOutputError(kind.name, problems)

    async def embed(
        self,
        texts: Sequence[str],
        *,
        purpose: EmbeddingPurpose = "document",
        dimensions: int | None = None,
        budgets: Sequence[Budget] = (),
        tenant: str = "",
    ) -> Embeddings:
        """Turn texts into vectors.

        Routed, retried and entered in the ledger as answers are. Vectors of two models cannot be
        compared: where deployments differ in their models, look at `model` of what comes back. With
        `caching` only texts are sent whose vectors are not there.

        Args:
            texts: What to embed; any number.
            purpose: Whether they are to be found (`document`) or to find (`query`).
            dimensions: Length of the vectors, or None for the model's own.
            budgets: Budgets of this call, beside the router's.
            tenant: For whom, as with `complete`.

        Raises:
            RouterError: As `complete`.
        """

        def begun(some: Sequence[str]) -> Call:
            request = ModelRequest(tuple(map(Message.user, some)))
            return self._begun(request, budgets, tenant, operation="embeddings")

        async def ask(some: Sequence[str]) -> Embeddings:
            async def embed(trial: Trial) -> Embeddings:
                with trial:
                    embedder = cast("EmbeddingProvider", trial.deployment.provider)
                    asked = embedder.embed(some, purpose=purpose, dimensions=dimensions)
                    return trial.embedded(await self._in_time(trial, asked))

            return await self._dispatch.serve(begun(some), embed)

        if self._vectors is None:
            return await ask(texts)
        wanted = Texts(texts, purpose, dimensions, tenant)
        return await self._vectors.get(begun(texts), wanted, ask)

    def _call(
        self,
        prompt: Prompt,
        tools: Sequence[ToolSpec],
        max_output_tokens: int | None,
        budgets: Sequence[Budget],
        tenant: str,
        *,
        streamed: bool = False,
    ) -> Call:
        request = ModelRequest.of(prompt)
        if tools:
            request = replace(request, tools=(*request.tools, *tools))
        if max_output_tokens is not None:
            request = replace(request, max_output_tokens=max_output_tokens)
        return self._begun(request, budgets, tenant, streamed=streamed)

    def _begun(
        self,
        request: ModelRequest,
        budgets: Sequence[Budget],
        tenant: str,
        *,
        operation: Operation = "chat",
        streamed: bool = False,
    ) -> Call:
        """A call with what holds for whom it is made: whose budgets pay, and who may serve."""
        agent = request.agent
        budgets = [
            budget
            for budget in (*self._budgets, *budgets)
            if budget.is_for(tenant=tenant, agent=agent)
        ]
        call = Call(
            request,
            budgets,
            now_s=self._clock.monotonic(),
            seed=self._random.getrandbits(64),
            operation=operation,
            streamed=streamed,
            count_tokens=self._count_tokens,
        )
        call.barred = self._deployments.closed_to(tenant)
        if self._deployments.discounts and operation == "chat":
            call.prefixes = prefixes_of(request, call.routing.prompt_tokens)
            if call.prefixes:
                warm = self._caches.warm(call.prefixes, call.routing.now_s)
                marked = max(prefix.tokens * prefix.is_marked for prefix in call.prefixes)
                call.routing = call.routing._replace(cached_tokens=warm, marked_tokens=marked)
        return call

    def _wanted(self, call: Call, tenant: str) -> Wanted | None:
        """The answer as it may be there already; None where answers are not kept."""
        return None if self._replies is None else self._replies.wanted(call, tenant)

    def _answer(self, call: Call, wanted: Wanted | None) -> Awaitable[ModelReply]:
        if wanted is None:
            return self._dispatch.serve(call, self._ask)
        return wanted.get(lambda: self._dispatch.serve(call, self._ask))

    async def _ask(self, trial: Trial) -> ModelReply:
        with trial:
            asked = trial.deployment.provider.complete(trial.call.request)
            return trial.answer(await self._in_time(trial, asked))

    def _in_time(self, trial: Trial, asked: Awaitable[T]) -> Awaitable[T]:
        """An answer, waited for as long as one attempt may take."""
        limit_s = self._retry.attempt_s
        return asked if limit_s is None else _within(limit_s, trial, asked)

    async def _open(self, trial: Trial) -> Opened:
        retry = self._retry
        return await open_stream(trial, attempt_s=retry.attempt_s, stall_s=retry.stall_s)


async def _within(limit_s: float, trial: Trial, asked: Awaitable[T]) -> T:
    with anyio.move_on_after(limit_s):
        return await asked
    raise ProviderTimeoutError(trial.deployment.name, f"no answer within {limit_s} s")
