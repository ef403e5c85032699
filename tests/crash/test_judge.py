"""The judge sees each kind of broken promise, and nothing where none is broken."""

import dataclasses
from collections import Counter

import pytest

from tests.crash.board import Card, Face
from tests.crash.books import Books, Log
from tests.crash.judge import Ask, Evidence, Made, Press, Video, judge

JOB, OTHER = ("job", "00"), ("other", "00")
GOOD = Evidence(
    asks=[Ask(tag=7, user="ana", sent=1, heard=True)],
    cards=[Card("C1", "1.0", "1.0", 7, "job", Face.DONE, "Done: Lip-sync")],
    presses=[Press("job", "generate", "ana", answered=True)],
    generations=[Made("g1", "job", "COMPLETED", 430_000)],
    videos=[Video("C1", "1.0")],
    books=Books(held=Counter(), spent=Counter({JOB: 430_000}), sums_agree=True),
    log=Log(yeses=Counter(job=1), holds=True),
)
UNTOLD = Log(yeses=Counter(), holds=True)
UNPAID = Books(held=Counter(), spent=Counter(), sums_agree=True)


def broken(**changed: object) -> list[str]:
    evidence = dataclasses.replace(GOOD, **changed)  # type: ignore[arg-type]
    return [violation.what for violation in judge(evidence).violations]


def card(face: Face, job: str | None = "job", ts: str = "1.0") -> Card:
    return Card("C1", ts, ts, 7, job, face, face.name)


def test_a_job_that_went_well_breaks_nothing() -> None:
    assert broken() == []
    assert judge(GOOD).counts == {
        **dict.fromkeys(("asks", "jobs", "confirmed", "generations", "completed", "videos", "done"), 1),
    }


def test_paying_twice_is_seen() -> None:
    twice = [Made("g1", "job", "COMPLETED", 430_000), Made("g2", "job", "FAILED", 0)]
    assert broken(generations=twice) == ["created 2 times at sync.so"]


def test_paying_without_a_yes_is_seen() -> None:
    stranger = [Press("job", "generate", "ben", answered=True)]
    assert broken(presses=stranger) == [
        "the audit log tells of 1 yeses to it",
        "created at sync.so without a yes of its asker",
    ]


def test_paying_for_what_no_card_tells_of_is_seen() -> None:
    unknown = [*GOOD.generations, Made("g2", "other", "COMPLETED", 0)]
    assert any("no card in Slack tells of it" in what for what in broken(generations=unknown))


def test_a_confirmed_job_that_was_never_created_is_seen() -> None:
    lost = broken(generations=[], books=UNPAID, videos=[], cards=[card(Face.MOVING)])
    assert "confirmed, and never created at sync.so" in lost
    assert any("has not come to rest" in what for what in lost)


def test_a_yes_that_slack_never_brought_need_not_be_created() -> None:
    unheard = [Press("job", "generate", "ana", answered=False)]
    cancelled = [*unheard, Press("job", "cancel", "ana", answered=True)]
    assert (
        broken(presses=cancelled, generations=[], books=UNPAID, videos=[], cards=[card(Face.CANCELLED)]) == []
    )


@pytest.mark.parametrize("videos", [0, 2])
def test_a_missing_and_a_second_video_are_seen(videos: int) -> None:
    assert any("came into the thread" in what for what in broken(videos=list(GOOD.videos) * videos))


def test_a_video_in_a_foreign_thread_is_seen() -> None:
    assert any("of no job" in what for what in broken(videos=[*GOOD.videos, Video("C9", "9.0")]))


def test_a_failure_needs_a_reason_at_sync_so() -> None:
    failed = {"cards": [card(Face.FAILED)], "videos": []}
    assert broken(**failed, generations=[Made("g1", "job", "REJECTED", 430_000)]) == []
    assert any("failed, though" in what for what in broken(**failed, generations=[], books=UNPAID))


