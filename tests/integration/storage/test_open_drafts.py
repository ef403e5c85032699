"""Open drafts: found by conversation and thread; one person's messages are taken one after the other."""

import asyncio
from typing import Any

from storage import card_store, open_drafts, order_store
from storage.database import Database
from storage.orders import Order, OrderStatus
from tests.integration.storage.builders import NOW, Somebody, add_order, ask

ALL = 0.0


async def asking(db: Database, *, since: float = ALL, **who: str) -> list[str]:
    asker = {"team_id": "T1", "user_id": "U1", "channel_id": "D1", **who}
    async with db.write() as conn:
        found = await open_drafts.asking(
            conn,
            Somebody(asker["team_id"], asker["user_id"], asker.get("enterprise_id")),
            channel_id=asker["channel_id"],
            since=since,
        )
    return [job.id for job in found]


async def drafted(db: Database, *, now: float = NOW, **given: Any) -> Order:
    """A draft in the direct message whose card asks for the rest."""
    async with db.write() as conn:
        new = ask(**{"channel_id": "D1", "show_card": True, **given})
        made, _ = await order_store.create(conn, new, now=now)
    return made


async def test_only_ones_own_open_drafts_of_the_conversation_are_found_the_newest_first(db: Database) -> None:
    older, newer = await drafted(db, now=NOW), await drafted(db, now=NOW + 1)
    await drafted(db, user_id="U2")
    await drafted(db, team_id="T2")
    await drafted(db, channel_id="C1")
    await drafted(db, show_card=False)
    await drafted(db, status=OrderStatus.PREPARING)

    assert await asking(db) == [newer.id, older.id]
    assert await asking(db, since=NOW + 0.5) == [newer.id]


async def test_a_thread_is_known_by_its_root_and_by_the_card_that_began_it(db: Database) -> None:
    in_thread = await drafted(db, thread_ts="1.0")
    began = await drafted(db, now=NOW + 1)
    await drafted(db, thread_ts="1.0", team_id="T2")
    await drafted(db, thread_ts="1.0", channel_id="C1")
    async with db.write() as conn:
        held = await card_store.claim_cards(conn, now=NOW + 1, lease_s=30, token="t")
        (card,) = [card for card in held if card.order_id == began.id]
        await card_store.card_shown(conn, card, now=NOW, channel="D1", ts="2.0", moved=False)
        by_root = await open_drafts.in_thread(conn, Somebody(), "D1", "1.0", lock=True)
        by_card = await open_drafts.in_thread(conn, Somebody(), "D1", "2.0")

    assert [job.id for job in by_root] == [in_thread.id]
    assert [job.id for job in by_card] == [began.id]


async def test_a_draft_is_found_under_every_name_of_its_organisation(db: Database) -> None:
    made = await drafted(db, enterprise_id="E1")
    await drafted(db, enterprise_id="E2", team_id="T2")
    async with db.read() as conn:
        there = Somebody("T9", enterprise_id="E1")
        by_thread = await open_drafts.in_thread(conn, there, "D1", made.thread_ts or "")

    assert await asking(db, team_id="T9", enterprise_id="E1") == [made.id]
    assert await asking(db, team_id="T9") == []
    assert [order.id for order in by_thread] == ([made.id] if made.thread_ts else [])


async def test_a_request_is_known_that_made_or_completed_a_job(db: Database) -> None:
    made = await add_order(db, request_key="first")
    async with db.write() as conn:
        await order_store.save(conn, made, now=NOW, lease_token=None, joined_key="second")
        known = [await open_drafts.is_taken(conn, "T1", key) for key in ("first", "second", "third")]
        elsewhere = await open_drafts.is_taken(conn, "T2", "first")

    assert known == [True, True, False]
    assert not elsewhere


async def test_messages_of_one_person_take_turns_and_find_what_the_other_brought(db: Database) -> None:
    """Ten that come at once: without turns each would find no draft, and each would make one."""

    async def one() -> None:
        async with db.write() as conn:
            await open_drafts.take_turns(conn, Somebody())
            if not await open_drafts.asking(conn, Somebody(), channel_id="D1", since=ALL):
                await asyncio.sleep(0.01)
                await order_store.create(conn, ask(channel_id="D1", show_card=True), now=NOW)

    await asyncio.gather(*(one() for _ in range(10)))

    assert len(await asking(db)) == 1
