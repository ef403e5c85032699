"""Generations that the app learnt of only after the export had listed them: ours after all, and listed.

Until then they were made elsewhere, or with a key of ours by somebody else; and they are not listed again.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import differences, ledger
from storage.differences import Difference
from storage.jobs import part_of
from storage.money import DifferenceKind
from storage.schema import bills, elsewhere
from storage.schema import differences as difference_rows

REASON: Final = "One of our own videos, as was learnt later."

_UNLISTED = (bills.c.account_key == bindparam("account"), bills.c.listed_at.is_(None))
_AS_OTHERS = and_(
    elsewhere.c.account_key == bills.c.account_key, elsewhere.c.generation_id == bills.c.generation_id
)
_AS_UNKNOWN = and_(
    difference_rows.c.account_key == bills.c.account_key,
    difference_rows.c.generation_id == bills.c.generation_id,
    difference_rows.c.kind == DifferenceKind.UNKNOWN_TO_US,
)
_OURS = (
    select(bills.c.job_id, bills.c.generation_id, elsewhere.c.finished_at)
    .outerjoin(elsewhere, _AS_OTHERS)
    .where(*_UNLISTED, elsewhere.c.generation_id.is_not(None) | exists().where(_AS_UNKNOWN))
    .order_by(bills.c.job_id)
)
_LISTED = (
    update(bills)
    .where(bills.c.job_id == bindparam("of_job"))
    .values(
        listed_at=bindparam("now"),
        finished_at=func.coalesce(bindparam("finished", type_=bills.c.finished_at.type), bills.c.finished_at),
    )
)
_NO_OTHERS = delete(elsewhere).where(
    elsewhere.c.account_key == bindparam("account"),
    elsewhere.c.generation_id.in_(bindparam("generation_ids", expanding=True)),
)


async def reconcile(conn: AsyncConnection, account_key: str, *, now: float) -> Sequence[Difference]:
    """Take what an account's export had listed as others' for ours, where there is a bill of it by now.

    Args:
        conn: a writing transaction.
        account_key: whose export it was.
        now: seconds since the epoch.

    Returns:
        The differences that were none, and are closed by this.
    """
    ours: Sequence[Any] = (await conn.execute(_OURS, {"account": account_key})).all()
    if not ours:
        return ()
    rows = [{"of_job": row.job_id, "now": now, "finished": row.finished_at} for row in ours]
    await conn.execute(_LISTED, rows)
    when = {part_of(row.job_id): row.finished_at for row in ours if row.finished_at is not None}
    await ledger.finished(conn, when)
    generation_ids = sorted({row.generation_id for row in ours})
    await conn.execute(_NO_OTHERS, {"account": account_key, "generation_ids": generation_ids})
    return await differences.settle(
        conn, account_key, generation_ids, DifferenceKind.UNKNOWN_TO_US, reason=REASON, now=now
    )
