"""The end of an installation: its key goes with its workspace's data, as soon as nothing needs them any more.

What stays is the books, without names and without anything that people wrote: what was spent, but not for
what project, and by whom under pseudonyms that lead back to nobody; and the audit log without its personal
part.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import audit as audit_log
from storage import bills, pseudonyms
from storage.jobs import JobStatus
from storage.schema import (
    audit,
    audit_heads,
    bodies,
    budgets,
    differences,
    inputs,
    installations,
    jobs,
    ledger,
    leftovers,
    metadata,
    order_inputs,
    orders,
    pauses,
    sync_keys,
    team_access,
)
from storage.schema import bills as bill_rows
from storage.serving import is_served

BOOKS: Final = frozenset({ledger, budgets, bill_rows, differences, audit, audit_heads})
"""Kept when all else of a workspace goes; what people wrote in `audit`, `differences`, `ledger` goes, too."""
_OWNER: Final = frozenset({"owner_id", "installation_id"})
"""What a column is called that names the installation a row belongs to."""
_OWN: Final = frozenset({installations, team_access})
"""They say that the app was there, and go last."""


@dataclass(frozen=True, slots=True)
class Removed:
    """An installation that has ended, and is kept for what is still to be settled.

    Or a workspace without one of its own, of whose organisation's it was taken out.
    """

    id: str
    removed_at: float
    """Seconds since the epoch."""
    may_come_back: bool
    """It ended since its token was not taken any more: that is still tried, and may have been a mistake."""


_REMOVED = select(
    installations.c.id, installations.c.removed_at, installations.c.bot_token.is_not(None)
).where(installations.c.removed_at.is_not(None))
_HAS_OWN = exists().where(installations.c.id == team_access.c.team_id)
_TAKEN_OUT = (
    select(team_access.c.team_id, func.max(team_access.c.told_at))
    .where(team_access.c.granted.is_(False), ~_HAS_OWN)
    .group_by(team_access.c.team_id)
)


def _owned(table: Table) -> ColumnElement[bool]:
    return or_(table.c.team_id == bindparam("owner"), table.c.enterprise_id == bindparam("owner"))


def _is_with_its_key(table: Table) -> ColumnElement[bool]:
    its_accounts = select(sync_keys.c.account_key).where(sync_keys.c.owner_id == bindparam("owner"))
    return table.c.account_key.in_(its_accounts)


def _needs_it(table: Table, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether something is open that goes with it; what is served without it needs at most its key."""
    return exists().where(condition, _owned(table), or_(~is_served(table), _is_with_its_key(table)))


