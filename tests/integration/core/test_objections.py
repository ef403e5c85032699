"""Somebody who is named as shown objects: what stops, what is refused, who hears of it, how it is settled."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import services_of
from bot.asking.asks import Asker
from bot.asking.wanted import source_of
from bot.messages.objection import OBJECTED
from bot.sandbox.fake_slack.config import UserConfig
from bot.services import Services
from bot.steps.departures import Departures
from bot.steps.stopping import Stopping
from bot.steps.submit import Submit
from bot.teams.rules import Rules
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.consents import NotColleagues
from storage import audit_check, consent_store, gate_store, objections, order_store
from storage.consents import Consent, Ground, Objected, Shown
from storage.jobs import Job, JobStatus
from storage.orders import Order, OrderStatus
from storage.owners import Person
from storage.schema import answers, audit, ledger
from storage.schema import objections as rows
from tests.integration.core.test_approvals import ruled
from tests.integration.core.test_paused import Stopped
from tests.integration.core.world import LINKS, SCRIPT, VIDEO_LINK, Clock, World, generation, installation
from tests.integration.fake_slack.harness import ADA, BEN, NORTH, SOUTH
from tests.integration.storage import books

CREATE, LIST = "/v2/generate", "/v2/generations"
ADA_ASKS, BEN_SAYS = Asker(None, NORTH.id, ADA), Asker(None, NORTH.id, BEN)
BEN_IS_SHOWN = Shown(Ground.COLLEAGUE, BEN)
OLGA = UserConfig("U0ELSEOLGA", "olga", "Olga", "#ffffff", home_team="T0ELSEWHERE")


@pytest.fixture
def services(there: World) -> Services:
    there.sync.get(LIST).respond(json=[])
    there.sync.post(CREATE).respond(201, json=generation())
    ids = (f"new-{number}" for number in count(1))
    tools = replace(there.tools, new_id=lambda: next(ids))
    return services_of(tools, wake=lambda: there.woken.append(there.clock()), public_url=None)


@pytest.fixture
def submit(there: World) -> Submit:
    return Submit(there.tools)


async def offered(there: World, **columns: Any) -> Order:
    usual: dict[str, Any] = {"offer_id": "e1", "expires_at": there.clock() + 60, "draft": LINKS}
    return await there.order(
        OrderStatus.OFFERED, **usual | {"estimate_usd": Decimal(2), "card_revision": 1} | columns
    )


async def shows(there: World, order: Order, *people: Shown) -> Order:
    """Say that it shows Ben, or others."""
    said = [Consent(each, order.user_id, there.clock()) for each in people or [BEN_IS_SHOWN]]
    async with there.db.write() as conn:
        await consent_store.put(conn, order, [source_of(VIDEO_LINK)], said, now=there.clock())
    return order


async def queued(there: World, **columns: Any) -> Job:
    job = await there.queued(estimate_usd=Decimal(2), **columns)
    await shows(there, await there.order_of(job))
    return job


async def told(there: World, user_id: str) -> list[str]:
    async with there.db.read() as conn:
        found = await conn.execute(select(answers.c.text).where(answers.c.user_id == user_id))
        return list(found.scalars())


async def logged(there: World, team_id: str = NORTH.id) -> list[str]:
    async with there.db.read() as conn:
        (chain,) = await audit_check.verify(conn, team_id)
        assert chain.faults == []
        rows = await conn.execute(select(audit.c.action).order_by(audit.c.seq))
        return [action for action in rows.scalars() if action.startswith(("order.", "person."))]


async def held(there: World, order_id: str) -> int:
    """What is set aside for an order, after a look at all of the books."""
    async with there.db.read() as conn:
        assert await books.budgeted(conn) == await books.booked(conn)
        return sum(
            (await conn.execute(select(ledger.c.held_delta).where(ledger.c.order_id == order_id))).scalars()
        )


async def forgotten(there: World, services: Services, person: Asker) -> None:
    """Have a person's data deleted."""
    await services.deleting.delete_person(person)
    loop = Departures(there.tools)
    for _ in range(20):
        if not await loop.turn():
            break


async def stands(there: World, person: Person) -> bool:
    async with there.db.read() as conn:
        return await objections.stands(conn, person)


