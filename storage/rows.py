"""Rows with a status and a lease: made of guarded statements, each built once.

`orders` and `jobs` are changed the same way: a move names the statuses it may leave, a change the status it
was read with, and who holds a lease names it. A guard that does not hold changes nothing and gives None:
somebody else was first, which is a normal outcome and no error.

There are few different statements, one for each set of columns that some step changes; each is kept, so that
SQLAlchemy finds its compiled form without walking it again.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import cache
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Table, Update, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from storage.jobs import JOB_MOVES, Job, JobChanges
from storage.orders import ORDER_MOVES, Order, OrderChanges
from storage.schema import jobs, orders

NEW: Final = "new_"
HAS: Final = "has_"
"""Prefixes of bound values, stored and compared: in an UPDATE a column's own name is SQLAlchemy's."""

Row = TypeVar("Row", Order, Job)
Status = TypeVar("Status", bound=StrEnum)


class Rows(Generic[Row, Status]):
    """One table, and the record that its rows are."""

    def __init__(
        self,
        table: Table,
        record: type[Row],
        moves: Mapping[Status, frozenset[Status]],
        changeable: Iterable[str],
    ) -> None:
        self.table = table
        self.columns = tuple(table.c[field.name] for field in fields(record))
        """In the order of the record's fields, so that a row is a record as it comes."""
        self.ended = frozenset(status for status, targets in moves.items() if not targets)
        self._make: Callable[..., Row] = record
        self._moves = moves
        self._changeable = frozenset(changeable)
        self.by_id = select(*self.columns).where(table.c.id == bindparam("row_id"))
        self.by_id_locked = self.by_id.with_for_update()
        self.by_ids = select(*self.columns).where(table.c.id.in_(bindparam("row_ids", expanding=True)))

    def record(self, row: Sequence[Any]) -> Row:
        """The record of a row selected or returned by `columns`."""
        return self._make(*row)

    def sources_of(self, target: Status) -> frozenset[Status]:
        """The statuses from which a row may move to `target`."""
        return frozenset(source for source, targets in self._moves.items() if target in targets)

    async def find(self, conn: AsyncConnection, row_id: str, *, lock: bool = False) -> Row | None:
        """The row of any team; `lock`: others must not change it before the transaction ends."""
        row = (
            await conn.execute(self.by_id_locked if lock else self.by_id, {"row_id": row_id})
        ).one_or_none()
        return None if row is None else self.record(row)

    async def move(  # noqa: PLR0913 - each guard is a word of its own
        self,
        conn: AsyncConnection,
        row_id: str,
        to: Status,
        *,
        now: float,
        changes: Mapping[str, Any],
        guards: Mapping[str, Any],
        expect: Collection[Status] | None = None,
        keep_lease: bool = False,
    ) -> Row | None:
        """Move a row to another status, if it stands where it may come from.

        Frees it from its lease, begins its attempts anew, and makes it due at `due_at`, if that is among the
        changes, else never. Of several that move the same row at once, one succeeds.

        Raises:
            ValueError: no expected status may move there, or a change names no changeable column.
        """
        leaves = self.sources_of(to) if expect is None else self.sources_of(to) & frozenset(expect)
        if not leaves:
            raise ValueError(f"Nothing expected may become {to}")
        statement = self.move_update(
            to, leaves, frozenset(guards), self.change_names(changes), keep_lease=keep_lease
        )
        return await self._changed(conn, statement, row_id, now=now, guards=guards, changes=changes)

    async def save(
        self,
        conn: AsyncConnection,
        row: Row,
        *,
        now: float,
        changes: Mapping[str, Any],
        lease_token: str | None,
        anew: bool = False,
    ) -> Row | None:
        """Change a row that still has the status it was read with; a lease stays.

        Raises:
            ValueError: a change names no changeable column.
        """
        guards = {"status": row.status} | ({} if lease_token is None else {"lease_token": lease_token})
        statement = self.save_update(frozenset(guards), self.change_names(changes), anew=anew)
        return await self._changed(conn, statement, row.id, now=now, guards=guards, changes=changes)

    async def rest(
        self,
        conn: AsyncConnection,
        row_id: str,
        *,
        now: float,
        changes: Mapping[str, Any],
        lease_token: str,
        failed: bool,
    ) -> Row | None:
        """Give a held row back in the same status; a lease that holds is a status that did not change.

        Raises:
            ValueError: a change names no changeable column.
        """
        statement = self.rest_update(self.change_names(changes), failed=failed)
        guards = {"lease_token": lease_token}
        return await self._changed(conn, statement, row_id, now=now, guards=guards, changes=changes)

    def change_names(self, names: Iterable[str]) -> frozenset[str]:
        """The changes' names as a part of a prebuilt statement's key.

        Raises:
            ValueError: a name that is no column, or one that only the statements themselves may set.
        """
        asked = frozenset(names)
        if not asked <= self._changeable:
            raise ValueError(f"Not to be changed like this: {', '.join(sorted(asked - self._changeable))}")
        return asked

    @cache  # noqa: B019 - the few instances live as long as the program
    def move_update(
        self,
        to: Status,
        leaves: frozenset[Status],
        guards: frozenset[str],
        changes: frozenset[str],
        *,
        keep_lease: bool = False,
    ) -> Update:
        """A move: no attempts yet and, unless the lease is kept, free and not due, but by the changes."""
        moved: dict[str, Any] = {
            "status": to,
            "attempts": 0,
            "slow": False,
            "ended_at": bindparam("now") if to in self.ended else None,
        }
        freed = {} if keep_lease else {"lease_token": None, "due_at": None}
        # Spelled with OR, since an executemany cannot expand an IN.
        may_leave = or_(*(self.table.c.status == status for status in sorted(leaves)))
        return self._guarded(guards, {**moved, **freed, **self._values(changes)}).where(may_leave)

    @cache  # noqa: B019 - as above
    def save_update(self, guards: frozenset[str], changes: frozenset[str], *, anew: bool) -> Update:
        """A change in the same status."""
        begun = {"attempts": 0} if anew else {}
        return self._guarded(guards, {**begun, **self._values(changes)})

    @cache  # noqa: B019 - as above
    def rest_update(self, changes: frozenset[str], *, failed: bool) -> Update:
        """A held row given back."""
        rested = {"lease_token": None, "attempts": self.table.c.attempts + 1 if failed else 0}
        return self._guarded(frozenset({"lease_token"}), {**rested, **self._values(changes)})

    def _guarded(self, guards: Iterable[str], values: Mapping[str, Any]) -> Update:
        """An UPDATE of the row `:row_id` that does nothing unless each of `guards` has its bound value."""
        holds = [self.table.c[name] == bindparam(HAS + name) for name in sorted(guards)]
        return update(self.table).where(self.table.c.id == bindparam("row_id"), *holds).values(dict(values))

    def _values(self, changes: Iterable[str]) -> dict[str, Any]:
        """The caller's own changes, bound as `:new_…`, at the time `:now`."""
        new = {name: bindparam(NEW + name, type_=self.table.c[name].type) for name in sorted(changes)}
        return {**new, "updated_at": bindparam("now")}

    @cache  # noqa: B019 - as above
    def _returning(self, statement: Update) -> ReturningUpdate[Any]:
        return statement.returning(*self.columns)

    async def _changed(
        self,
        conn: AsyncConnection,
        statement: Update,
        row_id: str,
        *,
        now: float,
        guards: Mapping[str, Any],
        changes: Mapping[str, Any],
    ) -> Row | None:
        values = bound(row_id, changes, now=now, guards=guards)
        row = (await conn.execute(self._returning(statement), values)).one_or_none()
        return None if row is None else self.record(row)


def bound(
    row_id: str, changes: Mapping[str, Any], *, now: float, guards: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of a prebuilt statement."""
    values = {"row_id": row_id, "now": now}
    values |= {HAS + name: value for name, value in guards.items()}
    return values | {NEW + name: value for name, value in changes.items()}


ORDERS: Final = Rows(orders, Order, ORDER_MOVES, OrderChanges.__optional_keys__)
JOBS: Final = Rows(jobs, Job, JOB_MOVES, JobChanges.__optional_keys__)
