"""Somebody has their data deleted: what goes when, what stays, and that every sum stays what it was."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from sqlalchemy import delete, select

from bot.app import services_of
from bot.asking.asks import Asker
from bot.steps.departures import Departures
from bot.steps.forgetting import Forgetting
from bot.steps.removals import KEPT_S, Removals
from bot.teams.installations import Teams
from bot.teams.people import ADMIN_FRESH_S
from bot.teams.rules import Rules
from bot.use_cases.deleting import Deleting, Leaver
from storage import (
    allowances,
    audit,
    audit_check,
    endings,
    homes,
    job_store,
    ledger,
    people_store,
    purging,
    shared_files,
)
from storage import departures as departures_store
from storage.allowances import Allowance
from storage.audit import Action, Entry
from storage.cards import CardKind
from storage.data_map import DAY_S, REQUESTS_KEPT_S, UNRESOLVED_KEPT_S
from storage.departures import Waits
from storage.installations import Installation, Installations
from storage.jobs import Job, JobStatus
from storage.left import LeftoverKind
from storage.orders import Forgotten, Order, OrderStatus
from storage.people import Membership, Profile
from storage.pseudonyms import GONE
from storage.schema import budgets, cards, departures, leftovers, metadata, people
from storage.schema import jobs as job_rows
from storage.schema import ledger as ledger_rows
from storage.schema import orders as order_rows
from storage.schema import shared_files as files_of_people
from storage.shared_files import SharedFile
from tests.integration.conftest import ENGINES
from tests.integration.core.world import SCRIPT, World
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH
from tests.integration.storage import books

pytestmark = pytest.mark.parametrize("engine", ENGINES)

ADA_ASKS = Asker(None, NORTH.id, ADA)
MONTH_S = 31 * DAY_S
_numbers = count(1)
_MET = (people, files_of_people)


@pytest.fixture
def deleting(there: World) -> Deleting:
    return services_of(there.tools, wake=lambda: None, public_url=None).deleting


async def made(there: World, user_id: str = ADA, **columns: Any) -> Order:
    """An order of somebody's whose video is delivered."""
    usual: dict[str, Any] = {"estimate_usd": Decimal("1.25"), "generation_id": f"gen-{next(_numbers)}"}
    job = await there.job(
        JobStatus.PROCESSING, draft=SCRIPT, user_id=user_id, card_due_at=None, **usual | columns
    )
    return await delivered(there, job)


async def delivered(there: World, job: Job) -> Order:
    """The order of a job that was being made, when its video is in Slack."""
    async with there.db.write() as conn:
        delivering = await job_store.move(conn, job, JobStatus.DELIVERING, now=there.clock())
        assert delivering is not None
        await endings.settle(conn, [(job, JobStatus.DELIVERING)], now=there.clock())
    await there.change(delivering, slack_file_id=f"F{next(_numbers)}")
    async with there.db.write() as conn:
        await endings.end(conn, delivering, JobStatus.DELIVERED, now=there.clock())
    return await there.change(
        await there.order_of(job), status=OrderStatus.ENDED, ended_at=there.clock(), card_due_at=None
    )


def a_file(now: float) -> SharedFile:
    return SharedFile(
        enterprise_id=None,
        team_id=NORTH.id,
        user_id=ADA,
        file_id="F1",
        media="video",
        name="clip.mp4",
        mimetype="video/mp4",
        size=1,
        shared_at=now,
    )


async def turns(there: World, loop: Departures | None = None) -> None:
    """All that is due by now."""
    loop = loop or Departures(there.tools)
    for _ in range(50):
        if not await loop.turn():
            return
    raise AssertionError("it never comes to an end")


def allowance(whose: str, *, at: float) -> Allowance:
    """What somebody allows beforehand."""
    return Allowance(
        id=f"of-{whose}",
        owner_id=NORTH.id,
        enterprise_id=None,
        team_id=NORTH.id,
        user_id=whose,
        channel_id="C1",
        model="sync-3",
        most_usd=Decimal(1),
        at=at,
    )


async def days(there: World, number: int) -> None:
    """Let days go by, with a look each day."""
    for _ in range(number):
        there.clock.pass_by(DAY_S)
        await turns(there)
        await Forgetting(there.db, clock=there.clock).turn()


async def all_of(there: World, *, but: Sequence[str] = ()) -> str:
    """Everything in the database."""
    async with there.db.read() as conn:
        tables = [table for table in metadata.sorted_tables if table.name not in but]
        return str([(table.name, (await conn.execute(select(table))).all()) for table in tables])


async def sums(there: World) -> tuple[books.Sums, books.Sums]:
    async with there.db.read() as conn:
        return await books.booked(conn), await books.budgeted(conn)


