"""Several teams' rows come in one claim: the trouble of one team holds up and repeats nobody else's."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import Table, select, update

from bot.asking.asks import Asker
from bot.lanes import card_lane
from bot.slack import SlackUnreachable
from bot.steps.bill import Bills
from bot.steps.differ import Differ
from bot.steps.digest import Digests
from bot.steps.leftovers import Leftovers
from bot.steps.other_payers import OtherPayers
from bot.steps.settle import Settle
from bot.steps.tokens import Tokens
from bot.steps.warn import Warn
from bot.teams.installations import Teams
from bot.use_cases.homes import Homes
from storage import bills, card_store, differences, ledger, leftovers, limits
from storage.encryption import Cipher, Where, new_key
from storage.installations import TRIED_EVERY_S, Installation, Installations
from storage.jobs import Job, JobStatus
from storage.leases import LEASE_S
from storage.orders import OrderStatus, Part
from storage.people import Membership, Profile
from storage.people_store import keep
from storage.schema import answers, cards, installations, sync_keys
from storage.schema import bills as bills_table
from storage.schema import leftovers as leftovers_table
from tests.integration.core.test_differ import difference
from tests.integration.core.test_digest import told_in
from tests.integration.core.world import CIPHER, World, generation
from tests.integration.fake_slack.harness import ADA, NORTH, SOUTH, VIDEOS

SOUTHS_USER = SOUTH.users[0].id


async def made_unreadable(there: World, table: Table, column: str, row_id: str) -> None:
    """A secret of one row, as it is where its encryption key is not given any more."""
    gone = Cipher([new_key()]).seal("secret", Where(table.name, column, row_id))
    async with there.db.write() as conn:
        await conn.execute(update(table).where(table.c.id == row_id).values({column: gone}))
    there.tools.teams.forget()
    there.keys.forget()


async def souths_key_unreadable(there: World) -> None:
    async with there.db.read() as conn:
        query = select(sync_keys.c.id).where(sync_keys.c.owner_id == SOUTH.id)
        key_id: str = (await conn.execute(query)).scalar_one()
    await made_unreadable(there, sync_keys, "api_key", key_id)


async def processing(there: World, number: int, team_id: str) -> Job:
    usual = {"generation_id": f"gen-{number}", "submitted_at": there.clock(), "team_id": team_id}
    return await there.job(JobStatus.PROCESSING, **usual)  # type: ignore[arg-type]


# --- a key that cannot be read --------------------------------------------------------------------------


async def test_what_others_made_is_settled(there: World) -> None:
    south, north = await processing(there, 1, SOUTH.id), await processing(there, 2, NORTH.id)
    there.sync.get("/v2/generations").respond(json=[generation("gen-2", "COMPLETED")])
    await souths_key_unreadable(there)

    await there.run(Settle(there.tools), south, north)

    south, north = await there.now(south), await there.now(north)
    assert north.status is JobStatus.DELIVERING
    assert (south.status, south.lease_token) == (JobStatus.PROCESSING, None)
    assert 0 < there.wait_s(south) < LEASE_S


async def test_what_others_cost_is_learnt_and_the_bill_is_asked_for_later(there: World) -> None:
    jobs = [await processing(there, 1, SOUTH.id), await processing(there, 2, NORTH.id)]
    async with there.db.write() as conn:
        await bills.open_many(conn, [bills.bill_of(job, there.clock()) for job in jobs])
        await conn.execute(update(bills_table).values(due_at=there.clock()))
    record = {"generationId": "gen-2", "generationStatus": "COMPLETED", "currency": "USD"}
    record |= {"availability": "complete", "totalCostUsd": "0.43"}
    there.sync.get("/v2/generate/gen-2/costs").respond(json=record)
    await souths_key_unreadable(there)

    await Bills(there.tools).turn()

    async with there.db.read() as conn:
        south, north = [await bills.find(conn, job.id) for job in jobs]
    assert north is not None
    assert (north.availability, north.due_at) == ("complete", None)
    assert south is not None
    assert south.lease_token is None
    assert south.attempts == 1


async def test_what_others_left_is_deleted_and_the_rest_when_the_key_is_there_again(there: World) -> None:
    there.sync.delete(path__startswith="/v2/assets/").respond(json={})
    left = [
        leftovers.NewLeftover("asset-1", None, SOUTH.id, "org:org_south"),
        leftovers.NewLeftover("asset-2", None, NORTH.id, "org:org_app"),
    ]
    async with there.db.write() as conn:
        await leftovers.leave(conn, left, now=there.clock())
        await conn.execute(update(leftovers_table).values(due_at=there.clock()))
    await souths_key_unreadable(there)

    await Leftovers(there.tools).turn()
    assert [len(there.sent(f"/v2/assets/asset-{number}")) for number in (1, 2)] == [0, 1]

    await there.connect("sk-south-again-0123456789", "org_south", SOUTH.id)
    there.clock.pass_by(60)
    await Leftovers(there.tools).turn()
    assert len(there.sent("/v2/assets/asset-1")) == 1


# --- a token that cannot be read -------------------------------------------------------------------------


async def souths_token_unreadable(there: World) -> None:
    await made_unreadable(there, installations, "bot_token", SOUTH.id)
    there.tools.roles.rulebook._books.forget()


async def told(there: World) -> list[str]:
    """The teams whose admins are told something."""
    async with there.db.read() as conn:
        return list((await conn.execute(select(answers.c.team_id))).scalars())


@pytest.fixture
async def admins(there: World) -> None:
    async with there.db.write() as conn:
        for team_id in (SOUTH.id, NORTH.id):
            await keep(conn, Profile(team_id, ADA, Membership.ADMIN, there.clock()))


@pytest.mark.usefixtures("admins")
async def test_others_are_warned_of_their_budgets_however_many_that_one_has(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.steps.warn._AT_ONCE", 1)
    limit = {"team": Decimal(1)}
    for team_id in (SOUTH.id, NORTH.id):
        order = await there.order(OrderStatus.OFFERED, team_id=team_id)
        order = replace(order, parts=(Part(usd=Decimal("0.90"), length_s=None),))
        async with there.db.write() as conn:
            await limits.set_many(conn, team_id, limit, by=ADA, now=there.clock())
            await ledger.hold(conn, order, {0: "sync-3"}, owner_id=team_id, now=there.clock())
        there.clock.pass_by(1)
    await souths_token_unreadable(there)

    while await Warn(there.tools).turn():
        pass

    assert await told(there) == [NORTH.id]


async def test_others_have_their_weekly_figures_told(there: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.steps.digest._AT_ONCE", 1)
    for owner in (SOUTH.id, NORTH.id):
        await told_in(there, VIDEOS, Asker(None, owner, ADA))
        there.clock.pass_by(1)
    await Digests(there.tools).turn()
    there.clock.pass_by(7 * 24 * 3_600)
    await souths_token_unreadable(there)

    while await Digests(there.tools).turn():
        pass

    assert len(there.messages(VIDEOS)) == 1


@pytest.mark.usefixtures("admins")
async def test_others_are_told_of_their_differences(there: World) -> None:
    async with there.db.write() as conn:
        found = [difference(f"gen-{owner}", owner) for owner in (SOUTH.id, NORTH.id)]
        await differences.note(conn, found)
    await souths_token_unreadable(there)

    await Differ(there.tools).turn()

    assert await told(there) == [NORTH.id]


async def test_what_others_have_not_sent_leaves_an_account_that_pays_no_more(there: World) -> None:
    await there.tools.accounts.adopt()
    jobs = [await there.job(JobStatus.QUEUED, team_id=team) for team in (SOUTH.id, NORTH.id)]
    await souths_token_unreadable(there)
    await there.connect("sk-norths-own-0123456789", "org_north")

    await OtherPayers(there.tools).turn()

    assert [(await there.now(job)).status for job in jobs] == [JobStatus.QUEUED, JobStatus.CANCELLED]


# --- a token that is not to be had ----------------------------------------------------------------------


async def expires(there: World, renew: Callable[[Installation], Awaitable[Installation]]) -> None:
    """South's token has expired; what is done about it now."""
    store = Installations(there.db, CIPHER)
    south = await there.tools.teams.need(None, SOUTH.id)
    await store.save(replace(south, refresh_token="r-1", expires_at=there.clock() - 1))
    there.tools = replace(there.tools, teams=Teams(store, clock=there.clock, renew=renew))


