"""What people do by calling a route, what becomes of the item, and when that is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import (
    Context,
    Does,
    Fact,
    Operation,
    Refused,
    Said,
    Sets,
    States,
    StepByStep,
    Transition,
)
from quantumlayer.offline.reading.language._patterns import Captures, Reader, SlotFunction
from quantumlayer.offline.reading.language._terms import AS_BEFORE, Being, Items, Literal, Moment
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.sentences._behaviours import BEHAVIOUR_SLOTS, _states
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._refusals import _REFUSED
from quantumlayer.offline.reading.text._lexicon import PREPOSITIONS
from quantumlayer.offline.reading.text._routes import Route, acts_on_item
from quantumlayer.offline.reading.text._words import participle, verb

__all__ = ["DEEDS", "DEED_SLOTS"]

"""Least parts of a path that does something to an item: /machines/{id}/start."""


# --- slots ---------------------------------------------------------------------------------------


def _agent(reader: Reader, at: int) -> Iterator[tuple[bool, int]]:
    """Who does it, in up to six words: `the manager`, `the officer of the watch`, `pupils`."""
    for end in range(at + 1, min(at + 7, len(reader.tokens))):
        token = reader.tokens[end - 1]
        if token.kind != "word" or token.low in frozenset(
            "not never no nobody only if when".split()
        ):
            return
        if token.forms and "third" not in token.forms and end == at + 1:
            return
        pronoun = reader.low(end - 2) in {"i", "we", "you", "they"} and end - 2 >= at
        if "base" in token.forms and pronoun:
            return  # `we read …` is a clause of its own
        if token.low not in PREPOSITIONS | {"the", "a", "an"}:
            yield True, end


def _step(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """A verb in the present, with its particle."""
    if at >= len(reader.tokens) or reader.tokens[at].kind != "word":
        return
    found = verb(reader.low(at))
    if found is not None and found.forms & {"base", "third"}:
        if reader.low(at + 1) in {"in", "out", "up", "off", "down", "back", "over", "away"}:
            yield f"{found.base}-{reader.low(at + 1)}", at + 2
        yield found.base, at + 1


def _chain(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """`new → in_progress → fixed`: states in their order."""
    states: list[str] = []
    end = at
    while end < len(reader.tokens) and reader.tokens[end].kind in {"word", "name", "quote"}:
        token = reader.tokens[end]
        states.append(str(token.value if token.kind != "word" else token.text))
        end += 1
        if reader.low(end) != "→":
            break
        end += 1
    if len(states) > 1 and reader.low(end - 2) == "→":
        yield tuple(states), end


def _quoted_states(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """States in quotation marks, which need not be known."""
    yield from _states(reader, at)


DEED_SLOTS: dict[str, SlotFunction] = {
    **BEHAVIOUR_SLOTS,
    "agent": _agent,
    "chain": _chain,
    "stations": BEHAVIOUR_SLOTS["in_turn"],
    "step": _step,
    "stated": _quoted_states,
}


# --- functions -----------------------------------------------------------------------------------


def _status(situation: Situation) -> int | None:
    status = situation.extra.get("status")
    return status if isinstance(status, int) else None


def _entity(situation: Situation) -> str | None:
    for key in ("topic", "spoken"):
        name = situation.extra.get(key)
        if isinstance(name, str) and name != (situation.vocabulary.users or "User"):
            return name
    return None


def _deed(route: Route) -> str:
    return route.segments[-1].lower()


def _context(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Context()]


def _does_by(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The attendant starts a machine with POST …`, `rejects it (POST …)`: another word for it."""
    route = captures["route"]
    if not acts_on_item(route):
        return None
    facts: list[Fact] = [Does(route, captures["step"], None)]
    items = captures.get("items")
    entity = items.entity if items is not None and items.entity else _entity(situation)
    when = captures.get("timing")
    if when is not None and entity is not None:
        operation = Operation((_deed(route),), object=Items(entity))
        facts.append(Refused(operation, when, only=True, status=_status(situation)))
    return facts


