"""The API keys with which installations pay at sync.so: one in use for each, and those it has replaced.

A key is a credential, and its account the organisation behind it: what was sent is settled with any key of
its account, so a replaced one is kept until nothing needs it any more.

Every change of a row comes first in its transaction, before any order's or job's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Insert,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.encryption import Sealed, SealedFor, Where
from storage.schema import bills, inputs, jobs, leftovers, sync_keys
from storage.serving import is_served_by
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey(KeyFacts):
    """A key to be put."""

    api_key: SealedFor


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncKey(KeyFacts):
    """One row of `sync_keys`. Times are seconds since the epoch."""

    api_key: Sealed
    connected_at: float
    replaced_at: float | None
    """None: it is in use."""
    refused_at: float | None
    """Since when sync.so does not accept it; None: it does, as far as is known."""

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
_OF_ACCOUNT = (
    select(*_COLUMNS)
    .where(sync_keys.c.account_key == bindparam("account"))
    .order_by(sync_keys.c.replaced_at.is_not(None), sync_keys.c.connected_at.desc(), sync_keys.c.id)
)
_ALL = select(*_COLUMNS).order_by(sync_keys.c.owner_id, sync_keys.c.connected_at, sync_keys.c.id)
_REPLACE = (
    update(sync_keys).where(_IS_OWNERS, _IN_USE).values(replaced_at=bindparam("now")).returning(*_COLUMNS)
)
_PAYERS = select(sync_keys.c.owner_id, sync_keys.c.account_key).where(_IN_USE)
_PAYING = _PAYERS.where(_IS_OF).with_for_update(read=True)
_CHANGES = select(
    func.count(),
    func.count(sync_keys.c.replaced_at),
    func.max(sync_keys.c.connected_at),
    func.max(sync_keys.c.replaced_at),
).select_from(sync_keys)


def _is_owed(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether something stands under a key's account that is its owner's; in a statement."""
    return exists().where(_is_under(table), *conditions)


def _is_under(table: Table) -> ColumnElement[bool]:
    is_owners = or_(
        sync_keys.c.owner_id == APP,
        table.c.team_id == sync_keys.c.owner_id,
        table.c.enterprise_id == sync_keys.c.owner_id,
    )
    return and_(table.c.account_key == sync_keys.c.account_key, is_owners)


def is_left_behind(table: Table) -> ColumnElement[bool]:
    """Whether a row stands under an account that pays for its workspace no more; in a statement.

    Only as long as a key of that account is kept: afterwards nothing can be done there.
    """
    is_kept = exists().where(_is_under(table)).correlate(table)
    serves = or_(sync_keys.c.owner_id == APP, is_served_by(table, sync_keys.c.owner_id, sync_keys))
    still_pays = exists().where(_is_under(table), _IN_USE, serves).correlate(table)
    return and_(is_kept, ~still_pays)


_FORGET = delete(sync_keys).where(
    sync_keys.c.replaced_at <= bindparam("replaced_before"),
    or_(
        sync_keys.c.replaced_at <= bindparam("at_last_before"),
        and_(
            ~_is_owed(jobs, jobs.c.ended_at.is_(None)),
            ~_is_owed(bills, bills.c.due_at.is_not(None)),
            ~_is_owed(leftovers, leftovers.c.due_at.is_not(None)),
            ~_is_owed(inputs, inputs.c.asset_id.is_not(None)),
        ),
    ),
)


async def put(conn: AsyncConnection, new: NewKey, *, now: float) -> bool:
    """Use this key from now on, in place of the one that its owner has used; whether there was one.

    Of two that are put at the same time the later one is in use.
    """
    row = asdict(new) | {"api_key": new.api_key, "connected_at": now}
    inserted = replaced = False
    while not inserted:
        before = await conn.execute(_REPLACE, {"owner": new.owner_id, "now": now})
        replaced = replaced or before.first() is not None
        # Nothing is inserted where another put has overtaken: the next look sees its key, and replaces it.
        inserted = (await conn.execute(_put(conn.dialect.name), row)).first() is not None
    return replaced


