"""Sentences about goods: what leaves and enters the stock, what costs how much, what is kept of prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import (
    Barred,
    Context,
    Fact,
    Fields,
    Lacks,
    Operation,
    Refused,
    Takes,
    Thing,
    Transition,
    Worked,
)
from quantumlayer.offline.reading.language._patterns import Captures, Reader
from quantumlayer.offline.reading.language._terms import (
    Being,
    Choose,
    Compare,
    FieldOf,
    Items,
    Literal,
)
from quantumlayer.offline.reading.sentences._behaviours import BEHAVIOUR_SLOTS
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.text._routes import Route

__all__ = ["TRADE", "TRADE_SLOTS"]

_PLACES = frozenset("stock shelf shelves warehouse storage inventory store depot stockroom".split())


def _place(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """Where goods are: the stock, or the field that counts them."""
    start = at
    while reader.low(start) in {"the", "my", "our", "its", "their", "a"}:
        start += 1
    for words, end in reader.slot("field_words", start):
        if words[-1] in {"stock", "quantity", "inventory", "in_stock", "available", "amount"}:
            yield words, end
    if reader.low(start) in _PLACES:
        yield (), start + 1


TRADE_SLOTS = {**BEHAVIOUR_SLOTS, "place": _place}


def _status(situation: Situation) -> int | None:
    status = situation.extra.get("status")
    return status if isinstance(status, int) else None


def _takes(sign: int) -> Recogniser:
    def build(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
        routes = situation.extra.get("routes") or []
        return [Takes(captures.get("place", ()), sign, routes[-1] if routes else None)]

    return build


def _lacks(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    made: Items | None = captures.get("object")
    return [Lacks(made.entity if made is not None else None, _status(situation))]


def _context(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Context()]


def _free_from(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Shipping costs 4.90 euros, but it is free from a subtotal of 50 euros`."""
    field: FieldOf = captures["field"]
    operator = ">" if captures.get("above") else ">="
    reached = Compare(captures["left"], operator, Literal(captures["bound"]))
    return [
        Worked(field.words, Choose(reached, Literal(0), Literal(captures["number"])), field.owner)
    ]


