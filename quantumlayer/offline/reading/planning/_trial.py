"""What of a plan cannot be built is taken out of it, piece by piece, and said to be missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from quantumlayer.agents import SystemDesign
from quantumlayer.errors import AgentError, ExpressionError
from quantumlayer.offline.reading.document._drafts import EntityDraft, FieldDraft
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan, RuleDraft
from quantumlayer.offline.writing._context import Service
from quantumlayer.offline.writing._service import service_modules

__all__ = ["buildable"]

_MOST_TRIES = 80
"""A trial takes some hundredths of a second; a plan that is worse than that is built coarsely."""
_WRITTEN = ("computed", "on_create", "on_update")


@dataclass(frozen=True, slots=True)
class _Part:
    """Something that can be left out of a plan."""

    what: str
    requirements: tuple[str, ...]
    texts: tuple[str, ...]
    """Its expressions."""
    drop: Callable[[], Callable[[], None]]
    """Takes it out; what it returns puts it back."""


def buildable(plan: Plan, assemble: Callable[[], SystemDesign]) -> SystemDesign:
    """Assemble a plan into a design that the writing half can write; it never fails.

    What stands in the way is dropped, least first: a rule, a parameter, the expression of a field, a
    route, a field, an entity. The ledger says of each which requirements are missing now, and why.
    """
    tries = 0
    error = _error(assemble)
    while error is not None and tries < _MOST_TRIES:
        for part in _suspects(plan, error):
            put_back = part.drop()
            tries += 1
            after = _error(assemble)
            if str(after) != str(error):
                _note(plan, part, error)
                error = after
                break
            put_back()
            if tries >= _MOST_TRIES:
                break
        else:
            break
    if error is not None:
        _clear(plan, error)
    return assemble()


def _error(assemble: Callable[[], SystemDesign]) -> Exception | None:
    try:
        service_modules(Service(assemble()))
    except NameError:  # A mistake in this program is none of the document.
        raise
    except Exception as error:  # noqa: BLE001 -- whatever a plan leads to, its reader has to go on
        return error
    return None


def _reason(error: Exception) -> str:
    match error:
        case ExpressionError():
            return f"{error.expression!r} cannot be built: {error.reason}"
        case ValidationError():
            return f"it cannot be built: {error.errors()[0]['msg']}"
        case AgentError():
            return str(error)
        case _:
            return f"it cannot be built: {type(error).__name__}"


def _note(plan: Plan, part: _Part, error: Exception) -> None:
    for requirement in part.requirements:
        plan.ledger.miss(requirement, f"{part.what}: {_reason(error)}"[:300])


def _clear(plan: Plan, error: Exception) -> None:
    """Leave everything out: nothing is better than what cannot be built."""
    for part in _parts(plan):
        _note(plan, part, error)
    plan.rules.clear()
    plan.endpoints.clear()
    plan.world.structure.entities.clear()
    plan.world.user = None


# --- parts ---------------------------------------------------------------------------------------


def _suspects(plan: Plan, error: Exception) -> list[_Part]:
    """All parts, those first whose expression the error names."""
    parts = list(_parts(plan))
    if isinstance(error, ExpressionError):
        parts.sort(key=lambda part: error.expression not in part.texts)
    else:
        said = str(error)
        parts.sort(key=lambda part: not any(text in said for text in (part.what, *part.texts)))
    return parts


def _parts(plan: Plan) -> Iterator[_Part]:
    for rule in plan.rules:
        yield _rule(plan, rule)
    for endpoint in plan.endpoints.values():
        for name in endpoint.params:
            yield _param(endpoint, name)
    drafts = plan.world.structure.entities
    for draft in drafts.values():
        for made in draft.fields.values():
            if any(key in made.spec for key in _WRITTEN):
                yield _value(draft, made)
    for key, endpoint in plan.endpoints.items():
        yield _Part(
            f"{endpoint.method} {endpoint.path}",
            tuple(endpoint.requirements),
            tuple(_endpoint_texts(endpoint)),
            _popping(plan.endpoints, key),
        )
    for draft in drafts.values():
        for name, made in draft.fields.items():
            yield _Part(
                f"{draft.word.name}.{name}",
                tuple(made.requirements),
                (),
                _popping(draft.fields, name),
            )
    for name, draft in drafts.items():
        yield _Part(name, tuple(draft.requirements), (), _popping(drafts, name))


def _endpoint_texts(endpoint: EndpointDraft) -> Iterator[str]:
    spec = endpoint.spec
    yield from (text for key in ("where", "group_by") if (text := spec.get(key)))
    yield from spec.get("returns", {}).values()
    for effect in spec.get("effects", ()):
        yield effect["value"]


def _rule(plan: Plan, rule: RuleDraft) -> _Part:
    def drop() -> Callable[[], None]:
        at = plan.rules.index(rule)
        del plan.rules[at]
        return lambda: plan.rules.insert(at, rule)

    return _Part(f"rule {rule.name!r}", tuple(rule.requirements), (rule.condition,), drop)


def _param(endpoint: EndpointDraft, name: str) -> _Part:
    param = endpoint.params[name]
    texts = (param["where"],) if param.get("where") else ()
    asked = tuple(param.get("requirements", ()))
    return _Part(f"the parameter {name!r}", asked, texts, _popping(endpoint.params, name))


def _value(draft: EntityDraft, made: FieldDraft) -> _Part:
    texts = tuple(made.spec[key] for key in _WRITTEN if key in made.spec)

    def drop() -> Callable[[], None]:
        before = dict(made.spec)
        for key in _WRITTEN:
            made.spec.pop(key, None)
        made.spec.update(set_by="system", required=False)

        def put_back() -> None:
            made.spec.clear()
            made.spec.update(before)

        return put_back

    what = f"{draft.word.name}.{made.name}"
    return _Part(what, tuple(made.requirements), texts, drop)


def _popping(items: dict[Any, Any], key: object) -> Callable[[], Callable[[], None]]:
    """Take a member out of a dictionary so that it can be put back in its place."""

    def drop() -> Callable[[], None]:
        before = dict(items)
        del items[key]

        def put_back() -> None:
            items.clear()
            items.update(before)

        return put_back

    return drop
