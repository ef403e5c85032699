"""Reviews: every night sync.so's export of each account is held against the books, every cent of it."""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from decimal import Decimal

import structlog

from bot import audited
from bot.errors import NotConnected
from bot.steps.loops import look_now_and_then
from bot.steps.sides import side_by_side
from bot.steps.tools import Tools
from bot.sync_api.errors import NotAuthorised, Refused, SyncApiError, Unreadable
from bot.sync_api.models import Usage, UsagePage
from bot.troubles import cause_of
from storage import audit, bills, listings, reviews
from storage.bills import Total
from storage.leases import LEASE_S
from storage.listings import Item
from storage.reviews import Review

_log = structlog.get_logger(__name__)

_NIGHT_S = 24 * 3600.0
_BEGINS_S, _SPREAD_S = 2 * 3600.0, 3600
"""When in a night, UTC, and over how long: not all accounts at once."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 60.0, 3600.0
_LOOKS_EVERY_S = 60.0
_AT_ONCE = 2
_BOOKED_AT_ONCE = 100
"""Totals in one transaction, which locks their jobs: it has to be short."""


class Reviews:
    """Each process claims accounts that are due, and reads a range of each to its end."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        await look_now_and_then(self.turn, every_s=_LOOKS_EVERY_S, what="reviews")

    async def turn(self) -> bool:
        """Read some accounts that are due, side by side; whether there was any.

        Raises:
            StorageError: the database cannot be used.
        """
        claimed = await self._claim()
        await side_by_side(map(self._review, claimed))
        return bool(claimed)

    async def _claim(self) -> Sequence[Review]:
        now, database = self._tools.clock(), self._tools.database
        async with database.read() as conn:
            new = await reviews.unreviewed(conn)
            due_at = await reviews.next_due(conn)
        if not new and (due_at is None or due_at > now):
            return ()
        async with database.write() as conn:
            await reviews.begin(conn, {key: night_after(now, key) for key in new})
            return await reviews.claim(
                conn, now=now, lease_s=LEASE_S, token=self._tools.new_token(), limit=_AT_ONCE
            )

    async def _review(self, claimed: Review) -> None:
        now = self._tools.clock()
        async with self._tools.database.read() as conn:
            review = await reviews.range_of(conn, claimed, now=now)
        with structlog.contextvars.bound_contextvars(account=review.account_key, step="review"):
            try:
                pages = await self._read(review)
            except (SyncApiError, NotConnected) as error:
                await self._later(review, error)
            else:
                _log.info("costs reviewed", pages=pages, start=review.start_at, end=review.end_at)

    async def _read(self, review: Review) -> int:
        """Read the range on to its end; how many pages that were.

        Raises:
            SyncApiError: sync.so did not tell all of it; what it did is stored.
            NotConnected: no key of the account is kept any more.
        """
        cursor, pages = review.cursor, 0
        while True:
            page = await self._page(review, cursor)
            pages += 1
            if page.next_cursor is not None and page.next_cursor == cursor:
                raise Unreadable(message="sync.so's list of costs cannot be read to its end.")
            items = [_item(each) for each in page.items if each is not None]
            if len(items) < len(page.items):
                _log.warning("items of the export cannot be read", number=len(page.items) - len(items))
            if not await self._store(review, items, page.next_cursor):
                return pages
            cursor = page.next_cursor
            if cursor is None:
                return pages

    async def _page(self, review: Review, cursor: str | None) -> UsagePage:
        """By the first of the account's keys that sync.so takes: all of them see the same."""
        refused: NotAuthorised | None = None
        for client in await self._tools.accounts.clients_of(review.account_key):
            try:
                return await client.usage(review.start_at or 0.0, review.end_at or 0.0, cursor=cursor)
            except NotAuthorised as error:
                refused = error
        raise refused or NotConnected(review.account_key)

    async def _store(self, review: Review, items: Sequence[Item], cursor: str | None) -> bool:
        """First what was told to have cost, then that the page was read; False: the lease was lost."""
        await self._book(review, items)
        now, database = self._tools.clock(), self._tools.database
        async with database.write() as conn:
            if not await reviews.go_on(conn, review, cursor=cursor, until=now + LEASE_S):
                return False
            await listings.store(conn, review, items, now=now)
        if cursor is not None:
            return True
        async with database.write() as conn:
            if not await reviews.finish(conn, review, due_at=night_after(now, review.account_key)):
                return False
            for settled in await listings.conclude(conn, review, now=now):
                await audit.append(conn, audited.difference_closed(settled), now=now)
        return True

    async def _book(self, review: Review, items: Sequence[Item]) -> None:
        """Book the complete totals that are new to the books, by the door of all bills."""
        now, database = self._tools.clock(), self._tools.database
        async with database.write() as conn:
            ours = await listings.known(conn, review.account_key, items, now=now)
        new = {
            ours[item.generation_id].job_id: Total(usd=item.total_usd, frames=item.frames)
            for item in items
            if item.total_usd is not None
            and item.generation_id in ours
            and ours[item.generation_id].total_usd != item.total_usd
        }
        for some in _some(sorted(new)):
            async with database.write() as conn:
                await bills.complete(conn, {job_id: new[job_id] for job_id in some}, now=now)

    async def _later(self, review: Review, error: SyncApiError | NotConnected) -> None:
        """Go on behind the last page that was stored; where sync.so refuses that, read the range anew."""
        now = self._tools.clock()
        wait_s = min(_FIRST_WAIT_S * 2.0 ** min(review.attempts, 8), _LONGEST_WAIT_S)
        due_at = now + max(wait_s, min(getattr(error, "retry_after_s", None) or 0.0, _LONGEST_WAIT_S))
        if isinstance(error, NotConnected):
            due_at = night_after(now, review.account_key)
        _log.warning("costs not reviewed", cause=cause_of(error), next_try_at=due_at)
        async with self._tools.database.write() as conn:
            await reviews.later(conn, review, due_at=due_at, anew=isinstance(error, Refused))


def night_after(now: float, account_key: str) -> float:
    """When an account is looked at next: at the same time of every night."""
    moment = _BEGINS_S + zlib.crc32(account_key.encode()) % _SPREAD_S
    return now + ((moment - now) % _NIGHT_S or _NIGHT_S)


def _item(told: Usage) -> Item:
    total = told.complete_usd
    known = told.known_usd if total is None else total
    return Item(
        generation_id=told.generation_id,
        availability=told.availability,
        total_usd=total,
        known_usd=Decimal(0) if known is None else known,
        frames=told.billed_frames,
        finished_at=told.finished_at,
        key_name=None if told.made_by is None else _digest(told.made_by),
    )


def _digest(name: str) -> str:
    """Nobody has published what names a key there: were it the key itself, it would be kept in the clear."""
    return hashlib.sha256(name.encode(errors="replace")).hexdigest()


def _some(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _BOOKED_AT_ONCE] for start in range(0, len(ids), _BOOKED_AT_ONCE))
