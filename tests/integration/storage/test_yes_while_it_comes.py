"""A yes and the end of an upload in the same moment: jobs are born once, by one of the two."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.addresses import stored
from bot.asking.asks import Asker, Births
from bot.asking.begin import begin
from bot.asking.drafts import Draft, Prepared, PreparedInput, SlackFile
from bot.asking.wanted import source_of
from bot.probe.facts import Facts
from bot.use_cases.confirmation import Confirmation
from bot.use_cases.orders import Orders
from storage import card_store, input_store, job_store, ledger, order_store, relays
from storage.database import Database
from storage.inputs import Input, InputKind, NewInput
from storage.jobs import body_at
from storage.orders import Order, OrderStatus, Part
from tests.integration.core.rows import change
from tests.integration.core.world import CIPHER
from tests.integration.storage import books
from tests.integration.storage.builders import NOW, ask
from tests.integration.storage.test_money_at_once import PRICE, use_cases

__all__ = ["use_cases"]

LEASE_S = 90.0
KNOWN = Facts(container="mov", duration_s=2.0, frames=50, fps=25.0, is_exact=True, has_picture=True)
AHEAD = Prepared(
    account_key="account-1",
    video=PreparedInput(facts=KNOWN, is_coming=True),
    audio=PreparedInput(asset_id="voice"),
)
THERE = PreparedInput(asset_id="clip", facts=KNOWN).model_dump_json()
TIMES = 15


@pytest.fixture
def births() -> Births:
    return Births(CIPHER, lambda: "never", None)


async def offered(conn: AsyncConnection, number: int) -> tuple[Order, Input]:
    """An offer that was made ahead of its film, and the film in the hands of who brings it."""
    clip = SlackFile(file_id=f"F{number}", name="clip.mp4", mimetype="video/mp4", size=9)
    draft = Draft(video=clip, speech=clip)
    new = ask(
        **stored(draft, CIPHER, "no link", given_by="U1"), prepared=AHEAD.model_dump_json(), user_id="U1"
    )
    await order_store.insert(conn, new, now=NOW)
    offer = {"offer_id": "e1", "offer_usd": PRICE, "expires_at": NOW + 60, "due_at": NOW + 60}
    parts = (Part(usd=PRICE, length_s=2.0),)
    await change(conn, new.id, {"status": OrderStatus.OFFERED, "parts": parts, **offer})
    wanted = NewInput(
        id=f"input-{number}",
        enterprise_id=None,
        team_id=new.team_id,
        account_key="account-1",
        source=source_of(clip),
        kind=InputKind.VIDEO,
        address=None,
    )
    await input_store.name(conn, new.id, wanted, now=NOW, keep_s=60.0)
    (held,) = await relays.claim(conn, now=NOW, lease_s=LEASE_S, token="relay", limit=1)
    order = await order_store.find(conn, new.id)
    assert order is not None
    return order, held


async def come(db: Database, held: Input) -> None:
    async with db.write() as conn:
        assert await relays.arrived(conn, held, asset_id="clip", found=THERE, now=NOW)


async def after_the_yes(db: Database, births: Births, order: Order, token: str) -> Order | None:
    """As the step of `confirmed` ends."""
    async with db.write() as conn:
        begun = await begin(conn, births, order, "account-1", now=NOW, lease_token=token)
        if begun is not None:
            await card_store.show(conn, begun, now=NOW)
        return begun


async def test_whoever_is_first_the_jobs_come_once_and_are_held_for_once(
    db: Database, use_cases: Orders, births: Births
) -> None:
    for number in range(TIMES):
        async with db.write() as conn:
            order, held = await offered(conn, number)
        asker = Asker(None, order.team_id, "U1")
        presses = [use_cases.confirm(order.id, "e1", asker) for _ in range(2)]
        first, second, _ = await asyncio.gather(*presses, come(db, held))
        assert {first, second} == {Confirmation.ACCEPTED, Confirmation.ALREADY_DONE}

        async with db.read() as conn:
            now = await order_store.find(conn, order.id)
        assert now is not None
        if now.status is OrderStatus.CONFIRMED:
            assert now.due_at is not None
            assert now.due_at <= NOW
            now = await claimed(db, now, "held")
            begun = await asyncio.gather(*(after_the_yes(db, births, now, "held") for _ in range(2)))
            assert [each is not None for each in begun].count(True) == 1
        await is_born_once(db, order)


async def claimed(db: Database, order: Order, token: str) -> Order:
    async with db.write() as conn:
        await change(conn, order.id, {"lease_token": token})
        found = await order_store.find(conn, order.id)
    assert found is not None
    return found


async def is_born_once(db: Database, order: Order) -> None:
    async with db.read() as conn:
        (job,) = await job_store.of_orders(conn, [order.id])
        body = await job_store.body_of(conn, job.id)
        assert body is not None
        assert '"assetId":"clip"' in CIPHER.open(body, body_at(job.id))
        assert len(await ledger.of_part(conn, order.id, 0)) == 1
        assert await books.budgeted(conn) == await books.booked(conn)


async def test_while_the_film_is_coming_a_yes_makes_no_job_and_another_process_ends_it(
    db: Database, use_cases: Orders, births: Births
) -> None:
    async with db.write() as conn:
        order, held = await offered(conn, 0)
    asker = Asker(None, order.team_id, "U1")
    assert await use_cases.confirm(order.id, "e1", asker) is Confirmation.ACCEPTED
    async with db.read() as conn:
        assert await job_store.of_orders(conn, [order.id]) == []
    await come(db, held)

    dead = await claimed(db, order, "dead")
    assert dead.status is OrderStatus.CONFIRMED
    other = await claimed(db, order, "other")
    assert await after_the_yes(db, births, dead, "dead") is None
    assert await after_the_yes(db, births, other, "other") is not None
    await is_born_once(db, order)
