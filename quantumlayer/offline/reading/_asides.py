"""Words that ask for nothing: greetings, reasons, the story behind the request."""

from __future__ import annotations

from collections.abc import Iterable

from quantumlayer.offline.reading._clauses import Recogniser
from quantumlayer.offline.reading._definitions import Situation
from quantumlayer.offline.reading._facts import Context, Fact, Status
from quantumlayer.offline.reading._patterns import Captures
from quantumlayer.offline.reading._routes import Route

__all__ = ["ASIDES"]


def _context(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Context()]


def _status(case: str) -> Recogniser:
    def build(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
        route = captures.get("route") or situation.route
        number = captures.get("number") or situation.extra.get("status")
        if number is None:
            return None
        return [Status(case, int(number), route if isinstance(route, Route) else None)]

    return build


_SERVICE = "(service|api|backend|system|app|application|tool|program|web service|rest api|restful service|software|server|http api|rest service|microservice|site|website|platform|product)"
_WANT = "(want|wants|need|needs|would like|would love|wish|build|make|create|write|develop|implement|are looking for|looking for|please build|please make)"

ASIDES: tuple[tuple[str, Recogniser], ...] = (
    ("(dear|hi|hello|hey|good morning|good day) [<phrase>]", _context),
    ("[(with )] (kind|best|many|warm) regards [<rest>]", _context),
    ("(thanks|thank you|cheers|yours|yours sincerely|sincerely|best) [<rest>]", _context),
    ("with kind regards [<rest>]", _context),
    (f"[(we|i|they|people|somebody)] {_WANT} [(us|me|you)] [to] [(build|have|see|get|make)] [us] [(a|an|the|some)] [(small|simple|tiny|little|new|good|restful|rest|web|http|modern|minimal|basic)] [(small|simple|web|rest|http|json)] <phrase>", None),
    ("(we|i) [(also)] (run|are|have|organise|organize|coordinate|work|operate|manage|own|hire out|rent out|sell|am|teach|use|keep) <rest>", _context),
    ("<status_word> [(for|with|when|if|on)] <rest>", None),
    # --- statuses of requests
    ("(invalid|bad|malformed|wrong|incomplete|faulty) (body|bodies|input|data|request|requests|values|bodies|parameters|payload|payloads|fields) [(is|are|gets|get|gives|give|MUST be|results in|lead to|leads to|:|→)] [(answered|refused|rejected|answer)] [(with|by)] [(a|an)] <number> [(bad request)] [with <rest>]", _status("invalid")),
    ("[(an|a|any)] (invalid|bad|malformed|wrong|incomplete) <phrase> (gets|get|gives|is answered with|are answered with|results in|→|:|is refused with) [a|an] <number> [with <rest>]", _status("invalid")),
    ("(validation errors|validation error|errors in the body|invalid data) (gives|give|get|are answered with|result in|→|:) <number>", _status("invalid")),
    ("(unknown|missing|nonexistent|non-existing|non-existent|not existing|not found) [<phrase>] (is|are|gets|get|gives|give|results in|result in|lead to|:|→) [(answered|refused)] [(with)] [a|an] <number>", _status("missing")),
    ("<route> (answers|answer|returns|return|gives|responds|responds with|gets) [(with)] [an|a] <number> [with <phrase>]", _status("success")),
    ("[(or|and)] <number> [(if|when|for|with|otherwise|not found|no content|in case) [<rest>]]", None),
    ("(all|every) (dates|times|timestamps) (is|are) [(in|given in|sent as|formatted as)] <rest>", _context),
    ("(dates|times|timestamps) (is|are|use|follow) <rest>", _context),
    ("[the] (answers|responses|bodies|data|everything) (is|are|uses|use) [(in|sent as|exchanged as)] json [<rest>]", _context),
    ("(there is|there are) <phrase> (already|at the moment|today)", _context),
)
ASIDES = tuple((text, function) for text, function in ASIDES if function is not None)
