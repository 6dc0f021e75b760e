"""Every name in a design leads somewhere, and an error names every one that does not."""

from typing import Any

import pytest
from pydantic import ValidationError

from quantumlayer.agents import SystemDesign

Json = dict[str, Any]


def field(name: str, kind: str = "string", **more: Any) -> Json:
    return {"name": name, "type": kind, **more}


def entity(name: str, *fields: Json, **more: Any) -> Json:
    return {
        "name": name,
        "label": name.lower(),
        "plural": f"{name.lower()}s",
        "path": f"/{name.lower()}s",
        "fields": list(fields),
        **more,
    }


def endpoint(method: str, path: str, kind: str, **more: Any) -> Json:
    return {"method": method, "path": path, "kind": kind, **more}


def rule(condition: str, *on: str, entity: str = "Loan") -> Json:
    return {
        "name": "a_rule",
        "entity": entity,
        "on": list(on or ["create"]),
        "condition": condition,
        "message": "no",
    }


def library(**changes: Any) -> Json:
    """A small design in which everything leads somewhere."""
    return {
        "name": "library",
        "title": "Library",
        "summary": "Lends books.",
        "entities": [
            entity("User", field("email"), field("password", secret=True)),
            entity("Book", field("title"), field("copies", "integer")),
            entity(
                "Loan",
                field("book_id", "reference", references="Book"),
                field("user_id", "reference", references="User"),
                field("due", "date", on_create="today() + days(14)"),
                field("returned", "boolean", default=False),
                owner="user_id",
            ),
        ],
        "endpoints": [
            endpoint("GET", "/books", "list", entity="Book", order_by=["-title"]),
            endpoint("POST", "/loans", "create", entity="Loan"),
            endpoint(
                "GET",
                "/loans",
                "list",
                entity="Loan",
                params=[{"name": "q", "where": "contains(book.title, param.q)"}],
            ),
            endpoint(
                "POST",
                "/loans/{id}/return",
                "action",
                entity="Loan",
                name="give_back",
                effects=[
                    {"target": "returned", "value": "True"},
                    {"target": "book.copies", "value": "book.copies + 1"},
                ],
            ),
        ],
        "rules": [
            rule("count(Loan, book_id == this.book_id, not returned) < book.copies"),
            rule("not returned and user.email != ''", "give_back"),
        ],
        "auth": {"entity": "User"},
        **changes,
    }


def problems(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        SystemDesign.model_validate(library(**changes))
    return str(caught.value)


def test_a_design_in_which_everything_leads_somewhere_is_accepted() -> None:
    design = SystemDesign.model_validate(library())
    assert design.entity("Book").path == "/books"
    with pytest.raises(KeyError):
        design.entity("Magazine")


def test_a_design_survives_the_journey_as_json() -> None:
    design = SystemDesign.model_validate(library())
    assert SystemDesign.model_validate_json(design.model_dump_json()) == design


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("copies > 0", "'copies' is no field in 'copies > 0'"),
        ("book.pages > 0", "'book.pages' is no field"),
        ("shelf.name == 'A'", "'shelf' leads to no other entity"),
        ("this.book.nothing == 1", "'this.book.nothing' is no field"),
        ("old.nothing == 1", "'old.nothing' is no field"),
        ("this == 1", "'this' is no field"),
        ("id > 0 and title > ''", "'title' is no field"),
        ("param.days > 1", "there is no parameter 'days'"),
        ("param.a.b > 1", "there is no parameter 'a.b'"),
        ("user.age > 18", "'user.age' is no field"),
        ("count(Shelf) > 0", "there is no entity 'Shelf'"),
        ("count(Book, returned) > 0", "'returned' is no field"),
        ("sum(Book, pages) > 0", "'pages' is no field"),
        ("due > now() if nothing else returned", "'nothing' is no field"),
    ],
)
def test_a_name_in_a_rule_has_to_lead_somewhere(condition: str, problem: str) -> None:
    assert f"rule 'a_rule': {problem}" in problems(rules=[rule(condition)])


def test_inside_an_aggregate_bare_names_are_of_the_counted_items() -> None:
    inside = "count(Book, copies > 0, title == this.book.title) > 0"
    SystemDesign.model_validate(library(rules=[rule(inside)]))
    assert "'this.copies' is no field" in problems(rules=[rule("count(Book, this.copies > 0) > 0")])


def test_parameters_are_known_to_the_rules_of_their_endpoint_only() -> None:
    listed = rule("param.q != ''", "list")
    SystemDesign.model_validate(library(rules=[listed]))
    assert "there is no parameter 'q'" in problems(rules=[rule("param.q != ''", "create")])


def test_a_rule_needs_an_entity() -> None:
    assert "there is no entity 'Shelf'" in problems(rules=[rule("1 == 1", entity="Shelf")])


def test_there_are_no_users_without_a_log_in() -> None:
    found = problems(auth=None)
    assert "there are no users in \"not returned and user.email != ''\"" in found


def test_a_log_in_needs_its_entity() -> None:
    assert "auth: there is no entity 'Person'" in problems(auth={"entity": "Person"})


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ([field("a"), field("a")], "Thing: two fields are called 'a'"),
        ([field("a_id", "reference", references="Shelf")], "Thing.a_id: it refers to 'Shelf'"),
        ([field("a_id", "reference")], "Thing.a_id: it refers to None, which is no entity"),
        (
            [field("a_id", "reference", references="Shelf"), field("b", computed="a.name")],
            "Thing.b: 'a.name' is no field",
        ),
        ([field("parts", "children", references="Part")], "Thing.parts: it refers to 'Part'"),
        ([field("state", "enum")], "Thing.state: an enum needs choices"),
        ([field("a", unique_with=["b"])], "Thing.a: unique_with names 'b'"),
        ([field("a", computed="b + 1")], "Thing.a: 'b' is no field"),
        ([field("a", on_update="later")], "Thing.a: 'later' is no field"),
    ],
)
def test_a_field_has_to_make_sense(fields: list[Json], problem: str) -> None:
    assert problem in problems(
        entities=[*library()["entities"], entity("Thing", *fields)],
    )


