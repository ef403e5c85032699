"""Another account pays, or none: what was not sent leaves the old one at once, whoever's turn it is."""

from decimal import Decimal
from typing import Any

import pytest

from bot.app import services_of
from bot.asking.asks import account_of_offer
from bot.asking.drafts import Prepared, PreparedInput
from bot.steps.bill import Bills
from bot.steps.other_payers import OtherPayers
from bot.steps.settle import Settle
from bot.steps.submit import Submit
from bot.use_cases.confirmation import Confirmation
from storage import ledger, unsent
from storage.jobs import ENDED, Job, JobStatus
from storage.orders import OVER, Order, OrderStatus
from storage.sync_keys import APP
from tests.integration.core.bringing import Preparing
from tests.integration.core.test_bill import RECORD, costs
from tests.integration.core.test_changed_account import (
    ADA_ASKS,
    COST,
    CREATE,
    LIST,
    OTHER_KEY,
    OWN_KEY,
    RELEASED,
    anew,
    booked,
    keys_at,
    no_account,
    offer,
    other_account,
    queued,
    words_of,
)
from tests.integration.core.world import World, generation
from tests.integration.fake_slack.harness import NORTH, SOUTH

COMING = Prepared(account_key="org:org_own", video=PreparedInput(is_coming=True)).model_dump_json()
OLD_USD, NEW_USD = Decimal("0.42"), Decimal("0.84")


@pytest.fixture
async def there(there: World) -> World:
    """Ada's team has a key of its own, though that of the settings would serve it too."""
    await there.tools.accounts.adopt()
    await there.connect(OWN_KEY, "org_own")
    there.sync.post(CREATE).respond(201, json=generation())
    there.sync.post(COST).respond(json=[{"estimatedFrameCount": 12, "estimatedGenerationCost": 0.84}])
    there.sync.post("/v2/assets").respond(json={"id": "a-1", "url": "https://x.test", "durationSeconds": 5.0})
    return there


@pytest.fixture
async def looks(there: World) -> OtherPayers:
    """A process that has looked before anything changed."""
    looks = OtherPayers(there.tools)
    await looks.turn()
    return looks


async def far_behind(there: World, **columns: Any) -> Job:
    """A job whose turn in the line is hours away."""
    return await queued(there, due_at=there.clock() + 7_200, **columns)


async def offered(there: World, **columns: Any) -> Order:
    return await offer(there, due_at=there.clock() + 3_600, **columns)


async def confirmed(there: World) -> Order:
    """Said yes to while its files were on their way."""
    columns = {"prepared": COMING, "confirmed_at": there.clock(), "due_at": there.clock() + 60}
    order = await offer(there, OrderStatus.CONFIRMED, **columns)
    async with there.db.write() as conn:
        await ledger.hold(conn, order, {0: "sync-3"}, owner_id=NORTH.id, now=there.clock())
    return order


# --- each status ----------------------------------------------------------------------------------------


async def in_each_status(there: World) -> dict[OrderStatus | JobStatus, Order | Job]:
    """Orders and jobs that came there in whatever way."""
    rows: dict[OrderStatus | JobStatus, Order | Job] = {}
    for status in OrderStatus:
        if status is not OrderStatus.CONFIRMED:
            ended_at = there.clock() if status in OVER else None
            due_at = None if status in OVER else there.clock() + 3_600
            rows[status] = await offer(there, status, ended_at=ended_at, due_at=due_at)
    rows[OrderStatus.CONFIRMED] = await confirmed(there)
    for of_job in JobStatus:
        ended_at = there.clock() if of_job in ENDED else None
        due_at = None if of_job in ENDED else there.clock() + 7_200
        rows[of_job] = await queued(there, status=of_job, ended_at=ended_at, due_at=due_at)
    return rows


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        (
            other_account,
            {
                OrderStatus.OFFERED: OrderStatus.PREPARING,
                OrderStatus.AWAITING_APPROVAL: OrderStatus.CANCELLED,
                OrderStatus.CONFIRMED: OrderStatus.CANCELLED,
                JobStatus.QUEUED: JobStatus.CANCELLED,
            },
        ),
        (
            no_account,
            {OrderStatus.CONFIRMED: OrderStatus.FAILED, JobStatus.QUEUED: JobStatus.FAILED},
        ),
    ],
)
async def test_only_what_was_not_sent_and_has_a_price_or_a_yes_is_touched(
    there: World, looks: OtherPayers, change: Any, moved: dict[Any, Any]
) -> None:
    before = await in_each_status(there)
    await change(there)

    await looks.turn()

    after: dict[Any, Any] = {status: await there.now(row) for status, row in before.items()}
    assert {status: row.status for status, row in after.items() if row.status != status} == moved
    assert [status for status, row in before.items() if status not in moved and after[status] != row] == []


