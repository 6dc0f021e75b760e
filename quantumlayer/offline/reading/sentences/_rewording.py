"""Sentences that define something, said again in the few forms that the recognisers know.

People say in many ways that a thing has fields: `for each parcel we store …`, `one entry names …`,
`recorded are …`. Each rule here turns one construction into `a parcel has …`, `the weight is …`.
What a sentence leaves open (`each has`, `it is unique`) is filled in from the sentences before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from quantumlayer.offline.reading.language._facts import Thing
from quantumlayer.offline.reading.language._fieldcuts import UNITS, told_of_each
from quantumlayer.offline.reading.language._fieldlists import FieldPhrase, read_fields
from quantumlayer.offline.reading.language._fieldtypes import is_textual, type_of_name
from quantumlayer.offline.reading.language._patterns import (
    Captures,
    Pattern,
    Reader,
    SlotFunction,
    compile_pattern,
    words_of,
)
from quantumlayer.offline.reading.language._remarks import remark
from quantumlayer.offline.reading.language._slots import TIME_UNITS, literal_of
from quantumlayer.offline.reading.language._traits import Trait, read_traits
from quantumlayer.offline.reading.sentences._definitions import (
    DEFINITION_SLOTS,
    GENERIC,
    SIGN_UP,
    VAGUE,
)
from quantumlayer.offline.reading.sentences._introductions import presented
from quantumlayer.offline.reading.text._lexicon import (
    ADVERBS,
    DETERMINERS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    PRONOUNS,
)
from quantumlayer.offline.reading.text._tokens import Token, tokenize, unwritten
from quantumlayer.offline.reading.text._words import forms, is_plural, plural, singular, verb

__all__ = ["Rewording", "bracketed", "called", "counted_words", "reword"]

Tokens = tuple[Token, ...]


@dataclass(slots=True)
class Rewording:
    """What the sentences before were about, for those that only say `it` and `each`."""

    counted: Counter[str] = field(default_factory=Counter)
    """How often each word of the document occurs, in the singular."""
    collections: frozenset[str] = frozenset()
    """What the paths of the document are called, in the singular."""
    known: frozenset[str] = frozenset()
    thing: Tokens = ()
    """What the text is about."""
    named: Tokens = ()
    """The field that was named last."""
    fields: set[str] = field(default_factory=set)
    """Words that name fields."""
    headed: bool = False
    """Whether nothing was said yet below the heading that names the thing."""
    subject: Tokens = ()
    """The thing that the sentence before says something of, or only presents."""
    heading: Tokens = ()
    """The thing that the heading names."""
    asked: bool = False
    """Whether the sentence before asked what a thing consists of."""


# --- forms ---------------------------------------------------------------------------------------

_EVERY = "(each|every|a|an|any|all|one|each single|every single)"
_SYSTEM = "(the|our|this) (system|service|server|backend|api|app|application|software|program|tool|database)"
_WHO = f"(we|you|i|they|it|one|people|users|clients|everybody|{_SYSTEM}|(the|a|our) <noun:who>)"
_KEEP = (
    "(store|stores|keep|keeps|record|records|note|notes|save|saves|know|knows|track|tracks|hold|holds|register"
    "|registers|write down|writes down|remember|remembers|collect|collects|capture|captures|log|logs|document"
    "|documents|need|needs|want|enter|enters|file|files|note down|notes down|jot down|keep track of|see|maintain"
    "|maintains|manage|ask for|asks for|require|requires|list|lists)"
)
_KEPT = (
    "(stored|kept|recorded|noted|needed|known|registered|saved|tracked|held|required|written down|remembered"
    "|collected|captured|logged|entered|documented|noted down|filed|on file|taken down|wanted|asked for|maintained)"
)
_ENTERED = (
    "(stored|kept|recorded|noted|registered|saved|tracked|remembered|collected|captured|logged|entered|documented"
    "|written down|noted down|taken down|filed|on file|maintained|kept track of)"
)
_HAS = (
    "(comprises|comprise|is made up of|is composed of|is characterised by|is characterized by|is defined by|is entered with"
    "|is stored with|is kept with|is recorded with|is saved with|is registered with|is noted with|is filed with"
    "|is known by|is specified by|is represented by|is described with|is given|possesses|boasts|has got|names|says"
    "|tells|states|offers|asks|lists|mentions|specifies|covers|features|bears|carries|stores|records|notes)"
)
_TELL = "(tells|says|states|shows|indicates|records|marks|tell|say|notes|denotes|signals|specifies|means|expresses)"
_FIELDS = "(fields|attributes|properties|columns|data|details|particulars|information|parts|items)"
_NAMED = "(written down|noted|recorded|kept|stored|entered|saved|given|held|put|found|sent|called|tracked)"

_YES_NO = "(yes or no|true or false|true / false|yes / no|true|false|boolean|a boolean|a flag|a yes or no|on or off)"

_TELLING = frozenset(
    "names says tells states gives shows lists mentions specifies asks offers has carries contains includes"
    " bears records keeps stores notes holds features knows comprises gets needs requires".split()
)


def _rule(text: str, template: str) -> tuple[Pattern, tuple[str, ...]]:
    return compile_pattern(text), tuple(template.split())


_ONCE_MADE = (
    "(is|are|stays|stay) [(then|always)] (fixed|frozen|settled|[worked out|computed|calculated|set|determined] once) [,]"
    " [only] (when|once|as soon as|at the moment) [(the|a|an)] (it|<noun:x>) ((is|was|has been|gets) (made|created|placed"
    "|entered|ordered|taken|recorded|submitted|booked|bought|opened|stored)|(comes|came) in|arrives|arrived)"
    " [(,|;) <rest:more>]"
)

_RULES: tuple[tuple[Pattern, tuple[str, ...]], ...] = (
    # --- a thing has fields
    _rule(
        f"(for|of|about|per|with|on) {_EVERY} <thing> [<relative>] [,] {_WHO} [MUST] [(like|want|wish) to] {_KEEP} [:] [<list:rest>]",
        "a $thing has $rest",
    ),
    _rule(
        "(for|about|per|of) (each|every|a|an|any|one|per) <thing> [<relative>] [,] (there is|there are|exists) [(an|one)] [entry] [(in|under|at) <route>] [(with|:|,|containing|holding)] <list:rest>",
        "a $thing has $rest",
    ),
    _rule("(for|per) (each|every|a|an|any|one) <thing> [<relative>] [,] (there MUST be|we have|comes|come) <list:rest>", "a $thing has $rest"),
    _rule("(for|per) (each|every|a|an|any|one|all) <thing> [<relative>] (:|-) [<list:rest>]", "a $thing has $rest"),
    _rule(f"per <thing> (:|-|,) [{_WHO} {_KEEP}] <list:rest>", "a $thing has $rest"),
    _rule(f"{_KEPT} (for|of|about|with|per|on) [{_EVERY}] <thing> [(is|are)] [:] [<list:rest>]", "a $thing has $rest"),
    _rule(f"{_KEPT} (is|are) [:] <list:rest>", "it has $rest"),
    _rule(f"[{_WHO}] [MUST] [(like|want|wish) to] {_KEEP} [,] (per|for each|for every|for a|for an|for all|of each|of every|about each|about every) <thing> [(,|:)] <list:rest>", "a $thing has $rest"),
    _rule(f"[{_WHO}] [MUST] [(like|want|wish) to] {_KEEP} <list:rest> (per|for each|for every|of each|of every|about each|about every) <thing>", "a $thing has $rest"),
    _rule(f"(the|its|possible) {_FIELDS} of [{_EVERY}] <thing> (are|is|:) <list:rest>", "a $thing has $rest"),
    _rule(f"{_FIELDS} (of|for|in) [{_EVERY}] <thing> [(are|is)] [(:|-)] [<list:rest>]", "a $thing has $rest"),
    _rule(f"{_EVERY} <thing> 's {_FIELDS} (are|is|:) <list:rest>", "a $thing has $rest"),
    _rule("(each|every|one|a|an) <thing> (=|:) <list:rest>", "a $thing has $rest"),
    _rule("<whole:thing> = <list:rest>", "a $thing has $rest"),
    _rule("(a|an|one|each|every) <thing> (is|means) <articles:rest>", "a $thing has $rest"),
    _rule(f"{_EVERY} <thing> (that|which|who) <phrase> (has|{_HAS[1:-1]}) [:] <list:rest>", "a $thing has $rest"),
    _rule(f"(one|each|every|a|an|any) <thing> [<where>] [MUST] [also] {_HAS} [the following [{_FIELDS}]] [:] <list:rest>", "a $thing has $rest"),
    _rule("<plural:thing> [<where>] [MUST] [also] (comprise|are described by|are made up of|are composed of|are characterised by|are stored with|are given|are registered with|are entered with|are kept with|are recorded with) <list:rest>", "a $thing has $rest"),
    _rule("(we|you|people|the office|the board|our office) (gives|assigns|give|assign) (each|every|any|a|an) <thing> (a|an|its|one|their) <rest>", "a $thing has a $rest"),
    _rule(f"[({_WHO}|<actor>)] [(can|may|MUST)] (<create>|<creates>) [(a|an|the|new|each|every|all)] <thing> [,] (i.e|i.e.|namely|that is|meaning|that means|consisting of|made up of|described by|defined by|composed of|by|under|by means of) [(,|:)] [(its|their|the)] <list:rest>", "a $thing has $rest"),
    _rule("(when|if|whenever|each time|every time|as soon as|once) <phrase> [,] (we|you|i|people|one|that|it|this) (call|calls|name|names|is called|is named|is known as|is|makes) [(it|this|that)] (a|an) <thing>", "a $thing can be made"),
    _rule("<phrase> [(:|,|-)] (we call (it|this|that|this)|[(this|that|it)] is called) (a|an) <thing>", "a $thing can be made"),
    _rule("(a|an) <thing> is what we call (it|that|this) (when|if|whenever) <phrase>", "a $thing can be made"),
    _rule("[and] (this|that|it) is [what we] (called|call|named|known as) (a|an) <thing>", "a $thing can be made"),
    _rule("(we|i|people) (speak of|talk of|talk about) (a|an) <thing> (when|if|whenever|once) <phrase>", "a $thing can be made"),
    _rule(f"(for|of|about|with|on) {_EVERY} <thing> [,] <list:rest> (is|are) [(always|also)] {_KEPT}", "a $thing has $rest"),
    _rule("(when|for|on|by) (<creating>) (a|an|the) [new] <thing> [,] <list:rest> (is|are) (required|mandatory|needed|given|sent|entered|obligatory|necessary) [(,|;) [and] <rest:more>]", "a $thing has $rest , $more"),
    _rule(f"to (<create>) (one|it) [,] [{_WHO}] [(MUST|can)] [please] (send|sends|give|gives|enter|provide|state|supply|fill in|name|need|needs|post|posts|submit|specify|tell us) [:] [(its|the|their)] <list:rest>", "it is created with $rest"),
    _rule("(clients|the client|callers|the caller) [MUST] [only] (send|sends|give|gives|provide|provides) [only] [:] [(its|the|their)] <list:rest>", "it is created with $rest"),
    _rule(f"to (<create>) (a|an|the) [new] <thing> [,] [{_WHO}] [MUST] [please] (send|give|enter|provide|state|supply|fill in|name|need|post|submit|specify|tell us) [:] [(its|the|their)] <list:rest>", "a $thing is created with $rest"),
    _rule("(besides|apart from|in addition to) [(its|the|their)] <list:first> , (a|an|each|every) <thing> [also] (has|carries|contains|needs) <list:rest>", "a $thing has $first , $rest"),
    _rule("[(its|the|their)] <list:first> , (a|an|each|every) <thing> [also] (has|carries|contains|needs) <list:rest>", "a $thing has $first , $rest"),
    _rule(f"(a|an|each|every) <thing> is (a|an|some|any) <noun:what> whose <list:rest> {_WHO} {_KEEP}", "a $thing has $rest"),
    _rule("(a|an|each|every) <thing> is (someone|somebody|anybody|anyone|something|a person|whoever) (with|who has|that has) <list:rest>", "a $thing has $rest"),
    _rule("<plural:thing> (leave|give|tell us|fill in|provide|enter|submit|hand in) [us] [(their|its)] <articles:rest>", "a $thing has $rest"),
    _rule("(a|an) <thing> is (nothing more than|no more than|just|only|merely|simply|nothing but) <list:rest>", "a $thing has $rest"),
    _rule("<plural:thing> are (things|records|entries|objects|entities) [of their own] [,] (with|having) <list:rest>", "a !thing has $rest"),
    _rule("<whole:thing> : <list:rest> (is|are) (required|mandatory|needed|obligatory|compulsory) [, <rest:more>]", "a !thing has $rest , $more"),
    _rule("<whole:thing> : <list:rest> MUST be (given|sent|there|present|filled in|stated) [, <rest:more>]", "a !thing has $rest , $more"),
    _rule("<fresh:rest> (is|are) (required|mandatory|needed|obligatory|compulsory|necessary) [, [as well as] <rest:more>]", "it has $rest , $more"),
    _rule("(a|an|each|every) <thing> (can be|may be|is) [either] <choices:set> , [(the|its|called|as|in)] <name:called>", "a $thing has a $called ( $set )"),
    _rule("(a|an|each|every) <thing> (knows|keeps|holds) <articles:rest>", "a $thing has $rest"),
    _rule("given (a|an) <thing> (with|that has|who has) <list:rest>", "a $thing has $rest"),
    _rule("think of (a|an) <thing> as <articles:rest>", "a $thing has $rest"),
    _rule(f"(when|whenever|if|once) (somebody|someone|anybody|anyone|a <noun:who>|we|people|they) <phrase:deed> (a|an) <thing> [,] {_WHO} {_KEEP} [down] <articles:rest>", "a $thing has $rest"),
    _rule("(it is|this is) optional to (give|add|enter|send|state|leave|provide|write) <list:rest>", "it may have $rest"),
    _rule("[please] [also] (leave|make) (room|space|a field) for <list:rest>", "it may have $rest"),
    _rule("(send|give|enter|provide|post|submit) [(its|the|their)] <named:rest>", "it has $rest"),
    _rule("(<create>|<creates>) (a|an) [new] <thing> (to|in|into|on) (the|our|a|your|my) <phrase> : <list:rest>", "a $thing has $rest"),
    # --- a field is kept
    _rule(f"{_WHO} [MUST] [also] [(like|want|wish) to] {_KEEP} [:] <parts:rest>", "it has $rest"),
    _rule(f"{_WHO} [MUST] [(like|want|wish) to] {_KEEP} [down] (their|its|his|her) <list:rest>", "it has $rest"),
    _rule("there (is|are) [(always|usually|normally)] <described:rest>", "it has $rest"),
    _rule(f"in (it|them|this|there|this file|this record|the record|the file|the entry|each entry|the book|this book|that list|the list) {_WHO} [MUST] {_KEEP} [:] <list:rest>", "it has $rest"),
    _rule("(each|each one|each of them|each of these|every one|every one of them|all of them|they all|they|all) [also] (has|have|comes with|come with|carries|carry|gets|get|needs|need|bears|contains|consists of|is given|includes|consist of|is made up of) <list:rest>", "it has $rest"),
    _rule("[there] (is|are) [also] <list:rest> (for|with|to|on|of) (each|every one|each one|every|all) of (them|these)", "it has $rest"),
    _rule("[there] (is|are) [also] <list:rest> (for|with|to|on|of) (each|every) <thing>", "a $thing has $rest"),
    _rule("(has|have|contains|contain|comprises|consists of) <list:rest>", "it has $rest"),
    _rule("(may|can|could|might) [also|optionally] (have|carry|contain|include) <list:rest>", "it may have $rest"),
    _rule("<thing:ignored> (types in|type in|types|enters|enter|fills in|fill in|writes down|notes down|puts in|keys in|inputs|submits|hands in|gives|states) (their|his|her|its) <list:rest>", "it has $rest"),
    _rule(f"[{_WHO}] [(MUST|can|only|may)] [only] (accept|accepts|take|takes|keep|ship|carry|carries|allow|handle|transport|admit) [only] <plural:thing> (<measuring:measure>) <rest>", "the !measure of a $thing is $rest"),
    _rule("apart from (that|this|these|it) [,] (a|an|each|every|the) <thing> has <list:rest>", "a $thing has $rest"),
    _rule(f"[(along|together) with (it|that|this|them) [,]] [(besides|in addition|also) [,]] <a_field:rest> (is|are) [also] {_ENTERED} [(as well|too|also|along with it|with it|alongside|in addition|for each|every time)]", "it has $rest"),
    _rule("<a_field:rest> [,] (is|are) [(also|likewise)] (part|a part) of (it|them|each|every one|the record|the entry|the <thing>)", "it has $rest"),
    _rule(f"<name:called> {_TELL} (whether|if) <rest>", "it has $called ( boolean )"),
    _rule(f"(whether|if) <phrase> (is|goes) {_NAMED} (as|in|under|by) <name:called>", "it has $called ( boolean )"),
    _rule(f"(who|what|where|when|why|how|whom|whose <noun:x>) <phrase> (is|goes) {_NAMED} (as|in|under|by) <name:called>", "it has $called"),
    _rule("<phrase> (may|can|could|might) [also] be (named|given|added|stored|recorded|entered|supplied|noted|provided|attached|mentioned|set|filled in) (:|in|as|-|under|with|,) <name:called> [, <rest>]", "it may have $called ( $rest )"),
    _rule("<single:rest> (may|can|could|might) [also] be (given|added|noted|attached|entered|recorded|stored|left|written down)", "it may have $rest"),
    _rule("<name:called> [LP <inside> RP] (can|may|could|might) [also] be (given|added|set|sent|supplied|provided|filled in|attached|entered|recorded|noted|stored|specified|present|there) [, [but] (it|they) (does|do|need|needs|has|have|must) not <rest>]", "it may have $called ( $inside )"),
    _rule("<phrase> LP <name:called> RP (is|are|gets|will be|shall be) (filled in|filled|set|recorded|written|noted|stamped|generated|added|assigned|stored|worked out|determined|provided) by [(the|our)] (server|service|system|backend|api|app|application|software)", "the system sets $called"),
    _rule("(the|our|this) (server|service|system|backend|api|app|application) (fills in|records|notes|sets|stamps|stores|writes|adds|keeps) (when|at what time|at what moment|at which moment|the moment when|on which day) <phrase> [LP] [(as|in|under|:|,)] <name:called> [RP]", "the system sets $called"),
    _rule(f"(whether|if) <phrase> (is|MUST be) {_YES_NO} [LP <name:called> [, <inside>] RP]", "it has $called ( boolean , $inside )"),
    _rule(f"(it|they|a <thing:ignored>|each <thing:ignored>|every <thing:ignored>) (can|may|could|is|are) [be] [(either)] <state:called> LP {_YES_NO} [, <inside>] RP", "it has $called ( boolean , $inside )"),
    _rule("<a_field:x> [<phrase>] (is|are|would be) <optional:how> [,] [and] [please] [(we|let us)] (call|name) (it|this|that) <noun:called>", "it has $called ( $how )"),
    _rule("[(the|a|an)] <noun:y> (why|how|what|where|when|who|whether|about|on) <phrase:x> (is|are|would be) <optional:how> [,] [and] [please] [(we|let us)] (call|name) (it|this|that) <noun:called>", "it has $called ( $how )"),
    # --- relations
    _rule(f"{_EVERY} <linking:thing> (<verbal>) <roles:rest>", "a $thing has $rest"),
    _rule("(each|every|a|an|one|any) <thing> [<where>] (is|comes|stems|originates|goes|happens|was|gets|is made|is done|is written|is paid|is given|is placed|is held|takes place) (by|from|of|at|in|to|with|for|on|onto|into) (exactly one|just one|one|precisely one|a single|one single|one and only one) <thing:two>", "a $thing belongs to one $two"),
    _rule("(comes|stems|is|originates|is made|is written|goes|takes place|happens) (from|by|at|in|of|for|to|with|on) (exactly one|one|a single|precisely one|just one) <thing:two>", "it belongs to one $two"),
    _rule("(belongs to|is part of|is for|is about|refers to) (exactly one|one|a single|precisely one|just one|a|an) <thing:two>", "it belongs to one $two"),
    # --- choices
    _rule("(each of them|each|it|this|they|each one|every one|all of them|a <thing:ignored>|an <thing:ignored>|each <thing:ignored>) (is|are) <choices:set> [,] (which|and this|and that|this|that) (we call|is called|is|we name|is known as|makes up) (its|the|their|a) <noun:called>", "it has a $called ( $set )"),
    _rule("[the] (only|possible|allowed|permitted|available|valid) <noun:called> (is|are) [:] <choices:set> [, (nothing else|no others|that is all)]", "the $called is one of $set"),
    _rule("[the] <noun:called> [that] (we have|there are|we know|we offer|we allow|we use|on offer|to choose from|available|we sell|we stock) (is|are) [:] <choices:set> [, (nothing else|no others|that is all)]", "the $called is one of $set"),
    _rule("<phrase> (come|comes|are available|is available|exist|are sold|are offered) (in|as) <choices:set> , (so|thus|hence|therefore|and) (these|those|they) are (the only|all) [(possible|allowed|valid)] <noun:called>", "the $called is one of $set"),
    # --- required and optional
    _rule("<a_field:rest> (is|are) the only [<noun:x>] [(that|which) (is|are)] (not (obligatory|required|mandatory|needed|necessary|compulsory)|optional)", "$rest is optional"),
    _rule("<a_field:rest> is the only (thing|one|part|field) (that|which|one) (may|can) be (missing|left out|omitted|empty|blank)", "$rest is optional"),
    _rule("(only|just) <a_field:rest> (is|are) optional", "$rest is optional"),
    _rule("(only|just) <a_field:rest> (may|can) be (missing|left out|omitted|empty|blank|left blank|left empty)", "$rest is optional"),
    _rule("<nobody> (may|can|must|should|is allowed to) (leave|omit|skip|forget) [out] <a_field:rest> [(out|away|blank|empty)]", "$rest is required"),
    _rule("<phrase> (can not|cannot|may not|must not) (do|come|be|exist|go) without <a_field:rest>", "$rest is required"),
    _rule("<somebody> [(may|can|often|sometimes)] (leave|leaves) <a_field:rest> (out|off|blank|empty)", "$rest is optional"),
    _rule("<somebody> [(may|can|often|sometimes)] (omit|omits|skip|skips|leave out|leaves out) <a_field:rest>", "$rest is optional"),
    _rule("(a|an|any) <thing> (without|with no) [any] <field:rest> CANNOT <rest:tail>", "a $thing without $rest can not $tail"),
    _rule("(a|an|some|many|most|not every|not all|one) <thing> [(can|may|do|does|will|might)] [(also|simply|often)] (without|with no|has no|have no|having no|not have|lacks|lack|be without|exist without|come without|comes without) [(a|an|the|any)] <field:rest> [(is|are|goes|can|may|simply|just|does|will|,|:|works) [<rest:tail>]]", "the $rest is optional"),
    _rule("(a|an|the|any) <field:rest> (is|would be) (nice to have|good to have|welcome|a bonus|desirable|voluntary) [<rest:tail>]", "the $rest is optional"),
    _rule("(not every|not all) <thing> (has|have|needs|need) (a|an|the) <field:rest>", "the $rest is optional"),
    _rule(f"[{_WHO}] (do|does) not (insist on|require|need|ask for) <a_field:rest>", "$rest is optional"),
    _rule(f"on <a_field:rest> {_WHO} (do|does) not insist", "$rest is optional"),
    _rule("<a_field:rest> MUST (be (there|known|named|given|sent|in it)|not be (missing|left out|omitted))", "$rest is required"),
    _rule("<a_field:rest> [CAN] [(also|sometimes|often)] (is|are|be|stay|stays|remain|remains) (missing|unknown|absent|empty|blank|left open) [<rest:tail>]", "$rest is optional"),
    # --- unique
    _rule("[the|its] <field:rest> [, <phrase:mid> ,] (identifies|distinguishes|singles out|tells apart|belongs to exactly) [(a|an|each|every|the|one)] <thing> [<rest:tail>]", "a $thing has a $rest ( $mid , unique )"),
    _rule("no <field:rest> [(is|are|may be|can be|may|can)] (appear|appears|occur|occurs|exist|exists|there|used|taken|come up|comes up) (twice|two times|again|more than once|a second time) [(in|within) (the|our|this) <phrase>]", "the $rest is unique"),
    _rule("the same <field:rest> CANNOT be (given|assigned|used|taken|registered|entered|issued|handed out|stored|added) [<rest:tail>]", "the $rest is unique"),
    _rule("[a|an|the] <field:rest> CANNOT be (given|assigned|used|taken|registered|entered|issued|handed out|stored|added) (twice|two times|again|a second time|more than once|to (two|several|more than one) <phrase>) [<rest:tail>]", "the $rest is unique"),
    _rule("(every|each|any|all) [<thing>] (has|have|needs|need|must have|gets|get|carries|bears) (a different|another|a distinct|a unique|different|unique|distinct) <field:rest>", "the $rest is unique"),
    _rule("(two|no two|several|different) [<thing>] [of them] [(CANNOT|can|may|must|will|do not|should)] [(ever|never)] (have|share|carry|use|get|bear|with) the same <one>", "#named is unique"),
    _rule("(two|no two|several|different) [<thing>] [of them] [(CANNOT|can|may|must|will|do not|should)] [(ever|never)] (have|share|carry|use|get|bear|with) the same <field:rest>", "the $rest is unique"),
    _rule("<nobody> (may|can|must|should) [be] (<verbal>) [in] (twice|again|two times|more than once|a second time) (with|under|using) the same <field:rest>", "the $rest is unique"),
    _rule("<nobody> (<verbal>) [in] (twice|again|two times|more than once|a second time) (with|under|using) the same <field:rest>", "the $rest is unique"),
    _rule("<a_field:rest> (identifies|distinguishes|singles out|tells apart|uniquely identifies) <rest:tail>", "$rest is unique"),
    _rule("<a_field:rest> (is|serves as) (the|our|its) (identifier|unique key|natural key|business key|primary key)", "$rest is unique"),
    _rule("(a|an|each|every|one|the same|any) <thing> (has|contains|holds) no two <plural:items> (with|of|under) (the same|one) <field:rest>", "one $thing can not have two $items of the same $rest"),
    _rule("neither [the|a] <field:rest> nor [the|a] <field:other> (can|may|must|will) [be] [(taken|used|given|registered|assigned|occur|appear|exist)] (twice|again|two times|more than once|a second time) [<rest:tail>]", "the $rest is unique ; the $other is unique"),
    # --- defaults
    _rule("(if|when|where|whenever) [(there is|there are)] no <field:rest> [(is|are|was|were|has been|have been|gets)] [(sent|given|set|known|stated|entered|specified|chosen|supplied|provided|passed|there|mentioned)] [,] [<subject>] (is|are|counts as|count as|becomes|stays|will be|defaults to|we assume|we take|we use|it means) [the] <literal:value>", "the $rest is $value by default"),
    _rule("(if|when|where|whenever|as long as) (the|a|an) <field:rest> (is|are|was) (not|un)[(sent|given|set|known|stated|entered|specified|chosen|supplied|provided|passed|there|mentioned)] [,] <literal:value> is (entered|assumed|used|taken|set|stored|filled in|written|put|inserted) [(automatically|instead)]", "the $rest is $value by default"),
    _rule("(if|when|where|whenever|as long as) (the|a|an) <field:rest> (is|are|was) (not (sent|given|set|known|stated|entered|specified|chosen|supplied|provided|passed|there|mentioned)|unknown|missing|absent|left out|left away|omitted|blank|empty) [,] <literal:value> is (entered|assumed|used|taken|set|stored|filled in|written|put|inserted) [(automatically|instead)]", "the $rest is $value by default"),
    _rule("(if|when|where|whenever|as long as) (the|a|an) <field:rest> (is|are|was) (not (sent|given|set|known|stated|entered|specified|chosen|supplied|provided|passed|there|mentioned)|unknown|missing|absent|left out|left away|omitted|blank|empty) [,] [<subject>] (is|are|counts as|becomes|defaults to|we assume|assume|we take|take|we use|use) <literal:value>", "the $rest is $value by default"),
    _rule("[(a|the|every|each|new|all)] <thing:ignored> [(who|that|which)] (without|with no|have no|has no|lacks|lack) [(a|an|any)] <field:rest> (gets|get|receives|receive|is|are|has|have|starts|start|begins|begin) [(with|at|from|as)] [(a|an)] <literal:value>", "the $rest is $value by default"),
    _rule("new <plural:thing> are <phrase> , (that is|i.e|i.e.|meaning|so|which means|in other words) [,] <field:rest> is <literal:value>", "the $rest is $value by default"),
    _rule("(a new|each new|every new|any new) <thing> [is <phrase:x> ,] (starts|begins|has|comes) (with|out with) <field:rest> (at|set to|being|=) <literal:value>", "the $rest is $value by default"),
    _rule("most [of them] are <noun:value> , (so|hence|therefore|thus|which is why|and) (that|this|it) is [also] (the default|what we assume|assumed|preset)", "#named is !value by default"),
    _rule("[unless (told|said|stated|specified|set|given) (otherwise|something else|differently) [,]] (a|an|each|every) [new] <thing> starts [out] <noun:rest> , at <number:value>", "a $thing starts $rest ; #named is $value by default"),
    _rule("unless (told|said|stated|specified|set|given|noted|we say|somebody says|you say|it says) (otherwise|something else|differently|so) [,] (it|they|this|that) (does|do|is|are|has|was) not", "#named is no by default"),
    _rule("unless (told|said|stated|specified|set|given|noted|we say|somebody says|you say) (otherwise|something else|differently) [,] there (is|are) <number:value> <noun:rest>", "it has $rest ( a whole number , $value by default )"),
    _rule("unless (told|said|stated|specified|set|given|noted|we say|somebody says|you say) (otherwise|something else|differently) [,] [(it|this|that|they)] (is|are) <literal:value>", "#named is $value by default"),
    _rule("there CANNOT [ever] be more than <number:high> <noun:rest> [,] (nor|or|and not|and never) (fewer|less) than <number:low>", "the $rest is between $low and $high"),
    _rule("there CANNOT [ever] be (fewer|less) than <number:low> <noun:rest> [,] (nor|or|and not|and never) more than <number:high>", "the $rest is between $low and $high"),
    _rule("(whatever|anything) <phrase> (sends|send|gives|give|enters|enter|writes|write|provides) [(for|in|as|to) (it|that|this|them)] is ignored", "#named is set by the system"),
    # --- worked out once
    _rule(f"(it|this|that) {_ONCE_MADE}", "#named is fixed at creation"),
    _rule(f"<a_field:rest> {_ONCE_MADE}", "$rest is fixed at creation"),
    # --- bounds
    _rule("<field:rest> (runs|run|ranges|range|goes|go|lies|lie|is|are|extends|reaches|varies) (from|between) <bounds:low> and <field:other> (from|between) <bounds:high>", "the $rest is between $low ; the $other is between $high"),
    _rule("<field:rest> (runs|run|ranges|range|goes|go|lies|lie|extends|reaches|varies) (from|between) <bounds:low>", "the $rest is between $low"),
)  # fmt: skip


_FIELD = "[json] (field|property|attribute|column|flag|key|member|parameter|switch|value)"
_CALLS = tuple(
    compile_pattern(text)
    for text in (
        f"(the|this|that|its) {_FIELD} [name] [(for|of) (it|this|that)] (is|goes by|has) [(called|named|spelled|written|the name|the name of)] <name> [in json]",
        f"[the] name of (the|this|that) {_FIELD} is <name>",
        f"(it|this|that) is [a {_FIELD}] (called|named|spelled|written) <name> [in json]",
        f"(we|i|you|please) [MUST] [(call|name)] (it|this|that|the {_FIELD}) <name> [in json]",
        f"(call|name|spell) (it|this|that|the {_FIELD}) <name> [in json]",
        f"[and] in (json|the json|the api|requests) (it|this|that|the {_FIELD}) is [(called|named|spelled)] <name>",
    )
)


def called(tokens: Tokens) -> Token | None:
    """`The field is called out_of_order`: the name of what the sentence before described."""
    if len(tokens) > 14 or not any(token.kind == "name" for token in tokens):
        return None
    reader = Reader(tokens, _SLOTS)
    found = next((c for p in _CALLS if (c := p.whole(reader)) is not None), None)
    return found["name"][0] if found is not None else None


# --- slots ---------------------------------------------------------------------------------------


def _as_tokens(read: SlotFunction) -> SlotFunction:
    """Let a slot yield the tokens that it takes rather than what they mean."""

    def slot(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
        for _, end in read(reader, at):
            yield tuple(reader.tokens[at:end]), end

    return slot


def _thing(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    for thing, end in DEFINITION_SLOTS["thing"](reader, at):
        if isinstance(thing, Thing) and thing.words and _may_be_kept(thing):
            yield thing.tokens, end


def _whole(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """A thing with fields, and no number or date: `minutes = …` says how they are worked out."""
    for tokens, end in _thing(reader, at):
        if type_of_name([token.low for token in tokens]) is None:
            yield tokens, end


def _plural(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    for tokens, end in _thing(reader, at):
        if is_plural(tokens[-1].low):
            yield tokens, end


def _may_be_kept(thing: Thing) -> bool:
    words = thing.words
    acts = any("third" in forms(word) and singular(word) != words[-1] for word in words[1:-1])
    kept = singular(words[-1]) not in GENERIC | TIME_UNITS.keys()
    return not acts and kept and words[-1] not in PRONOUNS


def _list(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """Everything up to the end, if it begins like a list of fields."""
    tokens = tuple(reader.tokens[at:])
    if not tokens or tokens[0].kind not in {"word", "name", "number"}:
        return
    rewording = reader.context
    known = rewording.known if isinstance(rewording, Rewording) else frozenset()
    clear = _without_telling(tokens)
    gapped = any(
        is_plural(one.low)
        and other.low == "with"
        and start
        and clear[start - 1].low in {",", "and"}
        for start, (one, other) in enumerate(pairwise(clear))
    )
    if _is_formula(clear):
        return
    if _begins_field(clear) and not gapped and _fields_of(clear, known):
        yield clear, len(reader.tokens)
        for end in range(len(reader.tokens) - 1, at, -1):
            if reader.low(end) in _BEHIND_LIST:
                yield _without_telling(tuple(reader.tokens[at:end])), end


_BEHIND_LIST = frozenset("for per with of about to on is are must should , we you i they".split())


def _fresh(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """Fields that were not named before, below the heading that names their thing: `a title is needed`."""
    rewording = reader.context
    if isinstance(rewording, Rewording) and rewording.heading:
        for tokens, end in _list(reader, at):
            labels = {phrase.label for phrase in _fields_of(tokens, rewording.known)}
            if labels.isdisjoint(rewording.fields):
                yield tokens, end


def _named(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`title, min_players and note`: at least two, spelled as in JSON, of what was just presented."""
    rewording = reader.context
    if isinstance(rewording, Rewording) and rewording.thing:
        for tokens, end in _list(reader, at):
            phrases = _fields_of(tokens, rewording.known)
            if len(phrases) > 1 and all(each.spelled for each in phrases):
                yield tokens, end


