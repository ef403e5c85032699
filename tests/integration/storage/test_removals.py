"""Removed installations on both engines: what is found, ended, given up, brought back and deleted."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from storage import bills, ledger, purging, removals, team_access
from storage.audit import Action, Entry, append
from storage.audit_check import verify
from storage.database import Database
from storage.encryption import Cipher, new_key
from storage.installations import Installations
from storage.jobs import JobStatus, Money
from storage.orders import Order, OrderStatus
from storage.schema import audit, installations, jobs, metadata, orders
from tests.integration.storage.builders import NOW, installation, job_in, order_in, shared_file

LATER = NOW + 10.0


@pytest.fixture
def store(db: Database) -> Installations:
    return Installations(db, Cipher([new_key()]))


async def removed(store: Installations, **given: Any) -> None:
    """An installation that was there, and is not any more."""
    there = installation(**given)
    await store.save(there)
    await store.remove(there.id, at=NOW, now=NOW)


async def unsent(db: Database) -> tuple[set[str], set[str]]:
    async with db.read() as conn:
        found, queued = await removals.unsent(conn, now=LATER, limit=100)
    return set(found), set(queued)


async def test_what_is_installed_is_not_looked_for(db: Database, store: Installations) -> None:
    await store.save(installation())
    async with db.read() as conn:
        assert await removals.left(conn) == removals.NOTHING_LEFT
    await store.remove("T1", at=NOW, now=NOW)
    async with db.read() as conn:
        assert await removals.left(conn) == ((1, NOW), (0, None))


async def test_only_the_unsent_of_a_removed_workspace_is_found(db: Database, store: Installations) -> None:
    await removed(store)
    await store.save(installation(id="T2", team_id="T2"))
    async with db.write() as conn:
        mine = await order_in(conn, OrderStatus.OFFERED)
        await order_in(conn, OrderStatus.OFFERED, team_id="T2")
        await order_in(conn, OrderStatus.CANCELLED, ended_at=NOW)
        queued = await job_in(conn, JobStatus.QUEUED)
        await job_in(conn, JobStatus.QUEUED, team_id="T2")
        await job_in(conn, JobStatus.PROCESSING)
        await order_in(conn, OrderStatus.OFFERED, team_id="T3")  # of which nothing is known

    assert await unsent(db) == ({mine.id}, {queued.id})


@pytest.mark.parametrize("status", sorted(set(OrderStatus)))
async def test_an_order_that_moved_on_is_left_alone(
    db: Database, store: Installations, status: OrderStatus
) -> None:
    await removed(store)
    async with db.write() as conn:
        order = await order_in(conn, status)
        await removals.end_order(conn, order.id, now=LATER)
    async with db.read() as conn:
        row = (await conn.execute(select(orders.c.status, orders.c.failure_code))).one()
    ends = status in {
        *(OrderStatus.DRAFT, OrderStatus.PREPARING, OrderStatus.OFFERED),
        *(OrderStatus.AWAITING_APPROVAL, OrderStatus.CONFIRMED),
    }
    assert tuple(row) == ((OrderStatus.FAILED, "app_removed") if ends else (status, None))


async def test_an_app_that_is_back_ends_nothing(db: Database, store: Installations) -> None:
    await removed(store)
    async with db.write() as conn:
        order = await order_in(conn, OrderStatus.OFFERED)
        queued = await job_in(conn, JobStatus.QUEUED)
        made = await job_in(conn, JobStatus.DELIVERING, submitted_at=NOW)
    await store.save(installation(installed_at=LATER))

    async with db.write() as conn:
        await removals.end_order(conn, order.id, now=LATER)
        await removals.end_queued(conn, queued.id, now=LATER)
        await removals.give_up(conn, made.id, before=LATER, now=LATER)

    async with db.read() as conn:
        assert set((await conn.execute(select(jobs.c.status))).scalars()) == {queued.status, made.status}
        found = (await conn.execute(select(orders.c.status).where(orders.c.id == order.id))).scalar()
    assert found is OrderStatus.OFFERED


async def test_money_of_what_is_given_up_is_closed_once(db: Database, store: Installations) -> None:
    await removed(store)
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.PROCESSING, submitted_at=NOW, estimate_usd=Decimal("0.42"))
        assert await removals.undelivered(conn, before=NOW - 1, limit=10) == []
        assert await removals.undelivered(conn, before=NOW, limit=10) == [job.id]
    for _ in range(2):
        async with db.write() as conn:
            await removals.give_up(conn, job.id, before=NOW, now=LATER)

    async with db.read() as conn:
        booked = await ledger.of_part(conn, job.order_id, job.position)
    assert sorted(entry.kind for entry in booked) == [Money.HOLD, Money.WRITE_OFF]


async def test_what_waits_is_due_where_the_app_is_back_and_nowhere_else(
    db: Database, store: Installations
) -> None:
    await removed(store)
    async with db.write() as conn:
        waits = await job_in(conn, JobStatus.DELIVERING, due_at=LATER + 500, card_revision=2, card_shown=1)
        other = await job_in(conn, JobStatus.DELIVERING, due_at=LATER + 500, team_id="T2")
        held = await job_in(conn, JobStatus.DELIVERING, due_at=LATER + 500, lease_token="us:1")

    await store.save(installation(installed_at=LATER))

    async with db.read() as conn:
        due = {row.id: row.due_at for row in await conn.execute(select(jobs.c.id, jobs.c.due_at))}
        cards = metadata.tables["cards"]
        shown = (await conn.execute(select(cards.c.due_at).where(cards.c.id == waits.order_id))).scalar()
    assert due == {waits.id: LATER, other.id: LATER + 500, held.id: LATER + 500}
    assert shown == LATER


async def test_a_workspace_is_out_by_its_own_organisations_word_alone(
    db: Database, store: Installations
) -> None:
    await store.save(installation(id="E1", team_id=None, enterprise_id="E1"))
    async with db.write() as conn:
        out = await order_in(conn, OrderStatus.OFFERED, enterprise_id="E1")
        await order_in(conn, OrderStatus.OFFERED, enterprise_id="E1", team_id="T2")
        await team_access.tell(conn, "E1", ["T1"], granted=False, told_at=NOW)
        await team_access.tell(conn, "E1", ["T1"], granted=True, told_at=NOW - 1)
        await team_access.tell(conn, "E2", ["T2"], granted=False, told_at=NOW)

    assert await unsent(db) == ({out.id}, set())
    assert (await store.serving(enterprise_id="E1", team_id="T1")).installation is None
    assert (await store.serving(enterprise_id="E1", team_id="T2")).installation is not None


async def test_one_workspace_that_is_out_leaves_its_sisters_served(
    db: Database, store: Installations
) -> None:
    await store.save(installation(id="E1", team_id=None, enterprise_id="E1"))
    await removed(store, id="T2", team_id="T2", enterprise_id="E1")
    async with db.write() as conn:
        out = await order_in(conn, OrderStatus.OFFERED, enterprise_id="E1")
        await order_in(conn, OrderStatus.OFFERED, enterprise_id="E1", team_id="T2")
        await job_in(conn, JobStatus.QUEUED, enterprise_id="E1", team_id="T2")
        await team_access.tell(conn, "E1", ["T1"], granted=False, told_at=NOW)

    assert await unsent(db) == ({out.id}, set())
    async with db.read() as conn:
        assert await purging.teams_of(conn, "T2") == []


async def purged(db: Database, owner: str) -> int:
    """How many turns it took."""
    turns = 1
    while True:
        async with db.write() as conn:
            if not await purging.purge(conn, owner, now=LATER, limit=2):
                return turns
        turns += 1


async def rows_of(db: Database, team_id: str) -> set[str]:
    async with db.read() as conn:
        return {
            table.name
            for table in metadata.sorted_tables
            for name in {"team_id", "owner_id"} & set(table.c.keys())
            if (await conn.execute(select(table.c[name]).where(table.c[name] == team_id))).first()
        }


async def filled(db: Database, team_id: str, enterprise_id: str | None = None) -> Order:
    """Some of everything of one workspace."""
    of_team: dict[str, Any] = {"team_id": team_id, "enterprise_id": enterprise_id}
    async with db.write() as conn:
        for _ in range(3):
            job = await job_in(conn, JobStatus.FAILED, ended_at=NOW, generation_id="g", **of_team)
            await bills.open_many(conn, [bills.bill_of(job, NOW)])
            order = await order_in(conn, OrderStatus.CANCELLED, ended_at=NOW, **of_team)
        file = shared_file(**of_team)
        names = (
            "enterprise_id",
            "team_id",
            "user_id",
            "file_id",
            "media",
            "name",
            "mimetype",
            "size",
            "shared_at",
        )
        row = {name: getattr(file, name) for name in names}
        await conn.execute(metadata.tables["shared_files"].insert(), row)
    return order


async def test_a_workspace_goes_in_small_bites_with_its_key_and_no_other_does(
    db: Database, store: Installations
) -> None:
    await removed(store)
    await store.save(installation(id="T2", team_id="T2"))
    await filled(db, "T1")
    await filled(db, "T2")
    before = await rows_of(db, "T2")

    assert await purged(db, "T1") > 5

    left = await rows_of(db, "T1")
    assert {"ledger", "bills", "differences"} <= left <= {table.name for table in purging.BOOKS}
    assert await rows_of(db, "T2") == before
    async with db.read() as conn:
        assert list((await conn.execute(select(installations.c.id))).scalars()) == ["T2"]


async def log_of(db: Database, team_id: str) -> tuple[int, int]:
    """Rows of a team's audit log, and how many of them tell of people; they hold together."""
    async with db.read() as conn:
        (chain,) = await verify(conn, team_id)
        personal = (await conn.execute(select(audit.c.salt).where(audit.c.team_id == team_id))).scalars()
        assert not chain.faults
        return chain.rows, sum(salt is not None for salt in personal)