def _needs_its_key(table: Table, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether something that is served without it comes to its end by itself, with its key."""
    return exists().where(condition, _owned(table), is_served(table), _is_with_its_key(table))


_IS_ASKED_FOR = bill_rows.c.due_at.is_not(None)
_IS_TO_BE_DELETED = leftovers.c.due_at.is_not(None)
_IS_NEEDED = select(
    or_(
        _needs_it(jobs, jobs.c.ended_at.is_(None)),
        _needs_it(bill_rows, _IS_ASKED_FOR),
        _needs_it(leftovers, _IS_TO_BE_DELETED),
        _needs_it(inputs, inputs.c.asset_id.is_not(None)),
    )
)
_COMES_BY_ITSELF: Final = (JobStatus.SUBMITTING, JobStatus.PROCESSING, JobStatus.DELIVERING)
_IS_NEEDED_ELSEWHERE = select(
    or_(
        _needs_its_key(jobs, jobs.c.status.in_(_COMES_BY_ITSELF)),
        _needs_its_key(bill_rows, _IS_ASKED_FOR),
        _needs_its_key(leftovers, _IS_TO_BE_DELETED),
    )
)
_WITH_OWNERS: Final = tuple(
    table
    for table in metadata.sorted_tables
    if {"team_id", "enterprise_id"} <= set(table.c.keys()) and table not in BOOKS | _OWN
)


def _teams_in(table: Table) -> Select[tuple[str]]:
    """The workspaces that nothing serves and that have no installation of their own that is kept, too."""
    has_own = exists().where(installations.c.id == table.c.team_id, installations.c.id != bindparam("owner"))
    return select(table.c.team_id).where(_owned(table), ~is_served(table), ~has_own)


@cache
def _teams() -> Any:
    """Statements over all tables are built with the first purge, not at the start."""
    return union(*map(_teams_in, _WITH_OWNERS))


_STILL_REMOVED = (
    select(installations.c.id)
    .where(installations.c.id == bindparam("owner"), installations.c.removed_at.is_not(None))
    .with_for_update()
)
_STILL_TAKEN_OUT = (
    select(team_access.c.team_id)
    .where(team_access.c.team_id == bindparam("owner"), team_access.c.granted.is_(False), ~_HAS_OWN)
    .with_for_update()
)


def _some(table: Table, condition: ColumnElement[bool]) -> Delete:
    return delete(table).where(_at_most(table, condition))


def _at_most(table: Table, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    keys = list(table.primary_key.columns)
    key = keys[0] if len(keys) == 1 else tuple_(*keys)
    return key.in_(select(*keys).where(condition).limit(bindparam("at_most")))


def _impersonal(condition: ColumnElement[bool]) -> Update:
    """Leave nothing in a log that tells of people, nor the salts by which ids could be tried out."""
    found = _at_most(audit, and_(audit.c.salt.is_not(None), condition))
    return update(audit).where(found).values(personal=None, salt=None)


def _without_project(condition: ColumnElement[bool]) -> Update:
    """Leave nothing in the ledger that people wrote."""
    found = _at_most(ledger, and_(ledger.c.project.is_not(None), condition))
    return update(ledger).where(found).values(project=None)


def _of_teams(table: Table) -> ColumnElement[bool]:
    return table.c.team_id.in_(bindparam("teams", expanding=True))


def _each_of_data() -> Iterator[Delete | Update]:
    """What belongs to orders and jobs comes before these, by which the workspaces are found."""
    yield _impersonal(_of_teams(audit))
    yield _without_project(_of_teams(ledger))
    yield _some(bodies, bodies.c.job_id.in_(select(jobs.c.id).where(_of_teams(jobs))))
    yield _some(order_inputs, order_inputs.c.order_id.in_(select(orders.c.id).where(_of_teams(orders))))
    for table in metadata.sorted_tables:
        if "team_id" in table.c and table not in BOOKS | _OWN:
            yield _some(table, _of_teams(table))


def _each_owned() -> Iterator[Delete]:
    """What belongs to the installation itself: above all its keys."""
    for table in set(metadata.sorted_tables) - BOOKS:
        for name in _OWNER.intersection(table.c.keys()):
            yield delete(table).where(table.c[name] == bindparam("owner"))
    # What an operator stopped is not let go on by an app that is removed and installed again.
    yield delete(pauses).where(pauses.c.scope_id == bindparam("owner"), pauses.c.by != audit_log.OPERATOR)


@cache
def _data() -> Sequence[Delete | Update]:
    return tuple(_each_of_data())


@cache
def _owned_by_it() -> Sequence[Delete]:
    return tuple(_each_owned())


_OWN_LOG: Final = _impersonal(
    and_(audit.c.team_id == bindparam("owner"), ~exists().where(orders.c.team_id == bindparam("owner")))
)
"""Orders that are left are of a workspace that its organisation's app still serves: so is that log."""
_OWN_PROJECTS: Final = _without_project(ledger.c.owner_id == bindparam("owner"))
"""Also of a workspace that something else serves: nobody can read these budgets any more."""
_WORDLESS = update(differences).where(differences.c.owner_id == bindparam("owner")).values(reason=None)
_UNUSED_BUDGETS = delete(budgets).where(
    budgets.c.owner_id == bindparam("owner"), budgets.c.held == 0, budgets.c.spent == 0
)
"""Of whom nothing is in the ledger; only raised, they still name somebody."""
_PEOPLE_AT_ONCE: Final = 20
_ENTRIES_AT_ONCE: Final = 10_000
"""A person with more of them goes by several pseudonyms."""
_AFTER_ALL: Final = "9999-12"
_FORGET = delete(installations).where(
    installations.c.id == bindparam("owner"), installations.c.removed_at.is_not(None)
)
_FORGET_ACCESS = delete(team_access).where(team_access.c.enterprise_id == bindparam("owner"))


async def removed(conn: AsyncConnection) -> list[Removed]:
    """Every installation that has ended and is kept, and every workspace that was taken out of one."""
    ended = [Removed(*row) for row in await conn.execute(_REMOVED)]
    return ended + [Removed(*row, may_come_back=False) for row in await conn.execute(_TAKEN_OUT)]


async def is_needed(conn: AsyncConnection, owner: str) -> bool:
    """Whether something of it is still open: a video, a bill, or a file that is to be deleted at sync.so."""
    return bool((await conn.execute(_IS_NEEDED, {"owner": owner})).scalar())


async def is_needed_elsewhere(conn: AsyncConnection, owner: str) -> bool:
    """Whether a workspace that is served without it has something at sync.so that ends with its key only."""
    return bool((await conn.execute(_IS_NEEDED_ELSEWHERE, {"owner": owner})).scalar())


async def teams_of(conn: AsyncConnection, owner: str) -> Sequence[str]:
    """The workspaces of an installation that no other one serves."""
    return sorted(team_id for (team_id,) in await conn.execute(_teams(), {"owner": owner}))


async def purge(conn: AsyncConnection, owner: str, *, now: float, limit: int) -> bool:
    """Delete some of what is kept of an installation that has ended, at last its key and itself.

    The audit log's rows stay; what they tell of people goes.

    Args:
        conn: a writing transaction.
        owner: its id, or the workspace's; where the app is again it keeps what there is left.
        now: seconds since the epoch.
        limit: at most so many rows.

    Returns:
        Whether there is more to delete.
    """
    if not await _is_still_removed(conn, owner):
        return False
    teams = await teams_of(conn, owner)
    if teams:
        await bills.untold(conn, await bills.open_of(conn, teams), now=now)
    for statement in _data() if teams else ():
        if (await conn.execute(statement, {"teams": teams, "at_most": limit})).rowcount:
            return True
    for statement in (_OWN_LOG, _OWN_PROJECTS):
        if (await conn.execute(statement, {"owner": owner, "at_most": limit})).rowcount:
            return True
    if await _rename_people(conn, owner, limit):
        return True
    await conn.execute(_UNUSED_BUDGETS, {"owner": owner})
    await conn.execute(_WORDLESS, {"owner": owner})
    for statement in (*_owned_by_it(), _FORGET_ACCESS, _FORGET):
        await conn.execute(statement, {"owner": owner})
    return False


async def _rename_people(conn: AsyncConnection, owner: str, limit: int) -> bool:
    """Take some people's names from the books; whether there may be more. Nobody can ask who is who.

    A name that cannot be taken, in a month that never was, does not hold up the rest.
    """
    number = 0
    for user_id in await pseudonyms.named(conn, owner, limit=_PEOPLE_AT_ONCE):
        new = pseudonyms.new_pseudonym()
        number += await pseudonyms.rename(
            conn, owner, user_id, new, before_month=_AFTER_ALL, limit=_ENTRIES_AT_ONCE
        )
        if number >= limit:
            break
    return number > 0


async def _is_still_removed(conn: AsyncConnection, owner: str) -> bool:
    for query in (_STILL_REMOVED, _STILL_TAKEN_OUT):
        if (await conn.execute(query, {"owner": owner})).first() is not None:
            return True
    return False