async def test_who_is_named_is_told_once_who_asked_and_for_what(there: World, services: Services) -> None:
    order = await offered(there)
    for people in ([BEN_IS_SHOWN], [BEN_IS_SHOWN, Shown(Ground.NOT_REAL)], [Shown(Ground.OWN), BEN_IS_SHOWN]):
        asked = await services.consents.ask(order.id, ADA_ASKS)
        assert asked is not None
        assert await services.consents.say(order.id, ADA_ASKS, people, videos=asked.videos)

    (message,) = await told(there, BEN)
    assert message.startswith(f"<@{ADA}> asks me for a video with your face and voice")
    assert "example.com" not in message
    assert "If you object, what sync.so does not have yet is cancelled" in message
    assert await told(there, ADA) == []


async def test_few_words_of_a_script_are_told_and_no_names_of_files(there: World, services: Services) -> None:
    order = await offered(there, draft=SCRIPT.model_copy(update={"name": "Secret plan"}))
    asked = await services.consents.ask(order.id, ADA_ASKS)
    assert asked is not None
    assert await services.consents.say(order.id, ADA_ASKS, [BEN_IS_SHOWN], videos=asked.videos)

    (message,) = await told(there, BEN)
    assert "What you would be made to say begins: “Hello everybody”" in message
    assert not any(each in message for each in ("video.mp4", "example.com", "Secret plan"))


async def test_queued_jobs_stop_with_their_money_and_the_asker_hears(
    there: World, services: Services
) -> None:
    job = await queued(there)
    sent = await there.sister(job, JobStatus.PROCESSING)
    waits = await there.sister(sent, JobStatus.QUEUED)
    assert await held(there, job.order_id) > 0

    assert await services.objections.object(job.order_id, BEN_SAYS) is not None

    for each in (job, waits):
        now = await there.now(each)
        assert (now.status, now.failure_code) == (JobStatus.CANCELLED, OBJECTED)
    assert (await there.now(sent)).status is JobStatus.PROCESSING
    assert await held(there, job.order_id) == (sent.estimate_usd or 0) * 1_000_000
    (message,) = await told(there, ADA)
    assert f"<@{BEN}> objects to being shown in *" in message
    assert "What sync.so did not have yet is cancelled, and nothing is charged for that" in message
    assert await logged(there) == ["person.objected", "order.cancelled"]


async def test_what_waits_for_its_files_ends_before_it_begins(there: World, services: Services) -> None:
    order = await there.order(OrderStatus.CONFIRMED, confirmed_by=ADA, confirmed_at=there.clock())
    await shows(there, order)

    await services.objections.object(order.id, BEN_SAYS)

    now = await there.now(order)
    assert (now.status, now.failure_code) == (OrderStatus.CANCELLED, OBJECTED)


async def test_all_that_shows_them_there_stops_and_nothing_else(there: World, services: Services) -> None:
    named = await shows(there, await offered(there))
    other, without = await queued(there), await there.queued()
    own = await there.queued(user_id=BEN)
    await shows(there, await there.order_of(own), Shown(Ground.OWN, BEN))
    elsewhere = await there.queued(team_id=SOUTH.id)
    await shows(there, await there.order_of(elsewhere))

    await services.objections.object(named.id, BEN_SAYS)
    await Stopping(there.tools).turn()

    assert (await there.now(other)).status is JobStatus.CANCELLED
    for each in (without, own, elsewhere):
        assert (await there.now(each)).status is JobStatus.QUEUED
    assert (await there.now(named)).status is OrderStatus.OFFERED
    of_offer, of_other = sorted(await told(there, ADA), key=lambda text: "cancelled" in text)
    assert "It is not made until that is withdrawn" in of_offer
    assert "is cancelled" in of_other


async def test_generate_is_refused_until_they_withdraw(there: World, services: Services) -> None:
    first = await shows(there, await offered(there))
    await services.objections.object(first.id, BEN_SAYS)

    with pytest.raises(Objected) as refused:
        await services.orders.confirm(first.id, "e1", ADA_ASKS)
    assert refused.value.people == (BEN,)
    with pytest.raises(Objected):
        await services.orders.ask_for_more(first.id, "e1", ADA_ASKS)
    assert (await there.now(first)).status is OrderStatus.OFFERED
    assert await held(there, first.id) == 0

    await services.objections.withdraw(BEN_SAYS)
    assert await services.orders.confirm(first.id, "e1", ADA_ASKS) is Confirmation.ACCEPTED
    assert await logged(there) == ["person.objected", "person.objection_withdrawn", "order.confirmed"]


