"""Reviews: a night's export against the books, with what is late, partial, strange, unlike or missing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.steps.bill import Bills
from bot.steps.forgetting import Forgetting
from bot.steps.review import Reviews, night_after
from bot.sync_api.models import UsagePage
from storage import bills, differences, learnt_late, ledger, listings, reviews
from storage.audit import Action
from storage.differences import NOBODYS, Difference
from storage.jobs import job_id
from storage.leases import LEASE_S
from storage.money import DifferenceKind
from storage.reviews import Review
from storage.schema import audit as audit_rows
from storage.schema import bills as bill_rows
from storage.schema import differences as difference_rows
from storage.schema import elsewhere, export_keys, sync_keys
from storage.schema import jobs as job_rows
from storage.schema import ledger as ledger_rows
from storage.schema import reviews as review_rows
from tests.integration.core.night import ACCOUNT, OTHER_KEY, Made, Night, fake_sync
from tests.integration.core.world import KEY, World
from tests.integration.fake_slack.harness import NORTH
from tests.integration.storage import books

DAY_S = 24 * 3600.0
EXPORT = "/v2/usage/generations"


@pytest_asyncio.fixture
async def night(there: World, tmp_path: Path) -> AsyncIterator[Night]:
    async with fake_sync(there, tmp_path) as fake:
        yield Night(there, fake)


@pytest.fixture
def reading(there: World) -> Reviews:
    return Reviews(there.tools)


async def reviewed(night: Night, reading: Reviews) -> None:
    """The next night comes, and all that is due in it is read."""
    there = night.there
    await reading.turn()  # which may only begin to look at the account
    async with there.db.read() as conn:
        due_at = await reviews.next_due(conn)
    assert due_at is not None
    there.clock.now = max(there.clock.now, due_at)
    while await reading.turn():
        pass


async def found(night: Night, owner: str = NORTH.id) -> list[Difference]:
    async with night.there.db.read() as conn:
        return list(await differences.open_of(conn, owner, at_most=100))


async def kinds(night: Night) -> list[tuple[DifferenceKind, int, int | None]]:
    return [(each.kind, each.ours, each.theirs) for each in await found(night)]


async def spent(night: Night, generation_id: str) -> int:
    async with night.there.db.read() as conn:
        return ledger.spent_of(await ledger.of_part(conn, generation_id, 0))


async def state(night: Night) -> Review:
    async with night.there.db.read() as conn:
        review = await reviews.find(conn, ACCOUNT)
    assert review is not None
    return review


async def balanced(night: Night) -> bool:
    async with night.there.db.read() as conn:
        return await books.budgeted(conn) == await books.booked(conn)


async def test_a_night_is_explained_to_the_cent_within_its_requests(night: Night, reading: Reviews) -> None:
    """Of each kind some, among many that are as they were told before."""
    unlike, late = Decimal("0.61"), Decimal("0.40")
    of_each = [
        Made(told=None),  # its own bill was never read
        Made(told=None, charged=unlike),
        Made(told=late, charged=unlike),
        Made(told=None, recorded="pending"),
        Made(told=None, recorded="partial"),
        Made(told=None, recorded="unavailable"),
        Made(told=Decimal(0), charged=Decimal(0), failed=True),
        Made(charged=Decimal("0.05"), failed=True),
        Made(told=late, is_listed=False),
        Made(told=late, is_listed=False, ago_s=50 * 3600.0),
        Made(is_ours=False, made_by=OTHER_KEY, charged=Decimal("7.77")),
        Made(is_ours=False, made_by=None, charged=Decimal("1.12"), recorded="partial"),
        Made(is_ours=False, charged=Decimal("3.33")),
    ]
    await night.add([*of_each * 10, *[Made(told=late)] * 1_370])

    await reviewed(night, reading)

    assert await night.unexplained() == []
    assert len(night.there.sent(EXPORT)) == 3
    assert await balanced(night)
    assert (await state(night)).start_at is None


async def test_a_total_that_the_export_tells_first_is_booked_as_a_bills(
    night: Night, reading: Reviews
) -> None:
    (which,) = await night.add([Made(charged=Decimal("0.43"))])
    await reviewed(night, reading)
    assert await spent(night, which) == 430_000
    assert await found(night) == []
    async with night.there.db.read() as conn:
        bill = await bills.find(conn, job_id(which, 0))
    assert bill is not None
    assert (bill.total_usd, bill.due_at, bill.billed_frames) == (Decimal("0.43"), None, 250)


async def test_both_times_stand_on_what_is_booked(night: Night, reading: Reviews) -> None:
    finished_at = night.there.clock() - 2 * 3600.0
    await night.add([Made(charged=Decimal("0.43"))])
    await reviewed(night, reading)
    async with night.there.db.read() as conn:
        rows = (await conn.execute(select(ledger_rows.c.month, ledger_rows.c.finished_at))).all()
    assert {tuple(row) for row in rows} == {("2026-09", finished_at)}
    assert len(rows) == 3


async def test_a_total_may_come_back_to_what_it_was(night: Night, reading: Reviews) -> None:
    """A, then B, then A: each is booked, and the last is what counts."""
    (which,) = await night.add([Made(told=Decimal("0.40"), ago_s=60.0)])
    made = night.fake.state.generations[which]
    totals = []
    for usd in ("0.50", "0.40", "0.50", "0.40"):
        made.usd, made.ended_at = Decimal(usd), night.there.clock() - 60
        await reviewed(night, reading)
        totals.append(await spent(night, which))
    assert totals == [500_000, 400_000, 500_000, 400_000]
    assert await balanced(night)


async def test_a_difference_that_changes_again_is_open_again(night: Night, reading: Reviews) -> None:
    (which,) = await night.add([Made(told=Decimal("0.40"), charged=Decimal("0.50"), ago_s=60.0)])
    await reviewed(night, reading)
    assert await kinds(night) == [(DifferenceKind.UNLIKE, 400_000, 500_000)]
    async with night.there.db.write() as conn:
        now = night.there.clock()
        await differences.close(
            conn, NORTH.id, which, DifferenceKind.UNLIKE, by="U1", reason="Asked them", now=now
        )
    night.fake.state.generations[which].ended_at = night.there.clock() - 60
    await reviewed(night, reading)
    assert await found(night) == []

    made = night.fake.state.generations[which]
    made.usd, made.ended_at = Decimal("0.90"), night.there.clock() - 60
    await reviewed(night, reading)
    assert await kinds(night) == [(DifferenceKind.UNLIKE, 400_000, 900_000)]


async def test_what_is_charged_for_a_failure_is_named(night: Night, reading: Reviews) -> None:
    await night.add([Made(charged=Decimal("0.05"), failed=True)])
    await reviewed(night, reading)
    assert await kinds(night) == [(DifferenceKind.UNLIKE, 0, 50_000)]


async def test_what_is_not_complete_stays_open_and_what_is_not_to_be_had_is_for_a_person(
    night: Night, reading: Reviews
) -> None:
    partial, gone = await night.add([Made(recorded="partial"), Made(recorded="unavailable")])
    await reviewed(night, reading)
    async with night.there.db.read() as conn:
        open_one = await bills.find(conn, job_id(partial, 0))
        given_up = await bills.find(conn, job_id(gone, 0))
    assert open_one is not None
    assert given_up is not None
    assert (open_one.availability, open_one.due_at is None) == ("partial", False)
    assert (given_up.availability, given_up.due_at) == ("unavailable", None)
    assert [(each.kind, each.generation_id) for each in await found(night)] == [(DifferenceKind.UNTOLD, gone)]


async def test_what_stays_open_is_asked_for_by_its_own_bill_once_a_night(night: Night) -> None:
    (which,) = await night.add([Made(recorded="pending", ago_s=26 * 3600.0)])
    asking, there = Bills(night.there.tools), night.there
    there.clock.pass_by(3600.0)
    await asking.turn()
    async with there.db.read() as conn:
        bill = await bills.find(conn, job_id(which, 0))
    assert bill is not None
    assert bill.due_at is not None
    assert len(there.sent(f"/v2/generate/{which}/costs")) == 1
    for _ in range(16):  # the waits grow up to a night, and no further
        there.clock.now = bill.due_at
        before = bill.due_at
        await asking.turn()
        async with there.db.read() as conn:
            bill = await bills.find(conn, job_id(which, 0))
        assert bill is not None
        if bill.due_at is None:
            break
        assert bill.due_at - before <= DAY_S
    assert len(there.sent(f"/v2/generate/{which}/costs")) <= 24


async def test_ours_that_are_missing_are_named_after_two_days_and_once(
    night: Night, reading: Reviews
) -> None:
    await night.add([Made(told=Decimal("0.40"), is_listed=False)])
    await reviewed(night, reading)
    await reviewed(night, reading)
    assert await found(night) == [], "a day and a half is too early"
    await reviewed(night, reading)
    await reviewed(night, reading)
    assert await kinds(night) == [(DifferenceKind.ABSENT, 400_000, None)]


async def test_what_cost_nothing_need_not_be_listed(night: Night, reading: Reviews) -> None:
    nothing = Decimal(0)
    await night.add([Made(told=nothing, charged=nothing, failed=True, is_listed=False, ago_s=60 * 3600.0)])
    await reviewed(night, reading)
    assert await found(night) == []


async def test_a_key_is_known_to_be_ours_by_the_jobs_that_it_made(night: Night, reading: Reviews) -> None:
    """Even where that is learnt a night after what else it has made."""
    (strange,) = await night.add([Made(is_ours=False, charged=Decimal("3.33"))])
    await night.add([Made(is_ours=False, made_by=OTHER_KEY), Made(is_ours=False, made_by=None)])
    await reviewed(night, reading)
    assert await found(night) == []
    async with night.there.db.read() as conn:
        (line,) = await listings.nights(conn, [ACCOUNT], at_most=9)
    assert (line.number, line.usd) == (3, Decimal("4.13"))

    await night.add([Made(ago_s=60.0)])
    await reviewed(night, reading)

    (one,) = await found(night)
    assert (one.generation_id, one.kind, one.ours, one.theirs) == (
        strange,
        DifferenceKind.UNKNOWN_TO_US,
        0,
        3_330_000,
    )
    async with night.there.db.read() as conn:
        (line,) = await listings.nights(conn, [ACCOUNT], at_most=9)
    assert (line.number, line.usd) == (2, Decimal("0.80"))


async def test_no_name_of_a_key_is_kept_as_it_is_told(
    night: Night, reading: Reviews, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has published what it is: it could be the key."""
    monkeypatch.setattr("bot.sandbox.fake_sync.costs._name", lambda key: key)
    await night.add([Made(), Made(is_ours=False), Made(is_ours=False, made_by=OTHER_KEY)])
    await reviewed(night, reading)

    async with night.there.db.read() as conn:
        kept = [*await conn.execute(select(export_keys)), *await conn.execute(select(elsewhere))]
    assert len(kept) == 2
    assert [name for name in (KEY, OTHER_KEY) if name in repr(kept)] == []


