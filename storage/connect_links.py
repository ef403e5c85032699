"""One-time links to the page where an admin connects a sync.so account, and the browsers they led to.

The table holds hashes of links and cookies, so that whoever reads it can use none.
"""

from dataclasses import asdict, dataclass, fields
from typing import Final

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.hashed import hashed
from storage.schema import connect_sessions, connect_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """For whom, and for which installation, an account is to be connected."""

    owner_id: str
    """The installation's id."""
    enterprise_id: str | None
    team_id: str
    user_id: str
    """The admin who asked for the link."""
    user_name: str
    """As people know them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Invitation):
    """A link that was opened and confirmed, in one browser."""

    opened_at: float
    """Seconds since the epoch."""


_NAMES: Final = tuple(field.name for field in fields(Invitation))
_INVITED: Final = tuple(connect_tokens.c[name] for name in _NAMES)
_OPENED: Final = tuple(connect_sessions.c[field.name] for field in fields(Session))
_IS_LINK = connect_tokens.c.token_hash == bindparam("of_token")
_IS_GOOD = connect_tokens.c.expires_at > bindparam("now")
_FIND = select(*_INVITED).where(_IS_LINK, _IS_GOOD)
_SPEND = delete(connect_tokens).where(_IS_LINK, _IS_GOOD).returning(*_INVITED)
_SESSION = select(*_OPENED).where(
    connect_sessions.c.session_hash == bindparam("of_session"),
    connect_sessions.c.expires_at > bindparam("now"),
)
_SPENT = select(*_OPENED).where(connect_sessions.c.token_hash == bindparam("of_token"))
_OLD_LINKS = delete(connect_tokens).where(connect_tokens.c.expires_at <= bindparam("now"))
_OLD_SESSIONS = delete(connect_sessions).where(connect_sessions.c.expires_at <= bindparam("now"))


async def begin(conn: AsyncConnection, token: str, invitation: Invitation, *, until: float) -> None:
    """Let a link lead to the page until then."""
    row = asdict(invitation) | {"token_hash": hashed(token), "expires_at": until}
    await conn.execute(insert(connect_tokens), row)


async def find(conn: AsyncConnection, token: str, *, now: float) -> Invitation | None:
    """What a link is for; None: it was spent, is too old, or never was. Looking spends nothing."""
    row = (await conn.execute(_FIND, {"of_token": hashed(token), "now": now})).mappings().first()
    return None if row is None else Invitation(**row)


async def spend(
    conn: AsyncConnection, token: str, session: str, *, now: float, until: float
) -> Invitation | None:
    """Have a link lead to one browser, which is known by its cookie until then.

    Of several that spend it at once, one does. None: it was spent, is too old, or never was.
    """
    row = (await conn.execute(_SPEND, {"of_token": hashed(token), "now": now})).mappings().first()
    if row is None:
        return None
    opened = dict(row) | {
        "session_hash": hashed(session),
        "token_hash": hashed(token),
        "opened_at": now,
        "expires_at": until,
    }
    await conn.execute(insert(connect_sessions), opened)
    return Invitation(**row)


async def session_of(conn: AsyncConnection, session: str, *, now: float) -> Session | None:
    """What the browser with this cookie may do; None: nothing (any more)."""
    values = {"of_session": hashed(session), "now": now}
    row = (await conn.execute(_SESSION, values)).mappings().first()
    return None if row is None else Session(**row)


async def spent(conn: AsyncConnection, token: str) -> Session | None:
    """What became of a link that was spent; None: nothing, or that is forgotten."""
    row = (await conn.execute(_SPENT, {"of_token": hashed(token)})).mappings().first()
    return None if row is None else Session(**row)


async def forget_old(conn: AsyncConnection, *, now: float) -> None:
    """Delete what leads nowhere any more."""
    for statement in (_OLD_LINKS, _OLD_SESSIONS):
        await conn.execute(statement, {"now": now})
