import ast
import warnings
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.agents.expressions import (
    FUNCTIONS,
    MAX_DEPTH,
    MAX_LENGTH,
    Aggregate,
    Binary,
    Both,
    Call,
    Compare,
    Conditional,
    Constant,
    Not,
    Path,
    children,
    navigation,
    parse,
    walk,
    well_formed,
)
from quantumlayer.errors import ExpressionError


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("attendees", Path(("attendees",))),
        (" room.capacity ", Path(("room", "capacity"))),
        ("from_", Path(("from",))),
        ("this.class_", Path(("this", "class"))),
        ("class", Path(("class",))),
        ("param.from", Path(("param", "from"))),
        ("param. in", Path(("param", "in"))),
        ("is_", Path(("is",))),
        ("'from . class'", Constant("from . class")),
        ('"it\'s from"', Constant("it's from")),
        ("not this.not", Not(Path(("this", "not")))),
        ("trailing_", Path(("trailing_",))),
        ("'open'", Constant("open")),
        ("-3", Constant(-3)),
        ("-x", Binary("-", Constant(0), Path(("x",)))),
        ("None", Constant(None)),
        ("True", Constant(True)),
        ("a % 2", Binary("%", Path(("a",)), Constant(2))),
        ("not done", Not(Path(("done",)))),
        ("now()", Call("now", ())),
        ("round(x, 2)", Call("round", (Path(("x",)), Constant(2)))),
        ("a is not None", Compare("is not", Path(("a",)), Constant(None))),
        ("a in ('x', 'y')", Compare("in", Path(("a",)), Constant(("x", "y")))),
        ("a not in [1, 2]", Compare("not in", Path(("a",)), Constant((1, 2)))),
        (
            "1 <= a < 3",
            Both(
                "and",
                (
                    Compare("<=", Constant(1), Path(("a",))),
                    Compare("<", Path(("a",)), Constant(3)),
                ),
            ),
        ),
        ("a or b or c", Both("or", (Path(("a",)), Path(("b",)), Path(("c",))))),
        (
            "q if type == 'in' else -q",
            Conditional(
                Compare("==", Path(("type",)), Constant("in")),
                Path(("q",)),
                Binary("-", Constant(0), Path(("q",))),
            ),
        ),
        ("count(Loan)", Aggregate("count", "Loan", None, ())),
        (
            "exists(Loan, book_id == this.id)",
            Aggregate(
                "exists", "Loan", None, (Compare("==", Path(("book_id",)), Path(("this", "id"))),)
            ),
        ),
        ("sum(Line, price, paid)", Aggregate("sum", "Line", Path(("price",)), (Path(("paid",)),))),
    ],
)
def test_an_expression_is_read_as(text: str, node: object) -> None:
    assert parse(text) == node


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not parse"),
        ("a = 1", "does not parse"),
        ("a; b", "does not parse"),
        ("x\0", "does not parse"),
        ("__import__('os').system('ls')", "is not part of the language"),
        ("open('/etc/passwd')", "no function 'open'"),
        ("a[0]", "is not part of the language"),
        ("[1, 2]", "is not part of the language"),
        ("{a}", "is not part of the language"),
        ("[x]", "is not part of the language"),
        ("f'{a}'", "is not part of the language"),
        ("(a := 1)", "is not part of the language"),
        ("a ** 2", "is not part of the language"),
        ("a @ b", "is not part of the language"),
        ("~a", "is not part of the language"),
        ("b'bytes'", "is not part of the language"),
        ("1j", "is not part of the language"),
        ("...", "is not part of the language"),
        ("1e999", "too large"),
        ("now().year", "is no name"),
        ("a in b", "needs a list of literals"),
        ("a in (b, 1)", "needs a list of literals"),
        ("a in (None, 1)", "needs a list of literals"),
        ("count()", "needs an entity first"),
        ("count('Loan')", "needs an entity first"),
        ("count(*Loan)", "needs an entity first"),
        ("sum(Line)", "needs a value behind the entity"),
        ("now(1)", "takes 0 to 0 arguments"),
        ("round()", "takes 1 to 2 arguments"),
        ("round(x, places=2)", "is not part of the language"),
        ("lower(*names)", "is not part of the language"),
        ("x + 1 " * 500, "longer than"),
        ("-" * (MAX_DEPTH + 2) + "x", "nested deeper"),
        ("x" + " + 1" * (MAX_DEPTH + 1), "nested deeper"),
        ("a" + ".a" * 999, "nested deeper"),
        ("x" + "()" * 900, "deeper|parse"),
    ],
)
def test_what_the_language_does_not_have_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        parse(text)
    with pytest.raises(ValueError, match=reason):
        well_formed(text)


names = st.sampled_from(["a", "room.capacity", "this.end", "old.status", "param.q", "user.id"])
literals = st.sampled_from(["1", "2.5", "'x'", "True", "None"])
expressions = st.recursive(
    names | literals,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "<", "==", "and", "or", "is"]), inner).map(
            lambda three: f"({' '.join(three)})"
        ),
        st.tuples(inner, inner, inner).map(lambda x: f"({x[0]} if {x[1]} else {x[2]})"),
        inner.map(lambda one: f"(not {one})"),
        st.tuples(st.sampled_from(["count", "exists"]), inner).map(lambda x: f"{x[0]}(E, {x[1]})"),
        st.tuples(inner, inner).map(lambda x: f"sum(E, {x[0]}, {x[1]})"),
        st.sampled_from(sorted(name for name, (_, most) in FUNCTIONS.items() if most)).flatmap(
            lambda name: st.lists(
                inner, min_size=FUNCTIONS[name][0], max_size=FUNCTIONS[name][1]
            ).map(lambda parts: f"{name}({', '.join(parts)})")
        ),
    ),
    max_leaves=8,
)


@given(text=expressions)
def test_white_space_and_parentheses_change_nothing(text: str) -> None:
    spread = ast.unparse(ast.parse(text, mode="eval"))
    assert parse(f"\n  ({spread})\t") == parse(text) == parse(well_formed(text))


@given(text=expressions)
def test_walking_reaches_every_node_once_and_parents_first(text: str) -> None:
    root = parse(text)
    seen = list(walk(root))
    assert seen[0] is root
    assert len(seen) == 1 + sum(len(list(walk(child))) for child in children(root))


@given(text=st.text(max_size=80) | st.text("ab.()[]+-*'\"=<>:,10 ifelsenotandor", max_size=60))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    with warnings.catch_warnings(), suppress(ExpressionError):
        warnings.simplefilter("ignore")  # Python warns of odd escapes and numbers
        parse(text)


def test_too_long_a_text_is_not_repeated_in_full() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("x" * (MAX_LENGTH + 1))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("field", "followed_as"),
    [("room_id", "room"), ("roomId", "room"), ("room", "room"), ("_id", "_id"), ("Id", "Id")],
)
def test_a_reference_is_followed_without_its_suffix(field: str, followed_as: str) -> None:
    assert navigation(field) == followed_as
