"""What is held by somebody who is gone is free: at once on SQLite, after some silence on PostgreSQL."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.heartbeat import Heartbeat, Rhythm
from storage import card_store, claims, job_store, leases, order_store
from storage.cards import Card
from storage.database import Database, open_database
from storage.errors import StorageInUse
from storage.jobs import Job, JobStatus
from storage.orders import OrderStatus
from storage.schema import holders
from storage.sqlite_lock import only_process
from tests.integration.storage.builders import NOW, job_in, order_in

SOON = NOW + 10
LEASE_S = 90.0
QUICK = Rhythm(every_s=0.05, fresh_s=0.3, silent_s=0.5)
HOLD = """
import asyncio, sys
from pathlib import Path
from storage.sqlite_lock import only_process

async def main():
    async with only_process(Path(sys.argv[1]), wait_s=0):
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def claim(conn: AsyncConnection, holder: str, *, now: float = NOW) -> list[Job]:
    token = leases.new_token(holder, "1")
    return await claims.claim_jobs(
        conn, now=now, lease_s=LEASE_S, token=token, statuses=tuple(JobStatus), limit=50
    )


async def claim_cards(conn: AsyncConnection, holder: str) -> list[Card]:
    token = leases.new_token(holder, "2")
    return await card_store.claim_cards(conn, now=NOW, lease_s=LEASE_S, token=token)


async def test_who_is_alone_frees_all_that_was_held_orders_jobs_and_cards(db: Database) -> None:
    async with db.write() as conn:
        job = await job_in(conn, JobStatus.SUBMITTING, due_at=NOW, card_due_at=NOW, attempts=2)
        order = await order_in(conn, OrderStatus.PREPARING, due_at=NOW)
        waiting = await order_in(conn, OrderStatus.PREPARING, due_at=SOON + 50)
        await claim(conn, "dead")
        await claim_cards(conn, "dead")
        await claims.claim_orders(
            conn, now=NOW, lease_s=LEASE_S, token="dead:3", statuses={OrderStatus.PREPARING}
        )
        assert await leases.release_all(conn, now=SOON) == 3
        free, card = await job_store.find(conn, job.id), await card_store.of_order(conn, job.order_id)
        freed = await order_store.find(conn, order.id)
        assert await order_store.find(conn, waiting.id) == waiting
    assert free is not None
    assert card is not None
    assert freed is not None
    assert {(each.due_at, each.lease_token) for each in (free, card, freed)} == {(SOON, None)}
    assert (free.status, free.attempts) == (JobStatus.SUBMITTING, 2)


# --- SQLite: a lock that ends with its process -----------------------------------------------------------


