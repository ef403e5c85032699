"""The switch on both engines: whose it is, who may end it, and which lines stand still."""

from dataclasses import replace

import pytest

from storage import accounts, card_store, job_store, pause_store, slots
from storage.audit import OPERATOR
from storage.database import Database
from storage.encryption import Cipher, new_key
from storage.installations import Installations
from storage.jobs import Job, JobStatus
from storage.orders import OrderStatus
from storage.pauses import ALL, Pause, Paused
from tests.integration.core.rows import change
from tests.integration.storage.builders import NOW, installation, job_in, order_in

BY_ADMIN = Pause("T1", "U9", NOW, "the budget is being looked at")


async def install(db: Database, installation_id: str, **more: str | None) -> None:
    given = {"id": installation_id, "team_id": installation_id, **more}
    await Installations(db, Cipher([new_key()])).save(installation(**given))


async def queued(db: Database, team_id: str = "T1", **columns: object) -> Job:
    usual = {"due_at": NOW, "priced_at": NOW, "account_key": f"account of {team_id}"}
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.QUEUED, team_id=team_id, **usual | columns)
        await accounts.tell_limit(conn, job.account_key, concurrency=9, now=NOW)
    return job


async def stop(db: Database, pause: Pause = BY_ADMIN) -> Pause:
    """Gives the pause that stands then."""
    async with db.write() as conn:
        is_new = await pause_store.stop(conn, pause)
        (standing,) = [each for each in await pause_store.every(conn) if each.scope_id == pause.scope_id]
    assert is_new is (standing == pause)
    return standing


async def lift(db: Database, scope_id: str = "T1", *, by: str = "U9") -> Pause | None:
    async with db.write() as conn:
        return await pause_store.lift(conn, scope_id, by=by, now=NOW + 60)


async def claimed(db: Database) -> set[str]:
    """Which jobs are taken to be priced or sent; then they are given back."""
    async with db.write() as conn:
        taken = [
            *await slots.claim(conn, now=NOW, lease_s=30, token="a", limit=9),
            *await slots.claim_to_price(conn, now=NOW, lease_s=30, token="b", limit=9),
        ]
        for job in taken:
            await change(conn, job.id, {"due_at": NOW, "lease_token": None})
    return {job.id for job in taken}


async def keeps(db: Database, job: Job) -> Pause | None:
    async with db.read() as conn:
        return await pause_store.of_job(conn, job.id)


async def test_one_installations_line_stands_still_and_all_others_move(db: Database) -> None:
    await install(db, "T1")
    await install(db, "T2")
    ready, unpriced, others = await queued(db), await queued(db, priced_at=None), await queued(db, "T2")
    assert await claimed(db) == {ready.id, unpriced.id, others.id}

    assert await stop(db) == BY_ADMIN

    assert await claimed(db) == {others.id}
    assert (await keeps(db, ready), await keeps(db, others)) == (BY_ADMIN, None)
    async with db.read() as conn:
        assert {line.key for line in await slots.standings(conn, now=NOW)} == {others.account_key}, (
            "nothing wakes the worker for what it may not touch"
        )


async def test_who_waits_behind_a_paused_team_under_the_same_key_is_served(db: Database) -> None:
    await install(db, "T1")
    await install(db, "T2")
    await queued(db, account_key="shared", created_at=NOW - 9)
    second = await queued(db, "T2", account_key="shared")
    await stop(db)

    assert await claimed(db) == {second.id}
    async with db.read() as conn:
        assert await slots.places(conn, "shared", now=NOW) == {second.id: 1}


async def test_a_pause_of_all_is_about_everybody_whether_installed_or_not(db: Database) -> None:
    await install(db, "T1")
    jobs = [await queued(db), await queued(db, "T404")]
    by_operator = Pause(ALL, OPERATOR, NOW, None)

    await stop(db, by_operator)

    assert await claimed(db) == set()
    assert [await keeps(db, job) for job in jobs] == [by_operator] * 2


