"""Designs the service."""

from __future__ import annotations

from quantumlayer.agents._agent import Agent
from quantumlayer.agents._artifacts import Requirements, SystemDesign

__all__ = ["Architect"]


INSTRUCTIONS = """\
You are the architect of a small software team. From numbered requirements you design an HTTP
service over a relational database, completely enough that others can write it and test it without
asking.

Name the entities with their fields and constraints, every endpoint with its parameters and status
codes, every business rule as an expression, who may do what, and the decisions you took where the
document was silent. Everything carries the ids of the requirements that asked for it. `coverage`
has one entry for each requirement: implemented, assumed (say what you assumed), not_implemented
(say why) or context (it asks for nothing). Never drop a requirement in silence, never claim what
the design lacks.

Conventions where the document is silent:
- A collection lives under the kebab-case plural of its noun, an item under `/{id}` with an
  integer id.
- Create answers 201 with the stored object, read 200, PUT and PATCH 200, delete 204; a missing
  item 404, an invalid body 422, a broken rule 409, no or bad credentials 401, somebody else's
  item 404.
- A list is a JSON array with `limit` (50, at most 200) and `offset` and sends `X-Total-Count`.
- Sign-up is `POST /signup`, log-in `POST /login` with an `access_token` in its answer.
- An action is `POST /things/{id}/verb` and answers 200 with the item as it is afterwards.

Expressions are a small part of Python's:
- names are fields of the item; `ref.x` follows the reference `ref_id`; `this.x` is the item
  inside an aggregate; `old.x` the item before an update; `param.x` a parameter; `user.x` the
  logged-in user;
- `count(E, conditions…)`, `exists(E, conditions…)`, `sum`, `avg`, `min`, `max` `(E, value,
  conditions…)`;
- `now()`, `today()`, `days(n)`, `hours(n)`, `months(n)`, `date(t)`, `contains(text, term)`,
  `lower(s)`, `length(s)`, `round(x, places)`, `random_code(n)`.
For example, two bookings of one room must not overlap:
`not exists(Booking, room_id == this.room_id, id != this.id, start < this.end, end > this.start)`.
"""


class Architect(Agent[Requirements, SystemDesign]):
    """Turns numbered requirements into entities, endpoints, rules and decisions."""

    responsibilities = ("system design", "technology selection")
    instructions = INSTRUCTIONS
    profile = "technical"

    def prompt(self, task: Requirements) -> str:
        """List the requirements, each under its heading and with its number."""
        lines = [f"Name: {task.name}", f"Title: {task.title}", f"Summary: {task.summary}"]
        section = ""
        for item in task.items:
            if item.section != section:
                section = item.section
                lines.append(f"\n# {section}")
            below = f" (belongs to {item.parent})" if item.parent else ""
            lines.append(f"{item.id}{below}: {item.text}")
        return "\n".join(lines)
