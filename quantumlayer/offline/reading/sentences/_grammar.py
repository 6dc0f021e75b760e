"""All recognisers together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from quantumlayer.offline.reading.language._clauses import Grammar
from quantumlayer.offline.reading.sentences._access import ACCESS, ACCESS_SLOTS
from quantumlayer.offline.reading.sentences._accounts import ACCOUNT_SLOTS, ACCOUNTS
from quantumlayer.offline.reading.sentences._asides import ASIDE_SLOTS, ASIDES
from quantumlayer.offline.reading.sentences._behaviours import BEHAVIOURS, COUNTING
from quantumlayer.offline.reading.sentences._bounds import BOUND_SLOTS, BOUNDS
from quantumlayer.offline.reading.sentences._deeds import DEEDS
from quantumlayer.offline.reading.sentences._definitions import DEFINITIONS
from quantumlayer.offline.reading.sentences._gates import GATES
from quantumlayer.offline.reading.sentences._gist import GIST, GIST_SLOTS, LASTING
from quantumlayer.offline.reading.sentences._lifecycle import LIFECYCLE, MOVES
from quantumlayer.offline.reading.sentences._listing import LISTING
from quantumlayer.offline.reading.sentences._loose import DEFINED
from quantumlayer.offline.reading.sentences._openings import OPENING_SLOTS, OPENINGS
from quantumlayer.offline.reading.sentences._outcomes import OUTCOMES
from quantumlayer.offline.reading.sentences._outlines import OUTLINES
from quantumlayer.offline.reading.sentences._parameters import PARAMETERS
from quantumlayer.offline.reading.sentences._predicates import PREDICATE_SLOTS, PREDICATES
from quantumlayer.offline.reading.sentences._privacy import PRIVACY, PRIVACY_SLOTS
from quantumlayer.offline.reading.sentences._refusals import REFUSALS
from quantumlayer.offline.reading.sentences._trade import TRADE, TRADE_SLOTS

__all__ = ["whole_grammar"]

Table = Iterable[tuple[str, Callable[..., Any]]]


@lru_cache(maxsize=1)
def whole_grammar() -> Grammar:
    """Compile every table of rules; where several rules fit, the first one wins."""
    slots = {
        **BOUND_SLOTS,
        **ACCESS_SLOTS,
        **ACCOUNT_SLOTS,
        **PREDICATE_SLOTS,
        **ASIDE_SLOTS,
        **OPENING_SLOTS,
        **GIST_SLOTS,
        **PRIVACY_SLOTS,
        "place": TRADE_SLOTS["place"],
    }
    tables = [
        PARAMETERS,
        MOVES,
        GATES,
        OUTCOMES,
        ACCESS,
        ACCOUNTS,
        COUNTING,
        OPENINGS,
        LASTING,
        TRADE,
        DEEDS,
        BOUNDS,
        REFUSALS,
        BEHAVIOURS,
        LISTING,
        PREDICATES,
        DEFINITIONS,
        DEFINED,
        ASIDES,
    ]
    return Grammar.of(slots, tables, (*OUTLINES, *LIFECYCLE, *GIST, *PRIVACY))
