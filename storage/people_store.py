"""The table of people: what Slack told last, for other processes and for when Slack does not answer."""

from collections.abc import Sequence
from dataclasses import asdict, fields

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.people import ADMINISTRATORS, Profile
from storage.schema import people
from storage.upserts import upsert

_COLUMNS = tuple(people.c[part.name] for part in fields(Profile))
_OF_INSTALLATION = people.c.installation_id == bindparam("installation_id")
_FIND = select(*_COLUMNS).where(_OF_INSTALLATION, people.c.user_id == bindparam("user_id"))
_ADMINISTRATORS = (
    select(people.c.user_id)
    .where(_OF_INSTALLATION, people.c.membership.in_(sorted(ADMINISTRATORS)))
    .order_by(people.c.told_at.desc(), people.c.user_id)
    .limit(bindparam("at_most"))
)


async def find(conn: AsyncConnection, installation_id: str, user_id: str) -> Profile | None:
    """What was told last of a person; None: nothing ever was."""
    values = {"installation_id": installation_id, "user_id": user_id}
    row = (await conn.execute(_FIND, values)).mappings().one_or_none()
    return None if row is None else Profile(**row)


async def keep(conn: AsyncConnection, profile: Profile) -> None:
    """Store what was told now, in place of what was told before."""
    await upsert(conn, people, asdict(profile))


async def administrators(conn: AsyncConnection, installation_id: str, *, at_most: int) -> Sequence[str]:
    """Owners and admins that the app has met there, those it heard of latest first."""
    values = {"installation_id": installation_id, "at_most": at_most}
    return (await conn.execute(_ADMINISTRATORS, values)).scalars().all()
