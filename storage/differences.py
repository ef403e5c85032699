"""Where the ledger and sync.so's record do not meet: named once, and kept until a person closes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any, Final

from sqlalchemy import Insert, and_, bindparam, case, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.money import DifferenceKind
from storage.schema import differences
from storage.upserts import insert_into

NOBODYS: Final = ""
"""Owns what is for whoever runs the app: it cannot be told whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One row of `differences`. Times are seconds since the epoch, money is micro-dollars."""

    generation_id: str
    kind: DifferenceKind
    owner_id: str
    """The installation whose admins are told, or `NOBODYS`."""
    account_key: str
    order_id: str | None = None
    """None: no job of ours."""
    position: int | None = None
    ours: int
    """What the ledger counted as spent when it was found."""
    theirs: int | None
    """What sync.so's record says; None: nothing."""
    found_at: float
    told_at: float | None = None
    closed_at: float | None = None
    closed_by: str | None = None
    """Somebody's id, or `storage.audit.OPERATOR`; None: it is open, or the app has settled it."""
    reason: str | None = None
    """In their words; None: it is open, or what people wrote was deleted."""

    @property
    def wants_sum(self) -> bool:
        """Whether a person may name what a video of ours cost, since the record never told."""
        return self.kind is DifferenceKind.UNTOLD and self.order_id is not None and self.theirs is None


_COLUMNS: Final = tuple(differences.c[field.name] for field in fields(Difference))
_IS_OPEN = differences.c.closed_at.is_(None)
_IS_OWNERS = differences.c.owner_id == bindparam("of_owner")
_OLDEST_FIRST = (differences.c.found_at, differences.c.generation_id, differences.c.kind)
_OPEN_OF = select(*_COLUMNS).where(_IS_OWNERS, _IS_OPEN).order_by(*_OLDEST_FIRST).limit(bindparam("at_most"))
_COUNT_OPEN = select(func.count()).where(_IS_OWNERS, _IS_OPEN)
_IS_IT = (
    differences.c.generation_id == bindparam("of_generation"),
    differences.c.kind == bindparam("of_kind", type_=differences.c.kind.type),
    differences.c.owner_id == bindparam("of_owner"),
)
_FIND = select(*_COLUMNS).where(*_IS_IT)
_CLOSE = (
    update(differences)
    .where(*_IS_IT, _IS_OPEN)
    .values(closed_at=bindparam("now"), closed_by=bindparam("by"), reason=bindparam("why"))
    .returning(*_COLUMNS)
)
_SETTLE = (
    update(differences)
    .where(
        differences.c.account_key == bindparam("account"),
        differences.c.generation_id.in_(bindparam("generation_ids", expanding=True)),
        differences.c.kind == bindparam("of_kind", type_=differences.c.kind.type),
        _IS_OPEN,
    )
    .values(closed_at=bindparam("now"), reason=bindparam("why"))
    .returning(*_COLUMNS)
)
_LEARN = (
    update(differences)
    .where(
        differences.c.generation_id == bindparam("of_generation"),
        differences.c.kind == DifferenceKind.UNTOLD,
        _IS_OPEN,
    )
    .values(theirs=bindparam("sum"))
)
_IS_UNTOLD = and_(differences.c.told_at.is_(None), _IS_OPEN)
_OWNERS_UNTOLD = select(differences.c.owner_id).where(_IS_UNTOLD).distinct().order_by(differences.c.owner_id)
_TOLD = (
    update(differences).where(_IS_OWNERS, _IS_UNTOLD).values(told_at=bindparam("now")).returning(*_COLUMNS)
)


async def note(conn: AsyncConnection, found: Iterable[Difference]) -> None:
    """Store those that are new; of one that stands already, what the record has told since.

    Args:
        conn: a writing transaction.
        found: each as it is now, in any order.
    """
    rows = [asdict(each) for each in sorted(found, key=lambda each: (each.generation_id, each.kind))]
    if rows:
        await conn.execute(_note(conn.dialect.name), rows)


async def learn(conn: AsyncConnection, sums: Mapping[str, int]) -> None:
    """Note what the record says in the end of what it had not told; for a person to close all the same.

    Args:
        conn: a writing transaction.
        sums: in micro-dollars, by generation.
    """
    rows = [{"of_generation": each, "sum": micro} for each, micro in sorted(sums.items())]
    if rows:
        await conn.execute(_LEARN, rows)