# --- another account pays -------------------------------------------------------------------------------


async def test_what_waits_in_line_ends_before_its_turn_and_is_asked_anew(
    there: World, looks: OtherPayers
) -> None:
    waits = await far_behind(there, thread_ts="0.9")
    sister = await there.sister(waits, JobStatus.QUEUED)
    await other_account(there)

    await looks.turn()

    for job in (await there.now(waits), await there.now(sister)):
        assert (job.status, job.failure_code, job.due_at) == (JobStatus.CANCELLED, "account_changed", None)
        assert await booked(there, job.order_id, job.position) == RELEASED
    new = await anew(there, waits)
    assert (new.status, new.due_at, new.thread_ts) == (OrderStatus.PREPARING, there.clock(), "0.9")
    assert "not made, since another sync.so account pays" in await words_of(there, waits)


async def test_who_holds_it_just_then_sends_nothing(there: World, looks: OtherPayers) -> None:
    held = await there.claim(await queued(there))
    await other_account(there)

    await looks.turn()
    await Submit(there.tools)(held)

    assert (await there.now(held[0])).status is JobStatus.CANCELLED
    assert there.sent(CREATE) == []
    await anew(there, held[0])


async def test_what_was_sent_is_settled_and_billed_with_the_key_it_was_sent_under(
    there: World, looks: OtherPayers
) -> None:
    sent = await queued(there, status=JobStatus.PROCESSING, generation_id="gen-1", submitted_at=there.clock())
    done = generation("gen-1", "COMPLETED", outputUrl="https://x.test/1.mp4", outputFileName=sent.id)
    there.sync.get(LIST).respond(json=[done])
    there.sync.get("/v2/generations/gen-1").respond(json=done)
    there.sync.get(RECORD).mock(return_value=costs(total="0.43"))
    await other_account(there)

    await looks.turn()
    sent = await there.run(Settle(there.tools), sent)
    await Bills(there.tools).turn()

    assert (sent.status, (await there.now(sent)).cost_usd) == (JobStatus.DELIVERING, Decimal("0.43"))
    assert keys_at(there, LIST) == keys_at(there, RECORD) == {OWN_KEY}


async def test_a_yes_whose_files_are_on_their_way_is_not_spent(there: World, looks: OtherPayers) -> None:
    order = await confirmed(there)
    await other_account(there)

    await looks.turn()

    old = await there.now(order)
    assert (old.status, old.failure_code) == (OrderStatus.CANCELLED, "account_changed")
    assert await booked(there, old.id) == RELEASED
    assert (await anew(there, old)).status is OrderStatus.PREPARING


