"""Listings: what sync.so's export tells, page by page, beside the totals that `bills.complete` books.

What is ours is told apart from what was made elsewhere by the jobs that are known, and by the names of the
keys that made these. Storing a page again changes nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final

from sqlalchemy import Insert, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import bills, card_store, differences, learnt_late, ledger
from storage.bills import Bill, NewBill
from storage.columns import from_micro, to_micro
from storage.differences import NOBODYS, Difference
from storage.jobs import is_unlike, part_of
from storage.money import DifferenceKind
from storage.reviews import OVERLAP_S, Review
from storage.schema import bills as bill_rows
from storage.schema import differences as difference_rows
from storage.schema import elsewhere, export_keys, jobs
from storage.upserts import insert_into

MISSED_AFTER_S: Final = 48 * 3600.0
"""What the export has not listed by then is named as a difference."""

KEPT_S: Final = 31 * 24 * 3600.0
"""For so long it is remembered what others made: a key may turn out to be ours until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What the export tells of one generation. Money is USD."""

    generation_id: str
    availability: str
    total_usd: Decimal | None
    """None: the record is not complete."""
    known_usd: Decimal
    """As far as it is known."""
    frames: int | None
    """Billed ones; None: not told."""
    finished_at: float | None
    """Seconds since the epoch; None: not told."""
    key_name: str | None
    """A digest of what names the key that made it; None: none did, or it is not told."""


@dataclass(frozen=True, slots=True)
class Night:
    """What one range had that no job of ours is."""

    account_key: str
    night_at: float
    """Where the range ended."""
    number: int
    usd: Decimal


_MAKING = select(jobs.c.id.label("job_id"), jobs.c.enterprise_id, jobs.c.team_id, jobs.c.generation_id).where(
    jobs.c.generation_id.in_(bindparam("generation_ids", expanding=True)),
    jobs.c.account_key == bindparam("account"),
    jobs.c.ended_at.is_(None),
)
_LIST = (
    update(bill_rows)
    .where(bill_rows.c.job_id == bindparam("of_job"))
    .values(
        listed_at=func.coalesce(bill_rows.c.listed_at, bindparam("now", type_=bill_rows.c.listed_at.type)),
        finished_at=bindparam("finished"),
        billed_frames=func.coalesce(
            bindparam("frames", type_=bill_rows.c.billed_frames.type), bill_rows.c.billed_frames
        ),
        availability=bindparam("word"),
    )
)
_UNEXPLAINED = (
    select(jobs.c.id, jobs.c.order_id, jobs.c.cost_usd, jobs.c.estimate_usd)
    .where(
        jobs.c.id.in_(bindparam("job_ids", expanding=True)),
        jobs.c.billed_frames.is_(None),
        jobs.c.cost_usd.is_not(None),
        jobs.c.estimate_usd.is_not(None),
    )
    .order_by(jobs.c.id)
    .with_for_update()
)
_EXPLAIN = (
    update(jobs)
    .where(jobs.c.id == bindparam("of_job"))
    .values(billed_frames=bindparam("frames", type_=jobs.c.billed_frames.type))
)
_NAMES = select(export_keys.c.name, export_keys.c.owner_id).where(
    export_keys.c.account_key == bindparam("account")
)
_FORGET = delete(elsewhere).where(
    elsewhere.c.account_key == bindparam("account"),
    elsewhere.c.generation_id.in_(bindparam("generation_ids", expanding=True)),
)
_FORGET_OLD = delete(elsewhere).where(
    elsewhere.c.account_key == bindparam("account"), elsewhere.c.night_at < bindparam("before")
)
_MADE_BY = (
    select(elsewhere)
    .where(
        elsewhere.c.account_key == bindparam("account"),
        elsewhere.c.key_name.in_(bindparam("names", expanding=True)),
        or_(elsewhere.c.finished_at.is_(None), elsewhere.c.finished_at <= bindparam("settled")),
    )
    .order_by(elsewhere.c.generation_id)
)
_IS_NAMED = exists().where(
    difference_rows.c.generation_id == bill_rows.c.generation_id,
    difference_rows.c.kind == DifferenceKind.ABSENT,
)
_MISSING = (
    select(*bills.COLUMNS)
    .where(
        bill_rows.c.account_key == bindparam("account"),
        bill_rows.c.listed_at.is_(None),
        bill_rows.c.opened_at.between(bindparam("first"), bindparam("last")),
        # What cost nothing, by its own record, need not be listed.
        or_(bill_rows.c.total_usd.is_(None), bill_rows.c.total_usd != Decimal(0)),
        ~_IS_NAMED,
    )
    .order_by(bill_rows.c.job_id)
)
_NIGHTS = (
    select(
        elsewhere.c.account_key,
        elsewhere.c.night_at,
        func.count(),
        func.sum(elsewhere.c.known),
    )
    .where(elsewhere.c.account_key.in_(bindparam("accounts", expanding=True)))
    .group_by(elsewhere.c.account_key, elsewhere.c.night_at)
    .order_by(elsewhere.c.night_at.desc(), elsewhere.c.account_key)
    .limit(bindparam("at_most"))
)


async def known(
    conn: AsyncConnection, account_key: str, items: Collection[Item], *, now: float
) -> Mapping[str, Bill]:
    """The bills of what is ours of a page, by generation; what was still being made has one from now on.

    Args:
        conn: a writing transaction.
        account_key: whose page it is.
        items: the page.
        now: seconds since the epoch.
    """
    ids = {item.generation_id for item in items}
    found = await bills.of_generations(conn, account_key, ids)
    unbilled = sorted(ids - found.keys())
    if not unbilled:
        return found
    rows = await conn.execute(_MAKING, {"account": account_key, "generation_ids": unbilled})
    making = [NewBill(**row, account_key=account_key, opened_at=now) for row in rows.mappings()]
    await bills.open_many(conn, making)
    made = await bills.of_generations(conn, account_key, {bill.generation_id for bill in making})
    return {**found, **made}


async def store(conn: AsyncConnection, review: Review, items: Sequence[Item], *, now: float) -> None:
    """Store what a page tells, in the transaction that notes that it was read.

    Args:
        conn: a writing transaction.
        review: whose page it is, with its range.
        items: the page.
        now: seconds since the epoch.
    """
    ours = await known(conn, review.account_key, items, now=now)
    # In the order of their bills: whoever else changes several does the same.
    listed = [(ours[item.generation_id], item) for item in items if item.generation_id in ours]
    listed.sort(key=lambda each: each[0].job_id)
    await _list(conn, listed, now)
    await _learn(conn, review, listed, now)
    others = sorted({item.generation_id: item for item in items if item.generation_id not in ours}.items())
    if others:
        rows = [_made_elsewhere(review, item) for _, item in others]
        await conn.execute(_keep_elsewhere(conn.dialect.name), rows)
    await _forget_elsewhere(conn, review, ours)


async def conclude(conn: AsyncConnection, review: Review, *, now: float) -> Sequence[Difference]:
    """Name what does not meet, once a range was read to its end, in the transaction that notes that.

    What is made with a key of ours and is no job's is named as soon as it has been in two ranges: the job of
    what has just finished may not be known yet. That a key is ours may be learnt later than what it made.

    Args:
        conn: a writing transaction.
        review: with its range.
        now: seconds since the epoch.

    Returns:
        What was named before and is closed now: the app has learnt meanwhile that it is its own.
    """
    settled = await learnt_late.reconcile(conn, review.account_key, now=now)
    start_at, end_at = review.start_at or now, review.end_at or now
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for name, owner_id in await conn.execute(_NAMES, {"account": review.account_key}):
        owners[name].add(owner_id)
    values = {"account": review.account_key, "names": sorted(owners), "settled": end_at - OVERLAP_S}
    rows = (await conn.execute(_MADE_BY, values)).all() if owners else ()
    await differences.note(conn, [_unknown(row, owners[row.key_name], now) for row in rows])
    await _forget_elsewhere(conn, review, [row.generation_id for row in rows])
    first = start_at if review.since_at is None else review.since_at
    values = {"account": review.account_key, "first": first, "last": end_at - MISSED_AFTER_S}
    missing = [bills.record(row) for row in await conn.execute(_MISSING, values)]
    await bills.note(conn, DifferenceKind.ABSENT, missing, now=now)
    await conn.execute(_FORGET_OLD, {"account": review.account_key, "before": end_at - KEPT_S})
    return settled


async def nights(conn: AsyncConnection, account_keys: Collection[str], *, at_most: int) -> Sequence[Night]:
    """What was made elsewhere in some accounts, one line for each range, the newest first."""
    values = {"accounts": sorted(account_keys), "at_most": at_most}
    rows = await conn.execute(_NIGHTS, values)
    return [Night(key, night_at, number, from_micro(int(known))) for key, night_at, number, known in rows]


async def _list(conn: AsyncConnection, listed: Sequence[tuple[Bill, Item]], now: float) -> None:
    if not listed:
        return
    explained = await _explain(conn, listed)  # jobs, before their bills
    await conn.execute(_LIST, [_listed(bill, item, now) for bill, item in listed])
    when = {
        part_of(bill.job_id): item.finished_at
        for bill, item in listed
        if item.finished_at not in {None, bill.finished_at}
    }
    await ledger.finished(conn, when)
    never = [bill for bill, item in listed if item.availability == "unavailable" and bill.due_at is not None]
    await bills.untold(conn, never, now=now)
    await card_store.newer_many(conn, explained, now=now)


async def _explain(conn: AsyncConnection, listed: Sequence[tuple[Bill, Item]]) -> Sequence[str]:
    """Note for how many frames a cost was billed that is unlike its estimate, where only the export tells.

    Returns:
        The orders whose cards can say so from now on.
    """
    frames = {
        bill.job_id: item.frames
        for bill, item in listed
        if item.frames is not None and bill.total_usd is not None and bill.billed_frames is None
    }
    found = await conn.execute(_UNEXPLAINED, {"job_ids": sorted(frames)}) if frames else ()
    unlike = [row for row in found if is_unlike(row.cost_usd, row.estimate_usd)]
    if unlike:
        await conn.execute(_EXPLAIN, [{"of_job": row.id, "frames": frames[row.id]} for row in unlike])
    return [row.order_id for row in unlike]


def _listed(bill: Bill, item: Item, now: float) -> dict[str, Any]:
    return {
        "of_job": bill.job_id,
        "now": now,
        "finished": item.finished_at,
        "frames": item.frames,
        "word": item.availability if bill.total_usd is None else bill.availability,
    }


async def _learn(
    conn: AsyncConnection, review: Review, listed: Sequence[tuple[Bill, Item]], now: float
) -> None:
    """How the export names the keys that made jobs of ours; one job of each team tells whose it is."""
    told = {
        (item.key_name, bill.team_id): part_of(bill.job_id)
        for bill, item in listed
        if item.key_name is not None
    }
    booked = await ledger.of_parts(conn, set(told.values()))
    learnt = {(name, booked[part][0].owner_id) for (name, _), part in told.items() if part in booked}
    rows = [
        {"account_key": review.account_key, "name": name, "owner_id": owner_id, "learnt_at": now}
        for name, owner_id in sorted(learnt)
    ]
    if rows:
        await conn.execute(_learn_names(conn.dialect.name), rows)


async def _forget_elsewhere(conn: AsyncConnection, review: Review, generation_ids: Collection[str]) -> None:
    if generation_ids:
        values = {"account": review.account_key, "generation_ids": sorted(generation_ids)}
        await conn.execute(_FORGET, values)


def _made_elsewhere(review: Review, item: Item) -> dict[str, Any]:
    return {
        "account_key": review.account_key,
        "generation_id": item.generation_id,
        "key_name": item.key_name,
        "known": to_micro(item.known_usd),
        "finished_at": item.finished_at,
        "night_at": review.end_at,
    }


def _unknown(row: Any, owners: Collection[str], now: float) -> Difference:
    """Of a key that several have made videos with nobody can tell whose it is: neither is to learn of it."""
    (owner_id,) = owners if len(owners) == 1 else (NOBODYS,)
    return Difference(
        generation_id=row.generation_id,
        kind=DifferenceKind.UNKNOWN_TO_US,
        owner_id=owner_id,
        account_key=row.account_key,
        ours=0,
        theirs=row.known,
        found_at=now,
    )


@cache
def _keep_elsewhere(engine: str) -> Insert:
    new = insert_into(elsewhere, engine)
    fresh = {name: new.excluded[name] for name in ("known", "key_name", "finished_at")}
    return new.on_conflict_do_update(index_elements=list(elsewhere.primary_key.columns), set_=fresh)


@cache
def _learn_names(engine: str) -> Insert:
    return insert_into(export_keys, engine).on_conflict_do_nothing()
