"""What somebody objects to beside the order of their press ends by the worker, wherever that is cut."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.app import new_id, services_of
from bot.services import Services
from bot.steps.stopping import _AT_ONCE, Stopping
from bot.steps.submit import Submit
from storage import objections, order_store
from storage.consents import Objected
from storage.jobs import JobStatus
from storage.objections import Objection
from storage.schema import jobs
from tests.integration.conftest import ENGINES
from tests.integration.core.test_objections import (
    ADA_ASKS,
    BEN_SAYS,
    CREATE,
    LIST,
    held,
    logged,
    offered,
    queued,
    shows,
    told,
)
from tests.integration.core.world import World, generation
from tests.integration.fake_slack.harness import ADA

pytestmark = pytest.mark.parametrize("engine", ENGINES)

_MANY = 200


class _Cut(BaseException):
    pass


@pytest.fixture
def services(there: World) -> Services:
    there.sync.get(LIST).respond(json=[])
    there.sync.post(CREATE).respond(201, json=generation())
    return services_of(replace(there.tools, new_id=new_id), wake=lambda: None, public_url=None)


async def stopped(there: World) -> int:
    async with there.db.read() as conn:
        ended = select(func.count()).where(jobs.c.status == JobStatus.CANCELLED)
        return int((await conn.execute(ended)).scalar_one())


async def rest(there: World) -> None:
    while await Stopping(there.tools).turn():
        pass


async def test_a_press_stops_its_own_order_and_the_rest_goes_by_the_worker_wherever_it_is_cut(
    there: World, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred others: none of them is sent meanwhile, and each of their askers hears of it once."""
    pressed = await queued(there)
    others = [await queued(there) for _ in range(_MANY)]

    await services.objections.object(pressed.order_id, BEN_SAYS)

    assert await stopped(there) == 1
    job = await there.run(Submit(there.tools), others[-1])
    assert (job.status, there.sent(CREATE)) == (JobStatus.CANCELLED, [])
    with pytest.raises(Objected):
        await services.orders.confirm((await shows(there, await offered(there))).id, "e1", ADA_ASKS)

    find, seen = order_store.find, iter(range(2 * _MANY))

    async def cut(conn: AsyncConnection, order_id: str, *, lock: bool = False) -> object:
        if next(seen) == _MANY // 2:
            raise _Cut
        return await find(conn, order_id, lock=lock)

    with monkeypatch.context() as broken:
        broken.setattr(order_store, "find", cut)
        with pytest.raises(_Cut):
            await rest(there)
    assert 1 < await stopped(there) < _MANY
    await rest(there)

    assert await stopped(there) == _MANY + 1
    assert [await held(there, each.order_id) for each in (pressed, others[0], others[-1])] == [0, 0, 0]
    assert len(await told(there, ADA)) == _MANY + 1
    assert (await logged(there)).count("order.cancelled") == _MANY + 1


async def test_what_stays_open_is_looked_at_once_and_the_rest_comes_after_it(
    there: World, services: Services
) -> None:
    """Offers stay as they are, so that only how far it has come leads past them."""
    pressed = await queued(there)
    for _ in range(2 * _AT_ONCE):
        await shows(there, await offered(there))
    last = await queued(there)
    await services.objections.object(pressed.order_id, BEN_SAYS)

    turns = [await Stopping(there.tools).turn() for _ in range(4)]

    assert turns == [True, True, True, False]
    assert (await there.now(last)).status is JobStatus.CANCELLED


async def test_what_is_withdrawn_meanwhile_is_stopped_no_further(there: World, services: Services) -> None:
    pressed, other = await queued(there), await queued(there)
    await services.objections.object(pressed.order_id, BEN_SAYS)
    await services.objections.withdraw(BEN_SAYS)

    await rest(there)

    assert (await there.now(other)).status is JobStatus.QUEUED


async def test_what_is_withdrawn_while_it_is_under_way_stops_nothing_more(
    there: World, services: Services
) -> None:
    pressed, other = await queued(there), await queued(there)
    await services.objections.object(pressed.order_id, BEN_SAYS)
    async with there.db.read() as conn:
        seen = await objections.due(conn, now=there.clock())
    assert seen is not None
    await services.objections.withdraw(BEN_SAYS)

    await Stopping(there.tools)._go_on(seen)

    assert (await there.now(other)).status is JobStatus.QUEUED


async def test_made_once_more_it_looks_at_what_has_come_since(there: World, services: Services) -> None:
    """Though that was while it was still at it."""
    pressed = await queued(there)
    await services.objections.object(pressed.order_id, BEN_SAYS)
    async with there.db.read() as conn:
        seen = await objections.due(conn, now=there.clock())
    assert seen is not None
    there.clock.pass_by(1)
    await services.objections.object(pressed.order_id, BEN_SAYS)

    async with there.db.write() as conn:
        await objections.go_on(conn, seen, reached="the last", due_at=None)

    async with there.db.read() as conn:
        assert await objections.due(conn, now=there.clock()) == Objection(
            None, BEN_SAYS.team_id, BEN_SAYS.user_id, there.clock(), ""
        )


async def test_what_breaks_for_one_is_tried_again_and_holds_up_nobody(
    there: World, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed, other = await queued(there), await queued(there)
    await services.objections.object(pressed.order_id, BEN_SAYS)

    async def broken(*_: object, **__: object) -> object:
        raise ValueError

    with monkeypatch.context() as for_a_while:
        for_a_while.setattr(order_store, "find", broken)
        await rest(there)
    there.clock.pass_by(61)
    await rest(there)

    assert (await there.now(other)).status is JobStatus.CANCELLED


async def test_a_withdrawal_has_every_card_drawn_anew_by_few_statements(
    there: World, services: Services
) -> None:
    offers = [await shows(there, await offered(there)) for _ in range(3)]
    await services.objections.object(offers[0].id, BEN_SAYS)
    await rest(there)
    before = [(await there.card(each)).revision for each in offers]

    await services.objections.withdraw(BEN_SAYS)

    assert [(await there.card(each)).revision for each in offers] == [each + 1 for each in before]