@pytest.fixture
def other(path: Path) -> subprocess.Popen[bytes]:
    """Another process that works on the same file."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


async def test_of_two_processes_the_second_is_refused_with_the_first_ones_name(
    path: Path, other: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(StorageInUse, match=rf"use PostgreSQL.*process {other.pid}"):
        async with only_process(path, wait_s=0.2):
            pytest.fail("both work on it")
    other.kill()
    other.communicate()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
async def test_whoever_waits_goes_on_the_moment_the_other_is_gone(
    path: Path, other: subprocess.Popen[bytes], end: signal.Signals
) -> None:
    asyncio.get_running_loop().call_later(0.3, other.send_signal, end)
    async with only_process(path, wait_s=30) as locked:
        assert locked
        assert path.with_suffix(".lock").read_text() == f"{os.getpid()}\n"
    other.communicate()


# --- PostgreSQL: heartbeats ------------------------------------------------------------------------------


@pytest.fixture
async def shared(migrated_postgres: str) -> AsyncIterator[Database]:
    async with open_database(migrated_postgres, patience_s=10) as database:
        async with database.write() as conn:
            await conn.execute(holders.delete())
        yield database


def heart(db: Database, holder: str) -> Heartbeat:
    return Heartbeat(db, holder, clock=lambda: SOON, rhythm=QUICK)


async def known(db: Database) -> set[str]:
    async with db.read() as conn:
        return set((await conn.execute(select(holders.c.id))).scalars())


async def held_by(db: Database, job: Job) -> str | None:
    async with db.read() as conn:
        found = await job_store.find(conn, job.id)
    assert found is not None
    return found.lease_token


async def test_what_the_silent_held_is_taken_over_and_what_others_hold_is_not(shared: Database) -> None:
    here, dead = heart(shared, "here"), heart(shared, "dead")
    await dead.beat()
    async with shared.write() as conn:
        left = await job_in(conn, JobStatus.SUBMITTING, due_at=NOW, card_due_at=NOW)
        await claim(conn, "dead")
        await claim_cards(conn, "dead")
        mine = await job_in(conn, JobStatus.DELIVERING, due_at=NOW)
        await claim(conn, "here")
        of_a_namesake = await job_in(conn, JobStatus.DELIVERING, due_at=NOW)
        await claim(conn, "deadly")
    beating = asyncio.create_task(here.run())
    async with asyncio.timeout(60):
        while await held_by(shared, left) is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    beating.cancel()
    async with shared.read() as conn:
        free, card = await job_store.find(conn, left.id), await card_store.of_order(conn, left.order_id)
    assert free is not None
    assert card is not None
    assert (free.due_at, card.due_at, card.lease_token) == (SOON, SOON, None)
    assert await held_by(shared, mine) == "here:1"
    assert await held_by(shared, of_a_namesake) == "deadly:1"
    assert await known(shared) == {"here"}


@pytest.mark.parametrize(("silent_s", "is_gone"), [(7.0, False), (8.5, True)])
async def test_usually_eight_seconds_of_silence_are_death(
    shared: Database,
    silent_s: float,
    is_gone: bool,  # noqa: FBT001 - what is expected
) -> None:
    async with shared.write() as conn:
        await leases.beat(conn, "other")
        await conn.execute(holders.update().values(beat_at=holders.c.beat_at - silent_s))
    here = Heartbeat(shared, "here", clock=lambda: SOON)
    for _ in range(4):
        await here.turn()
    assert ("other" not in await known(shared)) == is_gone


async def test_nobody_who_beats_is_taken_for_dead(shared: Database) -> None:
    hearts = [heart(shared, name) for name in ("here", "there")]
    beating = [asyncio.create_task(each.run()) for each in hearts]
    async with shared.write() as conn:
        job = await job_in(conn, JobStatus.DELIVERING, due_at=NOW)
        await claim(conn, "there")
    await asyncio.sleep(3 * QUICK.silent_s)
    assert await held_by(shared, job) == "there:1"
    assert await known(shared) == {"here", "there"}
    for task in beating:
        task.cancel()


async def test_who_was_away_itself_judges_nobody_at_once(shared: Database) -> None:
    """After an outage of the database everybody's last beat is old."""
    here, there = heart(shared, "here"), heart(shared, "there")
    await here.beat()
    await there.beat()
    await asyncio.sleep(QUICK.silent_s * 1.2)
    await here.turn()
    assert await known(shared) == {"here", "there"}
    for _ in range(3):
        await here.turn()
    assert await known(shared) == {"here"}


async def test_who_stood_still_knows_and_is_back_with_its_next_beat(shared: Database) -> None:
    here, stopped = heart(shared, "here"), heart(shared, "stopped")
    await stopped.beat()
    assert stopped.is_fresh
    await asyncio.sleep(QUICK.silent_s * 1.2)
    assert not stopped.is_fresh
    for _ in range(5):
        await here.turn()
    assert await known(shared) == {"here"}
    await stopped.turn()
    assert stopped.is_fresh
    assert await known(shared) == {"here", "stopped"}


async def test_who_leaves_in_order_is_forgotten(shared: Database) -> None:
    here = heart(shared, "here")
    await here.beat()
    await here.stop()
    assert await known(shared) == set()


async def test_on_sqlite_a_heartbeat_tells_who_stood_still_and_stores_nothing(path: Path) -> None:
    elapsed = 100.0
    async with open_database(f"sqlite:///{path}") as db:
        here = Heartbeat(db, "here", clock=lambda: NOW, elapsed=lambda: elapsed)
        assert not here.is_fresh
        await here.turn()
        assert here.is_fresh
        elapsed += 6.0
        assert not here.is_fresh
        assert await known(db) == set()