@pytest.mark.parametrize("prepared", [None, COMING], ids=["files there", "files coming"])
async def test_an_offer_shows_the_new_price_before_anybody_presses(
    there: World, looks: OtherPayers, prepared: str | None
) -> None:
    waits = await offered(there, **({} if prepared is None else {"prepared": prepared}))
    revision = (await there.card(waits)).revision
    await other_account(there)

    await looks.turn()

    order = await there.now(waits)
    assert (order.status, order.due_at, order.offer_id) == (OrderStatus.PREPARING, there.clock(), None)
    assert (await there.card(order)).revision > revision
    order = await there.run(Preparing(there), order)
    assert (order.status, order.offer_usd, account_of_offer(order)) == (
        OrderStatus.OFFERED,
        NEW_USD,
        "org:org_another",
    )
    assert keys_at(there, COST) == {OTHER_KEY}
    orders = services_of(there.tools, wake=lambda: None, public_url=None).orders
    assert await orders.confirm(waits.id, "e1", ADA_ASKS) is Confirmation.OUTDATED
    assert await orders.confirm(waits.id, order.offer_id or "", ADA_ASKS) is Confirmation.ACCEPTED


async def test_the_key_of_the_settings_that_pays_in_the_place_of_a_removed_one_is_another(
    there: World, looks: OtherPayers
) -> None:
    waits = await far_behind(there)
    await there.keys.take_away(NORTH.id, by=None, now=there.clock())

    await looks.turn()

    assert (await there.now(waits)).failure_code == "account_changed"
    order = await there.run(Preparing(there), await anew(there, waits))
    assert account_of_offer(order) == "org:org_app"


# --- nobody pays ----------------------------------------------------------------------------------------


async def test_where_the_key_was_removed_it_ends_with_whom_to_ask_and_an_offer_stays(
    there: World, looks: OtherPayers
) -> None:
    waits, order, shown = await far_behind(there), await confirmed(there), await offered(there)
    await no_account(there)

    await looks.turn()

    job, order = await there.now(waits), await there.now(order)
    assert (job.status, job.failure_code) == (JobStatus.FAILED, "not_connected")
    assert (order.status, order.failure_code) == (OrderStatus.FAILED, "not_connected")
    assert [await booked(there, order_id) for order_id in (job.order_id, order.id)] == [RELEASED] * 2
    assert len(await there.orders_of(ADA_ASKS)) == 3
    assert "press Connect sync.so in my Home, then press Try again." in await words_of(there, job)
    assert await there.now(shown) == shown


async def test_a_key_of_the_settings_that_is_not_stored_yet_may_pay_soon(there: World) -> None:
    waits = await far_behind(there)
    await there.keys.take_away(NORTH.id, by=None, now=there.clock())
    await there.keys.take_away(APP, by=None, now=there.clock())
    there.tools.accounts._is_adopted = False

    await OtherPayers(there.tools).turn()

    assert (await there.now(waits)) == waits


async def test_where_the_app_was_removed_it_is_left_to_who_ends_that(
    there: World, looks: OtherPayers
) -> None:
    waits = await far_behind(there)
    await other_account(there)
    await there.uninstall(NORTH.id)

    await looks.turn()

    assert (await there.now(waits)) == waits


# --- the same account pays ------------------------------------------------------------------------------


async def test_another_key_of_the_same_organisation_and_another_teams_change_leave_all_as_it_is(
    there: World, looks: OtherPayers
) -> None:
    rows: list[Any] = [await far_behind(there), await confirmed(there), await offered(there)]
    await there.connect(OTHER_KEY, "org_own")
    await there.connect("sk-souths-other-0123456789", "org_elsewhere", SOUTH.id)

    await looks.turn()

    assert [await there.now(row) for row in rows] == rows


async def test_a_key_that_is_put_back_in_that_very_moment_pays(
    there: World, looks: OtherPayers, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[Any] = [await far_behind(there), await offered(there)]
    await other_account(there)
    read = unsent.priced

    async def then_put_back(conn: Any) -> list[str]:
        found = await read(conn)
        await there.connect(OWN_KEY, "org_own")
        return found

    with monkeypatch.context() as between:
        between.setattr("bot.steps.other_payers.unsent.priced", then_put_back)
        await looks.turn()

    assert [await there.now(row) for row in rows] == rows
    await looks.turn()
    assert [await there.now(row) for row in rows] == rows