async def test_what_has_just_finished_may_still_become_known(night: Night, reading: Reviews) -> None:
    """A create whose answer was lost is resolved within the hour; its video may be done before."""
    await night.add([Made()])
    await reviewed(night, reading)
    (late,) = await night.add([Made(is_ours=False)])
    night.fake.state.generations[late].ended_at = (await state(night)).due_at - 60
    await reviewed(night, reading)
    assert await found(night) == []

    await night.book([(late, Made(ago_s=60.0))])
    await reviewed(night, reading)
    assert await found(night) == []
    async with night.there.db.read() as conn:
        assert await listings.nights(conn, [ACCOUNT], at_most=9) == []


async def test_what_two_installations_have_made_with_one_key_is_told_to_neither(
    night: Night, reading: Reviews
) -> None:
    await night.add([Made(), Made(), Made(is_ours=False)])
    async with night.there.db.write() as conn:
        first = (await conn.execute(select(ledger_rows.c.order_id).limit(1))).scalar_one()
        job = job_id(first, 0)
        await conn.execute(
            ledger_rows.update().where(ledger_rows.c.order_id == first).values(owner_id="T-OTHER")
        )
        await conn.execute(bill_rows.update().where(bill_rows.c.job_id == job).values(team_id="T-OTHER"))
    await reviewed(night, reading)
    assert await found(night) == []
    assert [each.kind for each in await found(night, NOBODYS)] == [DifferenceKind.UNKNOWN_TO_US]


