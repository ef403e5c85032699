"""The lines of accounts in a real database: limits hold, people take turns, no account delays another."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import accounts, job_store, slots
from storage.database import Database
from storage.jobs import PRICE_GOOD_S, Job, JobStatus
from storage.schema import jobs
from storage.standing import CREATES_A_MINUTE, MINUTE_S, PRICED_AT_ONCE, PRICED_SLOWLY_S, SENT_AT_ONCE
from tests.integration.storage.builders import NOW, born, job_in

LEASE_S = 30.0
AFTER_LEASE = NOW + LEASE_S + 1


async def queued(conn: AsyncConnection, account: str = "A", user: str = "U1", **columns: Any) -> Job:
    usual = {"confirmed_at": NOW, "due_at": NOW}
    return await job_in(conn, JobStatus.QUEUED, account_key=account, user_id=user, **usual | columns)


async def running(conn: AsyncConnection, account: str = "A", user: str = "U1", **columns: Any) -> Job:
    usual = {"confirmed_at": NOW, "submitted_at": NOW - 900}
    return await job_in(conn, JobStatus.PROCESSING, account_key=account, user_id=user, **usual | columns)


async def limit(conn: AsyncConnection, concurrency: int | None, account: str = "A") -> None:
    """The account has told its limit."""
    await accounts.tell_limit(conn, account, concurrency=concurrency, now=NOW)


async def claim(
    conn: AsyncConnection, *, now: float = NOW, token: str = "held", at_most: int = 50
) -> list[Job]:
    """What is sent, where every price was looked at a moment ago."""
    await conn.execute(update(jobs).where(jobs.c.priced_at.is_distinct_from(now)).values(priced_at=now))
    return await slots.claim(conn, now=now, lease_s=LEASE_S, token=token, limit=at_most)


async def send(conn: AsyncConnection, claimed: Sequence[Job], *, now: float) -> None:
    """What the step of queued jobs does: sync.so takes them."""
    for job in claimed:
        for status in (JobStatus.SUBMITTING, JobStatus.PROCESSING):
            assert await job_store.move(conn, job, status, now=now, submitted_at=now)


async def end(conn: AsyncConnection, job: Job, *, now: float = NOW) -> None:
    assert await job_store.move(conn, job, JobStatus.DELIVERING, now=now)


async def opens_at(conn: AsyncConnection, *, now: float) -> float | None:
    """When the next job may be sent, whose price was looked at a moment ago."""
    await conn.execute(update(jobs).where(jobs.c.priced_at.is_distinct_from(now)).values(priced_at=now))
    opening = [standing.opens_at(now) for standing in await slots.standings(conn, now=now)]
    return min((at for at in opening if at is not None), default=None)


def people(claimed: Sequence[Job]) -> list[str]:
    return sorted(job.user_id for job in claimed)


async def test_a_claim_takes_as_many_as_the_account_has_slots(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 3)
        await running(conn)
        waiting = [await queued(conn, confirmed_at=NOW + second) for second in range(5)]
        claimed = await claim(conn)
        assert {job.id for job in claimed} == {job.id for job in waiting[:2]}
        assert {(job.status, job.lease_token, job.due_at) for job in claimed} == {
            (JobStatus.QUEUED, "held", NOW + LEASE_S)
        }
        assert await claim(conn, token="other") == []
        await send(conn, claimed, now=NOW)
        assert await claim(conn, token="other") == []
        await end(conn, claimed[0])
        assert [job.id for job in await claim(conn, token="other")] == [waiting[2].id]


async def test_a_full_line_of_one_account_does_not_delay_another(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1, "full")
        await limit(conn, 1, "free")
        await running(conn, "full")
        for _ in range(50):
            await queued(conn, "full", due_at=NOW - 500)
        late = await queued(conn, "free")
        assert [job.id for job in await claim(conn, at_most=1)] == [late.id]


async def test_a_busy_account_leaves_room_in_a_claim_for_an_idle_one(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 100, "busy")
        await limit(conn, 100, "idle")
        for _ in range(20):
            await queued(conn, "busy", due_at=NOW - 500)
        first = await claim(conn, at_most=2)
        late = await queued(conn, "idle")
        assert Counter(job.account_key for job in first) == {"busy": 2}
        assert [job.id for job in await claim(conn, token="next", at_most=1)] == [late.id]
        await claim(conn, token="rest")
        held = await claim(conn, token="none left")
        assert held == [], f"never more than {SENT_AT_ONCE} of an account on their way"


async def test_people_take_turns_across_claims(db: Database) -> None:
    served: list[str] = []
    async with db.write() as conn:
        await limit(conn, 1)
        for second in range(4):
            await queued(conn, user="Ana", confirmed_at=NOW + second)
        for second in range(2):
            await queued(conn, user="Ben", confirmed_at=NOW + 10 + second)
        for turn in range(6):
            now = NOW + 100 + turn
            (taken,) = await claim(conn, now=now, token=f"turn-{turn}")
            served.append(taken.user_id)
            await send(conn, [taken], now=now)
            await end(conn, taken, now=now)
    assert served == ["Ana", "Ben", "Ana", "Ben", "Ana", "Ana"]


async def look_at_prices(conn: AsyncConnection, *, now: float) -> list[Job]:
    """Whose turn it is has its price looked at."""
    asked = await slots.claim_to_price(conn, now=now, lease_s=LEASE_S, token=f"price {now}", limit=8)
    for job in asked:
        await job_store.retry_later(
            conn,
            job,
            now=now,
            due_at=now,
            lease_token=job.lease_token or "",
            priced_at=now,
            pricing_since=None,
        )
    return asked


async def serve(conn: AsyncConnection, *, now: float) -> list[Job]:
    """As the worker goes: the price of whose turn it is, then the send."""
    await look_at_prices(conn, now=now)
    sent = await slots.claim(conn, now=now, lease_s=LEASE_S, token=f"send {now}", limit=8)
    await send(conn, sent, now=now)
    return sent


@pytest.mark.parametrize("most", [1, 3, 6])
@pytest.mark.parametrize("is_priced", [False, True], ids=["none priced", "the next one priced"])
async def test_behind_a_batch_of_fifty_another_persons_video_gets_the_second_free_slot_at_the_latest(
    db: Database,
    most: int,
    is_priced: bool,  # noqa: FBT001 - a case
) -> None:
    batch = [born(order_id="batch", position=place, user_id="Ana", account_key="A") for place in range(50)]
    async with db.write() as conn:
        await limit(conn, most)
        await job_store.bear(conn, batch, now=NOW)
        under_way = [job for turn in range(3) for job in await serve(conn, now=NOW + turn)]
        assert people(under_way) == ["Ana"] * most
        if is_priced:
            await end(conn, under_way.pop(0), now=NOW + 3)
            assert people(await look_at_prices(conn, now=NOW + 3)) == ["Ana"]
        await job_store.bear(conn, [born(order_id="alone", user_id="Ben", account_key="A")], now=NOW + 4)
        served = await serve(conn, now=NOW + 4)
        while len(served) < 2:
            await end(conn, (under_way + served)[0], now=NOW + 5)
            under_way = under_way[1:]
            served += await serve(conn, now=NOW + 5)
    assert "Ben" in people(served[:2])


async def test_who_has_a_job_running_waits_for_who_has_none(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 3)
        await running(conn, user="Ana")
        await queued(conn, user="Ana", confirmed_at=NOW - 50)
        await queued(conn, user="Ben", confirmed_at=NOW - 2)
        await queued(conn, user="Chidi", confirmed_at=NOW - 1)
        assert people(await claim(conn)) == ["Ben", "Chidi"]


async def test_an_account_whose_limit_is_not_known_lets_one_job_go_ahead_and_ask(db: Database) -> None:
    async with db.write() as conn:
        for _ in range(10):
            await queued(conn)
        assert len(await claim(conn)) == 1
        assert await claim(conn, token="other") == []
        await limit(conn, None)
        assert len(await claim(conn, token="other")) == SENT_AT_ONCE - 1


async def test_sixty_create_calls_a_minute_and_not_one_more(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1_000)
        for _ in range(CREATES_A_MINUTE + 20):
            await queued(conn)
        sent: list[float] = []
        now = NOW
        while len(sent) < CREATES_A_MINUTE + 20:
            claimed = await claim(conn, now=now, token=f"at-{now}")
            sent += [now] * len(claimed)
            await send(conn, claimed, now=now)
            opening = await opens_at(conn, now=now)
            now = max(now + 0.25, opening) if opening is not None else now + 0.25
    for moment in sent:
        assert sum(moment <= other < moment + 60 for other in sent) <= CREATES_A_MINUTE
    assert sent[-1] < NOW + 2 * MINUTE_S


async def test_a_rate_limit_holds_its_account_alone_and_for_as_long_as_asked(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 5, "A")
        await limit(conn, 5, "B")
        await queued(conn, "A")
        await accounts.wait_for_rate(conn, "A", until=NOW + 17)
        assert await opens_at(conn, now=NOW) == NOW + 17
        other = await queued(conn, "B")
        assert [job.id for job in await claim(conn)] == [other.id]
        assert len(await claim(conn, now=NOW + 17, token="later")) == 1


async def test_a_lowered_limit_holds_at_once_and_is_looked_at_again(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 5)
        under_way = [await running(conn) for _ in range(3)]
        for _ in range(3):
            await queued(conn)
        await accounts.lower_limit(conn, "A", limit=2)
        assert not await accounts.is_fresh(conn, "A", now=NOW, for_s=600)
        await end(conn, under_way[0])
        assert await claim(conn) == []
        await end(conn, under_way[1])
        assert len(await claim(conn)) == 1


async def test_where_others_use_the_account_too_a_job_starts_only_where_one_ends(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 5)
        ours = await running(conn)
        for _ in range(3):
            await queued(conn)
        await accounts.keep_to_running(conn, "A", until=NOW + 8)
        assert await claim(conn) == []
        assert await opens_at(conn, now=NOW) == NOW + 8
        await end(conn, ours)
        assert len(await claim(conn)) == 1
        assert len(await claim(conn, now=NOW + 8, token="later")) == 2


async def test_what_a_dead_worker_holds_keeps_its_slot_and_goes_first(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1)
        first, second = await queued(conn), await queued(conn, user="Ben", confirmed_at=NOW - 10)
        held = await claim(conn, token="dies")
        assert [job.id for job in held] == [second.id]
        assert await claim(conn, now=NOW + LEASE_S - 1, token="too early") == []
        again = await claim(conn, now=AFTER_LEASE, token="heir")
        assert [job.id for job in again] == [second.id]
        assert (
            await job_store.move(conn, held[0], JobStatus.SUBMITTING, now=AFTER_LEASE, lease_token="dies")
            is None
        )
        assert (await slots.places(conn, "A", now=AFTER_LEASE)) == {second.id: 1, first.id: 2}


async def test_limits_are_good_for_a_while_and_what_is_not_told_stands(db: Database) -> None:
    async with db.write() as conn:
        assert not await accounts.is_fresh(conn, "A", now=NOW, for_s=600)
        await limit(conn, 2)
        assert await accounts.is_fresh(conn, "A", now=NOW + 599, for_s=600)
        assert not await accounts.is_fresh(conn, "A", now=NOW + 600, for_s=600)
        assert not await accounts.is_fresh(conn, "A", now=NOW - 3_000, for_s=600), "the clock was set back"
        await accounts.look_again(conn, "A")
        assert not await accounts.is_fresh(conn, "A", now=NOW, for_s=600)
        await limit(conn, None)
        for _ in range(3):
            await queued(conn)
        assert len(await claim(conn)) == 2


async def test_the_clock_may_be_set_back_without_stopping_the_line(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1_000)
        for _ in range(CREATES_A_MINUTE):
            await running(conn, submitted_at=NOW)
        await queued(conn, due_at=NOW - 3_600)
        assert await claim(conn, now=NOW) == []
        assert len(await claim(conn, now=NOW - 3_600)) == 1


async def test_places_follow_the_turns(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1)
        await running(conn, user="Ben")
        ana = [await queued(conn, user="Ana", confirmed_at=NOW + second) for second in range(3)]
        ben = await queued(conn, user="Ben", confirmed_at=NOW - 5)
        later = await queued(conn, user="Chidi", confirmed_at=NOW + 50, due_at=NOW + 60)
        await queued(conn, "another account")
        places = await slots.places(conn, "A", now=NOW)
    assert places == {ana[0].id: 1, later.id: 2, ben.id: 3, ana[1].id: 4, ana[2].id: 5}


async def test_of_three_claimers_at_once_none_takes_what_another_has(
    open_again: Callable[[], Database],
) -> None:
    """Each goes on claiming, sending and ending jobs; what is under way is counted after every step."""
    most, under_way, seen = 4, set[str](), list[int]()
    async with open_again() as one, open_again() as two, open_again() as three:
        async with one.write() as conn:
            await limit(conn, most)
            for number in range(50):
                await queued(conn, user=f"U{number % 5}", priced_at=NOW)

        async def work(db: Database, name: str) -> int:
            done = 0
            for turn in range(400):
                async with db.write() as conn:
                    claimed = await claim(conn, token=f"{name}-{turn}", at_most=3)
                under_way.update(job.id for job in claimed)
                seen.append(len(under_way))
                await asyncio.sleep(0)
                async with db.write() as conn:
                    await send(conn, claimed, now=NOW)
                for job in claimed:
                    under_way.remove(job.id)
                    async with db.write() as conn:
                        await end(conn, job)
                done += len(claimed)
                if not claimed and await left(db) == 0:
                    return done
            pytest.fail("claims did not end")

        async def left(db: Database) -> int:
            async with db.read() as conn:
                return len(await slots.places(conn, "A", now=NOW))

        done = await asyncio.gather(work(one, "one"), work(two, "two"), work(three, "three"))
    assert sum(done) == 50
    assert 1 < max(seen) <= most


# --- prices ---------------------------------------------------------------------------------------------


async def price(
    conn: AsyncConnection, *, now: float = NOW, token: str = "asks", at_most: int = 50
) -> list[Job]:
    return await slots.claim_to_price(conn, now=now, lease_s=LEASE_S, token=token, limit=at_most)


async def priced(conn: AsyncConnection, claimed: Sequence[Job], *, now: float = NOW) -> None:
    """What the step that looks at prices does: they hold."""
    for job in claimed:
        kept = await job_store.retry_later(
            conn,
            job,
            now=now,
            due_at=now,
            lease_token=job.lease_token or "",
            count=False,
            priced_at=now,
            pricing_since=None,
        )
        assert kept


async def ready(conn: AsyncConnection, *, now: float = NOW, token: str = "sends") -> list[str]:
    """What may be sent, by the names of the jobs."""
    claimed = await slots.claim(conn, now=now, lease_s=LEASE_S, token=token, limit=50)
    return [job.id for job in claimed]


async def test_nothing_is_sent_whose_price_was_not_looked_at(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 3)
        job = await queued(conn)
        assert await ready(conn) == []
        (asked,) = await price(conn)
        assert (asked.id, asked.status, asked.pricing_since) == (job.id, JobStatus.QUEUED, NOW)
        assert await ready(conn) == []
        await priced(conn, [asked])
        assert await ready(conn) == [job.id]


async def test_a_price_is_asked_for_when_there_is_a_slot_and_not_before(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 2)
        under_way = [await running(conn), await running(conn)]
        for second in range(5):
            await queued(conn, confirmed_at=NOW + second)
        assert await price(conn) == []
        await end(conn, under_way[0])
        assert len(await price(conn)) == 1
        assert await price(conn, token="no second one") == []


async def test_a_price_that_grew_old_is_asked_for_again(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1)
        job = await queued(conn)
        await priced(conn, await price(conn))
        late = NOW + PRICE_GOOD_S
        assert await ready(conn, now=late) == []
        assert [again.id for again in await price(conn, now=late)] == [job.id]


async def test_who_waits_for_a_price_holds_no_slot(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1)
        slow = await queued(conn, user="Ana")
        await queued(conn, user="Ben", confirmed_at=NOW + 1)
        assert [job.id for job in await price(conn)] == [slow.id]
        (standing,) = await slots.standings(conn, now=NOW)
        assert (standing.held, standing.sending, standing.pricing) == (0, 0, 1)
        later = NOW + PRICED_SLOWLY_S + 1
        (passing,) = await price(conn, now=later, token="passes")
        await priced(conn, [passing], now=later)
        assert await ready(conn, now=later) == [passing.id]


async def test_what_is_asked_for_one_account_holds_up_no_other(db: Database) -> None:
    async with db.write() as conn:
        for account in ("slow", "quick"):
            await limit(conn, 100, account)
        for _ in range(20):
            await queued(conn, "slow", due_at=NOW - 500)
        asked = await price(conn)
        asked += await price(conn, now=NOW + PRICED_SLOWLY_S + 1, token="more")
        assert len(asked) == PRICED_AT_ONCE, "so many of an account at once, however long they take"
        late = await queued(conn, "quick")
        assert [job.id for job in await price(conn, token="other", at_most=1)] == [late.id]


async def test_prices_are_asked_for_in_the_order_of_turns_and_places_stay(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 3)
        await running(conn, user="Ana")
        ana = [await queued(conn, user="Ana", confirmed_at=NOW - 50 + second) for second in range(2)]
        ben = [await queued(conn, user="Ben", confirmed_at=NOW + second) for second in range(2)]
        before = await slots.places(conn, "A", now=NOW)
        assert {job.id for job in await price(conn)} == {ben[0].id, ana[0].id}
        assert (
            await slots.places(conn, "A", now=NOW)
            == before
            == {ben[0].id: 1, ana[0].id: 2, ben[1].id: 3, ana[1].id: 4}
        )


async def test_who_needs_no_price_does_not_keep_others_from_theirs(db: Database) -> None:
    """A slot goes to whose turn it is, though another one is ready at once each time that one opens."""
    async with db.write() as conn:
        await limit(conn, 1)
        taken = await running(conn, user="Ana", submitted_at=NOW - 1)
        for second in range(5):
            await queued(conn, user="Ana", confirmed_at=NOW - 60 + second)
        ben = await queued(conn, user="Ben")
        await end(conn, taken)
        (asked,) = await price(conn)
        assert await ready(conn) == []
        await priced(conn, [asked])
        assert await ready(conn) == [ben.id]


async def test_what_a_dead_worker_was_asking_for_keeps_its_place_and_its_time(db: Database) -> None:
    async with db.write() as conn:
        await limit(conn, 1)
        job = await queued(conn)
        await queued(conn, confirmed_at=NOW + 1)
        await price(conn, token="dies")
        (again,) = await price(conn, now=AFTER_LEASE, token="heir")
        assert (again.id, again.pricing_since) == (job.id, NOW)


async def test_of_three_replicas_that_price_none_asks_for_what_another_asks_for(
    open_again: Callable[[], Database],
) -> None:
    async with open_again() as one, open_again() as two, open_again() as three:
        async with one.write() as conn:
            await limit(conn, 100)
            for number in range(20):
                await queued(conn, user=f"U{number % 5}")

        async def ask(db: Database, name: str) -> list[Job]:
            async with db.write() as conn:
                return await price(conn, token=name, at_most=4)

        asked = await asyncio.gather(*(ask(db, str(at)) for at, db in enumerate((one, two, three) * 2)))
    ids = [job.id for some in asked for job in some]
    assert 0 < len(ids) == len(set(ids)) <= PRICED_AT_ONCE