async def fails(_known: Installation) -> Installation:
    raise SlackUnreachable("another process is renewing the token")


async def asked_in_both(there: World) -> None:
    """A card of each, South's the older one, and a Home of each."""
    for team_id, user_id in ((SOUTH.id, SOUTHS_USER), (NORTH.id, ADA)):
        order = await there.order(
            OrderStatus.PREPARING, team_id=team_id, user_id=user_id, card_revision=1, created_at=there.clock()
        )
        await there.change(order, card_due_at=there.clock())
        homes = Homes(there.db, there.tools.teams, clock=there.clock, wake=lambda: None)
        await homes.open(Asker(None, team_id, user_id), None)
        there.clock.pass_by(1)


async def shown(there: World) -> None:
    """As the worker has it done: all in one claim."""
    async with there.db.write() as conn:
        held = await card_store.claim_cards(conn, now=there.clock(), lease_s=LEASE_S, token="t", limit=100)
    assert len(held) == 4
    await card_lane(there.tools, ask_again_from_usd=Decimal(5)).step(held)


def norths_are_shown(there: World) -> bool:
    posted = [message for message in there.messages(VIDEOS) if message.blocks]
    return len(posted) == 1 and len(there.calls("views.publish")) == 1


async def still_held(there: World) -> list[str]:
    async with there.db.read() as conn:
        rows = await conn.execute(select(cards.c.id).where(cards.c.lease_token == "t"))
        return list(rows.scalars())


