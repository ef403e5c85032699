"""What a team knows of who is shown in its videos: said once, remembered for the next order of the same."""

from collections.abc import Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.asking.drafts import Draft, SlackFile
from bot.asking.plan import shown
from bot.asking.wanted import source_of
from storage import card_store, consent_store, gate_store, objected_videos
from storage.consents import Consent, Objected, objectors, of_asker
from storage.orders import NewOrder, Order, OrderStatus


async def recall(
    conn: AsyncConnection, order: Order | NewOrder, draft: Draft, *, now: float
) -> tuple[Consent, ...]:
    """Have an order keep what is said of its videos: of these very ones, else in its line, else before.

    What was said before stays where somebody who is shown objects.

    Args:
        conn: a writing transaction in which the order is locked, or new.
        order: which.
        draft: what it asks for, its links with their addresses.
        now: seconds since the epoch.

    Returns:
        Who is shown; empty: nobody has said it.
    """
    sources = sources_of(draft)
    kept = await consent_store.videos_of(conn, order.id)
    if kept == sources:
        return (await consent_store.of_orders(conn, [order.id])).get(order.id, ())
    said = await consent_store.remembered(conn, order.team_id, sources)
    if _may_be_anothers(order, draft) and any(each.said_by != order.user_id for each in said):
        said = ()  # lest it tells of a colleague's file that it is there, and who is shown in it
    if draft.shown is not None and not objectors(said, order.user_id):
        said = (Consent(of_asker(draft.shown, order.user_id), order.user_id, now),)
    if said or kept:
        await consent_store.put(conn, order, sources, said, now=now)
    return said


async def against(
    conn: AsyncConnection, order: Order, draft: Draft, said: Sequence[Consent]
) -> Objected | None:
    """Who stands against making this: who is said to be shown, and who was before, whoever is named now.

    Args:
        conn: in which to read.
        order: whose.
        draft: what it asks for, its links with their addresses.
        said: who is shown in it.
    """
    named = objectors(said, order.user_id)
    of_videos = await objected_videos.objectors(conn, order, sources_of(draft))
    people = tuple(dict.fromkeys((*named, *of_videos)))
    return Objected(people, unnamed=len(people) > len(named)) if people else None


async def show_consents(conn: AsyncConnection, order_ids: Collection[str], *, now: float) -> None:
    """Have orders' cards, and those that ask approvers, tell who is shown and who of them objects."""
    gates = await gate_store.of_orders(conn, order_ids)
    of_approvers = [card for gate in gates.values() for card in gate.cards]
    await card_store.newer_many(conn, [*order_ids, *of_approvers], now=now)


def sources_of(draft: Draft) -> set[str]:
    """The videos that a wish shows, each told from all others of its team."""
    return {source_of(video) for video in shown(draft)}


def _may_be_anothers(order: Order | NewOrder, draft: Draft) -> bool:
    """Whether a form named a file, of which Slack has told only by the offer whose it is."""
    named = (video for video in shown(draft) if isinstance(video, SlackFile))
    return order.status is OrderStatus.PREPARING and any(file.must_be_of is not None for file in named)
