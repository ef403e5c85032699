"""Whoever deletes dies before and after every commit and every call, and what they began ends once."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import aiohttp
import httpx
import pytest
from sqlalchemy import select

from bot.app import services_of
from bot.media import MediaRelay
from bot.steps.departures import Departures
from bot.steps.forgetting import Forgetting
from bot.steps.leftovers import Leftovers
from storage import audit_check, bills
from storage.audit import Action
from storage.bills import Total
from storage.data_map import DAY_S
from storage.database import Database
from storage.jobs import JobStatus, job_id
from storage.leases import LEASE_S
from storage.orders import OrderStatus
from storage.schema import departures, ledger, leftovers, orders
from tests.crash.doomed import Point, visit_calls, visit_commits
from tests.integration.conftest import ENGINES
from tests.integration.core.test_deleting import named_by
from tests.integration.core.test_departures import ADA_ASKS, delivered, made, sums
from tests.integration.core.world import SCRIPT, World, error, generation, installation
from tests.integration.fake_slack.harness import NORTH, VIDEOS

pytestmark = pytest.mark.parametrize("engine", ENGINES)

SITES = {
    "commit Deleting.delete_order",
    "commit Deleting._leave < Deleting.delete_person",
    "commit Departures._each < Departures._go_on",
    "commit Departures._go_on < Departures._guarded",
    "commit Departures._wait < Departures._go_on",
    "commit Departures._leave_books < Departures._go_on",
    "commit Departures._leave_log < Departures._leave_books",
    "commit Forgetting.turn",
    "commit Leftovers._claim < Leftovers.turn",
    "commit Leftovers._delete",
    "call DELETE /v2/assets/*",
    "call DELETE /v2/generations/*",
    "call POST /api/files.delete",
}
"""What the end of somebody's data is made of."""


class Death(BaseException):
    """As kill -9: nothing of the app's catches it."""


class EachOnce:
    """Dies at each point of each site at which nothing has died before."""

    def __init__(self) -> None:
        self.deaths: set[str] = set()
        self._lives = False

    def __call__(self, point: Point, site: str) -> None:
        death = f"{point} {site}"
        if self._lives and death not in self.deaths:
            self.deaths.add(death)
            raise Death(death)

    async def through(self, there: World, work: Callable[[], Awaitable[object]]) -> None:
        """As often as it dies, again; what the dead held is free after a while."""
        self._lives = True
        while self._lives:
            try:
                while await work() is True:
                    pass
                self._lives = False
            except* Death:
                there.clock.pass_by(LEASE_S + 1)


class AtSync:
    """What sync.so has, each of which it deletes once, and when it did."""

    def __init__(self, there: World) -> None:
        self._there = there
        self.deleted: dict[str, float] = {}
        there.sync.delete(path__startswith="/v2/").mock(side_effect=self._delete)

    def _delete(self, request: httpx.Request) -> httpx.Response:
        kind, name = request.url.path.split("/")[2:]
        if name in self.deleted:
            code = "asset_not_found" if kind == "assets" else "generation_not_found"
            return error(404, code)
        self.deleted[name] = self._there.clock()
        return httpx.Response(200, json=generation(name, "COMPLETED"))


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> EachOnce:
    for kind, name in (
        (Database, "write"),
        (httpx.AsyncClient, "send"),
        (aiohttp.ClientSession, "_request"),
        (MediaRelay, "_get"),
        (MediaRelay, "send"),
    ):
        monkeypatch.setattr(kind, name, getattr(kind, name))  # it is put back after the test
    each = EachOnce()
    visit_commits(each)
    visit_calls(each)
    return each


async def worked(there: World) -> bool:
    """What a process does that has just started; whether there is more."""
    looks = (Departures(there.tools), Forgetting(there.db, clock=there.clock), Leftovers(there.tools))
    return any([await each.turn() for each in looks])


async def in_slack(there: World) -> str:
    """A video that the app has brought there."""
    slack = there.tools.slack.team(installation())
    file_id = await slack.upload(b"video", filename="video.mp4")
    await slack.complete_upload(file_id, title="video", channel=VIDEOS, thread_ts=None, comment="Here it is.")
    return file_id


async def goes_by(there: World, dying: EachOnce, *days: int) -> None:
    """Let so many days go by each time, with all that is due then."""
    for each in days:
        await dying.through(there, lambda: worked(there))
        there.clock.pass_by(each * DAY_S)


async def test_a_death_at_each_step_leaves_nothing_behind_and_ends_nothing_twice(
    there: World, dying: EachOnce
) -> None:
    sync = AtSync(there)
    deleting = services_of(there.tools, wake=lambda: None, public_url=None).deleting
    single, billed = await made(there, generation_id="gen-1"), await made(there, generation_id="gen-2")
    await named_by(there, single)
    file_id = await in_slack(there)
    await there.change(await there.now_job(job_id(single.id, 0)), slack_file_id=file_id)
    await there.order(OrderStatus.OFFERED, card_due_at=None)
    queued = await there.queued(estimate_usd=Decimal(2), card_due_at=None)
    sent = await there.job(
        JobStatus.PROCESSING,
        draft=SCRIPT,
        generation_id="gen-3",
        estimate_usd=Decimal(3),
        card_due_at=None,
    )
    of_billed = await there.now_job(job_id(billed.id, 0))
    async with there.db.write() as conn:
        await bills.open_many(conn, [bills.bill_of(of_billed, there.clock())])

    await dying.through(there, lambda: deleting.delete_order(ADA_ASKS, single.id))
    await dying.through(there, lambda: deleting.delete_person(ADA_ASKS))
    await goes_by(there, dying, 1, 1)
    assert set(sync.deleted) == {"gen-1", "asset-1"}

    told_at = there.clock()
    async with there.db.write() as conn:
        await bills.complete(conn, {of_billed.id: Total(usd=Decimal("1.5"), frames=100)}, now=told_at)
    await delivered(there, sent)
    await there.change(await there.order_of(queued), status=OrderStatus.ENDED, ended_at=told_at)
    await goes_by(there, dying, *[12] * 6)

    assert {f"{when} {site}" for when in ("before", "after") for site in SITES} <= set(dying.deaths)
    assert set(sync.deleted) == {"gen-1", "gen-2", "gen-3", "asset-1"}
    assert sync.deleted["gen-2"] > told_at
    assert [call.args["file"] for call in there.calls("files.delete") if call.ok] == [file_id]
    booked, budgeted = await sums(there)
    assert booked == budgeted
    async with there.db.read() as conn:
        for table in (departures, leftovers):
            assert (await conn.execute(select(table))).all() == []
        assert set((await conn.execute(select(orders.c.draft))).scalars()) <= {"{}"}
        columns = (ledger.c.user_id, ledger.c.held_delta, ledger.c.spent_delta)
        entries = (await conn.execute(select(*columns))).all()
        log = [row.action async for row in audit_check.read(conn, NORTH.id)]
    assert len({user_id for user_id, _, _ in entries}) == 1
    assert (sum(row.held_delta for row in entries), sum(row.spent_delta for row in entries)) == (0, 5_750_000)
    assert (log.count(Action.DELETED), log.count(Action.FORGOTTEN)) == (1, 1)