async def logged(db: Database, team_id: str) -> None:
    async with db.write() as conn:
        for number in range(3):
            yes = Entry(team_id=team_id, action=Action.CONFIRMED, subject=f"o{number}", actor="U1")
            await append(conn, yes, now=NOW)


@pytest.mark.parametrize("has_orders", [True, False])
async def test_the_audit_log_stays_without_what_tells_of_people(
    db: Database, store: Installations, *, has_orders: bool
) -> None:
    await removed(store)
    await store.save(installation(id="T2", team_id="T2"))
    for team_id in ("T1", "T2"):
        await logged(db, team_id)
        if has_orders:
            await filled(db, team_id)
    before, others = await log_of(db, "T1"), await log_of(db, "T2")
    assert before[1] >= 3

    await purged(db, "T1")

    assert await log_of(db, "T1") == (before[0], 0)
    assert await log_of(db, "T2") == others


async def test_of_an_organisation_its_own_log_and_its_workspaces_are_without_people(
    db: Database, store: Installations
) -> None:
    await removed(store, id="E1", team_id=None, enterprise_id="E1")
    for team_id in ("E1", "T1"):
        await logged(db, team_id)
    await filled(db, "T1", "E1")

    await purged(db, "E1")

    assert [(await log_of(db, team_id))[1] for team_id in ("E1", "T1")] == [0, 0]