def _costs(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    field: FieldOf = captures["field"]
    return [Worked(field.words, Literal(captures["number"]), field.owner)]


def _calls(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    route: Route = captures["route"]
    if not route.path:
        return None
    if "fields" not in captures:
        return [Context()]
    return [Fields(Thing(()), captures["fields"], route=route, part=True, sends=True)]


def _is_then(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`I call POST …/ship, and then it is "shipped"`: what the route of the sentence leads to."""
    routes = [route for route in situation.extra.get("routes") or [] if route.method == "POST"]
    if not routes or isinstance(captures["to"], bool):
        return None
    situation.extra["led_to"] = captures["to"]
    return [Transition(captures["to"], (), routes[-1], None, None, _status(situation))]


def _until_then(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Until then it can be cancelled`: no longer in the state that the text has just come to."""
    led_to = situation.extra.get("led_to")
    routes = [route for route in situation.extra.get("routes") or [] if route.method == "POST"]
    dos = captures["dos"]
    if led_to is None or not (routes or dos):
        return None
    act = routes[-1].segments[-1].lower() if routes else dos[0]
    operation = Operation((act,), object=Items(None, words=("it",)))
    return [Refused(operation, Being(None, (str(led_to).lower(),)), status=_status(situation))]


_WHO = "(i|we|you|they|somebody|someone|the <noun>|an <noun>|a <noun>)"
_GOODS = "[(all|the|these|those)] [ordered] (pieces|items|goods|quantities|quantity|units|products|copies|articles|amounts|they|it)"
_NOBODY_GETS = (
    "(nobody|no one|no <noun:who>) [CAN] (gets|get|buys|buy|takes|take|orders|order|receives|receive|borrows|borrow)"
    " [(any|a|an|more)]"
)
_NOW = "[(right away|at once|immediately|directly|straight away|then|accordingly|by (the|that) <noun>|by that much|again)]"
_REFUSED = (
    "(is|are|gets|will be|MUST be) (refused|rejected|denied|declined|turned down|not accepted)"
)

TRADE: tuple[tuple[str, Recogniser], ...] = (
    # --- stock
    (f"{_GOODS} (leave|leaves|come off|comes off|are taken from|are taken out of|are taken off|are deducted from|are subtracted from|are removed from|is deducted from|is subtracted from) <place> {_NOW}", _takes(-1)),
    (f"(<doing> [<items>]|it|this|that|<items>) (reduces|lowers|decreases|diminishes) <place> [of (each|the|every|all) <items:of>] {_NOW}", _takes(-1)),
    (f"<place> [of (each|the|every|all) <items:of>] (goes down|is reduced|is lowered|is decreased|decreases|shrinks|drops|falls) {_NOW}", _takes(-1)),
    (f"{_GOODS} (join|joins|enter|enters|increase|increases|swell|swells|refill|refills|raise|raises) <place> {_NOW}", _takes(1)),
    (f"{_GOODS} (go|goes|come|comes|are put|are returned|is returned|are given|are added|is added) (back|again|back again|) (on|to|in|into|onto) <place> {_NOW}", _takes(1)),
    (f"<place> [of (each|the|every|all) <items:of>] (is restored|goes up|goes up again|is increased|is refilled|increases|is put back|is given back) {_NOW}", _takes(1)),
    (
        f"(if|when|where) [{_WHO}] (do|does|is|are|has|have|there is|there are) not [have] enough [stock] [of] [just] [(one|any|some|a single one|even one|each|all)] [of] [(the|these|its|them)] [<items>] [(in stock|left|there|available)] [,] (the|an|a|such an|that) [(whole|entire)] <items:object> {_REFUSED}",
        _lacks,
    ),
    (f"<items:object> [that asks] (for|with|of) more than (there is|is there|what is there|(is|what is) (in stock|available|left)|<place>) {_REFUSED}", _lacks),
    (f"(the|an|a) [(whole|entire)] <items:object> {_REFUSED} (if|when) (there is|there are|{_WHO} (has|have)) not enough [stock] [of] [<items>]", _lacks),
    ("[and] there (MUST be|is to be) (enough|that many|so many|as many) [of (them|it|<items>)] [(<items>|<noun>)] [(left|there|in stock|available|then)]", _lacks),
    (f"{_NOBODY_GETS} <noun> (that|which|than) [there] (is|are) [(not|no longer)] [(there|left|available|in stock)]", _lacks),
    (f"{_NOBODY_GETS} <noun> for <items>", lambda c, s: [Barred(c["items"], _status(s))] if c["items"].where else None),
    ("(not enough|insufficient|too little) (stock|pieces|items) [(is|are|:|→)] [(refused|an error)]", _lacks),
    ("[and] nothing [(on|in|of|at) <place>] (changes|happens|is changed|is stored|moves)", _context),
    # --- prices
    ("<field> (costs|cost|is|are) <number> [,] [but] [(it|this|that)] (is free|costs nothing|is waived|is zero|is 0) (from|starting at|starting from) [(a|an|the)] <field:left> of <number:bound> [(on|upwards|or more)]", _free_from),
    ("<field> (costs|cost|is|are) <number> [,] [but] [(it|this|that)] (is free|costs nothing|is waived|is zero|is 0) (above|over|beyond) [(a|an|the)] <field:left> of <number:bound>", lambda c, s: _free_from({**c, "above": True}, s)),
    ("<field> (costs|cost) <number>", _costs),
    ("(when|if) <phrase> [(later|afterwards)] [,] (old|earlier|past|existing|previous|other) <items> [MUST] (stay|stays|keep|remain|are|be) (what they were|as they were|as they are|unchanged|the same|untouched|<phrase>)", _context),
    # --- what somebody does
    (f"[(when|once|as soon as|after|if) <phrase>] [,] {_WHO} [(can|may|then|will)] (call|calls|use|uses|send|sends|press|presses) <route> [with <fields>]", _calls),
    ("[then|now] (it|they) (is|are) [(then|now)] <state:to>", _is_then),
    (f"until then [{_WHO}] [CAN] [still] <dos> [<items>] [,] [(with|by|via|through|:)] [<route>]", _until_then),
    ("until then [<items>] CAN [still] be <dones:dos> [,] [(with|by|via|through|:)] [<route>]", _until_then),
    ("(that|this|it) would <rest>", _context),
    ("[(so|now)] (here|this|that) is how <rest>", _context),
)  # fmt: skip
