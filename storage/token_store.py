"""Tokens that are tried now and then, and renewed ahead of their end: each by one holder at a time.

See `storage.leases` for what a claim is.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Table, Text, Update, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import audit, removals
from storage.audit import Action, Entry
from storage.encryption import Sealed
from storage.installations import COLUMNS, Installation
from storage.leases import INSTALLATIONS
from storage.schema import bills, installations, jobs, leftovers, orders

_DUE = (
    select(installations.c.id)
    .where(installations.c.due_at <= bindparam("now"))
    .order_by(installations.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = INSTALLATIONS.claim(installations.c.id.in_(select(_DUE.c.id))).returning(*COLUMNS)
_CLAIM_ONE = INSTALLATIONS.claim(
    (installations.c.id == bindparam("owner"))
    & installations.c.bot_token.is_not(None)
    & (installations.c.lease_token.is_(None) | (installations.c.due_at <= bindparam("now")))
).returning(*COLUMNS)
_NEXT_DUE = select(func.min(installations.c.due_at)).where(installations.c.due_at.is_not(None))
_BY_ID = select(*COLUMNS).where(installations.c.id == bindparam("owner"))
_SOON = (
    update(installations)
    .where(
        installations.c.id == bindparam("owner"),
        installations.c.lease_token.is_(None),
        installations.c.due_at > bindparam("now"),
    )
    .values(due_at=bindparam("now"))
)


def _tell(**values: Any) -> Update:
    """What a holder has learnt, who gives the row back with it."""
    return (
        update(installations)
        .where(installations.c.id == bindparam("owner"), installations.c.lease_token == bindparam("held_by"))
        .values(lease_token=None, due_at=bindparam("when"), **values)
    )


_LATER = _tell()
_WORKS = _tell(
    enterprise_id=bindparam("enterprise"),
    bot_id=bindparam("bot"),
    scopes=bindparam("granted"),
    removed_at=None,
)
_RENEWED = (
    update(installations)
    .where(
        installations.c.id == bindparam("owner"),
        installations.c.bot_token == bindparam("before", type_=Text()),
    )
    .values(
        bot_token=bindparam("access"),
        refresh_token=bindparam("refresh"),
        expires_at=bindparam("ends"),
        removed_at=None,
        lease_token=None,
        due_at=bindparam("when"),
    )
)
_DEAD = _tell(removed_at=bindparam("now"))


def _join(table: Table, is_open: Any) -> Update:
    return (
        update(table)
        .where(table.c.team_id == bindparam("team"), table.c.enterprise_id.is_(None), is_open)
        .values(enterprise_id=bindparam("enterprise"))
    )


_JOIN = (
    _join(orders, orders.c.ended_at.is_(None)),
    _join(jobs, jobs.c.ended_at.is_(None)),
    _join(bills, bills.c.due_at.is_not(None)),
    _join(leftovers, leftovers.c.due_at.is_not(None)),
)


@dataclass(frozen=True, slots=True)
class Held:
    """An installation whose token somebody tries or renews."""

    row: RowMapping
    lease_token: str

    @property
    def id(self) -> str:
        """Whose it is."""
        return str(self.row["id"])


async def claim(conn: AsyncConnection, *, now: float, lease_s: float, token: str, limit: int) -> list[Held]:
    """Take tokens that are to be tried or renewed, the longest due first."""
    values = {"now": now, "until": now + lease_s, "token": token, "at_most": limit}
    return [Held(row, token) for row in (await conn.execute(_CLAIM, values)).mappings()]


async def claim_one(
    conn: AsyncConnection, owner: str, *, now: float, lease_s: float, token: str
) -> Held | None:
    """Take one token, due or not; None: another holder is at it, or there is none."""
    values = {"owner": owner, "now": now, "until": now + lease_s, "token": token}
    row = (await conn.execute(_CLAIM_ONE, values)).mappings().one_or_none()
    return None if row is None else Held(row, token)


async def find(conn: AsyncConnection, owner: str) -> RowMapping | None:
    """The installation as it is now, by its id, removed or not; None: there is none."""
    return (await conn.execute(_BY_ID, {"owner": owner})).mappings().one_or_none()


async def next_due(conn: AsyncConnection) -> float | None:
    """When the next token is to be tried or renewed; None: there is none."""
    due_at: float | None = (await conn.execute(_NEXT_DUE)).scalar()
    return due_at


async def suspect(conn: AsyncConnection, owner: str, *, now: float) -> None:
    """Have a token tried now, of which a call has just said that it is dead."""
    await conn.execute(_SOON, {"owner": owner, "now": now})


async def later(conn: AsyncConnection, held: Held, *, due_at: float) -> None:
    """Give a token back of which nothing was learnt."""
    await conn.execute(_LATER, {"owner": held.id, "held_by": held.lease_token, "when": due_at})


async def works(conn: AsyncConnection, held: Held, now_is: Installation, *, now: float) -> None:
    """Store what Slack says of an installation whose token works.

    A workspace may have moved into an Enterprise organisation: what is open there moves with it. One that
    counted as removed is back.

    Args:
        conn: a writing transaction.
        held: as it was claimed.
        now_is: as Slack tells it.
        now: seconds since the epoch.
    """
    values = {"enterprise": now_is.enterprise_id, "bot": now_is.bot_id, "granted": ",".join(now_is.scopes)}
    if await _told(conn, _WORKS, held, due_at=now_is.looked_at_next(now), **values):
        if now_is.team_id is not None and now_is.enterprise_id not in {None, held.row["enterprise_id"]}:
            for statement in _JOIN:
                joined = {"team": now_is.team_id, "enterprise": now_is.enterprise_id}
                await conn.execute(statement, joined)
        await _back(conn, held.row, now=now)


async def renewed(
    conn: AsyncConnection,
    row: RowMapping,
    now_is: Installation,
    *,
    access: Sealed | None,
    refresh: Sealed | None,
    now: float,
) -> bool:
    """Store both new tokens at once, in place of those that they were given for.

    No lease is asked for, and whoever has taken the row over meanwhile loses it: all they could have is what
    was spent.

    Args:
        conn: a writing transaction.
        row: as it stands there now, with the tokens before.
        now_is: as it is now.
        access: its token, sealed.
        refresh: what gives the next one, sealed; None: nothing does, it does not expire any more.
        now: seconds since the epoch.

    Returns:
        False: it stands there no more: it was installed anew, or removed.
    """
    values = {"owner": row["id"], "before": row["bot_token"].token, "access": access, "refresh": refresh}
    values |= {"ends": now_is.expires_at, "when": now_is.looked_at_next(now)}
    stored = (await conn.execute(_RENEWED, values)).rowcount > 0
    if stored:
        await _back(conn, row, now=now)
    return stored


async def dead(conn: AsyncConnection, held: Held, *, now: float, again_at: float) -> bool:
    """Count an installation as removed whose token is not taken; it is kept, and tried again.

    Returns:
        False: another holder has the row now, or it counted as removed before.
    """
    is_news = held.row["removed_at"] is None and await _told(conn, _DEAD, held, due_at=again_at, now=now)
    if is_news:
        await _log(conn, held.id, Action.UNINSTALLED, now=now)
    elif held.row["removed_at"] is not None:
        await later(conn, held, due_at=again_at)
    return is_news


async def _told(
    conn: AsyncConnection, statement: Update, held: Held, *, due_at: float, **values: Any
) -> bool:
    values |= {"owner": held.id, "held_by": held.lease_token, "when": due_at}
    return (await conn.execute(statement, values)).rowcount > 0


async def _back(conn: AsyncConnection, row: RowMapping, *, now: float) -> None:
    if row["removed_at"] is not None:
        await removals.came_back(conn, [row["id"]], now=now)
        await _log(conn, row["id"], Action.INSTALLED, now=now)


async def _log(conn: AsyncConnection, owner: str, action: Action, *, now: float) -> None:
    """Nobody did it: it was seen by the token."""
    entry = Entry(team_id=owner, action=action, subject=owner, actor=None, details={"seen": "by its token"})
    await audit.append(conn, entry, now=now)
