"""Who may serve a request, and in which order: filters first, then the strategy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from quantumlayer.errors import BudgetExceededError, LabError, StrategyError
from quantumlayer.messages import NANO_PER_USD
from quantumlayer.router._budget import Budget
from quantumlayer.router._call import Call
from quantumlayer.router._card import ModelCard
from quantumlayer.router._deployment import Deployment
from quantumlayer.router._fleet import Fleet
from quantumlayer.router._strategy import Candidate, Ranked, RoutingRequest, RoutingStrategy

__all__ = ["rank", "select"]


def select(strategy: RoutingStrategy, call: Call, fleet: Fleet, *, unix_s: float) -> None:
    """Filter, let the strategy rank the rest, and note ranking and rejections in the call.

    The deployment that has just failed goes last: it is tried again only when no other can serve.

    Raises:
        StrategyError: The strategy raised, or its ranking makes no sense.
    """
    call.too_dear = None
    rejected = _rejected(call, fleet, unix_s)
    candidates = fleet.candidates()
    for name in rejected:
        del candidates[name]
    ranking = rank(strategy, call.routing, candidates) if candidates else []
    if len(ranking) < len(candidates):
        names = {ranked.deployment for ranked in ranking}
        rejected |= {name: "the strategy vetoes it" for name in candidates if name not in names}
    if call.last_failed and len(ranking) > 1:
        ranking.sort(key=lambda ranked: ranked.deployment == call.last_failed)
    if ranking and ranking[0].propensity is not None and call.choice is None:
        call.choice = tuple(ranking)
    call.ranking, call.rejected = ranking, rejected


def rank(
    strategy: RoutingStrategy, request: RoutingRequest, candidates: Mapping[str, Candidate]
) -> list[Ranked]:
    """Ask a strategy, and look whether its answer makes sense.

    Raises:
        StrategyError: It raised, or its ranking makes no sense.
    """
    try:
        ranking = list(strategy.rank(request, tuple(candidates.values())))
    except (StrategyError, LabError):
        raise
    except Exception as error:
        raise StrategyError(
            f"{_title(strategy)} raised {type(error).__qualname__}: a strategy ranks whatever it "
            "is given; run `quantumlayer.testing.check_strategy` on it."
        ) from error
    if not _is_sound(ranking, candidates):
        _check(strategy, ranking, candidates)
    return ranking


def _is_sound(ranking: Sequence[Ranked], candidates: Mapping[str, Candidate]) -> bool:
    """Whether a ranking makes sense, as one quick look mostly tells; `_check` knows."""
    left, total = set(candidates), 0.0
    try:
        for name, score, propensity in ranking:
            if type(score) is not float or propensity is not None:
                return False
            left.remove(name)
            total += score
    except (TypeError, ValueError, LookupError):
        return False
    return math.isfinite(total) and {*map(type, ranking)} <= {Ranked}


def _check(
    strategy: RoutingStrategy, ranking: Sequence[Ranked], candidates: Mapping[str, Candidate]
) -> None:
    """Find what makes no sense in a ranking.

    Raises:
        StrategyError: Something does not.
    """
    seen: set[str] = set()
    for ranked in ranking:
        if type(ranked) is not Ranked or not _is_finite(ranked.score):
            raise StrategyError(
                f"{_title(strategy)} ranked {ranked!r}: return `Ranked(deployment, score)` with a "
                "finite number as the score, or leave a candidate out to veto it."
            )
        if ranked.propensity is not None and not 0 < ranked.propensity <= 1:
            raise StrategyError(
                f"{_title(strategy)} ranked {ranked!r}: a propensity is a probability above 0, at "
                "most 1; leave it None where nothing is drawn."
            )
        name = ranked.deployment
        if type(name) is not str or name not in candidates or name in seen:
            raise StrategyError(
                f"{_title(strategy)} ranked {name!r}, which is no candidate or stands there twice: "
                f"return each name of {list(candidates)!r} at most once."
            )
        seen.add(name)


def _is_finite(score: object) -> bool:
    return isinstance(score, (int, float)) and -math.inf < score < math.inf


def _title(strategy: RoutingStrategy) -> str:
    return f"The strategy {type(strategy).__qualname__!r}"


def _rejected(call: Call, fleet: Fleet, unix_s: float) -> dict[str, str]:
    """Why deployments cannot serve the call, now or ever, by their names."""
    unfit = [_unfit(call, specimen) for specimen in fleet.specimens]
    purse = _purse(call, fleet, unix_s)
    all_doubtful = call.barred or purse or any(unfit)
    doubtful = fleet.values() if all_doubtful else fleet.watched()
    rejected: dict[str, str] = {}
    for deployment in doubtful:
        name = deployment.name
        reason = unfit[deployment.kind] or call.barred.get(name, "")
        if reason:
            call.barred[name] = reason
        elif deployment.is_watched:
            reason = deployment.refusal(call.tokens)
        if purse and not reason:
            reason = _too_dear(call, deployment, purse)
        if reason:
            rejected[name] = reason
    return rejected


_Purse = Sequence[tuple[Budget, int]]
"""Each budget with what it has left, in nano-dollars."""


def _purse(call: Call, fleet: Fleet, unix_s: float) -> _Purse:
    """The budgets that do not have enough left for whatever deployment is taken."""
    if not call.budgets:
        return ()
    bound = call.bound_nanousd(fleet.dearest)
    needed = math.inf if bound is None else bound
    return [
        (budget, left)
        for budget in call.budgets
        if (left := budget.left_nanousd(unix_s=unix_s)) < needed
    ]


def _unfit(call: Call, deployment: Deployment) -> str:
    """Why the model can never serve this request, or the empty string."""
    card = deployment.card
    if call.operation == "embeddings" and not hasattr(deployment.provider, "embed"):
        return "its provider makes no embeddings"
    if call.operation == "chat" and card.capabilities and "embeddings" in card.capabilities:
        return "it makes embeddings and answers nothing"
    missing = call.needs and card.lacks(call.needs)
    if missing:
        return f"it lacks a capability: {', '.join(sorted(missing))}"
    profile = call.request.profile
    if profile is not None and card.profiles is not None and profile not in card.profiles:
        return f"it is not meant for the profile {profile!r}"
    return _too_long(call, card)


def _too_long(call: Call, card: ModelCard) -> str:
    prompt, longest = call.window_tokens, call.request.max_output_tokens
    if card.max_input_tokens is not None and prompt > card.max_input_tokens:
        return f"a prompt of about {prompt} tokens is longer than its {card.max_input_tokens}"
    if longest and card.max_output_tokens is not None and longest > card.max_output_tokens:
        return f"an answer of {longest} tokens is longer than its {card.max_output_tokens}"
    return ""


def _too_dear(call: Call, deployment: Deployment, purse: _Purse) -> str:
    bound = call.bound_nanousd(deployment.card)
    if bound is None:
        return (
            "a budget needs a bound on its cost: give it a `ModelCard` with a price, and the "
            "request a `max_output_tokens`"
        )
    for budget, left in purse:
        if bound > left:
            needed_usd, left_usd = bound / NANO_PER_USD, left / NANO_PER_USD
            if call.too_dear is None or needed_usd < call.too_dear.needed_usd:
                call.too_dear = BudgetExceededError(budget.name, needed_usd, left_usd)
            return f"budget {budget.name!r} has {left_usd:.6f} of {needed_usd:.6f} USD left"
    return ""