async def test_what_is_remembered_of_a_video_is_refused_in_its_next_order(
    there: World, services: Services
) -> None:
    """Also where they had said themselves that they are shown, for a video of their own."""
    bens = await offered(there, user_id=BEN)
    asked = await services.consents.ask(bens.id, BEN_SAYS)
    assert asked is not None
    assert await services.consents.say(bens.id, BEN_SAYS, [Shown(Ground.OWN)], videos=asked.videos)
    await services.objections.object((await shows(there, await offered(there))).id, BEN_SAYS)

    with pytest.raises(Objected):
        await services.orders.confirm((await offered(there)).id, "e1", ADA_ASKS)
    assert await services.orders.confirm(bens.id, "e1", BEN_SAYS) is Confirmation.ACCEPTED


async def test_the_last_yes_of_approvers_is_refused(there: World, services: Services) -> None:
    await ruled(there, Rules(approval_from_usd=Decimal(1), approvers=(BEN,)))
    order = await shows(there, await offered(there))
    assert await services.orders.confirm(order.id, "e1", ADA_ASKS) is Confirmation.WAITS
    async with there.db.read() as conn:
        gate = (await gate_store.of_orders(conn, [order.id]))[order.id]

    await services.objections.object(order.id, BEN_SAYS)

    with pytest.raises(Objected):
        await services.approvals.approve(gate.id, BEN_SAYS)
    assert (await there.now(order)).status is OrderStatus.AWAITING_APPROVAL
    assert await held(there, order.id) == 0
    await services.objections.withdraw(BEN_SAYS)
    await services.approvals.approve(gate.id, BEN_SAYS)
    assert (await there.now(order)).status is OrderStatus.RUNNING


async def test_nobody_is_named_no_more_while_they_object(there: World, services: Services) -> None:
    order = await offered(there)
    asked = await services.consents.ask(order.id, ADA_ASKS)
    assert asked is not None
    videos = asked.videos
    assert await services.consents.say(order.id, ADA_ASKS, [BEN_IS_SHOWN], videos=videos)
    await services.objections.object(order.id, BEN_SAYS)

    with pytest.raises(Objected):
        await services.consents.say(order.id, ADA_ASKS, [Shown(Ground.NOT_REAL)], videos=videos)
    await services.objections.withdraw(BEN_SAYS)
    assert await services.consents.say(order.id, ADA_ASKS, [Shown(Ground.NOT_REAL)], videos=videos)


@pytest.mark.parametrize(
    "who", [ADA_ASKS, Asker(None, SOUTH.id, BEN), Asker(None, NORTH.id, "U0NOBODY")], ids=str
)
async def test_who_is_not_named_stops_nothing_of_others(there: World, services: Services, who: Asker) -> None:
    job = await queued(there)

    assert await services.objections.object(job.order_id, who) is None
    assert await services.objections.find(job.order_id, who) is None
    assert await stands(there, who)
    await services.objections.withdraw(who)

    assert (await there.now(job)).status is JobStatus.QUEUED
    assert not await stands(there, who)
    assert await logged(there, who.team_id) == ["person.objected", "person.objection_withdrawn"]


async def test_a_second_press_changes_nothing_more(there: World, services: Services) -> None:
    job = await queued(there)
    await asyncio.gather(*(services.objections.object(job.order_id, BEN_SAYS) for _ in range(5)))

    assert len(await told(there, ADA)) == 1
    assert await logged(there) == ["person.objected", "order.cancelled"]


async def test_in_an_organisation_any_of_its_workspaces_may_be_named(
    there: World, services: Services
) -> None:
    for team in (NORTH, SOUTH):
        await there.tools.teams.save(installation(team, enterprise_id="E1"))
    job = await queued(there, enterprise_id="E1")
    through_south = Asker("E1", SOUTH.id, BEN)

    await services.objections.object(job.order_id, through_south)

    assert (await there.now(job)).status is JobStatus.CANCELLED
    assert await stands(there, through_south)
    assert await stands(there, Asker("E1", NORTH.id, BEN))
    await services.objections.withdraw(through_south)
    assert not await stands(there, Asker("E1", NORTH.id, BEN))


async def objected(there: World) -> None:
    """An objection that has missed what had just had its yes."""
    async with there.db.write() as conn:
        await objections.make(conn, BEN_SAYS, now=there.clock())


async def test_what_the_objection_has_missed_is_not_sent(there: World, submit: Submit) -> None:
    job = await queued(there)
    waits = await there.sister(job, JobStatus.QUEUED)
    await objected(there)

    job = await there.run(submit, job)

    assert there.sent(CREATE) == []
    for each in (job, await there.now(waits)):
        assert (each.status, each.failure_code) == (JobStatus.CANCELLED, OBJECTED)
    assert await held(there, job.order_id) == 0
    assert len(await told(there, ADA)) == 1
    assert await logged(there) == ["order.cancelled"]


