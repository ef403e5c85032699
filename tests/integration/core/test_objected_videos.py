"""A video to which somebody has objected is not made, though whoever asks for it names them no more."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import delete, select

from bot.app import new_id, services_of
from bot.asking.asks import Asker
from bot.asking.drafts import Link
from bot.asking.wanted import source_of
from bot.messages.objection import OBJECTED
from bot.services import Services
from bot.steps.removals import BACK_SOON_S, Removals
from bot.steps.stopping import Stopping
from bot.steps.submit import Submit
from bot.teams.rules import Rules
from bot.use_cases.confirmation import Confirmation
from storage import consent_store, deletions, gate_store, objections
from storage.consents import Consent, Ground, Objected, Shown
from storage.jobs import JobStatus
from storage.orders import Order, OrderStatus
from storage.schema import objected_videos
from tests.integration.conftest import ENGINES
from tests.integration.core.bringing import Preparing
from tests.integration.core.test_approvals import ruled
from tests.integration.core.test_objections import (
    ADA_ASKS,
    BEN_SAYS,
    CREATE,
    LIST,
    forgotten,
    held,
    logged,
    offered,
    shows,
    told,
)
from tests.integration.core.test_removals import settled
from tests.integration.core.world import LINKS, VIDEO_LINK, World, generation, installation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH

pytestmark = pytest.mark.parametrize("engine", ENGINES)

NOBODY = Shown(Ground.NOT_REAL)
OTHER = VIDEO_LINK.model_copy(update={"url": "https://example.com/other.mp4"})
Lost = Callable[[World, Services, Order], Awaitable[None]]


@pytest.fixture
def services(there: World) -> Services:
    there.sync.get(LIST).respond(json=[])
    there.sync.post(CREATE).respond(201, json=generation())
    return services_of(replace(there.tools, new_id=new_id), wake=lambda: None, public_url=None)


async def kept(there: World) -> list[str]:
    async with there.db.read() as conn:
        return sorted((await conn.execute(select(objected_videos.c.source))).scalars())


async def cancelled(_there: World, services: Services, order: Order) -> None:
    assert await services.orders.cancel(order.id, ADA_ASKS)


async def deleted(there: World, services: Services, order: Order) -> None:
    await cancelled(there, services, order)
    async with there.db.write() as conn:
        await deletions.delete_order(conn, await there.now(order), now=there.clock(), with_videos=True)


async def its_asker_gone(there: World, services: Services, order: Order) -> None:
    await cancelled(there, services, order)
    await forgotten(there, services, ADA_ASKS)


async def refused(services: Services, order: Order, asker: Asker = ADA_ASKS) -> Objected:
    with pytest.raises(Objected) as against:
        await services.orders.confirm(order.id, "e1", asker)
    return against.value


@pytest.mark.parametrize("lost", [cancelled, deleted, its_asker_gone])
@pytest.mark.parametrize("shown", [None, NOBODY])
async def test_generate_is_refused_though_nobody_is_named_any_more(
    there: World, services: Services, lost: Lost, shown: Shown | None
) -> None:
    first = await shows(there, await offered(there))
    await services.objections.object(first.id, BEN_SAYS)
    await lost(there, services, first)
    again = await offered(there)
    if shown is not None:
        await shows(there, again, shown)

    assert (await refused(services, again)).people == (BEN,)
    assert (await there.now(again)).status is OrderStatus.OFFERED
    assert await held(there, again.id) == 0

    await services.objections.withdraw(BEN_SAYS)
    assert await services.orders.confirm(again.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED


async def test_named_while_they_object_it_counts_from_then_on(there: World, services: Services) -> None:
    """The objection was to another video; of this one they were named, refused it, and are named no more."""
    await services.objections.object((await shows(there, await offered(there))).id, BEN_SAYS)
    other = await offered(there, draft=LINKS.model_copy(update={"video": OTHER}))
    await says_of(there, other, OTHER)
    await refused(services, other)
    await deleted(there, services, other)

    again = await offered(there, draft=LINKS.model_copy(update={"video": OTHER}))

    assert (await refused(services, again)).people == (BEN,)
    assert await kept(there) == sorted([source_of(VIDEO_LINK), source_of(OTHER)])


async def says_of(there: World, order: Order, *videos: Link) -> None:
    async with there.db.write() as conn:
        said = [Consent(Shown(Ground.COLLEAGUE, BEN), ADA, there.clock())]
        await consent_store.put(conn, order, map(source_of, videos), said, now=there.clock())


async def test_of_several_videos_each_counts(there: World, services: Services) -> None:
    both = await offered(there, draft=LINKS.model_copy(update={"more_videos": (OTHER,)}))
    await says_of(there, both, VIDEO_LINK, OTHER)
    await services.objections.object(both.id, BEN_SAYS)
    await deleted(there, services, both)

    for video in (VIDEO_LINK, OTHER):
        await refused(services, await offered(there, draft=LINKS.model_copy(update={"video": video})))


async def test_each_approval_is_refused_as_well(there: World, services: Services) -> None:
    await ruled(there, Rules(approval_from_usd=Decimal(1), approvers=(BEN,)))
    waits = await shows(there, await offered(there), NOBODY)
    assert await services.orders.confirm(waits.id, "e1", ADA_ASKS) is Confirmation.WAITS
    async with there.db.read() as conn:
        gate = (await gate_store.of_orders(conn, [waits.id]))[waits.id]
    await services.objections.object((await shows(there, await offered(there))).id, BEN_SAYS)

    with pytest.raises(Objected) as against:
        await services.approvals.approve(gate.id, BEN_SAYS)

    assert (against.value.people, against.value.unnamed) == ((BEN,), True)
    assert (await there.now(waits)).status is OrderStatus.AWAITING_APPROVAL


async def test_what_had_its_yes_is_not_sent(there: World, services: Services) -> None:
    job = await there.queued(estimate_usd=Decimal(2))
    await shows(there, await there.order_of(job), NOBODY)
    await services.objections.object((await shows(there, await offered(there))).id, BEN_SAYS)

    job = await there.run(Submit(there.tools), job)

    assert there.sent(CREATE) == []
    assert (job.status, job.failure_code) == (JobStatus.CANCELLED, OBJECTED)
    assert await held(there, job.order_id) == 0
    assert any("What sync.so did not have yet is cancelled" in each for each in await told(there, ADA))
    assert await logged(there) == ["person.objected", "order.cancelled"]


async def test_whoever_objects_may_use_it_themselves(there: World, services: Services) -> None:
    await services.objections.object((await shows(there, await offered(there))).id, BEN_SAYS)

    assert (
        await services.orders.confirm((await offered(there, user_id=BEN)).id, "e1", BEN_SAYS)
        is Confirmation.ACCEPTED
    )


async def test_another_team_and_another_video_are_not_touched(there: World, services: Services) -> None:
    first = await shows(there, await offered(there))
    await services.objections.object(first.id, BEN_SAYS)
    await deleted(there, services, first)

    other = await offered(there, draft=LINKS.model_copy(update={"video": OTHER}))
    assert await services.orders.confirm(other.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED
    zoe = SOUTH.users[0].id
    in_south = await offered(there, team_id=SOUTH.id, user_id=zoe)
    asker = Asker(None, SOUTH.id, zoe)
    assert await services.orders.confirm(in_south.id, "e1", asker) is Confirmation.ACCEPTED


async def test_in_an_organisation_it_counts_in_all_workspaces(there: World, services: Services) -> None:
    for team in (NORTH, SOUTH):
        await there.tools.teams.save(installation(team, enterprise_id="E1"))
    first = await shows(there, await offered(there, enterprise_id="E1", team_id=SOUTH.id))
    await services.objections.object(first.id, Asker("E1", SOUTH.id, BEN))
    ada = Asker("E1", NORTH.id, ADA)
    assert await services.orders.cancel(first.id, ada)
    again = await offered(there, enterprise_id="E1")

    assert (await refused(services, again, ada)).people == (BEN,)
    await services.objections.withdraw(Asker("E1", NORTH.id, BEN))
    assert await kept(there) == []


async def test_a_file_that_was_not_its_askers_is_not_counted(there: World, services: Services) -> None:
    """Else whoever guesses the id of a colleague's file could keep them from using it."""
    failed = await there.order(
        OrderStatus.FAILED, failure_code="slack_file_not_found", ended_at=there.clock()
    )
    await shows(there, failed)
    await services.objections.object(failed.id, BEN_SAYS)

    assert await kept(there) == []
    assert await services.orders.confirm((await offered(there)).id, "e1", ADA_ASKS) is Confirmation.ACCEPTED