async def open_of(conn: AsyncConnection, owner_id: str, *, at_most: int) -> Sequence[Difference]:
    """Those of an owner that nobody has closed yet, the oldest first."""
    values = {"of_owner": owner_id, "at_most": at_most}
    return [_record(row) for row in await conn.execute(_OPEN_OF, values)]


async def count_open(conn: AsyncConnection, owner_id: str) -> int:
    """How many of an owner's nobody has closed yet."""
    number: int = (await conn.execute(_COUNT_OPEN, {"of_owner": owner_id})).scalar_one()
    return number


async def every(conn: AsyncConnection, *, with_closed: bool) -> Sequence[Difference]:
    """Those of all owners, the oldest first: for whoever runs the app."""
    query = select(*_COLUMNS).order_by(*_OLDEST_FIRST)
    rows = await conn.execute(query if with_closed else query.where(_IS_OPEN))
    return [_record(row) for row in rows]


async def find(
    conn: AsyncConnection, owner_id: str, generation_id: str, kind: DifferenceKind
) -> Difference | None:
    """One of an owner's, open or closed; None: they have no such one."""
    values = {"of_owner": owner_id, "of_generation": generation_id, "of_kind": kind}
    row = (await conn.execute(_FIND, values)).first()
    return None if row is None else _record(row)


async def close(
    conn: AsyncConnection,
    owner_id: str,
    generation_id: str,
    kind: DifferenceKind,
    *,
    by: str,
    reason: str,
    now: float,
) -> Difference | None:
    """Note that a person has settled it, and how; None: it is not the owner's, or closed already.

    Args:
        conn: a writing transaction.
        owner_id: the installation for which they act, or `NOBODYS`.
        generation_id: sync.so's id.
        kind: in which way the two do not meet.
        by: their id.
        reason: in their words.
        now: seconds since the epoch.
    """
    values: dict[str, Any] = {"of_owner": owner_id, "of_generation": generation_id, "of_kind": kind}
    values |= {"by": by, "why": reason, "now": now}
    row = (await conn.execute(_CLOSE, values)).first()
    return None if row is None else _record(row)


async def settle(
    conn: AsyncConnection,
    account_key: str,
    generation_ids: Sequence[str],
    kind: DifferenceKind,
    *,
    reason: str,
    now: float,
) -> Sequence[Difference]:
    """Note that some of an account were none, as the app itself has found; returns those that were open."""
    values: dict[str, Any] = {"account": account_key, "generation_ids": generation_ids, "of_kind": kind}
    rows = await conn.execute(_SETTLE, values | {"why": reason, "now": now})
    return sorted((_record(row) for row in rows), key=lambda each: (each.owner_id, each.generation_id))


async def owners_untold(conn: AsyncConnection) -> Sequence[str]:
    """Whose there are that nobody was told of yet."""
    return list((await conn.execute(_OWNERS_UNTOLD)).scalars())


async def told(conn: AsyncConnection, owner_id: str, *, now: float) -> Sequence[Difference]:
    """Those of an owner that nobody was told of yet, the oldest first: they are said now."""
    rows = await conn.execute(_TOLD, {"of_owner": owner_id, "now": now})
    new = (_record(row) for row in rows)
    return sorted(new, key=lambda each: (each.found_at, each.generation_id, each.kind))


def _record(row: Any) -> Difference:
    names = (field.name for field in fields(Difference))
    return Difference(**dict(zip(names, row, strict=True)))


@cache
def _note(engine: str) -> Insert:
    """One that has changed since is open again, whatever was said of what it was before."""
    new = insert_into(differences, engine)
    has_changed = differences.c.theirs.is_not(None)
    kept = ("told_at", "closed_at", "closed_by", "reason")
    return new.on_conflict_do_update(
        index_elements=list(differences.primary_key.columns),
        set_={
            "theirs": new.excluded.theirs,
            **{name: case((has_changed, null()), else_=differences.c[name]) for name in kept},
        },
        where=new.excluded.theirs.is_not(None)
        & or_(differences.c.theirs.is_(None), differences.c.theirs != new.excluded.theirs),
    )
