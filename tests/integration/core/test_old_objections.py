"""I object, pressed on an old message: it holds for what is asked for, whatever became of that video."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.app import new_id, services_of
from bot.services import Services
from bot.steps.forgetting import Forgetting
from bot.steps.stopping import Stopping
from storage import deletions, order_store
from storage.consents import Ground, Objected, Shown
from storage.data_map import DAY_S, ROWS_KEPT_S, WORDS_KEPT_DAYS
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from tests.integration.conftest import ENGINES
from tests.integration.core.test_objections import (
    ADA_ASKS,
    BEN_SAYS,
    logged,
    offered,
    queued,
    shows,
    stands,
    told,
)
from tests.integration.core.world import SCRIPT, World
from tests.integration.fake_slack.harness import ADA, BEN

pytestmark = pytest.mark.parametrize("engine", ENGINES)

WORDS_S = WORDS_KEPT_DAYS * DAY_S


@pytest.fixture
def services(there: World) -> Services:
    return services_of(replace(there.tools, new_id=new_id), wake=lambda: None, public_url=None)


async def ended(there: World) -> Order:
    """An order of a video that was delivered, and shows Ben."""
    job = await there.job(JobStatus.DELIVERED, draft=SCRIPT, ended_at=there.clock(), card_due_at=None)
    order = await there.change(await there.order_of(job), status=OrderStatus.ENDED, ended_at=there.clock())
    return await shows(there, order)


async def deleted(there: World, order: Order) -> None:
    async with there.db.write() as conn:
        await deletions.delete_order(conn, order, now=there.clock(), with_videos=True)


async def without_its_words(there: World, _order: Order) -> None:
    there.clock.pass_by(WORDS_S)
    await Forgetting(there.db, clock=there.clock).turn()


async def without_its_row(there: World, order: Order) -> None:
    await without_its_words(there, order)
    there.clock.pass_by(ROWS_KEPT_S)
    await Forgetting(there.db, clock=there.clock).turn()
    async with there.db.read() as conn:
        assert await order_store.find(conn, order.id) is None


async def without_their_name(there: World, order: Order) -> None:
    await shows(there, order, Shown(Ground.NOT_REAL))


Became = Callable[[World, Order], Awaitable[None]]


async def as_it_was(_there: World, _order: Order) -> None:
    """Nothing, but that it has ended."""


@pytest.mark.parametrize(
    ("became", "is_kept"),
    [
        (as_it_was, True),
        (without_its_words, True),
        (deleted, False),
        (without_its_row, False),
        (without_their_name, False),
    ],
)
async def test_it_holds_whatever_became_of_the_video(
    there: World, services: Services, became: Became, *, is_kept: bool
) -> None:
    """Of one that has ended: what waits ends, what is offered is refused, until it is settled."""
    old = await ended(there)
    await became(there, old)
    waits, offer = await queued(there), await shows(there, await offered(there))

    assert (await services.objections.object(old.id, BEN_SAYS) is not None) is is_kept

    await Stopping(there.tools).turn()
    assert await stands(there, BEN_SAYS)
    assert (await there.now(waits)).status is JobStatus.CANCELLED
    with pytest.raises(Objected):
        await services.orders.confirm(offer.id, "e1", ADA_ASKS)
    assert (await logged(there)).count("person.objected") == 1
    await services.objections.withdraw(BEN_SAYS)
    await services.orders.confirm(offer.id, "e1", ADA_ASKS)


async def test_a_later_order_of_the_same_video_is_stopped_by_the_older_message(
    there: World, services: Services
) -> None:
    old, later = await ended(there), await queued(there)

    await services.objections.object(old.id, BEN_SAYS)
    await Stopping(there.tools).turn()

    assert (await there.now(later)).status is JobStatus.CANCELLED


async def test_whoever_asked_hears_of_it_without_the_words_that_went(
    there: World, services: Services
) -> None:
    old = await ended(there)
    await without_its_words(there, old)

    await services.objections.object(old.id, BEN_SAYS)

    (message,) = await told(there, ADA)
    assert message.startswith(f"<@{BEN}> objects to being shown in a video of yours")
    assert "Nothing of it was left to cancel." in message


async def test_pressed_again_after_it_was_settled_it_stands_anew(there: World, services: Services) -> None:
    old = await ended(there)
    for _ in range(2):
        await services.objections.object(old.id, BEN_SAYS)
        await services.objections.object(old.id, BEN_SAYS)
        assert await stands(there, BEN_SAYS)
        await services.objections.withdraw(BEN_SAYS)
        await services.objections.withdraw(BEN_SAYS)

    assert await logged(there) == ["person.objected", "person.objection_withdrawn"] * 2
    assert len(await told(there, ADA)) == 1
