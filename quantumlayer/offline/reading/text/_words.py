"""Forms of English words: singular and plural, and the forms of verbs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from quantumlayer.offline.reading.text._lexicon import IRREGULAR_VERBS, VERBS

__all__ = [
    "Form",
    "Verb",
    "base",
    "forms",
    "is_past",
    "is_plural",
    "noun_for",
    "participle",
    "plural",
    "singular",
    "split_name",
    "verb",
]

_IRREGULAR_PLURALS = dict(
    pair.split("/")
    for pair in """
    person/people child/children man/men woman/women foot/feet tooth/teeth mouse/mice goose/geese
    datum/data criterion/criteria medium/media index/indexes shelf/shelves half/halves leaf/leaves
    life/lives wife/wives knife/knives loaf/loaves thief/thieves calf/calves quiz/quizzes movie/movies
    cookie/cookies tie/ties pie/pies cafe/cafes recipe/recipes cache/caches axe/axes shoe/shoes toe/toes
    hero/heroes potato/potatoes tomato/tomatoes echo/echoes veto/vetoes release/releases
    passerby/passersby appendix/appendices matrix/matrices vertex/vertices ox/oxen gas/gases bus/buses
    lens/lenses alias/aliases atlas/atlases canvas/canvases bonus/bonuses campus/campuses virus/viruses
    status/statuses stylus/styluses menu/menus diagnosis/diagnoses analysis/analyses basis/bases
    crisis/crises hypothesis/hypotheses thesis/theses synopsis/synopses rsvp/rsvps
    """.split()
)
_UNCHANGED = frozenset(
    (
        "series species news sheep fish deer aircraft spacecraft equipment information feedback stock "
        "inventory staff furniture luggage software hardware minutes goods means progress access "
        "business-hours address"
    ).split()
) - {"minutes", "address", "stock", "inventory"}
_IRREGULAR_SINGULARS = {many: one for one, many in _IRREGULAR_PLURALS.items()}
_VOWELS = "aeiou"


def plural(noun: str) -> str:
    """Make a plural of a singular; only the last word of a phrase changes."""
    head, space, last = noun.rpartition(" ")
    if space:
        return head + space + plural(last)
    low = noun.lower()
    if low in _UNCHANGED or low in _IRREGULAR_SINGULARS:
        return noun
    if low in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[low]
    if low.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if low.endswith("y") and len(low) > 1 and low[-2] not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def singular(noun: str) -> str:
    """Make a singular of a plural; what is no plural stays as it is."""
    head, space, last = noun.rpartition(" ")
    if space:
        return head + space + singular(last)
    low = noun.lower()
    if low in _UNCHANGED or low in _IRREGULAR_PLURALS:
        return noun
    if low in _IRREGULAR_SINGULARS:
        return _IRREGULAR_SINGULARS[low]
    for ending, replacement in (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss")):
        if low.endswith(ending) and len(low) > len(ending) + 1:
            return noun[: -len(ending)] + replacement
    if low.endswith(("xes", "zzes")):
        return noun[:-2]
    if low.endswith("s") and not low.endswith(("ss", "us", "is", "'s")) and len(low) > 2:
        return noun[:-1]
    return noun


def is_past(word: str) -> bool:
    """Whether a word says what was done: `written`, `painted`, also of a verb that is not known."""
    found = forms(word)
    return "base" not in found and ("participle" in found or (not found and word.endswith("ed")))


def is_plural(noun: str) -> bool:
    """Tell whether a noun is a plural, going by its form."""
    return singular(noun) != noun


def split_name(name: str) -> tuple[str, ...]:
    """Split a name as in JSON into its words: `dueDate`, `due_date` → due, date."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
    return tuple(part for part in parts if part)


# --- verbs ---------------------------------------------------------------------------------------

Form = Literal["base", "third", "past", "participle", "gerund"]


class Verb(NamedTuple):
    """A form of a verb."""

    base: str
    forms: frozenset[Form]


@lru_cache(maxsize=1)
def _known() -> dict[str, Verb]:
    """All forms of the verbs of the lexicon."""
    table: dict[str, dict[str, set[Form]]] = {}

    def put(word: str, verb: str, form: Form) -> None:
        table.setdefault(word, {}).setdefault(verb, set()).add(form)

    for verb in VERBS:
        past, participle = IRREGULAR_VERBS.get(verb, (_past(verb), _past(verb)))
        put(verb, verb, "base")
        put(_third(verb), verb, "third")
        put(past, verb, "past")
        put(participle, verb, "participle")
        put(_gerund(verb), verb, "gerund")
    known = {}
    for word, verbs in table.items():
        first = next(iter(sorted(verbs, key=lambda verb: ("base" not in verbs[verb], verb))))
        known[word] = Verb(first, frozenset(verbs[first]))
    return known


def verb(word: str) -> Verb | None:
    """Recognise a form of a verb of the lexicon; `pick-up` and `log in` go by their first part."""
    known = _known()
    found = known.get(word)
    if found is None and "-" in word:
        first, _, particle = word.partition("-")
        inner = known.get(first)
        if inner is not None and particle in {"in", "out", "up", "off", "down", "on", "back"}:
            return Verb(f"{inner.base}-{particle}", inner.forms)
    return found


def forms(word: str) -> frozenset[Form]:
    """Say which forms of a verb a word is; none for what is no verb."""
    found = verb(word)
    return found.forms if found is not None else frozenset()