def _is_formula(tokens: Tokens) -> bool:
    """`full minutes between the two`, `price times quantity`: how something is worked out."""
    lows = [token.low for token in tokens]
    between = any(
        one == "between" and other in {"the", "both", "them", "these"}
        for one, other in pairwise(lows)
    )
    return between or not {"times", "minus", "multiplied", "divided", "sum", "×", "*"}.isdisjoint(
        lows
    )


_NO_BEGINNING = (PREPOSITIONS - {"at", "up"}) | frozenset(
    "that which who been not never no only to it they we i you he she be being if when unless there".split()
)


def _begins_field(tokens: Tokens) -> bool:
    if [token.low for token in tokens[1:3]] == ["name", ","]:
        return True  # first name, last name
    if tokens[0].low in _NO_BEGINNING or tokens[0].low in {"same", "following"}:
        return False
    found = forms(tokens[0].low)
    past = "participle" in found and "base" not in found
    return not past or (len(tokens) > 1 and tokens[1].low in {",", "("})


def _fields_of(tokens: Tokens, known: frozenset[str]) -> list[FieldPhrase]:
    """The fields of a list, if each of them may be one."""
    phrases = read_fields(tokens, known)
    short = all(
        phrase.spelled is not None or (phrase.words and len(phrase.words) <= _LONGEST_FIELD)
        for phrase in phrases
    )
    return phrases if phrases and short and len(phrases[0].left) < _LONGEST_FIELD else []