async def test_the_log_of_a_workspace_that_its_organisation_still_serves_is_whole(
    db: Database, store: Installations
) -> None:
    await store.save(installation(id="E1", team_id=None, enterprise_id="E1"))
    await removed(store, id="T1", team_id="T1", enterprise_id="E1")
    await logged(db, "T1")
    await filled(db, "T1", "E1")
    before = await log_of(db, "T1")

    await purged(db, "T1")

    assert await log_of(db, "T1") == before


async def test_what_is_installed_again_is_not_deleted(db: Database, store: Installations) -> None:
    await removed(store)
    await filled(db, "T1")
    before = await rows_of(db, "T1")
    await store.save(installation(installed_at=LATER))

    assert await purged(db, "T1") == 1
    assert await rows_of(db, "T1") == before


async def test_of_an_organisation_only_workspaces_without_an_own_installation_go(
    db: Database, store: Installations
) -> None:
    await removed(store, id="E1", team_id=None, enterprise_id="E1")
    await store.save(installation(id="T2", team_id="T2", enterprise_id="E1"))
    await removed(store, id="T3", team_id="T3", enterprise_id="E1")
    for team_id in ("T1", "T2", "T3"):
        await filled(db, team_id, "E1")

    await purged(db, "E1")

    assert "orders" not in await rows_of(db, "T1")
    assert "orders" in await rows_of(db, "T2")
    assert "orders" in await rows_of(db, "T3")


@pytest.mark.parametrize("what", ["job", "bill", "nothing"])
async def test_a_key_is_needed_while_something_is_open(db: Database, store: Installations, what: str) -> None:
    await removed(store)
    async with db.write() as conn:
        if what == "job":
            await job_in(conn, JobStatus.DELIVERING, submitted_at=NOW)
        if what == "bill":
            job = await job_in(conn, JobStatus.FAILED, ended_at=NOW, generation_id="g")
            await bills.open_many(conn, [bills.bill_of(job, NOW)])
        await job_in(conn, JobStatus.QUEUED, team_id="T2")
    async with db.read() as conn:
        assert await purging.is_needed(conn, "T1") is (what != "nothing")
        assert [each.id for each in await purging.removed(conn)] == ["T1"]


def test_every_table_goes_with_its_workspace_or_is_kept_for_a_reason() -> None:
    """A new table belongs to a workspace, to an installation, or stands here."""
    of_nobody = {"accounts", "elsewhere", "holders", "install_states", "reviews", "alembic_version"}
    with_their_order = {"bodies", "order_inputs"}
    kept = {table.name for table in purging.BOOKS}

    ownerless = {
        table.name
        for table in metadata.sorted_tables
        if not {"team_id", "owner_id", "installation_id", "scope_id"} & set(table.c.keys())
    }

    assert ownerless - of_nobody - with_their_order == set()
    assert kept == {"audit", "audit_heads", "budgets", "bills", "differences", "ledger"}
