"""Installs that somebody has begun in a browser: each is spent once, by that browser, within minutes.

Kept are hashes alone: whoever reads the database can finish none of them.
"""

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.hashed import hashed
from storage.schema import install_states

_SPEND = (
    delete(install_states)
    .where(
        install_states.c.state_hash == bindparam("state"),
        install_states.c.browser_hash == bindparam("browser"),
        install_states.c.expires_at > bindparam("now"),
    )
    .returning(install_states.c.state_hash)
)
MOST_OPEN = 10_000
"""Anybody may begin one: so many in ten minutes are nobody's who installs the app."""
_IS_FULL = (
    select(install_states.c.expires_at)
    .where(install_states.c.expires_at > bindparam("now"))
    .offset(bindparam("most"))
    .limit(1)
)
_FORGET = delete(install_states).where(install_states.c.expires_at <= bindparam("now"))


async def begin(conn: AsyncConnection, *, state: str, browser: str, now: float, life_s: float) -> bool:
    """Remember that a browser was sent to Slack with this state; False: too many were, just now.

    Args:
        conn: a writing transaction.
        state: unguessable; Slack brings it back.
        browser: unguessable; the browser's cookie.
        now: seconds since the epoch.
        life_s: for how long it may come back.
    """
    if (await conn.execute(_IS_FULL, {"now": now, "most": MOST_OPEN - 1})).first() is not None:
        return False
    row = {"state_hash": hashed(state), "browser_hash": hashed(browser), "expires_at": now + life_s}
    await conn.execute(insert(install_states), row)
    return True


async def spend(conn: AsyncConnection, *, state: str, browser: str, now: float) -> bool:
    """Take an install up again; False: it was, it began too long ago or in another browser, or never."""
    values = {"state": hashed(state), "browser": hashed(browser), "now": now}
    return (await conn.execute(_SPEND, values)).first() is not None


async def forget_old(conn: AsyncConnection, *, now: float) -> None:
    """Delete those that nobody can come back with any more."""
    await conn.execute(_FORGET, {"now": now})
