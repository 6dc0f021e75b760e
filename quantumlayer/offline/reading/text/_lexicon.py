"""The words that this reader knows, by what they do in a sentence."""

from __future__ import annotations

__all__ = [
    "ADVERBS",
    "DETERMINERS",
    "FUNCTION_WORDS",
    "IRREGULAR_VERBS",
    "NOISE",
    "NUMBER_WORDS",
    "PAGING",
    "PREPOSITIONS",
    "PRONOUNS",
    "VERBS",
]

VERBS: frozenset[str] = frozenset(
    """
    accept access accumulate activate add adjust admit adopt affect agree allow amend announce answer
    appear append apply approve archive arrive ask assign attach attend authenticate authorize award back
    ban be become begin belong bid block book borrow break bring browse build buy calculate call cancel
    cast change charge check choose claim clean clear click clone close collect come comment commit
    compare complain complete compute confirm consider consist contain continue contribute control copy
    correct cost count cover create deactivate deal decide decline decrease deduct define delete deliver
    demand deny depend deposit describe detail determine differ disable discard dismiss display do donate
    download draw drive drop duplicate earn edit email enable end enrol enroll ensure enter equal
    escalate evaluate exceed exclude exist exit expire export extend fail fall favourite favorite feature
    fetch file fill filter find finish fix flag follow forbid forget form free freeze fulfil get give go
    grade grant group grow guess handle happen have help hide hire hold hide identify ignore import
    improve include increase increment indicate inform insert inspect interest invite involve issue join
    judge keep know label last launch lead learn leave lend let lie like limit link list live loan lock
    log login look lose lower maintain make manage mark match mean measure meet mention merge miss modify
    monitor move name need note notify number occupy occur offer omit open operate order organise
    organize outbid overlap own owe park participate pass pause pay perform permit pick pin place plan
    play point post postpone prescribe present prevent print process produce promise propose protect
    provide publish pull purchase push put qualify query question quote raise rank rate reach reactivate
    read reassign receive recompute record redeem redirect redo reduce refer refund refuse register
    reject relate release rely remain remember remind remove rename renew rent reopen repeat replace
    reply report represent request require reschedule reserve reset resolve respond rest restart restore
    restrict resubmit resume retire retrieve return reveal review revoke ride rise roll rsvp run save
    scan schedule score search see select sell send separate serve set settle share ship show sign signal
    sit skip snooze solve sort spend split stand star start state stay stock stop store structure submit
    subscribe subtract suggest sum supply support suspend swap switch tag take talk tell terminate test
    tick toggle total touch track train transfer treat trigger try turn unarchive unblock unpin
    unpublish unsubscribe update upload upgrade use vaccinate validate vary verify view visit void
    volunteer vote wait walk want warn waste watch withdraw wish work worry write yield close-down
    reach undo win expect undergo overbook overdraw underbid favour exceed own cease
    stop translate escape wind teach see feed carry bear hear speak study cook eat drink sleep hang
    catalogue catalog gather breed harvest swap recruit photograph train donate log weigh
    pend top shorten lengthen vet scrap inactivate reinstate disqualify hand narrow combine tidy sum
    """.split()
)

IRREGULAR_VERBS: dict[str, tuple[str, str]] = {
    base: (past, participle)
    for base, past, participle in (row.split("/") for row in """
    be/was/been bear/bore/borne become/became/become begin/began/begun bid/bid/bid break/broke/broken
    bring/brought/brought build/built/built buy/bought/bought cast/cast/cast choose/chose/chosen
    come/came/come cost/cost/cost deal/dealt/dealt do/did/done draw/drew/drawn drink/drank/drunk
    drive/drove/driven eat/ate/eaten fall/fell/fallen feed/fed/fed find/found/found
    forbid/forbade/forbidden forget/forgot/forgotten freeze/froze/frozen get/got/got give/gave/given
    go/went/gone grow/grew/grown hang/hung/hung have/had/had hear/heard/heard hide/hid/hidden
    hold/held/held keep/kept/kept know/knew/known lead/led/led leave/left/left lend/lent/lent
    let/let/let lie/lay/lain lose/lost/lost make/made/made mean/meant/meant meet/met/met
    outbid/outbid/outbid overdraw/overdrew/overdrawn pay/paid/paid put/put/put read/read/read
    redo/redid/redone reset/reset/reset ride/rode/ridden rise/rose/risen run/ran/run see/saw/seen
    sell/sold/sold send/sent/sent set/set/set show/showed/shown sit/sat/sat sleep/slept/slept
    speak/spoke/spoken spend/spent/spent split/split/split stand/stood/stood take/took/taken
    teach/taught/taught tell/told/told undergo/underwent/undergone undo/undid/undone win/won/won
    wind/wound/wound withdraw/withdrew/withdrawn write/wrote/written
    """.split())
}  # fmt: skip
"""Past and participle."""

DETERMINERS = frozenset(
    "a an the this that these those each every any all some no its their his her our your my another"
    " either neither both such".split()
)
PRONOUNS = frozenset(
    "i you he she it we they one them him us me everybody everyone anybody anyone nobody".split()
)
PREPOSITIONS = frozenset(
    "of in on at by for from to with without into onto over under above below between within per"
    " against about across through during until till before after since as via upon among towards".split()
)
ADVERBS = frozenset(
    "also then there always already still even yet just simply please really usually normally"
    " automatically immediately certainly naturally currently later too either anyway instead"
    " actually basically typically generally respectively therefore thus however moreover"
    " furthermore besides finally obviously clearly ever directly explicitly optionally"
    " merely again strictly easily quickly exactly somewhere anywhere roughly".split()
)
FUNCTION_WORDS = ADVERBS | DETERMINERS | PREPOSITIONS | PRONOUNS
"""Words that join others and name nothing."""

NOISE = ADVERBS - frozenset("again exactly already optionally strictly either still yet".split())
"""Words that a pattern may step over, wherever they stand."""

NUMBER_WORDS: dict[str, int] = {
    "zero": 0, "nought": 0, "naught": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12, "thirteen": 13,
    "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "twenty-one": 21, "twenty-four": 24, "twenty-five": 25, "thirty": 30, "forty": 40, "forty-five": 45,
    "forty-eight": 48, "fifty": 50, "sixty": 60, "seventy": 70, "seventy-two": 72, "eighty": 80, "ninety": 90,
    "hundred": 100, "thousand": 1000,
}  # fmt: skip

PAGING = frozenset({"page", "per_page", "page_size", "pageSize", "perPage", "limit", "offset"})
"""Parameters that say which part of a list is wanted: never fields."""
