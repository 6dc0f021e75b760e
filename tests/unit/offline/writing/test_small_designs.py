"""What the writing half makes of particular wishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from generated import lint, served, write

from quantumlayer.agents import Coverage, Endpoint, Entity, FieldSpec, Param, Rule, SystemDesign
from quantumlayer.errors import AgentError, DesignError, ExpressionError
from quantumlayer.offline.writing import write_deployment, write_service, write_tests


def _design(*fields: FieldSpec, name: str = "Note", **more: Any) -> SystemDesign:
    """Make a design of one entity that can be created, listed and read."""
    entity = Entity(
        name=name, label=name.lower(), plural=f"{name.lower()}s", path="/notes", fields=[*fields]
    )
    endpoints = [
        Endpoint(method="POST", path="/notes", kind="create", entity=name, status=201),
        Endpoint(
            method="GET", path="/notes", kind="list", entity=name, params=more.pop("params", [])
        ),
        Endpoint(method="GET", path="/notes/{id}", kind="read", entity=name),
    ]
    return SystemDesign(
        name="notes",
        title=more.pop("title", "Notes"),
        summary=more.pop("summary", "Keeps notes."),
        entities=[entity, *more.pop("entities", [])],
        endpoints=[*endpoints, *more.pop("endpoints", [])],
        **more,
    )


def _files(design: SystemDesign) -> dict[str, str]:
    return {file.path: file.content for file in write_service(design).files}


@pytest.mark.parametrize("name", ["class", "from", "metadata", "type", "model_dump", "json", "in"])
def test_a_field_may_have_any_name(name: str, tmp_path: Path) -> None:
    params = [Param(name=name, type="integer", where=f"this.{name} == param.{name}")]
    rule = Rule(
        name="small", entity="Note", on=["create"], condition=f"this.{name} < 10", message="!"
    )
    write(
        tmp_path,
        write_service(
            _design(FieldSpec(name=name, type="integer"), params=params, rules=[rule])
        ).files,
    )

    with served(tmp_path) as client:
        assert client.post("/notes", json={name: 3}).json() == {"id": 1, name: 3}
        assert client.post("/notes", json={name: 10}).status_code == 409
        assert [note["id"] for note in client.get("/notes", params={name: 3}).json()] == [1]
        assert client.get("/notes", params={name: 4}).json() == []


@pytest.mark.parametrize(
    "name", ["Base", "Session", "Date", "List", "Event", "Settings", "Test", "None"]
)
def test_an_entity_may_have_any_name(name: str, tmp_path: Path) -> None:
    write(tmp_path, write_service(_design(FieldSpec(name="text", type="string"), name=name)).files)

    with served(tmp_path) as client:
        assert client.post("/notes", json={"text": "x"}).json() == {"id": 1, "text": "x"}


def test_no_text_of_a_design_is_too_long_or_too_strange_for_the_code(tmp_path: Path) -> None:
    strange = 'say """no""" to \\ and {{ x }} \n ' * 9 + "x" * 150
    field = FieldSpec(name="f" * 60, type="string", description=strange)
    rule = Rule(
        name="r" * 60,
        entity="N" * 60,
        on=["create"],
        condition=f"{'f' * 60} != 'x'",
        message=strange,
    )
    told = [Coverage(requirement="R1", text=strange, status="not_implemented", note=strange)]
    design = _design(
        field, name="N" * 60, title=strange[:200], summary=strange, rules=[rule], coverage=told
    )
    write(tmp_path, write_service(design).files, write_tests(design).files)
    write(tmp_path, write_deployment(design).files)

    assert lint(tmp_path) == ""
    with served(tmp_path) as client:
        answer = client.post("/notes", json={"f" * 60: "x"})
        assert (answer.status_code, answer.json()["detail"]) == (409, strange)


@pytest.mark.parametrize(
    ("text", "form"), [("random_code(8)", r"[0-9A-Za-z]{8}"), ("random_digits(6)", r"\d{6}")]
)
def test_codes_are_drawn_by_the_service(text: str, form: str) -> None:
    field = FieldSpec(name="code", type="string", unique=True, set_by="system", on_create=text)
    design = _design(field, FieldSpec(name="text", type="string"))

    assert (
        f"unused_code(session, Note.code, lambda: {text})" in _files(design)["app/routers/notes.py"]
    )
    tests = "".join(file.content for file in write_tests(design).files)
    assert {r"\d{6}": '"[0-9]{6}"'}.get(form, '"[A-Za-z0-9]{8}"') in tests


def test_a_design_that_cannot_be_built_is_refused_by_the_expression() -> None:
    rule = Rule(name="odd", entity="Note", on=["create"], condition="text > 3", message="!")

    with pytest.raises(ExpressionError, match="text > 3"):
        write_service(_design(FieldSpec(name="text", type="string"), rules=[rule]))


def test_what_is_set_at_creation_cannot_count_by_the_new_item() -> None:
    counted = FieldSpec(
        name="rank", type="integer", set_by="system", on_create="count(Note, id < this.id)"
    )

    with pytest.raises(ExpressionError, match="not there yet"):
        write_service(_design(FieldSpec(name="text", type="string"), counted))


def test_a_redirect_to_nowhere_is_refused_by_its_route() -> None:
    follow = Endpoint(method="GET", path="/notes/{id}/go", kind="redirect", entity="Note")

    with pytest.raises(DesignError, match=r"GET /notes/\{id\}/go"):
        write_service(_design(FieldSpec(name="text", type="string"), endpoints=[follow]))


def test_items_that_need_each_other_have_a_service_but_no_tests_of_their_own() -> None:
    other = FieldSpec(name="next_id", type="reference", references="Note")
    design = _design(FieldSpec(name="text", type="string"), other)

    assert "app/models.py" in _files(design)
    names = [file.path for file in write_tests(design).files]
    assert "tests/test_service.py" in names


def test_what_is_not_implemented_is_said_in_the_readme_and_held_by_no_test() -> None:
    told = [
        Coverage(requirement="R1", text="It has notes.", status="implemented"),
        Coverage(requirement="R2", text="It sings.", status="not_implemented", note="no sound"),
    ]
    design = _design(FieldSpec(name="text", type="string"), coverage=told)

    assert '## Not implemented\n\n- R2: "It sings." No sound.' in _files(design)["README.md"]
    assert "R2" not in {trace.requirement for trace in write_tests(design).traces}


def test_the_errors_have_one_root() -> None:
    assert issubclass(DesignError, AgentError)
    assert issubclass(ExpressionError, AgentError)


def test_a_rule_may_look_at_the_past_also_where_nothing_changes(tmp_path: Path) -> None:
    routes = [
        Endpoint(method="PATCH", path="/notes/{id}", kind="update", entity="Note"),
        Endpoint(method="DELETE", path="/notes/{id}", kind="delete", entity="Note", status=204),
    ]
    rule = Rule(
        name="kept",
        entity="Note",
        on=["update", "delete"],
        condition="old.size < 10",
        message="Large notes are kept.",
    )
    design = _design(FieldSpec(name="size", type="integer"), endpoints=routes, rules=[rule])
    write(tmp_path, write_service(design).files)

    assert lint(tmp_path) == ""
    with served(tmp_path) as client:
        for size in (3, 10):
            client.post("/notes", json={"size": size})
        assert client.delete("/notes/1").status_code == 204
        assert client.delete("/notes/2").status_code == 409
        assert client.patch("/notes/2", json={"size": 1}).status_code == 409
