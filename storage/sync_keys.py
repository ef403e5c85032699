"""The API keys with which installations pay at sync.so: one in use for each, and those it has replaced.

A key is a credential, and its account the organisation behind it: what was sent is settled with any key of
its account, so a replaced one is kept until nothing needs it any more.

Every change of a row comes first in its transaction, before any order's or job's.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import Insert, bindparam, exists, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.encryption import Sealed, SealedFor, Where
from storage.schema import sync_keys
from storage.upserts import insert_into

APP: Final = ""
"""Owns the key of the settings, as an installation owns its own."""


def key_at(key_id: str) -> Where:
    """Where a key itself is sealed."""
    return Where("sync_keys", "api_key", key_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """What is known of a key that sync.so has taken."""

    id: str
    owner_id: str
    """The installation's id, or `APP`."""
    account_key: str
    """What names the account: see `bot.teams.accounts`."""
    account_name: str | None
    """As its organisation calls itself; None: sync.so did not tell."""
    last_four: str
    """Its last characters, by which people know it."""
    connected_by: str | None
    """The person's id; None: whoever runs the app."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey(KeyFacts):
    """A key to be put."""

    api_key: SealedFor


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncKey(KeyFacts):
    """One row of `sync_keys`. Times are seconds since the epoch."""

    api_key: Sealed
    connected_at: float
    refused_at: float | None
    """Since when sync.so does not take it; None: it does."""
    replaced_at: float | None
    """None: it is in use."""
    due_at: float | None
    """When something is to be done for it; None: never."""
    lease_token: str | None
    attempts: int

    @property
    def in_use(self) -> bool:
        """Whether new work is paid with it."""
        return self.replaced_at is None


_NAMES: Final = tuple(field.name for field in fields(SyncKey))
_COLUMNS: Final = tuple(sync_keys.c[name] for name in _NAMES)
_IN_USE = sync_keys.c.replaced_at.is_(None)
_IS_OWNERS = sync_keys.c.owner_id == bindparam("owner")
_IS_OF = sync_keys.c.owner_id.in_(bindparam("owners", expanding=True))
_OF_OWNERS = select(*_COLUMNS).where(_IS_OF).order_by(sync_keys.c.replaced_at.desc(), sync_keys.c.id)
_ALL = select(*_COLUMNS).order_by(sync_keys.c.owner_id, sync_keys.c.connected_at, sync_keys.c.id)
_REPLACE = (
    update(sync_keys)
    .where(_IS_OWNERS, _IN_USE)
    .values(replaced_at=bindparam("now"), due_at=bindparam("now"), lease_token=None, attempts=0)
    .returning(*_COLUMNS)
)
_PAYS = select(literal(1)).where(
    exists().where(_IS_OF, _IN_USE, sync_keys.c.account_key == bindparam("of_account"))
)


async def put(conn: AsyncConnection, new: NewKey, *, now: float) -> bool:
    """Use this key from now on, in place of the one that its owner has used; whether there was one.

    Of two that are put at the same time the later one is in use.
    """
    row = asdict(new) | {"api_key": new.api_key, "connected_at": now, "due_at": now, "attempts": 0}
    inserted = replaced = False
    while not inserted:
        before = await conn.execute(_REPLACE, {"owner": new.owner_id, "now": now})
        replaced = replaced or before.first() is not None
        # Nothing is inserted where another put has overtaken: the next look sees its key, and replaces it.
        inserted = (await conn.execute(_put(conn.dialect.name), row)).first() is not None
    return replaced


async def take_away(conn: AsyncConnection, owner_id: str, *, now: float) -> SyncKey | None:
    """Use no key any more; what was sent is still settled with it. None: there was none in use."""
    row = (await conn.execute(_REPLACE, {"owner": owner_id, "now": now})).first()
    return None if row is None else _record(row)


async def of_owners(conn: AsyncConnection, owners: Collection[str]) -> list[SyncKey]:
    """All keys of these owners, those in use first, then the last replaced."""
    found = [_record(row) for row in await conn.execute(_OF_OWNERS, {"owners": sorted(owners)})]
    return sorted(found, key=lambda key: not key.in_use)


async def every(conn: AsyncConnection) -> list[SyncKey]:
    """Every key that is kept, of all owners: for whoever runs the app."""
    return [_record(row) for row in await conn.execute(_ALL)]


async def pays(conn: AsyncConnection, account_key: str, owners: Collection[str]) -> bool:
    """Whether one of these owners uses a key of the account now."""
    values = {"of_account": account_key, "owners": sorted(owners)}
    return (await conn.execute(_PAYS, values)).first() is not None


def _record(row: Any) -> SyncKey:
    return SyncKey(**dict(zip(_NAMES, row, strict=True)))


@cache
def _put(engine: str) -> Insert:
    insert = insert_into(sync_keys, engine)
    only_one = insert.on_conflict_do_nothing(index_elements=[sync_keys.c.owner_id], index_where=_IN_USE)
    return only_one.returning(sync_keys.c.id)