async def test_a_file_is_not_counted_before_it_is_known_to_be_its_askers(
    there: World, services: Services
) -> None:
    """As above, where the objection stands already: what is said waits for the offer."""
    await services.objections.object((await shows(there, await offered(there))).id, BEN_SAYS)
    draft = LINKS.model_copy(update={"video": OTHER})
    asked = await there.order(OrderStatus.PREPARING, draft=draft, prepared="{}")
    await says_of(there, asked, OTHER)
    assert await kept(there) == [source_of(VIDEO_LINK)]
    await Stopping(there.tools).turn()
    assert await kept(there) == [source_of(VIDEO_LINK)]

    there.sync.post("/v2/assets").respond(json={"id": "a", "durationSeconds": 5.0})
    there.sync.post("/v2/analyze/cost").respond(
        json=[{"estimatedGenerationCost": 1.5, "estimatedFrameCount": 125}]
    )
    asked = await there.run(Preparing(there), asked)

    assert asked.status is OrderStatus.OFFERED
    assert await kept(there) == sorted([source_of(VIDEO_LINK), source_of(OTHER)])


async def test_it_goes_with_the_objection(there: World, services: Services) -> None:
    first = await shows(there, await offered(there))
    await services.objections.object(first.id, BEN_SAYS)
    assert await kept(there) == [source_of(VIDEO_LINK)]
    await services.objections.withdraw(BEN_SAYS)
    assert await kept(there) == []

    await services.objections.object(first.id, BEN_SAYS)
    await forgotten(there, services, BEN_SAYS)
    assert await kept(there) == []
    assert await services.orders.confirm(first.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED


async def test_what_was_said_in_the_moment_of_the_objection_is_kept_soon_after(there: World) -> None:
    """Neither transaction has seen the other's row."""
    async with there.db.write() as conn:
        await objections.make(conn, BEN_SAYS, now=there.clock())
    await shows(there, await offered(there))
    async with there.db.write() as conn:
        await conn.execute(delete(objected_videos))

    await Stopping(there.tools).turn()

    assert await kept(there) == [source_of(VIDEO_LINK)]


async def test_it_goes_with_the_workspace(there: World, services: Services) -> None:
    await services.objections.object((await shows(there, await offered(there))).id, BEN_SAYS)
    await there.uninstall(NORTH.id)
    await settled(Removals(there.tools))
    there.clock.pass_by(BACK_SOON_S)
    await settled(Removals(there.tools))

    assert await kept(there) == []
