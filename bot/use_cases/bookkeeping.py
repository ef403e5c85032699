"""The use case of the ledger: admins see where it and sync.so's record do not meet, and close that."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import audited
from bot.asking.asks import Asker
from bot.messages.differences import SHOWN, LedgerState, part_of
from bot.teams.accounts import Accounts
from bot.teams.installations import Teams
from bot.teams.people import People
from bot.teams.rights import Forbidden, Role
from storage import audit, bills, differences, ledger, listings
from storage.database import Database
from storage.differences import Difference
from storage.ledger import Part
from storage.money import NAMED, DifferenceKind, Entry

_NIGHTS = 7


class Closing(StrEnum):
    """What became of the wish to close a difference."""

    DONE = "done"
    GONE = "gone"
    """They have none that is open."""
    TOLD = "told"
    """A sum was named, which sync.so's record tells by itself: nothing was changed."""


class Bookkeeping:
    """Each call asks anew whether it is an admin who calls; what is another team's does not exist."""

    def __init__(
        self,
        database: Database,
        teams: Teams,
        accounts: Accounts,
        people: People,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._teams = teams
        self._accounts = accounts
        self._people = people
        self._clock = clock

    async def see(self, asker: Asker) -> LedgerState:
        """What is open. Raises Forbidden and NotInstalled."""
        owner_id = await self._owner(asker)
        account = await self._accounts.account_of_one(owner_id)
        async with self._database.read() as conn:
            found = await differences.open_of(conn, owner_id, at_most=SHOWN)
            return LedgerState(
                found,
                await differences.count_open(conn, owner_id),
                await _booked(conn, found),
                # An account with which others pay as well tells nobody what these do there.
                () if account is None else await listings.nights(conn, [account], at_most=_NIGHTS),
            )

    async def find(
        self, asker: Asker, kind: DifferenceKind, generation_id: str
    ) -> tuple[Difference, Entry | None] | None:
        """One that is open, and what is booked of its video, if it is ours; None: there is none.

        Raises Forbidden and NotInstalled.
        """
        owner_id = await self._owner(asker)
        async with self._database.read() as conn:
            found = await differences.find(conn, owner_id, generation_id, kind)
            if found is None or found.closed_at is not None:
                return None
            return found, (await _booked(conn, [found])).get(part_of(found))

    async def close(
        self,
        asker: Asker,
        kind: DifferenceKind,
        generation_id: str,
        reason: str,
        *,
        usd: Decimal | None = None,
    ) -> Closing:
        """Close one, with a reason in words, and with the sum that counts from now on, if they name one.

        Raises:
            Forbidden: only admins, and those they named, may.
            NotInstalled: the app is not installed there.
        """
        owner_id = await self._owner(asker)
        return await close(
            self._database,
            owner_id,
            kind,
            generation_id,
            by=asker.user_id,
            reason=reason,
            usd=usd,
            now=self._clock(),
        )

    async def _owner(self, asker: Asker) -> str:
        installation = await self._teams.need(asker.enterprise_id, asker.team_id)
        if not await self._people.may_administer(asker):
            raise Forbidden(Role.COLLEAGUE, asker.user_id)
        return installation.id


async def _booked(conn: AsyncConnection, found: Sequence[Difference]) -> Mapping[Part, Entry]:
    """One entry of each video that is ours: all of them name the same person, place and model."""
    parts = {part_of(each) for each in found if each.order_id is not None}
    return {part: entries[0] for part, entries in (await ledger.of_parts(conn, parts)).items()}


async def close(  # noqa: PLR0913 - which one it is, and all that is said of it
    database: Database,
    owner_id: str,
    kind: DifferenceKind,
    generation_id: str,
    *,
    by: str,
    reason: str,
    usd: Decimal | None = None,
    now: float,
) -> Closing:
    """Close a difference and write it into the audit log; `usd` as in `Bookkeeping.close`."""
    async with database.write() as conn:
        found = await _locked(conn, owner_id, kind, generation_id)
        if found is None:
            return Closing.GONE
        if usd is not None:
            if not found.wants_sum:
                return Closing.TOLD
            await ledger.correct(conn, {part_of(found): usd}, now=now, why=NAMED)
        closed = await differences.close(conn, owner_id, generation_id, kind, by=by, reason=reason, now=now)
        if closed is None:
            return Closing.GONE
        await audit.append(conn, audited.difference_closed(closed, usd), now=now)
        return Closing.DONE


async def _locked(
    conn: AsyncConnection, owner_id: str, kind: DifferenceKind, generation_id: str
) -> Difference | None:
    """One that is open; of a video of ours as it is once nobody else can close it, or learn its sum.

    None: there is none.
    """
    found = await differences.find(conn, owner_id, generation_id, kind)
    if found is None:
        return None
    if found.order_id is not None and found.position is not None:
        await bills.lock(conn, found.order_id, found.position)
        found = await differences.find(conn, owner_id, generation_id, kind)
    return found if found is not None and found.closed_at is None else None