def test_an_owner_is_a_field() -> None:
    things = entity("Thing", field("a"), owner="user_id")
    assert "Thing: the owner 'user_id' is no field" in problems(
        entities=[*library()["entities"], things]
    )


def test_two_entities_of_one_name_and_two_routes_of_one_address_are_refused() -> None:
    again = [*library()["entities"], entity("Book", field("title"), field("copies", "integer"))]
    assert "two entities share a name" in problems(entities=again)
    routes = [*library()["endpoints"], endpoint("GET", "/books", "list", entity="Book")]
    assert "two endpoints are GET /books" in problems(endpoints=routes)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"entity": "Shelf"}, "there is no entity 'Shelf'"),
        (
            {"entity": "Loan", "parent": {"entity": "Shelf", "path_param": "id", "field": "x"}},
            "there is no entity 'Shelf'",
        ),
        (
            {"entity": "Loan", "parent": {"entity": "Book", "path_param": "id", "field": "x"}},
            "'id' is not in the path",
        ),
        ({"entity": "Book", "order_by": ["-pages"]}, "it is ordered by '-pages'"),
        ({"entity": "Book", "sortable": ["pages"]}, "it is ordered by 'pages'"),
        ({"entity": "Book", "shows": ["pages"]}, "'pages' is no field"),
        ({"entity": "Book", "body": ["pages"]}, "'pages' is no field"),
        ({"entity": "Book", "where": "pages > 1"}, "'pages' is no field in 'pages > 1'"),
        (
            {"entity": "Book", "params": [{"name": "p", "where": "pages > param.p"}]},
            "'pages' is no field",
        ),
        (
            {"entity": "Book", "effects": [{"target": "pages", "value": "1"}]},
            "'pages' is no field in 'pages'",
        ),
        (
            {"entity": "Book", "effects": [{"target": "title", "value": "param.t"}]},
            "there is no parameter 't'",
        ),
        (
            {"entity": "Book", "effects": [{"entity": "Shelf", "target": "a", "value": "1"}]},
            "there is no entity 'Shelf'",
        ),
        (
            {"entity": "Book", "creates": [{"entity": "Loan", "values": {"pages": "1"}}]},
            "Loan has no field 'pages'",
        ),
        (
            {"entity": "Book", "creates": [{"entity": "Shelf", "values": {"a": "1"}}]},
            "there is no entity 'Shelf'",
        ),
        (
            {"entity": "Book", "includes": [{"name": "x", "entity": "Loan", "field": "pages"}]},
            "Loan has no field 'pages'",
        ),
        (
            {"entity": "Book", "includes": [{"name": "x", "entity": "Shelf", "field": "a"}]},
            "there is no entity 'Shelf'",
        ),
        (
            {
                "entity": "Book",
                "includes": [
                    {"name": "x", "entity": "Loan", "field": "book_id", "where": "pages > 1"}
                ],
            },
            "'pages' is no field in 'pages > 1'",
        ),
    ],
)
def test_an_endpoint_names_only_what_is_there(more: Json, problem: str) -> None:
    added = endpoint("PUT", "/new", "list", **more)
    assert f"PUT /new: {problem}" in problems(endpoints=[*library()["endpoints"], added])


def test_an_endpoint_about_no_entity_has_no_fields() -> None:
    report = endpoint("GET", "/totals", "report", returns={"books": "count(Book)"})
    SystemDesign.model_validate(library(endpoints=[*library()["endpoints"], report]))
    wrong = endpoint("GET", "/totals", "report", returns={"books": "title", "more": "book.title"})
    found = problems(endpoints=[*library()["endpoints"], wrong])
    assert "GET /totals: 'title' is no field" in found
    assert "GET /totals: 'book' leads to no other entity" in found


def test_a_nested_collection_may_be_about_its_parent() -> None:
    nested = endpoint(
        "GET",
        "/books/{id}/loans",
        "list",
        entity="Loan",
        parent={"entity": "Book", "path_param": "id", "field": "book_id"},
        includes=[{"name": "lent", "entity": "Loan", "field": "book_id", "where": "not returned"}],
        where="book_id == param.id",
    )
    SystemDesign.model_validate(library(endpoints=[*library()["endpoints"], nested]))


def test_a_report_may_be_ordered_by_what_it_returns() -> None:
    report = endpoint(
        "GET",
        "/totals",
        "report",
        entity="Loan",
        group_by="book.title",
        group_name="title",
        returns={"loans": "count(Loan)"},
        order_by=["-loans", "title"],
    )
    SystemDesign.model_validate(library(endpoints=[*library()["endpoints"], report]))


def test_every_problem_is_listed_up_to_twenty() -> None:
    found = problems(rules=[rule(f"nothing_{number} > 0") for number in range(25)])
    assert found.count("is no field in") == 20


def test_an_expression_that_does_not_parse_is_refused_at_its_place() -> None:
    found = problems(rules=[rule("open('/etc/passwd')")])
    assert "rules.0.condition" in found
    assert "no function 'open'" in found