async def test_who_stood_still_before_the_send_looks_once_more(there: World, submit: Submit) -> None:
    elapsed = Clock(0.0)

    async def meanwhile() -> None:
        await objected(there)
        elapsed.pass_by(5.0)

    heart = Stopped(there.db, "us", clock=there.clock).then(meanwhile)
    job = await there.run(Submit(replace(there.tools, elapsed=elapsed, heartbeat=heart)), await queued(there))

    assert there.sent(CREATE) == []
    assert job.status is JobStatus.QUEUED
    job = await there.run(submit, await there.change(job, priced_at=there.clock()))
    assert (job.status, job.failure_code) == (JobStatus.CANCELLED, OBJECTED)
    assert there.sent(CREATE) == []


async def test_what_sync_may_have_is_looked_for_and_not_sent_again(
    there: World, services: Services, submit: Submit
) -> None:
    job = await queued(there, status=JobStatus.SUBMITTING, submitted_at=there.clock())
    await services.objections.object(job.order_id, BEN_SAYS)
    assert (await there.now(job)).status is JobStatus.SUBMITTING

    for _ in range(100):
        if job.status is not JobStatus.SUBMITTING:
            break
        job = await there.run(submit, job)
        there.clock.pass_by(max(0.0, (job.due_at or 0.0) - there.clock()))
    assert job.status is JobStatus.QUEUED
    job = await there.run(submit, await there.change(job, priced_at=there.clock()))

    assert (job.status, job.failure_code) == (JobStatus.CANCELLED, OBJECTED)
    assert there.sent(CREATE) == []


async def test_whichever_comes_first_nothing_is_sent(
    there: World, services: Services, submit: Submit
) -> None:
    """A yes and an objection at the same moment."""
    for _ in range(5):
        order = await shows(there, await offered(there))
        await asyncio.gather(
            services.orders.confirm(order.id, "e1", ADA_ASKS),
            services.objections.object(order.id, BEN_SAYS),
            return_exceptions=True,
        )
        for job in (await there.state(order)).jobs:
            if job.status is JobStatus.QUEUED:
                await there.run(submit, await there.change(job, priced_at=there.clock()))
        assert await held(there, order.id) == 0, await there.state(order)
        await services.objections.withdraw(BEN_SAYS)
    assert there.sent(CREATE) == []


async def test_it_goes_with_what_is_kept_of_them(there: World, services: Services) -> None:
    job = await queued(there)
    await services.objections.object(job.order_id, BEN_SAYS)

    await forgotten(there, services, BEN_SAYS)

    async with there.db.read() as conn:
        assert (await conn.execute(select(rows))).all() == []


async def test_it_outlives_what_is_kept_of_whoever_asked(there: World, services: Services) -> None:
    order = await shows(there, await offered(there))
    await services.objections.object(order.id, BEN_SAYS)

    await forgotten(there, services, ADA_ASKS)

    assert await stands(there, BEN_SAYS)


@pytest.mark.parametrize("who", [NORTH.bot_user_id, "U0ELSEOLGA", "U0NOBODY"])
async def test_a_colleague_is_somebody_of_the_workspace(there: World, services: Services, who: str) -> None:
    there.slack.workspace(NORTH.id).users["U0ELSEOLGA"] = OLGA
    order = await offered(there)
    asked = await services.consents.ask(order.id, ADA_ASKS)
    assert asked is not None

    with pytest.raises(NotColleagues) as refused:
        await services.consents.say(
            order.id, ADA_ASKS, [BEN_IS_SHOWN, Shown(Ground.COLLEAGUE, who)], videos=asked.videos
        )

    assert refused.value.people == {who}
    assert await told(there, BEN) == []


async def test_whom_slack_does_not_tell_of_may_be_named(there: World, services: Services) -> None:
    there.slack.faults.set("api_error", {"method": "users.info", "error": "fatal_error", "times": 0})
    order = await offered(there)
    asked = await services.consents.ask(order.id, ADA_ASKS)
    assert asked is not None

    assert await services.consents.say(order.id, ADA_ASKS, [BEN_IS_SHOWN], videos=asked.videos)
    assert len(await told(there, BEN)) == 1


async def test_an_order_that_is_not_there_any_more_is_no_trouble(there: World, services: Services) -> None:
    order = await shows(there, await offered(there))
    async with there.db.write() as conn:
        await order_store.move(conn, order, OrderStatus.CANCELLED, now=there.clock())

    assert await services.objections.object(order.id, BEN_SAYS) is not None
    assert "Nothing of it was left to cancel." in (await told(there, ADA))[0]