@pytest.fixture
async def asked(there: World) -> None:
    await asked_in_both(there)


@pytest.mark.usefixtures("asked")
async def test_the_cards_of_others_are_shown_where_one_token_cannot_be_renewed(there: World) -> None:
    await expires(there, fails)

    await shown(there)

    assert norths_are_shown(there)
    assert await still_held(there) == []


@pytest.mark.usefixtures("asked")
async def test_the_cards_of_others_do_not_wait_for_one_token(there: World) -> None:
    let_go = asyncio.Event()

    async def waits(known: Installation) -> Installation:
        await let_go.wait()
        return await fails(known)

    await expires(there, waits)
    showing = asyncio.create_task(shown(there))
    try:
        async with asyncio.timeout(60):
            while not there.messages(VIDEOS):  # noqa: ASYNC110 - of another's making
                await asyncio.sleep(0.01)
        assert not showing.done()
    finally:
        let_go.set()
        await showing
    assert norths_are_shown(there)


@pytest.mark.usefixtures("asked")
async def test_the_cards_of_others_are_shown_where_one_token_cannot_be_read(there: World) -> None:
    await made_unreadable(there, installations, "bot_token", SOUTH.id)

    await shown(there)

    assert norths_are_shown(there)
    assert await still_held(there) == []


async def test_the_tokens_of_others_are_tried_where_one_cannot_be_read(there: World) -> None:
    await made_unreadable(there, installations, "bot_token", SOUTH.id)
    there.clock.pass_by(TRIED_EVERY_S)

    await Tokens(there.tools, None).turn()

    async with there.db.read() as conn:
        rows = (await conn.execute(select(installations.c.lease_token, installations.c.due_at))).all()
    assert [row.lease_token for row in rows] == [None, None]
    assert all(row.due_at > there.clock() for row in rows)
    assert len(there.calls("auth.test")) == 1
