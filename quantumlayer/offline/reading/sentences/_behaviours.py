"""Sentences about states, actions, what they change, and values that are worked out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import (
    Cascade,
    Context,
    Counts,
    Does,
    Fact,
    Fields,
    Figures,
    Inclusive,
    Means,
    Never,
    Operation,
    Redirects,
    Refused,
    Said,
    Sets,
    States,
    Thing,
    Touches,
    Transition,
    Wants,
    Winner,
    Worked,
)
from quantumlayer.offline.reading.language._fieldlists import read_fields
from quantumlayer.offline.reading.language._patterns import Captures, Reader, SlotFunction
from quantumlayer.offline.reading.language._terms import (
    AnyOf,
    Arithmetic,
    Being,
    Call,
    Condition,
    Count,
    Elapsed,
    FieldOf,
    Fold,
    Items,
    Literal,
    Moment,
    Value,
)
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.sentences._definitions import Situation, done_on
from quantumlayer.offline.reading.sentences._gates import owner_of
from quantumlayer.offline.reading.sentences._phrases import _quoted
from quantumlayer.offline.reading.sentences._refusals import REFUSAL_SLOTS
from quantumlayer.offline.reading.text._lexicon import NUMBER_WORDS
from quantumlayer.offline.reading.text._routes import Route, acts_on_item
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import plural, singular, split_name

__all__ = ["BEHAVIOURS", "BEHAVIOUR_SLOTS", "COUNTING"]


# --- slots ---------------------------------------------------------------------------------------


def _state(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """A state: a quoted word, or one that is known as a value."""
    whole = f"{reader.low(at)} {reader.low(at + 1)}"
    if whole in reader.context.vocabulary.states:  # in care, on hold
        yield whole, at + 2
    start = at
    if reader.low(start) in {"the", "a"}:
        start += 1
    if reader.low(start) in {"status", "state"}:
        start += 1
    if reader.low(start) in {"as", "to", "into", "in"}:
        start += 1
    for value, end in _quoted(reader, start):
        if isinstance(value, str | bool):
            yield value, end  # type: ignore[misc]
    vocabulary = reader.context.vocabulary
    for length in (2, 1):
        words = [token.low for token in reader.tokens[start : start + length]]
        if len(words) < length or any(
            token.kind != "word" for token in reader.tokens[start : start + length]
        ):
            continue
        for joined in (" ".join(words), "_".join(words), "-".join(words)):
            if joined in vocabulary.states:
                yield joined, start + length
                break


def _states(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    for first, end in _state(reader, at):
        joined = end
        while reader.low(joined) in {",", "or", "and"}:
            joined += 1
        if joined > end:
            for more, stop in _states(reader, joined):
                yield (first, *more), stop
        yield (first,), end


def _adjective(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    if at < len(reader.tokens) and reader.tokens[at].kind in {"word", "quote", "name"}:
        token = reader.tokens[at]
        if reader.low(at + 1) in {"in", "out", "up"} and token.kind == "word":
            yield f"{token.low} {reader.low(at + 1)}", at + 2
        yield str(token.value or token.low).lower(), at + 1


def _moment_word(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """`now`, `the current time`, `today`."""
    for words, name in (
        (("now",), "now"), (("today",), "today"), (("the", "current", "time"), "now"),
        (("the", "current", "date"), "today"), (("the", "current", "moment"), "now"),
        (("the", "present", "time"), "now"), (("the", "current", "timestamp"), "now"),
        (("current", "time"), "now"), (("the", "time"), "now"), (("that", "moment"), "now"),
        (("the", "current", "day"), "today"), (("the", "moment"), "now"),
    ):  # fmt: skip
        if tuple(token.low for token in reader.tokens[at : at + len(words)]) == words:
            yield name, at + len(words)


_FIGURES = frozenset(
    "figures figure numbers counts values averages average statistics totals".split()
)


def _figure_words(reader: Reader, at: int) -> Iterator[tuple[bool, int]]:
    """`both figures`, `the two numbers`, `these counts`."""
    start = at
    while reader.low(start) in {"both", "the", "these", "all", "two", "three", "of", "such"}:
        start += 1
    if reader.low(start) in _FIGURES:
        yield True, start + 1


BEHAVIOUR_SLOTS: dict[str, SlotFunction] = {
    **REFUSAL_SLOTS,
    "adjective": _adjective,
    "clock_now": _moment_word,
    "figures": _figure_words,
    "state": _state,
    "day": lambda reader, at: [(True, at + 1)] if reader.low(at) in {"day", "today"} else [],
    "in_turn": lambda reader, at: _stations(reader, at),
    "led": lambda reader, at: _led(reader, at),
    "states": _states,
    "superlative": lambda reader, at: _superlative(reader, at),
}


# --- functions -----------------------------------------------------------------------------------


def _route(captures: Captures, situation: Situation) -> Route | None:
    route = captures.get("route") or situation.route
    return route if isinstance(route, Route) else None


def _status(situation: Situation) -> int | None:
    status = situation.extra.get("status")
    return status if isinstance(status, int) else None


def _from_states(items: Items | None) -> tuple[str, ...]:
    """`a ticket that is new or assigned`: the states that it says."""
    if items is None:
        return ()
    found: list[str] = []

    def collect(condition: Condition) -> None:
        match condition:
            case Being(words=words, negated=False):
                found.append(" ".join(words))
            case AnyOf(parts=parts):
                for part in parts:
                    collect(part)
            case _:
                pass

    for condition in items.where:
        collect(condition)
    return tuple(found)


def _makes(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST … makes a resolved ticket "closed"`, `turns a "draft" into "sent"`."""
    items: Items | None = captures.get("items")
    sources = captures.get("sources") or _from_states(items)
    route = _route(captures, situation)
    to = captures["to"]
    others = items is not None and "other" in items.words
    if isinstance(to, bool) or others:
        return None  # all other claims become rejected: not the one at hand
    return [Transition(to, tuple(sources), route, captures.get("do"), items, _status(situation))]


