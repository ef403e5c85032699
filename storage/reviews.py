"""Reviews: how far sync.so's export of each account was read.

A range is read page by page, and the cursor of the next is stored with what a page tells: whoever is cut off,
another goes on behind the last page that was stored.

Every change of a row comes first in its transaction, before any bill's or job's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Final

from sqlalchemy import Insert, bindparam, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.leases import REVIEWS
from storage.schema import bills, elsewhere, reviews, sync_keys
from storage.upserts import insert_into

OVERLAP_S: Final = 3600.0
"""A range begins so long before the end of the last one: for what is listed late, and for a job whose
generation the app learns late."""
_FIRST_S: Final = 25 * 3600.0
"""How far back the first range reaches, where no bill is older."""
_FARTHEST_S: Final = 31 * 24 * 3600.0
"""And at most, where one is."""


@dataclass(frozen=True, slots=True)
class Review:
    """One row of `reviews`. Times are seconds since the epoch."""

    account_key: str
    since_at: float | None
    """Where the first range began; None: none was read yet."""
    until_at: float | None
    """Where the last range that was read ended; None: as above."""
    start_at: float | None
    """Of the range that is being read; None: none is."""
    end_at: float | None
    cursor: str | None
    """Asks for its next page; None: for the first."""
    due_at: float
    lease_token: str | None
    attempts: int
    """Tries in a row that came to nothing."""


_COLUMNS: Final = tuple(reviews.c[field.name] for field in fields(Review))
_UNREVIEWED = (
    select(sync_keys.c.account_key)
    .where(~exists().where(reviews.c.account_key == sync_keys.c.account_key))
    .distinct()
)
_NEXT_DUE = select(func.min(reviews.c.due_at))
_DUE = (
    select(reviews.c.account_key)
    .where(reviews.c.due_at <= bindparam("now"))
    .order_by(reviews.c.due_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = REVIEWS.claim(reviews.c.account_key.in_(select(_DUE.c.account_key))).returning(*_COLUMNS)
_HELD = (
    reviews.c.account_key == bindparam("of_account"),
    reviews.c.lease_token == bindparam("held_by"),
)
_OLDEST = select(func.min(bills.c.opened_at)).where(
    bills.c.account_key == bindparam("account"), bills.c.listed_at.is_(None)
)
_STORE = (
    update(reviews)
    .where(*_HELD)
    .values(
        start_at=bindparam("begun_at"),
        end_at=bindparam("ends_at"),
        cursor=bindparam("next"),
        due_at=bindparam("until"),
        attempts=0,
    )
)
_LATER = (
    update(reviews)
    .where(*_HELD)
    .values(due_at=bindparam("when"), lease_token=None, attempts=reviews.c.attempts + 1)
)
_ANEW = _LATER.values(start_at=None, end_at=None, cursor=None)
_FINISH = (
    update(reviews)
    .where(*_HELD)
    .values(
        since_at=func.coalesce(reviews.c.since_at, reviews.c.start_at),
        until_at=reviews.c.end_at,
        start_at=None,
        end_at=None,
        cursor=None,
        due_at=bindparam("when"),
        lease_token=None,
        attempts=0,
    )
)

_NOBODYS = (
    delete(reviews)
    .where(~exists().where(sync_keys.c.account_key == reviews.c.account_key))
    .returning(reviews.c.account_key)
)
_FORGET_ELSEWHERE = delete(elsewhere).where(
    elsewhere.c.account_key.in_(bindparam("accounts", expanding=True))
)


async def unreviewed(conn: AsyncConnection) -> Sequence[str]:
    """Accounts with a key that are not looked at yet."""
    return sorted((await conn.execute(_UNREVIEWED)).scalars())


async def begin(conn: AsyncConnection, due: Mapping[str, float]) -> None:
    """Look at accounts from now on, each for the first time when it is due; those that are known stay."""
    rows = [{"account_key": key, "due_at": due[key], "attempts": 0} for key in sorted(due)]
    if rows:
        await conn.execute(_begin(conn.dialect.name), rows)


async def next_due(conn: AsyncConnection) -> float | None:
    """When the next account is due; None: there is none."""
    due_at: float | None = (await conn.execute(_NEXT_DUE)).scalar()
    return due_at


async def claim(conn: AsyncConnection, *, now: float, lease_s: float, token: str, limit: int) -> list[Review]:
    """Take accounts that are due, the longest due first; see `storage.leases`."""
    values = {"now": now, "until": now + lease_s, "token": token, "at_most": limit}
    return [Review(*row) for row in await conn.execute(_CLAIM, values)]


async def range_of(conn: AsyncConnection, review: Review, *, now: float) -> Review:
    """The review with the range that it reads: the one that was begun, else up to now."""
    if review.start_at is not None:
        return review
    if review.until_at is not None:
        start_at = review.until_at - OVERLAP_S
    else:
        oldest: float | None = (await conn.execute(_OLDEST, {"account": review.account_key})).scalar()
        start_at = min(now - _FIRST_S, (now if oldest is None else oldest) - OVERLAP_S)
        start_at = max(start_at, now - _FARTHEST_S)
    # Whole seconds: sync.so takes the same range back with each cursor.
    return replace(review, start_at=float(int(start_at)), end_at=float(int(now)), cursor=None)


async def go_on(conn: AsyncConnection, review: Review, *, cursor: str | None, until: float) -> bool:
    """Note how far the range was read; False: the lease was lost, and what the page tells is another's.

    Args:
        conn: a writing transaction, before it changes anything.
        review: as it was claimed, with its range.
        cursor: asks for the next page; None: for the first.
        until: when the lease ends.
    """
    values = {"begun_at": review.start_at, "ends_at": review.end_at, "next": cursor, "until": until}
    return (await conn.execute(_STORE, _held(review) | values)).rowcount > 0


async def finish(conn: AsyncConnection, review: Review, *, due_at: float) -> bool:
    """Note that the range was read to its end; False: the lease was lost.

    Args:
        conn: a writing transaction, before it changes anything.
        review: as it was claimed, with its range.
        due_at: when the next range is to be read.
    """
    return (await conn.execute(_FINISH, _held(review) | {"when": due_at})).rowcount > 0


async def later(conn: AsyncConnection, review: Review, *, due_at: float, anew: bool = False) -> None:
    """Give back what could not be read on: it goes on where it was; `anew`: the range begins again."""
    await conn.execute(_ANEW if anew else _LATER, _held(review) | {"when": due_at})


async def forget_keyless(conn: AsyncConnection) -> Sequence[str]:
    """Look no more at accounts of which no key is kept, and forget what others made there.

    One that is connected again is looked at anew, from the oldest bill on that its export has not listed.

    Args:
        conn: a writing transaction, before it changes anything.

    Returns:
        Which they were.
    """
    gone = sorted((await conn.execute(_NOBODYS)).scalars())
    if gone:
        await conn.execute(_FORGET_ELSEWHERE, {"accounts": gone})
    return gone


async def accounts(conn: AsyncConnection) -> Sequence[str]:
    """All that are looked at."""
    return sorted((await conn.execute(select(reviews.c.account_key))).scalars())


async def find(conn: AsyncConnection, account_key: str) -> Review | None:
    """How far an account was read; None: it is not looked at."""
    row = (await conn.execute(select(*_COLUMNS).where(reviews.c.account_key == account_key))).first()
    return None if row is None else Review(*row)


def _held(review: Review) -> dict[str, Any]:
    return {"of_account": review.account_key, "held_by": review.lease_token}


@cache
def _begin(engine: str) -> Insert:
    return insert_into(reviews, engine).on_conflict_do_nothing()
