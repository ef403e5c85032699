"""The card lane: one shower at a time, and never an older truth left standing."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from storage import card_store, order_store
from storage.cards import Card
from storage.database import Database
from storage.orders import OrderStatus
from tests.integration.storage.builders import NOW, ask

LEASE_S = 20.0
LATER = NOW + 5


async def claim(conn: AsyncConnection, *, now: float = NOW, token: str = "held") -> list[Card]:
    return await card_store.claim_cards(conn, now=now, lease_s=LEASE_S, token=token, limit=10)


async def claimed_card(conn: AsyncConnection) -> Card:
    await order_store.create(conn, ask(show_card=True), now=NOW)
    (card,) = await claim(conn)
    return card


async def shown(conn: AsyncConnection, card: Card, *, ts: str = "1.0") -> Card | None:
    return await card_store.card_shown(conn, card, now=LATER, channel="C1", ts=ts, moved=False)


async def newer(conn: AsyncConnection, card: Card) -> None:
    assert await order_store.move(conn, card.id, OrderStatus.PREPARING, now=LATER)


async def test_a_card_is_claimed_once_and_settles_when_it_is_shown(db: Database) -> None:
    async with db.write() as conn:
        card = await claimed_card(conn)
        assert (card.lease_token, card.due_at) == ("held", NOW + LEASE_S)
        assert await claim(conn, now=LATER) == []
        after = await card_store.card_shown(conn, card, now=LATER, channel="D1", ts="1.0", moved=True)
        assert after == replace(
            card,
            shown=1,
            channel="D1",
            ts="1.0",
            moved=True,
            due_at=None,
            lease_token=None,
        )
        assert await card_store.of_order(conn, card.id) == after
        assert await claim(conn, now=NOW + 10 * LEASE_S) == []


async def test_a_change_while_the_card_is_shown_waits_for_its_shower_and_is_shown_next(db: Database) -> None:
    async with db.write() as conn:
        card = await claimed_card(conn)
        await newer(conn, card)
        assert await claim(conn, now=LATER, token="other") == []
        after = await shown(conn, card)
        assert after is not None
        assert (after.shown, after.revision, after.due_at) == (1, 2, LATER)
        (again,) = await claim(conn, now=LATER, token="other")
        assert (again.id, again.revision) == (card.id, 2)


async def test_a_change_of_a_card_at_rest_makes_it_due(db: Database) -> None:
    async with db.write() as conn:
        after = await shown(conn, await claimed_card(conn))
        assert after is not None
        await newer(conn, after)
        (due,) = await claim(conn, now=LATER)
        assert (due.revision, due.ts) == (2, "1.0")


async def test_who_lost_the_card_stores_nothing(db: Database) -> None:
    async with db.write() as conn:
        slow = await claimed_card(conn)
        (quick,) = await claim(conn, now=NOW + LEASE_S, token="quick")
        assert await shown(conn, slow, ts="slow") is None
        assert not await card_store.card_later(conn, slow, due_at=None)
        after = await shown(conn, quick, ts="quick")
        assert after is not None
        assert after.ts == "quick"


async def test_a_card_that_slack_puts_off_comes_again_then(db: Database) -> None:
    async with db.write() as conn:
        card = await claimed_card(conn)
        assert await card_store.card_later(conn, card, due_at=NOW + 60)
        assert await claim(conn, now=NOW + 59) == []
        (again,) = await claim(conn, now=NOW + 60)
        assert again.id == card.id


async def test_a_card_that_cannot_be_shown_rests_until_the_job_changes(db: Database) -> None:
    async with db.write() as conn:
        card = await claimed_card(conn)
        assert await card_store.card_later(conn, card, due_at=None)
        assert await claim(conn, now=NOW + 1_000) == []
        await newer(conn, card)
        assert len(await claim(conn, now=LATER)) == 1


async def test_a_card_at_rest_can_be_asked_to_be_shown_once_more(db: Database) -> None:
    async with db.write() as conn:
        after = await shown(conn, await claimed_card(conn))
        assert after is not None
        await card_store.newer(conn, after.id, now=LATER)
        (again,) = await claim(conn, now=LATER)
        assert replace(again, due_at=None, lease_token=None) == replace(
            after, due_at=None, revision=after.revision + 1, updated_at=LATER
        )


async def test_a_card_asked_for_while_it_is_shown_is_shown_again_right_after(db: Database) -> None:
    async with db.write() as conn:
        card = await claimed_card(conn)
        await card_store.newer(conn, card.id, now=LATER)
        assert await claim(conn, now=LATER) == []
        after = await shown(conn, card)
        assert after is not None
        assert after.due_at is not None
        assert len(await claim(conn, now=after.due_at)) == 1


async def test_a_job_that_has_no_card_gets_none_by_being_asked(db: Database) -> None:
    async with db.write() as conn:
        card, _ = await order_store.create(conn, ask(show_card=False), now=NOW)
        await card_store.newer(conn, card.id, now=LATER)
        assert await claim(conn, now=LATER) == []


QUIET_S = card_store.EDIT_EVERY_S


async def quiet_card(conn: AsyncConnection) -> Card:
    """A card that was edited just now, at `LATER`, and is to be left alone for a while."""
    held = await claimed_card(conn)
    card = await card_store.card_shown(conn, held, now=LATER, channel="C1", ts="1.0", moved=False, quiet=True)
    assert card is not None
    return card


async def test_what_changes_soon_after_an_edit_is_shown_when_the_pause_is_over(db: Database) -> None:
    async with db.write() as conn:
        card = await quiet_card(conn)
        await card_store.newer(conn, card.id, now=LATER + 1)
        await card_store.redraw(conn, card.id, now=LATER + 1)
        assert await claim(conn, now=LATER + QUIET_S - 0.1) == []
        (due,) = await claim(conn, now=LATER + QUIET_S)
        assert due.revision == card.revision + 1


async def test_what_changes_during_an_edit_waits_for_the_pause_after_it(db: Database) -> None:
    async with db.write() as conn:
        held = await claimed_card(conn)
        await newer(conn, held)
        await card_store.card_shown(conn, held, now=LATER, channel="C1", ts="1.0", moved=False, quiet=True)
        assert await claim(conn, now=LATER + QUIET_S - 0.1) == []
        assert len(await claim(conn, now=LATER + QUIET_S)) == 1


async def test_what_changes_after_the_pause_is_shown_at_once(db: Database) -> None:
    async with db.write() as conn:
        card = await quiet_card(conn)
        await card_store.newer(conn, card.id, now=LATER + QUIET_S + 1)
        assert len(await claim(conn, now=LATER + QUIET_S + 1)) == 1


async def test_a_clock_that_was_set_back_keeps_no_card_quiet(db: Database) -> None:
    async with db.write() as conn:
        card = await quiet_card(conn)
        await card_store.newer(conn, card.id, now=NOW - 3600)
        assert len(await claim(conn, now=NOW - 3600)) == 1
