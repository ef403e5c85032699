"""Consents: kept with the order, and remembered for the next one of the same video in the same team."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, exists, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import objected_videos
from storage.consents import Consent, Kept, Shown
from storage.orders import NewOrder, Order
from storage.schema import cards, consent_videos, consents, orders

_COLUMNS: Final = (
    consents.c.ground,
    consents.c.user_id,
    consents.c.name,
    consents.c.said_by,
    consents.c.said_at,
)
_OBJECTS = exists().where(objected_videos.IS_AGAINST)
_OF_ORDERS = (
    select(consents.c.order_id, *_COLUMNS, _OBJECTS)
    .where(consents.c.order_id.in_(bindparam("order_ids", expanding=True)))
    .order_by(consents.c.order_id, consents.c.position)
)
_VIDEOS = select(consent_videos.c.source).where(consent_videos.c.order_id == bindparam("order_id"))
_with_it = consent_videos.alias()
_OF_MORE = exists().where(
    _with_it.c.order_id == consent_videos.c.order_id,
    _with_it.c.source.not_in(bindparam("sources", expanding=True)),
)
"""It was said of several videos together: nobody knows who of them is shown in which."""
_LAST_OF = (
    select(consent_videos.c.order_id)
    .where(
        consent_videos.c.team_id == bindparam("team_id"),
        consent_videos.c.source == bindparam("source"),
        ~objected_videos.NOT_THEIRS,
        ~_OF_MORE,
    )
    .order_by(consent_videos.c.at.desc())
    .limit(1)
)
_FORGET = tuple(
    delete(table).where(table.c.order_id == bindparam("of_order")) for table in (consents, consent_videos)
)
_INSERT, _INSERT_VIDEOS = insert(consents), insert(consent_videos)
_TOLD = select(consents.c.user_id, consents.c.told_at).where(
    consents.c.order_id == bindparam("order_id"), consents.c.told_at.is_not(None)
)
_TELL = (
    update(consents)
    .where(consents.c.order_id == bindparam("of_order"), consents.c.user_id == bindparam("whom"))
    .values(told_at=bindparam("now"))
)
_THREAD = bindparam("thread_ts", type_=orders.c.thread_ts.type)
_IN_THREAD = or_(
    orders.c.id == bindparam("order_id"),
    and_(
        orders.c.channel_id == bindparam("channel_id"),
        or_(orders.c.thread_ts == _THREAD, cards.c.ts == _THREAD),
    ),
)
_HAS_HEARD = (
    select(consents.c.told_at)
    .join_from(consents, consent_videos, consent_videos.c.order_id == consents.c.order_id)
    .join(orders, orders.c.id == consents.c.order_id)
    .join(cards, cards.c.id == orders.c.id, isouter=True)
    .where(
        consents.c.user_id == bindparam("user_id"),
        consents.c.team_id == bindparam("team_id"),
        consent_videos.c.source.in_(bindparam("sources", expanding=True)),
        consents.c.told_at.is_not(None),
        or_(consents.c.told_at > bindparam("since"), _IN_THREAD),
    )
    .limit(1)
)
_PAGE: Final = 1_000
_ID = (consents.c.order_id, consents.c.position)
_BY_ID = (
    select(
        *_ID,
        consents.c.enterprise_id,
        consents.c.team_id,
        *_COLUMNS,
        orders.c.user_id.label("asked_by"),
        orders.c.confirmed_at,
    )
    .join_from(consents, orders, orders.c.id == consents.c.order_id, isouter=True)
    .order_by(*_ID)
    .limit(bindparam("at_most"))
)
_AFTER = tuple_(*_ID) > tuple_(*(bindparam(f"after_{each.key}", type_=each.type) for each in _ID))
_OF_ONE = or_(consents.c.team_id == bindparam("team_id"), consents.c.enterprise_id == bindparam("team_id"))
_VIDEOS_OF = (
    select(consent_videos.c.order_id, consent_videos.c.source)
    .where(consent_videos.c.order_id.in_(bindparam("order_ids", expanding=True)))
    .order_by(consent_videos.c.order_id, consent_videos.c.source)
)


async def of_orders(conn: AsyncConnection, order_ids: Collection[str]) -> dict[str, tuple[Consent, ...]]:
    """What was said of those orders, by the order's id; nothing was of what is left out."""
    found: defaultdict[str, list[Consent]] = defaultdict(list)
    if order_ids:
        for order_id, *row in await conn.execute(_OF_ORDERS, {"order_ids": list(order_ids)}):
            found[order_id].append(_consent(row))
    return {order_id: tuple(of_it) for order_id, of_it in found.items()}