async def test_what_they_wrote_goes_at_once_and_their_videos_stay(there: World, deleting: Deleting) -> None:
    order, of_ben = await made(there), await made(there, BEN)
    async with there.db.write() as conn:
        await homes.opened(conn, ADA_ASKS, NORTH.id, page=None, now=there.clock())
        await people_store.keep(conn, Profile(NORTH.id, ADA, Membership.MEMBER, there.clock()))
        for whose in (ADA, BEN):
            await allowances.give(conn, allowance(whose, at=there.clock()))

    assert await deleting.delete_person(ADA_ASKS) == Waits(0, 0)
    await turns(there)

    assert (await there.now(order)).forgotten is Forgotten.DELETED
    assert "Hello" in (await there.now(of_ben)).draft
    everything = await all_of(
        there, but=("orders", "jobs", "cards", "ledger", "budgets", "departures", "audit")
    )
    assert ADA not in everything
    async with there.db.read() as conn:
        assert [each.user_id for each in await allowances.of_installation(conn, NORTH.id)] == [BEN]
    async with there.db.read() as conn:
        kinds = {row.id: row.kind for row in await conn.execute(select(leftovers))}
    assert list(kinds.values()) == [LeftoverKind.GENERATION]


async def test_what_was_not_sent_is_cancelled_and_what_was_is_waited_for(
    there: World, deleting: Deleting
) -> None:
    offered = await there.order(OrderStatus.OFFERED, card_due_at=None)
    queued = await there.queued(estimate_usd=Decimal(2), card_due_at=None)
    sent = await there.job(JobStatus.PROCESSING, draft=SCRIPT, card_due_at=None)

    assert await deleting.delete_person(ADA_ASKS) == Waits(3, 0)
    await turns(there)

    assert (await there.now(offered)).status is OrderStatus.CANCELLED
    assert (await there.now(queued)).status is JobStatus.CANCELLED
    assert (await there.now(sent)).status is JobStatus.PROCESSING
    assert "Hello" in (await there.order_of(sent)).draft
    booked, budgeted = await sums(there)
    assert booked == budgeted

    await there.change(await there.order_of(sent), status=OrderStatus.ENDED, ended_at=there.clock())
    there.clock.pass_by(3600.0)
    await turns(there)
    assert (await there.order_of(sent)).forgotten is Forgotten.DELETED


async def test_what_nobody_knows_the_end_of_is_waited_for_and_given_up_after_a_week(
    there: World, deleting: Deleting
) -> None:
    job = await there.job(
        JobStatus.UNRESOLVED, draft=SCRIPT, estimate_usd=Decimal(2), generation_id="gen-9", card_due_at=None
    )
    assert await deleting.delete_person(ADA_ASKS) == Waits(1, 1)

    there.clock.pass_by(UNRESOLVED_KEPT_S - 1)
    await turns(there)
    assert (await there.now(job)).status is JobStatus.UNRESOLVED

    there.clock.pass_by(61)
    await turns(there)
    ended = await there.now(job)
    assert (ended.status, ended.failure_code) == (JobStatus.FAILED, "given_up")
    booked, budgeted = await sums(there)
    assert booked == budgeted
    async with there.db.read() as conn:
        (told,) = [row async for row in audit_check.read(conn, NORTH.id) if row.action == Action.GIVEN_UP]
    assert told.personal is None or ADA not in told.personal

    await there.change(await there.order_of(job), status=OrderStatus.ENDED, ended_at=there.clock())
    there.clock.pass_by(61)
    await turns(there)
    assert (await there.order_of(job)).forgotten is Forgotten.DELETED


async def test_their_name_stays_in_the_books_until_the_month_is_over(
    there: World, deleting: Deleting
) -> None:
    """Or whoever asks for it would have their budget anew."""
    order = await made(there)
    await made(there, BEN)
    before, _ = await sums(there)
    await deleting.delete_person(ADA_ASKS)
    await turns(there)
    assert await sums(there) == (before, before)

    await days(there, 32)

    async with there.db.read() as conn:
        entries = await ledger.of_part(conn, order.id, 0)
    assert entries
    assert all(entry.user_id.startswith(GONE) for entry in entries)
    booked, budgeted = await sums(there)
    assert booked == budgeted
    assert sorted(booked.values()) == sorted(before.values())