async def test_a_pause_of_an_organisation_is_about_its_workspaces(db: Database) -> None:
    await install(db, "E1", enterprise_id="E1", team_id=None)
    mine, others = await queued(db, "T1", enterprise_id="E1"), await queued(db, "T2")
    await stop(db, Pause("E1", "U9", NOW, None))

    assert await claimed(db) == {others.id}
    assert await keeps(db, mine) is not None


async def test_the_first_pause_stays_and_an_operators_stands_before_it_until_that_ends(db: Database) -> None:
    await install(db, "T1")
    waits, by_operator = await queued(db), Pause("T1", OPERATOR, NOW + 2, None)
    await stop(db)
    async with db.write() as conn:
        assert not await pause_store.stop(conn, Pause("T1", "U8", NOW + 1, None))
        assert await pause_store.stop(conn, by_operator)
        assert not await pause_store.stop(conn, replace(by_operator, at=NOW + 3))
        assert await pause_store.every(conn) == [by_operator, BY_ADMIN]
    assert await keeps(db, waits) == by_operator

    assert await lift(db, by=OPERATOR) == by_operator
    assert await keeps(db, waits) == BY_ADMIN
    assert await claimed(db) == set()
    assert await lift(db, by=OPERATOR) == BY_ADMIN
    assert await keeps(db, waits) is None


async def test_what_an_operator_stopped_only_an_operator_lets_go_on(db: Database) -> None:
    await stop(db, Pause("T1", OPERATOR, NOW, None))

    assert await lift(db) is None
    assert await lift(db, by=OPERATOR) is not None
    assert await lift(db, by=OPERATOR) is None


async def test_the_end_has_what_waits_looked_at_now_with_all_the_time_for_a_price(db: Database) -> None:
    await install(db, "T1")
    waits = await queued(db, due_at=NOW + 999, pricing_since=NOW - 999, priced_at=None)
    async with db.write() as conn:
        unknown = await job_in(conn, JobStatus.SUBMITTING, due_at=NOW + 999)
        held = await job_in(conn, JobStatus.SUBMITTING, due_at=NOW + 30, lease_token="held")
        others = await job_in(conn, JobStatus.SUBMITTING, team_id="T2", due_at=NOW + 999)
    await stop(db)

    assert await lift(db) == BY_ADMIN

    async with db.read() as conn:
        found = [await job_store.find(conn, job.id) for job in (waits, unknown, held, others)]
    assert [job and job.due_at for job in found] == [NOW + 60, NOW + 60, NOW + 30, NOW + 999]
    assert found[0] is not None
    assert found[0].pricing_since is None


async def test_the_check_names_the_pause(db: Database) -> None:
    await install(db, "T1")
    async with db.write() as conn:
        offered, others = [await order_in(conn, OrderStatus.OFFERED, team_id=team) for team in ("T1", "T2")]
    await stop(db)

    async with db.read() as conn:
        await pause_store.check(conn, others.id)
        with pytest.raises(Paused) as paused:
            await pause_store.check(conn, offered.id)
    assert paused.value.pause == BY_ADMIN


async def test_the_cards_of_what_waits_show_it_and_no_others(db: Database) -> None:
    await install(db, "T1")
    async with db.write() as conn:
        shown = {"card_due_at": None, "card_revision": 1, "card_shown": 1}
        waits = await job_in(conn, JobStatus.QUEUED, **shown)
        comes = await order_in(conn, OrderStatus.CONFIRMED, **shown)
        made = await job_in(conn, JobStatus.PROCESSING, **shown)
        others = await job_in(conn, JobStatus.QUEUED, team_id="T2", **shown)

    async with db.write() as conn:
        await pause_store.show(conn, "T1", now=NOW)

    async with db.read() as conn:
        cards = await card_store.of_orders(conn, [waits.order_id, comes.id, made.order_id, others.order_id])
    assert {card.id for card in cards.values() if card.due_at is not None} == {waits.order_id, comes.id}