async def videos_of(conn: AsyncConnection, order_id: str) -> set[str]:
    """The videos that it was said of; empty: nothing was said."""
    return {source for (source,) in await conn.execute(_VIDEOS, {"order_id": order_id})}


async def remembered(conn: AsyncConnection, team_id: str, sources: Collection[str]) -> tuple[Consent, ...]:
    """What was said last of these videos in a team, each person once; empty: of one of them nothing was.

    What was said of several together counts where all of these are asked for, and for no one of them alone.
    """
    orders: list[str] = []
    wanted = sorted(sources)
    for source in wanted:
        values = {"team_id": team_id, "source": source, "sources": wanted}
        last = (await conn.execute(_LAST_OF, values)).scalar()
        if last is None:
            return ()
        orders.append(last)
    said = await of_orders(conn, orders)
    people = {consent.shown: consent for order_id in orders for consent in said.get(order_id, ())}
    return tuple(people.values())


async def put(
    conn: AsyncConnection,
    order: Order | NewOrder,
    sources: Iterable[str],
    said: Sequence[Consent],
    *,
    now: float,
) -> None:
    """Keep with an order what is said of its videos, in place of what was.

    Args:
        conn: a writing transaction in which the order is locked, or new.
        order: which.
        sources: its videos.
        said: who is shown in them; empty: nothing is said any more.
        now: seconds since the epoch.
    """
    told = await told_of(conn, order.id)
    for statement in _FORGET:
        await conn.execute(statement, {"of_order": order.id})
    if said:
        rows = [
            _row(order, at, each) | {"told_at": told.get(each.shown.user_id or "")}
            for at, each in enumerate(said)
        ]
        await conn.execute(_INSERT, rows)
        of_order = {"order_id": order.id, "team_id": order.team_id, "at": now}
        await conn.execute(_INSERT_VIDEOS, [{**of_order, "source": each} for each in sorted(sources)])
        await objected_videos.keep_of(conn, order.id)


async def told_of(conn: AsyncConnection, order_id: str) -> dict[str, float]:
    """Who of those that are named has heard of an order, and when."""
    return {row.user_id: row.told_at for row in await conn.execute(_TOLD, {"order_id": order_id})}


async def told(conn: AsyncConnection, order_id: str, user_id: str, *, now: float) -> None:
    """Keep that somebody who is named hears of an order."""
    await conn.execute(_TELL, {"of_order": order_id, "whom": user_id, "now": now})


async def has_heard(conn: AsyncConnection, order: Order, user_id: str, *, since: float) -> bool:
    """Whether somebody has heard of an order's videos: in its thread ever, or anywhere there `since` then."""
    values = {
        "order_id": order.id,
        "channel_id": order.channel_id,
        "thread_ts": order.thread_ts,
        "team_id": order.team_id,
        "user_id": user_id,
        "sources": sorted(await videos_of(conn, order.id)),
        "since": since,
    }
    return (await conn.execute(_HAS_HEARD, values)).first() is not None


def _consent(row: Sequence[Any]) -> Consent:
    ground, user_id, name, said_by, said_at, objects = row
    return Consent(Shown(ground, user_id, name), said_by, said_at, bool(objects))


def _row(order: Order | NewOrder, position: int, consent: Consent) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "position": position,
        "enterprise_id": order.enterprise_id,
        "team_id": order.team_id,
        "ground": consent.shown.ground,
        "user_id": consent.shown.user_id,
        "name": consent.shown.name,
        "said_by": consent.said_by,
        "said_at": consent.said_at,
    }


async def kept(conn: AsyncConnection, team_id: str | None) -> AsyncIterator[Kept]:
    """What is kept of one workspace or organisation, or of all (None), in the order of its key."""
    whose = _BY_ID if team_id is None else _BY_ID.where(_OF_ONE)
    values: dict[str, Any] = {"at_most": _PAGE} | ({} if team_id is None else {"team_id": team_id})
    statement = whose
    while True:
        page = [Kept(*row) for row in await conn.execute(statement, values)]
        videos: defaultdict[str, list[str]] = defaultdict(list)
        if page:
            ids = sorted({each.order_id for each in page})
            for order_id, source in await conn.execute(_VIDEOS_OF, {"order_ids": ids}):
                videos[order_id].append(source)
        for each in page:
            yield replace(each, videos=tuple(videos[each.order_id]))
        if len(page) < _PAGE:
            return
        statement = whose.where(_AFTER)
        values |= {f"after_{each.key}": getattr(page[-1], each.key) for each in _ID}