async def test_each_range_begins_an_hour_before_the_end_of_the_last(night: Night, reading: Reviews) -> None:
    await reviewed(night, reading)
    first = (await state(night)).until_at
    await reviewed(night, reading)
    asked = [request.url.params for request in night.there.sent(EXPORT)]
    assert first is not None
    start = datetime.fromisoformat(asked[1]["startTime"])
    assert start == datetime.fromtimestamp(first - 3600, UTC)
    assert asked[1]["limit"] == "500"
    assert (await state(night)).until_at == int(night.there.clock())


async def test_whoever_is_cut_off_is_followed_by_another_behind_the_last_page(
    night: Night, reading: Reviews
) -> None:
    await night.add([Made(told=Decimal("0.40"))] * 1_100)
    night.fake.faults.set("fail", route="usage", times=1, status=500)
    await reading.turn()
    there = night.there
    async with there.db.read() as conn:
        due_at = await reviews.next_due(conn)
    assert due_at is not None
    there.clock.now = due_at
    await reading.turn()
    waits = await state(night)
    assert (waits.attempts, waits.lease_token) == (1, None)

    async with there.db.write() as conn:
        there.clock.now = waits.due_at
        (dead,) = await reviews.claim(conn, now=there.clock(), lease_s=LEASE_S, token="dead:1", limit=1)
    lost = Reviews(there.tools)
    async with there.db.read() as conn:
        begun = await reviews.range_of(conn, dead, now=there.clock())
    page = await lost._page(begun, None)
    assert await lost._store(begun, [], page.next_cursor)
    there.clock.pass_by(LEASE_S)
    await reading.turn()
    assert not await lost._store(begun, [], page.next_cursor)

    cursors = ["cursor" in request.url.params for request in there.sent(EXPORT)]
    assert cursors == [False, False, True, True]
    assert (await state(night)).start_at is None