async def test_at_last_nothing_leads_back_to_them(there: World, deleting: Deleting) -> None:
    order = await made(there, channel_id=f"D{ADA}")
    async with there.db.write() as conn:
        entry = Entry(
            team_id=NORTH.id,
            action=Action.APPROVED,
            subject="order",
            actor=BEN,
            personal={"asked": f"{BEN} {ADA}", f"user:{ADA}": "5"},
        )
        of_another = Entry(team_id=NORTH.id, action=Action.CANCELLED, subject="order", actor=f"{ADA}X")
        for each in (entry, of_another):
            await audit.append(conn, each, now=there.clock())
    await deleting.delete_person(ADA_ASKS)
    await turns(there)
    await there.change(order, card_due_at=None)  # it was shown

    await days(there, int(REQUESTS_KEPT_S / DAY_S) - 1)
    assert ADA in await all_of(there, but=("departures",))
    await days(there, 5)

    everything = await all_of(there)
    assert ADA not in everything.replace(f"{ADA}X", "")
    assert f"{ADA}X" in everything
    async with there.db.read() as conn:
        assert (await conn.execute(select(departures))).all() == []
        (chain,) = await audit_check.verify(conn, NORTH.id)
    assert chain.faults == []
    booked, budgeted = await sums(there)
    assert booked == budgeted


async def test_what_they_ask_for_afterwards_is_theirs_again(there: World, deleting: Deleting) -> None:
    await made(there)
    await deleting.delete_person(ADA_ASKS)
    there.clock.pass_by(60)
    later = await made(there)

    await days(there, 3)

    assert "Hello" in (await there.now(later)).draft


async def test_what_they_open_and_share_afterwards_stays(there: World, deleting: Deleting) -> None:
    """Who goes on using the app has their Home, and what it knows of them, for all of the month it takes."""
    await made(there)
    await deleting.delete_person(ADA_ASKS)
    there.clock.pass_by(60)
    async with there.db.write() as conn:
        await homes.opened(conn, ADA_ASKS, NORTH.id, page=None, now=there.clock())
        await people_store.keep(conn, Profile(NORTH.id, ADA, Membership.MEMBER, there.clock()))
        await shared_files.remember(conn, a_file(there.clock()))

    await days(there, 3)

    async with there.db.read() as conn:
        homes_left = (await conn.execute(select(cards).where(cards.c.kind == CardKind.HOME))).all()
        assert [len(homes_left), *[len((await conn.execute(select(each))).all()) for each in _MET]] == [1] * 3


async def test_who_asks_again_meanwhile_is_not_put_off(there: World, deleting: Deleting) -> None:
    await made(there)
    await deleting.delete_person(ADA_ASKS)
    async with there.db.read() as conn:
        (first,) = await departures_store.due(conn, now=there.clock(), limit=1)
    there.clock.pass_by(60)
    await deleting.delete_person(ADA_ASKS)

    async with there.db.write() as conn:
        await departures_store.wait(conn, first, until=there.clock() + DAY_S)

    async with there.db.read() as conn:
        assert len(await departures_store.due(conn, now=there.clock(), limit=1)) == 1


async def test_books_with_many_entries_lose_their_names_some_at_a_time(there: World) -> None:
    for user_id in (ADA, BEN, "U0CLEO"):
        await made(there, user_id)
    before, _ = await sums(there)
    await there.uninstall(NORTH.id)
    there.clock.pass_by(KEPT_S)

    named = []
    goes_on = True
    while goes_on:
        async with there.db.write() as conn:
            goes_on = await purging.purge(conn, NORTH.id, now=there.clock(), limit=2)
        async with there.db.read() as conn:
            ids = set((await conn.execute(select(ledger_rows.c.user_id))).scalars())
        named.append(sum(not each.startswith(GONE) for each in ids))

    assert sorted(set(named), reverse=True) == [3, 2, 1, 0]
    booked, budgeted = await sums(there)
    assert booked == budgeted
    assert sorted(booked.values()) == sorted(before.values())


async def test_whom_the_books_or_the_log_alone_name_is_forgotten_too(
    there: World, deleting: Deleting
) -> None:
    """The order's row has gone by time; an approver has never had one."""
    await made(there)
    async with there.db.write() as conn:
        for table in (job_rows, order_rows, cards):
            await conn.execute(delete(table))
        entry = Entry(team_id=NORTH.id, action=Action.APPROVED, subject="order", actor=BEN)
        await audit.append(conn, entry, now=there.clock())

    for asker in (ADA_ASKS, Asker(None, NORTH.id, BEN), Asker(None, NORTH.id, "U0NOBODY")):
        await deleting.delete_person(asker)
    async with there.db.read() as conn:
        assert set((await conn.execute(select(departures.c.user_id))).scalars()) == {ADA, BEN}

    await days(there, 35)
    everything = await all_of(there)
    assert ADA not in everything
    assert BEN not in everything