_LONGEST_FIELD = 5
_AFTER_TELLING = DETERMINERS | frozenset(
    {"how", "whether", "when", "what", "where", "if", "one", "who", "at"}
)


def _without_telling(tokens: Tokens) -> Tokens:
    """`a reader, says how many pages …, and offers a list`: further verbs of the same kind."""
    kept: list[Token] = []
    for at, token in enumerate(tokens):
        before = tokens[at - 1].low if at else ","
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        tells = (
            token.kind == "word" and token.low in _TELLING and before in {",", "and", ";", "also"}
        )
        if not (tells and after and (after.low in _AFTER_TELLING or after.kind == "name")):
            kept.append(token)
    return tuple(kept)


def _articles(reader: Reader, at: int, least: int = 2) -> Iterator[tuple[Tokens, int]]:
    """`a score between 1 and 10 and a comment`: at least two, each with its article."""
    for tokens, end in _list(reader, at):
        known = reader.context.known if isinstance(reader.context, Rewording) else frozenset()
        phrases = _fields_of(tokens, known)
        if len(phrases) >= least and all(each.article or each.spelled for each in phrases):
            yield tokens, end


def _described(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`a headline of at most 50 characters`: with an article, and something said about each."""
    for tokens, end in _articles(reader, at, least=1):
        phrases = _fields_of(tokens, frozenset())
        if end == len(reader.tokens) and all(each.traits and not each.left for each in phrases):
            yield tokens, end


def _parts(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`the title, the author and a reason`: at least two, which the thing spoken of has."""
    rewording = reader.context
    if not isinstance(rewording, Rewording) or not rewording.thing:
        return
    if not rewording.headed and reader.low(at) not in {"the", "its", "their", "his", "her"}:
        return
    for tokens, end in _list(reader, at):
        phrases = _fields_of(tokens, rewording.known)
        things = [
            phrase for phrase in phrases
            if phrase.left or (is_plural(phrase.words[-1]) and not phrase.counted)
        ]  # fmt: skip
        told = any(_is_told(phrase) for phrase in phrases)
        itself = phrases[:1] and phrases[0].words == tuple(token.low for token in rewording.thing)
        if itself or any(phrase.article in {"each", "every"} for phrase in phrases):
            return  # we register every item with a place: what an item has
        if len(phrases) > 1 and len(things) < 2 and phrases[0] not in things and not told:
            yield tokens, end


def _field(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """The name of a field without its article."""
    if at < len(reader.tokens) and reader.tokens[at].kind == "name":
        yield (reader.tokens[at],), at + 1
        return
    end = at
    while end < min(len(reader.tokens), at + 3):
        token = reader.tokens[end]
        if token.kind != "word" or token.low in _NO_NAME:
            break
        end += 1
    for stop in range(at + 1, end + 1):
        yield tuple(reader.tokens[at:stop]), stop


_NO_NAME = FUNCTION_WORDS | frozenset(
    "is are was were be has have had can may must should cannot not never and or but if when"
    " which that who do does did will shall would only one ones same other there".split()
)


def _state(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`out of order` as the name of a flag."""
    end = next((place for place in range(at, at + 4) if reader.low(place) in {"(", ""}), at)
    if at < end and all(token.kind in {"word", "name"} for token in reader.tokens[at:end]):
        name = "_".join(token.low for token in reader.tokens[at:end])
        yield (Token(name, name, "name", -1, -1, name),), end


_OPTIONAL = "[(also|only)] (optional|voluntary|nice to have|good to have|welcome|a bonus|desirable|helpful|not needed|not required)"


def _optional(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    for end, _ in compile_pattern(_OPTIONAL).prefixes(reader, at):
        yield unwritten("optional"), end


_DEED_ENDINGS = tuple(
    "tion sion ment ing al ance ence ship ery lease loan trip visit match transfer order contract sale".split()
)


def _linking(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """A noun for something that is done, which is kept: a lease, a booking, an assignment."""
    for tokens, end in _thing(reader, at):
        noun, rewording = tokens[-1].low, reader.context
        deed = noun.endswith(_DEED_ENDINGS)
        if deed and isinstance(rewording, Rewording) and noun in rewording.collections:
            yield tokens, end


def _roles(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`a plot to a gardener from a start date on`: what belongs together, as a list."""
    said: list[Token] = []
    while at < len(reader.tokens):
        if said and reader.low(at) in PREPOSITIONS - {"of"} | {",", "and"}:
            said.extend(unwritten(","))
            at += 1 + (reader.low(at + 1) in PREPOSITIONS)
        if reader.low(at) not in {"a", "an", "one", "exactly"}:
            return
        at += reader.low(at) == "exactly"
        found = max(_field(reader, at + 1), key=lambda pair: pair[1], default=None)
        if found is None or found[0][-1].low == "together":
            return
        said.extend((*unwritten("a"), *found[0]))
        at = found[1]
        if at == len(reader.tokens) or reader.low(at) in {"on", "onwards"}:
            if any(token.low == "," for token in said):
                yield tuple(said), len(reader.tokens)
            return


def _single(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`a shelf label`: one field that is named only here, of the thing that is spoken of."""
    rewording = reader.context
    if (
        reader.low(at) not in {"a", "an"}
        or not isinstance(rewording, Rewording)
        or not rewording.thing
    ):
        return
    for name, end in _field(reader, at + 1):
        noun = singular(name[-1].low)
        kept = noun in rewording.collections or rewording.counted[noun] > _SELDOM
        if not kept and not is_plural(name[-1].low):
            yield tuple(reader.tokens[at:end]), end


_SELDOM = 2


def _a_field(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`the tare weight (kg, not negative)`, `title and link`, `due_date`."""
    end = at
    while reader.low(end) in {"the", "its", "their", "a", "an", "both"}:
        end += 1
    bare = end == at
    for name, stop in _field(reader, end):
        many = bare and is_plural(name[-1].low) and name[-1].kind == "word"
        if reader.low(stop) == "(":
            close = next((i for i in range(stop, len(reader.tokens)) if reader.low(i) == ")"), None)
            if close is not None:
                yield tuple(reader.tokens[at : close + 1]), close + 1
        elif reader.low(stop) in {"and", "or", ","} and stop + 1 < len(reader.tokens):
            for _, close in _a_field(reader, stop + 1):
                yield tuple(reader.tokens[at:close]), close
        if not many:
            yield tuple(reader.tokens[at:stop]), stop


def _relative(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`that is handed in`, `registered with us`: what says more about the thing."""
    past = "participle" in forms(reader.low(at))
    if reader.low(at) not in {"that", "which", "who", "we", "in", "at", "on", "of"} and not past:
        return
    for end in range(at + 1, min(len(reader.tokens), at + 8) + 1):
        if reader.low(end) in {",", ":", "-", "there", "we", "("} or end == len(reader.tokens):
            yield tuple(reader.tokens[at:end]), end
            return


def _where(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`to the sauna`: a prepositional phrase behind the subject."""
    if reader.low(at) not in PREPOSITIONS - {"as"}:
        return
    for end in range(at + 2, min(len(reader.tokens), at + 6)):
        if reader.low(end) in {",", ":", "(", ")", "-"}:
            return
        yield tuple(reader.tokens[at:end]), end


def _bounds(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`-90 to 90`."""
    for _, end in DEFINITION_SLOTS["amount"](reader, at):
        if reader.low(end) in {"to", "and", "-", "up", "through"}:
            start = end + (2 if reader.low(end + 1) == "to" else 1)
            for _, stop in DEFINITION_SLOTS["amount"](reader, start):
                yield tuple(reader.tokens[at:stop]), stop


def _nobody(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    low = reader.low(at)
    if low in {"nobody", "none"}:
        yield (reader.tokens[at],), at + 1
    if low == "no":
        yield tuple(reader.tokens[at : at + 2]), at + 2


_NO_SOMEBODY = frozenset(", : ( ; is are has have which that not".split())


def _somebody(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`Guests in a hurry`, `people`, `a guest`."""
    for end in range(at + 1, min(len(reader.tokens), at + 6)):
        if reader.low(end) in _NO_SOMEBODY:
            return
        yield tuple(reader.tokens[at:end]), end


def _verbal(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    found = verb(reader.low(at))
    if found is not None and at < len(reader.tokens):
        yield (reader.tokens[at],), at + 1


def _subject(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    """`it`, `the list`: what stands for the field."""
    if reader.low(at) in {"it", "they", "that", "this"}:
        yield (reader.tokens[at],), at + 1
    elif reader.low(at) in {"the", "its", "their"} and at + 1 < len(reader.tokens):
        yield tuple(reader.tokens[at : at + 2]), at + 2


def _one(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    if reader.low(at) in {"one", "ones", "value"}:
        yield (reader.tokens[at],), at + 1


_MEASURES = {
    "weighing": "weight", "costing": "price", "lasting": "duration", "measuring": "length",
    "containing": "contents", "seating": "seats",
}  # fmt: skip


def _measuring(reader: Reader, at: int) -> Iterator[tuple[Tokens, int]]:
    measure = _MEASURES.get(reader.low(at))
    if measure is not None:
        yield unwritten(measure), at + 1


_TAKEN = (
    "actor", "choices", "create", "creates", "creating", "inside", "literal", "name", "noun", "number", "phrase", "rest", "route",
)  # fmt: skip
_SLOTS: dict[str, SlotFunction] = {
    **{name: _as_tokens(DEFINITION_SLOTS[name]) for name in _TAKEN},
    "a_field": _a_field, "articles": _articles, "bounds": _bounds, "described": _described, "field": _field, "fresh": _fresh, "list": _list,
    "linking": _linking, "measuring": _measuring, "named": _named, "nobody": _nobody, "one": _one, "optional": _optional, "parts": _parts, "plural": _plural, "relative": _relative, "roles": _roles, "single": _single, "state": _state,
    "somebody": _somebody, "subject": _subject, "thing": _thing, "verbal": _verbal, "where": _where, "whole": _whole,
}  # fmt: skip


# --- rewording -----------------------------------------------------------------------------------


def reword(tokens: Tokens, full: Tokens, rewording: Rewording) -> Tokens:
    """Say a sentence again in forms that are known; what no rule fits stays as it is.

    `full` is the sentence with everything that was taken off: what it is about may stand there.
    """
    if tokens[0].low in {"whatever", "anything"}:
        tokens = full
    asked, rewording.asked = rewording.asked, False
    tokens = _names_told(tokens, rewording)
    tokens = _none_of(tokens, rewording.thing or rewording.heading)
    tokens = _newborn(_with_subject(_of_all(tokens), rewording), rewording)
    rewording.subject = presented(tokens) or _subject_thing(tokens, rewording)
    if any(token.kind in {"route", "sketch"} for token in tokens[:1]):
        rewording.named = ()  # `it` is what the route answers
        return tokens
    said: list[Token] = []
    for separator, segment in _segments(tokens):
        if separator[-1:] and separator[-1].low == ":":
            shown = presented(tokens[: len(said)])
            said = [] if shown else said
            separator = () if shown else separator  # noqa: PLW2901
            rewording.subject = shown or rewording.subject
            segment = _with_subject(segment, rewording)  # noqa: PLW2901 -- it is what was presented
        clause = _segment(segment, rewording, asked=asked)
        joined = separator and separator[-1].low in {"where", "but"} and clause != segment
        said.extend(separator[:1] if joined else separator)
        said.extend(clause)
        asked = False
    if said and all(one.low == other.low for one, other in zip(said, tokens, strict=False)):
        rewording.thing = (
            _subject_thing(tokens, rewording)
            or _salient(tokens, rewording)
            or _salient(full, rewording)
            or rewording.thing
        )
    rewording.subject = presented(tokens) or (
        _subject_thing(tuple(said), rewording) if said else ()
    )
    rewording.headed = False
    rewording.asked = bool(tokens) and tokens[-1].low == "?" and _asks(tokens)
    if said_of := presented(tokens):
        rewording.thing, rewording.asked = said_of, rewording.asked or tokens[-1].low == "?"
    return tuple(said)


_TELLING_NAMES = frozenset(
    "the a an each every one its their they it field fields attribute attributes property properties column columns"
    " member members key keys name names are is called named spelled written of in as json api the : , body".split()
)
_LEAST_NAMES = 3


def _names_told(tokens: Tokens, rewording: Rewording) -> Tokens:
    """`The fields are `quiz_id`, `text` and `points``: the thing spoken of has just these."""
    at = next((i for i, token in enumerate(tokens) if token.kind == "name"), 0)
    lead = [token for token in tokens[:at] if token.low not in _TELLING_NAMES]
    named = [token for token in tokens[at:] if token.kind == "name"]
    listed = all(token.kind == "name" or token.low in {",", "and", "."} for token in tokens[at:])
    thing = tuple(lead) or rewording.thing
    spoken = not lead or (tokens[at - 1].low in {"called", "named", ":", "are"} and len(lead) <= 2)
    if at < 2 or not listed or len(named) < _LEAST_NAMES or not thing or not spoken:
        return tokens
    return (*unwritten("a"), *thing, *unwritten("has"), *tokens[at:])


def _of_all(tokens: Tokens) -> Tokens:
    """`A station {name, city}, all required strings`: said of each of the names."""
    at = next((i for i, token in enumerate(tokens[:5]) if token.kind == "sketch"), -1)
    lows = [token.low for token in tokens[at + 1 : at + 3]]
    if at < 1 or lows not in ([",", "all"], [",", "both"], [",", "each"]):
        return tokens
    end = next((i for i in range(at, len(tokens)) if tokens[i].low in {";", "."}), len(tokens))
    said: list[Token] = []
    shared = tuple(replace(token, low=singular(token.low)) for token in tokens[at + 3 : end])
    for name in tokens[at].value.members:
        named = Token(name, name.lower(), "name", -1, -1, name)
        said.extend((*unwritten("; the"), named, *unwritten("is"), *shared))
    traits, left = read_traits(shared)
    return (*tokens[: at + 1], *said, *tokens[end:]) if traits and not left else tokens


def _asks(tokens: Tokens) -> bool:
    """`What is in a vacancy?`, `What do we keep about a guest?`: what follows are fields."""
    return tokens[0].low in {"what", "which"} and any(
        token.low in {"in", "about", "of", "consist", "contain", "have", "know", "store", "keep"}
        for token in tokens
    )


_CLAUSE_STARTS = frozenset("it they that this nobody no there".split())


def _segments(tokens: Tokens) -> Iterator[tuple[Tokens, Tokens]]:
    """Clauses that stand for themselves, each with what stands before it."""
    start, depth = 0, 0
    separator: Tokens = ()
    for at, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.low, 0) if token.kind == "mark" else 0
        if depth or at < start or token.kind not in {"mark", "word"}:
            continue
        following = [each.low for each in tokens[at + 1 : at + 4]]
        cut = 0
        presents = token.low == ":" and bool({"it", "they"} & {*following[:1]})
        if token.low == ";" or presents:
            cut = 1
        elif (
            token.low == ","
            and following[:1] == ["and"]
            and following[1:2]
            and following[1] in _CLAUSE_STARTS
        ):
            cut = 2
        elif (
            token.low == ","
            and following[:1]
            and not (
                following[0] == "where" and tokens[at - 1].low == "and"
            )  # and, where known, a …
            and following[0] in {"where", "but"} | (_CLAUSE_STARTS - {"no", "that"})
            and not (
                tokens[start].low in {"if", "when", "where"} and following[0] in {"it", "they"}
            )
        ):
            cut = 2 if following[0] in {"where", "but"} else 1
        so = following[:1] == ["so"] and len(tokens) > at + 2 and tokens[at + 2].kind == "name"
        if token.low == "," and so:
            cut = 2  # …, so `winner_id` is null
        if cut and at > start:
            yield separator, tokens[start:at]
            separator = unwritten(";") if so else tokens[at : at + cut]
            start = at + cut
    yield separator, tokens[start:]


def _segment(tokens: Tokens, rewording: Rewording, *, asked: bool) -> Tokens:
    tail: Tokens = ()
    while tokens and tokens[-1].low in {".", "!", ":"} and tokens[-1].kind == "mark":
        tail = (tokens[-1], *tail)
        tokens = tokens[:-1]
    if not tokens:
        return tail
    tokens = _about_one(_plain(tokens))
    tokens = _narrowing(tokens)
    tied = tuple(token.low for token in tokens[:3])
    if rewording.thing and tied[:1] == ("it",) and (tied[1:2] in _TIED or tied[1:] in _TIED):
        tokens = (*unwritten("a"), *rewording.thing, *tokens[1:])
    if sum(token.low == "same" for token in tokens) > 1:
        said: Tokens | None = tokens  # the same home and the same away team: a pair
    elif tail[:1] and tail[0].low == ":":
        said = _by_rule((*tokens, tail[0]), rewording)
    else:
        said = _by_rule(tokens, rewording)
    if said is None:
        said = (
            _valued(tokens, rewording)
            or _behind_label(tokens, rewording)
            or _flag(tokens, rewording)
        )
    if said is None:
        said = _fragment(tokens, rewording, asked=asked) or _predicate(tokens, rewording)
        said = said or _added(tokens, rewording) or tokens
    _remember(said, rewording)
    return (*said, *(tail[1:] if tail and said[-1].low == tail[0].low == ":" else tail))


def _narrowing(tokens: Tokens) -> Tokens:
    """`` `crop` and `month` filter``, `… narrow the list` → `the list can be filtered by …`."""
    at = next((i for i, token in enumerate(tokens) if token.low in _NARROWS and i), 0)
    behind = {token.low for token in tokens[at + 1 :]}
    named = tokens[0].kind in {"name", "code"}
    clauses = any(
        token.value.path if token.kind == "route" else token.low in _SPEAKING
        for token in tokens[:at]
    )
    if not at or not named or clauses or not behind <= _THE_LIST:
        return tokens
    return (*unwritten("the list can be filtered by"), *tokens[:at])


_NARROWS = frozenset("filter filters narrow narrows restrict restricts limit limits".split())
_THE_LIST = frozenset("the this that list lists result results it them down . ,".split())
_MAY_BE = frozenset("can may might could is are".split())


def _flag(tokens: Tokens, rewording: Rewording) -> Tokens | None:
    """`It can be out of order (true or false, false at first)`: a state that clients switch."""
    at = next((i for i, token in enumerate(tokens[:5]) if token.low in _MAY_BE), 0)
    start = at + 1
    while start < len(tokens) and tokens[start].low in ADVERBS | {"be", "either"}:
        start += 1
    opened = {"(", ":", "-", ","}
    end = next((i for i in range(start, len(tokens)) if tokens[i].low in opened), len(tokens))
    subject, state = tokens[:at], tokens[start:end]
    if not subject or not state or any(token.kind != "word" for token in (*subject, *state)):
        return None
    names = [token for token in tokens[end:] if token.kind == "name"]
    said = [token for token in tokens[end:] if token.kind != "name"]
    traits, left = read_traits(said)
    switched = any(trait == Trait("type", "boolean") for trait in traits)
    refers = any(name.low.endswith(("_id", "_ids")) for name in names)
    if left or refers or len(names) > 1 or not (switched or (names and not said[2:])):
        return None
    stop = next((i for i, token in enumerate(state) if token.low in DETERMINERS), len(state))
    words = [token.low for token in state[:stop]]
    while words and words[-1] in PREPOSITIONS and stop < len(state):
        words.pop()
    if not 1 <= len(words) <= 4:
        return None
    name = "_".join(words)
    field_name = names or [Token(name, name, "name", -1, -1, name)]
    thing = (*unwritten("a"), *rewording.thing) if subject[0].low == "it" else subject
    kept = [token for token in said if token.low not in {"(", ")", ":", "-"}]
    return (
        *thing,
        *unwritten("may have"),
        *field_name,
        *unwritten("( boolean ,"),
        *kept,
        *unwritten(")"),
    )


def _valued(tokens: Tokens, rewording: Rewording) -> Tokens | None:
    """`Categories: keys, bag, other.` behind a sentence that named the category: its values."""
    colon = next((at for at, token in enumerate(tokens[:4]) if token.low == ":"), 0)
    noun = (*tokens[: colon - 1], *unwritten(singular(tokens[colon - 1].low))) if colon else ()
    noun = noun[1:] if noun and noun[0].low in {"the", "our", "possible"} else noun
    told = bool(noun) and noun[-1].low in GENERIC | VAGUE and rewording.counted[noun[-1].low] > 1
    known = " ".join(token.low for token in noun) in rewording.fields or told
    if not known or not is_plural(tokens[colon - 1].low):
        return None
    values = Reader(tokens[colon + 1 :], _SLOTS, rewording).slot("choices", 0)
    if not any(end == len(tokens) - colon - 1 for _, end in values):
        return None
    return (*unwritten("the"), *noun, *unwritten("is one of"), *tokens[colon + 1 :])


def _behind_label(tokens: Tokens, rewording: Rewording) -> Tokens | None:
    """`Cellar book: for every wine …`: what stands before the colon only names the whole."""
    for at, token in enumerate(tokens[1:6], 1):
        if token.low == ":":
            return _by_rule(tokens[at + 1 :], rewording)
        if token.kind != "word" or token.low in _SPEAKING:
            return None
    return None


def _by_rule(tokens: Tokens, rewording: Rewording) -> Tokens | None:
    words = words_of(tokens)
    reader = Reader(tokens, _SLOTS, rewording)
    for pattern, template in _RULES:
        if not pattern.possible(words):
            continue
        captures = next((each for each in pattern.wholes(reader) if _plausible(each)), None)
        if captures is None:
            continue
        said = _filled(template, captures, rewording)
        if said is not None:
            return said
    return None


def _plausible(captures: Captures) -> bool:
    """Whether no capture ends inside a bracket, and a list in front has no verb of its own."""
    if any(token.low in _SPEAKING for token in captures.get("first", ())):
        return False  # reading is public, every write needs a token
    spans = [value for value in captures.values() if isinstance(value, tuple)]
    texts = [[each.low for each in span if isinstance(each, Token)] for span in spans]
    return all(lows.count("(") == lows.count(")") for lows in texts)


def _filled(template: Iterable[str], captures: Captures, rewording: Rewording) -> Tokens | None:
    said: list[Token] = []
    for at, part in enumerate(template := tuple(template)):
        if part[0] in "$!" and len(part) > 1:
            tokens = captures.get(part[1:], ())
            last = tokens[-1:] if part[0] == "!" else ()
            said.extend(tokens[:-1] if last else tokens)
            said.extend(
                replace(each, low=singular(each.low), text=singular(each.text)) for each in last
            )
        elif part == "#named":
            if not rewording.named:
                return None
            said.extend(rewording.named)
        elif part == "it" and at == 0 and rewording.thing:
            said.extend((*unwritten("a"), *rewording.thing))
        else:
            said.extend(unwritten(part))
    thing = [token.low for token in captures.get("thing", rewording.thing)]
    for at in range(len(said) - 3, 2, -1):
        own = [token.low for token in said[at : at + 3]]
        if thing and own == ["the", thing[-1], "'s"]:
            said[at : at + 3] = unwritten("its")
    while len(said) > 2 and said[-1].low == ")" and said[-2].low == "(":
        said = said[:-2]
    return tuple(said)


def _is_told(phrase: FieldPhrase) -> bool:
    """`add items` tells what to do and names no field."""
    if len(phrase.words) < 2 or phrase.article or phrase.words == ("last", "name"):
        return False
    return "base" in forms(phrase.words[0])


_PRONOUNS = frozenset("it them they you we us i me this that".split())


def _fragment(tokens: Tokens, rewording: Rewording, *, asked: bool) -> Tokens | None:
    """`Name, email, shirt size.` behind a sentence about volunteers."""
    if not rewording.thing or any(token.kind in {"route", "sketch", "status"} for token in tokens):
        return None
    added = tokens[0].low in {"also", "plus", "additionally", "furthermore", "and", "optionally"}
    if added and tokens[0].low != "optionally":
        tokens = tokens[1:]
    if len(tokens) > 2 and is_plural(tokens[0].low) and _is_sentence(tokens[1:3]):
        return None
    label = next((at for at, token in enumerate(tokens[:3]) if token.low == ":"), 0)
    if label and is_plural(tokens[label - 1].low) and tokens[label + 1].low in _OPENING_A_FIELD:
        return None  # Milkings: which cow, the date
    if not tokens or _speaks(tokens) or tokens[0].low in _GREETINGS or not _begins_field(tokens):
        return None
    clear = _without_telling(tokens)
    phrases = _fields_of(clear, rewording.known)
    alone = len(phrases) == 1 and phrases[0].spelled is not None and tokens[0].kind == "word"
    alone = alone and bool(phrases[0].traits)
    if (
        rewording.headed
        and phrases
        and (len(phrases) > 1 or phrases[0].traits)
        and not any(token.low in _PRONOUNS for token in tokens)
        and not any(phrase.left for phrase in phrases)
        and len(tokens) < 8
    ):
        return (*unwritten("a"), *rewording.thing, *unwritten("has"), *clear)
    alone = alone or (
        len(phrases) > 1
        and tokens[0].kind == "name"
        and tokens[1].low not in {":", "-"}
        and all(phrase.spelled is not None for phrase in phrases)
        and any(phrase.traits for phrase in phrases)
    )
    if not alone and (len(phrases) < 2 - added or (len(phrases) < 3 and not (added or asked))):
        return None
    if any(phrase.left for phrase in phrases) and not asked:
        return None
    if any(_is_told(phrase) or not SIGN_UP.isdisjoint(phrase.words) for phrase in phrases):
        return None
    return (*unwritten("a"), *rewording.thing, *unwritten("has"), *clear)


_OPENING_A_FIELD = DETERMINERS | {"which", "who", "when", "what", "how", "whose"}


def _is_sentence(tokens: Tokens) -> bool:
    """`Walks, with a dog and a date`, `Inspections come with …`: about another thing."""
    comes = "base" in forms(tokens[0].low) and tokens[1].low in PREPOSITIONS
    return comes or tokens[0].low == "with" or (tokens[0].low == "," and tokens[1].low == "with")


_GREETINGS = frozenset(
    "thanks thank cheers hi hello dear hey best kind regards yours sincerely greetings ps please good".split()
)
_SPEAKING = frozenset(
    "is are was were has have had can may must should cannot will shall would does do did not never".split()
)


def _speaks(tokens: Tokens) -> bool:
    """Whether a sentence has a verb of its own, or somebody's name."""
    depth = 0
    relative = False
    for at, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.low, 0) if token.kind == "mark" else 0
        if depth:
            continue
        if at and "third" in token.forms and not relative:
            before, after = tokens[at - 1].low, tokens[at + 1].low if at + 1 < len(tokens) else ","
            if before not in PREPOSITIONS | DETERMINERS | {",", "and"} and after not in frozenset(
                ", and ( :".split()
            ):
                return True
        relative = token.low in {"which", "that", "if", "who"} or (relative and token.low != ",")
        if not relative and token.kind == "word" and token.low in _SPEAKING:
            return True
        if at and token.kind == "word" and token.text[:1].isupper() and not token.text.isupper():
            return True
    return False


def _predicate(tokens: Tokens, rewording: Rewording) -> Tokens | None:
    """`It is unique.`, `If nobody says so it is 18.`: of the field named before."""
    named = next(((t,) for t in tokens if t.low in rewording.fields), rewording.named)
    said = remark(tokens) if named else None
    if said is not None and said[0] == "default":
        value = next((token for token in tokens if literal_of(token) == said[1]), None)
        before = tokens[tokens.index(value) - 1].low if value in tokens else ""
        if value is not None and before in {"is", "as", "becomes", "be", "take", "assume"}:
            by_default = (value, *unwritten("by default"))
            return (*unwritten("the"), *named, *unwritten("is"), *by_default)
    if tokens[0].kind == "name" and 1 < len(tokens) <= _LONGEST_FIELD:
        traits, left = read_traits(tokens[1:])
        return (tokens[0], *unwritten("is"), *tokens[1:]) if traits and not left else None
    if not rewording.named or tokens[0].low not in {"it", "that", "this"} or len(tokens) < 3:
        return None
    if tokens[1].low not in _SPEAKING | {"counts", "starts", "defaults", "needs"}:
        return None
    traits, left = read_traits(tokens[1:])
    keys = {trait.key for trait in traits}
    if left or not keys or keys <= {"example", "nullable", "choices", "type"}:
        return None
    if keys == {"default"} and _is_state(tokens, rewording.named[-1].low):
        return None
    return (*unwritten("the"), *rewording.named, *tokens[1:])


def _added(tokens: Tokens, rewording: Rewording) -> Tokens | None:
    """`A note may be added.`: the thing spoken of has one, if somebody likes."""
    lows = [token.low for token in tokens]
    at = next((i for i in (2, 3) if lows[i : i + 1] and lows[i] in {"may", "can", "might"}), 0)
    noun = tokens[1:at]
    told = lows[at + 1 : at + 2] == ["be"] or lows[at + 1 : at + 3] == ["also", "be"]
    if not at or not told or lows[0] not in {"a", "an"} or lows[-1] not in _ADDED:
        return None
    words = [token.low for token in noun]
    kept = words[-1] in rewording.collections or not rewording.thing
    if kept or not (is_textual(words) or type_of_name(words) in {"text", "date", "url", "email"}):
        return None
    return (*unwritten("a"), *rewording.thing, *unwritten("has an optional"), *noun)


_ADDED = frozenset("added given attached entered noted written stated left".split())


def _is_state(tokens: Tokens, named: str) -> bool:
    """Whether `it is "open" at first` says so of the thing, and not of the field named before."""
    begins = any(
        token.low
        in {"first", "initially", "begin", "begins", "start", "starts", "until", "then", "out"}
        for token in tokens
    )
    quoted = any(token.kind == "quote" for token in tokens[2:4])
    return begins and quoted and named not in {"status", "state", "kind", "type"}


# --- what is spoken of ---------------------------------------------------------------------------


def _remember(tokens: Tokens, rewording: Rewording) -> None:
    """Keep which thing, and which of its fields, was spoken of."""
    if any(token.kind == "route" for token in tokens):
        rewording.named = ()
    at = next((i for i, token in enumerate(tokens[:7]) if token.low in _MEANS_HAS), None)
    if at is not None and at + 1 < len(tokens):
        at += tokens[at + 1].low == "of"
        phrases = _fields_of(tokens[at + 1 :], rewording.known)
        if phrases:
            rewording.fields.update(phrase.label for phrase in phrases)
            last = phrases[-1]
            rewording.named = unwritten(last.label)
            if last.spelled is not None:
                name = last.spelled
                rewording.named = (Token(name, name.lower(), "name", -1, -1, name),)
    else:
        field_name = _leading_field(tokens)
        if field_name:
            rewording.named = field_name
    if [token.low for token in tokens[2:5]] == ["is", "one", "of"]:
        return  # the values are no things
    thing = _subject_thing(tokens, rewording) or _salient(tokens, rewording)
    if thing:
        other = [each.low for each in thing] != [each.low for each in rewording.thing]
        if other and at is None and tokens[0].low in {"a", "an", "each", "every"}:
            rewording.named = ()
        rewording.thing = thing


def _leading_field(tokens: Tokens) -> Tokens:
    """The subject of `The flag is …`, `Minutes is …`, where it may be a field."""
    start = 1 if tokens[0].low in {"the", "its", "their"} else 0
    for name, end in _field(Reader(tokens, _SLOTS), start):
        if end < len(tokens) and tokens[end].low in {"is", "must", "may", "can", "cannot"}:
            return name if start or name[0].kind == "name" or not is_plural(name[-1].low) else ()
    return ()


def _subject_thing(tokens: Tokens, rewording: Rewording) -> Tokens:
    """`A vaccination belongs to …`, `permits are sold for …`: the subject of a sentence about things."""
    one = tokens[0].low in {"a", "an", "each", "every", "one"}
    at = next((i for i, token in enumerate(tokens[:5]) if token.low in _OF_A_THING), 0)
    name = tokens[1:at] if one else tokens[:at]
    if not 1 <= len(name) <= 2 or any(token.kind != "word" for token in name):
        return ()
    noun = singular(name[-1].low)
    if not one and (
        noun == name[-1].low
        or noun in GENERIC | VAGUE | UNITS | rewording.fields
        or rewording.counted.get(noun, 0) < _SPOKEN_OF
    ):
        return ()
    return (*name[:-1], replace(name[-1], low=noun, text=singular(name[-1].text)))


_SPOKEN_OF = 2
"""How often a document names a thing that a sentence without an article is about."""


def _with_subject(tokens: Tokens, rewording: Rewording) -> Tokens:
    """`A permit is for one water. It has a price.`: it is the permit, as long as it is spoken of."""
    start = 2 if [token.low for token in tokens[:2]] == ["each", "one"] else 1
    refers = start == 2 or tokens[0].low in {"it", "they", "each", "she", "he"}
    if not rewording.subject or not refers or len(tokens) < start + 2:
        return tokens
    if tokens[start].low in ADVERBS | {"all", "each"}:
        start += 1
    if tokens[start].low not in _MEANS_HAS:
        return tokens
    start += tokens[start].low in {"consists", "consist"}
    return (*unwritten("a"), *rewording.subject, *unwritten("has"), *tokens[start + 1 :])


def _newborn(tokens: Tokens, rewording: Rewording) -> Tokens:
    """`…, so a fresh one has the status "draft"` → `…; a new campaign is "draft"`."""
    for at, token in enumerate(tokens[:-3]):
        made = 1 if token.low in _FRESH else 2 if token.low in _FRESHLY else 0
        past = made == 1 or "participle" in tokens[at + 1].forms
        noun, verb_of = tokens[at + made], tokens[min(at + made + 1, len(tokens) - 1)].low
        if not made or not past or verb_of not in {"is", "are", "has", "have", "starts", "start"}:
            continue
        start = at - (at > 0 and tokens[at - 1].low in DETERMINERS)
        so = start > 0 and tokens[start - 1].low in {"so", "and"}
        lead = tokens[: start - so]
        thing = (_salient(lead, rewording) if lead else ()) or rewording.thing
        if noun.low not in {"one", "ones"}:
            thing = (replace(noun, text=singular(noun.text), low=singular(noun.low)),)
        rest = tokens[at + made + 2 :]
        said = next((i for i, each in enumerate(rest[:4]) if each.low in {"status", "state"}), -1)
        value = rest[said + 1 :]
        known = noun.low in {"one", "ones"} or token.low != "new" or said >= 0
        if not thing or not known or not value or value[0].kind not in {"quote", "name"}:
            continue
        lead = lead[:-1] if lead[-1:] and lead[-1].low == "," else lead
        return (*lead, *unwritten("; a new" if lead else "a new"), *thing, *unwritten("is"), *value)
    return tokens


_FRESH = frozenset("new fresh brand-new".split())
_FRESHLY = frozenset("newly freshly just".split())
_NONE = (("none", "of", "them"), ("none",), ("no", "more", "of", "them"), ("no", "more"), ("any",))
_TAKES = frozenset("takes take accepts accept gets get receives receive allows allow".split())


def _none_of(tokens: Tokens, thing: Tokens) -> Tokens:
    """`Once a job is closed it takes none`: no remarks, where these are spoken of."""
    for at, token in enumerate(tokens) if thing else ():
        if token.low not in {"none", "no", "any"} or not (at == 0 or tokens[at - 1].low in _TAKES):
            continue
        lows = tuple(each.low for each in tokens[at : at + 4])
        end = next((at + len(words) for words in _NONE if lows[: len(words)] == words), 0)
        closes = (
            end == len(tokens) or tokens[end].low in {".", ",", ";"} or tokens[end].low == "are"
        )
        if end and closes and thing[-1].low not in {singular(each.low) for each in tokens}:
            many = unwritten(plural(thing[-1].low))
            no = () if token.low == "any" else unwritten("no")
            return (*tokens[:at], *no, *thing[:-1], *many, *tokens[end:])
    return tokens


_MEANS_HAS = frozenset(
    "has have carries carry needs need includes include consists consist".split()
)
_TIED = {
    ("belongs",),
    ("consists",),
    ("refers",),
    ("is", "for"),
    ("is", "about"),
    ("is", "between"),
}
_OF_A_THING = frozenset(
    "has have belongs belong is are consists consist needs need gets get refers refer contains contain can goes go"
    " carries carry comes come takes take includes include".split()
)


def _salient(tokens: Tokens, rewording: Rewording) -> Tokens:
    """The noun that a sentence is most likely about, if it is about a thing that is kept."""
    best: tuple[int, int, Tokens] = (0, 0, ())
    for at, token in enumerate(tokens):
        if token.kind != "word" or token.low in _NO_NAME:
            continue
        noun = singular(token.low)
        unlikely = noun in GENERIC | VAGUE | UNITS or noun in rewording.fields
        kept = any(name.split()[-1:] == [noun] for name in rewording.collections)
        if len(noun) < 3 or (unlikely and not kept):
            continue
        before = tokens[at - 1].low if at else ""
        score = min(rewording.counted[noun] - 1, 3) + (4 if kept else 0)
        if before in {"every", "each", "one"}:
            score += 3
        elif before in {"a", "an"}:
            after = tokens[at + 1].low if at + 1 < len(tokens) else ""
            score += 3 if after in {"is", "are"} else 1
        elif noun != token.low:
            follows = at + 1 < len(tokens) and tokens[at + 1].low in _NO_NAME | {"the", ",", "."}
            if "third" in token.forms and not (at == 0 or before in PREPOSITIONS):
                score -= 3
            score += 2 if at <= 1 or not follows else 1
        else:
            continue
        if (
            verb(token.low) is not None
            and noun == token.low
            and before not in {"every", "each", "a", "an", "one"}
        ):
            continue
        if score > best[0]:
            best = (score, at, (replace(token, low=noun, text=noun),))
    return best[2]


# --- a sentence made plain -----------------------------------------------------------------------

_RESTRICTING = tuple(
    text.split()
    for text in ("nothing but", "nothing more than", "nothing else than", "no more than just")
)
_EMPTY_TAILS = tuple(
    text.split()
    for text in (
        ", nothing more", ", nothing else", ", no more", ", that is all", ", that is it", ", and that is all",
        ", and nothing else", ", and nothing more", ", and so on", "and that is all", "and nothing else",
        "either", ", too", "as well", ", either",
    )
)  # fmt: skip


def _plain(tokens: Tokens) -> Tokens:
    """Leave out words that add nothing at the end: `…, nothing more`."""
    for at, token in enumerate(tokens[:-1]):
        if token.low in {"∈", "in"} and tokens[at + 1].kind == "sketch":
            values = [
                Token(name, name.lower(), "quote", -1, -1, name)
                for name in tokens[at + 1].value.members
            ]
            listed = [each for value in values for each in (*unwritten(","), value)][1:]
            return (
                *tokens[:at],
                *unwritten("is one of"),
                *listed,
                *tokens[at + 2 :],
            )
    lows = [token.low for token in tokens]
    for words in _RESTRICTING:
        at = next((i for i in range(1, len(lows)) if lows[i : i + len(words)] == words), 0)
        at *= lows[at - 1] != "is"
        if at:
            return _plain((*tokens[:at], *tokens[at + len(words) :]))
    for at in range(1, len(lows) - 4):
        if lows[at : at + 3] == ["at", "a", "time"] and lows[at + 3] in {"that", "which", "who"}:
            return _plain((*tokens[:at], *tokens[at + 3 :]))  # one job at a time that is open
    for words in _EMPTY_TAILS:
        if lows[-len(words) :] == words and len(lows) > len(words):
            return _plain(tokens[: -len(words)])
    return tokens


_KIND = {
    **dict.fromkeys(("flag", "checkbox", "switch"), "boolean"),
    **dict.fromkeys(("field", "attribute", "property"), ""),
}


def _about_one(tokens: Tokens) -> Tokens:
    """`two check boxes: a and b` are `a` and `b`, each a check box; `the flag a` is `a`."""
    told = told_of_each(tokens)
    for at in reversed(range(len(told) - 2)):
        kind = _KIND.get(told[at + 1].low) if told[at].low == "the" else None
        if kind is not None and told[at + 2].kind == "name":
            note = unwritten(f"( a {kind} )") if kind else ()
            told[at : at + 3] = [told[at + 2], *note]
    return tuple(told)


def bracketed(tokens: Tokens) -> Tokens:
    """Turn a pair of dashes around an aside into brackets: `a score – whole numbers only – and …`."""
    dashes = [
        at
        for at, token in enumerate(tokens)
        if token.kind == "mark" and token.low == "-" and 0 < at < len(tokens) - 1
        and tokens[at - 1].end < token.start and token.end < tokens[at + 1].start
    ]  # fmt: skip
    if len(dashes) != 2 or any(token.low in {"(", ")"} for token in tokens[dashes[0] : dashes[1]]):
        return tokens
    one, two = dashes
    return (
        *tokens[:one], replace(tokens[one], text="(", low="("), *tokens[one + 1 : two],
        replace(tokens[two], text=")", low=")"), *tokens[two + 1 :],
    )  # fmt: skip


def counted_words(texts: Iterable[str]) -> Counter[str]:
    """How often each word occurs, in the singular."""
    return Counter(
        singular(token.low) for text in texts for token in tokenize(text) if token.kind == "word"
    )