def base(word: str) -> str:
    """Guess the base form of any word that stands where a verb has to."""
    found = verb(word)
    if found is not None:
        return found.base
    for ending, replacements in (
        ("ied", ("y",)),
        ("ies", ("y",)),
        ("ing", ("", "e")),
        ("ed", ("", "e")),
        ("es", ("e", "")),
        ("s", ("",)),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word[: -len(ending)]
            if ending in {"ing", "ed"} and len(stem) > 2 and stem[-1] == stem[-2] not in "sl":
                return stem[:-1]
            if ending in {"ing", "ed"} and stem.endswith(("v", "c", "at", "iz", "u", "g", "ir")):
                return stem + "e"
            return stem + replacements[0]
    return word


def _third(verb: str) -> str:
    if verb == "have":
        return "has"
    if verb in {"do", "go", "undo", "redo", "forego"}:
        return verb + "es"
    return plural(verb) if verb not in _IRREGULAR_PLURALS else verb + "s"


def _past(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ied"
    return (verb + verb[-1] if _doubles(verb) else verb) + "ed"


def _gerund(verb: str) -> str:
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and verb != "be":
        return verb[:-1] + "ing"
    return (verb + verb[-1] if _doubles(verb) else verb) + "ing"


_DOUBLING = frozenset(
    (
        "begin submit permit admit commit omit refer prefer occur transfer cancel label travel model "
        "level control enrol regret reset signal upset outbid overlap unpin format equip forget "
        "forbid total"
    ).split()
) - {"format"}
_ONE_SYLLABLE_NO = frozenset({"w", "x", "y"})


def _doubles(verb: str) -> bool:
    if verb in _DOUBLING:
        return True
    vowels = sum(
        1
        for index, letter in enumerate(verb)
        if letter in _VOWELS and (index == 0 or verb[index - 1] not in _VOWELS)
    )
    return (
        vowels == 1
        and len(verb) > 2
        and verb[-1] not in _VOWELS
        and verb[-1] not in _ONE_SYLLABLE_NO
        and verb[-2] in _VOWELS
        and (len(verb) < 3 or verb[-3] not in _VOWELS)
    )


def participle(verb: str) -> str:
    """`cancel` → cancelled, `pick-up` → picked up."""
    first, _, particle = verb.partition("-")
    form = first if is_past(first) else _past(first)
    form = IRREGULAR_VERBS[first][1] if first in IRREGULAR_VERBS else form
    return f"{form} {particle}".strip()


def noun_for(verb: str) -> tuple[str, ...]:
    """Say which nouns may name what a verb makes: book → booking, lend → loan."""
    special = NOMINALISATIONS.get(verb, ())
    return (*special, verb, _gerund(verb), *(_derived(verb)))


def _derived(verb: str) -> list[str]:
    derived = []
    if verb.endswith("ate"):
        derived.append(verb[:-1] + "ion")
    if verb.endswith("e"):
        derived.extend([verb[:-1] + "ation", verb[:-1] + "al", verb + "ment"])
    else:
        derived.extend([verb + "ation", verb + "ment", verb + "al", verb + "ion"])
    if verb.endswith("y"):
        derived.append(verb[:-1] + "ication")
    if verb.endswith("er"):
        derived.append(verb[:-2] + "ration")
    return derived


NOMINALISATIONS: dict[str, tuple[str, ...]] = {
    "lend": ("loan", "lending"),
    "borrow": ("loan", "borrowing", "lending"),
    "loan": ("loan",),
    "rent": ("rental",),
    "hire": ("rental", "hire"),
    "rate": ("rating",),
    "book": ("booking", "reservation", "appointment"),
    "reserve": ("reservation", "booking"),
    "enrol": ("enrolment", "enrollment", "registration"),
    "enroll": ("enrolment", "enrollment", "registration"),
    "register": ("registration", "enrolment", "enrollment"),
    "attend": ("attendance", "registration", "rsvp"),
    "join": ("membership", "registration", "participation"),
    "apply": ("application",),
    "subscribe": ("subscription",),
    "pay": ("payment",),
    "buy": ("purchase", "order"),
    "purchase": ("purchase", "order"),
    "order": ("order",),
    "sell": ("sale",),
    "donate": ("donation",),
    "vote": ("vote",),
    "review": ("review",),
    "comment": ("comment",),
    "like": ("like",),
    "bid": ("bid",),
    "reply": ("reply",),
    "answer": ("answer",),
    "invite": ("invitation",),
    "sign-up": ("signup", "registration"),
    "check-in": ("check-in", "checkin"),
    "check-out": ("checkout", "check-out"),
    "park": ("ticket", "parking", "session"),
    "deposit": ("deposit", "transaction"),
    "withdraw": ("withdrawal", "transaction"),
    "transfer": ("transfer", "transaction"),
    "adopt": ("adoption", "application"),
    "complain": ("complaint",),
    "complete": ("completion",),
    "log": ("log", "log entry", "entry"),
    "track": ("entry", "time entry"),
    "move": ("movement",),
    "ship": ("shipment",),
    "deliver": ("delivery",),
    "inspect": ("inspection",),
    "visit": ("visit",),
    "play": ("play", "game", "match", "score"),
    "train": ("training", "session"),
    "plan": ("plan",),
    "score": ("score",),
    "follow": ("follow",),
    "assign": ("assignment",),
    "measure": ("measurement",),
    "favourite": ("favourite",),
    "favorite": ("favorite",),
    "respond": ("response", "rsvp"),
    "claim": ("claim",),
    "offer": ("offer",),
    "request": ("request",),
    "report": ("report",),
    "submit": ("submission",),
    "test": ("test",),
    "prescribe": ("prescription",),
    "vaccinate": ("vaccination",),
    "treat": ("treatment",),
    "charge": ("charge",),
    "swap": ("swap",),
    "checkin": ("check-in", "checkin"),
}
"""What verbs of this kind of document make. Beside these the regular derivations are tried."""