async def leave(there: World, user_id: str) -> None:
    """Slack tells that somebody's account is not used any more."""
    async with there.db.write() as conn:
        await people_store.keep(conn, Profile(NORTH.id, user_id, Membership.GONE, there.clock()))


async def test_an_admin_has_the_data_of_somebody_deleted_who_has_left(
    there: World, deleting: Deleting
) -> None:
    of_ben, theirs = await made(there, BEN), await made(there, BEN, team_id=SOUTH.id)
    assert await deleting.delete_leaver(ADA_ASKS, BEN) == (Leaver.NOT_FOR_THEM, Waits(0, 0))
    rulebook = there.tools.roles.rulebook
    await rulebook.change(await rulebook.latest(ADA_ASKS), Rules(admins=(ADA,)), by=ADA)
    assert await deleting.delete_leaver(ADA_ASKS, BEN) == (Leaver.STILL_HERE, Waits(0, 0))
    assert await deleting.delete_leaver(ADA_ASKS, "U0NOBODY") == (Leaver.UNKNOWN, Waits(0, 0))
    await leave(there, BEN)
    there.clock.pass_by(ADMIN_FRESH_S + 1)
    await leave(there, BEN)

    assert await deleting.leaver(ADA_ASKS, BEN) is Leaver.GONE
    assert (await there.now(of_ben)).forgotten is None
    assert await deleting.delete_leaver(ADA_ASKS, BEN) == (Leaver.GONE, Waits(0, 0))
    await turns(there)

    assert (await there.now(of_ben)).forgotten is Forgotten.DELETED
    assert "Hello" in (await there.now(theirs)).draft
    async with there.db.read() as conn:
        (told,) = [row async for row in audit_check.read(conn, NORTH.id) if row.action == Action.FORGET_ASKED]
        (left,) = (await conn.execute(select(departures))).all()
    assert (told.subject, ADA in str(told.personal)) == (left.pseudonym, True)

    await there.change(of_ben, card_due_at=None)
    await days(there, 35)
    assert BEN not in await all_of(there, but=("orders", "jobs", "ledger", "budgets", "cards"))


async def test_another_teams_data_stays(there: World, deleting: Deleting) -> None:
    theirs = await made(there, team_id=SOUTH.id)
    await deleting.delete_person(ADA_ASKS)

    await days(there, 35)

    assert "Hello" in (await there.now(theirs)).draft
    async with there.db.read() as conn:
        assert {entry.user_id for entry in await ledger.of_part(conn, theirs.id, 0)} == {ADA}


async def test_what_breaks_for_one_holds_up_nobody_else(there: World, deleting: Deleting) -> None:
    class Broken(Teams):
        async def need(self, enterprise_id: str | None, team_id: str | None) -> Installation:
            if team_id == NORTH.id:
                raise RuntimeError("it breaks for one team")
            return await there.tools.teams.need(enterprise_id, team_id)

    theirs = await made(there, team_id=SOUTH.id)
    for asker in (ADA_ASKS, Asker(None, SOUTH.id, ADA)):
        await made(there, team_id=asker.team_id)
        await deleting.delete_person(asker)
    teams = Broken(Installations(there.db, there.tools.cipher), clock=there.clock)

    await turns(there, Departures(replace(there.tools, teams=teams)))

    assert (await there.now(theirs)).forgotten is Forgotten.DELETED


async def test_two_processes_that_do_it_at_once_do_it_once(there: World, deleting: Deleting) -> None:
    for _ in range(5):
        await made(there)
    before, _ = await sums(there)
    await deleting.delete_person(ADA_ASKS)
    there.clock.pass_by(MONTH_S)

    await asyncio.gather(*(turns(there, Departures(there.tools)) for _ in range(3)))

    booked, budgeted = await sums(there)
    assert booked == budgeted
    assert sorted(booked.values()) == sorted(before.values())
    async with there.db.read() as conn:
        names = set((await conn.execute(select(ledger_rows.c.user_id))).scalars())
    assert len(names) == 1


async def test_books_of_a_workspace_that_removed_the_app_name_nobody(there: World) -> None:
    await made(there)
    await made(there, BEN)
    before, _ = await sums(there)
    await there.uninstall(NORTH.id)
    there.clock.pass_by(KEPT_S)

    removals = Removals(there.tools)
    while await removals.turn():
        pass

    booked, budgeted = await sums(there)
    assert booked == budgeted
    assert sorted(booked.values()) == sorted(before.values())
    everything = await all_of(there)
    assert ADA not in everything
    assert BEN not in everything
    async with there.db.read() as conn:
        assert len(set((await conn.execute(select(ledger_rows.c.user_id))).scalars())) == 2
        assert (await conn.execute(select(budgets))).all()