def test_a_refused_create_may_end_failed_and_a_paid_one_may_not() -> None:
    failed = {"cards": [card(Face.FAILED)], "videos": [], "refused": frozenset({JOB})}
    assert broken(**failed, generations=[], books=UNPAID) == []
    lost = {**failed, "cards": [card(Face.MOVING)]}
    assert "confirmed, and never created at sync.so" in broken(**lost, generations=[], books=UNPAID)
    assert any("failed, though" in what for what in broken(**failed, generations=GOOD.generations))


def test_a_card_that_says_less_than_the_truth_is_seen() -> None:
    assert any("its card says" in what for what in broken(cards=[card(Face.MOVING)]))
    assert any("says cancelled" in what for what in broken(cards=[card(Face.CANCELLED)]))


def test_a_card_that_was_posted_twice_and_left_behind_is_no_breach() -> None:
    assert broken(cards=[card(Face.READY, ts="0.5"), *GOOD.cards, card(Face.MOVING, None, "0.7")]) == []


def test_a_price_that_nobody_accepted_may_wait_for_ever() -> None:
    unsaid = {"presses": [], "log": UNTOLD}
    assert broken(cards=[card(Face.READY)], **unsaid, generations=[], books=UNPAID, videos=[]) == []


def test_an_order_whose_price_went_up_is_one_more_job_and_nothing_paid() -> None:
    old = Card("C1", "0.5", "1.0", 7, "old", Face.REPRICED, "Not made: the price went up")
    presses = [Press("old", "generate", "ana", answered=True), *GOOD.presses]
    assert broken(cards=[old, *GOOD.cards], presses=presses) == []
    bought = [*GOOD.generations, Made("g2", "old", "COMPLETED", 0)]
    assert any(
        "its price went up" in w
        for w in broken(cards=[old, *GOOD.cards], presses=presses, generations=bought)
    )
    unasked = broken(cards=[old, *GOOD.cards])
    assert any("never said yes to" in what for what in unasked)
    twice = [old, *GOOD.cards, card(Face.READY, "third", "3.0")]
    assert "sent 1 times, and there are 3 jobs" in broken(cards=twice, presses=presses)


def test_an_ask_that_got_lost_or_made_two_jobs_is_seen() -> None:
    assert any(
        "there is no job" in w for w in broken(cards=[], presses=[], generations=[], books=UNPAID, videos=[])
    )
    unheard = [Ask(tag=7, user="ana", sent=9, heard=False)]
    assert broken(asks=unheard) == ["sent 9 times, and the app never had it"]
    second = card(Face.READY, "second", "2.0")
    assert broken(cards=[*GOOD.cards, second]) == ["sent 1 times, and there are 2 jobs"]


@pytest.mark.parametrize(
    ("books", "told"),
    [
        (Books(Counter(), Counter({JOB: 860_000}), sums_agree=True), "booked as spent: 860000"),
        (UNPAID, "booked as spent: 0 micro-dollars, billed by sync.so: 430000"),
        (
            Books(Counter({JOB: -430_000}), GOOD.books.spent, sums_agree=True),
            "-430000 micro-dollars are still",
        ),
        (Books(Counter({OTHER: 10}), GOOD.books.spent, sums_agree=True), "10 micro-dollars are still held"),
        (Books(Counter(), Counter({JOB: 430_000, OTHER: 1}), sums_agree=True), "booked as spent: 1 "),
        (Books(Counter(), GOOD.books.spent, sums_agree=False), "not the sums of the ledger"),
    ],
    ids=["charged twice", "never charged", "closed twice", "lost release", "for nothing", "wrong sums"],
)
def test_a_cent_that_nobody_can_explain_is_seen(books: Books, told: str) -> None:
    (what,) = broken(books=books)
    assert told in what


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (UNTOLD, "the audit log tells of 0 yeses to it"),
        (Log(Counter(job=2), holds=True), "the audit log tells of 2 yeses to it"),
        (Log(Counter(job=1), holds=False), "the audit log does not hold together"),
    ],
    ids=["never told", "told twice", "broken"],
)
def test_a_yes_that_the_audit_log_does_not_tell_of_once_is_seen(log: Log, told: str) -> None:
    assert broken(log=log) == [told]


