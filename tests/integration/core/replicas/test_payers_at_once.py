"""A key is replaced while people press, jobs are sent and three replicas look, on both engines."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot.app import new_id, services_of
from bot.steps.other_payers import ONCE_MORE_S, OtherPayers
from bot.steps.submit import Submit
from bot.steps.tools import Tools
from bot.teams.accounts import Accounts, OwnKey
from bot.teams.installations import Teams
from bot.teams.keys import Keys
from storage.cards import OrderState
from storage.database import Database, open_database
from storage.installations import Installations
from storage.jobs import Job, JobStatus
from storage.orders import Order, OrderStatus
from tests.integration.core.test_changed_account import (
    ADA_ASKS,
    CREATE,
    OTHER_KEY,
    OWN_KEY,
    booked,
    keys_at,
)
from tests.integration.core.test_other_payers import confirmed, far_behind, offered
from tests.integration.core.world import CIPHER, KEY, SYNC, World, generation
from tests.integration.fake_slack.harness import NORTH

REPLICAS = 3


@pytest.fixture
async def there(there: World) -> World:
    await there.tools.accounts.adopt()
    await there.connect(OWN_KEY, "org_own")
    there.sync.post(CREATE).respond(201, json=generation())
    return there


@pytest.fixture
async def replicas(there: World, url: str) -> AsyncIterator[list[Tools]]:
    """Processes on one database, each of which remembers the key that is to be replaced."""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(open_database(url, patience_s=60)) for _ in range(REPLICAS)]
        tools = [_replica(there, database) for database in opened]
        for each in tools:
            assert await each.accounts.key_of_team(None, NORTH.id) == "org:org_own"
        yield tools


def _replica(there: World, database: Database) -> Tools:
    teams = Teams(Installations(database, CIPHER), clock=there.clock)
    keys = Keys(database, CIPHER, new_id=new_id, clock=there.clock)
    accounts = Accounts(
        teams,
        keys,
        there.tools.accounts._http,
        base_url=SYNC,
        own=OwnKey(KEY, NORTH.id, for_all=True),
        clock=there.clock,
        elapsed=there.clock,
    )
    return replace(there.tools, database=database, teams=teams, accounts=accounts)


async def test_nothing_is_lost_doubled_or_paid_by_an_account_that_did_not_name_its_price(
    there: World, replicas: list[Tools]
) -> None:
    turn_has_come = [await far_behind(there) for _ in range(4)]
    rows: list[Job | Order] = [*turn_has_come, *[await far_behind(there) for _ in range(4)]]
    rows += [await confirmed(there) for _ in range(2)]
    shown = [await offered(there) for _ in range(3)]
    held = await there.claim(*turn_has_come)
    looks = [OtherPayers(tools) for tools in replicas]
    orders = services_of(replicas[1], wake=lambda: None, public_url=None).orders

    await Submit(replicas[0])(held[:1])
    await orders.confirm(shown[0].id, "e1", ADA_ASKS)

    await asyncio.gather(
        *(each.turn() for each in looks),
        Submit(replicas[0])(held[1:]),
        there.connect(OTHER_KEY, "org_another"),
        *(orders.confirm(each.id, "e1", ADA_ASKS) for each in shown[1:]),
    )
    for _ in range(2):
        there.clock.pass_by(ONCE_MORE_S)
        await asyncio.gather(*(each.turn() for each in looks))

    states = [await there.state(row) for row in (*rows, *shown)]
    became = Counter(map(_became, states))
    assert set(became) <= {"sent", "ended", "prepared again"}
    assert became["sent"] >= 1
    assert len(there.sent(CREATE)) == became["sent"]
    assert keys_at(there, CREATE) <= {OWN_KEY}
    old = {state.order.id for state in states}
    new = [order for order in await there.orders_of(ADA_ASKS) if order.id not in old]
    assert [order.status for order in new] == [OrderStatus.PREPARING] * became["ended"]
    for state in states:
        _, held_micro_usd = await booked(there, state.order.id)
        assert (held_micro_usd > 0) is (_became(state) == "sent")


def _became(state: OrderState) -> str:
    rows = state.jobs or (state.order,)
    if all((row.status, row.failure_code) == ("cancelled", "account_changed") for row in rows):
        return "ended"
    if {row.status for row in rows} == {OrderStatus.PREPARING}:
        return "prepared again"
    return "sent" if {row.status for row in rows} == {JobStatus.PROCESSING} else f"{rows}"
