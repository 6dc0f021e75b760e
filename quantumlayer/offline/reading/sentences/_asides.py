"""Words that ask for nothing: greetings, reasons, the story behind the request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import Context, Fact, Status
from quantumlayer.offline.reading.language._patterns import Captures, Reader
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._phrases import _quoted
from quantumlayer.offline.reading.text._routes import Route

__all__ = ["ASIDES", "ASIDE_SLOTS"]


def _context(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Context()]


def _none_status(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`409 if none is running`: what a route without an id answers when it finds nothing."""
    route = situation.route
    return [Status("none", captures["http"], route if isinstance(route, Route) else None)]


_WISHING = frozenset("us me you to have see build get make please".split())


def _software(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    """`a small RESTful service for one person's blog`: the thing to be built, as a whole."""
    start = at
    while reader.low(start) in _WISHING and start < len(reader.tokens):
        start += 1
    words = [token.low for token in reader.tokens[start : start + 9]]
    if not words or words[0] not in {"a", "an", "the", "some", "our", "one"}:
        return
    for place, word in enumerate(words[1:], 1):
        if word in _SOFTWARE:
            rest = [token.low for token in reader.tokens[start + place :]]
            if not {"must", "cannot", "can", "only", "never", "should", "with", "where"} & set(
                rest
            ) or rest[1:4] == ["with", "an", "http"]:
                yield True, len(reader.tokens)
            return
        if word in {"that", "which", "with", "for", "and"}:
            return


_SOFTWARE = frozenset(
    "service api backend system app application tool program software server microservice site website"
    " platform product service-api web-service database".split()
)
ASIDE_SLOTS = {"software": _software, "quoted": _quoted}


def _status(case: str) -> Recogniser:
    def build(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
        route = captures.get("route") or situation.route
        number = captures.get("number") or situation.extra.get("status")
        if number is None:
            return None
        return [Status(case, int(number), route if isinstance(route, Route) else None)]

    return build


_WANT = "(want|wants|need|needs|would like|would love|wish|build|make|create|write|develop|implement|are looking for|looking for|please build|please make)"

ASIDES: tuple[tuple[str, Recogniser], ...] = (
    ("(dear|hi|hello|hey|good morning|good day) [<phrase>]", _context),
    ("[(with )] (kind|best|many|warm) regards [<rest>]", _context),
    ("(focus|enjoy|have fun|simple|that is all|done|easy|promised|sorry|please|seriously|period|voila)", _context),
    ("(thanks|thank you|cheers|yours|yours sincerely|sincerely|best) [<rest>]", _context),
    ("with kind regards [<rest>]", _context),
    ("(many|best|kind|warm|kindest) (thanks|wishes|regards|greetings) [<rest>]", _context),
    ("(could|can|would) you [please] (make|build|write|create|develop|set up|program) <software>", _context),
    (f"[(we|i|they|people|somebody|our <noun>)] [(also|just|really)] {_WANT} <software>", _context),
    ("<quoted> means that <rest>", _context),
    ("[(or|and|,)] <http> [(not found|no content|conflict|bad request|created|ok)]", _context),
    ("[→] <http> (+|and|with) (the|a|an) <phrase>", _context),
    ("(errors|error codes|status codes|statuses|responses|answers|http statuses|error handling)", _context),
    ("<http:number> [bad request] (for|on|when|if|with|:) [(an|a|the)] (invalid|bad|malformed|wrong|incomplete|faulty) (body|bodies|input|data|request|requests|values|parameters|payload|payloads|fields)", _status("invalid")),
    ("<http:number> [(not found|conflict)] (for|on|when|if|with|:) [(an|a|the)] [(unknown|missing|nonexistent|non-existing|duplicate|duplicated)] (ids|id|items|things|resources|resource|duplicates|conflicts|conflict|routes|records|record|broken rules|rule violations)", _context),
    ("<http> (for|when|if) (anything|everything|whatever) <rest>", _context),
    ("<http> (if|when) (none|nothing|no <items>|there is none|there is no <items>) [(is|are|was) <adjective>]", _none_status),
    ("<route> [MUST] [(works|answers|returns|is answered|are answered)] [(with)] <http> [with <phrase>]", _status("success")),
    ("(that|this|it) is what <phrase> is for", _context),
    ("[the] (requirement levels|key words|keywords|requirement words|words) [LP <inside> RP] [<phrase>] [, <phrase>] [, <phrase>] [, <phrase>] [, <phrase>] (are to be interpreted as|are used as) <rest>", _context),
    ("[the] (requirement levels|key words|keywords|requirement words) [LP <inside> RP] (follow|are used as in|are to be interpreted as [described] in|mean what) <rest>", _context),
    ("(this|that|it) is (the|a|our|only the|only a) (first|second|initial|early|small|simple) (version|draft|attempt|step|release|iteration|prototype|part|sketch) [<rest>]", _context),
    ("(it|this|the service|the system) runs <phrase>", _context),
    ("(we|i) [(also)] (run|are|have|organise|organize|coordinate|work|operate|manage|own|hire out|rent out|sell|am|teach|use|keep) <rest>", _context),
    # --- statuses of requests
    ("(invalid|bad|malformed|wrong|incomplete|faulty) (body|bodies|input|data|request|requests|values|bodies|parameters|payload|payloads|fields) [(is|are|gets|get|gives|give|MUST be|results in|lead to|leads to|:|→)] [(answered|refused|rejected|answer)] [(with|by)] [(a|an)] <number> [(bad request)] [with <rest>]", _status("invalid")),
    ("[(an|a|any)] (invalid|bad|malformed|wrong|incomplete) <phrase> (gets|get|gives|is answered with|are answered with|results in|→|:|is refused with) [a|an] <number> [with <rest>]", _status("invalid")),
    ("[(all|any|every)] (validation errors|validation error|[validation] (errors|error|mistakes|mistake|problems|faults) (in|of|with|within) [(a|an|the|any)] [request] (body|bodies|input|inputs|data|fields|values|request|requests|payload)|invalid data) (gives|give|get|are|is|return|returns|mean|means|yield|yields|result in|lead to|(are|is) (answered|refused|rejected|reported) (with|as)|→|:) [(a|an)] <number>", _status("invalid")),
    ("(unknown|missing|nonexistent|non-existing|non-existent|not existing|not found) [<phrase>] (is|are|gets|get|gives|give|results in|result in|lead to|:|→) [(answered|refused)] [(with)] [a|an] <number>", _status("missing")),
    ("<route> (answers|answer|returns|return|replies|reply|gives|yields|responds|responds with|gets) [(with)] [an|a] <number> [with <phrase>]", _status("success")),
    ("(all|every) (dates|times|timestamps) (is|are) [(in|given in|sent as|formatted as)] <rest>", _context),
    ("(dates|times|timestamps) (is|are|use|follow) <rest>", _context),
    ("[the] (answers|responses|bodies|data|everything) (is|are|uses|use) [(in|sent as|exchanged as)] json [<rest>]", _context),
    ("(there is|there are) <phrase> (already|at the moment|today)", _context),
)  # fmt: skip