BOTH = frozenset({1, 2})
MANY = dataclasses.replace(
    GOOD,
    asks=[Ask(tag=7, user="ana", sent=1, heard=True, takes=2)],
    cards=[Card("C1", "1.0", "1.0", 7, "job", Face.DONE, "Done: all 2 videos are here", BOTH)],
    generations=[
        Made("g1", "job", "COMPLETED", 430_000, "00", take=1),
        Made("g2", "job", "COMPLETED", 0, "01", take=2),
    ],
    videos=[Video("C1", "1.0", take=1), Video("C1", "1.0", take=2)],
)
FIRST = {"generations": MANY.generations[:1], "videos": MANY.videos[:1]}


def many_broken(**changed: object) -> list[str]:
    return [v.what for v in judge(dataclasses.replace(MANY, **changed)).violations]  # type: ignore[arg-type]


def rests_at(face: Face) -> dict[str, object]:
    return {"cards": [dataclasses.replace(MANY.cards[0], face=face)]}


def test_each_of_several_is_paid_for_and_brought_once() -> None:
    assert many_broken() == []
    again = [*MANY.generations, Made("g3", "job", "FAILED", 0, "01", take=2)]
    assert many_broken(generations=again) == ["created 2 times at sync.so"]
    the_first_twice = [MANY.videos[0]] * 2
    assert many_broken(videos=the_first_twice) == ["2 videos were made, 2 came into the thread"]
    lost = many_broken(**FIRST, **rests_at(Face.PARTLY))
    assert "confirmed, and just 1 of 2 created at sync.so" in lost
    assert many_broken(**FIRST) == [
        *lost[:1],
        "done, and just 1 of 2 were made: ['Done: all 2 videos are here']",
    ]


def test_money_of_one_part_is_not_explained_by_that_of_another() -> None:
    swapped = Books(held=Counter(), spent=Counter({("job", "01"): 430_000}), sums_agree=True)
    assert len(many_broken(books=swapped)) == len(BOTH)


def test_videos_that_no_card_names_are_missed() -> None:
    one_alone = {"cards": [dataclasses.replace(MANY.cards[0], takes=frozenset({1}))], **FIRST}
    assert many_broken(**one_alone) == ["asked for 2 videos, and its cards name 1"]


def test_the_rest_of_several_may_be_cancelled_or_fail_but_not_vanish() -> None:
    partly = rests_at(Face.PARTLY)
    cancelled = [*GOOD.presses, Press("job", "cancel", "ana", answered=True)]
    failed = [MANY.generations[0], dataclasses.replace(MANY.generations[1], status="FAILED")]
    assert many_broken(**partly, **FIRST, presses=cancelled) == []
    assert many_broken(**partly, generations=failed, videos=MANY.videos[:1]) == []
    assert many_broken(**partly, **FIRST, refused=frozenset({("job", "01")})) == []
    assert any("nobody is to blame" in what for what in many_broken(**partly, **FIRST))


def test_what_is_offered_anew_of_several_is_made_once_by_either_offer() -> None:
    """The first was made, the price of the second went up."""
    old = dataclasses.replace(MANY.cards[0], face=Face.REPRICED)
    new = Card("C1", "2.0", "1.0", 7, "new", Face.DONE, "Done: Lip-sync", frozenset({2}))
    second = Made("g2", "new", "COMPLETED", 0, "00", take=2)
    presses = [*GOOD.presses, Press("new", "generate", "ana", answered=True)]
    anew = {"cards": [old, new], "generations": [MANY.generations[0], second], "presses": presses}
    anew |= {"log": Log(Counter(job=1, new=1), holds=True)}
    assert many_broken(**anew) == []
    nowhere = many_broken(**anew | {"cards": [old, dataclasses.replace(new, takes=frozenset({1}))]})
    assert "confirmed, and just 1 of 2 created at sync.so" in nowhere
    twice = many_broken(**anew | {"generations": [*MANY.generations, second]})
    assert "created at sync.so, and once more for another offer in its thread" in twice