async def in_use(conn: AsyncConnection, owners: Sequence[str]) -> SyncKey | None:
    """The key that pays for what these owners begin now, the first one's before the next one's."""
    return first_in_use(await of_owners(conn, owners), owners)


def first_in_use(keys: Iterable[SyncKey], owners: Sequence[str]) -> SyncKey | None:
    """Of some keys, the one in use of the first owner who has one."""
    of_owner = {key.owner_id: key for key in keys if key.in_use}
    return next((of_owner[owner] for owner in owners if owner in of_owner), None)


async def take_away(conn: AsyncConnection, owner_id: str, *, now: float) -> SyncKey | None:
    """Use no key any more; what was sent is still settled with it. None: there was none in use."""
    row = (await conn.execute(_REPLACE, {"owner": owner_id, "now": now})).first()
    return None if row is None else _record(row)


async def of_owners(conn: AsyncConnection, owners: Collection[str]) -> list[SyncKey]:
    """All keys of these owners, those in use first, then the last replaced."""
    found = [_record(row) for row in await conn.execute(_OF_OWNERS, {"owners": sorted(owners)})]
    return sorted(found, key=lambda key: not key.in_use)


async def of_account(conn: AsyncConnection, account_key: str) -> list[SyncKey]:
    """All keys of an account, whoever's, those in use first: for what is no team's."""
    return [_record(row) for row in await conn.execute(_OF_ACCOUNT, {"account": account_key})]


async def forget_unneeded(conn: AsyncConnection, *, replaced_before: float, at_last_before: float) -> int:
    """Delete replaced keys with which nothing is left to settle; how many it were.

    Args:
        conn: a writing transaction.
        replaced_before: younger ones stay: what is being sent just now may not be stored yet.
        at_last_before: older ones go, whatever is still open.
    """
    values = {"replaced_before": replaced_before, "at_last_before": at_last_before}
    return (await conn.execute(_FORGET, values)).rowcount


async def every(conn: AsyncConnection) -> list[SyncKey]:
    """Every key that is kept, of all owners: for whoever runs the app."""
    return [_record(row) for row in await conn.execute(_ALL)]


async def pays(conn: AsyncConnection, account_key: str, owners: Sequence[str]) -> bool:
    """Whether the account is the one that pays now, and until the transaction ends; see `paying`.

    Returns:
        False as well where a key is just being replaced, be it by one of the same account: look anew.
    """
    return await paying(conn, owners) == account_key


async def paying(conn: AsyncConnection, owners: Sequence[str]) -> str | None:
    """The account that pays now, and until the transaction ends.

    Args:
        conn: a writing transaction, before it changes anything.
        owners: whose keys may pay, the first one's before the next one's.

    Returns:
        None: none does. Where a key is just being replaced, what it is replaced by does not count yet.
    """
    return first_of(_by_owner(await conn.execute(_PAYING, {"owners": sorted(owners)})), owners)


async def payers(conn: AsyncConnection) -> dict[str, str]:
    """The account that each owner pays with, of all who pay with any."""
    return _by_owner(await conn.execute(_PAYERS))


def first_of(accounts: Mapping[str, str], owners: Sequence[str]) -> str | None:
    """Of the accounts that owners pay with, that of the first owner who has one."""
    return next((accounts[owner] for owner in owners if owner in accounts), None)


async def changes(conn: AsyncConnection) -> tuple[Any, ...]:
    """Another answer than before where a key was put, replaced or taken away since; one look at an index."""
    return tuple((await conn.execute(_CHANGES)).one())


def _by_owner(rows: Iterable[Any]) -> dict[str, str]:
    return {owner: account_key for owner, account_key in rows}  # noqa: C416 - rows are no pairs to mypy


def _record(row: Any) -> SyncKey:
    return SyncKey(**dict(zip(_NAMES, row, strict=True)))


@cache
def _put(engine: str) -> Insert:
    insert = insert_into(sync_keys, engine)
    only_one = insert.on_conflict_do_nothing(index_elements=[sync_keys.c.owner_id], index_where=_IN_USE)
    return only_one.returning(sync_keys.c.id)