def _make_each(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST …/publish or POST …/reject turns a "pending" review into "published" or "rejected"`."""
    routes, targets = captures["routes"], captures["targets"]
    if len(routes) != len(targets) or len(routes) < 2:
        return None
    items: Items = captures["items"]
    sources = _from_states(items)
    return [
        Transition(str(to), sources, route, None, items, _status(situation))
        for route, to in zip(routes, targets, strict=True)
    ]


def _makes_in_brackets(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A mechanic takes it on (POST /orders/{id}/start), which makes it "in_progress"`."""
    route: Route = captures["route"]
    if not acts_on_item(route) or isinstance(captures["to"], bool):
        return None
    facts: list[Fact] = [
        Transition(captures["to"], (), route, None, captures.get("items"), _status(situation))
    ]
    phrases = read_fields(captures.get("body", ()), situation.known)
    if phrases:
        facts.append(Fields(Thing(()), tuple(phrases), route=route, part=True))
    return facts


def _makes_here(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… with POST /orders/{id}/collect, which makes it "collected"`."""
    routes = [route for route in situation.extra.get("routes", ()) if acts_on_item(route)]
    return (
        _makes_in_brackets({**captures, "route": routes[0]}, situation)
        if len(routes) == 1
        else None
    )


def _free_again(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… to "cancelled", and its quantity can be ordered by others again`: those no longer count."""
    reached, topic = situation.extra.get("reached"), situation.extra.get("topic")
    if reached is None or not isinstance(topic, str):
        return None
    return [Counts(Items(topic, (Being(None, (str(reached).lower(),)),)))]


def _two_states(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The status is "loaded" at first and "delivered" later`."""
    first, second = captures["first"], captures["second"]
    if not isinstance(first, str) or not isinstance(second, str):
        return None
    return [States(None, (), (first, second), initial=first)]


def _led(reader: Reader, at: int) -> Iterator[tuple[tuple[Token, ...], int]]:
    """What stands before a route in brackets: `when the work is done`."""
    for end in range(at + 1, min(at + 12, len(reader.tokens))):
        if reader.low(end) == "(":
            yield tuple(reader.tokens[at:end]), end
            return
        if reader.tokens[end].kind != "word":
            return


def _goes(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The status goes from "booked" to "cancelled"`."""
    return [
        Transition(
            captures["to"],
            captures["sources"],
            situation.route,
            None,
            captures.get("items"),
            _status(situation),
        )
    ]


def _sets_field(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`sets `open` to false`, `sets completed_at to the current time`."""
    value: Value
    if "clock_now" in captures:
        value = Moment(captures["clock_now"])
    elif "literal" in captures:
        value = Literal(captures["literal"])
    else:
        value = captures["value"]
    field: FieldOf = captures["field"]
    if isinstance(value, FieldOf) and value.words == field.words:
        return None
    return [
        Sets(field.words, value, _route(captures, situation), captures.get("doing"), field.owner)
    ]


def _moves_given(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The amount is taken off the balance`: what the body of the route spoken of gives."""
    if not acts_on_item(situation.route) or captures["noun"][-1].low in NUMBER_WORDS:
        return None
    value = FieldOf((captures["noun"][-1].low,))
    return _changes_by({**captures, "value": value, "doing": None}, situation)


def _paid(captures: Captures, situation: Situation, *, less: bool = False) -> Iterable[Fact] | None:
    """`POST /wallets/{id}/deposit with {"amount": 5} puts money in`: its number changes what there is."""
    route = captures.get("route") or situation.route
    if not acts_on_item(route):
        return None
    sent = [
        name
        for each, sketch in situation.extra.get("bodies", ())
        if each == route
        for name, value in sketch.members.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if not sent and situation.extra.get("lows", frozenset()) & {"amount"}:
        sent = ["amount"]
    field: FieldOf | None = captures.get("field")
    owner = owner_of(route, situation)
    draft = situation.extra.get("entities", {}).get(owner)
    held = [m for m in draft.fields.values() if m.words[-1] in _HELD] if draft is not None else []
    if field is None and len(held) == 1:
        field = FieldOf(held[0].words)
    if field is None or len(sent) != 1:
        return None
    amount = FieldOf(split_name(sent[0]))
    return _changes_by({**captures, "field": field, "value": amount, "less": less}, situation)


_HELD = frozenset("balance credit funds saldo stock".split())


def _happened(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The day this happens is stored as `accepted_on``, `accepted_on is the day on which it was accepted`."""
    word = captures.get("done") or captures.get("doing")
    route = situation.route if word is None and acts_on_item(situation.route) else None
    if word is None and route is None:
        return None
    moment = "today" if captures.get("day") else "now"
    return [Sets((captures["name"],), Moment(moment), route, word)]


def _clears(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Reopening empties done_at`."""
    route = _route(captures, situation) if "doing" not in captures else None
    return [Sets(words, Literal(None), route, captures.get("doing")) for words in captures["names"]]


def _sets_now(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`records the return date`: the date on which it happens."""
    route = _route(captures, situation)
    named = situation.extra.get("names", ())
    return [
        Sets(words if words[0] in named else done_on(words, route), None, route)
        for words in captures["names"]
    ]


def _sets_named(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`You note the time in exited_at`: a field that the service fills in."""
    return [Sets((captures["name"],), Moment("now"), situation.route)]


def _moves_clock(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST /entries/stop → stops the clock now`: the moment that the verb names."""
    words = (captures["does"],)
    if words not in situation.vocabulary.fields:
        return None
    return [Sets(words, Moment("now"), captures["route"])]


def _changes_by(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`adds the amount to the balance`, `increases the stock by one`."""
    field: FieldOf = captures["field"]
    sign = "-" if captures.get("less") else "+"
    amount: Value = captures.get("value") or Literal(1)
    current = FieldOf(field.words, field.owner)
    return [
        Sets(
            field.words,
            Arithmetic(sign, current, amount),
            _route(captures, situation),
            captures.get("doing"),
            field.owner,
        )
    ]


def _inverts(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    field: FieldOf = captures["field"]
    return [Sets(field.words, Literal("not"), _route(captures, situation), None, field.owner)]


def _stores_param(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The reason is stored in `rejection_reason``."""
    return [Sets((captures["name"],), None, situation.route, param=captures["noun"][-1].low)]


def _starts_as(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    items: Items | None = captures.get("items")
    return [States(items, (), (captures["to"],), initial=captures["to"])]


def _in_state(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A cancelled booking stays visible with the status "cancelled"`."""
    return [States(captures["items"], (), (captures["to"],))]


def _flow(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    values = captures["values"]
    if len(values) < 2:
        return None
    first = captures.get("first", values[0])
    if first not in values:
        return None
    return [States(None, (), tuple(values), initial=first, flow="first" not in captures)]


def _in_turn(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The status goes new, washing, ready`, `runs from new over washing to ready`: one after the other."""
    if captures.get("named", "status") not in {"status", "state"}:
        return None
    values = captures["in_turn"]
    return [States(captures.get("items"), (), values, initial=values[0], flow=True)]


def _stations(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """Three or more states in their order, with what joins them and what says that they come in turn."""
    states: list[str] = []
    words: list[str] = []
    for token in reader.tokens[at:]:
        joins = token.low in _IN_TURN or (token.kind == "mark" and token.low in {",", "→", "."})
        if joins and words:
            states.append(" ".join(words))
            words = []
        elif not joins and token.kind in {"word", "name", "quote"}:
            words.append(str(token.value or token.text))
        elif not joins:
            return
    states.extend([" ".join(words)] if words else [])
    single = all(len(state.split()) <= _LONGEST_STATE for state in states)
    if single and len({*states}) == len(states) > 2:
        yield tuple(states), len(reader.tokens)


_ORDERED = frozenset({"order", "turn", "after"})
_LONGEST_STATE = 2
_IN_TURN = frozenset(
    "and then over via through to into finally at last lastly in this that order turn one after the other each"
    " before next from up by row strictly by".split()
)


def _means(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    items: Items = captures["items"]
    return [Means(items.entity, captures["adjective"], captures["condition"])]


def _means_operation(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Withdrawing means deleting the enrolment`."""
    items: Items = captures["items"]
    situation.extra["operation"] = Operation((captures["other"],), object=items)
    return [Means(items.entity, captures["doing"], operation=(captures["other"], items.entity))]


def _empty_while(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`While the car is inside, exited_at and fee are empty`."""
    names = captures["names"]
    return [
        Means(None, captures["adjective"], field=names[0]),
        *(Sets(words, None, None, param="empty") for words in names),
    ]


def _counts_not(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Counts(captures["items"])] if captures["items"].where else None


def _figures(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Both figures count published reviews only`."""
    items: Items = captures["items"]
    return [Figures(items)] if items.entity is not None and items.where else None


def _counts_only(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Counts(captures["items"], negated=False)] if captures["items"].where else None


def _worked(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`total is the sum of all amounts`, `amount is quantity times unit price`."""
    field: FieldOf = captures["field"]
    value: Value = captures["value"]
    if isinstance(value, Literal | Moment) or (
        isinstance(value, FieldOf) and not captures.get("sure")
    ):
        return None
    if isinstance(value, FieldOf) and value.words == field.words:
        return None
    decimals = captures.get("decimals")
    return [
        Worked(
            field.words,
            value,
            field.owner,
            once=bool(captures.get("once")),
            decimals=int(decimals) if decimals is not None else None,
            fallback=captures.get("fallback"),
        )
    ]


_SUPERLATIVES = {
    "highest": "max", "best": "max", "largest": "max", "top": "max", "lowest": "min",
    "cheapest": "min", "smallest": "min",
}  # fmt: skip


def _superlative(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    function = _SUPERLATIVES.get(reader.low(at))
    if function is not None:
        yield function, at + 1


def _winner(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`winner_id names the highest bidder`: who made the item with the highest number."""
    agent = captures["agent"][-1].low
    made = {
        entity
        for word, entity in situation.vocabulary.verbs.items()
        if agent.startswith(word[:3])
        and agent.removesuffix("er").removesuffix("or") in _stems(word)
    }
    if len(made) != 1 or not isinstance(situation.route, Route):
        return None
    return [Winner((captures["name"],), made.pop(), captures["superlative"], situation.route)]


def _stems(word: str) -> set[str]:
    """`bid` as in bidder, `vote` as in voter."""
    return {word, word + word[-1], word.removesuffix("e"), f"{word[:-1]}i"}


def _extreme(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`current_price, which is the start price while there are no bids`: else the highest bid's."""
    field: FieldOf = captures["field"]
    parts: Items = captures["parts"]
    words = str(field.words[0]).lower().replace("_", " ").split() if field.words else []
    functions = {"lowest": "min", "minimum": "min", "cheapest": "min", "least": "min"}
    known = {"current", "highest", "maximum", "best", "top", "leading", "greatest"}
    function = next((functions[word] for word in words if word in functions), "")
    if not function and known & set(words):
        function = "max"
    if not function or parts.entity is None:
        return None
    value = Fold(function, FieldOf(()), Items(parts.entity))
    return [Worked(field.words, value, field.owner, fallback=captures["fallback"])]


def _named_value(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The total of an order is the sum of …`: a value that perhaps nothing has named before."""
    items: Items | None = captures.get("items")
    value: Value = captures["value"]
    if not isinstance(value, Fold | Arithmetic | Count | Elapsed) or (items and items.where):
        return None
    called: tuple[Token, ...] = captures.get("called") or captures["name"]
    words = tuple(str(each.value) if each.kind == "name" else each.low for each in called)
    if situation.vocabulary.lexicon.find(list(words)) is not None:
        return None
    decimals = captures.get("decimals")
    owner = items if items is not None and items.entity is not None else None
    return [Worked(words, value, owner, decimals=int(decimals) if decimals is not None else None)]


def _called_so(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The system works it out and shows it as net_weight`: of a value that was explained before."""
    words = tuple(
        str(each.value) if each.kind == "name" else each.low for each in captures["called"]
    )
    return [Said((words,), None, (Trait("system"),))]


def _copied(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    field: FieldOf = captures["field"]
    source: Items = captures["items"]
    return [Worked(field.words, FieldOf(field.words, source), field.owner, once=True)]


def _does(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST … finishes the ticket`: another word for what the route does."""
    route = _route(captures, situation)
    if route is None or route.method not in {"POST", "PUT", "PATCH", "DELETE"}:
        return None
    items: Items | None = captures.get("items")
    return [Does(route, captures["does"], items)]


def _does_once(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`finishes the ticket, once and for all`."""
    done = _does(captures, situation)
    if done is None:
        return None
    operation = Operation((captures["does"],), object=captures.get("items"), again=True)
    return [*done, Refused(operation)]


def _never(*operations: str) -> Recogniser:
    def build(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
        items: Items = captures["items"]
        if items.where or items.of:
            return None
        if items.entity is None and items.words[:1] != ("they",):
            return None
        return [Never(items, operations)]

    return build


def _never_done(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Movements are neither changed nor deleted`: no such routes."""
    items: Items = captures["items"]
    if items.where or items.of or (items.entity is None and not items.words):
        return None
    kinds = {"change": "change", "update": "change", "edit": "change", "modify": "change", "alter": "change",
             "delete": "delete", "remove": "delete", "erase": "delete", "correct": "change"}  # fmt: skip
    operations = tuple(kinds[verb] for verb in captures["dones"] if verb in kinds)
    if len(operations) != len(captures["dones"]):
        return None
    return [Never(items, tuple(dict.fromkeys(operations)))]


def _cascade(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    child: Items = captures["child"]
    parent: Items | None = captures.get("parent")
    route = captures.get("route")
    if route is not None and route.method != "DELETE":
        return None
    if child.entity is None:
        return None
    if parent is None or parent.entity is None:  # the firings of a kiln go with it
        parent = next(iter(child.of), parent)
    return [Cascade(parent, replace(child, of=()))]


def _asks(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`open GET /classes/{id}/bookings and see who is coming`; not what is shown in an example."""
    return None if any(token.kind == "sketch" for token in captures["rest"]) else [Context()]


def _no_other_way(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Context()]


def _kept_with(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The text is kept with the ticket`: the members of a body are."""
    items: Items = captures["items"]
    return [Context()] if items.entity is not None and not items.where else None


def _wants(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    items: Items = captures["items"]
    if items.entity is None and items.words[:1] not in {("it",), ("them",)}:
        return None
    if any(verb.partition("-")[0] in {"be", "have", "do"} for verb in captures["dos"]):
        return None
    return [Wants(captures["dos"], items)]


def _done_by(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`call an event off (POST /events/{id}/cancel)`: another word for what the route does."""
    route: Route = captures["route"]
    items: Items = captures["items"]
    if route.method not in {"POST", "PUT", "PATCH", "DELETE"} or items.entity is None:
        return None
    return [Does(route, captures["do"], items)]


_OF_LISTS = frozenset({"combine", "filter", "sort", "search", "narrow", "order", "paginate", "mix"})


def _wants_passive(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    items: Items = captures["items"]
    if items.entity is None and items.words[:1] not in {("it",), ("they",)}:
        return None
    if _OF_LISTS & {*captures["dones"]}:
        return None
    return [Wants(captures["dones"], items, passive=True)]


def _redirects(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Redirects(captures["names"][0], captures["route"])]


def _counts_up(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`counts the access`: the field that counts accesses goes up by one."""
    noun = singular(captures["noun"][-1].low)
    words = _counter(noun, situation)
    if words is None:
        return None
    return [Sets(words, Arithmetic("+", FieldOf(words), Literal(1)), captures["route"])]


_VISITS = frozenset({"access", "visit", "click", "hit", "view", "download", "use", "call"})


def _counter(noun: str, situation: Situation) -> tuple[str, ...] | None:
    """The field that counts accesses: accessCount, clicks, number of visits."""
    known = situation.vocabulary.fields
    for words in (
        (noun, "count"),
        (plural(noun),),
        (noun, "counter"),
        ("number", "of", plural(noun)),
    ):
        if words in known:
            return words
    return (noun, "count") if noun in _VISITS else None


def _touches(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Touches(captures["names"], bool(captures.get("stays")))]


def _derived(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The service makes the slug from the title`."""
    field: FieldOf = captures["field"]
    if field.words[-1] != "slug":
        return None
    return [Worked(field.words, Call("slug", captures["right"]), field.owner, once=True)]


def _per_begun(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Every hour that has begun costs the hourly rate`: of the fee spoken of."""
    fee = captures.get("field")
    hours = Elapsed("hours", None, None, begun=True)
    words = fee.words if fee is not None else ("fee",)
    return [Worked(words, Arithmetic("*", hours, captures["right"]), None)]


_BECOME = (
    "(makes|make|turns|turn|sets|set|marks|mark|changes|change|moves|move|puts|put|switches|brings)"
)
_POSITIVE = "[, (which|that) MUST be (positive|above 0|greater than 0|more than 0|above zero|greater than zero) ,]"
_LESS = "((taken|deducted|subtracted|removed|knocked|drawn) (off|from|away from)|off)"
_DELETED = "(deleted|removed|erased|dropped)"

COUNTING: tuple[tuple[str, Recogniser], ...] = (
    ("<items> (do|does) not (count|matter|block [<items:more>]|take up a place|take a place|take up [a|any] <thing>)", _counts_not),
    ("<items> (no longer|do not|does not|never) (counts|count|matter|matters) (for|in|towards|there|here) [(this|that|these|the <noun>)] [LP] [<phrase>] [RP]", _counts_not),
    ("<items> (is|are) (no longer|not) counted [(anywhere|any more|any longer|at all|there|here)]", _counts_not),
    ("<items> (is|are) (ignored|left out|excluded|not considered|disregarded)", _counts_not),
    ("<items> no longer (counts|count|blocks <items:more>|block <items:more>|takes <thing>|take <thing>|occupies <thing>)", _counts_not),
    ("(ignoring|not counting|without counting|leaving out|excluding) <items>", _counts_not),
    ("[again] leaving <items> (aside|out|away)", _counts_not),
    ("only <items> (count|counts|matter|are counted|take up a place)", _counts_only),
    ("counting (only|all) <items>", _counts_only),
    ("(<figures>|<names>) (count|counts|cover|covers|consider|considers|include|includes|take into account|are about) (<items> only|only <items>)", _figures),
    ("for (<figures>|<names>) only <items> (count|counts|matter|are counted|are considered)", _figures),
    ("<items> (frees|free|releases|release) [(a|the|its|their)] <thing> [again]", _counts_not),
)  # fmt: skip
"""What counts and what does not: read before anything that looks like a ban."""

_SERVER = "(the|our|this) (system|service|server|backend|api|app|application|software|program)"
_VALUED = "(the|each|every|its|their|a|an|<items> 's) <noun:name> [of <items>]"
_IS_WORKED_OUT = f"[MUST] (is|are|be|equals|:|=) [(always|simply|just)] [(calculated|computed|worked out|derived|determined)] [by {_SERVER}] [(:|as|from|by|,|-)] [namely]"
_WORKS_OUT = (
    f"({_SERVER}|it|we|they) (computes|calculates|works out|derives|determines|shows|returns|works)"
)
_TELLS = "(tells|shows|has|gives|carries|knows|displays|returns|contains|states|also shows|comes with) [(me|us|you|them)] [also]"
_VALUE_TAIL = "[[,] [(and|it is|which is)] (shown|given|returned|called|named|available|known|stored|kept) [(as|under|in|by)] <noun:called>] [[,] rounded to <number:decimals> (decimal|decimals|places|digits) [places]]"

_AT_FIRST = "(at first|first|initially|to begin with|in the beginning|to start with|when new|by default|at the beginning|for a new one|for new ones)"
_BY_ROUTE = "[(it|this|that|which|<route>)] [MUST] [then] [both]"
_THAT_MUCH = (
    "[[(the|this|that|an)] (it|this|that|that much|so much|as much|money|amount|sum|value|them)]"
)
_BY_THAT = "[(by|with) [(the|this|that|an)] (it|this|that|that much|so much|amount|sum|value)]"

BEHAVIOURS: tuple[tuple[str, Recogniser], ...] = (
    # --- transitions
    (f"<route> [MUST] {_BECOME} <items> [(from <states:sources>)] [(into|to|as|in)] <state:to> [again] [(and|,) no longer]", _makes),
    (f"<route> [MUST] {_BECOME} [(a|an|the)] <states:sources> [(one|ones)] (into|to) [a|an] <state:to>", _makes),
    (f"<route> [MUST] {_BECOME} <items> <states:sources> (into|to) <state:to>", _makes),
    ("<route> [MUST] (sets|set|changes|change|moves|puts|turns|turn|switches|switch|brings|takes|advances) [(the|its|their|this)] (status|state) [of <items>] [(from <states:sources>)] [(to|into)] <state:to>", _makes),
    (f"[,] [and] (it|this|that|which) [MUST] [(then|thereby)] {_BECOME} (the|its|their) (status|state) [of <items>] [(from <states:sources>)] (to|into) <state:to>", lambda c, s: _makes(c, s) if acts_on_item(s.route) else None),
    ("<route> : [from] <states:sources> (to|→) <state:to>", _makes),
    ("[and] <route> (to|into) <state:to>", _makes),
    ("[(the|its|their)] (status|state) [of <items>] [MUST] (goes|changes|moves|switches|turns) from <states:sources> (to|into) <state:to>", _goes),
    ("[then] [(its|the|their)] (status|state) [of <items>] (is|becomes) [then] (no longer|not) <states:sources> but <state:to>", _goes),
    ("<items> (goes|changes|moves|switches|turns) from <states:sources> (to|into) <state:to>", _goes),
    (f"<doing:do> [<items>] {_BECOME} [(the|its)] [(status|state)] [(to|into|it)] <state:to>", _makes),
    (f"<route> [MUST] {_BECOME} (it|them) <state:to> [again]", _makes),
    (f"<routes> [MUST] {_BECOME} <items> [(into|to|as)] <states:targets> [respectively]", _make_each),
    ("[then] <items> (becomes|become|is then|are then|turns|is now) <state:to>", _makes),
    ("<items> (stays|stay|remains|remain|is kept|are kept) [visible] [(with|in) [the] [(status|state)]] <state:to>", _in_state),
    ("<items> (stays|stay|remains|remain|is kept|are kept) (visible|there|available|stored|in (the|our|its|their) <noun>|on record|on file)", _no_other_way),
    ("<led> LP <route> [, with <inside:body>] RP [,] (which|and that|that|and) [then] (makes|turns|sets) (it|them|<items>) [(into|to)] <state:to>", _makes_in_brackets),
    ("<led> LP <route> [, with <inside:body>] RP [,] (it|they|<items>) [then] (becomes|become|is then|are then|turns|is now|is) <state:to>", _makes_in_brackets),
    ("(which|that) [then] (makes|turns|sets) (it|them|<items>) [(into|to)] <state:to>", _makes_here),
    ("(its|the|their) <names> [CAN] (is|are|be|becomes|become|goes|go|comes|come) (free|available|open|back|<done>) [(by|to|for) <phrase>] [again]", _free_again),
    # --- states
    ("[(the|its)] (status|state) (is|starts as|begins as) <literal:first> [(at first|initially|to begin with|first|at the beginning)] [,] [and] [(then|later|afterwards|finally)] <literal:second> [(later|then|afterwards|in the end|at the end|once <rest>|when <rest>|after <rest>)]", _two_states),
    ("[(a|every|each|any)] [new] <items> (starts|start|begins|begin) (as|in|with|out as) [(the|a)] [(status|state)] <state:to>", _starts_as),
    ("[(a|every|each|any)] new <items> (is|are|has|have|gets) [(the|a)] [(status|state)] <state:to> [at first]", _starts_as),
    ("[(the|its)] (status|state) (of|for) [(a|every|each)] new <items> (is|are) <state:to>", _starts_as),
    ("<items> (is|are) <state:to> (at first|initially|to begin with|at the beginning|until <rest>|first|before that|before)", _starts_as),
    ("<items> (is|are) (first|at first|initially|to begin with) <state:to>", _starts_as),
    ("<items> (is|are|becomes) <state:to> (when|once|as soon as|after|from the moment) (it|they|that|one) (is|are|has been|have been|was|were) [first] (made|new|created|booked|added|placed|opened|submitted|registered|received|announced|entered|reported|requested|planned|filed|published)", _starts_as),
    (f"[(the|its)] [possible] (status|states|statuses|state) [values] (are|is|can be|may be|:|LP) [one of] <choices:values> [RP] [(,|;|:|-|LP)] [and] [(it|the status)] ({_AT_FIRST} <literal:first>|(starts|begins|is) [(out|life)] [(as|at|with)] <literal:first> [{_AT_FIRST}]|<literal:first> {_AT_FIRST}) [RP]", _flow),
    ("[(the|its)] [possible] (status|states|statuses|state) [values] (are|is|can be|may be|go|goes|goes through|run|:) [(from|through)] <choices:values>", _flow),
    ("[(the|its|a|each|every)] [<items> 's] (status|statuses|states|state|<name:named>) [values] [(of|for) <items>] (goes|go|runs|run|passes|pass|moves|move|proceeds|proceed|follows|follow|steps|walks|develops|advances|leads) [on] [from] [(through|over|via|along)] [the] [(order|row|chain|sequence|stages|stations|steps)] [:] <in_turn>", _in_turn),
    ("[(the|its)] [possible] (status|statuses|states|state|<name:named>) [values] [(of|for) <items>] (are|is|:) [one of] <in_turn>", lambda c, s: _in_turn(c, s) if _ORDERED & s.extra["lows"] else None),
    ("[and] [then] (it|they|that) (ends|stops|is over|is done|is finished)", lambda *_: [Context()]),
    # --- what an action sets
    ("<route> [MUST] (sets|set|switches|puts|changes) <field> to <clock_now>", _sets_field),
    ("<route> [MUST] (sets|set|switches|puts|changes) <field> to <literal>", _sets_field),
    ("<route> [MUST] (records|record|notes|note|stores|store|writes|saves|sets|set|keeps|remembers) <names>", _sets_now),
    ("(it|this|that) [MUST] (sets|set|records|record|notes|fills in|stores|writes) <names>", lambda c, s: _sets_now(c, s) if acts_on_item(s.route) else None),
    (f"[the] <noun> {_POSITIVE} (is|gets|goes|comes) [then] {_LESS} <field>", lambda c, s: _moves_given({**c, "less": True}, s)),
    (f"[the] <noun> {_POSITIVE} (is|gets|goes) [then] (added|credited|paid in|booked|put) (to|on|onto|into) <field>", _moves_given),
    ("[(it|this|that|which|<route>)] [MUST] [then] (takes|take|subtracts|deducts|removes|deduct|subtract) [the] <noun> (off|from|away from) <field>", lambda c, s: _moves_given({**c, "less": True}, s)),
    ("[(it|this|that|which|<route>)] [MUST] [then] (adds|add|credits|credit) [the] <noun> (to|onto) <field>", _moves_given),
    (f"{_BY_ROUTE} (adds|add|puts|put|pays|pay|books|book|loads|load|credits|credit|deposits|deposit) {_THAT_MUCH} (in|into it|to it|on it|onto it|in it)", _paid),
    (f"{_BY_ROUTE} (adds|add|puts|put|pays|pay|books|book|loads|load|credits|credit|deposits|deposit) {_THAT_MUCH} (in|on|to|into|onto) <field>", _paid),
    (f"{_BY_ROUTE} (raises|raise|increases|increase|lifts|lift|tops up) <field> {_BY_THAT}", _paid),
    (f"{_BY_ROUTE} (takes|take|pays|pay|books|book|draws|draw|withdraws|withdraw|deducts|deduct|subtracts|subtract|removes|remove) {_THAT_MUCH} (out|off|off it|from it|out of it|away)", lambda c, s: _paid(c, s, less=True)),
    (f"{_BY_ROUTE} (takes|take|pays|pay|books|book|draws|draw|withdraws|withdraw|deducts|deduct|subtracts|subtract|removes|remove) {_THAT_MUCH} (off|from|out of|away from) <field>", lambda c, s: _paid(c, s, less=True)),
    (f"{_BY_ROUTE} (reduces|reduce|lowers|lower|decreases|decrease) <field> {_BY_THAT}", lambda c, s: _paid(c, s, less=True)),
    ("[(it|this|that|which|<route>)] [MUST] [then] (reduces|reduce|lowers|lower|decreases|decrease) <field> by [the|that] <noun>", lambda c, s: _moves_given({**c, "less": True}, s)),
    ("[(it|this|that|which|<route>)] [MUST] [then] (raises|raise|increases|increase) <field> by [the|that] <noun>", _moves_given),
    ("<field> (is|gets|goes|drops|falls|sinks|shrinks) [then] [(reduced|lowered|decreased|diminished|down)] by [the|that] <noun>", lambda c, s: _moves_given({**c, "less": True}, s)),
    ("<field> (is|gets|goes|rises|grows) [then] (raised|increased|up) by [the|that] <noun>", _moves_given),
    ("[the] (<day:day>|time|moment|date) [(when|that|on which|at which)] [(this|that|it) (happens|happened|is done|was done|takes place)] is (stored|kept|recorded|saved|noted|written) (as|in|under|into) <name>", _happened),
    ("<doing> [<items>] (stores|records|notes|keeps|saves|writes) the (<day:day>|time|moment|date) (as|in|under|into) <name>", _happened),
    ("<name> is the (<day:day>|time|moment|date) [(on|at|in)] (which|when|that) (it|they|<items>) (was|is|were|has been) <done>", _happened),
    ("(when|once|as soon as) (it|they|<items>) (is|are|was|has been) <done> [,] <name> (is|gets|becomes) [set to] (<day:day>|now|the current time|that moment)", _happened),
    ("(<route>|which|it|this|that) [MUST] [then] (makes|make|sets|turns|set) <names> [(to|back to)] (null|empty|none) [again]", lambda c, s: _clears(c, s) if acts_on_item(_route(c, s)) else None),
    ("<route> [MUST] (adds|add) <value> to <field>", _changes_by),
    ("<route> [MUST] (takes|take|subtracts|deducts|removes) <value> (off|from|away from) <field>", lambda c, s: _changes_by({**c, "less": True}, s)),
    ("<route> [MUST] (increases|increase|raises) <field> (by <value>)", _changes_by),
    ("<route> [(→|:|,)] [(the|a)] <noun> <does> now", _moves_clock),
    ("<route> [(→|:|,)] <does> [(the|a)] [<noun>] now", _moves_clock),
    ("<route> [MUST] (decreases|decrease|reduces|lowers) <field> by <value>", lambda c, s: _changes_by({**c, "less": True}, s)),
    ("<route> [MUST] (inverts|invert|toggles|toggle|flips|reverses) <field>", _inverts),
    ("<doing> [<items>] (sets|changes|puts|switches) <field> to <clock_now>", _sets_field),
    ("<doing> [<items>] (sets|changes|puts|switches) <field> to <literal>", _sets_field),
    ("[(you|we|it|the <thing>)] (note|notes|write down|writes down|record|records|store|stores|keep|keeps|put|puts) the (time|moment|date) (in|as) <name>", _sets_named),
    ("[the] <noun> [(for|of) <phrase>] is (stored|kept|saved|recorded) (in|as|with|under) <name>", _stores_param),
    ("(<route>|<doing> [<items>]) [MUST] (empties|empty|clears|clear|unsets|erases|blanks) [again] <names>", _clears),
    # --- meaning
    ("<items> (is|are|counts as|count as|is considered|are considered|is called|are called|is said to be) <adjective> (if|when|once|while|as long as|as soon as|where) <condition>", _means),
    ("<adjective> <items> (is|are) (one|ones|those|<items:more>) (that|which|whose) <condition>", lambda c, s: None),
    ("<doing> means <doing:other> <items>", _means_operation),
    ("to <do:doing> means to <do:other> <items>", _means_operation),
    ("(while|as long as|until|when) <thing> (is|are) <adjective> [,] <names> (is|are) (empty|null)", _empty_while),
    ("<names> (is|are) (empty|null) (while|as long as|when) <thing> (is|are) <adjective>", _empty_while),
    # --- worked out
    ("<field> [MUST] (is|are|=|equals|be) [(calculated|computed|worked out)] [(as|from|by)] [:] <value> [, rounded to <number:decimals> (decimal|decimals|places)] [, (null|empty) without <phrase>]", _worked),
    ("<field> [MUST] (is|are|=|equals|be|means) [(calculated|computed|worked out|derived)] [(as|from|by)] [:] <value> [,] [(and|or|but)] [(it is|is)] <literal:fallback> (without|if there (is|are) no|when there (is|are) no|while there (is|are) no|as long as there (is|are) no|for none|with no) [any] [<items:none>] [yet]", _worked),
    ("<field> (is|are) (calculated|computed|worked out|derived) (as|from|by) [:] <value>", lambda c, s: _worked({**c, "sure": True}, s)),
    ("<field> : <value> [, (null|empty) (without <phrase>|if <phrase>)]", _worked),
    (f"{_VALUED} {_IS_WORKED_OUT} <value> {_VALUE_TAIL}", _named_value),
    (f"<noun:name> (:|=) <value> {_VALUE_TAIL}", _named_value),
    (f"[<items> {_TELLS}] (its|the|their|a|an) <noun:name> [, which is] (:|,|;|-|=|namely|as|is) <value> {_VALUE_TAIL}", _named_value),
    (f"{_WORKS_OUT} (its|the|their|a|an) <noun:name> [(of|for) <items>] (:|,|;|-|=|namely|as|from) <value> {_VALUE_TAIL}", _named_value),
    (f"<value> (is|are|makes|gives|makes up) {_VALUED} {_VALUE_TAIL}", _named_value),
    (f"{_WORKS_OUT} (it|this|that|them) [out] [and (shows|returns|gives|stores|keeps|sends) (it|this|that)] [(as|under|in)] <noun:called>", _called_so),
    ("(it|this|that) is (shown|returned|given|called|named|available) (as|under|in) <noun:called>", _called_so),
    ("<field> = <value>", lambda c, s: _worked({**c, "sure": True}, s)),
    ("<field> (is|are) (copied|taken|set) from <items> [(when|as) <rest>]", _copied),
    ("[<items> [MUST] (shows|show|has|have|displays|tells|knows|gets)] (its|a|an|the|their) <field> , which is <value:fallback> (while|as long as|until|if|when) there (is|are) no <items:parts> [yet]", _extreme),
    ("<name> [then] (names|tells|holds|shows|is|points to|refers to) the <superlative> <noun:agent> [, or (stays|is|remains|be) (empty|null|nothing) [<rest>]]", _winner),
    # --- never
    ("<items> (is|are) (neither|never|not) (<dones>) [nor <dones:more>]", lambda c, s: _never_done({**c, "dones": (*c["dones"], *c.get("more", ()))}, s)),
    ("[once] [written] <items> CANNOT be <dones> [by (anybody|anyone|clients|users|any client|people)]", _never_done),
    ("once (written|created|made|recorded|stored|saved) <items> (is|are) (neither|never|not) (<dones>) [nor <dones:more>]", lambda c, s: _never_done({**c, "dones": (*c["dones"], *c.get("more", ()))}, s)),
    ("<items> CANNOT be <dones> [by (anybody|anyone|clients|users|anybody at all|any client|people)] [(after creation|once (written|created|made|recorded|saved)|later|afterwards|any more|at all)]", _never_done),
    ("<items> (is|are) [(an|a)] (immutable|append-only|append only|permanent|final|read-only|log)", _never("change", "delete")),
    ("[there (is|must be)] no [(way|endpoint|possibility)] to <dos:dones> <items>", _never_done),
    # --- deleting
    ("(deleting|removing) <items:parent> [also] (deletes|delete|removes|remove) [(all|also)] [(of)] <items:child>", _cascade),
    (f"(when|if|once) <items:parent> (is|are|gets) {_DELETED} [,] [(all)] <items:child> (is|are|gets) [also] {_DELETED} [(too|as well|also|with it|along with it)]", _cascade),
    (f"(when|if|once) <items:parent> (is|are|gets) {_DELETED} [,] so (is|are) [(all|all of)] <items:child>", _cascade),
    (f"with <items:parent> [,] [(all|all of)] <items:child> (is|are|gets) {_DELETED} [(too|as well)]", _cascade),
    ("(a|the|any|every|each) (deleted|removed) <items:parent> takes [(all|all of)] <items:child> (with it|along|away|with them)", _cascade),
    ("<route> [also] (removes|deletes|remove|delete|takes|drops) [(all|all of)] <items:child> [(too|as well|with it|along|away)]", _cascade),
    (f"<items:child> (is|are|gets) {_DELETED} (together with|along with|with|when) <items:parent> [(is|are) {_DELETED}]", _cascade),
    ("(when|if) <items:parent> (is|are) (deleted|removed) [,] <items:child> (disappear|disappears|go|goes|vanish|go too|goes too|go with it|disappear as well|are gone) [(as well|too|with it)]", _cascade),
    ("[and] [otherwise] <items:child> (go|goes|disappear|disappears|vanish|vanishes|are deleted|is deleted|are removed) (with it|with them|too|as well|along with it)", _cascade),
    ("<items:child> (go|goes|disappear|disappears|vanish|vanishes|die|dies|are gone|are deleted|is deleted|are removed) (when|with|once|if|as soon as|together with|whenever) [(its|their|the)] <items:parent> [(go|goes|disappears|is deleted|are deleted|is removed|vanishes|is gone|does|dies)]", _cascade),
    ("<route> (removes|deletes|remove|delete) <items:parent> [,] (and|together with|along with) <items:child> [(too|as well)]", _cascade),
    ("<items:parent> is (deleted|removed) (together with|along with|with) [all] <items:child>", _cascade),
    ("<items:parent> (with|that has|that have|which has) <items:child> : (deleting|removing) it [also] (deletes|removes|takes) them [(too|as well|with it|along)]", _cascade),
    ("(if|when|once) <actor> (delete|deletes|remove|removes) <items:parent> [,] [(its|their|all|the)] <items:child> (go|goes|disappear|disappears|vanish|are gone|are deleted|are removed) [(with it|with them|too|as well|along with it)]", _cascade),
    # --- what comes in and goes out
    ("<field> [(of|in) <items:ignored>] is [the sum of] what (comes|came|comes) in (less|minus) what (goes|went) out", _no_other_way),
    ("[the] <noun> (come|comes|go|goes) in and (go|come|goes|comes) out as <items>", _no_other_way),
    ("<items> (that|which) CAN do (that|so|this) [(has to|must|is)] [be] (refused|rejected)", _no_other_way),
    ("<items> (that|which) would do (that|so|this) [(has to|must|is|are)] [be] (refused|rejected)", _no_other_way),
    ("<route> gives <phrase> back", _no_other_way),
    # --- wishes that a route meets
    ("[<actor> [(CAN|MUST|wants to|want to|to)] [also]] <dos> <items> [(with|by|via|through|using|:) <route>]", _wants),
    ("<items> (CAN|MUST) be <dones> [(with|by|via|through|using|at|:) <route>]", _wants_passive),
    ("<items> (is|are) <dones> (with|by|via|through|using|at|:) <route>", _wants_passive),
    ("<route> [MUST] (shows|lists|returns|gives|answers with|show|list|return) (them|it|these|all of them|those|that)", _no_other_way),
    ("[<actor> [(CAN|MUST|wants to|want to|to)] [also]] <dos> [(a|the|one|my|their)] <noun> (in|on|for|at|of|from) <items> [(with|by|via|through|using|:) <route>]", _wants),
    ("[<actor> CAN] (see|view|get|browse|find|look at|look up|read|fetch|list|check) [(the|a|all|my|our)] <noun> [,] [(with|by|via|through|using|under|:)] [LP] <route> [RP]", _no_other_way),
    ("[and] (gets|get|receives|receive) (it|them|one) back [with] [<rest>]", _no_other_way),
    ("[the] <noun> is (kept|stored|saved) (with|on|in) [the] <items>", _kept_with),
    ("(open|call|use|see|ask|fetch) <route>", _no_other_way),
    ("(open|call|use|see|ask|fetch) <route> (and|to) (see|know|find out|learn) <rest>", _asks),
    ("[<actor> [(CAN|MUST)]] <do> <items> [(off|up|out|down|back|away|over)] [LP] (with|by|via|through|using|:|) <route> [RP]", _done_by),
    ("[<actor> [(CAN|MUST)]] <do> <phrase> (with|by|via|through|using) <route> (by|and) (sending|giving|providing|writing) [(another|a new|the new|a different|a|an|the)] <names>", _no_other_way),
    ("<route> (redirects|redirect|forwards|leads|sends) [(the caller|clients|the client|you|users)] to <names>", _redirects),
    ("<route> (counts|count) [(the|each|every|this|one)] <noun>", _counts_up),
    ("only <phrase> counts as <phrase:other>", _no_other_way),
    ("<names> (moves|move|is refreshed|changes|change|is updated|is set again|is touched)", _touches),
    ("<names> (stays|stay|does not|do not|does not change|do not change|remains|remain|is kept|keeps its value) [(the same|unchanged|as it is|as they are)] [, even <phrase>]", lambda c, s: _touches({**c, "stays": True}, s)),
    ("<route> (changes|change|replaces|updates) <names>", _no_other_way),
    ("<actor> CAN <phrase> (as many|as often|as much|as long) [(times|items|<noun>)] as (they|you|he|she|one|we|i) (like|likes|want|wants|wish|please|need)", _no_other_way),
    ("(touching|back to back|adjacent <noun>|meeting) [bookings] (is|are) (ok|fine|allowed|no problem|possible)", _no_other_way),
    ("(one|it|a <noun>|<items>) CAN (start|begin) [exactly] when (another|the other|one|the previous one|the one before) [one] (ends|stops|finishes)", _no_other_way),
    ("(both days|the first and [the] last day|first and last day|both ends|both dates) (belong to <phrase>|count|are included|included|are inclusive|count fully)", lambda c, s: [Inclusive()]),
    ("[(the|a)] (next|following|new) [(one|<items>)] CAN (start|begin) [exactly] (on|at|in|when) [the] [(same|very)] [(minute|moment|second|time|instant)] [(when|that|in which|at which)] (the previous|the last|the one before|another|the other) [one] (ends|finishes|stops)", _no_other_way),
    ("[(a|one|the|another)] [(next|following)] [(one|<items>)] CAN (start|begin|arrive) [exactly] on the [same] (day|date) [(on which|that|when|in which)] (another|the other|the previous|the one before|one) [(one|<noun>)] (ends|leaves|finishes|stops)", lambda c, s: [Inclusive(touching=True)]),
    ("<items> (is|are) never <dones> [again]", lambda c, s: ([Refused(Operation(c["dones"], subject=c["items"], passive=True), status=_status(s))] if c["items"].where else None)),
    ("[in] [any] (order|combination)", _no_other_way),
    (": lower case , <rest>", _no_other_way),
    ("[(the|our) (service|system)] (makes|derives|builds|generates|creates) <field> from <field:right> [: <rest>]", _derived),
    ("every (hour|day|minute) (that has begun|begun|started|that has started) (costs|is charged at|is charged with|is billed at) <field:right>", _per_begun),
    ("<field> is <field:right> per (started|begun) (hour|day)", _per_begun),
    # --- other words for an action
    ("(none of (this|these|them)|nothing (of this|else)) (is|are) (possible|allowed|permitted) (from|in) any other (status|state)", _no_other_way),
    ("<route> [MUST] <does> [<items>] [(again|now|then|back)]", _does),
    ("<route> [MUST] <does> [<items>] [,] (once and for all|for good|only once|just once|once)", _does_once),
    ("[(you|we|it)] (work|works|figure|figures) out <names> [(from|by) <rest>]", _no_other_way),
    ("[<items>] [,] [(is|are|live|lives|found)] [(under|at|via|with|through|by|is|are|by calling)] <routes> [(for|to get|to reach)] [(a single one|single ones|one|single <noun>|a single <noun>|one <noun>)]", _no_other_way),
    ("there is no other way [(to <rest>)]", _no_other_way),
    ("(nothing else|no other (change|step|transition|status change)) (is|are) (possible|allowed|permitted)", _no_other_way),
    ("(that|this|it) is (final|it|all)", _no_other_way),
)  # fmt: skip