async def test_a_cursor_that_is_refused_begins_the_range_anew(night: Night, reading: Reviews) -> None:
    await night.add([Made(told=Decimal("0.40"))])
    await reading.turn()
    async with night.there.db.write() as conn:
        await conn.execute(
            review_rows.update().values(
                cursor="of another day", start_at=1.0, end_at=night.there.clock(), due_at=0.0
            )
        )
    await reading.turn()
    assert (await state(night)).cursor is None
    night.there.clock.now = max(night.there.clock.now, (await state(night)).due_at)
    await reading.turn()
    assert (await state(night)).until_at is not None


async def test_a_key_that_is_taken_no_more_is_passed_over(night: Night, reading: Reviews) -> None:
    night.there.clock.pass_by(1)  # the latest is tried first
    await night.there.connect("sk-of-the-team-0123456789", "org_app")
    await night.add([Made(charged=Decimal("0.43"))])
    await reviewed(night, reading)
    assert await night.unexplained() == []
    tried = [request.headers["x-api-key"] for request in night.there.sent(EXPORT)]
    assert tried == ["sk-of-the-team-0123456789", KEY]


async def test_a_list_that_leads_back_to_itself_is_not_read_for_ever(
    night: Night, reading: Reviews, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    async def page(_reading: Reviews, _review: Review, cursor: str | None) -> UsagePage:
        asked.append(cursor)
        assert len(asked) < 10
        return UsagePage(items=[], next_cursor="the same")

    monkeypatch.setattr(Reviews, "_page", page)
    await reviewed(night, reading)

    assert asked == [None, "the same"]
    assert (await state(night)).attempts == 1


async def test_an_account_without_a_key_waits_for_one(night: Night, reading: Reviews) -> None:
    await reading.turn()
    async with night.there.db.write() as conn:
        await conn.execute(sync_keys.delete())
    await reviewed(night, reading)
    assert (await state(night)).due_at > night.there.clock()


def test_each_account_has_its_time_of_the_night() -> None:
    now = 1_790_000_000.0
    times = {night_after(now, f"org:{n}") for n in range(50)}
    assert len(times) > 40
    assert all(2 * 3600 <= when % DAY_S < 3 * 3600 and 0 < when - now <= DAY_S for when in times)
    when = night_after(now, "org:1")
    assert night_after(when, "org:1") == when + DAY_S


async def test_there_is_one_row_for_each_difference(night: Night, reading: Reviews) -> None:
    await night.add([Made(charged=Decimal("0.05"), failed=True, ago_s=60.0), Made(is_ours=False)])
    await reviewed(night, reading)
    before = await found(night)
    for which in night.fake.state.generations.values():
        which.ended_at = night.there.clock() - 60
    await reviewed(night, reading)
    async with night.there.db.read() as conn:
        rows = (await conn.execute(select(difference_rows.c.generation_id))).all()
    assert len(rows) == len(before)


async def test_the_export_tells_for_how_many_frames_a_cost_is_unlike_its_estimate(
    night: Night, reading: Reviews
) -> None:
    """The record of one does not, and came first."""
    unlike, alike = await night.add(
        [
            Made(told=Decimal("0.61"), charged=Decimal("0.61")),
            Made(told=Decimal("0.45"), charged=Decimal("0.45")),
        ]
    )
    await reviewed(night, reading)
    async with night.there.db.read() as conn:
        query = select(job_rows.c.generation_id, job_rows.c.billed_frames)
        frames = {row.generation_id: row.billed_frames for row in await conn.execute(query)}
    assert frames == {unlike: 250, alike: None}


@pytest.mark.parametrize("is_named", [True, False])
async def test_what_the_app_learns_late_is_neither_strange_nor_missing(
    night: Night, reading: Reviews, *, is_named: bool
) -> None:
    """The outcome was unknown when the export listed it; then somebody looked again."""
    made_by = KEY if is_named else None
    late = Made(is_ours=False, made_by=made_by, charged=Decimal("0.40"))
    await night.add([Made()])
    (which,) = await night.add([late])
    await reviewed(night, reading)
    expected = [(DifferenceKind.UNKNOWN_TO_US, 0, 400_000)] if is_named else []
    assert await kinds(night) == expected
    late.is_ours, late.told, late.ago_s = True, Decimal("0.40"), 0.0
    await night.book([(which, late)])

    for _ in range(4):
        await reviewed(night, reading)

    assert await found(night) == []
    assert await night.unexplained() == []
    async with night.there.db.read() as conn:
        bill = await bills.find(conn, job_id(which, 0))
        named = await differences.every(conn, with_closed=True)
        closed = audit_rows.c.action == Action.DIFFERENCE_CLOSED
        log = (await conn.execute(select(audit_rows.c.subject, audit_rows.c.personal).where(closed))).all()
    assert bill is not None
    assert bill.listed_at is not None
    assert [(each.kind, each.closed_by, each.reason) for each in named] == (
        [(DifferenceKind.UNKNOWN_TO_US, None, learnt_late.REASON)] if is_named else []
    )
    assert [tuple(row) for row in log] == ([(which, None)] if is_named else [])


async def test_what_others_made_is_forgotten_after_a_month(night: Night, reading: Reviews) -> None:
    await night.add([Made(is_ours=False, made_by=OTHER_KEY)])
    await reviewed(night, reading)
    night.there.clock.pass_by(25 * DAY_S)
    await night.add([Made(is_ours=False, made_by=OTHER_KEY, charged=Decimal("0.70"))])
    await reviewed(night, reading)
    async with night.there.db.read() as conn:
        assert len(await listings.nights(conn, [ACCOUNT], at_most=9)) == 2

    night.there.clock.pass_by(10 * DAY_S)
    await reviewed(night, reading)

    async with night.there.db.read() as conn:
        (line,) = await listings.nights(conn, [ACCOUNT], at_most=9)
    assert (line.number, line.usd) == (1, Decimal("0.70"))


async def test_an_account_without_a_key_is_looked_at_no_more(night: Night, reading: Reviews) -> None:
    there = night.there
    forgetting = Forgetting(there.db, clock=there.clock)
    await night.add([Made(is_ours=False, made_by=OTHER_KEY)])
    await reviewed(night, reading)
    await forgetting.turn()
    async with there.db.read() as conn:
        assert await reviews.accounts(conn) == [ACCOUNT]
    async with there.db.write() as conn:
        await conn.execute(sync_keys.delete())

    await forgetting.turn()

    async with there.db.read() as conn:
        assert await reviews.accounts(conn) == []
        assert await listings.nights(conn, [ACCOUNT], at_most=9) == []
    assert not await reading.turn()
