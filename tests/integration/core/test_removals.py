"""The app is removed, and perhaps comes back: what becomes of each order and each job, by where it stands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.steps.bill import Bills
from bot.steps.deliver import Deliver
from bot.steps.removals import BACK_SOON_S, KEPT_S, Removals
from bot.steps.settle import Settle
from bot.steps.submit import Submit
from storage import bills, ledger, order_store
from storage.bills import Total
from storage.database import Database
from storage.inputs import InputKind, InputStatus
from storage.installations import Installation
from storage.jobs import ENDED, Job, JobStatus, Money
from storage.orders import OVER, OrderStatus, Part
from storage.purging import BOOKS
from storage.schema import audit, inputs, installations, jobs, metadata, shared_files
from tests.integration.core.test_bill import RECORD, costs
from tests.integration.core.test_deliver import brought
from tests.integration.core.world import World, generation, installation
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH, VIDEOS
from tests.integration.media_servers import reply, saying, serving

ORG = "E1"
USD = Decimal("0.42")
OPEN_ORDERS = sorted(set(OrderStatus) - OVER - {OrderStatus.RUNNING})
OPEN_JOBS = sorted(set(JobStatus) - ENDED)


@pytest.fixture
def removals(there: World) -> Removals:
    return Removals(there.tools)


async def settled(removals: Removals) -> None:
    """Everything that is to be done now is done, as by a process that has just begun to look."""
    fresh = Removals(removals._tools)
    while await fresh.turn():
        pass


async def job_in(there: World, status: JobStatus, **columns: Any) -> Job:
    usual: dict[str, Any] = {
        "estimate_usd": USD,
        "card_revision": 3,
        "card_shown": 3,
        "due_at": there.clock() + 500,
    }
    if status not in {JobStatus.QUEUED, JobStatus.SUBMITTING}:
        usual |= {"generation_id": "gen-1"}
    if status is not JobStatus.QUEUED:
        usual |= {"submitted_at": there.clock()}
    return await there.job(status, **usual | columns)


async def held(there: World, job: Job) -> int:
    """What is held for a job, in micro-dollars."""
    async with there.db.read() as conn:
        return sum(entry.held_delta for entry in await ledger.of_part(conn, job.order_id, job.position))


async def money(there: World, job: Job) -> set[Money]:
    async with there.db.read() as conn:
        return {entry.kind for entry in await ledger.of_part(conn, job.order_id, job.position)}


async def kept(there: World, installation_id: str = NORTH.id) -> bool:
    async with there.db.read() as conn:
        query = select(func.count()).where(installations.c.id == installation_id)
        return bool((await conn.execute(query)).scalar())


# --- the table: what an uninstall makes of each status ---------------------------------------------------


@pytest.mark.parametrize("status", OPEN_ORDERS)
async def test_an_order_without_jobs_ends_and_its_card_will_say_so(
    there: World, removals: Removals, status: OrderStatus
) -> None:
    order = await there.order(status, card_revision=1, card_shown=1)
    await there.uninstall(NORTH.id)

    await settled(removals)

    order = await there.now(order)
    assert (order.status, order.failure_code) == (OrderStatus.FAILED, "app_removed")
    assert (await there.card(order)).revision == 2


@pytest.mark.parametrize("status", [OrderStatus.CONFIRMED, OrderStatus.AWAITING_APPROVAL])
async def test_what_an_order_holds_after_its_yes_is_free(
    there: World, removals: Removals, status: OrderStatus
) -> None:
    order = await there.order(status, confirmed_at=there.clock(), parts=(Part(usd=USD, length_s=1.0),))
    async with there.db.write() as conn:
        await ledger.hold(conn, order, {0: "sync-3"}, owner_id=order.team_id, now=there.clock())
    await there.uninstall(NORTH.id)

    await settled(removals)

    async with there.db.read() as conn:
        booked = await ledger.of_part(conn, order.id, 0)
    assert {entry.kind for entry in booked} == {Money.HOLD, Money.RELEASE}
    assert sum(entry.held_delta for entry in booked) == 0


UNINSTALLED = {
    JobStatus.QUEUED: (JobStatus.FAILED, "app_removed", {Money.HOLD, Money.RELEASE}),
    JobStatus.SUBMITTING: (JobStatus.SUBMITTING, None, {Money.HOLD}),
    JobStatus.PROCESSING: (JobStatus.PROCESSING, None, {Money.HOLD}),
    JobStatus.DELIVERING: (JobStatus.DELIVERING, None, {Money.HOLD}),
    JobStatus.UNRESOLVED: (JobStatus.UNRESOLVED, None, {Money.HOLD}),
}
"""What was sent goes on by its own steps, which need no Slack."""


@pytest.mark.parametrize("status", OPEN_JOBS)
async def test_only_what_was_not_sent_ends_at_once(
    there: World, removals: Removals, status: JobStatus
) -> None:
    job = await job_in(there, status)
    await there.uninstall(NORTH.id)

    await settled(removals)

    job = await there.now(job)
    assert (job.status, job.failure_code, await money(there, job)) == UNINSTALLED[status]
    there.clock.pass_by(BACK_SOON_S)
    await settled(removals)
    assert await kept(there) is (status is not JobStatus.QUEUED)


GIVEN_UP = {
    JobStatus.SUBMITTING: {Money.HOLD, Money.WRITE_OFF},
    JobStatus.PROCESSING: {Money.HOLD, Money.WRITE_OFF},
    JobStatus.UNRESOLVED: {Money.HOLD, Money.WRITE_OFF},
    JobStatus.DELIVERING: {Money.HOLD},  # its charge was booked when sync.so had made it
}
"""What nobody has learnt the end of counts as spent."""


@pytest.mark.parametrize("status", sorted(GIVEN_UP))
async def test_what_is_still_open_after_a_week_is_given_up_and_all_of_it_goes(
    there: World, removals: Removals, status: JobStatus
) -> None:
    job = await job_in(there, status)
    await there.uninstall(NORTH.id)
    there.clock.pass_by(KEPT_S - 1)
    await settled(removals)
    assert (await there.now(job)).status is status

    there.clock.pass_by(1)
    await settled(removals)

    assert await money(there, job) == GIVEN_UP[status]
    assert not await kept(there)
    async with there.db.read() as conn:
        assert (await conn.execute(select(func.count()).select_from(metadata.tables["jobs"]))).scalar() == 0


@pytest.mark.parametrize("status", [JobStatus.SUBMITTING, JobStatus.PROCESSING, JobStatus.DELIVERING])
async def test_installed_again_in_time_it_goes_on_at_once(
    there: World, removals: Removals, status: JobStatus
) -> None:
    job = await job_in(there, status)
    await there.uninstall(NORTH.id)
    there.clock.pass_by(KEPT_S - 60)
    await there.change(job, due_at=there.clock() + 500)
    await settled(removals)

    await there.tools.teams.save(installation(installed_at=there.clock()))
    await settled(removals)

    job = await there.now(job)
    assert (job.status, job.due_at) == (status, there.clock())
    there.clock.pass_by(KEPT_S)
    await settled(removals)
    assert (await there.now(job)).status is status


async def test_cards_that_could_not_be_shown_are_shown_when_the_app_is_back(
    there: World, removals: Removals
) -> None:
    behind = await there.order(OrderStatus.PREPARING, card_revision=1, card_shown=1)
    shown = await there.order(OrderStatus.ENDED, card_revision=5, card_shown=5)
    await there.uninstall(NORTH.id)
    await settled(removals)
    await there.change(behind, card_due_at=None)

    await there.tools.teams.save(installation(installed_at=there.clock()))

    assert (await there.card(behind)).due_at == there.clock()
    assert (await there.card(shown)).due_at is None


# --- whose ----------------------------------------------------------------------------------------------


async def test_nobody_elses_work_ends(there: World, removals: Removals) -> None:
    others = [await job_in(there, status, team_id=SOUTH.id) for status in OPEN_JOBS]
    order = await there.order(OrderStatus.OFFERED, team_id=SOUTH.id)
    await there.uninstall(NORTH.id)
    there.clock.pass_by(KEPT_S)

    await settled(removals)

    assert [await there.now(job) for job in others] == others
    assert await there.now(order) == order
    assert not await kept(there)
    assert await kept(there, SOUTH.id)


def of_all(**changes: Any) -> Installation:
    return installation(id=ORG, team_id=None, enterprise_id=ORG, **changes)


async def test_a_workspace_that_its_organisation_still_serves_goes_on(
    there: World, removals: Removals
) -> None:
    await there.tools.teams.save(of_all())
    job = await job_in(there, JobStatus.QUEUED, enterprise_id=ORG)
    await there.uninstall(NORTH.id)

    await settled(removals)

    assert (await there.now(job)).status is JobStatus.QUEUED
    assert (await there.tools.teams.need(ORG, NORTH.id)).id == ORG


async def test_an_organisation_that_removes_it_leaves_workspaces_with_their_own(
    there: World, removals: Removals
) -> None:
    await there.tools.teams.save(of_all())
    await there.tools.teams.save(installation(enterprise_id=ORG))
    own = await job_in(there, JobStatus.QUEUED, enterprise_id=ORG)
    other = await job_in(there, JobStatus.QUEUED, enterprise_id=ORG, team_id="T0THIRD001")
    await there.uninstall(ORG)
    there.clock.pass_by(KEPT_S)

    await settled(removals)

    assert (await there.now(own)).status is JobStatus.QUEUED
    assert not await kept(there, ORG)
    async with there.db.read() as conn:
        rows = (await conn.execute(select(metadata.tables["jobs"].c.id))).scalars().all()
    assert other.id not in rows


async def test_a_workspace_that_was_taken_out_ends_and_goes_on_when_it_is_back(
    there: World, removals: Removals
) -> None:
    await there.uninstall(NORTH.id)
    await settled(removals)
    await there.tools.teams.save(of_all())
    teams, now = there.tools.teams, there.clock()
    queued = await job_in(there, JobStatus.QUEUED, enterprise_id=ORG)
    made = await job_in(there, JobStatus.DELIVERING, enterprise_id=ORG)
    elsewhere = await job_in(there, JobStatus.QUEUED, enterprise_id=ORG, team_id="T0THIRD001")

    await teams.tell_access(ORG, [NORTH.id], granted=False, told_at=now, now=now)
    await settled(removals)

    assert await teams.find(ORG, NORTH.id) is None
    assert (await there.now(queued)).status is JobStatus.FAILED
    assert (await there.now(elsewhere)).status is JobStatus.QUEUED
    await teams.tell_access(ORG, [NORTH.id], granted=True, told_at=now + 1, now=now + 1)
    assert (await teams.need(ORG, NORTH.id)).id == ORG
    assert (await there.now(made)).due_at == now + 1


async def test_what_slack_tells_late_of_a_workspace_does_not_undo_what_came_after(there: World) -> None:
    await there.tools.teams.save(of_all())
    teams, now = there.tools.teams, there.clock()
    await teams.tell_access(ORG, ["T0THIRD001"], granted=True, told_at=now + 5, now=now)

    await teams.tell_access(ORG, ["T0THIRD001"], granted=False, told_at=now, now=now)

    assert await teams.find(ORG, "T0THIRD001") is not None


async def test_an_organisation_that_installs_it_anew_has_it_everywhere_again(there: World) -> None:
    teams, now = there.tools.teams, there.clock()
    await teams.save(of_all(installed_at=now))
    await teams.tell_access(ORG, ["T0THIRD001"], granted=False, told_at=now, now=now)
    assert await teams.find(ORG, "T0THIRD001") is None

    await teams.save(of_all(installed_at=now + 1))

    assert await teams.find(ORG, "T0THIRD001") is not None


# --- sent, perhaps ---------------------------------------------------------------------------------------


@pytest.fixture
def submit(there: World) -> Submit:
    return Submit(there.tools)


async def test_what_sync_certainly_did_not_take_ends_and_is_not_sent_again(
    there: World, submit: Submit
) -> None:
    there.sync.get("/v2/generations").respond(json=[])
    job = await job_in(there, JobStatus.SUBMITTING)
    await there.uninstall(NORTH.id)

    job = await there.run(submit, job)
    assert job.status is JobStatus.SUBMITTING
    there.clock.pass_by(301)
    job = await there.run(submit, job)

    assert (job.status, job.failure_code) == (JobStatus.FAILED, "app_removed")
    assert await money(there, job) == {Money.HOLD, Money.RELEASE}
    assert there.sent("/v2/generate") == []


async def test_what_was_sent_is_settled_and_billed_without_slack_and_delivered_to_whoever_comes_back(
    there: World, removals: Removals
) -> None:
    """The whole way, as the worker goes it: made and charged while away, in its thread once it is back."""
    _, ts = await there.tools.slack.team(installation()).post(VIDEOS, "The card", None)
    job = await job_in(there, JobStatus.PROCESSING, card_channel=VIDEOS, card_ts=ts)
    await there.uninstall(NORTH.id)
    there.slack.faults.set("token_dead", {"error": "account_inactive"})
    there.sync.get("/v2/generations").respond(json=[generation("gen-1", "COMPLETED")])
    there.sync.get(RECORD).mock(return_value=costs())

    job = await there.run(Settle(there.tools), job)
    await Bills(there.tools).turn()
    job = await there.run(Deliver(there.tools), job)
    there.clock.pass_by(BACK_SOON_S)
    await settled(removals)

    assert (job.status, job.generation_status) == (JobStatus.DELIVERING, "COMPLETED")
    assert await money(there, job) >= {Money.HOLD, Money.CHARGE}
    assert await kept(there)

    there.slack.faults.reset()
    await there.tools.teams.save(installation(installed_at=there.clock()))
    async with serving(saying(reply(body=b"\0\0 ftypisom the finished video"))) as peer:
        there.sync.get("/v2/generations/gen-1/download").respond(text=f"{peer.base}/out.mp4")
        job = await brought(there, Deliver(there.tools), job)

    assert job.status is JobStatus.DELIVERED
    [share] = [share for share in there.slack.records().shares if share.by_bot]
    assert (share.channel, share.thread_ts) == (VIDEOS, ts)


# --- at last ----------------------------------------------------------------------------------------------


async def test_a_key_stays_until_the_bill_is_complete(there: World, removals: Removals) -> None:
    job = await job_in(there, JobStatus.FAILED, ended_at=there.clock())
    async with there.db.write() as conn:
        await bills.open_many(conn, [bills.bill_of(job, there.clock())])
    await there.uninstall(NORTH.id)
    there.clock.pass_by(BACK_SOON_S)
    await settled(removals)
    assert await kept(there)

    async with there.db.write() as conn:
        [bill] = await bills.claim(conn, now=there.clock(), lease_s=90.0, token="us:1", limit=1)
        await bills.tell(
            conn,
            bill,
            availability="complete",
            total=Total(usd=USD, frames=None),
            due_at=None,
            now=there.clock(),
        )
    await settled(removals)

    assert not await kept(there)


async def test_what_it_has_at_sync_is_deleted_there_at_once(there: World, removals: Removals) -> None:
    in_a_week = there.clock() + KEPT_S
    async with there.db.write() as conn:
        for team in (NORTH.id, SOUTH.id):
            await conn.execute(inputs.insert(), input_at_sync(team, delete_at=in_a_week))
    await there.uninstall(NORTH.id)
    there.clock.pass_by(1)

    await settled(removals)

    async with there.db.read() as conn:
        query = select(inputs.c.delete_at).order_by(inputs.c.team_id == SOUTH.id)
        assert list((await conn.execute(query)).scalars()) == [there.clock(), in_a_week]


def input_at_sync(team_id: str, **given: Any) -> dict[str, Any]:
    row = {"id": f"input-{team_id}", "team_id": team_id, "account_key": "a", "source": "slack:F1"}
    row |= {"kind": InputKind.VIDEO, "status": InputStatus.THERE, "found": "{}", "asset_id": f"a-{team_id}"}
    return row | {"sent_bytes": 0, "attempts": 0, **given}


async def test_of_a_workspace_that_stays_away_nothing_is_kept_but_the_books(
    there: World, removals: Removals
) -> None:
    job = await job_in(there, JobStatus.QUEUED)
    async with there.db.write() as conn:
        file: dict[str, Any] = {
            "team_id": NORTH.id,
            "user_id": ADA,
            "file_id": "F1",
            "media": "video",
            "name": "clip.mp4",
        }
        file |= {"mimetype": "video/mp4", "size": 1, "shared_at": there.clock()}
        await conn.execute(shared_files.insert(), [file, file | {"team_id": SOUTH.id}])
    await there.uninstall(NORTH.id)
    await settled(removals)
    assert await there.state(job)  # for whoever installs it again at once

    there.clock.pass_by(BACK_SOON_S)
    await settled(removals)

    async with there.db.read() as conn:
        left = {
            table.name
            for table in metadata.sorted_tables
            if "team_id" in table.c
            and (await conn.execute(select(table).where(table.c.team_id == NORTH.id))).first()
        }
        others = (await conn.execute(select(shared_files.c.team_id))).scalars().all()
    assert left <= {table.name for table in BOOKS}
    assert others == [SOUTH.id]
    assert await held(there, job) == 0


async def test_of_a_workspace_that_its_organisation_has_taken_out_nothing_is_kept(
    there: World, removals: Removals
) -> None:
    teams, now = there.tools.teams, there.clock()
    await teams.save(installation(id=ORG, enterprise_id=ORG, team_id=None, installed_at=now))
    orders = [
        await there.order(OrderStatus.OFFERED, team_id=team, enterprise_id=ORG) for team in ("T2", "T3")
    ]
    await teams.tell_access(ORG, ["T2"], granted=False, told_at=now, now=now)
    there.clock.pass_by(BACK_SOON_S - 1)
    await settled(removals)
    assert (await there.now(orders[0])).failure_code == "app_removed"

    there.clock.pass_by(1)
    await settled(removals)

    async with there.db.read() as conn:
        left = [await order_store.find(conn, order.id) for order in orders]
    assert [order and order.team_id for order in left] == [None, "T3"]


async def test_an_organisations_key_outlives_its_week_while_a_workspaces_video_is_being_made_with_it(
    there: World, removals: Removals
) -> None:
    teams, now = there.tools.teams, there.clock()
    await teams.save(installation(id=ORG, enterprise_id=ORG, team_id=None, installed_at=now))
    await teams.save(installation(id="T2", team_id="T2", enterprise_id=ORG, installed_at=now))
    await there.connect("sk-organisation-0123", "org_e1", ORG)
    job = await job_in(there, JobStatus.PROCESSING, team_id="T2", enterprise_id=ORG, account_key="org:org_e1")
    await there.uninstall(ORG)
    there.clock.pass_by(KEPT_S)

    await settled(removals)

    assert (await there.tools.accounts.of_sent(job)).key == "org:org_e1"
    async with there.db.write() as conn:
        await conn.execute(jobs.update().values(status=JobStatus.DELIVERED, ended_at=there.clock()))
    await settled(removals)
    assert not await kept(there, ORG)


async def test_a_token_that_is_only_not_taken_keeps_everything_for_the_week(
    there: World, removals: Removals
) -> None:
    async with there.db.write() as conn:
        await conn.execute(
            installations.update().where(installations.c.id == NORTH.id).values(removed_at=there.clock())
        )
    there.tools.teams.forget()

    there.clock.pass_by(BACK_SOON_S)
    await settled(removals)
    assert await kept(there)

    there.clock.pass_by(KEPT_S)
    await settled(removals)
    assert not await kept(there)


async def test_installs_and_removals_stand_in_the_audit_log(there: World) -> None:
    await there.uninstall(NORTH.id)
    await there.uninstall(NORTH.id)
    await there.tools.teams.save(installation(installed_at=there.clock() + 1, installed_by=ADA))

    async with there.db.read() as conn:
        query = select(audit.c.action, audit.c.personal).where(audit.c.team_id == NORTH.id)
        rows = [tuple(row) for row in await conn.execute(query.order_by(audit.c.seq))]

    assert [action for action, _ in rows] == ["app.installed", "app.uninstalled", "app.installed"]
    assert ADA in rows[-1][1]
    assert rows[1][1] is None


async def test_where_nothing_was_left_to_do_the_next_look_can_wait_unless_somebody_else_leaves(
    there: World, removals: Removals
) -> None:
    await there.uninstall(NORTH.id)
    assert not await removals.turn()
    late = await there.order(OrderStatus.OFFERED)
    there.clock.pass_by(5)

    await removals.turn()
    assert (await there.now(late)).status is OrderStatus.OFFERED
    await there.uninstall(SOUTH.id)
    await removals.turn()

    assert (await there.now(late)).status is OrderStatus.FAILED


@pytest.mark.parametrize("after", range(6))
async def test_cut_anywhere_the_next_process_ends_where_one_would_have(
    there: World, removals: Removals, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """It dies at its `after`th transaction: all that it began is done once, whoever does the rest."""
    orders = [await there.order(OrderStatus.OFFERED, card_revision=1) for _ in range(2)]
    queued = [await job_in(there, JobStatus.QUEUED) for _ in range(2)]
    await there.uninstall(NORTH.id)
    whole, begun = Database.write, count()

    @asynccontextmanager
    async def cut(self: Database) -> AsyncIterator[Any]:
        async with whole(self) as conn:
            yield conn
            if next(begun) == after:
                raise _Died

    with monkeypatch.context() as patched, suppress(_Died):
        patched.setattr(Database, "write", cut)
        await settled(removals)
    await settled(removals)

    assert {(await there.now(order)).status for order in orders} == {OrderStatus.FAILED}
    assert [await money(there, job) for job in queued] == [{Money.HOLD, Money.RELEASE}] * 2
    assert [await held(there, job) for job in queued] == [0, 0]
    assert [(await there.card(order)).revision for order in orders] == [2, 2]


class _Died(BaseException):
    """A process that dies asks no except clause."""