def _becomes(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… , after which its status is "closed"`: where the route spoken of leads."""
    states = captures["stated"]
    if any(not isinstance(state, str) for state in states):
        return None
    routes = [each for each in situation.extra.get("routes", ()) if acts_on_item(each)]
    route = situation.route if acts_on_item(situation.route) else None
    items: Items | None = captures.get("items")
    if items is not None and (items.many or items.where):
        return None
    if len(states) == 1 and route is not None and len(routes) <= 1:
        return [Transition(states[0], (), route, None, items, _status(situation))]
    return [States(None, (), tuple(states))]


def _initial(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Its status is "booked"`, `new bugs always get status new`, `every release begins life as a draft`."""
    items: Items | None = captures.get("items")
    if items is not None and items.entity is None and items.words[:1] not in {("it",), ("they",)}:
        return None
    if items is not None and items.where:
        return None
    state = captures["state"]
    if not isinstance(state, str) or (state,) in situation.vocabulary.fields:
        return None  # a riddle has a `text`: a field
    owner = Items(_entity(situation)) if items is None or items.entity is None else items
    return [States(owner, (), (state,), initial=state)]


def _named_states(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`(statuses "paused" and "active")`."""
    return [States(None, (), tuple(str(each) for each in captures["stated"]))]


def _sets_now(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`i.e. puts the current time into sent_at`."""
    route = captures.get("route") or situation.route
    route = route if acts_on_item(route) else None
    return [Sets((captures["name"],), Moment("now"), route)]


def _times_set(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Both times are recorded by the server (`checked_in_at`, `checked_out_at`)`."""
    names = [str(token.value) for token in captures["inside"] if token.kind == "name"]
    return [Sets((name,), Moment("now"), None) for name in names] if names else None


def _turns(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Calling POST … turns it to true`."""
    route = captures.get("route") or situation.route
    if not acts_on_item(route) or not isinstance(captures["literal"], bool):
        return None
    return [Sets(("flag",), Literal(captures["literal"]), route)]


def _marked(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST …/buy marks an item as bought`: what is done by the route stays known of the item."""
    route = captures.get("route") or situation.route
    if not acts_on_item(route):
        return None
    return [Does(route, "mark", captures.get("items"))]


def _at_creation(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`started_at is the time of the request`: the service sets it when the item is made, or by the action."""
    if acts_on_item(situation.route) and situation.extra.get("has_route"):
        return [Sets((captures["name"],), Moment("now"), situation.route)]
    return [Said(((captures["name"],),), None, (Trait("system"),))]


def _at_first(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The flag is false when a parcel is registered`."""
    return [Said((captures["field"].words,), None, (Trait("default", captures["literal"]),))]


def _sets_there(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… with POST …, which sets afloat to true`."""
    if not acts_on_item(situation.route):
        return None
    return [Sets(captures["field"].words, Literal(captures["literal"]), situation.route)]


def _op_refused(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Closing what is closed, or reopening what is open, is an error`."""
    facts: list[Fact] = []
    for name in ("op", "second"):
        operation: Operation = captures[name]
        condition, holds = captures.get("when", (None, True))
        conditions = operation.object.where if operation.object is not None else ()
        if condition is None and not conditions and not operation.again:
            return None
        facts.append(Refused(operation, condition, only=not holds, status=_status(situation)))
    return facts


def _makes_no_sense(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Starting makes no sense while it is running`; kept for `stopping only while it is`."""
    condition, holds = captures["when"]
    return [Refused(captures["op"], condition, only=not holds, status=_status(situation))]


def _only_then(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… , stopping only while it is`: the condition named before."""
    return [
        Refused(captures["op"], AS_BEFORE, only=not captures.get("not"), status=_status(situation))
    ]


def _spoken_routes(situation: Situation) -> Sequence[Route]:
    routes = [each for each in situation.extra.get("routes", ()) if acts_on_item(each)]
    return routes or [
        each for each in situation.extra.get("routes_before", ()) if acts_on_item(each)
    ]


def _each_once(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Each of the two happens only once`."""
    entity = _entity(situation)
    routes = _spoken_routes(situation)
    if not routes or entity is None:
        return None
    return [
        Refused(
            Operation((_deed(route),), object=Items(entity), again=True),
            None,
            status=_status(situation),
        )
        for route in routes
    ]


def _done_once(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`An item is claimed once`."""
    operation = Operation(captures["dones"], subject=captures["items"], passive=True, again=True)
    return [Refused(operation, None, status=_status(situation))]


def _not_before(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Nobody can check out without having checked in first`."""
    entity = _entity(situation)
    if entity is None:
        return None
    done = captures["done"]
    words = tuple(participle(done).split())
    operation = Operation(captures["dos"], object=Items(entity))
    return [Refused(operation, Being(Items(entity), words), only=True, status=_status(situation))]


def _no_way_back(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`From "cancelled" there is no way back`: nothing is done to such an item."""
    entity = _entity(situation)
    state = captures["state"]
    if entity is None or not isinstance(state, str):
        return None
    when = Being(Items(entity), tuple(state.lower().split()))
    refused = Refused(
        Operation(("every-action",), object=Items(entity)), when, status=_status(situation)
    )
    return [States(Items(entity), (), (state,)), refused]


def _any_further(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Any further pick-up of it must fail`."""
    entity = _entity(situation)
    if entity is None:
        return None
    operation = Operation((captures["do"],), object=Items(entity), again=True)
    return [Refused(operation, None, status=_status(situation))]


def _stepwise(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… may only move one step along new → in_progress → fixed`."""
    entity = _entity(situation)
    if entity is None:
        return None
    chain = captures.get("chain", ())
    facts: list[Fact] = [StepByStep(entity, _status(situation))]
    if chain:
        facts.append(States(Items(entity), (), tuple(chain), initial=chain[0], flow=True))
    return facts


def _one_on(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST /orders/{id}/advance moves it one step on: new, packed, sent`."""
    route: Route = captures["route"]
    states: tuple[str, ...] = captures["states"]
    if not acts_on_item(route):
        return None
    owner = Items(_entity(situation))
    return [
        States(owner, (), states, initial=states[0]),
        *(Transition(to, (before,), route, None, None) for before, to in pairwise(states)),
    ]


def _next(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST /orders/{id}/advance puts it into its next status`, whichever these are."""
    route: Route = captures["route"]
    return [Transition(None, (), route)] if acts_on_item(route) else None


def _kept_by_service(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Said((("status",),), None, (Trait("system"),))]


def _route_makes(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`except that POST /orders/{id}/drop sets it to "dropped" from wherever it is`."""
    states = captures["stated"]
    route: Route = captures["route"]
    if len(states) != 1 or not isinstance(states[0], str) or not acts_on_item(route):
        return None
    return [Transition(states[0], (), route, None, None, _status(situation))]


_STEPS = "(moves|advances|takes|brings|pushes|steps|puts|carries|shifts|sends|gives|goes|sets|switches|promotes|lifts|leads|passes)"
_AFTER = "[,] [and] [((after|upon|with|by|through) which|whereupon|thereby|then|which means that|and then|so)]"
_THE_STATUS = "(its|the|their|this sets the|that sets the) (status|state)"
_VIA = "(with|by|via|through|using|calling|by calling|over|:|-|LPAREN)"
_FIRST = "(at first|first|initially|to begin with|in the beginning|to start with|when new|from the start|straight away|immediately|right away|at once|from the beginning|by default|at the beginning|straightaway|until then|for now)"
_ANY_STATUS = "[(to|into)] [(any other|another|any)] [(status|state|of the others)]"

DEEDS: tuple[tuple[str, Recogniser], ...] = (
    # --- who does it by which route
    (
        f"[<agent>] [(CAN|MUST)] [(either|then|also)] <step> [(it|them|one|<items>)] [(off|up|out|down|back|away|over|again|for good|later|early|once and for all|definitively|temporarily)] {_VIA} <route> [RPAREN] [<timing>]",
        _does_by,
    ),
    ("[<agent>] [(then|simply)] (calls|call|uses|use|sends|send|hits|goes to|invokes) <route>", _context),
    ("[(when|once|if)] [<agent>] <step> [<agent:ignored>] , [<agent:more>] (calls|call|uses|use) <route>", _context),
    ("(when|once|as soon as) [(the|a|an)] <agent> <step> [up] [the <noun>]", _context),
    # --- what becomes of it
    ("[(a|an|each|every|any|the)] (new|fresh|brand-new|(newly|freshly|just) <done>) <items> (is|are) [(always|at first|first|initially)] <state>", _initial),
    (f"{_AFTER} {_THE_STATUS} [then] (is|becomes|become|reads|turns to|turns into|goes to|changes to|switches to|will be|is set to|says|moves to) [then] <stated>", _becomes),
    (f"{_AFTER} (it|they|<items>) [then] (is|becomes|become|are|counts as|turns|goes) [then] <stated>", _becomes),
    (f"{_THE_STATUS} (is|starts as|begins as|starts out as|starts at|starts with|is at first) <state> [{_FIRST}]", _initial),
    ("(status|state) (starts as|begins as|starts out as|starts at|starts with) <state>", _initial),
    (f"(my|our|<items>) [<noun>] (is|are) <state> {_FIRST}", lambda c, s: _initial({k: v for k, v in c.items() if k != "noun"}, s)),
    ("[new] <items> [always] (get|gets|has|have|is given|are given|receive|receives|carry|carries) [(the|a)] [(status|state)] <state> [(at first|first|initially)]", _initial),
    ("<items> (begins|begin|starts|start) [(its|their)] [(life|out|off)] (as|in|with|at) [(a|an|the)] [(status|state)] <state>", _initial),
    ("[LPAREN] (statuses|states|status|state) <stated> [RPAREN]", _named_states),
    ("[(i.e|that is|it|this|and|which|the call|calling it)] [.] [,] (puts|put|writes|write|stores|records|enters|notes|saves|sets) (the current time|the current date|now|the time|the moment|the date|the current moment|the present time) (into|in|to|as|under) <name>", _sets_now),
    ("[and] the (moment|time|date) [(too|as well|also)] [,] (as|in) <name>", _sets_now),
    ("[(both|the|these|all)] (times|dates|moments|timestamps) (is|are) (recorded|set|filled in|stored|noted|kept|written down|taken) [by (the server|the service|the system|us)] LPAREN <inside> RPAREN", _times_set),
    ("[,] [and] (which|that|this|it) [(then|thereby)] (sets|turns|switches|puts|flips|changes) <field> to <literal>", _sets_there),
    ("<route> [MUST] (marks|mark|flags|flag|ticks|tick) (it|them|<items>) [off] as <phrase:ignored>", _marked),
    ("(with|by|through|via|calling|using) <route> [,] (<items>|it|one|you) [CAN] (is|are|be|get|gets) (marked|flagged|ticked) [off] as <phrase:ignored>", _marked),
    ("<items> [CAN] (is|are|be|get|gets) (marked|flagged|ticked) [off] as <phrase:ignored> (with|by|through|via|calling|using) <route>", _marked),
    ("[calling] <route> (turns|flips|sets|switches|changes|puts|makes) (it|this|that|the flag|the switch) [over] [to] <literal>", _turns),
    ("<items> (stays|stay|remains|remain) (in|on) (the|our|its) (list|system|register|books|archive|record|records) [(then|though)]", _context),
    ("(whatever|what|everything that|anything that) (was|has been|is) <done> [once] [(before|already)] (stays|remains|is kept|stands) [(on record|in the list|there|as it is|on file)]", _context),
    ("(before that|until then|at first|before|initially) (both|all|they|these|it|all of them) (is|are) (null|empty|unset)", _context),
    ("<name> (is|holds|gets|becomes|contains) the (time|moment|date|day) (of|at) [(the|its|this)] (request|call|creation|booking|recording|entry|saving|arrival|registration|which it is created)", _at_creation),
    ("[(the|a)] (client|caller|user|body) (sends|gives|enters|provides|sets) only <names>", _context),
    ("(creating|adding|recording|entering) <items> (means|is the same as|amounts to) <phrase>", _context),
    ("<field> (is|are) <literal> (when|for|until|as long as) [(a|an|the)] [new] <items> (is|are|has been|was) [first] (registered|created|added|entered|made|new|recorded|stored|announced|set up)", _at_first),
    ("[the] <noun> is (stored|kept|saved|recorded|written down)", _context),
    # --- refused
    (f"<op> [,] (or|and|nor|as well as) <op:second> [,] {_REFUSED} [<when>]", _op_refused),
    ("<op> (makes|make) (no|little) sense <when>", _makes_no_sense),
    ("<op> [(makes sense|works|is possible|is allowed)] only (while|when|if|as long as) (it|they|one) (is|are|does|do|has|have)", _only_then),
    ("<op> [(makes sense|works|is possible|is allowed)] only (while|when|if|as long as) (it|they|one) (is|are|does|do|has|have) not", lambda c, s: _only_then({**c, "not": True}, s)),
    ("(both|all|each|either|every one) [(of (them|these|the two|the three|the steps|the actions)|action|step)] [(happens|happen|is possible|are possible|works|work|is done|can be done|can happen|takes place)] [only] [exactly] once [only]", _each_once),
    ("<items> (is|are|gets|get|CAN be) [(only|just)] <dones> [(only|just|exactly)] once [(only|ever)]", _done_once),
    ("(nobody|no one|you|one|people|<items>) [CAN] [not] <dos> [<items:object>] without [(having|being|it having|it being)] [been] <done> [(it|them)] [(first|before|beforehand)]", _not_before),
    (f"from <state> there is no [way] [(back|out|return)] {_ANY_STATUS}", _no_way_back),
    (f"(there is no|no) way (back|out) (from|of) <state> {_ANY_STATUS}", _no_way_back),
    ("<state> (is|are) [(a|an|the)] (final|last|terminal|end|closing) [(status|state|one)] [and nothing leads (out of|away from) it]", _no_way_back),
    (f"[(any|every|a|each)] (further|second|repeated|later|other|new) (<do>|attempt to <do>) [(of|on|for|to)] [(it|them|<items>)] {_REFUSED}", _any_further),
    ("<names> (repeat|repeats|recur|may repeat|can repeat) from <noun> to <noun:x>", _context),
    # --- one step after the other
    (
        f"<route> (moves|advances|takes|brings|pushes|steps|puts|carries|shifts|sends) [(it|{_THE_STATUS}|<items>)] [(on|forward|along|up|ahead)] [by] [exactly] (one|a|a single|the next) (step|state|stage|status|place) [(on|further|forward|along|up|ahead|onward|onwards)] [(at a time|each time)] [(in|along|of|through|down)] [(this|the) (order|chain|row|sequence|line|list)] [:] <stations:states>",
        _one_on,
    ),
    (
        f"<route> [,] [{_STEPS}] [(it|{_THE_STATUS}|the <items>)] [(on|forward|along|up|ahead)] [(to|into|in|by)] [(its|the|their)] next [(step|state|status|stage|one|station)] [of these]",
        _next,
    ),
    ("<route> [MUST] (sets|set|puts|put|gives|give|writes|write) <stated> [(again|back|once more)]", _route_makes),
    ("<route> [,] (the|a|an) <items> [,] [(now|then)] [(as|in|with|now|then)] [(the|a)] [(status|state)] <stated>", _route_makes),
    (
        f"<route> {_STEPS} [(it|{_THE_STATUS}|<items>)] [(on|forward|along|up|ahead|further)] [by] [exactly] (one|a|a single) (step|state|status|stage|station|place) [(on|further|forward|along|up|ahead|onward|onwards|each time|at a time)]",
        _next,
    ),
    (
        f"[,] [(except|but) [that]] <route> (sets|puts|turns|changes|moves|switches) (it|{_THE_STATUS}|<items>) [(to|into|in)] <stated> [,] (from (wherever|whatever|any|every|whichever) <rest>|whatever <rest>|no matter <rest>|at any (time|point|stage))",
        _route_makes,
    ),
    ("(after|behind|beyond|past) <stated> there (is|are) (no|not any) (further|other|more|next) (step|steps|state|states|stage|stages)", _context),
    (f"{_THE_STATUS} CANNOT be (set|changed|altered|written|chosen|given|edited) (in any other way|otherwise|in other ways|any other way|by hand|directly|in a request|by clients|from outside) [, <rest>]", _kept_by_service),
    ("[(it|the status|its status|the state|their status)] [CAN] [may] only (move|go|advance|change|be moved|step) [(forward|on|along)] (one step|one by one|step by step|a step|one state) [(at a time|further|forward)] [(along|through|in|of)] [the] [(chain|order|row|sequence|line)] [:] <chain>", _stepwise),
    ("[(it|the status|its status|the state|their status)] [CAN] only (move|go|advance|change|step) [(forward|on|along)] (one step|step by step|a step|one state) [(at a time|further|forward)]", _stepwise),
    (f"(skipping|leaving out|jumping over|omitting) (a step|steps|states|a state|one) {_REFUSED}", _stepwise),
    ("[and] so (is|are|does) (going|moving|stepping) (backwards|back|backward)", _stepwise),
    (f"[and] (going|moving|stepping) (backwards|back|backward) {_REFUSED}", _stepwise),
    ("(the|its|their) (status|state) is changed (with|by|through|via) [a|an] [plain] [ordinary] patch [(on|of|to) [the|a|an] <items>]", _context),
)  # fmt: skip
"""Actions, the states they lead to, and what refuses them."""
